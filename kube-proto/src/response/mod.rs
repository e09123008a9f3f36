//! The answers of servers: errors, lists, tables, discovery documents.

pub(crate) mod bookmark;
pub(crate) mod hook;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod status;
mod table;
pub(crate) mod version;
mod warning;

pub use bookmark::{Bookmark, INITIAL_EVENTS_END};
pub use hook::{Warning, Warnings};
pub use info::ResponseInfo;
pub use list::{Deleted, List};
pub use status::{Status, StatusCause, StatusDetails};
pub use table::{Column, Row, RowCondition, Table};
pub use version::{Feature, Version};
