//! Where the credential of a configuration comes from, and the headers of every request.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::credential::Credentials;
use super::exec::ExecSource;
use super::file::FileSource;
use super::oidc::{OidcHome, OidcSource};
use super::token_request::TokenRequestSource;
use crate::config::oidc::OidcProvider;
use crate::config::resolved::{Config, CredentialConfig, Impersonate};
use crate::driver::endpoint::{Endpoint, Tls};
use crate::error::Error;
use crate::lease::clock::Clock;
use crate::secret::Secret;
use crate::settings::Settings;

/// The `Authorization` header for a bearer token.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue, Error> {
    sensitive(format!("Bearer {}", token.expose()), "the token")
}

fn sensitive(text: String, what: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| Error::credential(format!("{what} cannot stand in a header: it has a line break or the like")))?;
    value.set_sensitive(true);
    Ok(value)
}

pub(crate) fn endpoint(config: &Config) -> Endpoint {
    let server = &config.server;
    let tls = server.tls.then(|| Tls {
        id: FIRST_IDENTITY,
        server_name: config.tls.server_name.clone().unwrap_or_else(|| server.host.clone()),
        settings: Arc::new(config.tls.clone()),
        api_server: true,
    });
    Endpoint::with_proxy(&*server.host, server.port, tls, config.proxy.clone(), &config.tls)
}

/// Where the credential comes from; a credential that never changes; the headers of every request.
pub(crate) struct Sourced {
    pub(crate) source: Credentials,
    pub(crate) fixed: Option<HeaderValue>,
    pub(crate) headers: HeaderMap,
}

pub(crate) fn source(config: &Config, credential: &CredentialConfig, make: &Make<'_>) -> Result<Sourced, Error> {
    let (source, fixed) = match credential {
        CredentialConfig::None => (Credentials::Fixed, None),
        CredentialConfig::Bearer(token) => (Credentials::Fixed, Some(bearer(token)?)),
        CredentialConfig::Basic { username, password } => {
            let pair = BASE64_STANDARD.encode(format!("{username}:{}", password.expose()));
            (Credentials::Fixed, Some(sensitive(format!("Basic {pair}"), "the password")?))
        }
        CredentialConfig::TokenFile { path, fallback } => {
            (Credentials::File(FileSource::new(path.clone(), fallback.clone())), None)
        }
        CredentialConfig::Exec(exec) => {
            (Credentials::Exec(Box::new(ExecSource::new((**exec).clone(), make.terminal))), None)
        }
        CredentialConfig::AuthProvider { name, config: of, user, file } => {
            let provider = OidcProvider::of(name, of)?;
            let home = file.clone().map(|file| OidcHome { file, user: user.clone() });
            (Credentials::Oidc(Box::new(OidcSource::new(provider, home, config.proxy_env.clone()))), None)
        }
        CredentialConfig::ServiceAccount { token, base } => {
            let Sourced { source, fixed, headers } = source(config, base, make)?;
            let source = TokenRequestSource::new(token, &config.default_namespace, source, fixed, headers, make.clock)?;
            // Whoever may ask for the token may act as somebody for that; the token's owner is who he is.
            let headers = self::headers(None, make.settings)?;
            return Ok(Sourced { source: Credentials::TokenRequest(Box::new(source)), fixed: None, headers });
        }
    };
    Ok(Sourced { source, fixed, headers: headers(config.impersonate.as_ref(), make.settings)? })
}

/// What sources are made with.
pub(crate) struct Make<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) clock: &'a Arc<Clock>,
    pub(crate) terminal: bool,
}

/// The headers of every request (WIRE §2.6).
pub(crate) fn headers(impersonate: Option<&Impersonate>, settings: &Settings) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, value(&settings.user_agent, "the user agent")?);
    let Some(who) = impersonate else { return Ok(headers) };
    headers.insert(HeaderName::from_static("impersonate-user"), value(&who.user, "the impersonated user")?);
    if let Some(uid) = &who.uid {
        headers.insert(HeaderName::from_static("impersonate-uid"), value(uid, "the impersonated uid")?);
    }
    for group in &who.groups {
        headers.append(HeaderName::from_static("impersonate-group"), value(group, "an impersonated group")?);
    }
    for (key, values) in &who.extra {
        let name = HeaderName::try_from(format!("impersonate-extra-{}", extra_key(key)))
            .map_err(|_| Error::misuse(format!("the impersonated extra key {key:?} is too long for a header")))?;
        for extra in values {
            headers.append(&name, value(extra, "an impersonated extra value")?);
        }
    }
    Ok(headers)
}

/// A key of `Impersonate-Extra-`: every byte that is no token character of RFC 9110, and every `%`, is escaped.
fn extra_key(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&b);
    key.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn value(text: &str, what: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text).map_err(|_| Error::misuse(format!("{what} {text:?} cannot stand in a header")))
}

/// The TLS identity that the configuration gives.
pub(crate) const FIRST_IDENTITY: u64 = 1;
