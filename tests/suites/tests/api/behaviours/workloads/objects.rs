//! The objects of these rows, and what is in them.

use kube_proto::{Api, Error};
use serde_json::{Value, json};

use super::kinds::Workload;
use crate::behaviours::support::*;
use crate::context::Context;

/// The objects of this row.
pub(super) fn api<K: Workload>(cx: &Context) -> Api<K> {
    Api::namespaced(cx.namespace())
}

/// An object of that name, and a label with the same value.
pub(super) fn document<K: Workload>(name: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": (K::ABOUT.spec)()})
}

/// A new object. When this returns, the controller has seen it and writes no more of it by itself.
pub(super) fn created<K: Workload>(cx: &Context, name: &str) -> K {
    let api = api::<K>(cx);
    let created = create(cx, &api, document::<K>(name));
    let (true, Some(report)) = (cx.site.is_real(), K::ABOUT.reported) else { return created };
    cx.eventually("the controller reports", || {
        let found = cx.call(api.get(name)).unwrap();
        at(&found, report).is_some().then_some(found)
    })
}

/// What is at a path of an object.
pub(super) fn at<K: Workload>(object: &K, path: &str) -> Option<Value> {
    json!(object).pointer(path).cloned()
}

/// The number at a path of an object.
pub(super) fn number<K: Workload>(object: &K, path: &str) -> i64 {
    at(object, path).and_then(|value| value.as_i64()).unwrap_or_default()
}

/// The object, with another number at a path.
pub(super) fn with<K: Workload>(before: &K, path: &str, number: i64) -> K {
    let mut value = json!(before);
    merge(&mut value, &nested(path, number.into()));
    object(value)
}

/// An object that has nothing but this at a path.
pub(super) fn nested(path: &str, value: Value) -> Value {
    path.rsplit('/').filter(|key| !key.is_empty()).fold(value, |value, key| json!({key: value}))
}

/// Writes what is there into another document; lists are replaced.
pub(super) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// Whether all of this is there; a list may hold more beside it.
pub(super) fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| holds(found, wanted)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| found.iter().any(|found| holds(found, wanted)))
        }
        (found, wanted) => found == wanted,
    }
}

/// The generation of an object.
pub(super) fn generation<K: Workload>(object: &K) -> i64 {
    number(object, "/metadata/generation")
}

/// That an object with this in its spec is refused, and why: the field, and what is said of it.
#[track_caller]
pub(super) fn refused<K: Workload>(cx: &Context, spec: Value, field: &str, text: &str) {
    let mut wanted = document::<K>("refused");
    merge(&mut wanted, &json!({"spec": spec}));
    let error = try_create(cx, &api::<K>(cx), wanted).unwrap_err();
    caused(&error, field, text);
}

/// That one of an error's causes names this field, and says this.
#[track_caller]
pub(super) fn caused(error: &Error, field: &str, text: &str) {
    assert!(error.is_invalid(), "{error}");
    let causes = error.status().unwrap().causes();
    let found = causes.iter().any(|cause| cause.field == field && cause.message.contains(text));
    assert!(found, "no {field:?} with {text:?}: {causes:?}");
}

/// What was written, or nothing if another writer came first.
pub(super) fn unless_conflict<K>(result: Result<K, Error>) -> Option<K> {
    result.map_err(|error| assert!(error.is_conflict(), "{error}")).ok()
}
