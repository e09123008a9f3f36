//! What the server fills in where the client says nothing.

use serde_json::{Value, json};

use super::kinds::Resource;
use super::meta::{self, Json};

/// Fills in an object, as it is stored.
pub(crate) fn fill(resource: &Resource, object: &mut Json) {
    if let Some(custom) = &resource.custom {
        let mut whole = Value::Object(std::mem::take(object));
        if let Some(schema) = &custom.checked {
            schema.fill_defaults(&mut whole);
        }
        if let Value::Object(filled) = whole {
            *object = filled;
        }
        return;
    }
    match resource.storage.as_str() {
        "pods" => {
            pod_spec(child(object, "spec"));
            let spec = meta::child_mut(object, "spec");
            put(spec, "enableServiceLinks", json!(true));
            for list in ["initContainers", "containers"] {
                for one in each(spec, list) {
                    requests(one);
                }
            }
        }
        "replicationcontrollers" => {
            template(object, &["spec", "template"]);
            let labels = meta::at(object, &["spec", "template", "metadata", "labels"]).cloned();
            let spec = meta::child_mut(object, "spec");
            put(spec, "replicas", json!(1));
            if let Some(labels) = labels {
                put(spec, "selector", labels.clone());
                let own = meta::child_mut(meta::meta_mut(object), "labels");
                if own.is_empty() {
                    *own = labels.as_object().cloned().unwrap_or_default();
                }
            }
        }
        "namespaces" => {
            let name = meta::meta(object, "name").to_owned();
            meta::set(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name.into());
        }
        "podtemplates" => template(object, &["template"]),
        "deployments.apps" => {
            template(object, &["spec", "template"]);
            let spec = meta::child_mut(object, "spec");
            put(spec, "replicas", json!(1));
            put(spec, "revisionHistoryLimit", json!(10));
            put(spec, "progressDeadlineSeconds", json!(600));
            let strategy = meta::child_mut(spec, "strategy");
            put(strategy, "type", json!("RollingUpdate"));
            if strategy.get("type") == Some(&json!("RollingUpdate")) {
                let rolling = meta::child_mut(strategy, "rollingUpdate");
                put(rolling, "maxUnavailable", json!("25%"));
                put(rolling, "maxSurge", json!("25%"));
            }
        }
        "replicasets.apps" => {
            template(object, &["spec", "template"]);
            put(meta::child_mut(object, "spec"), "replicas", json!(1));
        }
        "statefulsets.apps" => {
            template(object, &["spec", "template"]);
            let spec = meta::child_mut(object, "spec");
            put(spec, "replicas", json!(1));
            put(spec, "revisionHistoryLimit", json!(10));
            put(spec, "podManagementPolicy", json!("OrderedReady"));
            let policy = meta::child_mut(spec, "persistentVolumeClaimRetentionPolicy");
            for key in ["whenDeleted", "whenScaled"] {
                put(policy, key, json!("Retain"));
            }
            let strategy = meta::child_mut(spec, "updateStrategy");
            // A strategy that is named without settings gets none.
            if meta::text(strategy, &["type"]).is_empty() {
                strategy.insert("type".into(), json!("RollingUpdate"));
                put(strategy, "rollingUpdate", json!({}));
            }
            let rolls = strategy.get("type") == Some(&json!("RollingUpdate"));
            if let (true, Some(Value::Object(rolling))) = (rolls, strategy.get_mut("rollingUpdate")) {
                put(rolling, "partition", json!(0));
            }
        }
        "daemonsets.apps" => {
            template(object, &["spec", "template"]);
            let spec = meta::child_mut(object, "spec");
            put(spec, "revisionHistoryLimit", json!(10));
            let strategy = meta::child_mut(spec, "updateStrategy");
            put(strategy, "type", json!("RollingUpdate"));
            if strategy.get("type") == Some(&json!("RollingUpdate")) {
                let rolling = meta::child_mut(strategy, "rollingUpdate");
                put(rolling, "maxUnavailable", json!(1));
                put(rolling, "maxSurge", json!(0));
            }
            let annotations = meta::child_mut(meta::meta_mut(object), "annotations");
            put(annotations, TEMPLATE_GENERATION, json!("1"));
        }
        "jobs.batch" => job(object),
        "cronjobs.batch" => {
            template(object, &["spec", "jobTemplate", "spec", "template"]);
            let spec = meta::child_mut(object, "spec");
            put(spec, "concurrencyPolicy", json!("Allow"));
            put(spec, "suspend", json!(false));
            put(spec, "successfulJobsHistoryLimit", json!(3));
            put(spec, "failedJobsHistoryLimit", json!(1));
        }
        "services" => service(meta::child_mut(object, "spec")),
        "persistentvolumeclaims" => put(meta::child_mut(object, "spec"), "volumeMode", json!("Filesystem")),
        "persistentvolumes" => {
            let spec = meta::child_mut(object, "spec");
            put(spec, "volumeMode", json!("Filesystem"));
            put(spec, "persistentVolumeReclaimPolicy", json!("Retain"));
        }
        "networkpolicies.networking.k8s.io" => {
            let egress = meta::at(object, &["spec", "egress"]).is_some();
            let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
            let spec = meta::child_mut(object, "spec");
            put(spec, "policyTypes", types);
            for direction in ["ingress", "egress"] {
                for rule in each(spec, direction) {
                    for port in each(rule, "ports") {
                        put(port, "protocol", json!("TCP"));
                    }
                }
            }
        }
        "limitranges" => {
            for limit in each(meta::child_mut(object, "spec"), "limits") {
                limit_range(limit);
            }
        }
        "horizontalpodautoscalers.autoscaling" => put(meta::child_mut(object, "spec"), "minReplicas", json!(1)),
        "storageclasses.storage.k8s.io" => {
            put(object, "reclaimPolicy", json!("Delete"));
            put(object, "volumeBindingMode", json!("Immediate"));
        }
        "priorityclasses.scheduling.k8s.io" => put(object, "preemptionPolicy", json!("PreemptLowerPriority")),
        "secrets" => put(object, "type", json!("Opaque")),
        "validatingwebhookconfigurations.admissionregistration.k8s.io"
        | "mutatingwebhookconfigurations.admissionregistration.k8s.io" => {
            let mutating = resource.kind == "MutatingWebhookConfiguration";
            for webhook in each(object, "webhooks") {
                put(webhook, "failurePolicy", json!("Fail"));
                put(webhook, "matchPolicy", json!("Equivalent"));
                put(webhook, "namespaceSelector", json!({}));
                put(webhook, "objectSelector", json!({}));
                put(webhook, "timeoutSeconds", json!(10));
                if mutating {
                    put(webhook, "reinvocationPolicy", json!("Never"));
                }
                for rule in each(webhook, "rules") {
                    put(rule, "scope", json!("*"));
                }
                let config = webhook.get_mut("clientConfig").and_then(|config| config.get_mut("service"));
                if let Some(service) = config.and_then(Value::as_object_mut) {
                    put(service, "port", json!(443));
                }
            }
        }
        "rolebindings.rbac.authorization.k8s.io" | "clusterrolebindings.rbac.authorization.k8s.io" => subjects(object),
        _ => {}
    }
}

const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Counts what the server counts of an update.
pub(crate) fn follow(resource: &Resource, object: &mut Json, before: &Json) {
    if resource.storage != "daemonsets.apps" {
        return;
    }
    let path = ["metadata", "annotations", TEMPLATE_GENERATION];
    let last: u64 = meta::text(before, &path).parse().unwrap_or(1);
    let template = |object: &Json| meta::at(object, &["spec", "template"]).cloned();
    let next = if template(before) == template(object) { last } else { last + 1 };
    meta::set(object, &path, next.to_string().into());
}

/// What admission and the kinds' own rules decide, whatever the client says of it.
pub(crate) fn decide(resource: &Resource, object: &mut Json) {
    if resource.custom.is_some() {
        return;
    }
    let finalizer = |object: &mut Json, name: &str| {
        if meta::meta(object, "deletionTimestamp").is_empty() {
            let mut finalizers = meta::list(object, &["metadata", "finalizers"]).to_vec();
            if !finalizers.iter().any(|f| f == name) {
                finalizers.push(name.into());
                meta::set(object, &["metadata", "finalizers"], finalizers.into());
            }
        }
    };
    match resource.storage.as_str() {
        "namespaces" if meta::meta(object, "deletionTimestamp").is_empty() => {
            put(meta::child_mut(object, "spec"), "finalizers", json!(["kubernetes"]));
        }
        "pods" => {
            let spec = meta::child_mut(object, "spec");
            put(spec, "serviceAccountName", json!("default"));
            if let Some(account) = spec.get("serviceAccountName").cloned() {
                put(spec, "serviceAccount", account);
            }
            put(spec, "priority", json!(0));
            put(spec, "preemptionPolicy", json!("PreemptLowerPriority"));
        }
        "persistentvolumeclaims" => finalizer(object, super::verbs::CLAIM_IN_USE),
        "persistentvolumes" => finalizer(object, super::verbs::VOLUME_IN_USE),
        _ => {}
    }
}

/// The most of a container is also what it gets, and what it asks for.
fn limit_range(limit: &mut Json) {
    if meta::text(limit, &["type"]) != "Container" {
        return;
    }
    for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
        for (key, value) in limit.get(from).and_then(Value::as_object).cloned().unwrap_or_default() {
            put(meta::child_mut(limit, to), &key, value);
        }
    }
}

/// Adds what is not there.
fn put(object: &mut Json, key: &str, value: Value) {
    object.entry(key).or_insert(value);
}

fn child<'a>(object: &'a mut Json, key: &str) -> &'a mut Json {
    meta::child_mut(object, key)
}

/// The items of a list that are objects.
fn each<'a>(object: &'a mut Json, key: &str) -> impl Iterator<Item = &'a mut Json> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn template(object: &mut Json, path: &[&str]) {
    let mut place = object;
    for key in path {
        place = meta::child_mut(place, key);
    }
    pod_spec(meta::child_mut(place, "spec"));
}

fn pod_spec(spec: &mut Json) {
    put(spec, "restartPolicy", json!("Always"));
    put(spec, "terminationGracePeriodSeconds", json!(30));
    put(spec, "dnsPolicy", json!("ClusterFirst"));
    put(spec, "securityContext", json!({}));
    put(spec, "schedulerName", json!("default-scheduler"));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        put(spec, "serviceAccount", account);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for one in each(spec, list) {
            container(one);
        }
    }
    for volume in each(spec, "volumes") {
        if volume.keys().all(|k| k == "name") {
            put(volume, "emptyDir", json!({}));
        }
        for source in ["secret", "configMap", "downwardAPI", "projected"] {
            if let Some(Value::Object(source)) = volume.get_mut(source) {
                put(source, "defaultMode", json!(420));
            }
        }
        if let Some(Value::Object(path)) = volume.get_mut("hostPath") {
            put(path, "type", json!(""));
        }
    }
}

/// What a pod's container may use at most it also asks for, where it asks for nothing.
fn requests(one: &mut Json) {
    let limits = meta::at(one, &["resources", "limits"]).and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in limits {
        put(meta::child_mut(meta::child_mut(one, "resources"), "requests"), &key, value);
    }
}

fn container(one: &mut Json) {
    put(one, "terminationMessagePath", json!("/dev/termination-log"));
    put(one, "terminationMessagePolicy", json!("File"));
    put(one, "resources", json!({}));
    let image = meta::text(one, &["image"]).to_owned();
    let last = image.rsplit('/').next().unwrap_or_default();
    let newest = !last.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    put(one, "imagePullPolicy", if newest { json!("Always") } else { json!("IfNotPresent") });
    for port in each(one, "ports") {
        put(port, "protocol", json!("TCP"));
    }
    for variable in each(one, "env") {
        if let Some(Value::Object(from)) = variable.get_mut("valueFrom").and_then(|v| v.get_mut("fieldRef")) {
            put(from, "apiVersion", json!("v1"));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(Value::Object(probe)) = one.get_mut(probe) else { continue };
        put(probe, "timeoutSeconds", json!(1));
        put(probe, "periodSeconds", json!(10));
        put(probe, "successThreshold", json!(1));
        put(probe, "failureThreshold", json!(3));
        if let Some(Value::Object(get)) = probe.get_mut("httpGet") {
            put(get, "path", json!("/"));
            put(get, "scheme", json!("HTTP"));
        }
    }
}

fn job(object: &mut Json) {
    template(object, &["spec", "template"]);
    let labels = meta::at(object, &["spec", "template", "metadata", "labels"]).and_then(Value::as_object).cloned();
    let own = meta::child_mut(meta::meta_mut(object), "labels");
    if own.is_empty() {
        *own = labels.unwrap_or_default();
    }
    if own.is_empty() {
        meta::meta_mut(object).remove("labels");
    }
    let spec = meta::child_mut(object, "spec");
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        put(spec, "completions", json!(1));
    }
    put(spec, "parallelism", json!(1));
    let by_index = spec.contains_key("backoffLimitPerIndex");
    put(spec, "backoffLimit", if by_index { json!(i32::MAX) } else { json!(6) });
    put(spec, "completionMode", json!("NonIndexed"));
    put(spec, "suspend", json!(false));
    let replaced = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    put(spec, "podReplacementPolicy", json!(replaced));
    put(spec, "manualSelector", json!(false));
}

/// A new job chooses its pods by its own identity, unless the user says that another choice is meant.
///
/// A job that came without labels has those of its template, which includes the ones that are added here.
pub(crate) fn choose_pods(resource: &Resource, object: &mut Json, labelled: bool) {
    let manual = meta::at(object, &["spec", "manualSelector"]) == Some(&json!(true));
    if resource.storage != "jobs.batch" || manual {
        return;
    }
    let (uid, name) = (meta::meta(object, "uid").to_owned(), meta::meta(object, "name").to_owned());
    let generated = [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ];
    let template = meta::child_mut(meta::child_mut(object, "spec"), "template");
    let labels = meta::child_mut(meta::child_mut(template, "metadata"), "labels");
    for (key, value) in generated {
        put(labels, key, json!(value));
    }
    let labels = labels.clone();
    let selector = meta::child_mut(meta::child_mut(object, "spec"), "selector");
    put(meta::child_mut(selector, "matchLabels"), "batch.kubernetes.io/controller-uid", json!(uid));
    if !labelled {
        meta::meta_mut(object).insert("labels".into(), labels.into());
    }
}

fn service(spec: &mut Json) {
    put(spec, "type", json!("ClusterIP"));
    put(spec, "sessionAffinity", json!("None"));
    let kind = meta::text(spec, &["type"]).to_owned();
    if kind != "ExternalName" {
        put(spec, "internalTrafficPolicy", json!("Cluster"));
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        put(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if kind == "LoadBalancer" {
        put(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
    for port in each(spec, "ports") {
        put(port, "protocol", json!("TCP"));
        let zero = |target: &Value| *target == json!(0) || *target == json!("");
        if let (true, Some(number)) = (port.get("targetPort").is_none_or(zero), port.get("port").cloned()) {
            port.insert("targetPort".into(), number);
        }
    }
}

fn subjects(object: &mut Json) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    if let Some(Value::Object(role)) = object.get_mut("roleRef") {
        put(role, "apiGroup", json!(GROUP));
    }
    for subject in each(object, "subjects") {
        if matches!(meta::text(subject, &["kind"]), "User" | "Group") {
            put(subject, "apiGroup", json!(GROUP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_tags_decide_when_to_pull() {
        for (image, want) in [
            ("a", "Always"),
            ("a:latest", "Always"),
            ("r:5000/a", "Always"),
            ("r:5000/a:1", "IfNotPresent"),
            ("a@sha256:0", "IfNotPresent"),
        ] {
            let mut one = json!({"image": image}).as_object().unwrap().clone();
            container(&mut one);
            assert_eq!(one["imagePullPolicy"], want, "{image}");
        }
    }
}
