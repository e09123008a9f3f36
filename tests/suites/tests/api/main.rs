//! One conformance suite: each behaviour is written once and runs on every transport, against the in-memory server and
//! against a real Kubernetes.
//!
//! A row is named `TRANSPORT::SERVER::FAMILY::BEHAVIOUR`: `std::memory::crud::create_get_delete`. The real server is
//! that of `KUBE_TEST_KUBECONFIG`, or the one that `tests/cluster/up` has started. If there is none, or a row needs
//! more than it has, the row is shown as ignored, with the reason before its name. With `KUBE_TEST_REQUIRE_CLUSTER=1` a
//! missing cluster is a failure; with `full`, so is a cluster that lacks something. Rows that stop the API server run
//! with `KUBE_TEST_DISRUPT=1`, each alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends that way")]
#![allow(clippy::needless_pass_by_value, reason = "JSON values are built in the call")]

mod behaviours;
mod compare;
mod context;
mod drivers;
mod kubectl;
mod limits;
mod panics;
mod rows;
mod servers;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use context::Context;
use drivers::Transport;
use rows::{Need, On, Row};
use servers::{Cluster, Site};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A row waits for a server most of the time.
    arguments.test_threads.get_or_insert(8);
    let cluster = Cluster::find().map(Arc::new);
    let strict = std::env::var("KUBE_TEST_REQUIRE_CLUSTER").unwrap_or_default();
    panics::watch();
    let (mut trials, mut last) = (Vec::new(), Vec::new());
    for transport in drivers::TRANSPORTS {
        for (family, rows) in behaviours::FAMILIES {
            for row in *rows {
                if row.on != On::Real {
                    trials.push(in_memory(transport, family, row));
                }
                if row.on != On::Memory {
                    let trials = if row.alone { &mut last } else { &mut trials };
                    trials.push(on_cluster(transport, family, row, &cluster, &strict));
                }
            }
        }
    }
    for (name, script) in compare::scripts() {
        trials.push(compared(&name, script, &cluster, &strict));
    }
    trials.extend(kubectl::trials(&cluster, &strict));
    trials.append(&mut last);
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn in_memory(transport: &'static Transport, family: &'static str, row: &'static Row) -> Trial {
    let name = format!("{}::memory::{family}::{}", transport.name, row.name);
    Trial::test(name.clone(), move || {
        panics::caught(&name, || {
            (row.run)(&Context::new(transport, Site::memory(row.memory), row.name));
        })
    })
}

/// Sends the same to both servers, on the first transport: fails with the list of differences.
fn compared(name: &str, script: String, cluster: &Result<Arc<Cluster>, String>, strict: &str) -> Trial {
    let (trial_name, name) = (format!("compare::{name}"), name.to_owned());
    let missing = match cluster {
        Ok(cluster) if cluster.has(Need::Kubeconfigs) => None,
        Ok(_) => Some(Need::Kubeconfigs.missing().to_owned()),
        Err(reason) => Some(reason.clone()),
    };
    match (cluster, missing) {
        (Ok(cluster), None) => {
            let (cluster, transport) = (Arc::clone(cluster), &drivers::TRANSPORTS[0]);
            Trial::test(trial_name.clone(), move || {
                let here = Arc::clone(&cluster);
                let _calm = here.calm.read();
                panics::caught(&trial_name, || {
                    let memory = Context::new(transport, Site::memory(compare::like_a_cluster), "compare");
                    let real = Context::new(transport, Site::Real(cluster), "compare");
                    compare::compare(&name, &script, &memory, &real);
                })
            })
        }
        (_, missing) if !strict.is_empty() => Trial::test(trial_name, move || Err(missing.unwrap_or_default().into())),
        (_, missing) => {
            Trial::test(trial_name, || Ok(())).with_kind(missing.unwrap_or_default()).with_ignored_flag(true)
        }
    }
}

fn on_cluster(
    transport: &'static Transport,
    family: &'static str,
    row: &'static Row,
    cluster: &Result<Arc<Cluster>, String>,
    strict: &str,
) -> Trial {
    let name = format!("{}::real::{family}::{}", transport.name, row.name);
    let missing = match cluster {
        Ok(cluster) => row.needs.iter().find(|need| !cluster.has(**need)).map(|need| need.missing().to_owned()),
        Err(reason) => Some(reason.clone()),
    };
    let required = match cluster {
        Ok(cluster) => strict == "full" && (cluster.has(Need::Time) || !row.needs.contains(&Need::Time)),
        Err(_) => !strict.is_empty(),
    };
    match (cluster, missing) {
        (Ok(cluster), None) => {
            let cluster = Arc::clone(cluster);
            Trial::test(name.clone(), move || {
                let here = Arc::clone(&cluster);
                let _alone = row.alone.then(|| here.calm.write());
                let _others = (!row.alone).then(|| here.calm.read());
                panics::caught(&name, || {
                    (row.run)(&Context::new(transport, Site::Real(cluster), row.name));
                })
            })
        }
        (_, missing) if required => Trial::test(name, move || Err(missing.unwrap_or_default().into())),
        (_, missing) => Trial::test(name, || Ok(())).with_kind(missing.unwrap_or_default()).with_ignored_flag(true),
    }
}
