//! What a driver reports.

use std::fmt;

use bytes::Bytes;
use http::response::Parts;

use super::fault::Fault;

/// What a driver reports.
pub enum Input {
    /// The final response's head (never a 1xx, except a 101 that the request asked for).
    Head(Box<Parts>),
    /// Bytes of the body, never empty. The driver bounds the size of one input: 64 KiB is usual.
    Data(Bytes),
    /// The body is complete. The connection can be used again if its HTTP version allows that.
    End,
    /// The program ended.
    Output(Box<ProcessOutput>),
    /// The file's content; it may be secret.
    File(Bytes),
    /// The file has its new content.
    Written,
    /// The effect failed; it reports nothing more.
    Failed(Box<Fault>),
}

impl fmt::Debug for Input {
    /// Leaves out the contents: bodies, outputs and files may hold secrets.
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

/// The result of a program.
#[derive(Clone, PartialEq, Eq)]
pub struct ProcessOutput {
    /// The exit code; 128 + the signal's number if a signal ended the program.
    pub status: i32,
    /// All of its standard output. It is secret: a plugin prints its token here.
    pub stdout: Bytes,
    /// The end of its standard error, at most a few KiB, for the message about a failure.
    pub stderr: Bytes,
}

impl fmt::Debug for ProcessOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("status", &self.status).finish_non_exhaustive()
    }
}
