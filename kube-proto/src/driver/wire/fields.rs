//! What a head has in common on both sides: where it ends, and the fields that frame a body.

use std::borrow::Cow;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};

use super::HttpLimits;
use crate::error::excerpt;

/// Why bytes were refused: a text for people.
pub(super) type Refused = Cow<'static, str>;

/// Looks for the end of a head, and remembers how far it looked. It reads each byte once, in whatever pieces they
/// arrive.
#[derive(Debug, Default)]
pub(super) struct Scan {
    seen: usize,
    line: usize,
    lines: usize,
}

impl Scan {
    /// The length of the head with its empty line, or `None` before that has arrived. `buf` is the same in every call,
    /// except for new bytes at its end. `room` is the head's limit in bytes.
    ///
    /// Lines end with CRLF. RFC 9112 §2.2 would allow a bare LF, but a peer that accepts it sees another head than one
    /// that does not.
    pub(super) fn end(&mut self, buf: &[u8], room: usize, limits: &HttpLimits) -> Result<Option<usize>, Refused> {
        check_start(buf)?;
        let fresh = buf.get(self.seen..).unwrap_or_default();
        for found in memchr::memchr_iter(b'\n', fresh) {
            let at = self.seen + found;
            match buf.get(self.line..at) {
                Some([b'\r']) if self.lines > 0 => {
                    return if at < room { Ok(Some(at + 1)) } else { Err(too_long(limits)) };
                }
                Some([b' ' | b'\t', ..]) => return Err("a header line of the answer is folded".into()),
                Some([_, .., b'\r']) => {}
                _ => return Err("a line of the answer's head does not end with CRLF".into()),
            }
            self.line = at + 1;
            self.lines += 1;
            if self.lines > limits.headers.saturating_add(1) {
                return Err(format!("the answer has more than {} header lines", limits.headers).into());
            }
        }
        self.seen = buf.len();
        if self.seen >= room { Err(too_long(limits)) } else { Ok(None) }
    }

    /// Lines before the empty one: the status line and the headers.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }
}

/// Whether the body comes in chunks. Refuses what a proxy on the way could read in another way.
pub(crate) fn in_chunks(headers: &HeaderMap) -> Result<bool, &'static str> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match codings.next() {
        None => Ok(false),
        Some(_) if headers.contains_key(CONTENT_LENGTH) => {
            Err("the answer has both Transfer-Encoding and Content-Length")
        }
        Some(coding) if codings.next().is_none() && coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(true),
        Some(_) => Err("the answer's Transfer-Encoding is not `chunked`"),
    }
}

/// `Connection: close` is among the options.
pub(super) fn says_close(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

pub(super) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Refused> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for one in value.as_bytes().split(|&byte| byte == b',') {
            let one = digits(one.trim_ascii()).ok_or("the answer's Content-Length is not a number of bytes")?;
            if length.is_some_and(|length| length != one) {
                return Err("the answer has two lengths".into());
            }
            length = Some(one);
        }
    }
    Ok(length)
}

/// Digits only: `u64::from_str` would accept a sign.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// Refuses a start that cannot be HTTP/1 at its first wrong byte, without waiting for the rest.
pub(super) fn check_start(buf: &[u8]) -> Result<(), Refused> {
    let common = buf.len().min(START.len());
    if buf.get(..common) == START.get(..common) {
        return Ok(());
    }
    Err(match buf {
        [0x15, 0x03, ..] => "the server answered with TLS to a request without TLS".into(),
        [0, ..] => "the answer is not HTTP/1.1 (it may be HTTP/2)".into(),
        _ => {
            let begin = buf.get(..SHOWN).unwrap_or(buf);
            format!("the answer is not HTTP/1.1; it begins with {:?}", excerpt(begin)).into()
        }
    })
}

fn too_long(limits: &HttpLimits) -> Refused {
    format!("the answer's head is longer than the limit of {} bytes", limits.head).into()
}

const START: &[u8] = b"HTTP/1.";

/// The number of bytes shown of what is not HTTP.
const SHOWN: usize = 48;
