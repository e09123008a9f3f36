//! Leader election on a Lease.

mod record;
pub(super) mod settings;
mod term;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use self::record::{Record, micro_time};
use self::settings::{JITTER, LeaderElectionSettings};
pub use self::term::Leadership;
use self::term::{Term, between};
use super::stop::Stopping;
use crate::api::{Api, WriteParams};
use crate::driver::effect::Effect;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::driver::time::{Moment, Now};
use crate::error::Error;
use crate::observe::{ElectionInfo, ElectionStep, Event, Observation};
use crate::op::unary::Unary;
use crate::random::Random;
use crate::request::Namespace;
use crate::resource::{ApiResource, DynamicObject, Scope};

/// Keeps trying to hold a Lease, as client-go's `leaderelection` does, and yields what changes: an operation for a client's `stream`.
/// It never ends by itself.
///
/// # States
/// | state | as a follower | as the leader |
/// |---|---|---|
/// | `Waiting` | until the next try | until the next renewal |
/// | `Reading` | no lease, an expired or a released one: `Writing`; a held one: `Waiting` | still its own: `Writing`; otherwise it is no longer the leader, and goes on as a follower |
/// | `Writing` | accepted: yields [`Leading`](LeaderEvent::Leading), then `Waiting`; refused or failed: `Waiting` | accepted: `Waiting`; refused or failed: `Reading`, and the second time `Waiting` |
/// | `Releasing` | | accepted, refused or failed: `Over` |
/// | `Over` | the end | |
///
/// A leader that has not renewed for [`renew_deadline`](LeaderElectionSettings::renew_deadline) yields [`Lost`](LeaderEvent::Lost) in every state
/// and goes on as a follower. [`Resign::resign`] ends the election in every state: a leader releases the lease.
///
/// # Two leaders never
/// - A leader counts from when it **sent** the last accepted renewal, a follower from when it **saw** that. So the leader's time is over
///   before the follower's begins, by the difference of `renew_deadline` and `lease_duration`.
/// - No clock of another machine is compared. A follower measures with its monotonic clock. A leader takes the longer one of the spans
///   on its two clocks: the monotonic clock of some systems stands still while a machine is suspended. (If the wall clock is set back
///   meanwhile, nothing shows how long that was.)
/// - Each write has the version of the lease that it replaces, so a late write changes nothing.
/// - A lease that names this identity, but was not written by this election, counts as another's: a second process with the same
///   identity, or the process that was here before a restart. So a restart waits for `lease_duration`, unless the lease was released.
///
/// This holds while the clocks of two machines differ in speed by less than `lease_duration / renew_deadline`, and while no other program
/// deletes or edits the lease. A process that is stopped between looking at [`Leadership::is_valid`] and acting acts late: what must
/// never happen twice needs the [`fence`](Leadership::fence) at the place where it happens.
///
/// # The contract
/// After [`Leading`](LeaderEvent::Leading) the work may begin. After [`Lost`](LeaderEvent::Lost) it must end at once: another leader may
/// begin `lease_duration - renew_deadline` later. The stream must be polled meanwhile, because it renews the lease.
///
/// ```
/// use kube_proto::client::{AsyncClient, AsyncStream};
/// use kube_proto::controller::{LeaderElection, LeaderElectionSettings, LeaderEvent};
/// use kube_proto::Error;
///
/// async fn lead<C: AsyncClient>(client: &C) -> Result<(), Error> {
///     let settings = LeaderElectionSettings::default();
///     let mut election = client.stream(LeaderElection::new("shop", "cart-controller", "cart-7d9f_4a1c", settings)?);
///     while let Some(event) = election.next().await {
///         match event? {
///             LeaderEvent::Leading(leadership) => println!("this is the leader, term {}", leadership.fence()),
///             LeaderEvent::Lost(why) => println!("no longer the leader: {why}"),
///             LeaderEvent::Following(leader) => println!("{leader} is the leader"),
///             LeaderEvent::Failed(error) => eprintln!("{error}"),
///             _ => {}
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct LeaderElection {
    leases: Api<DynamicObject>,
    name: String,
    identity: String,
    settings: LeaderElectionSettings,
    state: State,
    /// The lease as last seen.
    seen: Option<Seen>,
    /// The last `acquireTime`s that this election wrote or tried to write: a lease with one of them is its own.
    claims: VecDeque<String>,
    /// The leader's last write failed, and it has read the lease since.
    again: bool,
    /// While it is the leader.
    term: Option<Term>,
    events: VecDeque<LeaderEvent>,
    /// The leader that the caller knows.
    announced: Option<String>,
    resigning: Stopping,
    random: Option<Random>,
    in_flight: bool,
    /// The observers know that it began.
    began: bool,
}

#[derive(Debug)]
enum State {
    Waiting { until: Moment },
    Reading(Box<Unary<DynamicObject>>),
    Writing { write: Box<Unary<DynamicObject>>, sent: Now },
    Releasing(Box<Unary<DynamicObject>>),
    Over,
}

#[derive(Debug)]
struct Seen {
    lease: DynamicObject,
    record: Record,
    /// When this record was first seen.
    since: Moment,
}

/// The most claims that are remembered: more are in flight only if each was lost on its way.
const CLAIMS: usize = 8;

/// What an election yields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LeaderEvent {
    /// This process is the leader. The handle says whether it still is.
    Leading(Leadership),
    /// This process is no longer the leader. Its work must end now.
    Lost(LostReason),
    /// Another process is the leader, by its identity.
    Following(String),
    /// A request failed. The election goes on: a follower tries again after a pause, and a leader until its time is over.
    Failed(Error),
}

/// Why a process is no longer the leader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostReason {
    /// No renewal was accepted for [`renew_deadline`](LeaderElectionSettings::renew_deadline).
    NotRenewed,
    /// The lease is held by this identity. Another program has changed it.
    Taken(String),
    /// Another program has deleted or released the lease.
    Gone,
    /// By [`Resign::resign`].
    Resigned,
}

/// Ends an election: a cheap clone, for another task or thread.
#[derive(Clone, Debug)]
pub struct Resign(Stopping);

impl Resign {
    /// Ends the election. A leader yields [`Lost`](LeaderEvent::Lost) and then releases the lease, so that another one may begin at
    /// once: call it when the work has ended. The stream must be polled to its end.
    pub fn resign(&self) {
        self.0.stop();
    }
}

impl LeaderElection {
    /// An election on the Lease of this name. The identity must differ from those of all other processes, also of earlier ones: the
    /// name of the pod with a random text is one.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if the name or the identity is empty, or the times do not go together.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        identity: impl Into<String>,
        settings: LeaderElectionSettings,
    ) -> Result<Self, Error> {
        settings.check()?;
        let (name, identity) = (name.into(), identity.into());
        if name.is_empty() || identity.is_empty() {
            return Err(Error::misuse("an election needs the name of a lease and an identity"));
        }
        let leases = ApiResource::new("coordination.k8s.io/v1", "Lease", "leases", Scope::Namespaced);
        Ok(Self {
            leases: Api::dynamic(leases).within(namespace.into()),
            name,
            identity,
            settings,
            state: State::Waiting { until: Moment::ZERO },
            seen: None,
            claims: VecDeque::new(),
            again: false,
            term: None,
            events: VecDeque::new(),
            announced: None,
            resigning: Stopping::default(),
            random: None,
            in_flight: false,
            began: false,
        })
    }

    /// A handle that ends the election.
    #[must_use]
    pub fn resigner(&self) -> Resign {
        Resign(self.resigning.clone())
    }

    // --- Transitions

    /// Tells the observers of the session.
    fn tell(&self, step: ElectionStep<'_>, cx: &Cx<'_>) {
        let observers = cx.session.observers();
        if observers.any() {
            let namespace = match &self.leases.target().namespace {
                Namespace::Named(namespace) => namespace.as_str(),
                _ => "",
            };
            let info = ElectionInfo { namespace, name: &self.name, identity: &self.identity };
            observers.tell(&Observation { now: cx.now, event: Event::Election(info, step) });
        }
    }

    /// The pause before the next try.
    fn pause(&mut self, cx: &Cx<'_>) -> State {
        self.again = false;
        let period = self.settings.retry_period;
        if let Some(term) = &self.term {
            return State::Waiting { until: (cx.now.mono + period).min(term.end()) };
        }
        let random = self.random.get_or_insert_with(|| cx.session.random());
        State::Waiting { until: cx.now.mono + random.jitter(period, JITTER) }
    }

    /// Reads the lease.
    fn read(&self, cx: &Cx<'_>) -> State {
        State::Reading(self.limited(self.leases.get(&self.name), cx))
    }

    /// Each request has its share of the time, and a leader's ends with its time.
    fn limited(&self, call: Unary<DynamicObject>, cx: &Cx<'_>) -> Box<Unary<DynamicObject>> {
        let mut call = call.never_again();
        let until = cx.now.mono + self.settings.request();
        let end = self.term.as_ref().map_or(until, |term| until.min(term.end()));
        call.end_by(Some(end), cx);
        Box::new(call)
    }

    /// Writes this record over the lease as last seen, or creates the lease.
    fn write(&mut self, record: Record, cx: &Cx<'_>) -> State {
        let params = WriteParams::default();
        let write = match &self.seen {
            Some(seen) => {
                let mut lease = seen.lease.clone();
                record.put(&mut lease);
                self.leases.replace(&self.name, &lease, &params)
            }
            None => {
                let leases = ApiResource::new("coordination.k8s.io/v1", "Lease", "leases", Scope::Namespaced);
                let mut lease = DynamicObject::new(&leases, &self.name);
                record.put(&mut lease);
                self.leases.create(&lease, &params)
            }
        };
        if !self.claims.contains(&record.acquired) {
            self.claims.truncate(CLAIMS - 1);
            self.claims.push_front(record.acquired);
        }
        State::Writing { write: self.limited(write, cx), sent: cx.now }
    }

    /// The record of a leader at this moment: a renewed one, or one of a new term.
    fn claim(&self, cx: &Cx<'_>) -> Record {
        let now = micro_time(cx.now.unix);
        let old = self.seen.as_ref().map(|seen| &seen.record);
        let (acquired, transitions) = match (&self.term, old) {
            (Some(_), Some(old)) => (old.acquired.clone(), old.transitions),
            (None, Some(old)) => (now.clone(), old.transitions.saturating_add(1)),
            (_, None) => (now.clone(), 0),
        };
        let duration = Some(self.settings.lease_duration.as_secs());
        Record { holder: self.identity.clone(), duration, acquired, renewed: now, transitions }
    }

    /// What follows from the lease, which was read or written just now.
    fn see(&mut self, lease: DynamicObject, cx: &Cx<'_>) {
        let record = Record::of(&lease);
        let since = match &self.seen {
            Some(seen) if seen.record == record => seen.since,
            _ => cx.now.mono,
        };
        self.seen = Some(Seen { lease, record, since });
    }

    fn is_own(&self, record: &Record) -> bool {
        record.holder == self.identity && self.claims.contains(&record.acquired)
    }

    /// The lease was read.
    fn decide(&mut self, cx: &Cx<'_>) -> State {
        let Some(seen) = &self.seen else {
            // Another process may have created it meanwhile, and be the leader.
            self.lose(LostReason::Gone, cx);
            let record = self.claim(cx);
            return self.write(record, cx);
        };
        let (record, own) = (seen.record.clone(), self.is_own(&seen.record));
        let duration = record.duration.unwrap_or(self.settings.lease_duration.as_secs());
        let expires = seen.since + Duration::from_secs(duration);
        let free = record.holder.is_empty() || own || cx.now.mono >= expires;
        if !own {
            let reason = || match record.holder.is_empty() {
                true => LostReason::Gone,
                false => LostReason::Taken(record.holder.clone()),
            };
            self.lose(reason(), cx);
        }
        if !free {
            if self.announced.as_ref() != Some(&record.holder) {
                self.announced = Some(record.holder.clone());
                self.events.push_back(LeaderEvent::Following(record.holder));
            }
            return self.pause(cx);
        }
        let record = self.claim(cx);
        self.write(record, cx)
    }

    /// The server has accepted a claim that was sent then.
    fn lead(&mut self, sent: Now, cx: &Cx<'_>) {
        let (fence, spent) = (self.seen.as_ref().map_or(0, |seen| seen.record.transitions), between(sent, cx.now));
        match &mut self.term {
            Some(term) => term.renew(spent, cx.now),
            // The time of the claim is over already: this process was stopped.
            None if spent >= self.settings.renew_deadline => {}
            None => {
                let term = Term::new(spent, cx.now, self.settings.renew_deadline, fence);
                self.announced = None;
                self.events.push_back(LeaderEvent::Leading(term.leadership()));
                self.term = Some(term);
                self.tell(ElectionStep::Leading, cx);
            }
        }
    }

    fn lose(&mut self, reason: LostReason, cx: &Cx<'_>) {
        if let Some(term) = self.term.take() {
            term.over();
            if cx.session.observers().any() {
                self.tell(ElectionStep::Lost { why: &reason.to_string() }, cx);
            }
            self.events.push_back(LeaderEvent::Lost(reason));
        }
    }

    /// What must happen before the state is looked at: the end of the leader's time, and a resignation.
    fn interrupt(&mut self, cx: &Cx<'_>) -> Option<State> {
        if matches!(self.state, State::Releasing(_) | State::Over) {
            return None;
        }
        if self.term.as_mut().is_some_and(|term| !term.look(cx.now)) {
            self.lose(LostReason::NotRenewed, cx);
            return Some(self.pause(cx));
        }
        if !self.resigning.is_set(cx.waker) {
            return None;
        }
        let held = self.term.is_some();
        self.lose(LostReason::Resigned, cx);
        let Some(seen) = self.seen.as_ref().filter(|_| held) else { return Some(State::Over) };
        let now = micro_time(cx.now.unix);
        let (renewed, transitions) = (now.clone(), seen.record.transitions);
        let released = Record { holder: String::new(), duration: Some(1), acquired: now, renewed, transitions };
        let mut lease = seen.lease.clone();
        released.put(&mut lease);
        let release = self.leases.replace(&self.name, &lease, &WriteParams::default());
        Some(State::Releasing(self.limited(release, cx)))
    }
}

impl Operation for LeaderElection {
    type Item = LeaderEvent;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<LeaderEvent> {
        if !mem::replace(&mut self.began, true) {
            self.tell(ElectionStep::Began, cx);
        }
        loop {
            if let Some(next) = self.interrupt(cx) {
                // The result of the request in flight counts no more.
                input = None;
                self.state = next;
                if mem::take(&mut self.in_flight) {
                    return Step::Do(Effect::Abort);
                }
            }
            if let Some(event) = self.events.pop_front() {
                return Step::Yield(event);
            }
            if let Some(step) = self.advance(input.take(), cx) {
                if let Step::Do(effect) = &step {
                    self.in_flight = !matches!(effect, Effect::Abort);
                }
                return step;
            }
        }
    }
}

impl LeaderElection {
    /// One transition. `None` if the state has changed.
    fn advance(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Option<Step<LeaderEvent>> {
        macro_rules! ended {
            ($call:expr) => {
                match $call.resume(input, cx) {
                    Step::Do(effect) => return Some(Step::Do(effect)),
                    Step::Wait(until) => return Some(Step::Wait(until)),
                    Step::Yield(lease) => Ok(lease),
                    Step::Done(Err(error)) => Err(error),
                    Step::Done(Ok(())) => Err(Error::misuse("the call ended without a lease")),
                }
            };
        }
        let next = match &mut self.state {
            State::Over => return Some(Step::Done(Ok(()))),
            State::Waiting { until } if cx.now.mono < *until => return Some(Step::Wait(Some(*until))),
            State::Waiting { .. } if self.term.is_some() => {
                let record = self.claim(cx);
                self.write(record, cx)
            }
            State::Waiting { .. } => self.read(cx),
            State::Reading(read) => {
                let read = ended!(read);
                self.in_flight = false;
                match read {
                    Ok(lease) => {
                        self.see(lease, cx);
                        self.decide(cx)
                    }
                    Err(error) if error.is_not_found() => {
                        self.seen = None;
                        self.decide(cx)
                    }
                    Err(error) => self.failed(error, cx),
                }
            }
            State::Writing { write, sent } => {
                let (sent, write) = (*sent, ended!(write));
                self.in_flight = false;
                match write {
                    Ok(lease) => {
                        self.see(lease, cx);
                        self.lead(sent, cx);
                        self.pause(cx)
                    }
                    // A leader looks at once who holds the lease, and tries once more before it pauses.
                    Err(error) if self.term.is_some() && !self.again => {
                        let _pause = self.failed(error, cx);
                        self.again = true;
                        self.tell(ElectionStep::SlowPath, cx);
                        self.read(cx)
                    }
                    Err(error) => self.failed(error, cx),
                }
            }
            State::Releasing(release) => {
                let _released = ended!(release);
                self.in_flight = false;
                State::Over
            }
        };
        self.state = next;
        None
    }

    /// A request failed: the next try is after a pause.
    fn failed(&mut self, error: Error, cx: &Cx<'_>) -> State {
        self.events.push_back(LeaderEvent::Failed(error));
        self.pause(cx)
    }
}

impl std::fmt::Display for LostReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotRenewed => f.write_str("the lease was not renewed in time"),
            Self::Taken(holder) => write!(f, "the lease is held by {}", crate::error::visible(holder)),
            Self::Gone => f.write_str("another program has deleted or released the lease"),
            Self::Resigned => f.write_str("resigned"),
        }
    }
}
