//! What is dropped, wherever it is, leaves no descriptors and no threads. A program of its own, to count them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use kube_tests::proxy::Proxy;
use kube_tests::server::serve::{Authority, Binding, Bound};
use kube_tests::server::{Options, Server};
use kube_transport_std::Client;
use kube_transport_std::proto::Api;
use kube_transport_std::proto::config::Config;
use kube_transport_std::proto::op::Upgrade;
use kube_transport_std::proto::request::{ApiRequest, WatchParams};
use kube_transport_std::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_std::proto::stream::Raw;

fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

fn echo() -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, "/test/echo?close=1000000", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    Upgrade::new(request, |_| Ok(Raw::new()))
}

fn count(what: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

#[test]
fn nothing_is_left() {
    let authority = Arc::new(Authority::new("left").unwrap());
    let start = |binding: Binding| Bound::start(Server::new(Options::default()), binding.trusting("admin")).unwrap();
    let (plain, tls) = (start(Binding::plain()), start(Binding::tls().authority(Arc::clone(&authority))));
    let proxy = Proxy::http().start().unwrap();
    let direct = Config::new(&format!("http://localhost:{}", plain.address().port())).unwrap();
    let through = Config::new(&format!("https://localhost:{}", tls.address().port())).unwrap();
    let through = through.with_ca(authority.pem()).with_proxy(&proxy.url()).unwrap();
    let round = |n: usize| {
        for config in [&direct, &through] {
            let client = Client::new(config.clone()).unwrap();
            client.call(maps().list(&Default::default())).unwrap();
            drop(client.stream(maps().pages(&Default::default())));
            let mut events = client.stream(maps().events(&WatchParams::default()));
            let stopper = events.stopper();
            let stopped = std::thread::spawn(move || events.next().map(|event| event.is_ok()));
            std::thread::sleep(Duration::from_millis(n as u64 % 4));
            stopper.stop();
            stopped.join().unwrap();
            client.batch((0..4).map(|_| maps().list(&Default::default())), 4);
            let session = client.open(echo()).unwrap();
            if n.is_multiple_of(2) {
                assert!(session.next().unwrap().is_ok());
            }
        }
    };
    // What is made once and stays: the reactor, thread-locals of the system.
    (0..8).for_each(round);
    let settled = || {
        let mut last = (0, 0, 0);
        let mut same = 0;
        // Threads and sockets end a moment after they were let go: until nothing has changed for a second.
        while same < 20 {
            std::thread::sleep(Duration::from_millis(50));
            let open = plain.connections_open() + tls.connections_open();
            let now = (open, count("fd"), count("task"));
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
        last
    };
    let before = settled();
    (0..40).for_each(round);
    // Those of the proxy end with their connections; it keeps the handles of its threads.
    assert_eq!((before.0, settled()), (0, before));
}
