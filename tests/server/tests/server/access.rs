//! Authentication and authorisation.

use crate::support::Cluster;
use bytes::Bytes;
use http::{HeaderMap, Request};
use kube_test_server::{Identity, Options, PeerSubject, Rule, Server, User};
use serde_json::{Value, json};

fn users() -> Options {
    let limited = User::new("bob").token("bob-token").password("secret").rules(vec![
        Rule::allow("get,list,watch", "", "pods,pods/log").within("default"),
        Rule::allow("*", "apps", "*").within("dev"),
        Rule { verbs: vec!["get".into()], paths: vec!["/metrics*".into()], ..Rule::default() },
    ]);
    let mut options = Options::default();
    options.users.push(limited);
    options.users.push(User::new("carol").rules(vec![Rule::allow("impersonate", "", "users,groups")]));
    options
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(k, v)| (http::HeaderName::from_static(k), v.parse().unwrap())).collect()
}

#[test]
fn credentials() {
    let server = Server::new(users());
    let name = |identity: Identity| match identity {
        Identity::User(user) => user.name,
        Identity::Refused => "refused".into(),
    };
    let table = [
        ("Bearer bob-token", "bob"),
        ("bearer bob-token", "bob"),
        ("Bearer wrong", "refused"),
        ("Basic Ym9iOnNlY3JldA==", "bob"),
        ("Basic Ym9iOndyb25n", "refused"),
        // A credential of an unknown scheme counts as none.
        ("Digest x", "system:anonymous"),
    ];
    for (value, want) in table {
        assert_eq!(name(server.authenticate(&headers(&[("authorization", value)]), None)), want, "{value}");
    }
    assert_eq!(name(server.authenticate(&HeaderMap::new(), None)), "system:anonymous");
    let peer = PeerSubject { common_name: "dave".into(), organizations: vec!["ops".into()] };
    let Identity::User(dave) = server.authenticate(&HeaderMap::new(), Some(&peer)) else { panic!() };
    assert_eq!(
        (dave.name.as_str(), dave.groups.as_slice()),
        ("dave", &["ops".to_owned(), "system:authenticated".into()][..])
    );
}

#[test]
fn refusals_name_user_verb_and_resource() {
    let mut cluster = Cluster::with(users());
    cluster.who = cluster.server.identity_of("bob");
    let table = [
        ("GET", "/api/v1/namespaces/default/pods", 200, ""),
        ("GET", "/version", 200, ""),
        ("GET", "/apis", 200, ""),
        (
            "GET",
            "/api/v1/namespaces/default/secrets/s",
            403,
            "secrets \"s\" is forbidden: User \"bob\" cannot get resource \"secrets\" in API group \"\" in the namespace \"default\"",
        ),
        (
            "GET",
            "/api/v1/nodes",
            403,
            "nodes is forbidden: User \"bob\" cannot list resource \"nodes\" in API group \"\" at the cluster scope",
        ),
        (
            "GET",
            "/api/v1/pods",
            403,
            "pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" at the cluster scope",
        ),
        (
            "POST",
            "/apis/apps/v1/namespaces/default/deployments",
            403,
            "deployments.apps is forbidden: User \"bob\" cannot create resource \"deployments\" in API group \"apps\" in the namespace \"default\"",
        ),
        ("GET", "/logs", 403, "forbidden: User \"bob\" cannot get path \"/logs\""),
        (
            "GET",
            "/api/v1/namespaces/default/pods/p/status",
            403,
            "pods \"p\" is forbidden: User \"bob\" cannot get resource \"pods/status\" in API group \"\" in the namespace \"default\"",
        ),
    ];
    for (method, target, code, message) in table {
        let (got, status) = cluster.call(method, target, &Value::Null);
        assert_eq!(got, code, "{method} {target}: {status}");
        if code == 403 {
            assert_eq!((&status["message"], &status["reason"]), (&json!(message), &json!("Forbidden")));
        }
    }
}

#[test]
fn the_nameless_see_health_and_version() {
    let mut cluster = Cluster::with(users());
    cluster.who = Identity::anonymous();
    assert_eq!(cluster.get("/livez").0, 200);
    let (code, status) = cluster.get("/api");
    assert_eq!(
        (code, &status["message"]),
        (403, &json!("forbidden: User \"system:anonymous\" cannot get path \"/api\""))
    );
    cluster.who = Identity::Refused;
    let response = cluster.raw("GET", "/livez", &[], "");
    assert_eq!(response.status(), 401);
    assert!(!response.headers().contains_key("x-kubernetes-pf-flowschema-uid"));
}

#[test]
fn impersonation() {
    let mut cluster = Cluster::with(users());
    let target = "/api/v1/namespaces/default/secrets";
    let (admin, carol) = (Identity::admin(), cluster.server.identity_of("carol"));
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let table: [(&Identity, Headers<'_>, u16, &str); 5] = [
        (&admin, &[("impersonate-user", "bob")], 403, "User \"bob\" cannot list resource \"secrets\""),
        (&admin, &[("impersonate-user", "x"), ("impersonate-group", "system:masters")], 200, ""),
        (&admin, &[("impersonate-group", "g")], 400, "without impersonating a user"),
        (&carol, &[("impersonate-user", "admin"), ("impersonate-group", "system:masters")], 200, ""),
        (
            &carol,
            &[("impersonate-user", "admin"), ("impersonate-extra-a", "b")],
            403,
            "cannot impersonate resource \"userextras/a\" in API group \"authentication.k8s.io\"",
        ),
    ];
    for (who, headers, code, message) in table {
        cluster.who = who.clone();
        let response = cluster.raw("GET", target, headers, "");
        let text = String::from_utf8_lossy(response.body()).replace("\\\"", "\"");
        assert_eq!(response.status().as_u16(), code, "{headers:?}: {text}");
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn upgrades_for_tests() {
    use kube_test_server::{Reply, Turn};
    use std::time::Duration;
    let mut cluster = Cluster::new();
    let request = |headers: &[(&str, &str)]| {
        let mut request = Request::get("/test/echo?first=hi&close=4");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Bytes::new()).unwrap()
    };
    let Reply::Upgrade(upgrade) = cluster.send(request(&[("connection", "Upgrade"), ("upgrade", "echo")])) else {
        panic!()
    };
    assert_eq!((upgrade.head.status().as_u16(), &upgrade.first[..]), (101, &b"hi"[..]));
    let mut echo = upgrade.protocol;
    echo.receive(b"abcdef", false);
    assert_eq!(echo.poll(Duration::ZERO), Turn::Send(Bytes::from_static(b"abcd")));
    assert_eq!(echo.poll(Duration::ZERO), Turn::End);
    assert_eq!(cluster.send(request(&[])).status(), 400);
}

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

#[test]
fn stored_roles_count_if_asked_to() {
    let role = json!({"metadata": {"name": "reader"}, "rules": [
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]},
        {"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]});
    let of = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"});
    let binding = json!({"metadata": {"name": "readers"}, "roleRef": of, "subjects": [
        {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"},
        {"kind": "ServiceAccount", "name": "robot", "namespace": "other"}]});
    for rbac in [false, true] {
        let mut cluster = Cluster::with(Options { rbac, ..users() });
        cluster.create(&format!("{RBAC}/clusterroles"), &role);
        cluster.create(&format!("{RBAC}/namespaces/default/rolebindings"), &binding);
        let as_user = |cluster: &mut Cluster, name: &str, target: &str| {
            cluster.who = cluster.server.identity_of(name);
            let (code, _) = cluster.get(target);
            cluster.who = Identity::admin();
            code
        };
        let allowed = if rbac { 200 } else { 403 };
        let (here, there) = ("/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/dev/configmaps");
        for user in ["eve", "system:serviceaccount:other:robot"] {
            assert_eq!(as_user(&mut cluster, user, here), allowed, "{user}");
            assert_eq!(as_user(&mut cluster, user, there), 403, "{user}");
        }
        assert_eq!(as_user(&mut cluster, "mallory", here), 403);
        // A binding of a namespace gives no path, and a user's own rules count as before.
        assert_eq!(as_user(&mut cluster, "eve", "/metrics/x"), 403);
        assert_eq!(as_user(&mut cluster, "bob", "/api/v1/namespaces/default/pods"), 200);
        let review = json!({"spec": {"user": "eve", "resourceAttributes":
            {"verb": "get", "resource": "configmaps", "namespace": "default"}}});
        let answer = cluster.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", &review);
        if rbac {
            // The words of a real server.
            let reason = "RBAC: allowed by RoleBinding \"readers/default\" of ClusterRole \"reader\" to User \"eve\"";
            assert_eq!(answer["status"], json!({"allowed": true, "reason": reason}));
            cluster.who = cluster.server.identity_of("eve");
            let rules = cluster.create(
                "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                &json!({"spec": {"namespace": "default"}}),
            );
            let first = json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]});
            assert_eq!(rules["status"]["resourceRules"][0], first);
            cluster.who = Identity::admin();
        } else {
            assert_eq!(answer["status"], json!({"allowed": false}));
        }
        // What is deleted and made again counts at once.
        let name = format!("{RBAC}/namespaces/default/rolebindings/readers");
        assert_eq!(cluster.call("DELETE", &name, &Value::Null).0, 200);
        assert_eq!(as_user(&mut cluster, "eve", here), 403);
        cluster.create(&format!("{RBAC}/clusterrolebindings"), &binding);
        assert_eq!(as_user(&mut cluster, "eve", there), allowed);
    }
    // Without rules of its own, a user has only the stored ones.
    let mut options = Options { rbac: true, ..Options::default() };
    options.users.push(User::new("frank"));
    let mut cluster = Cluster::with(options);
    cluster.who = cluster.server.identity_of("frank");
    assert_eq!(cluster.get("/api/v1/namespaces/default/configmaps").0, 403);
}
