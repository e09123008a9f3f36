//! One interface for the three transports, so that each measurement is written once.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Barrier;
use std::task::Poll;

use futures_lite::{Stream, StreamExt};
use kube_proto::Error;
use kube_proto::driver::Cx;
use kube_proto::driver::{Input, OneResult, Operation, Step};

/// A client with its runtime: one thread, unless documented otherwise.
pub(crate) trait Driver {
    /// Carries out calls, up to `concurrent` at once; returns their number, or the first error.
    fn calls<O>(&self, operations: impl Iterator<Item = O>, concurrent: usize) -> Result<usize, Error>
    where
        O: OneResult + Send,
        O::Item: Send;

    /// Carries out one stream, until `each` has enough.
    fn items<O: Operation>(&self, operation: O, each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<(), Error>;

    /// Carries out many streams at once, and calls `open` when each has had its first item and waits for the next.
    fn idle<O>(&self, operations: Vec<O>, open: impl FnOnce()) -> Result<(), Error>
    where
        O: Operation + Send;
}

impl Driver for kube_transport_std::Client {
    fn calls<O>(&self, mut operations: impl Iterator<Item = O>, concurrent: usize) -> Result<usize, Error>
    where
        O: OneResult + Send,
        O::Item: Send,
    {
        if concurrent == 1 {
            return operations.try_fold(0, |done, operation| self.call(operation).map(|_| done + 1));
        }
        count(self.batch(operations.map(Dropped), concurrent))
    }

    fn items<O: Operation>(&self, operation: O, mut each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<(), Error> {
        for item in self.stream(operation) {
            if each(item?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// One thread for each stream, as blocking requires.
    fn idle<O>(&self, operations: Vec<O>, open: impl FnOnce()) -> Result<(), Error>
    where
        O: Operation + Send,
    {
        let all = Barrier::new(operations.len() + 1);
        let (stoppers, stopped) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let started: Vec<_> = operations
                .into_iter()
                .map(|operation| {
                    let (all, stoppers) = (&all, stoppers.clone());
                    scope.spawn(move || {
                        let mut stream = self.stream(operation);
                        let _ = stoppers.send(stream.stopper());
                        let first = stream.next().map(|item| item.map(drop));
                        all.wait();
                        stream.next();
                        first.unwrap_or_else(|| Err(Error::misuse("a stream ended")))
                    })
                })
                .collect();
            all.wait();
            // All threads are about to block in `poll`.
            std::thread::sleep(std::time::Duration::from_millis(500));
            open();
            drop(stoppers);
            stopped.iter().for_each(|stopper| stopper.stop());
            started.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(Error::misuse("a panic"))))
        })
    }
}

impl Driver for kube_transport_smol::Client {
    fn calls<O>(&self, operations: impl Iterator<Item = O>, concurrent: usize) -> Result<usize, Error>
    where
        O: OneResult + Send,
        O::Item: Send,
    {
        futures_lite::future::block_on(async {
            if concurrent == 1 {
                let mut done = 0;
                for operation in operations {
                    self.call(operation).await?;
                    done += 1;
                }
                return Ok(done);
            }
            count(self.batch(operations.map(Dropped), concurrent).await)
        })
    }

    fn items<O: Operation>(&self, operation: O, each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<(), Error> {
        futures_lite::future::block_on(items(self.stream(operation), each))
    }

    fn idle<O>(&self, operations: Vec<O>, open: impl FnOnce()) -> Result<(), Error>
    where
        O: Operation + Send,
    {
        let streams = operations.into_iter().map(|operation| self.stream(operation));
        futures_lite::future::block_on(idle(streams, open))
    }
}

/// A client of transport-hyper, and its runtime of one thread.
pub(crate) struct Tokio(pub(crate) tokio::runtime::Runtime, pub(crate) kube_transport_hyper::Client);

impl Driver for Tokio {
    fn calls<O>(&self, operations: impl Iterator<Item = O>, concurrent: usize) -> Result<usize, Error>
    where
        O: OneResult + Send,
        O::Item: Send,
    {
        self.0.block_on(async {
            if concurrent == 1 {
                let mut done = 0;
                for operation in operations {
                    self.1.call(operation).await?;
                    done += 1;
                }
                return Ok(done);
            }
            count(self.1.batch(operations.map(Dropped), concurrent).await)
        })
    }

    fn items<O: Operation>(&self, operation: O, each: impl FnMut(O::Item) -> ControlFlow<()>) -> Result<(), Error> {
        self.0.block_on(items(self.1.stream(operation), each))
    }

    fn idle<O>(&self, operations: Vec<O>, open: impl FnOnce()) -> Result<(), Error>
    where
        O: Operation + Send,
    {
        let streams = operations.into_iter().map(|operation| self.1.stream(operation));
        self.0.block_on(idle(streams, open))
    }
}

/// An operation that drops its items, because a batch keeps all results.
struct Dropped<O>(O);

impl<O: OneResult> OneResult for Dropped<O> {}

impl<O: Operation> Operation for Dropped<O> {
    type Item = ();

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<()> {
        self.0.resume(input, cx).map(drop)
    }
}

fn count<T>(results: Vec<Result<T, Error>>) -> Result<usize, Error> {
    results.into_iter().try_fold(0, |done, result| result.map(|_| done + 1))
}

async fn items<T>(
    stream: impl Stream<Item = Result<T, Error>>,
    mut each: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut stream = pin!(stream);
    while let Some(item) = stream.next().await {
        if each(item?).is_break() {
            break;
        }
    }
    Ok(())
}

/// Polls all streams in one task, whenever one is ready. This is slow only until all are idle.
async fn idle<S: Stream<Item = Result<T, Error>>, T>(
    streams: impl Iterator<Item = S>,
    open: impl FnOnce(),
) -> Result<(), Error> {
    let mut streams: Vec<(Pin<Box<S>>, bool)> = streams.map(|stream| (Box::pin(stream), false)).collect();
    poll_fn(|cx| {
        let mut first = streams.iter_mut().filter(|(_, begun)| !begun);
        first.try_for_each(|(stream, begun)| match stream.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(_))) => {
                *begun = true;
                let _ = stream.as_mut().poll_next(cx);
                Ok(())
            }
            Poll::Ready(Some(Err(error))) => Err(error),
            Poll::Ready(None) => Err(Error::misuse("a stream ended")),
            Poll::Pending => Ok(()),
        })?;
        if streams.iter().all(|(_, begun)| *begun) { Poll::Ready(Ok::<_, Error>(())) } else { Poll::Pending }
    })
    .await?;
    open();
    Ok(())
}
