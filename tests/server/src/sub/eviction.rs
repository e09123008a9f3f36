//! `eviction` and `binding` of pods.

use serde_json::{Value, json};
use std::sync::Arc;

use crate::Server;
use crate::context::Cx;
use crate::kinds::Resource;
use crate::meta::{self, Json};
use crate::reply::Reply;
use crate::selector::Labels;
use crate::status::{self, Failure, Outcome};
use crate::store::{self, Object};
use crate::verbs::DeleteOptions;

/// The numbers of a disruption budget.
struct Budget {
    name: String,
    allowed: i64,
    healthy: i64,
    desired: i64,
    always: bool,
}

impl Server {
    pub(super) fn evict(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        cx.negotiate(true)?;
        let write = cx.write_options("CreateOptions")?;
        let (mut eviction, _) = cx.body_object(resource, "Eviction")?;
        let version = match meta::text(&eviction, &["apiVersion"]) {
            "policy/v1beta1" => "policy/v1beta1",
            _ => "policy/v1",
        };
        cx.settle_type(resource, version, "Eviction", &mut eviction)?;
        if meta::meta(&eviction, "name") != cx.info.name {
            return Err(Failure::bad_request("name in URL does not match name in Eviction object"));
        }
        let eviction = self.admit_sub(cx, resource, "eviction", eviction)?;
        let body = eviction.get("deleteOptions").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut options = DeleteOptions::from_object(&body)?;
        if write.dry_run && !options.dry_run && body.contains_key("dryRun") {
            return Err(Failure::bad_request("Non-matching dry-run options in request and content: [All] and []"));
        }
        options.dry_run |= write.dry_run;
        let pod = self.named(cx, resource)?;
        let phase = meta::text(&pod.value, &["status", "phase"]);
        let dying = !meta::meta(&pod.value, "deletionTimestamp").is_empty();
        if !dying && !matches!(phase, "Succeeded" | "Failed" | "Pending") {
            self.disrupt(cx, &pod, options.dry_run)?;
        }
        self.delete_one(cx.now, resource, &pod, &options)?;
        Ok(cx.written(201, &status::success(Some(201), None)))
    }

    /// Takes one disruption from the pod's budget, if the pod has one.
    fn disrupt(&mut self, cx: &Cx<'_>, pod: &Object, dry_run: bool) -> Outcome<()> {
        let storage = "poddisruptionbudgets.policy";
        let prefix = format!("{}/", pod.namespace());
        let budgets: Vec<Arc<Object>> = self
            .store
            .under(storage, &prefix)
            .filter(|b| {
                Labels::from_object(meta::at(&b.value, &["spec", "selector"])).is_some_and(|s| s.matches(&pod.value))
            })
            .cloned()
            .collect();
        let stored = match budgets.as_slice() {
            [] => return Ok(()),
            [one] => one,
            _ => {
                return Err(Failure::unknown(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        };
        let budget = self.budget(stored, &prefix);
        if !ready(&pod.value) && (budget.always || budget.healthy >= budget.desired && budget.desired > 0) {
            return Ok(());
        }
        if budget.allowed <= 0 {
            let failure = Failure::new(
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
            );
            let text = format!(
                "The disruption budget {} needs {} healthy pods and has {} currently",
                budget.name, budget.desired, budget.healthy
            );
            return Err(failure.with_cause("DisruptionBudget", text, ""));
        }
        let Some(resource) = self.storing(storage).filter(|_| !dry_run && watched(&stored.value)) else {
            return Ok(());
        };
        let mut next = stored.value.clone();
        meta::set(&mut next, &["status", "disruptionsAllowed"], (budget.allowed - 1).into());
        meta::set(&mut next, &["status", "disruptedPods", pod.name()], meta::time(cx.now).into());
        self.commit(&resource, next);
        Ok(())
    }

    /// The numbers of a budget's status, or computed ones if no controller writes the status.
    fn budget(&self, stored: &Object, prefix: &str) -> Budget {
        let (value, number) = (&stored.value, |key: &str| meta::integer(&stored.value, &["status", key]));
        let always = meta::text(value, &["spec", "unhealthyPodEvictionPolicy"]) == "AlwaysAllow";
        let name = stored.name().to_owned();
        if watched(value) {
            let (healthy, desired) = (number("currentHealthy"), number("desiredHealthy"));
            return Budget { name, allowed: number("disruptionsAllowed"), healthy, desired, always };
        }
        let selector = Labels::from_object(meta::at(value, &["spec", "selector"])).unwrap_or_default();
        let pods: Vec<&Arc<Object>> = self.store.under("pods", prefix).filter(|p| selector.matches(&p.value)).collect();
        let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        let healthy = i64::try_from(pods.iter().filter(|p| ready(&p.value)).count()).unwrap_or(0);
        let bound = |key: &str| meta::at(value, &["spec", key]).map(|v| share(v, count));
        let desired = match (bound("minAvailable"), bound("maxUnavailable")) {
            (Some(least), _) => least,
            (None, Some(most)) => (count - most).max(0),
            (None, None) => 1,
        };
        Budget { name, allowed: (healthy - desired).max(0), healthy, desired, always }
    }

    pub(super) fn bind(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        cx.negotiate(true)?;
        let options = cx.write_options("CreateOptions")?;
        let (mut binding, _) = cx.body_object(resource, "Binding")?;
        cx.settle_type(resource, "v1", "Binding", &mut binding)?;
        if meta::meta(&binding, "name") != cx.info.name {
            return Err(Failure::bad_request("name in URL does not match name in Binding object"));
        }
        let binding = self.admit_sub(cx, resource, "binding", binding)?;
        let node = meta::text(&binding, &["target", "name"]);
        if node.is_empty() {
            return Err(Failure::unknown("target.name: Required value"));
        }
        let key = store::key(&cx.info.namespace, &cx.info.name);
        let Some(pod) = self.store.read("pods", &key) else {
            return Err(Failure::not_found("", "pods/binding", &cx.info.name));
        };
        let refuse = |why: String| Failure::conflict("", "pods/binding", pod.name(), &why);
        let current = meta::text(&pod.value, &["spec", "nodeName"]);
        if !current.is_empty() {
            return Err(refuse(format!("pod {} is already assigned to node \"{current}\"", pod.name())));
        }
        if !meta::meta(&pod.value, "deletionTimestamp").is_empty() {
            return Err(refuse(format!("pod {} is being deleted, cannot be assigned to a host", pod.name())));
        }
        let mut next = pod.value.clone();
        meta::set(&mut next, &["spec", "nodeName"], node.into());
        let mut conditions = meta::list(&next, &["status", "conditions"]).to_vec();
        conditions.retain(|c| c.get("type") != Some(&json!("PodScheduled")));
        conditions.push(json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": meta::time(cx.now)}));
        meta::set(&mut next, &["status", "conditions"], conditions.into());
        self.commit_unless(options.dry_run, resource, next);
        Ok(cx.written(201, &status::success(Some(201), None)))
    }
}

/// Whether a controller has observed the budget's current generation.
fn watched(budget: &Json) -> bool {
    let seen = meta::integer(budget, &["status", "observedGeneration"]);
    seen > 0 && seen >= meta::integer(budget, &["metadata", "generation"])
}

fn ready(pod: &Json) -> bool {
    meta::list(pod, &["status", "conditions"])
        .iter()
        .any(|c| c.get("type") == Some(&json!("Ready")) && c.get("status") == Some(&json!("True")))
}

/// A number, or a percentage of `count` rounded up.
fn share(value: &Value, count: i64) -> i64 {
    if let Some(number) = value.as_i64() {
        return number;
    }
    let percent = value.as_str().and_then(|t| t.strip_suffix('%')?.parse::<i64>().ok()).unwrap_or(0);
    (count.saturating_mul(percent) + 99) / 100
}
