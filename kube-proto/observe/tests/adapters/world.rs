//! A client without a network: the tests say what arrives.

use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use k8s_openapi::api::core::v1::Pod;
use kube_proto::Api;
use kube_proto::api::WatchParams;
use kube_proto::config::Config;
use kube_proto::driver::{
    Effect, Exchange, Fault, FaultKind, Input, Now, Operation, Session, SessionOptions, Step, Task,
};
use kube_proto::observe::{ConnectionRecord, Observers};
use kube_proto::settings::Settings;

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-0","uid":"1"}}"#;

/// A session and its clock.
pub(crate) struct World {
    pub session: Session,
    pub now: Now,
}

impl World {
    pub(crate) fn new(observers: Observers) -> Self {
        let config = Config::new("https://k.test:6443").unwrap().with_token("canary-token");
        let options = SessionOptions { observers, ..SessionOptions::new(Settings::default(), 42) };
        let now = Now::default().after(Duration::from_secs(1_800_000_000));
        Self { session: Session::new(&config, options).unwrap(), now }
    }

    /// Carries an operation out until its end or its first item. `answers` has what follows each of its exchanges, which
    /// are returned.
    pub(crate) fn run<O: Operation>(&mut self, operation: O, mut answers: Vec<Vec<Input>>) -> Vec<Exchange> {
        let mut task = Task::new(operation, self.session.clone());
        let (mut arrived, mut sent) = (Vec::<Input>::new().into_iter(), Vec::new());
        let record = self.session.connecting(self.session.endpoint(), self.now.mono);
        loop {
            match task.turn(self.now, Waker::noop(), || arrived.next()) {
                Step::Do(Effect::Exchange(exchange)) => {
                    if sent.is_empty() {
                        record.connected(self.now.mono);
                        record.ready(Version::HTTP_2, self.now.mono);
                    }
                    record.carries(exchange.tag);
                    sent.push(*exchange);
                    self.now = self.now.after(Duration::from_millis(30));
                    arrived = answers.remove(0).into_iter();
                }
                Step::Wait(until) => self.now = self.now.after(until.unwrap().since(self.now.mono)),
                Step::Yield(_) if answers.is_empty() => {
                    // One more turn: the end of the call.
                    let _ = task.turn(self.now, Waker::noop(), || arrived.next());
                    break;
                }
                Step::Done(_) => break,
                Step::Yield(_) | Step::Do(_) => {}
            }
        }
        drop(task);
        end(&record);
        sent
    }

    /// A get with three attempts: 503, a lost connection, 200.
    pub(crate) fn get(&mut self) -> Vec<Exchange> {
        let get = Api::<Pod>::namespaced("canary-namespace").get("canary-name");
        let lost = Input::Failed(Box::new(Fault::unknown(FaultKind::Closed, "the connection was lost")));
        self.run(
            get,
            vec![
                vec![head(503, &[("retry-after", "0")]), Input::End],
                vec![lost],
                vec![head(200, &[]), Input::Data(Bytes::from_static(POD.as_bytes())), Input::End],
            ],
        )
    }

    /// A get that the server refuses.
    pub(crate) fn missing(&mut self) {
        self.run(Api::<Pod>::namespaced("canary-namespace").get("canary-name"), vec![vec![head(404, &[]), Input::End]]);
    }

    /// A watch that its caller drops after an event.
    pub(crate) fn watch(&mut self) {
        let event = format!("{{\"type\":\"ADDED\",\"object\":{POD}}}\n");
        let params = WatchParams::default().label_selector("canary=selector");
        self.run(Api::<Pod>::all().watch_once(&params), vec![vec![head(200, &[]), Input::Data(event.into())]]);
    }
}

fn end(record: &ConnectionRecord) {
    record.rests();
    record.closed();
}

fn head(code: u16, headers: &[(&'static str, &'static str)]) -> Input {
    let mut response = http::Response::builder().status(code);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Input::Head(Box::new(response.body(()).unwrap().into_parts().0))
}
