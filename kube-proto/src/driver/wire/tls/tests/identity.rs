//! Which certificates server and client accept, and which settings can be used.

use rcgen::KeyPair;
use rustls::crypto::ring::default_provider;
use rustls::version::TLS13;

use super::peer::*;
use crate::driver::effect::ExchangeKind;
use crate::driver::fault::Reach;
use crate::driver::wire::HttpLimits;
use crate::driver::wire::connection::Connection;
use crate::driver::wire::tls::*;

#[test]
fn a_server_that_is_not_the_right_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let trusting = client(&authority, None);
    let try_one = |pair: &Pair, name: &str| {
        let mut io = Peer::new(server(&TLS13, pair, None), &[OK], Then::Stays);
        let result = drive(&mut started(&trusting, name), &mut io);
        assert_eq!(io.failed, result.is_err(), "the client sends an alert");
        assert_eq!(io.seen.is_empty(), result.is_err());
        result
    };
    refused(try_one(&other.issue(&[NAME]), NAME), "not signed by");
    refused(
        try_one(&authority.issue(&["a.example", "10.0.0.1"]), NAME),
        "not valid for k.example, but for a.example, 10.0.0.1",
    );
    refused(try_one(&authority.issue(&[]), NAME), "for no name");
    refused(try_one(&authority.issue(&[NAME]), "10.0.0.1"), "not valid for 10.0.0.1");
    for name in ["10.0.0.1", "::1"] {
        assert_eq!(try_one(&authority.issue(&[name]), name), ok());
    }
    assert_eq!(try_one(&authority.issue(&["*.k.example"]), "a.k.example"), ok());
}

#[test]
fn a_certificate_is_valid_for_a_time() {
    let authority = Authority::new();
    let clock = Clock::default();
    let (settings, provider) = (trusting(&authority.pem), Arc::new(default_provider()));
    let trusting = client_config(&settings, &TlsRoots::none(), provider, Arc::new(clock.clone()), &[]);
    let trusting = Arc::new(trusting.unwrap());
    let config = server(&TLS13, &authority.issue(&[NAME]), None);
    for (now, problem) in [
        (0, Some("current time")),
        (TODAY - 400 * 86_400, Some("not valid before 2025-01-01T00:00:00Z; here it is 2024-11-27T00:00:00Z")),
        (TODAY, None),
        (TODAY + 400 * 86_400, Some("expired at 2027-01-01T00:00:00Z; here it is 2027-02-05T00:00:00Z")),
    ] {
        clock.set(Duration::from_secs(now));
        let result = match Connection::tls(trusting.clone(), NAME, HttpLimits::default()) {
            Ok(mut connection) => {
                connection.start(&exchange(ExchangeKind::Call));
                drive(&mut connection, &mut Peer::new(config.clone(), &[OK], Then::Stays))
            }
            Err(fault) => Err(fault),
        };
        match problem {
            Some(text) => refused(result, text),
            None => assert_eq!(result, ok()),
        }
    }
}

#[test]
fn a_client_shows_its_certificate() {
    let (servers, clients, others) = (Authority::new(), Authority::new(), Authority::new());
    let pair = servers.issue(&[NAME]);
    for version in VERSIONS {
        let try_one = |client_pair: Option<Pair>| {
            let mut io = Peer::new(server(version, &pair, Some(&clients)), &[OK], Then::Stays);
            let result = drive(&mut started(&client(&servers, client_pair.as_ref()), NAME), &mut io);
            (result, io)
        };
        let (result, io) = try_one(Some(clients.issue(&["client"])));
        assert_eq!(result, ok());
        assert_eq!(io.server.peer_certificates().unwrap().len(), 1);

        let (result, io) = try_one(Some(others.issue(&["client"])));
        refused(result, "k.example did not accept the client certificate (alert ");
        assert!(io.seen.is_empty());

        let (result, io) = try_one(None);
        refused(result, "k.example wants a client certificate, and none is configured (alert certificate_required)");
        assert!(io.seen.is_empty());
    }
}

#[test]
fn an_authority_that_was_replaced_by_one_of_the_same_name() {
    let [old, new] = [(), ()].map(|()| Authority::called("kubernetes", KeyPair::generate().unwrap()));
    for version in VERSIONS {
        let mut io = Peer::new(server(version, &new.issue(&[NAME]), None), &[OK], Then::Stays);
        refused(drive(&mut started(&client(&old, None), NAME), &mut io), "perhaps replaced");
        let mut io = Peer::new(server(version, &old.issue(&[NAME]), Some(&new)), &[OK], Then::Stays);
        let result = drive(&mut started(&client(&old, Some(&old.issue(&["client"]))), NAME), &mut io);
        refused(result, "perhaps because of the client certificate");
        assert!(io.seen.is_empty());
    }
}

#[test]
fn a_client_that_does_not_verify_takes_any_certificate() {
    let pair = Authority::new().issue(&["other.example"]);
    let skip = TlsSettings { insecure_skip_verify: true, ..TlsSettings::default() };
    for version in VERSIONS {
        let skipping = Arc::new(config(&skip).unwrap());
        let mut io = Peer::new(server(version, &pair, None), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&skipping, NAME), &mut io), ok());
    }
    // Also one of version 1, of which rustls reads nothing.
    let chain = keys::certificates(include_bytes!("v1.crt"), "certificate").unwrap();
    for version in VERSIONS {
        let key =
            key::load("client", &keys::private_key("client", include_bytes!("v1.pem")).unwrap(), &default_provider())
                .unwrap();
        let other = KeyPair::generate().unwrap().serialize_pem();
        let wrong =
            key::load("client", &keys::private_key("client", other.as_bytes()).unwrap(), &default_provider()).unwrap();
        for (key, holds) in [(key, true), (wrong, false)] {
            let own = CertifiedKey::new(chain.clone(), key);
            let mut io = Peer::new(server_that_shows(version, own), &[OK], Then::Stays);
            let result = drive(&mut started(&Arc::new(config(&skip).unwrap()), NAME), &mut io);
            assert_eq!(result.is_ok(), holds, "{result:?}");
        }
    }
    let both = TlsSettings { ca: trusting("").ca, ..skip };
    assert!(config(&both).is_err_and(|error| error.to_string().contains("one of the two")));
}

#[test]
fn names_to_verify_by() {
    assert_eq!(server_name("::ffff:127.0.0.1").unwrap(), server_name("127.0.0.1").unwrap());
    for good in ["k.example", "localhost", "10.0.0.1", "::1", "kubernetes.default.svc"] {
        assert!(server_name(good).is_ok(), "{good}");
    }
    for bad in ["", "[::1]", "a b", "k.example:443", "https://k.example", "-"] {
        let fault = server_name(bad).unwrap_err();
        assert_eq!((fault.kind, fault.reach), (FaultKind::Tls, Reach::NotSent), "{bad}");
    }
    assert!(Connection::tls(client(&Authority::new(), None), "a b", HttpLimits::default()).is_err());
}

#[test]
fn material_that_cannot_be_used() {
    let authority = Authority::new();
    let (one, two) = (authority.issue(&["a"]), authority.issue(&["b"]));
    let said = |settings: &TlsSettings| config(settings).err().map(|error| error.to_string()).unwrap_or_default();
    let with = |certificate: &str, key: &str| said(&showing(&authority.pem, certificate, key));
    let old_encrypted = one.key.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n");
    let one_line = one.key.replace('\n', "");
    let cut = &one.key[..one.key.len() / 2];
    for (found, text) in [
        (with(&one.certificate, &one.key), ""),
        (with(&format!("{}{}", one.certificate, authority.pem), &one.key), ""),
        (with(&format!("text before\n{}{}", one.key, one.certificate), &format!("{}{}", one.certificate, one.key)), ""),
        (with(&one.certificate, &two.key), "not that of"),
        (with(&one.certificate, &one.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")), "encrypted"),
        (with(&one.certificate, &old_encrypted), "encrypted"),
        (with(&one.certificate, &one.certificate), "no private key"),
        (with(&one.certificate, ""), "no private key"),
        (with(&one.certificate, &one_line), "client key"),
        (with(&one.certificate, cut), "client key"),
        // As in Go, the label of a key does not count.
        (with(&one.certificate, &one.key.replace("PRIVATE", "RSA PRIVATE")), ""),
        (with(&one.certificate, &one.key.replace("PRIVATE", "EC PRIVATE")), ""),
        (with(&one.key, &one.key), "client certificate holds no certificate"),
        (with("", &one.key), "client certificate holds no certificate"),
        (with("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", &one.key), "not valid PEM"),
        (
            with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &one.key),
            "client certificate is not a valid",
        ),
    ] {
        assert!(found.contains(text) && found.is_empty() == text.is_empty(), "{text:?}: {found}");
        for line in one.key.lines().filter(|line| !line.starts_with('-')) {
            assert!(!found.contains(line), "a key is shown: {found}");
        }
    }
    let pair = || showing(&authority.pem, &one.certificate, &one.key);
    for (settings, text) in [
        (TlsSettings::default(), "no certificate authority"),
        (trusting("nothing"), "holds no certificate"),
        (trusting(&one.key), "holds no certificate"),
        (trusting("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "no certificate that can be used"),
        (TlsSettings { client_key: None, ..pair() }, "no client key"),
        (TlsSettings { client_certificate: None, ..pair() }, "no client certificate"),
    ] {
        assert!(said(&settings).contains(text), "{text}: {}", said(&settings));
    }
}

#[test]
fn all_three_kinds_of_keys() {
    let authority = Authority::new();
    let pair = authority.issue(&["client"]);
    let rustls::pki_types::PrivateKeyDer::Pkcs8(key) = keys::private_key("client", pair.key.as_bytes()).unwrap() else {
        panic!()
    };
    // An EC key in PKCS#8 contains one in SEC1.
    let der = key.secret_pkcs8_der();
    let at = der.windows(5).position(|five| five == [2, 1, 1, 4, 32]).unwrap() - 2;
    let pem = |label: &str, der: &[u8]| {
        use base64::prelude::*;
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
    };
    let sec1 = Pair { key: pem("EC PRIVATE KEY", &der[at..]), ..pair.clone() };
    for pair in [pair, sec1] {
        let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), Some(&authority)), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&client(&authority, Some(&pair)), NAME), &mut io), ok());
    }
    assert!(matches!(
        keys::private_key("client", pem("RSA PRIVATE KEY", b"x").as_bytes()),
        Ok(rustls::pki_types::PrivateKeyDer::Pkcs1(_))
    ));
}

/// An otherwise unused key, with its certificate: `openssl req -x509 -newkey rsa:2048`, `openssl rsa -traditional`.
#[test]
fn rsa_keys_in_both_wrappings() {
    let (authority, certificate) = (Authority::new(), include_str!("rsa.crt"));
    for key in [include_str!("rsa-pkcs1.pem"), include_str!("rsa-pkcs8.pem")] {
        assert!(config(&showing(&authority.pem, certificate, key)).is_ok());
    }
}

/// `openssl ecparam -name prime256v1 -genkey`, and `openssl ca` without extensions: rcgen makes no certificate of version
/// 1. Many tutorials do: `openssl x509 -req` without `-extfile`.
#[test]
fn a_client_certificate_of_version_1_is_shown() {
    let authority = Authority::new();
    let (certificate, key) = (include_str!("v1.crt"), include_str!("v1.pem"));
    for version in VERSIONS {
        let server = server_that_takes_any_client(version, &authority.issue(&[NAME]));
        let mut io = Peer::new(server, &[OK], Then::Stays);
        let showing = Arc::new(config(&showing(&authority.pem, certificate, key)).unwrap());
        assert_eq!(drive(&mut started(&showing, NAME), &mut io), ok());
        let shown = io.server.peer_certificates().unwrap();
        assert_eq!(shown, keys::certificates(certificate.as_bytes(), "client certificate").unwrap());
    }
    let other = authority.issue(&["client"]);
    let error = config(&showing(&authority.pem, certificate, &other.key)).unwrap_err().to_string();
    assert!(error.contains("not that of the client certificate"), "{error}");
}

/// `openssl ecparam -name secp521r1 -genkey`, `openssl genrsa -traditional 2560` and `1024`, `openssl genpkey -algorithm
/// ed448`; the certificates with `openssl req -x509`.
#[test]
fn keys_that_not_every_provider_takes() {
    let authority = Authority::new();
    let said = |certificate: &str, key: &str| {
        config(&showing(&authority.pem, certificate, key)).map_err(|error| error.to_string()).map(drop)
    };
    let (p521, rsa) = (include_str!("p521.crt"), include_str!("rsa-2560.crt"));
    for (certificate, key, kind) in [
        (p521, include_str!("p521.pem"), "EC on P-521"),
        (rsa, include_str!("rsa-2560.pem"), "RSA of 2560 bits"),
        (rsa, include_str!("rsa-1024.pem"), "RSA of 1024 bits"),
        (rsa, include_str!("ed448.pem"), "Ed448"),
    ] {
        let error = said(certificate, key).unwrap_err();
        let text =
            format!("the client key ({kind}) cannot be used: with the provider ring a key must be RSA of 2048, ");
        assert!(error.contains(&text) && error.contains("aws-lc-rs also takes EC on P-521, and RSA of any"), "{error}");
    }
    let error = said(rsa, "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n").unwrap_err();
    assert!(error.contains("it is no key in PKCS#8, PKCS#1 or SEC1"), "{error}");
}

/// What the error above promises.
#[cfg(feature = "aws-lc-rs")]
#[test]
fn aws_lc_takes_more_keys() {
    let authority = Authority::new();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let said = |certificate: &str, key: &str| {
        let settings = showing(&authority.pem, certificate, key);
        client_config(&settings, &TlsRoots::none(), provider.clone(), today(), &[]).map(drop)
    };
    assert!(said(include_str!("p521.crt"), include_str!("p521.pem")).is_ok());
    assert!(said(include_str!("rsa-2560.crt"), include_str!("rsa-2560.pem")).is_ok());
    for key in [include_str!("rsa-1024.pem"), include_str!("ed448.pem")] {
        assert!(said(include_str!("rsa-2560.crt"), key).is_err());
    }
}

#[test]
fn a_server_that_is_its_own_authority() {
    let key = KeyPair::generate().unwrap();
    let authority = Authority::named("k.example", &[NAME], key);
    let pair = Pair { certificate: authority.pem.clone(), key: authority.issuer.key().serialize_pem() };
    for version in VERSIONS {
        let mut io = Peer::new(server(version, &pair, None), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&client(&authority, None), NAME), &mut io), ok());
        let mut io = Peer::new(server(version, &pair, None), &[OK], Then::Stays);
        refused(
            drive(&mut started(&client(&Authority::new(), None), NAME), &mut io),
            "is that of a certificate authority",
        );
    }
}

#[test]
fn a_bundle_trusts_each_of_its_certificates() {
    let (one, two) = (Authority::new(), Authority::new());
    let bundle = format!("# the old one\n{}\n# the new one\n{}", one.pem, two.pem);
    let trusting = Arc::new(config(&trusting(&bundle)).unwrap());
    for authority in [one, two] {
        let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &[OK], Then::Stays);
        assert_eq!(drive(&mut started(&trusting, NAME), &mut io), ok());
    }
}

#[test]
fn the_system_s_certificates_serve_where_none_are_named() {
    let authority = Authority::new();
    let roots = TlsRoots::of(keys::certificates(authority.pem.as_bytes(), "CA").unwrap());
    let provider = Arc::new(default_provider());
    let settings = TlsSettings::default();
    assert!(TlsRoots::are_needed(&settings) && !TlsRoots::are_needed(&trusting("")));
    let trusting = Arc::new(client_config(&settings, &roots, provider, today(), &[]).unwrap());
    let mut io = Peer::new(server(&TLS13, &authority.issue(&[NAME]), None), &[OK], Then::Stays);
    assert_eq!(drive(&mut started(&trusting, NAME), &mut io), ok());
}
