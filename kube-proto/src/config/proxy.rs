//! Chooses the proxy for a server.
//!
//! [`proxy_for`] is the only place that decides this. The first row that matches applies:
//!
//! | case | proxy |
//! |---|---|
//! | the configuration names a proxy (`proxy-url`) | that proxy |
//! | the server is `localhost`, or a loopback address | none |
//! | [`NO_PROXY`](ProxyEnv::no_proxy) matches the server | none |
//! | the server is `https`, and `HTTPS_PROXY` is set | `HTTPS_PROXY` |
//! | the server is `http`, `HTTP_PROXY` is set, and this is no CGI program | `HTTP_PROXY` |
//! | `ALL_PROXY` is set | `ALL_PROXY` |
//! | otherwise | none |
//!
//! `kubectl` follows the same rules, but does not read `ALL_PROXY`. An invalid proxy in the environment is an error
//! when it is chosen, and is not skipped silently.

use core::net::IpAddr;
use std::ffi::OsString;

use super::server::Server;
use crate::driver::proxy::Proxy;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::secret::UrlText;

/// The proxy variables of the environment, as values.
///
/// ```
/// use kube_proto::config::{Config, ProxyEnv};
///
/// let env = ProxyEnv::from_env(|name| match name {
///     "HTTPS_PROXY" => Some("http://proxy.example:3128".into()),
///     "NO_PROXY" => Some(".internal.example,10.0.0.0/8".into()),
///     _ => None,
/// });
/// let config = Config::new("https://k.example")?.with_proxy_env(&env)?;
/// assert_eq!(config.proxy.unwrap().host, "proxy.example");
/// assert_eq!(Config::new("https://k.internal.example")?.with_proxy_env(&env)?.proxy, None);
/// # Ok::<(), kube_proto::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyEnv {
    /// `HTTPS_PROXY` or `https_proxy`: the proxy for servers of scheme `https`. A URL of scheme `http`, `https`, `socks5`
    /// or `socks5h`, or `host` or `host:port`, which is `http`.
    pub https_proxy: Option<UrlText>,
    /// `HTTP_PROXY` or `http_proxy`: the same for servers of scheme `http`.
    pub http_proxy: Option<UrlText>,
    /// `ALL_PROXY` or `all_proxy`: the same for all servers whose scheme's own variable is not set.
    pub all_proxy: Option<UrlText>,
    /// `NO_PROXY` or `no_proxy`: the servers to reach without a proxy, separated by commas. An entry of another form
    /// matches nothing:
    ///
    /// | entry | matches |
    /// |---|---|
    /// | `*` | every server |
    /// | `a.example` | that host and its subdomains |
    /// | `.a.example`, `*.a.example` | the subdomains only |
    /// | `10.0.0.1`, `::1` | that address |
    /// | `10.0.0.0/8`, `fd00::/8` | all addresses with this prefix |
    ///
    /// A name or an address may have a port (`a.example:6443`, `[::1]:6443`), and then matches only that port. Names
    /// are not resolved: an address matches only a server whose URL has an address. Write names outside of ASCII as the
    /// server's URL has them (`xn--`).
    pub no_proxy: String,
    /// `REQUEST_METHOD` is set: this is a CGI program, and a request's header `Proxy:` may have set `HTTP_PROXY`.
    pub cgi: bool,
}

impl ProxyEnv {
    /// Takes the values from environment variables, for example `ProxyEnv::from_env(|name| std::env::var_os(name))`.
    /// Names in upper case take precedence. An empty variable counts as not set.
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> ProxyEnv {
        let set =
            |name: &str| variable(name).and_then(|value| value.into_string().ok()).filter(|text| !text.is_empty());
        let either = |upper: &str| set(upper).or_else(|| set(&upper.to_ascii_lowercase()));
        ProxyEnv {
            https_proxy: either("HTTPS_PROXY").map(UrlText::from),
            http_proxy: either("HTTP_PROXY").map(UrlText::from),
            all_proxy: either("ALL_PROXY").map(UrlText::from),
            no_proxy: either("NO_PROXY").unwrap_or_default(),
            cgi: set("REQUEST_METHOD").is_some(),
        }
    }
}

/// The proxy for this server: from the configuration, or else from the environment. The [module](self) has the table of
/// rules.
///
/// # Errors
/// The environment's proxy is no URL, or has an unsupported scheme. The error shows neither its user nor its password.
pub fn proxy_for(server: &Server, configured: Option<&Proxy>, env: &ProxyEnv) -> Result<Option<Proxy>, ConfigError> {
    if let Some(proxy) = configured {
        return Ok(Some(proxy.clone()));
    }
    let own = match server.tls {
        true => env.https_proxy.as_ref().map(|url| ("HTTPS_PROXY", url)),
        false if env.cgi => None,
        false => env.http_proxy.as_ref().map(|url| ("HTTP_PROXY", url)),
    };
    let chosen = own.or_else(|| env.all_proxy.as_ref().map(|url| ("ALL_PROXY", url)));
    let Some((name, url)) = chosen.filter(|_| !is_exempt(server, &env.no_proxy)) else { return Ok(None) };
    let whole = if url.expose().contains("://") { url.clone() } else { format!("http://{}", url.expose()).into() };
    Proxy::parse(&whole, true).map(Some).map_err(|error| {
        let text = format!("invalid {name} {:?} in the environment: {error}", url.to_string());
        let help = format!("mend or unset the variable, or add {:?} to NO_PROXY", server.host);
        ConfigError::one(ConfigErrorKind::Invalid, Problem::new(text).help(help))
    })
}

fn is_exempt(server: &Server, no_proxy: &str) -> bool {
    let host = server.host.as_str();
    let address = ip(host);
    host == "localhost"
        || address.is_some_and(|ip| ip.is_loopback())
        || no_proxy.split(',').any(|entry| matches(entry.trim(), host, address, server.port))
}

/// Whether an entry of `NO_PROXY` matches this server; `address` is the host, if that is an IP address.
fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((prefix, bits)) = network(entry) {
        return address.is_some_and(|address| is_within(address, prefix, bits));
    }
    let (name, only) = match entry.rsplit_once(':') {
        // The colons of an IPv6 address without brackets do not separate a port.
        Some((name, only)) if !name.contains(':') || name.ends_with(']') => (name, Some(only)),
        _ => (entry, None),
    };
    if only.is_some_and(|only| !only.is_empty() && only.parse() != Ok(port)) {
        return false;
    }
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match (ip(name), address) {
        (Some(entry), address) => Some(entry) == address,
        (None, Some(_)) => false,
        (None, None) => is_below(host, name),
    }
}

/// Whether the host is `name` or a subdomain of it. With a leading `.` or `*.`, only a subdomain matches. Case is
/// ignored.
fn is_below(host: &str, name: &str) -> bool {
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    let (suffix, itself) = name.strip_prefix('.').map_or((name, true), |suffix| (suffix, false));
    let Some(split) = host.len().checked_sub(suffix.len()).filter(|_| !suffix.is_empty()) else { return false };
    match (host.get(..split), host.get(split..)) {
        (Some(before), Some(end)) if end.eq_ignore_ascii_case(suffix) => {
            if before.is_empty() {
                itself
            } else {
                before.ends_with('.')
            }
        }
        _ => false,
    }
}

/// An IP address. An IPv4-mapped IPv6 address becomes IPv4.
fn ip(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// A prefix in CIDR notation.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (prefix, bits) = text.split_once('/')?;
    let bits: u32 = bits.parse().ok().filter(|_| bits.bytes().all(|b| b.is_ascii_digit()))?;
    let prefix: IpAddr = prefix.parse().ok()?;
    let canonical = prefix.to_canonical();
    match (prefix, canonical) {
        (IpAddr::V6(_), IpAddr::V4(_)) if bits >= 96 => network_of(canonical, bits - 96),
        _ => network_of(prefix, bits),
    }
}

fn network_of(prefix: IpAddr, bits: u32) -> Option<(IpAddr, u32)> {
    let most = if prefix.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some((prefix, bits))
}

fn is_within(address: IpAddr, prefix: IpAddr, bits: u32) -> bool {
    match (address, prefix) {
        (IpAddr::V4(address), IpAddr::V4(prefix)) => {
            (address.to_bits() ^ prefix.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(prefix)) => {
            (address.to_bits() ^ prefix.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::proxy::ProxyScheme;
    use std::collections::BTreeMap;

    fn env(variables: &[(&str, &str)]) -> ProxyEnv {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        ProxyEnv::from_env(|name| variables.get(name).map(OsString::from))
    }

    fn server(url: &str) -> Server {
        Server::parse(&url.into(), true).unwrap()
    }

    fn chosen(url: &str, env: &ProxyEnv) -> Option<String> {
        proxy_for(&server(url), None, env).unwrap().map(|proxy| proxy.to_string())
    }

    #[test]
    fn which_variable_counts() {
        let all = &[
            ("HTTPS_PROXY", "http://s:1"),
            ("https_proxy", "http://lower:2"),
            ("HTTP_PROXY", ""),
            ("http_proxy", "http://p:3"),
            ("ALL_PROXY", "http://all:4"),
            ("all_proxy", "http://all:5"),
        ];
        let cgi = &[("HTTPS_PROXY", "http://s:1"), ("HTTP_PROXY", "http://p:3"), ("REQUEST_METHOD", "GET")];
        for (variables, url, proxy) in [
            (&all[..], "https://h", Some("http://s:1")),
            (all, "http://h", Some("http://p:3")),
            (&all[..1], "http://h", None),
            (&all[2..4], "https://h", None),
            (&all[2..], "https://h", Some("http://all:4")),
            (&all[5..], "http://h", Some("http://all:5")),
            (&all[4..], "https://localhost", None),
            (&[], "https://h", None),
            (cgi, "https://h", Some("http://s:1")),
            (cgi, "http://h", None),
            (&[cgi[1], cgi[2], all[4]], "http://h", Some("http://all:4")),
        ] {
            assert_eq!(chosen(url, &env(variables)).as_deref(), proxy, "{url} with {variables:?}");
        }
    }

    #[test]
    fn what_a_variable_may_hold() {
        for (value, proxy) in [
            ("p", "http://p:80"),
            ("p:3128", "http://p:3128"),
            ("u:hunter2@p:3128", "http://p:3128"),
            ("http://P.example:3128/", "http://p.example:3128"),
            ("https://p", "https://p:443"),
            ("socks5://p", "socks5://p:1080"),
            ("socks5h://u:p@[::1]:9", "socks5://[::1]:9"),
        ] {
            assert_eq!(chosen("https://h", &env(&[("HTTPS_PROXY", value)])).as_deref(), Some(proxy), "{value}");
        }
        for value in ["ftp://u:hunter2@p", "http://", "p:99999", "u:hunter2@p:x", "socks4://p", "a b"] {
            let error = proxy_for(&server("https://h"), None, &env(&[("HTTPS_PROXY", value)])).unwrap_err().to_string();
            assert!(error.contains("invalid HTTPS_PROXY") && !error.contains("hunter2"), "{error}");
            // A bad variable that is not chosen is no error.
            for url in ["http://h", "https://localhost"] {
                assert_eq!(chosen(url, &env(&[("HTTPS_PROXY", value)])), None, "{value}");
            }
            assert_eq!(chosen("https://h", &env(&[("HTTPS_PROXY", value), ("no_proxy", "h")])), None);
        }
    }

    #[test]
    fn the_configuration_comes_before_the_environment() {
        let env = env(&[("HTTPS_PROXY", "http://env"), ("NO_PROXY", "*")]);
        let own = Proxy::parse(&"socks5://own".into(), false).unwrap();
        for url in ["https://h", "http://h", "https://localhost", "https://127.0.0.1"] {
            let proxy = proxy_for(&server(url), Some(&own), &env).unwrap().unwrap();
            assert_eq!((proxy.scheme, &*proxy.host), (ProxyScheme::Socks5, "own"));
        }
    }

    #[test]
    fn servers_that_are_reached_directly() {
        for (no_proxy, url, direct) in [
            // Without any entry: this machine.
            ("", "https://h", false),
            ("", "https://localhost:6443", true),
            ("", "https://LOCALHOST", true),
            ("", "https://a.localhost", false),
            ("", "https://127.0.0.1", true),
            ("", "https://127.9.9.9:6443", true),
            ("", "https://[::1]", true),
            ("", "https://[::ffff:127.0.0.1]", true),
            ("", "https://128.0.0.1", false),
            ("", "https://0.0.0.0", false),
            // All.
            ("*", "https://h", true),
            ("a, * ,b", "https://10.0.0.1", true),
            ("*a", "https://a", false),
            // Names.
            ("a.example", "https://a.example", true),
            ("a.example", "https://b.a.example", true),
            ("a.example", "https://ba.example", false),
            ("a.example", "https://example", false),
            (" A.Example , x", "https://b.a.EXAMPLE", true),
            (".a.example", "https://a.example", false),
            (".a.example", "https://b.a.example", true),
            ("*.a.example", "https://c.b.a.example", true),
            ("*.a.example", "https://a.example", false),
            ("a.*", "https://a.example", false),
            ("example", "https://a.example", true),
            (",,", "https://a.example", false),
            (".", "https://a.example", false),
            ("*.", "https://a.example", false),
            // Ports.
            ("h:6443", "https://h:6443", true),
            ("h:6443", "https://h", false),
            ("h:443", "https://h", true),
            ("h:80", "http://h", true),
            (".a:443", "https://h.a", true),
            ("h:", "https://h", true),
            ("h:x", "https://h", false),
            (":443", "https://h", false),
            // Addresses.
            ("10.0.0.1", "https://10.0.0.1", true),
            ("10.0.0.1", "https://10.0.0.2", false),
            ("10.0.0.1", "https://10.0.0.1.example", false),
            ("0.0.1", "https://10.0.0.1", false),
            ("10.0.0.1:443", "https://10.0.0.1", true),
            ("10.0.0.1:443", "https://10.0.0.1:6443", false),
            ("2001:db8::1", "https://[2001:db8:0::1]", true),
            ("[2001:db8::1]", "https://[2001:db8::1]", true),
            ("[2001:db8::1]:6443", "https://[2001:db8::1]:6443", true),
            ("[2001:db8::1]:6443", "https://[2001:db8::1]", false),
            ("2001:db8::1:443", "https://[2001:db8::1]", false),
            ("::ffff:10.0.0.1", "https://10.0.0.1", true),
            // Networks.
            ("10.0.0.0/8", "https://10.255.0.1", true),
            ("10.1.2.3/8", "https://10.255.0.1", true),
            ("10.0.0.0/8", "https://11.0.0.1", false),
            ("10.0.0.0/8", "https://h", false),
            ("10.0.0.0/31", "https://10.0.0.1", true),
            ("10.0.0.0/32", "https://10.0.0.1", false),
            ("0.0.0.0/0", "https://10.0.0.1", true),
            ("0.0.0.0/0", "https://[2001:db8::1]", false),
            ("10.0.0.0/33", "https://10.0.0.1", false),
            ("10.0.0.0/", "https://10.0.0.1", false),
            ("10.0.0.0/+8", "https://10.0.0.1", false),
            ("2001:db8::/32", "https://[2001:db8:1::1]", true),
            ("2001:db8::/32", "https://[2001:db9::1]", false),
            ("::/0", "https://[2001:db8::1]", true),
            ("::/0", "https://10.0.0.1", false),
            ("::ffff:10.0.0.0/104", "https://10.1.0.1", true),
            // All of IPv4, and one bit less: then it is a network of IPv6.
            ("::ffff:0:0/96", "https://10.0.0.1", true),
            ("::ffff:0:0/96", "https://[::ffff:10.0.0.1]", true),
            ("::ffff:0:0/96", "https://[::fffe:10.0.0.1]", false),
            ("::ffff:0:0/96", "https://[2001:db8::1]", false),
            ("::ffff:0:0/95", "https://10.0.0.1", false),
            ("::ffff:0:0/95", "https://[::ffff:10.0.0.1]", false),
            ("::ffff:0:0/95", "https://[::fffe:a00:1]", true),
            ("::ffff:0:0/95", "https://[::fffd:a00:1]", false),
            ("::ffff:0:0/97", "https://10.0.0.1", true),
            ("::ffff:0:0/97", "https://128.0.0.1", false),
            ("::ffff:128.0.0.0/97", "https://128.0.0.1", true),
            ("::ffff:10.0.0.1/128", "https://10.0.0.1", true),
            ("::ffff:10.0.0.1/128", "https://10.0.0.0", false),
            ("::ffff:10.0.0.1/129", "https://10.0.0.1", false),
        ] {
            let env = env(&[("HTTPS_PROXY", "http://p"), ("HTTP_PROXY", "http://p"), ("NO_PROXY", no_proxy)]);
            assert_eq!(chosen(url, &env).is_none(), direct, "{url} with NO_PROXY={no_proxy:?}");
        }
    }

    #[test]
    fn a_password_of_the_environment_is_not_shown() {
        let env = env(&[("HTTPS_PROXY", "http://u:hunter2@p"), ("HTTP_PROXY", "u:hunter2@p")]);
        assert!(!format!("{env:?}").contains("hunter2"));
    }
}
