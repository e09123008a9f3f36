//! Connections to the ports of pods. On a real server a busybox listens; the in-memory one has an echo and an HTTP port.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use k8s_openapi::api::core::v1::{Pod, Service};
use kube_proto::api::{DeleteParams, ExecParams, Patch, PatchParams, Subresource};
use kube_proto::copy::RemotePath;
use kube_proto::port_forward::{Port, PortForward};
use kube_proto::{Api, Error};
use kube_test_server::serve::Authority;
use kube_tests::proxy::Proxy;
use serde_json::json;

use super::support::*;
use crate::context::{Context, settings};
use crate::drivers::Forwarder;
use crate::rows::{Need, Row, row};
use crate::servers::Site;

const NODE: &[Need] = &[Need::Node];

pub(crate) const ROWS: &[Row] = &[
    row!(there_and_back).needs(NODE),
    row!(many_connections_at_once).needs(NODE),
    row!(a_service_a_deployment_and_a_selector_lead_to_a_pod).needs(NODE),
    row!(a_connection_that_is_dropped_leaves_the_others_alone).needs(NODE),
    row!(a_session_that_ended_is_opened_again_where_asked).needs(NODE),
    row!(a_replaced_pod_is_found_again).real().needs(NODE),
    row!(a_port_without_a_listener_fails_alone).needs(NODE),
    row!(bytes_for_a_port_without_a_listener_hold_no_other_connection).needs(NODE),
    row!(local_ports_lead_to_the_pod).needs(NODE),
    row!(without_tunnels_each_connection_has_a_session)
        .in_memory()
        .memory(|options| options.port_forward_tunnels = false),
    row!(a_connection_that_is_slow_to_open_holds_up_no_other)
        .in_memory()
        .memory(|options| options.port_forward_tunnels = false),
    row!(all_sessions_go_through_every_kind_of_proxy).needs(NODE),
    row!(refusals_are_the_servers_answers),
];

const ECHO: u16 = 7;
const HTTP: u16 = 80;

/// A pod that listens on the ports.
fn spec(cx: &Context) -> serde_json::Value {
    // Each `l` of busybox' `nc` is a place in its queue of new connections.
    let script = "nc -llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll -p 7 -e cat & mkdir -p /tmp/www; echo hello >/tmp/www/index.html; exec httpd -f -p 80 -h /tmp/www";
    let ports = json!([{"name": "web", "containerPort": 80}]);
    let container = json!({"name": "main", "image": IMAGE, "command": ["sh", "-c", script], "ports": ports});
    let mut spec = json!({"containers": [container], "terminationGracePeriodSeconds": 1});
    if let Site::Memory(_) = &cx.site {
        spec["nodeName"] = json!("node");
    }
    spec
}

/// Starts the pod, and waits until it runs.
fn start(cx: &Context, name: &str) {
    let api = Api::<Pod>::namespaced(cx.namespace_for_pods());
    create(cx, &api, json!({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec(cx)}));
    run(cx, name);
}

/// Waits until a pod runs; in memory, makes it run.
pub(super) fn run(cx: &Context, name: &str) {
    let api = Api::<Pod>::namespaced(cx.namespace());
    if let Site::Memory(_) = &cx.site {
        let running = Patch::merge(&json!({"status": {"phase": "Running"}}));
        cx.call(api.subresource::<Pod>(Subresource::STATUS).patch(name, &running, &PatchParams::default())).unwrap();
    }
    cx.eventually("the pod runs", || {
        let pod = cx.call(api.get(name)).ok()?;
        (pod.status?.phase? == "Running").then_some(())
    });
}

fn forward(cx: &Context, target: PortForward) -> Box<dyn Forwarder> {
    cx.port_forward(target.within(cx.namespace())).unwrap()
}

/// The bytes that come back from the echo port. Its listener may be a moment later than its pod.
fn echoed(cx: &Context, forwarder: &dyn Forwarder, text: &str) {
    cx.eventually("an echo", || {
        let (mut reader, mut writer) = forwarder.connect(Port::Number(ECHO)).ok()?;
        writer.write_all(text.as_bytes()).ok()?;
        let mut back = vec![0; text.len()];
        reader.read_exact(&mut back).ok()?;
        assert_eq!(String::from_utf8(back).unwrap(), text);
        Some(())
    });
}

/// The answer of the HTTP port, to the end of the connection.
fn page(cx: &Context, connect: impl Fn() -> Option<(Box<dyn Read + Send>, Box<dyn Write + Send>)>) {
    cx.eventually("a page", || {
        let (mut reader, mut writer) = connect()?;
        writer.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        reader.read_to_string(&mut answer).ok()?;
        answer.contains(" 200 OK\r\n").then_some(())
    });
}

fn web(cx: &Context, forwarder: &dyn Forwarder, port: &Port) {
    page(cx, || {
        let (reader, writer) = forwarder.connect(port.clone()).ok()?;
        Some((reader, Box::new(writer)))
    });
}

fn there_and_back(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    assert!(forwarder.is_tunnel());
    assert_eq!(forwarder.pod(), "a");
    for text in ["one", "two"] {
        echoed(cx, &*forwarder, text);
    }
    web(cx, &*forwarder, &Port::Number(HTTP));
    web(cx, &*forwarder, &Port::Name("web".into()));
    // The sending side ends first, and all that was sent comes back; from containerd, what comes within a second.
    let (mut reader, mut writer) = forwarder.connect(Port::Number(ECHO)).unwrap();
    writer.write_all(b"question").unwrap();
    let mut answer = vec![0; 8];
    if let Site::Real(_) = &cx.site {
        reader.read_exact(&mut answer).unwrap();
    }
    writer.finish().unwrap();
    assert!(writer.write_all(b"late").is_err());
    if let Site::Memory(_) = &cx.site {
        reader.read_exact(&mut answer).unwrap();
    }
    assert_eq!((answer, reader.read(&mut [0; 1]).unwrap()), (b"question".to_vec(), 0));
    forwarder.close();
    assert!(forwarder.connect(Port::Number(ECHO)).is_err());
}

/// 32 connections, 2 MiB each way on each: what comes back is what was sent. In memory, the client ends its side at once;
/// containerd would close the connection a second later.
fn many_connections_at_once(cx: &Context) {
    const EACH: usize = 2 << 20;
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    echoed(cx, &*forwarder, "ready");
    let ends_at_once = matches!(&cx.site, Site::Memory(_));
    std::thread::scope(|scope| {
        for n in 0..32u32 {
            let forwarder = &forwarder;
            scope.spawn(move || {
                let (mut reader, mut writer) = forwarder.connect(Port::Number(ECHO)).unwrap();
                let byte = move |at: usize| (at as u32).wrapping_mul(2_654_435_761).wrapping_add(n).to_be_bytes()[0];
                let sent: Vec<u8> = (0..EACH).map(byte).collect();
                std::thread::scope(|scope| {
                    let writing = scope.spawn(|| {
                        writer.write_all(&sent).unwrap();
                        if ends_at_once {
                            writer.finish().unwrap();
                        }
                        writer
                    });
                    let mut back = vec![0; EACH];
                    reader.read_exact(&mut back).unwrap();
                    assert!(back == sent, "connection {n}: other bytes came back");
                    writing.join().unwrap().finish().unwrap();
                    assert_eq!(reader.read(&mut [0; 1]).unwrap(), 0, "connection {n}: more bytes came back");
                });
            });
        }
    });
}

fn a_port_without_a_listener_fails_alone(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    echoed(cx, &*forwarder, "before");
    let (mut good, mut writer) = forwarder.connect(Port::Number(ECHO)).unwrap();
    let failed = |result: Result<(), std::io::Error>| result.unwrap_err().to_string();
    let text = match forwarder.connect(Port::Number(81)) {
        Ok((mut reader, _writer)) => failed(reader.read_to_end(&mut Vec::new()).map(|_| ())),
        Err(error) => error.to_string(),
    };
    assert!(text.contains("error forwarding port 81") && text.contains("connection refused"), "{text}");
    writer.write_all(b"after").unwrap();
    let mut back = [0; 5];
    good.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"after");
}

/// The node does not read what was sent to such a port, and stops to read other connections of the same tunnel.
fn bytes_for_a_port_without_a_listener_hold_no_other_connection(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    echoed(cx, &*forwarder, "before");
    for n in 0..12 {
        if let Ok((mut reader, mut writer)) = forwarder.connect(Port::Number(81)) {
            // The failure may come before, in between or later.
            let _ = writer.write_all(&vec![b'x'; 1 << (n + 4)]);
            assert!(reader.read_to_end(&mut Vec::new()).is_err(), "{n}");
        }
        echoed(cx, &*forwarder, "after");
    }
}

fn a_service_a_deployment_and_a_selector_lead_to_a_pod(cx: &Context) {
    let labels = json!({"app": "web"});
    match &cx.site {
        Site::Memory(_) => start(cx, "a"),
        Site::Real(_) => _ = cx.namespace_for_pods(),
    }
    let deployments = dynamic(cx, "apps/v1", "Deployment", "deployments");
    let template = json!({"metadata": {"labels": labels}, "spec": spec(cx)});
    let deployment = json!({"replicas": 1, "selector": {"matchLabels": labels}, "template": template});
    create(cx, &deployments, json!({"metadata": {"name": "web"}, "spec": deployment}));
    let services = Api::<Service>::namespaced(cx.namespace());
    let ports =
        json!([{"name": "http", "port": 8080, "targetPort": "web"}, {"name": "echo", "port": 7777, "targetPort": 7}]);
    create(cx, &services, json!({"metadata": {"name": "web"}, "spec": {"selector": labels, "ports": ports}}));
    let service = cx.eventually("a pod of the service runs", || {
        cx.port_forward(PortForward::service("web").within(cx.namespace())).ok()
    });
    web(cx, &*service, &Port::Name("http".into()));
    web(cx, &*service, &Port::Number(8080));
    let Err(error) = service.connect(Port::Number(80)) else { panic!("the service has no such port") };
    says(&error, &["does not have a port 80"]);
    web(cx, &*forward(cx, PortForward::deployment("web")), &Port::Number(HTTP));
    let selector = kube_proto::api::LabelSelector::new().equals("app", "web").unwrap();
    web(cx, &*forward(cx, PortForward::selector(selector)), &Port::Name("web".into()));
}

fn local_ports_lead_to_the_pod(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    echoed(cx, &*forwarder, "ready");
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let local = forwarder.listen(address, Port::Number(HTTP));
        assert_eq!(local.ip(), address);
        page(cx, || {
            let socket = TcpStream::connect(local).unwrap();
            Some((Box::new(socket.try_clone().unwrap()), Box::new(socket)))
        });
        let local = forwarder.listen(address, Port::Number(ECHO));
        let sent: Vec<u8> = (0..1u32 << 20).map(|n| (n % 251) as u8).collect();
        let socket = &TcpStream::connect(local).unwrap();
        let sent = &sent;
        std::thread::scope(|scope| {
            let ends = matches!(&cx.site, Site::Memory(_));
            scope.spawn(move || {
                { socket }.write_all(sent).unwrap();
                // containerd would close the connection a second later.
                if ends {
                    socket.shutdown(Shutdown::Write).unwrap();
                }
            });
            let mut back = vec![0; sent.len()];
            { socket }.read_exact(&mut back).unwrap();
            assert!(back == *sent, "other bytes came back");
            if !ends {
                socket.shutdown(Shutdown::Write).unwrap();
            }
            assert_eq!({ socket }.read(&mut [0; 1]).unwrap(), 0);
        });
        // A connection that fails is closed.
        let closed = forwarder.listen(address, Port::Number(81));
        let mut socket = TcpStream::connect(closed).unwrap();
        let _ = socket.write_all(b"x");
        assert!(socket.read_to_end(&mut Vec::new()).unwrap_or(0) == 0);
    }
}

fn a_connection_that_is_dropped_leaves_the_others_alone(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    echoed(cx, &*forwarder, "ready");
    let (mut reader, mut writer) = forwarder.connect(Port::Number(ECHO)).unwrap();
    for _ in 0..10 {
        // More comes back than is read, and then nothing is read.
        let (mut left, mut busy) = forwarder.connect(Port::Number(ECHO)).unwrap();
        busy.write_all(&[b'x'; 100_000]).unwrap();
        left.read_exact(&mut [0; 10]).unwrap();
        drop((left, busy));
        writer.write_all(b"still").unwrap();
        let mut back = [0; 5];
        reader.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"still");
    }
}

fn a_session_that_ended_is_opened_again_where_asked(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a").reconnect());
    echoed(cx, &*forwarder, "first");
    let (mut reader, _writer) = forwarder.connect(Port::Number(ECHO)).unwrap();
    forwarder.close();
    assert!(reader.read(&mut [0; 1]).is_err(), "the session has ended, and the connection had not");
    echoed(cx, &*forwarder, "second");
}

/// The deployment replaces the pod; new connections go to the new one. The old tunnel stays open: connections through it
/// fail on the node, and what they sent may hold later ones.
fn a_replaced_pod_is_found_again(cx: &Context) {
    cx.namespace_for_pods();
    let labels = json!({"app": "web"});
    let deployments = dynamic(cx, "apps/v1", "Deployment", "deployments");
    let template = json!({"metadata": {"labels": labels}, "spec": spec(cx)});
    let deployment = json!({"replicas": 1, "selector": {"matchLabels": labels}, "template": template});
    create(cx, &deployments, json!({"metadata": {"name": "web"}, "spec": deployment}));
    let target = || PortForward::deployment("web").within(cx.namespace()).reconnect();
    let forwarder = cx.eventually("a pod runs", || cx.port_forward(target()).ok());
    echoed(cx, &*forwarder, "first");
    let (mut reader, _writer) = forwarder.connect(Port::Number(ECHO)).unwrap();
    let first = forwarder.pod();
    let pods = Api::<Pod>::namespaced(cx.namespace());
    cx.call(pods.delete(&first, &DeleteParams::default().grace_period_seconds(0))).unwrap();
    // The old connection ends, with the pod.
    let _ = reader.read(&mut [0; 1]);
    cx.eventually("the new pod echoes", || {
        let (mut reader, mut writer) = forwarder.connect(Port::Number(ECHO)).ok()?;
        writer.write_all(b"x").ok()?;
        reader.read_exact(&mut [0; 1]).ok()
    });
    assert_ne!(forwarder.pod(), first);
}

fn without_tunnels_each_connection_has_a_session(cx: &Context) {
    start(cx, "a");
    let forwarder = forward(cx, PortForward::pod("a"));
    assert!(!forwarder.is_tunnel());
    let connections: Vec<_> = (0..3).map(|_| forwarder.connect(Port::Number(ECHO)).unwrap()).collect();
    for (n, (mut reader, mut writer)) in connections.into_iter().enumerate() {
        let text = format!("connection {n}");
        writer.write_all(text.as_bytes()).unwrap();
        let mut back = vec![0; text.len()];
        reader.read_exact(&mut back).unwrap();
        assert_eq!(String::from_utf8(back).unwrap(), text);
        let error = writer.finish().unwrap_err().to_string();
        assert!(error.contains("without a tunnel"), "{error}");
    }
    web(cx, &*forwarder, &Port::Number(HTTP));
    let (mut reader, _writer) = forwarder.connect(Port::Number(81)).unwrap();
    let error = reader.read(&mut [0; 1]).unwrap_err().to_string();
    assert!(error.contains("error forwarding port 81"), "{error}");
    // A local port, whose peer ends first.
    let local = forwarder.listen(IpAddr::V4(Ipv4Addr::LOCALHOST), Port::Number(HTTP));
    page(cx, || {
        let socket = TcpStream::connect(local).unwrap();
        Some((Box::new(socket.try_clone().unwrap()), Box::new(socket)))
    });
}

/// A relay before the server, which swallows the bytes of some connections.
struct Relay {
    port: u16,
    /// From now on the bytes of clients are swallowed.
    swallows: Arc<AtomicBool>,
    swallowed: Arc<AtomicUsize>,
}

impl Relay {
    fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (port, swallows) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let swallowed = Arc::new(AtomicUsize::new(0));
        let (on, count) = (Arc::clone(&swallows), Arc::clone(&swallowed));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (mut client, mut server) = (client.unwrap(), TcpStream::connect(server).unwrap());
                let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || _ = std::io::copy(&mut answers, &mut back));
                let (on, count) = (Arc::clone(&on), Arc::clone(&count));
                std::thread::spawn(move || {
                    let mut buffer = [0; 10_000];
                    while let Ok(read @ 1..) = client.read(&mut buffer) {
                        if on.load(Ordering::Relaxed) {
                            count.fetch_add(1, Ordering::Relaxed);
                            let _ = std::io::copy(&mut client, &mut std::io::sink());
                            return;
                        }
                        if server.write_all(&buffer[..read]).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { port, swallows, swallowed }
    }
}

fn a_connection_that_is_slow_to_open_holds_up_no_other(cx: &Context) {
    start(cx, "a");
    let mut config = cx.site.admin();
    let relay = Relay::start(SocketAddr::from((Ipv4Addr::LOCALHOST, config.server.port)));
    config.server.port = relay.port;
    let mut settings = settings();
    // Longer than the page is waited for.
    settings.upgrade.head = std::time::Duration::from_secs(600);
    let client = cx.client_with(config, settings).unwrap();
    let forwarder = client.port_forward(PortForward::pod("a").within(cx.namespace())).unwrap();
    let local = forwarder.listen(IpAddr::V4(Ipv4Addr::LOCALHOST), Port::Number(HTTP));
    relay.swallows.store(true, Ordering::Relaxed);
    let slow = TcpStream::connect(local).unwrap();
    cx.eventually("the slow one is opened", || (relay.swallowed.load(Ordering::Relaxed) > 0).then_some(()));
    relay.swallows.store(false, Ordering::Relaxed);
    page(cx, || {
        let socket = TcpStream::connect(local).unwrap();
        Some((Box::new(socket.try_clone().unwrap()), Box::new(socket)))
    });
    drop(slow);
}

fn all_sessions_go_through_every_kind_of_proxy(cx: &Context) {
    start(cx, "a");
    let ready = forward(cx, PortForward::pod("a"));
    echoed(cx, &*ready, "ready");
    let authority = Authority::new("proxies").unwrap();
    let place = std::env::temp_dir().join(format!("kube-tests-proxied-{}-{}", std::process::id(), cx.namespace()));
    for setup in [Proxy::http(), Proxy::http().user("u", "secret"), Proxy::https(&authority).unwrap(), Proxy::socks5()]
    {
        let proxy = setup.start().unwrap();
        let mut config = cx.site.admin().with_proxy(&proxy.url()).unwrap();
        let own = config.tls.ca.clone().unwrap_or_default();
        config = config.with_ca([own.to_vec(), b"\n".to_vec(), authority.pem().into()].concat());
        let client = cx.client_with(config, settings()).unwrap();
        let pods = Api::<Pod>::namespaced(cx.namespace());
        let run = ExecParams::run(["sh", "-c", "echo through; exit 3"]);
        let output = client.output(pods.exec("a", &run), 1000).unwrap();
        assert_eq!((&*output.stdout, output.result.exit_code()), (&b"through\n"[..], Some(3)));
        let forwarder = client.port_forward(PortForward::pod("a").within(cx.namespace())).unwrap();
        echoed(cx, &*forwarder, "through");
        std::fs::write(&place, "through").unwrap();
        let remote = RemotePath::new("a", "/through").within(cx.namespace());
        client.copy_to(&place, remote.clone().into()).unwrap();
        std::fs::remove_file(&place).unwrap();
        client.copy_from(remote.into(), &place).unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"through");
        assert!(proxy.connections() >= 5, "{}", proxy.connections());
    }
    std::fs::remove_file(&place).unwrap();
}

fn refusals_are_the_servers_answers(cx: &Context) {
    let refused = |target: PortForward| -> Error {
        match cx.port_forward(target.within(cx.namespace_for_pods())) {
            Ok(_) => panic!("there is no such target"),
            Err(error) => error,
        }
    };
    assert!(refused(PortForward::pod("none")).is_not_found());
    assert!(refused(PortForward::service("none")).is_not_found());
    let api = Api::<Pod>::namespaced(cx.namespace());
    create(cx, &api, idle_pod("idle"));
    says(&refused(PortForward::pod("idle")), &["\"idle\"", "does not run", "Pending"]);
    let selector = kube_proto::api::LabelSelector::new().equals("app", "idle").unwrap();
    says(&refused(PortForward::selector(selector)), &["no pod of the selector \"app=idle\" is running"]);
}
