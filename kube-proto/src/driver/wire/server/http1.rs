//! The server side of HTTP/1.1 for one connection: bytes to requests, and answers to bytes.
//!
//! | state | in the buffer | gives | next |
//! |---|---|---|---|
//! | head | a head | [`Http1ServerEvent::Head`] | as [framed](super::head::after): length, chunked |
//! | head | nothing, and the connection's end | [`Http1ServerEvent::Closed`] | ended |
//! | length | data | [`Http1ServerEvent::Data`] | length, less |
//! | length 0 | anything | [`Http1ServerEvent::End`] | whole |
//! | chunked | data | [`Http1ServerEvent::Data`] | chunked |
//! | chunked | the last chunk and the trailers | [`Http1ServerEvent::End`] | whole |
//! | whole | anything | nothing: the next request waits for the end of the answer | whole |
//! | head, length, chunked | the connection's end | [`Http1ServerEvent::Closed`] | ended |
//! | head, length, chunked | refused bytes | [`Http1ServerEvent::Refused`] | ended |
//!
//! | call | in state | next |
//! |---|---|---|
//! | [`answer`](Http1Server::answer), to its end | whole, and both sides keep the connection | head |
//! | [`answer`](Http1Server::answer), to its end | any other | ended |
//! | [`answer`](Http1Server::answer) with 101 | whole | switched |
//!
//! The machine refuses the same as the client's side does, and also: a request of HTTP/1.1 without exactly one `Host`,
//! `CONNECT`, a target that is neither a path nor a URL, an expectation other than `100-continue`.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, TRANSFER_ENCODING};
use http::{StatusCode, request, response};

pub use super::head::Refused;
use super::head::{self, After, Asked};
use crate::driver::wire::chunked::{Chunked, Piece};
use crate::driver::wire::fields::{Scan, Side};
use crate::driver::wire::{HttpLimits, READ};

/// The requests and answers of one connection, without its socket.
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use kube_proto::driver::wire::{Http1Server, Http1ServerEvent, HttpLimits};
///
/// let mut http = Http1Server::new(HttpLimits::default());
/// let mut buf = BytesMut::from("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nokGET /b");
/// assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::Head(head) if head.uri == "/a"));
/// assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::Data(data) if data == "ok"));
/// assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::End));
/// // The next request waits.
/// assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::NeedMore));
///
/// let (head, body) = http::Response::new(Bytes::from("fine")).into_parts();
/// let mut out = Vec::new();
/// http.answer(&head, Some(body.len() as u64), &mut out);
/// http.data(body, &mut out);
/// http.finish(&mut out);
/// assert_eq!(out.concat(), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
/// assert!(matches!(http.next(&mut buf, false), Http1ServerEvent::NeedMore));
/// ```
#[derive(Debug)]
pub struct Http1Server {
    limits: HttpLimits,
    reading: Reading,
    writing: Writing,
    scan: Scan,
    asked: Asked,
}

/// The result of [`Http1Server::next`].
#[derive(Debug)]
pub enum Http1ServerEvent {
    /// The head of a request. Its body follows: [`Data`](Self::Data) and [`End`](Self::End).
    Head(Box<request::Parts>),
    /// A part of the body, at most [`READ`] bytes.
    Data(Bytes),
    /// The request is whole. [Answer](Http1Server::answer) it before the next one is read.
    End,
    /// The bytes are no request, or one that this server does not take. Answer with [`Http1Server::refuse`], if no
    /// answer has begun, and close the connection.
    Refused(Refused),
    /// The client has closed the connection: between two requests, or in the middle of one.
    Closed,
    /// More bytes are needed, or their end; or the answer to the last request, to its end.
    NeedMore,
}

#[derive(Debug)]
enum Reading {
    Head,
    Length(u64),
    Chunked(Chunked),
    Whole,
    Ended,
    Switched,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// There is nothing to answer, or no answer yet.
    Nothing,
    /// A body of this many further bytes.
    Length(u64),
    Chunked,
    /// A body that the end of the connection ends.
    ToEnd,
    /// The answer's body is not sent: it is to a `HEAD`, or has a status without one.
    Bodiless,
}

impl Http1Server {
    /// A new connection.
    #[must_use]
    pub fn new(limits: HttpLimits) -> Self {
        let (reading, writing) = (Reading::Head, Writing::Nothing);
        Self { limits, reading, writing, scan: Scan::new(Side::Request), asked: Asked::default() }
    }

    /// Consumes the next event from the front of `buf`. `buf` is the same in every call, except for new bytes at its
    /// end. `end` says that no more bytes will come.
    ///
    /// Data is a slice of `buf`, at most [`READ`] bytes. Bytes of further requests stay in `buf`.
    pub fn next(&mut self, buf: &mut BytesMut, end: bool) -> Http1ServerEvent {
        let waits = matches!(self.reading, Reading::Whole | Reading::Ended | Reading::Switched);
        match self.step(buf) {
            Ok(Some(event)) => event,
            Ok(None) if waits || !end => Http1ServerEvent::NeedMore,
            Ok(None) => {
                self.reading = Reading::Ended;
                Http1ServerEvent::Closed
            }
            Err(refused) => {
                self.reading = Reading::Ended;
                Http1ServerEvent::Refused(refused)
            }
        }
    }

    fn step(&mut self, buf: &mut BytesMut) -> Result<Option<Http1ServerEvent>, Refused> {
        match &mut self.reading {
            Reading::Head => self.head(buf),
            Reading::Length(0) => {
                self.reading = Reading::Whole;
                Ok(Some(Http1ServerEvent::End))
            }
            Reading::Length(left) => {
                let length = buf.len().min(READ).min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= length as u64;
                Ok((length > 0).then(|| Http1ServerEvent::Data(buf.split_to(length).freeze())))
            }
            Reading::Chunked(chunked) => match chunked.next(buf, &self.limits)? {
                Piece::Data(data) => Ok(Some(Http1ServerEvent::Data(data))),
                Piece::NeedMore => Ok(None),
                Piece::End => {
                    self.reading = Reading::Whole;
                    Ok(Some(Http1ServerEvent::End))
                }
            },
            Reading::Whole | Reading::Ended | Reading::Switched => Ok(None),
        }
    }

    fn head(&mut self, buf: &mut BytesMut) -> Result<Option<Http1ServerEvent>, Refused> {
        let limits = &self.limits;
        let length = match self.scan.end(buf, limits.head, limits) {
            Ok(Some(length)) => length,
            Ok(None) => return Ok(None),
            Err(text) if self.scan.is_large() => {
                return Err(Refused { status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, text });
            }
            Err(text) => return Err(text.into()),
        };
        let lines = std::mem::replace(&mut self.scan, Scan::new(Side::Request)).lines();
        let parts = head::parse(buf.get(..length).unwrap_or_default(), lines)?;
        let (after, asked) = head::after(&parts)?;
        buf.advance(length);
        self.asked = asked;
        self.reading = match after {
            After::Length(length) => Reading::Length(length),
            After::Chunked => Reading::Chunked(Chunked::new()),
        };
        Ok(Some(Http1ServerEvent::Head(Box::new(parts))))
    }

    /// The client waits for [`proceed`](Self::proceed) before it sends the body of this request.
    #[must_use]
    pub fn expects_continue(&self) -> bool {
        self.asked.expects && self.writing == Writing::Nothing
    }

    /// Adds `100 Continue` to `out`, once, if the client waits for it. Call it when the body is wanted. A request that is
    /// answered without its body needs none.
    pub fn proceed(&mut self, out: &mut Vec<Bytes>) {
        if self.expects_continue() {
            self.asked.expects = false;
            out.push(Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n"));
        }
    }

    /// A request has begun, and its answer has not.
    #[must_use]
    pub fn owes_answer(&self) -> bool {
        self.writing == Writing::Nothing
            && matches!(self.reading, Reading::Length(_) | Reading::Chunked(_) | Reading::Whole)
    }

    /// No request has begun. Whether bytes of the next one are there, only the owner of the buffer knows.
    #[must_use]
    pub fn is_between_requests(&self) -> bool {
        matches!(self.reading, Reading::Head) && self.writing == Writing::Nothing
    }

    /// The connection takes no more requests: close it when everything is sent.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.reading, Reading::Ended) && matches!(self.writing, Writing::Nothing)
    }

    /// The answer was 101: all further bytes belong to the other protocol.
    #[must_use]
    pub fn is_switched(&self) -> bool {
        matches!(self.reading, Reading::Switched)
    }

    /// The last request was read to its end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.reading, Reading::Whole)
    }

    /// The connection closes after this answer. Call it before [`answer`](Self::answer).
    pub fn close(&mut self) {
        self.asked.keeps = false;
        if self.is_between_requests() {
            self.reading = Reading::Ended;
        }
    }

    /// Begins the answer to the last request: its head. The body follows by [`data`](Self::data) and
    /// [`finish`](Self::finish). Without a `length`, the body comes in chunks; to a client of HTTP/1.0 the end of the
    /// connection ends it.
    ///
    /// The machine writes `Connection`, `Content-Length` and `Transfer-Encoding` itself and leaves out those of `head`,
    /// but for a 101. Names are written as Go's servers write them, `Content-Type`. An answer to a request that was not
    /// read to its end closes the connection. Only the first answer to a request counts.
    pub fn answer(&mut self, head: &response::Parts, length: Option<u64>, out: &mut Vec<Bytes>) {
        if !self.owes_answer() {
            return;
        }
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            if self.is_whole() {
                self.reading = Reading::Switched;
                out.push(head_bytes(head, &[]));
            }
            return;
        }
        self.asked.keeps &= self.is_whole();
        let bodiless = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let framed = length.map(|length| (CONTENT_LENGTH, length.to_string()));
        let chunks = || (TRANSFER_ENCODING, "chunked".to_owned());
        let (frame, writing) = match framed {
            _ if bodiless => (None, Writing::Bodiless),
            Some(frame) if self.asked.head => (Some(frame), Writing::Bodiless),
            Some(frame) => (Some(frame), Writing::Length(length.unwrap_or_default())),
            None if self.asked.old => (None, if self.asked.head { Writing::Bodiless } else { Writing::ToEnd }),
            None if self.asked.head => (Some(chunks()), Writing::Bodiless),
            None => (Some(chunks()), Writing::Chunked),
        };
        let close = (!self.asked.keeps).then(|| (CONNECTION, "close".to_owned()));
        let own: Vec<_> = close.into_iter().chain(frame).collect();
        out.push(head_bytes(head, &own));
        self.writing = writing;
    }

    /// Adds a part of the answer's body. Bytes beyond its length are dropped, and so is the body of an answer that has
    /// none.
    pub fn data(&mut self, mut bytes: Bytes, out: &mut Vec<Bytes>) {
        match &mut self.writing {
            _ if bytes.is_empty() => {}
            Writing::Nothing | Writing::Bodiless => {}
            Writing::ToEnd => out.push(bytes),
            Writing::Chunked => {
                out.push(format!("{:x}\r\n", bytes.len()).into());
                out.extend([bytes, Bytes::from_static(b"\r\n")]);
            }
            Writing::Length(left) => {
                bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= bytes.len() as u64;
                out.push(bytes);
            }
        }
    }

    /// Ends the answer. If its body is shorter than its length, the connection must be closed:
    /// [`is_ended`](Self::is_ended) says so.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) {
        let whole = match self.writing {
            Writing::Nothing => return,
            Writing::Length(left) => left == 0,
            Writing::ToEnd => false,
            Writing::Bodiless => true,
            Writing::Chunked => {
                out.push(Bytes::from_static(b"0\r\n\r\n"));
                true
            }
        };
        self.writing = Writing::Nothing;
        let keeps = whole && self.asked.keeps && self.is_whole();
        self.reading = if keeps { Reading::Head } else { Reading::Ended };
        self.asked = Asked::default();
    }

    /// Adds the answer to a request that was [refused](Http1ServerEvent::Refused), if no answer has begun. The
    /// connection is ended.
    pub fn refuse(&mut self, refused: &Refused, out: &mut Vec<Bytes>) {
        if self.writing == Writing::Nothing {
            let (mut head, ()) = http::Response::new(()).into_parts();
            head.status = refused.status;
            let text = format!("{}\n", refused.text);
            let plain = (http::header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned());
            let own = [plain, (CONNECTION, "close".to_owned()), (CONTENT_LENGTH, text.len().to_string())];
            out.extend([head_bytes(&head, &own), text.into()]);
        }
        (self.reading, self.writing) = (Reading::Ended, Writing::Nothing);
    }
}

/// The value of `Date` (RFC 9110 §6.6.1) for this time since 1970.
#[must_use]
pub fn http_date(unix: Duration) -> Option<http::HeaderValue> {
    let stamp = jiff::Timestamp::from_second(i64::try_from(unix.as_secs()).ok()?).ok()?;
    http::HeaderValue::try_from(stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// A head: the status, the headers but those that frame the body, and then these.
fn head_bytes(head: &response::Parts, own: &[(HeaderName, String)]) -> Bytes {
    let switches = head.status == StatusCode::SWITCHING_PROTOCOLS;
    let mut out = BytesMut::with_capacity(256);
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(head.status.as_str().as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(head.status.canonical_reason().unwrap_or("status code").as_bytes());
    out.extend_from_slice(b"\r\n");
    let mut line = |name: &HeaderName, value: &[u8]| {
        canonical(name, &mut out);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    };
    for (name, value) in &head.headers {
        let framing = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name);
        if switches || !framing {
            line(name, value.as_bytes());
        }
    }
    for (name, value) in own {
        line(name, value.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.freeze()
}

/// `Content-Type` for `content-type`: Go writes names like this, and some clients compare them with case.
fn canonical(name: &HeaderName, out: &mut BytesMut) {
    let mut upper = true;
    for &byte in name.as_str().as_bytes() {
        out.extend_from_slice(&[if upper { byte.to_ascii_uppercase() } else { byte }]);
        upper = byte == b'-';
    }
}

/// Adds `Date` to the headers, unless it is there.
pub(super) fn dated(head: &mut response::Parts, unix: Duration) {
    if !head.headers.contains_key(DATE)
        && let Some(date) = http_date(unix)
    {
        head.headers.insert(DATE, date);
    }
}
