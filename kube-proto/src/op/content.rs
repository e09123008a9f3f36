//! The content of a body: as received, or inflated (feature `gzip`).
//!
//! | [`AcceptedEncoding`] | `Content-Encoding` | content |
//! |---|---|---|
//! | any | none, `identity` | the bytes as received |
//! | `Gzip`, `GzipStream` | `gzip`, `x-gzip` | inflated; an error if corrupt, truncated, too large or followed by other data |
//! | `Caller` | any | the bytes as received: the caller decodes them |
//! | any but `Caller` | any other | an error |
//!
//! The response to a call has a size limit for any coding; a stream has none. A body that announces a length above the
//! limit still yields 64 KiB: the message of a refusal is in them.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::driver::effect::ExchangeKind;
use crate::driver::wire::fields::{Side, in_chunks};
use crate::error::Error;
#[cfg(feature = "gzip")]
use crate::frame::gzip::{Gunzip, GzipError};
use crate::opaque::Opaque;
use crate::settings::{Settings, SizeLimits};

/// The codings that a request accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptedEncoding {
    /// None, for a stream or an upgrade.
    PlainStream,
    /// None, for a call.
    Plain,
    #[cfg(feature = "gzip")]
    Gzip,
    /// A stream whose server completes what it has compressed before it waits.
    #[cfg(feature = "gzip")]
    GzipStream,
    Caller(ExchangeKind),
}

/// Decodes a body to its content.
#[derive(Debug)]
pub(crate) struct Content {
    coding: Coding,
    /// The size of the content so far; `None` if it has no limit.
    bytes: Option<usize>,
    /// The `Content-Length` of a body that is not inflated, or 0.
    announced: usize,
}

#[derive(Debug)]
enum Coding {
    Plain(Option<Opaque<Bytes>>),
    #[cfg(feature = "gzip")]
    Gzip(Box<Gunzip>),
}

impl AcceptedEncoding {
    /// Sets `Accept-Encoding` in the headers of a request. `listing`: a watch that begins with a list.
    ///
    /// Servers from 1.37 on compress such a watch, and end what they have compressed before they wait (docs/wire.md §2).
    /// Any other stream is not compressed: an event would wait in the compressor for the next one. It asks for `identity`,
    /// because a request without the header accepts any coding (RFC 9110 §12.5.3), and a proxy may choose one.
    pub(crate) fn ask(headers: &mut HeaderMap, kind: ExchangeKind, listing: bool, settings: &Settings) -> Self {
        if headers.contains_key(header::ACCEPT_ENCODING) {
            return AcceptedEncoding::Caller(kind);
        }
        #[cfg(feature = "gzip")]
        if settings.compression && (kind == ExchangeKind::Call || listing) {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            return if kind == ExchangeKind::Call { AcceptedEncoding::Gzip } else { AcceptedEncoding::GzipStream };
        }
        let _ = (settings, listing);
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if kind == ExchangeKind::Call { AcceptedEncoding::Plain } else { AcceptedEncoding::PlainStream }
    }
}

impl Content {
    /// Selects the decoder for the body of this response.
    ///
    /// # Errors
    /// The body has a coding that the request does not accept, two lengths, or a transfer coding other than `chunked`.
    /// `wire` refuses the last two itself, but the HTTP of other drivers may not, and an intermediary may have read
    /// another end of the body (RFC 9112 §6.3).
    pub(crate) fn of(headers: &HeaderMap, accepted: AcceptedEncoding) -> Result<Self, Error> {
        in_chunks(Side::Answer, headers).map_err(|text| Error::decode(&*text, b""))?;
        let codings = || headers.get_all(header::CONTENT_ENCODING).iter();
        let is = |value: &HeaderValue, names: &[&str]| {
            value.to_str().is_ok_and(|value| names.iter().any(|name| value.trim().eq_ignore_ascii_case(name)))
        };
        let bounded = match accepted {
            AcceptedEncoding::PlainStream => false,
            #[cfg(feature = "gzip")]
            AcceptedEncoding::GzipStream => false,
            AcceptedEncoding::Caller(kind) => kind == ExchangeKind::Call,
            _ => true,
        };
        let bytes = bounded.then_some(0);
        if matches!(accepted, AcceptedEncoding::Caller(_)) || codings().all(|value| is(value, &["identity", ""])) {
            return Ok(Content { coding: Coding::Plain(None), bytes, announced: content_length(headers) });
        }
        #[cfg(feature = "gzip")]
        if matches!(accepted, AcceptedEncoding::Gzip | AcceptedEncoding::GzipStream)
            && codings().count() == 1
            && codings().all(|value| is(value, &["gzip", "x-gzip"]))
        {
            return Ok(Content { coding: Coding::Gzip(Box::default()), bytes, announced: 0 });
        }
        let found: Vec<_> = codings().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let text =
            format!("the body came with Content-Encoding {:?}, which the request did not ask for", found.join(", "));
        Err(Error::decode(text, b""))
    }

    /// Adds bytes of the body. Take all content with [`Content::next`] before the next push.
    pub(crate) fn push(&mut self, data: Bytes) {
        match &mut self.coding {
            Coding::Plain(next) => *next = Some(data.into()),
            #[cfg(feature = "gzip")]
            Coding::Gzip(gunzip) => gunzip.push(data),
        }
    }

    /// The next bytes of the content; `None` until more of the body is pushed.
    pub(crate) fn next(&mut self, limits: &SizeLimits) -> Result<Option<Bytes>, Error> {
        let piece = match &mut self.coding {
            Coding::Plain(next) => next.take().map(|data| data.0),
            #[cfg(feature = "gzip")]
            Coding::Gzip(gunzip) => gunzip.next().map_err(broken)?,
        };
        if let (Some(bytes), Some(piece)) = (&mut self.bytes, &piece) {
            let hopeless = *bytes > limits.error.min(MESSAGE) && self.announced > limits.answer;
            *bytes = bytes.saturating_add(piece.len());
            if hopeless || *bytes > limits.answer {
                return Err(Error::too_large("the response as a whole", limits.answer));
            }
        }
        Ok(piece)
    }

    /// Ends the body, after all content was taken.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match &self.coding {
            Coding::Plain(_) => Ok(()),
            #[cfg(feature = "gzip")]
            Coding::Gzip(gunzip) => gunzip.finish().map_err(broken),
        }
    }

    /// Whether the content differs from the bytes as received.
    pub(crate) fn is_inflated(&self) -> bool {
        !matches!(self.coding, Coding::Plain(_))
    }
}

/// The `Content-Length` of a head, or 0.
pub(super) fn content_length(headers: &HeaderMap) -> usize {
    let value = headers.get(header::CONTENT_LENGTH);
    value.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(feature = "gzip")]
fn broken(error: GzipError) -> Error {
    Error::decode(format!("the body cannot be read: {error}"), b"")
}

/// The first bytes of a body that is too long, among which the message of a refusal is.
const MESSAGE: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(codings: &[&str]) -> HeaderMap {
        codings.iter().map(|coding| (header::CONTENT_ENCODING, coding.parse().unwrap())).collect()
    }

    #[test]
    fn which_codings_are_read() {
        #[cfg(feature = "gzip")]
        let gzip = AcceptedEncoding::Gzip;
        #[cfg(not(feature = "gzip"))]
        let gzip = AcceptedEncoding::Plain;
        let inflates = cfg!(feature = "gzip");
        for (codings, accepted, found) in [
            (&[][..], AcceptedEncoding::PlainStream, Some(false)),
            (&["identity"], AcceptedEncoding::PlainStream, Some(false)),
            (&["gzip"], AcceptedEncoding::PlainStream, None),
            (&["gzip"], AcceptedEncoding::Plain, None),
            (&["gzip"], AcceptedEncoding::Caller(ExchangeKind::Call), Some(false)),
            (&["br"], AcceptedEncoding::Caller(ExchangeKind::Stream), Some(false)),
            (&[], gzip, Some(false)),
            (&["Identity"], gzip, Some(false)),
            (&["gzip"], gzip, inflates.then_some(true)),
            (&["X-GZIP"], gzip, inflates.then_some(true)),
            (&["br"], gzip, None),
            (&["gzip, gzip"], gzip, None),
            (&["gzip", "gzip"], gzip, None),
            (&["identity", "gzip"], gzip, None),
        ] {
            let content = Content::of(&headers(codings), accepted);
            assert_eq!(content.map(|content| content.is_inflated()).ok(), found, "{codings:?} {accepted:?}");
        }
        let text = Content::of(&headers(&["br", "zstd"]), gzip).unwrap_err().to_string();
        assert!(text.contains("\"br, zstd\""), "{text}");
    }

    #[test]
    fn two_lengths_are_refused() {
        use header::{CONTENT_LENGTH, TRANSFER_ENCODING};
        for (sent, fine) in [
            (&[(TRANSFER_ENCODING, "Chunked")][..], true),
            (&[(CONTENT_LENGTH, "2")], true),
            (&[(CONTENT_LENGTH, "2"), (TRANSFER_ENCODING, "chunked")], false),
            (&[(TRANSFER_ENCODING, "gzip")], false),
            (&[(TRANSFER_ENCODING, "gzip, chunked")], false),
        ] {
            let sent = sent.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            let headers: HeaderMap = sent.collect();
            for accepted in
                [AcceptedEncoding::PlainStream, AcceptedEncoding::Plain, AcceptedEncoding::Caller(ExchangeKind::Call)]
            {
                assert_eq!(Content::of(&headers, accepted).is_ok(), fine, "{headers:?} {accepted:?}");
            }
        }
    }

    #[test]
    fn the_request_says_what_it_accepts() {
        let mut settings = Settings::default();
        let ask_for = |kind, listing, settings: &Settings, own: Option<&'static str>| {
            let own = own.map(|own| (header::ACCEPT_ENCODING, HeaderValue::from_static(own)));
            let mut headers: HeaderMap = own.into_iter().collect();
            let accepted = AcceptedEncoding::ask(&mut headers, kind, listing, settings);
            (accepted, headers.get(header::ACCEPT_ENCODING).map(|value| value.to_str().unwrap().to_owned()))
        };
        let ask = |kind, settings: &Settings, own| ask_for(kind, false, settings, own);
        #[cfg(feature = "gzip")]
        assert_eq!(
            ask_for(ExchangeKind::Stream, true, &settings, None),
            (AcceptedEncoding::GzipStream, Some("gzip".to_owned()))
        );
        #[cfg(feature = "gzip")]
        assert_eq!(ask(ExchangeKind::Call, &settings, None), (AcceptedEncoding::Gzip, Some("gzip".to_owned())));
        for kind in [ExchangeKind::Stream, ExchangeKind::Upgrade] {
            assert_eq!(ask(kind, &settings, None), (AcceptedEncoding::PlainStream, Some("identity".to_owned())));
        }
        for kind in [ExchangeKind::Call, ExchangeKind::Stream] {
            assert_eq!(ask(kind, &settings, Some("br")), (AcceptedEncoding::Caller(kind), Some("br".to_owned())));
        }
        settings.compression = false;
        let identity = Some("identity".to_owned());
        assert_eq!(
            ask_for(ExchangeKind::Stream, true, &settings, None),
            (AcceptedEncoding::PlainStream, identity.clone())
        );
        assert_eq!(ask(ExchangeKind::Call, &settings, None), (AcceptedEncoding::Plain, identity));
    }

    #[test]
    fn calls_have_a_limit_and_streams_have_none() {
        let limits = SizeLimits { answer: 10, error: 3, ..SizeLimits::default() };
        let announced =
            |length: &'static str| HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from_static(length))]);
        // How many of the pieces of 4 bytes each are yielded.
        for (accepted, headers, given) in [
            (AcceptedEncoding::Plain, HeaderMap::new(), 2),
            (AcceptedEncoding::Plain, announced("10"), 2),
            (AcceptedEncoding::Plain, announced("11"), 1),
            (AcceptedEncoding::Caller(ExchangeKind::Call), HeaderMap::new(), 2),
            (AcceptedEncoding::Caller(ExchangeKind::Stream), announced("11"), 5),
            (AcceptedEncoding::PlainStream, announced("11"), 5),
        ] {
            let mut content = Content::of(&headers, accepted).unwrap();
            let given_now = (0..5).take_while(|_| {
                content.push(Bytes::from_static(b"1234"));
                content.next(&limits).is_ok()
            });
            assert_eq!(given_now.count(), given, "{accepted:?} {headers:?}");
        }
    }
}
