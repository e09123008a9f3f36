//! An exchange on its connection.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use hyper::client::conn::TrySendError;
use kube_proto::driver::wire::READ;
use kube_proto::driver::{Endpoint, Exchange, ExchangeKind, Fault, FaultKind, Input, Reach};

use crate::fault::{Moment, fault, is_stream_s};
use crate::pool::Link;
use crate::request::{Once, request};
use crate::runtime::Job;
use crate::shared::RawLink;

/// An exchange on its connection.
pub(crate) struct Talking {
    pub(crate) to: Endpoint,
    kind: ExchangeKind,
    pub(crate) link: Link,
    answer: Answer,
    /// The rest of a frame that is larger than one input.
    rest: Bytes,
    /// Bytes written and read at the beginning.
    before: (u64, u64),
    reused: bool,
}

type Sent = Result<Response<Incoming>, TrySendError<Request<Once>>>;

enum Answer {
    Head(Job<Sent>),
    Body(Incoming),
    /// A 101 came; hyper must release the socket.
    Switching(Box<http::response::Parts>),
}

impl Talking {
    pub(crate) fn begin(exchange: Exchange, mut link: Link) -> Result<Self, Fault> {
        let Exchange { to, kind, .. } = &exchange;
        let (to, kind) = (to.clone(), *kind);
        link.traffic().record.carries(exchange.tag);
        let request = request(exchange, matches!(link, Link::Seat(_)))?;
        let traffic = link.traffic();
        let before = (traffic.written.load(Ordering::Relaxed), traffic.read.load(Ordering::Relaxed));
        let reused = traffic.used.load(Ordering::Relaxed);
        let answer: Job<Sent> = match &mut link {
            Link::Alone(alone) => Box::pin(alone.send(request)),
            Link::Seat(seat) => Box::pin(seat.sender().try_send_request(request)),
        };
        Ok(Self { to, kind, link, answer: Answer::Head(answer), rest: Bytes::new(), before, reused })
    }

    /// The next input. Reads no more than is asked for.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if !self.rest.is_empty() {
            return Poll::Ready(self.data(Bytes::new()));
        }
        // A head comes only while the connection advances; a part of the body may be there already.
        let advances = matches!((&self.answer, &self.link), (Answer::Head(_), Link::Alone(_)));
        if !advances && let ready @ Poll::Ready(_) = self.step(cx) {
            return ready;
        }
        // Now hyper knows that the body is wanted.
        match &mut self.link {
            Link::Alone(alone) => alone.advance(cx),
            Link::Seat(_) => return Poll::Pending,
        }
        self.step(cx)
    }

    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        loop {
            match &mut self.answer {
                Answer::Head(head) => match std::task::ready!(head.as_mut().poll(cx)) {
                    Ok(response) => {
                        self.heard();
                        let (head, body) = response.into_parts();
                        match (head.status, self.kind) {
                            (StatusCode::SWITCHING_PROTOCOLS, ExchangeKind::Upgrade) => {
                                self.answer = Answer::Switching(Box::new(head));
                            }
                            (StatusCode::SWITCHING_PROTOCOLS, _) => {
                                let text = "the server switched protocols (101), which the request did not ask for";
                                return failed_with(Fault::answered(FaultKind::Protocol, text));
                            }
                            _ => {
                                self.answer = Answer::Body(body);
                                return Poll::Ready(Input::Head(Box::new(head)));
                            }
                        }
                    }
                    Err(mut error) => {
                        let unsent = error.take_message().is_some();
                        return failed_with(self.fault(error.error(), unsent));
                    }
                },
                Answer::Body(body) => match std::task::ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    // hyper treats a stream that was reset with NO_ERROR as a complete answer.
                    None if !body.is_end_stream() && matches!(self.link, Link::Seat(_)) => {
                        let text = "the server reset the stream in the middle of the answer's body (NO_ERROR)";
                        return failed_with(Fault::answered(FaultKind::Closed, text));
                    }
                    None => return Poll::Ready(Input::End),
                    Some(Err(error)) => return failed_with(self.fault(&error, false)),
                    Some(Ok(frame)) => {
                        // Kubernetes does not use trailers.
                        if let Ok(data) = frame.into_data()
                            && !data.is_empty()
                        {
                            self.heard();
                            return Poll::Ready(self.data(data));
                        }
                    }
                },
                Answer::Switching(head) => match &self.link {
                    Link::Alone(alone) if !alone.is_over() => return Poll::Pending,
                    _ => return Poll::Ready(Input::Head(head.clone())),
                },
            }
        }
    }

    /// At most one input of data.
    fn data(&mut self, data: Bytes) -> Input {
        if self.rest.is_empty() {
            self.rest = data;
        }
        let length = self.rest.len().min(READ);
        Input::Data(self.rest.split_to(length))
    }

    /// An answer makes progress.
    fn heard(&self) {
        self.link.traffic().used.store(true, Ordering::Relaxed);
        match &self.link {
            Link::Alone(alone) => alone.heard(),
            Link::Seat(seat) => seat.heard(),
        }
    }

    /// The head of the answer did not come in time. (A connection of HTTP/1.1 closes with its exchange.)
    pub(crate) fn give_up(&self) {
        if let (Answer::Head(_), Link::Seat(seat)) = (&self.answer, &self.link) {
            let mute = self.link.traffic().read.load(Ordering::Relaxed) == self.before.1;
            seat.unanswered(mute);
        }
    }

    pub(crate) fn switch(self) -> Option<RawLink> {
        match self.link {
            Link::Alone(alone) => Some(alone.into_raw()),
            Link::Seat(_) => None,
        }
    }

    fn fault(&self, error: &hyper::Error, unsent: bool) -> Fault {
        let traffic = self.link.traffic();
        let (written, read) = self.before;
        let body = !matches!(self.answer, Answer::Head(_));
        let alone = matches!(self.link, Link::Alone(_));
        let reach = if body || (alone && traffic.read.load(Ordering::Relaxed) > read) {
            Reach::Answered
        } else if unsent || traffic.written.load(Ordering::Relaxed) == written {
            Reach::NotSent
        } else {
            Reach::Unknown
        };
        if let Link::Seat(seat) = &self.link
            && !is_stream_s(error)
        {
            seat.retire();
        }
        fault(error, Moment { traffic, reach, body, reused: self.reused })
    }
}

fn failed_with(fault: Fault) -> Poll<Input> {
    Poll::Ready(Input::Failed(Box::new(fault)))
}
