//! The API server as an endpoint, under each TLS identity that is in use.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::granted::Granted;
use crate::driver::endpoint::{Endpoint, Tls, TlsSettings};
use crate::lock::lock;
use crate::opaque::Opaque;
use crate::secret::Secret;

/// The client certificate that goes with a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// The configured certificate, if there is one.
    #[default]
    Configured,
    /// No certificate: the server would authenticate the certificate and not the token.
    None,
    /// A certificate of the credential.
    Own(Arc<Pair>),
}

/// A client certificate and its key, both PEM.
#[derive(PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) certificate: Bytes,
    pub(crate) key: Secret,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("certificate", &Opaque(&*self.certificate)).finish_non_exhaustive()
    }
}

/// The API server with its current TLS material.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server<'a> {
    pub(crate) site: &'a Site,
    /// Replaces the configured material, if present.
    pub(crate) material: Option<&'a Arc<Granted<Arc<TlsSettings>>>>,
}

impl<'a> Server<'a> {
    /// The same server with this material; unchanged for `None`.
    pub(crate) fn with(self, material: Option<&'a Arc<Granted<Arc<TlsSettings>>>>) -> Self {
        Self { material: material.or(self.material), ..self }
    }

    /// The endpoint for a credential with this certificate.
    pub(crate) fn endpoint(&self, certificate: &Certificate) -> Endpoint {
        self.site.endpoint(self.material.map(|material| &*material.value), certificate)
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        self.site.endpoint.to_string()
    }

    /// Whether the server is reached over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.site.endpoint.tls().is_some()
    }
}

/// The API server. Equal material and certificate give the same identity, so that connections are reused.
#[derive(Debug)]
pub(crate) struct Site {
    endpoint: Endpoint,
    known: Mutex<VecDeque<(Arc<TlsSettings>, Certificate, Endpoint)>>,
    identities: Identities,
}

impl Site {
    pub(crate) fn new(endpoint: Endpoint, identities: Identities) -> Self {
        Self { endpoint, known: Mutex::default(), identities }
    }

    fn endpoint(&self, material: Option<&Arc<TlsSettings>>, certificate: &Certificate) -> Endpoint {
        let Some(tls) = self.endpoint.tls() else { return self.endpoint.clone() };
        let material = material.unwrap_or(&tls.settings);
        let shown = if material.client_certificate.is_none() && *certificate == Certificate::None {
            &Certificate::Configured
        } else {
            certificate
        };
        if Arc::ptr_eq(material, &tls.settings) && *shown == Certificate::Configured {
            return self.endpoint.clone();
        }
        let mut known = lock(&self.known);
        let same =
            |entry: &&(Arc<TlsSettings>, Certificate, Endpoint)| Arc::ptr_eq(&entry.0, material) && entry.1 == *shown;
        if let Some((_, _, endpoint)) = known.iter().find(same) {
            return endpoint.clone();
        }
        let settings = match shown {
            Certificate::Configured => Arc::clone(material),
            Certificate::None => {
                Arc::new(TlsSettings { client_certificate: None, client_key: None, ..TlsSettings::clone(material) })
            }
            Certificate::Own(pair) => Arc::new(TlsSettings {
                client_certificate: Some(pair.certificate.clone()),
                client_key: Some(pair.key.clone()),
                ..TlsSettings::clone(material)
            }),
        };
        // New material with the same relevant parts keeps its identity: a client that presents no certificate is not
        // affected by a new one.
        let newest = known.iter().rev().find(|entry| entry.1 == *shown).map(|(_, _, endpoint)| endpoint);
        let same = newest.filter(|endpoint| endpoint.tls().is_some_and(|tls| *tls.settings == *settings)).cloned();
        let endpoint =
            same.unwrap_or_else(|| self.endpoint.with_tls(Tls { id: self.identities.next(), settings, ..tls.clone() }));
        known.push_back((Arc::clone(material), shown.clone(), endpoint.clone()));
        if known.len() > KNOWN {
            known.pop_front();
        }
        endpoint
    }
}

/// Numbers the TLS identities of one session. Clones share the counter.
#[derive(Clone, Debug)]
pub(crate) struct Identities(Arc<AtomicU64>);

impl Default for Identities {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(FIRST_IDENTITY + 1)))
    }
}

impl Identities {
    /// The next number.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// How many identities are kept: the one in use, and those that running calls still hold.
const KNOWN: usize = 4;

/// The TLS identity of the configuration.
pub(crate) const FIRST_IDENTITY: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_number_of_identities_is_remembered() {
        let tls = Tls { id: FIRST_IDENTITY, server_name: "k".into(), settings: Arc::default(), api_server: true };
        let site = Site::new(Endpoint::new("k", 443, Some(tls), None), Identities::default());
        let own = |n: usize| Certificate::Own(Arc::new(Pair { certificate: format!("{n}").into(), key: "k".into() }));
        let first = site.endpoint(None, &own(0));
        for n in 1..KNOWN {
            site.endpoint(None, &own(n));
        }
        assert_eq!(site.endpoint(None, &own(0)), first);
        for n in KNOWN..3 * KNOWN {
            let newest = site.endpoint(None, &own(n));
            assert_eq!((site.endpoint(None, &own(n)), site.known.lock().unwrap().len()), (newest, KNOWN));
        }
        assert_ne!(site.endpoint(None, &own(0)), first);
    }
}
