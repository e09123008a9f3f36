#![doc = include_str!("BREAKER.md")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::driver::fault::{Fault, FaultKind};
use crate::driver::time::Moment;
use crate::error::ApiError;
use crate::lease::clock::Clock;
use crate::lease::{Lease, Leases};
use crate::settings::policy::BreakerPolicy;

/// The circuit breaker of a session.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: Option<BreakerPolicy>,
    clock: Arc<Clock>,
    connections: Circuit,
    /// The groups that failed and have not succeeded since; at most [`GROUPS`].
    groups: Mutex<BTreeMap<String, Circuit>>,
}

/// The failures of one thing.
#[derive(Clone, Debug)]
struct Circuit {
    trial: Arc<Leases>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Moment, cause: String },
}

/// The leases of a call that is the trial of an open circuit.
#[derive(Debug, Default)]
pub(crate) struct Trials([Option<Lease>; 2]);

/// A call that is not let through.
#[derive(Debug)]
pub(crate) struct Refused {
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
    pub(crate) fn new(policy: Option<BreakerPolicy>, clock: &Arc<Clock>) -> Self {
        let connections = Circuit::new(clock);
        Self { policy, clock: Arc::clone(clock), connections, groups: Mutex::default() }
    }

    /// `Ok` lets a call to this API group through, with the leases of the circuits of which it is the trial.
    pub(crate) fn admit(&self, group: Option<&str>, now: Moment) -> Result<Trials, Refused> {
        if self.policy.is_none() {
            return Ok(Trials::default());
        }
        let connection = self
            .connections
            .admit(now)
            .map_err(|refused| Refused { cause: format!("it could not be reached: {}", refused.cause), ..refused })?;
        let Some(group) = group else { return Ok(Trials([connection, None])) };
        let circuit = self.groups().get(group).cloned();
        let answer = circuit.map(|circuit| circuit.admit(now)).transpose().map_err(|refused| {
            let name = if group.is_empty() { "the core API group" } else { group };
            Refused { cause: format!("{name} failed: {}", refused.cause), ..refused }
        })?;
        Ok(Trials([connection, answer.flatten()]))
    }

    /// Counts the outcome of a call that was let through.
    pub(crate) fn report(&self, group: Option<&str>, outcome: &Outcome, now: Moment) {
        let Some(policy) = self.policy else { return };
        match outcome {
            Outcome::Unreachable(cause) => self.connections.fail(policy, cause, now),
            Outcome::Silent(cause) => self.fail(policy, group, cause, now),
            Outcome::Failed(cause) => {
                self.connections.succeed();
                self.fail(policy, group, cause, now);
            }
            Outcome::Answered => {
                self.connections.succeed();
                // A circuit without failures needs no memory.
                let old = group.and_then(|group| self.groups().remove(group));
                if let Some(circuit) = old {
                    circuit.succeed();
                }
            }
        }
    }

    fn fail(&self, policy: BreakerPolicy, group: Option<&str>, cause: &str, now: Moment) {
        let Some(group) = group else { return };
        let mut groups = self.groups();
        if !groups.contains_key(group) && groups.len() >= GROUPS {
            let idle = groups.iter().find(|(_, circuit)| !circuit.is_open()).or_else(|| groups.first_key_value());
            let idle = idle.map(|(group, _)| group.clone());
            idle.map(|group| groups.remove(&group));
        }
        let circuit = groups.entry(group.to_owned()).or_insert_with(|| Circuit::new(&self.clock)).clone();
        drop(groups);
        circuit.fail(policy, cause, now);
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Circuit>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuit {
    fn new(clock: &Arc<Clock>) -> Self {
        let state = Arc::new(Mutex::new(State::Closed { failures: 0 }));
        Self { trial: Leases::new(1, Arc::clone(clock)), state }
    }

    /// `Ok` lets the call through, with a lease if it is the trial.
    fn admit(&self, now: Moment) -> Result<Option<Lease>, Refused> {
        let (until, cause) = match &*self.state() {
            State::Closed { .. } => return Ok(None),
            State::Open { until, cause } => (*until, cause.clone()),
        };
        match until.since(now) {
            retry_in if retry_in > Duration::ZERO => Err(Refused { retry_in, cause }),
            _ => self.trial.take(now).map(Some).ok_or(Refused { retry_in: Duration::from_secs(1), cause }),
        }
    }

    fn succeed(&self) {
        *self.state() = State::Closed { failures: 0 };
    }

    fn fail(&self, policy: BreakerPolicy, cause: &str, now: Moment) {
        let mut state = self.state();
        *state = match &*state {
            State::Closed { failures } if failures + 1 < policy.failures => State::Closed { failures: failures + 1 },
            _ => State::Open { until: now.after(policy.rest), cause: cause.to_owned() },
        };
    }

    fn is_open(&self) -> bool {
        matches!(*self.state(), State::Open { .. })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most groups whose failures are remembered.
const GROUPS: usize = 128;

/// What API servers say in a 500 if a webhook failed.
const WEBHOOKS: [&str; 2] = ["failed calling webhook", "conversion webhook for"];

#[cfg(test)]
mod tests;
