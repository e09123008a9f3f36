//! The operation of a command line: discovery, requests and output.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use kube_proto::api::ApiRequest;
use kube_proto::api::{Logs, Unary, WithInfo};
use kube_proto::discovery::{Discovered, Discovering, discover};
use kube_proto::driver::{Cx, Effect, Input, Operation, Step};
use kube_proto::internals::frame::{Documents, Part};
use kube_proto::kubeconfig::Rewrite;
use kube_proto::response::ResponseInfo;
use kube_proto::schema::FetchOpenApi;

use super::desk::{Command, Desk, News, Next, Printed};
use super::failure::Failure;
use super::invocation::Invocation;
use super::manifest::{Manifest, manifests};

/// Carries out a command line: yields the outputs, and last the exit code.
///
/// It never ends in an error, but prints errors as kubectl does.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Kubectl {
    command: Box<dyn Command>,
    /// The objects of the files, in order, and the errors of those that cannot be read.
    manifests: Vec<Result<Manifest, Failure>>,
    stage: Stage,
    discovery: Arc<Discovered>,
    work: Work,
    printed: VecDeque<Printed>,
    warned: Vec<String>,
    failed: bool,
    /// The exit code if nothing fails.
    code: u8,
    /// Logs are followed after the command: their end is the end.
    follows: bool,
}

/// The state of the command.
#[derive(Debug)]
enum Stage {
    /// Needs the resources of the server.
    Discovery,
    /// Has asked for them.
    Discovering,
    Start,
    Command,
    Over,
}

/// The running request.
#[derive(Debug)]
enum Work {
    Nothing,
    Discover(Box<Discovering>),
    Call(Box<WithInfo<Unary<Bytes>>>),
    Chunks(Box<Logs>),
    Events {
        body: Box<Logs>,
        documents: Documents,
        ended: bool,
    },
    /// `Some` until it is started.
    Local(Option<Effect>),
    Schemas(Box<FetchOpenApi>),
    Rewrite(Box<Rewrite>),
}

impl Kubectl {
    /// The operation of a command line, with the contents of its [`sources`](Invocation::sources) in the same order.
    pub fn new(invocation: Invocation, contents: &[Bytes]) -> Self {
        let Invocation { sources, command, .. } = invocation;
        let needed = command.needs_discovery();
        Self {
            command,
            manifests: sources.iter().zip(contents).flat_map(|(source, content)| manifests(source, content)).collect(),
            stage: if needed { Stage::Discovery } else { Stage::Start },
            discovery: Arc::default(),
            work: Work::Nothing,
            printed: VecDeque::new(),
            warned: Vec::new(),
            failed: false,
            code: 0,
            follows: false,
        }
    }

    /// Passes a result to the current stage, and starts the next step.
    fn advance(&mut self, news: News, cx: &Cx<'_>) {
        if let Err(Failure(text)) = self.route(news, cx) {
            self.printed.push_back(Printed::Err(format!("{text}\n")));
            self.failed = true;
            self.stage = Stage::Over;
        }
        if matches!(self.stage, Stage::Over) {
            self.work = Work::Nothing;
            if !self.follows {
                let code = if self.failed { self.command.exit_code() } else { self.code };
                self.printed.push_back(Printed::Exit(code));
            }
        }
    }

    fn route(&mut self, news: News, cx: &Cx<'_>) -> Result<(), Failure> {
        match mem::replace(&mut self.stage, Stage::Over) {
            stage @ (Stage::Discovery | Stage::Start) => {
                if let Some(failure) = unread(&self.manifests) {
                    return Err(failure);
                }
                if matches!(stage, Stage::Start) {
                    return self.command(News::Start, cx);
                }
                self.work = Work::Discover(Box::new(discover()));
                self.stage = Stage::Discovering;
                Ok(())
            }
            Stage::Discovering => match news {
                News::Discovered(discovered) => {
                    self.discovery = discovered;
                    self.command(News::Start, cx)
                }
                News::Failed(error) => Err(error.into()),
                _ => Ok(()),
            },
            Stage::Command => self.command(news, cx),
            Stage::Over => Ok(()),
        }
    }

    fn command(&mut self, news: News, cx: &Cx<'_>) -> Result<(), Failure> {
        let mut desk = Desk {
            discovery: &self.discovery,
            namespace: cx.session.namespace(),
            manifests: &self.manifests,
            printed: &mut self.printed,
            failed: &mut self.failed,
        };
        let next = self.command.next(news, &mut desk)?;
        self.stage = Stage::Command;
        match next {
            Next::Call(request) => self.call(*request),
            Next::Chunks(request) => self.work = Work::Chunks(Box::new(request.chunks())),
            Next::Events(request) => {
                let documents = Documents::new(cx.session.settings().limits.event);
                self.work = Work::Events { body: Box::new(request.chunks()), documents, ended: false };
            }
            Next::Schemas(fetch) => self.work = Work::Schemas(fetch),
            Next::Local(effect) => self.work = Work::Local(Some(effect)),
            Next::Rewrite(rewrite) => self.work = Work::Rewrite(rewrite),
            Next::More => {}
            Next::Follow(logs) => {
                self.printed.push_back(Printed::Follow(cx.session.namespace().to_owned(), logs));
                (self.stage, self.follows) = (Stage::Over, true);
            }
            Next::Done => self.stage = Stage::Over,
            Next::Exit(code) => (self.stage, self.code) = (Stage::Over, code),
        }
        Ok(())
    }

    fn call(&mut self, request: ApiRequest) {
        self.work = Work::Call(Box::new(request.document().with_info()));
    }

    /// Prints each warning once.
    fn warn(&mut self, answered: &ResponseInfo) {
        for warning in &answered.warnings {
            if !self.warned.contains(warning) {
                self.warned.push(warning.clone());
                self.printed.push_back(Printed::Err(format!("Warning: {warning}\n")));
            }
        }
    }

    /// Resumes the running request.
    fn work(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<News> {
        if let (Work::Chunks(_) | Work::Events { .. }, Some(Input::Head(head))) = (&self.work, &input) {
            self.warn(&ResponseInfo::of(head));
        }
        match &mut self.work {
            Work::Nothing => Step::Yield(News::Start),
            Work::Discover(discovering) => discovering.resume(input, cx).map(News::Discovered),
            Work::Call(call) => match call.resume(input, cx) {
                Step::Yield(answer) => {
                    self.warn(&answer.info);
                    Step::Yield(News::Answer(answer))
                }
                other => other.map(News::Answer),
            },
            Work::Local(effect) => match (effect.take(), input) {
                (Some(effect), _) => Step::Do(effect),
                (None, Some(input)) => Step::Yield(News::Local(input)),
                (None, None) => Step::Wait(None),
            },
            Work::Schemas(fetch) => fetch.resume(input, cx).map(News::Schemas),
            Work::Rewrite(rewrite) => rewrite.resume(input, cx).map(|_| News::Written),
            Work::Chunks(chunks) => chunks.resume(input, cx).map(News::Chunk),
            Work::Events { body, documents, ended } => {
                let mut input = input;
                loop {
                    let document = match documents.next() {
                        // A line that is not whole may go on with what is there already.
                        Some(Ok(Part::Line(line))) => match documents.settle(line) {
                            Some(document) => Some(document),
                            None => continue,
                        },
                        Some(Ok(Part::Document(document))) => Some(Ok(document)),
                        Some(Err(error)) => Some(Err(error)),
                        // What is left is an event whose end is missing.
                        None if *ended => return Step::Done(Ok(())),
                        None => None,
                    };
                    match document {
                        Some(Ok(document)) => return Step::Yield(News::Event(document)),
                        Some(Err(error)) => return Step::Done(Err(error.into())),
                        None => {}
                    }
                    match body.resume(input.take(), cx) {
                        Step::Yield(chunk) => documents.push(chunk),
                        Step::Done(Ok(())) => *ended = true,
                        Step::Done(Err(error)) => return Step::Done(Err(error)),
                        Step::Do(effect) => return Step::Do(effect),
                        Step::Wait(until) => return Step::Wait(until),
                    }
                }
            }
        }
    }
}

/// The failure if there are files, and nothing in them can be read.
fn unread(manifests: &[Result<Manifest, Failure>]) -> Option<Failure> {
    let failures: Option<Vec<_>> = manifests.iter().map(|read| read.as_ref().err()).collect();
    let texts: Vec<&str> = failures?.into_iter().map(|failure| failure.0.as_str()).collect();
    (!texts.is_empty()).then(|| Failure(texts.join("\n")))
}

impl Operation for Kubectl {
    type Item = Printed;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Printed> {
        loop {
            if let Some(printed) = self.printed.pop_front() {
                return Step::Yield(printed);
            }
            if matches!(self.stage, Stage::Over) {
                return Step::Done(Ok(()));
            }
            let news = match self.work(input.take(), cx) {
                Step::Yield(news) => news,
                Step::Done(Ok(())) => News::End,
                Step::Done(Err(error)) => {
                    if let Some(answered) = error.response_info() {
                        self.warn(answered);
                    }
                    News::Failed(error)
                }
                Step::Do(effect) => return Step::Do(effect),
                // The head of a stream may have had warnings.
                Step::Wait(_) if !self.printed.is_empty() => continue,
                Step::Wait(until) => return Step::Wait(until),
            };
            self.advance(news, cx);
        }
    }
}
