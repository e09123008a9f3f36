//! The documents of token requests: an issuer's discovery document, token response and errors, the times in an identity
//! token, and the API server's answer to a `TokenRequest`.

#![no_main]

use std::task::Waker;

use bytes::Bytes;
use http::Response;
use kube_proto::api::ApiRequest;
use kube_proto::config::{Config, IssuerMetadata, Secret, ServiceAccountToken, TokenError, TokenResponse, TokenTimes};
use kube_proto::driver::{Effect, Input, Now, Session, SessionOptions, Step, Task};
use kube_proto::settings::Settings;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let document = serde_json::from_slice::<Value>(input).ok().filter(Value::is_object);
    let bounded = |error: String| assert!((1..2000).contains(&error.len()), "{error}");
    match IssuerMetadata::parse(input) {
        Ok(issuer) => {
            assert!(issuer.token_path.starts_with('/'), "{issuer:?}");
            let local = matches!(issuer.token_server.host.as_str(), "localhost" | "::1")
                || issuer.token_server.host.starts_with("127.");
            assert!(issuer.token_server.tls || local, "{issuer:?}");
        }
        Err(error) => bounded(error.to_string()),
    }
    match TokenResponse::parse(input) {
        Ok(response) => {
            // Unread members may contain invalid text, so the whole document need not be JSON.
            if let Some(document) = &document {
                assert_eq!(document["id_token"].as_str().map(str::trim), Some(response.id_token.expose()));
            }
            let shown = format!("{response:?}");
            assert!(response.id_token.expose().len() < 12 || !shown.contains(response.id_token.expose()));
        }
        Err(error) => bounded(error.to_string()),
    }
    assert!(TokenError::parse(input).text.len() < 2000);
    if let Ok(text) = std::str::from_utf8(input) {
        let times = TokenTimes::of(&Secret::from(text));
        let life = times.life(std::time::Duration::from_secs(1_800_000_000));
        assert!(life.is_none() || times.expires.is_some());
    }
    token_request(input);
});

/// One `TokenRequest` is sent, and its answer is used or ends the call with an error.
fn token_request(answer: &[u8]) {
    let config = Config::new("https://k.test").unwrap().with_token("base");
    let config = config.with_service_account_token(ServiceAccountToken::new("a"));
    let session = Session::new(&config, SessionOptions::new(Settings::default(), 1)).unwrap();
    let mut task = Task::new(ApiRequest::raw(http::Method::GET, "/", "").bytes(), session);
    let mut ready = std::collections::VecDeque::new();
    let mut asked = 0;
    for _ in 0..20 {
        match task.turn(Now::default(), Waker::noop(), || ready.pop_front()) {
            Step::Do(Effect::Exchange(exchange)) if exchange.request.method() == "POST" => {
                asked += 1;
                let (head, ()) = Response::builder().status(201).body(()).unwrap().into_parts();
                ready.push_back(Input::Head(Box::new(head)));
                if !answer.is_empty() {
                    ready.push_back(Input::Data(Bytes::copy_from_slice(answer)));
                }
                ready.push_back(Input::End);
            }
            Step::Do(Effect::Exchange(exchange)) => {
                // A byte of a token that is no UTF-8 is sent as U+FFFD, so the header need not be ASCII.
                let sent = std::str::from_utf8(exchange.request.headers()["authorization"].as_bytes()).unwrap();
                if let Ok(document) = serde_json::from_slice::<Value>(answer) {
                    let token = document["status"]["token"].as_str();
                    assert_eq!(Some(sent), token.map(|token| format!("Bearer {}", token.trim())).as_deref());
                }
                return;
            }
            Step::Done(Err(error)) => {
                assert!(asked == 1 && error.to_string().len() < 2000, "{error}");
                return;
            }
            Step::Do(_) | Step::Wait(_) => {}
            Step::Yield(_) | Step::Done(Ok(())) => panic!("a result without an answer"),
        }
    }
}
