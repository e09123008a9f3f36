//! Reviews: a client creates an object to ask a question, and the server does not store it.

use serde_json::{Value, json};
use std::sync::Arc;

use super::Server;
use super::auth::{Attributes, UserInfo};
use super::context::{Cx, FieldValidation};
use super::kinds::Resource;
use super::managed;
use super::meta::{self, Json};
use super::reply::Reply;
use super::status::{Failure, FieldError, Outcome};
use super::store::Object;

impl Server {
    pub(crate) fn review(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let options = cx.write_options("CreateOptions")?;
        if resource.kind == "Binding" {
            // An old path for the binding of a pod.
            return Err(Failure::no_such_method());
        }
        let validation =
            if options.validation == FieldValidation::Strict { FieldValidation::Warn } else { options.validation };
        let mut object = cx.body_of(resource, validation)?;
        let status = match resource.kind.as_str() {
            "SelfSubjectReview" => json!({"userInfo": user_info(&cx.user)}),
            "SelfSubjectAccessReview" => self.decide(&cx.user, &object, resource)?,
            "SubjectAccessReview" | "LocalSubjectAccessReview" => {
                let user = subject(&object, resource)?;
                if resource.namespaced {
                    let namespace = meta::text(&object, &["spec", "resourceAttributes", "namespace"]);
                    if namespace != cx.info.namespace {
                        let field = "spec.resourceAttributes.namespace";
                        let error = FieldError::invalid(field, &namespace.into(), "must match metadata.namespace");
                        return Err(Failure::invalid(&resource.group, "", "", &[error]));
                    }
                }
                self.decide(&user, &object, resource)?
            }
            "SelfSubjectRulesReview" => self.rules(&cx.user, meta::text(&object, &["spec", "namespace"])),
            "TokenReview" => self.recognise(&object)?,
            _ => return Err(Failure::no_such_method()),
        };
        if matches!(resource.kind.as_str(), "SelfSubjectReview") {
            meta::meta_mut(&mut object).insert("creationTimestamp".into(), meta::time(cx.now).into());
        } else if resource.kind != "SelfSubjectRulesReview" {
            let who = cx.who(resource, &options, "", false);
            managed::updated(resource, None, None, &mut object, &who, cx.now);
        }
        object.insert("status".into(), status);
        self.shaped(cx, 201, &accepted, resource, &Object::new(object))
    }

    fn decide(&self, user: &UserInfo, review: &Json, resource: &Resource) -> Outcome<Value> {
        let (wanted, path) =
            (meta::at(review, &["spec", "resourceAttributes"]), meta::at(review, &["spec", "nonResourceAttributes"]));
        let part = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let attributes = match (wanted, path) {
            (Some(wanted), None) => {
                let (resource, sub) = (part(wanted, "resource"), part(wanted, "subresource"));
                Attributes {
                    verb: part(wanted, "verb"),
                    group: part(wanted, "group"),
                    resource: if sub.is_empty() { resource } else { format!("{resource}/{sub}") },
                    namespace: part(wanted, "namespace"),
                    name: part(wanted, "name"),
                    path: None,
                }
            }
            (None, Some(path)) => {
                Attributes { verb: part(path, "verb"), path: Some(part(path, "path")), ..Attributes::default() }
            }
            (wanted, _) => {
                let error = if let (Some(_), Some(path)) = (wanted, path) {
                    let detail = "cannot be specified in combination with resourceAttributes";
                    let value = json!({"Path": part(path, "path"), "Verb": part(path, "verb")});
                    FieldError::invalid("spec.nonResourceAttributes", &value, detail)
                } else {
                    let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
                    FieldError::invalid("spec.resourceAttributes", &Value::Null, detail)
                };
                // The real server omits the kind.
                return Err(Failure::invalid(&resource.group, "", "", &[error]));
            }
        };
        Ok(match self.grant(user, &attributes) {
            Some(reason) => json!({"allowed": true, "reason": reason}),
            None => json!({"allowed": false}),
        })
    }

    fn rules(&self, user: &UserInfo, namespace: &str) -> Value {
        let everything = user.groups.iter().any(|g| g == "system:masters");
        let known = self.options.users.iter().find(|u| u.name == user.name);
        let (mut resources, mut paths) = (Vec::new(), Vec::new());
        match known.map(|u| &u.rules) {
            Some(Some(rules)) if !everything => {
                for rule in rules {
                    if !rule.paths.is_empty() {
                        paths.push(json!({"verbs": rule.verbs, "nonResourceURLs": rule.paths}));
                    } else if rule.namespaces.is_empty() || rule.namespaces.iter().any(|n| n == "*" || n == namespace) {
                        let mut entry =
                            json!({"verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources});
                        if let (false, Some(entry)) = (rule.names.is_empty(), entry.as_object_mut()) {
                            entry.insert("resourceNames".into(), rule.names.clone().into());
                        }
                        resources.push(entry);
                    }
                }
            }
            None if !everything => {}
            Some(None) if !everything && self.options.rbac => {}
            _ => {
                resources.push(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
                paths.push(json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
            }
        }
        if self.options.rbac && !everything {
            for rule in self.granted_rules(user, namespace) {
                if rule.non_resource_urls.is_empty() { resources.push(json!(rule)) } else { paths.push(json!(rule)) }
            }
        }
        // The permissions of all users: reviews about themselves, and the public paths.
        for (group, kinds) in [
            ("authorization.k8s.io", &["selfsubjectaccessreviews", "selfsubjectrulesreviews"][..]),
            ("authentication.k8s.io", &["selfsubjectreviews"][..]),
        ] {
            resources.push(json!({"verbs": ["create"], "apiGroups": [group], "resources": kinds}));
        }
        for public in [
            &["/healthz", "/livez", "/readyz", "/version", "/version/"][..],
            &[
                "/api",
                "/api/*",
                "/apis",
                "/apis/*",
                "/healthz",
                "/livez",
                "/openapi",
                "/openapi/*",
                "/readyz",
                "/version",
                "/version/",
            ][..],
        ] {
            paths.push(json!({"verbs": ["get"], "nonResourceURLs": public}));
        }
        json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
    }

    fn recognise(&self, review: &Json) -> Outcome<Value> {
        let token = meta::text(review, &["spec", "token"]);
        if token.is_empty() {
            return Err(Failure::bad_request("token is required for TokenReview in authentication"));
        }
        Ok(match self.user_of_token(token) {
            Some(user) => json!({"authenticated": true, "user": user_info(&user),
                "audiences": ["https://kubernetes.default.svc"]}),
            None => json!({"user": {}, "error": "invalid bearer token"}),
        })
    }
}

/// The user of a review.
fn subject(review: &Json, resource: &Resource) -> Outcome<UserInfo> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let groups = meta::at(review, &["spec", "groups"]).map(texts).unwrap_or_default();
    let name = meta::text(review, &["spec", "user"]).to_owned();
    if name.is_empty() && groups.is_empty() {
        let detail = "at least one of user or group must be specified";
        let error = FieldError::invalid("spec.user", &"".into(), detail);
        return Err(Failure::invalid(&resource.group, "", "", &[error]));
    }
    let extra = meta::at(review, &["spec", "extra"]).and_then(Value::as_object).cloned().unwrap_or_default();
    Ok(UserInfo {
        name,
        uid: meta::text(review, &["spec", "uid"]).to_owned(),
        groups,
        extra: extra.iter().map(|(k, v)| (k.clone(), texts(v))).collect(),
    })
}

fn user_info(user: &UserInfo) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if let Some(map) = info.as_object_mut() {
        if !user.uid.is_empty() {
            map.insert("uid".into(), user.uid.clone().into());
        }
        if !user.extra.is_empty() {
            map.insert("extra".into(), json!(user.extra));
        }
    }
    info
}
