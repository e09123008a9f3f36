//! Protobuf (docs/wire.md §3): where a caller asks for it, and where it is the default, the objects equal those in JSON.

use std::fmt::Debug;
use std::ops::ControlFlow;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube_proto::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, Trim, WatchParams};
use kube_proto::resource::{Described, DynamicObject, Identified, Lazy, Object, Resource, Tolerant};
use kube_proto::settings::ContentType;
use kube_proto::store::{Index, StoreEvent};
use kube_proto::watch::{WatchEvent, WatchSettings};
use kube_proto::{Api, Error};
use serde_json::json;

use super::custom::widgets;
use super::paging::history;
use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(one_object),
    row!(lists_and_pages),
    row!(a_watch),
    row!(a_store),
    row!(metadata_only),
    row!(metadata_of_custom_resources),
    row!(objects_that_stay_bytes),
    row!(a_store_of_bytes),
    row!(refusals),
    row!(dynamic_objects_are_json),
    row!(a_server_without_protobuf).in_memory().memory(|options| options.protobuf = false),
];

const PROTOBUF: Option<&str> = Some("application/vnd.kubernetes.protobuf");
const JSON: Option<&str> = Some("application/json");

/// Both reads of an object: the same, each in its own encoding.
#[track_caller]
fn same<K: Object + PartialEq + Debug + Send>(cx: &Context, api: &Api<K>, name: &str) {
    let json = cx.call(api.clone().content_type(ContentType::Json).get(name).with_info()).unwrap();
    let protobuf = cx.call(api.clone().content_type(ContentType::Protobuf).get(name).with_info()).unwrap();
    assert_eq!((json.info.media_type().as_deref(), protobuf.info.media_type().as_deref()), (JSON, PROTOBUF));
    assert_eq!(protobuf.value, json.value);
}

fn api<K: Resource>(cx: &Context) -> Api<K> {
    Api::namespaced(cx.namespace())
}

/// Three config maps with a label.
fn maps(cx: &Context) -> Api<ConfigMap> {
    let api = config_maps(cx);
    for name in ["a", "b", "c"] {
        let binary = json!({"b": "AAEC/w=="});
        let metadata = json!({"name": name, "labels": {"own": "yes"}, "annotations": {"x": "ü"}});
        create(cx, &api, json!({"metadata": metadata, "data": {"k": name, "empty": ""}, "binaryData": binary}));
    }
    api
}

fn own() -> ListParams {
    ListParams::default().label_selector("own=yes")
}

fn one_object(cx: &Context) {
    same(cx, &maps(cx), "a");
    let secrets = api::<Secret>(cx);
    create(cx, &secrets, json!({"metadata": {"name": "s"}, "stringData": {"k": "s3cret"}, "immutable": false}));
    same(cx, &secrets, "s");
    let deployments = api::<Deployment>(cx);
    let mut spec = deployment_spec(0);
    spec["strategy"] = json!({"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}});
    spec["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "500m", "memory": "1Gi"}});
    spec["template"]["spec"]["containers"][0]["livenessProbe"] = json!({"httpGet": {"port": "web", "path": "/"}});
    create(cx, &deployments, json!({"metadata": {"name": "web"}, "spec": spec}));
    // A controller changes it all the while.
    cx.eventually("both reads see the same version", || {
        let json = cx.call(deployments.get("web")).unwrap();
        let protobuf = cx.call(deployments.clone().content_type(ContentType::Protobuf).get("web")).unwrap();
        let same_version = json.metadata.resource_version == protobuf.metadata.resource_version;
        same_version.then(|| assert_eq!(protobuf, json))
    });
}

fn lists_and_pages(cx: &Context) {
    let api = maps(cx);
    let json = cx.call(api.list(&own())).unwrap();
    let protobuf = cx.call(api.clone().content_type(ContentType::Protobuf).list(&own()).with_info()).unwrap();
    assert_eq!(protobuf.info.media_type().as_deref(), PROTOBUF);
    assert_eq!(protobuf.value.items, json.items);
    assert_eq!((protobuf.value.items.len(), protobuf.value.kind.as_str()), (3, "ConfigMapList"));
    assert!(!protobuf.value.metadata.resource_version.is_empty());
    let (paged, _) = cx.collect(api.clone().content_type(ContentType::Protobuf).pages(&own().limit(2))).unwrap();
    assert_eq!(paged, json.items);
    let none = cx
        .call(api.clone().content_type(ContentType::Protobuf).list(&ListParams::default().label_selector("own=no")))
        .unwrap();
    assert_eq!(none.items, []);
    let tolerant = Api::<Tolerant<ConfigMap>>::new(api.content_type(ContentType::Protobuf).target().clone());
    let tolerant = cx.call(tolerant.list(&own())).unwrap().items;
    let objects: Result<Vec<_>, _> = tolerant.into_iter().map(Tolerant::into_object).collect();
    assert_eq!(objects.unwrap(), json.items);
}

fn a_watch(cx: &Context) {
    let _history = history(cx);
    let api = config_maps(cx);
    let version = cx.call(api.list(&own())).unwrap().metadata.resource_version;
    maps(cx);
    cx.call(api.patch("a", &Patch::merge(&json!({"data": {"k": "v2"}})), &PatchParams::default())).unwrap();
    cx.call(api.delete("b", &DeleteParams::default())).unwrap();
    let params = WatchParams::default().label_selector("own=yes").timeout_seconds(20);
    let take = |api: &Api<ConfigMap>| {
        let mut events = Vec::new();
        cx.stream(api.watch_once(&params.clone().resource_version(version.clone())).with_info(), |event| {
            let media_type = event.info.media_type();
            events.push(match event.value {
                WatchEvent::Added(object) => ("added", object, media_type),
                WatchEvent::Modified(object) => ("modified", object, media_type),
                WatchEvent::Deleted(object) => ("deleted", object, media_type),
                other => panic!("{other:?}"),
            });
            if events.len() == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        events
    };
    let (json, protobuf) = (take(&api), take(&api.clone().content_type(ContentType::Protobuf)));
    assert_eq!(protobuf.len(), 5);
    for (one, other) in json.into_iter().zip(protobuf) {
        assert_eq!((one.2.as_deref(), other.2.as_deref()), (JSON, PROTOBUF));
        assert_eq!((one.0, one.1), (other.0, other.1));
    }
    // The refusal of a watch is a `Status` too.
    let params = params.resource_version("x");
    let refused = |api: Api<ConfigMap>| {
        let error = cx.stream(api.watch_once(&params), |_| ControlFlow::Continue(())).unwrap_err();
        error.status().cloned().unwrap()
    };
    assert_eq!(refused(api.clone().content_type(ContentType::Protobuf)), refused(api));
}

fn a_store(cx: &Context) {
    let api = maps(cx);
    for streaming in [true, false] {
        let settings = || WatchSettings::default().label_selector("own=yes").streaming(streaming);
        let kept = |api: Api<ConfigMap>| {
            let reflector = api.reflect(settings(), []);
            let store = reflector.store();
            cx.stream(reflector, |event| match event {
                StoreEvent::Synced { .. } => ControlFlow::Break(()),
                StoreEvent::Changed { .. } => ControlFlow::Continue(()),
                other => panic!("{other:?}"),
            })
            .unwrap();
            store.snapshot().iter().map(|object| (**object).clone()).collect::<Vec<_>>()
        };
        let (json, protobuf) = (kept(api.clone()), kept(api.clone().content_type(ContentType::Protobuf)));
        assert_eq!(protobuf.len(), 3);
        assert!(protobuf.iter().all(|object| object.metadata.managed_fields.is_none()));
        assert_eq!(protobuf, json);
    }
}

fn metadata_only(cx: &Context) {
    let api = maps(cx).metadata();
    same(cx, &api, "a");
    let json = cx.call(api.clone().content_type(ContentType::Json).list(&own()).with_info()).unwrap();
    // The default.
    let protobuf = cx.call(api.list(&own()).with_info()).unwrap();
    assert_eq!((json.info.media_type().as_deref(), protobuf.info.media_type().as_deref()), (JSON, PROTOBUF));
    assert_eq!((protobuf.value.items.len(), protobuf.value.items), (3, json.value.items));
}

/// The metadata of any object has a form in protobuf, and is read in it by default.
fn metadata_of_custom_resources(cx: &Context) {
    let whole = widgets(cx);
    create(cx, &whole, json!({"metadata": {"name": "a", "labels": {"own": "yes"}}, "spec": {"size": 1}}));
    let identity = Api::<Identified<DynamicObject>>::new(whole.target().clone());
    let identity = cx.call(identity.get("a").with_info()).unwrap();
    assert_eq!((identity.info.media_type().as_deref(), identity.value.meta().name), (JSON, Some("a")));
    let definitions = Api::<CustomResourceDefinition>::all();
    same(cx, &definitions, &format!("widgets.{}", whole.target().resource.group));
    let widgets = whole.metadata();
    let found = cx.call(widgets.get("a").with_info()).unwrap();
    assert_eq!((found.info.media_type().as_deref(), found.value.metadata.name.as_deref()), (PROTOBUF, Some("a")));
    same(cx, &widgets, "a");
}

/// Both reads of objects that stay bytes, by default and as JSON.
fn objects_that_stay_bytes(cx: &Context) {
    let typed = maps(cx);
    let bytes = Api::<Lazy<ConfigMap>>::new(typed.target().clone());
    let (found, known) = (cx.call(bytes.get("a").with_info()).unwrap(), cx.call(typed.get("a")).unwrap());
    assert_eq!(found.info.media_type().as_deref(), PROTOBUF);
    let (lazy, in_json) = (found.value, cx.call(bytes.clone().content_type(ContentType::Json).get("a")).unwrap());
    assert!(lazy.document().is_protobuf() && !in_json.document().is_protobuf());
    for lazy in [&lazy, &in_json] {
        assert_eq!((lazy.parse().unwrap(), lazy.meta()), (known.clone(), known.meta()));
        assert_eq!((lazy.label("own").as_deref(), lazy.label("none")), (Some("yes"), None));
        assert_eq!(serde_json::from_str::<ConfigMap>(&lazy.text()).unwrap(), known);
    }
    let listed = cx.call(bytes.list(&own()).trim(Trim::managed_fields())).unwrap().items;
    let objects: Vec<ConfigMap> = listed.iter().map(|lazy| lazy.parse().unwrap()).collect();
    assert_eq!(objects.len(), 3);
    assert!(objects.iter().all(|object| object.metadata.managed_fields.is_none()));
    let identities = Api::<Identified<ConfigMap>>::new(typed.target().clone());
    let identities = cx.call(identities.list(&own()).with_info()).unwrap();
    assert_eq!(identities.info.media_type().as_deref(), PROTOBUF);
    assert!(identities.value.items.iter().map(Object::meta).eq(objects.iter().map(Object::meta)));
    // The bytes of a request by itself are JSON, unless the API asks for protobuf.
    let raw = |api: &Api<ConfigMap>| cx.call(api.target().get("a", &GetParams::default()).document()).unwrap();
    assert!(raw(&typed).starts_with(b"{"));
    assert!(raw(&typed.content_type(ContentType::Protobuf)).starts_with(b"k8s\0"));
}

fn a_store_of_bytes(cx: &Context) {
    let typed = maps(cx);
    let bytes = Api::<Lazy<ConfigMap>>::new(typed.target().clone());
    for streaming in [true, false] {
        let settings = WatchSettings::default().label_selector("own=yes").streaming(streaming);
        let reflector = bytes.reflect(settings, [Index::label("own")]);
        let store = reflector.store();
        let mut version = None;
        cx.stream(reflector, |event| match event {
            StoreEvent::Synced { .. } => {
                let patch = Patch::merge(&json!({"data": {"k": streaming.to_string()}}));
                let patched = cx.call(typed.patch("a", &patch, &PatchParams::default())).unwrap();
                version = patched.metadata.resource_version;
                ControlFlow::Continue(())
            }
            StoreEvent::Changed { .. } => {
                let now = store.get(cx.namespace(), "a");
                let same = now.is_some_and(|now| version.as_deref() == now.meta().resource_version);
                if same { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
            other => panic!("{other:?}"),
        })
        .unwrap();
        let snapshot = store.snapshot();
        assert_eq!(snapshot.by("own", "yes").into_iter().flatten().count(), 3);
        assert!(snapshot.iter().all(|lazy| lazy.document().is_protobuf()));
        let changed = snapshot.iter().find(|lazy| lazy.meta().name == Some("a")).unwrap().parse().unwrap();
        assert_eq!(changed.data.unwrap()["k"], streaming.to_string());
        assert_eq!(changed.metadata.managed_fields, None);
    }
}

fn refusals(cx: &Context) {
    let texts = |api: Api<ConfigMap>| {
        let text = |error: Error| (error.status().cloned().unwrap(), error.to_string());
        let expired = ListParams::default().limit(1).continue_token("x");
        [text(cx.call(api.get("none")).unwrap_err()), text(cx.call(api.list(&expired)).unwrap_err())]
    };
    let api = config_maps(cx);
    let (json, protobuf) = (texts(api.clone()), texts(api.content_type(ContentType::Protobuf)));
    assert_eq!(protobuf, json);
    assert!(protobuf[0].0.is_not_found());
}

fn dynamic_objects_are_json(cx: &Context) {
    maps(cx);
    let api: Api<DynamicObject> = dynamic(cx, "v1", "ConfigMap", "configmaps").content_type(ContentType::Protobuf);
    let found = cx.call(api.get("a").with_info()).unwrap();
    assert_eq!((found.info.media_type().as_deref(), &found.value.data["data"]["k"]), (JSON, &json!("a")));
}

fn a_server_without_protobuf(cx: &Context) {
    let api = maps(cx);
    let found = cx.call(api.clone().content_type(ContentType::Protobuf).list(&own()).with_info()).unwrap();
    assert_eq!((found.info.media_type().as_deref(), found.value.items.len()), (JSON, 3));
    let one = cx.call(api.clone().content_type(ContentType::Protobuf).get("a")).unwrap();
    assert_eq!(one, cx.call(api.get("a")).unwrap());
    let lazy = cx.call(Api::<Lazy<ConfigMap>>::new(api.target().clone()).get("a")).unwrap();
    assert_eq!((lazy.document().is_protobuf(), lazy.parse().unwrap()), (false, one));
    let metadata = cx.call(api.metadata().get("a").with_info()).unwrap();
    assert_eq!((metadata.info.media_type().as_deref(), metadata.value.metadata.name.as_deref()), (JSON, Some("a")));
}
