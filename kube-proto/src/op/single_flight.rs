//! One exchange for equal requests at the same time.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Begin` | the request is a `GET`, or a review | `Waiting`, in the flight of this request: the one under way, or a new one |
//! | `Begin` | any other request | `Over` with the error |
//! | `Waiting` | the flight has landed | `Over`: yields its answer, decoded here, or ends with its error |
//! | `Waiting` | the lead is free | `Leading` |
//! | `Waiting` | the total deadline | `Over` with the error |
//! | `Leading` | the answer, or an error | `Over`; the flight lands, and all waiting members are woken |
//! | `Leading` | the operation is dropped, or not polled | another member leads, from the beginning |
//! | `Over` | | `Over`; repeats the result |

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use super::expected::Decoder;
use super::unary::Unary;
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::{Moment, earliest};
use crate::error::{Attempt, Error, ErrorKind, TimeoutStage};
use crate::lease::{Lease, RECHECK, RENEW, Ticket};
use crate::session::single_flight::{Landed, Question, SharedFlight};

/// A [`Unary`] that shares its exchange: see [`Unary::single_flight`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct SingleFlight<T> {
    /// Resumed only by the leader.
    unary: Unary<Bytes>,
    decoder: Decoder<T>,
    attempt: Attempt,
    until: Option<Moment>,
    is_review: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Begin,
    Waiting { flight: Arc<SharedFlight>, ticket: Ticket },
    Leading { flight: Arc<SharedFlight>, lease: Lease, renewed: Moment },
    Over(Result<(), Error>),
}

impl<T> Unary<T> {
    /// Shares the exchange with equal requests that run at the same time and are shared too. One of the operations
    /// sends the request, all get its answer or its error, and each decodes the answer. Only for `GET`: any other
    /// method is an error.
    ///
    /// The answer may be older than the call that gets it, but not older than the shared exchange. Do not share a read
    /// that must see your own latest write.
    ///
    /// Requests are equal if they belong to one session and have the same URL, headers and time-outs. If the operation
    /// that sends is dropped, or not polled for half a minute, another one sends the request again.
    pub fn single_flight(self) -> SingleFlight<T> {
        let (unary, decoder) = self.undecoded();
        SingleFlight::new(unary, decoder)
    }

    /// The same for a review: a POST that changes nothing. Equal ones also have the same body.
    pub(crate) fn single_review(self) -> SingleFlight<T> {
        SingleFlight { is_review: true, ..self.single_flight() }
    }
}

impl<T> SingleFlight<T> {
    pub(super) fn new(unary: Unary<Bytes>, decoder: Decoder<T>) -> Self {
        let attempt = Attempt::default();
        Self { unary, decoder, attempt, until: None, is_review: false, state: State::Begin }
    }

    /// The bytes that make two requests equal: URL, headers, time-outs, and the body of a review.
    fn question(&mut self, cx: &Cx<'_>) -> Result<Question, Error> {
        let (request, session) = (self.unary.request(), cx.session);
        self.attempt = request.attempt(session.namespace());
        self.attempt.server = session.endpoint().to_string();
        let built = request.build_for(session.prefix(), session.namespace(), session.settings().content_type)?;
        if built.method() != Method::GET && !self.is_review {
            return Err(Error::misuse(format!("{} is not GET, and cannot be shared", built.method())));
        }
        let timeouts = self.unary.timeouts_in(session);
        self.until = timeouts.total.map(|total| cx.now.mono.after(total));
        let mut question = String::new();
        // Writing to a `String` does not fail.
        let _ = write!(question, "{} {timeouts:?}", built.uri());
        let mut question = question.into_bytes();
        for (name, value) in built.headers() {
            question.extend_from_slice(b"\n");
            question.extend_from_slice(name.as_str().as_bytes());
            question.extend_from_slice(b":");
            question.extend_from_slice(value.as_bytes());
        }
        if self.is_review {
            question.extend_from_slice(b"\n\n");
            question.extend_from_slice(built.body());
        }
        Ok(question)
    }

    fn over(&mut self, result: Result<(), Error>) -> Step<T> {
        let result = result.map_err(|error| error.during(&self.attempt));
        self.state = State::Over(result.clone());
        Step::Done(result)
    }

    fn take(&mut self, landed: Landed) -> Step<T> {
        match landed.and_then(|(head, body)| self.decoder.decode(self.unary.request(), &head, &body)) {
            Ok(item) => {
                self.state = State::Over(Ok(()));
                Step::Yield(item)
            }
            Err(error) => self.over(Err(error)),
        }
    }
}

impl<T> OneResult for SingleFlight<T> {}

impl<T> Operation for SingleFlight<T> {
    type Item = T;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<T> {
        let now = cx.now.mono;
        loop {
            match std::mem::replace(&mut self.state, State::Begin) {
                State::Begin => match self.question(cx) {
                    Ok(question) => {
                        let (flight, ticket) = (cx.session.flights().join(question), Ticket::default());
                        self.state = State::Waiting { flight, ticket };
                    }
                    Err(error) => return self.over(Err(error)),
                },
                State::Waiting { flight, mut ticket } => {
                    if let Some(landed) = flight.landed() {
                        cx.session.stats().count_shared();
                        return self.take(landed);
                    }
                    if self.until.is_some_and(|until| now >= until) {
                        let limit = self.unary.timeouts_in(cx.session).total.unwrap_or_default();
                        let (stage, reach) = (TimeoutStage::Total, Reach::NotSent);
                        return self.over(Err(ErrorKind::Timeout { stage, limit, reach }.into()));
                    }
                    match flight.lead.ask(&mut ticket, now, cx.waker) {
                        // The flight landed after the look above.
                        Some(_) if flight.landed().is_some() => self.state = State::Waiting { flight, ticket },
                        Some(lease) => {
                            self.unary.end_by(self.until, cx);
                            self.state = State::Leading { flight, lease, renewed: now };
                        }
                        None => {
                            self.state = State::Waiting { flight, ticket };
                            return Step::Wait(earliest(self.until, Some(now.after(RECHECK))));
                        }
                    }
                }
                State::Leading { flight, lease, mut renewed } => {
                    if now.since(renewed) >= RENEW / 2 {
                        renewed = now;
                        lease.renew(now);
                    }
                    let step = match self.unary.advance(input.take(), cx) {
                        Step::Yield((head, body)) => {
                            let landed = Ok((Arc::from(head), body));
                            flight.land(landed.clone());
                            return self.take(landed);
                        }
                        Step::Done(result) => {
                            let error = result.err().unwrap_or_else(|| Error::misuse("no response was reported"));
                            flight.land(Err(error.clone()));
                            return self.over(Err(error));
                        }
                        Step::Do(effect) => Step::Do(effect),
                        Step::Wait(until) => Step::Wait(earliest(until, Some(now.after(RENEW)))),
                    };
                    self.state = State::Leading { flight, lease, renewed };
                    return step;
                }
                State::Over(result) => {
                    self.state = State::Over(result.clone());
                    return Step::Done(result);
                }
            }
        }
    }
}
