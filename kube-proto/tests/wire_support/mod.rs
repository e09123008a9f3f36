//! Shared by the tests of `wire`: exchanges, scripted sockets, and a transcript to compare.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use kube_proto::driver::wire::{Connection, Pump};
use kube_proto::driver::{Endpoint, Exchange, ExchangeKind, Fault, FaultKind, Input, Reach};

pub(crate) fn exchange(method: Method, target: &str, body: &[u8], kind: ExchangeKind) -> Exchange {
    let request = Request::builder().method(method).uri(target).body(Bytes::copy_from_slice(body)).unwrap();
    let to = Endpoint::new("k.example", 6443, None, None);
    Exchange { to, request, kind, fresh: false, connect: Duration::from_secs(1), tag: Default::default() }
}

pub(crate) fn get() -> Exchange {
    exchange(Method::GET, "/version", b"", ExchangeKind::Call)
}

pub(crate) fn post(body: &[u8]) -> Exchange {
    exchange(Method::POST, "/api/v1/pods", body, ExchangeKind::Call)
}

pub(crate) fn upgrade() -> Exchange {
    let mut exchange = exchange(Method::GET, "/exec", b"", ExchangeKind::Upgrade);
    exchange.request.headers_mut().insert("connection", "Upgrade".parse().unwrap());
    exchange.request.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    exchange
}

/// Status and headers.
pub(crate) type Head = (u16, Vec<(String, Vec<u8>)>);

/// The inputs of an operation, with the data in one piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transcript {
    pub(crate) head: Option<Head>,
    pub(crate) data: Vec<u8>,
    pub(crate) end: End,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    #[default]
    None,
    Whole,
    Switched,
    Failed(FaultKind, Reach, bool),
}

impl Transcript {
    /// Adds an input; true if it was the last.
    pub(crate) fn add(&mut self, input: Input) -> bool {
        match input {
            Input::Head(parts) => {
                assert!(self.head.is_none(), "two heads");
                assert!(parts.status == 101 || !parts.status.is_informational());
                let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
                self.head = Some((parts.status.as_u16(), headers.collect()));
                if parts.status == 101 {
                    self.end = End::Switched;
                }
            }
            Input::Data(data) => {
                assert!(self.head.is_some() && !data.is_empty() && data.len() <= kube_proto::driver::wire::READ);
                self.data.extend_from_slice(&data);
            }
            Input::End => {
                assert!(self.head.is_some());
                self.end = End::Whole;
            }
            Input::Failed(fault) => {
                let Fault { kind, reach, stale, text } = *fault;
                assert!(!text.is_empty());
                self.end = End::Failed(kind, reach, stale);
            }
            other => panic!("{other:?} does not come from a connection"),
        }
        self.end != End::None
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.head.as_ref().map(|(status, _)| *status)
    }
}

/// A socket that follows a script, and then blocks.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) reads: VecDeque<Done>,
    pub(crate) writes: VecDeque<Done>,
    pub(crate) written: Vec<u8>,
    pub(crate) read_calls: usize,
}

/// The outcome of one read or write.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// Reads these bytes, or the end.
    Bytes(Vec<u8>),
    /// Writes at most this many bytes.
    Takes(usize),
    Fails(ErrorKind),
}

pub(crate) const BLOCK: Done = Done::Fails(ErrorKind::WouldBlock);

impl Script {
    /// The peer sends all this at once.
    pub(crate) fn says(bytes: impl AsRef<[u8]>) -> Self {
        Self::default().then(Done::Bytes(bytes.as_ref().to_vec()))
    }

    pub(crate) fn then(mut self, done: Done) -> Self {
        self.reads.push_back(done);
        self
    }

    pub(crate) fn then_ends(self) -> Self {
        self.then(Done::Bytes(Vec::new()))
    }

    pub(crate) fn on_write(mut self, done: Done) -> Self {
        self.writes.push_back(done);
        self
    }
}

impl Read for Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.read_calls += 1;
        match self.reads.pop_front() {
            Some(Done::Bytes(mut bytes)) => {
                let count = bytes.len().min(into.len());
                into[..count].copy_from_slice(&bytes[..count]);
                if count < bytes.len() {
                    self.reads.push_front(Done::Bytes(bytes.split_off(count)));
                } else if count == 0 {
                    self.reads.push_front(Done::Bytes(Vec::new()));
                }
                Ok(count)
            }
            Some(Done::Fails(kind)) => Err(kind.into()),
            Some(Done::Takes(_)) => panic!("the script has a write, and the test reads"),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.writes.pop_front() {
            Some(Done::Takes(most)) => {
                let count = most.min(bytes.len());
                self.written.extend_from_slice(&bytes[..count]);
                Ok(count)
            }
            Some(Done::Fails(kind)) => Err(kind.into()),
            Some(Done::Bytes(_)) => panic!("the script has a read, and the test writes"),
            None => {
                self.written.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(&slices.iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<_>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("`flush` is not called");
    }
}

/// Pumps until the last input. Skips up to `patience` blocked reads and writes.
pub(crate) fn drive(connection: &mut Connection, io: &mut Script, patience: usize) -> Transcript {
    let mut transcript = Transcript::default();
    let mut blocked = 0;
    loop {
        match connection.pump(io) {
            Pump::Input(input) => {
                if transcript.add(input) {
                    return transcript;
                }
            }
            Pump::Blocked { .. } if blocked < patience => blocked += 1,
            Pump::Blocked { .. } => return transcript,
        }
    }
}
