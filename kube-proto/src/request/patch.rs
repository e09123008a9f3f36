//! Patches: changes of a part of an object (docs/wire.md §8).

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of a part of an object.
///
/// ```
/// use kube_proto::api::{JsonPatch, Patch, pointer};
/// use serde_json::json;
///
/// // What is named is set, `null` removes, lists are replaced.
/// Patch::merge(&json!({"spec": {"replicas": 3}, "metadata": {"labels": {"old": null}}}));
/// // Step by step, all or nothing.
/// Patch::json(
///     JsonPatch::new()
///         .test("/spec/replicas", 2)
///         .replace("/spec/replicas", 3)
///         .add(pointer(["metadata", "annotations", "example.com/by"]), "me"),
/// );
/// // What this field manager wants, all of it: what it wanted before and leaves out now is removed.
/// Patch::apply(&json!({"spec": {"replicas": 3}}));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Patch {
    kind: PatchType,
    body: Result<Bytes, String>,
}

/// The format of a [`Patch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatchType {
    /// Operations in order (RFC 6902).
    Json,
    /// A part of the object; `null` removes a field (RFC 7386).
    Merge,
    /// A part of the object; lists are merged by the keys of their items. For built-in kinds only.
    Strategic,
    /// Server-side apply.
    Apply,
}

impl PatchType {
    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            PatchType::Json => "application/json-patch+json",
            PatchType::Merge => "application/merge-patch+json",
            PatchType::Strategic => "application/strategic-merge-patch+json",
            // JSON is YAML too.
            PatchType::Apply => "application/apply-patch+yaml",
        }
    }
}

impl Patch {
    /// Operations of which the server carries out all or none.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "steps are written where they are used")]
    pub fn json(steps: JsonPatch) -> Self {
        Self::new(PatchType::Json, &steps)
    }

    /// A part of the object. Its values are set, `null` removes a field, and lists are replaced.
    #[must_use]
    pub fn merge<T: Serialize + ?Sized>(part: &T) -> Self {
        Self::new(PatchType::Merge, part)
    }

    /// A part of the object; lists are merged by the keys of their items. Custom resources do not support it.
    #[must_use]
    pub fn strategic<T: Serialize + ?Sized>(part: &T) -> Self {
        Self::new(PatchType::Strategic, part)
    }

    /// All fields that one field manager wants in the object. The object is created if it does not exist. `apiVersion`
    /// and `kind` are filled in. It needs [`PatchParams::field_manager`](super::params::PatchParams::field_manager).
    #[must_use]
    pub fn apply<T: Serialize + ?Sized>(wanted: &T) -> Self {
        Self::new(PatchType::Apply, wanted)
    }

    /// A patch of any type, from a value that serializes to its format.
    #[must_use]
    pub fn new<T: Serialize + ?Sized>(kind: PatchType, patch: &T) -> Self {
        let body = serde_json::to_vec(patch).map_err(|error| format!("the patch does not serialize: {error}"));
        Self { kind, body: body.map(Bytes::from) }
    }

    /// A patch from existing text, sent unchanged: JSON, or YAML for an apply.
    #[must_use]
    pub fn text(kind: PatchType, text: impl Into<Bytes>) -> Self {
        Self { kind, body: Ok(text.into()) }
    }

    /// The format.
    #[must_use]
    pub fn patch_type(&self) -> PatchType {
        self.kind
    }

    pub(super) fn body(&self) -> Result<&Bytes, String> {
        self.body.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for Patch {
    /// Leaves out the content: it may be that of a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patch").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The operations of a JSON patch (RFC 6902), in order; paths are JSON pointers (RFC 6901), see [`pointer()`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonPatch(Vec<JsonStep>);

impl fmt::Debug for JsonPatch {
    /// Leaves out the values: they may be those of a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonPatch({} steps)", self.0.len())
    }
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum JsonStep {
    Add { path: String, value: Value },
    Remove { path: String },
    Replace { path: String, value: Value },
    Move { from: String, path: String },
    Copy { from: String, path: String },
    Test { path: String, value: Value },
}

impl JsonPatch {
    /// A patch without operations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, or an item before an index; `-` is the end of a list.
    #[must_use]
    pub fn add(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.then(JsonStep::Add { path: path.into(), value: value.into() })
    }

    /// Removes the value at `path`.
    #[must_use]
    pub fn remove(self, path: impl Into<String>) -> Self {
        self.then(JsonStep::Remove { path: path.into() })
    }

    /// Replaces the value at `path`.
    #[must_use]
    pub fn replace(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.then(JsonStep::Replace { path: path.into(), value: value.into() })
    }

    /// Moves the value at `from` to `path`.
    #[must_use]
    pub fn relocate(self, from: impl Into<String>, path: impl Into<String>) -> Self {
        self.then(JsonStep::Move { from: from.into(), path: path.into() })
    }

    /// Copies the value at `from` to `path`.
    #[must_use]
    pub fn copy(self, from: impl Into<String>, path: impl Into<String>) -> Self {
        self.then(JsonStep::Copy { from: from.into(), path: path.into() })
    }

    /// Fails the whole patch (422) unless `path` has this value.
    #[must_use]
    pub fn test(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.then(JsonStep::Test { path: path.into(), value: value.into() })
    }

    fn then(mut self, step: JsonStep) -> Self {
        self.0.push(step);
        self
    }
}

/// A JSON pointer from its segments. It escapes `/` and `~` in them.
///
/// ```
/// use kube_proto::api::pointer;
/// assert_eq!(pointer(["metadata", "labels", "example.com/a~b"]), "/metadata/labels/example.com~1a~0b");
/// ```
pub fn pointer<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    let mut text = String::new();
    for segment in segments {
        text.push('/');
        text.push_str(&segment.as_ref().replace('~', "~0").replace('/', "~1"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        let patch = JsonPatch::new()
            .test("/a", 1)
            .add("/b/-", "x")
            .replace("/c", serde_json::json!({"d": null}))
            .remove("/e")
            .relocate("/f", "/g")
            .copy("/h", "/i");
        let text = concat!(
            r#"[{"op":"test","path":"/a","value":1},{"op":"add","path":"/b/-","value":"x"},"#,
            r#"{"op":"replace","path":"/c","value":{"d":null}},{"op":"remove","path":"/e"},"#,
            r#"{"op":"move","from":"/f","path":"/g"},{"op":"copy","from":"/h","path":"/i"}]"#
        );
        assert_eq!(serde_json::to_string(&patch).unwrap(), text);
        assert_eq!(serde_json::from_str::<JsonPatch>(text).unwrap(), patch);
        assert_eq!(Patch::json(patch).body().unwrap(), text);
    }

    #[test]
    fn content_types_and_debug() {
        for (patch, content_type) in [
            (Patch::json(JsonPatch::new()), "application/json-patch+json"),
            (Patch::merge("s3cret"), "application/merge-patch+json"),
            (Patch::strategic("s3cret"), "application/strategic-merge-patch+json"),
            (Patch::apply("s3cret"), "application/apply-patch+yaml"),
        ] {
            assert_eq!(patch.patch_type().content_type(), content_type);
            assert!(!format!("{patch:?}").contains("s3cret"));
        }
    }
}
