//! A stream of YAML and JSON documents: no input makes the reader panic, and what it read is read again from what is written of it.

#![no_main]

use kube_proto::yaml::{Documents, documents, to_string};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let mut written = String::new();
    let mut values = Vec::new();
    let mut line = 0;
    for (count, document) in documents(input).enumerate() {
        match document {
            Ok(value) => {
                let text = to_string(&value);
                let again: Vec<_> = documents(&text).collect();
                assert_eq!(again, [Ok(value.clone())], "{text}");
                written += "---\n";
                written += &text;
                values.push(value);
            }
            Err(error) => {
                assert_eq!(error.document(), count + 1);
                assert!(error.line() >= line.max(1) && error.column() >= 1, "{error}");
                assert!((1..2000).contains(&error.to_string().len()), "{error}");
                line = error.line();
            }
        }
    }
    // All of them in one stream.
    let again: Result<Vec<Value>, _> = documents(&written).collect();
    assert_eq!(again.as_ref(), Ok(&values), "{written}");
    // The stricter readers refuse more, and read nothing else.
    for strict in [Documents::unique_keys, Documents::strict_json] {
        let values = documents(input).filter_map(Result::ok);
        let strict = strict(documents(input)).filter_map(Result::ok);
        let mut values = values.collect::<Vec<_>>().into_iter();
        assert!(strict.into_iter().all(|value| values.any(|other| other == value)));
    }
});
