//! Watches: their start, events and end.

use crate::support::Cluster;
use kube_test_server::{Chunk, Gone, Options};
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[test]
fn changes_after_a_version_and_no_others() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    let from = cluster.server.version();
    cluster.config_map("b");
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true&resourceVersion={from}"));
    assert_eq!(watch.head.headers()["content-type"], "application/json");
    cluster.create("/api/v1/namespaces/kube-system/configmaps", &json!({"metadata": {"name": "elsewhere"}}));
    cluster.call("PATCH", &format!("{MAPS}/a"), &json!({"data": {"x": "y"}}));
    cluster.call("DELETE", &format!("{MAPS}/b"), &Value::Null);
    assert_eq!(cluster.events(&mut watch), ["ADDED b", "MODIFIED a", "DELETED b"]);
}

#[test]
fn an_event_is_a_line_that_starts_with_its_type() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true"));
    let Chunk::Data(line) = cluster.server.poll_watch(&mut watch.state, cluster.now) else { panic!() };
    let text = String::from_utf8(line.to_vec()).unwrap();
    assert!(
        text.starts_with(r#"{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a""#),
        "{text}"
    );
    assert!(text.ends_with("}\n"));
}

/// As servers from 1.37 on: each flush is a gzip member of its own (docs/wire.md §2).
#[test]
fn a_watch_that_begins_with_a_list_may_be_compressed() {
    const LIST: &str = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut cluster = Cluster::with(Options { compress_watches: true, ..Options::default() });
    cluster.config_map("a");
    for (query, accepts, compressed) in [
        (LIST, "gzip", true),
        (LIST, "deflate, gzip", true),
        (LIST, "identity", false),
        (LIST, "gzip;q=1", false),
        ("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", "gzip", false),
        ("&allowWatchBookmarks=true", "gzip", false),
    ] {
        let uri = format!("{MAPS}?watch=true{query}");
        let mut watch = cluster.watch_with(&uri, &[("accept-encoding", accepts)]);
        let coding = watch.head.headers().get("content-encoding").map(|coding| coding.to_str().unwrap());
        assert_eq!(coding, compressed.then_some("gzip"), "{query} {accepts}");
        let Chunk::Data(data) = cluster.server.poll_watch(&mut watch.state, cluster.now) else { panic!() };
        let mut text = String::new();
        match compressed {
            // This decoder reads one member, and the chunk holds no more.
            true => drop(flate2::bufread::GzDecoder::new(&*data).read_to_string(&mut text).unwrap()),
            false => text.push_str(std::str::from_utf8(&data).unwrap()),
        }
        assert!(text.starts_with(r#"{"type":"ADDED""#) && text.ends_with("}\n"), "{text}");
    }
}

#[test]
fn a_deletion_carries_its_own_version() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    let from = cluster.server.version();
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true&resourceVersion={from}"));
    cluster.call("DELETE", &format!("{MAPS}/a"), &Value::Null);
    let event = cluster.event(&mut watch);
    assert_eq!(event["object"]["metadata"]["resourceVersion"], (from + 1).to_string());
}

#[test]
fn where_a_watch_begins() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    cluster.config_map("b");
    let now = cluster.server.version();
    let table = [
        (String::new(), vec!["ADDED a", "ADDED b"]),
        ("&resourceVersion=0".into(), vec!["ADDED a", "ADDED b"]),
        (format!("&resourceVersion={now}"), vec![]),
        (format!("&resourceVersion={}", now - 1), vec!["ADDED b"]),
        ("&allowWatchBookmarks=true".into(), vec!["ADDED a", "ADDED b", "BOOKMARK end=\"true\""]),
        (
            "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true".into(),
            vec!["ADDED a", "ADDED b", "BOOKMARK end=\"true\""],
        ),
        ("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan".into(), vec!["ADDED a", "ADDED b"]),
        ("&sendInitialEvents=false&resourceVersionMatch=NotOlderThan".into(), vec![]),
        (format!("&resourceVersion={}", now + 10), vec![]),
    ];
    for (query, want) in table {
        let mut watch = cluster.watch(&format!("{MAPS}?watch=1{query}"));
        assert_eq!(cluster.events(&mut watch), want, "{query}");
    }
}

#[test]
fn what_a_watch_may_not_ask() {
    let mut cluster = Cluster::new();
    let table = [
        ("sendInitialEvents=true", 422, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        (
            "resourceVersionMatch=NotOlderThan",
            422,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        ("resourceVersion=x", 500, "strconv.ParseUint"),
        (
            "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999",
            504,
            "Too large resource version: 99999",
        ),
        ("fieldSelector=a%3Db", 400, "\"a\" is not a known field selector"),
    ];
    for (query, code, message) in table {
        let (got, status) = cluster.get(&format!("{MAPS}?watch=true&{query}"));
        assert_eq!(got, code, "{query}");
        assert!(status["message"].as_str().unwrap().contains(message), "{query}: {status}");
    }
    let mut old = Cluster::with(Options { watch_list: false, ..Options::default() });
    let (code, status) =
        old.get(&format!("{MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
    assert_eq!(code, 422);
    assert!(status["message"].as_str().unwrap().contains("unless the WatchList feature gate is enabled"));
    let mut watch = old.watch(&format!("{MAPS}?watch=true&allowWatchBookmarks=true"));
    assert_eq!(old.events(&mut watch), Vec::<String>::new());
}

#[test]
fn a_forgotten_version_is_gone_in_two_ways() {
    for (gone, http) in [(Gone::Event, false), (Gone::Http, true)] {
        let mut cluster = Cluster::with(Options { gone, ..Options::default() });
        cluster.config_map("a");
        let from = cluster.server.version();
        cluster.config_map("b");
        let oldest = cluster.server.version();
        cluster.server.compact(oldest);
        let target = format!("{MAPS}?watch=true&resourceVersion={from}");
        let message = format!("too old resource version: {from} ({oldest})");
        if http {
            let (code, status) = cluster.get(&target);
            assert_eq!((code, &status["reason"], &status["message"]), (410, &json!("Expired"), &json!(message)));
        } else {
            let mut watch = cluster.watch(&target);
            assert_eq!(cluster.events(&mut watch), [format!("ERROR 410 \"{message}\""), "end".into()]);
        }
    }
}

#[test]
fn an_open_watch_survives_compaction() {
    let mut cluster = Cluster::new();
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true"));
    cluster.config_map("a");
    cluster.server.compact(cluster.server.version());
    assert_eq!(cluster.events(&mut watch), ["ADDED a"]);
}

#[test]
fn a_reader_too_slow_for_the_history_is_cut_off() {
    let mut cluster = Cluster::with(Options { history: 2, ..Options::default() });
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true"));
    for name in ["a", "b", "c"] {
        cluster.config_map(name);
    }
    assert_eq!(cluster.events(&mut watch), ["end"]);
}

#[test]
fn selectors_turn_changes_into_coming_and_going() {
    let mut cluster = Cluster::new();
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true&labelSelector=on"));
    cluster.config_map("a");
    for labels in [json!({"on": "1"}), json!({"on": "2"}), json!({"on": null}), json!({"on": "3"})] {
        cluster.call("PATCH", &format!("{MAPS}/a"), &json!({"metadata": {"labels": labels}}));
    }
    cluster.call("DELETE", &format!("{MAPS}/a"), &Value::Null);
    assert_eq!(cluster.event(&mut watch)["type"], "ADDED");
    assert_eq!(cluster.event(&mut watch)["type"], "MODIFIED");
    // An object that left is shown as it last matched, with the version of the change.
    let left = cluster.event(&mut watch);
    assert_eq!((&left["type"], &left["object"]["metadata"]["labels"]["on"]), (&json!("DELETED"), &json!("2")));
    assert_eq!(cluster.events(&mut watch), ["ADDED a", "DELETED a"]);
}

#[test]
fn bookmarks_come_each_minute_and_before_the_end() {
    let mut cluster = Cluster::new();
    let from = cluster.server.version();
    let mut watch =
        cluster.watch(&format!("{MAPS}?watch=true&resourceVersion={from}&allowWatchBookmarks=true&timeoutSeconds=90"));
    let idle = |cluster: &Cluster, watch: &mut crate::support::Watching| match cluster
        .server
        .poll_watch(&mut watch.state, cluster.now)
    {
        Chunk::Idle { until } => (until.unwrap() - crate::support::START).as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(idle(&cluster, &mut watch), 60);
    cluster.create("/api/v1/namespaces", &json!({"metadata": {"name": "x"}}));
    cluster.now += Duration::from_secs(60);
    let event = cluster.event(&mut watch);
    assert_eq!(event["object"]["metadata"], json!({"resourceVersion": (from + 1).to_string()}));
    assert_eq!(idle(&cluster, &mut watch), 88);
    cluster.now += Duration::from_secs(28);
    assert_eq!(cluster.events(&mut watch), ["BOOKMARK"]);
    assert_eq!(idle(&cluster, &mut watch), 90);
    cluster.now += Duration::from_secs(2);
    assert_eq!(cluster.events(&mut watch), ["end"]);
}

#[test]
fn a_watch_without_a_limit_lives_half_an_hour_or_more() {
    let mut cluster = Cluster::new();
    let watch = cluster.watch(&format!("{MAPS}?watch=true"));
    let lasts = (watch.state.deadline().unwrap() - cluster.now).as_secs();
    assert!((1800..3600).contains(&lasts), "{lasts}");
}

#[test]
fn one_object_is_watched_by_name() {
    let mut cluster = Cluster::new();
    let mut watch = cluster.watch(&format!("{MAPS}?watch=true&fieldSelector=metadata.name%3Db"));
    cluster.config_map("a");
    cluster.config_map("b");
    assert_eq!(cluster.events(&mut watch), ["ADDED b"]);
}

#[test]
fn the_generation_tells_a_binding_when_to_look() {
    let mut cluster = Cluster::new();
    let before = cluster.server.generation();
    cluster.get(MAPS);
    assert_eq!(cluster.server.generation(), before);
    cluster.config_map("a");
    assert_ne!(cluster.server.generation(), before);
}

#[test]
fn watches_of_metadata() {
    let mut cluster = Cluster::new();
    cluster.config_map("a");
    let request = http::Request::get(format!("{MAPS}?watch=true&allowWatchBookmarks=true"))
        .header("accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
        .body(bytes::Bytes::new())
        .unwrap();
    let kube_test_server::Reply::Watch(watch) = cluster.send(request) else { panic!() };
    let mut watch = crate::support::Watching { state: watch.state, head: watch.head };
    for _ in 0..2 {
        assert_eq!(cluster.event(&mut watch)["object"]["kind"], "PartialObjectMetadata");
    }
}
