//! Port-forward, in each of its protocols, as a client's bytes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, StatusCode, header};
use kube_proto::driver::Random;
use kube_proto::driver::websocket::{ClientHandshake, Kind, WebSocket, WebSocketEvent, WebSocketLimits};
use kube_proto::internals::spdy::{Event, Limits, Next, Session};
use kube_test_server::forward::{Answer, ECHO, HTTP, PortService};
use kube_test_server::{Protocol, Reply, Turn};
use serde_json::json;

use super::support::Cluster;

/// A server with the pod `a`.
fn cluster() -> Cluster {
    let mut cluster = Cluster::new();
    let containers = json!([{"name": "c", "image": "i"}]);
    let pod = json!({"metadata": {"name": "a"}, "spec": {"nodeName": "n", "containers": containers}});
    cluster.create("/api/v1/namespaces/default/pods", &pod);
    cluster
}

fn ask(cluster: &mut Cluster, protocols: &'static [&'static str], query: &str) -> Reply {
    let mut request = Request::get(format!("{PATH}{query}")).body(Bytes::new()).unwrap();
    *request.headers_mut() = ClientHandshake::new(&mut Random::new(1), protocols).headers();
    cluster.send(request)
}

const PATH: &str = "/api/v1/namespaces/default/pods/a/portforward";

/// The protocol after a 101 that names this one.
fn switched(reply: Reply, protocol: &str) -> Box<dyn Protocol> {
    assert_eq!(reply.status(), StatusCode::SWITCHING_PROTOCOLS);
    let Reply::Upgrade(upgrade) = reply else { panic!() };
    assert_eq!(upgrade.head.headers()[header::SEC_WEBSOCKET_PROTOCOL], protocol);
    upgrade.protocol
}

/// All that the server has to say; whether it has closed.
fn said(protocol: &mut dyn Protocol) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    loop {
        match protocol.poll(Duration::ZERO) {
            Turn::Send(bytes) => all.extend_from_slice(&bytes),
            Turn::Wait { .. } => return (all, false),
            Turn::End => return (all, true),
        }
    }
}

/// A client of a tunnel, in WebSocket or not.
struct Client {
    protocol: Box<dyn Protocol>,
    socket: Option<WebSocket>,
    input: BytesMut,
    spdy: Session,
}

impl Client {
    fn new(protocol: Box<dyn Protocol>, socket: bool) -> Self {
        let socket = socket.then(|| WebSocket::client(Random::new(1), WebSocketLimits::default()));
        Self { protocol, socket, input: BytesMut::new(), spdy: Session::client(Limits::default()) }
    }

    /// Both streams of a connection, in this order.
    fn connect(&mut self, port: u16, request: &str, error_first: bool) -> (u32, u32) {
        let port = port.to_string();
        let headers = |kind| [("streamType", kind), ("port", &*port), ("requestID", request)];
        let (first, second) = if error_first { ("error", "data") } else { ("data", "error") };
        let first = self.spdy.open(&headers(first), first == "error").unwrap();
        let second = self.spdy.open(&headers(second), second == "error").unwrap();
        if error_first { (first, second) } else { (second, first) }
    }

    fn turn(&mut self) -> Vec<Event> {
        while let Some(bytes) = self.spdy.take(1000) {
            match &mut self.socket {
                None => self.protocol.receive(&bytes, false),
                Some(socket) => {
                    socket.send(Kind::Binary, &[&bytes]).unwrap();
                    while let Some(bytes) = socket.transmit() {
                        self.protocol.receive(&bytes, false);
                    }
                }
            }
        }
        let (bytes, _) = said(&mut *self.protocol);
        match &mut self.socket {
            None => self.spdy.receive(&bytes),
            Some(socket) => {
                self.input.extend_from_slice(&bytes);
                while let Some(event) = socket.receive(&mut self.input, false) {
                    let WebSocketEvent::Data { payload, .. } = event.unwrap() else { panic!() };
                    self.spdy.receive(&payload);
                }
            }
        }
        let mut events = Vec::new();
        while let Next::Event(event) = self.spdy.next(|_| usize::MAX).unwrap() {
            events.push(event);
        }
        events
    }
}

fn data(stream: u32, text: &str) -> Event {
    Event::Data(stream, Bytes::copy_from_slice(text.as_bytes()))
}

fn echoes(mut client: Client, error_first: bool) {
    let (error, stream) = client.connect(ECHO, "0", error_first);
    assert_eq!(client.turn().len(), 2, "two replies");
    client.spdy.send(stream, b"hello");
    assert_eq!(client.turn(), [data(stream, "hello")]);
    client.spdy.finish(stream);
    assert_eq!(client.turn(), [Event::Ended(error), Event::Ended(stream)]);

    // Nothing listens there. The other connections go on.
    let (_, web) = client.connect(HTTP, "1", error_first);
    let (error, stream) = client.connect(81, "2", error_first);
    let events = client.turn();
    let [.., Event::Data(of, message), Event::Reset(first, 5), Event::Reset(second, 5)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*of, *first, *second), (error, stream, error));
    assert!(
        message.starts_with(b"error forwarding port 81 to pod a_default") && message.ends_with(b"connection refused")
    );
    client.spdy.send(web, b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    let events = client.turn();
    let [Event::Data(of, answer)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(*of, web);
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"\r\n\r\nGET /x at a\n"));
}

#[test]
fn a_tunnel_carries_many_connections() {
    let mut cluster = cluster();
    for error_first in [true, false] {
        let reply = ask(&mut cluster, &["SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io"], "");
        echoes(Client::new(switched(reply, "spdy/3.1+portforward.k8s.io"), true), error_first);
    }
}

#[test]
fn spdy_without_a_websocket() {
    let mut cluster = cluster();
    let request = |version: &str| {
        let request = Request::post(PATH);
        let request = request.header("connection", "Upgrade").header("upgrade", "SPDY/3.1");
        let request = if version.is_empty() { request } else { request.header("x-stream-protocol-version", version) };
        request.body(Bytes::new()).unwrap()
    };
    let Reply::Upgrade(upgrade) = cluster.send(request("portforward.k8s.io")) else { panic!() };
    assert_eq!(upgrade.head.headers()["x-stream-protocol-version"], "portforward.k8s.io");
    echoes(Client::new(upgrade.protocol, false), true);
    assert_eq!(cluster.send(request("v4.channel.k8s.io")).status(), 403);
    assert_eq!(cluster.send(request("")).status(), 400);
}

/// The binary messages in these bytes, and the close frame's code.
fn messages(socket: &mut WebSocket, bytes: &[u8]) -> (Vec<Bytes>, Option<u16>) {
    let (mut input, mut all, mut code) = (BytesMut::from(bytes), Vec::new(), None);
    while let Some(event) = socket.receive(&mut input, false) {
        match event.unwrap() {
            WebSocketEvent::Data { payload, .. } => all.push(payload),
            WebSocketEvent::Close(frame) => code = frame.map(|frame| frame.code.0),
            event => panic!("{event:?}"),
        }
    }
    (all, code)
}

#[test]
fn channels_carry_the_ports_of_the_request() {
    let mut cluster = cluster();
    let reply = ask(&mut cluster, &["v4.channel.k8s.io"], "?ports=7,81");
    let mut protocol = switched(reply, "v4.channel.k8s.io");
    let mut socket = WebSocket::client(Random::new(1), WebSocketLimits::default());
    let (bytes, _) = said(&mut *protocol);
    let (all, _) = messages(&mut socket, &bytes);
    let starts: Vec<&[u8]> = vec![b"\0\x07\0", b"\x01\x07\0", b"\x02\x51\0", b"\x03\x51\0"];
    assert_eq!(all[..4], starts);
    assert!(all[4].starts_with(b"\x03error forwarding port 81"));
    socket.send(Kind::Binary, &[b"\0hello"]).unwrap();
    protocol.receive(&socket.transmit().unwrap(), false);
    assert_eq!(messages(&mut socket, &said(&mut *protocol).0).0, [Bytes::from("\0hello")]);
}

#[test]
fn a_test_has_its_own_service_and_the_session_closes_after_it() {
    let mut cluster = cluster();
    let greet = || |bytes: &[u8], _| Answer { bytes: [b"you said ", bytes].concat(), end: bytes.ends_with(b".") };
    cluster.server.listen("default", "a", 9, PortService::new(greet));
    let reply = ask(&mut cluster, &["v4.channel.k8s.io"], "?ports=9");
    let mut protocol = switched(reply, "v4.channel.k8s.io");
    let mut socket = WebSocket::client(Random::new(1), WebSocketLimits::default());
    socket.send(Kind::Binary, &[b"\0bye."]).unwrap();
    protocol.receive(&socket.transmit().unwrap(), false);
    let (bytes, closed) = said(&mut *protocol);
    assert!(closed);
    let (all, code) = messages(&mut socket, &bytes);
    assert_eq!((&all[2..], code), (&[Bytes::from("\0you said "), Bytes::from("\0you said bye.")][..], Some(1000)));
}

#[test]
fn what_is_refused() {
    let mut cluster = cluster();
    assert_eq!(ask(&mut cluster, &["v5.channel.k8s.io"], "").status(), 403);
    assert_eq!(ask(&mut cluster, &["v4.channel.k8s.io"], "").status(), 400, "no port");
    assert_eq!(ask(&mut cluster, &["v4.channel.k8s.io"], "?ports=0").status(), 400);
    cluster.server.options_mut().port_forward_tunnels = false;
    assert_eq!(ask(&mut cluster, &["SPDY/3.1+portforward.k8s.io"], "").status(), 403);
    let reply = ask(&mut cluster, &["SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io"], "?ports=7");
    switched(reply, "v4.channel.k8s.io");
    let (code, status) = cluster.get(PATH);
    assert_eq!((code, &status["message"]), (400, &json!("Upgrade request required")));
    assert_eq!(cluster.get(&PATH.replace("/a/", "/none/")).0, 404);
}
