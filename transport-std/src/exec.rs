//! A process in a container, for threads.

use kube_proto::Error;
use kube_proto::exec::{Collector, Exec, ExecOutput, ExecResult, ExecStream};

use crate::duplex::Duplex;
use crate::streams::{Reader, Writer};

/// The parts of a session with a process, for a thread each: see [`Duplex::split`].
///
/// ```no_run
/// use std::io::{Read, Write};
///
/// use kube_transport_std::{Api, ApiResource, Client, DynamicObject, ExecParams, ExecParts, Scope};
///
/// fn count(client: &Client, text: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
///     let pods = Api::<DynamicObject>::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
///     let exec = pods.exec("web-0", &ExecParams::run(["wc", "-c"]).stdin());
///     let ExecParts { mut stdin, mut stdout, stderr, process } = client.open(exec)?.split();
///     drop(stderr);
///     let mut counted = String::new();
///     std::thread::scope(|scope| {
///         scope.spawn(move || -> std::io::Result<()> {
///             stdin.write_all(text)?;
///             stdin.finish().map_err(std::io::Error::other)
///         });
///         stdout.read_to_string(&mut counted)
///     })?;
///     process.wait()?.into_result()?;
///     Ok(counted)
/// }
/// ```
#[derive(Debug)]
pub struct ExecParts {
    /// Its standard input. [`Writer::finish`] ends it.
    pub stdin: Writer<Exec>,
    /// Its standard output; with a terminal, both outputs. Drop it if it does not matter.
    pub stdout: Reader<Exec>,
    /// Its standard error. Drop it if it does not matter.
    pub stderr: Reader<Exec>,
    /// The terminal and the result.
    pub process: Process,
}

/// A handle of a process in a container. A clone is cheap, for use on other threads.
#[derive(Clone, Debug)]
pub struct Process(Duplex<Exec>);

impl Duplex<Exec> {
    /// Splits the session. One connection carries all streams: see [`kube_proto::exec`] for what that means for slow
    /// readers.
    #[must_use]
    pub fn split(self) -> ExecParts {
        ExecParts {
            stdin: self.writer(ExecStream::Stdin),
            stdout: self.reader(ExecStream::Stdout),
            stderr: self.reader(ExecStream::Stderr),
            process: Process(self),
        }
    }

    /// Collects all output, until the process ends.
    ///
    /// # Errors
    /// The session failed, the server sent no final status, or the outputs together exceed `limit` bytes.
    pub fn output(&self, limit: usize) -> Result<ExecOutput, Error> {
        let mut all = Collector::default();
        while let Some(event) = self.next() {
            if let Some(output) = all.push(event?, limit)? {
                return Ok(output);
            }
        }
        Err(Error::misuse("the output of the session was already taken"))
    }
}

impl Process {
    /// Sets the size of the terminal, in characters.
    ///
    /// # Errors
    /// The request asked for no terminal, or the session has failed.
    pub fn resize(&self, width: u16, height: u16) -> Result<(), Error> {
        self.0.with(|exec| exec.resize(width, height))?
    }

    /// Waits until the process has ended and all its output has arrived. What nothing reads stops the process: read the
    /// outputs on other threads, or drop their readers.
    ///
    /// # Errors
    /// The session failed, or the server sent no final status.
    pub fn wait(&self) -> Result<ExecResult, Error> {
        self.0.wait_for(Exec::END, |exec| exec.end())?
    }

    /// Ends the session at once. The process goes on, unless it has a terminal or notices that its streams are gone.
    pub fn close(&self) {
        self.0.close();
    }
}
