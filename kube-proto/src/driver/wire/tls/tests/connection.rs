//! Connections in TLS: exchanges, cuts, ends, and bytes after a 101.

use std::io;
use std::io::{Read, Write};

use bytes::{Bytes, BytesMut};
use rustls::version::TLS13;

use super::peer::*;
use crate::driver::effect::ExchangeKind;
use crate::driver::fault::Reach;
use crate::driver::wire::HttpLimits;
use crate::driver::wire::connection::{Connection, Finish};
use crate::driver::wire::raw::{Flushed, RawConnection, Received};
use crate::driver::wire::tls::session::SILENT;
use crate::driver::wire::tls::*;

#[test]
fn exchanges_one_after_the_other() {
    let authority = Authority::new();
    for version in VERSIONS {
        let pair = authority.issue(&[NAME]);
        let mut io = Peer::new(server(version, &pair, None), &[OK, OK, OK], Then::Stays);
        let mut connection = started(&client(&authority, None), NAME);
        for count in 1..=3 {
            assert_eq!(drive(&mut connection, &mut io), ok());
            assert!(!connection.is_handshaking());
            assert_eq!(io.requests(), count);
            assert_eq!(io.server.alpn_protocol(), None, "the client offered none");
            let Finish::Keep(next) = connection.finish() else { panic!() };
            connection = next;
            assert!(connection.idle_probe(&mut io));
            connection.start(&exchange(ExchangeKind::Call));
        }
    }
}

#[test]
fn a_large_answer_comes_whole_and_in_bounded_pieces() {
    let authority = Authority::new();
    let body = "x".repeat(1_000_000);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let config = server(&TLS13, &authority.issue(&[NAME]), None);
    for most in [usize::MAX, 20_000] {
        let mut io = Peer::new(config.clone(), &[&answer], Then::Stays);
        io.most = most;
        let (_, data) = drive(&mut started(&client(&authority, None), NAME), &mut io).unwrap();
        assert!(data == body.as_bytes());
    }
}

#[test]
fn however_the_cipher_text_arrives() {
    let authority = Authority::new();
    let pair = authority.issue(&[NAME]);
    for version in VERSIONS {
        for most in [1, 2, 5, 17, 100, 1000] {
            for hesitant in [false, true] {
                let mut io = Peer::new(server(version, &pair, None), &[OK], Then::Stays);
                (io.most, io.hesitant) = (most, hesitant);
                assert_eq!(drive(&mut started(&client(&authority, None), NAME), &mut io), ok());
            }
        }
    }
}

#[test]
fn an_end_without_close_notify_is_no_end() {
    let authority = Authority::new();
    let pair = authority.issue(&[NAME]);
    let unframed = "HTTP/1.1 200 OK\r\n\r\nok";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    for version in VERSIONS {
        for (answer, then, whole) in [
            (unframed, Then::SaysGoodBye, true),
            (unframed, Then::Cuts, false),
            (OK, Then::SaysGoodBye, true),
            (OK, Then::Cuts, true),
            (chunked, Then::Cuts, true),
            (&OK[..OK.len() - 1], Then::SaysGoodBye, false),
            (&OK[..OK.len() - 1], Then::Cuts, false),
            (&chunked[..chunked.len() - 1], Then::SaysGoodBye, false),
        ] {
            let mut io = Peer::new(server(version, &pair, None), &[answer], then);
            match drive(&mut started(&client(&authority, None), NAME), &mut io) {
                Ok(found) => assert!(whole && Ok(found) == ok(), "{answer:?}"),
                Err(fault) => {
                    assert!(!whole, "{answer:?}: {fault}");
                    assert_eq!((fault.kind, fault.reach), (FaultKind::Closed, Reach::Answered));
                    assert_eq!(fault.text.contains("close_notify"), then == Then::Cuts, "{fault}");
                }
            }
        }
    }
}

#[test]
fn a_connection_cut_anywhere_is_not_sent_only_if_nothing_came() {
    let authority = Authority::new();
    let pair = authority.issue(&[NAME]);
    for version in VERSIONS {
        let config = server(version, &pair, None);
        let trusting = client(&authority, None);
        let run = |takes, gives| {
            let mut io = Peer::new(config.clone(), &[OK], Then::Stays);
            (io.takes, io.gives, io.most) = (takes, gives, 50);
            (drive(&mut started(&trusting, NAME), &mut io), io)
        };
        let mut reached = [0; 3];
        for cut in (0..3000).step_by(7) {
            for (takes, gives) in [(cut, usize::MAX), (usize::MAX, cut)] {
                let (result, io) = run(takes, gives);
                let Err(fault) = result else {
                    assert_eq!(result, ok());
                    continue;
                };
                assert_eq!((fault.kind, fault.stale), (FaultKind::Closed, false), "{fault}");
                assert!(fault.reach != Reach::NotSent || io.seen.is_empty(), "{cut}: {fault}");
                reached[fault.reach as usize] += 1;
            }
        }
        assert!(reached[0] > 0 && reached[1] > 0, "{reached:?}");
    }
}

#[test]
fn a_kept_connection_that_was_dead_is_stale() {
    let authority = Authority::new();
    let config = server(&TLS13, &authority.issue(&[NAME]), None);
    for (takes, gives, reach) in [(usize::MAX, 0, Reach::Unknown), (0, usize::MAX, Reach::NotSent)] {
        let mut io = Peer::new(config.clone(), &[OK, OK], Then::Stays);
        let mut connection = started(&client(&authority, None), NAME);
        assert_eq!(drive(&mut connection, &mut io), ok());
        let Finish::Keep(mut connection) = connection.finish() else { panic!() };
        (io.takes, io.gives) = (takes, gives);
        io.out.clear();
        connection.start(&exchange(ExchangeKind::Call));
        let fault = drive(&mut connection, &mut io).unwrap_err();
        assert_eq!((fault.kind, fault.reach, fault.stale), (FaultKind::Closed, reach, true));
    }
}

#[test]
fn a_probe_reads_session_tickets() {
    let authority = Authority::new();
    let config = server(&TLS13, &authority.issue(&[NAME]), None);
    let kept = || {
        let mut io = Peer::new(config.clone(), &[OK, OK], Then::Stays);
        let mut connection = started(&client(&authority, None), NAME);
        assert_eq!(drive(&mut connection, &mut io), ok());
        let Finish::Keep(connection) = connection.finish() else { panic!() };
        (connection, io)
    };

    let (mut connection, mut io) = kept();
    io.server.refresh_traffic_keys().unwrap();
    io.collect();
    assert!(connection.idle_probe(&mut io));
    connection.start(&exchange(ExchangeKind::Call));
    assert_eq!(drive(&mut connection, &mut io), ok());

    let (mut connection, mut io) = kept();
    io.server.send_close_notify();
    io.collect();
    assert!(!connection.idle_probe(&mut io));

    let (mut connection, mut io) = kept();
    io.server.writer().write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
    io.collect();
    assert!(!connection.idle_probe(&mut io));

    let (mut connection, mut io) = kept();
    io.gives = 0;
    assert!(!connection.idle_probe(&mut io), "cut");

    let (mut connection, mut io) = kept();
    connection.close(&mut io);
    assert!(io.server.process_new_packets().unwrap().peer_has_closed());
}

#[test]
fn after_101_everything_stays_inside_tls() {
    let authority = Authority::new();
    for version in VERSIONS {
        let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nfirst";
        let config = server(version, &authority.issue(&[NAME]), None);
        let mut io = Peer::new(config, &[switch], Then::Stays);
        let mut connection = Connection::tls(client(&authority, None), NAME, HttpLimits::default()).unwrap();
        connection.start(&exchange(ExchangeKind::Upgrade));
        assert_eq!(drive(&mut connection, &mut io), Ok((101, Vec::new())));
        let Finish::Raw(mut raw) = connection.finish() else { panic!() };
        let mut into = BytesMut::new();
        let mut take = |raw: &mut RawConnection, io: &mut Peer, limit| {
            into.clear();
            raw.receive(io, &mut into, limit).map(|received| (received, into.to_vec()))
        };
        assert_eq!(take(&mut raw, &mut io, 2), Ok((Received::Bytes, b"fi".to_vec())));
        assert_eq!(take(&mut raw, &mut io, 100), Ok((Received::Bytes, b"rst".to_vec())));
        assert_eq!(take(&mut raw, &mut io, 100).unwrap().0, Received::Blocked);

        io.seen.clear();
        raw.send(Bytes::from_static(b"hello"));
        assert_eq!(raw.pending(), 5);
        io.hesitant = true;
        io.calls = [0; 2];
        assert_eq!(raw.flush(&mut io), Ok(Flushed::Blocked));
        assert!(raw.pending() > 0);
        assert_eq!(raw.flush(&mut io), Ok(Flushed::All));
        assert_eq!((&*io.seen, raw.pending()), (&b"hello"[..], 0));
        io.hesitant = false;

        io.server.writer().write_all(&[b'x'; 50_000]).unwrap();
        io.collect();
        let mut count = 0;
        while let (Received::Bytes, bytes) = take(&mut raw, &mut io, 1000).unwrap() {
            assert!(bytes.len() <= 1000);
            count += bytes.len();
        }
        assert_eq!(count, 50_000);

        raw.send(Bytes::from_static(b"bye"));
        assert_eq!(raw.close(&mut io), Ok(Flushed::All));
        assert!(io.seen.ends_with(b"bye"));
        assert!(io.server.process_new_packets().unwrap().peer_has_closed());
        io.server.writer().write_all(b"last").unwrap();
        io.server.send_close_notify();
        io.collect();
        assert_eq!(take(&mut raw, &mut io, 100), Ok((Received::Bytes, b"last".to_vec())));
        assert_eq!(take(&mut raw, &mut io, 100).unwrap().0, Received::End);
    }
}

#[test]
fn a_raw_connection_that_is_cut_says_so() {
    let authority = Authority::new();
    let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &[switch], Then::Cuts);
    let mut connection = Connection::tls(client(&authority, None), NAME, HttpLimits::default()).unwrap();
    connection.start(&exchange(ExchangeKind::Upgrade));
    assert_eq!(drive(&mut connection, &mut io), Ok((101, Vec::new())));
    let Finish::Raw(mut raw) = connection.finish() else { panic!() };
    let fault = raw.receive(&mut io, &mut BytesMut::new(), 100).unwrap_err();
    assert_eq!((fault.kind, fault.reach), (FaultKind::Closed, Reach::Answered));
    assert!(fault.text.contains("close_notify"), "{fault}");
}

/// A socket whose peer sends something other than TLS.
struct Says(&'static [u8]);

impl Read for Says {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Says {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_server_without_tls() {
    let trusting = client(&Authority::new(), None);
    let run = |bytes| drive(&mut started(&trusting, NAME), &mut Says(bytes));
    refused(run(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "k.example did not answer with TLS");
    refused(run(b"\x16\x03\x03\x00\x04garbage"), "handshake with k.example failed");
    refused(run(b"\x15\x03\x03\x00\x02\x02\x28"), "k.example refused the TLS handshake (alert handshake_failure)");
    refused(run(b"\x15\x03\x03\x00\x02\x02\x46"), "supports neither TLS 1.2 nor TLS 1.3");
    refused(run(b"\x15\x03\x03\x00\x02\x02\x70"), "`tls-server-name`");
    let fault = run(b"").unwrap_err();
    assert_eq!((fault.kind, fault.reach), (FaultKind::Closed, Reach::NotSent), "perhaps it only restarts");
    assert_eq!(fault.text, "the connection broke in the TLS handshake: k.example closed it");
}

/// Counts what is read of the server's bytes, and breaks off if that is far too much.
struct Counted(Peer, usize);

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.1 > 4 * SILENT {
            return Err(io::Error::other("far too much was read"));
        }
        let read = self.0.read(into)?;
        self.1 += read;
        Ok(read)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// rustls itself limits key updates, empty fragments and warnings, but not session tickets.
#[test]
fn records_without_data_have_an_end() {
    let authority = Authority::new();
    let with_tickets = |tickets| {
        let mut config = rustls::ServerConfig::clone(&server(&TLS13, &authority.issue(&[NAME]), None));
        config.send_tls13_tickets = tickets;
        // The tickets do not come together with data.
        Counted(Peer { most: 1000, ..Peer::new(Arc::new(config), &[OK], Then::Stays) }, 0)
    };
    let mut io = with_tickets(500);
    let fault = drive(&mut started(&client(&authority, None), NAME), &mut io).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Protocol, "{fault}");
    assert!(fault.text.contains("TLS records without data"), "{fault}");
    assert!((SILENT..2 * SILENT).contains(&io.1), "{} bytes were read", io.1);
    // Many are no harm, if data follows.
    let mut io = with_tickets(200);
    assert_eq!(drive(&mut started(&client(&authority, None), NAME), &mut io), ok());
    assert!((SILENT / 2..SILENT).contains(&io.1), "{} bytes were read", io.1);
}

/// Data of many times that length, with tickets before it.
#[test]
fn records_without_data_are_counted_anew_after_data() {
    let authority = Authority::new();
    let body = "x".repeat(8 * SILENT);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &[&answer], Then::Stays);
    assert!(drive(&mut started(&client(&authority, None), NAME), &mut io).is_ok());
}
