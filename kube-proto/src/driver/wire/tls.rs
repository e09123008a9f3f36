//! The one place where a [`rustls::ClientConfig`] is made, for every transport.
//!
//! The transport chooses the crypto provider, and the source of the system's certificates. rustls needs the time when
//! it verifies certificates; a [`Clock`] gives it the last known time.

mod fault;
mod insecure;
mod key;
mod keys;
pub(crate) mod overrides;
mod serve;
pub(crate) mod session;
#[cfg(test)]
mod tests;
mod verify;
mod x509;

use core::net::{IpAddr, Ipv6Addr};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};

use insecure::SkipVerify;
use verify::{Pool, Verifier};
use x509::Certificate;

use crate::driver::endpoint::{Endpoint, TlsSettings};
use crate::driver::fault::{Fault, FaultKind};
use crate::error::Error;
use crate::error::config::ConfigError;

pub use super::tls::overrides::TlsOverride;
pub use super::tls::serve::{Rotation, ServerIdentity, ServerTls, server_config};
pub use rustls;

/// The certificates that are trusted if the settings name none: those of the system, as the transport found them. A
/// clone is cheap.
#[derive(Clone, Debug)]
pub struct TlsRoots(Arc<Pool>);

/// The wall clock of certificate checks, in seconds since 1970-01-01T00:00:00Z. The driver of connections stores
/// [`Now::unix`](crate::driver::Now::unix) in it once per turn. 0 means that the time is unknown, and no certificate is
/// valid.
#[derive(Clone, Default)]
pub struct Clock(Arc<AtomicU64>);

/// Makes the configuration for one TLS identity: TLS 1.2 and 1.3, the protocols of `alpn` in their order, and a session
/// cache of its own.
///
/// The server is verified with the settings' CA bundle, or else with `roots`, as Go does it: each certificate is trusted
/// as an issuer, if it is valid now and says that it is an authority, and as the server's own certificate. An IPv4
/// address and the IPv6 address that it is mapped to are the same name.
///
/// The client's certificate may have any version. Its key may be PKCS#8, PKCS#1 or SEC1, whatever its PEM label says.
/// The provider ring takes RSA of 2048, 3072 or 4096 bits, P-256, P-384 and Ed25519; aws-lc-rs also takes P-521 and other
/// sizes of RSA up to 8192 bits. With `insecure_skip_verify` any certificate is accepted; the server
/// must still prove that it holds the key. That certificate may have any version, too.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): no certificate can be read, there is nothing to verify with, the key is missing, encrypted,
/// not supported by `provider`, or does not match the certificate; or a CA is set together with `insecure_skip_verify`.
/// Errors never show keys.
pub fn client_config(
    settings: &TlsSettings,
    roots: &TlsRoots,
    provider: Arc<CryptoProvider>,
    time: Arc<dyn TimeProvider>,
    alpn: &[&[u8]],
) -> Result<ClientConfig, Error> {
    build(settings, roots, None, provider, time, alpn).map_err(|text| ConfigError::invalid(text).into())
}

/// The cryptography provider of this build: aws-lc-rs if both are there.
///
/// # Errors
/// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse): there is none.
#[allow(unreachable_code, reason = "which lines are there depends on the features")]
pub fn provider() -> Result<Arc<CryptoProvider>, Error> {
    #[cfg(feature = "aws-lc-rs")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(feature = "ring")]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    Err(Error::misuse("TLS needs the feature `ring` or `aws-lc-rs` of this crate"))
}

/// The name for verifying a server: a DNS name, or an IP address without brackets. An IPv6 address that is mapped to an
/// IPv4 address becomes that.
///
/// # Errors
/// It is neither.
pub fn server_name(name: &str) -> Result<ServerName<'static>, Fault> {
    if let Some(mapped) = name.parse::<Ipv6Addr>().ok().and_then(|address| address.to_ipv4_mapped()) {
        return Ok(IpAddr::from(mapped).into());
    }
    ServerName::try_from(name.to_owned()).map_err(|_| {
        Fault::unsent(
            FaultKind::Tls,
            format!("{name:?} is neither a DNS name nor an IP address: a certificate cannot be verified by it"),
        )
    })
}

impl TlsRoots {
    /// No certificates: settings without a CA cannot be used.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::default())
    }

    /// These certificates, DER. Unusable ones are left out: systems have some.
    #[must_use]
    pub fn of<'a>(certificates: impl IntoIterator<Item = CertificateDer<'a>>) -> Self {
        let mut pool = Pool::default();
        for certificate in certificates {
            pool.add(certificate.into_owned());
        }
        Self(Arc::new(pool))
    }

    /// The certificates of a system, DER, with an error of reading them. With no certificates and no error, the result is
    /// [`none`](Self::none).
    ///
    /// # Errors
    /// [`FaultKind::Tls`]: there are none, and there is an error. The text has it.
    pub fn found<'a>(
        certificates: impl IntoIterator<Item = CertificateDer<'a>>,
        error: Option<&dyn fmt::Display>,
    ) -> Result<Self, Fault> {
        let mut certificates = certificates.into_iter().peekable();
        match error {
            Some(error) if certificates.peek().is_none() => {
                Err(Fault::unsent(FaultKind::Tls, format!("the system's CA certificates cannot be read: {error}")))
            }
            _ => Ok(Self::of(certificates)),
        }
    }

    /// These, and those of a PEM bundle.
    pub(super) fn with(&self, pem: &[u8]) -> Result<Self, String> {
        let mut pool = Pool::clone(&self.0);
        for certificate in keys::certificates(pem, "certificate authority")? {
            pool.add(certificate);
        }
        if pool.is_empty() {
            return Err("the certificate authority holds no certificate that can be used".into());
        }
        Ok(Self(Arc::new(pool)))
    }

    /// Whether these settings need the system's certificates: finding them takes time.
    #[must_use]
    pub fn are_needed(settings: &TlsSettings) -> bool {
        settings.ca.is_none() && !settings.insecure_skip_verify
    }

    /// The same for everything on the way to this endpoint. A proxy of scheme `https` is verified with the system's
    /// certificates even if there is a CA.
    #[must_use]
    pub fn are_needed_for(to: &Endpoint) -> bool {
        to.tls().is_some_and(|tls| Self::are_needed(&tls.settings))
            || to.proxy_tls().is_some_and(|tls| !tls.settings.insecure_skip_verify)
    }
}

impl From<RootCertStore> for TlsRoots {
    fn from(store: RootCertStore) -> Self {
        Self(Arc::new(store.into()))
    }
}

impl Clock {
    /// A clock that shows the time in `unix`.
    #[must_use]
    pub fn new(unix: Arc<AtomicU64>) -> Self {
        Self(unix)
    }

    /// Sets the time, since 1970-01-01T00:00:00Z.
    pub fn set(&self, unix: Duration) {
        self.0.store(unix.as_secs(), Ordering::Relaxed);
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            seconds => Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds))),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.0.load(Ordering::Relaxed))
    }
}

/// What is read of a certificate beside rustls: its owner, why it may not issue certificates, and its public key. `None`
/// if the bytes are no certificate. For the tests of this reader.
#[doc(hidden)]
#[must_use]
pub fn inspect(der: &[u8]) -> Option<(String, Option<&'static str>, &[u8])> {
    let certificate = Certificate::parse(der)?;
    Some((certificate.owner(), certificate.may_issue().err(), certificate.key))
}

/// What is read of a private key: its kind. For the tests of this reader.
#[doc(hidden)]
#[must_use]
pub fn inspect_key(der: &[u8]) -> Option<String> {
    x509::kind_of_key(&rustls::pki_types::PrivatePkcs8KeyDer::from(der).into())
}

/// `own` verifies instead of the settings.
fn build(
    settings: &TlsSettings,
    roots: &TlsRoots,
    own: Option<&Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
    time: Arc<dyn TimeProvider>,
    alpn: &[&[u8]],
) -> Result<ClientConfig, String> {
    // Every field is named, so that a new one is not forgotten.
    let TlsSettings {
        ca: _,
        client_certificate: _,
        client_key: _,
        insecure_skip_verify: _,
        server_name: _, // Each connection gets it from the endpoint.
        files: _,       // The rotation of credentials reads them, and makes new settings.
    } = settings;
    let identity = identity(settings, &provider)?;
    let verifier = match own {
        Some(own) => Arc::clone(own),
        None => verifier(settings, roots, &provider)?,
    };
    let builder = ClientConfig::builder_with_details(provider, time)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("the crypto provider cannot be used: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

fn verifier(
    settings: &TlsSettings,
    roots: &TlsRoots,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    if settings.insecure_skip_verify {
        if settings.ca.is_some() {
            return Err(
                "a certificate authority is configured together with insecure-skip-tls-verify: remove one of the two"
                    .into(),
            );
        }
        return Ok(Arc::new(SkipVerify::new(provider)));
    }
    let roots = match &settings.ca {
        Some(pem) => TlsRoots::none().with(pem)?,
        None if roots.0.is_empty() => {
            return Err("no certificate authority is configured, and the system has none".into());
        }
        None => roots.clone(),
    };
    Ok(Arc::new(Verifier::new(roots.0, provider)))
}

fn identity(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Option<CertifiedKey>, String> {
    let (certificate, key) = match (&settings.client_certificate, &settings.client_key) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err("there is a client certificate, but no client key".into()),
        (None, Some(_)) => return Err("there is a client key, but no client certificate".into()),
        (Some(certificate), Some(key)) => (certificate, key),
    };
    keys::certified("client", certificate, key, provider).map(Some)
}
