//! The effect in flight of an operation.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use kube_proto::driver::{Effect, Exchange, Fault, Input, ProcessOutput};

use crate::pool::{Link, Pool};
use crate::runtime::Job;
use crate::shared::RawLink;
use crate::talk::Talking;

/// Carries out the effects of one operation, one at a time. Dropping it closes or resets the effect in flight.
#[derive(Debug)]
pub(crate) struct Io {
    pool: Arc<Pool>,
    flight: Flight,
}

enum Flight {
    Nothing,
    Connecting(Box<Exchange>, Job<Result<Link, Fault>>),
    Talking(Box<Talking>),
    Switched(Box<RawLink>),
    Running(Job<Result<ProcessOutput, Fault>>),
    Reading(Job<Result<Bytes, Fault>>),
    Writing(Job<Result<Input, Fault>>),
}

impl Io {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, flight: Flight::Nothing }
    }

    /// Begins an effect without blocking, and closes the effect before it.
    pub(crate) fn start(&mut self, effect: Effect) {
        self.flight = Flight::Nothing;
        let runtime = &self.pool.clock().runtime;
        self.flight = match effect {
            Effect::Abort => Flight::Nothing,
            Effect::Exchange(exchange) => {
                let Exchange { to, kind, fresh, connect, .. } = &*exchange;
                let link = Arc::clone(&self.pool).obtain(to.clone(), *kind, *fresh, *connect);
                Flight::Connecting(exchange, Box::pin(link))
            }
            Effect::Run(spec) => Flight::Running(runtime.run(&spec)),
            Effect::ReadFile { path, limit } => Flight::Reading(runtime.read_file(&path, limit)),
            Effect::WriteFile(write) => Flight::Writing(runtime.write_file(*write)),
        };
    }

    pub(crate) fn abort(&mut self) {
        self.flight = Flight::Nothing;
    }

    /// The next input, if it has arrived; `None` means that the task is woken for the next one. Does not block.
    pub(crate) fn ready(&mut self, cx: &mut Context<'_>) -> Option<Input> {
        let (input, next) = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => (None, Flight::Nothing),
            Flight::Connecting(exchange, mut connecting) => match connecting.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Connecting(exchange, connecting)),
                Poll::Ready(Err(fault)) => failed(fault),
                Poll::Ready(Ok(link)) => match Talking::begin(*exchange, link) {
                    Err(fault) => failed(fault),
                    Ok(talking) => self.talk(Box::new(talking), cx),
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
        input
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Switched(link) => Some(*link),
            _ => None,
        }
    }

    fn talk(&self, mut talking: Box<Talking>, cx: &mut Context<'_>) -> (Option<Input>, Flight) {
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
                if let (Input::End, Talking { to, link: Link::Alone(mut alone), .. }) = (&input, *talking)
                    && alone.is_idle(cx)
                {
                    self.pool.rest(to, alone);
                }
                (Some(input), Flight::Nothing)
            }
        }
    }
}

fn failed(fault: Fault) -> (Option<Input>, Flight) {
    (Some(Input::Failed(Box::new(fault))), Flight::Nothing)
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flight::Nothing => "Nothing",
            Flight::Connecting(..) => "Connecting",
            Flight::Talking(_) => "Talking",
            Flight::Switched(_) => "Switched",
            Flight::Running(_) => "Running",
            Flight::Reading(_) => "Reading",
            Flight::Writing(_) => "Writing",
        })
    }
}
