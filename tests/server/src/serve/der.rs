//! A reader of DER for the subject of a certificate (X.509, RFC 5280 section 4.1).

use crate::PeerSubject;

const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xa0;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// 2.5.4.3 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Tag and content.
type Element<'a> = (u8, &'a [u8]);

/// CN and O of the subject, without unreadable parts.
pub(super) fn subject(certificate: &[u8]) -> PeerSubject {
    let mut subject = PeerSubject::default();
    let Some(name) = subject_name(certificate) else { return subject };
    for set in elements(name) {
        for pair in elements(set.1) {
            let parts: Vec<(u8, &[u8])> = elements(pair.1).collect();
            if let [(OBJECT_IDENTIFIER, kind), (_, value)] = parts.as_slice() {
                let text = String::from_utf8_lossy(value).into_owned();
                if *kind == COMMON_NAME {
                    subject.common_name = text;
                } else if *kind == ORGANIZATION {
                    subject.organizations.push(text);
                }
            }
        }
    }
    subject
}

fn subject_name(certificate: &[u8]) -> Option<&[u8]> {
    let whole = elements(certificate).next().filter(|e| e.0 == SEQUENCE)?;
    let signed = elements(whole.1).next().filter(|e| e.0 == SEQUENCE)?;
    // [version], serial, signature algorithm, issuer, validity, subject
    let mut fields = elements(signed.1).skip_while(|e| e.0 == EXPLICIT_VERSION);
    fields.nth(4).filter(|e| e.0 == SEQUENCE).map(|e| e.1)
}

/// Tags and contents of a sequence of elements.
fn elements(mut bytes: &[u8]) -> impl Iterator<Item = Element<'_>> {
    std::iter::from_fn(move || {
        let (element, rest) = split(bytes)?;
        bytes = rest;
        Some(element)
    })
}

fn split(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        length = 0;
        for _ in 0..first & 0x7f {
            let (&byte, tail) = rest.split_first()?;
            length = length.checked_mul(256)?.checked_add(usize::from(byte))?;
            rest = tail;
        }
    }
    Some(((tag, rest.get(..length)?), rest.get(length..)?))
}
