//! What follows an ending: the decision of the table, and the pause before it.

use std::time::Duration;

use super::backoff::BackoffState;
use super::settings::{OnRefusal, WatchSettings};
use super::table::{Ending, Footing, Pause, Recovery, STUCK, Situation, after};
use crate::driver::operation::Cx;
use crate::error::{Error, ErrorKind};
use crate::random::Random;

/// The decisions of one watch so far.
#[derive(Debug)]
pub(super) struct Recovering {
    pub(super) table: fn(Ending, Situation) -> Recovery,
    pub(super) footing: Footing,
    /// Whether streaming lists are still used.
    pub(super) streaming: bool,
    /// A head came late, so the watches wait for one as long as for an event.
    pub(super) late_heads: bool,
    /// The weights of the endings since the last progress.
    spent: u32,
    pace: BackoffState,
    random: Option<Random>,
}

/// The recovery from an ending.
pub(super) struct Recovered {
    pub(super) ending: Ending,
    pub(super) next: Recovery,
    pub(super) wait: Duration,
}

impl Recovering {
    pub(super) fn new(streaming: bool, footing: Footing) -> Self {
        let pace = BackoffState::default();
        Self { table: after, footing, streaming, late_heads: false, spent: 0, pace, random: None }
    }

    /// The random numbers of this watch.
    pub(super) fn random(&mut self, cx: &Cx<'_>) -> &mut Random {
        self.random.get_or_insert_with(|| cx.session.random())
    }

    /// Notes progress: the endings before it do not count any more.
    pub(super) fn progress(&mut self) {
        self.spent = 0;
    }

    /// The recovery from an ending: the decision of the table, and its pause. `steady`: the watch lived for 10 s.
    pub(super) fn after(
        &mut self,
        ending: Ending,
        situation: Situation,
        steady: bool,
        error: Option<&Error>,
        settings: &WatchSettings,
        cx: &Cx<'_>,
    ) -> Recovered {
        let ending = match (ending, settings.refused) {
            (Ending::Refused, OnRefusal::End) => Ending::Hopeless,
            (ending, _) => ending,
        };
        self.spent = self.spent.saturating_add(ending.weight(situation, steady));
        let situation = match situation {
            situation if self.spent < STUCK => situation,
            Situation::Paging | Situation::StuckPaging => Situation::StuckPaging,
            _ => Situation::Stuck,
        };
        let next = (self.table)(ending, situation);
        self.late_heads |= ending == Ending::Late;
        self.footing = if ending == Ending::Clean { Footing::Firm } else { Footing::Failing };
        self.streaming &= !matches!(next, Recovery::ListForGood(..));
        let pause = match next {
            Recovery::Watch(pause) | Recovery::Page(pause) | Recovery::ListWhole(pause) => pause,
            Recovery::Again(_, pause) | Recovery::List(_, pause) | Recovery::ListForGood(_, pause) => pause,
            Recovery::GiveUp => return Recovered { ending, next, wait: Duration::ZERO },
        };
        let now = cx.now.mono;
        let wait = match pause {
            Pause::No => self.pace.hurry(now),
            Pause::Backoff => {
                let random = self.random.get_or_insert_with(|| cx.session.random());
                self.pace.back_off(&settings.backoff, now, random)
            }
        };
        // The watches that one answer sent away do not come back in one moment.
        let asked = error.and_then(requested_wait).unwrap_or_default().min(settings.patience);
        let spread = match &mut self.random {
            Some(random) if !asked.is_zero() => random.below(asked / 2),
            _ => Duration::ZERO,
        };
        let wait = wait.max(asked.saturating_add(spread));
        Recovered { ending, next, wait }
    }
}

/// The errors of endings that no exchange reported as an error.
pub(super) fn fault_of(ending: Ending) -> Option<Error> {
    let text = match ending {
        Ending::Short => "the server ended the watch within a second and without an event",
        Ending::Behind => "the server's list is older than its earlier answers",
        Ending::Endless => "the server does not end its streaming list: no bookmark says that it is complete",
        Ending::Versionless => "the list has no resourceVersion: it cannot be watched, only listed again",
        _ => return None,
    };
    Some(Error::decode(text, &[]))
}

fn requested_wait(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::CircuitOpen { retry_in, .. } => Some(*retry_in),
        _ => error.retry_after(),
    }
}
