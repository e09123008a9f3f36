//! Chunked bodies: decodes the input, compared with other cuttings and a simple decoder; and encodes the input, which
//! must decode to itself.

#![no_main]

use bytes::Bytes;
use http::Method;
use kube_fuzz::answer::{Answer, read};
use kube_fuzz::{for_any_cutting, pieces};
use kube_proto::driver::ExchangeKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let answer = for_any_cutting(&[HEAD, input].concat(), body);
    if let Some((data, rest)) = plain(input) {
        assert_eq!((answer.end, answer.data, answer.rest), (Some(Ok(())), data, rest.to_vec()));
    }

    let mut chunked = HEAD.to_vec();
    for piece in pieces(input).iter().filter(|piece| !piece.is_empty()) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answer = for_any_cutting(&chunked, body);
    assert_eq!((answer.end, answer.data.as_slice(), answer.rest.len()), (Some(Ok(())), input, 0));
});

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn body(chunks: Vec<Bytes>) -> Answer {
    read(Method::GET, ExchangeKind::Call, chunks)
}

/// Decodes complete chunks without extensions and trailers; returns the data and the rest.
fn plain(mut input: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut data = Vec::new();
    loop {
        let line = input.iter().position(|byte| *byte == b'\r')?;
        let size = &input[..line];
        if size.is_empty() || size.len() > 4 || !size.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
        input = input[line..].strip_prefix(b"\r\n")?;
        if size == 0 {
            return Some((data, input.strip_prefix(b"\r\n")?));
        }
        data.extend_from_slice(input.get(..size)?);
        input = input[size..].strip_prefix(b"\r\n")?;
    }
}
