//! What roles and bindings allow, computed here.
//!
//! The rules are those of Kubernetes' RBAC authorizer (`rbac.authorization.k8s.io/v1`):
//!
//! | part of a rule | matches |
//! |---|---|
//! | `verbs` | the verb, or `*` |
//! | `apiGroups` | the group, or `*` |
//! | `resources` | `pods`, `pods/log`, `*/log` for a subresource of any resource, or `*` for all resources and subresources |
//! | `resourceNames` | the name; without any, every name and none |
//! | `nonResourceURLs` | the path; its beginning, with `*` at the end; or `*` |
//!
//! | binding | counts for |
//! |---|---|
//! | ClusterRoleBinding | every namespace, the cluster, and paths |
//! | RoleBinding | its own namespace: with a Role of it, or with a ClusterRole |
//!
//! A subject is a `User`, a `Group`, or a `ServiceAccount` (of the binding's namespace if it names none). The group `system:masters` may
//! do everything, which is not a rule but another authorizer. A ClusterRole with an aggregation rule has the rules that the
//! controller has written into it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::action::Action;
use crate::error::Error;
use crate::resource::review::{PolicyRule, UserInfo};
use crate::resource::{DynamicObject, null_as_default};

/// A subject of a binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The namespace of a service account.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace: String,
}

/// What allows an action: `ClusterRoleBinding/admins of ClusterRole/cluster-admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant<'a> {
    /// The user is in the group `system:masters`.
    Masters,
    /// A rule.
    Rule {
        /// The kind and the name of the binding; a RoleBinding with its namespace, `RoleBinding/shop/readers`.
        binding: String,
        /// The kind and the name of the role.
        role: String,
        /// The subject of the binding that is the user.
        subject: &'a Subject,
        /// The rule.
        rule: &'a PolicyRule,
    },
}

impl fmt::Display for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grant::Masters => f.write_str("the group system:masters"),
            Grant::Rule { binding, role, .. } => write!(f, "{binding} of {role}"),
        }
    }
}

impl PolicyRule {
    /// Whether it allows this action, wherever it counts.
    ///
    /// ```
    /// use kube_proto::access::{Action, PolicyRule};
    ///
    /// let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
    /// let rule = PolicyRule {
    ///     verbs: texts(&["get", "list"]),
    ///     api_groups: texts(&[""]),
    ///     resources: texts(&["pods", "*/log"]),
    ///     ..PolicyRule::default()
    /// };
    /// assert!(rule.allows(&Action::new("get", "pods/log")));
    /// assert!(!rule.allows(&Action::new("get", "pods/exec")));
    /// ```
    #[must_use]
    pub fn allows(&self, action: &Action) -> bool {
        let has = |list: &[String], value: &str| list.iter().any(|one| one == "*" || one == value);
        match action {
            Action::Path(asked) => {
                has(&self.verbs, &asked.verb) && self.non_resource_urls.iter().any(|rule| is_url(rule, &asked.path))
            }
            Action::Resource(asked) => {
                has(&self.verbs, &asked.verb)
                    && has(&self.api_groups, &asked.group)
                    && self.resources.iter().any(|rule| is_resource(rule, &asked.resource, &asked.subresource))
                    && (self.resource_names.is_empty() || self.resource_names.contains(&asked.name))
            }
        }
    }
}

fn is_url(rule: &str, path: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(_) => path.starts_with(rule.trim_end_matches('*')),
        None => rule == path,
    }
}

fn is_resource(rule: &str, resource: &str, subresource: &str) -> bool {
    if rule == "*" {
        return true;
    }
    match rule.split_once('/') {
        None => subresource.is_empty() && rule == resource,
        Some((of, sub)) => !subresource.is_empty() && sub == subresource && (of == "*" || of == resource),
    }
}

impl Subject {
    /// Whether it is this user; `namespace` is that of the binding, or empty.
    fn is(&self, user: &UserInfo, namespace: &str) -> bool {
        match self.kind.as_str() {
            "User" => self.name == user.username,
            "Group" => user.groups.contains(&self.name),
            "ServiceAccount" => {
                let namespace = if self.namespace.is_empty() { namespace } else { &self.namespace };
                let account =
                    user.username.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
                !namespace.is_empty() && account == Some((namespace, &self.name))
            }
            _ => false,
        }
    }
}

/// Roles and bindings, and what they allow.
///
/// ```
/// use kube_proto::access::{Action, Rbac};
/// use kube_proto::resource::{DynamicObject, UserInfo};
/// use serde_json::json;
///
/// let mut rbac = Rbac::default();
/// for object in [
///     json!({"kind": "Role", "metadata": {"name": "reader", "namespace": "shop"},
///         "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}),
///     json!({"kind": "RoleBinding", "metadata": {"name": "readers", "namespace": "shop"},
///         "roleRef": {"kind": "Role", "name": "reader"}, "subjects": [{"kind": "User", "name": "jane"}]}),
/// ] {
///     rbac.add(&serde_json::from_value::<DynamicObject>(object)?)?;
/// }
/// let jane = UserInfo { username: "jane".into(), ..UserInfo::default() };
/// let grant = rbac.allows(&jane, &Action::new("get", "pods").within("shop"));
/// assert_eq!(grant.map(|grant| grant.to_string()).as_deref(), Some("RoleBinding/shop/readers of Role/reader"));
/// assert!(rbac.allows(&jane, &Action::new("get", "pods").within("other")).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rbac {
    /// The rules of ClusterRoles under an empty namespace, those of Roles under theirs.
    roles: BTreeMap<(String, String), Vec<PolicyRule>>,
    /// Bindings by namespace and name; ClusterRoleBindings under an empty namespace.
    bindings: BTreeMap<(String, String), Binding>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Binding {
    role_ref: RoleRef,
    #[serde(deserialize_with = "null_as_default")]
    subjects: Vec<Subject>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct RoleRef {
    kind: String,
    name: String,
}

impl Rbac {
    /// Adds a Role, ClusterRole, RoleBinding or ClusterRoleBinding, or replaces the one of its name. Items of a list need their kind.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if it is of another kind, or cannot be read.
    pub fn add(&mut self, object: &DynamicObject) -> Result<(), Error> {
        let broken = |error: serde_json::Error| {
            let name = object.metadata.name.as_deref().unwrap_or_default();
            Error::misuse(format!("the {} {name:?} cannot be read: {error}", object.kind))
        };
        let key = Self::key(object)?;
        if object.kind.ends_with("Binding") {
            let binding = Binding::deserialize(&Value::Object(object.data.clone())).map_err(broken)?;
            self.bindings.insert(key, binding);
            return Ok(());
        }
        let rules = match object.data.get("rules") {
            None | Some(Value::Null) => Vec::new(),
            Some(rules) => Vec::<PolicyRule>::deserialize(rules).map_err(broken)?,
        };
        self.roles.insert(key, rules);
        Ok(())
    }

    /// Removes the object of this kind and name.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if it is of another kind.
    pub fn remove(&mut self, object: &DynamicObject) -> Result<(), Error> {
        let key = Self::key(object)?;
        if object.kind.ends_with("Binding") {
            self.bindings.remove(&key);
        } else {
            self.roles.remove(&key);
        }
        Ok(())
    }

    /// What allows this user to do this; `None` if nothing does. Selectors of the action do not count, as in the server.
    #[must_use]
    pub fn allows(&self, user: &UserInfo, action: &Action) -> Option<Grant<'_>> {
        if user.groups.iter().any(|group| group == "system:masters") {
            return Some(Grant::Masters);
        }
        self.grants(user, namespace(action)).into_iter().find(|grant| match grant {
            Grant::Masters => true,
            Grant::Rule { rule, .. } => rule.allows(action),
        })
    }

    /// All rules that count for this user in this namespace; for the cluster, if it is empty. Rules of roles that do not exist are none.
    #[must_use]
    pub fn rules(&self, user: &UserInfo, namespace: &str) -> Vec<&PolicyRule> {
        let rule = |grant| match grant {
            Grant::Masters => None,
            Grant::Rule { rule, .. } => Some(rule),
        };
        self.grants(user, namespace).into_iter().filter_map(rule).collect()
    }

    /// The rules that count, each with its binding and its role.
    fn grants(&self, user: &UserInfo, namespace: &str) -> Vec<Grant<'_>> {
        let mut found = Vec::new();
        for ((of, name), Binding { role_ref, subjects }) in &self.bindings {
            let counts = of.is_empty() || of == namespace;
            let Some(subject) = subjects.iter().find(|subject| counts && subject.is(user, of)) else { continue };
            let place = match role_ref.kind.as_str() {
                "ClusterRole" => "",
                // A cluster's binding cannot have a role of a namespace.
                "Role" if !of.is_empty() => of,
                _ => continue,
            };
            let binding =
                if of.is_empty() { format!("ClusterRoleBinding/{name}") } else { format!("RoleBinding/{of}/{name}") };
            let role = format!("{}/{}", role_ref.kind, role_ref.name);
            let rules = self.roles.get(&(place.to_owned(), role_ref.name.clone()));
            let grant = |rule| Grant::Rule { binding: binding.clone(), role: role.clone(), subject, rule };
            found.extend(rules.into_iter().flatten().map(grant));
        }
        found
    }

    fn key(object: &DynamicObject) -> Result<(String, String), Error> {
        let name = object.metadata.name.clone().unwrap_or_default();
        match object.kind.as_str() {
            "ClusterRole" | "ClusterRoleBinding" => Ok((String::new(), name)),
            "Role" | "RoleBinding" => match &object.metadata.namespace {
                Some(namespace) if !namespace.is_empty() => Ok((namespace.clone(), name)),
                _ => Err(Error::misuse(format!("the {} {name:?} has no namespace", object.kind))),
            },
            other => Err(Error::misuse(format!("{other:?} is no kind of role or binding"))),
        }
    }
}

fn namespace(action: &Action) -> &str {
    match action {
        Action::Resource(asked) => &asked.namespace,
        Action::Path(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_match_as_in_the_server() {
        let rule = |rule: Value| serde_json::from_value::<PolicyRule>(rule).unwrap();
        let pods = rule(json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods", "pods/log", "*/scale"]}));
        let all = rule(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
        let named =
            rule(json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["a"]}));
        let urls = rule(json!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/api/*", "/x**"]}));
        let any_url = rule(json!({"verbs": ["get"], "nonResourceURLs": ["*"]}));
        let log = Action::new("get", "pods/log");
        for (rule, action, expected) in [
            (&pods, Action::new("get", "pods"), true),
            (&pods, log.clone(), true),
            (&pods, Action::new("get", "pods/exec"), false),
            (&pods, Action::new("list", "pods"), false),
            (&pods, Action::new("get", "pods.metrics.k8s.io"), false),
            (&pods, Action::new("get", "things/scale"), true),
            (&pods, Action::new("get", "scale"), false),
            (&pods, Action::path("get", "/pods"), false),
            (&all, Action::new("escalate", "roles.rbac.authorization.k8s.io"), true),
            (&all, log, true),
            (&all, Action::path("get", "/metrics"), false),
            (&named, Action::new("get", "pods").named("a"), true),
            (&named, Action::new("get", "pods").named("b"), false),
            (&named, Action::new("list", "pods"), false),
            (&urls, Action::path("get", "/healthz"), true),
            (&urls, Action::path("get", "/healthz/x"), false),
            (&urls, Action::path("get", "/api/"), true),
            (&urls, Action::path("get", "/api"), false),
            (&urls, Action::path("get", "/xyz"), true),
            (&urls, Action::path("post", "/healthz"), false),
            (&any_url, Action::path("get", "/anything"), true),
        ] {
            assert_eq!(rule.allows(&action), expected, "{rule:?} {action}");
        }
    }

    fn rbac(objects: &[Value]) -> Rbac {
        let mut rbac = Rbac::default();
        for object in objects {
            rbac.add(&serde_json::from_value(object.clone()).unwrap()).unwrap();
        }
        rbac
    }

    fn binding(kind: &str, namespace: &str, role: (&str, &str), subject: &Value) -> Value {
        json!({"kind": kind, "metadata": {"name": "b", "namespace": namespace}, "subjects": [subject],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1}})
    }

    #[test]
    fn bindings_count_where_they_are() {
        let rules = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, {"verbs": ["get"], "nonResourceURLs": ["/x"]}]);
        let role = json!({"kind": "Role", "metadata": {"name": "r", "namespace": "a"}, "rules": rules});
        let cluster = json!({"kind": "ClusterRole", "metadata": {"name": "c"}, "rules": rules});
        let user = json!({"kind": "User", "name": "u"});
        let here = Action::new("get", "pods").within("a");
        let there = Action::new("get", "pods").within("b");
        let everywhere = Action::new("get", "pods");
        let path = Action::path("get", "/x");
        for (bound, expected) in [
            (binding("RoleBinding", "a", ("Role", "r"), &user), [true, false, false, false]),
            (binding("RoleBinding", "a", ("ClusterRole", "c"), &user), [true, false, false, false]),
            (binding("RoleBinding", "b", ("ClusterRole", "c"), &user), [false, true, false, false]),
            (binding("RoleBinding", "b", ("Role", "r"), &user), [false; 4]),
            (binding("ClusterRoleBinding", "", ("ClusterRole", "c"), &user), [true; 4]),
            (binding("ClusterRoleBinding", "", ("Role", "r"), &user), [false; 4]),
            (binding("ClusterRoleBinding", "", ("ClusterRole", "none"), &user), [false; 4]),
        ] {
            let rbac = rbac(&[role.clone(), cluster.clone(), bound.clone()]);
            let user = UserInfo { username: "u".into(), ..UserInfo::default() };
            let found = [&here, &there, &everywhere, &path].map(|action| rbac.allows(&user, action).is_some());
            assert_eq!(found, expected, "{bound}");
            let other = UserInfo { username: "other".into(), ..UserInfo::default() };
            assert!(rbac.allows(&other, &here).is_none());
            let masters = UserInfo { groups: vec!["system:masters".into()], ..other };
            assert_eq!(rbac.allows(&masters, &there), Some(Grant::Masters));
        }
    }

    #[test]
    fn subjects_of_each_kind() {
        let role = json!({"kind": "ClusterRole", "metadata": {"name": "c"}, "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]});
        let user = |name: &str, groups: &[&str]| UserInfo {
            username: name.into(),
            groups: groups.iter().map(|one| (*one).to_owned()).collect(),
            ..UserInfo::default()
        };
        for (kind, subject, user, expected) in [
            ("RoleBinding", json!({"kind": "Group", "name": "g"}), user("u", &["f", "g"]), true),
            ("RoleBinding", json!({"kind": "Group", "name": "g"}), user("g", &[]), false),
            (
                "RoleBinding",
                json!({"kind": "ServiceAccount", "name": "s"}),
                user("system:serviceaccount:a:s", &[]),
                true,
            ),
            (
                "RoleBinding",
                json!({"kind": "ServiceAccount", "name": "s", "namespace": "b"}),
                user("system:serviceaccount:b:s", &[]),
                true,
            ),
            (
                "RoleBinding",
                json!({"kind": "ServiceAccount", "name": "s", "namespace": "b"}),
                user("system:serviceaccount:a:s", &[]),
                false,
            ),
            (
                "ClusterRoleBinding",
                json!({"kind": "ServiceAccount", "name": "s"}),
                user("system:serviceaccount::s", &[]),
                false,
            ),
            (
                "RoleBinding",
                json!({"kind": "User", "name": "system:serviceaccount:a:s"}),
                user("system:serviceaccount:a:s", &[]),
                true,
            ),
            ("RoleBinding", json!({"kind": "Robot", "name": "u"}), user("u", &[]), false),
        ] {
            let namespace = if kind == "RoleBinding" { "a" } else { "" };
            let rbac = rbac(&[role.clone(), binding(kind, namespace, ("ClusterRole", "c"), &subject)]);
            let action = Action::new("get", "pods").within("a");
            assert_eq!(rbac.allows(&user, &action).is_some(), expected, "{kind} {subject} {user:?}");
        }
    }

    #[test]
    fn objects_come_and_go() {
        let role = json!({"kind": "ClusterRole", "metadata": {"name": "c"}, "rules": null});
        let mut rbac = rbac(&[
            role,
            binding("ClusterRoleBinding", "", ("ClusterRole", "c"), &json!({"kind": "User", "name": "u"})),
        ]);
        let user = UserInfo { username: "u".into(), ..UserInfo::default() };
        assert!(rbac.rules(&user, "").is_empty());
        let object = |value: Value| serde_json::from_value::<DynamicObject>(value).unwrap();
        let full = object(json!({"kind": "ClusterRole", "metadata": {"name": "c"}, "rules": [{"verbs": ["get"]}]}));
        rbac.add(&full).unwrap();
        assert_eq!(rbac.rules(&user, "a").len(), 1);
        rbac.remove(&full).unwrap();
        assert!(rbac.rules(&user, "a").is_empty());
        for wrong in [
            json!({"kind": "Pod", "metadata": {"name": "x"}}),
            json!({"kind": "Role", "metadata": {"name": "x"}}),
            json!({"kind": "ClusterRole", "metadata": {"name": "x"}, "rules": 7}),
            json!({"kind": "ClusterRoleBinding", "metadata": {"name": "x"}, "subjects": 7}),
        ] {
            assert!(rbac.add(&object(wrong.clone())).is_err(), "{wrong}");
        }
    }
}
