//! The machine of one connection.
//!
//! The sending side, [`Sending`]:
//!
//! | state | event | next |
//! |---|---|---|
//! | Open | a message or a ping to send | Open: queues its frame |
//! | Open | [`close`](WebSocket::close), the peer's close frame, or a violation | Closed: queues the close frame |
//! | Closed | a message to send | an error |
//!
//! The receiving side, [`Receiving`]:
//!
//! | state | bytes | next |
//! |---|---|---|
//! | Header | a part of a header, or of a control frame | Header: waits for the rest |
//! | Header | a data frame's header | Payload |
//! | Header | a ping | Header: queues a pong, which replaces one that is not sent yet |
//! | Header | a pong | Header: gives it |
//! | Header | a close frame | Closed: gives it, and answers with its code |
//! | Payload | data | Payload, or Header after the last byte: gives a part of a message |
//! | Header, Payload | the connection's end | Closed: gives [`WebSocketEvent::End`] |
//! | Header, Payload | what the protocol forbids, or above a limit | Closed: gives the violation |
//! | Closed | anything | Closed: drops it |

use std::collections::VecDeque;
use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use super::close::{CloseCode, CloseFrame, Violation, protocol};
use super::frame::{Header, OpCode, mask};
use super::utf8::Utf8;
use crate::opaque::Opaque;
use crate::random::Random;

/// A WebSocket connection after its handshake.
///
/// It holds: the frames that [`send`](Self::send) and the like queued and [`transmit`](Self::transmit) has not taken, one
/// pong, and nothing of what it receives.
#[derive(Debug)]
pub struct WebSocket {
    role: Role,
    limits: WebSocketLimits,
    receiving: Receiving,
    /// The message of which the last frame has not arrived.
    message: Option<Message>,
    sending: Sending,
    queue: Opaque<VecDeque<Bytes>>,
    queued: usize,
    /// The answer to the last ping. The older ones need none (RFC 6455 §5.5.3).
    pong: Option<Opaque<Bytes>>,
}

/// The limits of what a peer sends, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebSocketLimits {
    /// The payload of one frame. 32 MiB, as in Kubernetes' servers.
    pub frame: u64,
    /// The payloads of all frames of one message. 32 MiB.
    pub message: u64,
}

impl Default for WebSocketLimits {
    fn default() -> Self {
        Self { frame: 32 << 20, message: 32 << 20 }
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

/// What arrived.
#[derive(Clone, PartialEq, Eq)]
pub enum WebSocketEvent {
    /// A part of a message, empty only if it is the last one. Where the parts end says nothing.
    Data {
        /// What the message is. A text is UTF-8 as a whole; a part may end within a character.
        kind: Kind,
        /// Whether it is the first part.
        first: bool,
        /// Whether it is the last part.
        last: bool,
        /// The bytes.
        payload: Bytes,
    },
    /// The answer to a ping, or an unasked one.
    Pong(Bytes),
    /// The peer sends nothing more, and says why.
    Close(Option<CloseFrame>),
    /// The connection has ended without a close frame.
    End,
}

impl fmt::Debug for WebSocketEvent {
    /// Leaves out the payload: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data { kind, first, last, payload } => {
                write!(f, "Data({kind:?}, first: {first}, last: {last}, {} bytes)", payload.len())
            }
            Self::Pong(payload) => write!(f, "Pong({} bytes)", payload.len()),
            Self::Close(frame) => f.debug_tuple("Close").field(frame).finish(),
            Self::End => f.write_str("End"),
        }
    }
}

#[derive(Debug)]
enum Role {
    /// Masks what it sends, with masks from a seed. They are no secrets: they keep a script in a browser from writing
    /// bytes of its choice to a proxy, and here the program itself writes.
    Client {
        masks: Random,
    },
    Server,
}

#[derive(Clone, Copy, Debug)]
enum Receiving {
    Header,
    Payload { fin: bool, mask: Option<[u8; 4]>, at: u64, length: u64 },
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Open,
    Closed,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    kind: Kind,
    first: bool,
    length: u64,
    text: Utf8,
}

impl WebSocket {
    /// The client's side. `masks` makes the masks of its frames.
    #[must_use]
    pub fn client(masks: Random, limits: WebSocketLimits) -> Self {
        Self::new(Role::Client { masks }, limits)
    }

    /// The server's side.
    #[must_use]
    pub fn server(limits: WebSocketLimits) -> Self {
        Self::new(Role::Server, limits)
    }

    fn new(role: Role, limits: WebSocketLimits) -> Self {
        Self {
            role,
            limits,
            receiving: Receiving::Header,
            message: None,
            sending: Sending::Open,
            queue: Opaque::default(),
            queued: 0,
            pong: None,
        }
    }

    /// Takes the next event from the front of `bytes`; `None` until there are more bytes. `bytes` is the same in every
    /// call, but for new bytes at its end. `end` says that no more come.
    ///
    /// # Errors
    /// The peer violated the protocol or a limit. The machine queues a close frame that says so, and drops what follows.
    pub fn receive(&mut self, bytes: &mut BytesMut, end: bool) -> Option<Result<WebSocketEvent, Violation>> {
        let event = self.next(bytes).transpose().or_else(|| {
            let ends = end && !matches!(self.receiving, Receiving::Closed);
            ends.then_some(Ok(WebSocketEvent::End))
        })?;
        match &event {
            Err(violation) => {
                self.receiving = Receiving::Closed;
                self.close(violation.code, &violation.text);
                bytes.clear();
            }
            Ok(WebSocketEvent::End) => self.receiving = Receiving::Closed,
            Ok(_) => {}
        }
        Some(event)
    }

    fn next(&mut self, bytes: &mut BytesMut) -> Result<Option<WebSocketEvent>, Violation> {
        loop {
            match self.receiving {
                Receiving::Closed => {
                    bytes.clear();
                    return Ok(None);
                }
                Receiving::Payload { fin, mask, at, length } => {
                    let Some(message) = &mut self.message else { return Err(protocol("a frame of no message")) };
                    let left = length - at;
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let ends = taken as u64 == left;
                    if taken == 0 && !ends {
                        return Ok(None);
                    }
                    let part = unmasked(bytes.split_to(taken), mask, at);
                    self.receiving = match ends {
                        true => Receiving::Header,
                        false => Receiving::Payload { fin, mask, at: at + taken as u64, length },
                    };
                    let last = ends && fin;
                    if message.kind == Kind::Text {
                        let valid = message.text.push(&part) && (!last || message.text.is_complete());
                        if !valid {
                            return Err(Violation { code: CloseCode::INVALID, text: "a text is not UTF-8".into() });
                        }
                    }
                    if part.is_empty() && !last {
                        continue;
                    }
                    let (kind, first) = (message.kind, std::mem::take(&mut message.first));
                    if last {
                        self.message = None;
                    }
                    return Ok(Some(WebSocketEvent::Data { kind, first, last, payload: part }));
                }
                Receiving::Header => {
                    let Some((header, length)) = Header::read(bytes)? else { return Ok(None) };
                    self.check(&header)?;
                    if !header.opcode.is_control() {
                        bytes.advance(length);
                        self.begin(&header)?;
                        continue;
                    }
                    // At most 125 bytes: they stay in the buffer until all of them are there.
                    let payload = usize::try_from(header.length).unwrap_or_default();
                    if bytes.len() < length + payload {
                        return Ok(None);
                    }
                    bytes.advance(length);
                    let payload = unmasked(bytes.split_to(payload), header.mask, 0);
                    match header.opcode {
                        OpCode::Ping => {
                            if self.sending == Sending::Open {
                                self.pong = Some(payload.into());
                            }
                        }
                        OpCode::Pong => return Ok(Some(WebSocketEvent::Pong(payload))),
                        _ => {
                            let frame = CloseFrame::read(&payload)?;
                            self.receiving = Receiving::Closed;
                            self.close(frame.as_ref().map_or(CloseCode::NORMAL, |frame| frame.code), "");
                            return Ok(Some(WebSocketEvent::Close(frame)));
                        }
                    }
                }
            }
        }
    }

    /// What depends on the role and on the limits.
    fn check(&self, header: &Header) -> Result<(), Violation> {
        match (&self.role, header.mask) {
            (Role::Client { .. }, Some(_)) => return Err(protocol("the server masked a frame")),
            (Role::Server, None) => return Err(protocol("the client did not mask a frame")),
            _ => {}
        }
        let length = self.message.map_or(0, |message| message.length).saturating_add(header.length);
        let (what, limit) = match header.opcode.is_control() {
            true => return Ok(()),
            false if header.length > self.limits.frame => ("frame", self.limits.frame),
            false if length > self.limits.message => ("message", self.limits.message),
            false => return Ok(()),
        };
        let text = format!("a {what} is larger than the limit of {limit} bytes");
        Err(Violation { code: CloseCode::TOO_LARGE, text: text.into() })
    }

    /// The first byte of a data frame's payload is the next one.
    fn begin(&mut self, header: &Header) -> Result<(), Violation> {
        let kind = match header.opcode {
            OpCode::Continuation => None,
            OpCode::Text => Some(Kind::Text),
            _ => Some(Kind::Binary),
        };
        match (&mut self.message, kind) {
            (Some(message), None) => message.length += header.length,
            (message @ None, Some(kind)) => {
                *message = Some(Message { kind, first: true, length: header.length, text: Utf8::default() });
            }
            (None, None) => return Err(protocol("a continuation of no message")),
            (Some(_), Some(_)) => return Err(protocol("a message begins within another")),
        }
        let Header { fin, mask, length, .. } = *header;
        self.receiving = Receiving::Payload { fin, mask, at: 0, length };
        Ok(())
    }

    /// Queues a message: these parts, one after the other, as one frame. The frames of a client are masked copies.
    ///
    /// # Errors
    /// The sending side is closed.
    pub fn send(&mut self, kind: Kind, parts: &[&[u8]]) -> Result<(), SendingClosed> {
        let opcode = match kind {
            Kind::Text => OpCode::Text,
            Kind::Binary => OpCode::Binary,
        };
        self.frame(opcode, parts)
    }

    /// Queues a ping; at most 125 bytes of `payload` are sent.
    ///
    /// # Errors
    /// The sending side is closed.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendingClosed> {
        self.frame(OpCode::Ping, &[payload.get(..payload.len().min(125)).unwrap_or_default()])
    }

    /// Queues the close frame, after all messages. Does nothing if the sending side is closed already. At most 123 bytes
    /// of `reason` are sent.
    pub fn close(&mut self, code: CloseCode, reason: &str) {
        // A pong that is due stays before it.
        if let Some(pong) = self.pong.take() {
            let _ = self.frame(OpCode::Pong, &[&pong]);
        }
        let frame = CloseFrame { code, reason: reason.to_owned() };
        if self.frame(OpCode::Close, &[&frame.payload()]).is_ok() {
            self.sending = Sending::Closed;
        }
    }

    /// The next bytes for the peer.
    pub fn transmit(&mut self) -> Option<Bytes> {
        if let Some(pong) = self.pong.take() {
            // Before the messages: a peer that waits for it must not wait for them.
            let mut bytes = BytesMut::new();
            self.write(OpCode::Pong, &[&pong], &mut bytes);
            return Some(bytes.freeze());
        }
        let bytes = self.queue.pop_front()?;
        self.queued -= bytes.len();
        Some(bytes)
    }

    /// The bytes of the queued frames.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Whether messages can be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.sending == Sending::Open
    }

    /// Whether the peer sends nothing more: it has closed its side, the connection has ended, or the peer violated the
    /// protocol.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.receiving, Receiving::Closed)
    }

    fn frame(&mut self, opcode: OpCode, parts: &[&[u8]]) -> Result<(), SendingClosed> {
        if self.sending == Sending::Closed {
            return Err(SendingClosed);
        }
        let mut bytes = BytesMut::new();
        self.write(opcode, parts, &mut bytes);
        self.queued += bytes.len();
        self.queue.push_back(bytes.freeze());
        Ok(())
    }

    fn write(&mut self, opcode: OpCode, parts: &[&[u8]], into: &mut BytesMut) {
        let key = match &mut self.role {
            Role::Client { masks } => {
                let [a, b, c, d, ..] = masks.draw().to_ne_bytes();
                Some([a, b, c, d])
            }
            Role::Server => None,
        };
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        into.reserve(length + LONGEST_HEADER);
        Header { fin: true, opcode, mask: key, length: length as u64 }.write(into);
        let start = into.len();
        for part in parts {
            into.extend_from_slice(part);
        }
        if let (Some(key), Some(payload)) = (key, into.get_mut(start..)) {
            mask(payload, key, 0);
        }
    }
}

/// The sending side of a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendingClosed;

impl fmt::Display for SendingClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sending side of the WebSocket is closed")
    }
}

impl std::error::Error for SendingClosed {}

/// A part of a payload without its mask, without a copy.
fn unmasked(mut part: BytesMut, key: Option<[u8; 4]>, at: u64) -> Bytes {
    if let Some(key) = key {
        mask(&mut part, key, at);
    }
    part.freeze()
}

const LONGEST_HEADER: usize = 14;
