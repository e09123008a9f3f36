//! `logs`: the output of a container.

use crate::failure::is_not_found;
use kube_proto::api::{GetParams, LogParams, Target};
use kube_proto::resource::{ApiResource, Scope};
use serde_json::Value;

use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object;

pub(super) const LOGS: &[Flag] = &[
    Flag::value("container", "''", "The container.").short('c'),
    Flag::switch("follow", "Follow the log.").short('f'),
    Flag::switch("previous", "The log of the container's last run.").short('p'),
    Flag::switch("timestamps", "Each line begins with its time."),
    Flag::value("tail", "-1", "The number of last lines."),
    Flag::value("since", "0s", "Only lines not older than this: 90s, 1h."),
    Flag::value("since-time", "''", "Only lines since this time (RFC 3339)."),
    Flag::value("limit-bytes", "0", "The most bytes."),
    Flag::switch("insecure-skip-tls-verify-backend", "Do not verify the certificate of the node's kubelet."),
];

pub(super) fn logs(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let expected = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for \
                    the logs command\nSee 'kubectl logs -h' for help and examples";
    let (pod, container) = match words {
        [pod] => (pod, flags.some_text("container")),
        [pod, container] => (pod, Some(container.clone())),
        _ => return Err(expected.into()),
    };
    let pod = match pod.split_once('/') {
        None => pod.as_str(),
        Some(("pod" | "pods" | "po", name)) => name,
        Some(_) => return Err("only logs of pods are served here: name one".into()),
    };
    let mut params = LogParams::default();
    params.follow = flags.is_on("follow");
    params.previous = flags.is_on("previous");
    params.timestamps = flags.is_on("timestamps");
    params.insecure_skip_tls_verify_backend = flags.is_on("insecure-skip-tls-verify-backend");
    params.tail_lines = flags.number::<i64>("tail")?.and_then(|lines| u64::try_from(lines).ok());
    params.limit_bytes = flags.number::<u64>("limit-bytes")?.filter(|limit| *limit > 0);
    params.since_time = flags.some_text("since-time");
    params.since_seconds =
        flags.duration("since")?.map(|since| u32::try_from(since.as_millis().div_ceil(1000)).unwrap_or(u32::MAX));
    if params.since_time.is_some() && params.since_seconds.is_some() {
        return Err("at most one of `sinceTime` or `sinceSeconds` may be specified".into());
    }
    Ok(Box::new(Logs { pod: pod.to_owned(), container, params, reading: false }))
}

#[derive(Debug)]
struct Logs {
    pod: String,
    container: Option<String>,
    params: LogParams,
    reading: bool,
}

impl Command for Logs {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let pods = Target::of(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within(desk.namespace);
        match news {
            News::Start => Ok(Next::call(pods.get(&self.pod, &GetParams::default()))),
            News::Answer(answer) => {
                let container = self.choose(&object::decode(&answer.value)?, desk)?;
                self.params.container = Some(container);
                self.reading = true;
                Ok(Next::Chunks(Box::new(pods.log(&self.pod, &self.params))))
            }
            News::Chunk(chunk) => {
                desk.raw(chunk);
                Ok(Next::More)
            }
            News::Failed(error) if is_not_found(&error) && !self.reading => {
                let text = error.status().map_or("", |status| status.message.as_str());
                Err(Failure::text(format!("error from server (NotFound): {text} in namespace {:?}", desk.namespace)))
            }
            News::Failed(error) => Err(error.into()),
            News::Line(_) | News::Local(_) | News::Written | News::End => Ok(Next::Done),
        }
    }
}

impl Logs {
    /// The container: the requested one, the pod's default one, or the first.
    fn choose(&self, pod: &Value, desk: &mut Desk<'_>) -> Result<String, Failure> {
        let names = |field: &str| -> Vec<String> {
            let containers = pod["spec"][field].as_array().into_iter().flatten();
            containers.filter_map(|container| container["name"].as_str().map(str::to_owned)).collect()
        };
        let (mut all, init, ephemeral) = (names("containers"), names("initContainers"), names("ephemeralContainers"));
        let first = all.first().cloned();
        let default = pod["metadata"]["annotations"][DEFAULT_CONTAINER].as_str().filter(|name| !name.is_empty());
        let asked = self.container.clone();
        let known = |name: &String| [&all, &init, &ephemeral].iter().any(|names| names.contains(name));
        let default = default.map(str::to_owned).filter(known);
        if let Some(asked) = asked.clone().or(default) {
            if known(&asked) {
                return Ok(asked);
            }
            let pod = &self.pod;
            return Err(Failure::text(format!("container {asked} is not valid for pod {pod}")));
        }
        all.extend(ephemeral.into_iter().map(|name| format!("{name} (ephem)")));
        all.extend(init.into_iter().map(|name| format!("{name} (init)")));
        let Some(first) = first else {
            return Err(Failure::text(format!("pod {}/{} does not have any containers", desk.namespace, self.pod)));
        };
        if all.len() > 1 {
            desk.err(&format!("Defaulted container {first:?} out of: {}", all.join(", ")));
        }
        Ok(first)
    }
}

/// The annotation for the default container.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";
