//! A watch whose list comes in pages.

use std::time::Duration;

use kube_proto::driver::{Input, Step};
use kube_proto::watch::{Ending, Event};

use crate::recovery_play::{Play, backs_off, closed, in_stream, page, paged, refused, script};
use crate::script::{answer, data, head, name, secs, status};

#[test]
fn a_page_that_is_forgotten_is_followed_by_one_list_without_pages() {
    let mut script = script(paged().page_size(1));
    script.exchange();
    script.arrived.extend(answer(200, &page(&["a"], "10", "token")));
    script.next();
    script.arrived.extend(answer(410, &status(410, "Expired", "the provided continue parameter is too old")));
    let (said, paused, query) = script.next();
    assert_eq!((said, paused), (vec!["trouble Expired".into()], Duration::ZERO));
    assert_eq!(query, "", "everything, the latest, in one page");
    // The list begins anew: the items so far do not count.
    script.arrived.extend(answer(200, &page(&["b"], "12", "")));
    assert_eq!(script.next().0, ["begin", "+b", "done 12"]);
}

#[test]
fn a_page_that_breaks_is_asked_for_again() {
    for ending in [
        vec![head(500, &[]), Input::End],
        vec![head(200, &[]), data(r#"{"items":[{"metadata":{"na"#), closed()],
        vec![refused()],
    ] {
        let mut script = script(paged().page_size(1));
        script.exchange();
        script.arrived.extend(answer(200, &page(&["a"], "10", "token")));
        script.next();
        script.arrived.extend(ending);
        let (said, paused, query) = script.next();
        assert!(said.len() == 1 && said[0].starts_with("trouble"), "{said:?}");
        assert!(backs_off(paused, 0));
        assert_eq!(query, "limit=1&continue=token");
        script.arrived.extend(answer(200, &page(&["b"], "10", "")));
        assert_eq!(script.next().0, ["+b", "done 10"]);
    }
}

#[test]
fn pages_without_end_are_no_list() {
    // The same token again.
    let mut script = script(paged());
    script.exchange();
    script.arrived.extend(answer(200, &page(&["a"], "10", "t")));
    script.next();
    script.arrived.extend(answer(200, &page(&["b"], "10", "t")));
    assert_eq!(script.next().0, ["+b", "trouble Garbled"]);
    // Or always another one, and no items.
    let mut script = self::script(paged());
    script.exchange();
    for n in 0..=101 {
        script.arrived.extend(answer(200, &page(&[], "10", &format!("t{n}"))));
        let (said, paused, _) = script.next();
        if !said.is_empty() {
            assert_eq!((said, n), (vec!["trouble Garbled".to_owned()], 100));
            assert!(paused > secs(0));
            return;
        }
    }
    panic!("it goes on for ever");
}

#[test]
fn a_list_in_one_piece_that_does_not_come_through_is_followed_by_pages() {
    let cut = Vec::from([head(200, &[]), data(&page(&["a"], "20", "")[..30]), closed()]);
    let garbled = Vec::from([head(200, &[]), data("<html>"), Input::End]);
    let failed = Vec::from(answer(504, &status(504, "Timeout", "no")));
    for (arrives, ending) in [(cut, "Broken"), (garbled, "Garbled"), (failed, "Failed")] {
        let mut script = script(paged());
        script.firm();
        script.arrived.push_back(data(&in_stream(410, "Expired")));
        assert_eq!(script.next().2, "resourceVersion=11&resourceVersionMatch=NotOlderThan");
        script.arrived.extend(arrives);
        let (said, paused, query) = script.next();
        assert_eq!((said, query), (vec![format!("trouble {ending}")], "limit=500".into()));
        assert!(paused > secs(0));
    }
}

/// A byte every two seconds is no list. An item that takes long is one.
#[test]
fn a_list_that_drips_is_a_silent_one() {
    let large = "x".repeat(100);
    for (case, beginning, piece, limit) in [
        ("a byte", "", "{", Some(30)),
        ("a space", "", " ", Some(30)),
        ("an item that takes long", r#"{"x":""#, large.as_str(), None),
    ] {
        let mut script = script(paged());
        script.exchange();
        script.arrived.extend([head(200, &[]), data(r#"{"metadata":{"resourceVersion":"10"},"items":["#)]);
        script.arrived.push_back(data(&format!(" {beginning}")));
        let begun = script.now.mono;
        let ended = (0..500).find_map(|_| match script.turn() {
            Step::Yield(Event::Trouble(trouble)) => Some(trouble.ending),
            Step::Yield(_) => None,
            Step::Wait(until) => {
                script.pass((until.unwrap() - script.now.mono).min(secs(2)));
                script.arrived.push_back(data(piece));
                None
            }
            other => panic!("{}", name(&other)),
        });
        assert_eq!(ended, limit.map(|_| Ending::Silent), "{case}");
        assert!(limit.is_none_or(|limit| script.now.mono - begun == secs(limit)), "{case}");
    }
}

#[test]
fn the_version_of_a_list_is_that_of_its_first_page() {
    let mut script = script(paged().page_size(1));
    script.exchange();
    for (name, version, token) in [("a", "10", "t1"), ("b", "12", "t2")] {
        script.arrived.extend(answer(200, &page(&[name], version, token)));
        script.next();
    }
    script.arrived.extend(answer(200, &page(&["c"], "14", "")));
    let (said, _, query) = script.next();
    // A watch from the last one would miss the changes between the pages.
    assert_eq!((said, query.as_str()), (vec!["+c".into(), "done 10".into()], "watch=true&resourceVersion=10"));
}

#[test]
fn empty_pages_count_in_a_row() {
    let mut script = script(paged());
    script.exchange();
    for n in 0..300 {
        let names: &[&str] = if n % 90 == 89 { &["a"] } else { &[] };
        script.arrived.extend(answer(200, &page(names, "10", &format!("t{n}"))));
        let (said, _, query) = script.next();
        assert_eq!(query, format!("limit=500&continue=t{n}"), "{said:?}");
    }
}

#[test]
fn every_page_of_a_list_may_take_its_time() {
    let mut script = script(paged());
    script.exchange();
    let padded = format!(r#"{{"metadata":{{"name":"a"}},"x":"{}"}}"#, "x".repeat(1024));
    for token in ["t1", "t2", ""] {
        script.arrived.extend([head(200, &[]), data(r#"{"items":["#)]);
        // Twenty minutes; a call of its own may take ten.
        for n in 0..120 {
            script.says();
            let comma = if n == 0 { "" } else { "," };
            script.pass(secs(10)).arrived.push_back(data(&format!("{comma}{padded}")));
        }
        let end = format!(r#"],"metadata":{{"resourceVersion":"10","continue":"{token}"}}}}"#);
        script.arrived.extend([data(&end), Input::End]);
        let (said, _, query) = script.next();
        assert!(!said.iter().any(|said| said.starts_with("trouble")), "{said:?}");
        assert!(query.contains(if token.is_empty() { "watch=true" } else { token }), "{query}");
    }
}

/// A page that comes through is progress: a long list over a bad connection comes to its end.
#[test]
fn a_list_whose_pages_all_fail_at_first_comes_to_its_end() {
    let mut script = script(paged().page_size(1));
    script.exchange();
    script.arrived.extend(answer(200, &page(&["a"], "10", "t0")));
    script.next();
    for n in 0..10 {
        for _ in 0..3 {
            script.arrived.extend([head(500, &[]), Input::End]);
            assert_eq!(script.next().2, format!("limit=1&continue=t{n}"));
        }
        script.arrived.extend(answer(200, &page(&["b"], "10", &format!("t{}", n + 1))));
        assert_eq!(script.next().2, format!("limit=1&continue=t{}", n + 1));
    }
    // One that never comes through is followed by a list in one piece.
    for nth in 0..4 {
        script.arrived.extend([head(500, &[]), Input::End]);
        assert_eq!(script.next().2, if nth < 3 { "limit=1&continue=t10" } else { "" });
    }
}
