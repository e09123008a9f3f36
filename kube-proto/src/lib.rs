//! The Kubernetes API protocol as pure state machines.
//!
//! This crate knows how to talk to Kubernetes and does nothing: no sockets, files, processes, threads, clocks,
//! randomness of its own, async. Calls of the API are values ([`Api`], [`Operation`]); a driver carries
//! them out. Three are made of this crate (`kube-transport-std`, `-smol`, `-hyper`); this page is the fourth: a GET
//! that is fed by hand.
//!
//! ```
//! use std::task::Waker;
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use kube_proto::config::Config;
//! use kube_proto::request::Api;
//! use kube_proto::resource::{ApiResource, DynamicObject, Scope};
//! use kube_proto::session::{Session, Settings};
//! use kube_proto::{Effect, Input, Now, Step, Task};
//!
//! // What every operation of one client shares. The seed is the source of all its randomness.
//! let config = Config::new("http://localhost:8080")?;
//! let session = Session::new(&config, Settings::default(), 42, false)?;
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

pub mod config;
pub mod effect;
pub mod error;
pub mod frame;
pub mod local;
pub mod op;
mod opaque;
pub mod operation;
#[cfg(feature = "tls")]
pub mod options;
pub mod pool;
pub mod request;
pub mod resource;
pub mod response;
pub mod session;
pub mod store;
pub mod stream;
pub mod time;
pub mod wire;

pub use effect::{Effect, Endpoint, Exchange, ExecSpec, Fault, FaultKind, FileWrite, Input, Kind, Output, Reach, Tls};
pub use error::{ApiError, Attempt, Error, ErrorKind, Stage};
pub use operation::{Channel, Cx, Flow, Operation, Step, Task};
pub use request::{Api, ApiRequest};
pub use session::Session;
pub use time::{Deadline, Now};
