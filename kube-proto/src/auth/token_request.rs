//! Tokens of a service account from the API server: `TokenRequest` (docs/wire.md §10).
//!
//! Another credential, the base, authenticates this request and no other. It has a [`Slot`] of its own, which fetches,
//! renews and replaces it like any credential.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Begin` | | `Base` |
//! | `Base` | a base credential | `Asking`: sends the request |
//! | `Base` | no base credential, or only the refused one | `Over` with the error |
//! | `Asking` | success with a token | yields it; `Over` |
//! | `Asking` | 401, or TLS failed before the request was sent; files may have newer TLS material | `Material`, once per kind of refusal |
//! | `Asking` | the same, and only the base credential can be replaced | `Base`, once per kind of refusal |
//! | `Asking` | anything else | `Over` with the error |
//! | `Material` | new material, or the base credential is to be replaced too | `Base` |
//! | `Material` | nothing new | `Over` with the error |
//! | `Over` | | ends |
//!
//! The call that needs the token may hold older TLS material. It replaces that by itself.
//!
//! Calls with the token present no client certificate, even if one is configured: the server would authenticate the
//! certificate and not the token.

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
use crate::rfc3339::since_1970;
use crate::secret::Secret;

/// The token to request, and the credential for the request.
#[derive(Debug)]
pub(crate) struct TokenRequestSource<B: Source<Value = Credential>> {
    base: Slot<B>,
    material: Arc<Material>,
    path: String,
    body: Bytes,
    /// The impersonation headers of the request.
    headers: HeaderMap,
    namespace: String,
    account: String,
}

/// One fetch of a token.
#[derive(Debug)]
pub(crate) struct TokenRequestFetch<B: Source<Value = Credential>> {
    state: State<B>,
    refusals: Refusals,
    /// The error that made the fetch replace the material or the base credential.
    failure: Option<Error>,
    /// TLS material newer than that of the call.
    material: Option<Arc<Granted<Arc<TlsSettings>>>>,
}

#[derive(Debug, Default)]
enum State<B: Source<Value = Credential>> {
    #[default]
    Begin,
    /// With `enough`, the same base credential may be used again, because the TLS material is new.
    Base {
        call: SlotCall<B>,
        enough: bool,
    },
    /// `base` is the generation of the base credential, if that is to be replaced as well.
    Material {
        call: SlotCall<TlsFileSource>,
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
    /// The namespace or the service account is not a valid name.
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
            namespace: namespace.to_owned(),
            account: token.service_account.clone(),
        })
    }

    pub(crate) fn name(&self) -> String {
        format!("the token request for service account {}/{}", self.namespace, self.account)
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
                    fetch.state = State::Base { call: SlotCall::new(None), enough: false };
                    continue;
                }
                State::Base { mut call, enough } => match call.poll(input.take(), &self.base, &server, cx) {
                    SlotStep::Do(effect) => {
                        fetch.state = State::Base { call, enough };
                        return Step::Do(effect);
                    }
                    SlotStep::Wait(until) => {
                        fetch.state = State::Base { call, enough };
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
                State::Material { mut call, base } => {
                    let slot = self.material.files.as_ref();
                    let step = slot.map(|slot| call.poll(input.take(), slot, &server, cx));
                    match step {
                        Some(SlotStep::Do(effect)) => {
                            fetch.state = State::Material { call, base };
                            return Step::Do(effect);
                        }
                        Some(SlotStep::Wait(until)) => {
                            fetch.state = State::Material { call, base };
                            return Step::Wait(Some(until));
                        }
                        Some(SlotStep::Ready(material)) => {
                            fetch.material = Some(material);
                            fetch.state = State::Base { call: SlotCall::new(base), enough: true };
                            continue;
                        }
                        _ if base.is_some() => {
                            fetch.state = State::Base { call: SlotCall::new(base), enough: false };
                            continue;
                        }
                        _ => Err(fetch.failed()),
                    }
                }
                State::Asking(mut ask, base) => {
                    let step = ask.resume(input.take(), cx);
                    if let AskStep::Answered(head, _) = &step {
                        cx.warnings.tell(&head.headers, || self.attempt(&server));
                    }
                    match step {
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
                        step => match self.refused(fetch, step, &base, &server, cx) {
                            Ok(state) => {
                                fetch.state = state;
                                continue;
                            }
                            Err(error) => Err(error),
                        },
                    }
                }
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

    /// The next state after a failed request, if newer material or another base credential can be expected.
    fn refused(
        &self,
        fetch: &mut TokenRequestFetch<B>,
        step: AskStep,
        base: &Granted<Credential>,
        server: &Server<'_>,
        cx: &Context<'_>,
    ) -> Result<State<B>, Error> {
        let (error, refusal) = match step {
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
            Some(_) => State::Material { call: SlotCall::new(material), base: newer_base },
            None => State::Base { call: SlotCall::new(newer_base), enough: false },
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
        // The server does not store tokens: a second one does no harm.
        Ok(Ask::new(server.endpoint(&base.value.certificate), request, cx).harmless())
    }

    fn accept(&self, body: &[u8], cx: &Context<'_>) -> Result<Fetched<Credential>, Error> {
        // The parser's error may quote a part of the token.
        let answer: Answer = crate::json::from_slice(body)
            .map_err(|_| self.failed("the response is not a TokenRequest with a token"))?;
        let authorization = bearer(&Secret::from(answer.status.token))?;
        // `expirationSeconds` needs no comparison of the local clock with the server's.
        let life = match (answer.spec.expiration_seconds, answer.status.expiration_timestamp) {
            (Some(seconds), _) => Some(Duration::from_secs(seconds)),
            (None, Some(text)) => {
                let end = since_1970(&text).ok_or_else(|| self.failed("its expirationTimestamp is not RFC 3339"))?;
                Some(Duration::try_from(end).unwrap_or_default().saturating_sub(cx.now.unix))
            }
            (None, None) => None,
        };
        let credential = Credential { authorization: Some(authorization), certificate: Certificate::None };
        Ok(credential.lives(life, true, cx.now))
    }

    fn attempt(&self, server: &Server<'_>) -> Attempt {
        Attempt {
            verb: "create".into(),
            resource: "serviceaccounts/token".to_owned(),
            namespace: Some(self.namespace.clone()),
            name: Some(self.account.clone()),
            server: server.url(),
            mutates: false,
            request_id: None,
        }
    }

    fn failed(&self, why: &str) -> Error {
        Error::credential(format!("no token for service account {}/{}: {why}", self.namespace, self.account))
    }
}

/// Records that the server accepted the base credential and the material.
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

/// The parts of a `TokenRequest` that are read from the response.
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
