//! Custom resources: from their definition to their end.

use kube_proto::Api;
use kube_proto::api::{DeleteParams, FieldValidation, ListParams, Patch, PatchParams, WatchParams, WriteParams};
use kube_proto::resource::{ApiResource, DynamicObject, ObjectMeta, Scale, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::ControlFlow;

use kube_proto::watch::WatchEvent;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(from_definition_to_end),
    row!(a_typed_struct),
    row!(status_and_generation),
    row!(scale),
    row!(schema_faults_are_named),
    row!(unknown_fields_are_pruned_and_defaults_filled_in),
    row!(updates_need_a_version),
    row!(patches_of_each_type),
    row!(selectable_fields),
    row!(watched),
    row!(cluster_scoped),
];

/// A type of this test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Widget {
    metadata: ObjectMeta,
    spec: WidgetSpec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<WidgetStatus>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct WidgetSpec {
    #[serde(default)]
    size: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    colour: Option<String>,
    #[serde(default)]
    replicas: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct WidgetStatus {
    #[serde(default)]
    replicas: i32,
}

kube_proto::resource!(Widget {
    group: "conformance.example.com",
    version: "v1",
    kind: "Widget",
    plural: "widgets",
    scope: Namespaced,
});

/// Defines widgets in a group of its own for this row, and waits until they are served.
pub(super) fn defined(cx: &Context, scope: Scope) -> ApiResource {
    let group = format!("{}.example.com", cx.unique("g"));
    let definitions = cluster_wide("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions");
    let name = format!("widgets.{group}");
    cx.remove_later(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"));
    let scope_name = if scope == Scope::Cluster { "Cluster" } else { "Namespaced" };
    let created = create(cx, &definitions, definition(&name, &group, scope_name));
    assert_eq!(created.data["spec"]["conversion"]["strategy"], "None", "a default");
    let established = |found: &DynamicObject| {
        let conditions = found.data.get("status")?.get("conditions")?.as_array()?.clone();
        conditions.iter().any(|one| one["type"] == "Established" && one["status"] == "True").then_some(())
    };
    cx.eventually("the definition is established", || established(&cx.call(definitions.get(&name)).unwrap()));
    let resource = ApiResource::new(&format!("{group}/v1"), "Widget", "widgets", scope);
    let api = Api::dynamic(resource.clone());
    cx.eventually("widgets are served", || match cx.call(api.list(&ListParams::default())) {
        Ok(_) => Some(()),
        Err(error) => {
            assert!(error.is_missing_resource(), "{error}");
            None
        }
    });
    resource
}

pub(super) fn widgets(cx: &Context) -> Api<DynamicObject> {
    Api::dynamic(defined(cx, Scope::Namespaced)).within(cx.namespace())
}

pub(super) fn definition(name: &str, group: &str, scope: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "group": group, "scope": scope,
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wdg"], "categories": ["gadgets"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "required": ["spec"],
                    "properties": {
                        "spec": {
                            "type": "object",
                            "required": ["size"],
                            "properties": {
                                "size": {"type": "integer", "minimum": 0, "maximum": 100},
                                "colour": {"type": "string", "default": "grey", "enum": ["grey", "red", "blue"]},
                                "replicas": {"type": "integer", "default": 1},
                                "parts": {"type": "array", "items": {"type": "string"}},
                            },
                        },
                        "status": {"type": "object", "properties": {
                            "replicas": {"type": "integer"}, "selector": {"type": "string"},
                        }},
                    },
                }},
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                }},
                "selectableFields": [{"jsonPath": ".spec.colour"}],
                "additionalPrinterColumns": [
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                    {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
                ],
            }],
        },
    })
}

pub(super) fn widget(name: &str, size: u32) -> Value {
    json!({"metadata": {"name": name}, "spec": {"size": size}})
}

fn from_definition_to_end(cx: &Context) {
    let api = widgets(cx);
    let resource = &api.target().resource;
    let created = create(cx, &api, widget("a", 3));
    assert_eq!((created.api_version.as_str(), created.kind.as_str()), (&*resource.api_version(), "Widget"));
    assert_eq!(created.metadata.generation, Some(1));
    assert_eq!(cx.call(api.get("a")).unwrap(), created);
    let list = cx.call(api.list(&ListParams::default())).unwrap();
    assert_eq!((list.kind.as_str(), list.items.len()), ("WidgetList", 1));
    let deleted = cx.call(api.delete("a", &DeleteParams::default())).unwrap();
    assert!(deleted.object().is_none(), "a Status: {deleted:?}");
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
    create(cx, &api, widget("b", 1));

    // The objects go with their definition.
    let definitions = cluster_wide("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions");
    cx.call(definitions.delete(&resource.group_resource(), &DeleteParams::default())).unwrap();
    let error = cx.eventually("the resource is gone", || {
        cx.call(api.list(&ListParams::default())).err().filter(kube_proto::Error::is_missing_resource)
    });
    assert!(error.status().unwrap().is_missing_resource(), "{error}");
}

fn a_typed_struct(cx: &Context) {
    let resource = defined(cx, Scope::Namespaced);
    let api = Api::<Widget>::of(resource).within(cx.namespace());
    let spec = WidgetSpec { size: 7, colour: Some("red".into()), replicas: 2 };
    let wanted = Widget { metadata: ObjectMeta::named("typed").label("a", "b"), spec, status: None };
    let created = cx.call(api.create(&wanted, &WriteParams::default())).unwrap();
    assert_eq!(created.spec, wanted.spec);
    assert!(created.metadata.created().is_some());
    let mut changed = created.clone();
    changed.spec.size = 8;
    let replaced = cx.call(api.replace("typed", &changed, &WriteParams::default())).unwrap();
    assert_eq!((replaced.spec.size, replaced.metadata.generation), (8, Some(2)));
    let error = cx.call(api.replace("typed", &created, &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let (items, pages) = cx.collect(api.pages(&ListParams::default().limit(1))).unwrap();
    assert_eq!(items, [replaced]);
    assert!(!pages.metadata().unwrap().resource_version.is_empty());
}

fn status_and_generation(cx: &Context) {
    let api = widgets(cx);
    let mut made = widget("a", 3);
    made["status"] = json!({"replicas": 5});
    let created = create(cx, &api, made);
    assert!(!created.data.contains_key("status"), "a status is not created with the object");
    let patch = Patch::merge(&json!({"spec": {"size": 99}, "status": {"replicas": 4}}));
    let patched = cx.call(api.status().patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!((&patched.data["status"]["replicas"], &patched.data["spec"]["size"]), (&json!(4), &json!(3)));
    assert_eq!(patched.metadata.generation, Some(1), "the status does not count");
    let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.data["spec"]["size"], 99);
    assert_eq!(patched.metadata.generation, Some(2));
    let mut status = cx.call(api.status().get("a")).unwrap();
    status.data["status"]["replicas"] = json!(6);
    let replaced = cx.call(api.status().replace("a", &status, &WriteParams::default())).unwrap();
    assert_eq!(replaced.data["status"]["replicas"], 6);
}

fn scale(cx: &Context) {
    let api = widgets(cx);
    create(cx, &api, widget("a", 3));
    let status = Patch::merge(&json!({"status": {"replicas": 2, "selector": "app=a"}}));
    cx.call(api.status().patch("a", &status, &PatchParams::default())).unwrap();
    let found: Scale = cx.call(api.scale().get("a")).unwrap();
    assert_eq!((found.spec.replicas, found.status.replicas, found.status.selector.as_str()), (1, 2, "app=a"));
    let scaled = cx.call(api.scale().replace("a", &Scale::to("a", 4), &WriteParams::default())).unwrap();
    assert_eq!(scaled.spec.replicas, 4);
    assert_eq!(cx.call(api.get("a")).unwrap().data["spec"]["replicas"], 4);
    let patch = Patch::merge(&json!({"spec": {"replicas": 5}}));
    assert_eq!(cx.call(api.scale().patch("a", &patch, &PatchParams::default())).unwrap().spec.replicas, 5);
}

fn schema_faults_are_named(cx: &Context) {
    let api = widgets(cx);
    let made = json!({"metadata": {"name": "a"}, "spec": {"size": 1000, "colour": "green", "parts": [1]}});
    let error = try_create(cx, &api, made).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    let status = error.status().unwrap();
    let details = status.details.as_ref().unwrap();
    assert_eq!((details.kind.as_str(), details.name.as_str()), ("Widget", "a"));
    let mut fields: Vec<&str> = status.causes().iter().map(|cause| cause.field.as_str()).collect();
    fields.sort_unstable();
    fields.dedup();
    assert_eq!(fields, ["spec.colour", "spec.parts[0]", "spec.size"]);
    says(&error, &["Widget", "\"a\" is invalid", "spec.size", "should be less than or equal to 100"]);
    let error = try_create(cx, &api, json!({"metadata": {"name": "a"}, "spec": {}})).unwrap_err();
    assert_eq!(error.status().unwrap().causes()[0].reason, "FieldValueRequired", "{error}");
    says(&error, &["spec.size: Required value"]);
}

fn unknown_fields_are_pruned_and_defaults_filled_in(cx: &Context) {
    let api = widgets(cx);
    let mut made = widget("a", 3);
    made["spec"]["unheard-of"] = json!({"x": 1});
    let answer =
        cx.call(api.create(&object::<DynamicObject>(made.clone()), &WriteParams::default()).with_info()).unwrap();
    assert_eq!(answer.info.warnings, ["unknown field \"spec.unheard-of\""]);
    assert_eq!(answer.value.data["spec"], json!({"size": 3, "colour": "grey", "replicas": 1}));
    made["metadata"]["name"] = json!("b");
    let strict = WriteParams::default().field_validation(FieldValidation::Strict);
    let error = cx.call(api.create(&object::<DynamicObject>(made), &strict)).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["strict decoding error: unknown field \"spec.unheard-of\""]);
}

fn updates_need_a_version(cx: &Context) {
    let api = widgets(cx);
    create(cx, &api, widget("a", 3));
    let error = cx.call(api.replace("a", &object(widget("a", 4)), &WriteParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["metadata.resourceVersion: Invalid value", "must be specified for an update"]);
}

fn patches_of_each_type(cx: &Context) {
    let api = widgets(cx);
    create(cx, &api, widget("a", 3));
    let params = PatchParams::default();
    let steps = kube_proto::api::JsonPatch::new().test("/spec/size", 3).replace("/spec/size", 4);
    assert_eq!(cx.call(api.patch("a", &Patch::json(steps), &params)).unwrap().data["spec"]["size"], 4);
    let merge = Patch::merge(&json!({"spec": {"size": 5, "colour": null}}));
    let merged = cx.call(api.patch("a", &merge, &params)).unwrap();
    assert_eq!(
        merged.data["spec"],
        json!({"size": 5, "colour": "grey", "replicas": 1}),
        "removed, and then the default"
    );
    let error = cx.call(api.patch("a", &Patch::strategic(&json!({"spec": {"size": 6}})), &params)).unwrap_err();
    assert!(error.status().unwrap().is_unsupported_media_type(), "{error}");
    let apply = Patch::apply(&json!({"spec": {"size": 7}}));
    let mine = PatchParams::default().field_manager("me");
    let error = cx.call(api.patch("a", &apply, &mine)).unwrap_err();
    assert!(error.status().unwrap().is_apply_conflict(), "{error}");
    assert_eq!(cx.call(api.patch("a", &apply, &mine.force())).unwrap().data["spec"]["size"], 7);
}

fn selectable_fields(cx: &Context) {
    let api = widgets(cx);
    create(cx, &api, widget("grey", 3));
    create(cx, &api, json!({"metadata": {"name": "red"}, "spec": {"size": 1, "colour": "red"}}));
    let red = cx.call(api.list(&ListParams::default().field_selector("spec.colour=red"))).unwrap();
    assert_eq!(red.items.iter().map(name).collect::<Vec<_>>(), ["red"]);
    let error = cx.call(api.list(&ListParams::default().field_selector("spec.size=3"))).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["field label not supported: spec.size"]);
}

fn watched(cx: &Context) {
    let api = widgets(cx);
    let list = cx.call(api.list(&ListParams::default())).unwrap();
    create(cx, &api, widget("a", 1));
    let mut sizes = Vec::new();
    let params = WatchParams::default().resource_version(list.metadata.resource_version).timeout_seconds(30);
    cx.stream(api.watch_once(&params), |event| match event {
        WatchEvent::Added(widget) => {
            sizes.push(widget.data["spec"]["size"].clone());
            let patch = Patch::merge(&json!({"spec": {"size": 2}}));
            cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
            ControlFlow::Continue(())
        }
        WatchEvent::Modified(widget) => {
            sizes.push(widget.data["spec"]["size"].clone());
            ControlFlow::Break(())
        }
        other => panic!("{other:?}"),
    })
    .unwrap();
    assert_eq!(sizes, [1, 2]);
}

fn cluster_scoped(cx: &Context) {
    let api = Api::dynamic(defined(cx, Scope::Cluster));
    let created = create(cx, &api, widget("a", 3));
    assert_eq!(created.metadata.namespace, None);
    let everything = cx.call(api.delete_collection(&DeleteParams::default(), &ListParams::default())).unwrap();
    assert_eq!(everything.object().unwrap().items.iter().map(name).collect::<Vec<_>>(), ["a"]);
    assert!(cx.call(api.list(&ListParams::default())).unwrap().items.is_empty());
}
