//! Templates of JSONPath: a template without an action is its text; a path in any form is the same; what is found is what is printed.
//!
//! The first line is the template, the rest is the object.

#![no_main]

use kube_proto::jsonpath::{JsonPath, TEMPLATE};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let (template, object) = input.split_once('\n').unwrap_or((input, ""));
    // `serde_json`, which reads what is printed, takes 128 levels.
    let object = if object.matches(['[', '{']).count() > 100 { "" } else { object };
    let object: Value = kube_proto::json::from_str(object).unwrap_or(Value::Null);
    if !template.is_empty()
        && template.len() < TEMPLATE - 3
        && !template.contains(['{', '}'])
        && !template.starts_with('.')
    {
        assert_eq!(JsonPath::parse(template).unwrap().print(&object).unwrap(), template);
        let braces = JsonPath::parse(&format!("{{.{template}}}"));
        for form in ["", "."] {
            assert_eq!(JsonPath::relaxed(&format!("{form}{template}")), braces, "{template:?}");
        }
    }
    let Ok(path) = JsonPath::parse(template) else { return };
    // What multiplies values, up to the limit of an evaluation: slow, and no more is seen.
    if ["..", "*", ",", "range"].iter().map(|many| template.matches(many).count()).sum::<usize>() > 8 {
        return;
    }
    let found = path.find(&object);
    if found.as_ref().is_ok_and(|found| found.len() > 1000) {
        return;
    }
    let printed = (path.print(&object), path.print_json(&object), path.cell(&object));
    match found {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(printed.0.is_err() && printed.1.is_err() && printed.2.is_err(), "{template:?}");
        }
        Ok(found) => {
            let lists: String = printed.1.unwrap();
            let lists = serde_json::Deserializer::from_str(&lists).into_iter::<Vec<Value>>().map(Result::unwrap);
            let listed: Vec<Value> = lists.flatten().collect();
            assert_eq!(listed.len(), found.len(), "{template:?}");
            for (one, other) in found.iter().zip(&listed) {
                // A whole float is written without its point.
                let same = **one == *other || (one.is_number() && one.as_f64() == other.as_f64());
                assert!(same || one.is_object() || one.is_array(), "{template:?}: {one} and {other}");
            }
            // Strict, it fails or finds the same; in a filter a failure is no match.
            let strict = path.clone().strict();
            if let (Ok(strict), false) = (strict.find(&object), template.contains("[?(")) {
                assert_eq!(strict, found, "{template:?}");
            }
        }
    }
});
