//! The URLs of a configuration: the API server's and the proxy's, taken apart.

use super::secret::{Secret, UrlText};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::uri::Authority;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::fmt;

/// Where the API server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Whether the scheme is `https`.
    pub tls: bool,
    /// A name in lower case, or an IP address without brackets.
    pub host: String,
    /// The port, from the URL or the usual one of the scheme (443, 80).
    pub port: u16,
    /// What stands before every path, for servers behind a path of a gateway: empty, or with a `/` at its beginning and
    /// none at its end. Percent-encoded as it was written.
    pub path_prefix: String,
}

impl Server {
    /// Takes a URL apart. Without a scheme it must be `host` or `host:port`, and is `https` if `default_tls`. Query and
    /// fragment are left out.
    ///
    /// # Errors
    /// A text for the reader, which shows the URL without its user: it is no URL, the scheme is not HTTP, or it has a user.
    pub(super) fn parse(url: &UrlText, default_tls: bool) -> Result<Server, String> {
        let text = url.expose();
        let uri = if text.contains("://") {
            text.parse::<Uri>().ok()
        } else {
            let scheme = if default_tls { "https" } else { "http" };
            format!("{scheme}://{text}").parse::<Uri>().ok().filter(|uri| matches!(uri.path(), "" | "/"))
        };
        let uri = uri.ok_or_else(|| format!("host must be a URL or a host:port pair: {:?}", url.to_string()))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("unsupported scheme in {:?}, must be http or https", url.to_string())),
        };
        let (host, port, user) = split(uri.authority(), if tls { 443 } else { 80 })
            .ok_or_else(|| format!("host must be a URL or a host:port pair: {:?}", url.to_string()))?;
        if user.is_some() {
            return Err(format!("a user in the server's URL is not supported: {:?}", url.to_string()));
        }
        Ok(Server { tls, host, port, path_prefix: uri.path().trim_end_matches('/').to_owned() })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// `host` or `host:port`: the port only if it is not the usual one, brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        let port = if self.port == if self.tls { 443 } else { 80 } { None } else { Some(self.port) };
        authority(&self.host, port)
    }
}

impl fmt::Display for Server {
    /// The URL, without a `/` at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.path_prefix)
    }
}

/// A proxy on the way to the server. `Debug` hides its user: a token may be one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proxy {
    /// What the proxy speaks.
    pub scheme: ProxyScheme,
    /// A name in lower case, or an IP address without brackets.
    pub host: String,
    /// The port, from the URL or the usual one of the scheme (80, 443, 1080).
    pub port: u16,
    /// The user to show the proxy, from the URL and decoded.
    pub username: Option<String>,
    /// The user's password, from the URL and decoded.
    pub password: Option<Secret>,
    /// The URL as it was written. `Debug` and `Display` hide its user.
    pub url: UrlText,
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyScheme {
    /// HTTP/1.1, with `CONNECT`.
    Http,
    /// The same within TLS.
    Https,
    /// SOCKS version 5 (RFC 1928); the proxy finds the address of the server. `socks5` and `socks5h` are both this, as
    /// they are for the official client.
    Socks5,
}

impl ProxyScheme {
    /// As it stands in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProxyScheme::Http => "http",
            ProxyScheme::Https => "https",
            ProxyScheme::Socks5 => "socks5",
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Takes a URL apart. A kubeconfig may not say `socks5h`; others may.
    ///
    /// # Errors
    /// A text for the reader, which shows the URL without its user: it is no URL, or of another scheme.
    pub(super) fn parse(url: &UrlText, socks5h: bool) -> Result<Proxy, String> {
        let could_not = || format!("could not parse: {url}");
        let uri = url.expose().parse::<Uri>().map_err(|_| could_not())?;
        let (scheme, port) = match uri.scheme_str() {
            Some("http") => (ProxyScheme::Http, 80),
            Some("https") => (ProxyScheme::Https, 443),
            Some("socks5") => (ProxyScheme::Socks5, 1080),
            Some("socks5h") if socks5h => (ProxyScheme::Socks5, 1080),
            other => {
                // Without `://` the whole text is taken for an authority, and may be a user with a password.
                let other = other.unwrap_or_default();
                return Err(format!("unsupported scheme {other:?}, must be http, https, or socks5"));
            }
        };
        let (host, port, user) = split(uri.authority(), port).ok_or_else(could_not)?;
        let decode = |text: &str| percent_decode_str(text).decode_utf8().map(Cow::into_owned);
        let (username, password) = match user.as_deref().map(|user| user.split_once(':').unwrap_or((user, ""))) {
            Some((name, password)) => {
                let name = decode(name).map_err(|_| could_not())?;
                let password = decode(password).map_err(|_| could_not())?;
                (Some(name), (!password.is_empty()).then(|| Secret::from(password)))
            }
            None => (None, None),
        };
        Ok(Proxy { scheme, host, port, username, password, url: url.clone() })
    }

    /// The `Proxy-Authorization` header for the user of the URL (RFC 9110 §11.7.2), marked as sensitive; `None` without
    /// a user.
    #[must_use]
    pub fn authorization(&self) -> Option<HeaderValue> {
        let user = self.username.as_deref()?;
        let password = self.password.as_ref().map_or("", Secret::expose);
        let mut value =
            HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Display for Proxy {
    /// The URL, without its user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), authority(&self.host, Some(self.port)))
    }
}

/// Host without brackets, port, and user.
fn split(authority: Option<&Authority>, usual: u16) -> Option<(String, u16, Option<String>)> {
    let authority = authority?;
    let text = authority.as_str();
    let (user, rest) = text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user.to_owned()), rest));
    let host = authority.host();
    // What is left after the host is nothing, a lone colon, or a port; `http` does not insist on a number that fits.
    let port = rest.strip_prefix(host)?;
    let port = match port.strip_prefix(':') {
        Some("") => usual,
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None => usual,
    };
    let host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']')?.parse::<core::net::Ipv6Addr>().ok()?.to_string(),
        None => host.to_ascii_lowercase(),
    };
    if host.is_empty() { None } else { Some((host, port, user)) }
}

/// `host:port`, or the host alone; brackets around an IPv6 address.
pub(crate) fn authority(host: &str, port: Option<u16>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        let table = [
            ("https://h", true, "h", 443, "", "https://h"),
            ("http://h", false, "h", 80, "", "http://h"),
            ("https://H.Example:6443/", true, "h.example", 6443, "", "https://h.example:6443"),
            ("https://h:443/k8s/clusters/c-1/", true, "h", 443, "/k8s/clusters/c-1", "https://h/k8s/clusters/c-1"),
            ("https://h/a%2Fb?q=1", true, "h", 443, "/a%2Fb", "https://h/a%2Fb"),
            ("https://[::1]:6443", true, "::1", 6443, "", "https://[::1]:6443"),
            ("https://[2001:DB8:0::1]", true, "2001:db8::1", 443, "", "https://[2001:db8::1]"),
            ("http://10.0.0.1:8080", false, "10.0.0.1", 8080, "", "http://10.0.0.1:8080"),
            ("HTTPS://h", true, "h", 443, "", "https://h"),
            ("https://h:", true, "h", 443, "", "https://h"),
        ];
        for (text, tls, host, port, prefix, shown) in table {
            let server = Server::parse(&text.into(), false).unwrap();
            let parts = (server.tls, server.host.as_str(), server.port, server.path_prefix.as_str());
            assert_eq!(parts, (tls, host, port, prefix), "{text}");
            assert_eq!(server.to_string(), shown);
        }
        for (text, tls, shown) in
            [("localhost:8080", false, "http://localhost:8080"), ("h", true, "https://h"), ("h/", true, "https://h")]
        {
            assert_eq!(Server::parse(&text.into(), tls).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn bad_servers() {
        for text in [
            "",
            "h/path",
            "https://",
            "https:///x",
            "h h",
            "https://h:99999",
            "https://h:0",
            "https://h:x",
            "https://[::g]",
        ] {
            let error = Server::parse(&text.into(), true).unwrap_err();
            assert!(error.contains("host must be a URL or a host:port pair"), "{text}: {error}");
        }
        assert!(Server::parse(&"ftp://h".into(), true).unwrap_err().contains("unsupported scheme"));
        for text in
            ["https://u:hunter2@h", "u:hunter2@h", "https://u:hunter2@", "https://u:hunter2@h h", "ftp://u:hunter2@h"]
        {
            let error = Server::parse(&text.into(), true).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn proxies() {
        let proxy = Proxy::parse(&"http://p".into(), false).unwrap();
        assert_eq!(
            (proxy.scheme, proxy.host.as_str(), proxy.port, &proxy.username),
            (ProxyScheme::Http, "p", 80, &None)
        );
        let proxy = Proxy::parse(&"https://p:3128".into(), false).unwrap();
        assert_eq!((proxy.scheme, proxy.port), (ProxyScheme::Https, 3128));
        let proxy = Proxy::parse(&"socks5://u%40x:p%3Ahunter2@[::1]".into(), false).unwrap();
        assert_eq!((proxy.scheme, proxy.host.as_str(), proxy.port), (ProxyScheme::Socks5, "::1", 1080));
        assert_eq!(proxy.username.as_deref(), Some("u@x"));
        let shown = format!("{proxy:?}");
        assert!(!shown.contains("u@x") && !shown.contains("u%40x") && shown.contains("[::1]"), "{shown}");
        assert_eq!(proxy.password.as_ref().unwrap().expose(), "p:hunter2");
        assert!(!format!("{proxy:?}").contains("hunter2"));
        assert_eq!(proxy.to_string(), "socks5://[::1]:1080");
        assert_eq!(Proxy::parse(&"socks5h://p".into(), true).unwrap().scheme, ProxyScheme::Socks5);
        for (url, expected) in [
            ("http://p", None),
            ("http://u@p", Some("Basic dTo=")),
            ("http://u:p%3A%C3%A4@p", Some("Basic dTpwOsOk")),
            ("http://:p@p", Some("Basic OnA=")),
        ] {
            let header = Proxy::parse(&url.into(), false).unwrap().authorization();
            assert_eq!(header.as_ref().map(|value| value.to_str().unwrap()), expected, "{url}");
            assert!(header.is_none_or(|value| value.is_sensitive()));
        }
        for text in
            ["ftp://h", "socks5h://h", "h:3128", "http://", "u:hunter2@h", "http://u:hunter2@h h", "", "http://u:%ff@h"]
        {
            let error = Proxy::parse(&text.into(), false).unwrap_err();
            assert!(error.starts_with("unsupported scheme") || error.starts_with("could not parse"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
