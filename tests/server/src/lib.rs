//! An in-memory Kubernetes API server for tests.
//!
//! [`Server`] is a state machine: a request and the time go in, a [`Reply`] comes out. It has no sockets, no clock, no
//! threads and no randomness but a seed, so the same requests give the same bytes. [`serve`] binds a server to a port of
//! 127.0.0.1, where any client of Kubernetes can use it.
//!
//! # On a socket
//!
#![cfg_attr(feature = "serve", doc = "```")]
#![cfg_attr(not(feature = "serve"), doc = "```ignore")]
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use kube_test_server::serve::{Binding, Bound};
//! use kube_test_server::{Options, Server};
//!
//! // Any free port. A request without a credential has the administrator's rights.
//! let bound = Bound::start(Server::new(Options::default()), Binding::plain().trusting("admin"))?;
//!
//! // A client needs `bound.url()`, or the file that `bound.kubeconfig("admin")` gives. Here a socket will do.
//! let mut socket = TcpStream::connect(bound.address())?;
//! socket.write_all(b"GET /api/v1/namespaces/default HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
//! let mut response = String::new();
//! socket.read_to_string(&mut response)?;
//! assert!(response.starts_with("HTTP/1.1 200 OK\r\n"));
//! // All threads and connections end when `bound` is dropped.
//! # std::io::Result::Ok(())
//! ```
//!
//! # Without sockets
//!
//! ```
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use http::Request;
//! use kube_test_server::{Identity, Options, Server};
//!
//! let now = Duration::from_secs(1_767_225_600);
//! let mut server = Server::new(Options::default());
//! let map = Bytes::from_static(br#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#);
//! let request = Request::post("/api/v1/namespaces/default/configmaps")
//!     .header("content-type", "application/json")
//!     .body(map)
//!     .unwrap();
//! let response = server.handle(request, &Identity::admin(), now).response().unwrap();
//! assert_eq!(response.status(), 201);
//! ```
//!
//! A watch is a [`Reply::Watch`]. [`Server::poll_watch`] gives its bytes: call it again after each [`Chunk::Data`], and
//! after [`Chunk::Idle`] when [`Server::generation`] has changed or its time has come.
//!
//! # What it does
//!
//! - The built-in kinds of Kubernetes 1.36, and custom ones as soon as their `CustomResourceDefinition` is created:
//!   create, get, list, watch, update, patch (JSON, merge, strategic merge, apply), delete and deletecollection.
//! - Resource versions, pages, compaction, bookmarks, streaming lists, selectors, dry run, preconditions, finalizers,
//!   garbage collection, managed fields, defaults, validation and pruning, tables, protobuf, discovery in both forms.
//! - The subresources `status`, `scale`, `log`, `eviction`, `binding`, `token`, `finalize`, `approval`, `resize` and
//!   `ephemeralcontainers`.
//! - [Admission webhooks](Server::host_webhooks) in this process or over sockets, and conversion by webhooks.
//! - Port-forward, to the ports of a [simulated container](forward) and to a test's own functions.
//! - [Users](User) with tokens, passwords and client certificates, [rules](Rule) for their permissions, impersonation,
//!   and the reviews of tokens and of access. If asked to ([`Options::rbac`]), stored roles and bindings count too.
//!
//! [`Options`] has the limits, and the behaviour in which real servers differ, such as [`Gone`] and [`Grace`].
//!
//! # What it does not do
//!
//! Nothing runs beside the API: no controller makes pods of a deployment, no scheduler and no kubelet starts one. A test
//! writes a pod's status and [its log](Server::set_log) itself, and [starts](Server::start_container),
//! [ends](Server::end_container) and [restarts](Server::restart_container) its containers. `exec` and `attach` run the programs of
//! a [simulated container](container). Aggregated API servers are not called.
//!
//! # Features
//!
//! | feature | by default | what |
//! |---|---|---|
//! | `serve` | yes | [`serve`]: a loopback socket, HTTP/1.1, plain or in TLS; and the binary `api-server` |
//! | `http2` | yes | HTTP/2 for clients that offer it in TLS |

// Published documentation shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod auth;
pub mod container;
mod context;
mod convert;
mod crd;
mod decode;
mod defaults;
pub mod demo;
mod discovery;
pub mod echo;
pub mod forward;
mod go;
mod gzip;
mod health;
mod kinds;
mod managed;
mod meta;
mod negotiate;
mod openapi;
mod options;
mod patch;
mod protobuf;
mod rbac;
mod render;
mod reply;
mod request;
mod review;
mod rng;
mod schema;
mod selector;
#[cfg(feature = "serve")]
pub mod serve;
pub mod status;
mod store;
mod sub;
mod switch;
mod table;
mod validate;
mod verbs;
mod warn;
mod watch;
mod webhook;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub use auth::{Identity, PeerSubject, UserInfo};
pub use options::{Gone, Grace, Options, Rule, Secret, User};
pub use reply::{Chunk, Reply, Upgrade, Watch};
pub use switch::{Protocol, Turn};
pub use watch::WatchState;
pub use webhook::{Answered, Audited, CallFault, Conversion, Progress, ROUNDS, Suspended, WebhookCall};

/// For the kubectl example, as [`yaml`] is. Not a stable API.
#[doc(hidden)]
pub use validate::label_value;

use context::Cx;
use kinds::Registry;
use rng::Rng;
use status::{Failure, Outcome};
use store::Store;

/// The server's state and options.
#[derive(Debug)]
pub struct Server {
    options: Options,
    rng: Rng,
    store: Store,
    registry: Registry,
    /// Logs by namespace, pod and container.
    logs: BTreeMap<(String, String, String), sub::Log>,
    /// The number of times that the kubelets were started.
    kubelet: u64,
    /// The programs of all containers, beside the built-in ones.
    programs: container::Programs,
    /// Files by namespace, pod and container.
    files: BTreeMap<(String, String, String), container::Files>,
    /// What listens on the ports of pods, by namespace and pod.
    ports: BTreeMap<(String, String), BTreeMap<u16, forward::PortService>>,
    /// Permissions by the stored roles.
    rbac: rbac::Known,
    /// Issued tokens.
    tokens: BTreeMap<String, sub::Token>,
    /// Objects that wait for the garbage collector: shelf and key.
    uncollected: BTreeSet<(String, String)>,
    /// The time of the latest call.
    now: Duration,
    generation: u64,
    requests: u64,
    /// The handlers of hosted webhooks, by host.
    hosts: BTreeMap<String, kube_proto::admission::Handlers>,
    /// Audit annotations of webhooks.
    audited: VecDeque<Audited>,
}

impl Server {
    /// A server that has only the initial namespaces.
    pub fn new(options: Options) -> Self {
        let mut server = Server {
            rng: Rng::new(options.seed),
            store: Store::new(options.first_version, options.history),
            registry: Registry::built_in(),
            logs: BTreeMap::new(),
            kubelet: 0,
            programs: container::Programs::default(),
            files: BTreeMap::new(),
            ports: BTreeMap::new(),
            rbac: rbac::Known::default(),
            tokens: BTreeMap::new(),
            uncollected: BTreeSet::new(),
            now: options.start,
            generation: 0,
            requests: 0,
            hosts: BTreeMap::new(),
            audited: VecDeque::new(),
            options,
        };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            server.create_namespace(name);
        }
        server
    }

    /// Answers one request. `now` is the time since the Unix epoch. Webhooks are called if they are
    /// [hosted](Self::host_webhooks); others refuse the connection.
    pub fn handle(&mut self, request: Request<Bytes>, identity: &Identity, now: Duration) -> Reply {
        let mut progress = self.begin(request, identity, now);
        loop {
            match progress {
                Progress::Done(reply) => return reply,
                Progress::Calls(suspended) => {
                    let answers = self.answer_hosted(suspended.calls());
                    progress = self.resume(suspended, answers, now);
                }
            }
        }
    }

    /// Compacts, collects garbage and removes pods whose grace period is over. Call it when time alone should change
    /// the state.
    pub fn tick(&mut self, now: Duration) {
        self.now = now;
        if let Some(every) = self.options.compact_every {
            self.store.compact_by_time(now, every);
        }
        let before = self.store.version();
        self.collect(now);
        self.reap_pods(now);
        if self.store.version() != before {
            self.generation += 1;
        }
    }

    /// Drops the history up to a version: watches, lists and continue tokens of older versions get 410.
    pub fn compact(&mut self, version: u64) {
        self.store.compact(version);
    }

    /// The version of the latest change.
    pub fn version(&self) -> u64 {
        self.store.version()
    }

    /// Changes whenever open watches may have something new.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The number of handled requests.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The settings. A change takes effect with the next request.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn route(&mut self, cx: &mut Cx<'_>, identity: &Identity) -> Outcome<Reply> {
        cx.unadmitted = true;
        self.admit(cx, identity)?;
        cx.unadmitted = false;
        if let Some(timeout) = cx.query.text("timeout")
            && !request::is_duration(timeout)
        {
            let text = format!("invalid timeout specified in the request URL - time: invalid duration \"{timeout}\"");
            return Err(Failure::bad_request(text));
        }
        if cx.body.len() > self.options.body_limit {
            return Err(Failure::too_large(self.options.body_limit));
        }
        if cx.info.is_resource {
            return self.resource(cx);
        }
        self.document(cx)
    }

    /// Adds the headers of every response.
    fn finish(&mut self, cx: &Cx<'_>, reply: &mut Reply) {
        let audit = match cx.headers.get("audit-id") {
            Some(sent) => sent.clone(),
            None => text_value(&self.rng.uuid()),
        };
        let authenticated = cx.authenticated;
        if let Reply::Response(response) = reply {
            cx.compress(response, self.options.gzip_over);
        }
        let headers = reply.headers_mut();
        headers.insert("audit-id", audit);
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        }
        if authenticated {
            headers.insert("x-kubernetes-pf-flowschema-uid", HeaderValue::from_static(FLOW_SCHEMA));
            headers.insert("x-kubernetes-pf-prioritylevel-uid", HeaderValue::from_static(PRIORITY_LEVEL));
        }
        add_warnings(headers, &cx.warnings);
    }
}

/// Compiles the README's example.
#[cfg(all(doctest, feature = "serve"))]
#[doc = include_str!("../README.md")]
struct Readme;

const FLOW_SCHEMA: &str = "1a2f6c1e-3f0c-4d6e-9b52-0c5b8f1f5a01";
const PRIORITY_LEVEL: &str = "5d7f0f4b-0a8e-4b0e-8d0a-6f1f2f3c9b02";

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

/// Adds warnings, each once. If all have more than 4,096 characters together, each is cut at 256, and those beyond are left out.
fn add_warnings(headers: &mut HeaderMap, warnings: &[String]) {
    let total: usize = warnings
        .iter()
        .enumerate()
        .filter(|(at, text)| !warnings.iter().take(*at).any(|one| one == *text))
        .map(|(_, text)| text.chars().count())
        .sum();
    let (mut seen, mut sent) = (Vec::new(), 0);
    for warning in warnings {
        let cut: String;
        let text = if total > 4096 {
            cut = warning.chars().take(256).collect();
            &cut
        } else {
            warning
        };
        sent += text.chars().count();
        if !seen.contains(&warning) && sent <= 4096 {
            seen.push(warning);
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            headers.append(header::WARNING, text_value(&format!("299 - \"{text}\"")));
        }
    }
}
