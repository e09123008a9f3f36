//! `get` and `list`.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine as _};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Server;
use crate::context::{Cx, response, wrong_shape};
use crate::go;
use crate::kinds::Resource;
use crate::negotiate::Shape;
use crate::protobuf;
use crate::render::{self, ListMeta};
use crate::reply::Reply;
use crate::selector::Selection;
use crate::status::{Failure, FieldError, Outcome};
use crate::store::Object;

/// The position at which a list continues.
struct Continue {
    /// Absent in the token of a 410: continue with the current objects.
    version: Option<u64>,
    start: String,
}

impl Server {
    pub(super) fn read(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        if cx.query.flag("export") {
            return Err(Failure::bad_request("the export parameter, deprecated since v1.14, is no longer supported"));
        }
        if let Some(text) = cx.query.text("resourceVersion") {
            self.not_from_the_future(text.parse().map_err(|_| super::unreadable_version(text))?)?;
        }
        let object = self.named(cx, resource)?;
        self.shaped(cx, 200, &accepted, resource, &object)
    }

    pub(super) fn list(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        if accepted.shape == Shape::Partial {
            return Err(wrong_shape(accepted.shape, true, resource));
        }
        check_list_options(cx)?;
        let selection = Selection::parse(&cx.query, resource)?;
        let (meta, objects) = self.page(cx, resource, &selection)?;
        let values = || objects.iter().map(|o| &o.value);
        let protobuf = match accepted.shape {
            _ if !accepted.protobuf => None,
            Shape::Object => protobuf::list(&resource.api_version(), &resource.list_kind, &meta, values()),
            _ => protobuf::partial_list(&meta, values()),
        };
        if let Some(body) = protobuf {
            return Ok(Reply::Response(response(200, protobuf::MEDIA, body)));
        }
        let body: Bytes = match accepted.shape {
            Shape::Object => {
                let items: Vec<Bytes> = objects.iter().map(|o| render::item(resource, o)).collect();
                render::list(resource, &meta, &items)
            }
            Shape::Partial | Shape::PartialList => {
                let items: Vec<Bytes> = objects.iter().map(|o| render::partial(&o.value)).collect();
                render::foreign_list("PartialObjectMetadataList", "meta.k8s.io/v1", &meta, &items)
            }
            Shape::Table(version) => self.table(cx, version, resource, &objects, Some(&meta))?,
        };
        Ok(cx.json(200, body))
    }

    /// The objects of one page, and the list's metadata.
    fn page(
        &self,
        cx: &Cx<'_>,
        resource: &Arc<Resource>,
        selection: &Selection,
    ) -> Outcome<(ListMeta, Vec<Arc<Object>>)> {
        let prefix = if cx.info.namespace.is_empty() { String::new() } else { format!("{}/", cx.info.namespace) };
        let mut limit = match cx.query.integer("limit").map_err(Failure::bad_request)? {
            Some(n) => usize::try_from(n).unwrap_or(0),
            None => 0,
        };
        let token = cx.query.text("continue").map(Continue::decode).transpose()?;
        let raw_version = cx.query.text("resourceVersion");
        let asked = version_parameter(cx)?;
        if token.is_some() && raw_version.is_some_and(|v| v != "0") {
            return Err(Failure::bad_request("specifying resource version is not allowed when using continue"));
        }
        let current = self.store.version();
        if let Some(version) = asked {
            self.not_from_the_future(version)?;
        }
        let exact = match (cx.query.text("resourceVersionMatch"), asked) {
            (Some("Exact"), Some(version)) => Some(version),
            (None, Some(version)) if version > 0 && limit > 0 => Some(version),
            _ => None,
        };
        if raw_version == Some("0") && token.is_none() {
            // The cache answers, which has no pages.
            limit = 0;
        }
        if let Some(most) = self.options.page_limit {
            limit = if limit == 0 { most } else { limit.min(most) };
        }
        let (version, past) = match (&token, exact) {
            (Some(Continue { version: Some(version), .. }), _) => {
                let Some(past) = self.store.snapshot(&resource.storage, *version) else {
                    return Err(self.continue_expired(token.as_ref().map_or("", |t| t.start.as_str())));
                };
                (*version, Some(past))
            }
            (None, Some(version)) => {
                let Some(past) = self.store.snapshot(&resource.storage, version) else {
                    return Err(Failure::expired(format!("too old resource version: {version}")));
                };
                (version, Some(past))
            }
            _ => (current, None),
        };
        let start = token.map_or_else(|| prefix.clone(), |t| format!("{prefix}{}", t.start));
        let empty = BTreeMap::new();
        let objects = match &past {
            Some(past) => past,
            None => self.store.shelf(&resource.storage).map_or(&empty, |s| &s.objects),
        };
        let mut found: Vec<Arc<Object>> = Vec::new();
        let mut last = String::new();
        let mut more = false;
        let mut remaining = 0;
        for (key, object) in objects.range(start..).take_while(|(k, _)| k.starts_with(&prefix)) {
            if more {
                remaining += 1;
                continue;
            }
            if !selection.matches(&object.value) {
                continue;
            }
            if limit > 0 && found.len() == limit {
                more = true;
                remaining = 1;
                if !selection.is_empty() {
                    break;
                }
                continue;
            }
            found.push(object.clone());
            last.clone_from(key);
        }
        let mut meta = ListMeta { version, ..ListMeta::default() };
        if more {
            let start = format!("{}\0", last.get(prefix.len()..).unwrap_or_default());
            meta.continue_token = encode_continue(i64::try_from(version).unwrap_or(i64::MAX), &start);
            meta.remaining = selection.is_empty().then_some(remaining);
        }
        let found = self.in_version(cx, resource, found)?;
        Ok((meta, found))
    }

    /// The failure of a token with a compacted version; it has a token that continues with the current objects.
    fn continue_expired(&self, start: &str) -> Failure {
        let mut failure = Failure::expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list \
             without the continue parameter, or use the continue token in this response to retrieve the remainder of \
             the results. Continuing with the provided token results in an inconsistent list - objects that were \
             created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
        );
        failure.continue_token = Some(encode_continue(-1, start));
        failure
    }

    /// Refuses future versions.
    pub(crate) fn not_from_the_future(&self, version: u64) -> Outcome<()> {
        let current = self.store.version();
        if version > current { Err(Failure::too_large_version(version, current)) } else { Ok(()) }
    }
}

/// The `resourceVersion` of a get or list.
fn version_parameter(cx: &Cx<'_>) -> Outcome<Option<u64>> {
    match cx.query.text("resourceVersion") {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            let why = super::unreadable_version(text).message;
            Failure::bad_request(format!("invalid resource version: {why}"))
        }),
    }
}

fn check_list_options(cx: &Cx<'_>) -> Outcome<()> {
    let mut errors = Vec::new();
    let version = cx.query.first("resourceVersion").unwrap_or_default();
    if let Some(how) = cx.query.text("resourceVersionMatch") {
        let field = "resourceVersionMatch";
        if version.is_empty() {
            errors.push(FieldError::forbidden(
                field,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if cx.query.text("continue").is_some() {
            errors.push(FieldError::forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
        }
        if how != "Exact" && how != "NotOlderThan" {
            errors.push(FieldError::not_supported(field, &how.into(), &["Exact", "NotOlderThan", ""]));
        }
        if how == "Exact" && version == "0" {
            let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            errors.push(FieldError::forbidden(field, detail));
        }
    }
    if cx.query.first("sendInitialEvents").is_some() {
        errors.push(FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::invalid("meta.k8s.io", "ListOptions", "", &errors)) }
}

impl Continue {
    fn decode(token: &str) -> Outcome<Self> {
        let bad = |why: &str| Failure::bad_request(format!("invalid continue token: continue key is not valid{why}"));
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|e| {
            let at = match e {
                DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
                DecodeError::InvalidLength(at) => at,
                DecodeError::InvalidPadding => token.len(),
            };
            bad(&format!(": illegal base64 data at input byte {at}"))
        })?;
        if let Some(fault) = go::json_fault(&bytes) {
            return Err(bad(&format!(": {fault}")));
        }
        let value: Value = kube_proto::json::from_slice(&bytes).map_err(|e| bad(&format!(": {e}")))?;
        if value.get("v") != Some(&json!("meta.k8s.io/v1")) {
            let version = value.get("v").and_then(Value::as_str).unwrap_or_default();
            return Err(bad(&format!(": server does not recognize this encoded version {version}")));
        }
        let version = value.get("rv").and_then(Value::as_i64).unwrap_or(0);
        if version == 0 {
            return Err(bad(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)"));
        }
        let start = value.get("start").and_then(Value::as_str).unwrap_or_default().to_owned();
        if start.is_empty() {
            return Err(bad(": encoded start key empty (version meta.k8s.io/v1)"));
        }
        if start.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(bad(&format!(": {start}")));
        }
        Ok(Continue { version: u64::try_from(version).ok(), start })
    }
}

fn encode_continue(version: i64, start: &str) -> String {
    let text = format!("{{\"v\":\"meta.k8s.io/v1\",\"rv\":{version},\"start\":{}}}", json!(start));
    URL_SAFE_NO_PAD.encode(text)
}
