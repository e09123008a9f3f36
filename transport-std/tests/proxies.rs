//! Through proxies, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use kube_tests::proxy::{Proxy, Setup};
use kube_tests::server::serve::{Authority, Binding, Bound};
use kube_tests::server::{Options, Server};
use kube_transport_std::Client;
use kube_transport_std::proto::config::{Config, ProxyEnv};
use kube_transport_std::proto::op::{Upgrade, WatchEvent};
use kube_transport_std::proto::request::{ApiRequest, WatchParams};
use kube_transport_std::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_std::proto::session::Settings;
use kube_transport_std::proto::stream::Raw;
use kube_transport_std::proto::{Api, Error, ErrorKind, Fault, FaultKind, Reach};

/// A cluster, in TLS and without, and who signs its certificates.
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

    /// By a name that only a proxy can make something of.
    fn config(&self, tls: bool) -> Config {
        let (scheme, bound) = if tls { ("https", &self.tls) } else { ("http", &self.plain) };
        let config = Config::new(&format!("{scheme}://kubernetes:{}", bound.address().port())).unwrap();
        config.with_ca(self.authority.pem())
    }

    fn client(&self, tls: bool, proxy: &str) -> Client {
        client(self.config(tls).with_proxy(proxy).unwrap())
    }

    fn proxies(&self) -> Vec<Setup> {
        let https = Proxy::https(&self.authority).unwrap();
        let open = [Proxy::http(), https, Proxy::socks5()];
        let closed = open.clone().map(|setup| setup.user("u", "hunter2"));
        open.into_iter().chain(closed).collect()
    }
}

fn client(config: Config) -> Client {
    Client::builder(config).seed(7).build().unwrap()
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

#[test]
fn through_every_kind_of_proxy() {
    let world = World::new();
    for (n, setup) in world.proxies().into_iter().enumerate() {
        for tls in [true, false] {
            let bound = if tls { &world.tls } else { &world.plain };
            let before = bound.connections_opened();
            let proxy = setup.clone().start().unwrap();
            let client = world.client(tls, &proxy.url());
            let name = format!("map-{n}");
            // Larger than what the buffers on the way hold.
            client.call(maps().create(&map(&name, 700_000), &Default::default())).unwrap();
            for _ in 0..3 {
                let found = client.call(maps().get(&name)).unwrap();
                assert_eq!(found.metadata.name.as_deref(), Some(&*name));
            }
            let mut events = client.stream(maps().events(&WatchParams::default().resource_version("0")));
            assert!(matches!(events.next(), Some(Ok(WatchEvent::Added(_)))));
            // The calls have given the connection back to each other, and now it is the watch's.
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

#[test]
fn an_upgraded_session_goes_the_same_way() {
    let world = World::new();
    for setup in world.proxies() {
        let proxy = setup.start().unwrap();
        let request = ApiRequest::raw(Method::GET, "/test/echo?close=1000000", "")
            .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
            .header(http::header::UPGRADE, "echo".parse().unwrap());
        let session = world.client(true, &proxy.url()).open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap();
        let writer = session.clone();
        let thread = std::thread::spawn(move || writer.send(Bytes::from(vec![b'x'; 1_000_000])).unwrap());
        let mut echoed = 0;
        while echoed < 1_000_000 {
            let bytes = session.next().unwrap().unwrap();
            // It says a word before it says ours.
            echoed += bytes.iter().filter(|byte| **byte == b'x').count();
        }
        thread.join().unwrap();
    }
}

#[test]
fn a_proxy_that_refuses_is_heard_once() {
    let world = World::new();
    for (setup, tls, text) in [
        (Proxy::http().refusing("HTTP/1.1 403 Not on a Sunday\r\n\r\n"), true, "403 Not on a Sunday"),
        (Proxy::http().refusing("HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n"), true, "NTLM"),
        (Proxy::http().refusing("SSH-2.0-x\r\n"), true, "does not speak HTTP"),
        (Proxy::https(&world.authority).unwrap().refusing("HTTP/1.1 503 No\r\n\r\n"), true, "503 No"),
        (Proxy::socks5().refusing([5, 0xff]), true, "accepts no strangers"),
        (Proxy::socks5().refusing([5, 0xff]), false, "accepts no strangers"),
        (Proxy::socks5().refusing([5, 0, 5, 2]), false, "its rules do not allow it"),
    ] {
        let proxy = setup.start().unwrap();
        let error = world.client(tls, &proxy.url()).call(maps().get("a")).unwrap_err();
        let fault = transport(&error);
        assert_eq!((fault.kind, fault.reach), (FaultKind::Proxy, Reach::NotSent), "{error}");
        assert!(fault.text.contains(text), "{error}");
        assert_eq!(proxy.connections(), 1);
    }
}

#[test]
fn without_the_user_nobody_passes() {
    let world = World::new();
    let https = Proxy::https(&world.authority).unwrap();
    for setup in [Proxy::http(), https, Proxy::socks5()] {
        let proxy = setup.user("u", "hunter2").start().unwrap();
        let error = world.client(true, &proxy.url_without_user()).call(maps().get("a")).unwrap_err();
        assert!(transport(&error).text.contains("put a user and a password into its URL"), "{error}");
        let url = proxy.url().replace("hunter2", "hunter22");
        let error = world.client(true, &url).call(maps().get("a")).unwrap_err();
        assert!(transport(&error).text.contains("did not accept the user and the password"), "{error}");
    }
    assert_eq!(world.tls.connections_opened(), 0);
}

#[test]
fn a_server_that_the_proxy_cannot_reach() {
    let world = World::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (setup, text) in [(Proxy::http(), "502 Nobody there"), (Proxy::socks5(), "the connection was refused")] {
        let proxy = setup.start().unwrap();
        let config = Config::new(&format!("https://kubernetes:{closed}")).unwrap().with_ca(world.authority.pem());
        let error = client(config.with_proxy(&proxy.url()).unwrap()).call(maps().get("a")).unwrap_err();
        assert!(transport(&error).text.contains(text), "{error}");
    }
}

#[test]
fn a_proxy_that_is_not_there_or_says_nothing() {
    let world = World::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = world.client(true, &format!("http://u:hunter2@127.0.0.1:{closed}")).call(maps().get("a")).unwrap_err();
    let fault = transport(&error);
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.text.starts_with(&format!("no connection to the proxy http://127.0.0.1:{closed}: ")), "{error}");
    let error = world.client(true, "http://no-such-host.invalid:1").call(maps().get("a")).unwrap_err();
    assert_eq!(transport(&error).kind, FaultKind::Resolve, "{error}");
    for setup in world.proxies() {
        let proxy = setup.mute().start().unwrap();
        let mut settings = Settings::default();
        settings.call.connect = Duration::from_millis(50);
        let config = world.config(true).with_proxy(&proxy.url()).unwrap();
        let client = Client::builder(config).settings(settings).build().unwrap();
        let error = client.call(maps().get("a")).unwrap_err();
        let fault = transport(&error);
        assert_eq!((fault.kind, fault.reach), (FaultKind::ConnectTimeout, Reach::NotSent), "{error}");
        assert!(fault.text.contains("the proxy ") && fault.text.contains("in time"), "{error}");
    }
}

#[test]
fn a_stranger_between_client_and_proxy_is_noticed() {
    let world = World::new();
    let stranger = Authority::new("stranger").unwrap();
    let proxy = Proxy::https(&stranger).unwrap().start().unwrap();
    let error = world.client(true, &proxy.url()).call(maps().get("a")).unwrap_err();
    let fault = transport(&error);
    assert_eq!(fault.kind, FaultKind::Tls, "{error}");
    assert!(fault.text.contains("TLS with the proxy"), "{error}");
}

#[test]
fn the_environment_leads_there_and_no_proxy_away() {
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
    client(world.config(true).with_proxy_env(&env("")).unwrap()).call(maps().list(&Default::default())).unwrap();
    let count = proxy.connections();
    // Nobody but the proxy knows the name.
    let error =
        client(world.config(true).with_proxy_env(&env("kubernetes")).unwrap()).call(maps().get("a")).unwrap_err();
    assert_eq!(transport(&error).kind, FaultKind::Resolve, "{error}");
    let here = Config::new(&world.tls.url()).unwrap().with_ca(world.authority.pem());
    client(here.with_proxy_env(&env("")).unwrap()).call(maps().list(&Default::default())).unwrap();
    assert_eq!(proxy.connections(), count);
}
