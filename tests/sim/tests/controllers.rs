//! A controller under faults: it converges whatever happens, and planted bugs are found.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_proto::client::AsyncClient;
use kube_proto::controller::{
    Action, Context, Controller, ControllerError, ControllerSettings, Outcome, QueueStats, ReconcileError,
};
use kube_proto::observe::{Event, Observation, Observer, Observers, QueueStep};
use kube_proto::resource::DynamicObject;
use kube_test_sim::{Client, Sim, explore, first_failure};
use kube_tests::operator::{child, children, maps, operator, parent, parents, reconcile};
use serde_json::json;

const ALL: &str = "/api/v1/namespaces/default/configmaps";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What is in the data of a config map; `None` if it is not there.
fn number(sim: &mut Sim, name: &str) -> Option<u64> {
    sim.observer().get(&format!("{ALL}/{name}"))["data"]["n"].as_str()?.parse().ok()
}

/// Whatever happens, each parent has its copy in the end, also if a copy was deleted or changed by someone else.
fn converges<F: Future<Output = Result<(), ControllerError>> + 'static>(
    sim: &mut Sim,
    run: impl Fn(Client) -> F + 'static,
) {
    let run = Rc::new(run);
    // A process that ends with an error is started anew.
    let start = |client: Client| {
        let run = Rc::clone(&run);
        async move {
            while run(client.clone()).await.is_err() {
                client.sleep(secs(5)).await;
            }
        }
    };
    let mut dice = sim.dice(5);
    let mut replica = sim.spawn_async("operator", start);
    let names = ["a", "b", "c"];
    for name in names {
        sim.create(ALL, &parent(name, 1));
    }
    for n in 2..=20 {
        let name = dice.pick(names);
        match dice.pick([0, 0, 0, 1, 2, 3]) {
            0 => {
                drop(sim.request(
                    http::Method::PATCH,
                    &format!("{ALL}/{name}"),
                    &json!({"data": {"n": n.to_string()}}),
                ));
            }
            1 => drop(sim.delete("default", &child(name))),
            2 => {
                drop(sim.request(http::Method::PATCH, &format!("{ALL}/{}", child(name)), &json!({"data": {"n": "0"}})));
            }
            _ => {
                sim.cancel(replica);
                replica = sim.spawn_async("operator", start);
            }
        }
        sim.run_for(dice.span(secs(20)));
    }
    sim.calm();
    let done = sim.run_until(secs(1800), |sim| {
        names.iter().all(|name| {
            let wanted = number(sim, name);
            wanted.is_some() && number(sim, &child(name)) == wanted
        })
    });
    assert!(done, "the copies never equal the parents");
}

#[test]
fn an_operator_converges_whatever_happens() {
    explore("operator", 40, |sim| {
        converges(sim, |client| async move { operator().run(&client, reconcile).await });
    });
}

fn found<F: Future<Output = Result<(), ControllerError>> + 'static>(run: fn(Client) -> F) -> String {
    let failed = first_failure(0..1000, Sim::new, |sim| converges(sim, run));
    failed.map(|failed| failed.to_string()).unwrap()
}

#[test]
fn a_controller_that_does_not_watch_what_it_owns_is_found() {
    let failed = found(|client| async move { Controller::new(&maps(), parents()).run(&client, reconcile).await });
    assert!(failed.contains("the copies never equal the parents"), "{failed}");
}

#[test]
fn a_failure_that_is_swallowed_is_found() {
    let failed = found(|client| async move {
        operator().run(&client, |cx| async move { Ok(reconcile(cx).await.unwrap_or_default()) }).await
    });
    assert!(failed.contains("the copies never equal the parents"), "{failed}");
}

/// Runs an operator for some time in a world without faults; returns its result, if it ended.
fn calm_run<F: Future<Output = Result<Action, ReconcileError>> + 'static>(
    sim: &mut Sim,
    span: Duration,
    controller: Controller<DynamicObject>,
    reconcile: impl Fn(Context<DynamicObject, Client>) -> F + 'static,
) -> Option<Result<(), ControllerError>> {
    sim.run_async(span, "operator", |client| async move { controller.run(&client, reconcile).await })
}

/// Observers hear of each run, of its waits and its end, and once a second of runs under way.
#[test]
fn observers_hear_of_the_queue() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<(String, QueueStep, QueueStats)>>);
    impl Observer for Heard {
        fn observe(&self, seen: &Observation<'_>) {
            if let Event::Queue(queue, step) = seen.event {
                self.0.lock().unwrap().push((queue.name.to_owned(), step, queue.stats));
            }
        }
    }
    let mut sim = Sim::new(1);
    sim.create(ALL, &parent("a", 1));
    let heard = Arc::<Heard>::default();
    let controller = operator().observed("copies", Observers::to(Arc::clone(&heard)));
    let stop = controller.stopper();
    let ended = calm_run(&mut sim, secs(60), controller, move |cx| {
        let stop = stop.clone();
        async move {
            cx.client.sleep(Duration::from_millis(3500)).await;
            stop.stop();
            Ok(Action::Done)
        }
    });
    assert!(matches!(ended, Some(Ok(()))), "{ended:?}");
    let heard = heard.0.lock().unwrap();
    assert!(heard.iter().all(|(name, ..)| name == "copies"));
    let steps: Vec<_> = heard.iter().map(|(_, step, _)| *step).collect();
    let [QueueStep::Added, QueueStep::Started { .. }, beats @ .., QueueStep::Finished { took, outcome: Outcome::Done }] =
        &steps[..]
    else {
        panic!("{steps:?}")
    };
    assert_eq!((beats, *took), (&[QueueStep::Running; 3][..], Duration::from_millis(3500)));
    let longest: Vec<_> = heard.iter().map(|(.., stats)| stats.longest_running.as_secs()).collect();
    assert_eq!(longest, [0, 0, 1, 2, 3, 0]);
}

#[test]
fn failures_panics_and_time_outs_are_of_one_key() {
    let mut sim = Sim::new(1);
    for name in ["good", "fails", "panics", "hangs", "terminal"] {
        sim.create(ALL, &parent(name, 1));
    }
    let runs = Rc::new(RefCell::new(Vec::new()));
    let failures: Arc<Mutex<Vec<String>>> = Arc::default();
    let (told, noted) = (Arc::clone(&failures), Rc::clone(&runs));
    let mut settings = ControllerSettings::default();
    settings.reconcile_timeout = Some(secs(5));
    settings.concurrency = 2;
    settings.queue.first_delay = secs(10);
    let controller = operator().settings(settings);
    let controller = controller.on_failure(move |key, error| told.lock().unwrap().push(format!("{key}: {error}")));
    let stop = controller.stopper();
    let ended = calm_run(&mut sim, secs(60), controller, move |cx| {
        let noted = Rc::clone(&noted);
        let stop = stop.clone();
        async move {
            noted.borrow_mut().push((cx.key.name.clone(), cx.failures));
            match &*cx.key.name {
                "fails" => Err(ReconcileError::message("not today")),
                "panics" => panic!("oh no"),
                "hangs" => std::future::pending().await,
                "terminal" => Err(ReconcileError::terminal("never")),
                _ if cx.client.now().mono.since_zero() > secs(45) => {
                    stop.stop();
                    Ok(Action::Done)
                }
                _ => Ok(Action::After(secs(50))),
            }
        }
    });
    assert!(matches!(ended, Some(Ok(()))), "{ended:?}");
    let count = |name: &str| runs.borrow().iter().filter(|(key, _)| key == name).count();
    assert_eq!((count("good"), count("terminal")), (2, 1));
    assert!((3..=4).contains(&count("fails")), "{runs:?}");
    let mut told = failures.lock().unwrap().clone();
    told.sort();
    told.dedup();
    assert_eq!(
        told,
        [
            "default/fails: not today",
            "default/hangs: the reconciler did not end within 5s",
            "default/panics: the reconciler panicked: oh no",
            "default/terminal: never",
        ]
    );
}

#[test]
fn no_run_begins_before_all_stores_are_synced() {
    let mut sim = Sim::new(1);
    sim.create(ALL, &parent("a", 1));
    let nothing = kube_proto::resource::ApiResource::new(
        "none.example/v1",
        "None",
        "nones",
        kube_proto::resource::Scope::Cluster,
    );
    let nones = kube_proto::Api::<DynamicObject>::dynamic(nothing);
    let controller = operator().watches(&nones, children(), |_| Vec::new());
    let runs = Rc::new(Cell::new(0));
    let count = Rc::clone(&runs);
    let ended = calm_run(&mut sim, secs(1000), controller, move |_| {
        count.set(count.get() + 1);
        async { Ok(Action::Done) }
    });
    let error = ended.unwrap().unwrap_err().to_string();
    assert!(error.contains("nones.none.example"), "{error}");
    assert_eq!(runs.get(), 0);
}

#[test]
fn a_key_never_runs_twice_at_once_and_changes_meanwhile_are_not_lost() {
    let mut sim = Sim::new(1);
    sim.create(ALL, &parent("a", 1));
    for n in 2..=10u64 {
        sim.after(secs(n), move |sim| {
            sim.request(http::Method::PATCH, &format!("{ALL}/a"), &json!({"data": {"n": n.to_string()}}));
        });
    }
    let (running, seen) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(Vec::new())));
    let noted = Rc::clone(&seen);
    let mut settings = ControllerSettings::default();
    settings.concurrency = 10;
    let ended = calm_run(&mut sim, secs(60), operator().settings(settings), move |cx| {
        let (running, noted) = (Rc::clone(&running), Rc::clone(&noted));
        async move {
            assert!(!running.replace(true));
            cx.client.sleep(Duration::from_millis(2500)).await;
            running.set(false);
            noted.borrow_mut().push(cx.object.data["data"]["n"].as_str().unwrap().to_owned());
            Ok(Action::Done)
        }
    });
    assert!(ended.is_none(), "it runs for ever");
    let seen = seen.borrow();
    assert_eq!(seen.last().unwrap(), "10");
    assert!((4..=6).contains(&seen.len()), "{seen:?}");
}
