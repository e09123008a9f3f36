//! Credentials: one source for a session, fetched once however many wait.
//!
//! [`Auth`] is shared; each call that needs a credential drives an [`Acquire`]:
//!
//! | state | event | next |
//! |---|---|---|
//! | asking | a grant that is neither expired nor rejected, not due | ready |
//! | asking | ... due for refresh, the right to fetch is free | fetching |
//! | asking | ... due for refresh, another fetches | ready, with the old grant |
//! | asking | no grant, a fetch failed since we began to ask | failed, with the shared error |
//! | asking | no grant, the right to fetch is free | fetching |
//! | asking | no grant, another fetches | wait: woken when it is done or gives up, and every few seconds |
//! | fetching | its time is over, or it failed; the old grant is still good | ready, with the old grant; the next try is later |
//! | fetching | ... there is none | failed; all who wait share the error |
//! | fetching | it worked | ready; all who wait are woken |
//! | fetching | dropped | the right is free; the first who waits is woken, and only that one |
//!
//! Expiry is counted on the monotonic clock from the moment of fetching, so that a jump of the wall clock neither
//! revives a credential nor starts a storm of refreshes.

mod exec;
mod file;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;

use super::clock::Clock;
use super::lease::{Lease, Leases, RECHECK, RENEW, Ticket};
use crate::effect::{Effect, Endpoint, Input};
use crate::error::Error;
use crate::operation::Cx;
use crate::time::{Deadline, Now};

pub(crate) use exec::ExecSource;
pub(crate) use file::FileSource;

/// Where the credential of a session comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// It is part of the configuration and never changes.
    Fixed,
    /// A file that somebody else renews.
    File(FileSource),
    /// A program that prints it.
    Exec(Box<ExecSource>),
}

/// What a source gave.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
    /// Where to go with it: another TLS identity where the source gave a client certificate.
    pub(crate) endpoint: Option<Endpoint>,
    /// When to fetch the next one while this one still works.
    pub(crate) refresh: Option<Deadline>,
    /// When it stops to work.
    pub(crate) expires: Option<Deadline>,
}

/// A credential in use.
#[derive(Debug)]
pub(crate) struct Grant {
    /// Counts the grants of a session: a refused grant is refused by its number.
    pub(crate) generation: u64,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) endpoint: Endpoint,
    expires: Option<Deadline>,
}

/// The credentials of a session.
#[derive(Debug)]
pub(crate) struct Auth {
    source: Source,
    base: Endpoint,
    right: Arc<Leases>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    grant: Option<Arc<Grant>>,
    /// When to look for the next one; put off after a failure.
    refresh: Option<Deadline>,
    /// Counts fetches that were finished, and holds the error of the last one if it failed.
    finished: u64,
    failure: Option<Error>,
    fetched: Option<Deadline>,
}

impl Auth {
    /// `fixed` is used as it is where the source is [`Source::Fixed`].
    pub(crate) fn new(source: Source, base: Endpoint, fixed: Option<HeaderValue>, clock: &Arc<Clock>) -> Self {
        let grant = matches!(source, Source::Fixed)
            .then(|| Arc::new(Grant { generation: 1, authorization: fixed, endpoint: base.clone(), expires: None }));
        let state = State { grant, ..State::default() };
        Self { source, base, right: Leases::new(1, Arc::clone(clock)), state: Mutex::new(state) }
    }

    /// Whether a refused grant may be replaced by a better one.
    ///
    /// Not within [`STORM`] of the last fetch: what was fetched a moment ago and is refused will be refused again.
    pub(crate) fn can_replace(&self, rejected: u64, now: Now) -> bool {
        let state = self.lock();
        let newer = state.grant.as_ref().is_some_and(|grant| grant.generation > rejected);
        let stormy = state.fetched.is_some_and(|at| at.saturating_add(STORM) > now.mono);
        newer || (!matches!(self.source, Source::Fixed) && !stormy)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, result: Result<Fetched, Error>, rejected: Option<u64>, now: Now) -> Result<Arc<Grant>, Error> {
        let mut state = self.lock();
        state.finished += 1;
        let published = match result {
            Ok(fetched) => {
                let generation = state.grant.as_ref().map_or(0, |grant| grant.generation) + 1;
                let grant = Arc::new(Grant {
                    generation,
                    authorization: fetched.authorization,
                    endpoint: fetched.endpoint.unwrap_or_else(|| self.base.clone()),
                    expires: fetched.expires,
                });
                state.refresh = fetched.refresh;
                state.fetched = Some(now.mono);
                state.failure = None;
                state.grant = Some(Arc::clone(&grant));
                Ok(grant)
            }
            Err(error) => match &state.grant {
                Some(grant) if grant.is_good(rejected, now.mono) => {
                    let grant = Arc::clone(grant);
                    state.refresh = Some(now.mono.saturating_add(PUT_OFF));
                    Ok(grant)
                }
                _ => {
                    state.failure = Some(error.clone());
                    Err(error)
                }
            },
        };
        drop(state);
        self.right.wake_all();
        published
    }
}

impl Grant {
    fn is_good(&self, rejected: Option<u64>, now: Deadline) -> bool {
        rejected.is_none_or(|rejected| self.generation > rejected) && self.expires.is_none_or(|expires| now < expires)
    }
}

/// One call's way to a credential.
#[derive(Debug)]
pub(crate) struct Acquire {
    /// The grant that the server refused.
    rejected: Option<u64>,
    /// How many fetches had finished when this one began to ask.
    since: Option<u64>,
    state: Way,
}

#[derive(Debug)]
enum Way {
    Asking(Ticket),
    Fetching { right: Lease, until: Deadline, asked: bool },
}

/// What [`Acquire`] says.
#[derive(Debug)]
pub(crate) enum Acquired {
    Do(Effect),
    Wait(Deadline),
    Ready(Arc<Grant>),
    Failed(Error),
}

impl Acquire {
    /// A credential; one after `rejected` where the server refused that one.
    pub(crate) fn new(rejected: Option<u64>) -> Self {
        Self { rejected, since: None, state: Way::Asking(Ticket::default()) }
    }

    /// The next step. After `Ready` or `Failed` it is not asked again.
    pub(crate) fn poll(&mut self, input: Option<Input>, auth: &Auth, cx: &Cx<'_>) -> Acquired {
        if let Way::Asking(ticket) = &mut self.state {
            match Self::ask(ticket, &mut self.since, self.rejected, auth, cx) {
                Ok(right) => {
                    let until = cx.now.mono.saturating_add(auth.source.patience(cx));
                    self.state = Way::Fetching { right, until, asked: false };
                }
                Err(acquired) => return acquired,
            }
        }
        let Way::Fetching { right, until, asked } = &mut self.state else {
            return Acquired::Wait(cx.now.mono.saturating_add(RECHECK));
        };
        right.renew(cx.now.mono);
        if !*asked {
            *asked = true;
            return match auth.source.effect(cx) {
                Ok(effect) => Acquired::Do(effect),
                Err(error) => Self::settle(auth.publish(Err(error), self.rejected, cx.now)),
            };
        }
        let result = match input {
            Some(input) => auth.source.read(input, auth, cx),
            None if cx.now.mono >= *until => Err(auth.source.too_slow(cx)),
            None => return Acquired::Wait((*until).min(cx.now.mono.saturating_add(RENEW))),
        };
        cx.session.stats().count_refresh();
        Self::settle(auth.publish(result, self.rejected, cx.now))
    }

    /// The right to fetch, or what else is to be said.
    fn ask(
        ticket: &mut Ticket,
        since: &mut Option<u64>,
        rejected: Option<u64>,
        auth: &Auth,
        cx: &Cx<'_>,
    ) -> Result<Lease, Acquired> {
        let now = cx.now.mono;
        let mut right = None;
        loop {
            let state = auth.lock();
            let since = *since.get_or_insert(state.finished);
            let good = state.grant.as_ref().filter(|grant| grant.is_good(rejected, now)).map(Arc::clone);
            let due = state.refresh.is_some_and(|at| now >= at);
            let failure = if state.finished > since { state.failure.clone() } else { None };
            drop(state);
            match (good, failure, right) {
                (Some(grant), _, _) if !due => return Err(Acquired::Ready(grant)),
                (Some(_), _, Some(right)) => return Ok(right),
                (Some(grant), _, None) => right = Some(auth.right.take(now).ok_or(Acquired::Ready(grant))?),
                (None, Some(error), _) => return Err(Acquired::Failed(error)),
                (None, None, Some(right)) => return Ok(right),
                (None, None, None) => {
                    let wait = Acquired::Wait(now.saturating_add(RECHECK));
                    right = Some(auth.right.ask(ticket, now, cx.waker).ok_or(wait)?);
                }
            }
            // With the right in hand, look once more: another may have finished between the look and the asking.
        }
    }

    fn settle(result: Result<Arc<Grant>, Error>) -> Acquired {
        result.map_or_else(Acquired::Failed, Acquired::Ready)
    }
}

impl Source {
    fn patience(&self, cx: &Cx<'_>) -> Duration {
        match self {
            Source::Fixed => Duration::ZERO,
            Source::File(_) => FILE_PATIENCE,
            Source::Exec(_) => cx.session.settings().plugin,
        }
    }

    fn effect(&self, cx: &Cx<'_>) -> Result<Effect, Error> {
        match self {
            Source::Fixed => Err(Error::credential("the credential of the configuration was not accepted")),
            Source::File(file) => Ok(file.effect(cx.session.settings())),
            Source::Exec(exec) => exec.effect(cx.session.settings()),
        }
    }

    fn read(&self, input: Input, auth: &Auth, cx: &Cx<'_>) -> Result<Fetched, Error> {
        match self {
            Source::Fixed => Err(Error::credential("nothing was asked for")),
            Source::File(file) => file.read(input, cx.now),
            Source::Exec(exec) => exec.read(input, &auth.base, cx),
        }
    }

    fn too_slow(&self, cx: &Cx<'_>) -> Error {
        let patience = self.patience(cx);
        Error::credential(match self {
            Source::Fixed => "the credential of the configuration was not accepted".to_owned(),
            Source::File(file) => format!("reading {} took longer than {patience:?}", file.path().display()),
            Source::Exec(exec) => format!("the plugin {} took longer than {patience:?}", exec.program()),
        })
    }
}

/// How long a grant that was just fetched is not replaced because it was refused.
const STORM: Duration = Duration::from_secs(10);
/// How long the next try waits after a failure while the old grant is good.
const PUT_OFF: Duration = Duration::from_secs(10);
/// The most time for reading a file.
const FILE_PATIENCE: Duration = Duration::from_secs(10);
