//! A request to switch protocols.
//!
//! `done` is the state: `None` while the request is under way.
//!
//! | `done` | event | next |
//! |---|---|---|
//! | `None` | 101, and `accept` returns a channel | `Some(Ok)`: yields the channel; the driver keeps the connection |
//! | `None` | 101, and `accept` fails | `Some(Err)` with its error |
//! | `None` | any other status | `Some(Err)` with the server's `Status`; for a WebSocket, with what [`refusal`](refused) adds |
//! | `Some` | | repeats the result |

use std::fmt;
use std::mem;

use http::response::Parts;

use super::call::{Call, Reply};
use super::timeouts;
use crate::driver::channel::Channel;
use crate::driver::effect::ExchangeKind;
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::{Error, ErrorKind};
use crate::op::{Inner, pass};
use crate::random::Random;
use crate::request::ApiRequest;
use crate::settings::Settings;
use crate::websocket::handshake::ClientHandshake;
use crate::websocket::machine::{WebSocket, WebSocketLimits};

/// Makes a channel from the head of a 101.
enum Accept<C> {
    Head(AcceptHead<C>),
    WebSocket(Offer, AcceptWebSocket<C>),
    Taken,
}

/// The handshake. The key and the masks come from the session's seed, at the first resume.
enum Offer {
    Protocols(&'static [&'static str]),
    Sent(ClientHandshake, Random),
}

type AcceptHead<C> = Box<dyn FnOnce(&Parts) -> Result<C, Error> + Send>;

type AcceptWebSocket<C> = Box<dyn FnOnce(Upgraded<'_>) -> Result<C, Error> + Send>;

/// A request that becomes a two-way session. A driver's `open` carries it out and then drives the [`Channel`].
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Upgrade<C> {
    call: Call,
    accept: Accept<C>,
    done: Option<Result<(), Error>>,
}

/// A WebSocket after its handshake: see [`Upgrade::websocket`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Upgraded<'a> {
    /// The chosen protocol, as it was offered.
    pub protocol: &'static str,
    /// The connection.
    pub socket: WebSocket,
    /// The head of the 101.
    pub head: &'a Parts,
    /// The settings of the session.
    pub settings: &'a Settings,
}

impl<C: Channel> Upgrade<C> {
    /// The request must contain the headers of its upgrade. `accept` checks the head of the 101 and makes the channel.
    /// It may keep the warnings and the audit id with [`ResponseInfo::of`](crate::response::info::ResponseInfo::of).
    pub fn new(request: ApiRequest, accept: impl FnOnce(&Parts) -> Result<C, Error> + Send + 'static) -> Self {
        Self::with(request, Accept::Head(Box::new(accept)))
    }

    /// An upgrade to WebSocket. It adds the headers, offers these protocols (the best one first), and checks the
    /// handshake. `accept` gets the connection and the chosen protocol. The limits of what arrives are
    /// [`WebSocketLimits`]' defaults.
    ///
    /// A refusal is the server's `Status`. Where an answer has none, the error says what it means: a 403 without a
    /// body, that the server supports none of the protocols; a 2xx, or a complaint that no upgrade was asked for, that a
    /// load balancer or a proxy on the way does not let upgrades through.
    pub fn websocket(
        request: ApiRequest,
        protocols: &'static [&'static str],
        accept: impl FnOnce(Upgraded<'_>) -> Result<C, Error> + Send + 'static,
    ) -> Self {
        Self::with(request, Accept::WebSocket(Offer::Protocols(protocols), Box::new(accept)))
    }

    fn with(request: ApiRequest, accept: Accept<C>) -> Self {
        Self { call: Call::new(request, ExchangeKind::Upgrade), accept, done: None }
    }

    timeouts!();

    fn over(&mut self, result: Result<(), Error>) -> Step<C> {
        self.done = Some(result.clone());
        Step::Done(result)
    }

    /// The protocols, if this is a WebSocket.
    fn offered(&self) -> Option<String> {
        match &self.accept {
            Accept::WebSocket(Offer::Protocols(protocols), _) => Some(protocols.join(", ")),
            Accept::WebSocket(Offer::Sent(handshake, _), _) => Some(handshake.offered()),
            Accept::Head(_) | Accept::Taken => None,
        }
    }
}

impl<C> Accept<C> {
    fn accept(self, head: &Parts, settings: &Settings) -> Result<C, Error> {
        match self {
            Accept::Head(accept) => accept(head),
            Accept::WebSocket(Offer::Sent(handshake, masks), accept) => {
                let protocol = handshake
                    .check(head)
                    .map_err(|text| ErrorKind::Transport(Fault::answered(FaultKind::Protocol, text)))?;
                let socket = WebSocket::client(masks, WebSocketLimits::default());
                accept(Upgraded { protocol, socket, head, settings })
            }
            Accept::WebSocket(..) | Accept::Taken => Err(Error::misuse("a head was reported that was not asked for")),
        }
    }
}

impl<C: Channel> OneResult for Upgrade<C> {}

impl<C: Channel> Operation for Upgrade<C> {
    type Item = C;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<C> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        if let Accept::WebSocket(offer, _) = &mut self.accept
            && let Offer::Protocols(protocols) = offer
        {
            let mut random = cx.session.random();
            let handshake = ClientHandshake::new(&mut random, *protocols);
            self.call.request_mut().headers.extend(handshake.headers());
            *offer = Offer::Sent(handshake, random);
        }
        loop {
            match pass!(self.call.resume(input.take(), cx)) {
                Inner::Yield(Reply::Head(head)) => {
                    return match mem::replace(&mut self.accept, Accept::Taken).accept(&head, cx.session.settings()) {
                        Ok(channel) => {
                            self.done = Some(Ok(()));
                            Step::Yield(channel)
                        }
                        Err(error) => {
                            let error = self.call.explain(error);
                            self.over(Err(error))
                        }
                    };
                }
                // No HTTP body follows a 101.
                Inner::Yield(Reply::Data(_)) => {}
                Inner::Done(result) => {
                    let offered = self.offered();
                    return self.over(result.map_err(|error| refused(error, offered.as_deref())));
                }
            }
        }
    }
}

/// The error of a refused upgrade to WebSocket, with what the answer means where the server does not say it
/// (docs/wire.md §6.1).
///
/// | answer | added |
/// |---|---|
/// | 2xx | upgrades do not come through |
/// | 400 `Upgrade request required` | the same |
/// | 403 without a body | none of the protocols |
/// | any other | nothing |
fn refused(error: Error, offered: Option<&str>) -> Error {
    let (Some(api), Some(offered)) = (error.api(), offered) else { return error };
    let code = api.info.as_ref().map_or(0, |info| info.code.as_u16());
    let silent = api.synthetic && api.status.details.as_ref().is_none_or(|details| details.causes.is_empty());
    let mut api = api.clone();
    let message = &mut api.status.message;
    match code {
        200..300 => *message = format!("the answer is a {code} and not a 101: {BLOCKED}"),
        400 if message.contains("Upgrade request required") => *message = format!("{message}: {BLOCKED}"),
        403 if silent => *message = format!("the server supports none of the protocols {offered}"),
        _ => return error,
    }
    let refused = Error::new(ErrorKind::Api(Box::new(api)));
    match error.attempt() {
        Some(attempt) => refused.during(attempt),
        None => refused,
    }
}

const BLOCKED: &str = "a load balancer or proxy on the way does not let upgrades to WebSocket through";

impl<C> fmt::Debug for Upgrade<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("call", &self.call).field("done", &self.done).finish_non_exhaustive()
    }
}
