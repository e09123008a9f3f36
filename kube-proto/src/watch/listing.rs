//! A list in pages. A page that failed can be requested again.

use bytes::Bytes;

use super::table::{Since, Situation};
use crate::driver::effect::ExchangeKind;
use crate::driver::input::Input;
use crate::driver::operation::Cx;
use crate::driver::step::Step;
use crate::error::Error;
use crate::frame;
use crate::op::call::Call;
use crate::op::kept::Kept;
use crate::op::pages::{ListKind, Page, Paged, Turning};
use crate::op::{Inner, pass};
use crate::request::ApiRequest;
use crate::resource::Object;
use crate::resource::meta::ListMeta;
use crate::settings::Timeouts;
use crate::settings::policy::RetryPolicy;

/// The list of a watch, page by page.
///
/// | event | next |
/// |---|---|
/// | an item | yields it |
/// | the end of a page with a `continue` token | yields that it turned; then the next page, without `resourceVersion` (docs/wire.md §4.4) |
/// | the end of the last page | yields the version of the first page |
/// | a failure | ends with the error; [`Listing::retry`] requests the same page again |
#[derive(Debug)]
pub(super) struct Listing {
    request: ApiRequest,
    kind: ListKind,
    since: Since,
    page: Option<Page>,
    turning: Turning,
    version: Option<String>,
}

pub(super) enum Listed {
    Item(Bytes),
    /// A page is complete, and another follows.
    Turned,
    End {
        version: String,
    },
}

impl Listing {
    pub(super) fn new(request: ApiRequest, kind: ListKind, since: Since) -> Self {
        Self { request, kind, since, page: None, turning: Turning::default(), version: None }
    }

    pub(super) fn since(&self) -> Since {
        self.since
    }

    pub(super) fn situation(&self) -> Situation {
        if self.turning.token.is_empty() { Situation::Listing(self.since) } else { Situation::Paging }
    }

    /// The kept parts of the latest response.
    pub(super) fn kept(&self) -> &Kept {
        self.page.as_ref().map_or(&Kept::Nothing, Page::kept)
    }

    /// Requests the current page again. Its items come a second time.
    pub(super) fn retry(&mut self) {
        self.page = None;
    }

    pub(super) fn decode<K: Object>(&self, item: &[u8], trim: Option<&frame::Trim>) -> Result<K, Error> {
        match &self.page {
            Some(page) => page.decode(item, trim, &self.kind),
            None => Err(Error::misuse("an item without a page")),
        }
    }

    pub(super) fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Listed> {
        let mut page = match self.page.take() {
            Some(page) => page,
            None => self.next_page(cx),
        };
        let step = page.resume(input, cx);
        if matches!(step, Step::Yield(Paged::Item(_))) {
            // The caller may make other calls before it takes the next item.
            page.release();
        }
        self.page = Some(page);
        match pass!(step) {
            Inner::Yield(Paged::Item(item)) => {
                self.turning.item();
                Step::Yield(Listed::Item(item))
            }
            Inner::Yield(Paged::End(metadata)) => match self.turn_over(metadata) {
                Ok(Some(version)) => Step::Yield(Listed::End { version }),
                Ok(None) => {
                    self.page = None;
                    Step::Yield(Listed::Turned)
                }
                Err(error) => Step::Done(Err(error)),
            },
            Inner::Done(result) => Step::Done(result),
        }
    }

    /// The version of the whole list, if this was its last page.
    fn turn_over(
        &mut self,
        ListMeta { resource_version, continue_token, .. }: ListMeta,
    ) -> Result<Option<String>, Error> {
        // All pages should have the version of the first. If not, a watch from the first version misses no change.
        let version = self.version.get_or_insert(resource_version);
        Ok(if self.turning.turn(continue_token)? { None } else { Some(version.clone()) })
    }

    fn next_page(&self, cx: &Cx<'_>) -> Page {
        let mut call = Call::new(self.turning.request(&self.request), ExchangeKind::Call);
        call.set_retry(RetryPolicy::NEVER);
        call.keep(Kept::Awaited);
        // A long list or a slow reader is no failure. The idle time-out finds a server that has stopped.
        call.set_timeouts(Timeouts { total: None, ..cx.session.settings().call });
        Page::new(call)
    }
}
