//! One TLS configuration for each identity, made when it is first needed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use super::tls::{Clock, TlsRoots, client_config};
use crate::effect::{Fault, FaultKind, Tls};
use crate::session::Session;

/// The TLS configurations of one client. Sessions are resumed within an identity and never across two.
pub struct TlsConfigs {
    clock: Clock,
    provider: Arc<CryptoProvider>,
    find_roots: fn() -> Result<TlsRoots, Fault>,
    roots: OnceLock<TlsRoots>,
    alpn: &'static [&'static [u8]],
    made: Mutex<BTreeMap<u64, Arc<ClientConfig>>>,
}

impl TlsConfigs {
    /// `find_roots` is asked, once, when an identity trusts the system's certificates. The time of certificate checks is
    /// what the session's operations were last told.
    #[must_use]
    pub fn new(
        session: &Session,
        provider: Arc<CryptoProvider>,
        find_roots: fn() -> Result<TlsRoots, Fault>,
        alpn: &'static [&'static [u8]],
    ) -> Self {
        let clock = Clock::new(session.unix_clock());
        Self { clock, provider, find_roots, roots: OnceLock::new(), alpn, made: Mutex::default() }
    }

    /// The configuration for this identity.
    ///
    /// # Errors
    /// [`FaultKind::TlsSettings`]: certificates or key cannot be used. [`FaultKind::Tls`]: the system's certificates cannot
    /// be found.
    pub fn config(&self, tls: &Tls) -> Result<Arc<ClientConfig>, Fault> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(&tls.id) {
            return Ok(Arc::clone(config));
        }
        let roots = if TlsRoots::are_needed(&tls.settings) { self.roots()? } else { TlsRoots::none() };
        let time = Arc::new(self.clock.clone());
        let config = client_config(&tls.settings, &roots, Arc::clone(&self.provider), time, self.alpn)
            .map_err(|error| Fault::unsent(FaultKind::TlsSettings, error.to_string()))?;
        let config = Arc::new(config);
        made.insert(tls.id, Arc::clone(&config));
        // The oldest identity is the one that was rotated away first.
        while made.len() > IDENTITIES {
            made.pop_first();
        }
        Ok(config)
    }

    fn roots(&self) -> Result<TlsRoots, Fault> {
        if let Some(roots) = self.roots.get() {
            return Ok(roots.clone());
        }
        let found = (self.find_roots)()?;
        Ok(self.roots.get_or_init(|| found).clone())
    }
}

impl fmt::Debug for TlsConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfigs").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// How many identities are remembered.
const IDENTITIES: usize = 16;
