//! Reviews: access of the client and of others, the client's user, the user of a token.

use kube_proto::Api;
use kube_proto::api::WriteParams;
use kube_proto::resource::{
    LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectReview,
    SelfSubjectRulesReview, SelfSubjectRulesReviewSpec, SubjectAccessReview, SubjectAccessReviewSpec, TokenReview,
    TokenReviewSpec,
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
