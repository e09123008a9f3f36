//! The frames of a watch and the items of a list, compared with what the whole has, and on other cuttings.

#![no_main]

use bytes::Bytes;
use kube_fuzz::for_any_cutting;
use kube_proto::internals::frame::FrameError;
use kube_proto::internals::protobuf::{Content, Envelope, Frames, ListItems, event};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for limits in [(16, 24), (1 << 20, 1 << 20)] {
        let (items, rest) = for_any_cutting(input, |chunks| items(limits, chunks));
        if let Ok(rest) = rest {
            // What is wrong with the envelope itself stays in the rest, for the decoder.
            match (Envelope::open(input), Envelope::open(&rest)) {
                (Ok(whole), Ok(left)) => {
                    assert_eq!((whole.api_version, whole.kind), (left.api_version, left.kind));
                    if let (Content::Message(whole), Content::Message(left)) = (whole.content, left.content) {
                        let taken = items.iter().map(Bytes::len).sum::<usize>();
                        assert!(left.len() + taken <= whole.len());
                    }
                }
                (whole, left) => assert_eq!(whole.is_ok(), left.is_ok()),
            }
        }
        let (frames, end) = for_any_cutting(input, |chunks| frames(limits.0, chunks));
        let taken = frames.iter().map(|frame| 4 + frame.len()).sum::<usize>();
        assert!(frames.iter().all(|frame| frame.len() <= limits.0));
        match end {
            Some(Ok(())) => assert_eq!(taken, input.len()),
            Some(Err(FrameError::Truncated { at })) => assert_eq!(at, input.len() as u64),
            Some(Err(other)) => panic!("{other}"),
            None => assert!(taken < input.len()),
        }
        for frame in frames {
            let _event = event(&frame);
        }
    }
});

fn items(limits: (usize, usize), chunks: Vec<Bytes>) -> (Vec<Bytes>, Result<Bytes, FrameError>) {
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
    (found, list.finish())
}

/// The frames, and how the stream ended: `None` if a frame was too large.
fn frames(limit: usize, chunks: Vec<Bytes>) -> (Vec<Bytes>, Option<Result<(), FrameError>>) {
    let mut frames = Frames::new(limit);
    let mut found = Vec::new();
    for chunk in chunks {
        frames.push(chunk);
        while let Some(frame) = frames.next() {
            match frame {
                Ok(frame) => found.push(frame),
                Err(_) => return (found, None),
            }
        }
    }
    (found, Some(frames.finish()))
}
