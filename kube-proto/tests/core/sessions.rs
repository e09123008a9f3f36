//! Sessions with a process in virtual time: the client's channel against the in-memory server's container, with readers and a
//! writer that wait as those of a transport do, and faults from a seed.
//!
//! | invariant | how it is checked |
//! |---|---|
//! | every byte arrives once and in order | what a reader got is the beginning of what the process printed |
//! | the end says the truth | a result has the right exit code, and all output has arrived; without a fault there is a result |
//! | nothing hangs | every run ends, with less virtual time than the longest patience |
//! | memory is bounded | the bytes between the socket and the readers |
//!
//! `KUBE_SIM_SEED=7` runs that seed alone.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use kube_proto::Error;
use kube_proto::api::ExecParams;
use kube_proto::driver::wire::{LookStep, RawConnection, Seat, Switched};
use kube_proto::driver::{Input, Moment, Now, Random, Streams};
use kube_proto::exec::{Exec, ExecResult, ExecStream};
use kube_test_server::{Identity, Options, Protocol, Reply, Server, Turn};

use crate::border::pods;
use crate::script::{Script, session_with};

/// One direction of the connection.
struct Pipe {
    bytes: VecDeque<u8>,
    room: usize,
    /// After so many bytes the connection breaks.
    cut: Option<usize>,
    ended: bool,
}

impl Pipe {
    fn free(&self) -> usize {
        self.room.saturating_sub(self.bytes.len()).min(self.cut.unwrap_or(usize::MAX))
    }

    fn push(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.free());
        self.bytes.extend(&bytes[..count]);
        self.cut = self.cut.map(|left| left - count);
        count
    }
}

/// The client's socket.
struct Socket {
    to_server: Pipe,
    to_client: Pipe,
    /// Whether a cut is a reset; if not, it is an end.
    resets: bool,
    broken: bool,
    taken: usize,
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.to_client.bytes.len().min(into.len());
        for (to, from) in into.iter_mut().zip(self.to_client.bytes.drain(..count)) {
            *to = from;
        }
        self.taken += count;
        match count {
            0 if self.broken && self.resets => Err(ErrorKind::ConnectionReset.into()),
            0 if self.broken || self.to_client.ended => Ok(0),
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken || self.to_client.ended {
            return Err(ErrorKind::BrokenPipe.into());
        }
        match self.to_server.push(bytes) {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A part of the client that waits as a thread or task of a transport does.
struct Actor {
    role: Role,
    seat: Seat,
    woken: Arc<Bell>,
    state: Waits,
    done: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader(ExecStream),
    Waiter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    Runs,
    Follows,
    Drives { read: bool, write: bool, until: Option<Duration> },
}

#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a run is about.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    script: String,
    input: usize,
    /// What the process prints and how it ends, if all goes well.
    stdout: usize,
    stderr: usize,
    code: i32,
    /// The connection breaks after so many bytes of the server or of the client.
    cut: Option<(bool, usize)>,
    /// The server does nothing any more after so many turns.
    frozen: Option<usize>,
    room: usize,
}

#[derive(Debug, PartialEq)]
struct Outcome {
    stdout: usize,
    stderr: usize,
    result: Result<i32, String>,
    seconds: u64,
    /// All bytes that the server sent.
    sent: usize,
}

const BUFFER: usize = 8 * 1024;
const STALLED: Duration = Duration::from_secs(600);

fn letter(at: usize) -> u8 {
    b'a' + (at % 23) as u8
}

/// The channel, and the protocol of the server.
fn open(script: &str) -> (Exec, Box<dyn Protocol>) {
    let session = session_with(
        |_| {},
        |settings| {
            settings.channel.buffer = BUFFER;
            settings.channel.stalled = STALLED;
        },
    );
    let params = ExecParams::run(["sh", "-c", script]).stdin();
    let mut client = Script::new(pods().exec("a", &params), &session);
    let exchange = client.exchange();
    let (mut server, now) = (Server::new(Options::default()), Duration::from_secs(1_800_000_000));
    let pod = br#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]}}"#;
    let create = Request::post("/api/v1/namespaces/default/pods").header("content-type", "application/json");
    let created = server.handle(create.body(Bytes::from_static(pod)).unwrap(), &Identity::admin(), now);
    assert_eq!(created.status(), 201);
    let request = exchange.request;
    let path = request.uri().to_string();
    let at = path.find("/pods/").unwrap();
    let mut parts = request.into_parts().0;
    parts.uri = format!("/api/v1/namespaces/default{}", &path[at..]).parse().unwrap();
    let Reply::Upgrade(upgrade) = server.handle(Request::from_parts(parts, Bytes::new()), &Identity::admin(), now)
    else {
        panic!("no upgrade");
    };
    let mut head = Response::new(()).into_parts().0;
    head.status = upgrade.head.status();
    head.headers = upgrade.head.headers().clone();
    client.arrived.push_back(Input::Head(Box::new(head)));
    (client.item(), upgrade.protocol)
}

fn run(plan: &Plan) -> Outcome {
    let mut random = Random::new(plan.seed);
    let mut draw = move |below: usize| (random.draw() % below.max(1) as u64) as usize;
    let (mut exec, mut server) = open(&plan.script);
    exec.use_streams(VecDeque::new());
    let pipe = |from_server: bool| Pipe {
        bytes: VecDeque::new(),
        room: plan.room,
        cut: plan.cut.filter(|(which, _)| *which == from_server).map(|(_, after)| after),
        ended: false,
    };
    let mut socket = Socket {
        to_server: pipe(false),
        to_client: pipe(true),
        resets: plan.seed.is_multiple_of(2),
        broken: false,
        taken: 0,
    };
    let mut client = Switched::new(exec, RawConnection::plain(), BytesMut::new());
    let roles = [Role::Writer, Role::Reader(ExecStream::Stdout), Role::Reader(ExecStream::Stderr), Role::Waiter];
    let mut actors: Vec<Actor> = roles
        .into_iter()
        .map(|role| Actor { role, seat: Seat::default(), woken: Arc::default(), state: Waits::Runs, done: false })
        .collect();
    let (mut written, mut finished, mut unsent, mut slow) = (0, false, false, 10);
    let (mut got, mut result) = ([0, 0], None::<Result<ExecResult, Error>>);
    let mut outgoing = VecDeque::<u8>::new();
    let (mut now, mut sent, mut turns) = (Now::default(), 0, 0_usize);
    // The server waits for bytes, or for this time; it has closed the connection.
    let (mut server_waits, mut server_until, mut server_ended) = (false, None, false);
    for step in 0.. {
        assert!(step < 400_000, "it goes round: {plan:?}");
        // The connection breaks once one of its directions is cut.
        if !socket.broken && (socket.to_client.cut == Some(0) || socket.to_server.cut == Some(0)) {
            socket.broken = true;
        }
        let readable = |socket: &Socket| !socket.to_client.bytes.is_empty() || socket.broken || socket.to_client.ended;
        let writable = |socket: &Socket| socket.to_server.free() > 0 || socket.broken || socket.to_client.ended;
        let ready: Vec<usize> = actors
            .iter()
            .enumerate()
            .filter(|(_, actor)| !actor.done)
            .filter(|(_, actor)| {
                actor.woken.0.load(Ordering::Relaxed)
                    || match actor.state {
                        Waits::Runs => true,
                        Waits::Follows => false,
                        Waits::Drives { read, write, until } => {
                            (read && readable(&socket))
                                || (write && writable(&socket))
                                || until.is_some_and(|until| now.mono.since_zero() >= until)
                        }
                    }
            })
            .map(|(at, _)| at)
            .collect();
        let frozen = plan.frozen.is_some_and(|after| turns >= after);
        let server_can = !server_ended
            && !frozen
            && !socket.broken
            && ((outgoing.is_empty() && !server_waits)
                || (!outgoing.is_empty() && socket.to_client.free() > 0)
                || (outgoing.is_empty() && !socket.to_server.bytes.is_empty() && !server.is_full())
                || server_until.is_some_and(|until| now.unix >= until));
        if actors.iter().all(|actor| actor.done) {
            break;
        }
        let choice = draw(ready.len() + usize::from(server_can));
        if ready.is_empty() && !server_can {
            // Time passes until something is due.
            let deadlines = actors.iter().filter(|actor| !actor.done).filter_map(|actor| match actor.state {
                Waits::Drives { until, .. } => until,
                _ => None,
            });
            let next = deadlines.chain(server_until.filter(|_| !frozen && !server_ended && !socket.broken)).min();
            let Some(next) = next.filter(|next| *next > now.mono.since_zero()) else {
                panic!("it hangs after {written} of {} bytes, {got:?} read: {plan:?}", plan.input);
            };
            now = now.after(next - now.mono.since_zero());
            continue;
        }
        if server_can && choice == ready.len() {
            turns += 1;
            if outgoing.is_empty() && !server.is_full() {
                let count = socket.to_server.bytes.len().min(1 + draw(3000));
                let bytes: Vec<u8> = socket.to_server.bytes.drain(..count).collect();
                server.receive(&bytes, false);
                server_waits = false;
            }
            server_until = None;
            while outgoing.is_empty() {
                match server.poll(now.unix) {
                    Turn::Send(bytes) => {
                        server_waits = false;
                        outgoing.extend(bytes);
                    }
                    Turn::Wait { until } => {
                        (server_waits, server_until) = (true, until);
                        break;
                    }
                    Turn::End => {
                        server_ended = true;
                        break;
                    }
                }
            }
            let count = outgoing.len().min(1 + draw(3000));
            let bytes: Vec<u8> = outgoing.iter().take(count).copied().collect();
            let pushed = socket.to_client.push(&bytes);
            outgoing.drain(..pushed);
            sent += pushed;
            socket.to_client.ended = server_ended && outgoing.is_empty();
            continue;
        }
        let actor = &mut actors[ready[choice]];
        actor.woken.0.store(false, Ordering::Relaxed);
        // A reader is slow now and then: time passes, and it has not looked.
        if slow > 0 && draw(200) == 0 {
            slow -= 1;
            now = now.after(Duration::from_secs(20));
        }
        let waker = Waker::from(Arc::clone(&actor.woken));
        if actor.role == Role::Writer {
            // It waits for the socket alone, as a transport's writer does.
            if !unsent {
                let chunk: Vec<u8> = (written..plan.input.min(written + 1 + draw(5000))).map(letter).collect();
                let acted = client.act(|exec| match chunk.is_empty() {
                    true => exec.finish(ExecStream::Stdin).map(|()| 0),
                    false => exec.write(ExecStream::Stdin, &chunk),
                });
                match acted.and_then(|acted| acted) {
                    Ok(count) => {
                        written += count;
                        finished = count == 0;
                    }
                    Err(_) => actor.done = true,
                }
            }
            match client.flush(&mut socket, now) {
                Ok(more) => unsent = more,
                Err(_) => actor.done = true,
            }
            actor.done |= finished && !unsent;
            actor.state = if unsent { Waits::Drives { read: false, write: true, until: None } } else { Waits::Runs };
            if client.take_news() {
                client.waiting().wake();
            }
            continue;
        }
        let role = actor.role;
        let part = match role {
            Role::Reader(stream) => Exec::part(stream),
            _ => Exec::END,
        };
        let mut taken = None;
        let look = client.look(&mut socket, now, (&mut actor.seat, part), waker, |exec| match role {
            Role::Reader(stream) => exec.take(stream).map(|bytes| taken = Some(bytes)),
            _ => exec.end().map(|end| result = Some(end)),
        });
        actor.state = match &look.step {
            LookStep::Ready(()) | LookStep::Again => Waits::Runs,
            LookStep::Done(_) => {
                actor.done = true;
                Waits::Runs
            }
            LookStep::Follow => Waits::Follows,
            LookStep::Drive { read, write, until } => {
                Waits::Drives { read: *read, write: *write, until: until.map(Moment::since_zero) }
            }
        };
        actor.done |= role == Role::Waiter && matches!(look.step, LookStep::Ready(()));
        if let Role::Reader(stream) = role {
            let (count, first) = match stream {
                ExecStream::Stdout => (&mut got[0], 0),
                _ => (&mut got[1], 1),
            };
            match taken {
                Some(Ok(bytes)) if bytes.is_empty() => actor.done = true,
                Some(Ok(bytes)) => {
                    // Standard output is the input again or `y` lines; standard error is `y` lines.
                    let expected = |at: usize| match first {
                        0 if plan.script == "cat" || plan.script.starts_with("head") => letter(at),
                        _ => [b'y', b'\n'][at % 2],
                    };
                    let same = bytes.iter().enumerate().all(|(at, byte)| *byte == expected(*count + at));
                    assert!(same, "other bytes after {count}: {plan:?}");
                    *count += bytes.len();
                }
                Some(Err(_)) => actor.done = true,
                None => {}
            }
        }
        look.wakes.wake();
        if look.news {
            // The end of the session reaches a writer that waits for the socket.
            actors[0].woken.0.store(true, Ordering::Relaxed);
        }
        let held = socket.taken.saturating_sub(got[0] + got[1]);
        // Headers, empty messages and the status stand between; a read has 64 KiB at most, and here less.
        assert!(held <= 2 * BUFFER + plan.room + 4096 + got[0] / 8 + got[1] / 8, "{held} bytes are held: {plan:?}");
    }
    let result = match result.unwrap() {
        Ok(result) => Ok(result.exit_code().unwrap()),
        Err(error) => Err(error.to_string()),
    };
    Outcome { stdout: got[0], stderr: got[1], result, seconds: now.mono.since_zero().as_secs(), sent }
}

/// A plan, and what it should come to.
fn drawn(seed: u64) -> Plan {
    let mut random = Random::new(seed ^ 0x5e55_1045);
    let mut draw = |below: u64| (random.draw() % below) as usize;
    let input = draw(20_000);
    let (script, stdout, stderr, code) = match draw(4) {
        0 => ("cat".to_owned(), input, 0, 0),
        1 => {
            let kept = draw(10_000).min(input);
            (format!("head -c {kept}; exit 9"), kept, 0, 9)
        }
        2 => {
            let (out, err) = (draw(30_000), draw(30_000));
            (format!("yes | head -c {err} >&2; yes | head -c {out}; cat > /dev/null; exit 7"), out, err, 7)
        }
        _ => {
            let out = draw(30_000);
            (format!("cat > /dev/null; sleep 45; yes | head -c {out}; exit 3"), out, 0, 3)
        }
    };
    let cut = (draw(3) == 0).then(|| (draw(2) == 0, draw(40_000)));
    let frozen = (draw(8) == 0).then(|| draw(60));
    Plan { seed, script, input, stdout, stderr, code, cut, frozen, room: 20 + draw(10_000) }
}

fn check(plan: &Plan) -> Result<i32, String> {
    let outcome = run(plan);
    let faulty = plan.cut.is_some() || plan.frozen.is_some();
    match &outcome.result {
        Ok(code) => {
            assert_eq!((*code, outcome.stdout, outcome.stderr), (plan.code, plan.stdout, plan.stderr), "{plan:?}");
        }
        Err(error) => {
            assert!(faulty, "{error}: {plan:?}");
            assert!(outcome.stdout <= plan.stdout && outcome.stderr <= plan.stderr, "{plan:?}");
        }
    }
    assert!(outcome.seconds < 400 + 2 * STALLED.as_secs(), "{outcome:?} {plan:?}");
    outcome.result
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the environment chooses the seeds")]
fn sessions_of_many_seeds() {
    if let Ok(seed) = std::env::var("KUBE_SIM_SEED") {
        let _ = check(&drawn(seed.parse().unwrap()));
        return;
    }
    let seeds = std::env::var("KUBE_SIM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(60);
    // A server that stops between its close frame and the end of the connection, before it has read all input.
    let _ = check(&drawn(1013));
    (0..seeds).for_each(|seed| _ = check(&drawn(seed)));
}

/// A connection that breaks after each of its bytes, by an end or by a reset: before the last byte of the status the result
/// is an error, and after it the exit code.
#[test]
fn a_cut_at_every_byte() {
    let plan = Plan {
        seed: 0,
        script: "cat > /dev/null; yes | head -c 30 >&2; yes | head -c 40; exit 5".into(),
        input: 50,
        stdout: 40,
        stderr: 30,
        code: 5,
        cut: None,
        frozen: None,
        room: 10_000,
    };
    for seed in [0, 1] {
        let whole = run(&Plan { seed, ..plan.clone() });
        assert_eq!(whole.result, Ok(5));
        let mut first_good = None;
        for after in 1..whole.sent {
            match check(&Plan { seed, cut: Some((true, after)), ..plan.clone() }) {
                Ok(_) => _ = first_good.get_or_insert(after),
                Err(error) => assert_eq!(first_good, None, "{error} after {after} bytes"),
            }
        }
        // The close frame is what may be missing: two bytes of header, and a code.
        assert_eq!(first_good, Some(whole.sent - 4), "{seed}");
    }
    for after in 1..100 {
        for seed in [0, 1] {
            let _ = check(&Plan { seed, cut: Some((false, after)), ..plan.clone() });
        }
    }
}

/// A server that is there and says nothing is found dead by a ping; one that holds input back has more time.
#[test]
fn a_server_that_stops() {
    let idle = Plan {
        seed: 1,
        script: "sleep infinity".into(),
        input: 0,
        stdout: 0,
        stderr: 0,
        code: 0,
        cut: None,
        frozen: Some(3),
        room: 10_000,
    };
    let outcome = run(&idle);
    assert!(outcome.result.as_ref().unwrap_err().contains("no answer to a ping"), "{outcome:?}");
    // 10 s of silence, and 30 s of patience; a slow reader adds its own.
    assert!((40..=80).contains(&outcome.seconds), "{outcome:?}");
    // The writer gets rid of little: no process holds that back.
    let little = Plan { script: "cat".into(), input: 200_000, stdout: 200_000, ..idle };
    let outcome = run(&little);
    assert!(outcome.result.as_ref().unwrap_err().contains("no answer to a ping"), "{outcome:?}");
    assert!((40..=80).contains(&outcome.seconds), "{outcome:?}");
    let stuck = Plan { room: 200_000, ..little };
    let outcome = run(&stuck);
    assert!(outcome.result.is_err() && outcome.seconds >= STALLED.as_secs(), "{outcome:?}");
}
