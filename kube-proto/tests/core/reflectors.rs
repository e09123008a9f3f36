//! A store behind a watch.

use kube_proto::Api;
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Lazy, LocalSubjectAccessReview, Object, Scope};
use kube_proto::store::{Reflector, StoreEvent};
use kube_proto::watch::{OnRefusal, WatchSettings};

use crate::script::{Script, answer, data, head, name, session, status};

type Reviews = Reflector<LocalSubjectAccessReview>;

fn reviews() -> Script<Reviews> {
    let api = Api::<LocalSubjectAccessReview>::all();
    Script::new(api.reflect(WatchSettings::default().streaming(false), []), &session())
}

/// An object that decodes if `ok`.
fn object(name: &str, uid: &str, version: u32, ok: bool) -> String {
    let spec = if ok { "{}" } else { "7" };
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"n","uid":"{uid}","resourceVersion":"{version}"}},"spec":{spec}}}"#
    )
}

fn event(kind: &str, object: &str) -> Input {
    data(&format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n"))
}

fn list(objects: &[String], version: u32) -> String {
    format!(r#"{{"metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#, objects.join(","))
}

fn notices<K: Object>(script: &mut Script<Reflector<K>>) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match script.turn() {
            Step::Yield(StoreEvent::Undecodable(what)) => {
                all.push(format!("undecodable {}", what.name.unwrap_or_default()));
            }
            Step::Yield(StoreEvent::Trouble(trouble)) => all.push(format!("trouble {:?}", trouble.ending)),
            Step::Yield(notice) => all.push(format!("{notice:?}")),
            Step::Wait(Some(until)) if !script.task.in_flight() => {
                script.now = script.now.after(until - script.now.mono);
            }
            Step::Wait(_) => return all,
            Step::Do(_) => {}
            other => panic!("{}", name(&other)),
        }
    }
}

#[test]
fn an_aborted_list_leaves_no_ghost() {
    let mut script = reviews();
    let store = script.task.operation().store();
    notices(&mut script);
    let ghost = list(&[object("ghost", "u", 1, true)], 5);
    script.arrived.extend([head(200, &[]), data(&ghost[..ghost.len() - 2])]);
    script.arrived.push_back(Input::Failed(Box::new(Fault::answered(FaultKind::Closed, "reset"))));
    assert_eq!(notices(&mut script), ["trouble Broken"]);
    assert!(!store.is_synced() && store.snapshot().is_empty());
    script.arrived.extend(answer(200, &list(&[object("a", "u", 4, true)], 9)));
    assert_eq!(notices(&mut script), ["added n/a 4 (Initial)", "synced 9"]);
    assert!(store.is_synced() && store.get("n", "ghost").is_none());
    assert_eq!(store.snapshot().version(), Some("9"));
}

#[test]
fn a_missed_deletion_is_found_by_the_next_list() {
    let mut script = reviews();
    let store = script.task.operation().store();
    notices(&mut script);
    script.arrived.extend(answer(200, &list(&[object("a", "u", 4, true), object("b", "v", 5, true)], 9)));
    notices(&mut script);
    let before = store.get("n", "b").unwrap();
    script.arrived.extend([head(410, &[]), Input::End]);
    assert_eq!(notices(&mut script), ["trouble Expired"]);
    script.arrived.extend(answer(200, &list(&[object("b", "v", 5, true), object("c", "w", 12, true)], 20)));
    assert_eq!(notices(&mut script), ["deleted n/a after 4 (CatchUp)", "added n/c 12 (CatchUp)", "synced 20"]);
    assert!(std::sync::Arc::ptr_eq(&before, &store.get("n", "b").unwrap()), "an unchanged object is kept once");
}

#[test]
fn what_does_not_decode_is_neither_lost_nor_a_ghost() {
    let mut script = reviews();
    let store = script.task.operation().store();
    notices(&mut script);
    script.arrived.extend(answer(200, &list(&[object("a", "u", 4, true), object("s", "x", 5, false)], 9)));
    assert_eq!(notices(&mut script), ["undecodable s", "added n/a 4 (Initial)", "synced 9"]);
    script.arrived.extend([head(200, &[]), event("MODIFIED", &object("a", "u", 11, false))]);
    assert_eq!(notices(&mut script), ["undecodable a"]);
    assert_eq!(store.get("n", "a").unwrap().meta().resource_version, Some("4"), "the last that is known");
    assert_eq!(store.snapshot().version(), Some("11"));
    // In the next list it is still there. Once another object has its name, it is not.
    let again = list(&[object("a", "u", 12, false)], 20);
    script.arrived.push_back(data("{\"type\":\"ERROR\",\"object\":{\"code\":410,\"reason\":\"Expired\"}}\n"));
    assert_eq!(notices(&mut script), ["trouble Expired"]);
    script.arrived.extend(answer(200, &again));
    assert_eq!(notices(&mut script), ["undecodable a", "synced 20"]);
    assert!(store.get("n", "a").is_some());
    script.arrived.extend([head(200, &[]), event("ADDED", &object("a", "other", 21, false))]);
    assert_eq!(notices(&mut script), ["deleted n/a after 4 (Event)", "undecodable a"]);
    script.arrived.push_back(event("MODIFIED", &object("a", "other", 22, true)));
    assert_eq!(notices(&mut script), ["added n/a 22 (Event)"]);
    script.arrived.push_back(event("DELETED", &object("a", "other", 23, false)));
    assert_eq!(notices(&mut script), ["deleted n/a after 22 (Event)", "undecodable a"]);
}

#[test]
fn the_end_of_the_reflector_is_the_end_of_its_store() {
    let mut script = reviews();
    let store = script.task.operation().store();
    let mut subscriber = store.subscribe(10);
    notices(&mut script);
    script.arrived.extend(answer(200, &list(&[object("a", "u", 4, true)], 9)));
    notices(&mut script);
    drop(script);
    assert!(store.is_closed());
    assert!(subscriber.try_next().is_some(), "the events before the end are delivered");
    assert!(store.get("n", "a").is_some());
}

#[test]
fn objects_that_stay_bytes_pin_no_chunk_and_may_be_trimmed() {
    use kube_proto::api::Trim;
    let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
    let settings = WatchSettings::default().streaming(false).trim(Trim::managed_fields());
    let mut script = Script::new(Api::<Lazy<DynamicObject>>::of(pods).reflect(settings, []), &session());
    let store = script.task.operation().store();
    notices(&mut script);
    let item = r#"{"metadata":{"name":"a","namespace":"n","managedFields":[{"manager":"m"}],"uid":"u"},"spec":{}}"#;
    script.arrived.extend(answer(200, &list(&[item.to_owned()], 9)));
    notices(&mut script);
    let pod = store.get("n", "a").unwrap();
    assert_eq!(
        pod.text(),
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"n","uid":"u"},"spec":{}}"#
    );
    assert_eq!(pod.parse().unwrap().kind, "Pod");
}

/// A reflector skips `managedFields` and asks for objects without them, unless the settings say otherwise.
#[test]
fn managed_fields_are_left_out_of_a_store() {
    let item = r#"{"metadata":{"name":"a","namespace":"n","annotations":{"k":"v"},"managedFields":[{"manager":"m"}]},"spec":{"managedFields":1}}"#;
    let settings = || WatchSettings::default().streaming(false);
    for (settings, accept, kept) in [
        (settings(), "application/json;drop=metadata.managedFields", false),
        (settings().whole_objects(), "application/json", true),
    ] {
        let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
        let mut script = Script::new(Api::<DynamicObject>::of(pods).reflect(settings, []), &session());
        let store = script.task.operation().store();
        assert_eq!(script.exchange().request.headers()["accept"], accept);
        script.arrived.extend(answer(200, &list(&[item.to_owned()], 9)));
        while store.get("n", "a").is_none() {
            script.turn();
        }
        let pod = store.get("n", "a").unwrap();
        assert_eq!(pod.metadata.managed_fields.is_empty(), !kept);
        assert_eq!((&*pod.metadata.annotations["k"], &pod.data["spec"]["managedFields"]), ("v", &1.into()));
        // The watch that follows the list asks in the same way.
        let watch = loop {
            if let Step::Do(Effect::Exchange(exchange)) = script.turn() {
                break exchange;
            }
        };
        assert_eq!(watch.request.headers()["accept"], accept);
    }
}

/// Pages without consistency may have an object twice: the newer one counts, in any order.
#[test]
fn an_older_duplicate_in_a_list_is_left_out() {
    for versions in [[4, 9, 7], [9, 4, 7], [4, 7, 9]] {
        let mut script = reviews();
        let store = script.task.operation().store();
        notices(&mut script);
        let all = versions.map(|version| object("a", "u", version, true));
        script.arrived.extend(answer(200, &list(&all, 20)));
        assert_eq!(notices(&mut script), ["added n/a 9 (Initial)", "synced 20"], "{versions:?}");
        assert_eq!(store.get("n", "a").unwrap().meta().resource_version, Some("9"));
    }
}

/// The end wakes all readers at once: they would look again only much later, or never.
#[test]
fn readers_are_woken_by_the_end_of_the_reflector() {
    let refusal = || answer(403, &status(403, "Forbidden", "no"));
    for dropped in [true, false] {
        let settings = WatchSettings::default().streaming(false).refused(OnRefusal::End);
        let mut script = Script::new(Api::<LocalSubjectAccessReview>::all().reflect(settings, []), &session());
        let store = script.task.operation().store();
        script.exchange();
        let mut subscriber = Script::new(store.subscribe(10), &session());
        let mut synced = Script::new(store.wait_synced(), &session());
        assert!(matches!(subscriber.turn(), Step::Wait(None)));
        assert!(matches!(synced.turn(), Step::Wait(None)));
        assert_eq!((subscriber.woken(), synced.woken()), (0, 0));
        if dropped {
            drop(script);
        } else {
            script.arrived.extend(refusal());
            while !matches!(script.turn(), Step::Done(Err(_))) {}
        }
        assert_eq!((subscriber.woken(), synced.woken()), (1, 1), "{dropped}");
        assert!(matches!(subscriber.turn(), Step::Done(result) if result.is_ok() == dropped));
        assert!(matches!(synced.turn(), Step::Done(Err(_))));
    }
}
