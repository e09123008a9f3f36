//! Types with a few fields of an object.

use std::borrow::Cow;

use serde::Deserialize;

use super::described::{ObjectMetadata, Owner};
use super::{Meta, null_as_default};

/// The four members of an object's metadata that identify it: the field `metadata` of a projection.
///
/// A projection is a struct with the fields that the program reads. All else is skipped, which is several times as fast
/// as to decode it, and takes no memory. It works for any kind and in every read: `get`, `list`, `pages`, `watch`,
/// `reflect`.
///
/// ```
/// use kube_proto::api::ListParams;
/// use kube_proto::resource::ProjectedMeta;
/// use kube_proto::watch::WatchSettings;
/// use kube_proto::Api;
/// use serde::Deserialize;
///
/// #[derive(Debug, Deserialize)]
/// struct PodPhase {
///     metadata: ProjectedMeta,
///     #[serde(default)]
///     status: Status,
/// }
///
/// #[derive(Debug, Default, Deserialize)]
/// #[serde(default)]
/// struct Status {
///     phase: String,
/// }
///
/// kube_proto::resource!(PodPhase { group: "", version: "v1", kind: "Pod", plural: "pods", scope: Namespaced });
///
/// let pods = Api::<PodPhase>::namespaced("shop");
/// let list = pods.list(&ListParams::default());
/// let store = pods.reflect(WatchSettings::default(), []);
/// # let _ = (list, store);
/// ```
///
/// A projection is for reading. It has no `Serialize`, so `create` and `replace` do not take it: a write of it would
/// delete what it does not have.
///
/// ```compile_fail,E0277
/// # use kube_proto::{Api, resource::ProjectedMeta, api::WriteParams};
/// # #[derive(serde::Deserialize)]
/// # struct PodPhase {
/// #     metadata: ProjectedMeta,
/// # }
/// # kube_proto::resource!(PodPhase { group: "", version: "v1", kind: "Pod", plural: "pods", scope: Namespaced });
/// # let phase: PodPhase = todo!();
/// Api::<PodPhase>::namespaced("shop").replace("web-0", &phase, &WriteParams::default());
/// ```
///
/// An index by label or owner finds nothing here: use [`ObjectMeta`](super::ObjectMeta) for that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectedMeta {
    /// The object's name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// Its namespace; empty if it is cluster scoped.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace: String,
    /// Differs from the uid of a later object of the same name.
    #[serde(deserialize_with = "null_as_default")]
    pub uid: String,
    /// Changes with every write.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_version: String,
}

impl ObjectMetadata for ProjectedMeta {
    fn meta(&self) -> Meta<'_> {
        let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
        Meta {
            name: some(&self.name),
            namespace: some(&self.namespace),
            uid: some(&self.uid),
            resource_version: some(&self.resource_version),
        }
    }

    fn label(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }

    fn owners(&self, _each: &mut dyn FnMut(Owner<'_>)) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Document, Object};

    #[derive(Deserialize)]
    struct Phase {
        metadata: ProjectedMeta,
        #[serde(default)]
        phase: Option<String>,
    }

    crate::resource!(Phase { group: "", version: "v1", kind: "Pod", plural: "pods", scope: Namespaced });

    #[test]
    fn a_projection_reads_what_it_names() {
        let document = br#"{"metadata":{"annotations":{"a":[]},"name":"x","namespace":null,"uid":"u","resourceVersion":"7"},"spec":[{}],"phase":"Running"}"#;
        let found = Phase::decode(Document::json(&document[..])).unwrap();
        let meta = Meta { name: Some("x"), namespace: None, uid: Some("u"), resource_version: Some("7") };
        assert_eq!((found.meta(), found.phase.as_deref()), (meta, Some("Running")));
    }
}
