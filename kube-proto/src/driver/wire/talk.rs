//! One exchange on one connection: what follows each input, and the deadline of its handshakes.
//!
//! | pump gives | then |
//! |---|---|
//! | nothing, and the handshakes are too late | `Failed`: closed |
//! | nothing | more, once the socket is ready or the moment has come |
//! | `Head` of a requested 101 | raw bytes from now on |
//! | any other `Head`, `Data` | more |
//! | `End` | idle if the connection may carry another exchange, or else closed |
//! | `Failed` | closed |

use std::io::{Read, Write};

use http::{StatusCode, Version};

use super::connection::{Connection, Finish, Pump};
use super::raw::RawConnection;
use crate::driver::effect::{Exchange, ExchangeTag};
use crate::driver::endpoint::Endpoint;
use crate::driver::input::Input;
use crate::driver::time::Moment;

/// An exchange in progress on a [`Connection`]: the layer between a socket and the pool in the std and smol transports.
///
/// To give an exchange up, drop this and close the socket.
#[derive(Debug)]
pub struct Talk {
    to: Endpoint,
    connection: Connection,
    until: Option<Moment>,
    writes: bool,
    stage: TalkState,
    /// Until the connection carries it.
    tag: Option<ExchangeTag>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TalkState {
    More,
    Over,
    Failed,
}

/// What to do with the exchange and its socket after an input.
#[derive(Debug)]
pub enum After {
    /// The exchange continues.
    More(Box<Talk>),
    /// The connection is free for another exchange with this endpoint: put it into the pool, with its socket.
    Idle(Endpoint, Connection),
    /// Both directions are raw bytes from now on: keep this and the socket for [`Switched`](super::Switched).
    Raw(RawConnection),
    /// Close the socket.
    Closed,
}

impl Talk {
    /// Queues a request on a free connection. The handshakes of a new connection must end by `until`, which is
    /// [`Dial::end`](super::Dial::end). A pooled connection has had its handshakes: `None`.
    #[must_use]
    pub fn start(mut connection: Connection, exchange: &Exchange, until: Option<Moment>) -> Box<Self> {
        connection.start(exchange);
        let tag = connection.record().is_observed().then_some(exchange.tag);
        Box::new(Self { to: exchange.to.clone(), connection, until, writes: false, stage: TalkState::More, tag })
    }

    /// The next input, if one has arrived: see [`Connection::pump`]. After each input, call [`after`](Self::after). With
    /// `None`, wait until the socket is readable, or writable if it [is wanted](Self::wants_write), or for
    /// [`until`](Self::until).
    pub fn pump(&mut self, io: &mut (impl Read + Write), now: Moment) -> Option<Input> {
        let pumped = self.connection.pump(io);
        self.until = self.until.filter(|_| self.connection.is_handshaking());
        if self.tag.is_some() {
            self.report(&pumped, now);
        }
        match pumped {
            Pump::Blocked { .. } if self.until.is_some_and(|until| now >= until) => {
                self.stage = TalkState::Failed;
                let fault = self.connection.too_slow(&self.to);
                self.connection.record().failed(&fault, now);
                Some(Input::Failed(Box::new(fault)))
            }
            Pump::Blocked { write } => {
                self.writes = write;
                None
            }
            Pump::Input(input) => {
                self.writes = false;
                self.stage = match &input {
                    Input::Head(head) if head.status != StatusCode::SWITCHING_PROTOCOLS => TalkState::More,
                    Input::Head(_) | Input::End => TalkState::Over,
                    Input::Failed(_) => TalkState::Failed,
                    _ => TalkState::More,
                };
                Some(input)
            }
        }
    }

    /// Tells observers that the handshakes are over, or have failed.
    fn report(&mut self, pumped: &Pump, now: Moment) {
        let record = self.connection.record();
        match pumped {
            Pump::Input(Input::Failed(fault)) if self.connection.is_handshaking() => record.failed(fault, now),
            _ if self.connection.is_handshaking() => {}
            _ => {
                record.ready(Version::HTTP_11, now);
                self.tag.take().into_iter().for_each(|tag| record.carries(tag));
            }
        }
    }

    /// What to do now. Before the last input this is [`After::More`].
    #[must_use]
    pub fn after(self: Box<Self>) -> After {
        match self.stage {
            TalkState::More => After::More(self),
            TalkState::Failed => After::Closed,
            TalkState::Over => match self.connection.finish() {
                Finish::Keep(connection) => After::Idle(self.to, connection),
                Finish::Raw(connection) => After::Raw(connection),
                Finish::Close => After::Closed,
            },
        }
    }

    /// Wait until the socket is writable, too. Known once [`pump`](Self::pump) has returned `None`.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.writes
    }

    /// When to call again, even if the socket is not ready.
    #[must_use]
    pub fn until(&self) -> Option<Moment> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::config::resolved::Config;
    use crate::driver::effect::ExchangeKind;
    use crate::driver::fault::FaultKind;
    use crate::driver::wire::HttpLimits;

    /// A socket that has the answer already, and then would block.
    struct Socket(&'static [u8], bool);

    impl Read for Socket {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(std::io::ErrorKind::WouldBlock.into()),
                count => Ok(count),
            }
        }
    }

    impl Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if self.1 { Ok(bytes.len()) } else { Err(std::io::ErrorKind::WouldBlock.into()) }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn talk(kind: ExchangeKind, to: &Endpoint, until: Option<Moment>) -> Box<Talk> {
        let mut request = http::Request::get("/x");
        if kind == ExchangeKind::Upgrade {
            request = request.header("connection", "upgrade").header("upgrade", "x");
        }
        let request = request.body(Bytes::new()).unwrap();
        let (to, connect, tag) = (to.clone(), Duration::from_secs(1), ExchangeTag::default());
        let exchange = Exchange { to: to.clone(), request, kind, fresh: false, connect, tag };
        Talk::start(Connection::plain(HttpLimits::default()).through(&to).unwrap(), &exchange, until)
    }

    /// The names of the inputs that an answer gives, and what follows the last.
    fn given(kind: ExchangeKind, answer: &'static [u8]) -> (Vec<&'static str>, &'static str) {
        let mut talk = talk(kind, &Endpoint::new("k", 80, None, None), None);
        let (mut io, mut told) = (Socket(answer, true), Vec::new());
        while let Some(input) = talk.pump(&mut io, Moment::ZERO) {
            told.push(match input {
                Input::Head(_) => "head",
                Input::Data(_) => "data",
                Input::End => "end",
                _ => "failed",
            });
            talk = match talk.after() {
                After::More(talk) => talk,
                After::Idle(to, _) => return (told, if to.host() == "k" { "idle" } else { "lost" }),
                After::Raw(_) => return (told, "raw"),
                After::Closed => return (told, "closed"),
            };
        }
        (told, "more")
    }

    #[test]
    fn what_follows_each_input() {
        let switched = b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
        for (kind, answer, inputs, after) in [
            (
                ExchangeKind::Call,
                &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..],
                &["head", "data", "end"][..],
                "idle",
            ),
            (ExchangeKind::Call, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", &["head", "data"], "more"),
            (
                ExchangeKind::Call,
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                &["head", "end"],
                "closed",
            ),
            (ExchangeKind::Call, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore", &["head", "end"], "closed"),
            (ExchangeKind::Call, b"SSH-2.0-x\r\n\r\n", &["failed"], "closed"),
            (ExchangeKind::Call, switched, &["failed"], "closed"),
            (ExchangeKind::Upgrade, switched, &["head"], "raw"),
            (ExchangeKind::Upgrade, b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", &["head", "end"], "idle"),
        ] {
            let answered = String::from_utf8_lossy(answer);
            assert_eq!(given(kind, answer), (inputs.to_vec(), after), "{answered}");
        }
    }

    #[test]
    fn a_handshake_has_a_deadline_and_an_answer_has_none() {
        let second = Duration::from_secs(1);
        let config = Config::new("http://k").unwrap().with_proxy("socks5://p").unwrap();
        let through = Endpoint::new("k", 80, None, config.proxy);
        let mut handshaking = talk(ExchangeKind::Call, &through, Some(Moment::after_zero(second)));
        assert!(handshaking.pump(&mut Socket(b"", true), Moment::ZERO).is_none());
        assert_eq!(handshaking.until(), Some(Moment::after_zero(second)));
        let Some(Input::Failed(fault)) = handshaking.pump(&mut Socket(b"", true), Moment::after_zero(second)) else {
            panic!()
        };
        assert_eq!(fault.kind, FaultKind::ConnectTimeout);
        assert!(matches!(handshaking.after(), After::Closed));
        let mut connected =
            talk(ExchangeKind::Call, &Endpoint::new("k", 80, None, None), Some(Moment::after_zero(second)));
        assert!(connected.pump(&mut Socket(b"", true), Moment::after_zero(second)).is_none());
        assert_eq!(connected.until(), None);
    }

    #[test]
    fn a_write_that_would_block_is_waited_for() {
        let mut talk = talk(ExchangeKind::Call, &Endpoint::new("k", 80, None, None), None);
        assert!(talk.pump(&mut Socket(b"", false), Moment::ZERO).is_none());
        assert!(talk.wants_write());
        assert!(talk.pump(&mut Socket(b"", true), Moment::ZERO).is_none());
        assert!(!talk.wants_write());
    }

    /// An answer may come before the request is sent whole. A socket that is writable all the time would wake the task
    /// all the time.
    #[test]
    fn after_an_input_no_write_is_waited_for() {
        let mut talk = talk(ExchangeKind::Call, &Endpoint::new("k", 80, None, None), None);
        assert!(talk.pump(&mut Socket(b"", false), Moment::ZERO).is_none());
        assert!(talk.wants_write());
        let mut answer = Socket(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true);
        assert!(matches!(talk.pump(&mut answer, Moment::ZERO), Some(Input::Head(_))));
        assert!(!talk.wants_write());
    }
}
