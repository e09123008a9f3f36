//! One exchange in the network: the request to the server, the pieces of the answer back.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use kube_proto::driver::{Exchange, Fault, FaultKind, Input, Moment};

use super::cluster::Reader;
use super::dice::Dice;
use super::mishap::{Faults, Mishap};

/// An exchange, from its start until its owner drops it.
pub(super) struct Line {
    pub(super) side: Side,
    /// The mishap of this exchange.
    pub(super) mishap: Option<Mishap>,
    pub(super) dice: Dice,
    /// Its client has dropped it, and the request is on its way.
    pub(super) abandoned: bool,
    pieces: VecDeque<(Moment, Input)>,
    /// The number of bytes in the pieces.
    bytes: usize,
    /// When the last piece arrives.
    last: Moment,
}

/// The server's side of it.
pub(super) enum Side {
    /// The request arrives at this moment.
    Underway { arrives: Moment, exchange: Box<Exchange> },
    /// A watch that is open.
    Growing(Box<Growing>),
    /// The server sends nothing more.
    Over,
}

pub(super) struct Growing {
    pub(super) reader: Reader,
    /// A head that comes with the first event.
    pub(super) head: Option<Box<Parts>>,
    /// The cluster's generation when there was last nothing to send.
    pub(super) seen: Option<u64>,
    /// When time alone may cause an event, since the Unix epoch.
    pub(super) until: Option<Duration>,
    /// A streaming list that has not reached its end.
    pub(super) initial: bool,
    /// The number of events before the mishap.
    pub(super) left: u64,
    /// The latest moment of the mishap.
    pub(super) strikes: Option<Moment>,
    /// A bookmark that comes late, and the number of events before it.
    pub(super) held: Option<(u64, Bytes)>,
    /// Bytes that are sent together.
    pub(super) gathered: Vec<u8>,
}

impl Line {
    pub(super) fn new(side: Side, mishap: Option<Mishap>, dice: Dice) -> Self {
        Self { side, mishap, dice, abandoned: false, pieces: VecDeque::new(), bytes: 0, last: Moment::ZERO }
    }

    /// The next input, if it has arrived.
    pub(super) fn take(&mut self, now: Moment) -> Option<Input> {
        let (at, _) = self.pieces.front()?;
        if *at > now {
            return None;
        }
        let (_, input) = self.pieces.pop_front()?;
        if let Input::Data(data) = &input {
            self.bytes -= data.len();
        }
        Some(input)
    }

    /// When the next piece arrives.
    pub(super) fn arrival(&self) -> Option<Moment> {
        self.pieces.front().map(|(at, _)| *at)
    }

    /// The server may send more: the reader has taken most of the bytes.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < WINDOW
    }

    pub(super) fn push(&mut self, now: Moment, faults: &Faults, input: Input) {
        let at = now.after(self.dice.span(faults.delay));
        self.last = self.last.max(at);
        if let Input::Data(data) = &input {
            self.bytes += data.len();
        }
        self.pieces.push_back((self.last, input));
    }

    /// Sends a head that was kept back.
    pub(super) fn push_head(&mut self, now: Moment, faults: &Faults, head: Option<Box<Parts>>) {
        if let Some(head) = head {
            self.push(now, faults, Input::Head(head));
        }
    }

    /// Sends bytes, in any number of pieces.
    pub(super) fn send(&mut self, now: Moment, faults: &Faults, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let cut = match self.dice.chance(faults.split) {
                true => 1 + self.dice.index(bytes.len()).unwrap_or(0),
                false => bytes.len(),
            };
            let piece = bytes.split_to(cut);
            self.push(now, faults, Input::Data(piece));
        }
    }

    /// Sends one byte every two seconds, and then the end; of a long body only the beginning, and no end.
    pub(super) fn drip(&mut self, now: Moment, mut bytes: Bytes, ends: bool) {
        self.last = self.last.max(now);
        for _ in 0..bytes.len().min(DRIPS) {
            self.last = self.last.after(Duration::from_secs(2));
            self.bytes += 1;
            self.pieces.push_back((self.last, Input::Data(bytes.split_to(1))));
        }
        if ends && bytes.is_empty() {
            self.pieces.push_back((self.last, Input::End));
        }
        self.side = Side::Over;
    }

    /// The connection breaks.
    pub(super) fn reset(&mut self, now: Moment, faults: &Faults, fault: Fault) {
        self.push(now, faults, Input::Failed(Box::new(fault)));
        self.side = Side::Over;
    }

    /// Loses the bytes that have not arrived yet.
    pub(super) fn lose(&mut self, now: Moment) {
        while self.pieces.back().is_some_and(|(at, _)| *at > now) {
            if let Some((_, Input::Data(data))) = self.pieces.pop_back() {
                self.bytes -= data.len();
            }
        }
        self.last = now;
    }

    /// The fault of a connection that breaks now. After the head the request counts as answered.
    pub(super) fn broken(&self) -> Fault {
        match &self.side {
            Side::Underway { .. } => Fault::unknown(FaultKind::Closed, "the connection was reset"),
            Side::Growing(growing) if growing.head.is_some() => {
                Fault::unknown(FaultKind::Closed, "the connection was reset")
            }
            _ => Fault::answered(FaultKind::Closed, "the connection was reset"),
        }
    }
}

/// The most bytes in the sockets between client and server.
const WINDOW: usize = 16 << 10;
/// The most bytes that drip: more than any time-out of a client takes.
const DRIPS: usize = 400;
