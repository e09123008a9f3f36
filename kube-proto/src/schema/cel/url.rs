//! URLs (`url` of Kubernetes' library, which reads them as Go's `url.ParseRequestURI`).

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::schema::format::uri;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    /// Reads an absolute URL or an absolute path.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !uri::is_request_uri(text) {
            return None;
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if !text.starts_with('/') => (scheme.to_ascii_lowercase(), rest),
            _ => (String::new(), text),
        };
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = match rest.strip_prefix("//").filter(|_| !scheme.is_empty()) {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = percent_decode_str(host).decode_utf8_lossy().into_owned();
        Some(Self { scheme, host, path: escaped(path), query: query.to_owned() })
    }

    /// A part by the name of its function.
    pub(super) fn part(&self, name: &str) -> Option<&str> {
        let (hostname, port) = match self.host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, port)) => (address, port.strip_prefix(':').unwrap_or_default()),
            None => self.host.rsplit_once(':').unwrap_or((&self.host, "")),
        };
        Some(match name {
            "getScheme" => self.scheme.as_str(),
            "getHost" => self.host.as_str(),
            "getHostname" => hostname,
            "getPort" => port,
            "getEscapedPath" => self.path.as_str(),
            _ => return None,
        })
    }

    /// The values of each key of the query.
    pub(super) fn query(&self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in self.query.split('&').filter(|part| !part.is_empty() && !part.contains(';')) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let read = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
            found.entry(read(key)).or_default().push(read(value));
        }
        found
    }
}

/// A path whose bytes are escaped that no URL has as they are.
fn escaped(path: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'%')
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b'$')
        .remove(b'&')
        .remove(b'+')
        .remove(b',')
        .remove(b':')
        .remove(b';')
        .remove(b'=')
        .remove(b'@')
        .remove(b'!')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')')
        .remove(b'*')
        .remove(b'[')
        .remove(b']');
    utf8_percent_encode(path, KEPT).to_string()
}
