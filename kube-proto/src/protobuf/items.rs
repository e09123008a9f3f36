//! The items of a list, one by one, while the list is still arriving.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::envelope::{Content, Envelope, MAGIC};
use super::row::MessageId;
use super::wire::{Broken, LONGEST_VARINT, put_bytes, split_tag, varint, wire_type};
use crate::frame::error::{FrameError, TooLarge};
use crate::frame::items::{ITEM, REST};
use crate::opaque::Opaque;

/// Splits a list document into its items as its bytes arrive. It is the twin of the machine for JSON, with the same
/// methods.
///
/// Only a kind that ends in `List` has items: field 2 of the content, and field 1 in
/// `meta.k8s.io/v1beta1 PartialObjectMetadataList`, which alone is the other way round. All else stays in the rest,
/// and so does any other document whole (a `Status`, for example).
///
/// An item is exactly the bytes of its message. It has no envelope, and neither `apiVersion` nor `kind`. These are
/// errors: bytes that are no protobuf at the level of the envelope or of the list, content before the type or twice (Go
/// never writes either). The decoder finds all other faults inside an item or the rest.
///
/// An item within one chunk is a slice of it, and keeps the whole chunk in memory as long as it lives. Apart from the
/// pushed chunks that are not scanned yet, the two limits bound the memory, and no memory is reserved for bytes that
/// have not arrived.
#[derive(Debug)]
pub struct ListItems {
    item_limit: usize,
    rest_limit: usize,
    chunks: Opaque<VecDeque<Bytes>>,
    /// The number of scanned bytes, for error messages.
    at: u64,
    place: Place,
    /// The beginning of what is read next as a whole: the magic bytes, or the numbers before the bytes of a record.
    head: Opaque<BytesMut>,
    /// What is left of the content, while inside it.
    content: u64,
    /// The number of the items within the content; `None` if it has none.
    items: Option<u32>,
    /// The beginning of an item whose end has not arrived.
    item: Opaque<BytesMut>,
    /// The records of the envelope that come before the content, and those after it.
    envelope: Opaque<BytesMut>,
    /// The records of the content other than items.
    rest: Opaque<BytesMut>,
    error: Option<FrameError>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The magic bytes.
    Start,
    /// A record of the envelope, before the content.
    BeforeContent,
    /// A record of the content.
    InContent,
    /// A record of the envelope, after the content.
    AfterContent,
    /// So many bytes of a record, for the rest of the envelope or of the content.
    Rest { left: u64, of: Part },
    /// So many bytes of an item.
    Item { left: u64 },
}

/// The part of the document to which a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The envelope, before the content.
    Front,
    Content,
    /// The envelope, after the content.
    Back,
}

/// The tag of a record, and its length or its number.
const LONGEST_HEAD: usize = 2 * LONGEST_VARINT;

impl ListItems {
    /// `item_limit` is the most bytes of one item, `rest_limit` of everything around the items.
    #[must_use]
    pub fn new(item_limit: usize, rest_limit: usize) -> Self {
        Self {
            item_limit,
            rest_limit,
            chunks: Opaque::default(),
            at: 0,
            place: Place::Start,
            head: Opaque::default(),
            content: 0,
            items: None,
            item: Opaque::default(),
            envelope: Opaque::default(),
            rest: Opaque::default(),
            error: None,
        }
    }

    /// Adds the next bytes of the document. Take the items that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if self.error.is_none() && !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next item; `None` until more is pushed.
    ///
    /// # Errors
    /// The document is broken, or a part of it exceeds its limit. Every later call returns the error again.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        loop {
            // An item or a record without bytes is complete before its first byte.
            let mut chunk = match self.chunks.pop_front() {
                Some(chunk) => chunk,
                None if matches!(self.place, Place::Item { left: 0 } | Place::Rest { left: 0, .. }) => Bytes::new(),
                None => return Ok(None),
            };
            let item = self.scan(&mut chunk).inspect_err(|error| {
                self.error = Some(*error);
                self.chunks.clear();
                self.item = Opaque::default();
            })?;
            if !chunk.is_empty() {
                self.chunks.push_front(chunk);
            }
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// The document without its items. Call it at the end of the input, after the last `None`.
    ///
    /// # Errors
    /// The document is not complete, or there was an error before.
    pub fn finish(mut self) -> Result<Bytes, FrameError> {
        // The items that the caller did not take are missing: the result would not be the list.
        let complete = self.next()?.is_none()
            && self.head.is_empty()
            && match self.place {
                Place::BeforeContent | Place::AfterContent => true,
                Place::InContent => self.content == 0,
                Place::Start | Place::Rest { .. } | Place::Item { .. } => false,
            };
        if !complete {
            return Err(FrameError::Truncated { at: self.at + self.head.len() as u64 });
        }
        let mut document = MAGIC.to_vec();
        document.extend_from_slice(&self.envelope);
        put_bytes(&mut document, 2, &self.rest);
        if self.items.is_some()
            && !matches!(Envelope::open(&document), Ok(Envelope { content: Content::Message(_), .. }))
        {
            return Err(self.wrong("the content has another encoding"));
        }
        Ok(document.into())
    }

    /// The `apiVersion` and kind of the items; `None` until the document has shown that it is a list.
    pub(crate) fn item_type(&self) -> Option<(String, String)> {
        self.items?;
        let document = [MAGIC, &self.envelope[..]].concat();
        let Envelope { api_version, kind, .. } = Envelope::open(&document).ok()?;
        Some((api_version.to_owned(), kind.strip_suffix("List").unwrap_or_default().to_owned()))
    }

    /// Scans until an item is complete or the chunk is used up.
    fn scan(&mut self, chunk: &mut Bytes) -> Result<Option<Bytes>, FrameError> {
        loop {
            match self.place {
                Place::Item { left } => {
                    let part = self.take(chunk, left);
                    let left = left - part.len() as u64;
                    if left > 0 {
                        self.item.extend_from_slice(&part);
                        self.place = Place::Item { left };
                        return Ok(None);
                    }
                    self.place = Place::InContent;
                    if self.item.is_empty() {
                        return Ok(Some(part));
                    }
                    self.item.extend_from_slice(&part);
                    return Ok(Some(std::mem::take(&mut *self.item).freeze()));
                }
                Place::Rest { left, of } => {
                    let part = self.take(chunk, left);
                    let left = left - part.len() as u64;
                    self.keep(of, &part);
                    if left > 0 {
                        self.place = Place::Rest { left, of };
                        return Ok(None);
                    }
                    self.place = of.into();
                }
                Place::InContent if self.content == 0 => self.place = Place::AfterContent,
                _ if chunk.is_empty() => return Ok(None),
                Place::Start => {
                    let part = chunk.split_to(chunk.len().min(MAGIC.len() - self.head.len()));
                    self.head.extend_from_slice(&part);
                    if !MAGIC.starts_with(&self.head) {
                        return Err(self.wrong("a document would begin with the bytes 'k8s' and 0"));
                    }
                    if self.head.len() == MAGIC.len() {
                        self.at = MAGIC.len() as u64;
                        self.head.clear();
                        self.place = Place::BeforeContent;
                    }
                }
                Place::BeforeContent | Place::InContent | Place::AfterContent => self.head(chunk)?,
            }
        }
    }

    /// Takes bytes from the chunk, as many as are there and allowed.
    fn take(&mut self, chunk: &mut Bytes, most: u64) -> Bytes {
        let length = usize::try_from(most).unwrap_or(usize::MAX).min(chunk.len());
        self.at += length as u64;
        chunk.split_to(length)
    }

    /// Reads the tag of a record and its length or number.
    fn head(&mut self, chunk: &mut Bytes) -> Result<(), FrameError> {
        let most = if self.place == Place::InContent { self.content } else { u64::MAX };
        if self.head.is_empty() {
            // Usually the chunk has it whole.
            let window = chunk.get(..usize::try_from(most).map_or(LONGEST_HEAD, |most| most.min(LONGEST_HEAD)));
            if let Some(head) = Head::parse(window.unwrap_or(chunk)).map_err(|broken| self.broken(broken))? {
                let bytes = chunk.split_to(head.length);
                return self.begin(head, &bytes);
            }
        }
        while !chunk.is_empty() {
            if self.head.len() as u64 >= most {
                return Err(self.broken(Broken::Length));
            }
            let byte = chunk.split_to(1);
            self.head.extend_from_slice(&byte);
            if let Some(head) = Head::parse(&self.head).map_err(|broken| self.broken(broken))? {
                let bytes = std::mem::take(&mut *self.head);
                return self.begin(head, &bytes);
            }
        }
        Ok(())
    }

    /// Decides what the bytes of a record are.
    fn begin(&mut self, head: Head, bytes: &[u8]) -> Result<(), FrameError> {
        let Head { number, wire_type, payload: left, .. } = head;
        if self.place == Place::InContent {
            let used = (bytes.len() as u64).saturating_add(left);
            self.content = self.content.checked_sub(used).ok_or_else(|| self.broken(Broken::Length))?;
        }
        let is_bytes = wire_type == wire_type::BYTES;
        let of = match (self.place, number) {
            (Place::BeforeContent, 2) if is_bytes => {
                self.items = self.item_number()?;
                self.content = left;
                self.at += bytes.len() as u64;
                self.place = Place::InContent;
                return Ok(());
            }
            (Place::InContent, number) if self.items == Some(number) && is_bytes => {
                if left > self.item_limit as u64 {
                    return Err(TooLarge { what: ITEM, limit: self.item_limit }.into());
                }
                self.at += bytes.len() as u64;
                self.place = Place::Item { left };
                return Ok(());
            }
            (Place::InContent, number) if self.items == Some(number) => return Err(self.broken(Broken::OtherWireType)),
            (Place::InContent, _) => Part::Content,
            (Place::AfterContent, 2) => return Err(self.wrong("the content stands a second time")),
            (Place::AfterContent, _) => Part::Back,
            (_, 2) => return Err(self.broken(Broken::OtherWireType)),
            _ => Part::Front,
        };
        let held = (self.envelope.len() + self.rest.len() + bytes.len()) as u64;
        if held.saturating_add(left) > self.rest_limit as u64 {
            return Err(TooLarge { what: REST, limit: self.rest_limit }.into());
        }
        self.at += bytes.len() as u64;
        self.keep(of, bytes);
        self.place = Place::Rest { left, of };
        Ok(())
    }

    /// Keeps a part of a record that is no item.
    fn keep(&mut self, of: Part, part: &[u8]) {
        match of {
            Part::Content => self.rest.extend_from_slice(part),
            Part::Front | Part::Back => self.envelope.extend_from_slice(part),
        }
    }

    /// The number of the items, by the type of the document.
    fn item_number(&self) -> Result<Option<u32>, FrameError> {
        let mut document = MAGIC.to_vec();
        document.extend_from_slice(&self.envelope);
        let Envelope { api_version, kind, .. } =
            Envelope::open(&document).map_err(|_| self.wrong("the type of the document is broken"))?;
        if kind.is_empty() {
            return Err(self.wrong("the type of the document is missing before its content"));
        }
        Ok(match MessageId::of(api_version, kind) {
            Some(message) => message.items().map(|items| u32::from(items.number)),
            // Kinds that are not in the table have their items there too.
            None => kind.ends_with("List").then_some(if api_version == "meta.k8s.io/v1beta1" { 1 } else { 2 }),
        })
    }

    fn broken(&self, broken: Broken) -> FrameError {
        self.wrong(broken.text())
    }

    fn wrong(&self, what: &'static str) -> FrameError {
        FrameError::Records { at: self.at, what }
    }
}

/// What stands before the bytes of a record.
#[derive(Clone, Copy)]
struct Head {
    number: u32,
    wire_type: u8,
    /// The number of bytes that follow.
    payload: u64,
    /// The number of bytes of the head itself.
    length: usize,
}

impl Head {
    /// `None` if these bytes are not all of it.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Broken> {
        let mut rest = bytes;
        let mut next = || match varint(&mut rest) {
            Ok(number) => Ok(Some(number)),
            Err(Broken::Truncated) => Ok(None),
            Err(broken) => Err(broken),
        };
        let Some(tag) = next()? else { return Ok(None) };
        let (number, wire_type) = split_tag(tag)?;
        let payload = match wire_type {
            wire_type::BYTES => next()?,
            wire_type::VARINT => next()?.map(|_| 0),
            wire_type::FIXED64 => Some(8),
            wire_type::FIXED32 => Some(4),
            _ => return Err(Broken::WireType),
        };
        Ok(payload.map(|payload| Self { number, wire_type, payload, length: bytes.len() - rest.len() }))
    }
}

impl From<Part> for Place {
    fn from(part: Part) -> Self {
        match part {
            Part::Front => Place::BeforeContent,
            Part::Content => Place::InContent,
            Part::Back => Place::AfterContent,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::cut;
    use crate::protobuf::envelope::sealed;
    use crate::protobuf::wire::records;

    fn run(limits: (usize, usize), chunks: Vec<Bytes>) -> (Vec<Bytes>, Result<Bytes, FrameError>) {
        let mut list = ListItems::new(limits.0, limits.1);
        let mut found = Vec::new();
        for chunk in chunks {
            list.push(chunk);
            loop {
                match list.next() {
                    Ok(Some(item)) => found.push(item),
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(list.next(), Err(error), "an error is repeated");
                        assert_eq!(list.finish(), Err(error));
                        return (found, Err(error));
                    }
                }
            }
            assert!(list.item.len() <= limits.0 && list.rest.len() + list.envelope.len() <= limits.1);
        }
        (found, list.finish())
    }

    fn whole(document: &[u8]) -> (Vec<Bytes>, Result<Bytes, FrameError>) {
        run((1 << 20, 1 << 20), vec![Bytes::copy_from_slice(document)])
    }

    #[test]
    fn lists_and_what_are_none() {
        type Row<'a> = (&'a [u8], &'a [&'a [u8]], &'a [u8]);
        let table: &[Row<'_>] = &[
            // As Go writes it: two items, one of them empty.
            (
                &sealed("v1", "ConfigMapList", b"\x0a\x02\x0a\x00\x12\x03\x0a\x01x\x12\x00"),
                &[b"\x0a\x01x", b""],
                b"\x0a\x02\x0a\x00",
            ),
            // The metadata last, and fields that are not known.
            (
                &sealed("v1", "PodList", b"\x12\x01a\x1a\x01?\x12\x01b\x20\x80\x01\x29abcdefgh\x35abcd\x0a\x00"),
                &[b"a", b"b"],
                b"\x1a\x01?\x20\x80\x01\x29abcdefgh\x35abcd\x0a\x00",
            ),
            (&sealed("v1", "PodList", b""), &[], b""),
            // No lists: field 2 is something else.
            (&sealed("v1", "Status", b"\x12\x07Failure"), &[], b"\x12\x07Failure"),
            (&sealed("v1", "Pod", b"\x12\x00"), &[], b"\x12\x00"),
            (&sealed("v1", "APIResourceList", b"\x12\x00"), &[], b"\x12\x00"),
            // Not in the table.
            (&sealed("x.io/v1", "ThingList", b"\x0a\x00\x12\x01a"), &[b"a"], b"\x0a\x00"),
            (&sealed("x.io/v1", "Thing", b"\x12\x01a"), &[], b"\x12\x01a"),
            (&sealed("meta.k8s.io/v1beta1", "PartialObjectMetadataList", b"\x0a\x01a\x12\x00"), &[b"a"], b"\x12\x00"),
            // The content at the end, and none at all.
            (b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList\x12\x03\x12\x01a", &[b"a"], b""),
            (b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList", &[], b""),
            (b"k8s\0", &[], b""),
        ];
        for (document, items, rest) in table {
            let (found, result) = whole(document);
            assert_eq!(found, *items, "{document:?}");
            let result = result.unwrap();
            let content = Envelope::open(&result).unwrap();
            assert_eq!(content.content, Content::Message(rest), "{document:?}");
            let of = Envelope::open(document).unwrap();
            assert_eq!((content.api_version, content.kind), (of.api_version, of.kind));
        }
    }

    #[test]
    fn what_is_broken() {
        let head = b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList";
        let table: &[(&[u8], &str)] = &[
            (b"", "the answer is empty"),
            (b"k8", "the answer ends in the middle, after 2 bytes"),
            (b"{}", "after 0 bytes, a document would begin with the bytes 'k8s' and 0"),
            (b"k8s\0\x12\x00", "after 4 bytes, the type of the document is missing before its content"),
            (b"k8s\0\x0a\x02\x0a\x05\x12\x00", "after 8 bytes, the type of the document is broken"),
            (
                &[head, &b"\x12\x02\x12\x01a"[..]].concat(),
                "after 21 bytes, a record is longer than the message around it",
            ),
            (&[head, &b"\x12\x01\x12"[..]].concat(), "the answer ends in the middle, after 22 bytes"),
            (
                &[head, &b"\x12\x01\x12\x00"[..]].concat(),
                "after 21 bytes, a record is longer than the message around it",
            ),
            (
                &[head, &b"\x12\x02\x10\x00"[..]].concat(),
                "after 21 bytes, a record has another wire type than its field",
            ),
            (&[head, &b"\x10\x00"[..]].concat(), "after 19 bytes, a record has another wire type than its field"),
            (&[head, &b"\x12\x02\x13\x00"[..]].concat(), "after 21 bytes, a record has a wire type that is not in use"),
            (&[head, &b"\x12\x00\x12\x00"[..]].concat(), "after 21 bytes, the content stands a second time"),
            (&[head, &b"\x12\x05\x12\x03a"[..]].concat(), "the answer ends in the middle, after 24 bytes"),
            (
                &[head, &b"\x12\x00\x22\x10application/json"[..]].concat(),
                "after 39 bytes, the content has another encoding",
            ),
        ];
        for (document, text) in table {
            let (_, result) = whole(document);
            let error = result.unwrap_err().to_string();
            assert!(error.ends_with(text), "{document:?}: {error}");
        }
    }

    #[test]
    fn limits() {
        let document = sealed("v1", "PodList", b"\x0a\x04\x0a\x02ab\x12\x05abcde");
        // The type takes 15 bytes, the metadata 6, and what follows the content 4.
        for (limits, error) in [
            ((5, 25), None),
            ((4, 25), Some("an item of the list is larger than the limit of 4 bytes")),
            ((5, 24), Some("the response without the items of its list is larger than the limit of 24 bytes")),
        ] {
            let (_, result) = run(limits, vec![Bytes::copy_from_slice(&document)]);
            assert_eq!(result.err().map(|error| error.to_string()).as_deref(), error);
        }
        let mut list = ListItems::new(usize::MAX, usize::MAX);
        list.push(Bytes::from_static(
            b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList\x12\xff\xff\xff\xff\x7f\x12\xff\xff\xff\xff\x0f",
        ));
        list.push(Bytes::from_static(b"abc"));
        assert_eq!(list.next(), Ok(None));
        assert!(list.item.len() == 3 && list.item.capacity() < 1000, "no memory is reserved for a length");
    }

    #[test]
    fn an_item_that_lies_in_one_chunk_is_not_copied() {
        let document = Bytes::from(sealed("v1", "PodList", b"\x12\x01a\x12\x02bc"));
        let mut list = ListItems::new(100, 100);
        list.push(document.clone());
        let item = list.next().unwrap().unwrap();
        assert!(document.as_ptr_range().contains(&item.as_ptr()));
    }

    /// The simplest implementation, for documents that are whole.
    fn oracle(document: &[u8]) -> Option<(Vec<Bytes>, Vec<u8>)> {
        let Envelope { kind, content: Content::Message(content), .. } = Envelope::open(document).ok()? else {
            return None;
        };
        let (mut items, mut rest) = (Vec::new(), Vec::new());
        for record in records(content) {
            let record = record.ok()?;
            if record.number == 2 && kind.ends_with("List") {
                items.push(Bytes::copy_from_slice(record.bytes().ok()?));
            } else {
                put_bytes(&mut rest, record.number as u8, record.bytes().ok()?);
            }
        }
        Some((items, rest))
    }

    proptest! {
        #[test]
        fn items_and_rest_are_those_of_the_whole(
            kind in prop_oneof![Just("PodList"), Just("Pod"), Just("ThingList")],
            fields in prop::collection::vec((1u8..5, prop::collection::vec(any::<u8>(), 0..200)), 0..8),
            cuts in prop::collection::vec(0usize..60, 0..30),
        ) {
            let mut content = Vec::new();
            for (number, bytes) in &fields {
                put_bytes(&mut content, *number, bytes);
            }
            let document = sealed("v1", kind, &content);
            let (items, rest) = run((1 << 20, 1 << 20), cut(&document, &cuts));
            let rest = rest.unwrap();
            let Content::Message(left) = Envelope::open(&rest).unwrap().content else { panic!() };
            prop_assert_eq!((items, left.to_vec()), oracle(&document).unwrap());
        }

        /// Near-lists: every cutting yields the same items and the same error.
        #[test]
        fn garbage_is_the_same_garbage_for_any_cutting(
            tail in prop::collection::vec(prop_oneof![Just(0x0au8), Just(0x12), Just(0x1a), Just(0x80), Just(0xff), 0u8..9, any::<u8>()], 0..40),
            typed in any::<bool>(),
            cuts in prop::collection::vec(0usize..9, 0..40),
            limits in (0usize..40, 0usize..40),
        ) {
            let head: &[u8] = if typed { b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList\x12\x10" } else { b"k8s\0" };
            let document = [head, &tail].concat();
            let at_once = run(limits, vec![Bytes::copy_from_slice(&document)]);
            prop_assert_eq!(&run(limits, cut(&document, &cuts)), &at_once);
            let bytewise = document.chunks(1).map(Bytes::copy_from_slice).collect();
            prop_assert_eq!(&run(limits, bytewise), &at_once);
        }
    }
}
