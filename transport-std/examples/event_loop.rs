//! A fourth driver, in one file: hundreds of operations at once on one thread, with nothing but `poll(2)` below.
//!
//! It shows a program with an event loop of its own: a game server, a proxy, a host for other languages. The operations
//! contain all knowledge of Kubernetes; this file has sockets and waiting. `cargo run -p kube-transport-std --example
//! event_loop` runs it against an in-memory server: it creates, reads and deletes 300 config maps, and a watch sees all
//! changes. Then it changes a kubeconfig.

use std::error::Error;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kube_proto::Api;
use kube_proto::api::{DeleteParams, WatchParams, WriteParams};
use kube_proto::config::Config;
use kube_proto::driver::pool::{Idle, PoolLimits};
use kube_proto::driver::time::earliest;
use kube_proto::driver::wire::{Connection, Finish, HttpLimits, Pump};
use kube_proto::driver::{Cx, Effect, Exchange, Fault, FaultKind, Input, Moment, Now, Operation, Step, Task};
use kube_proto::driver::{Session, SessionOptions};
use kube_proto::kubeconfig::Rewrite;
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::settings::Settings;
use kube_proto::watch::WatchEvent;
use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server};
use kube_transport_std::{read_file, write_file};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Socket, Type};

/// A socket and its HTTP machine.
struct Link {
    socket: TcpStream,
    connection: Connection,
    /// It waits until it can write, too.
    writes: bool,
}

/// One operation in progress.
struct Slot<O> {
    task: Task<O>,
    /// The effect in flight: a link, or an input that the operation has not received yet.
    flight: Option<Result<(Exchange, Link), Input>>,
    /// When to take a turn even if nothing happens.
    until: Option<Moment>,
    bell: Arc<Bell>,
}

/// The core rings it when an operation that waits without an exchange may continue: a permit is free, a credential is
/// there.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// The loop.
struct EventLoop<O> {
    session: Session,
    born: Instant,
    idle: Idle<Link>,
    slots: Vec<Slot<O>>,
}

impl<O: Operation> EventLoop<O> {
    fn new(session: Session) -> Self {
        Self { session, born: Instant::now(), idle: Idle::new(PoolLimits::default()), slots: Vec::new() }
    }

    fn start(&mut self, operation: O) {
        let task = Task::new(operation, self.session.clone());
        let (until, bell) = (Some(Moment::ZERO), Arc::default());
        self.slots.push(Slot { task, flight: None, until, bell });
    }

    /// Turns every operation that has something to do, and then waits until one has; returns when all have ended.
    fn run(&mut self, mut item: impl FnMut(O::Item) -> bool) -> Result<(), kube_proto::Error> {
        loop {
            let now = self.now();
            let mut slots = std::mem::take(&mut self.slots);
            let mut ended = Ok(());
            slots.retain_mut(|slot| {
                slot.turn(now, &mut self.idle, &mut item).unwrap_or_else(|result| {
                    ended = std::mem::replace(&mut ended, Ok(())).and(result);
                    false
                })
            });
            ended?;
            self.slots = slots;
            if self.slots.is_empty() {
                return Ok(());
            }
            self.sleep();
        }
    }

    fn now(&self) -> Now {
        Now {
            mono: Moment::after_zero(self.born.elapsed()),
            unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    fn sleep(&self) {
        let now = self.now().mono;
        let mut until = None;
        let mut fds = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let rung = slot.bell.0.load(Ordering::Acquire) || matches!(slot.flight, Some(Err(_)));
            until = earliest(until, if rung { Some(now) } else { slot.until });
            if let Some(Ok((_, link))) = &slot.flight {
                let interest = if link.writes { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
                fds.push(PollFd::from_borrowed_fd(link.socket.as_fd(), interest));
            }
        }
        let span = until.map(|until| until.since(now).as_millis() + 1);
        let timeout = span
            .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX))
            .map(|ms| Timespec { tv_sec: ms / 1000, tv_nsec: (ms % 1000) * 1_000_000 });
        let _ = poll(&mut fds, timeout.as_ref());
    }
}

impl<O: Operation> Slot<O> {
    /// Continues as far as possible without waiting. `Ok(false)` if the caller wants no more items, `Err` at the end.
    fn turn(
        &mut self,
        now: Now,
        idle: &mut Idle<Link>,
        item: &mut impl FnMut(O::Item) -> bool,
    ) -> Result<bool, Result<(), kube_proto::Error>> {
        self.bell.0.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self.bell));
        loop {
            let flight = &mut self.flight;
            match self.task.turn(now, &waker, || ready(flight, idle, now.mono)) {
                Step::Do(Effect::Exchange(exchange)) => {
                    self.flight = Some(connect(*exchange, idle, now.mono).map_err(failed));
                }
                Step::Do(Effect::Abort) => self.flight = None,
                // The files are small, and rarely read: a real program would use a thread for them.
                Step::Do(Effect::ReadFile { path, limit }) => {
                    self.flight = Some(Err(read_file(&path, limit).map_or_else(failed, Input::File)));
                }
                Step::Do(Effect::WriteFile(write)) => {
                    self.flight = Some(Err(write_file(&write).unwrap_or_else(failed)));
                }
                Step::Do(Effect::Run(_)) => {
                    self.flight =
                        Some(Err(failed(Fault::unsent(FaultKind::Unsupported, "this driver runs no programs"))));
                }
                Step::Yield(yielded) => {
                    if !item(yielded) {
                        return Ok(false);
                    }
                }
                Step::Wait(until) => {
                    self.until = until;
                    return Ok(true);
                }
                Step::Done(result) => return Err(result),
            }
        }
    }
}

/// An idle connection, or a new one. This does not wait: the machine finds out whether the socket is connected.
fn connect(exchange: Exchange, idle: &mut Idle<Link>, now: Moment) -> Result<(Exchange, Link), Fault> {
    while let Some(mut link) = idle.take(&exchange.to, now) {
        if !exchange.fresh && link.connection.idle_probe(&mut &link.socket) {
            link.connection.start(&exchange);
            return Ok((exchange, link));
        }
    }
    // A real program would look the name up on a thread, and start TLS where `exchange.to.tls()` says so.
    let ip: IpAddr = exchange.to.host().parse().map_err(|_| Fault::unsent(FaultKind::Resolve, "not an IP address"))?;
    let address = SocketAddr::new(ip, exchange.to.port());
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => Err(error),
            _ => Ok(TcpStream::from(socket)),
        }
    };
    let socket = open().map_err(|error| Fault::connecting(&error))?;
    let mut link = Link { socket, connection: Connection::plain(HttpLimits::default()), writes: true };
    link.connection.start(&exchange);
    Ok((exchange, link))
}

/// The next input, if it has arrived.
fn ready(flight: &mut Option<Result<(Exchange, Link), Input>>, idle: &mut Idle<Link>, now: Moment) -> Option<Input> {
    let (exchange, mut link) = match flight.take()? {
        Ok(flying) => flying,
        Err(input) => return Some(input),
    };
    // A socket is neither readable nor writable before it is connected.
    if link.writes && link.socket.peer_addr().is_err() {
        let fault = link.socket.take_error().ok().flatten().map(|error| Fault::connecting(&error));
        *flight = Some(fault.map_or(Ok((exchange, link)), |fault| Err(failed(fault))));
        return None;
    }
    match link.connection.pump(&mut &link.socket) {
        Pump::Blocked { write } => {
            link.writes = write;
            *flight = Some(Ok((exchange, link)));
            None
        }
        Pump::Input(Input::End) => {
            if let Finish::Keep(connection) = link.connection.finish() {
                drop(idle.put(exchange.to, Link { socket: link.socket, connection, writes: false }, now));
            }
            Some(Input::End)
        }
        Pump::Input(input @ Input::Failed(_)) => Some(input),
        Pump::Input(input) => {
            *flight = Some(Ok((exchange, link)));
            Some(input)
        }
    }
}

fn failed(fault: Fault) -> Input {
    Input::Failed(Box::new(fault))
}

/// One object: created, read, deleted. This operation is an enum of other operations.
enum Life {
    Created(String, kube_proto::api::Unary<DynamicObject>),
    Read(String, kube_proto::api::Unary<DynamicObject>),
    Deleted(kube_proto::api::Unary<kube_proto::response::Deleted<DynamicObject>>),
    Watching(kube_proto::watch::WatchOnce<DynamicObject>),
}

/// An item of it.
enum Told {
    Deleted,
    /// The watch saw a change: was it a deletion?
    Seen {
        gone: bool,
    },
}

impl Operation for Life {
    type Item = Told;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Told> {
        loop {
            let (name, read) = match self {
                Life::Created(name, create) => match create.resume(input.take(), cx) {
                    Step::Yield(_) => (std::mem::take(name), false),
                    other => return other.map(|_| Told::Deleted),
                },
                Life::Read(name, get) => match get.resume(input.take(), cx) {
                    Step::Yield(_) => (std::mem::take(name), true),
                    other => return other.map(|_| Told::Deleted),
                },
                Life::Deleted(delete) => return delete.resume(input, cx).map(|_| Told::Deleted),
                Life::Watching(events) => {
                    let seen = |event| Told::Seen { gone: matches!(event, WatchEvent::Deleted(_)) };
                    return events.resume(input, cx).map(seen);
                }
            };
            *self = match read {
                false => Life::Read(name.clone(), config_maps().get(&name)),
                true => Life::Deleted(config_maps().delete(&name, &DeleteParams::default())),
            };
        }
    }
}

fn config_maps() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "ConfigMap", "configmaps", Scope::Namespaced)).within("default")
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Bound::start(Server::new(Options::default()), Binding::plain().trusting("admin"))?;
    let session = Session::new(&Config::new(&server.url())?, SessionOptions::new(Settings::default(), 1))?;
    let mut all = EventLoop::new(session.clone());
    all.start(Life::Watching(config_maps().watch_once(&WatchParams::default().resource_version("0"))));
    for n in 0..MANY {
        let name = format!("c-{n}");
        let object =
            serde_json::from_value(serde_json::json!({"metadata": {"name": &name}, "data": {"n": n.to_string()}}))?;
        all.start(Life::Created(name, config_maps().create(&object, &WriteParams::default())));
    }
    let (mut lives, mut seen) = (0, 0);
    all.run(|told| {
        match told {
            Told::Deleted => lives += 1,
            Told::Seen { gone } => seen += usize::from(gone),
        }
        // The watch is stopped when it has seen the last of them.
        seen < MANY
    })?;
    println!(
        "{lives} config maps were created, read and deleted, and a watch saw {seen} of them go: {} exchanges on {} connections",
        session.statistics().exchanges,
        server.connections_opened(),
    );

    let path = std::env::temp_dir().join(format!("event-loop-{}.kubeconfig", std::process::id()));
    std::fs::write(&path, server.kubeconfig("admin")?)?;
    let mut edits = EventLoop::new(session);
    for n in 0..3 {
        edits.start(Rewrite::new(&path, move |config| {
            config.set_context(&format!("context-{n}"), Default::default());
            Ok(true)
        }));
    }
    edits.run(|_| true)?;
    let contexts = kube_proto::kubeconfig::Kubeconfig::parse(&std::fs::read(&path)?)?.contexts.len();
    std::fs::remove_file(&path)?;
    println!("its kubeconfig had {contexts} contexts in the end");
    Ok(())
}

/// The number of concurrent operations.
const MANY: usize = 300;
