//! Interprets a request line: path, verb, query (`RequestInfo` of k8s.io/apiserver).

use http::Method;
use percent_encoding::percent_decode_str;

/// The decoded query, in the order of its parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

/// The parts of a path, and the verb for authorisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    /// The decoded path.
    pub(crate) path: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; or the lower-case method of a
    /// path without a resource.
    pub(crate) verb: String,
    /// Whether the path names a resource.
    pub(crate) is_resource: bool,
    /// API group, empty for core.
    pub(crate) group: String,
    /// API version.
    pub(crate) version: String,
    /// Namespace, possibly empty.
    pub(crate) namespace: String,
    /// Plural name of the resource.
    pub(crate) resource: String,
    /// Subresource, possibly empty.
    pub(crate) subresource: String,
    /// Name, possibly empty.
    pub(crate) name: String,
    /// The path segments after the subresource.
    pub(crate) rest: Vec<String>,
    /// `HEAD`, which counts as `get` or `list`.
    pub(crate) head: bool,
}

impl Query {
    /// Decodes `a=b&c=d` as Go's `net/url` does: drops pairs with a raw `;` or a bad escape.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pairs = Vec::new();
        for part in text.split('&').filter(|p| !p.is_empty() && !p.contains(';')) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            if let (Some(key), Some(value)) = (unescape(key), unescape(value)) {
                pairs.push((key, value));
            }
        }
        Query { pairs }
    }

    /// The first value of a parameter.
    pub(crate) fn first(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The first value, if it is not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.first(key).filter(|v| !v.is_empty())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// A bool as Kubernetes reads it: absent, `false` and `0` are false, all else (also an empty value) is true.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.flag_if_set(key).unwrap_or(false)
    }

    /// As [`Query::flag`], but `None` if absent.
    pub(crate) fn flag_if_set(&self, key: &str) -> Option<bool> {
        self.first(key).map(|v| !(v.eq_ignore_ascii_case("false") || v == "0"))
    }

    /// A base-10 integer.
    ///
    /// # Errors
    /// The real server's message for a text that is not an integer.
    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, String> {
        match self.text(key) {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).map_err(|_| format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
            }
        }
    }
}

fn unescape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (index, _) in text.match_indices('%') {
        let hex = bytes.get(index + 1..index + 3)?;
        if !hex.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
    }
    let spaced = text.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// Whether a text is a Go duration: `10s`, `1h30m`, `1.5s`.
pub(crate) fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit);
        let counts = number.chars().any(|c| c.is_ascii_digit()) && number.matches('.').count() < 2;
        if !counts || !["ns", "us", "µs", "ms", "s", "m", "h"].contains(&unit) {
            return false;
        }
        rest = next;
    }
    true
}

impl Info {
    /// Reads method, path and query.
    pub(crate) fn parse(method: &Method, raw_path: &str, query: &Query) -> Self {
        let path = percent_decode_str(raw_path).decode_utf8_lossy().into_owned();
        let head = *method == Method::HEAD;
        let mut info = Info { verb: method.as_str().to_ascii_lowercase(), path, head, ..Info::default() };
        let all: Vec<String> = info.path.trim_matches('/').split('/').map(str::to_owned).collect();
        let mut parts = all.iter().map(String::as_str).peekable();
        match parts.next() {
            Some("api") => {}
            Some("apis") => match parts.next() {
                Some(group) if !group.is_empty() => info.group = group.into(),
                _ => return info,
            },
            _ => return info,
        }
        match parts.next() {
            Some(version) if !version.is_empty() => info.version = version.into(),
            _ => return info,
        }
        let mut watch_prefix = false;
        if parts.peek() == Some(&"watch") {
            parts.next();
            watch_prefix = true;
        }
        let Some(first) = parts.next().filter(|s| !s.is_empty()) else { return info };
        info.is_resource = true;
        let mut rest: Vec<&str> = parts.collect();
        if first == "namespaces" && rest.len() >= 2 && !matches!(rest.get(1), Some(&"status" | &"finalize")) {
            info.namespace = rest.first().copied().unwrap_or_default().into();
            info.resource = rest.get(1).copied().unwrap_or_default().into();
            rest.drain(..2);
        } else {
            info.resource = first.into();
            if first == "namespaces" {
                // The object of a namespace counts as an object in that namespace.
                info.namespace = rest.first().copied().unwrap_or_default().into();
            }
        }
        let mut rest = rest.into_iter();
        info.name = rest.next().unwrap_or_default().into();
        info.subresource = rest.next().unwrap_or_default().into();
        info.rest = rest.map(str::to_owned).collect();
        info.verb = match *method {
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if info.name.is_empty() => "deletecollection",
            Method::DELETE => "delete",
            Method::GET | Method::HEAD if watch_prefix => "watch",
            Method::GET | Method::HEAD if !info.name.is_empty() => "get",
            Method::GET | Method::HEAD if query.flag("watch") => "watch",
            Method::GET | Method::HEAD => "list",
            _ => return info,
        }
        .into();
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_mean_what_the_real_server_reads() {
        // (method, path and query) -> verb, group, version, namespace, resource, name, subresource
        let table = [
            ("GET", "/api/v1/pods", ["list", "", "v1", "", "pods", "", ""]),
            ("GET", "/api/v1/pods?watch=", ["watch", "", "v1", "", "pods", "", ""]),
            ("GET", "/api/v1/pods?watch=0", ["list", "", "v1", "", "pods", "", ""]),
            ("GET", "/api/v1/watch/pods", ["watch", "", "v1", "", "pods", "", ""]),
            ("POST", "/api/v1/namespaces/a/pods", ["create", "", "v1", "a", "pods", "", ""]),
            ("GET", "/api/v1/namespaces/a/pods/p/log", ["get", "", "v1", "a", "pods", "p", "log"]),
            ("PUT", "/api/v1/namespaces/a/status", ["update", "", "v1", "a", "namespaces", "a", "status"]),
            ("DELETE", "/api/v1/namespaces/a", ["delete", "", "v1", "a", "namespaces", "a", ""]),
            (
                "DELETE",
                "/apis/apps/v1/namespaces/a/deployments",
                ["deletecollection", "apps", "v1", "a", "deployments", "", ""],
            ),
            (
                "PATCH",
                "/apis/apps/v1/namespaces/a/deployments/d/scale",
                ["patch", "apps", "v1", "a", "deployments", "d", "scale"],
            ),
            ("GET", "/apis/apps/v1", ["get", "apps", "v1", "", "", "", ""]),
            ("GET", "/version", ["get", "", "", "", "", "", ""]),
            (
                "GET",
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
                ["get", "rbac.authorization.k8s.io", "v1", "", "clusterroles", "system:node", ""],
            ),
        ];
        for (method, target, want) in table {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let info = Info::parse(&Method::from_bytes(method.as_bytes()).unwrap(), path, &Query::parse(query));
            let got = [
                &info.verb,
                &info.group,
                &info.version,
                &info.namespace,
                &info.resource,
                &info.name,
                &info.subresource,
            ];
            assert_eq!(got.map(String::as_str), want, "{method} {target}");
        }
    }

    #[test]
    fn durations() {
        for text in ["10s", "1h30m", "1.5s", "0", "-3ms", "2h45m0.5s"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "10", "s", "1x", "1.2.3s", "5 s"] {
            assert!(!is_duration(text), "{text}");
        }
    }

    #[test]
    fn queries_are_read_as_go_reads_them() {
        let query = Query::parse("a=1&a=2&b=x+y%2Cz&c&bad=%zz&semi=a;b&limit=ten");
        assert_eq!(query.first("a"), Some("1"));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query.first("b"), Some("x y,z"));
        assert_eq!(query.first("c"), Some(""));
        assert_eq!((query.first("bad"), query.first("semi")), (None, None));
        assert_eq!(query.integer("limit").unwrap_err(), "strconv.ParseInt: parsing \"ten\": invalid syntax");
    }
}
