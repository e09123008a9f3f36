//! Discovery, round by round.

use kube_proto::discovery::{Discover, DiscoverRequest, Discovery};
use kube_proto::driver::{Fault, FaultKind, Input, Session, Step};
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
