//! TLS through a proxy, and TLS through TLS to a proxy.

use std::collections::VecDeque;
use std::io;
use std::io::{ErrorKind, Read, Write};

use bytes::{Bytes, BytesMut};
use rustls::crypto::ring::default_provider;
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection};

use super::peer::*;
use crate::config::resolved::Config;
use crate::driver::effect::{Exchange, ExchangeKind};
use crate::driver::endpoint::{Endpoint, Tls};
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::wire::HttpLimits;
use crate::driver::wire::configs::TlsConfigs;
use crate::driver::wire::connection::{Connection, Finish, Pump};
use crate::driver::wire::raw::{Flushed, Received};
use crate::driver::wire::tls::*;
use crate::session::{Session as Shared, SessionOptions};
use crate::settings::Settings;

const PROXY: &str = "p.example";
const TUNNEL: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A proxy in front of a server: the client's socket.
struct Middle {
    tls: Option<ServerConnection>,
    answer: &'static str,
    /// What the proxy received before the tunnel.
    head: Vec<u8>,
    open: bool,
    server: Peer,
    /// Bytes on their way to the client.
    out: VecDeque<u8>,
    most: usize,
    hesitant: bool,
    calls: [usize; 2],
    /// The last write blocked.
    full: bool,
    takes: usize,
    gives: usize,
    ended: bool,
}

impl Middle {
    fn new(tls: Option<&Pair>, server: Peer) -> Self {
        let tls = tls.map(|pair| {
            // No tickets: they could wake a client that waits for nothing.
            let mut config = ServerConfig::clone(&super::peer::server(&TLS13, pair, None));
            config.send_tls13_tickets = 0;
            let mut tls = ServerConnection::new(config.into()).unwrap();
            tls.set_buffer_limit(None);
            tls
        });
        Self {
            tls,
            answer: TUNNEL,
            head: Vec::new(),
            open: false,
            server,
            out: VecDeque::new(),
            most: usize::MAX,
            hesitant: false,
            calls: [0; 2],
            full: false,
            takes: usize::MAX,
            gives: usize::MAX,
            ended: false,
        }
    }

    fn hesitates(&mut self, side: usize) -> io::Result<()> {
        self.calls[side] += 1;
        if self.hesitant && self.calls[side] % 2 == 1 { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }

    fn is_readable(&mut self) -> bool {
        self.relay();
        !self.out.is_empty() || self.ended
    }

    /// Plain text from the client.
    fn hear(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if !self.open {
            self.head.extend_from_slice(bytes);
            let Some(end) = self.head.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(()) };
            assert_eq!(end + 4, self.head.len(), "the client sends nothing before the tunnel");
            self.open = true;
            self.say(self.answer.as_bytes());
            bytes = &[];
        }
        while !bytes.is_empty() {
            let count = self.server.write(bytes)?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Plain text for the client.
    fn say(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(bytes).unwrap(),
            None => self.out.extend(bytes),
        }
    }

    fn relay(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.server.read(&mut buffer) {
                Ok(0) => {
                    if !std::mem::replace(&mut self.ended, true)
                        && let Some(tls) = &mut self.tls
                    {
                        tls.send_close_notify();
                    }
                    break;
                }
                Ok(count) => self.say(&buffer[..count]),
                Err(_) => break,
            }
        }
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut self.out).unwrap();
            }
        }
    }
}

impl Read for Middle {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.hesitates(0)?;
        self.relay();
        let length = into.len().min(self.most).min(self.gives).min(self.out.len());
        if length == 0 {
            let gone = self.ended || self.gives == 0 || self.takes == 0;
            return if gone { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        self.gives -= length;
        self.out.read(&mut into[..length])
    }
}

impl Write for Middle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.full = true;
        self.hesitates(1)?;
        self.full = false;
        if self.takes == 0 {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let length = bytes.len().min(self.most).min(self.takes);
        self.takes -= length;
        let mut left = &bytes[..length];
        let Some(mut tls) = self.tls.take() else {
            self.hear(left)?;
            return Ok(length);
        };
        let mut plain = Vec::new();
        while !left.is_empty() {
            tls.read_tls(&mut left).unwrap();
            let _ = tls.process_new_packets();
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = tls.reader().read(&mut buffer) {
                plain.extend_from_slice(&buffer[..count]);
            }
        }
        self.tls = Some(tls);
        self.hear(&plain)?;
        self.relay();
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client, and the certificate authorities that it trusts.
struct World {
    authority: Authority,
    server: Pair,
    proxy: Pair,
    configs: TlsConfigs,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new();
        let session =
            Shared::new(&Config::new("https://k").unwrap(), SessionOptions::new(Settings::default(), 1)).unwrap();
        session.unix_clock().store(TODAY, Ordering::Relaxed);
        let none = || Err(Fault::unsent(FaultKind::Tls, "the system has none"));
        let configs = TlsConfigs::new(&session, Arc::new(default_provider()), none, &[b"h2", b"http/1.1"]);
        Self { server: authority.issue(&[NAME]), proxy: authority.issue(&[PROXY]), authority, configs }
    }

    fn endpoint(&self, proxy: &str, change: impl FnOnce(&mut TlsSettings)) -> Endpoint {
        let mut settings = trusting(&self.authority.pem);
        // None of this applies to the proxy.
        settings.server_name = Some(NAME.into());
        let pair = self.authority.issue(&["client"]);
        settings.client_certificate = Some(pair.certificate.into());
        settings.client_key = Some((*pair.key).into());
        change(&mut settings);
        let proxy = Config::new("https://k").unwrap().with_proxy(proxy).unwrap().proxy;
        let tls = Tls { id: 1, server_name: NAME.into(), settings: Arc::new(settings.clone()), api_server: true };
        Endpoint::with_proxy("h.example", 443, Some(tls), proxy, &settings)
    }

    fn middle(&self, tls: bool, answers: &[&str], then: Then) -> Middle {
        let peer = Peer::new(super::peer::server(&TLS13, &self.server, None), answers, then);
        Middle::new(tls.then_some(&self.proxy), peer)
    }

    fn started(&self, proxy: &str, kind: ExchangeKind) -> Connection {
        let to = self.endpoint(proxy, |_| {});
        let mut connection = self.configs.connection(&to, HttpLimits::default()).unwrap();
        assert!(connection.is_handshaking());
        connection.start(&Exchange { to, ..exchange(kind) });
        connection
    }
}

const WAYS: [(&str, bool); 2] = [("http://u:hunter2@p.example", false), ("https://u:hunter2@p.example", true)];

#[test]
fn exchanges_one_after_the_other() {
    let world = World::new();
    for (url, tls) in WAYS {
        let mut io = world.middle(tls, &[OK, OK, OK], Then::Stays);
        let mut connection = world.started(url, ExchangeKind::Call);
        for count in 1..=3 {
            assert_eq!(drive(&mut connection, &mut io), ok());
            assert_eq!(io.server.requests(), count);
            let Finish::Keep(next) = connection.finish() else { panic!() };
            connection = next;
            assert!(!connection.is_handshaking() && connection.idle_probe(&mut io));
            connection.start(&Exchange { to: world.endpoint(url, |_| {}), ..exchange(ExchangeKind::Call) });
        }
        let head = String::from_utf8(io.head).unwrap();
        assert!(head.starts_with("CONNECT h.example:443 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("proxy-authorization: Basic dTpodW50ZXIy\r\n"), "{head}");
        if let Some(tls) = &io.tls {
            assert_eq!((tls.server_name(), tls.alpn_protocol()), (Some(PROXY), None));
            assert!(tls.peer_certificates().is_none());
        }
        assert_eq!(io.server.server.server_name(), Some(NAME));
        let seen = String::from_utf8_lossy(&io.server.seen);
        assert!(seen.starts_with("POST /api/v1/pods ") && !seen.contains("proxy-authorization"), "{seen}");
    }
}

#[test]
fn however_the_cipher_text_arrives() {
    let world = World::new();
    let body = "x".repeat(300_000);
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for (url, tls) in WAYS {
        for most in [1, 2, 5, 17, 100, 1000, 20_000, usize::MAX] {
            for hesitant in [false, true] {
                let answer = if most > 100 { &large } else { OK };
                let mut io = world.middle(tls, &[answer], Then::Stays);
                (io.most, io.hesitant) = (most, hesitant);
                let (mut connection, mut data) = (world.started(url, ExchangeKind::Call), Vec::new());
                loop {
                    match connection.pump(&mut io) {
                        Pump::Input(Input::Data(bytes)) => data.extend_from_slice(&bytes),
                        Pump::Input(Input::End) => break,
                        Pump::Input(Input::Failed(fault)) => panic!("{fault}"),
                        Pump::Input(_) => {}
                        // A driver that waits for the wrong event would wait for ever.
                        Pump::Blocked { write } => {
                            assert_eq!(write, io.full, "{url} {most} {hesitant}");
                            assert!(write || io.is_readable(), "{url} {most} {hesitant}");
                        }
                    }
                }
                let expected = if most > 100 { body.as_bytes() } else { b"ok" };
                assert!(data == expected, "{url} {most} {hesitant}");
            }
        }
    }
}

#[test]
fn blocked_says_what_it_waits_for() {
    let world = World::new();
    // The request is in the socket, and the proxy is silent: the socket is writable, so waiting for that would not end.
    let mut connection = world.started(WAYS[1].0, ExchangeKind::Call);
    assert!(matches!(connection.pump(&mut Silent(true)), Pump::Blocked { write: false }));
    let mut connection = world.started(WAYS[1].0, ExchangeKind::Call);
    assert!(matches!(connection.pump(&mut Silent(false)), Pump::Blocked { write: true }));
}

/// Sends nothing, and takes everything or nothing.
struct Silent(bool);

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Write for Silent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 { Ok(bytes.len()) } else { Err(ErrorKind::WouldBlock.into()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_connection_cut_anywhere_is_not_sent_only_if_nothing_came() {
    let world = World::new();
    for (url, tls) in WAYS {
        let mut reached = [0; 3];
        for cut in (0..6000).step_by(97) {
            for (takes, gives) in [(cut, usize::MAX), (usize::MAX, cut)] {
                let mut io = world.middle(tls, &[OK], Then::Stays);
                (io.takes, io.gives, io.most) = (takes, gives, 50);
                let result = drive(&mut world.started(url, ExchangeKind::Call), &mut io);
                let Err(fault) = result else {
                    assert_eq!(result, ok());
                    continue;
                };
                assert_eq!((fault.kind, fault.stale), (FaultKind::Closed, false), "{fault}");
                assert!(fault.reach != Reach::NotSent || io.server.seen.is_empty(), "{cut}: {fault}");
                reached[fault.reach as usize] += 1;
            }
        }
        assert!(reached[0] > 0 && reached[1] > 0, "{reached:?}");
    }
}

#[test]
fn refused_within_tls() {
    let world = World::new();
    let mut io = world.middle(true, &[OK], Then::Stays);
    io.answer = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\n";
    let fault = drive(&mut world.started(WAYS[1].0, ExchangeKind::Call), &mut io).unwrap_err();
    assert_eq!((fault.kind, fault.reach), (FaultKind::Proxy, Reach::NotSent));
    assert!(fault.text.contains("407 Who?; it did not accept the user"), "{fault}");
    assert!(!fault.text.contains("hunter2") && io.server.seen.is_empty());
}

#[test]
fn which_authority_signs_a_proxy() {
    let world = World::new();
    let stranger = Authority::new();
    let run = |proxy: &Pair, change: fn(&mut TlsSettings)| {
        let peer = Peer::new(super::peer::server(&TLS13, &world.server, None), &[OK], Then::Stays);
        let mut io = Middle::new(Some(proxy), peer);
        let to = world.endpoint("https://p.example", change);
        // A cache for each: the settings differ under one id.
        let configs = World::new().configs;
        let mut connection = configs.connection(&to, HttpLimits::default())?;
        connection.start(&Exchange { to, ..exchange(ExchangeKind::Call) });
        drive(&mut connection, &mut io)
    };
    assert_eq!(run(&world.proxy, |_| {}), ok());
    for (pair, text) in [
        (stranger.issue(&[PROXY]), "not signed by a trusted certificate authority"),
        (world.authority.issue(&[NAME]), "not valid for p.example"),
    ] {
        let fault = run(&pair, |_| {}).unwrap_err();
        assert_eq!((fault.kind, fault.reach), (FaultKind::Tls, Reach::NotSent));
        assert!(fault.text.starts_with("TLS with the proxy https://p.example:443: "), "{fault}");
        assert!(fault.text.contains(text), "{fault}");
        let skips = |settings: &mut TlsSettings| {
            settings.ca = None;
            settings.insecure_skip_verify = true;
        };
        assert_eq!(run(&pair, skips), ok());
    }
    // Neither the cluster's CA nor the system's.
    let fault = run(&world.proxy, |settings| settings.ca = None).unwrap_err();
    assert!(fault.kind == FaultKind::Tls && fault.text.contains("the system has none"), "{fault}");
}

#[test]
fn a_switched_connection_stays_in_both() {
    let world = World::new();
    let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nfirst";
    let mut io = world.middle(true, &[switch], Then::Stays);
    let mut connection = world.started(WAYS[1].0, ExchangeKind::Upgrade);
    assert_eq!(drive(&mut connection, &mut io), Ok((101, Vec::new())));
    let Finish::Raw(mut raw) = connection.finish() else { panic!() };
    let mut into = BytesMut::new();
    assert_eq!(raw.receive(&mut io, &mut into, 100), Ok(Received::Bytes));
    assert_eq!(into, "first");
    io.server.seen.clear();
    let large = vec![b'x'; 500_000];
    raw.send(Bytes::from(large.clone()));
    (io.hesitant, io.most) = (true, 7000);
    let mut flushes = 0;
    while raw.flush(&mut io) == Ok(Flushed::Blocked) {
        assert!(raw.pending() > 0);
        flushes += 1;
    }
    assert!(flushes > 10 && io.server.seen == large && raw.pending() == 0);
    // Both connections get a `close_notify`.
    io.hesitant = false;
    while raw.close(&mut io) == Ok(Flushed::Blocked) {}
    assert!(io.server.server.process_new_packets().unwrap().peer_has_closed());
    assert!(io.tls.as_mut().unwrap().process_new_packets().unwrap().peer_has_closed());
}

#[test]
fn a_plain_server_behind_an_https_proxy_is_asked_for_within_tls() {
    let world = World::new();
    let proxy = Config::new("http://k").unwrap().with_proxy("https://u:hunter2@p.example").unwrap().proxy;
    let to = Endpoint::with_proxy("h.example", 8080, None, proxy, &trusting(&world.authority.pem));
    let mut io = Peer::new(super::peer::server(&TLS13, &world.proxy, None), &[OK, OK], Then::Stays);
    let mut connection = world.configs.connection(&to, HttpLimits::default()).unwrap();
    for _ in 0..2 {
        connection.start(&Exchange { to: to.clone(), ..exchange(ExchangeKind::Call) });
        assert_eq!(drive(&mut connection, &mut io), ok());
        let Finish::Keep(next) = connection.finish() else { panic!() };
        connection = next;
    }
    let seen = String::from_utf8(io.seen).unwrap();
    assert!(seen.starts_with("POST http://h.example:8080/api/v1/pods HTTP/1.1\r\nhost: h.example:8080\r\n"), "{seen}");
    assert_eq!(seen.matches("proxy-authorization: Basic dTpodW50ZXIy\r\n").count(), 2);
}
