//! Webhooks that an API server calls: served by each transport, configured by code.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::ConfigMap;
use kube_proto::Api;
use kube_proto::admission::{
    Answer, Backend, Conversions, Handlers, Operation, Review, Rule, Webhook, WebhookConfiguration, converting,
    mutating, validating, validating_async,
};
use kube_proto::api::{DeleteParams, ExecParams, LabelSelector, ListParams, Patch, PatchParams, WriteParams};
use kube_proto::config::Secret;
use kube_proto::driver::wire::tls::{ServerIdentity, ServerTls, provider};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_test_server::serve::{Authority, Issued};
use serde_json::{Value, json};

use super::support::*;
use crate::context::Context;
use crate::rows::{Need, Row, row};

const NODE: &[Need] = &[Need::Node];

pub(crate) const ROWS: &[Row] = &[
    row!(created_updated_and_deleted),
    row!(changes_denials_and_warnings),
    row!(failures_and_their_policy),
    row!(killed_and_started_again),
    row!(subresources),
    row!(the_status_subresource),
    row!(connections).needs(NODE),
    row!(conditions_and_selectors).real(),
    row!(stored_objects_are_converted),
    row!(a_thousand_creates_while_certificates_rotate),
];

/// A webhook server that runs, and how an API server reaches it.
struct Hook {
    authority: Authority,
    issued: Issued,
    identity: ServerIdentity,
    port: u16,
    stop: Mutex<Box<dyn Fn() + Send + Sync>>,
}

impl Hook {
    fn start(cx: &Context, handlers: &Handlers) -> Self {
        let authority = Authority::new("webhooks").unwrap();
        let issued = authority.server(&["127.0.0.1".to_owned()]).unwrap();
        let identity =
            ServerIdentity::new(issued.certificate.as_bytes(), &Secret::new(issued.key.as_str()), provider().unwrap());
        let identity = identity.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Mutex::new(cx.serve(listener, ServerTls::new(identity.clone()), handlers.clone()));
        Self { authority, issued, identity, port, stop }
    }

    fn again(&self, cx: &Context, handlers: &Handlers) {
        let listener = cx.eventually("the port is free", || TcpListener::bind(("127.0.0.1", self.port)).ok());
        *self.stop.lock().unwrap() = cx.serve(listener, ServerTls::new(self.identity.clone()), handlers.clone());
    }

    fn stop(&self) {
        self.stop.lock().unwrap()();
    }

    fn backend(&self) -> Backend {
        Backend::url(format!("https://127.0.0.1:{}", self.port)).ca_bundle(self.authority.pem())
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Only this row's namespace.
fn here(cx: &Context) -> LabelSelector {
    LabelSelector::new().equals("kubernetes.io/metadata.name", cx.namespace()).unwrap()
}

/// Writes a configuration, and waits until it has an effect: until `seen` says so after a write of a probe.
fn apply(cx: &Context, configuration: &WebhookConfiguration, handlers: &Handlers) {
    assert_eq!(configuration.problems(Some(handlers)), [""; 0]);
    let resource = configuration.resource();
    let object = configuration.object();
    let name = object.metadata.name.clone().unwrap();
    cx.remove_later(format!("/apis/admissionregistration.k8s.io/v1/{}/{name}", resource.plural));
    let manager = PatchParams::default().field_manager("test");
    cx.call(Api::<DynamicObject>::dynamic(resource).patch(&name, &Patch::apply(&object), &manager)).unwrap();
}

fn config_maps_on(operations: impl IntoIterator<Item = Operation>) -> Rule {
    Rule::of::<ConfigMap>(operations)
}

/// The name of a webhook of this row.
fn hook_name(cx: &Context, name: &str) -> String {
    format!("{name}.{}.example.com", cx.unique("w"))
}

/// Writes until the webhook, which counts its calls, has been called.
fn called(cx: &Context, calls: &AtomicUsize) {
    let params = WriteParams::default().dry_run();
    cx.eventually("the webhook is called", || {
        let _ = cx.call(config_maps(cx).create(&config_map("probe", "a", "b"), &params));
        (calls.load(Ordering::Relaxed) > 0).then_some(())
    });
}

fn created_updated_and_deleted(cx: &Context) {
    let seen = Arc::new(Mutex::new(Vec::<String>::new()));
    let calls = Arc::new(AtomicUsize::new(0));
    let handlers = Handlers::new().at("/", {
        let (seen, calls) = (Arc::clone(&seen), Arc::clone(&calls));
        validating(move |review: Review<ConfigMap>| {
            calls.fetch_add(1, Ordering::Relaxed);
            // A controller writes into every namespace, too.
            if review.name == "a" {
                let value = |object: &Option<ConfigMap>| {
                    object.as_ref().map_or("-".to_owned(), |object| object.data.as_ref().unwrap()["k"].clone())
                };
                let (new, old) = (value(&review.object), value(&review.old_object));
                let dry = if review.dry_run { " dry" } else { "" };
                let options = review.options["kind"].as_str().unwrap_or_default();
                seen.lock().unwrap().push(format!("{:?} {new} {old}{dry} {options}", review.operation));
                assert_eq!((&*review.namespace, &*review.resource.resource), (&*review.namespace, "configmaps"));
                assert!(!review.user.username.is_empty() && review.version() == "admission.k8s.io/v1");
                assert_eq!(review.request_kind, review.kind);
                assert_eq!(review.time.as_secs(), 9);
            }
            Answer::allow()
        })
    });
    let hook = Hook::start(cx, &handlers);
    let all = [Operation::Create, Operation::Update, Operation::Delete];
    let webhook = Webhook::new(hook_name(cx, "all"), "/").rule(config_maps_on(all)).namespaces(here(cx));
    apply(cx, &WebhookConfiguration::validating(cx.unique("v"), hook.backend()).webhook(webhook), &handlers);
    called(cx, &calls);

    let api = config_maps(cx);
    let dry = WriteParams::default().dry_run();
    cx.call(api.create(&config_map("a", "k", "0"), &dry)).unwrap();
    let mut object = cx.call(api.create(&config_map("a", "k", "1"), &WriteParams::default())).unwrap();
    object.data = config_map("a", "k", "2").data;
    cx.call(api.replace("a", &object, &WriteParams::default())).unwrap();
    cx.call(api.patch("a", &Patch::merge(&json!({"data": {"k": "3"}})), &PatchParams::default())).unwrap();
    cx.call(api.delete("a", &DeleteParams::default())).unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "Create 0 - dry CreateOptions",
            "Create 1 - CreateOptions",
            "Update 2 1 UpdateOptions",
            // Also for a patch.
            "Update 3 2 UpdateOptions",
            "Delete - 3 DeleteOptions",
        ]
    );
}

fn changes_denials_and_warnings(cx: &Context) {
    let calls = Arc::new(AtomicUsize::new(0));
    let handlers = Handlers::new()
        .at(
            "/default",
            mutating(|mut review: Review<ConfigMap>| {
                let object = review.object.as_mut().unwrap();
                object.metadata.labels.get_or_insert_default().insert("team".into(), "none".into());
                review.changed()
            }),
        )
        .at("/validate", {
            let calls = Arc::clone(&calls);
            validating(move |review: Review<ConfigMap>| {
                calls.fetch_add(1, Ordering::Relaxed);
                let object = review.object.unwrap();
                // What the mutating webhook has changed is there.
                assert_eq!(object.metadata.labels.unwrap()["team"], "none");
                match object.data.unwrap_or_default().get("k").map(String::as_str) {
                    Some("bad") => Answer::deny("the value is bad").invalid("data.k", "must not be bad"),
                    Some("odd") => Answer::allow().warn("the value is odd").audit("odd", "yes"),
                    _ => Answer::allow(),
                }
            })
        });
    let hook = Hook::start(cx, &handlers);
    let on = || config_maps_on([Operation::Create, Operation::Update]);
    let name = hook_name(cx, "validate");
    let webhook = Webhook::new(hook_name(cx, "default"), "/default").rule(on()).namespaces(here(cx));
    apply(cx, &WebhookConfiguration::mutating(cx.unique("m"), hook.backend()).webhook(webhook), &handlers);
    // The validating one asserts what the mutating one does, so that must be there first.
    let params = WriteParams::default().dry_run();
    cx.eventually("the mutating webhook is called", || {
        let object = cx.call(config_maps(cx).create(&config_map("probe", "a", "b"), &params)).unwrap();
        object.metadata.labels
    });
    let webhook = Webhook::new(name.as_str(), "/validate").rule(on()).namespaces(here(cx));
    apply(cx, &WebhookConfiguration::validating(cx.unique("v"), hook.backend()).webhook(webhook), &handlers);
    called(cx, &calls);

    let api = config_maps(cx);
    let created = cx.call(api.create(&config_map("a", "k", "good"), &WriteParams::default())).unwrap();
    assert_eq!(created.metadata.labels.unwrap()["team"], "none");
    assert!(created.metadata.managed_fields.is_some());
    let error = cx.call(api.create(&config_map("b", "k", "bad"), &WriteParams::default())).unwrap_err();
    says(&error, &[&format!("admission webhook {name:?} denied the request: the value is bad")]);
    let status = error.status().unwrap();
    assert!(status.is_invalid() && status.code == 422, "{status:?}");
    assert_eq!((&*status.causes()[0].field, &*status.causes()[0].message), ("data.k", "must not be bad"));
    let odd = cx.call(api.create(&config_map("c", "k", "odd"), &WriteParams::default()).with_info()).unwrap();
    assert_eq!(odd.info.warnings, ["the value is odd"]);
}

fn failures_and_their_policy(cx: &Context) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let handlers = Handlers::new()
        .at("/panic", validating(|review: Review<ConfigMap>| -> Answer { panic!("{}", review.name) }))
        .at("/error", validating(|_: Review<ConfigMap>| Err::<Answer, _>("the database is away")))
        .at("/never", validating_async(|_: Review<ConfigMap>| std::future::pending::<Answer>()))
        .at("/kind", validating(|_: Review<k8s_openapi::api::core::v1::Pod>| Answer::allow()))
        .at(
            "/count",
            validating(move |_: Review<ConfigMap>| {
                count.fetch_add(1, Ordering::Relaxed);
                Answer::allow()
            }),
        );
    let hook = Hook::start(cx, &handlers);
    let api = config_maps(cx);
    for (path, text) in [
        ("/panic", "the handler panicked"),
        ("/error", "the database is away"),
        // Before the API server gives up: it says more.
        ("/never", "the handler did not answer in time"),
        ("/kind", "this webhook takes v1 Pod, and the review is about v1 ConfigMap"),
    ] {
        for ignores in [false, true] {
            calls.store(0, Ordering::Relaxed);
            let name = hook_name(cx, "fails");
            let only = |webhook: Webhook| webhook.rule(config_maps_on([Operation::Create])).namespaces(here(cx));
            let mut failing = only(Webhook::new(name.as_str(), path).timeout(2))
                .condition("no-probe", "object.metadata.name != 'probe'");
            if ignores {
                failing = failing.ignore_failures();
            }
            let counting = only(Webhook::new(hook_name(cx, "counts"), "/count"));
            let configuration =
                WebhookConfiguration::validating(cx.unique("v"), hook.backend()).webhook(failing).webhook(counting);
            apply(cx, &configuration, &handlers);
            called(cx, &calls);
            let result = cx.call(api.create(&config_map(&cx.unique("c"), "k", "v"), &WriteParams::default()));
            match result {
                Ok(_) => assert!(ignores, "{path}"),
                Err(error) => {
                    assert!(!ignores && error.status().unwrap().is_internal_error(), "{path}: {error}");
                    says(&error, &[&format!("failed calling webhook {name:?}")]);
                    let message = error.to_string();
                    // On a loaded machine the answer may come too late after all.
                    let late = path == "/never" && message.contains("deadline exceeded");
                    assert!(late || message.contains(text), "no {text:?} in: {message}");
                }
            }
            let name = configuration.object().metadata.name.unwrap();
            let resource = Api::<DynamicObject>::dynamic(configuration.resource());
            cx.call(resource.delete(&name, &DeleteParams::default())).unwrap();
            cx.eventually("the webhook is no longer called", || {
                calls.store(0, Ordering::Relaxed);
                let params = WriteParams::default().dry_run();
                cx.call(api.create(&config_map("probe", "a", "b"), &params)).ok()?;
                (calls.load(Ordering::Relaxed) == 0).then_some(())
            });
        }
    }
}

fn killed_and_started_again(cx: &Context) {
    let calls = Arc::new(AtomicUsize::new(0));
    let handlers = Handlers::new().at("/", {
        let calls = Arc::clone(&calls);
        validating(move |_: Review<ConfigMap>| {
            calls.fetch_add(1, Ordering::Relaxed);
            Answer::allow()
        })
    });
    let hook = Hook::start(cx, &handlers);
    let webhook = Webhook::new(hook_name(cx, "up"), "/")
        .rule(config_maps_on([Operation::Create]))
        .namespaces(here(cx))
        .timeout(5);
    apply(cx, &WebhookConfiguration::validating(cx.unique("v"), hook.backend()).webhook(webhook), &handlers);
    called(cx, &calls);
    let api = config_maps(cx);
    let create = || cx.call(api.create(&config_map(&cx.unique("c"), "k", "v"), &WriteParams::default()));
    create().unwrap();
    hook.stop();
    // The listener closes a moment later.
    let error = cx.eventually("the webhook is away", || create().err());
    // A request on a connection that the API server had kept ends without an answer.
    let text = error.to_string();
    says(&error, &["failed calling webhook"]);
    assert!(["connection refused", "EOF", "connection reset"].iter().any(|why| text.contains(why)), "{text}");
    hook.again(cx, &handlers);
    cx.eventually("it is back", || {
        let before = calls.load(Ordering::Relaxed);
        create().ok()?;
        (calls.load(Ordering::Relaxed) > before).then_some(())
    });
}

fn subresources(cx: &Context) {
    let seen = Arc::new(Mutex::new(Vec::<String>::new()));
    let handlers = Handlers::new().at("/", {
        let seen = Arc::clone(&seen);
        mutating(move |review: Review<DynamicObject>| {
            seen.lock().unwrap().push(format!("{} {} {}", review.kind, review.resource.resource, review.subresource));
            match (&*review.subresource, &review.object) {
                ("scale", Some(object)) if object.data["spec"]["replicas"].as_u64() > Some(5) => {
                    Answer::deny("five are enough").status(409, "Conflict")
                }
                _ => Answer::allow(),
            }
        })
    });
    let hook = Hook::start(cx, &handlers);
    let deployments = ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
    let rule = Rule::on(&deployments, [Operation::Create, Operation::Update]).and_subresources(["scale", "status"]);
    let webhook = Webhook::new(hook_name(cx, "scale"), "/").rule(rule).namespaces(here(cx));
    apply(cx, &WebhookConfiguration::mutating(cx.unique("m"), hook.backend()).webhook(webhook), &handlers);
    let api = dynamic(cx, "apps/v1", "Deployment", "deployments");
    cx.eventually("the webhook is called", || {
        let params = WriteParams::default().dry_run();
        let object: DynamicObject = object(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "probe"}, "spec": deployment_spec(0),
        }));
        cx.call(api.create(&object, &params)).unwrap();
        seen.lock().unwrap().pop()
    });
    create(cx, &api, json!({"metadata": {"name": "a"}, "spec": deployment_spec(0)}));
    let scale = |replicas: i32| {
        let patch = Patch::merge(&json!({"spec": {"replicas": replicas}}));
        cx.call(api.scale().patch("a", &patch, &PatchParams::default()))
    };
    assert_eq!(scale(0).unwrap().spec.replicas, 0);
    let error = scale(6).unwrap_err();
    says(&error, &["denied the request: five are enough"]);
    assert!(error.status().unwrap().is_conflict());
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|one| one == "autoscaling/v1 Scale deployments scale"), "{seen:?}");
    // The controller writes the status.
    assert!(seen.iter().any(|one| one == "apps/v1 Deployment deployments "), "{seen:?}");
}

fn the_status_subresource(cx: &Context) {
    let calls = Arc::new(AtomicUsize::new(0));
    let handlers = Handlers::new().at("/", {
        let calls = Arc::clone(&calls);
        mutating(move |mut review: Review<DynamicObject>| {
            calls.fetch_add(1, Ordering::Relaxed);
            assert_eq!((&*review.subresource, &*review.kind.kind), ("status", "Pod"));
            assert_eq!(review.old_object.as_ref().unwrap().metadata.name.as_deref(), Some("a"));
            let status = &mut review.object.as_mut().unwrap().data["status"];
            if status["message"] == "bad" {
                return Answer::deny("that is no message");
            }
            status["reason"] = "Seen".into();
            review.changed()
        })
    });
    let hook = Hook::start(cx, &handlers);
    let api = dynamic(cx, "v1", "Pod", "pods");
    create(
        cx,
        &api,
        json!({"metadata": {"name": "a"}, "spec": {"schedulerName": "none", "containers": [{"name": "c", "image": "i"}]}}),
    );
    let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
    let rule = Rule::on(&pods, [Operation::Update]).subresources(["status"]);
    let webhook = Webhook::new(hook_name(cx, "status"), "/").rule(rule).namespaces(here(cx));
    apply(cx, &WebhookConfiguration::mutating(cx.unique("m"), hook.backend()).webhook(webhook), &handlers);
    let write = |message: &str| {
        let patch = Patch::merge(&json!({"status": {"message": message}}));
        cx.call(api.status().patch("a", &patch, &PatchParams::default()))
    };
    cx.eventually("the webhook is called", || {
        write("probe").unwrap();
        (calls.load(Ordering::Relaxed) > 0).then_some(())
    });
    let status = write("good").unwrap().data["status"].clone();
    assert_eq!((&status["message"], &status["reason"]), (&json!("good"), &json!("Seen")));
    says(&write("bad").unwrap_err(), &["denied the request: that is no message"]);
    // The object itself is not this webhook's.
    let before = calls.load(Ordering::Relaxed);
    let patch = Patch::merge(&json!({"metadata": {"labels": {"a": "b"}}}));
    cx.call(api.patch("a", &patch, &PatchParams::default())).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), before);
}

fn connections(cx: &Context) {
    let seen = Arc::new(Mutex::new(Vec::<String>::new()));
    let handlers = Handlers::new().at("/", {
        let seen = Arc::clone(&seen);
        validating(move |review: Review<DynamicObject>| {
            let options = review.object.unwrap();
            let command = options.data["command"].to_string();
            seen.lock()
                .unwrap()
                .push(format!("{:?} {} {} {command}", review.operation, review.subresource, options.kind));
            if command.contains("secret") { Answer::deny("not that") } else { Answer::allow() }
        })
    });
    let hook = Hook::start(cx, &handlers);
    let api = super::exec::pod(cx, false);
    let pods = ApiResource::new("v1", "Pod", "pods", Scope::Namespaced);
    let webhook = Webhook::new(hook_name(cx, "exec"), "/")
        .rule(Rule::on(&pods, [Operation::Connect]).subresources(["exec"]))
        .namespaces(here(cx));
    apply(cx, &WebhookConfiguration::validating(cx.unique("v"), hook.backend()).webhook(webhook), &handlers);
    let run = |word: &str| cx.output(api.exec("a", &ExecParams::run(["echo", word])), 1 << 16);
    cx.eventually("the webhook is called", || {
        run("hello").unwrap();
        seen.lock().unwrap().pop()
    });
    assert_eq!(run("hello").unwrap().stdout, b"hello\n");
    let error = run("secret").unwrap_err();
    says(&error, &["denied the request: not that"]);
    assert_eq!(seen.lock().unwrap()[0], r#"Connect exec PodExecOptions ["echo","hello"]"#);
}

fn conditions_and_selectors(cx: &Context) {
    let calls = Arc::new(AtomicUsize::new(0));
    let handlers = Handlers::new().at("/", {
        let calls = Arc::clone(&calls);
        validating(move |review: Review<ConfigMap>| {
            calls.fetch_add(1, Ordering::Relaxed);
            if review.name == "probe" { Answer::allow() } else { Answer::deny("called") }
        })
    });
    let hook = Hook::start(cx, &handlers);
    let webhook = Webhook::new(hook_name(cx, "some"), "/")
        .rule(config_maps_on([Operation::Create]))
        .namespaces(here(cx))
        .objects("skip!=yes".parse().unwrap())
        .condition("not-quiet", "!object.metadata.name.startsWith('quiet-')");
    apply(cx, &WebhookConfiguration::validating(cx.unique("v"), hook.backend()).webhook(webhook), &handlers);
    called(cx, &calls);
    let api = config_maps(cx);
    let labelled: ConfigMap = object(json!({"metadata": {"name": "labelled", "labels": {"skip": "yes"}}}));
    for (object, is_called) in
        [(config_map("quiet-a", "k", "v"), false), (labelled, false), (config_map("loud", "k", "v"), true)]
    {
        assert_eq!(
            cx.call(api.create(&object, &WriteParams::default())).is_err(),
            is_called,
            "{:?}",
            object.metadata.name
        );
    }
}

/// v1 has seconds, v2 has a text.
fn conversions(group: &str) -> Conversions {
    Conversions::new(group, "Timer")
        .pair("v1", "v2", |mut object| {
            let seconds = object["spec"]["seconds"].as_u64().ok_or("spec.seconds is no number")?;
            object["spec"] = json!({"every": format!("{seconds}s")});
            Ok::<Value, &str>(object)
        })
        .pair("v2", "v1", |mut object| {
            let every = object["spec"]["every"].as_str().and_then(|every| every.strip_suffix('s')?.parse::<u64>().ok());
            object["spec"] = json!({"seconds": every.ok_or("spec.every is not a number of seconds")?});
            Ok::<Value, &str>(object)
        })
}

fn stored_objects_are_converted(cx: &Context) {
    let group = format!("{}.example.com", cx.unique("g"));
    let handlers = Handlers::new().at("/convert", converting(conversions(&group)));
    let hook = Hook::start(cx, &handlers);
    let version = |name: &str, stored: bool, field: &str, kind: &str| {
        json!({"name": name, "served": true, "storage": stored, "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"spec": {"type": "object", "properties": {field: {"type": kind}}}},
        }}})
    };
    let definitions = cluster_wide("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions");
    let name = format!("timers.{group}");
    cx.remove_later(format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"));
    create(
        cx,
        &definitions,
        json!({"metadata": {"name": name}, "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"plural": "timers", "singular": "timer", "kind": "Timer"},
            "versions": [version("v1", true, "seconds", "integer"), version("v2", false, "every", "string")],
            "conversion": hook.backend().conversion("/convert"),
        }}),
    );
    let api = |version: &str| {
        Api::<DynamicObject>::dynamic(ApiResource::new(
            &format!("{group}/{version}"),
            "Timer",
            "timers",
            Scope::Namespaced,
        ))
        .within(cx.namespace())
    };
    let (v1, v2) = (api("v1"), api("v2"));
    cx.eventually("timers are served", || cx.call(v2.list(&ListParams::default())).ok());
    let timer = |version: &str, name: &str, spec: Value| -> DynamicObject {
        object(json!({
            "apiVersion": format!("{group}/{version}"), "kind": "Timer",
            "metadata": {"name": name, "labels": {"l": name}, "annotations": {"a": "b"}}, "spec": spec,
        }))
    };
    let create =
        |api: &Api<DynamicObject>, object: &DynamicObject| cx.call(api.create(object, &WriteParams::default()));
    create(&v1, &timer("v1", "old", json!({"seconds": 60}))).unwrap();
    create(&v2, &timer("v2", "new", json!({"every": "5s"}))).unwrap();
    let old = cx.call(v2.get("old")).unwrap();
    assert_eq!((&old.data["spec"]["every"], &*old.api_version), (&json!("60s"), &*format!("{group}/v2")));
    assert_eq!(old.metadata.labels["l"], "old");
    assert_eq!(cx.call(v1.get("new")).unwrap().data["spec"], json!({"seconds": 5}));
    let list = cx.call(v2.list(&ListParams::default())).unwrap();
    let specs: Vec<&Value> = list.items.iter().map(|item| &item.data["spec"]["every"]).collect();
    assert_eq!(specs, ["5s", "60s"]);
    // What cannot be converted is not stored, and its error reaches the user.
    let error = create(&v2, &timer("v2", "bad", json!({"every": "often"}))).unwrap_err();
    says(&error, &["cannot be converted from v2 to v1: spec.every is not a number of seconds"]);
    // An object as the server has it survives the way there and back.
    let stored = serde_json::to_value(cx.call(v1.get("old")).unwrap()).unwrap();
    conversions(&group).round_trip(&stored, &format!("{group}/v2")).unwrap();
}

fn a_thousand_creates_while_certificates_rotate(cx: &Context) {
    let calls = Arc::new(AtomicUsize::new(0));
    let handlers = Handlers::new().at("/", {
        let calls = Arc::clone(&calls);
        mutating(move |mut review: Review<ConfigMap>| {
            calls.fetch_add(1, Ordering::Relaxed);
            review.object.as_mut().unwrap().metadata.labels.get_or_insert_default().insert("seen".into(), "yes".into());
            review.changed()
        })
    });
    let hook = Hook::start(cx, &handlers);
    let webhook = Webhook::new(hook_name(cx, "many"), "/")
        .rule(config_maps_on([Operation::Create]))
        .namespaces(here(cx))
        .timeout(30);
    apply(cx, &WebhookConfiguration::mutating(cx.unique("m"), hook.backend()).webhook(webhook), &handlers);
    called(cx, &calls);
    let other = hook.authority.server(&["127.0.0.1".to_owned()]).unwrap();
    let over = AtomicBool::new(false);
    let api = config_maps(cx);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for issued in [&other, &hook.issued].into_iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let key = Secret::new(issued.key.as_str());
                hook.identity.replace(issued.certificate.as_bytes(), &key).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        let creates =
            (0..1000).map(|n| api.create(&config_map(&format!("m-{n}"), "k", "v"), &WriteParams::default().dry_run()));
        let results = cx.batch(creates, 100);
        over.store(true, Ordering::Relaxed);
        for result in results {
            assert_eq!(result.unwrap().metadata.labels.unwrap()["seen"], "yes");
        }
    });
    assert!(calls.load(Ordering::Relaxed) >= 1000);
}
