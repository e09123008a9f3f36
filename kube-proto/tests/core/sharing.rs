//! Calls that share an exchange.

use http::{HeaderName, HeaderValue};
use kube_proto::ErrorKind;
use kube_proto::api::SingleFlight;
use kube_proto::api::{ApiRequest, GetParams, WriteParams};
use kube_proto::driver::Session;
use kube_proto::driver::Step;
use kube_proto::resource::DynamicObject;
use kube_proto::settings::Timeouts;

use crate::border::pods;
use crate::script::{Script, answer, data, head, name, secs, session, session_with, status};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

fn get(session: &Session) -> Script<SingleFlight<DynamicObject>> {
    Script::new(pods().get("a").single_flight(), session)
}

#[test]
fn one_exchange_for_all_concurrent_calls() {
    let session = session();
    let mut first = get(&session);
    first.exchange();
    let mut others: Vec<_> = (0..100).map(|_| get(&session)).collect();
    for other in &mut others {
        other.waits();
    }
    first.waits();
    first.arrived.extend(answer(200, POD));
    assert_eq!(first.item().metadata.uid.as_deref(), Some("1"));
    for other in &mut others {
        assert_eq!(other.woken(), 1);
        assert_eq!(other.item().metadata.uid.as_deref(), Some("1"));
        assert!(matches!(other.turn(), Step::Done(Ok(()))));
    }
    let stats = session.statistics();
    assert_eq!((stats.exchanges, stats.shared), (1, 100));
    // A later call needs a new answer.
    get(&session).exchange();
}

#[test]
fn the_end_is_repeated() {
    let mut failed = get(&session());
    failed.exchange();
    failed.arrived.extend(answer(403, &status(403, "Forbidden", "no")));
    let first = failed.error().to_string();
    assert_eq!((failed.error().to_string(), failed.task.in_flight()), (first, false));
    let mut whole = get(&session());
    whole.exchange();
    whole.arrived.extend(answer(200, POD));
    whole.item();
    assert!((0..2).all(|_| matches!(whole.turn(), Step::Done(Ok(())))));
}

#[test]
fn what_differs_is_not_shared() {
    let session = session();
    let mut first = get(&session);
    first.exchange();
    let cached = GetParams::default().resource_version("0");
    Script::new(pods().get("b").single_flight(), &session).exchange();
    Script::new(pods().within("other").get("a").single_flight(), &session).exchange();
    Script::new(pods().get_with("a", &cached).single_flight(), &session).exchange();
    let hasty = Timeouts { total: Some(secs(1)), ..session.settings().call };
    Script::new(pods().get("a").timeouts(hasty).single_flight(), &session).exchange();
    Script::new(pods().metadata().get("a").single_flight(), &session).exchange();
    // The same request for another user, with another header, for another part.
    let same =
        || ApiRequest::raw(http::Method::GET, "/api/v1/namespaces/default/pods/a", "").accept("application/json");
    Script::new(same().json::<DynamicObject>().single_flight(), &session).waits();
    let as_jane = HeaderValue::from_static("jane");
    let as_user = |request: ApiRequest| request.header(HeaderName::from_static("impersonate-user"), as_jane.clone());
    let other =
        |request: ApiRequest, name: &'static str| request.header(HeaderName::from_static(name), as_jane.clone());
    for request in [as_user(same()), other(as_user(same()), "impersonate-group"), other(same(), "x-own")] {
        Script::new(request.json::<DynamicObject>().single_flight(), &session).exchange();
    }
    Script::new(same().accept("application/yaml").bytes().single_flight(), &session).exchange();
    // It is not shared with a call without the option, nor with another session, which may be another user.
    Script::new(pods().get("a"), &session).exchange();
    get(&self::session()).exchange();
    get(&session).waits();
}

#[test]
fn an_error_is_shared() {
    let session = session();
    let (mut first, mut second) = (get(&session), get(&session));
    first.exchange();
    second.waits();
    first.arrived.extend(answer(404, &status(404, "NotFound", "no such pod")));
    let (one, other) = (first.error(), second.error());
    assert!(one.is_not_found() && other.is_not_found());
    assert_eq!(one.to_string(), other.to_string());
    assert_eq!(second.error().to_string(), other.to_string(), "the end is repeated");
}

#[test]
fn each_call_decodes_for_itself() {
    let session = session();
    let bytes = |session: &Session| {
        let request = kube_proto::api::ApiRequest::raw(http::Method::GET, "/api/v1/namespaces/default/pods/a", "");
        Script::new(request.bytes().single_flight(), session)
    };
    let json = |session: &Session| {
        let request = kube_proto::api::ApiRequest::raw(http::Method::GET, "/api/v1/namespaces/default/pods/a", "");
        Script::new(request.json::<DynamicObject>().single_flight(), session)
    };
    let (mut first, mut second, mut third) = (bytes(&session), json(&session), json(&session));
    first.exchange();
    second.waits();
    third.waits();
    first.arrived.extend(answer(200, "no json"));
    assert_eq!(first.item(), "no json");
    for mut other in [second, third] {
        let error = other.error();
        assert!(matches!(error.kind(), ErrorKind::Decode { .. }), "{error}");
        assert!(error.attempt().is_some());
    }
}

#[test]
fn when_the_first_is_dropped_another_goes_on_and_only_that_one_is_woken() {
    let session = session();
    let mut first = get(&session);
    first.exchange();
    first.arrived.extend([head(200, &[]), data(r#"{"apiVer"#)]);
    first.waits();
    let (mut second, mut third, mut fourth) = (get(&session), get(&session), get(&session));
    second.waits();
    third.waits();
    fourth.waits();
    drop(first);
    assert_eq!((second.woken(), third.woken(), fourth.woken()), (1, 0, 0));
    // This one is dropped, too, before it was polled.
    drop(second);
    assert_eq!((third.woken(), fourth.woken()), (1, 0));
    third.exchange();
    fourth.waits();
    third.arrived.extend(answer(200, POD));
    third.item();
    assert_eq!(fourth.item().metadata.uid.as_deref(), Some("1"));
    assert_eq!(session.statistics().exchanges, 2);
}

#[test]
fn a_call_that_is_not_polled_is_not_waited_for() {
    let session = session();
    let mut first = get(&session);
    first.exchange();
    first.waits();
    let mut second = get(&session);
    let mut waited = secs(0);
    while let Step::Wait(Some(until)) = second.turn() {
        let span = until - second.now.mono;
        waited += span;
        second.pass(span);
        assert!(waited <= secs(40));
    }
    assert!(waited >= secs(30));
    // The second one has sent its request by now. The first one continues after all, and its answer is as good.
    let mut third = get(&session);
    third.now = second.now;
    third.waits();
    first.now = second.now;
    first.arrived.extend(answer(200, POD));
    first.item();
    assert_eq!(third.item().metadata.uid.as_deref(), Some("1"));
    second.arrived.extend(answer(200, POD));
    second.item();
}

#[test]
fn one_that_is_polled_keeps_the_lead() {
    let session = session();
    let (mut first, mut second) = (get(&session), get(&session));
    first.exchange();
    second.waits();
    for _ in 0..6 {
        assert!(first.waits().unwrap() <= secs(10), "it comes back in time to renew");
        first.pass(secs(10));
        second.pass(secs(10)).waits();
    }
}

#[test]
fn no_call_waits_beyond_its_deadline() {
    let session = session_with(|_| {}, |settings| settings.call.total = Some(secs(8)));
    let (mut first, mut second) = (get(&session), get(&session));
    first.exchange();
    second.pass(secs(6));
    assert_eq!(second.waits(), Some(secs(5)));
    // The first one ends at its own deadline; the second has less than a whole one left.
    assert!(matches!(first.pass(secs(8)).turn(), Step::Wait(_) | Step::Done(Err(_))));
    drop(first);
    second.pass(secs(4)).exchange();
    second.waits();
    let error = second.pass(secs(4)).error();
    assert!(error.to_string().contains("within"), "{error}");

    let (mut first, mut second) = (get(&session), get(&session));
    first.exchange();
    second.waits();
    let error = second.pass(secs(8)).error();
    assert!(matches!(error.kind(), ErrorKind::Timeout { .. }), "{error}");
}

#[test]
fn what_changes_something_is_refused() {
    let pod: DynamicObject = serde_json::from_str(POD).unwrap();
    let error = Script::new(pods().create(&pod, &WriteParams::default()).single_flight(), &session()).error();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    assert!(error.to_string().contains("POST is not GET"), "{error}");
}

/// For every order of turns, answers and drops: all live calls get the answer, and no exchange is left over.
#[test]
fn any_order_of_drops() {
    for order in 0..64_u32 {
        let session = session();
        let mut all: Vec<_> = (0..6).map(|_| Some(get(&session))).collect();
        let mut leads = Vec::new();
        for (place, one) in all.iter_mut().enumerate() {
            if let Some(script) = one
                && let Step::Do(_) = script.turn()
            {
                leads.push(place);
            }
        }
        assert_eq!(leads, [0]);
        for place in (0..6).filter(|place| order & (1 << place) != 0) {
            all[place] = None;
        }
        let mut answered = 0;
        for _ in 0..20 {
            for script in all.iter_mut().flatten() {
                match script.turn() {
                    Step::Do(_) => script.arrived.extend(answer(200, POD)),
                    Step::Yield(_) => answered += 1,
                    Step::Wait(_) if script.task.in_flight() && script.arrived.is_empty() => {
                        script.arrived.extend(answer(200, POD));
                    }
                    Step::Wait(_) | Step::Done(Ok(())) => {}
                    other @ Step::Done(Err(_)) => panic!("{}", name(&other)),
                }
            }
        }
        assert_eq!(answered, all.iter().flatten().count(), "{order:b}");
        assert!(session.statistics().exchanges <= 2, "{order:b}");
    }
}
