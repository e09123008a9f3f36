//! Whole command lines against the in-memory server, without a socket.

mod changes;
mod config;
mod config_changes;
mod reading;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Moment, Now, Operation, Step, Task};
use kube_proto::driver::{Session, SessionOptions};
use kube_proto::settings::Settings;
use kube_test_server::{Chunk, Identity, Options, Reply, Server, WatchState, demo};

use super::{Kubectl, Printed, parse};

/// The output and the exit code.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    out: String,
    err: String,
    code: Option<u8>,
}

impl Outcome {
    /// The errors, without the warning of canned answers.
    fn complaint(&self) -> &str {
        self.err.trim_start_matches("Warning: this is canned\n")
    }
}

/// A server, the time, and the events that happen while a watch is idle.
struct World {
    server: Server,
    identity: Identity,
    unix: Duration,
    meanwhile: VecDeque<fn(&mut World)>,
    /// Requests, as method and target.
    asked: Vec<String>,
    /// Canned answers: method and the beginning of the target, status code, body.
    answers: Vec<(&'static str, u16, String)>,
    /// The server refuses connections.
    down: bool,
}

impl World {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let unix = Duration::from_secs(1_767_225_600);
        let (identity, meanwhile, asked) = (Identity::admin(), VecDeque::new(), Vec::new());
        let answers = Vec::new();
        Self { server: Server::new(options), identity, unix, meanwhile, asked, answers, down: false }
    }

    /// With the objects of the demo cluster.
    fn demo() -> Self {
        let mut world = Self::new();
        demo::fill(&mut world.server, world.unix);
        world
    }

    fn run(&mut self, line: &str) -> Outcome {
        self.run_with(line, &[])
    }

    /// Carries out a command line whose words have no spaces in them; `+` stands for one.
    fn run_with(&mut self, line: &str, files: &[&str]) -> Outcome {
        let args = line.split_whitespace().map(|word| OsString::from(word.replace('+', " ")));
        let invocation = match parse(args, true) {
            Ok(invocation) => invocation,
            Err(usage) => panic!("{line}: {usage}"),
        };
        let mut config = Config::new("http://localhost:8080").unwrap();
        config.default_namespace = invocation.overrides.namespace.clone().unwrap_or_else(|| "default".into());
        let session = Session::new(&config, SessionOptions::new(Settings::default(), 7)).unwrap();
        let contents: Vec<Bytes> = files.iter().map(|file| Bytes::copy_from_slice(file.as_bytes())).collect();
        let operation = Kubectl::new(invocation, &contents);
        let (mut out, mut err, mut code) = (Vec::new(), Vec::new(), None);
        let mut followed = None;
        let ended = self.carry_out(line, operation, &session, |printed| {
            if let Printed::Follow(namespace, logs) = &printed {
                followed = Some((namespace.clone(), logs.clone()));
            }
            assert_eq!(code, None, "nothing is printed after the exit code");
            code = printed.write(&mut out, &mut err).unwrap();
            assert_eq!(code.is_some(), matches!(printed, Printed::Exit(_)));
        });
        ended.unwrap();
        for (namespace, log) in
            followed.iter().flat_map(|(namespace, logs)| logs.iter().map(move |log| (namespace, log)))
        {
            let ended = self.carry_out(line, log.log(namespace), &session, |event| {
                if let Some(printed) = log.shown(&event) {
                    printed.write(&mut out, &mut err).unwrap();
                }
            });
            ended.unwrap();
            code = Some(0);
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Outcome { out: text(out), err: text(err), code }
    }

    fn carry_out<O: Operation>(
        &mut self,
        line: &str,
        operation: O,
        session: &Session,
        mut each: impl FnMut(O::Item),
    ) -> Result<(), Error> {
        let mut task = Task::new(operation, session.clone());
        let (mut ready, mut watch) = (VecDeque::new(), None);
        for _turn in 0..10_000 {
            let now = Now { mono: Moment::after_zero(self.unix), unix: self.unix };
            match task.turn(now, Waker::noop(), || ready.pop_front()) {
                Step::Yield(item) => each(item),
                Step::Do(effect) => (ready, watch) = self.start(effect),
                Step::Wait(_) => ready.extend(self.more(&mut watch)),
                Step::Done(result) => return result,
            }
        }
        panic!("{line}: no end");
    }

    fn start(&mut self, effect: Effect) -> (VecDeque<Input>, Option<WatchState>) {
        let exchange = match effect {
            Effect::Exchange(exchange) => exchange,
            Effect::Abort => return (VecDeque::new(), None),
            other => panic!("{other:?}"),
        };
        let line = format!("{} {}", exchange.request.method(), exchange.request.uri());
        self.asked.push(line.clone());
        if let Some((_, code, body)) = self.answers.iter().find(|(start, ..)| line.starts_with(start)) {
            let response = http::Response::builder().status(*code).header("content-type", "application/json");
            let (head, ()) = response.header("warning", "299 - \"this is canned\"").body(()).unwrap().into_parts();
            let data = Input::Data(Bytes::copy_from_slice(body.as_bytes()));
            return ([Input::Head(Box::new(head)), data, Input::End].into(), None);
        }
        if self.down {
            let fault = Fault::unsent(FaultKind::Refused, "connection refused");
            return ([Input::Failed(Box::new(fault))].into(), None);
        }
        match self.server.handle(exchange.request, &self.identity, self.unix) {
            Reply::Response(response) => {
                let (head, body) = response.into_parts();
                let mut inputs = VecDeque::from([Input::Head(Box::new(head))]);
                // In pieces, as from a network.
                inputs.extend(body.chunks(1000).map(|piece| Input::Data(Bytes::copy_from_slice(piece))));
                inputs.push_back(Input::End);
                (inputs, None)
            }
            Reply::Watch(watch) => {
                let (head, ()) = watch.head.into_parts();
                ([Input::Head(Box::new(head))].into(), Some(watch.state))
            }
            Reply::Upgrade(_) => panic!("an upgrade without a request for one"),
        }
    }

    /// The next input of a watch; while it is idle, the next event of `meanwhile` happens or time passes.
    fn more(&mut self, watch: &mut Option<WatchState>) -> Option<Input> {
        let state = watch.as_mut()?;
        loop {
            match self.server.poll_watch(state, self.unix) {
                Chunk::Data(data) => return Some(Input::Data(data)),
                Chunk::End => {
                    *watch = None;
                    return Some(Input::End);
                }
                Chunk::Idle { until } => match self.meanwhile.pop_front() {
                    Some(happens) => happens(self),
                    None => self.unix = until.expect("the watch ends one day").max(self.unix),
                },
            }
        }
    }

    /// Runs a command of another client.
    fn does(&mut self, line: &str, files: &[&str]) {
        let asked = std::mem::take(&mut self.asked);
        let outcome = self.run_with(line, files);
        assert_eq!(outcome.code, Some(0), "{line}: {outcome:?}");
        self.asked = asked;
    }
}

fn done(out: &str) -> Outcome {
    Outcome { out: out.into(), err: String::new(), code: Some(0) }
}

fn failed(err: &str) -> Outcome {
    Outcome { out: String::new(), err: err.into(), code: Some(1) }
}
