//! The transitions of a call after a head, a refusal and a fault.

use std::time::Duration;

use http::response::Parts;
use http::{StatusCode, header};

use super::{Call, Plan, Reply, State, Transition, aborting, go};
use crate::auth::Grant;
use crate::auth::refusal::Refusal;
use crate::driver::effect::ExchangeKind;
use crate::driver::fault::{Fault, Reach};
use crate::driver::operation::Cx;
use crate::driver::step::Step;
use crate::error::ErrorKind;
use crate::error::attempts::RetryCause;
use crate::error::failure::error_from_body;
use crate::observe::AttemptOutcome;
use crate::op::content::{AcceptedEncoding, Content};
use crate::op::progress::Progress;
use crate::op::refusal::RefusalBody;
use crate::session::Session;
use crate::session::breaker::{Outcome, Trials};
use crate::session::retry::{Again, after_answer, after_fault};

impl Call {
    /// The head of a response.
    pub(super) fn head(&mut self, head: Box<Parts>, grant: Grant, cx: &mut Cx<'_>) -> Transition {
        let now = cx.now.mono;
        cx.session.stats().count_response();
        if let Some(observed) = &mut self.observed {
            observed.head(&head, cx.now);
        }
        self.kept.hear(&head);
        cx.session.warnings().tell(&head.headers, || self.attempt(cx.session));
        if head.status != StatusCode::UNAUTHORIZED {
            grant.accept();
        }
        if head.status == StatusCode::TOO_MANY_REQUESTS {
            cx.session.limiter().rejected(self.class, now);
        }
        // Whether a 5xx is a failure of the server stands in its body.
        if !head.status.is_server_error() {
            self.report(&Outcome::Answered, cx);
        }
        if self.kind != ExchangeKind::Call {
            self.permit = None;
        }
        let conditional = self.request.headers.contains_key(header::IF_NONE_MATCH);
        let switched = self.kind == ExchangeKind::Upgrade && head.status == StatusCode::SWITCHING_PROTOCOLS;
        let fine = match self.kind {
            ExchangeKind::Upgrade => switched,
            _ => head.status.is_success() || (conditional && head.status == StatusCode::NOT_MODIFIED),
        };
        let accepted = self.plan.as_ref().map_or(AcceptedEncoding::PlainStream, |plan| plan.accepted);
        match Content::of(&head.headers, accepted) {
            Ok(content) if fine => {
                let idle = self.plan.as_ref().and_then(|plan| plan.timeouts.idle);
                let progress = Progress::new(idle, self.kind, self.of_events);
                (State::Body { progress, content }, Some(Step::Yield(Reply::Head(head))))
            }
            Ok(content) => {
                let until = now.after(REFUSAL_PATIENCE);
                go(State::Refusal {
                    head: head.into(),
                    content,
                    body: RefusalBody::default(),
                    cut: false,
                    until,
                    grant,
                })
            }
            Err(error) if fine => match &self.plan {
                Some(plan) => plan.over(error),
                None => go(State::Over(Err(error))),
            },
            // The body is unreadable, but the status is a refusal.
            Err(_) => aborting(self.refused(&head, &[], true, &grant, cx)),
        }
    }

    /// The end of a refusal's body, or the part within the limit.
    pub(super) fn refused(
        &mut self,
        head: &Parts,
        body: &[u8],
        cut: bool,
        grant: &Grant,
        cx: &mut Cx<'_>,
    ) -> Transition {
        let api = error_from_body(head, body, cut, &self.attempt(cx.session));
        let Some(plan) = self.plan.as_deref_mut() else { return go(State::Over(Ok(()))) };
        if head.status.is_server_error() {
            let group = self.request.path.answering_group();
            cx.session.breaker().report(group, &Outcome::of_refusal(&api), cx.now);
            self.trials = Trials::default();
        }
        if head.status == StatusCode::UNAUTHORIZED
            && !plan.refusals.contains(Refusal::Unauthorized)
            && let Some(acquire) = cx.session.auth().replace(grant, Refusal::Unauthorized, cx.now)
        {
            plan.refusals.insert(Refusal::Unauthorized);
            cx.session.stats().count_retry();
            self.again(AttemptOutcome::Answered(head.status), RetryCause::Credential, Duration::ZERO, cx);
            let refused = Some(Box::new(ErrorKind::Api(Box::new(api))));
            // The permit stays, because this is the same call.
            return go(State::Credential { acquire, since: cx.now, fresh: false, refused });
        }
        let policy = self.retry.as_ref().unwrap_or(&cx.session.settings().retry);
        let again =
            after_answer(policy, &mut plan.tries, self.request.mutates, head.status, api.retry_after, &mut plan.random);
        match again.filter(|again| plan.may_repeat(*again, cx.session)) {
            Some(again) => {
                let (outcome, cause) = (AttemptOutcome::Answered(head.status), RetryCause::Status(head.status));
                self.backoff(again, outcome, cause, cx)
            }
            None => plan.fail(ErrorKind::Api(Box::new(api))),
        }
    }

    /// A fault before the head.
    pub(super) fn fault(&mut self, fault: Fault, grant: &Grant, cx: &mut Cx<'_>) -> Transition {
        cx.session.stats().count_fault();
        if let Some(outcome) = Outcome::of_fault(&fault) {
            self.report(&outcome, cx);
        }
        let Some(plan) = self.plan.as_deref_mut() else { return go(State::Over(Ok(()))) };
        if let Some(refusal) = Refusal::of(fault.kind).filter(|_| fault.reach == Reach::NotSent)
            && !plan.refusals.contains(refusal)
            && let Some(acquire) = cx.session.auth().replace(grant, refusal, cx.now)
        {
            plan.refusals.insert(refusal);
            cx.session.stats().count_retry();
            self.again(AttemptOutcome::Failed(&fault), RetryCause::Credential, Duration::ZERO, cx);
            let refused = Some(Box::new(ErrorKind::Transport(fault)));
            return go(State::Credential { acquire, since: cx.now, fresh: false, refused });
        }
        let policy = self.retry.as_ref().unwrap_or(&cx.session.settings().retry);
        let again = after_fault(policy, &mut plan.tries, self.request.mutates, &fault, &mut plan.random);
        match again.filter(|again| plan.may_repeat(*again, cx.session)) {
            Some(again) => self.backoff(again, AttemptOutcome::Failed(&fault), RetryCause::Connection, cx),
            None => plan.fail(ErrorKind::Transport(fault)),
        }
    }

    /// Notes and tells of an attempt that another one follows.
    fn again(&mut self, outcome: AttemptOutcome<'_>, cause: RetryCause, after: Duration, cx: &Cx<'_>) {
        if let Some(plan) = &mut self.plan {
            plan.attempts.repeat(cause, cx.now.mono.since(plan.sent), after);
        }
        if let Some(observed) = &mut self.observed {
            observed.attempt_ended(outcome, cx.now);
            observed.retry(cause, after, cx.now);
        }
    }

    fn backoff(&mut self, again: Again, outcome: AttemptOutcome<'_>, cause: RetryCause, cx: &mut Cx<'_>) -> Transition {
        self.again(outcome, cause, again.after, cx);
        (self.permit, self.trials) = (None, Trials::default());
        cx.session.stats().count_retry();
        go(State::Backoff { until: cx.now.mono.after(again.after), fresh: again.fresh })
    }

    /// Tells the breaker of the outcome. A trial ends with it.
    pub(super) fn report(&mut self, outcome: &Outcome, cx: &Cx<'_>) {
        cx.session.breaker().report(self.request.path.answering_group(), outcome, cx.now);
        self.trials = Trials::default();
    }
}

impl Plan {
    /// Whether the session's budget allows this repetition.
    fn may_repeat(&mut self, again: Again, session: &Session) -> bool {
        let may = again.free || session.budget().spend();
        if !may {
            self.attempts.over_budget = true;
            session.stats().count_unrepeated();
        }
        may
    }
}

/// The time limit for the body of a refusal. The message is useful, but not worth a long wait.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(5);
