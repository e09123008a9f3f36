//! Conversion of custom resources by a webhook.
//!
//! | when | from | to |
//! |---|---|---|
//! | an object is read, listed or watched | the version that it is stored in | the version of the path |
//! | an object is written | the version of the path | the stored one, and back for the answer |
//! | a webhook gets it in another version | the version of the path | that of the rule |
//!
//! A conversion of a stored object is kept with it: the real server converts again each time.

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::call::{WebhookCall, document};
use super::{Answered, waits};
use crate::Server;
use crate::context::Cx;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::schema::{self, Findings};
use crate::status::{Failure, Outcome};
use crate::store::Object;

/// How long the server waits for a conversion.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A conversion that a watch waits for.
#[derive(Debug)]
pub struct Conversion {
    call: WebhookCall,
    uid: String,
    resource: Arc<Resource>,
    object: Arc<Object>,
}

impl Conversion {
    /// The call to make.
    #[must_use]
    pub fn call(&self) -> &WebhookCall {
        &self.call
    }
}

impl Resource {
    /// `spec.conversion.webhook` of the definition, if a webhook converts.
    pub(crate) fn conversion(&self) -> Option<&Json> {
        self.custom.as_ref()?.conversion.as_ref()
    }

    /// A webhook has to convert this stored object for this resource.
    pub(crate) fn converts_by_webhook(&self, stored: &Json) -> bool {
        self.conversion().is_some() && meta::text(stored, &["apiVersion"]) != self.api_version()
    }
}

impl Server {
    /// The objects as `resource` shows them, where a webhook converts; others as they are.
    pub(crate) fn in_version(
        &self,
        cx: &Cx<'_>,
        resource: &Arc<Resource>,
        objects: Vec<Arc<Object>>,
    ) -> Outcome<Vec<Arc<Object>>> {
        if resource.conversion().is_none() {
            return Ok(objects);
        }
        let version = resource.api_version();
        let lacks =
            |object: &&Arc<Object>| resource.converts_by_webhook(&object.value) && object.view(&version).is_none();
        let missing: Vec<&Arc<Object>> = objects.iter().filter(lacks).collect();
        if !missing.is_empty() {
            let values: Vec<&Json> = missing.iter().map(|object| &object.value).collect();
            for (object, value) in missing.iter().zip(self.converted(cx, resource, &values)?) {
                object.keep_view(&version, Object::new(value));
            }
        }
        Ok(objects.into_iter().map(|object| object.view(&version).unwrap_or(object)).collect())
    }

    /// The stored form of an object in the version of `resource`, and what a read of that gives.
    pub(crate) fn to_store(
        &self,
        cx: &Cx<'_>,
        resource: &Arc<Resource>,
        object: Json,
    ) -> Outcome<(Json, Option<Json>)> {
        if resource.conversion().is_none() || !resource.converts() {
            return Ok((object, None));
        }
        let Some(stored) = self
            .registry
            .iter()
            .find(|other| other.storage == resource.storage && other.api_version() == resource.storage_version)
        else {
            return Ok((object, None));
        };
        let first = |values: Vec<Json>| values.into_iter().next().unwrap_or_default();
        let there = first(self.converted(cx, stored, &[&object])?);
        let back = first(self.converted(cx, resource, &[&there])?);
        Ok((there, Some(back)))
    }

    /// Converts objects by one review.
    pub(super) fn converted(&self, cx: &Cx<'_>, to: &Arc<Resource>, objects: &[&Json]) -> Outcome<Vec<Json>> {
        let uid = cx.calls.uid();
        let call = conversion_call(to, &uid, objects).map_err(Failure::unknown)?;
        let Some(answer) = cx.calls.ask(&call) else { return Err(waits()) };
        read(to, &call, &uid, objects, &answer).map_err(Failure::unknown)
    }

    /// The conversion that a watch lacks for its next event.
    #[must_use]
    pub fn watch_conversion(&self, watch: &crate::WatchState) -> Option<Conversion> {
        let (resource, object) = self.next_unconverted(watch)?;
        // A uid that no other review has.
        let uid = format!("{}-{}", object.uid(), meta::meta(&object.value, "resourceVersion"));
        let call = conversion_call(&resource, &uid, &[&object.value]).ok()?;
        Some(Conversion { call, uid, resource, object })
    }

    /// Takes the answer to a conversion of a watch. An answer that is none ends the watch with an error.
    pub fn finish_conversion(&mut self, conversion: &Conversion, answer: &Answered) {
        keep(conversion, answer);
    }

    /// Converts by a hosted handler, if one is hosted.
    pub(crate) fn convert_hosted(&self, watch: &crate::WatchState) {
        while let Some(conversion) = self.watch_conversion(watch) {
            let Some(handlers) = self.hosted(&conversion.call) else { return };
            keep(&conversion, &conversion.call.ask(&handlers));
        }
    }
}

fn keep(conversion: &Conversion, answer: &Answered) {
    let Conversion { call, uid, resource, object } = conversion;
    let version = resource.api_version();
    match read(resource, call, uid, &[&object.value], answer) {
        Ok(values) => values.into_iter().for_each(|value| object.keep_view(&version, Object::new(value))),
        Err(why) => object.keep_failure(&version, why),
    }
}

fn conversion_call(to: &Resource, uid: &str, objects: &[&Json]) -> Result<WebhookCall, String> {
    let empty = Json::new();
    let webhook = to.conversion().unwrap_or(&empty);
    let versions = meta::list(webhook, &["conversionReviewVersions"]);
    let version = versions.iter().filter_map(Value::as_str).find(|version| matches!(*version, "v1" | "v1beta1"));
    let version = version.ok_or("no supported conversion review versions")?;
    let review = json!({
        "kind": "ConversionReview", "apiVersion": format!("apiextensions.k8s.io/{version}"),
        "request": {"uid": uid, "desiredAPIVersion": to.api_version(), "objects": objects}, "response": null,
    });
    let mut body = review.to_string().into_bytes();
    body.push(b'\n');
    let config = webhook.get("clientConfig").and_then(Value::as_object).unwrap_or(&empty);
    WebhookCall::new(config, "?timeout=30s", body, TIMEOUT)
}

/// Reads the answer of a conversion webhook. The errors are those of the real server.
fn read(
    to: &Resource,
    call: &WebhookCall,
    uid: &str,
    objects: &[&Json],
    answer: &Answered,
) -> Result<Vec<Json>, String> {
    let from = objects.first().map_or("", |object| meta::text(object, &["apiVersion"]));
    let of = format!("{from}, Kind={}", to.kind);
    let failed = |why: &str| format!("conversion webhook for {of} failed: {why}");
    let document = document(call, answer).map_err(|why| failed(&why))?;
    let Some(response) = document.get("response").and_then(Value::as_object) else {
        return Err(failed("no response provided"));
    };
    let got = meta::text(response, &["uid"]);
    if got != uid {
        return Err(failed(&format!("expected response.uid={uid:?}, got {got:?}")));
    }
    let status = meta::text(response, &["result", "status"]);
    if status != "Success" {
        return Err(match meta::text(response, &["result", "message"]) {
            "" => failed(&format!("response.result.status was '{status}', not 'Success'")),
            message => failed(message),
        });
    }
    let converted = meta::list(response, &["convertedObjects"]);
    if converted.len() != objects.len() {
        let (got, wanted) = (converted.len(), objects.len());
        return Err(format!("conversion webhook for {of} returned {got} objects, expected {wanted}"));
    }
    let all = objects.iter().zip(converted).enumerate();
    all.map(|(index, (original, converted))| {
        let Some(converted) = converted.as_object() else {
            return Err(format!("conversion webhook for {of} returned invalid converted object at index {index}"));
        };
        restored(to, original, converted).map_err(|(what, why)| {
            let place = if objects.len() > 1 { format!(" at index {index}") } else { String::new() };
            format!("conversion webhook for {of} returned invalid {what}{place}: {why}")
        })
    })
    .collect()
}

/// Checks a converted object and restores its metadata, but for labels and annotations.
fn restored(to: &Resource, original: &Json, converted: &Json) -> Result<Json, (&'static str, String)> {
    let (wanted, got) = (to.api_version(), meta::text(converted, &["apiVersion"]));
    if got != wanted {
        return Err(("object at index 0", format!("invalid groupVersion (expected {wanted}, received {got})")));
    }
    let texts = |object: &Json| {
        let own = |key: &str| meta::meta(object, key).to_owned();
        [meta::text(object, &["kind"]).to_owned(), own("name"), own("namespace"), own("uid")]
    };
    for (what, (a, b)) in
        ["kind", "name", "namespace", "UID"].iter().zip(texts(original).into_iter().zip(texts(converted)))
    {
        if a != b {
            return Err(("object", format!("must have the same {what}: {a} != {b}")));
        }
    }
    let mut object = converted.clone();
    let Some(Value::Object(own)) = converted.get("metadata") else {
        return Err(("metadata", "missing metadata in converted object".into()));
    };
    let mut metadata = original.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    for field in ["labels", "annotations"] {
        match own.get(field) {
            None | Some(Value::Null) => drop(metadata.remove(field)),
            Some(value) => drop(metadata.insert(field.to_owned(), value.clone())),
        }
    }
    object.insert("metadata".into(), metadata.into());
    if let Some(custom) = &to.custom {
        // Without defaults: the real server fills them in before the conversion.
        schema::normalise_custom(&mut object, custom, &mut Findings::default());
    }
    Ok(object)
}
