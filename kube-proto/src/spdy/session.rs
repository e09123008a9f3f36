//! The machine: frames to events, and calls to frames.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes, BytesMut};

use super::error::{PROTOCOL_ERROR, REFUSED_STREAM, SpdyError};
use super::frame::{self, FIN, GOAWAY, HEAD, HEADERS, Head, MOST, PING, RST_STREAM, SYN_REPLY, SYN_STREAM};
use super::headers::{self, Headers};
use super::limits::Limits;
use super::zlib::Deflater;
#[cfg(feature = "gzip")]
use super::zlib::Inflater;
use crate::opaque::Opaque;

/// A SPDY/3.1 session without its connection: see its module.
///
/// Bytes of the peer go in by [`receive`](Self::receive); [`next`](Self::next) reads them, no further than it is called.
/// Bytes for the peer come out of [`take`](Self::take).
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    input: Opaque<BytesMut>,
    reading: Reading,
    /// An event that follows the last one.
    also: Option<Event>,
    output: Opaque<BytesMut>,
    streams: BTreeMap<u32, State>,
    deflater: Deflater,
    /// The server's role inflates the headers of the streams that its peer opens.
    #[cfg(feature = "gzip")]
    inflater: Option<Inflater>,
    /// The next stream that this side opens.
    next_stream: u32,
    next_ping: u32,
    /// The last stream that the peer opened.
    last: u32,
    leaving: bool,
    failed: Option<SpdyError>,
}

/// The position in the peer's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Before a frame.
    Head,
    /// Inside a data frame.
    Data { stream: u32, left: u32, fin: bool },
    /// Inside the part of a control frame that does not matter.
    Skip { left: u32 },
}

/// The state of a stream. A stream that has ended in both directions has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There was no `SYN_REPLY` yet. `ended`: the side that opened the stream has already ended it.
    Opening {
        /// The side that opened the stream will send nothing.
        ended: bool,
    },
    /// Both sides may send.
    Open,
    /// The peer has ended; this side may send.
    Sending,
    /// This side has ended; the peer may send.
    Receiving,
}

/// A change that the peer made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The peer opened a stream: reply or reset. Only in the server's role.
    Opened(u32, Headers),
    /// The peer accepted a stream.
    Replied(u32),
    /// Data of a stream, never empty.
    Data(u32, Bytes),
    /// The peer has ended its side of a stream.
    Ended(u32),
    /// The peer gave a stream up, for this reason.
    Reset(u32, u32),
    /// The answer to [`Session::ping`].
    Pong(u32),
    /// The peer accepts no more streams.
    GoAway,
}

/// The result of [`Session::next`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// An event; there may be more.
    Event(Event),
    /// Nothing until more bytes are received.
    More,
    /// The next bytes are data of this stream, for which there is no room.
    Full(u32),
    /// The next frame needs an answer, and [`Limits::unsent`] bytes are unsent.
    Busy,
}

impl Session {
    /// The role that opens streams.
    #[must_use]
    pub fn client(limits: Limits) -> Self {
        Self {
            limits,
            input: Opaque::default(),
            reading: Reading::Head,
            also: None,
            output: Opaque::default(),
            streams: BTreeMap::new(),
            deflater: Deflater::default(),
            #[cfg(feature = "gzip")]
            inflater: None,
            next_stream: 1,
            next_ping: 1,
            last: 0,
            leaving: false,
            failed: None,
        }
    }

    /// The role that accepts streams.
    #[cfg(feature = "gzip")]
    #[must_use]
    pub fn server(limits: Limits) -> Self {
        Self { inflater: Some(Inflater::new()), next_stream: 2, next_ping: 2, ..Self::client(limits) }
    }

    /// Takes bytes of the peer.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The number of bytes that were received and not read.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.input.len()
    }

    /// The next event. `room` says how many bytes of a stream the caller can take now.
    ///
    /// # Errors
    /// The bytes are no SPDY/3.1. Every later call returns the error again.
    pub fn next(&mut self, mut room: impl FnMut(u32) -> usize) -> Result<Next, SpdyError> {
        if let Some(event) = self.also.take() {
            return Ok(Next::Event(event));
        }
        if let Some(error) = self.failed {
            return Err(error);
        }
        loop {
            let next = match self.reading {
                Reading::Skip { left } => self.skip(left),
                Reading::Data { stream, left, fin } => self.data(stream, left, fin, &mut room),
                Reading::Head => self.head(),
            };
            match next {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => {}
                Err(error) => {
                    self.failed = Some(error);
                    *self.input = BytesMut::new();
                    return Err(error);
                }
            }
        }
    }

    /// Checks that the peer's bytes do not end inside a frame.
    ///
    /// # Errors
    /// They do, or there was an error before.
    pub fn end(&self) -> Result<(), SpdyError> {
        match (self.failed, self.reading) {
            (Some(error), _) => Err(error),
            (None, Reading::Head) if self.input.is_empty() => Ok(()),
            (None, Reading::Data { left: 0, .. } | Reading::Skip { left: 0 }) if self.input.is_empty() => Ok(()),
            _ => Err(SpdyError::Truncated),
        }
    }

    fn skip(&mut self, left: u32) -> Result<Option<Next>, SpdyError> {
        let count = self.available(left);
        self.input.advance(count);
        let left = less(left, count);
        self.reading = if left == 0 { Reading::Head } else { Reading::Skip { left } };
        Ok((left > 0).then_some(Next::More))
    }

    fn data(
        &mut self,
        stream: u32,
        left: u32,
        fin: bool,
        room: &mut impl FnMut(u32) -> usize,
    ) -> Result<Option<Next>, SpdyError> {
        if left == 0 {
            self.reading = Reading::Head;
            return Ok(if fin { self.ended(stream) } else { None });
        }
        let mut count = self.available(left);
        if count == 0 {
            return Ok(Some(Next::More));
        }
        // Go's implementation, too, drops data of a stream that has gone or was not accepted yet.
        let wanted = matches!(self.streams.get(&stream), Some(State::Open | State::Receiving));
        if wanted {
            count = count.min(room(stream));
            if count == 0 {
                return Ok(Some(Next::Full(stream)));
            }
        }
        let bytes = self.input.split_to(count).freeze();
        self.reading = Reading::Data { stream, left: less(left, count), fin };
        Ok(wanted.then_some(Next::Event(Event::Data(stream, bytes))))
    }

    /// Reads the head of a frame, and all of a control frame that matters.
    fn head(&mut self) -> Result<Option<Next>, SpdyError> {
        let (kind, flags, length) = match Head::peek(&self.input)? {
            None => return Ok(Some(Next::More)),
            Some(Head::Data { stream, fin, length }) => {
                self.input.advance(HEAD);
                self.reading = Reading::Data { stream, left: length, fin };
                return Ok(None);
            }
            Some(Head::Control { kind, flags, length }) => (kind, flags, length),
        };
        let (fixed, whole) = (frame::fixed(kind), usize::try_from(length).unwrap_or(usize::MAX));
        let exact = matches!(kind, RST_STREAM | PING | GOAWAY);
        if whole < fixed || exact && whole != fixed {
            return Err(SpdyError::Length { kind, length });
        }
        if matches!(kind, SYN_STREAM | PING) && self.output.len() >= self.limits.unsent {
            return Ok(Some(Next::Busy));
        }
        let block = self.inflates() && matches!(kind, SYN_STREAM | SYN_REPLY | HEADERS);
        if block && whole - fixed > self.limits.header_bytes {
            return Err(SpdyError::HeadersTooLarge);
        }
        let needed = if block { whole } else { fixed };
        if self.input.len() < HEAD + needed {
            return Ok(Some(Next::More));
        }
        self.input.advance(HEAD);
        let mut payload = self.input.split_to(needed);
        self.reading = Reading::Skip { left: less(length, needed) };
        let headers = match block {
            true => Some(self.inflate(payload.get(fixed..).unwrap_or_default())?),
            false => None,
        };
        self.control(kind, flags, &mut payload, headers)
    }

    fn control(
        &mut self,
        kind: u16,
        flags: u8,
        payload: &mut BytesMut,
        headers: Option<Headers>,
    ) -> Result<Option<Next>, SpdyError> {
        // The lengths were checked.
        let mut number = || payload.try_get_u32().unwrap_or(0);
        let ended = flags & FIN != 0;
        match kind {
            SYN_STREAM | SYN_REPLY | RST_STREAM | HEADERS => {
                let stream = number() & (u32::MAX >> 1);
                if stream == 0 {
                    return Err(SpdyError::Stream(0));
                }
                match (kind, headers) {
                    (SYN_STREAM, Some(headers)) => self.opened(stream, ended, headers),
                    (SYN_STREAM, None) => {
                        // A server of Kubernetes opens none.
                        self.write_reset(stream, REFUSED_STREAM);
                        Ok(None)
                    }
                    (RST_STREAM, _) => {
                        let known = self.streams.remove(&stream).is_some();
                        Ok(known.then_some(Next::Event(Event::Reset(stream, number()))))
                    }
                    (SYN_REPLY, _) => Ok(self.replied(stream, ended)),
                    _ => Ok(if ended { self.ended(stream) } else { None }),
                }
            }
            PING => {
                let id = number();
                if id & 1 == self.next_ping & 1 {
                    return Ok(Some(Next::Event(Event::Pong(id))));
                }
                frame::control(&mut self.output, PING, 0, &[&id.to_be_bytes()]);
                Ok(None)
            }
            GOAWAY => {
                self.leaving = true;
                Ok(Some(Next::Event(Event::GoAway)))
            }
            _ => Ok(None),
        }
    }

    fn opened(&mut self, stream: u32, ended: bool, headers: Headers) -> Result<Option<Next>, SpdyError> {
        if stream & 1 == self.next_stream & 1 || stream <= self.last {
            return Err(SpdyError::Stream(stream));
        }
        self.last = stream;
        if self.streams.len() >= self.limits.streams {
            self.write_reset(stream, REFUSED_STREAM);
            return Ok(None);
        }
        self.streams.insert(stream, State::Opening { ended });
        Ok(Some(Next::Event(Event::Opened(stream, headers))))
    }

    /// The peer accepted a stream of this side.
    fn replied(&mut self, stream: u32, ended: bool) -> Option<Next> {
        let state = self.streams.get_mut(&stream)?;
        let State::Opening { ended: sent } = *state else { return None };
        *state = if sent { State::Receiving } else { State::Open };
        if ended {
            self.also = match self.ended(stream) {
                Some(Next::Event(event)) => Some(event),
                _ => None,
            };
        }
        Some(Next::Event(Event::Replied(stream)))
    }

    /// The peer has ended its side of a stream.
    fn ended(&mut self, stream: u32) -> Option<Next> {
        match self.streams.get_mut(&stream)? {
            state @ State::Open => *state = State::Sending,
            State::Receiving => _ = self.streams.remove(&stream),
            State::Opening { .. } | State::Sending => return None,
        }
        Some(Next::Event(Event::Ended(stream)))
    }

    #[cfg(feature = "gzip")]
    fn inflates(&self) -> bool {
        self.inflater.is_some()
    }

    #[cfg(not(feature = "gzip"))]
    fn inflates(&self) -> bool {
        false
    }

    #[cfg(feature = "gzip")]
    fn inflate(&mut self, block: &[u8]) -> Result<Headers, SpdyError> {
        let Some(inflater) = &mut self.inflater else { return Ok(Headers::new()) };
        headers::read(&inflater.block(block, self.limits.header_bytes)?, &self.limits)
    }

    #[cfg(not(feature = "gzip"))]
    fn inflate(&mut self, _: &[u8]) -> Result<Headers, SpdyError> {
        Ok(Headers::new())
    }

    fn available(&self, left: u32) -> usize {
        self.input.len().min(usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// The state of a stream; `None` if there is no such stream, or it has ended in both directions.
    #[must_use]
    pub fn state(&self, stream: u32) -> Option<State> {
        self.streams.get(&stream).copied()
    }

    /// Whether this side can open so many more streams now.
    #[must_use]
    pub fn has_room(&self, streams: usize) -> bool {
        self.streams.len().saturating_add(streams) <= self.limits.streams && self.next_stream < LAST - 4
    }

    /// Whether the peer accepts no more streams.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Opens a stream; with `ended`, this side sends nothing on it. Names are sent in lower case.
    ///
    /// # Errors
    /// Why there can be no more streams.
    pub fn open(&mut self, headers: &[(&str, &str)], ended: bool) -> Result<u32, &'static str> {
        let stream = self.next_stream;
        if self.leaving {
            return Err("the peer accepts no more streams");
        }
        if self.streams.len() >= self.limits.streams {
            return Err("there are too many streams at once");
        }
        if stream > LAST {
            return Err("the numbers of the streams are used up");
        }
        let block = self.deflater.block(&headers::write(headers));
        // The number, no other stream that it belongs to, and the highest priority.
        let fixed = [&stream.to_be_bytes()[..], &[0; 6]].concat();
        frame::control(&mut self.output, SYN_STREAM, if ended { FIN } else { 0 }, &[&fixed, &block]);
        self.streams.insert(stream, State::Opening { ended });
        self.next_stream += 2;
        Ok(stream)
    }

    /// Accepts a stream that the peer opened.
    pub fn reply(&mut self, stream: u32) {
        if let Some(state @ State::Opening { .. }) = self.streams.get_mut(&stream) {
            *state = if *state == (State::Opening { ended: true }) { State::Sending } else { State::Open };
            let block = self.deflater.block(&headers::write(&[]));
            frame::control(&mut self.output, SYN_REPLY, 0, &[&stream.to_be_bytes(), &block]);
        }
    }

    /// Sends data. False if this side cannot send on the stream: it was not accepted yet, or has ended.
    pub fn send(&mut self, stream: u32, bytes: &[u8]) -> bool {
        let open = matches!(self.state(stream), Some(State::Open | State::Sending));
        if open {
            bytes.chunks(MOST).for_each(|chunk| frame::data(&mut self.output, stream, false, chunk));
        }
        open
    }

    /// Ends this side of a stream. False as [`send`](Self::send).
    pub fn finish(&mut self, stream: u32) -> bool {
        match self.streams.get_mut(&stream) {
            Some(state @ State::Open) => *state = State::Receiving,
            Some(State::Sending) => _ = self.streams.remove(&stream),
            _ => return false,
        }
        frame::data(&mut self.output, stream, true, &[]);
        true
    }

    /// Gives a stream up.
    pub fn reset(&mut self, stream: u32, reason: u32) {
        if self.streams.remove(&stream).is_some() {
            self.write_reset(stream, reason);
        }
    }

    fn write_reset(&mut self, stream: u32, reason: u32) {
        let payload = [stream.to_be_bytes(), reason.max(PROTOCOL_ERROR).to_be_bytes()].concat();
        frame::control(&mut self.output, RST_STREAM, 0, &[&payload]);
    }

    /// Asks for a [`Pong`](Event::Pong) with the returned number.
    pub fn ping(&mut self) -> u32 {
        let id = self.next_ping;
        self.next_ping = if id > LAST { self.next_ping & 1 } else { id } + 2;
        frame::control(&mut self.output, PING, 0, &[&id.to_be_bytes()]);
        id
    }

    /// Announces that this side accepts no more streams.
    pub fn go_away(&mut self) {
        let payload = [self.last.to_be_bytes(), [0; 4]].concat();
        frame::control(&mut self.output, GOAWAY, 0, &[&payload]);
    }

    /// The number of bytes for the peer.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Bytes for the peer: at most this many, and `None` if there are none.
    pub fn take(&mut self, most: usize) -> Option<Bytes> {
        let count = self.output.len().min(most);
        (count > 0).then(|| self.output.split_to(count).freeze())
    }
}

/// `left` without `count`, which is no more.
fn less(left: u32, count: usize) -> u32 {
    left.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The last number of a stream or ping.
const LAST: u32 = (1 << 31) - 1;
