//! How a session ended.

use std::fmt;

use bytes::Bytes;

use crate::error::{ApiError, Error, ErrorKind};
use crate::response::status::Status;

/// How the process of an exec or an attach ended, from the server's final `Status` (docs/wire.md §6.3).
///
/// ```
/// use kube_proto::exec::ExecResult;
///
/// let status = br#"{"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with exit code 3",
///     "details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#;
/// let result = ExecResult::from(kube_proto::json::from_slice::<kube_proto::response::Status>(status)?);
/// assert_eq!(result.exit_code(), Some(3));
/// assert!(!result.success());
/// # Ok::<(), kube_proto::error::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecResult(Box<Status>);

impl ExecResult {
    /// Whether the process ended with exit code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.exit_code() == Some(0)
    }

    /// The exit code; `None` if the process did not start or the server lost it. [`Self::status`] says why.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        self.0.exit_code()
    }

    /// The signal that ended the process, as shells and container runtimes report it: the exit code is then 128 more. A
    /// process may also exit with such a code by itself.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        self.exit_code().filter(|code| (129..=192).contains(code)).map(|code| code - 128)
    }

    /// The server's status.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.0
    }

    /// Nothing for exit code 0, and the status as an error for all others.
    ///
    /// # Errors
    /// The process ended with another code, or did not start.
    pub fn into_result(self) -> Result<(), Error> {
        if self.success() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Api(Box::new(ApiError { status: *self.0, ..ApiError::default() }))))
    }
}

impl From<Status> for ExecResult {
    fn from(status: Status) -> Self {
        Self(Box::new(status))
    }
}

impl fmt::Display for ExecResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exit_code() {
            Some(code) => write!(f, "exit code {code}"),
            None => self.0.fmt(f),
        }
    }
}

/// What a session gives to a caller of `next`.
#[derive(Clone, PartialEq, Eq)]
pub enum ExecEvent {
    /// A piece of the standard output; with a terminal, of both outputs. Never empty.
    Stdout(Bytes),
    /// A piece of the standard error. Never empty.
    Stderr(Bytes),
    /// The process has ended, and there is no more output.
    Ended(ExecResult),
}

impl fmt::Debug for ExecEvent {
    /// Leaves out the output: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout(bytes) => write!(f, "Stdout({} bytes)", bytes.len()),
            Self::Stderr(bytes) => write!(f, "Stderr({} bytes)", bytes.len()),
            Self::Ended(result) => f.debug_tuple("Ended").field(result).finish(),
        }
    }
}

/// All that a process printed, and how it ended.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecOutput {
    /// Its standard output; with a terminal, both outputs.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub result: ExecResult,
}

impl fmt::Debug for ExecOutput {
    /// Leaves out the outputs: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecOutput").field("result", &self.result).finish_non_exhaustive()
    }
}

/// Collects the events of a session, for a driver's `output`.
#[derive(Default)]
pub struct Collector {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Collector {
    /// Adds an event, and keeps only the first `limit` bytes of each output. `Some` is the end.
    pub fn push_first(&mut self, event: ExecEvent, limit: usize) -> Option<ExecOutput> {
        let first = |kept: &[u8], bytes: Bytes| {
            let room = limit.saturating_sub(kept.len());
            if bytes.len() > room { bytes.slice(..room) } else { bytes }
        };
        let event = match event {
            ExecEvent::Stdout(bytes) => ExecEvent::Stdout(first(&self.stdout, bytes)),
            ExecEvent::Stderr(bytes) => ExecEvent::Stderr(first(&self.stderr, bytes)),
            ended @ ExecEvent::Ended(_) => ended,
        };
        // It is within any limit.
        self.push(event, usize::MAX).ok().flatten()
    }

    /// Adds an event. `Some` is the end.
    ///
    /// # Errors
    /// The outputs together exceed `limit` bytes.
    pub fn push(&mut self, event: ExecEvent, limit: usize) -> Result<Option<ExecOutput>, Error> {
        let (into, bytes): (_, Bytes) = match event {
            ExecEvent::Stdout(bytes) => (&mut self.stdout, bytes),
            ExecEvent::Stderr(bytes) => (&mut self.stderr, bytes),
            ExecEvent::Ended(result) => {
                let Self { stdout, stderr } = std::mem::take(self);
                return Ok(Some(ExecOutput { stdout, stderr, result }));
            }
        };
        into.extend_from_slice(&bytes);
        if self.stdout.len() + self.stderr.len() > limit {
            return Err(Error::too_large("the output of the process", limit));
        }
        Ok(None)
    }
}
