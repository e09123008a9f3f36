//! Expressions in CEL over an object: what an expression costs is bounded, and it says the same in its other forms.
//!
//! The first line is the expression, the rest is the object in JSON.

#![no_main]

use kube_proto::schema::cel::{CelError, Expression};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const BUDGET: u64 = 20_000;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (text, object) = input.split_once('\n').unwrap_or((input, "{}"));
    let object = serde_json::from_str(object).unwrap_or_else(|_| json!({"a": [1, 2.5, "b"], "t": "2020-01-01T00:00:00Z"}));
    let evaluate = |text: &str| -> Result<Value, CelError> {
        let mut budget = BUDGET;
        let value = Expression::parse(text)?.evaluate_within(&[("self", &object), ("object", &object)], &mut budget);
        assert!(budget <= BUDGET);
        value
    };
    let found = evaluate(text);
    match &found {
        // A comment would hide the bracket.
        Ok(Value::Bool(value)) if !text.contains("//") => {
            match evaluate(&format!("!({text})")) {
                Ok(negated) => assert_eq!(negated, json!(!value), "{text}"),
                // One level and a few units more than are allowed.
                Err(error) => assert!(error.is_unchecked() || matches!(error, CelError::Budget), "{text}: {error}"),
            }
        }
        Ok(value) => assert_eq!(evaluate(text).as_ref(), Ok(value), "{text}"),
        Err(error) => assert!(error.to_string().len() < 100_000, "{text}"),
    }
});
