//! The head of a request: what it contains, and what frames the body after it.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{EXPECT, HOST};
use http::request::Parts;
use http::{Method, Request, StatusCode, Uri, Version};

use crate::driver::wire::fields::{self, Side, append, in_chunks, says_close};

/// Why a request was refused: the status of the answer, and a text for people. The text names no value of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status: 400, 408, 413, 417, 431, 501 or 505.
    pub status: StatusCode,
    /// What is wrong.
    pub text: Cow<'static, str>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self { status, text: text.into() }
    }
}

impl From<fields::Refused> for Refused {
    fn from(text: fields::Refused) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// What the server has to know about a request to answer it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// `HEAD`: the answer has no body.
    pub(super) head: bool,
    /// HTTP/1.0: no chunks, and the connection is not kept.
    pub(super) old: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub(super) expects: bool,
    /// The client does not close the connection after this request.
    pub(super) keeps: bool,
}

/// Parses a whole head with this number of `lines`.
///
/// The head is copied once, and its values are slices of that copy. A target in absolute form (RFC 9112 §3.2.2) becomes
/// its path and query.
pub(super) fn parse(head: &[u8], lines: usize) -> Result<Parts, Refused> {
    let head = Bytes::copy_from_slice(head);
    let mut found = vec![httparse::EMPTY_HEADER; lines];
    let mut request = httparse::Request::new(&mut found);
    match request.parse(&head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(bad("the request's head has an empty line in the middle")),
        Err(httparse::Error::Version) => {
            let text = "the request is not HTTP/1.0 or HTTP/1.1";
            return Err(Refused::new(StatusCode::HTTP_VERSION_NOT_SUPPORTED, text));
        }
        Err(error) => return Err(bad(format!("the request's head is not valid: {error}"))),
    }
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.version = match request.version {
        Some(0) => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    let method = request.method.unwrap_or_default();
    parts.method =
        Method::from_bytes(method.as_bytes()).map_err(|_| bad("the method of the request is not a token"))?;
    parts.uri = target(&parts.method, request.path.unwrap_or_default())?;
    for field in request.headers.iter() {
        append(Side::Request, &mut parts.headers, &head, field)?;
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    if (hosts.next().is_none() && parts.version == Version::HTTP_11) || hosts.next().is_some() {
        return Err(bad("the request must have one Host (RFC 9112 §3.2)"));
    }
    Ok(parts)
}

fn target(method: &Method, text: &str) -> Result<Uri, Refused> {
    if *method == Method::CONNECT {
        return Err(Refused::new(StatusCode::NOT_IMPLEMENTED, "CONNECT is for proxies, and this is none"));
    }
    let refused = || bad("the target of the request is not a path");
    match text {
        "*" if *method == Method::OPTIONS => Ok(Uri::from_static("*")),
        _ if text.starts_with('/') => text.parse().map_err(|_| refused()),
        _ => {
            let whole: Uri = text.parse().map_err(|_| refused())?;
            if whole.scheme().is_none() {
                return Err(refused());
            }
            let path = whole.path_and_query().map_or("/", |path| path.as_str());
            path.parse().map_err(|_| refused())
        }
    }
}

/// The framing decision, RFC 9112 §6.3. The first line that fits decides:
///
/// | request | follows |
/// |---|---|
/// | `Transfer-Encoding` and `Content-Length` | refused, 400 |
/// | `Transfer-Encoding` in HTTP/1.0 | refused, 400 |
/// | `Transfer-Encoding`, anything but one `chunked` | refused, 400 |
/// | `Transfer-Encoding: chunked` | chunks |
/// | `Content-Length`, digits; repeated only with the same value | so many bytes |
/// | `Content-Length` otherwise | refused, 400 |
/// | neither | nothing |
/// | any, with an `Expect` other than `100-continue` | refused, 417 |
pub(super) fn after(parts: &Parts) -> Result<(After, Asked), Refused> {
    let headers = &parts.headers;
    let old = parts.version == Version::HTTP_10;
    let after = if in_chunks(Side::Request, headers)? {
        if old {
            return Err(bad("the request has a Transfer-Encoding in HTTP/1.0"));
        }
        After::Chunked
    } else {
        After::Length(fields::content_length(Side::Request, headers)?.unwrap_or(0))
    };
    let mut expects = false;
    for value in headers.get_all(EXPECT) {
        if !value.as_bytes().eq_ignore_ascii_case(b"100-continue") {
            let text = "the request expects something else than 100-continue";
            return Err(Refused::new(StatusCode::EXPECTATION_FAILED, text));
        }
        // RFC 9110 §10.1.1: a server ignores it in HTTP/1.0, and where there is no body.
        expects = !old && after != After::Length(0);
    }
    let keeps = !old && !says_close(headers);
    Ok((after, Asked { head: parts.method == Method::HEAD, old, expects, keeps }))
}

fn bad(text: impl Into<Cow<'static, str>>) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, text)
}

#[cfg(test)]
mod tests {
    use super::After::{Chunked, Length};
    use super::*;
    use crate::driver::wire::HttpLimits;
    use crate::driver::wire::fields::Scan;

    fn read(head: &str) -> Result<Parts, Refused> {
        let limits = HttpLimits::default();
        let mut scan = Scan::new(Side::Request);
        let end = scan.end(head.as_bytes(), limits.head, &limits)?.ok_or_else(|| bad("not complete"))?;
        assert_eq!(end, head.len());
        parse(head.as_bytes(), scan.lines())
    }

    /// What is decided about a request with these lines, or the status and a part of the text of its refusal.
    fn decide(first: &str, lines: &str) -> Result<(After, bool, bool), (u16, String)> {
        let lines: String = lines.lines().map(|line| format!("{line}\r\n")).collect();
        let refused = |refused: Refused| (refused.status.as_u16(), refused.text.into_owned());
        let parts = read(&format!("{first}\r\nHost: x\r\n{lines}\r\n")).map_err(refused)?;
        let (after, asked) = after(&parts).map_err(refused)?;
        Ok((after, asked.keeps, asked.expects))
    }

    #[test]
    fn the_framing_table() {
        for (lines, expected) in [
            ("", Ok((Length(0), true, false))),
            ("Content-Length: 5", Ok((Length(5), true, false))),
            ("Content-Length: 5\nContent-Length: 5", Ok((Length(5), true, false))),
            ("Content-Length: 5, 5", Ok((Length(5), true, false))),
            ("Content-Length: 18446744073709551615", Ok((Length(u64::MAX), true, false))),
            ("Content-Length: 5\nContent-Length: 6", Err((400, "two lengths"))),
            ("Content-Length: +5", Err((400, "not a number"))),
            ("Content-Length: 0x5", Err((400, "not a number"))),
            ("Content-Length:", Err((400, "not a number"))),
            ("Content-Length: 18446744073709551616", Err((400, "not a number"))),
            ("Transfer-Encoding: chunked", Ok((Chunked, true, false))),
            ("Transfer-Encoding:  Chunked ", Ok((Chunked, true, false))),
            ("Transfer-Encoding: chunked\nContent-Length: 5", Err((400, "both"))),
            ("Content-Length: 5\nTransfer-Encoding: identity", Err((400, "both"))),
            ("Transfer-Encoding: gzip, chunked", Err((400, "not `chunked`"))),
            ("Transfer-Encoding: chunked\nTransfer-Encoding: chunked", Err((400, "not `chunked`"))),
            ("Transfer-Encoding: xchunked", Err((400, "not `chunked`"))),
            ("Transfer-Encoding:", Err((400, "not `chunked`"))),
            ("Connection: close", Ok((Length(0), false, false))),
            ("Connection: x, CLOSE", Ok((Length(0), false, false))),
            ("Connection: keep-alive", Ok((Length(0), true, false))),
            ("Content-Length: 5\nExpect: 100-continue", Ok((Length(5), true, true))),
            ("Content-Length: 5\nExpect: 100-Continue", Ok((Length(5), true, true))),
            ("Expect: 100-continue", Ok((Length(0), true, false))),
            ("Content-Length: 5\nExpect: 200-ok", Err((417, "expects"))),
        ] {
            match (decide("POST / HTTP/1.1", lines), expected) {
                (Err((code, text)), Err((status, part))) => {
                    assert_eq!(code, status, "{lines:?}");
                    assert!(text.contains(part), "{lines:?}: {text}");
                }
                (found, expected) => {
                    assert_eq!(found, expected.map_err(|(code, text)| (code, text.to_owned())), "{lines:?}");
                }
            }
        }
        assert_eq!(decide("POST / HTTP/1.0", "Content-Length: 5"), Ok((Length(5), false, false)));
        assert_eq!(decide("GET / HTTP/1.0", "Connection: keep-alive"), Ok((Length(0), false, false)));
        assert_eq!(decide("POST / HTTP/1.0", "Transfer-Encoding: chunked").unwrap_err().0, 400);
        let expects = "Content-Length: 5\nExpect: 100-continue";
        assert_eq!(decide("POST / HTTP/1.0", expects), Ok((Length(5), false, false)));
    }

    #[test]
    fn targets() {
        for (first, target) in [
            ("GET / HTTP/1.1", Ok("/")),
            ("GET /a?b=c%20d&e HTTP/1.1", Ok("/a?b=c%20d&e")),
            ("GET //a HTTP/1.1", Ok("//a")),
            ("GET http://x.example/a?b HTTP/1.1", Ok("/a?b")),
            ("GET https://x.example HTTP/1.1", Ok("/")),
            ("OPTIONS * HTTP/1.1", Ok("*")),
            ("GET * HTTP/1.1", Err(400)),
            ("GET a HTTP/1.1", Err(400)),
            ("GET x.example:443 HTTP/1.1", Err(400)),
            ("CONNECT x.example:443 HTTP/1.1", Err(501)),
            ("GET / HTTP/1.2", Err(505)),
            ("PRI * HTTP/2.0", Err(505)),
            ("GET / HTTP/0.9", Err(505)),
        ] {
            let found = read(&format!("{first}\r\nHost: x\r\n\r\n"));
            let found = found.map(|parts| parts.uri.to_string()).map_err(|refused| refused.status.as_u16());
            assert_eq!(found.as_deref(), target.as_ref().map(|target| *target), "{first:?}");
        }
    }

    #[test]
    fn heads_that_are_refused() {
        for head in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\nHost: x\n\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\n",
            "GET /\r\nHost: x\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /  HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
            " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
            "\x16\x03\x01\x02\0\x01\r\n\r\n",
        ] {
            assert!(read(head).is_err_and(|refused| refused.text != "not complete"), "{head:?} was accepted");
        }
        assert!(read("\x16\x03\x01").unwrap_err().text.contains("TLS"));
    }
}
