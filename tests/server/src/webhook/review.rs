//! `AdmissionReview`, as the server sends and reads it.

use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::admit::Admission;
use crate::auth::UserInfo;
use crate::kinds::Resource;
use crate::meta::{self, Json};

/// What a webhook has answered.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) allowed: bool,
    pub(super) status: Json,
    /// The operations of a JSON patch.
    pub(super) patch: Option<Vec<u8>>,
    pub(super) warnings: Vec<String>,
    pub(super) audit: BTreeMap<String, String>,
}

/// Group, version and kind of the objects of a resource or of its subresource.
pub(super) fn kind_of(resource: &Resource, sub: &str) -> (String, String, String) {
    let own = (resource.group.clone(), resource.version.clone(), resource.kind.clone());
    let Some(sub) = resource.sub(sub) else { return own };
    let kind = if sub.kind.is_empty() { own.2 } else { sub.kind.to_owned() };
    if sub.version.is_empty() { (own.0, own.1, kind) } else { (sub.group.to_owned(), sub.version.to_owned(), kind) }
}

/// The `request` of a review, without its uid. The objects are in the version of `target`.
pub(super) fn request(
    admission: &Admission<'_>,
    target: &Resource,
    object: Option<&Json>,
    old: Option<&Json>,
    user: &UserInfo,
) -> Json {
    let kind = |resource: &Resource| {
        let (group, version, kind) = kind_of(resource, admission.sub);
        json!({"group": group, "version": version, "kind": kind})
    };
    let named = |resource: &Resource| json!({"group": resource.group, "version": resource.version, "resource": resource.plural});
    let mut request = Json::new();
    let mut put = |key: &str, value: Value| drop(request.insert(key.to_owned(), value));
    put("kind", kind(target));
    put("resource", named(target));
    put("requestKind", kind(admission.resource));
    put("requestResource", named(admission.resource));
    if !admission.sub.is_empty() {
        put("subResource", admission.sub.into());
        put("requestSubResource", admission.sub.into());
    }
    if !admission.name.is_empty() {
        put("name", admission.name.clone().into());
    }
    if !admission.namespace.is_empty() {
        put("namespace", admission.namespace.clone().into());
    }
    put("operation", admission.operation.word().into());
    let mut info = json!({"username": user.name});
    if !user.uid.is_empty() {
        info["uid"] = user.uid.clone().into();
    }
    if !user.groups.is_empty() {
        info["groups"] = json!(user.groups);
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    put("userInfo", info);
    put("object", object.map_or(Value::Null, |object| Value::Object(object.clone())));
    put("oldObject", old.map_or(Value::Null, |object| Value::Object(object.clone())));
    put("dryRun", admission.dry_run.into());
    put("options", admission.options.clone());
    request
}

/// The body of a review.
pub(super) fn write(version: &str, uid: &str, mut request: Json) -> Vec<u8> {
    request.insert("uid".into(), uid.into());
    let review = json!({
        "kind": "AdmissionReview", "apiVersion": format!("admission.k8s.io/{version}"), "request": request,
    });
    let mut body = review.to_string().into_bytes();
    body.push(b'\n');
    body
}

/// Reads an answer. The error is that of the real server.
pub(super) fn read(document: &Json, version: &str, uid: &str, mutating: bool) -> Result<Verdict, String> {
    use base64::Engine as _;
    let (named, kind) = (meta::text(document, &["apiVersion"]), meta::text(document, &["kind"]));
    let wanted = format!("admission.k8s.io/{version}");
    let Some(response) = document.get("response").and_then(Value::as_object) else {
        return Err("webhook response was absent".into());
    };
    let strict = version == "v1";
    let got = meta::text(response, &["uid"]);
    if strict && got != uid {
        return Err(format!("expected response.uid={uid:?}, got {got:?}"));
    }
    if strict && (named != wanted || kind != "AdmissionReview") {
        return Err(format!("expected webhook response of {wanted}, Kind=AdmissionReview, got {named}, Kind={kind}"));
    }
    let encoded = response.get("patch").and_then(Value::as_str).unwrap_or_default();
    let kind = response.get("patchType").and_then(Value::as_str);
    match (strict, mutating) {
        (true, true) if !encoded.is_empty() && kind.is_none() => {
            return Err("webhook returned response.patch but not response.patchType".into());
        }
        (true, true) if encoded.is_empty() && kind.is_some() => {
            return Err("webhook returned response.patchType but not response.patch".into());
        }
        (true, true) if kind == Some("") => return Err("webhook returned invalid response.patchType of \"\"".into()),
        (true, false) if !encoded.is_empty() => return Err("validating webhook may not return response.patch".into()),
        (true, false) if kind.is_some() => return Err("validating webhook may not return response.patchType".into()),
        _ => {}
    }
    let patch = match encoded {
        "" => None,
        text if mutating => {
            Some(base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())?)
        }
        _ => None,
    };
    let texts = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let annotations = response.get("auditAnnotations").and_then(Value::as_object);
    Ok(Verdict {
        allowed: response.get("allowed") == Some(&Value::Bool(true)),
        status: response.get("status").and_then(Value::as_object).cloned().unwrap_or_default(),
        patch,
        warnings: texts(response.get("warnings")),
        audit: annotations
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
    })
}

/// The `Status` of a denial.
pub(super) fn denial(hook: &str, mut status: Json) -> Json {
    let by = format!("admission webhook {hook:?} denied the request");
    let text = |status: &Json, key: &str| meta::text(status, &[key]).to_owned();
    let message = match (text(&status, "message"), text(&status, "reason")) {
        (message, _) if !message.is_empty() => format!("{by}: {message}"),
        (_, reason) if !reason.is_empty() => format!("{by}: {reason}"),
        _ => format!("{by} without explanation"),
    };
    let code = meta::integer(&status, &["code"]).max(400);
    if matches!(text(&status, "status").as_str(), "" | "Success") {
        status.insert("status".into(), "Failure".into());
    }
    status.insert("message".into(), message.into());
    status.insert("code".into(), code.into());
    status
}
