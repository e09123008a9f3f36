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
mod credential;
mod exec;
mod file;
mod oidc;
mod pace;
mod site;
mod slot;
pub(crate) mod source;
mod tls_files;
mod token_request;

pub(crate) use credential::{Credential, Credentials};

use std::sync::Arc;

use http::HeaderValue;

use crate::auth::site::{Certificate, Server, Site};
use crate::auth::slot::{Granted, Slot, Turn, Turned};
use crate::auth::tls_files::TlsFileSource;
use crate::driver::effect::{Effect, Input};
use crate::driver::endpoint::{Endpoint, TlsSettings};
use crate::driver::fault::FaultKind;
use crate::driver::operation::Cx;
use crate::driver::time::{Deadline, Now};
use crate::error::Error;
use crate::lease::clock::Clock;

/// The credentials of a session.
#[derive(Debug)]
pub(crate) struct Auth {
    site: Site,
    /// TLS material that comes from files.
    material: Option<Slot<TlsFileSource>>,
    credential: Slot<Credentials>,
}

/// A credential in use, and where to go with it. A cheap clone.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) endpoint: Endpoint,
    material: Option<Arc<Granted<Arc<TlsSettings>>>>,
    credential: Arc<Granted<Credential>>,
}

/// Why a grant is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server answered 401.
    Unauthorized,
    /// The TLS handshake failed, on either side.
    Handshake,
    /// No TLS can be begun with it.
    Unusable,
}

impl Refusal {
    /// Whether a fault is one, and may be mended by another grant.
    pub(crate) fn of(kind: FaultKind) -> Option<Self> {
        match kind {
            FaultKind::Tls => Some(Self::Handshake),
            FaultKind::TlsSettings => Some(Self::Unusable),
            _ => None,
        }
    }
}

/// For which reasons something better was had already. Each is good for one time: what can be used at all may be refused
/// by the server, and be that of another authority as well.
#[derive(Debug, Default)]
pub(crate) struct Refusals([bool; 3]);

impl Refusals {
    pub(crate) fn contains(&self, refusal: Refusal) -> bool {
        self.0.get(refusal as usize).is_some_and(|had| *had)
    }

    pub(crate) fn insert(&mut self, refusal: Refusal) {
        if let Some(had) = self.0.get_mut(refusal as usize) {
            *had = true;
        }
    }
}

impl Auth {
    /// `fixed` is the `Authorization` of [`Credentials::Fixed`].
    pub(crate) fn new(source: Credentials, endpoint: Endpoint, fixed: Option<HeaderValue>, clock: &Arc<Clock>) -> Self {
        let material = endpoint.tls().and_then(|tls| {
            let source = TlsFileSource::new(&tls.settings)?;
            let value = source.is_complete().then(|| Arc::clone(&tls.settings));
            Some(Slot::new(source, value, Some(tls_files::PERIOD), clock))
        });
        Self { site: Site::new(endpoint), material, credential: source.slot(fixed, clock) }
    }

    fn server<'a>(&'a self, material: Option<&'a Arc<Granted<Arc<TlsSettings>>>>) -> Server<'a> {
        Server { site: &self.site, material }
    }

    /// What to ask for something better than, if this material is no good and there may be something better.
    fn better_material(&self, material: &Granted<Arc<TlsSettings>>, refusal: Refusal, now: Now) -> Option<u64> {
        let slot = self.material.as_ref()?;
        let refused = material.generation;
        let better = match refusal {
            Refusal::Unauthorized => {
                material.value.files.client_certificate.is_some() && slot.can_replace(refused, now)
            }
            Refusal::Handshake => slot.can_replace(refused, now),
            Refusal::Unusable => slot.revert(refused) || slot.can_replace(refused, now),
        };
        better.then_some(refused)
    }

    /// The way to something better than this grant, if there may be something.
    pub(crate) fn replace(&self, grant: &Grant, refusal: Refusal, now: Now) -> Option<Acquire> {
        let material = grant.material.as_ref().and_then(|material| self.better_material(material, refusal, now));
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
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Material(Turn<TlsFileSource>),
    Credential(Option<Arc<Granted<Arc<TlsSettings>>>>, Turn<Credentials>),
    Over,
}

/// What [`Acquire`] says.
#[derive(Debug)]
pub(crate) enum Acquired {
    Do(Effect),
    Wait(Deadline),
    Ready(Grant),
    /// There is nothing but what was refused.
    Same,
    Failed(Error),
}

impl Acquire {
    /// A grant.
    pub(crate) fn new() -> Self {
        Self { refused: None, stage: Stage::Material(Turn::new(None)) }
    }

    fn after(material: Option<u64>, credential: Option<u64>) -> Self {
        Self { refused: Some((material, credential)), stage: Stage::Material(Turn::new(material)) }
    }

    /// The next step. After `Ready`, `Same` or `Failed` it is not asked again.
    pub(crate) fn poll(&mut self, mut input: Option<Input>, auth: &Auth, cx: &Cx<'_>) -> Acquired {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Material(mut turn) => {
                    let material = match &auth.material {
                        None => None,
                        Some(slot) => match turn.poll(input.take(), slot, &auth.server(None), cx) {
                            Turned::Do(effect) => {
                                self.stage = Stage::Material(turn);
                                return Acquired::Do(effect);
                            }
                            Turned::Wait(until) => {
                                self.stage = Stage::Material(turn);
                                return Acquired::Wait(until);
                            }
                            Turned::Ready(material) | Turned::Same(material) => Some(material),
                            Turned::Failed(error) => match slot.current() {
                                // Files that cannot be read now are not the reason for what was refused.
                                Some(material) => Some(material),
                                None => return Acquired::Failed(error),
                            },
                        },
                    };
                    let refused = self.refused.and_then(|(_, credential)| credential);
                    self.stage = Stage::Credential(material, Turn::new(refused));
                }
                Stage::Credential(material, mut turn) => {
                    let server = auth.server(material.as_ref());
                    match turn.poll(input.take(), &auth.credential, &server, cx) {
                        Turned::Do(effect) => {
                            self.stage = Stage::Credential(material, turn);
                            return Acquired::Do(effect);
                        }
                        Turned::Wait(until) => {
                            self.stage = Stage::Credential(material, turn);
                            return Acquired::Wait(until);
                        }
                        Turned::Failed(error) => return Acquired::Failed(error),
                        Turned::Ready(credential) | Turned::Same(credential) => {
                            return self.settle(material, credential, auth, cx);
                        }
                    }
                }
                Stage::Over => return Acquired::Failed(Error::misuse("the credential was had already")),
            }
        }
    }

    fn settle(
        &self,
        material: Option<Arc<Granted<Arc<TlsSettings>>>>,
        credential: Arc<Granted<Credential>>,
        auth: &Auth,
        cx: &Cx<'_>,
    ) -> Acquired {
        if let Some((old_material, old_credential)) = self.refused {
            let newer = |old: Option<u64>, generation: u64| old.is_some_and(|old| generation > old);
            let other = material.as_ref().is_some_and(|material| newer(old_material, material.generation))
                || newer(old_credential, credential.generation);
            if !other {
                return Acquired::Same;
            }
        }
        let server = auth.server(material.as_ref());
        let endpoint = server.endpoint(&credential.value.certificate, cx.session);
        Acquired::Ready(Grant { endpoint, material, credential })
    }
}
