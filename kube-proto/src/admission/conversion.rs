//! Conversion of custom resources between versions (`apiextensions.k8s.io/v1`).
//!
//! Functions convert from one version to another one. Where there is none for a pair, the way leads through the hub
//! version, if there is one:
//!
//! | from, to | way |
//! |---|---|
//! | the same version | the object as it is |
//! | a pair with a function | that function |
//! | other pairs, with a hub | to the hub, and from the hub |
//! | anything else | the review fails |
//!
//! All objects of a review are converted, or the review fails. `metadata` is the original's but for labels and annotations,
//! which a function may change: the API server demands it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::difference::{Difference, differences};
use crate::json;
use crate::resource::{Resource, null_as_default, split_api_version};

type Function = Arc<dyn Fn(Value) -> Result<Value, String> + Send + Sync>;

/// The conversions of one kind.
///
/// ```
/// use kube_proto::admission::Conversions;
/// use serde_json::json;
///
/// let conversions = Conversions::new("example.com", "Backup")
///     .hub("v2")
///     .pair("v1", "v2", |mut object| {
///         let seconds = object["spec"]["seconds"].take();
///         object["spec"] = json!({"every": format!("{}s", seconds.as_u64().ok_or("spec.seconds is no number")?)});
///         Ok::<_, &str>(object)
///     })
///     .pair("v2", "v1", |mut object| {
///         let every = object["spec"]["every"].as_str().and_then(|every| every.strip_suffix('s')?.parse::<u64>().ok());
///         object["spec"] = json!({"seconds": every.ok_or("spec.every is not a number of seconds")?});
///         Ok::<_, &str>(object)
///     });
/// let old = json!({
///     "apiVersion": "example.com/v1", "kind": "Backup", "metadata": {"name": "a"}, "spec": {"seconds": 60},
/// });
/// let new = conversions.convert(&old, "example.com/v2")?;
/// assert_eq!(new["spec"]["every"], "60s");
/// assert_eq!(new["apiVersion"], "example.com/v2");
/// // Nothing is lost on the way there and back.
/// conversions.round_trip(&old, "example.com/v2")?;
/// # Ok::<(), kube_proto::admission::ConversionError>(())
/// ```
#[derive(Clone)]
pub struct Conversions {
    group: String,
    kind: String,
    hub: Option<String>,
    pairs: BTreeMap<(String, String), Function>,
}

/// Why an object is not converted. The texts show no value of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConversionError {
    /// There is no function for this pair of versions, or the object is of another kind.
    NoWay(String),
    /// A function has refused the object.
    Failed(String),
    /// The way there and back has changed these fields.
    Lossy(Vec<Difference>),
}

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWay(text) | Self::Failed(text) => f.write_str(text),
            Self::Lossy(lost) => write!(f, "the conversion there and back changes {lost:?}"),
        }
    }
}

impl std::error::Error for ConversionError {}

impl Conversions {
    /// No conversions yet, of this kind in this API group.
    #[must_use]
    pub fn new(group: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { group: group.into(), kind: kind.into(), hub: None, pairs: BTreeMap::new() }
    }

    /// The version through which other ones are converted (`v2`). It need not be the stored one.
    #[must_use]
    pub fn hub(mut self, version: impl Into<String>) -> Self {
        self.hub = Some(version.into());
        self
    }

    /// Adds a function for whole objects as JSON, from one version to another (`v1`, `v2`). It need not set `apiVersion`,
    /// and what it does to `metadata` counts only for labels and annotations.
    #[must_use]
    pub fn pair<E: fmt::Display>(
        mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        convert: impl Fn(Value) -> Result<Value, E> + Send + Sync + 'static,
    ) -> Self {
        let function = move |object| convert(object).map_err(|error| error.to_string());
        self.pairs.insert((from.into(), to.into()), Arc::new(function));
        self
    }

    /// Adds a function for typed objects. Fields that `A` does not know are lost: the API server has pruned those that the
    /// schema of the version does not have.
    #[must_use]
    pub fn typed<A, B, E>(self, convert: impl Fn(A) -> Result<B, E> + Send + Sync + 'static) -> Self
    where
        A: Resource + DeserializeOwned,
        B: Resource + Serialize,
        E: fmt::Display,
    {
        self.pair(A::VERSION, B::VERSION, move |object: Value| {
            let object = object.to_string();
            let from: A = json::from_str(&object).map_err(|error| format!("it does not decode: {error}"))?;
            let to = convert(from).map_err(|error| error.to_string())?;
            serde_json::to_value(&to).map_err(|error| format!("the result does not serialize: {error}"))
        })
    }

    /// Converts an object to this `apiVersion` (`example.com/v2`).
    ///
    /// # Errors
    /// There is no way to that version, or a function refuses the object. The error names the object, not its content.
    pub fn convert(&self, object: &Value, to: &str) -> Result<Value, ConversionError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let (group, from) = split_api_version(text("apiVersion"));
        let (wanted, version) = split_api_version(to);
        if group != self.group || wanted != self.group || text("kind") != self.kind {
            let text = format!("{} is not {} of {}: it cannot become {to}", name(object), self.kind, self.group);
            return Err(ConversionError::NoWay(text));
        }
        let mut result = if from == version { object.clone() } else { self.through(object, from, version)? };
        let no_object = || ConversionError::Failed(format!("the conversion of {} gives no object", name(object)));
        let result_map = result.as_object_mut().ok_or_else(no_object)?;
        result_map.insert("apiVersion".into(), to.into());
        result_map.insert("kind".into(), self.kind.clone().into());
        protect(object, &mut result);
        Ok(result)
    }

    fn through(&self, object: &Value, from: &str, to: &str) -> Result<Value, ConversionError> {
        let pair = |from: &str, to: &str| self.pairs.get(&(from.to_owned(), to.to_owned()));
        let steps = match (pair(from, to), &self.hub) {
            (Some(function), _) => vec![function],
            (None, Some(hub)) => match (pair(from, hub), pair(hub, to)) {
                (Some(first), Some(second)) => vec![first, second],
                _ => Vec::new(),
            },
            (None, None) => Vec::new(),
        };
        if steps.is_empty() {
            let text = format!("there is no conversion of {} from {from} to {to}", self.kind);
            return Err(ConversionError::NoWay(text));
        }
        let failed = |text: String| {
            ConversionError::Failed(format!("{} cannot be converted from {from} to {to}: {text}", name(object)))
        };
        let hub = match (&self.hub, steps.len()) {
            (Some(hub), 2) => Some(format!("{}/{hub}", self.group)),
            _ => None,
        };
        steps.into_iter().try_fold(object.clone(), |object, function| {
            let mut next = function(object).map_err(failed)?;
            // A typed function reads the `apiVersion` of its own version.
            if let (Some(hub), Some(map)) = (&hub, next.as_object_mut()) {
                map.insert("apiVersion".into(), hub.as_str().into());
            }
            Ok(next)
        })
    }

    /// Converts the object to a version and back, and compares. Run it over generated objects in a property test: a
    /// conversion that loses something damages every object that is read in one version and written in another.
    ///
    /// # Errors
    /// [`ConversionError::Lossy`] has every field that differs; other errors are those of [`convert`](Self::convert).
    pub fn round_trip(&self, object: &Value, through: &str) -> Result<(), ConversionError> {
        let own = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
        let back = self.convert(&self.convert(object, through)?, own)?;
        match differences(object, &back) {
            lost if lost.is_empty() => Ok(()),
            lost => Err(ConversionError::Lossy(lost)),
        }
    }

    /// Reads the body of a request to a conversion webhook, and writes the answer. A conversion that fails is a result of
    /// the review, and its message reaches the user.
    ///
    /// # Errors
    /// The body is no `ConversionReview` of `apiextensions.k8s.io/v1`: HTTP 400. The text shows nothing of it.
    pub fn review(&self, body: &[u8]) -> Result<Bytes, String> {
        let review: Received =
            json::from_slice(body).map_err(|error| format!("the body is no ConversionReview: {error}"))?;
        if review.kind != "ConversionReview" || review.api_version != VERSION {
            return Err(format!("the body is no ConversionReview of {VERSION}"));
        }
        let request = review.request.ok_or("the ConversionReview has no request")?;
        if request.uid.is_empty() {
            return Err("the request of the ConversionReview has no uid".into());
        }
        let converted: Result<Vec<Value>, ConversionError> =
            request.objects.iter().map(|object| self.convert(object, &request.desired_api_version)).collect();
        let (converted_objects, result) = match converted {
            Ok(objects) => (objects, Outcome { status: "Success", message: None }),
            Err(error) => (Vec::new(), Outcome { status: "Failure", message: Some(error.to_string()) }),
        };
        let response = Response { uid: &request.uid, converted_objects, result };
        let sent = Sent { api_version: VERSION, kind: "ConversionReview", response };
        serde_json::to_vec(&sent).map(Bytes::from).map_err(|error| format!("the answer does not serialize: {error}"))
    }

    /// The versions that functions name.
    #[must_use]
    pub fn versions(&self) -> Vec<&str> {
        let mut versions: Vec<&str> = self.pairs.keys().flat_map(|(from, to)| [&**from, &**to]).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }
}

impl fmt::Debug for Conversions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversions")
            .field("group", &self.group)
            .field("kind", &self.kind)
            .field("hub", &self.hub)
            .field("pairs", &self.pairs.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Restores the metadata, but for labels and annotations.
fn protect(original: &Value, result: &mut Value) {
    let Some(Value::Object(own)) = original.get("metadata") else { return };
    let mut metadata = own.clone();
    for field in ["labels", "annotations"] {
        match result.pointer(&format!("/metadata/{field}")) {
            Some(value) => drop(metadata.insert(field.into(), value.clone())),
            None => drop(metadata.remove(field)),
        }
    }
    if let Some(result) = result.as_object_mut() {
        result.insert("metadata".into(), metadata.into());
    }
}

/// `Backup shop/nightly`.
fn name(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, namespace, name) = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    let slash = if namespace.is_empty() { "" } else { "/" };
    crate::visible::visible(&format!("{kind} {namespace}{slash}{name}")).into_owned()
}

const VERSION: &str = "apiextensions.k8s.io/v1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    request: Option<Request>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default, deserialize_with = "null_as_default")]
    uid: String,
    #[serde(default, rename = "desiredAPIVersion")]
    desired_api_version: String,
    #[serde(default, deserialize_with = "null_as_default")]
    objects: Vec<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    api_version: &'a str,
    kind: &'a str,
    response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    converted_objects: Vec<Value>,
    result: Outcome,
}

#[derive(Serialize)]
struct Outcome {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// v1 has `a`, v2 has `b`, v3 has `c`; v1 to v3 goes through v2.
    fn conversions() -> Conversions {
        let rename = |from: &'static str, to: &'static str| {
            move |mut object: Value| -> Result<Value, String> {
                let map = object.as_object_mut().ok_or("no object")?;
                let value = map.remove(from).ok_or_else(|| format!("{from} is missing"))?;
                map.insert(to.into(), value);
                Ok(object)
            }
        };
        Conversions::new("example.com", "Thing")
            .hub("v2")
            .pair("v1", "v2", rename("a", "b"))
            .pair("v2", "v1", rename("b", "a"))
            .pair("v3", "v2", rename("c", "b"))
            .pair("v2", "v3", rename("b", "c"))
            .pair("v1", "v4", |object| {
                Ok::<_, String>(json!({"metadata": {"name": "other", "labels": {"l": "1"}}, "had": object["a"]}))
            })
    }

    fn thing(version: &str, field: &str) -> Value {
        json!({
            "apiVersion": format!("example.com/{version}"), "kind": "Thing",
            "metadata": {"name": "t", "namespace": "n", "uid": "1", "annotations": {"x": "y"}}, field: 7,
        })
    }

    #[test]
    fn ways() {
        let all = conversions();
        for (from, field, to, wanted) in
            [("v1", "a", "v2", "b"), ("v1", "a", "v3", "c"), ("v3", "c", "v1", "a"), ("v1", "a", "v1", "a")]
        {
            assert_eq!(all.convert(&thing(from, field), &format!("example.com/{to}")).unwrap(), thing(to, wanted));
        }
        for (object, to) in [
            (thing("v3", "c"), "example.com/v4"),
            (thing("v1", "a"), "example.com/v9"),
            (thing("v1", "a"), "example.org/v2"),
            (json!({"apiVersion": "example.com/v1", "kind": "Other"}), "example.com/v2"),
            (json!([]), "example.com/v2"),
        ] {
            assert!(matches!(all.convert(&object, to), Err(ConversionError::NoWay(_))), "{object}");
        }
        let error = all.convert(&thing("v1", "z"), "example.com/v2").unwrap_err();
        assert_eq!(error.to_string(), "Thing n/t cannot be converted from v1 to v2: a is missing");
        assert_eq!(all.versions(), ["v1", "v2", "v3", "v4"]);
    }

    #[test]
    fn metadata_is_protected_but_for_labels_and_annotations() {
        let converted = conversions().convert(&thing("v1", "a"), "example.com/v4").unwrap();
        let metadata = json!({"name": "t", "namespace": "n", "uid": "1", "labels": {"l": "1"}});
        assert_eq!(converted, json!({"apiVersion": "example.com/v4", "kind": "Thing", "metadata": metadata, "had": 7}));
    }

    #[test]
    fn what_is_lost_is_named() {
        let lossy = conversions().pair("v4", "v1", |object| Ok::<_, String>(json!({"metadata": object["metadata"]})));
        let error = lossy.round_trip(&thing("v1", "a"), "example.com/v4").unwrap_err();
        let shown =
            "the conversion there and back changes [/a removed, /metadata/annotations removed, /metadata/labels added]";
        assert_eq!(error.to_string(), shown);
        lossy.round_trip(&thing("v1", "a"), "example.com/v3").unwrap();
    }

    #[test]
    fn all_or_nothing() {
        let review = |objects: Value| {
            let body = json!({
                "apiVersion": VERSION, "kind": "ConversionReview",
                "request": {"uid": "u", "desiredAPIVersion": "example.com/v2", "objects": objects}, "response": {},
            });
            let answer = conversions().review(body.to_string().as_bytes()).unwrap();
            serde_json::from_slice::<Value>(&answer).unwrap()["response"].take()
        };
        let (good, bad) = (thing("v1", "a"), thing("v1", "z"));
        assert_eq!(
            review(json!([good, thing("v3", "c")])),
            json!({"uid": "u", "convertedObjects": [thing("v2", "b"), thing("v2", "b")], "result": {"status": "Success"}})
        );
        let message = "Thing n/t cannot be converted from v1 to v2: a is missing";
        assert_eq!(
            review(json!([good, bad])),
            json!({"uid": "u", "convertedObjects": [], "result": {"status": "Failure", "message": message}})
        );
        assert_eq!(review(json!(null))["convertedObjects"], json!([]));
        for body in ["", "{}", "[]", r#"{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1"}"#, "\0"] {
            assert!(conversions().review(body.as_bytes()).is_err(), "{body:?}");
        }
    }
}
