//! The table of kinds.

use std::fmt::Debug;

use k8s_openapi::api::apps::v1::{DaemonSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use kube_proto::resource::Resource;
use serde::Serialize;
use serde_json::{Value, json};

use crate::behaviours::support::IMAGE;

/// A kind that has a line in the table.
pub(super) trait Workload: Resource + Serialize + Clone + Debug + PartialEq + Send + Sync {
    const ABOUT: Kind;
}

/// What the shared rows have to know of a kind. Fields of the spec are named by their path in an object, `/spec/replicas`.
pub(super) struct Kind {
    /// A valid spec of few fields. No pod of it runs, and its controller soon leaves it alone.
    pub(super) spec: fn() -> Value,
    /// What the server fills in, beside the spec.
    pub(super) filled: fn() -> Value,
    /// A field of the spec that holds a number, for replaces and patches.
    pub(super) changed: &'static str,
    /// Another one, which two managers apply.
    pub(super) applied: &'static str,
    /// Two statuses.
    pub(super) statuses: fn() -> [Value; 2],
    /// What the kind's controller writes into every status.
    pub(super) reported: Option<&'static str>,
    /// Patches that are refused: the patch, the field that the error names, and what it says.
    pub(super) fixed: fn() -> Vec<(Value, &'static str, &'static str)>,
    /// Whether a deletion that names no policy leaves what is owned alone.
    pub(super) orphans: bool,
}

impl Workload for StatefulSet {
    const ABOUT: Kind = Kind {
        spec: || {
            json!({
                "replicas": 0,
                "serviceName": "web",
                "selector": {"matchLabels": {"app": "web"}},
                "template": template("Always"),
            })
        },
        filled: || {
            json!({
                "spec": {
                    "podManagementPolicy": "OrderedReady",
                    "revisionHistoryLimit": 10,
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                },
                "status": {"replicas": 0},
            })
        },
        changed: "/spec/revisionHistoryLimit",
        applied: "/spec/minReadySeconds",
        statuses: conditions,
        reported: Some("/status/observedGeneration"),
        fixed: || {
            let refused = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                           'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                           'minReadySeconds' are forbidden";
            vec![
                (json!({"spec": {"serviceName": "other"}}), "spec", refused),
                (json!({"spec": {"podManagementPolicy": "Parallel"}}), "spec", refused),
                (other_selector(), "spec", refused),
            ]
        },
        orphans: false,
    };
}

impl Workload for DaemonSet {
    const ABOUT: Kind = Kind {
        spec: || {
            let mut template = template("Always");
            template["spec"]["nodeSelector"] = json!({"example.com/no-such": "node"});
            json!({"selector": {"matchLabels": {"app": "web"}}, "template": template})
        },
        filled: || {
            let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}});
            json!({
                "metadata": {"annotations": {"deprecated.daemonset.template.generation": "1"}},
                "spec": {"revisionHistoryLimit": 10, "updateStrategy": strategy},
                "status": {"desiredNumberScheduled": 0, "numberReady": 0},
            })
        },
        changed: "/spec/revisionHistoryLimit",
        applied: "/spec/minReadySeconds",
        statuses: conditions,
        reported: Some("/status/observedGeneration"),
        fixed: || vec![(other_selector(), "spec.selector", "field is immutable")],
        orphans: false,
    };
}

impl Workload for Job {
    const ABOUT: Kind = Kind {
        spec: || json!({"suspend": true, "template": template("Never")}),
        filled: || {
            json!({"spec": {
                "parallelism": 1,
                "completions": 1,
                "backoffLimit": 6,
                "completionMode": "NonIndexed",
                "podReplacementPolicy": "TerminatingOrFailed",
                "manualSelector": false,
            }})
        },
        changed: "/spec/parallelism",
        applied: "/spec/activeDeadlineSeconds",
        statuses: conditions,
        reported: Some("/status/conditions/0"),
        fixed: || {
            let immutable = "field is immutable";
            let container = json!({"name": "main", "image": "localhost/other:1"});
            vec![
                (other_selector(), "spec.selector", immutable),
                (json!({"spec": {"completions": 2}}), "spec.completions", immutable),
                (json!({"spec": {"completionMode": "Indexed"}}), "spec.completionMode", immutable),
                (json!({"spec": {"managedBy": "example.com/other"}}), "spec.managedBy", immutable),
                // Of a job that is suspended some of the template may change.
                (json!({"spec": {"template": {"spec": {"containers": [container]}}}}), "spec.template.spec", immutable),
            ]
        },
        orphans: true,
    };
}

impl Workload for CronJob {
    const ABOUT: Kind = Kind {
        spec: || {
            json!({
                "schedule": "0 0 1 1 *",
                "suspend": true,
                "jobTemplate": {"spec": {"template": template("OnFailure")}},
            })
        },
        filled: || {
            let limits = json!({"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1});
            let mut filled = json!({"spec": limits, "status": {}});
            filled["spec"]["concurrencyPolicy"] = json!("Allow");
            filled
        },
        changed: "/spec/successfulJobsHistoryLimit",
        applied: "/spec/startingDeadlineSeconds",
        statuses: || ["2026-01-02T03:04:05Z", "2026-05-06T07:08:09Z"].map(|time| json!({"lastScheduleTime": time})),
        reported: None,
        // All of it may change, as each job is made from what is there at that time.
        fixed: Vec::new,
        orphans: false,
    };
}

/// The template of a pod that no scheduler takes.
pub(super) fn template(restart: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "schedulerName": "none",
            "restartPolicy": restart,
            "containers": [{"name": "main", "image": IMAGE}],
        },
    })
}

fn conditions() -> [Value; 2] {
    ["example.com/Seen", "example.com/Wanted"].map(|kind| {
        let condition = json!({"type": kind, "status": "True", "reason": "Test"});
        json!({"conditions": [condition]})
    })
}

fn other_selector() -> Value {
    json!({"spec": {"selector": {"matchLabels": {"tier": "front"}}, "template": {"metadata": {"labels": {"tier": "front"}}}}})
}
