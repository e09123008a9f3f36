//! Gzip, compared with `flate2` on the whole, and round trips.

#![no_main]

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use flate2::write::GzEncoder;
use kube_fuzz::for_any_cutting;
use kube_proto::internals::frame::{Gunzip, GzipError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // The input as a gzip stream.
    let found = for_any_cutting(input, run);
    let mut content = Vec::new();
    match MultiGzDecoder::new(input).read_to_end(&mut content) {
        // `flate2` accepts unknown flags, trailing bytes and an empty input.
        Ok(_) => assert!(found == Ok(content) || found == Err(GzipError::NotGzip) || found == Err(GzipError::Trailing)),
        Err(_) => assert!(found.is_err() || input.is_empty()),
    }

    // The input as compressed data: the content up to its end or first error is the same.
    let body = [HEAD, input].concat();
    let (made, _) = inflate(vec![Bytes::from(body)]);
    let mut content = Vec::new();
    let fine = DeflateDecoder::new(input).read_to_end(&mut content).is_ok();
    assert!(if fine { made == content } else { content.starts_with(&made) || made.starts_with(&content) });

    // The input as content.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(u32::from(input.len() % 10 == 0) * 9));
    encoder.write_all(input).expect("memory takes everything");
    let packed = encoder.finish().expect("memory takes everything");
    assert_eq!(for_any_cutting(&packed, run).as_deref(), Ok(input));
});

/// The content, or only the error.
fn run(chunks: Vec<Bytes>) -> Result<Vec<u8>, GzipError> {
    let (content, end) = inflate(chunks);
    end.map(|()| content)
}

fn inflate(chunks: Vec<Bytes>) -> (Vec<u8>, Result<(), GzipError>) {
    let (mut gunzip, mut content) = (Gunzip::new(), Vec::new());
    for chunk in chunks {
        gunzip.push(chunk);
        loop {
            match gunzip.next() {
                Ok(Some(piece)) => {
                    assert!(!piece.is_empty() && piece.len() <= 64 << 10);
                    content.extend_from_slice(&piece);
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(gunzip.finish(), Err(error));
                    return (content, Err(error));
                }
            }
        }
    }
    let end = gunzip.finish();
    (content, end)
}

const HEAD: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
