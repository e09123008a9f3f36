//! A server of config maps only, for simulations by the ten thousand. It answers lists and watches as the in-memory
//! [server](kube_test_server) does (a test compares the two), at a fraction of the cost.
//!
//! It supports label selectors of the form `app=x`, field selectors of the form `metadata.name=x`, pages, the rules of
//! resource versions, streaming lists, bookmarks, time-outs, and objects as a whole or as metadata. Writes are function
//! calls.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use kube_test_server::status::{Failure, FieldError, Outcome};
use kube_test_server::{Chunk, Gone};
use percent_encoding::percent_decode_str;

/// The objects, and every change that led to them.
#[derive(Debug)]
pub(super) struct Plain {
    objects: BTreeMap<String, Rc<State>>,
    changes: Vec<Change>,
    version: u64,
    compacted: u64,
    generation: u64,
    uids: u64,
    pub(super) streaming: bool,
    pub(super) gone: Gone,
    pub(super) bookmark_every: Duration,
}

/// One version of one object.
#[derive(Debug)]
struct State {
    version: u64,
    key: String,
    name: String,
    app: String,
    uid: String,
    data: String,
    metadata: String,
}

#[derive(Debug)]
struct Change {
    version: u64,
    before: Option<Rc<State>>,
    after: Rc<State>,
    deleted: bool,
}

/// The objects of a request, and their form.
#[derive(Debug, Default)]
struct Selection {
    /// `namespace/`, or nothing.
    prefix: String,
    app: Option<String>,
    name: Option<String>,
    metadata: bool,
}

/// The answer of [`Plain::ask`].
pub(super) enum Answer {
    List(Bytes),
    Watch(Box<Reader>),
}

/// The position of a watch.
#[derive(Debug)]
pub(super) struct Reader {
    selection: Selection,
    /// The next change to look at.
    next: usize,
    initial: std::vec::IntoIter<Rc<State>>,
    /// The version of the bookmark that ends the initial objects.
    end: Option<u64>,
    cursor: u64,
    bookmarks: bool,
    next_bookmark: Duration,
    deadline: Duration,
    farewell: bool,
    error: Option<Failure>,
    over: bool,
}

impl Plain {
    pub(super) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            changes: Vec::new(),
            version: 100,
            compacted: 0,
            generation: 0,
            uids: 0,
            streaming: true,
            gone: Gone::Event,
            bookmark_every: Duration::from_secs(60),
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn compact(&mut self, version: u64) {
        self.compacted = self.compacted.max(version.min(self.version));
    }

    /// Creates or changes an object and returns its version.
    pub(super) fn put(&mut self, namespace: &str, name: &str, app: &str, data: &str) -> u64 {
        let key = format!("{namespace}/{name}");
        let before = self.objects.get(&key).cloned();
        let uid = match &before {
            Some(before) => before.uid.clone(),
            None => {
                self.uids += 1;
                format!("00000000-0000-4000-8000-{:012}", self.uids)
            }
        };
        let (app, data) = (app.to_owned(), data.to_owned());
        let (name, metadata) = (name.to_owned(), String::new());
        (self.version, self.generation) = (self.version + 1, self.generation + 1);
        let state = State { version: 0, key: key.clone(), name, app, uid, data, metadata }.at(self.version);
        self.objects.insert(key, Rc::clone(&state));
        self.changes.push(Change { version: self.version, before, after: state, deleted: false });
        self.version
    }

    /// Removes an object. Returns the version of its deletion if it was there.
    pub(super) fn delete(&mut self, namespace: &str, name: &str) -> Option<u64> {
        let before = self.objects.remove(&format!("{namespace}/{name}"))?;
        (self.version, self.generation) = (self.version + 1, self.generation + 1);
        let after = before.clone_at(self.version);
        self.changes.push(Change { version: self.version, before: Some(before), after, deleted: true });
        Some(self.version)
    }

    /// A list or a watch; `now` is the time since the Unix epoch.
    pub(super) fn ask(&self, uri: &http::Uri, metadata: bool, now: Duration) -> Outcome<Answer> {
        let mut prefix = String::new();
        match uri.path().trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["api", "v1", "configmaps"] => {}
            ["api", "v1", "namespaces", namespace, "configmaps"] => prefix = format!("{namespace}/"),
            _ => return Err(Failure::no_such_path()),
        }
        let query = Query::parse(uri.query().unwrap_or_default());
        let term = |parameter: &str, key: &str| -> Outcome<Option<String>> {
            let Some(text) = query.text(parameter) else { return Ok(None) };
            let value = text.strip_prefix(key).and_then(|rest| rest.strip_prefix('='));
            value
                .map(|value| Some(value.to_owned()))
                .ok_or_else(|| Failure::bad_request("a selector that is not known"))
        };
        let (app, name) = (term("labelSelector", "app")?, term("fieldSelector", "metadata.name")?);
        let selection = Selection { prefix, app, name, metadata };
        if query.text("watch").is_some_and(|watch| watch == "true" || watch == "1") {
            return self.watch(selection, &query, now).map(|reader| Answer::Watch(Box::new(reader)));
        }
        self.list(&selection, &query).map(Answer::List)
    }

    fn list(&self, selection: &Selection, query: &Query) -> Outcome<Bytes> {
        let matching = query.text("resourceVersionMatch");
        let token = query.text("continue").map(decode_token).transpose()?;
        let given = query.text("resourceVersion");
        let fits = match matching {
            None => true,
            Some("Exact") => given.is_some_and(|given| given != "0") && token.is_none(),
            Some(how) => how == "NotOlderThan" && given.is_some() && token.is_none(),
        };
        if !fits || query.text("sendInitialEvents").is_some() {
            return Err(Failure::invalid("meta.k8s.io", "ListOptions", "", &[]));
        }
        let asked = given.map(version).transpose()?;
        if token.is_some() && asked.is_some_and(|asked| asked > 0) {
            return Err(Failure::bad_request("specifying resource version is not allowed when using continue"));
        }
        self.not_from_the_future(asked)?;
        let mut limit = query.text("limit").and_then(|limit| limit.parse::<usize>().ok()).unwrap_or(0);
        let exact = match (matching, asked) {
            (Some("Exact"), Some(asked)) => Some(asked),
            (None, Some(asked)) if asked > 0 && limit > 0 => Some(asked),
            _ => None,
        };
        if given == Some("0") && token.is_none() {
            limit = 0;
        }
        let (at, start) = match &token {
            Some((at, start)) => (*at, format!("{}{start}", selection.prefix)),
            None => (exact, selection.prefix.clone()),
        };
        let past = match at {
            Some(at) if at < self.compacted => {
                return Err(forgotten(at, token.as_ref().map(|(_, start)| start.as_str())));
            }
            Some(at) => Some(self.snapshot(at)),
            None => None,
        };
        let (at, objects) = (at.unwrap_or(self.version), past.as_ref().unwrap_or(&self.objects));
        let within = |(key, _): &(&String, &Rc<State>)| key.starts_with(&selection.prefix);
        let mut found =
            objects.range(start..).take_while(within).map(|(_, state)| state).filter(|state| selection.has(state));
        let (mut items, mut last, mut count) = (String::new(), "", 0);
        for state in found.by_ref().take(if limit == 0 { usize::MAX } else { limit }) {
            if !items.is_empty() {
                items.push(',');
            }
            state.render(&mut items, selection.metadata, false);
            (last, count) = (&state.key, count + 1);
        }
        let mut metadata = format!("\"resourceVersion\":\"{at}\"");
        if count == limit && found.next().is_some() {
            let start = last.get(selection.prefix.len()..).unwrap_or_default();
            let token = format!("{{\"v\":\"meta.k8s.io/v1\",\"rv\":{at},\"start\":\"{start}\\u0000\"}}");
            let _ = write!(metadata, ",\"continue\":\"{}\"", URL_SAFE_NO_PAD.encode(token));
        }
        let (kind, api_version) = match selection.metadata {
            true => ("PartialObjectMetadataList", "meta.k8s.io/v1"),
            false => ("ConfigMapList", "v1"),
        };
        Ok(format!(
            "{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",\"metadata\":{{{metadata}}},\"items\":[{items}]}}\n"
        )
        .into())
    }

    fn snapshot(&self, at: u64) -> BTreeMap<String, Rc<State>> {
        let mut objects = self.objects.clone();
        for change in self.changes.iter().rev().take_while(|change| change.version > at) {
            match &change.before {
                Some(before) => objects.insert(change.after.key.clone(), Rc::clone(before)),
                None => objects.remove(&change.after.key),
            };
        }
        objects
    }

    fn watch(&self, selection: Selection, query: &Query, now: Duration) -> Outcome<Reader> {
        let (matching, mut initial) = (query.text("resourceVersionMatch"), query.text("sendInitialEvents"));
        let refused = match (initial, matching) {
            (Some(_), Some("NotOlderThan")) => !self.streaming,
            (None, None) => false,
            _ => true,
        };
        if refused {
            let error = FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden");
            return Err(Failure::invalid("meta.k8s.io", "ListOptions", "", &[error]));
        }
        let asked = query.text("resourceVersion").map(version).transpose()?.unwrap_or(0);
        if asked == 0 && initial.is_none() && self.streaming {
            initial = Some("true");
        }
        let begins = initial == Some("true") || (asked == 0 && initial.is_none());
        let (mut error, mut cursor) = (None, asked);
        if begins {
            self.not_from_the_future(Some(asked))?;
        } else if asked > 0 && asked < self.compacted {
            let failure = Failure::expired(format!("too old resource version: {asked} ({})", self.compacted));
            match self.gone {
                Gone::Event => error = Some(failure),
                Gone::Http => return Err(failure),
            }
        }
        if begins || asked == 0 {
            cursor = self.version;
        }
        let bookmarks = query.text("allowWatchBookmarks") == Some("true");
        let objects: Vec<_> = match begins {
            true => self.under(&selection).cloned().collect(),
            false => Vec::new(),
        };
        let seconds = query.text("timeoutSeconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(1800);
        Ok(Reader {
            selection,
            next: self.changes.partition_point(|change| change.version <= cursor),
            initial: objects.into_iter(),
            end: Some(cursor).filter(|_| initial == Some("true") && bookmarks),
            cursor,
            bookmarks,
            next_bookmark: now.saturating_add(self.bookmark_every),
            deadline: now.saturating_add(Duration::from_secs(seconds)),
            farewell: false,
            error,
            over: false,
        })
    }

    fn under<'a>(&'a self, selection: &'a Selection) -> impl Iterator<Item = &'a Rc<State>> {
        let from = self.objects.range(selection.prefix.clone()..);
        from.take_while(|(key, _)| key.starts_with(&selection.prefix))
            .map(|(_, state)| state)
            .filter(|state| selection.has(state))
    }

    /// The next piece of a watch: at most one event.
    pub(super) fn poll(&self, reader: &mut Reader, now: Duration) -> Chunk {
        if reader.over {
            return Chunk::End;
        }
        if let Some(failure) = reader.error.take() {
            reader.over = true;
            let status = String::from_utf8(failure.document()).unwrap_or_default();
            return event("ERROR", status.trim_end());
        }
        let shown = |state: &State| {
            let mut text = String::new();
            state.render(&mut text, reader.selection.metadata, true);
            text
        };
        if let Some(state) = reader.initial.next() {
            return event("ADDED", &shown(&state));
        }
        if let Some(version) = reader.end.take() {
            return bookmark(&reader.selection, version, true);
        }
        if now >= reader.deadline {
            reader.over = true;
            return Chunk::End;
        }
        while let Some(change) = self.changes.get(reader.next) {
            reader.next += 1;
            if change.version <= reader.cursor {
                continue;
            }
            reader.cursor = change.version;
            let was = change.before.as_ref().is_some_and(|before| reader.selection.covers(before));
            let is = !change.deleted && reader.selection.covers(&change.after);
            return match (was, is, &change.before) {
                (false, false, _) => continue,
                (false, true, _) => event("ADDED", &shown(&change.after)),
                (true, true, _) => event("MODIFIED", &shown(&change.after)),
                // An object that left the selection is sent as it last matched, with the version of the change.
                (true, false, Some(before)) => event("DELETED", &shown(&before.clone_at(change.version))),
                (true, false, None) => event("DELETED", &shown(&change.after)),
            };
        }
        if !reader.bookmarks {
            return Chunk::Idle { until: Some(reader.deadline) };
        }
        let farewell = reader.deadline.saturating_sub(Duration::from_secs(2));
        if now >= farewell && !std::mem::replace(&mut reader.farewell, now >= farewell) {
            return bookmark(&reader.selection, self.version.max(reader.cursor), false);
        }
        if now >= reader.next_bookmark {
            reader.next_bookmark = now.saturating_add(self.bookmark_every);
            return bookmark(&reader.selection, self.version.max(reader.cursor), false);
        }
        let next = if reader.farewell { reader.deadline } else { farewell };
        Chunk::Idle { until: Some(next.min(reader.next_bookmark)) }
    }

    fn not_from_the_future(&self, asked: Option<u64>) -> Outcome<()> {
        match asked {
            Some(asked) if asked > self.version => Err(Failure::too_large_version(asked, self.version)),
            _ => Ok(()),
        }
    }
}

impl State {
    /// This state under another version.
    fn clone_at(&self, version: u64) -> Rc<Self> {
        let Self { key, name, app, uid, data, .. } = self;
        let (key, name, app) = (key.clone(), name.clone(), app.clone());
        Self { version, key, name, app, uid: uid.clone(), data: data.clone(), metadata: String::new() }.at(version)
    }

    fn at(mut self, version: u64) -> Rc<Self> {
        let namespace = self.key.split('/').next().unwrap_or_default();
        let Self { name, app, uid, .. } = &self;
        self.metadata = format!(
            "\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"{namespace}\",\"uid\":\"{uid}\",\"resourceVersion\":\"{version}\",\
             \"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"labels\":{{\"app\":\"{app}\"}}}}"
        );
        self.version = version;
        Rc::new(self)
    }

    fn render(&self, out: &mut String, metadata: bool, whole: bool) {
        let Self { metadata: own, data, .. } = self;
        let _ = match (metadata, whole) {
            (true, _) => {
                write!(out, "{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",{own}}}")
            }
            (false, true) => write!(out, "{{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",{own},\"data\":{data}}}"),
            (false, false) => write!(out, "{{{own},\"data\":{data}}}"),
        };
    }
}

impl Selection {
    fn has(&self, state: &State) -> bool {
        self.app.as_ref().is_none_or(|app| *app == state.app)
            && self.name.as_ref().is_none_or(|name| *name == state.name)
    }

    fn covers(&self, state: &State) -> bool {
        state.key.starts_with(&self.prefix) && self.has(state)
    }
}

/// The parameters of a request.
struct Query(Vec<(String, String)>);

impl Query {
    fn parse(query: &str) -> Self {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(key, value)| (decode(key), decode(value))).collect())
    }

    /// The first value of a parameter that is there and not empty.
    fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(other, value)| other == key && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

fn version(text: &str) -> Outcome<u64> {
    text.parse().map_err(|_| Failure::bad_request("invalid resource version"))
}

/// The version (none: the current one) and the key to continue from.
fn decode_token(token: &str) -> Outcome<(Option<u64>, String)> {
    let bad = || Failure::bad_request("invalid continue token: continue key is not valid");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    let value: serde_json::Value = kube_proto::json::from_slice(&bytes).map_err(|_| bad())?;
    let at = value.get("rv").and_then(serde_json::Value::as_i64).ok_or_else(bad)?;
    let start = value.get("start").and_then(serde_json::Value::as_str).ok_or_else(bad)?;
    Ok((u64::try_from(at).ok(), start.to_owned()))
}

fn forgotten(at: u64, start: Option<&str>) -> Failure {
    let Some(start) = start else { return Failure::expired(format!("too old resource version: {at}")) };
    let mut failure =
        Failure::expired("The provided continue parameter is too old to display a consistent list result.");
    let start = serde_json::Value::from(start);
    let token = format!("{{\"v\":\"meta.k8s.io/v1\",\"rv\":-1,\"start\":{start}}}");
    failure.continue_token = Some(URL_SAFE_NO_PAD.encode(token));
    failure
}

fn event(kind: &str, object: &str) -> Chunk {
    Chunk::Data(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n").into())
}

fn bookmark(selection: &Selection, version: u64, end: bool) -> Chunk {
    let (kind, api_version) = match selection.metadata {
        true => ("PartialObjectMetadata", "meta.k8s.io/v1"),
        false => ("ConfigMap", "v1"),
    };
    let annotations = if end { ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" } else { "" };
    event(
        "BOOKMARK",
        &format!(
            "{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",\"metadata\":{{\"resourceVersion\":\"{version}\",\
             \"creationTimestamp\":null{annotations}}}}}"
        ),
    )
}
