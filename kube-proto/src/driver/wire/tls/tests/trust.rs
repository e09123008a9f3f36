//! Which certificates are trusted: the rows are compared with Go 1.26, `x509.Certificate.Verify`, which gives the same
//! answer for certificates of the same kind made with openssl.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;

use super::peer::*;
use crate::driver::wire::tls::fault::{HandshakeState, trouble};
use crate::driver::wire::tls::*;

/// A certificate with its key. Its PEM is the certificate, with what its issuer wants servers to send.
struct Made {
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

type Change = fn(&mut CertificateParams);

fn params(name: &str, change: Change) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    change(&mut params);
    params
}

fn own(name: &str, change: Change) -> Made {
    let (key, params) = (KeyPair::generate().unwrap(), params(name, change));
    let der = params.self_signed(&key).unwrap().der().clone();
    Made { der, issuer: Issuer::new(params, key) }
}

/// Another certificate for the key of this one.
fn again(made: &Made, name: &str, change: Change) -> Made {
    let key = KeyPair::try_from(made.issuer.key().serialize_der()).unwrap();
    let params = params(name, change);
    let der = params.self_signed(&key).unwrap().der().clone();
    Made { der, issuer: Issuer::new(params, key) }
}

fn by(issuer: &Made, name: &str, change: Change) -> Made {
    let (key, params) = (KeyPair::generate().unwrap(), params(name, change));
    let der = params.signed_by(&key, &issuer.issuer).unwrap().der().clone();
    Made { der, issuer: Issuer::new(params, key) }
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn server(params: &mut CertificateParams) {
    params.subject_alt_names =
        vec![SanType::DnsName(NAME.try_into().unwrap()), SanType::IpAddress([127, 0, 0, 1].into())];
}

fn both(params: &mut CertificateParams) {
    authority(params);
    server(params);
}

fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

fn future(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2040, 1, 1);
    params.not_after = date_time_ymd(2041, 1, 1);
}

fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

/// What a client that trusts these says of a server that sends these, the server's own first.
fn says_of(trusted: &[&Made], sent: &[&Made], name: &str) -> String {
    let mut pool = Pool::default();
    for one in trusted {
        assert!(pool.add(one.der.clone()));
    }
    let verifier = Verifier::new(Arc::new(pool), &default_provider());
    let chain: Vec<_> = sent.iter().map(|one| one.der.clone()).collect();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(TODAY));
    match verifier.verify_server_cert(&chain[0], &chain[1..], &server_name(name).unwrap(), &[], now) {
        Ok(_) => String::new(),
        Err(error) => {
            let state = HandshakeState { name, handshaking: true, accepted: false, identified: false };
            trouble(&error, &state).text
        }
    }
}

#[test]
fn as_go_trusts() {
    let root = own("root", authority);
    let leaf = by(&root, "leaf", server);
    let between = by(&root, "between", authority);
    let behind = by(&between, "behind", server);
    let self_authority = own("both", both);
    let self_signed = own("alone", server);
    let self_not = own("alone", |it| {
        server(it);
        it.is_ca = IsCa::ExplicitNoCa;
    });
    let not_authority = own("not authority", |it| it.is_ca = IsCa::ExplicitNoCa);
    let of_not = by(&not_authority, "leaf", server);
    let says_nothing = own("says nothing", |it| it.use_authority_key_identifier_extension = true);
    let of_nothing = by(&says_nothing, "leaf", server);
    let no_signing = own("no signing", |it| {
        authority(it);
        it.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    });
    let of_no_signing = by(&no_signing, "leaf", server);
    let signing = own("signing", |it| {
        authority(it);
        it.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    });
    let of_signing = by(&signing, "leaf", server);
    let client_authority = own("clients only", |it| {
        authority(it);
        for_clients(it);
    });
    let of_client_authority = by(&client_authority, "leaf", server);
    let short = own("short", |it| it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let of_short = by(&short, "leaf", server);
    let too_many = by(&short, "between", authority);
    let of_too_many = by(&too_many, "leaf", server);
    // The same name and key without a limit: the renewed certificate of an authority.
    let unlimited = again(&short, "short", authority);
    let one_more = own("one more", |it| it.is_ca = IsCa::Ca(BasicConstraints::Constrained(1)));
    let one_between = by(&one_more, "one between", authority);
    let of_one_between = by(&one_between, "leaf", server);
    let two_between = by(&one_between, "two between", authority);
    let of_two_between = by(&two_between, "leaf", server);
    let not_between = by(&root, "not between", |it| it.is_ca = IsCa::ExplicitNoCa);
    let of_not_between = by(&not_between, "leaf", server);
    let unsigning_between = by(&root, "unsigning", |it| {
        authority(it);
        it.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    });
    let of_unsigning = by(&unsigning_between, "leaf", server);
    let client_leaf = by(&root, "leaf", |it| {
        server(it);
        for_clients(it);
    });
    let client_alone = own("alone", |it| {
        server(it);
        for_clients(it);
    });
    let old_root = own("old root", |it| {
        authority(it);
        expired(it);
    });
    let of_old = by(&old_root, "leaf", server);
    let old_between = by(&root, "old between", |it| {
        authority(it);
        expired(it);
    });
    let of_old_between = by(&old_between, "leaf", server);
    let future_between = by(&root, "future between", |it| {
        authority(it);
        future(it);
    });
    let of_future_between = by(&future_between, "leaf", server);
    let future_root = own("future root", |it| {
        authority(it);
        future(it);
    });
    let of_future = by(&future_root, "leaf", server);
    let old_leaf = by(&root, "leaf", |it| {
        server(it);
        expired(it);
    });
    let old_both = own("both", |it| {
        both(it);
        expired(it);
    });
    let future_alone = own("alone", |it| {
        server(it);
        future(it);
    });
    // Made with openssl, because rcgen makes no version 1; `identity.rs` says how.
    let first = keys::certificates(include_bytes!("v1.crt"), "CA").unwrap().remove(0);
    let key = KeyPair::from_pem(include_str!("v1.pem")).unwrap();
    let first = Made { der: first, issuer: Issuer::new(params("version one", |_| {}), key) };
    let of_first = by(&first, "leaf", server);

    let unknown = "is not signed by a trusted certificate authority";
    let itself = "is that of a certificate authority itself, and is not one of the trusted certificates";
    let at = "expired at 2021-01-01T00:00:00Z; here it is 2026-01-01T00:00:00Z";
    let table: &[(&[&Made], &[&Made], &str)] = &[
        // A trusted certificate is that of the server.
        (&[&self_authority], &[&self_authority], ""),
        (&[&self_signed], &[&self_signed], ""),
        (&[&self_not], &[&self_not], ""),
        (&[&leaf], &[&leaf], ""),
        (&[&leaf, &root], &[&behind, &between], ""),
        (&[&self_signed, &leaf], &[&self_authority], itself),
        (&[&client_leaf], &[&client_leaf], "is not for a server: its extended key usage has other purposes"),
        (&[&client_alone], &[&client_alone], "is not for a server"),
        (&[&old_leaf], &[&old_leaf], &format!("the certificate of k.example {at}")),
        (&[&old_both], &[&old_both], &format!("the certificate of k.example {at}")),
        (&[&future_alone], &[&future_alone], "the certificate of k.example is not valid before 2040-01-01T00:00:00Z"),
        (&[&root], &[&self_authority], itself),
        (&[&root], &[&self_signed], unknown),
        // A trusted certificate is that of an issuer.
        (&[&root], &[&leaf], ""),
        (&[&root], &[&behind, &between], ""),
        (&[&between], &[&behind], ""),
        (&[&signing], &[&of_signing], ""),
        (&[&first], &[&of_first], ""),
        (&[&root], &[&behind], unknown),
        (&[&not_authority], &[&of_not], {
            "is not trusted: the trusted certificate of \"not authority\" is not that of a certificate authority"
        }),
        (&[&old_root, &not_authority], &[&of_not], "\"not authority\" is not that of a certificate authority"),
        (&[&says_nothing], &[&of_nothing], "\"says nothing\" is not that of a certificate authority"),
        (&[&no_signing], &[&of_no_signing], {
            "the trusted certificate of \"no signing\" has a key usage that does not include signing certificates"
        }),
        (&[&client_authority], &[&of_client_authority], {
            "the trusted certificate of \"clients only\" has an extended key usage that does not include servers"
        }),
        (&[&old_root], &[&of_old], &format!("is not trusted: the trusted certificate of \"old root\" {at}")),
        (&[&future_root], &[&of_future], "\"future root\" is not valid before 2040-01-01T00:00:00Z; here it is 2026"),
        (&[&old_root, &root], &[&leaf], ""),
        // The length of a chain.
        (&[&short], &[&of_short], ""),
        (&[&short], &[&of_too_many, &too_many], {
            "the trusted certificate of \"short\" permits fewer certificates between it and the server's"
        }),
        (&[&short, &root], &[&leaf], ""),
        (&[&short, &too_many], &[&of_too_many, &too_many], ""),
        (&[&short, &unlimited], &[&of_too_many, &too_many], ""),
        (&[&one_more], &[&of_one_between, &one_between], ""),
        (&[&one_more], &[&of_two_between, &two_between, &one_between], "of \"one more\" permits fewer"),
        (&[&one_more], &[&of_two_between, &one_between, &two_between], "of \"one more\" permits fewer"),
        (&[&one_more, &one_between], &[&of_two_between, &two_between, &one_between], ""),
        // A certificate that the server sends is that of an issuer.
        (&[&root], &[&of_old_between, &old_between], {
            &format!("is not trusted: the intermediate certificate of \"old between\" {at}")
        }),
        (&[&root], &[&of_future_between, &future_between], {
            "the intermediate certificate of \"future between\" is not valid before 2040-01-01T00:00:00Z"
        }),
        (&[&root], &[&of_not_between, &not_between], {
            "the intermediate certificate of \"not between\" is not that of a certificate authority"
        }),
        (&[&root], &[&of_unsigning, &unsigning_between], {
            "the intermediate certificate of \"unsigning\" has a key usage that does not include signing certificates"
        }),
        (&[&old_between], &[&of_old_between], &format!("the trusted certificate of \"old between\" {at}")),
        (&[&root], &[&old_leaf], &format!("the certificate of k.example {at}")),
        (&[&root], &[&client_leaf], "is not for a server"),
        (&[&first], &[&first], "is X.509 of another version than 3, and so has no names to verify"),
    ];
    for (number, (trusted, sent, text)) in table.iter().enumerate() {
        let said = says_of(trusted, sent, NAME);
        assert!(said.contains(text) && said.is_empty() == text.is_empty(), "row {number}: {said}");
        assert!(!said.contains(['{', '(']) || said.is_empty(), "row {number}: {said}");
    }
}

#[test]
fn names_are_verified_whatever_is_trusted() {
    let root = own("root", authority);
    let (leaf, alone) = (by(&root, "leaf", server), own("both", both));
    let mapped = by(&root, "mapped", |it| {
        it.subject_alt_names = vec![SanType::IpAddress("::ffff:127.0.0.1".parse().unwrap())];
    });
    for (trusted, sent) in [(&root, &leaf), (&leaf, &leaf), (&alone, &alone)] {
        for name in [NAME, "127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1"] {
            assert_eq!(says_of(&[trusted], &[sent], name), "");
        }
        for name in ["other.example", "127.0.0.2", "::ffff:127.0.0.2", "::1", "::127.0.0.1"] {
            assert!(says_of(&[trusted], &[sent], name).contains("is not valid for"), "{name}");
        }
    }
    for (name, valid) in [("127.0.0.1", true), ("::ffff:127.0.0.1", true), ("::1", false), ("127.0.0.2", false)] {
        assert_eq!(says_of(&[&root], &[&mapped], name).is_empty(), valid, "{name}");
    }
}

#[test]
fn a_foreign_name_cannot_act_on_a_terminal_and_is_cut() {
    let name = format!("\u{1b}[31m\u{202e}{}", "x".repeat(1000));
    let not_authority = own(&name, |it| it.is_ca = IsCa::ExplicitNoCa);
    let said = says_of(&[&not_authority], &[&by(&not_authority, "leaf", server)], NAME);
    assert!(said.contains("\\u{1b}[31m\\u{202e}xxx") && said.len() < 400, "{said}");
}

#[test]
fn many_useless_certificates_that_a_server_sends_change_nothing() {
    let (root, other) = (own("root", authority), own("other", authority));
    let leaf = by(&root, "leaf", server);
    let useless: Vec<_> = (0..50).map(|_| by(&other, "root", |it| it.is_ca = IsCa::ExplicitNoCa)).collect();
    let sent: Vec<_> = [&leaf].into_iter().chain(&useless).collect();
    assert!(!says_of(&[&other], &sent, NAME).is_empty());
    assert_eq!(says_of(&[&root], &sent, NAME), "");
}
