//! The events of a run, in order, for people to read.

use std::collections::VecDeque;
use std::fmt;

use kube_proto::driver::Moment;

/// The last events. It records and formats nothing unless the run asks for it.
#[derive(Debug, Default)]
pub struct Trace {
    wanted: bool,
    lines: VecDeque<(Moment, String)>,
    /// The number of lines dropped at the beginning.
    cut: usize,
}

impl Trace {
    pub(super) fn want(&mut self, wanted: bool) {
        self.wanted = wanted;
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn note(&mut self, at: Moment, line: impl FnOnce() -> String) {
        if !self.wanted {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
            self.cut += 1;
        }
        self.lines.push_back((at, line()));
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cut > 0 {
            writeln!(f, "  ... {} lines before this", self.cut)?;
        }
        for (at, line) in &self.lines {
            writeln!(f, "{:>11.6}  {line}", at.since_zero().as_secs_f64())?;
        }
        Ok(())
    }
}

/// The most lines that are kept.
const LINES: usize = 4000;
