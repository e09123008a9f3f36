//! A scripted server on real sockets: threads that send HTTP/1.1 as real servers do, not always correctly.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use kube_proto::Api;
use kube_proto::config::Config;
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use socket2::{Domain, Socket, Type};

/// A server that runs scripts on the connections it accepts.
#[derive(Debug)]
pub struct Server {
    /// Its port on 127.0.0.1.
    pub port: u16,
    thread: JoinHandle<()>,
}

/// The actions on one connection.
pub type Script = Box<dyn FnOnce(Peer) + Send>;

/// One accepted connection.
#[derive(Debug)]
pub struct Peer {
    /// The client's bytes.
    pub reader: BufReader<TcpStream>,
    /// The connection.
    pub socket: TcpStream,
}

impl Server {
    /// Runs one script per connection, one after the other, and ends after the last.
    #[must_use]
    pub fn run(scripts: Vec<Script>) -> Self {
        Self::listen(|listener| {
            for script in scripts {
                let (socket, _) = listener.accept().unwrap();
                script(Peer::new(socket));
            }
        })
    }

    /// Runs `serve` on each connection, in a thread of its own, as long as the test lives.
    pub fn each(serve: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        let serve = Arc::new(serve);
        Self::listen(move |listener| {
            for socket in listener.incoming() {
                let (peer, serve) = (Peer::new(socket.unwrap()), Arc::clone(&serve));
                std::thread::spawn(move || serve(peer));
            }
        })
    }

    fn listen(accept: impl FnOnce(TcpListener) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { port, thread: std::thread::spawn(move || accept(listener)) }
    }

    /// A configuration for a client of this server.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config_as("127.0.0.1")
    }

    /// The same with this host name.
    #[must_use]
    pub fn config_as(&self, host: &str) -> Config {
        Config::new(&format!("http://{host}:{}", self.port)).unwrap()
    }

    /// Waits for the end of the last script.
    ///
    /// # Panics
    /// A script panicked.
    pub fn join(self) {
        self.thread.join().unwrap();
    }
}

impl Peer {
    /// Without Nagle's algorithm: bytes that are sent in pieces arrive in pieces.
    #[must_use]
    pub fn new(socket: TcpStream) -> Self {
        socket.set_nodelay(true).unwrap();
        Self { reader: BufReader::new(socket.try_clone().unwrap()), socket }
    }

    /// Reads one request with its announced body. Returns its request line, or `None` at the end.
    pub fn request(&mut self) -> Option<String> {
        let (head, length) = self.head()?;
        std::io::copy(&mut (&mut self.reader).take(length), &mut std::io::sink()).unwrap();
        Some(head)
    }

    /// Reads one request's head. Returns its request line and the announced length of its body.
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

    /// Reads this many bytes, or to the end.
    pub fn skip(&mut self, bytes: u64) {
        let _ = std::io::copy(&mut (&mut self.reader).take(bytes), &mut std::io::sink());
    }

    /// Sends these bytes; the client may be gone.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.socket.write_all(bytes.as_ref());
    }

    /// Sends a whole answer of JSON.
    pub fn answer(&mut self, code: u16, body: &str) {
        self.say(format!(
            "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
}

/// A port of the loopback interface that refuses connections, and that no other program gets while this lives.
#[derive(Debug)]
pub struct ClosedPort {
    /// The port.
    pub port: u16,
    _bound: Vec<Socket>,
}

impl ClosedPort {
    /// A port that is bound and not listened on: with IPv4, and with IPv6 if the system has it.
    #[must_use]
    pub fn new() -> Self {
        let stream = |domain| Socket::new(domain, Type::STREAM, None);
        let bound = stream(Domain::IPV4).unwrap();
        bound.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        let port = bound.local_addr().unwrap().as_socket().unwrap().port();
        let also = stream(Domain::IPV6).and_then(|socket| {
            socket.bind(&SocketAddr::from((Ipv6Addr::LOCALHOST, port)).into())?;
            Ok(socket)
        });
        Self { port, _bound: [Ok(bound), also].into_iter().flatten().collect() }
    }
}

impl Default for ClosedPort {
    fn default() -> Self {
        Self::new()
    }
}

/// Boxes a script.
pub fn script(run: impl FnOnce(Peer) + Send + 'static) -> Script {
    Box::new(run)
}

/// The resource of these tests.
#[must_use]
pub fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

/// A pod.
pub const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","uid":"1"}}"#;
