//! The status code, the warnings and the audit id of responses.
//!
//! | operation | source |
//! |---|---|
//! | [`Unary`], [`ListAll`], [`Pages`], [`WatchOnce`] | [`WithInfo`], from their method `with_info` |
//! | [`Watch`](crate::watch::Watch), [`Logs`](super::logs::Logs) | their method `response_info` |
//! | [`Upgrade`](super::upgrade::Upgrade) | [`ResponseInfo::of`] the head that `accept` gets |
//! | any that fails | [`Error::response_info`](crate::error::Error::response_info) |

use std::sync::Arc;

use super::kept::Keeps;
use super::pages::{ListAll, Pages};
use super::unary::Unary;
use super::watch_once::WatchOnce;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::response::info::ResponseInfo;

/// An item with the status code, the warnings and the audit id of its response.
#[derive(Clone, Debug)]
pub struct ApiResponse<T> {
    /// The item.
    pub value: T,
    /// Status code, warnings, audit id. The same for all items of one response.
    pub info: Arc<ResponseInfo>,
}

/// An operation that yields each item with the status code, the warnings and the audit id of its response.
///
/// If there are several responses (the pages of a list, the tries of a call), each item has the values of its own.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct WithInfo<O> {
    operation: O,
}

#[allow(private_bounds, reason = "only operations of this crate keep response heads")]
impl<O: Keeps> WithInfo<O> {
    fn new(mut operation: O) -> Self {
        operation.keep();
        Self { operation }
    }

    /// Status code, warnings and audit id of the latest response; `None` before the first head has arrived.
    #[must_use]
    pub fn response_info(&self) -> Option<&ResponseInfo> {
        self.operation.kept().info().map(|info| &**info)
    }

    pub(crate) fn operation_mut(&mut self) -> &mut O {
        &mut self.operation
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

#[allow(private_bounds, reason = "only operations of this crate keep response heads")]
impl<O: OneResult + Keeps> OneResult for WithInfo<O> {}

#[allow(private_bounds, reason = "only operations of this crate keep response heads")]
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
