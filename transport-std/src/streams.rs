//! The streams of a session as readers and writers of the standard library.

use std::fmt;
use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};
use kube_proto::Error;
use kube_proto::driver::{Raw, Streams, io_error};

use crate::duplex::Duplex;

/// The reading side of one stream of a session: see [`Duplex::split`].
///
/// It blocks while the session has no bytes for it; other threads may read other streams meanwhile. Dropping it drops
/// what arrives on the stream from then on, so that it does not hold up the others.
pub struct Reader<C: Streams = Raw> {
    session: Duplex<C>,
    stream: C::Stream,
    left: Bytes,
    ended: bool,
}

/// The writing side of one stream of a session: see [`Duplex::split`]. Dropping it sends nothing to the peer: call
/// [`finish`](Self::finish), so that a copy that failed is not taken for a whole one.
pub struct Writer<C: Streams = Raw> {
    session: Duplex<C>,
    stream: C::Stream,
}

impl<C: Streams> Duplex<C> {
    /// A reader of this stream. There should be one for each stream. The [`io::Error`] contains the error of the session.
    pub fn reader(&self, stream: C::Stream) -> Reader<C> {
        self.use_streams();
        Reader { session: self.clone(), stream, left: Bytes::new(), ended: false }
    }

    /// A writer of this stream. The [`io::Error`] contains the error of the session.
    pub fn writer(&self, stream: C::Stream) -> Writer<C> {
        Writer { session: self.clone(), stream }
    }
}

impl Duplex<Raw> {
    /// Splits the session into a reader and a writer of this runtime, for a thread each. The [`io::Error`] contains the
    /// error of the session.
    #[must_use]
    pub fn split(self) -> (Reader, Writer) {
        (self.reader(()), self.writer(()))
    }
}

impl<C: Streams> Writer<C> {
    /// Ends the sending side of the stream: the peer gets the end after all bytes written before, and may still answer.
    ///
    /// # Errors
    /// The session has failed, or its protocol cannot end this stream alone.
    pub fn finish(&self) -> Result<(), Error> {
        self.session.with(|channel| channel.finish(self.stream))?
    }
}

impl<C: Streams> Read for Reader<C> {
    /// Blocks until there are bytes; 0 at the end.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left.is_empty() && !self.ended {
            let stream = self.stream;
            let taken = self.session.wait_for(C::part(stream), |channel| channel.take(stream)).and_then(|taken| taken);
            self.left = taken.map_err(io_error)?;
            self.ended = self.left.is_empty();
        }
        let length = (&*self.left).read(into)?;
        self.left.advance(length);
        Ok(length)
    }
}

impl<C: Streams> Write for Writer<C> {
    /// Takes at most [`CHUNK`](kube_proto::driver::CHUNK) bytes, and blocks until the system has taken them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.session.with(|channel| channel.write(self.stream, bytes)).and_then(|taken| taken).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
