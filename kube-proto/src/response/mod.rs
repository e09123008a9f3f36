//! What servers answer: errors, lists, tables, discovery documents.

mod answered;
mod status;

pub use answered::Answered;
#[allow(unused_imports, reason = "used by the operations")]
pub(crate) use answered::media_type;
pub use status::{Status, StatusCause, StatusDetails};
