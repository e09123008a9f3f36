//! A server of rustls in memory, and certificate authorities.

use core::net::IpAddr;
use std::collections::VecDeque;
use std::io;
use std::io::{ErrorKind, Read, Write};

use bytes::Bytes;
use http::Request;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, ServerConnection, SignatureScheme, SupportedProtocolVersion,
};

use crate::driver::effect::{Exchange, ExchangeKind};
use crate::driver::endpoint::Endpoint;
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::wire::HttpLimits;
use crate::driver::wire::connection::{Connection, Pump};
use crate::driver::wire::tls::*;

pub(super) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
pub(super) const NAME: &str = "k.example";
pub(super) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// 2026-01-01T00:00:00Z.
pub(super) const TODAY: u64 = 1_767_225_600;

/// A certificate authority.
pub(super) struct Authority {
    pub(super) pem: String,
    pub(super) issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let serial: u64 = key.public_key_raw().iter().fold(0, |sum, byte| (sum << 5) ^ u64::from(*byte) ^ (sum >> 59));
        Self::called(&format!("authority {serial:x}"), key)
    }

    pub(super) fn called(name: &str, key: KeyPair) -> Self {
        Self::named(name, &[], key)
    }

    /// An authority that is valid for these names of servers, too.
    pub(super) fn named(name: &str, names: &[&str], key: KeyPair) -> Self {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(super) fn issue(&self, names: &[&str]) -> Pair {
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

    pub(super) fn roots(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(keys::certificates(self.pem.as_bytes(), "CA").unwrap());
        store
    }
}

pub(super) fn today() -> Arc<dyn TimeProvider> {
    Arc::new(Clock::new(Arc::new(TODAY.into())))
}

pub(super) fn server(
    version: &'static SupportedProtocolVersion,
    pair: &Pair,
    clients: Option<&Authority>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(default_provider());
    let builder =
        ServerConfig::builder_with_details(provider.clone(), today()).with_protocol_versions(&[version]).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(authority.roots().into(), provider).build().unwrap(),
        ),
    };
    let chain = keys::certificates(pair.certificate.as_bytes(), "certificate").unwrap();
    Arc::new(builder.with_single_cert(chain, keys::private_key("client", pair.key.as_bytes()).unwrap()).unwrap())
}

/// A server that shows this, which need not be a certificate that rustls reads.
pub(super) fn server_that_shows(version: &'static SupportedProtocolVersion, own: CertifiedKey) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_details(Arc::new(default_provider()), today());
    let builder = builder.with_protocol_versions(&[version]).unwrap().with_no_client_auth();
    Arc::new(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own))))
}

/// The server asks for a client certificate and takes any, as an API server does that only records it.
pub(super) fn server_that_takes_any_client(
    version: &'static SupportedProtocolVersion,
    pair: &Pair,
) -> Arc<ServerConfig> {
    let provider = Arc::new(default_provider());
    let chain = keys::certificates(pair.certificate.as_bytes(), "certificate").unwrap();
    let builder =
        ServerConfig::builder_with_details(provider.clone(), today()).with_protocol_versions(&[version]).unwrap();
    let builder = builder.with_client_cert_verifier(Arc::new(AnyClient(provider)));
    Arc::new(builder.with_single_cert(chain, keys::private_key("client", pair.key.as_bytes()).unwrap()).unwrap())
}

/// Accepts every client certificate, also one that rustls cannot read.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

pub(super) fn config(settings: &TlsSettings) -> Result<ClientConfig, Error> {
    client_config(settings, &TlsRoots::none(), Arc::new(default_provider()), today(), &[b"http/1.1"])
}

pub(super) fn trusting(pem: &str) -> TlsSettings {
    TlsSettings { ca: Some(pem.to_owned().into()), ..TlsSettings::default() }
}

pub(super) fn showing(pem: &str, certificate: &str, key: &str) -> TlsSettings {
    TlsSettings {
        client_certificate: Some(certificate.to_owned().into()),
        client_key: Some(key.into()),
        ..trusting(pem)
    }
}

pub(super) fn client(authority: &Authority, pair: Option<&Pair>) -> Arc<ClientConfig> {
    let settings = match pair {
        Some(pair) => showing(&authority.pem, &pair.certificate, &pair.key),
        None => trusting(&authority.pem),
    };
    Arc::new(config(&settings).unwrap())
}

/// What the server does after its last answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Stays,
    SaysGoodBye,
    Cuts,
}

/// The server, as the client's socket.
pub(super) struct Peer {
    pub(super) server: ServerConnection,
    pub(super) answers: VecDeque<Vec<u8>>,
    pub(super) then: Then,
    /// Cipher text on its way to the client.
    pub(super) out: VecDeque<u8>,
    /// Plain text that arrived.
    pub(super) seen: Vec<u8>,
    pub(super) answered: usize,
    pub(super) failed: bool,
    /// The most bytes that one call moves, and whether every other read and write blocks.
    pub(super) most: usize,
    pub(super) hesitant: bool,
    pub(super) calls: [usize; 2],
    /// Bytes that may still pass in each direction before the connection breaks.
    pub(super) takes: usize,
    pub(super) gives: usize,
}

impl Peer {
    pub(super) fn new(config: Arc<ServerConfig>, answers: &[&str], then: Then) -> Self {
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

    pub(super) fn requests(&self) -> usize {
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

    pub(super) fn collect(&mut self) {
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

pub(super) fn exchange(kind: ExchangeKind) -> Exchange {
    let request = Request::post("/api/v1/pods").body(Bytes::from_static(b"{}")).unwrap();
    let to = Endpoint::new(NAME, 443, None, None);
    Exchange { to, request, kind, fresh: false, connect: Duration::from_secs(1), tag: Default::default() }
}

pub(super) fn started(config: &Arc<ClientConfig>, name: &str) -> Connection {
    let mut connection = Connection::tls(config.clone(), name, HttpLimits::default()).unwrap();
    assert!(connection.is_handshaking());
    connection.start(&exchange(ExchangeKind::Call));
    connection
}

/// Status and data, or the fault.
pub(super) fn drive(connection: &mut Connection, io: &mut (impl Read + Write)) -> Result<(u16, Vec<u8>), Fault> {
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

pub(super) fn ok() -> Result<(u16, Vec<u8>), Fault> {
    Ok((200, b"ok".to_vec()))
}

#[track_caller]
pub(super) fn refused(result: Result<(u16, Vec<u8>), Fault>, text: &str) {
    let fault = result.unwrap_err();
    assert_eq!((fault.kind, fault.reach, fault.stale), (FaultKind::Tls, Reach::NotSent, false), "{fault}");
    assert!(fault.text.contains(text), "{fault}");
}
