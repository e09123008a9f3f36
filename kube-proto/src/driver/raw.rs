//! Unframed bytes in both directions.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::channel::{Channel, Flow};
use super::streams::{CHUNK, Streams};
use super::time::Now;
use crate::error::Error;
use crate::opaque::Opaque;

/// No protocol at all: each side receives the bytes that the other sends, in pieces of any size.
///
/// | state | event | next |
/// |---|---|---|
/// | open | bytes | yields them |
/// | open | the peer's end | done, after the bytes that arrived before it |
/// | open | `send` | asks for `Send` |
/// | open | `finish` | sending ends after the bytes sent before; the peer's bytes are yielded as before |
#[derive(Debug, Default)]
pub struct Raw {
    received: Opaque<VecDeque<Bytes>>,
    outgoing: Opaque<VecDeque<Bytes>>,
    ended: bool,
    finished: bool,
    /// What was received waits for `take`.
    streams: bool,
}

impl Raw {
    /// A new channel.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the sending side. The peer sees the end after the bytes sent before, and may still answer.
    pub fn finish(&mut self) {
        self.finished = true;
    }
}

impl Channel for Raw {
    type Event = Bytes;

    fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
        if !bytes.is_empty() {
            self.received.push_back(bytes.split().freeze());
        }
        self.ended |= end;
    }

    fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
        if self.ended {
            return Err(Error::misuse("the peer has ended the session"));
        }
        if self.finished {
            return Err(Error::misuse("the sending side of the session was ended"));
        }
        if !bytes.is_empty() {
            self.outgoing.push_back(bytes);
        }
        Ok(())
    }

    fn poll(&mut self, _now: Now) -> Flow<Bytes> {
        if let Some(bytes) = self.outgoing.pop_front() {
            return Flow::Send(bytes);
        }
        match if self.streams { None } else { self.received.pop_front() } {
            Some(bytes) => Flow::Yield(bytes),
            None if self.ended => Flow::Done(Ok(())),
            None => Flow::Wait(None),
        }
    }

    fn is_full(&self) -> bool {
        self.streams && !self.received.is_empty()
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}

/// The one stream of both directions.
impl Streams for Raw {
    type Stream = ();

    fn use_streams(&mut self, events: VecDeque<Bytes>) {
        self.streams = true;
        events.into_iter().rev().for_each(|bytes| self.received.push_front(bytes));
    }

    fn part((): ()) -> u64 {
        0
    }

    fn take(&mut self, (): ()) -> Option<Result<Bytes, Error>> {
        match self.received.pop_front() {
            None if self.ended => Some(Ok(Bytes::new())),
            bytes => bytes.map(Ok),
        }
    }

    fn write(&mut self, (): (), bytes: &[u8]) -> Result<usize, Error> {
        let chunk = bytes.get(..bytes.len().min(CHUNK)).unwrap_or_default();
        self.send(Bytes::copy_from_slice(chunk)).map(|()| chunk.len())
    }

    fn finish(&mut self, (): ()) -> Result<(), Error> {
        Raw::finish(self);
        Ok(())
    }
}
