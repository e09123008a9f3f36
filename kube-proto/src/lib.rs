//! The Kubernetes API protocol as pure state machines.
//!
//! This crate performs no IO: no sockets, files, processes, threads, clocks, randomness of its own, async. A call of the API
//! is a value, an [`Operation`](driver::Operation). A driver carries it out.
//!
//! # Using a client
//!
//! Take a transport: `kube-transport-std` (blocking), `kube-transport-smol` or `kube-transport-hyper`. Each has a `Client`, and
//! re-exports what nearly every program needs. These modules are what a client works with:
//!
//! | module | what it has |
//! |---|---|
//! | [`api`] | [`Api`]: every call as a method, its parameters, patches, selectors |
//! | [`resource`](mod@resource) | typed objects, dynamic ones, metadata only, objects as bytes |
//! | [`response`], [`error`] | lists, tables, `Status`; one error type with its questions |
//! | [`watch`], [`store`] | watches that recover, informers with a cache and indexes |
//! | [`exec`] | running commands in containers, attaching to their processes |
//! | [`logs`] | logs as lines, with recovery, of one container or of many |
//! | [`tar`] | archives, as machines |
//! | [`admission`] | webhooks: reviews and conversions as values, handlers by path |
//! | [`discovery`] | kinds that are found when running |
//! | [`schema`] | schemas as values, validation without a server |
//! | [`access`] | who may do what: asked, kept for a while, or computed from roles |
//! | [`manifest`] | objects of any kind from YAML: create, apply, replace, delete, diff, prune |
//! | [`crd`] | custom resources: definitions until they are served, stored versions |
//! | [`port_forward`] | connections to the ports of pods |
//! | [`copy`] | files and folders, from a container and to it |
//! | [`config`], [`kubeconfig`], [`settings`] | where the cluster is and who the client is; the document; time-outs and limits |
//! | [`controller`] | controllers, their work queue, leader election |
//! | [`controller`] | the work queue of a controller, leader election |
//! | [`flight`] | a recorder of one operation, whose file a test replays |
//! | [`observe`] | every step of every operation, for the program's own metrics, traces and logs |
//! | [`json`](mod@json), [`yaml`] | the one JSON reader; the one YAML reader and writer |
//! | [`client`] | the trait for code that runs on any async client and in the simulation |
//!
//! The manual has a page for each topic: watching, caching, controllers, logs and sessions, credentials, testing, speed, coming from kube-rs, coming from client-go.
//! It is the module `docs` of this documentation, and the folder `docs` of the package.
//!
//! # Writing a driver
//!
//! Everything that a driver needs is in [`driver`], and the page [writing a driver](driver) is the whole contract. This is a GET
//! that is fed by hand:
//!
//! ```
//! use std::task::Waker;
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use kube_proto::Api;
//! use kube_proto::config::Config;
//! use kube_proto::driver::{Effect, Input, Now, Session, SessionOptions, Step, Task};
//! use kube_proto::resource::{ApiResource, DynamicObject, Scope};
//! use kube_proto::settings::Settings;
//!
//! // What every operation of one client shares. The seed is the source of all its randomness.
//! let config = Config::new("http://localhost:8080")?;
//! let session = Session::new(&config, SessionOptions::new(Settings::default(), 42))?;
//!
//! // A call is a value.
//! let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
//! let get = Api::<DynamicObject>::dynamic(pods).within("default").get("web-0");
//!
//! // A task carries it out, one turn at a time. Here is all that the network will say:
//! let (head, ()) = http::Response::builder().status(200).body(())?.into_parts();
//! let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-0","uid":"1"}}"#;
//! let mut network = vec![Input::End, Input::Data(Bytes::from(pod)), Input::Head(Box::new(head))];
//!
//! let mut task = Task::new(get, session);
//! let mut now = Now::default();
//! let found = loop {
//!     now = now.after(Duration::from_millis(1));
//!     match task.turn(now, Waker::noop(), || network.pop()) {
//!         Step::Do(Effect::Exchange(exchange)) => {
//!             assert_eq!(exchange.to.to_string(), "http://localhost:8080");
//!             assert_eq!(exchange.request.uri(), "/api/v1/namespaces/default/pods/web-0");
//!         }
//!         Step::Yield(pod) => break pod,
//!         Step::Wait(until) => panic!("nothing arrives before {until:?}"),
//!         other => panic!("{other:?}"),
//!     }
//! };
//! assert_eq!(found.metadata.name.as_deref(), Some("web-0"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Published documentation shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod access;
pub mod admission;
pub mod api;
mod auth;
pub mod client;
pub mod config;
pub mod controller;
pub mod copy;
pub mod crd;
pub mod discovery;
#[cfg(any(doc, doctest))]
pub mod docs;
pub mod driver;
mod encoding;
pub mod error;
pub mod exec;
pub mod flight;
mod frame;
pub mod json;
pub mod jsonpath;
pub mod kubeconfig;
mod lease;
mod lock;
pub mod logs;
pub mod manifest;
pub mod observe;
mod op;
mod opaque;
pub mod port_forward;
pub mod prelude;
#[cfg(feature = "protobuf")]
mod protobuf;
mod random;
mod request;
pub mod resource;
pub mod response;
mod rfc3339;
pub mod schema;
mod secret;
mod session;
pub mod settings;
mod sha256;
mod spdy;
mod stats;
pub mod store;
pub mod tar;
mod visible;
pub mod watch;
mod websocket;
pub mod yaml;

pub use crate::api::Api;
pub use crate::client::{AsyncClient, AsyncStream};
pub use crate::error::{Error, ErrorKind};

/// What only this repository's fuzz targets and tests use. It is no part of the public interface, and may change in any release.
#[doc(hidden)]
pub mod internals {
    pub use crate::error::failure::{error_from_body, failure_in_success, status_document};

    /// A document read by a seed.
    pub mod json {
        pub use crate::json::part::seeded;
    }

    /// The other encoding of documents.
    #[cfg(feature = "protobuf")]
    pub mod protobuf {
        pub use crate::protobuf::*;
    }

    /// Where documents begin and end.
    pub mod frame {
        pub use crate::frame::*;
    }

    /// What is read of certificates.
    #[cfg(feature = "tls")]
    pub mod tls {
        pub use crate::driver::wire::tls::{inspect, inspect_key};
    }

    /// A log as lines and parts of lines.
    pub mod logs {
        pub use crate::logs::split::{Piece, Split};
    }

    /// The channels of a port-forward without a tunnel.
    pub mod port_forward {
        pub use crate::port_forward::direct::read_messages;
    }

    /// The many streams of a port-forward.
    pub mod spdy {
        pub use crate::spdy::*;
    }
}
