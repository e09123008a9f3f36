//! The items of a list, compared with `serde_json` on the whole.

#![no_main]

use bytes::Bytes;
use kube_fuzz::for_any_cutting;
use kube_proto::internals::frame::{FrameError, ListItems};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|input: &[u8]| {
    let _cut_short = for_any_cutting(input, |chunks| run((16, 24), chunks));
    let (items, rest) = for_any_cutting(input, |chunks| run((1 << 20, 1 << 20), chunks));
    let Ok(mut oracle) = serde_json::from_slice::<Map<String, Value>>(input) else { return };
    let rest = match rest {
        Ok(rest) => rest,
        // serde_json keeps the last of two equal members; here they are an error.
        Err(FrameError::ItemsTwice { .. }) => return,
        Err(error) => panic!("an error for valid JSON: {error}"),
    };
    let items: Vec<Value> = items.iter().map(|item| serde_json::from_slice(item).unwrap()).collect();
    match oracle.get_mut("items") {
        Some(Value::Array(expected)) => assert_eq!(&items, &std::mem::take(expected)),
        _ => assert!(items.is_empty()),
    }
    assert_eq!(serde_json::from_slice::<Map<String, Value>>(&rest).unwrap(), oracle);
});

fn run(limits: (usize, usize), chunks: Vec<Bytes>) -> (Vec<Bytes>, Result<Bytes, FrameError>) {
    let mut list = ListItems::new(limits.0, limits.1);
    let mut found = Vec::new();
    for chunk in chunks {
        list.push(chunk);
        loop {
            match list.next() {
                Ok(Some(item)) => {
                    assert!(item.len() <= limits.0);
                    found.push(item);
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(list.next(), Err(error), "an error is repeated");
                    return (found, Err(error));
                }
            }
        }
    }
    let rest = list.finish();
    assert!(rest.as_ref().is_ok_and(|rest| rest.len() <= limits.1) || rest.is_err());
    (found, rest)
}
