//! Whether the peer is alive: it is asked every [`ASK`], and answers within [`ANSWER`]. A peer that may still be taking
//! bytes has [`SLOW`]: the servers do not answer while a container does not read.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Rest` | the moment to ask | `Asked`: asks |
//! | `Asked` | any bytes of the peer | `Rest` |
//! | `Asked` | after the moment of the answer, the driver finds no bytes | `Dead` |
//! | `Rest`, `Asked` | no bytes may be received | `Rest` |
//!
//! A driver that was away finds the answer in the connection, and not a dead peer: the time alone kills nothing.

use std::time::Duration;

use crate::driver::time::Moment;

/// The time between two questions: 10 seconds, as in kubectl.
pub const ASK: Duration = Duration::from_secs(10);
/// The time for an answer: 30 seconds.
pub const ANSWER: Duration = Duration::from_secs(30);
/// The time for an answer behind bytes that a container may not read yet: 5 minutes.
pub const SLOW: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alive {
    /// `None` before the first look.
    Rest {
        ask: Option<Moment>,
    },
    Asked {
        until: Moment,
    },
    Dead,
}

impl Alive {
    /// Bytes of the peer arrived.
    pub(super) fn heard(&mut self) {
        if let Alive::Asked { .. } = self {
            *self = Alive::Rest { ask: None };
        }
    }

    /// The driver found no bytes.
    pub(super) fn silent(&mut self, now: Moment) {
        if let Alive::Asked { until } = *self
            && now >= until
        {
            *self = Alive::Dead;
        }
    }

    /// Looks at the time: when to look again, and whether to ask now. `deaf`: no bytes may be received now. `loaded`: bytes
    /// were sent since the peer was last heard.
    pub(super) fn look(&mut self, now: Moment, deaf: bool, loaded: bool) -> (Option<Moment>, bool) {
        if deaf && *self != Alive::Dead {
            *self = Alive::Rest { ask: None };
        }
        match *self {
            Alive::Rest { ask: None } => {
                let ask = now.after(ASK);
                *self = Alive::Rest { ask: Some(ask) };
                (Some(ask), false)
            }
            Alive::Rest { ask: Some(ask) } if now < ask => (Some(ask), false),
            Alive::Rest { .. } => {
                let until = now.after(if loaded { SLOW } else { ANSWER });
                *self = Alive::Asked { until };
                (Some(until), true)
            }
            Alive::Asked { until } => (Some(until), false),
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
        assert_eq!(alive.look(at(5), false, false), (Some(at(15)), false));
        assert_eq!(alive.look(at(14), false, false), (Some(at(15)), false));
        assert_eq!(alive.look(at(15), false, false), (Some(at(45)), true));
        assert_eq!(alive.look(at(16), false, false), (Some(at(45)), false), "asked once");
        alive.heard();
        assert_eq!(alive.look(at(20), false, false), (Some(at(30)), false));
        assert_eq!(alive.look(at(30), false, false), (Some(at(60)), true));
        alive.silent(at(59));
        assert_eq!(alive.look(at(59), false, false), (Some(at(60)), false));
        alive.silent(at(60));
        assert_eq!(alive, Alive::Dead);
    }

    #[test]
    fn a_peer_that_may_be_taking_bytes_has_more_time() {
        let mut alive = Alive::Rest { ask: Some(at(10)) };
        assert_eq!(alive.look(at(10), false, true), (Some(at(310)), true));
        assert_eq!(alive.look(at(11), false, false), (Some(at(310)), false));
        alive.silent(at(300));
        assert_ne!(alive, Alive::Dead);
    }

    #[test]
    fn a_driver_that_was_away_finds_the_answer() {
        let mut alive = Alive::Asked { until: at(30) };
        assert_eq!(alive.look(at(4000), false, false), (Some(at(30)), false), "the time alone kills nothing");
        alive.heard();
        alive.silent(at(4000));
        assert_eq!(alive.look(at(4000), false, false), (Some(at(4010)), false));
    }

    #[test]
    fn a_peer_that_is_not_read_is_not_dead() {
        let mut alive = Alive::Asked { until: at(30) };
        assert_eq!(alive.look(at(31), true, false), (Some(at(41)), false));
        alive.silent(at(100));
        assert_eq!(alive.look(at(100), true, false), (Some(at(110)), false));
        assert_eq!(alive.look(at(109), false, false), (Some(at(110)), false));
        assert_eq!(alive.look(at(111), false, false), (Some(at(141)), true));
    }
}
