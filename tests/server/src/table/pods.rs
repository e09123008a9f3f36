//! The row of a pod, whose status follows from its containers.

use serde_json::Value;
use std::time::Duration;

use super::age;
use super::cells::or;
use crate::meta::{self, Json};

pub(super) fn cells(pod: &Json, now: Duration) -> Vec<Value> {
    let story = Story::read(pod);
    let restarts = match story.last_restart {
        Some(at) if story.restarts != 0 => format!("{} ({} ago)", story.restarts, age::human(at, now)),
        _ => story.restarts.to_string(),
    };
    let address = meta::list(pod, &["status", "podIPs"]).first().and_then(|ip| ip.get("ip")?.as_str());
    vec![
        meta::meta(pod, "name").into(),
        format!("{}/{}", story.ready, story.total).into(),
        story.reason.into(),
        restarts.into(),
        age::since(pod, &["metadata", "creationTimestamp"], now).into(),
        or(address.unwrap_or_default(), "<none>"),
        or(meta::text(pod, &["spec", "nodeName"]), "<none>"),
        or(meta::text(pod, &["status", "nominatedNodeName"]), "<none>"),
        readiness_gates(pod).into(),
    ]
}

#[derive(Default)]
struct Story {
    reason: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: Option<Duration>,
}

/// The status of one container.
struct Container<'a>(&'a Value);

impl Container<'_> {
    fn text(&self, at: &str) -> &str {
        self.0.pointer(at).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, at: &str) -> i64 {
        self.0.pointer(at).and_then(Value::as_i64).unwrap_or(0)
    }

    fn is(&self, state: &str) -> bool {
        self.0.pointer(&format!("/state/{state}")).is_some()
    }

    fn flag(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    fn restarted_at(&self) -> Option<Duration> {
        meta::parse_time(self.text("/lastState/terminated/finishedAt"))
    }

    /// Why the container ended: a reason, a signal or an exit code.
    fn ending(&self) -> String {
        match (self.text("/state/terminated/reason"), self.number("/state/terminated/signal")) {
            ("", 0) => format!("ExitCode:{}", self.number("/state/terminated/exitCode")),
            ("", signal) => format!("Signal:{signal}"),
            (reason, _) => reason.to_owned(),
        }
    }
}

impl Story {
    fn read(pod: &Json) -> Self {
        let phase = meta::text(pod, &["status", "phase"]);
        let pod_reason = meta::text(pod, &["status", "reason"]);
        let mut story = Story {
            reason: if pod_reason.is_empty() { phase } else { pod_reason }.to_owned(),
            total: meta::list(pod, &["spec", "containers"]).len(),
            ..Story::default()
        };
        let conditions = meta::list(pod, &["status", "conditions"]);
        let condition = |kind: &str| conditions.iter().find(|c| c.get("type") == Some(&kind.into()));
        let holds = |kind: &str| condition(kind).is_some_and(|c| c.get("status") == Some(&"True".into()));
        if condition("PodScheduled").is_some_and(|c| c.get("reason") == Some(&"SchedulingGated".into())) {
            story.reason = "SchedulingGated".into();
        }
        let initializing = story.init_containers(pod);
        if !initializing || holds("Initialized") {
            story.containers(pod, holds("Ready"));
        }
        if !meta::meta(pod, "deletionTimestamp").is_empty() {
            if pod_reason == "NodeLost" {
                story.reason = "Unknown".into();
            } else if !matches!(phase, "Succeeded" | "Failed") {
                story.reason = "Terminating".into();
            }
        }
        story
    }

    fn restarted(&mut self, container: &Container<'_>) {
        self.restarts += container.number("/restartCount");
        self.last_restart = self.last_restart.max(container.restarted_at());
    }

    /// Whether the init containers are not complete.
    fn init_containers(&mut self, pod: &Json) -> bool {
        let specs = meta::list(pod, &["spec", "initContainers"]);
        let stays = |name: &str| {
            specs
                .iter()
                .any(|s| s.get("name") == Some(&name.into()) && s.get("restartPolicy") == Some(&"Always".into()))
        };
        self.total += specs.iter().filter(|s| s.get("restartPolicy") == Some(&"Always".into())).count();
        let mut lasting = Story::default();
        let statuses = meta::list(pod, &["status", "initContainerStatuses"]);
        let mut initializing = false;
        for (index, status) in statuses.iter().enumerate() {
            let container = Container(status);
            self.restarted(&container);
            let sidecar = stays(container.text("/name"));
            if sidecar {
                lasting.restarted(&container);
            }
            if container.is("terminated") && container.number("/state/terminated/exitCode") == 0 {
                continue;
            }
            if sidecar && container.flag("started") {
                self.ready += usize::from(container.flag("ready"));
                continue;
            }
            let waiting = container.text("/state/waiting/reason");
            self.reason = if container.is("terminated") {
                format!("Init:{}", container.ending())
            } else if !waiting.is_empty() && waiting != "PodInitializing" {
                format!("Init:{waiting}")
            } else {
                format!("Init:{index}/{}", specs.len())
            };
            initializing = true;
            break;
        }
        if !initializing {
            (self.restarts, self.last_restart) = (lasting.restarts, lasting.last_restart);
        }
        initializing
    }

    fn containers(&mut self, pod: &Json, pod_ready: bool) {
        let (mut running, mut error) = (false, String::new());
        for status in meta::list(pod, &["status", "containerStatuses"]).iter().rev() {
            let container = Container(status);
            self.restarted(&container);
            let waiting = container.text("/state/waiting/reason");
            if !waiting.is_empty() {
                self.reason = waiting.to_owned();
            } else if container.is("terminated") {
                self.reason = container.ending();
                if container.number("/state/terminated/exitCode") != 0 {
                    error.clone_from(&self.reason);
                }
            } else if container.flag("ready") && container.is("running") {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" {
            if running && pod_ready {
                self.reason = "Running".into();
            } else if !error.is_empty() {
                self.reason = error;
            } else if running {
                self.reason = "NotReady".into();
            }
        }
    }
}

fn readiness_gates(pod: &Json) -> String {
    let gates = meta::list(pod, &["spec", "readinessGates"]);
    if gates.is_empty() {
        return "<none>".into();
    }
    let conditions = meta::list(pod, &["status", "conditions"]);
    let open = gates.iter().filter(|gate| {
        let kind = gate.get("conditionType");
        conditions.iter().any(|c| c.get("type") == kind && c.get("status") == Some(&"True".into()))
    });
    format!("{}/{}", open.count(), gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pods_tell_how_they_are() {
        let running = json!({"name": "c", "ready": true, "restartCount": 0, "state": {"running": {}}});
        let table = [
            (json!({"spec": {"containers": [{}]}, "status": {"phase": "Pending"}}), "0/1 Pending 0"),
            (
                json!({"spec": {"containers": [{}]}, "status": {"phase": "Running", "containerStatuses": [running]}}),
                "1/1 Running 0",
            ),
            (
                json!({"spec": {"containers": [{}]}, "status": {"phase": "Running", "containerStatuses": [{"restartCount": 7,
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"finishedAt": "1970-01-01T00:00:40Z"}}}]}}),
                "0/1 CrashLoopBackOff 7 (60s ago)",
            ),
            (
                json!({"spec": {"containers": [{}]}, "status": {"phase": "Succeeded", "containerStatuses": [
                    {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]}}),
                "0/1 Completed 0",
            ),
            (
                json!({"spec": {"containers": [{}]}, "status": {"phase": "Failed", "containerStatuses": [
                    {"state": {"terminated": {"exitCode": 137, "signal": 9}}}]}}),
                "0/1 Signal:9 0",
            ),
            (
                json!({"spec": {"containers": [{}], "initContainers": [{"name": "i"}]}, "status": {"phase": "Pending",
                    "initContainerStatuses": [{"name": "i", "state": {"waiting": {"reason": "PodInitializing"}}}]}}),
                "0/1 Init:0/1 0",
            ),
            (
                json!({"metadata": {"deletionTimestamp": "1970-01-01T00:00:00Z"}, "spec": {"containers": [{}]},
                    "status": {"phase": "Running", "containerStatuses": [running]}}),
                "1/1 Terminating 0",
            ),
        ];
        for (pod, want) in table {
            let cells = cells(pod.as_object().unwrap(), Duration::from_secs(100));
            let got: Vec<&str> = cells[1..4].iter().map(|c| c.as_str().unwrap()).collect();
            assert_eq!(got.join(" "), want, "{pod}");
        }
    }
}
