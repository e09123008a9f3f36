//! The JSON reader, compared with `serde_json` on what both take.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// A type that takes less than a `Value` does.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Object {
    name: Option<String>,
    list: Option<Vec<i64>>,
    inner: Option<Box<Object>>,
    map: Option<std::collections::BTreeMap<String, Option<bool>>>,
}

fuzz_target!(|input: &[u8]| {
    let ours = kube_proto::json::from_slice::<Value>(input);
    if let Ok(theirs) = serde_json::from_slice::<Value>(input) {
        let ours = ours.as_ref().expect("it is JSON");
        assert!(alike(ours, &theirs), "{ours} {theirs}");
        // Whatever is decoded, the rest is skipped.
        kube_proto::json::from_slice::<IgnoredAny>(input).expect("it is JSON");
    }
    if let Ok(theirs) = serde_json::from_slice::<Object>(input)
        // It takes a struct from an array, and a map with null.
        && input.trim_ascii_start().starts_with(b"{")
        && !input.contains(&b'[')
    {
        assert_eq!(kube_proto::json::from_slice::<Object>(input).expect("it is an object"), theirs);
    }
    if let Ok(value) = ours {
        // What is written is read as the same.
        let again = kube_proto::json::from_slice::<Value>(value.to_string().as_bytes()).expect("it was written");
        assert_eq!(again, value);
    } else {
        let text = ours.unwrap_err().to_string();
        assert!(!text.is_empty() && text.len() < 1000);
    }
});

/// `-0` is 0 here, and `-0.0` there.
fn alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a == b || (a.as_f64() == Some(0.0) && b.as_f64() == Some(0.0)),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => ours == theirs,
    }
}
