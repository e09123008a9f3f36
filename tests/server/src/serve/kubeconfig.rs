//! Kubeconfigs for the users of a bound server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io;

use super::Bound;

/// The credential in a kubeconfig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// No credential.
    None,
    /// The user's first token.
    Token,
    /// Name and password.
    Basic,
    /// A new client certificate.
    Certificate,
}

impl Bound {
    /// A kubeconfig (JSON, which is YAML) for a user: with a token, else a password, else a certificate.
    ///
    /// # Errors
    /// The user does not exist, or making a certificate failed.
    pub fn kubeconfig(&self, user: &str) -> io::Result<String> {
        let known = self.with(|server| {
            server.options().users.iter().find(|u| u.name == user).map(|u| (u.tokens.is_empty(), u.password.is_none()))
        });
        let how = match known {
            None => return Err(io::Error::other(format!("the server has no user {user}"))),
            Some((false, _)) => Credential::Token,
            Some((_, false)) => Credential::Basic,
            Some(_) => Credential::Certificate,
        };
        self.kubeconfig_with(user, how)
    }

    /// A kubeconfig with this kind of credential.
    ///
    /// # Errors
    /// The user has no such credential, or making a certificate failed.
    pub fn kubeconfig_with(&self, user: &str, how: Credential) -> io::Result<String> {
        let missing = || io::Error::other(format!("the user {user} has no such credential"));
        let known = self.with(|server| server.options().users.iter().find(|u| u.name == user).cloned());
        let shown: Value = match how {
            Credential::None => json!({}),
            Credential::Token => {
                let token = known.as_ref().and_then(|u| u.tokens.first()).ok_or_else(missing)?;
                json!({"token": token.0})
            }
            Credential::Basic => {
                let password = known.as_ref().and_then(|u| u.password.as_ref()).ok_or_else(missing)?;
                json!({"username": user, "password": password.0})
            }
            Credential::Certificate => {
                let groups = known.map(|u| u.groups).unwrap_or_default();
                let issued = self.authority().ok_or_else(missing)?.client(user, &groups)?;
                json!({
                    "client-certificate-data": STANDARD.encode(&issued.certificate),
                    "client-key-data": STANDARD.encode(&issued.key),
                })
            }
        };
        let mut cluster = json!({"server": self.url()});
        if let (Some(authority), Some(cluster)) = (self.authority(), cluster.as_object_mut()) {
            cluster.insert("certificate-authority-data".into(), STANDARD.encode(authority.pem()).into());
        }
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": user, "user": shown}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user, "namespace": "default"}}],
            "current-context": "test",
        });
        Ok(format!("{config:#}\n"))
    }
}
