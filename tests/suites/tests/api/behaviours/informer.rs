//! Informers: after any failure of the server and its connections, the store equals a fresh list.
//!
//! The rows of all transports run the same code: a driver adds only the loop.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube_proto::api::{DeleteParams, ListParams, Patch, PatchParams, WriteParams};
use kube_proto::resource::{DynamicObject, Lazy, Object, Scope};
use kube_proto::settings::Settings;
use kube_proto::store::{Change, Store, StoreEvent};
use kube_proto::watch::Ending;
use kube_proto::watch::WatchSettings;
use kube_proto::{Api, Error};
use serde::Serialize;
use serde_json::{Value, json};

use super::custom::{defined, widget};
use super::support::*;
use crate::context::{Client, Context, settings};
use crate::drivers::TRANSPORTS;
use crate::rows::{Need, Row, row};
use crate::servers::Site;

pub(crate) const ROWS: &[Row] = &[
    row!(handlers_are_called),
    row!(its_own_writes_are_read),
    row!(only_what_is_selected),
    row!(through_lost_connections).in_memory(),
    row!(through_restart_compaction_and_pause).real().alone().needs(&[Need::Compaction, Need::Disruption]),
];

/// Short waits, so that dead connections are soon noticed.
fn quick() -> (Settings, WatchSettings) {
    let mut session = settings();
    for timeouts in [&mut session.call, &mut session.stream] {
        (timeouts.connect, timeouts.head) = (Duration::from_secs(3), Duration::from_secs(10));
    }
    session.call.idle = Some(Duration::from_secs(5));
    let mut watch = WatchSettings::default();
    (watch.timeout_seconds, watch.grace) = (3..6, Duration::from_secs(2));
    watch.backoff.cap = Duration::from_secs(4);
    (session, watch)
}

/// An informer on a thread of its own, and a subscriber on another that gets every change.
struct Informer<K> {
    store: Store<K>,
    troubles: Arc<Mutex<Vec<Ending>>>,
    told: Arc<Mutex<Known>>,
    stop: Arc<AtomicBool>,
}

/// The existing objects: uid and version by name.
type Known = BTreeMap<String, (String, String)>;

impl<K: Object + Send + Sync + 'static> Informer<K> {
    fn start(connect: impl Fn() -> Client, api: &Api<K>, settings: WatchSettings) -> Self {
        let reflector = api.reflect(settings, []);
        let store = reflector.store();
        // So few that it sometimes falls behind.
        let subscriber = store.subscribe(50);
        let informer = Self { store, troubles: Arc::default(), told: Arc::default(), stop: Arc::default() };
        let (troubles, stop, client) = (Arc::clone(&informer.troubles), Arc::clone(&informer.stop), connect());
        on_thread(move || {
            client.stream(reflector, |notice| {
                if let StoreEvent::Trouble(trouble) = notice {
                    troubles.lock().unwrap().push(trouble.ending);
                }
                if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        });
        let (told, client) = (Arc::clone(&informer.told), connect());
        on_thread(move || {
            client.stream(subscriber, |delivery| {
                if let StoreEvent::Changed { change, .. } = delivery {
                    tell(&mut told.lock().unwrap(), &change);
                }
                ControlFlow::Continue(())
            })
        });
        informer
    }

    fn known(&self) -> Known {
        self.store.snapshot().iter().map(|object| entry(&**object)).collect()
    }

    /// Waits until both the store and the subscriber's events equal a fresh list.
    #[track_caller]
    fn becomes(&self, who: &str, list: &Known) {
        let newest = || (self.known(), self.told.lock().unwrap().clone());
        let same = || {
            let (known, told) = newest();
            (known == *list && told == *list).then_some(())
        };
        if within_a_minute(same).is_none() {
            let (known, told) = newest();
            let differs = |one: &Known| one.iter().filter(|(name, at)| list.get(*name) != Some(at)).count();
            panic!(
                "{who}: the list has {} objects; the store {}, {} of them differ; the subscriber {}, {} of them differ; troubles: {:?}",
                list.len(),
                known.len(),
                differs(&known),
                told.len(),
                differs(&told),
                self.troubles.lock().unwrap()
            );
        }
    }
}

impl<K> Drop for Informer<K> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn on_thread(work: impl FnOnce() -> Result<(), Error> + Send + 'static) {
    thread::spawn(work);
}

fn entry<K: Object>(object: &K) -> (String, (String, String)) {
    let meta = object.meta();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(meta.name), (text(meta.uid), text(meta.resource_version)))
}

/// Applies a change to the known objects; fails if it is impossible.
fn tell<K: Object>(known: &mut Known, change: &Change<K>) {
    let (name, now) = entry(&**change.object());
    match change {
        Change::Added(_) => assert_eq!(known.insert(name, now), None),
        Change::Updated { old, .. } => assert_eq!(known.insert(name, now), Some(entry(&**old).1)),
        Change::Deleted { .. } => assert_eq!(known.remove(&name).map(|(uid, _)| uid), Some(now.0)),
    }
}

/// Repeats the check until it succeeds, for at most a minute.
fn within_a_minute<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = look();
        if answer.is_some() || Instant::now() > end {
            return answer;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn fresh<K: Object + Send>(cx: &Context, api: &Api<K>) -> Known {
    cx.call(api.list(&ListParams::default())).unwrap().items.iter().map(entry).collect()
}

fn handlers_are_called(cx: &Context) {
    let api = config_maps(cx);
    let params = WriteParams::default();
    for name in ["a", "b"] {
        cx.call(api.create(&config_map(name, "k", "v"), &params)).unwrap();
    }
    let (session, watch) = quick();
    let connect = || cx.client_with(cx.site.admin(), session.clone()).unwrap();
    let informer = Informer::start(connect, &api, watch);
    let (seen, client) = (Arc::new(Mutex::new(Vec::new())), connect());
    let say = |what: &'static str| {
        let seen = Arc::clone(&seen);
        move |object: &Arc<ConfigMap>| {
            let name = name(&**object);
            if name.len() == 1 {
                seen.lock().unwrap().push(format!("{what}{name}"));
            }
        }
    };
    let (added, changed, deleted, end) = (say("+"), say("~"), say("-"), Arc::new(AtomicUsize::new(0)));
    let ended = Arc::clone(&end);
    let subscriber = informer.store.subscribe(10).on_added(added).on_deleted(deleted);
    let handled = subscriber.on_updated(move |old, new| {
        assert_eq!(old.metadata.uid, new.metadata.uid);
        changed(new);
    });
    let handled = handled.on_synced(move || {
        ended.fetch_add(1, Ordering::Relaxed);
    });
    on_thread(move || client.stream(handled, |_| ControlFlow::Continue(())));
    cx.eventually("synced", || (end.load(Ordering::Relaxed) == 1).then_some(()));
    let patch = Patch::merge(&json!({"data": {"k": "w"}}));
    cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    cx.call(api.delete("b", &DeleteParams::default())).unwrap();
    cx.call(api.create(&config_map("c", "k", "v"), &params)).unwrap();
    cx.eventually("all have their events", || (seen.lock().unwrap().len() == 5).then_some(()));
    assert_eq!(*seen.lock().unwrap(), ["+a", "+b", "~a", "-b", "+c"]);
}

fn its_own_writes_are_read(cx: &Context) {
    let api = config_maps(cx);
    let (session, watch) = quick();
    // What was created has its managed fields.
    let watch = watch.whole_objects();
    let connect = || cx.client_with(cx.site.admin(), session.clone()).unwrap();
    let informer = Informer::start(connect, &api, watch);
    cx.call(informer.store.wait_synced().within(Duration::from_secs(60))).unwrap();
    for n in 0..20 {
        let made = cx.call(api.create(&config_map(&format!("w-{n}"), "k", "v"), &WriteParams::default())).unwrap();
        let wait = informer.store.wait_version(version(&made)).within(Duration::from_secs(60));
        let snapshot = cx.call(wait).unwrap();
        assert_eq!(snapshot.get(cx.namespace(), &name(&made)).map(|found| &**found), Some(&made));
    }
}

fn only_what_is_selected(cx: &Context) {
    let api = config_maps(cx);
    let labelled = |label: &str| {
        let patch = Patch::merge(&json!({"metadata": {"labels": {"own": label}}}));
        cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    };
    for name in ["a", "b"] {
        create::<ConfigMap>(cx, &api, json!({"metadata": {"name": name, "labels": {"own": "yes"}}}));
    }
    let (session, watch) = quick();
    let connect = || cx.client_with(cx.site.admin(), session.clone()).unwrap();
    let selected = Informer::start(connect, &api, watch.clone().label_selector("own=yes"));
    let one = Informer::start(connect, &api.metadata(), watch.name("b"));
    let names = |known: Known| known.into_keys().collect::<Vec<_>>();
    let has = |what: &str, expected: &[&str]| {
        cx.eventually(what, || (names(selected.known()) == expected).then_some(()));
    };
    has("both", &["a", "b"]);
    labelled("no");
    has("one left", &["b"]);
    labelled("yes");
    has("it came back", &["a", "b"]);
    cx.eventually("the named one", || (names(one.known()) == ["b"]).then_some(()));
}

/// A writer that continues through failures: it creates this many objects, changes every second and deletes every
/// third.
fn churn<K: Object + Serialize + Send + 'static>(
    client: &Client,
    api: &Api<K>,
    count: usize,
    make: impl Fn(&str) -> Value,
) {
    let names: Vec<String> = (0..count).map(|n| format!("n-{n}")).collect();
    insist(
        client,
        &names,
        |name| api.create(&object::<K>(make(name)), &WriteParams::default()),
        Error::is_already_exists,
    );
    let patch = Patch::merge(&json!({"metadata": {"labels": {"changed": "yes"}}}));
    let halves: Vec<String> = names.iter().step_by(2).cloned().collect();
    insist(client, &halves, |name| api.patch(name, &patch, &PatchParams::default()), |_| false);
    let thirds: Vec<String> = names.iter().step_by(3).cloned().collect();
    insist(client, &thirds, |name| api.delete(name, &DeleteParams::default()), Error::is_not_found);
}

/// Repeats the operation for each name until it succeeds; `done` says that an error is as good.
fn insist<O>(client: &Client, names: &[String], make: impl Fn(&str) -> O, done: impl Fn(&Error) -> bool)
where
    O: kube_proto::driver::Operation + Send + 'static,
    O::Item: Send,
{
    let mut left: Vec<&String> = names.iter().collect();
    for _ in 0..100 {
        let mut failed = Vec::new();
        for some in left.chunks(200) {
            let results = client.batch(some.iter().map(|name| make(name)), 8);
            failed
                .extend(some.iter().zip(results).filter(|(_, r)| r.as_ref().is_err_and(|e| !done(e))).map(|(n, _)| *n));
        }
        if failed.is_empty() {
            return;
        }
        left = failed;
        thread::sleep(Duration::from_millis(300));
    }
    panic!("{} objects could not be written", left.len());
}

fn through_lost_connections(cx: &Context) {
    let Site::Memory(memory) = &cx.site else { return };
    let api = config_maps(cx);
    let (session, watch) = quick();
    let connect = || cx.client_with(cx.site.admin(), session.clone()).unwrap();
    let informers = [
        Informer::start(connect, &api, watch.clone()),
        Informer::start(connect, &api, watch.clone().streaming(false).page_size(50)),
    ];
    let lazy = Informer::start(connect, &Api::<Lazy<ConfigMap>>::new(api.target().clone()), watch);
    let (writer, others) = (connect(), api.clone());
    let writing = thread::spawn(move || {
        churn(&writer, &others, 1000, |name| json!({"metadata": {"name": name}, "data": {"k": "v"}}));
    });
    while !writing.is_finished() {
        thread::sleep(Duration::from_millis(200));
        memory.bound.with(|server| server.compact(server.version()));
        memory.bound.drop_connections();
    }
    writing.join().unwrap();
    let list = fresh(cx, &api);
    assert_eq!(list.keys().filter(|name| name.starts_with("n-")).count(), 666);
    for informer in &informers {
        informer.becomes("whole", &list);
    }
    lazy.becomes("lazy", &list);
}

/// All transports at once, because a server can only be disturbed for all; their rows share the result.
fn through_restart_compaction_and_pause(cx: &Context) {
    static DONE: Mutex<Option<bool>> = Mutex::new(None);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    match *done {
        None => {}
        Some(true) => return,
        Some(false) => panic!("the row of the first transport has the failure"),
    }
    *done = Some(false);
    disturb(cx);
    *done = Some(true);
}

fn disturb(cx: &Context) {
    let Site::Real(cluster) = &cx.site else { return };
    let pods = Api::<Pod>::namespaced(cx.namespace_for_pods());
    let widgets = Api::<DynamicObject>::dynamic(defined(cx, Scope::Namespaced)).within(cx.namespace());
    let (session, watch) = quick();
    let mut informers = Vec::new();
    for (number, transport) in TRANSPORTS.iter().enumerate() {
        let connect = || cx.client_of(transport, session.clone()).unwrap();
        let watch = watch.clone().streaming(number % 2 == 0);
        let (pods, widgets) = (&pods, &Api::<Lazy<DynamicObject>>::new(widgets.target().clone()));
        informers.push((
            transport.name,
            Informer::start(connect, pods, watch.clone()),
            Informer::start(connect, widgets, watch),
        ));
    }
    let writer = || cx.client_with(cx.site.admin(), session.clone()).unwrap();
    let (one, two, own) = (writer(), writer(), pods.clone());
    let churning_pods = thread::spawn(move || churn(&one, &own, 500, idle_pod));
    let own = widgets.clone();
    let churning_widgets = thread::spawn(move || churn(&two, &own, 4500, |name| widget(name, 1)));

    // The API server is killed, and started again.
    cluster.script("restart-apiserver", &["--away", "1"]);
    thread::sleep(Duration::from_secs(2));
    // It is stopped for longer than the client's longest silence; its history is compacted meanwhile.
    cluster.script("pause-apiserver", &[]);
    thread::sleep(Duration::from_secs(10));
    cluster.compact();
    cluster.script("resume-apiserver", &[]);
    thread::sleep(Duration::from_secs(2));
    cluster.script("restart-apiserver", &[]);
    churning_pods.join().unwrap();
    churning_widgets.join().unwrap();

    let (pods, widgets) = (fresh(cx, &pods), fresh(cx, &widgets));
    assert_eq!((pods.len(), widgets.len()), (333, 3000));
    let mut seen = Vec::new();
    for (transport, of_pods, of_widgets) in &informers {
        for (what, troubles) in [("pods", &of_pods.troubles), ("widgets", &of_widgets.troubles)] {
            let troubles = troubles.lock().unwrap();
            assert!(!troubles.is_empty(), "{transport}, {what}: nothing was noticed");
            seen.extend(troubles.iter().copied());
        }
        of_pods.becomes(transport, &pods);
        of_widgets.becomes(transport, &widgets);
    }
    // The kill, the pause, and the compaction.
    for ending in [Ending::Unreachable, Ending::Silent, Ending::Expired] {
        assert!(seen.contains(&ending), "no {ending:?} in {seen:?}");
    }
}
