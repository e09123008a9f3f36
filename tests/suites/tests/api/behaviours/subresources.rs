//! Subresources that need no running pod.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube_proto::Api;
use kube_proto::api::{DeleteParams, LogParams, Patch, PatchParams, WriteParams};
use kube_proto::resource::{
    ObjectMeta, Scale, ScaleSpec, TokenRequest, TokenRequestSpec, TokenReview, TokenReviewSpec,
};
use serde_json::json;

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(status),
    row!(scale),
    row!(scale_conflicts),
    row!(eviction),
    row!(eviction_against_a_budget),
    row!(eviction_of_another_pod_of_the_name),
    row!(binding),
    row!(ephemeral_containers),
    row!(resize),
    row!(tokens),
    row!(approval),
    row!(finalize),
    row!(the_log_of_a_pod_that_does_not_run),
    row!(a_subresource_that_is_not_there),
];

fn pods(cx: &Context) -> Api<Pod> {
    Api::namespaced(cx.namespace_for_pods())
}

fn deployment(cx: &Context) -> Api<Deployment> {
    let api = Api::namespaced(cx.namespace());
    create(cx, &api, json!({"metadata": {"name": "web"}, "spec": deployment_spec(0)}));
    api
}

fn status(cx: &Context) {
    let api = pods(cx);
    let created = create(cx, &api, idle_pod("a"));
    assert_eq!(created.status.as_ref().unwrap().phase.as_deref(), Some("Pending"));
    // The status changes only the status, and the object everything else.
    let patch = Patch::merge(
        &json!({"status": {"message": "observed"}, "metadata": {"labels": {"new": "label"}}, "spec": {"priority": 9}}),
    );
    let patched = cx.call(api.status().patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.status.as_ref().unwrap().message.as_deref(), Some("observed"));
    assert_eq!(patched.spec.as_ref().unwrap().priority, created.spec.as_ref().unwrap().priority);
    let patch = Patch::merge(&json!({"status": {"message": "lie"}, "metadata": {"annotations": {"a": "b"}}}));
    let patched = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(patched.status.as_ref().unwrap().message.as_deref(), Some("observed"));
    assert_eq!(patched.metadata.annotations.as_ref().unwrap()["a"], "b");
    // Conditions are merged by their type.
    let ready = json!({"type": "example.com/ready", "status": "True"});
    let patch = Patch::strategic(&json!({"status": {"conditions": [ready]}}));
    let patched = cx.call(api.status().patch("a", &patch, &PatchParams::default())).unwrap();
    assert!(patched.status.unwrap().conditions.unwrap().iter().any(|one| one.type_ == "example.com/ready"));
    let mut read = cx.call(api.status().get("a")).unwrap();
    read.status.as_mut().unwrap().message = Some("replaced".into());
    let replaced = cx.call(api.status().replace("a", &read, &WriteParams::default())).unwrap();
    assert_eq!(replaced.status.unwrap().message.as_deref(), Some("replaced"));
}

fn scale(cx: &Context) {
    let api = deployment(cx);
    let found: Scale = cx.call(api.scale().get("web")).unwrap();
    assert_eq!((found.metadata.name.as_deref(), found.spec.replicas), (Some("web"), 0));
    assert_eq!(found.status.selector, "app=web");
    let replaced =
        cx.call(api.scale().replace("web", &Scale::to("web", 1), &WriteParams::default().dry_run())).unwrap();
    assert_eq!(replaced.spec.replicas, 1);
    // A paused deployment creates no pods.
    let pause = Patch::merge(&json!({"spec": {"paused": true}}));
    cx.call(api.patch("web", &pause, &PatchParams::default())).unwrap();
    let patch = Patch::merge(&json!({"spec": {"replicas": 3}}));
    let patched = cx.call(api.scale().patch("web", &patch, &PatchParams::default().dry_run())).unwrap();
    assert_eq!(patched.spec.replicas, 3);
    assert_eq!(cx.call(api.get("web")).unwrap().spec.unwrap().replicas, Some(0));
    let error = cx.call(api.scale().replace("web", &Scale::to("web", -1), &WriteParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert_eq!(error.status().unwrap().causes()[0].field, "spec.replicas");
}

fn scale_conflicts(cx: &Context) {
    let api = deployment(cx);
    let metadata = ObjectMeta { resource_version: Some("1".into()), ..ObjectMeta::named("web") };
    let stale = Scale { metadata, spec: ScaleSpec { replicas: 1 }, ..Scale::default() };
    let error = cx.call(api.scale().replace("web", &stale, &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &["update deployments.apps/scale \"web\""]);
    let error = cx.call(api.scale().get("none")).unwrap_err();
    assert!(error.is_not_found() && !error.status().unwrap().is_missing_resource(), "{error}");
}

fn eviction(cx: &Context) {
    let api = pods(cx);
    create(cx, &api, idle_pod("a"));
    let dry = cx.call(api.evict("a", &DeleteParams::default().dry_run()).with_info()).unwrap();
    assert_eq!((dry.info.code.as_u16(), dry.value.status.as_str()), (201, "Success"));
    assert!(cx.call(api.get("a")).is_ok());
    let evicted = cx.call(api.evict("a", &DeleteParams::default())).unwrap();
    assert_eq!((evicted.status.as_str(), evicted.code), ("Success", 201));
    assert!(cx.call(api.get("a")).unwrap_err().is_not_found());
    let error = cx.call(api.evict("a", &DeleteParams::default())).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

fn eviction_against_a_budget(cx: &Context) {
    let api = pods(cx);
    // A pod with the phase Running, on a node that does not exist.
    let mut pod = idle_pod("a");
    pod["spec"]["nodeName"] = json!("no-such-node");
    create(cx, &api, pod);
    let running = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    cx.call(api.status().patch("a", &Patch::merge(&running), &PatchParams::default())).unwrap();
    let budgets = Api::<PodDisruptionBudget>::namespaced(cx.namespace());
    let selector = json!({"matchLabels": {"app": "a"}});
    create(cx, &budgets, json!({"metadata": {"name": "keep"}, "spec": {"minAvailable": 1, "selector": selector}}));
    let error = if cx.site.is_real() {
        // A controller has to process the budget first.
        cx.eventually("the budget is processed", || {
            let status = cx.call(budgets.get("keep")).unwrap().status?;
            (status.observed_generation == Some(1) && status.expected_pods == Some(1)).then_some(())
        });
        cx.call(api.evict("a", &DeleteParams::default())).unwrap_err()
    } else {
        cx.call(api.evict("a", &DeleteParams::default())).unwrap_err()
    };
    assert!(error.is_too_many_requests() && error.status().unwrap().is_disruption_budget(), "{error}");
    says(&error, &["Cannot evict pod as it would violate the pod's disruption budget."]);
    assert!(cx.call(api.get("a")).is_ok());
    cx.call(api.delete("a", &DeleteParams::default().grace_period_seconds(0))).unwrap();
}

fn eviction_of_another_pod_of_the_name(cx: &Context) {
    let api = pods(cx);
    create(cx, &api, idle_pod("a"));
    let params = DeleteParams::default().uid("00000000-0000-0000-0000-000000000000");
    let error = cx.call(api.evict("a", &params)).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(cx.call(api.get("a")).is_ok());
}

fn binding(cx: &Context) {
    let api = pods(cx);
    create(cx, &api, idle_pod("a"));
    let bound = cx.call(api.bind("a", "no-such-node", &WriteParams::default()).with_info()).unwrap();
    assert_eq!((bound.info.code.as_u16(), bound.value.status.as_str()), (201, "Success"));
    let found = cx.call(api.get("a")).unwrap();
    assert_eq!(found.spec.unwrap().node_name.as_deref(), Some("no-such-node"));
    let conditions = found.status.unwrap().conditions.unwrap();
    assert!(conditions.iter().any(|one| one.type_ == "PodScheduled" && one.status == "True"));
    let error = cx.call(api.bind("a", "another", &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(&error, &["pod a is already assigned to node \"no-such-node\""]);
    cx.call(api.delete("a", &DeleteParams::default().grace_period_seconds(0))).unwrap();
}

fn ephemeral_containers(cx: &Context) {
    let api = pods(cx);
    create(cx, &api, idle_pod("a"));
    let debugger = json!({"name": "debug", "image": IMAGE, "targetContainerName": "main"});
    let patch = Patch::strategic(&json!({"spec": {"ephemeralContainers": [debugger]}}));
    let patched = cx.call(api.ephemeral_containers().patch("a", &patch, &PatchParams::default())).unwrap();
    let names: Vec<_> = patched.spec.unwrap().ephemeral_containers.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["debug"]);
    // They cannot be removed, nor changed through the pod.
    let patch = Patch::merge(&json!({"spec": {"ephemeralContainers": []}}));
    let error = cx.call(api.ephemeral_containers().patch("a", &patch, &PatchParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert_eq!(
        cx.call(api.ephemeral_containers().get("a")).unwrap().spec.unwrap().ephemeral_containers.unwrap().len(),
        1
    );
}

fn resize(cx: &Context) {
    let api = pods(cx);
    let mut pod = idle_pod("a");
    pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "10m"}, "limits": {"cpu": "20m"}});
    create(cx, &api, pod);
    let container = json!({"name": "main", "resources": {"requests": {"cpu": "15m"}}});
    let patch = Patch::strategic(&json!({"spec": {"containers": [container]}}));
    // Not through the pod itself.
    let error = cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["pod updates may not change fields other than"]);
    let resized = cx.call(api.resize().patch("a", &patch, &PatchParams::default())).unwrap();
    let containers = resized.spec.unwrap().containers;
    assert_eq!(containers[0].resources.as_ref().unwrap().requests.as_ref().unwrap()["cpu"].0, "15m");
    assert_eq!(resized.metadata.generation, Some(2));
    // This subresource changes nothing else.
    let other = Patch::strategic(&json!({"spec": {"containers": [{"name": "main", "image": "localhost/other:1"}]}}));
    let same = cx.call(api.resize().patch("a", &other, &PatchParams::default())).unwrap();
    assert_eq!(same.spec.unwrap().containers[0].image.as_deref(), Some(IMAGE));
}

fn tokens(cx: &Context) {
    cx.namespace_for_pods();
    let accounts = dynamic(cx, "v1", "ServiceAccount", "serviceaccounts");
    create(cx, &accounts, json!({"metadata": {"name": "robot"}}));
    let spec = TokenRequestSpec { expiration_seconds: Some(3600), ..TokenRequestSpec::default() };
    let ask = TokenRequest { spec, ..TokenRequest::default() };
    let answer = cx.call(accounts.token().create_for("robot", &ask, &WriteParams::default()).with_info()).unwrap();
    assert_eq!(answer.info.code, 201);
    let given = answer.value;
    assert_eq!(given.spec.expiration_seconds, Some(3600));
    assert!(!given.spec.audiences.is_empty() && given.status.expiration_timestamp.ends_with('Z'));
    assert!(!format!("{given:?}").contains(&given.status.token), "a token is not printed");
    // The token review names its user.
    let spec = TokenReviewSpec { token: given.status.token.clone(), ..TokenReviewSpec::default() };
    let review = TokenReview { spec, ..TokenReview::default() };
    let review = cx.call(Api::<TokenReview>::all().create(&review, &WriteParams::default())).unwrap();
    assert!(review.status.authenticated, "{}", review.status.error);
    assert_eq!(review.status.user.username, format!("system:serviceaccount:{}:robot", cx.namespace()));
    // And the server accepts it.
    let config = cx.site.anonymous();
    let robot = cx.client(config.with_token(given.status.token)).unwrap();
    let error = robot.call(config_maps(cx).get("a")).unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    says(&error, &[&format!("system:serviceaccount:{}:robot", cx.namespace())]);
    let error = cx.call(accounts.token().create_for("no-such-account", &ask, &WriteParams::default())).unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

fn approval(cx: &Context) {
    let api = Api::<CertificateSigningRequest>::all();
    let request = cx.unique("csr");
    cx.remove_later(format!("/apis/certificates.k8s.io/v1/certificatesigningrequests/{request}"));
    let key = rcgen::KeyPair::generate().unwrap();
    let pem = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let spec = json!({"request": STANDARD.encode(pem), "signerName": "example.com/none", "usages": ["client auth"]});
    let created = create(cx, &api, json!({"metadata": {"name": request}, "spec": spec}));
    assert!(created.spec.username.is_some(), "the server records the user");
    let condition = json!({"type": "Approved", "status": "True", "reason": "Test", "message": "as a test"});
    let patch = Patch::merge(&json!({"status": {"conditions": [condition]}}));
    // Only through `approval`.
    let ignored = cx.call(api.patch(&request, &patch, &PatchParams::default())).unwrap();
    assert_eq!(ignored.status.and_then(|status| status.conditions), None);
    let error = cx.call(api.status().patch(&request, &patch, &PatchParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    let approved = cx.call(api.approval().patch(&request, &patch, &PatchParams::default())).unwrap();
    let conditions = approved.status.unwrap().conditions.unwrap();
    assert_eq!((conditions[0].type_.as_str(), conditions[0].reason.as_deref()), ("Approved", Some("Test")));
}

fn finalize(cx: &Context) {
    let api = Api::<Namespace>::all();
    let namespace = cx.unique("fin");
    cx.remove_later(format!("/api/v1/namespaces/{namespace}"));
    let spec = json!({"finalizers": ["kubernetes", "example.com/mine"]});
    let created = create(cx, &api, json!({"metadata": {"name": namespace}, "spec": spec}));
    assert_eq!(created.spec.as_ref().unwrap().finalizers.as_ref().unwrap().len(), 2);
    cx.call(api.delete(&namespace, &DeleteParams::default())).unwrap();
    // The test removes its own finalizer.
    let mut leaving = cx.call(api.get(&namespace)).unwrap();
    leaving.spec.as_mut().unwrap().finalizers.as_mut().unwrap().retain(|one| one != "example.com/mine");
    let left = cx.eventually("no controller writes it", || {
        match cx.call(api.finalize().replace(&namespace, &leaving, &WriteParams::default())) {
            Ok(left) => Some(left),
            Err(error) => {
                assert!(error.is_conflict(), "{error}");
                leaving.metadata.resource_version = cx.call(api.get(&namespace)).unwrap().metadata.resource_version;
                None
            }
        }
    });
    let finalizers = left.spec.clone().unwrap().finalizers.unwrap_or_default();
    assert!(!finalizers.contains(&"example.com/mine".to_owned()), "{finalizers:?}");
    // The controller of namespaces does the rest, which takes time on a real server.
    if !cx.site.is_real() {
        assert!(cx.call(api.get(&namespace)).unwrap_err().is_not_found());
    }
}

fn the_log_of_a_pod_that_does_not_run(cx: &Context) {
    let api = pods(cx);
    create(cx, &api, idle_pod("a"));
    cx.stream(api.logs("a", &LogParams::default()), |chunk| {
        assert!(chunk.is_empty());
        ControlFlow::Continue(())
    })
    .unwrap();
    let error =
        cx.stream(api.logs("a", &LogParams::default().container("side")), |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["container side is not valid for pod a"]);
    let error = cx.stream(api.logs("none", &LogParams::default()), |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.is_not_found(), "{error}");
    says(&error, &["get pods/log \"none\""]);
}

fn a_subresource_that_is_not_there(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    let error = cx.call(api.status().get("a")).unwrap_err();
    assert!(!error.is_not_found() && error.is_missing_resource(), "{error}");
}
