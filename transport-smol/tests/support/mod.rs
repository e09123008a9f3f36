//! A server of scripts, for real sockets.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, Thread};

use kube_transport_smol::Client;
use kube_transport_smol::proto::Api;
use kube_transport_smol::proto::config::Config;
use kube_transport_smol::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_smol::proto::session::Settings;

/// A server that runs a script on each connection it accepts, in order, and ends with the last.
pub struct Server {
    pub port: u16,
    thread: Option<JoinHandle<()>>,
}

pub type Script = Box<dyn FnOnce(Peer) + Send>;

/// One accepted connection.
pub struct Peer {
    pub reader: BufReader<TcpStream>,
    pub socket: TcpStream,
}

impl Server {
    pub fn run(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            for script in scripts {
                let (socket, _) = listener.accept().unwrap();
                script(Peer::new(socket));
            }
        });
        Self { port, thread: Some(thread) }
    }

    pub fn client(&self) -> Client {
        self.client_with(|_| {})
    }

    pub fn client_with(&self, change: impl FnOnce(&mut Settings)) -> Client {
        let mut settings = Settings::default();
        change(&mut settings);
        let config = Config::new(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        Client::builder(config).settings(settings).seed(7).build().unwrap()
    }

    pub fn join(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Peer {
    pub fn new(socket: TcpStream) -> Self {
        // What is said in pieces arrives in pieces.
        socket.set_nodelay(true).unwrap();
        Self { reader: BufReader::new(socket.try_clone().unwrap()), socket }
    }

    /// Reads one request's head, and as much body as it announces; its request line, or `None` at the end.
    pub fn request(&mut self) -> Option<String> {
        let (head, length) = self.head()?;
        std::io::copy(&mut (&mut self.reader).take(length), &mut std::io::sink()).unwrap();
        Some(head)
    }

    pub fn head(&mut self) -> Option<(String, u64)> {
        let (mut first, mut length) = (String::new(), 0);
        if self.reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            if line == "\r\n" {
                return Some((first.trim_end().to_owned(), length));
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
    }

    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.socket.write_all(bytes.as_ref());
    }

    pub fn answer(&mut self, code: u16, body: &str) {
        self.say(format!(
            "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
}

pub fn script(run: impl FnOnce(Peer) + Send + 'static) -> Script {
    Box::new(run)
}

pub fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

pub const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;

/// Wakes the thread of the test.
pub struct Bell {
    thread: Thread,
    pub rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Bell {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { thread: std::thread::current(), rung: AtomicBool::new(false) })
    }

    pub fn wait(&self) {
        while !self.rung.swap(false, Ordering::Acquire) {
            std::thread::park();
        }
    }
}

/// Polls so many times, and only when it was woken. `None` where it was not ready by then; it is dropped.
pub fn poll_times<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let (bell, mut future) = (Bell::new(), pin!(future));
    let waker = Waker::from(Arc::clone(&bell));
    for n in 0..times {
        if n > 0 {
            bell.wait();
        }
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(result);
        }
    }
    None
}
