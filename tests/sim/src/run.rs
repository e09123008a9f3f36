//! The loop: all actors that can do something take turns, in an order that the seed chooses; then time moves to the
//! next moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use kube_proto::Error;
use kube_proto::driver::time::earliest;
use kube_proto::driver::{Effect, Exchange, Fault, FaultKind, Input, Moment, Operation, Session, Step, Task};

use super::Sim;
use super::tally::Tally;

/// An item or the end of an operation, for its owner.
#[derive(Debug)]
pub enum Heard<T> {
    /// An item.
    Item(T),
    /// Its end.
    End(Result<(), Error>),
}

/// A driver that carries out an operation.
pub(super) struct Actor {
    pub(super) name: Arc<str>,
    /// Absent while it takes its turn.
    turned: Option<Box<dyn Turned>>,
    bell: Arc<Bell>,
    /// When it must take a turn again; `None` if only its line or its bell wakes it.
    due: Option<Moment>,
    /// It takes no turn before this moment.
    rest: Moment,
    /// The longest rest after an item.
    pace: Duration,
    line: Option<u64>,
    pub(super) tally: Tally,
    /// Turns in which nothing came of a deadline that had come.
    idle_turns: u32,
}

/// The one that an exchange belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// An operation that the simulation turns.
    Actor(usize),
    /// An operation of an async client.
    Port(u64),
}

pub(super) trait Turned {
    /// One turn; false at the end.
    fn turn(&mut self, actor: usize, sim: &mut Sim) -> bool;
    /// Whether an effect is outstanding: the bell does not count then.
    fn in_flight(&self) -> bool;
}

struct Running<O: Operation, F> {
    task: Task<O>,
    waker: Waker,
    heard: F,
}

#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Sim {
    /// Carries out an operation. `heard` gets its items and its end, and may do anything: write to the cluster, start
    /// other operations, end the run.
    ///
    /// Returns a number, by which the operation can be [cancelled](Sim::cancel) or [slowed down](Sim::pace).
    pub fn spawn<O>(&mut self, name: &str, operation: O, heard: impl FnMut(Heard<O::Item>, &mut Sim) + 'static) -> usize
    where
        O: Operation + 'static,
    {
        let session = self.session();
        self.spawn_in(name, &session, operation, heard)
    }

    /// The same, in a session of its own.
    pub fn spawn_in<O>(
        &mut self,
        name: &str,
        session: &Session,
        operation: O,
        heard: impl FnMut(Heard<O::Item>, &mut Sim) + 'static,
    ) -> usize
    where
        O: Operation + 'static,
    {
        let task = Task::new(operation, session.clone());
        self.add(name, |waker| Box::new(Running { task, waker, heard }))
    }

    /// An actor that is turned at once.
    pub(super) fn add(&mut self, name: &str, turned: impl FnOnce(Waker) -> Box<dyn Turned>) -> usize {
        let bell = Arc::new(Bell::default());
        let turned = turned(Waker::from(Arc::clone(&bell)));
        self.actors.push(Some(Actor {
            name: name.into(),
            turned: Some(turned),
            bell,
            due: Some(self.now.mono),
            rest: Moment::ZERO,
            pace: Duration::ZERO,
            line: None,
            tally: Tally::default(),
            idle_turns: 0,
        }));
        self.actors.len() - 1
    }

    /// Drops an operation in any state.
    pub fn cancel(&mut self, actor: usize) {
        if let Some(actor) = self.actors.get_mut(actor).and_then(Option::take)
            && let Some(line) = actor.line
        {
            self.lines.remove(&line);
        }
    }

    /// The caller of this operation takes up to so much time after each item before it asks for the next one; a task of
    /// [`spawn_async`](Sim::spawn_async), each time that it has been polled.
    pub fn pace(&mut self, actor: usize, most: Duration) {
        if let Some(Some(actor)) = self.actors.get_mut(actor) {
            actor.pace = most;
        }
    }

    /// Runs until `done`, or a violation, or the end of this span. Returns whether it was `done`.
    pub fn run_until(&mut self, span: Duration, mut done: impl FnMut(&mut Sim) -> bool) -> bool {
        let end = self.now.mono.after(span);
        while self.violation.is_none() {
            self.settle();
            if done(self) {
                return true;
            }
            match self.next_moment() {
                Some(next) if next <= end => self.go_on(next),
                _ => {
                    self.go_on(end);
                    self.settle();
                    return done(self);
                }
            }
        }
        false
    }

    /// Runs for this span.
    pub fn run_for(&mut self, span: Duration) {
        self.run_until(span, |_| false);
    }

    /// Does everything that is due at this moment.
    fn settle(&mut self) {
        let mut turns = 0;
        while self.violation.is_none() {
            self.timers();
            self.network();
            self.observe();
            self.attend();
            self.wake_clients();
            let Some(actor) = self.runnable() else { return };
            self.turn(actor);
            turns += 1;
            if turns > MOST_TURNS {
                let name = self.name_of(Owner::Actor(actor));
                self.violate(format!("{name} and others are turned without end at one moment"));
            }
        }
    }

    /// What a task does after it was polled: it waits for its bell, and takes its time before it hears that.
    pub(super) fn rest(&mut self, number: usize) {
        if let Some(Some(actor)) = self.actors.get_mut(number) {
            let span = self.dice.span(actor.pace);
            (actor.due, actor.rest) = (None, self.now.mono.after(span));
        }
    }

    fn next_moment(&self) -> Option<Moment> {
        let actors = self.actors.iter().flatten().filter_map(|actor| {
            let arrival = actor.line.and_then(|line| self.lines.get(&line)?.arrival());
            let rung = actor.bell.0.load(Ordering::Relaxed).then_some(Moment::ZERO);
            let at = earliest(earliest(actor.due, arrival), rung)?;
            Some(at.max(actor.rest))
        });
        let timers = self.timers.keys().next().map(|(at, _)| *at);
        let next = actors.chain(timers).chain(self.network_due()).chain(self.clients_due()).min()?;
        Some(next.max(self.now.mono))
    }

    fn go_on(&mut self, to: Moment) {
        let span = to.since(self.now.mono);
        self.now = self.now.after(span);
        self.border.set_now(self.now);
    }

    /// One of the actors that can do something.
    fn runnable(&mut self) -> Option<usize> {
        let now = self.now.mono;
        let mut all = std::mem::take(&mut self.scratch);
        all.clear();
        for (number, actor) in self.actors.iter().enumerate() {
            let Some(actor) = actor else { continue };
            if actor.rest > now {
                continue;
            }
            let in_flight = actor.turned.as_ref().is_some_and(|turned| turned.in_flight());
            // With an effect in flight a driver waits for that alone.
            let rung = !in_flight && actor.bell.0.load(Ordering::Relaxed);
            let arrived = || actor.line.and_then(|line| self.lines.get(&line)?.arrival()).is_some_and(|at| at <= now);
            if rung || actor.due.is_some_and(|due| due <= now) || arrived() {
                all.push(number);
            }
        }
        let chosen = self.dice.index(all.len()).and_then(|at| all.get(at)).copied();
        self.scratch = all;
        chosen
    }

    fn turn(&mut self, number: usize) {
        let Some(Some(actor)) = self.actors.get_mut(number) else { return };
        actor.bell.0.store(false, Ordering::Relaxed);
        let Some(mut turned) = actor.turned.take() else { return };
        let lives = turned.turn(number, self);
        // `heard` may have cancelled it.
        match self.actors.get_mut(number) {
            Some(Some(actor)) if lives => actor.turned = Some(turned),
            _ => self.cancel(number),
        }
    }

    /// Carries out an effect.
    fn carry_out(&mut self, number: usize, effect: Effect) {
        self.hang_up(number);
        let line = self.begin(Owner::Actor(number), effect);
        if let Some(Some(actor)) = self.actors.get_mut(number) {
            actor.line = line;
            actor.due = Some(self.now.mono);
        }
    }

    /// Begins an effect; gives the number of the line on which its inputs arrive.
    pub(super) fn begin(&mut self, owner: Owner, effect: Effect) -> Option<u64> {
        match effect {
            Effect::Exchange(exchange) => Some(self.start(owner, exchange)),
            Effect::ReadFile { path, limit } => {
                let found = self.files.get(&path).filter(|file| file.len() <= limit).cloned();
                let fault = || Fault::unsent(FaultKind::NotFound, "no such file in the simulation");
                Some(self.local(found.map_or_else(|| Input::Failed(Box::new(fault())), Input::File)))
            }
            Effect::WriteFile(write) => {
                let missing = || Fault::unsent(FaultKind::NotFound, "no such file in the simulation");
                let now = self.files.get(&write.path).cloned().ok_or_else(missing);
                let answer = write.compare(now).unwrap_or_else(|| {
                    self.files.insert(write.path.clone(), write.content.clone());
                    Input::Written
                });
                Some(self.local(answer))
            }
            Effect::Run(_) => {
                let fault = Fault::unsent(FaultKind::NotFound, "the simulation has no programs");
                Some(self.local(Input::Failed(Box::new(fault))))
            }
            Effect::Abort => None,
        }
    }

    fn local(&mut self, input: Input) -> u64 {
        self.lines_begun += 1;
        let dice = super::dice::Dice::new(self.seed, 1000 + self.lines_begun);
        let mut line = super::line::Line::new(super::line::Side::Over, None, dice);
        line.push(self.now.mono, &self.faults, input);
        self.lines.insert(self.lines_begun, line);
        self.lines_begun
    }

    fn hang_up(&mut self, number: usize) {
        if let Some(Some(actor)) = self.actors.get_mut(number)
            && let Some(line) = actor.line.take()
        {
            self.lines.remove(&line);
        }
    }

    /// Counts a request of this owner: more than it may make are a violation.
    pub(super) fn count_request(&mut self, owner: Owner, exchange: &Exchange) {
        let (name, now, most) = (self.name_of(owner), self.now.mono, self.most_requests);
        let outage = self.outage.as_ref();
        let count = |tally: &mut Tally| tally.count(&name, exchange, now, outage, most);
        let wrong = match owner {
            Owner::Actor(number) => {
                self.actors.get_mut(number).and_then(Option::as_mut).map(|actor| &mut actor.tally).and_then(count)
            }
            Owner::Port(port) => self.border.with_tally(port, count).flatten(),
        };
        if let Some(wrong) = wrong {
            self.violate(wrong);
        }
    }

    pub(super) fn name_of(&self, owner: Owner) -> Arc<str> {
        let name = match owner {
            Owner::Actor(number) => {
                self.actors.get(number).and_then(Option::as_ref).map(|actor| Arc::clone(&actor.name))
            }
            Owner::Port(port) => self.border.name_of(port),
        };
        name.unwrap_or_else(|| "?".into())
    }
}

impl<O: Operation, F: FnMut(Heard<O::Item>, &mut Sim)> Turned for Running<O, F> {
    fn turn(&mut self, number: usize, sim: &mut Sim) -> bool {
        let Some(Some(actor)) = sim.actors.get(number) else { return false };
        let (line, now, due) = (actor.line, sim.now, actor.due);
        let mut fed = false;
        let lines = &mut sim.lines;
        let step = self.task.turn(now, &self.waker, || {
            let input = line.and_then(|line| lines.get_mut(&line)?.take(now.mono));
            fed |= input.is_some();
            input
        });
        if !self.task.in_flight() && !matches!(step, Step::Do(_)) {
            sim.hang_up(number);
        }
        let Some(Some(actor)) = sim.actors.get_mut(number) else { return false };
        let late = due.is_some_and(|due| due <= now.mono);
        match step {
            Step::Do(effect) => {
                actor.idle_turns = 0;
                sim.carry_out(number, effect);
            }
            Step::Yield(item) => {
                (actor.idle_turns, actor.due) = (0, Some(now.mono));
                let pace = actor.pace;
                actor.rest = now.mono.after(sim.dice.span(pace));
                (self.heard)(Heard::Item(item), sim);
            }
            Step::Wait(until) => {
                actor.due = until;
                actor.idle_turns =
                    if late && !fed && until.is_some_and(|until| until <= now.mono) { actor.idle_turns + 1 } else { 0 };
                if actor.idle_turns > 3 {
                    let name = Arc::clone(&actor.name);
                    sim.violate(format!("{name} waits for a moment that has come: {until:?}"));
                }
            }
            Step::Done(result) => {
                (self.heard)(Heard::End(result), sim);
                return false;
            }
        }
        true
    }

    fn in_flight(&self) -> bool {
        self.task.in_flight()
    }
}

/// A period in which every request fails.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) mishap: super::Mishap,
    pub(super) began: Moment,
}

impl Outage {
    /// How often an operation that backs off may have asked by now: the waits double from 800 ms to 30 s, and before
    /// the first of them something may be tried at once.
    pub(super) fn most(&self, now: Moment) -> u32 {
        let mut wait = Duration::from_millis(800);
        let (mut at, mut count) = (self.began, 8);
        while at <= now {
            (at, count) = (at + wait, count + 1);
            wait = (wait * 2).min(Duration::from_secs(30));
        }
        count
    }
}

/// More is never needed before time goes on.
const MOST_TURNS: u32 = 1_000_000;
