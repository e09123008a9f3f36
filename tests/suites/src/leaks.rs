//! Counts what a client leaves behind: descriptors, threads and connections.
//!
//! Each transport has its own function that drops an operation once. The test is the only one of its binary, so that no
//! other test opens anything meanwhile.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use kube_proto::Api;
use kube_proto::api::ApiRequest;
use kube_proto::api::Upgrade;
use kube_proto::config::Config;
use kube_proto::driver::Raw;
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_test_server::serve::{Authority, Binding, Bound};
use kube_test_server::{Options, Server};

use crate::proxy::Proxy;

/// Runs `round` many times, with the number of the round, and the configurations of a plain server and of one in TLS
/// behind a proxy. In the end there are no more descriptors, threads or connections than after the first few rounds.
///
/// # Panics
/// There are more. Or this is not Linux, where threads and descriptors can be counted.
pub fn nothing_is_left(round: impl Fn(usize, &Config)) {
    let authority = Arc::new(Authority::new("left").unwrap());
    let start = |binding: Binding| Bound::start(Server::new(Options::default()), binding.trusting("admin")).unwrap();
    let (plain, tls) = (start(Binding::plain()), start(Binding::tls().authority(Arc::clone(&authority))));
    let proxy = Proxy::http().start().unwrap();
    let direct = Config::new(&format!("http://localhost:{}", plain.address().port())).unwrap();
    let through = Config::new(&format!("https://localhost:{}", tls.address().port())).unwrap();
    let through = through.with_ca(authority.pem()).with_proxy(&proxy.url()).unwrap();
    let rounds = |count| (0..count).for_each(|n| [&direct, &through].into_iter().for_each(|config| round(n, config)));
    let settled = || {
        let (mut last, mut same) = ((0, 0, 0), 0);
        // Threads and sockets end a moment after they are released: wait until nothing has changed for a second.
        while same < 20 {
            std::thread::sleep(Duration::from_millis(50));
            let open = plain.connections_open() + tls.connections_open();
            let now = (open, count("fd"), count("task"));
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
        last
    };
    // For everything that is made once and stays: a reactor, thread-locals of the system.
    rounds(8);
    let before = settled();
    rounds(40);
    let after = settled();
    let ((open, descriptors, threads), (open_then, descriptors_then, threads_then)) = (before, after);
    assert_eq!((open, open_then, descriptors_then), (0, 0, descriptors), "connections, and descriptors");
    assert!(threads_then <= threads + SPARE, "{threads} threads, and then {threads_then}");
}

/// A pool of threads keeps as many as it needed at once. A leak in each round is ten times as much.
const SPARE: usize = 8;

fn count(what: &str) -> usize {
    std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count()
}

/// The resource of these tests.
#[must_use]
pub fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

/// A session that the server does not end.
pub fn echo() -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, "/test/echo?close=1000000", "")
        .header(http::header::CONNECTION, "Upgrade".parse().unwrap())
        .header(http::header::UPGRADE, "echo".parse().unwrap());
    Upgrade::new(request, |_| Ok(Raw::new()))
}
