//! A small example cluster: three nodes, `kube-system`, `default` and a `shop`. Always the same.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use std::time::Duration;

use super::{Identity, Server, meta};

const POD_STATES: &[(&str, &str, &str, i64)] = &[
    // deployment, state of its pods, namespace, replicas
    ("web", "running", "shop", 3),
    ("cart", "running", "shop", 2),
    ("search", "crashing", "shop", 1),
    ("billing", "pulling", "shop", 1),
    ("coredns", "running", "kube-system", 2),
];

const NODES: &[(&str, &str)] = &[("control-1", "control-plane"), ("worker-1", ""), ("worker-2", "")];

/// Fills a server. The objects are between ten days and a few minutes older than `now`.
///
/// # Panics
/// If the server refuses an object of this file, which its tests rule out.
pub fn fill(server: &mut Server, now: Duration) {
    let mut filler = Filler { server, now: now.saturating_sub(AGE), pods: 0 };
    for (index, (name, role)) in NODES.iter().enumerate() {
        filler.node(index, name, role);
    }
    filler.post("/api/v1/namespaces", json!({"metadata": {"name": "shop", "labels": {"team": "retail"}}}));
    filler.basics();
    for (name, state, namespace, replicas) in POD_STATES {
        filler.now = now.saturating_sub(Duration::from_secs(3 * 86_400));
        filler.deployment(namespace, name, state, *replicas);
    }
    filler.now = now.saturating_sub(Duration::from_secs(7200));
    filler.workloads();
    filler.widgets();
    filler.now = now.saturating_sub(Duration::from_secs(300));
    filler.events();
}

/// The age of the oldest objects.
pub const AGE: Duration = Duration::from_secs(10 * 86_400);

/// Creates the pod `visitor` in the namespace `shop`, sets it running and deletes it.
///
/// # Panics
/// As [`fill`].
pub fn visit(server: &mut Server, now: Duration) {
    let mut filler = Filler { server, now, pods: 0 };
    filler.pod("shop", "visitor", &json!({"app": "visitor"}), None, "running");
    filler.send("DELETE", "/api/v1/namespaces/shop/pods/visitor", &json!({"gracePeriodSeconds": 0}));
}

/// Adds `count` running pods with the label `app: load` to a namespace, and creates the namespace if needed.
///
/// The first is created by requests; the others are quick copies of it, for tests under load.
///
/// # Panics
/// If the server refuses the first.
pub fn pods(server: &mut Server, now: Duration, namespace: &str, count: usize) {
    let mut filler = Filler { server, now, pods: 0 };
    let missing = filler.get(&format!("/api/v1/namespaces/{namespace}")).is_none();
    if missing {
        filler.post("/api/v1/namespaces", json!({"metadata": {"name": namespace}}));
    }
    let name = |index: usize| format!("load-{index:06}");
    if count > 0 {
        filler.pod(namespace, &name(0), &json!({"app": "load"}), None, "running");
    }
    for index in 1..count {
        filler.server.copy("pods", namespace, &name(0), &name(index));
    }
}

struct Filler<'a> {
    server: &'a mut Server,
    now: Duration,
    pods: usize,
}

impl Filler<'_> {
    fn send(&mut self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("user-agent", "demo")
            .header("content-type", if method == "PATCH" { "application/merge-patch+json" } else { "application/json" })
            .body(bytes)
            .ok()?;
        let response = self.server.handle(request, &Identity::admin(), self.now).response()?;
        let value: Value = kube_proto::json::from_slice(response.body()).ok()?;
        if response.status().is_success() {
            return Some(value);
        }
        assert!(response.status() == 404 && method == "GET", "{method} {path}: {value}");
        None
    }

    fn get(&mut self, path: &str) -> Option<Value> {
        self.send("GET", path, &Value::Null)
    }

    #[allow(clippy::needless_pass_by_value)] // A literal at each call.
    fn post(&mut self, path: &str, body: Value) -> Value {
        self.send("POST", path, &body).unwrap_or_default()
    }

    fn status(&mut self, path: &str, status: &Value) {
        self.send("PATCH", &format!("{path}/status"), &json!({ "status": status }));
    }

    fn time(&self) -> String {
        meta::time(self.now)
    }

    fn node(&mut self, index: usize, name: &str, role: &str) {
        let mut labels = json!({"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/zone": format!("zone-{}", index % 2 + 1)});
        if let (false, Some(labels)) = (role.is_empty(), labels.as_object_mut()) {
            labels.insert(format!("node-role.kubernetes.io/{role}"), "".into());
        }
        let taints = if role.is_empty() {
            json!([])
        } else {
            json!([{"key": format!("node-role.kubernetes.io/{role}"), "effect": "NoSchedule"}])
        };
        self.post("/api/v1/nodes", json!({"metadata": {"name": name, "labels": labels},
            "spec": {"podCIDR": format!("10.244.{index}.0/24"), "podCIDRs": [format!("10.244.{index}.0/24")], "taints": taints}}));
        let when = self.time();
        let condition = |kind: &str, status: &str, reason: &str| {
            json!({"type": kind, "status": status, "reason": reason, "message": reason,
                "lastHeartbeatTime": when, "lastTransitionTime": when})
        };
        let room = json!({"cpu": "4", "memory": "16Gi", "pods": "110"});
        let status = json!({
            "capacity": room, "allocatable": room,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                condition("Ready", "True", "KubeletReady"),
            ],
            "addresses": [{"type": "InternalIP", "address": format!("192.168.10.{}", 11 + index)}, {"type": "Hostname", "address": name}],
            "nodeInfo": {"kubeletVersion": "v1.36.3", "kubeProxyVersion": "v1.36.3", "osImage": "Debian GNU/Linux 13 (trixie)",
                "kernelVersion": "6.12.0", "containerRuntimeVersion": "containerd://2.1.4", "architecture": "amd64",
                "operatingSystem": "linux", "machineID": "", "systemUUID": "", "bootID": ""}
        });
        self.status(&format!("/api/v1/nodes/{name}"), &status);
        self.post(
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
            json!({"metadata": {"name": name},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": meta::micro_time(self.now)}}),
        );
    }

    fn basics(&mut self) {
        for namespace in ["default", "kube-system", "shop"] {
            let root = format!("/api/v1/namespaces/{namespace}");
            self.post(&format!("{root}/serviceaccounts"), json!({"metadata": {"name": "default"}}));
            self.post(
                &format!("{root}/configmaps"),
                json!({"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "(none)\n"}}),
            );
        }
        self.post(
            "/api/v1/namespaces/default/services",
            json!({"metadata": {"name": "kubernetes",
            "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]}}),
        );
        let shop = "/api/v1/namespaces/shop";
        self.post(
            &format!("{shop}/configmaps"),
            json!({"metadata": {"name": "web-config"},
            "data": {"app.properties": "greeting=hello\ncurrency=EUR\n", "log.level": "info"}}),
        );
        self.post(
            &format!("{shop}/secrets"),
            json!({"metadata": {"name": "database"}, "stringData": {"username": "shop", "password": "not-a-secret"}}),
        );
        self.post(
            &format!("{shop}/services"),
            json!({"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer",
            "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
        );
        self.status(&format!("{shop}/services/web"), &json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}));
        self.post(
            &format!("{shop}/services"),
            json!({"metadata": {"name": "cart"}, "spec": {
            "selector": {"app": "cart"}, "ports": [{"port": 8080}]}}),
        );
        self.post(
            "/apis/storage.k8s.io/v1/storageclasses",
            json!({"metadata": {"name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": "example.com/disk",
            "volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": true}),
        );
        self.post(
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            json!({"metadata": {"name": "system-cluster-critical"}, "value": 2_000_000_000}),
        );
        self.post(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            json!({"metadata": {"name": "view"},
            "rules": [{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]}]}),
        );
        self.post(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings",
            json!({"metadata": {"name": "viewers"},
            "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "Group", "name": "retail"}]}),
        );
        self.post("/apis/networking.k8s.io/v1/namespaces/shop/ingresses", json!({"metadata": {"name": "web"}, "spec": {
            "ingressClassName": "edge", "rules": [{"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"name": "http"}}}}]}}]}}));
        self.post(
            "/apis/policy/v1/namespaces/shop/poddisruptionbudgets",
            json!({"metadata": {"name": "web"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}}),
        );
    }

    fn deployment(&mut self, namespace: &str, name: &str, state: &str, replicas: i64) {
        let labels = json!({"app": name});
        let template = json!({"metadata": {"labels": labels}, "spec": pod_spec(name, "")});
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        let deployment = self.post(
            &path,
            json!({"metadata": {"name": name, "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": "1"}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}}),
        );
        let hash = format!("{:08x}", name.bytes().fold(5381_u32, |h, b| h.wrapping_mul(33) ^ u32::from(b)));
        let mut own = labels.clone();
        if let Some(own) = own.as_object_mut() {
            own.insert("pod-template-hash".into(), hash.clone().into());
        }
        let set_name = format!("{name}-{hash}");
        let owner = |kind: &str, object: &Value| {
            json!([{"apiVersion": "apps/v1", "kind": kind, "name": object["metadata"]["name"],
                "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}])
        };
        let sets = format!("/apis/apps/v1/namespaces/{namespace}/replicasets");
        let set = self.post(&sets, json!({"metadata": {"name": set_name, "labels": own,
                "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": owner("Deployment", &deployment)},
            "spec": {"replicas": replicas, "selector": {"matchLabels": own}, "template": {"metadata": {"labels": own}, "spec": pod_spec(name, "")}}}));
        for index in 0..replicas {
            let letters = b"bcdfghjklmnpqrstvwxz";
            let tail: String = (0..5)
                .map(|n| {
                    let at = (self.pods * 7 + n * 3 + usize::try_from(index).unwrap_or(0)) % letters.len();
                    char::from(letters.get(at).copied().unwrap_or(b'x'))
                })
                .collect();
            let owners = owner("ReplicaSet", &set);
            self.pod(namespace, &format!("{set_name}-{tail}"), &own, Some(&owners), state);
        }
        let ready = if state == "running" { replicas } else { 0 };
        self.status(
            &format!("{sets}/{set_name}"),
            &json!({"replicas": replicas, "fullyLabeledReplicas": replicas,
            "readyReplicas": ready, "availableReplicas": ready, "observedGeneration": 1}),
        );
        let when = self.time();
        let available = if ready == replicas {
            ("True", "MinimumReplicasAvailable")
        } else {
            ("False", "MinimumReplicasUnavailable")
        };
        self.status(&format!("{path}/{name}"), &json!({"replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": ready, "availableReplicas": ready, "unavailableReplicas": replicas - ready, "observedGeneration": 1,
            "conditions": [
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": format!("ReplicaSet \"{set_name}\" has successfully progressed."), "lastTransitionTime": when, "lastUpdateTime": when},
                {"type": "Available", "status": available.0, "reason": available.1, "message": available.1, "lastTransitionTime": when, "lastUpdateTime": when},
            ]}));
    }

    fn pod(&mut self, namespace: &str, name: &str, labels: &Value, owners: Option<&Value>, state: &str) {
        let index = self.pods;
        self.pods += 1;
        let node = NODES.get(1 + index % 2).map_or("worker-1", |(name, _)| name);
        let app = labels["app"].as_str().unwrap_or("app");
        let node_name = if state == "pending" { "" } else { node };
        let mut metadata = json!({"name": name, "labels": labels});
        if let (Some(owners), Some(metadata)) = (owners, metadata.as_object_mut()) {
            metadata.insert("ownerReferences".into(), owners.clone());
        }
        let path = format!("/api/v1/namespaces/{namespace}/pods");
        self.post(&path, json!({"metadata": metadata, "spec": pod_spec(app, node_name)}));
        let status = self.pod_status(index, app, state);
        self.status(&format!("{path}/{name}"), &status);
        self.server.set_log(namespace, name, app, &format!("{app}: started\n{app}: listening on :8080\n"));
        if matches!(state, "crashing" | "failed") {
            self.server.set_previous_log(namespace, name, app, &format!("{app}: started\n{app}: out of luck\n"));
        }
    }

    fn pod_status(&self, index: usize, app: &str, state: &str) -> Value {
        let when = self.time();
        let ready = state == "running";
        let condition = |kind: &str, holds: bool| json!({"type": kind, "status": if holds { "True" } else { "False" }, "lastProbeTime": null, "lastTransitionTime": when});
        let (phase, current, last, restarts) = match state {
            "running" => ("Running", json!({"running": {"startedAt": when}}), json!({}), 0),
            "crashing" => (
                "Running",
                json!({"waiting": {"reason": "CrashLoopBackOff", "message": format!("back-off 5m0s restarting failed container={app}")}}),
                json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": when, "finishedAt": when}}),
                17,
            ),
            "pulling" => (
                "Pending",
                json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}),
                json!({}),
                0,
            ),
            "done" => (
                "Succeeded",
                json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": when, "finishedAt": when}}),
                json!({}),
                0,
            ),
            "failed" => (
                "Failed",
                json!({"terminated": {"exitCode": 3, "reason": "Error", "startedAt": when, "finishedAt": when}}),
                json!({}),
                0,
            ),
            _ => {
                return json!({"phase": "Pending", "qosClass": "Burstable", "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available.", "lastTransitionTime": when}]});
            }
        };
        let host = format!("192.168.10.{}", 12 + index % 2);
        let address = format!("10.244.{}.{}", 1 + index % 2, 2 + index % 250);
        json!({
            "phase": phase, "qosClass": "Burstable", "startTime": when, "hostIP": host, "hostIPs": [{"ip": host}],
            "podIP": address, "podIPs": [{"ip": address}],
            "conditions": [condition("PodReadyToStartContainers", true), condition("Initialized", true), condition("Ready", ready),
                condition("ContainersReady", ready), condition("PodScheduled", true)],
            "containerStatuses": [{"name": app, "image": format!("registry.example.com/{app}:1.4.2"),
                "imageID": format!("registry.example.com/{app}@sha256:{index:064x}"), "containerID": format!("containerd://{index:064x}"),
                "ready": ready, "started": ready, "restartCount": restarts, "state": current, "lastState": last}]
        })
    }

    fn workloads(&mut self) {
        let labels = json!({"app": "database"});
        self.post("/apis/apps/v1/namespaces/shop/statefulsets", json!({"metadata": {"name": "database"}, "spec": {"serviceName": "database",
            "replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod_spec("database", "")},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}}]}}));
        self.pod("shop", "database-0", &labels, None, "running");
        self.status(
            "/apis/apps/v1/namespaces/shop/statefulsets/database",
            &json!({"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "observedGeneration": 1}),
        );
        self.post(
            "/api/v1/persistentvolumes",
            json!({"metadata": {"name": "pv-0001"}, "spec": {"capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "hostPath": {"path": "/data"},
            "claimRef": {"namespace": "shop", "name": "data-database-0"}}}),
        );
        self.status("/api/v1/persistentvolumes/pv-0001", &json!({"phase": "Bound"}));
        self.post("/api/v1/namespaces/shop/persistentvolumeclaims", json!({"metadata": {"name": "data-database-0"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "volumeName": "pv-0001", "resources": {"requests": {"storage": "10Gi"}}}}));
        self.status(
            "/api/v1/namespaces/shop/persistentvolumeclaims/data-database-0",
            &json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Gi"}}),
        );
        let agent = json!({"k8s-app": "agent"});
        self.post("/apis/apps/v1/namespaces/kube-system/daemonsets", json!({"metadata": {"name": "agent"}, "spec": {
            "selector": {"matchLabels": agent}, "template": {"metadata": {"labels": agent}, "spec": pod_spec("agent", "")}}}));
        self.status("/apis/apps/v1/namespaces/kube-system/daemonsets/agent", &json!({"desiredNumberScheduled": 3, "currentNumberScheduled": 3,
            "numberReady": 3, "updatedNumberScheduled": 3, "numberAvailable": 3, "numberMisscheduled": 0, "observedGeneration": 1}));
        let mut once = pod_spec("report", "");
        once["restartPolicy"] = json!("Never");
        self.post(
            "/apis/batch/v1/namespaces/shop/jobs",
            json!({"metadata": {"name": "report"}, "spec": {"template": {"spec": once}}}),
        );
        let when = self.time();
        self.status(
            "/apis/batch/v1/namespaces/shop/jobs/report",
            &json!({"succeeded": 1, "startTime": when, "completionTime": when,
            "conditions": [{"type": "Complete", "status": "True", "lastProbeTime": when, "lastTransitionTime": when}]}),
        );
        self.post(
            "/apis/batch/v1/namespaces/shop/cronjobs",
            json!({"metadata": {"name": "nightly"}, "spec": {"schedule": "0 3 * * *",
            "jobTemplate": {"spec": {"template": {"spec": once}}}}}),
        );
        self.pod("shop", "report-k7x2p", &json!({"app": "report", "job-name": "report"}), None, "done");
        self.pod("default", "broken", &json!({"app": "broken"}), None, "failed");
        self.pod("default", "waiting", &json!({"app": "waiting"}), None, "pending");
        self.post("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers", json!({"metadata": {"name": "web"}, "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 6,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}}));
    }

    fn widgets(&mut self) {
        self.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json!({
            "metadata": {"name": "orders.shop.example.com"},
            "spec": {
                "group": "shop.example.com", "scope": "Namespaced",
                "names": {"plural": "orders", "singular": "order", "kind": "Order", "shortNames": ["ord"], "categories": ["all"]},
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                        "spec": {"type": "object", "required": ["customer"], "properties": {
                            "customer": {"type": "string"},
                            "priority": {"type": "integer", "default": 5},
                            "items": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["sku"],
                                "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}}}}
                        }},
                        "status": {"type": "object", "properties": {"phase": {"type": "string"}}}
                    }}},
                    "subresources": {"status": {}},
                    "selectableFields": [{"jsonPath": ".spec.customer"}],
                    "additionalPrinterColumns": [
                        {"name": "Customer", "type": "string", "jsonPath": ".spec.customer"},
                        {"name": "Priority", "type": "integer", "jsonPath": ".spec.priority", "priority": 1},
                        {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
                        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
                    ]
                }]
            }
        }));
        let path = "/apis/shop.example.com/v1/namespaces/shop/orders";
        for (name, customer, phase) in
            [("order-1001", "alpha", "Shipped"), ("order-1002", "beta", "Packed"), ("order-1003", "alpha", "New")]
        {
            self.post(
                path,
                json!({"apiVersion": "shop.example.com/v1", "kind": "Order", "metadata": {"name": name},
                "spec": {"customer": customer, "items": [{"sku": "tea", "count": 2}]}}),
            );
            self.status(&format!("{path}/{name}"), &json!({"phase": phase}));
        }
    }

    fn events(&mut self) {
        let pods = self.get("/api/v1/namespaces/shop/pods").unwrap_or_default();
        let when = self.time();
        for (index, pod) in pods["items"].as_array().into_iter().flatten().enumerate() {
            let waiting = pod.pointer("/status/containerStatuses/0/state/waiting/reason").is_some();
            let (kind, reason, message, count) = if waiting {
                ("Warning", "BackOff", "Back-off restarting failed container", 17)
            } else {
                ("Normal", "Started", "Started container", 1)
            };
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            self.post("/api/v1/namespaces/shop/events", json!({
                "metadata": {"name": format!("{name}.{:016x}", 0x1800_0000_0000_0000_u64 + index as u64)},
                "involvedObject": {"kind": "Pod", "namespace": "shop", "name": name, "uid": pod["metadata"]["uid"], "apiVersion": "v1"},
                "reason": reason, "message": message, "type": kind, "count": count, "firstTimestamp": when, "lastTimestamp": when,
                "source": {"component": "kubelet", "host": pod["spec"]["nodeName"]}, "eventTime": null
            }));
        }
    }
}

fn pod_spec(app: &str, node: &str) -> Value {
    let mut spec = json!({
        "containers": [{
            "name": app, "image": format!("registry.example.com/{app}:1.4.2"),
            "ports": [{"name": "http", "containerPort": 8080}],
            "env": [{"name": "APP", "value": app}],
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}
        }]
    });
    if !node.is_empty() {
        spec["nodeName"] = node.into();
    }
    spec
}
