//! The streams of a session as readers and writers of tokio.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use kube_proto::Error;
use kube_proto::driver::{Raw, Streams, io_error};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::duplex::Duplex;
use crate::runtime::Job;

/// The reading side of one stream of a session: see [`Duplex::split`]. Other tasks may read other streams meanwhile.
/// Dropping it drops what arrives on the stream from then on, so that it does not hold up the others.
pub struct Reader<C: Streams = Raw> {
    session: Duplex<C>,
    stream: C::Stream,
    left: Bytes,
    next: Option<Job<Result<Bytes, Error>>>,
    ended: bool,
}

/// The writing side of one stream of a session: see [`Duplex::split`]. Closing it ends the sending side: the peer gets the
/// end after all bytes written before, and may still answer. Dropping it sends nothing to the peer, so that a copy that
/// failed is not taken for a whole one.
pub struct Writer<C: Streams = Raw> {
    session: Duplex<C>,
    stream: C::Stream,
    sending: Option<Job<Result<(), Error>>>,
    finished: bool,
}

impl<C: Streams> Duplex<C> {
    /// A reader of this stream. There should be one for each stream. The [`io::Error`] contains the error of the session.
    pub fn reader(&self, stream: C::Stream) -> Reader<C> {
        self.use_streams();
        Reader { session: self.clone(), stream, left: Bytes::new(), next: None, ended: false }
    }

    /// A writer of this stream. The [`io::Error`] contains the error of the session.
    pub fn writer(&self, stream: C::Stream) -> Writer<C> {
        Writer { session: self.clone(), stream, sending: None, finished: false }
    }
}

impl Duplex<Raw> {
    /// Splits the session into a reader and a writer of this runtime. The [`io::Error`] contains the error of the
    /// session.
    #[must_use]
    pub fn split(self) -> (Reader, Writer) {
        (self.reader(()), self.writer(()))
    }
}

impl<C: Streams + Send + 'static> Reader<C> {
    /// The rest of the last bytes, or the next ones; none at the end.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut Bytes>> {
        while self.left.is_empty() && !self.ended {
            let (session, stream) = (&self.session, self.stream);
            let next = self.next.get_or_insert_with(|| {
                let session = session.clone();
                let part = C::part(stream);
                Box::pin(async move { session.wait_for(part, |channel| channel.take(stream)).await? })
            });
            let taken = ready!(next.as_mut().poll(cx));
            self.next = None;
            self.left = taken.map_err(io_error)?;
            self.ended = self.left.is_empty();
        }
        Poll::Ready(Ok(&mut self.left))
    }
}

impl<C: Streams + Send + 'static> Writer<C> {
    /// Sends the rest of the last write.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(sending) = &mut self.sending else { return Poll::Ready(Ok(())) };
        let sent = ready!(sending.as_mut().poll(cx));
        self.sending = None;
        Poll::Ready(sent.map_err(io_error))
    }

    /// Begins to send these bytes, after the rest of the last write.
    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_sent(cx))?;
        let stream = self.stream;
        let taken = self.session.call(|channel| channel.write(stream, bytes)).and_then(|taken| taken);
        let taken = taken.map_err(io_error)?;
        self.send_rest(cx).map_ok(|()| taken)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(cx))?;
        if !std::mem::replace(&mut self.finished, true) {
            let stream = self.stream;
            let finished = self.session.call(|channel| channel.finish(stream)).and_then(|finished| finished);
            finished.map_err(io_error)?;
            ready!(self.send_rest(cx))?;
        }
        self.poll_sent(cx)
    }

    /// Sends what is queued, as far as the system takes it. The next call sends the rest.
    fn send_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let session = self.session.clone();
        self.sending = Some(Box::pin(async move { session.sent().await }));
        match self.poll_sent(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<C: Streams + Send + 'static> AsyncRead for Reader<C> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = ready!(self.poll_left(cx))?;
        let length = left.len().min(into.remaining());
        into.put_slice(left.get(..length).unwrap_or_default());
        left.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<C: Streams + Send + 'static> AsyncWrite for Writer<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sent(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_finish(cx)
    }
}

impl<C: Streams> Drop for Reader<C> {
    fn drop(&mut self) {
        let stream = self.stream;
        self.session.act(|channel| channel.discard(stream));
    }
}

impl<C: Streams> fmt::Debug for Reader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("stream", &self.stream).field("left", &self.left.len()).finish_non_exhaustive()
    }
}

impl<C: Streams> fmt::Debug for Writer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("stream", &self.stream).finish_non_exhaustive()
    }
}
