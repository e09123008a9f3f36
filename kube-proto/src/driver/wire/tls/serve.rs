//! The server's side of TLS: an identity that can be replaced while the server runs, and the one function that makes a
//! [`rustls::ServerConfig`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;

use super::keys::certified;
use crate::driver::fault::Fault;
use crate::error::Error;
use crate::error::config::ConfigError;
use crate::opaque::Opaque;
use crate::secret::Secret;

/// The certificate chain and the key of a server. Clones are the same identity.
///
/// [`replace`](Self::replace) exchanges it while the server runs: handshakes that begin later use the new one, and open
/// connections go on. A server name in the handshake (SNI) is not needed and does not matter.
#[derive(Clone)]
pub struct ServerIdentity {
    provider: Arc<CryptoProvider>,
    current: Arc<RwLock<Arc<CertifiedKey>>>,
}

impl ServerIdentity {
    /// The identity of these PEM documents, as in the `tls.crt` and `tls.key` of a Secret of type `kubernetes.io/tls`. The
    /// chain begins with the server's own certificate.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): no certificate or key can be read, the key is encrypted, not
    /// supported by `provider`, or not that of the certificate. The error never shows the key.
    pub fn new(certificate: &[u8], key: &Secret, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let current = load(certificate, key, &provider)?;
        Ok(Self { provider, current: Arc::new(RwLock::new(Arc::new(current))) })
    }

    /// Replaces the identity. True: it is another one than before.
    ///
    /// # Errors
    /// As [`new`](Self::new); the old identity stays.
    pub fn replace(&self, certificate: &[u8], key: &Secret) -> Result<bool, Error> {
        let new = load(certificate, key, &self.provider)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let changed = current.cert != new.cert;
        *current = Arc::new(new);
        Ok(changed)
    }
}

impl fmt::Debug for ServerIdentity {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerIdentity").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for ServerIdentity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn load(certificate: &[u8], key: &Secret, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    certified("server", certificate, key, provider).map_err(|text| ConfigError::invalid(text).into())
}

/// How a server speaks TLS: its identity, the files that it comes from, and whether clients need a certificate.
#[derive(Clone, Debug)]
pub struct ServerTls {
    identity: ServerIdentity,
    clients: Option<bytes::Bytes>,
    files: Option<(PathBuf, PathBuf)>,
    observer: Option<RotationObserver>,
}

#[derive(Clone)]
struct RotationObserver(Arc<RotationHook>);

/// A function that gets the result of each reading.
type RotationHook = dyn Fn(&Result<(), Error>) + Send + Sync;

impl fmt::Debug for RotationObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RotationObserver")
    }
}

impl ServerTls {
    /// With this identity; clients need no certificate.
    #[must_use]
    pub fn new(identity: ServerIdentity) -> Self {
        Self { identity, clients: None, files: None, observer: None }
    }

    /// Clients must present a certificate that one of the authorities of this PEM bundle has issued.
    #[must_use]
    pub fn clients(mut self, pem: impl Into<bytes::Bytes>) -> Self {
        self.clients = Some(pem.into());
        self
    }

    /// The server reads these files again every [10 seconds](Rotation::EVERY), and replaces the identity when they have
    /// changed: a mounted Secret that cert-manager renews, for example. No connection is dropped. While the two do not
    /// fit together, because one has been replaced and the other not yet, the server keeps the old identity.
    #[must_use]
    pub fn files(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.files = Some((certificate.into(), key.into()));
        self
    }

    /// Calls this after each replacement of the identity, and when the files cannot be read or do not fit; the same error
    /// is reported once.
    #[must_use]
    pub fn on_rotation(mut self, observer: impl Fn(&Result<(), Error>) + Send + Sync + 'static) -> Self {
        self.observer = Some(RotationObserver(Arc::new(observer)));
        self
    }

    /// The configuration, see [`server_config`].
    ///
    /// # Errors
    /// As [`server_config`].
    pub fn config(&self, time: Arc<dyn TimeProvider>) -> Result<ServerConfig, Error> {
        server_config(&self.identity, self.clients.as_deref(), time)
    }

    /// The work of a driver if the identity comes from [files](Self::files).
    #[must_use]
    pub fn rotation(&self) -> Option<Rotation> {
        let (certificate, key) = self.files.clone()?;
        Some(Rotation {
            identity: self.identity.clone(),
            observer: self.observer.clone(),
            certificate,
            key,
            last: None,
            failed: None,
        })
    }
}

impl From<ServerIdentity> for ServerTls {
    fn from(identity: ServerIdentity) -> Self {
        Self::new(identity)
    }
}

/// The identity of a server that comes from files: a driver reads them and says what they contain.
///
/// | files | what follows | next look |
/// |---|---|---|
/// | as before | nothing | after [`EVERY`](Self::EVERY) |
/// | other, and they fit together | the identity is replaced | after [`EVERY`](Self::EVERY) |
/// | one is missing, or they do not fit together | the old identity stays | after [`AGAIN`](Self::AGAIN) |
#[derive(Debug)]
pub struct Rotation {
    identity: ServerIdentity,
    observer: Option<RotationObserver>,
    certificate: PathBuf,
    key: PathBuf,
    /// What the identity was made of.
    last: Option<(Opaque<bytes::Bytes>, Secret)>,
    /// The last error that was reported.
    failed: Option<String>,
}

impl Rotation {
    /// The time between two looks at the files.
    pub const EVERY: Duration = Duration::from_secs(10);
    /// The time after files that did not fit.
    pub const AGAIN: Duration = Duration::from_secs(1);
    /// The most bytes of a file: 1 MiB.
    pub const LIMIT: usize = 1 << 20;

    /// The files to read: certificate and key.
    #[must_use]
    pub fn paths(&self) -> (&Path, &Path) {
        (&self.certificate, &self.key)
    }

    /// Takes the contents of the files. Returns when to read them again.
    pub fn read(&mut self, certificate: Result<bytes::Bytes, Fault>, key: Result<bytes::Bytes, Fault>) -> Duration {
        match self.replace(certificate, key) {
            Ok(false) => Self::EVERY,
            Ok(true) => {
                self.failed = None;
                self.report(&Ok(()));
                Self::EVERY
            }
            Err(error) => {
                let text = error.to_string();
                if self.failed.as_ref() != Some(&text) {
                    self.failed = Some(text);
                    self.report(&Err(error));
                }
                Self::AGAIN
            }
        }
    }

    fn report(&self, result: &Result<(), Error>) {
        if let Some(RotationObserver(observer)) = &self.observer {
            observer(result);
        }
    }

    fn replace(
        &mut self,
        certificate: Result<bytes::Bytes, Fault>,
        key: Result<bytes::Bytes, Fault>,
    ) -> Result<bool, Error> {
        let unreadable = |path: &Path, fault: Fault| -> Error {
            ConfigError::invalid(format!("{} cannot be read: {}", path.display(), fault.text)).into()
        };
        let certificate = certificate.map_err(|fault| unreadable(&self.certificate, fault))?;
        let key = key.map_err(|fault| unreadable(&self.key, fault))?;
        // Without copies of the key in errors.
        let key = std::str::from_utf8(&key).map(Secret::new).map_err(|_| ConfigError::invalid("the key is not PEM"))?;
        if self.last.as_ref().is_some_and(|(old, old_key)| **old == certificate && *old_key == key) {
            return Ok(false);
        }
        let changed = self.identity.replace(&certificate, &key)?;
        self.last = Some((certificate.into(), key));
        Ok(changed)
    }
}

/// Makes the configuration of a server: TLS 1.2 and 1.3, HTTP/1.1 by ALPN, this identity.
///
/// With `clients`, a PEM bundle of authorities, a client must present a certificate that one of them has issued: an API
/// server does so if its admission configuration names one. Without it, clients need none.
///
/// `time` is asked only about certificates of clients.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): `clients` has no certificate that can be used, or the provider cannot be used.
pub fn server_config(
    identity: &ServerIdentity,
    clients: Option<&[u8]>,
    time: Arc<dyn TimeProvider>,
) -> Result<ServerConfig, Error> {
    let invalid = |text: String| Error::from(ConfigError::invalid(text));
    let builder = ServerConfig::builder_with_details(Arc::clone(&identity.provider), time)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(format!("the crypto provider cannot be used: {error}")))?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add_parsable_certificates(super::keys::certificates(pem, "authority of clients").map_err(invalid)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&identity.provider))
                .build()
                .map_err(|error| invalid(format!("the authority of clients cannot be used: {error}")))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(identity.clone()));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
