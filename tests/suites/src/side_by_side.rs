//! Operations side by side, as a list of tests that every transport runs.
//!
//! A transport names its [`Client`] in [`side_by_side!`](crate::side_by_side!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::api::{LogParams, Logs};
use kube_proto::config::Config;
use kube_proto::driver::Group;
use kube_proto::logs::{Containers, LogEvent, LogSettings, MergeSettings, MergedLog, Pods};
use kube_proto::settings::Settings;
use kube_proto::{Error, ErrorKind};
use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Identity, Options, Server as ApiServer};
use serde_json::{Value, json};

use crate::blocking::{Client, made};
use crate::scripted::{Server, pods};

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! side_by_side {
    ($client:ty) => {
        $crate::tests_of!(
            side_by_side, $client:
            members_run_side_by_side,
            a_member_that_floods_does_not_hold_back_the_others,
            a_group_is_stopped_from_another_thread,
            a_failure_of_one_leaves_the_others_alone,
            logs_are_merged_and_later_containers_joined,
            all_logs_of_a_deployment_end,
        );
    };
}

/// The logs of the pods `0`, `1`, ...: what each said, and its end.
struct Many {
    start: Vec<(u64, Logs)>,
    left: usize,
}

impl Many {
    fn new(count: u64) -> Self {
        let log = |number: u64| (number, pods().logs(&number.to_string(), &LogParams::default().follow()));
        Self { start: (0..count).map(log).collect(), left: usize::try_from(count).unwrap() }
    }
}

impl Group for Many {
    type Member = Logs;
    type Item = (u64, Result<Bytes, Option<Error>>);

    fn start(&mut self) -> Option<(u64, Logs)> {
        self.start.pop()
    }

    fn queued(&mut self) -> Option<Self::Item> {
        None
    }

    fn item(&mut self, member: u64, item: Bytes) -> Option<Self::Item> {
        Some((member, Ok(item)))
    }

    fn end(&mut self, member: u64, result: Result<(), Error>) -> Option<Self::Item> {
        self.left -= 1;
        Some((member, Err(result.err())))
    }

    fn needs(&self, _member: u64) -> bool {
        true
    }

    fn over(&self) -> Option<Result<(), Error>> {
        (self.left == 0).then_some(Ok(()))
    }
}

fn number(line: &str) -> u64 {
    line.split("/pods/").nth(1).unwrap().split('/').next().unwrap().parse().unwrap()
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Each pod says its line only when its turn has come, in an order that no other order of requests would give.
pub fn members_run_side_by_side<C: Client>() {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..4).map(|_| mpsc::channel::<()>()).unzip();
    let receivers: Vec<_> = receivers.into_iter().map(|receiver| Mutex::new(Some(receiver))).collect();
    let server = Server::each(move |mut peer| {
        let number = number(&peer.request().unwrap());
        let turn = receivers[usize::try_from(number).unwrap()].lock().unwrap().take().unwrap();
        peer.say(HEAD);
        for n in 0..3 {
            if turn.recv().is_err() {
                return;
            }
            peer.say(format!("2\r\n{number}{n}\r\n"));
        }
        peer.say("0\r\n\r\n");
    });
    let client: C = made(server.config(), Settings::default());
    let mut logs = client.together(Many::new(4));
    for n in 0..3 {
        for number in [2, 0, 3, 1u64] {
            senders[usize::try_from(number).unwrap()].send(()).unwrap();
            loop {
                let (from, what) = logs.next().unwrap().unwrap();
                // An end may come in between.
                let Ok(text) = what else { continue };
                assert_eq!((from, &text[..]), (number, format!("{number}{n}").as_bytes()));
                break;
            }
        }
    }
    for item in logs {
        assert!(matches!(item.unwrap().1, Err(None)));
    }
}

/// One pod writes without end; the line of the other comes all the same.
pub fn a_member_that_floods_does_not_hold_back_the_others<C: Client>() {
    let server = Server::each(|mut peer| {
        let number = number(&peer.request().unwrap());
        peer.say(HEAD);
        if number == 0 {
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
            // Until the client closes.
            for _ in 0..20_000 {
                peer.say(&chunk);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
        peer.say("5\r\nhere\n\r\n");
        assert!(peer.request().is_none());
    });
    let client: C = made(server.config(), Settings::default());
    let mut logs = client.together(Many::new(2));
    let found = logs.by_ref().find(|item| item.as_ref().unwrap().0 == 1);
    assert_eq!(found.unwrap().unwrap().1.unwrap(), "here\n");
}

/// Stops a group while all its members are silent.
pub fn a_group_is_stopped_from_another_thread<C: Client>() {
    let server = Server::each(|mut peer| {
        peer.request();
        peer.say(HEAD);
        assert!(peer.request().is_none());
    });
    let client: C = made(server.config(), Settings::default());
    let mut logs = client.together(Many::new(3));
    let stop = logs.stopper();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        stop();
    });
    let error = logs.next().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped));
    assert!(logs.next().is_none());
    other.join().unwrap();
}

/// A member that is refused ends alone.
pub fn a_failure_of_one_leaves_the_others_alone<C: Client>() {
    let server = Server::each(|mut peer| {
        while let Some(line) = peer.request() {
            if number(&line) == 1 {
                peer.answer(404, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"no"}"#);
            } else {
                peer.answer(200, "line\n");
            }
        }
    });
    let client: C = made(server.config(), Settings::default());
    let mut lines = 0;
    let mut failed = Vec::new();
    for item in client.together(Many::new(4)) {
        match item.unwrap() {
            (_, Ok(_)) => lines += 1,
            (number, Err(Some(_))) => failed.push(number),
            (_, Err(None)) => {}
        }
    }
    assert_eq!((lines, failed), (3, vec![1]));
}

/// An in-memory server, and a client of it.
fn cluster<C: Client>() -> (Bound, C) {
    let bound = Bound::start(ApiServer::new(Options::default()), Binding::plain().trusting("admin")).unwrap();
    let client = made(Config::new(&bound.url()).unwrap(), Settings::default());
    (bound, client)
}

fn ask(server: &mut ApiServer, method: &str, path: &str, body: &Value) {
    let request = http::Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(Bytes::from(body.to_string())).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let response = server.handle(request, &Identity::admin(), now).response().unwrap();
    assert!(response.status().is_success(), "{path}: {}", String::from_utf8_lossy(response.body()));
}

const PODS: &str = "/api/v1/namespaces/default/pods";

/// A pod of the app `web` with the containers `a` and `b`, which run.
fn pod(server: &mut ApiServer, name: &str) {
    let containers = json!([{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]);
    let metadata = json!({"name": name, "labels": {"app": "web"}});
    let object = json!({"metadata": metadata, "spec": {"nodeName": "n", "containers": containers}});
    ask(server, "POST", PODS, &object);
    for container in ["a", "b"] {
        server.start_container("default", name, container);
    }
}

/// Lines of several containers; a pod that is created later, and a container's next run, are joined; a pod that is deleted
/// ends, and the others go on.
pub fn logs_are_merged_and_later_containers_joined<C: Client>() {
    let (bound, client) = cluster::<C>();
    bound.with(|server| {
        pod(server, "one");
        pod(server, "two");
        server.append_log("default", "one", "a", "old 1\nold 2\n");
    });
    let settings = LogSettings::new(LogParams::default().follow().tail_lines(1));
    let settings = MergeSettings::new(Pods::labels("app=web"), settings).containers(Containers::All);
    let mut found = BTreeMap::<String, Vec<String>>::new();
    let mut ended = BTreeSet::new();
    let mut step = 0;
    for item in client.together(pods().merged_logs(settings)) {
        match item.unwrap() {
            MergedLog::Log(origin, LogEvent::Line(line)) => {
                let text = String::from_utf8(line.text.to_vec()).unwrap();
                found.entry(origin.to_string()).or_default().push(text);
            }
            MergedLog::Ended(origin, result) => {
                assert!(result.is_ok(), "{result:?}");
                ended.insert(origin.to_string());
            }
            _ => {}
        }
        let has = |origin: &str, text: &str| found.get(origin).is_some_and(|lines| lines.iter().any(|l| l == text));
        let next = match step {
            // Only the last of the old lines.
            0 => has("pod/one/a", "old 2"),
            1 => has("pod/two/b", "first"),
            2 => has("pod/three/a", "joined"),
            3 => has("pod/two/b", "next run"),
            4 => ended.contains("pod/one/a") && ended.contains("pod/one/b"),
            5 => has("pod/two/a", "last"),
            _ => break,
        };
        if !next {
            continue;
        }
        bound.with(|server| match step {
            0 => server.append_log("default", "two", "b", "first\n"),
            1 => {
                ask(
                    server,
                    "POST",
                    PODS,
                    &json!({"metadata": {"name": "three", "labels": {"app": "web"}},
                    "spec": {"nodeName": "n", "containers": [{"name": "a", "image": "i"}]}}),
                );
                server.start_container("default", "three", "a");
                // From the beginning, although one line was asked for of those before.
                server.append_log("default", "three", "a", "from the beginning\njoined\n");
            }
            2 => {
                server.end_container("default", "two", "b", 1);
                server.restart_container("default", "two", "b");
                server.append_log("default", "two", "b", "next run\n");
            }
            3 => ask(server, "DELETE", &format!("{PODS}/one?gracePeriodSeconds=0"), &json!({})),
            4 => server.append_log("default", "two", "a", "last\n"),
            _ => {}
        });
        step += 1;
        if step == 6 {
            break;
        }
    }
    assert_eq!(found["pod/one/a"], ["old 2"]);
    assert_eq!(found["pod/three/a"], ["from the beginning", "joined"]);
    assert_eq!(found["pod/two/b"], ["first", "next run"]);
}

/// Logs that are not followed end, and so does the merge; at most two are read at once.
pub fn all_logs_of_a_deployment_end<C: Client>() {
    let (bound, client) = cluster::<C>();
    bound.with(|server| {
        let template =
            json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "a", "image": "i"}]}});
        let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template});
        let object = json!({"metadata": {"name": "web"}, "spec": spec});
        ask(server, "POST", "/apis/apps/v1/namespaces/default/deployments", &object);
        for n in 0..5 {
            pod(server, &n.to_string());
            for container in ["a", "b"] {
                server.append_log("default", &n.to_string(), container, &format!("{n}{container}\n"));
            }
        }
    });
    let deployments = kube_proto::resource::ApiResource::new(
        "apps/v1",
        "Deployment",
        "deployments",
        kube_proto::resource::Scope::Namespaced,
    );
    let settings = MergeSettings::new(Pods::of(deployments, "web"), LogParams::default());
    let group = pods().merged_logs(settings.containers(Containers::All).most(2));
    let origins: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let mut lines = Vec::new();
    let (mut reading, mut listed) = (0, 0);
    for item in client.together(group) {
        match item.unwrap() {
            MergedLog::Log(origin, LogEvent::Line(line)) => {
                origins.lock().unwrap().insert(origin.to_string());
                lines.push(String::from_utf8(line.text.to_vec()).unwrap());
            }
            MergedLog::Began(_) => {
                reading += 1;
                assert!(reading <= 2);
            }
            MergedLog::Ended(..) => reading -= 1,
            MergedLog::Listed { logs } => listed = logs,
            _ => {}
        }
    }
    lines.sort_unstable();
    assert_eq!(lines, ["0a", "0b", "1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b"]);
    assert_eq!((origins.lock().unwrap().len(), listed), (10, 10));
}
