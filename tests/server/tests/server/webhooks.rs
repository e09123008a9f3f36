//! Webhooks that the server calls, hosted in the test.

use bytes::Bytes;
use http::Request;
use kube_proto::admission::{
    Answer, Backend, Conversions, Handlers, Operation, Review, Rule, Webhook, WebhookConfiguration, converting,
    mutating, mutating_async, validating,
};
use kube_proto::api::{JsonPatch, LabelSelector};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_test_server::{CallFault, Identity, Options, Progress, Server};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use super::support::{Cluster, START};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

type Log = Arc<Mutex<Vec<String>>>;

fn maps() -> ApiResource {
    ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)
}

fn on(operations: impl IntoIterator<Item = Operation>) -> Rule {
    Rule::on(&maps(), operations)
}

fn map(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"k": "v"}})
}

/// A handler that notes its calls, and adds a label with its own name once.
fn labels(log: &Log, name: &'static str) -> kube_proto::admission::Handler {
    let log = Arc::clone(log);
    mutating(move |mut review: Review<DynamicObject>| {
        log.lock().unwrap().push(name.to_owned());
        if let Some(object) = &mut review.object {
            object.metadata.labels.insert(name.into(), "x".into());
        }
        review.changed()
    })
}

fn mutating_of(name: &str, webhooks: impl IntoIterator<Item = Webhook>) -> DynamicObject {
    let start = WebhookConfiguration::mutating(name, Backend::service("shop", "hook"));
    webhooks.into_iter().fold(start, WebhookConfiguration::webhook).object()
}

fn validating_of(name: &str, webhooks: impl IntoIterator<Item = Webhook>) -> DynamicObject {
    let start = WebhookConfiguration::validating(name, Backend::service("shop", "hook"));
    webhooks.into_iter().fold(start, WebhookConfiguration::webhook).object()
}

fn hooked(handlers: Handlers, configurations: &[DynamicObject]) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.server.host_webhooks("hook.shop.svc", handlers);
    for configuration in configurations {
        let (code, answer) = cluster.server.submit(configuration);
        assert_eq!(code, 201, "{answer}");
    }
    cluster
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[test]
fn mutating_webhooks_come_by_name_and_are_called_again_once() {
    let log = Log::default();
    let handlers = Handlers::new().at("/a", labels(&log, "a")).at("/b", labels(&log, "b")).at("/c", labels(&log, "c"));
    let hook =
        |name: &str| Webhook::new(format!("{name}.example.com"), format!("/{name}")).rule(on([Operation::Create]));
    // The order of their creation does not count; that of one configuration does.
    let configurations =
        [mutating_of("2", [hook("c").reinvoke()]), mutating_of("1", [hook("b").reinvoke(), hook("a")])];
    let mut cluster = hooked(handlers, &configurations);
    let created = cluster.create(MAPS, &map("m"));
    assert_eq!(created["metadata"]["labels"], json!({"a": "x", "b": "x", "c": "x"}));
    // `b` once more, because `a` and `c` have changed the object after it. No webhook has changed it after `c`.
    assert_eq!(taken(&log), ["b", "a", "c", "b"]);
    // The owner of what a webhook has set on a create is none.
    let owned = created["metadata"]["managedFields"].to_string();
    assert!(owned.contains("f:data") && !owned.contains("f:labels"), "{owned}");
    let audited = cluster.server.take_audited();
    let [audited] = &audited[..] else { panic!("{audited:?}") };
    let keys: Vec<&str> = audited.annotations.keys().map(|key| key.rsplit('/').next().unwrap()).collect();
    assert_eq!(keys, ["round_0_index_0", "round_0_index_1", "round_0_index_2", "round_1_index_0"]);
    assert!(audited.annotations.values().filter(|value| value.contains("\"mutated\":true")).count() == 3);
}

#[test]
fn the_request_is_judged_as_it_will_be_stored() {
    let log = Log::default();
    let note = |what: &'static str| {
        let log = Arc::clone(&log);
        move |review: &Review<DynamicObject>| {
            let object = serde_json::to_value(&review.object).unwrap();
            let old = serde_json::to_value(&review.old_object).unwrap();
            let has = |value: &Value, pointer: &str| u8::from(value.pointer(pointer).is_some());
            log.lock().unwrap().push(format!(
                "{what} {:?} {} uid{} owners{} old{} {} dry={} {}",
                review.operation,
                if review.name.is_empty() { "-" } else { "named" },
                has(&object, "/metadata/uid"),
                has(&object, "/metadata/managedFields"),
                u8::from(!old.is_null()),
                review.subresource,
                review.dry_run,
                review.options["kind"].as_str().unwrap_or_default(),
            ));
        }
    };
    let (first, second) = (note("m"), note("v"));
    let handlers = Handlers::new()
        .at(
            "/m",
            mutating(move |review: Review<DynamicObject>| {
                first(&review);
                Answer::allow()
            }),
        )
        .at(
            "/v",
            validating(move |review: Review<DynamicObject>| {
                second(&review);
                Answer::allow()
            }),
        );
    let all = || on([Operation::Create, Operation::Update, Operation::Delete]);
    let mut cluster = hooked(
        handlers,
        &[
            mutating_of("m", [Webhook::new("m.example.com", "/m").rule(all())]),
            validating_of("v", [Webhook::new("v.example.com", "/v").rule(all())]),
        ],
    );
    let created = cluster.create(MAPS, &json!({"metadata": {"generateName": "g-"}}));
    // A validating webhook sees the name and the uid that the server has given.
    assert_eq!(
        taken(&log),
        [
            "m Create - uid0 owners1 old0  dry=false CreateOptions",
            "v Create named uid1 owners1 old0  dry=false CreateOptions"
        ]
    );
    let path = format!("{MAPS}/{}", created["metadata"]["name"].as_str().unwrap());
    cluster.call("PATCH", &path, &json!({"data": {"a": "b"}}));
    assert_eq!(
        taken(&log),
        [
            "m Update named uid1 owners1 old1  dry=false UpdateOptions",
            "v Update named uid1 owners1 old1  dry=false UpdateOptions"
        ]
    );
    assert_eq!(cluster.call("DELETE", &format!("{path}?dryRun=All"), &Value::Null).0, 200);
    assert_eq!(cluster.call("DELETE", MAPS, &Value::Null).0, 200);
    assert_eq!(
        taken(&log),
        [
            "m Delete named uid0 owners0 old1  dry=true DeleteOptions",
            "v Delete named uid0 owners0 old1  dry=true DeleteOptions",
            "m Delete - uid0 owners0 old1  dry=false DeleteOptions",
            "v Delete - uid0 owners0 old1  dry=false DeleteOptions",
        ]
    );
    // Configurations themselves are never sent.
    let any = json!({"apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"], "operations": ["*"]});
    let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/v";
    let (code, _) =
        cluster.patch("json", path, &json!([{"op": "replace", "path": "/webhooks/0/rules", "value": [any]}]));
    assert_eq!(code, 200);
    assert_eq!(cluster.call("DELETE", path, &Value::Null).0, 200);
    assert_eq!(taken(&log), [""; 0]);
}

#[test]
fn failures_denials_and_dry_runs() {
    let handlers = Handlers::new()
        .at("/deny", validating(|_: Review<DynamicObject>| Answer::deny("no").invalid("data.k", "bad")))
        .at("/warn", validating(|_: Review<DynamicObject>| Answer::allow().warn("odd").audit("k", "v")))
        .at("/fail", validating(|_: Review<DynamicObject>| Answer::fail("away")))
        .at("/wait", mutating_async(|_: Review<DynamicObject>| std::future::pending::<Answer>()))
        .at("/remove", mutating(|_: Review<DynamicObject>| Answer::allow().patch(JsonPatch::new().remove("/data/x"))));
    let hook = |path: &str| Webhook::new("a.example.com", path).rule(on([Operation::Create]));
    let run = |configuration: DynamicObject, target: &str| {
        let mut cluster = hooked(handlers.clone(), &[configuration]);
        let media = [("content-type", "application/json")];
        let response = cluster.raw("POST", target, &media, &map("m").to_string());
        let warning = response.headers().get("warning").map(|value| value.to_str().unwrap().to_owned());
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), body, warning, cluster.server.take_audited())
    };
    let failed = "Internal error occurred: failed calling webhook \"a.example.com\": failed to call webhook: ";
    let (code, status, ..) = run(validating_of("v", [hook("/deny")]), MAPS);
    assert_eq!(
        (code, &status["reason"], &status["message"], &status["details"]["causes"][0]["field"]),
        (
            422,
            &json!("Invalid"),
            &json!("admission webhook \"a.example.com\" denied the request: no"),
            &json!("data.k")
        )
    );
    let (code, _, warning, audited) = run(validating_of("v", [hook("/warn")]), MAPS);
    assert_eq!((code, warning.as_deref()), (201, Some("299 - \"odd\"")));
    assert_eq!(audited[0].annotations["a.example.com/k"], "v");
    for (configuration, text) in [
        (
            validating_of("v", [hook("/fail")]),
            "an error on the server (\"away\") has prevented the request from succeeding",
        ),
        (
            mutating_of("m", [hook("/wait")]),
            "Post \"https://hook.shop.svc:443/wait?timeout=10s\": context deadline exceeded",
        ),
        (validating_of("v", [hook("/none")]), "the server could not find the requested resource"),
    ] {
        let (code, status, ..) = run(configuration.clone(), MAPS);
        assert_eq!((code, status["message"].as_str().unwrap()), (500, &*format!("{failed}{text}")));
        let mut ignoring = serde_json::to_value(&configuration).unwrap();
        ignoring["webhooks"][0]["failurePolicy"] = "Ignore".into();
        let (code, _, _, audited) = run(serde_json::from_value(ignoring).unwrap(), MAPS);
        assert_eq!(code, 201);
        assert!(audited[0].annotations.keys().any(|key| key.starts_with("failed-open.")), "{audited:?}");
    }
    // A patch that does not apply is never ignored.
    let (code, ..) = run(mutating_of("m", [hook("/remove").ignore_failures()]), MAPS);
    assert_eq!(code, 500);
    // No call for a dry run with side effects.
    let mut effects = serde_json::to_value(validating_of("v", [hook("/deny")])).unwrap();
    effects["webhooks"][0]["sideEffects"] = "Some".into();
    let (code, status, ..) = run(serde_json::from_value(effects).unwrap(), &format!("{MAPS}?dryRun=All"));
    assert_eq!(
        (code, &status["message"]),
        (400, &json!("admission webhook \"a.example.com\" does not support dry run"))
    );
    assert_eq!(
        run(validating_of("v", [hook("/deny").side_effects_but_on_dry_run()]), &format!("{MAPS}?dryRun=All")).0,
        422
    );
}

#[test]
fn rules_selectors_and_versions_choose() {
    let log = Log::default();
    let note = Arc::clone(&log);
    let handlers = Handlers::new().at(
        "/",
        validating(move |review: Review<DynamicObject>| {
            note.lock().unwrap().push(format!("{} {}", review.kind, review.request_kind));
            Answer::allow()
        }),
    );
    let labelled: LabelSelector = "a=b".parse().unwrap();
    let only = |webhook: Webhook| hooked(handlers.clone(), &[validating_of("v", [webhook])]);
    let hook = || Webhook::new("v.example.com", "/").rule(on([Operation::Create]));
    let mut cluster = only(hook().objects(labelled.clone()));
    cluster.create(MAPS, &map("m"));
    assert_eq!(taken(&log), [""; 0]);
    cluster.create(MAPS, &json!({"metadata": {"name": "n", "labels": {"a": "b"}}}));
    assert_eq!(taken(&log), ["v1 ConfigMap v1 ConfigMap"]);
    let mut cluster = only(hook().namespaces(labelled));
    cluster.create(MAPS, &map("m"));
    assert_eq!(taken(&log), [""; 0]);
    cluster.call("PATCH", "/api/v1/namespaces/default", &json!({"metadata": {"labels": {"a": "b"}}}));
    cluster.create(MAPS, &map("n"));
    assert_eq!(taken(&log).len(), 1);
    // The namespace of the webhook's own service is left out.
    cluster.create("/api/v1/namespaces", &json!({"metadata": {"name": "shop", "labels": {"a": "b"}}}));
    cluster.create("/api/v1/namespaces/shop/configmaps", &map("n"));
    assert_eq!(taken(&log), [""; 0]);
    // An old version is sent as the rule has it, unless the policy is exact.
    let scalers =
        ApiResource::new("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", Scope::Namespaced);
    let hook = || Webhook::new("v.example.com", "/").rule(Rule::on(&scalers, [Operation::Create]));
    let old = json!({"metadata": {"name": "s"}, "spec": {"maxReplicas": 3,
        "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}}});
    let path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
    only(hook()).create(path, &old);
    assert_eq!(taken(&log), ["autoscaling/v2 HorizontalPodAutoscaler autoscaling/v1 HorizontalPodAutoscaler"]);
    only(hook().exact()).create(path, &old);
    assert_eq!(taken(&log), [""; 0]);
}

fn timers(conversion: bool) -> (Cluster, Log) {
    let log = Log::default();
    let note = Arc::clone(&log);
    let conversions = Conversions::new("example.com", "Timer")
        .pair("v1", "v2", move |mut object: Value| {
            note.lock().unwrap().push("up".into());
            let seconds = object["spec"]["seconds"].as_u64().ok_or("spec.seconds is no number")?;
            object["spec"] = json!({"every": format!("{seconds}s")});
            Ok::<_, &str>(object)
        })
        .pair("v2", "v1", |mut object: Value| {
            let every = object["spec"]["every"].as_str().and_then(|every| every.strip_suffix('s')?.parse::<u64>().ok());
            object["spec"] = json!({"seconds": every.ok_or("spec.every is not a number of seconds")?});
            Ok::<_, &str>(object)
        });
    let mut cluster = hooked(Handlers::new().at("/convert", converting(conversions)), &[]);
    let version = |name: &str, stored: bool, field: &str, kind: &str| {
        json!({"name": name, "served": true, "storage": stored, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {
                "spec": {"type": "object", "properties": {field: {"type": kind}}},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            },
        }}})
    };
    let mut spec = json!({
        "group": "example.com", "scope": "Namespaced",
        "names": {"plural": "timers", "singular": "timer", "kind": "Timer"},
        "versions": [version("v1", true, "seconds", "integer"), version("v2", false, "every", "string")],
    });
    if conversion {
        spec["conversion"] = Backend::service("shop", "hook").conversion("/convert");
    }
    cluster.create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        &json!({"metadata": {"name": "timers.example.com"}, "spec": spec}),
    );
    (cluster, log)
}

fn timer(version: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("example.com/{version}"), "kind": "Timer", "metadata": {"name": name}, "spec": spec})
}

#[test]
fn stored_objects_are_converted_on_the_way_in_and_out() {
    let (mut cluster, log) = timers(true);
    let path = |version: &str| format!("/apis/example.com/{version}/namespaces/default/timers");
    let (v1, v2) = (path("v1"), path("v2"));
    let first = cluster.create(&v1, &timer("v1", "old", &json!({"seconds": 60})));
    let second = cluster.create(&v2, &timer("v2", "new", &json!({"every": "5s", "unknown": 1})));
    assert_eq!((&first["spec"], &second["spec"]), (&json!({"seconds": 60}), &json!({"every": "5s"})));
    assert_eq!(second["apiVersion"], "example.com/v2");
    assert_eq!(cluster.get(&format!("{v1}/new")).1["spec"], json!({"seconds": 5}));
    assert_eq!(cluster.get(&format!("{v2}/old")).1["spec"], json!({"every": "60s"}));
    let list = cluster.get(&v2).1;
    assert_eq!(list["items"][0]["spec"], json!({"every": "5s"}));
    assert_eq!(list["items"][1]["spec"], json!({"every": "60s"}));
    // Updates, patches, applies and the status go through it, too.
    let mut next = cluster.get(&format!("{v2}/old")).1;
    next["spec"]["every"] = "61s".into();
    let (code, replaced) = cluster.call("PUT", &format!("{v2}/old"), &next);
    assert_eq!(
        (code, &replaced["spec"], &replaced["metadata"]["generation"]),
        (200, &json!({"every": "61s"}), &json!(2))
    );
    let (code, patched) = cluster.call("PATCH", &format!("{v2}/old"), &json!({"spec": {"every": "62s"}}));
    assert_eq!((code, &patched["spec"]), (200, &json!({"every": "62s"})));
    let applied = timer("v2", "old", &json!({"every": "63s"}));
    let (code, answer) = cluster.patch("apply", &format!("{v2}/old?fieldManager=f&force=true"), &applied);
    assert_eq!((code, &answer["spec"]), (200, &json!({"every": "63s"})), "{answer}");
    let (code, answer) = cluster.call("PATCH", &format!("{v2}/old/status"), &json!({"status": {"runs": 1}}));
    assert_eq!(code, 200, "{answer}");
    assert_eq!(cluster.get(&format!("{v1}/old")).1["spec"], json!({"seconds": 63}));
    // What cannot be converted is not stored.
    let (code, status) = cluster.call("POST", &v2, &timer("v2", "bad", &json!({"every": "often"})));
    let message = "conversion webhook for example.com/v2, Kind=Timer failed: Timer default/bad cannot be converted from v2 \
                   to v1: spec.every is not a number of seconds";
    assert_eq!((code, status["message"].as_str().unwrap()), (500, message));
    assert_eq!(cluster.get(&format!("{v1}/bad")).0, 404);
    // A watch converts what comes.
    let mut watch = cluster.watch(&format!("{v2}?watch=true"));
    assert_eq!(cluster.event(&mut watch)["object"]["spec"]["every"], "5s");
    assert_eq!(cluster.event(&mut watch)["object"]["spec"]["every"], "63s");
    cluster.create(&v1, &timer("v1", "third", &json!({"seconds": 7})));
    assert_eq!(cluster.event(&mut watch)["object"]["spec"]["every"], "7s");
    assert_eq!(cluster.call("DELETE", &format!("{v2}/third"), &Value::Null).0, 200);
    let event = cluster.event(&mut watch);
    assert_eq!((&event["type"], &event["object"]["spec"]["every"]), (&json!("DELETED"), &json!("7s")));
    assert!(!taken(&log).is_empty());
}

#[test]
fn without_a_webhook_only_the_version_changes() {
    let (mut cluster, _) = timers(false);
    cluster.create("/apis/example.com/v1/namespaces/default/timers", &timer("v1", "a", &json!({"seconds": 1})));
    let (code, shown) = cluster.get("/apis/example.com/v2/namespaces/default/timers/a");
    assert_eq!((code, &shown["apiVersion"]), (200, &json!("example.com/v2")));
}

/// Over a network a call takes its time: what happened meanwhile counts.
#[test]
fn a_request_that_waits_sees_what_has_changed_meanwhile() {
    let configuration = mutating_of("m", [Webhook::new("m.example.com", "/m").rule(on([Operation::Update]))]);
    let mut server = Server::new(Options::default());
    assert_eq!(server.submit(&configuration).0, 201);
    let object = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}, "data": {"k": value}});
    assert_eq!(server.submit(&object("1")).0, 201);
    let patch = |body: Value| {
        Request::patch(format!("{MAPS}/a"))
            .header("content-type", "application/merge-patch+json")
            .body(Bytes::from(body.to_string()))
            .unwrap()
    };
    let suspended = |progress: Progress| match progress {
        Progress::Calls(suspended) => suspended,
        Progress::Done(reply) => panic!("{reply:?}"),
    };
    let old = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["request"]["oldObject"]["data"].clone();
    let first = suspended(server.begin(patch(json!({"data": {"a": "1"}})), &Identity::admin(), START));
    assert_eq!(first.calls()[0].url(), "https://hook.shop.svc:443/m?timeout=10s");
    let version = server.version();
    let second = suspended(server.begin(patch(json!({"data": {"b": "2"}})), &Identity::admin(), START));
    assert_eq!(server.version(), version, "nothing is stored");
    let yes = |call: &kube_test_server::WebhookCall| {
        let review: Value = serde_json::from_slice(call.body()).unwrap();
        let answer = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": {"uid": review["request"]["uid"], "allowed": true}});
        Ok(http::Response::new(Bytes::from(answer.to_string())))
    };
    let answers = vec![yes(&second.calls()[0])];
    assert!(matches!(server.resume(second, answers, START), Progress::Done(reply) if reply.status() == 200));
    let answers = vec![yes(&first.calls()[0])];
    // The object has changed: the webhook is asked again, about the new one.
    let first = suspended(server.resume(first, answers, START));
    assert_eq!(old(first.calls()[0].body()), json!({"k": "1", "b": "2"}));
    let answers = vec![yes(&first.calls()[0])];
    assert!(matches!(server.resume(first, answers, START), Progress::Done(reply) if reply.status() == 200));
    let late = suspended(server.begin(patch(json!({"data": {"c": "3"}})), &Identity::admin(), START));
    assert!(!format!("{late:?}").contains("\"c\""), "bodies are not shown");
    let reply = server.resume(late, vec![Err(CallFault::Refused)], START);
    let Progress::Done(reply) = reply else { panic!() };
    let text = String::from_utf8(reply.response().unwrap().into_body().to_vec()).unwrap();
    assert!(text.contains("dial tcp hook.shop.svc:443: connect: connection refused"), "{text}");
}

#[test]
fn subresources_have_their_own_objects() {
    let log = Log::default();
    let note = Arc::clone(&log);
    let handlers = Handlers::new().at(
        "/",
        mutating(move |mut review: Review<DynamicObject>| {
            let command =
                review.object.as_ref().and_then(|object| object.data.get("command").cloned()).unwrap_or_default();
            note.lock()
                .unwrap()
                .push(format!("{} {} {:?} {command}", review.kind, review.subresource, review.operation));
            match &mut review.object {
                Some(object) if review.subresource == "scale" => {
                    object.data["spec"]["replicas"] = 7.into();
                    review.changed()
                }
                _ => Answer::allow(),
            }
        }),
    );
    let deployments = ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
    let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
    let webhook = Webhook::new("s.example.com", "/")
        .rule(Rule::on(&deployments, [Operation::Update]).subresources(["scale", "status"]))
        .rule(Rule::on(&pods, [Operation::Connect, Operation::Create]).subresources(["exec", "eviction"]));
    let mut cluster = hooked(handlers, &[mutating_of("m", [webhook])]);
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let spec = json!({"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template});
    cluster.create(path, &json!({"metadata": {"name": "d"}, "spec": spec}));
    let (code, scale) = cluster.call("PATCH", &format!("{path}/d/scale"), &json!({"spec": {"replicas": 3}}));
    assert_eq!((code, &scale["spec"]["replicas"]), (200, &json!(7)));
    assert_eq!(cluster.call("PATCH", &format!("{path}/d/status"), &json!({"status": {"replicas": 3}})).0, 200);
    cluster.create(
        "/api/v1/namespaces/default/pods",
        &json!({"metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}}),
    );
    cluster.get("/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdout=true");
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    assert_eq!(cluster.call("POST", "/api/v1/namespaces/default/pods/p/eviction", &eviction).0, 201);
    assert_eq!(
        taken(&log),
        [
            "autoscaling/v1 Scale scale Update null",
            "apps/v1 Deployment status Update null",
            "v1 PodExecOptions exec Connect [\"ls\",\"-l\"]",
            "policy/v1 Eviction eviction Create null",
        ]
    );
}
