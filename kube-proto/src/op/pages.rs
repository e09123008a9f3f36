//! Lists, decoded item by item as the bytes arrive.
//!
//! A list of 50 MB never exists as one buffer. Memory holds the current chunk, the incomplete item at its end, and the
//! fields of the list other than its items.
//!
//! [`Pages`] has a `page` while one is read, and a result in `done` at the end:
//!
//! | event | next |
//! |---|---|
//! | a whole item | yields the object |
//! | the end of a page with `continue` | the next page: the same parameters without `resourceVersion` (docs/wire.md §4.4) |
//! | the end of a page without `continue` | `done` |
//! | 410 on a later page | `done` with the error, which has the token to continue with |
//! | the same `continue` again, or more than [`EMPTY_PAGES`] pages in a row without an item | `done` with an error |
//! | any other failure | `done` with the error |

use std::marker::PhantomData;

use bytes::{Bytes, BytesMut};
use http::response::Parts;
use serde::Deserialize as _;

use super::call::{Call, Reply};
use super::decode;
use super::expected::Expected;
use super::kept::{Keeps, Kept};
use super::split::Items;
use crate::driver::effect::ExchangeKind;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::{EXCERPT, Error};
use crate::frame::error::FrameError;
use crate::frame::trim::Trim;
use crate::op::{Inner, pass};
use crate::opaque::Opaque;
use crate::request::ApiRequest;
use crate::request::target::Target;
use crate::resource::document::Document;
use crate::resource::meta::ListMeta;
use crate::resource::{Object, Part, null_as_default};
use crate::response::list::{List, decode as decode_as};

/// One page: the bytes of its items, and then its metadata.
#[derive(Debug)]
pub(crate) struct Page {
    call: Call,
    head: Option<Opaque<Box<Parts>>>,
    items: Option<Items>,
    /// The first bytes, for the error of a body that is not a list.
    beginning: Opaque<BytesMut>,
}

pub(crate) enum Paged {
    Item(Bytes),
    End(ListMeta),
}

impl Page {
    pub(crate) fn new(call: Call) -> Self {
        Self { call, head: None, items: None, beginning: Opaque::default() }
    }

    /// The next step. Not resumed again after `Yield(Paged::End)`.
    pub(crate) fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Paged> {
        loop {
            match self.items.as_mut().map_or(Ok(None), Items::next) {
                Ok(Some(item)) => return Step::Yield(Paged::Item(item)),
                Ok(None) => {}
                Err(error) => return self.no_list(error),
            }
            match pass!(self.call.resume(input.take(), cx)) {
                Inner::Yield(Reply::Head(head)) => {
                    let limits = cx.session.settings().limits;
                    self.items = Some(Items::of(&head.headers, limits));
                    self.head = Some(head.into());
                }
                Inner::Yield(Reply::Data(data)) => {
                    if self.beginning.is_empty() {
                        self.beginning.extend_from_slice(data.get(..=EXCERPT).unwrap_or(&data));
                    }
                    if let Some(items) = &mut self.items {
                        items.push(data);
                    }
                }
                Inner::Done(Ok(())) => return self.finish(),
                Inner::Done(Err(error)) => return Step::Done(Err(error)),
            }
        }
    }

    /// Decodes the bytes of an item.
    pub(crate) fn decode<K: Object>(&self, item: &[u8], trim: Option<&Trim>, kind: &ListKind) -> Result<K, Error> {
        // In place of an object null is an empty one.
        let item = if item == b"null" { b"{}" } else { item };
        K::decode_item(Document::of(item).without(trim), &kind.api_version, &kind.list_kind)
            .map_err(|error| self.call.explain(Error::undecodable("the item of the list", &error, item)))
    }

    /// An item goes to the caller.
    pub(crate) fn release(&mut self) {
        self.call.release();
    }

    /// The kept parts of its response.
    pub(crate) fn kept(&self) -> &Kept {
        self.call.kept()
    }

    fn finish(&mut self) -> Step<Paged> {
        let (Some(items), Some(head)) = (self.items.take(), self.head.clone()) else {
            return self.broken(Error::misuse("no response was reported"));
        };
        let (rest, is_list) = match items.finish() {
            Ok(rest) => rest,
            Err(error) => return self.no_list(error),
        };
        match decode::checked(&head, &rest, decode_as::<Rest>("list", &rest)) {
            Ok(Rest { api_version, kind, metadata, items }) if is_list.unwrap_or(items) => {
                let expected = Expected::of(self.call.request());
                match expected.and_then(|expected| expected.mismatched("the answer", &api_version, &kind)) {
                    None => Step::Yield(Paged::End(metadata.unwrap_or_default())),
                    Some(text) => self.broken(decode::explained(&head, Error::decode(text, b""))),
                }
            }
            // A document without `items`.
            Ok(_) => self.broken(Error::decode("the answer is not a list", &rest)),
            Err(error) => self.broken(error),
        }
    }

    /// The error for a body that is not a list. It shows the beginning of the body.
    fn no_list(&self, error: FrameError) -> Step<Paged> {
        self.broken(match (error, self.head.as_deref()) {
            (error @ FrameError::TooLarge(_), _) | (error, None) => error.into(),
            (error, Some(head)) => decode::explained(head, Error::decode_beginning(error.to_string(), &self.beginning)),
        })
    }

    fn broken(&self, error: Error) -> Step<Paged> {
        Step::Done(Err(self.call.explain(error)))
    }
}

/// The fields of a list other than its items.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rest {
    #[serde(default, deserialize_with = "null_as_default")]
    api_version: String,
    #[serde(default, deserialize_with = "null_as_default")]
    kind: String,
    metadata: Option<ListMeta>,
    /// Whether there is a member `items`: `null` is an empty list.
    #[serde(default, deserialize_with = "present")]
    items: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The position of a list between its pages.
#[derive(Debug, Default)]
pub(crate) struct Turning {
    /// The token of the current page; empty for the first.
    pub(crate) token: String,
    /// Pages in a row without an item.
    empty: u32,
    any_items: bool,
}

impl Turning {
    /// Notes an item on the current page.
    pub(crate) fn item(&mut self) {
        self.any_items = true;
    }

    /// Ends the current page with this `continue` token. Returns whether there is another page.
    pub(crate) fn turn(&mut self, token: String) -> Result<bool, Error> {
        if token.is_empty() {
            return Ok(false);
        }
        self.empty = if self.any_items { 0 } else { self.empty + 1 };
        self.any_items = false;
        if self.token == token || self.empty > EMPTY_PAGES {
            return Err(Error::decode("the pages of the list do not come to an end", token.as_bytes()));
        }
        self.token = token;
        Ok(true)
    }

    /// The request for the current page.
    pub(crate) fn request(&self, list: &ApiRequest) -> ApiRequest {
        let mut request = list.clone();
        if !self.token.is_empty() {
            // The token contains the version. Servers refuse another one beside it.
            request.query.remove("resourceVersion");
            request.query.remove("resourceVersionMatch");
            request.query.set("continue", &*self.token);
        }
        request
    }
}

/// The most pages in a row without an item.
const EMPTY_PAGES: u32 = 100;

/// The type of a list, for items without type fields.
#[derive(Clone, Debug)]
pub(crate) struct ListKind {
    pub(crate) api_version: String,
    pub(crate) list_kind: String,
}

impl ListKind {
    /// The type of the lists of this target.
    pub(crate) fn of(target: &Target) -> Self {
        let Target { resource, part, .. } = target;
        if *part == Part::Metadata {
            return Self { api_version: "meta.k8s.io/v1".into(), list_kind: "PartialObjectMetadataList".into() };
        }
        Self { api_version: resource.api_version().into_owned(), list_kind: format!("{}List", resource.kind) }
    }
}

/// One list request: yields one [`List`].
///
/// The items are decoded as they arrive. For lists that are too large to hold in memory, see [`Pages`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct ListAll<K> {
    page: Page,
    kind: ListKind,
    trim: Option<Trim>,
    items: Opaque<Vec<K>>,
    done: Option<Result<(), Error>>,
}

impl<K: Object> ListAll<K> {
    pub(crate) fn new(request: ApiRequest, kind: ListKind) -> Self {
        Self {
            page: Page::new(Call::new(request, ExchangeKind::Call)),
            kind,
            trim: None,
            items: Opaque::default(),
            done: None,
        }
    }

    /// Leaves out parts of each object: they are skipped while it is read.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.page.call.leave_out(&trim);
        self.trim = Some(trim);
        self
    }

    /// Replaces the session's time-outs for this kind of request.
    pub fn timeouts(mut self, timeouts: crate::settings::Timeouts) -> Self {
        self.page.call.set_timeouts(timeouts);
        self
    }

    /// Replaces the session's policy of repetitions for this request.
    pub fn retry(mut self, retry: crate::settings::RetryPolicy) -> Self {
        self.page.call.set_retry(retry);
        self
    }
}

impl<K> Keeps for ListAll<K> {
    fn keep(&mut self) {
        self.page.call.keep(Kept::Awaited);
    }

    fn kept(&self) -> &Kept {
        self.page.call.kept()
    }
}

impl<K: Object> OneResult for ListAll<K> {}

impl<K: Object> Operation for ListAll<K> {
    type Item = List<K>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<List<K>> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        loop {
            match pass!(self.page.resume(input.take(), cx)) {
                Inner::Yield(Paged::Item(item)) => match self.page.decode(&item, self.trim.as_ref(), &self.kind) {
                    Ok(object) => self.items.push(object),
                    Err(error) => {
                        self.done = Some(Err(error.clone()));
                        return Step::Done(Err(error));
                    }
                },
                Inner::Yield(Paged::End(metadata)) => {
                    self.done = Some(Ok(()));
                    let ListKind { api_version, list_kind: kind } = self.kind.clone();
                    let mut items = std::mem::take(&mut *self.items);
                    // It grew by doubling.
                    items.shrink_to_fit();
                    return Step::Yield(List { api_version, kind, metadata, items });
                }
                Inner::Done(result) => {
                    self.done = Some(result.clone());
                    return Step::Done(result);
                }
            }
        }
    }
}

/// A list in pages: yields each object as soon as its bytes have arrived.
///
/// The list may expire between two pages (410: the server no longer has that state). Then start again, or continue with
/// the error's [`continue_token`](crate::error::Error::continue_token), without consistency.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Pages<K> {
    request: ApiRequest,
    timeouts: Option<crate::settings::Timeouts>,
    page: Option<Page>,
    kind: ListKind,
    trim: Option<Trim>,
    turning: Turning,
    metadata: Option<ListMeta>,
    /// The kept parts of the page before this one.
    kept: Kept,
    done: Option<Result<(), Error>>,
    item: PhantomData<fn() -> K>,
}

impl<K: Object> Pages<K> {
    pub(crate) fn new(request: ApiRequest, kind: ListKind) -> Self {
        Self {
            request,
            timeouts: None,
            page: None,
            kind,
            trim: None,
            turning: Turning::default(),
            metadata: None,
            kept: Kept::Nothing,
            done: None,
            item: PhantomData,
        }
    }

    /// Leaves out parts of each object: they are skipped while it is read.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.request.leave_out(&trim);
        self.trim = Some(trim);
        self
    }

    /// Replaces the session's time-outs for this kind of request. They apply to each page.
    pub fn timeouts(mut self, timeouts: crate::settings::Timeouts) -> Self {
        self.timeouts = Some(timeouts);
        self
    }

    /// The metadata of the last complete page, with the resource version of the list.
    #[must_use]
    pub fn metadata(&self) -> Option<&ListMeta> {
        self.metadata.as_ref()
    }

    fn next_page(&mut self) -> Page {
        let mut call = Call::new(self.turning.request(&self.request), ExchangeKind::Call);
        if let Some(timeouts) = self.timeouts {
            call.set_timeouts(timeouts);
        }
        call.keep(self.kept.clone());
        Page::new(call)
    }
}

impl<K> Keeps for Pages<K> {
    fn keep(&mut self) {
        self.kept = Kept::Awaited;
    }

    fn kept(&self) -> &Kept {
        self.page.as_ref().map_or(&self.kept, |page| page.call.kept())
    }
}

impl<K: Object> Operation for Pages<K> {
    type Item = K;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<K> {
        if let Some(done) = &self.done {
            return Step::Done(done.clone());
        }
        loop {
            let mut page = match self.page.take() {
                Some(page) => page,
                None => self.next_page(),
            };
            let step = page.resume(input.take(), cx);
            if matches!(step, Step::Yield(Paged::End(_)) | Step::Done(_)) {
                self.kept = page.call.kept().clone();
            }
            let result = match step {
                Step::Yield(Paged::End(metadata)) => {
                    let more = self.turning.turn(metadata.continue_token.clone());
                    self.metadata = Some(metadata);
                    match more {
                        Ok(true) => continue,
                        Ok(false) => Ok(()),
                        Err(error) => Err(page.call.explain(error)),
                    }
                }
                Step::Done(result) => result,
                Step::Yield(Paged::Item(item)) => match page.decode(&item, self.trim.as_ref(), &self.kind) {
                    Ok(object) => {
                        self.turning.item();
                        page.release();
                        self.page = Some(page);
                        return Step::Yield(object);
                    }
                    Err(error) => Err(error),
                },
                Step::Do(effect) => {
                    self.page = Some(page);
                    return Step::Do(effect);
                }
                Step::Wait(until) => {
                    self.page = Some(page);
                    return Step::Wait(until);
                }
            };
            self.done = Some(result.clone());
            return Step::Done(result);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{ApiResource, Scope};

    #[test]
    fn list_kinds_are_those_of_servers() {
        let target = Target::of(ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced));
        let kind = |target: &Target| {
            let ListKind { api_version, list_kind } = ListKind::of(target);
            (api_version, list_kind)
        };
        assert_eq!(kind(&target), ("apps/v1".into(), "DeploymentList".into()));
        let metadata = ("meta.k8s.io/v1".into(), "PartialObjectMetadataList".into());
        assert_eq!(kind(&target.part(Part::Metadata)), metadata);
    }
}
