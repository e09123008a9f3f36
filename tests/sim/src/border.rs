//! The border between the simulation and its async clients: what they ask for, and what arrives for them.
//!
//! A future has no way to the [`Sim`] that polls it. So the simulation lends the lines of the network to this border while it
//! polls, and does afterwards what the clients asked for:
//!
//! ```text
//! Sim                         Border                          Stream, Sleep
//!  poll: lend lines, now  ──►  lines     ◄── take an input ──  turns its Task
//!                              asked     ◄── effect, trace ──
//!  attend                 ◄──  asked
//!  wake_clients           ──►  waiting: an input, a moment ──►  its waker
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

use kube_proto::driver::time::earliest;
use kube_proto::driver::{Effect, Input, Moment, Now};

use super::Sim;
use super::line::{Line, Side};
use super::run::Owner;
use super::tally::Tally;

/// What the simulation and its async clients share.
#[derive(Default)]
pub(super) struct Border(RefCell<Shared>);

#[derive(Default)]
struct Shared {
    now: Now,
    /// Whether the trace is written down.
    traced: bool,
    /// Here while a future is polled, and in the simulation at all other times.
    lines: BTreeMap<u64, Line>,
    asked: VecDeque<Asked>,
    ports: BTreeMap<u64, Port>,
    ports_begun: u64,
    sleepers: BTreeMap<(Moment, u64), Waker>,
    sleeps_begun: u64,
    /// Turns in this poll.
    turns: u32,
}

/// What a client wants of the simulation.
enum Asked {
    /// The port wants this done.
    Effect(u64, Effect),
    /// The stream of this line was dropped.
    HangUp(u64),
    /// A line for the trace.
    Trace(String),
    /// A task makes turns without end within one poll.
    Spins(Arc<str>),
}

/// One operation of an async client, as the simulation sees it.
struct Port {
    name: Arc<str>,
    line: Option<u64>,
    /// While its stream waits: until when, and what wakes it.
    waiting: Option<(Option<Moment>, Waker)>,
    tally: Tally,
}

impl Border {
    pub(super) fn new(now: Now) -> Self {
        Self(RefCell::new(Shared { now, ..Shared::default() }))
    }

    pub(super) fn now(&self) -> Now {
        self.0.borrow().now
    }

    pub(super) fn set_now(&self, now: Now) {
        self.0.borrow_mut().now = now;
    }

    /// A new operation.
    pub(super) fn open(&self, name: &Arc<str>) -> u64 {
        let mut shared = self.0.borrow_mut();
        shared.ports_begun += 1;
        let number = shared.ports_begun;
        let port = Port { name: Arc::clone(name), line: None, waiting: None, tally: Tally::default() };
        shared.ports.insert(number, port);
        number
    }

    /// The operation is over, or was dropped.
    pub(super) fn close(&self, port: u64) {
        let mut shared = self.0.borrow_mut();
        let closed = shared.ports.remove(&port);
        if let Some(line) = closed.as_ref().and_then(|port| port.line) {
            shared.asked.push_back(Asked::HangUp(line));
        }
        // The waker in it is dropped outside of the borrow: that may run any code.
        drop(shared);
        drop(closed);
    }

    /// Counts a turn. False if there were too many in this poll: then the simulation fails, and nothing goes on.
    pub(super) fn may_turn(&self, name: &Arc<str>) -> bool {
        let mut shared = self.0.borrow_mut();
        shared.turns += 1;
        if shared.turns == MOST_TURNS {
            shared.asked.push_back(Asked::Spins(Arc::clone(name)));
        }
        shared.turns < MOST_TURNS
    }

    /// What has arrived for this port.
    pub(super) fn take(&self, port: u64) -> Option<Input> {
        let shared = &mut *self.0.borrow_mut();
        let line = shared.ports.get(&port)?.line?;
        shared.lines.get_mut(&line)?.take(shared.now.mono)
    }

    /// Asks for an effect. What arrives for an earlier one is not read any more.
    pub(super) fn ask(&self, port: u64, effect: Effect) {
        let shared = &mut *self.0.borrow_mut();
        if let Some(line) = shared.ports.get_mut(&port).and_then(|port| port.line.take()) {
            shared.asked.push_back(Asked::HangUp(line));
        }
        shared.asked.push_back(Asked::Effect(port, effect));
    }

    /// Wakes the task when something arrives, or at this moment.
    pub(super) fn wait(&self, port: u64, until: Option<Moment>, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let mut shared = self.0.borrow_mut();
        let old = shared.ports.get_mut(&port).and_then(|port| port.waiting.replace((until, waker)));
        drop(shared);
        drop(old);
    }

    /// Wakes the task at this moment; `place` is that of an earlier call, and of later ones.
    pub(super) fn sleep(&self, until: Moment, place: Option<u64>, cx: &Context<'_>) -> u64 {
        let waker = cx.waker().clone();
        let mut shared = self.0.borrow_mut();
        let place = place.unwrap_or_else(|| {
            shared.sleeps_begun += 1;
            shared.sleeps_begun
        });
        let old = shared.sleepers.insert((until, place), waker);
        drop(shared);
        drop(old);
        place
    }

    /// Nothing sleeps there any more.
    pub(super) fn no_sleep(&self, until: Moment, place: u64) {
        let old = self.0.borrow_mut().sleepers.remove(&(until, place));
        drop(old);
    }

    pub(super) fn trace(&self, name: &str, line: impl FnOnce() -> String) {
        if self.0.borrow().traced {
            let line = format!("{name}: {}", line());
            self.0.borrow_mut().asked.push_back(Asked::Trace(line));
        }
    }

    pub(super) fn name_of(&self, port: u64) -> Option<Arc<str>> {
        self.0.borrow().ports.get(&port).map(|port| Arc::clone(&port.name))
    }

    pub(super) fn with_tally<T>(&self, port: u64, with: impl FnOnce(&mut Tally) -> T) -> Option<T> {
        self.0.borrow_mut().ports.get_mut(&port).map(|port| with(&mut port.tally))
    }

    pub(super) fn busiest(&self) -> usize {
        self.0.borrow().ports.values().map(|port| port.tally.busiest).max().unwrap_or(0)
    }

    pub(super) fn outage_begins(&self) {
        for port in self.0.borrow_mut().ports.values_mut() {
            port.tally.in_outage = 0;
        }
    }
}

impl Sim {
    /// Polls a future with what it may see of the simulation.
    pub(super) fn lend<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let border = Rc::clone(&self.border);
        {
            let mut shared = border.0.borrow_mut();
            (shared.now, shared.traced, shared.turns) = (self.now, self.trace.is_wanted(), 0);
            std::mem::swap(&mut shared.lines, &mut self.lines);
        }
        let result = poll();
        std::mem::swap(&mut border.0.borrow_mut().lines, &mut self.lines);
        result
    }

    /// Does what the async clients have asked for, in the order in which they did.
    pub(super) fn attend(&mut self) {
        loop {
            let asked = self.border.0.borrow_mut().asked.pop_front();
            match asked {
                None => return,
                Some(Asked::Effect(port, effect)) => {
                    if self.border.name_of(port).is_none() {
                        continue;
                    }
                    // Of two effects that were asked for in one poll the first ends here.
                    let earlier = self.border.0.borrow_mut().ports.get_mut(&port).and_then(|port| port.line.take());
                    earlier.into_iter().for_each(|line| self.abandon(line));
                    let line = self.begin(Owner::Port(port), effect);
                    if let Some(port) = self.border.0.borrow_mut().ports.get_mut(&port) {
                        port.line = line;
                    }
                }
                Some(Asked::HangUp(line)) => self.abandon(line),
                Some(Asked::Trace(line)) => self.trace.note(self.now.mono, || line),
                Some(Asked::Spins(name)) => self.violate(format!("{name} goes round without waiting for anything")),
            }
        }
    }

    /// The client has closed the connection. A request that is on its way may arrive all the same.
    fn abandon(&mut self, number: u64) {
        if let Some(mut line) = self.lines.remove(&number)
            && matches!(line.side, Side::Underway { .. })
            && line.dice.chance(500)
        {
            line.abandoned = true;
            self.lines.insert(number, line);
        }
    }

    /// Wakes the tasks for which something has arrived, or whose moment has come.
    pub(super) fn wake_clients(&mut self) {
        let now = self.now.mono;
        let mut woken = Vec::new();
        let border = Rc::clone(&self.border);
        let mut shared = border.0.borrow_mut();
        for port in shared.ports.values_mut() {
            if port.due(&self.lines).is_some_and(|at| at <= now) {
                woken.extend(port.waiting.take().map(|(_, waker)| waker));
            }
        }
        while let Some(entry) = shared.sleepers.first_entry().filter(|entry| entry.key().0 <= now) {
            woken.push(entry.remove());
        }
        drop(shared);
        woken.into_iter().for_each(Waker::wake);
    }

    /// When an async client goes on by itself.
    pub(super) fn clients_due(&self) -> Option<Moment> {
        let shared = self.border.0.borrow();
        let ports = shared.ports.values().filter_map(|port| port.due(&self.lines));
        ports.chain(shared.sleepers.keys().next().map(|(at, _)| *at)).min()
    }
}

impl Port {
    /// When its stream is to be woken, if it waits.
    fn due(&self, lines: &BTreeMap<u64, Line>) -> Option<Moment> {
        let (until, _) = self.waiting.as_ref()?;
        earliest(*until, self.line.and_then(|line| lines.get(&line)?.arrival()))
    }
}

/// More are never needed in one poll.
const MOST_TURNS: u32 = 100_000;
