//! TLS settings, overrides, the user agent and the proxy of a new client, as a list of tests that every transport runs
//! over real sockets.
//!
//! A transport names its [`Client`] in [`secured!`](crate::secured!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod peers;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use kube_proto::api::ApiRequest;
use kube_proto::api::Upgrade;
use kube_proto::config::{Config, CredentialConfig};
use kube_proto::driver::Raw;
use kube_proto::driver::options::ClientOptions;
use kube_proto::driver::wire::tls::TlsOverride;
use kube_proto::driver::{Fault, FaultKind, Reach};
use kube_proto::resource::{ApiResource, DynamicObject, Object, Scope, SelfSubjectReview};
use kube_proto::settings::Settings;
use kube_proto::watch::WatchEvent;
use kube_proto::{Api, Error, ErrorKind};
use kube_test_server::serve::{Authority, Binding, Bound, ClientAuth};
use kube_test_server::{Options, Server};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use serde_json::json;

pub use peers::{
    an_answer_without_close_notify_is_cut, clients_that_are_not_the_right_ones, servers_that_are_not_the_right_ones,
};

use crate::blocking::{Client, made};
use crate::issuer::{BoundIssuer, Issuer};
use crate::plugins::shell;
use crate::proxy::Proxy;

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! secured {
    ($client:ty) => {
        $crate::tests_of!(
            secured, $client:
            a_call_in_tls,
            the_address_is_among_the_names,
            servers_that_are_not_the_right_ones,
            clients_that_are_not_the_right_ones,
            an_answer_without_close_notify_is_cut,
            a_configuration_of_the_caller_s_own,
            a_verifier_of_the_caller_s_own,
            a_change_is_made_once_for_each_identity,
            proxies_are_not_overridden,
            issuers_are_not_overridden,
            not_to_verify_works_and_is_said,
            its_own_name_on_every_connection,
            keys_of_every_kind,
            a_new_certificate_of_a_plugin_leaves_streams_alone,
            the_builder_has_a_user_agent_and_a_proxy,
        );
    };
}

struct World {
    authority: Arc<Authority>,
    server: Bound,
}

impl World {
    fn new() -> Self {
        let authority = Arc::new(Authority::new("secured").unwrap());
        let binding = Binding::tls().authority(Arc::clone(&authority)).trusting("admin");
        Self { server: Bound::start(Server::new(Options::default()), binding).unwrap(), authority }
    }

    /// A configuration without a CA to verify with.
    fn bare(&self) -> Config {
        Config::new(&self.server.url()).unwrap()
    }

    fn config(&self) -> Config {
        self.bare().with_ca(self.authority.pem())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der()).unwrap();
        roots
    }
}

fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

fn list<C: Client>(client: &C) -> Result<(), Error> {
    client.call(maps().list(&Default::default())).map(drop)
}

fn fault(error: &Error) -> &Fault {
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    fault
}

/// With the cryptography provider of the transport.
pub fn a_call_in_tls<C: Client>() {
    let world = World::new();
    let client: C = made(world.config(), Settings::default());
    list(&client).unwrap();
    list(&client).unwrap();
    assert_eq!(world.server.connections_opened(), 1);
}

/// The certificate of a server that is named by its address must contain the address.
pub fn the_address_is_among_the_names<C: Client>() {
    let world = World::new();
    assert!(world.server.url().contains("//127.0.0.1:"));
    list(&made::<C>(world.config(), Settings::default())).unwrap();
    let error = list(&made::<C>(world.config().with_server_name("127.0.0.9"), Settings::default())).unwrap_err();
    assert_eq!(fault(&error).kind, FaultKind::Tls, "{error}");
    assert!(error.to_string().contains("not valid for 127.0.0.9"), "{error}");
}

/// With the caller's `ClientConfig` the configuration's TLS is not used; the transport still sets the protocols.
pub fn a_configuration_of_the_caller_s_own<C: Client>() {
    let world = World::new();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(world.roots());
    let mut own = builder.with_no_client_auth();
    own.alpn_protocols = vec![b"smtp".to_vec()];
    let config = world.bare().with_ca("no certificate at all").with_client_certificate("none", "neither");
    let client = C::make(ClientOptions::new(config).tls(own)).unwrap();
    list(&client).unwrap();
    list(&client).unwrap();
    assert_eq!(world.server.connections_opened(), 1);
}

/// Records the names that it was asked to verify.
#[derive(Debug)]
struct Noting {
    inner: Arc<WebPkiServerVerifier>,
    names: Mutex<Vec<String>>,
    refuses: bool,
}

impl Noting {
    fn new(roots: RootCertStore, refuses: bool) -> Arc<Self> {
        let provider = Arc::new(ring::default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        Arc::new(Self { inner, names: Mutex::default(), refuses })
    }
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.names.lock().unwrap().push(server_name.to_str().into_owned());
        match self.refuses {
            true => Err(CertificateError::Revoked.into()),
            false => self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// The caller's verifier decides, with the name of the configuration.
pub fn a_verifier_of_the_caller_s_own<C: Client>() {
    let world = World::new();
    for refuses in [false, true] {
        let verifier = Noting::new(world.roots(), refuses);
        let own: Arc<dyn ServerCertVerifier> = Arc::clone(&verifier) as _;
        let config = world.bare().with_server_name("localhost");
        let client = C::make(ClientOptions::new(config).tls(own)).unwrap();
        let result = list(&client);
        assert_eq!(*verifier.names.lock().unwrap(), ["localhost"]);
        match refuses {
            false => result.unwrap(),
            true => assert_eq!(fault(&result.unwrap_err()).kind, FaultKind::Tls),
        }
    }
}

/// A change to each configuration that is made.
pub fn a_change_is_made_once_for_each_identity<C: Client>() {
    let world = World::new();
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    let change = TlsOverride::change(move |config| {
        counted.fetch_add(1, Ordering::Relaxed);
        config.alpn_protocols = vec![b"smtp".to_vec()];
    });
    let client = C::make(ClientOptions::new(world.config()).tls(change)).unwrap();
    for _ in 0..3 {
        list(&client).unwrap();
        world.server.drop_connections();
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

/// An override for the server does not apply to the proxy.
pub fn proxies_are_not_overridden<C: Client>() {
    let world = World::new();
    let stranger = Authority::new("stranger").unwrap();
    let proxy = Proxy::https(&stranger).unwrap().start().unwrap();
    let mut roots = world.roots();
    roots.add(stranger.der()).unwrap();
    let own: Arc<dyn ServerCertVerifier> = Noting::new(roots, false);
    let error = list(&C::make(ClientOptions::new(world.config()).proxy(&proxy.url()).tls(own)).unwrap()).unwrap_err();
    assert_eq!(fault(&error).kind, FaultKind::Tls, "{error}");
    assert!(error.to_string().contains("TLS with the proxy"), "{error}");
}

/// Nor to an issuer of tokens, even if it has the server's name.
pub fn issuers_are_not_overridden<C: Client>() {
    let world = World::new();
    let stranger = Authority::new("stranger").unwrap();
    let issuer = BoundIssuer::start(Issuer::new("kubectl", ""), &stranger).unwrap();
    let mut config = world.config();
    let settings = [
        ("idp-issuer-url", issuer.url().to_owned()),
        ("client-id", "kubectl".to_owned()),
        ("idp-certificate-authority-data", STANDARD.encode(world.authority.pem())),
        ("refresh-token", issuer.with(|issuer| issuer.refresh_token(0))),
    ];
    config.credential = CredentialConfig::AuthProvider {
        name: "oidc".into(),
        config: settings.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        user: "me".into(),
        file: None,
    };
    let mut roots = world.roots();
    roots.add(stranger.der()).unwrap();
    let own: Arc<dyn ServerCertVerifier> = Noting::new(roots, false);
    let error = list(&C::make(ClientOptions::new(config).tls(own)).unwrap()).unwrap_err().to_string();
    assert!(error.contains("not signed by a trusted certificate authority"), "{error}");
    assert_eq!(issuer.with(|issuer| issuer.given), 0);
}

/// A configuration without verification works, and has a warning.
pub fn not_to_verify_works_and_is_said<C: Client>() {
    let world = World::new();
    assert_eq!(world.config().warnings(), [""; 0]);
    let config = world.bare().with_insecure_skip_verify();
    let [warning] = &config.warnings()[..] else { panic!() };
    assert!(warning.contains("not verified") && warning.contains(&world.server.url()), "{warning}");
    list(&made::<C>(config, Settings::default())).unwrap();
}

/// Each connection sends and verifies `tls-server-name`: for calls, streams and sessions.
pub fn its_own_name_on_every_connection<C: Client>() {
    let authority = Arc::new(Authority::new("secured").unwrap());
    let certificate = authority.server(&["k.example".to_owned()]).unwrap();
    let binding = Binding::tls().authority(Arc::clone(&authority)).certificate(certificate).trusting("admin");
    let server = Bound::start(Server::new(Options::default()), binding).unwrap();
    let config = Config::new(&server.url()).unwrap().with_ca(authority.pem());
    let named = |name: &str| made::<C>(config.clone().with_server_name(name), Settings::default());

    let client = named("k.example");
    client.call(maps().create(&map("a"), &Default::default())).unwrap();
    list(&client).unwrap();
    assert_eq!(server.connections_opened(), 1);
    server.drop_connections();
    assert!(client.stream(maps().watch_once(&Default::default())).next().unwrap().is_ok());
    server.drop_connections();
    assert!(client.open(echo()).unwrap().next().is_some());

    let client = named("elsewhere.example");
    for error in [
        list(&client).unwrap_err(),
        client.stream(maps().watch_once(&Default::default())).next().unwrap().map(drop).unwrap_err(),
        client.open(echo()).map(drop).unwrap_err(),
    ] {
        assert!(error.to_string().contains("not valid for elsewhere.example, but for k.example"), "{error}");
        assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::Tls, Reach::NotSent));
    }
}

fn map(name: &str) -> DynamicObject {
    let json = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    DynamicObject::decode(kube_proto::resource::Document::json(json.to_string().into_bytes())).unwrap()
}

fn echo() -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, "/test/echo?close=0", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    Upgrade::new(request, |_| Ok(Raw::new()))
}

/// PKCS#8, SEC1 and PKCS#1 are accepted. An encrypted key is refused before anything is sent, and the error says what
/// to do.
pub fn keys_of_every_kind<C: Client>() {
    let authority = Arc::new(Authority::new("secured").unwrap());
    let binding = Binding::tls().authority(Arc::clone(&authority)).client_auth(ClientAuth::Required);
    let server = Bound::start(Server::new(Options::default()), binding).unwrap();
    let config = Config::new(&server.url()).unwrap().with_ca(authority.pem());
    let pair = authority.client("admin", &["system:masters".to_owned()]).unwrap();
    let with = |key: String| {
        let config = config.clone().with_client_certificate(pair.certificate.clone(), key);
        list(&made::<C>(config, Settings::default()))
    };
    assert!(pair.key.contains("-----BEGIN PRIVATE KEY-----"));
    with(pair.key.clone()).unwrap();
    with(sec1(&pair.key)).unwrap();
    let encrypted = pair.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let legacy =
        sec1(&pair.key).replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n");
    for key in [encrypted, legacy] {
        let error = with(key).unwrap_err();
        assert!(error.to_string().contains("encrypted"), "{error}");
        assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::TlsSettings, Reach::NotSent));
    }
    // A certificate of an unknown authority, for a server that does not ask for one.
    let binding = Binding::tls().authority(Arc::clone(&authority)).client_auth(ClientAuth::Off).trusting("admin");
    let server = Bound::start(Server::new(Options::default()), binding).unwrap();
    let config = Config::new(&server.url()).unwrap().with_ca(authority.pem());
    let rsa = include_str!("../../../../kube-proto/src/driver/wire/tls/tests/rsa.crt");
    for key in [
        include_str!("../../../../kube-proto/src/driver/wire/tls/tests/rsa-pkcs1.pem"),
        include_str!("../../../../kube-proto/src/driver/wire/tls/tests/rsa-pkcs8.pem"),
    ] {
        list(&made::<C>(config.clone().with_client_certificate(rsa, key), Settings::default())).unwrap();
    }
}

/// An EC key in PKCS#8 contains one in SEC1.
fn sec1(pkcs8: &str) -> String {
    let text: String = pkcs8.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(text).unwrap();
    let at = der.windows(5).position(|five| five == [2, 1, 1, 4, 32]).unwrap() - 2;
    format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", STANDARD.encode(&der[at..]))
}

/// New calls use new connections with the new certificate; a stream under the old one continues.
pub fn a_new_certificate_of_a_plugin_leaves_streams_alone<C: Client>() {
    let authority = Arc::new(Authority::new("secured").unwrap());
    let binding = Binding::tls().authority(Arc::clone(&authority)).client_auth(ClientAuth::Required);
    let server = Bound::start(Server::new(Options::default()), binding).unwrap();
    let file = std::env::temp_dir().join(format!("kube-plugin-{}-{}", std::process::id(), server.address().port()));
    let gives = |user: &str| {
        let pair = authority.client(user, &["system:masters".to_owned()]).unwrap();
        // The credential expires at once: the plugin runs again as soon as its pace allows.
        let status = json!({
            "clientCertificateData": pair.certificate, "clientKeyData": pair.key,
            "expirationTimestamp": "2020-01-01T00:00:00Z",
        });
        let version = "client.authentication.k8s.io/v1";
        let credential = json!({"kind": "ExecCredential", "apiVersion": version, "status": status});
        let beside = file.with_extension("new");
        std::fs::write(&beside, credential.to_string()).unwrap();
        std::fs::rename(&beside, &file).unwrap();
    };
    gives("anna");
    let mut config = Config::new(&server.url()).unwrap().with_ca(authority.pem());
    config.credential = shell(&format!("cat {}", file.display()));
    let client: C = made(config, Settings::default());
    let who = || {
        let api = Api::<SelfSubjectReview>::all();
        let review = client.call(api.create(&SelfSubjectReview::default(), &Default::default())).unwrap();
        review.status.user_info.username
    };
    assert_eq!(who(), "anna");
    client.call(maps().create(&map("a"), &Default::default())).unwrap();
    let mut events = client.stream(maps().watch_once(&Default::default()));
    assert!(events.next().unwrap().is_ok());
    // The stream has its own connection.
    assert_eq!(who(), "anna");
    let before = server.connections_opened();

    gives("berta");
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while who() != "berta" {
        assert!(std::time::Instant::now() < until, "the plugin is not run again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.connections_opened(), before + 1);
    client.call(maps().create(&map("b"), &Default::default())).unwrap();
    let Some(Ok(WatchEvent::Added(object))) = events.next() else { panic!("the stream has ended") };
    assert_eq!(object.metadata.name.as_deref(), Some("b"));
    assert_eq!(server.connections_opened(), before + 1);
    std::fs::remove_file(file).unwrap();
}

/// The other options of all builders.
pub fn the_builder_has_a_user_agent_and_a_proxy<C: Client>() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let lines = BufReader::new(socket.try_clone().unwrap()).lines();
        let head: Vec<String> = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        socket.write_all(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        head
    });
    // No system resolves this name: the request goes to the proxy.
    let options = ClientOptions::new(Config::new("http://kubernetes.invalid").unwrap());
    let client = C::make(options.proxy(&format!("http://127.0.0.1:{port}")).user_agent("tested/1")).unwrap();
    list(&client).unwrap_err();
    let head = heard.join().unwrap();
    assert!(head[0].starts_with("GET http://kubernetes.invalid/api/v1/"), "{head:?}");
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case("user-agent: tested/1")), "{head:?}");
    let options = ClientOptions::new(Config::new("http://kubernetes.invalid").unwrap());
    let Err(error) = C::make(options.proxy("ftp://u:hunter2@p")) else { panic!("a proxy of scheme ftp") };
    assert!(error.to_string().contains("proxy") && !error.to_string().contains("hunter2"), "{error}");
}
