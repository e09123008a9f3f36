//! One connection over the channels of `v4.channel.k8s.io`, without what carries its messages.
//!
//! Channel 0 carries the data in both directions, and channel 1 the server's message about a failure. Each begins with
//! the port in two bytes (docs/wire.md §6.4). There is no half-close: a client cannot say that it sends no more.
//!
//! | state of a message | bytes | next |
//! |---|---|---|
//! | `Channel` | its first byte | `Data` or `Message`, or `Ignored` for any other channel |
//! | `Data`, `Message` | the two bytes of the port, once for each channel | skipped |
//! | `Data` | the others | for the reader |
//! | `Message` | the others | the reason of the failure |
//! | any | the last byte of the message | `Channel` |

use bytes::{Buf, Bytes};

use super::connection::{Connection, ConnectionId, ROOM, Sending};
use crate::error::Error;

/// The machine.
#[derive(Debug)]
pub(super) struct Direct {
    connection: Connection,
    taken: bool,
    writer_dropped: bool,
    part: Part,
    /// The bytes of the port that are still to come, for each channel.
    port: [usize; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Channel,
    Data,
    Message,
    Ignored,
}

impl Direct {
    pub(super) fn new() -> Self {
        let connection = Connection::new(Sending::Open);
        Self { connection, taken: false, writer_dropped: false, part: Part::Channel, port: [2; 2] }
    }

    /// Takes a part of a message.
    pub(super) fn receive(&mut self, mut bytes: Bytes, last: bool) {
        if self.part == Part::Channel && !bytes.is_empty() {
            self.part = match bytes.get_u8() {
                0 => Part::Data,
                1 => Part::Message,
                _ => Part::Ignored,
            };
        }
        let [data, message] = &mut self.port;
        match self.part {
            Part::Data => {
                skip(&mut bytes, data);
                self.connection.receive(bytes);
            }
            Part::Message => {
                skip(&mut bytes, message);
                self.connection.report(&bytes);
            }
            Part::Channel | Part::Ignored => {}
        }
        if last {
            self.part = Part::Channel;
        }
    }

    /// The server has closed the session: the end of the connection, or its failure.
    pub(super) fn close(&mut self) {
        self.connection.end();
        self.connection.settle();
        self.connection.sending = Sending::Finished;
    }

    /// No more can be received before the reader has taken some. A message may have more bytes than there is room for:
    /// the driver gives 64 KiB at once.
    pub(super) fn is_full(&self) -> bool {
        self.connection.room() < ROOM / 2
    }

    /// Whether the only connection is in use, or was.
    pub(super) fn is_taken(&self) -> bool {
        self.taken
    }

    /// The only connection, once.
    pub(super) fn connect(&mut self) -> Option<ConnectionId> {
        (!std::mem::replace(&mut self.taken, true)).then_some(ConnectionId(0))
    }

    pub(super) fn read(&mut self, most: usize) -> Option<Result<Bytes, Error>> {
        self.connection.read(most)
    }

    /// Checks that bytes can be sent.
    pub(super) fn write(&self) -> Result<(), Error> {
        match self.connection.sending {
            Sending::Finished => Err(self.connection.error()),
            _ => Ok(()),
        }
    }

    pub(super) fn is_readable(&self) -> bool {
        self.connection.is_readable()
    }

    pub(super) fn drop_reader(&mut self) {
        self.connection.drop_reader();
    }

    pub(super) fn drop_writer(&mut self) {
        self.writer_dropped = true;
    }

    /// Whether the connection was given up: the session has no use then.
    pub(super) fn is_abandoned(&self) -> bool {
        self.writer_dropped && self.connection.is_dropped()
    }

    pub(super) fn fail(&mut self, error: &Error) {
        self.connection.fail(error);
    }
}

/// What a reader gets of these messages, each in parts with a mark for the last one: the data, and the end after the server
/// has closed the session.
pub fn read_messages(parts: impl IntoIterator<Item = (Bytes, bool)>) -> (Vec<u8>, Result<(), String>) {
    let (mut direct, mut data) = (Direct::new(), Vec::new());
    for (bytes, last) in parts {
        direct.receive(bytes, last);
        while let Some(Ok(bytes)) = direct.read(7).filter(|read| !matches!(read, Ok(bytes) if bytes.is_empty())) {
            data.extend_from_slice(&bytes);
        }
    }
    direct.close();
    match direct.read(1) {
        Some(Err(error)) => (data, Err(error.to_string())),
        _ => (data, Ok(())),
    }
}

fn skip(bytes: &mut Bytes, left: &mut usize) {
    let count = bytes.len().min(*left);
    bytes.advance(count);
    *left -= count;
}
