//! Runs: objects of any kind, one after the other.

use kube_proto::Api;
use kube_proto::discovery::DiscoveryCache;
use kube_proto::manifest::{self, ApplySet, Change, Manifest, Report, Run};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use serde_json::{Value, json};

use crate::definitions::definition;
use crate::script::secs;
use crate::world::World;

fn manifests(objects: &[Value]) -> Vec<Manifest> {
    objects.iter().map(|object| Manifest::new(object).unwrap()).collect()
}

fn map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value}})
}

fn namespace(name: &str) -> Value {
    // Without a field of its own, the first apply would own nothing, and the second one would write an entry for that.
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"a": "b"}}})
}

fn widget(name: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": 1}})
}

fn lines(reports: &[Report]) -> Vec<String> {
    reports.iter().map(|report| report.to_string().split(':').next().unwrap().to_owned()).collect()
}

fn run(world: &mut World, run: Run) -> Vec<Report> {
    let (reports, result) = world.run(run);
    result.unwrap();
    reports
}

fn maps(namespace: &str) -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within(namespace)
}

#[test]
fn what_others_need_is_there_first_and_a_second_run_changes_nothing() {
    let mut world = World::new();
    let objects = [widget("w"), map("m", "1"), definition(&[("v1", true)]), namespace("shop")];
    let apply = || manifest::apply(manifests(&objects), "me").within("shop");
    let reports = run(&mut world, apply());
    let expected = [
        "namespace/shop",
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com",
        "widget.example.com/w",
        "configmap/m",
    ];
    assert_eq!(lines(&reports), expected.map(|line| format!("{line} created")));
    let indexes: Vec<_> = reports.iter().map(|report| report.index).collect();
    assert_eq!(indexes, [Some(3), Some(2), Some(0), Some(1)]);
    assert_eq!(reports[2].namespace.as_deref(), Some("shop"));
    assert_eq!(reports[1].namespace, None);
    assert_eq!(lines(&run(&mut world, apply())), expected.map(|line| format!("{line} unchanged")));
    // A dry run and a diff see what would change, and change nothing.
    let objects = [map("m", "2"), map("n", "1")];
    let changes = |run: &[Report]| -> Vec<_> { run.iter().map(|report| report.change().unwrap()).collect() };
    let dry = run(&mut world, manifest::apply(manifests(&objects), "me").within("shop").dry_run());
    let diff = run(&mut world, manifest::diff(manifests(&objects), "me").within("shop"));
    for reports in [&dry, &diff] {
        assert_eq!(changes(reports), [Change::Changed, Change::Created]);
        let done = reports[0].result.as_ref().unwrap();
        assert_eq!(done.before.as_ref().unwrap().data["data"]["a"], "1");
        assert_eq!(done.object.as_ref().unwrap().data["data"]["a"], "2");
    }
    let same = run(&mut world, manifest::diff(manifests(&[map("m", "1")]), "me").within("shop"));
    assert_eq!(changes(&same), [Change::Unchanged]);
    assert_eq!(world.one(maps("shop").get("m")).unwrap().data["data"]["a"], "1");
}

#[test]
fn a_failure_is_that_of_its_object() {
    let mut world = World::new();
    let unknown = json!({"apiVersion": "none.example.com/v1", "kind": "None", "metadata": {"name": "x"}});
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    let generated = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "g-"}});
    let objects = [
        unknown,
        nameless,
        generated.clone(),
        map("a", "1"),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b", "labels": 7}}),
    ];
    let reports = run(&mut world, manifest::apply(manifests(&objects), "me"));
    let texts: Vec<String> = reports.iter().map(ToString::to_string).collect();
    for (text, part) in texts.iter().zip([
        "none.none.example.com/x: no matches for kind \"None\" in version \"none.example.com/v1\"",
        "configmap/: the object has no name",
        "configmap/g-*: the object has no name but only generateName",
        "configmap/a created",
        "secret/b: ",
    ]) {
        assert!(text.starts_with(part), "{text}");
    }
    // What can be made is made; a name that the server chooses is in the report.
    let reports = run(&mut world, manifest::create(manifests(&[generated, map("a", "1"), map("c", "1")])));
    let texts = lines(&reports);
    assert!(texts[0].starts_with("configmap/g-") && texts[0].ends_with(" created") && texts[0].len() > 20, "{texts:?}");
    assert!(reports[1].result.as_ref().unwrap_err().is_already_exists());
    assert_eq!(texts[2], "configmap/c created");
}

#[test]
fn an_unknown_kind_is_looked_for_once() {
    let mut world = World::new();
    let cache = DiscoveryCache::new(secs(3600));
    world.one(kube_proto::discovery::discover().cached(&cache)).unwrap();
    world.asked.clear();
    let none = |name: &str| json!({"apiVersion": "none.example.com/v1", "kind": "None", "metadata": {"name": name}});
    let reports = run(&mut world, manifest::get(manifests(&[none("a"), none("b"), map("c", "")])).cached(&cache));
    assert_eq!(world.asked, ["GET /api", "GET /apis", "GET /api/v1/namespaces/default/configmaps/c"]);
    assert_eq!(reports[2].change(), Some(Change::Missing));
    // Without discovery there is no run.
    world.fails("GET /apis", 1, 403, "Forbidden");
    let (reports, result) = world.run(manifest::get(manifests(&[map("c", "")])));
    assert!(reports.is_empty() && result.unwrap_err().is_forbidden());
    // With an older one there is.
    world.fails("GET /apis", 1, 403, "Forbidden");
    let reports = run(&mut world, manifest::get(manifests(&[none("a"), map("c", "")])).cached(&cache));
    assert!(reports[0].result.is_err() && reports[1].result.is_ok());
}

#[test]
fn a_definition_that_is_not_served_in_time_is_its_failure() {
    let mut world = World::new();
    world.fails("GET /apis/example.com/v1/widgets", 1_000, 404, "NotFound");
    let objects = [definition(&[("v1", true)]), map("m", "1")];
    let reports = run(&mut world, manifest::apply(manifests(&objects), "me").serving_timeout(secs(5)));
    assert_eq!(reports[0].result.as_ref().unwrap_err().status().unwrap().code, 404, "{}", reports[0]);
    assert_eq!(reports[1].change(), Some(Change::Created));
    // What is established already is not waited for.
    world.asked.clear();
    let reports = run(&mut world, manifest::apply(manifests(&objects), "me"));
    assert_eq!(reports[0].change(), Some(Change::Unchanged));
    assert!(!world.asked.iter().any(|line| line.contains("/widgets?")), "{:?}", world.asked);
}

#[test]
fn replacements_read_the_version_and_try_again() {
    let mut world = World::new();
    run(&mut world, manifest::create(manifests(&[map("a", "1")])));
    let replace = |value: &str| manifest::replace(manifests(&[map("a", value)]));
    world.fails("PUT ", 2, 409, "Conflict");
    assert_eq!(lines(&run(&mut world, replace("2"))), ["configmap/a changed"]);
    assert_eq!(lines(&run(&mut world, replace("2"))), ["configmap/a unchanged"]);
    world.fails("PUT ", 4, 409, "Conflict");
    assert!(run(&mut world, replace("3"))[0].result.as_ref().unwrap_err().is_conflict());
    let missing = run(&mut world, manifest::replace(manifests(&[map("b", "1")])));
    assert!(missing[0].result.as_ref().unwrap_err().is_not_found());
    // A version of its own is not replaced by another.
    let mut old = map("a", "4");
    old["metadata"]["resourceVersion"] = "1".into();
    world.asked.clear();
    assert!(run(&mut world, manifest::replace(manifests(&[old])))[0].result.as_ref().unwrap_err().is_conflict());
    assert_eq!(world.asked.iter().filter(|line| line.starts_with("PUT")).count(), 1);
}

#[test]
fn deletions_go_backwards_and_what_is_gone_is_no_failure() {
    let mut world = World::new();
    let objects = [namespace("shop"), map("a", "1"), definition(&[("v1", true)]), widget("w")];
    run(&mut world, manifest::apply(manifests(&objects), "me"));
    let delete = || manifest::delete(manifests(&objects));
    let names = [
        "widget.example.com/w",
        "configmap/a",
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com",
        "namespace/shop",
    ];
    assert_eq!(lines(&run(&mut world, delete().dry_run())), names.map(|name| format!("{name} deleted")));
    assert_eq!(lines(&run(&mut world, delete())), names.map(|name| format!("{name} deleted")));
    let again = run(&mut world, delete());
    assert_eq!(again[1].change(), Some(Change::Missing));
}

#[test]
fn an_order_of_one_s_own_is_kept() {
    let mut world = World::new();
    let objects = [map("a", "1"), namespace("shop"), map("b", "1")];
    let reports = run(&mut world, manifest::apply(manifests(&objects), "me").as_they_come());
    assert_eq!(lines(&reports), ["configmap/a created", "namespace/shop created", "configmap/b created"]);
}

#[test]
fn an_apply_set_loses_what_is_no_longer_there() {
    let mut world = World::new();
    run(&mut world, manifest::create(manifests(&[namespace("shop"), namespace("other"), map("foreign", "1")])));
    let set = || ApplySet::config_map("shop", "set", "tool/v1");
    let mut elsewhere = map("e", "1");
    elsewhere["metadata"]["namespace"] = "other".into();
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    let apply = |objects: &[Value]| manifest::apply(manifests(objects), "me").within("shop").prune(set());
    let reports = run(&mut world, apply(&[map("a", "1"), map("b", "1"), elsewhere.clone(), secret]));
    assert_eq!(lines(&reports).iter().filter(|line| line.ends_with("created")).count(), 4);
    let member = world.one(maps("shop").get("a")).unwrap();
    assert_eq!(member.metadata.labels[ApplySet::PART_OF], set().id());
    let annotation = |world: &mut World, name: &str| {
        let parent = world.one(maps("shop").get("set")).unwrap();
        parent.metadata.annotations[&format!("applyset.kubernetes.io/{name}")].clone()
    };
    assert_eq!(annotation(&mut world, "contains-group-kinds"), "ConfigMap,Secret");
    assert_eq!(annotation(&mut world, "additional-namespaces"), "other");
    // A dry run says what would go.
    let dry = run(&mut world, apply(&[map("a", "1")]).dry_run());
    assert_eq!(dry.iter().filter(|report| report.change() == Some(Change::Pruned)).count(), 3);
    // A failure prunes nothing.
    let mut unknown = map("x", "1");
    unknown["kind"] = "Unicorn".into();
    let reports = run(&mut world, apply(&[map("a", "1"), unknown]));
    assert_eq!(lines(&reports), ["configmap/a unchanged", "unicorn/x"]);
    assert_eq!(annotation(&mut world, "contains-group-kinds"), "ConfigMap,Secret,Unicorn");
    // What is left out goes: in other namespaces and of other kinds too.
    let mut pruned = lines(&run(&mut world, apply(&[map("a", "1")])));
    pruned.sort();
    assert_eq!(pruned, ["configmap/a unchanged", "configmap/b pruned", "configmap/e pruned", "secret/s pruned"]);
    assert_eq!(annotation(&mut world, "contains-group-kinds"), "ConfigMap");
    assert_eq!(annotation(&mut world, "additional-namespaces"), "");
    let names: Vec<_> = world
        .one(maps("shop").list(&Default::default()))
        .unwrap()
        .items
        .into_iter()
        .filter_map(|item| item.metadata.name)
        .collect();
    assert!(
        names.contains(&"a".to_owned()) && names.contains(&"set".to_owned()) && !names.contains(&"b".to_owned()),
        "{names:?}"
    );
    assert!(world.one(maps("default").get("foreign")).is_ok());
    // Other tools, and other labels.
    let other = manifest::apply(manifests(&[map("a", "1")]), "me").within("shop").prune(ApplySet::config_map(
        "shop",
        "set",
        "kubectl/v1",
    ));
    let (reports, result) = world.run(other);
    assert!(reports.is_empty());
    assert!(result.unwrap_err().to_string().contains("belongs to the tool \"tool/v1\""));
    let mut labelled = map("l", "1");
    labelled["metadata"]["labels"] = json!({ApplySet::PART_OF: "another"});
    let reports = run(&mut world, apply(&[labelled, map("a", "1")]));
    assert!(reports[0].result.is_err() && reports.len() == 2, "nothing is pruned");
    let (reports, result) = world.run(manifest::create(manifests(&[map("z", "1")])).prune(set()));
    assert!(reports.is_empty() && result.is_err());
}

#[test]
fn all_reports_at_once_and_no_secret_in_debug() {
    let mut world = World::new();
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "hush-hush"}});
    let apply = manifest::apply(manifests(&[secret, map("a", "1")]), "me").reports();
    assert!(!format!("{apply:?}").contains("hush-hush"));
    let reports = world.one(apply).unwrap();
    assert_eq!(reports.len(), 2);
    assert!(!format!("{reports:?}").contains("aHVzaC1odXNo"), "{reports:?}");
}
