//! What servers answer: errors, lists, tables, discovery documents.

mod answered;
mod bookmark;
pub mod discovery;
mod failure;
mod list;
mod status;
mod table;
mod version;
mod warning;

pub use answered::Answered;
pub(crate) use answered::media_type;
pub use bookmark::{Bookmark, INITIAL_EVENTS_END};
pub use failure::{error_from_body, failure_in_success, retry_after, status_document};
pub(crate) use list::decode;
pub use list::{Deleted, List};
pub use status::{Status, StatusCause, StatusDetails};
pub use table::{Column, Row, RowCondition, Table};
pub use version::Version;
