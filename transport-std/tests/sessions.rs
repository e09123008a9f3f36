//! Two-way sessions as a reader and a writer of a thread.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io::{Read, Write};

use http::Method;
use kube_tests::scripted::{Server, script};
use kube_transport_std::Client;
use kube_transport_std::proto::api::ApiRequest;
use kube_transport_std::proto::api::Upgrade;
use kube_transport_std::proto::driver::Raw;

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const MUCH: usize = 16 << 20;

#[test]
fn a_session_is_a_reader_and_a_writer_of_which_one_may_end_first() {
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say(SWITCH);
        // Reads everything, and then answers.
        let mut all = Vec::new();
        peer.reader.read_to_end(&mut all).unwrap();
        peer.say(all.to_ascii_uppercase());
    })]);
    let client = Client::new(server.config()).unwrap();
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let (mut reader, mut writer) = client.open(Upgrade::new(request, |_| Ok(Raw::new()))).unwrap().split();
    writer.write_all(&vec![b'u'; MUCH]).unwrap();
    writer.write_all(b"over").unwrap();
    writer.finish().unwrap();
    assert!(writer.write_all(b"more").is_err());
    let mut heard = Vec::new();
    reader.read_to_end(&mut heard).unwrap();
    assert!(heard.len() == MUCH + 4 && heard.ends_with(b"UOVER"), "{}", heard.len());
    server.join();
}
