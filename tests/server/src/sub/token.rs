//! `token` of service accounts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::Server;
use crate::auth::UserInfo;
use crate::context::Cx;
use crate::kinds::Resource;
use crate::managed::{self, Who};
use crate::meta;
use crate::render;
use crate::reply::Reply;
use crate::status::{Failure, FieldError, Outcome};
use crate::store;

const AUDIENCE: &str = "https://kubernetes.default.svc";

/// An issued token.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) user: UserInfo,
    pub(crate) expires: Duration,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("user", &self.user.name).finish_non_exhaustive()
    }
}

impl Server {
    pub(super) fn request_token(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        cx.negotiate(true)?;
        let options = cx.write_options("CreateOptions")?;
        let (mut request, _) = cx.body_object(resource, "TokenRequest")?;
        cx.settle_type(resource, "authentication.k8s.io/v1", "TokenRequest", &mut request)?;
        let account = self.named(cx, resource)?;
        let invalid = |errors: &[FieldError]| Failure::invalid("authentication.k8s.io", "TokenRequest", "", errors);
        for (key, actual) in [("name", account.name()), ("namespace", account.namespace())] {
            let given = meta::meta(&request, key);
            if !given.is_empty() && given != actual {
                let what = if key == "name" { "name" } else { "namespace" };
                let detail = format!("must match the service account {what} if specified");
                return Err(invalid(&[FieldError::invalid(format!("metadata.{key}"), &given.into(), detail)]));
            }
        }
        // The request records its field manager, as any write.
        let mut view = Resource::clone(resource);
        view.kind = "TokenRequest".into();
        let who = Who { version: "authentication.k8s.io/v1".into(), ..cx.who(&view, &options, "token", false) };
        managed::updated(&view, None, None, &mut request, &who, cx.now);
        let seconds = meta::at(&request, &["spec", "expirationSeconds"])
            .and_then(Value::as_i64)
            .filter(|s| *s != 0)
            .unwrap_or(3600);
        let field = "spec.expirationSeconds";
        if seconds < 600 {
            let detail = "may not specify a duration less than 10 minutes";
            return Err(invalid(&[FieldError::invalid(field, &seconds.into(), detail)]));
        }
        if seconds > 1 << 32 {
            let detail = "may not specify a duration larger than 2^32 seconds";
            return Err(invalid(&[FieldError::invalid(field, &seconds.into(), detail)]));
        }
        self.check_bound(&request, account.namespace())?;
        let mut request = self.admit_sub(cx, resource, "token", request)?;
        let expires = cx.now.saturating_add(Duration::from_secs(seconds.unsigned_abs()));
        let mut audiences = meta::list(&request, &["spec", "audiences"]).to_vec();
        if audiences.is_empty() {
            audiences.push(AUDIENCE.into());
        }
        let name = format!("system:serviceaccount:{}:{}", account.namespace(), account.name());
        let id = self.rng.uuid();
        let token = self.sign(&json!({
            "aud": audiences, "exp": expires.as_secs(), "iat": cx.now.as_secs(), "nbf": cx.now.as_secs(),
            "iss": AUDIENCE, "jti": id, "sub": name,
            "kubernetes.io": {"namespace": account.namespace(),
                "serviceaccount": {"name": account.name(), "uid": account.uid()}}
        }));
        if !options.dry_run {
            let groups = vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{}", account.namespace()),
                "system:authenticated".to_owned(),
            ];
            let user = UserInfo { name, uid: account.uid().to_owned(), groups, extra: BTreeMap::new() };
            self.tokens.insert(token.clone(), Token { user, expires });
        }
        for (key, value) in [("name", account.name()), ("namespace", account.namespace()), ("uid", account.uid())] {
            meta::set(&mut request, &["metadata", key], value.into());
        }
        meta::set(&mut request, &["metadata", "creationTimestamp"], meta::time(cx.now).into());
        meta::set(&mut request, &["spec", "audiences"], audiences.into());
        meta::set(&mut request, &["spec", "expirationSeconds"], seconds.into());
        meta::child_mut(meta::child_mut(&mut request, "spec"), "boundObjectRef");
        if meta::at(&request, &["spec", "boundObjectRef"])
            .and_then(Value::as_object)
            .is_some_and(serde_json::Map::is_empty)
        {
            meta::set(&mut request, &["spec", "boundObjectRef"], Value::Null);
        }
        request.insert("status".into(), json!({"token": token, "expirationTimestamp": meta::time(expires)}));
        Ok(cx.written(201, &render::document(&request)))
    }

    /// Checks that the object of `boundObjectRef` exists.
    fn check_bound(&self, request: &meta::Json, namespace: &str) -> Outcome<()> {
        let Some(bound) = meta::at(request, &["spec", "boundObjectRef"]).filter(|b| b.is_object()) else {
            return Ok(());
        };
        let part = |key: &str| bound.get(key).and_then(Value::as_str).unwrap_or_default();
        let (plural, namespace) = match part("kind") {
            "Pod" => ("pods", namespace),
            "Secret" => ("secrets", namespace),
            "Node" => ("nodes", ""),
            other => {
                let text = format!("cannot bind token to object of type {}, Kind={other}", part("apiVersion"));
                return Err(Failure::bad_request(text));
            }
        };
        let Some(object) = self.store.read(plural, &store::key(namespace, part("name"))) else {
            return Err(Failure::not_found("", plural, part("name")));
        };
        if !part("uid").is_empty() && part("uid") != object.uid() {
            let why = format!(
                "the UID in the bound object reference ({}) does not match the UID in record. The object might have been deleted and then recreated",
                part("uid")
            );
            return Err(Failure::conflict("", part("kind"), part("name"), &why));
        }
        Ok(())
    }

    /// A JSON web token with a random signature, because only this server reads it.
    fn sign(&mut self, claims: &Value) -> String {
        let header = json!({"alg": "RS256", "kid": "test"}).to_string();
        let signature: Vec<u8> = (0..32).flat_map(|_| self.rng.next().to_be_bytes()).collect();
        let parts = [header.as_bytes(), claims.to_string().as_bytes(), &signature].map(|p| URL_SAFE_NO_PAD.encode(p));
        parts.join(".")
    }
}
