//! Compressed answers: requested, inflated in pieces, limited.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use kube_proto::ErrorKind;
use kube_proto::api::ApiRequest;
use kube_proto::api::{ListParams, WatchParams, WriteParams};
use kube_proto::driver::Session;
use kube_proto::driver::{Exchange, Input, Step};
use kube_proto::resource::DynamicObject;
use kube_proto::watch::{WatchEvent, WatchSettings};
use proptest::prelude::*;

use crate::border::pods;
use crate::script::{Script, answer, data, head, secs, session, session_with, status};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

fn pack(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn packed_head(code: u16) -> Input {
    head(code, &[("content-type", "application/json"), ("content-encoding", "gzip"), ("vary", "Accept-Encoding")])
}

fn bytes(bytes: &[u8]) -> Input {
    Input::Data(Bytes::copy_from_slice(bytes))
}

fn asks(exchange: &Exchange) -> Option<&str> {
    exchange.request.headers().get(http::header::ACCEPT_ENCODING).map(|value| value.to_str().unwrap())
}

/// The bytes of a document from a proxied path.
fn raw(session: &Session) -> Script<kube_proto::api::Unary<Bytes>> {
    Script::new(ApiRequest::raw(http::Method::GET, "/openapi/v2", "").bytes(), session)
}

#[test]
fn calls_ask_and_nothing_else_does() {
    let session = session();
    assert_eq!(asks(&Script::new(pods().get("a"), &session).exchange()), Some("gzip"));
    assert_eq!(asks(&Script::new(pods().list(&ListParams::default()), &session).exchange()), Some("gzip"));
    assert_eq!(asks(&Script::new(pods().pages(&ListParams::default()), &session).exchange()), Some("gzip"));
    let pod: DynamicObject = serde_json::from_str(POD).unwrap();
    assert_eq!(asks(&Script::new(pods().create(&pod, &WriteParams::default()), &session).exchange()), Some("gzip"));
    // Everything else says so: without the header, a proxy may choose a coding.
    let identity = Some("identity");
    assert_eq!(asks(&Script::new(pods().watch_once(&WatchParams::default()), &session).exchange()), identity);
    let chunks = ApiRequest::raw(http::Method::GET, "/log", "").chunks();
    assert_eq!(asks(&Script::new(chunks, &session).exchange()), identity);
}

fn listing() -> WatchParams {
    WatchParams::default().send_initial_events(true).allow_bookmarks()
}

/// What servers from 1.37 on compress (docs/wire.md §2).
#[test]
fn a_watch_that_begins_with_a_list_asks() {
    let asked = |params: WatchParams, session: &Session| {
        let mut script = Script::new(pods().watch_once(&params), session);
        asks(&script.exchange()).map(str::to_owned).unwrap()
    };
    assert_eq!(asked(listing(), &session()), "gzip");
    for other in [
        WatchParams::default().send_initial_events(true),
        listing().send_initial_events(false),
        WatchParams::default().resource_version("7"),
    ] {
        assert_eq!(asked(other, &session()), "identity");
    }
    let silent = session_with(|_| {}, |settings| settings.compression = false);
    assert_eq!(asked(listing(), &silent), "identity");
    // A watch that resumes has no list.
    let resumed = WatchSettings::default().resume("7");
    for (settings, asked) in [(WatchSettings::default(), "gzip"), (resumed, "identity")] {
        let mut script = Script::new(pods().watch(settings), &session());
        assert_eq!(asks(&script.exchange()), Some(asked));
    }
}

fn event(kind: &str, name: &str, version: u32) -> String {
    let object =
        format!(r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}","resourceVersion":"{version}"}}}}"#);
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")
}

/// Each time that the server has nothing more to send, it ends a member.
#[test]
fn events_come_as_their_members_are_whole_and_the_end_may_follow_any_member() {
    let events: Vec<_> = (0..4).map(|n| event("ADDED", &n.to_string(), n)).collect();
    // Several events in one member, and one event in several.
    let (start, end) = events[2].split_at(20);
    let members = [pack((events[0].clone() + &events[1]).as_bytes()), pack(start.as_bytes()), pack(end.as_bytes())];
    for piece in [1, 3, 1000] {
        let session = session();
        let mut script = Script::new(pods().watch_once(&listing()), &session);
        script.exchange();
        script.arrived.push_back(packed_head(200));
        script.arrived.extend(members.concat().chunks(piece).map(bytes));
        for name in ["0", "1", "2"] {
            assert!(matches!(script.item(), WatchEvent::Added(pod) if pod.metadata.name.as_deref() == Some(name)));
        }
        script.waits();
        script.arrived.extend(pack(events[3].as_bytes()).chunks(piece).map(bytes));
        assert!(matches!(script.item(), WatchEvent::Added(pod) if pod.metadata.name.as_deref() == Some("3")));
        script.waits();
        script.arrived.push_back(Input::End);
        assert!(matches!(script.turn(), Step::Done(Ok(()))));
        assert_eq!(session.statistics().inflated, events.concat().len() as u64);
    }
}

/// The first part of a member is handed out before its checksum is there: an event does not wait for the next one.
#[test]
fn an_event_does_not_wait_for_the_end_of_its_member() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(event("ADDED", "a", 1).as_bytes()).unwrap();
    encoder.flush().unwrap();
    let mut script = Script::new(pods().watch_once(&listing()), &session());
    script.exchange();
    script.arrived.extend([packed_head(200), bytes(&std::mem::take(encoder.get_mut()))]);
    assert!(matches!(script.item(), WatchEvent::Added(_)));
    // The connection ends within the member: that is no clean end.
    script.arrived.push_back(Input::End);
    assert!(script.error().to_string().contains("the body cannot be read"));
}

#[test]
fn neither_a_bomb_nor_a_refusal_of_a_compressed_watch_has_more_than_its_limit() {
    let limited = session_with(|_| {}, |settings| (settings.limits.event, settings.limits.answer) = (1 << 20, 1 << 10));
    let mut script = Script::new(pods().watch_once(&listing()), &limited);
    script.exchange();
    let bomb = format!("{{\"type\":\"ADDED\",\"object\":{{\"a\":\"{}", "x".repeat(64 << 20));
    script.arrived.extend([packed_head(200), bytes(&pack(bomb.as_bytes()))]);
    assert!(matches!(script.error().kind(), ErrorKind::TooLarge { limit: 1_048_576, .. }));
    // The events as a whole have no limit.
    let mut script = Script::new(pods().watch_once(&listing()), &limited);
    script.exchange();
    script.arrived.push_back(packed_head(200));
    for n in 0..100 {
        script.arrived.push_back(bytes(&pack(event("MODIFIED", "a", n).as_bytes())));
        assert!(matches!(script.item(), WatchEvent::Modified(_)));
    }
    let mut script = Script::new(pods().watch_once(&listing()), &session());
    script.exchange();
    let refused = status(410, "Expired", "too old resource version");
    script.arrived.extend([packed_head(410), bytes(&pack(refused.as_bytes())), Input::End]);
    assert!(script.error().is_expired());
}

#[test]
fn neither_the_configuration_nor_the_settings_need_to_want_it() {
    let silent = session_with(|config| config.disable_compression = true, |_| {});
    assert_eq!(asks(&Script::new(pods().get("a"), &silent).exchange()), Some("identity"));
    let silent = session_with(|_| {}, |settings| settings.compression = false);
    let mut script = Script::new(pods().get("a"), &silent);
    assert_eq!(asks(&script.exchange()), Some("identity"));
    script.arrived.extend([packed_head(200), bytes(&pack(POD.as_bytes())), Input::End]);
    let error = script.error();
    assert!(error.to_string().contains("Content-Encoding \"gzip\", which the request did not ask for"), "{error}");
}

#[test]
fn a_caller_that_sets_the_header_gets_the_bytes_as_they_came() {
    let request = ApiRequest::raw(http::Method::GET, "/openapi/v2", "");
    let request = request.header(http::header::ACCEPT_ENCODING, "br".parse().unwrap());
    let mut script = Script::new(request.bytes(), &session());
    assert_eq!(asks(&script.exchange()), Some("br"));
    script.arrived.extend([head(200, &[("content-encoding", "br")]), data("brbrbr"), Input::End]);
    assert_eq!(script.item(), "brbrbr");
}

#[test]
fn what_was_not_compressed_is_as_welcome() {
    let mut script = Script::new(pods().get("a"), &session());
    script.exchange();
    script.arrived.extend(answer(200, POD));
    assert_eq!(script.item().metadata.name.as_deref(), Some("a"));
}

#[test]
fn an_item_is_there_as_soon_as_its_bytes_are() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(br#"{"items":[{"metadata":{"name":"a"}},{"meta"#).unwrap();
    encoder.flush().unwrap();
    let first = std::mem::take(encoder.get_mut());
    encoder.write_all(br#"data":{"name":"b"}}],"metadata":{}}"#).unwrap();
    let mut script = Script::new(pods().pages(&ListParams::default()), &session());
    script.exchange();
    script.arrived.extend([packed_head(200), bytes(&first)]);
    assert_eq!(script.item().metadata.name.as_deref(), Some("a"));
    script.waits();
    script.arrived.extend([bytes(&encoder.finish().unwrap()), Input::End]);
    assert_eq!(script.item().metadata.name.as_deref(), Some("b"));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
}

#[test]
fn statistics_tell_what_it_saved() {
    let session = session();
    let content = "x".repeat(100_000);
    let packed = pack(content.as_bytes());
    let mut script = raw(&session);
    script.exchange();
    script.arrived.extend([packed_head(200), bytes(&packed), Input::End]);
    assert_eq!(script.item(), content);
    let stats = session.statistics();
    assert_eq!((stats.received, stats.inflated), (packed.len() as u64, 100_000));
}

#[test]
fn errors_are_compressed_too() {
    let body = pack(status(404, "NotFound", "pods \\\"a\\\" not found").as_bytes());
    for cut in 0..=body.len() {
        let mut script = Script::new(pods().get("a"), &session());
        script.exchange();
        script.arrived.push_back(packed_head(404));
        let (one, other) = body.split_at(cut);
        script.arrived.extend([one, other].iter().filter(|part| !part.is_empty()).map(|part| bytes(part)));
        script.arrived.push_back(Input::End);
        let error = script.error();
        assert!(error.is_not_found(), "{error}");
        assert_eq!(error.status().unwrap().message, "pods \"a\" not found");
    }
    // An unreadable body leaves the code, whether it is damaged or in another coding.
    for (coding, body) in [("gzip", &body[..20]), ("gzip", b"no gzip"), ("br", &body)] {
        let mut script = Script::new(pods().get("a"), &session());
        script.exchange();
        script.arrived.extend([head(404, &[("content-encoding", coding)]), bytes(body), Input::End]);
        let error = script.error();
        assert!(error.is_not_found() && error.api().unwrap().synthetic, "{error}");
    }
}

#[test]
fn a_refusal_that_is_a_bomb_is_cut_at_its_limit() {
    let session = session_with(|_| {}, |settings| settings.limits.error = 1000);
    let mut script = Script::new(pods().get("a"), &session);
    script.exchange();
    script.arrived.extend([packed_head(500), bytes(&pack(&vec![b'x'; 2 << 20]))]);
    let error = script.error();
    assert_eq!(error.status().unwrap().code, 500);
    assert!(error.to_string().len() < 2000, "{error}");
}

#[test]
fn a_bomb_stops_at_the_limit_of_what_it_claims_to_be() {
    let bomb = pack(&vec![b' '; 8 << 20]);
    assert!(bomb.len() < 10_000);
    let limited = |document, answer| {
        session_with(|_| {}, |settings| (settings.limits.document, settings.limits.answer) = (document, answer))
    };
    for (session, what) in [
        (limited(1 << 20, usize::MAX), "the response is larger than the limit of 1048576 bytes"),
        (limited(usize::MAX, 1 << 20), "the response as a whole is larger than the limit of 1048576 bytes"),
    ] {
        let mut script = raw(&session);
        script.exchange();
        script.arrived.extend([packed_head(200), bytes(&bomb)]);
        let error = script.error();
        assert!(matches!(error.kind(), ErrorKind::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
        // At most one piece beyond the limit was inflated.
        assert!(session.statistics().inflated <= (1 << 20) + (64 << 10));
    }
    // White space between items is not kept. Without an end it is an error all the same.
    let mut script = Script::new(pods().pages(&ListParams::default()), &limited(1 << 20, 4 << 20));
    script.exchange();
    script.arrived.extend([packed_head(200), bytes(&bomb)]);
    let error = script.error();
    assert!(error.to_string().contains("the response as a whole is larger"), "{error}");
}

#[test]
fn a_damaged_body_is_an_error() {
    let content = "x".repeat(1000);
    let packed = pack(content.as_bytes());
    let mut wrong = packed.clone();
    *wrong.last_mut().unwrap() ^= 1;
    for (body, text) in [
        (&packed[..packed.len() - 1], "its gzip ends in the middle"),
        (&packed[..12], "its gzip ends in the middle"),
        (&[&*packed, b"{}"].concat(), "its gzip is followed by something else"),
        (&wrong, "its gzip has a wrong checksum or length"),
        (content.as_bytes(), "it is said to be gzip, and is not"),
    ] {
        let mut script = raw(&session());
        script.exchange();
        script.arrived.extend([packed_head(200), bytes(body), Input::End]);
        let error = script.error();
        assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert!(error.attempt().is_some());
    }
}

#[test]
fn a_reader_that_pauses_in_the_middle_of_a_piece_is_no_silence() {
    let session = session_with(|_| {}, |settings| (settings.call.idle, settings.call.total) = (Some(secs(10)), None));
    let items: Vec<_> = (0..5000).map(|n| format!(r#"{{"metadata":{{"name":"pod-{n}"}}}}"#)).collect();
    let packed = pack(format!(r#"{{"items":[{}],"metadata":{{}}}}"#, items.join(",")).as_bytes());
    let mut script = Script::new(pods().pages(&ListParams::default()), &session);
    script.exchange();
    script.arrived.extend([packed_head(200), bytes(&packed)]);
    for n in 0..5000 {
        assert_eq!(script.pass(secs(1)).item().metadata.name, Some(format!("pod-{n}")));
    }
    assert_eq!(script.waits(), Some(secs(10)));
    assert!(matches!(script.feed([Input::End]), Step::Done(Ok(()))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_the_body_is_cut(
        names in prop::collection::vec("[a-z]{1,2000}", 0..60),
        cuts in prop::collection::vec(1..3000_usize, 0..20),
    ) {
        let items: Vec<_> = names.iter().map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)).collect();
        let packed = pack(format!(r#"{{"items":[{}],"metadata":{{}}}}"#, items.join(",")).as_bytes());
        let mut script = Script::new(pods().list(&ListParams::default()), &session());
        script.exchange();
        script.arrived.push_back(packed_head(200));
        let mut rest = &*packed;
        for cut in cuts {
            if let Some((first, after)) = rest.split_at_checked(cut) {
                script.arrived.push_back(bytes(first));
                rest = after;
            }
        }
        script.arrived.extend(Some(bytes(rest)).filter(|_| !rest.is_empty()));
        script.arrived.push_back(Input::End);
        let found: Vec<_> = script.item().items.into_iter().map(|pod| pod.metadata.name.unwrap()).collect();
        prop_assert_eq!(found, names);
    }
}
