//! A session of bytes as a reader and a writer of tokio.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use kube_proto::Error;
use kube_proto::driver::Raw;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::duplex::Duplex;
use crate::runtime::Job;

/// The reading half of a session: see [`Duplex::split`].
pub struct Reader {
    session: Duplex<Raw>,
    left: Bytes,
    next: Option<Job<Option<Result<Bytes, Error>>>>,
}

/// The writing half of a session: see [`Duplex::split`]. Closing it ends the sending side: the peer gets the end after
/// all bytes written before, and may still answer. Dropping it sends nothing to the peer.
pub struct Writer {
    session: Duplex<Raw>,
    sending: Option<Job<Result<(), Error>>>,
    finished: bool,
}

impl Duplex<Raw> {
    /// Splits the session into a reader and a writer of this runtime. The [`io::Error`] contains the error of the
    /// session.
    #[must_use]
    pub fn split(self) -> (Reader, Writer) {
        let reader = Reader { session: self.clone(), left: Bytes::new(), next: None };
        (reader, Writer { session: self, sending: None, finished: false })
    }
}

impl Reader {
    /// The rest of the last event, or the next one; no bytes at the end.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut Bytes>> {
        while self.left.is_empty() {
            let session = &self.session;
            let next = self.next.get_or_insert_with(|| {
                let session = session.clone();
                Box::pin(async move { session.next().await })
            });
            let event = ready!(next.as_mut().poll(cx));
            self.next = None;
            match event {
                Some(event) => self.left = event.map_err(io::Error::other)?,
                None => break,
            }
        }
        Poll::Ready(Ok(&mut self.left))
    }
}

impl Writer {
    /// Sends the rest of the last write.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(sending) = &mut self.sending else { return Poll::Ready(Ok(())) };
        let sent = ready!(sending.as_mut().poll(cx));
        self.sending = None;
        Poll::Ready(sent.map_err(io::Error::other))
    }

    /// Begins to send these bytes, after the rest of the last write.
    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_sent(cx))?;
        let (session, copy) = (self.session.clone(), Bytes::copy_from_slice(bytes));
        self.sending = Some(Box::pin(async move { session.send(copy).await }));
        match self.poll_sent(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(cx))?;
        if !std::mem::replace(&mut self.finished, true) {
            let session = self.session.clone();
            self.sending = Some(Box::pin(async move { session.with(Raw::finish).await }));
        }
        self.poll_sent(cx)
    }
}

impl AsyncRead for Reader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = ready!(self.poll_left(cx))?;
        let length = left.len().min(into.remaining());
        into.put_slice(left.get(..length).unwrap_or_default());
        left.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Writer {
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

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("session", &self.session).field("left", &self.left.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("session", &self.session).finish_non_exhaustive()
    }
}
