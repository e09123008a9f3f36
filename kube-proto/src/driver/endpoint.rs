use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

use super::proxy::{Proxy, ProxyScheme};
use crate::opaque::Opaque;
use crate::secret::Secret;

/// The destination of an exchange: host, port, TLS identity and proxy.
///
/// It is a cheap clone, and the key of the connection pool: a rotated client certificate (a new [`Tls`] identity) never
/// uses a connection that was made with the old one, and no endpoint uses a connection through an `https` proxy that was
/// verified in another way.
#[derive(Clone)]
pub struct Endpoint(Arc<EndpointParts>);

struct EndpointParts {
    host: String,
    port: u16,
    authority: String,
    /// The authority as each request has it; `None` if it cannot stand in a header.
    host_header: Option<HeaderValue>,
    tls: Option<Tls>,
    proxy: Option<Proxy>,
    proxy_tls: Option<Tls>,
}

/// The TLS side of an [`Endpoint`], or of its proxy.
#[derive(Clone)]
pub struct Tls {
    /// The number of this identity within its session: another certificate, CA or server name has another id. For
    /// proxies it is always [`PROXY`](Self::PROXY).
    pub id: u64,
    /// The name for SNI and for verification: `tls-server-name`, or the host.
    pub server_name: String,
    /// Certificates, key, and whether to verify.
    pub settings: Arc<TlsSettings>,
    /// Whether this is the identity for the API server. TLS settings that the caller overrides apply to it alone.
    pub api_server: bool,
}

impl Tls {
    /// The id of the identity for `https` proxies. They get no client certificate.
    pub const PROXY: u64 = 0;
}

impl Endpoint {
    /// An endpoint; `host` is a name or an IP address without brackets. The system's certificates verify an `https`
    /// proxy.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, tls: Option<Tls>, proxy: Option<Proxy>) -> Self {
        Self::with_proxy(host.into(), port, tls, proxy, &TlsSettings::default())
    }

    /// The same, with settings for an `https` proxy: their CA may also sign its certificate, and it is not verified if
    /// they skip verification. The proxy gets neither the client certificate nor the server name of the settings.
    #[must_use]
    pub fn with_proxy(
        host: impl Into<String>,
        port: u16,
        tls: Option<Tls>,
        proxy: Option<Proxy>,
        settings: &TlsSettings,
    ) -> Self {
        let proxy_tls = proxy.as_ref().filter(|proxy| proxy.scheme == ProxyScheme::Https).map(|proxy| Tls {
            id: Tls::PROXY,
            api_server: false,
            server_name: proxy.host.clone(),
            settings: Arc::new(TlsSettings {
                ca: settings.ca.clone(),
                insecure_skip_verify: settings.insecure_skip_verify,
                ..TlsSettings::default()
            }),
        });
        let host = host.into();
        let authority = authority(&host, port, tls.is_some());
        let host_header = host_header(&authority);
        Self(Arc::new(EndpointParts { host, port, authority, host_header, tls, proxy, proxy_tls }))
    }

    /// The same server and proxy, with another TLS identity.
    #[must_use]
    pub fn with_tls(&self, tls: Tls) -> Self {
        let settings = Arc::clone(&tls.settings);
        Self::with_proxy(self.host(), self.port(), Some(tls), self.proxy().cloned(), &settings)
    }

    /// The host's name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The TLS identity, or `None` for plain text.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.0.tls.as_ref()
    }

    /// The proxy to go through.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        self.0.proxy.as_ref()
    }

    /// The TLS side of an `https` proxy: all traffic with the proxy goes through it.
    #[must_use]
    pub fn proxy_tls(&self) -> Option<&Tls> {
        self.0.proxy_tls.as_ref()
    }

    /// The host (a name, or an IP address without brackets) and port of the socket: the proxy's, or the server's own.
    #[must_use]
    pub fn dial(&self) -> (&str, u16) {
        match &self.0.proxy {
            Some(proxy) => (&proxy.host, proxy.port),
            None => (&self.0.host, self.0.port),
        }
    }

    /// Whether a proxy forwards each request and opens no tunnel: the server's scheme is `http`, and the proxy is an
    /// HTTP one. Request targets are then in absolute form (RFC 9112 §3.2.2), and each request has the proxy's
    /// [`authorization`](Proxy::authorization).
    #[must_use]
    pub fn is_forwarded(&self) -> bool {
        let by_http = |proxy: &Proxy| matches!(proxy.scheme, ProxyScheme::Http | ProxyScheme::Https);
        self.0.tls.is_none() && self.0.proxy.as_ref().is_some_and(by_http)
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.0.tls.is_some() { "https" } else { "http" }
    }

    /// The value of a `Host` header or `:authority`: brackets around IPv6, no port where it is the scheme's own
    /// (RFC 9110 §7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        self.0.authority.clone()
    }

    /// The value of `Host` or `:authority`, without an IPv6 zone: a zone has a meaning on this host alone (RFC 6874 §4).
    /// `None` if the server's name cannot stand in a header.
    pub(crate) fn host_header(&self) -> Option<&HeaderValue> {
        self.0.host_header.as_ref()
    }

    fn key(&self) -> Key<'_> {
        let EndpointParts { host, port, authority: _, host_header: _, tls, proxy, proxy_tls } = &*self.0;
        // All proxies have one id.
        let proxy_tls = proxy_tls.as_ref().map(|tls| (tls.settings.insecure_skip_verify, tls.settings.ca.as_ref()));
        (host, *port, tls.as_ref().map(|tls| tls.id), proxy.as_ref(), proxy_tls)
    }
}

/// Host, port, TLS identity, proxy, and how an `https` proxy is verified.
type Key<'a> = (&'a str, u16, Option<u64>, Option<&'a Proxy>, Option<(bool, Option<&'a Bytes>)>);

impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.key() == other.key()
    }
}

impl Eq for Endpoint {}

impl PartialOrd for Endpoint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Endpoint {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.key().cmp(&other.key()) }
    }
}

impl Hash for Endpoint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self)?;
        self.0.tls.as_ref().map_or(Ok(()), |tls| write!(f, " (identity {})", tls.id))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.0.authority)
    }
}

fn authority(host: &str, port: u16, secure: bool) -> String {
    let usual = if secure { 443 } else { 80 };
    match (host.contains(':'), port == usual) {
        (false, true) => host.to_owned(),
        (false, false) => format!("{host}:{port}"),
        (true, true) => format!("[{host}]"),
        (true, false) => format!("[{host}]:{port}"),
    }
}

fn host_header(authority: &str) -> Option<HeaderValue> {
    match authority.split_once('%') {
        Some((address, rest)) if address.starts_with('[') => {
            let port = rest.split_once(']').map_or("", |(_, port)| port);
            HeaderValue::try_from(format!("{address}]{port}")).ok()
        }
        _ => HeaderValue::from_str(authority).ok(),
    }
}

/// How to verify a server, and the client certificate to show it. `Debug` shows only the length of PEM, which may have a
/// private key beside a certificate.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// The PEM certificates that verify the server; `None` means those of the system.
    pub ca: Option<Bytes>,
    /// The PEM client certificate with its chain. A certificate needs `client_key`.
    pub client_certificate: Option<Bytes>,
    /// The PEM key of the client certificate.
    pub client_key: Option<Secret>,
    /// The name for SNI and for verifying the server's certificate; `None` means the host.
    pub server_name: Option<String>,
    /// Do not verify the server. Then there is no `ca`.
    pub insecure_skip_verify: bool,
    /// The files that the fields above came from. What came from a file is read again when it may have changed; what
    /// stood in the kubeconfig itself never changes.
    pub files: TlsFiles,
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ca, client_certificate, client_key, server_name, insecure_skip_verify, files } = self;
        f.debug_struct("TlsSettings")
            .field("ca", &ca.as_deref().map(Opaque))
            .field("client_certificate", &client_certificate.as_deref().map(Opaque))
            .field("client_key", client_key)
            .field("server_name", server_name)
            .field("insecure_skip_verify", insecure_skip_verify)
            .field("files", files)
            .finish()
    }
}

/// The files that TLS settings were read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The file of the CA.
    pub ca: Option<PathBuf>,
    /// The file of the client certificate.
    pub client_certificate: Option<PathBuf>,
    /// The file of the client's key.
    pub client_key: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::resolved::Config;

    #[test]
    fn authority_leaves_out_the_scheme_s_own_port_and_brackets_ipv6() {
        let tls = Tls { id: 1, server_name: "k".into(), settings: Arc::default(), api_server: true };
        for (host, port, secure, authority) in [
            ("k.example", 80, false, "k.example"),
            ("k.example", 443, false, "k.example:443"),
            ("k.example", 443, true, "k.example"),
            ("k.example", 6443, true, "k.example:6443"),
            ("::1", 443, true, "[::1]"),
            ("::1", 6443, true, "[::1]:6443"),
        ] {
            let endpoint = Endpoint::new(host, port, secure.then(|| tls.clone()), None);
            assert_eq!(endpoint.authority(), authority);
        }
    }

    #[test]
    fn another_identity_is_another_endpoint() {
        let with = |id| {
            let tls = Tls { id, server_name: "k".into(), settings: Arc::default(), api_server: true };
            Endpoint::new("k", 443, Some(tls), None)
        };
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
        assert_ne!(with(1), Endpoint::new("k", 443, None, None));
    }

    #[test]
    fn the_proxy_is_dialed_and_is_no_stranger_to_the_pool() {
        let tls = || Tls { id: 1, server_name: "k".into(), settings: Arc::default(), api_server: true };
        let settings = TlsSettings {
            ca: Some("CA".into()),
            client_certificate: Some("CERT".into()),
            client_key: Some("KEY".into()),
            server_name: Some("n".into()),
            ..TlsSettings::default()
        };
        let through = |url: Option<&str>, tls| {
            let proxy = url.and_then(|url| Config::new("https://k").unwrap().with_proxy(url).unwrap().proxy);
            Endpoint::with_proxy("k", 6443, tls, proxy, &settings)
        };
        for (url, secure, dial, forwarded) in [
            (None, true, ("k", 6443), false),
            (None, false, ("k", 6443), false),
            (Some("http://p:3128"), true, ("p", 3128), false),
            (Some("http://p:3128"), false, ("p", 3128), true),
            (Some("https://p"), true, ("p", 443), false),
            (Some("https://p"), false, ("p", 443), true),
            (Some("socks5://[::1]"), true, ("::1", 1080), false),
            (Some("socks5://[::1]"), false, ("::1", 1080), false),
        ] {
            let endpoint = through(url, secure.then(tls));
            assert_eq!((endpoint.dial(), endpoint.is_forwarded()), (dial, forwarded), "{url:?}");
            let below = endpoint.proxy_tls();
            assert_eq!(below.is_some(), url == Some("https://p"));
            if let Some(Tls { id, server_name, settings, api_server }) = below {
                assert!(!api_server);
                assert_eq!((*id, &**server_name), (Tls::PROXY, "p"));
                assert_eq!(**settings, TlsSettings { ca: Some("CA".into()), ..TlsSettings::default() });
            }
            let again = endpoint.with_tls(Tls { settings: Arc::new(settings.clone()), ..tls() });
            let of = |tls: &Tls| (tls.server_name.clone(), Arc::clone(&tls.settings));
            assert_eq!((again.dial(), again.proxy_tls().map(of)), (dial, below.map(of)));
        }
        let keys = [
            None,
            Some("http://p"),
            Some("http://u@p"),
            Some("http://u:1@p"),
            Some("http://u:2@p"),
            Some("socks5://p"),
        ];
        let mut keys = keys.map(|url| through(url, Some(tls()))).to_vec();
        // The same proxy, verified in other ways.
        let proxy = Config::new("http://k").unwrap().with_proxy("https://p").unwrap().proxy;
        for (ca, insecure_skip_verify) in [(None, false), (None, true), (Some("CA"), false), (Some("OTHER"), false)] {
            let settings = TlsSettings { ca: ca.map(Bytes::from), insecure_skip_verify, ..TlsSettings::default() };
            keys.push(Endpoint::with_proxy("k", 80, None, proxy.clone(), &settings));
        }
        for (n, one) in keys.iter().enumerate() {
            assert_eq!(keys.iter().filter(|other| *other == one).count(), 1, "{n}");
        }
    }
}
