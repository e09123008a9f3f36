//! Go's formats of quoted texts, values and JSON errors, as the real server's messages contain them.

mod json;
mod text;

pub(crate) use json::json_fault;
pub(crate) use text::{quote, show, summary};
