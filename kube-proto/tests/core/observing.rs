//! What observers see, and in which order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use kube_proto::api::WatchParams;
use kube_proto::config::{Config, CredentialConfig};
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Session, SessionOptions, Step};
use kube_proto::observe::{
    AttemptOutcome, BreakerEvent, BreakerStep, CallEvent, CallInfo, CallOutcome, Event, Observation, Observer,
    Observers, WatchStep,
};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::{BreakerPolicy, Rate, Settings};
use kube_proto::watch::WatchSettings;
use proptest::prelude::*;

use crate::border::pods;
use crate::script::{Script, data, head, secs};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

/// Keeps a line of each observation, and checks the order of a call's events.
#[derive(Default)]
struct Journal(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    lines: Vec<String>,
    calls: BTreeMap<u64, Place>,
    ids: BTreeSet<String>,
    debug: String,
}

/// Where a call stands in the order of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Between,
    Attempt(u32),
    Answered(u32),
    Ended(u32),
    Over,
}

impl Journal {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().lines)
    }

    fn all_over(&self) -> bool {
        self.0.lock().unwrap().calls.values().all(|place| *place == Place::Over)
    }
}

impl Pages {
    fn call(&mut self, call: &CallInfo<'_>, event: CallEvent<'_>) -> String {
        let old = self.calls.get(&call.number).copied();
        let (new, line) = match (old, event) {
            (None, CallEvent::Started) => (Place::Between, format!("started {} {}", call.method, call.template)),
            (Some(Place::Between), CallEvent::Waited { for_, took }) => {
                (Place::Between, format!("waited {took:?} for {for_:?}"))
            }
            (Some(Place::Between), CallEvent::AttemptStarted { number, endpoint, request_id, .. }) => {
                assert!(self.ids.insert(request_id.to_owned()), "{request_id} twice");
                (Place::Attempt(number), format!("attempt {number} at {endpoint}"))
            }
            (Some(Place::Attempt(number)), CallEvent::Head { status, audit_id, took }) => {
                let audit_id = audit_id.map(|id| format!(", audit {id}")).unwrap_or_default();
                (Place::Answered(number), format!("head {} after {took:?}{audit_id}", status.as_u16()))
            }
            (
                Some(Place::Attempt(of) | Place::Answered(of)),
                CallEvent::AttemptEnded { number, outcome, took, received, .. },
            ) => {
                assert_eq!(of, number);
                let outcome = match outcome {
                    AttemptOutcome::Answered(status) => status.as_u16().to_string(),
                    AttemptOutcome::Failed(fault) => format!("{:?}", fault.kind),
                    other => format!("{other:?}"),
                };
                (Place::Ended(number), format!("attempt {number} ended: {outcome}, {received} bytes, {took:?}"))
            }
            (Some(Place::Ended(_)), CallEvent::Retry { cause, after }) => {
                (Place::Between, format!("again after {after:?}: {cause:?}"))
            }
            (Some(Place::Between | Place::Ended(_)), CallEvent::Ended { outcome, took, attempts }) => {
                let outcome = match outcome {
                    CallOutcome::Complete => "complete".to_owned(),
                    CallOutcome::Failed(error) => format!("failed: {error}"),
                    CallOutcome::Dropped => "dropped".to_owned(),
                    other => format!("{other:?}"),
                };
                (Place::Over, format!("ended: {outcome}, {attempts} attempts, {took:?}"))
            }
            (place, event) => panic!("{event:?} follows {place:?} of call {}", call.number),
        };
        self.calls.insert(call.number, new);
        line
    }
}

impl Observer for Journal {
    fn observe(&self, seen: &Observation<'_>) {
        // The end of a call that a failed test drops.
        if std::thread::panicking() {
            return;
        }
        let mut pages = self.0.lock().unwrap();
        let line = match seen.event {
            Event::Call(call, event) => pages.call(call, event),
            Event::Credential(fetch) => {
                format!("{}: {}", fetch.source, if fetch.error.is_some() { "failed" } else { "ok" })
            }
            Event::Watch(attempt, WatchStep::Recovery { ending, next, wait }) => {
                format!("{attempt}: {ending:?}, so {next:?} after {wait:?}")
            }
            Event::Watch(attempt, WatchStep::Synced) => format!("{attempt}: synced"),
            Event::Breaker(BreakerEvent { group, step, .. }) => match step {
                BreakerStep::Opened { rests, cause, .. } => {
                    format!("circuit of {group:?}: opened, rest {rests}, {cause}")
                }
                other => format!("circuit of {group:?}: {other:?}"),
            },
            Event::Informer(attempt, step) => format!("informer {attempt}: {step:?}"),
            other => format!("{other:?}"),
        };
        pages.lines.push(line);
        let _ = write!(pages.debug, "{seen:?}");
    }
}

fn observed(change: impl FnOnce(&mut Config, &mut Settings)) -> (Session, Arc<Journal>) {
    let journal = Arc::<Journal>::default();
    let (mut config, mut settings) = (Config::new("https://k.test:6443").unwrap(), Settings::default());
    change(&mut config, &mut settings);
    let options =
        SessionOptions { observers: Observers::to(Arc::clone(&journal)), ..SessionOptions::new(settings, 42) };
    (Session::new(&config, options).unwrap(), journal)
}

fn lost() -> Input {
    Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, "the connection was lost")))
}

#[test]
fn a_call_with_its_repetitions() {
    let (session, journal) = observed(|_, _| {});
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.pass(secs(1)).feed([head(503, &[("retry-after", "2")]), Input::End]);
    script.pass(secs(3)).exchange();
    script.pass(Duration::from_millis(5)).feed([lost()]);
    script.pass(secs(1)).exchange();
    script.pass(Duration::from_millis(7));
    script.arrived.extend([head(200, &[("audit-id", "of-the-server")]), data(POD), Input::End]);
    script.item();
    let lines = journal.take();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(lines[0], "started GET /api/v1/namespaces/{namespace}/pods/{name}");
    assert_eq!(
        lines[1..4],
        ["attempt 1 at https://k.test:6443", "head 503 after 1s", "attempt 1 ended: 503, 0 bytes, 1s"]
    );
    assert!(lines[4].starts_with("again after 2.") && lines[4].ends_with("Status(503)"), "{}", lines[4]);
    assert_eq!(lines[5..7], ["attempt 2 at https://k.test:6443", "attempt 2 ended: Closed, 0 bytes, 5ms"]);
    assert!(lines[7].starts_with("again after ") && lines[7].ends_with("Connection"), "{}", lines[7]);
    assert_eq!(lines[8..10], ["attempt 3 at https://k.test:6443", "head 200 after 7ms, audit of-the-server"]);
    assert_eq!(lines[10], format!("attempt 3 ended: 200, {} bytes, 7ms", POD.len()));
    assert_eq!(lines[11..], ["ended: complete, 3 attempts, 5.012s"]);
}

#[test]
fn each_way_in_which_a_call_ends() {
    let (session, journal) = observed(|_, settings| settings.call.total = Some(secs(20)));
    let last = || journal.take().into_iter().next_back().unwrap();
    // The caller drops it while it waits for the head; the time is that of the session's clock.
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.pass(secs(3)).waits();
    drop(script);
    assert_eq!(journal.take()[2..], ["attempt 1 ended: Dropped, 0 bytes, 3s", "ended: dropped, 1 attempts, 3s"]);
    // Before it is sent.
    let _ = Script::new(pods().get(""), &session).error();
    assert!(journal.take().is_empty(), "a request that cannot be built is no call");
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.feed([head(404, &[]), Input::End]);
    assert!(last().starts_with("ended: failed: "), "the server's error");
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.waits();
    script.pass(secs(20)).error();
    let lines = journal.take();
    assert_eq!(lines[2], "attempt 1 ended: TimedOut(Total), 0 bytes, 20s");
    // An answer that cannot be read.
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.extend([head(200, &[]), data("<html>"), Input::End]);
    script.error();
    assert!(journal.all_over());
}

/// The id of each attempt is on the wire; nothing else of the request changes.
#[test]
fn attempts_have_ids_of_their_own() {
    struct Tracer;
    impl Observer for Tracer {
        fn observe(&self, _: &Observation<'_>) {}
        fn propagate(&self, _: &CallInfo<'_>, headers: &mut HeaderMap) {
            headers.insert("traceparent", HeaderValue::from_static("00-0af7-b7ad-01"));
            headers.insert("authorization", HeaderValue::from_static("Bearer stolen"));
            headers.insert("impersonate-user", HeaderValue::from_static("root"));
        }
    }
    let config = Config::new("https://k.test:6443").unwrap().with_token("right");
    let plain = Session::new(&config, SessionOptions::new(Settings::default(), 42)).unwrap();
    let request = Script::new(pods().get("a"), &plain).exchange().request;
    assert!(!request.headers().contains_key("audit-id"));

    let journal = Arc::<Journal>::default();
    let observers = Observers::to(Tracer).and(Arc::clone(&journal));
    let options = || SessionOptions { observers: observers.clone(), ..SessionOptions::new(Settings::default(), 42) };
    let session = Session::new(&config, options()).unwrap();
    let mut script = Script::new(pods().get("a"), &session);
    let first = script.exchange().request;
    script.pass(secs(1)).feed([lost()]);
    let second = script.pass(secs(5)).exchange().request;
    script.arrived.extend([head(404, &[]), Input::End]);
    let text = script.error().to_string();
    let id = |request: &http::Request<bytes::Bytes>| request.headers()["audit-id"].to_str().unwrap().to_owned();
    assert_ne!(id(&first), id(&second));
    assert!(text.ends_with(&format!(" (audit id {})", id(&second))), "{text}");
    assert_eq!(journal.0.lock().unwrap().ids, BTreeSet::from([id(&first), id(&second)]));
    let mut headers = first.headers().clone();
    headers.remove("audit-id");
    assert_eq!(headers.remove("traceparent").unwrap(), "00-0af7-b7ad-01");
    assert_eq!(&headers, request.headers(), "no other header of an observer is sent");
    assert_eq!((first.uri(), first.body()), (request.uri(), request.body()));
    // The same seed gives the same ids.
    drop(script);
    let session = Session::new(&config, options()).unwrap();
    *journal.0.lock().unwrap() = Pages::default();
    assert_eq!(id(&Script::new(pods().get("a"), &session).exchange().request), id(&first));
}

#[test]
fn watches_and_credentials() {
    let (session, journal) = observed(|config, _| {
        config.credential = CredentialConfig::TokenFile { path: "/run/token".into(), fallback: None };
    });
    let mut script = Script::new(pods().watch(WatchSettings::default().streaming(false)), &session);
    assert!(matches!(script.turn(), Step::Do(Effect::ReadFile { .. })));
    script.pass(secs(1));
    script.arrived.push_back(Input::File(bytes::Bytes::from_static(b"secret-token")));
    script.exchange();
    let lines = journal.take();
    assert!(lines[1].ends_with(": ok") && !lines[1].contains("secret"), "{lines:?}");
    assert_eq!(lines[2], "waited 1s for Credential");
    script.arrived.extend([head(200, &[]), data(r#"{"metadata":{"resourceVersion":"5"},"items":[]}"#), Input::End]);
    while !matches!(script.turn(), Step::Do(_)) {}
    assert!(journal.take().iter().any(|line| line.starts_with("watch pods") && line.ends_with(": synced")));
    script.arrived.extend([head(410, &[]), Input::End]);
    while !matches!(script.pass(secs(1)).turn(), Step::Do(_)) {}
    let lines = journal.take();
    assert!(lines.iter().any(|line| line.contains(": Expired, so Again(Latest, Backoff)")), "{lines:?}");
    drop(script);
    assert!(journal.all_over());
    let debug = std::mem::take(&mut journal.0.lock().unwrap().debug);
    assert!(!debug.contains("secret-token"));
}

/// The limiter's two waits have their own names.
#[test]
fn waits_for_a_token_and_for_a_permit() {
    let (session, journal) = observed(|_, settings| {
        settings.rate = Some(Rate { per_second: 0.5, burst: 1 });
        settings.concurrent = Some(1);
    });
    let mut first = Script::new(pods().get("a"), &session);
    first.exchange();
    let mut second = Script::new(pods().get("a"), &session);
    second.waits();
    second.pass(secs(2)).waits();
    drop(first);
    second.pass(secs(1)).exchange();
    let waits: Vec<_> = journal.take().into_iter().filter(|line| line.starts_with("waited")).collect();
    assert_eq!(waits, ["waited 2s for Token", "waited 1s for Permit"]);
}

#[test]
fn the_breaker_opens_tries_and_closes() {
    let (session, journal) = observed(|_, settings| {
        settings.breaker = Some(BreakerPolicy { failures: 1, rest: secs(4), longest: secs(60) });
    });
    let refused = || Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "refused")));
    let lines = |journal: &Journal| -> Vec<String> {
        journal.take().into_iter().filter(|line| line.starts_with("circuit")).collect()
    };
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.feed([refused()]);
    assert_eq!(lines(&journal), ["circuit of None: opened, rest 1, refused"]);
    script = Script::new(pods().get("a"), &session);
    script.error();
    assert_eq!(lines(&journal), [""; 0], "a refused call is the call's own event");
    script = Script::new(pods().get("a"), &session);
    script.pass(secs(10)).exchange();
    assert_eq!(lines(&journal), ["circuit of None: Trial"]);
    script.feed([refused()]);
    assert_eq!(lines(&journal), ["circuit of None: opened, rest 2, refused"]);
    script = Script::new(pods().get("a"), &session);
    script.pass(secs(40)).exchange();
    script.feed([head(500, &[]), Input::End]);
    let group = "circuit of Some(\"\"): opened, rest 1, ";
    let [trial, closed, opened] = &lines(&journal)[..] else { panic!() };
    assert_eq!([trial.as_str(), closed], ["circuit of None: Trial", "circuit of None: Closed"]);
    assert!(opened.starts_with(group), "{opened}");
    script = Script::new(pods().get("a"), &session);
    script.pass(secs(80)).exchange();
    script.feed([head(404, &[]), Input::End]);
    assert_eq!(lines(&journal), ["circuit of Some(\"\"): Trial", "circuit of Some(\"\"): Closed"]);
}

#[test]
fn informers_say_when_they_are_synced_and_how_far_subscribers_are() {
    let (session, journal) = observed(|_, _| {});
    let reflector = pods().reflect(WatchSettings::default().streaming(false), []);
    let store = reflector.store();
    let mut subscriber = Script::new(store.subscribe(10), &session);
    let mut script = Script::new(reflector, &session);
    let lines = |journal: &Journal| -> Vec<String> {
        journal.take().into_iter().filter(|line| line.starts_with("informer")).collect()
    };
    script.exchange();
    let list = format!(r#"{{"metadata":{{"resourceVersion":"5"}},"items":[{POD}]}}"#);
    script.arrived.extend([head(200, &[]), data(&list), Input::End]);
    while !matches!(script.turn(), Step::Do(_)) {}
    assert_eq!(lines(&journal), ["informer watch pods in namespace \"default\": Synced { objects: 1 }"]);
    while !matches!(subscriber.turn(), Step::Wait(_)) {}
    assert_eq!(lines(&journal), [""; 0], "the first objects were in no queue");
    let event = |version| {
        let pod = format!(r#"{{"metadata":{{"name":"a","uid":"1","resourceVersion":"{version}"}}}}"#);
        data(&format!(r#"{{"type":"MODIFIED","object":{pod}}}"#))
    };
    script.arrived.extend([head(200, &[]), event(6), event(7)]);
    while !matches!(script.turn(), Step::Wait(_)) {}
    let changed =
        |waiting| format!("informer watch pods in namespace \"default\": Changed {{ waiting: {waiting}, behind: 0 }}");
    assert_eq!(lines(&journal), [changed(1), changed(2)]);
    subscriber.pass(secs(3));
    while !matches!(subscriber.turn(), Step::Wait(_)) {}
    let taken =
        |waiting| format!("informer watch pods in namespace \"default\": Taken {{ lag: 3s, waiting: {waiting} }}");
    assert_eq!(lines(&journal), [taken(1), taken(0)]);
}

/// No lock is held: an observer may use the session.
#[test]
fn an_observer_may_call_the_session() {
    struct Nested(Mutex<Option<Session>>);
    impl Observer for Nested {
        fn observe(&self, _: &Observation<'_>) {
            let session = self.0.lock().unwrap().take();
            if let Some(session) = session {
                let _ = session.statistics();
                Script::new(pods().get("b"), &session).exchange();
            }
        }
    }
    let nested = Arc::new(Nested(Mutex::default()));
    let config = Config::new("https://k.test:6443").unwrap();
    let observers = Observers::to(Arc::clone(&nested));
    let session =
        Session::new(&config, SessionOptions { observers, ..SessionOptions::new(Settings::default(), 42) }).unwrap();
    for events in 0..3 {
        let mut script = Script::new(pods().get("a"), &session);
        for _ in 0..events {
            script.turn();
        }
        *nested.0.lock().unwrap() = Some(session.clone());
        script.arrived.extend([head(200, &[]), data(POD), Input::End]);
        script.turn();
    }
    assert!(session.statistics().exchanges >= 4);
}

/// Canaries in everything that a request holds: observers see none.
#[test]
fn secrets_are_not_told() {
    let (session, journal) = observed(|config, _| *config = config.clone().with_token("canary-token"));
    let resource = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
    let object = DynamicObject::new(&resource, "a").with("spec", serde_json::json!({"password": "canary-body"}));
    let mut params = WatchParams::default();
    params.label_selector = Some("canary=query".into());
    let mut script = Script::new(pods().watch_once(&params), &session);
    script.exchange();
    script.feed([head(200, &[("set-cookie", "canary-header")]), data(r#"{"canary":"answer"}"#), Input::End]);
    let mut script = Script::new(pods().create(&object, &Default::default()), &session);
    script.exchange();
    script.feed([head(500, &[]), data("canary-refusal"), Input::End]);
    let debug = std::mem::take(&mut journal.0.lock().unwrap().debug);
    for canary in ["canary-token", "canary-body", "canary=query", "canary-header", "{\"canary"] {
        assert!(!debug.contains(canary), "{canary} in {debug}");
    }
}

/// One step of a driver and its network.
#[derive(Clone, Debug)]
enum Move {
    Head(u16, bool),
    Data,
    End,
    Lost,
    Pass(u16),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let codes = prop::sample::select(vec![101, 200, 204, 301, 401, 404, 408, 410, 421, 425, 429, 500, 502, 503, 504]);
    let step = prop_oneof![
        (codes, any::<bool>()).prop_map(|(code, wait)| Move::Head(code, wait)),
        Just(Move::Data),
        Just(Move::End),
        Just(Move::Lost),
        (0u16..400).prop_map(Move::Pass),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever a network does, and wherever the caller stops: the order holds, each call ends once, and the observed
    /// operation takes the same steps as one that is not observed.
    #[test]
    fn the_order_holds_whatever_happens(moves in moves(), watch in any::<bool>()) {
        let (session, journal) = observed(|_, settings| settings.call.total = Some(secs(300)));
        let plain = Session::new(
            &Config::new("https://k.test:6443").unwrap(),
            SessionOptions::new(session.settings().clone(), 42),
        ).unwrap();
        let steps = if watch {
            let run = |session| run(Script::new(pods().watch(WatchSettings::default()), session), &moves);
            [run(&session), run(&plain)]
        } else {
            let run = |session| run(Script::new(pods().get("a"), session), &moves);
            [run(&session), run(&plain)]
        };
        prop_assert_eq!(&steps[0], &steps[1]);
        prop_assert!(journal.all_over());
    }
}

fn run<O: kube_proto::driver::Operation>(mut script: Script<O>, moves: &[Move]) -> Vec<String> {
    let mut steps = Vec::new();
    let mut turn = |script: &mut Script<O>| {
        for _ in 0..8 {
            let step = script.turn();
            // Only an observed operation has an id.
            let line = crate::script::name(&step);
            steps.push(line.split(" (audit id").next().unwrap().to_owned());
            if matches!(step, Step::Wait(_) | Step::Done(_)) {
                break;
            }
        }
    };
    turn(&mut script);
    for one in moves {
        match one {
            Move::Head(code, wait) => {
                let headers: &[(&str, &str)] = if *wait { &[("retry-after", "1")] } else { &[] };
                script.arrived.push_back(head(*code, headers));
            }
            Move::Data => script.arrived.push_back(data(POD)),
            Move::End => script.arrived.push_back(Input::End),
            Move::Lost => script.arrived.push_back(lost()),
            Move::Pass(span) => _ = script.pass(Duration::from_millis(u64::from(*span) * 100)),
        }
        turn(&mut script);
    }
    steps
}
