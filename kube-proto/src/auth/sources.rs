//! The sources of the credential of a session.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::context::Context;
use super::credential::{Credential, FILE_PATIENCE};
use super::exec::ExecSource;
use super::file::FileSource;
use super::oidc::{OidcFetch, OidcSource};
use super::site::Server;
use super::slot::{Fetched, Slot, Source};
use super::token_request::{TokenRequestFetch, TokenRequestSource};
use crate::driver::effect::Effect;
use crate::driver::input::Input;
use crate::driver::step::Step;
use crate::error::Error;
use crate::lease::clock::Clock;
use crate::settings::Settings;

/// The source of a credential.
#[derive(Debug)]
pub(crate) enum Credentials {
    /// The configuration. The credential never changes.
    Fixed,
    /// A file that another program renews.
    File(FileSource),
    /// A plugin that prints the credential.
    Exec(Box<ExecSource>),
    /// An issuer of identity tokens.
    Oidc(Box<OidcSource>),
    /// A `TokenRequest` to the API server, authenticated by another credential.
    TokenRequest(Box<TokenRequestSource<Credentials>>),
}

/// One fetch of a credential.
#[derive(Debug)]
pub(crate) enum CredentialFetch {
    /// One effect and its result.
    Once {
        started: bool,
    },
    Oidc(OidcFetch),
    TokenRequest(Box<TokenRequestFetch<Credentials>>),
    /// Finished, with an error if the fetch failed.
    Over(Option<Error>),
}

impl Credentials {
    fn effect(&self, cx: &Context<'_>) -> Result<Effect, Error> {
        let settings = cx.settings;
        match self {
            Self::Fixed => Err(Error::credential("the credential of the configuration was not accepted")),
            Self::File(file) => Ok(file.effect(settings)),
            Self::Exec(exec) => exec.effect(settings),
            Self::Oidc(_) | Self::TokenRequest(_) => Err(Error::misuse("this source needs more than one effect")),
        }
    }

    fn read(&self, input: Input, server: &Server<'_>, cx: &Context<'_>) -> Result<Fetched<Credential>, Error> {
        match self {
            Self::File(file) => file.read(input, cx.now),
            Self::Exec(exec) => exec.read(input, server.is_secure(), cx),
            _ => Err(Error::misuse("this source has no effect under way")),
        }
    }

    /// The slot of this source; `fixed` is the `Authorization` of [`Credentials::Fixed`].
    pub(crate) fn slot(self, fixed: Option<HeaderValue>, clock: &Arc<Clock>) -> Slot<Self> {
        let fixed = self.is_fixed().then(|| Credential { authorization: fixed, ..Credential::default() });
        Slot::new(self, fixed, None, clock)
    }
}

impl Source for Credentials {
    type Value = Credential;
    type Fetch = CredentialFetch;

    fn begin(&self) -> CredentialFetch {
        match self {
            Self::Fixed | Self::File(_) | Self::Exec(_) => CredentialFetch::Once { started: false },
            Self::Oidc(_) => CredentialFetch::Oidc(OidcFetch::default()),
            Self::TokenRequest(_) => CredentialFetch::TokenRequest(Box::default()),
        }
    }

    fn resume(
        &self,
        fetch: &mut CredentialFetch,
        input: Option<Input>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Step<Fetched<Credential>> {
        let step = match (fetch, self) {
            (CredentialFetch::Oidc(fetch), Self::Oidc(source)) => return source.resume(fetch, input, cx),
            (CredentialFetch::TokenRequest(fetch), Self::TokenRequest(source)) => {
                return source.resume(fetch, input, server, cx);
            }
            (CredentialFetch::Over(error), _) => return Step::Done(error.clone().map_or(Ok(()), Err)),
            (fetch, _) => {
                let result = match (&mut *fetch, input) {
                    (CredentialFetch::Once { started: started @ false }, _) => {
                        *started = true;
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

    fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed)
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
