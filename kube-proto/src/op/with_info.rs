//! What responses say beside their documents: status code, warnings, audit id.
//!
//! | operation | where |
//! |---|---|
//! | [`Unary`], [`ListAll`], [`Pages`], [`WatchOnce`] | [`WithInfo`], from their method `with_info` |
//! | [`Watch`](crate::watch::Watch), [`Logs`](super::logs::Logs) | their method `response_info` |
//! | [`Upgrade`](super::upgrade::Upgrade) | the head that its `accept` is shown: [`ResponseInfo::of`] |
//! | whatever fails | [`Error::answered`](crate::error::Error::response_info) |

use std::sync::Arc;

use super::kept::Keeps;
use super::pages::{ListAll, Pages};
use super::unary::Unary;
use super::watch_once::WatchOnce;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::response::info::ResponseInfo;

/// An item, and what its response said beside it.
#[derive(Clone, Debug)]
pub struct ApiResponse<T> {
    /// The item.
    pub value: T,
    /// Status code, warnings, audit id. The same for all items of one response.
    pub info: Arc<ResponseInfo>,
}

/// An operation whose items come with what their response said beside them.
///
/// Of several responses (the pages of a list, the tries of a call) each item comes with its own.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct WithInfo<O> {
    operation: O,
}

#[allow(private_bounds, reason = "only this crate's operations keep what responses say")]
impl<O: Keeps> WithInfo<O> {
    fn new(mut operation: O) -> Self {
        operation.keep();
        Self { operation }
    }

    /// What the latest response said beside its items; `None` before its head has arrived.
    #[must_use]
    pub fn response_info(&self) -> Option<&ResponseInfo> {
        self.operation.kept().info().map(|info| &**info)
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

#[allow(private_bounds, reason = "only this crate's operations keep what responses say")]
impl<O: OneResult + Keeps> OneResult for WithInfo<O> {}

#[allow(private_bounds, reason = "only this crate's operations keep what responses say")]
impl<O: Operation + Keeps> Operation for WithInfo<O> {
    type Item = ApiResponse<O::Item>;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Self::Item> {
        let step = self.operation.resume(input, cx);
        step.map(|value| ApiResponse { value, info: self.operation.kept().info().cloned().unwrap_or_default() })
    }
}

impl<T> Unary<T> {
    /// Yields the status code, the warnings and the audit id of the response beside the document.
    pub fn with_info(self) -> WithInfo<Self> {
        WithInfo::new(self)
    }
}

impl<K> ListAll<K> {
    /// Yields the status code, the warnings and the audit id of the response beside the list.
    pub fn with_info(self) -> WithInfo<Self> {
        WithInfo::new(self)
    }
}

impl<K> Pages<K> {
    /// Yields the status code, the warnings and the audit id of its page beside each object.
    pub fn with_info(self) -> WithInfo<Self> {
        WithInfo::new(self)
    }
}

impl<K> WatchOnce<K> {
    /// Yields the status code, the warnings and the audit id of the response beside each event.
    pub fn with_info(self) -> WithInfo<Self> {
        WithInfo::new(self)
    }
}
