//! Protobuf: which requests get it, and writes in it.

use crate::support::{Cluster, definition, pod};
use bytes::Bytes;
use http::Request;
use kube_test_server::{Chunk, Options, Reply};
use serde_json::{Value, json};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// ConfigMap{metadata{name: "a"}, data{"k": "v"}}, by hand.
const CONFIG_MAP: &[u8] = &[
    b'k', b'8', b's', 0, // magic
    0x0a, 0x0f, 0x0a, 2, b'v', b'1', 0x12, 9, b'C', b'o', b'n', b'f', b'i', b'g', b'M', b'a', b'p', // type
    0x12, 0x0d, // raw
    0x0a, 3, 0x0a, 1, b'a', // metadata
    0x12, 6, 0x0a, 1, b'k', 0x12, 1, b'v', // data
    0x1a, 0, 0x22, 0,
];

fn send(cluster: &mut Cluster, method: &str, target: &str, body: &[u8]) -> http::Response<Bytes> {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("accept", format!("{PROTOBUF},application/json"))
        .header("content-type", PROTOBUF)
        .body(Bytes::copy_from_slice(body))
        .unwrap();
    cluster.send(request).response().unwrap()
}

#[test]
fn an_object_is_created_from_protobuf() {
    let mut cluster = Cluster::new();
    let response = send(&mut cluster, "POST", MAPS, CONFIG_MAP);
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (201, &PROTOBUF.parse().unwrap()));
    assert!(response.body().starts_with(b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12"));
    assert!(response.body().ends_with(&[0x1a, 0, 0x22, 0]));
    let (_, object) = cluster.get(&format!("{MAPS}/a"));
    assert_eq!(object["data"], json!({"k": "v"}));
    // The server accepts its own response.
    let got = send(&mut cluster, "GET", &format!("{MAPS}/a"), b"");
    let version = cluster.server.version();
    let response = send(&mut cluster, "PUT", &format!("{MAPS}/a"), got.body());
    assert_eq!((response.status().as_u16(), cluster.server.version()), (200, version));
}

#[test]
fn failures_are_protobuf_too_but_406_is_not() {
    let mut cluster = Cluster::new();
    let response = send(&mut cluster, "GET", &format!("{MAPS}/none"), b"");
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (404, &PROTOBUF.parse().unwrap()));
    assert!(response.body().windows(6).any(|w| w == b"Status") && response.body().windows(8).any(|w| w == b"NotFound"));
    let response = cluster.raw("GET", MAPS, &[("accept", "image/png")], "");
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[test]
fn what_has_no_protobuf() {
    let mut cluster = Cluster::new();
    cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition());
    let widgets = "/apis/shop.example.com/v1/namespaces/default/widgets";
    let response = send(&mut cluster, "GET", widgets, b"");
    assert_eq!(response.headers()["content-type"], "application/json");
    let response = send(&mut cluster, "POST", widgets, CONFIG_MAP);
    assert_eq!(response.status(), 415);
    assert_eq!(send(&mut cluster, "POST", MAPS, b"k8s\0\xff").status(), 400);
    let only = [("accept", PROTOBUF)];
    assert_eq!(cluster.raw("GET", widgets, &only, "").status(), 406);
    let metadata = format!("{PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
    let response = cluster.raw("GET", widgets, &[("accept", &metadata)], "");
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &PROTOBUF.parse().unwrap()));
    let mut off = Cluster::with(Options { protobuf: false, ..Options::default() });
    assert_eq!(send(&mut off, "GET", MAPS, b"").headers()["content-type"], "application/json");
    assert_eq!(send(&mut off, "POST", MAPS, CONFIG_MAP).status(), 415);
}

#[test]
fn a_watch_is_a_row_of_counted_frames() {
    let mut cluster = Cluster::new();
    cluster.create("/api/v1/namespaces/default/pods", &pod("p"));
    let request = Request::get("/api/v1/pods?watch=true&allowWatchBookmarks=true")
        .header("accept", PROTOBUF)
        .body(Bytes::new())
        .unwrap();
    let Reply::Watch(mut watch) = cluster.send(request) else { panic!() };
    assert_eq!(watch.head.headers()["content-type"], "application/vnd.kubernetes.protobuf;stream=watch");
    for kind in ["ADDED", "BOOKMARK"] {
        let Chunk::Data(frame) = cluster.server.poll_watch(&mut watch.state, cluster.now) else { panic!() };
        let length = u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize;
        assert_eq!(length, frame.len() - 4);
        assert_eq!(&frame[4..6], [0x0a, u8::try_from(kind.len()).unwrap()]);
        assert_eq!(&frame[6..6 + kind.len()], kind.as_bytes());
        assert!(frame.windows(4).any(|w| w == b"k8s\0"));
    }
}

#[test]
fn lists_carry_their_metadata() {
    let mut cluster = Cluster::new();
    for name in ["a", "b"] {
        cluster.config_map(name);
    }
    let response = send(&mut cluster, "GET", &format!("{MAPS}?limit=1"), b"");
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert!(text.contains("ConfigMapList") && text.contains("eyJ2Ijoi"), "a token to go on with");
    let version: Value = cluster.server.version().to_string().into();
    assert!(text.contains(version.as_str().unwrap()));
}
