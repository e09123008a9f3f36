//! One request and one document.

use std::marker::PhantomData;

use bytes::{Bytes, BytesMut};
use http::response::Parts;

use super::call::{Call, Reply};
use super::content::content_length;
use super::expected::{Decode, Decoder};
use super::kept::{Keeps, Kept};
use super::timeouts;
use crate::driver::effect::ExchangeKind;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::driver::time::Moment;
use crate::error::Error;
use crate::frame::trim::Trim;
use crate::op::{Inner, pass};
use crate::opaque::Opaque;
use crate::request::ApiRequest;
use crate::session::Session;
use crate::settings::Timeouts;
use crate::settings::policy::RetryPolicy;

/// A request whose response is one document of at most [`SizeLimits::document`](crate::settings::SizeLimits) bytes.
///
/// | event | result |
/// |---|---|
/// | a successful response | its body is collected; above the limit: ends with the error |
/// | the end of the body | yields the decoded document, then ends |
/// | any other response, or a fault | ends with the error |
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Unary<T> {
    call: Call,
    decoder: Decoder<T>,
    head: Option<Opaque<Box<Parts>>>,
    body: Body,
    done: Option<Result<(), Error>>,
    item: PhantomData<fn() -> T>,
}

/// The bytes of a body so far. A body of one chunk is not copied.
#[derive(Debug, Default)]
enum Body {
    #[default]
    Empty,
    One(Opaque<Bytes>),
    Many(Opaque<BytesMut>),
}

impl<T> Unary<T> {
    /// A request for the document that its path names.
    pub(crate) fn new(request: ApiRequest, decode: Decode<T>) -> Self {
        Self::with(request, Decoder::new(decode))
    }

    pub(super) fn with(request: ApiRequest, decoder: Decoder<T>) -> Self {
        Self {
            call: Call::new(request, ExchangeKind::Call),
            decoder,
            head: None,
            body: Body::Empty,
            done: None,
            item: PhantomData,
        }
    }

    timeouts!();

    /// Disables retries: the machine around this one decides what follows an end.
    pub(crate) fn never_again(mut self) -> Self {
        self.call.set_retry(RetryPolicy::NEVER);
        self
    }

    /// Sends the request on a new connection.
    pub(crate) fn on_new_connection(mut self) -> Self {
        self.call.on_new_connection();
        self
    }

    /// Leaves out parts of the object: they are skipped while it is read. Use it for a read: an annotation that is missing
    /// in a later `replace` is deleted on the server. Other documents than one object are read whole.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.call.leave_out(&trim);
        self.decoder = self.decoder.without(trim);
        self
    }

    /// The same request without its decoder, and the decoder.
    pub(super) fn undecoded(self) -> (Unary<Bytes>, Decoder<T>) {
        let body = Body::Empty;
        let decoder = Decoder::unchecked(super::decode::bytes);
        (Unary { call: self.call, decoder, head: None, body, done: None, item: PhantomData }, self.decoder)
    }

    pub(super) fn request(&self) -> &ApiRequest {
        self.call.request()
    }

    pub(super) fn timeouts_in(&self, session: &Session) -> Timeouts {
        self.call.timeouts_in(session)
    }

    /// Sets the total deadline, for a request that waited before its first turn.
    pub(crate) fn end_by(&mut self, until: Option<Moment>, cx: &Cx<'_>) {
        let total = until.map(|until| until.since(cx.now.mono));
        self.call.set_timeouts(Timeouts { total, ..self.call.timeouts_in(cx.session) });
    }

    pub(super) fn advance(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<(Box<Parts>, T)> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        let mut step = self.call.resume(input, cx);
        loop {
            match pass!(step) {
                Inner::Yield(Reply::Head(head)) => {
                    self.head = Some(head.into());
                    step = self.call.resume(None, cx);
                }
                Inner::Yield(Reply::Data(data)) => {
                    let limit = cx.session.settings().limits.document;
                    let announced = self.head.as_deref().map_or(0, |head| content_length(&head.headers));
                    if let Err(error) = self.body.push(data, limit, announced) {
                        return self.over(error);
                    }
                    step = self.call.resume(None, cx);
                }
                Inner::Done(Ok(())) => return self.finish(),
                Inner::Done(Err(error)) => return self.over(error),
            }
        }
    }

    fn finish(&mut self) -> Step<(Box<Parts>, T)> {
        let Some(Opaque(head)) = self.head.take() else { return self.over(Error::misuse("no response was reported")) };
        let body = self.body.take();
        match self.decoder.decode(self.call.request(), &head, &body) {
            Ok(item) => {
                self.done = Some(Ok(()));
                Step::Yield((head, item))
            }
            Err(error) => self.over(error),
        }
    }

    fn over(&mut self, error: Error) -> Step<(Box<Parts>, T)> {
        let end = Err(self.call.explain(error));
        self.done = Some(end.clone());
        Step::Done(end)
    }
}

impl<T> Keeps for Unary<T> {
    fn keep(&mut self) {
        self.call.keep(Kept::Awaited);
    }

    fn kept(&self) -> &Kept {
        self.call.kept()
    }
}

impl<T> OneResult for Unary<T> {}

impl<T> Operation for Unary<T> {
    type Item = T;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<T> {
        self.advance(input, cx).map(|(_, item)| item)
    }
}

impl Body {
    fn push(&mut self, data: Bytes, limit: usize, announced: usize) -> Result<(), Error> {
        let len = self.len() + data.len();
        if len > limit || announced > limit {
            return Err(Error::too_large("the response", limit));
        }
        *self = match std::mem::take(self) {
            Body::Empty => Body::One(data.into()),
            Body::One(first) => {
                let mut all = BytesMut::with_capacity(announced.min(TRUSTED).max(len));
                all.extend_from_slice(&first);
                all.extend_from_slice(&data);
                Body::Many(all.into())
            }
            Body::Many(mut all) => {
                all.extend_from_slice(&data);
                Body::Many(all)
            }
        };
        Ok(())
    }

    fn len(&self) -> usize {
        match self {
            Body::Empty => 0,
            Body::One(data) => data.len(),
            Body::Many(all) => all.len(),
        }
    }

    fn take(&mut self) -> Bytes {
        match std::mem::take(self) {
            Body::Empty => Bytes::new(),
            Body::One(data) => data.0,
            Body::Many(all) => all.0.freeze(),
        }
    }
}

/// The most bytes that are reserved for an announced length.
const TRUSTED: usize = 1 << 20;
