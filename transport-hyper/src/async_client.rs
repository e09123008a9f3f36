//! The core's client trait for this client.

use std::future::poll_fn;
use std::time::Duration;

use kube_proto::Error;
use kube_proto::client::{AsyncClient, AsyncStream};
use kube_proto::driver::{Now, OneResult, Operation};

use crate::client::Client;
use crate::clock::Alarm;
use crate::stream::Stream;

impl AsyncClient for Client {
    type Stream<O: Operation> = Stream<O>;

    fn call<O: OneResult>(&self, operation: O) -> impl Future<Output = Result<O::Item, Error>> + use<O> {
        Client::call(self, operation)
    }

    fn stream<O: Operation>(&self, operation: O) -> Stream<O> {
        Client::stream(self, operation)
    }

    fn batch<O, I>(
        &self,
        operations: I,
        concurrent: usize,
    ) -> impl Future<Output = Vec<Result<O::Item, Error>>> + use<O, I>
    where
        O: OneResult,
        I: IntoIterator<Item = O>,
    {
        Client::batch(self, operations, concurrent)
    }

    fn sleep(&self, span: Duration) -> impl Future<Output = ()> + use<> {
        let clock = self.pool.clock().clone();
        let until = clock.now().mono.after(span);
        let mut alarm = Alarm::default();
        poll_fn(move |cx| alarm.poll(cx, Some(until), &clock))
    }

    fn now(&self) -> Now {
        self.pool.clock().now()
    }
}

impl<O: Operation> AsyncStream for Stream<O> {
    type Item = O::Item;

    fn next(&mut self) -> impl Future<Output = Option<Result<O::Item, Error>>> {
        Stream::next(self)
    }
}
