//! Two replicas of async code, under faults: what is right stays right, and what is wrong is found.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::time::Duration;

use kube_proto::Error;
use kube_proto::api::WriteParams;
use kube_proto::client::AsyncClient;
use kube_test_sim::{Faults, Observer, Sim, explore, first_failure};
use kube_tests::async_client::{map, maps, reconcile, replica};

const ALL: &str = "/api/v1/namespaces/default/configmaps";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The number in a config map; 0 if it is not there.
fn number(cluster: &mut Observer<'_>, name: &str) -> u64 {
    let found = cluster.get(&format!("{ALL}/{name}"));
    found["data"]["n"].as_str().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Whatever happens to the replicas, the copy never goes back while the source changes, and equals it in the end.
fn copies<F: Future<Output = ()> + 'static>(sim: &mut Sim, run: impl Fn(kube_test_sim::Client) -> F) {
    sim.create(ALL, &serde_json::to_value(map("source", 1)).unwrap());
    let mut newest = 0;
    sim.always("the copy only goes forward", move |cluster| {
        let now = number(cluster, "copy");
        let was = std::mem::replace(&mut newest, now);
        if now < was { Err(format!("from {was} back to {now}")) } else { Ok(()) }
    });
    let mut dice = sim.dice(5);
    let mut replicas = ["one", "two"].map(|name| sim.spawn_async(name, &run));
    for n in 2..=20 {
        // At times a replica is killed, and another takes its place; and some are slow.
        if let Some(replica) = dice.pick_of(&[0, 1]).filter(|_| n % 5 == 0).and_then(|at| replicas.get_mut(*at)) {
            sim.cancel(*replica);
            *replica = sim.spawn_async("next", &run);
            sim.pace(*replica, dice.pick([Duration::ZERO, secs(2)]));
        }
        sim.put("default", "source", "", &format!("{{\"n\":\"{n}\"}}"));
        sim.run_for(dice.span(secs(20)));
    }
    sim.calm();
    let done = sim.run_until(secs(1800), |sim| number(&mut sim.observer(), "copy") == 20);
    assert!(done, "the copy never equals the source");
}

#[test]
fn replicas_agree_whatever_happens() {
    explore("two replicas", 200, |sim| copies(sim, |client| replica(client, secs(10))));
}

/// The seed that finds a bug, within a thousand.
fn found<F: Future<Output = ()> + 'static>(run: impl Fn(kube_test_sim::Client) -> F + Sync) -> String {
    let failed = first_failure(0..1000, Sim::new, |sim| copies(sim, &run));
    failed.map(|failed| failed.to_string()).unwrap()
}

#[test]
fn a_replica_that_ends_with_a_conflict_is_found() {
    let failed = found(|client| async move {
        while reconcile(&client).await.is_ok() {
            client.sleep(secs(10)).await;
        }
    });
    assert!(failed.contains("the copy never equals the source"), "{failed}");
}

#[test]
fn a_source_that_is_read_too_early_is_found() {
    async fn wrong<C: AsyncClient>(client: &C) -> Result<(), Error> {
        let source = client.call(maps().get("source")).await?;
        let copy = client.call(maps().get("copy")).await;
        let data = source.data.get("data").cloned().unwrap_or_default();
        let params = WriteParams::default();
        let write = match copy {
            Ok(copy) if copy.data.get("data") == Some(&data) => return Ok(()),
            Ok(copy) => maps().replace("copy", &copy.with("data", data), &params),
            Err(_) => maps().create(&map("copy", 1), &params),
        };
        client.call(write).await.map(drop)
    }
    let failed = found(|client| async move {
        loop {
            let _ = wrong(&client).await;
            client.sleep(secs(5)).await;
        }
    });
    assert!(failed.contains("the copy only goes forward"), "{failed}");
}

#[test]
fn a_write_without_the_version_is_found() {
    async fn wrong<C: AsyncClient>(client: &C) -> Result<(), Error> {
        let source = client.call(maps().get("source")).await?;
        let copy = map("copy", 0).with("data", source.data.get("data").cloned().unwrap_or_default());
        match client.call(maps().replace("copy", &copy, &WriteParams::default())).await {
            Err(error) if error.is_not_found() => {
                client.call(maps().create(&copy, &WriteParams::default())).await.map(drop)
            }
            result => result.map(drop),
        }
    }
    let failed = found(|client| async move {
        loop {
            let _ = wrong(&client).await;
            client.sleep(secs(5)).await;
        }
    });
    assert!(failed.contains("the copy only goes forward"), "{failed}");
    // The report has what the replicas asked for, and nothing of what the check read.
    assert!(failed.contains("one #") && failed.contains("two #"), "{failed}");
}

#[test]
fn a_seed_gives_one_trace() {
    let trace = |seed| {
        let mut sim = Sim::new(seed);
        sim.write_down();
        sim.faults(Faults::drawn(seed));
        copies(&mut sim, |client| replica(client, secs(10)));
        assert_eq!(sim.violation(), None);
        sim.trace().to_string()
    };
    for seed in 0..5 {
        let first = trace(seed);
        assert!(first.contains("the copy begins with"), "{first}");
        assert_eq!(first, trace(seed));
    }
    assert_ne!(trace(0), trace(1));
}

#[test]
fn a_failure_without_faults_says_so() {
    let failed = first_failure(0..1, Sim::new, |_| panic!("always")).unwrap();
    assert!(failed.mishaps.is_empty());
    assert!(failed.to_string().contains("it fails without any mishap\n"), "{failed}");
}
