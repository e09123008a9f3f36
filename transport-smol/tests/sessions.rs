//! Two-way sessions that several tasks share.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod support;

use std::collections::VecDeque;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::Method;
use kube_transport_smol::Duplex;
use kube_transport_smol::proto::Error;
use kube_transport_smol::proto::ErrorKind;
use kube_transport_smol::proto::api::ApiRequest;
use kube_transport_smol::proto::api::Upgrade;
use kube_transport_smol::proto::driver::{Channel, Flow, Now, Raw};
use smol::future::{or, poll_once};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{LocalExecutor, Timer, block_on};

use support::{Peer, Server, client, script};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const MUCH: usize = 16 << 20;

fn open(run: impl FnOnce(Peer) + Send + 'static) -> (Server, Duplex<Raw>) {
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say(SWITCH);
        run(peer);
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = block_on(client(&server).open(Upgrade::new(request, |_| Ok(Raw::new())))).unwrap();
    (server, session)
}

#[test]
fn several_readers_share_what_comes() {
    let (server, session) = open(|mut peer| {
        for _ in 0..300 {
            peer.say("0123456789");
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    let executor = LocalExecutor::new();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let session = session.clone();
            executor.spawn(async move {
                let mut received = 0;
                while let Some(bytes) = session.next().await {
                    received += bytes.unwrap().len();
                }
                received
            })
        })
        .collect();
    let mut received = 0;
    block_on(executor.run(async {
        for reader in readers {
            received += reader.await;
        }
    }));
    assert_eq!(received, 3000);
    server.join();
}

#[test]
fn both_sides_full_on_one_thread() {
    let (server, session) = open(|mut peer| {
        peer.say(vec![b'd'; MUCH]);
        std::io::copy(&mut (&mut peer.reader).take(2 * MUCH as u64), &mut std::io::sink()).unwrap();
        peer.say("over");
    });
    let executor = LocalExecutor::new();
    let writers: Vec<_> = (0..2)
        .map(|_| {
            let session = session.clone();
            executor.spawn(async move { session.send(Bytes::from(vec![b'u'; MUCH])).await })
        })
        .collect();
    block_on(executor.run(async {
        let mut received = 0;
        while let Some(bytes) = session.next().await {
            received += bytes.unwrap().len();
        }
        assert_eq!(received, MUCH + 4);
        for writer in writers {
            writer.await.unwrap();
        }
    }));
    server.join();
}

#[test]
fn a_next_that_loses_every_race_loses_nothing() {
    let (server, session) = open(|mut peer| {
        for _ in 0..100 {
            peer.say("0123456789");
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let mut received = 0;
    block_on(async {
        loop {
            let timer = async {
                Timer::after(Duration::from_micros(300)).await;
                None
            };
            match or(async { Some(session.next().await) }, timer).await {
                Some(Some(bytes)) => received += bytes.unwrap().len(),
                Some(None) => break,
                None => {}
            }
        }
    });
    assert_eq!(received, 1000);
    server.join();
}

#[test]
fn what_a_dropped_send_leaves_is_sent_by_the_reader() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (server, session) = open(move |mut peer| {
        wait.recv().unwrap();
        std::io::copy(&mut (&mut peer.reader).take(MUCH as u64), &mut std::io::sink()).unwrap();
        peer.say("over");
    });
    let executor = LocalExecutor::new();
    let reader = session.clone();
    let reader = executor.spawn(async move { reader.next().await.unwrap().unwrap() });
    block_on(executor.run(async {
        // The reader waits before there is anything to send.
        smol::future::yield_now().await;
        assert!(poll_once(session.send(Bytes::from(vec![b'u'; MUCH]))).await.is_none());
        go.send(()).unwrap();
        assert_eq!(reader.await, "over");
    }));
    server.join();
}

#[test]
fn closing_wakes_readers_and_writers() {
    let (server, session) = open(|mut peer| {
        // The writer is blocked until the close. The peer gets the end after the bytes sent before.
        std::thread::sleep(Duration::from_millis(60));
        let _ = std::io::copy(&mut peer.reader, &mut std::io::sink());
    });
    let executor = LocalExecutor::new();
    let (reader, writer) = (session.clone(), session.clone());
    let reader = executor.spawn(async move { reader.next().await });
    let writer = executor.spawn(async move { writer.send(Bytes::from(vec![b'u'; MUCH])).await });
    block_on(executor.run(async {
        Timer::after(Duration::from_millis(20)).await;
        session.close();
        assert!(matches!(reader.await.unwrap().unwrap_err().kind(), ErrorKind::Stopped));
        assert!(matches!(writer.await.unwrap_err().kind(), ErrorKind::Stopped));
        assert!(session.send(Bytes::new()).await.is_err());
    }));
    server.join();
}

#[test]
fn a_wait_with_a_limit_ends_in_time() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let (server, session) = open(move |_peer| {
        let _ = wait.recv();
    });
    assert!(block_on(session.next_within(Some(Duration::from_millis(30)))).is_none());
    drop(done);
    assert!(block_on(session.next_within(Some(Duration::from_secs(60)))).unwrap().is_none());
    server.join();
}

/// Reads everything, and then answers.
fn shouts(mut peer: Peer) {
    let mut all = Vec::new();
    peer.reader.read_to_end(&mut all).unwrap();
    peer.say(all.to_ascii_uppercase());
}

#[test]
fn a_session_is_a_reader_and_a_writer_of_which_one_may_end_first() {
    let (server, session) = open(shouts);
    let (mut reader, mut writer) = session.split();
    block_on(async {
        writer.write_all(&vec![b'u'; MUCH]).await.unwrap();
        writer.write_all(b"over").await.unwrap();
        writer.close().await.unwrap();
        assert!(writer.write_all(b"more").await.is_err());
        let mut heard = Vec::new();
        reader.read_to_end(&mut heard).await.unwrap();
        assert!(heard.len() == MUCH + 4 && heard.ends_with(b"UOVER"), "{}", heard.len());
    });
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

/// Thousands of events that are there already are read in many turns, between which other tasks run.
#[test]
fn a_flood_of_events_lets_others_run() {
    const LETTERS: usize = 10_000;
    let server = Server::run(vec![script(|mut peer| {
        peer.request();
        peer.say(SWITCH.to_owned() + &"x".repeat(LETTERS));
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = block_on(client(&server).open(Upgrade::new(request, |_| Ok(Letters::default())))).unwrap();
    let (mut letters, mut turns) = (0, 0);
    let mut reading = std::pin::pin!(async {
        while let Some(letter) = session.next().await {
            letter.unwrap();
            letters += 1;
        }
        letters
    });
    let read = block_on(std::future::poll_fn(|cx| {
        turns += 1;
        reading.as_mut().poll(cx)
    }));
    assert_eq!(read, LETTERS);
    assert!(turns >= LETTERS / 40, "{turns} turns");
    server.join();
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
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = block_on(client(&server).open(Upgrade::new(request, |_| Ok(Letters::default())))).unwrap();
    let readers = [session.clone(), session].map(|session| {
        let barrier = Arc::clone(&barrier);
        std::thread::spawn(move || {
            for _ in (0..ROUNDS).take_while(|_| begins(&barrier)) {
                // A reader that is not woken finds its letter at its limit.
                let began = Instant::now();
                block_on(session.next_within(Some(ASLEEP))).unwrap().unwrap().unwrap();
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
