//! Certificates and keys of PEM documents.

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::key;
use super::x509::Certificate;
use crate::secret::Secret;

/// The chain and the key of the `owner`: `client`, `server`.
pub(super) fn certified(
    owner: &str,
    certificate: &[u8],
    key: &Secret,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, String> {
    let chain = certificates(certificate, &format!("{owner} certificate"))?;
    let key = key::load(owner, &private_key(owner, key.expose().as_bytes())?, provider)?;
    let own = chain
        .first()
        .and_then(|der| Certificate::parse(der))
        .ok_or_else(|| format!("the {owner} certificate is not a valid certificate"))?;
    // Not `CertifiedKey::from_der`: it refuses certificates of version 1, which servers accept.
    if key.public_key().is_some_and(|key| *key != *own.key) {
        return Err(format!("the {owner} key is not that of the {owner} certificate"));
    }
    Ok(CertifiedKey::new(chain, key))
}

pub(super) fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(format!("the {what} holds no certificate: it must be PEM, with -----BEGIN CERTIFICATE-----"))
        }
        Ok(certificates) => Ok(certificates),
        // The error of the parser would show a line of the file, and a key may stand beside the certificate.
        Err(_) => Err(format!("the {what} is not valid PEM")),
    }
}

pub(super) fn private_key(owner: &str, pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    // Both kinds of encryption contain this word: in the label of PKCS#8, or in a header of the older formats.
    if memchr::memmem::find(pem, b"ENCRYPTED").is_some() {
        return Err(format!("the {owner} key is encrypted: decrypt it first, for example with `openssl pkey`"));
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            format!("the {owner} key holds no private key: it must be PEM, with -----BEGIN PRIVATE KEY-----, RSA or EC")
        }
        _ => format!("the {owner} key is not valid PEM"),
    })
}
