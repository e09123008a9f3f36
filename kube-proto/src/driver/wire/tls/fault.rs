//! The meaning of a TLS failure, in words that help.

use std::fmt;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::x509::Life;
use crate::driver::fault::FaultKind;
use crate::driver::wire::socket::SocketError;
use crate::rfc3339::second;

/// A certificate other than the server's own that makes a chain invalid.
#[derive(Debug)]
pub(super) struct ChainFault {
    what: &'static str,
    /// The name of its owner, foreign text.
    owner: String,
    problem: ChainProblem,
}

/// Why a certificate cannot be a part of a chain.
#[derive(Debug)]
pub(super) enum ChainProblem {
    Expired {
        at: u64,
        now: UnixTime,
    },
    NotValidYet {
        before: u64,
        now: UnixTime,
    },
    /// It may not issue certificates; the reason follows its name.
    NoIssuer(&'static str),
}

impl ChainFault {
    /// A certificate that the server sent with its own.
    pub(super) fn intermediate(owner: String, problem: ChainProblem) -> Self {
        Self { what: "the intermediate certificate", owner, problem }
    }

    /// A certificate that the program trusts.
    pub(super) fn authority(owner: String, problem: ChainProblem) -> Self {
        Self { what: "the trusted certificate", owner, problem }
    }
}

impl ChainProblem {
    /// `None` if the life includes this moment.
    pub(super) fn over(life: Life, now: UnixTime) -> Option<Self> {
        match now.as_secs() {
            seconds if seconds > life.not_after => Some(Self::Expired { at: life.not_after, now }),
            seconds if seconds < life.not_before => Some(Self::NotValidYet { before: life.not_before, now }),
            _ => None,
        }
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, owner, problem } = self;
        // The quotes escape what could act on a terminal.
        write!(f, "{what} of {owner:?} ")?;
        match problem {
            ChainProblem::Expired { at, now } => {
                write!(f, "expired at {}; here it is {}", second(Duration::from_secs(*at)), date(*now))
            }
            ChainProblem::NotValidYet { before, now } => {
                write!(f, "is not valid before {}; here it is {}", second(Duration::from_secs(*before)), date(*now))
            }
            ChainProblem::NoIssuer(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ChainFault {}

/// The state of a connection when TLS fails on it.
pub(super) struct HandshakeState<'a> {
    /// The expected server.
    pub(super) name: &'a str,
    /// The handshake was not complete.
    pub(super) handshaking: bool,
    /// The server has shown that it accepted the handshake: by data, or a session ticket.
    pub(super) accepted: bool,
    /// The client has a certificate to present.
    pub(super) identified: bool,
}

/// The error for this failure of TLS.
pub(super) fn trouble(error: &Error, state: &HandshakeState<'_>) -> SocketError {
    let name = state.name;
    match error {
        Error::AlertReceived(alert) if state.handshaking || (!state.accepted && refuses_client(*alert)) => {
            // TLS 1.3: the client completes the handshake, and may send a request, before the server checks its
            // certificate. A server that refuses the certificate never reads the request.
            SocketError { unsent: true, ..SocketError::new(FaultKind::Tls, refused(*alert, state)) }
        }
        Error::AlertReceived(alert) => {
            SocketError::new(FaultKind::Closed, format!("the server ended TLS with the alert {}", words(*alert)))
        }
        Error::InvalidCertificate(problem) if state.handshaking => {
            SocketError::new(FaultKind::Tls, certificate(problem, name))
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) if state.handshaking => SocketError::new(
            FaultKind::Tls,
            format!("{name} did not answer with TLS: is this port for plain http, or the address that of a proxy?"),
        ),
        Error::PeerIncompatible(why) if state.handshaking => SocketError::new(
            FaultKind::Tls,
            format!("{name} does not fit this client's TLS: {}", spaced(&format!("{why:?}"))),
        ),
        Error::PeerMisbehaved(why) if state.handshaking => {
            let why = spaced(&format!("{why:?}"));
            SocketError::new(FaultKind::Tls, format!("{name} breaks the rules of TLS: {why}"))
        }
        _ if state.handshaking => {
            SocketError::new(FaultKind::Tls, format!("the TLS handshake with {name} failed: {error}"))
        }
        _ => SocketError::new(FaultKind::Protocol, format!("TLS failed: {error}")),
    }
}

/// Alerts that end a handshake on the server's side and nothing else (RFC 8446 §6.2).
fn refuses_client(alert: AlertDescription) -> bool {
    is_about_certificate(alert) || matches!(alert, AlertDescription::HandshakeFailure | AlertDescription::DecryptError)
}

fn is_about_certificate(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::CertificateRequired
    )
}

fn refused(alert: AlertDescription, state: &HandshakeState<'_>) -> String {
    let (name, words) = (state.name, words(alert));
    match alert {
        _ if is_about_certificate(alert) && state.identified => {
            format!("{name} did not accept the client certificate (alert {words})")
        }
        _ if is_about_certificate(alert) => {
            format!("{name} wants a client certificate, and none is configured (alert {words})")
        }
        AlertDescription::UnrecognisedName => {
            format!("{name} is a name that the server does not know (alert {words}); `tls-server-name` sets another")
        }
        AlertDescription::ProtocolVersion => {
            format!("{name} supports neither TLS 1.2 nor TLS 1.3 (alert {words})")
        }
        AlertDescription::HandshakeFailure | AlertDescription::DecryptError if state.identified => {
            format!("{name} refused the TLS handshake, perhaps because of the client certificate (alert {words})")
        }
        _ => format!("{name} refused the TLS handshake (alert {words})"),
    }
}

fn certificate(problem: &CertificateError, name: &str) -> String {
    match problem {
        CertificateError::UnknownIssuer => {
            format!(
                "the certificate of {name} is not signed by a trusted certificate authority; \
                 is the configured one that of this server?"
            )
        }
        CertificateError::BadSignature => {
            format!(
                "the certificate of {name} is not signed by the trusted certificate authority of that name: \
                 it was perhaps replaced"
            )
        }
        CertificateError::ExpiredContext { time, not_after } => {
            format!("the certificate of {name} expired at {}; here it is {}", date(*not_after), date(*time))
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            format!("the certificate of {name} is not valid before {}; here it is {}", date(*not_before), date(*time))
        }
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            format!("the certificate of {name} is for no name: it has no subject alternative names")
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().take(NAMES).map(|name| plain(name)).collect::<Vec<_>>().join(", ");
            let more = if presented.len() > NAMES { ", ..." } else { "" };
            format!(
                "the certificate is not valid for {name}, but for {names}{more}; \
                 `tls-server-name` sets the name to verify"
            )
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<ChainFault>() {
            Some(fault) => format!("the certificate of {name} is not trusted: {fault}"),
            None => format!("the certificate of {name} {}", other_problem(&other.to_string())),
        },
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("the certificate of {name} is not for a server: its extended key usage has other purposes")
        }
        CertificateError::BadEncoding => format!("the certificate of {name} is not valid X.509"),
        CertificateError::UnhandledCriticalExtension => {
            format!("the certificate of {name} has a critical extension that this client does not know")
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            format!(
                "the certificate of {name}, or one of its issuers, has a signature that this client does not support: \
                 the common ones are RSA of 2048 bits and more with SHA-2, and ECDSA on P-256 or P-384; \
                 P-521 needs the provider aws-lc-rs"
            )
        }
        other => format!("the certificate of {name} is not valid: {}", spaced(&format!("{other:?}"))),
    }
}

/// The problem that webpki names in one word.
fn other_problem(word: &str) -> String {
    let known = match word {
        "CaUsedAsEndEntity" => "is that of a certificate authority itself, and is not one of the trusted certificates",
        "EndEntityUsedAsCa" => "is signed by a certificate that is not that of a certificate authority",
        "NameConstraintViolation" => "has a name that one of its issuers may not sign for",
        "PathLenConstraintViolated" => "has more issuers than one of them permits",
        "UnsupportedCertVersion" => "is X.509 of another version than 3, and so has no names to verify",
        "UnsupportedCriticalExtension" => "has a critical extension that this client does not know",
        _ => return format!("is not valid: {}", spaced(word)),
    };
    known.to_owned()
}

/// `NoCipherSuitesInCommon { .. }` as `no cipher suites in common`: the names of errors of rustls say what they mean.
fn spaced(debug: &str) -> String {
    let name = debug.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let mut words = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// The name in `DnsName("a.example")`, which is how rustls presents it.
fn plain(presented: &str) -> &str {
    presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(presented).trim_matches('"')
}

/// As in RFC 8446: `bad_certificate`.
fn words(alert: AlertDescription) -> String {
    let debug = format!("{alert:?}");
    let mut words = String::with_capacity(debug.len() + 4);
    let mut before_is_lower = false;
    for c in debug.chars() {
        if c.is_ascii_uppercase() && before_is_lower {
            words.push('_');
        }
        before_is_lower = c.is_ascii_lowercase();
        words.push(c.to_ascii_lowercase());
    }
    words
}

fn date(time: UnixTime) -> String {
    second(Duration::from_secs(time.as_secs()))
}

/// The most names of a certificate that a message shows.
const NAMES: usize = 10;
