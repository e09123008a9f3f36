//! The headers that a configuration puts on requests.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::impersonate::{IdentityPart, Impersonate};
use crate::error::Error;
use crate::secret::Secret;
use crate::settings::Settings;

/// The `Authorization` header for a bearer token.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue, Error> {
    sensitive(format!("Bearer {}", token.expose()), "the token")
}

pub(crate) fn sensitive(text: String, what: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        Error::credential(format!("{what} is not a valid header value: it has a line break or the like"))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The headers of every request (docs/wire.md §2.6).
///
/// # Errors
/// The user agent or the impersonated identity cannot be sent.
pub(crate) fn headers(impersonate: Option<&Impersonate>, settings: &Settings) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, user_agent(settings)?);
    let Some(config) = impersonate else { return Ok(headers) };
    if let Some((_, fault)) = config.faults().into_iter().next() {
        return Err(Error::misuse(fault));
    }
    headers.insert(USER, value(&config.user, "the impersonated user")?);
    if let Some(uid) = &config.uid {
        headers.insert(UID, value(uid, "the impersonated uid")?);
    }
    for group in &config.groups {
        headers.append(GROUP, value(group, "an impersonated group")?);
    }
    for (key, values) in &config.extra {
        let name = HeaderName::try_from(format!("{EXTRA}{}", extra_key(key)))
            .map_err(|_| Error::misuse(format!("the impersonated extra key {key:?} is too long for a header")))?;
        for extra in values {
            headers.append(&name, value(extra, "an impersonated extra value")?);
        }
    }
    Ok(headers)
}

/// The value of `User-Agent`.
pub(crate) fn user_agent(settings: &Settings) -> Result<HeaderValue, Error> {
    value(&settings.user_agent, "the user agent")
}

/// Adds the headers of the session to those of a request. A request's own `User-Agent` replaces the session's, and a
/// request that impersonates replaces the session's whole identity: one user's name beside another user's groups would
/// be a third identity.
///
/// # Errors
/// The request has two values where a server reads one, or impersonates what a server would not take as it is.
pub(crate) fn complete(own: &mut HeaderMap, session: &HeaderMap) -> Result<(), Error> {
    let impersonates = checked(own)?;
    let has_agent = own.contains_key(header::USER_AGENT);
    for (name, value) in session {
        if !(impersonates && is_impersonation(name) || has_agent && name == header::USER_AGENT) {
            own.append(name, value.clone());
        }
    }
    Ok(())
}

/// Checks a request's own headers. Returns whether the request impersonates.
fn checked(own: &HeaderMap) -> Result<bool, Error> {
    for name in [header::USER_AGENT, USER, UID] {
        if own.get_all(&name).iter().nth(1).is_some() {
            return Err(Error::misuse(format!("the request has more than one header {name}: servers read only one")));
        }
    }
    let mut impersonates = false;
    for (name, value) in own.iter().filter(|(name, _)| is_impersonation(name)) {
        impersonates = true;
        let part = match name.as_str() {
            name if name == USER.as_str() => IdentityPart::User,
            name if name == UID.as_str() => IdentityPart::Uid,
            name if name == GROUP.as_str() => IdentityPart::Group,
            _ => IdentityPart::ExtraValue,
        };
        if let Some(fault) = part.fault(&String::from_utf8_lossy(value.as_bytes())) {
            return Err(Error::misuse(fault));
        }
    }
    if impersonates && !own.contains_key(USER) {
        return Err(Error::misuse(format!("the request impersonates a uid, groups or extra fields without {USER}")));
    }
    Ok(impersonates)
}

fn is_impersonation(name: &HeaderName) -> bool {
    name.as_str().starts_with("impersonate-")
}

/// A key of `Impersonate-Extra-`. Escapes `%` and every byte that is no token character of RFC 9110.
fn extra_key(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&b);
    key.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn value(text: &str, what: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text).map_err(|_| Error::misuse(format!("{what} {text:?} is not a valid header value")))
}

const USER: HeaderName = HeaderName::from_static("impersonate-user");
const UID: HeaderName = HeaderName::from_static("impersonate-uid");
const GROUP: HeaderName = HeaderName::from_static("impersonate-group");
const EXTRA: &str = "impersonate-extra-";
