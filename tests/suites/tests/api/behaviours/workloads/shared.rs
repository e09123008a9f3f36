//! The rows that all workloads have, but for deletions.

use kube_proto::Api;
use kube_proto::api::{JsonPatch, ListParams, Patch, PatchParams, WriteParams};
use serde_json::{Value, json};

use super::kinds::Workload;
use super::objects::*;
use crate::behaviours::support::*;
use crate::context::Context;

pub(super) fn create_and_get<K: Workload>(cx: &Context) {
    let api = api::<K>(cx);
    let wanted: K = object(document::<K>("a"));
    let created = cx.call(api.create(&wanted, &WriteParams::default()).with_info()).unwrap();
    assert_eq!((created.info.code.as_u16(), created.info.warnings.as_slice()), (201, &[][..]));
    let created = created.value;
    let meta = json!({"name": "a", "namespace": cx.namespace(), "generation": 1, "labels": {"app": "a"}});
    assert!(holds(&json!(created), &json!({"metadata": meta, "spec": (K::ABOUT.spec)()})), "{created:?}");
    assert!(holds(&json!(created), &(K::ABOUT.filled)()), "{created:?}");
    assert!(at(&created, "/metadata/uid").is_some());

    // A controller may have written the status since.
    let found = cx.call(api.get("a")).unwrap();
    assert_eq!(at(&found, "/spec"), at(&created, "/spec"));
    assert_eq!(at(&found, "/metadata/uid"), at(&created, "/metadata/uid"));

    let error = cx.call(api.create(&wanted, &WriteParams::default())).unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    let named = format!("{}.{} \"a\" already exists", K::PLURAL, K::GROUP);
    says(&error, &[&format!("create {}.{} \"a\"", K::PLURAL, K::GROUP), &named]);
    let error = cx.call(api.get("b")).unwrap_err();
    assert!(error.is_not_found() && !error.status().unwrap().is_missing_resource(), "{error}");
}

pub(super) fn list<K: Workload>(cx: &Context) {
    let api = api::<K>(cx);
    let mark = cx.unique("mark");
    for name in ["c", "a", "b"] {
        let mut wanted = document::<K>(name);
        wanted["metadata"]["labels"]["mark"] = json!(mark);
        create(cx, &api, wanted);
    }
    let names = |api: &Api<K>, params: ListParams| -> Vec<String> {
        cx.call(api.list(&params)).unwrap().items.iter().map(name).collect()
    };
    assert_eq!(names(&api, ListParams::default()), ["a", "b", "c"]);
    let select = |labels: &str| ListParams::default().label_selector(labels);
    assert_eq!(names(&api, select("app=b")), ["b"]);
    assert_eq!(names(&api, select("app in (a, c)")), ["a", "c"]);
    assert!(names(&api, select("app=web")).is_empty(), "the labels of pods are not those of what makes them");
    assert_eq!(names(&api, ListParams::default().field_selector("metadata.name=c")), ["c"]);
    let everywhere = Api::<K>::all();
    assert_eq!(names(&everywhere, select(&format!("mark={mark},app!=a"))), ["b", "c"]);
    let whole = cx.call(api.list(&select("app=a"))).unwrap();
    assert_eq!((whole.api_version, whole.kind), (format!("{}/{}", K::GROUP, K::VERSION), format!("{}List", K::KIND)));
    assert!(holds(&json!(whole.items[0]), &document::<K>("a")), "{:?}", whole.items[0]);
}

pub(super) fn replace<K: Workload>(cx: &Context) {
    let (api, field) = (api::<K>(cx), K::ABOUT.changed);
    let first = created::<K>(cx, "a");
    let changed = with(&first, field, 5);
    let replaced = cx.call(api.replace("a", &changed, &WriteParams::default())).unwrap();
    assert_eq!((number(&replaced, field), generation(&replaced)), (5, generation(&first) + 1));
    assert_eq!(at(&replaced, "/metadata/uid"), at(&first, "/metadata/uid"));
    assert_ne!(version(&replaced), version(&first));
    // Only that is different.
    assert_eq!(at(&with(&replaced, field, 0), "/spec"), at(&with(&first, field, 0), "/spec"));

    // Without a version it replaces whatever is there. Of a job only what may change is taken from the new document.
    let mut anew = json!(cx.call(api.get("a")).unwrap());
    anew["metadata"] = document::<K>("a")["metadata"].clone();
    let anew = with(&object::<K>(anew), field, 4);
    let replaced = cx.call(api.replace("a", &anew, &WriteParams::default())).unwrap();
    assert_eq!((number(&replaced, field), generation(&replaced)), (4, generation(&first) + 2));
    let error = cx.call(api.replace("b", &object(document::<K>("b")), &WriteParams::default())).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

pub(super) fn replace_of_a_stale_version_conflicts<K: Workload>(cx: &Context) {
    let (api, field) = (api::<K>(cx), K::ABOUT.changed);
    let first = created::<K>(cx, "a");
    cx.call(api.replace("a", &with(&first, field, 5), &WriteParams::default())).unwrap();
    let error = cx.call(api.replace("a", &with(&first, field, 7), &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict() && !error.is_already_exists(), "{error}");
    assert_eq!(error.status().unwrap().code, 409);
    let what = format!("update {}.{} \"a\" in namespace", K::PLURAL, K::GROUP);
    says(&error, &[&what, "the object has been modified", "(Conflict)"]);
    assert_eq!(number(&cx.call(api.get("a")).unwrap(), field), 5);
    // A patch that names a version is as strict, and so is the status.
    let mut stale = nested(field, 7.into());
    stale["metadata"] = json!({"resourceVersion": version(&first)});
    for error in [
        cx.call(api.patch("a", &Patch::merge(&stale), &PatchParams::default())).unwrap_err(),
        cx.call(api.status().replace("a", &first, &WriteParams::default())).unwrap_err(),
    ] {
        assert!(error.is_conflict(), "{error}");
    }
    assert_eq!(number(&cx.call(api.get("a")).unwrap(), field), 5);
}

pub(super) fn patch<K: Workload>(cx: &Context) {
    let (api, field) = (api::<K>(cx), K::ABOUT.changed);
    let first = created::<K>(cx, "a");
    let steps = JsonPatch::new().test(field, 3).replace(field, 2);
    for (patch, value, more) in [
        (Patch::merge(&nested(field, 5.into())), 5, 1),
        // The same again changes nothing.
        (Patch::merge(&nested(field, 5.into())), 5, 1),
        (Patch::strategic(&nested(field, 3.into())), 3, 2),
        (Patch::json(steps), 2, 3),
        (Patch::merge(&json!({"metadata": {"labels": {"more": "yes"}}})), 2, 3),
    ] {
        let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
        assert_eq!((number(&patched, field), generation(&patched)), (value, generation(&first) + more), "{patch:?}");
    }
    let found = cx.call(api.get("a")).unwrap();
    assert_eq!(at(&found, "/metadata/labels"), Some(json!({"app": "a", "more": "yes"})));
    let dry = PatchParams::default().dry_run();
    let patched = cx.call(api.patch("a", &Patch::merge(&nested(field, 9.into())), &dry)).unwrap();
    assert_eq!((number(&patched, field), number(&cx.call(api.get("a")).unwrap(), field)), (9, 2));
    // The spec is checked whichever way it comes.
    let wrong = Patch::merge(&nested(field, json!("many")));
    let error = cx.call(api.patch("a", &wrong, &PatchParams::default())).unwrap_err();
    caused(&error, "patch", "Invalid value");
}

pub(super) fn apply<K: Workload>(cx: &Context) {
    let (api, field) = (api::<K>(cx), K::ABOUT.applied);
    let manager = |name: &str| PatchParams::default().field_manager(name);
    let mut wanted = document::<K>("a");
    merge(&mut wanted, &nested(field, 5.into()));
    let whole = Patch::apply(&wanted);
    let first = cx.call(api.patch("a", &whole, &manager("first")).with_info()).unwrap();
    assert_eq!((first.info.code.as_u16(), number(&first.value, field)), (201, 5));
    assert!(holds(&json!(first.value), &(K::ABOUT.filled)()), "{:?}", first.value);
    let again = cx.call(api.patch("a", &whole, &manager("first")).with_info()).unwrap();
    assert_eq!((again.info.code.as_u16(), generation(&again.value)), (200, 1));

    // Another manager wants another value.
    let mut other = nested(field, 7.into());
    other["metadata"] = json!({"name": "a"});
    let other = Patch::apply(&other);
    let error = cx.call(api.patch("a", &other, &manager("second"))).unwrap_err();
    assert!(error.is_conflict() && error.status().unwrap().is_apply_conflict(), "{error}");
    let dots = field.replace('/', ".");
    let causes = error.status().unwrap().causes();
    assert_eq!(
        causes.iter().map(|cause| (cause.field.as_str(), cause.message.as_str())).collect::<Vec<_>>(),
        [(dots.as_str(), "conflict with \"first\"")]
    );
    assert_eq!(number(&cx.call(api.get("a")).unwrap(), field), 5);

    // With force it takes the field over, and no more than that.
    let forced = cx.call(api.patch("a", &other, &manager("second").force())).unwrap();
    assert_eq!((number(&forced, field), generation(&forced)), (7, 2));
    assert!(holds(&json!(forced), &json!({"spec": (K::ABOUT.spec)()})), "{forced:?}");
    let owner = |object: &K| -> Vec<String> {
        let entries = at(object, "/metadata/managedFields").unwrap();
        let key = field.rsplit('/').next().unwrap();
        let owns = |entry: &&Value| entry["fieldsV1"]["f:spec"].get(format!("f:{key}")).is_some();
        entries.as_array().unwrap().iter().filter(owns).map(|entry| entry["manager"].as_str().unwrap().into()).collect()
    };
    assert_eq!(owner(&forced), ["second"]);
    let error = cx.call(api.patch("a", &whole, &manager("first"))).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &[&format!("conflict with \"second\": {dots}")]);

    // Both want the same: both own it, and when one lets go it stays.
    merge(&mut wanted, &nested(field, 7.into()));
    let both = cx.call(api.patch("a", &Patch::apply(&wanted), &manager("first"))).unwrap();
    let mut owners = owner(&both);
    owners.sort();
    assert_eq!(owners, ["first", "second"]);
    let left = cx.call(api.patch("a", &Patch::apply(&json!({"metadata": {"name": "a"}})), &manager("second"))).unwrap();
    assert_eq!((number(&left, field), owner(&left)), (7, vec!["first".to_owned()]));
}

pub(super) fn status<K: Workload>(cx: &Context) {
    let (api, field) = (api::<K>(cx), K::ABOUT.changed);
    let first = created::<K>(cx, "a");
    let [seen, lie] = (K::ABOUT.statuses)();
    let says = |object: &K, status: &Value| at(object, "/status").is_some_and(|found| holds(&found, status));

    // Through the status the spec stays as it is. The metadata of these kinds may change.
    let mut through = nested(field, 9.into());
    merge(&mut through, &json!({"status": seen, "metadata": {"labels": {"through": "status"}}}));
    let patched = cx.call(api.status().patch("a", &Patch::strategic(&through), &PatchParams::default())).unwrap();
    assert!(says(&patched, &seen), "{patched:?}");
    assert_eq!((at(&patched, "/spec"), generation(&patched)), (at(&first, "/spec"), generation(&first)));
    assert_eq!(at(&patched, "/metadata/labels/through"), Some(json!("status")));
    for found in [cx.call(api.get("a")).unwrap(), cx.call(api.status().get("a")).unwrap()] {
        assert!(says(&found, &seen), "{found:?}");
        assert_eq!(at(&found, "/spec"), at(&first, "/spec"));
    }

    // Through the object the status stays as it is.
    let mut through = nested(field, 5.into());
    merge(&mut through, &json!({"status": lie}));
    let patched = cx.call(api.patch("a", &Patch::merge(&through), &PatchParams::default())).unwrap();
    assert_eq!((number(&patched, field), generation(&patched)), (5, generation(&first) + 1));
    assert!(says(&patched, &seen) && !says(&patched, &lie), "{patched:?}");
    let again = cx.eventually("no controller writes in between", || {
        let mut value = json!(cx.call(api.get("a")).unwrap());
        value["status"] = json!({});
        merge(&mut value, &nested(field, 4.into()));
        unless_conflict(cx.call(api.replace("a", &object::<K>(value), &WriteParams::default())))
    });
    assert_eq!(number(&again, field), 4);
    assert!(!says(&again, &lie), "{again:?}");

    // And a status is replaced.
    let replaced = cx.eventually("no controller writes in between", || {
        let mut value = json!(cx.call(api.status().get("a")).unwrap());
        let status = value.as_object_mut().unwrap().entry("status").or_insert_with(|| json!({}));
        merge(status, &lie);
        merge(&mut value, &nested(field, 9.into()));
        unless_conflict(cx.call(api.status().replace("a", &object::<K>(value), &WriteParams::default())))
    });
    assert!(says(&replaced, &lie) && !says(&replaced, &seen), "{replaced:?}");
    assert_eq!(number(&replaced, field), 4);
}

pub(super) fn status_of_an_apply<K: Workload>(cx: &Context) {
    let api = api::<K>(cx);
    created::<K>(cx, "a");
    let [seen, _] = (K::ABOUT.statuses)();
    let wanted = Patch::apply(&json!({"metadata": {"name": "a"}, "status": seen}));
    // Conditions may be one field, which the controller owns.
    let params = PatchParams::default().field_manager("observer").force();
    let applied = cx.call(api.status().patch("a", &wanted, &params)).unwrap();
    assert!(holds(&json!(applied), &json!({"status": seen})), "{applied:?}");
    let entries = at(&applied, "/metadata/managedFields").unwrap();
    let entry = entries.as_array().unwrap().iter().find(|entry| entry["manager"] == "observer").unwrap();
    assert_eq!((&entry["operation"], &entry["subresource"]), (&json!("Apply"), &json!("status")));
    // Through the object it owns nothing of the status.
    let params = PatchParams::default().field_manager("dreamer");
    let applied = cx.call(api.patch("a", &wanted, &params)).unwrap();
    let entries = at(&applied, "/metadata/managedFields").unwrap();
    assert!(entries.as_array().unwrap().iter().all(|entry| entry["manager"] != "dreamer"), "{entries}");
}

pub(super) fn fields_that_never_change<K: Workload>(cx: &Context) {
    let api = api::<K>(cx);
    let first = created::<K>(cx, "a");
    for (patch, field, text) in (K::ABOUT.fixed)() {
        let error = cx.call(api.patch("a", &Patch::merge(&patch), &PatchParams::default())).unwrap_err();
        caused(&error, field, text);
    }
    assert_eq!(at(&cx.call(api.get("a")).unwrap(), "/spec"), at(&first, "/spec"));
    for (patch, field) in [
        (json!({"metadata": {"labels": {"-": "x"}}}), "metadata.labels"),
        (json!({"metadata": {"finalizers": ["a b/c"]}}), "metadata.finalizers"),
    ] {
        let error = cx.call(api.patch("a", &Patch::merge(&patch), &PatchParams::default())).unwrap_err();
        assert!(error.is_invalid() && error.status().unwrap().causes()[0].field == field, "{error}");
    }
}
