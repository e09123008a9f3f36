//! One HTTP/2 connection: concurrent requests, one task each, on the connection's thread.
//!
//! | event | effect |
//! |---|---|
//! | a request | its response on its stream; at most 100 at once, as in the real server |
//! | a stream is reset | its response ends |
//! | the server's state changes | every watch polls the server |
//! | [`Bound::retire_connections`](super::Bound::retire_connections) | `GOAWAY`: the connection ends after its open requests |
//! | an upgrade | `HTTP_1_1_REQUIRED`: HTTP/2 has no upgrades |

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::{answer, convert};
use super::http1::{COUNTED, http_date};
use super::{Clock, Shared};
use crate::{Chunk, PeerSubject, Reply, Watch};

/// Serves a connection from the end of its TLS handshake until it ends.
pub(super) fn serve(shared: &Arc<Shared>, id: u64, socket: TcpStream, session: ServerConnection, peer: &Peer) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let _ = runtime.and_then(|runtime| {
        runtime.block_on(async {
            socket.set_nonblocking(true)?;
            let tls = Tls { socket: tokio::net::TcpStream::from_std(socket)?, session };
            requests(shared, id, tls, peer).await.map_err(io::Error::other)
        })
    });
}

/// The subject of the client's certificate.
pub(super) type Peer = Option<PeerSubject>;

async fn requests(shared: &Arc<Shared>, id: u64, tls: Tls, peer: &Peer) -> Result<(), h2::Error> {
    let mut http2 = Builder::new()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD)
        .max_frame_size(FRAME)
        .initial_window_size(FRAME)
        .initial_connection_window_size(FRAME * STREAMS)
        .handshake::<_, Bytes>(tls)
        .await?;
    let (mut retired, mut leaving) = (shared.retired.subscribe(), false);
    loop {
        let accepted = tokio::select! {
            accepted = http2.accept() => accepted,
            () = async { _ = retired.wait_for(|next| id < *next).await }, if !leaving => {
                leaving = true;
                http2.graceful_shutdown();
                continue;
            }
        };
        let Some(accepted) = accepted else { return Ok(()) };
        let (request, respond) = accepted?;
        let (shared, peer) = (Arc::clone(shared), peer.clone());
        // An error of one stream does not end the connection.
        tokio::spawn(async move { one(&shared, &peer, request, respond).await });
    }
}

/// Answers one request.
async fn one(
    shared: &Arc<Shared>,
    peer: &Peer,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let limit = shared.server().options().body_limit;
    let (mut parts, mut incoming) = request.into_parts();
    let body = body(&mut incoming, limit).await?;
    if let Some(host) = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
        parts.headers.insert(HOST, host);
    }
    let target = parts.uri.path_and_query().cloned();
    parts.uri = target.map_or_else(Uri::default, Uri::from);
    let head_only = parts.method == Method::HEAD;
    let request = Request::from_parts(parts, body);
    let reply = if shared.server().has_any_webhook() {
        // A webhook may take its time: the other streams go on.
        let reply = tokio::task::spawn_blocking({
            let (shared, peer) = (Arc::clone(shared), peer.clone());
            move || answer(&shared, request, peer.as_ref())
        });
        let Ok(reply) = reply.await else { return Err(Reason::INTERNAL_ERROR.into()) };
        reply
    } else {
        answer(shared, request, peer.as_ref())
    };
    match reply {
        Reply::Response(response) => {
            let (parts, mut body) = response.into_parts();
            let mut head = head(shared, Response::from_parts(parts, ()));
            let bodiless = matches!(head.status().as_u16(), 204 | 304);
            if !bodiless && body.len() <= COUNTED {
                head.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            }
            if bodiless || head_only {
                body.clear();
            }
            let mut stream = respond.send_response(head, body.is_empty())?;
            match body.is_empty() {
                true => Ok(()),
                false => pour(&mut stream, body, true).await,
            }
        }
        Reply::Watch(watch) => grow(shared, &mut respond, *watch).await,
        Reply::Upgrade(_) => {
            respond.send_reset(Reason::HTTP_1_1_REQUIRED);
            Ok(())
        }
    }
}

/// A request's body, up to one byte more than `limit`.
async fn body(incoming: &mut RecvStream, limit: usize) -> Result<Bytes, h2::Error> {
    let mut body = Vec::new();
    while let Some(data) = incoming.data().await {
        let data = data?;
        incoming.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
        if body.len() > limit {
            body.truncate(limit + 1);
            break;
        }
    }
    Ok(body.into())
}

/// Sends a body that grows, until it ends or the client resets the stream.
async fn grow(shared: &Shared, respond: &mut SendResponse<Bytes>, watch: Watch) -> Result<(), h2::Error> {
    let Watch { head: response, mut state } = watch;
    let mut stream = respond.send_response(head(shared, response), false)?;
    let mut news = shared.news.subscribe();
    while !shared.stopped() {
        news.borrow_and_update();
        if shared.server().watch_conversion(&state).is_some() {
            // The connection waits with this stream.
            convert(shared, &state);
        }
        let now = shared.now();
        let chunk = shared.server().poll_watch(&mut state, now);
        match chunk {
            Chunk::Data(bytes) => pour(&mut stream, bytes, false).await?,
            Chunk::End => return stream.send_data(Bytes::new(), true),
            Chunk::Idle { until } => {
                let mut wait = until.map_or(LONG, |until| until.saturating_sub(now).max(Duration::from_millis(1)));
                if let Clock::Manual(_) = shared.clock {
                    wait = LONG;
                }
                tokio::select! {
                    _ = news.changed() => {}
                    () = tokio::time::sleep(wait) => {}
                    _ = poll_fn(|cx| stream.poll_reset(cx)) => return Ok(()),
                }
            }
        }
    }
    Ok(())
}

/// Sends all bytes, within the client's flow control.
async fn pour(stream: &mut SendStream<Bytes>, mut bytes: Bytes, last: bool) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let room = match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(room) => room?,
            None => return Err(Reason::CANCEL.into()),
        };
        let piece = bytes.split_to(room.min(bytes.len()));
        stream.send_data(piece, last && bytes.is_empty())?;
    }
    Ok(())
}

fn head(shared: &Shared, mut head: Response<()>) -> Response<()> {
    let headers: &mut HeaderMap = head.headers_mut();
    for name in [CONNECTION, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    if let Ok(date) = HeaderValue::try_from(http_date(shared.now())) {
        headers.insert(DATE, date);
    }
    head
}

/// TLS on tokio's socket, after its handshake.
struct Tls {
    socket: tokio::net::TcpStream,
    session: ServerConnection,
}

/// The socket during one poll: returns `WouldBlock` instead of waiting, and wakes the task later.
struct Lent<'a, 'b> {
    socket: &'a tokio::net::TcpStream,
    cx: &'a mut Context<'b>,
}

impl Tls {
    /// Sends the pending TLS records.
    fn send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.session.wants_write() {
            ready!(now(self.session.write_tls(&mut Lent { socket: &self.socket, cx })))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tls {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match now(this.session.reader().read(into.initialize_unfilled())) {
                Poll::Ready(read) => return Poll::Ready(read.map(|length| into.advance(length))),
                Poll::Pending => {}
            }
            if ready!(now(this.session.read_tls(&mut Lent { socket: &this.socket, cx })))? == 0 {
                return Poll::Ready(Ok(()));
            }
            this.session.process_new_packets().map_err(io::Error::other)?;
            let _ = this.send(cx)?;
        }
    }
}

impl AsyncWrite for Tls {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.send(cx))?;
        let taken = this.session.writer().write(bytes)?;
        let _ = this.send(cx)?;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().send(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.session.send_close_notify();
        ready!(this.send(cx))?;
        Pin::new(&mut this.socket).poll_shutdown(cx)
    }
}

impl Read for Lent<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.socket.poll_read_ready(self.cx) {
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
                Poll::Ready(ready) => ready?,
            }
            // The readiness may be stale: then poll again.
            match self.socket.try_read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

impl Write for Lent<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.socket.poll_write_ready(self.cx) {
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
                Poll::Ready(ready) => ready?,
            }
            match self.socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn now<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

/// The most concurrent streams of a connection.
const STREAMS: u32 = 100;

/// The size of a frame, and of a stream's window.
const FRAME: u32 = 256 * 1024;

/// Bytes of a request's head, as Go's default.
const HEAD: u32 = 1024 * 1024;

/// The longest wait of an idle watch.
const LONG: Duration = Duration::from_secs(3600);
