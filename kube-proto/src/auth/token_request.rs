//! Tokens of a service account, which the API server gives to whoever may ask for them: `TokenRequest` (WIRE §10).
//!
//! Another credential stands behind this one, with a [`Slot`] of its own: it is fetched, renewed and replaced like any
//! other, and is shown for nothing but this request.
//!
//! | state | event | next |
//! |---|---|---|
//! | base | the other credential is there | asking: the request |
//! | base | it cannot be had | failed |
//! | asking | 201 with a token | yields it |
//! | asking | 401, and there may be a better credential | base, once |
//! | asking | 401, and the client certificate is in a file; TLS failed, and the authority or the certificate is | material, once for each |
//! | asking | anything else | failed |
//! | material | the files were read | base, with what they hold now; nothing new, and none of the base's: failed |
//!
//! The call that this is for may hold older TLS material. It learns of the newer by itself.
//!
//! Calls with the token show no client certificate, even if there is one: it would say who we are before the token does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use serde::Deserialize;

use super::ask::{Ask, AskStep};
use super::context::Context;
use super::credential::Credential;
use super::granted::Granted;
use super::headers::bearer;
use super::material::Material;
use super::refusal::{Refusal, Refusals};
use super::site::{Certificate, Server};
use super::slot::{Fetched, Slot, SlotCall, SlotStep, Source};
use super::tls_files::TlsFileSource;
use crate::config::service_account::ServiceAccountToken;
use crate::driver::endpoint::TlsSettings;
use crate::driver::fault::Reach;
use crate::driver::input::Input;
use crate::driver::step::Step;
use crate::error::failure::error_from_body;
use crate::error::{Attempt, Error};
use crate::secret::Secret;

/// Which token to ask for, and the credential to ask with.
#[derive(Debug)]
pub(crate) struct TokenRequestSource<B: Source<Value = Credential>> {
    base: Slot<B>,
    material: Arc<Material>,
    path: String,
    body: Bytes,
    /// Whom to act as for the request.
    headers: HeaderMap,
    account: String,
}

/// One request.
#[derive(Debug)]
pub(crate) struct TokenRequestFetch<B: Source<Value = Credential>> {
    state: State<B>,
    refusals: Refusals,
    /// Why something better was looked for.
    failure: Option<Error>,
    /// Newer than the call's.
    material: Option<Arc<Granted<Arc<TlsSettings>>>>,
}

#[derive(Debug, Default)]
enum State<B: Source<Value = Credential>> {
    #[default]
    Begin,
    /// What it gives may be the same again where `enough`: something else is new.
    Base {
        turn: SlotCall<B>,
        enough: bool,
    },
    /// `base` is the number of the other credential, if that is to be replaced as well.
    Material {
        turn: SlotCall<TlsFileSource>,
        base: Option<u64>,
    },
    Asking(Box<Ask>, Arc<Granted<Credential>>),
    Over(Option<Error>),
}

impl<B: Source<Value = Credential>> Default for TokenRequestFetch<B> {
    fn default() -> Self {
        Self { state: State::Begin, refusals: Refusals::default(), failure: None, material: None }
    }
}

impl<B: Source<Value = Credential>> TokenRequestSource<B> {
    /// # Errors
    /// A name that cannot be one.
    pub(crate) fn new(
        token: &ServiceAccountToken,
        namespace: &str,
        base: Slot<B>,
        headers: HeaderMap,
        prefix: &str,
        material: Arc<Material>,
    ) -> Result<Self, Error> {
        let namespace = token.namespace.as_deref().unwrap_or(namespace);
        for (what, name) in [("namespace", namespace), ("service account", &token.service_account)] {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
            if name.is_empty() || !name.bytes().all(fits) || name.bytes().all(|byte| byte == b'.') {
                return Err(Error::misuse(format!("{name:?} cannot be the name of a {what}")));
            }
        }
        Ok(Self {
            base,
            material,
            path: format!("{prefix}/api/v1/namespaces/{namespace}/serviceaccounts/{}/token", token.service_account),
            body: token.request().into(),
            headers,
            account: format!("{namespace}/{}", token.service_account),
        })
    }

    pub(crate) fn name(&self) -> String {
        format!("the token request for service account {}", self.account)
    }

    pub(crate) fn resume(
        &self,
        fetch: &mut TokenRequestFetch<B>,
        mut input: Option<Input>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Step<Fetched<Credential>> {
        loop {
            let newer = fetch.material.clone();
            let server = server.with(newer.as_ref());
            let result = match std::mem::take(&mut fetch.state) {
                State::Begin => {
                    fetch.state = State::Base { turn: SlotCall::new(None), enough: false };
                    continue;
                }
                State::Base { mut turn, enough } => match turn.poll(input.take(), &self.base, &server, cx) {
                    SlotStep::Do(effect) => {
                        fetch.state = State::Base { turn, enough };
                        return Step::Do(effect);
                    }
                    SlotStep::Wait(until) => {
                        fetch.state = State::Base { turn, enough };
                        return Step::Wait(Some(until));
                    }
                    SlotStep::Same(_) if !enough => Err(fetch.failed()),
                    SlotStep::Ready(base) | SlotStep::Same(base) => match self.ask(&base, &server, cx) {
                        Ok(ask) => {
                            fetch.state = State::Asking(Box::new(ask), base);
                            continue;
                        }
                        Err(error) => Err(error),
                    },
                    SlotStep::Failed(error) => Err(error),
                },
                State::Material { mut turn, base } => {
                    let slot = self.material.files.as_ref();
                    let turned = slot.map(|slot| turn.poll(input.take(), slot, &server, cx));
                    match turned {
                        Some(SlotStep::Do(effect)) => {
                            fetch.state = State::Material { turn, base };
                            return Step::Do(effect);
                        }
                        Some(SlotStep::Wait(until)) => {
                            fetch.state = State::Material { turn, base };
                            return Step::Wait(Some(until));
                        }
                        Some(SlotStep::Ready(material)) => {
                            fetch.material = Some(material);
                            fetch.state = State::Base { turn: SlotCall::new(base), enough: true };
                            continue;
                        }
                        _ if base.is_some() => {
                            fetch.state = State::Base { turn: SlotCall::new(base), enough: false };
                            continue;
                        }
                        _ => Err(fetch.failed()),
                    }
                }
                State::Asking(mut ask, base) => match ask.resume(input.take(), cx) {
                    AskStep::Do(effect) => {
                        fetch.state = State::Asking(ask, base);
                        return Step::Do(effect);
                    }
                    AskStep::Wait => {
                        fetch.state = State::Asking(ask, base);
                        return Step::Wait(None);
                    }
                    AskStep::Answered(head, body) if head.status.is_success() => {
                        accept(&base, &server);
                        self.accept(&body, cx)
                    }
                    said => match self.refused(fetch, said, &base, &server, cx) {
                        Ok(state) => {
                            fetch.state = state;
                            continue;
                        }
                        Err(error) => Err(error),
                    },
                },
                State::Over(error) => {
                    fetch.state = State::Over(error.clone());
                    return Step::Done(error.map_or(Ok(()), Err));
                }
            };
            fetch.state = State::Over(result.as_ref().err().cloned());
            if let Ok(fetched) = result {
                return Step::Yield(fetched);
            }
        }
    }

    /// The request was not carried out: says how to go on, if there may be something better to do it with.
    fn refused(
        &self,
        fetch: &mut TokenRequestFetch<B>,
        said: AskStep,
        base: &Granted<Credential>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Result<State<B>, Error> {
        let (error, refusal) = match said {
            AskStep::Answered(head, body) => {
                let api = error_from_body(&head, &body, false, &Attempt::default());
                let unauthorized = head.status == StatusCode::UNAUTHORIZED;
                if !unauthorized {
                    accept(base, server);
                }
                (self.failed(&api.status.to_string()), unauthorized.then_some(Refusal::Unauthorized))
            }
            AskStep::Failed(fault) => {
                let refusal = Refusal::of(fault.kind).filter(|_| fault.reach == Reach::NotSent);
                (self.failed(&fault.to_string()), refusal)
            }
            AskStep::Do(_) | AskStep::Wait => return Err(Error::misuse("nothing was refused")),
        };
        let Some(refusal) = refusal else { return Err(error) };
        if fetch.refusals.contains(refusal) {
            return Err(error);
        }
        fetch.refusals.insert(refusal);
        let material = server.material;
        let material = material.and_then(|material| self.material.better(material, refusal, cx.now));
        let concerned = refusal == Refusal::Unauthorized || matches!(base.value.certificate, Certificate::Own(_));
        let replaceable = !self.base.source.is_fixed() && self.base.can_replace(base.generation, cx.now);
        let newer_base = (concerned && replaceable).then_some(base.generation);
        if material.is_none() && newer_base.is_none() {
            return Err(error);
        }
        fetch.failure = Some(error);
        Ok(match material {
            Some(_) => State::Material { turn: SlotCall::new(material), base: newer_base },
            None => State::Base { turn: SlotCall::new(newer_base), enough: false },
        })
    }

    fn ask(&self, base: &Granted<Credential>, server: &Server<'_>, cx: &Context<'_>) -> Result<Ask, Error> {
        let mut request = Request::post(self.path.as_str())
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, JSON)
            .body(self.body.clone())
            .map_err(|error| self.failed(&error.to_string()))?;
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        if let Some(authorization) = &base.value.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        // Tokens are given and not stored: one more is nobody's.
        Ok(Ask::new(server.endpoint(&base.value.certificate), request, cx).harmless())
    }

    fn accept(&self, body: &[u8], cx: &Context<'_>) -> Result<Fetched<Credential>, Error> {
        // What exactly is wrong would be said with a part of it.
        let answer: Answer =
            serde_json::from_slice(body).map_err(|_| self.failed("the answer is no TokenRequest with a token"))?;
        let authorization = bearer(&Secret::from(answer.status.token))?;
        // How long it lives is known without comparing our clock with the server's.
        let life = answer.spec.expiration_seconds.map(Duration::from_secs).or_else(|| {
            let end: jiff::Timestamp = answer.status.expiration_timestamp?.parse().ok()?;
            Some(Duration::try_from(end.as_duration()).unwrap_or_default().saturating_sub(cx.now.unix))
        });
        let credential = Credential { authorization: Some(authorization), certificate: Certificate::None };
        Ok(credential.lives(life, true, cx.now))
    }

    fn failed(&self, why: &str) -> Error {
        Error::credential(format!("no token for service account {}: {why}", self.account))
    }
}

/// The server let us in.
fn accept(base: &Granted<Credential>, server: &Server<'_>) {
    base.accept();
    if let Some(material) = server.material {
        material.accept();
    }
}

impl<B: Source<Value = Credential>> TokenRequestFetch<B> {
    fn failed(&mut self) -> Error {
        self.failure.take().unwrap_or_else(|| Error::credential("refused"))
    }
}

/// The part of a `TokenRequest` that is needed of an answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    spec: Spec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    expiration_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: String,
    #[serde(default)]
    expiration_timestamp: Option<String>,
}

const JSON: &str = "application/json";
