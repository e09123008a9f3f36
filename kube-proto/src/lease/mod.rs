//! Leases: a counted right that returns itself when dropped.
//!
//! Leases serve the right to refresh a credential (capacity 1), the lead of a shared exchange (capacity 1), the permits
//! of the limiter (capacity n), and the trial of an open circuit breaker (capacity 1, without a queue).
//!
//! | event | what happens |
//! |---|---|
//! | `ask`, a lease is free and no other waiter is first | granted |
//! | `ask`, otherwise | queued (once), with the latest waker; ask again when woken, or after [`RECHECK`] |
//! | `take` | granted if a lease is free; never queued |
//! | a lease is dropped | free; the first waiter is called (woken) |
//! | a lease is not renewed for [`TERM`] | reclaimed at the next `ask` or `take`: its holder is not polled |
//! | the called waiter is dropped | the call passes to the next |
//! | the called waiter does not ask within [`RECHECK`] | moved to the end of the queue; the next is called |
//! | a waiter has not asked again for [`ABSENT`] | removed when it reaches the front: it is not polled |
//!
//! No waker is woken, cloned or dropped while the lock is held: each of these may run code of the executor.

pub(crate) mod clock;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;
use std::time::Duration;

use crate::driver::time::Moment;
use crate::lease::clock::Clock;
use crate::lock::lock;

/// How long a lease lasts without renewal.
pub(crate) const TERM: Duration = Duration::from_secs(30);
/// The longest time between two renewals by a holder.
pub(crate) const RENEW: Duration = Duration::from_secs(10);
/// The longest time before a waiter asks again by itself, and the time that a called waiter has to ask.
pub(crate) const RECHECK: Duration = Duration::from_secs(5);

/// A waiter that has not asked again for this long is not polled any more. Many of them would hold up the waiters
/// behind them.
const ABSENT: Duration = Duration::from_secs(10);

/// The leases of one right.
#[derive(Debug)]
pub(crate) struct Leases {
    clock: Arc<Clock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    capacity: usize,
    next: u64,
    /// When each lease was last renewed.
    holders: BTreeMap<u64, Moment>,
    queue: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    /// When the waiter last asked.
    asked: Moment,
    /// Taken when the waiter is called.
    waker: Option<Waker>,
    called: Option<Moment>,
}

/// The right itself. Dropping it frees it for the next waiter.
#[derive(Debug)]
pub(crate) struct Lease {
    id: u64,
    of: Arc<Leases>,
}

/// A place in the queue, or none yet. Dropping it gives the place up.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<(u64, Arc<Leases>)>);

impl Leases {
    pub(crate) fn new(capacity: usize, clock: Arc<Clock>) -> Arc<Self> {
        let state = State { capacity, next: 0, holders: BTreeMap::new(), queue: VecDeque::new() };
        Arc::new(Self { clock, state: Mutex::new(state) })
    }

    /// Asks for a lease. With `None`, ask again when woken, and in any case after [`RECHECK`].
    pub(crate) fn ask(self: &Arc<Self>, ticket: &mut Ticket, now: Moment, waker: &Waker) -> Option<Lease> {
        let fresh = waker.clone();
        let mut state = self.lock();
        state.reclaim(now);
        if let Some(own) = state.queue.iter_mut().find(|waiter| Some(waiter.id) == ticket.id()) {
            own.asked = now;
        }
        let absent = state.pass_over_the_absent(ticket.id(), now);
        let place = ticket.id().and_then(|id| state.queue.iter().position(|waiter| waiter.id == id));
        if state.is_free() && (state.queue.is_empty() || place == Some(0)) {
            let own = place.and_then(|place| state.queue.remove(place));
            let lease = state.grant(now);
            let called = state.call(now);
            drop(state);
            drop((own, fresh, absent));
            ticket.0 = None;
            called.wake();
            return Some(Lease { id: lease, of: Arc::clone(self) });
        }
        let old = if let Some(waiter) = place.and_then(|place| state.queue.get_mut(place)) {
            waiter.waker.replace(fresh)
        } else {
            let id = state.id();
            state.queue.push_back(Waiter { id, asked: now, waker: Some(fresh), called: None });
            ticket.0 = Some((id, Arc::clone(self)));
            None
        };
        // The front may have been queued before its predecessor's lease ran out.
        let called = state.call(now);
        drop(state);
        drop((old, absent));
        called.wake();
        None
    }

    /// Takes a lease if one is free. Does not queue.
    pub(crate) fn take(self: &Arc<Self>, now: Moment) -> Option<Lease> {
        let mut state = self.lock();
        state.reclaim(now);
        let id = state.is_free().then(|| state.grant(now))?;
        drop(state);
        Some(Lease { id, of: Arc::clone(self) })
    }

    /// Wakes every waiter, for news that they can use without a lease.
    pub(crate) fn wake_all(&self) {
        let now = self.clock.mono();
        let wakers: Vec<Waker> = self
            .lock()
            .queue
            .iter_mut()
            .filter_map(|waiter| {
                waiter.called = Some(now);
                waiter.waker.take()
            })
            .collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    fn leave(&self, id: u64) {
        let now = self.clock.mono();
        let mut state = self.lock();
        let place = state.queue.iter().position(|waiter| waiter.id == id);
        let own = place.and_then(|place| state.queue.remove(place));
        let called = state.call(now);
        drop(state);
        drop(own);
        called.wake();
    }

    fn give_back(&self, id: u64) {
        let now = self.clock.mono();
        let mut state = self.lock();
        state.holders.remove(&id);
        let called = state.call(now);
        drop(state);
        called.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn is_free(&self) -> bool {
        self.holders.len() < self.capacity
    }

    fn grant(&mut self, now: Moment) -> u64 {
        let id = self.id();
        self.holders.insert(id, now);
        id
    }

    fn reclaim(&mut self, now: Moment) {
        self.holders.retain(|_, renewed| renewed.after(TERM) > now);
    }

    /// Returns the removed waiters, to drop after unlocking.
    fn pass_over_the_absent(&mut self, asking: Option<u64>, now: Moment) -> Vec<Waiter> {
        let absent = self.leave_out_the_absent(now);
        for _ in 0..self.queue.len() {
            match self.queue.front() {
                Some(front)
                    if Some(front.id) != asking && front.called.is_some_and(|called| called.after(RECHECK) <= now) =>
                {
                    self.queue.rotate_left(1);
                    if let Some(last) = self.queue.back_mut() {
                        last.called = None;
                    }
                }
                _ => break,
            }
        }
        absent
    }

    fn leave_out_the_absent(&mut self, now: Moment) -> Vec<Waiter> {
        let is_absent = |waiter: &mut Waiter| waiter.asked.after(ABSENT) <= now;
        std::iter::from_fn(|| self.queue.pop_front_if(is_absent)).collect()
    }

    /// Calls the first waiter if a lease is free.
    fn call(&mut self, now: Moment) -> Called {
        if !self.is_free() {
            return Called::default();
        }
        let absent = self.leave_out_the_absent(now);
        let waker = self.queue.front_mut().and_then(|front| {
            front.called.get_or_insert(now);
            front.waker.take()
        });
        Called { waker, absent }
    }
}

/// The work that is left after unlocking.
#[derive(Default)]
struct Called {
    waker: Option<Waker>,
    absent: Vec<Waiter>,
}

impl Called {
    fn wake(self) {
        drop(self.absent);
        if let Some(waker) = self.waker {
            waker.wake();
        }
    }
}

impl Lease {
    /// Extends the lease. Has no effect on a reclaimed lease: its holder finishes without it.
    pub(crate) fn renew(&self, now: Moment) {
        if let Some(renewed) = self.of.lock().holders.get_mut(&self.id) {
            *renewed = now;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.of.give_back(self.id);
    }
}

impl Ticket {
    fn id(&self) -> Option<u64> {
        self.0.as_ref().map(|(id, _)| *id)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some((id, of)) = self.0.take() {
            of.leave(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::driver::time::Now;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn bells<const N: usize>() -> ([Arc<Bell>; N], [Waker; N]) {
        let bells: [Arc<Bell>; N] = std::array::from_fn(|_| Arc::default());
        let wakers = std::array::from_fn(|i| Waker::from(Arc::clone(&bells[i])));
        (bells, wakers)
    }

    fn rung<const N: usize>(bells: &[Arc<Bell>; N]) -> [usize; N] {
        std::array::from_fn(|i| bells[i].0.load(Ordering::Relaxed))
    }

    const fn s(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    fn leases(capacity: usize) -> (Arc<Clock>, Arc<Leases>) {
        let clock = Arc::<Clock>::default();
        (Arc::clone(&clock), Leases::new(capacity, clock))
    }

    #[test]
    fn a_dropped_holder_wakes_one_and_only_the_first() {
        let (_, leases) = leases(1);
        let (bells, wakers) = bells::<3>();
        let mut tickets = [const { Ticket(None) }; 3];
        let held = leases.ask(&mut Ticket::default(), s(0), &wakers[0]).unwrap();
        for i in 0..3 {
            assert!(leases.ask(&mut tickets[i], s(0), &wakers[i]).is_none());
        }
        drop(held);
        assert_eq!(rung(&bells), [1, 0, 0]);
        assert!(leases.ask(&mut tickets[1], s(1), &wakers[1]).is_none(), "not its turn");
        let second = leases.ask(&mut tickets[0], s(1), &wakers[0]).unwrap();
        drop(second);
        assert_eq!(rung(&bells), [1, 1, 0]);
    }

    #[test]
    fn a_called_waiter_that_is_dropped_passes_the_call_on() {
        let (_, leases) = leases(1);
        let (bells, wakers) = bells::<2>();
        let mut tickets = [const { Ticket(None) }; 2];
        let held = leases.ask(&mut Ticket::default(), s(0), &wakers[0]).unwrap();
        for i in 0..2 {
            assert!(leases.ask(&mut tickets[i], s(0), &wakers[i]).is_none());
        }
        drop(held);
        let [first, mut second] = tickets;
        drop(first);
        assert_eq!(rung(&bells), [1, 1]);
        assert!(leases.ask(&mut second, s(0), &wakers[1]).is_some());
    }

    #[test]
    fn a_called_waiter_that_never_comes_goes_to_the_end() {
        let (clock, leases) = leases(1);
        let (_, wakers) = bells::<2>();
        let mut tickets = [const { Ticket(None) }; 2];
        let held = leases.ask(&mut Ticket::default(), s(0), &wakers[0]).unwrap();
        for i in 0..2 {
            assert!(leases.ask(&mut tickets[i], s(0), &wakers[i]).is_none());
        }
        clock.observe(Now { mono: s(2), unix: s(0).since_zero() });
        drop(held);
        assert!(leases.ask(&mut tickets[1], s(6), &wakers[1]).is_none(), "the first still has time");
        assert!(leases.ask(&mut tickets[1], s(7), &wakers[1]).is_some());
        assert_eq!(leases.waiting(), 1);
    }

    /// A call that a waiter missed does not count when its turn comes again.
    #[test]
    fn a_waiter_that_was_passed_over_has_its_whole_time_again() {
        let (clock, leases) = leases(1);
        let (bells, wakers) = bells::<3>();
        let mut tickets = [const { Ticket(None) }; 3];
        let held = leases.take(s(0)).unwrap();
        for i in 0..2 {
            assert!(leases.ask(&mut tickets[i], s(0), &wakers[i]).is_none());
        }
        clock.observe(Now { mono: s(2), unix: s(0).since_zero() });
        drop(held);
        // The first does not come in time, and is behind the second.
        let second = leases.ask(&mut tickets[1], s(7), &wakers[1]).unwrap();
        assert!(leases.ask(&mut tickets[0], s(8), &wakers[0]).is_none());
        assert!(leases.ask(&mut tickets[2], s(8), &wakers[2]).is_none());
        clock.observe(Now { mono: s(9), unix: s(0).since_zero() });
        drop(second);
        assert_eq!(rung(&bells)[0], 2, "called again");
        assert!(leases.ask(&mut tickets[2], s(10), &wakers[2]).is_none(), "the first still has time");
        assert!(leases.ask(&mut tickets[0], s(11), &wakers[0]).is_some());
    }

    #[test]
    fn waiters_that_are_never_polled_again_do_not_block_the_queue() {
        let (clock, leases) = leases(1);
        let (bells, wakers) = bells::<2>();
        let held = leases.ask(&mut Ticket::default(), s(0), &wakers[0]).unwrap();
        let mut forgotten: Vec<_> = (0..100).map(|_| Ticket::default()).collect();
        for ticket in &mut forgotten {
            assert!(leases.ask(ticket, s(0), &wakers[0]).is_none());
        }
        let mut alive = Ticket::default();
        for second in [5, 10, 15] {
            assert!(leases.ask(&mut alive, s(second), &wakers[1]).is_none());
            held.renew(s(second));
        }
        clock.observe(Now { mono: s(16), unix: s(0).since_zero() });
        drop(held);
        assert_eq!((rung(&bells), leases.waiting()), ([0, 1], 1));
        let lease = leases.ask(&mut alive, s(16), &wakers[1]).unwrap();
        // A waiter that was only slow joins the queue again.
        assert!(leases.ask(&mut forgotten[0], s(17), &wakers[0]).is_none());
        drop(lease);
        assert!(leases.ask(&mut forgotten[0], s(17), &wakers[0]).is_some());
        drop(forgotten);
        assert_eq!(leases.waiting(), 0);
    }

    #[test]
    fn a_holder_that_is_never_polled_again_loses_its_lease() {
        let (_, leases) = leases(1);
        let (_, wakers) = bells::<1>();
        let mut ticket = Ticket::default();
        let held = leases.ask(&mut Ticket::default(), s(0), &wakers[0]).unwrap();
        held.renew(s(10));
        assert!(leases.ask(&mut ticket, s(39), &wakers[0]).is_none());
        let taken = leases.ask(&mut ticket, s(40), &wakers[0]).unwrap();
        held.renew(s(41));
        drop(held);
        assert!(leases.take(s(41)).is_none(), "the old holder's drop does not free the new one's lease");
        drop(taken);
        let taken = leases.take(s(41)).unwrap();
        assert!(leases.take(s(70)).is_none());
        let next = leases.take(s(71));
        assert!(next.is_some(), "a lease without a queue runs out too");
        drop(taken);
        assert!(leases.take(s(71)).is_none());
    }

    #[test]
    fn the_capacity_is_the_number_of_leases() {
        let (_, leases) = leases(2);
        let (_, wakers) = bells::<1>();
        let a = leases.ask(&mut Ticket::default(), s(0), &wakers[0]);
        let b = leases.ask(&mut Ticket::default(), s(0), &wakers[0]);
        assert!(a.is_some() && b.is_some());
        assert!(leases.take(s(0)).is_none());
    }

    /// Each of these wakes would also come by a re-check, seconds later.
    #[test]
    fn the_next_waiter_is_woken_at_once() {
        // Two leases are free, and the first waiter takes one of them.
        let (_, two) = leases(2);
        let (bells, wakers) = bells::<2>();
        let mut tickets = [const { Ticket(None) }; 2];
        let held = [two.take(s(0)).unwrap(), two.take(s(0)).unwrap()];
        for i in 0..2 {
            assert!(two.ask(&mut tickets[i], s(0), &wakers[i]).is_none());
        }
        drop(held);
        assert_eq!(rung(&bells), [1, 0], "one at a time, in order");
        let first = two.ask(&mut tickets[0], s(1), &wakers[0]);
        assert!(first.is_some());
        assert_eq!(rung(&bells), [1, 1]);

        // The lease runs out, and another waiter is the first to notice.
        let (_, one) = leases(1);
        let (bells, wakers) = self::bells::<2>();
        let mut tickets = [const { Ticket(None) }; 2];
        let held = one.take(s(0)).unwrap();
        assert!(one.ask(&mut tickets[0], s(29), &wakers[0]).is_none());
        assert!(one.ask(&mut tickets[1], s(30), &wakers[1]).is_none(), "not its turn");
        assert_eq!(rung(&bells), [1, 0]);
        drop(held);

        // The called waiter does not come, and is passed over.
        let (clock, one) = leases(1);
        let (bells, wakers) = self::bells::<3>();
        let mut tickets = [const { Ticket(None) }; 3];
        let held = one.take(s(0)).unwrap();
        for i in 0..2 {
            assert!(one.ask(&mut tickets[i], s(0), &wakers[i]).is_none());
        }
        clock.observe(Now { mono: s(1), unix: s(0).since_zero() });
        drop(held);
        assert_eq!(rung(&bells), [1, 0, 0]);
        assert!(one.ask(&mut tickets[2], s(6), &wakers[2]).is_none());
        assert_eq!(rung(&bells), [1, 1, 0]);
    }

    #[test]
    fn a_new_waiter_does_not_overtake_the_queue() {
        let (_, leases) = leases(1);
        let (bells, wakers) = bells::<2>();
        let mut first = Ticket::default();
        let held = leases.take(s(0)).unwrap();
        assert!(leases.ask(&mut first, s(0), &wakers[0]).is_none());
        drop(held);
        assert!(leases.ask(&mut Ticket::default(), s(0), &wakers[1]).is_none());
        assert_eq!(rung(&bells), [1, 0]);
    }
}
