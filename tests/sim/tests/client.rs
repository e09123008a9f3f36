//! The client for async code: waiting, dropping, batches, streams, and the observer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use kube_proto::api::{ListParams, WatchParams, WriteParams};
use kube_proto::client::{AsyncClient, AsyncStream};
use kube_proto::driver::{Cx, Input, Moment, OneResult, Operation, Step};

use kube_proto::watch::{Event, WatchEvent, WatchSettings};
use kube_test_sim::{Faults, Mishap, Sim};
use kube_tests::async_client::{copy_follows, map, maps, promises, replica};

const ALL: &str = "/api/v1/namespaces/default/configmaps";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The first of two futures to be ready; the other is dropped.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        ready => ready,
    })
    .await
}

#[test]
fn the_promises_of_the_trait() {
    for seed in 0..20 {
        let mut sim = Sim::new(seed);
        sim.write_down();
        assert_eq!(sim.run_async(secs(60), "suite", promises), Some(()), "{}", sim.trace());
        assert!(sim.trace().to_string().contains("suite: all promises are kept"));
    }
}

#[test]
fn the_copy_follows() {
    let mut sim = Sim::new(1);
    for name in ["one", "two", "three"] {
        sim.spawn_async(name, |client| replica(client, secs(10)));
    }
    assert_eq!(sim.run_async(secs(600), "writer", copy_follows), Some(()));
}

#[test]
fn sleepers_wake_in_the_order_of_their_moments() {
    let mut orders = Vec::new();
    for seed in 0..20 {
        let mut sim = Sim::new(seed);
        let woken = Rc::new(RefCell::new(Vec::new()));
        for (name, span) in [("c", 3), ("a", 1), ("b1", 2), ("b2", 2), ("now", 0)] {
            let woken = Rc::clone(&woken);
            sim.spawn_async(name, |client| async move {
                client.sleep(secs(span)).await;
                assert_eq!(client.now().mono, Moment::after_zero(secs(span)));
                woken.borrow_mut().push(name);
            });
        }
        sim.run_for(secs(10));
        assert_eq!(sim.now().mono, Moment::after_zero(secs(10)));
        let woken = woken.take();
        assert_eq!((woken[0], woken[1], woken[4]), ("now", "a", "c"));
        orders.push((woken[2], woken[3]));
    }
    // At one moment the seed decides.
    assert!(orders.contains(&("b1", "b2")) && orders.contains(&("b2", "b1")));
}

#[test]
fn a_sleep_that_is_dropped_wakes_nothing() {
    let mut sim = Sim::new(1);
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    sim.spawn_async("sleeper", |client| async move {
        first(client.sleep(secs(5)), client.sleep(secs(60))).await;
        poll_fn(|_| {
            counted.set(counted.get() + 1);
            Poll::<()>::Pending
        })
        .await;
    });
    sim.run_for(secs(100));
    assert_eq!(polls.get(), 1);
}

#[test]
fn a_call_that_is_dropped_is_aborted() {
    let mut created = [0, 0];
    for seed in 0..100 {
        let mut sim = Sim::new(seed);
        let mut faults = Faults::none();
        faults.delay = secs(4);
        sim.faults(faults);
        sim.write_down();
        let output = sim.run_async(secs(60), "caller", |client| async move {
            let create = client.call(maps().create(&map("a", 1), &WriteParams::default()));
            let timeout = async {
                client.sleep(secs(1)).await;
                None
            };
            first(async { Some(create.await) }, timeout).await.map(|result| result.map(drop))
        });
        sim.run_for(secs(600));
        // Nothing of the call goes on: the request is not repeated.
        assert_eq!(sim.trace().to_string().matches("POST").count(), 1, "{}", sim.trace());
        let exists = !sim.observer().get(&format!("{ALL}/a")).is_null();
        match output.unwrap() {
            Some(result) => assert!(result.is_ok() && exists),
            None => created[usize::from(exists)] += 1,
        }
    }
    // What the server makes of a request that was on its way is not the caller's to know.
    assert!(created[0] > 10 && created[1] > 10, "{created:?}");
}

#[test]
fn a_call_that_is_dropped_before_it_is_polled_sends_nothing() {
    let mut sim = Sim::new(1);
    sim.write_down();
    sim.run_async(secs(60), "caller", |client| async move { drop(client.call(maps().get("a"))) }).unwrap();
    assert!(!sim.trace().to_string().contains("GET"), "{}", sim.trace());
}

#[test]
fn a_task_that_is_cancelled_is_gone() {
    let mut sim = Sim::new(3);
    let running = Rc::new(());
    let held = Rc::clone(&running);
    let task = sim.spawn_async("watcher", |client| async move {
        let _held = held;
        let mut changes = client.stream(maps().watch(WatchSettings::default()));
        while changes.next().await.is_some() {}
    });
    sim.run_for(secs(60));
    assert_eq!(Rc::strong_count(&running), 2);
    sim.cancel(task);
    assert_eq!(Rc::strong_count(&running), 1);
    sim.write_down();
    sim.put("default", "a", "", "{}");
    sim.run_for(secs(3600));
    assert!(!sim.trace().to_string().contains("watcher"), "{}", sim.trace());
}

/// Counts how many of it are under way.
struct Counted<O> {
    inner: O,
    under_way: Rc<Cell<usize>>,
    most: Rc<Cell<usize>>,
    began: bool,
}

impl<O: Operation> OneResult for Counted<O> {}

impl<O: Operation> Operation for Counted<O> {
    type Item = O::Item;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<O::Item> {
        if !std::mem::replace(&mut self.began, true) {
            self.under_way.set(self.under_way.get() + 1);
            self.most.set(self.most.get().max(self.under_way.get()));
        }
        let step = self.inner.resume(input, cx);
        if matches!(step, Step::Yield(_) | Step::Done(_)) {
            self.under_way.set(self.under_way.get() - 1);
        }
        step
    }
}

#[test]
fn a_batch_runs_as_many_as_it_may_and_no_more() {
    for (concurrent, most) in [(0, 1), (1, 1), (4, 4), (50, 20)] {
        let mut sim = Sim::new(9);
        for n in 0..20 {
            sim.put("default", &format!("m{n}"), "", "{}");
        }
        let (under_way, counted) = (Rc::<Cell<usize>>::default(), Rc::<Cell<usize>>::default());
        let operations: Vec<_> = (0..20)
            .map(|n| Counted {
                inner: maps().get(&format!("m{n}")),
                under_way: Rc::clone(&under_way),
                most: Rc::clone(&counted),
                began: false,
            })
            .collect();
        let names = sim.run_async(secs(600), "batch", |client| async move {
            let results = client.batch(operations, concurrent).await;
            results.into_iter().map(|result| result.unwrap().metadata.name.unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(names.unwrap(), (0..20).map(|n| format!("m{n}")).collect::<Vec<_>>());
        assert_eq!((counted.get(), under_way.get()), (most, 0), "{concurrent}");
    }
}

#[test]
fn a_stream_recovers_under_faults() {
    let mut sim = Sim::new(11);
    sim.faults(Faults::all(30));
    let seen = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&seen);
    sim.spawn_async("watcher", |client| async move {
        let mut changes = client.stream(maps().watch(WatchSettings::default()));
        while let Some(event) = changes.next().await {
            if let Event::Applied(map) | Event::InitApplied(map) = event.unwrap() {
                kept.borrow_mut().push(map.metadata.name.unwrap());
                // A slow reader.
                client.sleep(secs(1)).await;
            }
        }
    });
    for n in 0..50 {
        sim.put("default", &format!("m{n}"), "", "{}");
        sim.run_for(secs(20));
    }
    sim.calm();
    sim.run_for(secs(3600));
    assert_eq!(sim.violation(), None);
    assert!((0..50).all(|n| seen.borrow().contains(&format!("m{n}"))), "{:?}", seen.borrow());
}

#[test]
fn what_has_arrived_is_read_before_the_deadline_is_looked_at() {
    let mut sim = Sim::new(2);
    sim.put("default", "a", "", "{}");
    // The reader comes back long after the idle time-out; the bytes have been there all the while.
    let late = sim.run_async(secs(3600), "late", |client| async move {
        let mut list = client.stream(maps().pages(&ListParams::default()));
        // Sends the request, and gives up waiting at once.
        first(async { drop(list.next().await) }, async {}).await;
        client.sleep(secs(1000)).await;
        list.next().await.unwrap().map(|map| map.metadata.name.is_some())
    });
    assert!(late.unwrap().unwrap());
}

#[test]
fn a_watch_once_ends() {
    let mut sim = Sim::new(4);
    let events = sim.run_async(secs(3600), "watcher", |client| async move {
        let mut events = client.stream(maps().watch_once(&WatchParams::default().timeout_seconds(30)));
        let create = maps().create(&map("a", 1), &WriteParams::default());
        client.call(create).await.unwrap();
        let mut added = 0;
        while let Some(event) = events.next().await {
            added += usize::from(matches!(event.unwrap(), WatchEvent::Added(_)));
        }
        added
    });
    assert_eq!(events, Some(1));
}

#[test]
fn each_client_has_a_session_of_its_own() {
    let mut sim = Sim::new(5);
    let (one, other) = (sim.client("one"), sim.client("other"));
    let copied = one.clone();
    sim.run_async(secs(60), "caller", |_| async move { copied.call(maps().get("a")).await.unwrap_err() }).unwrap();
    assert_eq!((one.session().statistics().exchanges, other.session().statistics().exchanges), (1, 0));
    assert_eq!(one.name(), "one");
}

#[test]
fn code_that_never_waits_is_a_violation() {
    let mut sim = Sim::new(6);
    sim.spawn_async("spinner", |client| async move {
        loop {
            client.sleep(Duration::ZERO).await;
        }
    });
    sim.run_for(secs(1));
    assert!(sim.violation().unwrap().contains("spinner goes round"), "{:?}", sim.violation());
}

#[test]
fn an_observer_leaves_no_trace_and_meets_no_fault() {
    let run = |observed: bool| {
        let mut sim = Sim::new(8);
        sim.write_down();
        sim.put("default", "a", "", "{\"n\":\"1\"}");
        sim.faults(Faults::none().with(Mishap::Refused, 800).with(Mishap::Failed, 200));
        sim.spawn_async("caller", |client| async move {
            loop {
                let _ = client.call(maps().get("a")).await;
                client.sleep(secs(7)).await;
            }
        });
        if observed {
            sim.always("the object is there", |cluster| {
                cluster.read(maps().get("a")).map(drop).map_err(|e| e.to_string())
            });
        }
        for n in 0..50 {
            sim.put("default", "a", "", &format!("{{\"n\":\"{n}\"}}"));
            sim.run_for(secs(5));
            if observed {
                let now = sim.now();
                let mut observer = sim.observer();
                assert_eq!(observer.read(maps().get("a")).unwrap().data["data"]["n"], n.to_string());
                assert_eq!(observer.read(maps().list(&ListParams::default())).unwrap().items.len(), 1);
                assert_eq!(observer.get(&format!("{ALL}/a"))["data"]["n"], n.to_string());
                assert!(observer.read(maps().get("b")).unwrap_err().is_not_found());
                assert_eq!(sim.now(), now);
            }
        }
        assert_eq!(sim.violation(), None);
        sim.trace().to_string()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn an_observer_only_reads() {
    let mut sim = Sim::new(8);
    let version = sim.version();
    assert!(sim.observer().read(maps().create(&map("a", 1), &WriteParams::default())).is_err());
    assert!(sim.observer().read(maps().watch_once(&WatchParams::default())).is_err());
    assert_eq!(sim.version(), version);
}

#[test]
fn what_must_always_be_true_is_checked_after_each_change() {
    let mut sim = Sim::new(8);
    sim.always("no object is named bad", |cluster| {
        if cluster.get(&format!("{ALL}/bad")).is_null() { Ok(()) } else { Err("there is one".to_owned()) }
    });
    let run = sim.run_async(secs(600), "caller", |client| async move {
        client.call(maps().create(&map("bad", 1), &WriteParams::default())).await.unwrap();
        client.call(maps().delete("bad", &Default::default())).await.unwrap();
    });
    assert_eq!(run, None);
    assert_eq!(sim.violation(), Some("no object is named bad: there is one"));
}
