//! Pings, and the deadline of a peer that is silent.
//!
//! | state | event | next |
//! |---|---|---|
//! | Rest | the first poll, or the first after a rest | Calm |
//! | Calm | nothing arrived for [`ping`](ChannelSettings::ping) | Asked: a ping is due |
//! | Calm, Asked | something arrived | Rest |
//! | Asked | nothing more has arrived, and the patience is over | Asked: the peer is dead |
//! | any | [`rest`](Pulse::rest): nothing is read now, so silence says nothing | Rest |
//!
//! A server that holds input back for a slow process reads nothing behind it, and does not answer pings either. So while
//! input is under way that no pong has confirmed, the patience is [`stalled`](ChannelSettings::stalled). The pings are
//! numbered: a pong confirms the input that was sent before its ping. The first [`HELD`] bytes of input hold back nothing,
//! confirmed or not: a process's pipe alone has room for them.

use std::time::Duration;

use crate::driver::time::{Moment, Now};
use crate::settings::ChannelSettings;

/// The pings of one connection.
#[derive(Debug)]
pub(crate) struct Pulse {
    settings: ChannelSettings,
    state: State,
    /// The pings so far.
    pings: u64,
    /// Input that no pong has confirmed.
    input: Option<Input>,
    /// The bytes of all input.
    sent: u64,
}

/// So many bytes of input are not held back by a process that does not read: 64 KiB.
pub(crate) const HELD: u64 = 64 << 10;

#[derive(Clone, Copy, Debug)]
enum State {
    Rest,
    Calm(Moment),
    Asked(Moment),
}

/// The oldest and the newest input under way: after how many pings it was sent.
#[derive(Clone, Copy, Debug)]
struct Input {
    oldest: u64,
    newest: u64,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// A ping with this payload.
    Ping([u8; 8]),
    /// Nothing until then.
    Wait(Moment),
}

impl Pulse {
    pub(crate) fn new(settings: ChannelSettings) -> Self {
        Self { settings, state: State::Rest, pings: 0, input: None, sent: 0 }
    }

    /// Something arrived.
    pub(crate) fn heard(&mut self) {
        self.state = State::Rest;
    }

    /// Nothing is read now.
    pub(crate) fn rest(&mut self) {
        self.state = State::Rest;
    }

    /// A pong arrived. One that answers no ping says nothing.
    pub(crate) fn answered(&mut self, payload: &[u8]) {
        let Ok(number) = <[u8; 8]>::try_from(payload).map(u64::from_be_bytes) else { return };
        if let Some(input) = &mut self.input
            && number <= self.pings
        {
            input.oldest = input.oldest.max(number);
            if number > input.newest {
                self.input = None;
            }
        }
    }

    /// So many bytes of input were sent, which the server may hold back.
    pub(crate) fn sent_input(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        self.input.get_or_insert(Input { oldest: self.pings, newest: 0 }).newest = self.pings;
    }

    /// What is due.
    pub(crate) fn poll(&mut self, now: Now) -> Beat {
        let now = now.mono;
        match self.state {
            State::Rest => {
                self.state = State::Calm(now);
                Beat::Wait(now + self.settings.ping)
            }
            State::Calm(since) if now < since + self.settings.ping => Beat::Wait(since + self.settings.ping),
            State::Calm(_) => {
                self.state = State::Asked(now);
                self.pings += 1;
                Beat::Ping(self.pings.to_be_bytes())
            }
            State::Asked(at) => Beat::Wait(at + self.patience()),
        }
    }

    /// Nothing more has arrived until now: the patience, if that is too long.
    pub(crate) fn quiet(&self, now: Now) -> Option<Duration> {
        let patience = self.patience();
        matches!(self.state, State::Asked(at) if now.mono >= at + patience).then_some(patience)
    }

    fn patience(&self) -> Duration {
        match self.input {
            // It was sent before the last ping.
            Some(input) if input.oldest < self.pings && self.sent > HELD => {
                self.settings.stalled.max(self.settings.patience)
            }
            _ => self.settings.patience,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now::default().after(Duration::from_secs(seconds))
    }

    const MUCH: usize = 65_537;

    fn moment(seconds: u64) -> Beat {
        Beat::Wait(at(seconds).mono)
    }

    fn pulse() -> Pulse {
        let (ping, patience, stalled) = (Duration::from_secs(10), Duration::from_secs(30), Duration::from_secs(3600));
        Pulse::new(ChannelSettings { ping, patience, stalled, ..ChannelSettings::default() })
    }

    #[test]
    fn a_silent_peer_is_asked_and_then_dead() {
        let mut pulse = pulse();
        assert_eq!(pulse.poll(at(0)), moment(10));
        assert_eq!(pulse.quiet(at(100)), None, "it was not asked");
        assert_eq!(pulse.poll(at(10)), Beat::Ping(1_u64.to_be_bytes()));
        assert_eq!(pulse.poll(at(10)), moment(40));
        assert_eq!(pulse.quiet(at(39)), None);
        assert_eq!(pulse.quiet(at(40)), Some(Duration::from_secs(30)));
    }

    #[test]
    fn anything_that_arrives_is_life() {
        let mut pulse = pulse();
        pulse.poll(at(0));
        pulse.poll(at(10));
        pulse.heard();
        assert_eq!(pulse.quiet(at(1000)), None);
        assert_eq!(pulse.poll(at(20)), moment(30));
        assert_eq!(pulse.poll(at(30)), Beat::Ping(2_u64.to_be_bytes()));
    }

    /// A process that does not read its input holds the server's reader, and with it the pongs.
    #[test]
    fn input_that_waits_for_a_process_is_no_death() {
        let mut pulse = pulse();
        pulse.poll(at(0));
        pulse.sent_input(MUCH);
        assert_eq!(pulse.poll(at(10)), Beat::Ping(1_u64.to_be_bytes()));
        assert_eq!(pulse.quiet(at(40)), None);
        assert_eq!(pulse.quiet(at(10 + 3600)), Some(Duration::from_secs(3600)));
        // Output arrives, but the input waits.
        pulse.heard();
        pulse.poll(at(50));
        assert_eq!(pulse.poll(at(60)), Beat::Ping(2_u64.to_be_bytes()));
        assert_eq!(pulse.quiet(at(90)), None);
        // The first pong confirms it.
        pulse.answered(&1_u64.to_be_bytes());
        assert_eq!(pulse.quiet(at(90)), Some(Duration::from_secs(30)));
    }

    /// The keys of a person: a dead server is noticed as without input.
    #[test]
    fn little_input_is_held_back_by_no_process() {
        let mut pulse = pulse();
        for _ in 0..64 {
            pulse.sent_input(1024);
        }
        pulse.poll(at(0));
        assert_eq!(pulse.poll(at(10)), Beat::Ping(1_u64.to_be_bytes()));
        assert_eq!(pulse.quiet(at(40)), Some(Duration::from_secs(30)));
        pulse.heard();
        pulse.poll(at(40));
        assert_eq!(pulse.poll(at(50)), Beat::Ping(2_u64.to_be_bytes()));
        pulse.sent_input(1);
        assert_eq!(pulse.quiet(at(80)), None);
    }

    #[test]
    fn input_after_a_ping_does_not_hold_back_its_pong() {
        let mut pulse = pulse();
        pulse.poll(at(0));
        pulse.poll(at(10));
        pulse.sent_input(MUCH);
        assert_eq!(pulse.quiet(at(40)), Some(Duration::from_secs(30)));
        // It does hold back the next one.
        pulse.answered(&1_u64.to_be_bytes());
        pulse.heard();
        pulse.poll(at(40));
        assert_eq!(pulse.poll(at(50)), Beat::Ping(2_u64.to_be_bytes()));
        assert_eq!(pulse.quiet(at(1000)), None);
        pulse.answered(b"what?");
        pulse.answered(&9_u64.to_be_bytes());
        assert_eq!(pulse.quiet(at(1000)), None, "no answer to a ping of ours");
        pulse.answered(&2_u64.to_be_bytes());
        assert_eq!(pulse.quiet(at(1000)), Some(Duration::from_secs(30)));
    }
}
