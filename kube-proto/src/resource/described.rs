//! The parts of objects from which indexes are made: labels and owners.

use std::borrow::Cow;

use super::dynamic::{DynamicObject, PartialObject};
use super::meta::ObjectMeta;
use super::{Meta, Object};
pub use crate::frame::Owner;

/// An object whose labels and owners can be read.
#[diagnostic::on_unimplemented(
    message = "the labels and owners of `{Self}` cannot be read",
    label = "this type does not implement `Described`",
    note = "the macro `resource!` implements it, and the feature `k8s-openapi` does for the types of that crate"
)]
pub trait Described: Object {
    /// The value of a label.
    fn label(&self, key: &str) -> Option<Cow<'_, str>>;

    /// Calls `each` with every owner.
    fn owners(&self, each: &mut dyn FnMut(Owner<'_>));
}

/// What [`resource!`](crate::resource!) reads from the field `metadata`. This crate's [`ObjectMeta`] implements it, and
/// with feature `k8s-openapi` that crate's `ObjectMeta` too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an object's metadata",
    label = "the field `metadata` must be an `ObjectMeta`",
    note = "`ObjectMeta` of `kube-proto` fits, and with the feature `k8s-openapi` that of the crate `k8s-openapi`"
)]
pub trait ObjectMetadata {
    /// The object's identity and version.
    fn meta(&self) -> Meta<'_>;

    /// The value of a label.
    fn label(&self, key: &str) -> Option<Cow<'_, str>>;

    /// Calls `each` with every owner.
    fn owners(&self, each: &mut dyn FnMut(Owner<'_>));
}

impl ObjectMeta {
    /// Calls `each` with every owner.
    pub fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        for owner in &self.owner_references {
            each(Owner {
                api_version: &owner.api_version,
                kind: &owner.kind,
                name: &owner.name,
                uid: &owner.uid,
                controller: owner.controller == Some(true),
            });
        }
    }
}

impl ObjectMetadata for ObjectMeta {
    fn meta(&self) -> Meta<'_> {
        self.meta()
    }

    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        self.labels.get(key).map(|value| Cow::Borrowed(value.as_str()))
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        self.owners(each);
    }
}

impl Described for DynamicObject {
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        ObjectMetadata::label(&self.metadata, key)
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        self.metadata.owners(each);
    }
}

impl Described for PartialObject {
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        ObjectMetadata::label(&self.metadata, key)
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        self.metadata.owners(each);
    }
}
