//! The credential of a session, wherever it comes from.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::exec::ExecSource;
use super::file::FileSource;
use super::oidc::{OidcFetch, OidcSource};
use super::site::{Certificate, Server};
use super::slot::{Fetched, Slot, Source};
use super::token_request::{TokenRequestFetch, TokenRequestSource};
use crate::driver::effect::{Effect, Input};
use crate::driver::operation::Cx;
use crate::driver::step::Step;
use crate::driver::time::Now;
use crate::error::Error;
use crate::lease::clock::Clock;
use crate::settings::Settings;

/// Where the credential comes from.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// It is part of the configuration and never changes.
    Fixed,
    /// A file that somebody else renews.
    File(FileSource),
    /// A program that prints it.
    Exec(Box<ExecSource>),
    /// An issuer of identity tokens.
    Oidc(Box<OidcSource>),
    /// The API server, for whoever shows it another credential.
    TokenRequest(Box<TokenRequestSource>),
}

/// What is shown to the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
    /// The client certificate.
    pub(crate) certificate: Certificate,
}

/// One fetch of a credential.
#[derive(Debug)]
pub(crate) enum CredentialFetch {
    /// One effect, and its answer.
    Once {
        asked: bool,
    },
    Oidc(OidcFetch),
    TokenRequest(TokenRequestFetch),
    /// It is over; what is said then may be an error.
    Over(Option<Error>),
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
        let at = |span| Some(now.mono.saturating_add(span));
        let (refresh, expires) = match life {
            None => (None, None),
            Some(life) if life <= SHORT => (at(SOON), None),
            Some(life) if early => (at(life - (life / 10).min(MARGIN)), at(life)),
            Some(life) => (at(life), at(life)),
        };
        Fetched { value: self, refresh, expires, stored: false }
    }
}

impl Credentials {
    fn effect(&self, cx: &Cx<'_>) -> Result<Effect, Error> {
        let settings = cx.session.settings();
        match self {
            Self::Fixed => Err(Error::credential("the credential of the configuration was not accepted")),
            Self::File(file) => Ok(file.effect(settings)),
            Self::Exec(exec) => exec.effect(settings),
            Self::Oidc(_) | Self::TokenRequest(_) => Err(Error::misuse("this takes more than one effect")),
        }
    }

    fn read(&self, input: Input, server: &Server<'_>, cx: &Cx<'_>) -> Result<Fetched<Credential>, Error> {
        match self {
            Self::File(file) => file.read(input, cx.now),
            Self::Exec(exec) => exec.read(input, server.is_secure(), cx),
            _ => Err(Error::misuse("nothing was asked for")),
        }
    }

    /// What calls share of it; `fixed` is the `Authorization` of what never changes.
    pub(crate) fn slot(self, fixed: Option<HeaderValue>, clock: &Arc<Clock>) -> Slot<Self> {
        let fixed = self.is_fixed().then(|| Credential { authorization: fixed, ..Credential::default() });
        Slot::new(self, fixed, None, clock)
    }

    /// Whether it cannot be had anew.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed)
    }
}

impl Source for Credentials {
    type Value = Credential;
    type Fetch = CredentialFetch;

    fn begin(&self) -> CredentialFetch {
        match self {
            Self::Fixed | Self::File(_) | Self::Exec(_) => CredentialFetch::Once { asked: false },
            Self::Oidc(_) => CredentialFetch::Oidc(OidcFetch::default()),
            Self::TokenRequest(_) => CredentialFetch::TokenRequest(TokenRequestFetch::default()),
        }
    }

    fn resume(
        &self,
        fetch: &mut CredentialFetch,
        input: Option<Input>,
        server: &Server<'_>,
        cx: &Cx<'_>,
    ) -> Step<Fetched<Credential>> {
        let step = match (fetch, self) {
            (CredentialFetch::Oidc(fetch), Self::Oidc(source)) => return source.resume(fetch, input, cx),
            (CredentialFetch::TokenRequest(fetch), Self::TokenRequest(source)) => {
                return source.resume(fetch, input, server, cx);
            }
            (CredentialFetch::Over(error), _) => return Step::Done(error.clone().map_or(Ok(()), Err)),
            (fetch, _) => {
                let result = match (&mut *fetch, input) {
                    (CredentialFetch::Once { asked: asked @ false }, _) => {
                        *asked = true;
                        match self.effect(cx) {
                            Ok(effect) => return Step::Do(effect),
                            Err(error) => Err(error),
                        }
                    }
                    (_, None) => return Step::Wait(None),
                    (_, Some(input)) => self.read(input, server, cx),
                };
                *fetch = CredentialFetch::Over(result.as_ref().err().cloned());
                result
            }
        };
        step.map_or_else(|error| Step::Done(Err(error)), Step::Yield)
    }

    fn patience(&self, settings: &Settings) -> Duration {
        match self {
            Self::Fixed => Duration::ZERO,
            Self::File(_) => FILE_PATIENCE,
            Self::Exec(_) => settings.plugin,
            Self::Oidc(_) | Self::TokenRequest(_) => settings.token,
        }
    }

    fn changes_unasked(&self) -> bool {
        matches!(self, Self::File(_))
    }

    fn name(&self) -> String {
        match self {
            Self::Fixed => "the configured credential".to_owned(),
            Self::File(file) => format!("reading {}", file.path().display()),
            Self::Exec(exec) => format!("the plugin {}", exec.program()),
            Self::Oidc(oidc) => oidc.name(),
            Self::TokenRequest(request) => request.name(),
        }
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
