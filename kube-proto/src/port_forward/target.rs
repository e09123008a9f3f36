//! The target of a port-forward.

use std::fmt;

use crate::request::{LabelSelector, Namespace};
use crate::resource::ApiResource;

/// Where connections go: to a pod, or to a running pod that a service, a deployment or a selector leads to.
///
/// It is a value: a client finds the pod and opens the session.
#[derive(Clone, Debug)]
pub struct PortForward {
    pub(super) namespace: Namespace,
    pub(super) to: To,
    reconnects: bool,
}

#[derive(Clone, Debug)]
pub(super) enum To {
    Pod(String),
    Service(String),
    /// An object with a `spec.selector` of labels.
    Owner(ApiResource, String),
    Selector(LabelSelector),
}

impl PortForward {
    fn new(to: To) -> Self {
        Self { namespace: Namespace::Default, to, reconnects: false }
    }

    /// The pod of this name.
    #[must_use]
    pub fn pod(name: impl Into<String>) -> Self {
        Self::new(To::Pod(name.into()))
    }

    /// A pod of the service of this name. Ports are the service's: each leads to its `targetPort`.
    #[must_use]
    pub fn service(name: impl Into<String>) -> Self {
        Self::new(To::Service(name.into()))
    }

    /// A pod of the deployment of this name.
    #[must_use]
    pub fn deployment(name: impl Into<String>) -> Self {
        use crate::resource::Scope::Namespaced;
        Self::owner(ApiResource::new("apps/v1", "Deployment", "deployments", Namespaced), name)
    }

    /// A pod of any object with a `spec.selector`: a replica set, a stateful set, a daemon set, a job.
    #[must_use]
    pub fn owner(resource: ApiResource, name: impl Into<String>) -> Self {
        Self::new(To::Owner(resource, name.into()))
    }

    /// A pod with these labels.
    #[must_use]
    pub fn selector(selector: LabelSelector) -> Self {
        Self::new(To::Selector(selector))
    }

    /// The same in this namespace. The default is that of the client.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<Namespace>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Goes on after the session has ended, because the pod was replaced or a server restarted: a new connection finds a
    /// running pod again, and opens a session to it. Without this, it fails with the error of the session.
    #[must_use]
    pub fn reconnect(mut self) -> Self {
        self.reconnects = true;
        self
    }

    /// Whether it goes on: see [`reconnect`](Self::reconnect).
    #[must_use]
    pub fn reconnects(&self) -> bool {
        self.reconnects
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            To::Pod(name) => write!(f, "the pod {name:?}"),
            To::Service(name) => write!(f, "the service {name:?}"),
            To::Owner(resource, name) => write!(f, "the {} {name:?}", resource.kind),
            To::Selector(selector) => write!(f, "the selector {:?}", selector.to_string()),
        }
    }
}
