//! Permissions by the roles and bindings that are stored: [`Options::rbac`](super::Options::rbac).
//!
//! The library computes them ([`kube_proto::access::Rbac`]); here they are kept until a role or a binding changes.

use std::sync::{Arc, Mutex, PoisonError};

use kube_proto::access::{Action, Grant, Rbac, Subject};
use kube_proto::resource::{DynamicObject, PolicyRule, UserInfo as User};
use serde_json::Value;

use super::Server;
use super::auth::{Attributes, UserInfo};
use super::store::{Shelf, Store};

const SHELVES: [&str; 4] = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"];

/// The stored roles and bindings, and the versions of their last changes.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<([u64; 4], Arc<Rbac>)>);

impl Known {
    fn of(&self, store: &Store) -> Arc<Rbac> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf = |plural: &str| store.shelf(&format!("{plural}.rbac.authorization.k8s.io"));
        let versions = SHELVES.map(|plural| {
            let last = |shelf: &Shelf| shelf.changes.back().map_or(shelf.trimmed, |change| change.version);
            shelf(plural).map_or(0, last)
        });
        if known.0 != versions {
            let mut rbac = Rbac::default();
            for object in SHELVES.iter().filter_map(|plural| shelf(plural)).flat_map(|shelf| shelf.objects.values()) {
                let object = serde_json::from_value::<DynamicObject>(Value::Object(object.value.clone()));
                // An object that cannot be read allows nothing.
                let _ = object.map(|object| rbac.add(&object));
            }
            *known = (versions, Arc::new(rbac));
        }
        Arc::clone(&known.1)
    }
}

impl Server {
    /// Why the stored roles and bindings allow this, in the words of the real server; `None` if they do not.
    pub(crate) fn granted(&self, user: &UserInfo, asked: &Attributes) -> Option<String> {
        let action = match &asked.path {
            Some(path) => Action::path(&asked.verb, path),
            None => {
                let (resource, subresource) = asked.resource.split_once('/').unwrap_or((&asked.resource, ""));
                Action::Resource(kube_proto::resource::ResourceAttributes {
                    verb: asked.verb.clone(),
                    group: asked.group.clone(),
                    resource: resource.to_owned(),
                    subresource: subresource.to_owned(),
                    namespace: asked.namespace.clone(),
                    name: asked.name.clone(),
                    ..Default::default()
                })
            }
        };
        match self.rbac.of(&self.store).allows(&library_s(user), &action)? {
            Grant::Masters => Some(String::new()),
            Grant::Rule { binding, role, subject, .. } => Some(reason(&binding, &role, subject)),
        }
    }

    /// The rules of the stored roles for this user in this namespace.
    pub(crate) fn granted_rules(&self, user: &UserInfo, namespace: &str) -> Vec<PolicyRule> {
        self.rbac.of(&self.store).rules(&library_s(user), namespace).into_iter().cloned().collect()
    }
}

fn library_s(user: &UserInfo) -> User {
    User { username: user.name.clone(), groups: user.groups.clone(), ..User::default() }
}

/// `RBAC: allowed by RoleBinding "readers/shop" of Role "reader" to User "jane"`.
fn reason(binding: &str, role: &str, subject: &Subject) -> String {
    let (kind, name) = binding.split_once('/').unwrap_or((binding, ""));
    let (namespace, name) = name
        .split_once('/')
        .map_or(("", name.to_owned()), |(namespace, name)| (namespace, format!("{name}/{namespace}")));
    let (role_kind, role) = role.split_once('/').unwrap_or((role, ""));
    let own = if subject.namespace.is_empty() { namespace } else { &subject.namespace };
    let who = match subject.kind.as_str() {
        "ServiceAccount" => format!("{}/{own}", subject.name),
        _ => subject.name.clone(),
    };
    format!("RBAC: allowed by {kind} {name:?} of {role_kind} {role:?} to {} {who:?}", subject.kind)
}
