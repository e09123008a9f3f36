//! One line of a watch and the identity of its object, compared with `serde_json`.

#![no_main]

use std::borrow::Cow;

use kube_proto::internals::frame::{EventType, event, identity, metadata};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Oracle<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

fuzz_target!(|line: &[u8]| {
    let found = event(line);
    // serde would also read the struct from an array.
    let is_object = line.trim_ascii_start().starts_with(b"{");
    if let Some(oracle) = serde_json::from_slice::<Oracle<'_>>(line).ok().filter(|_| is_object) {
        let (kind, object) = found.clone().expect("it is an event");
        assert_eq!(name(&kind), oracle.kind);
        assert_eq!(object, oracle.object.get().as_bytes());
    }
    if let Some((_, object)) = found {
        identities(object);
    }
    identities(line);
});

fn name<'a>(kind: &'a EventType<'a>) -> &'a str {
    match kind {
        EventType::Added => "ADDED",
        EventType::Modified => "MODIFIED",
        EventType::Deleted => "DELETED",
        EventType::Bookmark => "BOOKMARK",
        EventType::Error => "ERROR",
        EventType::Other(name) => name,
    }
}

/// The same shape for serde, which refuses duplicate members, so that their order does not matter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    #[serde(default)]
    api_version: Value,
    #[serde(default)]
    kind: Value,
    #[serde(default)]
    metadata: Inner,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    namespace: Value,
    #[serde(default)]
    uid: Value,
    #[serde(default)]
    resource_version: Value,
}

fn identities(document: &[u8]) {
    let (whole, part) = (identity(document), metadata(document));
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(document) else { return };
    assert!(whole.is_some() && part.is_some(), "it is an object");
    // Serde would also read a struct from an array.
    let readable = !object.get("metadata").is_some_and(Value::is_array);
    let (Some(whole), true, Ok(oracle)) = (whole, readable, serde_json::from_slice::<Object>(document)) else { return };
    assert_eq!(part.as_ref(), Some(&whole.metadata));
    assert_eq!(whole.api_version.as_deref(), oracle.api_version.as_str());
    assert_eq!(whole.kind.as_deref(), oracle.kind.as_str());
    assert_eq!(whole.metadata.name.as_deref(), oracle.metadata.name.as_str());
    assert_eq!(whole.metadata.namespace.as_deref(), oracle.metadata.namespace.as_str());
    assert_eq!(whole.metadata.uid.as_deref(), oracle.metadata.uid.as_str());
    assert_eq!(whole.metadata.resource_version.as_deref(), oracle.metadata.resource_version.as_str());
}
