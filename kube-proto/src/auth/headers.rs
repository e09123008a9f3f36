//! The headers that a configuration puts on requests.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::resolved::Impersonate;
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
pub(crate) fn headers(impersonate: Option<&Impersonate>, settings: &Settings) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, user_agent(settings)?);
    let Some(config) = impersonate else { return Ok(headers) };
    headers.insert(HeaderName::from_static("impersonate-user"), value(&config.user, "the impersonated user")?);
    if let Some(uid) = &config.uid {
        headers.insert(HeaderName::from_static("impersonate-uid"), value(uid, "the impersonated uid")?);
    }
    for group in &config.groups {
        headers.append(HeaderName::from_static("impersonate-group"), value(group, "an impersonated group")?);
    }
    for (key, values) in &config.extra {
        let name = HeaderName::try_from(format!("impersonate-extra-{}", extra_key(key)))
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

/// A key of `Impersonate-Extra-`. Escapes `%` and every byte that is no token character of RFC 9110.
fn extra_key(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&b);
    key.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn value(text: &str, what: &str) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(text).map_err(|_| Error::misuse(format!("{what} {text:?} is not a valid header value")))
}
