//! `log`: lines that a test sets, read with a kubelet's parameters.

use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

use super::container;
use crate::Server;
use crate::context::{Cx, response};
use crate::kinds::Resource;
use crate::meta;
use crate::reply::{Chunk, Reply};
use crate::status::{Failure, FieldError, Outcome};
use crate::store::Object;

/// The output of a container: lines with their times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    lines: Vec<(Duration, String)>,
    /// The number of the run that wrote it.
    pub(super) run: u64,
    /// The run has ended: a follower that has read all of it ends too.
    pub(super) ended: bool,
    /// The run began then, and the pod's status does not say so yet.
    pub(super) unreported: Option<Duration>,
}

/// A place in a log.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    line: usize,
    byte: usize,
}

/// A reader that follows a log.
#[derive(Debug)]
pub(crate) struct Follower {
    key: (String, String, String),
    uid: String,
    run: u64,
    /// The kubelet to which the reader is connected.
    kubelet: u64,
    place: Place,
    timestamps: bool,
    /// The bytes left of `limitBytes`.
    left: Option<usize>,
}

impl Log {
    fn append(&mut self, text: &str, now: Duration) {
        for piece in text.split_inclusive('\n') {
            match self.lines.last_mut() {
                Some((_, open)) if !open.ends_with('\n') => open.push_str(piece),
                _ => self.lines.push((now, piece.to_owned())),
            }
        }
    }

    /// Reads from a place to the end, and moves the place there.
    fn read(&self, place: &mut Place, timestamps: bool) -> String {
        let mut out = String::new();
        while let Some((at, line)) = self.lines.get(place.line) {
            let rest = line.get(place.byte..).unwrap_or_default();
            if timestamps && place.byte == 0 && !rest.is_empty() {
                out.push_str(&meta::nano_time(*at));
                out.push(' ');
            }
            out.push_str(rest);
            if !line.ends_with('\n') {
                place.byte = line.len();
                break;
            }
            *place = Place { line: place.line + 1, byte: 0 };
        }
        out
    }

    /// The beginning of the last `lines` since `since`.
    fn start(&self, since: Duration, lines: Option<usize>) -> Place {
        let first = self.lines.partition_point(|(at, _)| *at < since);
        let tail = lines.map_or(0, |n| self.lines.len().saturating_sub(n));
        Place { line: first.max(tail), byte: 0 }
    }
}

/// The query of a log request.
struct Options {
    since: Duration,
    tail: Option<usize>,
    limit: Option<usize>,
}

impl Options {
    fn parse(cx: &Cx<'_>) -> Outcome<Self> {
        let number = |key: &str| cx.query.integer(key).map_err(Failure::bad_request);
        let (tail, limit, seconds) = (number("tailLines")?, number("limitBytes")?, number("sinceSeconds")?);
        let time = cx.query.text("sinceTime");
        let mut errors = Vec::new();
        if let Some(n) = tail.filter(|n| *n < 0) {
            errors.push(FieldError::invalid("tailLines", &n.into(), "must be greater than or equal to 0"));
        }
        if let Some(n) = limit.filter(|n| *n < 1) {
            errors.push(FieldError::invalid("limitBytes", &n.into(), "must be greater than 0"));
        }
        if seconds.is_some() && time.is_some() {
            errors.push(FieldError::forbidden("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
        } else if let Some(n) = seconds.filter(|n| *n < 1) {
            errors.push(FieldError::invalid("sinceSeconds", &n.into(), "must be greater than 0"));
        }
        if cx.query.first("stream").is_some() {
            errors.push(FieldError::forbidden("stream", "may not be specified"));
        }
        if !errors.is_empty() {
            return Err(Failure::invalid("", "PodLogOptions", &cx.info.name, &errors));
        }
        let since = match (seconds, time) {
            (Some(seconds), _) => cx.now.saturating_sub(Duration::from_secs(seconds.unsigned_abs())),
            // The API server passes whole seconds on to the kubelet.
            (None, Some(time)) => meta::parse_time(time)
                .map(|time| Duration::from_secs(time.as_secs()))
                .ok_or_else(|| Failure::bad_request(format!("parsing time \"{time}\" as RFC 3339 failed")))?,
            (None, None) => Duration::ZERO,
        };
        let size = |n: Option<i64>| n.and_then(|n| usize::try_from(n).ok());
        Ok(Options { since, tail: size(tail), limit: size(limit) })
    }
}

impl Server {
    /// Replaces the log of a pod's container. Followers see the part after their place.
    pub fn set_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        let log = self.logs.entry((namespace.to_owned(), pod.to_owned(), container.to_owned())).or_default();
        log.lines.clear();
        log.append(text, self.now);
        self.generation += 1;
    }

    /// Adds to the log of a pod's container.
    pub fn append_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        let now = self.now;
        self.logs.entry(key).or_default().append(text, now);
        self.generation += 1;
    }

    /// Sets the container's log from before its last restart (`previous=true`).
    pub fn set_previous_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        self.set_log(namespace, pod, &previous(container), text);
    }

    pub(crate) fn drop_logs(&mut self, namespace: &str, pod: &str) {
        self.logs.retain(|(ns, name, _), _| !(ns == namespace && name == pod));
    }

    pub(super) fn log(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>) -> Outcome<Reply> {
        let pod = self.named(cx, resource)?;
        let name = container(cx, &pod)?;
        let options = Options::parse(cx)?;
        let earlier = cx.query.flag("previous");
        let key = |container: String| (pod.namespace().to_owned(), pod.name().to_owned(), container);
        let place = key(if earlier { previous(&name) } else { name.clone() });
        let Some(log) = self.logs.get(&place) else { return silent(&pod, &name, earlier) };
        let timestamps = cx.query.flag("timestamps");
        let mut from = log.start(options.since, options.tail);
        if cx.query.flag("follow") && !earlier {
            let follower = Follower {
                key: place,
                uid: pod.uid().to_owned(),
                run: log.run,
                kubelet: self.kubelet,
                place: from,
                timestamps,
                left: options.limit,
            };
            return Ok(self.follow(follower));
        }
        let mut text = log.read(&mut from, timestamps);
        if let Some(limit) = options.limit {
            cut(&mut text, limit);
        }
        Ok(Reply::Response(response(200, "text/plain", text)))
    }

    /// The new bytes for a follower.
    pub(crate) fn poll_log(&self, follower: &mut Follower) -> Chunk {
        if follower.left == Some(0) {
            return Chunk::End;
        }
        if follower.kubelet != self.kubelet {
            return Chunk::End;
        }
        let (namespace, name, container) = &follower.key;
        let before = (namespace.clone(), name.clone(), previous(container));
        let of_its_run = |key| self.logs.get(key).filter(|log: &&Log| log.run == follower.run);
        let log = of_its_run(&follower.key).or_else(|| of_its_run(&before));
        if let Some(log) = log {
            let mut text = log.read(&mut follower.place, follower.timestamps);
            if let Some(left) = &mut follower.left {
                cut(&mut text, *left);
                *left -= text.len();
            }
            if !text.is_empty() {
                return Chunk::Data(Bytes::from(text));
            }
        }
        if log.is_none_or(|log| log.ended) {
            return Chunk::End;
        }
        match self.store.read("pods", &crate::store::key(namespace, name)) {
            Some(pod) if pod.uid() == follower.uid => {
                let over = matches!(meta::text(&pod.value, &["status", "phase"]), "Succeeded" | "Failed");
                if over { Chunk::End } else { Chunk::Idle { until: None } }
            }
            _ => Chunk::End,
        }
    }
}

/// The reply for a container without a log.
fn silent(pod: &Object, name: &str, earlier: bool) -> Outcome<Reply> {
    if earlier {
        let text = format!("previous terminated container \"{name}\" in pod \"{}\" not found", pod.name());
        return Err(Failure::bad_request(text));
    }
    if meta::text(&pod.value, &["spec", "nodeName"]).is_empty() {
        let mut none = response(204, "text/plain", "");
        none.headers_mut().remove("content-type");
        return Ok(Reply::Response(none));
    }
    let status = meta::list(&pod.value, &["status", "containerStatuses"])
        .iter()
        .find(|s| s.get("name").and_then(|n| n.as_str()) == Some(name));
    if let Some(reason) = status.and_then(|s| s.pointer("/state/waiting/reason")?.as_str()) {
        let why = match reason {
            "ErrImagePull" => "trying and failing to pull image",
            "ImagePullBackOff" => "image can't be pulled",
            other => other,
        };
        let text = format!("container \"{name}\" in pod \"{}\" is waiting to start: {why}", pod.name());
        return Err(Failure::bad_request(text));
    }
    Ok(Reply::Response(response(200, "text/plain", "")))
}

/// The name under which the log of a container's previous run is kept.
pub(super) fn previous(container: &str) -> String {
    format!("{container}\0previous")
}

/// Cuts a text to a number of bytes, not within a character.
fn cut(text: &mut String, limit: usize) {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
