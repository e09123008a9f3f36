#![doc = include_str!("CALL.md")]

mod after;

use std::mem;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, header};

use super::content::{AcceptedEncoding, Content};
use super::kept::Kept;
use super::progress::Progress;
use super::refusal::RefusalBody;
use crate::auth::headers::complete;
use crate::auth::refusal::Refusals;
use crate::auth::{Acquire, Acquired, Grant};
use crate::driver::effect::{Effect, Exchange, ExchangeKind, ExchangeTag};
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::operation::Cx;
use crate::driver::step::Step;
use crate::driver::time::{Moment, Now, earliest};
use crate::error::attempts::Attempts;
use crate::error::{Attempt, Error, ErrorKind, TimeoutStage};
use crate::frame::trim::Trim;
use crate::lease::{Lease, RENEW};
use crate::observe::Waiting;
use crate::observe::call::{Observed, Subject};
use crate::opaque::Opaque;
use crate::random::Random;
use crate::request::ApiRequest;
use crate::session::Session;
use crate::session::breaker::{Outcome, Refused, Trials};
use crate::session::limiter::{Admission, Class, NotNow};
use crate::session::retry::Tries;
use crate::settings::Timeouts;
use crate::settings::policy::RetryPolicy;

/// The state machine that the operations are built around.
#[derive(Debug)]
pub(crate) struct Call {
    request: ApiRequest,
    kind: ExchangeKind,
    /// The caller's time-outs; `None` for the session's.
    timeouts: Option<Timeouts>,
    /// The idle time-out of the operation around this; `None` for the session's.
    idle: Option<Duration>,
    /// The policy of the operation around this; `None` for the session's.
    retry: Option<RetryPolicy>,
    /// Made at the first poll.
    plan: Option<Box<Plan>>,
    state: State,
    /// For the limiter; known from the first poll on.
    class: Class,
    permit: Option<Lease>,
    trials: Trials,
    observed: Option<Box<Observed>>,
    /// The identifier of the current try, if there are observers.
    request_id: Option<String>,
    renewed: Moment,
    kept: Kept,
    /// A watch that begins with a list.
    listing: bool,
    /// Only events are progress. `progressed`: one was complete since the last turn.
    of_events: bool,
    progressed: bool,
    /// The last step was `Wait`, and no input has come since. Deadlines of an exchange count only then: before it, the
    /// answer may be unread in the socket.
    waited: bool,
}

/// The parts of a call that all of its tries share.
#[derive(Debug)]
struct Plan {
    /// For the attempt of an error, which is made only then.
    session: Session,
    /// For the first try. Others build it again, and most calls have one.
    request: Option<Opaque<Request<Bytes>>>,
    timeouts: Timeouts,
    total: Option<Moment>,
    random: Random,
    tries: Tries,
    /// The refusals that already led to another grant. A second refusal of the same kind is final.
    refusals: Refusals,
    /// The codings that the request accepts.
    accepted: AcceptedEncoding,
    /// When the call began, and its current attempt.
    began: Moment,
    sent: Moment,
    attempts: Attempts,
}

#[derive(Debug)]
enum State {
    Start {
        fresh: bool,
    },
    Admission {
        admission: Admission,
        since: Now,
        fresh: bool,
    },
    /// `refused` is the error if no other credential than the refused one exists.
    Credential {
        acquire: Acquire,
        since: Now,
        fresh: bool,
        refused: Option<Box<ErrorKind>>,
    },
    Head {
        until: Moment,
        grant: Grant,
    },
    Refusal {
        head: Opaque<Box<Parts>>,
        content: Content,
        body: RefusalBody,
        cut: bool,
        until: Moment,
        grant: Grant,
    },
    Body {
        progress: Progress,
        content: Content,
    },
    /// An exchange is under way that is not needed any more.
    Aborting {
        then: Box<State>,
    },
    Backoff {
        until: Moment,
        fresh: bool,
    },
    Over(Result<(), Error>),
}

/// An item of a call.
pub(crate) enum Reply {
    Head(Box<Parts>),
    Data(Bytes),
}

/// A state, and the step to return on entering it.
type Transition = (State, Option<Step<Reply>>);

impl Call {
    pub(crate) fn new(request: ApiRequest, kind: ExchangeKind) -> Self {
        Self {
            request,
            kind,
            timeouts: None,
            idle: None,
            retry: None,
            plan: None,
            state: State::Start { fresh: false },
            class: Class::Read,
            permit: None,
            trials: Trials::default(),
            observed: None,
            request_id: None,
            renewed: Moment::ZERO,
            kept: Kept::Nothing,
            listing: false,
            of_events: false,
            progressed: false,
            waited: false,
        }
    }

    /// Replaces the session's time-outs.
    pub(crate) fn set_timeouts(&mut self, timeouts: Timeouts) {
        self.timeouts = Some(timeouts);
    }

    /// Sets the idle time-out of the body, for calls whose time-outs are the session's.
    pub(crate) fn set_idle(&mut self, idle: Option<Duration>) {
        self.idle = idle;
    }

    /// Replaces the session's retry policy.
    pub(crate) fn set_retry(&mut self, retry: RetryPolicy) {
        self.retry = Some(retry);
    }

    /// Sends the first try on a new connection. Call it before the first resume.
    pub(crate) fn on_new_connection(&mut self) {
        self.state = State::Start { fresh: true };
    }

    /// Marks a watch that begins with a list: the server may compress it.
    pub(crate) fn expect_list(&mut self) {
        self.listing = true;
    }

    /// Requires whole events of the server: a byte now and then is silence. Each is noted by [`progress`](Self::progress).
    pub(crate) fn expect_events(&mut self) {
        self.of_events = true;
    }

    /// Notes that the data so far completed an event.
    pub(crate) fn progress(&mut self) {
        self.progressed = true;
    }

    /// Gives the permit back: a part of the response goes to the caller, who may make other calls before it takes the next
    /// part.
    pub(crate) fn release(&mut self) {
        self.permit = None;
    }

    /// Keeps the head of the next response; until then, holds `kept`.
    pub(crate) fn keep(&mut self, kept: Kept) {
        self.kept = kept;
    }

    /// The kept parts of the latest response.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The request.
    pub(crate) fn request(&self) -> &ApiRequest {
        &self.request
    }

    /// The request, to complete it before the first resume.
    pub(crate) fn request_mut(&mut self) -> &mut ApiRequest {
        &mut self.request
    }

    /// Asks for objects without these parts.
    pub(crate) fn leave_out(&mut self, trim: &Trim) {
        self.request.leave_out(trim);
    }

    /// The time-outs of this call in this session.
    pub(crate) fn timeouts_in(&self, session: &Session) -> Timeouts {
        self.timeouts.unwrap_or_else(|| {
            let usual = session.settings().timeouts(self.kind);
            Timeouts { idle: self.idle.or(usual.idle), ..usual }
        })
    }

    /// Adds the attempt to an error.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match &self.plan {
            Some(plan) if error.attempt().is_none() => {
                error.during(&self.attempt(&plan.session)).after(|| plan.attempts_so_far())
            }
            _ => error,
        }
    }

    /// The attempted action, for errors and warnings.
    fn attempt(&self, session: &Session) -> Attempt {
        let server = session.server().to_owned();
        Attempt { server, request_id: self.request_id.clone(), ..self.request.attempt(session.namespace()) }
    }

    /// What observers learn of the call at its start.
    fn subject(&self, session: &Session) -> Subject {
        let (attempt, method) = (self.attempt(session), self.request.verb.method());
        Subject { attempt, method, kind: self.kind, template: self.request.path.template() }
    }

    pub(crate) fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Reply> {
        if self.plan.is_none() && !matches!(self.state, State::Over(_)) {
            match self.plan(cx) {
                Ok(plan) => {
                    cx.session.budget().earn();
                    self.class = self.class();
                    self.observed = cx.session.observe_call(|| self.subject(cx.session), cx.now);
                    self.plan = Some(Box::new(plan));
                }
                Err(error) => self.state = State::Over(Err(error)),
            }
        }
        self.renew(cx.now.mono);
        self.waited &= input.is_none();
        loop {
            let state = mem::replace(&mut self.state, State::Over(Ok(())));
            let (next, step) = self.step(state, input.take(), cx);
            if let State::Over(result) = next {
                (self.permit, self.trials) = (None, Trials::default());
                let result = result.map_err(|error| self.explain(error));
                if let Some(observed) = &mut self.observed {
                    observed.ended(&result, cx.now);
                }
                self.state = State::Over(result.clone());
                return Step::Done(result);
            }
            self.state = next;
            if let Some(step) = step {
                return self.bounded(step, cx);
            }
        }
    }

    fn class(&self) -> Class {
        match self.kind {
            ExchangeKind::Stream | ExchangeKind::Upgrade => Class::Stream,
            ExchangeKind::Call if self.request.mutates => Class::Write,
            ExchangeKind::Call => Class::Read,
        }
    }

    fn plan(&self, cx: &Cx<'_>) -> Result<Plan, Error> {
        let (request, accepted) = self.build(cx.session)?;
        let mut timeouts = self.timeouts_in(cx.session);
        let mut total = timeouts.total.map(|total| cx.now.mono.after(total));
        if let Some((end, limit)) = cx.session.deadline(cx.now.mono)
            && total.is_none_or(|total| end < total)
        {
            (total, timeouts.total) = (Some(end), Some(limit));
        }
        Ok(Plan {
            session: cx.session.clone(),
            request: Some(request.into()),
            total,
            timeouts,
            random: cx.session.random(),
            tries: Tries::default(),
            refusals: Refusals::default(),
            accepted,
            began: cx.now.mono,
            sent: cx.now.mono,
            attempts: Attempts::default(),
        })
    }

    /// The request without a credential, and the codings that it accepts.
    fn build(&self, session: &Session) -> Result<(Request<Bytes>, AcceptedEncoding), Error> {
        let during = |error: Error| error.during(&self.attempt(session));
        let (prefix, namespace) = (session.prefix(), session.namespace());
        let mut built = self.request.build_for(prefix, namespace, session.settings().content_type).map_err(during)?;
        complete(built.headers_mut(), session.headers()).map_err(during)?;
        let accepted = AcceptedEncoding::ask(built.headers_mut(), self.kind, self.listing, session.settings());
        Ok((built, accepted))
    }

    /// The exchange of one try.
    fn exchange(&mut self, grant: &Grant, fresh: bool, session: &Session) -> Result<Exchange, Error> {
        let (built, timeouts) = match &mut self.plan {
            Some(plan) => (plan.request.take(), plan.timeouts),
            None => (None, self.timeouts_in(session)),
        };
        let mut request = match built {
            Some(Opaque(request)) => request,
            None => self.build(session)?.0,
        };
        if let (Some(authorization), false) =
            (grant.authorization(), request.headers().contains_key(header::AUTHORIZATION))
        {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let (to, kind, connect) = (grant.endpoint.clone(), self.kind, timeouts.connect);
        Ok(Exchange { to, request, kind, fresh, connect, tag: ExchangeTag::default() })
    }

    fn step(&mut self, state: State, input: Option<Input>, cx: &mut Cx<'_>) -> Transition {
        let now = cx.now.mono;
        let waited = self.waited;
        let Some(plan) = self.plan.as_deref_mut() else { return (state, None) };
        match state {
            State::Start { fresh } => match cx.session.breaker().admit(self.request.path.answering_group(), cx.now) {
                Ok(trials) => {
                    self.trials = trials;
                    go(State::Admission { admission: Admission::default(), since: cx.now, fresh })
                }
                Err(Refused { since, retry_in, cause }) => {
                    let until = cx.now.unix.saturating_add(retry_in);
                    plan.fail(ErrorKind::CircuitOpen { since, until, retry_in, cause })
                }
            },
            State::Admission { mut admission, since, fresh } => {
                match cx.session.limiter().admit(&mut admission, self.class, now, plan.total, cx.waker) {
                    Ok(permit) => {
                        self.permit = permit;
                        if let Some(observed) = &mut self.observed {
                            let token = admission.token_since(since.mono);
                            observed.waited(Waiting::Token, since.mono, token, cx.now);
                            observed.waited(Waiting::Permit, token, now, cx.now);
                        }
                        go(State::Credential { acquire: Acquire::new(), since: cx.now, fresh, refused: None })
                    }
                    Err(NotNow::TooLate) => plan.late(TimeoutStage::Permit, Reach::NotSent),
                    Err(_) if plan.is_late(now) => plan.late(TimeoutStage::Permit, Reach::NotSent),
                    Err(NotNow::Wait(until)) => wait(State::Admission { admission, since, fresh }, Some(until)),
                }
            }
            State::Credential { mut acquire, since, fresh, refused } => {
                match acquire.poll(input, cx.session.auth(), &cx.session.auth_context(cx.now, cx.waker)) {
                    Acquired::Ready(grant) => {
                        let until = now.after(plan.timeouts.head);
                        match self.exchange(&grant, fresh, cx.session) {
                            Ok(mut exchange) => {
                                if let Some(observed) = &mut self.observed {
                                    observed.waited(Waiting::Credential, since.mono, now, cx.now);
                                    self.request_id = Some(observed.attempt(&mut exchange, cx.now));
                                }
                                if let Some(plan) = &mut self.plan {
                                    (plan.sent, plan.attempts.made) = (now, plan.attempts.made.saturating_add(1));
                                }
                                cx.session.stats().count_exchange();
                                (State::Head { until, grant }, Some(Step::Do(Effect::Exchange(Box::new(exchange)))))
                            }
                            Err(error) => go(State::Over(Err(error))),
                        }
                    }
                    Acquired::Same => {
                        plan.fail(refused.map_or_else(|| ErrorKind::Credential("refused".into()), |refused| *refused))
                    }
                    Acquired::Failed(error) => plan.over(error),
                    Acquired::Do(effect) => {
                        (State::Credential { acquire, since, fresh, refused }, Some(Step::Do(effect)))
                    }
                    Acquired::Wait(_) if plan.is_late(now) => plan.late(TimeoutStage::Credential, Reach::NotSent),
                    Acquired::Wait(until) => wait(State::Credential { acquire, since, fresh, refused }, Some(until)),
                }
            }
            State::Head { until, grant } => match input {
                Some(Input::Head(head)) => self.head(head, grant, cx),
                Some(Input::Failed(fault)) => self.fault(*fault, &grant, cx),
                Some(other) => plan.confused(&other),
                None if waited && plan.is_late(now) => plan.late(TimeoutStage::Total, Reach::Unknown),
                None if waited && now >= until => {
                    // Some servers send the head of a watch with its first event.
                    if self.kind != ExchangeKind::Stream {
                        let silent = Outcome::Silent(format!("no response within {:?}", plan.timeouts.head));
                        cx.session.breaker().report(self.request.path.answering_group(), &silent, cx.now);
                    }
                    let (stage, limit, reach) = (TimeoutStage::Head, plan.timeouts.head, Reach::Unknown);
                    plan.fail(ErrorKind::Timeout { stage, limit, reach })
                }
                None => wait(State::Head { until, grant }, Some(until)),
            },
            State::Refusal { head, mut content, mut body, cut, until, grant } => {
                let ended = match input {
                    Some(Input::Data(data)) => {
                        content.push(data);
                        false
                    }
                    Some(Input::End) => true,
                    Some(Input::Failed(_)) => return self.refused(&head, body.bytes(), true, &grant, cx),
                    Some(other) => return plan.confused(&other),
                    None if waited && now >= until => {
                        return aborting(self.refused(&head, body.bytes(), true, &grant, cx));
                    }
                    None => false,
                };
                let limits = &cx.session.settings().limits;
                let full = loop {
                    match content.next(limits) {
                        Ok(Some(piece)) => {
                            if !body.push(&piece, limits.error) {
                                break true;
                            }
                        }
                        Ok(None) => break false,
                        // An unreadable rest is left out.
                        Err(_) => break true,
                    }
                };
                match ended {
                    _ if full => aborting(self.refused(&head, body.bytes(), true, &grant, cx)),
                    true => self.refused(&head, body.bytes(), cut || content.finish().is_err(), &grant, cx),
                    false => wait(State::Refusal { head, content, body, cut, until, grant }, Some(until)),
                }
            }
            State::Body { mut progress, mut content } => {
                if mem::take(&mut self.progressed) {
                    progress.begin();
                }
                match input {
                    Some(Input::Data(data)) => {
                        cx.session.stats().count_received(data.len());
                        if let Some(observed) = &mut self.observed {
                            observed.received(data.len());
                        }
                        progress.receive(data.len(), now);
                        content.push(data);
                    }
                    Some(Input::End) => {
                        return content.finish().map_or_else(|error| plan.over(error), |()| go(State::Over(Ok(()))));
                    }
                    Some(Input::Failed(fault)) => {
                        cx.session.stats().count_fault();
                        return plan.fail(ErrorKind::Transport(*fault));
                    }
                    Some(other) => return plan.confused(&other),
                    None if waited && plan.is_late(now) => return plan.late(TimeoutStage::Total, Reach::Answered),
                    None => {}
                }
                match content.next(&cx.session.settings().limits) {
                    Ok(Some(piece)) => {
                        if content.is_inflated() {
                            cx.session.stats().count_inflated(piece.len());
                        }
                        return (State::Body { progress, content }, Some(Step::Yield(Reply::Data(piece))));
                    }
                    Ok(None) => {}
                    Err(error) => return plan.over(error),
                }
                let until = progress.wait(now);
                if until.is_some_and(|until| now >= until) {
                    let (stage, reach) = (progress.missed(), Reach::Answered);
                    let limit = plan.timeouts.idle.unwrap_or_default();
                    return plan.fail(ErrorKind::Timeout { stage, limit, reach });
                }
                wait(State::Body { progress, content }, until)
            }
            State::Aborting { then } => (*then, Some(Step::Do(Effect::Abort))),
            State::Backoff { until, fresh } if now >= until => go(State::Start { fresh }),
            State::Backoff { .. } if plan.is_late(now) => plan.late(TimeoutStage::Total, Reach::NotSent),
            State::Backoff { until, fresh } => wait(State::Backoff { until, fresh }, Some(until)),
            State::Over(result) => go(State::Over(result)),
        }
    }

    fn renew(&mut self, now: Moment) {
        if now.since(self.renewed) >= RENEW / 2 {
            self.renewed = now;
            if let Some(permit) = &self.permit {
                permit.renew(now);
            }
            self.trials.renew(now);
        }
    }

    /// Shortens a wait to the total deadline and to the renewal of a lease.
    fn bounded(&mut self, step: Step<Reply>, cx: &Cx<'_>) -> Step<Reply> {
        self.waited = matches!(step, Step::Wait(_));
        let Step::Wait(until) = step else { return step };
        let total = self.plan.as_ref().and_then(|plan| plan.total);
        let leased = self.permit.is_some() || self.trials.any();
        let renewal = leased.then(|| cx.now.mono.after(RENEW));
        Step::Wait(earliest(earliest(until, total), renewal))
    }
}

impl Plan {
    /// For an error of this call.
    fn attempts_so_far(&self) -> Attempts {
        Attempts { took: self.session.latest().since(self.began), ..self.attempts.clone() }
    }

    fn is_late(&self, now: Moment) -> bool {
        self.total.is_some_and(|total| now >= total)
    }

    fn late(&self, stage: TimeoutStage, reach: Reach) -> Transition {
        self.fail(ErrorKind::Timeout { stage, limit: self.timeouts.total.unwrap_or_default(), reach })
    }

    fn fail(&self, kind: ErrorKind) -> Transition {
        self.over(Error::new(kind))
    }

    fn over(&self, error: Error) -> Transition {
        go(State::Over(Err(error)))
    }

    fn confused(&self, input: &Input) -> Transition {
        self.over(Error::misuse(format!("the driver reported {} out of order", name(input))))
    }
}

fn go(state: State) -> Transition {
    (state, None)
}

fn wait(state: State, until: Option<Moment>) -> Transition {
    (state, Some(Step::Wait(until)))
}

/// Aborts the exchange before the next state. The end needs no abort: there the driver aborts by itself.
fn aborting((state, step): Transition) -> Transition {
    match state {
        State::Over(result) => (State::Over(result), step),
        then => (State::Aborting { then: Box::new(then) }, step),
    }
}

fn name(input: &Input) -> &'static str {
    match input {
        Input::Head(_) => "a head",
        Input::Data(_) => "data",
        Input::End => "an end",
        Input::Output(_) => "a program's output",
        Input::File(_) => "a file",
        Input::Written => "a written file",
        Input::Failed(_) => "a failure",
    }
}

#[cfg(test)]
mod tests;
