//! Watches: the position of a reader, and its next event. Followed logs work the same way.

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Server;
use super::context::{Cx, response};
use super::kinds::Resource;
use super::meta::Json;
use super::negotiate::Shape;
use super::options::Gone;
use super::protobuf;
use super::render;
use super::reply::{Chunk, Reply, Watch};
use super::selector::Selection;
use super::status::{Failure, FieldError, Outcome};
use super::store::Object;
use super::sub::Follower;

/// The position of a reader in a growing body.
#[derive(Debug)]
pub struct WatchState {
    source: Source,
    deadline: Option<Duration>,
    ended: bool,
    /// Each chunk is a gzip member of its own.
    compressed: bool,
}

#[derive(Debug)]
enum Source {
    Events(Box<Events>),
    Log(Follower),
}

#[derive(Debug)]
struct Events {
    resource: Arc<Resource>,
    namespace: String,
    selection: Selection,
    shape: Shape,
    /// The reader has all changes up to this version (after the initial objects).
    cursor: u64,
    initial: VecDeque<Arc<Object>>,
    /// The bookmark that ends the initial objects.
    initial_end: bool,
    bookmarks: bool,
    next_bookmark: Duration,
    bookmark_every: Duration,
    last_bookmark_sent: bool,
    /// The only event, if there is one.
    error: Option<Failure>,
    /// Whether the column definitions are sent.
    headed: bool,
    /// Whether rows of tables carry whole objects.
    whole: bool,
    protobuf: bool,
    now: Duration,
}

impl Server {
    pub(crate) fn watch(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let accepted = cx.negotiate(true)?;
        let shape = match accepted.shape {
            Shape::PartialList => Shape::Partial,
            other => other,
        };
        let options = WatchOptions::parse(self, cx)?;
        let mut selection = Selection::parse(&cx.query, resource)?;
        if !cx.info.name.is_empty() {
            selection.only_name(&cx.info.name);
        }
        let current = self.store.version();
        let prefix = if cx.info.namespace.is_empty() || !resource.namespaced {
            String::new()
        } else {
            format!("{}/", cx.info.namespace)
        };
        if options.initial && options.version > 0 {
            self.not_from_the_future(options.version)?;
        }
        let mut initial = VecDeque::new();
        let mut error = None;
        let mut cursor = options.version;
        if options.initial {
            initial
                .extend(self.store.under(&resource.storage, &prefix).filter(|o| selection.matches(&o.value)).cloned());
            cursor = current;
        } else if options.version == 0 {
            cursor = current;
        } else if options.version < self.store.oldest(&resource.storage) {
            let oldest = self.store.oldest(&resource.storage);
            let failure = Failure::expired(format!("too old resource version: {} ({oldest})", options.version));
            match self.options.gone {
                Gone::Event => error = Some(failure),
                Gone::Http => return Err(failure),
            }
        }
        let lasts = match options.timeout {
            Some(seconds) => Duration::from_secs(seconds),
            None => {
                let least = self.options.watch_timeout;
                let spread = u64::try_from(least.as_millis()).unwrap_or(u64::MAX);
                least.saturating_add(Duration::from_millis(self.rng.below(spread)))
            }
        };
        let every = self.options.bookmark_every;
        let events = Events {
            resource: resource.clone(),
            namespace: if resource.namespaced { cx.info.namespace.clone() } else { String::new() },
            selection,
            shape,
            cursor,
            initial,
            initial_end: options.send_initial && options.bookmarks,
            bookmarks: options.bookmarks,
            next_bookmark: cx.now.saturating_add(every),
            bookmark_every: every,
            // Such a short watch has no last bookmark.
            last_bookmark_sent: lasts <= Duration::from_secs(2),
            error,
            headed: false,
            whole: super::table::whole(cx)?,
            protobuf: accepted.protobuf,
            now: cx.now,
        };
        // Only what the request itself asks for counts.
        let explicit = cx.query.flag_if_set("sendInitialEvents") == Some(true) && options.bookmarks;
        let compressed = self.options.compress_watches && explicit && cx.accepts_gzip();
        let state = WatchState {
            source: Source::Events(Box::new(events)),
            deadline: Some(cx.now.saturating_add(lasts)),
            ended: false,
            compressed,
        };
        let media =
            if accepted.protobuf { "application/vnd.kubernetes.protobuf;stream=watch" } else { "application/json" };
        let mut head = head(media);
        if compressed {
            head.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            head.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        Ok(Reply::Watch(Box::new(Watch { head, state })))
    }

    /// The reply for a followed log.
    pub(crate) fn follow(&self, follower: Follower) -> Reply {
        let state = WatchState { source: Source::Log(follower), deadline: None, ended: false, compressed: false };
        Reply::Watch(Box::new(Watch { head: head("text/plain"), state }))
    }

    /// The next piece of a growing body: at most one event.
    pub fn poll_watch(&self, watch: &mut WatchState, now: Duration) -> Chunk {
        if watch.ended {
            return Chunk::End;
        }
        self.convert_hosted(watch);
        let chunk = match &mut watch.source {
            Source::Events(events) => self.poll_events(events, watch.deadline, now),
            Source::Log(follower) => self.poll_log(follower),
        };
        watch.ended = chunk == Chunk::End;
        match chunk {
            Chunk::Data(data) if watch.compressed => Chunk::Data(super::gzip::pack(&data).unwrap_or_default()),
            chunk => chunk,
        }
    }

    fn poll_events(&self, events: &mut Events, deadline: Option<Duration>, now: Duration) -> Chunk {
        events.now = now;
        if let Some(failure) = events.error.take() {
            // The error is the only event: the cursor ends the stream at the next poll.
            events.last_bookmark_sent = true;
            events.cursor = u64::MAX;
            events.initial.clear();
            events.initial_end = false;
            if events.protobuf {
                return Chunk::Data(protobuf::failed(&failure));
            }
            return Chunk::Data(render::event("ERROR", &failure.document()));
        }
        if events.cursor == u64::MAX {
            return Chunk::End;
        }
        if let Some(object) = events.initial.pop_front() {
            return self.change(events, "ADDED", &object);
        }
        if std::mem::take(&mut events.initial_end) {
            return self.bookmark(events, events.cursor, true);
        }
        if deadline.is_some_and(|d| now >= d) {
            return Chunk::End;
        }
        if let Some(shelf) = self.store.shelf(&events.resource.storage) {
            if events.cursor < shelf.trimmed {
                // The history lacks the next changes: a reader that slow is cut off.
                return Chunk::End;
            }
            for change in shelf.after(events.cursor) {
                events.cursor = change.version;
                let ours = events.namespace.is_empty() || change.after.namespace() == events.namespace;
                if !ours {
                    continue;
                }
                let was = change.before.as_ref().is_some_and(|b| events.selection.matches(&b.value));
                let is = !change.deleted && events.selection.matches(&change.after.value);
                let kind = match (was, is) {
                    (false, false) => continue,
                    (false, true) => "ADDED",
                    (true, true) => "MODIFIED",
                    (true, false) => "DELETED",
                };
                let object = match (&change.before, is, change.deleted) {
                    // An object that left the selection is shown as it last matched, with the version of the change.
                    (Some(before), false, false) => {
                        let shown = before.view(&events.resource.api_version()).unwrap_or_else(|| before.clone());
                        let mut value = shown.value.clone();
                        let version = change.version.to_string();
                        super::meta::meta_mut(&mut value).insert("resourceVersion".into(), version.into());
                        Object::new(value)
                    }
                    _ => change.after.clone(),
                };
                return self.change(events, kind, &object);
            }
        }
        if !events.bookmarks {
            return Chunk::Idle { until: deadline };
        }
        let farewell = deadline.map(|d| d.saturating_sub(Duration::from_secs(2)));
        if !events.last_bookmark_sent && farewell.is_some_and(|f| now >= f) {
            events.last_bookmark_sent = true;
            return self.bookmark(events, self.seen(events), false);
        }
        if now >= events.next_bookmark {
            events.next_bookmark = now.saturating_add(events.bookmark_every);
            return self.bookmark(events, self.seen(events), false);
        }
        let mut until = events.next_bookmark;
        if let Some(deadline) = deadline {
            until = until.min(deadline);
            if let Some(farewell) = farewell.filter(|_| !events.last_bookmark_sent) {
                until = until.min(farewell);
            }
        }
        Chunk::Idle { until: Some(until) }
    }

    /// The version of a bookmark: the reader has all changes of this resource up to it.
    fn seen(&self, events: &Events) -> u64 {
        events.cursor.max(self.store.version())
    }

    /// The next object of a watch, if a webhook has to convert it first.
    pub(crate) fn next_unconverted(&self, watch: &WatchState) -> Option<(Arc<Resource>, Arc<Object>)> {
        let Source::Events(events) = &watch.source else { return None };
        let resource = &events.resource;
        resource.conversion()?;
        let lacks = |object: &Object| {
            let version = resource.api_version();
            let known = object.view(&version).is_some() || object.view_failure(&version).is_some();
            !known && resource.converts_by_webhook(&object.value)
        };
        let next = match events.initial.front() {
            Some(object) => [Some(object.clone()), None],
            None => {
                let ours = |change: &&super::store::Change| {
                    events.namespace.is_empty() || change.after.namespace() == events.namespace
                };
                let change = self.store.shelf(&resource.storage)?.after(events.cursor).find(ours)?;
                [Some(change.after.clone()), change.before.clone()]
            }
        };
        let found = next.into_iter().flatten().find(|object| lacks(object));
        found.map(|object| (Arc::clone(resource), object))
    }

    fn change(&self, events: &mut Events, kind: &str, object: &Arc<Object>) -> Chunk {
        let version = events.resource.api_version();
        let by_webhook = events.resource.converts_by_webhook(&object.value);
        let view = object.view(&version).filter(|_| by_webhook);
        if by_webhook && view.is_none() {
            let why = object.view_failure(&version).unwrap_or_default();
            events.cursor = u64::MAX;
            events.initial.clear();
            events.initial_end = false;
            return Chunk::Data(render::event("ERROR", &Failure::unknown(why).document()));
        }
        let object = view.as_ref().unwrap_or(object);
        if events.protobuf {
            let resource = &events.resource;
            let body = match events.shape {
                Shape::Object => protobuf::document(&resource.api_version(), &resource.kind, &object.value),
                _ => protobuf::partial(&object.value),
            };
            return Chunk::Data(protobuf::event(kind, body));
        }
        let body = match events.shape {
            Shape::Partial | Shape::PartialList => render::partial(&object.value),
            Shape::Object => render::stored(&events.resource, object),
            Shape::Table(version) => {
                let first = !std::mem::replace(&mut events.headed, true);
                self.table_event(version, events.now, &events.resource, object, first, events.whole)
            }
        };
        Chunk::Data(render::event(kind, &body))
    }

    fn bookmark(&self, events: &mut Events, version: u64, initial_end: bool) -> Chunk {
        let resource = &events.resource;
        let (kind, api_version) = match events.shape {
            Shape::Partial | Shape::PartialList => ("PartialObjectMetadata".to_owned(), "meta.k8s.io/v1".to_owned()),
            _ => (resource.kind.clone(), resource.api_version()),
        };
        let object = render::bookmark(&kind, &api_version, version, initial_end);
        events.cursor = events.cursor.max(version);
        if events.protobuf {
            return Chunk::Data(protobuf::event("BOOKMARK", protobuf::document(&api_version, &kind, &object)));
        }
        let body = match events.shape {
            Shape::Table(version) => {
                let first = !std::mem::replace(&mut events.headed, true);
                self.table_event(version, events.now, resource, &Object::new(object), first, events.whole)
            }
            _ if resource.custom.is_some() => render::json_bytes(&object).into(),
            _ => render::document(&with_zero_values(object)).into(),
        };
        Chunk::Data(render::event("BOOKMARK", &body))
    }
}

impl WatchState {
    /// When the server ends the body.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }
}

/// The options of a watch, after the server's defaults.
struct WatchOptions {
    version: u64,
    /// Begin with the current objects.
    initial: bool,
    /// The client asked for a streaming list.
    send_initial: bool,
    bookmarks: bool,
    timeout: Option<u64>,
}

impl WatchOptions {
    fn parse(server: &Server, cx: &Cx<'_>) -> Outcome<Self> {
        let mut errors = Vec::new();
        let text = cx.query.first("resourceVersion").unwrap_or_default();
        let matching = cx.query.text("resourceVersionMatch");
        let mut send_initial = cx.query.flag_if_set("sendInitialEvents");
        let gate = server.options.watch_list;
        let field = "resourceVersionMatch";
        if send_initial.is_some() {
            if matching != Some("NotOlderThan") {
                let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
                errors.push(FieldError::forbidden(field, detail));
            }
            if !gate {
                let detail = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
                errors.push(FieldError::forbidden("sendInitialEvents", detail));
            }
        }
        if let Some(how) = matching {
            if send_initial.is_none() {
                let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
                errors.push(FieldError::forbidden(field, detail));
            }
            if how != "NotOlderThan" {
                errors.push(FieldError::not_supported(field, &how.into(), &["NotOlderThan"]));
            }
            if cx.query.text("continue").is_some() {
                errors
                    .push(FieldError::forbidden(field, "resourceVersionMatch is forbidden when continue is provided"));
            }
        }
        if !errors.is_empty() {
            return Err(Failure::invalid("meta.k8s.io", "ListOptions", "", &errors));
        }
        let version: u64 = match text {
            "" => 0,
            text => text.parse().map_err(|_| super::verbs::unreadable_version(text))?,
        };
        let legacy = version == 0 && send_initial.is_none() && matching.is_none();
        if legacy && gate {
            send_initial = Some(true);
        }
        let timeout = cx.query.integer("timeoutSeconds").map_err(Failure::bad_request)?;
        Ok(WatchOptions {
            version,
            initial: send_initial == Some(true) || legacy,
            send_initial: send_initial == Some(true),
            bookmarks: cx.query.flag("allowWatchBookmarks"),
            timeout: timeout.and_then(|t| u64::try_from(t).ok()).filter(|t| *t > 0),
        })
    }
}

fn head(media: &'static str) -> Response<()> {
    response(200, media, Bytes::new()).map(|_| ())
}

/// Adds the fields that Go writes for an object that has only metadata.
fn with_zero_values(mut object: Json) -> Json {
    use serde_json::json;
    let template = || json!({"metadata": {}, "spec": {"containers": null}});
    let (spec, status) = match object.get("kind").and_then(|k| k.as_str()).unwrap_or_default() {
        "Pod" => (json!({"containers": null}), json!({})),
        "Deployment" => (json!({"selector": null, "template": template(), "strategy": {}}), json!({})),
        "ReplicaSet" => (json!({"selector": null}), json!({"replicas": 0})),
        "StatefulSet" => (
            json!({"selector": null, "template": template(), "updateStrategy": {}}),
            json!({"replicas": 0, "availableReplicas": 0}),
        ),
        "Service" => (json!({}), json!({"loadBalancer": {}})),
        "LimitRange" => {
            object.insert("spec".into(), json!({"limits": null}));
            return object;
        }
        "Node" | "Namespace" | "Job" => (json!({}), json!({})),
        _ => return object,
    };
    object.insert("spec".into(), spec);
    object.insert("status".into(), status);
    object
}
