//! The effect in flight of an operation.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{After, Talk};
use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, Moment};
use kube_transport_system::{read_file, write_file};

use crate::clock::{Alarm, Parker, wait};
use crate::connect::Connecting;
use crate::process::{Job, Process};
use crate::shared::{Link, RawLink, Shared};
use crate::socket::{Interest, Socket};

/// Carries out the effects of one operation, one at a time. Dropping it closes the effect in flight.
#[derive(Debug)]
pub(crate) struct Io {
    shared: Arc<Shared>,
    flight: Flight,
    alarm: Alarm,
    /// Inputs since the task last waited.
    taken: usize,
}

#[derive(Debug)]
enum Flight {
    Nothing,
    /// The effect failed before it began.
    Failed(Fault),
    Connecting(Box<Exchange>, Connecting),
    Talking(Socket, Box<Talk>),
    Switched(Box<RawLink>),
    Running(Process),
    Reading(Job<Result<Bytes, Fault>>),
    Writing(Job<Result<Input, Fault>>),
}

impl Io {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, flight: Flight::Nothing, alarm: Alarm::default(), taken: 0 }
    }

    /// Begins an effect without blocking, and closes the effect before it.
    pub(crate) fn start(&mut self, effect: Effect, now: Moment) {
        self.flight = Flight::Nothing;
        let begun = match effect {
            Effect::Abort => Ok(Flight::Nothing),
            Effect::Exchange(exchange) => Ok(self.connect(exchange, now)),
            Effect::Run(spec) => Process::start(&spec).map(Flight::Running),
            Effect::ReadFile { path, limit } => Ok(Flight::Reading(Job::spawn(move || read_file(&path, limit)))),
            Effect::WriteFile(write) => Ok(Flight::Writing(Job::spawn(move || write_file(&write)))),
        };
        self.flight = begun.unwrap_or_else(Flight::Failed);
    }

    pub(crate) fn abort(&mut self) {
        self.flight = Flight::Nothing;
    }

    /// The next input, if it has arrived. Does not block.
    pub(crate) fn ready(&mut self, now: Moment, cx: &mut Context<'_>) -> Option<Input> {
        if self.taken == FAIR {
            return None;
        }
        let (input, next) = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => (None, Flight::Nothing),
            Flight::Failed(fault) => failed(fault),
            Flight::Connecting(exchange, mut connecting) => match connecting.advance(now, cx) {
                None => (None, Flight::Connecting(exchange, connecting)),
                Some(Err(fault)) => failed(fault),
                Some(Ok(socket)) => match self.shared.connection(&exchange.to) {
                    Err(fault) => {
                        connecting.record.failed(&fault, now);
                        failed(fault)
                    }
                    Ok(connection) => {
                        let connection = connection.recorded(connecting.record.clone());
                        let talk = Talk::start(connection, &exchange, Some(connecting.end()));
                        self.pump(socket, talk, now, cx)
                    }
                },
            },
            Flight::Talking(socket, talk) => self.pump(socket, talk, now, cx),
            Flight::Switched(link) => (None, Flight::Switched(link)),
            Flight::Running(mut process) => match process.take(now, cx) {
                None => (None, Flight::Running(process)),
                input => (input, Flight::Nothing),
            },
            Flight::Reading(mut job) => match job.take(cx) {
                None => (None, Flight::Reading(job)),
                Some(Ok(content)) => (Some(Input::File(content)), Flight::Nothing),
                Some(Err(fault)) => failed(fault),
            },
            Flight::Writing(mut job) => match job.take(cx) {
                None => (None, Flight::Writing(job)),
                Some(Ok(input)) => (Some(input), Flight::Nothing),
                Some(Err(fault)) => failed(fault),
            },
        };
        self.flight = next;
        self.taken += usize::from(input.is_some());
        input
    }

    /// Ready if an input may have arrived. Otherwise the task is woken then.
    pub(crate) fn block(
        &mut self,
        parker: &Parker,
        until: Option<Moment>,
        now: Moment,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.taken == FAIR {
            // There may be more inputs, but other tasks take their turn first.
            self.taken = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (ready, own) = match &mut self.flight {
            Flight::Connecting(_, connecting) => (connecting.wait(cx), Some(connecting.until())),
            Flight::Talking(socket, talk) => {
                let interest = if talk.wants_write() { Interest::ReadWrite } else { Interest::Read };
                (socket.wait(interest, cx), talk.until())
            }
            // The program has closed its output; it ends, and so does its standard error, within milliseconds.
            Flight::Running(process) if process.is_silent() => (Poll::Pending, Some(now.after(REAPING))),
            // A job wakes the task by itself.
            _ => (Poll::Pending, None),
        };
        match ready {
            Poll::Ready(Ok(())) => return Poll::Ready(()),
            Poll::Ready(Err(error)) => {
                let text = format!("cannot wait for the socket: {error}");
                self.flight = Flight::Failed(Fault::unknown(FaultKind::Io, text));
                return Poll::Ready(());
            }
            Poll::Pending => {}
        }
        let rung = self.sleep(parker, earliest(until, own), cx);
        if rung.is_pending() {
            self.taken = 0;
        }
        rung
    }

    /// Ready if the parker is stopped, or the moment has come. Otherwise the task is woken then.
    pub(crate) fn sleep(&mut self, parker: &Parker, until: Option<Moment>, cx: &mut Context<'_>) -> Poll<()> {
        wait(parker, &mut self.alarm, until, self.shared.clock, cx)
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Switched(link) => Some(*link),
            _ => None,
        }
    }

    fn connect(&mut self, exchange: Box<Exchange>, now: Moment) -> Flight {
        if !exchange.fresh {
            // A closure, because in the loop's head the lock would be held through the body.
            let idle = || self.shared.idle().take(&exchange.to, now);
            while let Some(Link { socket, mut connection, alarm }) = idle() {
                if connection.idle_probe(&mut socket.bare()) {
                    self.alarm.adopt(alarm);
                    return Flight::Talking(socket, Talk::start(connection, &exchange, None));
                }
            }
        }
        let until = now.after(exchange.connect);
        let connecting = Connecting::start(&self.shared, &exchange.to, until, now);
        Flight::Connecting(exchange, connecting)
    }

    fn pump(
        &mut self,
        mut socket: Socket,
        mut talk: Box<Talk>,
        now: Moment,
        cx: &mut Context<'_>,
    ) -> (Option<Input>, Flight) {
        let input = talk.pump(&mut socket.turn(cx), now);
        let next = match talk.after() {
            After::More(talk) => Flight::Talking(socket, talk),
            After::Idle(to, connection) => {
                let alarm = self.alarm.leave();
                let old = self.shared.idle().put(to, Link { socket, connection, alarm }, now);
                drop(old);
                Flight::Nothing
            }
            After::Raw(connection) => Flight::Switched(Box::new(RawLink { socket, connection })),
            After::Closed => Flight::Nothing,
        };
        (input, next)
    }
}

fn failed(fault: Fault) -> (Option<Input>, Flight) {
    (Some(Input::Failed(Box::new(fault))), Flight::Nothing)
}

/// How often to check whether a program that has closed its outputs has ended.
const REAPING: Duration = Duration::from_millis(5);

/// After this many inputs in a row (2 MiB at most) a stream lets the other tasks of its executor run.
const FAIR: usize = 32;
