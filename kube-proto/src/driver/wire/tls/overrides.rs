//! The caller's own TLS for the API server.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::time_provider::TimeProvider;

use super::{TlsRoots, build};
use crate::driver::endpoint::TlsSettings;

/// Changes TLS with the API server. It does not apply to proxies and issuers of tokens. It does not change the name
/// that servers are verified by, nor the offered protocols (ALPN): the transport sets those.
///
/// The types are those of [`rustls`](super::rustls), which re-exports the version in use.
///
/// ```
/// use kube_proto::driver::wire::tls::TlsOverride;
///
/// // An observer on the network does not see the server's name.
/// let quiet = TlsOverride::change(|config| config.enable_sni = false);
/// ```
#[derive(Clone)]
pub struct TlsOverride(Kind);

#[derive(Clone)]
enum Kind {
    Config(Box<ClientConfig>),
    Verifier(Arc<dyn ServerCertVerifier>),
    Change(Arc<dyn Fn(&mut ClientConfig) + Send + Sync>),
}

impl TlsOverride {
    /// This configuration instead of the one that would be made: no certificate, key or CA of the client's
    /// configuration is used. It brings its own cryptography provider and its own clock.
    #[must_use]
    pub fn config(config: ClientConfig) -> Self {
        Self(Kind::Config(Box::new(config)))
    }

    /// This verifier for the server's certificate. The client certificate still comes from the client's configuration,
    /// also when it is rotated.
    #[must_use]
    pub fn verifier(verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self(Kind::Verifier(verifier))
    }

    /// A change to the configuration that was made. It is applied to each new one when client certificates or CAs are
    /// rotated.
    #[must_use]
    pub fn change(change: impl Fn(&mut ClientConfig) + Send + Sync + 'static) -> Self {
        Self(Kind::Change(Arc::new(change)))
    }

    /// Whether the CA of the settings, or those of the system, are needed.
    pub(in crate::driver::wire) fn wants_roots(&self) -> bool {
        matches!(self.0, Kind::Change(_))
    }

    pub(in crate::driver::wire) fn build(
        &self,
        settings: &TlsSettings,
        roots: &TlsRoots,
        provider: Arc<CryptoProvider>,
        time: Arc<dyn TimeProvider>,
        alpn: &[&[u8]],
    ) -> Result<ClientConfig, String> {
        let mut config = match &self.0 {
            Kind::Config(config) => ClientConfig::clone(config),
            Kind::Verifier(own) => build(settings, roots, Some(own), provider, time, alpn)?,
            Kind::Change(change) => {
                let mut config = build(settings, roots, None, provider, time, alpn)?;
                change(&mut config);
                config
            }
        };
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }
}

impl From<ClientConfig> for TlsOverride {
    fn from(config: ClientConfig) -> Self {
        Self::config(config)
    }
}

impl From<Arc<dyn ServerCertVerifier>> for TlsOverride {
    fn from(verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self::verifier(verifier)
    }
}

impl fmt::Debug for TlsOverride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Config(_) => "TlsOverride::config",
            Kind::Verifier(_) => "TlsOverride::verifier",
            Kind::Change(_) => "TlsOverride::change",
        })
    }
}
