//! The same pods in protobuf. A number has as many bytes there as in JSON, so the bytes are repeated in the same way.

use kube_proto::internals::protobuf::{MessageId, framed, sealed, to_message};
use serde_json::Value;

use super::{MARK, TEMPLATE};

/// The message of the pod with the mark in place of its number.
pub(super) fn message() -> Vec<u8> {
    // The template is a pod, which is in the table.
    let pod: Value = serde_json::from_str(TEMPLATE).unwrap_or_default();
    MessageId::of("v1", "Pod").and_then(|message| to_message(&pod, message).ok()).unwrap_or_default()
}

/// The document of the pod with the mark.
pub(super) fn pod() -> Vec<u8> {
    sealed("v1", "Pod", &message())
}

/// The frame of an event of the pod with the mark.
pub(super) fn event(kind: &str) -> Vec<u8> {
    framed(kind, &pod())
}

/// The frame of a bookmark; `last` is for the one that ends the initial events.
pub(super) fn bookmark(last: bool) -> Vec<u8> {
    let annotations: &[u8] = if last { b"\x62\x21\x0a\x19k8s.io/initial-events-end\x12\x04true" } else { b"" };
    let metadata = [b"\x32\x06300000", annotations].concat();
    framed("BOOKMARK", &sealed("v1", "Pod", &record(1, &metadata)))
}

/// The parts of a list of so many pods: its beginning, an item with the mark, its end.
pub(super) fn list(count: usize) -> [Vec<u8>; 3] {
    const MARKED: &[u8] = b"\x12\x02ok";
    let item = record(2, &message());
    let metadata = record(1, b"\x0a\x00\x12\x06300000\x1a\x00");
    let length = varint(metadata.len() + count * item.len());
    // The envelope of another message shows where its parts are.
    let envelope = sealed("v1", "PodList", b"ok");
    let at = envelope.windows(MARKED.len()).position(|bytes| bytes == MARKED).unwrap_or_default();
    let (before, after) = envelope.split_at(at);
    let after = after.get(MARKED.len()..).unwrap_or_default();
    [[before, b"\x12", &length, &metadata].concat(), item, after.to_vec()]
}

fn record(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2], &*varint(bytes.len()), bytes].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 127 {
        out.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

const _: () = assert!(MARK.len() == 5, "all numbers have five digits");
