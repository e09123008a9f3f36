//! The server's side: with the client's side of this library, and with rustls' own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::peer::*;
use crate::driver::endpoint::{Endpoint, TlsSettings};
use crate::driver::time::Now;
use crate::driver::wire::connection::{Connection, Pump};
use crate::driver::wire::server::connection::{ServerConnection, ServerPump};
use crate::driver::wire::server::limits::ServerLimits;
use crate::driver::wire::tls::*;
use crate::driver::wire::{Finish, HttpLimits};
use crate::driver::{Exchange, ExchangeKind, Input};
use crate::secret::Secret;

use rustls::crypto::ring::default_provider;

/// Two ends of a pipe in memory.
#[derive(Default)]
struct Pipe {
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

struct End<'a> {
    input: &'a mut Vec<u8>,
    output: &'a mut Vec<u8>,
}

impl std::io::Read for End<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.input.is_empty() {
            return Err(std::io::ErrorKind::WouldBlock.into());
        }
        let length = self.input.len().min(into.len());
        into[..length].copy_from_slice(&self.input[..length]);
        self.input.drain(..length);
        Ok(length)
    }
}

impl std::io::Write for End<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn identity(pair: &Pair) -> ServerIdentity {
    let key = Secret::new(pair.key.as_str());
    ServerIdentity::new(pair.certificate.as_bytes(), &key, Arc::new(default_provider())).unwrap()
}

fn clock() -> Arc<Clock> {
    let clock = Clock::default();
    clock.set(Duration::from_secs(TODAY));
    Arc::new(clock)
}

fn client(settings: &TlsSettings) -> Connection {
    let provider = Arc::new(default_provider());
    let config = client_config(settings, &TlsRoots::none(), provider, clock(), &[b"http/1.1"]).unwrap();
    Connection::tls(Arc::new(config), NAME, HttpLimits::default()).unwrap()
}

/// One request, answered by `ok`: the connection of the client, or its error.
fn call(pipe: &mut Pipe, mut client: Connection, server: &mut ServerConnection) -> Result<Connection, String> {
    let request = http::Request::post("/a").body(Bytes::from_static(b"{}")).unwrap();
    let to = Endpoint::new(NAME, 443, None, None);
    let connect = Duration::from_secs(1);
    client.start(&Exchange { to, request, kind: ExchangeKind::Call, fresh: false, connect, tag: Default::default() });
    for _ in 0..50 {
        let mut end = End { input: &mut pipe.to_client, output: &mut pipe.to_server };
        match client.pump(&mut end) {
            Pump::Input(Input::End) => match client.finish() {
                Finish::Keep(kept) => return Ok(kept),
                other => panic!("{other:?}"),
            },
            Pump::Input(Input::Failed(fault)) => return Err(fault.text),
            Pump::Input(_) => continue,
            Pump::Blocked { .. } => {}
        }
        let mut end = End { input: &mut pipe.to_server, output: &mut pipe.to_client };
        if let ServerPump::Request(request) = server.pump(&mut end, Now::default()) {
            assert_eq!(request.body(), "{}");
            server.answer(http::Response::new(Bytes::from_static(b"ok")), Now::default());
        }
    }
    panic!("it goes round and round");
}

fn server(identity: &ServerIdentity, clients: Option<&[u8]>) -> ServerConnection {
    let config = server_config(identity, clients, clock()).unwrap();
    ServerConnection::tls(Arc::new(config), ServerLimits::default(), Now::default()).unwrap()
}

#[test]
fn a_request_over_both_machines() {
    let authority = Authority::new();
    let identity = identity(&authority.issue(&[NAME]));
    let settings = TlsSettings { ca: Some(authority.pem.clone().into()), ..TlsSettings::default() };
    let (mut pipe, mut server) = (Pipe::default(), server(&identity, None));
    let kept = call(&mut pipe, client(&settings), &mut server).unwrap();
    call(&mut pipe, kept, &mut server).unwrap();
}

#[test]
fn a_new_identity_is_used_by_new_handshakes_and_old_connections_go_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let identity = identity(&old.issue(&[NAME]));
    let trusts = |authority: &Authority| TlsSettings { ca: Some(authority.pem.clone().into()), ..Default::default() };
    let (mut pipe, mut first) = (Pipe::default(), server(&identity, None));
    let kept = call(&mut pipe, client(&trusts(&old)), &mut first).unwrap();

    let pair = new.issue(&[NAME]);
    let key = Secret::new(pair.key.as_str());
    assert!(identity.replace(pair.certificate.as_bytes(), &key).unwrap());
    assert!(!identity.replace(pair.certificate.as_bytes(), &key).unwrap());
    assert!(identity.replace(b"nonsense", &key).is_err(), "the old one stays");

    call(&mut pipe, kept, &mut first).unwrap();
    call(&mut Pipe::default(), client(&trusts(&new)), &mut server(&identity, None)).unwrap();
    call(&mut Pipe::default(), client(&trusts(&old)), &mut server(&identity, None)).unwrap_err();
}

#[test]
fn clients_may_have_to_present_a_certificate() {
    let authority = Authority::new();
    let identity = identity(&authority.issue(&[NAME]));
    let pair = authority.issue(&["api"]);
    let bare = TlsSettings { ca: Some(authority.pem.clone().into()), ..TlsSettings::default() };
    let own = TlsSettings {
        client_certificate: Some(pair.certificate.into()),
        client_key: Some(Secret::new(pair.key)),
        ..bare.clone()
    };
    let clients = Some(authority.pem.as_bytes());
    call(&mut Pipe::default(), client(&own), &mut server(&identity, clients)).unwrap();
    call(&mut Pipe::default(), client(&bare), &mut server(&identity, clients)).unwrap_err();
    assert!(server_config(&identity, Some(b"nonsense"), clock()).is_err());
}

#[test]
fn what_is_not_tls_ends_the_connection() {
    let authority = Authority::new();
    let identity = identity(&authority.issue(&[NAME]));
    for bytes in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\u{ff}", "\0"] {
        let mut server = server(&identity, None);
        let (mut input, mut output) = (bytes.as_bytes().to_vec(), Vec::new());
        let mut end = End { input: &mut input, output: &mut output };
        let mut closed = false;
        for seconds in [0, 11] {
            let now = Now::default().after(Duration::from_secs(seconds));
            closed |= matches!(server.pump(&mut end, now), ServerPump::Closed);
        }
        assert!(closed, "{bytes:?}");
    }
}

#[test]
fn files_replace_the_identity_once_they_fit_together() {
    use std::sync::Mutex;

    use crate::driver::{Fault, FaultKind};

    let authority = Authority::new();
    let (old, new) = (authority.issue(&[NAME]), authority.issue(&[NAME]));
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reports);
    let tls = ServerTls::new(identity(&old)).files("/tls/tls.crt", "/tls/tls.key").on_rotation(move |result| {
        seen.lock().unwrap().push(result.as_ref().map_err(ToString::to_string).copied());
    });
    let mut rotation = tls.rotation().unwrap();
    assert_eq!(rotation.paths().1, std::path::Path::new("/tls/tls.key"));
    let mut read =
        |certificate: &str, key: &str| rotation.read(Ok(certificate.to_owned().into()), Ok(key.to_owned().into()));
    assert_eq!(read(&old.certificate, &old.key), Rotation::EVERY);
    // One of the two is replaced first.
    assert_eq!(read(&new.certificate, &old.key), Rotation::AGAIN);
    assert_eq!(read(&new.certificate, &old.key), Rotation::AGAIN);
    assert_eq!(read(&new.certificate, &new.key), Rotation::EVERY);
    assert_eq!(read(&new.certificate, &new.key), Rotation::EVERY);
    assert_eq!(read("", "\u{fffd}"), Rotation::AGAIN);
    let gone = Fault::unsent(FaultKind::Io, "no such file");
    assert_eq!(rotation.read(Err(gone.clone()), Err(gone)), Rotation::AGAIN);
    let reports = reports.lock().unwrap();
    assert_eq!((reports.len(), &reports[1]), (4, &Ok(())), "{reports:?}");
    assert!(reports[3].as_ref().unwrap_err().contains("/tls/tls.crt cannot be read: no such file"), "{reports:?}");
    assert!(!format!("{reports:?} {rotation:?}").contains("PRIVATE"));
}
