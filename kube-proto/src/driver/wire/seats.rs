//! The readers and writers that wait for parts of one session.
//!
//! One of them drives the session: it waits for the socket, and receives for all. The others wait only until it wakes
//! them. So a piece that arrives wakes the one thread that it is for, and not all of them.
//!
//! A task may be given up without a word: its future stays where it is, and is never polled again. So tasks take seats of
//! their own kind ([`Seat::task`]): all of them wait for the socket, and each receives for all.
//!
//! | seat | event | next |
//! |---|---|---|
//! | away | it finds nothing, and no other seat drives | driving |
//! | away, following | it finds nothing, and another one drives | following |
//! | following | the driving seat received something for its part, or left | away: it was woken, and looks again |
//! | any | it found something, or was dropped | away; if it drove, it wakes another one |

use std::collections::BTreeMap;
use std::task::Waker;

/// All seats of a session that wait.
#[derive(Debug, Default)]
pub(super) struct Seats {
    last: u64,
    driving: Option<u64>,
    waiting: BTreeMap<u64, (u64, Waker)>,
}

/// The place of a reader or writer that waits: see [`Switched::look`](super::Switched::look).
#[derive(Debug, Default)]
pub struct Seat {
    number: Option<u64>,
    task: bool,
}

impl Seat {
    /// The seat of a thread, which waits where it looks.
    #[must_use]
    pub fn thread() -> Self {
        Self::default()
    }

    /// The seat of a task, which may never be polled again. It never has to [follow](super::LookStep::Follow).
    #[must_use]
    pub fn task() -> Self {
        Self { number: None, task: true }
    }
}

/// Wakers that a call has taken out of the session. A driver [wakes](Self::wake) them after it has unlocked the session:
/// a waker may run any code, also when it is dropped.
#[derive(Debug, Default)]
#[must_use = "readers and writers wait for it"]
pub struct Wakes {
    due: Vec<Waker>,
    spent: Vec<Waker>,
}

impl Wakes {
    /// Wakes the readers and writers that have to look again.
    pub fn wake(self) {
        self.due.into_iter().for_each(Waker::wake);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.due.is_empty()
    }

    pub(super) fn spend(&mut self, waker: Waker) {
        self.spent.push(waker);
    }
}

impl Seats {
    /// Whether this seat may drive. If so, it does from now on.
    pub(super) fn drive(&mut self, seat: &mut Seat) -> bool {
        let number = *seat.number.get_or_insert_with(|| {
            self.last += 1;
            self.last
        });
        seat.task || *self.driving.get_or_insert(number) == number
    }

    /// Keeps the waker of a seat that waits for this part.
    pub(super) fn wait(&mut self, seat: &Seat, part: u64, waker: Waker, wakes: &mut Wakes) {
        let Some(number) = seat.number else { return };
        wakes.spent.extend(self.waiting.insert(number, (part, waker)).map(|(_, waker)| waker));
    }

    /// The seat waits no longer.
    pub(super) fn leave(&mut self, seat: &mut Seat, wakes: &mut Wakes) {
        let Some(number) = seat.number.take() else { return };
        wakes.spent.extend(self.waiting.remove(&number).map(|(_, waker)| waker));
        if !seat.task && self.driving.is_none_or(|driving| driving == number) {
            // Another one drives now, if one waits. One that was woken and leaves wakes the next one in turn.
            self.driving = None;
            wakes.due.extend(self.waiting.pop_first().map(|(_, (_, waker))| waker));
        }
    }

    /// The wakers of the seats whose part is ready, but for this one.
    pub(super) fn ready(&mut self, seat: &Seat, mut is_ready: impl FnMut(u64) -> bool, wakes: &mut Wakes) {
        let (own, driving) = (seat.number, self.driving);
        let of = |number: &u64| Some(*number) != own && Some(*number) != driving;
        let ready = self.waiting.extract_if(.., |number, (part, _)| of(number) && is_ready(*part));
        wakes.due.extend(ready.map(|(_, (_, waker))| waker));
    }

    /// The waker of the seat that drives, if that is another one; of all seats, if none drives or all do.
    pub(super) fn driver(&mut self, seat: &Seat, wakes: &mut Wakes) {
        let Some(driving) = self.driving else { return self.ready(seat, |_| true, wakes) };
        if Some(driving) != seat.number {
            wakes.due.extend(self.waiting.remove(&driving).map(|(_, waker)| waker));
        }
    }

    /// The wakers of all seats.
    pub(super) fn all(&mut self, wakes: &mut Wakes) {
        wakes.due.extend(std::mem::take(&mut self.waiting).into_values().map(|(_, waker)| waker));
    }
}
