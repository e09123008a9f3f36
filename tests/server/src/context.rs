//! The context of one request.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header, request::Parts};
use kube_proto::yaml;
use serde_json::Value;
use std::time::Duration;

use super::auth::UserInfo;
use super::decode::{self, Doubled, Origin};
use super::go;
use super::kinds::{self, Resource};
use super::managed::{Managed, Who};
use super::meta::{self, Json};
use super::negotiate::{self, Accepted, Offer, Shape};
use super::protobuf;
use super::reply::Reply;
use super::request::{Info, Query};
use super::schema::{self, Node, Type};
use super::status::{Failure, FieldError, Outcome};
use super::webhook::Calls;

/// The request and what the server has derived from it so far.
pub(crate) struct Cx<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) info: Info,
    pub(crate) query: Query,
    pub(crate) now: Duration,
    pub(crate) user: UserInfo,
    pub(crate) authenticated: bool,
    pub(crate) pretty: bool,
    /// Whether the answer is protobuf.
    pub(crate) protobuf: bool,
    /// Whether the answer is YAML.
    pub(crate) yaml: bool,
    /// The representations that the endpoint offers.
    pub(crate) offer: Offer,
    pub(crate) warnings: Vec<String>,
    /// The request has not passed authentication and authorisation: its refusal carries `nosniff`.
    pub(crate) unadmitted: bool,
    /// What webhooks are asked.
    pub(crate) calls: Calls,
}

/// Options of a write.
#[derive(Debug, Clone)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    pub(crate) manager: String,
    pub(crate) validation: FieldValidation,
    pub(crate) force: bool,
    /// The field owners after an apply; `None` for an update, which computes them from its changes.
    pub(crate) applied: Option<Managed>,
}

/// How unknown fields are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(parts: &'a Parts, body: &'a Bytes, now: Duration) -> Self {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        Cx {
            headers: &parts.headers,
            body,
            info: Info::parse(&parts.method, parts.uri.path(), &query),
            query,
            now,
            user: UserInfo::default(),
            authenticated: false,
            pretty: false,
            protobuf: false,
            yaml: false,
            offer: Offer::default(),
            warnings: Vec::new(),
            unadmitted: false,
            calls: Calls::default(),
        }
    }

    /// Chooses the representation of the answer.
    pub(crate) fn negotiate(&mut self, transform: bool) -> Outcome<Accepted> {
        let offer = Offer { transform, ..self.offer };
        let accepted = negotiate::object(self.headers, &self.query, offer)?;
        self.pretty = accepted.pretty;
        self.protobuf = accepted.protobuf;
        self.yaml = accepted.yaml;
        Ok(accepted)
    }

    /// A JSON answer, or the same as YAML.
    pub(crate) fn json(&self, code: u16, body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        if let (true, Ok(value)) = (self.yaml, kube_proto::json::from_slice::<Value>(&body)) {
            return Reply::Response(response(code, negotiate::YAML, yaml::to_string(&value)));
        }
        // Go's encoder ends compact documents with a line, and indented ones without.
        let body: Bytes = if self.pretty {
            super::render::pretty(&body).into()
        } else {
            let mut line = Vec::with_capacity(body.len() + 1);
            line.extend_from_slice(&body);
            line.push(b'\n');
            line.into()
        };
        Reply::Response(response(code, "application/json", body))
    }

    /// An answer of a kind in `types.txt` (`Status`, `Scale`, `TokenRequest`), in the chosen representation.
    pub(crate) fn written(&self, code: u16, document: &[u8]) -> Reply {
        let parsed = if self.protobuf { kube_proto::json::from_slice::<Json>(document).ok() } else { None };
        let body = parsed.and_then(|object| {
            let (version, kind) = (meta::text(&object, &["apiVersion"]), meta::text(&object, &["kind"]));
            protobuf::document(version, kind, &object)
        });
        match body {
            Some(body) => Reply::Response(response(code, protobuf::MEDIA, body)),
            None => self.json(code, document.to_vec()),
        }
    }

    /// The answer that carries a failure.
    pub(crate) fn refuse(&mut self, failure: &Failure) -> Reply {
        let code = failure.status_code().as_u16();
        if failure.plain {
            let mut plain = response(code, "text/plain; charset=utf-8", failure.message.clone());
            plain.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
            return Reply::Response(plain);
        }
        // The refusal may concern the representation itself; JSON is the fallback.
        let asked = negotiate::object(
            self.headers,
            &self.query,
            Offer { transform: false, protobuf_metadata: false, ..self.offer },
        );
        (self.pretty, self.protobuf, self.yaml) =
            asked.map_or((false, false, false), |a| (a.pretty, a.protobuf, a.yaml));
        let mut reply = self.written(code, &failure.document());
        if self.unadmitted && code != 401 {
            reply.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        }
        let retry = failure.details.as_ref().map_or(0, |d| d.retry_after);
        if retry > 0 {
            reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry));
        }
        reply
    }

    /// Whether the client accepts gzip.
    pub(crate) fn accepts_gzip(&self) -> bool {
        let accepted = self.headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
        accepted.flat_map(|v| v.split(',')).any(|v| v.trim() == "gzip")
    }

    /// Compresses a large body if the client accepts gzip.
    pub(crate) fn compress(&self, response: &mut Response<Bytes>, over: usize) {
        if !self.accepts_gzip()
            || response.body().len() <= over
            || response.headers().contains_key(header::CONTENT_ENCODING)
        {
            return;
        }
        let Some(packed) = super::gzip::pack(response.body()) else { return };
        *response.body_mut() = packed;
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }

    /// The failure for a missing object of the path.
    pub(crate) fn not_found(&self, resource: &Resource) -> Failure {
        Failure::not_found(&resource.group, &resource.plural, &self.info.name)
    }

    /// Parses the body as a JSON object; returns the paths of duplicate keys with it.
    pub(crate) fn body_object(&self, resource: &Resource, kind: &str) -> Outcome<(Json, Vec<String>)> {
        if negotiate::protobuf_body(self.headers) && self.offer.protobuf {
            let object = protobuf::parse(self.body).map_err(Failure::bad_request)?;
            return Ok((object, Vec::new()));
        }
        negotiate::json_body(self.headers)?;
        if negotiate::yaml_body(self.headers) {
            let first = yaml::documents(self.body).unique_keys().next();
            return match first.unwrap_or(Ok(Value::Null)) {
                Ok(Value::Object(object)) => Ok((object, Vec::new())),
                Ok(_) => Ok((Json::new(), Vec::new())),
                Err(why) => Err(Failure::bad_request(format!(
                    "the object provided is unrecognized (must be of type {kind}): error converting YAML to JSON: yaml: {why}"
                ))),
            };
        }
        let unread = |why: &str| {
            Failure::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why} ({})",
                go::summary(self.body)
            ))
        };
        if let Some(fault) = go::json_fault(self.body) {
            return Err(unread(&fault));
        }
        let ty = if kind == resource.kind { schema::of(resource) } else { Type::Named(kind.to_owned()) };
        let custom = resource.custom.is_some() && kind == resource.kind;
        let doubled = if custom { Doubled::Last } else { Doubled::Merged(Node::new(&ty)) };
        match decode::parse(self.body, doubled) {
            Ok((Value::Object(object), doubled)) => Ok((object, doubled)),
            Ok((Value::Null, _)) => Ok((Json::new(), Vec::new())),
            Ok((other, _)) => Err(unread(&format!(
                "json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
                type_name(&other)
            ))),
            Err(error) => Err(Failure::bad_request(format!(
                "{kind} in version \"{}\" cannot be handled as a {kind}: {error}",
                resource.version
            ))),
        }
    }

    /// Parses the body as an object of the resource, and adds `apiVersion` and `kind`.
    pub(crate) fn body_of(&mut self, resource: &Resource, validation: FieldValidation) -> Outcome<Json> {
        let (mut object, doubled) = self.body_object(resource, &resource.kind)?;
        if resource.custom.is_some() && meta::text(&object, &["kind"]).is_empty() {
            // Only the document names the kind of a custom resource.
            return Err(Failure::bad_request(format!(
                "the object provided is unrecognized (must be of type {}): Object 'Kind' is missing in '{}' ({})",
                resource.kind,
                String::from_utf8_lossy(self.body),
                go::summary(self.body)
            )));
        }
        self.settle_type(resource, &resource.api_version(), &resource.kind, &mut object)?;
        self.settle_fields(resource, object, &doubled, validation, Origin::Body)
    }

    /// Checks that `apiVersion` and `kind` are the endpoint's, and sets them.
    pub(crate) fn settle_type(&self, resource: &Resource, version: &str, kind: &str, object: &mut Json) -> Outcome<()> {
        let (got_version, got_kind) = (meta::text(object, &["apiVersion"]), meta::text(object, &["kind"]));
        let (named_version, named_kind) = (
            if got_version.is_empty() { version } else { got_version },
            if got_kind.is_empty() { kind } else { got_kind },
        );
        let foreign = (named_version, named_kind) != (version, kind);
        if foreign && resource.custom.is_none() && !kinds::is_built_in(named_version, named_kind) {
            return Err(Failure::bad_request(format!(
                "{named_kind} in version \"{}\" cannot be handled as a {kind}: no kind \"{named_kind}\" is registered for version \"{named_version}\" in scheme \"pkg/runtime/scheme.go:111\"",
                named_version.rsplit('/').next().unwrap_or_default()
            )));
        }
        if !got_version.is_empty() && got_version != version {
            return Err(Failure::bad_request(format!(
                "the API version in the data ({got_version}) does not match the expected API version ({version})"
            )));
        }
        if !got_kind.is_empty() && got_kind != kind {
            if resource.custom.is_some() {
                let error = FieldError::invalid("kind", &got_kind.into(), format!("must be {kind}"));
                return Err(Failure::invalid(&resource.group, got_kind, meta::meta(object, "name"), &[error]));
            }
            let package = resource.group.split('.').next().filter(|g| !g.is_empty());
            return Err(Failure::bad_request(format!(
                "{got_kind} in version \"{v}\" cannot be handled as a {kind}: converting ({v}.{got_kind}) to ({}.{kind}): unknown conversion",
                package.unwrap_or("core"),
                v = resource.version
            )));
        }
        object.insert("apiVersion".into(), version.into());
        object.insert("kind".into(), kind.into());
        match object.get("metadata") {
            None | Some(Value::Null) => {
                object.insert("metadata".into(), Value::Object(Json::new()));
                Ok(())
            }
            Some(Value::Object(_)) => Ok(()),
            Some(other) => Err(Failure::bad_request(format!(
                "{kind} in version \"{}\" cannot be handled as a {kind}: json: cannot unmarshal {} into Go struct field {kind}.metadata of type v1.ObjectMeta",
                resource.version,
                type_name(other)
            ))),
        }
    }

    /// Reads and checks the query of a write; `kind` is that of the options, for example `CreateOptions`.
    pub(crate) fn write_options(&self, kind: &str) -> Outcome<WriteOptions> {
        let mut errors = Vec::new();
        let dry_runs: Vec<&str> = self.query.all("dryRun").collect();
        let dry_run = dry_run(&dry_runs, &mut errors);
        let named = self.query.first("fieldManager").unwrap_or_default();
        if named.len() > 128 {
            errors.push(FieldError::too_long("fieldManager", 128));
        } else if !named.chars().all(printable) {
            let found = named.chars().enumerate().find(|(_, c)| !printable(*c));
            let (at, c) = found.unwrap_or_default();
            let detail = format!("invalid character U+{:04X} (at position {at})", u32::from(c));
            errors.push(FieldError::invalid("fieldManager", &named.into(), detail));
        }
        let validation = match self.query.first("fieldValidation").unwrap_or_default() {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let known = ["", "Ignore", "Strict", "Warn"];
                errors.push(FieldError::not_supported("fieldValidation", &other.into(), &known));
                FieldValidation::Ignore
            }
        };
        if !errors.is_empty() {
            return Err(Failure::invalid("meta.k8s.io", kind, "", &errors));
        }
        let manager = if named.is_empty() { self.default_manager() } else { named.to_owned() };
        Ok(WriteOptions { dry_run, manager, validation, force: self.query.flag("force"), applied: None })
    }

    /// The field manager of this request.
    pub(crate) fn who(&self, resource: &Resource, options: &WriteOptions, sub: &str, apply: bool) -> Who {
        let manager = if options.manager.is_empty() { "unknown".to_owned() } else { options.manager.clone() };
        Who { manager, apply, version: resource.api_version(), subresource: sub.to_owned() }
    }

    /// The user agent up to the first slash.
    fn default_manager(&self) -> String {
        let agent = self.headers.get(header::USER_AGENT).map_or("", |v| v.to_str().unwrap_or_default());
        let name: String = agent.split('/').next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
        let mut end = name.len().min(128);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.get(..end).unwrap_or_default().to_owned()
    }
}

fn printable(c: char) -> bool {
    c == ' ' || !c.is_control() && !c.is_whitespace()
}

/// Checks the values of `dryRun`.
pub(crate) fn dry_run(values: &[&str], errors: &mut Vec<FieldError>) -> bool {
    if values.iter().any(|v| *v != "All") {
        let list = Value::Array(values.iter().map(|v| Value::from(*v)).collect());
        errors.push(FieldError::not_supported("dryRun", &list, &["All"]));
    }
    !values.is_empty()
}

/// Go's name of a JSON value's type.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A complete response.
pub(crate) fn response(code: u16, media: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// The failure if a client asks for one object's metadata of a list, or the reverse.
pub(crate) fn wrong_shape(shape: Shape, is_list: bool, resource: &Resource) -> Failure {
    let name = if shape == Shape::Partial { "PartialObjectMetadata" } else { "PartialObjectMetadataList" };
    // The type as Go names it.
    let kind = match (&resource.custom, is_list) {
        (Some(_), true) => "*unstructured.UnstructuredList".to_owned(),
        (Some(_), false) => "*unstructured.Unstructured".to_owned(),
        (None, _) => {
            let package = resource.group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
            format!("*{package}.{}", if is_list { &resource.list_kind } else { &resource.kind })
        }
    };
    let which = if is_list { "a list" } else { "not a list" };
    Failure::not_acceptable(format!("you requested {name}, but the requested object is {which} ({kind})"))
}
