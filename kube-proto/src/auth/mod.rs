//! Credentials: each fetched once however many wait.
//!
//! What a server sees of a client is put together from two things that are fetched, renewed and refused apart from each
//! other, each in a [`Slot`](slot::Slot) of its own: the TLS material ([`tls_files`], if it comes from files that may
//! change) and the credential ([`credential`]). A call drives an [`Acquire`] through both, and gets a [`Grant`].
//!
//! | the server, or TLS, says | what is fetched again, if it can be |
//! |---|---|
//! | 401 | the credential; the files, if the client certificate is among them |
//! | the handshake failed | the files; a credential with a certificate of its own |
//! | the material cannot be used (a key that is not the certificate's) | nothing: the material before it is used again |
//!
//! If that brings something other than what was refused, the request is sent once more. If not, the refusal is the answer.

mod ask;
pub(crate) mod context;
mod credential;
mod exec;
mod file;
mod granted;
mod headers;
mod material;
mod oidc;
mod pace;
pub(crate) mod refusal;
mod site;
mod slot;
mod source;
mod sources;
mod tls_files;
mod token_request;

use std::sync::Arc;
use std::task::Waker;

use context::{Context, Unsaved};
use credential::Credential;
use granted::Granted;
use http::{HeaderMap, HeaderValue};
use material::Material;
use refusal::Refusal;
use site::{Certificate, Identities};
use slot::{Slot, SlotCall, SlotStep, Source};
use source::{Make, Sourced, endpoint};
use sources::Credentials;
use tls_files::TlsFileSource;

use crate::config::resolved::Config;
use crate::driver::effect::Effect;
use crate::driver::endpoint::{Endpoint, TlsSettings};
use crate::driver::input::Input;
use crate::driver::time::{Moment, Now};
use crate::error::Error;
use crate::lease::clock::Clock;
use crate::settings::Settings;
use crate::stats::Counters;

/// The credentials of a session.
#[derive(Debug)]
pub(crate) struct Auth {
    material: Arc<Material>,
    credential: Slot<Credentials>,
    unsaved: Unsaved,
}

/// A credential in use, and where to go with it. A cheap clone.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) endpoint: Endpoint,
    material: Option<Arc<Granted<Arc<TlsSettings>>>>,
    credential: Arc<Granted<Credential>>,
}

impl Auth {
    /// The credentials of this configuration, and the headers of every request. `terminal` says whether standard input is
    /// a terminal that a credential plugin may use.
    ///
    /// # Errors
    /// The configuration holds something that cannot be sent.
    pub(crate) fn new(
        config: &Config,
        settings: &Settings,
        clock: &Arc<Clock>,
        terminal: bool,
    ) -> Result<(Self, Endpoint, HeaderMap), Error> {
        let (endpoint, identities) = (endpoint(config), Identities::default());
        let material = Arc::new(Material::new(endpoint.clone(), identities.clone(), clock));
        let make = Make { config, settings, clock, material: &material, identities: &identities, terminal };
        let Sourced { source, fixed, headers } = make.source(&config.credential)?;
        let auth = Self { material, credential: source.slot(fixed, clock), unsaved: Unsaved::default() };
        Ok((auth, endpoint, headers))
    }

    /// What sources see of the session.
    pub(crate) fn context<'a>(
        &'a self,
        settings: &'a Settings,
        stats: &'a Counters,
        now: Now,
        waker: &'a Waker,
    ) -> Context<'a> {
        Context { settings, stats, unsaved: &self.unsaved, now, waker }
    }

    /// Why the tokens of the last refresh could not be written back, if they could not.
    pub(crate) fn unsaved(&self) -> Option<Error> {
        self.unsaved.error()
    }

    /// The way to something better than this grant, if there may be something.
    pub(crate) fn replace(&self, grant: &Grant, refusal: Refusal, now: Now) -> Option<Acquire> {
        let material = grant.material.as_ref().and_then(|material| self.material.better(material, refusal, now));
        let refused = grant.credential.generation;
        let own = matches!(grant.credential.value.certificate, Certificate::Own(_));
        let concerned = refusal == Refusal::Unauthorized || own;
        let replaceable = concerned && !self.credential.source.is_fixed() && self.credential.can_replace(refused, now);
        let credential = replaceable.then_some(refused);
        (material.is_some() || credential.is_some()).then(|| Acquire::after(material, credential))
    }
}

impl Grant {
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.credential.value.authorization.as_ref()
    }

    /// The server answered, and not with 401.
    pub(crate) fn accept(&self) {
        self.credential.accept();
        if let Some(material) = &self.material {
            material.accept();
        }
    }
}

/// One call's way to a grant.
#[derive(Debug)]
pub(crate) struct Acquire {
    /// What was refused of the grant before, if this is about another one.
    refused: Option<(Option<u64>, Option<u64>)>,
    stage: AcquireState,
}

#[derive(Debug)]
enum AcquireState {
    Material(SlotCall<TlsFileSource>),
    Credential(Option<Arc<Granted<Arc<TlsSettings>>>>, SlotCall<Credentials>),
    Over,
}

/// What [`Acquire`] says.
#[derive(Debug)]
pub(crate) enum Acquired {
    Do(Effect),
    Wait(Moment),
    Ready(Grant),
    /// There is nothing but what was refused.
    Same,
    Failed(Error),
}

impl Acquire {
    /// A grant.
    pub(crate) fn new() -> Self {
        Self { refused: None, stage: AcquireState::Material(SlotCall::new(None)) }
    }

    fn after(material: Option<u64>, credential: Option<u64>) -> Self {
        Self { refused: Some((material, credential)), stage: AcquireState::Material(SlotCall::new(material)) }
    }

    /// The next step. After `Ready`, `Same` or `Failed` it is not asked again.
    pub(crate) fn poll(&mut self, mut input: Option<Input>, auth: &Auth, cx: &Context<'_>) -> Acquired {
        loop {
            match std::mem::replace(&mut self.stage, AcquireState::Over) {
                AcquireState::Material(mut turn) => {
                    let material = match &auth.material.files {
                        None => None,
                        Some(slot) => match turn.poll(input.take(), slot, &auth.material.server(None), cx) {
                            SlotStep::Do(effect) => {
                                self.stage = AcquireState::Material(turn);
                                return Acquired::Do(effect);
                            }
                            SlotStep::Wait(until) => {
                                self.stage = AcquireState::Material(turn);
                                return Acquired::Wait(until);
                            }
                            SlotStep::Ready(material) | SlotStep::Same(material) => Some(material),
                            SlotStep::Failed(error) => match slot.current() {
                                // Files that cannot be read now are not the reason for what was refused.
                                Some(material) => Some(material),
                                None => return Acquired::Failed(error),
                            },
                        },
                    };
                    let refused = self.refused.and_then(|(_, credential)| credential);
                    self.stage = AcquireState::Credential(material, SlotCall::new(refused));
                }
                AcquireState::Credential(material, mut turn) => {
                    let server = auth.material.server(material.as_ref());
                    match turn.poll(input.take(), &auth.credential, &server, cx) {
                        SlotStep::Do(effect) => {
                            self.stage = AcquireState::Credential(material, turn);
                            return Acquired::Do(effect);
                        }
                        SlotStep::Wait(until) => {
                            self.stage = AcquireState::Credential(material, turn);
                            return Acquired::Wait(until);
                        }
                        SlotStep::Failed(error) => return Acquired::Failed(error),
                        SlotStep::Ready(credential) | SlotStep::Same(credential) => {
                            return self.settle(material, credential, auth);
                        }
                    }
                }
                AcquireState::Over => return Acquired::Failed(Error::misuse("the credential was had already")),
            }
        }
    }

    fn settle(
        &self,
        material: Option<Arc<Granted<Arc<TlsSettings>>>>,
        credential: Arc<Granted<Credential>>,
        auth: &Auth,
    ) -> Acquired {
        if let Some((old_material, old_credential)) = self.refused {
            let newer = |old: Option<u64>, generation: u64| old.is_some_and(|old| generation > old);
            let other = material.as_ref().is_some_and(|material| newer(old_material, material.generation))
                || newer(old_credential, credential.generation);
            if !other {
                return Acquired::Same;
            }
        }
        let server = auth.material.server(material.as_ref());
        let endpoint = server.endpoint(&credential.value.certificate);
        Acquired::Ready(Grant { endpoint, material, credential })
    }
}
