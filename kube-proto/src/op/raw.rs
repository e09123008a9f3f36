//! Operations from a request that the caller built.

use bytes::Bytes;

use super::decode;
use super::logs::Logs;
use super::unary::Unary;
use crate::request::ApiRequest;

impl ApiRequest {
    /// Sends this request; yields the body of a successful response as received.
    pub fn bytes(self) -> Unary<Bytes> {
        Unary::new(self, decode::bytes)
    }

    /// Sends this request; yields the body of a successful response decoded from JSON.
    pub fn json<T: serde::de::DeserializeOwned>(self) -> Unary<T> {
        Unary::new(self, decode::json)
    }

    /// Sends this request; yields the body of a successful response in chunks, without a size limit.
    pub fn chunks(self) -> Logs {
        Logs::new(self)
    }
}
