//! Carries operations out against the in-memory server, without a network. Time passes only where an operation waits.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::Config;
use kube_proto::driver::{Effect, Exchange, Input, Moment, Now, Operation, Session, SessionOptions, Step, Task};
use kube_proto::settings::Settings;
use kube_test_server::{Identity, Options, Reply, Server};

use crate::script;

/// A server, its time, and the requests so far.
pub struct World {
    pub server: Server,
    pub unix: Duration,
    /// As `GET /api`.
    pub asked: Vec<String>,
    /// The requests that were to go on a new connection.
    pub fresh: usize,
    session: Session,
    canned: Vec<Canned>,
}

/// The answer to requests that begin so, this many times.
struct Canned {
    start: String,
    times: usize,
    code: u16,
    body: String,
}

impl World {
    pub fn new() -> Self {
        let config = Config::new("https://k.test:6443").unwrap();
        let mut settings = Settings::default();
        settings.retry = kube_proto::settings::RetryPolicy::NEVER;
        Self {
            server: Server::new(Options::default()),
            unix: Duration::from_secs(1_800_000_000),
            asked: Vec::new(),
            fresh: 0,
            session: Session::new(&config, SessionOptions::new(settings, 42)).unwrap(),
            canned: Vec::new(),
        }
    }

    /// The next `times` requests that begin so fail with this.
    pub fn fails(&mut self, start: &str, times: usize, code: u16, reason: &str) {
        let body = script::status(code, reason, "canned");
        self.canned.push(Canned { start: start.into(), times, code, body });
    }

    /// The next `times` requests that begin so are answered with this.
    pub fn answers(&mut self, start: &str, times: usize, body: &str) {
        self.canned.push(Canned { start: start.into(), times, code: 200, body: body.into() });
    }

    /// Carries out an operation, and collects its items.
    pub fn run<O: Operation>(&mut self, operation: O) -> (Vec<O::Item>, Result<(), Error>) {
        let mut task = Task::new(operation, self.session.clone());
        let (mut ready, mut items) = (VecDeque::new(), Vec::new());
        for _ in 0..100_000 {
            let now = Now { mono: Moment::after_zero(self.unix), unix: self.unix };
            match task.turn(now, Waker::noop(), || ready.pop_front()) {
                Step::Yield(item) => items.push(item),
                Step::Do(Effect::Exchange(exchange)) => ready = self.exchange(*exchange),
                Step::Do(other) => panic!("{other:?}"),
                Step::Wait(until) if ready.is_empty() => self.unix = until.unwrap().since_zero(),
                Step::Wait(_) => {}
                Step::Done(result) => return (items, result),
            }
        }
        panic!("no end: {:?}", self.asked);
    }

    /// The only item of an operation.
    pub fn one<O: Operation>(&mut self, operation: O) -> Result<O::Item, Error> {
        let (mut items, result) = self.run(operation);
        result?;
        assert_eq!(items.len(), 1);
        Ok(items.remove(0))
    }

    fn exchange(&mut self, exchange: Exchange) -> VecDeque<Input> {
        let line = format!("{} {}", exchange.request.method(), exchange.request.uri());
        self.asked.push(line.clone());
        self.fresh += usize::from(exchange.fresh);
        if let Some(canned) = self.canned.iter_mut().find(|canned| canned.times > 0 && line.starts_with(&canned.start))
        {
            canned.times -= 1;
            return script::answer(canned.code, &canned.body).into();
        }
        match self.server.handle(exchange.request, &Identity::admin(), self.unix) {
            Reply::Response(response) => {
                let (head, body) = response.into_parts();
                let mut inputs = VecDeque::from([Input::Head(Box::new(head))]);
                inputs.extend(body.chunks(1000).map(|piece| Input::Data(Bytes::copy_from_slice(piece))));
                inputs.push_back(Input::End);
                inputs
            }
            _ => panic!("{line} is no plain request"),
        }
    }
}
