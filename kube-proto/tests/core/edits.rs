//! Read-modify-write, and creates whose outcome is unknown.

use std::time::Duration;

use kube_proto::Api;
use kube_proto::api::{Change, CreateOrFind, Ensured, WriteParams};
use kube_proto::driver::{Fault, FaultKind, Input, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::{ConflictPolicy, RetryPolicy};

use crate::script::{Script, answer, secs, session, session_with, status};

fn maps() -> Api<DynamicObject> {
    Api::dynamic(resource()).within("shop")
}

fn resource() -> ApiResource {
    ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)
}

fn map(version: u32, count: u32) -> String {
    format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"a","resourceVersion":"{version}"}},"data":{{"count":"{count}"}}}}"#
    )
}

fn conflict() -> String {
    status(409, "Conflict", "the object has been modified")
}

fn lost() -> Input {
    Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, "the connection was lost")))
}

fn count_up(map: &mut DynamicObject) -> Change {
    let count = map.data["data"]["count"].as_str().unwrap().parse::<u32>().unwrap();
    map.data["data"]["count"] = (count + 1).to_string().into();
    Change::Write
}

#[test]
fn an_edit_begins_again_after_a_conflict() {
    let session = session();
    let mut script = Script::new(maps().edit("a", &WriteParams::default(), count_up), &session);
    for version in 1..=3 {
        let read = script.exchange().request;
        assert_eq!((read.method().as_str(), read.uri().path()), ("GET", "/api/v1/namespaces/shop/configmaps/a"));
        script.arrived.extend(answer(200, &map(version, version * 10)));
        let write = script.exchange().request;
        assert_eq!(write.method(), "PUT");
        let body = String::from_utf8(write.body().to_vec()).unwrap();
        // What was read last, with its version.
        assert!(body.contains(&format!(r#""resourceVersion":"{version}""#)), "{body}");
        assert!(body.contains(&format!(r#""count":"{}""#, version * 10 + 1)), "{body}");
        if version < 3 {
            script.arrived.extend(answer(409, &conflict()));
            let wait = script.waits().unwrap();
            let base = Duration::from_millis(if version == 1 { 10 } else { 20 });
            assert!(wait >= base && wait < base * 3 / 2, "{wait:?}");
            script.pass(wait);
        }
    }
    script.arrived.extend(answer(200, &map(4, 31)));
    assert_eq!(script.item().data["data"]["count"], "31");
    assert_eq!(script.task.operation().tries(), 3);
}

#[test]
fn conflicts_have_an_end() {
    for (policy, writes) in [(None, 5), (Some(ConflictPolicy { tries: 2, backoff: secs(1) }), 2)] {
        let session = session();
        let edit = maps().edit("a", &WriteParams::default(), count_up);
        let edit = match policy {
            Some(policy) => edit.conflicts(policy),
            None => edit,
        };
        let mut script = Script::new(edit, &session);
        for n in 1..=writes {
            script.exchange();
            script.arrived.extend(answer(200, &map(n, 0)));
            script.exchange();
            script.arrived.extend(answer(409, &conflict()));
            if n < writes {
                let wait = script.waits().unwrap();
                script.pass(wait);
            }
        }
        assert!(script.error().is_conflict());
    }
}

#[test]
fn an_edit_with_nothing_to_do_writes_nothing() {
    let session = session();
    let mut script = Script::new(maps().edit("a", &WriteParams::default(), |_| Change::Nothing), &session);
    script.exchange();
    script.arrived.extend(answer(200, &map(1, 7)));
    assert_eq!(script.item().data["data"]["count"], "7");
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

/// The function might count: a write that may have happened is the caller's to judge.
#[test]
fn an_edit_whose_outcome_is_unknown_is_not_repeated() {
    let session = session();
    let mut script = Script::new(maps().edit("a", &WriteParams::default(), count_up), &session);
    script.exchange();
    script.arrived.extend(answer(200, &map(1, 7)));
    script.exchange();
    script.arrived.push_back(lost());
    assert!(script.error().outcome_unknown());
    let mut script = Script::new(maps().edit("a", &WriteParams::default(), count_up), &session);
    script.exchange();
    script.arrived.extend(answer(404, &status(404, "NotFound", "gone")));
    assert!(script.error().is_not_found());
}

fn named() -> CreateOrFind<DynamicObject> {
    maps().create_or_find(&DynamicObject::new(&resource(), "a"), &WriteParams::default())
}

fn generated() -> CreateOrFind<DynamicObject> {
    let mut object = DynamicObject::new(&resource(), "");
    object.metadata.generate_name = Some("a-".into());
    maps().create_or_find(&object, &WriteParams::default())
}

/// The requests of a play: what each exchange is answered with, and what it was.
fn play(
    create: CreateOrFind<DynamicObject>,
    answers: &[&str],
) -> (Vec<String>, Result<Ensured<DynamicObject>, String>) {
    let session = session();
    let (mut script, mut asked, mut answers) = (Script::new(create, &session), Vec::new(), answers.iter());
    loop {
        match script.turn() {
            Step::Do(kube_proto::driver::Effect::Exchange(exchange)) => {
                let uri = exchange.request.uri();
                let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                asked.push(format!("{} {}{query}", exchange.request.method(), uri.path().rsplit('/').next().unwrap()));
                match *answers.next().unwrap() {
                    "lost" => script.arrived.push_back(lost()),
                    "created" => script.arrived.extend(answer(201, &map(1, 0))),
                    "it" => script.arrived.extend(answer(200, &map(1, 0))),
                    "exists" => script.arrived.extend(answer(409, &status(409, "AlreadyExists", "exists"))),
                    "missing" => script.arrived.extend(answer(404, &status(404, "NotFound", "missing"))),
                    "invalid" => script.arrived.extend(answer(422, &status(422, "Invalid", "invalid"))),
                    "none" => script.arrived.extend(answer(200, r#"{"metadata":{"resourceVersion":"1"},"items":[]}"#)),
                    "one" => script.arrived.extend(answer(
                        200,
                        &format!(r#"{{"metadata":{{"resourceVersion":"1"}},"items":[{}]}}"#, map(1, 0)),
                    )),
                    other => panic!("{other}"),
                }
            }
            Step::Wait(Some(until)) => _ = script.pass(until.since(script.now.mono)),
            Step::Yield(ensured) => return (asked, Ok(ensured)),
            Step::Done(result) => return (asked, Err(result.unwrap_err().to_string())),
            other => panic!("{}", crate::script::name(&other)),
        }
    }
}

#[test]
fn a_create_that_may_have_happened_is_looked_for_by_its_name() {
    let (asked, result) = play(named(), &["created"]);
    assert!(matches!(result, Ok(Ensured::Created(_))));
    assert_eq!(asked, ["POST configmaps"]);
    let (asked, result) = play(named(), &["lost", "it"]);
    assert!(matches!(result, Ok(Ensured::Found(_))));
    assert_eq!(asked, ["POST configmaps", "GET a"]);
    // It did not happen: the create is sent again; and arrives late after all.
    let (asked, result) = play(named(), &["lost", "missing", "exists", "it"]);
    assert!(matches!(result, Ok(Ensured::Found(_))));
    assert_eq!(asked, ["POST configmaps", "GET a", "POST configmaps", "GET a"]);
    // The look fails, too; a lost read is repeated by its own policy.
    let (asked, result) = play(named(), &["lost", "lost", "lost", "lost", "lost", "it"]);
    assert!(matches!(result, Ok(Ensured::Found(_))));
    assert_eq!(asked.len(), 6, "{asked:?}");
}

#[test]
fn an_object_that_existed_is_found() {
    let (_, result) = play(named(), &["exists", "it"]);
    assert!(matches!(result, Ok(Ensured::Found(_))));
    // Deleted between the two.
    let (_, result) = play(named(), &["exists", "missing", "created"]);
    assert!(matches!(result, Ok(Ensured::Created(_))));
    let (asked, result) = play(named(), &["invalid"]);
    assert!(result.unwrap_err().contains("invalid"));
    assert_eq!(asked, ["POST configmaps"]);
}

/// With a name of the server's, a second create could make a second object.
#[test]
fn a_generated_name_is_looked_for_by_its_label_and_not_created_again() {
    let known = || generated().known_by("request=1");
    let list = "GET configmaps?labelSelector=request%3D1";
    let (asked, result) = play(known(), &["lost", "none", "none", "one"]);
    assert!(matches!(result, Ok(Ensured::Found(_))));
    assert_eq!(asked, ["POST configmaps", list, list, list]);
    let (asked, result) = play(known(), &["lost", "none", "none", "none", "none", "none"]);
    assert!(result.unwrap_err().contains("the connection was lost"));
    assert_eq!(asked.len(), 6);
    let (asked, result) = play(generated(), &["lost"]);
    assert!(result.unwrap_err().contains("the connection was lost"), "nothing to look for");
    assert_eq!(asked, ["POST configmaps"]);
}

/// The errors of a create that keeps failing end it, with the one whose outcome is unknown.
#[test]
fn looks_have_an_end() {
    let answers: Vec<&str> = std::iter::once("lost").chain(["missing", "lost"].into_iter().cycle().take(10)).collect();
    let (asked, result) = play(named(), &answers);
    assert!(result.unwrap_err().contains("the connection was lost"));
    assert_eq!(asked.iter().filter(|line| line.starts_with("GET")).count(), 5);
}

/// Per call, beside the session's.
#[test]
fn a_call_has_a_policy_of_its_own() {
    let session = session_with(|_| {}, |_| {});
    let mut script = Script::new(maps().get("a").retry(RetryPolicy::NEVER), &session);
    script.exchange();
    script.arrived.push_back(lost());
    script.error();
}
