//! A session whose channel has several parts, each with a reader or a writer of its own.

use std::io::{Read, Write};
use std::task::Waker;

use super::super::seats::{Seat, Wakes};
use super::Switched;
use crate::driver::channel::{Channel, Flow};
use crate::driver::time::{Moment, Now};
use crate::error::Error;

/// The result of a [`look`](Switched::look).
#[derive(Debug)]
pub struct Look<T> {
    /// What to do.
    pub step: LookStep<T>,
    /// Whom to wake, after the session is unlocked.
    pub wakes: Wakes,
    /// Readers in a [`turn`](Switched::turn) have news: see [`take_news`](Switched::take_news).
    pub news: bool,
}

/// What a reader or writer of one part does next.
#[derive(Debug)]
pub enum LookStep<T> {
    /// It has what it waited for.
    Ready(T),
    /// The end of the session, as in [`SwitchedStep::Done`](super::SwitchedStep::Done).
    Done(Result<(), Error>),
    /// It looks again at once. There may be more for others: an async driver lets other tasks run before.
    Again,
    /// It waits until its waker is woken. Another one waits for the socket.
    Follow,
    /// It waits until its waker is woken, the socket is ready, or this moment has come.
    Drive {
        /// Wait until the socket is readable.
        read: bool,
        /// Wait until the socket is writable.
        write: bool,
        /// When to look again.
        until: Option<Moment>,
    },
}

impl<C: Channel> Switched<C> {
    /// Does everything that is possible without blocking, until `ready` finds something in the channel: what a reader or
    /// a writer of this part of the channel waits for. It keeps its seat from one look to the next.
    ///
    /// One of those that wait drives the session: it receives for all, and `wakes` has those whose
    /// [part is ready](Channel::is_ready). A seat that is given up without [`Ready`](LookStep::Ready) must
    /// [leave](Self::leave).
    pub fn look<T>(
        &mut self,
        io: &mut (impl Read + Write),
        now: Now,
        (seat, part): (&mut Seat, u64),
        waker: Waker,
        mut ready: impl FnMut(&mut C) -> Option<T>,
    ) -> Look<T> {
        let mut wakes = Wakes::default();
        let was_full = self.channel.is_full();
        let drives = self.seats.drive(seat);
        // A moment of the channel has come: a part may become ready without any bytes.
        let mut due = self.until.is_some_and(|until| now.mono >= until);
        let step = loop {
            if let Some(found) = ready(&mut self.channel) {
                break LookStep::Ready(found);
            }
            if let Some(done) = &self.done {
                break LookStep::Done(done.clone());
            }
            if !drives {
                break LookStep::Follow;
            }
            match self.channel.poll(now) {
                Flow::Send(bytes) => self.queue(bytes),
                Flow::Yield(event) => {
                    self.events.push_back(event);
                    self.news = true;
                }
                Flow::Done(result) => {
                    let _ = self.send(io);
                    self.finish(result);
                }
                Flow::Wait(until) => match self.exchange(io, now) {
                    Ok(None) => {
                        self.seats.ready(seat, |part| self.channel.is_ready(part), &mut wakes);
                        if !wakes.is_empty() {
                            // They are not kept waiting while this one goes on.
                            break LookStep::Again;
                        }
                    }
                    Ok(Some(_)) if std::mem::take(&mut due) => {
                        self.until = until;
                        self.seats.ready(seat, |part| self.channel.is_ready(part), &mut wakes);
                    }
                    Ok(Some(write)) => {
                        self.until = until;
                        break LookStep::Drive { read: !self.channel.is_full(), write, until };
                    }
                    Err(fault) => self.break_off(fault),
                },
            }
        };
        match &step {
            LookStep::Ready(_) => {
                // What became due is sent; if the socket takes no more, or the channel reads again, it is up to the
                // one that drives. A failure is the end of the session, and not of this look.
                let before = self.connection.pending();
                let blocked = self.flush(io, now).unwrap_or(true) && self.connection.pending() > before;
                let opened = was_full && !self.channel.is_full();
                if blocked || opened || self.news {
                    self.seats.driver(seat, &mut wakes);
                }
                if was_full {
                    self.seats.ready(seat, |part| self.channel.is_ready(part), &mut wakes);
                }
                self.seats.leave(seat, &mut wakes);
                wakes.spend(waker);
            }
            LookStep::Done(_) => {
                self.seats.leave(seat, &mut wakes);
                wakes.spend(waker);
            }
            LookStep::Again | LookStep::Follow | LookStep::Drive { .. } => {
                self.seats.wait(seat, part, waker, &mut wakes);
            }
        }
        if self.done.is_some() {
            self.seats.all(&mut wakes);
        }
        Look { step, wakes, news: self.take_news() }
    }

    /// Calls the channel, sends what it can of the result, and finds all whose part is ready by it. Nothing waits. The
    /// flag: readers in a [`turn`](Switched::turn) have news.
    pub fn act_now(&mut self, io: &mut impl Write, now: Now, act: impl FnOnce(&mut C)) -> (Wakes, bool) {
        act(&mut self.channel);
        // A failure is the end of the session, and those that drive find it.
        let _ = self.flush(io, now);
        let (seat, mut wakes) = (Seat::default(), Wakes::default());
        self.seats.ready(&seat, |part| self.channel.is_ready(part), &mut wakes);
        self.seats.driver(&seat, &mut wakes);
        if self.done.is_some() {
            self.seats.all(&mut wakes);
        }
        (wakes, self.take_news())
    }

    /// Gives up a seat whose reader or writer waits no longer.
    pub fn leave(&mut self, seat: &mut Seat) -> Wakes {
        let mut wakes = Wakes::default();
        self.seats.leave(seat, &mut wakes);
        wakes
    }

    /// All that wait in a [`look`](Self::look): wake them after [`close`](Self::close) and [`fail`](Self::fail).
    pub fn waiting(&mut self) -> Wakes {
        let mut wakes = Wakes::default();
        self.seats.all(&mut wakes);
        wakes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io::ErrorKind::WouldBlock;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    use bytes::{Bytes, BytesMut};

    use super::super::super::RawConnection;
    use super::*;

    /// Two parts: digits are for part 0, letters for part 1. A part keeps two bytes; without room nothing is received.
    #[derive(Default)]
    struct Parts {
        waiting: VecDeque<u8>,
        kept: [VecDeque<u8>; 2],
        due: VecDeque<Bytes>,
        until: Option<Moment>,
        /// A letter that comes at that moment by itself.
        ripens: Option<u8>,
        silent: usize,
    }

    impl Parts {
        fn sort(&mut self) {
            while let Some(byte) = self.waiting.front() {
                let part = &mut self.kept[usize::from(byte.is_ascii_alphabetic())];
                if part.len() == 2 {
                    return;
                }
                part.extend(self.waiting.pop_front());
            }
        }

        fn take(&mut self, part: usize) -> Option<u8> {
            let byte = self.kept[part].pop_front();
            self.sort();
            byte
        }
    }

    impl Channel for Parts {
        type Event = u8;

        fn receive(&mut self, bytes: &mut BytesMut, _: bool) {
            self.waiting.extend(bytes.split());
            self.sort();
        }

        fn send(&mut self, bytes: Bytes) -> Result<(), Error> {
            self.due.push_back(bytes);
            Ok(())
        }

        fn poll(&mut self, now: Now) -> Flow<u8> {
            if self.until.is_some_and(|until| now.mono >= until) {
                self.kept[1].extend(self.ripens.take());
            }
            self.due.pop_front().map_or(Flow::Wait(self.until), Flow::Send)
        }

        fn is_full(&self) -> bool {
            !self.waiting.is_empty()
        }

        fn is_ready(&self, part: u64) -> bool {
            !self.kept[usize::try_from(part).unwrap()].is_empty()
        }

        fn silent(&mut self, _: Now) {
            self.silent += 1;
        }
    }

    /// A socket that gives one byte at a time, and has this much room.
    #[derive(Default)]
    struct Socket {
        says: VecDeque<u8>,
        ends: bool,
        room: usize,
        reads: usize,
    }

    impl Read for Socket {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.reads += 1;
            match (self.says.pop_front(), self.ends) {
                (Some(byte), _) => {
                    into[0] = byte;
                    Ok(1)
                }
                (None, true) => Ok(0),
                (None, false) => Err(WouldBlock.into()),
            }
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let count = bytes.len().min(self.room);
            self.room -= count;
            if count == 0 { Err(WouldBlock.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A reader of one part.
    struct Reader {
        seat: Seat,
        part: usize,
        bell: Arc<Bell>,
        now: Now,
    }

    impl Reader {
        fn of(part: usize) -> Self {
            Self { seat: Seat::default(), part, bell: Arc::default(), now: Now::default() }
        }

        fn look(&mut self, session: &mut Switched<Parts>, io: &mut Socket) -> LookStep<u8> {
            let (part, waker) = (self.part, Waker::from(Arc::clone(&self.bell)));
            let seat = (&mut self.seat, u64::try_from(part).unwrap());
            let look = session.look(io, self.now, seat, waker, |parts| parts.take(part));
            look.wakes.wake();
            look.step
        }

        /// How often it was woken since the last time.
        fn woken(&self) -> usize {
            self.bell.0.swap(0, Ordering::Relaxed)
        }
    }

    fn session() -> (Switched<Parts>, Socket) {
        let session = Switched::new(Parts::default(), RawConnection::plain(), BytesMut::new());
        (session, Socket { room: 100, ..Socket::default() })
    }

    #[test]
    fn one_drives_and_wakes_the_one_for_whom_something_came() {
        let (mut session, mut io) = session();
        let (mut digits, mut letters, mut others) = (Reader::of(0), Reader::of(1), Reader::of(1));
        assert!(matches!(
            digits.look(&mut session, &mut io),
            LookStep::Drive { read: true, write: false, until: None }
        ));
        assert_eq!(session.channel.silent, 1);
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Follow));
        assert_eq!(io.reads, 1, "the other one does not ask the socket");
        // The letter is for the other one, which does not wait until the first one has found its own.
        io.says.extend(b"a1");
        assert!(matches!(digits.look(&mut session, &mut io), LookStep::Again));
        assert_eq!((digits.woken(), letters.woken()), (0, 1));
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Ready(b'a')));
        assert!(matches!(others.look(&mut session, &mut io), LookStep::Follow));
        assert_eq!(digits.woken(), 0, "it still drives");
        // It finds its own, and leaves: another one drives.
        assert!(matches!(digits.look(&mut session, &mut io), LookStep::Ready(b'1')));
        assert_eq!((digits.woken(), letters.woken(), others.woken()), (0, 0, 1));
        assert!(matches!(others.look(&mut session, &mut io), LookStep::Drive { .. }));
    }

    /// Time alone makes a part ready: that of the one that drives, or of another one.
    #[test]
    fn a_moment_of_the_channel_wakes_the_part_that_it_makes_ready() {
        for own in [true, false] {
            let (mut session, mut io) = session();
            let (mut one, mut other) = (Reader::of(usize::from(own)), Reader::of(1));
            session.channel.ripens = Some(b'r');
            let later = Moment::after_zero(Duration::from_secs(5));
            session.channel.until = Some(later);
            assert!(matches!(one.look(&mut session, &mut io), LookStep::Drive { until: Some(_), .. }));
            assert!(matches!(other.look(&mut session, &mut io), LookStep::Follow));
            one.now = Now { mono: later, ..Now::default() };
            match own {
                true => assert!(matches!(one.look(&mut session, &mut io), LookStep::Ready(b'r'))),
                false => {
                    assert!(matches!(one.look(&mut session, &mut io), LookStep::Drive { .. }));
                    assert_eq!(other.woken(), 1);
                    assert!(matches!(other.look(&mut session, &mut io), LookStep::Ready(b'r')));
                }
            }
        }
    }

    #[test]
    fn a_call_wakes_those_whose_part_it_makes_ready() {
        let (mut session, mut io) = session();
        let (mut digits, mut letters, mut others) = (Reader::of(0), Reader::of(1), Reader::of(0));
        digits.look(&mut session, &mut io);
        letters.look(&mut session, &mut io);
        others.look(&mut session, &mut io);
        let (wakes, _) = session.act_now(&mut io, Now::default(), |parts| parts.kept[1].push_back(b'x'));
        wakes.wake();
        assert_eq!((letters.woken(), others.woken()), (1, 0));
        assert_eq!(digits.woken(), 1, "it drives: it may be its own part");
    }

    #[test]
    fn who_is_dropped_leaves_the_driving_to_another_one() {
        let (mut session, mut io) = session();
        let (mut first, mut second, mut third) = (Reader::of(0), Reader::of(1), Reader::of(1));
        first.look(&mut session, &mut io);
        second.look(&mut session, &mut io);
        third.look(&mut session, &mut io);
        session.leave(&mut first.seat).wake();
        assert_eq!((second.woken(), third.woken()), (1, 0));
        // That one, too, is dropped before it could look.
        session.leave(&mut second.seat).wake();
        assert_eq!(third.woken(), 1);
        assert!(matches!(third.look(&mut session, &mut io), LookStep::Drive { .. }));
    }

    /// The first one is never polled again.
    #[test]
    fn tasks_do_not_rely_on_each_other() {
        let (mut session, mut io) = session();
        let (mut lost, mut letters) = (Reader::of(0), Reader::of(1));
        (lost.seat, letters.seat) = (Seat::task(), Seat::task());
        for reader in [&mut lost, &mut letters] {
            assert!(matches!(reader.look(&mut session, &mut io), LookStep::Drive { read: true, .. }));
        }
        io.says.extend(b"1a");
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Again));
        assert_eq!(lost.woken(), 1);
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Ready(b'a')));
        assert_eq!(lost.woken(), 0);
        // Room for more is news for all of them.
        letters.look(&mut session, &mut io);
        io.says.extend(b"234");
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Drive { read: false, .. }));
        let mut digits = Reader::of(0);
        digits.seat = Seat::task();
        assert!(matches!(digits.look(&mut session, &mut io), LookStep::Ready(b'1')));
        assert_eq!(letters.woken(), 1);
    }

    #[test]
    fn without_room_the_socket_is_left_alone_until_a_reader_has_made_some() {
        let (mut session, mut io) = session();
        let (mut digits, mut letters) = (Reader::of(0), Reader::of(1));
        io.says.extend(b"1234a");
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Drive { read: false, .. }));
        let reads = io.reads;
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Drive { read: false, .. }));
        assert_eq!((io.reads, session.channel.silent), (reads, 0));
        assert!(matches!(digits.look(&mut session, &mut io), LookStep::Ready(b'1')));
        assert_eq!(letters.woken(), 1, "it reads the socket again");
        letters.look(&mut session, &mut io);
        assert!(matches!(digits.look(&mut session, &mut io), LookStep::Ready(b'2')));
        assert_eq!(letters.woken(), 1);
        assert!(matches!(letters.look(&mut session, &mut io), LookStep::Ready(b'a')));
    }

    #[test]
    fn who_sends_more_than_the_socket_takes_wakes_the_one_that_drives() {
        let (mut session, mut io) = session();
        let mut reader = Reader::of(0);
        reader.look(&mut session, &mut io);
        let mut send = |io: &mut Socket| {
            let act = |parts: &mut Parts| Some(parts.send(Bytes::from("12345")));
            session.look(io, Now::default(), (&mut Seat::default(), 1), Waker::noop().clone(), act).wakes.wake();
        };
        send(&mut io);
        assert_eq!(reader.woken(), 0);
        io.room = 3;
        send(&mut io);
        assert_eq!(reader.woken(), 1);
        assert!(matches!(reader.look(&mut session, &mut io), LookStep::Drive { write: true, .. }));
    }

    #[test]
    fn an_earlier_moment_reaches_the_one_that_drives() {
        let (mut session, mut io) = session();
        let mut reader = Reader::of(0);
        reader.look(&mut session, &mut io);
        let until = Moment::after_zero(Duration::from_secs(1));
        let act = |parts: &mut Parts| {
            parts.until = Some(until);
            Some(())
        };
        let look = session.look(&mut io, Now::default(), (&mut Seat::default(), 1), Waker::noop().clone(), act);
        look.wakes.wake();
        assert!(look.news, "and those in a turn");
        assert_eq!(reader.woken(), 1);
        assert!(
            matches!(reader.look(&mut session, &mut io), LookStep::Drive { until: found, .. } if found == Some(until))
        );
    }

    #[test]
    fn all_learn_of_the_end() {
        let (mut session, mut io) = session();
        let (mut first, mut second) = (Reader::of(0), Reader::of(1));
        first.look(&mut session, &mut io);
        second.look(&mut session, &mut io);
        io.says.extend(b"1");
        io.ends = true;
        assert!(matches!(first.look(&mut session, &mut io), LookStep::Ready(b'1')));
        assert_eq!(second.woken(), 1);
        // The channel does not mind the end; the connection does.
        assert!(matches!(second.look(&mut session, &mut io), LookStep::Done(Err(_))));
        assert!(matches!(first.look(&mut session, &mut io), LookStep::Done(Err(_))));
        let (mut session, mut io) = self::session();
        first.seat = Seat::default();
        first.look(&mut session, &mut io);
        session.close(&mut io);
        session.waiting().wake();
        assert_eq!(first.woken(), 1);
        assert!(matches!(first.look(&mut session, &mut io), LookStep::Done(Err(_))));
    }
}
