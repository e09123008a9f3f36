//! Credentials: one fetch serves all calls that wait for it.
//!
//! A client presents two things to the server: the TLS material ([`tls_files`], if it comes from files that may change)
//! and the credential ([`credential`]). Each has a [`Slot`] of its own, which fetches, renews and replaces
//! it. A call drives an [`Acquire`] through both and gets a [`Grant`].
//!
//! | refusal | what is fetched again, if that is possible |
//! |---|---|
//! | `Unauthorized` | the credential; the files, if they include the client certificate |
//! | `Handshake` | the files; a credential with a certificate of its own |
//! | `Unusable` (the key does not belong to the certificate) | a credential with a certificate of its own; the files, unless the slot can go back to the material before |
//!
//! If that gives something new, the request is sent once more. If not, the refusal is the answer.

mod ask;
pub(crate) mod context;
mod credential;
mod exec;
mod file;
mod granted;
pub(crate) mod headers;
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

use std::sync::{Arc, Mutex};
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
use crate::observe::Observers;
use crate::random::Random;
use crate::response::hook::Warnings;
use crate::settings::Settings;
use crate::stats::Counters;

/// The credentials of a session.
#[derive(Debug)]
pub(crate) struct Auth {
    material: Arc<Material>,
    credential: Slot<Credentials>,
    unsaved: Unsaved,
    random: Mutex<Random>,
}

/// A credential in use and the endpoint for it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) endpoint: Endpoint,
    material: Option<Arc<Granted<Arc<TlsSettings>>>>,
    credential: Arc<Granted<Credential>>,
}

impl Auth {
    /// The credentials of this configuration, its API server, and the headers of every request. `terminal`: standard
    /// input is a terminal that a credential plugin may use. `seed` decides the jitter of pauses.
    ///
    /// # Errors
    /// The configuration holds a value that cannot be sent.
    pub(crate) fn new(
        config: &Config,
        settings: &Settings,
        clock: &Arc<Clock>,
        terminal: bool,
        seed: u64,
    ) -> Result<(Self, Endpoint, HeaderMap), Error> {
        let (endpoint, identities) = (endpoint(config), Identities::default());
        let material = Arc::new(Material::new(endpoint.clone(), identities.clone(), clock));
        let make = Make { config, settings, clock, material: &material, identities: &identities, terminal };
        let Sourced { source, fixed, headers } = make.source(&config.credential)?;
        let (credential, random) = (source.slot(fixed, clock), Mutex::new(Random::new(seed ^ OWN_SEQUENCE)));
        let auth = Self { material, credential, unsaved: Unsaved::default(), random };
        Ok((auth, endpoint, headers))
    }

    /// The parts of the session that sources need.
    pub(crate) fn context<'a>(
        &'a self,
        settings: &'a Settings,
        stats: &'a Counters,
        warnings: &'a Warnings,
        observers: &'a Observers,
        now: Now,
        waker: &'a Waker,
    ) -> Context<'a> {
        Context { settings, stats, warnings, observers, random: &self.random, unsaved: &self.unsaved, now, waker }
    }

    /// The error of writing back the tokens of the last refresh, if that failed.
    pub(crate) fn unsaved(&self) -> Option<Error> {
        self.unsaved.error()
    }

    /// Starts replacing a refused grant; `None` if no other grant can be expected.
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

    /// The server answered with a status other than 401.
    pub(crate) fn accept(&self) {
        self.credential.accept();
        if let Some(material) = &self.material {
            material.accept();
        }
    }
}

/// Gets the grant for one call.
#[derive(Debug)]
pub(crate) struct Acquire {
    /// The refused generations of the TLS material and of the credential, if this call replaces a grant.
    refused: Option<(Option<u64>, Option<u64>)>,
    state: AcquireState,
}

#[derive(Debug)]
enum AcquireState {
    Material(SlotCall<TlsFileSource>),
    Credential(Option<Arc<Granted<Arc<TlsSettings>>>>, SlotCall<Credentials>),
    Over,
}

/// A step of [`Acquire`].
#[derive(Debug)]
pub(crate) enum Acquired {
    Do(Effect),
    Wait(Moment),
    Ready(Grant),
    /// The sources only have what was refused.
    Same,
    Failed(Error),
}

impl Acquire {
    /// Gets the current grant.
    pub(crate) fn new() -> Self {
        Self { refused: None, state: AcquireState::Material(SlotCall::new(None)) }
    }

    fn after(material: Option<u64>, credential: Option<u64>) -> Self {
        Self { refused: Some((material, credential)), state: AcquireState::Material(SlotCall::new(material)) }
    }

    /// The next step. Not polled again after `Ready`, `Same` or `Failed`.
    pub(crate) fn poll(&mut self, mut input: Option<Input>, auth: &Auth, cx: &Context<'_>) -> Acquired {
        loop {
            match std::mem::replace(&mut self.state, AcquireState::Over) {
                AcquireState::Material(mut call) => {
                    let material = match &auth.material.files {
                        None => None,
                        Some(slot) => match call.poll(input.take(), slot, &auth.material.server(None), cx) {
                            SlotStep::Do(effect) => {
                                self.state = AcquireState::Material(call);
                                return Acquired::Do(effect);
                            }
                            SlotStep::Wait(until) => {
                                self.state = AcquireState::Material(call);
                                return Acquired::Wait(until);
                            }
                            SlotStep::Ready(material) | SlotStep::Same(material) => Some(material),
                            SlotStep::Failed(error) => match slot.current() {
                                // The server refused the material, not the files: unreadable files leave it in use.
                                Some(material) => Some(material),
                                None => return Acquired::Failed(error),
                            },
                        },
                    };
                    let refused = self.refused.and_then(|(_, credential)| credential);
                    self.state = AcquireState::Credential(material, SlotCall::new(refused));
                }
                AcquireState::Credential(material, mut call) => {
                    let server = auth.material.server(material.as_ref());
                    match call.poll(input.take(), &auth.credential, &server, cx) {
                        SlotStep::Do(effect) => {
                            self.state = AcquireState::Credential(material, call);
                            return Acquired::Do(effect);
                        }
                        SlotStep::Wait(until) => {
                            self.state = AcquireState::Credential(material, call);
                            return Acquired::Wait(until);
                        }
                        SlotStep::Failed(error) => return Acquired::Failed(error),
                        SlotStep::Ready(credential) | SlotStep::Same(credential) => {
                            return self.settle(material, credential, auth);
                        }
                    }
                }
                AcquireState::Over => return Acquired::Failed(Error::misuse("the credential was already acquired")),
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

/// Keeps the jitter of pauses apart from the numbers of the operations, whose seed is the same.
const OWN_SEQUENCE: u64 = 0x6372_6564_656e_7421;
