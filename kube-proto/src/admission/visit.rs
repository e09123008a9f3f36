//! A connection of a webhook server with its handlers: what a driver does next.
//!
//! | what happens | what follows |
//! |---|---|
//! | a request to a handler | [`VisitStep::Run`] or [`VisitStep::Later`], with a ticket |
//! | its response, by the ticket | it is sent |
//! | the end of the handler's time | HTTP 500 is sent, and a later response is dropped |
//! | any other request | its response is sent |
//! | the stop of the server | an idle connection is closed; a busy one after its response |

use std::io::{Read, Write};
use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::handlers::{AsyncJob, Handlers, Job, Work};
use crate::driver::time::{Moment, Now, earliest};
use crate::driver::wire::{ServerConnection, ServerLimits, ServerPump};

/// The limits of a webhook server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Limits of each connection.
    pub limits: ServerLimits,
    /// Open connections at once. 512. When one more comes, the one that has been idle longest is closed; if none is idle,
    /// the new one waits in the system's queue. Keep it below the process' limit of open files.
    pub connections: usize,
    /// Threads of a blocking server that run handlers. 8. Handlers beyond that wait, and a handler that has waited until
    /// its time is over does not run. Async servers have the threads of their runtime.
    pub threads: usize,
    /// How long a server that stops waits for the requests that it has begun to answer. 30 s.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { limits: ServerLimits::default(), connections: 512, threads: 8, grace: Duration::from_secs(30) }
    }
}

impl ServeOptions {
    /// Sets the limits of each connection.
    #[must_use]
    pub fn limits(mut self, limits: ServerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of open connections.
    #[must_use]
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// Sets the number of threads of a blocking server.
    #[must_use]
    pub fn threads(mut self, most: usize) -> Self {
        self.threads = most;
        self
    }

    /// Sets how long a server that stops waits.
    #[must_use]
    pub fn grace(mut self, span: Duration) -> Self {
        self.grace = span;
        self
    }
}

/// A connection and the handlers of its requests. For drivers.
#[derive(Debug)]
pub struct Visit {
    connection: ServerConnection,
    handlers: Handlers,
    /// The request that a handler answers, and when its time is over.
    waits: Option<Moment>,
    ticket: u64,
    stopped: bool,
}

/// The result of [`Visit::turn`].
#[derive(Debug)]
pub enum VisitStep {
    /// Run this, and give the response to [`Visit::answer`] with the ticket. The time runs already.
    Run(u64, Job),
    /// Poll this, and give the response to [`Visit::answer`] with the ticket. Drop it when [`Visit::waits_for`] says no.
    Later(u64, AsyncJob),
    /// Turn again when the socket is ready, at this moment, and after every call of another method.
    Wait {
        /// Wait until the socket is readable.
        read: bool,
        /// Wait until the socket is writable.
        write: bool,
        /// Turn again then, whatever the socket is.
        until: Option<Moment>,
    },
    /// Shut the sending side of the socket down, and turn again.
    HalfClose,
    /// Close the socket.
    Closed,
}

impl Visit {
    /// A new connection.
    #[must_use]
    pub fn new(connection: ServerConnection, handlers: Handlers) -> Self {
        Self { connection, handlers, waits: None, ticket: 0, stopped: false }
    }

    /// What to do next. `io` must not block.
    pub fn turn(&mut self, io: &mut (impl Read + Write), now: Now) -> VisitStep {
        loop {
            if self.waits.is_some_and(|until| until <= now.mono) {
                self.waits = None;
                self.connection.answer(Handlers::too_late(), now);
            }
            match self.connection.pump(io, now) {
                ServerPump::HalfClose => return VisitStep::HalfClose,
                ServerPump::Closed => return VisitStep::Closed,
                ServerPump::Wait { read, write } => {
                    return VisitStep::Wait { read, write, until: earliest(self.connection.deadline(), self.waits) };
                }
                ServerPump::Request(request) => match self.handlers.start(&request) {
                    Work::Done(response) => self.connection.answer(response, now),
                    Work::Run(job) => return VisitStep::Run(self.begin(job.time(), now), job),
                    Work::Later(job) => return VisitStep::Later(self.begin(job.time(), now), job),
                },
            }
        }
    }

    fn begin(&mut self, time: Duration, now: Now) -> u64 {
        self.ticket += 1;
        self.waits = Some(now.mono.after(time));
        self.ticket
    }

    /// The response of a handler. One that is too late is dropped.
    pub fn answer(&mut self, ticket: u64, response: Response<Bytes>, now: Now) {
        if self.waits_for(ticket) {
            self.waits = None;
            self.connection.answer(response, now);
        }
    }

    /// The response with this ticket is still wanted.
    #[must_use]
    pub fn waits_for(&self, ticket: u64) -> bool {
        self.waits.is_some() && self.ticket == ticket
    }

    /// The server stops: see [`ServerConnection::stop`]. True for the first call: turn again.
    pub fn stop(&mut self) -> bool {
        let first = !std::mem::replace(&mut self.stopped, true);
        self.connection.stop();
        first
    }

    /// Since when the connection has had no request under way: see [`ServerConnection::idle_since`].
    #[must_use]
    pub fn idle_since(&self) -> Option<Moment> {
        self.connection.idle_since()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Review, validating};
    use super::*;
    use crate::resource::DynamicObject;

    struct Socket(Vec<u8>, Vec<u8>);

    impl Read for Socket {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Err(std::io::ErrorKind::WouldBlock.into());
            }
            let length = self.0.len().min(into.len());
            into[..length].copy_from_slice(&self.0[..length]);
            self.0.drain(..length);
            Ok(length)
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_late_handler_is_http_500_and_its_response_is_dropped() {
        let handlers = Handlers::new().at("/", validating(|_: Review<DynamicObject>| Answer::allow()));
        let now = Now::default();
        let mut visit = Visit::new(ServerConnection::plain(ServerLimits::default(), now), handlers);
        let body = r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"DELETE"}}"#;
        let request = format!(
            "POST /?timeout=2s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut io = Socket(request.clone().into_bytes(), Vec::new());
        let VisitStep::Run(late, job) = visit.turn(&mut io, now) else { panic!() };
        let VisitStep::Wait { read: false, write: false, until: Some(until) } = visit.turn(&mut io, now) else {
            panic!()
        };
        assert_eq!(until.since(now.mono), Duration::from_millis(1_800));

        let later = now.after(Duration::from_millis(1_800));
        io.0 = request.clone().into_bytes();
        let VisitStep::Run(second, again) = visit.turn(&mut io, later) else { panic!() };
        assert!(io.1.starts_with(b"HTTP/1.1 500 "));
        io.1.clear();
        assert!(!visit.waits_for(late));
        visit.answer(late, job.run(), later);
        assert!(matches!(visit.turn(&mut io, later), VisitStep::Wait { .. }) && io.1.is_empty());
        visit.answer(second, again.run(), later);
        assert!(matches!(visit.turn(&mut io, later), VisitStep::Wait { read: true, .. }));
        assert!(io.1.starts_with(b"HTTP/1.1 200 "));
    }
}
