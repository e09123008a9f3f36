//! Port-forward in virtual time: connections that read, write and end in any order, over a link that is slow, and is cut at
//! any byte. What is acknowledged arrives once and in order, the end says the truth, nothing hangs, and memory is bounded.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::task::Waker;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Request;
use kube_proto::config::Config;
use kube_proto::driver::wire::{LookStep, RawConnection, Seat, Switched};
use kube_proto::driver::{Effect, Input, Moment, Now, Session, SessionOptions, Step, Task};
use kube_proto::port_forward::{ASK, ConnectionId, PortForward, PortForwardSession, ROOM, SLOW};
use kube_proto::settings::Settings;
use kube_test_server::forward::{Answer, ECHO, PortService};
use kube_test_server::{Identity, Options, Protocol, Reply, Server, Turn};
use kube_test_sim::Dice;
use serde_json::json;

/// A port whose service sends a text and ends, whatever its peer does.
const GREET: u16 = 9;
/// A port on which nothing listens.
const CLOSED: u16 = 81;

fn greeting(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 253) as u8).collect()
}

/// The session, and the server's side of it.
fn open(seed: u64, greets: usize) -> (PortForwardSession, Box<dyn Protocol>) {
    let mut server = Server::new(Options::default());
    let pod =
        json!({"metadata": {"name": "a"}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}});
    let pods = Request::post("/api/v1/namespaces/default/pods").header("content-type", "application/json");
    let created = server.handle(pods.body(Bytes::from(pod.to_string())).unwrap(), &Identity::admin(), Duration::ZERO);
    assert_eq!(created.status(), 201);
    let greet = move || {
        let mut left = Some(greeting(greets));
        move |_: &[u8], _: bool| Answer { bytes: left.take().unwrap_or_default(), end: true }
    };
    server.listen("default", "a", GREET, PortService::new(greet));
    let config = Config::new("http://localhost:8080").unwrap();
    let session = Session::new(&config, SessionOptions::new(Settings::default(), seed)).unwrap();
    let mut task = Task::new(PortForward::pod("a").tunnel("a"), session);
    let (mut input, mut protocol) = (None, None);
    loop {
        match task.turn(Now::default(), Waker::noop(), || input.take()) {
            Step::Do(Effect::Exchange(exchange)) => {
                let Reply::Upgrade(upgrade) = server.handle(exchange.request, &Identity::admin(), Duration::ZERO)
                else {
                    panic!("the server does not switch")
                };
                input = Some(Input::Head(Box::new(upgrade.head.into_parts().0)));
                protocol = Some(upgrade.protocol);
            }
            Step::Yield(session) => return (session, protocol.unwrap()),
            step => panic!("{step:?}"),
        }
    }
}

/// What happens to the link after so many bytes to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Never,
    End(usize),
    Reset(usize),
    Silence(usize),
}

/// Two directions with little room.
struct Link {
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    room: usize,
    piece: usize,
    cut: Cut,
    /// The bytes that the client has received.
    received: usize,
}

impl Link {
    /// The number of bytes that may still come before the cut.
    fn left(&self) -> usize {
        match self.cut {
            Cut::Never => usize::MAX,
            Cut::End(at) | Cut::Reset(at) | Cut::Silence(at) => at.saturating_sub(self.received),
        }
    }
}

impl Read for Link {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = into.len().min(self.piece).min(self.down.len()).min(self.left());
        for (place, byte) in into.iter_mut().zip(self.down.drain(..count)) {
            *place = byte;
        }
        self.received += count;
        match (count, self.left(), self.cut) {
            (0, 0, Cut::End(_)) => Ok(0),
            (0, 0, Cut::Reset(_)) => Err(io::ErrorKind::ConnectionReset.into()),
            (0, ..) => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(count),
        }
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left() == 0 && matches!(self.cut, Cut::Reset(_)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(self.room.saturating_sub(self.up.len())).min(self.piece);
        self.up.extend(bytes.iter().take(count));
        if count == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One connection with its reader and its writer.
struct Connection {
    id: ConnectionId,
    port: u16,
    seats: [Seat; 2],
    /// What it will write, and how much of that is written.
    data: Vec<u8>,
    written: usize,
    /// The writer has ended its side, or failed.
    over: bool,
    finished: bool,
    received: Vec<u8>,
    end: Option<Result<(), String>>,
    /// The reader waits until the writer has ended its side.
    late: bool,
}

impl Connection {
    fn is_done(&self) -> bool {
        self.over && self.end.is_some()
    }
}

/// One world of a seed.
struct World {
    dice: Dice,
    session: Switched<PortForwardSession>,
    link: Link,
    server: Box<dyn Protocol>,
    /// What the server has sent and the link has no room for.
    outbox: VecDeque<u8>,
    connections: Vec<Connection>,
    /// The length of the greeting.
    greets: usize,
    now: Moment,
    until: Option<Moment>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let small = dice.chance(600);
        let most = if small { 300 } else { 3 * ROOM as u64 };
        let greets = dice.below(most) as usize;
        let (mut channel, server) = open(seed, greets);
        let count = 1 + dice.below(6);
        let connections: Vec<_> = (0..count)
            .map(|_| {
                let port = dice.pick([ECHO, ECHO, GREET, CLOSED]);
                let data = (0..dice.below(most)).map(|at| (at % 251) as u8).collect();
                let id = channel.connect(port).unwrap();
                Connection {
                    id,
                    port,
                    seats: [Seat::thread(), Seat::thread()],
                    data,
                    written: 0,
                    over: false,
                    finished: false,
                    received: Vec::new(),
                    end: None,
                    // Not with more than is kept for it: then its writer would wait for ever, as with any socket.
                    late: small && dice.chance(200),
                }
            })
            .collect();
        let at = dice.below(most * count) as usize;
        let cut = dice.pick([Cut::Never, Cut::Never, Cut::End(at), Cut::Reset(at), Cut::Silence(at)]);
        let piece = if small { dice.pick([1, 3, 100]) } else { 16 << 10 };
        let room = dice.pick([piece, piece * 7, 64 << 10]);
        let link = Link { up: VecDeque::new(), down: VecDeque::new(), room, piece, cut, received: 0 };
        let session = Switched::new(channel, RawConnection::plain(), BytesMut::new());
        Self {
            dice,
            session,
            link,
            server,
            outbox: VecDeque::new(),
            connections,
            greets,
            now: Moment::ZERO,
            until: None,
        }
    }

    fn time(&self) -> Now {
        Now { mono: self.now, unix: Duration::ZERO }
    }

    /// The server takes some bytes and answers. True if anything moved.
    fn serve(&mut self) -> bool {
        // A silent server takes nothing, and one that has ended neither.
        if self.link.left() == 0 {
            return false;
        }
        let count = (self.dice.below(self.link.up.len() as u64 + 1)) as usize;
        let bytes: Vec<u8> = self.link.up.drain(..count).collect();
        if !bytes.is_empty() {
            self.server.receive(&bytes, false);
        }
        while let Turn::Send(bytes) = self.server.poll(Duration::ZERO) {
            self.outbox.extend(bytes);
        }
        let moved = self.link.room.saturating_sub(self.link.down.len()).min(self.outbox.len());
        self.link.down.extend(self.outbox.drain(..moved));
        count + moved > 0
    }

    /// A reader or a writer looks, once. True if it got on.
    fn step(&mut self, number: usize) -> bool {
        let (now, reads) = (self.time(), self.dice.chance(500));
        let (chunk, most) = (1 + self.dice.below(50_000) as usize, 1 + self.dice.below(40_000) as usize);
        let it = &mut self.connections[number];
        if reads {
            if it.end.is_some() || it.late && !it.over {
                return false;
            }
            let (id, seat) = (it.id, (&mut it.seats[0], PortForwardSession::reading(it.id)));
            let look = self.session.look(&mut self.link, now, seat, Waker::noop().clone(), |it| it.read(id, most));
            look.wakes.wake();
            match look.step {
                LookStep::Ready(Ok(bytes)) if bytes.is_empty() => it.end = Some(Ok(())),
                LookStep::Ready(Ok(bytes)) => it.received.extend_from_slice(&bytes),
                LookStep::Ready(Err(error)) | LookStep::Done(Err(error)) => it.end = Some(Err(error.to_string())),
                LookStep::Done(Ok(())) => panic!("the session ended by itself"),
                step => return self.wait(&step),
            }
            return true;
        }
        if it.over {
            return false;
        }
        let (id, seat) = (it.id, (&mut it.seats[1], PortForwardSession::writing(it.id)));
        let rest = it.data.get(it.written..).unwrap_or_default();
        let part = rest.get(..chunk).unwrap_or(rest);
        let act = |session: &mut PortForwardSession| match session.accepted(id)? {
            Err(error) => Some(Err(error)),
            Ok(()) if part.is_empty() => Some(session.finish(id).map(|()| 0)),
            Ok(()) => session.write(id, part),
        };
        let look = self.session.look(&mut self.link, now, seat, Waker::noop().clone(), act);
        look.wakes.wake();
        match look.step {
            LookStep::Ready(Ok(0)) => (it.over, it.finished) = (true, true),
            LookStep::Ready(Ok(count)) => it.written += count,
            LookStep::Ready(Err(_)) | LookStep::Done(_) => it.over = true,
            step => return self.wait(&step),
        }
        // Its bytes are sent before it goes on.
        let _ = self.session.flush(&mut self.link, now);
        true
    }

    fn wait<T>(&mut self, step: &LookStep<T>) -> bool {
        if let LookStep::Drive { until: Some(until), .. } = *step {
            self.until = Some(self.until.map_or(until, |known| known.min(until)));
        }
        matches!(step, LookStep::Again)
    }

    /// Runs to the end of all connections, and checks what they saw.
    fn run(mut self, seed: u64) {
        let mut still = 0;
        let mut steps = 0u64;
        while !self.connections.iter().all(Connection::is_done) {
            steps += 1;
            assert!(steps < 3_000_000, "seed {seed}: it goes round for ever, {:?}", self.link.cut);
            let number = self.dice.index(self.connections.len()).unwrap();
            let moved = match self.dice.chance(300) {
                true => self.serve(),
                false => self.step(number),
            };
            still = if moved { 0 } else { still + 1 };
            if still > 200 {
                still = 0;
                // Nothing moves before this moment.
                let until = self.until.take().unwrap_or(self.now.after(Duration::from_secs(1)));
                self.now = self.now.max(until);
                assert!(
                    self.now < Moment::after_zero((ASK + SLOW) * 2),
                    "seed {seed}: it hangs, {:?}, {:?}",
                    self.link.cut,
                    self.connections
                        .iter()
                        .map(|it| (it.port, it.written, it.received.len(), it.over, &it.end))
                        .collect::<Vec<_>>()
                );
            }
            // The frames' heads are a small part of it.
            let read: usize = self.connections.iter().map(|it| it.received.len()).sum();
            let bound = self.connections.len() * (ROOM + 4096) + (128 << 10) + self.link.received / 50;
            assert!(self.link.received <= read + bound, "seed {seed}: {} bytes are kept", self.link.received - read);
        }
        for it in &self.connections {
            self.check(seed, it);
        }
    }

    fn check(&self, seed: u64, it: &Connection) {
        let whole = match it.port {
            ECHO => it.data.clone(),
            GREET => greeting(self.greets),
            _ => Vec::new(),
        };
        let end = it.end.as_ref().unwrap();
        assert!(whole.starts_with(&it.received), "seed {seed}: port {} got other bytes", it.port);
        match (it.port, end) {
            // A clean end is the whole of it.
            (ECHO, Ok(())) => assert!(it.finished && it.received == it.data, "seed {seed}: cut short, and a clean end"),
            (GREET, Ok(())) => assert!(it.received == whole, "seed {seed}: cut short, and a clean end"),
            (CLOSED, Ok(())) => panic!("seed {seed}: a refused connection has a clean end"),
            (CLOSED, Err(text)) if self.link.cut == Cut::Never => {
                assert!(text.contains("connection refused"), "seed {seed}: {text}");
            }
            (_, Err(text)) if self.link.cut == Cut::Never => panic!("seed {seed}: port {} failed: {text}", it.port),
            _ => {}
        }
    }
}

#[test]
fn every_byte_arrives_once_and_the_end_says_the_truth() {
    let from_env = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    if let Some(seed) = from_env("KUBE_SIM_SEED") {
        return World::new(seed).run(seed);
    }
    for seed in 0..from_env("KUBE_SIM_SEEDS").unwrap_or(100) {
        World::new(seed).run(seed);
    }
}
