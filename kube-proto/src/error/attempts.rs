//! The attempts of a call that failed.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

/// The attempts of a failed call: [`Error::attempts`](super::Error::attempts).
///
/// A call is one request with its repetitions. An operation of several calls (a list in pages, an edit) has those of the call
/// that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempts {
    /// The requests that went to the driver. 0 if nothing was sent.
    pub made: u32,
    /// The time from the start of the call to its error, waits and repetitions included.
    pub took: Duration,
    /// The attempts before the last one, oldest first. Only the first 32 are kept.
    pub earlier: Vec<EarlierAttempt>,
    /// The last attempt could have been repeated, but for the session's
    /// [budget](crate::settings::Settings::retry_budget).
    pub over_budget: bool,
}

/// An attempt that another one followed, or was to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EarlierAttempt {
    /// Why the request was to be sent again.
    pub cause: RetryCause,
    /// The time from the request to its failure.
    pub took: Duration,
    /// The wait after it, without the waits for a permit, a token or a credential.
    pub pause: Duration,
}

/// Why a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryCause {
    /// The server said so, with this status.
    Status(StatusCode),
    /// The connection was lost.
    Connection,
    /// The credential or the certificate was refused, and there may be a better one.
    Credential,
}

impl Attempts {
    /// Notes an attempt that another one follows.
    pub(crate) fn repeat(&mut self, cause: RetryCause, took: Duration, pause: Duration) {
        if self.earlier.len() < MOST {
            self.earlier.push(EarlierAttempt { cause, took, pause });
        }
    }

    /// Whether there is more to say than that one request failed.
    pub(crate) fn are_several(&self) -> bool {
        self.made > 1 || self.over_budget || !self.earlier.is_empty()
    }
}

/// `4 attempts in 3.2s; repeated because of 2 x 429, a lost connection`.
impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { made, took, earlier, over_budget } = self;
        let plural = if *made == 1 { "" } else { "s" };
        // More digits say nothing.
        let took = Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        write!(f, "{made} attempt{plural} in {took:?}")?;
        let going = earlier.len() < *made as usize || earlier.len() == MOST;
        let mut before = if going { "; repeated because of " } else { "; to be repeated because of " };
        for same in earlier.chunk_by(|a, b| a.cause == b.cause) {
            let [EarlierAttempt { cause, .. }, ..] = same else { continue };
            match same.len() {
                1 => write!(f, "{before}{cause}")?,
                times => write!(f, "{before}{times} x {cause}")?,
            }
            before = ", ";
        }
        if *over_budget {
            f.write_str("; the budget of repetitions is used up")?;
        }
        Ok(())
    }
}

/// `429`, `a lost connection`, `a refused credential`.
impl fmt::Display for RetryCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RetryCause::Status(status) => f.write_str(status.as_str()),
            RetryCause::Connection => f.write_str("a lost connection"),
            RetryCause::Credential => f.write_str("a refused credential"),
        }
    }
}

/// The most earlier attempts that an error keeps.
const MOST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        let mut attempts = Attempts { made: 1, took: Duration::from_micros(1_234_567), ..Attempts::default() };
        assert!(!attempts.are_several());
        let busy = RetryCause::Status(StatusCode::TOO_MANY_REQUESTS);
        attempts.repeat(busy, Duration::ZERO, Duration::ZERO);
        assert_eq!(attempts.to_string(), "1 attempt in 1.234s; to be repeated because of 429");
        attempts.repeat(busy, Duration::ZERO, Duration::ZERO);
        attempts.repeat(RetryCause::Connection, Duration::ZERO, Duration::ZERO);
        (attempts.made, attempts.over_budget) = (4, true);
        let expected = "4 attempts in 1.234s; repeated because of 2 x 429, a lost connection; \
            the budget of repetitions is used up";
        assert_eq!(attempts.to_string(), expected);
        (0..100).for_each(|_| attempts.repeat(busy, Duration::ZERO, Duration::ZERO));
        assert_eq!(attempts.earlier.len(), MOST);
    }
}
