use std::fmt;

use crate::resource::Meta;
use crate::store::Key;

/// The namespace and the name of an object: what a controller's queue holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The namespace; empty for a cluster-scoped object.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// A key. The namespace of a cluster-scoped object is empty.
    #[must_use]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The same key, borrowed.
    #[must_use]
    pub fn as_key(&self) -> Key<'_> {
        Key::new(&self.namespace, &self.name)
    }
}

impl From<Key<'_>> for ObjectKey {
    fn from(key: Key<'_>) -> Self {
        Self::new(key.namespace, key.name)
    }
}

impl From<Meta<'_>> for ObjectKey {
    fn from(meta: Meta<'_>) -> Self {
        Key::from(meta).into()
    }
}

impl fmt::Display for ObjectKey {
    /// `namespace/name`, or `name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_key().fmt(f)
    }
}
