//! What may go wrong, how often, and what is wrong all the time.

use std::time::Duration;

use super::dice::Dice;
use kube_test_server::status::Failure;

/// One kind of thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Mishap {
    /// No connection is made.
    Refused,
    /// The pooled connection had died. Drawn for requests that do not ask for a fresh one.
    Stale,
    /// The request is never answered: nothing comes, not even an end.
    Unanswered,
    /// The server does what it is asked, and the connection breaks before its answer.
    Lost,
    /// 429 with `Retry-After`, or without.
    Busy,
    /// 503, with `Retry-After` or without.
    Unavailable,
    /// 500.
    Failed,
    /// 504, and it is not known what happened.
    Timeout,
    /// 410.
    Gone,
    /// 504: the resource version is too large.
    Ahead,
    /// 401, 403 or 404.
    Denied,
    /// 400, 405 or 422.
    Invalid,
    /// 302.
    Redirect,
    /// A page in HTML: of a proxy, with 200 or 502.
    Html,
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body stops in the middle and nothing follows, not even an end.
    Hang,
    /// The body ends as if it were whole, in the middle.
    Short,
    /// Bytes of the body are not what was sent.
    Garbled,
    /// A line in a watch that is none of its events.
    Nonsense,
    /// A bookmark is left out.
    NoBookmark,
    /// A bookmark comes after later events.
    LateBookmark,
    /// The bookmark that ends a streaming list is left out.
    NoEnd,
    /// History is forgotten as a page of a list is asked for.
    TokenExpired,
    /// A list that may be of any age is old.
    Old,
    /// History is forgotten.
    Compaction,
    /// The server goes away and comes back, and remembers what was before or does not.
    Restart,
    /// For a while nothing is answered but with an error.
    Outage,
    /// The client's wall clock jumps, forth or back. The monotonic one does not.
    ClockJump,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Mishap; 28] = {
        use Mishap as M;
        [
            M::Refused,
            M::Stale,
            M::Unanswered,
            M::Lost,
            M::Busy,
            M::Unavailable,
            M::Failed,
            M::Timeout,
            M::Gone,
            M::Ahead,
            M::Denied,
            M::Invalid,
            M::Redirect,
            M::Html,
            M::Cut,
            M::Hang,
            M::Short,
            M::Garbled,
            M::Nonsense,
            M::NoBookmark,
            M::LateBookmark,
            M::NoEnd,
            M::TokenExpired,
            M::Old,
            M::Compaction,
            M::Restart,
            M::Outage,
            M::ClockJump,
        ]
    };

    /// It is drawn over time, and not for each request.
    pub(super) fn is_timed(self) -> bool {
        self >= Mishap::Compaction
    }

    /// The status that it is, of several the one that is drawn; not all are one.
    pub(super) fn status(self, dice: &mut Dice) -> Option<Failure> {
        let seconds = u32::try_from(1 + dice.below(8)).unwrap_or(1);
        let which = dice.below(3);
        Some(match self {
            Mishap::Busy if which == 0 => Failure::new(429, "TooManyRequests", "too many requests"),
            Mishap::Busy => {
                let text = "storage is (re)initializing";
                Failure::new(429, "TooManyRequests", text).retry_after(seconds)
            }
            Mishap::Unavailable if which == 0 => Failure::new(503, "ServiceUnavailable", "not now"),
            Mishap::Unavailable => Failure::new(503, "ServiceUnavailable", "not now").retry_after(seconds),
            Mishap::Failed => Failure::new(500, "InternalError", "etcd event received with PrevKv=nil"),
            Mishap::Timeout => Failure::new(504, "Timeout", "the request did not complete within a minute"),
            Mishap::Gone => Failure::expired("too old resource version: 1 (2)"),
            Mishap::Ahead => Failure::too_large_version(1_000_000, 1),
            Mishap::Denied if which == 0 => Failure::unauthorized(),
            Mishap::Denied if which == 1 => Failure::forbidden("", "configmaps", "", "not you"),
            Mishap::Denied => Failure::no_such_resource(),
            Mishap::Invalid if which == 0 => Failure::bad_request("what?"),
            Mishap::Invalid if which == 1 => Failure::invalid("meta.k8s.io", "ListOptions", "", &[]),
            Mishap::Invalid => Failure::no_such_method(),
            _ => return None,
        })
    }
}

/// How often things go wrong, and what is wrong with this cluster for ever.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// How many times in a thousand requests each is drawn (`Compaction` and what follows it: in how many minutes).
    rates: Vec<(Mishap, u64)>,
    /// The server does not know streaming lists.
    pub no_streaming: bool,
    /// Streaming lists never come to their end.
    pub endless: bool,
    /// Something between ends watches as soon as they begin.
    pub no_watches: bool,
    /// Lists have no resource version. (Streaming lists are not known then.)
    pub versionless: bool,
    /// Watches from some versions fail for ever, so many times in a thousand.
    pub poison: u64,
    /// What comes of lists that must not be older than a version.
    pub not_older: NotOlder,
    /// No piece of a response takes longer than this to arrive.
    pub delay: Duration,
    /// So many times in a thousand, bytes that are sent together do not arrive together.
    pub split: u64,
    /// So many times in a thousand, what a writer writes does not decode as what it should be.
    pub undecodable: u64,
}

/// What a server makes of a list that must not be older than a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotOlder {
    /// What is asked.
    #[default]
    Fine,
    /// It does not know `resourceVersionMatch`: 400.
    Refused,
    /// It never comes so far: 504, the version is too large.
    Ahead,
    /// It answers with what is older all the same.
    Old,
}

impl Faults {
    /// Nothing goes wrong; there are only delays, and bytes are cut anywhere.
    #[must_use]
    pub fn none() -> Self {
        Self { delay: Duration::from_millis(50), split: 300, ..Self::default() }
    }

    /// Each kind of thing goes wrong in so many of a thousand requests.
    #[must_use]
    pub fn all(per_mille: u64) -> Self {
        Mishap::ALL.into_iter().fold(Self::none(), |faults, mishap| faults.with(mishap, per_mille))
    }

    /// Some kinds of things go wrong, some often and some hardly ever; and at times something is wrong for ever.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let mut faults = Self::none();
        let share = dice.pick([100, 300, 600]);
        for mishap in Mishap::ALL {
            if dice.chance(share) {
                let rate = if mishap.is_timed() { [20, 100, 300] } else { [10, 50, 200] };
                faults = faults.with(mishap, dice.pick(rate));
            }
        }
        faults.delay = dice.pick([Duration::from_millis(1), Duration::from_millis(50), Duration::from_secs(3)]);
        faults.split = dice.pick([0, 300, 1000]);
        faults.undecodable = dice.pick([0, 0, 50, 300]);
        faults.no_streaming = dice.chance(250);
        faults.endless = dice.chance(60);
        faults.no_watches = dice.chance(40);
        faults.versionless = dice.chance(30);
        faults.no_streaming |= faults.versionless;
        faults.poison = if dice.chance(150) { 200 } else { 0 };
        if dice.chance(200) {
            faults.not_older = dice.pick([NotOlder::Refused, NotOlder::Ahead, NotOlder::Old]);
        }
        faults
    }

    /// This goes wrong in so many of a thousand requests, or of a thousand minutes where it has its own time.
    #[must_use]
    pub fn with(mut self, mishap: Mishap, per_mille: u64) -> Self {
        self.rates.retain(|(other, _)| *other != mishap);
        self.rates.push((mishap, per_mille));
        self
    }

    /// How often this goes wrong.
    #[must_use]
    pub fn rate(&self, mishap: Mishap) -> u64 {
        self.rates.iter().find(|(other, _)| *other == mishap).map_or(0, |(_, rate)| *rate)
    }

    /// What is wrong for ever stays; nothing more happens.
    #[must_use]
    pub fn calm(mut self) -> Self {
        self.rates.clear();
        self
    }

    /// What goes wrong with one request, if anything.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<Mishap> {
        let all: u64 = self.rates.iter().filter(|(mishap, _)| !mishap.is_timed()).map(|(_, rate)| rate).sum();
        // One request in five comes through, however much is asked for.
        let drawn = dice.below(1000.max(all + all / 4));
        let mut sum = 0;
        self.rates.iter().filter(|(mishap, _)| !mishap.is_timed()).find_map(|(mishap, rate)| {
            sum += rate;
            (drawn < sum).then_some(*mishap)
        })
    }

    /// What of those that have their own time comes next, and after how long.
    pub(super) fn draw_timed(&self, dice: &mut Dice) -> Option<(Mishap, Duration)> {
        let timed: Vec<_> =
            self.rates.iter().filter(|(mishap, rate)| mishap.is_timed() && *rate > 0).copied().collect();
        let sum: u64 = timed.iter().map(|(_, rate)| rate).sum();
        let mut drawn = dice.below(sum);
        let after = dice.span(Duration::from_secs(60) * 2000 / u32::try_from(sum).ok().filter(|sum| *sum > 0)?);
        let found = timed.into_iter().find(|(_, rate)| {
            let found = drawn < *rate;
            drawn = drawn.saturating_sub(*rate);
            found
        });
        found.map(|(mishap, _)| (mishap, after))
    }
}

/// Which of the mishaps that are drawn happen: fewer and fewer, as a failure is traced to its cause.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    pub(super) without: Vec<Mishap>,
    /// The numbers of those that may happen.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Which of what is wrong for ever is not, a bit each.
    pub(super) mended: u32,
}

/// How many such bits there are.
pub(super) const MENDS: u32 = 9;

impl Default for Allowed {
    fn default() -> Self {
        Self { without: Vec::new(), from: 0, to: u64::MAX, mended: 0 }
    }
}

impl Allowed {
    pub(super) fn allows(&self, mishap: Mishap, number: u64) -> bool {
        (self.from..self.to).contains(&number) && !self.without.contains(&mishap)
    }

    pub(super) fn mend(&self, mut faults: Faults) -> Faults {
        let mended = |bit: u32| self.mended & 1 << bit != 0;
        faults.no_streaming &= !mended(0) || faults.versionless && !mended(3);
        faults.endless &= !mended(1);
        faults.no_watches &= !mended(2);
        faults.versionless &= !mended(3);
        if mended(4) {
            faults.poison = 0;
        }
        if mended(5) {
            faults.not_older = NotOlder::Fine;
        }
        if mended(6) {
            faults.delay = faults.delay.min(Duration::from_millis(1));
        }
        if mended(7) {
            faults.split = 0;
        }
        if mended(8) {
            faults.undecodable = 0;
        }
        faults
    }
}
