//! The items of a log.

use std::fmt::{self, Write as _};
use std::time::Duration;

use bytes::Bytes;

use super::table::{Ending, Recovery};
use crate::error::Error;
use crate::opaque::Opaque;
use crate::visible::Visible;

/// An item of [`LogLines`](super::LogLines).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LogEvent {
    /// A line, or a part of a long one.
    Line(LogLine),
    /// Another run of the container begins, or another pod of this name. Also the beginning of a followed log whose container has
    /// run before: the lines of those runs are no part of it.
    Restarted {
        /// The number of runs of the container before it (`restartCount`).
        runs: u32,
    },
    /// The client cannot know whether the lines before and after this item are all there, or whether some are repeated.
    Doubt(Doubt),
    /// An exchange failed, and the log recovers from it. The caller need not act.
    Trouble(Box<LogTrouble>),
}

/// A line of a log, or a part of a line that is longer than [`line_limit`](super::LogSettings::line_limit). Its `Debug` does not
/// show the text: logs may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The line's time as the server wrote it, RFC 3339 with nanoseconds. Absent in later parts of a line, and in the
    /// lines of the kubelet itself, such as `unable to retrieve container logs`.
    pub stamp: Option<Bytes>,
    /// The text, without its newline. It need not be UTF-8.
    pub text: Bytes,
    /// Which part of the line this is.
    pub part: Part,
    /// Whether a newline follows the text: after every whole line and every last part, except the last line of a log
    /// that ends without one.
    pub newline: bool,
}

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The whole line.
    Whole,
    /// The beginning of a line.
    First,
    /// Neither its beginning nor its end.
    Middle,
    /// The end of a line.
    Last,
}

impl LogLine {
    /// Adds the line as the server would have written it: with its newline, and with its time if `timestamps`.
    pub fn write(&self, timestamps: bool, out: &mut Vec<u8>) {
        if let Some(stamp) = self.stamp.as_deref().filter(|_| timestamps) {
            out.extend_from_slice(stamp);
            out.push(b' ');
        }
        out.extend_from_slice(&self.text);
        if self.newline {
            out.push(b'\n');
        }
    }

    /// Whether it is the beginning of a line.
    #[must_use]
    pub fn begins(&self) -> bool {
        matches!(self.part, Part::Whole | Part::First)
    }

    /// Whether it is the end of a line.
    #[must_use]
    pub fn ends(&self) -> bool {
        matches!(self.part, Part::Whole | Part::Last)
    }
}

impl fmt::Debug for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLine")
            .field("stamp", &self.stamp)
            .field("text", &Opaque(&*self.text))
            .field("part", &self.part)
            .field("newline", &self.newline)
            .finish()
    }
}

/// Why the client cannot know whether lines are missing or repeated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Doubt {
    /// More than one run of the container ended between two looks. The server keeps only the last one: lines may be missing.
    Runs {
        /// How many runs may lack lines.
        missed: u32,
    },
    /// The rest of the run before cannot be read, because the kubelet has removed it, say: lines may be missing.
    Rest {
        /// The server's reason.
        why: String,
    },
    /// The pod was replaced by another one of this name: the end of the first one's log may be missing.
    Replaced,
    /// The node's clock went back: lines may be repeated.
    Clock,
    /// There were more lines within two seconds than the client remembers: lines of the same moment may be missing.
    Crowd,
    /// The log broke before its first line, and only new lines were wanted. The client's own clock says since when: lines may
    /// be missing or old.
    Unstamped,
    /// A line that is older than lines before the break, and was not yielded: it was late, it is the end of a longer line, or
    /// a line of the run before, whose log was read after the first lines of the next run.
    Late,
    /// The end of a line whose beginning was yielded did not come after the break: the line is incomplete.
    Torn,
    /// The client may not read the pod. The log ended, or paused, without a new line: the container may still run.
    Blind,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Runs { missed } => {
                write!(f, "lines may be missing: {missed} more runs of the container ended, whose logs are gone")
            }
            Doubt::Rest { why } => {
                write!(f, "lines may be missing: the rest of the container's last run cannot be read: ")?;
                write!(&mut Visible(f), "{why}")
            }
            Doubt::Replaced => f.write_str("lines may be missing: another pod has taken the place of the first"),
            Doubt::Clock => f.write_str("lines may be repeated: the node's clock went back"),
            Doubt::Crowd => f.write_str("lines may be missing: too many lines within two seconds before the break"),
            Doubt::Unstamped => f.write_str("lines may be missing or old: the log broke before its first line"),
            Doubt::Late => f.write_str("the next line is older than the one before it, or the end of an earlier one"),
            Doubt::Torn => f.write_str("the line before the break is incomplete"),
            Doubt::Blind => f.write_str("the container may still run: this client may not read the pod"),
        }
    }
}

/// A failure that the log recovers from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LogTrouble {
    /// What failed.
    pub error: Error,
    /// What kind of ending that is.
    pub ending: Ending,
    /// What follows.
    pub next: Recovery,
    /// After how long.
    pub wait: Duration,
}
