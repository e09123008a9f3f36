//! Scale, eviction, binding, logs, ephemeral containers, approval, finalize.

use crate::support::{Cluster, START, definition, deployment, pod};
use kube_test_server::{Chunk, Options, demo};
use serde_json::{Value, json};
use std::time::Duration;

const PODS: &str = "/api/v1/namespaces/default/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

fn scale(replicas: i64) -> Value {
    json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": replicas}})
}

#[test]
fn a_deployment_is_scaled() {
    let mut cluster = Cluster::new();
    let object = cluster.create(DEPLOYMENTS, &deployment("web", 2));
    let target = format!("{DEPLOYMENTS}/web/scale");
    let (code, view) = cluster.get(&target);
    assert_eq!(code, 200);
    assert_eq!(
        view,
        json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": "web", "namespace": "default", "uid": object["metadata"]["uid"],
                "resourceVersion": object["metadata"]["resourceVersion"], "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"replicas": 2}, "status": {"replicas": 0, "selector": "app=web"}
        })
    );
    let (code, view) = cluster.call("PUT", &target, &scale(5));
    assert_eq!((code, &view["spec"]["replicas"]), (200, &json!(5)));
    for (kind, patch, want) in [
        ("merge", json!({"spec": {"replicas": 6}}), 6),
        ("strategic-merge", json!({"spec": {"replicas": 7}}), 7),
        ("json", json!([{"op": "replace", "path": "/spec/replicas", "value": 8}]), 8),
    ] {
        let (code, view) = cluster.patch(kind, &target, &patch);
        assert_eq!((code, &view["spec"]["replicas"]), (200, &json!(want)), "{kind}");
    }
    let (_, object) = cluster.get(&format!("{DEPLOYMENTS}/web"));
    assert_eq!((&object["spec"]["replicas"], &object["metadata"]["generation"]), (&json!(8), &json!(5)));
    let (code, view) = cluster.call("PUT", &target, &scale(0));
    assert_eq!((code, &view["spec"]), (200, &json!({})), "a zero is left away");
}

#[test]
fn a_scale_can_be_refused() {
    let mut cluster = Cluster::new();
    cluster.create(DEPLOYMENTS, &deployment("web", 2));
    let target = format!("{DEPLOYMENTS}/web/scale");
    let mut stale = scale(3);
    stale["metadata"]["resourceVersion"] = json!("1");
    let (code, status) = cluster.call("PUT", &target, &stale);
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
    let mut foreign = scale(3);
    foreign["metadata"]["uid"] = json!("u");
    assert_eq!(cluster.call("PUT", &target, &foreign).0, 409);
    let (code, status) = cluster.call("PUT", &target, &scale(-1));
    assert_eq!(
        (code, &status["message"]),
        (
            422,
            &json!(
                "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
            )
        )
    );
    assert_eq!(cluster.get(&format!("{DEPLOYMENTS}/none/scale")).0, 404);
}

#[test]
fn scaling_owns_the_number() {
    let mut cluster = Cluster::new();
    let one = format!("{DEPLOYMENTS}/web");
    cluster.patch("apply", &format!("{one}?fieldManager=m"), &deployment("web", 2));
    cluster.patch("merge", &format!("{one}/scale?fieldManager=hpa"), &json!({"spec": {"replicas": 4}}));
    let (code, status) = cluster.patch("apply", &format!("{one}?fieldManager=m"), &deployment("web", 2));
    assert_eq!(code, 409);
    assert_eq!(
        status["message"],
        "Apply failed with 1 conflict: conflict with \"hpa\" with subresource \"scale\" using apps/v1: .spec.replicas"
    );
}

#[test]
fn custom_resources_are_scaled_where_their_definition_says() {
    let mut cluster = Cluster::new();
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    cluster.create(widgets, &json!({"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"replicas": 1}}));
    cluster.call("PATCH", &format!("{widgets}/w/status"), &json!({"status": {"replicas": 1, "selector": "a=b"}}));
    let (code, view) = cluster.patch("merge", &format!("{widgets}/w/scale"), &json!({"spec": {"replicas": 3}}));
    assert_eq!(
        (code, &view["spec"]["replicas"], &view["status"]),
        (200, &json!(3), &json!({"replicas": 1, "selector": "a=b"}))
    );
    assert_eq!(cluster.get(&format!("{widgets}/w")).1["spec"]["replicas"], 3);
}

fn eviction(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}})
}

#[test]
fn evictions_heed_the_budget() {
    let mut cluster = Cluster::with(Options { start: START - Duration::from_secs(864_000), ..Options::default() });
    demo::fill(&mut cluster.server, START);
    let pods = "/api/v1/namespaces/shop/pods";
    let (_, list) = cluster.get(&format!("{pods}?labelSelector=app%3Dweb"));
    let names: Vec<String> =
        list["items"].as_array().unwrap().iter().map(|p| p["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    let (code, status) = cluster.call("POST", &format!("{pods}/{}/eviction", names[0]), &eviction(&names[0]));
    assert_eq!(
        (code, status),
        (201, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}))
    );
    assert_eq!(cluster.get(&format!("{pods}/{}", names[0])).0, 404);
    let response = cluster.raw(
        "POST",
        &format!("{pods}/{}/eviction", names[1]),
        &[("content-type", "application/json")],
        &eviction(&names[1]).to_string(),
    );
    let status: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!((response.status().as_u16(), &status["reason"]), (429, &json!("TooManyRequests")));
    assert!(!response.headers().contains_key("retry-after"));
    assert_eq!(status["message"], "Cannot evict pod as it would violate the pod's disruption budget.");
    assert_eq!(
        status["details"]["causes"],
        json!([{"reason": "DisruptionBudget", "message": "The disruption budget web needs 2 healthy pods and has 2 currently"}])
    );
    let (code, status) = cluster.call("POST", &format!("{pods}/{}/eviction", names[1]), &eviction("other"));
    assert_eq!((code, &status["message"]), (400, &json!("name in URL does not match name in Eviction object")));
    assert_eq!(cluster.call("POST", &format!("{pods}/none/eviction"), &eviction("none")).0, 404);
    let (code, _) = cluster.call("POST", &format!("{pods}/database-0/eviction?dryRun=All"), &eviction("database-0"));
    assert_eq!((code, cluster.get(&format!("{pods}/database-0")).0), (201, 200));
    // An eviction does not support two budgets for one pod.
    cluster.create(
        "/apis/policy/v1/namespaces/shop/poddisruptionbudgets",
        &json!({"metadata": {"name": "too"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}),
    );
    let (code, status) = cluster.call("POST", &format!("{pods}/{}/eviction", names[1]), &eviction(&names[1]));
    assert_eq!((code, &status["reason"]), (500, &Value::Null));
}

#[test]
fn a_budget_that_a_controller_watches_is_counted_down() {
    let mut cluster = Cluster::new();
    for name in ["a", "b"] {
        cluster.create(PODS, &pod(name));
        let ready = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
        cluster.call("PATCH", &format!("{PODS}/{name}/status"), &ready);
    }
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    cluster.create(budgets, &json!({"metadata": {"name": "x"}, "spec": {"minAvailable": 1, "selector": {}}}));
    cluster.call(
        "PATCH",
        &format!("{budgets}/x/status"),
        &json!({"status": {"observedGeneration": 1, "disruptionsAllowed": 1,
        "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}}),
    );
    assert_eq!(cluster.call("POST", &format!("{PODS}/a/eviction"), &eviction("a")).0, 201);
    let (_, budget) = cluster.get(&format!("{budgets}/x"));
    assert_eq!(
        (&budget["status"]["disruptionsAllowed"], &budget["status"]["disruptedPods"]),
        (&json!(0), &json!({"a": "2026-01-01T00:00:00Z"}))
    );
    assert_eq!(cluster.call("POST", &format!("{PODS}/b/eviction"), &eviction("b")).0, 429);
}

#[test]
fn a_pod_is_bound_once() {
    let mut cluster = Cluster::new();
    cluster.create(PODS, &pod("p"));
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}});
    let (code, status) = cluster.call("POST", &format!("{PODS}/p/binding"), &binding);
    assert_eq!((code, &status["status"], &status["code"]), (201, &json!("Success"), &json!(201)));
    let (_, object) = cluster.get(&format!("{PODS}/p"));
    assert_eq!(
        (&object["spec"]["nodeName"], &object["status"]["conditions"][0]["type"]),
        (&json!("n1"), &json!("PodScheduled"))
    );
    let (code, status) = cluster.call("POST", &format!("{PODS}/p/binding"), &binding);
    assert_eq!(
        (code, &status["message"]),
        (409, &json!("Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n1\""))
    );
}

#[test]
fn log_options() {
    let mut cluster = Cluster::new();
    let mut two = pod("p");
    two["spec"]["nodeName"] = json!("n");
    cluster.create(PODS, &two);
    cluster.server.tick(START);
    cluster.server.set_log("default", "p", "c", "one\ntwo\n");
    cluster.server.tick(START + Duration::from_secs(10));
    cluster.server.append_log("default", "p", "c", "three");
    cluster.server.append_log("default", "p", "c", "!\n");
    cluster.server.set_previous_log("default", "p", "c", "before\n");
    cluster.now = START + Duration::from_secs(15);
    let table = [
        ("", "one\ntwo\nthree!\n"),
        ("?tailLines=1", "three!\n"),
        ("?tailLines=0", ""),
        ("?limitBytes=5", "one\nt"),
        ("?sinceSeconds=6", "three!\n"),
        ("?sinceTime=2026-01-01T00:00:05Z", "three!\n"),
        ("?tailLines=1&timestamps=true", "2026-01-01T00:00:10.000000000Z three!\n"),
        ("?previous=true", "before\n"),
    ];
    for (query, want) in table {
        let response = cluster.raw("GET", &format!("{PODS}/p/log{query}"), &[], "");
        assert_eq!((response.status().as_u16(), &response.body()[..]), (200, want.as_bytes()), "{query}");
    }
    let refused = [
        ("?container=x", 400, "container x is not valid for pod p"),
        (
            "?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
            422,
            "PodLogOptions \"p\" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
        ("?limitBytes=0", 422, "PodLogOptions \"p\" is invalid: limitBytes: Invalid value: 0: must be greater than 0"),
        ("?stream=Stdout", 422, "PodLogOptions \"p\" is invalid: stream: Forbidden: may not be specified"),
    ];
    for (query, code, message) in refused {
        let (got, status) = cluster.get(&format!("{PODS}/p/log{query}"));
        assert_eq!((got, &status["message"]), (code, &json!(message)), "{query}");
    }
    let mut follow = cluster.watch(&format!("{PODS}/p/log?follow=true&tailLines=1&limitBytes=10"));
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::Data("three!\n".into()));
    cluster.server.append_log("default", "p", "c", "four\n");
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::Data("fou".into()));
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::End);
}

#[test]
fn runs_of_a_container_and_their_logs() {
    let mut cluster = Cluster::new();
    let mut body = pod("p");
    body["spec"]["nodeName"] = json!("n");
    cluster.create(PODS, &body);
    let log = |cluster: &mut Cluster, query: &str| {
        let response = cluster.raw("GET", &format!("{PODS}/p/log?{query}"), &[], "");
        (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
    };
    cluster.server.start_container("default", "p", "c");
    let status = cluster.get(&format!("{PODS}/p")).1["status"].clone();
    assert_eq!((&status["phase"], &status["containerStatuses"][0]["ready"]), (&json!("Running"), &json!(true)));
    assert_eq!(log(&mut cluster, "follow=false"), (200, String::new()));
    let mut follow = cluster.watch(&format!("{PODS}/p/log?follow=true"));
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::Idle { until: None });
    cluster.server.append_log("default", "p", "c", "one\n");
    cluster.server.end_container("default", "p", "c", 3);
    cluster.server.restart_container("default", "p", "c");
    cluster.server.append_log("default", "p", "c", "two\n");
    // A follower reads its own run to the end, although it is the one before now.
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::Data("one\n".into()));
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::End);
    assert_eq!(log(&mut cluster, "previous=true"), (200, "one\n".into()));
    assert_eq!(log(&mut cluster, "follow=false"), (200, "two\n".into()));
    let status = cluster.get(&format!("{PODS}/p")).1["status"]["containerStatuses"][0].clone();
    assert_eq!((&status["restartCount"], &status["lastState"]["terminated"]["exitCode"]), (&json!(1), &json!(3)));
    // The kubelet is restarted: the response ends, the container runs on.
    let mut follow = cluster.watch(&format!("{PODS}/p/log?follow=true&tailLines=0"));
    cluster.server.restart_kubelet();
    assert_eq!(cluster.server.poll_watch(&mut follow.state, cluster.now), Chunk::End);
    // The API server drops the fraction of a second on the way to the kubelet.
    assert_eq!(log(&mut cluster, "sinceTime=2026-01-01T00:00:00.999999999Z").1, "two\n");
}

#[test]
fn silent_pods() {
    let mut cluster = Cluster::new();
    let mut body = pod("p");
    body["spec"]["containers"].as_array_mut().unwrap().push(json!({"name": "d", "image": "i"}));
    cluster.create(PODS, &body);
    let (code, status) = cluster.get(&format!("{PODS}/p/log"));
    assert_eq!(
        (code, &status["message"]),
        (400, &json!("a container name must be specified for pod p, choose one of: [c d]"))
    );
    let response = cluster.raw("GET", &format!("{PODS}/p/log?container=c"), &[], "");
    assert_eq!((response.status().as_u16(), response.body().len()), (204, 0), "not on a node yet");
    let (code, status) = cluster.get(&format!("{PODS}/p/exec?container=c&stdout=1&command=ls"));
    assert_eq!((code, &status["message"]), (400, &json!("pod p does not have a host assigned")));
    cluster.call("POST", &format!("{PODS}/p/binding"), &json!({"metadata": {"name": "p"}, "target": {"name": "n"}}));
    cluster.call(
        "PATCH",
        &format!("{PODS}/p/status"),
        &json!({"status": {"containerStatuses": [
        {"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}]}}),
    );
    let (code, status) = cluster.get(&format!("{PODS}/p/log?container=c"));
    assert_eq!(
        (code, &status["message"]),
        (400, &json!("container \"c\" in pod \"p\" is waiting to start: ContainerCreating"))
    );
    let (code, status) = cluster.get(&format!("{PODS}/p/exec?container=c&stdout=1&command=ls"));
    assert_eq!((code, &status["message"]), (400, &json!("Upgrade request required")));
}

#[test]
fn parts_of_a_pod_that_change_by_themselves() {
    let mut cluster = Cluster::new();
    let mut asking = pod("p");
    asking["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "1"}});
    cluster.create(PODS, &asking);
    let debug = json!({"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox"}]}});
    let (code, object) = cluster.patch("strategic-merge", &format!("{PODS}/p/ephemeralcontainers"), &debug);
    assert_eq!((code, &object["spec"]["ephemeralContainers"][0]["name"]), (200, &json!("debug")));
    let resize =
        json!({"spec": {"containers": [{"name": "c", "image": "other", "resources": {"requests": {"cpu": "2"}}}]}});
    let (code, object) = cluster.patch("strategic-merge", &format!("{PODS}/p/resize"), &resize);
    let container = &object["spec"]["containers"][0];
    assert_eq!(
        (code, &container["resources"]["requests"]["cpu"], &container["image"]),
        (200, &json!("2"), &json!("i"))
    );
    // The quality of service must stay.
    let limits = json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "1", "memory": "1"}}}]}});
    let (code, status) = cluster.patch("strategic-merge", &format!("{PODS}/p/resize"), &limits);
    assert_eq!((code, &status["details"]["causes"][0]["field"]), (422, &json!("spec")), "{status}");
}

#[test]
fn a_signing_request_is_approved() {
    let mut cluster = Cluster::new();
    let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    let object = cluster.create(requests, &json!({"metadata": {"name": "r"}, "spec": {"request": "eA==", "signerName": "x.io/y", "usages": ["client auth"]}}));
    assert_eq!(object["spec"]["username"], "admin");
    let mut approved = object;
    approved["status"]["conditions"] = json!([{"type": "Approved", "status": "True", "reason": "ok"}]);
    let (code, object) = cluster.call("PUT", &format!("{requests}/r/approval"), &approved);
    assert_eq!((code, &object["status"]["conditions"][0]["type"]), (200, &json!("Approved")));
}

#[test]
fn a_namespace_is_finalized() {
    let mut cluster = Cluster::new();
    cluster.create(
        "/api/v1/namespaces",
        &json!({"metadata": {"name": "x"}, "spec": {"finalizers": ["kubernetes", "me.io/too"]}}),
    );
    cluster.call("DELETE", "/api/v1/namespaces/x", &Value::Null);
    let (code, mut namespace) = cluster.get("/api/v1/namespaces/x");
    assert_eq!((code, &namespace["status"]["phase"]), (200, &json!("Terminating")));
    namespace["spec"]["finalizers"] = json!([]);
    let (code, _) = cluster.call("PUT", "/api/v1/namespaces/x/finalize", &namespace);
    assert_eq!((code, cluster.get("/api/v1/namespaces/x").0), (200, 404));
}
