use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::uri::Authority;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::secret::{Secret, UrlText};

/// A proxy on the way to the server. `Debug` hides the user, which may be a token.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proxy {
    /// The protocol of the proxy.
    pub scheme: ProxyScheme,
    /// A name in lower case, or an IP address without brackets.
    pub host: String,
    /// The port, from the URL or the usual one of the scheme (80, 443, 1080).
    pub port: u16,
    /// The user for the proxy, decoded from the URL.
    pub username: Option<String>,
    /// The user's password, decoded from the URL.
    pub password: Option<Secret>,
    /// The URL as it was written. `Debug` and `Display` hide the user.
    pub url: UrlText,
}

/// The protocol of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyScheme {
    /// HTTP/1.1, with `CONNECT`.
    Http,
    /// HTTP/1.1 within TLS.
    Https,
    /// SOCKS version 5 (RFC 1928); the proxy finds the address of the server. `socks5` and `socks5h` are both this, as
    /// they are in client-go.
    Socks5,
}

impl ProxyScheme {
    /// The scheme in a URL.
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
    /// Parses a URL. `socks5h` allows that scheme, which a kubeconfig may not have.
    ///
    /// # Errors
    /// The URL cannot be parsed, or has another scheme. The text shows the URL without its user.
    pub(crate) fn parse(url: &UrlText, socks5h: bool) -> Result<Proxy, String> {
        let could_not = || format!("could not parse: {url}");
        let uri = url.expose().parse::<Uri>().map_err(|_| could_not())?;
        let (scheme, port) = match uri.scheme_str() {
            Some("http") => (ProxyScheme::Http, 80),
            Some("https") => (ProxyScheme::Https, 443),
            Some("socks5") => (ProxyScheme::Socks5, 1080),
            Some("socks5h") if socks5h => (ProxyScheme::Socks5, 1080),
            other => {
                // Without `://` the parser takes the whole text for an authority, which may be a user with a password.
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

    /// The `Proxy-Authorization` header with the URL's user (RFC 9110 §11.7.2), marked as sensitive; `None` without a
    /// user.
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
pub(crate) fn split(authority: Option<&Authority>, usual: u16) -> Option<(String, u16, Option<String>)> {
    let authority = authority?;
    let text = authority.as_str();
    let (user, rest) = text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user.to_owned()), rest));
    let host = authority.host();
    // The rest after the host is empty, a lone colon, or a port; `http` also accepts a port number that is too large.
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
