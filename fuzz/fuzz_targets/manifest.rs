//! Manifests: the objects of a stream are those that a plain walk through its documents finds, and are read again one by one.

#![no_main]

use kube_proto::manifest::{Manifest, read};
use kube_proto::yaml::documents;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The objects of a document, and how many of its parts are none.
fn walk(value: &Value, of_list: Option<(&str, &str)>, objects: &mut Vec<Value>, wrong: &mut usize) {
    let Value::Object(members) = value else {
        *wrong += 1;
        return;
    };
    let mut object = members.clone();
    if let Some((api_version, kind)) = of_list
        && !object.contains_key("apiVersion")
        && !object.contains_key("kind")
    {
        object.insert("apiVersion".into(), api_version.into());
        object.insert("kind".into(), kind.into());
    }
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if api_version.is_empty() || kind.is_empty() {
        *wrong += 1;
        return;
    }
    match (kind.strip_suffix("List"), object.get("items")) {
        (Some(_), Some(Value::Null)) => {}
        (Some(kind), Some(Value::Array(items))) => {
            let of_list = (!kind.is_empty()).then_some((api_version.as_str(), kind));
            items.iter().for_each(|item| walk(item, of_list, objects, wrong));
        }
        _ => objects.push(object.into()),
    }
}

fuzz_target!(|input: &[u8]| {
    let (mut objects, mut wrong) = (Vec::new(), 0);
    for document in documents(input) {
        match document {
            Ok(Value::Null) => {}
            Ok(value) => walk(&value, None, &mut objects, &mut wrong),
            Err(_) => wrong += 1,
        }
    }
    let found: Vec<Manifest> = read(input).filter_map(Result::ok).collect();
    let read_again: Vec<Value> = found.iter().map(|one| Value::Object(one.object().clone())).collect();
    assert_eq!(read_again, objects);
    assert_eq!(read(input).filter(Result::is_err).count(), wrong);
    for (one, value) in found.iter().zip(&objects) {
        assert_eq!(&Manifest::new(value).unwrap(), one);
    }
});
