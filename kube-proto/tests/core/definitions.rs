//! Definitions: registering, waiting until they are served, and their stored versions.

use kube_proto::api::{ListParams, WriteParams};
use kube_proto::crd::{Definition, definitions, migrate, register, served};
use kube_proto::resource::DynamicObject;
use kube_proto::{Api, ErrorKind};
use serde_json::{Value, json};

use crate::script::secs;
use crate::world::World;

const NAME: &str = "widgets.example.com";
const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

pub fn definition(versions: &[(&str, bool)]) -> Value {
    let versions: Vec<_> = versions
        .iter()
        .map(|(name, storage)| {
            json!({"name": name, "served": true, "storage": storage, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}})
        })
        .collect();
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": NAME},
        "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": versions}})
}

#[test]
fn a_definition_is_registered_and_its_resource_is_served_on_new_connections() {
    let mut world = World::new();
    let found = world.one(register(&definition(&[("v1", true), ("v1beta1", false)]), "me")).unwrap();
    assert_eq!(Definition::of(&found).unwrap().storage().to_string(), "widgets.v1.example.com");
    let round = ["GET /api", "GET /apis"]
        .into_iter()
        .map(str::to_owned)
        .chain(["v1", "v1beta1"].map(|version| format!("GET /apis/example.com/{version}/widgets?limit=1")));
    let round: Vec<String> = round.collect();
    let mut expected = vec![format!("PATCH {CRDS}/{NAME}?fieldManager=me"), format!("GET {CRDS}/{NAME}")];
    (0..3).for_each(|_| expected.extend(round.iter().cloned()));
    assert_eq!(world.asked, expected);
    assert_eq!(world.fresh, expected.len() - 1);
    // An object that comes from a server can be registered as it is.
    let again = world.one(register(&found, "me").times(1).on_any_connection()).unwrap();
    assert_eq!(again.metadata.uid, found.metadata.uid);
    assert_eq!(world.asked.len(), expected.len() + 6);
    assert_eq!(world.fresh, expected.len() - 1);
}

#[test]
fn what_is_not_served_yet_is_waited_for_and_counts_anew() {
    let mut world = World::new();
    world.one(register(&definition(&[("v1", true)]), "me")).unwrap();
    let start = world.unix;
    world.asked.clear();
    // The lists fail in the second round, so three more are needed.
    let list = "GET /apis/example.com/v1/widgets";
    world.fails("GET /api", 0, 500, "");
    let count = |world: &World| world.asked.iter().filter(|line| line.starts_with(list)).count();
    world.answers(list, 1, r#"{"kind":"WidgetList","apiVersion":"example.com/v1","metadata":{},"items":[]}"#);
    world.fails(list, 2, 404, "NotFound");
    world.one(served(NAME)).unwrap();
    assert_eq!(count(&world), 1 + 2 + 3);
    assert_eq!(world.unix - start, std::time::Duration::from_millis(300));
    // A client that may not list trusts discovery. A server that has trouble is asked again.
    world.fails(list, 3, 403, "Forbidden");
    world.fails(&format!("GET {CRDS}/{NAME}"), 2, 503, "ServiceUnavailable");
    world.one(served(NAME)).unwrap();
}

#[test]
fn what_is_never_served_has_a_limit_and_the_latest_reason() {
    let mut world = World::new();
    world.one(register(&definition(&[("v1", true)]), "me")).unwrap();
    let start = world.unix;
    world.fails("GET /apis/example.com/v1/widgets", 1_000, 404, "NotFound");
    let error = world.one(served(NAME).timeout(secs(20))).unwrap_err();
    assert_eq!(world.unix - start, secs(20));
    assert_eq!(error.status().unwrap().code, 404, "{error}");
    // Not established at all.
    let pending = json!({"metadata": {"name": NAME}, "spec": definition(&[("v1", true)])["spec"]}).to_string();
    world.answers(&format!("GET {CRDS}/{NAME}"), 1_000, &pending);
    let error = world.one(served(NAME)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout { limit, .. } if *limit == secs(60)), "{error}");
    assert!(error.to_string().starts_with("await customresourcedefinitions.apiextensions.k8s.io \"widgets"), "{error}");
}

#[test]
fn what_can_never_be_served_is_an_error_at_once() {
    let mut world = World::new();
    let start = world.unix;
    assert!(world.one(served(NAME)).unwrap_err().is_not_found());
    let mut refused = definition(&[("v1", true)]);
    let taken = "plural \"widgets\" is in use";
    refused["status"] = json!({"conditions": [{"type": "NamesAccepted", "status": "False", "message": taken}]});
    world.answers(&format!("GET {CRDS}/{NAME}"), 1, &refused.to_string());
    let error = world.one(served(NAME)).unwrap_err().to_string();
    assert!(error.contains(taken), "{error}");
    let no_storage = definition(&[("v1", false)]).to_string();
    world.answers(&format!("GET {CRDS}/{NAME}"), 1, &no_storage);
    assert!(world.one(served(NAME)).unwrap_err().to_string().contains("storage version"));
    for broken in [json!([]), json!({"spec": {}})] {
        assert!(world.one(register(&broken, "me")).is_err(), "{broken}");
    }
    assert_eq!(world.unix, start);
}

fn widget(name: &str, version: &str) -> DynamicObject {
    let object = json!({"apiVersion": format!("example.com/{version}"), "kind": "Widget",
        "metadata": {"name": name, "namespace": "default"}, "spec": {"size": 1}});
    serde_json::from_value(object).unwrap()
}

#[test]
fn stored_versions_are_migrated() {
    let mut world = World::new();
    let old = world.one(register(&definition(&[("v1", true), ("v2", false)]), "me")).unwrap();
    let v1 = Api::dynamic(Definition::of(&old).unwrap().storage()).within("default");
    for name in ["a", "b", "c"] {
        world.one(v1.create(&widget(name, "v1"), &WriteParams::default())).unwrap();
    }
    // Nothing to do.
    assert_eq!(world.one(migrate(NAME)).unwrap().objects, 0);
    world.one(register(&definition(&[("v1", false), ("v2", true)]), "me")).unwrap();
    // As the real server writes it.
    let with = |versions: Value| json!({"status": {"storedVersions": versions}});
    let patch = |world: &mut World, versions: Value| {
        let patch = kube_proto::api::Patch::merge(&with(versions));
        world.one(definitions().status().patch(NAME, &patch, &Default::default())).unwrap()
    };
    patch(&mut world, json!(["v1", "v2"]));
    world.asked.clear();
    world.fails("PATCH /apis/example.com/v2/namespaces/default/widgets/b", 1, 404, "NotFound");
    // The definition changes meanwhile, once.
    world.fails(&format!("PATCH {CRDS}/{NAME}/status"), 1, 409, "Conflict");
    let migrated = world.one(migrate(NAME)).unwrap();
    assert_eq!(migrated.objects, 6);
    let lists = world.asked.iter().filter(|line| line.contains("/widgets?limit=500")).count();
    assert_eq!(lists, 2, "{:?}", world.asked);
    let stored = world.one(definitions().get(NAME)).unwrap().data["status"]["storedVersions"].clone();
    assert_eq!(stored, json!(["v2"]));
    assert_eq!(world.one(v1.list(&ListParams::default())).unwrap().items.len(), 3);
    // A refusal ends it, and a list that expires goes on.
    patch(&mut world, json!(["v1", "v2"]));
    world.fails("PATCH /apis/example.com/v2/namespaces/default/widgets/c", 1, 422, "Invalid");
    assert!(world.one(migrate(NAME)).unwrap_err().is_invalid());
    assert!(world.one(migrate("none.example.com")).unwrap_err().is_not_found());
}
