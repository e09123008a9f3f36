//! The path of every request: the prefix of the server's URL, and the namespace of the configuration where a call names
//! none.

use http::Method;
use kube_proto::Api;
use kube_proto::api::{ApiRequest, DeleteParams, ListParams, LogParams, Namespace, Patch, PatchParams, WatchParams};
use kube_proto::config::ServiceAccountToken;
use kube_proto::discovery::Discover;
use kube_proto::driver::{Operation, Session};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::watch::WatchSettings;

use crate::script::{Script, answer, session_with, status};

const PREFIX: &str = "/k8s/c-1";

fn session() -> Session {
    session_with(
        |config| {
            config.server.path_prefix = PREFIX.into();
            config.default_namespace = "shop".into();
        },
        |_| {},
    )
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within(Namespace::Default)
}

/// The path of the first request, without the prefix.
#[track_caller]
fn path(operation: impl Operation) -> String {
    let uri = Script::new(operation, &session()).exchange().request.uri().clone();
    uri.path().strip_prefix(PREFIX).unwrap_or_else(|| panic!("{uri} has no prefix")).to_owned()
}

#[test]
fn every_request_has_the_prefix_and_the_namespace() {
    let (one, all) = ("/api/v1/namespaces/shop/pods/a", "/api/v1/namespaces/shop/pods");
    assert_eq!(path(pods().get("a")), one);
    assert_eq!(path(pods().get("a").single_flight()), one);
    assert_eq!(path(pods().get("a").with_info()), one);
    assert_eq!(path(pods().patch("a", &Patch::merge(&()), &PatchParams::default())), one);
    assert_eq!(path(pods().delete("a", &DeleteParams::default())), one);
    assert_eq!(path(pods().delete_collection(&DeleteParams::default(), &ListParams::default())), all);
    assert_eq!(path(pods().list(&ListParams::default())), all);
    assert_eq!(path(pods().pages(&ListParams::default())), all);
    assert_eq!(path(pods().watch_once(&WatchParams::default())), all);
    assert_eq!(path(pods().watch(WatchSettings::default())), all);
    assert_eq!(path(pods().reflect(WatchSettings::default(), [])), all);
    assert_eq!(path(pods().logs("a", &LogParams::default())), "/api/v1/namespaces/shop/pods/a/log");
    assert_eq!(path(ApiRequest::raw(Method::GET, "/version", "").bytes()), "/version");
    for request in Discover::new().round() {
        assert!(["/api", "/apis"].contains(&path(request).as_str()));
    }
    let account = |config: &mut kube_proto::config::Config| {
        config.server.path_prefix = PREFIX.into();
        config.default_namespace = "shop".into();
        *config = config.clone().with_token("t").with_service_account_token(ServiceAccountToken::new("robot"));
    };
    let token = Script::new(pods().get("a"), &session_with(account, |_| {})).exchange();
    let expected = format!("{PREFIX}/api/v1/namespaces/shop/serviceaccounts/robot/token");
    assert_eq!(token.request.uri().path(), expected);
}

#[test]
fn every_error_names_the_namespace() {
    #[track_caller]
    fn refused<O: Operation>(operation: O) -> String {
        let mut script = Script::new(operation, &session());
        script.exchange();
        script.arrived.extend(answer(403, &status(403, "Forbidden", "no")));
        script.error().to_string()
    }
    let end = WatchSettings::default().refused(kube_proto::watch::OnRefusal::End);
    for (error, text) in [
        (refused(pods().get("a")), r#"get pods "a" in namespace "shop": "#),
        (refused(pods().get("a").single_flight()), r#"get pods "a" in namespace "shop": "#),
        (refused(pods().list(&ListParams::default())), r#"list pods in namespace "shop": "#),
        (refused(pods().watch_once(&WatchParams::default())), r#"watch pods in namespace "shop": "#),
        (refused(pods().watch(end)), r#" pods in namespace "shop": "#),
        (refused(pods().logs("a", &LogParams::default())), r#" in namespace "shop": "#),
    ] {
        assert!(error.contains(text), "{error}");
    }
}
