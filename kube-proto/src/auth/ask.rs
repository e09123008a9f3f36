//! One exchange for a credential: a request and its whole response.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Begin` | | yields `Do(Exchange)`; `Head` |
//! | `Head` | a response head | `Body` |
//! | `Head` | the pooled connection was dead, and the request was not sent or may be sent twice | `Begin` on a fresh connection, once |
//! | `Body` | data within the limit | `Body` |
//! | `Body` | data above the limit | yields `Failed` |
//! | `Body` | the end | yields `Answered`; `Begin` |
//! | `Head`, `Body` | any other fault, or an input out of order | yields `Failed` |

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http::{HeaderValue, Request, header};

use super::context::Context;
use crate::driver::effect::{Effect, Exchange, ExchangeKind, ExchangeTag};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::input::Input;
use crate::opaque::Opaque;

/// An exchange under way.
#[derive(Debug)]
pub(crate) struct Ask {
    exchange: Exchange,
    /// Whether the request may be sent twice.
    harmless: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Begin,
    Head,
    Body(Opaque<Box<Parts>>, Opaque<BytesMut>),
}

/// A step of [`Ask`].
pub(crate) enum AskStep {
    Do(Effect),
    Wait,
    Answered(Box<Parts>, BytesMut),
    Failed(Fault),
}

impl Ask {
    pub(crate) fn new(to: Endpoint, mut request: Request<Bytes>, cx: &Context<'_>) -> Self {
        // Without the header the request accepts any coding, and this machine reads none.
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let connect = cx.settings.call.connect;
        let harmless = request.method().is_safe();
        let tag = ExchangeTag { call: 0, since: cx.now.mono };
        let exchange = Exchange { to, request, kind: ExchangeKind::Call, fresh: false, connect, tag };
        Self { exchange, harmless, state: State::Begin }
    }

    /// Marks a request that may be sent twice, because the server stores nothing for it.
    pub(crate) fn harmless(mut self) -> Self {
        self.harmless = true;
        self
    }

    /// Uses no pooled connection: if that were dead, it would be unknown whether the server processed the request.
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
