#![doc = include_str!("RECOVERY.md")]

#[allow(unused_imports, reason = "the page links to it")]
use super::settings::LogSettings;
use crate::driver::fault::{FaultKind, Reach};
use crate::error::{Error, ErrorKind};

/// How an exchange of a log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// The server ended the response, and it had new lines.
    Clean,
    /// The server ended the response, and it had no new line.
    Empty,
    /// The connection was lost, or was silent for too long, during the response.
    Broken,
    /// 429, or 503 with `Retry-After`.
    Busy,
    /// Any other 5xx, no connection, no answer, or an answer that does not match the API.
    Failed,
    /// 400: the container is waiting to start.
    Waiting,
    /// A refusal (4xx, redirect) before there was any response of the log.
    Denied,
    /// A refusal after there was one.
    Refused,
    /// 404: the pod does not exist any more.
    Gone,
    /// A retry cannot help.
    Hopeless,
}

/// The purpose of the exchange that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Situation {
    /// The first look at the pod.
    FirstLook,
    /// A later look at the pod.
    Looking,
    /// A log that is not followed.
    Once,
    /// A followed log.
    Following,
    /// A followed log, without knowing its pod.
    Blind,
    /// The rest of the run before.
    Rest,
    /// The whole log of a run that has ended.
    Last,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recovery {
    /// Read the pod, which decides.
    Look(Pause),
    /// Follow the log without knowing the pod.
    Blind,
    /// Ask again, from the last line on.
    Same(Pause),
    /// The log of that run is complete.
    On,
    /// The rest of that run is given up.
    Skip,
    /// The end.
    End,
    /// The end, with the error.
    GiveUp,
}

/// Whether a pause comes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pause {
    /// At once, unless there were many such steps.
    No,
    /// After a backoff.
    Backoff,
}

/// What follows an ending.
#[must_use]
pub fn after(ending: Ending, situation: Situation) -> Recovery {
    use Pause::{Backoff, No};
    use Recovery::{Blind, End, GiveUp, Look, On, Same, Skip};
    use Situation as S;
    match (ending, situation) {
        (Ending::Hopeless, _) => GiveUp,
        (Ending::Denied | Ending::Refused, S::FirstLook) => Blind,
        (Ending::Gone, S::FirstLook | S::Looking | S::Once | S::Blind | S::Last) => End,
        (Ending::Broken, S::FirstLook) => Look(No),
        (_, S::FirstLook | S::Looking) => Look(Backoff),
        (Ending::Empty, S::Rest | S::Last) => On,
        (Ending::Clean | Ending::Empty, S::Once) | (Ending::Empty, S::Blind) => End,
        (Ending::Clean | Ending::Broken, S::Following | S::Rest | S::Last) | (Ending::Gone, S::Following) => Look(No),
        (Ending::Clean, S::Blind) | (Ending::Broken, _) => Same(No),
        (Ending::Waiting | Ending::Denied | Ending::Refused | Ending::Gone, S::Rest) | (Ending::Waiting, S::Last) => {
            Skip
        }
        (Ending::Denied, _) | (Ending::Waiting, S::Once) => GiveUp,
        (_, S::Following | S::Rest | S::Last) => Look(Backoff),
        (Ending::Busy | Ending::Failed | Ending::Waiting | Ending::Refused, _) => Same(Backoff),
    }
}

impl Ending {
    /// The ending that an error is. `answered`: there was a response of the log before.
    pub(super) fn of(error: &Error, answered: bool) -> Self {
        match error.kind() {
            ErrorKind::Api(api) => {
                let status = &api.status;
                match status.code {
                    _ if is_waiting(status.code, &status.message) => Ending::Waiting,
                    404 if answered && status.is_not_found() => Ending::Gone,
                    429 => Ending::Busy,
                    503 if api.retry_after.is_some() => Ending::Busy,
                    300..=499 if answered => Ending::Refused,
                    300..=499 => Ending::Denied,
                    _ => Ending::Failed,
                }
            }
            ErrorKind::Transport(fault) => match (fault.kind, fault.reach) {
                (FaultKind::Unsupported, _) => Ending::Hopeless,
                (_, Reach::Answered) => Ending::Broken,
                _ => Ending::Failed,
            },
            ErrorKind::Timeout { reach: Reach::Answered, .. } => Ending::Broken,
            ErrorKind::Timeout { .. }
            | ErrorKind::TooLarge { .. }
            | ErrorKind::Decode { .. }
            | ErrorKind::Credential(_)
            | ErrorKind::CircuitOpen { .. } => Ending::Failed,
            ErrorKind::Config(_) | ErrorKind::Misuse(_) | ErrorKind::Stopped => Ending::Hopeless,
        }
    }
}

/// The kubelet's words for a container that has not started yet (docs/wire.md §8.5).
fn is_waiting(code: u16, message: &str) -> bool {
    code == 400 && message.contains(" is waiting to start")
}

/// The container's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Container {
    /// No run has begun.
    NotStarted,
    /// A run is under way.
    Running,
    /// A run has ended, and another one may follow.
    Ended,
    /// The last run has ended.
    Over,
}

/// The container's run, compared with the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Run {
    /// No run was read before.
    First,
    Same,
    Next,
    Later,
}

/// What to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    /// Nothing yet: look again after a pause.
    Wait,
    Follow,
    Rest,
    Last,
    End,
}

/// What follows a look at the pod. `whole`: the run that was read before was read to its end.
pub(super) fn by_pod(container: Container, run: Run, whole: bool) -> Verdict {
    match (container, run, whole) {
        (Container::NotStarted, _, _) | (Container::Ended, Run::Same, true) => Verdict::Wait,
        (Container::Over, Run::Same, true) => Verdict::End,
        (_, Run::Later, _) | (_, Run::Next, false) => Verdict::Rest,
        (Container::Running, Run::First | Run::Same | Run::Next, _) => Verdict::Follow,
        (Container::Ended | Container::Over, Run::First | Run::Same | Run::Next, _) => Verdict::Last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDINGS: [Ending; 10] = [
        Ending::Clean,
        Ending::Empty,
        Ending::Broken,
        Ending::Busy,
        Ending::Failed,
        Ending::Waiting,
        Ending::Denied,
        Ending::Refused,
        Ending::Gone,
        Ending::Hopeless,
    ];
    const SITUATIONS: [(&str, Situation); 7] = [
        ("first look", Situation::FirstLook),
        ("looking", Situation::Looking),
        ("once", Situation::Once),
        ("following", Situation::Following),
        ("blind", Situation::Blind),
        ("rest", Situation::Rest),
        ("last", Situation::Last),
    ];

    fn words(recovery: Recovery) -> &'static str {
        match recovery {
            Recovery::Look(Pause::No) => "look",
            Recovery::Look(Pause::Backoff) => "look, backoff",
            Recovery::Blind => "blind",
            Recovery::Same(Pause::No) => "same",
            Recovery::Same(Pause::Backoff) => "same, backoff",
            Recovery::On => "on",
            Recovery::Skip => "skip",
            Recovery::End => "end",
            Recovery::GiveUp => "give up",
        }
    }

    fn cells(row: &str) -> Vec<&str> {
        row.trim_matches('|').split('|').map(str::trim).collect()
    }

    #[test]
    fn the_page_is_the_table() {
        let page = include_str!("RECOVERY.md");
        let header = page.lines().find(|line| line.starts_with("| ending |")).unwrap();
        let columns: Vec<&str> = cells(header).into_iter().skip(1).collect();
        assert_eq!(columns, SITUATIONS.map(|(name, _)| name));
        for ending in ENDINGS {
            let begin = format!("| `{ending:?}` |");
            let row = page.lines().find(|line| line.starts_with(&begin)).unwrap();
            let expected: Vec<&str> = SITUATIONS.iter().map(|(_, at)| words(after(ending, *at))).collect();
            assert_eq!(cells(row)[1..], expected, "{ending:?}");
        }
    }

    #[test]
    fn the_page_has_what_the_pod_says() {
        let page = include_str!("RECOVERY.md");
        let rows = page.lines().skip_while(|line| !line.starts_with("| container |")).skip(2);
        let mut found = std::collections::BTreeMap::new();
        for row in rows.take_while(|line| line.starts_with('|')) {
            let row = cells(row);
            let containers: &[Container] = match row[0] {
                "not started" => &[Container::NotStarted],
                "running" => &[Container::Running],
                "ended" => &[Container::Ended],
                "over" => &[Container::Over],
                other => panic!("{other}"),
            };
            let runs: &[Run] = match row[1] {
                "any" => &[Run::First, Run::Same, Run::Next, Run::Later],
                "the first, or the same" => &[Run::First, Run::Same],
                "the same" => &[Run::Same],
                "the next" => &[Run::Next],
                "a later one" => &[Run::Later],
                other => panic!("{other}"),
            };
            let whole: &[bool] = match row[2] {
                "any" => &[false, true],
                "whole" => &[true],
                "in part" => &[false],
                other => panic!("{other}"),
            };
            for (container, run, whole) in containers
                .iter()
                .flat_map(|c| runs.iter().map(move |r| (*c, *r)))
                .flat_map(|(c, r)| whole.iter().map(move |w| (c, r, *w)))
            {
                // A first run was not read before.
                let whole = whole && run != Run::First;
                let next = format!("`{:?}`", by_pod(container, run, whole));
                assert_eq!(next, row[3], "{container:?} {run:?} {whole}");
                found.insert((container, run, whole), ());
            }
        }
        assert_eq!(found.len(), 4 * (1 + 3 * 2), "every case has a row");
    }

    /// Whatever fails is not repeated in a tight loop: only an ending that had something new is followed at once.
    #[test]
    fn failures_are_followed_after_a_pause() {
        for (name, situation) in SITUATIONS {
            for ending in [Ending::Empty, Ending::Busy, Ending::Failed, Ending::Waiting, Ending::Refused] {
                let next = after(ending, situation);
                assert!(
                    !matches!(next, Recovery::Look(Pause::No) | Recovery::Same(Pause::No)),
                    "{ending:?} while {name}"
                );
            }
        }
    }
}
