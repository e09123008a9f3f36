//! Lists and objects of custom resources, as API servers write them: members in the order of their names (docs/wire.md
//! §4). The identity follows huge annotations and managed fields, and the list's version and `continue` follow all items.

use bytes::Bytes;
use kube_proto::api::{ListParams, Trim, WatchParams};
use kube_proto::driver::{Effect, Input, Operation, Session, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Lazy, Object, PartialObject, Scope};
use kube_proto::watch::{Event, WatchEvent, WatchSettings};
use kube_proto::{Api, ErrorKind};

use crate::script::{Script, answer, data, head, session, session_with};

/// As large as an API server stores an object.
const HUGE: usize = 1 << 20;

fn things<K: Object>() -> Api<K> {
    Api::of(ApiResource::new("example.com/v1", "Thing", "things", Scope::Namespaced)).within("shop")
}

/// An object whose annotations and managed fields have this many bytes each. They hold what looks like an identity.
fn thing(name: &str, version: u32, bytes: usize) -> String {
    let like = r#"\"uid\":\"no\",\"name\":\"no\""#;
    let filler = "x".repeat(bytes);
    format!(
        r#"{{"apiVersion":"example.com/v1","kind":"Thing","metadata":{{"annotations":{{"name":"no","uid":"no","z":"{like}{filler}"}},"creationTimestamp":"2026-01-01T00:00:00Z","generation":1,"managedFields":[{{"fieldsV1":{{"f:metadata":{{"f:name":{{}}}}}},"manager":"{filler}","name":"no"}}],"name":"{name}","namespace":"shop","resourceVersion":"{version}","uid":"u-{name}"}},"spec":{{"metadata":{{"name":"no"}}}}}}"#
    )
}

fn list(kind: &str, items: &[String], rest: &str) -> String {
    let items = items.join(",");
    format!(
        r#"{{"apiVersion":"example.com/v1","items":[{items}],"kind":"{kind}","metadata":{{{rest}"resourceVersion":"7"}}}}"#
    )
}

fn pieces(text: &str, piece: usize) -> impl Iterator<Item = Input> {
    text.as_bytes().chunks(piece).map(|piece| Input::Data(Bytes::copy_from_slice(piece)))
}

fn json() -> Input {
    head(200, &[("content-type", "application/json")])
}

#[track_caller]
fn is_a(meta: kube_proto::resource::Meta<'_>, version: &str) {
    let found = [meta.name, meta.namespace, meta.uid, meta.resource_version];
    assert_eq!(found, [Some("a"), Some("shop"), Some("u-a"), Some(version)]);
}

#[test]
fn the_identity_is_found_behind_huge_annotations() {
    for bytes in [10, HUGE] {
        let object = thing("a", 5, bytes);
        let lazy = Lazy::<DynamicObject>::new(object.clone()).unwrap();
        is_a(lazy.meta(), "5");
        assert_eq!(lazy.text(), object);
        assert_eq!(lazy.parse().unwrap().metadata.uid.as_deref(), Some("u-a"));
        // In a list, page by page, and in a watch; cut anywhere.
        for piece in [7, 4096].into_iter().filter(|piece| bytes < HUGE || *piece > 1000) {
            let mut script = Script::new(things::<Lazy<DynamicObject>>().pages(&ListParams::default()), &session());
            script.exchange();
            script.arrived.push_back(json());
            script.arrived.extend(pieces(&list("ThingList", std::slice::from_ref(&object), ""), piece));
            script.arrived.push_back(Input::End);
            let item = script.item();
            is_a(item.meta(), "5");
            assert_eq!(item.text(), object);
            assert!(matches!(script.turn(), Step::Done(Ok(()))));
            let mut script =
                Script::new(things::<Lazy<DynamicObject>>().watch_once(&WatchParams::default()), &session());
            script.exchange();
            script.arrived.push_back(json());
            script.arrived.extend(pieces(&format!("{{\"object\":{object},\"type\":\"ADDED\"}}\n"), piece));
            let WatchEvent::Added(added) = script.item() else { panic!() };
            is_a(added.meta(), "5");
        }
        // Without the managed fields, and as metadata alone.
        let mut script = Script::new(
            things::<Lazy<DynamicObject>>().list(&ListParams::default()).trim(Trim::managed_fields()),
            &session(),
        );
        script.exchange();
        script.arrived.extend(answer(200, &list("ThingList", std::slice::from_ref(&object), "")));
        let item = script.item().items.remove(0);
        is_a(item.meta(), "5");
        assert!(!item.text().contains("managedFields") && item.text().len() + bytes < object.len());
        let mut script = Script::new(things::<DynamicObject>().metadata().get("a"), &session());
        script.exchange();
        script.arrived.extend(answer(200, &object));
        let partial: PartialObject = script.item();
        is_a(partial.meta(), "5");
    }
}

/// An object that does not decode has its identity all the same, so that a watch and a list go on after it.
#[test]
fn an_undecodable_object_has_the_identity_that_follows_its_fault() {
    let broken =
        thing("a", 9, HUGE).replace(r#""creationTimestamp":"2026-01-01T00:00:00Z""#, r#""creationTimestamp":7"#);
    let mut script = Script::new(things::<DynamicObject>().watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([json(), data(&format!("{{\"type\":\"MODIFIED\",\"object\":{broken}}}\n"))]);
    let WatchEvent::Undecodable { resource_version, error, .. } = script.item() else { panic!() };
    assert_eq!(resource_version.as_deref(), Some("9"));
    assert!(error.to_string().contains("Thing \"shop/a\" does not decode: metadata.creationTimestamp"), "{error}");
}

fn names<O: Operation<Item = DynamicObject>>(script: &mut Script<O>) -> (Vec<String>, Step<DynamicObject>) {
    let mut names = Vec::new();
    loop {
        match script.turn() {
            Step::Yield(item) => names.push(item.metadata.name.unwrap()),
            other => return (names, other),
        }
    }
}

/// The items of a page are there before its `continue`; the pages follow each other all the same.
#[test]
fn pages_whose_token_follows_their_items() {
    let mut script = Script::new(things::<DynamicObject>().pages(&ListParams::default().limit(2)), &session());
    script.exchange();
    let first =
        list("ThingList", &[thing("a", 1, 10), thing("b", 2, 10)], r#""continue":"t1","remainingItemCount":1,"#);
    // Everything but the metadata.
    let (items, rest) = first.split_at(first.find(r#"],"kind":"#).unwrap());
    script.arrived.extend([json(), data(items)]);
    let (found, step) = names(&mut script);
    assert_eq!((found, matches!(step, Step::Wait(_))), (vec!["a".to_owned(), "b".to_owned()], true));
    script.arrived.extend([data(rest), Input::End]);
    let Step::Do(Effect::Exchange(second)) = script.turn() else { panic!("the next page") };
    assert_eq!(second.request.uri().query(), Some("limit=2&continue=t1"));
    script.arrived.extend(answer(200, &list("ThingList", &[thing("c", 3, 10)], "")));
    let (found, step) = names(&mut script);
    assert_eq!((found, matches!(step, Step::Done(Ok(())))), (vec!["c".to_owned()], true));
    assert_eq!(script.task.operation().metadata().unwrap().resource_version, "7");
}

/// A list that ends before its metadata is no list, although all items were there; and one of another kind is none.
#[test]
fn a_list_is_complete_with_its_metadata() {
    let whole = list("ThingList", &[thing("a", 1, 10)], "");
    for end in
        [whole.find(r#"],"kind":"#).unwrap() + 1, whole.find(r#","metadata":{"resource"#).unwrap(), whole.len() - 1]
    {
        let mut script = Script::new(things::<DynamicObject>().pages(&ListParams::default()), &session());
        script.exchange();
        script.arrived.extend([json(), data(&whole[..end]), Input::End]);
        let (found, step) = names(&mut script);
        assert_eq!((found.len(), matches!(step, Step::Done(Err(_)))), (1, true), "{end}");
    }
    let other = whole.replace("example.com/v1\",\"items", "example.org/v1\",\"items");
    let mut script = Script::new(things::<DynamicObject>().list(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend(answer(200, &other));
    let error = script.error().to_string();
    assert!(error.contains("the ThingList of example.org/v1, but the ThingList of example.com/v1"), "{error}");
}

/// The version to watch from stands behind all items.
#[test]
fn a_watch_goes_on_from_the_version_behind_the_items() {
    let mut script =
        Script::new(things::<Lazy<DynamicObject>>().watch(WatchSettings::default().streaming(false)), &session());
    script.exchange();
    script.arrived.extend(answer(200, &list("ThingList", &[thing("a", 1, HUGE), thing("b", 2, 10)], "")));
    let mut listed = 0;
    let watch = loop {
        match script.turn() {
            Step::Yield(Event::InitApplied(_)) => listed += 1,
            Step::Yield(_) => {}
            Step::Do(Effect::Exchange(exchange)) => break exchange,
            _ => panic!(),
        }
    };
    assert_eq!(listed, 2);
    let query = watch.request.uri().query().unwrap();
    assert!(query.contains("watch=true") && query.contains("resourceVersion=7"), "{query}");
}

#[test]
fn the_limits_are_those_of_any_list() {
    let limited = |change: fn(&mut kube_proto::settings::SizeLimits)| -> Session {
        session_with(|_| {}, |settings| change(&mut settings.limits))
    };
    let one = thing("a", 1, 1000);
    let two = list("ThingList", &[one.clone(), one.clone()], "");
    for (session, body, items, what) in [
        (limited(|limits| limits.item = 3000), two.clone(), 2, ""),
        (limited(|limits| limits.item = 2000), two.clone(), 0, "an item of the list is larger than the limit of 2000"),
        (
            limited(|limits| limits.answer = 4000),
            two.clone(),
            1,
            "the response as a whole is larger than the limit of 4000",
        ),
        // What surrounds the items is bounded by itself, on both sides of them.
        (limited(|limits| limits.document = 200), two.clone(), 2, ""),
        (
            limited(|limits| limits.document = 200),
            list("ThingList", &[one], &format!("\"continue\":\"{}\",", "t".repeat(300))),
            1,
            "limit of 200",
        ),
    ] {
        for piece in [1, 100_000] {
            let mut script = Script::new(things::<DynamicObject>().pages(&ListParams::default()), &session);
            script.exchange();
            script.arrived.push_back(json());
            script.arrived.extend(pieces(&body, piece));
            script.arrived.push_back(Input::End);
            let (found, step) = names(&mut script);
            assert!(found.len() <= items && (what.is_empty() || found.len() < 2 || items == 2), "{what}: {found:?}");
            match step {
                Step::Done(Ok(())) => assert!(what.is_empty() && found.len() == items),
                Step::Done(Err(error)) => {
                    assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
                    assert!(!what.is_empty() && error.to_string().contains(what), "{error}");
                }
                _ => panic!(),
            }
        }
    }
}
