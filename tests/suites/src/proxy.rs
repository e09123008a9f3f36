//! Proxies for tests: HTTP, HTTP in TLS, and SOCKS 5, on a socket of 127.0.0.1.
//!
//! The proxy connects every target to that port of 127.0.0.1, whatever its host name. A name that only the proxy can
//! resolve therefore shows that the client used the proxy.
//!
//! ```no_run
//! use kube_tests::proxy::Proxy;
//!
//! let proxy = Proxy::socks5().user("u", "secret").start().unwrap();
//! println!("{}", proxy.url());
//! // … a client goes through it …
//! assert_eq!(proxy.targets(), ["kubernetes:6443"]);
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube_test_server::serve::{Authority, ClientAuth};
use rustls::{ServerConfig, ServerConnection};

/// A proxy before its start.
#[derive(Clone, Debug)]
pub struct Setup {
    speaks: Speaks,
    tls: Option<Arc<ServerConfig>>,
    user: Option<(String, String)>,
    refusal: Option<Vec<u8>>,
    mute: bool,
    drips: bool,
    most: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Http,
    Socks5,
}

/// A proxy on a socket. Dropping it ends every connection and thread.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    setup: Setup,
    stop: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    targets: Vec<String>,
    threads: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// `CONNECT`, and targets in absolute form.
    #[must_use]
    pub fn http() -> Setup {
        Setup { speaks: Speaks::Http, tls: None, user: None, refusal: None, mute: false, drips: false, most: None }
    }

    /// The same in TLS, with a certificate of this authority for `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// The certificate could not be made.
    pub fn https(authority: &Authority) -> io::Result<Setup> {
        let tls = Some(authority.server_config(&[], ClientAuth::Off)?);
        Ok(Setup { tls, ..Self::http() })
    }

    /// SOCKS 5.
    #[must_use]
    pub fn socks5() -> Setup {
        Setup { speaks: Speaks::Socks5, ..Self::http() }
    }

    /// The URL of the proxy, with its user.
    #[must_use]
    pub fn url(&self) -> String {
        let setup = &self.shared.setup;
        let scheme = match (setup.speaks, &setup.tls) {
            (Speaks::Socks5, _) => "socks5",
            (Speaks::Http, Some(_)) => "https",
            (Speaks::Http, None) => "http",
        };
        match &setup.user {
            Some((name, password)) => format!("{scheme}://{name}:{password}@{}", self.address),
            None => format!("{scheme}://{}", self.address),
        }
    }

    /// The URL without the user, for tests of refusals.
    #[must_use]
    pub fn url_without_user(&self) -> String {
        let url = self.url();
        match url.split_once("://").zip(url.rsplit_once('@')) {
            Some(((scheme, _), (_, rest))) => format!("{scheme}://{rest}"),
            None => url,
        }
    }

    /// How many connections it has accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.seen().connections
    }

    /// The requested targets, in order: `host:port` of each tunnel, the URL of each forwarded request.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        self.shared.seen().targets.clone()
    }
}

impl Setup {
    /// Accepts this user only.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.user = Some((name.into(), password.into()));
        self
    }

    /// Answers every request with these bytes, and closes.
    #[must_use]
    pub fn refusing(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.refusal = Some(bytes.into());
        self
    }

    /// Accepts connections, and never sends a byte.
    #[must_use]
    pub fn mute(mut self) -> Self {
        self.mute = true;
        self
    }

    /// Sends its own answers byte by byte, with a pause after each, until there is a tunnel.
    #[must_use]
    pub fn dripping(mut self) -> Self {
        self.drips = true;
        self
    }

    /// Closes a connection after this many bytes to the client, TLS included.
    #[must_use]
    pub fn closing_after(mut self, bytes: usize) -> Self {
        self.most = Some(bytes);
        self
    }

    /// Listens on 127.0.0.1.
    ///
    /// # Errors
    /// There is no port.
    pub fn start(self) -> io::Result<Proxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { setup: self, stop: AtomicBool::new(false), seen: Mutex::default() });
        let accepting = std::thread::Builder::new().name("proxy".into()).spawn({
            let shared = Arc::clone(&shared);
            move || accept(&shared, &listener)
        })?;
        Ok(Proxy { shared, address, accepting: Some(accepting) })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // Wakes `accept`, which cannot be ended in another way.
        let _ = TcpStream::connect(self.address);
        let threads = std::mem::take(&mut self.shared.seen().threads);
        for thread in threads.into_iter().chain(self.accepting.take()) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    while let Ok((socket, _)) = listener.accept() {
        if shared.stop.load(Ordering::Acquire) {
            return;
        }
        let mut seen = shared.seen();
        seen.connections += 1;
        let shared = Arc::clone(shared);
        seen.threads.push(std::thread::spawn(move || {
            // The client sees the end of the connection.
            let _ = Passage::new(&shared, socket).and_then(Passage::run);
        }));
    }
}

/// One connection. It polls both sockets in turn: nothing here needs to be fast.
struct Passage<'a> {
    shared: &'a Shared,
    client: TcpStream,
    tls: Option<ServerConnection>,
    server: Option<TcpStream>,
    /// Bytes from the client that are not used yet.
    heard: Vec<u8>,
    /// The number of bytes sent to the client.
    said: usize,
    /// The proxy's own part is over.
    tunnels: bool,
}

impl<'a> Passage<'a> {
    fn new(shared: &'a Shared, client: TcpStream) -> io::Result<Self> {
        client.set_nonblocking(true)?;
        client.set_nodelay(true)?;
        let tls = shared.setup.tls.clone().map(ServerConnection::new).transpose().map_err(io::Error::other)?;
        Ok(Self { shared, client, tls, server: None, heard: Vec::new(), said: 0, tunnels: false })
    }

    fn run(mut self) -> io::Result<()> {
        if self.shared.setup.mute {
            while self.hear()? {
                self.heard.clear();
            }
            return Ok(());
        }
        match self.shared.setup.speaks {
            Speaks::Http => self.http(),
            Speaks::Socks5 => {
                self.socks()?;
                self.tunnel()
            }
        }
    }

    fn http(&mut self) -> io::Result<()> {
        loop {
            let Some(head) = self.head()? else { return Ok(()) };
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            self.shared.seen().targets.push(target.clone());
            if let Some(refusal) = &self.shared.setup.refusal {
                return self.say(refusal);
            }
            if let Some((name, password)) = &self.shared.setup.user {
                let pair = BASE64_STANDARD.encode(format!("{name}:{password}"));
                if !head.contains(&format!("proxy-authorization: Basic {pair}\r\n")) {
                    return self.say(b"HTTP/1.1 407 Log in\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                }
            }
            if head.starts_with("CONNECT ") {
                if self.connect(&target).is_err() {
                    return self.say(b"HTTP/1.1 502 No such host\r\n\r\n");
                }
                self.say(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                return self.tunnel();
            }
            self.forward(&head, &target)?;
        }
    }

    /// Forwards one request of a plain server, and its answer, which ends when the client sends the next request.
    fn forward(&mut self, head: &str, target: &str) -> io::Result<()> {
        let rest = target.strip_prefix("http://").unwrap_or_default();
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if self.server.is_none() {
            self.connect(host)?;
        }
        let head: String = head
            .replacen(target, path, 1)
            .split_inclusive("\r\n")
            .filter(|line| !line.starts_with("proxy-authorization:"))
            .collect();
        self.tell(head.as_bytes())?;
        loop {
            // A request in absolute form is the next one; anything else is a body.
            let next = self.heard.windows(9).any(|nine| nine == b" http://1" || nine == b" http://k");
            if next {
                return Ok(());
            }
            let bytes = std::mem::take(&mut self.heard);
            self.tell(&bytes)?;
            if !self.exchange()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn socks(&mut self) -> io::Result<()> {
        let [_, count] = self.take()?;
        let methods = self.some(count.into())?;
        if let Some(refusal) = &self.shared.setup.refusal {
            self.say(refusal)?;
            return Err(ErrorKind::PermissionDenied.into());
        }
        let method = if self.shared.setup.user.is_some() { 2 } else { 0 };
        if !methods.contains(&method) {
            self.say(&[5, 0xff])?;
            return Err(ErrorKind::PermissionDenied.into());
        }
        self.say(&[5, method])?;
        if let Some((name, password)) = &self.shared.setup.user {
            let [_, length] = self.take()?;
            let shown = self.some(length.into())?;
            let [length] = self.take()?;
            let secret = self.some(length.into())?;
            let fits = shown == name.as_bytes() && secret == password.as_bytes();
            self.say(&[1, u8::from(!fits)])?;
            if !fits {
                return Err(ErrorKind::PermissionDenied.into());
            }
        }
        let [_, _, _, kind] = self.take()?;
        let host = match kind {
            1 => Ipv4Addr::from(self.take::<4>()?).to_string(),
            4 => format!("[{}]", std::net::Ipv6Addr::from(self.take::<16>()?)),
            _ => {
                let [length] = self.take()?;
                String::from_utf8_lossy(&self.some(length.into())?).into_owned()
            }
        };
        let target = format!("{host}:{}", u16::from_be_bytes(self.take()?));
        self.shared.seen().targets.push(target.clone());
        let code = if self.connect(&target).is_ok() { 0 } else { 5 };
        self.say(&[5, code, 0, 1, 127, 0, 0, 1, 0, 0])
    }

    fn connect(&mut self, target: &str) -> io::Result<()> {
        let port = target.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(80);
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        server.set_nonblocking(true)?;
        server.set_nodelay(true)?;
        self.server = Some(server);
        Ok(())
    }

    fn tunnel(&mut self) -> io::Result<()> {
        self.tunnels = true;
        loop {
            let bytes = std::mem::take(&mut self.heard);
            self.tell(&bytes)?;
            if !self.exchange()? {
                return Ok(());
            }
        }
    }

    /// Reads both sides once, and sends the server's bytes to the client. False at the end of either.
    fn exchange(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let said = match self.server.as_mut().map(|server| server.read(&mut buffer)) {
            Some(Ok(0)) => {
                if let Some(tls) = &mut self.tls {
                    tls.send_close_notify();
                    self.push()?;
                }
                return Ok(false);
            }
            Some(Ok(count)) => {
                self.say(buffer.get(..count).unwrap_or_default())?;
                true
            }
            Some(Err(error)) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => false,
        };
        let before = self.heard.len();
        let open = self.listen()?;
        if !said && self.heard.len() == before {
            self.pause()?;
        }
        Ok(open)
    }

    /// Waits for bytes of the client; false at the end.
    fn hear(&mut self) -> io::Result<bool> {
        let before = self.heard.len();
        while self.listen()? {
            if self.heard.len() > before {
                return Ok(true);
            }
            self.pause()?;
        }
        Ok(false)
    }

    /// Reads the client's bytes; false at the end.
    fn listen(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = match self.client.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        };
        let mut cipher = buffer.get(..count).unwrap_or_default();
        let Some(tls) = &mut self.tls else {
            self.heard.extend_from_slice(cipher);
            return Ok(true);
        };
        while !cipher.is_empty() {
            tls.read_tls(&mut cipher)?;
            let processed = tls.process_new_packets();
            let mut plain = [0; 16 * 1024];
            while let Ok(count @ 1..) = tls.reader().read(&mut plain) {
                self.heard.extend_from_slice(plain.get(..count).unwrap_or_default());
            }
            if let Err(error) = processed {
                let _ = self.push();
                return Err(io::Error::other(error));
            }
        }
        self.push()?;
        Ok(true)
    }

    /// Sends the proxy's own bytes to the client.
    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => {
                tls.set_buffer_limit(None);
                tls.writer().write_all(bytes)?;
                self.push()
            }
            None => self.send(bytes),
        }
    }

    fn push(&mut self) -> io::Result<()> {
        let mut cipher = Vec::new();
        while let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write()) {
            tls.write_tls(&mut cipher)?;
        }
        self.send(&cipher)
    }

    /// Sends bytes to the client's socket.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (most, drips) = (self.shared.setup.most, self.shared.setup.drips);
        let allowed = most.map_or(bytes.len(), |most| (most - self.said).min(bytes.len()));
        let bytes = bytes.get(..allowed).unwrap_or_default();
        if drips && !self.tunnels {
            for byte in bytes {
                write_all(&mut self.client, &[*byte], self.shared)?;
                std::thread::sleep(Duration::from_micros(200));
            }
        } else {
            write_all(&mut self.client, bytes, self.shared)?;
        }
        self.said += allowed;
        match most {
            Some(most) if self.said == most => Err(ErrorKind::ConnectionAborted.into()),
            _ => Ok(()),
        }
    }

    /// Sends bytes to the server.
    fn tell(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.server {
            Some(server) => write_all(server, bytes, self.shared),
            None => Ok(()),
        }
    }

    fn head(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.heard.drain(..end + 4).collect();
                return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
            }
            if !self.hear()? {
                return Ok(None);
            }
        }
    }

    fn some(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.heard.len() < count {
            if !self.hear()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.heard.drain(..count).collect())
    }

    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.some(N)?.try_into().map_err(|_| ErrorKind::UnexpectedEof.into())
    }

    fn pause(&self) -> io::Result<()> {
        pause(self.shared)
    }
}

fn write_all(socket: &mut TcpStream, mut bytes: &[u8], shared: &Shared) -> io::Result<()> {
    while !bytes.is_empty() {
        match socket.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => pause(shared)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A pause; an error once the proxy was dropped.
fn pause(shared: &Shared) -> io::Result<()> {
    if shared.stop.load(Ordering::Acquire) {
        return Err(ErrorKind::Interrupted.into());
    }
    std::thread::sleep(Duration::from_millis(1));
    Ok(())
}
