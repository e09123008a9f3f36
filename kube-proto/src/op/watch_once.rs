//! The events of one watch response, until it ends.
//!
//! | line | result |
//! |---|---|
//! | `ADDED`, `MODIFIED`, `DELETED` | the event |
//! | ... with an object that does not decode, or is of another kind | [`WatchEvent::Undecodable`] with the bytes; the watch continues |
//! | `BOOKMARK` | the event with its resource version |
//! | ... that cannot be read, or says nothing | nothing; the watch continues |
//! | `ERROR`, or a bare `Status` | the end, with the server's error |
//! | anything else | the end, with an error |
//! | the server ends the response | the end, without an error: every watch ends so |
//!
//! The first event is parsed completely. If its object ends one brace before the end of the line, the object of a
//! later event is assumed to end there too, without a search. Where that is wrong the decoder fails, and then the whole
//! line is parsed. Only a type that does not decode beyond the metadata, such as
//! [`Lazy`](crate::resource::lazy::Lazy), finds the mistake later.
//!
//! The recovery after the end (watch again, list again, give up) belongs to [`Watch`](crate::watch::Watch).

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;

use super::call::{Call, Reply};
use super::expected::Expected;
use super::kept::{Keeps, Kept};
use super::pages::ListKind;
use super::split::Events;
use super::timeouts;
use crate::driver::effect::ExchangeKind;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::encoding;
use crate::error::failure::status_document;
use crate::error::{ApiError, Error, ErrorKind};
use crate::frame::documents::Part;
use crate::frame::event::{EventType, may_hold_another, presumed_event};
use crate::frame::trim::Trim;
use crate::json::error::DecodeError;
use crate::op::{Inner, pass};
use crate::opaque::Opaque;
use crate::request::params::WatchParams;
use crate::request::target::Target;
use crate::resource::Object;
use crate::resource::document::Document;
use crate::response::bookmark::Bookmark;
use crate::response::status::Status;
use crate::settings::policy::RetryPolicy;

/// One event of a watch. The `Debug` of an object that does not decode does not show it: it may be a Secret.
#[derive(Clone)]
#[non_exhaustive]
pub enum WatchEvent<K> {
    /// The object was created, began to match the selector, or existed when the watch began.
    Added(K),
    /// The object changed.
    Modified(K),
    /// The object was deleted, or no longer matches the selector. This is its last state.
    Deleted(K),
    /// All changes up to this version have been sent.
    Bookmark(Bookmark),
    /// An object that does not decode as `K`, or whose own `apiVersion` and `kind` are not those of the watched resource.
    /// The watch continues, so that one such object does not hide the others. client-go's informers do the same.
    Undecodable {
        /// The kind of the event.
        kind: EventKind,
        /// The document of the object as received: JSON, or protobuf in its envelope.
        object: Bytes,
        /// Its resource version, if it has one: a later watch can start from there.
        resource_version: Option<String>,
        /// Why it does not decode.
        error: Error,
    },
}

impl<K: fmt::Debug> fmt::Debug for WatchEvent<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WatchEvent::Added(object) => f.debug_tuple("Added").field(object).finish(),
            WatchEvent::Modified(object) => f.debug_tuple("Modified").field(object).finish(),
            WatchEvent::Deleted(object) => f.debug_tuple("Deleted").field(object).finish(),
            WatchEvent::Bookmark(bookmark) => f.debug_tuple("Bookmark").field(bookmark).finish(),
            WatchEvent::Undecodable { kind, object, resource_version, error } => f
                .debug_struct("Undecodable")
                .field("kind", kind)
                .field("object", &Opaque(&**object))
                .field("resource_version", resource_version)
                .field("error", error)
                .finish(),
        }
    }
}

/// The kind of a [`WatchEvent`] about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// `ADDED`
    Added,
    /// `MODIFIED`
    Modified,
    /// `DELETED`
    Deleted,
}

impl EventKind {
    fn with<K>(self, object: K) -> WatchEvent<K> {
        match self {
            EventKind::Added => WatchEvent::Added(object),
            EventKind::Modified => WatchEvent::Modified(object),
            EventKind::Deleted => WatchEvent::Deleted(object),
        }
    }
}

/// The events of one watch response. An event is one JSON document, or one frame of protobuf, of at most
/// [`SizeLimits::event`](crate::settings::SizeLimits) bytes.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct WatchOnce<K> {
    call: Call,
    kind: ListKind,
    /// How an object of the watched kind usually begins.
    beginnings: [String; 2],
    documents: Option<Events>,
    /// The response has ended; some of its documents may be left.
    ended: bool,
    trim: Option<Trim>,
    /// The object of the last fully parsed event ended one brace before the end of the line.
    usual: bool,
    done: Option<Result<(), Error>>,
    item: PhantomData<fn() -> K>,
}

enum Found<K> {
    Event(WatchEvent<K>),
    Document(Bytes),
}

impl<K: Object> WatchOnce<K> {
    /// `idle`: the longest time without an event before the watch fails. `kind`: the type for events without type fields.
    pub(crate) fn new(target: &Target, params: &WatchParams, idle: Option<Duration>, kind: ListKind) -> Self {
        let request = target.watch(params);
        let beginnings = Expected::of(&request).map(|expected| expected.beginnings()).unwrap_or_default();
        let mut call = Call::new(request, ExchangeKind::Stream);
        call.set_idle(idle);
        call.expect_events();
        // What servers look at before they compress a watch.
        if params.send_initial_events == Some(true) && params.allow_bookmarks {
            call.expect_list();
        }
        Self {
            call,
            kind,
            beginnings,
            documents: None,
            ended: false,
            trim: None,
            usual: false,
            done: None,
            item: PhantomData,
        }
    }

    timeouts!();

    /// Leaves out parts of each object: they are skipped while it is read.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.call.leave_out(&trim);
        self.trim = Some(trim);
        self
    }

    /// Disables retries: the machine around this one decides what follows an end.
    pub(crate) fn never_again(mut self) -> Self {
        self.call.set_retry(RetryPolicy::NEVER);
        self
    }

    /// Whether the server has accepted the watch.
    pub(crate) fn is_answered(&self) -> bool {
        self.documents.is_some()
    }

    fn over(&mut self, result: Result<(), Error>) -> Step<WatchEvent<K>> {
        let result = result.map_err(|error| self.call.explain(error));
        self.done = Some(result.clone());
        Step::Done(result)
    }

    /// The next event, if its bytes are there and it is like the one before; or else its document.
    fn part(&mut self) -> Option<Result<Found<K>, Error>> {
        loop {
            let documents = self.documents.as_mut()?;
            return Some(match documents.next()? {
                Ok(Part::Document(document)) => Ok(Found::Document(document)),
                Ok(Part::Line(line)) => {
                    let event = line.strip_suffix(b"\n").and_then(|line| self.as_usual(line));
                    if let Some(event) = event {
                        return Some(Ok(Found::Event(event)));
                    }
                    let documents = self.documents.as_mut()?;
                    match documents.settle(line) {
                        Some(document) => document.map(Found::Document),
                        None => continue,
                    }
                }
                Err(error) => Err(error),
            });
        }
    }

    /// The step for a document; `None` if it says nothing.
    fn document(&mut self, document: &Bytes) -> Option<Step<WatchEvent<K>>> {
        let events = self.documents.as_ref()?;
        let shown = events.shown(document);
        let Some((kind, object)) = events.event(document) else {
            return Some(match status_document(document) {
                Some(status) => self.failure(status),
                None => self.over(Err(Error::decode_beginning("a document of the watch is not an event", shown))),
            });
        };
        self.usual = presumed_event(document).is_some_and(|(_, presumed)| presumed == object);
        let kind = match kind {
            EventType::Added => EventKind::Added,
            EventType::Modified => EventKind::Modified,
            EventType::Deleted => EventKind::Deleted,
            EventType::Bookmark => {
                let bookmark = Bookmark::decode(object).ok().filter(|bookmark| !bookmark.is_empty());
                return bookmark.map(|bookmark| Step::Yield(WatchEvent::Bookmark(bookmark)));
            }
            EventType::Error => {
                return Some(match encoding::read::<Status>(object, None) {
                    Ok(status) => self.failure(status),
                    Err(error) => self.over(Err(Error::undecodable(
                        "the watch ended with an ERROR, whose object",
                        &error,
                        object,
                    ))),
                });
            }
            EventType::Other(kind) => {
                let text = format!("the watch has an event of unknown type {kind:?}");
                return Some(self.over(Err(Error::decode_beginning(text, shown))));
            }
        };
        let decoded = match self.other_kind(object) {
            Some(text) => Err(Error::decode(text, b"")),
            None => self.decode(object).map_err(|error| Error::undecodable("an event's object", &error, object)),
        };
        Some(Step::Yield(match decoded {
            Ok(object) => kind.with(object),
            Err(error) => {
                let error = self.call.explain(error);
                let resource_version =
                    encoding::metadata(object).and_then(|found| found.resource_version).map(Cow::into_owned);
                // A copy, because the document keeps its whole chunk alive.
                WatchEvent::Undecodable { kind, object: Bytes::copy_from_slice(object), resource_version, error }
            }
        }))
    }

    /// The event of a line like the one before, if its object decodes. `None` means that the line must be parsed.
    fn as_usual(&self, line: &[u8]) -> Option<WatchEvent<K>> {
        let (kind, object) = presumed_event(line).filter(|_| self.usual)?;
        let kind = match kind {
            EventType::Added => EventKind::Added,
            EventType::Modified => EventKind::Modified,
            EventType::Deleted => EventKind::Deleted,
            _ => return None,
        };
        if self.other_kind(object).is_some() {
            return None;
        }
        let whole = AtomicBool::new(false);
        let decoded = self.decoded(Document::of(object).noting(&whole)).ok()?;
        // A type that reads only a part of the document does not see that another event follows.
        if !whole.into_inner() && may_hold_another(object) {
            return None;
        }
        Some(kind.with(decoded))
    }

    /// What is wrong with an object of another type than the watched one. An object without a type is not.
    fn other_kind(&self, object: &[u8]) -> Option<String> {
        if self.beginnings.iter().any(|beginning| object.starts_with(beginning.as_bytes())) {
            return None;
        }
        // A document that is no object has an error of its own.
        let [api_version, kind] = encoding::types(object)?.map(Option::unwrap_or_default);
        Expected::of(self.call.request())?.mismatched("an event's object", &api_version, &kind)
    }

    fn decode(&self, object: &[u8]) -> Result<K, DecodeError> {
        self.decoded(Document::of(object))
    }

    fn decoded(&self, document: Document<'_>) -> Result<K, DecodeError> {
        let document = document.without(self.trim.as_ref());
        K::decode_item(document, &self.kind.api_version, &self.kind.list_kind)
    }

    fn failure(&mut self, status: Status) -> Step<WatchEvent<K>> {
        let retry_after = status.suggested_delay();
        let api = ApiError { status, retry_after, ..ApiError::default() };
        self.over(Err(Error::new(ErrorKind::Api(Box::new(api)))))
    }
}

impl<K> Keeps for WatchOnce<K> {
    fn keep(&mut self) {
        self.call.keep(Kept::Awaited);
    }

    fn kept(&self) -> &Kept {
        self.call.kept()
    }
}

impl<K: Object> Operation for WatchOnce<K> {
    type Item = WatchEvent<K>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<WatchEvent<K>> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        loop {
            match self.part() {
                Some(Ok(Found::Event(event))) => {
                    self.call.progress();
                    return Step::Yield(event);
                }
                Some(Ok(Found::Document(document))) => {
                    self.call.progress();
                    match self.document(&document) {
                        Some(step) => return step,
                        None => continue,
                    }
                }
                Some(Err(error)) => return self.over(Err(error)),
                None if self.ended => {
                    let result = self.documents.take().map_or(Ok(()), Events::finish);
                    return self.over(result);
                }
                None => {}
            }
            match pass!(self.call.resume(input.take(), cx)) {
                Inner::Yield(Reply::Head(head)) => {
                    self.documents = Some(Events::of(&head.headers, cx.session.settings().limits.event));
                }
                Inner::Yield(Reply::Data(data)) => {
                    if let Some(documents) = &mut self.documents {
                        documents.push(data);
                    }
                }
                Inner::Done(Ok(())) => self.ended = true,
                Inner::Done(Err(error)) => return self.over(Err(error)),
            }
        }
    }
}
