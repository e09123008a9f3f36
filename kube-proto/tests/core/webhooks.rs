//! Reviews of admission as API servers send them, through the handlers of a program, without a socket.

use bytes::Bytes;
use http::{Request, Response};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Container, Pod, Secret};
use kube_proto::admission::{
    Answer, Conversions, Handlers, Operation, Review, Work, converting, mutating, mutating_async, validating,
    validating_async,
};
use kube_proto::api::JsonPatch;
use kube_proto::resource::{DynamicObject, PartialObject};
use serde_json::{Value, json};

#[allow(clippy::needless_pass_by_value, reason = "most objects are made for one review")]
fn review(object: Value) -> Value {
    json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
            "requestResource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "shop", "name": "web", "operation": "CREATE",
            "userInfo": {"username": "ann", "uid": "7", "groups": ["dev"], "extra": {"k": ["v"]}},
            "object": object, "oldObject": null, "dryRun": false,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    })
}

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "web", "namespace": "shop", "creationTimestamp": null, "futureMeta": 1,
            "managedFields": [{"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "future": true}],
        },
        "spec": {
            "containers": [{"name": "a", "image": "i", "future": {"x": 1}}, {"name": "b", "image": "j", "future": 2}],
            "future": ["y"],
        },
    })
}

fn post(path: &str, body: &Value) -> Request<Bytes> {
    let request = Request::post(path).header("content-type", "application/json");
    request.body(Bytes::from(body.to_string())).unwrap()
}

fn call(handlers: &Handlers, path: &str, body: &Value) -> Response<Bytes> {
    handlers.handle(&post(path, body))
}

fn answer(handlers: &Handlers, path: &str, body: &Value) -> Value {
    let response = call(handlers, path, body);
    let text = String::from_utf8_lossy(response.body());
    assert_eq!(response.status(), 200, "{text}");
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_str(&text).unwrap()
}

/// The object after the patch of this answer, by another implementation of JSON patches.
fn patched(object: &Value, answer: &Value) -> Value {
    use base64::Engine;
    let response = &answer["response"];
    let mut object = object.clone();
    if let Some(patch) = response["patch"].as_str() {
        assert_eq!(response["patchType"], "JSONPatch");
        let patch = base64::engine::general_purpose::STANDARD.decode(patch).unwrap();
        json_patch::patch(&mut object, &serde_json::from_slice::<json_patch::Patch>(&patch).unwrap()).unwrap();
    } else {
        assert_eq!(response.get("patchType"), None);
    }
    object
}

#[test]
fn a_review_is_a_value() {
    let handlers = Handlers::new().at(
        "/",
        validating(|review: Review<Pod>| {
            assert_eq!((&*review.namespace, &*review.name, review.operation), ("shop", "web", Operation::Create));
            assert_eq!((&*review.user.username, &*review.user.groups[0]), ("ann", "dev"));
            assert_eq!(review.user.extra["k"], ["v"]);
            assert_eq!(review.object.unwrap().spec.unwrap().containers.len(), 2);
            assert!(review.old_object.is_none() && !review.dry_run && review.subresource.is_empty());
            assert_eq!(review.options["kind"], "CreateOptions");
            assert_eq!(review.time.as_millis(), 4_500);
            Answer::allow().warn("careful").audit("checked", "yes")
        }),
    );
    let got = answer(&handlers, "/?timeout=5s", &review(pod()));
    let expected = json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "response": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": true,
            "warnings": ["careful"], "auditAnnotations": {"checked": "yes"},
        },
    });
    assert_eq!(got, expected);
    // The answer has the version of the review.
    let mut old = review(pod());
    old["apiVersion"] = "admission.k8s.io/v1beta1".into();
    assert_eq!(answer(&handlers, "/?timeout=5s", &old)["apiVersion"], "admission.k8s.io/v1beta1");
}

#[test]
fn a_denial_has_a_status() {
    let handlers = Handlers::new().at(
        "/",
        validating(|_: Review<PartialObject>| {
            Answer::deny("two faults").invalid("spec.a", "is odd").cause("spec.b", "FieldValueRequired", "must be set")
        }),
    );
    let got = answer(&handlers, "/", &review(pod()));
    let expected = json!({
        "status": "Failure", "message": "two faults", "reason": "Invalid", "code": 422,
        "details": {"causes": [
            {"reason": "FieldValueInvalid", "message": "is odd", "field": "spec.a"},
            {"reason": "FieldValueRequired", "message": "must be set", "field": "spec.b"},
        ]},
    });
    assert_eq!((&got["response"]["status"], &got["response"]["allowed"]), (&expected, &json!(false)));
}

#[test]
fn a_change_keeps_what_the_type_does_not_know() {
    let handlers = Handlers::new()
        .at(
            "/typed",
            mutating(|mut review: Review<Pod>| {
                let pod = review.object.as_mut().unwrap();
                pod.metadata.labels.get_or_insert_default().insert("a/b".into(), "c".into());
                pod.metadata.managed_fields = None;
                let spec = pod.spec.as_mut().unwrap();
                spec.containers[1].image = Some("new".into());
                spec.containers.insert(0, Container { name: "sidecar".into(), ..Container::default() });
                review.changed().warn("changed")
            }),
        )
        .at("/same", mutating(|review: Review<Pod>| review.changed()))
        .at(
            "/dynamic",
            mutating(|mut review: Review<DynamicObject>| {
                review.object.as_mut().unwrap().data["spec"]["containers"][0]["image"] = "new".into();
                review.changed()
            }),
        )
        .at(
            "/explicit",
            mutating(|_: Review<PartialObject>| Answer::allow().patch(JsonPatch::new().remove("/spec/future"))),
        );
    let mut expected = pod();
    expected["metadata"]["labels"] = json!({"a/b": "c"});
    expected["spec"]["containers"][1]["image"] = "new".into();
    expected["spec"]["containers"].as_array_mut().unwrap().insert(0, json!({"name": "sidecar"}));
    let got = answer(&handlers, "/typed", &review(pod()));
    assert_eq!(patched(&pod(), &got), expected);
    assert_eq!(got["response"]["warnings"], json!(["changed"]));

    assert_eq!(answer(&handlers, "/same", &review(pod()))["response"].get("patch"), None);

    let mut expected = pod();
    expected["spec"]["containers"][0]["image"] = "new".into();
    assert_eq!(patched(&pod(), &answer(&handlers, "/dynamic", &review(pod()))), expected);

    let mut expected = pod();
    expected["spec"].as_object_mut().unwrap().remove("future");
    assert_eq!(patched(&pod(), &answer(&handlers, "/explicit", &review(pod()))), expected);
}

#[test]
fn what_is_no_review_is_no_answer() {
    let handlers = Handlers::new()
        .at("/pods", validating(|_: Review<Pod>| Answer::allow()))
        .at("/any", validating(|_: Review<DynamicObject>| Answer::allow()))
        .at("/convert", converting(Conversions::new("example.com", "Thing")));
    let raw = |path: &str, kind: &str, body: &str| {
        let request = Request::post(path).header("content-type", kind).body(Bytes::from(body.to_owned())).unwrap();
        handlers.handle(&request).status().as_u16()
    };
    let good = review(pod()).to_string();
    for (kind, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("application/yaml", 415),
        ("text/plain", 415),
        ("", 415),
        ("application/jsonp", 415),
    ] {
        assert_eq!(raw("/pods", kind, &good), status, "{kind:?}");
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let without = |field: &str| {
        let mut review = review(pod());
        review["request"].as_object_mut().unwrap().remove(field);
        review.to_string()
    };
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "\0",
        &nested,
        r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}"#,
        r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}"#,
        r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}"#,
        r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[1]}"#,
        &good.replace("admission.k8s.io/v1", "admission.k8s.io/v2"),
        &good.replace("AdmissionReview", "PodReview"),
        &good.replace("CREATE", "DANCE"),
        &without("uid"),
        &without("operation"),
        &good[..good.len() - 1],
    ] {
        for path in ["/pods", "/any", "/convert"] {
            let begin: String = body.chars().take(80).collect();
            assert_eq!(raw(path, "application/json", body), 400, "{path} {begin}");
        }
    }
    // A review about another kind: the configuration does not fit.
    let other = good.replace("\"Pod\"", "\"Service\"");
    assert_eq!((raw("/pods", "application/json", &other), raw("/any", "application/json", &other)), (500, 200));
    // An object that does not decode is denied, and no value is shown.
    let mut odd = review(pod());
    odd["request"]["object"]["spec"]["containers"][0]["image"] = json!({"s3cret": "hunter2"});
    let got = answer(&handlers, "/pods", &odd);
    let message = got["response"]["status"]["message"].as_str().unwrap();
    assert!(message.contains("spec.containers[0].image") && !message.contains("hunter2"), "{message}");
    assert_eq!((&got["response"]["allowed"], &got["response"]["status"]["code"]), (&json!(false), &json!(400)));
}

#[test]
fn paths_and_methods() {
    let handlers = Handlers::new().at("/a", validating(|_: Review<DynamicObject>| Answer::allow()));
    let get = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
        handlers.handle(&request).status().as_u16()
    };
    for (method, path, status) in [
        ("GET", "/a", 405),
        ("PUT", "/a", 405),
        ("POST", "/b", 404),
        ("GET", "/", 404),
        ("GET", "/healthz", 200),
        ("HEAD", "/livez", 200),
        ("GET", "/readyz?verbose", 200),
        ("POST", "/readyz", 405),
    ] {
        assert_eq!(get(method, path), status, "{method} {path}");
    }
    handlers.readiness().set(false);
    assert_eq!((get("GET", "/readyz"), get("GET", "/healthz")), (503, 200));
}

#[test]
fn a_handler_that_fails_is_http_500() {
    let handlers = Handlers::new()
        .at("/panic", validating(|_: Review<DynamicObject>| -> Answer { panic!("s3cret") }))
        .at("/error", validating(|_: Review<DynamicObject>| Err::<Answer, _>("the database is away")))
        .at("/change", validating(|_: Review<DynamicObject>| Answer::allow().patch(JsonPatch::new().remove("/a"))))
        .at("/nothing", mutating(|review: Review<DynamicObject>| review.changed()))
        .at("/later", validating_async(|_: Review<DynamicObject>| async { panic!("s3cret") as Answer }))
        .at("/never", validating_async(|_: Review<DynamicObject>| std::future::pending::<Answer>()));
    for (path, object, text) in [
        ("/panic", pod(), "the handler panicked"),
        ("/error", pod(), "the database is away"),
        ("/change", pod(), "a validating webhook cannot change"),
        ("/nothing", Value::Null, "there is no object"),
        ("/later", pod(), "the handler panicked"),
        ("/never", pod(), "the handler has to wait"),
    ] {
        let response = call(&handlers, path, &review(object));
        let shown = String::from_utf8(response.body().to_vec()).unwrap();
        assert_eq!(response.status(), 500, "{path}");
        assert!(shown.contains(text) && !shown.contains("s3cret"), "{path}: {shown}");
    }
}

#[test]
fn async_handlers() {
    let handlers = Handlers::new().at(
        "/",
        mutating_async(|mut review: Review<Deployment>| async move {
            std::future::ready(()).await;
            review.object.as_mut().unwrap().spec.as_mut().unwrap().replicas = Some(3);
            review.changed()
        }),
    );
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {
        "selector": {}, "template": {}, "future": 1,
    }});
    let mut body = review(object.clone());
    body["request"]["kind"] = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    let got = answer(&handlers, "/", &body);
    let mut expected = object.clone();
    expected["spec"]["replicas"] = 3.into();
    assert_eq!(patched(&object, &got), expected);
    assert!(matches!(handlers.start(&post("/", &body)), Work::Later(_)));
}

#[test]
fn deletes_and_connects() {
    let handlers = Handlers::new()
        .at(
            "/delete",
            validating(|review: Review<Pod>| {
                assert!(review.object.is_none() && review.old_object.is_some());
                Answer::deny("it stays")
            }),
        )
        .at(
            "/connect",
            validating(|review: Review<DynamicObject>| {
                assert_eq!((review.operation, &*review.subresource), (Operation::Connect, "exec"));
                let options = review.object.unwrap();
                assert_eq!((&*options.kind, &options.data["command"][0]), ("PodExecOptions", &json!("sh")));
                Answer::deny("no shells")
            }),
        );
    let mut delete = review(Value::Null);
    delete["request"]["operation"] = "DELETE".into();
    delete["request"]["oldObject"] = pod();
    assert_eq!(answer(&handlers, "/delete", &delete)["response"]["allowed"], false);
    let options =
        json!({"kind": "PodExecOptions", "apiVersion": "v1", "stdin": true, "container": "a", "command": ["sh"]});
    let mut connect = review(options);
    connect["request"]["operation"] = "CONNECT".into();
    connect["request"]["subResource"] = "exec".into();
    connect["request"]["kind"]["kind"] = "PodExecOptions".into();
    assert_eq!(answer(&handlers, "/connect", &connect)["response"]["status"]["message"], "no shells");
}

#[test]
fn nothing_of_an_object_is_shown() {
    let handlers = Handlers::new().at(
        "/",
        mutating(|mut review: Review<Secret>| {
            review.object.as_mut().unwrap().string_data = Some([("k".to_owned(), "hunter2".to_owned())].into());
            let answer = review.changed().audit("a", "s3cret");
            let shown = format!("{review:?} {answer:?}");
            assert!(
                !shown.contains("s3cret") && !shown.contains("hunter2") && !shown.contains("aHVudGVyMg"),
                "{shown}"
            );
            answer
        }),
    );
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "aHVudGVyMg=="}});
    let mut body = review(secret);
    body["request"]["kind"]["kind"] = "Secret".into();
    answer(&handlers, "/", &body);
    let request = post("/", &body);
    assert!(!format!("{:?} {handlers:?}", handlers.start(&request)).contains("aHVudGVyMg"));
}

#[test]
fn the_deepest_object_is_carried_over() {
    let handlers = Handlers::new().at(
        "/",
        mutating(|mut review: Review<DynamicObject>| {
            let mut at = &mut review.object.as_mut().unwrap().data["spec"];
            while !at["a"].is_null() {
                at = &mut at["a"];
            }
            at["b"] = 1.into();
            review.changed()
        }),
    );
    let mut spec = json!({});
    for _ in 0..500 {
        spec = json!({"a": spec});
    }
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": spec});
    #[allow(clippy::disallowed_types, reason = "the test needs a stack of a known size")]
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread
        .spawn(move || {
            answer(&handlers, "/", &review(object));
        })
        .unwrap()
        .join()
        .unwrap();
}
