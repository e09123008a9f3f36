//! The handshakes with proxies: the bytes sent and received, and never one byte beyond them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod wire_support;

use std::io::ErrorKind;

use http::Method;
use kube_proto::config::Config;
use kube_proto::driver::wire::proxy::{Handshake, Progress};
use kube_proto::driver::wire::{Connection, Finish, Flushed, HttpLimits, Pump, RawConnection, Received};
use kube_proto::driver::{Endpoint, Exchange, ExchangeKind, Fault, FaultKind, Reach, Tls};
use proptest::prelude::*;
use wire_support::{BLOCK, Done, End, Script, drive, exchange, get, post, upgrade};

const GET: &str = "GET /version HTTP/1.1\r\nhost: k.example:6443\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const TUNNEL: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
const CONNECT: &str = concat!(
    "CONNECT k.example:6443 HTTP/1.1\r\nhost: k.example:6443\r\nuser-agent: kube-proto/",
    env!("CARGO_PKG_VERSION"),
    "\r\n"
);

/// An endpoint in TLS. These tests only use the handshake with its proxy.
fn through(proxy: &str, host: &str, port: u16) -> Endpoint {
    let proxy = Config::new("https://k").unwrap().with_proxy(proxy).unwrap().proxy;
    let tls = Tls { id: 1, server_name: host.into(), settings: Default::default(), api_server: true };
    Endpoint::new(host, port, Some(tls), proxy)
}

/// The same without TLS.
fn plain(proxy: &str) -> Endpoint {
    let proxy = Config::new("http://k").unwrap().with_proxy(proxy).unwrap().proxy;
    Endpoint::new("k.example", 6443, None, proxy)
}

fn handshake(to: &Endpoint) -> Handshake {
    Handshake::new(to, HttpLimits::default()).unwrap().unwrap()
}

/// Pumps until the handshake is done or failed; `None` if it still waits. Skips up to `patience` blocked reads and
/// writes.
fn shake(to: &Endpoint, io: &mut Script, patience: usize) -> Option<Result<(), Fault>> {
    let mut handshake = handshake(to);
    for _ in 0..=patience {
        match handshake.pump(io) {
            Ok(Progress::Done) => {
                assert_eq!(handshake.pump(io), Ok(Progress::Done));
                return Some(Ok(()));
            }
            Ok(Progress::Blocked { .. }) => {}
            Err(fault) => {
                assert_eq!(handshake.pump(io), Err(fault.clone()), "said again");
                assert_eq!((fault.reach, fault.stale), (Reach::NotSent, false));
                return Some(Err(fault));
            }
        }
    }
    None
}

fn left(io: &Script) -> Vec<u8> {
    io.reads.iter().flat_map(|done| if let Done::Bytes(bytes) = done { bytes.clone() } else { Vec::new() }).collect()
}

#[track_caller]
fn refused(to: &Endpoint, says: impl AsRef<[u8]>, text: &str) {
    let fault = shake(to, &mut Script::says(says), 100).unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Proxy, "{fault}");
    assert!(fault.text.starts_with("the proxy ") && fault.text.contains(text), "{fault}");
    assert!(!fault.text.contains("hunter2"), "{fault}");
}

#[test]
fn the_connect_request() {
    for (proxy, host, port, authorization) in [
        ("http://p", "k.example", 6443, ""),
        ("http://u:hunter2@p", "k.example", 6443, "proxy-authorization: Basic dTpodW50ZXIy\r\n"),
        ("http://u@p", "k.example", 6443, "proxy-authorization: Basic dTo=\r\n"),
    ] {
        let to = through(proxy, host, port);
        let mut io = Script::says(TUNNEL);
        assert_eq!(shake(&to, &mut io, 0), Some(Ok(())));
        assert_eq!(String::from_utf8(io.written).unwrap(), format!("{CONNECT}{authorization}\r\n"));
        let handshake = handshake(&to);
        assert!(!format!("{handshake:?} {to:?} {:?}", to.proxy()).contains("hunter2"));
    }
    for (host, port, target) in [
        ("k.example", 443, "k.example:443"),
        ("10.0.0.1", 6443, "10.0.0.1:6443"),
        ("2001:db8::1", 443, "[2001:db8::1]:443"),
        ("fe80::1%eth0", 443, "[fe80::1]:443"),
    ] {
        let mut io = Script::says(TUNNEL);
        assert_eq!(shake(&through("http://p", host, port), &mut io, 0), Some(Ok(())));
        let said = String::from_utf8(io.written).unwrap();
        assert!(said.starts_with(&format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n")), "{said}");
    }
}

#[test]
fn names_that_cannot_be_sent() {
    for host in ["k\r\nx: y", "k x", "", "u@k", "k/", "k?", "k#", "[::1", "ä"] {
        for proxy in ["http://p", "socks5://p"] {
            let fault = Handshake::new(&through(proxy, host, 443), HttpLimits::default()).map(|_| ()).unwrap_err();
            assert_eq!((fault.kind, fault.reach), (FaultKind::Proxy, Reach::NotSent), "{host:?}: {fault}");
        }
    }
    let long = "k".repeat(256);
    for to in [
        through("socks5://p", &long, 443),
        through(&format!("socks5://{long}@p"), "k", 443),
        through(&format!("socks5://u:{long}@p"), "k", 443),
        through("socks5://:hunter2@p", "k", 443),
    ] {
        let fault = Handshake::new(&to, HttpLimits::default()).map(|_| ()).unwrap_err();
        assert!(!fault.text.contains("hunter2") && fault.kind == FaultKind::Proxy, "{fault}");
    }
    assert!(Handshake::new(&through("http://p", &long, 443), HttpLimits::default()).is_ok());
}

#[test]
fn a_tunnel_begins_with_the_byte_after_the_head() {
    let to = through("http://p", "k.example", 6443);
    for head in [
        TUNNEL,
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        let mut io = Script::says(format!("{head}server"));
        assert_eq!(shake(&to, &mut io, 0), Some(Ok(())), "{head:?}");
        assert_eq!(left(&io), b"server");
    }
}

#[test]
fn a_proxy_that_refuses_says_why() {
    let (to, with_user) = (through("http://p", "k.example", 6443), through("http://u:hunter2@p", "k.example", 6443));
    for (head, text) in [
        ("HTTP/1.1 403 Forbidden by policy 7\r\n\r\n", "k.example:6443: it answered 403 Forbidden by policy 7"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9999\r\n\r\n<html>", "it answered 502 Bad Gateway"),
        ("HTTP/1.1 503\r\n\r\n", "it answered 503"),
        ("HTTP/1.1 302 Found\r\nLocation: http://login\r\n\r\n", "302"),
        ("HTTP/1.1 204 No Content\r\n\r\n", "204"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "101"),
        ("HTTP/1.1 400 \u{1b}[31mred\r\n\r\n", "not speak valid HTTP"),
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "put a user and a password into its URL"),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"a, b\"\r\n\r\n", "put a user and a password"),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n", "Negotiate, NTLM"),
        ("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: basic realm=x\r\n\r\n", "put a user"),
    ] {
        refused(&to, head, text);
    }
    refused(&with_user, "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n", "did not accept the user");
    refused(&with_user, "HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=x\r\n\r\n", "knows Basic only");
}

#[test]
fn a_proxy_that_is_none() {
    let to = through("http://p", "k.example", 6443);
    for (says, text) in [
        ("SSH-2.0-OpenSSH\r\n", "it begins with"),
        ("\x15\x03\x01\x00\x02\x02\x0a", "TLS"),
        ("\x05\x00", "not HTTP"),
        ("HTTP/1.1 200 OK\n\n", "CRLF"),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "not valid"),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded"),
        ("HTTP/1.1 99 OK\r\n\r\n", "not"),
    ] {
        refused(&to, says, text);
    }
    // However much they send.
    let lines = "A: b\r\n".repeat(300);
    refused(&to, format!("HTTP/1.1 200 OK\r\n{lines}"), "more than 256 header lines");
    refused(&to, format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(1 << 20)), "longer than the limit of 65536 bytes");
    refused(&to, "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), "more than 16 informational");
    let hint = format!("HTTP/1.1 103 X\r\nA: {}\r\n\r\n", "b".repeat(10_000));
    refused(&to, hint.repeat(16), "longer than the limit");
    refused(&through("socks5://p", "k", 443), "HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak SOCKS 5");
}

const SUCCESS: &[u8] = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";

#[test]
fn the_socks_handshake() {
    let login = [b"\x01\x01u\x07hunter2".as_slice(), b"\x01\x01u\x00"];
    for (proxy, host, hears, says) in [
        (
            "socks5://p",
            "k.example",
            vec![b"\x05\x00".as_slice()],
            vec![b"\x05\x01\x00".as_slice(), b"\x03\x09k.example"],
        ),
        ("socks5h://p", "k.example", vec![b"\x05\x00"], vec![b"\x05\x01\x00", b"\x03\x09k.example"]),
        ("socks5://p", "10.1.2.3", vec![b"\x05\x00"], vec![b"\x05\x01\x00", b"\x01\x0a\x01\x02\x03"]),
        ("socks5://p", "::1", vec![b"\x05\x00"], vec![b"\x05\x01\x00", b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"]),
        ("socks5://p", "::1%eth0", vec![b"\x05\x00"], vec![b"\x05\x01\x00", b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"]),
        ("socks5://u:hunter2@p", "k", vec![b"\x05\x00"], vec![b"\x05\x02\x00\x02", b"\x03\x01k"]),
        (
            "socks5://u:hunter2@p",
            "k",
            vec![b"\x05\x02", b"\x01\x00"],
            vec![b"\x05\x02\x00\x02", login[0], b"\x03\x01k"],
        ),
        ("socks5://u@p", "k", vec![b"\x05\x02", b"\x01\x00"], vec![b"\x05\x02\x00\x02", login[1], b"\x03\x01k"]),
    ] {
        let to = through(proxy, host, 6443);
        let mut io = Script::says([hears.concat(), SUCCESS.to_vec(), b"server".to_vec()].concat());
        assert_eq!(shake(&to, &mut io, 0), Some(Ok(())), "{proxy} {host}");
        assert_eq!(left(&io), b"server");
        let (address, before) = says.split_last().unwrap();
        assert_eq!(io.written, [&before.concat(), b"\x05\x01\x00".as_slice(), address, b"\x19\x2b"].concat());
        assert!(!format!("{:?}", handshake(&to)).contains("hunter2"));
    }
    // The address in the proxy's answer may be of any kind.
    let to = through("socks5://p", "k", 443);
    for bound in [b"\x01\x01\x02\x03\x04".to_vec(), [b"\x04".as_slice(), &[9; 16]].concat(), b"\x03\x00".to_vec(), {
        [b"\x03\xff".as_slice(), &[b'n'; 255]].concat()
    }] {
        let mut io = Script::says([b"\x05\x00\x05\x00\x00".as_slice(), &bound, b"\x00\x50server"].concat());
        assert_eq!(shake(&to, &mut io, 0), Some(Ok(())));
        assert_eq!(left(&io), b"server");
    }
}

#[test]
fn what_socks_refuses() {
    let (to, with_user) = (through("socks5://p", "k", 443), through("socks5://u:hunter2@p", "k", 443));
    for (says, text) in [
        (b"\x04\x00".as_slice(), "does not speak SOCKS 5"),
        (b"\x05\xff", "accepts no client without a login"),
        (b"\x05\x02", "did not offer"),
        (b"\x05\x01", "did not offer"),
        (b"\x05\x00\x04\x00", "version 0x04"),
        (b"\x05\x00\x05\x01", "does not connect to k port 443: general failure"),
        (b"\x05\x00\x05\x02", "rules"),
        (b"\x05\x00\x05\x04", "name has no address"),
        (b"\x05\x00\x05\x05", "refused"),
        (b"\x05\x00\x05\x63", "unknown reason (0x63)"),
        (b"\x05\x00\x05\x00\x01\x01", "unknown kind"),
        (b"\x05\x00\x05\x00\x00\x02", "unknown kind"),
    ] {
        refused(&to, says, text);
    }
    for (says, text) in [
        (b"\x05\xff".as_slice(), "neither clients without a login nor"),
        (b"\x05\x02\x05\x00", "version 0x05"),
        (b"\x05\x02\x01\x01", "did not accept the user"),
    ] {
        refused(&with_user, says, text);
    }
}

/// Endpoints, and the proxy's bytes that open the way to them.
fn passages() -> Vec<(Endpoint, Vec<u8>)> {
    let long = format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: {}\r\n\r\n", "x".repeat(50));
    vec![
        (through("http://u:hunter2@p", "k.example", 6443), TUNNEL.into()),
        (through("http://p", "k.example", 6443), long.into_bytes()),
        (through("socks5://p", "k.example", 6443), [b"\x05\x00", SUCCESS].concat()),
        (through("socks5://u:hunter2@p", "::1", 6443), [b"\x05\x02\x01\x00", SUCCESS].concat()),
        (
            through("socks5://p", "k.example", 6443),
            [b"\x05\x00\x05\x00\x00\x03\x05".as_slice(), b"12345", b"\x00\x00"].concat(),
        ),
    ]
}

#[test]
fn closed_after_every_byte() {
    for (to, says) in passages() {
        for cut in 0..says.len() {
            for reset in [false, true] {
                let mut io = Script::default();
                if cut > 0 {
                    io = io.then(Done::Bytes(says[..cut].to_vec()));
                }
                io = if reset { io.then(Done::Fails(ErrorKind::ConnectionReset)) } else { io.then_ends() };
                let fault = shake(&to, &mut io, 0).unwrap().unwrap_err();
                assert_eq!((fault.kind, fault.reach), (FaultKind::Closed, Reach::NotSent), "{fault}");
                assert!(fault.text.contains(&to.proxy().unwrap().to_string()), "{fault}");
            }
        }
    }
}

#[test]
fn an_early_refusal_is_heard_though_writing_fails() {
    let to = through("http://p", "k.example", 6443);
    let pipe = Done::Fails(ErrorKind::BrokenPipe);
    let mut io = Script::says("HTTP/1.1 403 No\r\n\r\n").on_write(Done::Takes(5)).on_write(pipe.clone());
    (0..100).for_each(|_| io.writes.push_back(pipe.clone()));
    let fault = shake(&to, &mut io, 0).unwrap().unwrap_err();
    assert!(fault.text.contains("403 No"), "{fault}");
    let mut io = Script::default();
    (0..100).for_each(|_| io.writes.push_back(pipe.clone()));
    let fault = shake(&to, &mut io, 0).unwrap().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Closed, "{fault}");
    // A proxy that agrees before it has the whole request still gets the rest.
    let mut io = Script::says(TUNNEL).on_write(Done::Takes(5));
    (0..200).for_each(|_| io.writes.push_back(BLOCK));
    let mut handshake = handshake(&to);
    let blocked = (0..200).filter(|_| handshake.pump(&mut io) == Ok(Progress::Blocked { write: true })).count();
    assert!(blocked > 0 && blocked < 200);
    assert_eq!(handshake.pump(&mut io), Ok(Progress::Done));
    assert!(io.written.ends_with(b"\r\n\r\n") && io.written.starts_with(CONNECT.as_bytes()));
}

#[test]
fn without_a_handshake() {
    assert!(Handshake::new(&get().to, HttpLimits::default()).unwrap().is_none());
    assert!(Handshake::new(&plain("http://p"), HttpLimits::default()).unwrap().is_none());
    assert!(Handshake::new(&plain("https://p"), HttpLimits::default()).unwrap().is_none());
    assert!(Handshake::new(&plain("socks5://p"), HttpLimits::default()).unwrap().is_some());
}

fn on_way(exchange: &Exchange, to: &Endpoint) -> Connection {
    let mut connection = Connection::plain(HttpLimits::default()).through(to).unwrap();
    connection.start(&Exchange { to: to.clone(), ..exchange.clone() });
    connection
}

#[test]
fn a_plain_server_through_an_http_proxy_is_asked_for_in_absolute_form() {
    for (proxy, method, target, line) in [
        ("http://p", Method::GET, "/version", "GET http://k.example:6443/version HTTP/1.1"),
        ("http://p", Method::GET, "/a?b=c", "GET http://k.example:6443/a?b=c HTTP/1.1"),
        ("http://p", Method::OPTIONS, "*", "OPTIONS http://k.example:6443 HTTP/1.1"),
        ("http://u:hunter2@p", Method::GET, "/version", "GET http://k.example:6443/version HTTP/1.1"),
    ] {
        let mut io = Script::says(OK);
        let to = plain(proxy);
        let mut connection = on_way(&exchange(method, target, b"", ExchangeKind::Call), &to);
        assert!(!connection.is_handshaking());
        assert_eq!(drive(&mut connection, &mut io, 0).end, End::Whole);
        let said = String::from_utf8(io.written).unwrap();
        assert!(said.starts_with(&format!("{line}\r\nhost: k.example:6443\r\n")), "{said}");
        let user = said.contains("proxy-authorization: Basic dTpodW50ZXIy\r\n");
        assert_eq!(user, proxy.contains('@'), "{said}");
        assert!(matches!(connection.finish(), Finish::Keep(_)));
    }
}

#[test]
fn a_plain_server_behind_socks_is_asked_as_ever() {
    let to = plain("socks5://p");
    let mut connection = on_way(&get(), &to);
    assert!(connection.is_handshaking());
    let mut io = Script::says([b"\x05\x00", SUCCESS, OK.as_bytes()].concat());
    assert_eq!(drive(&mut connection, &mut io, 0).end, End::Whole);
    let said = io.written;
    assert_eq!(said, [b"\x05\x01\x00\x05\x01\x00\x03\x09k.example\x19\x2b", GET.as_bytes()].concat());
    // The next request goes the same way, which is open already.
    let Finish::Keep(mut connection) = connection.finish() else { panic!() };
    let mut io = Script::default();
    assert!(connection.idle_probe(&mut io) && !connection.is_handshaking());
    connection.start(&Exchange { to, ..get() });
    let mut io = Script::says(OK);
    assert_eq!(drive(&mut connection, &mut io, 0).end, End::Whole);
    assert_eq!(io.written, GET.as_bytes());
}

#[test]
fn a_switched_connection_stays_on_its_way() {
    let mut connection = on_way(&upgrade(), &plain("socks5://p"));
    let head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let mut io = Script::says([b"\x05\x00", SUCCESS, head, b"raw"].concat());
    assert_eq!(drive(&mut connection, &mut io, 0).end, End::Switched);
    let Finish::Raw(mut raw) = connection.finish() else { panic!() };
    let mut bytes = bytes::BytesMut::new();
    raw.receive(&mut io, &mut bytes, 100).unwrap();
    assert_eq!(bytes, "raw");
}

#[test]
fn the_bytes_below_another_s_http() {
    let mut raw = RawConnection::plain().through(&plain("socks5://p"), HttpLimits::default()).unwrap();
    assert!(raw.is_handshaking());
    let mut io = Script::says([b"\x05\x00", SUCCESS, b"raw"].concat());
    let mut bytes = bytes::BytesMut::new();
    raw.send("hello".into());
    assert_eq!(raw.flush(&mut io), Ok(Flushed::All));
    assert_eq!(raw.receive(&mut io, &mut bytes, 100), Ok(Received::Bytes));
    assert_eq!((&*bytes, raw.is_handshaking()), (&b"raw"[..], false));
    assert!(io.written.ends_with(b"\x19\x2bhello"), "without another flush");
    let mut raw = RawConnection::plain().through(&plain("socks5://p"), HttpLimits::default()).unwrap();
    assert!(raw.too_slow(&plain("socks5://p")).text.contains("the proxy socks5://p:1080 did not connect"));
    let fault = raw.receive(&mut Script::says(b"\x05\xff"), &mut bytes, 100).unwrap_err();
    assert_eq!((fault.kind, fault.reach), (FaultKind::Proxy, Reach::NotSent), "{fault}");
}

#[test]
fn faults_name_the_proxy() {
    let to = plain("socks5://p");
    for (says, kind, text) in [
        (b"\x05\xff".as_slice(), FaultKind::Proxy, "accepts no client without a login"),
        (b"\x05\x00\x05\x05", FaultKind::Proxy, "was refused"),
        (b"\x05", FaultKind::Closed, "closed the connection in the middle of its handshake"),
        (b"", FaultKind::Closed, "closed the connection in the middle of its handshake"),
    ] {
        let mut connection = on_way(&post(b"{}"), &to);
        let mut io = Script::default();
        if !says.is_empty() {
            io = io.then(Done::Bytes(says.to_vec()));
        }
        let mut io = io.then_ends();
        let Pump::Input(kube_proto::driver::Input::Failed(fault)) = connection.pump(&mut io) else { panic!() };
        assert_eq!((fault.kind, fault.reach, fault.stale), (kind, Reach::NotSent, false), "{fault}");
        assert!(fault.text.starts_with("the proxy socks5://p:1080 ") && fault.text.contains(text), "{fault}");
        assert!(matches!(connection.finish(), Finish::Close));
    }
    let mut connection = on_way(&get(), &to);
    assert!(matches!(connection.pump(&mut Script::default()), Pump::Blocked { write: false }));
    let fault = connection.too_slow(&to);
    assert_eq!((fault.kind, fault.reach), (FaultKind::ConnectTimeout, Reach::NotSent));
    assert!(fault.text.contains("the proxy socks5://p:1080 did not connect to http://k.example:6443"), "{fault}");
    // Bytes of the handshake that wait for the socket are pending.
    let mut connection = on_way(&get(), &to);
    let mut io = Script::default().on_write(BLOCK).on_write(BLOCK);
    assert!(matches!(connection.pump(&mut io), Pump::Blocked { write: true }));
    assert!(matches!(connection.pump(&mut io), Pump::Blocked { write: false }));
    let mut io = Script::says(b"\x05\x00").on_write(BLOCK).on_write(BLOCK).on_write(BLOCK);
    io.writes.push_front(Done::Takes(3));
    let mut connection = on_way(&get(), &to);
    assert!(matches!(connection.pump(&mut io), Pump::Blocked { write: true }));
    assert!(Connection::plain(HttpLimits::default()).through(&plain("https://p")).is_err(), "an https proxy needs TLS");
}

proptest! {
    /// For every division of the proxy's bytes and of the socket's room.
    #[test]
    fn split_invariance(which in 0..5_usize, cuts in prop::collection::vec((1..20_usize, any::<bool>()), 0..60), takes in prop::collection::vec(0..9_usize, 0..40)) {
        let (to, says) = passages().swap_remove(which);
        let mut whole = Script::says([&says, b"server".as_slice()].concat());
        prop_assert_eq!(shake(&to, &mut whole, 0), Some(Ok(())));
        let mut io = Script::default();
        let mut rest = [&says, b"server".as_slice()].concat();
        for (length, blocks) in cuts {
            let end = rest.split_off(length.min(rest.len()));
            if !rest.is_empty() {
                io.reads.push_back(Done::Bytes(rest));
            }
            if blocks {
                io.reads.push_back(BLOCK);
            }
            rest = end;
        }
        io.reads.push_back(Done::Bytes(rest));
        io.writes.extend(takes.into_iter().map(|most| if most == 0 { BLOCK } else { Done::Takes(most) }));
        prop_assert_eq!(shake(&to, &mut io, 200), Some(Ok(())));
        prop_assert_eq!(&io.written, &whole.written);
        prop_assert_eq!(left(&io), b"server".to_vec());
    }

    /// Garbage fails, or waits for more. It is never a success, and no more than the limit is read of it.
    #[test]
    fn garbage(which in 0..5_usize, at in 0..20_usize, noise in prop::collection::vec(any::<u8>(), 1..300)) {
        let (to, mut says) = passages().swap_remove(which);
        let at = at.min(says.len() - 1);
        let good = says.clone();
        says.truncate(at);
        says.extend(noise);
        let mut io = Script::says(&says);
        match shake(&to, &mut io, 0) {
            Some(Err(fault)) => prop_assert_eq!(fault.kind, FaultKind::Proxy),
            Some(Ok(())) => prop_assert!(says.len() >= 12 || says.starts_with(&good)),
            None => prop_assert!(left(&io).is_empty()),
        }
    }
}
