//! Hostile servers: always an end within the stated time, memory within the stated bound, and one clear line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::time::Duration;

use kube_tests::hostile::Say;
use kube_tests::hostile::{Case, Expect, Server, cases, ok};
use kube_transport_hyper::Client;
use kube_transport_hyper::proto::config::Config;
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::session::{RetryPolicy, Settings};
use kube_transport_hyper::proto::{Api, Error};

fn client(port: u16) -> Client {
    let mut settings = Settings::default();
    settings.retry = RetryPolicy::NEVER;
    Client::builder(Config::new(&format!("http://127.0.0.1:{port}")).unwrap()).settings(settings).build().unwrap()
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

fn check<T>(case: &Case, what: &str, expect: Expect, result: Result<T, Error>) {
    match (expect, result) {
        (Expect::Success, Ok(_)) => {}
        (Expect::Error(says), Err(error)) => {
            let text = error.to_string();
            assert!(text.contains(says), "{}, {what}: {text}", case.name);
            assert!(text.len() < 4 << 10 && !text.contains('\n'), "{}, {what}: {text}", case.name);
            println!("{} ({what}): {text}", case.name);
        }
        (expect, result) => panic!("{}, {what}: expected {expect:?}, found {:?}", case.name, result.map(|_| "success")),
    }
}

#[tokio::test]
async fn every_hostile_server_is_an_error_in_one_line() {
    for case in cases() {
        let server = Server::start(case.says.clone()).unwrap();
        check(&case, "get", case.get, client(server.port()).call(pods().get("a")).await);
        assert!(server.said() <= case.most, "{}: took {} bytes", case.name, server.said());
        drop(server);
        let server = Server::start(case.says.clone()).unwrap();
        check(&case, "list", case.list, client(server.port()).call(pods().list(&Default::default())).await);
        assert!(server.said() <= case.most, "{}: took {} bytes", case.name, server.said());
    }
}

#[tokio::test]
async fn closing_at_every_byte_of_an_answer_is_an_error() {
    let body = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#;
    let whole = ok(body.len()) + body;
    for cut in 0..whole.len() {
        let server = Server::start(vec![Say::Once(whole.as_bytes()[..cut].to_vec()), Say::Close]).unwrap();
        let error = client(server.port()).call(pods().get("a")).await.unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    let server = Server::start(vec![Say::Once(whole.into_bytes()), Say::Close]).unwrap();
    client(server.port()).call(pods().get("a")).await.unwrap();
}

#[tokio::test]
async fn a_head_that_drips_ends_with_its_deadline() {
    let drip = Say::Drip(b"HTTP/1.1 200 OK\r\nX: ".repeat(100), Duration::from_millis(20));
    let server = Server::start(vec![drip]).unwrap();
    let mut settings = Settings::default();
    settings.call.head = Duration::from_millis(200);
    let config = Config::new(&format!("http://127.0.0.1:{}", server.port())).unwrap();
    let client = Client::builder(config).settings(settings).build().unwrap();
    let error = client.call(pods().get("a")).await.unwrap_err().to_string();
    assert!(error.contains("no response within 200ms"), "{error}");
}
