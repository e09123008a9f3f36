//! The content of a body: as it came, or inflated (feature `gzip`).
//!
//! | who asked for what (`Accept-Encoding`) | `Content-Encoding` | content |
//! |---|---|---|
//! | anybody | none, `identity` | the bytes as they come |
//! | the call, for `gzip` | `gzip`, `x-gzip` | inflated; corrupt, cut short, followed by something or too large: an error |
//! | the caller, by a header of his own | any | the bytes as they come: he knows what he asked for |
//! | the call for `gzip`, or nobody | any other | an error |

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::effect::Kind;
use crate::error::Error;
#[cfg(feature = "gzip")]
use crate::frame::{Gunzip, GzipError};
use crate::session::{Limits, Settings};

/// Who asked for which codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Nobody,
    #[cfg(feature = "gzip")]
    Gzip,
    Caller,
}

/// A body on its way to its content.
#[derive(Debug)]
pub(crate) enum Content {
    Plain(Option<Bytes>),
    #[cfg(feature = "gzip")]
    Gzip(Box<Inflate>),
}

#[cfg(feature = "gzip")]
#[derive(Debug)]
pub(crate) struct Inflate {
    gunzip: Gunzip,
    /// What it has come to so far.
    bytes: usize,
}

impl Asked {
    /// Says in the headers of a request what is welcome. Streams are not compressed: an event would wait in the
    /// compressor for the next one.
    pub(crate) fn ask(headers: &mut HeaderMap, kind: Kind, settings: &Settings) -> Self {
        if headers.contains_key(header::ACCEPT_ENCODING) {
            return Asked::Caller;
        }
        #[cfg(feature = "gzip")]
        if kind == Kind::Call && settings.compression {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
            return Asked::Gzip;
        }
        let _ = (kind, settings);
        Asked::Nobody
    }
}

impl Content {
    /// How the body of this answer is read.
    pub(crate) fn of(headers: &HeaderMap, asked: Asked) -> Result<Self, Error> {
        let codings = || headers.get_all(header::CONTENT_ENCODING).iter();
        let is = |value: &HeaderValue, names: &[&str]| {
            value.to_str().is_ok_and(|value| names.iter().any(|name| value.trim().eq_ignore_ascii_case(name)))
        };
        if asked == Asked::Caller || codings().all(|value| is(value, &["identity", ""])) {
            return Ok(Content::Plain(None));
        }
        #[cfg(feature = "gzip")]
        if asked == Asked::Gzip && codings().count() == 1 && codings().all(|value| is(value, &["gzip", "x-gzip"])) {
            return Ok(Content::Gzip(Box::new(Inflate { gunzip: Gunzip::new(), bytes: 0 })));
        }
        let found: Vec<_> = codings().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let text = format!("the body came with Content-Encoding {:?}, which nobody asked for", found.join(", "));
        Err(Error::decode(text, b""))
    }

    /// The next bytes of the body. Take the content that they complete before the next push.
    pub(crate) fn push(&mut self, data: Bytes) {
        match self {
            Content::Plain(next) => *next = Some(data),
            #[cfg(feature = "gzip")]
            Content::Gzip(inflate) => inflate.gunzip.push(data),
        }
    }

    /// The next bytes of the content; nothing until more of the body comes.
    pub(crate) fn next(&mut self, limits: &Limits) -> Result<Option<Bytes>, Error> {
        let _ = limits;
        match self {
            Content::Plain(next) => Ok(next.take()),
            #[cfg(feature = "gzip")]
            Content::Gzip(inflate) => {
                let piece = inflate.gunzip.next().map_err(broken)?;
                inflate.bytes = inflate.bytes.saturating_add(piece.as_ref().map_or(0, Bytes::len));
                match inflate.bytes > limits.inflated {
                    true => Err(Error::too_large("the response, inflated,", limits.inflated)),
                    false => Ok(piece),
                }
            }
        }
    }

    /// The body is at its end, and the content was taken.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self {
            Content::Plain(_) => Ok(()),
            #[cfg(feature = "gzip")]
            Content::Gzip(inflate) => inflate.gunzip.finish().map_err(broken),
        }
    }

    /// It is not the bytes as they came.
    pub(crate) fn is_inflated(&self) -> bool {
        !matches!(self, Content::Plain(_))
    }
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
        let gzip = Asked::Gzip;
        #[cfg(not(feature = "gzip"))]
        let gzip = Asked::Nobody;
        let inflates = cfg!(feature = "gzip");
        for (codings, asked, found) in [
            (&[][..], Asked::Nobody, Some(false)),
            (&["identity"], Asked::Nobody, Some(false)),
            (&["gzip"], Asked::Nobody, None),
            (&["gzip"], Asked::Caller, Some(false)),
            (&["br"], Asked::Caller, Some(false)),
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
    fn who_asks() {
        let mut settings = Settings::default();
        let ask = |kind, settings: &Settings, own: Option<&'static str>| {
            let own = own.map(|own| (header::ACCEPT_ENCODING, HeaderValue::from_static(own)));
            let mut headers: HeaderMap = own.into_iter().collect();
            let asked = Asked::ask(&mut headers, kind, settings);
            (asked, headers.get(header::ACCEPT_ENCODING).map(|value| value.to_str().unwrap().to_owned()))
        };
        #[cfg(feature = "gzip")]
        assert_eq!(ask(Kind::Call, &settings, None), (Asked::Gzip, Some("gzip".to_owned())));
        for kind in [Kind::Stream, Kind::Upgrade] {
            assert_eq!(ask(kind, &settings, None), (Asked::Nobody, None));
        }
        assert_eq!(ask(Kind::Call, &settings, Some("br")), (Asked::Caller, Some("br".to_owned())));
        settings.compression = false;
        assert_eq!(ask(Kind::Call, &settings, None), (Asked::Nobody, None));
    }
}
