//! The logs of several pods, merged in virtual time: containers, kubelets and API servers restart, pods come and go, and each
//! line of each origin comes once and in order, or the log says that it may be missing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use http::Method;
use kube_proto::Api;
use kube_proto::api::LogParams;
use kube_proto::logs::{Containers, LogEvent, MergeSettings, MergedLog, Pods};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_test_sim::{Dice, Faults, Mishap, Sim, any_failure, explore};
use serde_json::{Value, json};

const PODS: &str = "/api/v1/namespaces/default/pods";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What breaks a log without changing its bytes.
fn faults(seed: u64) -> Faults {
    let rate = [10, 50, 150][usize::try_from(seed % 3).unwrap()];
    let kinds = [
        Mishap::Refused,
        Mishap::Stale,
        Mishap::Unanswered,
        Mishap::Lost,
        Mishap::Busy,
        Mishap::Unavailable,
        Mishap::Failed,
        Mishap::Cut,
        Mishap::Hang,
        Mishap::Restart,
        Mishap::Outage,
    ];
    kinds.into_iter().fold(Faults::none(), |faults, mishap| faults.with(mishap, rate))
}

/// The lines of each pod that were heard, and the doubts.
#[derive(Default)]
struct Heard {
    lines: BTreeMap<String, Vec<String>>,
    /// The pods whose logs began with a later run than the first.
    late: BTreeSet<String>,
    doubts: Vec<String>,
    ended: Option<String>,
}

/// A pod and what it has written.
struct Writer {
    name: String,
    lines: Vec<String>,
}

impl Writer {
    fn start(sim: &mut Sim, number: usize) -> Self {
        let name = format!("web-{number}");
        let containers = json!([{"name": "main", "image": "i"}]);
        let metadata = json!({"name": name, "labels": {"app": "web"}});
        sim.create(PODS, &json!({"metadata": metadata, "spec": {"nodeName": "n", "containers": containers}}));
        sim.server().unwrap().start_container("default", &name, "main");
        Self { name, lines: Vec::new() }
    }

    fn write(&mut self, sim: &mut Sim) {
        on_time(sim);
        let line = format!("{} {}", self.name, self.lines.len());
        sim.server().unwrap().append_log("default", &self.name, "main", &format!("{line}\n"));
        self.lines.push(line);
    }

    fn restart(&mut self, sim: &mut Sim, dice: &mut Dice) {
        on_time(sim);
        sim.server().unwrap().end_container("default", &self.name, "main", 1);
        sim.run_for(dice.span(secs(60)));
        on_time(sim);
        sim.server().unwrap().restart_container("default", &self.name, "main");
    }
}

/// Tells the server the time, which it learns from requests alone. The clocks do not jump here.
fn on_time(sim: &mut Sim) {
    let now = sim.now().unix;
    sim.server().unwrap().tick(now);
}

fn hours(sim: &mut Sim, hours: u64, forgets: bool) {
    let mut dice = sim.dice(8);
    let mut pods: Vec<Writer> = (0..3).map(|number| Writer::start(sim, number)).collect();
    let (mut gone, mut created) = (Vec::<Writer>::new(), pods.len());
    let heard = Rc::<RefCell<Heard>>::default();
    let hear = Rc::clone(&heard);
    sim.spawn_async("logs -f -l app=web", |client| async move {
        let api =
            Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default");
        let settings = MergeSettings::new(Pods::labels("app=web"), LogParams::default().follow());
        let mut merged = client.together(api.merged_logs(settings.containers(Containers::All)));
        while let Some(item) = merged.next().await {
            let mut heard = hear.borrow_mut();
            match item {
                Ok(MergedLog::Log(origin, LogEvent::Line(line))) => {
                    let text = String::from_utf8(line.text.to_vec()).unwrap();
                    let lines = heard.lines.entry(origin.pod.to_string()).or_default();
                    // The planted bug loses a line.
                    if !(forgets && text.ends_with(" 20")) {
                        lines.push(text);
                    }
                }
                Ok(MergedLog::Log(origin, LogEvent::Restarted { .. })) if !heard.lines.contains_key(&origin.pod) => {
                    heard.late.insert(origin.pod.clone());
                }
                Ok(MergedLog::Log(_, LogEvent::Doubt(doubt))) => heard.doubts.push(doubt.to_string()),
                Ok(_) => {}
                Err(error) => heard.ended = Some(error.to_string()),
            }
        }
        hear.borrow_mut().ended.get_or_insert("the end".to_owned());
    });
    sim.faults(faults(sim.seed()));
    let end = sim.now().after(secs(hours * 3600));
    while sim.now().mono < end.mono && sim.violation().is_none() {
        sim.run_for(dice.span(secs(40)));
        let number = dice.index(pods.len()).unwrap();
        for _ in 0..dice.below(4) {
            pods[number].write(sim);
        }
        if dice.chance(5) {
            sim.server().unwrap().restart_kubelet();
        }
        if dice.chance(10) {
            pods[number].restart(sim, &mut dice);
        }
        if dice.chance(5) {
            pods.push(Writer::start(sim, created));
            created += 1;
        }
        if dice.chance(5) && pods.len() > 1 {
            // Its last lines are read before it goes.
            sim.run_for(secs(600));
            let pod = pods.swap_remove(number);
            let (code, _) =
                sim.request(Method::DELETE, &format!("{PODS}/{}?gracePeriodSeconds=0", pod.name), &Value::Null);
            assert_eq!(code, 200);
            gone.push(pod);
        }
    }
    sim.calm();
    sim.run_for(secs(1800));
    for pod in &mut pods {
        pod.write(sim);
    }
    sim.run_for(secs(900));
    if sim.violation().is_some() {
        return;
    }
    let heard = heard.borrow();
    assert_eq!(heard.ended, None);
    for (pod, alive) in pods.iter().map(|pod| (pod, true)).chain(gone.iter().map(|pod| (pod, false))) {
        let found = heard.lines.get(&pod.name).map(Vec::as_slice).unwrap_or_default();
        // None comes twice, and the order is that of the container, but for what was said.
        if heard.doubts.is_empty() {
            let written = match heard.late.contains(&pod.name).then(|| found.first()).flatten() {
                Some(first) => pod.lines.iter().position(|line| line == first).map_or(&[][..], |at| &pod.lines[at..]),
                None => &pod.lines[..],
            };
            let complete = if alive { found == written } else { written.starts_with(found) };
            assert!(complete, "{}: {} of {} lines, {:?}", pod.name, found.len(), pod.lines.len(), found.last());
        }
        let mut rest = pod.lines.iter();
        let in_order = heard.doubts.iter().all(|doubt| !doubt.contains("older than the one before"));
        for line in found.iter().filter(|_| in_order) {
            assert!(rest.any(|written| written == line), "{}: {line:?} is not in its place", pod.name);
        }
        if alive {
            assert_eq!(found.last(), pod.lines.last(), "{}: the log goes on", pod.name);
        }
    }
}

#[test]
fn each_line_of_each_pod_once() {
    explore("hours of merged logs", 6, |sim| hours(sim, 4, false));
}

#[test]
fn a_line_that_is_lost_is_found() {
    assert!(any_failure(0..2, Sim::new, |sim| hours(sim, 4, true)).is_some(), "the planted bug was not found");
}
