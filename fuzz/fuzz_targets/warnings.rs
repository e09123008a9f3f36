//! `Warning` headers: any value gives printable texts, and a value in the servers' format gives its text.

#![no_main]

use http::header::{HeaderValue, WARNING};
use http::{HeaderMap, Response};
use kube_proto::response::ResponseInfo;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let lines: Vec<_> =
        input.split(|byte| *byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let texts = warnings(lines.iter().map(|line| (WARNING, line.clone())).collect());
    for (at, text) in texts.iter().enumerate() {
        assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
        assert!(!texts[..at].contains(text), "{text:?} twice");
    }
    // Each invalid byte becomes at most one replacement character.
    assert!(texts.iter().map(String::len).sum::<usize>() <= 3 * input.len());

    let text: String = String::from_utf8_lossy(input).chars().filter(|c| !c.is_control()).collect();
    // Marks of direction are no text of a warning either.
    let is_shown = *kube_proto::error::visible(&text) == *text;
    if is_shown && !text.is_empty() && !text.contains("=?") && text.chars().count() <= 4096 {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let line = HeaderValue::from_bytes(format!("299 - \"{quoted}\"").as_bytes()).expect("no control characters");
        assert_eq!(warnings(HeaderMap::from_iter([(WARNING, line)])), [text]);
    }
});

fn warnings(headers: HeaderMap) -> Vec<String> {
    let mut response = Response::new(());
    *response.headers_mut() = headers;
    ResponseInfo::of(&response.into_parts().0).warnings
}
