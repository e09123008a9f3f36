//! An entry of a webhook configuration: which requests it is for.

use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use super::admit::Admission;
use crate::Server;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::selector::Labels;

/// The shelves of the configurations.
pub(super) const MUTATING: &str = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
pub(super) const VALIDATING: &str = "validatingwebhookconfigurations.admissionregistration.k8s.io";

/// One webhook.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) configuration: String,
    value: Json,
}

impl Hook {
    pub(super) fn name(&self) -> &str {
        meta::text(&self.value, &["name"])
    }

    pub(super) fn client_config(&self) -> Option<&Json> {
        self.value.get("clientConfig")?.as_object()
    }

    /// `failurePolicy: Ignore`.
    pub(super) fn ignores(&self) -> bool {
        meta::text(&self.value, &["failurePolicy"]) == "Ignore"
    }

    /// `reinvocationPolicy: IfNeeded`.
    pub(super) fn reinvoked(&self) -> bool {
        meta::text(&self.value, &["reinvocationPolicy"]) == "IfNeeded"
    }

    /// The webhook has no side effects in a dry run.
    pub(super) fn takes_dry_runs(&self) -> bool {
        matches!(meta::text(&self.value, &["sideEffects"]), "None" | "NoneOnDryRun")
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.value.get("timeoutSeconds").and_then(Value::as_u64).unwrap_or(10))
    }

    /// The version of the reviews: the first that the server knows.
    pub(super) fn review_version(&self) -> Option<&str> {
        let versions = meta::list(&self.value, &["admissionReviewVersions"]);
        versions.iter().filter_map(Value::as_str).find(|version| matches!(*version, "v1" | "v1beta1"))
    }

    /// Name and expression of each match condition.
    pub(super) fn conditions(&self) -> impl Iterator<Item = (&str, &str)> {
        meta::list(&self.value, &["matchConditions"])
            .iter()
            .filter_map(|condition| Some((condition.get("name")?.as_str()?, condition.get("expression")?.as_str()?)))
    }

    fn rules(&self) -> impl Iterator<Item = &Json> {
        meta::list(&self.value, &["rules"]).iter().filter_map(Value::as_object)
    }
}

impl Server {
    /// The webhooks of all configurations in the order of their names.
    pub(super) fn hooks(&self, shelf: &str) -> Vec<Hook> {
        let hooks = self.store.under(shelf, "").flat_map(|configuration| {
            let name = configuration.name().to_owned();
            meta::list(&configuration.value, &["webhooks"])
                .iter()
                .filter_map(Value::as_object)
                .map(move |value| Hook { configuration: name.clone(), value: value.clone() })
        });
        hooks.collect()
    }

    /// The resource in whose version the webhook gets the objects; `None` if the request is not for it.
    pub(super) fn matching(&self, hook: &Hook, admission: &Admission<'_>) -> Option<Arc<Resource>> {
        if !self.namespace_matches(hook, admission) || !objects_match(hook, admission) {
            return None;
        }
        let own = hook.rules().any(|rule| rule_matches(rule, admission, admission.resource));
        if own {
            return Some(Arc::clone(admission.resource));
        }
        if meta::text(&hook.value, &["matchPolicy"]) == "Exact" {
            return None;
        }
        let equivalents: Vec<&Arc<Resource>> = self
            .registry
            .iter()
            .filter(|other| other.storage == admission.resource.storage && !Arc::ptr_eq(other, admission.resource))
            .filter(|other| (&other.group, &other.version) != (&admission.resource.group, &admission.resource.version))
            .collect();
        hook.rules()
            .find_map(|rule| equivalents.iter().find(|other| rule_matches(rule, admission, other)))
            .map(|other| Arc::clone(other))
    }

    fn namespace_matches(&self, hook: &Hook, admission: &Admission<'_>) -> bool {
        let selector = Labels::from_object(hook.value.get("namespaceSelector")).unwrap_or_default();
        if selector.is_empty() {
            return true;
        }
        let is_namespace = admission.resource.storage == "namespaces";
        if !admission.resource.namespaced && !is_namespace {
            return true;
        }
        let own = || admission.object.as_ref().filter(|_| is_namespace && admission.sub.is_empty());
        let stored = || self.store.read("namespaces", &admission.namespace);
        match own() {
            Some(object) => selector.matches(object),
            None => stored().is_some_and(|namespace| selector.matches(&namespace.value)),
        }
    }
}

fn objects_match(hook: &Hook, admission: &Admission<'_>) -> bool {
    let selector = Labels::from_object(hook.value.get("objectSelector")).unwrap_or_default();
    let one = |object: &Option<Json>| {
        object.as_ref().is_some_and(|object| object.contains_key("metadata") && selector.matches(object))
    };
    selector.is_empty() || one(&admission.object) || one(&admission.old)
}

/// Whether a rule has this operation on this resource.
fn rule_matches(rule: &Json, admission: &Admission<'_>, resource: &Resource) -> bool {
    let has = |key: &str, wanted: &str| {
        meta::list(rule, &[key]).iter().filter_map(Value::as_str).any(|item| item == "*" || item == wanted)
    };
    let scope = match meta::text(rule, &["scope"]) {
        "Namespaced" => resource.namespaced && !admission.namespace.is_empty(),
        "Cluster" => !resource.namespaced,
        _ => true,
    };
    let named = |item: &str| {
        let (plural, sub) = item.split_once('/').unwrap_or((item, ""));
        (plural == "*" || plural == resource.plural) && (sub == "*" || sub == admission.sub)
    };
    scope
        && has("operations", admission.operation.word())
        && has("apiGroups", &resource.group)
        && has("apiVersions", &resource.version)
        && meta::list(rule, &["resources"]).iter().filter_map(Value::as_str).any(named)
}
