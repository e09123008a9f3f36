//! The observation of one call.
//!
//! | state | event | told |
//! |---|---|---|
//! | no attempt | `waited` | `Waited`, unless it took no time |
//! | no attempt | `attempt` | `AttemptStarted` |
//! | an attempt | `head` | `Head` |
//! | an attempt | `attempt_ended` | `AttemptEnded` |
//! | no attempt | `retry` | `Retry` |
//! | an attempt | `ended`, or dropped | `AttemptEnded`, `Ended` |
//! | no attempt | `ended`, or dropped | `Ended` |
//! | over | | nothing |

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::response::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::Observers;
use super::event::{AttemptOutcome, CallEvent, CallInfo, CallOutcome, Event, Observation, Waiting};
use crate::driver::effect::{Exchange, ExchangeKind, ExchangeTag};
use crate::driver::time::{Moment, Now};
use crate::error::attempts::RetryCause;
use crate::error::{Attempt, Error, ErrorKind};
use crate::lease::clock::Clock;
use crate::random::Random;

/// The observation of one call. It exists only if there is an observer.
pub(crate) struct Observed {
    observers: Observers,
    number: u64,
    attempt: Attempt,
    method: Method,
    kind: ExchangeKind,
    template: String,
    random: Random,
    began: Now,
    /// The last time at which anything was told.
    last: Now,
    clock: Arc<Clock>,
    attempts: u32,
    open: Option<OpenAttempt>,
    over: bool,
}

/// An attempt under way.
#[derive(Debug)]
struct OpenAttempt {
    began: Now,
    status: Option<StatusCode>,
    received: u64,
}

/// The parts of a call that do not change.
pub(crate) struct Subject {
    pub(crate) attempt: Attempt,
    pub(crate) method: Method,
    pub(crate) kind: ExchangeKind,
    pub(crate) template: String,
}

impl Observed {
    /// Tells that the call begins.
    pub(crate) fn start(
        observers: &Observers,
        subject: Subject,
        number: u64,
        clock: &Arc<Clock>,
        random: Random,
        now: Now,
    ) -> Self {
        let Subject { attempt, method, kind, template } = subject;
        let mut this = Self {
            observers: observers.clone(),
            number,
            attempt,
            method,
            kind,
            template,
            random,
            began: now,
            last: now,
            clock: Arc::clone(clock),
            attempts: 0,
            open: None,
            over: false,
        };
        this.tell(CallEvent::Started, now);
        this
    }

    /// Tells of a wait from `began` until `ended`, if there was one.
    pub(crate) fn waited(&mut self, for_: Waiting, began: Moment, ended: Moment, now: Now) {
        let took = ended.since(began);
        if took > Duration::ZERO {
            self.tell(CallEvent::Waited { for_, took }, now);
        }
    }

    /// Tells of a new attempt, and adds to its exchange what its observers send; returns its id.
    pub(crate) fn attempt(&mut self, exchange: &mut Exchange, now: Now) -> String {
        self.attempts += 1;
        let id = request_id(&mut self.random);
        let (number, endpoint, body) = (self.attempts, &exchange.to, exchange.request.body().len());
        self.tell(CallEvent::AttemptStarted { number, endpoint, request_id: &id, body }, now);
        self.open = Some(OpenAttempt { began: now, status: None, received: 0 });
        let headers = exchange.request.headers_mut();
        self.observers.add_trace_context(&self.info(), headers);
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(AUDIT_ID, value);
        }
        exchange.tag = ExchangeTag { call: self.number, since: now.mono };
        id
    }

    /// Tells of a head.
    pub(crate) fn head(&mut self, head: &Parts, now: Now) {
        let Some(open) = &mut self.open else { return };
        open.status = Some(head.status);
        let took = now.mono.since(open.began.mono);
        let audit_id = head.headers.get(AUDIT_ID).and_then(|id| id.to_str().ok());
        self.tell(CallEvent::Head { status: head.status, audit_id, took }, now);
    }

    /// Counts bytes of the body.
    pub(crate) fn received(&mut self, bytes: usize) {
        if let Some(open) = &mut self.open {
            open.received = open.received.saturating_add(bytes as u64);
        }
    }

    /// Tells of the end of the attempt, if one is under way.
    pub(crate) fn attempt_ended(&mut self, outcome: AttemptOutcome<'_>, now: Now) {
        let Some(open) = self.open.take() else { return };
        let (number, took) = (self.attempts, now.mono.since(open.began.mono));
        self.tell(CallEvent::AttemptEnded { number, outcome, status: open.status, took, received: open.received }, now);
    }

    /// Tells of a repetition.
    pub(crate) fn retry(&mut self, cause: RetryCause, after: Duration, now: Now) {
        self.tell(CallEvent::Retry { cause, after }, now);
    }

    /// Tells of the end. Nothing follows it.
    pub(crate) fn ended(&mut self, result: &Result<(), Error>, now: Now) {
        if self.over {
            return;
        }
        let attempt = match result {
            Ok(()) => self.open.as_ref().and_then(|open| open.status).map(AttemptOutcome::Answered),
            Err(error) => Some(match error.kind() {
                ErrorKind::Transport(fault) => AttemptOutcome::Failed(fault),
                ErrorKind::Timeout { stage, .. } => AttemptOutcome::TimedOut(*stage),
                ErrorKind::Api(api) if api.info.is_some() => {
                    AttemptOutcome::Answered(api.info.as_ref().map_or(StatusCode::OK, |info| info.code))
                }
                _ => AttemptOutcome::Unreadable,
            }),
        };
        self.attempt_ended(attempt.unwrap_or(AttemptOutcome::Dropped), now);
        self.over(result.as_ref().map_or_else(CallOutcome::Failed, |()| CallOutcome::Complete), now);
    }

    fn over(&mut self, outcome: CallOutcome<'_>, now: Now) {
        let (took, attempts) = (now.mono.since(self.began.mono), self.attempts);
        self.tell(CallEvent::Ended { outcome, took, attempts }, now);
        self.over = true;
    }

    fn info(&self) -> CallInfo<'_> {
        let Self { number, attempt, method, kind, template, .. } = self;
        CallInfo { number: *number, attempt, method, kind: *kind, template }
    }

    fn tell(&mut self, event: CallEvent<'_>, now: Now) {
        self.last = now;
        self.observers.tell(&Observation { now, event: Event::Call(&self.info(), event) });
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if !self.over {
            // The clock of the session has no time of day.
            let now = self.last.after(self.clock.mono().since(self.last.mono));
            self.attempt_ended(AttemptOutcome::Dropped, now);
            self.over(CallOutcome::Dropped, now);
        }
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").field("number", &self.number).field("open", &self.open).finish_non_exhaustive()
    }
}

/// A UUID of version 4 (RFC 9562) from the session's seed.
fn request_id(random: &mut Random) -> String {
    let bits = (u128::from(random.draw()) << 64) | u128::from(random.draw());
    let bits = (bits & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let mut id = String::with_capacity(36);
    for (place, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            id.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
        }
    }
    id
}

/// The header that the server takes the id of its audit events from.
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_uuids_of_version_4() {
        let mut random = Random::new(3);
        let digits = format!("{:016x}{:016x}", random.draw(), random.draw());
        let (id, drawn) = (request_id(&mut Random::new(3)).replace('-', ""), digits.chars());
        let same =
            id.chars().zip(drawn).enumerate().filter(|(place, (id, drawn))| id == drawn || [12, 16].contains(place));
        assert_eq!((id.len(), same.count()), (32, 32), "{id} of {digits}");
        let mut random = Random::new(7);
        for _ in 0..100 {
            let id = request_id(&mut random);
            let parts: Vec<&str> = id.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
            assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]), "{id}");
        }
        assert_ne!(request_id(&mut Random::new(1)), request_id(&mut Random::new(2)));
    }
}
