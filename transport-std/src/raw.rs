//! A session of bytes as a reader and a writer of the standard library.

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};
use kube_proto::Error;
use kube_proto::driver::Raw;

use crate::duplex::Duplex;

/// The reading half of a session: see [`Duplex::split`].
#[derive(Debug)]
pub struct Reader {
    session: Duplex<Raw>,
    left: Bytes,
}

/// The writing half of a session: see [`Duplex::split`]. Dropping it sends nothing to the peer.
#[derive(Debug)]
pub struct Writer(Duplex<Raw>);

impl Duplex<Raw> {
    /// Splits the session into a reader and a writer of this runtime, for a thread each. The [`io::Error`] contains the
    /// error of the session.
    #[must_use]
    pub fn split(self) -> (Reader, Writer) {
        (Reader { session: self.clone(), left: Bytes::new() }, Writer(self))
    }
}

impl Writer {
    /// Ends the sending side: the peer gets the end after all bytes written before, and may still answer.
    ///
    /// # Errors
    /// The session has ended.
    pub fn finish(&self) -> Result<(), Error> {
        self.0.with(Raw::finish)
    }
}

impl Read for Reader {
    /// Blocks until there are bytes; 0 at the end.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left.is_empty() {
            match self.session.next() {
                Some(event) => self.left = event.map_err(io::Error::other)?,
                None => return Ok(0),
            }
        }
        let length = (&*self.left).read(into)?;
        self.left.advance(length);
        Ok(length)
    }
}

impl Write for Writer {
    /// Blocks until the system has taken all of it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(Bytes::copy_from_slice(bytes)).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
