//! A private key.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls::sign::SigningKey;

use super::x509::kind_of_key;

/// Loads a key. As in Go, its encoding counts and not the label of its PEM.
pub(super) fn load(
    owner: &str,
    key: &PrivateKeyDer<'_>,
    provider: &CryptoProvider,
) -> Result<Arc<dyn SigningKey>, String> {
    let der = || key.secret_der().to_vec();
    let encodings = [
        PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der())),
        PrivateKeyDer::from(PrivatePkcs1KeyDer::from(der())),
        PrivateKeyDer::from(PrivateSec1KeyDer::from(der())),
    ];
    let loaded = encodings.into_iter().find_map(|key| provider.key_provider.load_private_key(key).ok());
    loaded.ok_or_else(|| match kind_of_key(key) {
        Some(kind) => format!("the {owner} key ({kind}) cannot be used: {USABLE}"),
        None => format!("the {owner} key cannot be used: it is no key in PKCS#8, PKCS#1 or SEC1; {USABLE}"),
    })
}

/// As of ring 0.17 and aws-lc-rs 1.19.
const USABLE: &str = "with the provider ring a key must be RSA of 2048, 3072 or 4096 bits, EC on P-256 or P-384, or \
                      Ed25519; aws-lc-rs also takes EC on P-521, and RSA of any size from 2048 to 8192 bits";
