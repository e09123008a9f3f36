//! Two-way sessions as a reader and a writer of a thread.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::Method;
use kube_tests::scripted::{Server, script};
use kube_transport_std::Client;
use kube_transport_std::proto::Error;
use kube_transport_std::proto::api::ApiRequest;
use kube_transport_std::proto::api::Upgrade;
use kube_transport_std::proto::driver::{Channel, Flow, Now, Raw};

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

/// A protocol whose every byte is an event.
#[derive(Default)]
struct Letters(VecDeque<u8>, bool);

impl Channel for Letters {
    type Event = u8;

    fn receive(&mut self, bytes: &mut BytesMut, end: bool) {
        self.0.extend(bytes.split());
        self.1 |= end;
    }

    fn send(&mut self, _: Bytes) -> Result<(), Error> {
        Ok(())
    }

    fn poll(&mut self, _: Now) -> Flow<u8> {
        match self.0.pop_front() {
            Some(letter) => Flow::Yield(letter),
            None if self.1 => Flow::Done(Ok(())),
            None => Flow::Wait(None),
        }
    }
}

/// Two events come in one piece, and the reader that takes the piece takes only one of them. The other reader looked
/// before the piece came, and waits for the socket after it was taken: only the first reader can wake it.
#[test]
fn a_second_reader_is_woken_for_what_the_first_leaves() {
    const ROUNDS: usize = 2000;
    let barrier = Arc::new((Barrier::new(3), AtomicBool::new(false)));
    // Whether the round begins: none does after a reader was left asleep.
    let begins = |barrier: &(Barrier, AtomicBool)| {
        barrier.0.wait();
        !barrier.1.load(Ordering::SeqCst)
    };
    let at_the_peer = Arc::clone(&barrier);
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say(SWITCH);
        for round in (0..ROUNDS).take_while(|_| begins(&at_the_peer)) {
            (0..round % 97 * 8).for_each(|_| std::hint::spin_loop());
            peer.say("ab");
        }
    })]);
    let client = Client::new(server.config()).unwrap();
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = client.open(Upgrade::new(request, |_| Ok(Letters::default()))).unwrap();
    let readers = [session.clone(), session].map(|session| {
        let barrier = Arc::clone(&barrier);
        std::thread::spawn(move || {
            for _ in (0..ROUNDS).take_while(|_| begins(&barrier)) {
                // A reader that is not woken finds its letter at its limit.
                let began = Instant::now();
                session.next_within(Some(ASLEEP)).unwrap().unwrap().unwrap();
                barrier.1.fetch_or(began.elapsed() >= ASLEEP, Ordering::SeqCst);
            }
        })
    });
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert!(!barrier.1.load(Ordering::SeqCst), "a reader was not woken");
    server.join();
}

/// Longer than any reader has to wait.
const ASLEEP: Duration = Duration::from_secs(60);
