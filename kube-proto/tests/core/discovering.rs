//! Discovery: round by round, and as one operation with a cache.

use kube_proto::config::Config;
use kube_proto::discovery::{Discover, DiscoverRequest, Discovery, DiscoveryCache, Find, discover, find, find_kind};
use kube_proto::driver::{Fault, FaultKind, Input, Operation, Session, SessionOptions, Step};
use kube_proto::{Error, ErrorKind};

use crate::script::{Script, answer, data, head, name, secs, session, status};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const GROUPS: &str = r#"{"kind":"APIGroupList","groups":[
    {"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}]},
    {"name":"metrics.k8s.io","versions":[{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}]}]}"#;

/// Sends all requests of a round, and then answers each: no inputs are a server that is silent.
fn round(discover: &mut Discover, session: &Session, answers: &[(&str, Vec<Input>)]) -> Vec<String> {
    let mut scripts: Vec<_> = discover.round().into_iter().map(|request| Script::new(request, session)).collect();
    let paths: Vec<_> = scripts.iter_mut().map(|script| script.exchange().request.uri().to_string()).collect();
    let mut results = Vec::new();
    for (script, path) in scripts.iter_mut().zip(&paths) {
        let inputs = answers.iter().find(|(of, _)| of == path).map(|(_, inputs)| again(inputs)).unwrap_or_default();
        results.push(result(script, inputs));
    }
    discover.answer(results);
    paths
}

fn again(inputs: &[Input]) -> Vec<Input> {
    inputs
        .iter()
        .map(|input| match input {
            Input::Head(head) => Input::Head(head.clone()),
            Input::Data(data) => Input::Data(data.clone()),
            Input::Failed(fault) => Input::Failed(fault.clone()),
            _ => Input::End,
        })
        .collect()
}

fn result(
    script: &mut Script<DiscoverRequest>,
    inputs: Vec<Input>,
) -> Result<kube_proto::api::ApiResponse<bytes::Bytes>, Error> {
    let mut step = script.feed(inputs);
    for _ in 0..3 {
        match step {
            Step::Yield(item) => return Ok(item),
            Step::Done(end) => return Err(end.unwrap_err()),
            Step::Wait(Some(until)) => {
                script.pass(until - script.now.mono);
                step = script.turn();
            }
            other => panic!("{}", name(&other)),
        }
    }
    panic!("no end");
}

fn json(body: &str) -> Vec<Input> {
    answer(200, body).into()
}

fn groups(discovery: &Discovery) -> Vec<&str> {
    discovery.groups.iter().map(|group| group.name.as_str()).collect()
}

#[test]
fn a_new_server_has_one_round() {
    let (session, mut discover) = (session(), Discover::new());
    let aggregated = |name: &str| {
        let body = format!(
            r#"{{"kind":"APIGroupDiscoveryList","items":[{{"metadata":{{"name":"{name}"}},"versions":[{{"version":"v1"}}]}}]}}"#
        );
        vec![head(200, &[("content-type", AGGREGATED)]), data(&body), Input::End]
    };
    let asked = round(&mut discover, &session, &[("/api", aggregated("")), ("/apis", aggregated("apps"))]);
    assert_eq!(asked, ["/api", "/apis"]);
    assert!(discover.round().is_empty());
    assert_eq!(groups(&discover.finish().unwrap()), ["", "apps"]);
}

#[test]
fn an_old_server_is_asked_for_all_versions_at_once_and_one_that_is_silent_does_not_hide_the_rest() {
    let (session, mut discover) = (session(), Discover::new());
    let core = json(r#"{"kind":"APIVersions","versions":["v1"]}"#);
    round(&mut discover, &session, &[("/api", core), ("/apis", json(GROUPS))]);
    let list = r#"{"kind":"APIResourceList","resources":[{"name":"pods","kind":"Pod","verbs":["get"]}]}"#;
    let asked = round(&mut discover, &session, &[("/api/v1", json(list)), ("/apis/apps/v1", json(list))]);
    assert_eq!(asked, ["/api/v1", "/apis/apps/v1", "/apis/metrics.k8s.io/v1beta1"]);
    assert!(discover.round().is_empty());
    let discovery = discover.finish().unwrap();
    assert_eq!(groups(&discovery), ["", "apps"]);
    let [failure] = &discovery.failures[..] else { panic!("{:?}", discovery.failures) };
    assert_eq!(failure.group_version, "metrics.k8s.io/v1beta1");
    assert!(failure.text.contains("within 32s"), "{}", failure.text);
}

#[test]
fn all_requests_together_have_one_time_limit() {
    let (session, mut discover) = (session(), Discover::new().timeout(secs(10)));
    let mut first: Vec<_> = discover.round().into_iter().map(|request| Script::new(request, &session)).collect();
    let mut results = Vec::new();
    for (script, body) in first.iter_mut().zip([r#"{"versions":["v1"]}"#, GROUPS]) {
        script.exchange();
        results.push(result(script.pass(secs(4)), json(body)));
    }
    discover.answer(results);
    // The second round begins after four seconds, and one of its requests waits three more for its turn.
    for (late, left) in [(4, 6), (7, 3)] {
        let mut script = Script::new(discover.round().remove(0), &session);
        script.pass(secs(late)).exchange();
        assert_eq!(script.waits(), Some(secs(left)));
        let error = script.pass(secs(left)).error();
        assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
    }
}

#[test]
fn only_the_first_round_can_fail_as_a_whole() {
    let missing = || answer(404, &status(404, "NotFound", "no core group")).into();
    let refused = || vec![Input::Failed(Box::new(Fault::unsent(FaultKind::Refused, "connection refused")))];
    let empty = || json(r#"{"kind":"APIGroupList","groups":[]}"#);
    for (core, named, fine) in [
        (missing(), empty(), true),
        (empty(), missing(), false),
        (missing(), refused(), false),
        (refused(), empty(), false),
        (missing(), json("<html>log in</html>"), false),
    ] {
        let (session, mut discover) = (session(), Discover::new());
        round(&mut discover, &session, &[("/api", core), ("/apis", named)]);
        assert!(discover.round().is_empty());
        let result = discover.finish();
        assert_eq!(result.is_ok(), fine, "{result:?}");
    }
    assert!(Discover::new().finish().is_err());
    let mut unanswered = Discover::new();
    unanswered.answer([]);
    assert!(unanswered.finish().is_err());
}

fn document(name: &str, resource: &str) -> String {
    format!(
        r#"{{"kind":"APIGroupDiscoveryList","items":[{{"metadata":{{"name":"{name}"}},"versions":[{{"version":"v1","resources":[
            {{"resource":"{resource}","responseKind":{{"kind":"Thing"}},"verbs":["list","watch"]}}]}}]}}]}}"#
    )
}

fn tagged(tag: &str, body: &str) -> [Input; 3] {
    [head(200, &[("content-type", AGGREGATED), ("etag", tag)]), data(body), Input::End]
}

fn unchanged() -> [Input; 2] {
    [head(304, &[("content-type", AGGREGATED)]), Input::End]
}

/// The next exchange: its path and its `If-None-Match`.
fn asks<O: Operation>(script: &mut Script<O>) -> (String, String) {
    let exchange = script.exchange();
    let tag = exchange.request.headers().get("if-none-match").map_or("", |tag| tag.to_str().unwrap());
    (exchange.request.uri().to_string(), tag.to_owned())
}

/// Answers and takes the item that follows.
fn ends<O: Operation>(script: &mut Script<O>, inputs: impl IntoIterator<Item = Input>) -> O::Item {
    script.arrived.extend(inputs);
    let item = script.item();
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
    assert!(matches!(script.turn(), Step::Done(Ok(()))));
    item
}

fn fills(cache: &DiscoveryCache, session: &Session) {
    let mut script = Script::new(discover().cached(cache), session);
    assert_eq!(asks(&mut script), ("/api".into(), String::new()));
    script.arrived.extend(tagged("\"A\"", &document("", "pods")));
    assert_eq!(asks(&mut script), ("/apis".into(), String::new()));
    let found = ends(&mut script, tagged("\"B\"", &document("apps", "deployments")));
    assert_eq!(groups(&found), ["", "apps"]);
}

#[test]
fn one_operation_asks_a_new_server_twice() {
    fills(&DiscoveryCache::new(secs(60)), &session());
}

#[test]
fn a_cache_answers_until_it_is_old_and_then_sends_its_tags() {
    let (session, cache) = (session(), DiscoveryCache::new(secs(60)));
    fills(&cache, &session);
    let first = cache.value().unwrap();
    // Fresh: nothing is sent.
    let mut script = Script::new(discover().cached(&cache), &session);
    script.pass(secs(59));
    assert_eq!(groups(&ends(&mut script, [])), ["", "apps"]);
    assert!(!script.task.operation().has_asked());
    // Old: the answers have no bodies, and the value is new.
    let mut script = Script::new(discover().cached(&cache), &session);
    script.pass(secs(60));
    assert_eq!(asks(&mut script), ("/api".into(), "\"A\"".into()));
    script.arrived.extend(unchanged());
    assert_eq!(asks(&mut script), ("/apis".into(), "\"B\"".into()));
    let found = ends(&mut script, unchanged());
    assert_eq!(found.discovery, first.discovery);
    assert_eq!(found.fetched, first.fetched + secs(60));
    // One of the two has changed.
    let mut script = Script::new(discover().cached(&cache).anew(), &session);
    assert_eq!(asks(&mut script).1, "\"A\"");
    script.arrived.extend(tagged("\"C\"", &document("", "services")));
    assert_eq!(asks(&mut script).1, "\"B\"");
    let found = ends(&mut script, unchanged());
    let names: Vec<_> = found.all().map(|one| one.resource.to_string()).collect();
    assert_eq!(names, ["services.v1", "deployments.v1.apps"]);
    // The tags are kept for the next time. A clock that was set back makes the value old.
    let mut script = Script::new(discover().cached(&cache), &session);
    script.now.unix -= secs(1);
    assert_eq!(asks(&mut script).1, "\"C\"");
    script.arrived.extend(unchanged());
    assert_eq!(asks(&mut script).1, "\"B\"");
}

#[test]
fn a_value_of_another_server_is_not_used() {
    let cache = DiscoveryCache::new(secs(60));
    fills(&cache, &session());
    let other = Session::new(&Config::new("https://other.test").unwrap(), SessionOptions::default()).unwrap();
    assert_eq!(asks(&mut Script::new(discover().cached(&cache), &other)).1, "");
    let prefixed = Session::new(&Config::new("https://k.test:6443/x").unwrap(), SessionOptions::default()).unwrap();
    assert_eq!(asks(&mut Script::new(discover().cached(&cache), &prefixed)).1, "");
}

#[test]
fn one_operation_asks_an_old_server_for_each_version() {
    let (session, cache) = (session(), DiscoveryCache::new(secs(60)));
    let mut script = Script::new(discover().cached(&cache), &session);
    asks(&mut script);
    script.arrived.extend(json(r#"{"kind":"APIVersions","versions":["v1"]}"#));
    asks(&mut script);
    script.arrived.extend(json(GROUPS));
    let list = r#"{"kind":"APIResourceList","resources":[{"name":"pods","kind":"Pod","verbs":["get"]}]}"#;
    for path in ["/api/v1", "/apis/apps/v1"] {
        assert_eq!(asks(&mut script), (path.into(), String::new()));
        script.arrived.extend(json(list));
    }
    assert_eq!(asks(&mut script).0, "/apis/metrics.k8s.io/v1beta1");
    let refused = answer(500, &status(500, "InternalError", "the backend is away"));
    let found = ends(&mut script, refused);
    assert_eq!(groups(&found), ["", "apps"]);
    assert_eq!(found.failures[0].group_version, "metrics.k8s.io/v1beta1");
    // A value with a gap is fresh for ten seconds only.
    let mut script = Script::new(discover().cached(&cache), &session);
    ends(script.pass(secs(9)), []);
    let mut script = Script::new(discover().cached(&cache), &session);
    assert_eq!(asks(script.pass(secs(10))), ("/api".into(), String::new()));
}

#[test]
fn the_operation_has_one_time_limit_and_the_errors_of_its_first_requests() {
    let session = session();
    let mut script = Script::new(discover().timeout(secs(10)), &session);
    script.exchange();
    script.pass(secs(4)).arrived.extend(answer(404, &status(404, "NotFound", "no core group")));
    script.exchange();
    assert_eq!(script.waits(), Some(secs(6)));
    let error = script.pass(secs(6)).error();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
    script.error();
    let cache = DiscoveryCache::new(secs(60));
    let mut script = Script::new(discover().cached(&cache), &session);
    script.exchange();
    script.arrived.extend(answer(403, &status(403, "Forbidden", "no")));
    assert!(script.error().is_forbidden());
    assert!(cache.value().is_none());
}

#[test]
fn what_the_cache_does_not_have_is_looked_for_once_more() {
    let (session, cache) = (session(), DiscoveryCache::new(secs(60)));
    fills(&cache, &session);
    // What it has needs no request.
    let found = ends(&mut Script::new(find("deployments").cached(&cache), &session), []);
    assert_eq!(found.resource.to_string(), "deployments.v1.apps");
    let found = ends(&mut Script::new(find_kind("v1", "Thing").cached(&cache), &session), []);
    assert_eq!(found.resource.to_string(), "pods.v1");
    // What is new is found.
    let mut script = Script::new(find("widgets").cached(&cache), &session);
    assert_eq!(asks(&mut script).1, "\"A\"");
    script.arrived.extend(unchanged());
    assert_eq!(asks(&mut script).1, "\"B\"");
    let found = ends(&mut script, tagged("\"C\"", &document("example.com", "widgets")));
    assert_eq!(found.resource.to_string(), "widgets.v1.example.com");
    // What is not there is an error after one look, and not after two if the first asked the server.
    let mut script = Script::new(find("unicorns").cached(&cache), &session);
    asks(&mut script);
    script.arrived.extend(unchanged());
    asks(&mut script);
    script.arrived.extend(unchanged());
    assert_eq!(script.error().to_string(), "the server doesn't have a resource type \"unicorns\"");
    for cache in [None, Some(DiscoveryCache::new(secs(60)))] {
        let find = find("unicorns");
        let find = cache.iter().fold(find, Find::cached);
        let mut script = Script::new(find, &session);
        asks(&mut script);
        script.arrived.extend(tagged("\"A\"", &document("", "pods")));
        asks(&mut script);
        script.arrived.extend(tagged("\"B\"", &document("apps", "deployments")));
        script.error();
    }
}
