//! Certificates for tests, and the server's TLS configuration.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use std::io;
use std::sync::Arc;

use super::der;
use crate::PeerSubject;

/// A certificate authority, kept in memory.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Issued {
    /// The certificate as PEM.
    pub certificate: String,
    /// The private key as PEM (PKCS #8).
    pub key: String,
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

/// Whether clients send a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// The server does not ask for one.
    Off,
    /// Clients may send one; a certificate of another authority fails the handshake.
    Optional,
    /// Clients must send one.
    Required,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issued")
    }
}

impl Authority {
    /// A new authority of that name.
    ///
    /// # Errors
    /// Making the key or the certificate failed.
    pub fn new(name: &str) -> io::Result<Self> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.distinguished_name = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        Ok(Authority { issuer: CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)? })
    }

    /// The authority's own certificate as PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority's own certificate.
    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// A certificate for a server of these names and addresses.
    ///
    /// # Errors
    /// A name is invalid, or making the key failed.
    pub fn server(&self, names: &[String]) -> io::Result<Issued> {
        let mut params = CertificateParams::new(names.to_vec()).map_err(io::Error::other)?;
        params.distinguished_name = named("kube-apiserver", &[]);
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a server of these names and addresses, valid from the beginning of `years.start` to that of
    /// `years.end`.
    ///
    /// # Errors
    /// As [`Authority::server`].
    pub fn server_for_years(&self, names: &[String], years: std::ops::Range<i32>) -> io::Result<Issued> {
        let mut params = CertificateParams::new(names.to_vec()).map_err(io::Error::other)?;
        params.distinguished_name = named("kube-apiserver", &[]);
        self.issue(valid_for(params, years), ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a client: `user` is the CN, the first of `groups` is the O.
    ///
    /// # Errors
    /// Making the key failed.
    pub fn client(&self, user: &str, groups: &[String]) -> io::Result<Issued> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.distinguished_name = named(user, groups);
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// A certificate for a client, valid from the beginning of `years.start` to that of `years.end`.
    ///
    /// # Errors
    /// As [`Authority::client`].
    pub fn client_for_years(&self, user: &str, groups: &[String], years: std::ops::Range<i32>) -> io::Result<Issued> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.distinguished_name = named(user, groups);
        self.issue(valid_for(params, years), ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose) -> io::Result<Issued> {
        params.extended_key_usages = vec![usage];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: key.serialize_der(),
        })
    }

    /// The configuration of a server with a certificate for `names` (and `localhost`, `127.0.0.1`, `kubernetes`).
    ///
    /// # Errors
    /// Making the certificate failed.
    pub fn server_config(&self, names: &[String], clients: ClientAuth) -> io::Result<Arc<rustls::ServerConfig>> {
        let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "kubernetes".to_owned()];
        all.extend_from_slice(names);
        self.server_config_with(self.server(&all)?, clients)
    }

    /// The configuration of a server with this certificate.
    ///
    /// # Errors
    /// The certificate and its key do not fit together.
    pub fn server_config_with(&self, issued: Issued, clients: ClientAuth) -> io::Result<Arc<rustls::ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = if clients == ClientAuth::Off {
            builder.with_no_client_auth()
        } else {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(self.der()).map_err(io::Error::other)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = if clients == ClientAuth::Optional { verifier.allow_unauthenticated() } else { verifier };
            builder.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key_der));
        let mut config = builder.with_single_cert(vec![issued.der], key).map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl Issued {
    /// The certificate as DER.
    pub fn der(&self) -> CertificateDer<'static> {
        self.der.clone()
    }

    /// The key as DER (PKCS #8).
    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key_der.clone()))
    }
}

/// The subject of a client's certificate.
pub fn subject(certificate: &[u8]) -> PeerSubject {
    der::subject(certificate)
}

fn valid_for(mut params: CertificateParams, years: std::ops::Range<i32>) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(years.start, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.end, 1, 1);
    params
}

fn named(common: &str, organizations: &[String]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    // A name has each type only once here: further groups of a known user come from the server's options.
    if let Some(organization) = organizations.first() {
        name.push(DnType::OrganizationName, organization.as_str());
    }
    name
}
