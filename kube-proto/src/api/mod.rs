//! `Api`: a collection of objects of one type.

pub use crate::frame::trim::Trim;
pub use crate::op::logs::Logs;
pub use crate::op::pages::{ListAll, Pages};
pub use crate::op::single_flight::SingleFlight;
pub use crate::op::unary::Unary;
pub use crate::op::upgrade::Upgrade;
pub use crate::op::with_info::{ApiResponse, WithInfo};

pub use crate::request::{
    ApiRequest, AttachParams, DeleteParams, ExecParams, FieldRequirement, FieldSelector, FieldValidation, GetParams,
    IncludeObject, JSON, JsonPatch, LabelRequirement, LabelSelector, LabelTest, ListParams, LogParams, LogStream,
    Namespace, Patch, PatchParams, PatchType, Path, PortForwardParams, PropagationPolicy, ProxyTarget, Query,
    ResourcePath, Subresource, Target, Verb, VersionMatch, WatchParams, WriteParams, pointer,
};

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;

use crate::op::decode;
use crate::op::pages::ListKind;
use crate::op::watch_once::WatchOnce;
use crate::resource::dynamic::{DynamicObject, PartialObject};
use crate::resource::subresource::{Scale, TokenRequest};
use crate::resource::{ApiResource, Object, Resource};
use crate::response::list::{Deleted, List};
use crate::response::status::Status;
use crate::store::{Index, Reflector};
use crate::watch::Watch;
use crate::watch::settings::WatchSettings;

/// The objects of one resource, in one namespace or in all: a value, from which requests and operations are made.
///
/// ```
/// use kube_proto::Api;
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
///
/// What each may end with beside what every call may (no connection, 401, 403, 404 for a resource that is not served, 429,
/// 5xx, a time-out, an answer above its limit), and the question of [`Error`](crate::error::Error) that finds it out:
///
/// | operation | error | question |
/// |---|---|---|
/// | get, replace, patch, delete, subresources | there is no such object | `is_not_found` |
/// | list, pages | the version or the token to go on from is too old | `is_expired`, `continue_token` |
/// | events | the version to watch from is too old | `is_expired` |
/// | create | the name is taken; the namespace is going away | `is_already_exists`, `is_namespace_terminating` |
/// | create, replace, patch | it is not valid; `fieldValidation=Strict` found something | `is_invalid`, `is_bad_request` |
/// | replace, patch, delete | it is not that version any more, or not that object | `is_conflict` |
/// | patch as an apply | other managers own fields | `is_apply_conflict` |
/// | evict | a disruption budget does not allow it now | `is_disruption_budget`, `retry_after` |
/// | bind | it has a node already | `is_conflict` |
/// | every operation | the resource is not served: a wrong version or plural, or no definition of it | `is_missing_resource` |
/// | every operation that changes something | whether it happened is not known | `outcome_unknown` |
pub struct Api<K> {
    target: Target,
    kind: PhantomData<fn() -> K>,
}

impl<K> Api<K> {
    /// The objects of all namespaces, or of the cluster. Of namespaced ones these can be listed and watched; all else
    /// needs a namespace.
    #[must_use]
    pub fn all() -> Self
    where
        K: Resource,
    {
        Self::new(Target::of(ApiResource::of::<K>()))
    }

    /// The objects of one namespace.
    #[must_use]
    pub fn namespaced(namespace: impl Into<String>) -> Self
    where
        K: Resource,
    {
        Self::all().within(namespace.into())
    }

    /// The objects of the namespace that the session's configuration names.
    #[must_use]
    pub fn default_namespace() -> Self
    where
        K: Resource,
    {
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

impl<K> Api<K> {
    /// The objects of this target, read as this type: for subresources and types that are not known here.
    #[must_use]
    pub fn new(target: Target) -> Self
    where
        K: Object,
    {
        Self { target: target.part(K::PART), kind: PhantomData }
    }

    /// The objects of a resource that is known when running, read as this type.
    #[must_use]
    pub fn of(resource: ApiResource) -> Self
    where
        K: Object,
    {
        Self::new(Target::of(resource))
    }

    /// Only the metadata of the same objects: the server leaves out the rest.
    #[must_use]
    pub fn metadata(&self) -> Api<PartialObject> {
        Api::new(self.target.clone())
    }

    /// The `status` of the same objects.
    #[must_use]
    pub fn status(&self) -> Self
    where
        K: Object,
    {
        self.subresource(Subresource::STATUS)
    }

    /// The `scale` of the same objects.
    #[must_use]
    pub fn scale(&self) -> Api<Scale> {
        self.subresource(Subresource::SCALE)
    }

    /// The containers for debugging of the same pods.
    #[must_use]
    pub fn ephemeral_containers(&self) -> Self
    where
        K: Object,
    {
        self.subresource(Subresource::EPHEMERAL_CONTAINERS)
    }

    /// The resources of the same pods, to be changed while they run.
    #[must_use]
    pub fn resize(&self) -> Self
    where
        K: Object,
    {
        self.subresource(Subresource::RESIZE)
    }

    /// The approval of the same certificate signing requests.
    #[must_use]
    pub fn approval(&self) -> Self
    where
        K: Object,
    {
        self.subresource(Subresource::APPROVAL)
    }

    /// The finalizers of the same namespaces.
    #[must_use]
    pub fn finalize(&self) -> Self
    where
        K: Object,
    {
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
    /// Reads one object.
    pub fn get(&self, name: &str) -> Unary<K>
    where
        K: Object,
    {
        self.get_with(name, &GetParams::default())
    }

    /// Reads one object: from a cache, say.
    pub fn get_with(&self, name: &str, params: &GetParams) -> Unary<K>
    where
        K: Object,
    {
        Unary::new(self.target().get(name, params), decode::json)
    }

    /// Reads a list, whole or the one page that `params` asks for. Items are decoded as they arrive.
    pub fn list(&self, params: &ListParams) -> ListAll<K>
    where
        K: Object,
    {
        ListAll::new(self.target().list(params), self.list_kind())
    }

    /// Reads a list in pages of 500 objects, or of what `params` sets as limit, and yields each object as its bytes
    /// arrive.
    pub fn pages(&self, params: &ListParams) -> Pages<K>
    where
        K: Object,
    {
        let mut params = params.clone();
        params.limit.get_or_insert(PAGE);
        Pages::new(self.target().list(&params), self.list_kind())
    }

    /// One watch response: its events, until the server ends it. Nothing is done about that end.
    pub fn watch_once(&self, params: &WatchParams) -> WatchOnce<K>
    where
        K: Object,
    {
        let idle = params.timeout_seconds.map(|promised| Duration::from_secs(promised.into()) + GRACE);
        WatchOnce::new(self.target().watch(params), idle)
    }

    /// Creates an object.
    pub fn create(&self, object: &K, params: &WriteParams) -> Unary<K>
    where
        K: Object + Serialize,
    {
        Unary::new(self.target().create(object, params), decode::json)
    }

    /// Creates a subresource of the object of this name: a token, say.
    pub fn create_for(&self, name: &str, body: &K, params: &WriteParams) -> Unary<K>
    where
        K: Object + Serialize,
    {
        Unary::new(self.target().create_for(name, body, params), decode::json)
    }

    /// Replaces an object. With its `metadata.resourceVersion`, only if it is still that version.
    pub fn replace(&self, name: &str, object: &K, params: &WriteParams) -> Unary<K>
    where
        K: Object + Serialize,
    {
        Unary::new(self.target().replace(name, object, params), decode::json)
    }

    /// Changes a part of an object; an apply creates it where it does not exist.
    pub fn patch(&self, name: &str, patch: &Patch, params: &PatchParams) -> Unary<K>
    where
        K: Object,
    {
        Unary::new(self.target().patch(name, patch, params), decode::json)
    }

    /// Deletes an object. It may live on for a while: until its grace period is over and its finalizers are gone.
    pub fn delete(&self, name: &str, params: &DeleteParams) -> Unary<Deleted<K>>
    where
        K: Object,
    {
        Unary::new(self.target().delete(name, params), decode::deleted)
    }

    /// Deletes all objects of the collection that `choice` lists.
    pub fn delete_collection(&self, params: &DeleteParams, choice: &ListParams) -> Unary<Deleted<List<K>>>
    where
        K: Object,
    {
        Unary::new(self.target().delete_collection(params, choice), decode::deleted_list)
    }

    /// Asks that a pod be deleted, if its disruption budgets allow it; 429 if they do not.
    pub fn evict(&self, name: &str, params: &DeleteParams) -> Unary<Status> {
        Unary::new(self.target().evict(name, params), decode::json)
    }

    /// Puts a pod on a node.
    pub fn bind(&self, name: &str, node: &str, params: &WriteParams) -> Unary<Status> {
        Unary::new(self.target().bind(name, node, params), decode::json)
    }

    /// A pod's log, as it comes.
    pub fn logs(&self, name: &str, params: &LogParams) -> Logs {
        Logs::new(self.target().log(name, params))
    }

    /// The objects, and then every change of them, through whatever happens to the connection and the server.
    ///
    /// ```
    /// use kube_proto::watch::{WatchSettings, Event};
    /// use kube_proto::Api;
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    ///
    /// let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
    /// let watch = pods.within("shop").watch(WatchSettings::default().label_selector("app=web"));
    /// // A driver carries it out: `for step in client.stream(watch) { match step? { ... } }`
    /// fn each(step: Event<DynamicObject>) {
    ///     match step {
    ///         Event::Applied(pod) | Event::InitApplied(pod) => println!("{:?}", pod.metadata.name),
    ///         Event::Trouble(trouble) => eprintln!("{}; next try in {:?}", trouble.error, trouble.wait),
    ///         _ => {}
    ///     }
    /// }
    /// # let _ = (watch, each);
    /// ```
    pub fn watch(&self, settings: WatchSettings) -> Watch<K>
    where
        K: Object,
    {
        Watch::new(self.target().clone(), settings)
    }

    /// Keeps these objects in a [`Store`](crate::store::Store), with these indexes. A version to resume from is left out of account: a store
    /// begins with a list.
    pub fn reflect(&self, settings: WatchSettings, indexes: impl IntoIterator<Item = Index<K>>) -> Reflector<K>
    where
        K: Object,
    {
        let settings = WatchSettings { resume: None, ..settings };
        Reflector::new(self.watch(settings), indexes)
    }

    fn list_kind(&self) -> ListKind {
        ListKind::of(self.target())
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

/// How many objects a page has by default; client-go's number.
const PAGE: u32 = 500;
/// How long after the promised end of a watch its silence is believed.
const GRACE: Duration = Duration::from_secs(30);
