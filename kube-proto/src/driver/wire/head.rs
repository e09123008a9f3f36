//! The head of an answer: where it ends, what it contains, and what frames the body after it.

use bytes::Bytes;
use http::header::TRANSFER_ENCODING;
use http::response::Parts;
use http::{Response, StatusCode, Version};

use super::fields::{Refused, Side, append, content_length, in_chunks, says_close};

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Another head: this one was informational.
    Head,
    /// Bytes of another protocol.
    Switch,
    /// Nothing.
    Nothing,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// All bytes until the connection ends.
    ToEnd,
}

/// The facts about the request that the framing depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Requested {
    /// The method was `HEAD`.
    pub(super) head: bool,
    /// The request asked for a switch of protocols.
    pub(super) upgrade: bool,
}

/// Parses a whole head with this number of `lines`.
///
/// The head is copied once, and its values are slices of that copy: they must not keep the read buffer alive.
pub(super) fn parse(head: &[u8], lines: usize) -> Result<Parts, Refused> {
    let head = Bytes::copy_from_slice(head);
    let mut fields = vec![httparse::EMPTY_HEADER; lines];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(&head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err("the answer's head has an empty line in the middle".into()),
        Err(error) => return Err(format!("the answer's head is not valid: {error}").into()),
    }
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.version = match response.version {
        Some(0) => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    let code = response.code.unwrap_or_default();
    parts.status =
        StatusCode::from_u16(code).map_err(|_| format!("the answer's status {code:03} is not a status code"))?;
    parts.headers.reserve(response.headers.len());
    for field in response.headers.iter() {
        append(Side::Answer, &mut parts.headers, &head, field)?;
    }
    Ok(parts)
}

/// The framing decision, RFC 9112 §6.3. The first line that fits decides:
///
/// | answer | follows |
/// |---|---|
/// | 101, requested, HTTP/1.1 | the other protocol |
/// | 101 otherwise | refused |
/// | 1xx | another head |
/// | to `HEAD`; 204; 304 | nothing |
/// | `Transfer-Encoding` and `Content-Length` | refused |
/// | `Transfer-Encoding` in HTTP/1.0, or anything but one `chunked` | refused |
/// | `Transfer-Encoding: chunked` | chunks |
/// | `Content-Length`, digits; repeated only with the same value (RFC 9110 §8.6) | so many bytes |
/// | `Content-Length` otherwise | refused |
/// | neither | all bytes until the connection ends |
pub(super) fn after(asked: Requested, parts: &Parts) -> Result<After, Refused> {
    let headers = &parts.headers;
    match parts.status {
        StatusCode::SWITCHING_PROTOCOLS if !asked.upgrade => {
            return Err("the server switched protocols (101), which the request did not ask for".into());
        }
        StatusCode::SWITCHING_PROTOCOLS if parts.version == Version::HTTP_10 => {
            return Err("the server switched protocols in HTTP/1.0, which does not allow that".into());
        }
        StatusCode::SWITCHING_PROTOCOLS => return Ok(After::Switch),
        status if status.is_informational() => return Ok(After::Head),
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => return Ok(After::Nothing),
        _ if asked.head => return Ok(After::Nothing),
        _ => {}
    }
    if in_chunks(Side::Answer, headers)? {
        return match parts.version {
            Version::HTTP_10 => Err("the answer has a Transfer-Encoding in HTTP/1.0".into()),
            _ => Ok(After::Chunked),
        };
    }
    Ok(content_length(Side::Answer, headers)?.map_or(After::ToEnd, After::Length))
}

/// Whether the connection may be used again after this answer. HTTP/1.0 connections are never kept. Connections are not
/// kept either if an answer that must not have a body declares one.
pub(super) fn keeps(asked: Requested, parts: &Parts, after: After) -> bool {
    let framed = match after {
        After::Length(_) | After::Chunked => true,
        After::Nothing if asked.head || parts.status == StatusCode::NOT_MODIFIED => true,
        After::Nothing => {
            !parts.headers.contains_key(TRANSFER_ENCODING)
                && matches!(content_length(Side::Answer, &parts.headers), Ok(None | Some(0)))
        }
        After::Head | After::Switch | After::ToEnd => false,
    };
    framed && parts.version == Version::HTTP_11 && !says_close(&parts.headers)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::HttpLimits;
    use super::super::fields::Scan;
    use super::*;

    const PLAIN: Requested = Requested { head: false, upgrade: false };
    const HEAD: Requested = Requested { head: true, upgrade: false };
    const UPGRADE: Requested = Requested { head: false, upgrade: true };

    fn read(head: &str) -> Result<Parts, Refused> {
        let limits = HttpLimits::default();
        let mut scan = Scan::new(Side::Answer);
        let end = scan.end(head.as_bytes(), limits.head, &limits)?.ok_or("not complete")?;
        assert_eq!(end, head.len());
        parse(head.as_bytes(), scan.lines())
    }

    /// `lines` are the status line without its version, and the headers.
    fn decide(version: &str, lines: &str, asked: Requested) -> Result<(After, bool), String> {
        let head = format!("{version} {}\r\n\r\n", lines.replace('\n', "\r\n"));
        let parts = read(&head).map_err(Cow::into_owned)?;
        let after = after(asked, &parts).map_err(Cow::into_owned)?;
        Ok((after, keeps(asked, &parts, after)))
    }

    #[test]
    fn the_framing_table() {
        use After::{Chunked, Head, Length, Nothing, Switch, ToEnd};
        for (lines, asked, expected) in [
            // Lengths.
            ("200 OK\nContent-Length: 5", PLAIN, Ok((Length(5), true))),
            ("200 OK\nContent-Length: 0", PLAIN, Ok((Length(0), true))),
            ("200 OK\nContent-Length: 007", PLAIN, Ok((Length(7), true))),
            ("200 OK\nContent-Length:  \t 5 \t", PLAIN, Ok((Length(5), true))),
            ("200 OK\nContent-Length: 18446744073709551615", PLAIN, Ok((Length(u64::MAX), true))),
            ("200 OK\nContent-Length: 5\nContent-Length: 5", PLAIN, Ok((Length(5), true))),
            ("200 OK\nContent-Length: 5, 5", PLAIN, Ok((Length(5), true))),
            ("200 OK\nContent-Length: 5\nContent-Length: 6", PLAIN, Err("two lengths")),
            ("200 OK\nContent-Length: 5, 6", PLAIN, Err("two lengths")),
            ("200 OK\nContent-Length: 5,", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length:", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length: +5", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length: -5", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length: 5 5", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length: 0x5", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length: 5;q=1", PLAIN, Err("not a number")),
            ("200 OK\nContent-Length: 18446744073709551616", PLAIN, Err("not a number")),
            // Codings.
            ("200 OK\nTransfer-Encoding: chunked", PLAIN, Ok((Chunked, true))),
            ("200 OK\nTransfer-Encoding:   Chunked  ", PLAIN, Ok((Chunked, true))),
            ("200 OK\nTransfer-Encoding: chunked\nContent-Length: 5", PLAIN, Err("both")),
            ("200 OK\nContent-Length: 5\nTransfer-Encoding: identity", PLAIN, Err("both")),
            ("200 OK\nTransfer-Encoding: gzip, chunked", PLAIN, Err("not `chunked`")),
            ("200 OK\nTransfer-Encoding: chunked, chunked", PLAIN, Err("not `chunked`")),
            ("200 OK\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked", PLAIN, Err("not `chunked`")),
            ("200 OK\nTransfer-Encoding: chunked;q=1", PLAIN, Err("not `chunked`")),
            ("200 OK\nTransfer-Encoding: xchunked", PLAIN, Err("not `chunked`")),
            ("200 OK\nTransfer-Encoding: identity", PLAIN, Err("not `chunked`")),
            ("200 OK\nTransfer-Encoding:", PLAIN, Err("not `chunked`")),
            // Neither.
            ("200 OK", PLAIN, Ok((ToEnd, false))),
            ("200 OK\nConnection: keep-alive", PLAIN, Ok((ToEnd, false))),
            // Without a body.
            ("200 OK\nContent-Length: 5", HEAD, Ok((Nothing, true))),
            ("200 OK\nTransfer-Encoding: chunked", HEAD, Ok((Nothing, true))),
            ("404 Not Found", HEAD, Ok((Nothing, true))),
            ("204 No Content", PLAIN, Ok((Nothing, true))),
            ("204 No Content\nContent-Length: 0", PLAIN, Ok((Nothing, true))),
            ("204 No Content\nContent-Length: 5", PLAIN, Ok((Nothing, false))),
            ("204 No Content\nTransfer-Encoding: chunked", PLAIN, Ok((Nothing, false))),
            ("304 Not Modified\nContent-Length: 5", PLAIN, Ok((Nothing, true))),
            // Connection options.
            ("200 OK\nContent-Length: 5\nConnection: close", PLAIN, Ok((Length(5), false))),
            ("200 OK\nContent-Length: 5\nConnection: x, CLOSE ,y", PLAIN, Ok((Length(5), false))),
            ("200 OK\nContent-Length: 5\nConnection: keep-alive\nConnection: close", PLAIN, Ok((Length(5), false))),
            ("200 OK\nContent-Length: 5\nConnection: closed", PLAIN, Ok((Length(5), true))),
            ("204 No Content\nConnection: close", PLAIN, Ok((Nothing, false))),
            // Informational and switching.
            ("100 Continue", PLAIN, Ok((Head, false))),
            ("103 Early Hints\nContent-Length: 5", PLAIN, Ok((Head, false))),
            ("101 Switching Protocols", UPGRADE, Ok((Switch, false))),
            ("101 Switching Protocols", PLAIN, Err("did not ask")),
            ("101 Switching Protocols", HEAD, Err("did not ask")),
            ("403 Forbidden\nContent-Length: 5", UPGRADE, Ok((Length(5), true))),
            // Unusual, but unambiguous.
            ("200\nContent-Length: 5", PLAIN, Ok((Length(5), true))),
            ("299 a reason with (marks), and more\nContent-Length: 5", PLAIN, Ok((Length(5), true))),
        ] {
            match (decide("HTTP/1.1", lines, asked), expected) {
                (Err(text), Err(part)) => assert!(text.contains(part), "{lines:?}: {text}"),
                (found, expected) => assert_eq!(found, expected.map_err(str::to_owned), "{lines:?}"),
            }
        }
    }

    #[test]
    fn http_1_0_is_never_kept_and_has_no_codings() {
        assert_eq!(decide("HTTP/1.0", "200 OK\nContent-Length: 5", PLAIN), Ok((After::Length(5), false)));
        let lines = "200 OK\nContent-Length: 5\nConnection: keep-alive";
        assert_eq!(decide("HTTP/1.0", lines, PLAIN), Ok((After::Length(5), false)));
        assert_eq!(decide("HTTP/1.0", "200 OK", PLAIN), Ok((After::ToEnd, false)));
        assert!(decide("HTTP/1.0", "200 OK\nTransfer-Encoding: chunked", PLAIN).is_err());
        assert!(decide("HTTP/1.0", "101 Switching Protocols", UPGRADE).is_err());
    }

    #[test]
    fn heads_that_are_refused() {
        for head in [
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/0.9 200 OK\r\n\r\n",
            "HTTP/1.2 200 OK\r\n\r\n",
            "HTTP/1.10 200 OK\r\n\r\n",
            "http/1.1 200 OK\r\n\r\n",
            " HTTP/1.1 200 OK\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1\t200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 -20 OK\r\n\r\n",
            "HTTP/1.1 \r\n\r\n",
            "HTTP/1.1 200 OK\n\r\n",
            "HTTP/1.1 200 OK\r\n\n",
            "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n",
            "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\t: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA(: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nÄ: c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
            "HTTP/1.1 200 OK\r\nA: b\x7fc\r\n\r\n",
            "HTTP/1.1 200 O\0K\r\n\r\n",
            "HTTP/1.1 200 O\rK\r\n\r\n",
            "SSH-2.0-OpenSSH\r\n\r\n",
            "\x15\x03\x01\x00\x02\r\n\r\n",
            "\0\0\x12\x04\0\r\n\r\n",
        ] {
            assert!(read(head).is_err_and(|text| text != "not complete"), "{head:?} was accepted");
        }
    }

    #[test]
    fn what_is_not_http_is_named() {
        let begin = |bytes: &[u8]| Side::Answer.check_start(bytes).map_err(Cow::into_owned);
        assert_eq!(begin(b""), Ok(()));
        assert_eq!(begin(b"HTT"), Ok(()));
        assert!(begin(b"\x15\x03\x01").unwrap_err().contains("TLS"));
        assert!(begin(b"\0\0\x12\x04").unwrap_err().contains("HTTP/2"));
        assert_eq!(begin(b"SSH-2.0-x\r\n").unwrap_err(), "the answer is not HTTP/1.1; it begins with \"SSH-2.0-x\"");
    }

    #[test]
    fn values_are_kept_as_they_came() {
        let parts = read("HTTP/1.1 200 OK\r\nA: b\r\nA:c d \r\nE:\r\nF: \u{e9}\r\nContent-Type:x\r\n\r\n").unwrap();
        let all: Vec<_> = parts.headers.get_all("a").iter().collect();
        assert_eq!(all, ["b", "c d"]);
        assert_eq!(parts.headers["e"], "");
        assert_eq!(parts.headers["f"].as_bytes(), "\u{e9}".as_bytes());
        assert_eq!(parts.headers["content-type"], "x");
    }

    #[test]
    fn the_limits_hold_however_the_bytes_arrive() {
        let limits = HttpLimits { head: 100, headers: 3, ..HttpLimits::default() };
        let fits = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(100 - 24));
        assert_eq!(fits.len(), 100);
        let long = fits.replacen("A: ", "AA: ", 1);
        let many = "HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\n\r\n";
        let more = "HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n";
        let endless = "HTTP/1.1 200 OK\r\nA: ".to_owned() + &"b".repeat(1000);
        for (head, good) in [(&*fits, true), (&long, false), (many, true), (more, false), (&endless, false)] {
            let whole = Scan::new(Side::Answer).end(head.as_bytes(), limits.head, &limits);
            let mut scan = Scan::new(Side::Answer);
            let dripped = (0..=head.len())
                .map(|length| scan.end(&head.as_bytes()[..length], limits.head, &limits))
                .find(|found| !matches!(found, Ok(None)));
            assert_eq!(whole.is_ok(), good, "{head:?}");
            assert_eq!(dripped, Some(whole), "{head:?}");
        }
    }
}
