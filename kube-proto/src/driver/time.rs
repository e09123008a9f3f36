//! Time as a value.
//!
//! The core never asks a clock. A driver reads its clocks once a turn and hands the reading over as [`Now`]; a
//! simulation makes it up. What only measures spans uses the monotonic reading, what compares with a date that a
//! server wrote (the expiry of a token, of a certificate) uses the other: the wall clock may jump a day forth and back
//! and no deadline moves.

use std::time::Duration;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Time since an arbitrary, fixed moment; never goes back. All [`Deadline`]s are on this scale.
    pub mono: Duration,
    /// Time since 1970-01-01T00:00:00Z as the system believes it; may jump.
    pub unix: Duration,
}

impl Now {
    /// Both clocks, so much later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self { mono: self.mono.saturating_add(span), unix: self.unix.saturating_add(span) }
    }
}

/// A moment on the scale of [`Now::mono`].
pub type Deadline = Duration;

/// The earlier of two deadlines, where `None` is never.
#[must_use]
pub fn earliest(a: Option<Deadline>, b: Option<Deadline>) -> Option<Deadline> {
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
        let second = Some(Duration::from_secs(1));
        assert_eq!(earliest(None, None), None);
        assert_eq!(earliest(second, None), second);
        assert_eq!(earliest(None, second), second);
        assert_eq!(earliest(Some(Duration::ZERO), second), Some(Duration::ZERO));
    }
}
