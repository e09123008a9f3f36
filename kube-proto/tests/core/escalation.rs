//! Whatever ending repeats, of whatever requests, a list from scratch follows within a bounded number of requests and of
//! simulated time.

use std::time::Duration;

use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, Step};
use kube_proto::resource::DynamicObject;
use kube_proto::settings::BreakerPolicy;
use kube_proto::watch::{Ending, Event, Phase, Watch, WatchSettings};

use crate::border::pods;
use crate::script::{Script, answer, data, head, name, secs, session, session_with, status};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Streaming { latest: bool },
    Watch,
    FirstPage { latest: bool },
    LaterPage,
}

impl Asked {
    fn of(exchange: &Exchange) -> Self {
        let query = exchange.request.uri().query().unwrap_or_default();
        let latest = !query.contains("resourceVersion=");
        match () {
            () if query.contains("sendInitialEvents=true") => Asked::Streaming { latest },
            () if query.contains("watch=true") => Asked::Watch,
            () if query.contains("continue=") => Asked::LaterPage,
            () => Asked::FirstPage { latest },
        }
    }

    /// The bit of its kind.
    fn bit(self) -> u32 {
        match self {
            Asked::Streaming { .. } => 1,
            Asked::Watch => 2,
            Asked::FirstPage { .. } => 4,
            Asked::LaterPage => 8,
        }
    }
}

/// How a request fails, each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fails {
    Refused,
    ClosedBeforeTheHead,
    NoHead,
    /// The connection breaks so long after the head.
    Cut(u64),
    /// The response ends so long after the head.
    Ends(u64),
    /// The response stops after the head.
    Silent,
    Status(u16, &'static str),
    Busy,
    Html,
    /// The response is one that says nothing, and ends so.
    OldBookmark,
}

const ALL: [Fails; 22] = [
    Fails::Refused,
    Fails::ClosedBeforeTheHead,
    Fails::NoHead,
    Fails::Cut(0),
    Fails::Cut(2),
    Fails::Cut(11),
    Fails::Ends(0),
    Fails::Ends(2),
    Fails::Ends(11),
    Fails::Silent,
    Fails::Status(400, "BadRequest"),
    Fails::Status(401, "Unauthorized"),
    Fails::Status(403, "Forbidden"),
    Fails::Status(404, "NotFound"),
    Fails::Status(405, "MethodNotAllowed"),
    Fails::Status(410, "Expired"),
    Fails::Status(422, "Invalid"),
    Fails::Status(500, "InternalError"),
    Fails::Status(504, "Timeout"),
    Fails::Busy,
    Fails::Html,
    Fails::OldBookmark,
];

/// A run against a server that fails in one way.
struct Run {
    script: Script<Watch<DynamicObject>>,
    fails: Fails,
    /// The kinds of requests that fail.
    which: u32,
    /// The requests so far, and those since the last list from scratch, with their time.
    requests: u32,
    since: u32,
    from: Duration,
    /// The most of both.
    most: (u32, Duration),
    /// The request that was not served yet.
    pending: Option<Box<Exchange>>,
    /// What comes later.
    later: Option<(Duration, Vec<Input>)>,
    synced: bool,
}

impl Run {
    fn new(settings: WatchSettings, fails: Fails, which: u32) -> Self {
        let script = Script::new(pods().watch(settings), &session());
        let from = script.now.mono.since_zero();
        let most = (0, Duration::ZERO);
        Self { script, fails, which, requests: 0, since: 0, from, most, pending: None, later: None, synced: false }
    }

    /// Goes on until the watch is quiet, or for so many requests. Returns whether it is quiet.
    fn go(&mut self, requests: u32) -> bool {
        loop {
            if let Some(exchange) = self.pending.take() {
                self.serve(&exchange);
            }
            match self.script.turn() {
                Step::Yield(Event::InitDone { .. }) => self.synced = true,
                Step::Yield(_) => {}
                Step::Do(Effect::Exchange(exchange)) => {
                    self.pending = Some(exchange);
                    if self.requests == requests {
                        return false;
                    }
                }
                Step::Do(_) => {
                    self.script.arrived.clear();
                    self.later = None;
                }
                Step::Wait(until) => match self.later.take() {
                    Some((span, inputs)) => {
                        self.script.pass(span);
                        self.script.arrived.extend(inputs);
                    }
                    None if self.is_quiet() => return true,
                    None => {
                        let span = until.unwrap() - self.script.now.mono;
                        self.script.pass(span);
                    }
                },
                other => panic!("{:?} {:b}: {}", self.fails, self.which, name(&other)),
            }
        }
    }

    /// A watch is open that does not fail.
    fn is_quiet(&self) -> bool {
        self.which & Asked::Watch.bit() == 0
            && self.script.task.in_flight()
            && self.script.task.operation().state().phase == Phase::Watching
    }

    fn serve(&mut self, exchange: &Exchange) {
        let asked = Asked::of(exchange);
        let now = self.script.now.mono.since_zero();
        self.requests += 1;
        self.since += 1;
        self.most = (self.most.0.max(self.since), self.most.1.max(now - self.from));
        let fails = self.which & asked.bit() != 0;
        if asked == (Asked::FirstPage { latest: true }) || (asked == Asked::Streaming { latest: true } && !fails) {
            (self.since, self.from) = (0, now);
        }
        self.script.arrived.clear();
        self.later = None;
        if fails { self.fail(asked) } else { self.succeed(asked) }
    }

    fn fail(&mut self, asked: Asked) {
        let script = &mut self.script.arrived;
        let closed = || Input::Failed(Box::new(Fault::answered(FaultKind::Closed, "reset")));
        let watches = matches!(asked, Asked::Streaming { .. } | Asked::Watch);
        match self.fails {
            Fails::Refused => script.push_back(Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "refused")))),
            Fails::ClosedBeforeTheHead => {
                script.push_back(Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, "closed"))));
            }
            Fails::NoHead => {}
            Fails::Cut(0) => script.extend([head(200, &[]), closed()]),
            Fails::Ends(0) => script.extend([head(200, &[]), Input::End]),
            Fails::Cut(after) => {
                script.push_back(head(200, &[]));
                self.later = Some((secs(after), vec![closed()]));
            }
            Fails::Ends(after) => {
                script.push_back(head(200, &[]));
                self.later = Some((secs(after), vec![Input::End]));
            }
            Fails::Silent => script.push_back(head(200, &[])),
            Fails::Status(code, reason) => script.extend(answer(code, &status(code, reason, "no"))),
            Fails::Busy => script.extend([head(429, &[("retry-after", "1")]), Input::End]),
            Fails::Html => script.extend([head(200, &[]), data("<html>"), Input::End]),
            Fails::OldBookmark if watches => script.extend([head(200, &[]), data(&bookmark("10", false)), Input::End]),
            Fails::OldBookmark => script.extend([head(200, &[]), data("{}"), Input::End]),
        }
    }

    fn succeed(&mut self, asked: Asked) {
        let page = |token: &str| {
            format!(
                r#"{{"metadata":{{"resourceVersion":"10","continue":"{token}"}},"items":[{{"metadata":{{"name":"a"}}}}]}}"#
            )
        };
        let arrived = &mut self.script.arrived;
        match asked {
            Asked::Watch => arrived.push_back(head(200, &[])),
            // The response goes on as a watch.
            Asked::Streaming { .. } => {
                arrived.extend([head(200, &[]), data(&bookmark("10", true))]);
                if self.which & Asked::Watch.bit() != 0 {
                    arrived.push_back(Input::End);
                }
            }
            Asked::FirstPage { latest } => arrived.extend(answer(200, &page(if latest { "token" } else { "" }))),
            Asked::LaterPage => arrived.extend(answer(200, &page(""))),
        }
    }
}

fn bookmark(version: &str, end: bool) -> String {
    let annotations = if end { r#","annotations":{"k8s.io/initial-events-end":"true"}"# } else { "" };
    format!(
        "{{\"type\":\"BOOKMARK\",\"object\":{{\"metadata\":{{\"resourceVersion\":\"{version}\"{annotations}}}}}}}\n"
    )
}

fn minutes(n: u64) -> Duration {
    secs(60 * n)
}

/// Every way to fail, of every set of kinds of requests: two hundred requests each.
#[test]
fn whatever_repeats_for_ever_is_followed_by_a_list_from_scratch() {
    for fails in ALL {
        // Four endings, or twenty; and half as many successes between them.
        let (requests, span) = match fails {
            Fails::Refused | Fails::Busy => (24, minutes(25)),
            Fails::Cut(11) | Fails::Ends(11) => (32, minutes(15)),
            Fails::NoHead | Fails::Silent => (12, minutes(60)),
            _ => (12, minutes(5)),
        };
        for which in 1..16 {
            for (streaming, any_version, resume) in
                [(true, false, None), (false, false, None), (false, true, None), (true, false, Some("10"))]
            {
                let mut settings = WatchSettings::default().streaming(streaming);
                (settings.any_version, settings.resume) = (any_version, resume.map(str::to_owned));
                let mut run = Run::new(settings, fails, which);
                let case = format!("{fails:?} {which:04b} {streaming} {any_version} {resume:?}");
                if run.go(200) {
                    // The watch works, and no list failed for ever.
                    assert!(run.synced || resume.is_some(), "{case}");
                }
                assert!(run.most.0 <= requests && run.most.1 <= span, "{case}: {:?}", run.most);
                // Lists that come through are believed.
                assert!(run.synced || which & 4 != 0 || which & 8 != 0 || resume.is_some(), "{case}");
            }
        }
    }
}

/// The first list is there in time, whatever becomes of streaming lists and watches.
#[test]
fn the_first_list_does_not_wait_for_watches() {
    for fails in ALL {
        for which in [1, 2, 3] {
            let mut run = Run::new(WatchSettings::default(), fails, which);
            let begun = run.script.now.mono;
            while !run.synced {
                assert!(run.requests < 12, "{fails:?} {which}");
                let next = run.requests + 1;
                run.go(next);
            }
            let span = run.script.now.mono - begun;
            assert!(span <= secs(60), "{fails:?} {which}: {span:?}");
        }
    }
}

/// Endings take turns in any order: no order of them hides a list from scratch.
#[test]
fn no_mixture_of_endings_goes_round() {
    for seed in 0..400u32 {
        let mut run = Run::new(WatchSettings::default().streaming(seed % 2 == 0), ALL[0], 15);
        let mut drawn = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        for request in 1..=100 {
            // xorshift
            drawn ^= drawn << 13;
            drawn ^= drawn >> 17;
            drawn ^= drawn << 5;
            run.fails = ALL[drawn as usize % ALL.len()];
            run.which = if drawn % 7 == 0 { 11 } else { 15 };
            run.go(request);
        }
        assert!(run.most.0 <= 24, "seed {seed}: {:?}", run.most);
    }
}

#[test]
fn a_late_head_is_not_a_dead_server() {
    // A list shows that the server is alive, and the breaker lets it through.
    let breaker = BreakerPolicy { failures: 1, rest: secs(3600), longest: secs(3600) };
    let session = session_with(|_| {}, |settings| settings.breaker = Some(breaker));
    let mut script = Script::new(pods().watch(WatchSettings::default().streaming(false)), &session);
    script.exchange();
    script.arrived.extend(answer(200, r#"{"metadata":{"resourceVersion":"10"},"items":[]}"#));
    let mut watched = Vec::new();
    loop {
        match script.turn() {
            Step::Yield(Event::Trouble(trouble)) => assert_eq!(trouble.ending, Ending::Late),
            Step::Yield(_) => {}
            Step::Do(Effect::Exchange(exchange)) if Asked::of(&exchange) == Asked::Watch => {
                watched.push(script.now.mono);
            }
            Step::Do(Effect::Exchange(exchange)) => {
                assert!(exchange.request.uri().query().unwrap().contains("resourceVersionMatch=NotOlderThan"));
                script.arrived.extend(answer(200, r#"{"metadata":{"resourceVersion":"10"},"items":[]}"#));
            }
            Step::Do(_) => {}
            Step::Wait(until) if watched.len() < 2 || !script.task.in_flight() => {
                script.now = script.now.after(until.unwrap() - script.now.mono);
            }
            // The second one waits as long as for an event.
            Step::Wait(until) => {
                let limit = until.unwrap() - watched[1];
                assert!(limit >= secs(330), "{limit:?}");
                break;
            }
            other => panic!("{}", name(&other)),
        }
    }
    assert!(watched[1] - watched[0] < secs(80), "the first one waits for the session's time-out");
    // Its head comes with its end, after its whole time: that is how watches end.
    script.pass(secs(300));
    script.arrived.extend([head(200, &[]), Input::End]);
    let Step::Do(Effect::Exchange(exchange)) = script.turn() else { panic!("the next watch follows at once") };
    assert_eq!(Asked::of(&exchange), Asked::Watch);
}
