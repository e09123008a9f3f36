#![doc = include_str!("BREAKER.md")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::driver::fault::{Fault, FaultKind};
use crate::driver::time::{Moment, Now};
use crate::error::ApiError;
use crate::lease::clock::Clock;
use crate::lease::{Lease, Leases};
use crate::lock::lock;
use crate::observe::{BreakerEvent, BreakerStep, Event, Observation, Observers};
use crate::random::Random;
use crate::settings::policy::BreakerPolicy;

/// The circuit breaker of a session.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: Option<BreakerPolicy>,
    clock: Arc<Clock>,
    /// The jitter of all circuits.
    random: Mutex<Random>,
    connections: Circuit,
    /// The groups that failed and have not succeeded since; at most [`GROUPS`].
    groups: Mutex<BTreeMap<String, Circuit>>,
    observers: Observers,
}

/// The failures of one thing.
#[derive(Clone, Debug)]
struct Circuit {
    trial: Arc<Leases>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    /// `since` is the first of these failures.
    Closed { failures: u32, since: Duration },
    /// `since` is the first failure after the last success, `rests` how many rests have begun.
    Open { since: Duration, until: Moment, rests: u32, cause: String },
}

/// A rest that begins.
#[derive(Clone, Copy, Debug)]
struct Opened {
    since: Duration,
    rest: Duration,
    rests: u32,
}

/// The leases of a call that is the trial of an open circuit.
#[derive(Debug, Default)]
pub(crate) struct Trials([Option<Lease>; 2]);

/// A call that is not let through.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The first failure, since 1970-01-01T00:00:00Z.
    pub(crate) since: Duration,
    /// The time until the next try.
    pub(crate) retry_in: Duration,
    /// What failed, and its last failure.
    pub(crate) cause: String,
}

/// What an exchange tells of its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The connection failed.
    Unreachable(String),
    /// No answer came in time over a connection that was made.
    Silent(String),
    /// The answer was a failure of the server.
    Failed(String),
    /// An answer of a working server.
    Answered,
}

impl Outcome {
    /// The outcome of a fault before the head; `None` if it says nothing of the server.
    pub(crate) fn of_fault(fault: &Fault) -> Option<Self> {
        let server_s = match fault.kind {
            FaultKind::Resolve
            | FaultKind::Refused
            | FaultKind::Connect
            | FaultKind::ConnectTimeout
            | FaultKind::Tls
            | FaultKind::Proxy
            | FaultKind::Protocol
            | FaultKind::TooLarge
            | FaultKind::Io => true,
            FaultKind::Closed => !fault.stale,
            FaultKind::TlsSettings | FaultKind::NotFound | FaultKind::Locked | FaultKind::Unsupported => false,
        };
        server_s.then(|| Self::Unreachable(fault.text.clone()))
    }

    /// The outcome of an answer that is no success.
    pub(crate) fn of_refusal(api: &ApiError) -> Self {
        let code = api.info.as_ref().map_or(api.status.code, |info| info.code.as_u16());
        let webhook_s = WEBHOOKS.iter().any(|text| api.status.message.contains(text));
        if code < 500 || api.retry_after.is_some() || webhook_s {
            return Self::Answered;
        }
        Self::Failed(api.status.to_string())
    }
}

impl Trials {
    /// Extends the leases.
    pub(crate) fn renew(&self, now: Moment) {
        self.0.iter().flatten().for_each(|lease| lease.renew(now));
    }

    /// Whether there is one.
    pub(crate) fn any(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }
}

impl Breaker {
    /// `seed` decides the jitter.
    pub(crate) fn new(policy: Option<BreakerPolicy>, seed: u64, clock: &Arc<Clock>) -> Self {
        let (connections, random) = (Circuit::new(clock), Mutex::new(Random::new(seed ^ OWN_SEQUENCE)));
        let observers = Observers::none();
        Self { policy, clock: Arc::clone(clock), random, connections, groups: Mutex::default(), observers }
    }

    /// Tells these observers.
    pub(crate) fn observed(self, observers: Observers) -> Self {
        Self { observers, ..self }
    }

    /// `Ok` lets a call to this API group through, with the leases of the circuits of which it is the trial.
    pub(crate) fn admit(&self, group: Option<&str>, now: Now) -> Result<Trials, Refused> {
        if self.policy.is_none() {
            return Ok(Trials::default());
        }
        let connection = self
            .connections
            .admit(now)
            .map_err(|refused| Refused { cause: format!("it could not be reached: {}", refused.cause), ..refused })?;
        if connection.is_some() {
            self.tell(None, BreakerStep::Trial, now);
        }
        let Some(group) = group else { return Ok(Trials([connection, None])) };
        let circuit = self.groups().get(group).cloned();
        let answer = circuit.map(|circuit| circuit.admit(now)).transpose().map_err(|refused| {
            let name = if group.is_empty() { "the core API group" } else { group };
            Refused { cause: format!("{name} failed: {}", refused.cause), ..refused }
        })?;
        let answer = answer.flatten();
        if answer.is_some() {
            self.tell(Some(group), BreakerStep::Trial, now);
        }
        Ok(Trials([connection, answer]))
    }

    /// Counts the outcome of a call that was let through.
    pub(crate) fn report(&self, group: Option<&str>, outcome: &Outcome, now: Now) {
        let Some(policy) = self.policy else { return };
        match outcome {
            Outcome::Unreachable(cause) => {
                let opened = self.connections.fail(policy, cause, &self.random, now);
                self.opened(None, opened, cause, now);
            }
            Outcome::Silent(cause) => self.fail(policy, group, cause, now),
            Outcome::Failed(cause) => {
                self.succeed(now);
                self.fail(policy, group, cause, now);
            }
            Outcome::Answered => {
                self.succeed(now);
                // A circuit without failures needs no memory.
                let old = group.and_then(|group| self.groups().remove(group));
                if old.is_some_and(|circuit| circuit.succeed()) {
                    self.tell(group, BreakerStep::Closed, now);
                }
            }
        }
    }

    fn fail(&self, policy: BreakerPolicy, group: Option<&str>, cause: &str, now: Now) {
        let Some(group) = group else { return };
        let mut groups = self.groups();
        if !groups.contains_key(group) && groups.len() >= GROUPS {
            let idle = groups.iter().find(|(_, circuit)| !circuit.is_open()).or_else(|| groups.first_key_value());
            let idle = idle.map(|(group, _)| group.clone());
            idle.map(|group| groups.remove(&group));
        }
        let circuit = groups.entry(group.to_owned()).or_insert_with(|| Circuit::new(&self.clock)).clone();
        drop(groups);
        let opened = circuit.fail(policy, cause, &self.random, now);
        self.opened(Some(group), opened, cause, now);
    }

    /// The connection works.
    fn succeed(&self, now: Now) {
        if self.connections.succeed() {
            self.tell(None, BreakerStep::Closed, now);
        }
    }

    fn opened(&self, group: Option<&str>, opened: Option<Opened>, cause: &str, now: Now) {
        if let Some(Opened { since, rest, rests }) = opened {
            self.tell(group, BreakerStep::Opened { since, rest, rests, cause }, now);
        }
    }

    /// Tells the observers. No circuit is locked.
    fn tell(&self, group: Option<&str>, step: BreakerStep<'_>, now: Now) {
        if self.observers.any() {
            self.observers.tell(&Observation { now, event: Event::Breaker(BreakerEvent { group, step }) });
        }
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Circuit>> {
        lock(&self.groups)
    }
}

impl Circuit {
    fn new(clock: &Arc<Clock>) -> Self {
        Self { trial: Leases::new(1, Arc::clone(clock)), state: Arc::new(Mutex::new(State::CLOSED)) }
    }

    /// `Ok` lets the call through, with a lease if it is the trial.
    fn admit(&self, now: Now) -> Result<Option<Lease>, Refused> {
        let (since, until, cause) = match &*self.state() {
            State::Closed { .. } => return Ok(None),
            State::Open { since, until, cause, .. } => (*since, *until, cause.clone()),
        };
        match until.since(now.mono) {
            retry_in if retry_in > Duration::ZERO => Err(Refused { since, retry_in, cause }),
            _ => self.trial.take(now.mono).map(Some).ok_or(Refused { since, retry_in: Duration::from_secs(1), cause }),
        }
    }

    /// True if it was open.
    fn succeed(&self) -> bool {
        matches!(std::mem::replace(&mut *self.state(), State::CLOSED), State::Open { .. })
    }

    /// The rest that begins, if one does.
    fn fail(&self, policy: BreakerPolicy, cause: &str, random: &Mutex<Random>, now: Now) -> Option<Opened> {
        let mut state = self.state();
        let (since, rests) = match &*state {
            State::Closed { failures: 0, .. } if policy.failures > 1 => {
                *state = State::Closed { failures: 1, since: now.unix };
                return None;
            }
            &State::Closed { failures, since } if failures + 1 < policy.failures => {
                *state = State::Closed { failures: failures + 1, since };
                return None;
            }
            &State::Closed { failures, since } => (if failures == 0 { now.unix } else { since }, 0),
            // Calls that began before the circuit opened say nothing new.
            State::Open { until, .. } if now.mono < *until => return None,
            &State::Open { since, rests, .. } => (since, rests),
        };
        let rest = policy.rest.saturating_mul(1 << rests.min(30)).min(policy.longest);
        let rest = lock(random).jitter(rest, JITTER);
        let (until, rests) = (now.mono.after(rest), rests.saturating_add(1));
        *state = State::Open { since, until, rests, cause: cause.to_owned() };
        Some(Opened { since, rest, rests })
    }

    fn is_open(&self) -> bool {
        matches!(*self.state(), State::Open { .. })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    const CLOSED: Self = Self::Closed { failures: 0, since: Duration::ZERO };
}

/// The part of a rest that a random number adds at most.
const JITTER: f64 = 0.5;
/// Keeps the jitter apart from the numbers of the operations, whose seed is the same.
const OWN_SEQUENCE: u64 = 0x6272_6561_6b65_7221;
/// The most groups whose failures are remembered.
const GROUPS: usize = 128;

/// What API servers say in a 500 if a webhook failed.
const WEBHOOKS: [&str; 2] = ["failed calling webhook", "conversion webhook for"];

#[cfg(test)]
mod tests;
