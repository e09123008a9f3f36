//! Streams that are stopped and dropped at any point leave nothing behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server};
use kube_tests::hostile::{Say, Server as Hostile};
use kube_tests::proxy::Proxy;
use kube_transport_std::Client;
use kube_transport_std::proto::api::Upgrade;
use kube_transport_std::proto::api::{ApiRequest, WatchParams};
use kube_transport_std::proto::config::{Config, ExecApiVersion, ExecPlugin, InteractiveMode};
use kube_transport_std::proto::driver::Raw;
use kube_transport_std::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_std::proto::settings::Settings;
use kube_transport_std::proto::{Api, ErrorKind};

fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

fn map(n: usize) -> DynamicObject {
    let map = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("map-{n}")}});
    serde_json::from_value(map).unwrap()
}

fn bound() -> Bound {
    Bound::start(Server::new(Options::default()), Binding::plain().trusting("admin")).unwrap()
}

fn config(port: u16) -> Config {
    Config::new(&format!("http://localhost:{port}")).unwrap()
}

/// Once a client is dropped, its server gets the end of every connection.
fn left(bound: &Bound, client: Client) {
    drop(client);
    while bound.connections_open() > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn wherever_it_is_blocked_it_is_stopped() {
    let silent = || Hostile::start(vec![]).unwrap();
    let say = |text: &str| Hostile::start(vec![Say::Once(text.as_bytes().to_vec())]).unwrap();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let busy = format!("HTTP/1.1 429 X\r\nRetry-After: 20\r\nContent-Length: {}\r\n\r\n{BUSY}", BUSY.len());
    let (unanswered, begun, busy) = (silent(), say(head), say(&busy));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let tls = Config::new(&format!("https://localhost:{}", closed.local_addr().unwrap().port())).unwrap();
    let proxy = Proxy::http().mute().start().unwrap();
    let plugin = ExecPlugin {
        command: "sleep".into(),
        args: vec!["1000".into()],
        env: Vec::new(),
        api_version: ExecApiVersion::V1,
        install_hint: None,
        interactive_mode: InteractiveMode::Never,
        cluster: None,
    };
    for (stage, config) in [
        ("before the head", config(unanswered.port())),
        ("in the body", config(begun.port())),
        ("in a pause before another try", config(busy.port())),
        ("in the TLS handshake", tls.with_insecure_skip_verify()),
        ("at the proxy", config(1).with_proxy(&proxy.url()).unwrap()),
        ("at the plugin", config(1).with_exec(plugin)),
    ] {
        let client = Client::new(config).unwrap();
        let mut list = client.stream(maps().pages(&Default::default()));
        let stopper = list.stopper();
        let other = std::thread::spawn(move || {
            // In most runs the stream has got that far by then; an earlier stop is correct as well.
            std::thread::sleep(Duration::from_millis(50));
            stopper.stop();
        });
        let error = list.next().unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Stopped), "{stage}: {error}");
        assert!(list.next().is_none(), "{stage}");
        other.join().unwrap();
    }
}

#[test]
fn a_stream_that_waits_in_line_is_stopped() {
    let silent = Hostile::start(vec![]).unwrap();
    let mut settings = Settings::default();
    settings.concurrent = Some(1);
    let client = Client::builder(config(silent.port())).settings(settings).build().unwrap();
    let mut first = client.stream(maps().get("a"));
    let mut second = client.stream(maps().get("b"));
    let (stop_first, stop_second) = (first.stopper(), second.stopper());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || first.next().unwrap().unwrap_err());
        let behind = scope.spawn(move || second.next().unwrap().unwrap_err());
        std::thread::sleep(Duration::from_millis(50));
        stop_second.stop();
        assert!(matches!(behind.join().unwrap().kind(), ErrorKind::Stopped));
        stop_first.stop();
        assert!(matches!(waiting.join().unwrap().kind(), ErrorKind::Stopped));
    });
}

#[test]
fn streams_dropped_half_read_leave_nothing() {
    let bound = bound();
    let client = Client::new(config(bound.address().port())).unwrap();
    for n in 0..20 {
        client.call(maps().create(&map(n), &Default::default())).unwrap();
    }
    for taken in (0..20).cycle().take(200) {
        let list = client.stream(maps().pages(&Default::default()));
        assert_eq!(list.take(taken).filter(Result::is_ok).count(), taken);
        let events = client.stream(maps().watch_once(&WatchParams::default().resource_version("0")));
        assert_eq!(events.take(taken.min(5)).filter(Result::is_ok).count(), taken.min(5));
        // The next connection is intact.
        let name = format!("map-{taken}");
        assert_eq!(client.call(maps().get(&name)).unwrap().metadata.name, Some(name));
    }
    left(&bound, client);
}

#[test]
fn sessions_dropped_at_any_time_leave_nothing() {
    let bound = bound();
    let client = Client::new(config(bound.address().port())).unwrap();
    for n in 0..50 {
        let request = ApiRequest::raw(Method::GET, "/test/echo?close=1000000", "")
            .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
            .header(http::header::UPGRADE, "echo".parse().unwrap());
        let session = client.open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap();
        let other = session.clone();
        match n % 3 {
            0 => {}
            1 => assert!(session.next().unwrap().is_ok()),
            _ => session.send(Bytes::from(vec![b'x'; 10_000])).unwrap(),
        }
        drop(session);
        drop(other);
    }
    left(&bound, client);
}

const BUSY: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"TooManyRequests","code":429}"#;
