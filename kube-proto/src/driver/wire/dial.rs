//! From an endpoint to the address of a socket: look up the name, then try every address.
//!
//! | state | `found` | `failed` | time | then |
//! |---|---|---|---|---|
//! | a name to look up | | | | `LookUp`, once |
//! | looking up | addresses: trying; none, or an error: `Failed` | | `until`: `Failed` | `Wait` |
//! | trying, none under way | | | `until`: `Failed` | `Try` the next; none is left: `Failed` with the last fault |
//! | trying one | | none is under way | its share: the same | `Wait` |
//!
//! [`connected`](Dial::connected) records the address that answered. Every dial that shares this [`AddressMemory`]
//! tries that address first.
//!
//! A driver does what [`next`](Dial::next) returns, reports the result, and calls it again. It checks the result before
//! the clock: an established connection is never too late.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::time::Moment;
use crate::lock::lock;

/// The search for an address that answers, without sockets and look-ups of its own.
///
/// ```
/// use std::time::Duration;
///
/// use kube_proto::driver::{Endpoint, Moment};
/// use kube_proto::driver::wire::{Dial, Dialing};
///
/// let (now, until) = (Moment::ZERO, Moment::after_zero(Duration::from_secs(15)));
/// let mut dial = Dial::new(&Endpoint::new("k.example", 6443, None, None), until);
/// assert_eq!(dial.next(now), Dialing::LookUp("k.example".into(), 6443));
/// dial.found(Ok(["10.0.0.1:6443".parse().unwrap(), "10.0.0.2:6443".parse().unwrap()]));
/// assert_eq!(dial.next(now), Dialing::Try("10.0.0.1:6443".parse().unwrap()));
/// dial.failed(&std::io::ErrorKind::ConnectionRefused.into());
/// assert_eq!(dial.next(now), Dialing::Try("10.0.0.2:6443".parse().unwrap()));
/// assert_eq!(dial.next(now), Dialing::Wait);
/// ```
#[derive(Debug)]
pub struct Dial {
    to: Endpoint,
    until: Moment,
    state: State,
    answered: AddressMemory,
}

/// Which address of a name answered last. The next dial tries it first, so that an address that does not answer costs
/// its share of the time only once. All dials of one client share it; a clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct AddressMemory(Arc<Mutex<BTreeMap<(String, u16), SocketAddr>>>);

#[derive(Debug)]
enum State {
    Name,
    LookingUp,
    Trying { left: VecDeque<SocketAddr>, current: Option<(SocketAddr, Moment)>, last: Option<Fault> },
    Failed(Fault),
}

/// The next step towards a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Dialing {
    /// Look up the addresses of this host, for a socket to this port, and call [`Dial::found`].
    LookUp(String, u16),
    /// Connect a socket to this address, and close the one of the previous attempt. Report a failure with
    /// [`Dial::failed`].
    Try(SocketAddr),
    /// Wait for the step in progress, until [`Dial::until`] at most.
    Wait,
    /// No address can be reached. Further calls return the same.
    Failed(Fault),
}

impl Dial {
    /// Dials the address that `to` [dials](Endpoint::dial): the server, or the proxy before it. A socket must be
    /// connected by `until`.
    #[must_use]
    pub fn new(to: &Endpoint, until: Moment) -> Self {
        let (host, port) = to.dial();
        let state = match host.parse::<IpAddr>() {
            Ok(ip) => State::trying([SocketAddr::new(ip, port)]),
            Err(_) => State::Name,
        };
        Self { to: to.clone(), until, state, answered: AddressMemory::default() }
    }

    /// Begins with the address that [answered](Self::connected) an earlier dial with the same memory.
    #[must_use]
    pub fn remembering(self, answered: &AddressMemory) -> Self {
        Self { answered: answered.clone(), ..self }
    }

    /// The current address has answered.
    pub fn connected(&self) {
        let (host, port) = self.to.dial();
        if let State::Trying { current: Some((address, _)), .. } = self.state
            && host.parse::<IpAddr>().is_err()
        {
            let (mut answered, name) = (self.answered.known(), (host.to_owned(), port));
            if answered.len() >= ANSWERED && !answered.contains_key(&name) {
                answered.pop_first();
            }
            answered.insert(name, address);
        }
    }

    /// The look-up has ended.
    pub fn found(&mut self, addresses: io::Result<impl IntoIterator<Item = SocketAddr>>) {
        if matches!(self.state, State::Name | State::LookingUp) {
            self.state = match addresses {
                Ok(addresses) => {
                    let mut left: VecDeque<_> = addresses.into_iter().collect();
                    let (host, port) = self.to.dial();
                    let first = self.answered.known().get(&(host.to_owned(), port)).copied();
                    // Only if the name still has this address.
                    if let Some(address) =
                        left.iter().position(|address| Some(*address) == first).and_then(|at| left.remove(at))
                    {
                        left.push_front(address);
                    }
                    State::trying(left)
                }
                Err(error) => {
                    let text = format!("cannot look up {:?}: {error}", self.to.dial().0);
                    self.fail(Fault::unsent(FaultKind::Resolve, text))
                }
            };
        }
    }

    /// The current address does not answer as it should.
    pub fn failed(&mut self, error: &io::Error) {
        if let State::Trying { current, last, .. } = &mut self.state
            && let Some((address, _)) = current.take()
        {
            let fault = Fault::connecting(error);
            *last = Some(Fault { text: format!("cannot connect to {address}: {}", fault.text), ..fault });
        }
    }

    /// The next step.
    pub fn next(&mut self, now: Moment) -> Dialing {
        if let Some(fault) = self.late(now) {
            self.state = State::Failed(fault);
        }
        match &mut self.state {
            State::Name => {
                let (host, port) = self.to.dial();
                let wanted = Dialing::LookUp(host.to_owned(), port);
                self.state = State::LookingUp;
                wanted
            }
            State::LookingUp => Dialing::Wait,
            State::Failed(fault) => Dialing::Failed(fault.clone()),
            State::Trying { left, current, last } => {
                if let Some((address, until)) = *current {
                    if now < until {
                        return Dialing::Wait;
                    }
                    let text = format!("no connection to {address} in time");
                    *last = Some(Fault::unsent(FaultKind::ConnectTimeout, text));
                }
                let Some(address) = left.pop_front() else {
                    let none = || Fault::unsent(FaultKind::Resolve, format!("{:?} has no address", self.to.dial().0));
                    let fault = last.take().unwrap_or_else(none);
                    self.state = self.fail(fault);
                    return self.next(now);
                };
                let share = connect_share(self.until.since(now), left.len());
                *current = Some((address, now.after(share)));
                Dialing::Try(address)
            }
        }
    }

    /// The fault of the step in progress, if it takes too long. For a driver that does something else before or between
    /// the steps.
    #[must_use]
    pub fn late(&self, now: Moment) -> Option<Fault> {
        let under_way = match &self.state {
            State::Name | State::LookingUp => true,
            State::Trying { left, current, .. } => current.is_some() || !left.is_empty(),
            State::Failed(_) => false,
        };
        (under_way && now >= self.until).then(|| {
            let (host, port) = self.to.dial();
            let text = format!("no connection to {host}:{port} in time");
            Fault::unsent(FaultKind::ConnectTimeout, text).dialing(&self.to)
        })
    }

    /// When to call again, even if nothing has happened.
    #[must_use]
    pub fn until(&self) -> Moment {
        match &self.state {
            State::Trying { current: Some((_, until)), .. } => self.until.min(*until),
            _ => self.until,
        }
    }

    /// The last moment, handshakes included: see [`Exchange::connect`](crate::driver::Exchange::connect).
    #[must_use]
    pub fn end(&self) -> Moment {
        self.until
    }

    fn fail(&self, fault: Fault) -> State {
        State::Failed(fault.dialing(&self.to))
    }
}

impl AddressMemory {
    fn known(&self) -> MutexGuard<'_, BTreeMap<(String, u16), SocketAddr>> {
        lock(&self.0)
    }
}

/// Remembered names: the server, its proxy, issuers of tokens.
const ANSWERED: usize = 64;

impl State {
    fn trying(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        State::Trying { left: addresses.into_iter().collect(), current: None, last: None }
    }
}

/// The time for one address while `left` others are still to be tried: an equal share of the remaining time, but at
/// least two seconds if there are as many. An address that does not answer leaves time for the rest.
pub(crate) fn connect_share(remaining: Duration, left: usize) -> Duration {
    let shares = u32::try_from(left).unwrap_or(u32::MAX).saturating_add(1);
    (remaining / shares).max(Duration::from_secs(2)).min(remaining)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::resolved::Config;

    const fn s(seconds: u64) -> Moment {
        Moment::after_zero(Duration::from_secs(seconds))
    }

    fn dial(host: &str) -> Dial {
        Dial::new(&Endpoint::new(host, 80, None, None), s(12))
    }

    fn address(last: u8) -> SocketAddr {
        SocketAddr::new([10, 0, 0, last].into(), 80)
    }

    fn addresses(count: u8) -> io::Result<Vec<SocketAddr>> {
        Ok((1..=count).map(address).collect())
    }

    fn fault(dial: &mut Dial, now: Moment) -> (FaultKind, String) {
        let Dialing::Failed(fault) = dial.next(now) else { panic!("{dial:?}") };
        assert_eq!(dial.next(s(0)), Dialing::Failed(fault.clone()));
        (fault.kind, fault.text)
    }

    #[test]
    fn an_address_needs_no_look_up() {
        for (host, expected) in [("10.0.0.1", "10.0.0.1:80"), ("::1", "[::1]:80")] {
            assert_eq!(dial(host).next(s(0)), Dialing::Try(expected.parse().unwrap()));
        }
    }

    #[test]
    fn every_address_has_its_share_of_the_time() {
        let mut dial = dial("k");
        assert_eq!(dial.next(s(0)), Dialing::LookUp("k".into(), 80));
        assert_eq!((dial.next(s(1)), dial.until()), (Dialing::Wait, s(12)));
        dial.found(addresses(3));
        // A third of the remaining time.
        assert_eq!((dial.next(s(3)), dial.until()), (Dialing::Try(address(1)), s(6)));
        assert_eq!(dial.next(s(5)), Dialing::Wait);
        assert_eq!((dial.next(s(6)), dial.until()), (Dialing::Try(address(2)), s(9)));
        dial.failed(&io::ErrorKind::ConnectionRefused.into());
        assert_eq!((dial.next(s(7)), dial.until()), (Dialing::Try(address(3)), s(12)));
        assert_eq!(fault(&mut dial, s(12)), (FaultKind::ConnectTimeout, "no connection to k:80 in time".into()));
    }

    #[test]
    fn the_last_fault_is_reported() {
        let mut dial = dial("k");
        assert_eq!(dial.next(s(0)), Dialing::LookUp("k".into(), 80));
        dial.found(addresses(2));
        assert_eq!(dial.next(s(0)), Dialing::Try(address(1)));
        assert_eq!(dial.next(s(6)), Dialing::Try(address(2)));
        dial.failed(&io::ErrorKind::ConnectionRefused.into());
        // A second report changes nothing.
        dial.failed(&io::ErrorKind::AddrInUse.into());
        // The time does not matter now.
        let refused = (FaultKind::Refused, "cannot connect to 10.0.0.2:80: connection refused".into());
        assert_eq!(fault(&mut dial, s(12)), refused);
    }

    #[test]
    fn look_ups_fail() {
        let mut nothing = dial("k");
        nothing.found(addresses(0));
        assert_eq!(fault(&mut nothing, s(0)), (FaultKind::Resolve, "\"k\" has no address".into()));
        let mut error = dial("k");
        error.found(Err::<Vec<_>, _>(io::Error::other("no such host")));
        assert_eq!(fault(&mut error, s(0)), (FaultKind::Resolve, "cannot look up \"k\": no such host".into()));
        error.found(addresses(1));
        assert_eq!(fault(&mut error, s(0)).0, FaultKind::Resolve);
        let mut slow = dial("k");
        assert_eq!(slow.next(s(0)), Dialing::LookUp("k".into(), 80));
        assert_eq!(fault(&mut slow, s(12)).0, FaultKind::ConnectTimeout);
        // A late result changes nothing.
        slow.found(addresses(1));
        assert_eq!(fault(&mut slow, s(12)).0, FaultKind::ConnectTimeout);
    }

    #[test]
    fn the_proxy_is_dialed_and_named() {
        let config = Config::new("https://k").unwrap().with_proxy("http://p:3128").unwrap();
        let mut dial = Dial::new(&Endpoint::new("k", 443, None, config.proxy), s(12));
        assert_eq!(dial.next(s(0)), Dialing::LookUp("p".into(), 3128));
        dial.found(Err::<Vec<_>, _>(io::Error::other("no such host")));
        let text = "no connection to the proxy http://p:3128: cannot look up \"p\": no such host".to_owned();
        assert_eq!(fault(&mut dial, s(0)), (FaultKind::Resolve, text));
    }

    #[test]
    fn what_answered_last_is_tried_first_while_the_name_has_it() {
        let (answered, until) = (AddressMemory::default(), Duration::from_secs(15));
        let addresses = ["[fd00::1]:443", "10.0.0.1:443", "10.0.0.2:443"].map(|address| address.parse().unwrap());
        let [silent, second, third] = addresses;
        let begin = |port, found: &[SocketAddr]| {
            let mut dial =
                Dial::new(&Endpoint::new("k", port, None, None), Moment::after_zero(until)).remembering(&answered);
            dial.next(Moment::ZERO);
            dial.found(Ok(found.to_vec()));
            let first = dial.next(Moment::ZERO);
            (dial, first)
        };
        let (mut dial, first) = begin(443, &addresses);
        assert_eq!(first, Dialing::Try(silent));
        assert_eq!(dial.next(dial.until()), Dialing::Try(second));
        dial.connected();
        let (mut dial, first) = begin(443, &addresses);
        assert_eq!(first, Dialing::Try(second));
        dial.failed(&io::ErrorKind::ConnectionRefused.into());
        assert_eq!(dial.next(Moment::ZERO), Dialing::Try(silent));
        // A name that no longer has the address, and another port.
        assert_eq!(begin(443, &[silent, third]).1, Dialing::Try(silent));
        assert_eq!(begin(6443, &addresses).1, Dialing::Try(silent));
    }

    #[test]
    fn a_bounded_number_of_addresses_is_remembered() {
        let memory = AddressMemory::default();
        let connect = |name: usize, address: u8| {
            let to = Endpoint::new(format!("k{name:04}"), 443, None, None);
            let mut dial = Dial::new(&to, Moment::after_zero(Duration::from_secs(15))).remembering(&memory);
            dial.next(Moment::ZERO);
            dial.found(Ok([SocketAddr::from(([10, 0, 0, address], 443))]));
            dial.next(Moment::ZERO);
            dial.connected();
        };
        for name in 0..ANSWERED {
            connect(name, 1);
        }
        let names = || memory.known().keys().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let all = names();
        assert_eq!(all.len(), ANSWERED);
        // What is known already displaces nothing.
        connect(7, 2);
        assert_eq!(names(), all);
        assert_eq!(memory.known()[&("k0007".to_owned(), 443)].ip().to_string(), "10.0.0.2");
        for name in ANSWERED..3 * ANSWERED {
            connect(name, 1);
            assert_eq!(memory.known().len(), ANSWERED);
            assert!(names().contains(&format!("k{name:04}")));
        }
    }

    #[test]
    fn addresses_share_the_time() {
        let s = Duration::from_secs;
        for (remaining, left, share) in [(12, 0, 12), (12, 2, 4), (12, 11, 2), (1, 11, 1), (0, 0, 0)] {
            assert_eq!(connect_share(s(remaining), left), s(share));
        }
    }
}
