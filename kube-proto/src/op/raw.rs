//! Operations from a request that the caller built.

use bytes::Bytes;

use super::decode;
use super::expected::Decoder;
use super::logs::Logs;
use super::unary::Unary;
use crate::request::ApiRequest;

impl ApiRequest {
    /// Sends this request; yields the body of a successful response as received.
    ///
    /// A read of an [`Api`](crate::Api) asks for JSON, unless that API itself has
    /// [`ContentType::Protobuf`](crate::settings::ContentType): the session's setting and the defaults of types do not
    /// change the bytes that a program reads by itself. [`Document`](crate::resource::Document) reads either form.
    pub fn bytes(self) -> Unary<Bytes> {
        Unary::with(self.undecoded(), Decoder::unchecked(decode::bytes))
    }

    /// Sends this request; yields the body of a successful response as received, if it is the document that the request
    /// asks for: the object, the list or the table. An empty body, a `Status`, a page of a proxy or another kind is an
    /// error. A deletion may also have a `Status` of success, which stands for an empty body too.
    ///
    /// The encoding is as with [`bytes`](Self::bytes).
    pub fn document(self) -> Unary<Bytes> {
        Unary::new(self.undecoded(), decode::bytes)
    }

    /// Sends this request; yields the body of a successful response decoded from JSON. It does not ask for protobuf.
    pub fn json<T: serde::de::DeserializeOwned>(self) -> Unary<T> {
        Unary::with(self.in_json(), Decoder::of_any(decode::json))
    }

    /// Sends this request; yields the body of a successful response in chunks, without a size limit. It does not ask
    /// for protobuf.
    pub fn chunks(self) -> Logs {
        Logs::new(self.in_json())
    }
}
