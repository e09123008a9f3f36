//! The upgrade to WebSocket: the request, the check of the 101, and what refusals mean.

use bytes::{Bytes, BytesMut};
use kube_proto::api::{Api, ApiRequest, ExecParams, Upgrade};
use kube_proto::driver::websocket::{Kind, WebSocket, WebSocketEvent, WebSocketLimits, accept};
use kube_proto::driver::{Channel, Exchange, ExchangeKind, Flow, Input, Now};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::{Error, ErrorKind};

use crate::script::{Script, answer, data, head, session, session_with, status, token_file};

const BOTH: &[&str] = &["v5.channel.k8s.io", "v4.channel.k8s.io"];

/// The chosen protocol and the connection.
#[derive(Debug)]
struct Opened(&'static str, WebSocket);

impl Channel for Opened {
    type Event = ();

    fn receive(&mut self, _: &mut BytesMut, _: bool) {}

    fn send(&mut self, _: Bytes) -> Result<(), Error> {
        Ok(())
    }

    fn poll(&mut self, _: Now) -> Flow<()> {
        Flow::Wait(None)
    }
}

fn request() -> ApiRequest {
    let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
    pods.target().exec("web-0", &ExecParams::run(["true"]))
}

fn upgrade() -> Upgrade<Opened> {
    Upgrade::websocket(request(), BOTH, |upgraded| Ok(Opened(upgraded.protocol, upgraded.socket)))
}

/// The server's answer to the request of an exchange.
fn switched(exchange: &Exchange, supported: impl Fn(&str) -> bool) -> Input {
    let accepted = accept(exchange.request.method(), exchange.request.headers(), supported).unwrap();
    let headers: Vec<_> =
        accepted.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    head(101, &headers)
}

#[test]
fn the_request_offers_both_protocols_in_one_header_and_the_server_chooses() {
    for (supported, chosen) in [("v5.channel.k8s.io", BOTH[0]), ("v4.channel.k8s.io", BOTH[1])] {
        let mut script = Script::new(upgrade(), &session());
        let exchange = script.exchange();
        assert_eq!(exchange.kind, ExchangeKind::Upgrade);
        let headers = exchange.request.headers();
        let offered: Vec<_> = headers.get_all("sec-websocket-protocol").iter().collect();
        assert_eq!(offered, ["v5.channel.k8s.io, v4.channel.k8s.io"]);
        assert!(!headers.contains_key("sec-websocket-extensions"));
        script.arrived.push_back(switched(&exchange, |protocol| protocol == supported));
        let Opened(protocol, mut socket) = script.item();
        assert_eq!(protocol, chosen);
        // The connection is the client's: it masks.
        socket.send(Kind::Binary, &[b"a"]).unwrap();
        let mut sent = BytesMut::from(&*socket.transmit().unwrap());
        let event = WebSocket::server(WebSocketLimits::default()).receive(&mut sent, false).unwrap().unwrap();
        assert!(matches!(event, WebSocketEvent::Data { payload, .. } if payload == "a"));
    }
}

#[test]
fn keys_and_masks_come_from_the_seed() {
    let key = |script: &mut Script<Upgrade<Opened>>| script.exchange().request.headers()["sec-websocket-key"].clone();
    let shared = session();
    let first = key(&mut Script::new(upgrade(), &shared));
    assert_ne!(first, key(&mut Script::new(upgrade(), &shared)), "each connection has its own");
    assert_eq!(first, key(&mut Script::new(upgrade(), &session())), "the same seed repeats it");
}

#[test]
fn a_renewed_credential_repeats_the_handshake() {
    let mut script = Script::new(upgrade(), &session_with(token_file, |_| {}));
    script.turn();
    script.arrived.push_back(Input::File("one".into()));
    let first = script.exchange();
    script.arrived.extend(answer(401, &status(401, "Unauthorized", "Unauthorized")));
    script.turn();
    script.arrived.push_back(Input::File("two".into()));
    let second = script.exchange();
    let headers = |exchange: &Exchange| (exchange.request.headers()["authorization"].clone(), exchange.kind);
    assert_eq!(headers(&first), ("Bearer one".parse().unwrap(), ExchangeKind::Upgrade));
    assert_eq!(headers(&second), ("Bearer two".parse().unwrap(), ExchangeKind::Upgrade));
    script.arrived.push_back(switched(&second, |_| true));
    assert_eq!(script.item().0, BOTH[0]);
}

#[test]
fn a_101_that_answers_something_else_is_no_session() {
    let rows: [(&[(&str, &str)], &str); 3] = [
        (&[("upgrade", "SPDY/3.1"), ("connection", "Upgrade")], "another protocol than WebSocket"),
        (
            &[("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", "x")],
            "does not answer the key",
        ),
        (&[], "another protocol than WebSocket"),
    ];
    for (headers, expected) in rows {
        let mut script = Script::new(upgrade(), &session());
        script.exchange();
        script.arrived.push_back(head(101, headers));
        let error = script.error();
        assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().starts_with("connect pods/exec \"web-0\" in namespace \"shop\""), "{error}");
    }
    let mut script = Script::new(upgrade(), &session());
    let exchange = script.exchange();
    let Input::Head(mut parts) = switched(&exchange, |_| true) else { panic!() };
    parts.headers.remove("sec-websocket-protocol");
    script.arrived.push_back(Input::Head(parts));
    assert!(script.error().to_string().contains("none of the protocols v5.channel.k8s.io, v4.channel.k8s.io"));
}

#[test]
fn refusals_say_what_they_mean() {
    let blocked = "does not let upgrades to WebSocket through";
    let json = "application/json";
    let rows = [
        (403, "", "text/plain", "supports none of the protocols v5.channel.k8s.io, v4.channel.k8s.io"),
        (403, &*status(403, "Forbidden", "pods is forbidden"), json, "pods is forbidden"),
        (403, "go away", "text/plain", "go away"),
        (200, "<html>hello</html>", "text/html", blocked),
        (204, "", "text/plain", blocked),
        (400, &*status(400, "BadRequest", "Upgrade request required"), json, blocked),
        (400, &*status(400, "BadRequest", "container x is not valid for pod web-0"), json, "container x is not valid"),
        (404, &*status(404, "NotFound", "the pod is not found"), json, "not found"),
    ];
    for (code, body, media, expected) in rows {
        let mut script = Script::new(upgrade(), &session());
        script.exchange();
        script.arrived.push_back(head(code, &[("content-type", media)]));
        script.arrived.extend((!body.is_empty()).then(|| data(body)));
        script.arrived.push_back(Input::End);
        let error = script.error();
        assert!(error.to_string().contains(expected), "{code}: {error}");
        assert_eq!(error.to_string().contains(blocked), expected == blocked, "{code}: {error}");
        assert_eq!(error.api().unwrap().info.as_ref().unwrap().code, code, "{error}");
    }
}
