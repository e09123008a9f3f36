//! A client without a network: the tests say what arrives.

use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use k8s_openapi::api::core::v1::Pod;
use kube_proto::Api;
use kube_proto::api::WatchParams;
use kube_proto::config::{Config, CredentialConfig, ExecApiVersion, ExecPlugin, InteractiveMode};
use kube_proto::controller::{LeaderElection, LeaderElectionSettings, Outcome, Priority, Queue, QueueSettings};
use kube_proto::driver::{
    Effect, Exchange, Fault, FaultKind, Input, Now, Operation, ProcessOutput, Session, SessionOptions, Step, Task,
};
use kube_proto::observe::{ConnectionRecord, Observers, QueueRecord, QueueStep};
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

/// What happens outside of calls: a queue, an election, three runs of a plugin, and a rate that is lowered and raised.
pub(crate) fn work(observers: &Observers) {
    queue(observers);
    election(observers);
    let secret = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"canary","expirationTimestamp":"2027-01-15T09:00:00Z"}}"#;
    plugin(observers, output(0, secret));
    plugin(observers, output(3, ""));
    plugin(observers, Input::Failed(Box::new(Fault::unsent(FaultKind::NotFound, "no such file"))));
    rate(observers);
}

fn queue(observers: &Observers) {
    let (record, mut now) = (QueueRecord::new("carts", observers.clone()), Now::default());
    let mut queue = Queue::new(QueueSettings::default(), 1);
    queue.add(now.mono, "canary", Priority::NORMAL);
    queue.add(now.mono, "another", Priority::NORMAL);
    record.report(now, || queue.stats(now.mono), QueueStep::Added);
    for outcome in [Outcome::Failed, Outcome::Done] {
        now = now.after(Duration::from_millis(1));
        let job = queue.pop(now.mono).unwrap();
        record.report(now, || queue.stats(now.mono), QueueStep::Started { waited: job.waited });
        now = now.after(Duration::from_secs(1));
        record.report(now, || queue.stats(now.mono), QueueStep::Running);
        let took = queue.finish(now.mono, &job.key, outcome).unwrap();
        record.report(now, || queue.stats(now.mono), QueueStep::Finished { took, outcome });
    }
}

fn election(observers: &Observers) {
    let mut world = World::new(observers.clone());
    let election = LeaderElection::new("shop", "cart", "canary", LeaderElectionSettings::default()).unwrap();
    let lease = r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"cart","resourceVersion":"1"},"spec":{}}"#;
    let read = vec![head(404, &[]), Input::End];
    world.run(election, vec![read, vec![head(201, &[]), Input::Data(lease.into()), Input::End]]);
}

fn output(status: i32, stdout: &'static str) -> Input {
    Input::Output(Box::new(ProcessOutput { status, stdout: stdout.into(), stderr: Bytes::new() }))
}

fn plugin(observers: &Observers, end: Input) {
    let mut config = Config::new("https://k.test:6443").unwrap();
    config.credential = CredentialConfig::Exec(Box::new(ExecPlugin {
        command: "get-token".into(),
        args: Vec::new(),
        env: Vec::new(),
        install_hint: None,
        api_version: ExecApiVersion::V1,
        interactive_mode: InteractiveMode::Never,
        cluster: None,
    }));
    let options = SessionOptions { observers: observers.clone(), ..SessionOptions::new(Settings::default(), 42) };
    let session = Session::new(&config, options).unwrap();
    let mut task = Task::new(Api::<Pod>::namespaced("shop").get("canary"), session);
    let now = Now::default().after(Duration::from_secs(1_800_000_000));
    assert!(matches!(task.turn(now, Waker::noop(), || None), Step::Do(Effect::Run(_))));
    let mut arrived = Some(end);
    while !matches!(task.turn(now, Waker::noop(), || arrived.take()), Step::Do(_) | Step::Done(_)) {}
}

/// Forty gets in a second, and one of them gets a 429.
fn rate(observers: &Observers) {
    let world = World::new(observers.clone());
    let get = || Task::new(Api::<Pod>::namespaced("shop").get("canary"), world.session.clone());
    let mut gets: Vec<_> = (0..40).map(|_| get()).collect();
    for task in &mut gets {
        assert!(matches!(task.turn(world.now, Waker::noop(), || None), Step::Do(_)));
    }
    let mut arrived = vec![head(429, &[("retry-after", "1")]), Input::End].into_iter();
    for _ in 0..3 {
        let _ = gets[0].turn(world.now, Waker::noop(), || arrived.next());
    }
    for second in 1..=5 {
        let _ = get().turn(world.now.after(Duration::from_secs(second)), Waker::noop(), || None);
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
