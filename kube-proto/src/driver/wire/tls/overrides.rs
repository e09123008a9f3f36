//! A caller's own say in TLS with the API server.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::time_provider::TimeProvider;

use super::{TlsRoots, build};
use crate::driver::endpoint::TlsSettings;

/// Another way of TLS with the API server than the configuration's. Proxies and issuers of tokens are not concerned; nor
/// is the name that servers are verified by, nor are the protocols that are offered (ALPN): those are the transport's.
///
/// The types are those of [`rustls`](super::rustls), which stands here in the version that is used.
///
/// ```
/// use kube_proto::driver::wire::tls::TlsOverride;
///
/// // Who is on the way does not see which server is asked for.
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
    /// This configuration in the place of the one that would be made: no certificate, key or CA of the client's
    /// configuration is looked at. It also brings its own provider of cryptography and its own clock.
    #[must_use]
    pub fn config(config: ClientConfig) -> Self {
        Self(Kind::Config(Box::new(config)))
    }

    /// This verifier for the server's certificate. The client certificate is still the client's configuration's, also
    /// when it is rotated.
    #[must_use]
    pub fn verifier(verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self(Kind::Verifier(verifier))
    }

    /// A change to the configuration that was made; done to each, where client certificates or CAs are rotated.
    #[must_use]
    pub fn change(change: impl Fn(&mut ClientConfig) + Send + Sync + 'static) -> Self {
        Self(Kind::Change(Arc::new(change)))
    }

    /// Whether the settings' CA, or the system's, are to be known.
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
