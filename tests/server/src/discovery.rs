//! Discovery: `/api`, `/apis` and below.

use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::Server;
use super::context::{Cx, response};
use super::kinds::{Resource, Sub};
use super::meta::Json;
use super::negotiate::{self, Discovery};
use super::render;
use super::reply::Reply;
use super::rng::Rng;
use super::status::{Failure, Outcome};

impl Server {
    /// Answers a path below `/api` or `/apis` that names no resource.
    pub(crate) fn discover(&self, cx: &mut Cx<'_>) -> Outcome<Reply> {
        if !matches!(cx.info.verb.as_str(), "get" | "head") {
            return Err(Failure::no_such_method());
        }
        let path = cx.info.path.clone();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts.as_slice() {
            ["api" | "apis"] => {
                if self.options.aggregated_discovery && negotiate::discovery(cx.headers)? == Discovery::Aggregated {
                    return Ok(self.aggregated(cx, parts == ["api"]));
                }
                cx.negotiate(false)?;
                let document = if parts == ["api"] { self.core_versions() } else { self.group_list() };
                Ok(document_reply(cx, &document))
            }
            ["api", "v1"] => self.resource_list(cx, "", "v1"),
            ["apis", group] => {
                cx.negotiate(false)?;
                let Some((name, versions)) = self.registry.groups().into_iter().find(|(g, _)| g == group) else {
                    return Err(Failure::no_such_path());
                };
                let mut document = object(json!({"kind": "APIGroup", "apiVersion": "v1"}));
                document.extend(group_entry(&name, &versions));
                Ok(document_reply(cx, &document))
            }
            ["apis", group, version] => self.resource_list(cx, group, version),
            _ => Err(Failure::no_such_path()),
        }
    }

    fn core_versions(&self) -> Json {
        object(json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"}]
        }))
    }

    fn group_list(&self) -> Json {
        let groups: Vec<Value> =
            self.registry.groups().iter().map(|(name, versions)| group_entry(name, versions).into()).collect();
        object(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
    }

    fn resource_list(&self, cx: &mut Cx<'_>, group: &str, version: &str) -> Outcome<Reply> {
        cx.negotiate(false)?;
        if !self.registry.versions(group).is_some_and(|v| v.iter().any(|x| x == version)) {
            return Err(Failure::no_such_path());
        }
        let mut entries = Vec::new();
        for resource in self.registry.in_version(group, version) {
            entries.push(entry(resource));
            entries.extend(resource.subresources.iter().map(|sub| sub_entry(resource, sub)));
        }
        let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let mut document = object(json!({"kind": "APIResourceList"}));
        if !group.is_empty() {
            document.insert("apiVersion".into(), "v1".into());
        }
        document.insert("groupVersion".into(), group_version.into());
        document.insert("resources".into(), entries.into());
        Ok(document_reply(cx, &document))
    }

    fn aggregated(&self, cx: &mut Cx<'_>, core: bool) -> Reply {
        let groups = if core { vec![(String::new(), vec!["v1".to_owned()])] } else { self.registry.groups() };
        let items: Vec<Value> = groups
            .iter()
            .map(|(name, versions)| {
                let versions: Vec<Value> = versions.iter().map(|v| self.aggregated_version(name, v)).collect();
                let metadata = if name.is_empty() { json!({}) } else { json!({"name": name}) };
                json!({"metadata": metadata, "versions": versions})
            })
            .collect();
        let document = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
            "metadata": {}, "items": items});
        let body = render::document(&object(document));
        let tag = etag(&body);
        let quoted = format!("\"{tag}\"");
        let fresh = cx.headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) == Some(quoted.as_str());
        let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
        let mut reply = if fresh { response(304, media, "") } else { response(200, media, body) };
        let headers = reply.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&quoted) {
            headers.insert(header::ETAG, value);
        }
        headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
        Reply::Response(reply)
    }

    fn aggregated_version(&self, group: &str, version: &str) -> Value {
        let resources: Vec<Value> = self
            .registry
            .in_version(group, version)
            .map(|resource| {
                let mut entry = object(json!({
                    "resource": resource.plural,
                    "responseKind": response_kind(resource, ("", "", &resource.kind)),
                    "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                    "singularResource": resource.singular,
                    "verbs": resource.verbs,
                }));
                names(&mut entry, resource);
                if !resource.subresources.is_empty() {
                    let subs: Vec<Value> = resource.subresources.iter().map(|s| aggregated_sub(resource, s)).collect();
                    entry.insert("subresources".into(), subs.into());
                }
                entry.into()
            })
            .collect();
        json!({"version": version, "freshness": "Current", "resources": resources})
    }
}

fn aggregated_sub(resource: &Resource, sub: &Sub) -> Value {
    let kind = if sub.kind.is_empty() { resource.kind.as_str() } else { sub.kind };
    json!({
        "subresource": sub.name,
        "responseKind": response_kind(resource, (sub.group, sub.version, kind)),
        "verbs": sub.verbs,
    })
}

/// Group, version and kind of the responses. Built-in kinds omit group and version if they are the list's own.
fn response_kind(resource: &Resource, (group, version, kind): (&str, &str, &str)) -> Value {
    if version.is_empty() && resource.custom.is_some() {
        return json!({"group": resource.group, "version": resource.version, "kind": kind});
    }
    json!({"group": group, "version": version, "kind": kind})
}

fn sub_kind<'a>(resource: &'a Resource, sub: &'a Sub) -> (&'a str, &'a str, &'a str) {
    let kind = if sub.kind.is_empty() { resource.kind.as_str() } else { sub.kind };
    if sub.version.is_empty() { (&resource.group, &resource.version, kind) } else { (sub.group, sub.version, kind) }
}

fn names(entry: &mut Json, resource: &Resource) {
    if !resource.short_names.is_empty() {
        entry.insert("shortNames".into(), resource.short_names.clone().into());
    }
    if !resource.categories.is_empty() {
        entry.insert("categories".into(), resource.categories.clone().into());
    }
}

fn entry(resource: &Resource) -> Value {
    let mut entry = object(json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs,
    }));
    names(&mut entry, resource);
    if resource.verbs.contains(&"create") && resource.verbs.len() > 1 {
        entry.insert("storageVersionHash".into(), storage_hash(resource).into());
    }
    entry.into()
}

fn sub_entry(resource: &Resource, sub: &Sub) -> Value {
    let (group, version, kind) = sub_kind(resource, sub);
    let mut entry = object(json!({
        "name": format!("{}/{}", resource.plural, sub.name),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": kind,
        "verbs": sub.verbs,
    }));
    if !sub.version.is_empty() {
        entry.insert("group".into(), group.into());
        entry.insert("version".into(), version.into());
    }
    entry.into()
}

fn group_entry(name: &str, versions: &[String]) -> Json {
    let list: Vec<Value> =
        versions.iter().map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v})).collect();
    let preferred = list.first().cloned().unwrap_or(Value::Null);
    object(json!({"name": name, "versions": list, "preferredVersion": preferred}))
}

fn document_reply(cx: &Cx<'_>, document: &Json) -> Reply {
    cx.json(200, render::document(document))
}

fn object(value: Value) -> Json {
    match value {
        Value::Object(object) => object,
        _ => Json::new(),
    }
}

/// An opaque hash of the stored version, eight bytes as base64.
fn storage_hash(resource: &Resource) -> String {
    use base64::Engine as _;
    let text = format!("{}/{}", resource.storage_version, resource.storage);
    base64::engine::general_purpose::STANDARD.encode(digest(text.as_bytes()).next().to_be_bytes())
}

/// A generator seeded by bytes (FNV-1a): equal bytes, equal numbers. Not cryptographic.
fn digest(bytes: &[u8]) -> Rng {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    Rng::new(hash)
}

/// An opaque tag, as long as the real server's (512 bits in upper-case hex).
pub(crate) fn etag(bytes: &[u8]) -> String {
    let mut numbers = digest(bytes);
    (0..8).map(|_| format!("{:016X}", numbers.next())).collect()
}
