//! Splits a list or a watch, in the encoding that the response's content type names. The parts are documents of either
//! encoding, which show by themselves which one they are.

use bytes::Bytes;
use http::HeaderMap;

use crate::error::Error;
use crate::frame::documents::{Documents, Part};
use crate::frame::error::FrameError;
use crate::frame::event::{self, EventType};
use crate::frame::items::ListItems;
#[cfg(feature = "protobuf")]
use crate::protobuf;
use crate::settings::SizeLimits;

/// The items of a list.
#[derive(Debug)]
pub(super) enum Items {
    Json(ListItems),
    #[cfg(feature = "protobuf")]
    Protobuf(ProtobufItems),
}

/// The items of a list in protobuf. Each gets an envelope, so that it is a document.
#[cfg(feature = "protobuf")]
#[derive(Debug)]
pub(super) struct ProtobufItems {
    items: protobuf::ListItems,
    /// The type of the items, once an item was there.
    item_type: Option<(String, String)>,
}

impl Items {
    /// `headers` are those of the response.
    pub(super) fn of(headers: &HeaderMap, limits: SizeLimits) -> Self {
        #[cfg(feature = "protobuf")]
        if is_protobuf(headers) {
            let items = protobuf::ListItems::new(limits.item, limits.document);
            return Items::Protobuf(ProtobufItems { items, item_type: None });
        }
        let _ = headers;
        Items::Json(ListItems::new(limits.item, limits.document))
    }

    pub(super) fn push(&mut self, chunk: Bytes) {
        match self {
            Items::Json(items) => items.push(chunk),
            #[cfg(feature = "protobuf")]
            Items::Protobuf(split) => split.items.push(chunk),
        }
    }

    /// The document of the next item; `None` until more is pushed.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        match self {
            Items::Json(items) => items.next(),
            #[cfg(feature = "protobuf")]
            Items::Protobuf(split) => {
                let Some(message) = split.items.next()? else { return Ok(None) };
                let items = &split.items;
                let (api_version, kind) = split.item_type.get_or_insert_with(|| items.item_type().unwrap_or_default());
                Ok(Some(protobuf::sealed(api_version, kind, &message).into()))
            }
        }
    }

    /// The document without its items, and whether it is a list. In JSON `None`: its member `items` shows that.
    pub(super) fn finish(self) -> Result<(Bytes, Option<bool>), FrameError> {
        match self {
            Items::Json(items) => items.finish().map(|rest| (rest, None)),
            #[cfg(feature = "protobuf")]
            Items::Protobuf(split) => {
                // A list without items has no such record.
                let is_list = split.items.item_type().is_some();
                split.items.finish().map(|rest| (rest, Some(is_list)))
            }
        }
    }
}

/// The events of a watch.
#[derive(Debug)]
pub(super) enum Events {
    Json(Documents),
    #[cfg(feature = "protobuf")]
    Protobuf(protobuf::Frames),
}

impl Events {
    /// `headers` are those of the response, `limit` is the most bytes of an event.
    pub(super) fn of(headers: &HeaderMap, limit: usize) -> Self {
        #[cfg(feature = "protobuf")]
        if is_protobuf(headers) {
            return Events::Protobuf(protobuf::Frames::new(limit));
        }
        let _ = headers;
        Events::Json(Documents::new(limit))
    }

    pub(super) fn push(&mut self, chunk: Bytes) {
        match self {
            Events::Json(documents) => documents.push(chunk),
            #[cfg(feature = "protobuf")]
            Events::Protobuf(frames) => frames.push(chunk),
        }
    }

    /// The next part; `None` until more is pushed. A frame is a document.
    pub(super) fn next(&mut self) -> Option<Result<Part, Error>> {
        match self {
            Events::Json(documents) => documents.next().map(|part| part.map_err(Error::from)),
            #[cfg(feature = "protobuf")]
            Events::Protobuf(frames) => {
                let frame = frames.next()?;
                Some(frame.map(Part::Document).map_err(Error::from))
            }
        }
    }

    /// A line that is not like the one before: its document, if it is complete.
    pub(super) fn settle(&mut self, line: Bytes) -> Option<Result<Bytes, Error>> {
        match self {
            Events::Json(documents) => documents.settle(line).map(|document| document.map_err(Error::from)),
            #[cfg(feature = "protobuf")]
            Events::Protobuf(_) => Some(Ok(line)),
        }
    }

    /// The type and the object of an event; `None` if the document is none.
    pub(super) fn event<'a>(&self, document: &'a [u8]) -> Option<(EventType<'a>, &'a [u8])> {
        match self {
            Events::Json(_) => event::event(document),
            #[cfg(feature = "protobuf")]
            Events::Protobuf(_) => protobuf::event(document),
        }
    }

    /// The bytes of a document that an error may show. Those of a frame may be of a Secret.
    pub(super) fn shown<'a>(&self, document: &'a [u8]) -> &'a [u8] {
        match self {
            Events::Json(_) => document,
            #[cfg(feature = "protobuf")]
            Events::Protobuf(_) => b"",
        }
    }

    /// Ends the watch.
    ///
    /// # Errors
    /// It ended within an event.
    pub(super) fn finish(self) -> Result<(), Error> {
        let within = "the watch ended within an event";
        match self {
            Events::Json(documents) => match documents.finish() {
                Some(rest) => Err(Error::decode_beginning(within, &rest)),
                None => Ok(()),
            },
            #[cfg(feature = "protobuf")]
            Events::Protobuf(frames) => frames.finish().map_err(|_| Error::decode(within, b"")),
        }
    }
}

#[cfg(feature = "protobuf")]
fn is_protobuf(headers: &HeaderMap) -> bool {
    crate::response::info::media_type(headers).is_some_and(|kind| kind == crate::encoding::PROTOBUF)
}
