//! The trait through which the shared tests use a client of any transport.

use std::sync::Arc;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::driver::options::ClientOptions;
use kube_proto::driver::{Group, Raw};
use kube_proto::driver::{OneResult, Operation};
use kube_proto::settings::Settings;

/// A blocking client of some transport; async ones are wrapped.
pub trait Client: Sized {
    /// Makes a client.
    ///
    /// # Errors
    /// The options cannot be used.
    fn make(options: ClientOptions) -> Result<Self, Error>;

    /// Carries out an operation with one result.
    ///
    /// # Errors
    /// The error of the operation.
    fn call<O: OneResult>(&self, operation: O) -> Result<O::Item, Error>;

    /// The results of an operation, one at a time.
    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn Stream<O::Item>>;

    /// The results of a group.
    fn together<G: Group + 'static>(&self, group: G) -> Box<dyn Stream<G::Item>>;

    /// The results of several operations, at most `concurrent` at once.
    fn batch<O>(&self, operations: Vec<O>, concurrent: usize) -> Vec<Result<O::Item, Error>>
    where
        O: OneResult + Send,
        O::Item: Send;

    /// Closes the idle connections.
    fn close_idle(&self);

    /// Opens a two-way session.
    ///
    /// # Errors
    /// The server refused, or the connection failed.
    fn open<O: Operation<Item = Raw>>(&self, operation: O) -> Result<Arc<dyn Session>, Error>;
}

/// The results of an operation of some transport.
pub trait Stream<T>: Iterator<Item = Result<T, Error>> {
    /// Stops it from another thread.
    fn stopper(&self) -> Box<dyn FnOnce() + Send>;
}

/// A two-way session of some transport.
pub trait Session: Send + Sync {
    /// The next bytes; `None` is the end.
    fn next(&self) -> Option<Result<Bytes, Error>>;

    /// Sends bytes.
    ///
    /// # Errors
    /// The session has ended.
    fn send(&self, bytes: Bytes) -> Result<(), Error>;

    /// Ends the session.
    fn close(&self);
}

/// A client with this configuration and these settings.
///
/// # Panics
/// They cannot be used.
#[allow(clippy::unwrap_used, reason = "a test ends that way")]
pub fn made<C: Client>(config: Config, settings: Settings) -> C {
    C::make(ClientOptions::new(config).settings(settings)).unwrap()
}

/// Makes a test of each of these functions of a module of this crate, with one transport's
/// [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! tests_of {
    ($module:ident, $client:ty: $($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                $crate::$module::$name::<$client>();
            }
        )*
    };
}
