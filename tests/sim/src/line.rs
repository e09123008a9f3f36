//! One exchange on its way: the request to the server, the pieces of the answer back.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::{Exchange, Fault, FaultKind, Input, Moment};

use super::cluster::Reader;
use super::dice::Dice;
use super::mishap::{Faults, Mishap};

/// An exchange, from its start until nobody wants it any more.
pub(super) struct Line {
    pub(super) side: Side,
    /// What goes wrong with it.
    pub(super) mishap: Option<Mishap>,
    pub(super) dice: Dice,
    pieces: VecDeque<(Moment, Input)>,
    /// The bytes in them.
    bytes: usize,
    /// When the last of them arrives.
    last: Moment,
}

/// The server's side of it.
pub(super) enum Side {
    /// The request arrives then.
    Underway { arrives: Moment, exchange: Box<Exchange> },
    /// A body that grows.
    Growing(Box<Growing>),
    /// Nothing more will be sent.
    Over,
}

pub(super) struct Growing {
    pub(super) reader: Reader,
    /// The cluster's generation when it last had nothing to say.
    pub(super) seen: Option<u64>,
    /// When time alone may bring something, since the Unix epoch.
    pub(super) until: Option<Duration>,
    /// A streaming list that is not at its end.
    pub(super) initial: bool,
    /// How many events come before the mishap.
    pub(super) left: u64,
    /// ...or when it happens at the latest.
    pub(super) strikes: Option<Moment>,
    /// A bookmark that comes late, and after how many events.
    pub(super) held: Option<(u64, Bytes)>,
    /// What is sent together.
    pub(super) gathered: Vec<u8>,
}

impl Line {
    pub(super) fn new(side: Side, mishap: Option<Mishap>, dice: Dice) -> Self {
        Self { side, mishap, dice, pieces: VecDeque::new(), bytes: 0, last: Moment::ZERO }
    }

    /// What has arrived.
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

    /// The other side may send more: the reader has taken what there was, or most of it.
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

    /// Bytes, in as many pieces as it pleases.
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

    /// The connection breaks.
    pub(super) fn reset(&mut self, now: Moment, faults: &Faults, fault: Fault) {
        self.push(now, faults, Input::Failed(Box::new(fault)));
        self.side = Side::Over;
    }

    /// What was sent in the last moments is lost, too.
    pub(super) fn lose(&mut self, now: Moment) {
        while self.pieces.back().is_some_and(|(at, _)| *at > now) {
            if let Some((_, Input::Data(data))) = self.pieces.pop_back() {
                self.bytes -= data.len();
            }
        }
        self.last = now;
    }

    /// Whether the head was sent: what breaks now has been answered.
    pub(super) fn broken(&self) -> Fault {
        match self.side {
            Side::Underway { .. } => Fault::unknown(FaultKind::Closed, "the connection was reset"),
            _ => Fault::answered(FaultKind::Closed, "the connection was reset"),
        }
    }
}

/// The most bytes that lie in the sockets between.
const WINDOW: usize = 16 << 10;
