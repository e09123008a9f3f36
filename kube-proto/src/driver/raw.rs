//! Bytes as they are, both ways.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::channel::{Channel, Flow};
use super::time::Now;
use crate::error::Error;
use crate::opaque::Opaque;

/// No protocol at all: what one side sends the other receives, in pieces of any size.
///
/// | state | event | next |
/// |---|---|---|
/// | open | bytes | yields them |
/// | open | the peer's end | done, after what arrived before it |
/// | open | `send` | says `Send` |
/// | open | `finish` | sending is over after what was sent before; bytes of the peer are yielded as before |
#[derive(Debug, Default)]
pub struct Raw {
    received: Opaque<VecDeque<Bytes>>,
    outgoing: Opaque<VecDeque<Bytes>>,
    ended: bool,
    finished: bool,
}

impl Raw {
    /// A channel at its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing more will be sent. The peer sees the end after what was sent before, and may still answer.
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
        match self.received.pop_front() {
            Some(bytes) => Flow::Yield(bytes),
            None if self.ended => Flow::Done(Ok(())),
            None => Flow::Wait(None),
        }
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}
