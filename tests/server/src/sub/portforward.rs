//! `portforward`: the upgrade of a request.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use kube_proto::driver::websocket::{Refused, WebSocket, WebSocketLimits, accept};

use crate::Server;
use crate::context::Cx;
use crate::forward::{Channels, PortService, Ports, Tunnel};
use crate::kinds::Resource;
use crate::meta;
use crate::negotiate::header_has_token;
use crate::reply::{Reply, Upgrade};
use crate::status::{Failure, Outcome};
use crate::switch::Protocol;

impl Server {
    /// Has a service listen on a port of this pod, instead of what listens there; see [`forward`](crate::forward).
    pub fn listen(&mut self, namespace: &str, pod: &str, port: u16, service: PortService) {
        self.ports.entry((namespace.to_owned(), pod.to_owned())).or_default().insert(port, service);
    }

    pub(crate) fn port_forward(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let pod = self.named(cx, resource)?;
        if meta::text(&pod.value, &["spec", "nodeName"]).is_empty() {
            return Err(Failure::bad_request(format!("pod {} does not have a host assigned", pod.name())));
        }
        let namespace = pod.namespace().to_owned();
        let own = self.ports.get(&(namespace.clone(), pod.name().to_owned()));
        let ports = Ports::new(&namespace, pod.name(), own);
        let upgrade = |protocol: &str| {
            header_has_token(cx.headers, header::CONNECTION, "upgrade")
                && cx
                    .headers
                    .get(header::UPGRADE)
                    .is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(protocol.as_bytes()))
        };
        if upgrade("websocket") {
            return self.by_websocket(cx, ports);
        }
        if upgrade("spdy/3.1") {
            return by_spdy(cx, ports);
        }
        Err(Failure::bad_request("Upgrade request required"))
    }

    fn by_websocket(&self, cx: &Cx<'_>, ports: Ports) -> Outcome<Reply> {
        let method = if cx.info.verb == "get" { Method::GET } else { Method::POST };
        let tunnels = self.options().port_forward_tunnels;
        let known = |protocol: &str| tunnels && protocol == TUNNEL || protocol == CHANNELS;
        let mut accepted = match accept(&method, cx.headers, known) {
            Ok(accepted) => accepted,
            Err(refused) => return Ok(empty(refused)),
        };
        let socket = WebSocket::server(WebSocketLimits::default());
        if accepted.protocol == TUNNEL {
            // The real server spells it so.
            let lower = HeaderValue::from_static("spdy/3.1+portforward.k8s.io");
            accepted.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, lower);
            return Ok(switched(accepted.headers, Tunnel::new(ports, Some(socket))));
        }
        let mut asked = Vec::new();
        for port in cx.query.all("ports").flat_map(|ports| ports.split(',')) {
            match port.parse::<u16>() {
                Ok(port) if port > 0 => asked.push(port),
                _ => return Err(Failure::bad_request(format!("unable to parse \"{port}\" as a port: invalid syntax"))),
            }
        }
        if asked.is_empty() {
            return Err(Failure::bad_request("query parameter \"port\" is required"));
        }
        Ok(switched(accepted.headers, Channels::new(&ports, socket, &asked)))
    }
}

/// SPDY without WebSocket, as older clients ask for it.
fn by_spdy(cx: &Cx<'_>, ports: Ports) -> Outcome<Reply> {
    let mut offered = cx.headers.get_all(STREAM_PROTOCOL).iter().peekable();
    if offered.peek().is_none() {
        return Err(Failure::bad_request("unable to upgrade: unable to negotiate protocol: client version missing"));
    }
    if !offered.any(|protocol| protocol == PORT_FORWARD) {
        let mut refused = Response::new(Bytes::new());
        *refused.status_mut() = StatusCode::FORBIDDEN;
        refused.headers_mut().insert("x-accepted-stream-protocol-versions", HeaderValue::from_static(PORT_FORWARD));
        return Ok(Reply::Response(refused));
    }
    let mut headers = http::HeaderMap::new();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("SPDY/3.1"));
    headers.insert(STREAM_PROTOCOL, HeaderValue::from_static(PORT_FORWARD));
    Ok(switched(headers, Tunnel::new(ports, None)))
}

fn switched(headers: http::HeaderMap, protocol: impl Protocol + 'static) -> Reply {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *head.headers_mut() = headers;
    Reply::Upgrade(Box::new(Upgrade { head, first: Bytes::new(), protocol: Box::new(protocol) }))
}

/// Go's servers refuse a handshake without a body.
fn empty(refused: Refused) -> Reply {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = refused.status();
    Reply::Response(response)
}

const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
const CHANNELS: &str = "v4.channel.k8s.io";
const PORT_FORWARD: &str = "portforward.k8s.io";
const STREAM_PROTOCOL: &str = "x-stream-protocol-version";
