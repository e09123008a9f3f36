//! Recordings: what is in them, and that a replay takes the same steps.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kube_proto::Api;
use kube_proto::api::{ListParams, WriteParams};
use kube_proto::config::{Config, CredentialConfig};
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Operation, ProcessOutput, Session, SessionOptions, Step};
use kube_proto::flight::{self, Flight, LIMIT, Recording, SessionFlight, SessionRecorder};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::{ContentType, RetryPolicy, Settings};
use kube_proto::watch::WatchSettings;
use kube_test_sim::{Departure, Replayed, replay, replay_session};

use crate::border::pods;
use crate::script::{Script, answer, data, head, secs, status};

const CANARY: &str = "c4n4ry";

fn secrets() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Secret", "secrets", Scope::Namespaced)).within("shop")
}

fn config() -> Config {
    Config::new("https://k.test:6443").unwrap().with_token(CANARY)
}

fn session() -> Session {
    let session = Session::new(&config(), SessionOptions::new(Settings::default(), 4711)).unwrap();
    // Other operations came before.
    let _ = (session.random(), session.random());
    session
}

fn lost() -> Input {
    Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, CANARY)))
}

/// Carries a recorded operation out. Each exchange gets the next answers, some milliseconds later.
fn fly<O: Operation>(operation: O, answers: Vec<Vec<Input>>) -> String {
    let (operation, recording) = flight::record(operation, LIMIT);
    let mut script = Script::new(operation, &session());
    let mut answers = answers.into_iter();
    for _ in 0..1000 {
        match script.turn() {
            Step::Do(Effect::Exchange(_)) => match answers.next() {
                Some(answer) => {
                    script.waits();
                    script.pass(Duration::from_millis(7));
                    script.arrived.extend(answer);
                }
                None => break,
            },
            Step::Do(_) | Step::Yield(_) => {}
            Step::Wait(until) => _ = script.pass(until.unwrap().since(script.now.mono)),
            Step::Done(_) => break,
        }
    }
    recording.file()
}

fn secret(version: u32) -> String {
    let data = "YzRuNHJ5";
    format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"db","uid":"u-1","resourceVersion":"{version}","annotations":{{"note":"{CANARY}"}}}},"data":{{"{{name}}":"{data}","name":"{data}"}},"stringData":{{"name":"{CANARY}"}}}}"#
    )
}

fn event(kind: &str, version: u32) -> Input {
    data(&format!("{{\"type\":\"{kind}\",\"object\":{}}}\n", secret(version)))
}

fn list(version: u32) -> String {
    format!(r#"{{"kind":"SecretList","metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#, secret(version))
}

/// A name, the operation, and what follows each of its exchanges.
type Play = (&'static str, Box<dyn Fn() -> Box<dyn Operation<Item = ()>>>, Vec<Vec<Input>>);

/// Three faults, each with its operation and what arrives.
fn flights() -> Vec<Play> {
    let watch = || {
        Box::new(Silent(secrets().watch(WatchSettings::default().streaming(false)))) as Box<dyn Operation<Item = ()>>
    };
    let get = || Box::new(Silent(secrets().get("db"))) as Box<dyn Operation<Item = ()>>;
    let json = ("content-type", "application/json");
    vec![
        (
            "a server that is not ready, and a lost connection",
            Box::new(get),
            vec![
                vec![
                    head(503, &[json, ("retry-after", "2")]),
                    data(&status(503, "ServiceUnavailable", CANARY)),
                    Input::End,
                ],
                vec![lost()],
                vec![head(200, &[json]), data(&secret(5)), Input::End],
            ],
        ),
        (
            "a watch whose version expires",
            Box::new(watch),
            vec![
                vec![head(200, &[json]), data(&list(5)), Input::End],
                vec![head(200, &[json]), event("MODIFIED", 6), event("DELETED", 7), lost()],
                vec![head(410, &[json]), data(&status(410, "Expired", CANARY)), Input::End],
                vec![head(200, &[json]), data(&list(9)), Input::End],
            ],
        ),
        (
            "a refusal",
            Box::new(get),
            vec![vec![head(403, &[json]), data(&status(403, "Forbidden", CANARY)), Input::End]],
        ),
    ]
}

/// An operation without its items.
struct Silent<O>(O);

impl<O: Operation> Operation for Silent<O> {
    type Item = ();

    fn resume(&mut self, input: Option<Input>, cx: &mut kube_proto::driver::Cx<'_>) -> Step<()> {
        self.0.resume(input, cx).map(drop)
    }
}

#[test]
fn a_replay_takes_the_same_steps_and_a_file_has_no_secret() {
    for (name, operation, answers) in flights() {
        let file = fly(operation(), answers);
        for canary in [CANARY, "YzRuNHJ5"] {
            assert!(!file.contains(canary), "{name}: {file}");
        }
        let any = Config::new("https://k.test:6443").unwrap().with_token("any");
        let turns = replay(&file, operation(), &any, Settings::default())
            .unwrap_or_else(|error| panic!("{name}: {error}\n{file}"));
        assert!(turns >= 4, "{name}: {file}");
        // A library, or a setting, that decides in another way.
        let mut other = Settings::default();
        other.retry = RetryPolicy { asked: 0, lost: 0, ..RetryPolicy::default() };
        other.call.head = secs(5);
        let Err(Departure::Step { turn, recorded, replayed, .. }) = replay(&file, operation(), &any, other) else {
            panic!("{name}")
        };
        assert!(turn > 1 && recorded != replayed, "{name}: {recorded}, {replayed}");
        // Another operation.
        let Err(Departure::Step { turn: 1, .. }) = replay(&file, pods().get("a"), &any, Settings::default()) else {
            panic!()
        };
    }
}

/// What is written, read and printed on the way to a credential, and what is sent.
#[test]
fn the_way_of_secrets_is_masked() {
    let credential = |credential| {
        let mut config = Config::new("https://k.test:6443").unwrap();
        config.credential = credential;
        Session::new(&config, SessionOptions::new(Settings::default(), 1)).unwrap()
    };
    let file = CredentialConfig::TokenFile { path: "/run/token".into(), fallback: None };
    let mut object = DynamicObject::new(&ApiResource::new("v1", "Secret", "secrets", Scope::Namespaced), "db");
    object = object.with("data", serde_json::json!({"a": CANARY}));
    let create = secrets().create(&object, &WriteParams::default());
    let (operation, recording) = flight::record(create, LIMIT);
    let mut script = Script::new(operation, &credential(file));
    assert!(matches!(script.turn(), Step::Do(Effect::ReadFile { .. })));
    script.arrived.push_back(Input::File(CANARY.into()));
    script.exchange();
    script.arrived.extend([
        head(201, &[("set-cookie", CANARY), ("content-type", "text/plain")]),
        data(CANARY),
        Input::End,
    ]);
    script.error();
    let mut params = kube_proto::api::WatchParams::default();
    params.label_selector = Some(format!("a={CANARY}"));
    let (operation, watch) = flight::record(pods().watch_once(&params), LIMIT);
    let mut script = Script::new(operation, &session());
    script.exchange();
    script.arrived.extend([head(200, &[("content-type", "application/vnd.kubernetes.protobuf")]), data(CANARY)]);
    while !matches!(script.turn(), Step::Wait(_) | Step::Done(_)) {}
    let plugin = Input::Output(Box::new(ProcessOutput {
        status: 0,
        stdout: format!(r#"{{"kind":"ExecCredential","status":{{"token":"{CANARY}"}}}}"#).into(),
        stderr: CANARY.into(),
    }));
    let plugin = recorded_alone(plugin);
    for file in [recording.file(), watch.file(), plugin] {
        assert!(!file.contains(CANARY) && !file.is_empty(), "{file}");
        Flight::parse(&file).unwrap();
    }
    assert!(watch.file().contains("opaque 6"), "{}", watch.file());
    let any = config();
    let Err(Departure::Opaque { turn }) = replay(&watch.file(), pods().watch_once(&params), &any, Settings::default())
    else {
        panic!("a body that is not in the file")
    };
    assert!(turn > 1);
}

/// An operation that takes anything.
fn recorded_alone(input: Input) -> String {
    struct Takes;
    impl Operation for Takes {
        type Item = ();
        fn resume(&mut self, _: Option<Input>, _: &mut kube_proto::driver::Cx<'_>) -> Step<()> {
            Step::Wait(None)
        }
    }
    let (mut operation, recording) = flight::record(Takes, LIMIT);
    let session = session();
    let mut cx = kube_proto::driver::Cx {
        session: &session,
        now: kube_proto::driver::Now::default(),
        waker: std::task::Waker::noop(),
    };
    let _ = operation.resume(Some(input), &mut cx);
    recording.file()
}

#[test]
fn a_recording_has_a_limit() {
    let (operation, recording) = flight::record(secrets().watch(WatchSettings::default().streaming(false)), 2000);
    let mut script = Script::new(operation, &session());
    script.exchange();
    let json = ("content-type", "application/json");
    script.arrived.extend([head(200, &[json]), data(&list(5)), Input::End]);
    while !matches!(script.turn(), Step::Do(_)) {}
    script.arrived.push_back(head(200, &[json]));
    for version in 6..100 {
        script.arrived.push_back(event("MODIFIED", version));
        while !matches!(script.turn(), Step::Wait(_)) {}
        assert!(recording.file().len() < 2300);
    }
    let flight = Flight::parse(&recording.file()).unwrap();
    assert!(flight.dropped > 100 && !flight.turns.is_empty());
    let error = replay(&recording.file(), pods().get("a"), &config(), Settings::default()).unwrap_err();
    assert!(matches!(error, Departure::Dropped(_)), "{error}");
}

#[test]
fn a_failure_writes_its_file() {
    let written = Arc::<Mutex<Vec<String>>>::default();
    let into = Arc::clone(&written);
    let (operation, recording): (_, Recording) = flight::record(pods().get("a"), LIMIT);
    let operation = operation.when_failed(move |error, file| {
        assert!(error.is_not_found());
        into.lock().unwrap().push(file.to_owned());
    });
    let mut script = Script::new(operation, &session());
    script.exchange();
    script.arrived.extend(answer(404, &status(404, "NotFound", "gone")));
    script.error();
    script.error();
    let written = written.lock().unwrap();
    assert_eq!(*written, [recording.file()]);
    assert!(written[0].ends_with("< failed 404\n"), "{}", written[0]);
}

/// A recorder asks for JSON without compression, so that what arrives can be masked and replayed.
#[test]
fn a_recorder_asks_for_what_it_can_mask() {
    let api = Api::<k8s_openapi::api::core::v1::Pod>::namespaced("shop");
    let list = || api.list(&ListParams::default());
    let header = |request: &http::Request<bytes::Bytes>, name| {
        request.headers().get(name).map_or("", |value: &http::HeaderValue| value.to_str().unwrap()).to_owned()
    };
    let mut settings = Settings::default();
    (settings.compression, settings.content_type) = (true, ContentType::Protobuf);
    let session = || Session::new(&config(), SessionOptions::new(settings.clone(), 4711)).unwrap();
    let plain = Script::new(list(), &session()).exchange().request;
    assert!(header(&plain, "accept").contains("protobuf") && header(&plain, "accept-encoding").contains("gzip"));

    let (operation, recording) = flight::record(list(), LIMIT);
    let mut script = Script::new(operation, &session());
    let recorded = script.exchange().request;
    let accept = header(&recorded, "accept");
    assert!(accept.starts_with("application/json") && !accept.contains("protobuf"), "{accept}");
    assert_eq!(header(&recorded, "accept-encoding"), "identity");
    let body = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"5"}},"items":[{{"metadata":{{"name":"a","labels":{{"l":"{CANARY}"}}}}}}]}}"#
    );
    script.arrived.extend([head(200, &[("content-type", "application/json")]), data(&body), Input::End]);
    while !matches!(script.turn(), Step::Done(_)) {}
    let file = recording.file();
    assert!(!file.contains(CANARY) && !file.contains("opaque"), "{file}");
    replay(&file, list(), &config(), settings).unwrap();
}

/// Three operations of one session: they share a plugin's credential and a rate that a 429 lowers, and draw their random numbers in
/// one order. The replay takes the same turns.
#[test]
fn a_session_is_recorded_with_all_of_its_operations() {
    let mut config = Config::new("https://k.test:6443").unwrap();
    crate::credentials::plugin(&mut config);
    let session = Session::new(&config, SessionOptions::new(Settings::default(), 4711)).unwrap();
    let recorder = SessionRecorder::new(LIMIT);
    let mut scripts: Vec<_> =
        ["a", "b", "c"].map(|name| Script::new(recorder.record(pods().get(name)), &session)).into_iter().collect();
    let busy = || vec![head(429, &[("retry-after", "1"), ("content-type", "text/plain")]), Input::End];
    let found = || answer(200, r#"{"kind":"Pod","metadata":{"name":"a"}}"#);
    // The first one runs the plugin, the others wait for it.
    assert!(matches!(scripts[0].turn(), Step::Do(Effect::Run(_))));
    assert!(matches!(scripts[1].turn(), Step::Wait(_)) && matches!(scripts[2].turn(), Step::Wait(_)));
    scripts[0].arrived.push_back(crate::credentials::printed(CANARY, None));
    for (script, refused) in scripts.iter_mut().zip([true, false, true]) {
        script.pass(Duration::from_millis(7)).exchange();
        script.arrived.extend(if refused { busy() } else { found().into() });
        while !matches!(script.turn(), Step::Wait(_) | Step::Done(_)) {}
    }
    for place in [2, 0] {
        let script = &mut scripts[place];
        for _ in 0..100 {
            match script.turn() {
                Step::Do(_) => script.arrived.extend(found()),
                Step::Wait(until) => _ = script.pass(until.unwrap().since(script.now.mono)),
                Step::Yield(_) => {}
                Step::Done(result) => {
                    result.unwrap();
                    break;
                }
            }
        }
    }
    let file = recorder.file();
    assert!(!file.contains(CANARY) && file.starts_with("kube-flight-session 1\n"), "{file}");
    let flight = SessionFlight::parse(&file).unwrap();
    assert_eq!(flight.operations.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2, 3]);
    let get = |id: u64, _: &str| Replayed::new(pods().get(["a", "b", "c"][usize::try_from(id).unwrap() - 1]));
    let turns =
        replay_session(&file, get, &config, Settings::default()).unwrap_or_else(|error| panic!("{error}\n{file}"));
    assert_eq!(turns, flight.ids.len());
    // A version that does not obey the 429 departs from it.
    let mut other = Settings::default();
    other.retry = RetryPolicy::NEVER;
    let error = replay_session(&file, get, &config, other).unwrap_err();
    assert!(matches!(&error, Departure::Step { replayed, .. } if replayed == "failed 429"), "{error}");
    for bad in
        ["", "kube-flight 1\n", "kube-flight-session 1\n> 1 2 none\n< wait\n", "kube-flight-session 1\n> #x 1 2 none\n"]
    {
        assert!(SessionFlight::parse(bad).is_err(), "{bad}");
    }
}
