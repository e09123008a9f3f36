//! `v4.channel.k8s.io`: the connections to the ports of the request, each with two channels.
//!
//! Channel 2i carries the data of the port i, and channel 2i + 1 its failure; each begins with the port. A connection whose
//! service has ended is over, and with the last one the session is closed.

use std::time::Duration;

use bytes::BytesMut;
use kube_proto::driver::websocket::{CloseCode, Kind, WebSocket, WebSocketEvent};

use super::ports::{Connection, Ports};
use crate::switch::{Protocol, Turn};

#[derive(Debug)]
pub(crate) struct Channels {
    socket: WebSocket,
    input: BytesMut,
    connections: Vec<Option<Connection>>,
    /// The channel of the message that is being received.
    channel: Option<u8>,
    ended: bool,
}

impl Channels {
    pub(crate) fn new(ports: &Ports, mut socket: WebSocket, asked: &[u16]) -> Self {
        let mut connections = Vec::new();
        // One channel is one byte.
        for (number, port) in (0..=u8::MAX / 2).zip(asked) {
            let [low, high] = port.to_le_bytes();
            for channel in [number * 2, number * 2 + 1] {
                let _ = socket.send(Kind::Binary, &[&[channel, low, high]]);
            }
            connections.push(match ports.connect(*port) {
                Ok(connection) => Some(connection),
                Err(message) => {
                    let _ = socket.send(Kind::Binary, &[&[number * 2 + 1], message.as_bytes()]);
                    None
                }
            });
        }
        let mut channels = Self { socket, input: BytesMut::new(), connections, channel: None, ended: false };
        (0..channels.connections.len()).for_each(|number| channels.give(number, &[]));
        channels.close_if_over();
        channels
    }

    fn give(&mut self, number: usize, bytes: &[u8]) {
        let Some(place) = self.connections.get_mut(number) else { return };
        let Some(connection) = place else { return };
        let answer = connection.give(bytes, false);
        let channel = u8::try_from(number * 2).unwrap_or(u8::MAX);
        if !answer.bytes.is_empty() {
            let _ = self.socket.send(Kind::Binary, &[&[channel], &answer.bytes]);
        }
        if answer.end {
            *place = None;
        }
    }

    fn close_if_over(&mut self) {
        if !self.ended && self.connections.iter().all(Option::is_none) {
            self.socket.close(CloseCode::NORMAL, "");
            self.ended = true;
        }
    }
}

impl Protocol for Channels {
    fn receive(&mut self, bytes: &[u8], end: bool) {
        self.input.extend_from_slice(bytes);
        let mut input = std::mem::take(&mut self.input);
        while let Some(event) = self.socket.receive(&mut input, end) {
            match event {
                Ok(WebSocketEvent::Data { mut payload, last, .. }) => {
                    if self.channel.is_none() && !payload.is_empty() {
                        self.channel = Some(payload.split_to(1).first().copied().unwrap_or_default());
                    }
                    if let Some(channel) = self.channel.filter(|channel| channel % 2 == 0) {
                        self.give(usize::from(channel / 2), &payload);
                    }
                    if last {
                        self.channel = None;
                    }
                }
                Ok(WebSocketEvent::Pong(_)) => {}
                _ => {
                    self.ended = true;
                    break;
                }
            }
        }
        self.input = input;
        self.close_if_over();
    }

    fn poll(&mut self, _: Duration) -> Turn {
        match self.socket.transmit() {
            Some(bytes) => Turn::Send(bytes),
            None if self.ended => Turn::End,
            None => Turn::Wait { until: None },
        }
    }
}
