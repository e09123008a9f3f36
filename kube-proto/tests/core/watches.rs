//! The events of one watch response.

use bytes::Bytes;
use kube_proto::Api;
use kube_proto::api::WatchParams;
use kube_proto::driver::{ExchangeKind, Input, Step};
use kube_proto::resource::{ApiResource, DynamicObject, Lazy, LocalSubjectAccessReview, Object, ObjectMeta, Scope};
use kube_proto::watch::{EventKind, WatchEvent, WatchOnce};

use crate::border::pods;
use crate::script::{Script, data, head, secs, session, session_with, status};

fn line(kind: &str, name: &str, version: u32) -> String {
    format!(
        r#"{{"type":"{kind}","object":{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}","resourceVersion":"{version}"}}}}}}{}"#,
        "\n"
    )
}

#[test]
fn events_come_as_their_lines_are_whole() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    assert_eq!(script.exchange().kind, ExchangeKind::Stream);
    let (a, b) = (line("ADDED", "a", 1), line("DELETED", "b", 2));
    let cut = a.len() + 20;
    let all = a + &b;
    script.arrived.extend([head(200, &[]), data(&all[..cut])]);
    assert!(matches!(script.item(), WatchEvent::Added(pod) if pod.metadata.name.as_deref() == Some("a")));
    script.waits();
    script.arrived.extend([data(&all[cut..]), Input::End]);
    assert!(matches!(script.item(), WatchEvent::Deleted(pod) if pod.metadata.name.as_deref() == Some("b")));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

#[test]
fn bookmarks_say_where_to_go_on() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    let end = r#"{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"9","creationTimestamp":null,"annotations":{"k8s.io/initial-events-end":"true"}},"spec":{"containers":null}}}"#;
    script.arrived.extend([head(200, &[]), data(&line("BOOKMARK", "", 5)), data(end), data("\n")]);
    for (version, ends) in [("5", false), ("9", true)] {
        let WatchEvent::Bookmark(bookmark) = script.item() else { panic!() };
        assert_eq!((bookmark.resource_version.as_str(), bookmark.initial_events_end), (version, ends));
    }
}

#[test]
fn an_error_ends_the_watch_wrapped_or_bare_or_as_http() {
    let gone = status(410, "Expired", "too old resource version: 1 (2345)");
    let wrapped = format!("{{\"type\":\"ERROR\",\"object\":{gone}}}\n");
    for inputs in [
        vec![head(200, &[]), data(&wrapped)],
        vec![head(200, &[]), data(&gone), data("\n")],
        vec![head(200, &[]), data(&gone), Input::End],
        vec![head(410, &[("content-type", "application/json")]), data(&gone), Input::End],
    ] {
        let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
        script.exchange();
        script.arrived.extend(inputs);
        let error = script.error();
        assert!(error.is_expired(), "{error}");
        assert!(error.to_string().contains("too old resource version: 1 (2345)"), "{error}");
    }
}

#[test]
fn an_object_that_does_not_decode_is_an_event_and_the_watch_goes_on() {
    let api = Api::<LocalSubjectAccessReview>::all();
    let mut script = Script::new(api.watch_once(&WatchParams::default()), &session());
    script.exchange();
    let strange = r#"{"type":"MODIFIED","object":{"metadata":{"name":"s","resourceVersion":"8"},"spec":7}}"#;
    script.arrived.extend([head(200, &[]), data(strange), data("\n"), data(&line("ADDED", "a", 9))]);
    let WatchEvent::Undecodable { kind, object, resource_version, error } = script.item() else { panic!() };
    assert_eq!((kind, resource_version.as_deref()), (EventKind::Modified, Some("8")));
    assert!(object.starts_with(br#"{"metadata""#));
    assert!(error.to_string().contains("\"s\""), "{error}");
    let _ = ObjectMeta::default();
}

#[test]
fn an_event_that_is_not_written_like_those_before_it_is_read_as_it_is() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    let more = line("ADDED", "b", 2).replace("}}}", "}},\"more\":{}}");
    let other_order = r#"{"object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"c"}},"type":"ADDED"}"#;
    let spaced = line("ADDED", "d", 4).replace("\"object\":", "\"object\" : ");
    let lines = [&line("ADDED", "a", 1), &more, other_order, "\n", &spaced, &line("ADDED", "e", 5)].map(data);
    script.arrived.extend([head(200, &[])].into_iter().chain(lines));
    for name in ["a", "b", "c", "d", "e"] {
        assert!(
            matches!(script.item(), WatchEvent::Added(pod) if pod.metadata.name.as_deref() == Some(name)),
            "{name}"
        );
    }
    // A line that is no object at all is an error as before.
    script.arrived.push_back(data("{\"type\":\"ADDED\",\"object\":{\"metadata\":{]}}\n"));
    assert!(script.error().to_string().contains("not an event"));
}

/// A proxy that joins events, or indents them; and a last event that nothing follows, in an open stream.
#[test]
fn an_event_ends_where_its_json_ends() {
    let events = ["a", "b", "c"].map(|name| line("ADDED", name, 1).trim_end().to_owned());
    let pretty = |event: &String| format!("{:#}", serde_json::from_str::<serde_json::Value>(event).unwrap());
    for stream in [
        events.concat(),
        events.join(" "),
        events.join("\r\n\r\n"),
        events.each_ref().map(pretty).concat(),
        events.each_ref().map(pretty).join("\n"),
        format!("{}\n{}{}", events[0], events[1], pretty(&events[2])),
        format!("{}{}\n{}", pretty(&events[0]), events[1], events[2]),
    ] {
        for size in [1, 7, 100, stream.len()] {
            let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
            script.exchange();
            script.arrived.push_back(head(200, &[]));
            script
                .arrived
                .extend(stream.as_bytes().chunks(size).map(|chunk| Input::Data(Bytes::copy_from_slice(chunk))));
            for name in ["a", "b", "c"] {
                let WatchEvent::Added(pod) = script.item() else { panic!("{stream}") };
                assert_eq!(pod.metadata.name.as_deref(), Some(name), "{stream} {size}");
            }
        }
        // Also objects that are not decoded, and so do not notice what follows them.
        let resource = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
        let mut script =
            Script::new(Api::<Lazy<DynamicObject>>::of(resource).watch_once(&WatchParams::default()), &session());
        script.exchange();
        script.arrived.extend([head(200, &[]), data(&line("ADDED", "first", 1)), data(&stream)]);
        for name in ["first", "a", "b", "c"] {
            let WatchEvent::Added(pod) = script.item() else { panic!("{stream}") };
            assert_eq!(pod.meta().name, Some(name), "{stream}");
            assert_eq!(pod.parse().unwrap().metadata.name.as_deref(), Some(name), "{stream}");
        }
    }
}

#[test]
fn a_watch_that_is_cut_within_an_event_says_so() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(r#"{"type":"ADDED","object":{"#), Input::End]);
    assert!(script.error().to_string().contains("within an event"));
}

#[test]
fn a_last_event_without_its_newline_counts() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(line("ADDED", "a", 1).trim_end()), Input::End]);
    assert!(matches!(script.item(), WatchEvent::Added(_)));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

#[test]
fn silence_beyond_the_promised_end_is_death() {
    let params = WatchParams::default().timeout_seconds(300);
    let mut script = Script::new(pods().watch_once(&params), &session());
    assert!(script.exchange().request.uri().query().unwrap().contains("timeoutSeconds=300"));
    script.arrived.push_back(head(200, &[]));
    assert_eq!(script.waits(), Some(secs(330)));
    assert!(script.pass(secs(330)).error().to_string().contains("no more of the response"));
}

#[test]
fn an_event_beyond_its_limit_ends_the_watch() {
    let session = session_with(|_| {}, |settings| settings.limits.event = 1000);
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session);
    script.exchange();
    script.arrived.extend([head(200, &[]), data(&"x".repeat(2000))]);
    assert!(script.error().to_string().contains("limit of 1000 bytes"));
}

#[test]
fn nothing_is_read_for_a_caller_that_takes_nothing() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    let ten: String = (0..10).map(|n| line("ADDED", "a", n)).collect();
    script.arrived.extend([head(200, &[]), data(&ten), data(&ten)]);
    for _ in 0..10 {
        script.item();
    }
    assert_eq!(script.arrived.len(), 1, "the second chunk is still in the socket");
}

#[test]
fn a_bookmark_that_says_nothing_hides_no_event() {
    for object in [
        "",
        r#","object":null"#,
        r#","object":7"#,
        r#","object":{}"#,
        r#","object":{"metadata":null}"#,
        r#","object":{"metadata":{}}"#,
        r#","object":{"metadata":{"resourceVersion":null}}"#,
        r#","object":{"metadata":{"resourceVersion":""}}"#,
        r#","object":{"metadata":{"resourceVersion":12}}"#,
        r#","object":{"metadata":{"annotations":null}}"#,
        r#","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":null}}}"#,
    ] {
        let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
        script.exchange();
        let bookmark = format!("{{\"type\":\"BOOKMARK\"{object}}}\n");
        script.arrived.extend([head(200, &[]), data(&bookmark), data(&line("ADDED", "a", 9))]);
        assert!(matches!(script.item(), WatchEvent::Added(_)), "{object}");
        // Nor as the last line.
        script.arrived.extend([data(bookmark.trim_end()), Input::End]);
        assert!(matches!(script.turn(), Step::Done(Ok(()))), "{object}");
    }
    // Null annotations take nothing from a version.
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    let bookmark = r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":null}}}"#;
    script.arrived.extend([head(200, &[]), data(bookmark), data("\n")]);
    assert!(matches!(script.item(), WatchEvent::Bookmark(bookmark) if bookmark.resource_version == "9"));
}

#[test]
fn an_event_takes_the_kind_that_a_list_would_have() {
    let untyped = r#"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"#;
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(untyped), data("\n"), data(untyped), data("\n")]);
    // The second one is presumed to look like the first.
    for _ in 0..2 {
        let WatchEvent::Added(pod) = script.item() else { panic!() };
        assert_eq!((pod.api_version.as_str(), pod.kind.as_str()), ("v1", "Pod"));
    }
    let lazy = Api::<Lazy<DynamicObject>>::of(pods().target().resource.clone());
    let mut script = Script::new(lazy.watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(untyped), data("\n"), data(untyped), data("\n")]);
    for _ in 0..2 {
        let WatchEvent::Added(pod) = script.item() else { panic!() };
        assert_eq!(pod.text(), r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#);
    }
    let mut script = Script::new(pods().metadata().watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(untyped), data("\n")]);
    let WatchEvent::Added(pod) = script.item() else { panic!() };
    assert_eq!((pod.api_version.as_str(), pod.kind.as_str()), ("meta.k8s.io/v1", "PartialObjectMetadata"));
}

/// The next event of an object: its name, or why it is undecodable.
fn shown<K: Object>(script: &mut Script<WatchOnce<K>>) -> Result<String, String> {
    match script.item() {
        WatchEvent::Added(object) | WatchEvent::Modified(object) => Ok(object.meta().name.unwrap_or_default().into()),
        WatchEvent::Undecodable { error, resource_version, .. } => {
            assert_eq!(resource_version.as_deref(), Some("9"), "a later watch starts from there");
            Err(error.to_string())
        }
        _ => panic!(),
    }
}

/// As client-go's informers, which report such an object and go on.
#[test]
fn an_object_of_another_kind_is_undecodable_and_hides_no_event() {
    let event = |kind: &str, types: &str| {
        format!(
            "{{\"type\":\"{kind}\",\"object\":{{{types}\"metadata\":{{\"name\":\"a\",\"resourceVersion\":\"9\"}}}}}}\n"
        )
    };
    let pod = r#""kind":"Pod","apiVersion":"v1","#;
    for (types, found) in [
        (r#""kind":"Node","apiVersion":"v1","#, Some("the Node of v1")),
        (r#""apiVersion":"v1","kind":"Node","#, Some("the Node of v1")),
        (r#""kind":"Pod","apiVersion":"v2","#, Some("the Pod of v2")),
        (r#""kind":"Status","apiVersion":"v1","#, Some("the Status of v1")),
        (r#""kind":"PodList","apiVersion":"v1","items":[],"#, Some("the PodList of v1")),
        (r#""kind":"Pod","#, None),
        (r#""apiVersion":"v1","#, None),
        ("", None),
        (r#""spec":{"kind":"Node"},"#, None),
        (r#""apiVersion":"v1","kind":"Pod","#, None),
        (r#""spec":{}, "kind" : "\u0050od" ,"apiVersion":"v1","#, None),
    ] {
        let lines = [event("ADDED", pod), event("MODIFIED", types), event("ADDED", pod)];
        let check = |shown: [Result<String, String>; 3]| {
            let [first, other, last] = shown;
            assert_eq!((first.as_deref(), last.as_deref()), (Ok("a"), Ok("a")), "{types}");
            match found {
                None => assert_eq!(other.as_deref(), Ok("a"), "{types}"),
                Some(found) => {
                    let text = format!("an event's object is {found}, but the Pod of v1 was asked for");
                    assert!(other.as_ref().is_err_and(|error| error.contains(&text)), "{types}: {other:?}");
                }
            }
        };
        let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
        script.exchange();
        script.arrived.extend([head(200, &[]), data(&lines.concat())]);
        check([shown(&mut script), shown(&mut script), shown(&mut script)]);
        let lazy = Api::<Lazy<DynamicObject>>::of(pods().target().resource.clone());
        let mut script = Script::new(lazy.watch_once(&WatchParams::default()), &session());
        script.exchange();
        script.arrived.extend([head(200, &[]), data(&lines.concat())]);
        check([shown(&mut script), shown(&mut script), shown(&mut script)]);
    }
    // Metadata alone comes as what it is, or as the whole object.
    let partial = r#""kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","#;
    let mut script = Script::new(pods().metadata().watch_once(&WatchParams::default()), &session());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(&event("ADDED", partial)), data(&event("ADDED", pod))]);
    assert_eq!([shown(&mut script), shown(&mut script)], [Ok("a".to_owned()), Ok("a".to_owned())]);
}

#[test]
fn a_watch_asks_for_no_compression() {
    let mut script = Script::new(pods().watch_once(&WatchParams::default()), &session());
    assert_eq!(script.exchange().request.headers()["accept-encoding"], "identity");
}

/// A byte every two seconds is no event.
#[test]
fn a_watch_that_drips_is_a_silent_one() {
    let params = WatchParams::default().timeout_seconds(300);
    let mut script = Script::new(pods().watch_once(&params), &session());
    script.exchange();
    script.arrived.push_back(head(200, &[]));
    let begun = script.now.mono;
    let drip = |script: &mut Script<_>, byte: &str| match script.turn() {
        Step::Wait(Some(until)) => {
            let span = (until - script.now.mono).min(secs(2));
            script.pass(span).arrived.push_back(data(byte));
            true
        }
        Step::Done(Err(_)) => false,
        _ => panic!(),
    };
    // Spaces and blank lines, too.
    for n in 0.. {
        if !drip(&mut script, [" ", "\n", "{"][if n < 160 { n % 2 } else { 2 }]) {
            break;
        }
    }
    assert_eq!(script.now.mono - begun, secs(330));
    assert!(script.error().to_string().contains("too little of the response within 330s"));
}
