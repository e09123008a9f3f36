//! What the driver asks of whoever runs it: tasks, timers, sockets, programs and files.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use kube_proto::driver::{ExecSpec, Fault, FaultKind, FileWrite, Input, Output};

/// A piece of work that is under way. Dropped, it is given up.
pub type Job<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An executor with its timers, sockets, programs and files. [`Tokio`] is one; a client elsewhere is given another by
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

    /// Does something that blocks, where that holds up nobody. Here it is done at once.
    fn block(&self, work: Box<dyn FnOnce() + Send>) -> Job<()> {
        Box::pin(async move { work() })
    }

    /// Reads a whole file of at most `limit` bytes. Here it says that it cannot.
    fn read_file(&self, path: &Path, limit: usize) -> Job<Result<Bytes, Fault>> {
        let _ = (path, limit);
        Box::pin(std::future::ready(Err(unsupported("read files"))))
    }

    /// Replaces a file as a whole, in the order that [`FileWrite`] gives: the answer is [`Input::Written`], or what
    /// [`FileWrite::compare`] says. Once begun it goes on to its end, also if the job is dropped. Here it says that it cannot.
    fn write_file(&self, write: FileWrite) -> Job<Result<Input, Fault>> {
        let _ = write;
        Box::pin(std::future::ready(Err(unsupported("write files"))))
    }

    /// Runs a program to its end; it is killed if the job is dropped. Here it says that it cannot.
    fn run(&self, program: &ExecSpec) -> Job<Result<Output, Fault>> {
        let _ = program;
        Box::pin(std::future::ready(Err(unsupported("run programs"))))
    }
}

/// A connected socket, or anything else that carries bytes both ways in order.
pub trait Socket: Send + Unpin + 'static {
    /// Reads what has come; 0 bytes are the end.
    ///
    /// # Errors
    /// The connection broke.
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Writes as much as there is room for; there is nothing to flush afterwards.
    ///
    /// # Errors
    /// The connection broke.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Says that nothing more will be written; reading goes on.
    ///
    /// # Errors
    /// The connection broke.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Has the system ask the peer whether it is there, after so much silence and then as often: TCP keep-alive. Here it
    /// does nothing.
    ///
    /// # Errors
    /// The system does not.
    fn keep_alive(&self, every: Duration) -> io::Result<()> {
        let _ = every;
        Ok(())
    }

    /// Whether nothing has come, not even the end: a look at the system itself, which may know before the event loop
    /// does. An idle connection is used again only if this is true.
    fn is_quiet(&self) -> bool {
        true
    }
}

#[cfg(feature = "tokio")]
pub use self::tokio::Tokio;

#[cfg(feature = "tokio")]
mod tokio {
    use std::io;
    use std::mem::MaybeUninit;
    use std::net::SocketAddr;
    use std::path::Path;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::{Duration, Instant};

    use bytes::Bytes;
    use hyper::rt::{Sleep, Timer};
    use kube_proto::Error;
    use kube_proto::driver::{ExecSpec, Fault, FileWrite, Input, Output};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio::net::TcpStream;
    use tokio::runtime::Handle;

    use super::{Job, Runtime, Socket};
    use crate::process;

    /// The tokio runtime, with its IO and time drivers. Whatever the thread, it is the one it was made for.
    #[derive(Clone, Debug)]
    pub struct Tokio(Handle);

    impl Tokio {
        /// The runtime that this is called in.
        ///
        /// # Errors
        /// There is none.
        pub fn current() -> Result<Self, Error> {
            match Handle::try_current() {
                Ok(handle) => Ok(Self(handle)),
                Err(_) => Err(Error::misuse("a client on tokio is made within a tokio runtime")),
            }
        }

        /// Makes a future that needs the runtime around it, wherever it is polled.
        fn within<T>(&self, make: impl Future<Output = T> + Send + 'static) -> Job<T> {
            let (handle, mut future) = (self.0.clone(), Box::pin(make));
            Box::pin(std::future::poll_fn(move |cx| {
                let _within = handle.enter();
                future.as_mut().poll(cx)
            }))
        }
    }

    impl From<Handle> for Tokio {
        fn from(handle: Handle) -> Self {
            Self(handle)
        }
    }

    impl Runtime for Tokio {
        fn spawn(&self, task: Job<()>) {
            self.0.spawn(task);
        }

        fn resolve(&self, host: &str, port: u16) -> Job<io::Result<Vec<SocketAddr>>> {
            let name = (host.to_owned(), port);
            self.within(async move { tokio::net::lookup_host(name).await.map(Iterator::collect) })
        }

        fn connect(&self, to: SocketAddr) -> Job<io::Result<Box<dyn Socket>>> {
            self.within(async move {
                let socket = TcpStream::connect(to).await?;
                socket.set_nodelay(true)?;
                Ok(Box::new(socket) as Box<dyn Socket>)
            })
        }

        fn block(&self, work: Box<dyn FnOnce() + Send>) -> Job<()> {
            // What it was to do is missed by whoever wanted it, also where it panics.
            self.within(async move { _ = tokio::task::spawn_blocking(work).await })
        }

        fn read_file(&self, path: &Path, limit: usize) -> Job<Result<Bytes, Fault>> {
            self.within(process::read_file(path.to_owned(), limit))
        }

        fn write_file(&self, write: FileWrite) -> Job<Result<Input, Fault>> {
            self.within(process::write_file(write))
        }

        fn run(&self, program: &ExecSpec) -> Job<Result<Output, Fault>> {
            self.within(process::run(program.clone()))
        }
    }

    impl Timer for Tokio {
        fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
            let _within = self.0.enter();
            Box::pin(TokioSleep(Box::pin(tokio::time::sleep(duration))))
        }

        fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
            let _within = self.0.enter();
            Box::pin(TokioSleep(Box::pin(tokio::time::sleep_until(deadline.into()))))
        }

        fn now(&self) -> Instant {
            let _within = self.0.enter();
            tokio::time::Instant::now().into()
        }

        fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, deadline: Instant) {
            match sleep.as_mut().downcast_mut_pin::<TokioSleep>() {
                Some(sleep) => sleep.get_mut().0.as_mut().reset(deadline.into()),
                None => *sleep = self.sleep_until(deadline),
            }
        }
    }

    struct TokioSleep(Pin<Box<tokio::time::Sleep>>);

    impl Future for TokioSleep {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            self.0.as_mut().poll(cx)
        }
    }

    impl Sleep for TokioSleep {}

    impl Socket for TcpStream {
        fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
            let mut buffer = ReadBuf::new(into);
            AsyncRead::poll_read(Pin::new(self), cx, &mut buffer).map_ok(|()| buffer.filled().len())
        }

        fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            AsyncWrite::poll_write(Pin::new(self), cx, bytes)
        }

        fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            AsyncWrite::poll_shutdown(Pin::new(self), cx)
        }

        fn keep_alive(&self, every: Duration) -> io::Result<()> {
            let keep_alive = socket2::TcpKeepalive::new().with_time(every).with_interval(every);
            socket2::SockRef::from(self).set_tcp_keepalive(&keep_alive)
        }

        fn is_quiet(&self) -> bool {
            let seen = socket2::SockRef::from(self).peek(&mut [MaybeUninit::uninit()]);
            seen.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        }
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::unsent(FaultKind::Unsupported, format!("this runtime cannot {what}"))
}
