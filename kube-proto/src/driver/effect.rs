//! The border: all that a driver must do is an [`Effect`], all that it can report is an [`Input`].
//!
//! | the operation says | the driver answers with | in this order |
//! |---|---|---|
//! | [`Effect::Exchange`], [`ExchangeKind::Call`] or [`ExchangeKind::Stream`] | [`Input::Head`], [`Input::Data`] any number of times, [`Input::End`] | or [`Input::Failed`] in the place of any of them, as the last |
//! | [`Effect::Exchange`], [`ExchangeKind::Upgrade`] | the same; but a head with status 101 is the last | the connection is raw bytes from then on |
//! | [`Effect::Run`] | [`Input::Output`] | or [`Input::Failed`] |
//! | [`Effect::ReadFile`] | [`Input::File`] | or [`Input::Failed`] |
//! | [`Effect::WriteFile`] | [`Input::Written`]; [`Input::File`] if the file is not what it was | or [`Input::Failed`] |
//! | [`Effect::Abort`] | nothing | and nothing more of what was aborted |
//!
//! One effect is outstanding at a time. A new [`Effect::Exchange`] while the last one is not at its end aborts that one.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::endpoint::Endpoint;
use super::write::FileWrite;

/// What an operation wants done.
#[derive(Debug)]
pub enum Effect {
    /// Send a request, and report its response as it arrives. Starting it must not block.
    Exchange(Box<Exchange>),
    /// Run a program to its end, and report what it printed.
    Run(Box<ExecSpec>),
    /// Read a whole file. More than `limit` bytes is a failure.
    ReadFile {
        /// The file's path.
        path: PathBuf,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// Put a new content in the place of a file's, if that is still what the new one was made from. Once it has begun it
    /// is not stopped half-way, whatever becomes of the operation.
    WriteFile(Box<FileWrite>),
    /// Stop what is in flight, at once. There is no answer to this.
    Abort,
}

/// One HTTP exchange: where to, what, and how its response will be used.
#[derive(Clone)]
pub struct Exchange {
    /// The server, and the identity to show it.
    pub to: Endpoint,
    /// The request. Its URI is in origin form (path and query): the rest is in `to`. It has no `Host`, no
    /// `Content-Length` and no `Connection` header: the transport adds what its HTTP version wants.
    pub request: Request<Bytes>,
    /// What follows the response's head.
    pub kind: ExchangeKind,
    /// Do not use a pooled connection: the last one that was died.
    pub fresh: bool,
    /// The most time for finding the address, connecting and the TLS handshake together.
    pub connect: Duration,
}

impl fmt::Debug for Exchange {
    /// Without headers and body: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("to", &self.to)
            .field("method", self.request.method())
            .field("uri", self.request.uri())
            .field("kind", &self.kind)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}

/// How a response will be used; drivers choose connections by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// A document that is read to its end at once.
    Call,
    /// Events over a long time: a watch, a log. On HTTP/2 these stay off the connections of calls, whose flow-control
    /// window a paused reader would use up.
    Stream,
    /// HTTP/1.1 only: the server is asked to switch protocols.
    Upgrade,
}

/// A program to run: a credential plugin.
///
/// The driver copies the program's standard error to its own, and returns the last lines in
/// [`ProcessOutput::stderr`](super::ProcessOutput::stderr). With `stdin` the program inherits the driver's standard error,
/// so that it finds a terminal there; then `ProcessOutput::stderr` is empty.
#[derive(Clone)]
pub struct ExecSpec {
    /// A path, or a bare name to be found on the driver's own `PATH`: see [`find_program`](crate::driver::local::find_program).
    /// It stays the program's name for itself (`argv[0]`).
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to add to the parent's environment. Values may be secret.
    pub env: Vec<(OsString, OsString)>,
    /// It inherits the driver's standard input, to ask a person something. Otherwise its standard input is empty.
    pub stdin: bool,
    /// The most bytes of standard output; more is a failure.
    pub limit: usize,
}

impl fmt::Debug for ExecSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSpec").field("program", &self.program).field("stdin", &self.stdin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Input;

    #[test]
    fn the_border_s_messages_stay_small() {
        assert!(size_of::<Effect>() <= 40, "{}", size_of::<Effect>());
        assert!(size_of::<Input>() <= 40, "{}", size_of::<Input>());
    }
}
