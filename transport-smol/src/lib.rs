//! An async Kubernetes client: sockets and timers of async-io, on any executor.
//!
//! All knowledge of the API is in [`kube_proto`], re-exported as [`proto`]; this crate carries its operations out.
//! Unix only.
//!
//! Nothing is spawned but what the system can only do by blocking (name look-ups, files, programs: on the threads of
//! the `blocking` crate). The futures run wherever they are polled, and are `Send` where the operation is.
//!
//! ```no_run
//! use k8s_openapi::api::core::v1::{ConfigMap, Pod};
//! use kube_transport_smol::{Api, Client, ListParams, ObjectMeta, Patch, PatchParams};
//!
//! # smol::block_on(async {
//! // The cluster that kubectl would talk to from here.
//! let client = Client::from_env().await?;
//! let pods = Api::<Pod>::namespaced("shop");
//!
//! let web = client.call(pods.get("web-0")).await?;
//! println!("{} is at version {:?}", web.metadata.name.unwrap_or_default(), web.metadata.resource_version);
//!
//! // Each object is there as soon as its bytes are.
//! let mut found = client.stream(pods.pages(&ListParams::default().label_selector("app=web")));
//! while let Some(pod) = found.next().await {
//!     println!("{}", pod?.metadata.name.unwrap_or_default());
//! }
//!
//! // Server-side apply: what this field manager wants of the object, and nothing else of it. `into` makes the `ObjectMeta`
//! // of k8s-openapi.
//! let settings = ConfigMap {
//!     metadata: ObjectMeta::named("settings").into(),
//!     data: Some([("colour".to_owned(), "blue".to_owned())].into()),
//!     ..ConfigMap::default()
//! };
//! let manager = PatchParams::default().field_manager("painter");
//! let config_maps = Api::<ConfigMap>::namespaced("shop");
//! // If another manager owns a field: `Error::is_apply_conflict`. `PatchParams::force` takes the field over.
//! client.call(config_maps.patch("settings", &Patch::apply(&settings), &manager)).await?;
//! # Ok::<(), kube_transport_smol::Error>(())
//! # }).unwrap();
//! ```
//!
//! The types of `k8s-openapi` need the feature `k8s-openapi`, and in the application a dependency on that crate, which chooses
//! the version of Kubernetes:
//!
//! ```console
//! $ cargo add kube-transport-smol --features k8s-openapi
//! $ cargo add k8s-openapi@0.29 --features v1_36
//! $ cargo add smol # or another executor
//! ```
//!
//! Without them, [`DynamicObject`] holds an object of any kind, and the macro [`resource!`](macro@resource) turns a struct of
//! your own into the type of a resource. The examples `typed` and `informer` in the repository are complete programs.
//!
//! What nearly every program needs is here at the root; [`proto`] is all of `kube-proto`.
//!
//! | to | use |
//! |---|---|
//! | get one result | [`Client::call`] |
//! | get many, as they come | [`Client::stream`]; [`Stream::stopper`] ends it from another task |
//! | watch; keep a store equal to the server | [`Api::watch`], [`Api::reflect`], both with [`Client::stream`] |
//! | open a two-way session | [`Client::open`]; [`Duplex`] is shared by as many tasks as you like |
//! | run a command in a container | [`Api::exec`] with [`Client::open`], then `output` or `split` of the [`Duplex`] |
//! | forward ports of a pod, a service, a deployment | [`Client::port_forward`], then [`PortForwarder::connect`] or [`listen`](PortForwarder::listen) |
//! | make many calls | [`Client::batch`] |
//! | serve webhooks | [`serve()`] |
//! | write code that runs in the simulation, too | [`AsyncClient`] |

// Published documentation shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod async_client;
mod builder;
mod client;
mod clock;
mod connect;
mod copy;
mod duplex;
mod exchange;
mod exec;
mod forward;
mod listen;
mod process;
mod serve;
mod shared;
mod socket;
mod stream;
mod streams;
mod together;
mod workers;

pub use builder::Builder;
pub use client::Client;
pub use duplex::Duplex;
pub use exec::{ExecParts, Process};
pub use forward::{Connection, ConnectionWriter, PortForwarder};
pub use kube_proto as proto;
#[doc(inline)]
pub use kube_proto::prelude::*;
pub use kube_proto::{AsyncClient, AsyncStream};
pub use kube_transport_system::locate;
pub use listen::{Forwarded, PortListener};
pub use process::load;
pub use serve::{WebhookServer, WebhookStopper, serve};
pub use stream::{Stopper, Stream};
pub use streams::{Reader, Writer};
pub use together::TogetherStream;
