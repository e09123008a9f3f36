//! Elections in a world of three processes, whose clocks, networks and lives go wrong by a seed.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::config::Config;
use crate::driver::{Fault, FaultKind, Session, SessionOptions, Task};
use crate::settings::Settings;

/// The server's lease, and its history.
#[derive(Default)]
struct Server {
    lease: Option<Value>,
    version: u64,
    down: bool,
}

impl Server {
    fn answer(&mut self, method: &http::Method, path: &str, body: &[u8]) -> (u16, Value) {
        let refused = |code: u16, reason: &str| {
            let details = json!({"name": "cart", "kind": "leases"});
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "details": details});
            (code, status)
        };
        if self.down {
            return refused(500, "InternalError");
        }
        assert!(path.starts_with("/apis/coordination.k8s.io/v1/namespaces/shop/leases"), "{path}");
        let stored = self.lease.as_ref().map(|lease| lease["metadata"]["resourceVersion"].clone());
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        match (method.as_str(), stored) {
            ("GET", None) | ("PUT", None) => return refused(404, "NotFound"),
            ("GET", Some(_)) => return (200, self.lease.clone().unwrap()),
            ("POST", Some(_)) => return refused(409, "AlreadyExists"),
            ("POST", None) => {}
            ("PUT", Some(version)) if sent["metadata"]["resourceVersion"] == version => {}
            ("PUT", Some(_)) => return refused(409, "Conflict"),
            other => panic!("{other:?}"),
        }
        self.version += 1;
        let mut lease = sent;
        lease["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.lease = Some(lease.clone());
        (if method == "POST" { 201 } else { 200 }, lease)
    }
}

/// One process.
struct Replica {
    task: Task<LeaderElection>,
    resign: Resign,
    leadership: Option<Leadership>,
    now: Now,
    /// How fast its clocks run.
    speed: f64,
    /// It does nothing before this time of the world.
    stopped_until: u64,
    /// Its monotonic clock stands still while it is stopped.
    suspended: bool,
    /// When its wall clock was last set back.
    set_back: u64,
    /// When it last looked at its clocks.
    turned: u64,
    wake: Option<Moment>,
    inbox: VecDeque<Input>,
    exchange: u64,
    over: bool,
    dead: bool,
}

/// What is on its way: when it arrives, for which replica and exchange.
enum Parcel {
    Request(http::Method, String, Bytes),
    Answer(u16, Value),
    Lost,
}

struct World {
    time: u64,
    server: Server,
    replicas: Vec<Replica>,
    parcels: Vec<(u64, usize, u64, Parcel)>,
    random: Random,
    /// The share of messages that are late or lost, in percent.
    bad: u64,
    leaders: Vec<(u64, usize, i64)>,
    reasons: Vec<LostReason>,
    /// Another program has written the lease: its transitions need not grow.
    edited: bool,
}

const TICK: u64 = 50;

impl World {
    fn new(seed: u64, count: usize, skew: f64) -> Self {
        let mut random = Random::new(seed);
        let replicas = (0..count).map(|number| Self::start(number, &mut random, skew)).collect();
        let (server, parcels) = (Server::default(), Vec::new());
        Self {
            time: 0,
            server,
            replicas,
            parcels,
            random,
            bad: 0,
            leaders: Vec::new(),
            reasons: Vec::new(),
            edited: false,
        }
    }

    fn start(number: usize, random: &mut Random, skew: f64) -> Replica {
        let session = Session::new(
            &Config::new("http://server").unwrap(),
            SessionOptions::new(Settings::default(), random.draw()),
        );
        let identity = format!("replica-{number}");
        let election = LeaderElection::new("shop", "cart", identity, LeaderElectionSettings::default()).unwrap();
        let speed = 1.0 + skew * ((random.draw() % 201) as f64 / 100.0 - 1.0);
        let mono = Moment::after_zero(Duration::from_millis(random.draw() % 1_000_000));
        let unix = Duration::from_millis(1_700_000_000_000 + random.draw() % 1_000_000_000);
        Replica {
            resign: election.resigner(),
            task: Task::new(election, session.unwrap()),
            leadership: None,
            now: Now { mono, unix },
            speed,
            stopped_until: 0,
            suspended: false,
            set_back: 0,
            turned: 1,
            wake: Some(Moment::ZERO),
            inbox: VecDeque::new(),
            exchange: 0,
            over: false,
            dead: false,
        }
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.random.draw() % 100 < percent
    }

    /// When a message arrives; `None` if it is lost.
    fn delivery(&mut self) -> Option<u64> {
        if self.chance(self.bad) {
            if self.chance(50) {
                return None;
            }
            return Some(self.time + self.random.draw() % 20_000);
        }
        Some(self.time + self.random.draw() % 200)
    }

    /// One tick of the world.
    fn tick(&mut self) {
        self.time += TICK;
        for replica in &mut self.replicas {
            let span = Duration::from_millis(TICK).mul_f64(replica.speed);
            replica.now.unix += span;
            if !(replica.suspended && self.time < replica.stopped_until) {
                replica.now.mono += span;
            }
        }
        let mut parcels = std::mem::take(&mut self.parcels);
        parcels.sort_by_key(|(at, ..)| *at);
        for (at, of, exchange, parcel) in parcels {
            if at > self.time {
                self.parcels.push((at, of, exchange, parcel));
                continue;
            }
            match parcel {
                Parcel::Request(method, path, body) => {
                    let (code, answer) = self.server.answer(&method, &path, &body);
                    if let Some(at) = self.delivery() {
                        self.parcels.push((at, of, exchange, Parcel::Answer(code, answer)));
                    }
                }
                Parcel::Answer(code, answer) if self.replicas[of].exchange == exchange => {
                    let (head, ()) = http::Response::builder()
                        .status(code)
                        .header("content-type", "application/json")
                        .body(())
                        .unwrap()
                        .into_parts();
                    let body = Bytes::from(answer.to_string());
                    self.replicas[of].inbox.extend([Input::Head(Box::new(head)), Input::Data(body), Input::End]);
                }
                Parcel::Lost if self.replicas[of].exchange == exchange => {
                    let fault = Fault::unknown(FaultKind::Closed, "reset");
                    self.replicas[of].inbox.push_back(Input::Failed(Box::new(fault)));
                }
                Parcel::Answer(..) | Parcel::Lost => {}
            }
        }
        for number in 0..self.replicas.len() {
            self.run(number);
        }
        self.check();
    }

    fn run(&mut self, number: usize) {
        let replica = &mut self.replicas[number];
        let idle = replica.inbox.is_empty() && replica.wake.is_none_or(|wake| replica.now.mono < wake);
        if replica.over || replica.dead || self.time < replica.stopped_until || idle {
            return;
        }
        replica.turned = self.time;
        loop {
            let replica = &mut self.replicas[number];
            let inbox = &mut replica.inbox;
            match replica.task.turn(replica.now, Waker::noop(), || inbox.pop_front()) {
                Step::Do(Effect::Exchange(exchange)) => {
                    replica.exchange += 1;
                    replica.inbox.clear();
                    let (id, request) = (replica.exchange, exchange.request);
                    let path = request.uri().path().to_owned();
                    let parcel = Parcel::Request(request.method().clone(), path, request.into_body());
                    match self.delivery() {
                        Some(at) => self.parcels.push((at, number, id, parcel)),
                        None if self.chance(50) => self.parcels.push((self.time + 100, number, id, Parcel::Lost)),
                        None => {}
                    }
                }
                Step::Do(Effect::Abort) => {
                    replica.exchange += 1;
                    replica.inbox.clear();
                }
                Step::Do(other) => panic!("{other:?}"),
                Step::Yield(LeaderEvent::Leading(leadership)) => {
                    let fence = leadership.fence();
                    let last = self.leaders.last().map(|(_, _, fence)| *fence);
                    assert!(self.edited || last.is_none_or(|last| last < fence), "{fence} after {last:?}");
                    self.leaders.push((self.time, number, fence));
                    replica.leadership = Some(leadership);
                }
                Step::Yield(LeaderEvent::Lost(reason)) => {
                    let lost = replica.leadership.take().unwrap();
                    assert!(!lost.is_valid(replica.now));
                    self.reasons.push(reason);
                }
                Step::Yield(_) => {}
                Step::Wait(until) => {
                    replica.wake = until;
                    return;
                }
                Step::Done(result) => {
                    result.unwrap();
                    replica.over = true;
                    return;
                }
            }
        }
    }

    fn leading(&self) -> Vec<usize> {
        // A process that is stopped does nothing, and looks before it does something again.
        let acts = |replica: &Replica| !replica.dead && self.time >= replica.stopped_until;
        let leads = |replica: &Replica| replica.leadership.as_ref().is_some_and(|held| held.is_valid(replica.now));
        let all = self.replicas.iter().enumerate();
        all.filter(|(_, replica)| acts(replica) && leads(replica)).map(|(number, _)| number).collect()
    }

    /// Two leaders never.
    fn check(&self) {
        let leading = self.leading();
        assert!(leading.len() <= 1, "at {} ms all of {leading:?} lead; {:?}", self.time, self.leaders);
    }

    fn run_for(&mut self, milliseconds: u64) {
        let end = self.time + milliseconds;
        while self.time < end {
            self.tick();
        }
    }

    /// Something goes wrong.
    fn mishap(&mut self) {
        let number = (self.random.draw() % self.replicas.len() as u64) as usize;
        let span = self.random.draw() % 40_000;
        let kind = self.random.draw() % 9;
        let time = self.time;
        let replica = &mut self.replicas[number];
        match kind {
            0 => (replica.stopped_until, replica.suspended) = (time + span, false),
            1 => (replica.stopped_until, replica.suspended) = (time + span, replica.turned > replica.set_back),
            2 => replica.now.unix += Duration::from_secs(span),
            // Nothing can tell how long a machine was suspended whose clock was set back meanwhile.
            3 if replica.turned < replica.stopped_until => {}
            3 => {
                replica.now.unix -= Duration::from_secs(span);
                replica.set_back = time;
            }
            4 => self.bad = self.random.draw() % 80,
            5 => self.server.down = true,
            6 => self.server.down = false,
            7 => replica.resign.resign(),
            // A new process, after the old one has ended without a word.
            _ => {
                replica.dead = true;
                let number = self.replicas.len();
                let new = Self::start(number, &mut self.random, SKEW);
                self.replicas.push(new);
            }
        }
    }
}

/// Clocks differ in speed by up to a fifth: 15 s and 10 s allow for a half.
const SKEW: f64 = 0.1;

#[test]
#[allow(clippy::disallowed_methods, reason = "the environment chooses the seeds")]
fn two_leaders_never_and_one_in_the_end() {
    let seeds = std::env::var("KUBE_SIM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(300);
    let (mut terms, mut steps) = (0, 0);
    for seed in 0..seeds {
        let mut world = World::new(seed, 3, SKEW);
        for _ in 0..12 {
            let calm = world.random.draw() % 12_000;
            world.run_for(calm);
            world.mishap();
        }
        (world.bad, world.server.down) = (0, false);
        let number = world.replicas.len();
        let calm = World::start(number, &mut world.random, SKEW);
        world.replicas.push(calm);
        world.run_for(90_000);
        assert_eq!(world.leading().len(), 1, "seed {seed}: {:?}", world.leaders);
        terms += world.leaders.len();
        steps += world.time / TICK;
    }
    assert!(terms as u64 > seeds, "{terms} terms, {steps} steps");
}

#[test]
fn a_quiet_world_keeps_its_leader() {
    let mut world = World::new(7, 3, 0.0);
    world.run_for(600_000);
    assert_eq!((world.leaders.len(), world.leading().len()), (1, 1));
    assert!(world.leaders[0].0 < 5_000);
    // A renewal two seconds after the last one was answered.
    assert!((250..=300).contains(&world.server.version), "{}", world.server.version);
}

#[test]
fn a_leader_that_resigns_is_followed_at_once_and_a_dead_one_after_the_lease() {
    let mut world = World::new(7, 3, 0.0);
    world.run_for(10_000);
    let first = world.leading()[0];
    world.replicas[first].resign.resign();
    world.replicas[first].wake = Some(Moment::ZERO);
    world.run_for(5_000);
    assert!(world.replicas[first].over);
    let second = world.leading()[0];
    assert_ne!(first, second);
    world.replicas[second].dead = true;
    let died = world.time;
    world.run_for(25_000);
    let (since, third, _) = *world.leaders.last().unwrap();
    assert!(third != second && (13_000..20_000).contains(&(since - died)), "{:?}", world.leaders);
}

#[test]
fn a_lease_that_is_taken_or_deleted_ends_the_term() {
    for (change, expected) in [
        (json!({"holderIdentity": "other", "leaseDurationSeconds": 15}), LostReason::Taken("other".into())),
        (json!({"holderIdentity": ""}), LostReason::Gone),
        (Value::Null, LostReason::Gone),
        // The same identity, and another process.
        (json!({"holderIdentity": "replica-0", "leaseDurationSeconds": 15}), LostReason::Taken("replica-0".into())),
    ] {
        let mut world = World::new(7, 1, 0.0);
        world.run_for(10_000);
        let replica = &mut world.replicas[0];
        assert!(replica.leadership.is_some());
        world.server.version += 1;
        let metadata = json!({"name": "cart", "resourceVersion": world.server.version.to_string()});
        world.server.lease = (!change.is_null()).then(|| json!({"metadata": metadata, "spec": change}));
        world.edited = true;
        world.run_for(3_000);
        assert_eq!(world.reasons, [expected]);
    }
}

#[test]
fn other_fields_of_the_lease_survive() {
    let mut world = World::new(7, 1, 0.0);
    world.server.version = 4;
    world.server.lease = Some(json!({
        "metadata": {"name": "cart", "resourceVersion": "4", "labels": {"a": "b"}},
        "spec": {"holderIdentity": "old", "leaseDurationSeconds": 3, "leaseTransitions": 6, "strategy": "x"},
    }));
    world.run_for(2_500);
    assert!(world.leading().is_empty(), "it has not seen the lease for three seconds yet");
    world.run_for(10_000);
    let lease = world.server.lease.clone().unwrap();
    assert_eq!((&lease["metadata"]["labels"]["a"], &lease["spec"]["strategy"]), (&json!("b"), &json!("x")));
    assert_eq!(lease["spec"]["leaseTransitions"], 7);
    assert_eq!(world.leaders.last().unwrap().2, 7);
    assert_eq!(lease["spec"]["acquireTime"].as_str().unwrap().len(), "2026-01-01T00:00:00.000000Z".len());
}

#[test]
fn what_does_not_go_together() {
    let new = |settings| LeaderElection::new("n", "l", "i", settings).map(drop);
    let times = |lease, renew, retry| LeaderElectionSettings {
        lease_duration: Duration::from_millis(lease),
        renew_deadline: Duration::from_millis(renew),
        retry_period: Duration::from_millis(retry),
    };
    assert!(new(times(15_000, 10_000, 2_000)).is_ok());
    for (lease, renew, retry) in
        [(0, 0, 0), (15_500, 10_000, 2_000), (10_000, 10_000, 2_000), (15_000, 2_400, 2_000), (15_000, 10_000, 0)]
    {
        assert!(new(times(lease, renew, retry)).is_err(), "{lease} {renew} {retry}");
    }
    assert!(LeaderElection::new("n", "", "i", LeaderElectionSettings::default()).is_err());
    assert!(LeaderElection::new("n", "l", "", LeaderElectionSettings::default()).is_err());
}
