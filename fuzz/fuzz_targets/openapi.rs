//! A document of OpenAPI: each schema is read when it is asked for, and judges a value.

#![no_main]

use kube_proto::schema::{Limits, OpenApi};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|input: &[u8]| {
    let Ok(document) = OpenApi::from_slice(input) else { return };
    let mut limits = Limits::default();
    (limits.steps, limits.errors) = (10_000, 50);
    let value = json!({"metadata": {"name": 1}, "spec": {"a": [1, null, {"b": "c"}]}});
    for kind in document.kinds() {
        let schema = document.kind(kind).expect("a kind has a schema");
        assert_eq!(schema.validate_within(&value, None, limits), schema.validate_within(&value, None, limits));
    }
    if let Ok(whole) = serde_json::from_slice::<Value>(input) {
        let count = |path: &str| whole.pointer(path).and_then(Value::as_object).map_or(0, serde_json::Map::len);
        assert!(document.names().count() <= count("/components/schemas") + count("/definitions"));
    }
    for name in document.names() {
        if let Some(Ok(schema)) = document.definition(name) {
            schema
                .properties()
                .take(4)
                .for_each(|name| _ = schema.property(name).map(|part| part.description().map(str::len)));
        }
    }
});
