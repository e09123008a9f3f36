//! Which session gets the next connection: the part of a forwarder that all drivers share.
//!
//! A [`Route`] knows where the target leads, and the session of its tunnel. Each new connection is an [`Attempt`]:
//!
//! | state | event | next |
//! |---|---|---|
//! | `Begin` | no pod is known yet | `Find` |
//! | `Begin` | the tunnel | `Connect` |
//! | `Begin` | the tunnel takes no more connections | `Tunnel`, or `Find` if the target reconnects |
//! | `Begin` | the server has no tunnels | `Channels` |
//! | `Find` | the pod | `Tunnel` |
//! | `Tunnel` | the session | `Connect`; the one before is retired |
//! | `Tunnel` | the server has no tunnels | `Channels` |
//! | `Connect` | a failure while the session takes no more connections | as from `Begin`, twice at most |
//! | `Tunnel`, `Channels`, `Connect` | any other failure, and the target reconnects | `Find`, once |
//! | any | any other failure | ends with it |
//!
//! Several attempts at once may each open a tunnel. The last one stays; the others close after their last connection.

use std::fmt;
use std::sync::{Mutex, MutexGuard};

use super::find::Destination;
use super::port::Port;
use super::target::PortForward;
use crate::error::{Error, ErrorKind};
use crate::lock::lock;

/// Where a target leads, and the session of its tunnel. `S` is the driver's handle of a session.
pub struct Route<S> {
    target: PortForward,
    known: Mutex<Option<Known<S>>>,
}

#[derive(Clone)]
struct Known<S> {
    destination: Destination,
    /// `None` if the server has no tunnels.
    tunnel: Option<S>,
    /// Of the sessions of this route.
    number: u64,
}

/// What a driver does next for an [`Attempt`].
#[derive(Clone, Debug)]
pub enum RouteStep<S> {
    /// It carries out [`PortForward::find`], and passes the result to [`Attempt::found`].
    Find,
    /// It opens [`PortForward::tunnel`] to the pod of this name, and passes the session to [`Attempt::opened`].
    Tunnel(String),
    /// It opens [`PortForward::channels`] to this port of the pod of this name, and connects through that session. A
    /// failure goes to [`Attempt::failed`].
    Channels(String, u16),
    /// It connects to this port through this session. A failure goes to [`Attempt::failed`].
    Connect(S, u16),
    /// The route is open: only for [`Route::begin`].
    Ready,
}

/// One new connection of a [`Route`]: see its module.
#[derive(Debug)]
pub struct Attempt<'a, S> {
    route: &'a Route<S>,
    /// `None`: only opens the route.
    port: Option<Port>,
    state: State,
    found: Option<Destination>,
    /// How often it may go on after a session that takes no more connections.
    again: u8,
    /// It may find the pod anew.
    anew: bool,
    /// The number of the session through which it connects.
    number: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Begin,
    Find,
    Tunnel,
    Channels,
    Connect,
}

impl<S: Clone> Route<S> {
    /// A route to this target, of which nothing is known yet.
    #[must_use]
    pub fn new(target: PortForward) -> Self {
        Self { target, known: Mutex::new(None) }
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> &PortForward {
        &self.target
    }

    /// Finds the pod and opens the tunnel, without a connection.
    #[must_use]
    pub fn begin(&self) -> Attempt<'_, S> {
        self.to(None)
    }

    /// A new connection to this port.
    #[must_use]
    pub fn attempt(&self, port: Port) -> Attempt<'_, S> {
        self.to(Some(port))
    }

    fn to(&self, port: Option<Port>) -> Attempt<'_, S> {
        let anew = self.target.reconnects();
        Attempt { route: self, port, state: State::Begin, found: None, again: 2, anew, number: None }
    }

    /// The number of the pod's port behind a port of the target.
    ///
    /// # Errors
    /// There is no port of this name.
    pub fn port(&self, port: &Port) -> Result<u16, Error> {
        match &*self.lock() {
            Some(known) => known.destination.port(port),
            None => Err(Error::misuse("the route is not open yet")),
        }
    }

    /// The pod's name; empty before the route is open.
    #[must_use]
    pub fn pod(&self) -> String {
        self.lock().as_ref().map(|known| known.destination.pod.clone()).unwrap_or_default()
    }

    /// The session of the tunnel, and its number among those of the route. `None` if the server has no tunnels.
    #[must_use]
    pub fn tunnel(&self) -> Option<(S, u64)> {
        self.lock().as_ref().and_then(|known| Some((known.tunnel.clone()?, known.number)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known<S>>> {
        lock(&self.known)
    }

    /// Keeps what was found and opened, and returns the session before it.
    fn keep(&self, destination: Destination, tunnel: Option<S>) -> (Option<S>, u64) {
        let mut known = self.lock();
        let number = known.as_ref().map_or(0, |known| known.number + 1);
        let before = known.replace(Known { destination, tunnel, number });
        (before.and_then(|before| before.tunnel), number)
    }
}

impl<S: Clone> Attempt<'_, S> {
    /// What to do next. `is_leaving` says of a session whether it takes no more connections.
    ///
    /// # Errors
    /// The target has no such port.
    pub fn next(&mut self, is_leaving: impl FnOnce(&S) -> bool) -> Result<RouteStep<S>, Error> {
        if self.state == State::Begin {
            // The session is asked without the lock.
            let known = self.route.lock().clone();
            self.state = match &known {
                None => State::Find,
                Some(Known { tunnel: None, .. }) => State::Channels,
                Some(Known { tunnel: Some(tunnel), .. }) if !is_leaving(tunnel) => State::Connect,
                Some(_) if self.route.target.reconnects() => State::Find,
                Some(_) => State::Tunnel,
            };
            self.found = known.map(|known| known.destination);
        }
        let pod = || self.found.as_ref().map(|found| found.pod.clone()).unwrap_or_default();
        let port = || match (&self.found, &self.port) {
            (Some(found), Some(port)) => found.port(port),
            _ => Err(Error::misuse("the route is not open yet")),
        };
        Ok(match self.state {
            State::Begin | State::Find => RouteStep::Find,
            State::Tunnel => RouteStep::Tunnel(pod()),
            State::Channels | State::Connect if self.port.is_none() => RouteStep::Ready,
            State::Channels => RouteStep::Channels(pod(), port()?),
            State::Connect => {
                let port = port()?;
                match self.route.tunnel() {
                    Some((tunnel, number)) => {
                        self.number = Some(number);
                        RouteStep::Connect(tunnel, port)
                    }
                    None => RouteStep::Channels(pod(), port),
                }
            }
        })
    }

    /// The pod was found, or not.
    ///
    /// # Errors
    /// It was not.
    pub fn found(&mut self, found: Result<Destination, Error>) -> Result<(), Error> {
        self.found = Some(found?);
        self.state = State::Tunnel;
        Ok(())
    }

    /// The tunnel was opened, or not. Returns the session that it replaces: the driver
    /// [retires](super::PortForwardSession::retire) it.
    ///
    /// # Errors
    /// It was not, and there is nothing else to try.
    pub fn opened(&mut self, session: Result<S, Error>) -> Result<Option<S>, Error> {
        let session = match session {
            Ok(session) => Some(session),
            Err(error) if PortForward::is_without_tunnel(&error) => None,
            Err(error) => return self.failed(error, false).map(|()| None),
        };
        let Some(found) = self.found.clone() else { return Err(Error::misuse("no pod was found")) };
        self.state = if session.is_some() { State::Connect } else { State::Channels };
        let (before, number) = self.route.keep(found, session);
        self.number = Some(number);
        Ok(before)
    }

    /// The connection failed before the server had accepted it. `is_leaving`: its session takes no more connections.
    ///
    /// # Errors
    /// There is nothing else to try.
    pub fn failed(&mut self, error: Error, is_leaving: bool) -> Result<(), Error> {
        if matches!(error.kind(), ErrorKind::Misuse(_)) {
            return Err(error);
        }
        let replaced = self.route.tunnel().map(|(_, number)| number) != self.number;
        if self.state == State::Connect && (is_leaving || replaced) && self.again > 0 {
            self.again -= 1;
            self.state = State::Begin;
            return Ok(());
        }
        if std::mem::take(&mut self.anew) {
            self.state = State::Find;
            return Ok(());
        }
        Err(error)
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("target", &self.target).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::fault::{Fault, FaultKind};

    fn pod(name: &str) -> Result<Destination, Error> {
        Ok(Destination::of_pod_named(name))
    }

    fn failure() -> Error {
        ErrorKind::Transport(Fault::answered(FaultKind::Closed, "it has ended")).into()
    }

    fn step(attempt: &mut Attempt<'_, u32>, leaving: bool) -> String {
        match attempt.next(|_| leaving) {
            Ok(RouteStep::Find) => "find".into(),
            Ok(RouteStep::Tunnel(pod)) => format!("tunnel {pod}"),
            Ok(RouteStep::Channels(pod, port)) => format!("channels {pod} {port}"),
            Ok(RouteStep::Connect(session, port)) => format!("connect {session} {port}"),
            Ok(RouteStep::Ready) => "ready".into(),
            Err(error) => format!("error {error}"),
        }
    }

    fn open(target: PortForward) -> Route<u32> {
        let route = Route::new(target);
        let mut begin = route.begin();
        assert_eq!(step(&mut begin, false), "find");
        begin.found(pod("a")).unwrap();
        assert_eq!(step(&mut begin, false), "tunnel a");
        assert_eq!(begin.opened(Ok(1)).unwrap(), None);
        assert_eq!(step(&mut begin, false), "ready");
        route
    }

    #[test]
    fn a_tunnel_that_takes_no_more_is_replaced() {
        let route = open(PortForward::pod("a"));
        let mut attempt = route.attempt(80.into());
        assert_eq!(step(&mut attempt, false), "connect 1 80");
        // It was leaving by then.
        attempt.failed(failure(), true).unwrap();
        assert_eq!(step(&mut attempt, true), "tunnel a");
        assert_eq!(attempt.opened(Ok(2)).unwrap(), Some(1));
        assert_eq!(step(&mut attempt, false), "connect 2 80");
        assert!(attempt.failed(failure(), false).is_err());
        assert_eq!(route.tunnel(), Some((2, 1)));
    }

    #[test]
    fn a_target_that_reconnects_finds_its_pod_once_more() {
        let route = open(PortForward::pod("a").reconnect());
        let mut attempt = route.attempt(80.into());
        assert_eq!(step(&mut attempt, false), "connect 1 80");
        attempt.failed(failure(), false).unwrap();
        assert_eq!(step(&mut attempt, false), "find");
        attempt.found(pod("b")).unwrap();
        assert_eq!(step(&mut attempt, false), "tunnel b");
        assert_eq!(attempt.opened(Ok(2)).unwrap(), Some(1));
        assert_eq!((step(&mut attempt, false), route.pod()), ("connect 2 80".into(), "b".into()));
        assert!(attempt.failed(failure(), false).is_err(), "once");
        // One that is leaving, too: the pod may have gone.
        assert_eq!(step(&mut route.attempt(80.into()), true), "find");
        let mut lost = route.attempt(80.into());
        assert_eq!(step(&mut lost, true), "find");
        assert!(lost.found(Err(failure())).is_err());
    }

    #[test]
    fn a_session_that_another_attempt_replaced_is_no_failure() {
        let route = open(PortForward::pod("a"));
        let (mut one, mut two) = (route.attempt(80.into()), route.attempt(81.into()));
        assert_eq!((step(&mut one, false), step(&mut two, true)), ("connect 1 80".into(), "tunnel a".into()));
        assert_eq!(two.opened(Ok(2)).unwrap(), Some(1));
        one.failed(failure(), false).unwrap();
        assert_eq!(step(&mut one, false), "connect 2 80");
    }

    #[test]
    fn without_tunnels_each_connection_has_a_session() {
        let route = Route::<u32>::new(PortForward::pod("a"));
        let mut begin = route.begin();
        step(&mut begin, false);
        begin.found(pod("a")).unwrap();
        let refused = Error::from(ErrorKind::Transport(Fault::answered(FaultKind::Closed, "refused")));
        assert!(begin.opened(Err(refused)).is_err());
        let mut attempt = route.attempt(80.into());
        step(&mut attempt, false);
        attempt.found(pod("a")).unwrap();
        attempt.state = State::Channels;
        route.keep(Destination::of_pod_named("a"), None);
        assert_eq!(step(&mut attempt, false), "channels a 80");
        assert!(attempt.failed(failure(), false).is_err());
        assert_eq!(step(&mut route.attempt(80.into()), false), "channels a 80");
        assert!(step(&mut route.attempt(Port::Name("none".into())), false).starts_with("error"));
    }
}
