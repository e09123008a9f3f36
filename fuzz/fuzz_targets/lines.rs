//! Lines, compared with a simple split.

#![no_main]

use bytes::Bytes;
use kube_fuzz::for_any_cutting;
use kube_proto::internals::frame::Lines;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for limit in [0, 7, 1000] {
        let found = for_any_cutting(input, |chunks| run(limit, chunks));
        assert_eq!(found, oracle(limit, input));
    }
});

type Outcome = (Vec<Bytes>, bool, Option<Bytes>);

fn run(limit: usize, chunks: Vec<Bytes>) -> Outcome {
    let mut lines = Lines::new(limit);
    let (mut found, mut failed) = (Vec::new(), false);
    for chunk in chunks {
        lines.push(chunk);
        while let Some(line) = lines.next() {
            assert!(!failed, "nothing follows an error");
            match line {
                Ok(line) => found.push(line),
                Err(_) => failed = true,
            }
        }
    }
    (found, failed, lines.finish())
}

fn oracle(limit: usize, whole: &[u8]) -> Outcome {
    let mut parts: Vec<&[u8]> = whole.split(|byte| *byte == b'\n').collect();
    let too_large = parts.iter().position(|part| part.len() > limit);
    parts.truncate(too_large.unwrap_or(parts.len()));
    let last = if too_large.is_none() { parts.pop() } else { None };
    let keep = |part: &&[u8]| part.iter().any(|byte| !b" \t\r".contains(byte));
    let found = parts.into_iter().filter(keep).map(Bytes::copy_from_slice).collect();
    (found, too_large.is_some(), last.filter(keep).map(Bytes::copy_from_slice))
}
