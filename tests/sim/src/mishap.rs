//! The faults of a simulation: which, how often, and which of them are permanent.

use std::time::Duration;

use super::dice::Dice;
use kube_test_server::status::Failure;

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Mishap {
    /// No connection is made.
    Refused,
    /// The pooled connection is dead. Drawn for requests that do not require a fresh one.
    Stale,
    /// The request is never answered: no bytes come, and no end.
    Unanswered,
    /// The server carries the request out, and the connection breaks before its answer.
    Lost,
    /// 429 with `Retry-After`, or without.
    Busy,
    /// 503, with `Retry-After` or without.
    Unavailable,
    /// 500.
    Failed,
    /// 504: the outcome of the request is unknown.
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
    /// An HTML page of a proxy, with 200 or 502.
    Html,
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body stops in the middle; no bytes follow, and no end.
    Hang,
    /// The body comes one byte every two seconds.
    Drip,
    /// The body ends in the middle as if it were whole.
    Short,
    /// Some bytes of the body are wrong.
    Garbled,
    /// A line in a watch that is no watch event.
    Nonsense,
    /// A bookmark is left out.
    NoBookmark,
    /// A bookmark comes after later events.
    LateBookmark,
    /// The bookmark that ends a streaming list is left out.
    NoEnd,
    /// The server compacts its history when a page of a list is requested.
    TokenExpired,
    /// A list that may be of any age is old.
    Old,
    /// The server compacts its history.
    Compaction,
    /// The server stops and starts again, with or without its old history.
    Restart,
    /// For some time every request fails.
    Outage,
    /// The client's wall clock jumps, forward or back. The monotonic clock does not.
    ClockJump,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Mishap; 29] = {
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
            M::Drip,
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

    /// The status of this mishap; one is drawn if there are several. Not every mishap has one.
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

/// How often each mishap happens, and the permanent faults of this cluster.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// How many requests in a thousand have each mishap (from `Compaction` on: how many minutes in a thousand).
    rates: Vec<(Mishap, u64)>,
    /// The server does not support streaming lists.
    pub no_streaming: bool,
    /// Streaming lists never come to their end.
    pub endless: bool,
    /// A proxy ends watches as soon as they begin.
    pub no_watches: bool,
    /// The head of a watch comes with its first event.
    pub late_heads: bool,
    /// How watches are cut as soon as they begin.
    pub cuts: Cuts,
    /// Half of the bookmarks have no version that can be read.
    pub bare_bookmarks: bool,
    /// The server ignores `sendInitialEvents`: it serves a plain watch.
    pub ignores_streaming: bool,
    /// Lists have no resource version. (The server then does not support streaming lists.)
    pub versionless: bool,
    /// In this many of a thousand versions a watch from there always fails.
    pub poison: u64,
    /// How the server answers lists that must not be older than a version.
    pub not_older: NotOlder,
    /// No piece of a response takes longer than this to arrive.
    pub delay: Duration,
    /// In this many of a thousand cases, bytes that are sent together do not arrive together.
    pub split: u64,
    /// In this many of a thousand cases, an object of the writer does not decode.
    pub undecodable: u64,
}

/// How a server answers a list that must not be older than a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotOlder {
    /// Correctly.
    #[default]
    Fine,
    /// It does not support `resourceVersionMatch`: 400.
    Refused,
    /// It never reaches the version: 504, the version is too large.
    Ahead,
    /// It ignores the rule and answers with an older list.
    Old,
}

/// How watches are cut as soon as they begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cuts {
    /// Not at all.
    #[default]
    None,
    /// Those from a known version, after the head.
    AfterHead,
    /// All, streaming lists included, before the head.
    BeforeHead,
}

impl Faults {
    /// No mishaps; responses are only delayed, and cut at any byte.
    #[must_use]
    pub fn none() -> Self {
        Self { delay: Duration::from_millis(50), split: 300, ..Self::default() }
    }

    /// Each kind of mishap happens in this many of a thousand requests.
    #[must_use]
    pub fn all(per_mille: u64) -> Self {
        Mishap::ALL.into_iter().fold(Self::none(), |faults, mishap| faults.with(mishap, per_mille))
    }

    /// Some kinds of mishaps, some often and some rarely; sometimes with permanent faults.
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
        faults.late_heads = dice.chance(60);
        if dice.chance(60) {
            faults.cuts = dice.pick([Cuts::AfterHead, Cuts::BeforeHead]);
        }
        faults.bare_bookmarks = dice.chance(100);
        faults.ignores_streaming = dice.chance(60);
        faults
    }

    /// This mishap happens in this many of a thousand requests, or of a thousand minutes if it is drawn over time.
    #[must_use]
    pub fn with(mut self, mishap: Mishap, per_mille: u64) -> Self {
        self.rates.retain(|(other, _)| *other != mishap);
        self.rates.push((mishap, per_mille));
        self
    }

    /// How often this mishap happens.
    #[must_use]
    pub fn rate(&self, mishap: Mishap) -> u64 {
        self.rates.iter().find(|(other, _)| *other == mishap).map_or(0, |(_, rate)| *rate)
    }

    /// Permanent faults stay; no more mishaps happen.
    #[must_use]
    pub fn calm(mut self) -> Self {
        self.rates.clear();
        self
    }

    /// The mishap of one request, if any.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<Mishap> {
        let all: u64 = self.rates.iter().filter(|(mishap, _)| !mishap.is_timed()).map(|(_, rate)| rate).sum();
        // One request in five has no mishap, whatever the rates are.
        let drawn = dice.below(1000.max(all + all / 4));
        let mut sum = 0;
        self.rates.iter().filter(|(mishap, _)| !mishap.is_timed()).find_map(|(mishap, rate)| {
            sum += rate;
            (drawn < sum).then_some(*mishap)
        })
    }

    /// The next of the mishaps that are drawn over time, and the time until then.
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

/// Which of the drawn mishaps happen: fewer and fewer, to find the cause of a failure.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    pub(super) without: Vec<Mishap>,
    /// The numbers of the mishaps that may happen.
    pub(super) from: u64,
    pub(super) to: u64,
    /// The permanent faults that are switched off, a bit each.
    pub(super) mended: u32,
}

/// The number of these bits.
pub(super) const MENDS: u32 = 13;

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
        faults.late_heads &= !mended(9);
        if mended(10) {
            faults.cuts = Cuts::None;
        }
        faults.bare_bookmarks &= !mended(11);
        faults.ignores_streaming &= !mended(12);
        faults
    }
}
