//! The demo cluster: complete, and always the same.

use crate::support::{Cluster, START};
use kube_test_server::{Options, demo};
use serde_json::Value;
use std::time::Duration;

fn filled() -> Cluster {
    let ago = START - Duration::from_secs(10 * 86_400);
    let mut cluster = Cluster::with(Options { start: ago, ..Options::default() });
    demo::fill(&mut cluster.server, START);
    cluster
}

#[test]
fn it_is_filled_and_the_same_each_time() {
    let (mut one, mut two) = (filled(), filled());
    let table = [
        ("/api/v1/nodes", 3),
        ("/api/v1/pods", 13),
        ("/apis/apps/v1/deployments", 5),
        ("/apis/apps/v1/replicasets", 5),
        ("/api/v1/services", 3),
        ("/apis/shop.example.com/v1/orders", 3),
        ("/api/v1/events", 9),
    ];
    for (target, count) in table {
        let (code, list) = one.get(target);
        assert_eq!((code, list["items"].as_array().map(Vec::len)), (200, Some(count)), "{target}");
        assert_eq!(list, two.get(target).1);
    }
    let (_, order) = one.get("/apis/shop.example.com/v1/namespaces/shop/orders/order-1002");
    assert_eq!((&order["spec"]["priority"], &order["status"]["phase"]), (&5.into(), &"Packed".into()));
}

#[test]
fn its_pods_belong_to_their_replica_sets() {
    let mut cluster = filled();
    let web = "/apis/apps/v1/namespaces/shop/deployments/web";
    cluster.call("DELETE", web, &Value::Null);
    let (_, pods) = cluster.get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb");
    assert_eq!(pods["items"].as_array().map(Vec::len), Some(0));
}

#[test]
fn many_pods_for_load() {
    let mut cluster = Cluster::new();
    demo::pods(&mut cluster.server, START, "load", 20);
    let response = cluster.raw("GET", "/api/v1/namespaces/load/pods", &[("accept-encoding", "gzip")], "");
    assert!(!response.headers().contains_key("content-encoding"), "small answers are not packed");
    cluster.server.options_mut().gzip_over = 1024;
    let packed = cluster.raw("GET", "/api/v1/namespaces/load/pods", &[("accept-encoding", "gzip")], "");
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["vary"], "Accept-Encoding");
    assert!(packed.body().starts_with(&[0x1f, 0x8b]) && packed.body().len() * 4 < response.body().len());
    let plain = cluster.raw("GET", "/api/v1/namespaces/load/pods", &[("accept-encoding", "gzip;q=1")], "");
    assert!(!plain.headers().contains_key("content-encoding"), "only the bare token counts");
}
