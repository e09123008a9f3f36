//! One TLS configuration for each identity, made at its first use.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use super::HttpLimits;
use super::connection::Connection;
use super::tls::overrides::TlsOverride;
use super::tls::{Clock, TlsRoots, client_config};
use crate::driver::endpoint::{Endpoint, Tls, TlsSettings};
use crate::driver::fault::{Fault, FaultKind};
use crate::lock::lock;
use crate::session::Session;

/// The TLS configurations of one client. Sessions are resumed within an identity and never across two.
pub struct TlsConfigs {
    clock: Clock,
    provider: Arc<CryptoProvider>,
    find_roots: fn() -> Result<TlsRoots, Fault>,
    /// The result of the last search.
    roots: Mutex<Option<Result<TlsRoots, Fault>>>,
    alpn: &'static [&'static [u8]],
    made: Mutex<BTreeMap<u64, Arc<ClientConfig>>>,
    /// The caller's own TLS for the API server.
    own: Option<TlsOverride>,
    /// The configuration for proxies, and the settings it was made from: a CA may be replaced.
    proxies: Mutex<Option<(Arc<TlsSettings>, Arc<ClientConfig>)>>,
}

impl TlsConfigs {
    /// An identity that trusts the system's certificates makes this call `find_roots`, until it has found them.
    /// Certificate checks use the time that the session's operations got last.
    #[must_use]
    pub fn new(
        session: &Session,
        provider: Arc<CryptoProvider>,
        find_roots: fn() -> Result<TlsRoots, Fault>,
        alpn: &'static [&'static [u8]],
    ) -> Self {
        let clock = Clock::new(session.unix_clock());
        let (roots, made, proxies) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { clock, provider, find_roots, roots, alpn, made, own: None, proxies }
    }

    /// Uses the caller's own TLS for the [API server](Tls::api_server).
    #[must_use]
    pub fn overridden(mut self, own: TlsOverride) -> Self {
        self.own = Some(own);
        self
    }

    /// True if [`find_roots`](Self::find_roots) must find the system's certificates before
    /// [`connection`](Self::connection) can connect to this endpoint. The search may block.
    #[must_use]
    pub fn finds_roots(&self, to: &Endpoint) -> bool {
        TlsRoots::are_needed_for(to) && !matches!(*self.known_roots(), Some(Ok(_)))
    }

    /// Finds the system's certificates and remembers the result. Connections do not search by themselves; they report
    /// the error of the last search. May block; holds no lock meanwhile.
    pub fn find_roots(&self) {
        let found = (self.find_roots)();
        let mut known = self.known_roots();
        // Another thread may have found them.
        if !matches!(*known, Some(Ok(_))) {
            *known = Some(found);
        }
    }

    /// A connection for a new socket to the address that this endpoint [dials](Endpoint::dial): plain or in TLS, and
    /// through the endpoint's proxy if it has one.
    ///
    /// # Errors
    /// Those of [`config`](Self::config); [`FaultKind::Tls`]: the server's name is neither a DNS name nor an IP address;
    /// [`FaultKind::Proxy`]: the proxy cannot be used for this server. Nothing was sent.
    pub fn connection(&self, to: &Endpoint, limits: HttpLimits) -> Result<Connection, Fault> {
        let connection = match to.tls() {
            None => Connection::plain(limits),
            Some(tls) => Connection::tls(self.config(tls)?, &tls.server_name, limits)?,
        };
        match to.proxy_tls() {
            None => connection.through(to),
            Some(tls) => connection.through_tls(to, self.config(tls)?),
        }
    }

    /// The configuration for this identity. The one for [proxies](Tls::PROXY) offers no protocols, and trusts the
    /// system's certificates as well as the CA of the settings.
    ///
    /// # Errors
    /// [`FaultKind::TlsSettings`]: certificates or key cannot be used. [`FaultKind::Tls`]: the system's certificates cannot
    /// be found.
    pub fn config(&self, tls: &Tls) -> Result<Arc<ClientConfig>, Fault> {
        if tls.id == Tls::PROXY {
            return self.proxy(tls);
        }
        let mut made = lock(&self.made);
        if let Some(config) = made.get(&tls.id) {
            return Ok(Arc::clone(config));
        }
        let own = self.own.as_ref().filter(|_| tls.api_server);
        let needed = TlsRoots::are_needed(&tls.settings) && own.is_none_or(TlsOverride::wants_roots);
        let roots = if needed { self.roots()? } else { TlsRoots::none() };
        let config = match own {
            None => self.build(&tls.settings, &roots, self.alpn)?,
            Some(own) => {
                let (provider, clock) = (Arc::clone(&self.provider), Arc::new(self.clock.clone()));
                let built = own.build(&tls.settings, &roots, provider, clock, self.alpn);
                Arc::new(built.map_err(|text| Fault::unsent(FaultKind::TlsSettings, text))?)
            }
        };
        made.insert(tls.id, Arc::clone(&config));
        // The oldest identity was rotated away first.
        while made.len() > IDENTITIES {
            made.pop_first();
        }
        Ok(config)
    }

    /// The CA of the cluster may have signed the proxy's certificate, as client-go expects; most often it is a CA that
    /// the system knows.
    fn proxy(&self, tls: &Tls) -> Result<Arc<ClientConfig>, Fault> {
        let mut proxies = lock(&self.proxies);
        if let Some((_, config)) = proxies.as_ref().filter(|(settings, _)| *settings == tls.settings) {
            return Ok(Arc::clone(config));
        }
        let TlsSettings { ca, insecure_skip_verify, .. } = &*tls.settings;
        let settings = TlsSettings { insecure_skip_verify: *insecure_skip_verify, ..TlsSettings::default() };
        let roots = match (ca, insecure_skip_verify) {
            (_, true) => TlsRoots::none(),
            (None, false) => self.roots()?,
            (Some(pem), false) => {
                let system = self.roots().unwrap_or_else(|_| TlsRoots::none());
                system.with(pem).map_err(|text| Fault::unsent(FaultKind::TlsSettings, text))?
            }
        };
        let config = self.build(&settings, &roots, &[])?;
        *proxies = Some((Arc::clone(&tls.settings), Arc::clone(&config)));
        Ok(config)
    }

    fn build(&self, settings: &TlsSettings, roots: &TlsRoots, alpn: &[&[u8]]) -> Result<Arc<ClientConfig>, Fault> {
        client_config(settings, roots, Arc::clone(&self.provider), Arc::new(self.clock.clone()), alpn)
            .map(Arc::new)
            .map_err(|error| Fault::unsent(FaultKind::TlsSettings, error.to_string()))
    }

    fn roots(&self) -> Result<TlsRoots, Fault> {
        self.known_roots().get_or_insert_with(self.find_roots).clone()
    }

    fn known_roots(&self) -> MutexGuard<'_, Option<Result<TlsRoots, Fault>>> {
        lock(&self.roots)
    }
}

impl fmt::Debug for TlsConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfigs").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// The number of remembered identities.
const IDENTITIES: usize = 16;

#[cfg(all(test, feature = "ring"))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::config::resolved::Config;
    use crate::driver::wire::tls::provider;
    use crate::session::SessionOptions;
    use crate::settings::Settings;

    static LOOKS: AtomicUsize = AtomicUsize::new(0);

    /// The first search fails.
    fn look() -> Result<TlsRoots, Fault> {
        match LOOKS.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Fault::unsent(FaultKind::Tls, "nothing found")),
            _ => Ok(TlsRoots::none()),
        }
    }

    #[test]
    fn a_bounded_number_of_identities_is_remembered() {
        let session =
            Session::new(&Config::new("https://k.example").unwrap(), SessionOptions::new(Settings::default(), 7))
                .unwrap();
        let configs = TlsConfigs::new(&session, provider().unwrap(), || Ok(TlsRoots::none()), &[]);
        let settings = Arc::new(TlsSettings { insecure_skip_verify: true, ..TlsSettings::default() });
        let tls = |id| Tls { id, server_name: "k".into(), settings: Arc::clone(&settings), api_server: true };
        let first = configs.config(&tls(1)).unwrap();
        for id in 2..=IDENTITIES as u64 {
            configs.config(&tls(id)).unwrap();
        }
        assert!(Arc::ptr_eq(&first, &configs.config(&tls(1)).unwrap()));
        for id in IDENTITIES as u64 + 1..=3 * IDENTITIES as u64 {
            let made = configs.config(&tls(id)).unwrap();
            assert_eq!(configs.made.lock().unwrap().len(), IDENTITIES);
            assert!(Arc::ptr_eq(&made, &configs.config(&tls(id)).unwrap()), "the newest was forgotten");
        }
        assert!(!Arc::ptr_eq(&first, &configs.config(&tls(1)).unwrap()));
    }

    #[test]
    fn what_was_found_is_remembered_and_so_is_that_there_was_nothing() {
        let session =
            Session::new(&Config::new("https://k.example").unwrap(), SessionOptions::new(Settings::default(), 7))
                .unwrap();
        let (configs, to) = (TlsConfigs::new(&session, provider().unwrap(), look, &[]), session.endpoint());
        assert!(configs.finds_roots(to));
        configs.find_roots();
        for _ in 0..3 {
            assert_eq!(configs.config(to.tls().unwrap()).unwrap_err().text, "nothing found");
        }
        assert_eq!((LOOKS.load(Ordering::SeqCst), configs.finds_roots(to)), (1, true));
        configs.find_roots();
        let fault = configs.config(to.tls().unwrap()).unwrap_err();
        assert!(fault.text.contains("the system has none"), "{}", fault.text);
        assert_eq!((LOOKS.load(Ordering::SeqCst), configs.finds_roots(to)), (2, false));
    }
}
