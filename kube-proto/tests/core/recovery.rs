//! A watch that recovers from every end of its exchanges, in whatever pieces that end arrives.

use std::time::Duration;

use kube_proto::Api;
use kube_proto::driver::{Effect, Input, Session, Step};
use kube_proto::resource::LocalSubjectAccessReview;
use kube_proto::watch::{Ending, Event, OnRefusal, Pause, Phase, Recovery, Since, WatchSettings};

use crate::border::pods;
use crate::recovery_play::{
    Play, Pod, backs_off, bookmark, closed, event, in_stream, page, paged, query, refused, script,
};
use crate::script::{Script, answer, data, head, secs, session, session_with, status};

#[test]
fn a_list_in_pages_and_then_a_watch() {
    let mut script = script(paged().page_size(2).label_selector("app=web").field_selector("spec.nodeName=n"));
    let selectors = "labelSelector=app%3Dweb&fieldSelector=spec.nodeName%3Dn";
    assert_eq!(query(&script.exchange()), format!("{selectors}&limit=2"));
    script.arrived.extend(answer(200, &page(&["a", "b"], "10", "token")));
    let (said, _, second) = script.next();
    assert_eq!(said, ["begin", "+a", "+b"]);
    assert_eq!(second, format!("{selectors}&limit=2&continue=token"));
    assert_eq!(script.task.operation().state().phase, Phase::Listing);
    script.arrived.extend(answer(200, &page(&["c"], "10", "")));
    let (said, _, third) = script.next();
    assert_eq!(said, ["+c", "done 10"]);
    assert_eq!(third, format!("watch=true&{selectors}&resourceVersion=10"));
    let state = script.task.operation().state();
    assert!(state.synced && state.version == Some("10"), "{state}");
}

#[test]
fn one_object_and_only_its_metadata() {
    let api = pods().metadata();
    let mut script = Script::new(api.watch(WatchSettings::default().name("a,b")), &session());
    let exchange = script.exchange();
    assert!(query(&exchange).contains(r"fieldSelector=metadata.name%3Da%5C,b"), "{}", query(&exchange));
    let accept = exchange.request.headers()["accept"].to_str().unwrap();
    assert!(accept.contains("as=PartialObjectMetadata"), "{accept}");
}

#[test]
fn the_time_of_a_watch_is_drawn_from_five_to_ten_minutes() {
    let mut seen = Vec::new();
    for _ in 0..20 {
        let session = Session::new(
            &kube_proto::config::Config::new("https://k.test:6443").unwrap(),
            kube_proto::driver::SessionOptions::new(kube_proto::settings::Settings::default(), seen.len() as u64),
        );
        let mut script = Script::new(pods().watch(WatchSettings::default()), &session.unwrap());
        let uri = script.exchange().request.uri().to_string();
        let seconds: u32 = uri.split("timeoutSeconds=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        assert!((300..600).contains(&seconds), "{seconds}");
        seen.push(seconds);
    }
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() > 15, "{seen:?}");
}

#[test]
fn a_watch_that_ends_is_watched_again_from_the_last_version_however_that_came() {
    let undecodable =
        r#"{"type":"MODIFIED","object":{"metadata":{"name":7,"resourceVersion":"13"}}}"#.to_owned() + "\n";
    for (events, from) in [
        (String::new(), "10"),
        (event("ADDED", "b", "11"), "11"),
        (event("DELETED", "a", "12"), "12"),
        (undecodable, "13"),
        (bookmark("14", false), "14"),
        // Bookmarks that come late, and opaque versions.
        (event("ADDED", "b", "15") + &bookmark("12", false), "15"),
        (event("ADDED", "b", "x-1"), "x-1"),
    ] {
        let mut script = script(paged());
        script.synced();
        script.arrived.push_back(head(200, &[]));
        if !events.is_empty() {
            script.arrived.push_back(data(&events));
        }
        script.says();
        script.pass(secs(5));
        script.arrived.push_back(Input::End);
        let (said, paused, query) = script.next();
        assert_eq!((said.len(), paused), (0, Duration::ZERO), "that is how watches end: {said:?}");
        assert_eq!(query, format!("watch=true&resourceVersion={from}"));
    }
}

#[test]
fn a_version_that_is_forgotten_is_listed_again_not_older_and_then_from_scratch() {
    let http = |code, reason: &str| Vec::from(answer(code, &status(code, reason, "too old resource version")));
    let event = |code, reason: &str| vec![head(200, &[]), data(&in_stream(code, reason))];
    for gone in [http(410, "Expired"), http(410, "Gone"), event(410, "Expired"), event(410, "Gone")] {
        let mut script = script(paged());
        script.firm();
        script.arrived.push_back(Input::End);
        let (_, _, query) = script.next();
        assert_eq!(query, "watch=true&resourceVersion=11");
        script.arrived.extend(gone);
        let (said, paused, query) = script.next();
        assert_eq!((said, paused), (vec!["trouble Expired".into()], Duration::ZERO));
        assert_eq!(query, "resourceVersion=11&resourceVersionMatch=NotOlderThan");
        script.arrived.extend(http(410, "Expired"));
        let (said, paused, query) = script.next();
        assert_eq!((said, paused), (vec!["trouble Expired".into()], Duration::ZERO));
        assert_eq!(query, "limit=500");
    }
}

#[test]
fn a_fresh_list_whose_version_is_forgotten_at_once_does_not_spin() {
    let mut script = script(paged());
    script.synced();
    let mut waits = Vec::new();
    for nth in 0..4 {
        script.arrived.extend(answer(410, &status(410, "Expired", "no")));
        let (_, paused, query) = script.next();
        assert_eq!(query, "limit=500");
        waits.push(paused);
        assert!(backs_off(paused, nth), "{waits:?}");
        script.arrived.extend(answer(200, &page(&["a"], "10", "")));
        script.next();
    }
}

#[test]
fn retry_after_is_waited_for_once() {
    // Twenty seconds are more than the backoff, and the call below does not wait for them as well.
    for busy in [
        vec![head(429, &[("retry-after", "20")]), Input::End],
        vec![head(503, &[("retry-after", "20")]), Input::End],
        vec![
            head(200, &[]),
            data(
                "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":429,\
                 \"reason\":\"TooManyRequests\",\"message\":\"storage is (re)initializing\",\
                 \"details\":{\"retryAfterSeconds\":20}}}\n",
            ),
        ],
    ] {
        let mut script = script(paged());
        script.firm();
        script.arrived.push_back(Input::End);
        script.next();
        script.arrived.extend(busy);
        let (said, paused, query) = script.next();
        assert_eq!(said, ["trouble Busy"]);
        assert!(paused > secs(20) && paused < secs(30), "{paused:?}");
        assert_eq!(query, "watch=true&resourceVersion=11");
        assert_eq!(script.task.session().statistics().retries, 0);
    }
    // A whole day is too long to wait.
    let mut script = script(paged());
    script.exchange();
    script.arrived.extend([head(429, &[("retry-after", "86400")]), Input::End]);
    let paused = script.next().1;
    assert!(paused >= secs(300) && paused < secs(450), "{paused:?}");
}

#[test]
fn a_version_from_the_future_is_listed_from_scratch() {
    let too_large = r#"{"kind":"Status","status":"Failure","code":504,"reason":"Timeout","message":"Timeout: Too large resource version: 11, current: 9","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],"retryAfterSeconds":1}}"#;
    let mut script = script(paged());
    script.firm();
    script.arrived.push_back(data(&in_stream(410, "Expired")));
    script.next();
    script.arrived.extend([head(504, &[("retry-after", "1")]), data(too_large), Input::End]);
    let (said, paused, query) = script.next();
    assert_eq!((said, query.as_str()), (vec!["trouble Ahead".into()], "limit=500"));
    assert!(paused >= secs(1) && paused < secs(2), "{paused:?}");
    // The new list is older, and correct: the cluster was restored.
    script.arrived.extend(answer(200, &page(&["a"], "9", "")));
    let (said, _, query) = script.next();
    assert_eq!(said, ["begin", "+a", "done 9"]);
    assert_eq!(query, "watch=true&resourceVersion=9");
}

#[test]
fn a_list_that_is_older_than_it_may_be_is_not_believed() {
    let mut script = script(paged());
    script.firm();
    script.arrived.push_back(data(&in_stream(410, "Expired")));
    assert_eq!(script.next().2, "resourceVersion=11&resourceVersionMatch=NotOlderThan");
    script.arrived.extend(answer(200, &page(&["ghost"], "7", "")));
    let (said, _, query) = script.next();
    assert_eq!(said, ["begin", "+ghost", "trouble Behind"]);
    assert_eq!(query, "limit=500");
    script.arrived.extend(answer(200, &page(&["a"], "12", "")));
    assert_eq!(script.next().0, ["begin", "+a", "done 12"]);
}

#[test]
fn a_lost_connection_is_mended_at_once_and_then_with_waits() {
    let mut script = script(paged());
    script.firm();
    script.arrived.push_back(closed());
    let (said, paused, query) = script.next();
    assert_eq!(
        (said, paused, query.as_str()),
        (vec!["trouble Broken".into()], secs(0), "watch=true&resourceVersion=11")
    );
    for nth in 0..3 {
        if nth % 2 == 0 {
            script.arrived.push_back(refused());
        } else {
            script.arrived.push_back(head(200, &[]));
            script.says();
            script.pass(secs(2)).arrived.push_back(closed());
        }
        let (_, paused, query) = script.next();
        assert!(backs_off(paused, u32::try_from(nth).unwrap()), "{paused:?}");
        assert_eq!(query, "watch=true&resourceVersion=11");
    }
}

#[test]
fn an_event_that_is_cut_in_two_is_not_an_event() {
    let mut script = script(paged());
    script.firm();
    let whole = event("ADDED", "c", "12");
    script.arrived.extend([data(&whole[..whole.len() / 2]), Input::End]);
    let (said, _, query) = script.next();
    assert_eq!(said, ["trouble Garbled"]);
    assert_eq!(query, "watch=true&resourceVersion=11");
}

#[test]
fn silence_beyond_the_promised_end_is_a_dead_connection() {
    let mut script = script(paged());
    script.firm();
    let limit = script.waits().unwrap();
    assert!(limit >= secs(330) && limit < secs(630), "{limit:?}");
    script.pass(limit);
    let (said, paused, query) = script.next();
    assert_eq!(
        (said, paused, query.as_str()),
        (vec!["trouble Silent".into()], secs(0), "watch=true&resourceVersion=11")
    );
}

#[test]
fn a_pause_begins_with_an_abort_of_what_is_in_flight() {
    let mut script = script(paged());
    script.firm();
    // The error arrives, but the response does not end.
    script.arrived.push_back(data(&in_stream(500, "InternalError")));
    assert!(matches!(script.item(), Event::Trouble(_)));
    assert!(matches!(script.turn(), Step::Do(Effect::Abort)));
    script.arrived.push_back(data(&event("ADDED", "late", "12")));
    assert!(backs_off(script.waits().unwrap(), 0));
}

#[test]
fn an_error_of_the_server_is_watched_through_and_then_listed_through() {
    for failure in [
        vec![head(200, &[]), data(&in_stream(500, "InternalError"))],
        vec![head(500, &[]), Input::End],
        vec![head(502, &[("content-type", "text/html")]), data("<html>Bad Gateway</html>"), Input::End],
        vec![head(200, &[("content-type", "text/html")]), data("<html>log in</html>"), Input::End],
        vec![head(200, &[]), data("{\"type\":\"SYNC\",\"object\":{}}\n"), Input::End],
    ] {
        let mut script = script(paged());
        script.firm();
        script.arrived.push_back(Input::End);
        script.next();
        let again = |failure: &Vec<Input>| -> Vec<Input> { failure.iter().map(copy).collect() };
        script.arrived.extend(again(&failure));
        let (_, paused, query) = script.next();
        assert!(backs_off(paused, 0));
        assert_eq!(query, "watch=true&resourceVersion=11");
        script.arrived.extend(again(&failure));
        let (_, paused, query) = script.next();
        assert!(backs_off(paused, 1));
        assert_eq!(query, "resourceVersion=11&resourceVersionMatch=NotOlderThan");
    }
}

fn copy(input: &Input) -> Input {
    match input {
        Input::Head(head) => Input::Head(head.clone()),
        Input::Data(data) => Input::Data(data.clone()),
        Input::End => Input::End,
        Input::Failed(fault) => Input::Failed(fault.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_watch_that_is_no_watch_becomes_a_slow_poll() {
    let mut script = script(paged());
    script.synced();
    for nth in 0..5 {
        script.arrived.extend([head(200, &[]), Input::End]);
        let (said, paused, query) = script.next();
        assert_eq!(said, ["trouble Short"]);
        assert!(backs_off(paused, nth), "{paused:?}");
        // Lists of the same version are no progress: the fourth is from scratch.
        let not_older = "resourceVersion=10&resourceVersionMatch=NotOlderThan";
        assert_eq!(query, if nth == 3 { "limit=500" } else { not_older });
        script.arrived.extend(answer(200, &page(&["a"], "10", "")));
        assert_eq!(script.next().2, "watch=true&resourceVersion=10");
    }
}

#[test]
fn a_refusal_is_said_and_tried_again_or_is_the_end() {
    for (code, reason) in [(401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound")] {
        let no = || answer(code, &status(code, reason, "no"));
        let mut script = script(paged());
        script.exchange();
        for nth in 0..3 {
            script.arrived.extend(no());
            let (said, paused, _) = script.next();
            assert_eq!(said, ["trouble Refused"]);
            assert!(backs_off(paused, nth));
        }
        let state = script.task.operation().state().to_string();
        assert!(state.contains("no list has been complete") && state.contains("list pods"), "{state}");

        let mut script = self::script(paged().refused(OnRefusal::End));
        script.exchange();
        script.arrived.extend(no());
        assert_eq!(script.error().status().unwrap().code, code);
        assert_eq!(script.error().status().unwrap().code, code, "the end is repeated");
    }
}

#[test]
fn a_mistake_is_the_end() {
    let mut script =
        Script::new(Api::<Pod>::of(pods().target().resource.clone()).within("a/b").watch(paged()), &session());
    assert!(script.error().to_string().contains("a/b"));
}

#[test]
fn an_object_that_does_not_decode_is_said_and_everything_goes_on() {
    let api = Api::<LocalSubjectAccessReview>::all();
    let mut script = Script::new(api.watch(paged()), &session());
    script.exchange();
    let strange = r#"{"metadata":{"name":"s","namespace":"n","uid":"u","resourceVersion":"8"},"spec":7}"#;
    let list = format!(r#"{{"metadata":{{"resourceVersion":"10"}},"items":[{strange}]}}"#);
    script.arrived.extend(answer(200, &list));
    assert!(matches!(script.item(), Event::InitBegin));
    let Event::Undecodable(what) = script.item() else { panic!() };
    assert_eq!(
        (what.namespace.as_deref(), what.name.as_deref(), what.uid.as_deref()),
        (Some("n"), Some("s"), Some("u"))
    );
    assert_eq!(what.object, strange);
    assert!(matches!(script.item(), Event::InitDone { .. }));
    script.exchange();
    script.arrived.extend([
        head(200, &[]),
        data(&format!("{{\"type\":\"MODIFIED\",\"object\":{strange}}}\n")),
        Input::End,
    ]);
    assert!(matches!(script.item(), Event::Undecodable(_)));
    assert_eq!(query(&script.exchange()), "watch=true&resourceVersion=10", "never back");
}

#[test]
fn a_list_without_a_version_is_a_list_and_polled() {
    for version in ["", "0"] {
        let mut script = script(paged());
        script.exchange();
        script.arrived.extend(answer(200, &page(&["a"], version, "")));
        let (said, paused, query) = script.next();
        assert_eq!(said, ["begin", "+a", &format!("done {version}"), "trouble Versionless"]);
        assert!(backs_off(paused, 0));
        assert_eq!(query, "limit=500");
    }
}

#[test]
fn nothing_is_in_flight_while_the_next_exchange_waits_for_others() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let mut script = Script::new(pods().watch(paged()), &session);
    script.firm();
    let mut other = Script::new(pods().get("a"), &session);
    other.exchange();
    script.arrived.push_back(data(&in_stream(410, "Expired")));
    assert!(matches!(script.item(), Event::Trouble(_)));
    assert!(matches!(script.turn(), Step::Do(Effect::Abort)));
    script.waits();
    assert!(!script.task.in_flight());
    drop(other);
    assert_eq!(query(&script.exchange()), "resourceVersion=11&resourceVersionMatch=NotOlderThan");
}

#[test]
fn what_is_no_version_is_nothing_to_go_on_from() {
    for version in ["", "0"] {
        let mut script = script(paged().resume(version));
        assert_eq!(query(&script.exchange()), "limit=500");
    }
}

#[test]
fn a_watch_can_go_on_from_a_version_of_old() {
    let mut script = script(WatchSettings::default().resume("7"));
    assert_eq!(query(&script.exchange()), "watch=true&resourceVersion=7");
    script.arrived.extend([head(200, &[]), data(&in_stream(410, "Expired"))]);
    let (said, paused, query) = script.next();
    assert_eq!((said, paused), (vec!["trouble Expired".into()], secs(0)));
    assert_eq!(query, "watch=true&resourceVersion=7&resourceVersionMatch=NotOlderThan&sendInitialEvents=true");
}

#[test]
fn what_ends_at_once_again_and_again_is_paced() {
    let mut script = script(paged());
    script.firm();
    let mut paused = secs(0);
    for version in 12..32 {
        // Each watch delivers one event, and ends. That is no error, but without a pace there could be a hundred a
        // second.
        script.arrived.push_back(Input::End);
        let (said, wait, query) = script.next();
        assert_eq!((said.len(), query), (0, format!("watch=true&resourceVersion={}", version - 1)));
        paused += wait;
        script.arrived.extend([head(200, &[]), data(&event("MODIFIED", "a", &version.to_string()))]);
        script.says();
    }
    assert_eq!(paused, secs(15), "five at once, and then one a second");
}

#[test]
fn a_trouble_says_what_follows() {
    let mut script = script(paged());
    script.firm();
    script.arrived.push_back(data(&in_stream(410, "Expired")));
    let Event::Trouble(trouble) = script.item() else { panic!() };
    assert_eq!((trouble.next, trouble.wait), (Recovery::Again(Since::NotOlder, Pause::No), secs(0)));
    assert!(trouble.error.to_string().starts_with("watch pods in namespace \"default\": "), "{}", trouble.error);
    assert_eq!(trouble.ending, Ending::Expired);
}

#[test]
fn permits_are_not_held_while_it_watches_or_waits() {
    let session = session_with(|_| {}, |settings| settings.concurrent = Some(1));
    let mut script = Script::new(pods().watch(paged()), &session);
    script.synced();
    script.arrived.extend([head(200, &[]), data(&event("ADDED", "b", "11"))]);
    script.says();
    Script::new(pods().get("a"), &session).exchange();
    script.arrived.extend([closed()]);
    script.next();
    script.arrived.push_back(refused());
    assert!(matches!(script.item(), Event::Trouble(_)));
    script.waits();
    Script::new(pods().get("a"), &session).exchange();
}

/// Bookmarks without a version neither end the watch nor move it.
#[test]
fn a_bookmark_without_a_version_is_ignored() {
    let mut script = script(paged());
    script.firm();
    let bare = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":null}}}\n";
    script.arrived.extend([data(bare), data(&event("ADDED", "c", "12")), data(bare), Input::End]);
    let (said, paused, query) = script.next();
    assert_eq!((said, paused), (vec!["applied c".to_owned()], secs(0)));
    assert_eq!(query, "watch=true&resourceVersion=12");
}

/// A quiet watch that lived for ten seconds works: what follows its loss is no second failure.
#[test]
fn a_quiet_watch_is_firm_after_a_while() {
    for (lived, at_once) in [(5, false), (9, false), (10, true), (60, true)] {
        let mut script = script(paged());
        script.synced();
        script.arrived.push_back(head(200, &[]));
        script.says();
        script.pass(secs(lived)).arrived.push_back(closed());
        let (said, paused, query) = script.next();
        assert_eq!((said, query.as_str()), (vec!["trouble Broken".into()], "watch=true&resourceVersion=10"));
        assert_eq!(paused.is_zero(), at_once, "{lived}: {paused:?}");
    }
}

/// The patience cuts what a server asks for, and never the client's own wait.
#[test]
fn a_wait_is_no_shorter_than_the_backoff() {
    for (patience, asked, least, most) in [
        (1, None, 800, 1600),
        (1, Some("20"), 1000, 1600),
        (5, Some("20"), 5000, 7500),
        (60, Some("20"), 20_000, 30_000),
    ] {
        let mut settings = paged();
        settings.patience = secs(patience);
        let mut script = script(settings);
        script.exchange();
        let headers: Vec<_> = asked.map(|asked| ("retry-after", asked)).into_iter().collect();
        script.arrived.extend([head(503, &headers), Input::End]);
        let paused = script.next().1.as_millis();
        assert!((least..=most).contains(&paused), "{patience} {asked:?}: {paused}");
    }
    // Long after the first failure, the backoff is longer than the patience.
    let mut settings = paged();
    settings.patience = secs(1);
    let mut script = script(settings);
    script.exchange();
    for nth in 0..5 {
        script.arrived.extend([head(503, &[("retry-after", "20")]), Input::End]);
        let paused = script.next().1;
        assert!(nth == 0 || backs_off(paused, nth), "{nth}: {paused:?}");
    }
}

/// Lists that move the version are progress: the watch is a slow poll, and the server's cache is enough for it.
#[test]
fn a_poll_that_moves_needs_no_list_from_scratch() {
    let mut script = script(paged());
    script.synced();
    for version in 10..40 {
        script.arrived.extend([head(200, &[]), Input::End]);
        assert_eq!(script.next().2, format!("resourceVersion={version}&resourceVersionMatch=NotOlderThan"));
        script.arrived.extend(answer(200, &page(&["a"], &(version + 1).to_string(), "")));
        script.next();
    }
}

/// A load balancer that cuts quiet watches costs a list only now and then, and an outage none for a while.
#[test]
fn what_is_no_fault_of_the_watch_costs_few_lists() {
    let mut script = script(paged());
    script.synced();
    for nth in 1..=20 {
        script.arrived.push_back(head(200, &[]));
        script.says();
        script.pass(secs(60)).arrived.push_back(closed());
        assert_eq!(script.next().2, if nth < 20 { "watch=true&resourceVersion=10" } else { "limit=500" });
    }
    let mut script = self::script(paged());
    script.firm();
    script.arrived.push_back(closed());
    script.next();
    for nth in 1..=15 {
        script.arrived.push_back(refused());
        assert_eq!(script.next().2, if nth < 15 { "watch=true&resourceVersion=11" } else { "limit=500" });
    }
}
