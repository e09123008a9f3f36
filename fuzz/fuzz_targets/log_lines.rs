//! A log as lines and parts of lines, compared with a simple split, in any cutting.

#![no_main]

use bytes::Bytes;
use kube_fuzz::for_any_cutting;
use kube_proto::internals::logs::{Piece, Split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for limit in [1, 7, 1000] {
        let found = for_any_cutting(input, |chunks| run(limit, chunks));
        check(limit, input, &found);
    }
});

fn run(limit: usize, chunks: Vec<Bytes>) -> Vec<Piece> {
    let mut split = Split::new(limit);
    let mut found = Vec::new();
    for chunk in chunks {
        split.push(chunk);
        found.extend(std::iter::from_fn(|| split.next()));
    }
    found.extend(std::iter::from_fn(|| split.finish()));
    found
}

/// The pieces of each line are the line, and no piece is above the limit.
fn check(limit: usize, input: &[u8], found: &[Piece]) {
    let mut pieces = found.iter();
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let mut whole = Vec::new();
        loop {
            let piece = pieces.next().expect("a piece of the line");
            assert!(piece.text.len() <= limit);
            assert_eq!(piece.begins, whole.is_empty());
            assert!(piece.begins || piece.stamp.is_none());
            if let Some((stamp, _)) = &piece.stamp {
                whole.extend_from_slice(stamp);
                whole.push(b' ');
            }
            whole.extend_from_slice(&piece.text);
            if piece.ends {
                whole.extend(piece.newline.then_some(b'\n'));
                break;
            }
            assert_eq!(piece.text.len(), limit, "a part that is not the last one is full");
        }
        assert_eq!(whole, line);
    }
    assert!(pieces.next().is_none());
}
