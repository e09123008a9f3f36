//! Resources, and the objects of which they consist.
//!
//! | objects | type | known |
//! |---|---|---|
//! | types of the `k8s-openapi` crate | themselves, with feature `k8s-openapi` | at compile time |
//! | a type of your own | [`Resource`], by hand or with [`resource!`](crate::resource!) | at compile time |
//! | a few fields of any kind: a projection | [`Resource`] with [`ProjectedMeta`] | at compile time |
//! | any kind, whole | [`DynamicObject`] and an [`ApiResource`] | at run time, by discovery |
//! | any kind, metadata only | [`PartialObject`] | either |
//! | any of these, kept as bytes | [`Lazy`] | either |
//! | any of these, or the bytes of one that does not decode | [`Tolerant`] | either |
//!
//! ```
//! use kube_proto::resource::{ApiResource, Object, ObjectMeta, Resource};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Backup {
//!     metadata: ObjectMeta,
//!     spec: BackupSpec,
//! }
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct BackupSpec {
//!     schedule: String,
//! }
//!
//! kube_proto::resource!(Backup {
//!     group: "example.com",
//!     version: "v1",
//!     kind: "Backup",
//!     plural: "backups",
//!     scope: Namespaced,
//! });
//!
//! let resource = ApiResource::of::<Backup>();
//! assert_eq!(resource.api_version(), "example.com/v1");
//! assert_eq!(resource.group_resource(), "backups.example.com");
//! ```

pub(crate) mod described;
pub(crate) mod document;
pub(crate) mod dynamic;
#[cfg(feature = "k8s-openapi")]
mod k8s;
#[cfg(feature = "k8s-openapi")]
mod k8s_meta;
pub(crate) mod lazy;
pub(crate) mod meta;
mod open;
pub(crate) mod projection;
pub(crate) mod resource_version;
pub(crate) mod review;
pub(crate) mod subresource;
pub(crate) mod tolerant;

pub use described::{Described, ObjectMetadata, Owner};
pub use document::Document;
pub use dynamic::{DynamicObject, PartialObject};
pub use lazy::{Identified, Lazy};
pub use meta::{ListMeta, ManagedFieldsEntry, ObjectMeta, OwnerReference};
pub use projection::ProjectedMeta;
pub use resource_version::compare_resource_versions;
pub use review::{
    FieldSelectorAttributes, LabelSelectorAttributes, LocalSubjectAccessReview, NonResourceAttributes, PolicyRule,
    ResourceAttributes, SelectorRequirement, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SelfSubjectReview,
    SelfSubjectReviewStatus, SelfSubjectRulesReview, SelfSubjectRulesReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec, SubjectAccessReviewStatus, SubjectRulesReviewStatus, TokenReview, TokenReviewSpec,
    TokenReviewStatus, UserInfo,
};
pub use subresource::{
    Binding, BoundObjectReference, Eviction, ObjectReference, Scale, ScaleSpec, ScaleStatus, TokenRequest,
    TokenRequestSpec, TokenRequestStatus,
};

pub use tolerant::{Tolerant, Undecodable};

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json::error::DecodeError;

/// A document that the client returns: it has metadata, and can be decoded from JSON.
#[cfg_attr(
    not(feature = "k8s-openapi"),
    diagnostic::on_unimplemented(
        message = "`{Self}` is not a Kubernetes object",
        label = "this type does not implement `Object`",
        note = "types of the crate `k8s-openapi` need the feature `k8s-openapi` of `kube-transport-std`, `kube-transport-smol`, `kube-transport-hyper` or `kube-proto`",
        note = "a type of your own needs the macro `resource!` or an `impl Object`",
        note = "`DynamicObject` holds an object of any kind"
    )
)]
#[cfg_attr(
    feature = "k8s-openapi",
    diagnostic::on_unimplemented(
        message = "`{Self}` is not a Kubernetes object",
        label = "this type does not implement `Object`",
        note = "types of the crate `k8s-openapi` must come from the version that `kube-proto` uses: see `cargo tree -i k8s-openapi`",
        note = "a type of your own needs the macro `resource!` or an `impl Object`",
        note = "`DynamicObject` holds an object of any kind"
    )
)]
pub trait Object: DeserializeOwned + 'static {
    /// The part of the object to request.
    const PART: Part = Part::Whole;

    /// Whether reads of the type ask for protobuf. [`Protobuf::OnRequest`] unless overridden.
    ///
    /// Fields that this version of the library does not know cannot be read from protobuf. A type that keeps all fields of
    /// an object, such as [`DynamicObject`] or a struct with `#[serde(flatten)]`, should have [`Protobuf::Never`], so that
    /// no field is missing when the object is written.
    const PROTOBUF: Protobuf = Protobuf::OnRequest;

    /// The object's identity and version.
    fn meta(&self) -> Meta<'_>;

    /// Decodes one document: an item of a list, the object of a watch event.
    ///
    /// Only types that do not parse, such as [`Lazy`], need to override it.
    ///
    /// # Errors
    /// The document is no such object.
    fn decode(document: Document<'_>) -> Result<Self, DecodeError> {
        document.read()
    }

    /// Decodes an item of a list or the object of a watch event, and lets it [adopt](Self::adopt) the list's type.
    ///
    /// Only a type that would have to be built anew for that needs to override it.
    ///
    /// # Errors
    /// The document is no such object.
    fn decode_item(document: Document<'_>, list_api_version: &str, list_kind: &str) -> Result<Self, DecodeError> {
        let mut object = Self::decode(document)?;
        object.adopt(list_api_version, list_kind);
        Ok(object)
    }

    /// Takes the `apiVersion` and `kind` of the list (`v1`, `PodList`), once for each item and each object of a watch
    /// event: items of lists often lack their own, and events of some servers do. It does nothing unless overridden.
    fn adopt(&mut self, list_api_version: &str, list_kind: &str) {
        let _ = (list_api_version, list_kind);
    }
}

/// A type whose resource is known at compile time.
///
/// This is what [`resource!`](crate::resource!) writes, here by hand:
///
/// ```
/// use kube_proto::resource::{Meta, Object, ObjectMeta, Resource, Scope};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Lease {
///     metadata: ObjectMeta,
/// }
///
/// impl Object for Lease {
///     fn meta(&self) -> Meta<'_> {
///         self.metadata.meta()
///     }
/// }
///
/// impl Resource for Lease {
///     const GROUP: &'static str = "coordination.k8s.io";
///     const VERSION: &'static str = "v1";
///     const KIND: &'static str = "Lease";
///     const PLURAL: &'static str = "leases";
///     const SCOPE: Scope = Scope::Namespaced;
/// }
/// ```
///
/// Without it `Api::<Lease>` does not compile. The compiler's message names what is missing: the macro, or for types of
/// `k8s-openapi` the feature.
///
/// ```compile_fail,E0277
/// #[derive(serde::Deserialize)]
/// struct Lease {}
///
/// let leases = kube_proto::Api::<Lease>::namespaced("shop");
/// ```
#[cfg_attr(
    not(feature = "k8s-openapi"),
    diagnostic::on_unimplemented(
        message = "`{Self}` is not the type of a Kubernetes resource",
        label = "this type does not implement `Resource`",
        note = "types of the crate `k8s-openapi` need the feature `k8s-openapi` of `kube-transport-std`, `kube-transport-smol`, `kube-transport-hyper` or `kube-proto`",
        note = "a type of your own needs the macro `resource!` or an `impl Resource`",
        note = "for a resource that is known when running, use `Api::of` or `Api::<DynamicObject>::dynamic`"
    )
)]
#[cfg_attr(
    feature = "k8s-openapi",
    diagnostic::on_unimplemented(
        message = "`{Self}` is not the type of a Kubernetes resource",
        label = "this type does not implement `Resource`",
        note = "types of the crate `k8s-openapi` that have a collection of their own implement it; they must come from the version that `kube-proto` uses: see `cargo tree -i k8s-openapi`",
        note = "a type of your own needs the macro `resource!` or an `impl Resource`",
        note = "for a resource that is known when running, use `Api::of` or `Api::<DynamicObject>::dynamic`"
    )
)]
pub trait Resource: Object {
    /// The API group; empty for the core group.
    const GROUP: &'static str;
    /// The version within the group, `v1`.
    const VERSION: &'static str;
    /// The kind, `Deployment`.
    const KIND: &'static str;
    /// The name in URLs, `deployments`.
    const PLURAL: &'static str;
    /// Whether its objects live in namespaces.
    const SCOPE: Scope;
}

/// The part of an object to request (docs/wire.md §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Part {
    /// The whole object.
    #[default]
    Whole,
    /// Its metadata only, as `PartialObjectMetadata`.
    Metadata,
}

/// When reads of a type ask for protobuf: [`Object::PROTOBUF`].
///
/// [`ContentType`](crate::settings::ContentType) is the caller's side of it; the page [`encodings`](crate::docs::encodings)
/// has the table of what follows from both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protobuf {
    /// Never: the type keeps fields that this library does not know.
    Never,
    /// Where the session or the API asks for it: a type of the user's own, of which the library does not know what it
    /// reads.
    OnRequest,
    /// Also by default where the object stays bytes, in [`Lazy`]. The type has no field that is not in the library's
    /// table: those of `k8s-openapi`.
    Undecoded,
    /// By default: the type needs little of an object.
    ByDefault,
}

/// Whether the objects of a resource live in namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Each object is in a namespace.
    #[default]
    Namespaced,
    /// Objects belong to the cluster as a whole.
    Cluster,
}

/// The identity and version of an object, borrowed from its metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Meta<'a> {
    /// Its name, unique among the objects of its resource (and namespace).
    pub name: Option<&'a str>,
    /// Its namespace; `None` if it is cluster scoped.
    pub namespace: Option<&'a str>,
    /// Differs from the uid of a later object of the same name.
    pub uid: Option<&'a str>,
    /// Changes with every write.
    pub resource_version: Option<&'a str>,
}

/// A resource of the API: the parts of its URLs and of its objects' type fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ApiResource {
    /// The API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// The version within the group, `v1`.
    pub version: Cow<'static, str>,
    /// The kind, `Deployment`.
    pub kind: Cow<'static, str>,
    /// The name in URLs, `deployments`.
    pub plural: Cow<'static, str>,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
}

impl ApiResource {
    /// The resource of a type.
    #[must_use]
    pub const fn of<K: Resource>() -> Self {
        Self {
            group: Cow::Borrowed(K::GROUP),
            version: Cow::Borrowed(K::VERSION),
            kind: Cow::Borrowed(K::KIND),
            plural: Cow::Borrowed(K::PLURAL),
            scope: K::SCOPE,
        }
    }

    /// A resource by its `apiVersion` (`v1`, `apps/v1`), kind, plural name and scope.
    #[must_use]
    pub fn new(api_version: &str, kind: impl Into<String>, plural: impl Into<String>, scope: Scope) -> Self {
        let (group, version) = split_api_version(api_version);
        Self {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            kind: kind.into().into(),
            plural: plural.into().into(),
            scope,
        }
    }

    /// The value of `apiVersion` in its objects: `v1` in the core group, else `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> Cow<'_, str> {
        if self.group.is_empty() {
            Cow::Borrowed(&self.version)
        } else {
            Cow::Owned(format!("{}/{}", self.group, self.version))
        }
    }

    /// The name in the servers' messages: `pods`, `deployments.apps`.
    #[must_use]
    pub fn group_resource(&self) -> String {
        if self.group.is_empty() { self.plural.to_string() } else { format!("{}.{}", self.plural, self.group) }
    }
}

impl fmt::Display for ApiResource {
    /// `deployments.v1.apps`, `pods.v1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.plural, self.version)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

/// The group and version of an `apiVersion`: `("apps", "v1")`, `("", "v1")`.
#[must_use]
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Implements [`Object`](crate::resource::Object), [`Described`](crate::resource::Described) and
/// [`Resource`](crate::resource::Resource) for a struct with a field `metadata`.
///
/// The field has the type [`ObjectMeta`](crate::resource::ObjectMeta), or with feature `k8s-openapi` that crate's type
/// of the same name. [The module's documentation](mod@crate::resource) has an example.
#[macro_export]
macro_rules! resource {
    ($type:ty {
        group: $group:expr, version: $version:expr, kind: $kind:expr, plural: $plural:expr, scope: $scope:ident $(,)?
    }) => {
        impl $crate::resource::Object for $type {
            fn meta(&self) -> $crate::resource::Meta<'_> {
                $crate::resource::ObjectMetadata::meta(&self.metadata)
            }
        }

        impl $crate::resource::Described for $type {
            fn label(&self, key: &str) -> Option<::std::borrow::Cow<'_, str>> {
                $crate::resource::ObjectMetadata::label(&self.metadata, key)
            }

            fn owners(&self, each: &mut dyn FnMut($crate::resource::Owner<'_>)) {
                $crate::resource::ObjectMetadata::owners(&self.metadata, each);
            }
        }

        impl $crate::resource::Resource for $type {
            const GROUP: &'static str = $group;
            const VERSION: &'static str = $version;
            const KIND: &'static str = $kind;
            const PLURAL: &'static str = $plural;
            const SCOPE: $crate::resource::Scope = $crate::resource::Scope::$scope;
        }
    };
}

/// For fields that Go's encoder may write as `null` instead of an empty value.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}

/// For fields that are left out if they have the default value.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_resource() {
        for (api_version, plural, group_resource, display) in [
            ("v1", "pods", "pods", "pods.v1"),
            ("apps/v1", "deployments", "deployments.apps", "deployments.v1.apps"),
            ("example.com/v1alpha1", "xs", "xs.example.com", "xs.v1alpha1.example.com"),
        ] {
            let resource = ApiResource::new(api_version, "Kind", plural, Scope::Namespaced);
            assert_eq!(resource.api_version(), api_version);
            assert_eq!(resource.group_resource(), group_resource);
            assert_eq!(resource.to_string(), display);
        }
    }
}
