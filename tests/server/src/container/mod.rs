//! A simulated container: what runs in it, and its files.
//!
//! Nothing is executed. A program is a value that implements [`Program`]; a few of a busybox are built in (`builtin`), and a
//! test adds its own with [`Server::set_program`](crate::Server::set_program). A program does not block: it is called again
//! when there is more input, room for output, or at a time of its choice. So a container works in virtual time, too.
//!
//! | file | what it has |
//! |---|---|
//! | `builtin` | `echo`, `cat`, `env`, `true`, `false`, `sleep`, `yes`, `head`, `test`, `stty`, `wc`, `ls` |
//! | `tar` | `tar` and `tail -c+N`, as copies need them |
//! | `shell` | `sh`: commands, quotes, variables, lists, pipes, redirections |
//! | `files` | the files of a container |
//! | `session` | the protocol of exec and attach on a WebSocket |

pub(crate) mod builtin;
mod files;
pub(crate) mod session;
mod shell;
mod tar;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use files::{File, Files};

/// A program that runs in a simulated container.
pub trait Program: Send {
    /// Goes on as far as it can: reads [`Io::stdin`], and writes to the outputs as far as they have room.
    fn run(&mut self, io: &mut Io<'_>) -> Next;
}

impl<F: FnMut(&mut Io<'_>) -> Next + Send> Program for F {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        self(io)
    }
}

/// What a program does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has ended with this exit code.
    Exit(u8),
    /// It goes on when there is more input, or more room for output, or at this time since the Unix epoch.
    Wait(Option<Duration>),
}

/// What a program sees of the world.
#[derive(Debug)]
pub struct Io<'a> {
    /// The time since the Unix epoch.
    pub now: Duration,
    /// Standard input.
    pub stdin: &'a mut Input,
    /// Standard output.
    pub stdout: &'a mut Output,
    /// Standard error.
    pub stderr: &'a mut Output,
    /// Columns and rows of the terminal, if there is one and the client has set its size.
    pub size: Option<(u16, u16)>,
    /// The files of the container.
    pub files: &'a Files,
}

/// Bytes for a program.
#[derive(Debug, Default)]
pub struct Input {
    /// What has arrived. The program removes what it has read.
    pub bytes: Vec<u8>,
    /// No more will arrive.
    pub ended: bool,
}

/// Bytes of a program.
#[derive(Debug, Default)]
pub struct Output {
    /// What the program has written and the client has not got.
    pub bytes: Vec<u8>,
    /// The reader has gone: a pipe whose other end has exited.
    pub broken: bool,
}

impl Output {
    /// The number of bytes that a program may write now: at most 64 KiB wait for the client.
    #[must_use]
    pub fn room(&self) -> usize {
        ROOM.saturating_sub(self.bytes.len())
    }

    /// Writes as much as there is room for, and returns how much.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.get(..bytes.len().min(self.room())).unwrap_or_default();
        self.bytes.extend_from_slice(taken);
        taken.len()
    }
}

/// The room of a pipe.
const ROOM: usize = 64 * 1024;

/// A program that is started.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Invocation {
    /// The program's name, and its arguments.
    pub command: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether it has a standard input.
    pub stdin: bool,
}

/// Makes a program for an invocation.
pub(crate) type Maker = Arc<dyn Fn(&Invocation) -> Box<dyn Program> + Send + Sync>;

/// The programs of a container, beside the built-in ones.
#[derive(Clone, Default)]
pub(crate) struct Programs(BTreeMap<String, Maker>);

impl Programs {
    pub(crate) fn insert(&mut self, name: &str, maker: Maker) {
        self.0.insert(name.to_owned(), maker);
    }

    /// The program for this invocation; `None` if there is none of this name.
    pub(crate) fn start(&self, invocation: &Invocation) -> Option<Box<dyn Program>> {
        let name = invocation.command.first()?;
        let name = name.rsplit('/').next().unwrap_or(name);
        if let Some(maker) = self.0.get(name) {
            return Some(maker(invocation));
        }
        if matches!(name, "sh" | "ash" | "bash") {
            return Some(shell::sh(invocation, self));
        }
        builtin::start(name, invocation)
    }
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
