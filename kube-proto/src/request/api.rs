//! `Api`: a collection of objects of one type.

use std::fmt;
use std::marker::PhantomData;

use super::{Namespace, Subresource, Target};
use crate::resource::{ApiResource, DynamicObject, Object, PartialObject, Resource, Scale, TokenRequest};

/// The objects of one resource, in one namespace or in all: a value, from which requests and operations are made.
///
/// ```
/// use kube_proto::request::Api;
/// use kube_proto::resource::{ApiResource, DynamicObject, LocalSubjectAccessReview, Scope};
///
/// // A type that is known when compiling.
/// let reviews = Api::<LocalSubjectAccessReview>::namespaced("shop");
/// // Any kind.
/// let deployment = ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
/// let deployments = Api::<DynamicObject>::dynamic(deployment).within("shop");
/// // Of the same objects, only the metadata; and of each its scale.
/// let metadata = deployments.metadata();
/// let scales = deployments.scale();
/// ```
pub struct Api<K> {
    target: Target,
    kind: PhantomData<fn() -> K>,
}

impl<K: Resource> Api<K> {
    /// The objects of all namespaces, or of the cluster. Of namespaced ones these can be listed and watched; all else
    /// needs a namespace.
    #[must_use]
    pub fn all() -> Self {
        Self::new(Target::of(ApiResource::of::<K>()))
    }

    /// The objects of one namespace.
    #[must_use]
    pub fn namespaced(namespace: impl Into<String>) -> Self {
        Self::all().within(namespace.into())
    }

    /// The objects of the namespace that the session's configuration names.
    #[must_use]
    pub fn default_namespace() -> Self {
        Self::all().within(Namespace::Default)
    }
}

impl Api<DynamicObject> {
    /// The objects of a resource that is known when running; of all namespaces, until [`Api::within`] names one.
    #[must_use]
    pub fn dynamic(resource: ApiResource) -> Self {
        Self::new(Target::of(resource))
    }
}

impl<K: Object> Api<K> {
    /// The objects of this target, read as this type: for subresources and types that are not known here.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self { target: target.part(K::PART), kind: PhantomData }
    }

    /// The objects of a resource that is known when running, read as this type.
    #[must_use]
    pub fn of(resource: ApiResource) -> Self {
        Self::new(Target::of(resource))
    }

    /// Only the metadata of the same objects: the server leaves out the rest.
    #[must_use]
    pub fn metadata(&self) -> Api<PartialObject> {
        Api::new(self.target.clone())
    }

    /// The `status` of the same objects.
    #[must_use]
    pub fn status(&self) -> Self {
        self.subresource(Subresource::STATUS)
    }

    /// The `scale` of the same objects.
    #[must_use]
    pub fn scale(&self) -> Api<Scale> {
        self.subresource(Subresource::SCALE)
    }

    /// The containers for debugging of the same pods.
    #[must_use]
    pub fn ephemeral_containers(&self) -> Self {
        self.subresource(Subresource::EPHEMERAL_CONTAINERS)
    }

    /// The resources of the same pods, to be changed while they run.
    #[must_use]
    pub fn resize(&self) -> Self {
        self.subresource(Subresource::RESIZE)
    }

    /// The approval of the same certificate signing requests.
    #[must_use]
    pub fn approval(&self) -> Self {
        self.subresource(Subresource::APPROVAL)
    }

    /// The finalizers of the same namespaces.
    #[must_use]
    pub fn finalize(&self) -> Self {
        self.subresource(Subresource::FINALIZE)
    }

    /// Tokens of the same service accounts.
    #[must_use]
    pub fn token(&self) -> Api<TokenRequest> {
        self.subresource(Subresource::TOKEN)
    }

    /// A subresource of the same objects, read as this type.
    #[must_use]
    pub fn subresource<S: Object>(&self, subresource: Subresource) -> Api<S> {
        Api::new(self.target.clone().subresource(subresource))
    }
}

impl<K> Api<K> {
    /// The same in another namespace, or in all.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<Namespace>) -> Self {
        self.target.namespace = namespace.into();
        self
    }

    /// What requests are made for.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }
}

impl<K> Clone for Api<K> {
    fn clone(&self) -> Self {
        Self { target: self.target.clone(), kind: PhantomData }
    }
}

impl<K> fmt::Debug for Api<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("target", &self.target).finish()
    }
}
