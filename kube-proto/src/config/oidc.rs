//! The auth provider `oidc`: its settings, and the documents of an issuer.
//!
//! This module reads the documents (OpenID Connect Core 1.0, Discovery 1.0; RFC 6749 §5 and §6; RFC 7519 for the claims
//! of a token); the session fetches them. It does not verify tokens: the API server does that.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ::base64::Engine;
use ::base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Uri;
use serde_json::Value;

use super::base64::base64;
use super::server::Server;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::error::excerpt;
use crate::kubeconfig::{AuthProvider, User, document};
use crate::secret::{Secret, UrlText};

/// The settings of the auth provider `oidc`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OidcProvider {
    /// `idp-issuer-url`: the address of the issuer.
    pub issuer: Server,
    /// `client-id`.
    pub client_id: String,
    /// `client-secret`. A public client has none.
    pub client_secret: Option<Secret>,
    /// `idp-certificate-authority-data`, decoded: PEM certificates that verify the issuer, in place of the file's.
    pub ca: Option<Bytes>,
    /// `idp-certificate-authority`: a file of such certificates. The default of both is the system's certificates.
    pub ca_file: Option<PathBuf>,
    /// `id-token`: the token for the API server, until it expires.
    pub id_token: Option<Secret>,
    /// `refresh-token`: the token that obtains the next `id-token`.
    pub refresh_token: Option<Secret>,
}

impl OidcProvider {
    /// The name of the provider in a kubeconfig.
    pub const NAME: &'static str = "oidc";

    /// Reads the settings. It ignores `extra-scopes`, which has no meaning when a token is refreshed.
    ///
    /// # Errors
    /// `idp-issuer-url` or `client-id` is missing; the URL is invalid, or is not `https` (`http` is valid for this
    /// machine); the CA is not base64. The error shows no value but the URL.
    pub fn parse(settings: &BTreeMap<String, Secret>) -> Result<OidcProvider, ConfigError> {
        let some = |key: &str| settings.get(key).filter(|value| !value.is_empty());
        let text = |key: &str| some(key).map(|value| value.expose().trim().to_owned()).filter(|text| !text.is_empty());
        let trimmed = |key: &str| text(key).map(Secret::from);
        let needed = |key: &str| text(key).ok_or_else(|| invalid(key, format!("Must provide {key}")));
        let issuer = parse_url(&needed(ISSUER)?).map_err(|why| invalid(ISSUER, why))?;
        let ca = some(CA_DATA).map(|data| {
            base64(data.expose())
                .filter(|ca| !ca.is_empty())
                .map(Bytes::from)
                .ok_or_else(|| invalid(CA_DATA, "illegal base64 data".to_owned()))
        });
        Ok(OidcProvider {
            issuer,
            client_id: needed(CLIENT_ID)?,
            client_secret: trimmed("client-secret"),
            ca: ca.transpose()?,
            ca_file: text("idp-certificate-authority").map(PathBuf::from),
            id_token: trimmed(ID_TOKEN),
            refresh_token: trimmed(REFRESH_TOKEN),
        })
    }

    /// Reads the settings of the auth provider `name`.
    ///
    /// # Errors
    /// The name is not `oidc`: the error names the replacement of that provider. Or as [`parse`](Self::parse).
    pub fn of(name: &str, settings: &BTreeMap<String, Secret>) -> Result<OidcProvider, ConfigError> {
        match name {
            Self::NAME => Self::parse(settings),
            other => Err(ConfigError::one(ConfigErrorKind::Invalid, unknown_provider(other))),
        }
    }

    /// This user's settings, if they have the same issuer and the same client.
    pub(crate) fn found_in(&self, user: &User) -> Option<OidcProvider> {
        let provider = user.auth_provider.as_ref()?;
        let found = OidcProvider::of(&provider.name, &provider.config).ok()?;
        (found.issuer == self.issuer && found.client_id == self.client_id).then_some(found)
    }

    /// The path of the issuer's discovery document (Discovery 1.0 §4).
    #[must_use]
    pub fn discovery_path(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.path_prefix)
    }
}

/// The problem with an auth provider other than `oidc`.
pub(super) fn unknown_provider(name: &str) -> Problem {
    let help = match name {
        "gcp" => {
            "it was removed from Kubernetes clients; use the credential plugin gke-gcloud-auth-plugin, which \
             `gcloud container clusters get-credentials` writes into a kubeconfig"
        }
        "azure" => {
            "it was removed from Kubernetes clients; use the credential plugin kubelogin, and `kubelogin \
             convert-kubeconfig` to change this kubeconfig"
        }
        "openstack" => "it was removed from Kubernetes clients; use the credential plugin client-keystone-auth",
        _ => "`oidc` is the only one that is built in; others are credential plugins (`exec`)",
    };
    Problem::new(format!("no Auth Provider found for name {name:?}")).help(help)
}

/// Checks the settings of an auth provider.
pub(super) fn check(provider: &AuthProvider) -> Result<(), ConfigError> {
    OidcProvider::of(&provider.name, &provider.config).map(drop)
}

/// The part of an issuer's discovery document that a refresh needs. `Debug` hides the query of the path.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerMetadata {
    /// The server of the token endpoint.
    pub token_server: Server,
    /// The path of the token endpoint, with its query.
    pub token_path: String,
    /// Whether the issuer takes the client's secret only in the body (`client_secret_post`) and not in a header.
    pub secret_in_body: bool,
}

impl fmt::Debug for IssuerMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerMetadata")
            .field("token_server", &self.token_server)
            .field("token_path", &UrlText::from(self.token_path.as_str()))
            .field("secret_in_body", &self.secret_in_body)
            .finish()
    }
}

impl IssuerMetadata {
    /// Reads a discovery document.
    ///
    /// # Errors
    /// The document is no JSON object, or has no usable `token_endpoint`.
    pub fn parse(body: &[u8]) -> Result<IssuerMetadata, ConfigError> {
        let document = object(body)?;
        let text = document.get("token_endpoint").and_then(Value::as_str);
        let text = text.ok_or_else(|| refused("its discovery document has no token_endpoint"))?;
        let bad = |why: String| refused(format!("its token_endpoint cannot be used: {why}"));
        let token_server = parse_url(text).map_err(bad)?;
        let uri: Uri = text.parse().map_err(|_| bad("it is no URL".to_owned()))?;
        // A URL may have a query without a path, and a request may not.
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let token_path = format!("{}{query}", uri.path());
        let methods = document.get("token_endpoint_auth_methods_supported").and_then(Value::as_array);
        let has = |method: &str| methods.is_some_and(|all| all.iter().any(|one| one == method));
        let secret_in_body = has("client_secret_post") && !has("client_secret_basic");
        Ok(IssuerMetadata { token_server, token_path, secret_in_body })
    }
}

/// An issuer's response to a refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The new token for the API server.
    pub id_token: Secret,
    /// The next refresh token, if the issuer sent one.
    pub refresh_token: Option<Secret>,
    /// The lifetime of the tokens, if the response has it.
    pub expires_in: Option<Duration>,
}

impl TokenResponse {
    /// Reads the body of a successful response.
    ///
    /// # Errors
    /// The body is no JSON object, or has no `id_token`. The error shows nothing of the body.
    pub fn parse(body: &[u8]) -> Result<TokenResponse, ConfigError> {
        let document = object(body)?;
        let secret = |key: &str| {
            document.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(Secret::from)
        };
        let id_token = secret("id_token").ok_or_else(|| {
            refused("its token response did not contain an id_token; was the scope \"openid\" asked for at log-in?")
        })?;
        let expires_in = document.get("expires_in").and_then(seconds);
        Ok(TokenResponse { id_token, refresh_token: secret("refresh_token"), expires_in })
    }
}

/// An issuer's error response (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenError {
    /// The error code. `invalid_grant`: the refresh token is not valid any more. Empty if the body does not follow the
    /// RFC.
    pub code: String,
    /// The message for people, with its unprintable characters replaced.
    pub text: String,
}

impl TokenError {
    /// Reads the body of an error response. A body in another format becomes the text.
    #[must_use]
    pub fn parse(body: &[u8]) -> TokenError {
        let document = object(body).unwrap_or_default();
        let text = |key: &str| document.get(key).and_then(Value::as_str).map(|text| excerpt(text.as_bytes()));
        let code = text("error").filter(|code| !code.is_empty());
        match (code, text("error_description").filter(|text| !text.is_empty())) {
            (Some(code), Some(description)) => TokenError { text: format!("{code}: {description}"), code },
            (Some(code), None) => TokenError { text: code.clone(), code },
            (None, _) => TokenError { code: String::new(), text: excerpt(body) },
        }
    }
}

/// The times of a JSON Web Token, each since the beginning of 1970 (RFC 7519 §4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenTimes {
    /// `iat`: when the token was issued.
    pub issued: Option<Duration>,
    /// `exp`: when the token expires; zero if it cannot be read.
    pub expires: Option<Duration>,
}

impl TokenTimes {
    /// Reads the times without verifying the token. A text that is no such token has none.
    #[must_use]
    pub fn of(token: &Secret) -> TokenTimes {
        let mut parts = token.expose().split('.');
        let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return TokenTimes::default();
        };
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok();
        let claims = claims.and_then(|claims| object(&claims).ok()).unwrap_or_default();
        let time = |key: &str| claims.get(key).and_then(seconds);
        TokenTimes { issued: time("iat"), expires: time("exp") }
    }

    /// The remaining life of a token that was received at `now`; `None` if the token has no `exp`.
    ///
    /// The result is the time until `exp` by the local clock, but at most the token's whole life (`exp` minus `iat`).
    /// If the local clock says that the new token has expired already, the clock is wrong, and the result is the whole
    /// life.
    #[must_use]
    pub fn life(self, now: Duration) -> Option<Duration> {
        let left = self.expires?.saturating_sub(now);
        let whole = self.issued.and_then(|issued| self.expires?.checked_sub(issued)).filter(|whole| !whole.is_zero());
        Some(match whole {
            Some(whole) if left.is_zero() => whole,
            Some(whole) => whole.min(left),
            None => left,
        })
    }
}

/// Seconds as a duration, at most [`MAX_SECONDS`]. As in Go, a string with a number is that number. What cannot be read
/// is zero, so that it never means that a token does not expire; `None` is JSON's `null`.
fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Null => return None,
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim_ascii() == text => {
            serde_json::from_str::<serde_json::Number>(text).ok().and_then(|number| number.as_f64())
        }
        _ => None,
    };
    let seconds = number.unwrap_or_default().clamp(0.0, MAX_SECONDS);
    Some(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

fn object(body: &[u8]) -> Result<serde_json::Map<String, Value>, ConfigError> {
    match document::json(body) {
        Some(Value::Object(map)) => Ok(map),
        _ => Err(refused("it did not answer with a JSON object")),
    }
}

/// A URL that may receive secrets: `https`, or `http` on this machine.
fn parse_url(text: &str) -> Result<Server, String> {
    let url = UrlText::from(text);
    if !text.contains("://") {
        return Err(format!("{:?} is no URL", url.to_string()));
    }
    let server = Server::parse(&url, true)?;
    let local = server.host == "localhost" || server.host.parse::<core::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !server.tls && !local {
        return Err(format!("{:?} is not https, and tokens would be sent to it", url.to_string()));
    }
    Ok(server)
}

fn invalid(key: &str, text: String) -> ConfigError {
    let problem = Problem::new(text).field(format!("auth-provider.config.{key}"));
    ConfigError::one(ConfigErrorKind::Invalid, problem)
}

fn refused(text: impl Into<String>) -> ConfigError {
    ConfigError::one(ConfigErrorKind::Issuer, Problem::new(text))
}

pub(crate) const ID_TOKEN: &str = "id-token";
pub(crate) const REFRESH_TOKEN: &str = "refresh-token";
const ISSUER: &str = "idp-issuer-url";
const CLIENT_ID: &str = "client-id";
const CA_DATA: &str = "idp-certificate-authority-data";
/// The year 9999, in seconds.
const MAX_SECONDS: f64 = 253_402_300_799.0;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn provider(settings: &[(&str, &str)]) -> Result<OidcProvider, String> {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), Secret::from(*value))).collect();
        OidcProvider::parse(&settings).map_err(|error| error.to_string())
    }

    pub(super) fn token(claims: &Value) -> Secret {
        let part = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.sig", part("{\"alg\":\"none\"}".into()), part(claims.to_string())).into()
    }

    #[test]
    fn the_settings() {
        let all = [
            ("idp-issuer-url", "https://issuer.example/realms/a/"),
            ("client-id", "kubectl"),
            ("client-secret", "client-hunter2"),
            ("idp-certificate-authority", "/ca"),
            ("idp-certificate-authority-data", "Q0E="),
            ("id-token", "id-hunter2\n"),
            ("refresh-token", "refresh-hunter2"),
            ("extra-scopes", "groups"),
        ];
        let parsed = provider(&all).unwrap();
        assert_eq!(parsed.discovery_path(), "/realms/a/.well-known/openid-configuration");
        assert_eq!((parsed.issuer.host.as_str(), parsed.issuer.port), ("issuer.example", 443));
        assert_eq!((parsed.client_id.as_str(), parsed.ca.as_deref()), ("kubectl", Some(&b"CA"[..])));
        assert_eq!(parsed.id_token.as_ref().map(Secret::expose), Some("id-hunter2"));
        assert!(!format!("{parsed:?}").contains("hunter2"));
        let least = provider(&[("idp-issuer-url", "https://i"), ("client-id", "c"), ("refresh-token", "")]).unwrap();
        assert_eq!((least.client_secret, least.ca_file, least.refresh_token), (None, None, None));
        assert!(provider(&[("idp-issuer-url", "http://127.0.0.1:5556/dex"), ("client-id", "c")]).is_ok());
        for (settings, says) in [
            (&[("client-id", "c")][..], "Must provide idp-issuer-url"),
            (&[("idp-issuer-url", "https://i")], "Must provide client-id"),
            (&[("idp-issuer-url", "issuer"), ("client-id", "c")], "is no URL"),
            (&[("idp-issuer-url", "http://i"), ("client-id", "c")], "is not https"),
            (&[("idp-issuer-url", "https://u:hunter2@i"), ("client-id", "c")], "a user in the server's URL"),
            (
                &[("idp-issuer-url", "https://i"), ("client-id", "c"), ("idp-certificate-authority-data", "hunter2!")],
                "illegal base64 data (field auth-provider.config.idp-certificate-authority-data)",
            ),
        ] {
            let error = provider(settings).unwrap_err();
            assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn providers_that_were_removed_say_what_replaces_them() {
        for (name, says) in [
            ("gcp", "gke-gcloud-auth-plugin"),
            ("azure", "kubelogin"),
            ("openstack", "client-keystone-auth"),
            ("x", "`oidc` is the only one"),
        ] {
            let problem = unknown_provider(name).to_string();
            assert!(problem.starts_with(&format!("no Auth Provider found for name \"{name}\"")), "{problem}");
            assert!(problem.contains(says), "{problem}");
        }
    }

    #[test]
    fn discovery() {
        let parse = |document: &Value| IssuerMetadata::parse(document.to_string().as_bytes());
        let found =
            parse(&json!({"token_endpoint": "https://t.example:8443/oauth2/token?p=1", "issuer": "x"})).unwrap();
        assert_eq!((found.token_server.to_string().as_str(), found.token_path.as_str()), {
            ("https://t.example:8443/oauth2/token", "/oauth2/token?p=1")
        });
        assert!(!found.secret_in_body);
        for (endpoint, path) in
            [("https://t.example?p=1", "/?p=1"), ("https://t.example", "/"), ("https://t.example/", "/")]
        {
            assert_eq!(parse(&json!({"token_endpoint": endpoint, "issuer": "x"})).unwrap().token_path, path);
        }
        for (methods, body) in [
            (json!(["client_secret_post"]), true),
            (json!(["private_key_jwt", "client_secret_post"]), true),
            (json!(["client_secret_post", "client_secret_basic"]), false),
            (json!(["private_key_jwt"]), false),
            (json!("client_secret_post"), false),
        ] {
            let document = json!({"token_endpoint": "https://t", "token_endpoint_auth_methods_supported": methods});
            assert_eq!(parse(&document).unwrap().secret_in_body, body, "{document}");
        }
        for (document, says) in [
            (json!({}), "no token_endpoint"),
            (json!({"token_endpoint": 1}), "no token_endpoint"),
            (json!({"token_endpoint": "http://t"}), "is not https"),
            (json!({"token_endpoint": "/token"}), "is no URL"),
            (json!([]), "not answer with a JSON object"),
        ] {
            assert!(parse(&document).unwrap_err().to_string().contains(says), "{document}");
        }
    }

    #[test]
    fn tokens() {
        let parse = |document: &Value| TokenResponse::parse(document.to_string().as_bytes());
        let got =
            parse(&json!({"id_token": " i ", "refresh_token": "r", "expires_in": 300, "access_token": "a"})).unwrap();
        assert_eq!((got.id_token.expose(), got.refresh_token), ("i", Some("r".into())));
        assert_eq!(got.expires_in, Some(Duration::from_secs(300)));
        let never = 253_402_300_799;
        for (life, seconds) in [
            (json!("60"), Some(60)),
            (json!(-1), Some(0)),
            (json!("soon"), Some(0)),
            (json!({}), Some(0)),
            (json!(1e300), Some(never)),
            (json!(null), None),
        ] {
            let got = parse(&json!({"id_token": "i", "refresh_token": "", "expires_in": life})).unwrap();
            assert_eq!((got.refresh_token, got.expires_in), (None, seconds.map(Duration::from_secs)));
        }
        for body in ["", "{", "[]", "{}", "{\"id_token\":7}", "{\"id_token\":\"\"}", "hunter2"] {
            let error = TokenResponse::parse(body.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn refusals_in_words() {
        for (body, code, text) in [
            (r#"{"error":"invalid_grant","error_description":"Session not\nactive"}"#, "invalid_grant", {
                "invalid_grant: Session not active"
            }),
            (r#"{"error":"invalid_client"}"#, "invalid_client", "invalid_client"),
            ("<html>Bad Gateway", "", "<html>Bad Gateway"),
            ("", "", ""),
        ] {
            let error = TokenError::parse(body.as_bytes());
            assert_eq!((error.code.as_str(), error.text.as_str()), (code, text));
        }
    }

    #[test]
    fn times_of_a_token() {
        let secs = |seconds| Some(Duration::from_secs(seconds));
        let of = |claims: &Value| TokenTimes::of(&token(claims));
        assert_eq!(of(&json!({"iat": 1000, "exp": 1600.5})), {
            TokenTimes { issued: secs(1000), expires: Some(Duration::from_millis(1_600_500)) }
        });
        for claims in [json!({}), json!({"exp": null}), json!(7)] {
            assert_eq!(of(&claims), TokenTimes::default(), "{claims}");
        }
        for (end, seconds) in [
            (json!("1600"), 1600),
            (json!(9_007_199_254_740_993_u64), 253_402_300_799),
            (json!(1e30), 253_402_300_799),
            (json!(-1), 0),
            (json!("soon"), 0),
            (json!(" 1600"), 0),
            (json!("inf"), 0),
            (json!([1600]), 0),
        ] {
            assert_eq!(of(&json!({"exp": end})).expires, secs(seconds), "{end}");
        }
        for no_token in ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "a.e30.b"] {
            assert_eq!(TokenTimes::of(&no_token.into()), TokenTimes::default(), "{no_token}");
        }
        // RFC 7515 forbids padding here; the reader accepts it.
        assert_eq!(TokenTimes::of(&"a.eyJleHAiOjE2MDB9==.b".into()).expires, secs(1600));
    }

    #[test]
    fn the_life_of_a_new_token() {
        let secs = Duration::from_secs;
        // iat, exp, now: life
        for (issued, expires, now, life) in [
            (Some(1000), Some(1600), 1000, Some(600)),
            (Some(1000), Some(1600), 1500, Some(100)), // an old token, or our clock is ahead: too early is safe
            (Some(1000), Some(1600), 90_000, Some(600)), // our clock is far ahead
            (Some(1000), Some(1600), 0, Some(600)),    // our clock is behind
            (None, Some(1600), 1000, Some(600)),
            (None, Some(1600), 90_000, Some(0)),
            (Some(1600), Some(1000), 500, Some(500)), // nonsense
            (Some(1000), None, 500, None),
        ] {
            let times = TokenTimes { issued: issued.map(secs), expires: expires.map(secs) };
            assert_eq!(times.life(secs(now)), life.map(secs), "{times:?} at {now}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_ends(bytes: Vec<u8>, text: String) {
            let _ = (IssuerMetadata::parse(&bytes), TokenResponse::parse(&bytes), TokenError::parse(&bytes));
            let _ = TokenTimes::of(&text.as_str().into());
        }
    }
}
