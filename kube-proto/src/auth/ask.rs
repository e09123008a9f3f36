//! One exchange on the way to a credential: a request, and its whole answer.
//!
//! | state | event | next |
//! |---|---|---|
//! | begin | | `Do(Exchange)`, head |
//! | head | a head | body |
//! | head | a pooled connection was dead, and nothing was sent or it may be sent twice | begin, on a fresh one, once |
//! | body | data | body; too much: failed |
//! | body | end | answered |
//! | head, body | fault | failed |

use bytes::{Bytes, BytesMut};
use http::Request;
use http::response::Parts;

use super::context::Context;
use crate::driver::effect::{Effect, Exchange, ExchangeKind};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::input::Input;
use crate::opaque::Opaque;

/// An exchange under way.
#[derive(Debug)]
pub(crate) struct Ask {
    exchange: Exchange,
    /// Sent twice, it does no harm.
    harmless: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Begin,
    Head,
    Body(Opaque<Box<Parts>>, Opaque<BytesMut>),
}

/// What it says.
pub(crate) enum AskStep {
    Do(Effect),
    Wait,
    Answered(Box<Parts>, BytesMut),
    Failed(Fault),
}

impl Ask {
    pub(crate) fn new(to: Endpoint, request: Request<Bytes>, cx: &Context<'_>) -> Self {
        let connect = cx.settings.call.connect;
        let harmless = request.method().is_safe();
        let exchange = Exchange { to, request, kind: ExchangeKind::Call, fresh: false, connect };
        Self { exchange, harmless, state: State::Begin }
    }

    /// The server stores nothing because of it.
    pub(crate) fn harmless(mut self) -> Self {
        self.harmless = true;
        self
    }

    /// Not on a pooled connection: if that were dead, nobody could say whether the request was carried out.
    pub(crate) fn fresh(mut self) -> Self {
        self.exchange.fresh = true;
        self
    }

    pub(crate) fn resume(&mut self, input: Option<Input>, cx: &Context<'_>) -> AskStep {
        let limit = cx.settings.limits.plugin;
        match (&mut self.state, input) {
            (State::Begin, _) => {
                self.state = State::Head;
                cx.stats.count_exchange();
                AskStep::Do(Effect::Exchange(Box::new(self.exchange.clone())))
            }
            (_, None) => AskStep::Wait,
            (State::Head, Some(Input::Head(head))) => {
                cx.stats.count_response();
                self.state = State::Body(head.into(), Opaque::default());
                AskStep::Wait
            }
            (State::Head, Some(Input::Failed(fault)))
                if fault.stale && (self.harmless || fault.reach == Reach::NotSent) && !self.exchange.fresh =>
            {
                self.exchange.fresh = true;
                self.state = State::Begin;
                self.resume(None, cx)
            }
            (State::Body(_, body), Some(Input::Data(data))) if body.len() + data.len() <= limit => {
                cx.stats.count_received(data.len());
                body.extend_from_slice(&data);
                AskStep::Wait
            }
            (State::Body(..), Some(Input::Data(_))) => {
                let text = format!("the answer is larger than the limit of {limit} bytes");
                AskStep::Failed(Fault::answered(FaultKind::TooLarge, text))
            }
            (State::Body(..), Some(Input::End)) => match std::mem::replace(&mut self.state, State::Begin) {
                State::Body(head, body) => AskStep::Answered(head.0, body.0),
                _ => AskStep::Wait,
            },
            (_, Some(Input::Failed(fault))) => {
                cx.stats.count_fault();
                AskStep::Failed(*fault)
            }
            (_, Some(_)) => {
                AskStep::Failed(Fault::unknown(FaultKind::Unsupported, "the driver reported something out of order"))
            }
        }
    }
}
