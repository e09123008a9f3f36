//! The channels of a port-forward without a tunnel. The input is messages, each after its length in one byte; they are
//! compared with the plainest reading, in parts of any size.

#![no_main]

use bytes::Bytes;
use kube_fuzz::{cuttings, pieces};
use kube_proto::internals::port_forward::read_messages;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let messages = messages(input);
    let expected = oracle(&messages);
    for way in 0..cuttings(b"x").len() {
        let parts = messages.iter().flat_map(|message| parts(message, way));
        let (data, end) = read_messages(parts);
        assert_eq!((data, end.is_err()), expected);
    }
    let _ = read_messages(pieces(input).into_iter().map(|piece| (piece, false)));
});

fn messages(mut input: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    while let Some((length, rest)) = input.split_first() {
        let (message, after) = rest.split_at(usize::from(*length).min(rest.len()));
        all.push(message);
        input = after;
    }
    all
}

fn parts(message: &[u8], way: usize) -> Vec<(Bytes, bool)> {
    let mut parts: Vec<_> = cuttings(message).swap_remove(way).into_iter().map(|part| (part, false)).collect();
    match parts.last_mut() {
        Some((_, last)) => *last = true,
        None => parts.push((Bytes::new(), true)),
    }
    parts
}

/// The data, and whether the server has reported a failure. Each channel begins with two bytes of the port.
fn oracle(messages: &[&[u8]]) -> (Vec<u8>, bool) {
    let of = |channel: u8| -> Vec<u8> {
        let own = messages.iter().filter_map(|message| message.split_first());
        own.filter(|(first, _)| **first == channel).flat_map(|(_, rest)| rest.iter().copied()).skip(2).collect()
    };
    (of(0), !of(1).is_empty())
}
