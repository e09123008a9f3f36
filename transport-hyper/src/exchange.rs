//! The effect in flight of an operation.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use kube_proto::driver::{Effect, Exchange, Fault, Input, Moment, ProcessOutput};

use crate::clock::Alarm;
use crate::pool::{Link, Pool};
use crate::runtime::Job;
use crate::shared::RawLink;
use crate::talk::Talking;

/// Carries out the effects of one operation, one at a time. Dropping it closes or resets the effect in flight.
#[derive(Debug)]
pub(crate) struct Io {
    pool: Arc<Pool>,
    flight: Flight,
    alarm: Alarm,
    /// Inputs since the task last waited.
    taken: usize,
}

enum Flight {
    Nothing,
    /// The effect failed before it began.
    Failed(Fault),
    Connecting(Box<Exchange>, Job<Result<Link, Fault>>),
    Talking(Box<Talking>),
    Switched(Box<RawLink>),
    Running(Job<Result<ProcessOutput, Fault>>),
    Reading(Job<Result<Bytes, Fault>>),
    Writing(Job<Result<Input, Fault>>),
}

impl Io {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, flight: Flight::Nothing, alarm: Alarm::default(), taken: 0 }
    }

    /// Begins an effect without blocking, and closes the effect before it.
    pub(crate) fn start(&mut self, effect: Effect) {
        self.give_up();
        self.flight = Flight::Nothing;
        let runtime = &self.pool.clock().runtime;
        self.flight = match effect {
            Effect::Abort => Flight::Nothing,
            Effect::Exchange(exchange) => {
                let Exchange { to, kind, fresh, connect, .. } = &*exchange;
                match if *fresh { None } else { self.pool.idle_for(to, *kind) } {
                    Some(link) => self.begin(exchange, link),
                    None => {
                        let link = Arc::clone(&self.pool).obtain(to.clone(), *kind, *connect);
                        Flight::Connecting(exchange, Box::pin(link))
                    }
                }
            }
            Effect::Run(spec) => Flight::Running(runtime.run(&spec)),
            Effect::ReadFile { path, limit } => Flight::Reading(runtime.read_file(&path, limit)),
            Effect::WriteFile(write) => Flight::Writing(runtime.write_file(*write)),
        };
    }

    pub(crate) fn abort(&mut self) {
        self.flight = Flight::Nothing;
    }

    /// The operation does not wait for the answer any longer. (A caller that drops its stream says nothing about the
    /// server.)
    pub(crate) fn give_up(&mut self) {
        if let Flight::Talking(talking) = &self.flight {
            talking.give_up();
        }
    }

    /// Whether there may be another input now, and other tasks take their turn first: the task has taken [`FAIR`] inputs
    /// since it last waited.
    pub(crate) fn must_yield(&mut self) -> bool {
        std::mem::take(&mut self.taken) == FAIR
    }

    /// The next input, if it has arrived; `None` means that the task is woken for the next one, unless it
    /// [must yield](Self::must_yield). Does not block.
    pub(crate) fn ready(&mut self, cx: &mut Context<'_>) -> Option<Input> {
        if self.taken == FAIR {
            return None;
        }
        let (input, next) = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => (None, Flight::Nothing),
            Flight::Failed(fault) => failed(fault),
            Flight::Connecting(exchange, mut connecting) => match connecting.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Connecting(exchange, connecting)),
                Poll::Ready(Err(fault)) => failed(fault),
                Poll::Ready(Ok(link)) => match self.begin(exchange, link) {
                    Flight::Talking(talking) => self.talk(talking, cx),
                    Flight::Failed(fault) => failed(fault),
                    next => (None, next),
                },
            },
            Flight::Talking(talking) => self.talk(talking, cx),
            Flight::Switched(link) => (None, Flight::Switched(link)),
            Flight::Running(mut program) => match program.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Running(program)),
                Poll::Ready(Ok(output)) => (Some(Input::Output(Box::new(output))), Flight::Nothing),
                Poll::Ready(Err(fault)) => failed(fault),
            },
            Flight::Reading(mut file) => match file.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Reading(file)),
                Poll::Ready(Ok(content)) => (Some(Input::File(content)), Flight::Nothing),
                Poll::Ready(Err(fault)) => failed(fault),
            },
            Flight::Writing(mut file) => match file.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Writing(file)),
                Poll::Ready(Ok(input)) => (Some(input), Flight::Nothing),
                Poll::Ready(Err(fault)) => failed(fault),
            },
        };
        self.flight = next;
        self.taken += usize::from(input.is_some());
        input
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Switched(link) => Some(*link),
            _ => None,
        }
    }

    /// Ready once the moment has come, or an earlier one. The task is woken then.
    pub(crate) fn sleep(&mut self, cx: &mut Context<'_>, until: Option<Moment>) -> Poll<()> {
        self.alarm.poll(cx, until, self.pool.clock())
    }

    fn begin(&mut self, exchange: Box<Exchange>, mut link: Link) -> Flight {
        if let Link::Alone(alone) = &mut link {
            self.alarm.adopt(std::mem::take(&mut alone.alarm));
        }
        match Talking::begin(*exchange, link) {
            Ok(talking) => Flight::Talking(Box::new(talking)),
            Err(fault) => Flight::Failed(fault),
        }
    }

    fn talk(&mut self, mut talking: Box<Talking>, cx: &mut Context<'_>) -> (Option<Input>, Flight) {
        match talking.poll(cx) {
            Poll::Pending => (None, Flight::Talking(talking)),
            Poll::Ready(input @ (Input::Head(_) | Input::Data(_))) => {
                let switched = matches!(&input, Input::Head(head) if head.status == StatusCode::SWITCHING_PROTOCOLS);
                let next = match switched {
                    false => Flight::Talking(talking),
                    true => talking.switch().map_or(Flight::Nothing, |link| Flight::Switched(Box::new(link))),
                };
                (Some(input), next)
            }
            Poll::Ready(input) => {
                if let Input::End = &input {
                    let Talking { to, link, .. } = *talking;
                    match link {
                        Link::Alone(mut alone) => {
                            if alone.is_idle(cx) {
                                alone.alarm = std::mem::take(&mut self.alarm);
                                self.pool.rest(to, alone);
                            }
                        }
                        Link::Seat(seat) => seat.finish(),
                    }
                }
                (Some(input), Flight::Nothing)
            }
        }
    }
}

/// After this many inputs in a row (2 MiB at most) a stream lets the other tasks of its executor run.
const FAIR: usize = 32;

fn failed(fault: Fault) -> (Option<Input>, Flight) {
    (Some(Input::Failed(Box::new(fault))), Flight::Nothing)
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flight::Nothing => "Nothing",
            Flight::Failed(_) => "Failed",
            Flight::Connecting(..) => "Connecting",
            Flight::Talking(_) => "Talking",
            Flight::Switched(_) => "Switched",
            Flight::Running(_) => "Running",
            Flight::Reading(_) => "Reading",
            Flight::Writing(_) => "Writing",
        })
    }
}
