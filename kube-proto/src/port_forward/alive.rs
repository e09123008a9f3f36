//! Whether a peer is alive: it is asked every [`ASK`], and answers within its patience.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Rest` | the moment to ask | `Asked`: asks |
//! | `Asked` | [`ASK`] after the last question | `Asked`: asks again |
//! | `Asked` | an answer of the peer | `Rest` |
//! | `Asked` | after the moment of the answer, the driver finds no bytes | `Dead` |
//! | `Rest`, `Asked` | no bytes may be received | `Rest` |
//!
//! A driver that was away finds the answer in the connection, and not a dead peer: the time alone kills nothing.
//!
//! A session asks two peers. Any bytes of the server, and the pongs of WebSocket, come from the next one: it has
//! [`ANSWER`]. If more than [`HELD`] bytes are under way that no pong has confirmed, it has [`SLOW`]: the servers may hold
//! them for a container that does not read, and read nothing behind them. The pongs of SPDY come from the node's
//! runtime, which has [`SLOW`] in any case. It answers each ping on one of five workers in turn, and a connection whose
//! container does not read may hold a worker: so the next question may be answered where this one is not.

use std::time::Duration;

use crate::driver::time::Moment;

/// The time between two questions: 10 seconds, as in kubectl.
pub const ASK: Duration = Duration::from_secs(10);
/// The time for an answer: 30 seconds.
pub const ANSWER: Duration = Duration::from_secs(30);
/// The time for an answer behind bytes that a container may not read yet: 5 minutes.
pub const SLOW: Duration = Duration::from_secs(300);
/// So many bytes under way hold back no answer: 64 KiB. The servers and the system between them buffer more.
pub const HELD: u64 = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alive {
    /// `None` before the first look.
    Rest {
        ask: Option<Moment>,
    },
    Asked {
        until: Moment,
        again: Moment,
    },
    Dead,
}

impl Alive {
    /// The peer has answered.
    pub(super) fn heard(&mut self) {
        if let Alive::Asked { .. } = self {
            *self = Alive::Rest { ask: None };
        }
    }

    /// No bytes may be received now: silence says nothing.
    pub(super) fn deaf(&mut self) {
        if *self != Alive::Dead {
            *self = Alive::Rest { ask: None };
        }
    }

    /// The driver found no bytes.
    pub(super) fn silent(&mut self, now: Moment) {
        if let Alive::Asked { until, .. } = *self
            && now >= until
        {
            *self = Alive::Dead;
        }
    }

    /// Looks at the time: when to look again, and whether to ask now. A peer that is asked has this patience.
    pub(super) fn look(&mut self, now: Moment, patience: Duration) -> (Option<Moment>, bool) {
        match *self {
            Alive::Rest { ask: None } => {
                let ask = now.after(ASK);
                *self = Alive::Rest { ask: Some(ask) };
                (Some(ask), false)
            }
            Alive::Rest { ask: Some(ask) } if now < ask => (Some(ask), false),
            Alive::Rest { .. } => {
                let (until, again) = (now.after(patience), now.after(ASK));
                *self = Alive::Asked { until, again };
                (Some(until.min(again)), true)
            }
            Alive::Asked { until, again } if now >= again && now < until => {
                let again = now.after(ASK);
                *self = Alive::Asked { until, again };
                (Some(until.min(again)), true)
            }
            Alive::Asked { until, again } => (Some(if now < until { until.min(again) } else { until }), false),
            Alive::Dead => (None, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    #[test]
    fn a_peer_is_asked_and_has_time_for_its_answer() {
        let mut alive = Alive::Rest { ask: None };
        assert_eq!(alive.look(at(5), ANSWER), (Some(at(15)), false));
        assert_eq!(alive.look(at(14), ANSWER), (Some(at(15)), false));
        assert_eq!(alive.look(at(15), ANSWER), (Some(at(25)), true));
        assert_eq!(alive.look(at(16), ANSWER), (Some(at(25)), false), "asked once");
        assert_eq!(alive.look(at(26), ANSWER), (Some(at(36)), true), "and again");
        assert_eq!(alive.look(at(36), ANSWER), (Some(at(45)), true));
        alive.heard();
        assert_eq!(alive.look(at(37), ANSWER), (Some(at(47)), false));
        assert_eq!(alive.look(at(47), ANSWER), (Some(at(57)), true));
        alive.silent(at(76));
        assert_ne!(alive, Alive::Dead);
        alive.silent(at(77));
        assert_eq!(alive, Alive::Dead);
    }

    #[test]
    fn the_patience_is_that_of_the_first_question() {
        let mut alive = Alive::Rest { ask: Some(at(10)) };
        assert_eq!(alive.look(at(10), SLOW), (Some(at(20)), true));
        assert_eq!(alive.look(at(305), ANSWER), (Some(at(310)), true));
        alive.silent(at(309));
        assert_ne!(alive, Alive::Dead);
        alive.silent(at(310));
        assert_eq!(alive, Alive::Dead);
    }

    #[test]
    fn a_driver_that_was_away_finds_the_answer() {
        let mut alive = Alive::Asked { until: at(30), again: at(10) };
        assert_eq!(alive.look(at(4000), ANSWER), (Some(at(30)), false), "the time alone kills nothing");
        alive.heard();
        alive.silent(at(4000));
        assert_eq!(alive.look(at(4000), ANSWER), (Some(at(4010)), false));
    }

    #[test]
    fn a_peer_that_is_not_read_is_not_dead() {
        let mut alive = Alive::Asked { until: at(30), again: at(10) };
        alive.deaf();
        alive.silent(at(100));
        assert_eq!(alive.look(at(100), ANSWER), (Some(at(110)), false));
        assert_eq!(alive.look(at(111), ANSWER), (Some(at(121)), true));
    }
}
