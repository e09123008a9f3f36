//! Server-side apply.

use kube_proto::yaml;
use serde_json::Value;
use std::sync::Arc;

use super::update::check_name;
use crate::Server;
use crate::context::{Cx, FieldValidation, WriteOptions, type_name};
use crate::convert;
use crate::decode::{self, Doubled, check_depth};
use crate::kinds::Resource;
use crate::managed;
use crate::meta::{self, Json};
use crate::negotiate::Accepted;
use crate::reply::Reply;
use crate::schema::{self, Node};
use crate::status::{Failure, Outcome};
use crate::store;

impl Server {
    pub(super) fn apply(
        &mut self,
        cx: &mut Cx<'_>,
        resource: &Arc<Resource>,
        sub: &str,
        accepted: &Accepted,
        mut options: WriteOptions,
    ) -> Outcome<Reply> {
        let config = config(cx, resource, &options)?;
        let mut config = convert::to_storage(resource, config);
        // Errors name the object as it was written.
        let identity = format!("{}/{}", meta::meta(&config, "namespace"), meta::meta(&config, "name"));
        self.place(cx, resource, &mut config)?;
        let namespace = if resource.namespaced { cx.info.namespace.as_str() } else { "" };
        let live = self.store.read(&resource.storage, &store::key(namespace, &cx.info.name));
        let who = cx.who(resource, &options, sub, true);
        let Some(live) = live else {
            if !sub.is_empty() {
                return Err(cx.not_found(resource));
            }
            let uid = meta::meta(&config, "uid");
            if !uid.is_empty() {
                let why =
                    format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
                return Err(Failure::conflict(&resource.group, &resource.plural, &cx.info.name, &why));
            }
            let applied = managed::apply(resource, &Json::new(), &config, &who, options.force, cx.now)?;
            let object = cx.settle_applied(resource, applied.object, &identity)?;
            check_name(cx, &object)?;
            options.applied = Some(applied.managed);
            let created = self.insert(cx, resource, object, &options)?;
            return self.shaped(cx, 201, accepted, resource, &created);
        };
        let live = self.in_version(cx, resource, vec![live])?.swap_remove(0);
        let applied = managed::apply(resource, &live.value, &config, &who, options.force, cx.now)?;
        options.applied = Some(applied.managed);
        check_name(cx, &applied.object)?;
        // The merged object is in the stored version.
        let mut object = applied.object;
        object.insert("apiVersion".into(), resource.api_version().into());
        let object = if resource.converts() && resource.conversion().is_none() {
            convert::present(resource, &object).into_owned()
        } else {
            cx.settle_applied(resource, object, &identity)?
        };
        let stored = self.replace(cx, resource, &live, object, sub, &options, true)?;
        self.shaped(cx, 200, accepted, resource, &stored)
    }
}

/// The document, which is YAML and mostly JSON; the paths of doubled keys come with it, of YAML's only the first key.
pub(crate) fn written(body: &[u8]) -> Result<(Value, Vec<String>), String> {
    if let Ok(parsed) = decode::parse(body, Doubled::Last) {
        return Ok(parsed);
    }
    let text = std::str::from_utf8(body).map_err(|_| "yaml: invalid leading UTF-8 octet".to_owned())?;
    let documents = yaml::documents(text);
    let first = |mut documents: yaml::Documents<'_>| documents.next().unwrap_or(Ok(Value::Null));
    let value = first(documents.clone()).map_err(|error| format!("yaml: {error}"))?;
    let doubled = first(documents.unique_keys()).err().and_then(|error| error.duplicate_key().map(str::to_owned));
    Ok((value, doubled.into_iter().collect()))
}

/// Reads and checks the body of an apply.
fn config(cx: &mut Cx<'_>, resource: &Resource, options: &WriteOptions) -> Outcome<Json> {
    let (value, doubled) = written(cx.body).map_err(|e| Failure::bad_request(format!("error decoding YAML: {e}")))?;
    let mut object = match value {
        Value::Object(object) => object,
        Value::Null => Json::new(),
        other => {
            return Err(Failure::bad_request(format!(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                type_name(&other)
            )));
        }
    };
    if let (FieldValidation::Strict, Some(first)) = (options.validation, doubled.first()) {
        let key = first.rsplit('.').next().unwrap_or_default();
        return Err(Failure::bad_request(format!(
            "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  key \"{key}\" already set in map"
        )));
    }
    if meta::at(&object, &["metadata", "managedFields"]).is_some_and(|m| !m.is_null()) {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let version = meta::text(&object, &["apiVersion"]).to_owned();
    let kind = meta::text(&object, &["kind"]).to_owned();
    let (group, short) = version.rsplit_once('/').unwrap_or(("", &version));
    let gvk = format!("{group}/{short}, Kind={kind}");
    if version.is_empty() || kind.is_empty() {
        return Err(Failure::bad_request(format!("invalid object type: {gvk}")));
    }
    if version != resource.api_version() {
        return Err(Failure::bad_request(format!(
            "Incorrect version specified in apply patch. Specified patch version: {version}, expected: {}",
            resource.api_version()
        )));
    }
    let identity = format!("{}/{}; {gvk}", meta::meta(&object, "namespace"), meta::meta(&object, "name"));
    let untyped = |why: &str| Failure::unknown(format!("failed to create typed patch object ({identity}): {why}"));
    if !resource.converts() || resource.conversion().is_some() {
        let faults = managed::check(&Value::Object(object.clone()), Node::new(&schema::of(resource)));
        match faults.as_slice() {
            [] => {}
            [one] => return Err(untyped(one)),
            many => return Err(untyped(&format!("errors:\n  {}", many.join("\n  ")))),
        }
    }
    cx.settle_type(resource, &resource.api_version(), &resource.kind, &mut object)?;
    check_depth(&object)?;
    Ok(object)
}
