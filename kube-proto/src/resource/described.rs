//! What indexes are made of: labels and owners.

use std::borrow::Cow;

use super::Object;
use super::dynamic::{DynamicObject, PartialObject};
use super::meta::ObjectMeta;

/// An object whose labels and owners can be read.
pub trait Described: Object {
    /// The value of a label.
    fn label(&self, key: &str) -> Option<Cow<'_, str>>;

    /// Calls `each` with every owner.
    fn owners(&self, each: &mut dyn FnMut(Owner<'_>));
}

/// An owner of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Its uid.
    pub uid: &'a str,
    /// It is the one that manages the object.
    pub controller: bool,
}

impl ObjectMeta {
    /// Calls `each` with every owner.
    pub fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        for owner in &self.owner_references {
            each(Owner { uid: &owner.uid, controller: owner.controller == Some(true) });
        }
    }
}

impl Described for DynamicObject {
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        self.metadata.labels.get(key).map(|value| Cow::Borrowed(value.as_str()))
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        self.metadata.owners(each);
    }
}

impl Described for PartialObject {
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        self.metadata.labels.get(key).map(|value| Cow::Borrowed(value.as_str()))
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        self.metadata.owners(each);
    }
}
