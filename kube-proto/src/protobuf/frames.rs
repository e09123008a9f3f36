//! The frames of a watch: four bytes of length, highest first, and an event (docs/wire.md §3).

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::wire::{put_bytes, put_length, put_tag, records, wire_type};
use crate::frame::error::{FrameError, TooLarge};
use crate::frame::event::EventType;
use crate::opaque::Opaque;

/// Splits a stream into frames.
///
/// A frame within one chunk is a slice of it, and keeps the whole chunk in memory as long as it lives. Apart from the
/// pushed chunks that are not scanned yet, at most `limit` bytes are held, and no memory is reserved for bytes that have
/// not arrived.
///
/// Nothing in the stream marks where a frame begins: after an error, or a frame that was cut off, the rest of the
/// stream is of no use.
#[derive(Debug)]
pub struct Frames {
    limit: usize,
    chunks: Opaque<VecDeque<Bytes>>,
    /// The beginning of a length that has not arrived whole.
    head: Opaque<BytesMut>,
    /// The length of the frame that has begun.
    length: Option<usize>,
    /// The beginning of a frame whose end has not arrived.
    partial: Opaque<BytesMut>,
    /// The bytes of all whole frames.
    at: u64,
    dead: bool,
}

const HEAD: usize = 4;

impl Frames {
    /// `limit` is the most bytes of a frame, without its length.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            chunks: Opaque::default(),
            head: Opaque::default(),
            length: None,
            partial: Opaque::default(),
            at: 0,
            dead: false,
        }
    }

    /// Adds the next bytes of the stream. Take the frames that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if !self.dead && !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next frame; `None` until more is pushed.
    ///
    /// # Errors
    /// A frame exceeds the limit. The error comes once, as soon as the length has arrived. No frames follow, and later
    /// bytes are dropped.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Option<Result<Bytes, TooLarge>> {
        loop {
            let length = self.length.or_else(|| self.take_length())?;
            if length > self.limit {
                *self = Self { dead: true, ..Self::new(self.limit) };
                return Some(Err(TooLarge { what: "an event of the stream", limit: self.limit }));
            }
            self.length = Some(length);
            let mut chunk = match self.chunks.pop_front() {
                Some(chunk) => chunk,
                None if length == 0 => Bytes::new(),
                None => return None,
            };
            let missing = length.saturating_sub(self.partial.len());
            if chunk.len() < missing {
                self.partial.extend_from_slice(&chunk);
                continue;
            }
            let mut frame = chunk.split_to(missing);
            if !chunk.is_empty() {
                self.chunks.push_front(chunk);
            }
            if !self.partial.is_empty() {
                self.partial.extend_from_slice(&frame);
                frame = std::mem::take(&mut *self.partial).freeze();
            }
            self.length = None;
            self.at += (HEAD + length) as u64;
            return Some(Ok(frame));
        }
    }

    fn take_length(&mut self) -> Option<usize> {
        while self.head.len() < HEAD {
            let mut chunk = self.chunks.pop_front()?;
            let part = chunk.split_to(chunk.len().min(HEAD - self.head.len()));
            self.head.extend_from_slice(&part);
            if !chunk.is_empty() {
                self.chunks.push_front(chunk);
            }
        }
        Some(usize::try_from(self.head.get_u32()).unwrap_or(usize::MAX))
    }

    /// Ends the stream, after the last `None`.
    ///
    /// # Errors
    /// The stream ended within a frame.
    pub fn finish(self) -> Result<(), FrameError> {
        let left = if self.length.is_some() { HEAD + self.partial.len() } else { self.head.len() };
        if left == 0 { Ok(()) } else { Err(FrameError::Truncated { at: self.at + left as u64 }) }
    }
}

/// Splits the event of a frame. The object is not decoded: it is a document in its envelope.
///
/// `None` if the frame is no event: it is broken, or the type or the object is missing. Of what stands twice, the last
/// counts.
#[must_use]
pub fn event(frame: &[u8]) -> Option<(EventType<'_>, &[u8])> {
    let (mut kind, mut object) = (None, None);
    for record in records(frame) {
        let record = record.ok()?;
        match record.number {
            1 => kind = Some(std::str::from_utf8(record.bytes().ok()?).ok()?),
            2 => {
                for record in records(record.bytes().ok()?) {
                    let record = record.ok()?;
                    if record.number == 1 {
                        object = Some(record.bytes().ok()?);
                    }
                }
            }
            _ => {}
        }
    }
    let kind = EventType::of(kind?.into());
    let object = object.or((kind == EventType::Bookmark).then_some(b""))?;
    Some((kind, object))
}

/// The frame of an event with this document.
#[must_use]
pub fn framed(kind: &str, document: &[u8]) -> Vec<u8> {
    let mut out = vec![0; HEAD];
    put_bytes(&mut out, 1, kind.as_bytes());
    put_tag(&mut out, 2, wire_type::BYTES);
    let start = out.len();
    put_bytes(&mut out, 1, document);
    put_length(&mut out, start);
    let length = u32::try_from(out.len() - HEAD).unwrap_or(u32::MAX);
    if let Some(head) = out.first_chunk_mut::<HEAD>() {
        *head = length.to_be_bytes();
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::cut;

    #[test]
    fn a_frame_is_its_event() {
        for document in [&b""[..], b"k8s\0", &[7; 300]] {
            let framed = framed("ADDED", document);
            let (found, error, end) = run(1000, vec![framed.clone().into()]);
            assert_eq!((found.len(), error, end), (1, None, Ok(())));
            assert_eq!(event(&found[0]), Some((EventType::Added, document)));
        }
    }

    type Outcome = (Vec<Bytes>, Option<TooLarge>, Result<(), FrameError>);

    fn run(limit: usize, chunks: Vec<Bytes>) -> Outcome {
        let mut frames = Frames::new(limit);
        let (mut found, mut error) = (Vec::new(), None);
        for chunk in chunks {
            frames.push(chunk);
            while let Some(frame) = frames.next() {
                assert_eq!(error, None, "nothing follows an error");
                match frame {
                    Ok(frame) => found.push(frame),
                    Err(too_large) => error = Some(too_large),
                }
            }
            assert!(frames.partial.len() <= limit && frames.head.len() <= HEAD);
        }
        (found, error, frames.finish())
    }

    /// The simplest implementation.
    fn oracle(limit: usize, whole: &[u8]) -> Outcome {
        let (mut rest, mut found) = (whole, Vec::new());
        loop {
            let at = (whole.len() - rest.len()) as u64;
            let truncated = Err(FrameError::Truncated { at: at + rest.len() as u64 });
            let Some((length, after)) = rest.split_first_chunk::<4>() else {
                return (found, None, if rest.is_empty() { Ok(()) } else { truncated });
            };
            let length = u32::from_be_bytes(*length) as usize;
            if length > limit {
                return (found, Some(TooLarge { what: "an event of the stream", limit }), Ok(()));
            }
            let Some((frame, after)) = after.split_at_checked(length) else { return (found, None, truncated) };
            found.push(Bytes::copy_from_slice(frame));
            rest = after;
        }
    }

    #[test]
    fn a_frame_that_lies_in_one_chunk_is_not_copied() {
        let chunk = Bytes::from_static(b"\0\0\0\x01a\0\0\0\x02bc\0\0");
        let mut frames = Frames::new(100);
        frames.push(chunk.clone());
        let _first = frames.next();
        let second = frames.next().unwrap().unwrap();
        assert_eq!(second.as_ptr(), chunk[9..].as_ptr());
        assert!(frames.next().is_none());
        frames.push(Bytes::from_static(b"\0\0\0"));
        assert_eq!(frames.next().unwrap().unwrap(), "");
        assert!(frames.next().is_none());
        assert_eq!(frames.finish(), Err(FrameError::Truncated { at: 16 }));
    }

    #[test]
    fn nothing_is_reserved_for_a_length() {
        let mut frames = Frames::new(usize::MAX);
        frames.push(Bytes::from_static(b"\xff\xff\xff\xffx"));
        assert!(frames.next().is_none());
        assert!(frames.partial.capacity() < 1000);
    }

    #[test]
    fn a_frame_past_the_limit_ends_everything() {
        let mut frames = Frames::new(4);
        frames.push(Bytes::from_static(b"\0\0\0\x02ok\0\0\0\x05"));
        assert_eq!(frames.next().unwrap().unwrap(), "ok");
        let error = frames.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "an event of the stream is larger than the limit of 4 bytes");
        frames.push(Bytes::from_static(b"\0\0\0\x01a"));
        assert!(frames.next().is_none());
    }

    #[test]
    fn events() {
        type Row = (&'static [u8], Option<(EventType<'static>, &'static [u8])>);
        let table: &[Row] = &[
            (b"\x0a\x05ADDED\x12\x03\x0a\x01x", Some((EventType::Added, b"x"))),
            (b"\x0a\x08BOOKMARK\x12\x02\x0a\x00", Some((EventType::Bookmark, b""))),
            (b"\x12\x03\x0a\x01x\x1a\x01?\x0a\x04SYNC", Some((EventType::Other("SYNC".into()), b"x"))),
            (b"\x0a\x01A\x0a\x05ERROR\x12\x03\x0a\x01x\x12\x03\x0a\x01y", Some((EventType::Error, b"y"))),
            (b"", None),
            (b"\x0a\x05ADDED", None),
            (b"\x0a\x05ADDED\x12\x00", None),
            (b"\x12\x03\x0a\x01x", None),
            (b"\x0a\x05ADDED\x12\x04\x0a\x01x", None),
            (b"\x0a\x01\xff\x12\x03\x0a\x01x", None),
            (b"\x08\x01\x12\x03\x0a\x01x", None),
        ];
        for (frame, found) in table {
            assert_eq!(event(frame), *found, "{frame:?}");
        }
    }

    proptest! {
        #[test]
        fn cutting_changes_nothing(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..10), 0..6),
            tail in prop::collection::vec(0u8..3, 0..6),
            cuts in prop::collection::vec(0usize..20, 0..12),
            limit in 0usize..12,
        ) {
            let mut whole = Vec::new();
            for frame in &frames {
                whole.extend_from_slice(&(frame.len() as u32).to_be_bytes());
                whole.extend_from_slice(frame);
            }
            whole.extend_from_slice(&tail);
            prop_assert_eq!(run(limit, cut(&whole, &cuts)), oracle(limit, &whole));
        }
    }
}
