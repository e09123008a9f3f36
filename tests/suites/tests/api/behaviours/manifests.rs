//! Manifests: runs of objects of any kind; definitions until they are served; and those of public projects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use kube_proto::api::{DeleteParams, ListParams, PropagationPolicy};
use kube_proto::crd::{Definition, definitions, migrate, register, served};
use kube_proto::discovery::DiscoveryCache;
use kube_proto::manifest::{self, ApplySet, Change, Manifest, Report};
use kube_proto::{Api, resource::Scope};
use serde_json::json;

use super::custom::definition;
use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(from_yaml_to_nothing),
    row!(a_second_apply_changes_nothing),
    row!(pruned_by_an_apply_set),
    row!(a_definition_is_registered),
    row!(stored_versions_are_migrated),
    row!(of_public_projects).real().alone(),
];

fn read(text: &str) -> Vec<Manifest> {
    manifest::read(text).map(Result::unwrap).collect()
}

fn changes(reports: &[Report]) -> Vec<Change> {
    reports.iter().map(|report| report.change().unwrap_or_else(|| panic!("{report}"))).collect()
}

/// A definition, an object of it, and a map.
fn objects(cx: &Context) -> (String, Vec<Manifest>) {
    let group = format!("{}.example.com", cx.unique("m"));
    let name = format!("widgets.{group}");
    cx.remove_later(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"));
    let mut crd = definition(&name, &group, "Namespaced");
    crd["apiVersion"] = "apiextensions.k8s.io/v1".into();
    crd["kind"] = "CustomResourceDefinition".into();
    let text = format!(
        "apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {{size: 1}}\n---\n\
         apiVersion: v1\nkind: ConfigMapList\nitems: [{{metadata: {{name: m}}, data: {{a: b}}}}]\n---\n{crd}\n"
    );
    (group, read(&text))
}

fn from_yaml_to_nothing(cx: &Context) {
    let (group, objects) = objects(cx);
    let created = cx.call(manifest::create(objects.clone()).within(cx.namespace()).reports()).unwrap();
    assert_eq!(changes(&created), [Change::Created; 3]);
    let lines: Vec<_> = created.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            format!("customresourcedefinition.apiextensions.k8s.io/widgets.{group} created"),
            format!("widget.{group}/w created"),
            "configmap/m created".to_owned(),
        ]
    );
    let within = |run: manifest::Run| cx.call(run.within(cx.namespace()).reports()).unwrap();
    for report in within(manifest::create(objects.clone())) {
        assert!(report.result.as_ref().unwrap_err().is_already_exists(), "{report}");
    }
    let found = within(manifest::get(objects.clone()));
    assert_eq!(found[2].result.as_ref().unwrap().object.as_ref().unwrap().data["data"]["a"], "b");
    assert_eq!(changes(&within(manifest::replace(objects.clone()))), [Change::Unchanged; 3]);
    let deleted = within(manifest::delete(objects.clone()));
    assert_eq!(deleted.iter().map(|report| report.index.unwrap()).collect::<Vec<_>>(), [1, 0, 2]);
    assert_eq!(changes(&deleted), [Change::Deleted; 3]);
    cx.eventually("all is gone", || {
        let left = within(manifest::get(objects.clone()));
        // The kind is gone before or after its definition.
        left.iter().all(|report| report.change() != Some(Change::Found)).then_some(())
    });
}

fn a_second_apply_changes_nothing(cx: &Context) {
    let (_, objects) = objects(cx);
    let cache = DiscoveryCache::new(Duration::from_secs(3600));
    let run = |objects: &[Manifest]| manifest::apply(objects.to_vec(), "rows").within(cx.namespace()).cached(&cache);
    assert_eq!(changes(&cx.call(run(&objects).reports()).unwrap()), [Change::Created; 3]);
    assert_eq!(changes(&cx.call(run(&objects).reports()).unwrap()), [Change::Unchanged; 3]);
    let mut other = objects.clone();
    for object in &mut other {
        if object.kind() == "ConfigMap" {
            object.object_mut().insert("data".into(), json!({"a": "c"}));
        }
    }
    let diff = cx.call(manifest::diff(other.clone(), "rows").within(cx.namespace()).reports()).unwrap();
    assert_eq!(changes(&diff), [Change::Unchanged, Change::Unchanged, Change::Changed]);
    assert_eq!(diff[2].result.as_ref().unwrap().before.as_ref().unwrap().data["data"]["a"], "b");
    // Another manager owns the field.
    let foreign = cx.call(manifest::apply(other.clone(), "others").within(cx.namespace()).reports()).unwrap();
    assert!(foreign[2].result.as_ref().unwrap_err().is_apply_conflict(), "{}", foreign[2]);
    let forced = cx.call(manifest::apply(other, "others").within(cx.namespace()).force().reports()).unwrap();
    assert_eq!(forced[2].change(), Some(Change::Changed));
}

fn pruned_by_an_apply_set(cx: &Context) {
    let maps = |names: &[&str]| -> Vec<Manifest> {
        let map = |name: &&str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}});
        names.iter().map(|name| Manifest::new(&map(name)).unwrap()).collect()
    };
    let run = |names: &[&str]| {
        let set = ApplySet::secret(cx.namespace(), "set", "rows/v1");
        cx.call(manifest::apply(maps(names), "rows").within(cx.namespace()).prune(set).reports()).unwrap()
    };
    create(cx, &config_maps(cx), json!({"metadata": {"name": "foreign"}}));
    assert_eq!(changes(&run(&["a", "b", "c"])), [Change::Created; 3]);
    let mut lines: Vec<String> = run(&["b"]).iter().map(ToString::to_string).collect();
    lines.sort();
    assert_eq!(lines, ["configmap/a pruned", "configmap/b unchanged", "configmap/c pruned"]);
    let mut names: Vec<_> =
        cx.call(config_maps(cx).list(&ListParams::default())).unwrap().items.iter().map(name).collect();
    names.retain(|name| name != "kube-root-ca.crt");
    assert_eq!(names, ["b", "foreign"]);
}

fn a_definition_is_registered(cx: &Context) {
    let group = format!("{}.example.com", cx.unique("r"));
    let name = format!("widgets.{group}");
    cx.remove_later(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"));
    let stored = cx.call(register(&definition(&name, &group, "Namespaced"), "rows")).unwrap();
    let resource = Definition::of(&stored).unwrap().storage();
    // At once, without waiting.
    let api = Api::dynamic(resource.clone()).within(cx.namespace());
    create(cx, &api, super::custom::widget("a", 1));
    assert_eq!(cx.call(api.metadata().list(&ListParams::default())).unwrap().items.len(), 1);
    let again = cx.call(register(&definition(&name, &group, "Namespaced"), "rows")).unwrap();
    assert_eq!(version(&again), version(&stored));
    assert_eq!(name_of(&cx.call(served(&name).times(1)).unwrap()), name);
    // Another definition with these names is refused.
    let mut second = definition(&name, &group, "Namespaced");
    second["metadata"]["name"] = format!("gadgets.{group}").into();
    second["spec"]["names"]["plural"] = "gadgets".into();
    if cx.site.is_real() {
        cx.remove_later(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{group}"));
        let error = cx.call(register(&second, "rows")).unwrap_err();
        says(&error, &["are not accepted"]);
    }
}

fn name_of(object: &kube_proto::resource::DynamicObject) -> String {
    name(object)
}

fn stored_versions_are_migrated(cx: &Context) {
    let group = format!("{}.example.com", cx.unique("v"));
    let name = format!("widgets.{group}");
    cx.remove_later(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"));
    let with = |storage: &str| {
        let mut crd = definition(&name, &group, "Namespaced");
        let mut versions = vec![crd["spec"]["versions"][0].clone(), crd["spec"]["versions"][0].clone()];
        for (version, name) in versions.iter_mut().zip(["v1", "v2"]) {
            version["name"] = name.into();
            version["storage"] = (name == storage).into();
        }
        crd["spec"]["versions"] = versions.into();
        crd
    };
    cx.call(register(&with("v1"), "rows")).unwrap();
    let v1 = Api::dynamic(kube_proto::resource::ApiResource::new(
        &format!("{group}/v1"),
        "Widget",
        "widgets",
        Scope::Namespaced,
    ))
    .within(cx.namespace());
    for name in ["a", "b", "c"] {
        create(cx, &v1, super::custom::widget(name, 1));
    }
    assert_eq!(cx.call(migrate(&name)).unwrap().objects, 0);
    cx.call(register(&with("v2"), "rows")).unwrap();
    if cx.site.is_real() {
        let stored = |cx: &Context| cx.call(definitions().get(&name)).unwrap().data["status"]["storedVersions"].clone();
        assert_eq!(stored(cx), json!(["v1", "v2"]));
        let migrated = cx.call(migrate(&name)).unwrap();
        assert_eq!((migrated.objects, migrated.written), (3, 3));
        assert_eq!(stored(cx), json!(["v2"]));
        assert_eq!(cx.call(migrate(&name)).unwrap().objects, 0);
        // Now the old version can go.
        let mut only = with("v2");
        only["spec"]["versions"].as_array_mut().unwrap().remove(0);
        cx.call(register(&only, "rows")).unwrap();
    }
    let found = cx.call(Api::dynamic(v2(&group)).within(cx.namespace()).get("a")).unwrap();
    assert_eq!(found.api_version, format!("{group}/v2"));
}

fn v2(group: &str) -> kube_proto::resource::ApiResource {
    kube_proto::resource::ApiResource::new(&format!("{group}/v2"), "Widget", "widgets", Scope::Namespaced)
}

/// Manifests of public projects, compressed with xz, one file each. They are no part of the repository.
fn public_projects() -> BTreeMap<(bool, String), Vec<Manifest>> {
    let folder = std::env::var("KUBE_TEST_MANIFESTS").unwrap_or_default();
    let mut files = BTreeMap::new();
    let Ok(entries) = Path::new(&folder).read_dir() else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "xz") {
            let output = Command::new("xz").arg("-dc").arg(&path).output().unwrap();
            assert!(output.status.success(), "{}", path.display());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The rest of a project comes after its setup, which has the namespaces and definitions.
            let mut manifests: Vec<_> = manifest::read(&output.stdout).map(Result::unwrap).collect();
            // A file of the gateway API has its definitions twice, in two channels that exclude each other.
            let (before, mut seen) = (manifests.len(), BTreeSet::new());
            manifests.retain(|one| {
                seen.insert([one.api_version(), one.kind(), one.namespace(), one.name()].map(str::to_owned))
            });
            if manifests.len() < before {
                println!("{name}: {} objects are left out, which it has twice", before - manifests.len());
            }
            files.insert((name.contains("-rest"), name), manifests);
        }
    }
    files
}

/// A manifest that kustomize would complete: the server refuses it as it stands, because it has no selector.
fn is_half(report: &Report) -> bool {
    report.to_string().starts_with("deployment.apps/metrics-server: ")
        && report.result.as_ref().is_err_and(kube_proto::Error::is_invalid)
}

fn of_public_projects(cx: &Context) {
    let files = public_projects();
    if files.is_empty() {
        eprintln!("skipped: KUBE_TEST_MANIFESTS names no folder with the manifests of public projects");
        return;
    }
    let cache = DiscoveryCache::new(Duration::from_secs(3600));
    let started = std::time::Instant::now();
    let (mut objects, mut kinds) = (0, 0);
    for ((_, file), manifests) in &files {
        let run = || manifest::apply(manifests.clone(), "rows").within(cx.namespace()).cached(&cache).force();
        let first = cx.call(run().reports()).unwrap();
        assert_eq!(first.len(), manifests.len(), "{file}");
        for report in first.iter().filter(|report| !is_half(report)) {
            assert!(report.result.is_ok(), "{file}: {report}");
        }
        for report in cx.call(run().reports()).unwrap().iter().filter(|report| !is_half(report)) {
            assert_eq!(report.change(), Some(Change::Unchanged), "{file}: {report}");
        }
        // Each definition is served.
        for manifest in manifests.iter().filter(|manifest| manifest.kind() == "CustomResourceDefinition") {
            let definition = Definition::of(&manifest.decode().unwrap()).unwrap();
            for resource in definition.served() {
                cx.call(Api::dynamic(resource).list(&ListParams::default().limit(1))).unwrap();
                kinds += 1;
            }
        }
        objects += manifests.len();
    }
    let applied = started.elapsed();
    for manifests in files.values().rev() {
        let deletion = DeleteParams::default().propagation_policy(PropagationPolicy::Background);
        let run = manifest::delete(manifests.clone()).within(cx.namespace()).cached(&cache).deletion(&deletion);
        for report in cx.call(run.reports()).unwrap() {
            assert!(report.result.is_ok(), "{report}");
        }
    }
    for manifests in files.values() {
        cx.eventually("everything is gone", || {
            let left = cx.call(manifest::get(manifests.clone()).within(cx.namespace()).reports()).unwrap();
            left.iter().all(|report| report.change() != Some(Change::Found)).then_some(())
        });
    }
    println!(
        "{} files, {objects} objects, {kinds} served versions of definitions: applied twice in {applied:?}",
        files.len()
    );
}
