//! Placeholder until the configuration lands.

/// Certificates, key, and whether to verify.
#[derive(Debug, Default)]
pub struct TlsSettings {}
