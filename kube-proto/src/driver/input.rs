//! What a driver reports.

use std::fmt;

use bytes::Bytes;
use http::response::Parts;

use super::fault::Fault;

/// What a driver reports.
pub enum Input {
    /// The final response's head (never a 1xx, but for a 101 that was asked for).
    Head(Box<Parts>),
    /// Bytes of the body, never empty. The driver bounds one of these: 64 KiB is usual.
    Data(Bytes),
    /// The body is complete, and the connection fit for another use if its HTTP version says so.
    End,
    /// The program ended.
    Output(Box<ProcessOutput>),
    /// The file's content. May be secret.
    File(Bytes),
    /// The file has its new content.
    Written,
    /// It did not work; nothing more of this effect follows.
    Failed(Box<Fault>),
}

impl fmt::Debug for Input {
    /// Without what was read: bodies, outputs and files may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Head(head) => f.debug_tuple("Head").field(&head.status).finish(),
            Input::Data(data) => write!(f, "Data({} bytes)", data.len()),
            Input::End => f.write_str("End"),
            Input::Output(output) => f.debug_tuple("Output").field(output).finish(),
            Input::File(content) => write!(f, "File({} bytes)", content.len()),
            Input::Written => f.write_str("Written"),
            Input::Failed(fault) => f.debug_tuple("Failed").field(fault).finish(),
        }
    }
}

/// What a program left behind.
#[derive(Clone, PartialEq, Eq)]
pub struct ProcessOutput {
    /// Its exit code; 128 + the signal's number where a signal ended it.
    pub status: i32,
    /// All of its standard output. Secret: this is where a plugin prints its token.
    pub stdout: Bytes,
    /// The end of its standard error, at most a few KiB, for the message about its failure.
    pub stderr: Bytes,
}

impl fmt::Debug for ProcessOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("status", &self.status).finish_non_exhaustive()
    }
}
