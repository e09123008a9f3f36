//! `insecure-skip-tls-verify`: any certificate is accepted, if the server holds its key.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::x509::Certificate;

/// Accepts any certificate.
///
/// rustls reads only certificates of version 3. Of an older one this reads the key itself: Go accepts it, too.
#[derive(Debug)]
pub(super) struct SkipVerify(WebPkiSupportedAlgorithms);

impl SkipVerify {
    pub(super) fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

/// The public key of a certificate that rustls does not read.
fn old_key<'a>(der: &'a CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'a>> {
    Certificate::parse(der).filter(Certificate::is_old).map(|certificate| certificate.key.into())
}

impl ServerCertVerifier for SkipVerify {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let Some(key) = old_key(cert) else { return verify_tls12_signature(message, cert, dss, &self.0) };
        let key = webpki::RawPublicKeyEntity::try_from(&key).map_err(|_| CertificateError::BadEncoding)?;
        let fitting = self.0.mapping.iter().filter(|(scheme, _)| *scheme == dss.scheme);
        let mut algorithms = fitting.flat_map(|(_, algorithms)| algorithms.iter());
        match algorithms.any(|algorithm| key.verify_signature(*algorithm, message, dss.signature()).is_ok()) {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(CertificateError::BadSignature.into()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match old_key(cert) {
            Some(key) => verify_tls13_signature_with_raw_key(message, &key, dss, &self.0),
            None => verify_tls13_signature(message, cert, dss, &self.0),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
