//! SPDY/3.1: many connections, in WebSocket or by itself.
//!
//! | event | answer |
//! |---|---|
//! | a stream | its reply; with both streams of a `requestid`, the connection to the port |
//! | a port on which nothing listens | the message on the error stream, then a reset of both |
//! | data and ends of the data stream | what the service answers |
//! | the service's end | the end of the error stream, then of the data stream |

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kube_proto::driver::websocket::{Kind, WebSocket, WebSocketEvent};
use kube_proto::internals::spdy::{CANCEL, Event, Headers, Limits, Next, PROTOCOL_ERROR, Session};

use super::ports::{Answer, Connection, Ports};
use crate::switch::{Protocol, Turn};

#[derive(Debug)]
pub(crate) struct Tunnel {
    ports: Ports,
    socket: Option<WebSocket>,
    input: BytesMut,
    spdy: Session,
    pairs: BTreeMap<String, Pair>,
    /// The pair of each stream.
    streams: BTreeMap<u32, String>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Pair {
    error: Option<u32>,
    data: Option<u32>,
    connection: Option<Connection>,
}

impl Tunnel {
    /// In this WebSocket, or with the bytes of the connection.
    pub(crate) fn new(ports: Ports, socket: Option<WebSocket>) -> Self {
        let spdy = Session::server(Limits::default());
        let (pairs, streams) = (BTreeMap::new(), BTreeMap::new());
        Self { ports, socket, input: BytesMut::new(), spdy, pairs, streams, ended: false }
    }

    /// The next bytes for the client.
    fn take(&mut self) -> Option<Bytes> {
        let Some(socket) = &mut self.socket else { return self.spdy.take(64 << 10) };
        if let Some(bytes) = socket.transmit() {
            return Some(bytes);
        }
        let bytes = self.spdy.take(64 << 10)?;
        socket.send(Kind::Binary, &[&bytes]).ok()?;
        socket.transmit()
    }

    fn advance(&mut self) {
        loop {
            match self.spdy.next(|_| usize::MAX) {
                Ok(Next::Event(event)) => self.event(event),
                Ok(_) => return,
                Err(_) => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Opened(stream, headers) => self.opened(stream, &headers),
            Event::Data(stream, bytes) => self.give(stream, &bytes, false),
            Event::Ended(stream) => self.give(stream, &[], true),
            Event::Reset(stream, _) => self.forget(stream),
            Event::Replied(_) | Event::Pong(_) | Event::GoAway => {}
        }
    }

    fn opened(&mut self, stream: u32, headers: &Headers) {
        let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let port = header("port").and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
        let (Some(port), Some(request)) = (port, header("requestid")) else {
            return self.spdy.reset(stream, PROTOCOL_ERROR);
        };
        let pair = self.pairs.entry(request.to_owned()).or_default();
        let half = match header("streamtype") {
            Some("error") => &mut pair.error,
            Some("data") => &mut pair.data,
            _ => return self.spdy.reset(stream, PROTOCOL_ERROR),
        };
        if half.replace(stream).is_some() {
            return self.spdy.reset(stream, PROTOCOL_ERROR);
        }
        self.spdy.reply(stream);
        self.streams.insert(stream, request.to_owned());
        let (Some(error), Some(data)) = (pair.error, pair.data) else { return };
        match self.ports.connect(port) {
            Ok(connection) => {
                pair.connection = Some(connection);
                self.give(data, &[], false);
            }
            Err(message) => {
                self.spdy.send(error, message.as_bytes());
                self.spdy.reset(data, CANCEL);
                self.spdy.reset(error, CANCEL);
                self.forget(data);
            }
        }
    }

    /// Gives bytes of a data stream to its service, and sends the answer.
    fn give(&mut self, stream: u32, bytes: &[u8], end: bool) {
        let Some(pair) = self.streams.get(&stream).and_then(|request| self.pairs.get_mut(request)) else { return };
        if pair.data != Some(stream) {
            return;
        }
        let Some(connection) = &mut pair.connection else { return };
        let Answer { bytes, end: over } = connection.give(bytes, end);
        self.spdy.send(stream, &bytes);
        if over {
            if let Some(error) = pair.error {
                self.spdy.finish(error);
            }
            self.spdy.finish(stream);
        }
        if over && end {
            self.forget(stream);
        }
    }

    fn forget(&mut self, stream: u32) {
        let Some(pair) = self.streams.get(&stream).and_then(|request| self.pairs.remove(request)) else { return };
        for stream in [pair.error, pair.data].into_iter().flatten() {
            self.streams.remove(&stream);
        }
    }
}

impl Protocol for Tunnel {
    fn receive(&mut self, bytes: &[u8], end: bool) {
        self.ended |= end;
        let Some(socket) = &mut self.socket else {
            self.spdy.receive(bytes);
            return self.advance();
        };
        self.input.extend_from_slice(bytes);
        while let Some(event) = socket.receive(&mut self.input, end) {
            match event {
                Ok(WebSocketEvent::Data { payload, .. }) => self.spdy.receive(&payload),
                Ok(WebSocketEvent::Pong(_)) => {}
                _ => {
                    self.ended = true;
                    break;
                }
            }
        }
        self.advance();
    }

    fn poll(&mut self, _: Duration) -> Turn {
        match self.take() {
            Some(bytes) => Turn::Send(bytes),
            None if self.ended => Turn::End,
            None => Turn::Wait { until: None },
        }
    }
}
