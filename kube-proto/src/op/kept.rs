//! The parts of a response head that operations keep.

use std::sync::Arc;

use http::response::Parts;

use crate::response::info::ResponseInfo;

/// The parts that a call keeps of its latest response head: none, unless an operation asks for them.
#[derive(Clone, Debug, Default)]
pub(crate) enum Kept {
    /// The head is not kept.
    #[default]
    Nothing,
    /// The next head is kept; none has arrived yet.
    Awaited,
    /// The latest head.
    Info(Arc<ResponseInfo>),
}

impl Kept {
    pub(super) fn hear(&mut self, head: &Parts) {
        if !matches!(self, Kept::Nothing) {
            *self = Kept::Info(Arc::new(ResponseInfo::of(head)));
        }
    }

    /// The status code, warnings and audit id of the latest response.
    pub(crate) fn info(&self) -> Option<&Arc<ResponseInfo>> {
        match self {
            Kept::Info(info) => Some(info),
            Kept::Nothing | Kept::Awaited => None,
        }
    }
}

/// An operation around calls that can keep the heads of their responses.
pub(crate) trait Keeps {
    /// Keeps the heads of all calls from now on.
    fn keep(&mut self);

    /// The kept parts of the latest response.
    fn kept(&self) -> &Kept;
}
