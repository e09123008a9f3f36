//! What listens on the ports of pods.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The port of every pod that sends back what it receives, and ends when its peer has ended.
pub const ECHO: u16 = 7;
/// The port of every pod that answers requests of HTTP/1.1 without a body: 200, with a text that names the method, the
/// path and the pod.
pub const HTTP: u16 = 80;

/// What a service answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Bytes for the peer.
    pub bytes: Vec<u8>,
    /// The service ends its side.
    pub end: bool,
}

/// A service that listens on a port: makes the handler of one connection.
///
/// The handler gets the peer's bytes, and `true` with the peer's end; it is called once with neither when the connection
/// begins.
#[derive(Clone)]
pub struct PortService(Arc<dyn Fn() -> Handler + Send + Sync>);

type Handler = Box<dyn FnMut(&[u8], bool) -> Answer + Send>;

impl PortService {
    /// A service with this handler for each connection.
    pub fn new<H>(make: impl Fn() -> H + Send + Sync + 'static) -> Self
    where
        H: FnMut(&[u8], bool) -> Answer + Send + 'static,
    {
        Self(Arc::new(move || Box::new(make())))
    }

    fn echo() -> Self {
        Self::new(|| |bytes: &[u8], end| Answer { bytes: bytes.to_vec(), end })
    }

    fn http(pod: &str) -> Self {
        let pod = pod.to_owned();
        Self::new(move || {
            let (pod, mut heads) = (pod.clone(), Vec::new());
            move |bytes: &[u8], end| http(&pod, &mut heads, bytes, end)
        })
    }
}

impl fmt::Debug for PortService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortService")
    }
}

/// Answers each head that is complete. A head of more than 64 KiB ends the connection.
fn http(pod: &str, heads: &mut Vec<u8>, bytes: &[u8], end: bool) -> Answer {
    heads.extend_from_slice(bytes);
    let mut answer = Answer { bytes: Vec::new(), end: end || heads.len() > 64 << 10 };
    while let Some(length) = heads.windows(4).position(|four| four == b"\r\n\r\n") {
        let head: Vec<u8> = heads.drain(..length + 4).collect();
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default().to_ascii_uppercase(), words.next().unwrap_or_default());
        let close = head.contains("connection: close") || head.contains(" http/1.0");
        let body = format!("{method} {path} at {pod}\n");
        let connection = if close { "close" } else { "keep-alive" };
        let length = body.len();
        answer.bytes.extend_from_slice(
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: {connection}\r\n\r\n{body}"
            )
            .as_bytes(),
        );
        answer.end |= close;
    }
    answer
}

/// The services of one pod.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    pod: String,
    /// The namespace and the name, as the kubelet's messages have them.
    full_name: String,
    services: BTreeMap<u16, PortService>,
}

impl Ports {
    pub(crate) fn new(namespace: &str, pod: &str, own: Option<&BTreeMap<u16, PortService>>) -> Self {
        let mut services = BTreeMap::from([(ECHO, PortService::echo()), (HTTP, PortService::http(pod))]);
        services.extend(own.into_iter().flatten().map(|(port, service)| (*port, service.clone())));
        Self { pod: pod.to_owned(), full_name: format!("{pod}_{namespace}"), services }
    }

    /// Connects to a port.
    ///
    /// # Errors
    /// Nothing listens: the kubelet's message.
    pub(crate) fn connect(&self, port: u16) -> Result<Connection, String> {
        match self.services.get(&port) {
            Some(service) => Ok(Connection { handler: (service.0)(), ended: false }),
            None => Err(format!(
                "error forwarding port {port} to pod {}, uid : failed to connect to localhost:{port} of {:?}: dial tcp \
                 127.0.0.1:{port}: connect: connection refused",
                self.full_name, self.pod
            )),
        }
    }
}

/// A connection to a service.
pub(crate) struct Connection {
    handler: Handler,
    ended: bool,
}

impl Connection {
    /// Gives bytes of the peer, or its end. A service that has ended gets nothing more.
    pub(crate) fn give(&mut self, bytes: &[u8], end: bool) -> Answer {
        if self.ended {
            return Answer::default();
        }
        let answer = (self.handler)(bytes, end);
        self.ended = answer.end;
        answer
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("ended", &self.ended).finish_non_exhaustive()
    }
}
