//! Requests as text: one line for the URL, with method and body.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::json;

use crate::api::{Api, Trim};
use crate::request::*;
use crate::resource::dynamic::DynamicObject;
use crate::resource::review::SelfSubjectAccessReview;
use crate::resource::subresource::{Scale, TokenRequest};
use crate::resource::{ApiResource, Scope};

fn pods() -> Target {
    Target::of(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("ns")
}

fn all_pods() -> Target {
    pods().within(Namespace::All)
}

fn deployments() -> Target {
    Target::of(ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced)).within("ns")
}

fn nodes() -> Target {
    Target::of(ApiResource::new("v1", "Node", "nodes", Scope::Cluster))
}

fn line(request: &ApiRequest) -> String {
    let request = request.build("", "home").unwrap();
    format!("{} {}", request.method(), request.uri())
}

fn body(request: &ApiRequest) -> (String, String) {
    let request = request.build("", "home").unwrap();
    let content_type = request.headers().get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap());
    (content_type.to_owned(), String::from_utf8(request.body().to_vec()).unwrap())
}

fn misuse(request: &ApiRequest) -> String {
    let error = request.build("", "home").unwrap_err();
    assert!(matches!(error.kind(), crate::error::ErrorKind::Misuse(_)), "{error:?}");
    error.to_string()
}

#[test]
fn urls_of_the_verbs() {
    let get = GetParams::default();
    let list = ListParams::default();
    let write = WriteParams::default();
    let delete = DeleteParams::default();
    for (request, expected) in [
        (pods().get("web-0", &get), "GET /api/v1/namespaces/ns/pods/web-0"),
        (pods().within(Namespace::Default).get("a", &get), "GET /api/v1/namespaces/home/pods/a"),
        (deployments().get("web", &get), "GET /apis/apps/v1/namespaces/ns/deployments/web"),
        (nodes().get("n1", &get), "GET /api/v1/nodes/n1"),
        (nodes().within(Namespace::Default).get("n1", &get), "GET /api/v1/nodes/n1"),
        (pods().list(&list), "GET /api/v1/namespaces/ns/pods"),
        (all_pods().list(&list), "GET /api/v1/pods"),
        (nodes().list(&list), "GET /api/v1/nodes"),
        (all_pods().watch(&WatchParams::default()), "GET /api/v1/pods?watch=true"),
        (pods().create(&json!({}), &write), "POST /api/v1/namespaces/ns/pods"),
        (pods().replace("a", &json!({}), &write), "PUT /api/v1/namespaces/ns/pods/a"),
        (pods().patch("a", &Patch::merge(&json!({})), &PatchParams::default()), "PATCH /api/v1/namespaces/ns/pods/a"),
        (pods().delete("a", &delete), "DELETE /api/v1/namespaces/ns/pods/a"),
        (pods().delete_collection(&delete, &list), "DELETE /api/v1/namespaces/ns/pods"),
        (nodes().delete_collection(&delete, &list), "DELETE /api/v1/nodes"),
        // Names of roles often have colons; the server decides about other characters.
        (nodes().get("system:node", &get), "GET /api/v1/nodes/system:node"),
        (nodes().get("a b?c#d;e,ü", &get), "GET /api/v1/nodes/a%20b%3Fc%23d%3Be%2C%C3%BC"),
        (nodes().get("...", &get), "GET /api/v1/nodes/..."),
    ] {
        assert_eq!(line(&request), expected);
    }
}

#[test]
fn the_resource_is_lower_case_and_groups_are_kept() {
    let target = Target::of(ApiResource::new("Example.com/v1", "Thing", "Things", Scope::Cluster));
    assert_eq!(line(&target.list(&ListParams::default())), "GET /apis/Example.com/v1/things");
}

#[test]
fn urls_of_subresources() {
    let get = GetParams::default();
    let write = WriteParams::default();
    let namespaces = Target::of(ApiResource::new("v1", "Namespace", "namespaces", Scope::Cluster));
    let accounts = Target::of(ApiResource::new("v1", "ServiceAccount", "serviceaccounts", Scope::Namespaced));
    let csr = ApiResource::new("certificates.k8s.io/v1", "X", "certificatesigningrequests", Scope::Cluster);
    let patch = Patch::strategic(&json!({}));
    let merge = PatchParams::default();
    for (request, expected) in [
        (pods().subresource(Subresource::STATUS).get("a", &get), "GET /api/v1/namespaces/ns/pods/a/status"),
        (
            deployments().subresource(Subresource::SCALE).get("w", &get),
            "GET /apis/apps/v1/namespaces/ns/deployments/w/scale",
        ),
        (
            deployments().subresource(Subresource::SCALE).replace("w", &Scale::to("w", 3), &write),
            "PUT /apis/apps/v1/namespaces/ns/deployments/w/scale",
        ),
        (pods().evict("a", &DeleteParams::default()), "POST /api/v1/namespaces/ns/pods/a/eviction"),
        (
            pods().evict("a", &DeleteParams::default().dry_run()),
            "POST /api/v1/namespaces/ns/pods/a/eviction?dryRun=All",
        ),
        (pods().bind("a", "n1", &write), "POST /api/v1/namespaces/ns/pods/a/binding"),
        (
            pods().subresource(Subresource::EPHEMERAL_CONTAINERS).patch("a", &patch, &merge),
            "PATCH /api/v1/namespaces/ns/pods/a/ephemeralcontainers",
        ),
        (
            pods().subresource(Subresource::RESIZE).patch("a", &patch, &merge),
            "PATCH /api/v1/namespaces/ns/pods/a/resize",
        ),
        (
            accounts.within("ns").subresource(Subresource::TOKEN).create_for("sa", &TokenRequest::default(), &write),
            "POST /api/v1/namespaces/ns/serviceaccounts/sa/token",
        ),
        (
            Target::of(csr).subresource(Subresource::APPROVAL).replace("c", &json!({}), &write),
            "PUT /apis/certificates.k8s.io/v1/certificatesigningrequests/c/approval",
        ),
        (namespaces.clone().get("ns", &get), "GET /api/v1/namespaces/ns"),
        (
            namespaces.subresource(Subresource::FINALIZE).replace("ns", &json!({}), &write),
            "PUT /api/v1/namespaces/ns/finalize",
        ),
        (pods().subresource(Subresource::named("a/b")).get("x", &get), "GET /api/v1/namespaces/ns/pods/x/a/b"),
    ] {
        assert_eq!(line(&request), expected);
    }
}

#[test]
fn urls_of_streams() {
    for (request, expected) in [
        (pods().log("a", &LogParams::default()), "GET /api/v1/namespaces/ns/pods/a/log"),
        (
            pods().log(
                "a",
                &LogParams::default()
                    .container("c")
                    .follow()
                    .previous()
                    .since_seconds(5)
                    .timestamps()
                    .tail_lines(7)
                    .limit_bytes(9)
                    .insecure_skip_tls_verify_backend()
                    .stream(LogStream::Stderr),
            ),
            "GET /api/v1/namespaces/ns/pods/a/log?container=c&follow=true&previous=true&sinceSeconds=5&timestamps=true\
             &tailLines=7&limitBytes=9&insecureSkipTLSVerifyBackend=true&stream=Stderr",
        ),
        (
            pods().log("a", &LogParams::default().since_time("2024-01-01T00:00:00+01:00")),
            "GET /api/v1/namespaces/ns/pods/a/log?sinceTime=2024-01-01T00:00:00%2B01:00",
        ),
        (
            pods().exec("a", &ExecParams::run(["sh", "-c", "echo a; echo b"])),
            "GET /api/v1/namespaces/ns/pods/a/exec?command=sh&command=-c&command=echo%20a%3B%20echo%20b&stdout=true&stderr=true",
        ),
        (
            pods().exec("a", &ExecParams::run(["sh"]).container("c").stdin().tty()),
            "GET /api/v1/namespaces/ns/pods/a/exec?command=sh&container=c&stdin=true&stdout=true&tty=true",
        ),
        (
            pods().exec("a", &ExecParams::run(["sh", ""])),
            "GET /api/v1/namespaces/ns/pods/a/exec?command=sh&command=&stdout=true&stderr=true",
        ),
        (
            pods().attach("a", &AttachParams::output()),
            "GET /api/v1/namespaces/ns/pods/a/attach?stdout=true&stderr=true",
        ),
        (
            pods().portforward("a", &PortForwardParams::ports([80, 443])),
            "GET /api/v1/namespaces/ns/pods/a/portforward?ports=80,443",
        ),
        (pods().portforward("a", &PortForwardParams::default()), "GET /api/v1/namespaces/ns/pods/a/portforward"),
    ] {
        assert_eq!(line(&request), expected);
        assert_eq!(request.accept, "*/*");
    }
}

#[test]
fn urls_of_proxies() {
    let services = Target::of(ApiResource::new("v1", "Service", "services", Scope::Namespaced)).within("ns");
    let web = ProxyTarget::new("web");
    for (to, method, path, expected) in [
        (web.clone(), Method::GET, "", "GET /api/v1/namespaces/ns/services/web/proxy/"),
        (web.clone(), Method::GET, "/", "GET /api/v1/namespaces/ns/services/web/proxy/"),
        (
            web.clone().port(80),
            Method::POST,
            "a/b/?x=y;z",
            "POST /api/v1/namespaces/ns/services/web:80/proxy/a/b/?x=y%3Bz",
        ),
        (web.clone().https(), Method::GET, "/a%2Fb", "GET /api/v1/namespaces/ns/services/https:web:/proxy/a%2Fb"),
        (
            web.https().port("tls"),
            Method::PATCH,
            "/%zz",
            "PATCH /api/v1/namespaces/ns/services/https:web:tls/proxy/%25zz",
        ),
    ] {
        assert_eq!(line(&services.proxy(&to, method, path, Bytes::new())), expected);
    }
    let node = nodes().proxy(&"n1".into(), Method::GET, "/metrics", Bytes::new());
    assert_eq!(line(&node), "GET /api/v1/nodes/n1/proxy/metrics");
    assert!(!node.mutates);
    assert!(misuse(&services.proxy(&ProxyTarget::new("a:b"), Method::GET, "/", "")).contains("may not contain ':'"));
}

#[test]
fn raw_paths_and_the_prefix_of_the_server_s_url() {
    for (prefix, path, expected) in [
        ("", "/version", "/version"),
        ("/", "/version", "/version"),
        ("/k8s/clusters/c-1", "/version", "/k8s/clusters/c-1/version"),
        ("/k8s/", "/livez?verbose", "/k8s/livez?verbose"),
        ("", "/a?b=c;d&e={}", "/a?b=c%3Bd&e=%7B%7D"),
        ("", "/openapi/v3/apis/apps/v1?hash=ABC", "/openapi/v3/apis/apps/v1?hash=ABC"),
        ("", "/a#fragment", "/a"),
    ] {
        let request = ApiRequest::raw(Method::GET, path, "").build(prefix, "").unwrap();
        assert_eq!(request.uri(), expected);
    }
    let pods = pods().list(&ListParams::default()).build("/p/", "").unwrap();
    assert_eq!(pods.uri(), "/p/api/v1/namespaces/ns/pods");
    let more = ApiRequest::raw(Method::GET, "/livez?verbose", "").param("exclude", "etcd").param("exclude", "ping");
    assert_eq!(line(&more), "GET /livez?verbose&exclude=etcd&exclude=ping");
    assert!(ApiRequest::raw(Method::GET, "version", "").build("", "").is_err());
    assert!(ApiRequest::raw(Method::GET, "https://other/version", "").build("", "").is_err());
    assert!(ApiRequest::raw(Method::GET, "/version", "").build("k8s", "").is_err());
    let long = misuse(&ApiRequest::raw(Method::GET, format!("/{}", "x".repeat(70_000)), ""));
    assert!(long.contains("URL of 70001 bytes"), "{long}");
}

#[test]
fn no_path_has_a_step() {
    let services = Target::of(ApiResource::new("v1", "Service", "services", Scope::Namespaced)).within("ns");
    let refused = |path: &str| {
        let raw = ApiRequest::raw(Method::GET, path, "");
        let proxied = services.proxy(&ProxyTarget::new("web"), Method::GET, path, "");
        let node = nodes().proxy(&"n1".into(), Method::GET, path, "");
        let results = [raw, proxied, node].map(|request| request.build("", "").map_err(|error| error.to_string()));
        let texts = results.map(Result::err);
        assert!(texts.iter().all(|text| text.is_some() == texts[0].is_some()), "{path}: {texts:?}");
        texts.into_iter().flatten().next()
    };
    for path in [
        "/..",
        "/.",
        "/../secrets",
        "/a/./b",
        "/a/../../../../namespaces/kube-system/secrets",
        "/a/..?x=y",
        "/a/..#x",
        "/%2e%2e/a",
        "/%2E./a",
        "/.%2e",
        "/%2e",
        "/a%2f..%2Fb",
        "/a%2F%2e%2e",
        "/a/..\\b",
        "/a%5c..%5cb",
    ] {
        let error = refused(path).unwrap_or_else(|| panic!("{path} was not refused"));
        assert!(error.contains("would be taken for a step in the path"), "{path}: {error}");
    }
    for path in
        ["/...", "/..a", "/a..", "/.a", "/a.", "/a?x=/../y", "/a?x=..", "/a#/../", "/%252e%252e", "/%2", "/a//b"]
    {
        assert_eq!(refused(path), None, "{path}");
    }
    let prefixed = ApiRequest::raw(Method::GET, "/version", "").build("/a/%2e%2e/b", "").unwrap_err();
    assert!(prefixed.to_string().contains("taken for a step"), "{prefixed}");
}

/// Every parameter of docs/wire.md §1.3, with each verb that takes it.
#[test]
fn parameters() {
    let time = Duration::from_millis(1500);
    let write = WriteParams::default().dry_run().field_manager("me").field_validation(FieldValidation::Strict).pretty();
    let patch = PatchParams::default().dry_run().field_manager("me").field_validation(FieldValidation::Ignore).pretty();
    let written = "dryRun=All&fieldManager=me&fieldValidation=Strict&pretty=true&timeout=1500ms";
    let scale = deployments().subresource(Subresource::SCALE);
    for (request, query) in [
        (
            pods().get("a", &GetParams::default().resource_version("0").pretty().timeout(time)),
            "resourceVersion=0&pretty=true&timeout=1500ms",
        ),
        (
            all_pods().list(
                &ListParams::default()
                    .label_selector("app=web,tier in (a,b)")
                    .field_selector("spec.nodeName=n1")
                    .limit(500)
                    .resource_version("7")
                    .resource_version_match(VersionMatch::Exact)
                    .timeout_seconds(30)
                    .shard_selector("s")
                    .pretty()
                    .timeout(time),
            ),
            "labelSelector=app%3Dweb,tier%20in%20%28a,b%29&fieldSelector=spec.nodeName%3Dn1&limit=500&resourceVersion=7\
             &resourceVersionMatch=Exact&timeoutSeconds=30&shardSelector=s&pretty=true&timeout=1500ms",
        ),
        (
            all_pods().list(
                &ListParams::default()
                    .limit(2)
                    .resource_version("7")
                    .resource_version_match(VersionMatch::Exact)
                    .continue_token("eyJ2+/="),
            ),
            "limit=2&continue=eyJ2%2B/%3D",
        ),
        (
            all_pods().watch(&ListParams::default().label_selector("a").limit(5).to_watch("7").timeout_seconds(290)),
            "watch=true&labelSelector=a&resourceVersion=7&allowWatchBookmarks=true&timeoutSeconds=290",
        ),
        (
            all_pods().watch(
                &WatchParams::default()
                    .label_selector("a")
                    .field_selector("b=c")
                    .resource_version("7")
                    .resource_version_match(VersionMatch::NotOlderThan)
                    .allow_bookmarks()
                    .send_initial_events(false)
                    .timeout_seconds(5)
                    .shard_selector("s"),
            ),
            "watch=true&labelSelector=a&fieldSelector=b%3Dc&resourceVersion=7&resourceVersionMatch=NotOlderThan\
             &allowWatchBookmarks=true&sendInitialEvents=false&timeoutSeconds=5&shardSelector=s",
        ),
        (
            all_pods().watch(&WatchParams::default().allow_bookmarks().send_initial_events(true)),
            "watch=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&sendInitialEvents=true",
        ),
        // Servers refuse the parameter without its match, whatever its value is.
        (
            all_pods().watch(&WatchParams::default().resource_version("7").send_initial_events(false)),
            "watch=true&resourceVersion=7&resourceVersionMatch=NotOlderThan&sendInitialEvents=false",
        ),
        (pods().create(&json!({}), &write.clone().timeout(time)), written),
        (pods().replace("a", &json!({}), &write.clone().timeout(time)), written),
        (pods().bind("a", "n", &write.clone().timeout(time)), written),
        (scale.replace("a", &json!({}), &write.clone().timeout(time)), written),
        (
            pods().create(&json!({}), &WriteParams::default().field_validation(FieldValidation::Warn)),
            "fieldValidation=Warn",
        ),
        (
            scale.patch("a", &Patch::apply(&json!({})), &patch.clone().force().timeout(time)),
            "dryRun=All&fieldManager=me&fieldValidation=Ignore&force=true&pretty=true&timeout=1500ms",
        ),
        (
            pods().patch("a", &Patch::strategic(&json!({})), &patch),
            "dryRun=All&fieldManager=me&fieldValidation=Ignore&pretty=true",
        ),
        // The body has these parameters, so the query does not.
        (
            pods().delete("a", &DeleteParams::default().dry_run().uid("u").pretty().timeout(time)),
            "pretty=true&timeout=1500ms",
        ),
        (
            pods().delete_collection(
                &DeleteParams::default().grace_period_seconds(0).pretty(),
                &ListParams::default().label_selector("a").pretty(),
            ),
            "labelSelector=a&pretty=true",
        ),
        (
            pods().evict("a", &DeleteParams::default().dry_run().pretty().timeout(time)),
            "dryRun=All&pretty=true&timeout=1500ms",
        ),
        (pods().list(&ListParams::default().limit(1)).as_table(IncludeObject::None), "limit=1&includeObject=None"),
        (pods().get("a", &GetParams::default()).as_table(IncludeObject::Object), "includeObject=Object"),
        // A parameter that this crate does not know.
        (pods().get("a", &GetParams::default()).param("x;y", "a&b=c d"), "x%3By=a%26b%3Dc%20d"),
    ] {
        let uri = request.build("", "").unwrap().uri().clone();
        assert_eq!(uri.query(), Some(query));
    }
}

#[test]
fn verbs_as_the_api_and_as_http_name_them() {
    let read = Method::from_bytes(b"READ").unwrap();
    for (verb, name, method, mutates) in [
        (Verb::Get, "get", Method::GET, false),
        (Verb::List, "list", Method::GET, false),
        (Verb::Watch, "watch", Method::GET, false),
        (Verb::Create, "create", Method::POST, true),
        (Verb::Update, "update", Method::PUT, true),
        (Verb::Patch, "patch", Method::PATCH, true),
        (Verb::Delete, "delete", Method::DELETE, true),
        (Verb::DeleteCollection, "deletecollection", Method::DELETE, true),
        (Verb::Connect, "connect", Method::GET, true),
        (Verb::Raw(Method::HEAD), "HEAD", Method::HEAD, false),
        (Verb::Raw(read.clone()), "READ", read, true),
    ] {
        let found = (verb.as_str(), verb.name(), verb.method(), verb.mutates());
        assert_eq!(found, (name, name.into(), method, mutates));
    }
}

#[test]
fn what_is_accepted() {
    let metadata = pods().part(Part::Metadata);
    let one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    let many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    for (request, accept) in [
        (pods().get("a", &GetParams::default()), "application/json"),
        (metadata.get("a", &GetParams::default()), one),
        (metadata.list(&ListParams::default()), many),
        (metadata.watch(&WatchParams::default()), one),
        (metadata.delete("a", &DeleteParams::default()), one),
        (metadata.delete_collection(&DeleteParams::default(), &ListParams::default()), many),
        (pods().list(&ListParams::default()).as_table(IncludeObject::Object), table),
        (ApiRequest::raw(Method::GET, "/metrics", ""), "application/json, */*"),
    ] {
        assert_eq!(request.build("", "").unwrap().headers()[header::ACCEPT], accept);
    }
    let without = "application/json;drop=metadata.managedFields";
    for (mut request, trim, accept) in [
        (pods().list(&ListParams::default()), Trim::managed_fields(), without),
        (pods().list(&ListParams::default()), Trim::default().annotation("a"), "application/json"),
        (metadata.list(&ListParams::default()), Trim::managed_fields(), many),
    ] {
        request.leave_out(&trim);
        assert_eq!(request.build("", "").unwrap().headers()[header::ACCEPT], accept);
    }
    let request = pods().list(&ListParams::default());
    assert_eq!(
        line(&request.clone().as_table(IncludeObject::Object)),
        "GET /api/v1/namespaces/ns/pods?includeObject=Object"
    );
    assert_eq!(line(&request.as_table(IncludeObject::Metadata)), "GET /api/v1/namespaces/ns/pods");
}

#[test]
fn bodies() {
    let write = WriteParams::default();
    let apply = PatchParams::default().field_manager("me");
    let object = DynamicObject::new(&deployments().resource, "web").with("spec", json!({"replicas": 2}));
    let scale = deployments().subresource(Subresource::SCALE);
    for (request, content_type, text) in [
        (pods().get("a", &GetParams::default()), "", ""),
        (pods().delete("a", &DeleteParams::default()), "", ""),
        (
            pods().delete("a", &DeleteParams::default().uid("u")),
            JSON,
            r#"{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u"}}"#,
        ),
        (
            pods().delete_collection(&DeleteParams::default(), &ListParams::default()),
            JSON,
            r#"{"apiVersion":"v1","kind":"DeleteOptions"}"#,
        ),
        (
            deployments().create(&object, &write),
            JSON,
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2}}"#,
        ),
        (
            deployments().create(&json!({"metadata": {"generateName": "web-"}}), &write),
            JSON,
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"generateName":"web-"}}"#,
        ),
        (
            scale.replace("web", &Scale::to("web", 3), &write),
            JSON,
            r#"{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web"},"spec":{"replicas":3}}"#,
        ),
        (
            pods().evict("a", &DeleteParams::default()),
            JSON,
            r#"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"a","namespace":"ns"}}"#,
        ),
        (
            pods().evict("a", &DeleteParams::default().grace_period_seconds(0)),
            JSON,
            r#"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"a","namespace":"ns"},"deleteOptions":{"apiVersion":"v1","gracePeriodSeconds":0,"kind":"DeleteOptions"}}"#,
        ),
        (
            pods().bind("a", "n1", &write),
            JSON,
            r#"{"apiVersion":"v1","kind":"Binding","metadata":{"name":"a"},"target":{"apiVersion":"v1","kind":"Node","name":"n1"}}"#,
        ),
        (
            deployments().patch("web", &Patch::merge(&json!({"spec": null})), &PatchParams::default()),
            "application/merge-patch+json",
            r#"{"spec":null}"#,
        ),
        (
            deployments().patch("web", &Patch::apply(&json!({"spec": {}})), &apply),
            "application/apply-patch+yaml",
            r#"{"apiVersion":"apps/v1","kind":"Deployment","spec":{}}"#,
        ),
        (
            scale.patch("web", &Patch::apply(&json!({"spec": {"replicas": 1}})), &apply),
            "application/apply-patch+yaml",
            r#"{"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":1}}"#,
        ),
        (
            deployments().patch("web", &Patch::text(PatchType::Apply, "kind: Deployment\n"), &apply),
            "application/apply-patch+yaml",
            "kind: Deployment\n",
        ),
    ] {
        assert_eq!(body(&request), (content_type.to_owned(), text.to_owned()));
    }
}

#[test]
fn mistakes_are_named_with_their_remedy() {
    let get = GetParams::default();
    let write = WriteParams::default();
    let patch = PatchParams::default();
    let managed = json!({"metadata": {"managedFields": []}});
    for (request, expected) in [
        (
            pods().get("", &get),
            "get pods \"\" in namespace \"ns\": the object's name is empty: to read all of them use list",
        ),
        (pods().delete("", &DeleteParams::default()), "use delete_collection"),
        (pods().get(".", &get), "the name \".\" cannot be a part of a URL: it would be taken for a step in the path"),
        (pods().get("..", &get), "would be taken for a step"),
        (pods().get("a/b", &get), "the name \"a/b\" cannot be a part of a URL: it may not contain '/'"),
        (pods().get("a%2fb", &get), "it may not contain '%'"),
        (pods().within("a/b").get("a", &get), "the namespace \"a/b\""),
        (pods().within("").list(&ListParams::default()), "for all namespaces use Api::all()"),
        (all_pods().get("a", &get), "pods live in namespaces"),
        (all_pods().create(&json!({}), &write), "name one with Api::namespaced(..)"),
        (all_pods().delete_collection(&DeleteParams::default(), &ListParams::default()), "pods live in namespaces"),
        (nodes().within("ns").get("a", &get), "nodes are cluster scoped"),
        (pods().subresource(Subresource::STATUS).list(&ListParams::default()), "a subresource belongs to one object"),
        (pods().subresource(Subresource::named("a//b")).get("x", &get), "the subresource is empty"),
        (pods().create_for("a", &json!({}), &write), "use create"),
        (pods().create(&json!([]), &write), "does not serialize to a JSON object"),
        (pods().patch("a", &Patch::apply(&json!({})), &patch), "set PatchParams::field_manager"),
        (pods().patch("a", &Patch::merge(&json!({})), &patch.clone().force()), "only an apply does"),
        (pods().patch("a", &Patch::apply(&managed), &patch.clone().field_manager("me")), "metadata.managedFields"),
        (pods().patch("a", &Patch::apply(&json!([])), &patch.clone().field_manager("me")), "an apply needs an object"),
        (pods().patch("a", &Patch::apply(&json!({})), &patch.clone().field_manager("x".repeat(129))), "has 129 bytes"),
        (pods().patch("a", &Patch::apply(&json!({})), &patch.clone().field_manager("a\u{200b}b")), "cannot be printed"),
        (pods().create(&json!({}), &write.clone().field_manager("a\nb")), "cannot be printed"),
        (pods().exec("a", &ExecParams::default().stdout()), "exec needs a command"),
        (pods().exec("a", &ExecParams::default().command(["sh"])), "at least one of stdin, stdout and stderr"),
        (pods().exec("a", &ExecParams::default().command(["sh"]).stderr().tty()), "at least one of"),
        (pods().log("a", &LogParams::default().since_seconds(1).since_time("x")), "set one"),
        (pods().get("a", &get).accept("a\nb"), "cannot be the value of the header Accept"),
    ] {
        let text = misuse(&request);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn what_is_attempted() {
    let get = GetParams::default();
    let write = WriteParams::default();
    let named = json!({"metadata": {"name": "a"}});
    let generated = json!({"metadata": {"generateName": "a-"}});
    let review = Target::of(ApiResource::of::<SelfSubjectAccessReview>());
    for (request, text, mutates) in [
        (pods().get("a", &get), r#"get pods "a" in namespace "ns""#, false),
        (all_pods().list(&ListParams::default()), "list pods", false),
        (pods().within(Namespace::Default).watch(&WatchParams::default()), r#"watch pods in namespace "home""#, false),
        (nodes().within(Namespace::Default).get("n", &get), r#"get nodes "n""#, false),
        (pods().create(&named, &write), r#"create pods "a" in namespace "ns""#, true),
        (pods().create(&generated, &write), r#"create pods "a-*" in namespace "ns""#, true),
        (pods().create(&named, &write.clone().dry_run()), r#"create pods "a" in namespace "ns""#, false),
        (
            review.create(&SelfSubjectAccessReview::default(), &write),
            "create selfsubjectaccessreviews.authorization.k8s.io",
            false,
        ),
        (
            deployments().subresource(Subresource::SCALE).replace("w", &Scale::default(), &write),
            r#"update deployments.apps/scale "w" in namespace "ns""#,
            true,
        ),
        (pods().delete("a", &DeleteParams::default().dry_run()), r#"delete pods "a" in namespace "ns""#, false),
        (pods().exec("a", &ExecParams::run(["ls"])), r#"connect pods/exec "a" in namespace "ns""#, true),
        (pods().log("a", &LogParams::default()), r#"get pods/log "a" in namespace "ns""#, false),
        (ApiRequest::raw(Method::GET, "/version?x=y", ""), "GET /version", false),
        (ApiRequest::raw(Method::POST, "/x", "{}"), "POST /x", true),
    ] {
        let attempt = request.attempt("home");
        assert_eq!((attempt.to_string().as_str(), attempt.mutates), (text, mutates));
    }
}

#[test]
fn headers_and_debug() {
    let request = ApiRequest::raw(Method::POST, "/x", "s3cret")
        .header(HeaderName::from_static("x-one"), HeaderValue::from_static("s3cret"))
        .header(HeaderName::from_static("x-one"), HeaderValue::from_static("two"));
    let built = request.build("", "").unwrap();
    assert_eq!(built.headers().get_all("x-one").iter().count(), 2);
    assert_eq!(built.headers()[header::CONTENT_TYPE], JSON);
    assert!(!format!("{request:?}").contains("s3cret"));
}

#[test]
fn apis() {
    let reviews = Api::<SelfSubjectAccessReview>::all();
    assert_eq!(
        line(&reviews.target().create(&json!({}), &WriteParams::default())),
        "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    );
    let things = Api::dynamic(ApiResource::new("example.com/v1", "Thing", "things", Scope::Namespaced)).within("ns");
    let get = GetParams::default();
    assert_eq!(line(&things.target().get("a", &get)), "GET /apis/example.com/v1/namespaces/ns/things/a");
    assert_eq!(things.metadata().target().part, Part::Metadata);
    assert_eq!(things.metadata().target().namespace, Namespace::named("ns"));
    assert_eq!(line(&things.scale().target().get("a", &get)), "GET /apis/example.com/v1/namespaces/ns/things/a/scale");
    assert_eq!(
        line(&things.status().target().get("a", &get)),
        "GET /apis/example.com/v1/namespaces/ns/things/a/status"
    );
}

#[test]
fn the_group_that_answers() {
    let group = |request: ApiRequest| request.path.answering_group().map(str::to_owned);
    let raw = |path: &str| group(ApiRequest::raw(Method::GET, path, ""));
    assert_eq!(group(pods().get("a", &GetParams::default())).as_deref(), Some(""));
    assert_eq!(group(pods().log("a", &LogParams::default())), None);
    let service = ProxyTarget::new("a");
    assert_eq!(group(pods().proxy(&service, Method::GET, "/x", "")), None);
    for (path, group) in [
        ("/api", Some("")),
        ("/api/v1/namespaces/a/pods?x=/proxy", Some("")),
        ("/apis/metrics.k8s.io", Some("metrics.k8s.io")),
        ("/apis/metrics.k8s.io/v1beta1/nodes", Some("metrics.k8s.io")),
        ("/apis/apps/v1/namespaces/proxied/deployments/a/scale", Some("apps")),
        ("/api/v1/namespaces/a/services/b/proxy/metrics", None),
        ("/api/v1/namespaces/a/pods/b/log", None),
        ("/api/v1/namespaces/log/pods", Some("")),
        ("/apis", None),
        ("/livez", None),
        ("/", None),
    ] {
        assert_eq!(raw(path).as_deref(), group, "{path}");
    }
}
