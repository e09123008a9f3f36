//! The threads that run the handlers of a webhook server.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use bytes::Bytes;
use http::Response;
use kube_proto::admission::{AsyncJob, Handlers, Job};
use kube_proto::driver::Moment;

use crate::clock::{Clock, Parker};

/// A bounded number of threads, started at need. They end when the workers are dropped; one that runs a handler ends
/// after it.
pub(crate) struct Workers {
    shared: Arc<Shared>,
    most: usize,
}

struct Shared {
    state: Mutex<State>,
    more: Condvar,
    /// The thread that takes the results.
    parker: Arc<Parker>,
    clock: Clock,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Task>,
    done: Vec<Done>,
    threads: usize,
    idle: usize,
    ended: bool,
}

/// The handler of one request.
pub(crate) enum Work {
    Run(Job),
    Later(AsyncJob),
}

struct Task {
    guest: u64,
    ticket: u64,
    work: Work,
    /// Its response is not wanted any more.
    until: Moment,
}

/// A response, for the request with this ticket on this connection.
pub(crate) struct Done {
    pub(crate) guest: u64,
    pub(crate) ticket: u64,
    pub(crate) response: Response<Bytes>,
}

impl Workers {
    pub(crate) fn new(most: usize, clock: Clock, parker: Arc<Parker>) -> Self {
        let (state, more) = (Mutex::default(), Condvar::new());
        Self { shared: Arc::new(Shared { state, more, parker, clock }), most: most.max(1) }
    }

    /// Runs the handler on a thread, unless it has to wait until its time is over.
    pub(crate) fn push(&self, guest: u64, ticket: u64, work: Work, now: Moment) {
        let time = match &work {
            Work::Run(job) => job.time(),
            Work::Later(job) => job.time(),
        };
        let mut state = self.shared.lock();
        // While every thread hangs, the queue has one task for each connection.
        state.queue.retain(|task| task.until > now);
        state.queue.push_back(Task { guest, ticket, work, until: now.after(time) });
        if state.idle >= state.queue.len() {
            self.shared.more.notify_one();
        } else if state.threads < self.most {
            let shared = Arc::clone(&self.shared);
            // Without a thread the task waits for another one, at worst until its time is over.
            if std::thread::Builder::new().name("kube-webhook".into()).spawn(move || shared.work()).is_ok() {
                state.threads += 1;
            }
        }
    }

    /// The responses since the last call.
    pub(crate) fn take(&self) -> Vec<Done> {
        std::mem::take(&mut self.shared.lock().done)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.more.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        while !state.ended {
            let Some(task) = state.queue.pop_front() else {
                state.idle += 1;
                state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                continue;
            };
            drop(state);
            let response = (task.until > self.clock.now().mono).then(|| match task.work {
                Work::Run(job) => job.run(),
                Work::Later(job) => self.block_on(job, task.until),
            });
            state = self.lock();
            if let Some(response) = response {
                state.done.push(Done { guest: task.guest, ticket: task.ticket, response });
                Wake::wake_by_ref(&self.parker);
            }
        }
        state.threads -= 1;
    }

    fn block_on(&self, job: AsyncJob, until: Moment) -> Response<Bytes> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let (mut cx, mut job) = (Context::from_waker(&waker), pin!(job));
        loop {
            if let Poll::Ready(response) = job.as_mut().poll(&mut cx) {
                return response;
            }
            let now = self.clock.now().mono;
            if until <= now {
                return Handlers::too_late();
            }
            std::thread::park_timeout(until.since(now));
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
