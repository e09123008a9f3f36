//! An async Kubernetes client: sockets and timers of async-io, on any executor.
//!
//! All knowledge of the API is in [`kube_proto`], re-exported as [`proto`]; this crate carries its operations out.
//! Unix only.
//!
//! Nothing is spawned but what the system can only do by blocking (name look-ups, files, programs: on the threads of
//! the `blocking` crate). The futures run wherever they are polled, and are `Send` where the operation is.
//!
//! ```no_run
//! use kube_transport_smol::Client;
//! use kube_transport_smol::proto::Api;
//! use kube_transport_smol::proto::api::ListParams;
//! use kube_transport_smol::proto::resource::{ApiResource, DynamicObject, Scope};
//!
//! # smol::block_on(async {
//! // The cluster that kubectl would talk to from here.
//! let client = Client::from_env().await?;
//! let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
//!
//! let web = client.call(pods.get("web-0")).await?;
//! println!("{} is at version {:?}", web.metadata.name.unwrap_or_default(), web.metadata.resource_version);
//!
//! // Each object is there as soon as its bytes are.
//! let mut web = client.stream(pods.pages(&ListParams::default().label_selector("app=web")));
//! while let Some(pod) = web.next().await {
//!     println!("{}", pod?.metadata.name.unwrap_or_default());
//! }
//! # Ok::<(), kube_transport_smol::proto::Error>(())
//! # }).unwrap();
//! ```
//!
//! | to | use |
//! |---|---|
//! | get one result | [`Client::call`] |
//! | get many, as they come | [`Client::stream`]; [`Stream::stopper`] ends it from another task |
//! | open a two-way session | [`Client::open`]; [`Duplex`] is shared by as many tasks as you like |
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
mod workers;

pub use builder::Builder;
pub use client::Client;
pub use duplex::Duplex;
pub use kube_proto as proto;
pub use kube_transport_system::locate;
pub use process::load;
pub use raw::{Reader, Writer};
pub use stream::{Stopper, Stream};
