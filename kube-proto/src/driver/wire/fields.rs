//! What a head has in common on both sides: where it ends, and the fields that frame a body.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::HttpLimits;
use crate::error::excerpt;

/// Why bytes were refused: a text for people.
pub(crate) type Refused = Cow<'static, str>;

/// Whose message a head begins: it decides the start and the words of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// An answer, which a client reads.
    Answer,
    /// A request, which a server reads.
    Request,
}

/// Looks for the end of a head, and remembers how far it looked. It reads each byte once, in whatever pieces they
/// arrive.
#[derive(Debug)]
pub(super) struct Scan {
    side: Side,
    seen: usize,
    line: usize,
    lines: usize,
    /// The head was refused for its size.
    large: bool,
}

impl fmt::Display for Side {
    /// `the answer`, for the beginning or the middle of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "the answer",
            Self::Request => "the request",
        })
    }
}

impl Scan {
    pub(super) fn new(side: Side) -> Self {
        Self { side, seen: 0, line: 0, lines: 0, large: false }
    }

    /// The length of the head with its empty line, or `None` before that has arrived. `buf` is the same in every call,
    /// except for new bytes at its end. `room` is the head's limit in bytes.
    ///
    /// Lines end with CRLF. RFC 9112 §2.2 would allow a bare LF, but a peer that accepts it sees another head than one
    /// that does not.
    pub(super) fn end(&mut self, buf: &[u8], room: usize, limits: &HttpLimits) -> Result<Option<usize>, Refused> {
        let side = self.side;
        side.check_start(buf)?;
        let fresh = buf.get(self.seen..).unwrap_or_default();
        for found in memchr::memchr_iter(b'\n', fresh) {
            let at = self.seen + found;
            if at >= room {
                return Err(self.too_long(limits));
            }
            match buf.get(self.line..at) {
                Some([b'\r']) if self.lines > 0 => return Ok(Some(at + 1)),
                Some([b' ' | b'\t', ..]) => return Err(format!("a header line of {side} is folded").into()),
                Some([_, .., b'\r']) => {}
                _ => return Err(format!("a line of {side}'s head does not end with CRLF").into()),
            }
            self.line = at + 1;
            self.lines += 1;
            if self.lines > limits.headers.saturating_add(1) {
                self.large = true;
                return Err(format!("{side} has more than {} header lines", limits.headers).into());
            }
        }
        self.seen = buf.len();
        if self.seen >= room { Err(self.too_long(limits)) } else { Ok(None) }
    }

    fn too_long(&mut self, limits: &HttpLimits) -> Refused {
        self.large = true;
        format!("{}'s head is longer than the limit of {} bytes", self.side, limits.head).into()
    }

    /// Whether the head was refused for its size alone.
    pub(super) fn is_large(&self) -> bool {
        self.large
    }

    /// Lines before the empty one: the first line and the headers.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }
}

/// Adds a field to the headers; its value is a slice of `head`.
pub(super) fn append(
    side: Side,
    headers: &mut HeaderMap,
    head: &Bytes,
    field: &httparse::Header<'_>,
) -> Result<(), Refused> {
    let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| format!("a header of {side} has no name"))?;
    let value = HeaderValue::from_maybe_shared(head.slice_ref(field.value))
        .map_err(|_| format!("the value of the header {name} of {side} is not valid"))?;
    headers.try_append(name, value).map_err(|_| format!("{side} has too many headers"))?;
    Ok(())
}

/// Whether the body comes in chunks. Refuses what a proxy on the way could read in another way.
pub(crate) fn in_chunks(side: Side, headers: &HeaderMap) -> Result<bool, Refused> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match codings.next() {
        None => Ok(false),
        Some(_) if headers.contains_key(CONTENT_LENGTH) => {
            Err(format!("{side} has both Transfer-Encoding and Content-Length").into())
        }
        Some(coding) if codings.next().is_none() && coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(true),
        Some(_) => Err(format!("{side}'s Transfer-Encoding is not `chunked`").into()),
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

pub(super) fn content_length(side: Side, headers: &HeaderMap) -> Result<Option<u64>, Refused> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for one in value.as_bytes().split(|&byte| byte == b',') {
            let one =
                digits(one.trim_ascii()).ok_or_else(|| format!("{side}'s Content-Length is not a number of bytes"))?;
            if length.is_some_and(|length| length != one) {
                return Err(format!("{side} has two lengths").into());
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

impl Side {
    /// Refuses a start that cannot be HTTP/1 at its first wrong byte, without waiting for the rest. A request begins with
    /// any token, so only its first byte can be wrong before its line is there.
    pub(super) fn check_start(self, buf: &[u8]) -> Result<(), Refused> {
        match (self, buf) {
            (Self::Answer, [0x15, 0x03, ..]) => {
                return Err("the server answered with TLS to a request without TLS".into());
            }
            (Self::Answer, [0, ..]) => return Err("the answer is not HTTP/1.1 (it may be HTTP/2)".into()),
            (Self::Answer, _) => {
                let common = buf.len().min(START.len());
                if buf.get(..common) == START.get(..common) {
                    return Ok(());
                }
            }
            (Self::Request, [0x16, 0x03, ..]) => {
                return Err("the client speaks TLS, and this port does not".into());
            }
            (Self::Request, [0x16] | [] | [b'!'..=b'~', ..]) => return Ok(()),
            // The text goes back to the client, so it repeats nothing of the request.
            (Self::Request, _) => return Err("the request is not HTTP/1.1".into()),
        }
        let begin = buf.get(..SHOWN).unwrap_or(buf);
        Err(format!("{self} is not HTTP/1.1; it begins with {:?}", excerpt(begin)).into())
    }
}

const START: &[u8] = b"HTTP/1.";

/// The number of bytes shown of what is not HTTP.
const SHOWN: usize = 48;
