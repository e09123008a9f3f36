//! Runs of a container: what a kubelet would write in the pod's status, and what it keeps of the logs.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use serde_json::{Value, json};

use super::log::previous;
use crate::auth::Identity;
use crate::{Server, meta, store};

impl Server {
    /// Starts a container of a pod that has a node: its status is `running`, and its log is empty, as the followers of the log
    /// find it. Without such a pod, nothing happens.
    pub fn start_container(&mut self, namespace: &str, pod: &str, container: &str) {
        self.logs.entry((namespace.to_owned(), pod.to_owned(), container.to_owned())).or_default();
        self.set_container(namespace, pod, container, |status, now| {
            status["state"] = json!({"running": {"startedAt": meta::time(now)}});
            (status["ready"], status["started"]) = (true.into(), true.into());
        });
    }

    /// Ends the current run of a container: its status is `terminated` with this exit code. Followers of its log read it
    /// to its end, and end.
    pub fn end_container(&mut self, namespace: &str, pod: &str, container: &str, code: i32) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        self.logs.entry(key).or_default().ended = true;
        self.generation += 1;
        self.set_container(namespace, pod, container, |status, now| {
            let began = status["state"]["running"]["startedAt"].clone();
            let reason = if code == 0 { "Completed" } else { "Error" };
            let ended = json!({"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": meta::time(now)});
            status["state"] = json!({"terminated": ended});
            (status["ready"], status["started"]) = (false.into(), false.into());
        });
    }

    /// Starts the next run of a container, after [`end_container`](Self::end_container): its log is empty, and the log of the run
    /// before is the one of `previous=true`.
    pub fn restart_container(&mut self, namespace: &str, pod: &str, container: &str) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        if self.logs.get(&key).is_none_or(|log| log.unreported.is_none()) {
            self.restart_unreported(namespace, pod, container);
        }
        let began = self.logs.get_mut(&key).and_then(|log| log.unreported.take()).unwrap_or(self.now);
        self.set_container(namespace, pod, container, |status, _| {
            status["lastState"] = status["state"].take();
            status["state"] = json!({"running": {"startedAt": meta::time(began)}});
            status["restartCount"] = (status["restartCount"].as_i64().unwrap_or(0) + 1).into();
            (status["ready"], status["started"]) = (true.into(), true.into());
        });
    }

    /// The first half of [`restart_container`](Self::restart_container): the run has started, and the kubelet serves its log, but the
    /// pod's status does not say so yet.
    pub fn restart_unreported(&mut self, namespace: &str, pod: &str, container: &str) {
        let key = |container: &str| (namespace.to_owned(), pod.to_owned(), container.to_owned());
        let mut before = self.logs.remove(&key(container)).unwrap_or_default();
        before.ended = true;
        let run = before.run + 1;
        self.logs.insert(key(&previous(container)), before);
        let log = self.logs.entry(key(container)).or_default();
        (log.run, log.unreported) = (run, Some(self.now));
        self.generation += 1;
    }

    /// Stops and starts the kubelet of every node: responses of followed logs end. The containers run on.
    pub fn restart_kubelet(&mut self) {
        self.kubelet += 1;
        self.generation += 1;
    }

    /// Writes the status of one container.
    fn set_container(
        &mut self,
        namespace: &str,
        pod: &str,
        container: &str,
        change: impl FnOnce(&mut Value, Duration),
    ) {
        let Some(object) = self.store.read("pods", &store::key(namespace, pod)) else { return };
        let mut all = meta::list(&object.value, &["status", "containerStatuses"]).to_vec();
        let place = all.iter().position(|status| status["name"] == container).unwrap_or_else(|| {
            all.push(json!({"name": container, "image": "", "imageID": "", "restartCount": 0, "lastState": {}}));
            all.len() - 1
        });
        let now = self.now;
        if let Some(status) = all.get_mut(place) {
            change(status, now);
        }
        let body = json!({"status": {"phase": "Running", "containerStatuses": all}}).to_string();
        let request = Request::patch(format!("/api/v1/namespaces/{namespace}/pods/{pod}/status"))
            .header(header::CONTENT_TYPE, "application/merge-patch+json")
            .body(Bytes::from(body));
        if let Ok(request) = request {
            self.handle(request, &Identity::admin(), now);
            // It is no request of a client.
            self.requests -= 1;
        }
    }
}
