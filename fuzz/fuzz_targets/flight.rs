//! Recordings of operations: reading a file, and masking what a server sends.

#![no_main]

use std::task::Waker;

use bytes::Bytes;
use http::Response;
use kube_proto::config::Config;
use kube_proto::driver::{Cx, Input, Now, Operation, Session, SessionOptions, Step};
use kube_proto::flight::{self, Flight, SessionFlight};
use kube_proto::settings::Settings;
use libfuzzer_sys::fuzz_target;

/// An operation that takes anything.
struct Takes;

impl Operation for Takes {
    type Item = ();

    fn resume(&mut self, _: Option<Input>, _: &mut Cx<'_>) -> Step<()> {
        Step::Wait(None)
    }
}

/// What a recording has of a body in these pieces.
fn masked<'a>(session: &Session, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut operation, recording) = flight::record(Takes, usize::MAX);
    let mut cx = Cx { session, now: Now::default(), waker: Waker::noop() };
    let head = Response::builder().header("content-type", "application/json").body(()).unwrap().into_parts().0;
    let _ = operation.resume(Some(Input::Head(Box::new(head))), &mut cx);
    for piece in pieces {
        let _ = operation.resume(Some(Input::Data(Bytes::copy_from_slice(piece))), &mut cx);
    }
    let flight = Flight::parse(&recording.file()).expect("a recorder's file");
    let mut bytes = Vec::new();
    for turn in &flight.turns {
        if let Ok(Some(Input::Data(data))) = turn.input() {
            bytes.extend_from_slice(&data);
        }
    }
    bytes
}

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(flight) = Flight::parse(text)
    {
        for turn in &flight.turns {
            let _ = turn.input();
        }
    }
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(session) = SessionFlight::parse(text)
    {
        assert_eq!(session.ids.len(), session.flight.turns.len());
    }
    let session = Session::new(&Config::new("http://k").unwrap(), SessionOptions::new(Settings::default(), 1)).unwrap();
    let whole = masked(&session, [input]);
    assert_eq!(whole.len(), input.len());
    let cut = input.first().map_or(0, |first| usize::from(*first) % input.len());
    assert_eq!(masked(&session, [&input[..cut], &input[cut..]]), whole);
    if serde_json::from_slice::<serde_json::Value>(input).is_ok() {
        assert!(serde_json::from_slice::<serde_json::Value>(&whole).is_ok(), "{:?}", String::from_utf8_lossy(&whole));
    }
});
