//! What the examples and the test share: a client of the in-memory API server, a page for Prometheus, and OTLP.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use bytes::Bytes;
use k8s_openapi::api::core::v1::ConfigMap;
use kube_observe::{DURATION_BUCKETS, SIZE_BUCKETS};
use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server};
use kube_transport_std::proto::config::Config;
use kube_transport_std::proto::observe::Observers;
use kube_transport_std::{Api, Client};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// Any error.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An API server in memory, and a client with these observers.
///
/// # Errors
/// No port is free, or the client cannot be made.
pub fn client(observers: Observers) -> Result<(Bound, Client), Failure> {
    let server = Bound::start(Server::new(Options::default()), Binding::plain())?;
    let client =
        Client::builder(Config::new(&server.url())?.with_token("admin-token")).observers(observers).build()?;
    Ok((server, client))
}

/// Some calls: two are answered, one is refused, and a watch is dropped.
///
/// # Errors
/// The server does not answer as it should.
pub fn calls(client: &Client) -> Result<(), Failure> {
    let maps = Api::<ConfigMap>::namespaced("default");
    let mut map = ConfigMap::default();
    map.metadata.name = Some("canary-name".into());
    client.call(maps.create(&map, &Default::default()))?;
    client.call(maps.get("canary-name"))?;
    match client.call(maps.get("missing")) {
        Err(error) if error.is_not_found() => {}
        other => return Err(format!("an object that does not exist: {other:?}").into()),
    }
    let mut watch = client.stream(maps.watch(Default::default()));
    watch.next().ok_or("the watch ended")??;
    Ok(())
}

/// The recorder of the facade's metrics. `render` of its handle is the page.
///
/// # Errors
/// There is a recorder already.
pub fn prometheus() -> Result<PrometheusHandle, Failure> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &DURATION_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_size_bytes".into()), &SIZE_BUCKETS)?;
    Ok(builder.install_recorder()?)
}

/// Answers each request on this socket with the page of the moment, for ever.
pub fn serve_page(listener: &TcpListener, page: &PrometheusHandle) {
    for socket in listener.incoming().flatten() {
        let _ = answer(socket, &page.render());
    }
}

fn answer(mut socket: TcpStream, page: &str) -> io::Result<()> {
    read_request(&socket)?;
    let length = page.len();
    write!(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\n")?;
    write!(socket, "Connection: close\r\n\r\n{page}")
}

/// Sends what OTLP sends over one connection for each export.
#[derive(Clone, Debug)]
struct Plain;

#[async_trait::async_trait]
impl HttpClient for Plain {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        // The exporters run on threads of their own, which may block.
        let place = request.uri().authority().ok_or("no authority")?.as_str().to_owned();
        let mut socket = TcpStream::connect(&place)?;
        write!(socket, "POST {} HTTP/1.1\r\nHost: {place}\r\n", request.uri().path())?;
        for (name, value) in request.headers() {
            write!(socket, "{name}: {}\r\n", value.to_str()?)?;
        }
        write!(socket, "Content-Length: {}\r\nConnection: close\r\n\r\n", request.body().len())?;
        socket.write_all(request.body())?;
        let mut status = String::new();
        BufReader::new(socket).read_line(&mut status)?;
        let code: u16 = status.split(' ').nth(1).unwrap_or_default().parse()?;
        Ok(http::Response::builder().status(code).body(Bytes::new())?)
    }
}

/// Providers of spans and metrics that export by OTLP over HTTP to this collector, for example `http://127.0.0.1:4318`. Shut
/// them down to export the rest.
///
/// # Errors
/// The URL cannot be used.
pub fn otlp(collector: &str) -> Result<(SdkTracerProvider, SdkMeterProvider), Failure> {
    let spans = SpanExporter::builder().with_http().with_http_client(Plain);
    let spans = spans.with_endpoint(format!("{collector}/v1/traces")).build()?;
    let metrics = MetricExporter::builder().with_http().with_http_client(Plain);
    let metrics = metrics.with_endpoint(format!("{collector}/v1/metrics")).build()?;
    Ok((
        SdkTracerProvider::builder().with_batch_exporter(spans).build(),
        SdkMeterProvider::builder().with_periodic_exporter(metrics).build(),
    ))
}

/// A stand-in for a collector: it takes every request, and hands over its path and its body.
pub struct Collector {
    /// Where it listens.
    pub address: SocketAddr,
    /// What arrives.
    pub arrived: Receiver<(String, Vec<u8>)>,
}

impl Collector {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, arrived) = channel();
        std::thread::spawn(move || {
            for mut socket in listener.incoming().flatten() {
                let Ok(request) = read_request(&socket) else { continue };
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        Ok(Self { address, arrived })
    }
}

/// The path of a request, and its body.
fn read_request(socket: &TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(socket);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((first.split(' ').nth(1).unwrap_or_default().to_owned(), body))
}
