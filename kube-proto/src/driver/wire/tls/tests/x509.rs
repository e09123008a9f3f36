//! Reading certificates and keys, compared with webpki where that can read them.

use proptest::prelude::*;
use rustls::server::ParsedCertificate;

use crate::driver::wire::tls::keys;
use crate::driver::wire::tls::x509::*;

fn fixtures() -> Vec<Vec<u8>> {
    let all = [&include_bytes!("rsa.crt")[..], include_bytes!("v1.crt"), include_bytes!("p521.crt")];
    all.map(|pem| keys::certificates(pem, "certificate").unwrap().remove(0).to_vec()).to_vec()
}

#[test]
fn the_parts_of_a_certificate() {
    let [rsa, first, _] = &fixtures()[..] else { panic!() };
    let rsa = Certificate::parse(rsa).unwrap();
    assert_eq!((rsa.owner(), rsa.may_issue(), rsa.may_serve()), ("rsa".into(), Ok(()), true));
    assert_eq!(rsa.issuer, rsa.subject);
    let first = Certificate::parse(first).unwrap();
    assert_eq!((first.owner(), first.may_issue(), first.may_serve()), ("version one".into(), Ok(()), true));
    // 2020-01-01 and 2120-01-01, the second in the longer form.
    assert_eq!(first.life, Life { not_before: 1_577_836_800, not_after: 4_733_510_400 });
    for (now, valid) in [(1_577_836_799, false), (1_577_836_800, true), (4_733_510_400, true), (4_733_510_401, false)] {
        assert_eq!(first.life.includes(now), valid);
    }
}

#[test]
fn a_certificate_that_is_cut_or_followed_by_something_is_none() {
    for der in fixtures() {
        for end in 0..der.len() {
            assert!(Certificate::parse(&der[..end]).is_none(), "{end}");
        }
        assert!(Certificate::parse(&[&der[..], b"\0"].concat()).is_none(), "something follows");
    }
}

#[test]
fn moments() {
    for (tag, text, seconds) in [
        (23, "700101000000Z", Some(0)),
        (23, "491231235959Z", Some(2_524_607_999)),
        (23, "500101000000Z", Some(0)),
        (24, "20500101000000Z", Some(2_524_608_000)),
        (24, "99991231235959Z", Some(253_402_300_799)),
        (24, "00010101000000Z", Some(0)),
        (23, "700101000000", None),
        (23, "7001010000Z", None),
        (23, "700101000060Z", None),
        (23, "701301000000Z", None),
        (23, "7001010000+1Z", None),
        (24, "700101000000Z", None),
        (24, "-0010101000000Z", None),
        (22, "700101000000Z", None),
        (23, "é00101000000Z", None),
    ] {
        assert_eq!(moment(tag, text.as_bytes()), seconds, "{tag} {text}");
    }
}

#[test]
fn kinds_of_keys() {
    for (pem, kind) in [
        (include_str!("rsa-pkcs1.pem"), "RSA of 2048 bits"),
        (include_str!("rsa-pkcs8.pem"), "RSA of 2048 bits"),
        (include_str!("rsa-1024.pem"), "RSA of 1024 bits"),
        (include_str!("rsa-2560.pem"), "RSA of 2560 bits"),
        (include_str!("v1.pem"), "EC on P-256"),
        (include_str!("p521.pem"), "EC on P-521"),
        (include_str!("ed448.pem"), "Ed448"),
    ] {
        assert_eq!(kind_of_key(&keys::private_key("client", pem.as_bytes()).unwrap()).as_deref(), Some(kind));
    }
}

proptest! {
    #[test]
    fn what_webpki_reads_is_read_alike(which in 0usize..3, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)) {
        let mut der = fixtures().swap_remove(which);
        for (at, byte) in changes {
            *at.get_mut(&mut der) = byte;
        }
        let read = Certificate::parse(&der).map(|read| read.key.to_vec());
        if let Ok(oracle) = ParsedCertificate::try_from(&der[..].into()) {
            // webpki looks at times only when it verifies them, and ignores extensions that it does not know.
            prop_assert!(read.is_none_or(|key| key == *oracle.subject_public_key_info()));
        }
    }

    #[test]
    fn garbage_is_no_certificate_and_no_key(bytes: Vec<u8>) {
        prop_assert!(Certificate::parse(&bytes).is_none());
        prop_assert!(kind_of_key(&rustls::pki_types::PrivatePkcs8KeyDer::from(bytes).into()).is_none());
    }
}
