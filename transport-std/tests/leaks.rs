//! A dropped operation leaves no descriptors and no threads. A binary of its own, to count them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::time::Duration;

use kube_tests::leaks::{echo, maps, nothing_is_left};
use kube_transport_std::Client;
use kube_transport_std::proto::api::WatchParams;

#[test]
fn what_is_dropped_or_stopped_leaves_nothing() {
    nothing_is_left(|n, config| {
        let client = Client::new(config.clone()).unwrap();
        client.call(maps().list(&Default::default())).unwrap();
        drop(client.stream(maps().pages(&Default::default())));
        let mut events = client.stream(maps().watch_once(&WatchParams::default()));
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
    });
}
