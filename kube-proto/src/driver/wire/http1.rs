//! The client side of HTTP/1.1 for one exchange: the request's head to bytes, and bytes to [`Input`]s.
//!
//! | state | in the buffer | gives | next |
//! |---|---|---|---|
//! | head | an informational head (1xx) | nothing | head |
//! | head | a head with 101, requested | [`Input::Head`] | done; the rest of the buffer belongs to the other protocol |
//! | head | a final head | [`Input::Head`] | as [framed](super::head::after) |
//! | length | data | [`Input::Data`] | length, less |
//! | length 0, nothing | anything | [`Input::End`] | done |
//! | chunked | data | [`Input::Data`] | chunked |
//! | chunked | the last chunk and the trailers | [`Input::End`] | done |
//! | to end | data | [`Input::Data`] | to end |
//! | to end | the connection's end | [`Input::End`] | done |
//! | any other | the connection's end | [`Input::Failed`], closed | done |
//! | any | refused bytes | [`Input::Failed`], protocol | done |
//!
//! The machine refuses: a start other than `HTTP/1.0` or `HTTP/1.1`; lines that do not end with CRLF; folded lines;
//! names that are not tokens, or have space before the colon; control characters in values; `Transfer-Encoding` with
//! `Content-Length`, or other than exactly `chunked`; lengths that differ or are not digits; chunk sizes with anything
//! but hexadecimal digits; a 101 that the request did not ask for; everything above a limit.
//!
//! `Content-Encoding` does not matter here: the machine passes the data on.

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::{Method, StatusCode};

use super::chunked::{Chunked, Piece};
use super::fields::{Refused, Scan, Side, says_close};
use super::head::{After, Requested};
use super::{HttpLimits, READ, head};
use crate::driver::effect::{Exchange, ExchangeKind};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::input::Input;
use crate::driver::proxy::Proxy;

/// One exchange over HTTP/1.1. Its faults say whether a part of the answer came. The owner of the connection adds
/// whether the request was sent.
#[derive(Debug)]
pub struct Http1 {
    limits: HttpLimits,
    asked: Requested,
    state: State,
    scan: Scan,
    /// Bytes of the heads before this one.
    heads: usize,
    informational: usize,
    begun: bool,
    keep: bool,
}

/// The result of [`Http1::next`].
#[derive(Debug)]
pub enum Http1Event {
    /// An input for the operation.
    Input(Input),
    /// More bytes are needed, or their end. After the last input this is always the result.
    NeedMore,
}

#[derive(Debug)]
enum State {
    Head,
    Length { total: u64, left: u64 },
    Chunked(Chunked),
    ToEnd,
    Ended,
    Switched,
    Failed,
}

impl Http1 {
    /// The machine for one exchange, and the bytes of the request's head. Send the request's body after them,
    /// unchanged.
    ///
    /// The target is in origin form (RFC 9112 §3.2.1); or in absolute form (§3.2.2), with the user of the proxy, if the
    /// endpoint [is forwarded](crate::driver::Endpoint::is_forwarded). The machine writes `Host` and `Content-Length`
    /// itself: it leaves out those of the request, and its `Transfer-Encoding`. It writes all other headers unchanged,
    /// in their order, with names in lower case. `Content-Length` is there if there is a body, and always with POST,
    /// PUT and PATCH.
    ///
    /// # Errors
    /// The server's name cannot stand in a `Host` header, or the method is `CONNECT`. Nothing was sent.
    pub fn start(exchange: &Exchange, limits: HttpLimits) -> Result<(Self, Bytes), Fault> {
        let request = &exchange.request;
        if request.method() == Method::CONNECT {
            return Err(Fault::unsent(FaultKind::Unsupported, "CONNECT is not a request to a server"));
        }
        let asked =
            Requested { head: request.method() == Method::HEAD, upgrade: exchange.kind == ExchangeKind::Upgrade };
        let machine = Self {
            limits,
            asked,
            state: State::Head,
            scan: Scan::new(Side::Answer),
            heads: 0,
            informational: 0,
            begun: false,
            keep: !says_close(request.headers()),
        };
        Ok((machine, request_head(exchange)?))
    }

    /// Consumes the next input from the front of `buf`. `buf` is the same in every call, except for new bytes at its
    /// end. `end` says that no more bytes will come, and that the peer ended them properly.
    ///
    /// Data is a slice of `buf`, at most [`READ`] bytes. Bytes after the answer's end stay in `buf`.
    pub fn next(&mut self, buf: &mut BytesMut, end: bool) -> Http1Event {
        match self.step(buf) {
            Ok(Some(input)) => Http1Event::Input(input),
            Ok(None) if !end || self.is_done() => Http1Event::NeedMore,
            Ok(None) if matches!(self.state, State::ToEnd) => {
                self.state = State::Ended;
                Http1Event::Input(Input::End)
            }
            Ok(None) => {
                let text = format!("the server closed the connection {}", self.place());
                Http1Event::Input(Input::Failed(Box::new(self.fail(FaultKind::Closed, text))))
            }
            Err(refused) => Http1Event::Input(Input::Failed(Box::new(self.fail(FaultKind::Protocol, refused)))),
        }
    }

    /// A byte of an answer has arrived.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.begun
    }

    /// The last input was given.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Ended | State::Switched | State::Failed)
    }

    /// The last input was a head with 101: all further bytes belong to the other protocol.
    #[must_use]
    pub fn is_switched(&self) -> bool {
        matches!(self.state, State::Switched)
    }

    /// Neither side ends the connection with this exchange. Before the final head: the client does not.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.keep && !matches!(self.state, State::Switched | State::Failed)
    }

    /// How far the answer got, as the end of a sentence: `before it answered`.
    pub(super) fn place(&self) -> String {
        match &self.state {
            State::Head if self.begun => "in the middle of the answer's head".into(),
            State::Head => "before it answered".into(),
            State::Length { total, left } => {
                format!("in the middle of the answer's body, after {} of {total} bytes", total - left)
            }
            State::Chunked(_) | State::ToEnd => "in the middle of the answer's body".into(),
            State::Ended | State::Switched | State::Failed => "after the answer".into(),
        }
    }

    /// Ends the exchange with this fault.
    pub(super) fn fail(&mut self, kind: FaultKind, text: impl Into<String>) -> Fault {
        self.state = State::Failed;
        let reach = if self.begun { Reach::Answered } else { Reach::Unknown };
        Fault { kind, reach, stale: false, text: text.into() }
    }

    fn step(&mut self, buf: &mut BytesMut) -> Result<Option<Input>, Refused> {
        match &mut self.state {
            State::Head => self.head(buf),
            State::Length { left: 0, .. } => {
                self.state = State::Ended;
                Ok(Some(Input::End))
            }
            State::Length { left, .. } => {
                let data = take(buf, usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= data.as_ref().map_or(0, |data| data.len() as u64);
                Ok(data.map(Input::Data))
            }
            State::Chunked(chunked) => match chunked.next(buf, &self.limits)? {
                Piece::Data(data) => Ok(Some(Input::Data(data))),
                Piece::NeedMore => Ok(None),
                Piece::End => {
                    self.state = State::Ended;
                    Ok(Some(Input::End))
                }
            },
            State::ToEnd => Ok(take(buf, READ).map(Input::Data)),
            State::Ended | State::Switched | State::Failed => Ok(None),
        }
    }

    /// Heads, up to the final one.
    fn head(&mut self, buf: &mut BytesMut) -> Result<Option<Input>, Refused> {
        loop {
            self.begun |= !buf.is_empty();
            let room = self.limits.head.saturating_sub(self.heads);
            let Some(length) = self.scan.end(buf, room, &self.limits)? else {
                return Ok(None);
            };
            let lines = std::mem::replace(&mut self.scan, Scan::new(Side::Answer)).lines();
            let parts = head::parse(buf.get(..length).unwrap_or_default(), lines)?;
            let after = head::after(self.asked, &parts)?;
            buf.advance(length);
            self.heads += length;
            self.state = match after {
                After::Head => {
                    self.informational += 1;
                    if self.informational > self.limits.informational {
                        return Err(format!("more than {} informational answers", self.limits.informational).into());
                    }
                    continue;
                }
                After::Switch => State::Switched,
                After::Nothing => State::Length { total: 0, left: 0 },
                After::Length(total) => State::Length { total, left: total },
                After::Chunked => State::Chunked(Chunked::new()),
                After::ToEnd => State::ToEnd,
            };
            self.keep &= head::keeps(self.asked, &parts, after);
            return Ok(Some(Input::Head(Box::new(parts))));
        }
    }
}

/// The server has decided and will close the connection: it does not read the rest of the request's body (RFC 9112
/// §9.3, §9.6).
pub(super) fn stops_request(status: StatusCode) -> bool {
    status.is_redirection() || status.is_client_error() || status.is_server_error()
}

fn take(buf: &mut BytesMut, most: usize) -> Option<Bytes> {
    let length = buf.len().min(most).min(READ);
    (length > 0).then(|| buf.split_to(length).freeze())
}

fn request_head(exchange: &Exchange) -> Result<Bytes, Fault> {
    let request = &exchange.request;
    let host = host(&exchange.to)?;
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let forwarded = exchange.to.proxy().filter(|_| exchange.to.is_forwarded());
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let mut head = BytesMut::with_capacity(headers + target.len() + host.len() + 64);
    head.extend_from_slice(request.method().as_str().as_bytes());
    head.extend_from_slice(b" ");
    if forwarded.is_some() {
        head.extend_from_slice(b"http://");
        head.extend_from_slice(host.as_bytes());
    }
    if !target.starts_with(['/', '*']) {
        head.extend_from_slice(b"/");
    }
    if forwarded.is_none() || target != "*" {
        // The last proxy on the way turns a URL without a path into `*` (RFC 9112 §3.2.4).
        head.extend_from_slice(target.as_bytes());
    }
    head.extend_from_slice(b" HTTP/1.1\r\n");
    let mut line = |name: &HeaderName, value: &HeaderValue| {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    };
    line(&HOST, &host);
    for (name, value) in request.headers() {
        if ![HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            line(name, value);
        }
    }
    if let Some(authorization) = forwarded.and_then(Proxy::authorization) {
        line(&PROXY_AUTHORIZATION, &authorization);
    }
    let length = request.body().len();
    if length > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(request.method()) {
        line(&CONTENT_LENGTH, &HeaderValue::from(length));
    }
    head.extend_from_slice(b"\r\n");
    Ok(head.freeze())
}

/// The value of `Host` or `:authority` for requests to this endpoint, without an IPv6 zone: a zone has a meaning on
/// this host alone (RFC 6874 §4).
///
/// # Errors
/// The server's name cannot stand in a header.
pub fn host(to: &Endpoint) -> Result<HeaderValue, Fault> {
    to.host_header().cloned().ok_or_else(|| {
        let text = format!("{:?} cannot be the name of a server", to.authority());
        Fault::unsent(FaultKind::Unsupported, text)
    })
}
