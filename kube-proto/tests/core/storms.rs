//! A server that is overloaded, half broken or just back: how many requests the clients send, and how long recovery takes; beside a
//! naive client in the same world, which sends again a second after every failure.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use kube_proto::config::Config;
use kube_proto::driver::{
    Cx, Effect, Fault, FaultKind, Input, Moment, Now, Operation, ProcessOutput, Random, Session, SessionOptions, Step,
    Task,
};
use kube_proto::settings::{RetryBudget, Settings};
use kube_proto::watch::{Event, WatchSettings};

use crate::border::pods;
use crate::script::{data, head, secs};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;
const LIST: &str = r#"{"metadata":{"resourceVersion":"5"},"items":[]}"#;

/// A server that is down until a moment, answers so many requests in each second, and fails with a chance.
struct Server {
    down_until: Moment,
    each_second: u32,
    /// Of 100 answers, those that are 503.
    broken: u64,
    second: (u128, u32),
    requests: u64,
    dice: Random,
    plugin: Plugin,
}

/// The source of credentials of all clients: a program that is slow, and sometimes fails.
#[derive(Default)]
struct Plugin {
    takes: Duration,
    /// Of 100 runs, those that fail.
    broken: u64,
    /// How long a token lives.
    life: Duration,
    runs: u64,
}

impl Plugin {
    /// The end of a run that begins now.
    fn run(&mut self, now: Now, dice: &mut Random) -> Input {
        self.runs += 1;
        let fails = dice.draw() % 100 < self.broken;
        let expires = now.unix + self.takes + self.life;
        let at = jiff::Timestamp::from_second(i64::try_from(expires.as_secs()).unwrap()).unwrap();
        let stdout = format!(
            r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"t{}","expirationTimestamp":"{at}"}}}}"#,
            self.runs,
        );
        Input::Output(Box::new(ProcessOutput { status: i32::from(fails), stdout: stdout.into(), stderr: Bytes::new() }))
    }
}

impl Server {
    fn new(down_until: Duration, each_second: u32, broken: u64) -> Self {
        let down_until = Moment::after_zero(down_until);
        Self {
            down_until,
            each_second,
            broken,
            second: (0, 0),
            requests: 0,
            dice: Random::new(3),
            plugin: Plugin::default(),
        }
    }

    /// Whether a request at this moment is answered well; otherwise the inputs of its failure.
    fn ask(&mut self, now: Moment) -> Result<(), Vec<Input>> {
        self.requests += 1;
        if now < self.down_until {
            return Err(vec![Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "refused")))]);
        }
        let second = now.since_zero().as_nanos() / 1_000_000_000;
        if self.second.0 != second {
            self.second = (second, 0);
        }
        self.second.1 += 1;
        let later = |code| Err(vec![head(code, &[("retry-after", "1")]), Input::End]);
        match () {
            () if self.second.1 > self.each_second => later(429),
            () if self.dice.draw() % 100 < self.broken => later(503),
            () => Ok(()),
        }
    }
}

/// One client with its operation.
struct One {
    task: Task<Box<dyn Operation<Item = bool>>>,
    /// When it takes its next turn.
    next: Moment,
    /// What comes at a moment.
    arrives: Moment,
    arrived: VecDeque<Input>,
    /// It has what it wanted, or an error.
    end: Option<Result<Moment, Moment>>,
}

/// Turns an item into whether it is what the client wanted.
struct Wanted<O, F>(O, F);

impl<O: Operation, F: FnMut(&O::Item) -> bool> Operation for Wanted<O, F> {
    type Item = bool;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<bool> {
        let Self(operation, wanted) = self;
        operation.resume(input, cx).map(|item| wanted(&item))
    }
}

fn session(seed: u64, change: impl FnOnce(&mut Settings)) -> Session {
    let mut settings = Settings::default();
    change(&mut settings);
    Session::new(&Config::new("https://k.test").unwrap(), SessionOptions::new(settings, seed)).unwrap()
}

/// A session whose credential comes from the plugin.
fn plugged(seed: u64) -> Session {
    let mut config = Config::new("https://k.test").unwrap();
    crate::credentials::plugin(&mut config);
    Session::new(&config, SessionOptions::new(Settings::default(), seed)).unwrap()
}

fn one(operation: impl Operation<Item = bool> + 'static, session: &Session, at: Moment) -> One {
    let task = Task::new(Box::new(operation) as Box<dyn Operation<Item = bool>>, session.clone());
    One { task, next: at, arrives: at, arrived: VecDeque::new(), end: None }
}

fn get(session: &Session, at: Moment) -> One {
    one(Wanted(pods().get("a"), |_: &_| true), session, at)
}

/// Runs until every client has its end. `body` is what a good answer says.
fn run(clients: &mut [One], server: &mut Server, body: &str) {
    while let Some(one) = clients.iter_mut().filter(|one| one.end.is_none()).min_by_key(|one| one.next) {
        let now = Now { mono: one.next, unix: secs(1_800_000_000) + one.next.since_zero() };
        assert!(now.mono < Moment::after_zero(secs(600)), "no recovery");
        let One { task, arrived, arrives, .. } = one;
        match task.turn(now, Waker::noop(), || arrived.pop_front_if(|_| now.mono >= *arrives)) {
            Step::Do(Effect::Exchange(_)) => {
                one.arrives = now.mono.after(Duration::from_millis(10));
                one.arrived.extend(match server.ask(now.mono) {
                    Ok(()) => vec![head(200, &[]), data(body), Input::End],
                    Err(failure) => failure,
                });
            }
            Step::Do(Effect::Run(_)) => {
                let Server { plugin, dice, .. } = &mut *server;
                one.arrives = now.mono.after(plugin.takes);
                one.arrived.push_back(plugin.run(now, dice));
            }
            Step::Do(Effect::Abort) => one.arrived.clear(),
            Step::Yield(true) => one.end = Some(Ok(now.mono)),
            Step::Yield(false) | Step::Do(_) => {}
            Step::Wait(until) => {
                let until = until.unwrap().max(now.mono);
                one.next = if one.arrived.is_empty() { until } else { until.min(one.arrives) };
            }
            Step::Done(_) => one.end = Some(Err(now.mono)),
        }
    }
}

fn recovered(clients: &[One]) -> Duration {
    let end = |one: &One| one.end.unwrap().unwrap_or_else(|at| at);
    clients.iter().map(end).max().unwrap().since_zero()
}

/// The naive client: every one of `clients` asks until it is answered, a second after each failure. The requests, and the
/// time until all are answered.
fn naive(server: &mut Server, starts: impl Iterator<Item = Duration>) -> (u64, Duration) {
    let mut asks: Vec<Moment> = starts.map(Moment::after_zero).collect();
    let mut last = Duration::ZERO;
    while let Some(place) = (0..asks.len()).min_by_key(|place| asks[*place]) {
        let at = asks[place];
        if server.ask(at).is_ok() {
            last = last.max(at.since_zero());
            asks.swap_remove(place);
        } else {
            asks[place] = at.after(secs(1));
        }
        assert!(at.since_zero() < secs(600));
    }
    (server.requests, last)
}

/// A batch of 2,000 calls of one client at once, and a server that answers 100 a second and rejects the others with
/// `Retry-After`. All are answered: the lowered rate, and not the budget, bounds what is sent again.
#[test]
fn a_storm_of_429s() {
    let budget = RetryBudget { share: 0.0, reserve: 0 };
    let session = session(1, |settings| settings.retry_budget = Some(budget));
    let mut calls: Vec<One> = (0..2000).map(|_| get(&session, Moment::after_zero(secs(1)))).collect();
    let mut server = Server::new(Duration::ZERO, 100, 0);
    run(&mut calls, &mut server, POD);
    let (naive, _) = naive(&mut Server::new(Duration::ZERO, 100, 0), (0..2000).map(|_| secs(1)));
    assert!(calls.iter().all(|one| matches!(one.end, Some(Ok(_)))));
    // Hardly a call is rejected twice. The server needs 20 seconds.
    assert!(server.requests <= 2 * 2000, "{}", server.requests);
    assert!(naive > 5 * server.requests, "{naive}");
    let recovered = recovered(&calls);
    assert!(recovered < secs(40), "{recovered:?}");
    // A minute later the same client sends 20 a second. What it remembers of the storm does not disturb them.
    let mut later: Vec<One> =
        (0..200).map(|n| get(&session, Moment::after_zero(secs(120) + Duration::from_millis(n * 50)))).collect();
    run(&mut later, &mut server, POD);
    let answered = later.iter().filter(|one| matches!(one.end, Some(Ok(_)))).count();
    assert_eq!(answered, 200);
}

/// Half of the answers are 503 for a minute, at ten calls a second.
#[test]
fn a_brown_out() {
    let starts = || (0..600u64).map(|n| Duration::from_millis(n * 100));
    let session = session(1, |_| {});
    let mut calls: Vec<One> = starts().map(|at| get(&session, Moment::after_zero(at))).collect();
    let mut server = Server::new(Duration::ZERO, u32::MAX, 50);
    run(&mut calls, &mut server, POD);
    let (naive, _) = naive(&mut Server::new(Duration::ZERO, u32::MAX, 50), starts());
    let answered = calls.iter().filter(|one| matches!(one.end, Some(Ok(_)))).count();
    // A fifth more, and what was saved up.
    assert!(server.requests <= 600 + 120 + 100, "{}", server.requests);
    assert!(naive > 1100 && answered > 400, "{naive}, {answered}");
}

/// 1,000 informers find their server down for half a minute; then it answers 200 requests a second.
#[test]
fn a_thousand_informers_after_a_restart() {
    let settings = || WatchSettings::default().streaming(false);
    let watch = |n: u64| {
        let synced = |event: &Event<_>| matches!(event, Event::InitDone { .. });
        one(Wanted(pods().watch(settings()), synced), &session(n, |_| {}), Moment::ZERO)
    };
    let mut informers: Vec<One> = (0..1000).map(watch).collect();
    let mut server = Server::new(secs(30), 200, 0);
    run(&mut informers, &mut server, LIST);
    let (naive, _) = naive(&mut Server::new(secs(30), 200, 0), (0..1000).map(|_| Duration::ZERO));
    let recovered = recovered(&informers);
    assert!(informers.iter().all(|one| matches!(one.end, Some(Ok(_)))));
    assert!(server.requests * 3 < naive, "{} and {naive}", server.requests);
    assert!(recovered < secs(30 + 60), "{recovered:?}");
}

/// A server that rejects all of a batch for good: each call is sent eleven times, as by client-go, and then fails with its 429.
#[test]
fn rejected_for_good() {
    let session = session(1, |_| {});
    let mut calls: Vec<One> = (0..300).map(|_| get(&session, Moment::after_zero(secs(1)))).collect();
    let mut server = Server::new(Duration::ZERO, 0, 0);
    run(&mut calls, &mut server, POD);
    assert!(calls.iter().all(|one| matches!(one.end, Some(Err(_)))));
    assert!(server.requests <= 11 * 300, "{}", server.requests);
}

/// 1,000 calls of one client wait for a plugin that takes 20 seconds: it runs once, and each call is sent once.
#[test]
fn a_thousand_calls_and_a_slow_plugin() {
    let session = plugged(1);
    let mut calls: Vec<One> = (0..1000).map(|_| get(&session, Moment::after_zero(secs(1)))).collect();
    let mut server = Server::new(Duration::ZERO, u32::MAX, 0);
    server.plugin = Plugin { takes: secs(20), life: secs(3600), ..Plugin::default() };
    run(&mut calls, &mut server, POD);
    assert!(calls.iter().all(|one| matches!(one.end, Some(Ok(_)))));
    assert_eq!((server.plugin.runs, server.requests), (1, 1000));
    // Nothing wakes a waiting call here, so it looks again every five seconds.
    assert!(recovered(&calls) < secs(1 + 20 + 6));
}

/// Half of the answers are 503 for two minutes, at ten calls a second; tokens live for 30 seconds, the plugin takes 8, and half of
/// its runs fail. Calls use the old token while the next one is fetched.
#[test]
fn a_slow_plugin_in_a_brown_out() {
    let session = plugged(1);
    let mut calls: Vec<One> =
        (0..1200u64).map(|n| get(&session, Moment::after_zero(Duration::from_millis(n * 100)))).collect();
    let mut server = Server::new(Duration::ZERO, u32::MAX, 50);
    server.plugin = Plugin { takes: secs(8), broken: 50, life: secs(30), runs: 0 };
    run(&mut calls, &mut server, POD);
    let answered = calls.iter().filter(|one| matches!(one.end, Some(Ok(_)))).count();
    assert!(server.requests <= 1200 + 240 + 100, "{}", server.requests);
    assert!(server.plugin.runs <= 15, "{}", server.plugin.runs);
    assert!(answered > 700, "{answered}");
    assert!(recovered(&calls) < secs(120 + 30));
}

/// 1,000 clients with slow plugins of their own find their server down for half a minute: each plugin runs once.
#[test]
fn a_thousand_clients_with_slow_plugins_after_a_restart() {
    let watch = |n: u64| {
        let synced = |event: &Event<_>| matches!(event, Event::InitDone { .. });
        one(Wanted(pods().watch(WatchSettings::default().streaming(false)), synced), &plugged(n), Moment::ZERO)
    };
    let mut informers: Vec<One> = (0..1000).map(watch).collect();
    let mut server = Server::new(secs(30), 200, 0);
    server.plugin = Plugin { takes: secs(20), life: secs(3600), ..Plugin::default() };
    run(&mut informers, &mut server, LIST);
    assert!(informers.iter().all(|one| matches!(one.end, Some(Ok(_)))));
    assert_eq!(server.plugin.runs, 1000);
    assert!(server.requests <= 6 * 1000, "{}", server.requests);
    assert!(recovered(&informers) < secs(30 + 60));
}
