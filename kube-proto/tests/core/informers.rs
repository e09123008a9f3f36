//! Informers in simulated clusters: in the end the store equals the server, and no reader gets an impossible event.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::resource::{ApiResource, DynamicObject, Lazy, Object, Scope};
use kube_proto::store::{Reflector, Store, StoreEvent};
use kube_proto::watch::WatchSettings;
use kube_proto::watch::{Ending, Footing, Pause, Recovery, Since, Situation, after};
use kube_test_sim::{
    self as sim, Dice, Faults, Heard, Mirror, Mishap, Sim, Witness, Writer, any_failure, explore, explore_plain,
};

use crate::script::secs;

type Table = fn(Ending, Situation) -> Recovery;

#[test]
fn the_store_equals_the_server_in_the_end() {
    explore_plain("informers", 20_000, |sim| informer(sim, after));
}

/// The same with the whole in-memory server, which shares no code with the plain one.
#[test]
fn the_store_equals_the_whole_server_in_the_end() {
    explore("informers of a whole server", 100, |sim| informer(sim, after));
}

/// Tables with one wrong row each, and the faults that reach that row.
macro_rules! wrong {
    ($($ending:pat, $situation:pat => $next:expr, $faults:expr;)*) => {
        [$((
            concat!(stringify!($ending), " while ", stringify!($situation), " => ", stringify!($next)),
            (|ending, situation| match (ending, situation) {
                ($ending, $situation) => $next,
                (ending, situation) => after(ending, situation),
            }) as Table,
            $faults as fn(&mut Faults),
        )),*]
    };
}

#[test]
fn a_table_with_a_wrong_row_is_noticed() {
    use Ending as E;
    use Pause::{Backoff, No};
    use Recovery::{Again, GiveUp, List, Page, Watch};
    use Since::{Any, NotOlder};
    use Situation::{Listing, Paging, Streaming, Stuck, StuckPaging, Watching};
    let tables = wrong! {
        // The watch makes no progress. Each such mistake needs a second one, in the row of what goes round.
        E::Expired, Watching(_) | Stuck => Watch(Backoff), |faults: &mut Faults| often(faults, Mishap::Restart);
        E::Expired, Paging | StuckPaging => Page(Backoff), |faults: &mut Faults| often(faults, Mishap::TokenExpired);
        E::Short, Watching(_) | Stuck => Watch(Backoff), |faults: &mut Faults| faults.no_watches = true;
        E::Behind, _ => List(NotOlder, Backoff), |faults: &mut Faults| faults.not_older = sim::NotOlder::Old;
        E::Ahead, Listing(_) | Stuck => List(NotOlder, Backoff), |faults: &mut Faults| faults.not_older = sim::NotOlder::Ahead;
        E::Invalid, Listing(_) | Stuck => List(NotOlder, Backoff), |faults: &mut Faults| faults.not_older = sim::NotOlder::Refused;
        E::Invalid, Streaming(_) | Stuck => Again(Since::Latest, Backoff), |faults: &mut Faults| faults.no_streaming = true;
        E::Endless, Streaming(_) | Stuck => Again(Since::Latest, Backoff), |faults: &mut Faults| faults.endless = true;
        E::Short, Watching(_) | Stuck => Watch(Backoff), |faults: &mut Faults| faults.cuts = sim::Cuts::AfterHead;
        E::Unanswered, Watching(_) | Stuck => Watch(Backoff), |faults: &mut Faults| faults.cuts = sim::Cuts::BeforeHead;
        E::Unanswered, Streaming(_) | Stuck => Again(Since::Latest, Backoff), |faults: &mut Faults| faults.cuts = sim::Cuts::BeforeHead;
        E::Endless, Streaming(_) | Stuck => Again(Since::Latest, Backoff), |faults: &mut Faults| faults.ignores_streaming = true;
        E::Failed, Watching(Footing::Failing) | Stuck => Watch(Backoff), |faults: &mut Faults| faults.poison = 500;
        E::Broken, Streaming(_) => Watch(No), |faults: &mut Faults| often(faults, Mishap::Cut);
        // The watch sends requests without end.
        E::Unreachable, Watching(_) => Watch(No), |faults: &mut Faults| often(faults, Mishap::Outage);
        E::Unreachable, Streaming(_) | Stuck => Again(Since::Latest, No), |faults: &mut Faults| often(faults, Mishap::Outage);
        E::Busy, Listing(_) | Stuck => List(Since::Latest, No), |faults: &mut Faults| often(faults, Mishap::Outage);
        E::Busy, Watching(_) => Watch(No), |faults: &mut Faults| often(faults, Mishap::Outage);
        E::Failed, Listing(_) | Stuck => List(Since::Latest, No), |faults: &mut Faults| often(faults, Mishap::Outage);
        // The watch goes back in time.
        E::Clean, Watching(_) => List(Any, No), |faults: &mut Faults| often(faults, Mishap::Old);
        E::Silent, Watching(_) => List(Any, No), |faults: &mut Faults| often(faults, Mishap::Old);
        // The watch ends.
        E::Garbled, Watching(_) => GiveUp, |faults: &mut Faults| often(faults, Mishap::Nonsense);
        E::Refused, Streaming(_) => GiveUp, |faults: &mut Faults| often(faults, Mishap::Denied);
        E::Versionless, _ => GiveUp, |faults: &mut Faults| (faults.versionless, faults.no_streaming) = (true, true);
    };
    for (row, table, bring_about) in tables {
        let noticed = any_failure(0..10_000, Sim::plain, |sim| {
            let mut faults = sim.current_faults().clone();
            bring_about(&mut faults);
            sim.faults(faults);
            informer(sim, table);
        });
        assert!(noticed.is_some(), "{row}: not noticed");
    }
}

fn often(faults: &mut Faults, mishap: Mishap) {
    *faults = faults.clone().with(mishap, 300);
}

/// Draws the objects to watch, and their type.
fn informer(sim: &mut Sim, table: Table) {
    let mut dice = sim.dice(2);
    let within = dice.chance(500).then_some("default");
    let maps = || ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
    match dice.below(4) {
        0 => run(sim, dice, &at(Api::<DynamicObject>::dynamic(maps()), within), within, table),
        1 => run(sim, dice, &at(Api::<Lazy<ConfigMap>>::of(maps()), within), within, table),
        2 => run(sim, dice, &at(Api::<ConfigMap>::all(), within).metadata(), within, table),
        _ => run(sim, dice, &at(Api::<ConfigMap>::all(), within), within, table),
    }
}

fn at<K: Object>(all: Api<K>, within: Option<&str>) -> Api<K> {
    match within {
        Some(namespace) => all.within(namespace),
        None => all,
    }
}

fn run<K: Object + 'static>(sim: &mut Sim, mut dice: Dice, api: &Api<K>, within: Option<&str>, table: Table) {
    let mut settings = WatchSettings::default().streaming(dice.chance(600)).page_size(dice.pick([0, 1, 3, 10, 500]));
    settings.any_version = dice.chance(300);
    if dice.chance(700) {
        (settings.timeout_seconds, settings.grace) = (20..60, secs(10));
    }
    let mut path = within
        .map_or("/api/v1/configmaps".to_owned(), |namespace| format!("/api/v1/namespaces/{namespace}/configmaps"));
    match dice.below(5) {
        0 => {
            settings = settings.label_selector("app=web");
            path += "?labelSelector=app%3Dweb";
        }
        1 if within.is_some() => {
            settings = settings.name("a-0");
            path += "?fieldSelector=metadata.name%3Da-0";
        }
        _ => {}
    }
    // How long the informer may take to notice a dead connection, and to begin again.
    let patience = secs(settings.timeout_seconds.end.into()) + settings.grace + secs(600);
    let witness = sim.witness(&path);
    let decodes = std::any::type_name::<K>() == std::any::type_name::<ConfigMap>();
    let reflector = api.reflect(settings, []).map_watch(|watch| watch.with_table(table));
    let check = Check { store: reflector.store(), witness, decodes, mirrors: Rc::default(), open: Rc::default() };

    let lasts = dice.span(secs(150));
    let (store, versionless) = (check.store.clone(), sim.current_faults().versionless);
    let (open, mut waits) = (Rc::clone(&check.open), sim.dice(3));
    let names = dice.pick([1, 3, 8]);
    let every = secs(dice.pick([6, 20, 60]));
    Writer { names, every, lasts, ..Writer::default() }.start(sim, move |written, sim| {
        if waits.chance(100) && !versionless {
            wait(sim, &store, Some(written.version), &open);
        }
    });
    check.reflect(sim, reflector, &mut dice);
    wait(sim, &check.store, None, &check.open);
    for number in 0..dice.below(4) {
        check.subscribe(sim, number, &mut dice);
    }
    sim.run_for(dice.span(secs(200)));
    sim.calm();
    sim.run_for(lasts.saturating_sub(sim.now().mono.since_zero()));
    let settled = sim
        .run_until(patience, |sim| sim.now().mono.since_zero().as_secs().is_multiple_of(8) && check.settled().is_ok());
    if let Err(why) = check.settled().and(if settled { Ok(()) } else { check.settled() }) {
        sim.violate(format!("not settled {} seconds after all was calm: {why}", patience.as_secs()));
    }
    sim.run_for(secs(60));
    if let Err(why) = check.settled() {
        sim.violate(format!("not settled any more: {why}"));
    }
}

/// Waits for the store, and is counted in `open` until then.
fn wait<K: Object + 'static>(sim: &mut Sim, store: &Store<K>, version: Option<u64>, open: &Rc<Cell<usize>>) {
    let operation = version.map_or_else(|| store.wait_synced(), |version| store.wait_version(version.to_string()));
    open.set(open.get() + 1);
    let open = Rc::clone(open);
    sim.spawn("wait", operation, move |heard, sim| match heard {
        Heard::Item(snapshot) => {
            let reached = snapshot.version().and_then(|version| version.parse::<u64>().ok());
            if !snapshot.is_synced() || version.is_some_and(|version| reached.is_none_or(|reached| reached < version)) {
                sim.violate(format!("waited for {version:?}, and it is {reached:?}"));
            }
            open.set(open.get() - 1);
        }
        Heard::End(Ok(())) => {}
        Heard::End(Err(error)) => sim.violate(format!("a wait failed: {error}")),
    });
}

struct Check<K> {
    store: Store<K>,
    witness: Rc<RefCell<Witness>>,
    decodes: bool,
    mirrors: Rc<RefCell<Vec<Rc<RefCell<Mirror>>>>>,
    open: Rc<Cell<usize>>,
}

impl<K: Object + 'static> Check<K> {
    fn mirror(&self) -> Rc<RefCell<Mirror>> {
        Rc::new(RefCell::new(Mirror::new(&self.witness, self.decodes)))
    }

    fn reflect(&self, sim: &mut Sim, reflector: Reflector<K>, dice: &mut Dice) {
        let (mirror, store) = (self.mirror(), self.store.clone());
        self.mirrors.borrow_mut().push(Rc::clone(&mirror));
        let mut looks = sim.dice(4);
        let actor = sim.spawn("reflector", reflector, move |heard, sim| match heard {
            Heard::Item(notice) => {
                sim.note(|| format!("reflector: {notice:?}"));
                let mut told = mirror.borrow_mut().reflector_event(&notice);
                // Two namespaces, three kinds of names, eight of each; and the largest limit of a subscriber.
                if store.snapshot().len() > 48 || store.longest_queue() > 50 {
                    told = told.and(Err("more is kept than there can be".to_owned()));
                }
                if looks.chance(100) || matches!(notice, StoreEvent::Synced { .. }) {
                    told = told.and_then(|()| mirror.borrow().snapshot(&store.snapshot()));
                }
                if let Err(why) = told {
                    sim.violate(format!("the reflector gives an impossible event: {why}"));
                }
            }
            Heard::End(how) => sim.violate(format!("the reflector is at its end: {how:?}")),
        });
        sim.pace(actor, dice.pick([Duration::ZERO, Duration::ZERO, Duration::ZERO, secs(1)]));
    }

    fn subscribe(&self, sim: &mut Sim, number: u64, dice: &mut Dice) {
        let (limit, every) = (dice.pick([0, 2, 5, 50]), dice.pick([None, None, Some(45)]));
        let pace = dice.pick([Duration::ZERO, Duration::from_millis(300), secs(8)]);
        let mut subscriber = self.store.subscribe(limit);
        if let Some(every) = every {
            subscriber = subscriber.resync(secs(every));
        }
        let mirror = self.mirror();
        self.mirrors.borrow_mut().push(Rc::clone(&mirror));
        let begins = dice.pick([Duration::ZERO, Duration::ZERO, secs(100)]);
        sim.after(begins, move |sim| {
            let actor = sim.spawn(&format!("subscriber {number}"), subscriber, move |heard, sim| match heard {
                Heard::Item(delivery) => {
                    sim.note(|| format!("subscriber {number}: {delivery:?}"));
                    if let Err(why) = mirror.borrow_mut().subscriber_event(&delivery) {
                        sim.violate(format!("subscriber {number} gets an impossible event: {why}"));
                    }
                }
                Heard::End(how) => sim.violate(format!("subscriber {number} is at its end: {how:?}")),
            });
            sim.pace(actor, pace);
        });
    }

    /// All readers have the server's state.
    fn settled(&self) -> Result<(), String> {
        if !self.store.is_synced() {
            return Err("the store is not synced".to_owned());
        }
        let mirrors = self.mirrors.borrow();
        if let Some(mirror) = mirrors.first() {
            mirror.borrow().latest(&self.store.snapshot())?;
        }
        for (number, mirror) in mirrors.iter().enumerate() {
            mirror.borrow().settled().map_err(|why| format!("what reader {number} was told: {why}"))?;
        }
        match self.open.get() {
            0 => Ok(()),
            open => Err(format!("{open} still wait for the store")),
        }
    }
}
