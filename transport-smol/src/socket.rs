//! A socket that is read only when it may have something.
//!
//! | the last read | a read now |
//! |---|---|
//! | gave bytes, or there was none | asks the system |
//! | found nothing | asks the system only if the reactor has reported something since |
//!
//! A task is polled for many reasons: another future in it, a timer, a stopper. Each time, a read that finds nothing would
//! cost a system call.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use async_io::Async;
use atomic_waker::AtomicWaker;
use futures_lite::future::{or, pending};

/// The readiness that a task waits for on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    ReadWrite,
    Write,
}

/// A socket and what is known of it.
#[derive(Debug)]
pub(crate) struct Socket {
    io: Async<TcpStream>,
    /// The last read found nothing.
    dry: bool,
    reader: Arc<Reader>,
}

/// The task that waits for bytes.
#[derive(Debug, Default)]
struct Reader {
    task: AtomicWaker,
    /// The reactor has reported something since the last read that found nothing.
    called: AtomicBool,
}

impl Wake for Reader {
    fn wake(self: Arc<Self>) {
        self.called.store(true, Ordering::Release);
        self.task.wake();
    }
}

/// A socket for the reads and writes of one turn of a task. They do not block.
pub(crate) struct Turn<'a, 'b> {
    socket: &'a mut Socket,
    cx: &'a mut Context<'b>,
}

impl Socket {
    pub(crate) fn new(io: Async<TcpStream>) -> Self {
        Self { io, dry: false, reader: Arc::default() }
    }

    /// The socket in a turn of this task.
    pub(crate) fn turn<'a, 'b>(&'a mut self, cx: &'a mut Context<'b>) -> Turn<'a, 'b> {
        Turn { socket: self, cx }
    }

    /// The socket itself, for reads and writes that wait for nothing.
    pub(crate) fn bare(&self) -> &TcpStream {
        self.io.get_ref()
    }

    /// Ready if the socket may be ready. Otherwise the task is woken then.
    ///
    /// # Errors
    /// The reactor cannot watch this socket.
    pub(crate) fn wait(&mut self, interest: Interest, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if interest != Interest::Write {
            let waker = Waker::from(Arc::clone(&self.reader));
            let mut own = Context::from_waker(&waker);
            self.reader.task.register(cx.waker());
            // The first look may report what was read meanwhile. After the second the system reports all that is there.
            while let Poll::Ready(result) = self.io.poll_readable(&mut own) {
                result?;
            }
            if self.reader.called.load(Ordering::Acquire) {
                return Poll::Ready(Ok(()));
            }
        }
        if interest != Interest::Read
            && let Poll::Ready(result) = self.io.poll_writable(cx)
        {
            return Poll::Ready(result);
        }
        Poll::Pending
    }

    /// Waits until the socket may be ready; without an interest, for ever. Any number of tasks may wait.
    ///
    /// # Errors
    /// The reactor cannot watch this socket.
    pub(crate) async fn ready(&self, interest: Option<Interest>) -> io::Result<()> {
        let read = async {
            match interest {
                None | Some(Interest::Write) => pending().await,
                Some(Interest::Read | Interest::ReadWrite) => self.io.readable().await,
            }
        };
        let write = async {
            match interest {
                None | Some(Interest::Read) => pending().await,
                Some(Interest::Write | Interest::ReadWrite) => self.io.writable().await,
            }
        };
        or(read, write).await
    }

    pub(crate) fn shut(&self, how: Shutdown) {
        let _ = self.bare().shutdown(how);
    }
}

impl Read for Turn<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Socket { dry, reader, .. } = &mut *self.socket;
        if *dry {
            reader.task.register(self.cx.waker());
            if !reader.called.swap(false, Ordering::AcqRel) {
                return Err(ErrorKind::WouldBlock.into());
            }
        }
        let read = self.socket.bare().read(into);
        self.socket.dry = read.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        read
    }
}

impl Write for Turn<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.bare().write(bytes)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.socket.bare().write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::TcpListener;
    use std::sync::atomic::AtomicUsize;

    use futures_lite::future::block_on;

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Socket::new(Async::new(client).unwrap()), listener.accept().unwrap().0)
    }

    fn read(socket: &mut Socket, waker: &Waker) -> io::Result<usize> {
        socket.turn(&mut Context::from_waker(waker)).read(&mut [0; 8])
    }

    /// Reads as a task does, until there is something.
    fn read_all(socket: &mut Socket) -> usize {
        block_on(poll_fn(|cx| {
            loop {
                match socket.turn(cx).read(&mut [0; 8]) {
                    Ok(length) => return Poll::Ready(length),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
                std::task::ready!(socket.wait(Interest::Read, cx)).unwrap();
            }
        }))
    }

    #[test]
    fn a_dry_socket_wakes_the_task_that_was_polled_last() {
        let (mut socket, mut peer) = pair();
        let counters: [Arc<Counter>; 2] = Default::default();
        let wakers = counters.clone().map(Waker::from);
        assert!(read(&mut socket, &wakers[0]).is_err());
        assert!(socket.wait(Interest::Read, &mut Context::from_waker(&wakers[0])).is_pending());
        // Nothing was reported, so this does not ask the system.
        assert!(read(&mut socket, &wakers[1]).is_err() && socket.dry);
        peer.write_all(b"hello").unwrap();
        while counters[1].0.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(read(&mut socket, &wakers[1]).unwrap(), 5);
        assert_eq!(counters[0].0.load(Ordering::SeqCst), 0);
        assert!(!socket.dry);
    }

    #[test]
    fn what_comes_at_any_time_is_read_and_so_is_the_end() {
        let (mut socket, mut peer) = pair();
        for round in 0..50 {
            // Before the read, between the read and the wait, and during the wait.
            if round % 3 == 1 {
                assert!(read(&mut socket, Waker::noop()).is_err());
            }
            if round % 3 < 2 {
                peer.write_all(b"x").unwrap();
                assert_eq!(read_all(&mut socket), 1);
            } else {
                let mut writer = peer.try_clone().unwrap();
                let thread = std::thread::spawn(move || {
                    std::thread::yield_now();
                    writer.write_all(b"x").unwrap();
                });
                assert_eq!(read_all(&mut socket), 1);
                thread.join().unwrap();
            }
        }
        drop(peer);
        assert_eq!(read_all(&mut socket), 0);
    }
}
