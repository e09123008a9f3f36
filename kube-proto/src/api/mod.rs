//! `Api`: a collection of objects of one type.

pub use crate::frame::trim::Trim;
pub use crate::op::edit::{Change, Edit};
pub use crate::op::ensure::{CreateOrFind, Ensured};
pub use crate::op::logs::Logs;
pub use crate::op::pages::{ListAll, Pages};
pub use crate::op::single_flight::SingleFlight;
pub use crate::op::unary::Unary;
pub use crate::op::upgrade::{Upgrade, Upgraded};
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

use crate::exec::{self, Exec};
use crate::logs::{LogLines, LogSettings, MergeSettings, MergedLogs};
use crate::op::decode;
use crate::op::pages::ListKind;
use crate::op::watch_once::WatchOnce;
use crate::request::Accepts;
use crate::resource::dynamic::{DynamicObject, PartialObject};
use crate::resource::subresource::{Scale, TokenRequest};
use crate::resource::{ApiResource, Object, Resource};
use crate::response::list::{Deleted, List};
use crate::response::status::Status;
use crate::settings::ContentType;
use crate::store::{Index, Reflector};
use crate::watch::Watch;
use crate::watch::settings::WatchSettings;

/// The objects of one resource, in one namespace or in all. This is a value without a connection: its methods make
/// requests and operations.
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
/// Every call can fail with: no connection, 401, 403, 404 for a resource that is not served, 429, 5xx, a timeout, an
/// answer above its limit. The table shows what each operation adds, and the method of [`Error`](crate::error::Error)
/// that recognizes it:
///
/// | operation | error | method |
/// |---|---|---|
/// | get, replace, patch, delete, subresources | the object does not exist | `is_not_found` |
/// | list, pages | the resource version or the continue token is too old | `is_expired`, `continue_token` |
/// | watch_once | the resource version is too old | `is_expired` |
/// | create | the name is taken; the namespace is being deleted | `is_already_exists`, `is_namespace_terminating` |
/// | create, replace, patch | it is invalid; `fieldValidation=Strict` found a fault | `is_invalid`, `is_bad_request` |
/// | replace, patch, delete | the object has another version or uid than the request names | `is_conflict` |
/// | patch as an apply | other managers own fields | `is_apply_conflict` |
/// | evict | a disruption budget does not allow the eviction now | `is_disruption_budget`, `retry_after` |
/// | bind | the pod has a node already | `is_conflict` |
/// | every operation that changes something | the change may have happened | `outcome_unknown` |
pub struct Api<K> {
    target: Target,
    kind: PhantomData<fn() -> K>,
}

impl<K> Api<K> {
    /// The objects of all namespaces, or of the cluster. Namespaced objects can only be listed and watched this way:
    /// all other operations need a namespace.
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

    /// The objects of the default namespace of the session's configuration.
    #[must_use]
    pub fn default_namespace() -> Self
    where
        K: Resource,
    {
        Self::all().within(Namespace::Default)
    }
}

impl Api<DynamicObject> {
    /// The objects of a resource that is known only at run time; of all namespaces, until [`Api::within`] names one.
    #[must_use]
    pub fn dynamic(resource: ApiResource) -> Self {
        Self::new(Target::of(resource))
    }
}

impl<K> Api<K> {
    /// The objects of this target, decoded as `K`: for subresources, and for types that this crate does not know.
    #[must_use]
    pub fn new(target: Target) -> Self
    where
        K: Object,
    {
        let accepts = Accepts { by_type: K::PROTOBUF, ..target.accepts };
        let target = Target { accepts, ..target };
        Self { target: target.part(K::PART), kind: PhantomData }
    }

    /// The encoding that the reads of these objects ask for: get, list, pages, watches, reflect. It goes before
    /// [`Settings::content_type`](crate::settings::Settings::content_type); [`ContentType`] has the defaults.
    ///
    /// In protobuf the objects are the same, but fields that this version of the library does not know are left out. So only
    /// a program that is not older than its server should write an object whole that it has read so; a patch changes
    /// nothing else in any case. Subresources are read in JSON.
    ///
    /// ```
    /// use kube_proto::Api;
    /// use kube_proto::resource::LocalSubjectAccessReview;
    /// use kube_proto::settings::ContentType;
    ///
    /// // A proxy on the way shows or changes documents, so all of them are to be JSON.
    /// let reviews = Api::<LocalSubjectAccessReview>::namespaced("shop").content_type(ContentType::Json);
    /// # let _ = reviews;
    /// ```
    #[must_use]
    pub fn content_type(mut self, content_type: ContentType) -> Self {
        self.target.accepts.chosen = Some(content_type);
        self
    }

    /// The objects of a resource that is known only at run time, decoded as `K`.
    #[must_use]
    pub fn of(resource: ApiResource) -> Self
    where
        K: Object,
    {
        Self::new(Target::of(resource))
    }

    /// The metadata of the same objects; the server leaves out the rest.
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

    /// The ephemeral containers of the same pods, for debugging.
    #[must_use]
    pub fn ephemeral_containers(&self) -> Self
    where
        K: Object,
    {
        self.subresource(Subresource::EPHEMERAL_CONTAINERS)
    }

    /// The resources of the same pods, which a write changes while the pods run.
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

    /// The tokens of the same service accounts.
    #[must_use]
    pub fn token(&self) -> Api<TokenRequest> {
        self.subresource(Subresource::TOKEN)
    }

    /// A subresource of the same objects, decoded as `S`.
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

    /// Reads one object with parameters, for example from the server's cache.
    pub fn get_with(&self, name: &str, params: &GetParams) -> Unary<K>
    where
        K: Object,
    {
        Unary::new(self.target().get(name, params), decode::object)
    }

    /// Reads a list: all of it, or the one page that `params` asks for. Items are decoded as they arrive.
    pub fn list(&self, params: &ListParams) -> ListAll<K>
    where
        K: Object,
    {
        ListAll::new(self.target().list(params), self.list_kind())
    }

    /// Reads a list in pages of 500 objects, or of the limit in `params`, and yields each object as its bytes arrive.
    pub fn pages(&self, params: &ListParams) -> Pages<K>
    where
        K: Object,
    {
        let mut params = params.clone();
        params.limit.get_or_insert(PAGE);
        Pages::new(self.target().list(&params), self.list_kind())
    }

    /// Watches with one request, and yields its events until the server ends the response. It does not reconnect: use
    /// [`Api::watch`] for that.
    pub fn watch_once(&self, params: &WatchParams) -> WatchOnce<K>
    where
        K: Object,
    {
        let idle = params.timeout_seconds.map(|promised| Duration::from_secs(promised.into()) + GRACE);
        WatchOnce::new(self.target(), params, idle, self.list_kind())
    }

    /// Creates an object.
    pub fn create(&self, object: &K, params: &WriteParams) -> Unary<K>
    where
        K: Object + Serialize,
    {
        Unary::new(self.target().create(object, params), decode::json)
    }

    /// Creates a subresource of the named object, for example a token.
    pub fn create_for(&self, name: &str, body: &K, params: &WriteParams) -> Unary<K>
    where
        K: Object + Serialize,
    {
        Unary::new(self.target().create_for(name, body, params), decode::json)
    }

    /// Replaces an object. If `object` has a `metadata.resourceVersion`, the stored object must have the same.
    pub fn replace(&self, name: &str, object: &K, params: &WriteParams) -> Unary<K>
    where
        K: Object + Serialize,
    {
        Unary::new(self.target().replace(name, object, params), decode::json)
    }

    /// Reads an object, lets `change` change it, and replaces it. If another writer was faster (409), it begins again with a
    /// new read, within the limits of [`Settings::conflicts`](crate::settings::Settings::conflicts). Yields the object as the
    /// server stores it now.
    ///
    /// `change` runs once for each read, so it must not count on running once. A write that may have happened is not repeated:
    /// see [`Error::outcome_unknown`](crate::Error::outcome_unknown). Where you own the fields, a server-side apply needs no
    /// read and has no such conflict.
    ///
    /// ```
    /// use kube_proto::Api;
    /// use kube_proto::api::{Change, WriteParams};
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    ///
    /// let maps = ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
    /// let maps = Api::<DynamicObject>::dynamic(maps).within("shop");
    /// let edit = maps.edit("prices", &WriteParams::default(), |map| {
    ///     let labels = &mut map.metadata.labels;
    ///     match labels.insert("seen".into(), "yes".into()) {
    ///         Some(old) if old == "yes" => Change::Nothing,
    ///         _ => Change::Write,
    ///     }
    /// });
    /// # let _ = edit;
    /// ```
    pub fn edit<F>(&self, name: &str, params: &WriteParams, change: F) -> Edit<K, F>
    where
        K: Object + Serialize,
        F: FnMut(&mut K) -> Change,
    {
        Edit::new(self.target.clone(), name, params.clone(), change)
    }

    /// Creates an object, or finds it: if the outcome of the create is unknown (the connection was lost, the answer came too
    /// late), it looks whether the object is there, and creates it again only if that is safe. It looks at most five times.
    ///
    /// With a `metadata.name`, the object is found by it, and an object that existed before is [found](Ensured::Found) too:
    /// compare its labels if that matters. With a `metadata.generateName`, give it a label that no other object has, and name
    /// that by [`known_by`](CreateOrFind::known_by); without one, the operation is a plain create.
    ///
    /// ```
    /// use kube_proto::Api;
    /// use kube_proto::api::WriteParams;
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    ///
    /// let maps = ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced);
    /// let mut map = DynamicObject::new(&maps, "");
    /// map.metadata.generate_name = Some("order-".into());
    /// map.metadata.labels.insert("shop.example/request".into(), "3f2c".into());
    /// let maps = Api::<DynamicObject>::dynamic(maps).within("shop");
    /// let create = maps.create_or_find(&map, &WriteParams::default()).known_by("shop.example/request=3f2c");
    /// # let _ = create;
    /// ```
    pub fn create_or_find(&self, object: &K, params: &WriteParams) -> CreateOrFind<K>
    where
        K: Object + Serialize,
    {
        let name = object.meta().name.filter(|name| !name.is_empty()).map(str::to_owned);
        CreateOrFind::new(self.target.clone(), self.target().create(object, params), self.list_kind(), name)
    }

    /// Changes a part of an object. An apply creates the object if it does not exist.
    pub fn patch(&self, name: &str, patch: &Patch, params: &PatchParams) -> Unary<K>
    where
        K: Object,
    {
        Unary::new(self.target().patch(name, patch, params), decode::json)
    }

    /// Deletes an object. The object stays until its grace period is over and its finalizers are gone.
    pub fn delete(&self, name: &str, params: &DeleteParams) -> Unary<Deleted<K>>
    where
        K: Object,
    {
        Unary::new(self.target().delete(name, params), decode::deleted)
    }

    /// Deletes all objects of the collection that match `choice`.
    pub fn delete_collection(&self, params: &DeleteParams, choice: &ListParams) -> Unary<Deleted<List<K>>>
    where
        K: Object,
    {
        Unary::new(self.target().delete_collection(params, choice), decode::deleted_list)
    }

    /// Deletes a pod if its disruption budgets allow it; the error is a 429 if they do not.
    pub fn evict(&self, name: &str, params: &DeleteParams) -> Unary<Status> {
        Unary::new(self.target().evict(name, params), decode::json)
    }

    /// Assigns a pod to a node.
    pub fn bind(&self, name: &str, node: &str, params: &WriteParams) -> Unary<Status> {
        Unary::new(self.target().bind(name, node, params), decode::json)
    }

    /// A container's log as lines, with recovery from failures of the connection and the server. See
    /// [`logs`](crate::logs).
    pub fn log_lines(&self, name: &str, settings: impl Into<LogSettings>) -> LogLines {
        LogLines::new(self.target().clone(), name.to_owned(), settings.into())
    }

    /// The logs of several containers of these pods, merged in the order of their arrival, each line with its origin. A
    /// client's `together` carries it out.
    ///
    /// ```
    /// use kube_proto::api::LogParams;
    /// use kube_proto::logs::{MergeSettings, MergedLog, LogEvent, Pods};
    /// use kube_proto::Api;
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    ///
    /// let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
    /// let web = pods.merged_logs(MergeSettings::new(Pods::labels("app=web"), LogParams::default().follow()));
    /// // A driver carries it out: `for item in client.together(web) { each(item?) }`
    /// fn each(item: MergedLog) {
    ///     if let MergedLog::Log(origin, LogEvent::Line(line)) = item {
    ///         println!("[{origin}] {}", String::from_utf8_lossy(&line.text));
    ///     }
    /// }
    /// # let _ = (web, each);
    /// ```
    pub fn merged_logs(&self, settings: MergeSettings) -> MergedLogs {
        MergedLogs::new(self.target().clone(), settings)
    }

    /// A pod's log as bytes, as it arrives.
    pub fn logs(&self, name: &str, params: &LogParams) -> Logs {
        Logs::new(self.target().log(name, params))
    }

    /// Runs a command in a container of a pod. A client's `open` starts it and returns the session; the module
    /// The module [`crate::exec`] has the rest.
    ///
    /// ```
    /// use kube_proto::api::{Api, ExecParams};
    /// use kube_proto::resource::{ApiResource, DynamicObject, Scope};
    ///
    /// let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
    /// let exec = pods.within("shop").exec("web-0", &ExecParams::run(["ls", "-l", "/"]).container("app"));
    /// // A driver carries it out: `client.open(exec)?.output(1 << 20)?.result.exit_code()`
    /// # let _ = exec;
    /// ```
    pub fn exec(&self, name: &str, params: &ExecParams) -> Upgrade<Exec> {
        exec::open(self.target().exec(name, params), params.stdin, params.tty)
    }

    /// Connects to the process of a container that runs already. Its outputs from now on arrive, and nothing of before.
    /// The session's result is the exit code of the process only if the process ends; the API has no way to leave it but
    /// to close the session.
    pub fn attach(&self, name: &str, params: &AttachParams) -> Upgrade<Exec> {
        exec::open(self.target().attach(name, params), params.stdin, params.tty)
    }

    /// Yields the objects, and then every change of them. The watch recovers from failures of the connection and the
    /// server.
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

    /// Keeps the objects in a [`Store`](crate::store::Store) with these indexes. It ignores the version to resume from
    /// in `settings`, because a store begins with a list.
    ///
    /// The objects have no `metadata.managedFields`, which are a third of a typical object and which a controller rarely
    /// reads: they are skipped, and servers that can leave them out are asked to. `PUT` of such an object is safe, because
    /// the server keeps what is missing. [`WatchSettings::whole_objects`] keeps them.
    pub fn reflect(&self, settings: WatchSettings, indexes: impl IntoIterator<Item = Index<K>>) -> Reflector<K>
    where
        K: Object,
    {
        let trim = settings.trim.or_else(|| Some(Trim::managed_fields()));
        let settings = WatchSettings { resume: None, trim, ..settings };
        Reflector::new(self.watch(settings), indexes)
    }

    fn list_kind(&self) -> ListKind {
        ListKind::of(self.target())
    }
}

impl<K> Api<K> {
    /// The same objects in another namespace, or in all.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<Namespace>) -> Self {
        self.target.namespace = namespace.into();
        self
    }

    /// The target of the requests.
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

/// Objects in a page by default, as in client-go.
const PAGE: u32 = 500;
/// How long a watch may stay silent beyond its `timeout_seconds`.
const GRACE: Duration = Duration::from_secs(30);
