use std::fmt;

use http::Uri;
use percent_encoding::percent_decode_str;

use crate::driver::proxy::{authority, split};
use crate::secret::UrlText;

/// The address of a server: scheme, host, port and path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Whether the scheme is `https`.
    pub tls: bool,
    /// A name in lower case, or an IP address without brackets.
    pub host: String,
    /// The port of the URL, or the scheme's default (443, 80).
    pub port: u16,
    /// The prefix of every path, for a server behind a gateway: empty, or with a `/` at its beginning and none at its
    /// end. It keeps the percent-encoding of the URL, and has no empty segments and no `.` or `..`.
    pub path_prefix: String,
}

impl Server {
    /// Parses a URL. Without a scheme it must be `host` or `host:port`; it is then `https` if `default_tls` is set. The
    /// result has no query and no fragment.
    ///
    /// # Errors
    /// The text is not a URL, its scheme is not HTTP, or it has a user. The error text shows the URL without its user.
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
        Ok(Server { tls, host, port, path_prefix: cleaned(uri.path()) })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    /// `host` or `host:port`: without the default port of the scheme, and with brackets around an IPv6 address.
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

/// The path without empty segments and steps, as client-go makes it before it appends the path of a request.
fn cleaned(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match &*percent_decode_str(segment).decode_utf8_lossy() {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept.iter().map(|segment| format!("/{segment}")).collect()
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
            ("https://h//a/./b/../c/", true, "h", 443, "/a/c", "https://h/a/c"),
            ("https://h/%2e%2E/a/.%2e/../b", true, "h", 443, "/b", "https://h/b"),
            ("https://h/..a/.b.", true, "h", 443, "/..a/.b.", "https://h/..a/.b."),
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
}
