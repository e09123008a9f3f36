//! The content of a body: as it came, or inflated (feature `gzip`).
//!
//! | who asked for what (`Accept-Encoding`) | `Content-Encoding` | content |
//! |---|---|---|
//! | anybody | none, `identity` | the bytes as they come |
//! | the call, for `gzip` | `gzip`, `x-gzip` | inflated; corrupt, cut short, followed by something or too large: an error |
//! | the caller, by a header of his own | any | the bytes as they come: he knows what he asked for |
//! | the call for `gzip`, or nobody | any other | an error |
//!
//! The answer to a call has a bound, all in all, whatever its coding; a stream has none. As many bytes as an error may have
//! are given even where more is announced than that: of a refusal they are what is wanted.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::driver::effect::ExchangeKind;
use crate::driver::wire::head::in_chunks;
use crate::error::Error;
#[cfg(feature = "gzip")]
use crate::frame::gzip::{Gunzip, GzipError};
use crate::opaque::Opaque;
use crate::settings::{Settings, SizeLimits};

/// Who asked for which codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptedEncoding {
    /// Nobody, for a stream or an upgrade.
    Nobody,
    /// Nobody, for a call.
    Plain,
    #[cfg(feature = "gzip")]
    Gzip,
    Caller(ExchangeKind),
}

/// A body on its way to its content.
#[derive(Debug)]
pub(crate) struct Content {
    coding: Coding,
    /// What it has come to so far; `None` where it has no bound.
    bytes: Option<usize>,
    /// The length that the head announces of a body that comes as it is.
    announced: usize,
}

#[derive(Debug)]
enum Coding {
    Plain(Option<Opaque<Bytes>>),
    #[cfg(feature = "gzip")]
    Gzip(Box<Gunzip>),
}

impl AcceptedEncoding {
    /// Says in the headers of a request what is welcome. Streams are not compressed: an event would wait in the
    /// compressor for the next one.
    pub(crate) fn ask(headers: &mut HeaderMap, kind: ExchangeKind, settings: &Settings) -> Self {
        if headers.contains_key(header::ACCEPT_ENCODING) {
            return AcceptedEncoding::Caller(kind);
        }
        #[cfg(feature = "gzip")]
        if kind == ExchangeKind::Call && settings.compression {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            return AcceptedEncoding::Gzip;
        }
        let _ = settings;
        if kind == ExchangeKind::Call { AcceptedEncoding::Plain } else { AcceptedEncoding::Nobody }
    }
}

impl Content {
    /// How the body of this answer is read.
    ///
    /// # Errors
    /// In a coding that nobody asked for, or with two lengths, or in a transfer coding that is not `chunked`: `wire`
    /// refuses these itself, but not every driver's HTTP does, and whoever stands on the way may have understood another
    /// end (RFC 9112 §6.3).
    pub(crate) fn of(headers: &HeaderMap, asked: AcceptedEncoding) -> Result<Self, Error> {
        in_chunks(headers).map_err(|text| Error::decode(text, b""))?;
        let codings = || headers.get_all(header::CONTENT_ENCODING).iter();
        let is = |value: &HeaderValue, names: &[&str]| {
            value.to_str().is_ok_and(|value| names.iter().any(|name| value.trim().eq_ignore_ascii_case(name)))
        };
        let bounded = !matches!(
            asked,
            AcceptedEncoding::Nobody | AcceptedEncoding::Caller(ExchangeKind::Stream | ExchangeKind::Upgrade)
        );
        let bytes = bounded.then_some(0);
        if matches!(asked, AcceptedEncoding::Caller(_)) || codings().all(|value| is(value, &["identity", ""])) {
            return Ok(Content { coding: Coding::Plain(None), bytes, announced: content_length(headers) });
        }
        #[cfg(feature = "gzip")]
        if asked == AcceptedEncoding::Gzip
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

    /// The next bytes of the body. Take the content that they complete before the next push.
    pub(crate) fn push(&mut self, data: Bytes) {
        match &mut self.coding {
            Coding::Plain(next) => *next = Some(data.into()),
            #[cfg(feature = "gzip")]
            Coding::Gzip(gunzip) => gunzip.push(data),
        }
    }

    /// The next bytes of the content; nothing until more of the body comes.
    pub(crate) fn next(&mut self, limits: &SizeLimits) -> Result<Option<Bytes>, Error> {
        let piece = match &mut self.coding {
            Coding::Plain(next) => next.take().map(|data| data.0),
            #[cfg(feature = "gzip")]
            Coding::Gzip(gunzip) => gunzip.next().map_err(broken)?,
        };
        if let (Some(bytes), Some(piece)) = (&mut self.bytes, &piece) {
            let hopeless = *bytes > limits.error && self.announced > limits.answer;
            *bytes = bytes.saturating_add(piece.len());
            if hopeless || *bytes > limits.answer {
                return Err(Error::too_large("the response as a whole", limits.answer));
            }
        }
        Ok(piece)
    }

    /// The body is at its end, and the content was taken.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match &self.coding {
            Coding::Plain(_) => Ok(()),
            #[cfg(feature = "gzip")]
            Coding::Gzip(gunzip) => gunzip.finish().map_err(broken),
        }
    }

    /// It is not the bytes as they came.
    pub(crate) fn is_inflated(&self) -> bool {
        !matches!(self.coding, Coding::Plain(_))
    }
}

/// What a head announces, or 0.
pub(super) fn content_length(headers: &HeaderMap) -> usize {
    let value = headers.get(header::CONTENT_LENGTH);
    value.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(feature = "gzip")]
fn broken(error: GzipError) -> Error {
    Error::decode(format!("the body cannot be read: {error}"), b"")
}

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
        for (codings, asked, found) in [
            (&[][..], AcceptedEncoding::Nobody, Some(false)),
            (&["identity"], AcceptedEncoding::Nobody, Some(false)),
            (&["gzip"], AcceptedEncoding::Nobody, None),
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
            let content = Content::of(&headers(codings), asked);
            assert_eq!(content.map(|content| content.is_inflated()).ok(), found, "{codings:?} {asked:?}");
        }
        let text = Content::of(&headers(&["br", "zstd"]), gzip).unwrap_err().to_string();
        assert!(text.contains("\"br, zstd\""), "{text}");
    }

    #[test]
    fn two_lengths_are_none() {
        use header::{CONTENT_LENGTH, TRANSFER_ENCODING};
        for (said, fine) in [
            (&[(TRANSFER_ENCODING, "Chunked")][..], true),
            (&[(CONTENT_LENGTH, "2")], true),
            (&[(CONTENT_LENGTH, "2"), (TRANSFER_ENCODING, "chunked")], false),
            (&[(TRANSFER_ENCODING, "gzip")], false),
            (&[(TRANSFER_ENCODING, "gzip, chunked")], false),
        ] {
            let said = said.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            let headers: HeaderMap = said.collect();
            for asked in
                [AcceptedEncoding::Nobody, AcceptedEncoding::Plain, AcceptedEncoding::Caller(ExchangeKind::Call)]
            {
                assert_eq!(Content::of(&headers, asked).is_ok(), fine, "{headers:?} {asked:?}");
            }
        }
    }

    #[test]
    fn who_asks() {
        let mut settings = Settings::default();
        let ask = |kind, settings: &Settings, own: Option<&'static str>| {
            let own = own.map(|own| (header::ACCEPT_ENCODING, HeaderValue::from_static(own)));
            let mut headers: HeaderMap = own.into_iter().collect();
            let asked = AcceptedEncoding::ask(&mut headers, kind, settings);
            (asked, headers.get(header::ACCEPT_ENCODING).map(|value| value.to_str().unwrap().to_owned()))
        };
        #[cfg(feature = "gzip")]
        assert_eq!(ask(ExchangeKind::Call, &settings, None), (AcceptedEncoding::Gzip, Some("gzip".to_owned())));
        for kind in [ExchangeKind::Stream, ExchangeKind::Upgrade] {
            assert_eq!(ask(kind, &settings, None), (AcceptedEncoding::Nobody, None));
        }
        for kind in [ExchangeKind::Call, ExchangeKind::Stream] {
            assert_eq!(ask(kind, &settings, Some("br")), (AcceptedEncoding::Caller(kind), Some("br".to_owned())));
        }
        settings.compression = false;
        assert_eq!(ask(ExchangeKind::Call, &settings, None), (AcceptedEncoding::Plain, None));
    }

    #[test]
    fn calls_have_a_bound_and_streams_have_none() {
        let limits = SizeLimits { answer: 10, error: 3, ..SizeLimits::default() };
        let announced =
            |length: &'static str| HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from_static(length))]);
        // How many of the pieces, of 4 bytes each, are given.
        for (asked, headers, given) in [
            (AcceptedEncoding::Plain, HeaderMap::new(), 2),
            (AcceptedEncoding::Plain, announced("10"), 2),
            (AcceptedEncoding::Plain, announced("11"), 1),
            (AcceptedEncoding::Caller(ExchangeKind::Call), HeaderMap::new(), 2),
            (AcceptedEncoding::Caller(ExchangeKind::Stream), announced("11"), 5),
            (AcceptedEncoding::Nobody, announced("11"), 5),
        ] {
            let mut content = Content::of(&headers, asked).unwrap();
            let given_now = (0..5).take_while(|_| {
                content.push(Bytes::from_static(b"1234"));
                content.next(&limits).is_ok()
            });
            assert_eq!(given_now.count(), given, "{asked:?} {headers:?}");
        }
    }
}
