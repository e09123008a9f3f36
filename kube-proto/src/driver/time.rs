//! Time as a value.
//!
//! The core never asks a clock. A driver reads its clocks once a turn and passes the reading on as [`Now`]; a
//! simulation invents the reading. Spans are measured on the monotonic clock, as [`Moment`]s. The dates of a server
//! (the expiry of a token or a certificate) are compared with the wall clock, which may jump a day forth and back
//! without moving a deadline.

use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock. It never goes back.
    pub mono: Moment,
    /// The time since 1970-01-01T00:00:00Z on the system's wall clock; it may jump.
    pub unix: Duration,
}

impl Now {
    /// Both clocks after this span.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self { mono: self.mono.after(span), unix: self.unix.saturating_add(span) }
    }
}

/// A moment on the driver's monotonic clock: a reading, or a deadline.
///
/// Its zero is arbitrary and fixed, for example the start of the driver. Arithmetic does not overflow: a moment stops at
/// its last value, and the time since a later moment is zero.
///
/// ```
/// use std::time::Duration;
/// use kube_proto::driver::Moment;
///
/// let start = Moment::after_zero(Duration::from_secs(5));
/// let deadline = start + Duration::from_secs(2);
/// assert_eq!(deadline.since(start), Duration::from_secs(2));
/// assert_eq!(start.since(deadline), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The zero of the clock.
    pub const ZERO: Self = Self(Duration::ZERO);
    /// A moment that is never reached.
    pub const MAX: Self = Self(Duration::MAX);

    /// The moment this long after the zero of the clock.
    #[must_use]
    pub const fn after_zero(span: Duration) -> Self {
        Self(span)
    }

    /// The time since the zero of the clock.
    #[must_use]
    pub const fn since_zero(self) -> Duration {
        self.0
    }

    /// The moment this long after this one.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// The moment this long before this one; not before zero.
    #[must_use]
    pub const fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }

    /// The time since an earlier moment; zero if that one is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        self.after(span)
    }
}

impl AddAssign<Duration> for Moment {
    fn add_assign(&mut self, span: Duration) {
        *self = self.after(span);
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        self.before(span)
    }
}

impl Sub for Moment {
    type Output = Duration;

    /// The same as [`since`](Moment::since).
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// The earlier of two deadlines; `None` is no deadline.
#[must_use]
pub fn earliest(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_later_than_any_deadline() {
        let second = Some(Moment::after_zero(Duration::from_secs(1)));
        assert_eq!(earliest(None, None), None);
        assert_eq!(earliest(second, None), second);
        assert_eq!(earliest(None, second), second);
        assert_eq!(earliest(Some(Moment::ZERO), second), Some(Moment::ZERO));
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        let second = Duration::from_secs(1);
        assert_eq!(Moment::MAX + second, Moment::MAX);
        assert_eq!(Moment::ZERO - second, Moment::ZERO);
        assert_eq!(Moment::ZERO - Moment::MAX, Duration::ZERO);
    }
}
