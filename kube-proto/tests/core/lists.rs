//! Lists: item by item, page by page.

use bytes::Bytes;
use kube_proto::Api;
use kube_proto::api::ListParams;
use kube_proto::driver::{Effect, Input, Operation, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Object, Scope, Tolerant};
use kube_proto::settings::Timeouts;
use proptest::prelude::*;

use crate::border::pods;
use crate::script::{Script, answer, data, head, name, secs, session, session_with, status};

fn page(names: &[&str], token: &str) -> String {
    let items: Vec<_> = names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)).collect();
    format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"7","continue":"{token}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

impl<O: Operation> Script<O> {
    /// The query of the next exchange, after any number of items.
    fn exchange_after_items(&mut self) -> String {
        loop {
            match self.turn() {
                Step::Yield(_) => {}
                Step::Do(Effect::Exchange(exchange)) => {
                    return exchange.request.uri().query().unwrap_or_default().to_owned();
                }
                other => panic!("{}", name(&other)),
            }
        }
    }
}

#[test]
fn pages_follow_each_other_without_the_version() {
    let params = ListParams::default().resource_version("0").limit(2);
    let mut script = Script::new(pods().pages(&params), &session());
    let first = script.exchange();
    assert_eq!(first.request.uri().query(), Some("limit=2&resourceVersion=0"));
    script.arrived.extend(answer(200, &page(&["a", "b"], "t1")));
    assert_eq!(script.item().metadata.name.as_deref(), Some("a"));
    assert_eq!(script.item().metadata.name.as_deref(), Some("b"));
    let second = script.exchange();
    assert_eq!(second.request.uri().query(), Some("limit=2&continue=t1"));
    script.arrived.extend(answer(200, &page(&["c"], "")));
    assert_eq!(script.item().metadata.name.as_deref(), Some("c"));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
    assert_eq!(script.task.operation().metadata().unwrap().resource_version, "7");
}

#[test]
fn items_get_the_kind_that_the_list_has() {
    let mut script = Script::new(pods().list(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend(answer(200, &page(&["a"], "")));
    let list = script.item();
    assert_eq!((list.items[0].api_version.as_str(), list.items[0].kind.as_str()), ("v1", "Pod"));
}

#[test]
fn an_item_is_there_before_the_list_is_whole() {
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(r#"{"items":[{"metadata":{"name":"a"}},{"meta"#)]);
    assert_eq!(script.item().metadata.name.as_deref(), Some("a"));
    script.waits();
}

#[test]
fn a_list_that_expires_in_the_middle_says_how_to_go_on() {
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend(answer(200, &page(&["a"], "t1")));
    script.item();
    script.exchange();
    let gone = r#"{"kind":"Status","apiVersion":"v1","metadata":{"continue":"t2"},"status":"Failure",
        "message":"The provided continue parameter is too old","reason":"Expired","code":410}"#;
    script.arrived.extend(answer(410, gone));
    let error = script.error();
    assert!(error.is_expired());
    assert_eq!(error.continue_token(), Some("t2"));
    assert!(error.to_string().contains("start a new list"), "{error}");
}

#[test]
fn what_is_no_list_is_an_error() {
    for body in [
        status(500, "InternalError", "boom").as_str(),
        r#"{"kind":"Pod","metadata":{}}"#,
        r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#,
        r#"{"kind":"NodeList","apiVersion":"v1","items":[]}"#,
        r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","items":[]}"#,
        "null",
        "[]",
        "<html>",
        r#"{"items":[{"metadata":{"name":"a"}}"#,
        "",
    ] {
        let mut script = Script::new(pods().list(&ListParams::default()), &session());
        script.exchange();
        script.arrived.push_back(head(200, &[]));
        if !body.is_empty() {
            script.arrived.push_back(data(body));
        }
        script.arrived.push_back(Input::End);
        let error = script.error().to_string();
        assert!(error.starts_with("list pods in namespace \"default\": "), "{error}");
    }
}

#[test]
fn brackets_nested_200_000_deep_are_an_error() {
    let mut script = Script::new(pods().list(&ListParams::default()), &session());
    script.exchange();
    let deep = format!(r#"{{"items":[{{"a":{}{}}}]}}"#, "[".repeat(200_000), "]".repeat(200_000));
    script.arrived.extend(answer(200, &deep));
    assert!(script.error().to_string().contains("deeper than 640 levels"));
}

#[test]
fn an_item_beyond_its_limit_is_refused_before_it_is_whole() {
    let session = session_with(|_| {}, |settings| settings.limits.item = 1000);
    let mut script = Script::new(pods().list(&ListParams::default()), &session);
    script.exchange();
    script.arrived.extend([head(200, &[]), data(r#"{"items":[{"a":""#)]);
    script.waits();
    script.arrived.push_back(data(&"x".repeat(2000)));
    assert!(script.error().to_string().contains("limit of 1000 bytes"));
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_objects(cuts in proptest::collection::vec(1usize..40, 0..60)) {
        let body = page(&["a", "b-with-a-longer-name", "c"], "");
        let mut script = Script::new(pods().list(&ListParams::default()), &session());
        script.exchange();
        script.arrived.push_back(head(200, &[]));
        let mut rest = body.as_str();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            if !piece.is_empty() {
                script.arrived.push_back(data(piece));
            }
            rest = after;
        }
        if !rest.is_empty() {
            script.arrived.push_back(data(rest));
        }
        script.arrived.push_back(Input::End);
        match script.turn() {
            Step::Yield(list) => {
                let names: Vec<_> = list.items.iter().filter_map(|item| item.metadata.name.as_deref()).collect();
                prop_assert_eq!(names, ["a", "b-with-a-longer-name", "c"]);
            }
            other => prop_assert!(false, "{}", name(&other)),
        }
    }
}

#[test]
fn pages_that_do_not_come_to_an_end_are_an_error() {
    // The same token again.
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    for _ in 0..2 {
        script.exchange();
        script.arrived.extend(answer(200, &page(&["a"], "t")));
        script.item();
    }
    let text = script.error().to_string();
    assert!(text.starts_with("list pods") && text.contains("do not come to an end"), "{text}");
    // Or always another one, and no items.
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    for n in 0..=100 {
        script.exchange();
        script.arrived.extend(answer(200, &page(&[], &format!("t{n}"))));
    }
    script.error();
}

#[test]
fn a_list_without_end_or_that_announces_too_much() {
    let session = session_with(|_| {}, |settings| settings.limits.answer = 4 << 20);
    let items = format!("{{\"metadata\":{{\"name\":\"{}\"}}}},", "x".repeat(1000)).repeat(100);
    for (announced, most) in [(None, 4 << 20), (Some("2147483648"), items.len())] {
        let headers: Vec<_> = announced.map(|length| ("content-length", length)).into_iter().collect();
        let mut whole = Script::new(pods().list(&ListParams::default()), &session);
        whole.exchange();
        whole.arrived.extend([head(200, &headers), data("{\"items\":[")]);
        let mut paged = Script::new(pods().pages(&ListParams::default()), &session);
        paged.exchange();
        paged.arrived.extend([head(200, &headers), data("{\"items\":[")]);
        let mut given = 0;
        let error = loop {
            whole.arrived.push_back(data(&items));
            paged.arrived.push_back(data(&items));
            given += items.len();
            assert!(given <= most + items.len(), "goes on after {given} bytes");
            while let Step::Yield(_) = paged.turn() {}
            if let Step::Done(result) = whole.turn() {
                break result.unwrap_err();
            }
        };
        for error in [error, paged.error()] {
            let text = error.to_string();
            assert!(text.contains("the response as a whole is larger than the limit of 4194304 bytes"), "{text}");
        }
    }
    // One list is as large as allowed; the limit holds for the next page, too.
    let params = ListParams::default().limit(1);
    let mut script = Script::new(pods().pages(&params), &session);
    for token in ["more", "still more", ""] {
        script.exchange();
        script.arrived.extend(answer(200, &page(&[&"x".repeat(3 << 20)], token)));
        script.item();
    }
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

#[test]
fn empty_pages_count_in_a_row() {
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    for n in 0..300 {
        assert!(n == 0 || script.exchange_after_items().contains(&format!("continue=t{}", n - 1)));
        if n == 0 {
            script.exchange();
        }
        let names: &[&str] = if n % 90 == 89 { &["a"] } else { &[] };
        script.arrived.extend(answer(200, &page(names, &format!("t{n}"))));
    }
}

#[test]
fn time_outs_hold_for_every_page() {
    let own = Timeouts { connect: secs(3), head: secs(7), idle: Some(secs(5)), total: Some(secs(11)) };
    let mut script = Script::new(pods().pages(&ListParams::default()).timeouts(own), &session());
    for token in ["t1", "t2", "t3"] {
        assert_eq!(script.exchange().connect, secs(3));
        assert_eq!(script.waits(), Some(secs(7)), "{token}");
        script.arrived.push_back(head(200, &[]));
        assert_eq!(script.waits(), Some(secs(5)), "{token}");
        // The total counts anew for each page.
        script.pass(secs(4));
        script.arrived.extend([data(&page(&["a"], token)), Input::End]);
        script.item();
    }
}

#[test]
fn items_that_are_null_are_none() {
    let body = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":null}"#;
    let mut script = Script::new(pods().list(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend(answer(200, body));
    let list = script.item();
    assert_eq!((list.items.len(), &*list.metadata.resource_version), (0, "7"));
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend(answer(200, body));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

/// An object that is null, or has null where Go has a zero value, does not cost the list.
#[test]
fn null_within_a_list() {
    let body = r#"{"kind":"PodList","items":[null,{"metadata":{"name":"a","annotations":{"x":null},"labels":null,"finalizers":[null],"ownerReferences":[{"name":null,"uid":null}]}},{"metadata":null}]}"#;
    let mut script = Script::new(pods().list(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend(answer(200, body));
    let items = script.item().items;
    assert_eq!(items.len(), 3);
    assert_eq!(items[1].metadata.annotations["x"], "");
    assert_eq!(items[1].metadata.finalizers, [""]);
}

/// One item nests too deep, one is no pod, one has bytes that are not UTF-8: a tolerant list has all, and any other
/// names the field.
#[test]
fn what_does_not_decode_costs_no_tolerant_list() {
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    let mut body = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","items":[{{"metadata":{{"name":"a"}}}},{{"metadata":{{"name":"deep"}},"spec":{{"x":{deep}}}}},{{"metadata":{{"name":"odd","labels":{{"x":[7]}}}}}},{{"metadata":{{"name":"b","labels":{{"x":"#
    )
    .into_bytes();
    body.extend_from_slice(b"\"\xff\"}}}]}");
    let resource = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
    let api = Api::<Tolerant<DynamicObject>>::of(resource);
    let mut script = Script::new(api.list(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), Input::Data(Bytes::from(body.clone())), Input::End]);
    let items = script.item().items;
    let names: Vec<_> = items.iter().map(|item| (item.meta().name.unwrap(), item.object().is_some())).collect();
    assert_eq!(names, [("a", true), ("deep", false), ("odd", false), ("b", true)]);
    assert_eq!(items[3].object().unwrap().metadata.labels["x"], "\u{fffd}");
    let error = items[2].clone().into_object().unwrap_err().to_string();
    assert!(error.contains("Pod \"odd\" does not decode: metadata.labels[…]: invalid type: sequence"), "{error}");
    let Tolerant::Undecodable(deep) = &items[1] else { panic!() };
    assert!(deep.text().len() > 2000 && deep.error().to_string().contains("deeper than 640 levels"));
    assert!(!format!("{deep:?}").contains("[["));

    let mut script = Script::new(pods().list(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), Input::Data(Bytes::from(body)), Input::End]);
    let error = script.error().to_string();
    assert!(error.contains("\"deep\" does not decode: spec") && error.contains("640 levels"), "{error}");
}

/// A conflict with six hundred causes, and a refusal that quotes an object: reason, causes and code stay.
#[test]
fn a_long_status_keeps_its_structure() {
    let causes: Vec<_> = (0..600)
        .map(|n| format!(r#"{{"reason":"FieldManagerConflict","message":"conflict with \"m{n}\" using v1","field":".spec.x{n}"}}"#))
        .collect();
    for message in [&"conflict ".repeat(20_000), "short", &"{\\\"quoted\\\": \\u00e9}".repeat(300_000)] {
        let body = format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"{message}","reason":"Conflict","details":{{"name":"a","kind":"pods","causes":[{}]}},"code":409}}"#,
            causes.join(",")
        );
        for size in [1000, 64 << 10] {
            let mut script = Script::new(pods().get("a"), &session());
            script.exchange();
            script.arrived.push_back(head(409, &[]));
            script.arrived.extend(body.as_bytes().chunks(size).map(|chunk| Input::Data(Bytes::copy_from_slice(chunk))));
            script.arrived.push_back(Input::End);
            let error = script.error();
            let status = error.status().unwrap();
            assert!(status.is_conflict() && status.message.as_bytes()[0] == message.as_bytes()[0]);
            assert!(status.message.len() <= 64 << 10);
            assert_eq!(status.details.as_ref().unwrap().causes.len(), 600);
        }
    }
}
