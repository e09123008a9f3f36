//! [`Object`] and [`Resource`] for all types of the `k8s-openapi` crate.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::{ClusterResourceScope, Metadata, NamespaceResourceScope};
use serde::de::DeserializeOwned;

use super::described::{Described, ObjectMetadata, Owner};
use super::{Meta, Object, Protobuf, Resource, Scope};

#[diagnostic::do_not_recommend]
impl<K> Object for K
where
    K: Metadata<Ty = ObjectMeta> + DeserializeOwned + 'static,
{
    /// The types are not newer than the table of protobuf.
    const PROTOBUF: Protobuf = Protobuf::Undecoded;

    fn meta(&self) -> Meta<'_> {
        self.metadata().meta()
    }
}

#[diagnostic::do_not_recommend]
impl<K> Resource for K
where
    K: Metadata<Ty = ObjectMeta> + DeserializeOwned + 'static,
    K::Scope: ScopeOf,
{
    const GROUP: &'static str = K::GROUP;
    const VERSION: &'static str = K::VERSION;
    const KIND: &'static str = K::KIND;
    const PLURAL: &'static str = K::URL_PATH_SEGMENT;
    const SCOPE: Scope = <K::Scope as ScopeOf>::SCOPE;
}

#[diagnostic::do_not_recommend]
impl<K> Described for K
where
    K: Metadata<Ty = ObjectMeta> + DeserializeOwned + 'static,
{
    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        self.metadata().label(key)
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        self.metadata().owners(each);
    }
}

impl ObjectMetadata for ObjectMeta {
    fn meta(&self) -> Meta<'_> {
        Meta {
            name: self.name.as_deref(),
            namespace: self.namespace.as_deref(),
            uid: self.uid.as_deref(),
            resource_version: self.resource_version.as_deref(),
        }
    }

    fn label(&self, key: &str) -> Option<Cow<'_, str>> {
        self.labels.as_ref()?.get(key).map(|value| Cow::Borrowed(value.as_str()))
    }

    fn owners(&self, each: &mut dyn FnMut(Owner<'_>)) {
        for owner in self.owner_references.iter().flatten() {
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

/// The scope of `k8s-openapi`'s scope types, as a value. The scope type of subresource kinds (`Scale`) does not
/// implement it.
pub trait ScopeOf {
    /// The scope.
    const SCOPE: Scope;
}

impl ScopeOf for NamespaceResourceScope {
    const SCOPE: Scope = Scope::Namespaced;
}

impl ScopeOf for ClusterResourceScope {
    const SCOPE: Scope = Scope::Cluster;
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::autoscaling::v1::Scale;
    use k8s_openapi::api::core::v1::{Node, Pod};

    use super::*;
    use crate::api::Api;
    use crate::request::params::GetParams;
    use crate::resource::ApiResource;

    #[test]
    fn types_know_their_resource() {
        assert_eq!(ApiResource::of::<Pod>(), ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
        assert_eq!(ApiResource::of::<Node>(), ApiResource::new("v1", "Node", "nodes", Scope::Cluster));
        let deployments = Api::<Deployment>::namespaced("ns");
        let request = deployments.target().get("web", &GetParams::default()).build("", "");
        assert_eq!(request.unwrap().uri(), "/apis/apps/v1/namespaces/ns/deployments/web");
        // The kind of a subresource can be decoded, but has no collection of its own.
        fn read<K: Object>() {}
        read::<Scale>();
    }

    /// An application's own type, with the metadata of `k8s-openapi`.
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Backup {
        metadata: ObjectMeta,
    }

    crate::resource!(Backup {
        group: "example.com",
        version: "v1",
        kind: "Backup",
        plural: "backups",
        scope: Namespaced,
    });

    #[test]
    fn an_own_type_may_have_the_metadata_of_k8s_openapi() {
        let text = r#"{"metadata":{"name":"a","namespace":"ns","uid":"u","resourceVersion":"7","labels":{"app":"web"},
            "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"o","controller":true},
            {"apiVersion":"v1","kind":"Pod","name":"q","uid":"p"}]}}"#;
        let backup: Backup = serde_json::from_str(text).unwrap();
        let meta = Meta { name: Some("a"), namespace: Some("ns"), uid: Some("u"), resource_version: Some("7") };
        assert_eq!(Object::meta(&backup), meta);
        assert_eq!(ApiResource::of::<Backup>().group_resource(), "backups.example.com");
        // The same metadata in a type of `k8s-openapi`.
        let pod: Pod = serde_json::from_str(text).unwrap();
        assert_eq!(Object::meta(&pod), meta);
        describes(&backup);
        describes(&pod);
    }

    fn describes(object: &impl Described) {
        assert_eq!((object.label("app").as_deref(), object.label("other")), (Some("web"), None));
        let mut owners = Vec::new();
        object.owners(&mut |owner| owners.push((owner.uid.to_owned(), owner.controller)));
        assert_eq!(owners, [("o".to_owned(), true), ("p".to_owned(), false)]);
    }

    #[test]
    fn metadata_is_found() {
        let pod: Pod =
            serde_json::from_str(r#"{"metadata":{"name":"a","namespace":"ns","uid":"u","resourceVersion":"7"}}"#)
                .unwrap();
        let meta = Meta { name: Some("a"), namespace: Some("ns"), uid: Some("u"), resource_version: Some("7") };
        assert_eq!(pod.meta(), meta);
    }
}
