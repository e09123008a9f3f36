//! Indexes over the objects of a store.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::resource::described::Described;

/// A named function from an object to its index values.
///
/// The function must always return the same values for the same object, because the store also uses it to remove the
/// object from the index.
pub struct Index<K> {
    name: Cow<'static, str>,
    values: Values<K>,
}

type Values<K> = Arc<dyn Fn(&K) -> Vec<String> + Send + Sync>;

impl<K> Index<K> {
    /// An index of this name.
    ///
    /// ```
    /// use kube_proto::resource::DynamicObject;
    /// use kube_proto::store::Index;
    ///
    /// let by_node = Index::new("node", |pod: &DynamicObject| {
    ///     pod.data["spec"]["nodeName"].as_str().map(str::to_owned).into_iter().collect()
    /// });
    /// assert_eq!(by_node.name(), "node");
    /// ```
    pub fn new(name: impl Into<Cow<'static, str>>, values: impl Fn(&K) -> Vec<String> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), values: Arc::new(values) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values of an object, each once.
    pub(super) fn values(&self, object: &K) -> Vec<String> {
        let mut values = (self.values)(object);
        if values.len() > 1 {
            values.sort_unstable();
            values.dedup();
        }
        values
    }
}

impl<K: Described> Index<K> {
    /// An index by the value of a label. Its name is the label's key. Objects without the label are not in it.
    #[must_use]
    pub fn label(key: impl Into<Cow<'static, str>>) -> Self {
        let name = key.into();
        let key = name.clone();
        Self::new(name, move |object: &K| object.label(&key).map(Cow::into_owned).into_iter().collect())
    }

    /// An index by the uids of all owners. Its name is [`OWNER`].
    #[must_use]
    pub fn owner() -> Self {
        Self::new(OWNER, |object: &K| {
            let mut uids = Vec::new();
            object.owners(&mut |owner| uids.push(owner.uid.to_owned()));
            uids
        })
    }
}

impl<K> Clone for Index<K> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), values: Arc::clone(&self.values) }
    }
}

impl<K> fmt::Debug for Index<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Index").field(&self.name).finish()
    }
}

/// The name of [`Index::owner`].
pub const OWNER: &str = "metadata.ownerReferences.uid";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::dynamic::DynamicObject;

    #[test]
    fn indexes_by_label_and_by_owner() {
        let object = |metadata: serde_json::Value| -> DynamicObject {
            serde_json::from_value(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})).unwrap()
        };
        let owner = |uid: &str| json!({"apiVersion": "v1", "kind": "Job", "name": "j", "uid": uid});
        let owned = object(json!({"labels": {"app": "web"}, "ownerReferences": [owner("2"), owner("1"), owner("2")]}));
        let free = object(json!({"labels": {"tier": "web"}}));
        for (index, name, of_owned) in [
            (Index::label("app"), "app", &["web"][..]),
            (Index::owner(), OWNER, &["1", "2"]),
            (Index::label("tier"), "tier", &[]),
        ] {
            assert_eq!(
                (index.name(), index.values(&owned)),
                (name, of_owned.iter().copied().map(str::to_owned).collect())
            );
        }
        assert_eq!((Index::owner().values(&free), Index::label("app").values(&free)), (Vec::new(), Vec::new()));
    }
}
