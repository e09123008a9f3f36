//! The credential that a client presents to the server.

use std::time::Duration;

use http::HeaderValue;

use super::site::Certificate;
use super::slot::Fetched;
use crate::driver::time::Now;

/// An `Authorization` header and a client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
    /// The client certificate.
    pub(crate) certificate: Certificate,
}

impl Credential {
    pub(crate) fn token(authorization: HeaderValue) -> Self {
        Self { authorization: Some(authorization), certificate: Certificate::Configured }
    }

    /// This credential with its remaining life. With `early`, it is renewed shortly before its end.
    ///
    /// | life | use and renewal |
    /// |---|---|
    /// | unknown | used until the server refuses it |
    /// | at most [`SHORT`] | used until the server refuses it, because the local clock may be wrong; renewed after [`SOON`], as the pace allows |
    /// | longer | used until its end; with `early`, renewed a tenth of its life before the end, at most [`MARGIN`] |
    pub(crate) fn lives(self, life: Option<Duration>, early: bool, now: Now) -> Fetched<Self> {
        let at = |span| Some(now.mono.after(span));
        let (refresh, expires) = match life {
            None => (None, None),
            Some(life) if life <= SHORT => (at(SOON), None),
            Some(life) if early => (at(life - (life / 10).min(MARGIN)), at(life)),
            Some(life) => (at(life), at(life)),
        };
        Fetched { value: self, refresh, expires, stored: false }
    }
}

/// The longest time between renewal and expiry.
const MARGIN: Duration = Duration::from_secs(60);
/// A credential with at most this life is used until the server refuses it.
const SHORT: Duration = Duration::from_secs(10);
/// The delay before a short-lived credential is renewed, so that the calls that waited for it can use it.
const SOON: Duration = Duration::from_secs(1);
/// The time limit for reading a file.
pub(crate) const FILE_PATIENCE: Duration = Duration::from_secs(10);
