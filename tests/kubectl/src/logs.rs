//! `logs`: the output of containers.
//!
//! | state | answer | next |
//! |---|---|---|
//! | `Start` | | asks for the pod, for the object that selects pods, or for the pods of a selector |
//! | `Owner` | the object | asks for its pods |
//! | `Pods` | the pod, or the pods | one log after the other; or all at once, if several are followed |
//! | `Reading` | a part of a log | prints it |
//! | `Reading` | the end of a log | the next one, or the end |

use std::collections::VecDeque;

use bytes::Bytes;
use kube_proto::api::{GetParams, ListParams, LogParams, Target};
use kube_proto::resource::{ApiResource, Scope};
use serde_json::Value;

use super::desk::{Command, Desk, Followed, News, Next};
use super::failure::{Failure, is_not_found};
use super::flags::{Flag, Flags};
use super::object;

pub(super) const LOGS: &[Flag] = &[
    Flag::value("container", "''", "The container.").short('c'),
    Flag::switch("all-containers", "The logs of all containers of the pod."),
    Flag::switch("follow", "Follow the log.").short('f'),
    Flag::switch("previous", "The log of the container's last run.").short('p'),
    Flag::switch("timestamps", "Each line begins with its time."),
    Flag::switch("prefix", "Each line begins with its pod and container."),
    Flag::value("selector", "''", "The logs of the pods with these labels.").short('l'),
    Flag::value("tail", "-1", "The number of last lines; with a selector 10."),
    Flag::value("since", "0s", "Only lines not older than this: 90s, 1h."),
    Flag::value("since-time", "''", "Only lines since this time (RFC 3339)."),
    Flag::value("limit-bytes", "0", "The most bytes."),
    Flag::value("max-log-requests", "5", "The most logs that are followed at once."),
    Flag::switch("insecure-skip-tls-verify-backend", "Do not verify the certificate of the node's kubelet."),
];

const EXPECTED: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
                        argument for the logs command\nSee 'kubectl logs -h' for help and examples";

pub(super) fn logs(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let selector = flags.some_text("selector");
    let mut container = flags.some_text("container");
    let of = match (words, selector) {
        ([], Some(labels)) => Of::Labels(labels),
        ([_, ..], Some(_)) => {
            let text = "only a selector (-l) or a POD name is allowed\nSee 'kubectl logs -h' for help and examples";
            return Err(text.into());
        }
        ([name, rest @ ..], None) if rest.len() < 2 => {
            if let [inline] = rest {
                if container.is_some() {
                    return Err("only one of -c or an inline [CONTAINER] arg is allowed".into());
                }
                container = Some(inline.clone());
            }
            match name.split_once('/') {
                None => Of::Pod(name.clone()),
                Some(("pod" | "pods" | "po", name)) => Of::Pod(name.to_owned()),
                Some((kind, name)) => Of::Owner(kind.to_owned(), name.to_owned()),
            }
        }
        _ => return Err(EXPECTED.into()),
    };
    let all = flags.is_on("all-containers");
    if let Some(container) = container.as_ref().filter(|_| all) {
        return Err(format!("--all-containers=true should not be specified with container name {container}"));
    }
    let mut params = LogParams::default();
    params.follow = flags.is_on("follow");
    params.previous = flags.is_on("previous");
    params.timestamps = flags.is_on("timestamps");
    params.insecure_skip_tls_verify_backend = flags.is_on("insecure-skip-tls-verify-backend");
    let tail = flags.number::<i64>("tail")?.unwrap_or(-1);
    if tail < -1 {
        return Err("--tail must be greater than or equal to -1".into());
    }
    params.tail_lines = u64::try_from(tail).ok();
    if params.tail_lines.is_none() && matches!(of, Of::Labels(_)) {
        params.tail_lines = Some(SELECTED);
    }
    params.limit_bytes = flags.number::<u64>("limit-bytes")?.filter(|limit| *limit > 0);
    params.since_time = flags.some_text("since-time");
    params.since_seconds =
        flags.duration("since")?.map(|since| u32::try_from(since.as_millis().div_ceil(1000)).unwrap_or(u32::MAX));
    if params.since_time.is_some() && params.since_seconds.is_some() {
        return Err("at most one of `sinceTime` or `sinceSeconds` may be specified".into());
    }
    Ok(Box::new(Logs {
        of,
        container,
        all,
        prefix: flags.is_on("prefix"),
        most: flags.number("max-log-requests")?.unwrap_or(5),
        params,
        state: State::Start,
        waiting: VecDeque::new(),
        partial: Vec::new(),
    }))
}

/// The number of lines of each log of a selector.
const SELECTED: u64 = 10;

#[derive(Debug)]
struct Logs {
    of: Of,
    container: Option<String>,
    all: bool,
    prefix: bool,
    most: usize,
    params: LogParams,
    state: State,
    /// The logs that are left.
    waiting: VecDeque<Followed>,
    /// With a prefix: the beginning of a line whose end has not arrived.
    partial: Vec<u8>,
}

#[derive(Debug)]
enum Of {
    Pod(String),
    Labels(String),
    Owner(String, String),
}

#[derive(Debug)]
enum State {
    Start,
    Owner,
    Pods,
    Reading { prefix: Option<String> },
}

impl Command for Logs {
    fn needs_discovery(&self) -> bool {
        matches!(self.of, Of::Owner(..))
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let pods = pods(desk);
        match news {
            News::Start => {
                self.state = State::Pods;
                Ok(match &self.of {
                    Of::Pod(name) => Next::call(pods.get(name, &GetParams::default())),
                    Of::Labels(labels) => Next::call(pods.list(&selected(labels))),
                    Of::Owner(kind, name) => {
                        self.state = State::Owner;
                        let found = desk.discovery.resolve(kind).map_err(|error| Failure::text(bare(&error)))?;
                        let owner = Target::of(found.resource.clone()).within(desk.namespace);
                        Next::call(owner.get(name, &GetParams::default()))
                    }
                })
            }
            News::Answer(answer) => {
                let value = object::decode(&answer.value)?;
                if matches!(self.state, State::Owner) {
                    let labels = selector(&value).ok_or_else(|| {
                        let kind = value["kind"].as_str().unwrap_or("object");
                        Failure::text(format!("cannot get the logs of a {kind}: it selects no pods"))
                    })?;
                    self.state = State::Pods;
                    return Ok(Next::call(pods.list(&selected(&labels))));
                }
                self.begin(value, desk)
            }
            News::Chunk(chunk) => {
                match &self.state {
                    State::Reading { prefix: Some(prefix) } => {
                        let lines = prefixed(prefix, &mut self.partial, &chunk);
                        desk.raw(lines);
                    }
                    _ => desk.raw(chunk),
                }
                Ok(Next::More)
            }
            News::Failed(error) if is_not_found(&error) && !matches!(self.state, State::Reading { .. }) => {
                let text = error.status().map_or("", |status| status.message.as_str());
                Err(Failure::text(format!("error from server (NotFound): {text} in namespace {:?}", desk.namespace)))
            }
            News::Failed(error) => Err(error.into()),
            News::Discovered(_) | News::Event(_) | News::Schemas(_) | News::Local(_) | News::Written | News::End => {
                if let State::Reading { prefix: Some(prefix) } = &self.state
                    && !self.partial.is_empty()
                {
                    let rest = [prefix.as_bytes(), &self.partial].concat();
                    self.partial.clear();
                    desk.raw(rest.into());
                }
                Ok(self.read(desk))
            }
        }
    }
}

impl Logs {
    /// The logs of the pod, or of the pods.
    fn begin(&mut self, value: Value, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let chosen = match &self.of {
            Of::Pod(_) => vec![value],
            Of::Labels(_) => {
                let all = object::items(value);
                if all.is_empty() {
                    desk.err(&format!("No resources found in {} namespace.", desk.namespace));
                }
                all
            }
            Of::Owner(kind, name) => {
                let mut all = object::items(value);
                all.sort_by_key(by_logging);
                let count = all.len();
                let first = all.into_iter().next();
                let first = first.ok_or_else(|| Failure::text(format!("no pods of {kind}/{name} were found")))?;
                if count > 1 {
                    desk.err(&format!("Found {count} pods, using pod/{}", object::name(&first)));
                }
                vec![first]
            }
        };
        for pod in &chosen {
            let names = if self.all {
                ["initContainers", "containers", "ephemeralContainers"]
                    .iter()
                    .flat_map(|field| names(pod, field))
                    .collect()
            } else {
                vec![self.choose(pod, desk)?]
            };
            for container in names {
                let pod = object::name(pod).to_owned();
                let prefix = self.prefix.then(|| format!("[pod/{pod}/{container}] "));
                let mut params = self.params.clone();
                params.container = Some(container);
                self.waiting.push_back(Followed { pod, params, prefix });
            }
        }
        if self.params.follow && !self.params.previous && !self.waiting.is_empty() {
            let count = self.waiting.len();
            if count > 1 && count > self.most {
                return Err(Failure::text(format!(
                    "you are attempting to follow {count} log streams, but maximum allowed concurrency is {}, use \
                     --max-log-requests to increase the limit",
                    self.most
                )));
            }
            return Ok(Next::Follow(self.waiting.drain(..).collect()));
        }
        Ok(self.read(desk))
    }

    /// The next log.
    fn read(&mut self, desk: &Desk<'_>) -> Next {
        let Some(Followed { pod, params, prefix }) = self.waiting.pop_front() else { return Next::Done };
        self.state = State::Reading { prefix };
        Next::Chunks(Box::new(pods(desk).log(&pod, &params)))
    }

    /// The container: the requested one, the pod's default one, or the first.
    fn choose(&self, pod: &Value, desk: &mut Desk<'_>) -> Result<String, Failure> {
        let (mut all, init, ephemeral) =
            (names(pod, "containers"), names(pod, "initContainers"), names(pod, "ephemeralContainers"));
        let first = all.first().cloned();
        let default = pod["metadata"]["annotations"][DEFAULT_CONTAINER].as_str().filter(|name| !name.is_empty());
        let asked = self.container.clone();
        let known = |name: &String| [&all, &init, &ephemeral].iter().any(|names| names.contains(name));
        let default = default.map(str::to_owned).filter(known);
        let name = object::name(pod);
        let mut unknown = None;
        if let Some(asked) = asked.or(default) {
            if known(&asked) {
                return Ok(asked);
            }
            unknown = Some(asked);
        }
        all.extend(ephemeral.into_iter().map(|name| format!("{name} (ephem)")));
        all.extend(init.into_iter().map(|name| format!("{name} (init)")));
        if let Some(unknown) = unknown {
            let all = all.join(", ");
            return Err(Failure::text(format!("container {unknown} is not valid for pod {name} out of: {all}")));
        }
        let Some(first) = first else {
            return Err(Failure::text(format!("pod {}/{name} does not have any containers", desk.namespace)));
        };
        if all.len() > 1 {
            desk.err(&format!("Defaulted container {first:?} out of: {}", all.join(", ")));
        }
        Ok(first)
    }
}

fn pods(desk: &Desk<'_>) -> Target {
    Target::of(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within(desk.namespace)
}

fn selected(labels: &str) -> ListParams {
    ListParams::default().label_selector(labels)
}

fn bare(error: &kube_proto::Error) -> String {
    match error.kind() {
        kube_proto::ErrorKind::Misuse(text) => text.clone(),
        _ => error.to_string(),
    }
}

fn names(pod: &Value, field: &str) -> Vec<String> {
    let containers = pod["spec"][field].as_array().into_iter().flatten();
    containers.filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
}

/// The label selector of an object: `spec.selector`, as labels and expressions or as a plain map.
fn selector(object: &Value) -> Option<String> {
    let selector = object["spec"]["selector"].as_object()?;
    let pairs = |labels: &serde_json::Map<String, Value>| -> Vec<String> {
        labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect()
    };
    let mut terms = match selector.get("matchLabels").and_then(Value::as_object) {
        Some(labels) => pairs(labels),
        None => pairs(selector),
    };
    for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let key = expression["key"].as_str()?;
        let values: Vec<&str> =
            expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        terms.push(match expression["operator"].as_str()? {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    (!terms.is_empty()).then(|| terms.join(","))
}

/// The order in which kubectl chooses a pod: on a node, running, ready, older.
fn by_logging(pod: &Value) -> (bool, u8, bool, String) {
    let phase = match pod["status"]["phase"].as_str() {
        Some("Pending") => 2,
        Some("Unknown") => 1,
        _ => 0,
    };
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    let ready = conditions.into_iter().any(|one| one["type"] == "Ready" && one["status"] == "True");
    let created = pod["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
    (pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty), phase, !ready, created)
}

/// The whole lines so far, each after the prefix.
fn prefixed(prefix: &str, partial: &mut Vec<u8>, chunk: &Bytes) -> Bytes {
    let mut out = Vec::new();
    for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
        partial.extend_from_slice(piece);
        if piece.ends_with(b"\n") {
            out.extend_from_slice(prefix.as_bytes());
            out.append(partial);
        }
    }
    out.into()
}

/// The annotation for the default container.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";
