//! A day of `logs -f`: containers, kubelets and API servers restart, connections break, and each line comes once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use kube_proto::Api;
use kube_proto::api::LogParams;
use kube_proto::logs::{LogEvent, LogSettings, Part};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_test_sim::{Faults, Heard, Mishap, Sim, explore};
use serde_json::json;

const PODS: &str = "/api/v1/namespaces/default/pods";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What a log yielded: its lines, the parts of a line that is not complete, and the doubts.
#[derive(Default)]
struct Found {
    lines: Vec<String>,
    parts: String,
    doubts: Vec<String>,
    runs: usize,
    ended: Option<String>,
}

/// What breaks a log without changing its bytes.
fn faults(seed: u64) -> Faults {
    let rate = [20, 100, 300][usize::try_from(seed % 3).unwrap()];
    let kinds = [
        Mishap::Refused,
        Mishap::Stale,
        Mishap::Unanswered,
        Mishap::Lost,
        Mishap::Busy,
        Mishap::Unavailable,
        Mishap::Failed,
        Mishap::Timeout,
        Mishap::Cut,
        Mishap::Hang,
        Mishap::Restart,
        Mishap::Outage,
        Mishap::ClockJump,
    ];
    kinds.into_iter().fold(Faults::none(), |faults, mishap| faults.with(mishap, rate))
}

/// Tells the server the time, which it learns from requests alone. `epoch` is that of the zero of the monotonic clock.
fn on_time(sim: &mut Sim, epoch: Duration) {
    let now = epoch + sim.now().mono.since_zero();
    sim.server().unwrap().tick(now);
}

/// The longest line, so that some come in parts.
const LIMIT: usize = 64;

fn sorted(lines: &[String]) -> Vec<&str> {
    let mut lines: Vec<_> = lines.iter().map(String::as_str).collect();
    lines.sort_unstable();
    lines
}

/// A line, at once.
fn write(sim: &mut Sim, epoch: Duration, written: &mut Vec<String>, words: &str) {
    on_time(sim, epoch);
    let text = format!("{words}{}", written.len());
    sim.server().unwrap().append_log("default", "web", "main", &format!("{text}\n"));
    written.push(text);
}

fn day(sim: &mut Sim, hours: u64) {
    let mut dice = sim.dice(7);
    let epoch = sim.now().unix - sim.now().mono.since_zero();
    let pod =
        json!({"metadata": {"name": "web"}, "spec": {"nodeName": "n", "containers": [{"name": "main", "image": "i"}]}});
    sim.create(PODS, &pod);
    sim.server().unwrap().start_container("default", "web", "main");
    let found = Rc::<RefCell<Found>>::default();
    let pods =
        Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default");
    let settings = LogSettings::new(LogParams::default().follow()).line_limit(LIMIT);
    let hear = Rc::clone(&found);
    let actor = sim.spawn("logs -f", pods.log_lines("web", settings), move |heard, _| {
        let mut found = hear.borrow_mut();
        match heard {
            Heard::Item(LogEvent::Line(line)) => {
                if line.begins() {
                    assert_eq!(found.parts, "", "a line begins within another");
                }
                found.parts.push_str(std::str::from_utf8(&line.text).unwrap());
                assert!(line.text.len() <= LIMIT);
                if matches!(line.part, Part::Whole | Part::Last) {
                    let whole = std::mem::take(&mut found.parts);
                    found.lines.push(whole);
                }
            }
            Heard::Item(LogEvent::Restarted { .. }) => found.runs += 1,
            Heard::Item(LogEvent::Doubt(doubt)) => {
                if matches!(doubt, kube_proto::logs::Doubt::Torn) {
                    found.parts.clear();
                }
                found.doubts.push(doubt.to_string());
            }
            Heard::Item(_) => {}
            Heard::End(result) => found.ended = Some(format!("{result:?}")),
        }
    });
    sim.pace(actor, dice.pick([Duration::ZERO, Duration::from_millis(10)]));
    sim.faults(faults(sim.seed()));
    let end = sim.now().after(secs(hours * 3600));
    let (mut written, mut runs) = (Vec::new(), 0);
    while sim.now().mono < end.mono && sim.violation().is_none() {
        sim.run_for(dice.span(secs(60)));
        if dice.chance(4) {
            sim.server().unwrap().restart_kubelet();
        }
        for _ in 0..dice.below(5) {
            // Several lines of one moment, some with the same text, some long, some without an end for a while.
            let text = match dice.below(6) {
                0 => "again".to_owned(),
                1 => "long ".repeat(usize::try_from(dice.below(60)).unwrap()) + &written.len().to_string(),
                _ => format!("line {}", written.len()),
            };
            on_time(sim, epoch);
            let (begin, rest) = text.split_at(usize::try_from(dice.below(8)).unwrap().min(text.len()));
            sim.server().unwrap().append_log("default", "web", "main", begin);
            if dice.chance(200) {
                sim.run_for(dice.span(secs(3)));
            }
            sim.server().unwrap().append_log("default", "web", "main", &format!("{rest}\n"));
            written.push(text);
        }
        if dice.chance(3) {
            if dice.chance(300) {
                // The last lines are written while the log is asked for again.
                sim.server().unwrap().restart_kubelet();
                sim.run_for(dice.span(Duration::from_millis(5)));
                write(sim, epoch, &mut written, "last ");
            }
            on_time(sim, epoch);
            sim.server().unwrap().end_container("default", "web", "main", 1);
            if dice.chance(500) {
                // The runtime writes the last lines after the kubelet has reported the end.
                sim.run_for(dice.span(secs(3)));
                write(sim, epoch, &mut written, "late ");
            }
            let away = dice.pick([Duration::ZERO, Duration::from_millis(20), secs(3), secs(300)]);
            sim.run_for(dice.span(away));
            on_time(sim, epoch);
            if dice.chance(500) {
                // The kubelet serves the next run's log before the pod's status has it.
                sim.server().unwrap().restart_unreported("default", "web", "main");
                if dice.chance(500) {
                    write(sim, epoch, &mut written, "early ");
                }
                sim.run_for(dice.span(secs(30)));
                on_time(sim, epoch);
            }
            sim.server().unwrap().restart_container("default", "web", "main");
            runs += 1;
        }
    }
    sim.calm();
    let (want, hear) = (written.len(), Rc::clone(&found));
    sim.run_until(secs(1800), |_| hear.borrow().lines.len() >= want);
    sim.run_for(secs(600));
    if sim.violation().is_some() {
        return;
    }
    let found = found.borrow();
    assert_eq!(found.ended, None);
    if !found.doubts.is_empty() && found.doubts.iter().all(|doubt| doubt.contains("end of an earlier one")) {
        // Lines of the next run came first, and all came once.
        assert_eq!(sorted(&found.lines), sorted(&written));
        return;
    }
    if !found.doubts.is_empty() {
        // Only after two restarts while nothing worked.
        assert!(found.doubts.iter().any(|doubt| doubt.starts_with("lines may be missing")), "{:?}", found.doubts);
        assert!(found.lines.len() <= want);
        return;
    }
    assert_eq!(found.runs, runs, "each run is announced");
    let differ = found.lines.iter().zip(&written).position(|(a, b)| a != b);
    assert_eq!(
        (found.lines.len(), differ),
        (want, None),
        "{:?} for {:?}",
        differ.and_then(|at| found.lines.get(at)),
        differ.and_then(|at| written.get(at))
    );
}

#[test]
fn each_line_once_in_a_day() {
    explore("a day of a followed log", 16, |sim| day(sim, 24));
}
