//! Over sockets: keep-alive, chunks, upgrades, TLS, and a prompt end.

use kube_test_server::serve::{Authority, Binding, Bound, ClientAuth};
use kube_test_server::{Options, Server};
use rustls::pki_types::ServerName;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

fn bound(binding: Binding) -> Bound {
    Bound::start(Server::new(Options::default()), binding).unwrap()
}

fn connect(bound: &Bound) -> TcpStream {
    TcpStream::connect(bound.address()).unwrap()
}

/// Reads up to `end`.
fn until(stream: &mut impl Read, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap() == 0 {
            panic!("ended early: {}", String::from_utf8_lossy(&text));
        }
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn requests_share_a_connection() {
    let bound = bound(Binding::plain().trusting("admin"));
    let mut stream = connect(&bound);
    let body = r#"{"metadata":{"name":"a"}}"#;
    write!(
        stream,
        "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nPOST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\n\
         Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\nGET /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let heads: Vec<&str> = text.lines().filter_map(|l| Some(&l[l.find("HTTP/1.1")?..])).collect();
    assert_eq!(heads, ["HTTP/1.1 200 OK", "HTTP/1.1 201 Created", "HTTP/1.1 200 OK"], "{text}");
    assert!(text.contains("Content-Length: 2\r\n\r\nokHTTP/1.1 201") && text.contains("\r\nDate: "), "{text}");
    assert_eq!(bound.connections_opened(), 1);
}

#[test]
fn large_bodies_come_in_chunks_and_a_head_has_none() {
    let bound = bound(Binding::plain().trusting("admin"));
    let mut stream = connect(&bound);
    write!(
        stream,
        "HEAD /api/v1 HTTP/1.1\r\nHost: x\r\n\r\nGET /api/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let parts: Vec<&str> = text.splitn(3, "HTTP/1.1 200 OK").collect();
    assert!(parts[1].contains("Transfer-Encoding: chunked") && parts[1].ends_with("\r\n\r\n"), "{}", parts[1]);
    assert!(parts[2].ends_with("\r\n0\r\n\r\n"), "{}", parts[2]);
}

#[test]
fn a_watch_gets_events_at_once() {
    let bound = bound(Binding::plain().trusting("admin"));
    let mut stream = connect(&bound);
    write!(stream, "GET /api/v1/namespaces?watch=true&fieldSelector=metadata.name%3Dnew HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let head = until(&mut stream, "\r\n\r\n");
    assert!(head.contains("Transfer-Encoding: chunked"), "{head}");
    bound.with(|server| {
        let request = http::Request::post("/api/v1/namespaces").body(r#"{"metadata":{"name":"new"}}"#.into()).unwrap();
        server.handle(request, &kube_test_server::Identity::admin(), crate::support::START);
    });
    let event = until(&mut stream, "}\n\r\n");
    assert!(event.contains(r#"{"type":"ADDED","object":{"kind":"Namespace""#), "{event}");
    // The server does not wait for the client, but cuts the connection.
    drop(bound);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

#[test]
fn a_body_over_the_limit_is_answered_and_not_read() {
    let bound = bound(Binding::plain().trusting("admin"));
    let mut stream = connect(&bound);
    let size = 8 * 1024 * 1024;
    write!(stream, "POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n").unwrap();
    let mut sender = stream.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        let _ = sender.write_all(&vec![b' '; size]);
    });
    let head = until(&mut stream, "\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 413") && head.contains("Connection: close"), "{head}");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Request entity too large: limit is 3145728"), "{rest}");
    sending.join().unwrap();
}

#[test]
fn an_upgraded_connection_echoes() {
    let bound = bound(Binding::plain().trusting("admin"));
    let mut stream = connect(&bound);
    write!(
        stream,
        "GET /test/echo?first=hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly"
    )
    .unwrap();
    let head = until(&mut stream, "\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert_eq!(until(&mut stream, "helloearly"), "helloearly");
    stream.write_all(b"later").unwrap();
    assert_eq!(until(&mut stream, "later"), "later");
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).unwrap(), 0);
}

fn client(authority: &Authority, certificate: Option<&str>) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    match certificate {
        None => builder.with_no_client_auth(),
        Some(user) => {
            let issued = authority.client(user, &["system:masters".into()]).unwrap();
            builder.with_client_auth_cert(vec![issued.der()], issued.key_der()).unwrap()
        }
    }
}

fn exchange(bound: &Bound, config: rustls::ClientConfig, name: &str, request: &str) -> io::Result<String> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = rustls::StreamOwned::new(session, connect(bound));
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

const WHO: &str = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

#[test]
fn tls_with_and_without_a_certificate() {
    let bound = bound(Binding::tls().name("api.test"));
    let authority = bound.authority().unwrap();
    for name in ["localhost", "127.0.0.1", "api.test"] {
        let text = exchange(&bound, client(authority, Some("zoe")), name, WHO).unwrap();
        assert!(text.starts_with("HTTP/1.1 201"), "{name}: {text}");
    }
    let text = exchange(&bound, client(authority, None), "localhost", WHO).unwrap();
    assert!(text.starts_with("HTTP/1.1 403") && text.contains("system:anonymous"), "{text}");
    assert!(exchange(&bound, client(authority, None), "other.test", WHO).is_err());
    let stranger = Authority::new("stranger").unwrap();
    assert!(exchange(&bound, client(&stranger, None), "localhost", WHO).is_err());
}

#[test]
fn a_certificate_can_be_demanded() {
    let bound = bound(Binding::tls().client_auth(ClientAuth::Required));
    let authority = bound.authority().unwrap();
    assert!(exchange(&bound, client(authority, None), "localhost", WHO).is_err());
    assert!(exchange(&bound, client(authority, Some("zoe")), "localhost", WHO).is_ok());
}

#[test]
fn kubeconfigs_name_server_and_credential() {
    let bound = bound(Binding::tls());
    let config: serde_json::Value = serde_json::from_str(&bound.kubeconfig("admin").unwrap()).unwrap();
    assert_eq!(config["clusters"][0]["cluster"]["server"], bound.url());
    assert_eq!(config["users"][0]["user"]["token"], "admin-token");
    assert!(bound.kubeconfig("unknown").is_err());
}
