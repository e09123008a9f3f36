//! The list.

use std::time::Duration;

use super::{Answer, Case, Expect, Say, ok};

/// All of them.
#[must_use]
pub fn cases() -> Vec<Case> {
    [framing(), endless(), bodies()].concat()
}

/// What is no HTTP, or breaks off.
fn framing() -> Vec<Case> {
    use Say::{Close, Drip, Endless, Once};
    let text = |text: &str| Once(text.as_bytes().to_vec());
    let both = |name, says, most| Case { says, ..both(name, "", most) };
    let gzip = Answer { coding: Some("gzip"), ..whole(GZIP) }.http1().0;
    vec![
        both("closed without a word", vec![Close], SMALL),
        both("a head that is cut off", vec![text("HTTP/1.1 200 OK\r\nContent-Ty"), Close], SMALL),
        both("a head without end", vec![text("HTTP/1.1 200 OK\r\n"), Endless(b"X-A: b\r\n".to_vec())], SOCKET),
        both("one header without end", vec![text("HTTP/1.1 200 OK\r\nX: "), Endless(b"x".repeat(1024))], SOCKET),
        both("no HTTP at all", vec![text("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"), Close], SMALL),
        both(
            "lengths that differ",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x")],
            SMALL,
        ),
        both(
            "a length beside chunks",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")],
            SMALL,
        ),
        both(
            "a body shorter than its length",
            vec![text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":["), Close],
            SMALL,
        ),
        both(
            "a chunk's line without end",
            vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), Endless(b"0".repeat(1024))],
            SOCKET,
        ),
        both(
            "a chunk's size that overflows",
            vec![text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")],
            SMALL,
        ),
        both("1xx without end", vec![Endless(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())], SOCKET),
        both("a 101 that nobody asked for", vec![text("HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n")], SMALL),
        Case {
            get: Expect::Success,
            list: Expect::Success,
            ..both("gzip in single bytes", vec![Drip(gzip, Duration::ZERO)], SMALL)
        },
        Case {
            get: Expect::Success,
            list: Expect::Success,
            ..both(
                "an answer in single bytes",
                vec![Drip([ok(12).as_bytes(), br#"{"items":[]}"#].concat(), Duration::ZERO)],
                SMALL,
            )
        },
    ]
}

/// More than anybody can hold.
fn endless() -> Vec<Case> {
    const DOCUMENT: Expect = Expect::Error("the response is larger than the limit of 8388608 bytes");
    const WHOLE: Expect = Expect::Error("the response as a whole is larger than the limit of 33554432 bytes");
    let items = r#"{"metadata":{"name":"a"}},"#.repeat(100);
    let flood = |length, body: &str, endless: &str| {
        let (body, endless) = (body.as_bytes().to_vec(), endless.as_bytes().to_vec());
        vec![Say::Answer(Answer { code: 200, coding: None, length, body, endless })]
    };
    let case = |name, says, get, list, most| Case { name, says, get, list, most };
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

/// Errors, and what is said to be a document.
fn bodies() -> Vec<Case> {
    let both = |name, answer, error, most| Case { says: vec![Say::Answer(answer)], ..both(name, error, most) };
    let nested = format!(r#"{{"items":[{{"a":{}{}}}]}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let gzip = |body: &[u8]| Answer { coding: Some("gzip"), ..whole(body) };
    vec![
        both("text that is not UTF-8", whole(b"{\"metadata\":{\"name\":\"\xff\xfe\"}}"), "", SMALL),
        both("HTML with status 200", whole(b"<html><body>Please log in</body></html>"), "Please log in", SMALL),
        both("brackets nested 200,000 deep", whole(nested.as_bytes()), "recursion limit", 1 << 20),
        both(
            "an error message of 50 MB",
            Answer { code: 500, length: Some(50 << 20), endless: b"boom ".repeat(1000), ..whole(b"boom ") },
            "boom",
            SOCKET,
        ),
        both(
            "an error message that never ends",
            Answer { code: 403, length: Some(1000), ..whole(b"no, because") },
            "no, because",
            SMALL,
        ),
        both("gzip that is cut off", gzip(GZIP.get(..20).unwrap_or_default()), "ends in the middle", SMALL),
        both("gzip that is none", gzip(b"{\"items\":[]}"), "said to be gzip, and is not", SMALL),
        both("gzip and something after it", gzip(&[GZIP, b"{}"].concat()), "followed by something", SMALL),
        both(
            "a coding that nobody asked for",
            Answer { coding: Some("br"), ..whole(GZIP) },
            "which nobody asked for",
            SMALL,
        ),
    ]
}

/// The same error for both calls.
fn both(name: &'static str, error: &'static str, most: u64) -> Case {
    Case { name, says: Vec::new(), get: Expect::Error(error), list: Expect::Error(error), most }
}

/// An answer with this body.
fn whole(body: &[u8]) -> Answer {
    Answer { code: 200, coding: None, length: Some(body.len() as u64), body: body.to_vec(), endless: Vec::new() }
}

/// `{"items":[]}`, compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x2c\x49\xcd\x2d\x56\xb2\x8a\x8e\xad\x05\x00\x1d\x1f\x43\xea\x0c\x00\x00\x00";

/// A bound for what is refused at once. The system's buffers are not the client's memory, but they are counted.
const SMALL: u64 = 64 << 10;
/// What the buffers of two sockets may swallow unread, and more than any head may have.
const SOCKET: u64 = 16 << 20;
