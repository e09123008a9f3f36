//! A schema and a value of it: judging has a bound and one result.
//!
//! The input is `{"schema": ..., "value": ..., "old": ...}`.

#![no_main]

use kube_proto::schema::{FieldErrorKind, Limits, Report, Schema};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = kube_proto::json::from_slice::<Value>(input) else { return };
    let (Some(schema), Some(value)) = (input.get("schema"), input.get("value")) else { return };
    let schema = match Schema::of_resource(schema) {
        Ok(schema) => schema,
        Err(error) => return assert!(error.to_string().len() < 2 << 10),
    };
    let mut limits = Limits::default();
    (limits.steps, limits.errors, limits.error_bytes, limits.defaults) = (100_000, 50, 64 << 10, 10_000);
    let bounded = |report: &Report| {
        assert!(report.errors().len() <= limits.errors && report.unchecked().len() <= limits.errors + 3);
        report.errors().iter().for_each(|error| assert!(!error.to_string().is_empty()));
    };
    let report = schema.validate_within(value, None, limits);
    bounded(&report);
    assert_eq!(report, schema.validate_within(value, None, limits), "the second judgement is the first");
    if let Some(old) = input.get("old") {
        bounded(&schema.validate_within(value, Some(old), limits));
    }
    // What is pruned has no unknown members, and pruning changes it no more.
    let mut pruned = value.clone();
    let lost = schema.prune(&mut pruned);
    let mut again = pruned.clone();
    assert!(schema.prune(&mut again).is_empty() && again == pruned, "{lost:?}");
    let unknown = |error: &kube_proto::schema::FieldError| {
        error.kind() == FieldErrorKind::Unknown && !error.field().contains("metadata")
    };
    assert!(!schema.check(&pruned, None, limits).errors().iter().any(unknown));
    schema.drop_nulls(&mut pruned);
    for name in schema.properties().take(8) {
        let _ = schema.property(name).map(|part| format!("{part:?}"));
    }
});
