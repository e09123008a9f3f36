//! A client of any transport, for the lists of tests that all of them run.

use std::sync::Arc;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::driver::Raw;
use kube_proto::driver::options::ClientOptions;
use kube_proto::driver::{OneResult, Operation};
use kube_proto::settings::Settings;

/// A client of some transport, made blocking where it is not.
pub trait Client: Sized {
    /// A client.
    ///
    /// # Errors
    /// The options cannot be used.
    fn make(options: ClientOptions) -> Result<Self, Error>;

    /// One result.
    ///
    /// # Errors
    /// Whatever the operation ends with.
    fn call<O: OneResult>(&self, operation: O) -> Result<O::Item, Error>;

    /// Results as they are asked for.
    fn stream<O: Operation + 'static>(&self, operation: O) -> Box<dyn Stream<O::Item>>;

    /// Several results, so many at once.
    fn batch<O>(&self, operations: Vec<O>, concurrent: usize) -> Vec<Result<O::Item, Error>>
    where
        O: OneResult + Send,
        O::Item: Send;

    /// Closes what is idle.
    fn close_idle(&self);

    /// A two-way session.
    ///
    /// # Errors
    /// The server refused; or any other failure on the way.
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
    /// The session is at its end.
    fn send(&self, bytes: Bytes) -> Result<(), Error>;

    /// Ends it.
    fn close(&self);
}

/// A client with these settings.
///
/// # Panics
/// They cannot be used.
#[allow(clippy::unwrap_used, reason = "a test ends that way")]
pub fn made<C: Client>(config: Config, settings: Settings) -> C {
    C::make(ClientOptions::new(config).settings(settings)).unwrap()
}

/// A test for each of these functions of a module of this crate, with one transport's [`Client`](crate::blocking::Client).
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
