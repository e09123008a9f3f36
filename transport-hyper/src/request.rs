//! An exchange's request in hyper's form.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::uri::Scheme;
use http::{HeaderValue, Method, Request, Uri, Version};
use hyper::body::{Body, Frame, SizeHint};
use kube_proto::config::Proxy;
use kube_proto::driver::wire::host;
use kube_proto::driver::{Exchange, Fault, FaultKind};

/// The request in hyper's form: with `Host` for HTTP/1.1; with an absolute URI for HTTP/2, and for a proxy that
/// forwards the request itself (RFC 9112 §3.2.2).
pub(crate) fn request(exchange: Exchange, http2: bool) -> Result<Request<Once>, Fault> {
    let host = host(&exchange.to)?;
    let forwarded = exchange.to.proxy().filter(|_| exchange.to.is_forwarded());
    let (mut parts, body) = exchange.request.into_parts();
    if parts.method == Method::CONNECT {
        return Err(Fault::unsent(FaultKind::Unsupported, "CONNECT is not a request to a server"));
    }
    let length = body.len();
    for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    if length > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method) {
        parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if http2 || forwarded.is_some() {
        let scheme = if http2 { Scheme::HTTPS } else { Scheme::HTTP };
        let uri = Uri::builder().scheme(scheme).authority(host.as_bytes());
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        parts.uri = uri.path_and_query(target).build().map_err(|error| {
            Fault::unsent(FaultKind::Unsupported, format!("{} is not a valid request URI: {error}", parts.uri))
        })?;
    }
    if let Some(authorization) = forwarded.and_then(Proxy::authorization) {
        parts.headers.insert(PROXY_AUTHORIZATION, authorization);
    }
    if http2 {
        parts.version = Version::HTTP_2;
    } else {
        parts.headers.insert(HOST, host);
        parts.version = Version::HTTP_11;
    }
    Ok(Request::from_parts(parts, Once(Some(body).filter(|body| !body.is_empty()))))
}

/// A request's body: all of it at once.
pub(crate) struct Once(Option<Bytes>);

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
