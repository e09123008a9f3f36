//! An OpenID Connect issuer: discovery and a token endpoint that accepts refresh tokens. A machine without IO, and the
//! same bound to a socket with TLS.
//!
//! | request for | state | answer |
//! |---|---|---|
//! | anything | [`Mood::Down`] | 503 |
//! | anything | [`Mood::Babbles`] | 200 with a body that is not JSON |
//! | the discovery document | | the document, with the token endpoint |
//! | the token endpoint | the client is not the right one | 401 `invalid_client` |
//! | the token endpoint | the refresh token is not the valid one | 400 `invalid_grant` |
//! | the token endpoint | | the next identity token; with [rotation](Issuer::rotates) also a new refresh token, and the old one is not valid any more |
//! | anything else | | 404 |

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use kube_test_server::serve::{Authority, ClientAuth};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// How well an issuer works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It works.
    #[default]
    Well,
    /// It is down.
    Down,
    /// It sends nonsense.
    Babbles,
}

/// An issuer with one client and one user.
#[derive(Clone, Debug, Default)]
pub struct Issuer {
    /// The client's id.
    pub client_id: String,
    /// The client's secret; empty for a public client.
    pub client_secret: String,
    /// It expects the secret in the body, and refuses it in a header.
    pub secret_in_body: bool,
    /// Each refresh token is good for one use.
    pub rotates: bool,
    /// How well it works.
    pub mood: Mood,
    /// When it issues tokens, in seconds of unix time.
    pub now: u64,
    /// How long they live, in seconds.
    pub life: u64,
    /// Identity tokens given so far.
    pub given: u64,
}

impl Issuer {
    /// For this client; tokens live for an hour.
    #[must_use]
    pub fn new(client_id: &str, client_secret: &str) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into(), life: 3600, ..Self::default() }
    }

    /// The `number`-th identity token, if it was issued at that time.
    #[must_use]
    pub fn id_token(&self, number: u64, issued: u64) -> String {
        let claims = json!({"sub": "oidc", "jti": number.to_string(), "iat": issued, "exp": issued + self.life});
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(json!({"alg": "none"})), part(claims), URL_SAFE_NO_PAD.encode("id-t0ken"))
    }

    /// The valid refresh token after this many identity tokens.
    #[must_use]
    pub fn refresh_token(&self, given: u64) -> String {
        format!("refresh-t0ken-{}", if self.rotates { given } else { 0 })
    }

    /// Answers a request; `base` is its own URL.
    pub fn handle(&mut self, request: &Request<Bytes>, base: &str) -> Response<Bytes> {
        match self.mood {
            Mood::Down => return answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": "temporarily_unavailable"})),
            Mood::Babbles => return Response::new(Bytes::from_static(b"<html>Please log in</html>")),
            Mood::Well => {}
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/.well-known/openid-configuration") => {
                let method = if self.secret_in_body { "client_secret_post" } else { "client_secret_basic" };
                let document = json!({
                    "issuer": base, "token_endpoint": format!("{base}/token"),
                    "token_endpoint_auth_methods_supported": [method],
                });
                answer(StatusCode::OK, &document)
            }
            (&Method::POST, "/token") => self.token(request),
            _ => answer(StatusCode::NOT_FOUND, &json!({"error": "not_found"})),
        }
    }

    fn token(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let form = Form::of(request.body());
        let shown = if self.secret_in_body || self.client_secret.is_empty() {
            Some((form.text("client_id"), form.text("client_secret")))
        } else {
            basic(request)
        };
        if shown != Some((self.client_id.clone(), self.client_secret.clone())) {
            return answer(StatusCode::UNAUTHORIZED, &json!({"error": "invalid_client"}));
        }
        let good = form.text("refresh_token") == self.refresh_token(self.given);
        if form.text("grant_type") != "refresh_token" || !good {
            return answer(
                StatusCode::BAD_REQUEST,
                &json!({"error": "invalid_grant", "error_description": "not this one"}),
            );
        }
        self.given += 1;
        let mut document = json!({
            "token_type": "Bearer", "access_token": "access-t0ken", "id_token": self.id_token(self.given, self.now),
            "expires_in": self.life,
        });
        if self.rotates
            && let Some(document) = document.as_object_mut()
        {
            document.insert("refresh_token".into(), self.refresh_token(self.given).into());
        }
        answer(StatusCode::OK, &document)
    }
}

fn answer(status: StatusCode, document: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(document.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn basic(request: &Request<Bytes>) -> Option<(String, String)> {
    let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((decoded(id), decoded(secret)))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The fields of a form.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    fn text(&self, name: &str) -> String {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// An issuer on a socket of 127.0.0.1, over TLS. Dropped, it ends.
#[derive(Debug)]
pub struct BoundIssuer {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    issuer: Mutex<Issuer>,
    base: String,
    tls: Arc<rustls::ServerConfig>,
    stop: AtomicBool,
}

impl BoundIssuer {
    /// Listens, with a certificate of this authority.
    ///
    /// # Errors
    /// There is no port, or no certificate.
    pub fn start(issuer: Issuer, authority: &Authority) -> io::Result<Self> {
        Self::named("127.0.0.1", issuer, authority)
    }

    /// The same, which calls itself by this name in its URLs: one of [`Authority::server_config`]'s own.
    ///
    /// # Errors
    /// There is no port, or no certificate.
    pub fn named(host: &str, issuer: Issuer, authority: &Authority) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            issuer: Mutex::new(issuer),
            base: format!("https://{host}:{}", address.port()),
            tls: authority.server_config(&[], ClientAuth::Off)?,
            stop: AtomicBool::new(false),
        });
        let accepting = std::thread::Builder::new().name("issuer".into()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                for socket in listener.incoming() {
                    if shared.stop.load(Ordering::Acquire) {
                        return;
                    }
                    let (Ok(socket), shared) = (socket, Arc::clone(&shared)) else { continue };
                    std::thread::spawn(move || serve(&shared, socket));
                }
            }
        })?;
        Ok(Self { shared, address, accepting: Some(accepting) })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    /// Looks into the issuer, or changes it.
    pub fn with<T>(&self, what: impl FnOnce(&mut Issuer) -> T) -> T {
        what(&mut self.shared.issuer())
    }
}

impl Drop for BoundIssuer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.accepting.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn issuer(&self) -> MutexGuard<'_, Issuer> {
        self.issuer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection to its end: `None` and errors end it.
fn serve(shared: &Shared, socket: TcpStream) -> Option<()> {
    let session = rustls::ServerConnection::new(Arc::clone(&shared.tls)).ok()?;
    let mut stream = rustls::StreamOwned::new(session, socket);
    let mut buffer = Vec::new();
    loop {
        let request = loop {
            if let Some(request) = request(&mut buffer)? {
                break request;
            }
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk) {
                Ok(n @ 1..) => buffer.extend_from_slice(chunk.get(..n)?),
                _ => return None,
            }
        };
        let response = shared.issuer().handle(&request, &shared.base);
        let mut head = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", response.status(), response.body().len());
        if let Some(kind) = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) {
            head += &format!("Content-Type: {kind}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
        stream.write_all(response.body()).ok()?;
        stream.flush().ok()?;
    }
}

/// The next request, taken from the front; `Some(None)` if more bytes are needed, `None` if it makes no sense.
#[allow(clippy::option_option, reason = "the outer one is for `?`")]
fn request(buffer: &mut Vec<u8>) -> Option<Option<Request<Bytes>>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = parsed.parse(buffer).ok()? else { return Some(None) };
    let mut request = Request::builder().method(parsed.method?).uri(parsed.path?);
    let mut length = 0;
    for field in parsed.headers.iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(field.value).ok()?.parse::<usize>().ok()?.min(LIMIT);
        }
        request = request.header(field.name, field.value);
    }
    if buffer.len() < head + length {
        return Some(None);
    }
    let body = buffer.get(head..head + length)?.to_vec();
    buffer.drain(..head + length);
    Some(Some(request.body(body.into()).ok()?))
}

/// The most bytes of a body.
const LIMIT: usize = 64 << 10;
