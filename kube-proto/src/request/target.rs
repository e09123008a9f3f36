//! Makes a request from a resource and a verb.

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::accept::Accepts;
use super::body::Probe;
use super::delete::DeleteParams;
use super::params::{GetParams, ListParams, PatchParams, WatchParams, WriteParams, common};
use super::patch::{Patch, PatchType};
use super::path::{Namespace, Path, ResourcePath};
use super::streaming::{AttachParams, ExecParams, LogParams, PortForwardParams, ProxyTarget};
use super::verb::Verb;
use super::{ApiRequest, JSON, body};
use crate::resource::meta::ObjectMeta;
use crate::resource::subresource::{Binding, Eviction};
use crate::resource::{ApiResource, Part};

/// A collection of objects, or one subresource of each of them: the target of requests.
///
/// It is cheap to clone for resources that are known at compile time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The resource.
    pub resource: ApiResource,
    /// The namespace.
    pub namespace: Namespace,
    /// The part of the objects to request.
    pub part: Part,
    /// The subresource, if the target is not the objects themselves.
    pub subresource: Option<Subresource>,
    /// The encodings of reads.
    pub(crate) accepts: Accepts,
}

/// A part of an object with a URL of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subresource {
    /// Its name in the URL.
    pub name: Cow<'static, str>,
    /// `apiVersion` and kind of the bodies; `None` for the object's own.
    pub kind: Option<(&'static str, &'static str)>,
}

impl Subresource {
    /// The observed state, which is written separately from the desired one.
    pub const STATUS: Self = Self::of("status", None);
    /// The number of replicas, written as [`Scale`](crate::resource::subresource::Scale).
    pub const SCALE: Self = Self::of("scale", Some(("autoscaling/v1", "Scale")));
    /// The eviction of a pod, which respects disruption budgets; created as [`Eviction`].
    pub const EVICTION: Self = Self::of("eviction", Some(("policy/v1", "Eviction")));
    /// A pod's node; created as [`Binding`].
    pub const BINDING: Self = Self::of("binding", Some(("v1", "Binding")));
    /// A pod's ephemeral containers, for debugging.
    pub const EPHEMERAL_CONTAINERS: Self = Self::of("ephemeralcontainers", None);
    /// A running pod's resources.
    pub const RESIZE: Self = Self::of("resize", None);
    /// A service account's tokens; created as [`TokenRequest`](crate::resource::subresource::TokenRequest).
    pub const TOKEN: Self = Self::of("token", Some(("authentication.k8s.io/v1", "TokenRequest")));
    /// A certificate signing request's approval.
    pub const APPROVAL: Self = Self::of("approval", None);
    /// A namespace's finalizers.
    pub const FINALIZE: Self = Self::of("finalize", None);

    /// A subresource of this name, written as the object itself.
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), kind: None }
    }

    const fn of(name: &'static str, kind: Option<(&'static str, &'static str)>) -> Self {
        Self { name: Cow::Borrowed(name), kind }
    }
}

impl Target {
    /// All objects of the resource, whole.
    #[must_use]
    pub fn of(resource: ApiResource) -> Self {
        Self { resource, namespace: Namespace::All, part: Part::Whole, subresource: None, accepts: Accepts::AS_IT_IS }
    }

    /// The same objects in a namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<Namespace>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Another part of the same objects.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.part = part;
        self
    }

    /// A subresource of the same objects.
    #[must_use]
    pub fn subresource(mut self, subresource: Subresource) -> Self {
        self.subresource = Some(subresource);
        self
    }

    /// Reads one object.
    #[must_use]
    pub fn get(&self, name: &str, params: &GetParams) -> ApiRequest {
        let mut request = self.read(Verb::Get, Some(name));
        params.query(&mut request.query);
        request
    }

    /// Reads a collection, or a page of it.
    #[must_use]
    pub fn list(&self, params: &ListParams) -> ApiRequest {
        let mut request = self.read(Verb::List, None);
        params.query(&mut request.query);
        request
    }

    /// Watches a collection.
    #[must_use]
    pub fn watch(&self, params: &WatchParams) -> ApiRequest {
        let mut request = self.read(Verb::Watch, None);
        params.query(&mut request.query);
        request
    }

    /// Creates an object with its `metadata.name`, or with a new name that begins with its `metadata.generateName`.
    #[must_use]
    pub fn create<T: Serialize + ?Sized>(&self, object: &T, params: &WriteParams) -> ApiRequest {
        let mut request = self.write(Verb::Create, None, object, params);
        // The server stores no reviews.
        if QUESTIONS.contains(&self.resource.group.as_ref()) {
            request.mutates = false;
        }
        request
    }

    /// Creates a subresource of the named object: a token, a binding, an eviction.
    #[must_use]
    pub fn create_for<T: Serialize + ?Sized>(&self, name: &str, body: &T, params: &WriteParams) -> ApiRequest {
        let request = self.write(Verb::Create, Some(name), body, params);
        match self.subresource {
            Some(_) => request,
            None => request.refuse("only subresources are created under the name of an object: use create"),
        }
    }

    /// Replaces an object. If `object` has a `metadata.resourceVersion`, the stored object must have the same.
    #[must_use]
    pub fn replace<T: Serialize + ?Sized>(&self, name: &str, object: &T, params: &WriteParams) -> ApiRequest {
        self.write(Verb::Update, Some(name), object, params)
    }

    /// Changes a part of an object.
    #[must_use]
    pub fn patch(&self, name: &str, patch: &Patch, params: &PatchParams) -> ApiRequest {
        let mut request = self.request(Verb::Patch, Some(name));
        request.mutates = !params.dry_run;
        match params.query(&mut request.query).and_then(|()| self.patch_body(patch, params)) {
            Ok(body) => request.with_body(patch.patch_type().content_type(), body),
            Err(text) => request.refuse(text),
        }
    }

    /// Deletes an object.
    #[must_use]
    pub fn delete(&self, name: &str, params: &DeleteParams) -> ApiRequest {
        let mut request = self.request(Verb::Delete, Some(name));
        request.mutates = !params.dry_run;
        common(&mut request.query, params.pretty, params.timeout);
        match params.body() {
            Ok(body) if body.is_empty() => request,
            Ok(body) => request.with_body(JSON, body),
            Err(text) => request.refuse(text),
        }
    }

    /// Deletes all objects of the collection that match `choice`.
    #[must_use]
    pub fn delete_collection(&self, params: &DeleteParams, choice: &ListParams) -> ApiRequest {
        let mut request = self.request(Verb::DeleteCollection, None);
        request.mutates = !params.dry_run;
        choice.query(&mut request.query);
        for (name, set) in [("pretty", params.pretty), ("timeout", params.timeout.is_some())] {
            if set {
                request.query.remove(name);
            }
        }
        common(&mut request.query, params.pretty, params.timeout);
        // Without a body, the server would also use the list's resourceVersion as a precondition.
        match params.document() {
            Ok(body) => request.with_body(JSON, body.into()),
            Err(text) => request.refuse(text),
        }
    }

    /// Deletes a pod if its disruption budgets allow it. The answer is a `Status`.
    #[must_use]
    pub fn evict(&self, name: &str, params: &DeleteParams) -> ApiRequest {
        let target = self.clone().subresource(Subresource::EVICTION);
        let write = WriteParams {
            dry_run: params.dry_run,
            pretty: params.pretty,
            timeout: params.timeout,
            ..WriteParams::default()
        };
        let mut metadata = ObjectMeta::named(name);
        if let Namespace::Named(namespace) = &self.namespace {
            metadata.namespace = Some(namespace.clone());
        }
        let unset = DeleteParams { pretty: params.pretty, timeout: params.timeout, ..DeleteParams::default() };
        let (delete_options, fault) = match params.value() {
            Ok(_) if *params == unset => (None, None),
            Ok(options) => (Some(options), None),
            Err(text) => (None, Some(text)),
        };
        let request = target.create_for(name, &Eviction { metadata, delete_options }, &write).part(Part::Whole);
        match fault {
            Some(text) => request.refuse(text),
            None => request,
        }
    }

    /// Assigns a pod to a node. The answer is a `Status`.
    #[must_use]
    pub fn bind(&self, name: &str, node: &str, params: &WriteParams) -> ApiRequest {
        let target = self.clone().subresource(Subresource::BINDING);
        target.create_for(name, &Binding::of(name, node), params).part(Part::Whole)
    }

    /// Reads a pod's log. The answer is text.
    #[must_use]
    pub fn log(&self, name: &str, params: &LogParams) -> ApiRequest {
        self.stream(Verb::Get, name, "log", |query| params.query(query))
    }

    /// Runs a command in a pod.
    #[must_use]
    pub fn exec(&self, name: &str, params: &ExecParams) -> ApiRequest {
        self.stream(Verb::Connect, name, "exec", |query| params.query(query))
    }

    /// Connects to the running program of a pod.
    #[must_use]
    pub fn attach(&self, name: &str, params: &AttachParams) -> ApiRequest {
        self.stream(Verb::Connect, name, "attach", |query| params.query(query))
    }

    /// Connects to ports of a pod.
    #[must_use]
    pub fn portforward(&self, name: &str, params: &PortForwardParams) -> ApiRequest {
        self.stream(Verb::Connect, name, "portforward", |query| {
            params.query(query);
            Ok(())
        })
    }

    /// Sends a request through the server to a pod, service or node. `path_and_query` is the backend's, such as
    /// `/metrics`; the answer is the backend's own.
    #[must_use]
    pub fn proxy(
        &self,
        to: &ProxyTarget,
        method: Method,
        path_and_query: impl Into<String>,
        body: impl Into<Bytes>,
    ) -> ApiRequest {
        let mut path = self.path(Some(&to.to_string()));
        path.subresource = Some(Cow::Borrowed("proxy"));
        path.tail = Some(path_and_query.into());
        let mut request = ApiRequest::new(Verb::Raw(method), Path::Resource(Box::new(path))).accept(ANYTHING);
        request.body = body.into();
        match to.check() {
            Ok(()) => request,
            Err(text) => request.refuse(text),
        }
    }

    fn path(&self, name: Option<&str>) -> ResourcePath {
        ResourcePath {
            resource: self.resource.clone(),
            namespace: self.namespace.clone(),
            name: name.map(str::to_owned),
            subresource: self.subresource.as_ref().map(|subresource| subresource.name.clone()),
            tail: None,
        }
    }

    fn request(&self, verb: Verb, name: Option<&str>) -> ApiRequest {
        ApiRequest::new(verb, Path::Resource(Box::new(self.path(name)))).part(self.part)
    }

    /// A request whose answer may be protobuf.
    #[cfg_attr(not(feature = "protobuf"), expect(unused_mut, reason = "nothing to change"))]
    fn read(&self, verb: Verb, name: Option<&str>) -> ApiRequest {
        let mut request = self.request(verb, name);
        #[cfg(feature = "protobuf")]
        if self.has_protobuf() {
            request.accepts = self.accepts;
        }
        request
    }

    /// Whether the objects have a protobuf form. The metadata of any object has one.
    #[cfg(feature = "protobuf")]
    fn has_protobuf(&self) -> bool {
        self.subresource.is_none()
            && (self.part == Part::Metadata
                || crate::encoding::has_protobuf(&self.resource.api_version(), &self.resource.kind))
    }

    fn stream(
        &self,
        verb: Verb,
        name: &str,
        subresource: &'static str,
        params: impl FnOnce(&mut super::query::Query) -> Result<(), String>,
    ) -> ApiRequest {
        let mut path = self.path(Some(name));
        path.subresource = Some(Cow::Borrowed(subresource));
        let mut request = ApiRequest::new(verb, Path::Resource(Box::new(path))).accept(ANYTHING);
        match params(&mut request.query) {
            Ok(()) => request,
            Err(text) => request.refuse(text),
        }
    }

    fn write<T: Serialize + ?Sized>(
        &self,
        verb: Verb,
        name: Option<&str>,
        object: &T,
        params: &WriteParams,
    ) -> ApiRequest {
        let mut request = self.request(verb, name);
        request.mutates = !params.dry_run;
        let (api_version, kind) = self.kind();
        match params.query(&mut request.query).and_then(|()| body::document(object, &api_version, kind)) {
            Ok((body, probe)) => request.about(probe.subject()).with_body(JSON, body),
            Err(text) => request.refuse(text),
        }
    }

    fn patch_body(&self, patch: &Patch, params: &PatchParams) -> Result<Bytes, String> {
        let body = patch.body()?;
        if patch.patch_type() != PatchType::Apply {
            return if params.force {
                Err("force takes fields from other managers, which only an apply does: leave it out, or use Patch::apply".into())
            } else {
                Ok(body.clone())
            };
        }
        if params.field_manager.as_deref().unwrap_or_default().is_empty() {
            return Err(
                "an apply needs a field manager: set PatchParams::field_manager to the name of your program".into()
            );
        }
        // Text that is no JSON is YAML, which only the server parses.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return match crate::json::from_slice::<serde_json::Value>(body) {
                Ok(_) => Err("an apply needs an object: what the manager wants of it".into()),
                Err(_) => Ok(body.clone()),
            };
        }
        let (api_version, kind) = self.kind();
        let (body, Probe { metadata, .. }) = body::complete(body.trim_ascii_start().to_vec(), &api_version, kind)?;
        match metadata.and_then(|metadata| metadata.managed_fields) {
            Some(_) => {
                Err("an apply may not contain metadata.managedFields: apply what you want of the object, and not \
                            the object as it was read"
                    .into())
            }
            None => Ok(body),
        }
    }

    /// `apiVersion` and kind of bodies.
    fn kind(&self) -> (Cow<'_, str>, &str) {
        match self.subresource.as_ref().and_then(|subresource| subresource.kind) {
            Some((api_version, kind)) => (Cow::Borrowed(api_version), kind),
            None => (self.resource.api_version(), &self.resource.kind),
        }
    }
}

const ANYTHING: &str = "*/*";

/// The groups whose resources are all reviews.
const QUESTIONS: [&str; 2] = ["authentication.k8s.io", "authorization.k8s.io"];
