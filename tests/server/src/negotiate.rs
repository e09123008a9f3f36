//! Content negotiation (`endpoints/handlers/negotiation` of k8s.io/apiserver).

use http::{HeaderMap, HeaderName, header};

use super::protobuf;
use super::request::Query;
use super::status::{Failure, Outcome};

/// The chosen representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) shape: Shape,
    pub(crate) pretty: bool,
    pub(crate) protobuf: bool,
    pub(crate) yaml: bool,
}

/// The form in which the client gets an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The whole object.
    Object,
    /// A `Table` of this version of `meta.k8s.io`.
    Table(&'static str),
    /// Metadata only.
    Partial,
    /// Metadata only, as a list.
    PartialList,
}

/// The form of the discovery documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Discovery {
    /// The old one, without resources.
    Legacy,
    /// `APIGroupDiscoveryList` v2.
    Aggregated,
}

struct Clause<'a> {
    media: String,
    params: Vec<(&'a str, &'a str)>,
    q: u32,
}

impl Clause<'_> {
    fn param(&self, key: &str) -> &str {
        self.params.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| *v)
    }

    fn json(&self) -> bool {
        matches!(self.media.as_str(), "application/json" | "*/*" | "application/*")
    }

    fn yaml(&self) -> bool {
        self.media == YAML
    }

    fn protobuf(&self) -> bool {
        self.media == protobuf::MEDIA
    }
}

fn clauses(headers: &HeaderMap) -> Vec<Clause<'_>> {
    let mut clauses: Vec<Clause<'_>> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .filter(|c| !c.trim().is_empty())
        .map(|clause| {
            let mut parts = clause.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let params: Vec<(&str, &str)> =
                parts.filter_map(|p| p.split_once('=')).map(|(k, v)| (k.trim(), v.trim().trim_matches('"'))).collect();
            let q = params.iter().find(|(k, _)| *k == "q").and_then(|(_, v)| v.parse::<f64>().ok()).unwrap_or(1.0);
            // RFC 9110 allows three decimals.
            let q = (q.clamp(0.0, 1.0) * 1000.0).round();
            Clause { media, params, q: q as u32 }
        })
        .collect();
    let wild = |c: &Clause<'_>| (c.media == "*/*", c.media.ends_with("/*"));
    clauses.sort_by(|a, b| b.q.cmp(&a.q).then(wild(a).cmp(&wild(b))));
    clauses
}

pub(crate) const YAML: &str = "application/yaml";
const SUPPORTED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The representations that an endpoint offers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Offer {
    /// Tables and metadata only.
    pub(crate) transform: bool,
    /// Whole objects as protobuf.
    pub(crate) protobuf: bool,
    /// Metadata as protobuf.
    pub(crate) protobuf_metadata: bool,
}

/// Chooses for an ordinary endpoint.
pub(crate) fn object(headers: &HeaderMap, query: &Query, offer: Offer) -> Outcome<Accepted> {
    let transform = offer.transform;
    let clauses = clauses(headers);
    let human = query.first("pretty").is_some_and(|v| matches!(v, "true" | "1" | "t"))
        || headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).is_some_and(|agent| {
            query.first("pretty").is_none() && ["curl", "Wget", "Mozilla/5.0"].iter().any(|p| agent.starts_with(p))
        });
    if clauses.is_empty() {
        return Ok(Accepted { shape: Shape::Object, pretty: human, protobuf: false, yaml: false });
    }
    for clause in clauses.iter().filter(|c| c.json() || c.protobuf() || c.yaml()) {
        let asked = (clause.param("as"), clause.param("g"), clause.param("v"));
        let shape = match asked {
            ("", _, _) => Shape::Object,
            ("Table", "meta.k8s.io", "v1") if transform => Shape::Table("meta.k8s.io/v1"),
            ("Table", "meta.k8s.io", "v1beta1") if transform => Shape::Table("meta.k8s.io/v1beta1"),
            ("PartialObjectMetadata", "meta.k8s.io", "v1") if transform => Shape::Partial,
            ("PartialObjectMetadataList", "meta.k8s.io", "v1") if transform => Shape::PartialList,
            _ => continue,
        };
        let protobuf = clause.protobuf();
        let served = match shape {
            Shape::Object => offer.protobuf,
            Shape::Partial | Shape::PartialList => offer.protobuf_metadata,
            Shape::Table(_) => false,
        };
        if protobuf && !served {
            continue;
        }
        return Ok(Accepted { shape, pretty: human || clause.param("pretty") == "1", protobuf, yaml: clause.yaml() });
    }
    Err(Failure::not_acceptable(format!("only the following media types are accepted: {SUPPORTED}")))
}

/// Refuses types that the routes of built-in kinds never produce, before all other checks.
pub(crate) fn routed(headers: &HeaderMap, streams: bool) -> Outcome<()> {
    let clauses = clauses(headers);
    if clauses.is_empty() || clauses.iter().any(|c| c.json() || c.yaml() || c.protobuf()) {
        return Ok(());
    }
    let streams = if streams { STREAMS } else { "" };
    let text = format!("406: Not Acceptable\n\nAvailable representations: {SUPPORTED}{streams}");
    let mut failure = Failure::not_acceptable(text);
    failure.details = Some(Box::default());
    Err(failure)
}

const STREAMS: &str = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// Chooses for `/api` and `/apis`.
pub(crate) fn discovery(headers: &HeaderMap) -> Outcome<Discovery> {
    let clauses = clauses(headers);
    if clauses.is_empty() {
        return Ok(Discovery::Legacy);
    }
    for clause in clauses.iter().filter(|c| c.json()) {
        match (clause.param("as"), clause.param("g"), clause.param("v")) {
            ("", _, _) => return Ok(Discovery::Legacy),
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => return Ok(Discovery::Aggregated),
            _ => {}
        }
    }
    Err(Failure::not_acceptable(format!("only the following media types are accepted: {SUPPORTED}")))
}

/// The media type of a request's body, without parameters; JSON by default.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let media = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media.is_empty() { "application/json".into() } else { media }
}

/// Whether the body is protobuf.
pub(crate) fn protobuf_body(headers: &HeaderMap) -> bool {
    content_type(headers) == protobuf::MEDIA
}

/// Whether the body is YAML.
pub(crate) fn yaml_body(headers: &HeaderMap) -> bool {
    content_type(headers) == YAML
}

/// Refuses bodies that are neither JSON nor YAML.
pub(crate) fn json_body(headers: &HeaderMap) -> Outcome<()> {
    match content_type(headers).as_str() {
        "application/json" | YAML => Ok(()),
        _ => Err(Failure::unsupported_media_type(SUPPORTED)),
    }
}

/// Whether a list-valued header has a token.
pub(crate) fn header_has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|t| t.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        headers
    }

    #[test]
    fn the_first_clause_that_fits_wins() {
        let table = [
            ("", Some(Shape::Object)),
            ("*/*", Some(Shape::Object)),
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Some(Shape::Table("meta.k8s.io/v1"))),
            ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", Some(Shape::Object)),
            (
                "application/json;q=0.1, application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
                Some(Shape::Partial),
            ),
            ("application/vnd.kubernetes.protobuf,application/json", Some(Shape::Object)),
            ("text/html", None),
            ("application/json;as=Nothing;v=v1;g=meta.k8s.io", None),
        ];
        for (value, want) in table {
            let headers = if value.is_empty() { HeaderMap::new() } else { accept(value) };
            let offer = Offer { transform: true, ..Offer::default() };
            assert_eq!(object(&headers, &Query::default(), offer).ok().map(|a| a.shape), want, "{value}");
        }
        let both = accept("application/vnd.kubernetes.protobuf,application/json");
        for protobuf in [true, false] {
            let offer = Offer { protobuf, ..Offer::default() };
            assert_eq!(object(&both, &Query::default(), offer).unwrap().protobuf, protobuf);
        }
        let refused = object(&accept("text/html"), &Query::default(), Offer::default()).unwrap_err();
        assert_eq!(refused.message, format!("only the following media types are accepted: {SUPPORTED}"));
    }

    #[test]
    fn discovery_is_aggregated_for_clients_that_ask_for_v2() {
        let both = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(discovery(&accept(both)).unwrap(), Discovery::Aggregated);
        assert_eq!(discovery(&accept("application/json")).unwrap(), Discovery::Legacy);
        let old = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
        assert!(discovery(&accept(old)).is_err());
    }
}
