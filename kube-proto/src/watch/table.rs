#![doc = include_str!("RECOVERY.md")]

use crate::driver::fault::{FaultKind, Reach};
use crate::error::{Error, ErrorKind, TimeoutStage};
use crate::response::status::Status;

/// How an exchange of a watch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// The server ended the response. Every watch ends so.
    Clean,
    /// The watch ended or was cut within a second and without an event. A proxy on the way may not support watches.
    Short,
    /// 410: the server no longer has the version or the page.
    Expired,
    /// The version is later than any version of this server.
    Ahead,
    /// The list is older than the known version, although the request excluded that.
    Behind,
    /// 429, or 503 with `Retry-After`.
    Busy,
    /// Any other 5xx.
    Failed,
    /// Any other 4xx, or a redirect: the server does not understand the request.
    Invalid,
    /// 401, 403 or 404: the client is not allowed, or the resource does not exist.
    Refused,
    /// The request was not sent: no address, no connection, no TLS, no credential, or an open circuit breaker.
    Unreachable,
    /// The request was sent, and the connection was closed before the head of the answer.
    Unanswered,
    /// The request was sent, and no head came in time. Some servers and proxies send the head of a watch with its first
    /// event.
    Late,
    /// The connection was lost during the answer.
    Broken,
    /// No bytes for longer than the time-out.
    Silent,
    /// A streaming list was silent or took too long, and the bookmark that ends it did not come.
    Endless,
    /// The answer does not match the API, or is larger than its limit.
    Garbled,
    /// A list without a version: no watch can start from it.
    Versionless,
    /// A retry cannot help: an invalid request, an effect that the driver does not support, or a refusal with
    /// [`OnRefusal::End`](super::OnRefusal::End).
    Hopeless,
}

/// The purpose of the exchange that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Situation {
    /// A streaming list, before its end.
    Streaming(Since),
    /// The first page of a list, or a list without pages.
    Listing(Since),
    /// A later page.
    Paging,
    /// A watch from a known version.
    Watching(Footing),
    /// Any of these but a later page, after [too many](Ending::weight) endings in a row without progress.
    Stuck,
    /// A later page, after too many endings in a row without progress.
    StuckPaging,
}

/// How recent a list must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Since {
    /// Any state in the server's cache (`resourceVersion=0`).
    Any,
    /// At least as recent as the last known version.
    NotOlder,
    /// The latest state.
    Latest,
}

/// How reliable the version is that a watch starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Footing {
    /// The version of a list that has just ended.
    Fresh,
    /// Watches from it work: one has delivered an event, lived for 10 s, or was ended by the server.
    Firm,
    /// The watch before this one failed, and none has delivered an event since.
    Failing,
}

/// The recovery from an ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recovery {
    /// Watch from the last version.
    Watch(Pause),
    /// Request the same page again.
    Page(Pause),
    /// List again: with a streaming list, unless those are off or were given up.
    Again(Since, Pause),
    /// List again, in pages.
    List(Since, Pause),
    /// List again in pages, and use no streaming list any more.
    ListForGood(Since, Pause),
    /// List the latest state again, in one page.
    ListWhole(Pause),
    /// End with the error.
    GiveUp,
}

/// The wait before the next step. A `Retry-After` can make it longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pause {
    /// No wait; but at most five such steps at once, and then one per second.
    No,
    /// The wait of the [`Backoff`](super::Backoff).
    Backoff,
}

/// The table: the recovery from this ending in this situation.
#[must_use]
pub fn after(ending: Ending, situation: Situation) -> Recovery {
    use Ending as E;
    use Footing::{Failing, Firm, Fresh};
    use Pause::{Backoff, No};
    use Recovery::{Again, GiveUp, List, ListForGood, ListWhole, Page, Watch};
    use Since::{Latest, NotOlder};
    use Situation::{Listing, Paging, Streaming, Stuck, StuckPaging, Watching};

    match (ending, situation) {
        (E::Hopeless, _) => GiveUp,

        (_, Stuck) => List(Latest, Backoff),
        (_, StuckPaging) => ListWhole(Backoff),

        (E::Clean, Watching(_)) => Watch(No),
        (E::Short, Watching(Firm)) => Watch(Backoff),
        (E::Short, Watching(_)) => List(NotOlder, Backoff),

        (E::Expired, Watching(Fresh)) => Again(Latest, Backoff),
        (E::Expired, Watching(_)) => Again(NotOlder, No),
        (E::Ahead, Watching(_)) => Again(Latest, Backoff),
        (E::Expired | E::Ahead, Streaming(Latest)) => Again(Latest, Backoff),
        (E::Expired | E::Ahead, Streaming(_)) => Again(Latest, No),
        (E::Expired | E::Ahead | E::Invalid, Listing(Latest)) => List(Latest, Backoff),
        (E::Expired | E::Ahead | E::Invalid, Listing(_)) => List(Latest, No),
        (E::Expired, Paging) => ListWhole(No),
        (E::Behind, Streaming(_) | Listing(_) | Paging) => List(Latest, No),

        (E::Busy | E::Unreachable, Streaming(since)) => Again(since, Backoff),
        (
            E::Clean | E::Short | E::Failed | E::Refused | E::Unanswered | E::Late | E::Broken | E::Silent | E::Garbled,
            Streaming(since),
        ) => List(since, No),
        (E::Invalid | E::Endless, Streaming(since)) => ListForGood(since, No),

        (E::Busy | E::Refused | E::Unreachable, Listing(since)) => List(since, Backoff),
        (E::Failed | E::Unanswered | E::Late | E::Broken | E::Silent, Listing(_)) => List(Latest, Backoff),
        (E::Busy | E::Failed | E::Unreachable | E::Unanswered | E::Late | E::Broken | E::Silent, Paging) => {
            Page(Backoff)
        }
        (E::Invalid | E::Garbled, Paging) => ListWhole(Backoff),

        (E::Invalid, Watching(Firm)) => Again(Latest, No),
        (E::Invalid, Watching(_)) => Again(Latest, Backoff),
        (E::Broken | E::Silent, Watching(Firm)) => Watch(No),
        (E::Late, Watching(_)) | (E::Unanswered, Watching(Failing)) => List(NotOlder, Backoff),
        (E::Busy | E::Unreachable | E::Unanswered | E::Broken | E::Silent, Watching(_)) => Watch(Backoff),
        (E::Failed | E::Refused | E::Garbled, Watching(Failing)) => Again(NotOlder, Backoff),
        (E::Failed | E::Refused | E::Garbled, Watching(_)) => Watch(Backoff),

        (E::Ahead | E::Refused | E::Garbled | E::Versionless, _)
        | (E::Clean | E::Short | E::Endless, Listing(_) | Paging)
        | (E::Behind | E::Endless, Watching(_)) => List(Latest, Backoff),
    }
}

impl Ending {
    /// What an ending counts that repeats. A watch whose endings add up to [`STUCK`] without progress is
    /// [stuck](Situation::Stuck). `steady`: the watch lived for 10 s.
    ///
    /// Progress is an event or a bookmark that moves the version, a page, a list that moves the version, and every complete
    /// list of the latest state.
    #[must_use]
    pub fn weight(self, situation: Situation, steady: bool) -> u32 {
        match (self, situation) {
            (Ending::Busy | Ending::Unreachable, Situation::Streaming(_)) => 5,
            (Ending::Busy | Ending::Unreachable, _) => 1,
            (Ending::Clean | Ending::Broken, Situation::Watching(_)) if steady => 1,
            _ => 5,
        }
    }

    /// The ending that this error means. Never `Clean`, `Short`, `Behind`, `Endless` or `Versionless`: the watch finds
    /// those without an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Api(api) => Self::of_status(&api.status, api.retry_after.is_some()),
            ErrorKind::Transport(fault) if fault.kind == FaultKind::Unsupported => Ending::Hopeless,
            ErrorKind::Transport(fault) if fault.reach == Reach::Answered => Ending::Broken,
            ErrorKind::Transport(fault) if fault.reach == Reach::Unknown => Ending::Unanswered,
            ErrorKind::Timeout { stage: TimeoutStage::Body, .. }
            | ErrorKind::Timeout { reach: Reach::Answered, .. } => Ending::Silent,
            ErrorKind::Timeout { reach: Reach::Unknown, .. } => Ending::Late,
            ErrorKind::TooLarge { .. } | ErrorKind::Decode { .. } => Ending::Garbled,
            ErrorKind::Config(_) | ErrorKind::Misuse(_) | ErrorKind::Stopped => Ending::Hopeless,
            ErrorKind::Transport(_)
            | ErrorKind::Timeout { .. }
            | ErrorKind::Credential(_)
            | ErrorKind::CircuitOpen { .. } => Ending::Unreachable,
        }
    }

    fn of_status(status: &Status, retry_after: bool) -> Self {
        // Servers before 1.19 report it only in the message.
        let in_words = || status.is_timeout() && status.message.contains("Too large resource version");
        if status.is_expired() {
            Ending::Expired
        } else if status.is_too_large_resource_version() || in_words() {
            Ending::Ahead
        } else if status.is_too_many_requests() || (retry_after && status.is_service_unavailable()) {
            Ending::Busy
        } else if status.is_unauthorized()
            || status.is_forbidden()
            || status.is_not_found()
            || status.is_missing_resource()
        {
            Ending::Refused
        } else if (300..500).contains(&status.code) {
            Ending::Invalid
        } else {
            Ending::Failed
        }
    }
}

/// The sum of [weights](Ending::weight) at which a watch is [stuck](Situation::Stuck): four endings, or twenty that
/// cost little.
pub const STUCK: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::fault::Fault;
    use crate::error::ApiError;
    use crate::error::config::ConfigError;
    use crate::response::status::{StatusCause, StatusDetails};

    const SITUATIONS: [Situation; 12] = [
        Situation::Streaming(Since::Any),
        Situation::Streaming(Since::NotOlder),
        Situation::Streaming(Since::Latest),
        Situation::Listing(Since::Any),
        Situation::Listing(Since::NotOlder),
        Situation::Listing(Since::Latest),
        Situation::Paging,
        Situation::Watching(Footing::Firm),
        Situation::Watching(Footing::Fresh),
        Situation::Watching(Footing::Failing),
        Situation::Stuck,
        Situation::StuckPaging,
    ];

    const ENDINGS: [Ending; 18] = [
        Ending::Clean,
        Ending::Short,
        Ending::Expired,
        Ending::Ahead,
        Ending::Behind,
        Ending::Busy,
        Ending::Failed,
        Ending::Invalid,
        Ending::Refused,
        Ending::Unreachable,
        Ending::Unanswered,
        Ending::Late,
        Ending::Broken,
        Ending::Silent,
        Ending::Endless,
        Ending::Garbled,
        Ending::Versionless,
        Ending::Hopeless,
    ];

    /// The words of the page for this step.
    fn words(next: Recovery) -> String {
        let since = |since| match since {
            Since::Any => "any",
            Since::NotOlder => "not older",
            Since::Latest => "latest",
        };
        let (what, pause) = match next {
            Recovery::Watch(pause) => ("watch".to_owned(), pause),
            Recovery::Page(pause) => ("page".to_owned(), pause),
            Recovery::Again(from, pause) => (format!("again {}", since(from)), pause),
            Recovery::List(from, pause) => (format!("list {}", since(from)), pause),
            Recovery::ListForGood(from, pause) => (format!("list {} for good", since(from)), pause),
            Recovery::ListWhole(pause) => ("whole list".to_owned(), pause),
            Recovery::GiveUp => ("give up".to_owned(), Pause::No),
        };
        what + if pause == Pause::Backoff { ", backoff" } else { "" }
    }

    /// The situation of a column of the page.
    fn column(name: &str) -> Situation {
        let since = |name| match name {
            "any" => Since::Any,
            "not older" => Since::NotOlder,
            "latest" => Since::Latest,
            other => panic!("{other}"),
        };
        match name.split_once(' ') {
            Some(("streaming", name)) => Situation::Streaming(since(name)),
            Some(("listing", name)) => Situation::Listing(since(name)),
            _ => match name {
                "paging" => Situation::Paging,
                "firm" => Situation::Watching(Footing::Firm),
                "fresh" => Situation::Watching(Footing::Fresh),
                "failing" => Situation::Watching(Footing::Failing),
                "stuck" => Situation::Stuck,
                "stuck at a page" => Situation::StuckPaging,
                other => panic!("{other}"),
            },
        }
    }

    /// Every cell of the page: ending, situation, words.
    fn page() -> Vec<(String, Situation, String)> {
        let mut columns = Vec::new();
        let mut cells = Vec::new();
        for line in include_str!("RECOVERY.md").lines().filter(|line| line.starts_with('|')) {
            let row: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            match row[0] {
                "ending" => columns = row[1..].iter().map(|name| column(name)).collect(),
                name if !columns.is_empty() && name.starts_with('`') => {
                    assert_eq!(row.len(), columns.len() + 1, "{line}");
                    let each = columns.iter().zip(&row[1..]);
                    cells.extend(each.map(|(at, words)| (name.trim_matches('`').to_owned(), *at, (*words).to_owned())));
                }
                _ => {}
            }
        }
        cells
    }

    #[test]
    fn the_page_is_the_table() {
        let page = page();
        assert_eq!(page.len(), ENDINGS.len() * SITUATIONS.len());
        for ending in ENDINGS {
            for situation in SITUATIONS {
                let cells: Vec<_> = page
                    .iter()
                    .filter(|(name, at, _)| *name == format!("{ending:?}") && *at == situation)
                    .map(|(_, _, words)| words.as_str())
                    .collect();
                assert_eq!(cells, [words(after(ending, situation))], "{ending:?} while {situation:?}");
            }
        }
    }

    /// There is a pause before a failed list of the latest state, or a failed watch, is repeated.
    #[test]
    fn failures_are_not_repeated_without_a_pause() {
        for ending in ENDINGS {
            for situation in SITUATIONS {
                let next = after(ending, situation);
                let same = match (situation, next) {
                    (Situation::Streaming(a), Recovery::Again(b, Pause::No)) => a == b,
                    (Situation::Listing(a), Recovery::List(b, Pause::No)) => a == b && ending != Ending::Behind,
                    (Situation::Paging, Recovery::Page(Pause::No)) => true,
                    (Situation::Watching(Footing::Failing | Footing::Fresh), Recovery::Watch(Pause::No)) => {
                        ending != Ending::Clean
                    }
                    (Situation::Stuck, Recovery::List(_, Pause::No))
                    | (Situation::StuckPaging, Recovery::ListWhole(Pause::No)) => true,
                    _ => false,
                };
                assert!(!same, "{ending:?} while {situation:?}");
            }
        }
    }

    #[test]
    fn the_page_has_the_weights() {
        let watching = Situation::Watching(Footing::Firm);
        for (row, weight) in include_str!("RECOVERY.md").lines().filter_map(|line| {
            let row = line.strip_prefix("| weight ")?;
            let (weight, row) = row.split_once('|')?;
            Some((row.trim(), weight.trim().parse::<u32>().unwrap()))
        }) {
            for ending in ENDINGS {
                for situation in SITUATIONS {
                    for steady in [false, true] {
                        let light = match row {
                            "`Busy` or `Unreachable`, except of a streaming list |" => {
                                matches!(ending, Ending::Busy | Ending::Unreachable)
                                    && !matches!(situation, Situation::Streaming(_))
                            }
                            "`Clean` or `Broken`, of a watch that lived for 10 s |" => {
                                matches!(ending, Ending::Clean | Ending::Broken)
                                    && steady
                                    && matches!(situation, Situation::Watching(_))
                            }
                            "any other |" => continue,
                            other => panic!("{other}"),
                        };
                        if light {
                            assert_eq!(ending.weight(situation, steady), weight, "{ending:?} {situation:?}");
                        }
                    }
                }
            }
        }
        let all = ENDINGS.iter().flat_map(|ending| SITUATIONS.map(|at| ending.weight(at, false)));
        assert_eq!(all.filter(|weight| *weight == 1).count(), 2 * 9, "all others are heavy");
        assert_eq!(Ending::Clean.weight(watching, false), 5);
        assert!(include_str!("RECOVERY.md").contains(&format!("add up to {STUCK} ")));
    }

    /// Whatever ending repeats, from whatever situation, a list of the latest state follows: within four endings, or within
    /// twenty if they cost little.
    #[test]
    fn whatever_repeats_escalates() {
        let next_situation = |ending: Ending, next: Recovery| match next {
            Recovery::Watch(_) if ending == Ending::Clean => Situation::Watching(Footing::Firm),
            Recovery::Watch(_) => Situation::Watching(Footing::Failing),
            Recovery::Page(_) => Situation::Paging,
            Recovery::Again(since, _) => Situation::Streaming(since),
            Recovery::List(since, _) | Recovery::ListForGood(since, _) => Situation::Listing(since),
            Recovery::ListWhole(_) | Recovery::GiveUp => Situation::Listing(Since::Latest),
        };
        let (mut most, mut light) = (0, 0);
        for (first, steady) in SITUATIONS.iter().flat_map(|at| [(*at, false), (*at, true)]) {
            // Every pair of endings that take turns; a pair of equals is one that repeats.
            for one in ENDINGS {
                for other in ENDINGS {
                    let (mut situation, mut spent, mut steps) = (first, 0, 0);
                    loop {
                        let ending = if steps % 2 == 0 { one } else { other };
                        spent += ending.weight(situation, steady);
                        steps += 1;
                        let at = match situation {
                            _ if spent < STUCK => situation,
                            Situation::Paging | Situation::StuckPaging => Situation::StuckPaging,
                            _ => Situation::Stuck,
                        };
                        match after(ending, at) {
                            Recovery::GiveUp | Recovery::List(Since::Latest, _) | Recovery::ListWhole(_) => break,
                            Recovery::ListForGood(Since::Latest, _) => break,
                            next => situation = next_situation(ending, next),
                        }
                        assert!(steps <= STUCK, "{one:?} and {other:?} from {first:?} go round");
                    }
                    let cheap = |ending: Ending| ending.weight(Situation::Watching(Footing::Firm), steady) == 1;
                    if cheap(one) || cheap(other) {
                        light = steps.max(light);
                    } else {
                        most = steps.max(most);
                    }
                }
            }
        }
        assert_eq!((most, light), (4, 20));
    }

    fn status(code: u16, reason: &str, retry_after: Option<u32>) -> Error {
        let details = retry_after.map(|seconds| StatusDetails { retry_after_seconds: seconds, ..<_>::default() });
        let status = Status { code, reason: reason.into(), details, ..Status::default() };
        let retry_after = status.suggested_delay();
        Error::new(ErrorKind::Api(Box::new(ApiError { status, retry_after, ..ApiError::default() })))
    }

    #[test]
    fn answers_are_endings() {
        for (code, reason, retry_after, ending) in [
            (410, "Expired", None, Ending::Expired),
            (410, "Gone", None, Ending::Expired),
            (410, "", None, Ending::Expired),
            (429, "TooManyRequests", Some(1), Ending::Busy),
            (429, "", None, Ending::Busy),
            (503, "ServiceUnavailable", Some(5), Ending::Busy),
            (503, "ServiceUnavailable", None, Ending::Failed),
            (500, "InternalError", None, Ending::Failed),
            (500, "ServerTimeout", Some(2), Ending::Failed),
            (502, "", None, Ending::Failed),
            (504, "Timeout", Some(1), Ending::Failed),
            (401, "Unauthorized", None, Ending::Refused),
            (403, "Forbidden", None, Ending::Refused),
            (404, "NotFound", None, Ending::Refused),
            (400, "BadRequest", None, Ending::Invalid),
            (405, "MethodNotAllowed", None, Ending::Invalid),
            (406, "NotAcceptable", None, Ending::Invalid),
            (422, "Invalid", None, Ending::Invalid),
            (301, "", None, Ending::Invalid),
            (0, "", None, Ending::Failed),
        ] {
            assert_eq!(Ending::of(&status(code, reason, retry_after)), ending, "{code} {reason}");
        }
    }

    #[test]
    fn a_version_too_large_has_a_cause_or_a_message() {
        let cause = StatusCause { reason: "ResourceVersionTooLarge".into(), ..StatusCause::default() };
        let details = Some(StatusDetails { causes: vec![cause], ..StatusDetails::default() });
        let new = Status { code: 504, reason: "Timeout".into(), details, ..Status::default() };
        let message = "Timeout: Too large resource version: 9, current: 7".into();
        let old = Status { code: 504, reason: "Timeout".into(), message, ..Status::default() };
        for status in [new, old] {
            let error = Error::new(ErrorKind::Api(Box::new(ApiError { status, ..ApiError::default() })));
            assert_eq!(Ending::of(&error), Ending::Ahead);
        }
    }

    #[test]
    fn other_errors_are_endings() {
        let fault = |kind, reach| ErrorKind::Transport(Fault { kind, reach, stale: false, text: String::new() });
        let timeout = |stage, reach| ErrorKind::Timeout { stage, limit: std::time::Duration::ZERO, reach };
        let zero = std::time::Duration::ZERO;
        let circuit_open = ErrorKind::CircuitOpen { since: zero, until: zero, retry_in: zero, cause: String::new() };
        for (kind, ending) in [
            (fault(FaultKind::Refused, Reach::NotSent), Ending::Unreachable),
            (fault(FaultKind::Tls, Reach::NotSent), Ending::Unreachable),
            (fault(FaultKind::Closed, Reach::NotSent), Ending::Unreachable),
            (fault(FaultKind::Closed, Reach::Unknown), Ending::Unanswered),
            (fault(FaultKind::Protocol, Reach::Unknown), Ending::Unanswered),
            (fault(FaultKind::Closed, Reach::Answered), Ending::Broken),
            (fault(FaultKind::Protocol, Reach::Answered), Ending::Broken),
            (fault(FaultKind::Unsupported, Reach::NotSent), Ending::Hopeless),
            (timeout(TimeoutStage::Head, Reach::Unknown), Ending::Late),
            (timeout(TimeoutStage::Total, Reach::Unknown), Ending::Late),
            (timeout(TimeoutStage::Permit, Reach::NotSent), Ending::Unreachable),
            (timeout(TimeoutStage::Body, Reach::Answered), Ending::Silent),
            (timeout(TimeoutStage::Total, Reach::Answered), Ending::Silent),
            (ErrorKind::TooLarge { what: "an event".into(), limit: 1 }, Ending::Garbled),
            (ErrorKind::Decode { text: String::new(), excerpt: String::new() }, Ending::Garbled),
            (ErrorKind::Credential(String::new()), Ending::Unreachable),
            (circuit_open, Ending::Unreachable),
            (ErrorKind::Config(Box::new(ConfigError::invalid(""))), Ending::Hopeless),
            (ErrorKind::Misuse(String::new()), Ending::Hopeless),
            (ErrorKind::Stopped, Ending::Hopeless),
        ] {
            let error = Error::new(kind);
            assert_eq!(Ending::of(&error), ending, "{error:?}");
        }
    }
}
