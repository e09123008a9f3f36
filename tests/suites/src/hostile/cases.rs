//! The list of hostile servers.

use std::time::Duration;

use super::{Answer, Case, Expect, Say, ok};

/// All cases.
#[must_use]
pub fn cases() -> Vec<Case> {
    [framing(), endless(), bodies()].concat()
}

/// Answers that are not HTTP, or end too early.
fn framing() -> Vec<Case> {
    use Say::{Close, Drip, Endless, Once};
    let text = |text: &str| Once(text.as_bytes().to_vec());
    let all = |name, says, most| Case { says, ..same(name, "", most) };
    let gzip = Answer { coding: Some("gzip"), ..whole(GZIP) }.http1().0;
    vec![
        all("closed without a word", vec![Close], SMALL),
        all("a head that is cut off", vec![text("HTTP/1.1 200 OK\r\nContent-Ty"), Close], SMALL),
        all("a head without end", vec![text("HTTP/1.1 200 OK\r\n"), Endless(b"X-A: b\r\n".to_vec())], SOCKET),
        all("one header without end", vec![text("HTTP/1.1 200 OK\r\nX: "), Endless(b"x".repeat(1024))], SOCKET),
        all("no HTTP at all", vec![text("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"), Close], SMALL),
        all(
            "lengths that differ",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x")],
            SMALL,
        ),
        Case {
            says: vec![text("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
            ..same("a length beside chunks", "the answer has both Transfer-Encoding and Content-Length", SMALL)
        },
        Case {
            says: vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{\"items\":[]}"), Close],
            ..same("a transfer coding that is no chunks", "the answer's Transfer-Encoding is not `chunked`", SMALL)
        },
        all(
            "a body shorter than its length",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":["), Close],
            SMALL,
        ),
        all(
            "a chunk's line without end",
            vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Endless(b"0".repeat(1024))],
            SOCKET,
        ),
        all(
            "a chunk's size that overflows",
            vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")],
            SMALL,
        ),
        all("1xx without end", vec![Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())], SOCKET),
        all("a 101 that the request did not ask for", vec![text("HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n")], SMALL),
        Case {
            get: Expect::Success,
            list: Expect::Success,
            ..all("gzip in single bytes", vec![Drip(gzip, Duration::ZERO)], SMALL)
        },
        Case {
            get: Expect::Success,
            list: Expect::Success,
            ..all(
                "an answer in single bytes",
                vec![Drip([ok(12).as_bytes(), br#"{"items":[]}"#].concat(), Duration::ZERO)],
                SMALL,
            )
        },
    ]
}

/// Answers larger than any memory.
fn endless() -> Vec<Case> {
    const DOCUMENT: Expect = Expect::Error("the response is larger than the limit of 8388608 bytes");
    const WHOLE: Expect = Expect::Error("the response as a whole is larger than the limit of 33554432 bytes");
    const EVENT: Expect = Expect::Error("a document of the stream is larger than the limit of 2097152 bytes");
    let items = format!(r#"{{"metadata":{{"name":"{}"}}}},"#, "x".repeat(1000)).repeat(4);
    let flood = |length, body: &str, endless: &str| {
        let (body, endless) = (body.as_bytes().to_vec(), endless.as_bytes().to_vec());
        vec![Say::Answer(Answer { code: 200, coding: None, length, body, endless })]
    };
    let case = |name, says, get, list, most| Case { name, says, get, list, watch: EVENT, most };
    vec![
        case(
            "a document of 2 GiB announced",
            flood(Some(2 << 30), "{\"metadata\":{\"a\":\"", &"x".repeat(4096)),
            DOCUMENT,
            WHOLE,
            SOCKET,
        ),
        case(
            "a document without end",
            flood(None, "{\"metadata\":{\"a\":\"", &"x".repeat(4096)),
            DOCUMENT,
            Expect::Error("the response without the items of its list is larger than the limit of 8388608 bytes"),
            SOCKET + (8 << 20),
        ),
        case("a list of 2 GiB announced", flood(Some(2 << 30), "{\"items\":[", &items), DOCUMENT, WHOLE, SOCKET),
        case("a list without end", flood(None, "{\"items\":[", &items), DOCUMENT, WHOLE, SOCKET + (33 << 20)),
        case(
            "an item without end",
            flood(None, "{\"items\":[{\"a\":\"", &"x".repeat(4096)),
            DOCUMENT,
            Expect::Error("an item of the list is larger than the limit of 4194304 bytes"),
            SOCKET + (8 << 20),
        ),
    ]
}

/// Errors, and invalid documents.
fn bodies() -> Vec<Case> {
    let all = |name, answer, error, most| Case { says: vec![Say::Answer(answer)], ..same(name, error, most) };
    let nested = format!(r#"{{"items":[{{"a":{}{}}}]}}"#, "[".repeat(200_000), "]".repeat(200_000));
    vec![
        // As Go's clients do, the client replaces what is no UTF-8.
        Case {
            get: Expect::Success,
            ..all("text that is not UTF-8", whole(b"{\"metadata\":{\"name\":\"\xff\xfe\"}}"), "", SMALL)
        },
        all("HTML with status 200", whole(b"<html><body>Please log in</body></html>"), "Please log in", SMALL),
        Case {
            watch: Expect::Error("a document of the watch is not an event"),
            ..all("brackets nested 200,000 deep", whole(nested.as_bytes()), "nests deeper than", 1 << 20)
        },
        all(
            "an error message of 50 MB",
            Answer { code: 500, length: Some(50 << 20), endless: b"boom ".repeat(1000), ..whole(b"boom ") },
            "boom",
            SOCKET,
        ),
        all(
            "an error message that never ends",
            Answer { code: 403, length: Some(1000), ..whole(b"no, because") },
            "no, because",
            SMALL,
        ),
        gzip("gzip that is cut off", GZIP.get(..20).unwrap_or_default(), "ends in the middle"),
        gzip("gzip that is none", b"{\"items\":[]}", "said to be gzip, and is not"),
        gzip("gzip and something after it", &[GZIP, b"{}"].concat(), "followed by something"),
        all(
            "a coding that the request did not ask for",
            Answer { coding: Some("br"), ..whole(GZIP) },
            "which the request did not ask for",
            SMALL,
        ),
    ]
}

/// The same error for all calls.
fn same(name: &'static str, error: &'static str, most: u64) -> Case {
    let error = Expect::Error(error);
    Case { name, says: Vec::new(), get: error, list: error, watch: error, most }
}

/// An answer in a coding that calls ask for, and streams do not.
fn gzip(name: &'static str, body: &[u8], error: &'static str) -> Case {
    let says = vec![Say::Answer(Answer { coding: Some("gzip"), ..whole(body) })];
    Case { says, watch: Expect::Error("which the request did not ask for"), ..same(name, error, SMALL) }
}

/// An answer with this body.
fn whole(body: &[u8]) -> Answer {
    Answer { code: 200, coding: None, length: Some(body.len() as u64), body: body.to_vec(), endless: Vec::new() }
}

/// `{"items":[]}`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x2c\x49\xcd\x2d\x56\xb2\x8a\x8e\xad\x05\x00\x1d\x1f\x43\xea\x0c\x00\x00\x00";

/// A bound for answers that are refused at once. The count includes the system's buffers, which are not memory of the
/// client.
const SMALL: u64 = 64 << 10;
/// More than the buffers of two sockets take unread, and more than the limit of a head.
const SOCKET: u64 = 16 << 20;
