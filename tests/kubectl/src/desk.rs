//! The interface of a command: it takes the result of its last request, prints, and returns the next request.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::api::{ApiResponse, LogParams};
use kube_proto::config::Locate;
use kube_proto::discovery::{Discovered, Discovery};
use kube_proto::driver::{Effect, Input};
use kube_proto::error::visible;
use kube_proto::kubeconfig::Rewrite;
use kube_proto::schema::{FetchOpenApi, OpenApi};

use super::failure::Failure;
use super::manifest::Manifest;
use super::port_forward::Forwarding;
use super::remote::Session;

/// An output of the program; the exit code is the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// To standard output.
    Out(Bytes),
    /// To standard error: whole lines.
    Err(String),
    /// Logs of a namespace to follow, all at once: see [`Running`](super::Running). Nothing is printed.
    Follow(String, Vec<Followed>),
    /// The end: 0, or 1 if anything failed.
    Exit(u8),
}

/// A log to read, and what stands before each of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The pod's name.
    pub pod: String,
    /// The container and the options.
    pub params: LogParams,
    /// `[pod/web-0/main] `.
    pub prefix: Option<String>,
}

impl Printed {
    /// Writes the output to its stream, or returns the exit code.
    ///
    /// # Errors
    /// Those of the writers, such as a closed pipe.
    pub fn write(&self, out: &mut impl Write, err: &mut impl Write) -> io::Result<Option<u8>> {
        match self {
            Printed::Out(bytes) => {
                out.write_all(bytes)?;
                out.flush()?;
            }
            Printed::Err(text) => err.write_all(text.as_bytes())?,
            Printed::Follow(..) => {}
            Printed::Exit(code) => return Ok(Some(*code)),
        }
        Ok(None)
    }
}

/// The result of a command's last [`Next`].
#[derive(Debug)]
pub(super) enum News {
    /// The command starts.
    Start,
    /// The resources of the server, before the command starts.
    Discovered(Arc<Discovered>),
    /// The whole answer to [`Next::Call`].
    Answer(ApiResponse<Bytes>),
    /// A part of the answer to [`Next::Chunks`].
    Chunk(Bytes),
    /// An event of the answer to [`Next::Events`].
    Event(Bytes),
    /// The end of the answer to [`Next::Chunks`] or [`Next::Events`].
    End,
    /// The result of [`Next::Schemas`].
    Schemas(OpenApi),
    /// The result of [`Next::Local`].
    Local(Input),
    /// [`Next::Rewrite`] is done.
    Written,
    /// The request failed.
    Failed(Error),
}

/// The next step of a command.
#[derive(Debug)]
pub(super) enum Next {
    /// A request for one document.
    Call(Box<ApiRequest>),
    /// A request for an answer in pieces.
    Chunks(Box<ApiRequest>),
    /// A request for the events of a watch.
    Events(Box<ApiRequest>),
    /// The schemas of a group version.
    Schemas(Box<FetchOpenApi>),
    /// A local effect: reading a file.
    Local(Effect),
    /// A change to a kubeconfig.
    Rewrite(Box<Rewrite>),
    /// The next part of the last request.
    More,
    /// The command is done, and these logs are followed.
    Follow(Vec<Followed>),
    /// The command is done.
    Done,
    /// The command is done, with this exit code unless anything failed.
    Exit(u8),
}

impl Next {
    pub(super) fn call(request: ApiRequest) -> Self {
        Next::Call(Box::new(request))
    }
}

/// One command: a state machine from answers to requests.
pub(super) trait Command: fmt::Debug + Send {
    /// Whether the command needs the server's resources.
    fn needs_discovery(&self) -> bool {
        true
    }

    /// The exit code after a failure.
    fn exit_code(&self) -> u8 {
        1
    }

    /// Whether the command works without a server and its configuration.
    fn is_local(&self) -> bool {
        false
    }

    /// The session with a container, once, if that is the command: the program carries it out instead of the operation.
    fn session(&mut self) -> Option<Session> {
        None
    }

    /// The ports to forward, if that is the command: the program does it instead of the operation.
    fn forwarding(&mut self) -> Option<Forwarding> {
        None
    }

    /// Takes the places of the kubeconfig. Called on a local command before `next`.
    fn locate(&mut self, _: &Locate) {}

    /// Takes the result of the last step and returns the next one. An error is printed and ends the command.
    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure>;
}

/// The context of a command, and its output.
pub(super) struct Desk<'a> {
    /// The server's resources; empty for a command that does not need them.
    pub(super) discovery: &'a Discovery,
    /// The default namespace.
    pub(super) namespace: &'a str,
    /// The objects of the files, in order, and the errors of those that cannot be read.
    pub(super) manifests: &'a [Result<Manifest, Failure>],
    /// The output.
    pub(super) printed: &'a mut VecDeque<Printed>,
    /// Whether anything failed: the exit code is not 0.
    pub(super) failed: &'a mut bool,
}

impl Desk<'_> {
    /// Prints to standard output, as visible text. JSON and YAML have escapes for what acts on a terminal, so that
    /// they stay as they are.
    pub(super) fn out(&mut self, text: impl Into<String>) {
        let text = text.into();
        let text = match visible(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(text) => text,
        };
        self.raw(text.into());
    }

    /// Prints to standard output what the server sent, as it is.
    pub(super) fn raw(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.printed.push_back(Printed::Out(bytes));
        }
    }

    /// Prints a line to standard error, as visible text.
    pub(super) fn err(&mut self, line: &str) {
        self.printed.push_back(Printed::Err(format!("{}\n", visible(line))));
    }

    /// Prints a failure; the command goes on.
    pub(super) fn fail(&mut self, failure: impl Into<Failure>) {
        *self.failed = true;
        let Failure(text) = failure.into();
        self.err(&text);
    }
}
