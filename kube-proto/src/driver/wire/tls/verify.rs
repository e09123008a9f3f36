//! Verifies servers by the certificates that a program trusts, as Go's `crypto/x509` does.
//!
//! rustls alone trusts only the issuers of a server's certificate, and does not look at the life and the extensions of
//! what is trusted. client-go's users also trust a server's own certificate, and expect that an expired root is none.
//!
//! | the server's certificate | what is checked |
//! |---|---|
//! | is one of the trusted ones, byte for byte | its life, its extended key usage, the name |
//! | any other | a chain to a trusted certificate that [may issue](super::x509::Certificate::may_issue), is valid now, and permits so long a chain; the name |
//!
//! Certificates that the server sends and that may not issue are left out of the chain.

use core::net::IpAddr;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

use super::fault::{ChainFault, ChainProblem};
use super::x509::{Certificate, Life};

/// The certificates that a program trusts.
#[derive(Clone)]
pub(super) struct Pool {
    certificates: Vec<CertificateDer<'static>>,
    /// All that may issue. Their lives are known from `trusted`.
    issuers: RootCertStore,
    trusted: Vec<Trusted>,
}

#[derive(Clone)]
struct Trusted {
    anchor: TrustAnchor<'static>,
    /// `None` if it is not known.
    life: Option<Life>,
    /// Why it may not issue certificates.
    fault: Option<&'static str>,
    /// The most certificates between it and that of a server.
    most_between: Option<u64>,
    owner: String,
}

impl Pool {
    /// Adds a certificate. Returns whether it can be used.
    pub(super) fn add(&mut self, certificate: CertificateDer<'static>) -> bool {
        let mut store = RootCertStore::empty();
        let Some(anchor) = store.add(certificate.clone()).ok().and_then(|()| store.roots.pop()) else { return false };
        let parsed = Certificate::parse(&certificate);
        let trusted = Trusted {
            anchor,
            life: parsed.as_ref().map(|parsed| parsed.life),
            fault: parsed.as_ref().and_then(|parsed| parsed.may_issue().err()),
            most_between: parsed.as_ref().and_then(|parsed| parsed.most_between),
            owner: parsed.as_ref().map(Certificate::owner).unwrap_or_default(),
        };
        if trusted.fault.is_none() {
            self.issuers.roots.push(trusted.anchor.clone());
        }
        self.trusted.push(trusted);
        self.certificates.push(certificate);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// The trusted certificate with this subject and key, if it permits fewer than `between` certificates in a chain.
    fn too_long(&self, anchor: &TrustAnchor<'_>, between: usize) -> Option<&Trusted> {
        let same = |one: &&Trusted| {
            let own = &one.anchor;
            own.subject == anchor.subject && own.subject_public_key_info == anchor.subject_public_key_info
        };
        let permits = |one: &Trusted| one.most_between.is_none_or(|most| between as u64 <= most);
        let mut all = self.trusted.iter().filter(|one| one.fault.is_none()).filter(same);
        // Of the same certificate made twice, one is enough.
        if all.clone().any(permits) { None } else { all.next() }
    }

    fn has(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.iter().any(|known| known == certificate)
    }

    /// Those that may issue, and are valid now.
    fn issuers(&self, now: u64) -> Cow<'_, RootCertStore> {
        if self.trusted.iter().all(|trusted| trusted.is_valid(now)) {
            return Cow::Borrowed(&self.issuers);
        }
        let valid = self.trusted.iter().filter(|trusted| trusted.fault.is_none() && trusted.is_valid(now));
        Cow::Owned(valid.map(|trusted| trusted.anchor.clone()).collect())
    }
}

impl Default for Pool {
    fn default() -> Self {
        RootCertStore::empty().into()
    }
}

impl From<RootCertStore> for Pool {
    fn from(issuers: RootCertStore) -> Self {
        let unknown = |anchor: &TrustAnchor<'static>| Trusted {
            anchor: anchor.clone(),
            life: None,
            fault: None,
            most_between: None,
            owner: String::new(),
        };
        Self { certificates: Vec::new(), trusted: issuers.roots.iter().map(unknown).collect(), issuers }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} certificates)", self.trusted.len())
    }
}

impl Trusted {
    fn is_valid(&self, now: u64) -> bool {
        self.life.is_none_or(|life| life.includes(now))
    }
}

/// Verifies servers by a [`Pool`].
#[derive(Debug)]
pub(super) struct Verifier {
    pool: Arc<Pool>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(pool: Arc<Pool>, provider: &CryptoProvider) -> Self {
        Self { pool, algorithms: provider.signature_verification_algorithms }
    }

    fn verify_chain(&self, chain: &Chain<'_>) -> Result<(), Error> {
        let issuers = self.pool.issuers(chain.now.as_secs());
        let Err(error) = self.leads(chain, &issuers, None) else { return self.verify_length(chain, &issuers) };
        let fault = match &error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                self.unused_authority(chain).or_else(|| self.unused_intermediate(chain, &issuers))
            }
            Error::InvalidCertificate(problem) => chain.out_of_date(problem),
            _ => None,
        };
        Err(fault.map_or(error, |fault| CertificateError::Other(OtherError(Arc::new(fault))).into()))
    }

    /// Whether one of the chains to these is as short as its issuer permits. rustls does not tell the chain that it found.
    fn verify_length(&self, chain: &Chain<'_>, issuers: &RootCertStore) -> Result<(), Error> {
        if self.pool.trusted.iter().all(|one| one.most_between.is_none()) {
            return Ok(());
        }
        let bad = |_| Error::from(CertificateError::BadEncoding);
        let (der, sent) = (CertificateDer::from(chain.der), chain.issuers(None));
        let server = webpki::EndEntityCert::try_from(&der).map_err(bad)?;
        let refused = Cell::new(None);
        let short_enough = |path: &webpki::VerifiedPath<'_>| {
            let between = path.intermediate_certificates().count();
            match self.pool.too_long(path.anchor(), between) {
                Some(one) => {
                    refused.set(Some(one.owner.clone()));
                    Err(webpki::Error::PathLenConstraintViolated)
                }
                None => Ok(()),
            }
        };
        let usage = webpki::KeyUsage::server_auth();
        let (all, roots) = (self.algorithms.all, &issuers.roots);
        server.verify_for_usage(all, roots, &sent, chain.now, usage, None, Some(&short_enough)).map(|_| ()).map_err(
            |_| {
                let fault = ChainFault::authority(refused.take().unwrap_or_default(), ChainProblem::NoIssuer(TOO_LONG));
                CertificateError::Other(OtherError(Arc::new(fault))).into()
            },
        )
    }

    /// Whether the chain leads to one of these, perhaps over one more certificate.
    fn leads(&self, chain: &Chain<'_>, to: &RootCertStore, more: Option<&CertificateDer<'_>>) -> Result<(), Error> {
        let sent = chain.issuers(more);
        verify_server_cert_signed_by_trust_anchor(chain.server, to, &sent, chain.now, self.algorithms.all)
    }

    /// The trusted certificate that would verify the server, if it were valid and might issue.
    fn unused_authority(&self, chain: &Chain<'_>) -> Option<ChainFault> {
        let unused = |one: &&Trusted| one.fault.is_some() || !one.is_valid(chain.now.as_secs());
        let named = |one: &&Trusted| chain.all().any(|signed| signed.issuer == one.anchor.subject.as_ref());
        self.pool.trusted.iter().filter(unused).filter(named).take(GUESSES).find_map(|one| {
            self.leads(chain, &RootCertStore { roots: vec![one.anchor.clone()] }, None).ok()?;
            let over = || one.life.and_then(|life| ChainProblem::over(life, chain.now));
            let problem = one.fault.map(ChainProblem::NoIssuer).or_else(over)?;
            Some(ChainFault::authority(one.owner.clone(), problem))
        })
    }

    /// The certificate that the server sent and that would complete the chain, if it might issue.
    fn unused_intermediate(&self, chain: &Chain<'_>, issuers: &RootCertStore) -> Option<ChainFault> {
        let sent = chain.sent.iter().filter_map(|(der, parsed)| Some((der, parsed.as_ref()?)));
        let left_out = sent.filter_map(|(der, one)| Some((der, one, one.may_issue().err()?)));
        left_out.take(GUESSES).find_map(|(der, one, why)| match self.leads(chain, issuers, Some(der)) {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => None,
            // The chain is complete: it is valid, or the error is that this one is no issuer.
            _ => Some(ChainFault::intermediate(one.owner(), ChainProblem::NoIssuer(why))),
        })
    }
}

/// What a server sent, and when.
struct Chain<'a> {
    server: &'a ParsedCertificate<'a>,
    der: &'a [u8],
    own: Option<Certificate<'a>>,
    sent: Vec<(&'a CertificateDer<'a>, Option<Certificate<'a>>)>,
    now: UnixTime,
}

impl<'a> Chain<'a> {
    /// Those that were sent and may issue, and perhaps one more.
    fn issuers<'b>(&'b self, more: Option<&'b CertificateDer<'_>>) -> Vec<CertificateDer<'b>> {
        let may_issue =
            self.sent.iter().filter(|(_, parsed)| parsed.as_ref().is_none_or(|one| one.may_issue().is_ok()));
        may_issue.map(|(one, _)| &***one).chain(more.map(|one| &**one)).map(CertificateDer::from).collect()
    }

    /// All certificates that can be read.
    fn all(&self) -> impl Iterator<Item = &Certificate<'a>> {
        self.own.iter().chain(self.sent.iter().filter_map(|(_, parsed)| parsed.as_ref()))
    }

    /// The certificate with this problem, if it is not the server's own: rustls does not say which it is.
    fn out_of_date(&self, problem: &CertificateError) -> Option<ChainFault> {
        let is_it = |one: &Certificate<'_>| match problem {
            CertificateError::ExpiredContext { not_after, .. } => one.life.not_after == not_after.as_secs(),
            CertificateError::NotValidYetContext { not_before, .. } => one.life.not_before == not_before.as_secs(),
            _ => false,
        };
        let is_over = |one: &Certificate<'_>| is_it(one) && !one.life.includes(self.now.as_secs());
        if self.own.as_ref().is_none_or(is_over) {
            return None;
        }
        let found = self.all().find(|one| is_over(one))?;
        Some(ChainFault::intermediate(found.owner(), ChainProblem::over(found.life, self.now)?))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let server = ParsedCertificate::try_from(end_entity)?;
        let own = Certificate::parse(end_entity);
        match own.as_ref().filter(|_| self.pool.has(end_entity)) {
            Some(own) => verify_alone(own, now)?,
            None => {
                let sent = intermediates.iter().map(|one| (one, Certificate::parse(one))).collect();
                self.verify_chain(&Chain { server: &server, der: end_entity, own, sent, now })?;
            }
        }
        verify_name(&server, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A certificate that is trusted itself needs no issuer.
fn verify_alone(certificate: &Certificate<'_>, now: UnixTime) -> Result<(), Error> {
    let Life { not_before, not_after } = certificate.life;
    let moment = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    if now.as_secs() > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after: moment(not_after) }.into());
    }
    if now.as_secs() < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before: moment(not_before) }.into());
    }
    if !certificate.may_serve() {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

/// An IPv4 address and the IPv6 address that it is mapped to are one address, as in Go.
fn verify_name(server: &ParsedCertificate<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let first = verify_server_name(server, name);
    let other = match name {
        ServerName::IpAddress(address) => match IpAddr::from(*address) {
            IpAddr::V4(address) => Some(IpAddr::from(address.to_ipv6_mapped())),
            IpAddr::V6(address) => address.to_ipv4_mapped().map(IpAddr::from),
        },
        _ => None,
    };
    match (first, other) {
        (Err(error), Some(other)) => verify_server_name(server, &ServerName::from(other)).map_err(|_| error),
        (first, _) => first,
    }
}

/// The most certificates that are tried to explain a failure: the server chooses how many it sends.
const GUESSES: usize = 4;
/// The end of the message for a chain that is longer than its authority permits.
const TOO_LONG: &str = "permits fewer certificates between it and the server's";
