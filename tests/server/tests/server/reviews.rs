//! Reviews, and tokens of service accounts.

use crate::support::Cluster;
use http::HeaderMap;
use kube_test_server::{Identity, Options, Rule, User};
use serde_json::{Value, json};
use std::time::Duration;

fn cluster() -> Cluster {
    let mut options = Options::default();
    options
        .users
        .push(User::new("bob").token("bob-token").rules(vec![Rule::allow("get,list", "", "pods").within("default")]));
    Cluster::with(options)
}

fn ask(cluster: &mut Cluster, kind: &str, spec: &Value) -> (u16, Value) {
    let group = if kind.contains("Access") || kind.contains("Rules") {
        "authorization.k8s.io"
    } else {
        "authentication.k8s.io"
    };
    let body = json!({"apiVersion": format!("{group}/v1"), "kind": kind, "spec": spec});
    cluster.call("POST", &format!("/apis/{group}/v1/{}s", kind.to_lowercase()), &body)
}

#[test]
fn may_i() {
    let mut cluster = cluster();
    let pods = json!({"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "default"}});
    let secrets = json!({"resourceAttributes": {"verb": "list", "resource": "secrets", "namespace": "default"}});
    let path = json!({"nonResourceAttributes": {"verb": "get", "path": "/livez"}});
    for (user, spec, allowed) in [
        ("admin", &pods, true),
        ("admin", &secrets, true),
        ("bob", &pods, true),
        ("bob", &secrets, false),
        ("bob", &path, true),
    ] {
        cluster.who = cluster.server.identity_of(user);
        let (code, review) = ask(&mut cluster, "SelfSubjectAccessReview", spec);
        assert_eq!((code, &review["status"]["allowed"]), (201, &json!(allowed)), "{user} {spec}");
    }
    cluster.who = Identity::admin();
    let (code, status) = ask(&mut cluster, "SelfSubjectAccessReview", &json!({}));
    assert_eq!(code, 422, "{status}");
    let mut about = secrets;
    about["user"] = json!("bob");
    assert_eq!(ask(&mut cluster, "SubjectAccessReview", &about).1["status"]["allowed"], false);
    assert_eq!(ask(&mut cluster, "SubjectAccessReview", &pods).0, 422);
    let local = "/apis/authorization.k8s.io/v1/namespaces/other/localsubjectaccessreviews";
    about["user"] = json!("bob");
    let (code, status) = cluster.call("POST", local, &json!({"spec": about}));
    assert_eq!(
        (code, &status["message"]),
        (
            422,
            &json!(
                ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes.namespace: Invalid value: \"default\": must match metadata.namespace"
            )
        )
    );
}

#[test]
fn reviews_of_the_own_user_and_rules() {
    let mut cluster = cluster();
    cluster.who = cluster.server.identity_of("bob");
    let (code, review) = ask(&mut cluster, "SelfSubjectReview", &Value::Null);
    assert_eq!(
        (code, &review["status"]["userInfo"]),
        (201, &json!({"username": "bob", "groups": ["system:authenticated"]}))
    );
    let (_, review) = ask(&mut cluster, "SelfSubjectRulesReview", &json!({"namespace": "default"}));
    let rules = review["status"]["resourceRules"].as_array().unwrap();
    assert_eq!(rules[0], json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}));
    // And the permissions of all users.
    assert_eq!(rules[1]["resources"], json!(["selfsubjectaccessreviews", "selfsubjectrulesreviews"]));
    assert_eq!(rules.len(), 3);
    let (_, review) = ask(&mut cluster, "SelfSubjectRulesReview", &json!({"namespace": "other"}));
    assert_eq!(review["status"]["resourceRules"].as_array().unwrap().len(), 2);
}

#[test]
fn token_reviews() {
    let mut cluster = cluster();
    let (code, review) = ask(&mut cluster, "TokenReview", &json!({"token": "bob-token"}));
    assert_eq!((code, &review["status"]["user"]["username"]), (201, &json!("bob")));
    let (code, review) = ask(&mut cluster, "TokenReview", &json!({"token": "wrong"}));
    assert_eq!((code, &review["status"]["authenticated"]), (201, &Value::Null), "an invalid token is no failure");
    assert_eq!(ask(&mut cluster, "TokenReview", &json!({})).0, 400);
}

#[test]
fn tokens_of_service_accounts() {
    let mut cluster = cluster();
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    cluster.create(accounts, &json!({"metadata": {"name": "robot"}}));
    let request = |spec: Value| json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
    let (code, given) =
        cluster.call("POST", &format!("{accounts}/robot/token"), &request(json!({"expirationSeconds": 600})));
    assert_eq!((code, &given["status"]["expirationTimestamp"]), (201, &json!("2026-01-01T00:10:00Z")));
    let token = given["status"]["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let Identity::User(user) = cluster.server.authenticate(&headers, None) else { panic!() };
    assert_eq!(user.name, "system:serviceaccount:default:robot");
    assert!(user.groups.contains(&"system:serviceaccounts:default".to_owned()));
    cluster.server.tick(cluster.now + Duration::from_secs(601));
    assert_eq!(cluster.server.authenticate(&headers, None), Identity::Refused);
    let table = [
        (
            json!({"expirationSeconds": 10}),
            422,
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes",
        ),
        (
            json!({"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "none"}}),
            404,
            "pods \"none\" not found",
        ),
        (
            json!({"boundObjectRef": {"kind": "Service", "apiVersion": "v1", "name": "x"}}),
            400,
            "cannot bind token to object of type v1, Kind=Service",
        ),
    ];
    for (spec, code, message) in table {
        let (got, status) = cluster.call("POST", &format!("{accounts}/robot/token"), &request(spec));
        assert_eq!((got, &status["message"]), (code, &json!(message)));
    }
    assert_eq!(cluster.call("POST", &format!("{accounts}/none/token"), &request(json!({}))).0, 404);
}
