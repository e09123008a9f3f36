//! A watch that begins with a streaming list, and servers that do not know one.

use std::time::Duration;

use kube_proto::driver::{ExchangeKind, Step};
use kube_proto::watch::{Ending, Event, Phase, WatchSettings};

use crate::recovery_play::{Play, backs_off, bookmark, closed, event, in_stream, page, query, script};
use crate::script::{answer, data, head, name, secs, status};

#[test]
fn a_streaming_list_goes_on_as_a_watch() {
    let mut script = script(WatchSettings::default());
    let exchange = script.exchange();
    assert_eq!(query(&exchange), "watch=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true");
    assert_eq!(exchange.kind, ExchangeKind::Stream);
    let initial = [event("ADDED", "a", "3"), event("ADDED", "b", "2"), event("DELETED", "a", "9")].concat();
    script.arrived.extend([head(200, &[]), data(&initial), data(&bookmark("4", false))]);
    assert_eq!(script.says(), ["begin", "+a", "+b", "-a"]);
    assert_eq!(script.task.operation().state().version, None, "a bookmark in mid-list is no place to go on from");
    script.arrived.extend([data(&bookmark("10", true)), data(&event("MODIFIED", "b", "11"))]);
    assert_eq!(script.says(), ["done 10", "applied b"]);
    assert_eq!(script.task.operation().state().phase, Phase::Watching);
}

#[test]
fn a_streaming_list_that_is_refused_is_never_tried_again() {
    let mut script = script(WatchSettings::default());
    script.exchange();
    let why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    script.arrived.extend(answer(422, &status(422, "Invalid", why)));
    let (said, paused, query) = script.next();
    assert_eq!((said, paused, query.as_str()), (vec!["trouble Invalid".into()], secs(0), "limit=500"));
    script.arrived.extend(answer(200, &page(&["a"], "10", "")));
    script.next();
    script.arrived.extend([head(200, &[]), data(&event("ADDED", "b", "11")), data(&in_stream(410, "Expired"))]);
    let (_, _, query) = script.next();
    assert_eq!(query, "resourceVersion=11&resourceVersionMatch=NotOlderThan");
}

#[test]
fn a_streaming_list_that_breaks_is_followed_by_pages_and_tried_again_later() {
    let mut script = script(WatchSettings::default());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(&event("ADDED", "ghost", "3")), closed()]);
    let (said, paused, query) = script.next();
    assert_eq!(said, ["begin", "+ghost", "trouble Broken"]);
    assert_eq!((paused, query.as_str()), (secs(0), "limit=500"));
    script.arrived.extend(answer(200, &page(&["a"], "10", "")));
    assert_eq!(script.next().0, ["begin", "+a", "done 10"]);
    script.arrived.extend([head(200, &[]), data(&event("ADDED", "b", "11")), data(&in_stream(410, "Expired"))]);
    let (_, _, query) = script.next();
    assert_eq!(query, "watch=true&resourceVersion=11&resourceVersionMatch=NotOlderThan&sendInitialEvents=true");
}

#[test]
fn a_streaming_list_without_an_end_is_given_up() {
    // The server falls silent.
    let mut script = script(WatchSettings::default());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(&event("ADDED", "a", "3"))]);
    assert_eq!(script.says(), ["begin", "+a"]);
    assert_eq!(script.waits(), Some(secs(10)));
    let (said, _, query) = script.pass(secs(10)).next();
    assert_eq!((said, query.as_str()), (vec!["trouble Endless".into()], "limit=500"));
}

#[test]
fn a_streaming_list_that_chatters_for_ever_is_given_up() {
    let mut script = script(WatchSettings::default());
    script.exchange();
    script.arrived.push_back(head(200, &[]));
    let mut spent = secs(0);
    for n in 0.. {
        if let Step::Wait(Some(until)) = script.turn() {
            let left = until - script.now.mono;
            assert!(left <= secs(10));
            if left < secs(9) {
                spent += left;
                script.pass(left);
                break;
            }
        }
        script.pass(secs(9));
        spent += secs(9);
        // Objects of the list: they come in any order of versions.
        script.arrived.push_back(data(&event("ADDED", &format!("a-{n}"), &(1000 - n).to_string())));
        script.says();
    }
    assert_eq!(spent, secs(120));
    assert_eq!(script.next().0, ["trouble Endless"]);
}

/// The time that a streaming list is waited for while these events come, one each so many milliseconds.
fn patience_with(every: u64, event: impl Fn(u64) -> String) -> Duration {
    let mut script = script(WatchSettings::default());
    script.exchange();
    script.arrived.push_back(head(200, &[]));
    let begun = script.now.mono;
    for n in 0.. {
        match script.turn() {
            Step::Yield(Event::Trouble(trouble)) => {
                assert_eq!(trouble.ending, Ending::Endless);
                break;
            }
            Step::Yield(_) => {}
            Step::Wait(until) => {
                let next = script.now.mono.after(Duration::from_millis(every));
                if until.is_some_and(|until| until <= next) {
                    script.now = script.now.after(until.unwrap() - script.now.mono);
                } else {
                    script.pass(Duration::from_millis(every)).arrived.push_back(data(&event(n)));
                }
            }
            other => panic!("{}", name(&other)),
        }
    }
    script.now.mono - begun
}

#[test]
fn a_streaming_list_with_only_live_events_is_given_up() {
    let live = |kind: &'static str| move |n: u64| event(kind, &format!("a-{n}"), &(1000 + n).to_string());
    for (case, every, events, limit) in [
        ("changes", 2000, Box::new(live("MODIFIED")) as Box<dyn Fn(u64) -> String>, 12),
        ("many changes", 50, Box::new(live("MODIFIED")), 11),
        ("deletions", 2000, Box::new(live("DELETED")), 12),
        ("creations", 2000, Box::new(live("ADDED")), 12),
        ("bookmarks", 2000, Box::new(|n| bookmark(&n.to_string(), false)), 12),
        // A server that ignores the parameter sends the objects first, and then changes.
        (
            "objects and changes",
            1500,
            Box::new(move |n| match n {
                0..4 => event("ADDED", &format!("o-{n}"), &(100 - n).to_string()),
                n => event("MODIFIED", "a", &(1000 + n).to_string()),
            }),
            18,
        ),
    ] {
        let spent = patience_with(every, events);
        assert!(spent <= secs(limit) && spent >= secs(10), "{case}: {spent:?}");
    }
    // Lists that are slow: objects in any order with pauses, and in the order of versions without.
    for (case, every, events) in [
        (
            "any order",
            3000,
            Box::new(|n: u64| event("ADDED", &format!("o-{n}"), &(n * 7919 % 1009).to_string()))
                as Box<dyn Fn(u64) -> String>,
        ),
        ("the order of versions", 500, Box::new(live("ADDED"))),
        (
            "a change among them",
            500,
            Box::new(|n| event(if n % 9 == 0 { "MODIFIED" } else { "ADDED" }, "o", &(n % 5).to_string())),
        ),
    ] {
        assert!(patience_with(every, events) >= secs(115), "{case}");
    }
}

#[test]
fn a_slow_caller_is_no_slow_streaming_list() {
    let mut script = script(WatchSettings::default());
    script.exchange();
    script.arrived.push_back(head(200, &[]));
    for n in 0..100 {
        script.arrived.push_back(data(&event("ADDED", &format!("p{n}"), "3")));
        assert!(matches!(script.turn(), Step::Yield(_)));
        script.pass(secs(3600));
    }
    script.arrived.push_back(data(&bookmark("10", true)));
    assert_eq!(script.says().last().unwrap(), "done 10");
}

#[test]
fn a_streaming_list_without_a_version_is_no_place_to_go_on_from() {
    for version in ["", "0"] {
        let mut script = script(WatchSettings::default());
        script.exchange();
        script.arrived.extend([head(200, &[]), data(&event("ADDED", "a", "5")), data(&bookmark(version, true))]);
        let (said, paused, query) = script.next();
        assert_eq!(said, ["begin", "+a", &format!("done {version}"), "trouble Versionless"]);
        assert!(backs_off(paused, 0));
        assert_eq!(query, "limit=500");
    }
}

#[test]
fn a_streaming_list_that_is_older_than_it_may_be_is_not_believed() {
    let mut script = script(WatchSettings::default());
    script.exchange();
    script.arrived.extend([head(200, &[]), data(&bookmark("10", true)), data(&event("ADDED", "b", "11"))]);
    script.says();
    script.arrived.push_back(data(&in_stream(410, "Expired")));
    let streaming = "watch=true&resourceVersion=11&resourceVersionMatch=NotOlderThan&sendInitialEvents=true";
    assert_eq!(script.next().2, streaming);
    script.arrived.extend([head(200, &[]), data(&event("ADDED", "ghost", "3")), data(&bookmark("7", true))]);
    let (said, _, query) = script.next();
    assert_eq!((said, query.as_str()), (vec!["begin".into(), "+ghost".into(), "trouble Behind".into()], "limit=500"));
    // A list of the latest state may be older: the cluster was restored.
    script.arrived.extend(answer(200, &page(&["a"], "9", "")));
    assert_eq!(script.next().0, ["begin", "+a", "done 9"]);
}
