//! What is in flight: the one outstanding effect of an operation.

use std::net::TcpStream;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use kube_proto::time::earliest;
use kube_proto::wire::{Connection, Finish, Pump, RawConnection};
use kube_proto::{Deadline, Effect, Endpoint, Exchange, Fault, Input};

use crate::client::Shared;
use crate::clock::{Interest, Parker, wait};
use crate::connect::Connecting;
use crate::process::{Job, Process, read_file};

/// A socket and the machine that speaks on it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) socket: TcpStream,
    pub(crate) connection: Connection,
}

/// A connection after its 101.
#[derive(Debug)]
pub(crate) struct RawLink {
    pub(crate) socket: TcpStream,
    pub(crate) connection: RawConnection,
}

/// The effects of one operation, one at a time. Dropped, what is in flight is closed.
#[derive(Debug)]
pub(crate) struct Io {
    shared: Arc<Shared>,
    flight: Flight,
}

#[derive(Debug)]
enum Flight {
    Nothing,
    /// It failed before it began.
    Failed(Fault),
    Connecting(Box<Exchange>, Connecting),
    /// `until`: by then the handshakes, with a proxy and in TLS, must be over.
    Talking {
        to: Endpoint,
        link: Box<Link>,
        writes: bool,
        until: Option<Deadline>,
    },
    Switched(Box<RawLink>),
    Running(Process),
    Reading(Job<Result<Bytes, Fault>>),
}

impl Io {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, flight: Flight::Nothing }
    }

    /// Begins an effect, without blocking; what was in flight is closed.
    pub(crate) fn start(&mut self, effect: Effect, now: Deadline) {
        self.flight = Flight::Nothing;
        let begun = match effect {
            Effect::Abort => Ok(Flight::Nothing),
            Effect::Exchange(exchange) => self.connect(exchange, now),
            Effect::Run(spec) => Process::start(&spec).map(Flight::Running),
            Effect::ReadFile { path, limit } => Job::spawn("kube-read", move || read_file(&path, limit))
                .map(Flight::Reading)
                .map_err(|error| Fault::local(&error)),
        };
        self.flight = begun.unwrap_or_else(Flight::Failed);
    }

    pub(crate) fn abort(&mut self) {
        self.flight = Flight::Nothing;
    }

    /// What has arrived, without blocking.
    pub(crate) fn ready(&mut self, now: Deadline) -> Option<Input> {
        let (input, next) = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => (None, Flight::Nothing),
            Flight::Failed(fault) => failed(fault),
            Flight::Connecting(exchange, mut connecting) => match connecting.advance(&exchange.to, now) {
                None => (None, Flight::Connecting(exchange, connecting)),
                Some(Err(fault)) => failed(fault),
                Some(Ok(socket)) => match self.shared.connection(&exchange.to) {
                    Err(fault) => failed(fault),
                    Ok(connection) => {
                        let link = Box::new(Link { socket, connection });
                        self.pump(Self::talk(&exchange, link, Some(connecting.until())), now)
                    }
                },
            },
            talking @ Flight::Talking { .. } => self.pump(talking, now),
            Flight::Switched(link) => (None, Flight::Switched(link)),
            Flight::Running(mut process) => match process.take() {
                None => (None, Flight::Running(process)),
                input => (input, Flight::Nothing),
            },
            Flight::Reading(job) => match job.take() {
                None => (None, Flight::Reading(job)),
                Some(Ok(Ok(content))) => (Some(Input::File(content)), Flight::Nothing),
                Some(Ok(Err(fault)) | Err(fault)) => failed(fault),
            },
        };
        self.flight = next;
        input
    }

    /// Sleeps until something of the effect may have arrived.
    pub(crate) fn block(&self, parker: &Parker, until: Option<Deadline>, now: Deadline) {
        match &self.flight {
            Flight::Connecting(_, connecting) => {
                let (on, own) = connecting.waits_for();
                wait(on, parker, earliest(until, Some(own)), now);
            }
            Flight::Talking { link, writes, until: own, .. } => {
                let interest = if *writes { Interest::ReadWrite } else { Interest::Read };
                wait(Some((link.socket.as_fd(), interest)), parker, earliest(until, *own), now);
            }
            Flight::Running(process) => match process.done() {
                Some(done) => wait(Some((done.as_fd(), Interest::Read)), parker, until, now),
                // Its outputs are closed, and it has not ended yet: that is a matter of milliseconds.
                None => wait(None, parker, earliest(until, Some(now.saturating_add(REAPING))), now),
            },
            Flight::Reading(job) => wait(Some((job.done.as_fd(), Interest::Read)), parker, until, now),
            Flight::Nothing | Flight::Failed(_) | Flight::Switched(_) => wait(None, parker, until, now),
        }
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Switched(link) => Some(*link),
            _ => None,
        }
    }

    fn connect(&self, exchange: Box<Exchange>, now: Deadline) -> Result<Flight, Fault> {
        if !exchange.fresh {
            while let Some(mut link) = self.shared.idle().take(&exchange.to, now) {
                if link.connection.idle_probe(&mut &link.socket) {
                    return Ok(Self::talk(&exchange, link, None));
                }
            }
        }
        let connecting = Connecting::start(&exchange.to, now.saturating_add(exchange.connect))?;
        Ok(Flight::Connecting(exchange, connecting))
    }

    fn talk(exchange: &Exchange, mut link: Box<Link>, until: Option<Deadline>) -> Flight {
        link.connection.start(exchange);
        Flight::Talking { to: exchange.to.clone(), link, writes: false, until }
    }

    fn pump(&self, talking: Flight, now: Deadline) -> (Option<Input>, Flight) {
        let Flight::Talking { to, mut link, until, .. } = talking else { return (None, talking) };
        let until = until.filter(|_| link.connection.is_handshaking());
        match link.connection.pump(&mut &link.socket) {
            Pump::Blocked { .. } if until.is_some_and(|until| now >= until) => failed(link.connection.too_slow(&to)),
            Pump::Blocked { write } => (None, Flight::Talking { to, link, writes: write, until }),
            Pump::Input(input @ (Input::Head(_) | Input::End)) => {
                if matches!(&input, Input::Head(head) if head.status != StatusCode::SWITCHING_PROTOCOLS) {
                    return (Some(input), Flight::Talking { to, link, writes: false, until: None });
                }
                let Link { socket, connection } = *link;
                let next = match connection.finish() {
                    Finish::Keep(connection) => {
                        self.shared.idle().put(to, Box::new(Link { socket, connection }), now);
                        Flight::Nothing
                    }
                    Finish::Raw(connection) => Flight::Switched(Box::new(RawLink { socket, connection })),
                    Finish::Close => Flight::Nothing,
                };
                (Some(input), next)
            }
            Pump::Input(input @ Input::Failed(_)) => (Some(input), Flight::Nothing),
            Pump::Input(input) => (Some(input), Flight::Talking { to, link, writes: false, until }),
        }
    }
}

fn failed(fault: Fault) -> (Option<Input>, Flight) {
    (Some(Input::Failed(Box::new(fault))), Flight::Nothing)
}

/// How often a program that has closed its outputs is asked whether it has ended.
const REAPING: Duration = Duration::from_millis(5);
