//! A socket under hyper: the core's bytes, plain or in TLS, as hyper's `Read` and `Write`.

use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use hyper::rt::ReadBufCursor;
use kube_proto::driver::wire::{Flushed, READ, RawConnection, Received};
use kube_proto::driver::{Endpoint, Fault, FaultKind};
use kube_proto::observe::ConnectionRecord;
use tokio::sync::Notify;

use crate::runtime::Socket;

/// A connection's socket and the layer between that and HTTP.
pub(crate) struct Wire {
    socket: Box<dyn Socket>,
    connection: RawConnection,
    incoming: BytesMut,
    traffic: Seen,
    /// The first bytes of an HTTP/2 server, until its settings are known.
    preface: Option<Vec<u8>>,
    /// hyper has begun to read.
    heard: bool,
    /// Reads since the socket was last empty.
    reads: usize,
}

/// Marks the traffic as gone when its connection is dropped.
struct Seen(Arc<Traffic>);

/// Facts about a connection from its bytes, which hyper does not report.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// Bytes that the socket took.
    pub(crate) written: AtomicU64,
    /// Bytes that came out of TLS.
    pub(crate) read: AtomicU64,
    /// The value of `read` by which an input must have come.
    limit: AtomicU64,
    /// The fault that broke the connection.
    pub(crate) fault: OnceLock<Fault>,
    /// The peer ended the connection properly.
    pub(crate) ended: AtomicBool,
    /// The last bytes are not sent yet.
    pub(crate) blocked: AtomicBool,
    /// No bytes are expected: ask the system itself.
    pub(crate) probing: AtomicBool,
    /// The connection has carried an answer.
    pub(crate) used: AtomicBool,
    /// HTTP/2: streams that the server allows at once. 0: not known yet.
    streams: AtomicUsize,
    settled: Notify,
    /// The connection is closed.
    gone: AtomicBool,
    /// What observers learn of the connection.
    pub(crate) record: ConnectionRecord,
}

/// A socket borrowed for one call: an operation that would wait fails with `WouldBlock`, and `cx` is woken later.
pub(crate) struct Lent<'a, 'b> {
    pub(crate) socket: &'a mut dyn Socket,
    pub(crate) cx: &'a mut Context<'b>,
}

impl Wire {
    pub(crate) fn new(socket: Box<dyn Socket>, connection: RawConnection) -> Self {
        let (limit, record) = (u64::MAX.into(), connection.record().clone());
        let traffic = Seen(Arc::new(Traffic { limit, record, ..Traffic::default() }));
        Self { socket, connection, incoming: BytesMut::new(), traffic, preface: None, heard: false, reads: 0 }
    }

    /// The handshakes with the proxy and of TLS.
    pub(crate) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let io = &mut counted(&mut *self.socket, cx, &self.traffic.0);
        let _ = self.connection.flush(io);
        while self.connection.is_handshaking() {
            // Read even if writing failed: the peer may have sent the reason before it closed.
            let received = self.connection.receive(io, &mut self.incoming, READ)?;
            // The bytes read may need an answer, or be the end of the handshake.
            let flushed = self.connection.flush(io);
            match received {
                Received::Blocked if self.connection.is_handshaking() => {
                    return flushed.map_or_else(|fault| Poll::Ready(Err(fault)), |_| Poll::Pending);
                }
                Received::Blocked | Received::Bytes => {}
                Received::End => {
                    let text = "the connection ended in the TLS handshake";
                    return Poll::Ready(Err(Fault::unsent(FaultKind::Closed, text)));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The fault of a handshake that takes too long.
    pub(crate) fn too_slow(&self, to: &Endpoint) -> Fault {
        self.connection.too_slow(to)
    }

    pub(crate) fn speaks_http2(&self) -> bool {
        self.connection.alpn() == Some(b"h2")
    }

    /// From now on the connection is HTTP/2.
    pub(crate) fn expect_settings(&mut self) {
        self.preface = Some(Vec::new());
        self.sniff();
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic.0
    }

    pub(crate) fn into_parts(self) -> (Box<dyn Socket>, RawConnection, BytesMut) {
        (self.socket, self.connection, self.incoming)
    }

    /// Reads once; nothing in `incoming` is the end.
    ///
    /// hyper reads until the socket is empty, and the socket of a flood never is. After [`FAIR`] reads this is pending,
    /// with the task woken: other tasks of the executor take their turn first. tokio has a budget of its own, and other
    /// runtimes have none.
    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        let probing = self.traffic.0.probing.load(Ordering::Relaxed);
        if self.reads == FAIR && !probing {
            self.reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let io = &mut counted(&mut *self.socket, cx, &self.traffic.0);
        match self.connection.receive(io, &mut self.incoming, READ)? {
            Received::Bytes => {
                self.reads = (self.reads + 1).min(FAIR);
                self.traffic.0.count(self.incoming.len())?;
                self.sniff();
                Poll::Ready(Ok(()))
            }
            Received::Blocked => {
                // TLS may have to answer what it read.
                let _ = self.connection.flush(io);
                self.reads = 0;
                match probing && !self.socket.is_quiet() {
                    true => Poll::Ready(Ok(())),
                    false => Poll::Pending,
                }
            }
            Received::End => {
                self.traffic.0.ended.store(true, Ordering::Relaxed);
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Reads the server's settings from its first frame: hyper obeys them, but does not report them in time.
    fn sniff(&mut self) {
        let Some(preface) = &mut self.preface else { return };
        preface.extend_from_slice(&self.incoming);
        if let Some(streams) = max_streams(preface) {
            self.preface = None;
            self.traffic.0.streams.store(streams.max(1), Ordering::SeqCst);
            self.traffic.0.settled.notify_waiters();
        }
    }

    /// Sends what is queued.
    ///
    /// After a failed write the bytes that the peer sent before can still be read, and then the end. So this is pending
    /// then, unless hyper does not read yet, as with HTTP/2 before its first bytes are written.
    fn flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let before = self.connection.pending();
        let io = &mut counted(&mut *self.socket, cx, &self.traffic.0);
        let flushed = if before > 0 { self.connection.flush(io) } else { Ok(Flushed::All) };
        let done = matches!(flushed, Ok(Flushed::All));
        self.traffic.0.blocked.store(!done, Ordering::Relaxed);
        match flushed {
            _ if done => Poll::Ready(Ok(())),
            Err(fault) if !self.heard => {
                let said = self.fill(cx);
                Poll::Ready(Err(self.failed(if let Poll::Ready(Err(said)) = said { said } else { fault })))
            }
            _ => Poll::Pending,
        }
    }

    /// Stores the fault, and returns it as an error for hyper.
    fn failed(&self, fault: Fault) -> io::Error {
        let text = fault.text.clone();
        let _ = self.traffic.0.fault.set(fault);
        io::Error::other(text)
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::SeqCst);
        self.0.settled.notify_waiters();
    }
}

impl Traffic {
    /// From now on any number of bytes may come.
    pub(crate) fn allow_all(&self) {
        self.limit.store(u64::MAX, Ordering::Relaxed);
    }

    /// From now on this many bytes may come without an input.
    pub(crate) fn allow(&self, bytes: u64) {
        self.limit.store(self.read.load(Ordering::Relaxed).saturating_add(bytes), Ordering::Relaxed);
    }

    fn count(&self, bytes: usize) -> Result<(), Fault> {
        let before = self.read.fetch_add(bytes as u64, Ordering::Relaxed);
        match before > self.limit.load(Ordering::Relaxed) {
            false => Ok(()),
            true => Err(Fault::answered(
                FaultKind::Protocol,
                "the server sends more bytes around its answers than the limit allows",
            )),
        }
    }

    /// HTTP/2: how many streams the server allows at once; a modest number until that is known.
    pub(crate) fn streams(&self) -> usize {
        match self.streams.load(Ordering::Relaxed) {
            0 => UNSETTLED,
            streams => streams,
        }
    }

    /// Waits until the server of an HTTP/2 connection has sent its settings, or the connection is gone.
    pub(crate) async fn settled(&self) {
        let notified = self.settled.notified();
        if self.streams.load(Ordering::SeqCst) == 0 && !self.gone.load(Ordering::SeqCst) {
            notified.await;
        }
    }
}

impl hyper::rt::Read for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.heard = true;
        if this.incoming.is_empty()
            && let Err(fault) = ready!(this.fill(cx))
        {
            return Poll::Ready(Err(this.failed(fault)));
        }
        let length = this.incoming.len().min(into.remaining());
        into.put_slice(this.incoming.get(..length).unwrap_or_default());
        this.incoming.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.flush(cx))?;
        let mut chunk = BytesMut::new();
        for slice in slices {
            let room = READ - chunk.len();
            chunk.extend_from_slice(slice.get(..room).unwrap_or(slice));
        }
        let length = chunk.len();
        this.connection.send(chunk.freeze());
        // The next call reports a failure.
        let _ = this.flush(cx);
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().flush(cx)
    }

    /// Sends the end of TLS as far as the socket takes it, and does not wait.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let _ = this.connection.close(&mut counted(&mut *this.socket, cx, &this.traffic.0));
        this.socket.poll_close(cx)
    }
}

impl Read for Lent<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        now(self.socket.poll_read(self.cx, into))
    }
}

impl Write for Lent<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        now(self.socket.poll_write(self.cx, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A borrowed socket that counts the bytes it takes: bytes sent during a read may be part of a request, too.
struct Counted<'a, 'b> {
    lent: Lent<'a, 'b>,
    written: &'a AtomicU64,
}

fn counted<'a, 'b>(socket: &'a mut dyn Socket, cx: &'a mut Context<'b>, traffic: &'a Traffic) -> Counted<'a, 'b> {
    Counted { lent: Lent { socket, cx }, written: &traffic.written }
}

impl Read for Counted<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.lent.read(into)
    }
}

impl Write for Counted<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.lent.write(bytes)?;
        self.written.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn now<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// `SETTINGS_MAX_CONCURRENT_STREAMS` of a server's first frame (RFC 9113 §6.5); `None` if more bytes are needed.
fn max_streams(bytes: &[u8]) -> Option<usize> {
    let mut frame = bytes;
    let [a, b, c, kind] = *frame.split_off(..4)?.first_chunk()?;
    // Any other frame is an error, which hyper will report.
    if kind != SETTINGS {
        return Some(UNSETTLED);
    }
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    let settings = frame.get(5..)?;
    let settings = match settings.get(..length) {
        Some(settings) => settings,
        None if length <= SETTINGS_MOST => return None,
        None => return Some(UNSETTLED),
    };
    let mut streams = usize::MAX;
    for setting in settings.chunks_exact(6) {
        if let Some((&MAX_CONCURRENT_STREAMS, value)) = setting.split_first_chunk() {
            let value = value.first_chunk().map_or(0, |value| u32::from_be_bytes(*value));
            streams = usize::try_from(value).unwrap_or(usize::MAX);
        }
    }
    Some(streams)
}

/// After this many reads in a row, 512 KiB at most, a connection lets the other tasks of its executor run.
const FAIR: usize = 8;

/// The usual value (RFC 9113 §6.5.2).
const UNSETTLED: usize = 100;

const SETTINGS: u8 = 4;

const MAX_CONCURRENT_STREAMS: [u8; 2] = [0, 3];

/// The longest settings that the client waits for, in bytes. A server has a handful of settings, of 6 bytes each.
const SETTINGS_MOST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_s_settings_are_read_out_of_its_first_frame() {
        let frame = |settings: &[u8]| {
            let mut frame = vec![0, 0, settings.len() as u8, 4, 0, 0, 0, 0, 0];
            frame.extend_from_slice(settings);
            frame
        };
        let hundred = frame(&[0, 5, 0, 4, 0, 0, 0, 3, 0, 0, 0, 100, 0, 6, 0, 1, 0, 0]);
        assert_eq!(max_streams(&hundred), Some(100));
        for cut in 0..hundred.len() {
            assert_eq!(max_streams(&hundred[..cut]), None, "{cut}");
        }
        assert_eq!(max_streams(&frame(&[0, 5, 0, 4, 0, 0])), Some(usize::MAX));
        assert_eq!(max_streams(&frame(&[])), Some(usize::MAX));
        assert_eq!(max_streams(b"HTTP/1.1 400 Bad Request"), Some(UNSETTLED));
        assert_eq!(max_streams(&[255, 255, 255, 4, 0, 0, 0, 0, 0, 1]), Some(UNSETTLED));
    }
}
