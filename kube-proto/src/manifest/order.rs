//! The order of the objects of a run: the table is in the module's documentation.

use super::value::Manifest;
use crate::resource::split_api_version;

/// The place of an object among the others; the lowest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Namespace = 1,
    Definition,
    Admission,
    Other,
    Webhook,
    ApiService,
}

impl Rank {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let (group, _) = split_api_version(manifest.api_version());
        match (group, manifest.kind()) {
            ("", "Namespace") => Rank::Namespace,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Rank::Definition,
            ("", "ServiceAccount" | "LimitRange" | "ResourceQuota")
            | ("scheduling.k8s.io", "PriorityClass")
            | ("node.k8s.io", "RuntimeClass") => Rank::Admission,
            (
                "admissionregistration.k8s.io",
                "ValidatingWebhookConfiguration"
                | "MutatingWebhookConfiguration"
                | "ValidatingAdmissionPolicyBinding"
                | "MutatingAdmissionPolicyBinding",
            ) => Rank::Webhook,
            ("apiregistration.k8s.io", "APIService") => Rank::ApiService,
            _ => Rank::Other,
        }
    }
}

/// Sorts by rank; objects of one rank keep their order.
pub(super) fn sort(manifests: &mut [(usize, Manifest)]) {
    manifests.sort_by_cached_key(|(_, manifest)| Rank::of(manifest));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_need_comes_first() {
        let kinds = [
            ("apiregistration.k8s.io/v1", "APIService"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
            ("apps/v1", "Deployment"),
            ("v1", "ServiceAccount"),
            ("example.com/v1", "Namespace"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
            ("v1", "ConfigMap"),
            ("v1", "Namespace"),
            ("scheduling.k8s.io/v1", "PriorityClass"),
        ];
        let manifest = |(api_version, kind)| Manifest::new(&json!({"apiVersion": api_version, "kind": kind})).unwrap();
        let mut manifests: Vec<_> = kinds.into_iter().map(manifest).enumerate().collect();
        sort(&mut manifests);
        let order: Vec<_> = manifests.iter().map(|(index, _)| *index).collect();
        assert_eq!(order, [7, 5, 3, 8, 2, 4, 6, 1, 0]);
    }
}
