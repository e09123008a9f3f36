//! What nearly every program needs: each transport has this list at its root.
//!
//! ```
//! use kube_proto::prelude::{Api, ApiResource, DynamicObject, Scope};
//!
//! let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
//! let pods = Api::<DynamicObject>::dynamic(pods).within("shop");
//! # let _ = pods;
//! ```
//!
//! A program that has a transport takes the names from there (`use kube_transport_std::{Api, Client}`), and everything else
//! from `kube_transport_std::proto`, which is this crate.

pub use crate::api::{
    Api, AttachParams, DeleteParams, ExecParams, FieldValidation, GetParams, JsonPatch, ListParams, LogParams, Patch,
    PatchParams, PortForwardParams, PropagationPolicy, Subresource, WatchParams, WriteParams,
};
pub use crate::config::{Config, Overrides};
pub use crate::error::{Error, ErrorKind};
pub use crate::port_forward::{Port, PortForward};
/// The module, with the types of all kinds that the client itself reads and writes; and the macro `resource!`.
pub use crate::resource;
pub use crate::resource::{
    ApiResource, DynamicObject, Lazy, Meta, Object, ObjectMeta, OwnerReference, PartialObject, Resource, Scope,
};
pub use crate::response::{Deleted, List, Warnings};
pub use crate::settings::{
    BreakerPolicy, ContentType, PluginPolicy, Rate, RetryPolicy, Settings, SizeLimits, Timeouts,
};
pub use crate::store::{Change, Index, Reflector, Snapshot, Store, StoreEvent, Subscriber, Via};
/// The module: `watch::Event` reads better than `Event`, which is a Kubernetes kind too.
pub use crate::watch;
pub use crate::watch::WatchSettings;
