//! The parts of a pod that decide how its logs go on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;

use super::table::Container;
use crate::resource::{Meta, ObjectMetadata, Owner, null_as_default};
use crate::rfc3339::since_1970;

/// A pod, with nothing but what its logs need: it is read from the server in place of the whole pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LogPod {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) metadata: Head,
    #[serde(deserialize_with = "null_as_default")]
    spec: Spec,
    #[serde(deserialize_with = "null_as_default")]
    status: Status,
}

crate::resource!(LogPod { group: "", version: "v1", kind: "Pod", plural: "pods", scope: Namespaced });

/// The metadata of a [`LogPod`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Head {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) namespace: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) uid: String,
    #[serde(deserialize_with = "null_as_default")]
    resource_version: String,
    deletion_timestamp: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    #[serde(deserialize_with = "null_as_default")]
    containers: Vec<ContainerSpec>,
    #[serde(deserialize_with = "null_as_default")]
    init_containers: Vec<ContainerSpec>,
    #[serde(deserialize_with = "null_as_default")]
    ephemeral_containers: Vec<ContainerSpec>,
    #[serde(deserialize_with = "null_as_default")]
    restart_policy: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerSpec {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    restart_policy: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    #[serde(deserialize_with = "null_as_default")]
    phase: String,
    #[serde(deserialize_with = "null_as_default")]
    container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "null_as_default")]
    init_container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "null_as_default")]
    ephemeral_container_statuses: Vec<ContainerStatus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerStatus {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    restart_count: u32,
    #[serde(deserialize_with = "null_as_default")]
    state: RunState,
    #[serde(deserialize_with = "null_as_default")]
    last_state: RunState,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RunState {
    running: Option<Running>,
    terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Running {
    #[serde(deserialize_with = "null_as_default")]
    started_at: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Terminated {
    #[serde(deserialize_with = "null_as_default")]
    started_at: String,
    #[serde(deserialize_with = "null_as_default")]
    exit_code: i32,
}

/// The kind of a container in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Init,
    Main,
    Ephemeral,
}

/// The annotation that names the container to use if the caller names none.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

impl LogPod {
    /// The container to read if the caller names none: the annotated one, or the only one. `None` if there are several.
    pub(super) fn usual(&self) -> Option<&str> {
        let annotated = self.metadata.annotations.get(DEFAULT_CONTAINER);
        match (annotated, &self.spec.containers[..]) {
            (Some(name), _) if self.names().any(|known| known == name) => Some(name),
            (_, [only]) => Some(&only.name),
            _ => None,
        }
    }

    /// The container to read if the caller names none and does not want to be asked.
    pub(super) fn usual_or_first(&self) -> Option<&str> {
        self.usual().or_else(|| self.spec.containers.first().map(|first| first.name.as_str()))
    }

    /// The names of all containers: those that initialise the pod, the others, and the ephemeral ones.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(_, spec)| spec.name.as_str())
    }

    /// The number of runs of a container before the current one, and its state. `restarts`: the caller wants later runs.
    pub(super) fn container(&self, name: &str, restarts: bool) -> (u32, Container) {
        let pod_over = matches!(self.status.phase.as_str(), "Succeeded" | "Failed");
        let Some(status) = self.statuses().find(|status| status.name == name) else {
            return (0, if pod_over { Container::Over } else { Container::NotStarted });
        };
        let runs = status.restart_count;
        if status.state.running.is_some() {
            return (runs, Container::Running);
        }
        let Some(ended) = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref()) else {
            return (runs, if pod_over { Container::Over } else { Container::NotStarted });
        };
        let over = pod_over
            || !restarts
            || self.metadata.deletion_timestamp.is_some()
            || (status.state.terminated.is_some() && !self.runs_again(name, ended.exit_code));
        (runs, if over { Container::Over } else { Container::Ended })
    }

    /// The second in which the current run of a container began, by the node's clock, which is also that of its log.
    pub(super) fn began(&self, name: &str) -> Option<SignedDuration> {
        let status = self.statuses().find(|status| status.name == name)?;
        let ended = || status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
        let began = match &status.state.running {
            Some(running) => &running.started_at,
            None => &ended()?.started_at,
        };
        since_1970(began)
    }

    /// Whether the kubelet starts the container again after this exit code.
    fn runs_again(&self, name: &str, code: i32) -> bool {
        let Some((kind, spec)) = self.all().find(|(_, spec)| spec.name == name) else { return false };
        match (kind, spec.restart_policy.as_str(), self.spec.restart_policy.as_str()) {
            (Kind::Ephemeral, _, _) => false,
            (_, "Always", _) => true,
            (_, "Never", _) => false,
            (_, "OnFailure", _) | (Kind::Init, _, "Always" | "") => code != 0,
            (_, _, "Never") => false,
            (_, _, "OnFailure") => code != 0,
            _ => true,
        }
    }

    fn all(&self) -> impl Iterator<Item = (Kind, &ContainerSpec)> {
        let spec = &self.spec;
        let kinds = [
            (Kind::Init, &spec.init_containers),
            (Kind::Main, &spec.containers),
            (Kind::Ephemeral, &spec.ephemeral_containers),
        ];
        kinds.into_iter().flat_map(|(kind, all)| all.iter().map(move |one| (kind, one)))
    }

    fn statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        let status = &self.status;
        [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses]
            .into_iter()
            .flatten()
    }
}

impl ObjectMetadata for Head {
    fn meta(&self) -> Meta<'_> {
        let some = |text| Some(text).filter(|text: &&str| !text.is_empty());
        Meta {
            name: some(&self.name),
            namespace: some(&self.namespace),
            uid: some(&self.uid),
            resource_version: some(&self.resource_version),
        }
    }

    fn label(&self, _key: &str) -> Option<Cow<'_, str>> {
        None
    }

    fn owners(&self, _each: &mut dyn FnMut(Owner<'_>)) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(policy: &str, phase: &str, status: &str) -> LogPod {
        let text = format!(
            r#"{{"metadata":{{"name":"p","annotations":null}},
            "spec":{{"containers":[{{"name":"a"}}],"restartPolicy":"{policy}"}},
            "status":{{"phase":"{phase}","containerStatuses":[{{"name":"a","restartCount":2,{status}}}]}}}}"#
        );
        crate::json::from_str(&text).unwrap()
    }

    #[test]
    fn states_of_a_container() {
        let running = r#""state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}"#;
        let failed = r#""state":{"terminated":{"exitCode":1}}"#;
        let done = r#""state":{"terminated":{"exitCode":0}}"#;
        let crashing = r#""state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1}}"#;
        let creating = r#""state":{"waiting":{"reason":"ContainerCreating"}}"#;
        for (policy, phase, status, expected) in [
            ("Always", "Running", running, Container::Running),
            ("Always", "Running", failed, Container::Ended),
            ("Always", "Running", done, Container::Ended),
            ("OnFailure", "Running", failed, Container::Ended),
            ("OnFailure", "Running", done, Container::Over),
            ("Never", "Running", failed, Container::Over),
            ("Never", "Failed", failed, Container::Over),
            ("Always", "Running", crashing, Container::Ended),
            ("Never", "Pending", creating, Container::NotStarted),
            ("Never", "Failed", creating, Container::Over),
        ] {
            assert_eq!(pod(policy, phase, status).container("a", true), (2, expected), "{policy} {phase} {status}");
        }
        assert_eq!(pod("Always", "Running", failed).container("a", false), (2, Container::Over));
        assert_eq!(pod("Always", "Running", running).container("b", true), (0, Container::NotStarted));
    }

    #[test]
    fn the_usual_container() {
        let read = |text: &str| crate::json::from_str::<LogPod>(text).unwrap().usual().map(str::to_owned);
        assert_eq!(read(r#"{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"i"}]}}"#), Some("a".into()));
        assert_eq!(read(r#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#), None);
        let annotated = r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/default-container":"b"}},
            "spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#;
        assert_eq!(read(annotated), Some("b".into()));
    }
}
