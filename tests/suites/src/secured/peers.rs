//! Certificates that a client refuses, and clients that a server refuses.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use kube_proto::config::Config;
use kube_proto::driver::{FaultKind, Reach};
use kube_proto::settings::{RetryPolicy, Settings};
use kube_test_server::serve::{Authority, Binding, Bound, ClientAuth};
use kube_test_server::{Options, Server};
use rustls::{ServerConnection, StreamOwned};

use super::{fault, list, maps};
use crate::blocking::{Client, made};

/// Expired, not valid yet, of another name, of no name, of another authority: the error is the same on every transport.
pub fn servers_that_are_not_the_right_ones<C: Client>() {
    let authority = Arc::new(Authority::new("secured").unwrap());
    let stranger = Authority::new("stranger").unwrap();
    let here = ["127.0.0.1".to_owned()];
    let elsewhere = ["k.example".to_owned(), "10.0.0.1".to_owned()];
    for (certificate, text) in [
        (
            authority.server_for_years(&here, 2001..2002),
            "the certificate of 127.0.0.1 expired at 2002-01-01T00:00:00Z; here it is 2",
        ),
        (
            authority.server_for_years(&here, 2200..2201),
            "the certificate of 127.0.0.1 is not valid before 2200-01-01T00:00:00Z; here it is 2",
        ),
        (
            authority.server(&elsewhere),
            "the certificate is not valid for 127.0.0.1, but for k.example, 10.0.0.1; `tls-server-name` sets the name to \
             verify",
        ),
        (authority.server(&[]), "the certificate of 127.0.0.1 is for no name: it has no subject alternative names"),
        (
            stranger.server(&here),
            "the certificate of 127.0.0.1 is not signed by a trusted certificate authority; is the configured one that \
             of this server?",
        ),
    ] {
        let binding = Binding::tls().authority(Arc::clone(&authority)).certificate(certificate.unwrap());
        let server = Bound::start(Server::new(Options::default()), binding.trusting("admin")).unwrap();
        let config = Config::new(&server.url()).unwrap().with_ca(authority.pem());
        refused::<C>(config, &server, text);
        // Without verification it would have been answered.
        list(&made::<C>(Config::new(&server.url()).unwrap().with_insecure_skip_verify(), Settings::default())).unwrap();
    }
}

/// Expired, of another authority, missing: a server that requires a certificate may refuse it after the client has sent
/// its request.
pub fn clients_that_are_not_the_right_ones<C: Client>() {
    let authority = Arc::new(Authority::new("secured").unwrap());
    let stranger = Authority::new("stranger").unwrap();
    let binding = Binding::tls().authority(Arc::clone(&authority)).client_auth(ClientAuth::Required);
    let server = Bound::start(Server::new(Options::default()), binding).unwrap();
    let config = Config::new(&server.url()).unwrap().with_ca(authority.pem());
    let admins = ["system:masters".to_owned()];
    for (certificate, text) in [
        (
            authority.client_for_years("admin", &admins, 2001..2002).unwrap(),
            "127.0.0.1 did not accept the client certificate (alert certificate_expired)",
        ),
        (
            stranger.client("admin", &admins).unwrap(),
            "127.0.0.1 did not accept the client certificate (alert unknown_ca)",
        ),
    ] {
        refused::<C>(config.clone().with_client_certificate(certificate.certificate, certificate.key), &server, text);
    }
    refused::<C>(
        config.clone(),
        &server,
        "127.0.0.1 wants a client certificate, and none is configured (alert certificate_required)",
    );
    let good = authority.client("admin", &admins).unwrap();
    list(&made::<C>(config.with_client_certificate(good.certificate, good.key), Settings::default())).unwrap();
}

/// Only the connection's end ends this answer. Without a `close_notify` an attacker may have cut it.
pub fn an_answer_without_close_notify_is_cut<C: Client>() {
    let authority = Authority::new("secured").unwrap();
    let tls = authority.server_config(&[], ClientAuth::Off).unwrap();
    for good_bye in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = Config::new(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
        let tls = Arc::clone(&tls);
        let server = std::thread::spawn(move || {
            let socket = listener.accept().unwrap().0;
            let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), socket);
            let mut lines = BufReader::new(&mut stream).lines();
            while lines.next().unwrap().is_ok_and(|line| !line.is_empty()) {}
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"items\":[]}").unwrap();
            if good_bye {
                stream.conn.send_close_notify();
            }
            stream.flush().unwrap();
        });
        let mut settings = Settings::default();
        settings.retry = RetryPolicy::NEVER;
        let result = list(&made::<C>(config.with_ca(authority.pem()), settings));
        server.join().unwrap();
        match good_bye {
            true => result.unwrap(),
            false => {
                let error = result.unwrap_err();
                assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::Closed, Reach::Answered), "{error}");
                assert!(error.to_string().contains("in the middle of the answer's body"), "{error}");
            }
        }
    }
}

/// TLS fails with this text, in one line with the operation and the server, and the server has not read a request.
#[track_caller]
fn refused<C: Client>(config: Config, server: &Bound, text: &str) {
    let maps = maps();
    let client: C = made(config, Settings::default());
    for error in [
        client.call(maps.list(&Default::default())).map(drop).unwrap_err(),
        client.call(maps.delete("a", &Default::default())).map(drop).unwrap_err(),
        client.stream(maps.watch_once(&Default::default())).next().unwrap().map(drop).unwrap_err(),
    ] {
        let said = error.to_string();
        let (attempt, rest) = said.split_once(&format!("{}: ", server.url())).unwrap_or_else(|| panic!("{said}"));
        assert!(attempt.ends_with(" in namespace \"default\": ") && rest.starts_with(text), "{said}");
        assert!(!said.contains('\n') && said.len() < 400, "{said}");
        assert_eq!((fault(&error).kind, fault(&error).reach), (FaultKind::Tls, Reach::NotSent), "{said}");
        assert!(!error.outcome_unknown(), "{said}");
    }
}
