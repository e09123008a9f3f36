//! What a command works with: it is told what came of its requests, prints, and asks for the next thing.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::api::ApiResponse;
use kube_proto::config::Locate;
use kube_proto::discovery::Discovery;
use kube_proto::driver::{Effect, Input};
use kube_proto::kubeconfig::Rewrite;

use super::failure::Failure;
use super::manifest::Manifest;

/// What is printed, in order; the exit code is the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// To standard output, as it is.
    Out(Bytes),
    /// To standard error: whole lines.
    Err(String),
    /// The end: 0, or 1 where anything failed.
    Exit(u8),
}

impl Printed {
    /// Writes it where it belongs; gives the exit code when it is there.
    ///
    /// # Errors
    /// As the writers': a pipe that was closed, say.
    pub fn write(&self, out: &mut impl Write, err: &mut impl Write) -> io::Result<Option<u8>> {
        match self {
            Printed::Out(bytes) => {
                out.write_all(bytes)?;
                out.flush()?;
            }
            Printed::Err(text) => err.write_all(text.as_bytes())?,
            Printed::Exit(code) => return Ok(Some(*code)),
        }
        Ok(None)
    }
}

/// What came of what a command asked for.
#[derive(Debug)]
pub(super) enum News {
    /// Nothing was asked for yet.
    Start,
    /// The whole answer to [`Next::Call`].
    Answer(ApiResponse<Bytes>),
    /// A part of the answer to [`Next::Chunks`].
    Chunk(Bytes),
    /// A line of the answer to [`Next::Lines`].
    Line(Bytes),
    /// The answer to [`Next::Chunks`] or [`Next::Lines`] is at its end.
    End,
    /// What came of [`Next::Local`].
    Local(Input),
    /// [`Next::Rewrite`] is done.
    Written,
    /// It failed.
    Failed(Error),
}

/// What a command wants next.
#[derive(Debug)]
pub(super) enum Next {
    /// A request with one document for an answer.
    Call(Box<ApiRequest>),
    /// A request whose answer is wanted as it comes.
    Chunks(Box<ApiRequest>),
    /// A request whose answer is wanted line by line.
    Lines(Box<ApiRequest>),
    /// Something of this machine: a file.
    Local(Effect),
    /// A change to a kubeconfig.
    Rewrite(Box<Rewrite>),
    /// More of what was asked for last.
    More,
    /// Nothing.
    Done,
}

impl Next {
    pub(super) fn call(request: ApiRequest) -> Self {
        Next::Call(Box::new(request))
    }
}

/// One command: a machine between answers and requests.
pub(super) trait Command: fmt::Debug + Send {
    /// It has to know the server's resources.
    fn needs_discovery(&self) -> bool {
        true
    }

    /// It asks no server, and needs no configuration that says where one is.
    fn is_local(&self) -> bool {
        false
    }

    /// Where the kubeconfig may be; told to a local command before all else.
    fn locate(&mut self, _: &Locate) {}

    /// Takes what came of the last request, and says what comes next. An error is printed, and is the end.
    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure>;
}

/// What a command knows, and where it prints.
pub(super) struct Desk<'a> {
    /// The server's resources; nothing, for a command that does not need them.
    pub(super) discovery: &'a Discovery,
    /// The namespace where none is named.
    pub(super) namespace: &'a str,
    /// What the files say, in order.
    pub(super) manifests: &'a [Manifest],
    /// What is printed.
    pub(super) printed: &'a mut VecDeque<Printed>,
    /// Something failed: the exit code is 1.
    pub(super) failed: &'a mut bool,
}

impl Desk<'_> {
    /// Prints to standard output.
    pub(super) fn out(&mut self, text: impl Into<Bytes>) {
        let text = text.into();
        if !text.is_empty() {
            self.printed.push_back(Printed::Out(text));
        }
    }

    /// Prints a line to standard error.
    pub(super) fn err(&mut self, line: &str) {
        self.printed.push_back(Printed::Err(format!("{line}\n")));
    }

    /// Prints what failed; the command goes on.
    pub(super) fn fail(&mut self, failure: impl Into<Failure>) {
        *self.failed = true;
        let Failure(text) = failure.into();
        self.err(&text);
    }
}
