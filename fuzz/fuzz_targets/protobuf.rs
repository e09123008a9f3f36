//! A document in protobuf. What is read is written, and read again as the same. What is left out while reading is what
//! is cut from the bytes.

#![no_main]

use kube_proto::api::Trim;
use kube_proto::internals::protobuf::{Content, Envelope, cut, from_document, identity, to_document};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let trim = Trim::managed_fields().annotation("a");
    let shorter = cut(&trim, input);
    assert!(shorter.len() <= input.len());
    let found = identity(input);
    let Ok(Envelope { api_version, kind, content: Content::Message(_) }) = Envelope::open(input) else { return };
    let Ok(object) = from_document::<Value>(input, &Trim::default()) else { return };
    from_document::<IgnoredAny>(input, &Trim::default()).unwrap();

    let name = &object["metadata"]["name"];
    // A kind of another layout can only be one without metadata. A record of another wire type that a later one replaces is
    // broken for the identity, and the reader does not look at it.
    if let (true, Some(found)) = (name.is_string(), found) {
        assert_eq!(found.metadata.name.as_deref(), name.as_str().filter(|name| !name.is_empty()));
    }
    let mut skipped = from_document::<Value>(input, &trim).unwrap();
    let mut left = from_document::<Value>(&shorter, &Trim::default()).unwrap();
    for object in [&mut skipped, &mut left] {
        // A map without entries is the same as none.
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|key, value| key != "annotations" || value.as_object().is_none_or(|all| !all.is_empty()));
        }
    }
    assert_eq!(skipped, left);

    let written = to_document(&object, api_version, kind).unwrap();
    let again = from_document::<Value>(&written, &Trim::default()).unwrap();
    assert!(contains(&again, &object), "{again} instead of {object}");
    assert_eq!(to_document(&again, api_version, kind).unwrap(), written);
});

/// Whether an object has everything that another has. Null, and lists and maps without elements, are the same as
/// nothing.
fn contains(all: &Value, part: &Value) -> bool {
    match (all, part) {
        (Value::Object(all), Value::Object(part)) => part.iter().all(|(key, part)| match all.get(key) {
            Some(all) => contains(all, part),
            None => is_nothing(part),
        }),
        (Value::Array(all), Value::Array(part)) => {
            all.len() == part.len() && all.iter().zip(part).all(|(all, part)| contains(all, part))
        }
        (all, part) => all == part || is_nothing(part),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}
