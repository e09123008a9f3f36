//! What is in flight: the one outstanding effect of an operation.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::uri::Scheme;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use kube_proto::config::Proxy;
use kube_proto::driver::wire::{Limits, READ, RawConnection, host};
use kube_proto::driver::{Effect, Endpoint, Exchange, Fault, FaultKind, Input, Kind, Output, Reach};

use crate::client::Shared;
use crate::fault::{Moment, fault, is_stream_s};
use crate::multiplex::{Seat, obtain};
use crate::runtime::{Job, Socket};
use crate::socket::{Traffic, Wire};

/// A connection for one exchange.
#[derive(Debug)]
pub(crate) enum Link {
    /// HTTP/1.1: it is this exchange's alone.
    Alone(Box<Alone>),
    /// HTTP/2: others use it too.
    Seat(Seat),
}

/// A connection of HTTP/1.1. No task drives it: like everything in flight it moves when its stream is polled, and an idle
/// one does not move at all.
pub(crate) struct Alone {
    sender: SendRequest<Once>,
    connection: Connection<Wire, Once>,
    traffic: Arc<Traffic>,
    /// Bytes that a server may say without an input that comes of them.
    patience: u64,
    over: bool,
}

/// A connection after its 101.
pub(crate) struct RawLink {
    pub(crate) socket: Box<dyn Socket>,
    pub(crate) connection: RawConnection,
    /// What came with the 101.
    pub(crate) incoming: BytesMut,
}

/// The effects of one operation, one at a time. Dropped, what is in flight is closed, or reset.
#[derive(Debug)]
pub(crate) struct Io {
    shared: Arc<Shared>,
    flight: Flight,
}

enum Flight {
    Nothing,
    Connecting(Box<Exchange>, Job<Result<Link, Fault>>),
    Talking(Box<Talking>),
    Switched(Box<RawLink>),
    Running(Job<Result<Output, Fault>>),
    Reading(Job<Result<Bytes, Fault>>),
    Writing(Job<Result<Input, Fault>>),
}

/// An exchange on its connection.
struct Talking {
    to: Endpoint,
    kind: Kind,
    link: Link,
    answer: Answer,
    /// What there is of a frame beyond what fits into one input.
    rest: Bytes,
    /// Bytes written and read when it began.
    before: (u64, u64),
    reused: bool,
}

type Sent = Result<Response<Incoming>, TrySendError<Request<Once>>>;

enum Answer {
    Head(Job<Sent>),
    Body(Incoming),
    /// A 101 came; hyper has to let go of the socket.
    Switching(Box<http::response::Parts>),
}

impl Io {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, flight: Flight::Nothing }
    }

    /// Begins an effect, without blocking; what was in flight is closed.
    pub(crate) fn start(&mut self, effect: Effect) {
        self.flight = Flight::Nothing;
        let runtime = &self.shared.clock.runtime;
        self.flight = match effect {
            Effect::Abort => Flight::Nothing,
            Effect::Exchange(exchange) => {
                let Exchange { to, kind, fresh, connect, .. } = &*exchange;
                let link = obtain(Arc::clone(&self.shared), to.clone(), *kind, *fresh, *connect);
                Flight::Connecting(exchange, Box::pin(link))
            }
            Effect::Run(spec) => Flight::Running(runtime.run(&spec)),
            Effect::ReadFile { path, limit } => Flight::Reading(runtime.read_file(&path, limit)),
            Effect::WriteFile(write) => Flight::Writing(runtime.write_file(*write)),
        };
    }

    pub(crate) fn abort(&mut self) {
        self.flight = Flight::Nothing;
    }

    /// What has arrived, without blocking; `None` says that the task is woken when there is more.
    pub(crate) fn ready(&mut self, cx: &mut Context<'_>) -> Option<Input> {
        let (input, next) = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => (None, Flight::Nothing),
            Flight::Connecting(exchange, mut connecting) => match connecting.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Connecting(exchange, connecting)),
                Poll::Ready(Err(fault)) => failed(fault),
                Poll::Ready(Ok(link)) => match Talking::begin(*exchange, link) {
                    Err(fault) => failed(fault),
                    Ok(talking) => self.talk(Box::new(talking), cx),
                },
            },
            Flight::Talking(talking) => self.talk(talking, cx),
            Flight::Switched(link) => (None, Flight::Switched(link)),
            Flight::Running(mut program) => match program.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Running(program)),
                Poll::Ready(Ok(output)) => (Some(Input::Output(Box::new(output))), Flight::Nothing),
                Poll::Ready(Err(fault)) => failed(fault),
            },
            Flight::Reading(mut file) => match file.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Reading(file)),
                Poll::Ready(Ok(content)) => (Some(Input::File(content)), Flight::Nothing),
                Poll::Ready(Err(fault)) => failed(fault),
            },
            Flight::Writing(mut file) => match file.as_mut().poll(cx) {
                Poll::Pending => (None, Flight::Writing(file)),
                Poll::Ready(Ok(input)) => (Some(input), Flight::Nothing),
                Poll::Ready(Err(fault)) => failed(fault),
            },
        };
        self.flight = next;
        input
    }

    /// The connection after its 101.
    pub(crate) fn switched(&mut self) -> Option<RawLink> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Switched(link) => Some(*link),
            _ => None,
        }
    }

    fn talk(&self, mut talking: Box<Talking>, cx: &mut Context<'_>) -> (Option<Input>, Flight) {
        match talking.poll(cx) {
            Poll::Pending => (None, Flight::Talking(talking)),
            Poll::Ready(input @ (Input::Head(_) | Input::Data(_))) => {
                let switched = matches!(&input, Input::Head(head) if head.status == StatusCode::SWITCHING_PROTOCOLS);
                (Some(input), if switched { talking.switch() } else { Flight::Talking(talking) })
            }
            Poll::Ready(input) => {
                if let (Input::End, Talking { to, link: Link::Alone(mut alone), .. }) = (&input, *talking)
                    && alone.is_idle(cx)
                {
                    self.shared.rest(to, alone);
                }
                (Some(input), Flight::Nothing)
            }
        }
    }
}

impl Talking {
    fn begin(exchange: Exchange, mut link: Link) -> Result<Self, Fault> {
        let Exchange { to, kind, .. } = &exchange;
        let (to, kind) = (to.clone(), *kind);
        let request = request(exchange, matches!(link, Link::Seat(_)))?;
        let traffic = link.traffic();
        let before = (traffic.written.load(Ordering::Relaxed), traffic.read.load(Ordering::Relaxed));
        let reused = traffic.used.load(Ordering::Relaxed);
        let answer: Job<Sent> = match &mut link {
            Link::Alone(alone) => {
                alone.traffic.allow(alone.patience);
                Box::pin(alone.sender.try_send_request(request))
            }
            Link::Seat(seat) => Box::pin(seat.sender().try_send_request(request)),
        };
        Ok(Self { to, kind, link, answer: Answer::Head(answer), rest: Bytes::new(), before, reused })
    }

    /// The next input. Nothing is read that is not asked for.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if !self.rest.is_empty() {
            return Poll::Ready(self.data(Bytes::new()));
        }
        match self.step(cx) {
            Poll::Pending => {}
            ready => return ready,
        }
        // Now hyper knows what is wanted.
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
                            (StatusCode::SWITCHING_PROTOCOLS, Kind::Upgrade) => {
                                self.answer = Answer::Switching(Box::new(head));
                            }
                            (StatusCode::SWITCHING_PROTOCOLS, _) => {
                                let text = "the server switched protocols (101), and nobody asked for that";
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
                    // A stream that is reset with NO_ERROR ends for hyper as if the answer were complete.
                    None if !body.is_end_stream() && matches!(self.link, Link::Seat(_)) => {
                        let text = "the server reset the stream in the middle of the answer's body (NO_ERROR)";
                        return failed_with(Fault::answered(FaultKind::Closed, text));
                    }
                    None => return Poll::Ready(Input::End),
                    Some(Err(error)) => return failed_with(self.fault(&error, false)),
                    Some(Ok(frame)) => {
                        // Trailers are nobody's.
                        if let Ok(data) = frame.into_data()
                            && !data.is_empty()
                        {
                            self.heard();
                            return Poll::Ready(self.data(data));
                        }
                    }
                },
                Answer::Switching(head) => match &self.link {
                    Link::Alone(alone) if !alone.over => return Poll::Pending,
                    _ => return Poll::Ready(Input::Head(head.clone())),
                },
            }
        }
    }

    /// One input's worth of data.
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
        if let Link::Alone(alone) = &self.link {
            alone.traffic.allow(alone.patience);
        }
    }

    fn switch(self) -> Flight {
        match self.link {
            Link::Alone(alone) => {
                let parts = alone.connection.into_parts();
                let (socket, connection, rest) = parts.io.into_parts();
                let mut incoming = BytesMut::from(parts.read_buf);
                incoming.unsplit(rest);
                Flight::Switched(Box::new(RawLink { socket, connection, incoming }))
            }
            Link::Seat(_) => Flight::Nothing,
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

impl Link {
    /// A look at an idle connection before it is used again.
    pub(crate) fn is_open(&mut self) -> bool {
        match self {
            Link::Alone(alone) => alone.is_open(),
            Link::Seat(_) => true,
        }
    }

    fn traffic(&self) -> &Arc<Traffic> {
        match self {
            Link::Alone(alone) => &alone.traffic,
            Link::Seat(seat) => seat.traffic(),
        }
    }
}

impl Alone {
    pub(crate) async fn open(wire: Wire, limits: &Limits) -> hyper::Result<Self> {
        let traffic = Arc::clone(wire.traffic());
        let most = limits.head.max(LEAST);
        let mut builder = Builder::new();
        builder.max_buf_size(most).max_header_size(limits.head).max_headers(limits.headers);
        let (sender, connection) = builder.handshake(wire).await?;
        // hyper reads ahead as much as its buffer holds.
        let patience = (most + READ) as u64;
        Ok(Self { sender, connection, traffic, patience, over: false })
    }

    /// Moves bytes, as far as hyper wants to.
    fn advance(&mut self, cx: &mut Context<'_>) {
        // What went wrong is told to the exchange as well.
        self.over = self.over || self.connection.poll_without_shutdown(cx).is_ready();
    }

    /// After an exchange: fit for another.
    fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        self.advance(cx);
        let idle = !self.over && self.sender.is_ready() && !self.traffic.blocked.load(Ordering::Relaxed);
        self.traffic.allow(self.patience);
        idle
    }

    fn is_open(&mut self) -> bool {
        self.traffic.probing.store(true, Ordering::Relaxed);
        self.advance(&mut Context::from_waker(Waker::noop()));
        self.traffic.probing.store(false, Ordering::Relaxed);
        !self.over && self.sender.is_ready()
    }
}

/// A request's body: all of it at once.
pub(crate) struct Once(Option<Bytes>);

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// The request as hyper wants it: with `Host` for HTTP/1.1, with an absolute URI for HTTP/2 and for a proxy that asks the
/// server itself (RFC 9112 §3.2.2).
fn request(exchange: Exchange, http2: bool) -> Result<Request<Once>, Fault> {
    let host = host(&exchange.to)?;
    let forwarded = exchange.to.proxy().filter(|_| exchange.to.is_forwarded());
    let (mut parts, body) = exchange.request.into_parts();
    if parts.method == Method::CONNECT {
        return Err(Fault::unsent(FaultKind::Unsupported, "CONNECT is not a request to a server"));
    }
    let length = body.len();
    for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    if length > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if http2 || forwarded.is_some() {
        let scheme = if http2 { Scheme::HTTPS } else { Scheme::HTTP };
        let uri = Uri::builder().scheme(scheme).authority(host.as_bytes());
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        parts.uri = uri.path_and_query(target).build().map_err(|error| {
            Fault::unsent(FaultKind::Unsupported, format!("{} is no address of a resource: {error}", parts.uri))
        })?;
    }
    if let Some(authorization) = forwarded.and_then(Proxy::authorization) {
        parts.headers.insert(PROXY_AUTHORIZATION, authorization);
    }
    if http2 {
        parts.version = Version::HTTP_2;
    } else {
        parts.headers.insert(HOST, host);
        parts.version = Version::HTTP_11;
    }
    Ok(Request::from_parts(parts, Once(Some(body).filter(|body| !body.is_empty()))))
}

fn failed(fault: Fault) -> (Option<Input>, Flight) {
    (Some(Input::Failed(Box::new(fault))), Flight::Nothing)
}

fn failed_with(fault: Fault) -> Poll<Input> {
    Poll::Ready(Input::Failed(Box::new(fault)))
}

impl fmt::Debug for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alone").field("over", &self.over).finish_non_exhaustive()
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flight::Nothing => "Nothing",
            Flight::Connecting(..) => "Connecting",
            Flight::Talking(_) => "Talking",
            Flight::Switched(_) => "Switched",
            Flight::Running(_) => "Running",
            Flight::Reading(_) => "Reading",
            Flight::Writing(_) => "Writing",
        })
    }
}

/// The smallest buffer that hyper takes, in bytes.
const LEAST: usize = 8 * 1024;
