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
//! | asking | 401, and there is a better credential | base, once |
//! | asking | anything else | failed |
//!
//! Calls with the token show no client certificate, even if there is one: it would say who we are before the token does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use serde::Deserialize;

use super::ask::{Ask, Said};
use super::credential::{Credential, Credentials};
use super::site::{Certificate, Server};
use super::slot::{Fetched, Granted, Slot, Turn, Turned};
use crate::config::{Secret, ServiceAccountToken};
use crate::effect::Input;
use crate::error::{Attempt, Error};
use crate::operation::{Cx, Step};
use crate::response::error_from_body;
use crate::session::{Clock, bearer};

/// Which token to ask for, and the credential to ask with.
#[derive(Debug)]
pub(crate) struct TokenRequestSource {
    base: Slot<Credentials>,
    path: String,
    body: Bytes,
    /// Whom to act as for the request.
    headers: HeaderMap,
    account: String,
}

/// One request.
#[derive(Debug, Default)]
pub(crate) struct TokenRequestFetch {
    state: State,
    /// The server refused the base once.
    refused: Option<Error>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Begin,
    Base(Turn<Credentials>),
    Asking(Box<Ask>, Arc<Granted<Credential>>),
    Over(Option<Error>),
}

impl TokenRequestSource {
    /// # Errors
    /// A name that cannot be one.
    pub(crate) fn new(
        token: &ServiceAccountToken,
        namespace: &str,
        source: Credentials,
        fixed: Option<HeaderValue>,
        headers: HeaderMap,
        clock: &Arc<Clock>,
    ) -> Result<Self, Error> {
        let namespace = token.namespace.as_deref().unwrap_or(namespace);
        for (what, name) in [("namespace", namespace), ("service account", &token.service_account)] {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
            if name.is_empty() || !name.bytes().all(fits) || name.bytes().all(|byte| byte == b'.') {
                return Err(Error::misuse(format!("{name:?} cannot be the name of a {what}")));
            }
        }
        Ok(Self {
            base: source.slot(fixed, clock),
            path: format!("/api/v1/namespaces/{namespace}/serviceaccounts/{}/token", token.service_account),
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
        fetch: &mut TokenRequestFetch,
        mut input: Option<Input>,
        server: &Server<'_>,
        cx: &Cx<'_>,
    ) -> Step<Fetched<Credential>> {
        loop {
            let result = match std::mem::take(&mut fetch.state) {
                State::Begin => {
                    fetch.state = State::Base(Turn::new(None));
                    continue;
                }
                State::Base(mut turn) => match turn.poll(input.take(), &self.base, server, cx) {
                    Turned::Do(effect) => {
                        fetch.state = State::Base(turn);
                        return Step::Do(effect);
                    }
                    Turned::Wait(until) => {
                        fetch.state = State::Base(turn);
                        return Step::Wait(Some(until));
                    }
                    Turned::Ready(base) => match self.ask(&base, server, cx) {
                        Ok(ask) => {
                            fetch.state = State::Asking(Box::new(ask), base);
                            continue;
                        }
                        Err(error) => Err(error),
                    },
                    Turned::Same(_) => Err(fetch.refused.take().unwrap_or_else(|| Error::credential("refused"))),
                    Turned::Failed(error) => Err(error),
                },
                State::Asking(mut ask, base) => match ask.resume(input.take(), cx) {
                    Said::Do(effect) => {
                        fetch.state = State::Asking(ask, base);
                        return Step::Do(effect);
                    }
                    Said::Wait => {
                        fetch.state = State::Asking(ask, base);
                        return Step::Wait(None);
                    }
                    Said::Failed(fault) => Err(self.failed(&fault.to_string())),
                    Said::Answered(head, body) if head.status.is_success() => {
                        base.accept();
                        self.accept(&body, cx)
                    }
                    Said::Answered(head, body) => {
                        let api = error_from_body(&head, &body, false, &Attempt::default());
                        let error = self.failed(&api.status.to_string());
                        if head.status != StatusCode::UNAUTHORIZED {
                            base.accept();
                        } else if fetch.refused.is_none()
                            && !self.base.source.is_fixed()
                            && self.base.can_replace(base.generation, cx.now)
                        {
                            fetch.refused = Some(error);
                            fetch.state = State::Base(Turn::new(Some(base.generation)));
                            continue;
                        }
                        Err(error)
                    }
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

    fn ask(&self, base: &Granted<Credential>, server: &Server<'_>, cx: &Cx<'_>) -> Result<Ask, Error> {
        let mut request = Request::post(format!("{}{}", cx.session.prefix(), self.path))
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
        Ok(Ask::new(server.endpoint(&base.value.certificate, cx.session), request, cx))
    }

    fn accept(&self, body: &[u8], cx: &Cx<'_>) -> Result<Fetched<Credential>, Error> {
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
