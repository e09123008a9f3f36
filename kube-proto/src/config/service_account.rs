//! Tokens of a service account: the parameters of a `TokenRequest` to the API server.

use std::time::Duration;

use serde::Serialize;

/// A token of a service account. The client requests it from the API server with another credential, and renews it
/// before it expires.
///
/// ```
/// use kube_proto::config::{Config, ServiceAccountToken};
///
/// let config = Config::new("https://10.0.0.1:6443")?.with_token("an-admin's").with_service_account_token(
///     ServiceAccountToken::new("builder").namespace("ci").expiration(std::time::Duration::from_secs(900)),
/// );
/// # Ok::<(), kube_proto::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceAccountToken {
    /// The service account's name.
    pub service_account: String,
    /// The service account's namespace. `None` is the configuration's default namespace.
    pub namespace: Option<String>,
    /// The audiences of the token. Empty means the API server.
    pub audiences: Vec<String>,
    /// The requested lifetime, at least ten minutes. `None` is an hour. The server may choose another.
    pub expiration: Option<Duration>,
    /// The object that the token is bound to.
    pub bound_to: Option<BoundObject>,
}

/// The object that a token is bound to: the token becomes invalid when the object is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BoundObject {
    /// `Pod`, `Secret` or `Node`.
    pub kind: String,
    /// `v1`.
    pub api_version: String,
    /// The object's name.
    pub name: String,
    /// The object's UID. If it is empty, the server looks it up.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
}

impl ServiceAccountToken {
    /// A token of this service account.
    #[must_use]
    pub fn new(service_account: impl Into<String>) -> Self {
        Self { service_account: service_account.into(), ..Self::default() }
    }

    /// Sets the service account's namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Adds an audience, for a token for another server than the API server.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Sets the requested lifetime; the request has whole seconds.
    #[must_use]
    pub fn expiration(mut self, life: Duration) -> Self {
        self.expiration = Some(life);
        self
    }

    /// Binds the token to this object.
    #[must_use]
    pub fn bound_to(mut self, object: BoundObject) -> Self {
        self.bound_to = Some(object);
        self
    }

    /// The body of the `TokenRequest`: JSON.
    #[must_use]
    pub fn request(&self) -> String {
        let spec = Spec {
            audiences: &self.audiences,
            expiration_seconds: self.expiration.map(|life| life.as_secs()),
            bound_object_ref: self.bound_to.as_ref(),
        };
        let request = Request { api_version: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
        // Strings and numbers always serialize.
        serde_json::to_string(&request).unwrap_or_default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    api_version: &'a str,
    kind: &'a str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    audiences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_object_ref: Option<&'a BoundObject>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request() {
        let head = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":"#;
        assert_eq!(ServiceAccountToken::new("a").request(), format!("{head}{{}}}}"));
        let pod = BoundObject { kind: "Pod".into(), api_version: "v1".into(), name: "p".into(), uid: String::new() };
        let all = ServiceAccountToken::new("a").audience("x").expiration(Duration::from_secs(600)).bound_to(pod);
        assert_eq!(
            all.request(),
            format!(
                r#"{head}{{"audiences":["x"],"expirationSeconds":600,"boundObjectRef":{{"kind":"Pod","apiVersion":"v1","name":"p"}}}}}}"#
            )
        );
    }
}
