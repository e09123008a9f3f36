//! The state machine of one container's log.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Start` | the log is followed, and not that of the run before | `Look` |
//! | `Start` | otherwise | `Read`, once |
//! | `Look` | the pod | `Read`, `Pause` or `Over`, by [what the pod says](super::after#what-the-pod-says) |
//! | `Read` | a line that was not yielded before | `Read`; yields it |
//! | `Read` | the limit of bytes | `Over` |
//! | `Look`, `Read` | any ending | `Pause` (its wait may be zero) or `Over`, by [the table](super::after) |
//! | `Pause` | its moment | `Look` or `Read`, as planned |
//! | `Over` | | `Over`; repeats the result |
//!
//! The calls of this machine have no retries: all recovery is here. Only the replacement of a dead pooled connection and the
//! renewal of a refused credential happen below, without an event.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use super::event::{Doubt, LogEvent, LogLine, LogTrouble, Part};
use super::look::LogPod;
use super::overtaken::Overtaken;
use super::seen::{Print, Seen, Verdict as Line};
use super::settings::LogSettings;
use super::split::{Piece, Split};
use super::table::{Container, Ending, Pause, Recovery, Run, Situation, Verdict, after, by_pod};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::{Error, ErrorKind};
use crate::op::decode;
use crate::op::logs::Logs;
use crate::op::unary::Unary;
use crate::opaque::Opaque;
use crate::random::Random;
use crate::request::params::GetParams;
use crate::request::streaming::LogParams;
use crate::request::target::Target;
use crate::settings::Timeouts;
use crate::watch::backoff::BackoffState;

/// The lines of one container's log; made by [`Api::log_lines`](crate::Api::log_lines).
///
/// A log that breaks goes on after its last line: it repeats no line and lacks none, as far as the lines' times allow, and
/// yields a [`Doubt`] where they do not. A followed log waits for its container to start, and goes on with the container's
/// next run; it ends when the pod is over or deleted. It holds one line, or one part of a long one, and the times of the last
/// lines ([`LogSettings::remembered`]).
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct LogLines {
    pods: Target,
    pod: String,
    /// The uid of the pod, if another pod of this name does not count.
    only: Option<String>,
    settings: LogSettings,
    state: State,
    /// Items to yield before the next step.
    queued: Opaque<VecDeque<LogEvent>>,
    split: Split,
    seen: Seen,
    overtaken: Overtaken,
    /// The current line is dropped: all of it, or so many of its parts.
    drop: Drop,
    /// The run that was read last.
    known: Option<Known>,
    /// A response of the log has begun; a look at the pod has succeeded.
    answered: bool,
    looked: bool,
    /// The current response had a new line.
    fresh: bool,
    /// The current response had a line.
    begun: bool,
    /// Failures in a row.
    failures: u32,
    /// The kubelet's reason for not giving the rest of a run, and how often in a row it came.
    unread: Option<String>,
    unread_times: u32,
    /// The bytes left of the caller's limit.
    left: Option<u64>,
    /// When the first request was made.
    began: Option<(Moment, Duration)>,
    pace: BackoffState,
    random: Option<Random>,
}

#[derive(Debug)]
enum State {
    Start,
    Look(Box<Unary<LogPod>>),
    Read(Box<Logs>, Situation),
    Pause { until: Moment, plan: Plan },
    Over(Result<(), Error>),
}

/// The step after a pause.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Look,
    Read(Situation),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drop {
    Nothing,
    Line,
    Parts(usize),
}

/// A run of the container.
#[derive(Clone, Debug)]
struct Known {
    uid: String,
    runs: u32,
    /// A response to the request for its rest had nothing new. If the pod then says that it was of this run, that is whole.
    read: Option<Situation>,
    /// It was read to its end, as long as no other run follows.
    whole: bool,
    /// It was read to its end as the run before another one.
    before: bool,
}

impl Known {
    fn new(uid: String, runs: u32) -> Self {
        Self { uid, runs, read: None, whole: false, before: false }
    }
}

enum Turn {
    Go(State),
    Say(State, Step<LogEvent>),
}

impl LogLines {
    pub(crate) fn new(pods: Target, pod: String, settings: LogSettings) -> Self {
        let mut settings = settings;
        settings.line_limit = settings.line_limit.max(1);
        Self {
            pods,
            pod,
            only: None,
            state: State::Start,
            queued: Opaque::default(),
            split: Split::new(settings.line_limit),
            seen: Seen::new(settings.remembered, settings.params.tail_lines.is_some()),
            overtaken: Overtaken::default(),
            drop: Drop::Nothing,
            known: None,
            answered: false,
            looked: false,
            fresh: false,
            begun: false,
            failures: 0,
            unread: None,
            unread_times: 0,
            left: settings.params.limit_bytes,
            began: None,
            pace: BackoffState::default(),
            random: None,
            settings,
        }
    }

    /// Reads the pod with this uid only, and ends with it.
    pub(super) fn of(mut self, uid: String) -> Self {
        self.only = Some(uid);
        self
    }

    /// The name of the pod.
    #[must_use]
    pub fn pod(&self) -> &str {
        &self.pod
    }

    /// The container, once it is known.
    #[must_use]
    pub fn container(&self) -> Option<&str> {
        self.settings.params.container.as_deref()
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &LogSettings {
        &self.settings
    }

    fn follows(&self) -> bool {
        self.settings.params.follow && !self.settings.params.previous
    }

    fn start(&mut self, plan: Plan, cx: &Cx<'_>) -> State {
        match plan {
            Plan::Look => {
                let request = self.pods.get(&self.pod, &GetParams::default());
                State::Look(Box::new(Unary::new(request, decode::json).never_again()))
            }
            Plan::Read(situation) => {
                let params = self.params(situation, cx);
                let stream = cx.session.settings().stream;
                let timeouts = Timeouts { idle: self.settings.silence, ..stream };
                let logs = Logs::new(self.pods.log(&self.pod, &params)).timeouts(timeouts).never_again();
                (self.fresh, self.begun, self.drop) = (false, false, Drop::Nothing);
                self.split.reset();
                if matches!(situation, Situation::Following | Situation::Last) {
                    self.overtaken.begin(&self.seen);
                }
                State::Read(Box::new(logs), situation)
            }
        }
    }

    /// The parameters of the next request, which goes on after the last line.
    fn params(&mut self, situation: Situation, cx: &Cx<'_>) -> LogParams {
        let mut params = self.settings.params.clone();
        params.timestamps = true;
        params.limit_bytes = None;
        match situation {
            Situation::Rest => (params.follow, params.previous) = (false, true),
            Situation::Last => params.follow = false,
            _ => {}
        }
        let (mono, unix) = *self.began.get_or_insert((cx.now.mono, cx.now.unix));
        let resumed = self.seen.resume();
        for (is, doubt) in [(resumed.clock, Doubt::Clock), (resumed.crowd, Doubt::Crowd)] {
            if is {
                self.queued.push_back(LogEvent::Doubt(doubt));
            }
        }
        match resumed.since {
            Some(second) => {
                let asked = params.since_time.as_deref().and_then(crate::rfc3339::since_1970);
                params.since_seconds = None;
                params.tail_lines = None;
                // What the caller excluded stays excluded.
                if asked.is_none_or(|asked| asked.as_secs() < second) {
                    params.since_time = time(second);
                }
            }
            None if self.answered && params.tail_lines == Some(0) => {
                self.queued.push_back(LogEvent::Doubt(Doubt::Unstamped));
                (params.tail_lines, params.since_seconds) = (None, None);
                params.since_time = i64::try_from(unix.as_secs()).ok().and_then(time);
            }
            None => {
                // 'The last minute' is the minute before the first request.
                let passed = u32::try_from(cx.now.mono.since(mono).as_secs()).unwrap_or(u32::MAX);
                params.since_seconds = params.since_seconds.map(|seconds| seconds.saturating_add(passed));
            }
        }
        params
    }

    fn turn(&mut self, state: State, input: Option<Input>, cx: &mut Cx<'_>) -> Turn {
        match state {
            State::Start => {
                let plan = if self.follows() { Plan::Look } else { Plan::Read(Situation::Once) };
                Turn::Go(self.start(plan, cx))
            }
            State::Look(mut look) => match look.resume(input, cx) {
                Step::Do(effect) => Turn::Say(State::Look(look), Step::Do(effect)),
                Step::Wait(until) => Turn::Say(State::Look(look), Step::Wait(until)),
                Step::Yield(pod) => Turn::Go(self.decide(&pod, cx)),
                Step::Done(Ok(())) => Turn::Go(self.ended(Ending::Failed, self.looking(), None, cx)),
                Step::Done(Err(error)) => {
                    // Before the first look there is no log that could be gone.
                    let ending = Ending::of(&error, self.looked);
                    Turn::Go(self.ended(ending, self.looking(), Some(error), cx))
                }
            },
            State::Read(mut logs, situation) => {
                if let Some(turn) = self.pieces(situation) {
                    return Turn::Say(State::Read(logs, situation), turn);
                }
                let step = logs.resume(input, cx);
                if !self.answered && logs.response_info().is_some_and(|info| info.code.is_success()) {
                    self.answered = true;
                }
                match step {
                    Step::Do(effect) => Turn::Say(State::Read(logs, situation), Step::Do(effect)),
                    Step::Wait(until) => Turn::Say(State::Read(logs, situation), Step::Wait(until)),
                    Step::Yield(data) => {
                        self.split.push(data);
                        Turn::Go(State::Read(logs, situation))
                    }
                    Step::Done(Ok(())) => {
                        let ending = if self.fresh { Ending::Clean } else { Ending::Empty };
                        Turn::Go(self.ended(ending, situation, None, cx))
                    }
                    Step::Done(Err(error)) => {
                        let ending = Ending::of(&error, self.answered);
                        Turn::Go(self.ended(ending, situation, Some(error), cx))
                    }
                }
            }
            State::Pause { until, plan } if cx.now.mono >= until => Turn::Go(self.start(plan, cx)),
            State::Pause { until, plan } => Turn::Say(State::Pause { until, plan }, Step::Wait(Some(until))),
            State::Over(result) => Turn::Say(State::Over(result.clone()), Step::Done(result)),
        }
    }

    fn looking(&self) -> Situation {
        if self.looked { Situation::Looking } else { Situation::FirstLook }
    }

    /// What the pod says.
    fn decide(&mut self, pod: &LogPod, cx: &Cx<'_>) -> State {
        self.looked = true;
        self.failures = 0;
        if self.settings.params.container.is_none() {
            self.settings.params.container = pod.usual().map(str::to_owned);
        }
        let Some(name) = self.settings.params.container.clone() else {
            // The server's own words: which of them?
            return self.start(Plan::Read(Situation::Blind), cx);
        };
        let (runs, container) = pod.container(&name, self.settings.restarts);
        let mut replaced = false;
        let uid = &pod.metadata.uid;
        if self.only.as_ref().is_some_and(|only| only != uid) {
            return self.over(Ok(()));
        }
        if self.known.as_ref().is_some_and(|known| known.uid != *uid) {
            if !self.settings.restarts {
                return self.over(Ok(()));
            }
            self.queued.push_back(LogEvent::Doubt(Doubt::Replaced));
            self.queued.push_back(LogEvent::Restarted { runs });
            self.seen = Seen::new(self.settings.remembered, false);
            (self.settings.params.tail_lines, self.known) = (None, None);
            self.overtaken = Overtaken::default();
            replaced = true;
        }
        if container == Container::NotStarted && self.known.is_none() {
            // All its lines are new, and those of a first run that is over at the next look, too.
            self.known = Some(Known::new(uid.clone(), runs));
            self.settings.params.tail_lines = None;
            self.seen = Seen::new(self.settings.remembered, false);
        }
        let (run, whole) = match &mut self.known {
            None => (Run::First, false),
            Some(known) => {
                let run = match runs.saturating_sub(known.runs) {
                    0 => Run::Same,
                    1 => Run::Next,
                    _ => Run::Later,
                };
                match known.read.take() {
                    Some(Situation::Last) => known.whole |= run == Run::Same && container != Container::Running,
                    Some(_) => known.before |= run == Run::Next,
                    None => {}
                }
                // The response that had nothing new may have been of the next run, or earlier than the last lines.
                (run, if run == Run::Next { known.before } else { known.whole })
            }
        };
        let verdict = by_pod(container, run, whole);
        if verdict == Verdict::Rest
            && let Some(known) = &mut self.known
        {
            let missed = runs.saturating_sub(known.runs + 1);
            if missed > 0 {
                self.queued.push_back(LogEvent::Doubt(Doubt::Runs { missed }));
            }
            // The rest is that of the run before the current one.
            *known = Known::new(uid.clone(), runs.saturating_sub(1));
            if missed > 0 {
                self.overtaken.go_on(&mut self.seen);
            }
            if let Some(began) = pod.began(&name) {
                self.overtaken.go_back(&mut self.seen, began);
            }
            return self.start(Plan::Read(Situation::Rest), cx);
        }
        // A log that begins with a later run says so, too.
        let begins_late = matches!(run, Run::First) && runs > 0 && !replaced;
        if (matches!(run, Run::Next) || begins_late) && container != Container::NotStarted {
            self.queued.push_back(LogEvent::Restarted { runs });
        }
        match verdict {
            Verdict::Wait => self.pause(Pause::Backoff, Plan::Look, cx).1,
            Verdict::End => self.over(Ok(())),
            Verdict::Follow | Verdict::Rest | Verdict::Last => {
                if run != Run::Same {
                    self.overtaken.go_on(&mut self.seen);
                }
                self.known = Some(Known::new(uid.clone(), runs));
                let last = verdict == Verdict::Last;
                self.start(Plan::Read(if last { Situation::Last } else { Situation::Following }), cx)
            }
        }
    }

    /// What follows an ending.
    fn ended(&mut self, ending: Ending, situation: Situation, error: Option<Error>, cx: &Cx<'_>) -> State {
        let failed = !matches!(ending, Ending::Clean | Ending::Empty);
        self.failures = if self.fresh || !failed { 0 } else { self.failures.saturating_add(1) };
        let ending = match situation {
            Situation::Once if self.failures >= self.settings.attempts => Ending::Hopeless,
            _ => ending,
        };
        let next = after(ending, situation);
        let mut wait = Duration::ZERO;
        let state = match next {
            Recovery::Look(pause) => {
                let (length, state) = self.pause(pause, Plan::Look, cx);
                wait = length;
                state
            }
            Recovery::Same(pause) => {
                let (length, state) = self.pause(pause, Plan::Read(situation), cx);
                wait = length;
                state
            }
            Recovery::Blind => self.start(Plan::Read(Situation::Blind), cx),
            Recovery::On => {
                self.flush(situation);
                let unread = self.unread.take();
                self.unread_times = if unread.is_some() { self.unread_times + 1 } else { 0 };
                // For a moment after a run has ended, the kubelet does not find its log.
                if unread.is_some() && self.unread_times < self.settings.attempts {
                    return self.pause(Pause::Backoff, Plan::Look, cx).1;
                }
                if let Some(known) = &mut self.known {
                    known.read = Some(situation);
                }
                if let Some(why) = unread {
                    self.unread_times = 0;
                    self.queued.push_back(LogEvent::Doubt(Doubt::Rest { why }));
                }
                self.start(Plan::Look, cx)
            }
            Recovery::Skip => {
                let why = error.as_ref().map_or_else(String::new, ToString::to_string);
                self.queued.push_back(LogEvent::Doubt(Doubt::Rest { why }));
                if let Some(known) = &mut self.known {
                    *(if situation == Situation::Last { &mut known.whole } else { &mut known.before }) = true;
                }
                self.start(Plan::Look, cx)
            }
            Recovery::End => {
                self.flush(situation);
                if situation == Situation::Blind {
                    self.queued.push_back(LogEvent::Doubt(Doubt::Blind));
                }
                return self.over(Ok(()));
            }
            Recovery::GiveUp => {
                let error = error.unwrap_or_else(|| Error::misuse("the log was given up"));
                return self.over(Err(error));
            }
        };
        let asked = error.as_ref().and_then(requested_wait).unwrap_or_default().min(self.settings.patience);
        let state = match state {
            State::Pause { until, plan } => State::Pause { until: until.max(cx.now.mono.after(asked)), plan },
            state => state,
        };
        if let Some(error) = error
            && !matches!(next, Recovery::Skip | Recovery::Blind)
        {
            let trouble = LogTrouble { error, ending, next, wait: wait.max(asked) };
            self.queued.push_back(LogEvent::Trouble(Box::new(trouble)));
        }
        state
    }

    fn over(&mut self, result: Result<(), Error>) -> State {
        State::Over(result)
    }

    fn pause(&mut self, pause: Pause, plan: Plan, cx: &Cx<'_>) -> (Duration, State) {
        let now = cx.now.mono;
        let wait = match pause {
            Pause::No => self.pace.hurry(now),
            Pause::Backoff => {
                let random = self.random.get_or_insert_with(|| cx.session.random());
                self.pace.back_off(&self.settings.backoff, now, random)
            }
        };
        (wait, State::Pause { until: now.after(wait), plan })
    }

    /// The next step that the received bytes give.
    fn pieces(&mut self, situation: Situation) -> Option<Step<LogEvent>> {
        loop {
            if let Some(event) = self.queued.pop_front() {
                return Some(Step::Yield(event));
            }
            if self.left == Some(0) {
                return None;
            }
            let piece = self.split.next()?;
            self.piece(piece, situation);
        }
    }

    /// The rest of the bytes, at the end of a log: a last line without a newline.
    fn flush(&mut self, situation: Situation) {
        while let Some(piece) = self.split.finish() {
            self.piece(piece, situation);
        }
    }

    fn piece(&mut self, piece: Piece, situation: Situation) {
        let Piece { stamp, text, begins, ends, newline } = piece;
        if begins {
            self.drop = Drop::Nothing;
            match &stamp {
                Some((_, time)) => {
                    let print = Print::of(*time, &text);
                    let first = !mem::replace(&mut self.begun, true);
                    if first && situation == Situation::Rest && self.overtaken.is_next(print) {
                        let why = "what the server has may be the log of the next run, which has ended, too".to_owned();
                        self.queued.push_back(LogEvent::Doubt(Doubt::Rest { why }));
                        self.overtaken.go_on(&mut self.seen);
                        self.seen.go_over();
                    }
                    match self.seen.look(print) {
                        Line::Known => {
                            self.drop = if ends { Drop::Nothing } else { Drop::Line };
                            return;
                        }
                        Line::Open(parts) => {
                            self.drop = Drop::Parts(parts.saturating_sub(1));
                            return;
                        }
                        Line::Late => self.queued.push_back(LogEvent::Doubt(Doubt::Late)),
                        Line::New { torn: true } => self.queued.push_back(LogEvent::Doubt(Doubt::Torn)),
                        Line::New { torn: false } => {}
                    }
                    match situation {
                        Situation::Rest if !self.fresh && self.overtaken.is_late(*time) => {
                            self.queued.push_back(LogEvent::Doubt(Doubt::Late));
                        }
                        Situation::Following | Situation::Last => self.overtaken.line(print),
                        _ => {}
                    }
                    self.seen.began(print, ends);
                }
                // The kubelet's own words.
                None if matches!(situation, Situation::Rest | Situation::Last) => {
                    self.drop = if ends { Drop::Nothing } else { Drop::Line };
                    let why = String::from_utf8_lossy(text.get(..text.len().min(200)).unwrap_or_default()).into_owned();
                    self.unread = Some(why);
                    return;
                }
                // The response ended within the time of a line, which comes again.
                None if ends && !newline && is_part_of_a_time(&text) => return,
                None => {}
            }
        } else {
            match &mut self.drop {
                Drop::Line => return,
                Drop::Parts(0) => self.drop = Drop::Nothing,
                Drop::Parts(parts) => {
                    *parts -= 1;
                    return;
                }
                Drop::Nothing => {}
            }
            self.seen.went_on(ends);
        }
        (self.fresh, self.failures) = (true, 0);
        let part = match (begins, ends) {
            (true, true) => Part::Whole,
            (true, false) => Part::First,
            (false, false) => Part::Middle,
            (false, true) => Part::Last,
        };
        let line = LogLine { stamp: stamp.map(|(stamp, _)| stamp), text, part, newline };
        if let Some(line) = self.within_limit(line) {
            self.queued.push_back(LogEvent::Line(line));
        }
    }

    /// The line, cut to the bytes that are left of the caller's limit.
    fn within_limit(&mut self, mut line: LogLine) -> Option<LogLine> {
        let Some(left) = &mut self.left else { return Some(line) };
        let stamps = self.settings.params.timestamps;
        let size = |text: usize| u64::try_from(text).unwrap_or(u64::MAX);
        let stamp = line.stamp.as_ref().filter(|_| stamps).map_or(0, |stamp| size(stamp.len()) + 1);
        let whole = stamp + size(line.text.len()) + u64::from(line.newline);
        if whole <= *left {
            *left -= whole;
            return Some(line);
        }
        // The server's limit may cut a line anywhere, its time included.
        let room = mem::take(left);
        line.newline = false;
        if room < stamp {
            let stamp = line.stamp.take().unwrap_or_default();
            let mut cut = stamp.to_vec();
            cut.push(b' ');
            cut.truncate(usize::try_from(room).unwrap_or(usize::MAX));
            line.text = cut.into();
        } else {
            line.text.truncate(usize::try_from(room - stamp).unwrap_or(usize::MAX));
        }
        (room > 0).then_some(line)
    }
}

impl Operation for LogLines {
    type Item = LogEvent;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<LogEvent> {
        loop {
            if input.is_none()
                && let Some(event) = self.queued.pop_front()
            {
                return Step::Yield(event);
            }
            if self.left == Some(0) && !matches!(self.state, State::Over(_)) {
                self.state = State::Over(Ok(()));
            }
            let state = mem::replace(&mut self.state, State::Over(Ok(())));
            match self.turn(state, input.take(), cx) {
                Turn::Go(state) => self.state = state,
                Turn::Say(state, step) => {
                    self.state = state;
                    return step;
                }
            }
        }
    }
}

/// Whether a line of this text alone may be the beginning of a line's time.
fn is_part_of_a_time(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let year = digits == text.len() && digits <= 4 || digits == 4 && text.get(4) == Some(&b'-');
    year && text.len() <= 36 && text.iter().all(|byte| byte.is_ascii_digit() || b"-:.+TZ".contains(byte))
}

/// A moment in whole seconds, RFC 3339.
fn time(second: i64) -> Option<String> {
    jiff::Timestamp::new(second, 0).ok().map(|time| time.to_string())
}

fn requested_wait(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::CircuitOpen { retry_in, .. } => Some(*retry_in),
        _ => error.retry_after(),
    }
}
