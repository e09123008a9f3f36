//! Decoders from bodies to values. [`Decoder`](super::expected::Decoder) calls them.

use bytes::Bytes;
use http::response::Parts;
use serde::de::DeserializeOwned;

use crate::error::failure::failure_in_success;
use crate::error::{Error, ErrorKind};
use crate::frame::trim::Trim;
use crate::resource::Object;
use crate::resource::document::Document;
use crate::response::info::media_type;
use crate::response::list::{Deleted, List};

/// A document of any type.
pub(crate) fn json<T: DeserializeOwned>(_head: &Parts, body: &Bytes, _trim: Option<&Trim>) -> Result<T, Error> {
    crate::response::list::decode("object", body)
}

/// An object.
pub(crate) fn object<K: Object>(_head: &Parts, body: &Bytes, trim: Option<&Trim>) -> Result<K, Error> {
    crate::response::list::decode_with("object", body, |body| K::decode(Document::of(body).without(trim)))
}

/// The answer to a deletion.
pub(crate) fn deleted<T: DeserializeOwned>(
    _head: &Parts,
    body: &Bytes,
    _trim: Option<&Trim>,
) -> Result<Deleted<T>, Error> {
    Deleted::decode(body)
}

/// The answer to the deletion of a collection.
pub(crate) fn deleted_list<K: Object>(
    _head: &Parts,
    body: &Bytes,
    _trim: Option<&Trim>,
) -> Result<Deleted<List<K>>, Error> {
    Deleted::decode_list(body)
}

/// The body as received.
#[allow(clippy::unnecessary_wraps, reason = "one of several decoders")]
pub(crate) fn bytes(_head: &Parts, body: &Bytes, _trim: Option<&Trim>) -> Result<Bytes, Error> {
    Ok(body.clone())
}

/// Turns a `Status` with `Failure` into an error, for any HTTP status. An error of the decoder gets the media type,
/// which often shows that a proxy has answered.
pub(crate) fn checked<T>(head: &Parts, body: &[u8], decoded: Result<T, Error>) -> Result<T, Error> {
    if let Some(api) = failure_in_success(head, body) {
        return Err(Error::new(ErrorKind::Api(Box::new(api))));
    }
    decoded.map_err(|error| explained(head, error))
}

/// A decode error with the status and the media type of the response.
pub(crate) fn explained(head: &Parts, error: Error) -> Error {
    let ErrorKind::Decode { text, excerpt } = error.kind() else { return error };
    let kind = media_type(&head.headers).unwrap_or_else(|| "no content type".to_owned());
    let hint = if ["application/json", "application/vnd.kubernetes.protobuf"].contains(&&*kind) {
        ""
    } else {
        "; is this an API server, or a proxy before it?"
    };
    let text = format!("status {} with a body ({kind}) that does not decode: {text}{hint}", head.status.as_u16());
    Error::new(ErrorKind::Decode { text, excerpt: excerpt.clone() })
}
