//! [`Object`] and [`Resource`] for all types of the `k8s-openapi` crate.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::{ClusterResourceScope, Metadata, NamespaceResourceScope};
use serde::de::DeserializeOwned;

use super::{Meta, Object, Resource, Scope};

impl<K> Object for K
where
    K: Metadata<Ty = ObjectMeta> + DeserializeOwned + 'static,
{
    fn meta(&self) -> Meta<'_> {
        let meta = self.metadata();
        Meta {
            name: meta.name.as_deref(),
            namespace: meta.namespace.as_deref(),
            uid: meta.uid.as_deref(),
            resource_version: meta.resource_version.as_deref(),
        }
    }
}

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

/// Turns `k8s-openapi`'s types of scopes into values. Kinds of subresources (`Scale`) have neither of these.
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
