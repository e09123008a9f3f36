//! An asynchronous Kubernetes client on hyper: HTTP/2 where the server speaks it, or else HTTP/1.1.
//!
//! All knowledge of the API is in [`kube_proto`], re-exported as [`proto`]; this crate carries its operations out. It
//! runs on tokio, or on anything else that implements [`Runtime`].
//!
//! ```no_run
//! use k8s_openapi::api::core::v1::{ConfigMap, Pod};
//! use kube_transport_hyper::{Api, Client, ListParams, ObjectMeta, Patch, PatchParams};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), kube_transport_hyper::Error> {
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
//! # Ok(())
//! # }
//! ```
//!
//! The types of `k8s-openapi` need the feature `k8s-openapi`, and in the application a dependency on that crate, which chooses
//! the version of Kubernetes:
//!
//! ```console
//! $ cargo add kube-transport-hyper --features k8s-openapi
//! $ cargo add k8s-openapi@0.29 --features v1_36
//! $ cargo add tokio --features macros,rt-multi-thread
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
//! | get many, as they come | [`Client::stream`]; dropping it ends it, and so does [`Stream::stopper`] from elsewhere |
//! | watch; keep a store equal to the server | [`Api::watch`], [`Api::reflect`], both with [`Client::stream`] |
//! | open a two-way session | [`Client::open`]; [`Duplex`] is shared by as many tasks as you like |
//! | run a command in a container | [`Api::exec`] with [`Client::open`], then `output` or `split` of the [`Duplex`] |
//! | forward ports of a pod, a service, a deployment | [`Client::port_forward`], then [`PortForwarder::connect`] or, on tokio, `listen` |
//! | make many calls | [`Client::batch`] |
//! | serve webhooks (on tokio) | [`serve()`] |
//! | write code that runs in the simulation, too | [`AsyncClient`] |
//!
//! Everything may be dropped at any point: `next` loses nothing, what is in flight lives in the [`Stream`].
//!
//! # HTTP/2
//!
//! Calls share one connection, and open another only when they have waited for a place on it. Watches and logs share
//! connections of their own, as many streams on each as the server allows. A reader that pauses holds back its own stream
//! and no other: each may have 1 MiB on its way, and a connection more than all of its streams together. The client gives
//! up a connection whose server does not answer a ping in time. Upgrades have connections of their own, with HTTP/1.1.

// Published documentation shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod async_client;
mod builder;
mod client;
mod clock;
mod connect;
#[cfg(feature = "tokio")]
mod copy;
mod duplex;
mod exchange;
mod exec;
mod fault;
mod forward;
mod http1;
mod http2;
#[cfg(feature = "tokio")]
mod listen;
mod load;
mod pool;
#[cfg(feature = "tokio")]
mod process;
mod request;
mod runtime;
#[cfg(feature = "tokio")]
mod serve;
mod shared;
mod socket;
mod stream;
mod streams;
mod talk;
mod together;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "tokio")]
pub use crate::tokio::Tokio;
pub use builder::Builder;
pub use client::Client;
pub use duplex::Duplex;
pub use exec::{ExecParts, Process};
pub use forward::{Connection, ConnectionWriter, PortForwarder};
pub use hyper;
pub use kube_proto as proto;
#[doc(inline)]
pub use kube_proto::prelude::*;
pub use kube_proto::{AsyncClient, AsyncStream};
pub use kube_transport_system::locate;
#[cfg(feature = "tokio")]
pub use listen::{Forwarded, PortListener};
pub use load::load;
pub use runtime::{Job, Runtime, Socket};
#[cfg(feature = "tokio")]
pub use serve::{WebhookServer, WebhookStopper, serve};
pub use stream::{Stopper, Stream};
pub use streams::{Reader, Writer};
pub use together::TogetherStream;

#[cfg(test)]
mod tests {
    mod flood;
}
