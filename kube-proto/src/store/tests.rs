//! The store against a model, with readers of any speed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use proptest::prelude::*;
use serde::Deserialize;

use super::change::Delta;
use super::hub::Hub;
use super::snapshot::State;
use crate::config::resolved::Config;
use crate::driver::operation::Operation;
use crate::driver::step::Step;
use crate::driver::task::Task;
use crate::driver::time::{Moment, Now};
use crate::resource::Meta;
use crate::session::{Session, SessionOptions};
use crate::settings::Settings;
use crate::store::*;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Thing {
    name: String,
    uid: String,
    version: String,
    colour: String,
}

impl Object for Thing {
    fn meta(&self) -> Meta<'_> {
        let (name, namespace) = (Some(self.name.as_str()), Some("n"));
        Meta { name, namespace, uid: Some(&self.uid), resource_version: Some(&self.version) }
    }
}

fn thing(name: &str, uid: u32, version: u32) -> Thing {
    let colour = ["red", "green", "blue"][version as usize % 3].to_owned();
    Thing { name: name.into(), uid: uid.to_string(), version: version.to_string(), colour }
}

fn store() -> Store<Thing> {
    let colour = Index::new("colour", |thing: &Thing| vec![thing.colour.clone()]);
    Store(Arc::new(Hub::new(Arc::from([colour]))))
}

/// Replaces the content of the store, as a list does.
fn list<'a>(store: &Store<Thing>, things: impl IntoIterator<Item = &'a Thing>, version: u32) {
    let mut state = State::new(store.0.state().indexes.clone());
    for thing in things {
        let thing = Arc::new(thing.clone());
        let known = store.get("n", &thing.name).filter(|known| known.version == thing.version);
        state.insert(&known.unwrap_or(thing));
    }
    (state.synced, state.version) = (true, Some(version.to_string()));
    store.0.replace(state);
}

fn events(subscriber: &mut Subscriber<Thing>) -> Vec<String> {
    std::iter::from_fn(|| subscriber.try_next()).map(|event| format!("{event:?}")).collect()
}

#[test]
fn versions_do_not_go_back_and_known_versions_are_not_yielded() {
    let store = store();
    list(&store, &[thing("a", 1, 5)], 10);
    for (applied, events) in [
        (thing("a", 1, 5), vec![]),
        (thing("a", 1, 4), vec![]),
        (thing("a", 1, 12), vec!["updated n/a 5 to 12"]),
        (thing("a", 1, 9), vec![]),
        (thing("a", 0, 11), vec![]),
        (thing("b", 2, 13), vec!["added n/b 13"]),
        // It was deleted and created again, without events.
        (thing("a", 3, 14), vec!["deleted n/a after 12", "added n/a 14"]),
    ] {
        let deltas = store.0.apply(Arc::new(applied), Moment::ZERO);
        let found: Vec<_> = deltas.into_iter().filter_map(Delta::change).map(|c| format!("{c:?}")).collect();
        assert_eq!(found, events);
    }
    for (deleted, events) in [
        (thing("a", 3, 13), vec![]),
        (thing("a", 1, 12), vec![]),
        (thing("a", 3, 15), vec!["deleted n/a 15"]),
        (thing("a", 3, 15), vec![]),
        // Another object of this name was deleted, so this one was deleted before.
        (thing("b", 9, 20), vec!["deleted n/b after 13"]),
    ] {
        let deltas = store.0.delete(Arc::new(deleted), Moment::ZERO);
        let found: Vec<_> = deltas.into_iter().filter_map(Delta::change).map(|c| format!("{c:?}")).collect();
        assert_eq!(found, events);
    }
    assert!(store.snapshot().is_empty());
    assert_eq!(store.snapshot().version(), Some("20"));
}

#[test]
fn a_snapshot_does_not_change_and_is_found_in_by_index() {
    let store = store();
    list(&store, &[thing("a", 1, 3), thing("b", 2, 4), thing("c", 3, 6)], 10);
    let before = store.snapshot();
    store.0.apply(Arc::new(thing("a", 1, 11)), Moment::ZERO);
    store.0.delete(Arc::new(thing("c", 3, 12)), Moment::ZERO);
    let names = |snapshot: &Snapshot<Thing>, colour: &str| -> Vec<String> {
        snapshot.by("colour", colour).unwrap().map(|thing| thing.name.clone()).collect()
    };
    assert_eq!((names(&before, "red"), names(&before, "green")), (vec!["a".into(), "c".into()], vec!["b".into()]));
    let now = store.snapshot();
    assert_eq!((names(&now, "red"), names(&now, "blue")), (vec![], vec!["a".to_owned()]));
    assert_eq!(before.values("colour").unwrap().collect::<Vec<_>>(), ["green", "red"]);
    assert_eq!(before.within("n").count(), 3);
    assert_eq!(before.within("m").count(), 0);
    assert!(before.by("shape", "round").is_none());
    assert_eq!((before.get("n", "a").unwrap().version.as_str(), before.len()), ("3", 3));
}

#[test]
fn a_subscriber_gets_the_existing_objects_and_then_the_changes() {
    let store = store();
    let mut early = store.subscribe(10);
    assert_eq!(events(&mut early), Vec::<String>::new());
    list(&store, &[thing("a", 1, 3)], 10);
    let mut late = store.subscribe(10);
    for subscriber in [&mut early, &mut late] {
        assert_eq!(events(subscriber), ["added n/a 3 (Initial)", "synced 10"]);
    }
    store.0.apply(Arc::new(thing("a", 1, 11)), Moment::ZERO);
    store.0.delete(Arc::new(thing("a", 1, 12)), Moment::ZERO);
    for subscriber in [&mut early, &mut late] {
        assert_eq!(events(subscriber), ["updated n/a 3 to 11 (Event)", "deleted n/a 12 (Event)"]);
    }
}

#[test]
fn a_slow_subscriber_gets_the_newest_state_of_each_object_as_catch_up() {
    let store = store();
    list(&store, &[thing("a", 1, 1), thing("b", 2, 2), thing("c", 3, 3)], 10);
    let mut slow = store.subscribe(4);
    events(&mut slow);
    store.0.apply(Arc::new(thing("a", 1, 11)), Moment::ZERO);
    for version in 12..1000 {
        store.0.apply(Arc::new(thing("a", 1, version)), Moment::ZERO);
        assert!(slow.waiting() <= 4);
    }
    store.0.delete(Arc::new(thing("b", 2, 1000)), Moment::ZERO);
    store.0.delete(Arc::new(thing("c", 3, 1001)), Moment::ZERO);
    store.0.apply(Arc::new(thing("c", 4, 1002)), Moment::ZERO);
    // It was added and deleted between two polls.
    store.0.apply(Arc::new(thing("d", 5, 1003)), Moment::ZERO);
    store.0.delete(Arc::new(thing("d", 5, 1004)), Moment::ZERO);
    assert_eq!(
        events(&mut slow),
        [
            "updated n/a 1 to 999 (CatchUp)",
            "deleted n/b after 2 (CatchUp)",
            "deleted n/c after 3 (CatchUp)",
            "added n/c 1002 (CatchUp)"
        ]
    );
    store.0.apply(Arc::new(thing("a", 1, 1005)), Moment::ZERO);
    assert_eq!(events(&mut slow), ["updated n/a 999 to 1005 (Event)"]);
}

#[test]
fn a_later_list_is_yielded_as_the_difference() {
    let store = store();
    list(&store, &[thing("a", 1, 1), thing("b", 2, 2), thing("c", 3, 3)], 10);
    let mut subscriber = store.subscribe(4);
    events(&mut subscriber);
    store.0.apply(Arc::new(thing("c", 3, 11)), Moment::ZERO);
    list(&store, &[thing("a", 1, 1), thing("c", 3, 12), thing("d", 4, 13)], 20);
    // The queued changes are part of the difference.
    assert_eq!(
        events(&mut subscriber),
        ["deleted n/b after 2 (CatchUp)", "updated n/c 3 to 12 (CatchUp)", "added n/d 13 (CatchUp)"]
    );
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn turn<O: Operation>(task: &mut Task<O>, seconds: u64, bell: &Arc<Bell>) -> Step<O::Item> {
    let now = Now { mono: Moment::after_zero(Duration::from_secs(seconds)), unix: Duration::ZERO };
    task.turn(now, &Waker::from(Arc::clone(bell)), || None)
}

fn session() -> Session {
    Session::new(&Config::new("http://k").unwrap(), SessionOptions::new(Settings::default(), 1)).unwrap()
}

#[test]
fn a_wait_for_a_store_whose_reflector_is_not_driven_says_so() {
    let (store, bell) = (store(), Arc::<Bell>::default());
    let mut synced = Task::new(store.wait_synced(), session());
    assert!(matches!(turn(&mut synced, 0, &bell), Step::Wait(Some(until)) if until.since_zero().as_secs() == 10));
    assert!(matches!(turn(&mut synced, 9, &bell), Step::Wait(Some(_))));
    let Step::Done(Err(error)) = turn(&mut synced, 10, &bell) else { panic!("it goes on waiting") };
    assert!(error.to_string().contains("pass the reflector to `client.stream`"), "{error}");
    // A wait for a driven reflector has no limit.
    let mut patient = Task::new(store.wait_synced(), session());
    assert!(matches!(turn(&mut patient, 20, &bell), Step::Wait(Some(_))));
    store.0.drive();
    assert!(matches!(turn(&mut patient, 100, &bell), Step::Wait(None)));
}

#[test]
fn waiters_are_woken_when_something_happens_and_end_with_the_reflector() {
    let store = store();
    store.0.drive();
    let bell = Arc::<Bell>::default();
    let mut synced = Task::new(store.wait_synced(), session());
    let mut version = Task::new(store.wait_version("12").within(Duration::from_secs(60)), session());
    let mut subscriber = Task::new(store.subscribe(10), session());
    assert!(matches!(turn(&mut synced, 0, &bell), Step::Wait(None)));
    assert!(matches!(turn(&mut version, 0, &bell), Step::Wait(Some(until)) if until.since_zero().as_secs() == 60));
    assert!(matches!(turn(&mut subscriber, 0, &bell), Step::Wait(None)));
    list(&store, &[], 10);
    assert_eq!(bell.0.load(Ordering::Relaxed), 3);
    assert!(matches!(turn(&mut synced, 1, &bell), Step::Yield(_)));
    assert!(matches!(turn(&mut synced, 1, &bell), Step::Done(Ok(()))));
    assert!(matches!(turn(&mut version, 1, &bell), Step::Wait(_)));
    assert!(matches!(turn(&mut subscriber, 1, &bell), Step::Yield(StoreEvent::Synced { .. })));
    store.0.advance("13");
    assert!(matches!(turn(&mut version, 1, &bell), Step::Yield(snapshot) if snapshot.version() == Some("13")));
    let mut never = Task::new(store.wait_version("99").within(Duration::from_secs(60)), session());
    assert!(matches!(turn(&mut never, 1, &bell), Step::Wait(_)));
    assert!(matches!(turn(&mut never, 61, &bell), Step::Done(Err(_))));
    let mut ended = Task::new(store.wait_version("99"), session());
    assert!(matches!(turn(&mut ended, 1, &bell), Step::Wait(None)));
    store.0.apply(Arc::new(thing("a", 1, 14)), Moment::ZERO);
    store.0.close(Ok(()));
    assert!(matches!(turn(&mut ended, 1, &bell), Step::Done(Err(_))));
    assert!(matches!(turn(&mut subscriber, 2, &bell), Step::Yield(StoreEvent::Changed { .. })));
    assert!(matches!(turn(&mut subscriber, 2, &bell), Step::Done(Ok(()))));
}

#[test]
fn a_resync_shows_everything_again() {
    let store = store();
    list(&store, &[thing("a", 1, 1), thing("b", 2, 2)], 10);
    let bell = Arc::<Bell>::default();
    let mut task = Task::new(store.subscribe(10).resync(Duration::from_secs(60)), session());
    let mut all = |seconds| -> Vec<String> {
        std::iter::from_fn(|| match turn(&mut task, seconds, &bell) {
            Step::Yield(event) => Some(format!("{event:?}")),
            Step::Wait(Some(_)) => None,
            other => panic!("{other:?}"),
        })
        .collect()
    };
    assert_eq!(all(0).len(), 3);
    assert_eq!(all(59), Vec::<String>::new());
    assert_eq!(all(60), ["resync n/a", "resync n/b"]);
    store.0.delete(Arc::new(thing("a", 1, 11)), Moment::ZERO);
    assert_eq!(all(61), ["deleted n/a 11 (Event)"]);
    assert_eq!(all(120), ["resync n/b"]);
}

/// A resync shows the state of the last yielded change: news wait for its end, and it waits for news.
#[test]
fn a_resync_and_news_do_not_mix() {
    let store = store();
    list(&store, &[thing("a", 1, 1), thing("b", 2, 2)], 10);
    let bell = Arc::<Bell>::default();
    let mut task = Task::new(store.subscribe(10).resync(Duration::from_secs(60)), session());
    let mut next = |seconds| match turn(&mut task, seconds, &bell) {
        Step::Yield(event) => format!("{event:?}"),
        Step::Wait(_) => String::new(),
        other => panic!("{other:?}"),
    };
    while !next(0).is_empty() {}
    assert_eq!(next(60), "resync n/a");
    store.0.apply(Arc::new(thing("b", 2, 11)), Moment::ZERO);
    assert_eq!(next(60), "resync n/b");
    assert_eq!(next(60), "updated n/b 2 to 11 (Event)");
    assert_eq!(next(60), "");
    // Another thread publishes between the last look into the mailbox and the resync.
    let mut subscriber = store.subscribe(10);
    assert!(!subscriber.begin_resync(), "the first state was not yielded");
    while subscriber.try_next().is_some() {}
    store.0.apply(Arc::new(thing("b", 2, 12)), Moment::ZERO);
    assert!(!subscriber.begin_resync(), "a change was not yielded");
    assert!(subscriber.try_next().is_some());
    list(&store, &[], 20);
    assert!(!subscriber.begin_resync(), "a list was not yielded");
    while subscriber.try_next().is_some() {}
    assert!(subscriber.begin_resync());
}

#[test]
fn a_mailbox_holds_exactly_its_limit() {
    for asked in [0, 1, 2, 5] {
        let store = store();
        list(&store, &[], 10);
        let mut subscriber = store.subscribe(asked);
        let limit = asked.max(2);
        events(&mut subscriber);
        let mut version = 10;
        let mut put = |count: usize| {
            for _ in 0..count {
                version += 1;
                store.0.apply(Arc::new(thing("a", 1, version)), Moment::ZERO);
            }
            version
        };
        put(limit);
        assert_eq!(subscriber.waiting(), limit);
        let all = events(&mut subscriber);
        assert!(all.len() == limit && all.iter().all(|event| event.ends_with("(Event)")), "{limit}: {all:?}");
        let last = put(limit + 1);
        assert_eq!(subscriber.waiting(), 0);
        let all = events(&mut subscriber);
        assert!(all.len() == 1 && all[0].ends_with(&format!("{last} (CatchUp)")), "{limit}: {all:?}");
    }
}

#[test]
fn no_time_between_resyncs_is_no_resync() {
    let store = store();
    let mut task = Task::new(store.subscribe(10).resync(Duration::ZERO), session());
    let bell = Arc::<Bell>::default();
    list(&store, [], 10);
    assert!(matches!(turn(&mut task, 0, &bell), Step::Yield(StoreEvent::Synced { .. })));
    assert!(matches!(turn(&mut task, 0, &bell), Step::Wait(None)));
    store.0.apply(Arc::new(thing("a", 1, 11)), Moment::ZERO);
    assert!(matches!(turn(&mut task, 0, &bell), Step::Yield(StoreEvent::Changed { .. })));
    assert!(matches!(turn(&mut task, 0, &bell), Step::Wait(None)));
}

/// Index functions are the user's: they may read the store, and may panic.
#[test]
fn an_index_may_look_into_its_store_and_a_panic_of_it_changes_nothing() {
    let home = Arc::new(std::sync::OnceLock::<Store<Thing>>::new());
    let seen = Arc::clone(&home);
    let index = Index::new("others", move |thing: &Thing| {
        assert_ne!(thing.colour, "green", "a fault in the user's code");
        seen.get().map_or_else(Vec::new, |store| vec![store.snapshot().len().to_string()])
    });
    let store = Store(Arc::new(Hub::new(Arc::from([index]))));
    list(&store, [], 10);
    home.set(Store(Arc::clone(&store.0))).ok().unwrap();
    store.0.apply(Arc::new(thing("a", 1, 12)), Moment::ZERO);
    let fault = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.0.apply(Arc::new(thing("b", 2, 13)), Moment::ZERO)
    }));
    assert!(fault.is_err());
    assert_eq!((store.snapshot().len(), store.snapshot().version().unwrap()), (1, "12"));
}

#[test]
fn the_matching_handler_is_called() {
    let store = store();
    list(&store, &[thing("a", 1, 1), thing("b", 2, 2)], 10);
    let (bell, calls) = (Arc::<Bell>::default(), Arc::<std::sync::Mutex<Vec<String>>>::default());
    let say = |what: &'static str| {
        let calls = Arc::clone(&calls);
        move |thing: &Arc<Thing>| calls.lock().unwrap().push(format!("{what}{} {}", thing.name, thing.version))
    };
    let (added, deleted, again, end) = (say("+"), say("-"), say("="), Arc::clone(&calls));
    let both = Arc::clone(&calls);
    let handled = store
        .subscribe(10)
        .resync(Duration::from_secs(60))
        .on_added(added)
        .on_deleted(deleted)
        .on_resync(again)
        .on_synced(move || end.lock().unwrap().push("synced".into()))
        .on_updated(move |old, new| both.lock().unwrap().push(format!("{} to {}", old.version, new.version)));
    let mut task = Task::new(handled, session());
    let mut all = |seconds| {
        let count = std::iter::from_fn(|| match turn(&mut task, seconds, &bell) {
            Step::Yield(event) => Some(event),
            Step::Wait(_) => None,
            other => panic!("{other:?}"),
        })
        .count();
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        assert_eq!(count, calls.len(), "the loop around it sees the same");
        calls
    };
    assert_eq!(all(0), ["+a 1", "+b 2", "synced"]);
    store.0.apply(Arc::new(thing("a", 1, 11)), Moment::ZERO);
    store.0.delete(Arc::new(thing("b", 2, 12)), Moment::ZERO);
    assert_eq!(all(1), ["1 to 11", "-b 12"]);
    assert_eq!(all(60), ["=a 11"]);
}

/// Applies the changes of a subscriber, and checks that each is possible.
struct Mirror {
    subscriber: Subscriber<Thing>,
    things: BTreeMap<String, Arc<Thing>>,
}

impl Mirror {
    fn take(&mut self, most: usize) {
        for _ in 0..most {
            let Some(event) = self.subscriber.try_next() else { return };
            let StoreEvent::Changed { change, .. } = event else { continue };
            let name = change.object().name.clone();
            let version = |thing: &Thing| thing.version.parse::<u32>().unwrap();
            match change {
                Change::Added(new) => assert!(self.things.insert(name, new).is_none()),
                Change::Updated { old, new } => {
                    assert_eq!(old.uid, new.uid);
                    assert!(version(&old) < version(&new));
                    assert_eq!(self.things.insert(name, new), Some(old));
                }
                Change::Deleted { last, .. } => {
                    let known = self.things.remove(&name).unwrap();
                    assert!(last.uid == known.uid && version(&last) >= version(&known));
                }
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Put(u8),
    Delete(u8),
    List,
    Take(u8, u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        6 => (0u8..20).prop_map(Op::Put),
        3 => (0u8..20).prop_map(Op::Delete),
        1 => Just(Op::List),
        4 => (0u8..3, 0u8..12).prop_map(|(mirror, most)| Op::Take(mirror, most)),
    ];
    prop::collection::vec(op, 0..400)
}

proptest! {
    #[test]
    fn every_subscriber_ends_with_the_state_of_the_store(ops in ops()) {
        let store = store();
        list(&store, &[], 1);
        let mut model = BTreeMap::<String, Thing>::new();
        let mut mirrors = [2, 3, 50].map(|limit| Mirror { subscriber: store.subscribe(limit), things: BTreeMap::new() });
        for (at, op) in ops.into_iter().enumerate() {
            let version = u32::try_from(at).unwrap() + 2;
            match op {
                Op::Put(n) => {
                    let name = n.to_string();
                    let uid = model.get(&name).map_or(version, |old| old.uid.parse().unwrap());
                    let new = thing(&name, uid, version);
                    model.insert(name, new.clone());
                    store.0.apply(Arc::new(new), Moment::ZERO);
                }
                Op::Delete(n) => if let Some(old) = model.remove(&n.to_string()) {
                    store.0.delete(Arc::new(Thing { version: version.to_string(), ..old }), Moment::ZERO);
                }
                Op::List => {
                    // A change without an event.
                    model.retain(|name, _| name.len() == 1);
                    model.insert("new".into(), thing("new", version, version));
                    list(&store, model.values(), version);
                }
                Op::Take(mirror, most) => mirrors[mirror as usize].take(most.into()),
            }
            for mirror in &mirrors {
                prop_assert!(mirror.subscriber.waiting() <= 50);
            }
        }
        let expected: Vec<_> = model.into_values().collect();
        let snapshot = store.snapshot();
        prop_assert_eq!(snapshot.iter().map(|thing| (**thing).clone()).collect::<Vec<_>>(), expected.clone());
        let mut indexed: Vec<_> = ["red", "green", "blue"]
            .iter()
            .flat_map(|colour| snapshot.by("colour", colour).unwrap().filter(|thing| thing.colour == **colour))
            .map(|thing| (**thing).clone())
            .collect();
        indexed.sort_by(|a, b| a.name.cmp(&b.name));
        prop_assert_eq!(&indexed, &expected);
        for mirror in &mut mirrors {
            mirror.take(usize::MAX);
            prop_assert_eq!(mirror.things.values().map(|thing| (**thing).clone()).collect::<Vec<_>>(), expected.clone());
        }
    }
}
