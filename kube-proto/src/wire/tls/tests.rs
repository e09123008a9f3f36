//! Against a server of rustls, in memory.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;

use bytes::Bytes;
use bytes::BytesMut;
use http::Request;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};

use super::*;
use crate::effect::{Endpoint, Exchange, Input, Kind, Reach};
use crate::wire::{Connection, Finish, Flushed, Limits, Pump, RawConnection, Received};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
const NAME: &str = "k.example";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// 2026-01-01T00:00:00Z.
const TODAY: u64 = 1_767_225_600;

/// A certificate authority.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
#[derive(Clone)]
struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let serial: u64 = key.public_key_raw().iter().fold(0, |sum, byte| (sum << 5) ^ u64::from(*byte) ^ (sum >> 59));
        Self::called(&format!("authority {serial:x}"), key)
    }

    fn called(name: &str, key: KeyPair) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, names: &[&str]) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names
            .iter()
            .map(|name| match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*name).try_into().unwrap()),
            })
            .collect();
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(2027, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    fn roots(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates(self.pem.as_bytes(), "CA").unwrap());
        store
    }
}

fn today() -> Arc<dyn TimeProvider> {
    Arc::new(Clock::new(Arc::new(TODAY.into())))
}

fn server(version: &'static SupportedProtocolVersion, pair: &Pair, clients: Option<&Authority>) -> Arc<ServerConfig> {
    let provider = Arc::new(default_provider());
    let builder =
        ServerConfig::builder_with_details(provider.clone(), today()).with_protocol_versions(&[version]).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(authority.roots().into(), provider).build().unwrap(),
        ),
    };
    let chain = certificates(pair.certificate.as_bytes(), "certificate").unwrap();
    Arc::new(builder.with_single_cert(chain, private_key(pair.key.as_bytes()).unwrap()).unwrap())
}

fn config(material: Material<'_>) -> Result<ClientConfig, String> {
    build(material, &TlsRoots::none(), Arc::new(default_provider()), today(), &[b"http/1.1"])
}

fn client(authority: &Authority, pair: Option<&Pair>) -> Arc<ClientConfig> {
    let material = Material {
        ca: Some(authority.pem.as_bytes()),
        certificate: pair.map(|pair| pair.certificate.as_bytes()),
        key: pair.map(|pair| pair.key.as_bytes()),
        skip_verify: false,
    };
    Arc::new(config(material).unwrap())
}

/// What the server does once it has answered all it was told to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Stays,
    SaysGoodBye,
    Cuts,
}

/// The server, seen as the client's socket.
struct Peer {
    server: ServerConnection,
    answers: VecDeque<Vec<u8>>,
    then: Then,
    /// Cipher text on its way to the client.
    out: VecDeque<u8>,
    /// Plain text that came.
    seen: Vec<u8>,
    answered: usize,
    failed: bool,
    /// The most bytes one call moves, and whether every other read and write blocks.
    most: usize,
    hesitant: bool,
    calls: [usize; 2],
    /// Bytes that may still pass in each direction before the connection is gone.
    takes: usize,
    gives: usize,
}

impl Peer {
    fn new(config: Arc<ServerConfig>, answers: &[&str], then: Then) -> Self {
        let mut server = ServerConnection::new(config).unwrap();
        server.set_buffer_limit(None);
        Self {
            server,
            answers: answers.iter().map(|answer| answer.as_bytes().to_vec()).collect(),
            then,
            out: VecDeque::new(),
            seen: Vec::new(),
            answered: 0,
            failed: false,
            most: usize::MAX,
            hesitant: false,
            calls: [0; 2],
            takes: usize::MAX,
            gives: usize::MAX,
        }
    }

    fn hesitates(&mut self, side: usize) -> io::Result<()> {
        self.calls[side] += 1;
        if self.hesitant && self.calls[side] % 2 == 1 { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }

    fn requests(&self) -> usize {
        self.seen.windows(4).filter(|four| four == b"\r\n\r\n").count()
    }

    fn process(&mut self) {
        self.failed |= self.server.process_new_packets().is_err();
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = self.server.reader().read(&mut buffer) {
            self.seen.extend_from_slice(&buffer[..length]);
        }
        while self.answered < self.requests() {
            self.answered += 1;
            let Some(answer) = self.answers.pop_front() else { break };
            self.server.writer().write_all(&answer).unwrap();
            if self.answers.is_empty() && self.then == Then::SaysGoodBye {
                self.server.send_close_notify();
            }
        }
        self.collect();
    }

    fn collect(&mut self) {
        while self.server.wants_write() {
            self.server.write_tls(&mut self.out).unwrap();
        }
    }

    fn is_gone(&self) -> bool {
        self.failed || self.then != Then::Stays && self.answers.is_empty()
    }
}

impl Read for Peer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.hesitates(0)?;
        let length = into.len().min(self.most).min(self.gives).min(self.out.len());
        if length == 0 {
            let gone = self.is_gone() || self.gives == 0 || self.takes == 0;
            return if gone { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        self.gives -= length;
        self.out.read(&mut into[..length])
    }
}

impl Write for Peer {
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        self.hesitates(1)?;
        if self.failed || self.takes == 0 {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let length = bytes.len().min(self.most).min(self.takes);
        self.takes -= length;
        bytes = &bytes[..length];
        while !bytes.is_empty() {
            self.server.read_tls(&mut bytes).unwrap();
            self.process();
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn exchange(kind: Kind) -> Exchange {
    let request = Request::post("/api/v1/pods").body(Bytes::from_static(b"{}")).unwrap();
    let to = Endpoint::new(NAME, 443, None, None);
    Exchange { to, request, kind, fresh: false, connect: Duration::from_secs(1) }
}

fn started(config: &Arc<ClientConfig>, name: &str) -> Connection {
    let mut connection = Connection::tls(config.clone(), name, Limits::default()).unwrap();
    assert!(connection.is_handshaking());
    connection.start(&exchange(Kind::Call));
    connection
}

/// Status and data, or the fault.
fn drive(connection: &mut Connection, io: &mut (impl Read + Write)) -> Result<(u16, Vec<u8>), Fault> {
    let (mut status, mut data) = (0, Vec::new());
    for _ in 0..100_000 {
        match connection.pump(io) {
            Pump::Input(Input::Head(head)) if head.status == 101 => return Ok((101, data)),
            Pump::Input(Input::Head(head)) => status = head.status.as_u16(),
            Pump::Input(Input::Data(bytes)) => data.extend_from_slice(&bytes),
            Pump::Input(Input::End) => return Ok((status, data)),
            Pump::Input(Input::Failed(fault)) => return Err(*fault),
            Pump::Input(other) => panic!("{other:?}"),
            Pump::Blocked { .. } => {}
        }
    }
    panic!("no end")
}

fn ok() -> Result<(u16, Vec<u8>), Fault> {
    Ok((200, b"ok".to_vec()))
}

#[track_caller]
fn refused(result: Result<(u16, Vec<u8>), Fault>, text: &str) {
    let fault = result.unwrap_err();
    assert_eq!((fault.kind, fault.reach, fault.stale), (FaultKind::Tls, Reach::NotSent, false), "{fault}");
    assert!(fault.text.contains(text), "{fault}");
}

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
            assert_eq!(io.server.alpn_protocol(), None, "the server was told of none");
            let Finish::Keep(next) = connection.finish() else { panic!() };
            connection = next;
            assert!(connection.idle_probe(&mut io));
            connection.start(&exchange(Kind::Call));
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
fn a_server_that_is_not_the_right_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let trusting = client(&authority, None);
    let try_one = |pair: &Pair, name: &str| {
        let mut io = Peer::new(server(&TLS13, pair, None), &[OK], Then::Stays);
        let result = drive(&mut started(&trusting, name), &mut io);
        assert_eq!(io.failed, result.is_err(), "the server is told by an alert");
        assert_eq!(io.seen.is_empty(), result.is_err());
        result
    };
    refused(try_one(&other.issue(&[NAME]), NAME), "not signed by");
    refused(
        try_one(&authority.issue(&["a.example", "10.0.0.1"]), NAME),
        "not valid for k.example, but for a.example, 10.0.0.1",
    );
    refused(try_one(&authority.issue(&[]), NAME), "no name at all");
    refused(try_one(&authority.issue(&[NAME]), "10.0.0.1"), "not valid for 10.0.0.1");
    for name in ["10.0.0.1", "::1"] {
        assert_eq!(try_one(&authority.issue(&[name]), name), ok());
    }
    assert_eq!(try_one(&authority.issue(&["*.k.example"]), "a.k.example"), ok());
}

#[test]
fn a_certificate_is_valid_for_a_time() {
    let authority = Authority::new();
    let clock = Clock::default();
    let material = Material { ca: Some(authority.pem.as_bytes()), ..Material::default() };
    let provider = Arc::new(default_provider());
    let trusting = Arc::new(build(material, &TlsRoots::none(), provider, Arc::new(clock.clone()), &[]).unwrap());
    let config = server(&TLS13, &authority.issue(&[NAME]), None);
    for (now, problem) in [
        (0, Some("current time")),
        (TODAY - 400 * 86_400, Some("not valid before 2025-01-01T00:00:00Z; here it is 2024-11-27T00:00:00Z")),
        (TODAY, None),
        (TODAY + 400 * 86_400, Some("expired at 2027-01-01T00:00:00Z; here it is 2027-02-05T00:00:00Z")),
    ] {
        clock.set(Duration::from_secs(now));
        let result = match Connection::tls(trusting.clone(), NAME, Limits::default()) {
            Ok(mut connection) => {
                connection.start(&exchange(Kind::Call));
                drive(&mut connection, &mut Peer::new(config.clone(), &[OK], Then::Stays))
            }
            Err(fault) => Err(fault),
        };
        match problem {
            Some(text) => refused(result, text),
            None => assert_eq!(result, ok()),
        }
    }
}

#[test]
fn a_client_shows_its_certificate() {
    let (servers, clients, others) = (Authority::new(), Authority::new(), Authority::new());
    let pair = servers.issue(&[NAME]);
    for version in VERSIONS {
        let try_one = |client_pair: Option<Pair>| {
            let mut io = Peer::new(server(version, &pair, Some(&clients)), &[OK], Then::Stays);
            let result = drive(&mut started(&client(&servers, client_pair.as_ref()), NAME), &mut io);
            (result, io)
        };
        let (result, io) = try_one(Some(clients.issue(&["client"])));
        assert_eq!(result, ok());
        assert_eq!(io.server.peer_certificates().unwrap().len(), 1);

        let (result, io) = try_one(Some(others.issue(&["client"])));
        refused(result, "k.example did not accept the client certificate (alert ");
        assert!(io.seen.is_empty());

        let (result, io) = try_one(None);
        refused(result, "k.example wants a client certificate, and none is configured (alert certificate_required)");
        assert!(io.seen.is_empty());
    }
}

#[test]
fn an_authority_that_was_replaced_by_one_of_the_same_name() {
    let [old, new] = [(), ()].map(|()| Authority::called("kubernetes", KeyPair::generate().unwrap()));
    for version in VERSIONS {
        let mut io = Peer::new(server(version, &new.issue(&[NAME]), None), &[OK], Then::Stays);
        refused(drive(&mut started(&client(&old, None), NAME), &mut io), "perhaps replaced");
        let mut io = Peer::new(server(version, &old.issue(&[NAME]), Some(&new)), &[OK], Then::Stays);
        let result = drive(&mut started(&client(&old, Some(&old.issue(&["client"]))), NAME), &mut io);
        refused(result, "perhaps because of the client certificate");
        assert!(io.seen.is_empty());
    }
}

#[test]
fn a_client_that_does_not_verify_takes_any_certificate() {
    let (authority, pair) = (Authority::new(), Authority::new().issue(&["other.example"]));
    for version in VERSIONS {
        let skipping = Arc::new(config(Material { skip_verify: true, ..Material::default() }).unwrap());
        let mut io = Peer::new(server(version, &pair, None), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&skipping, NAME), &mut io), ok());
    }
    assert!(config(Material { ca: Some(authority.pem.as_bytes()), ..Material::default() }).is_ok());
}

#[test]
fn an_end_without_good_bye_is_no_end() {
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
        connection.start(&exchange(Kind::Call));
        let fault = drive(&mut connection, &mut io).unwrap_err();
        assert_eq!((fault.kind, fault.reach, fault.stale), (FaultKind::Closed, reach, true));
    }
}

#[test]
fn a_probe_takes_what_tls_says_for_itself() {
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
    connection.start(&exchange(Kind::Call));
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
        let mut connection = Connection::tls(client(&authority, None), NAME, Limits::default()).unwrap();
        connection.start(&exchange(Kind::Upgrade));
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
    let mut connection = Connection::tls(client(&authority, None), NAME, Limits::default()).unwrap();
    connection.start(&exchange(Kind::Upgrade));
    assert_eq!(drive(&mut connection, &mut io), Ok((101, Vec::new())));
    let Finish::Raw(mut raw) = connection.finish() else { panic!() };
    let fault = raw.receive(&mut io, &mut BytesMut::new(), 100).unwrap_err();
    assert_eq!((fault.kind, fault.reach), (FaultKind::Closed, Reach::Answered));
    assert!(fault.text.contains("close_notify"), "{fault}");
}

/// A socket on which somebody says something, and no TLS.
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

#[test]
fn records_without_data_have_an_end() {
    /// Sends key updates for ever.
    struct Endless(Peer);
    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.answers.is_empty() && self.0.out.len() < 1000 {
                for _ in 0..100 {
                    self.0.server.writer().write_all(b"").unwrap();
                    self.0.server.refresh_traffic_keys().unwrap();
                }
                self.0.collect();
            }
            self.0.read(into)
        }
    }
    impl Write for Endless {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let authority = Authority::new();
    let io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &["HTTP/1.1 200 OK\r\n"], Then::Stays);
    let fault = drive(&mut started(&client(&authority, None), NAME), &mut Endless(io)).unwrap_err();
    assert_eq!((fault.kind, fault.reach), (FaultKind::Protocol, Reach::Answered), "{fault}");
}

#[test]
fn names_to_verify_by() {
    for good in ["k.example", "localhost", "10.0.0.1", "::1", "kubernetes.default.svc"] {
        assert!(server_name(good).is_ok(), "{good}");
    }
    for bad in ["", "[::1]", "a b", "k.example:443", "https://k.example", "-"] {
        let fault = server_name(bad).unwrap_err();
        assert_eq!((fault.kind, fault.reach), (FaultKind::Tls, Reach::NotSent), "{bad}");
    }
    assert!(Connection::tls(client(&Authority::new(), None), "a b", Limits::default()).is_err());
}

#[test]
fn material_that_cannot_be_used() {
    let authority = Authority::new();
    let (one, two) = (authority.issue(&["a"]), authority.issue(&["b"]));
    let ca = Some(authority.pem.as_bytes());
    let with = |certificate: &str, key: &str| {
        config(Material {
            ca,
            certificate: Some(certificate.as_bytes()),
            key: Some(key.as_bytes()),
            skip_verify: false,
        })
        .err()
        .unwrap_or_default()
    };
    let old_encrypted = one.key.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n");
    let one_line = one.key.replace('\n', "");
    let cut = &one.key[..one.key.len() / 2];
    for (found, text) in [
        (with(&one.certificate, &one.key), ""),
        (with(&format!("{}{}", one.certificate, authority.pem), &one.key), ""),
        (with(&format!("text before\n{}{}", one.key, one.certificate), &format!("{}{}", one.certificate, one.key)), ""),
        (with(&one.certificate, &two.key), "not that of"),
        (with(&one.certificate, &one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")), "encrypted"),
        (with(&one.certificate, &old_encrypted), "encrypted"),
        (with(&one.certificate, &one.certificate), "no private key"),
        (with(&one.certificate, ""), "no private key"),
        (with(&one.certificate, &one_line), "client key"),
        (with(&one.certificate, cut), "client key"),
        (with(&one.certificate, &one.key.replace("PRIVATE", "RSA PRIVATE")), "cannot be used"),
        (with(&one.key, &one.key), "client certificate holds no certificate"),
        (with("", &one.key), "client certificate holds no certificate"),
        (with("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", &one.key), "not valid PEM"),
        (
            with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &one.key),
            "client certificate is not a valid",
        ),
    ] {
        assert!(found.contains(text) && found.is_empty() == text.is_empty(), "{text:?}: {found}");
        for line in one.key.lines().filter(|line| !line.starts_with('-')) {
            assert!(!found.contains(line), "a key is shown: {found}");
        }
    }
    let of = |material| config(material).err().unwrap_or_default();
    assert!(of(Material::default()).contains("no certificate authority"));
    assert!(of(Material { ca: Some(b"nothing"), ..Material::default() }).contains("holds no certificate"));
    assert!(of(Material { ca: Some(one.key.as_bytes()), ..Material::default() }).contains("holds no certificate"));
    assert!(of(Material { ca, certificate: Some(b""), ..Material::default() }).contains("no client key"));
    assert!(of(Material { ca, key: Some(b""), ..Material::default() }).contains("no client certificate"));
}

#[test]
fn all_three_kinds_of_keys() {
    let authority = Authority::new();
    let pair = authority.issue(&["client"]);
    let PrivateKeyDer::Pkcs8(key) = private_key(pair.key.as_bytes()).unwrap() else { panic!() };
    // An EC key in PKCS#8 is one in SEC1, wrapped.
    let der = key.secret_pkcs8_der();
    let at = der.windows(5).position(|five| five == [2, 1, 1, 4, 32]).unwrap() - 2;
    let pem = |label: &str, der: &[u8]| {
        use base64::prelude::*;
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
    };
    let sec1 = Pair { key: pem("EC PRIVATE KEY", &der[at..]), ..pair.clone() };
    for pair in [pair, sec1] {
        let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), Some(&authority)), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&client(&authority, Some(&pair)), NAME), &mut io), ok());
    }
    assert!(matches!(private_key(pem("RSA PRIVATE KEY", b"x").as_bytes()), Ok(PrivateKeyDer::Pkcs1(_))));
}

#[test]
fn a_bundle_trusts_each_of_its_certificates() {
    let (one, two) = (Authority::new(), Authority::new());
    let bundle = format!("# the old one\n{}\n# the new one\n{}", one.pem, two.pem);
    let trusting = Arc::new(config(Material { ca: Some(bundle.as_bytes()), ..Material::default() }).unwrap());
    for authority in [one, two] {
        let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&trusting, NAME), &mut io), ok());
    }
}

#[test]
fn the_system_s_certificates_serve_where_none_are_named() {
    let authority = Authority::new();
    let roots = TlsRoots::of(certificates(authority.pem.as_bytes(), "CA").unwrap());
    let provider = Arc::new(default_provider());
    let trusting = Arc::new(build(Material::default(), &roots, provider, today(), &[]).unwrap());
    let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &[OK], Then::Stays);
    assert_eq!(drive(&mut started(&trusting, NAME), &mut io), ok());
}
