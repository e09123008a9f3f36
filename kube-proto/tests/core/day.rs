//! A simulated day of credentials: seeded, in virtual time, over real sessions and tasks.
//!
//! Events: bursts of calls, up to a thousand at once, and watches that live for hours; sources of credentials that are
//! slow, hang, fail, print garbage or give credentials that expire at once; files that are renewed, one after the
//! other; a wall clock that is wrong and jumps; credentials and authorities that the server stops accepting; pooled
//! connections that are dead; callers that are dropped in the middle, or never polled again. Every kind of credential
//! has its own days ([`Login`]). These rules hold for every seed:
//!
//! - at most one refresh is in flight, not counting those of callers that are not polled any more;
//! - no call fails while a valid credential can be had: that is, once the source has worked for [`CALM`];
//! - after that no call takes longer than [`LONG`], unless a call must wait for a permit;
//! - no storm: at most [`STORM`] refreshes of each part begin in any hour;
//! - a stream that the server has accepted runs to its end, whatever is renewed meanwhile;
//! - a new certificate or authority means new connections, and the same one does not;
//! - a token with a known lifetime is not sent after its end;
//! - a client that requests a token of a service account uses its own credential for nothing else;
//! - effects, errors, tasks and sessions print no secret.
//!
//! A failing seed prints the last events before it. `KUBE_SIM_SEED=<seed>` runs it again alone;
//! `KUBE_SIM_SEEDS=<count>` runs another number of days.

mod client;
mod sources;
mod world;

use kube_proto::driver::Moment;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use kube_proto::ErrorKind;
use kube_proto::api::Unary;
use kube_proto::api::WatchParams;
use kube_proto::driver::{Effect, Input, Now, Session, Step, Task};
use kube_proto::resource::DynamicObject;
use kube_proto::watch::WatchOnce;

use crate::border::pods;
use crate::script::secs;
use sources::Answer;
use world::{Chance, Event, Flight, Mood, Part, World};

/// How long the source must have worked before a failure is a bug: the longest pause between tries, and the longest
/// wait for a source that hangs, and for a caller that is not polled any more.
const CALM: Duration = Duration::from_secs(180);
/// The longest time of a call: each holder of the right to refresh that is not polled any more costs half a minute.
const LONG: Duration = Duration::from_secs(60);
/// The most refreshes of one part in an hour.
const STORM: usize = 90;

/// Set when a caller must be polled again.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lives,
    /// Dropped at this moment.
    Drops(Duration),
    /// Not polled any more from this moment on.
    Forgotten(Duration),
}

#[derive(Debug)]
enum Work {
    Get(Box<Task<Unary<DynamicObject>>>),
    Watch(Box<Task<WatchOnce<DynamicObject>>>),
}

impl Work {
    fn new(watches: bool, session: &Session) -> Self {
        match watches {
            false => Self::Get(Box::new(Task::new(pods().get("a"), session.clone()))),
            true => Self::Watch(Box::new(Task::new(pods().watch_once(&WatchParams::default()), session.clone()))),
        }
    }

    fn turn(&mut self, now: Now, waker: &Waker, ready: impl FnMut() -> Option<Input>) -> Step<()> {
        match self {
            Self::Get(task) => task.turn(now, waker, ready).map(drop),
            Self::Watch(task) => task.turn(now, waker, ready).map(drop),
        }
    }
}

struct Caller {
    work: Work,
    bell: Arc<Bell>,
    begun: Duration,
    flight: Flight,
    /// The effect in flight fetches this.
    part: Option<Part>,
    /// The effect in flight is a watch.
    watching: bool,
    /// The watch has begun.
    live: bool,
    until: Duration,
    fate: Fate,
}

impl Caller {
    fn new(watches: bool, session: &Session, from: Duration, fate: Fate) -> Self {
        let (work, bell, flight) = (Work::new(watches, session), Arc::default(), Flight::new());
        Self { work, bell, begun: from, flight, part: None, watching: false, live: false, until: from, fate }
    }

    fn is_forgotten(&self, now: Duration) -> bool {
        matches!(self.fate, Fate::Forgotten(at) if at <= now)
    }
}

/// The events of a day, in order.
fn day(world: &mut World) -> VecDeque<(Duration, Event)> {
    let (parts, chance) = (world.login.parts(), &mut world.chance);
    let mut all = Vec::new();
    let at = |chance: &mut Chance| secs(200) + Duration::from_millis(chance.below(86_000_000));
    for _ in 0..70 {
        let size = usize::try_from(1 + chance.below(30)).unwrap();
        all.push((at(chance), Event::Burst(size)));
    }
    all.push((at(chance), Event::Burst(1000)));
    for _ in 0..6 {
        let (begin, mood) = (at(chance), chance.of(&[Mood::Fails, Mood::Garbage, Mood::Hangs, Mood::EndsAtOnce]));
        let part = chance.of(parts);
        all.push((begin, Event::Mood(mood, part)));
        all.push((begin + secs(5 + chance.below(1500)), Event::Mood(Mood::Well, part)));
        // A burst in the middle of it, and one after it.
        all.push((begin + secs(1 + chance.below(60)), Event::Burst(5)));
        all.push((begin + secs(1500 + chance.below(600)), Event::Burst(5)));
    }
    for _ in 0..5 {
        all.push((at(chance), Event::Skew(chance.of(&[0, 1, -300, 300, 3600, -3600, 86_400, -86_400]))));
    }
    for _ in 0..6 {
        let when = at(chance);
        all.push((when, Event::Revoke(chance.of(parts))));
        // Sometimes all of them are revoked at once.
        if chance.below(3) == 0 {
            all.extend(parts.iter().map(|part| (when, Event::Revoke(*part))));
        }
        all.push((when + secs(chance.below(5)), Event::Burst(20)));
    }
    all.sort_by_key(|(at, _)| *at);
    all.into()
}

/// Runs one day.
fn run(seed: u64) -> World {
    let mut world = World::new(seed);
    let session = world.session();
    let mut events = day(&mut world);
    let mut callers: Vec<Caller> = Vec::new();
    loop {
        // Turns all callers until none can do anything more.
        let mut index = 0;
        let mut busy = false;
        while index < callers.len() {
            let rung = callers[index].bell.0.swap(false, Ordering::Relaxed);
            let due = rung || callers[index].until <= world.mono;
            match callers[index].fate {
                Fate::Drops(at) if at <= world.mono => {
                    world.note(&format!("a caller is dropped: {:?}", callers[index].work));
                    world.calls[2] += 1;
                    callers.swap_remove(index);
                    busy = true;
                    continue;
                }
                Fate::Forgotten(at) if at <= world.mono => {}
                _ if due => {
                    busy = true;
                    if !turn(&mut world, &mut callers, index) {
                        callers.swap_remove(index);
                        continue;
                    }
                }
                _ => {}
            }
            index += 1;
        }
        if busy {
            continue;
        }
        let fated = |caller: &Caller| match caller.fate {
            Fate::Drops(at) => caller.until.min(at),
            Fate::Forgotten(at) if at <= world.mono => Duration::MAX,
            _ => caller.until,
        };
        let next = callers.iter().map(fated).min().unwrap_or(Duration::MAX);
        match events.front() {
            Some((at, _)) if *at <= next => {
                let (at, event) = events.pop_front().unwrap();
                world.mono = world.mono.max(at);
                world.happens(event);
                if let Event::Burst(size) = event {
                    for _ in 0..size {
                        let soon = world.mono + world.chance.millis(0, 5000);
                        let fate = match world.chance.below(20) {
                            0 => Fate::Drops(soon),
                            1 if size > 10 => Fate::Forgotten(soon),
                            _ => Fate::Lives,
                        };
                        let watches = world.chance.below(if size < 100 { 10 } else { 100 }) == 0;
                        callers.push(Caller::new(watches, &session, world.mono, fate));
                    }
                }
            }
            _ if next < Duration::MAX => {
                world.mono = world.mono.max(next);
                world.observe();
            }
            _ => break,
        }
    }
    let shown = format!("{session:?}");
    world.note(&shown);
    for (part, began) in &world.began {
        for (index, begin) in began.iter().enumerate() {
            let within = began[index..].iter().take_while(|at| **at < *begin + secs(3600)).count();
            if within > STORM {
                world.fail(&format!("{within} refreshes of {part:?} in the hour from {begin:?}"));
            }
        }
    }
    world
}

/// Turns one caller until it waits; `false` at its end.
fn turn(world: &mut World, callers: &mut [Caller], index: usize) -> bool {
    loop {
        let now = world.now();
        let caller = &mut callers[index];
        let (flight, part, live) = (&mut caller.flight, &mut caller.part, &mut caller.live);
        let waker = Waker::from(Arc::clone(&caller.bell));
        let watching = caller.watching;
        let step = caller.work.turn(now, &waker, || {
            let (_, input) = flight.pop_front_if(|(at, _)| *at <= now.mono.since_zero())?;
            *part = None;
            *live |= watching && matches!(&input, Input::Head(head) if head.status == 200);
            Some(input)
        });
        match step {
            Step::Do(effect) => {
                if callers[index].live {
                    world.fail(&format!("a live stream is disturbed: {effect:?}"));
                }
                begin(world, callers, index, &effect);
            }
            Step::Yield(()) => {}
            Step::Wait(until) => {
                let caller = &mut callers[index];
                let arrives = caller.flight.front().map_or(Duration::MAX, |(at, _)| *at);
                caller.until = until.unwrap_or(Moment::MAX).min(Moment::after_zero(arrives)).since_zero();
                if caller.until <= world.mono {
                    world.fail(&format!("{index} waits for a moment that is over: {until:?}"));
                }
                return true;
            }
            Step::Done(Ok(())) => {
                world.calls[0] += 1;
                let begun = callers[index].begun;
                let calm = world.trouble.is_none_or(|at| at + CALM <= begun);
                if calm && !world.crowded && !callers[index].live && world.mono > begun + LONG {
                    world.fail(&format!("{index} took from {begun:?}"));
                }
                world.streams += u64::from(callers[index].live);
                return false;
            }
            Step::Done(Err(error)) => {
                world.calls[1] += 1;
                let debug = format!("{error:?}");
                world.note(&format!("{index} failed: {error} {debug}"));
                let calm = world.trouble.is_none_or(|at| at + CALM <= world.mono);
                if calm {
                    world.fail(&format!("a call failed while a valid credential could be had: {error}"));
                }
                let ours = matches!(
                    error.kind(),
                    ErrorKind::Credential(_) | ErrorKind::Timeout { .. } | ErrorKind::Transport(_)
                );
                if callers[index].live || (!ours && !error.is_unauthorized()) {
                    world.fail(&format!("an error of another kind: {error}"));
                }
                return false;
            }
        }
    }
}

fn begin(world: &mut World, callers: &mut [Caller], index: usize, effect: &Effect) {
    let Answer { flight, part, begins } = world.answer(effect);
    let caller = &mut callers[index];
    (caller.flight, caller.part) = (flight, part);
    caller.watching =
        matches!(effect, Effect::Exchange(exchange) if exchange.kind == kube_proto::driver::ExchangeKind::Stream);
    if part.is_some() || !matches!(effect, Effect::Exchange(_)) {
        world.note(&format!("{index}: {effect:?}"));
    }
    let Some(part) = part else { return };
    if begins {
        world.began.entry(part).or_default().push(world.mono);
    }
    // A token request fetches the credential for that request as well.
    let group = |part: Part| part == Part::Material;
    let same = |caller: &&Caller| caller.part.is_some_and(|other| group(other) == group(part));
    let refreshing = callers.iter().filter(|caller| !caller.is_forgotten(world.mono)).filter(same).count();
    if refreshing > 1 {
        world.fail(&format!("{refreshing} refreshes of {part:?} are in flight"));
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the environment chooses the seeds")]
#[allow(clippy::disallowed_macros, reason = "the test prints what each seed did")]
fn a_day_of_every_seed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("KUBE_SIM_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("KUBE_SIM_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let (mut all, mut streams) = ([0; 3], 0);
    for seed in seeds {
        let World { login, calls, began, streams: ended, .. } = run(seed);
        let refreshes: Vec<_> = began.iter().map(|(part, began)| format!("{} of {part:?}", began.len())).collect();
        let refreshes = refreshes.join(", ");
        println!("seed {seed}, {login:?}: {calls:?} worked, failed, given up; {ended} streams; refreshes: {refreshes}");
        (0..3).for_each(|index| all[index] += calls[index]);
        streams += ended;
    }
    // Most calls succeed, even on days of trouble.
    assert!(all[0] > 20 * all[1] && streams > 0, "{all:?}");
}

#[test]
fn the_same_seed_is_the_same_day() {
    for seed in [1, 2, 8] {
        let [one, two] = [run(seed), run(seed)];
        assert_eq!((one.calls, one.began, one.streams), (two.calls, two.began, two.streams));
    }
}

/// How many days are simulated: six of each kind, so that plugins have each of their manners.
const SEEDS: u64 = 66;
