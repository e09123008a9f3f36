//! Answers about the access of others, kept for a while.
//!
//! A program that serves requests of others, such as a webhook or an aggregated API server, asks the API server about each of them.
//! Most of them ask the same. An [`Authorizer`] keeps answers: those that allow and those that refuse, each for its time. It keeps no
//! failure: a server that does not answer is an error of the call, and an answer with an
//! [error](super::Access::is_uncertain) in it is passed on and asked for again. Equal questions of one session that are under way at the
//! same time are asked once ([`single_flight`](crate::api::Unary::single_flight)).
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Begin` | the cache has the answer | `Over`: yields it |
//! | `Begin` | it does not | `Asking` |
//! | `Asking` | an answer | `Over`: keeps it and yields it |
//! | `Asking` | a failure | `Over` with the error |
//! | `Over` | | `Over`; repeats the result |

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::action::{Access, Action};
use super::ask::{Answer, can, spec};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::lock::lock;
use crate::op::{Inner, pass};
use crate::resource::review::{SubjectAccessReview, SubjectAccessReviewSpec, UserInfo};

/// Answers with the moment at which each ends: a value without a clock. `Debug` shows only their number.
///
/// ```
/// use std::time::Duration;
///
/// use kube_proto::access::{Access, AccessCache, Action, Decision};
/// use kube_proto::driver::Moment;
/// use kube_proto::resource::UserInfo;
///
/// let mut cache = AccessCache::new(Duration::from_secs(10), Duration::from_secs(5));
/// let jane = UserInfo { username: "jane".into(), ..UserInfo::default() };
/// let (read, now) = (Action::new("get", "pods"), Moment::ZERO);
/// cache.keep(&jane, &read, Access { decision: Decision::Allowed, reason: String::new(), error: String::new() }, now);
/// assert!(cache.look(&jane, &read, now + Duration::from_secs(9)).is_some());
/// assert!(cache.look(&jane, &read, now + Duration::from_secs(10)).is_none());
/// ```
#[derive(Clone)]
pub struct AccessCache {
    allowed_for: Duration,
    refused_for: Duration,
    capacity: usize,
    entries: BTreeMap<Question, (Moment, Access)>,
}

/// The serialized question.
type Question = Vec<u8>;

impl AccessCache {
    /// A cache that keeps answers that allow and answers that refuse for these times, at most 10,000 of them.
    #[must_use]
    pub fn new(allowed_for: Duration, refused_for: Duration) -> Self {
        Self { allowed_for, refused_for, capacity: CAPACITY, entries: BTreeMap::new() }
    }

    /// The most answers. If there are more, those that end first go.
    #[must_use]
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// The answer, if it still counts.
    #[must_use]
    pub fn look(&self, user: &UserInfo, action: &Action, now: Moment) -> Option<&Access> {
        let (until, access) = self.entries.get(&question(user, action))?;
        (now < *until).then_some(access)
    }

    /// Keeps an answer, unless it is [uncertain](Access::is_uncertain).
    pub fn keep(&mut self, user: &UserInfo, action: &Action, access: Access, now: Moment) {
        let lifetime = if access.is_allowed() { self.allowed_for } else { self.refused_for };
        if access.is_uncertain() || lifetime.is_zero() || self.capacity == 0 {
            return;
        }
        let question = question(user, action);
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&question) {
            self.make_room(now);
        }
        self.entries.insert(question, (now.after(lifetime), access));
    }

    /// How many answers there are, also of those that no longer count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Removes what has ended, and if that is not enough an eighth of the rest, so that the next ones find room too.
    fn make_room(&mut self, now: Moment) {
        self.entries.retain(|_, (until, _)| now < *until);
        if self.entries.len() < self.capacity {
            return;
        }
        let mut ends: Vec<Moment> = self.entries.values().map(|(until, _)| *until).collect();
        ends.sort_unstable();
        let mut surplus = self.entries.len() - self.capacity + self.capacity.div_ceil(8);
        let last = ends.get(surplus.saturating_sub(1)).copied().unwrap_or(Moment::MAX);
        self.entries.retain(|_, (until, _)| {
            let goes = surplus > 0 && *until <= last;
            surplus -= usize::from(goes);
            !goes
        });
    }
}

impl fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessCache").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// The groups of a user have no order.
fn question(user: &UserInfo, action: &Action) -> Question {
    let mut spec: SubjectAccessReviewSpec = spec(user, action.clone());
    spec.groups.sort_unstable();
    spec.groups.dedup();
    // Texts and maps of texts serialize.
    serde_json::to_vec(&spec).unwrap_or_default()
}

/// Asks about the access of others, with a cache that all clones share.
///
/// ```
/// use std::time::Duration;
///
/// use kube_proto::Error;
/// use kube_proto::access::{AccessCache, Action, Authorizer};
/// use kube_proto::client::AsyncClient;
/// use kube_proto::resource::UserInfo;
///
/// // Ten seconds each, as in the API servers that are built with Kubernetes' own library.
/// let authorizer = Authorizer::new(AccessCache::new(Duration::from_secs(10), Duration::from_secs(10)));
///
/// async fn serve<C: AsyncClient>(client: &C, authorizer: &Authorizer, user: &UserInfo) -> Result<u16, Error> {
///     let access = client.call(authorizer.authorize(user, Action::new("get", "widgets.example.com").within("shop"))).await?;
///     Ok(if access.is_allowed() { 200 } else { 403 })
/// }
/// # let _ = authorizer;
/// ```
#[derive(Clone, Debug)]
pub struct Authorizer {
    cache: Arc<Mutex<AccessCache>>,
}

impl Authorizer {
    /// An authorizer with this cache.
    #[must_use]
    pub fn new(cache: AccessCache) -> Self {
        Self { cache: Arc::new(Mutex::new(cache)) }
    }

    /// Whether this user may do this. The operation yields an [`Access`]; it fails if the server does not answer, which says nothing
    /// about the access.
    pub fn authorize(&self, user: &UserInfo, action: impl Into<Action>) -> Authorize {
        Authorize { cache: Arc::clone(&self.cache), user: user.clone(), action: action.into(), stage: Stage::Begin }
    }

    /// Forgets all answers, for example after a change of roles.
    pub fn clear(&self) {
        lock(&self.cache).entries.clear();
    }
}

/// The operation of [`Authorizer::authorize`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Authorize {
    cache: Arc<Mutex<AccessCache>>,
    user: UserInfo,
    action: Action,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Asking(Box<Answer<SubjectAccessReview, Access>>),
    Over(Result<(), Error>),
}

impl OneResult for Authorize {}

impl Operation for Authorize {
    type Item = Access;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Access> {
        loop {
            match &mut self.stage {
                Stage::Begin => {
                    let known = lock(&self.cache).look(&self.user, &self.action, cx.now.mono).cloned();
                    if let Some(access) = known {
                        self.stage = Stage::Over(Ok(()));
                        return Step::Yield(access);
                    }
                    // In one order, so that equal questions have equal bodies.
                    let mut user = self.user.clone();
                    user.groups.sort_unstable();
                    user.groups.dedup();
                    self.stage = Stage::Asking(Box::new(can(&user, self.action.clone()).shared()));
                }
                Stage::Asking(answer) => match pass!(answer.resume(input.take(), cx)) {
                    Inner::Yield(access) => {
                        lock(&self.cache).keep(&self.user, &self.action, access.clone(), cx.now.mono);
                        self.stage = Stage::Over(Ok(()));
                        return Step::Yield(access);
                    }
                    Inner::Done(result) => self.stage = Stage::Over(result),
                },
                Stage::Over(result) => return Step::Done(result.clone()),
            }
        }
    }
}

/// The most answers of a cache.
const CAPACITY: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Decision;

    fn access(decision: Decision, error: &str) -> Access {
        Access { decision, reason: String::new(), error: error.into() }
    }

    fn user(name: &str, groups: &[&str]) -> UserInfo {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        UserInfo { username: name.into(), groups, ..UserInfo::default() }
    }

    fn at(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    #[test]
    fn answers_live_by_their_kind_and_errors_not_at_all() {
        let mut cache = AccessCache::new(Duration::from_secs(10), Duration::from_secs(5));
        let action = Action::new("get", "pods");
        for (name, access, lives) in [
            ("allowed", access(Decision::Allowed, ""), 10),
            ("allowed with trouble", access(Decision::Allowed, "x"), 10),
            ("denied", access(Decision::Denied, ""), 5),
            ("no opinion", access(Decision::NoOpinion, ""), 5),
            ("uncertain", access(Decision::NoOpinion, "x"), 0),
        ] {
            cache.keep(&user(name, &[]), &action, access, at(100));
            let look = |moment| cache.look(&user(name, &[]), &action, moment).is_some();
            assert_eq!((look(at(100)), look(at(100 + lives))), (lives > 0, false), "{name}");
            assert!(lives == 0 || look(at(99 + lives)), "{name}");
        }
    }

    #[test]
    fn every_part_of_a_question_counts_but_the_order_of_groups() {
        let mut cache = AccessCache::new(Duration::from_secs(10), Duration::from_secs(10));
        let asked = Action::new("get", "pods").within("a");
        cache.keep(&user("u", &["x", "y"]), &asked, access(Decision::Allowed, ""), at(0));
        assert!(cache.look(&user("u", &["y", "x", "x"]), &asked, at(0)).is_some());
        for (other, action) in [
            (user("v", &["x", "y"]), asked.clone()),
            (user("u", &["x"]), asked.clone()),
            (UserInfo { uid: "1".into(), ..user("u", &["x", "y"]) }, asked.clone()),
            (UserInfo { extra: [("k".into(), vec!["v".into()])].into(), ..user("u", &["x", "y"]) }, asked.clone()),
            (user("u", &["x", "y"]), Action::new("get", "pods")),
            (user("u", &["x", "y"]), Action::new("list", "pods").within("a")),
            (user("u", &["x", "y"]), Action::new("get", "pods/log").within("a")),
            (user("u", &["x", "y"]), asked.clone().named("n")),
            (user("u", &["x", "y"]), Action::path("get", "pods")),
        ] {
            assert!(cache.look(&other, &action, at(0)).is_none(), "{other:?} {action}");
        }
    }

    #[test]
    fn a_full_cache_loses_what_ends_first() {
        let mut cache = AccessCache::new(Duration::from_secs(100), Duration::from_secs(100)).capacity(16);
        let action = Action::new("get", "pods");
        let name = |number: u64| user(&number.to_string(), &[]);
        for number in 0..16 {
            cache.keep(&name(number), &action, access(Decision::Allowed, ""), at(number));
        }
        cache.keep(&name(16), &action, access(Decision::Allowed, ""), at(16));
        assert_eq!(cache.len(), 15);
        let known: Vec<u64> = (0..17).filter(|number| cache.look(&name(*number), &action, at(16)).is_some()).collect();
        assert_eq!(known, (2..17).collect::<Vec<_>>());
        // Of answers that end together no more go than must.
        let mut cache = AccessCache::new(Duration::from_secs(100), Duration::from_secs(100)).capacity(16);
        for number in 0..1_000 {
            cache.keep(&name(number), &action, access(Decision::Allowed, ""), at(0));
            assert!(cache.len() <= 16 && (number < 16 || cache.len() > 13), "{number}: {}", cache.len());
        }
        // What has ended makes room.
        cache.keep(&name(1), &action, access(Decision::Allowed, ""), at(1_000));
        assert!(cache.len() <= 16);
        assert!(cache.look(&name(1), &action, at(1_000)).is_some());
        let mut none = AccessCache::new(Duration::from_secs(1), Duration::ZERO).capacity(0);
        none.keep(&name(1), &action, access(Decision::Allowed, ""), at(0));
        assert!(none.is_empty());
    }
}
