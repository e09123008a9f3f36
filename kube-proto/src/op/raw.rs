//! Operations of a request that the caller built.

use bytes::Bytes;

use super::decode;
use super::logs::Logs;
use super::unary::Unary;
use crate::request::ApiRequest;

impl ApiRequest {
    /// Sends this request; yields the body of a successful response as it is.
    pub fn bytes(self) -> Unary<Bytes> {
        Unary::new(self, decode::bytes)
    }

    /// Sends this request; yields the body of a successful response decoded from JSON.
    pub fn json<T: serde::de::DeserializeOwned>(self) -> Unary<T> {
        Unary::new(self, decode::json)
    }

    /// Sends this request; yields the body of a successful response chunk by chunk, however long it is.
    pub fn chunks(self) -> Logs {
        Logs::new(self)
    }
}
