//! The documents of a watch, for any cutting; and each is what `serde_json`'s stream of values finds.

#![no_main]

use bytes::Bytes;
use kube_fuzz::for_any_cutting;
use kube_proto::internals::frame::{Documents, Part};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|input: &[u8]| {
    for limit in [0, 7, 1000] {
        for_any_cutting(input, |chunks| run(limit, chunks));
    }
    let (found, failed, rest) = run(usize::MAX, vec![Bytes::copy_from_slice(input)]);
    assert!(!failed);
    let values: Result<Vec<Map<String, Value>>, _> = serde_json::Deserializer::from_slice(input).into_iter().collect();
    // serde_json also takes white space of no other kind between values.
    if let Ok(values) = values {
        let ours: Vec<Map<String, Value>> =
            found.iter().map(|document| serde_json::from_slice(document).expect("it is one value")).collect();
        assert_eq!((ours, rest), (values, None));
    }
});

type Outcome = (Vec<Bytes>, bool, Option<Bytes>);

fn run(limit: usize, chunks: Vec<Bytes>) -> Outcome {
    let mut documents = Documents::new(limit);
    let (mut found, mut failed) = (Vec::new(), false);
    for chunk in chunks {
        documents.push(chunk);
        while let Some(part) = documents.next() {
            assert!(!failed, "nothing follows an error");
            let document = match part {
                Ok(Part::Line(line)) => documents.settle(line),
                Ok(Part::Document(document)) => Some(Ok(document)),
                Err(error) => Some(Err(error)),
            };
            match document {
                Some(Ok(document)) => found.push(document),
                Some(Err(_)) => failed = true,
                None => {}
            }
        }
    }
    (found, failed, documents.finish())
}
