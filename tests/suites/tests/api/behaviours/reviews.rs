//! Reviews: access of the client and of others, the client's user, the user of a token.

use std::time::Duration;

use kube_proto::Api;
use kube_proto::access::{self, AccessCache, Action, Authorizer, Decision, Rbac, can, can_here, can_i, rules};
use kube_proto::api::{ListParams, WriteParams};
use kube_proto::resource::{
    ApiResource, DynamicObject, LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, Scope,
    SelfSubjectAccessReview, SelfSubjectReview, SelfSubjectRulesReview, SelfSubjectRulesReviewSpec,
    SubjectAccessReview, SubjectAccessReviewSpec, TokenReview, TokenReviewSpec, UserInfo,
};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(may_i),
    row!(may_i_reach),
    row!(may_they),
    row!(may_they_here),
    row!(who_am_i),
    row!(what_may_i),
    row!(whose_token),
    row!(nothing_is_kept),
    row!(in_one_call),
    row!(answers_for_others_are_kept),
    row!(roles_computed_here_as_there).real(),
];

fn asked(verb: &str, resource: &str, namespace: &str) -> ResourceAttributes {
    ResourceAttributes {
        verb: verb.into(),
        resource: resource.into(),
        namespace: namespace.into(),
        ..Default::default()
    }
}

fn params() -> WriteParams {
    WriteParams::default()
}

fn may_i(cx: &Context) {
    let api = Api::<SelfSubjectAccessReview>::all();
    let answer = cx
        .call(api.create(&SelfSubjectAccessReview::may(asked("delete", "nodes", "")), &params()).with_info())
        .unwrap();
    assert_eq!(answer.info.code, 201);
    assert!(answer.value.status.allowed);
    assert_eq!(answer.value.spec.resource_attributes.unwrap().resource, "nodes", "the question comes back");
    let few = cx.client(cx.site.load("few-rights").config).unwrap();
    for (verb, resource, namespace, allowed) in [
        ("get", "configmaps", "default", true),
        ("list", "configmaps", "default", true),
        ("create", "configmaps", "default", false),
        ("get", "configmaps", "kube-system", false),
        ("get", "secrets", "default", false),
    ] {
        let review =
            few.call(api.create(&SelfSubjectAccessReview::may(asked(verb, resource, namespace)), &params())).unwrap();
        assert_eq!(review.status.allowed, allowed, "{verb} {resource} in {namespace}: {:?}", review.status);
    }
}

fn may_i_reach(cx: &Context) {
    let api = Api::<SelfSubjectAccessReview>::all();
    let few = cx.client(cx.site.load("few-rights").config).unwrap();
    for (path, allowed) in [("/version", true), ("/metrics", false)] {
        let path_asked = NonResourceAttributes { path: path.into(), verb: "get".into() };
        let review = few.call(api.create(&SelfSubjectAccessReview::may_reach(path_asked), &params())).unwrap();
        assert_eq!(review.status.allowed, allowed, "{path}");
    }
}

fn about(user: &str, attributes: ResourceAttributes) -> SubjectAccessReviewSpec {
    SubjectAccessReviewSpec { user: user.into(), resource_attributes: Some(attributes), ..Default::default() }
}

fn may_they(cx: &Context) {
    let api = Api::<SubjectAccessReview>::all();
    for (user, verb, allowed) in
        [("few-rights", "get", true), ("few-rights", "delete", false), ("no-rights", "get", false)]
    {
        let spec = about(user, asked(verb, "configmaps", "default"));
        let review = cx.call(api.create(&SubjectAccessReview { spec, ..Default::default() }, &params())).unwrap();
        assert_eq!(review.status.allowed, allowed, "{user} {verb}");
    }
    let spec = SubjectAccessReviewSpec {
        groups: vec!["system:masters".into()],
        ..about("anyone", asked("delete", "nodes", ""))
    };
    let review = cx.call(api.create(&SubjectAccessReview { spec, ..Default::default() }, &params())).unwrap();
    assert!(review.status.allowed);
    let error = cx.call(api.create(&SubjectAccessReview::default(), &params())).unwrap_err();
    assert!(error.is_invalid(), "{error}");
}

fn may_they_here(cx: &Context) {
    let api = Api::<LocalSubjectAccessReview>::namespaced("default");
    let spec = about("few-rights", asked("get", "configmaps", "default"));
    let review = cx.call(api.create(&LocalSubjectAccessReview { spec, ..Default::default() }, &params())).unwrap();
    assert!(review.status.allowed);
    let spec = about("few-rights", asked("get", "configmaps", "elsewhere"));
    let error = cx.call(api.create(&LocalSubjectAccessReview { spec, ..Default::default() }, &params())).unwrap_err();
    assert!(error.status().unwrap().code >= 400, "another namespace than asked: {error}");
}

fn who_am_i(cx: &Context) {
    let review = cx.call(Api::<SelfSubjectReview>::all().create(&SelfSubjectReview::default(), &params())).unwrap();
    let info = review.status.user_info;
    assert!(!info.username.is_empty());
    assert!(info.groups.contains(&"system:authenticated".to_owned()), "{info:?}");
}

fn what_may_i(cx: &Context) {
    let api = Api::<SelfSubjectRulesReview>::all();
    let few = cx.client(cx.site.load("few-rights").config).unwrap();
    let spec = SelfSubjectRulesReviewSpec { namespace: "default".into() };
    let review = few.call(api.create(&SelfSubjectRulesReview { spec, ..Default::default() }, &params())).unwrap();
    let rules = &review.status.resource_rules;
    let rule = rules.iter().find(|rule| rule.resources == ["configmaps"]).unwrap_or_else(|| panic!("{rules:?}"));
    assert_eq!(
        (rule.verbs.as_slice(), rule.api_groups.as_slice()),
        (&["get".to_owned(), "list".to_owned()][..], &[String::new()][..])
    );
    assert!(
        review.status.non_resource_rules.iter().any(|rule| rule.non_resource_urls.iter().any(|url| url == "/version"))
    );
}

fn whose_token(cx: &Context) {
    let api = Api::<TokenReview>::all();
    let spec = TokenReviewSpec { token: "not-a-token".into(), ..Default::default() };
    let review = cx.call(api.create(&TokenReview { spec, ..Default::default() }, &params())).unwrap();
    assert!(!review.status.authenticated && review.status.user.username.is_empty());
    let error = cx.call(api.create(&TokenReview::default(), &params())).unwrap_err();
    assert!(error.status().unwrap().is_bad_request(), "{error}");
    says(&error, &["token is required for TokenReview in authentication"]);
}

fn nothing_is_kept(cx: &Context) {
    let api = cluster_wide("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews");
    let error = cx.call(api.list(&Default::default())).unwrap_err();
    assert!(error.status().unwrap().is_method_not_allowed(), "{error}");
}

fn in_one_call(cx: &Context) {
    let few = cx.client(cx.site.load("few-rights").config).unwrap();
    let questions = [
        (Action::new("get", "configmaps").within("default"), true),
        (Action::new("list", "configmaps").within("default").named("x"), true),
        (Action::new("create", "configmaps").within("default"), false),
        (Action::new("get", "configmaps").within("kube-system"), false),
        (Action::path("get", "/version"), true),
        (Action::path("get", "/metrics"), false),
    ];
    // At most three at once.
    let answers = few.batch(questions.iter().map(|(action, _)| can_i(action.clone())), 3);
    for ((action, allowed), answer) in questions.iter().zip(answers) {
        let access = answer.unwrap();
        assert_eq!(access.is_allowed(), *allowed, "{action}: {access}");
        assert!(!access.is_uncertain());
    }
    let user = few.call(access::who_am_i()).unwrap();
    assert_eq!(user.username, "few-rights");
    for (action, allowed) in &questions {
        assert_eq!(cx.call(can(&user, action.clone())).unwrap().is_allowed(), *allowed, "{action}");
    }
    let here = Action::new("get", "configmaps").within("default");
    assert_eq!(cx.call(can_here(&user, here)).unwrap().decision, Decision::Allowed);
    let table = few.call(rules("default")).unwrap();
    let row = table.rows.iter().find(|row| row.full_resource() == "configmaps").unwrap();
    assert_eq!(row.verbs, ["get", "list"]);
    assert!(table.rows.iter().any(|row| row.url == "/version"));
    let token = cx.call(access::whose_token("not-a-token", ["https://example.com"])).unwrap();
    assert!(token.user.is_none());
}

fn answers_for_others_are_kept(cx: &Context) {
    let authorizer = Authorizer::new(AccessCache::new(Duration::from_secs(3600), Duration::from_secs(3600)));
    let user = UserInfo { username: "few-rights".into(), ..UserInfo::default() };
    let action = Action::new("get", "configmaps").within("default");
    assert!(cx.call(authorizer.authorize(&user, action.clone())).unwrap().is_allowed());
    // From here on, without a server.
    let nowhere = cx.client(kube_proto::config::Config::new("http://127.0.0.1:1").unwrap()).unwrap();
    assert!(nowhere.call(authorizer.authorize(&user, action.clone())).unwrap().is_allowed());
    assert!(
        nowhere.call(authorizer.authorize(&user, Action::new("list", "configmaps"))).is_err(),
        "no server is no refusal"
    );
    authorizer.clear();
    assert!(nowhere.call(authorizer.authorize(&user, action)).is_err());
}

/// Roles and bindings of every form in a namespace of this row, and each question to both.
fn roles_computed_here_as_there(cx: &Context) {
    let rbac = "rbac.authorization.k8s.io/v1";
    let api = |kind: &str, plural: &str, scope| Api::dynamic(ApiResource::new(rbac, kind, plural, scope));
    let prefix = cx.unique("rbac");
    let namespace = cx.namespace();
    let wanted = [
        serde_json::json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]}),
        serde_json::json!({"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*/scale"]}),
        serde_json::json!({"verbs": ["update"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a", "b"]}),
        serde_json::json!({"verbs": ["get"], "apiGroups": ["*"], "resources": ["*"]}),
        serde_json::json!({"verbs": ["get"], "nonResourceURLs": ["/metrics", "/debug/*"]}),
    ];
    let user = |name: &str| format!("{prefix}-{name}");
    for (number, rule) in wanted.iter().enumerate() {
        let name = format!("{prefix}-{number}");
        let cluster = api("ClusterRole", "clusterroles", Scope::Cluster);
        cx.remove_later(format!("/apis/{rbac}/clusterroles/{name}"));
        create(cx, &cluster, serde_json::json!({"metadata": {"name": name}, "rules": [rule]}));
        let subjects = serde_json::json!([{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user(&format!("c{number}"))}]);
        let role =
            |kind: &str| serde_json::json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
        cx.remove_later(format!("/apis/{rbac}/clusterrolebindings/{name}"));
        let bindings = api("ClusterRoleBinding", "clusterrolebindings", Scope::Cluster);
        create(
            cx,
            &bindings,
            serde_json::json!({"metadata": {"name": name}, "roleRef": role("ClusterRole"), "subjects": subjects}),
        );
        let bindings = api("RoleBinding", "rolebindings", Scope::Namespaced).within(namespace);
        let subjects = serde_json::json!([{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": user(&format!("g{number}"))},
            {"kind": "ServiceAccount", "name": format!("s{number}"), "namespace": namespace}]);
        create(
            cx,
            &bindings,
            serde_json::json!({"metadata": {"name": name}, "roleRef": role("ClusterRole"), "subjects": subjects}),
        );
    }
    let mut local = Rbac::default();
    for (kind, plural) in [
        ("ClusterRole", "clusterroles"),
        ("ClusterRoleBinding", "clusterrolebindings"),
        ("Role", "roles"),
        ("RoleBinding", "rolebindings"),
    ] {
        let list: kube_proto::response::List<DynamicObject> =
            cx.call(api(kind, plural, Scope::Cluster).list(&ListParams::default())).unwrap();
        for object in list {
            local.add(&object).unwrap();
        }
    }
    let (mut questions, mut users) = (Vec::new(), Vec::new());
    for number in 0..wanted.len() {
        let groups = |own: Vec<String>| [own, vec!["system:authenticated".to_owned()]].concat();
        users.push(UserInfo { username: user(&format!("c{number}")), groups: groups(vec![]), ..UserInfo::default() });
        users.push(UserInfo {
            username: "x".into(),
            groups: groups(vec![user(&format!("g{number}"))]),
            ..UserInfo::default()
        });
        let account = format!("system:serviceaccount:{namespace}:s{number}");
        users.push(UserInfo { username: account, groups: groups(vec![]), ..UserInfo::default() });
    }
    for verb in ["get", "list", "update", "delete"] {
        for resource in
            ["pods", "pods/log", "pods/exec", "configmaps", "deployments.apps", "deployments.apps/scale", "scale"]
        {
            questions.push(Action::new(verb, resource));
            questions.push(Action::new(verb, resource).within(namespace));
            questions.push(Action::new(verb, resource).within(namespace).named("a"));
            questions.push(Action::new(verb, resource).within("default").named("c"));
        }
        for path in ["/metrics", "/metrics/x", "/debug/", "/debug/pprof", "/version", "/livez"] {
            questions.push(Action::path(verb, path));
        }
    }
    let asked: Vec<_> = users.iter().flat_map(|user| questions.iter().map(move |action| (user, action))).collect();
    let reviews = || cx.batch(asked.iter().map(|(user, action)| can(user, (*action).clone())), 16);
    let disagree = |answers: Vec<Result<access::Access, kube_proto::Error>>| -> Vec<String> {
        let answers = answers.into_iter().map(Result::unwrap);
        let pairs = asked.iter().zip(answers);
        let wrong = pairs.filter(|((user, action), there)| local.allows(user, action).is_some() != there.is_allowed());
        wrong.map(|((user, action), there)| format!("{} {action}: {there}", user.username)).collect()
    };
    // The server's own caches learn of the roles a moment later.
    let last = cx.eventually("the server knows the roles", || {
        let wrong = disagree(reviews());
        wrong.is_empty().then_some(wrong)
    });
    assert!(last.is_empty());
    let allowed = asked.iter().filter(|(user, action)| local.allows(user, action).is_some()).count();
    println!("{} questions, {allowed} allowed", asked.len());
    assert!(allowed > 100 && allowed < asked.len() / 2, "{allowed} of {}", asked.len());
}
