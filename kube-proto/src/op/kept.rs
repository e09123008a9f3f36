//! What operations keep of the heads of their responses.

use std::sync::Arc;

use http::response::Parts;

use crate::response::info::ResponseInfo;

/// What a call keeps of the head of its latest response: nothing, unless an operation asks for it.
#[derive(Clone, Debug, Default)]
pub(crate) enum Kept {
    /// The head is not kept.
    #[default]
    Nothing,
    /// The next head is kept; there was none yet.
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

    /// What the latest response said.
    pub(crate) fn info(&self) -> Option<&Arc<ResponseInfo>> {
        match self {
            Kept::Info(info) => Some(info),
            Kept::Nothing | Kept::Awaited => None,
        }
    }
}

/// An operation around calls that can keep what their responses say.
pub(crate) trait Keeps {
    /// Keeps the heads of all calls from now on.
    fn keep(&mut self);

    /// What was kept of the latest response.
    fn kept(&self) -> &Kept;
}
