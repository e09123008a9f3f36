//! Peers that send without end, on an executor that polls by hand: a task that would never return fails the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use hyper::rt::{Read, ReadBuf, Sleep, Timer};
use kube_proto::Api;
use kube_proto::api::{Upgrade, WatchParams};
use kube_proto::config::Config;
use kube_proto::driver::Raw;
use kube_proto::driver::wire::{READ, RawConnection};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};

use crate::Client;
use crate::http2::{Http2, Multiplexed};
use crate::runtime::{Job, Runtime, Socket};
use crate::socket::Wire;

/// A socket that is never empty: a beginning, and then the same bytes over and over. It takes whatever is written, and
/// is silent before the first write.
struct Flood {
    begin: &'static [u8],
    endless: &'static [u8],
    read: Arc<AtomicUsize>,
    written: bool,
    /// Reads that are left before the task must return.
    patience: Arc<AtomicUsize>,
}

/// An executor without a thread: tasks wait until the test polls them.
#[derive(Clone)]
struct ByHand {
    begin: &'static [u8],
    endless: &'static [u8],
    /// The bytes that the client has read.
    read: Arc<AtomicUsize>,
    patience: Arc<AtomicUsize>,
    woken: Arc<Woken>,
    tasks: Arc<Mutex<Vec<Job<()>>>>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl ByHand {
    fn new(begin: &'static [u8], endless: &'static [u8]) -> Self {
        let (read, patience) = (Arc::default(), Arc::default());
        Self { begin, endless, read, patience, woken: Arc::default(), tasks: Arc::default() }
    }

    fn socket(&self) -> Flood {
        let Self { begin, endless, read, patience, .. } = self.clone();
        Flood { begin, endless, read, written: false, patience }
    }

    /// Polls once. A task that is not done must have been woken: there is more to read.
    fn poll<F: Future + ?Sized>(&self, task: Pin<&mut F>) -> Poll<F::Output> {
        self.patience.store(100, Ordering::SeqCst);
        self.woken.0.store(false, Ordering::SeqCst);
        let polled = task.poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self.woken))));
        assert!(polled.is_ready() || self.woken.0.load(Ordering::SeqCst), "the task sleeps while there is more");
        polled
    }

    fn read(&self) -> usize {
        self.read.load(Ordering::SeqCst)
    }

    fn client(&self) -> Client {
        Client::builder(Config::new("http://127.0.0.1:1").unwrap()).runtime(self.clone()).build().unwrap()
    }
}

impl Socket for Flood {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.written {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let left = self.patience.fetch_sub(1, Ordering::SeqCst);
        assert!(left > 1, "the task reads and reads, and lets no other task run");
        let from = self.read.fetch_add(into.len(), Ordering::SeqCst);
        for (at, byte) in (from..).zip(into.iter_mut()) {
            *byte = match at.checked_sub(self.begin.len()) {
                None => self.begin[at],
                Some(at) => self.endless[at % self.endless.len()],
            };
        }
        Poll::Ready(Ok(into.len()))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.written = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Runtime for ByHand {
    fn spawn(&self, task: Job<()>) {
        self.tasks.lock().unwrap().push(task);
    }

    fn resolve(&self, _: &str, _: u16) -> Job<io::Result<Vec<SocketAddr>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn connect(&self, _: SocketAddr) -> Job<io::Result<Box<dyn Socket>>> {
        Box::pin(std::future::ready(Ok(Box::new(self.socket()) as Box<dyn Socket>)))
    }
}

/// No timer ever rings.
struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Never {}

impl Timer for ByHand {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(Never)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Never)
    }
}

#[test]
fn a_connection_reads_a_few_times_and_lets_others_run() {
    let flood = ByHand::new(b"", b"x");
    let mut wire = Wire::new(Box::new(Flood { written: true, ..flood.socket() }), RawConnection::plain());
    for turn in 1..=5 {
        let task = std::future::poll_fn(|cx| {
            loop {
                let mut buffer = [0; 1024];
                let mut into = ReadBuf::new(&mut buffer);
                std::task::ready!(Pin::new(&mut wire).poll_read(cx, into.unfilled())).unwrap();
                if into.filled().is_empty() {
                    return Poll::Ready(());
                }
            }
        });
        assert!(flood.poll(pin!(task)).is_pending());
        // The first read is a small one.
        assert!(((turn - 1) * 8 * READ..=turn * 8 * READ).contains(&flood.read()), "{}", flood.read());
    }
}

/// A socket that has one byte each time, and is empty then.
struct Trickle(bool);

impl Socket for Trickle {
    fn poll_read(&mut self, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0 = !self.0;
        into[0] = b'x';
        if self.0 { Poll::Ready(Ok(1)) } else { Poll::Pending }
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_connection_that_was_read_empty_waits_for_its_socket_alone() {
    let mut wire = Wire::new(Box::new(Trickle(false)), RawConnection::plain());
    let woken = Arc::<Woken>::default();
    let waker = Waker::from(Arc::clone(&woken));
    for turn in 0..50 {
        let mut buffer = [0; 1024];
        let mut into = ReadBuf::new(&mut buffer);
        let mut read = || Pin::new(&mut wire).poll_read(&mut Context::from_waker(&waker), into.unfilled());
        assert!(read().is_ready() && read().is_pending(), "turn {turn}");
        assert!(!woken.0.load(Ordering::SeqCst), "turn {turn}: nothing is there to read");
    }
}

#[test]
fn settings_of_a_connection_that_is_gone_are_not_waited_for() {
    let wire = Wire::new(Box::new(Trickle(false)), RawConnection::plain());
    let traffic = Arc::clone(wire.traffic());
    let cx = &mut Context::from_waker(Waker::noop());
    let mut before = pin!(traffic.settled());
    assert!(before.as_mut().poll(cx).is_pending());
    drop(wire);
    assert!(before.poll(cx).is_ready());
    assert!(pin!(traffic.settled()).poll(cx).is_ready(), "it waits for what never comes");
}

/// Chunks that hold an empty line each: inputs without an item.
#[test]
fn a_watch_of_blank_lines_lets_others_run() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let flood = ByHand::new(head, b"1\r\n\n\r\n");
    let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
    let mut watch = flood.client().stream(pods.within("a").watch_once(&WatchParams::default()));
    let mut next = pin!(watch.next());
    for _ in 0..500 {
        assert!(flood.poll(next.as_mut()).is_pending());
        // One read brings some 10,000 chunks; a turn takes 32 of them.
        assert!(flood.read() <= 5 * READ, "{} bytes", flood.read());
    }
    assert!(flood.read() >= READ, "{} bytes", flood.read());
}

#[test]
fn a_session_lets_others_run() {
    let flood = ByHand::new(b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", b"x");
    let request = kube_proto::api::ApiRequest::raw(http::Method::GET, "/", "")
        .header(http::header::CONNECTION, http::HeaderValue::from_static("Upgrade"))
        .header(http::header::UPGRADE, http::HeaderValue::from_static("echo"));
    let client = flood.client();
    let mut opening = pin!(client.open(Upgrade::new(request, |_| Ok(Raw::new()))));
    let session = loop {
        if let Poll::Ready(session) = flood.poll(opening.as_mut()) {
            break session.unwrap();
        }
    };
    let events = AtomicUsize::new(0);
    let mut read = pin!(async {
        while let Some(bytes) = session.next().await {
            events.fetch_add(bytes.unwrap().len().min(1), Ordering::SeqCst);
        }
    });
    for _ in 0..10 {
        assert!(flood.poll(read.as_mut()).is_pending());
    }
    let events = events.load(Ordering::SeqCst);
    assert!((200..=320).contains(&events), "{events}");
}

/// A server of HTTP/2 that sends pings without end; its connection, and the tasks that drive it.
fn pinging() -> (ByHand, Multiplexed, Job<()>) {
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0........";
    let flood = ByHand::new(b"\0\0\0\x04\0\0\0\0\0", PING);
    let runtime: Arc<dyn Runtime> = Arc::new(flood.clone());
    let wire = Wire::new(Box::new(flood.socket()), RawConnection::plain());
    let mut opening = pin!(Multiplexed::open(wire, Http2::default(), HEAD, &runtime));
    let connection = loop {
        if let Poll::Ready(connection) = flood.poll(opening.as_mut()) {
            break connection.unwrap();
        }
    };
    // hyper has a task for the frames, and one for the requests.
    let mut tasks = std::mem::take(&mut *flood.tasks.lock().unwrap());
    let task = std::future::poll_fn(move |cx| {
        tasks.retain_mut(|task| task.as_mut().poll(cx).is_pending());
        if tasks.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    });
    (flood, connection, Box::pin(task))
}

const HEAD: usize = 256 << 10;

/// Polls the task of a connection until it ends; returns how many bytes were read meanwhile.
fn read_to_the_end(flood: &ByHand, task: &mut Job<()>) -> usize {
    let before = flood.read();
    for _ in 0..100 {
        if flood.poll(task.as_mut()).is_ready() {
            return flood.read() - before;
        }
    }
    panic!("the connection stays open after {} bytes", flood.read() - before);
}

#[test]
fn a_connection_in_use_takes_a_flood_and_lets_others_run() {
    let (flood, connection, mut task) = pinging();
    connection.take();
    for _ in 0..20 {
        assert!(flood.poll(task.as_mut()).is_pending());
    }
    assert!(flood.read() > 8 * HEAD, "{}", flood.read());
    assert!(connection.is_open());
}

#[test]
fn an_unused_connection_takes_a_limited_number_of_bytes() {
    let most = HEAD + 2 * READ;
    // It never had a stream.
    let (flood, connection, mut task) = pinging();
    let read = read_to_the_end(&flood, &mut task);
    assert!(read <= most && !connection.is_open(), "{read}");
    // The answers of its streams came to their ends.
    let (flood, connection, mut task) = pinging();
    (0..3).for_each(|_| connection.take());
    assert!(flood.poll(task.as_mut()).is_pending());
    (0..3).for_each(|_| connection.release(true));
    let read = read_to_the_end(&flood, &mut task);
    assert!(read <= most && !connection.is_open(), "{read}");
    // One of them was reset: what the server had sent of it may still come.
    let window = Http2::default().window as usize;
    let (flood, connection, mut task) = pinging();
    (0..3).for_each(|_| connection.take());
    assert!(flood.poll(task.as_mut()).is_pending());
    [true, false, true].into_iter().for_each(|whole| connection.release(whole));
    let read = read_to_the_end(&flood, &mut task);
    assert!((HEAD + window..=most + window).contains(&read) && !connection.is_open(), "{read}");
    // In use again, it takes everything again.
    let (flood, connection, mut task) = pinging();
    connection.take();
    connection.release(true);
    connection.take();
    (0..20).for_each(|_| assert!(flood.poll(task.as_mut()).is_pending()));
}
