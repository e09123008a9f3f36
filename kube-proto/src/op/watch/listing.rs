//! A list in pages, of which one that failed can be asked for again.

use bytes::Bytes;

use super::table::{Since, Situation};
use crate::effect::Kind;
use crate::error::Error;
use crate::op::call::Call;
use crate::op::pages::{ListKind, Page, Paged};
use crate::operation::{Cx, Step};
use crate::request::ApiRequest;
use crate::resource::{ListMeta, Object};
use crate::session::{RetryPolicy, Timeouts};
use crate::{Input, frame};

/// | state | event | next |
/// |---|---|---|
/// | page | item | page; yields it |
/// | page | end, with a token | the next page; without `resourceVersion` (WIRE §4.4) |
/// | page | end | over; yields the version of the first page |
/// | page | failure | over; [`Listing::retry`] asks for the same page again |
#[derive(Debug)]
pub(super) struct Listing {
    request: ApiRequest,
    kind: ListKind,
    since: Since,
    page: Option<Page>,
    token: String,
    version: Option<String>,
    /// Pages in a row without an item.
    empty: u32,
    any_items: bool,
}

pub(super) enum Listed {
    Item(Bytes),
    End { version: String },
}

impl Listing {
    pub(super) fn new(request: ApiRequest, kind: ListKind, since: Since) -> Self {
        let (token, version) = (String::new(), None);
        Self { request, kind, since, page: None, token, version, empty: 0, any_items: false }
    }

    pub(super) fn since(&self) -> Since {
        self.since
    }

    pub(super) fn situation(&self) -> Situation {
        if self.token.is_empty() { Situation::Listing(self.since) } else { Situation::Paging }
    }

    /// Asks for the current page again. What it had yielded comes a second time.
    pub(super) fn retry(&mut self) {
        self.page = None;
    }

    pub(super) fn decode<K: Object>(&self, item: &[u8], trim: Option<&frame::Trim>) -> Result<K, Error> {
        match &self.page {
            Some(page) => page.decode(item, trim, &self.kind),
            None => Err(Error::misuse("an item without a page")),
        }
    }

    pub(super) fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Listed> {
        loop {
            let mut page = match self.page.take() {
                Some(page) => page,
                None => self.next_page(cx),
            };
            let step = page.resume(input.take(), cx);
            self.page = Some(page);
            match step {
                Step::Yield(Paged::Item(item)) => {
                    self.any_items = true;
                    return Step::Yield(Listed::Item(item));
                }
                Step::Yield(Paged::End(metadata)) => match self.turn_over(metadata) {
                    Ok(Some(version)) => return Step::Yield(Listed::End { version }),
                    Ok(None) => self.page = None,
                    Err(error) => return Step::Done(Err(error)),
                },
                Step::Do(effect) => return Step::Do(effect),
                Step::Wait(until) => return Step::Wait(until),
                Step::Done(result) => return Step::Done(result),
            }
        }
    }

    /// The version of the whole list, if this was its last page.
    fn turn_over(
        &mut self,
        ListMeta { resource_version, continue_token, .. }: ListMeta,
    ) -> Result<Option<String>, Error> {
        // All pages show the state of the first one; where they do not, a watch from there misses nothing.
        let version = self.version.get_or_insert(resource_version);
        if continue_token.is_empty() {
            return Ok(Some(version.clone()));
        }
        self.empty = if self.any_items { 0 } else { self.empty + 1 };
        self.any_items = false;
        if self.token == continue_token || self.empty > EMPTY_PAGES {
            return Err(Error::decode("the pages of the list do not come to an end", continue_token.as_bytes()));
        }
        self.token = continue_token;
        Ok(None)
    }

    fn next_page(&self, cx: &Cx<'_>) -> Page {
        let mut request = self.request.clone();
        if !self.token.is_empty() {
            request.query.remove("resourceVersion");
            request.query.remove("resourceVersionMatch");
            request.query.set("continue", &*self.token);
        }
        let mut call = Call::new(request, Kind::Call);
        call.set_retry(RetryPolicy::NEVER);
        // However long the list is and however slow its reader: what counts is that the server goes on.
        call.set_timeouts(Timeouts { total: None, ..cx.session.settings().call });
        Page::new(call)
    }
}

/// A page may be empty and not the last; but not for ever.
const EMPTY_PAGES: u32 = 100;
