//! Two-way sessions, with the smallest protocol.

use bytes::Bytes;
use http::Method;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::api::Upgrade;
use kube_proto::driver::Raw;

use super::support::*;
use crate::context::{Context, Duplex};
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(there_and_back).in_memory(),
    row!(a_lot_there_and_back).in_memory(),
    row!(the_peer_ends_it).in_memory(),
    row!(closed_here).in_memory(),
    row!(a_refusal_is_the_servers_answer),
];

fn asked(path: &str) -> Upgrade<Raw> {
    let request = ApiRequest::raw(Method::GET, path, "")
        .header(CONNECTION, HeaderValue::from_static("Upgrade"))
        .header(UPGRADE, HeaderValue::from_static("echo"));
    Upgrade::new(request, |_| Ok(Raw::new()))
}

fn open(cx: &Context, query: &str) -> Result<Duplex<Raw>, Error> {
    cx.open(asked(&format!("/test/echo{query}")))
}

/// Reads until there are this many bytes.
fn read(duplex: &Duplex<Raw>, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend_from_slice(&duplex.next().expect("not the end").unwrap());
    }
    all
}

fn there_and_back(cx: &Context) {
    let duplex = open(cx, "").unwrap();
    assert_eq!(read(&duplex, 11), b"echo ready\n", "the bytes with the 101 are not lost");
    for text in ["one", "two", "three"] {
        duplex.send(text).unwrap();
        assert_eq!(read(&duplex, text.len()), text.as_bytes());
    }
    // Calls beside it.
    assert!(cx.call(config_maps(cx).list(&Default::default())).is_ok());
}

fn a_lot_there_and_back(cx: &Context) {
    let duplex = open(cx, "?first=").unwrap();
    let sent: Vec<u8> = (0..4 << 20).map(|n: u32| (n % 251) as u8).collect();
    // Both directions at once: otherwise both sides fill up and block.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for chunk in sent.chunks(100_000) {
                duplex.send(Bytes::copy_from_slice(chunk)).unwrap();
            }
        });
        assert!(read(&duplex, sent.len()) == sent, "the echo equals the bytes sent");
    });
}

fn the_peer_ends_it(cx: &Context) {
    let duplex = open(cx, "?first=&close=5").unwrap();
    duplex.send("12345").unwrap();
    assert_eq!(read(&duplex, 5), b"12345");
    assert!(duplex.next().is_none());
}

fn closed_here(cx: &Context) {
    let duplex = open(cx, "").unwrap();
    read(&duplex, 11);
    duplex.close();
    assert!(duplex.next().is_none_or(|event| event.is_err()));
    assert!(duplex.send("x").is_err());
}

fn a_refusal_is_the_servers_answer(cx: &Context) {
    let path = format!("/api/v1/namespaces/{}/pods/none/exec?command=true&stdout=true", cx.namespace());
    let Err(error) = cx.open(asked(&path)) else { panic!("there is no such pod") };
    assert!(error.is_not_found(), "{error}");
    says(&error, &["pods \"none\" not found"]);
}
