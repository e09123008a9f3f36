//! Two-way sessions that several tasks share.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

mod scripts;

use std::collections::VecDeque;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::Method;
use kube_transport_hyper::Duplex;
use kube_transport_hyper::proto::api::ApiRequest;
use kube_transport_hyper::proto::api::Upgrade;
use kube_transport_hyper::proto::driver::{Channel, Flow, Now, Raw};
use kube_transport_hyper::proto::{Error, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use scripts::{Peer, Server, client, joined, script};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const MUCH: usize = 16 << 20;

async fn open(run: impl FnOnce(Peer) + Send + 'static) -> (Server, Duplex<Raw>) {
    let server = Server::run(vec![script(move |mut peer| {
        peer.request();
        peer.say(SWITCH);
        run(peer);
    })]);
    let request = ApiRequest::raw(Method::GET, "/echo", "").header(http::header::UPGRADE, "echo".parse().unwrap());
    let session = client(&server).open(Upgrade::new(request, |_| Ok(Raw::new()))).await.unwrap();
    (server, session)
}

#[tokio::test]
async fn several_readers_share_what_comes() {
    let (server, session) = open(|mut peer| {
        for _ in 0..300 {
            peer.say("0123456789");
            std::thread::sleep(Duration::from_micros(200));
        }
    })
    .await;
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move {
                let mut received = 0;
                while let Some(bytes) = session.next().await {
                    received += bytes.unwrap().len();
                }
                received
            })
        })
        .collect();
    let mut received = 0;
    for reader in readers {
        received += reader.await.unwrap();
    }
    assert_eq!(received, 3000);
    joined(server).await;
}

#[tokio::test]
async fn both_sides_full_on_one_thread() {
    let (server, session) = open(|mut peer| {
        peer.say(vec![b'd'; MUCH]);
        std::io::copy(&mut (&mut peer.reader).take(2 * MUCH as u64), &mut std::io::sink()).unwrap();
        peer.say("over");
    })
    .await;
    let writers: Vec<_> = (0..2)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.send(Bytes::from(vec![b'u'; MUCH])).await })
        })
        .collect();
    let mut received = 0;
    while let Some(bytes) = session.next().await {
        received += bytes.unwrap().len();
    }
    assert_eq!(received, MUCH + 4);
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    joined(server).await;
}

#[tokio::test]
async fn a_next_that_loses_every_race_loses_nothing() {
    let (server, session) = open(|mut peer| {
        for _ in 0..100 {
            peer.say("0123456789");
            std::thread::sleep(Duration::from_millis(1));
        }
    })
    .await;
    let mut received = 0;
    loop {
        match tokio::time::timeout(Duration::from_micros(300), session.next()).await {
            Ok(Some(bytes)) => received += bytes.unwrap().len(),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    assert_eq!(received, 1000);
    joined(server).await;
}

#[tokio::test]
async fn what_a_dropped_send_leaves_is_sent_by_the_reader() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (server, session) = open(move |mut peer| {
        wait.recv().unwrap();
        std::io::copy(&mut (&mut peer.reader).take(MUCH as u64), &mut std::io::sink()).unwrap();
        peer.say("over");
    })
    .await;
    let reader = session.clone();
    let reader = tokio::spawn(async move { reader.next().await.unwrap().unwrap() });
    // The reader waits before there is anything to send.
    tokio::task::yield_now().await;
    {
        let mut send = Box::pin(session.send(Bytes::from(vec![b'u'; MUCH])));
        assert!(send.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    go.send(()).unwrap();
    assert_eq!(reader.await.unwrap(), "over");
    joined(server).await;
}

#[tokio::test]
async fn closing_wakes_readers_and_writers() {
    let (server, session) = open(|mut peer| {
        // The writer is blocked until the close. The peer gets the end after the bytes sent before.
        std::thread::sleep(Duration::from_millis(60));
        let _ = std::io::copy(&mut peer.reader, &mut std::io::sink());
    })
    .await;
    let (reader, writer) = (session.clone(), session.clone());
    let reader = tokio::spawn(async move { reader.next().await });
    let writer = tokio::spawn(async move { writer.send(Bytes::from(vec![b'u'; MUCH])).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    session.close();
    assert!(matches!(reader.await.unwrap().unwrap().unwrap_err().kind(), ErrorKind::Stopped));
    assert!(matches!(writer.await.unwrap().unwrap_err().kind(), ErrorKind::Stopped));
    assert!(session.send(Bytes::new()).await.is_err());
    joined(server).await;
}

#[tokio::test]
async fn a_wait_with_a_limit_ends_in_time() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let (server, session) = open(move |_peer| {
        let _ = wait.recv();
    })
    .await;
    assert!(session.next_within(Some(Duration::from_millis(30))).await.is_none());
    drop(done);
    assert!(session.next_within(Some(Duration::from_secs(60))).await.unwrap().is_none());
    joined(server).await;
}

/// Reads everything, and then answers.
fn shouts(mut peer: Peer) {
    let mut all = Vec::new();
    peer.reader.read_to_end(&mut all).unwrap();
    peer.say(all.to_ascii_uppercase());
}

#[tokio::test]
async fn a_session_is_a_reader_and_a_writer_of_which_one_may_end_first() {
    let (server, session) = open(shouts).await;
    let (mut reader, mut writer) = session.split();
    writer.write_all(&vec![b'u'; MUCH]).await.unwrap();
    writer.write_all(b"over").await.unwrap();
    writer.shutdown().await.unwrap();
    assert!(writer.write_all(b"more").await.is_err());
    let mut heard = Vec::new();
    reader.read_to_end(&mut heard).await.unwrap();
    assert!(heard.len() == MUCH + 4 && heard.ends_with(b"UOVER"), "{}", heard.len());
    joined(server).await;
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
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_reader_is_woken_for_what_the_first_leaves() {
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
    let session = client(&server).open(Upgrade::new(request, |_| Ok(Letters::default()))).await.unwrap();
    let runtime = tokio::runtime::Handle::current();
    let readers = [session.clone(), session].map(|session| {
        let (barrier, runtime) = (Arc::clone(&barrier), runtime.clone());
        std::thread::spawn(move || {
            for _ in (0..ROUNDS).take_while(|_| begins(&barrier)) {
                // A reader that is not woken finds its letter at its limit.
                let began = Instant::now();
                runtime.block_on(session.next_within(Some(ASLEEP))).unwrap().unwrap().unwrap();
                barrier.1.fetch_or(began.elapsed() >= ASLEEP, Ordering::SeqCst);
            }
        })
    });
    tokio::task::spawn_blocking(|| readers.into_iter().for_each(|reader| reader.join().unwrap())).await.unwrap();
    assert!(!barrier.1.load(Ordering::SeqCst), "a reader was not woken");
    joined(server).await;
}

/// Longer than any reader has to wait.
const ASLEEP: Duration = Duration::from_secs(60);
