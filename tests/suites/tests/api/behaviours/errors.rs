//! Refusals of servers, and the texts of their errors.

use bytes::Bytes;
use http::Method;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service};
use kube_proto::api::ApiRequest;
use kube_proto::api::{ListParams, WriteParams};
use kube_proto::response::Status;
use kube_proto::{Api, Error, ErrorKind};
use serde_json::{Value, json};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(an_object_that_is_not_there),
    row!(a_resource_that_is_not_there),
    row!(a_path_that_is_not_there),
    row!(a_wrong_token),
    row!(a_user_without_rights),
    row!(an_anonymous_user),
    row!(a_method_that_is_not_allowed),
    row!(an_answer_that_cannot_be_had),
    row!(a_body_of_the_wrong_type),
    row!(a_body_that_cannot_be_read),
    row!(a_body_of_another_kind),
    row!(a_body_too_large),
    row!(invalid_objects_with_causes),
    row!(one_cause),
    row!(immutable_fields),
    row!(another_object_of_the_name),
    row!(names_that_do_not_match),
    row!(options_that_cannot_be),
    row!(a_list_limited_in_the_client),
    row!(an_answer_that_is_no_such_object),
];

fn raw(cx: &Context, method: Method, path: &str, body: &str) -> Result<Bytes, Error> {
    cx.call(ApiRequest::raw(method, path, body.to_owned()).bytes())
}

#[track_caller]
fn refused(
    result: Result<impl std::fmt::Debug, Error>,
    code: u16,
    reason: &str,
    predicate: fn(&Status) -> bool,
) -> Error {
    let error = result.unwrap_err();
    let status = error.status().unwrap_or_else(|| panic!("not an answer of the server: {error}"));
    assert_eq!((status.code, status.reason.as_str()), (code, reason), "{error}");
    assert!(predicate(status), "{error}");
    assert!(!error.outcome_unknown(), "{error}");
    error
}

fn an_object_that_is_not_there(cx: &Context) {
    let error = refused(cx.call(config_maps(cx).get("none")), 404, "NotFound", Status::is_not_found);
    assert!(!error.status().unwrap().is_missing_resource());
    assert!(!error.api().unwrap().synthetic);
    assert_eq!(
        error.to_string(),
        format!("get configmaps \"none\" in namespace {:?}: configmaps \"none\" not found (NotFound)", cx.namespace())
    );
    assert_eq!(
        error.status().unwrap().kubectl_message(),
        "Error from server (NotFound): configmaps \"none\" not found"
    );
    let attempt = error.attempt().unwrap();
    assert_eq!((attempt.verb.as_ref(), attempt.name.as_deref()), ("get", Some("none")));
    assert!(attempt.server.starts_with("https://127.0.0.1:"));
    let deployments = dynamic(cx, "apps/v1", "Deployment", "deployments");
    let error = cx.call(deployments.get("none")).unwrap_err();
    says(&error, &["get deployments.apps \"none\"", "deployments.apps \"none\" not found (NotFound)"]);
}

fn a_resource_that_is_not_there(cx: &Context) {
    for (api_version, plural) in [("v1", "nothings"), ("apps/v9", "deployments"), ("example.invalid/v1", "things")] {
        let api = dynamic(cx, api_version, "Nothing", plural);
        let error = refused(cx.call(api.list(&ListParams::default())), 404, "NotFound", Status::is_missing_resource);
        says(&error, &[&format!("list {plural}"), "the server could not find the requested resource"]);
        assert!(cx.call(api.get("a")).unwrap_err().status().unwrap().is_missing_resource());
    }
}

fn a_path_that_is_not_there(cx: &Context) {
    let error = refused(raw(cx, Method::GET, "/no/such/path", ""), 404, "NotFound", Status::is_missing_resource);
    assert!(error.attempt().unwrap().resource.contains("/no/such/path"), "{error:?}");
}

fn a_wrong_token(cx: &Context) {
    let config = cx.site.anonymous();
    let stranger = cx.client(config.with_token("not-a-token")).unwrap();
    let error = refused(stranger.call(config_maps(cx).get("a")), 401, "Unauthorized", Status::is_unauthorized);
    assert!(error.is_unauthorized() && !error.to_string().contains("not-a-token"), "{error}");
    assert_eq!(error.status().unwrap().kubectl_message(), "error: You must be logged in to the server (Unauthorized)");
}

fn a_user_without_rights(cx: &Context) {
    let few = cx.client(cx.site.load("few-rights").config).unwrap();
    let error = refused(few.call(config_maps(cx).get("a")), 403, "Forbidden", Status::is_forbidden);
    says(
        &error,
        &[
            "configmaps \"a\" is forbidden: User \"few-rights\" cannot get resource \"configmaps\" in API group \"\" in the namespace",
            cx.namespace(),
        ],
    );
    let details = error.status().unwrap().details.as_ref().unwrap();
    assert_eq!((details.kind.as_str(), details.name.as_str()), ("configmaps", "a"));
    let nodes = cluster_wide("v1", "Node", "nodes");
    let error = refused(few.call(nodes.list(&ListParams::default())), 403, "Forbidden", Status::is_forbidden);
    says(
        &error,
        &[
            "nodes is forbidden: User \"few-rights\" cannot list resource \"nodes\" in API group \"\" at the cluster scope",
        ],
    );
    let error = few.call(ApiRequest::raw(Method::GET, "/metrics", "").bytes()).unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    says(&error, &["forbidden: User \"few-rights\" cannot get path \"/metrics\""]);
    // The allowed verbs work.
    assert!(few.call(Api::<ConfigMap>::namespaced("default").list(&ListParams::default())).is_ok());
}

fn an_anonymous_user(cx: &Context) {
    let config = cx.site.anonymous();
    let anonymous = cx.client(config).unwrap();
    let error = refused(anonymous.call(config_maps(cx).get("a")), 403, "Forbidden", Status::is_forbidden);
    says(&error, &["User \"system:anonymous\""]);
    assert!(anonymous.call(ApiRequest::raw(Method::GET, "/version", "").bytes()).is_ok());
}

fn a_method_that_is_not_allowed(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    refused(raw(cx, Method::PUT, &path, "{}"), 405, "MethodNotAllowed", Status::is_method_not_allowed);
    refused(raw(cx, Method::POST, &format!("{path}/a"), "{}"), 405, "MethodNotAllowed", Status::is_method_not_allowed);
    refused(raw(cx, Method::DELETE, "/api/v1/namespaces", ""), 405, "MethodNotAllowed", Status::is_method_not_allowed);
}

fn an_answer_that_cannot_be_had(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    let request = ApiRequest::raw(Method::GET, path, "").accept("text/html");
    let error = refused(cx.call(request.bytes()), 406, "NotAcceptable", Status::is_not_acceptable);
    says(&error, &["application/json, application/yaml, application/vnd.kubernetes.protobuf"]);
}

fn a_body_of_the_wrong_type(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    let mut request = ApiRequest::raw(Method::POST, &path, "x=1");
    request.content_type = Some("application/x-www-form-urlencoded".into());
    let error = refused(cx.call(request.bytes()), 415, "UnsupportedMediaType", Status::is_unsupported_media_type);
    says(&error, &["the body of the request was in an unknown format - accepted media types include:"]);
    create(cx, &config_maps(cx), json!({"metadata": {"name": "a"}}));
    let mut request = ApiRequest::raw(Method::PATCH, format!("{path}/a"), "{}");
    request.content_type = Some("application/json".into());
    refused(cx.call(request.bytes()), 415, "UnsupportedMediaType", Status::is_unsupported_media_type);
}

fn a_body_that_cannot_be_read(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    for body in ["{", "[]", "7", "{\"metadata\":7}", "{\"data\":{\"k\":7},\"metadata\":{\"name\":\"a\"}}"] {
        refused(raw(cx, Method::POST, &path, body), 400, "BadRequest", Status::is_bad_request);
    }
}

fn a_body_of_another_kind(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}).to_string();
    refused(raw(cx, Method::POST, &path, &secret), 400, "BadRequest", Status::is_bad_request);
    let later = json!({"apiVersion": "v9", "kind": "ConfigMap", "metadata": {"name": "a"}}).to_string();
    refused(raw(cx, Method::POST, &path, &later), 400, "BadRequest", Status::is_bad_request);
}

fn a_body_too_large(cx: &Context) {
    let api = config_maps(cx);
    // More than a server reads: it answers before it has the whole request.
    let error = cx.call(api.create(&config_map("a", "k", &"x".repeat(8 << 20)), &WriteParams::default())).unwrap_err();
    assert!(error.status().unwrap().is_request_entity_too_large(), "{error}");
    says(&error, &["Request entity too large: limit is 3145728"]);
    // More than a config map may contain.
    let error =
        cx.call(api.create(&config_map("a", "k", &"x".repeat(1_100_000)), &WriteParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["Too long: may not be more than 1048576 bytes"]);
}

fn invalid_objects_with_causes(cx: &Context) {
    let pods = Api::<Pod>::namespaced(cx.namespace_for_pods());
    let mut pod = idle_pod("a");
    pod["spec"]["restartPolicy"] = json!("Sometimes");
    pod["spec"]["containers"] =
        json!([{"name": "Main"}, {"name": "b", "image": "x", "ports": [{"containerPort": 70000}]}]);
    pod["metadata"]["labels"] = json!({"a b": "c"});
    let error = refused(try_create(cx, &pods, pod), 422, "Invalid", Status::is_invalid);
    let status = error.status().unwrap();
    let details = status.details.as_ref().unwrap();
    assert_eq!((details.kind.as_str(), details.name.as_str()), ("Pod", "a"));
    let mut causes: Vec<_> =
        status.causes().iter().map(|cause| (cause.field.as_str(), cause.reason.as_str())).collect();
    causes.sort_unstable();
    assert_eq!(
        causes,
        [
            ("metadata.labels", "FieldValueInvalid"),
            ("spec.containers[0].image", "FieldValueRequired"),
            ("spec.containers[0].name", "FieldValueInvalid"),
            ("spec.containers[1].ports[0].containerPort", "FieldValueInvalid"),
            ("spec.restartPolicy", "FieldValueNotSupported"),
        ]
    );
    says(&error, &["create pods \"a\"", "Pod \"a\" is invalid: [", "spec.containers[0].image: Required value"]);
    assert!(status.kubectl_message().starts_with("The Pod \"a\" is invalid: \n* "), "{}", status.kubectl_message());
}

fn one_cause(cx: &Context) {
    let error = try_create(cx, &config_maps(cx), json!({"metadata": {"name": "Not_A_Name"}})).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    let causes = error.status().unwrap().causes();
    assert_eq!(
        (causes.len(), causes[0].field.as_str(), causes[0].reason.as_str()),
        (1, "metadata.name", "FieldValueInvalid")
    );
    says(
        &error,
        &[
            "ConfigMap \"Not_A_Name\" is invalid: metadata.name: Invalid value: \"Not_A_Name\": a lowercase RFC 1123 subdomain",
        ],
    );
}

fn immutable_fields(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}, "immutable": true, "data": {"k": "v"}}));
    let error = cx.call(api.replace("a", &config_map("a", "k", "v2"), &WriteParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
    says(&error, &["field is immutable when `immutable` is set"]);
    let services = Api::<Service>::namespaced(cx.namespace());
    let created = create(cx, &services, json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}));
    let mut changed: Value = serde_json::to_value(&created).unwrap();
    changed["spec"]["clusterIP"] = json!("1.2.3.4");
    changed["spec"]["clusterIPs"] = json!(["1.2.3.4"]);
    let error = cx.call(services.replace("s", &object(changed), &WriteParams::default())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
}

fn another_object_of_the_name(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}}));
    let other = json!({"metadata": {"name": "a", "uid": "00000000-0000-0000-0000-000000000000"}});
    let error = cx.call(api.replace("a", &object(other), &WriteParams::default())).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    says(
        &error,
        &["Precondition failed: UID in precondition: 00000000-0000-0000-0000-000000000000, UID in object meta:"],
    );
}

fn names_that_do_not_match(cx: &Context) {
    let api = config_maps(cx);
    let error = cx.call(api.replace("a", &config_map("b", "k", "v"), &WriteParams::default())).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["the name of the object (b) does not match the name on the URL (a)"]);
    let elsewhere: ConfigMap = object(json!({"metadata": {"name": "a", "namespace": "elsewhere"}}));
    let error = cx.call(api.create(&elsewhere, &WriteParams::default())).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["the namespace of the provided object does not match the namespace sent on the request"]);
}

fn options_that_cannot_be(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/configmaps", cx.namespace());
    let post = |query: &str| raw(cx, Method::POST, &format!("{path}?{query}"), "{\"metadata\":{\"name\":\"a\"}}");
    let error = refused(post("dryRun=Some"), 422, "Invalid", Status::is_invalid);
    says(&error, &["dryRun: Unsupported value"]);
    let error = refused(post("fieldValidation=Perhaps"), 422, "Invalid", Status::is_invalid);
    says(&error, &["fieldValidation: Unsupported value"]);
    let error = refused(post(&format!("fieldManager={}", "x".repeat(200))), 422, "Invalid", Status::is_invalid);
    says(&error, &["fieldManager: Too long"]);
    refused(raw(cx, Method::GET, &format!("{path}?limit=many"), ""), 400, "BadRequest", Status::is_bad_request);
    refused(raw(cx, Method::GET, &format!("{path}?timeout=soon"), ""), 400, "BadRequest", Status::is_bad_request);
}

fn a_list_limited_in_the_client(cx: &Context) {
    let api = config_maps(cx);
    create(cx, &api, json!({"metadata": {"name": "a"}, "data": {"k": "x".repeat(2000)}}));
    let mut settings = crate::context::settings();
    settings.limits.item = 1000;
    settings.limits.document = 1000;
    let small = cx.client_with(cx.site.admin(), settings).unwrap();
    for error in [
        small.call(api.list(&ListParams::default())).map(|_| ()).unwrap_err(),
        small.call(api.get("a")).map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::TooLarge { limit: 1000, .. }), "{error}");
    }
}

fn an_answer_that_is_no_such_object(cx: &Context) {
    // Text instead of JSON.
    let error = cx.call(ApiRequest::raw(Method::GET, "/readyz", "").json::<ConfigMap>()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
    says(&error, &["text/plain", "ok"]);
}
