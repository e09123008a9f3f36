//! The request of an admission review, as a value.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::answer::Answer;
use super::difference::{carry, patch};
use super::document::{self, GroupVersionKind, GroupVersionResource, Operation};
use crate::json;
use crate::resource::{DynamicObject, Object, PartialObject, Resource, UserInfo};

/// A request to the API server, before it is carried out. `K` is the type of its objects.
///
/// ```
/// use kube_proto::admission::{Answer, Review, Operation};
/// use kube_proto::resource::DynamicObject;
///
/// /// Objects of one team may only be changed by that team.
/// fn guard(review: Review<DynamicObject>) -> Answer {
///     let team = review.old_object.as_ref().and_then(|object| object.metadata.labels.get("team"));
///     match team {
///         Some(team) if review.operation != Operation::Create && !review.user.groups.contains(team) => {
///             Answer::deny(format!("only members of {team} may change it"))
///         }
///         _ => Answer::allow(),
///     }
/// }
/// # let _ = guard;
/// ```
#[non_exhaustive]
pub struct Review<K = DynamicObject> {
    /// Identifies this review. The request that it is about may have others.
    pub uid: String,
    /// The kind of the objects in this review.
    pub kind: GroupVersionKind,
    /// The resource in the version of this review.
    pub resource: GroupVersionResource,
    /// `status`, `scale`, `exec`, ...; empty without one.
    pub subresource: String,
    /// The kind that the client sent: another version than `kind` if the rules of the webhook match equivalent ones.
    pub request_kind: GroupVersionKind,
    /// The resource that the client named.
    pub request_resource: GroupVersionResource,
    /// The subresource that the client named.
    pub request_subresource: String,
    /// The object's name; empty in a create with `generateName`.
    pub name: String,
    /// The object's namespace; empty for one of the cluster.
    pub namespace: String,
    /// What is done.
    pub operation: Operation,
    /// Who does it.
    pub user: UserInfo,
    /// The object as it would be stored; `None` for a delete.
    pub object: Option<K>,
    /// The object as it is; `None` for a create and a connect.
    pub old_object: Option<K>,
    /// Nothing will be stored: the webhook must not have side effects.
    pub dry_run: bool,
    /// `CreateOptions`, `UpdateOptions` (also for a patch), `DeleteOptions`; null if there are none.
    pub options: Value,
    /// How long the handler may take from the arrival of the request: the webhook's time-out less a tenth, at most a
    /// second. Drivers answer with HTTP 500 after that.
    pub time: Duration,
    version: String,
    received: Option<Box<serde_json::value::RawValue>>,
}

/// A type that a handler can take. It checks that the objects of a review are of that type.
pub trait Subject: Object {
    /// Whether objects of this kind have this type.
    fn takes(kind: &GroupVersionKind) -> bool;
    /// The type, for errors.
    fn expected() -> String;
}

impl<K: Resource> Subject for K {
    fn takes(kind: &GroupVersionKind) -> bool {
        kind.group == K::GROUP && kind.version == K::VERSION && kind.kind == K::KIND
    }

    fn expected() -> String {
        GroupVersionKind { group: K::GROUP.into(), version: K::VERSION.into(), kind: K::KIND.into() }.to_string()
    }
}

impl Subject for DynamicObject {
    fn takes(_: &GroupVersionKind) -> bool {
        true
    }

    fn expected() -> String {
        "any kind".into()
    }
}

impl Subject for PartialObject {
    fn takes(_: &GroupVersionKind) -> bool {
        true
    }

    fn expected() -> String {
        "any kind".into()
    }
}

/// Why a review cannot be given to a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoReview {
    /// The body is no review: HTTP 400.
    Malformed(String),
    /// The objects are not of the handler's kind: the configuration of the webhook does not fit. HTTP 500, of which an API
    /// server shows the text.
    OtherKind(String),
    /// The object does not decode as the handler's type: the request is denied with 400.
    Undecodable {
        /// The version of the review.
        version: String,
        /// The uid of the review.
        uid: String,
        /// The field, and what is expected there. It shows no value.
        text: String,
    },
}

impl<K: Subject> Review<K> {
    /// Reads the body of a request to a webhook. `time` is how long the answer may take.
    ///
    /// # Errors
    /// The body is no review of `admission.k8s.io/v1` or v1beta1, or its objects are not of this type.
    pub fn read(body: &[u8], time: Duration) -> Result<Self, NoReview> {
        let (version, request) = document::read(body).map_err(NoReview::Malformed)?;
        if !K::takes(&request.kind) {
            let text = format!("this webhook takes {}, and the review is about {}", K::expected(), request.kind);
            return Err(NoReview::OtherKind(text));
        }
        let decode = |raw: &Option<Box<serde_json::value::RawValue>>, what: &str| match raw {
            None => Ok(None),
            Some(raw) => json::from_str::<K>(raw.get()).map(Some).map_err(|error| NoReview::Undecodable {
                version: version.clone(),
                uid: request.uid.clone(),
                text: format!("the {what} does not decode as {}: {error}", K::expected()),
            }),
        };
        Ok(Self {
            object: decode(&request.object, "object")?,
            old_object: decode(&request.old_object, "old object")?,
            uid: request.uid,
            request_kind: request.request_kind.unwrap_or_else(|| request.kind.clone()),
            request_resource: request.request_resource.unwrap_or_else(|| request.resource.clone()),
            kind: request.kind,
            resource: request.resource,
            subresource: request.sub_resource,
            request_subresource: request.request_sub_resource,
            name: request.name,
            namespace: request.namespace,
            operation: request.operation,
            user: request.user_info,
            dry_run: request.dry_run,
            options: request.options,
            time,
            version,
            received: request.object,
        })
    }

    /// Admits the object as it is now in [`object`](Self::object): the patch is what has changed since the review was
    /// read, made in the object **as it was received**. Fields that the type does not know stay, and so do
    /// `metadata.managedFields`.
    ///
    /// Of a list, an item that has kept its name (or another identity, such as a uid or an IP) keeps its unknown fields. A
    /// field that is removed is removed with all that it contains.
    ///
    /// The answer [fails](Answer::fail) if the review has no object, or if the object does not serialize.
    ///
    /// ```
    /// use kube_proto::admission::{Answer, Review};
    /// use kube_proto::resource::DynamicObject;
    ///
    /// fn label(mut review: Review<DynamicObject>) -> Answer {
    ///     if let Some(object) = &mut review.object {
    ///         object.metadata.labels.entry("team".into()).or_insert_with(|| "none".into());
    ///     }
    ///     review.changed()
    /// }
    /// # let _ = label;
    /// ```
    #[must_use]
    pub fn changed(&self) -> Answer
    where
        K: Serialize,
    {
        let (Some(object), Some(received)) = (&self.object, &self.received) else {
            return Answer::fail("there is no object that a webhook could change");
        };
        let change = || -> Result<_, String> {
            let text = |error: &dyn fmt::Display| format!("the changed object cannot be written: {error}");
            let original: Value = json::from_str(received.get()).map_err(|error| text(&error))?;
            let before: K = json::from_str(received.get()).map_err(|error| text(&error))?;
            let before = serde_json::to_value(&before).map_err(|error| text(&error))?;
            let after = serde_json::to_value(object).map_err(|error| text(&error))?;
            let mut changed = carry(&original, &before, &after);
            keep_managed_fields(&original, &mut changed);
            Ok(patch(&original, &changed))
        };
        match change() {
            Ok(patch) => Answer::allow().patch(patch),
            Err(text) => Answer::fail(text),
        }
    }
}

impl<K> Review<K> {
    /// The version of the review: `admission.k8s.io/v1`. The answer has the same.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The object as JSON text, as it was received.
    #[must_use]
    pub fn received(&self) -> Option<&str> {
        self.received.as_deref().map(serde_json::value::RawValue::get)
    }
}

fn keep_managed_fields(original: &Value, changed: &mut Value) {
    let kept = original.pointer("/metadata/managedFields");
    if let Some(Value::Object(metadata)) = changed.get_mut("metadata") {
        match kept {
            Some(kept) => drop(metadata.insert("managedFields".into(), kept.clone())),
            None => drop(metadata.remove("managedFields")),
        }
    }
}

impl<K> fmt::Debug for Review<K> {
    /// Without the objects and options: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Review")
            .field("uid", &self.uid)
            .field("kind", &self.kind.to_string())
            .field("subresource", &self.subresource)
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("operation", &self.operation)
            .field("user", &self.user.username)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
