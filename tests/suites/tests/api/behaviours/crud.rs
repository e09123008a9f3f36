//! Create, get, list, replace, patch, delete: namespaced and cluster-scoped objects, typed and dynamic.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::{ByteString, api::apps::v1::Deployment};
use kube_proto::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, WriteParams};
use kube_proto::resource::DynamicObject;
use kube_proto::response::Deleted;
use kube_proto::{Api, ErrorKind};
use serde_json::json;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(create_get_delete),
    row!(managed_fields),
    row!(replace),
    row!(replace_of_a_stale_version_conflicts),
    row!(generate_name),
    row!(create_twice),
    row!(a_list_knows_its_version_and_kind),
    row!(lists_of_all_namespaces),
    row!(cluster_scoped),
    row!(namespaces),
    row!(dynamic_objects),
    row!(typed_objects_keep_their_fields),
    row!(bytes_survive),
    row!(names_with_strange_characters),
    row!(large_objects),
    row!(many_at_once),
    row!(mistakes_are_found_before_anything_is_sent),
];

fn create_get_delete(cx: &Context) {
    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default()).with_info()).unwrap();
    assert_eq!(created.info.code, 201);
    let created = created.value;
    assert_eq!(created.metadata.namespace.as_deref(), Some(cx.namespace()));
    assert!(created.metadata.uid.is_some() && created.metadata.creation_timestamp.is_some());

    let got = cx.call(api.get("a")).unwrap();
    assert_eq!(got, created);
    assert_eq!(got.data.unwrap()["k"], "v");
    let from_cache = cx.call(api.get_with("a", &GetParams::default().resource_version("0"))).unwrap();
    assert_eq!(from_cache.metadata.uid, created.metadata.uid);

    let deleted = cx.call(api.delete("a", &DeleteParams::default())).unwrap();
    let Deleted::Status(status) = deleted else { panic!("a config map's deletion answers with a Status: {deleted:?}") };
    assert_eq!(status.status, "Success");
    let details = status.details.unwrap();
    assert_eq!((details.name.as_str(), details.kind.as_str()), ("a", "configmaps"));
    assert_eq!(Some(details.uid), created.metadata.uid);
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
}

fn managed_fields(cx: &Context) {
    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let managers = created.metadata.managed_fields.unwrap();
    assert_eq!(managers.len(), 1);
    assert_eq!(managers[0].manager.as_deref(), Some("kube-conformance"), "the user agent names the manager");
    assert_eq!(managers[0].operation.as_deref(), Some("Update"));
    assert_eq!(managers[0].fields_v1.as_ref().unwrap().0["f:data"]["f:k"], json!({}));
    let params = WriteParams::default().field_manager("other-manager");
    let replaced = cx.call(api.replace("a", &config_map("a", "k2", "v"), &params)).unwrap();
    let names: Vec<_> =
        replaced.metadata.managed_fields.unwrap().into_iter().filter_map(|entry| entry.manager).collect();
    assert!(names.contains(&"other-manager".to_owned()), "{names:?}");
}

fn replace(cx: &Context) {
    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let mut changed = created.clone();
    changed.data.as_mut().unwrap().insert("k2".into(), "v2".into());
    let replaced = cx.call(api.replace("a", &changed, &WriteParams::default())).unwrap();
    assert_ne!(replaced.metadata.resource_version, created.metadata.resource_version);
    assert_eq!(replaced.metadata.uid, created.metadata.uid);
    assert_eq!(replaced.data.as_ref().unwrap().len(), 2);
    // Nothing changed: no new version.
    let same = cx.call(api.replace("a", &replaced, &WriteParams::default())).unwrap();
    assert_eq!(same.metadata.resource_version, replaced.metadata.resource_version);
    // Without a version: any state is replaced.
    let unconditional = cx.call(api.replace("a", &config_map("a", "only", "this"), &WriteParams::default())).unwrap();
    assert_eq!(unconditional.data.unwrap().into_keys().collect::<Vec<_>>(), ["only"]);
    assert_eq!(unconditional.metadata.uid, created.metadata.uid);
    // A missing object is not replaced.
    let error = cx.call(api.replace("b", &config_map("b", "k", "v"), &WriteParams::default())).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

fn replace_of_a_stale_version_conflicts(cx: &Context) {
    let api = config_maps(cx);
    let mut first = cx.call(api.create(&config_map("a", "k", "v"), &WriteParams::default())).unwrap();
    let mut second = first.clone();
    second.data.as_mut().unwrap().insert("k".into(), "v2".into());
    cx.call(api.replace("a", &second, &WriteParams::default())).unwrap();
    first.data.as_mut().unwrap().insert("k".into(), "v3".into());
    let error = cx.call(api.replace("a", &first, &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict() && !error.is_already_exists(), "{error}");
    assert_eq!(error.status().unwrap().code, 409);
    says(&error, &["update configmaps \"a\" in namespace", "the object has been modified", "(Conflict)"]);
    let details = error.status().unwrap().details.as_ref().unwrap();
    assert_eq!((details.name.as_str(), details.kind.as_str()), ("a", "configmaps"));
    assert_eq!(cx.call(api.get("a")).unwrap().data.unwrap()["k"], "v2");
}

fn generate_name(cx: &Context) {
    let api = config_maps(cx);
    let made: Vec<ConfigMap> =
        (0..3).map(|_| create(cx, &api, json!({"metadata": {"generateName": "made-"}}))).collect();
    let mut names: Vec<String> = made.iter().map(name).collect();
    assert!(names.iter().all(|name| name.starts_with("made-") && name.len() == "made-".len() + 5), "{names:?}");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 3);
    assert_eq!(made[0].metadata.generate_name.as_deref(), Some("made-"));
    let error = try_create(cx, &api, json!({"metadata": {}})).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["name or generateName is required"]);
}

fn create_twice(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    let error = try_create(cx, &api, json!({"metadata": {"name": "a"}})).unwrap_err();
    assert!(error.is_already_exists() && !error.is_conflict(), "{error}");
    says(&error, &["create configmaps \"a\" in namespace", "configmaps \"a\" already exists (AlreadyExists)"]);
}

fn a_list_knows_its_version_and_kind(cx: &Context) {
    let api = dynamic(cx, "v1", "Secret", "secrets");
    for name in ["c", "a", "b"] {
        create(cx, &api, json!({"metadata": {"name": name}}));
    }
    let list = cx.call(api.list(&ListParams::default())).unwrap();
    assert_eq!((list.api_version.as_str(), list.kind.as_str()), ("v1", "SecretList"));
    assert!(!list.metadata.resource_version.is_empty() && list.metadata.continue_token.is_empty());
    assert_eq!(list.items.iter().map(name).collect::<Vec<_>>(), ["a", "b", "c"], "in the order of their names");
    assert!(list.items.iter().all(|item| (item.api_version.as_str(), item.kind.as_str()) == ("v1", "Secret")));
    let same = cx.call(api.list(&ListParams::default().resource_version("0"))).unwrap();
    assert!(!same.metadata.resource_version.is_empty(), "a list of any age has a version too");
    let empty = cx.call(api.list(&ListParams::default().label_selector("no-object=has-it"))).unwrap();
    assert!(empty.items.is_empty() && !empty.metadata.resource_version.is_empty());
}

fn lists_of_all_namespaces(cx: &Context) {
    let mark = cx.unique("mark");
    create(cx, &config_maps(cx), json!({"metadata": {"name": "a", "labels": {"mark": mark}}}));
    let everywhere = Api::<ConfigMap>::all();
    let list = cx.call(everywhere.list(&ListParams::default().label_selector(format!("mark={mark}")))).unwrap();
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.items[0].metadata.namespace.as_deref(), Some(cx.namespace()));
}

fn cluster_scoped(cx: &Context) {
    let api = Api::<PriorityClass>::all();
    let class = cx.unique("class");
    cx.remove_later(format!("/apis/scheduling.k8s.io/v1/priorityclasses/{class}"));
    let created = create(cx, &api, json!({"metadata": {"name": class}, "value": 7, "description": "small"}));
    assert_eq!((created.value, created.metadata.namespace.as_deref()), (Some(7), None));
    let patch = Patch::merge(&json!({"description": "very small"}));
    let patched = cx.call(api.patch(&class, &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.description.as_deref(), Some("very small"));
    let list = cx.call(api.list(&ListParams::default().field_selector(format!("metadata.name={class}")))).unwrap();
    assert_eq!(list.items, [patched]);
    cx.call(api.delete(&class, &DeleteParams::default())).unwrap();
    assert!(cx.call(api.get(&class)).unwrap_err().is_not_found());
}

fn namespaces(cx: &Context) {
    let api = Api::<Namespace>::all();
    let mine = cx.call(api.get(cx.namespace())).unwrap();
    assert_eq!(mine.metadata.labels.unwrap()["kubernetes.io/metadata.name"], cx.namespace());
    assert_eq!(mine.spec.unwrap().finalizers.unwrap(), ["kubernetes"]);
    assert_eq!(mine.status.unwrap().phase.as_deref(), Some("Active"));
    let list = cx.call(api.list(&ListParams::default())).unwrap();
    let names: Vec<String> = list.items.iter().map(name).collect();
    for known in ["default", "kube-system", cx.namespace()] {
        assert!(names.iter().any(|name| name == known), "{known} in {names:?}");
    }
    // In a missing namespace nothing can be created.
    let nowhere = Api::<ConfigMap>::namespaced("nowhere-at-all");
    let error = try_create(cx, &nowhere, json!({"metadata": {"name": "a"}})).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    says(&error, &["namespaces \"nowhere-at-all\" not found"]);
    // But its list is empty, as kubectl users know.
    assert!(cx.call(nowhere.list(&ListParams::default())).unwrap().items.is_empty());
}

fn dynamic_objects(cx: &Context) {
    let api = dynamic(cx, "apps/v1", "Deployment", "deployments");
    let web = DynamicObject::new(&api.target().resource, "web").with("spec", deployment_spec(2));
    let created = cx.call(api.create(&web, &WriteParams::default())).unwrap();
    assert_eq!((created.api_version.as_str(), created.kind.as_str()), ("apps/v1", "Deployment"));
    assert_eq!(created.data["spec"]["replicas"], 2);
    assert_eq!(created.data["spec"]["strategy"]["type"], "RollingUpdate", "defaults are filled in");
    assert_eq!(created.metadata.generation, Some(1));
    let patch = Patch::merge(&json!({"spec": {"replicas": 0}}));
    let patched = cx.call(api.patch("web", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.data["spec"]["replicas"], 0);
    assert_eq!(patched.metadata.generation, Some(2));
    cx.call(api.delete("web", &DeleteParams::default())).unwrap();
}

fn typed_objects_keep_their_fields(cx: &Context) {
    let api = Api::<Deployment>::namespaced(cx.namespace());
    let wanted: Deployment =
        object(json!({"metadata": {"name": "web", "labels": {"a": "b"}}, "spec": deployment_spec(0)}));
    let created = cx.call(api.create(&wanted, &WriteParams::default())).unwrap();
    let got = cx.call(api.get("web")).unwrap();
    let spec = got.spec.as_ref().unwrap();
    assert_eq!(spec.replicas, Some(0), "zero is not absent");
    assert_eq!(spec.template.spec.as_ref().unwrap().containers[0].image.as_deref(), Some("localhost/busybox:1"));
    assert_eq!(got.metadata.labels, created.metadata.labels);
    let list = cx.call(api.list(&ListParams::default())).unwrap();
    assert_eq!(list.items.len(), 1);
    assert_eq!(list.items[0].metadata.uid, created.metadata.uid);
}

fn bytes_survive(cx: &Context) {
    let api = Api::<Secret>::namespaced(cx.namespace());
    let every: Vec<u8> = (0..=255).collect();
    let mut secret: Secret = object(json!({"metadata": {"name": "a"}, "stringData": {"text": "grüße\n"}}));
    secret.data = Some([("bytes".to_owned(), ByteString(every.clone()))].into());
    cx.call(api.create(&secret, &WriteParams::default())).unwrap();
    let data = cx.call(api.get("a")).unwrap().data.unwrap();
    assert_eq!(data["bytes"].0, every);
    assert_eq!(data["text"].0, "grüße\n".as_bytes());
}

fn names_with_strange_characters(cx: &Context) {
    // Names of roles may contain characters that have a meaning in URLs.
    let api = dynamic(cx, "rbac.authorization.k8s.io/v1", "Role", "roles");
    for strange in ["system:node:a", "a b", "a?b=c&d", "ü", "a+b#c", "%41"] {
        if strange.contains('%') {
            // Servers refuse such a name, and the client refuses it earlier.
            assert!(matches!(cx.call(api.get(strange)).unwrap_err().kind(), ErrorKind::Misuse(_)));
            continue;
        }
        let created = create(cx, &api, json!({"metadata": {"name": strange}, "rules": []}));
        assert_eq!(name(&created), strange);
        assert_eq!(name(&cx.call(api.get(strange)).unwrap()), strange);
        let by_field = ListParams::default().field_selector(format!("metadata.name={strange}"));
        if !strange.contains('=') {
            assert_eq!(cx.call(api.list(&by_field)).unwrap().items.len(), 1, "{strange}");
        }
        cx.call(api.delete(strange, &DeleteParams::default())).unwrap();
    }
}

fn large_objects(cx: &Context) {
    let api = config_maps(cx);
    let text: String = ('a'..='z').cycle().take(900_000).collect();
    cx.call(api.create(&config_map("large", "text", &text), &WriteParams::default())).unwrap();
    assert_eq!(cx.call(api.get("large")).unwrap().data.unwrap()["text"], text);
    assert_eq!(cx.call(api.list(&ListParams::default().field_selector("metadata.name=large"))).unwrap().items.len(), 1);
}

fn many_at_once(cx: &Context) {
    let api = config_maps(cx);
    let creates =
        (0..40).map(|n| api.create(&config_map(&format!("m-{n:02}"), "n", &n.to_string()), &WriteParams::default()));
    assert!(cx.batch(creates, 8).into_iter().all(|result| result.is_ok()));
    // The answers are in the order of the requests, even if some of them fail.
    let results = cx.batch((0..60).map(|n| api.get(&format!("m-{n:02}"))), 8);
    for (n, result) in results.into_iter().enumerate() {
        match result {
            Ok(found) => assert_eq!(found.data.unwrap()["n"], n.to_string()),
            Err(error) => assert!(n >= 40 && error.is_not_found(), "{n}: {error}"),
        }
    }
}

fn mistakes_are_found_before_anything_is_sent(cx: &Context) {
    let api = config_maps(cx);
    for misuse in [
        cx.call(api.get("")),
        cx.call(api.get("..")),
        cx.call(api.get("a/b")),
        cx.call(Api::<ConfigMap>::all().get("a")),
        cx.call(Api::<ConfigMap>::namespaced("a/b").get("a")),
        cx.call(api.create_for("a", &config_map("a", "k", "v"), &WriteParams::default())),
        cx.call(api.patch("a", &Patch::apply(&json!({})), &PatchParams::default())),
        cx.call(api.patch("a", &Patch::merge(&json!({})), &PatchParams::default().force())),
    ] {
        let error = misuse.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    }
}
