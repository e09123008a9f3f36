//! A scripted driver: it records requests, and hands out prepared inputs.

use kube_proto::driver::Moment;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderName, Response};
use kube_proto::Error;
use kube_proto::config::{Config, CredentialConfig};
use kube_proto::driver::{Effect, Exchange, Input, Now, Operation, Step, Task};
use kube_proto::driver::{Session, SessionOptions};
use kube_proto::settings::Settings;

/// Counts its wake-ups.
#[derive(Default)]
pub struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One operation with its scripted driver.
pub struct Script<O: Operation> {
    pub task: Task<O>,
    pub now: Now,
    pub arrived: VecDeque<Input>,
    bell: Arc<Bell>,
}

impl<O: Operation> Script<O> {
    pub fn new(operation: O, session: &Session) -> Self {
        Self {
            task: Task::new(operation, session.clone()),
            now: Now { mono: Moment::after_zero(secs(100)), unix: secs(1_800_000_000) },
            arrived: VecDeque::new(),
            bell: Arc::default(),
        }
    }

    pub fn turn(&mut self) -> Step<O::Item> {
        let arrived = &mut self.arrived;
        self.task.turn(self.now, &Waker::from(Arc::clone(&self.bell)), || arrived.pop_front())
    }

    /// Adds inputs, and takes a turn.
    pub fn feed(&mut self, inputs: impl IntoIterator<Item = Input>) -> Step<O::Item> {
        self.arrived.extend(inputs);
        self.turn()
    }

    pub fn pass(&mut self, span: Duration) -> &mut Self {
        self.now = self.now.after(span);
        self
    }

    pub fn woken(&self) -> usize {
        self.bell.0.load(Ordering::Relaxed)
    }

    /// The next step must be an exchange.
    #[track_caller]
    pub fn exchange(&mut self) -> Exchange {
        match self.turn() {
            Step::Do(Effect::Exchange(exchange)) => *exchange,
            other => panic!("expected an exchange, found {}", name(&other)),
        }
    }

    /// The next step must be the end, with an error.
    #[track_caller]
    pub fn error(&mut self) -> Error {
        match self.turn() {
            Step::Done(Err(error)) => error,
            other => panic!("expected an error, found {}", name(&other)),
        }
    }

    /// The next step must be a wait; returns its length.
    #[track_caller]
    pub fn waits(&mut self) -> Option<Duration> {
        match self.turn() {
            Step::Wait(until) => until.map(|until| until - self.now.mono),
            other => panic!("expected a wait, found {}", name(&other)),
        }
    }

    /// The next step must be the wait for a `Retry-After` of this length: that long, and a random part more. Returns the
    /// wait.
    #[track_caller]
    pub fn sent_away(&mut self, least: Duration) -> Duration {
        let wait = self.waits().unwrap();
        let most = least + (least / 2).max(Duration::from_millis(500));
        assert!(wait >= least && wait < most, "{wait:?}");
        wait
    }

    /// The next step must be an item.
    #[track_caller]
    pub fn item(&mut self) -> O::Item {
        match self.turn() {
            Step::Yield(item) => item,
            other => panic!("expected an item, found {}", name(&other)),
        }
    }
}

pub fn name<T>(step: &Step<T>) -> String {
    match step {
        Step::Do(effect) => format!("{effect:?}"),
        Step::Yield(_) => "an item".to_owned(),
        Step::Wait(until) => format!("a wait until {until:?}"),
        Step::Done(Ok(())) => "the end".to_owned(),
        Step::Done(Err(error)) => format!("the error: {error}"),
    }
}

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn session() -> Session {
    session_with(|_| {}, |_| {})
}

pub fn session_with(config: impl FnOnce(&mut Config), settings: impl FnOnce(&mut Settings)) -> Session {
    let mut of = Config::new("https://k.test:6443").unwrap();
    config(&mut of);
    let mut with = Settings::default();
    settings(&mut with);
    Session::new(&of, SessionOptions::new(with, 42)).unwrap()
}

pub fn token_file(config: &mut Config) {
    config.credential = CredentialConfig::TokenFile { path: "/run/token".into(), fallback: None };
}

pub fn head(code: u16, headers: &[(&str, &str)]) -> Input {
    let mut response = Response::builder().status(code);
    for (name, value) in headers {
        response = response.header(name.parse::<HeaderName>().unwrap(), *value);
    }
    let (parts, ()): (Parts, ()) = response.body(()).unwrap().into_parts();
    Input::Head(Box::new(parts))
}

pub fn data(text: &str) -> Input {
    Input::Data(Bytes::copy_from_slice(text.as_bytes()))
}

/// A whole JSON response.
pub fn answer(code: u16, body: &str) -> [Input; 3] {
    [head(code, &[("content-type", "application/json")]), data(body), Input::End]
}

pub fn status(code: u16, reason: &str, message: &str) -> String {
    format!(
        r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{message}","reason":"{reason}","code":{code}}}"#
    )
}
