//! One interface for the three transports, so that each measurement is written once.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

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
        async_io::block_on(async {
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
        async_io::block_on(items(self.stream(operation), each))
    }

    fn idle<O>(&self, operations: Vec<O>, open: impl FnOnce()) -> Result<(), Error>
    where
        O: Operation + Send,
    {
        let streams = operations.into_iter().map(|operation| self.stream(operation));
        async_io::block_on(idle(streams, open))
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

/// Polls each stream when it was woken, as an executor with a task for each would, until all are idle.
async fn idle<S: Stream<Item = Result<T, Error>>, T>(
    streams: impl Iterator<Item = S>,
    open: impl FnOnce(),
) -> Result<(), Error> {
    let woken = Arc::<Woken>::default();
    let mut streams: Vec<(Pin<Box<S>>, Waker, bool)> = streams
        .zip(0..)
        .map(|(stream, number)| {
            let bell = Arc::new(Bell { number, woken: Arc::clone(&woken) });
            bell.wake_by_ref();
            (Box::pin(stream), Waker::from(bell), false)
        })
        .collect();
    let mut left = streams.len();
    poll_fn(|cx| {
        *lock(&woken.task) = Some(cx.waker().clone());
        let numbers = std::mem::take(&mut *lock(&woken.numbers));
        for number in numbers {
            let Some((stream, waker, begun)) = streams.get_mut(number) else { continue };
            while let Poll::Ready(item) = stream.as_mut().poll_next(&mut Context::from_waker(waker)) {
                item.unwrap_or_else(|| Err(Error::misuse("a stream ended")))?;
                left -= usize::from(!std::mem::replace(begun, true));
            }
        }
        if left == 0 { Poll::Ready(Ok::<_, Error>(())) } else { Poll::Pending }
    })
    .await?;
    open();
    Ok(())
}

/// The streams that were woken, and the task that polls them.
#[derive(Default)]
struct Woken {
    numbers: Mutex<BTreeSet<usize>>,
    task: Mutex<Option<Waker>>,
}

struct Bell {
    number: usize,
    woken: Arc<Woken>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        lock(&self.woken.numbers).insert(self.number);
        let task = lock(&self.woken.task).take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
