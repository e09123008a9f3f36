//! Secrets go only where they must: printed tasks, effects and errors do not contain them.
//!
//! Every body, head, file and output of this module contains [`SECRET`].

use std::collections::VecDeque;
use std::fmt::Debug;

use k8s_openapi::api::core::v1::Secret;
use kube_proto::Api;
use kube_proto::Error;
use kube_proto::api::{ListParams, LogParams, WatchParams};
use kube_proto::driver::{Effect, Exchange, Input, Operation, Session, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Lazy, LocalSubjectAccessReview, Scope};
use kube_proto::watch::{Event, WatchEvent, WatchSettings};
use serde_json::json;

use crate::credentials::{POD, plugin, printed};
use crate::issuers::{NOW, id_token};
use crate::script::{Script, head, name, session, session_with};
use crate::service_accounts::over;
use crate::write_back;

const SECRET: &str = "s3cr3t";

/// Fails if this text contains a secret, as text or as the numbers of its bytes.
#[track_caller]
fn is_silent(shown: &str) {
    let numbers = SECRET.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",");
    let close: String = shown.split_whitespace().collect();
    assert!(!shown.contains(SECRET) && !close.contains(&numbers), "{shown}");
}

/// Runs an operation to its end. The answer to each effect comes in pieces of this many bytes. After every turn it
/// prints the task, which must not show a secret. Returns the items.
#[track_caller]
fn play<O: Operation + Debug>(
    operation: O,
    session: &Session,
    piece: usize,
    mut answer: impl FnMut(Effect) -> Vec<Input>,
) -> Vec<O::Item> {
    let mut script = Script::new(operation, session);
    let (mut coming, mut items) = (VecDeque::new(), Vec::new());
    loop {
        let step = script.turn();
        is_silent(&format!("{:?} {:#?} {session:?}", script.task, script.task));
        match step {
            Step::Do(effect) => {
                is_silent(&format!("{effect:?} {effect:#?}"));
                coming = answer(effect).into_iter().flat_map(|input| pieces(input, piece)).collect();
            }
            Step::Yield(item) => items.push(item),
            Step::Done(result) => {
                result.unwrap();
                return items;
            }
            Step::Wait(until) => match coming.pop_front() {
                Some(input) => {
                    is_silent(&format!("{input:?} {input:#?}"));
                    script.arrived.push_back(input);
                }
                None => script.now.mono = until.unwrap(),
            },
        }
    }
}

fn pieces(input: Input, size: usize) -> Vec<Input> {
    match input {
        Input::Data(data) => data.chunks(size).map(|part| Input::Data(part.to_vec().into())).collect(),
        other => vec![other],
    }
}

/// One piece, and several.
const SIZES: [usize; 3] = [usize::MAX, 400, 50];

/// A whole response, with a cookie.
fn response(code: u16, body: &str) -> Vec<Input> {
    let headers = [("content-type", "application/json"), ("set-cookie", "s3cr3t-cookie")];
    vec![head(code, &headers), Input::Data(body.to_owned().into()), Input::End]
}

fn secrets() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Secret", "secrets", Scope::Namespaced)).within("default")
}

fn secret(name: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "uid": name, "resourceVersion": "7"},
        "data": {"password": "s3cr3t-1", "more": format!("{}s3cr3t-2", "x".repeat(700))},
    })
}

/// The exchange in an effect.
#[track_caller]
fn exchange(effect: Effect) -> Exchange {
    match effect {
        Effect::Exchange(exchange) => *exchange,
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_secret_in_calls() {
    for size in SIZES {
        let object: DynamicObject = serde_json::from_value(secret("a")).unwrap();
        let created = play(secrets().create(&object, &Default::default()), &session(), size, |effect| {
            assert!(exchange(effect).request.body().windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
            response(201, &secret("a").to_string())
        });
        assert_eq!(created[0].data["data"]["password"], "s3cr3t-1");
        play(secrets().get("a"), &session(), size, |_| response(200, &secret("a").to_string()));
        play(secrets().get("a").single_flight(), &session(), size, |_| response(200, &secret("a").to_string()));
        let logs = play(pods().logs("a", &LogParams::default()), &session(), size, |_| response(200, "s3cr3t"));
        assert_eq!(logs.concat(), b"s3cr3t");
        // The first answer is a refusal.
        let no =
            [head(503, &[("retry-after", "1"), ("set-cookie", "s3cr3t")]), Input::Data("s3cr3t".into()), Input::End];
        let mut answers = VecDeque::from([no.into(), response(200, &secret("a").to_string())]);
        play(secrets().get("a"), &session(), size, |_| answers.pop_front().unwrap());
    }
}

fn pods() -> Api<DynamicObject> {
    crate::border::pods()
}

#[test]
fn no_secret_in_lists() {
    let list = json!({
        "kind": "SecretList", "apiVersion": "v1", "metadata": {"resourceVersion": "9"},
        "items": [secret("a"), secret("b"), secret("c")],
    });
    for size in SIZES {
        let items =
            play(secrets().pages(&ListParams::default()), &session(), size, |_| response(200, &list.to_string()));
        assert_eq!(items.len(), 3);
        let lists =
            play(secrets().list(&ListParams::default()), &session(), size, |_| response(200, &list.to_string()));
        assert_eq!(lists[0].items.len(), 3);
    }
}

/// A body that does not decode as a review.
fn strange() -> serde_json::Value {
    let mut strange = secret("s");
    strange["spec"] = 7.into();
    strange["metadata"]["annotations"] = json!({"a": "x".repeat(300), "b": "s3cr3t"});
    strange
}

#[test]
fn no_secret_in_watches() {
    for size in SIZES {
        let events = [("ADDED", strange()), ("MODIFIED", strange())];
        let events = events.map(|(kind, object)| json!({"type": kind, "object": object}).to_string() + "\n").concat();
        let reviews = Api::<LocalSubjectAccessReview>::all();
        let items = play(reviews.watch_once(&WatchParams::default()), &session(), size, |_| response(200, &events));
        for item in &items {
            let WatchEvent::Undecodable { object, .. } = item else { panic!("{item:?}") };
            assert!(object.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
            is_silent(&format!("{item:?} {item:#?}"));
        }
        assert_eq!(items.len(), 2);
    }
}

#[test]
fn no_secret_in_a_watch_that_recovers() {
    for size in SIZES {
        let reviews = Api::<LocalSubjectAccessReview>::all().watch(WatchSettings::default().streaming(false));
        let mut script = Script::new(reviews, &session());
        let list = json!({
            "kind": "LocalSubjectAccessReviewList", "apiVersion": "authorization.k8s.io/v1",
            "metadata": {"resourceVersion": "9"}, "items": [strange(), strange()],
        });
        let event = json!({"type": "MODIFIED", "object": strange()}).to_string() + "\n";
        let mut answers = VecDeque::from([response(200, &list.to_string()), response(200, &event)]);
        let (mut coming, mut strangers) = (VecDeque::new(), 0);
        while strangers < 3 {
            let step = script.turn();
            is_silent(&format!("{:?} {:#?}", script.task, script.task));
            match step {
                Step::Do(Effect::Exchange(_)) => {
                    let answer = answers.pop_front().unwrap();
                    coming = answer.into_iter().flat_map(|input| pieces(input, size)).collect();
                }
                Step::Wait(_) => script.arrived.push_back(coming.pop_front().unwrap()),
                Step::Yield(item) => {
                    is_silent(&format!("{item:?} {item:#?}"));
                    strangers += usize::from(matches!(item, Event::Undecodable(_)));
                }
                _ => panic!("{step:?}"),
            }
        }
    }
}

#[test]
fn no_secret_in_credentials() {
    for size in SIZES {
        // A plugin.
        let session = session_with(plugin, |_| {});
        play(secrets().get("a"), &session, size, |effect| match effect {
            Effect::Run(_) => vec![printed("s3cr3t", None)],
            effect => {
                let request = exchange(effect).request;
                assert_eq!(request.headers()["authorization"], "Bearer s3cr3t");
                assert!(request.headers()["authorization"].is_sensitive());
                response(200, &POD.replace("Pod", "Secret"))
            }
        });
        // An issuer: the kubeconfig is read, the two documents come, and the kubeconfig is written.
        let session = write_back::session(true);
        let mut effects = Vec::new();
        play(secrets().get("a"), &session, size, |effect| {
            effects.push(format!("{effect:?}").split(['(', ' ']).next().unwrap().to_owned());
            match effect {
                Effect::ReadFile { .. } => {
                    let content = write_back::file(&write_back::old_token(), "refresh-s3cr3t-1");
                    vec![Input::File(content.to_string().into())]
                }
                Effect::WriteFile(_) => vec![Input::Written],
                effect => match exchange(effect).request.uri().path() {
                    "/realms/a/.well-known/openid-configuration" => {
                        response(200, r#"{"token_endpoint":"https://token.test:8443/token","x":"s3cr3t"}"#)
                    }
                    "/token" => {
                        let token = id_token("b", NOW, NOW + 300);
                        let body = json!({"access_token": "s3cr3t-3", "id_token": token, "refresh_token": "s3cr3t-2"});
                        response(200, &body.to_string())
                    }
                    _ => response(200, &POD.replace("Pod", "Secret")),
                },
            }
        });
        assert_eq!(effects, ["ReadFile", "Exchange", "Exchange", "ReadFile", "WriteFile", "Exchange"]);
        // The API server, with another token for the request.
        let session = over(|config| *config = config.clone().with_token("base-s3cr3t"));
        play(secrets().get("a"), &session, size, |effect| match exchange(effect).request.uri().path() {
            "/api/v1/namespaces/ci/serviceaccounts/builder/token" => {
                let body = json!({
                    "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                    "spec": {"expirationSeconds": 900}, "status": {"token": "s3cr3t"},
                });
                response(201, &body.to_string())
            }
            _ => response(200, &POD.replace("Pod", "Secret")),
        });
    }
}

/// The error that an operation ends with, or else the error in one of its items.
fn fails<O: Operation>(operation: O, body: &str, found: impl Fn(O::Item) -> Option<Error>) -> Error {
    let mut script = Script::new(operation, &session());
    script.exchange();
    script.arrived.extend(response(200, body));
    loop {
        match script.turn() {
            Step::Done(Err(error)) => return error,
            Step::Yield(item) => {
                if let Some(error) = found(item) {
                    return error;
                }
            }
            step => panic!("{}: {body}", name(&step)),
        }
    }
}

/// A Secret with members of the wrong type. Errors name the object and hide the values.
#[test]
fn no_secret_in_errors() {
    let document = |data: &str| {
        format!(
            r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"a","namespace":"ns","uid":"1","resourceVersion":"7"}},"data":{data}}}"#
        )
    };
    let api = Api::<Secret>::namespaced("ns");
    for (data, says) in [
        (r#""s3cr3t""#, "data: invalid type: string, expected"),
        (r#"["s3cr3t","s3cr3t"]"#, "data: invalid type: sequence, expected"),
        (r#"{"password":{"s3cr3t":"s3cr3t"}}"#, "data[…]: invalid type: map, expected"),
        (r#"{"s3cr3t":53773774}"#, "data[…]: invalid type: integer, expected"),
        (r#"{"s3cr3t":"s3cr3t\"s3cr3t, at line 1 column 2"}"#, "data[…]: Invalid symbol"),
    ] {
        let object = document(data);
        let list = format!(
            r#"{{"kind":"SecretList","apiVersion":"v1","metadata":{{"resourceVersion":"9"}},"items":[{object}]}}"#
        );
        let event = format!("{{\"type\":\"ADDED\",\"object\":{object}}}\n");
        let lazy = Lazy::<Secret>::new(object.clone()).unwrap();
        for (n, error) in [
            fails(api.get("a"), &object, |_| None),
            fails(api.list(&ListParams::default()), &list, |_| None),
            fails(api.pages(&ListParams::default()), &list, |_| None),
            fails(api.watch_once(&WatchParams::default()), &event, |event| match event {
                WatchEvent::Undecodable { error, .. } => Some(error),
                _ => None,
            }),
            fails(api.watch(WatchSettings::default().streaming(false)), &list, |step| match step {
                Event::Undecodable(found) => Some(found.error),
                _ => None,
            }),
            lazy.parse().unwrap_err(),
        ]
        .into_iter()
        .enumerate()
        {
            let text = error.to_string();
            is_silent(&format!("{text} {error:?} {error:#?}"));
            assert!(!text.contains("53773774"), "{text}");
            // The object, the place in it, and the expected type.
            let all = ["Secret \"ns/a\"", " at line 1 column ", says];
            assert!(all.iter().all(|part| text.contains(part)), "{n} {says}: {text}");
        }
    }
}

/// Documents that end in the middle, or are not JSON.
#[test]
fn no_secret_in_errors_of_broken_documents() {
    let secret = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","uid":"1"},"data":{"a":"s3cr3t""#;
    let first = r#"{"data":{"a":"s3cr3t"},"metadata":{"name":"a""#;
    let api = secrets();
    for object in [secret, first] {
        for end in ["", ",}}", "}}x", "\"}}"] {
            let object = format!("{object}{end}");
            let list = format!(r#"{{"items":[{object}"#);
            let event = format!("{{\"type\":\"ADDED\",\"object\":{object}");
            let other = format!("{{\"type\":\"OTHER\",\"object\":{secret}}}}}}}\n");
            for error in [
                fails(api.get("a"), &object, |_| None),
                fails(api.list(&ListParams::default()), &list, |_| None),
                fails(api.pages(&ListParams::default()), &list, |_| None),
                fails(api.list(&ListParams::default()), &format!("{secret}}}}}"), |_| None),
                fails(api.watch_once(&WatchParams::default()), &event, |_| None),
                fails(api.watch_once(&WatchParams::default()), &format!("{event}\n"), |_| None),
                fails(api.watch_once(&WatchParams::default()), &other, |_| None),
            ] {
                is_silent(&format!("{error} {error:?}"));
            }
        }
    }
    // A body that is no API object is shown: it shows which server answered.
    for body in ["<html>Please log in</html>", "Please log in\n"] {
        let text = fails(Api::<Secret>::namespaced("ns").get("a"), body, |_| None).to_string();
        assert!(text.contains("Please log in"), "{text}");
    }
    for body in ["<html>Please log in</html>", "Please log in\n", r#"{"error":"Please log in"}"#] {
        let text = fails(api.pages(&ListParams::default()), body, |_| None).to_string();
        assert!(text.contains("Please log in"), "{text}");
    }
}
