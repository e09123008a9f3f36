//! The effect in flight of an operation.

use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{After, Talk};
use kube_proto::driver::{Effect, Exchange, Fault, Input, Moment};
use kube_transport_system::{read_file, write_file};

use crate::clock::{Interest, Parker, wait};
use crate::connect::Connecting;
use crate::process::{Job, Process};
use crate::shared::{Link, RawLink, Shared};

/// Carries out the effects of one operation, one at a time. Dropping it closes the effect in flight.
#[derive(Debug)]
pub(crate) struct Io {
    shared: Arc<Shared>,
    flight: Flight,
    /// Inputs since the thread last waited.
    taken: usize,
}

#[derive(Debug)]
enum Flight {
    Nothing,
    /// The effect failed before it began.
    Failed(Fault),
    Connecting(Box<Exchange>, Connecting),
    Talking(TcpStream, Box<Talk>),
    Switched(Box<RawLink>),
    Running(Process),
    Reading(Job<Result<Bytes, Fault>>),
    Writing(Job<Result<Input, Fault>>),
}

impl Io {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, flight: Flight::Nothing, taken: 0 }
    }

    /// Begins an effect without blocking, and closes the effect before it.
    pub(crate) fn start(&mut self, effect: Effect, now: Moment) {
        self.flight = Flight::Nothing;
        let begun = match effect {
            Effect::Abort => Ok(Flight::Nothing),
            Effect::Exchange(exchange) => Ok(self.connect(exchange, now)),
            Effect::Run(spec) => Process::start(&spec).map(Flight::Running),
            Effect::ReadFile { path, limit } => Job::spawn("kube-read", move || read_file(&path, limit))
                .map(Flight::Reading)
                .map_err(|error| Fault::local(&error)),
            Effect::WriteFile(write) => Job::spawn("kube-write", move || write_file(&write))
                .map(Flight::Writing)
                .map_err(|error| Fault::local(&error)),
        };
        self.flight = begun.unwrap_or_else(Flight::Failed);
    }

    pub(crate) fn abort(&mut self) {
        self.flight = Flight::Nothing;
    }

    /// The next input, if it has arrived. Does not block.
    pub(crate) fn ready(&mut self, now: Moment) -> Option<Input> {
        if self.taken == FAIR {
            return None;
        }
        let (input, next) = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => (None, Flight::Nothing),
            Flight::Failed(fault) => failed(fault),
            Flight::Connecting(exchange, mut connecting) => match connecting.advance(now) {
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
                        self.pump(socket, talk, now)
                    }
                },
            },
            Flight::Talking(socket, talk) => self.pump(socket, talk, now),
            Flight::Switched(link) => (None, Flight::Switched(link)),
            Flight::Running(mut process) => match process.take(now) {
                None => (None, Flight::Running(process)),
                input => (input, Flight::Nothing),
            },
            Flight::Reading(job) => match job.take() {
                None => (None, Flight::Reading(job)),
                Some(Ok(Ok(content))) => (Some(Input::File(content)), Flight::Nothing),
                Some(Ok(Err(fault)) | Err(fault)) => failed(fault),
            },
            Flight::Writing(job) => match job.take() {
                None => (None, Flight::Writing(job)),
                Some(Ok(Ok(input))) => (Some(input), Flight::Nothing),
                Some(Ok(Err(fault)) | Err(fault)) => failed(fault),
            },
        };
        self.flight = next;
        self.taken += usize::from(input.is_some());
        input
    }

    /// Blocks until an input may have arrived.
    pub(crate) fn block(&mut self, parker: &Parker, until: Option<Moment>, now: Moment) {
        if self.must_look() {
            return;
        }
        let (on, own) = self.waits_for(now);
        wait(on, parker, earliest(until, own), now);
    }

    /// Whether there may be more inputs, but the stream must check the clock and its stopper first.
    pub(crate) fn must_look(&mut self) -> bool {
        std::mem::take(&mut self.taken) == FAIR
    }

    /// The descriptor and the moment that the effect in flight waits for.
    pub(crate) fn waits_for(&self, now: Moment) -> (Option<(BorrowedFd<'_>, Interest)>, Option<Moment>) {
        match &self.flight {
            Flight::Connecting(_, connecting) => {
                let (on, own) = connecting.waits_for();
                (on, Some(own))
            }
            Flight::Talking(socket, talk) => {
                let interest = if talk.wants_write() { Interest::ReadWrite } else { Interest::Read };
                (Some((socket.as_fd(), interest)), talk.until())
            }
            Flight::Running(process) => match process.done() {
                Some(done) => (Some((done.as_fd(), Interest::Read)), None),
                // The program has closed its output; it ends, and so does its standard error, within milliseconds.
                None => (None, Some(now.after(REAPING))),
            },
            Flight::Reading(job) => (Some((job.done.as_fd(), Interest::Read)), None),
            Flight::Writing(job) => (Some((job.done.as_fd(), Interest::Read)), None),
            Flight::Nothing | Flight::Failed(_) | Flight::Switched(_) => (None, None),
        }
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Switched(link) => Some(*link),
            _ => None,
        }
    }

    fn connect(&self, exchange: Box<Exchange>, now: Moment) -> Flight {
        if !exchange.fresh {
            // A closure, because in the loop's head the lock would be held through the body.
            let idle = || self.shared.idle().take(&exchange.to, now);
            while let Some(Link { socket, mut connection }) = idle() {
                if connection.idle_probe(&mut &socket) {
                    return Flight::Talking(socket, Talk::start(connection, &exchange, None));
                }
            }
        }
        let until = now.after(exchange.connect);
        let connecting = Connecting::start(&self.shared, &exchange.to, until, now);
        Flight::Connecting(exchange, connecting)
    }

    fn pump(&self, socket: TcpStream, mut talk: Box<Talk>, now: Moment) -> (Option<Input>, Flight) {
        let input = talk.pump(&mut &socket, now);
        let next = match talk.after() {
            After::More(talk) => Flight::Talking(socket, talk),
            After::Idle(to, connection) => {
                let old = self.shared.idle().put(to, Link { socket, connection }, now);
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

/// The most inputs before the stream checks the clock again.
const FAIR: usize = 32;

/// How often to check whether a program that has closed its outputs has ended.
const REAPING: Duration = Duration::from_millis(5);
