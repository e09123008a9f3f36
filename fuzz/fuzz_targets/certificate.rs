//! Certificates and keys, compared with `webpki` by way of rustls, which takes fewer.

#![no_main]

use kube_proto::internals::tls::{inspect, inspect_key};
use libfuzzer_sys::fuzz_target;
use rustls::server::ParsedCertificate;

fuzz_target!(|input: &[u8]| {
    if let Some((owner, _, key)) = inspect(input) {
        assert!(owner.chars().count() <= 100, "a message has no room for it");
        assert!(input.windows(key.len()).any(|part| part == key), "the key is a part of the certificate");
        if let Ok(oracle) = ParsedCertificate::try_from(&input.into()) {
            assert_eq!(key, &*oracle.subject_public_key_info());
        }
        // The end is known: nothing may follow.
        assert_eq!(inspect(&[input, b"\0"].concat()), None);
        for end in 0..input.len().min(64) {
            assert_eq!(inspect(&input[..end]), None);
        }
    }
    if let Some(kind) = inspect_key(input) {
        assert!(kind.len() < 40, "{kind}");
    }
});
