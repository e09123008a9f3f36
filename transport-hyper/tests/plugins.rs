//! Real programs and files as credentials.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use kube_transport_hyper::Client;
use kube_transport_hyper::proto::Api;
use kube_transport_hyper::proto::config::{Config, CredentialConfig, ExecApiVersion, ExecPlugin, InteractiveMode};
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::session::Settings;

/// Answers every request with an object, and tells the `Authorization` it saw.
fn server() -> (u16, Receiver<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, saw) = channel();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (mut socket, seen) = (socket.unwrap(), seen.clone());
            std::thread::spawn(move || {
                let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
                let mut authorization = None;
                while let Some(Ok(line)) = lines.next() {
                    if let Some(value) = line.strip_prefix("authorization: ") {
                        authorization = Some(value.to_owned());
                    }
                    if line.is_empty() {
                        seen.send(authorization.take()).unwrap();
                        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
                    }
                }
            });
        }
    });
    (port, saw)
}

fn client(port: u16, credential: CredentialConfig) -> Client {
    let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
    config.credential = credential;
    Client::new(config).unwrap()
}

fn shell(script: &str) -> CredentialConfig {
    CredentialConfig::Exec(Box::new(ExecPlugin {
        command: "sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("WHO".into(), "me".into())],
        api_version: ExecApiVersion::V1,
        install_hint: Some("get a shell".into()),
        interactive_mode: InteractiveMode::Never,
        cluster: None,
    }))
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

const PRINTS: &str = r#"
printf x >> "$COUNT"
case "$KUBERNETES_EXEC_INFO" in *client.authentication.k8s.io/v1*) ;; *) exit 9;; esac
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s-token"}}' "$WHO"
"#;

#[tokio::test]
async fn a_plugin_runs_once_however_many_calls_wait() {
    let (port, saw) = server();
    let count = std::env::temp_dir().join(format!("kube-plugin-{}-{port}", std::process::id()));
    let client = client(port, shell(&PRINTS.replace("$COUNT", count.to_str().unwrap())));
    for result in client.batch((0..16).map(|_| pods().get("a")), 8).await {
        result.unwrap();
    }
    for _ in 0..16 {
        assert_eq!(saw.recv().unwrap().as_deref(), Some("Bearer me-token"));
    }
    let runs = std::fs::read(&count).unwrap();
    std::fs::remove_file(&count).unwrap();
    assert_eq!(runs, b"x");
}

#[tokio::test]
async fn a_plugin_that_fails_is_quoted() {
    let (port, _) = server();
    let error =
        client(port, shell("echo please log in >&2; exit 3")).call(pods().get("a")).await.unwrap_err().to_string();
    assert!(error.contains("exit code 3: please log in"), "{error}");
}

#[tokio::test]
async fn a_plugin_that_does_not_exist_says_how_to_get_it() {
    let (port, _) = server();
    let CredentialConfig::Exec(mut plugin) = shell("") else { panic!() };
    plugin.command = "no-such-program-at-all".into();
    let error = client(port, CredentialConfig::Exec(plugin)).call(pods().get("a")).await.unwrap_err().to_string();
    assert!(error.contains("not found") && error.contains("get a shell"), "{error}");
}

#[tokio::test]
async fn a_plugin_that_prints_without_end_is_stopped() {
    let (port, _) = server();
    let error = client(port, shell("yes")).call(pods().get("a")).await.unwrap_err().to_string();
    assert!(error.contains("larger than the limit"), "{error}");
}

#[tokio::test]
async fn a_plugin_that_sleeps_is_ended_in_time() {
    let (port, _) = server();
    let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
    config.credential = shell("sleep 1000");
    let mut settings = Settings::default();
    settings.plugin = Duration::from_millis(50);
    let client = Client::builder(config).settings(settings).build().unwrap();
    let error = client.call(pods().get("a")).await.unwrap_err().to_string();
    assert!(error.contains("took longer than 50ms"), "{error}");
}

#[tokio::test]
async fn a_token_file_is_read() {
    let (port, saw) = server();
    let path = std::env::temp_dir().join(format!("kube-token-{}-{port}", std::process::id()));
    std::fs::write(&path, "from-a-file\n").unwrap();
    client(port, CredentialConfig::TokenFile { path: path.clone(), fallback: None })
        .call(pods().get("a"))
        .await
        .unwrap();
    assert_eq!(saw.recv().unwrap().as_deref(), Some("Bearer from-a-file"));
    std::fs::remove_file(&path).unwrap();
    let error =
        client(port, CredentialConfig::TokenFile { path, fallback: None }).call(pods().get("a")).await.unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}
