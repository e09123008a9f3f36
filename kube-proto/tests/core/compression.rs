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
