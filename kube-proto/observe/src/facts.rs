//! What metrics and spans say of a call, in the words of their conventions.

#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
use std::borrow::Cow;

use http::Method;
#[cfg(any(feature = "metrics", feature = "opentelemetry"))]
use kube_proto::driver::FaultKind;
use kube_proto::observe::AttemptOutcome;
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
use kube_proto::observe::CallInfo;

/// A method of HTTP as a label; `_OTHER` for those that Kubernetes does not have.
pub(crate) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

/// The server of a call as a label: `k.example:6443`.
#[cfg(feature = "metrics")]
pub(crate) fn host(server: &str) -> &str {
    server.split_once("://").map_or(server, |(_, host)| host)
}

/// The class of an attempt's failure; `None` if the response was read to its end.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
pub(crate) fn error_type(outcome: AttemptOutcome<'_>) -> Option<&'static str> {
    match outcome {
        AttemptOutcome::Answered(_) | AttemptOutcome::Dropped => None,
        AttemptOutcome::Failed(fault) => Some(fault_type(fault.kind)),
        AttemptOutcome::TimedOut(_) => Some("timeout"),
        _ => Some("unreadable_response"),
    }
}

/// The class of a fault.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
fn fault_type(kind: kube_proto::driver::FaultKind) -> &'static str {
    use kube_proto::driver::FaultKind;
    match kind {
        FaultKind::Resolve => "name_resolution",
        FaultKind::Refused => "connection_refused",
        FaultKind::Connect => "connect",
        FaultKind::ConnectTimeout => "connect_timeout",
        FaultKind::Tls | FaultKind::TlsSettings => "tls",
        FaultKind::Proxy => "proxy",
        FaultKind::Closed => "connection_closed",
        FaultKind::Protocol => "protocol",
        FaultKind::TooLarge => "too_large",
        _ => "io",
    }
}

/// The parts of a call that a span has.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) verb: &'a Cow<'static, str>,
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) template: &'a str,
    server: &'a str,
}

#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
impl<'a> Facts<'a> {
    pub(crate) fn of(call: &CallInfo<'a>) -> Self {
        let (attempt, template) = (call.attempt, call.template);
        let (whole, subresource) = match attempt.resource.split_once('/') {
            // A raw request names a path.
            Some(("", _)) => ("", ""),
            Some((whole, subresource)) => (whole, subresource),
            None => (attempt.resource.as_str(), ""),
        };
        let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
        let mut segments = template.split('/').skip(1);
        let version = match segments.next() {
            Some("apis") if !whole.is_empty() => segments.nth(1),
            Some("api") if !whole.is_empty() => segments.next(),
            _ => None,
        };
        Self {
            verb: &attempt.verb,
            group,
            version: version.unwrap_or_default(),
            resource,
            subresource,
            namespace: attempt.namespace.as_deref().unwrap_or_default(),
            name: attempt.name.as_deref().unwrap_or_default(),
            template,
            server: &attempt.server,
        }
    }

    /// The URL without a query.
    pub(crate) fn url(&self) -> String {
        let Self { server, template, namespace, name, .. } = self;
        let mut url = String::with_capacity(server.len() + template.len() + namespace.len() + name.len());
        url.push_str(server);
        let mut rest = *template;
        while let Some((before, after)) = rest.split_once('{') {
            url.push_str(before);
            let (placeholder, tail) = after.split_once('}').unwrap_or((after, ""));
            match placeholder {
                "namespace" => url.push_str(namespace),
                "name" => url.push_str(name),
                other => url.extend(["{", other, "}"]),
            }
            rest = tail;
        }
        url.push_str(rest);
        url
    }

    /// The name of the span of the whole call: `get pods`, `update deployments/scale`, `GET`.
    pub(crate) fn operation(&self) -> String {
        let mut name = String::with_capacity(48);
        name.push_str(self.verb);
        for (before, part) in [(" ", self.resource), ("/", self.subresource)] {
            if !part.is_empty() {
                name.extend([before, part]);
            }
        }
        name
    }
}

/// How a credential's fetch or a dial ended, as a label.
#[cfg(any(feature = "metrics", feature = "opentelemetry"))]
pub(crate) fn dial_result(kind: Option<FaultKind>) -> &'static str {
    match kind {
        None => "abandoned",
        Some(FaultKind::Refused) => "refused",
        Some(FaultKind::Resolve) => "unresolved",
        Some(FaultKind::ConnectTimeout) => "timeout",
        Some(FaultKind::Tls | FaultKind::TlsSettings) => "tls",
        Some(FaultKind::Proxy) => "proxy",
        Some(_) => "error",
    }
}

/// Whether an attempt was answered, for counters that know codes only.
#[cfg(feature = "metrics")]
pub(crate) fn is_answered(outcome: AttemptOutcome<'_>) -> bool {
    matches!(outcome, AttemptOutcome::Answered(_))
}

/// `network.protocol.version`.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
pub(crate) fn version(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_2 => "2",
        http::Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}

/// Host and port of a server's URL.
#[cfg(feature = "opentelemetry")]
pub(crate) fn server(url: &str) -> (&str, u16) {
    let (scheme, place) = url.split_once("://").unwrap_or(("https", url));
    let usual = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match place.rsplit_once(':') {
        // The colons within brackets are those of an address.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(usual)),
        _ => (place, usual),
    };
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}
