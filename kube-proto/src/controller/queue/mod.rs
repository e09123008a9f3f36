//! The work queue of a controller.

pub(super) mod settings;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::settings::{Priority, QueueSettings};
use crate::driver::time::{Moment, earliest};
use crate::random::Random;
use crate::session::bucket::Bucket;

/// Which key runs next, and when. A machine without threads and clocks: [`pop`](Self::pop) takes the next key that may run,
/// [`finish`](Self::finish) says how the run ended, and [`deadline`](Self::deadline) when to look again.
///
/// # States
/// A key is in one state at a time, so it never runs twice at once.
///
/// | state of the key | `add` | `add_after` | `pop` | `finish` |
/// |---|---|---|---|---|
/// | absent | ready | delayed | | |
/// | [delayed](KeyState::Delayed) by a span | ready | the earlier of both | when the delay is over, it is ready | |
/// | [delayed](KeyState::Delayed) by failures | stays | stays | when the delay is over, it is ready | |
/// | [ready](KeyState::Ready) | stays | stays | running, in its turn | |
/// | [running](KeyState::Running) | runs again | runs again, later | | see below |
///
/// What follows a run:
///
/// | [`Outcome`] | nothing was added during the run | the key was added during the run |
/// |---|---|---|
/// | `Done` | absent | ready; delayed if it was added with a span |
/// | `After` | delayed by this span | ready; the earlier of both if it was added with a span |
/// | `Failed` | delayed by failures | delayed by failures |
///
/// However often a key is added during a run, one run follows. Events neither shorten the delay after failures nor
/// make it longer, because they start no run before it is over. (In client-go they do: kubernetes#112325.)
///
/// # Order
/// Ready keys run by priority, and those of one priority in the order in which they became ready. A key that is added again
/// keeps the higher priority; when that rises, the key is the last of its new priority. A run that failed is
/// repeated with its own priority. One run in [`turn_of_the_oldest`](QueueSettings::turn_of_the_oldest) is of the key that has been ready
/// for the longest time, so each ready key runs in the end.
///
/// # Memory
/// A key that is absent costs nothing, not even if it failed before its last run. All others are at most
/// [`limit`](QueueSettings::limit).
///
/// ```
/// use std::time::Duration;
/// use kube_proto::controller::{Outcome, Priority, Queue, QueueSettings};
/// use kube_proto::driver::Moment;
///
/// let mut queue = Queue::new(QueueSettings::default(), 42);
/// let now = Moment::ZERO;
/// queue.add(now, "shop/cart", Priority::NORMAL);
/// queue.add(now, "shop/cart", Priority::NORMAL);
///
/// let job = queue.pop(now).unwrap();
/// assert_eq!(*job.key, "shop/cart");
/// assert!(queue.pop(now).is_none(), "it was added twice and runs once");
///
/// queue.finish(now, &job.key, Outcome::Failed);
/// let again = queue.deadline(now).unwrap();
/// assert!(again >= now + Duration::from_millis(5));
/// assert_eq!(queue.pop(again).unwrap().failures, 1);
/// ```
pub struct Queue<K> {
    settings: QueueSettings,
    random: Random,
    entries: BTreeMap<Arc<K>, Entry>,
    ready: BTreeMap<(Reverse<Priority>, u64), Arc<K>>,
    /// The ready keys by the order in which they became ready, whatever their priority.
    ages: BTreeMap<u64, Arc<K>>,
    delayed: BTreeMap<(Moment, u64), Arc<K>>,
    running: BTreeSet<Arc<K>>,
    /// The source of places in all orders.
    numbers: u64,
    /// Runs since the last turn of the oldest.
    turns: u32,
    /// How often runs may start.
    bucket: Option<Bucket>,
    is_closed: bool,
    adds: u64,
    retries: u64,
}

/// What is known of a key that is not absent.
struct Entry {
    place: Place,
    priority: Priority,
    /// Failed runs in a row.
    failures: u32,
}

enum Place {
    Delayed { at: Moment, number: u64, delay: Delay },
    Ready { number: u64, age: u64, since: Moment },
    Running { since: Moment, again: Option<Again> },
}

/// What was added during a run.
#[derive(Clone, Copy)]
struct Again {
    /// Not before this moment; `None` is at once.
    at: Option<Moment>,
    priority: Priority,
}

/// A key that runs now. [`Queue::finish`] must be called for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job<K> {
    /// The key.
    pub key: Arc<K>,
    /// The priority that it had.
    pub priority: Priority,
    /// The failed runs in a row before this one.
    pub failures: u32,
    /// How long the key was ready.
    pub waited: Duration,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do, or it cannot be done: the key runs again when it is added again.
    Done,
    /// Nothing is left to do now. The key runs again after this span.
    After(Duration),
    /// The key runs again after a delay that grows with each failure in a row.
    Failed,
}

/// What an added key changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// A run will come that would not have come, or comes earlier now.
    Queued,
    /// The key was waiting already.
    Known,
    /// The queue has as many keys as its limit allows, or is closed: the key is not in it. After `Full`, add all keys again
    /// once the queue has room.
    Full,
}

/// Why a key is not running, or since when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// Nothing asks for a run.
    Absent,
    /// It waits for this moment.
    Delayed {
        /// When it becomes ready.
        until: Moment,
        /// Why it waits.
        delay: Delay,
    },
    /// It waits for its turn, or for the rate of the queue.
    Ready {
        /// When it became ready.
        since: Moment,
        /// Its priority.
        priority: Priority,
        /// How many ready keys are before it by their priority and age.
        before: usize,
    },
    /// It runs.
    Running {
        /// When it began.
        since: Moment,
        /// Whether it was added meanwhile.
        again: bool,
    },
}

/// Why a key waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// It was added with a span, or its last run asked for one.
    Span,
    /// Its last runs failed, this many in a row.
    Failures(u32),
}

/// The counters of a queue: those that client-go publishes as `workqueue_*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStats {
    /// Ready keys (`depth`).
    pub ready: usize,
    /// Keys that wait for a moment.
    pub delayed: usize,
    /// Keys that run.
    pub running: usize,
    /// Keys that were added, without those that were waiting already (`adds_total`).
    pub adds: u64,
    /// Delays after failures (`retries_total`).
    pub retries: u64,
    /// The sum of the times for which the running keys have been running (`unfinished_work_seconds`).
    pub unfinished: Duration,
    /// The longest of them (`longest_running_processor_seconds`).
    pub longest_running: Duration,
}

impl<K: Ord> Queue<K> {
    /// An empty queue. The seed is the source of the jitter in its delays.
    #[must_use]
    pub fn new(settings: QueueSettings, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            entries: BTreeMap::new(),
            ready: BTreeMap::new(),
            ages: BTreeMap::new(),
            delayed: BTreeMap::new(),
            running: BTreeSet::new(),
            numbers: 0,
            turns: 0,
            bucket: settings.rate.map(Bucket::new),
            is_closed: false,
            adds: 0,
            retries: 0,
            settings,
        }
    }

    // --- What is asked

    /// The state of a key: why it is not running.
    #[must_use]
    pub fn state(&self, key: &K) -> KeyState {
        let Some(entry) = self.entries.get(key) else { return KeyState::Absent };
        match entry.place {
            Place::Delayed { at, delay, .. } => KeyState::Delayed { until: at, delay },
            Place::Ready { number, since, .. } => {
                let before = self.ready.range(..(Reverse(entry.priority), number)).count();
                KeyState::Ready { since, priority: entry.priority, before }
            }
            Place::Running { since, again } => KeyState::Running { since, again: again.is_some() },
        }
    }

    /// When [`pop`](Self::pop) may have a key: `None` if only an input can change that, `now` if there may be one now.
    #[must_use]
    pub fn deadline(&self, now: Moment) -> Option<Moment> {
        if self.is_closed {
            return None;
        }
        let free = self.bucket.as_ref().map_or(now, |bucket| bucket.next(now));
        let ready = (!self.ready.is_empty()).then_some(free);
        // A delayed key cannot run before the rate allows it.
        let delayed = self.delayed.first_key_value().map(|((at, _), _)| (*at).max(free));
        earliest(ready, delayed)
    }

    /// The keys that wait, run or have a delay.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no key waits, runs or has a delay.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a key runs: after [`close`](Self::close), the queue has ended when none does.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self, now: Moment) -> QueueStats {
        let mut stats = QueueStats {
            ready: self.ready.len(),
            delayed: self.delayed.len(),
            running: self.running.len(),
            adds: self.adds,
            retries: self.retries,
            ..QueueStats::default()
        };
        for key in &self.running {
            if let Some(Entry { place: Place::Running { since, .. }, .. }) = self.entries.get(key) {
                stats.unfinished = stats.unfinished.saturating_add(now - *since);
                stats.longest_running = stats.longest_running.max(now - *since);
            }
        }
        stats
    }

    // --- What happens

    /// Something happened that concerns this key: it runs as soon as it may.
    pub fn add(&mut self, now: Moment, key: K, priority: Priority) -> Added {
        self.request(now, key, None, priority)
    }

    /// This key is to run after a span, unless it runs earlier for another reason.
    pub fn add_after(&mut self, now: Moment, key: K, priority: Priority, span: Duration) -> Added {
        let at = (!span.is_zero()).then(|| now + span);
        self.request(now, key, at, priority)
    }

    /// Takes the next key that may run.
    #[must_use = "the key runs now"]
    pub fn pop(&mut self, now: Moment) -> Option<Job<K>> {
        if self.is_closed {
            return None;
        }
        self.end_delays(now);
        if self.ready.is_empty() || self.bucket.as_ref().is_some_and(|bucket| bucket.next(now) > now) {
            return None;
        }
        let of_the_oldest = self.turns + 1 >= self.settings.turn_of_the_oldest;
        let by_age = || self.ages.values().next();
        let next = if of_the_oldest { by_age() } else { self.ready.values().next() };
        let key = Arc::clone(next?);
        let entry = self.entries.get_mut(&key)?;
        let Place::Ready { number, age, since } = entry.place else { return None };
        let job = Job { priority: entry.priority, failures: entry.failures, waited: now - since, key };
        self.ready.remove(&(Reverse(entry.priority), number));
        self.ages.remove(&age);
        entry.place = Place::Running { since: now, again: None };
        self.running.insert(Arc::clone(&job.key));
        self.turns = if of_the_oldest { 0 } else { self.turns + 1 };
        if let Some(bucket) = &mut self.bucket {
            bucket.reserve(now, None);
        }
        Some(job)
    }

    /// The run of this key has ended. Returns how long it took; `None` if the key was not running.
    pub fn finish(&mut self, now: Moment, key: &K, outcome: Outcome) -> Option<Duration> {
        let entry = self.entries.get_mut(key)?;
        let Place::Running { since, again } = entry.place else { return None };
        let key = self.running.take(key)?;
        let mine = entry.priority;
        entry.failures = if outcome == Outcome::Failed { entry.failures.saturating_add(1) } else { 0 };
        let failures = entry.failures;
        match (outcome, again) {
            (Outcome::Done, None) => drop(self.entries.remove(&key)),
            (Outcome::Done, Some(again)) => self.put(now, key, again.at, Delay::Span, again.priority),
            (Outcome::After(span), None) => self.put(now, key, Some(now + span), Delay::Span, mine),
            (Outcome::After(span), Some(again)) => {
                let at = again.at.map(|at| at.min(now + span));
                self.put(now, key, at, Delay::Span, again.priority.max(mine));
            }
            (Outcome::Failed, again) => {
                self.retries += 1;
                let at = now + self.delay(failures);
                let priority = again.map_or(mine, |again| again.priority.max(mine));
                self.put(now, key, Some(at), Delay::Failures(failures), priority);
            }
        }
        Some(now - since)
    }

    /// Ends the queue: no key is added or taken any more, and all keys that do not run are dropped.
    pub fn close(&mut self) {
        self.is_closed = true;
        self.ready.clear();
        self.ages.clear();
        self.delayed.clear();
        self.entries.retain(|_, entry| matches!(entry.place, Place::Running { .. }));
    }

    // --- Inner parts

    fn request(&mut self, now: Moment, key: K, at: Option<Moment>, priority: Priority) -> Added {
        if self.is_closed {
            return Added::Full;
        }
        self.end_delays(now);
        let Some(entry) = self.entries.get_mut(&key) else {
            if self.entries.len() >= self.settings.limit {
                return Added::Full;
            }
            self.adds += 1;
            self.put(now, Arc::new(key), at, Delay::Span, priority);
            return Added::Queued;
        };
        let higher = entry.priority.max(priority);
        match &mut entry.place {
            Place::Running { again, .. } => {
                let added = if again.is_none() { Added::Queued } else { Added::Known };
                self.adds += u64::from(again.is_none());
                *again = Some(match *again {
                    None => Again { at, priority },
                    Some(before) => Again {
                        at: before.at.zip(at).map(|(before, at)| before.min(at)),
                        priority: before.priority.max(priority),
                    },
                });
                added
            }
            Place::Ready { number, .. } => {
                let (before, old) = (entry.priority, *number);
                if higher > before {
                    self.numbers += 1;
                    *number = self.numbers;
                    entry.priority = higher;
                    if let Some(key) = self.ready.remove(&(Reverse(before), old)) {
                        self.ready.insert((Reverse(higher), self.numbers), key);
                    }
                }
                Added::Known
            }
            Place::Delayed { at: until, number, delay } => {
                entry.priority = higher;
                let earlier = at.is_none_or(|at| at < *until);
                if matches!(delay, Delay::Failures(_)) || !earlier {
                    return Added::Known;
                }
                if let Some(key) = self.delayed.remove(&(*until, *number)) {
                    self.put(now, key, at, Delay::Span, higher);
                }
                Added::Queued
            }
        }
    }

    /// Puts a key that is in none of the orders into one of them: ready, or delayed until this moment.
    fn put(&mut self, now: Moment, key: Arc<K>, at: Option<Moment>, delay: Delay, priority: Priority) {
        if self.is_closed {
            self.entries.remove(&key);
            return;
        }
        self.numbers += 1;
        let number = self.numbers;
        let place = match at.filter(|at| *at > now) {
            Some(at) => {
                self.delayed.insert((at, number), Arc::clone(&key));
                Place::Delayed { at, number, delay }
            }
            None => {
                self.ready.insert((Reverse(priority), number), Arc::clone(&key));
                self.ages.insert(number, Arc::clone(&key));
                Place::Ready { number, age: number, since: at.unwrap_or(now) }
            }
        };
        let failures = self.entries.get(&key).map_or(0, |entry| entry.failures);
        self.entries.insert(key, Entry { place, priority, failures });
    }

    /// Makes the keys ready whose delay is over, in the order of their moments.
    fn end_delays(&mut self, now: Moment) {
        while let Some(first) = self.delayed.first_entry() {
            let (at, _) = *first.key();
            if at > now {
                return;
            }
            let key = first.remove();
            if let Some(priority) = self.entries.get(&key).map(|entry| entry.priority) {
                self.put(now, key, Some(at), Delay::Span, priority);
            }
        }
    }

    /// The delay after this many failures in a row.
    fn delay(&mut self, failures: u32) -> Duration {
        let doubled = 2u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let base = self.settings.first_delay.saturating_mul(doubled).min(self.settings.longest_delay);
        self.random.jitter(base, self.settings.jitter)
    }
}

impl<K: Ord> fmt::Debug for Queue<K> {
    /// The number of keys in each state, and no key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("ready", &self.ready.len())
            .field("delayed", &self.delayed.len())
            .field("running", &self.running.len())
            .field("is_closed", &self.is_closed)
            .finish_non_exhaustive()
    }
}
