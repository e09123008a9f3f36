//! One TLS connection, in either role: cipher text on the socket's side, plain text on the other.

use std::collections::VecDeque;
use std::io;
use std::io::{BufRead, Read, Write};
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use super::{fault, server_name};
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::wire::READ;
use crate::driver::wire::socket::{Got, SocketError, read, retry};

pub(in crate::driver::wire) struct Session {
    tls: Connection,
    /// The peer, in errors: a client's server has a name.
    name: String,
    /// The peer, in errors about the data: `the server`.
    peer: &'static str,
    identified: bool,
    /// TLS has taken plain text since [`begin`](Self::begin): what it writes from then on may contain it.
    fed: bool,
    /// Plain text came from the peer.
    heard: bool,
    /// Bytes of cipher text in a row without any plain text.
    silent: usize,
    /// The peer sent its end.
    closed: bool,
    failed: Option<SocketError>,
    good_bye: GoodBye,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum GoodBye {
    No,
    Wanted,
    Said,
}

impl Session {
    pub(in crate::driver::wire) fn new(config: Arc<ClientConfig>, name: &str) -> Result<Self, Fault> {
        let identified = config.client_auth_cert_resolver.has_certs();
        let tls = ClientConnection::new(config, server_name(name)?)
            .map_err(|error| Fault::unsent(FaultKind::Tls, format!("TLS with {name} cannot begin: {error}")))?;
        Ok(Self { identified, ..Self::of(tls.into(), name, "the server") })
    }

    /// The server's side.
    pub(in crate::driver::wire) fn accept(config: Arc<ServerConfig>) -> Result<Self, Fault> {
        let tls = ServerConnection::new(config)
            .map_err(|error| Fault::unsent(FaultKind::Tls, format!("TLS cannot begin: {error}")))?;
        Ok(Self::of(tls.into(), "the client", "the client"))
    }

    fn of(tls: Connection, name: &str, peer: &'static str) -> Self {
        Self {
            tls,
            name: name.to_owned(),
            peer,
            identified: false,
            fed: false,
            heard: false,
            silent: 0,
            closed: false,
            failed: None,
            good_bye: GoodBye::No,
        }
    }

    pub(in crate::driver::wire) fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    pub(in crate::driver::wire) fn alpn(&self) -> Option<&[u8]> {
        self.tls.alpn_protocol()
    }

    pub(in crate::driver::wire) fn wants_write(&self) -> bool {
        self.tls.wants_write()
    }

    /// No bytes are on their way out, and the peer has not ended the connection.
    pub(in crate::driver::wire) fn is_quiet(&self) -> bool {
        !self.tls.wants_write() && !self.closed && self.failed.is_none() && self.good_bye == GoodBye::No
    }

    /// An exchange begins.
    pub(in crate::driver::wire) fn begin(&mut self) {
        self.fed = false;
    }

    /// Sends a `close_notify` after the queued bytes.
    pub(in crate::driver::wire) fn close(&mut self) {
        if self.good_bye == GoodBye::No {
            self.good_bye = GoodBye::Wanted;
        }
    }

    /// Writes what the socket takes from the queue and from TLS itself. `sent` is set once any byte of the queue may
    /// have been sent. Plain text leaves the queue only after the handshake.
    pub(in crate::driver::wire) fn write(
        &mut self,
        out: &mut VecDeque<Bytes>,
        sent: &mut bool,
        io: &mut impl Write,
    ) -> io::Result<()> {
        loop {
            if !self.tls.is_handshaking() {
                self.feed(out)?;
            }
            if !self.tls.wants_write() {
                if self.good_bye != GoodBye::Wanted || !out.is_empty() {
                    return Ok(());
                }
                self.tls.send_close_notify();
                self.good_bye = GoodBye::Said;
                continue;
            }
            if retry(|| self.tls.write_tls(io))? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            *sent |= self.fed;
        }
    }

    /// Takes as much of the plain text as possible now; nothing before the end of the handshake.
    pub(in crate::driver::wire) fn take(&mut self, plain: &[u8]) -> io::Result<usize> {
        self.fed = true;
        self.tls.writer().write(plain)
    }

    /// Gives TLS as much plain text as it takes.
    fn feed(&mut self, out: &mut VecDeque<Bytes>) -> io::Result<()> {
        while let Some(front) = out.front_mut() {
            match self.tls.writer().write(front)? {
                0 => break,
                taken if taken < front.len() => front.advance(taken),
                _ => drop(out.pop_front()),
            }
            self.fed = true;
        }
        Ok(())
    }

    /// Reads once, and adds the plain text to `into`. Plain text from before an end or a failure comes first.
    pub(in crate::driver::wire) fn receive(
        &mut self,
        io: &mut (impl Read + Write),
        scratch: &mut Vec<u8>,
        into: &mut BytesMut,
    ) -> Got {
        if !self.closed && self.failed.is_none() {
            let before = into.len();
            match read(io, scratch, READ) {
                Ok([]) => self.failed = Some(self.cut()),
                Ok(cipher) => self.decrypt(cipher, into),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Got::Blocked,
                Err(error) => self.failed = Some(SocketError::io(&error)),
            }
            if into.len() > before {
                return Got::Bytes;
            }
        }
        match self.failed.clone() {
            Some(trouble) => {
                self.alert(io);
                Got::Failed(trouble)
            }
            None if self.closed => Got::End,
            None => Got::Bytes,
        }
    }

    fn decrypt(&mut self, mut cipher: &[u8], into: &mut BytesMut) {
        let before = into.len();
        self.silent += cipher.len();
        while !cipher.is_empty() && !self.closed && self.failed.is_none() {
            let handshaking = self.tls.is_handshaking();
            match self.tls.read_tls(&mut cipher) {
                Ok(1..) => {}
                Ok(0) => self.failed = Some(SocketError::new(FaultKind::Protocol, "TLS takes no more bytes")),
                Err(error) => self.failed = Some(SocketError::new(FaultKind::Protocol, format!("TLS failed: {error}"))),
            }
            match self.tls.process_new_packets() {
                Ok(state) => self.closed = state.peer_has_closed(),
                Err(error) => self.failed = Some(fault::trouble(&error, &self.moment(handshaking))),
            }
            let mut reader = self.tls.reader();
            while let Ok(plain @ [_, ..]) = reader.fill_buf() {
                into.extend_from_slice(plain);
                let length = plain.len();
                reader.consume(length);
            }
        }
        if into.len() > before {
            (self.heard, self.silent) = (true, 0);
        }
        if self.silent > SILENT && self.failed.is_none() {
            let text = format!("{} sends TLS records without data, and no end", self.peer);
            self.failed = Some(SocketError::new(FaultKind::Protocol, text));
        }
    }

    fn moment(&self, handshaking: bool) -> fault::HandshakeState<'_> {
        let tickets = match &self.tls {
            Connection::Client(tls) => tls.tls13_tickets_received(),
            Connection::Server(_) => 0,
        };
        let accepted = self.heard || tickets > 0;
        fault::HandshakeState { name: &self.name, handshaking, accepted, identified: self.identified }
    }

    /// The connection ended without the end of TLS: an attacker may have cut it (RFC 8446 §6.1).
    fn cut(&self) -> SocketError {
        let text = if self.tls.is_handshaking() {
            format!("{} closed it", self.name)
        } else {
            format!("{} closed it without saying so in TLS (no close_notify)", self.peer)
        };
        SocketError::new(FaultKind::Closed, text)
    }

    /// Sends the reason to the peer, as far as the socket takes it. There is no second try.
    fn alert(&mut self, io: &mut impl Write) {
        while self.tls.wants_write() && self.tls.write_tls(io).is_ok_and(|written| written > 0) {}
    }
}

/// The most cipher text that may come in a row without any plain text, in bytes. A handshake with long certificate
/// chains and some session tickets are a fraction of this. Tests have less: the server of rustls cannot send more
/// tickets at once than its client buffers.
pub(super) const SILENT: usize = if cfg!(test) { 32 << 10 } else { 1 << 20 };
