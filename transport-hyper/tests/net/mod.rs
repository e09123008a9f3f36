//! A network in memory, and servers of HTTP/2 on it. With tokio's time paused nothing here depends on a clock.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

pub mod frames;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::{RecvStream, SendStream, server};
use http::{Request, Response};
use kube_test_server::serve::{Authority, ClientAuth};
use kube_transport_hyper::hyper::rt::{Sleep, Timer};
use kube_transport_hyper::proto::Api;
use kube_transport_hyper::proto::config::Config;
use kube_transport_hyper::proto::driver::Fault;
use kube_transport_hyper::proto::resource::{ApiResource, DynamicObject, Scope};
use kube_transport_hyper::proto::settings::Settings;
use kube_transport_hyper::{Builder, Client, Job, Runtime, Socket, Tokio};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The server's end of an accepted connection.
pub type Peer = TlsStream<DuplexStream>;

/// A server, for a client.
pub struct Net {
    pub opened: Arc<AtomicUsize>,
    /// [`STALL`]: the next write of a client blocks until the client reads again. [`BREAK`]: on new connections only
    /// the first write succeeds.
    pub stall: Arc<AtomicU8>,
    authority: String,
    connect: mpsc::UnboundedSender<DuplexStream>,
}

impl Net {
    /// A server that offers these protocols in TLS, and runs `serve` for each connection; the first has number 1.
    pub fn serve<F>(alpn: &[&[u8]], serve: impl Fn(usize, Peer) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::serve_clients(alpn, ClientAuth::Off, serve)
    }

    pub fn serve_clients<F>(
        alpn: &[&[u8]],
        clients: ClientAuth,
        serve: impl Fn(usize, Peer) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let authority = Authority::new("test").unwrap();
        let mut config = (*authority.server_config(&[], clients).unwrap()).clone();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (connect, mut accept) = mpsc::unbounded_channel();
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        tokio::spawn(async move {
            while let Some(socket) = accept.recv().await {
                let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                if let Ok(peer) = acceptor.accept(socket).await {
                    tokio::spawn(serve(number, peer));
                }
            }
        });
        Self { opened, stall: Arc::default(), authority: authority.pem(), connect }
    }

    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    pub fn config(&self) -> Config {
        self.config_at(([127, 0, 0, 1], 6443).into())
    }

    pub fn config_at(&self, address: SocketAddr) -> Config {
        Config::new(&format!("https://{address}")).unwrap().with_ca(self.authority.clone())
    }

    /// Receives the server's ends of connections.
    pub fn connector(&self) -> mpsc::UnboundedSender<DuplexStream> {
        self.connect.clone()
    }

    pub fn builder(&self, config: Config) -> Builder {
        let (tokio, stall) = (Tokio::current().unwrap(), Arc::clone(&self.stall));
        let runtime = Memory { tokio, connect: self.connect.clone(), stall };
        let mut settings = Settings::default();
        settings.retry.backoff = Duration::from_millis(1);
        Client::builder(config).settings(settings).seed(7).runtime(runtime)
    }

    /// A client of a server that accepts connections, and is silent.
    pub fn silent(&self) -> (Client, mpsc::UnboundedReceiver<DuplexStream>) {
        let (connect, accept) = mpsc::unbounded_channel();
        let runtime = Memory { tokio: Tokio::current().unwrap(), connect, stall: Arc::default() };
        (Client::builder(self.config()).runtime(runtime).build().unwrap(), accept)
    }

    pub fn client(&self) -> Client {
        self.builder(self.config()).build().unwrap()
    }
}

/// tokio, with an in-memory network.
struct Memory {
    tokio: Tokio,
    connect: mpsc::UnboundedSender<DuplexStream>,
    stall: Arc<AtomicU8>,
}

impl Runtime for Memory {
    /// It takes for ever.
    fn block(&self, _work: Box<dyn FnOnce() + Send>) -> Job<()> {
        Box::pin(std::future::pending())
    }

    fn spawn(&self, task: Job<()>) {
        self.tokio.spawn(task);
    }

    fn resolve(&self, _host: &str, _port: u16) -> Job<io::Result<Vec<SocketAddr>>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn connect(&self, _to: SocketAddr) -> Job<io::Result<Box<dyn Socket>>> {
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let sent = self.connect.send(theirs).map_err(|_| io::ErrorKind::ConnectionRefused.into());
        let socket = InMemory(ours, Arc::clone(&self.stall), 0);
        Box::pin(std::future::ready(sent.map(|()| Box::new(socket) as Box<dyn Socket>)))
    }
}

impl Timer for Memory {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.tokio.sleep(duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.tokio.sleep_until(deadline)
    }

    fn now(&self) -> Instant {
        self.tokio.now()
    }
}

/// The values of [`Net::stall`]: writes succeed; the next write blocks; a write is blocked; writes fail.
pub const FLOWS: u8 = 0;
pub const STALL: u8 = 1;
pub const STALLED: u8 = 2;
pub const BREAK: u8 = 3;

/// The socket, the state of its writes, and the number of writes.
struct InMemory(DuplexStream, Arc<AtomicU8>, usize);

impl Socket for InMemory {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let _ = self.1.compare_exchange(STALLED, FLOWS, Ordering::SeqCst, Ordering::SeqCst);
        let mut buffer = ReadBuf::new(into);
        Pin::new(&mut self.0).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.2 += 1;
        if self.1.load(Ordering::SeqCst) == BREAK {
            if self.2 > 1 {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
        } else if self.1.load(Ordering::SeqCst) != FLOWS {
            self.1.store(STALLED, Ordering::SeqCst);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A request to a server of HTTP/2.
pub struct Ask {
    /// The number of its connection.
    pub connection: usize,
    pub request: Request<RecvStream>,
    pub respond: server::SendResponse<Bytes>,
}

impl Ask {
    pub fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// The name of the requested object.
    pub fn name(&self) -> &str {
        self.path().rsplit('/').next().unwrap()
    }

    pub fn is_watch(&self) -> bool {
        self.request.uri().query().is_some_and(|query| query.contains("watch="))
    }

    /// Sends the head of an answer.
    pub fn begin(&mut self, status: u16) -> SendStream<Bytes> {
        let head = Response::builder().status(status).header("content-type", "application/json").body(()).unwrap();
        self.respond.send_response(head, false).unwrap()
    }

    pub fn answer(&mut self, status: u16, body: impl Into<Bytes>) {
        self.begin(status).send_data(body.into(), true).unwrap();
    }

    /// Answers with an object of the requested name; the connection's number is its namespace.
    pub fn found(&mut self) {
        let body = format!(r#"{{"metadata":{{"name":"{}","namespace":"{}"}}}}"#, self.name(), self.connection);
        self.answer(200, body);
    }
}

/// Serves HTTP/2 with a task for each request, `streams` at once.
pub async fn http2<F>(connection: usize, peer: Peer, streams: u32, answer: impl Fn(Ask) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut http2 = server::Builder::new().max_concurrent_streams(streams).handshake(peer).await.unwrap();
    while let Some(Ok((request, respond))) = http2.accept().await {
        tokio::spawn(answer(Ask { connection, request, respond }));
    }
}

/// Sends all of it, as fast as the client takes it.
pub async fn pour(stream: &mut SendStream<Bytes>, mut bytes: Bytes) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len().min(64 << 10));
        let room = match std::future::poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(room) => room?,
            None => return Err(h2::Reason::CANCEL.into()),
        };
        stream.send_data(bytes.split_to(room.min(bytes.len())), false)?;
    }
    Ok(())
}

pub fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("default")
}

/// The fault in an error.
pub fn fault(error: &kube_transport_hyper::proto::Error) -> &Fault {
    match error.kind() {
        kube_transport_hyper::proto::ErrorKind::Transport(fault) => fault,
        _ => panic!("{error}"),
    }
}

/// The protocols of a server of HTTP/2 alone.
pub const H2: &[&[u8]] = &[b"h2"];

/// An event of a watch.
pub const ADDED: &str = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}}\n";

/// The connection that brought an object of [`Ask::found`].
pub fn connection(object: &DynamicObject) -> usize {
    object.metadata.namespace.as_deref().unwrap().parse().unwrap()
}

/// Answers with objects; watches get one event, and stay open until the client leaves.
pub async fn usual(mut ask: Ask) {
    if !ask.is_watch() {
        return ask.found();
    }
    let mut stream = ask.begin(200);
    stream.send_data(ADDED.into(), false).unwrap();
    let _ = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
}

pub fn usual_server(streams: u32) -> Net {
    Net::serve(H2, move |number, peer| http2(number, peer, streams, usual))
}
