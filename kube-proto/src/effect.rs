//! The border: all that a driver must do is an [`Effect`], all that it can report is an [`Input`].
//!
//! | the operation says | the driver answers with | in this order |
//! |---|---|---|
//! | [`Effect::Exchange`], [`Kind::Call`] or [`Kind::Stream`] | [`Input::Head`], [`Input::Data`] any number of times, [`Input::End`] | or [`Input::Failed`] in the place of any of them, as the last |
//! | [`Effect::Exchange`], [`Kind::Upgrade`] | the same; but a head with status 101 is the last | the connection is raw bytes from then on |
//! | [`Effect::Run`] | [`Input::Output`] | or [`Input::Failed`] |
//! | [`Effect::ReadFile`] | [`Input::File`] | or [`Input::Failed`] |
//! | [`Effect::WriteFile`] | [`Input::Written`]; [`Input::File`] if the file is not what it was | or [`Input::Failed`] |
//! | [`Effect::Abort`] | nothing | and nothing more of what was aborted |
//!
//! One effect is outstanding at a time. A new [`Effect::Exchange`] while the last one is not at its end aborts that one.

mod write;

use std::cmp::Ordering;
use std::ffi::OsString;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, response::Parts};

use crate::config::{Proxy, ProxyScheme, TlsSettings};
pub use write::FileWrite;

/// What an operation wants done.
#[derive(Debug)]
pub enum Effect {
    /// Send a request, and report its response as it arrives. Starting it must not block.
    Exchange(Box<Exchange>),
    /// Run a program to its end, and report what it printed.
    Run(Box<ExecSpec>),
    /// Read a whole file. More than `limit` bytes is a failure.
    ReadFile {
        /// The file's path.
        path: PathBuf,
        /// The most bytes that it may have.
        limit: usize,
    },
    /// Put a new content in the place of a file's, if that is still what the new one was made from. Once it has begun it
    /// is not stopped half-way, whatever becomes of the operation.
    WriteFile(Box<FileWrite>),
    /// Stop what is in flight, at once. There is no answer to this.
    Abort,
}

/// One HTTP exchange: where to, what, and how its response will be used.
#[derive(Clone)]
pub struct Exchange {
    /// The server, and the identity to show it.
    pub to: Endpoint,
    /// The request. Its URI is in origin form (path and query): the rest is in `to`. It has no `Host`, no
    /// `Content-Length` and no `Connection` header: the transport adds what its HTTP version wants.
    pub request: Request<Bytes>,
    /// What follows the response's head.
    pub kind: Kind,
    /// Do not use a pooled connection: the last one that was died.
    pub fresh: bool,
    /// The most time for finding the address, connecting and the TLS handshake together.
    pub connect: Duration,
}

impl fmt::Debug for Exchange {
    /// Without headers and body: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("to", &self.to)
            .field("method", self.request.method())
            .field("uri", self.request.uri())
            .field("kind", &self.kind)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}

/// The time for one address where `left` others are still to be tried: a fair share of what remains, so that one that
/// does not answer leaves time for the rest; at least two seconds, if there are as many.
#[must_use]
pub fn connect_share(remaining: Duration, left: usize) -> Duration {
    let shares = u32::try_from(left).unwrap_or(u32::MAX).saturating_add(1);
    (remaining / shares).max(Duration::from_secs(2)).min(remaining)
}

/// How a response will be used; drivers choose connections by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A document that is read to its end at once.
    Call,
    /// Events over a long time: a watch, a log. On HTTP/2 these stay off the connections of calls, whose flow-control
    /// window a paused reader would use up.
    Stream,
    /// HTTP/1.1 only: the server is asked to switch protocols.
    Upgrade,
}

/// Where an exchange goes: host, port, TLS identity and proxy.
///
/// A cheap key. Connections are pooled by it, so a rotated client certificate (a new [`Tls`] identity) never meets a
/// connection that was made with the old one.
#[derive(Clone)]
pub struct Endpoint(Arc<EndpointParts>);

struct EndpointParts {
    host: String,
    port: u16,
    tls: Option<Tls>,
    proxy: Option<Proxy>,
    proxy_tls: Option<Tls>,
}

/// The TLS side of an [`Endpoint`], or of its proxy.
#[derive(Clone)]
pub struct Tls {
    /// Names this identity within its session: another certificate, CA or server name is another id. Towards proxies it
    /// is always [`PROXY`](Self::PROXY).
    pub id: u64,
    /// The name to ask for and to verify: `tls-server-name`, or the host.
    pub server_name: String,
    /// Certificates, key, and whether to verify.
    pub settings: Arc<TlsSettings>,
    /// It is the API server's: what the caller has to say about TLS is about it.
    pub api_server: bool,
}

impl Tls {
    /// The id of the identity towards `https` proxies. Nobody is shown by it: proxies get no client certificate.
    pub const PROXY: u64 = 0;
}

impl Endpoint {
    /// An endpoint; `host` is a name or an IP address without brackets. A proxy of scheme `https` is verified with the
    /// certificates of the system.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, tls: Option<Tls>, proxy: Option<Proxy>) -> Self {
        Self::with_proxy(host.into(), port, tls, proxy, &TlsSettings::default())
    }

    /// The same, for a proxy of scheme `https` that may also be signed by the CA of these settings, or is not verified
    /// at all if the server is not. Nothing else of them is for the proxy: not the client certificate, not the server's
    /// name.
    #[must_use]
    pub fn with_proxy(
        host: impl Into<String>,
        port: u16,
        tls: Option<Tls>,
        proxy: Option<Proxy>,
        settings: &TlsSettings,
    ) -> Self {
        let proxy_tls = proxy.as_ref().filter(|proxy| proxy.scheme == ProxyScheme::Https).map(|proxy| Tls {
            id: Tls::PROXY,
            api_server: false,
            server_name: proxy.host.clone(),
            settings: Arc::new(TlsSettings {
                ca: settings.ca.clone(),
                insecure_skip_verify: settings.insecure_skip_verify,
                ..TlsSettings::default()
            }),
        });
        Self(Arc::new(EndpointParts { host: host.into(), port, tls, proxy, proxy_tls }))
    }

    /// The same server on the same way, with another TLS identity.
    #[must_use]
    pub fn with_tls(&self, tls: Tls) -> Self {
        let settings = Arc::clone(&tls.settings);
        Self::with_proxy(self.host(), self.port(), Some(tls), self.proxy().cloned(), &settings)
    }

    /// The host's name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The TLS identity, or `None` for plain text.
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.0.tls.as_ref()
    }

    /// The proxy to go through.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxy> {
        self.0.proxy.as_ref()
    }

    /// The TLS side of the proxy, if it is one of scheme `https`: below everything that is said to the proxy.
    #[must_use]
    pub fn proxy_tls(&self) -> Option<&Tls> {
        self.0.proxy_tls.as_ref()
    }

    /// Host (a name, or an IP address without brackets) and port to which a socket is connected: the proxy's, or the
    /// server's own.
    #[must_use]
    pub fn dial(&self) -> (&str, u16) {
        match &self.0.proxy {
            Some(proxy) => (&proxy.host, proxy.port),
            None => (&self.0.host, self.0.port),
        }
    }

    /// The server is reached by asking an HTTP proxy for each resource, and not through a tunnel: it is one of scheme
    /// `http`. Request targets are in absolute form then (RFC 9112 §3.2.2), and each request has the proxy's
    /// [`authorization`](Proxy::authorization).
    #[must_use]
    pub fn is_forwarded(&self) -> bool {
        let by_http = |proxy: &Proxy| matches!(proxy.scheme, ProxyScheme::Http | ProxyScheme::Https);
        self.0.tls.is_none() && self.0.proxy.as_ref().is_some_and(by_http)
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.0.tls.is_some() { "https" } else { "http" }
    }

    /// The value of a `Host` header or `:authority`: brackets around IPv6, no port where it is the scheme's own
    /// (RFC 9110 §7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        let usual = if self.0.tls.is_some() { 443 } else { 80 };
        match (self.0.host.contains(':'), self.0.port == usual) {
            (false, true) => self.0.host.clone(),
            (false, false) => format!("{}:{}", self.0.host, self.0.port),
            (true, true) => format!("[{}]", self.0.host),
            (true, false) => format!("[{}]:{}", self.0.host, self.0.port),
        }
    }

    fn key(&self) -> (&str, u16, Option<u64>, Option<&Proxy>) {
        (&self.0.host, self.0.port, self.0.tls.as_ref().map(|tls| tls.id), self.0.proxy.as_ref())
    }
}

impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.key() == other.key()
    }
}

impl Eq for Endpoint {}

impl PartialOrd for Endpoint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Endpoint {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Endpoint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self)?;
        self.0.tls.as_ref().map_or(Ok(()), |tls| write!(f, " (identity {})", tls.id))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.authority())
    }
}

/// A program to run: a credential plugin.
///
/// Its standard error goes wherever the driver's own goes. With `stdin` it is the driver's own, so that the program finds
/// a terminal there; without, its last lines come back in [`Output::stderr`].
#[derive(Clone)]
pub struct ExecSpec {
    /// A path, or a bare name to be found on the driver's own `PATH`: see [`find_program`](crate::local::find_program).
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables to add to the parent's environment. Values may be secret.
    pub env: Vec<(OsString, OsString)>,
    /// Whether it gets the parent's standard input, to ask a person something.
    pub stdin: bool,
    /// The most bytes of standard output; more is a failure.
    pub limit: usize,
}

impl fmt::Debug for ExecSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSpec").field("program", &self.program).field("stdin", &self.stdin).finish_non_exhaustive()
    }
}

/// What a program left behind.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; 128 + the signal's number where a signal ended it.
    pub status: i32,
    /// All of its standard output. Secret: this is where a plugin prints its token.
    pub stdout: Bytes,
    /// The end of its standard error, at most a few KiB, for the message about its failure.
    pub stderr: Bytes,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What a driver reports.
pub enum Input {
    /// The final response's head (never a 1xx, but for a 101 that was asked for).
    Head(Box<Parts>),
    /// Bytes of the body, never empty. The driver bounds one of these: 64 KiB is usual.
    Data(Bytes),
    /// The body is complete, and the connection fit for another use if its HTTP version says so.
    End,
    /// The program ended.
    Output(Box<Output>),
    /// The file's content. May be secret.
    File(Bytes),
    /// The file has its new content.
    Written,
    /// It did not work; nothing more of this effect follows.
    Failed(Box<Fault>),
}

impl fmt::Debug for Input {
    /// Without what was read: bodies, outputs and files may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Head(head) => f.debug_tuple("Head").field(&head.status).finish(),
            Input::Data(data) => write!(f, "Data({} bytes)", data.len()),
            Input::End => f.write_str("End"),
            Input::Output(output) => f.debug_tuple("Output").field(output).finish(),
            Input::File(content) => write!(f, "File({} bytes)", content.len()),
            Input::Written => f.write_str("Written"),
            Input::Failed(fault) => f.debug_tuple("Failed").field(fault).finish(),
        }
    }
}

/// Why an effect failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// How far the request got.
    pub reach: Reach,
    /// The connection had been pooled, and ended before the first byte of an answer: likely it was dead before.
    pub stale: bool,
    /// What the system or the protocol said, for people. Nothing decides by it.
    pub text: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// The host's name has no address.
    Resolve,
    /// Every address refused the connection.
    Refused,
    /// No connection could be made for another reason.
    Connect,
    /// Connecting took longer than [`Exchange::connect`].
    ConnectTimeout,
    /// The TLS handshake failed: a certificate was not accepted, by us or by the server.
    Tls,
    /// TLS cannot be begun with the [`TlsSettings`] of the endpoint: a certificate or key cannot be used.
    TlsSettings,
    /// The proxy said no.
    Proxy,
    /// The connection ended or was reset before the answer was complete.
    Closed,
    /// The bytes were not HTTP as it may be, or passed a limit.
    Protocol,
    /// The program or file does not exist.
    NotFound,
    /// More bytes than the effect's `limit`.
    TooLarge,
    /// The file is being written by somebody else, as its lock says.
    Locked,
    /// Any other failure of the system.
    Io,
    /// This driver cannot do that.
    Unsupported,
}

/// How far a request got before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// The server cannot have processed it: safe to send again, whatever the verb.
    NotSent,
    /// It may have been processed.
    Unknown,
    /// A part of the answer arrived.
    Answered,
}

impl Fault {
    /// A fault before anything was sent.
    #[must_use]
    pub fn unsent(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::NotSent, stale: false, text: text.into() }
    }

    /// A fault of unknown consequence.
    #[must_use]
    pub fn unknown(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::Unknown, stale: false, text: text.into() }
    }

    /// A fault in the middle of an answer.
    #[must_use]
    pub fn answered(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, reach: Reach::Answered, stale: false, text: text.into() }
    }

    /// The fault for an error of the system before a connection stood.
    #[must_use]
    pub fn connecting(error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => FaultKind::Refused,
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => FaultKind::ConnectTimeout,
            _ => FaultKind::Connect,
        };
        Self::unsent(kind, error.to_string())
    }

    /// The same fault, which happened while a socket was to be connected to where this endpoint [dials](Endpoint::dial):
    /// says so where that is not the server itself.
    #[must_use]
    pub fn dialing(self, to: &Endpoint) -> Self {
        match to.proxy() {
            Some(proxy) => Self { text: format!("no connection to the proxy {proxy}: {}", self.text), ..self },
            None => self,
        }
    }

    /// The fault for an error of the system with a program or a file.
    #[must_use]
    pub fn local(error: &std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => FaultKind::NotFound,
            _ => FaultKind::Io,
        };
        Self::unsent(kind, error.to_string())
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn authority_leaves_out_the_scheme_s_own_port_and_brackets_ipv6() {
        let tls = Tls { id: 1, server_name: "k".into(), settings: Arc::default(), api_server: true };
        for (host, port, secure, authority) in [
            ("k.example", 80, false, "k.example"),
            ("k.example", 443, false, "k.example:443"),
            ("k.example", 443, true, "k.example"),
            ("k.example", 6443, true, "k.example:6443"),
            ("::1", 443, true, "[::1]"),
            ("::1", 6443, true, "[::1]:6443"),
        ] {
            let endpoint = Endpoint::new(host, port, secure.then(|| tls.clone()), None);
            assert_eq!(endpoint.authority(), authority);
        }
    }

    #[test]
    fn another_identity_is_another_endpoint() {
        let with = |id| {
            let tls = Tls { id, server_name: "k".into(), settings: Arc::default(), api_server: true };
            Endpoint::new("k", 443, Some(tls), None)
        };
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
        assert_ne!(with(1), Endpoint::new("k", 443, None, None));
    }

    #[test]
    fn the_proxy_is_dialed_and_is_no_stranger_to_the_pool() {
        let tls = || Tls { id: 1, server_name: "k".into(), settings: Arc::default(), api_server: true };
        let settings = TlsSettings {
            ca: Some("CA".into()),
            client_certificate: Some("CERT".into()),
            client_key: Some("KEY".into()),
            server_name: Some("n".into()),
            ..TlsSettings::default()
        };
        let through = |url: Option<&str>, tls| {
            let proxy = url.and_then(|url| Config::new("https://k").unwrap().with_proxy(url).unwrap().proxy);
            Endpoint::with_proxy("k", 6443, tls, proxy, &settings)
        };
        for (url, secure, dial, forwarded) in [
            (None, true, ("k", 6443), false),
            (None, false, ("k", 6443), false),
            (Some("http://p:3128"), true, ("p", 3128), false),
            (Some("http://p:3128"), false, ("p", 3128), true),
            (Some("https://p"), true, ("p", 443), false),
            (Some("https://p"), false, ("p", 443), true),
            (Some("socks5://[::1]"), true, ("::1", 1080), false),
            (Some("socks5://[::1]"), false, ("::1", 1080), false),
        ] {
            let endpoint = through(url, secure.then(tls));
            assert_eq!((endpoint.dial(), endpoint.is_forwarded()), (dial, forwarded), "{url:?}");
            let below = endpoint.proxy_tls();
            assert_eq!(below.is_some(), url == Some("https://p"));
            if let Some(Tls { id, server_name, settings, api_server }) = below {
                assert!(!api_server);
                assert_eq!((*id, &**server_name), (Tls::PROXY, "p"));
                assert_eq!(**settings, TlsSettings { ca: Some("CA".into()), ..TlsSettings::default() });
            }
            let again = endpoint.with_tls(Tls { settings: Arc::new(settings.clone()), ..tls() });
            let of = |tls: &Tls| (tls.server_name.clone(), Arc::clone(&tls.settings));
            assert_eq!((again.dial(), again.proxy_tls().map(of)), (dial, below.map(of)));
        }
        let keys = [
            None,
            Some("http://p"),
            Some("http://u@p"),
            Some("http://u:1@p"),
            Some("http://u:2@p"),
            Some("socks5://p"),
        ];
        let keys = keys.map(|url| through(url, Some(tls())));
        for (n, one) in keys.iter().enumerate() {
            assert_eq!(keys.iter().filter(|other| *other == one).count(), 1, "{n}");
        }
    }

    #[test]
    fn addresses_share_the_time() {
        let s = Duration::from_secs;
        for (remaining, left, share) in [(12, 0, 12), (12, 2, 4), (12, 11, 2), (1, 11, 1), (0, 0, 0)] {
            assert_eq!(connect_share(s(remaining), left), s(share));
        }
    }

    #[test]
    fn the_border_s_messages_stay_small() {
        assert!(size_of::<Effect>() <= 40, "{}", size_of::<Effect>());
        assert!(size_of::<Input>() <= 40, "{}", size_of::<Input>());
    }
}
