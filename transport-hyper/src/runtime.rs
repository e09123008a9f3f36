//! What the client needs from its runtime: tasks, timers, sockets, programs and files.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::{ExecSpec, Fault, FaultKind, FileWrite, Input, ProcessOutput};

/// Work in progress. Dropping it stops the work.
pub type Job<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An executor with its timers, sockets, programs and files: [`Tokio`](crate::Tokio), or an application's own for
/// [`Builder::runtime`](crate::Builder::runtime).
///
/// The timers are hyper's [`Timer`](hyper::rt::Timer), and so is the clock: all deadlines are measured with its `now`.
pub trait Runtime: hyper::rt::Timer + Send + Sync + 'static {
    /// Runs a task in the background to its end. Only connections of HTTP/2 have tasks.
    fn spawn(&self, task: Job<()>);

    /// Looks up the addresses of a host.
    fn resolve(&self, host: &str, port: u16) -> Job<io::Result<Vec<SocketAddr>>>;

    /// Connects to one address over TCP, without Nagle's algorithm.
    fn connect(&self, to: SocketAddr) -> Job<io::Result<Box<dyn Socket>>>;

    /// Runs work that blocks on a thread that may block. The default runs it at once.
    fn block(&self, work: Box<dyn FnOnce() + Send>) -> Job<()> {
        Box::pin(async move { work() })
    }

    /// Reads a whole file of at most `limit` bytes. The default fails: the runtime cannot read files.
    fn read_file(&self, path: &Path, limit: usize) -> Job<Result<Bytes, Fault>> {
        let _ = (path, limit);
        Box::pin(std::future::ready(Err(unsupported("read files"))))
    }

    /// Replaces a file as a whole, in the order that [`FileWrite`] gives. The answer is [`Input::Written`], or the one
    /// that [`FileWrite::compare`] requires. Once begun, the job continues to its end, even if it is dropped. The
    /// default fails.
    fn write_file(&self, write: FileWrite) -> Job<Result<Input, Fault>> {
        let _ = write;
        Box::pin(std::future::ready(Err(unsupported("write files"))))
    }

    /// Runs a program to its end; if the job is dropped, the program is killed. The default fails.
    fn run(&self, program: &ExecSpec) -> Job<Result<ProcessOutput, Fault>> {
        let _ = program;
        Box::pin(std::future::ready(Err(unsupported("run programs"))))
    }
}

/// A connected socket, or anything else that carries bytes both ways in order.
pub trait Socket: Send + Unpin + 'static {
    /// Reads the bytes that have arrived; 0 bytes are the end.
    ///
    /// # Errors
    /// The connection broke.
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes as much as there is room for; no flush is needed afterwards.
    ///
    /// # Errors
    /// The connection broke.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Closes the sending side; reading goes on.
    ///
    /// # Errors
    /// The connection broke.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// TCP keep-alive: after this much silence, and then as often, the system asks the peer for a sign of life. The
    /// default does nothing.
    ///
    /// # Errors
    /// The system does not support it.
    fn keep_alive(&self, every: Duration) -> io::Result<()> {
        let _ = every;
        Ok(())
    }

    /// Whether nothing has arrived: no bytes, no end. Asks the system itself, which may know before the event loop
    /// does. The client uses an idle connection again only if this is true.
    fn is_quiet(&self) -> bool {
        true
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::unsent(FaultKind::Unsupported, format!("this runtime cannot {what}"))
}
