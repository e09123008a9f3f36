//! A blocking Kubernetes client: plain sockets and threads, no async runtime.
//!
//! All knowledge of the API is in [`kube_proto`], re-exported as [`proto`]; this crate carries its operations out.
//! Unix only: it waits with `poll(2)`.
//!
//! ```no_run
//! use kube_transport_std::Client;
//! use kube_transport_std::proto::Api;
//! use kube_transport_std::proto::api::ListParams;
//! use kube_transport_std::proto::resource::{ApiResource, DynamicObject, Scope};
//!
//! // The cluster that kubectl would talk to from here.
//! let client = Client::from_env()?;
//! let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
//!
//! let web = client.call(pods.get("web-0"))?;
//! println!("{} is at version {:?}", web.metadata.name.unwrap_or_default(), web.metadata.resource_version);
//!
//! // A stream is an iterator. Each object is there as soon as its bytes are.
//! for pod in client.stream(pods.pages(&ListParams::default().label_selector("app=web"))) {
//!     println!("{}", pod?.metadata.name.unwrap_or_default());
//! }
//! # Ok::<(), kube_transport_std::proto::Error>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | get one result | [`Client::call`] |
//! | get many, as they come | [`Client::stream`]; [`Stream::stopper`] ends it from another thread |
//! | open a two-way session | [`Client::open`]; [`Duplex`] is shared by as many threads as you like |
//! | make many calls | [`Client::batch`] |

mod builder;
mod client;
mod clock;
mod connect;
mod duplex;
mod exchange;
mod process;
mod raw;
mod shared;
mod stream;

pub use builder::Builder;
pub use client::Client;
pub use duplex::Duplex;
pub use kube_proto as proto;
pub use kube_transport_system::{load, locate, read_file, write_file};
pub use raw::{Reader, Writer};
pub use stream::{Stopper, Stream};
