//! What a client shows the server.

use std::time::Duration;

use http::HeaderValue;

use super::site::Certificate;
use super::slot::Fetched;
use crate::driver::time::Now;

/// What is shown to the server.
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

    /// For so long. It is renewed shortly before its end where that is `early`.
    ///
    /// | life | |
    /// |---|---|
    /// | none is known | used until the server refuses it |
    /// | it ends within [`SHORT`], or has ended | the same, and renewed as soon as the pace allows: perhaps our clock is wrong, and the server has the last word |
    /// | else | used until its end; renewed a tenth before it, and at most a minute |
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

/// How long before its end a credential is renewed at most.
const MARGIN: Duration = Duration::from_secs(60);
/// What ends sooner than this after it was fetched is used until the server refuses it.
const SHORT: Duration = Duration::from_secs(10);
/// Whoever waited for that uses it, and does not ask for the next one at once.
const SOON: Duration = Duration::from_secs(1);
/// The most time for reading a file.
pub(crate) const FILE_PATIENCE: Duration = Duration::from_secs(10);
