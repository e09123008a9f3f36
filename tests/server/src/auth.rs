//! Authentication, impersonation and authorisation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use std::collections::BTreeMap;

use super::Server;
use super::context::Cx;
use super::go;
use super::options::{Rule, User};
use super::status::{Failure, Outcome};

/// The outcome of authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The user, possibly `system:anonymous`.
    User(UserInfo),
    /// The credential is invalid, or it is missing and required: 401.
    Refused,
}

/// A user as authorisation sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// User name.
    pub name: String,
    /// Identity, possibly empty.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Further attributes.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// The subject of a verified client certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerSubject {
    /// CN: the user's name.
    pub common_name: String,
    /// O: the user's groups.
    pub organizations: Vec<String>,
}

/// The permission that a request needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    /// With the subresource: `pods/log`.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The path of a request that names no resource.
    pub(crate) path: Option<String>,
}

impl Identity {
    /// A user of that name with those groups and `system:authenticated`.
    pub fn user(name: &str, groups: &[&str]) -> Self {
        let mut groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
        groups.push("system:authenticated".into());
        Identity::User(UserInfo { name: name.into(), groups, ..UserInfo::default() })
    }

    /// The all-powerful user of [`Options::default`](super::Options::default).
    pub fn admin() -> Self {
        Identity::user("admin", &["system:masters"])
    }

    /// The user `system:anonymous`.
    pub fn anonymous() -> Self {
        let groups = vec!["system:unauthenticated".to_owned()];
        Identity::User(UserInfo { name: "system:anonymous".into(), groups, ..UserInfo::default() })
    }
}

impl Server {
    /// Identifies the sender of a request by its headers, or by the subject of a verified client certificate.
    pub fn authenticate(&self, headers: &HeaderMap, peer: Option<&PeerSubject>) -> Identity {
        if let Some(peer) = peer {
            let known = self.options.users.iter().find(|u| u.name == peer.common_name);
            let unknown = || User { name: peer.common_name.clone(), ..User::default() };
            let mut info = user_info(&known.cloned().unwrap_or_else(unknown));
            for group in &peer.organizations {
                if !info.groups.contains(group) {
                    info.groups.insert(0, group.clone());
                }
            }
            return Identity::User(info);
        }
        let Some(credential) = headers.get(header::AUTHORIZATION) else {
            return if self.options.anonymous { Identity::anonymous() } else { Identity::Refused };
        };
        let known = credential
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| ["bearer", "basic"].iter().any(|known| scheme.eq_ignore_ascii_case(known)));
        // A credential of an unknown scheme counts as none.
        if known.is_none() && self.options.anonymous {
            return Identity::anonymous();
        }
        let found = known.and_then(|(scheme, rest)| {
            if scheme.eq_ignore_ascii_case("bearer") {
                self.user_of_token(rest.trim())
            } else if scheme.eq_ignore_ascii_case("basic") {
                let plain = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
                let (name, password) = plain.split_once(':')?;
                let user = self.options.users.iter().find(|u| u.name == name)?;
                user.password.as_ref().filter(|p| p.0 == password).map(|_| user_info(user))
            } else {
                None
            }
        });
        found.map_or(Identity::Refused, Identity::User)
    }

    /// The identity of the user of that name, without checking a credential.
    pub fn identity_of(&self, name: &str) -> Identity {
        match self.options.users.iter().find(|u| u.name == name) {
            Some(user) => Identity::User(user_info(user)),
            None => Identity::user(name, &[]),
        }
    }

    /// The user of a bearer token.
    pub(crate) fn user_of_token(&self, token: &str) -> Option<UserInfo> {
        let known = self.options.users.iter().find(|u| u.tokens.iter().any(|t| t.0 == token)).map(user_info);
        known.or_else(|| self.tokens.get(token).filter(|t| t.expires > self.now).map(|t| t.user.clone()))
    }

    /// Authenticates and authorises a request.
    pub(crate) fn admit(&self, cx: &mut Cx<'_>, identity: &Identity) -> Outcome<()> {
        let Identity::User(user) = identity else { return Err(Failure::unauthorized()) };
        cx.user = user.clone();
        cx.authenticated = true;
        self.impersonate(cx)?;
        let attributes = Attributes::of(cx);
        if self.allowed(&cx.user, &attributes) { Ok(()) } else { Err(attributes.refusal(&cx.user)) }
    }

    /// Whether a user has this permission.
    pub(crate) fn allowed(&self, user: &UserInfo, attributes: &Attributes) -> bool {
        self.grant(user, attributes).is_some()
    }

    /// Why a user has this permission; `None` if it has not.
    pub(crate) fn grant(&self, user: &UserInfo, attributes: &Attributes) -> Option<String> {
        const BY_RULE: &str = "allowed by rule";
        let signed_in = user.groups.iter().any(|g| g == "system:authenticated");
        if user.groups.iter().any(|g| g == "system:masters") || public(attributes, signed_in) {
            return Some(BY_RULE.to_owned());
        }
        let own = match self.options.users.iter().find(|u| u.name == user.name) {
            // With the stored roles, a user without rules has only those.
            Some(User { rules: None, .. }) => !self.options.rbac,
            Some(User { rules: Some(rules), .. }) => rules.iter().any(|r| r.allows(attributes)),
            None => false,
        };
        if own {
            return Some(BY_RULE.to_owned());
        }
        if self.options.rbac { self.granted(user, attributes) } else { None }
    }

    fn impersonate(&self, cx: &mut Cx<'_>) -> Outcome<()> {
        let texts = |name: &str| -> Vec<String> {
            cx.headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect()
        };
        let (name, groups, uid) = (texts("impersonate-user"), texts("impersonate-group"), texts("impersonate-uid"));
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in cx.headers {
            if let (Some(key), Ok(value)) = (key.as_str().strip_prefix("impersonate-extra-"), value.to_str()) {
                let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned();
                extra.entry(key).or_default().push(value.to_owned());
            }
        }
        let Some(name) = name.into_iter().next().filter(|n| !n.is_empty()) else {
            if groups.is_empty() && uid.is_empty() && extra.is_empty() {
                return Ok(());
            }
            let texts = |list: &[String]| match list {
                [] => "[]string(nil)".to_owned(),
                list => format!("[]string{{{}}}", list.iter().map(|t| go::quote(t)).collect::<Vec<_>>().join(", ")),
            };
            let extra: Vec<String> = extra.iter().map(|(k, v)| format!("{}:{}", go::quote(k), texts(v))).collect();
            return Err(Failure::bad_request(format!(
                "requested &user.DefaultInfo{{Name:\"\", UID:{}, Groups:{}, Extra:map[string][]string{}}} without impersonating a user name",
                go::quote(uid.first().map_or("", String::as_str)),
                texts(&groups),
                if extra.is_empty() { "(nil)".to_owned() } else { format!("{{{}}}", extra.join(", ")) },
            )));
        };
        let mut wanted = Vec::new();
        let account = service_account(&name);
        wanted.push(match account {
            Some((namespace, name)) => ("", "serviceaccounts", namespace.to_owned(), name.to_owned()),
            None => ("", "users", String::new(), name.clone()),
        });
        wanted.extend(groups.iter().map(|g| ("", "groups", String::new(), g.clone())));
        wanted.extend(uid.iter().map(|u| ("authentication.k8s.io", "uids", String::new(), u.clone())));
        for (key, values) in &extra {
            for value in values {
                wanted.push(("authentication.k8s.io", "userextras", key.clone(), value.clone()));
            }
        }
        for (group, resource, scope, name) in wanted {
            let is_extra = resource == "userextras";
            let attributes = Attributes {
                verb: "impersonate".into(),
                group: group.into(),
                resource: if is_extra { format!("userextras/{scope}") } else { resource.into() },
                namespace: if is_extra { String::new() } else { scope },
                name,
                path: None,
            };
            if !self.allowed(&cx.user, &attributes) {
                return Err(attributes.refusal(&cx.user));
            }
        }
        let mut groups = groups;
        if let (true, Some((namespace, _))) = (groups.is_empty(), account) {
            groups.push("system:serviceaccounts".into());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        let marked = groups.iter().any(|g| g == "system:authenticated" || g == "system:unauthenticated");
        if !marked {
            groups.push(
                if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" }.into(),
            );
        }
        cx.user = UserInfo { name, uid: uid.into_iter().next().unwrap_or_default(), groups, extra };
        Ok(())
    }
}

impl Attributes {
    fn of(cx: &Cx<'_>) -> Self {
        let info = &cx.info;
        if !info.is_resource {
            return Attributes { verb: info.verb.clone(), path: Some(info.path.clone()), ..Attributes::default() };
        }
        let resource = if info.subresource.is_empty() {
            info.resource.clone()
        } else {
            format!("{}/{}", info.resource, info.subresource)
        };
        let mut name = info.name.clone();
        if name.is_empty() && matches!(info.verb.as_str(), "list" | "watch" | "deletecollection") {
            // A collection narrowed to one name is authorised as that name.
            let field = cx.query.first("fieldSelector").unwrap_or_default();
            if let Some(only) = field.strip_prefix("metadata.name=").filter(|n| !n.contains([',', '='])) {
                name = only.to_owned();
            }
        }
        Attributes {
            verb: info.verb.clone(),
            group: info.group.clone(),
            resource,
            namespace: info.namespace.clone(),
            name,
            path: None,
        }
    }

    fn refusal(&self, user: &UserInfo) -> Failure {
        let user = escape(&user.name);
        if let Some(path) = &self.path {
            let why = format!("User \"{user}\" cannot {} path \"{}\"", self.verb, escape(path));
            return Failure::forbidden("", "", "", &why);
        }
        let scope = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        let why = format!(
            "User \"{user}\" cannot {} resource \"{}\" in API group \"{}\" {scope}",
            self.verb, self.resource, self.group
        );
        let resource = self.resource.split('/').next().unwrap_or_default();
        Failure::forbidden(&self.group, resource, &self.name, &why)
    }
}

impl Rule {
    fn allows(&self, asked: &Attributes) -> bool {
        let has = |list: &[String], value: &str| list.iter().any(|v| v == "*" || v == value);
        if !has(&self.verbs, &asked.verb) {
            return false;
        }
        if let Some(path) = &asked.path {
            return self.paths.iter().any(|p| match p.strip_suffix('*') {
                Some(prefix) => path.starts_with(prefix),
                None => p == path,
            });
        }
        let wild = asked.resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
        has(&self.groups, &asked.group)
            && (has(&self.resources, &asked.resource) || wild.is_some_and(|w| self.resources.contains(&w)))
            && (self.names.is_empty() || self.names.contains(&asked.name))
            && (self.namespaces.is_empty() || (!asked.namespace.is_empty() && has(&self.namespaces, &asked.namespace)))
    }
}

/// `system:serviceaccount:ns:name`.
fn service_account(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix("system:serviceaccount:")?.split_once(':')
}

/// Whether the default roles allow this to all users.
fn public(asked: &Attributes, signed_in: bool) -> bool {
    match &asked.path {
        Some(path) if asked.verb == "get" || asked.verb == "head" => {
            let open = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
            let discovery = ["/api", "/apis", "/openapi"];
            open.contains(&path.as_str())
                || (signed_in
                    && discovery.iter().any(|p| path == p || path.strip_prefix(p).is_some_and(|r| r.starts_with('/'))))
        }
        Some(_) => false,
        None => {
            let own = ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"];
            signed_in && asked.verb == "create" && own.contains(&asked.resource.as_str())
        }
    }
}

fn user_info(user: &User) -> UserInfo {
    let mut groups = user.groups.clone();
    groups.push("system:authenticated".into());
    UserInfo { name: user.name.clone(), uid: user.uid.clone(), groups, extra: user.extra.clone() }
}

/// Go's `html.EscapeString`-like replacement in refusals.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
