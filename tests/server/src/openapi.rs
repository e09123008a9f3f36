//! `/openapi/v3`: enough for clients that look up fields, merge keys and the parameters of a verb.

use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use super::Server;
use super::context::{Cx, response};
use super::discovery::etag;
use super::kinds::Resource;
use super::reply::Reply;
use super::schema;
use super::status::{Failure, Outcome};

const SWAGGER: &str = "application/com.github.proto-openapi.spec.v2";
const SWAGGER_ANSWER: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// Version 2 of the specification in protobuf, with only `swagger`, `info` and empty `paths`: a client that looks up a
/// kind does not find it, and leaves validation to the server.
const EMPTY_SWAGGER: &[u8] = b"\x0a\x032.0\x12\x15\x0a\x0aKubernetes\x12\x07v1.36.3\x42\x00";

const SCHEMAS: &str = "#/components/schemas/";

impl Server {
    pub(crate) fn openapi(&mut self, cx: &mut Cx<'_>) -> Outcome<Reply> {
        if !matches!(cx.info.verb.as_str(), "get" | "head") {
            return Err(Failure::no_such_method());
        }
        let path = cx.info.path.clone();
        if path == "/openapi/v2" {
            let accepts = cx.headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
            if accepts.flat_map(|v| v.split(',')).next().is_some_and(|first| first.trim().starts_with(SWAGGER)) {
                return Ok(Reply::Response(response(200, SWAGGER_ANSWER, EMPTY_SWAGGER)));
            }
            return Ok(cached(cx, &self.swagger(), "no-cache, private"));
        }
        let Some(rest) = path.strip_prefix("/openapi/v3") else { return Err(Failure::no_such_path()) };
        if rest.is_empty() {
            return Ok(cached(cx, &self.openapi_index(), "no-cache, private"));
        }
        let Some((group, version)) = self.group_version(rest) else { return Err(Failure::no_such_path()) };
        let hash = self.openapi_hash(&group, &version);
        if cx.query.text("hash").is_some_and(|asked| asked != hash) {
            let mut reply = response(301, "text/plain", "");
            if let Ok(target) = HeaderValue::from_str(&format!("{path}?hash={hash}")) {
                reply.headers_mut().insert(header::LOCATION, target);
            }
            return Ok(Reply::Response(reply));
        }
        let lasting = if cx.query.text("hash").is_some() { "public, immutable" } else { "no-cache, private" };
        Ok(cached(cx, &self.openapi_document(&group, &version), lasting))
    }

    /// The group and version of `/api/v1` or `/apis/g/v`, if the server has them.
    fn group_version(&self, path: &str) -> Option<(String, String)> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, version) = match parts.as_slice() {
            ["api", version] => ("", *version),
            ["apis", group, version] => (*group, *version),
            _ => return None,
        };
        let served = self.registry.versions(group)?.iter().any(|v| v == version);
        served.then(|| (group.to_owned(), version.to_owned()))
    }

    fn openapi_index(&self) -> Value {
        let mut paths = Map::new();
        let mut add = |path: String, group: &str, version: &str| {
            let hash = self.openapi_hash(group, version);
            let url = format!("/openapi/v3/{path}?hash={hash}");
            paths.insert(path, json!({ "serverRelativeURL": url }));
        };
        add("api/v1".into(), "", "v1");
        for (group, versions) in self.registry.groups() {
            for version in versions {
                add(format!("apis/{group}/{version}"), &group, &version);
            }
        }
        json!({ "paths": paths })
    }

    /// Changes with the content of the document.
    fn openapi_hash(&self, group: &str, version: &str) -> String {
        let mut text = format!("{group}/{version}");
        for resource in self.registry.in_version(group, version) {
            text.push_str(&resource.plural);
            if let Some(custom) = &resource.custom {
                text.push_str(&custom.schema.to_string());
            }
        }
        etag(text.as_bytes())
    }

    fn openapi_document(&self, group: &str, version: &str) -> Value {
        let (mut paths, mut schemas) = (Map::new(), Map::new());
        for resource in self.registry.in_version(group, version) {
            let name = definition_name(resource);
            let kind = json!([gvk(resource)]);
            let ty = schema::of(resource);
            schema::definitions(&ty, &name, SCHEMAS, &mut schemas);
            if let Some(custom) = &resource.custom
                && custom.schema.is_object()
            {
                // The author's schema has more detail than the type made from it.
                let mut written = custom.schema.clone();
                if let Some(properties) = written.get_mut("properties").and_then(Value::as_object_mut) {
                    properties.insert("metadata".into(), json!({"allOf": [{"$ref": format!("{SCHEMAS}ObjectMeta")}]}));
                    properties.insert("apiVersion".into(), json!({"type": "string"}));
                    properties.insert("kind".into(), json!({"type": "string"}));
                }
                schemas.insert(name.clone(), written);
            }
            if let Some(schema) = schemas.get_mut(&name).and_then(Value::as_object_mut) {
                schema.insert("x-kubernetes-group-version-kind".into(), kind);
            }
            add_paths(resource, &name, &mut paths);
        }
        json!({
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "v1.36.3"},
            "paths": paths,
            "components": {"schemas": schemas}
        })
    }

    /// Version 2 of the specification, in JSON and without paths.
    fn swagger(&self) -> Value {
        let mut definitions = Map::new();
        for resource in self.registry.iter() {
            let name = definition_name(resource);
            schema::definitions(&schema::of(resource), &name, "#/definitions/", &mut definitions);
            if let Some(schema) = definitions.get_mut(&name).and_then(Value::as_object_mut) {
                schema.insert("x-kubernetes-group-version-kind".into(), json!([gvk(resource)]));
            }
        }
        json!({
            "swagger": "2.0",
            "info": {"title": "Kubernetes", "version": "v1.36.3"},
            "paths": {},
            "definitions": definitions
        })
    }
}

fn gvk(resource: &Resource) -> Value {
    json!({"group": resource.group, "version": resource.version, "kind": resource.kind})
}

/// `io.k8s.api.apps.v1.Deployment`, `com.example.shop.v1.Order`.
fn definition_name(resource: &Resource) -> String {
    let Resource { group, version, kind, .. } = resource;
    if resource.custom.is_some() {
        let reversed: Vec<&str> = group.rsplit('.').collect();
        return format!("{}.{version}.{kind}", reversed.join("."));
    }
    let package = group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{package}.{version}.{kind}")
}

fn add_paths(resource: &Resource, name: &str, paths: &mut Map<String, Value>) {
    let root = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    let scope = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
    let collection = format!("{root}{scope}/{}", resource.plural);
    let schema = json!({"$ref": format!("{SCHEMAS}{name}")});
    let content = json!({"application/json": {"schema": schema}});
    let parameter =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let operation = |action: &str, parameters: &[&str], body: bool| {
        let mut operation = json!({
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk(resource),
            "parameters": parameters.iter().map(|p| parameter(p)).collect::<Vec<_>>(),
            "responses": {"200": {"description": "OK", "content": content}}
        });
        if let (true, Some(operation)) = (body, operation.as_object_mut()) {
            operation.insert("requestBody".into(), json!({"content": content, "required": true}));
        }
        operation
    };
    let write = ["dryRun", "fieldManager", "fieldValidation"];
    let (mut many, mut one) = (Map::new(), Map::new());
    for verb in &resource.verbs {
        match *verb {
            "create" => many.insert("post".into(), operation("post", &write, true)),
            "list" => many.insert(
                "get".into(),
                operation("list", &["labelSelector", "fieldSelector", "limit", "continue", "watch"], false),
            ),
            "deletecollection" => many.insert("delete".into(), operation("deletecollection", &["dryRun"], false)),
            "get" => one.insert("get".into(), operation("get", &[], false)),
            "update" => one.insert("put".into(), operation("put", &write, true)),
            "patch" => one.insert("patch".into(), operation("patch", &[&write[..], &["force"]].concat(), true)),
            "delete" => one.insert(
                "delete".into(),
                operation("delete", &["dryRun", "gracePeriodSeconds", "propagationPolicy"], false),
            ),
            _ => None,
        };
    }
    paths.insert(format!("{collection}/{{name}}"), one.into());
    paths.insert(collection, many.into());
}

/// A document that clients may keep.
fn cached(cx: &Cx<'_>, document: &Value, lasting: &'static str) -> Reply {
    let body = document.to_string();
    let tag = format!("\"{}\"", etag(body.as_bytes()));
    let same = cx.headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) == Some(tag.as_str());
    let mut reply = if same { response(304, "application/json", "") } else { response(200, "application/json", body) };
    let headers = reply.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lasting));
    Reply::Response(reply)
}
