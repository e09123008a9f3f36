//! Sessions whose kubelet or API server is killed or stopped: a clear error within a stated time, and a log that goes on.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Node, Pod};
use kube_proto::Api;
use kube_proto::api::{ExecParams, ListParams, LogParams};
use kube_proto::logs::{LogEvent, LogSettings};
use kube_proto::port_forward::{Port, PortForward};
use serde_json::json;

use super::support::*;
use super::{exec, port_forward};
use crate::context::{Context, settings};
use crate::drivers::Remote;
use crate::rows::{Need, Row, row};
use crate::servers::{Cluster, Site};

const NEEDS: &[Need] = &[Need::Node, Need::Disruption];
/// What differs from the others is in the core, and each takes half a minute.
const LONG: &[Need] = &[Need::Time, Need::Node, Need::Disruption];

pub(crate) const ROWS: &[Row] = &[
    row!(the_kubelet_is_killed).real().alone().needs(LONG),
    row!(the_kubelet_is_stopped).real().alone().needs(NEEDS),
    row!(the_api_server_is_killed).real().alone().needs(NEEDS),
    row!(the_api_server_is_stopped).real().alone().needs(LONG),
    row!(without_websockets_to_the_kubelet).real().alone().needs(LONG),
    row!(without_the_translation_of_the_close_signal).real().alone().needs(LONG),
];

/// The ping and the patience of the processes' sessions here. Ports have 10 and 30 seconds.
const PING: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(3);
const PORTS: Duration = Duration::from_secs(40);
/// What a loaded machine may take in addition. In between no timer of the library would end the session.
const SLACK: Duration = Duration::from_secs(20);

type Change = fn(&Cluster);

/// What is done to a part of the cluster, and how it is mended.
struct Disruption {
    hurt: Change,
    mend: Change,
    /// Connections stay open and silent.
    silent: bool,
}

fn the_kubelet_is_killed(cx: &Context) {
    let (hurt, mend): (Change, Change) =
        (|cluster| cluster.script("kubelet", &["kill"]), |cluster| cluster.script("kubelet", &["start"]));
    disrupted(cx, &Disruption { hurt, mend, silent: false });
}

fn the_kubelet_is_stopped(cx: &Context) {
    let (hurt, mend): (Change, Change) =
        (|cluster| cluster.script("kubelet", &["pause"]), |cluster| cluster.script("kubelet", &["resume"]));
    disrupted(cx, &Disruption { hurt, mend, silent: true });
}

fn the_api_server_is_killed(cx: &Context) {
    disrupted(
        cx,
        &Disruption { hurt: |cluster| cluster.script("restart-apiserver", &[]), mend: |_| {}, silent: false },
    );
}

fn the_api_server_is_stopped(cx: &Context) {
    let (hurt, mend): (Change, Change) =
        (|cluster| cluster.script("pause-apiserver", &[]), |cluster| cluster.script("resume-apiserver", &[]));
    disrupted(cx, &Disruption { hurt, mend, silent: true });
}

/// Mends the cluster when it is dropped, so that a row that fails does not leave it broken.
struct Mend<'a>(&'a Cluster, Change);

impl Drop for Mend<'_> {
    fn drop(&mut self) {
        (self.1)(self.0);
    }
}

/// The lines of a log so far, or what was not as it has to be.
#[derive(Default)]
struct Found {
    lines: usize,
    troubles: usize,
    wrong: Option<String>,
}

impl Found {
    fn hear(&mut self, event: LogEvent) {
        match event {
            LogEvent::Line(line) if *line.text == *format!("line {}", self.lines).as_bytes() => self.lines += 1,
            LogEvent::Line(line) => {
                self.wrong.get_or_insert(format!("{} in place of line {}", line.text.escape_ascii(), self.lines));
            }
            LogEvent::Trouble(_) => self.troubles += 1,
            other => _ = self.wrong.get_or_insert(format!("{other:?}")),
        }
    }
}

fn disrupted(cx: &Context, disruption: &Disruption) {
    let Site::Real(cluster) = &cx.site else { return };
    // The whole patience of the ports takes long for each row of CI.
    let ports_too = !disruption.silent || std::env::var_os("KUBE_TEST_LONG").is_some();
    let api = Api::<Pod>::namespaced(cx.namespace_for_pods());
    let script = "nc -llll -p 7 -e cat & n=0; while true; do echo line $n; n=$((n + 1)); sleep 0.1; done";
    let container = json!({"name": "main", "image": IMAGE, "command": ["sh", "-c", script]});
    let spec = json!({"containers": [container], "terminationGracePeriodSeconds": 0});
    create(cx, &api, json!({"metadata": {"name": "a"}, "spec": spec}));
    port_forward::run(cx, "a");
    let mut settings = settings();
    (settings.channel.ping, settings.channel.patience) = (PING, PATIENCE);
    let client = cx.client_with(cx.site.admin(), settings).unwrap();

    let Remote { mut stdin, mut stdout, stderr: _stderr, process } =
        client.exec(api.exec("a", &ExecParams::run(["cat"]).stdin())).unwrap();
    stdin.write_all(b"typed").unwrap();
    stdout.read_exact(&mut [0; 5]).unwrap();
    let forwarder = client.port_forward(PortForward::pod("a").within(cx.namespace())).unwrap();
    let (mut reader, mut writer) = cx.eventually("a connection", || {
        let (mut reader, mut writer) = forwarder.connect(Port::Number(7)).ok()?;
        writer.write_all(b"x").ok()?;
        reader.read_exact(&mut [0; 1]).ok()?;
        Some((reader, writer))
    });
    let (found, done) = (Mutex::new(Found::default()), AtomicBool::new(false));
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let log = LogSettings::new(LogParams::default().follow()).silence(Some(Duration::from_secs(3)));
        let lines = api.log_lines("a", log);
        let following = scope.spawn(|| {
            client.stream(lines, |event| {
                lock().hear(event);
                if done.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
        });
        cx.eventually("lines of the log", || (lock().lines > 3).then_some(()));
        // Input that is under way does not prolong it.
        stdin.write_all(b"more").unwrap();
        let _ = writer.write_all(b"more");
        let executing = scope.spawn(move || {
            let error = stdout.read_to_end(&mut Vec::new()).err().map(|error| error.to_string());
            (Instant::now(), error, process.wait())
        });
        let connected = ports_too.then(|| {
            scope.spawn(move || {
                let error = reader.read_to_end(&mut Vec::new()).err().map(|error| error.to_string());
                (Instant::now(), error)
            })
        });
        let began = Instant::now();
        let mend = Mend(cluster, disruption.mend);
        (disruption.hurt)(cluster);
        let (ended, error, result) = executing.join().unwrap();
        let within = if disruption.silent { PING + PATIENCE } else { Duration::ZERO };
        let took = ended.saturating_duration_since(began);
        assert!(took >= within / 2 && took < within + SLACK, "the process's session ended after {took:?}");
        let error = error.expect("the output must not end as if the process had ended");
        let words = if disruption.silent { "no answer" } else { "its exit code is not known" };
        assert!(error.contains(words), "{error}");
        assert!(result.is_err(), "{result:?}");
        if let Some(connected) = connected {
            let (ended, error) = connected.join().unwrap();
            let within = if disruption.silent { PORTS } else { Duration::ZERO };
            let took = ended.saturating_duration_since(began);
            assert!(took < within + SLACK, "the connection ended after {took:?}");
            let error = error.expect("the connection must not end as if the pod had ended it");
            eprintln!("the connection: {error}, after {took:?}");
        }
        eprintln!("the process: {error}, after {took:?}");
        if disruption.silent {
            cx.eventually("the log notices the silence", || (lock().troubles > 0).then_some(()));
        }
        drop(mend);
        let before = lock().lines;
        cx.eventually("the log goes on", || {
            let found = lock();
            (found.lines > before + 20 || found.wrong.is_some()).then_some(())
        });
        done.store(true, Ordering::Relaxed);
        following.join().unwrap().unwrap();
    });
    assert_eq!(lock().wrong, None);
    node_is_ready(cx);
}

/// What runs next needs the node.
fn node_is_ready(cx: &Context) {
    cx.eventually("the node is ready", || {
        let nodes = cx.call(Api::<Node>::all().list(&ListParams::default())).ok()?;
        nodes.items.iter().all(is_ready).then_some(())
    });
}

fn is_ready(node: &Node) -> bool {
    let ready = |node: &Node| {
        let conditions = node.status.as_ref()?.conditions.as_ref()?;
        Some(conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True"))
    };
    let tainted = node.spec.as_ref().and_then(|spec| spec.taints.as_ref()).is_some_and(|taints| !taints.is_empty());
    ready(node) == Some(true) && !tainted
}

/// Runs these behaviours, each in a namespace of its own, while the API server lacks features, and the kubelet WebSockets of its
/// own.
fn without(cx: &Context, gates: &str, behaviours: &[fn(&Context)]) {
    let Site::Real(cluster) = &cx.site else { return };
    let mend = Mend(cluster, |cluster| {
        cluster.script("restart-apiserver", &[]);
        cluster.script("kubelet", &["kill"]);
        cluster.script("kubelet", &["start"]);
    });
    cluster.script("restart-apiserver", &[&format!("--feature-gates={gates}")]);
    cluster.script("kubelet", &["kill"]);
    cluster.script("kubelet", &["start", "--feature-gates=ExtendWebSocketsToKubelet=false"]);
    node_is_ready(cx);
    for behaviour in behaviours {
        behaviour(&cx.another());
    }
    drop(mend);
    node_is_ready(cx);
}

/// The API server ends v5 itself, as servers before 1.36 do.
fn without_websockets_to_the_kubelet(cx: &Context) {
    let behaviours: &[fn(&Context)] = &[
        exec::exit_codes,
        exec::input_ends,
        exec::output_after_the_end_of_the_input,
        exec::a_terminal_and_its_size,
        exec::attached,
        exec::refusals,
    ];
    without(cx, "ExtendWebSocketsToKubelet=false", behaviours);
}

/// The container runtime speaks its own v4, as with servers before 1.30.
fn without_the_translation_of_the_close_signal(cx: &Context) {
    let behaviours: &[fn(&Context)] = &[
        exec::exit_codes,
        exec::outputs_are_two,
        exec::the_older_protocol,
        exec::a_terminal_and_its_size,
        exec::attached,
    ];
    without(cx, "TranslateStreamCloseWebsocketRequests=false,ExtendWebSocketsToKubelet=false", behaviours);
}
