//! The border: an [`Effect`] is what a driver must do, an [`Input`] is what it reports.
//!
//! | the operation asks for | the driver answers with, in this order | remarks |
//! |---|---|---|
//! | [`Effect::Exchange`], [`ExchangeKind::Call`] or [`ExchangeKind::Stream`] | [`Input::Head`], [`Input::Data`] any number of times, [`Input::End`] | [`Input::Failed`] may replace any of them, and is the last |
//! | [`Effect::Exchange`], [`ExchangeKind::Upgrade`] | the same; but a head with status 101 is the last | the connection then carries raw bytes |
//! | [`Effect::Run`] | [`Input::Output`] | or [`Input::Failed`] |
//! | [`Effect::ReadFile`] | [`Input::File`] | or [`Input::Failed`] |
//! | [`Effect::WriteFile`] | [`Input::Written`]; [`Input::File`] if the file has changed meanwhile | or [`Input::Failed`] |
//! | [`Effect::Abort`] | nothing | the aborted effect reports nothing more |
//!
//! One effect is outstanding at a time. A new [`Effect::Exchange`] aborts one that has not ended.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::endpoint::Endpoint;
use super::time::Moment;
use super::write::FileWrite;
use crate::opaque::Target;

/// What an operation asks a driver to do.
#[derive(Debug)]
pub enum Effect {
    /// Send a request, and report its response as it arrives. Starting it must not block.
    Exchange(Box<Exchange>),
    /// Run a program to its end, and report what it printed.
    Run(Box<ExecSpec>),
    /// Read a whole file. It fails if the file has more than `limit` bytes.
    ReadFile {
        /// The file's path.
        path: PathBuf,
        /// The largest file that is read, in bytes.
        limit: usize,
    },
    /// Replace a file's content, if the file still has the content from which the new one was made. Once begun, the
    /// write runs to its end, even if the operation is dropped.
    WriteFile(Box<FileWrite>),
    /// Stop the effect in flight at once. The driver does not answer.
    Abort,
}

/// One HTTP exchange: the server, the request, and the use of its response.
#[derive(Clone)]
pub struct Exchange {
    /// The server, and the TLS identity to show it.
    pub to: Endpoint,
    /// The request. Its URI is in origin form (path and query); `to` has the rest. It has no `Host`, no
    /// `Content-Length` and no `Connection` header: the transport adds those that its HTTP version needs.
    pub request: Request<Bytes>,
    /// What follows the response's head.
    pub kind: ExchangeKind,
    /// Do not use a pooled connection: the last one was dead.
    pub fresh: bool,
    /// The time limit for resolving the address, connecting and the TLS handshake together.
    pub connect: Duration,
    /// For the observers: pass it to [`ConnectionRecord::carries`](crate::observe::ConnectionRecord::carries).
    pub tag: ExchangeTag,
}

/// Whose exchange it is, and since when a driver has it. The default is no call's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExchangeTag {
    pub(crate) call: u64,
    pub(crate) since: Moment,
}

impl fmt::Debug for Exchange {
    /// Leaves out headers and body, and shows only the length of the query: all may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("to", &self.to)
            .field("method", self.request.method())
            .field("uri", &Target(self.request.uri()))
            .field("kind", &self.kind)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}

/// How the operation uses a response; drivers choose connections by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    /// A document that is read to its end at once.
    Call,
    /// Events over a long time: a watch, a log. On HTTP/2, streams do not share connections with calls: a paused reader
    /// would use up the calls' flow-control window.
    Stream,
    /// HTTP/1.1 only: the request asks the server to switch protocols.
    Upgrade,
}

/// A program to run: a credential plugin.
///
/// The driver copies the program's standard error to its own, and returns the last lines in
/// [`ProcessOutput::stderr`](super::ProcessOutput::stderr). With `stdin` the program inherits the driver's standard error,
/// so that it finds a terminal there; then `ProcessOutput::stderr` is empty.
#[derive(Clone)]
pub struct ExecSpec {
    /// A path, or a bare name to be found on the driver's own `PATH`: see
    /// [`find_program`](crate::driver::local::find_program). The program sees it unchanged as `argv[0]`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to add to the parent's environment. Values may be secret.
    pub env: Vec<(OsString, OsString)>,
    /// Whether the program inherits the driver's standard input, to ask the user something. If not, its standard input
    /// is empty.
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
