//! A dropped operation leaves no descriptors and no threads, over HTTP/1.1 and HTTP/2. A binary of its own, to count
//! them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::time::Duration;

use kube_tests::leaks::{echo, maps, nothing_is_left};
use kube_tests::polled::poll_times;
use kube_transport_hyper::Client;
use kube_transport_hyper::proto::api::WatchParams;
use tokio::runtime::Builder;

#[test]
fn what_is_dropped_at_any_poll_leaves_nothing() {
    // Threads for name look-ups end at once when they have nothing to do.
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).thread_keep_alive(Duration::from_millis(1)).enable_all().build().unwrap();
    let _inside = runtime.enter();
    nothing_is_left(|n, config| {
        let made = || Client::builder(config.clone()).http2(n.is_multiple_of(2)).build().unwrap();
        let client = made();
        runtime.block_on(client.call(maps().list(&Default::default()))).unwrap();
        let mut events = client.stream(maps().watch_once(&WatchParams::default()));
        let watched = async { while events.next().await.is_some() {} };
        let _ = runtime.block_on(async { tokio::time::timeout(Duration::from_millis(n as u64 % 5), watched).await });
        drop(events);
        drop(poll_times(n % 11, client.call(maps().list(&Default::default()))));
        drop(poll_times(n % 7, client.batch((0..4).map(|_| maps().list(&Default::default())), 4)));
        drop(poll_times(n % 13, client.open(echo())));
        let fresh = made();
        drop(poll_times(n, fresh.call(maps().list(&Default::default()))));
    });
}
