//! Proxies, as a list of tests that every transport runs over real sockets.
//!
//! A transport names its [`Client`] in [`proxied!`](crate::proxied!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Method;
use kube_proto::api::Upgrade;
use kube_proto::api::{ApiRequest, WatchParams};
use kube_proto::config::{Config, CredentialConfig, ProxyEnv};
use kube_proto::driver::Raw;
use kube_proto::driver::{Fault, FaultKind, Reach};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::{RetryPolicy, Settings};
use kube_proto::watch::WatchEvent;
use kube_proto::{Api, Error, ErrorKind};
use kube_test_server::serve::{Authority, Binding, Bound};
use kube_test_server::{Options, Server, User};

use crate::blocking::{Client, made};
use crate::issuer::{BoundIssuer, Issuer};
use crate::proxy::{Proxy, Setup};
use crate::scripted::ClosedPort;

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! proxied {
    ($client:ty) => {
        $crate::tests_of!(
            proxied, $client:
            through_every_kind_of_proxy,
            an_upgraded_session_goes_the_same_way,
            a_proxy_that_refuses_is_heard_once,
            without_the_user_no_request_passes,
            a_server_that_the_proxy_cannot_reach,
            a_proxy_that_is_not_there_or_says_nothing,
            a_stranger_between_client_and_proxy_is_noticed,
            the_environment_leads_there_and_no_proxy_away,
            the_environment_leads_to_the_issuer_too,
            the_server_is_verified_by_its_own_name,
            a_proxy_that_drips,
            a_proxy_that_closes_at_each_byte,
        );
    };
}

/// A cluster, in TLS and without, and the authority of its certificates.
struct World {
    authority: Arc<Authority>,
    tls: Bound,
    plain: Bound,
}

impl World {
    fn new() -> Self {
        let authority = Arc::new(Authority::new("proxied").unwrap());
        let start =
            |binding: Binding| Bound::start(Server::new(Options::default()), binding.trusting("admin")).unwrap();
        let tls = start(Binding::tls().authority(Arc::clone(&authority)));
        Self { authority, tls, plain: start(Binding::plain()) }
    }

    /// The server has a name that only the proxy can resolve.
    fn config(&self, tls: bool) -> Config {
        let (scheme, bound) = if tls { ("https", &self.tls) } else { ("http", &self.plain) };
        let config = Config::new(&format!("{scheme}://kubernetes:{}", bound.address().port())).unwrap();
        config.with_ca(self.authority.pem())
    }

    fn client<C: Client>(&self, tls: bool, proxy: &str) -> C {
        client(self.config(tls).with_proxy(proxy).unwrap())
    }

    fn proxies(&self) -> Vec<Setup> {
        let https = Proxy::https(&self.authority).unwrap();
        let open = [Proxy::http(), https, Proxy::socks5()];
        let closed = open.clone().map(|setup| setup.user("u", "hunter2"));
        open.into_iter().chain(closed).collect()
    }
}

fn client<C: Client>(config: Config) -> C {
    made(config, Settings::default())
}

fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

fn map(name: &str, size: usize) -> DynamicObject {
    let data = serde_json::json!({"a": "x".repeat(size)});
    let map = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
    serde_json::from_value(map).unwrap()
}

fn transport(error: &Error) -> &Fault {
    let ErrorKind::Transport(fault) = error.kind() else { panic!("{error}") };
    assert!(!error.to_string().contains("hunter2"), "{error}");
    fault
}

/// Calls and a watch, with TLS and without, on connections that are used again.
pub fn through_every_kind_of_proxy<C: Client>() {
    let world = World::new();
    for (n, setup) in world.proxies().into_iter().enumerate() {
        for tls in [true, false] {
            let bound = if tls { &world.tls } else { &world.plain };
            let before = bound.connections_opened();
            let proxy = setup.clone().start().unwrap();
            let client: C = world.client(tls, &proxy.url());
            let name = format!("map-{n}");
            // Larger than the buffers on the way.
            client.call(maps().create(&map(&name, 700_000), &Default::default())).unwrap();
            for _ in 0..3 {
                let found = client.call(maps().get(&name)).unwrap();
                assert_eq!(found.metadata.name.as_deref(), Some(&*name));
            }
            let mut events = client.stream(maps().watch_once(&WatchParams::default().resource_version("0")));
            assert!(matches!(events.next(), Some(Ok(WatchEvent::Added(_)))));
            // The calls have released the connection, and now the watch uses it.
            assert_eq!((proxy.connections(), bound.connections_opened() - before), (1, 1), "{}", proxy.url());
            client.call(maps().get(&name)).unwrap();
            assert_eq!((proxy.connections(), bound.connections_opened() - before), (2, 2), "{}", proxy.url());
            let port = bound.address().port();
            for target in proxy.targets() {
                assert!(target.contains(&format!("kubernetes:{port}")), "{target}");
            }
        }
    }
}

/// Both directions at once after a 101, in TLS within TLS.
pub fn an_upgraded_session_goes_the_same_way<C: Client>() {
    let world = World::new();
    for setup in world.proxies() {
        let proxy = setup.start().unwrap();
        let session = world.client::<C>(true, &proxy.url()).open(echo(1_000_000)).unwrap();
        let writer = Arc::clone(&session);
        let thread = std::thread::spawn(move || writer.send(Bytes::from(vec![b'x'; 1_000_000])).unwrap());
        let mut echoed = 0;
        while echoed < 1_000_000 {
            let bytes = session.next().unwrap().unwrap();
            // The server sends one word before the echo.
            echoed += bytes.iter().filter(|byte| **byte == b'x').count();
        }
        thread.join().unwrap();
    }
}

/// The error contains its answer, and nothing is tried again.
pub fn a_proxy_that_refuses_is_heard_once<C: Client>() {
    let world = World::new();
    for (setup, tls, text) in [
        (Proxy::http().refusing("HTTP/1.1 403 Not on a Sunday\r\n\r\n"), true, "403 Not on a Sunday"),
        (Proxy::http().refusing("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n"), true, "NTLM"),
        (Proxy::http().refusing("SSH-2.0-x\r\n"), true, "does not speak valid HTTP"),
        (Proxy::https(&world.authority).unwrap().refusing("HTTP/1.1 503 No\r\n\r\n"), true, "503 No"),
        (Proxy::socks5().refusing([5, 0xff]), true, "accepts no client without a login"),
        (Proxy::socks5().refusing([5, 0xff]), false, "accepts no client without a login"),
        (Proxy::socks5().refusing([5, 0, 5, 2]), false, "its rules do not allow it"),
    ] {
        let proxy = setup.start().unwrap();
        let error = world.client::<C>(tls, &proxy.url()).call(maps().get("a")).unwrap_err();
        let fault = transport(&error);
        assert_eq!((fault.kind, fault.reach), (FaultKind::Proxy, Reach::NotSent), "{error}");
        assert!(fault.text.contains(text), "{error}");
        assert_eq!(proxy.connections(), 1);
    }
}

/// No password, and a wrong one.
pub fn without_the_user_no_request_passes<C: Client>() {
    let world = World::new();
    let https = Proxy::https(&world.authority).unwrap();
    for setup in [Proxy::http(), https, Proxy::socks5()] {
        let proxy = setup.user("u", "hunter2").start().unwrap();
        let error = world.client::<C>(true, &proxy.url_without_user()).call(maps().get("a")).unwrap_err();
        assert!(transport(&error).text.contains("put a user and a password into its URL"), "{error}");
        let url = proxy.url().replace("hunter2", "hunter22");
        let error = world.client::<C>(true, &url).call(maps().get("a")).unwrap_err();
        assert!(transport(&error).text.contains("did not accept the user and the password"), "{error}");
    }
    assert_eq!(world.tls.connections_opened(), 0);
}

/// The proxy reports it.
pub fn a_server_that_the_proxy_cannot_reach<C: Client>() {
    let world = World::new();
    let unheard = ClosedPort::new();
    let closed = unheard.port;
    for (setup, text) in [(Proxy::http(), "502 No such host"), (Proxy::socks5(), "the connection was refused")] {
        let proxy = setup.start().unwrap();
        let config = Config::new(&format!("https://kubernetes:{closed}")).unwrap().with_ca(world.authority.pem());
        let error = client::<C>(config.with_proxy(&proxy.url()).unwrap()).call(maps().get("a")).unwrap_err();
        assert!(transport(&error).text.contains(text), "{error}");
    }
}

/// Refused, unknown, silent: each in time.
pub fn a_proxy_that_is_not_there_or_says_nothing<C: Client>() {
    let world = World::new();
    let unheard = ClosedPort::new();
    let closed = unheard.port;
    let error =
        world.client::<C>(true, &format!("http://u:hunter2@127.0.0.1:{closed}")).call(maps().get("a")).unwrap_err();
    let fault = transport(&error);
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.text.starts_with(&format!("no connection to the proxy http://127.0.0.1:{closed}: ")), "{error}");
    let error = world.client::<C>(true, "http://no-such-host.invalid:1").call(maps().get("a")).unwrap_err();
    assert_eq!(transport(&error).kind, FaultKind::Resolve, "{error}");
    // Wherever the time ends, before the socket is connected or after: the message names the proxy.
    for millis in [0, 1, 50] {
        for setup in world.proxies() {
            let proxy = setup.mute().start().unwrap();
            let mut settings = Settings::default();
            settings.call.connect = Duration::from_millis(millis);
            let config = world.config(true).with_proxy(&proxy.url()).unwrap();
            let client: C = made(config, settings);
            let error = client.call(maps().get("a")).unwrap_err();
            let fault = transport(&error);
            assert_eq!((fault.kind, fault.reach), (FaultKind::ConnectTimeout, Reach::NotSent), "{error}");
            assert!(fault.text.contains("the proxy ") && fault.text.contains("in time"), "{error}");
        }
    }
}

/// A certificate of an unknown authority.
pub fn a_stranger_between_client_and_proxy_is_noticed<C: Client>() {
    let world = World::new();
    let stranger = Authority::new("stranger").unwrap();
    let proxy = Proxy::https(&stranger).unwrap().start().unwrap();
    let error = world.client::<C>(true, &proxy.url()).call(maps().get("a")).unwrap_err();
    let fault = transport(&error);
    assert_eq!(fault.kind, FaultKind::Tls, "{error}");
    assert!(fault.text.contains("TLS with the proxy"), "{error}");
}

/// `HTTPS_PROXY` and `NO_PROXY`.
pub fn the_environment_leads_there_and_no_proxy_away<C: Client>() {
    let world = World::new();
    let proxy = Proxy::http().start().unwrap();
    let env = |no_proxy: &str| {
        let url = proxy.url();
        ProxyEnv::from_env(|name| match name {
            "HTTPS_PROXY" => Some(url.clone().into()),
            "NO_PROXY" => Some(no_proxy.into()),
            _ => None,
        })
    };
    client::<C>(world.config(true).with_proxy_env(&env("")).unwrap()).call(maps().list(&Default::default())).unwrap();
    let count = proxy.connections();
    // Only the proxy knows the name.
    let error =
        client::<C>(world.config(true).with_proxy_env(&env("kubernetes")).unwrap()).call(maps().get("a")).unwrap_err();
    assert_eq!(transport(&error).kind, FaultKind::Resolve, "{error}");
    let here = Config::new(&world.tls.url()).unwrap().with_ca(world.authority.pem());
    client::<C>(here.with_proxy_env(&env("")).unwrap()).call(maps().list(&Default::default())).unwrap();
    assert_eq!(proxy.connections(), count);
}

/// To discovery and to the token endpoint, while the server itself is reached directly.
pub fn the_environment_leads_to_the_issuer_too<C: Client>() {
    let world = World::new();
    for setup in world.proxies() {
        let proxy = setup.start().unwrap();
        // Only the proxy knows the name.
        let issuer = Issuer { now: 4_000_000_000, ..Issuer::new("kubectl", "client-secret") };
        let issuer = BoundIssuer::named("kubernetes", issuer, &world.authority).unwrap();
        let (token, refresh) = issuer.with(|issuer| (issuer.id_token(1, issuer.now), issuer.refresh_token(0)));
        let user = User::new("oidc").group("system:masters").token(&token);
        world.tls.with(|server| server.options_mut().users.push(user));
        let settings = [
            ("idp-issuer-url", issuer.url().to_owned()),
            ("client-id", "kubectl".to_owned()),
            ("client-secret", "client-secret".to_owned()),
            ("refresh-token", refresh),
            ("idp-certificate-authority-data", BASE64_STANDARD.encode(world.authority.pem())),
        ];
        let settings = settings.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        let env = ProxyEnv { https_proxy: Some(proxy.url().into()), ..ProxyEnv::default() };
        let mut config = Config::new(&world.tls.url()).unwrap().with_ca(world.authority.pem());
        config.credential =
            CredentialConfig::AuthProvider { name: "oidc".into(), config: settings, user: "u".into(), file: None };
        let client: C = client(config.with_proxy_env(&env).unwrap());
        client.call(maps().list(&Default::default())).unwrap();
        assert_eq!(issuer.with(|issuer| issuer.given), 1);
        let there = issuer.url().trim_start_matches("https://").to_owned();
        assert!(proxy.targets().iter().all(|target| *target == there), "{:?}", proxy.targets());
        // The refresh token never goes over a pooled connection.
        assert_eq!(proxy.connections(), 2);
    }
}

/// `tls-server-name` applies to the server on a proxied connection too, pooled and upgraded, and never to the proxy.
pub fn the_server_is_verified_by_its_own_name<C: Client>() {
    let world = World::new();
    for setup in world.proxies() {
        let proxy = setup.start().unwrap();
        let named = |name: &str| world.config(true).with_server_name(name).with_proxy(&proxy.url()).unwrap();
        let wrong = client::<C>(named("elsewhere.example")).call(maps().list(&Default::default())).unwrap_err();
        assert_eq!(transport(&wrong).kind, FaultKind::Tls, "{wrong}");
        assert!(wrong.to_string().contains("elsewhere.example"), "{wrong}");
        let right: C = client(named("localhost"));
        right.call(maps().list(&Default::default())).unwrap();
        right.call(maps().list(&Default::default())).unwrap();
        let (before, session) = (proxy.connections(), right.open(echo(0)).unwrap());
        assert!(session.next().is_some());
        // The pooled connection: a new one is not needed, and the client finds the old one.
        assert_eq!(proxy.connections(), before);
    }
}

/// Every answer of the proxy in pieces of one byte.
pub fn a_proxy_that_drips<C: Client>() {
    let world = World::new();
    for setup in world.proxies() {
        let proxy = setup.dripping().start().unwrap();
        world.client::<C>(true, &proxy.url()).call(maps().list(&Default::default())).unwrap();
    }
}

/// Then nothing has reached the server, whatever the byte.
pub fn a_proxy_that_closes_at_each_byte<C: Client>() {
    let world = World::new();
    let https = Proxy::https(&world.authority).unwrap();
    // With TLS not at each byte: the handshake has over a thousand.
    let kinds = [(Proxy::http(), 39, 1), (https, 1_000, 97), (Proxy::socks5().user("u", "hunter2"), 14, 1)];
    for (setup, handshake, step) in kinds {
        for bytes in (0..handshake).step_by(step) {
            let proxy = setup.clone().closing_after(bytes).start().unwrap();
            let mut settings = Settings::default();
            settings.retry = RetryPolicy::NEVER;
            let client: C = made(world.config(true).with_proxy(&proxy.url()).unwrap(), settings);
            let error = client.call(maps().list(&Default::default())).unwrap_err();
            let fault = transport(&error);
            assert_eq!((fault.kind, fault.reach), (FaultKind::Closed, Reach::NotSent), "{bytes}: {error}");
            assert!(fault.text.contains("proxy"), "{bytes}: {error}");
        }
    }
}

fn echo(bytes: usize) -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, format!("/test/echo?close={bytes}"), "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    Upgrade::new(request, |_| Ok(Raw::new()))
}
