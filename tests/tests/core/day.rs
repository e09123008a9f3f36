//! A simulated day of credentials: seeded, in virtual time, over real sessions and tasks.
//!
//! What happens: bursts of calls, up to a thousand at once; a credential source that is slow, hangs, fails, prints garbage or
//! gives what ends at once; a wall clock that is wrong and jumps; credentials that the server revokes; callers that are
//! dropped in the middle, or never polled again. What must hold whatever the seed:
//!
//! - never more than one refresh is in flight, but for those of callers that nobody polls any more;
//! - no call fails while a valid credential can be had: that is, once the source has worked for [`CALM`];
//! - no storm: at most [`STORM`] refreshes begin in any hour;
//! - no secret is in what is printed of effects, errors, tasks and sessions.
//!
//! A failing seed prints the last events before it, and is run again alone with `KUBE_SIM_SEED=<seed>`;
//! `KUBE_SIM_SEEDS=<count>` runs another number of days.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::config::{Config, CredentialConfig, Secret};
use kube_proto::op::Unary;
use kube_proto::resource::DynamicObject;
use kube_proto::{Effect, ErrorKind, Exchange, Fault, FaultKind, Input, Now, Output, Session, Step, Task};
use serde_json::{Value, json};

use crate::border::pods;
use crate::credentials::POD;
use crate::issuers::{NOW, id_token};
use crate::script::{answer, secs, session_with, status};

/// How long the source must have worked before a failure is one of ours: the longest pause between tries, and the
/// longest wait for one that hangs, and for a caller that is not polled any more.
const CALM: Duration = Duration::from_secs(180);
/// The most refreshes in an hour.
const STORM: usize = 90;
const DAY: Duration = Duration::from_secs(86_400);
const HOME: &str = "/home/me/.kube/config";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Exec,
    Oidc,
    File,
    Certificates,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    Fails,
    Garbage,
    Hangs,
    EndsAtOnce,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Burst(usize),
    Mood(Mood),
    Skew(i64),
    Revoke,
}

struct Chance(u64);

impl Chance {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.draw() % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// Set where a caller is to be polled again.
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

struct Caller {
    task: Task<Unary<DynamicObject>>,
    bell: Arc<Bell>,
    /// What will have arrived, and when.
    flight: VecDeque<(Duration, Input)>,
    /// What is in flight is a part of a refresh.
    refreshing: bool,
    until: Duration,
    fate: Fate,
}

/// The world: the source of credentials, the API server, and the time.
struct World {
    seed: u64,
    kind: Kind,
    chance: Chance,
    /// The true time since the beginning.
    mono: Duration,
    /// What our wall clock is wrong by, in seconds.
    skew: i64,
    mood: Mood,
    /// When the source was last not well, or something was revoked just after it was given.
    trouble: Option<Duration>,
    minted: u64,
    /// When each credential that is good ends, in true time.
    good: BTreeMap<String, Duration>,
    given: Option<Duration>,
    file: Bytes,
    kubeconfig: Bytes,
    began: Vec<Duration>,
    trace: VecDeque<String>,
    calls: [u64; 3],
}

impl World {
    fn new(seed: u64) -> Self {
        let kind = [Kind::Exec, Kind::Oidc, Kind::File, Kind::Certificates][usize::try_from(seed % 4).unwrap()];
        let mut world = Self {
            seed,
            kind,
            chance: Chance(seed ^ 0x5eed),
            mono: secs(100),
            skew: 0,
            mood: Mood::Well,
            trouble: None,
            minted: 0,
            good: BTreeMap::new(),
            given: None,
            file: Bytes::new(),
            kubeconfig: kubeconfig("refresh-s3cr3t-0").to_string().into(),
            began: Vec::new(),
            trace: VecDeque::new(),
            calls: [0; 3],
        };
        world.renew_file();
        world
    }

    fn now(&self) -> Now {
        let unix = i64::try_from(NOW + self.mono.as_secs()).unwrap() + self.skew;
        Now { mono: self.mono, unix: secs(u64::try_from(unix).unwrap()) }
    }

    fn note(&mut self, text: &str) {
        assert!(!text.contains("s3cr3t"), "seed {}: a secret is shown: {text}", self.seed);
        if self.trace.len() == 60 {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>9.3} {text}", self.mono.as_secs_f64()));
    }

    fn fail(&self, what: &str) -> ! {
        let trace: Vec<_> = self.trace.iter().map(String::as_str).collect();
        panic!("seed {} ({:?}): {what}\n{}", self.seed, self.kind, trace.join("\n"));
    }

    /// A new credential, which the server takes for so long.
    fn mint(&mut self, life: Duration) -> String {
        self.minted += 1;
        let token = match self.kind {
            Kind::Oidc => {
                let issued = NOW + self.mono.as_secs();
                id_token(&format!("n{}", self.minted), issued, issued + life.as_secs())
            }
            // Who signs is no secret.
            Kind::Certificates => format!("ca-{}", self.minted),
            Kind::Exec | Kind::File => format!("s3cr3t-{}", self.minted),
        };
        self.good.insert(token.clone(), self.mono + life);
        self.given = Some(self.mono);
        token
    }

    /// Somebody else renews the file that we read.
    fn renew_file(&mut self) {
        let life = if self.kind == Kind::Certificates { DAY * 2 } else { secs(3600) };
        self.file = self.mint(life).into();
        self.given = None;
    }

    /// The answer to an effect, and whether it is a part of a refresh.
    fn answer(&mut self, effect: &Effect) -> (VecDeque<(Duration, Input)>, bool) {
        match effect {
            Effect::Abort => (VecDeque::new(), false),
            Effect::Exchange(exchange) if exchange.to.host() == "k.test" => (self.serve(exchange), false),
            Effect::Exchange(exchange) => {
                let last = exchange.request.method() == "POST";
                (self.issue(exchange), last)
            }
            Effect::Run(_) => (self.run(), true),
            Effect::ReadFile { path, .. } if path == Path::new(HOME) => {
                (self.soon(Input::File(self.kubeconfig.clone())), false)
            }
            Effect::ReadFile { .. } => {
                let input = match self.mood {
                    Mood::Fails => failed(FaultKind::NotFound),
                    Mood::Garbage => Input::File(Bytes::from_static(b"\xff\xfes3cr3t")),
                    Mood::EndsAtOnce => Input::File(Bytes::new()),
                    Mood::Hangs => return (VecDeque::new(), true),
                    Mood::Well => Input::File(self.file.clone()),
                };
                (self.soon(input), self.kind == Kind::File)
            }
            Effect::WriteFile(write) => {
                let input = if self.chance.below(4) == 0 {
                    failed(self.chance.of(&[FaultKind::Locked, FaultKind::Io]))
                } else {
                    write.compare(Ok(self.kubeconfig.clone())).unwrap_or_else(|| {
                        self.kubeconfig = write.content.clone();
                        Input::Written
                    })
                };
                (self.soon(input), false)
            }
        }
    }

    fn soon(&mut self, input: Input) -> VecDeque<(Duration, Input)> {
        let at = self.mono + self.chance.millis(1, 50);
        [(at, input)].into()
    }

    fn after(&mut self, from: u64, to: u64, inputs: impl IntoIterator<Item = Input>) -> VecDeque<(Duration, Input)> {
        let at = self.mono + self.chance.millis(from, to);
        inputs.into_iter().map(|input| (at, input)).collect()
    }

    /// The API server.
    fn serve(&mut self, exchange: &Exchange) -> VecDeque<(Duration, Input)> {
        let shown = match self.kind {
            Kind::Certificates => {
                let tls = exchange.to.tls().unwrap();
                let ca = tls.settings.ca.as_deref().unwrap_or_default();
                String::from_utf8_lossy(ca).into_owned()
            }
            _ => {
                let header = exchange.request.headers().get("authorization").map(|value| value.to_str().unwrap());
                header.unwrap_or_default().trim_start_matches("Bearer ").to_owned()
            }
        };
        if self.good.get(&shown).is_some_and(|end| self.mono < *end) {
            return self.after(5, 300, answer(200, POD));
        }
        if self.kind == Kind::Certificates {
            return self.soon(failed(FaultKind::Tls));
        }
        self.after(5, 300, answer(401, &status(401, "Unauthorized", "Unauthorized")))
    }

    fn issue(&mut self, exchange: &Exchange) -> VecDeque<(Duration, Input)> {
        match self.mood {
            Mood::Hangs => return VecDeque::new(),
            Mood::Fails => return self.after(5, 500, answer(503, r#"{"error":"down"}"#)),
            Mood::Garbage => return self.after(5, 500, answer(200, "<html>s3cr3t")),
            Mood::Well | Mood::EndsAtOnce => {}
        }
        if exchange.request.method() == "GET" {
            return self.after(5, 500, answer(200, r#"{"token_endpoint":"https://issuer.test/token"}"#));
        }
        let life = self.life();
        let token = self.mint(life);
        let body = format!(r#"{{"id_token":"{token}","refresh_token":"refresh-s3cr3t-{}"}}"#, self.minted);
        self.after(5, 2000, answer(200, &body))
    }

    fn run(&mut self) -> VecDeque<(Duration, Input)> {
        let output = |status, stdout: String, stderr: &'static str| {
            Input::Output(Box::new(Output { status, stdout: stdout.into(), stderr: stderr.into() }))
        };
        match self.mood {
            Mood::Hangs => VecDeque::new(),
            Mood::Fails => self.after(5, 3000, [output(1, "s3cr3t".into(), "please log in")]),
            Mood::Garbage => self.after(5, 3000, [output(0, "s3cr3t{".into(), "")]),
            Mood::Well | Mood::EndsAtOnce => {
                let life = self.life();
                let token = self.mint(life);
                let end = i64::try_from(NOW + self.mono.as_secs() + life.as_secs()).unwrap();
                let credential = json!({
                    "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
                    "status": {"token": token, "expirationTimestamp": timestamp(end)},
                });
                self.after(5, 3000, [output(0, credential.to_string(), "")])
            }
        }
    }

    fn life(&mut self) -> Duration {
        if self.mood == Mood::EndsAtOnce { secs(self.chance.below(3)) } else { secs(300 + self.chance.below(3600)) }
    }

    fn happens(&mut self, event: Event) {
        self.note(&format!("{event:?}"));
        match event {
            Event::Burst(_) => {}
            Event::Mood(mood) => self.mood = mood,
            Event::Skew(skew) => self.skew = skew,
            Event::Revoke => {
                // What was given a moment ago is not asked for again at once; a file may be read again.
                if self.given.is_some_and(|at| at + secs(20) > self.mono) {
                    self.trouble = Some(self.mono);
                }
                self.good.clear();
                if matches!(self.kind, Kind::File | Kind::Certificates) {
                    self.renew_file();
                }
            }
        }
        self.observe();
    }

    fn observe(&mut self) {
        if self.mood != Mood::Well {
            self.trouble = Some(self.mono);
        }
        // A file is renewed in time by whoever renews it.
        if self.kind == Kind::File && self.good.values().all(|end| *end < self.mono + secs(600)) {
            self.renew_file();
        }
    }

    fn session(&self) -> Session {
        let kind = self.kind;
        session_with(
            |config: &mut Config| match kind {
                Kind::Exec => crate::credentials::plugin(config),
                Kind::File => crate::script::token_file(config),
                Kind::Certificates => {
                    config.tls.ca = Some(self.file.clone());
                    config.tls.files.ca = Some("/pki/ca.crt".into());
                }
                Kind::Oidc => {
                    let settings = kubeconfig("refresh-s3cr3t-0")["users"][0]["user"]["auth-provider"]["config"].take();
                    let Value::Object(settings) = settings else { panic!() };
                    let secret = |value: Value| Secret::from(value.as_str().unwrap());
                    config.credential = CredentialConfig::AuthProvider {
                        name: "oidc".into(),
                        config: settings.into_iter().map(|(key, value)| (key, secret(value))).collect(),
                        user: "u".into(),
                        file: Some(HOME.into()),
                    };
                }
            },
            |settings| settings.plugin = secs(30),
        )
    }
}

fn kubeconfig(refresh: &str) -> Value {
    json!({"users": [{"name": "u", "user": {"auth-provider": {"name": "oidc", "config": {
        "idp-issuer-url": "https://issuer.test", "client-id": "kubectl", "refresh-token": refresh,
    }}}}]})
}

fn failed(kind: FaultKind) -> Input {
    Input::Failed(Box::new(Fault::unsent(kind, "it does not work")))
}

/// RFC 3339, from unix time.
fn timestamp(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).unwrap().to_string()
}

/// The events of a day, in order.
fn day(chance: &mut Chance) -> VecDeque<(Duration, Event)> {
    let mut all = Vec::new();
    let at = |chance: &mut Chance| secs(200) + Duration::from_millis(chance.below(86_000_000));
    for _ in 0..70 {
        let size = usize::try_from(1 + chance.below(30)).unwrap();
        all.push((at(chance), Event::Burst(size)));
    }
    all.push((at(chance), Event::Burst(1000)));
    for _ in 0..6 {
        let (begin, mood) = (at(chance), chance.of(&[Mood::Fails, Mood::Garbage, Mood::Hangs, Mood::EndsAtOnce]));
        all.push((begin, Event::Mood(mood)));
        all.push((begin + secs(5 + chance.below(1500)), Event::Mood(Mood::Well)));
        // Somebody looks just then, and after it.
        all.push((begin + secs(1 + chance.below(60)), Event::Burst(5)));
        all.push((begin + secs(1500 + chance.below(600)), Event::Burst(5)));
    }
    for _ in 0..5 {
        all.push((at(chance), Event::Skew(chance.of(&[0, 1, -300, 300, 3600, -3600, 86_400, -86_400]))));
    }
    for _ in 0..4 {
        let when = at(chance);
        all.push((when, Event::Revoke));
        all.push((when + secs(chance.below(5)), Event::Burst(20)));
    }
    all.sort_by_key(|(at, _)| *at);
    all.into()
}

/// Runs one day; says how many calls worked, failed, and were given up, and how many refreshes there were.
fn run(seed: u64) -> ([u64; 3], usize) {
    let mut world = World::new(seed);
    let session = world.session();
    let mut events = day(&mut world.chance);
    let mut callers: Vec<Caller> = Vec::new();
    loop {
        // Everybody who has something to do, until nobody has.
        let mut index = 0;
        let mut busy = false;
        while index < callers.len() {
            let rung = callers[index].bell.0.swap(false, Ordering::Relaxed);
            let due = rung || callers[index].until <= world.mono;
            match callers[index].fate {
                Fate::Drops(at) if at <= world.mono => {
                    world.note(&format!("a caller is dropped: {:?}", callers[index].task));
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
                        let task = Task::new(pods().get("a"), session.clone());
                        let (bell, flight, until) = (Arc::default(), VecDeque::new(), world.mono);
                        callers.push(Caller { task, bell, flight, refreshing: false, until, fate });
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
    for (index, begin) in world.began.iter().enumerate() {
        let within = world.began[index..].iter().take_while(|at| **at < *begin + secs(3600)).count();
        if within > STORM {
            world.fail(&format!("{within} refreshes in the hour from {begin:?}"));
        }
    }
    (world.calls, world.began.len())
}

/// Goes on with one caller as far as it can; `false` at its end.
fn turn(world: &mut World, callers: &mut [Caller], index: usize) -> bool {
    loop {
        let now = world.now();
        let caller = &mut callers[index];
        let (flight, refreshing) = (&mut caller.flight, &mut caller.refreshing);
        let waker = Waker::from(Arc::clone(&caller.bell));
        let step = caller.task.turn(now, &waker, || {
            let arrived = flight.front().is_some_and(|(at, _)| *at <= now.mono);
            arrived.then(|| {
                *refreshing = false;
                flight.pop_front().map(|(_, input)| input)
            })?
        });
        match step {
            Step::Do(effect) => {
                let (flight, refreshing) = world.answer(&effect);
                if refreshing || !matches!(effect, Effect::Exchange(_)) {
                    world.note(&format!("{index}: {effect:?}"));
                }
                let caller = &mut callers[index];
                (caller.flight, caller.refreshing) = (flight, refreshing);
                if refreshing {
                    world.began.push(world.mono);
                    let watched = |caller: &&Caller| !matches!(caller.fate, Fate::Forgotten(at) if at <= world.mono);
                    let refreshing = callers.iter().filter(watched).filter(|caller| caller.refreshing).count();
                    if refreshing > 1 {
                        world.fail(&format!("{refreshing} refreshes are in flight"));
                    }
                }
            }
            Step::Yield(_) => {}
            Step::Wait(until) => {
                let caller = &mut callers[index];
                let arrives = caller.flight.front().map_or(Duration::MAX, |(at, _)| *at);
                caller.until = until.unwrap_or(Duration::MAX).min(arrives);
                if caller.until <= world.mono {
                    world.fail(&format!("{index} waits for a moment that is over: {until:?}"));
                }
                return true;
            }
            Step::Done(Ok(())) => {
                world.calls[0] += 1;
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
                if !ours && !error.is_unauthorized() {
                    world.fail(&format!("an error of another kind: {error}"));
                }
                return false;
            }
        }
    }
}

#[test]
fn a_day_of_every_seed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("KUBE_SIM_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("KUBE_SIM_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let mut all = [0; 3];
    for seed in seeds {
        let (calls, refreshes) = run(seed);
        println!("seed {seed}: {calls:?} calls worked, failed, given up; {refreshes} refreshes");
        (0..3).for_each(|index| all[index] += calls[index]);
    }
    // It is a day of trouble, and not of nothing else.
    assert!(all[0] > 20 * all[1], "{all:?}");
}

#[test]
fn the_same_seed_is_the_same_day() {
    assert_eq!(run(1), run(1));
    assert_eq!(run(2), run(2));
}

/// How many days are simulated.
const SEEDS: u64 = 32;
