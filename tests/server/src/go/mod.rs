//! Go's formats: how the real server reads base64 and times, and what its messages look like.

mod base64;
#[cfg(test)]
pub(crate) mod corpus;
mod json;
mod number;
mod text;

pub(crate) use base64::{base64, to_base64};
pub(crate) use json::json_fault;
pub(crate) use kube_proto::schema::internals::{Layout, quote, time};
pub(crate) use number::kept_numbers;
pub(crate) use text::{show, summary};
