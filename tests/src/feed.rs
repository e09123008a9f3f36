//! A server that says the same again, as fast as it can: what the benchmarks measure clients against.
//!
//! Plain HTTP/1.1 on a thread for each connection. It looks at the path and nothing else:
//!
//! | request | answer |
//! |---|---|
//! | `GET /api/v1/pods?watch=...` | `count` MODIFIED events, each its own chunk, and the end |
//! | `GET /api/v1/pods` | a list of `count` pods, chunked |
//! | anything else | one pod |

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

/// Serves on this listener for ever.
pub fn serve(listener: &TcpListener, count: usize) {
    let pods: Vec<String> = (0..count.max(1)).map(|n| pod(n).to_string()).collect();
    let pods = std::sync::Arc::new(pods);
    for socket in listener.incoming().flatten() {
        let pods = std::sync::Arc::clone(&pods);
        std::thread::spawn(move || connection(&socket, &pods));
    }
}

fn connection(socket: &TcpStream, pods: &[String]) {
    let _ = socket.set_nodelay(true);
    let mut reader = BufReader::new(socket);
    let mut writer = BufWriter::with_capacity(64 << 10, socket);
    let mut line = String::new();
    loop {
        let mut path = String::new();
        loop {
            line.clear();
            if !matches!(reader.read_line(&mut line), Ok(1..)) {
                return;
            }
            if path.is_empty() {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            if line == "\r\n" {
                break;
            }
        }
        if answer(&path, pods, &mut writer).and_then(|()| writer.flush()).is_err() {
            return;
        }
    }
}

fn answer(path: &str, pods: &[String], out: &mut impl Write) -> std::io::Result<()> {
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    if !path.starts_with("/api/v1/pods") {
        let pod = pods.first().map(String::as_str).unwrap_or_default();
        write!(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", pod.len())?;
        return out.write_all(pod.as_bytes());
    }
    out.write_all(CHUNKED)?;
    if path.contains("watch=") {
        for pod in pods {
            let (before, after) = (r#"{"type":"MODIFIED","object":"#, "}\n");
            write!(out, "{:x}\r\n{before}{pod}{after}\r\n", before.len() + pod.len() + after.len())?;
        }
    } else {
        // As Go writes lists: whole buffers, cut anywhere.
        let mut list =
            String::from(r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1000"},"items":["#);
        for (n, pod) in pods.iter().enumerate() {
            if n > 0 {
                list.push(',');
            }
            list.push_str(pod);
            if list.len() > 32 << 10 {
                write!(out, "{:x}\r\n{list}\r\n", list.len())?;
                list.clear();
            }
        }
        list.push_str("]}\n");
        write!(out, "{:x}\r\n{list}\r\n", list.len())?;
    }
    out.write_all(b"0\r\n\r\n")
}

/// A pod as clusters have them: about 4.6 KB of JSON, a third of it `managedFields`.
#[must_use]
pub fn pod(n: usize) -> Value {
    let name = format!("web-7d4b9c6f58-{n:05}");
    let ready = |kind: &str| json!({"lastProbeTime": null, "lastTransitionTime": "2026-01-05T10:00:07Z", "status": "True", "type": kind});
    json!({
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "generateName": "web-7d4b9c6f58-",
            "namespace": "default",
            "uid": format!("3f9d2c1e-7a64-4b1f-9c0d-{n:012}"),
            "resourceVersion": (1001 + n).to_string(),
            "creationTimestamp": "2026-01-05T10:00:00Z",
            "labels": {"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "shop", "pod-template-hash": "7d4b9c6f58"},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9090", "checksum/config": "0c3f2f5f7a9d1b4e6c8a0d2f4b6e8c1a3d5f7b9e1c3a5d7f9b1d3f5a7c9e1b3d"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d4b9c6f58", "uid": "9b1c6a53-0c6e-4d32-8d3b-3f1f0a9f6a11", "controller": true, "blockOwnerDeletion": true}],
            "managedFields": managed_fields()
        },
        "spec": {
            "volumes": [{"name": "kube-api-access", "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}, {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}], "defaultMode": 420}}],
            "containers": [{
                "name": "web", "image": "registry.example.com/shop/web:1.42.0",
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "env": [{"name": "MODE", "value": "production"}, {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}],
                "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                "volumeMounts": [{"name": "kube-api-access", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
                "readinessProbe": {"httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"
            }],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "web", "nodeName": format!("worker-{}", n % 50), "schedulerName": "default-scheduler",
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
            "priority": 0, "enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority"
        },
        "status": {
            "phase": "Running",
            "conditions": [ready("Initialized"), ready("Ready"), ready("ContainersReady"), ready("PodScheduled")],
            "hostIP": "192.168.1.17", "podIP": "10.42.3.9", "podIPs": [{"ip": "10.42.3.9"}], "startTime": "2026-01-05T10:00:00Z",
            "containerStatuses": [{"name": "web", "state": {"running": {"startedAt": "2026-01-05T10:00:05Z"}}, "lastState": {}, "ready": true, "restartCount": 0, "image": "registry.example.com/shop/web:1.42.0", "imageID": "registry.example.com/shop/web@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945", "containerID": "containerd://c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a", "started": true}],
            "qosClass": "Burstable"
        }
    })
}

fn managed_fields() -> Value {
    json!([
        {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "time": "2026-01-05T10:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {
            "f:metadata": {"f:annotations": {".": {}, "f:checksum/config": {}, "f:prometheus.io/port": {}, "f:prometheus.io/scrape": {}}, "f:generateName": {}, "f:labels": {".": {}, "f:app.kubernetes.io/instance": {}, "f:app.kubernetes.io/name": {}, "f:pod-template-hash": {}}, "f:ownerReferences": {".": {}, "k:{\"uid\":\"9b1c6a53-0c6e-4d32-8d3b-3f1f0a9f6a11\"}": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:env": {".": {}, "k:{\"name\":\"MODE\"}": {".": {}, "f:name": {}, "f:value": {}}}, "f:image": {}, "f:imagePullPolicy": {}, "f:name": {}, "f:ports": {".": {}, "k:{\"containerPort\":8080,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}, "f:name": {}, "f:protocol": {}}}, "f:readinessProbe": {".": {}, "f:failureThreshold": {}, "f:httpGet": {".": {}, "f:path": {}, "f:port": {}, "f:scheme": {}}, "f:periodSeconds": {}}, "f:resources": {".": {}, "f:limits": {".": {}, "f:cpu": {}, "f:memory": {}}}}}, "f:dnsPolicy": {}, "f:enableServiceLinks": {}, "f:restartPolicy": {}, "f:schedulerName": {}}}},
        {"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "time": "2026-01-05T10:00:07Z", "subresource": "status", "fieldsType": "FieldsV1", "fieldsV1": {
            "f:status": {"f:conditions": {"k:{\"type\":\"ContainersReady\"}": {".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {}}, "k:{\"type\":\"Ready\"}": {".": {}, "f:status": {}, "f:type": {}}}, "f:containerStatuses": {}, "f:hostIP": {}, "f:phase": {}, "f:podIP": {}, "f:startTime": {}}}}
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_as_large_as_it_should_be() {
        let (whole, managed) = (pod(7).to_string().len(), managed_fields().to_string().len());
        assert!((4500..4900).contains(&whole) && (1400..1800).contains(&managed), "{whole} {managed}");
    }
}
