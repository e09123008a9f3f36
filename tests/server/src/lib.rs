//! An in-memory Kubernetes API server.
//!
//! [`Server`] is a machine without IO: requests and the time go in, [replies](Reply) come out. It has no clock, no
//! threads and no randomness but a seed, so the same requests give the same bytes. [`serve`] binds it to a socket.
//!
//! ```
//! use bytes::Bytes;
//! use http::Request;
//! use kube_test_server::{Identity, Options, Server};
//! use std::time::Duration;
//!
//! let now = Duration::from_secs(1_767_225_600);
//! let mut server = Server::new(Options::default());
//! let admin = Identity::user("admin", &["system:masters"]);
//! let request = Request::get("/api/v1/namespaces/default").body(Bytes::new()).unwrap();
//! let response = server.handle(request, &admin, now).response().unwrap();
//! assert_eq!(response.status(), 200);
//! ```
//!
//! A watch is a [`Reply::Watch`]: ask [`Server::poll_watch`] for its bytes, again after each [`Chunk::Data`], and after
//! [`Chunk::Idle`] when [`Server::generation`] has changed or the time named has come.
//!
//! What is served is data: the kinds are one table (`kinds`), users and their rules are [`Options`].

mod auth;
mod context;
mod convert;
mod crd;
mod decode;
mod defaults;
pub mod demo;
mod discovery;
pub mod echo;
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
mod structural;
mod sub;
mod table;
mod validate;
mod verbs;
mod warn;
mod watch;
#[doc(hidden)]
pub mod yaml;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use auth::{Identity, PeerSubject, UserInfo};
pub use options::{Gone, Grace, Options, Rule, Secret, User};
pub use reply::{Chunk, Reply, Upgrade, Watch};
pub use watch::WatchState;

/// What the kubectl example takes from here beside [`yaml`]: no promise is made for it.
#[doc(hidden)]
pub use validate::label_value;

use context::Cx;
use kinds::Registry;
use rng::Rng;
use status::{Failure, Outcome};
use store::Store;

/// The server: what it stores and what it was told at birth.
#[derive(Debug)]
pub struct Server {
    options: Options,
    rng: Rng,
    store: Store,
    registry: Registry,
    /// Logs by namespace, pod and container.
    logs: BTreeMap<(String, String, String), sub::Log>,
    /// Tokens that were given out.
    tokens: BTreeMap<String, sub::Token>,
    /// Objects that wait for the garbage collector: shelf and key.
    uncollected: BTreeSet<(String, String)>,
    /// The latest time that was told.
    now: Duration,
    generation: u64,
    requests: u64,
}

impl Server {
    /// A server with nothing in it but its own namespaces.
    pub fn new(options: Options) -> Self {
        let mut server = Server {
            rng: Rng::new(options.seed),
            store: Store::new(options.first_version, options.history),
            registry: Registry::built_in(),
            logs: BTreeMap::new(),
            tokens: BTreeMap::new(),
            uncollected: BTreeSet::new(),
            now: options.start,
            generation: 0,
            requests: 0,
            options,
        };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            server.create_namespace(name);
        }
        server
    }

    /// Answers one request. `now` is the time since the Unix epoch.
    pub fn handle(&mut self, request: Request<Bytes>, identity: &Identity, now: Duration) -> Reply {
        let (parts, body) = request.into_parts();
        self.requests += 1;
        self.now = now;
        let mut cx = Cx::new(&parts, &body, now);
        let before = self.store.version();
        self.collect(now);
        let result = self.route(&mut cx, identity);
        if self.store.version() != before {
            self.generation += 1;
        }
        let mut reply = match result {
            Ok(reply) => reply,
            Err(failure) => cx.refuse(&failure),
        };
        self.finish(&cx, &mut reply);
        reply
    }

    /// Housekeeping: compaction, and pods whose grace is over. Call it now and then, at least when time alone should
    /// bring something.
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

    /// Forgets the history up to a version: older ones can be neither watched nor listed nor continued.
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

    /// How many requests were handled.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The settings. What is changed here holds from the next request on.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    fn route(&mut self, cx: &mut Cx<'_>, identity: &Identity) -> Outcome<Reply> {
        cx.at_the_door = true;
        self.admit(cx, identity)?;
        cx.at_the_door = false;
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

    /// Headers that every answer has.
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

const FLOW_SCHEMA: &str = "1a2f6c1e-3f0c-4d6e-9b52-0c5b8f1f5a01";
const PRIORITY_LEVEL: &str = "5d7f0f4b-0a8e-4b0e-8d0a-6f1f2f3c9b02";

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn add_warnings(headers: &mut HeaderMap, warnings: &[String]) {
    let mut seen = Vec::new();
    for warning in warnings {
        if !seen.contains(&warning) {
            seen.push(warning);
            let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
            headers.append(header::WARNING, text_value(&format!("299 - \"{text}\"")));
        }
    }
}
