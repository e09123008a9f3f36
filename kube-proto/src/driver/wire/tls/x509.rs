//! The parts of an X.509 certificate (RFC 5280 §4.1) and of a private key that rustls does not tell.
//!
//! rustls refuses certificates of version 1, does not say which certificate of a chain has a problem, and does not look
//! at the life and the extensions of the certificates that a program trusts. This reads those parts, without any check
//! of a signature.

use jiff::civil::DateTime;
use rustls::pki_types::PrivateKeyDer;

/// The parts of a certificate.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// 1, 2 or 3.
    version: u8,
    /// The name of the issuer: DER, without its tag.
    pub(super) issuer: &'a [u8],
    pub(super) life: Life,
    /// The name of the owner: DER, without its tag.
    pub(super) subject: &'a [u8],
    /// The public key: a whole SubjectPublicKeyInfo.
    pub(super) key: &'a [u8],
    /// Whether the owner is a certificate authority; `None` if no extension says it.
    is_authority: Option<bool>,
    /// The most certificates between the owner's and a server's.
    pub(super) most_between: Option<u64>,
    /// Whether the key may sign certificates; `None` if no extension says it.
    signs_certificates: Option<bool>,
    /// Whether a server may use it; `None` if no extension says it.
    serves: Option<bool>,
}

/// When a certificate is valid, in seconds since 1970-01-01T00:00:00Z; earlier moments are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) not_before: u64,
    pub(super) not_after: u64,
}

impl Life {
    pub(super) fn includes(&self, now: u64) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

impl<'a> Certificate<'a> {
    /// `None` if the bytes are no certificate.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut all = Der(der);
        let mut tbs = Der(Der(all.expect(SEQUENCE)?).expect(SEQUENCE)?);
        if !all.0.is_empty() {
            return None;
        }
        let version = match tbs.optional(CONTEXT) {
            None => 1,
            Some(version) => match Der(version).expect(INTEGER)? {
                [n @ 0..=2] => n + 1,
                _ => return None,
            },
        };
        tbs.expect(INTEGER)?;
        tbs.expect(SEQUENCE)?;
        let issuer = tbs.expect(SEQUENCE)?;
        let mut life = Der(tbs.expect(SEQUENCE)?);
        let life = Life { not_before: life.time()?, not_after: life.time()? };
        let subject = tbs.expect(SEQUENCE)?;
        let key = tbs.whole(SEQUENCE)?;
        let (is_authority, signs_certificates, serves) = (None, None, None);
        let most_between = None;
        let mut this =
            Self { version, issuer, life, subject, key, is_authority, most_between, signs_certificates, serves };
        while let Some((tag, content, _)) = tbs.next() {
            if tag == CONTEXT | 3 {
                this.extensions(Der(content).expect(SEQUENCE)?)?;
            }
        }
        tbs.0.is_empty().then_some(this)
    }

    fn extensions(&mut self, list: &[u8]) -> Option<()> {
        let mut list = Der(list);
        while let Some((SEQUENCE, extension, _)) = list.next() {
            let mut extension = Der(extension);
            let id = extension.expect(OBJECT)?;
            let _critical = extension.optional(BOOLEAN);
            let mut value = Der(extension.expect(OCTETS)?);
            match id {
                BASIC_CONSTRAINTS => {
                    let mut value = Der(value.expect(SEQUENCE)?);
                    let authority = value.optional(BOOLEAN);
                    self.is_authority = Some(authority.is_some_and(|yes| yes != [0]));
                    self.most_between = match value.optional(INTEGER) {
                        Some(most) => Some(number(most)?),
                        None => None,
                    };
                }
                KEY_USAGE => {
                    let (_unused, bits) = value.expect(BITS)?.split_first()?;
                    self.signs_certificates = Some(bits.first().is_some_and(|bits| bits & CERTIFICATE_SIGN != 0));
                }
                EXTENDED_KEY_USAGE => {
                    let mut purposes = Der(value.expect(SEQUENCE)?);
                    let mut serves = false;
                    while let Some((OBJECT, purpose, _)) = purposes.next() {
                        serves |= purpose == SERVER_AUTH || purpose == ANY_PURPOSE;
                    }
                    self.serves = Some(serves);
                }
                _ => {}
            }
        }
        list.0.is_empty().then_some(())
    }

    /// Whether it is of version 1 or 2, which have no extensions.
    pub(super) fn is_old(&self) -> bool {
        self.version < 3
    }

    /// Whether it may be the certificate of a server.
    pub(super) fn may_serve(&self) -> bool {
        self.serves != Some(false)
    }

    /// Whether it may be the certificate of the issuer of a server's certificate; the error says why not. The rules are
    /// those of Go's `crypto/x509`: version 3 has to say that the owner is an authority, the versions before cannot.
    pub(super) fn may_issue(&self) -> Result<(), &'static str> {
        match self {
            Self { is_authority: Some(false), .. } | Self { is_authority: None, version: 3, .. } => {
                Err("is not that of a certificate authority")
            }
            Self { signs_certificates: Some(false), .. } => {
                Err("has a key usage that does not include signing certificates")
            }
            Self { serves: Some(false), .. } => Err("has an extended key usage that does not include servers"),
            _ => Ok(()),
        }
    }

    /// The owner's name for messages: the common name, or else the last part of the name. It is foreign text.
    pub(super) fn owner(&self) -> String {
        let (mut sets, mut found) = (Der(self.subject), None);
        while let Some((SET, set, _)) = sets.next() {
            let Some(mut pair) = Der(set).expect(SEQUENCE).map(Der) else { break };
            let (Some(id), Some((_, text, _))) = (pair.expect(OBJECT), pair.next()) else { break };
            found = Some(text);
            if id == COMMON_NAME {
                break;
            }
        }
        let text = String::from_utf8_lossy(found.unwrap_or_default());
        text.chars().take(LONGEST_NAME).collect()
    }
}

/// A number that is not negative. One of more than 64 bits counts as the largest.
fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.first()? & 0x80 != 0 {
        return None;
    }
    let big = bytes.iter().rev().skip(8).any(|byte| *byte != 0);
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some(if big { u64::MAX } else { number })
}

/// What kind of key this is: `RSA of 1024 bits`, `EC on P-521`. `None` if it cannot be read.
pub(super) fn kind_of_key(key: &PrivateKeyDer<'_>) -> Option<String> {
    let der = key.secret_der();
    pkcs8(der).or_else(|| rsa(der)).or_else(|| sec1(der))
}

/// RFC 5958.
fn pkcs8(der: &[u8]) -> Option<String> {
    let mut info = Der(Der(der).expect(SEQUENCE)?);
    info.expect(INTEGER)?;
    let mut algorithm = Der(info.expect(SEQUENCE)?);
    let id = algorithm.expect(OBJECT)?;
    let named = ALGORITHMS.iter().find(|(known, _)| *known == id);
    match id {
        RSA => rsa(info.expect(OCTETS)?),
        EC => algorithm.expect(OBJECT).map(curve),
        _ => Some(named.map_or("of an unknown algorithm", |(_, name)| name).to_owned()),
    }
}

/// RFC 8017 §A.1.2.
fn rsa(der: &[u8]) -> Option<String> {
    let mut key = Der(Der(der).expect(SEQUENCE)?);
    key.expect(INTEGER)?;
    let modulus = key.expect(INTEGER)?;
    key.expect(INTEGER)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let modulus = modulus.get(first..)?;
    let leading = modulus.first()?.leading_zeros() as usize;
    Some(format!("RSA of {} bits", modulus.len() * 8 - leading))
}

/// RFC 5915.
fn sec1(der: &[u8]) -> Option<String> {
    let mut key = Der(Der(der).expect(SEQUENCE)?);
    key.expect(INTEGER)?;
    key.expect(OCTETS)?;
    key.optional(CONTEXT).and_then(|curve| Der(curve).expect(OBJECT)).map(curve)
}

fn curve(id: &[u8]) -> String {
    let name = CURVES.iter().find(|(known, _)| *known == id).map_or("an unknown curve", |(_, name)| name);
    format!("EC on {name}")
}

/// The rest of some DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next element: its tag, its content, and all of it. `None` at the end, or if it is cut.
    fn next(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let (tag, length, start) = match *self.0 {
            [tag, length @ 0..=0x7f, ..] => (tag, usize::from(length), 2),
            [tag, 0x81, length, ..] => (tag, usize::from(length), 3),
            [tag, 0x82, a, b, ..] => (tag, usize::from(u16::from_be_bytes([a, b])), 4),
            [tag, 0x83, a, b, c, ..] => (tag, usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?, 5),
            _ => return None,
        };
        let (whole, rest) = self.0.split_at_checked(start + length)?;
        self.0 = rest;
        Some((tag, whole.get(start..)?, whole))
    }

    /// The content of the next element, which must have this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, ..)| *found == tag).map(|(_, content, _)| content)
    }

    /// All of the next element, which must have this tag.
    fn whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, ..)| *found == tag).map(|(.., whole)| whole)
    }

    /// The content of the next element, if it has this tag.
    fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.0.first() == Some(&tag) { self.expect(tag) } else { None }
    }

    fn time(&mut self) -> Option<u64> {
        let (tag, text, _) = self.next()?;
        moment(tag, text)
    }
}

/// A UTCTime or a GeneralizedTime, in seconds since 1970-01-01T00:00:00Z.
pub(super) fn moment(tag: u8, text: &[u8]) -> Option<u64> {
    let (digits, b"Z") = text.split_at_checked(text.len().checked_sub(1)?)? else { return None };
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, rest) = digits.split_at_checked(if tag == UTC_TIME { 2 } else { 4 })?;
    let year: i16 = year.parse().ok()?;
    let year = match tag {
        UTC_TIME if year < 50 => 2000 + year,
        UTC_TIME => 1900 + year,
        GENERALIZED_TIME => year,
        _ => return None,
    };
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    let time = DateTime::new(year, two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, 0).ok().filter(|_| rest.len() == 10)?;
    // Not a `Timestamp`: it ends a day before the end of 9999, which means 'never' (RFC 5280 §4.1.2.5).
    let since = time.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    Some(u64::try_from(since.as_secs()).unwrap_or_default())
}

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BITS: u8 = 3;
const OCTETS: u8 = 4;
const OBJECT: u8 = 6;
const UTC_TIME: u8 = 23;
const GENERALIZED_TIME: u8 = 24;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// A constructed element with a number of its own.
const CONTEXT: u8 = 0xa0;

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 29, 19];
const KEY_USAGE: &[u8] = &[0x55, 29, 15];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 29, 37];
const ANY_PURPOSE: &[u8] = &[0x55, 29, 37, 0];
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// Bit 5 of the key usage.
const CERTIFICATE_SIGN: u8 = 0x80 >> 5;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const ALGORITHMS: [(&[u8], &str); 4] = [
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], "RSA for RSASSA-PSS alone"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1], "DSA"),
    (&[0x2b, 0x65, 0x70], "Ed25519"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
];
const CURVES: [(&[u8], &str); 5] = [
    (&[0x2b, 0x81, 4, 0, 33], "P-224"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], "P-256"),
    (&[0x2b, 0x81, 4, 0, 34], "P-384"),
    (&[0x2b, 0x81, 4, 0, 35], "P-521"),
    (&[0x2b, 0x81, 4, 0, 10], "secp256k1"),
];

/// The most characters of a name that a message shows.
const LONGEST_NAME: usize = 100;
