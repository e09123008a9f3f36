//! The settings of a log.

use std::time::Duration;

use crate::request::streaming::LogParams;
use crate::watch::Backoff;

/// The settings of [`LogLines`](super::LogLines): a struct with public fields, and methods for the most common ones.
///
/// ```
/// use kube_proto::api::LogParams;
/// use kube_proto::logs::LogSettings;
///
/// let last = LogSettings::new(LogParams::default().tail_lines(100));
/// let on = LogSettings::new(LogParams::default().container("web").follow()).line_limit(16 << 10);
/// # let _ = (last, on);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogSettings {
    /// What the caller asks for. The request differs: it asks for timestamps always, because recovery needs them, and
    /// not for `limitBytes`, which this client counts.
    pub params: LogParams,
    /// The most bytes of text in one [`LogLine`](super::LogLine), at least 1. A longer line comes in parts of this size. 256
    /// KiB by default.
    pub line_limit: usize,
    /// The most lines whose time and content are remembered (24 bytes each), so that they are not yielded again after a
    /// break. Those of the last three seconds are kept. 65,536 by default.
    pub remembered: usize,
    /// A log that is silent for this long is asked for again: a connection that died without a sign ends so. 5 minutes by
    /// default; `None` waits without end.
    pub silence: Option<Duration>,
    /// A followed log goes on with the container's next run, and with the next pod of the same name, until the pod is
    /// over. On by default; off, it ends with the container, as `kubectl logs -f` does.
    pub restarts: bool,
    /// How often in a row a log that is not followed is asked for, without progress. 5 by default.
    pub attempts: u32,
    /// The waits after failures.
    pub backoff: Backoff,
    /// The longest wait for a `Retry-After`: a longer one is cut to this. 5 minutes by default.
    pub patience: Duration,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self::new(LogParams::default())
    }
}

impl From<LogParams> for LogSettings {
    fn from(params: LogParams) -> Self {
        Self::new(params)
    }
}

impl LogSettings {
    /// These parameters, and defaults.
    #[must_use]
    pub fn new(params: LogParams) -> Self {
        Self {
            params,
            line_limit: 256 << 10,
            remembered: 65_536,
            silence: Some(Duration::from_secs(300)),
            restarts: true,
            attempts: 5,
            backoff: Backoff::default(),
            patience: Duration::from_secs(300),
        }
    }

    /// Sets the most bytes of text in one [`LogLine`](super::LogLine).
    #[must_use]
    pub fn line_limit(mut self, bytes: usize) -> Self {
        self.line_limit = bytes;
        self
    }

    /// Whether a followed log goes on with the container's next run.
    #[must_use]
    pub fn restarts(mut self, wanted: bool) -> Self {
        self.restarts = wanted;
        self
    }

    /// Sets the longest silence.
    #[must_use]
    pub fn silence(mut self, longest: Option<Duration>) -> Self {
        self.silence = longest;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setter_sets_its_own_field_and_no_other() {
        let plain = LogSettings::default;
        type Change = fn(&mut LogSettings);
        let rows: [(LogSettings, Change); 4] = [
            (plain().line_limit(7), |it| it.line_limit = 7),
            (plain().restarts(false), |it| it.restarts = false),
            (plain().silence(None), |it| it.silence = None),
            (plain().silence(Some(Duration::from_secs(7))), |it| it.silence = Some(Duration::from_secs(7))),
        ];
        for (row, (set, change)) in rows.into_iter().enumerate() {
            let mut expected = plain();
            change(&mut expected);
            assert_eq!(set, expected, "row {row}");
        }
    }
}
