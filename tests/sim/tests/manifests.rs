//! Runs of manifests, definitions and discovery, in a network with faults: whatever happens, they end, and what they say is true.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::time::Duration;

use kube_proto::client::AsyncClient;
use kube_proto::crd::{Definition, register};
use kube_proto::discovery::{DiscoveryCache, find};
use kube_proto::manifest::{self, ApplySet, Change, Manifest, Report};
use kube_proto::{Api, Error};
use kube_test_sim::{Faults, Sim};
use serde_json::{Value, json};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn definition(group: &str) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {"group": group, "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": {"a": "b"}})
}

fn manifests(maps: &[&str]) -> Vec<Manifest> {
    let mut objects: Vec<Value> = maps.iter().map(|name| map(name)).collect();
    objects.push(json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}, "spec": {"a": 1}}));
    objects.push(definition("example.com"));
    objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a": "b"}}}));
    objects.iter().map(|object| Manifest::new(object).unwrap()).collect()
}

/// Applies until nothing fails. Returns the last reports.
async fn applied<C: AsyncClient>(client: &C, maps: &[&str], prune: bool) -> Vec<Report> {
    loop {
        let run = manifest::apply(manifests(maps), "me").serving_timeout(secs(30));
        let run = if prune { run.prune(ApplySet::config_map("default", "set", "sim/v1")) } else { run };
        match client.call(run.reports()).await {
            Ok(reports) if reports.iter().all(|report| report.result.is_ok()) => return reports,
            Ok(reports) => client.trace(|| format!("{} reports, not all good", reports.len())),
            Err(error) => client.trace(|| format!("no run: {error}")),
        }
        client.sleep(secs(5)).await;
    }
}

fn stormy(seed: u64) -> Sim {
    let mut sim = Sim::new(seed);
    sim.faults(Faults::drawn(seed));
    sim.after(secs(300), Sim::calm);
    sim
}

#[test]
fn an_apply_comes_to_its_end_and_a_second_one_changes_nothing() {
    for seed in 0..20 {
        let mut sim = stormy(seed);
        let changes = sim.run_async(secs(4_000), "applier", |client| async move {
            applied(&client, &["a", "b"], false).await;
            // The last answers of the storm may still be on their way.
            client.sleep(secs(600)).await;
            applied(&client, &["a", "b"], false).await.iter().map(Report::change).collect::<Vec<_>>()
        });
        assert_eq!(changes, Some(vec![Some(Change::Unchanged); 5]), "seed {seed}");
        for path in ["/apis/example.com/v1/namespaces/shop/widgets/w", "/api/v1/namespaces/shop/configmaps/b"] {
            assert!(!sim.observer().get(path).is_null(), "seed {seed}: {path}");
        }
    }
}

#[test]
fn two_that_apply_one_set_prune_what_both_left_out() {
    for seed in 0..12 {
        let mut sim = stormy(seed);
        let done = sim.run_async(secs(6_000), "applier", |client| async move {
            applied(&client, &["a", "b", "c"], true).await;
            applied(&client, &["b"], true).await;
            client.sleep(secs(600)).await;
            applied(&client, &["b"], true).await.len()
        });
        assert_eq!(done, Some(4), "seed {seed}");
        let exists = |sim: &mut Sim, name: &str| {
            !sim.observer().get(&format!("/api/v1/namespaces/shop/configmaps/{name}")).is_null()
        };
        let found = ["a", "b", "c"].map(|name| exists(&mut sim, name));
        assert_eq!(found, [false, true, false], "seed {seed}");
    }
}

#[test]
fn a_registered_resource_can_be_used_at_once() {
    for seed in 0..20 {
        let mut sim = stormy(seed);
        // A wait of a minute asks every two seconds, and each round has four requests.
        sim.most_requests(200);
        let created = sim.run_async(secs(4_000), "operator", |client| async move {
            let cache = DiscoveryCache::new(secs(3600));
            loop {
                let registered: Result<(), Error> = async {
                    let found = client.call(register(&definition("example.org"), "me").timeout(secs(60))).await?;
                    let resource = Definition::of(&found)?.storage();
                    let named = client.call(find("widgets.example.org").cached(&cache)).await?;
                    assert_eq!(named.resource, resource, "seed {seed}");
                    let list = client.call(Api::dynamic(resource).list(&Default::default())).await;
                    if let Err(error) = list {
                        assert!(!error.is_missing_resource(), "seed {seed}: {error}");
                    }
                    Ok(())
                }
                .await;
                match registered {
                    Ok(()) => return,
                    Err(error) => client.trace(|| error.to_string()),
                }
                client.sleep(secs(5)).await;
            }
        });
        assert_eq!(created, Some(()), "seed {seed}");
    }
}
