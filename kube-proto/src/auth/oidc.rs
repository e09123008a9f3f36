//! Identity tokens of an OpenID Connect issuer: the auth provider `oidc` (docs/wire.md §7.7).
//!
//! | state | event | next |
//! |---|---|---|
//! | `Begin` | the configured token is still good, and was not used before | yields it; `Over` |
//! | `Begin` | the settings come from a kubeconfig | `Look`: reads the kubeconfig again |
//! | `Look` | the kubeconfig has a new token that is good: another program refreshed it or logged in | yields it; `Over` |
//! | `Look` | the kubeconfig has a new refresh token | uses that from now on; continues as below |
//! | `Begin`, `Look` | there is no refresh token; the token that was used last is still good | yields it again: a refusal by the server is the answer; `Over` |
//! | `Begin`, `Look` | there is no refresh token | `Over` with the error |
//! | `Begin`, `Look` | the issuer's CA is in a file | `Ca`: reads it |
//! | `Begin`, `Look`, `Ca` | otherwise | `Discovery`: requests the issuer's document |
//! | `Discovery` | a document with a `token_endpoint` | `Token`: exchanges the refresh token for an identity token |
//! | `Token` | success with an identity token | yields it; keeps a new refresh token; `Save`: [`Rewrite`] of the kubeconfig, if [configured](Settings::write_back), else `Over` |
//! | `Token` | the issuer did not authenticate the client, and the other method of client authentication was not tried | `Token` with that method |
//! | `Save` | written, or failed to write | `Over` without an error: the token is already in use |
//! | any | anything else | `Over` with the error |
//!
//! An unreadable kubeconfig, or one without this user, changes nothing in `Look`.
//!
//! The issuer has an endpoint, a CA and a TLS identity of its own, and gets none of the API server's headers. Its URLs
//! use the proxies of the environment, never the configured proxy of the API server. The client secret goes into
//! `Authorization`, or into the body if the issuer asks for that or refuses the header (RFC 6749 §2.3.1).
//!
//! Differences from client-go: a token that the API server refuses is renewed, and each token is renewed shortly before
//! its end; tokens that another program wrote into the kubeconfig are used; a failure to write the kubeconfig does not
//! fail the call (see [`Session::unsaved`](crate::session::Session::unsaved)).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use http::response::Parts;
use http::{HeaderValue, Request, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::ask::{Ask, AskStep};
use super::context::Context;
use super::credential::Credential;
use super::headers::bearer;
use super::site::Identities;
use super::slot::Fetched;
use crate::config::oidc::{
    ID_TOKEN, IssuerMetadata, OidcProvider, REFRESH_TOKEN, TokenError, TokenResponse, TokenTimes,
};
use crate::config::proxy::{ProxyEnv, proxy_for};
use crate::config::server::Server;
use crate::driver::effect::Effect;
use crate::driver::endpoint::{Endpoint, Tls, TlsSettings};
use crate::driver::input::Input;
use crate::driver::step::Step;
use crate::error::{Error, excerpt};
use crate::kubeconfig::Kubeconfig;
use crate::kubeconfig::budget::FILE_LIMIT;
use crate::kubeconfig::rewrite::Rewrite;
use crate::lock::lock;
use crate::secret::Secret;
#[cfg(doc)]
use crate::settings::Settings;

/// An issuer and its tokens.
#[derive(Debug)]
pub(crate) struct OidcSource {
    provider: OidcProvider,
    home: Option<OidcHome>,
    proxies: ProxyEnv,
    agent: HeaderValue,
    identities: Identities,
    held: Mutex<Held>,
}

/// The kubeconfig file and the user that hold the settings.
#[derive(Clone, Debug)]
pub(crate) struct OidcHome {
    pub(crate) file: PathBuf,
    pub(crate) user: String,
}

/// The two tokens of an `auth-provider`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tokens {
    id: Option<Secret>,
    refresh: Option<Secret>,
}

#[derive(Debug)]
struct Held {
    /// The configured token, until it was used.
    id_token: Option<Secret>,
    /// The configured token that was used last.
    used: Option<Secret>,
    refresh_token: Option<Secret>,
    /// The tokens of the kubeconfig when it was last read or written.
    seen: Tokens,
    /// The method of client authentication that worked; `None` before the first success.
    secret_in_body: Option<bool>,
    /// The servers of the issuer, each with its CA.
    servers: Vec<(Option<Bytes>, Endpoint)>,
}

/// One refresh.
#[derive(Debug, Default)]
pub(crate) struct OidcFetch {
    state: State,
    ca: Option<Bytes>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Begin,
    Look,
    Ca(PathBuf),
    Discovery(Box<Ask>),
    Token(Box<Asking>),
    Save(Box<Rewrite>, Tokens),
    Over(Option<Error>),
}

#[derive(Debug)]
struct Asking {
    ask: Ask,
    issuer: IssuerMetadata,
    secret_in_body: bool,
    /// The other method of client authentication was refused, or does not apply.
    last: bool,
}

/// A state, and the step to return on entering it.
type Transition = (State, Option<Step<Fetched<Credential>>>);

impl OidcSource {
    pub(crate) fn new(
        provider: OidcProvider,
        home: Option<OidcHome>,
        proxies: ProxyEnv,
        agent: HeaderValue,
        identities: Identities,
    ) -> Self {
        let held = Held {
            id_token: provider.id_token.clone(),
            used: None,
            refresh_token: provider.refresh_token.clone(),
            seen: Tokens { id: provider.id_token.clone(), refresh: provider.refresh_token.clone() },
            secret_in_body: None,
            servers: Vec::new(),
        };
        Self { provider, home, proxies, agent, identities, held: Mutex::new(held) }
    }

    pub(crate) fn name(&self) -> String {
        format!("the OIDC issuer {}", self.provider.issuer)
    }

    pub(crate) fn resume(
        &self,
        fetch: &mut OidcFetch,
        mut input: Option<Input>,
        cx: &Context<'_>,
    ) -> Step<Fetched<Credential>> {
        loop {
            let state = std::mem::take(&mut fetch.state);
            let (next, step) = match self.step(state, input.take(), &mut fetch.ca, cx) {
                Ok(next) => next,
                Err(text) => (State::Over(Some(Error::credential(text))), None),
            };
            fetch.state = next;
            match (&fetch.state, step) {
                (_, Some(step)) => return step,
                (State::Over(error), None) => return Step::Done(error.clone().map_or(Ok(()), Err)),
                (_, None) => {}
            }
        }
    }

    fn step(
        &self,
        state: State,
        input: Option<Input>,
        ca: &mut Option<Bytes>,
        cx: &Context<'_>,
    ) -> Result<Transition, String> {
        let then = |step: Step<Fetched<Credential>>| Some(step);
        Ok(match (state, input) {
            (State::Begin, _) => {
                if let Some(fetched) = self.configured(cx)? {
                    return Ok((State::Over(None), then(Step::Yield(fetched))));
                }
                match &self.home {
                    Some(home) => {
                        let effect = Effect::ReadFile { path: home.file.clone(), limit: FILE_LIMIT };
                        (State::Look, then(Step::Do(effect)))
                    }
                    None => self.refresh(ca, cx)?,
                }
            }
            (State::Look, None) => (State::Look, then(Step::Wait(None))),
            (State::Look, Some(input)) => {
                if let Input::File(content) = input {
                    self.look(&content);
                }
                if let Some(fetched) = self.configured(cx)? {
                    return Ok((State::Over(None), then(Step::Yield(fetched))));
                }
                self.refresh(ca, cx)?
            }
            (State::Ca(path), None) => (State::Ca(path), then(Step::Wait(None))),
            (State::Ca(path), Some(input)) => {
                *ca = Some(self.authority(&path, input)?);
                (self.discover(ca.as_ref(), cx)?, None)
            }
            (State::Discovery(mut ask), input) => match ask.resume(input, cx) {
                AskStep::Do(effect) => (State::Discovery(ask), then(Step::Do(effect))),
                AskStep::Wait => (State::Discovery(ask), then(Step::Wait(None))),
                AskStep::Failed(fault) => return Err(format!("{} cannot be asked: {fault}", self.name())),
                AskStep::Answered(head, body) => {
                    let issuer = self.metadata(&head, &body)?;
                    // A public client has no secret and only sends its id.
                    let none = self.provider.client_secret.is_none();
                    let in_body = none || self.held().secret_in_body.unwrap_or(issuer.secret_in_body);
                    (self.ask_token(issuer, in_body, none, ca.as_ref(), cx)?, None)
                }
            },
            (State::Token(mut asking), input) => match asking.ask.resume(input, cx) {
                AskStep::Do(effect) => (State::Token(asking), then(Step::Do(effect))),
                AskStep::Wait => (State::Token(asking), then(Step::Wait(None))),
                AskStep::Failed(fault) => return Err(format!("{} gave no token: {fault}", self.name())),
                AskStep::Answered(head, body) if head.status.is_success() => {
                    let (tokens, fetched) = self.accept(&body, asking.secret_in_body, cx)?;
                    (self.save(tokens, cx), then(Step::Yield(fetched)))
                }
                AskStep::Answered(head, body) => {
                    let error = TokenError::parse(&body);
                    if asking.last || !is_about_the_client(head.status, &error) {
                        return Err(self.refusal(head.status, &error));
                    }
                    (self.ask_token(asking.issuer, !asking.secret_in_body, true, ca.as_ref(), cx)?, None)
                }
            },
            (State::Save(mut rewrite, tokens), input) => match rewrite.advance(input, cx.now.mono) {
                Step::Do(effect) => (State::Save(rewrite, tokens), then(Step::Do(effect))),
                Step::Wait(until) => (State::Save(rewrite, tokens), then(Step::Wait(until))),
                Step::Yield(changed) => {
                    if changed {
                        self.held().seen = tokens;
                    }
                    cx.unsaved.note(None);
                    (State::Over(None), None)
                }
                Step::Done(result) => {
                    cx.unsaved.note(result.err());
                    (State::Over(None), None)
                }
            },
            (State::Over(error), _) => (State::Over(error), None),
        })
    }

    /// Starts a refresh at the issuer.
    fn refresh(&self, ca: &mut Option<Bytes>, cx: &Context<'_>) -> Result<Transition, String> {
        if self.held().refresh_token.is_none() {
            let none = "No valid id-token, and cannot refresh without refresh-token: log in again";
            // If the server has refused a token that is still valid, its refusal is the answer.
            let again = self.again(cx)?.ok_or_else(|| none.to_owned())?;
            return Ok((State::Over(None), Some(Step::Yield(again))));
        }
        ca.clone_from(&self.provider.ca);
        Ok(match self.provider.ca_file.clone().filter(|_| ca.is_none()) {
            Some(path) => {
                let limit = cx.settings.limits.file;
                (State::Ca(path.clone()), Some(Step::Do(Effect::ReadFile { path, limit })))
            }
            None => (self.discover(ca.as_ref(), cx)?, None),
        })
    }

    /// Takes the tokens that another program has written into the kubeconfig since the last look.
    fn look(&self, content: &Bytes) {
        let Some(home) = &self.home else { return };
        let Ok(config) = Kubeconfig::parse(content) else { return };
        let Some(settings) = config.user(&home.user).and_then(|user| self.provider.found_in(user)) else { return };
        let now = Tokens { id: settings.id_token, refresh: settings.refresh_token };
        let mut held = self.held();
        if now.id != held.seen.id {
            held.id_token.clone_from(&now.id);
        }
        if now.refresh != held.seen.refresh && now.refresh.is_some() {
            held.refresh_token.clone_from(&now.refresh);
        }
        held.seen = now;
    }

    /// Starts writing the new tokens into the kubeconfig.
    fn save(&self, tokens: Tokens, cx: &Context<'_>) -> State {
        let home = self.home.as_ref().filter(|_| cx.settings.write_back);
        let Some(OidcHome { file, user }) = home.cloned() else { return State::Over(None) };
        let (provider, new) = (self.provider.clone(), tokens.clone());
        let rewrite = Rewrite::new(file, move |config| {
            let user = config.users.iter_mut().find(|named| named.name == user).map(|named| &mut named.user);
            // The entry may belong to another user by now. Then it does not get these tokens.
            let Some(user) = user.filter(|user| provider.found_in(user).is_some()) else { return Ok(false) };
            let Some(settings) = user.auth_provider.as_mut().map(|it| &mut it.config) else { return Ok(false) };
            let mut changed = false;
            for (key, token) in [(ID_TOKEN, &new.id), (REFRESH_TOKEN, &new.refresh)] {
                let Some(token) = token else { continue };
                changed |= settings.insert(key.to_owned(), token.clone()).as_ref() != Some(token);
            }
            Ok(changed)
        });
        State::Save(Box::new(rewrite), tokens)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        lock(&self.held)
    }

    /// The token of the configuration, while it is good. It is returned once: the next fetch needs a new one.
    fn configured(&self, cx: &Context<'_>) -> Result<Option<Fetched<Credential>>, String> {
        let Some(token) = self.held().id_token.take() else { return Ok(None) };
        let fetched = valid(&token, cx)?.map(|fetched| Fetched { stored: true, ..fetched });
        if fetched.is_some() {
            self.held().used = Some(token);
        }
        Ok(fetched)
    }

    /// The token that was configured last, while it is good.
    fn again(&self, cx: &Context<'_>) -> Result<Option<Fetched<Credential>>, String> {
        let used = self.held().used.clone();
        used.map_or(Ok(None), |token| valid(&token, cx))
    }

    fn authority(&self, path: &std::path::Path, input: Input) -> Result<Bytes, String> {
        let why = match input {
            Input::File(content) if !content.trim_ascii().is_empty() => return Ok(content),
            Input::File(_) => "the file is empty".to_owned(),
            Input::Failed(fault) => fault.to_string(),
            _ => "the driver did not read it".to_owned(),
        };
        Err(format!("the CA {} of {} cannot be read: {why}", path.display(), self.name()))
    }

    fn discover(&self, ca: Option<&Bytes>, cx: &Context<'_>) -> Result<State, String> {
        let request = Request::get(self.provider.discovery_path());
        let to = self.endpoint(&self.provider.issuer, ca)?;
        let request = request.header(header::ACCEPT, JSON).header(header::USER_AGENT, &self.agent).body(Bytes::new());
        let request = request.map_err(|error| format!("{} cannot be asked: {error}", self.name()))?;
        Ok(State::Discovery(Box::new(Ask::new(to, request, cx))))
    }

    fn metadata(&self, head: &Parts, body: &BytesMut) -> Result<IssuerMetadata, String> {
        let name = self.name();
        if head.status != StatusCode::OK {
            let to = head.headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
            let to = to.map_or_else(String::new, |to| format!(", and leads to {}", excerpt(to.as_bytes())));
            let path = self.provider.discovery_path();
            return Err(format!("{name} answers {} for {path}{to}: is idp-issuer-url right?", head.status));
        }
        IssuerMetadata::parse(body).map_err(|error| format!("{name}: {error}"))
    }

    fn ask_token(
        &self,
        issuer: IssuerMetadata,
        secret_in_body: bool,
        last: bool,
        ca: Option<&Bytes>,
        cx: &Context<'_>,
    ) -> Result<State, String> {
        let refresh_token = self.held().refresh_token.clone().unwrap_or_default();
        let (id, secret) = (self.provider.client_id.as_str(), self.provider.client_secret.as_ref());
        let mut form = format!("grant_type=refresh_token&refresh_token={}", encode(refresh_token.expose()));
        let mut request = Request::post(&issuer.token_path)
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::USER_AGENT, &self.agent);
        if secret_in_body {
            form += &format!("&client_id={}", encode(id));
            if let Some(secret) = secret {
                form += &format!("&client_secret={}", encode(secret.expose()));
            }
        } else {
            let pair = format!("{}:{}", encode(id), encode(secret.map_or("", Secret::expose)));
            let mut value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair)))
                .map_err(|_| "the client-id is not a valid header value".to_owned())?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let to = self.endpoint(&issuer.token_server, ca)?;
        let request = request.body(form.into()).map_err(|error| format!("{} cannot be asked: {error}", self.name()))?;
        // A refresh token may be valid for one use only, so it must be certain whether it was sent.
        let ask = Ask::new(to, request, cx).fresh();
        Ok(State::Token(Box::new(Asking { ask, issuer, secret_in_body, last })))
    }

    fn accept(
        &self,
        body: &BytesMut,
        secret_in_body: bool,
        cx: &Context<'_>,
    ) -> Result<(Tokens, Fetched<Credential>), String> {
        let response = TokenResponse::parse(body).map_err(|error| format!("{}: {error}", self.name()))?;
        let credential = credential(&response.id_token)?;
        let mut held = self.held();
        held.secret_in_body = Some(secret_in_body);
        if response.refresh_token.is_some() {
            held.refresh_token = response.refresh_token;
        }
        let life = TokenTimes::of(&response.id_token).life(cx.now.unix).or(response.expires_in);
        let tokens = Tokens { id: Some(response.id_token), refresh: held.refresh_token.clone() };
        Ok((tokens, credential.lives(life, true, cx.now)))
    }

    fn refusal(&self, status: StatusCode, error: &TokenError) -> String {
        let (name, text) = (self.name(), &error.text);
        match error.code.as_str() {
            "invalid_grant" => format!("{name} does not accept the refresh token any more ({text}): log in again"),
            "" => format!("{name} gave no token: {status}: {text}"),
            _ => format!("{name} gave no token: {text}"),
        }
    }

    /// The endpoint of a server of the issuer. The same server with the same CA keeps its identity.
    fn endpoint(&self, server: &Server, ca: Option<&Bytes>) -> Result<Endpoint, String> {
        let mut held = self.held();
        let same = |(with, to): &&(Option<Bytes>, Endpoint)| {
            with.as_ref() == ca && (to.host(), to.port(), to.tls().is_some()) == (&server.host, server.port, server.tls)
        };
        if let Some((_, endpoint)) = held.servers.iter().find(same) {
            return Ok(endpoint.clone());
        }
        let proxy = proxy_for(server, None, &self.proxies)
            .map_err(|error| format!("{} cannot be asked: {error}", self.name()))?;
        let settings = Arc::new(TlsSettings { ca: ca.cloned(), ..TlsSettings::default() });
        let tls = server.tls.then(|| Tls {
            id: self.identities.next(),
            api_server: false,
            server_name: server.host.clone(),
            settings: Arc::clone(&settings),
        });
        let endpoint = Endpoint::with_proxy(server.host.as_str(), server.port, tls, proxy, &settings);
        if held.servers.len() >= SERVERS {
            held.servers.remove(0);
        }
        held.servers.push((ca.cloned(), endpoint.clone()));
        Ok(endpoint)
    }
}

/// A token of the configuration, if it is good for more than [`LEEWAY`].
fn valid(token: &Secret, cx: &Context<'_>) -> Result<Option<Fetched<Credential>>, String> {
    let end = TokenTimes::of(token).expires;
    let left = end.map(|end| end.saturating_sub(cx.now.unix)).filter(|left| *left > LEEWAY);
    left.map(|left| Ok(credential(token)?.lives(Some(left), true, cx.now))).transpose()
}

fn credential(token: &Secret) -> Result<Credential, String> {
    bearer(token).map(Credential::token).map_err(|_| "the id-token is not a valid header value".to_owned())
}

/// Whether the other method of client authentication may help. Issuers report an unknown client in different ways, but
/// agree on the error for an invalid refresh token.
fn is_about_the_client(status: StatusCode, error: &TokenError) -> bool {
    status.is_client_error()
        && status != StatusCode::TOO_MANY_REQUESTS
        && !matches!(error.code.as_str(), "invalid_grant" | "invalid_scope" | "unsupported_grant_type")
}

/// Encodes for a form (`application/x-www-form-urlencoded`), with `%20` for a space.
fn encode(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}

const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');
const JSON: &str = "application/json";
/// client-go's leeway: a configured token that ends sooner is not used.
const LEEWAY: Duration = Duration::from_secs(10);
/// How many servers of the issuer are kept: two, each before and after a change of its CA.
const SERVERS: usize = 4;
