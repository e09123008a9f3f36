//! What servers answer: errors, lists, tables, discovery documents.

mod answered;
pub mod discovery;
mod event;
mod failure;
mod list;
mod status;
mod table;
mod version;

pub use answered::Answered;
#[allow(unused_imports, reason = "used by the operations")]
pub(crate) use answered::media_type;
pub use event::{Bookmark, INITIAL_EVENTS_END, WatchEvent};
pub use failure::{error_from_body, failure_in_success, retry_after, status_document};
#[allow(unused_imports, reason = "used by the operations")]
pub(crate) use list::decode;
pub use list::{Deleted, List};
pub use status::{Status, StatusCause, StatusDetails};
pub use table::{Column, Row, RowCondition, Table};
pub use version::Version;
