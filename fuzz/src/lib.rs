//! The shared code of the fuzz targets.

pub mod answer;

use bytes::Bytes;

/// The input in several cuttings: whole, byte by byte, and in pieces of sizes that follow from the input. So a corpus
/// file is a plain document, and its bytes alone reproduce a finding.
#[must_use]
pub fn cuttings(input: &[u8]) -> Vec<Vec<Bytes>> {
    let whole = Bytes::copy_from_slice(input);
    let bytewise = (0..whole.len()).map(|at| whole.slice(at..=at)).collect();
    vec![vec![whole], bytewise, pieces(input)]
}

/// The input in pieces of 0 to 22 bytes; the sizes follow from the input.
#[must_use]
pub fn pieces(input: &[u8]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(input);
    let mut pieces = Vec::new();
    // FNV-1a over the input, then a step of xorshift for each piece.
    let mut state = input
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    while !rest.is_empty() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let size = usize::try_from(state % 23).unwrap_or(0).min(rest.len());
        pieces.push(rest.split_to(size));
    }
    pieces
}

/// Runs `parse` on every cutting, and returns the common result.
///
/// # Panics
/// Two cuttings give different results. This is a finding.
pub fn for_any_cutting<T: PartialEq + std::fmt::Debug>(input: &[u8], parse: impl Fn(Vec<Bytes>) -> T) -> T {
    let mut results = cuttings(input).into_iter().map(parse);
    let first = results.next().expect("there is a first cutting");
    for other in results {
        assert_eq!(first, other, "another cutting, another result");
    }
    first
}
