//! The API server, and its TLS material if that comes from files.

use std::sync::Arc;

use super::granted::Granted;
use super::refusal::Refusal;
use super::site::{Identities, Server, Site};
use super::slot::Slot;
use super::tls_files;
use super::tls_files::TlsFileSource;
use crate::driver::endpoint::{Endpoint, TlsSettings};
use crate::driver::time::Now;
use crate::lease::clock::Clock;

/// The API server under its TLS identities, and the files of these identities.
#[derive(Debug)]
pub(crate) struct Material {
    pub(super) site: Site,
    /// TLS material that comes from files.
    pub(super) files: Option<Slot<TlsFileSource>>,
}

impl Material {
    pub(crate) fn new(endpoint: Endpoint, identities: Identities, clock: &Arc<Clock>) -> Self {
        let files = endpoint.tls().and_then(|tls| {
            let source = TlsFileSource::new(&tls.settings)?;
            let value = source.is_complete().then(|| Arc::clone(&tls.settings));
            Some(Slot::new(source, value, Some(tls_files::PERIOD), clock))
        });
        Self { site: Site::new(endpoint, identities), files }
    }

    /// The API server with this material.
    pub(super) fn server<'a>(&'a self, material: Option<&'a Arc<Granted<Arc<TlsSettings>>>>) -> Server<'a> {
        Server { site: &self.site, material }
    }

    /// The generation to replace if this material is refused; `None` if no other material can be expected.
    pub(super) fn better(&self, material: &Granted<Arc<TlsSettings>>, refusal: Refusal, now: Now) -> Option<u64> {
        let slot = self.files.as_ref()?;
        let refused = material.generation;
        let better = match refusal {
            Refusal::Unauthorized => {
                material.value.files.client_certificate.is_some() && slot.can_replace(refused, now)
            }
            Refusal::Handshake => slot.can_replace(refused, now),
            Refusal::Unusable => slot.revert(refused) || slot.can_replace(refused, now),
        };
        better.then_some(refused)
    }
}
