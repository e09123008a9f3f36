//! Admission: mutating webhooks one after the other, then validating ones side by side.
//!
//! | outcome of a mutating webhook | next |
//! |---|---|
//! | it changed the object | those before it with `IfNeeded` are called once more after the last one |
//! | it did not, or it is not for this request | the next one |
//! | it failed, and its policy is `Ignore` | the next one; an audit annotation tells |
//! | it failed, and its policy is `Fail` | 500 |
//! | it denied the request | its status |
//!
//! The second round calls only those, and none for the first time. All validating webhooks are called; if several deny, the
//! first by configuration and place decides here, while the real server takes the quickest.

use kube_proto::admission::{MatchConditions, Matched};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::call::{WebhookCall, document};
use super::hook::{Hook, MUTATING, VALIDATING};
use super::{review, waits};
use crate::Server;
use crate::context::{Cx, FieldValidation};
use crate::convert;
use crate::decode::Origin;
use crate::defaults;
use crate::kinds::Resource;
use crate::meta::Json;
use crate::patch;
use crate::status::{Failure, Outcome};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

impl Operation {
    pub(super) fn word(self) -> &'static str {
        match self {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
            Operation::Connect => "CONNECT",
        }
    }
}

/// A request as admission sees it.
#[derive(Debug)]
pub(crate) struct Admission<'a> {
    pub(crate) operation: Operation,
    pub(crate) resource: &'a Arc<Resource>,
    pub(crate) sub: &'a str,
    pub(crate) name: String,
    /// That of a namespace is its own name.
    pub(crate) namespace: String,
    pub(crate) object: Option<Json>,
    pub(crate) old: Option<Json>,
    pub(crate) options: Value,
    pub(crate) dry_run: bool,
}

/// Why a webhook stops a request.
enum Trouble {
    /// The call failed: the failure policy decides.
    Calling(String),
    /// The request ends so.
    Final(Failure),
}

/// The options of a write as a review has them: `kind` is `CreateOptions` or `UpdateOptions`.
fn options(cx: &Cx<'_>, kind: &str) -> Value {
    let mut options = json!({"kind": kind, "apiVersion": "meta.k8s.io/v1"});
    let dry: Vec<&str> = cx.query.all("dryRun").collect();
    if !dry.is_empty() {
        options["dryRun"] = json!(dry);
    }
    for key in ["fieldManager", "fieldValidation"] {
        if let Some(text) = cx.query.text(key) {
            options[key] = text.into();
        }
    }
    options
}

impl Server {
    /// The request as admission sees it, without its objects.
    pub(crate) fn admission<'a>(
        cx: &Cx<'_>,
        resource: &'a Arc<Resource>,
        sub: &'a str,
        operation: Operation,
    ) -> Admission<'a> {
        let name = cx.info.name.clone();
        let namespace = match resource.storage.as_str() {
            "namespaces" => name.clone(),
            _ if resource.namespaced => cx.info.namespace.clone(),
            _ => String::new(),
        };
        let options = match operation {
            Operation::Create => options(cx, "CreateOptions"),
            Operation::Update => options(cx, "UpdateOptions"),
            Operation::Delete | Operation::Connect => Value::Null,
        };
        let dry_run = cx.query.all("dryRun").next().is_some();
        Admission { operation, resource, sub, name, namespace, object: None, old: None, options, dry_run }
    }

    /// Whether there is a mutating webhook, for any request.
    pub(crate) fn has_mutating(&self, resource: &Resource) -> bool {
        !is_exempt(resource) && self.store.under(MUTATING, "").next().is_some()
    }

    /// Whether there is a webhook, for any request.
    pub(crate) fn has_webhooks(&self, resource: &Resource) -> bool {
        self.has_mutating(resource) || !is_exempt(resource) && self.store.under(VALIDATING, "").next().is_some()
    }

    /// Calls the mutating webhooks. Returns whether `admission.object` has changed.
    pub(crate) fn mutate(&self, cx: &mut Cx<'_>, admission: &mut Admission<'_>) -> Outcome<bool> {
        if !self.has_mutating(admission.resource) {
            return Ok(false);
        }
        let hooks = self.hooks(MUTATING);
        let (mut reinvocable, mut again) = (BTreeSet::new(), BTreeSet::new());
        let (mut repeats, mut any) = (false, false);
        for round in 0..2 {
            if round == 1 && !repeats {
                break;
            }
            for (index, hook) in hooks.iter().enumerate() {
                let Some(target) = self.matching(hook, admission) else { continue };
                if !self.conditions_hold(cx, hook, &target, admission)? || round == 1 && !again.contains(&index) {
                    continue;
                }
                let place = format!("round_{round}_index_{index}");
                let called = self.call_mutating(cx, hook, &target, admission);
                let changed = matches!(called, Ok(true));
                let mutation = json!({"configuration": hook.configuration, "webhook": hook.name(), "mutated": changed});
                if !cx.calls.is_waiting() {
                    let key = format!("mutation.webhook.admission.k8s.io/{place}");
                    cx.calls.annotate(key, mutation.to_string());
                }
                if changed {
                    again.append(&mut reinvocable);
                    (repeats, any) = (true, true);
                }
                if hook.reinvoked() {
                    reinvocable.insert(index);
                }
                match called {
                    Ok(_) => {}
                    Err(Trouble::Final(failure)) => return Err(failure),
                    Err(Trouble::Calling(_)) if hook.ignores() => {
                        let key = format!("failed-open.mutation.webhook.admission.k8s.io/{place}");
                        cx.calls.annotate(key, hook.name().to_owned());
                    }
                    Err(Trouble::Calling(text)) => return Err(internal(&text)),
                }
            }
        }
        Ok(any)
    }

    /// Calls the validating webhooks.
    pub(crate) fn validate(&self, cx: &mut Cx<'_>, admission: &Admission<'_>) -> Outcome<()> {
        if is_exempt(admission.resource) || self.store.under(VALIDATING, "").next().is_none() {
            return Ok(());
        }
        let mut relevant = Vec::new();
        for hook in self.hooks(VALIDATING) {
            if let Some(target) = self.matching(&hook, admission)
                && self.conditions_hold(cx, &hook, &target, admission)?
            {
                relevant.push((hook, target));
            }
        }
        let mut first = None;
        for (index, (hook, target)) in relevant.iter().enumerate() {
            let failure = match self.call(cx, hook, target, admission, false) {
                Ok(_) => continue,
                Err(Trouble::Final(failure)) => failure,
                Err(Trouble::Calling(_)) if hook.ignores() => {
                    let key = format!("failed-open.validating.webhook.admission.k8s.io/round_0_index_{index}");
                    cx.calls.annotate(key, hook.name().to_owned());
                    continue;
                }
                Err(Trouble::Calling(text)) => internal(&text),
            };
            first.get_or_insert(failure);
        }
        if cx.calls.is_waiting() {
            return Err(waits());
        }
        first.map_or(Ok(()), Err)
    }

    /// Both, for requests without an object that could change: deletions and connections.
    pub(crate) fn admit_unchanged(&self, cx: &mut Cx<'_>, mut admission: Admission<'_>) -> Outcome<()> {
        self.mutate(cx, &mut admission)?;
        self.validate(cx, &admission)
    }

    /// Whether all match conditions are true. If one is an error and none is false, the failure policy decides.
    fn conditions_hold(
        &self,
        cx: &Cx<'_>,
        hook: &Hook,
        target: &Arc<Resource>,
        admission: &Admission<'_>,
    ) -> Outcome<bool> {
        if hook.conditions().next().is_none() {
            return Ok(true);
        }
        let resource = admission.resource;
        let refuse = |why: &str| Failure::forbidden(&resource.group, &resource.plural, &admission.name, why);
        let conditions = MatchConditions::new(hook.conditions()).map_err(|error| refuse(&error.to_string()))?;
        let view = |object: &Option<Json>| match object {
            Some(object) => match self.viewed(cx, admission, resource, target, object.clone()) {
                Ok(object) => Ok(Value::Object(object)),
                Err(Trouble::Final(failure)) => Err(failure),
                Err(Trouble::Calling(text)) => Err(internal(&text)),
            },
            None => Ok(Value::Null),
        };
        let (object, old) = (view(&admission.object)?, view(&admission.old)?);
        let request = Value::Object(review::request(admission, target, None, None, &cx.user));
        match conditions.judge(&request, &object, &old, hook.ignores()) {
            Matched::Called => Ok(true),
            Matched::Skipped(_) => Ok(false),
            Matched::Refused(why) => Err(refuse(&why)),
        }
    }

    /// Calls one mutating webhook, and makes its changes.
    fn call_mutating(
        &self,
        cx: &mut Cx<'_>,
        hook: &Hook,
        target: &Arc<Resource>,
        admission: &mut Admission<'_>,
    ) -> Result<bool, Trouble> {
        let Some(operations) = self.call(cx, hook, target, admission, true)? else { return Ok(false) };
        let Ok(Value::Array(operations)) = kube_proto::json::from_slice::<Value>(&operations) else {
            return Err(Trouble::Calling(format!(
                "failed calling webhook {:?}: received undecodable patch in webhook response: json: cannot unmarshal",
                hook.name()
            )));
        };
        if operations.is_empty() {
            return Ok(false);
        }
        let Some(object) = &admission.object else {
            return Err(Trouble::Final(internal(&format!(
                "admission webhook {:?} attempted to modify the object, which is not supported for this operation",
                hook.name()
            ))));
        };
        let twice = |trouble| wrapped(wrapped(trouble));
        let before = self.viewed(cx, admission, admission.resource, target, object.clone()).map_err(twice)?;
        let before = Value::Object(before);
        // The decoder's own words.
        let unfit = |failure: Failure| {
            let text = failure.message.split_once(": json: ").map(|(_, why)| format!("json: {why}"));
            Trouble::Final(internal(&text.unwrap_or(failure.message)))
        };
        let after = patch::json_patch(&before, &Value::Array(operations)).map_err(unfit)?;
        let changed = before != after;
        let Value::Object(after) = after else {
            return Err(Trouble::Final(internal("the patched object is no object")));
        };
        let after = self.viewed(cx, admission, target, admission.resource, after).map_err(twice)?;
        admission.object = Some(if admission.has_own_kind() {
            let warnings = std::mem::take(&mut cx.warnings);
            let settled =
                cx.settle_fields(admission.resource, after, &[], FieldValidation::Ignore, Origin::Body).map_err(unfit);
            cx.warnings = warnings;
            let mut settled = settled?;
            if target.api_version() == admission.resource.api_version() || target.custom.is_none() {
                defaults::fill(admission.resource, &mut settled);
            }
            settled
        } else {
            after
        });
        Ok(changed)
    }

    /// Calls one webhook. Returns the patch of an answer that allows the request.
    fn call(
        &self,
        cx: &mut Cx<'_>,
        hook: &Hook,
        target: &Arc<Resource>,
        admission: &Admission<'_>,
        mutating: bool,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        let name = hook.name();
        let failed = |why: &str| Trouble::Calling(format!("failed calling webhook {name:?}: {why}"));
        if admission.dry_run && !hook.takes_dry_runs() {
            let text = format!("admission webhook {name:?} does not support dry run");
            return Err(Trouble::Final(Failure::bad_request(text)));
        }
        let Some(version) = hook.review_version() else {
            return Err(failed(
                "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)",
            ));
        };
        let view = |object: &Option<Json>| match object {
            Some(object) => {
                let viewed = self.viewed(cx, admission, admission.resource, target, object.clone());
                // The real server says so twice for a mutating webhook.
                viewed.map(Some).map_err(|trouble| if mutating { wrapped(wrapped(trouble)) } else { wrapped(trouble) })
            }
            None => Ok(None),
        };
        let (object, old) = (view(&admission.object)?, view(&admission.old)?);
        let uid = cx.calls.uid();
        let request = review::request(admission, target, object.as_ref(), old.as_ref(), &cx.user);
        let body = review::write(version, &uid, request);
        let query = format!("?timeout={}s", hook.timeout().as_secs());
        let empty = Json::new();
        let call = WebhookCall::new(hook.client_config().unwrap_or(&empty), &query, body, hook.timeout())
            .map_err(|why| failed(&format!("could not get REST client: {why}")))?;
        let Some(answer) = cx.calls.ask(&call) else { return Err(Trouble::Final(waits())) };
        let document = document(&call, &answer).map_err(|why| failed(&format!("failed to call webhook: {why}")))?;
        let verdict = review::read(&document, version, &uid, mutating)
            .map_err(|why| failed(&format!("received invalid webhook response: {why}")))?;
        for (key, value) in verdict.audit {
            cx.calls.annotate(format!("{name}/{key}"), value);
        }
        cx.warnings.extend(verdict.warnings);
        if verdict.allowed {
            return Ok(verdict.patch.filter(|patch| !patch.is_empty()));
        }
        Err(Trouble::Final(Failure::verbatim(review::denial(name, verdict.status))))
    }

    /// An object of the request in the version of another resource that shares its storage.
    fn viewed(
        &self,
        cx: &Cx<'_>,
        admission: &Admission<'_>,
        from: &Arc<Resource>,
        to: &Arc<Resource>,
        object: Json,
    ) -> Result<Json, Trouble> {
        if from.api_version() == to.api_version() || !admission.has_own_kind() {
            return Ok(object);
        }
        if from.conversion().is_some() {
            let converted = self.converted(cx, to, &[&object]).map_err(Trouble::Final)?;
            return Ok(converted.into_iter().next().unwrap_or_default());
        }
        Ok(convert::present(to, &convert::to_storage(from, object)).into_owned())
    }
}

impl Admission<'_> {
    /// The objects are of the resource's kind, and not of a kind that only a subresource has.
    fn has_own_kind(&self) -> bool {
        review::kind_of(self.resource, self.sub).2 == self.resource.kind
    }
}

/// Configurations of admission are never sent to a webhook: one could lock itself in.
fn is_exempt(resource: &Resource) -> bool {
    resource.group == "admissionregistration.k8s.io"
}

/// An internal error about a failed conversion.
fn wrapped(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Final(failure) => Trouble::Final(internal(&failure.message)),
        calling @ Trouble::Calling(_) => calling,
    }
}

fn internal(text: &str) -> Failure {
    Failure::new(500, "InternalError", format!("Internal error occurred: {text}")).with_cause("", text, "")
}
