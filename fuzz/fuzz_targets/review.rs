//! Bodies of webhooks: an admission review whose object is changed, and a conversion review. The changed object of a review
//! with an object is compared with the patch applied.

#![no_main]

use bytes::Bytes;
use http::Request;
use kube_proto::admission::{Conversions, Handlers, Review, converting, differences, mutating};
use kube_proto::resource::DynamicObject;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|input: &[u8]| {
    let handlers = Handlers::new()
        .at(
            "/admit",
            mutating(|mut review: Review<DynamicObject>| {
                if let Some(object) = &mut review.object {
                    object.metadata.labels.insert("fuzz".into(), "ed".into());
                    let first = object.data.keys().next().cloned();
                    first.map(|key| object.data.remove(&key));
                }
                review.changed()
            }),
        )
        .at("/convert", converting(Conversions::new("g", "K").pair("v1", "v2", Ok::<Value, String>)));
    for path in ["/admit", "/convert"] {
        let request = Request::post(path).header("content-type", "application/json");
        let response = handlers.handle(&request.body(Bytes::copy_from_slice(input)).expect("a request"));
        let status = response.status().as_u16();
        assert!([200, 400, 500].contains(&status), "{status}");
        if status == 200 {
            let answer: Value = serde_json::from_slice(response.body()).expect("JSON");
            assert!(answer["response"]["uid"].as_str().is_some_and(|uid| !uid.is_empty()));
        }
    }
    // Two documents: what differs is written so that it leads from one to the other.
    let Ok(both) = kube_proto::json::from_slice::<(Value, Value)>(input) else { return };
    let mut document = json!({"root": both.0});
    for change in differences(&document.clone(), &json!({"root": both.1})) {
        apply(&mut document, &change.path, change.before.is_some(), change.after);
    }
    assert_eq!(document["root"], both.1);
});

/// The plainest application of one difference.
fn apply(document: &mut Value, path: &str, existed: bool, after: Option<Value>) {
    let (parent, last) = path.rsplit_once('/').expect("a path");
    let last = last.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(parent).expect("a parent"), after) {
        (Value::Object(map), Some(value)) => assert_eq!(map.insert(last, value).is_some(), existed),
        (Value::Object(map), None) => assert!(map.remove(&last).is_some()),
        (Value::Array(items), Some(value)) if existed => items[last.parse::<usize>().expect("an index")] = value,
        (Value::Array(items), Some(value)) => items.insert(last.parse().expect("an index"), value),
        (Value::Array(items), None) => drop(items.remove(last.parse().expect("an index"))),
        _ => panic!("no parent"),
    }
}
