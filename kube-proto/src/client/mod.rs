//! One client trait for async code: the same `async fn` runs on every async transport and in the simulation.
//!
//! [`AsyncClient`] has what ordinary async code needs of a client: make calls, read streams, wait. The `Client` of
//! `kube-transport-smol` and of `kube-transport-hyper` implements it for a real cluster. `kube_test_sim::Client`
//! implements it in virtual time, with faults from a seed. (`kube-transport-std` blocks, and has no async.) Code that
//! is generic over the trait can be tested there without a change and without an adapter:
//!
//! ```
//! use std::time::Duration;
//!
//! use kube_proto::client::{AsyncClient, AsyncStream};
//! use kube_proto::resource::DynamicObject;
//! use kube_proto::watch::{Event, WatchSettings};
//! use kube_proto::{Api, Error};
//!
//! /// Calls `reconcile` for each object that changes, and again after a pause if that fails.
//! async fn controller<C: AsyncClient>(client: &C, maps: &Api<DynamicObject>) -> Result<(), Error> {
//!     let mut changes = client.stream(maps.watch(WatchSettings::default()));
//!     while let Some(event) = changes.next().await {
//!         let (Event::Applied(map) | Event::InitApplied(map)) = event? else { continue };
//!         let name = map.metadata.name.unwrap_or_default();
//!         while let Err(error) = reconcile(client, maps, &name).await {
//!             client.trace(|| format!("{name} is tried again: {error}"));
//!             client.sleep(Duration::from_secs(5)).await;
//!         }
//!     }
//!     Ok(())
//! }
//! # async fn reconcile<C: AsyncClient>(client: &C, maps: &Api<DynamicObject>, name: &str) -> Result<(), Error> {
//! #     client.call(maps.get(name)).await.map(drop)
//! # }
//! ```
//!
//! # What code must take from the client
//!
//! A run in virtual time is repeatable only if all waiting goes through the client:
//!
//! | instead of | use |
//! |---|---|
//! | a timer of the runtime | [`AsyncClient::sleep`] |
//! | `Instant::now`, `SystemTime::now` | [`AsyncClient::now`] |
//! | a log line that a test wants to see | [`AsyncClient::trace`] |
//! | a spawned task for each call | [`AsyncClient::batch`], or a combinator that polls several futures |
//! | channels, mutexes | any that work without a runtime |
//!
//! The trait needs no runtime and no crate: it names [`Future`] alone. It has no two-way sessions: their types belong
//! to the transports, and the simulation has none.
//!
//! # Dropping
//!
//! The stream, or the future of a call, holds the exchange in flight. Dropping it closes or resets the connection. The
//! server may still carry out a request that was sent. The future of one [`AsyncStream::next`] may be dropped at any
//! time: the stream loses nothing, and the next `next` goes on.
//!
//! # `Send`
//!
//! The futures and streams of smol's and hyper's clients are `Send` where the operation is. Those of the simulation
//! never are: it runs in one thread. So the trait does not ask for `Send`, and Rust has no bound yet with which a
//! generic function could ask for it. Code that knows the client's type needs no such bound, because the compiler then
//! looks into the future:
//!
//! ```text
//! // In main, with the client of a transport: compiles on an executor of many threads, too.
//! tokio::spawn(controller(client, maps));
//! // In a test, with the client of the simulation, which is not `Send`.
//! sim.spawn_async("controller", |client| controller(client, maps));
//! ```
//!
//! So write generic `async fn`s, and spawn them where the type is known: in `main` and in the test. A library that must
//! spawn takes the spawning function from its caller. The tests of the transports spawn the functions that the
//! simulation runs.

use std::time::Duration;

use crate::driver::operation::{OneResult, Operation};
use crate::driver::time::Now;
use crate::error::Error;

/// A client of async code, on any transport or in the simulation. See the [module](self).
///
/// It is a cheap clone. The futures of [`call`](Self::call), [`batch`](Self::batch) and [`sleep`](Self::sleep) and the
/// [streams](Self::Stream) do not borrow from the client.
pub trait AsyncClient: Clone {
    /// A running operation with many results.
    type Stream<O: Operation>: AsyncStream<Item = O::Item>;

    /// Carries out an operation with one result.
    ///
    /// # Errors
    /// The operation failed; see [`Error`].
    fn call<O: OneResult>(&self, operation: O) -> impl Future<Output = Result<O::Item, Error>> + use<Self, O>;

    /// Carries out an operation with many results; it goes on as the caller takes them.
    fn stream<O: Operation>(&self, operation: O) -> Self::Stream<O>;

    /// Carries out many operations with one result each, at most `concurrent` at once (at least one). The results are
    /// in the order of the operations. A failed operation does not affect the others.
    fn batch<O, I>(
        &self,
        operations: I,
        concurrent: usize,
    ) -> impl Future<Output = Vec<Result<O::Item, Error>>> + use<Self, O, I>
    where
        O: OneResult,
        I: IntoIterator<Item = O>;

    /// Waits for this long.
    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + use<Self>;

    /// The client's clocks.
    fn now(&self) -> Now;

    /// Adds a line to the trace of a simulated run. Other clients drop `line` without calling it.
    fn trace(&self, line: impl FnOnce() -> String) {
        drop(line);
    }
}

/// The results of an operation, as they arrive.
#[must_use = "a stream does nothing until its results are awaited"]
pub trait AsyncStream {
    /// What the operation yields.
    type Item;

    /// The next result; `None` at the end. No result follows an error. The future may be dropped at any time: nothing
    /// is lost.
    fn next(&mut self) -> impl Future<Output = Option<Result<Self::Item, Error>>>;
}
