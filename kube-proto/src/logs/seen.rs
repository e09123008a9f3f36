//! The lines that were yielded lately, so that a later request can ask for what follows and drop the rest.
//!
//! The server takes whole seconds (`sinceTime`), so a request for what follows the last line gives all lines of its second
//! again. They are recognised by their time and a hash of their text. A request goes back one second more, because the two
//! streams of a container are stamped by themselves: a line may stand after one that is a little later.
//!
//! | a line after a break | verdict |
//! |---|---|
//! | its time and text were yielded, and not yet seen again as often | `Known` |
//! | it is before the first line that was yielded, and the log began at a number of lines from the end | `Known` |
//! | it is not later than the last line that was forgotten for want of room | `Known` |
//! | its beginning was yielded, and its end was not | `Open`: the parts that were yielded are dropped |
//! | it is earlier than the last line that was yielded | `Late`: it is yielded, with a doubt; once after a break |
//! | any other | `New`; and so are all that follow, because a log only grows |

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;

/// A line: its time, and a hash of its text up to the limit of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Print {
    pub(super) time: SignedDuration,
    hash: u64,
}

impl Print {
    pub(super) fn of(time: SignedDuration, text: &[u8]) -> Self {
        // FNV-1a: the same in every run. A container that makes collisions harms its own log alone.
        let hash = text
            .iter()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self { time, hash }
    }
}

/// What was yielded.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    most: usize,
    lines: VecDeque<Print>,
    first: Option<Print>,
    last: Option<SignedDuration>,
    /// Lines before this second were forgotten, because no request goes back there.
    from: Option<i64>,
    /// The latest line that was forgotten for want of room.
    crowded: Option<SignedDuration>,
    /// The line whose end was not yielded, and how many parts of it were.
    open: Option<(Print, usize)>,
    /// The log began at a number of lines from its end.
    tail: bool,
    /// After a break: the lines that come again, and how often.
    again: Option<Again>,
}

#[derive(Clone, Debug)]
struct Again {
    known: BTreeMap<Print, u32>,
    /// The first line that was yielded has come again.
    begun: bool,
    /// The last line before the break, until a line is compared with it.
    last: Option<SignedDuration>,
    crowded: Option<SignedDuration>,
    open: Option<(Print, usize)>,
}

/// The verdict about the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// `torn`: the line before the break will not be completed any more.
    New {
        torn: bool,
    },
    Late,
    Known,
    /// So many of its parts were yielded.
    Open(usize),
}

/// What a request after a break can rely on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Resumed {
    /// The first second to ask for; `None` if no line was yielded.
    pub(super) since: Option<i64>,
    /// The clock went back: lines of this second were forgotten.
    pub(super) clock: bool,
    /// There were more lines than are remembered.
    pub(super) crowd: bool,
}

impl Seen {
    pub(super) fn new(most: usize, tail: bool) -> Self {
        Self {
            most: most.max(1),
            lines: VecDeque::new(),
            first: None,
            last: None,
            from: None,
            crowded: None,
            open: None,
            tail,
            again: None,
        }
    }

    /// Another request begins, for what follows.
    pub(super) fn resume(&mut self) -> Resumed {
        let Some(last) = self.last else {
            self.again = None;
            return Resumed::default();
        };
        let since = back(last);
        let mut known = BTreeMap::new();
        for line in &self.lines {
            *known.entry(*line).or_insert(0) += 1;
        }
        let clock = self.from.is_some_and(|from| since < from);
        let crowded = self.crowded.filter(|crowded| !clock && *crowded >= SignedDuration::from_secs(since));
        // The response before this one may have broken before the line came again.
        let open = self.open.take().or_else(|| self.again.take().and_then(|again| again.open));
        self.again = Some(Again { known, begun: false, last: Some(last), crowded, open });
        Resumed { since: Some(since), clock, crowd: crowded.is_some() }
    }

    /// A response begins, from wherever, of the same log: what is earlier than the last line was yielded.
    pub(super) fn go_over(&mut self) {
        self.resume();
        if let (Some(again), Some(last)) = (&mut self.again, self.last) {
            again.crowded = Some(last.saturating_sub(SignedDuration::from_nanos(1)));
        }
    }

    /// Whether a line was yielded that is not earlier than this.
    pub(super) fn is_after(&self, time: SignedDuration) -> bool {
        self.last.is_some_and(|last| last >= time)
    }

    /// Adds lines that `later`, a later state of this one, has from that second on, and in it. A line whose end was not yielded
    /// is yielded as a whole again.
    pub(super) fn add_within(&mut self, later: &Self, second: SignedDuration) {
        (self.again, self.open) = (None, None);
        let mut had = BTreeMap::new();
        for line in &self.lines {
            *had.entry(*line).or_insert(0) += 1;
        }
        let end = second.saturating_add(SignedDuration::from_secs(1));
        for line in later.lines.iter().filter(|line| (second..end).contains(&line.time)) {
            match had.get_mut(line) {
                Some(count) if *count > 0 => *count -= 1,
                _ if self.lines.len() < self.most => self.lines.push_back(*line),
                _ => {}
            }
        }
    }

    /// Whether the line must be yielded. Its beginning has this print.
    pub(super) fn look(&mut self, print: Print) -> Verdict {
        let Some(again) = &mut self.again else { return Verdict::New { torn: false } };
        if let Some(count) = again.known.get_mut(&print) {
            *count -= 1;
            if *count == 0 {
                again.known.remove(&print);
            }
            again.begun |= self.first == Some(print);
            return Verdict::Known;
        }
        if let Some((_, parts)) = again.open.take_if(|(open, _)| *open == print) {
            self.open = Some((print, parts));
            self.again = None;
            return Verdict::Open(parts);
        }
        let before_all = self.first.is_some_and(|first| print.time <= first.time);
        if self.tail && !again.begun && before_all && self.from.is_none() {
            return Verdict::Known;
        }
        if again.crowded.is_some_and(|crowded| print.time <= crowded) {
            return Verdict::Known;
        }
        if again.last.take().is_some_and(|last| print.time < last) {
            return Verdict::Late;
        }
        let torn = again.open.is_some();
        self.again = None;
        Verdict::New { torn }
    }

    /// Notes that the beginning of a line was yielded; `ends`: so was its end.
    pub(super) fn began(&mut self, print: Print, ends: bool) {
        self.first.get_or_insert(print);
        self.last = Some(print.time);
        if ends {
            self.remember(print);
        } else {
            self.open = Some((print, 1));
        }
    }

    /// Notes that a later part of the line was yielded, or dropped as known.
    pub(super) fn went_on(&mut self, ends: bool) {
        if let Some((print, parts)) = &mut self.open {
            *parts += 1;
            if ends {
                let print = *print;
                self.open = None;
                self.remember(print);
            }
        }
    }

    fn remember(&mut self, print: Print) {
        // If the next line is late, a request goes back one second more.
        let back = back(print.time).saturating_sub(1);
        let bound = SignedDuration::from_secs(back);
        while self.lines.front().is_some_and(|line| line.time < bound) {
            self.lines.pop_front();
            self.from = Some(self.from.map_or(back, |from| from.max(back)));
        }
        if self.lines.len() >= self.most
            && let Some(line) = self.lines.pop_front()
        {
            self.crowded = Some(self.crowded.map_or(line.time, |crowded| crowded.max(line.time)));
        }
        self.lines.push_back(print);
    }
}

/// The second before a time's own.
fn back(time: SignedDuration) -> i64 {
    let floor = if time.subsec_nanos() < 0 { time.as_secs().saturating_sub(1) } else { time.as_secs() };
    floor.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 4;

    /// A log that is cut after some of its lines, each time: what is yielded, and the doubts.
    ///
    /// A line of a clock that went back before the second of the request is not in the server's answer: that counts as a
    /// doubt here, although the client cannot know it.
    fn replay(
        log: &[(SignedDuration, String)],
        tail: Option<usize>,
        cuts: &[usize],
        most: usize,
    ) -> (Vec<String>, usize) {
        let mut seen = Seen::new(most, tail.is_some());
        let (mut found, mut doubts, mut before) = (Vec::new(), 0, 0);
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (log.len() + 1)).collect();
        ends.sort_unstable();
        ends.push(log.len());
        let mut resumed = Resumed::default();
        for end in ends {
            let shown = &log[..end];
            let first = if seen.last.is_none() { tail.map_or(0, |tail| shown.len().saturating_sub(tail)) } else { 0 };
            let since = resumed.since.map_or(SignedDuration::MIN, SignedDuration::from_secs);
            doubts += shown[before..].iter().filter(|(time, _)| *time < since).count();
            before = end;
            for (time, text) in shown[first..].iter().filter(|(time, _)| *time >= since) {
                let print = Print::of(*time, text.as_bytes());
                match seen.look(print) {
                    Verdict::Known => continue,
                    Verdict::Late => doubts += 1,
                    Verdict::New { torn } => assert!(!torn),
                    Verdict::Open(_) => panic!("no line is open"),
                }
                seen.began(print, true);
                found.push(text.clone());
            }
            resumed = seen.resume();
            doubts += usize::from(resumed.clock) + usize::from(resumed.crowd);
            assert!(seen.lines.len() <= most);
        }
        (found, doubts)
    }

    /// Lines after each other by these milliseconds; a late one has a time that is half a second earlier.
    fn log(steps: Vec<(i64, bool, bool)>) -> Vec<(SignedDuration, String)> {
        let mut now = SignedDuration::new(1_000, 0);
        let mut lines = Vec::new();
        for (n, (step, same, late)) in steps.into_iter().enumerate() {
            now += SignedDuration::from_millis(step);
            let time = now - SignedDuration::from_millis(if late { 500 } else { 0 });
            lines.push((time, if same { "same".to_owned() } else { n.to_string() }));
        }
        lines
    }

    proptest! {
        /// Times that repeat, go on, and are late by half a second; texts that repeat: each line once.
        #[test]
        fn each_line_once(
            steps in prop::collection::vec((prop_oneof![Just(0), 0i64..2500], any::<bool>(), any::<bool>()), 0..60),
            cuts in prop::collection::vec(any::<prop::sample::Index>().prop_map(|i| i.index(1000)), 0..8),
        ) {
            let log = log(steps);
            let (found, _) = replay(&log, None, &cuts, 10_000);
            let all: Vec<_> = log.iter().map(|(_, text)| text.clone()).collect();
            prop_assert_eq!(found, all);
        }

        /// A log that was asked for from its end does not go back behind its first line.
        #[test]
        fn a_tail_stays_one(
            steps in prop::collection::vec((0i64..900, any::<bool>(), Just(false)), 1..60),
            tail in 1usize..10,
            cuts in prop::collection::vec(any::<prop::sample::Index>().prop_map(|i| i.index(1000)), 1..8),
        ) {
            let log = log(steps);
            let (found, _) = replay(&log, Some(tail), &cuts, 10_000);
            let first = cuts.iter().map(|cut| cut % (log.len() + 1)).filter(|end| *end > 0).min().unwrap_or(log.len());
            let all: Vec<_> = log[first.saturating_sub(tail)..].iter().map(|(_, text)| text.clone()).collect();
            prop_assert_eq!(found, all);
        }

        /// With too little room, or with a clock that goes back by hours: whatever is missing or repeated, it was said.
        #[test]
        fn doubts_are_said(
            steps in prop::collection::vec(
                (prop_oneof![Just(0), 0i64..500, -9_000_000i64..0], any::<bool>(), any::<bool>()),
                0..60,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>().prop_map(|i| i.index(1000)), 0..8),
            most in 1usize..6,
        ) {
            let log = log(steps);
            let (found, doubts) = replay(&log, None, &cuts, most);
            let all: Vec<_> = log.iter().map(|(_, text)| text.clone()).collect();
            if found != all {
                prop_assert!(doubts > 0, "{found:?}");
            }
        }
    }

    #[test]
    fn a_long_line_goes_on_where_it_was_cut() {
        let mut seen = Seen::new(10, false);
        let at = |ms| SignedDuration::from_millis(ms);
        let (short, long) = (Print::of(at(5000), b"a"), Print::of(at(5000), &[b'x'; LIMIT]));
        assert_eq!(seen.look(short), Verdict::New { torn: false });
        seen.began(short, true);
        seen.began(long, false);
        seen.went_on(false);
        assert_eq!(seen.resume().since, Some(4));
        // That response breaks, too, and before the line.
        assert_eq!(seen.resume().since, Some(4));
        assert_eq!(seen.look(short), Verdict::Known);
        assert_eq!(seen.look(long), Verdict::Open(2));
        seen.went_on(true);
        // Whole now: after another break it is known.
        seen.resume();
        assert_eq!(seen.look(long), Verdict::Known);
        // A line of the same text, once more, is new.
        assert_eq!(seen.look(long), Verdict::New { torn: false });
    }

    #[test]
    fn a_long_line_whose_end_does_not_come_is_torn() {
        let mut seen = Seen::new(10, false);
        let at = |ms| SignedDuration::from_millis(ms);
        seen.began(Print::of(at(5000), b"xxxx"), false);
        seen.resume();
        assert_eq!(seen.look(Print::of(at(6000), b"b")), Verdict::New { torn: true });
        assert_eq!(seen.look(Print::of(at(6000), b"b")), Verdict::New { torn: false });
    }
}
