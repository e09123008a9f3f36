//! The cells of the kinds' rows.

use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

use super::age;
use crate::meta::{self, Json, integer, list, text};
use crate::selector::Labels;

/// The text, or `other` if it is empty.
pub(super) fn or(text: &str, other: &str) -> Value {
    if text.is_empty() { other.into() } else { text.into() }
}

fn name(object: &Json) -> Value {
    meta::meta(object, "name").into()
}

fn age(object: &Json, now: Duration) -> Value {
    age::since(object, &["metadata", "creationTimestamp"], now).into()
}

/// A scalar as text.
fn plain(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The columns of container names and images.
fn containers(object: &Json, path: &[&str]) -> [Value; 2] {
    let column = |key: &str| {
        let all: Vec<&str> = list(object, path).iter().filter_map(|c| c.get(key)?.as_str()).collect();
        all.join(",").into()
    };
    [column("name"), column("image")]
}

/// `a=b,c=d`, or `<none>`.
fn labels(value: Option<&Value>) -> Value {
    let pairs: Vec<String> = value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default()))
        .collect();
    or(&pairs.join(","), "<none>")
}

fn selector(value: Option<&Value>) -> Value {
    or(&Labels::from_object(value).unwrap_or_default().to_string(), "<none>")
}

const TEMPLATE: &[&str] = &["spec", "template", "spec", "containers"];

pub(super) fn name_and_age(object: &Json, now: Duration) -> Vec<Value> {
    vec![name(object), age(object, now)]
}

pub(super) fn pod_template(object: &Json, _: Duration) -> Vec<Value> {
    let [names, images] = containers(object, &["template", "spec", "containers"]);
    vec![name(object), names, images, labels(meta::at(object, &["template", "metadata", "labels"]))]
}

pub(super) fn disruption_budget(object: &Json, now: Duration) -> Vec<Value> {
    let bound = |key: &str| plain(meta::at(object, &["spec", key])).unwrap_or_else(|| "N/A".into());
    vec![
        name(object),
        bound("minAvailable").into(),
        bound("maxUnavailable").into(),
        integer(object, &["status", "disruptionsAllowed"]).into(),
        age(object, now),
    ]
}

pub(super) fn replica_set(object: &Json, now: Duration) -> Vec<Value> {
    let [names, images] = containers(object, TEMPLATE);
    let chosen = meta::at(object, &["spec", "selector"]);
    let structured = chosen.is_some_and(|s| s.get("matchLabels").or_else(|| s.get("matchExpressions")).is_some());
    vec![
        name(object),
        integer(object, &["spec", "replicas"]).into(),
        integer(object, &["status", "replicas"]).into(),
        integer(object, &["status", "readyReplicas"]).into(),
        age(object, now),
        names,
        images,
        if structured { selector(chosen) } else { labels(chosen) },
    ]
}

pub(super) fn daemon_set(object: &Json, now: Duration) -> Vec<Value> {
    let [names, images] = containers(object, TEMPLATE);
    let count = |key: &str| Value::from(integer(object, &["status", key]));
    vec![
        name(object),
        count("desiredNumberScheduled"),
        count("currentNumberScheduled"),
        count("numberReady"),
        count("updatedNumberScheduled"),
        count("numberAvailable"),
        labels(meta::at(object, &["spec", "template", "spec", "nodeSelector"])),
        age(object, now),
        names,
        images,
        selector(meta::at(object, &["spec", "selector"])),
    ]
}

pub(super) fn deployment(object: &Json, now: Duration) -> Vec<Value> {
    let [names, images] = containers(object, TEMPLATE);
    let count = |key: &str| integer(object, &["status", key]);
    let chosen = Labels::from_object(meta::at(object, &["spec", "selector"])).unwrap_or_default();
    vec![
        name(object),
        format!("{}/{}", count("readyReplicas"), integer(object, &["spec", "replicas"])).into(),
        count("updatedReplicas").into(),
        count("availableReplicas").into(),
        age(object, now),
        names,
        images,
        chosen.to_string().into(),
    ]
}

pub(super) fn stateful_set(object: &Json, now: Duration) -> Vec<Value> {
    let [names, images] = containers(object, TEMPLATE);
    let ready = integer(object, &["status", "readyReplicas"]);
    let ready = format!("{ready}/{}", integer(object, &["spec", "replicas"]));
    vec![name(object), ready.into(), age(object, now), names, images]
}

pub(super) fn job(object: &Json, now: Duration) -> Vec<Value> {
    let done = integer(object, &["status", "succeeded"]);
    let parallel = integer(object, &["spec", "parallelism"]);
    let completions = match meta::at(object, &["spec", "completions"]) {
        Some(wanted) => format!("{done}/{wanted}"),
        None if parallel > 1 => format!("{done}/1 of {parallel}"),
        None => format!("{done}/1"),
    };
    let time = |key: &str| meta::parse_time(text(object, &["status", key]));
    let took = match (time("startTime"), time("completionTime")) {
        (None, _) => String::new(),
        (Some(start), None) => age::human(start, now),
        (Some(start), Some(end)) => age::human(start, end),
    };
    let holds = |kind: &str| {
        let conditions = list(object, &["status", "conditions"]);
        conditions.iter().any(|c| c.get("type") == Some(&kind.into()) && c.get("status") == Some(&"True".into()))
    };
    let dying = !meta::meta(object, "deletionTimestamp").is_empty();
    let status = match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if dying => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    };
    let [names, images] = containers(object, TEMPLATE);
    vec![
        name(object),
        status.into(),
        completions.into(),
        took.into(),
        age(object, now),
        names,
        images,
        selector(meta::at(object, &["spec", "selector"])),
    ]
}

pub(super) fn cron_job(object: &Json, now: Duration) -> Vec<Value> {
    let last = text(object, &["status", "lastScheduleTime"]);
    let [names, images] = containers(object, &["spec", "jobTemplate", "spec", "template", "spec", "containers"]);
    let suspended = meta::at(object, &["spec", "suspend"]).and_then(Value::as_bool);
    vec![
        name(object),
        text(object, &["spec", "schedule"]).into(),
        or(text(object, &["spec", "timeZone"]), "<none>"),
        match suspended {
            Some(true) => "True",
            Some(false) => "False",
            None => "<unset>",
        }
        .into(),
        list(object, &["status", "active"]).len().into(),
        if last.is_empty() { "<none>".into() } else { age::since(object, &["status", "lastScheduleTime"], now).into() },
        age(object, now),
        names,
        images,
        selector(meta::at(object, &["spec", "jobTemplate", "spec", "selector"])),
    ]
}

/// Addresses of a load balancer, sorted.
fn balancer(object: &Json) -> String {
    let addresses: BTreeSet<&str> = list(object, &["status", "loadBalancer", "ingress"])
        .iter()
        .filter_map(|i| i.get("ip").or_else(|| i.get("hostname"))?.as_str())
        .collect();
    addresses.into_iter().collect::<Vec<_>>().join(",")
}

pub(super) fn service(object: &Json, now: Duration) -> Vec<Value> {
    let kind = text(object, &["spec", "type"]);
    let external: Vec<&str> = list(object, &["spec", "externalIPs"]).iter().filter_map(Value::as_str).collect();
    let outside = match kind {
        "ClusterIP" | "NodePort" => or(&external.join(","), "<none>"),
        "LoadBalancer" => {
            let mut all = balancer(object);
            for address in external {
                if !all.is_empty() {
                    all.push(',');
                }
                all.push_str(address);
            }
            or(&all, "<pending>")
        }
        "ExternalName" => text(object, &["spec", "externalName"]).into(),
        _ => "<unknown>".into(),
    };
    let ports: Vec<String> = list(object, &["spec", "ports"])
        .iter()
        .map(|port| {
            let number = |key: &str| port.get(key).and_then(Value::as_i64).unwrap_or(0);
            let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or_default();
            match number("nodePort") {
                0 => format!("{}/{protocol}", number("port")),
                node => format!("{}:{node}/{protocol}", number("port")),
            }
        })
        .collect();
    let inside = list(object, &["spec", "clusterIPs"]).first().and_then(Value::as_str).unwrap_or_default();
    vec![
        name(object),
        kind.into(),
        or(inside, "<none>"),
        outside,
        or(&ports.join(","), "<none>"),
        age(object, now),
        labels(meta::at(object, &["spec", "selector"])),
    ]
}

/// At most `most` items of a list, and the number of the others.
fn few(items: &[String], most: usize, separator: &str) -> String {
    let shown = items.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(separator);
    if items.len() > most { format!("{shown} + {} more...", items.len() - most) } else { shown }
}

pub(super) fn ingress(object: &Json, now: Duration) -> Vec<Value> {
    let hosts: Vec<String> = list(object, &["spec", "rules"])
        .iter()
        .filter_map(|r| r.get("host")?.as_str())
        .filter(|h| !h.is_empty())
        .map(str::to_owned)
        .collect();
    let secure = !list(object, &["spec", "tls"]).is_empty();
    vec![
        name(object),
        or(text(object, &["spec", "ingressClassName"]), "<none>"),
        or(&few(&hosts, 3, ","), "*"),
        balancer(object).into(),
        if secure { "80, 443" } else { "80" }.into(),
        age(object, now),
    ]
}

pub(super) fn ingress_class(object: &Json, now: Duration) -> Vec<Value> {
    let part = |key: &str| text(object, &["spec", "parameters", key]);
    let kind = if part("apiGroup").is_empty() {
        part("kind").to_owned()
    } else {
        format!("{}.{}", part("kind"), part("apiGroup"))
    };
    let parameters = if kind.is_empty() { "<none>".to_owned() } else { format!("{kind}/{}", part("name")) };
    vec![
        defaulted(object, "ingressclass.kubernetes.io/is-default-class"),
        text(object, &["spec", "controller"]).into(),
        parameters.into(),
        age(object, now),
    ]
}

/// The name, marked if an annotation makes the object the default.
fn defaulted(object: &Json, annotation: &str) -> Value {
    let is_default = text(object, &["metadata", "annotations", annotation]) == "true";
    let name = meta::meta(object, "name");
    if is_default { format!("{name} (default)").into() } else { name.into() }
}

pub(super) fn network_policy(object: &Json, now: Duration) -> Vec<Value> {
    vec![name(object), selector(meta::at(object, &["spec", "podSelector"])), age(object, now)]
}

pub(super) fn endpoints(object: &Json, now: Duration) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in list(object, &["subsets"]).iter().filter_map(Value::as_object) {
        let addresses: Vec<&str> = list(subset, &["addresses"]).iter().filter_map(|a| a.get("ip")?.as_str()).collect();
        let ports = list(subset, &["ports"]);
        if ports.is_empty() {
            all.extend(addresses.iter().map(|a| (*a).to_owned()));
        }
        for port in ports {
            let number = port.get("port").and_then(Value::as_i64).unwrap_or(0);
            all.extend(addresses.iter().map(|a| format!("{a}:{number}")));
        }
    }
    vec![name(object), or(&few(&all, 3, ","), "<none>"), age(object, now)]
}

pub(super) fn endpoint_slice(object: &Json, now: Duration) -> Vec<Value> {
    let ports: Vec<String> = list(object, &["ports"])
        .iter()
        .map(|p| plain(p.get("port")).or_else(|| plain(p.get("name"))).unwrap_or_else(|| "*".into()))
        .collect();
    let addresses: Vec<String> = list(object, &["endpoints"])
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|e| list(e, &["addresses"]).iter().filter_map(Value::as_str).map(str::to_owned))
        .collect();
    vec![
        name(object),
        text(object, &["addressType"]).into(),
        or(&few(&ports, 3, ","), "<unset>"),
        or(&few(&addresses, 3, ","), "<unset>"),
        age(object, now),
    ]
}

pub(super) fn node(object: &Json, now: Duration) -> Vec<Value> {
    let ready = list(object, &["status", "conditions"]).iter().find(|c| c.get("type") == Some(&"Ready".into()));
    let mut status = match ready.and_then(|c| c.get("status")?.as_str()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if meta::at(object, &["spec", "unschedulable"]) == Some(&Value::Bool(true)) {
        status.push_str(",SchedulingDisabled");
    }
    let mut roles = BTreeSet::new();
    for (key, value) in meta::at(object, &["metadata", "labels"]).and_then(Value::as_object).into_iter().flatten() {
        if let Some(role) = key.strip_prefix("node-role.kubernetes.io/") {
            roles.insert(role);
        } else if key == "kubernetes.io/role" {
            roles.insert(value.as_str().unwrap_or_default());
        }
    }
    roles.remove("");
    let address = |kind: &str| {
        let found = list(object, &["status", "addresses"]).iter().find(|a| a.get("type") == Some(&kind.into()));
        or(found.and_then(|a| a.get("address")?.as_str()).unwrap_or_default(), "<none>")
    };
    let info = |key: &str| text(object, &["status", "nodeInfo", key]);
    let mut kernel = info("kernelVersion").to_owned();
    if kernel.is_empty() {
        kernel.push_str("<unknown>");
    }
    if !info("architecture").is_empty() {
        kernel.push_str(&format!(" ({})", info("architecture")));
    }
    vec![
        name(object),
        status.into(),
        or(&roles.into_iter().collect::<Vec<_>>().join(","), "<none>"),
        age(object, now),
        info("kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        or(info("osImage"), "<unknown>"),
        kernel.into(),
        or(info("containerRuntimeVersion"), "<unknown>"),
    ]
}

pub(super) fn event(object: &Json, now: Duration) -> Vec<Value> {
    let ago = |path: &[&str]| age::since(object, path, now);
    let mut first = ago(&["firstTimestamp"]);
    if first == "<unknown>" {
        first = ago(&["eventTime"]);
    }
    let mut last = ago(&["lastTimestamp"]);
    if last == "<unknown>" {
        last.clone_from(&first);
    }
    let mut count = integer(object, &["count"]).max(1);
    if object.contains_key("series") {
        last = ago(&["series", "lastObservedTime"]);
        count = integer(object, &["series", "count"]);
    }
    let kind = text(object, &["involvedObject", "kind"]).to_lowercase();
    let target = match text(object, &["involvedObject", "name"]) {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let either = |a: &[&str], b: &[&str]| match text(object, a) {
        "" => text(object, b).to_owned(),
        found => found.to_owned(),
    };
    let mut source = either(&["source", "component"], &["reportingComponent"]);
    let host = either(&["source", "host"], &["reportingInstance"]);
    if !host.is_empty() {
        source = format!("{source}, {host}");
    }
    vec![
        last.into(),
        text(object, &["type"]).into(),
        text(object, &["reason"]).into(),
        target.into(),
        text(object, &["involvedObject", "fieldPath"]).into(),
        source.into(),
        text(object, &["message"]).trim().into(),
        first.into(),
        count.into(),
        name(object),
    ]
}

pub(super) fn namespace(object: &Json, now: Duration) -> Vec<Value> {
    vec![name(object), text(object, &["status", "phase"]).into(), age(object, now)]
}

fn entries(object: &Json, key: &str) -> usize {
    object.get(key).and_then(Value::as_object).map_or(0, serde_json::Map::len)
}

pub(super) fn secret(object: &Json, now: Duration) -> Vec<Value> {
    vec![name(object), text(object, &["type"]).into(), entries(object, "data").into(), age(object, now)]
}

pub(super) fn config_map(object: &Json, now: Duration) -> Vec<Value> {
    vec![name(object), (entries(object, "data") + entries(object, "binaryData")).into(), age(object, now)]
}

/// `RWO,ROX,RWX,RWOP`.
fn access_modes(modes: &[Value]) -> Value {
    let short =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let found: Vec<&str> = short.iter().filter(|(long, _)| modes.iter().any(|m| m == long)).map(|(_, s)| *s).collect();
    found.join(",").into()
}

fn phase_of(object: &Json) -> Value {
    let dying = !meta::meta(object, "deletionTimestamp").is_empty();
    if dying { "Terminating" } else { text(object, &["status", "phase"]) }.into()
}

pub(super) fn volume(object: &Json, now: Duration) -> Vec<Value> {
    let claim = |key: &str| text(object, &["spec", "claimRef", key]);
    let claimed = meta::at(object, &["spec", "claimRef"]).is_some();
    vec![
        name(object),
        plain(meta::at(object, &["spec", "capacity", "storage"])).unwrap_or_else(|| "0".into()).into(),
        access_modes(list(object, &["spec", "accessModes"])),
        text(object, &["spec", "persistentVolumeReclaimPolicy"]).into(),
        phase_of(object),
        if claimed { format!("{}/{}", claim("namespace"), claim("name")).into() } else { "".into() },
        text(object, &["spec", "storageClassName"]).into(),
        or(text(object, &["spec", "volumeAttributesClassName"]), "<unset>"),
        text(object, &["status", "reason"]).into(),
        age(object, now),
        or(text(object, &["spec", "volumeMode"]), "<unset>"),
    ]
}

pub(super) fn volume_claim(object: &Json, now: Duration) -> Vec<Value> {
    let bound = !text(object, &["spec", "volumeName"]).is_empty();
    let capacity = plain(meta::at(object, &["status", "capacity", "storage"])).unwrap_or_else(|| "0".into());
    vec![
        name(object),
        phase_of(object),
        text(object, &["spec", "volumeName"]).into(),
        if bound { capacity.into() } else { "".into() },
        if bound { access_modes(list(object, &["status", "accessModes"])) } else { "".into() },
        text(object, &["spec", "storageClassName"]).into(),
        or(text(object, &["spec", "volumeAttributesClassName"]), "<unset>"),
        age(object, now),
        or(text(object, &["spec", "volumeMode"]), "<unset>"),
    ]
}

pub(super) fn autoscaler(object: &Json, now: Duration) -> Vec<Value> {
    let current = list(object, &["status", "currentMetrics"]);
    let metrics: Vec<String> = list(object, &["spec", "metrics"])
        .iter()
        .enumerate()
        .map(|(index, metric)| {
            let percent = |value: Option<&Value>| value.and_then(Value::as_i64).map(|n| format!("{n}%"));
            let target = percent(metric.pointer("/resource/target/averageUtilization"));
            let now = current.get(index).and_then(|c| percent(c.pointer("/resource/current/averageUtilization")));
            let what = metric.pointer("/resource/name").and_then(Value::as_str).unwrap_or_default();
            let (now, target) = (now.unwrap_or_else(|| "<unknown>".into()), target.unwrap_or_else(|| "<auto>".into()));
            format!("{what}: {now}/{target}")
        })
        .collect();
    let reference = |key: &str| text(object, &["spec", "scaleTargetRef", key]);
    vec![
        name(object),
        format!("{}/{}", reference("kind"), reference("name")).into(),
        or(&few(&metrics, 2, ", "), "<none>"),
        plain(meta::at(object, &["spec", "minReplicas"])).unwrap_or_else(|| "<unset>".into()).into(),
        integer(object, &["spec", "maxReplicas"]).into(),
        integer(object, &["status", "currentReplicas"]).into(),
        age(object, now),
    ]
}

pub(super) fn binding(object: &Json, now: Duration) -> Vec<Value> {
    let subjects = |kind: &str| {
        let all: Vec<String> = list(object, &["subjects"])
            .iter()
            .filter(|s| s.get("kind") == Some(&kind.into()))
            .map(|s| {
                let part = |key: &str| s.get(key).and_then(Value::as_str).unwrap_or_default();
                if kind == "ServiceAccount" {
                    format!("{}/{}", part("namespace"), part("name"))
                } else {
                    part("name").to_owned()
                }
            })
            .collect();
        Value::from(all.join(", "))
    };
    let role = format!("{}/{}", text(object, &["roleRef", "kind"]), text(object, &["roleRef", "name"]));
    vec![name(object), role.into(), age(object, now), subjects("User"), subjects("Group"), subjects("ServiceAccount")]
}

pub(super) fn signing_request(object: &Json, now: Duration) -> Vec<Value> {
    let has = |kind: &str| list(object, &["status", "conditions"]).iter().any(|c| c.get("type") == Some(&kind.into()));
    let mut condition = if has("Denied") {
        "Denied"
    } else if has("Approved") {
        "Approved"
    } else {
        "Pending"
    }
    .to_owned();
    if has("Failed") {
        condition.push_str(",Failed");
    }
    if !text(object, &["status", "certificate"]).is_empty() {
        condition.push_str(",Issued");
    }
    let seconds = u64::try_from(integer(object, &["spec", "expirationSeconds"])).unwrap_or(0);
    vec![
        name(object),
        age(object, now),
        or(text(object, &["spec", "signerName"]), "<none>"),
        text(object, &["spec", "username"]).into(),
        if seconds == 0 { "<none>".into() } else { age::duration(Duration::from_secs(seconds)).into() },
        condition.into(),
    ]
}

pub(super) fn lease(object: &Json, now: Duration) -> Vec<Value> {
    vec![name(object), text(object, &["spec", "holderIdentity"]).into(), age(object, now)]
}

pub(super) fn storage_class(object: &Json, now: Duration) -> Vec<Value> {
    vec![
        defaulted(object, "storageclass.kubernetes.io/is-default-class"),
        text(object, &["provisioner"]).into(),
        or(text(object, &["reclaimPolicy"]), "Delete"),
        or(text(object, &["volumeBindingMode"]), "Immediate"),
        meta::at(object, &["allowVolumeExpansion"]).and_then(Value::as_bool).unwrap_or(false).into(),
        age(object, now),
    ]
}

pub(super) fn revision(object: &Json, now: Duration) -> Vec<Value> {
    let owner = list(object, &["metadata", "ownerReferences"])
        .iter()
        .find(|o| o.get("controller") == Some(&Value::Bool(true)))
        .map(|o| {
            let part = |key: &str| o.get(key).and_then(Value::as_str).unwrap_or_default();
            let kind = part("kind").to_lowercase();
            match part("apiVersion").split_once('/') {
                Some((group, _)) => format!("{kind}.{group}/{}", part("name")),
                None => format!("{kind}/{}", part("name")),
            }
        });
    vec![
        name(object),
        owner.unwrap_or_else(|| "<none>".into()).into(),
        integer(object, &["revision"]).into(),
        age(object, now),
    ]
}

pub(super) fn quota(object: &Json, now: Duration) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (key, hard) in meta::at(object, &["status", "hard"]).and_then(Value::as_object).into_iter().flatten() {
        let used = plain(meta::at(object, &["status", "used", key])).unwrap_or_else(|| "0".into());
        let entry = format!("{key}: {used}/{}", plain(Some(hard)).unwrap_or_default());
        if key.starts_with("limits.") { limits.push(entry) } else { requests.push(entry) }
    }
    vec![name(object), requests.join(", ").into(), limits.join(", ").into(), age(object, now)]
}

pub(super) fn priority(object: &Json, now: Duration) -> Vec<Value> {
    vec![
        name(object),
        integer(object, &["value"]).into(),
        object.get("globalDefault").and_then(Value::as_bool).unwrap_or(false).into(),
        age(object, now),
        text(object, &["preemptionPolicy"]).into(),
    ]
}
