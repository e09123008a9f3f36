//! HTTP/2 with the in-memory server, over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server, User};
use kube_transport_hyper::Client;
use kube_transport_hyper::proto::Api;
use kube_transport_hyper::proto::api::{WatchParams, WriteParams};
use kube_transport_hyper::proto::config::Config;
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::watch::WatchEvent;

fn server() -> Bound {
    let users = vec![User::new("admin").group("system:masters").token("t")];
    let options = Options { users, ..Options::default() };
    Bound::start(Server::new(options), Binding::tls()).unwrap()
}

fn client(server: &Bound) -> Client {
    let config = Config::new(&server.url()).unwrap().with_ca(server.authority().unwrap().pem()).with_token("t");
    Client::builder(config).seed(7).build().unwrap()
}

fn maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

fn map(name: &str, size: usize) -> DynamicObject {
    let map = serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "x".repeat(size)},
    });
    serde_json::from_value(map).unwrap()
}

#[tokio::test]
async fn calls_share_one_connection_and_watches_as_few_as_the_server_lets_them() {
    let server = server();
    let client = client(&server);
    client.call(maps().create(&map("a", 500_000), &WriteParams::default())).await.unwrap();
    let found = client.batch((0..64).map(|_| maps().get("a")), 64).await;
    assert!(found.into_iter().all(|found| found.is_ok()));
    assert_eq!(server.connections_opened(), 1);
    let params = WatchParams::default().resource_version("0");
    let mut watches: Vec<_> = (0..150).map(|_| client.stream(maps().watch_once(&params))).collect();
    for watch in &mut watches {
        assert!(matches!(watch.next().await, Some(Ok(WatchEvent::Added(_)))));
    }
    // The watches use the free connection of the calls, which has room for a hundred.
    assert_eq!(server.connections_opened(), 2);
    client.call(maps().create(&map("b", 10), &WriteParams::default())).await.unwrap();
    for watch in &mut watches {
        assert!(matches!(watch.next().await, Some(Ok(WatchEvent::Added(_)))));
    }
    assert_eq!(server.connections_opened(), 3);
}

#[tokio::test]
async fn a_connection_that_the_server_retires_lives_on_for_what_is_under_way() {
    let server = server();
    let client = client(&server);
    client.call(maps().create(&map("a", 10), &WriteParams::default())).await.unwrap();
    let mut watch = client.stream(maps().watch_once(&WatchParams::default().resource_version("0")));
    assert!(matches!(watch.next().await, Some(Ok(WatchEvent::Added(_)))));
    for n in 0..3 {
        server.retire_connections();
        client.call(maps().create(&map(&format!("b{n}"), 10), &WriteParams::default())).await.unwrap();
        let Some(Ok(WatchEvent::Added(seen))) = watch.next().await else { panic!("no event") };
        assert_eq!(seen.metadata.name, Some(format!("b{n}")));
    }
    assert!(server.connections_opened() > 2);
}
