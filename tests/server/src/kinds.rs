//! The table of the built-in kinds: one row for each resource.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::crd::Custom;

/// A resource in one version.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// API group, empty for core.
    pub(crate) group: String,
    /// API version.
    pub(crate) version: String,
    /// Plural name, as in paths.
    pub(crate) plural: String,
    /// Singular name.
    pub(crate) singular: String,
    /// Kind of one object.
    pub(crate) kind: String,
    /// Kind of a list.
    pub(crate) list_kind: String,
    /// Short names.
    pub(crate) short_names: Vec<String>,
    /// Categories such as `all`.
    pub(crate) categories: Vec<String>,
    /// Whether objects live in namespaces.
    pub(crate) namespaced: bool,
    /// Verbs, in alphabetical order.
    pub(crate) verbs: Vec<&'static str>,
    /// Subresources.
    pub(crate) subresources: Vec<&'static Sub>,
    /// Whether `metadata.generation` is counted.
    pub(crate) generation: bool,
    /// Whether the response to a deletion is the object.
    pub(crate) returns_deleted: bool,
    /// Whether `PUT` may create.
    pub(crate) put_creates: bool,
    /// Whether `PUT` needs no `resourceVersion`.
    pub(crate) unconditional: bool,
    /// The name under which objects are stored; several versions (and two views of events) share one.
    pub(crate) storage: String,
    /// The `apiVersion` under which objects are stored.
    pub(crate) storage_version: String,
    /// The definition's version, for custom resources.
    pub(crate) custom: Option<Arc<Custom>>,
}

/// A subresource, as discovery describes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sub {
    /// Its path segment.
    pub(crate) name: &'static str,
    /// Group and version of its kind where they differ from the parent's (empty: the same).
    pub(crate) group: &'static str,
    /// See `group`.
    pub(crate) version: &'static str,
    /// Its kind (empty: the parent's).
    pub(crate) kind: &'static str,
    /// Verbs, in alphabetical order.
    pub(crate) verbs: &'static [&'static str],
}

/// All resources that the server serves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    /// By group, version and plural.
    resources: BTreeMap<(String, String, String), Arc<Resource>>,
}

/// Verbs of an ordinary resource.
pub(crate) const ALL_VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Groups with their versions, in the order of preference that discovery shows.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("apiregistration.k8s.io", &["v1"]),
    ("apps", &["v1"]),
    ("events.k8s.io", &["v1"]),
    ("authentication.k8s.io", &["v1"]),
    ("authorization.k8s.io", &["v1"]),
    ("autoscaling", &["v2", "v1"]),
    ("batch", &["v1"]),
    ("certificates.k8s.io", &["v1"]),
    ("networking.k8s.io", &["v1"]),
    ("policy", &["v1"]),
    ("rbac.authorization.k8s.io", &["v1"]),
    ("storage.k8s.io", &["v1"]),
    ("admissionregistration.k8s.io", &["v1"]),
    ("apiextensions.k8s.io", &["v1"]),
    ("scheduling.k8s.io", &["v1"]),
    ("coordination.k8s.io", &["v1"]),
    ("node.k8s.io", &["v1"]),
    ("discovery.k8s.io", &["v1"]),
    ("resource.k8s.io", &["v1"]),
    ("flowcontrol.apiserver.k8s.io", &["v1"]),
];

const GPU: &[&str] = &["get", "patch", "update"];
const CREATE: &[&str] = &["create"];
const CONNECT: &[&str] = &["create", "get"];
const PROXY: &[&str] = &["create", "delete", "get", "patch", "update"];

const fn sub(name: &'static str, kind: &'static str, verbs: &'static [&'static str]) -> Sub {
    Sub { name, group: "", version: "", kind, verbs }
}

const fn foreign(
    name: &'static str,
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    verbs: &'static [&'static str],
) -> Sub {
    Sub { name, group, version, kind, verbs }
}

/// The subresources, by the name in a row.
static SUBS: &[(&str, Sub)] = &[
    ("status", sub("status", "", GPU)),
    ("scale", foreign("scale", "autoscaling", "v1", "Scale", GPU)),
    ("approval", sub("approval", "", GPU)),
    ("finalize", sub("finalize", "", &["update"])),
    ("attach", sub("attach", "PodAttachOptions", CONNECT)),
    ("exec", sub("exec", "PodExecOptions", CONNECT)),
    ("portforward", sub("portforward", "PodPortForwardOptions", CONNECT)),
    ("binding", sub("binding", "Binding", CREATE)),
    ("eviction", foreign("eviction", "policy", "v1", "Eviction", CREATE)),
    ("ephemeralcontainers", sub("ephemeralcontainers", "", GPU)),
    ("resize", sub("resize", "", GPU)),
    ("log", sub("log", "", &["get"])),
    ("podproxy", sub("proxy", "PodProxyOptions", PROXY)),
    ("serviceproxy", sub("proxy", "ServiceProxyOptions", PROXY)),
    ("nodeproxy", sub("proxy", "NodeProxyOptions", PROXY)),
    ("token", foreign("token", "authentication.k8s.io", "v1", "TokenRequest", CREATE)),
];

/// A row: group/version, plural, singular, kind, short names, categories, flags, subresources.
///
/// Flags: `N`amespaced, `G`eneration counted, `D`eletion returns the object, `P`UT may create, no `c`ollection
/// deletion, `+` create only, `r`ead only (get, list), `V`ersion needed for PUT.
struct Row(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
static ROWS: &[Row] = &[
    Row("v1", "bindings", "binding", "Binding", "", "", "N+", ""),
    Row("v1", "componentstatuses", "componentstatus", "ComponentStatus", "cs", "", "r", ""),
    Row("v1", "configmaps", "configmap", "ConfigMap", "cm", "", "N", ""),
    Row("v1", "endpoints", "endpoints", "Endpoints", "ep", "", "NP", ""),
    Row("v1", "events", "event", "Event", "ev", "", "NP", ""),
    Row("v1", "limitranges", "limitrange", "LimitRange", "limits", "", "NP", ""),
    Row("v1", "namespaces", "namespace", "Namespace", "ns", "", "cD", "finalize status"),
    Row("v1", "nodes", "node", "Node", "no", "", "", "nodeproxy status"),
    Row("v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", "pvc", "", "ND", "status"),
    Row("v1", "persistentvolumes", "persistentvolume", "PersistentVolume", "pv", "", "D", "status"),
    Row("v1", "pods", "pod", "Pod", "po", "all", "NGD", "attach binding ephemeralcontainers eviction exec log portforward podproxy resize status"),
    Row("v1", "podtemplates", "podtemplate", "PodTemplate", "", "", "NGD", ""),
    Row("v1", "replicationcontrollers", "replicationcontroller", "ReplicationController", "rc", "all", "NG", "scale status"),
    Row("v1", "resourcequotas", "resourcequota", "ResourceQuota", "quota", "", "ND", "status"),
    Row("v1", "secrets", "secret", "Secret", "", "", "N", ""),
    Row("v1", "serviceaccounts", "serviceaccount", "ServiceAccount", "sa", "", "ND", "token"),
    Row("v1", "services", "service", "Service", "svc", "all", "NPD", "serviceproxy status"),
    Row("apiregistration.k8s.io/v1", "apiservices", "apiservice", "APIService", "", "api-extensions", "", "status"),
    Row("apps/v1", "controllerrevisions", "controllerrevision", "ControllerRevision", "", "", "N", ""),
    Row("apps/v1", "daemonsets", "daemonset", "DaemonSet", "ds", "all", "NG", "status"),
    Row("apps/v1", "deployments", "deployment", "Deployment", "deploy", "all", "NG", "scale status"),
    Row("apps/v1", "replicasets", "replicaset", "ReplicaSet", "rs", "all", "NG", "scale status"),
    Row("apps/v1", "statefulsets", "statefulset", "StatefulSet", "sts", "all", "NG", "scale status"),
    Row("events.k8s.io/v1", "events", "event", "Event", "ev", "", "NP", ""),
    Row("authentication.k8s.io/v1", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", "", "", "+", ""),
    Row("authentication.k8s.io/v1", "tokenreviews", "tokenreview", "TokenReview", "", "", "+", ""),
    Row("authorization.k8s.io/v1", "localsubjectaccessreviews", "localsubjectaccessreview", "LocalSubjectAccessReview", "", "", "N+", ""),
    Row("authorization.k8s.io/v1", "selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview", "", "", "+", ""),
    Row("authorization.k8s.io/v1", "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview", "", "", "+", ""),
    Row("authorization.k8s.io/v1", "subjectaccessreviews", "subjectaccessreview", "SubjectAccessReview", "", "", "+", ""),
    Row("autoscaling/v2", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", "hpa", "all", "N", "status"),
    Row("autoscaling/v1", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", "hpa", "all", "N", "status"),
    Row("batch/v1", "cronjobs", "cronjob", "CronJob", "cj", "all", "NG", "status"),
    Row("batch/v1", "jobs", "job", "Job", "", "all", "NG", "status"),
    Row("certificates.k8s.io/v1", "certificatesigningrequests", "certificatesigningrequest", "CertificateSigningRequest", "csr", "", "", "approval status"),
    Row("networking.k8s.io/v1", "ingressclasses", "ingressclass", "IngressClass", "", "", "G", ""),
    Row("networking.k8s.io/v1", "ingresses", "ingress", "Ingress", "ing", "", "NG", "status"),
    Row("networking.k8s.io/v1", "ipaddresses", "ipaddress", "IPAddress", "ip", "", "G", ""),
    Row("networking.k8s.io/v1", "networkpolicies", "networkpolicy", "NetworkPolicy", "netpol", "", "NG", ""),
    Row("networking.k8s.io/v1", "servicecidrs", "servicecidr", "ServiceCIDR", "", "", "G", "status"),
    Row("policy/v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget", "pdb", "", "NGV", "status"),
    Row("rbac.authorization.k8s.io/v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", "", "", "P", ""),
    Row("rbac.authorization.k8s.io/v1", "clusterroles", "clusterrole", "ClusterRole", "", "", "P", ""),
    Row("rbac.authorization.k8s.io/v1", "rolebindings", "rolebinding", "RoleBinding", "", "", "NP", ""),
    Row("rbac.authorization.k8s.io/v1", "roles", "role", "Role", "", "", "NP", ""),
    Row("storage.k8s.io/v1", "csidrivers", "csidriver", "CSIDriver", "", "", "GDV", ""),
    Row("storage.k8s.io/v1", "csinodes", "csinode", "CSINode", "", "", "DV", ""),
    Row("storage.k8s.io/v1", "csistoragecapacities", "csistoragecapacity", "CSIStorageCapacity", "", "", "N", ""),
    Row("storage.k8s.io/v1", "storageclasses", "storageclass", "StorageClass", "sc", "", "D", ""),
    Row("storage.k8s.io/v1", "volumeattachments", "volumeattachment", "VolumeAttachment", "", "", "DV", "status"),
    Row("storage.k8s.io/v1", "volumeattributesclasses", "volumeattributesclass", "VolumeAttributesClass", "vac", "", "", ""),
    Row("admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", "mutatingadmissionpolicy", "MutatingAdmissionPolicy", "", "api-extensions", "GV", ""),
    Row("admissionregistration.k8s.io/v1", "mutatingadmissionpolicybindings", "mutatingadmissionpolicybinding", "MutatingAdmissionPolicyBinding", "", "api-extensions", "GV", ""),
    Row("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", "validatingadmissionpolicy", "ValidatingAdmissionPolicy", "", "api-extensions", "GV", "status"),
    Row("admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", "validatingadmissionpolicybinding", "ValidatingAdmissionPolicyBinding", "", "api-extensions", "GV", ""),
    Row("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration", "MutatingWebhookConfiguration", "", "api-extensions", "GV", ""),
    Row("admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "validatingwebhookconfiguration", "ValidatingWebhookConfiguration", "", "api-extensions", "GV", ""),
    Row("apiextensions.k8s.io/v1", "customresourcedefinitions", "customresourcedefinition", "CustomResourceDefinition", "crd crds", "api-extensions", "GV", "status"),
    Row("scheduling.k8s.io/v1", "priorityclasses", "priorityclass", "PriorityClass", "pc", "", "G", ""),
    Row("coordination.k8s.io/v1", "leases", "lease", "Lease", "", "", "NPV", ""),
    Row("node.k8s.io/v1", "runtimeclasses", "runtimeclass", "RuntimeClass", "", "", "PV", ""),
    Row("discovery.k8s.io/v1", "endpointslices", "endpointslice", "EndpointSlice", "", "", "NG", ""),
    Row("resource.k8s.io/v1", "deviceclasses", "deviceclass", "DeviceClass", "", "", "G", ""),
    Row("resource.k8s.io/v1", "resourceclaims", "resourceclaim", "ResourceClaim", "", "", "N", "status"),
    Row("resource.k8s.io/v1", "resourceclaimtemplates", "resourceclaimtemplate", "ResourceClaimTemplate", "", "", "N", ""),
    Row("resource.k8s.io/v1", "resourceslices", "resourceslice", "ResourceSlice", "", "", "G", ""),
    Row("flowcontrol.apiserver.k8s.io/v1", "flowschemas", "flowschema", "FlowSchema", "", "", "G", "status"),
    Row("flowcontrol.apiserver.k8s.io/v1", "prioritylevelconfigurations", "prioritylevelconfiguration", "PriorityLevelConfiguration", "", "", "G", "status"),
];

/// Views of another group's storage: (served as, stored as, stored `apiVersion`).
static SHARED: &[(&str, &str, &str)] = &[
    ("events.k8s.io/v1/events", "events", "v1"),
    ("autoscaling/v1/horizontalpodautoscalers", "horizontalpodautoscalers.autoscaling", "autoscaling/v2"),
];

/// The subresource of that name.
pub(crate) fn subresource(name: &str) -> Option<&'static Sub> {
    SUBS.iter().find(|(key, _)| *key == name).map(|(_, sub)| sub)
}

/// Whether a built-in kind has that name in that version.
pub(crate) fn is_built_in(api_version: &str, kind: &str) -> bool {
    ROWS.iter().any(|row| row.0 == api_version && row.3 == kind)
}

impl Resource {
    /// `apps/v1`, or `v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// This resource's subresource of that name.
    pub(crate) fn sub(&self, name: &str) -> Option<&'static Sub> {
        self.subresources.iter().find(|s| s.name == name).copied()
    }

    /// Whether the resource has the subresource `status`.
    pub(crate) fn has_status(&self) -> bool {
        self.sub("status").is_some()
    }

    /// Whether objects are stored in another version than this one.
    pub(crate) fn converts(&self) -> bool {
        self.storage_version != self.api_version()
    }

    fn built_in(row: &Row) -> Resource {
        let Row(gv, plural, singular, kind, short, categories, flags, subs) = row;
        let (group, version) = gv.split_once('/').unwrap_or(("", gv));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let verbs = if flags.contains('+') {
            vec!["create"]
        } else if flags.contains('r') {
            vec!["get", "list"]
        } else {
            ALL_VERBS.iter().copied().filter(|v| !flags.contains('c') || *v != "deletecollection").collect()
        };
        let mut subresources: Vec<&'static Sub> = subs.split_whitespace().filter_map(subresource).collect();
        subresources.sort_by_key(|s| s.name);
        let own = super::status::qualified(plural, group);
        let shared = SHARED.iter().find(|(view, ..)| *view == format!("{gv}/{plural}"));
        Resource {
            group: group.into(),
            version: version.into(),
            plural: (*plural).into(),
            singular: (*singular).into(),
            kind: (*kind).into(),
            list_kind: format!("{kind}List"),
            short_names: words(short),
            categories: words(categories),
            namespaced: flags.contains('N'),
            verbs,
            subresources,
            generation: flags.contains('G'),
            returns_deleted: flags.contains('D'),
            put_creates: flags.contains('P'),
            unconditional: !flags.contains('V'),
            storage: shared.map_or(own, |(_, storage, _)| (*storage).to_owned()),
            storage_version: shared.map_or((*gv).to_owned(), |(.., version)| (*version).to_owned()),
            custom: None,
        }
    }
}

impl Registry {
    /// The built-in kinds.
    pub(crate) fn built_in() -> Self {
        let mut registry = Registry::default();
        for row in ROWS {
            registry.insert(Resource::built_in(row));
        }
        registry
    }

    /// Adds or replaces a resource.
    pub(crate) fn insert(&mut self, resource: Resource) {
        let key = (resource.group.clone(), resource.version.clone(), resource.plural.clone());
        self.resources.insert(key, Arc::new(resource));
    }

    /// Stops serving the custom resources of a definition.
    pub(crate) fn remove_custom(&mut self, group: &str, plural: &str) {
        self.resources.retain(|_, r| !(r.custom.is_some() && r.group == group && r.plural == plural));
    }

    /// The resource at a path.
    pub(crate) fn resource(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.resources.get(&(group.to_owned(), version.to_owned(), plural.to_owned())).cloned()
    }

    /// The resources of a group version, by name.
    pub(crate) fn in_version<'a>(
        &'a self,
        group: &'a str,
        version: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Resource>> {
        self.resources.values().filter(move |r| r.group == group && r.version == version)
    }

    /// All resources.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// Named groups with their versions, most preferred first.
    pub(crate) fn groups(&self) -> Vec<(String, Vec<String>)> {
        let mut groups: Vec<(String, Vec<String>)> = GROUPS
            .iter()
            .map(|(group, versions)| ((*group).to_owned(), versions.iter().map(|v| (*v).to_owned()).collect()))
            .collect();
        for resource in self.resources.values().filter(|r| !r.group.is_empty()) {
            let index = match groups.iter().position(|(g, _)| *g == resource.group) {
                Some(index) => index,
                None => {
                    groups.push((resource.group.clone(), Vec::new()));
                    groups.len() - 1
                }
            };
            if let Some((_, versions)) = groups.get_mut(index)
                && !versions.contains(&resource.version)
            {
                versions.push(resource.version.clone());
                versions.sort_by_key(|v| version_order(v));
            }
        }
        groups
    }

    /// The versions of a group, most preferred first; `None` for an unknown group.
    pub(crate) fn versions(&self, group: &str) -> Option<Vec<String>> {
        if group.is_empty() {
            return Some(vec!["v1".into()]);
        }
        self.groups().into_iter().find(|(g, _)| g == group).map(|(_, versions)| versions)
    }
}

/// Kubernetes' order of versions: stable before beta before alpha, newest first, other names last.
fn version_order(version: &str) -> (u8, std::cmp::Reverse<(u64, u64)>, String) {
    let parse = || -> Option<(u8, u64, u64)> {
        let rest = version.strip_prefix('v')?;
        for (tier, word) in [(1, "beta"), (2, "alpha")] {
            if let Some((major, minor)) = rest.split_once(word) {
                return Some((tier, major.parse().ok()?, minor.parse().ok()?));
            }
        }
        Some((0, rest.parse().ok()?, 0))
    };
    match parse() {
        Some((tier, major, minor)) => (tier, std::cmp::Reverse((major, minor)), String::new()),
        None => (3, std::cmp::Reverse((0, 0)), version.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_belongs_to_a_listed_group_and_is_complete() {
        let registry = Registry::built_in();
        assert_eq!(registry.iter().count(), ROWS.len());
        for resource in registry.iter() {
            let listed = resource.group.is_empty()
                || GROUPS.iter().any(|(g, vs)| *g == resource.group && vs.contains(&resource.version.as_str()));
            assert!(listed, "{} {}", resource.group, resource.plural);
            assert!(resource.plural.starts_with(&resource.singular[..3]), "{}", resource.plural);
            assert_eq!(resource.kind.to_lowercase(), resource.singular, "{}", resource.plural);
        }
        for Row(.., subs) in ROWS {
            assert_eq!(subs.split_whitespace().filter_map(subresource).count(), subs.split_whitespace().count());
        }
    }

    #[test]
    fn versions_are_ordered_as_kubernetes_orders_them() {
        let mut versions = vec!["v1alpha1", "foo", "v1beta2", "v2", "v1", "v10", "v1beta10", "bar"];
        versions.sort_by_key(|v| version_order(v));
        assert_eq!(versions, ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "bar", "foo"]);
    }
}
