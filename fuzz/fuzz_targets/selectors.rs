//! Label and field selectors: reading, writing and reading again gives the same.

#![no_main]

use kube_proto::api::{FieldSelector, LabelSelector};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match text.parse::<LabelSelector>() {
        Ok(selector) => {
            let written = selector.to_string();
            let again: LabelSelector = written.parse().unwrap_or_else(|error| panic!("{error}: {written:?}"));
            assert_eq!(again, selector, "{written:?}");
            assert!(selector.requirements().len() <= text.len() + 1);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match text.parse::<FieldSelector>() {
        Ok(selector) => {
            let written = selector.to_string();
            let again: FieldSelector = written.parse().unwrap_or_else(|error| panic!("{error}: {written:?}"));
            assert_eq!(again, selector, "{written:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
