//! The tokio runtime, for the client.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::rt::{Sleep, Timer};
use kube_proto::Error;
use kube_proto::driver::{ExecSpec, Fault, FileWrite, Input, ProcessOutput};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::process;
use crate::runtime::{Job, Runtime, Socket};

/// The tokio runtime, with its IO and time drivers. It works from any thread.
#[derive(Clone, Debug)]
pub struct Tokio(Handle);

impl Tokio {
    /// The runtime of the calling thread.
    ///
    /// # Errors
    /// The thread has no tokio runtime.
    pub fn current() -> Result<Self, Error> {
        match Handle::try_current() {
            Ok(handle) => Ok(Self(handle)),
            Err(_) => Err(Error::misuse("create a client on tokio within a tokio runtime")),
        }
    }

    /// Runs a future that needs the runtime, wherever it is polled.
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
        // If the work panics, its caller notices that the result is missing.
        self.within(async move { _ = tokio::task::spawn_blocking(work).await })
    }

    fn read_file(&self, path: &Path, limit: usize) -> Job<Result<Bytes, Fault>> {
        let path = path.to_owned();
        self.within(process::blocking(move || kube_transport_system::read_file(&path, limit)))
    }

    fn write_file(&self, write: FileWrite) -> Job<Result<Input, Fault>> {
        self.within(process::blocking(move || kube_transport_system::write_file(&write)))
    }

    fn run(&self, program: &ExecSpec) -> Job<Result<ProcessOutput, Fault>> {
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
        kube_transport_system::keep_alive(self, every)
    }

    fn is_quiet(&self) -> bool {
        kube_transport_system::is_quiet(self)
    }
}
