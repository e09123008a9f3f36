//! The loop of a controller, for every async client.
//!
//! | phase | event | next |
//! |---|---|---|
//! | `Syncing` | every source is synced | `Working` |
//! | `Syncing` | [`sync_timeout`](super::ControllerSettings::sync_timeout) has passed | the end, with an error that names the sources |
//! | `Working` | a key is ready, and a place is free | runs it |
//! | `Syncing`, `Working` | [`stop`](super::StopController::stop) | `Stopping` |
//! | `Syncing`, `Working` | a source has ended | `Stopping`, with an error that names it |
//! | `Stopping` | no key runs | the end |
//! | `Stopping` | [`stop_timeout`](super::ControllerSettings::stop_timeout) has passed | the end; the runs are dropped |

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Polling, Poll};
use std::time::Duration;

use super::error::ControllerError;
use super::key::ObjectKey;
use super::queue::settings::Priority;
use super::queue::{Added, Job, Outcome, Queue};
use super::reconcile::{Action, Context, ReconcileError};
use super::source::{Heard, Source};
use super::tasks::{Caught, Tasks, before};
use super::{Controller, OnFailure};
use crate::client::{AsyncClient, AsyncStream};
use crate::driver::time::{Moment, Now, earliest};
use crate::error::Error;
use crate::lock::lock;
use crate::observe::{QueueRecord, QueueStep};
use crate::resource::Object;
use crate::store::Store;

/// What the sources and the loop share.
struct Shared {
    queue: Mutex<Queue<ObjectKey>>,
    /// Which sources are synced.
    synced: Mutex<Vec<bool>>,
    record: QueueRecord,
}

impl Shared {
    /// Tells the observers of a change, without the lock of the queue.
    fn report(&self, now: Now, step: QueueStep) {
        self.record.report(now, || lock(&self.queue).stats(now.mono), step);
    }

    fn add(&self, now: Now, keys: impl IntoIterator<Item = ObjectKey>, priority: Priority) {
        let mut queue = lock(&self.queue);
        let mut any = false;
        for key in keys {
            any |= queue.add(now.mono, key, priority) == Added::Queued;
        }
        drop(queue);
        if any {
            self.report(now, QueueStep::Added);
        }
    }

    fn finish(&self, now: Now, key: &ObjectKey, outcome: Outcome) {
        let took = lock(&self.queue).finish(now.mono, key, outcome);
        if let Some(took) = took {
            self.report(now, QueueStep::Finished { took, outcome });
        }
    }

    /// Tells the observers of the runs under way, once in a [`HEARTBEAT`]. When it is due again: never without observers or runs.
    fn heartbeat(&self, due: &mut Option<Moment>, now: Now, running: usize) -> Option<Moment> {
        if running == 0 || !self.record.is_observed() {
            *due = None;
        } else if due.is_none_or(|due| now.mono >= due) {
            if due.is_some() {
                self.report(now, QueueStep::Running);
            }
            *due = Some(now.mono + HEARTBEAT);
        }
        *due
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Syncing { until: Moment },
    Working,
    Stopping { until: Moment },
}

impl<K: Object> Controller<K> {
    /// Runs the controller until it is [stopped](super::StopController::stop) or a watch ends for good. It calls `reconcile` for each
    /// object after its changes, at most [`concurrency`](super::ControllerSettings::concurrency) at once, and never twice at once for one object. Objects
    /// that are not in the store are not reconciled.
    ///
    /// A panic in `reconcile` is a failure of that key.
    ///
    /// # Errors
    /// See [`ControllerError`]. A process usually ends then, and is started anew.
    pub async fn run<C, R, F>(self, client: &C, reconcile: R) -> Result<(), ControllerError>
    where
        C: AsyncClient,
        R: Fn(Context<K, C>) -> F,
        F: Future<Output = Result<Action, ReconcileError>>,
    {
        let Controller { store, sources, settings, stopping, on_failure, seed, record, .. } = self;
        let names: Vec<String> = sources.iter().map(|(name, _)| name.clone()).collect();
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(settings.queue, seed)),
            synced: Mutex::new(vec![false; sources.len()]),
            record,
        });
        // When the observers hear next of the runs under way.
        let mut heartbeat = None;
        let mut listening = Tasks::new();
        for (number, (_, source)) in sources.into_iter().enumerate() {
            listening.push(listen(client.clone(), number, source, store.clone(), Arc::clone(&shared)));
        }
        let mut running = Tasks::new();
        let mut phase = Phase::Syncing { until: client.now().mono + settings.sync_timeout };
        let mut end = Ok(());
        let mut alarm = Alarm::new();
        std::future::poll_fn(|cx| {
            loop {
                for (number, result) in listening.poll(cx) {
                    if end.is_ok() {
                        let name = names.get(number).cloned().unwrap_or_default();
                        end = Err(ControllerError::SourceEnded { name, error: result.err() });
                    }
                }
                let clocks = client.now();
                let now = clocks.mono;
                for (key, result) in running.poll(cx) {
                    finish(&shared, clocks, &key, result, on_failure.as_ref(), client);
                }
                let is_stopping = matches!(phase, Phase::Stopping { .. });
                if (end.is_err() || stopping.is_set(cx.waker())) && !is_stopping {
                    phase = Phase::Stopping { until: now + settings.stop_timeout };
                }
                match phase {
                    Phase::Stopping { .. } if running.len() == 0 => return Poll::Ready(()),
                    Phase::Stopping { until } if now >= until => return Poll::Ready(()),
                    Phase::Syncing { .. } if lock(&shared.synced).iter().all(|synced| *synced) => {
                        phase = Phase::Working;
                    }
                    Phase::Syncing { until } if now >= until => {
                        let synced = lock(&shared.synced);
                        let missing = names.iter().zip(synced.iter()).filter(|(_, synced)| !**synced);
                        let names = missing.map(|(name, _)| name.clone()).collect();
                        end = Err(ControllerError::NotSynced { names, within: settings.sync_timeout });
                        return Poll::Ready(());
                    }
                    _ => {}
                }
                let mut began = false;
                while phase == Phase::Working && running.len() < settings.concurrency.max(1) {
                    let Some(job) = lock(&shared.queue).pop(now) else { break };
                    shared.report(clocks, QueueStep::Started { waited: job.waited });
                    match store.get(&job.key.namespace, &job.key.name) {
                        Some(object) => {
                            let key = Arc::clone(&job.key);
                            let future = reconcile(context(object, &job, client, &store));
                            running.push(limited(client.clone(), key, future, settings.reconcile_timeout));
                            began = true;
                        }
                        None => shared.finish(clocks, &job.key, Outcome::Done),
                    }
                }
                if began {
                    continue;
                }
                let until = match phase {
                    Phase::Syncing { until } | Phase::Stopping { until } => Some(until),
                    Phase::Working if running.len() < settings.concurrency.max(1) => lock(&shared.queue).deadline(now),
                    Phase::Working => None,
                };
                let until = earliest(until, shared.heartbeat(&mut heartbeat, clocks, running.len()));
                if !alarm.poll(until, now, cx, |span| client.sleep(span)) {
                    return Poll::Pending;
                }
            }
        })
        .await;
        end
    }
}

fn context<K: Object, C: AsyncClient>(
    object: Arc<K>,
    job: &Job<ObjectKey>,
    client: &C,
    store: &Store<K>,
) -> Context<K, C> {
    let key = ObjectKey::clone(&job.key);
    Context { object, key, client: client.clone(), store: store.clone(), failures: job.failures }
}

/// Puts what a source yields into the queue. Returns when the source has ended.
async fn listen<C: AsyncClient, K: Object>(
    client: C,
    number: usize,
    source: Source,
    store: Store<K>,
    shared: Arc<Shared>,
) -> (usize, Result<(), Error>) {
    let mut stream = client.stream(source);
    let mut since_pause = 0;
    while let Some(heard) = stream.next().await {
        match heard {
            Err(error) => return (number, Err(error)),
            Ok(Heard::Synced) => {
                let again = lock(&shared.synced).get_mut(number).is_some_and(|synced| std::mem::replace(synced, true));
                // An object that was created and deleted between two lists is in neither, so no event names its owner. The own
                // kind, the first source, has no such objects.
                if again && number > 0 {
                    let objects = store.snapshot();
                    shared.add(client.now(), objects.iter().map(|object| object.meta().into()), Priority::LOW);
                }
            }
            Ok(Heard::Keys(keys, priority)) => {
                shared.add(client.now(), keys, priority);
            }
        }
        // A long list must not keep the others waiting.
        since_pause += 1;
        if since_pause >= 100 {
            since_pause = 0;
            pause().await;
        }
    }
    (number, Ok(()))
}

/// Lets the other futures of the same task go on.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// One run, with its limit.
async fn limited<C: AsyncClient, F: Future<Output = Result<Action, ReconcileError>>>(
    client: C,
    key: Arc<ObjectKey>,
    future: F,
    limit: Option<Duration>,
) -> (Arc<ObjectKey>, Result<Action, ReconcileError>) {
    let future = Caught::new(future);
    let result = match limit {
        None => Some(future.await),
        Some(limit) => before(future, client.sleep(limit)).await,
    };
    let result = match result {
        Some(Ok(result)) => result,
        Some(Err(panic)) => Err(ReconcileError::message(format!("the reconciler panicked: {panic}"))),
        None => {
            Err(ReconcileError::message(format!("the reconciler did not end within {:?}", limit.unwrap_or_default())))
        }
    };
    (key, result)
}

fn finish<C: AsyncClient>(
    shared: &Shared,
    now: Now,
    key: &Arc<ObjectKey>,
    result: Result<Action, ReconcileError>,
    on_failure: Option<&OnFailure>,
    client: &C,
) {
    let outcome = match &result {
        Ok(Action::Done) => Outcome::Done,
        Ok(Action::After(span)) => Outcome::After(*span),
        Err(error) if error.is_terminal() => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    shared.finish(now, key, outcome);
    if let Err(error) = result {
        client.trace(|| format!("{key} failed: {error}"));
        if let Some(on_failure) = on_failure {
            on_failure(key, &error);
        }
    }
}

/// The time between two reports of the runs under way. client-go updates its gauges twice a second.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The one timer of the loop.
struct Alarm<S> {
    set: Option<(Moment, Pin<Box<S>>)>,
}

impl<S: Future> Alarm<S> {
    fn new() -> Self {
        Self { set: None }
    }

    /// Whether the moment has come. If not, the task is woken when it does.
    fn poll(
        &mut self,
        until: Option<Moment>,
        now: Moment,
        cx: &mut Polling<'_>,
        sleep: impl FnOnce(Duration) -> S,
    ) -> bool {
        let Some(until) = until else {
            self.set = None;
            return false;
        };
        if until <= now {
            return true;
        }
        if self.set.as_ref().is_none_or(|(set, _)| *set != until) {
            self.set = Some((until, Box::pin(sleep(until - now))));
        }
        let rang = self.set.as_mut().is_some_and(|(_, sleeping)| sleeping.as_mut().poll(cx).is_ready());
        if rang {
            self.set = None;
        }
        rang
    }
}
