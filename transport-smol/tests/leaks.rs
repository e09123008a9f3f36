//! A dropped operation leaves no descriptors and no threads. A binary of its own, to count them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::time::Duration;

use kube_tests::leaks::{echo, maps, nothing_is_left};
use kube_tests::polled::poll_times;
use kube_transport_smol::Client;
use kube_transport_smol::proto::api::WatchParams;
use smol::future::or;
use smol::{Timer, block_on};

#[test]
fn what_is_dropped_at_any_poll_leaves_nothing() {
    nothing_is_left(|n, config| {
        let client = Client::new(config.clone()).unwrap();
        block_on(client.call(maps().list(&Default::default()))).unwrap();
        let mut events = client.stream(maps().watch_once(&WatchParams::default()));
        let until = Timer::after(Duration::from_millis(n as u64 % 5));
        block_on(or(async { while events.next().await.is_some() {} }, async { _ = until.await }));
        drop(poll_times(n % 11, client.call(maps().list(&Default::default()))));
        drop(poll_times(n % 7, client.batch((0..4).map(|_| maps().list(&Default::default())), 4)));
        drop(poll_times(n % 13, client.open(echo())));
        let fresh = Client::new(config.clone()).unwrap();
        drop(poll_times(n, fresh.call(maps().list(&Default::default()))));
    });
}
