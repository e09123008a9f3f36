//! `exec`, `attach` and `cp`: processes and files of containers. The transport's `main` carries the streams; what to open, the
//! lines to print and the exit code are here.

use std::fmt::Write as _;
use std::path::PathBuf;

use kube_proto::api::{AttachParams, ExecParams, GetParams, Namespace, Unary, Upgrade};
use kube_proto::copy::{CopyEvent, CopyFrom, CopyTo, RemotePath};
use kube_proto::exec::{Exec, ExecResult};
use kube_proto::port_forward::{Find, PortForward};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::{Api, Error};
use serde_json::Value;

use super::desk::{Command, Desk, News, Next};
use super::failure::{Failure, message};
use super::flags::{Flag, Flags};
use super::port_forward::target;

pub(super) const EXEC: &[Flag] = &[
    Flag::switch("stdin", "Pass standard input to the process.").short('i'),
    Flag::switch("tty", "Give the process a terminal.").short('t'),
    Flag::value("container", "''", "The container.").short('c'),
    Flag::switch("quiet", "Print only what the process prints.").short('q'),
    Flag::value("pod-running-timeout", "1m0s", "Accepted, and not needed: a pod that does not run is an error."),
];

pub(super) const CP: &[Flag] = &[
    Flag::value("container", "''", "The container.").short('c'),
    Flag::value("retries", "0", "How often a copy from a container continues after a failure of its session."),
    Flag::switch("no-preserve", "Do not keep the owner and the permissions in the container."),
];

/// A session with a container, for the program to carry out.
#[derive(Debug)]
pub enum Session {
    /// A process.
    Process(Remote),
    /// Files.
    Copy(CopyLine),
}

/// The command line of `cp`.
#[derive(Debug)]
pub struct CopyLine {
    remote: RemotePath,
    local: PathBuf,
    download: bool,
    container: Option<String>,
    retries: u32,
    preserve: bool,
}

/// A copy to carry out.
#[derive(Debug)]
pub enum Copying {
    /// Files from a container, to this path.
    Download(CopyFrom, PathBuf),
    /// Files of this path, to a container.
    Upload(PathBuf, CopyTo),
}

impl CopyLine {
    /// The pod, of which the first container is meant. `None` if the command line names the container.
    #[must_use]
    pub fn pod(&self) -> Option<Unary<DynamicObject>> {
        let pods = pods().within(self.remote.namespace().clone());
        self.container.is_none().then(|| pods.get_with(self.remote.pod(), &GetParams::default()))
    }

    /// The copy, with what [`pod`](Self::pod) has found.
    ///
    /// # Errors
    /// The text for a local file that does not exist.
    pub fn copying(self, pod: Option<&DynamicObject>) -> Result<Copying, String> {
        let Self { remote, local, download, container, retries, preserve } = self;
        if !download && local.symlink_metadata().is_err() {
            return Err(format!("error: {} doesn't exist in local filesystem", local.display()));
        }
        let pod = pod.map(serde_json::to_value).transpose().map_err(|error| format!("error: {error}"))?;
        let first = || container_of(pod.as_ref()?, None, &mut String::new()).ok();
        let remote = match container.or_else(first) {
            Some(container) => remote.container(container),
            None => remote,
        };
        Ok(match download {
            true => Copying::Download(CopyFrom::from(remote).retries(retries), local),
            false => Copying::Upload(local, CopyTo::from(remote).preserve(preserve)),
        })
    }
}

impl Session {
    /// The line for an event of a copy, if it has one.
    #[must_use]
    pub fn line(event: &CopyEvent) -> Option<String> {
        match event {
            CopyEvent::Skipped(skipped) => Some(format!("warning: left out: {skipped}")),
            CopyEvent::Resumed(after) => Some(format!("Resuming copy at {after} bytes")),
            _ => None,
        }
    }
}

/// A process: of `exec` or of `attach`.
#[derive(Debug)]
pub struct Remote {
    subject: Subject,
    /// `None` attaches to the process that runs.
    command: Option<Vec<String>>,
    container: Option<String>,
    stdin: bool,
    tty: bool,
    quiet: bool,
}

#[derive(Debug)]
enum Subject {
    Pod(String),
    Target(PortForward),
}

/// What to open, and the lines to print before.
#[derive(Debug)]
pub struct Opening {
    /// The session.
    pub exec: Upgrade<Exec>,
    /// Lines for standard error.
    pub lines: String,
    /// Whether standard input is passed on.
    pub stdin: bool,
    /// Whether the process has a terminal: the own one is set to raw mode meanwhile.
    pub tty: bool,
}

impl Remote {
    /// What leads to the pod, if the command line does not name it.
    #[must_use]
    pub fn find(&self) -> Option<Find> {
        match &self.subject {
            Subject::Pod(_) => None,
            Subject::Target(target) => Some(target.find()),
        }
    }

    /// The pod of this name, or of the command line.
    pub fn pod(&self, found: Option<String>) -> Unary<DynamicObject> {
        let name = match (&self.subject, found) {
            (_, Some(name)) => name,
            (Subject::Pod(name), None) => name.clone(),
            (Subject::Target(_), None) => String::new(),
        };
        pods().get_with(&name, &GetParams::default())
    }

    /// The session. `terminal`: the own standard input is a terminal.
    ///
    /// # Errors
    /// The text for a pod that has no such process.
    pub fn open(&self, pod: &DynamicObject, terminal: bool) -> Result<Opening, String> {
        let pod = serde_json::to_value(pod).map_err(|error| format!("error: {error}"))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, phase) = (text(&pod["metadata"]["name"]), text(&pod["status"]["phase"]));
        if matches!(&*phase, "Succeeded" | "Failed") {
            return Err(match &self.command {
                Some(_) => format!("error: cannot exec into a container in a completed pod; current phase is {phase}"),
                None => format!("error: cannot attach a container in a completed pod; current phase is {phase}"),
            });
        }
        let mut lines = String::new();
        let container =
            container_of(&pod, self.container.as_deref(), &mut lines).map_err(|text| match self.command {
                Some(_) => text,
                None => text.replacen("error: ", "error: cannot attach to the container: ", 1),
            })?;
        if self.quiet {
            lines.clear();
        }
        let mut tty = self.tty && self.stdin;
        let mut line = |text: &str| _ = writeln!(lines, "{text}");
        let all = pod["spec"]["containers"].as_array();
        let own = all.into_iter().flatten().find(|it| it["name"] == container.as_str());
        // The process of an attach has a terminal or not.
        let has_tty = own.is_some_and(|own| own["tty"] == true);
        if self.command.is_none() && tty && !has_tty {
            line(&format!("error: Unable to use a TTY - container {container} did not allocate one"));
            tty = false;
        }
        if tty && !terminal {
            line("Unable to use a TTY - input is not a terminal or the right kind of file");
            tty = false;
        }
        if self.command.is_none() && !self.quiet {
            line(RECORDED);
            line("If you don't see a command prompt, try pressing enter.");
        }
        let exec = match &self.command {
            Some(command) => {
                let mut params = ExecParams::run(command.clone());
                (params.container, params.stdin, params.tty) = (Some(container), self.stdin, tty);
                pods().exec(&name, &params)
            }
            None => {
                let mut params = AttachParams::output();
                (params.container, params.stdin, params.tty) = (Some(container), self.stdin, has_tty);
                params.stderr = !has_tty;
                pods().attach(&name, &params)
            }
        };
        Ok(Opening { exec, lines, stdin: self.stdin, tty })
    }

    /// The text for a session that could not be opened.
    #[must_use]
    pub fn refused(error: &Error) -> String {
        match error.status() {
            Some(status) if !status.message.is_empty() => {
                format!("error: unable to upgrade connection: {}", status.message)
            }
            _ => message(error),
        }
    }

    /// The line and the exit code for the end of the process.
    #[must_use]
    pub fn ended(result: &Result<ExecResult, Error>) -> (String, u8) {
        match result {
            Ok(result) => match result.exit_code() {
                Some(0) => (String::new(), 0),
                Some(code) => (format!("command terminated with exit code {code}\n"), u8::try_from(code).unwrap_or(1)),
                None => (format!("error: {}\n", result.status().message), 1),
            },
            Err(error) => (format!("{}\n", message(error)), 1),
        }
    }
}

/// The container of this name, or the default one; a line says which that is.
fn container_of(pod: &Value, asked: Option<&str>, lines: &mut String) -> Result<String, String> {
    let names = |field: &str| -> Vec<String> {
        let all = pod["spec"][field].as_array().into_iter().flatten();
        all.filter_map(|it| Some(it["name"].as_str()?.to_owned())).collect()
    };
    let (own, inits, short) = (names("containers"), names("initContainers"), names("ephemeralContainers"));
    let marked =
        |names: &[String], mark: &str| -> Vec<String> { names.iter().map(|name| format!("{name}{mark}")).collect() };
    let shown = [own.clone(), marked(&short, " (ephem)"), marked(&inits, " (init)")].concat();
    let known = |name: &str| [&own, &inits, &short].iter().any(|names| names.iter().any(|it| it == name));
    if let Some(name) = asked {
        return match known(name) {
            true => Ok(name.to_owned()),
            false => Err(format!(
                "error: container {name} is not valid for pod {} out of: {}",
                plain(&pod["metadata"]["name"]),
                shown.join(", ")
            )),
        };
    }
    let annotation = &pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"];
    if let Some(name) = annotation.as_str().filter(|name| known(name)) {
        return Ok(name.to_owned());
    }
    let first = own.first().cloned().unwrap_or_default();
    if shown.len() > 1 {
        let _ = writeln!(lines, "Defaulted container \"{first}\" out of: {}", shown.join(", "));
    }
    Ok(first)
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pods() -> Api<DynamicObject> {
    Api::dynamic(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within(Namespace::Default)
}

/// kubectl says this before it attaches to a terminal.
const RECORDED: &str = "All commands and output from this session will be recorded in container logs, including credentials \
                        and sensitive information passed through the command prompt.";

pub(super) fn exec(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let (subject, command) = match flags.words_before_dashes() {
        None if words.len() > 1 => {
            return Err("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples".into());
        }
        Some(1) if words.len() > 1 => words.split_at(1),
        Some(0 | 1) | None if words.is_empty() || flags.words_before_dashes() == Some(0) => {
            return Err("pod, type/name or --filename must be specified".into());
        }
        None | Some(1) => return Err("you must specify at least one command for the container".into()),
        Some(_) => {
            return Err("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples".into());
        }
    };
    process(subject, Some(command.to_vec()), flags)
}

pub(super) fn attach(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    match words.len() {
        0 => Err("at least 1 argument is required for attach".into()),
        1 => process(words, None, flags),
        _ => {
            Err(format!("expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {}: {words:?}", words.len()))
        }
    }
}

fn process(subject: &[String], command: Option<Vec<String>>, flags: &Flags) -> Result<Box<dyn Command>, String> {
    let subject = subject.first().map(String::as_str).unwrap_or_default();
    let subject = match subject.split_once('/') {
        None => Subject::Pod(subject.to_owned()),
        Some(("pod" | "pods" | "po", name)) => Subject::Pod(name.to_owned()),
        Some((kind, name)) => Subject::Target(target(kind, name)?),
    };
    let (stdin, tty, quiet) = (flags.is_on("stdin"), flags.is_on("tty"), flags.is_on("quiet"));
    let container = flags.some_text("container");
    Ok(Box::new(Sessioned(Some(Session::Process(Remote { subject, command, container, stdin, tty, quiet })))))
}

pub(super) fn cp(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let [from, to] = words else {
        return Err("source and destination are required".into());
    };
    let remote = |text: &str| -> Result<Option<RemotePath>, String> {
        // A path that begins like one of this system is local.
        if !text.contains(':') || text.starts_with(['/', '.']) {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|error: Error| error.to_string())
    };
    let (remote, local, download) = match (remote(from)?, remote(to)?) {
        (Some(_), Some(_)) => return Err("one of src or dest must be a local file specification".into()),
        (Some(from), None) => (from, PathBuf::from(to), true),
        (None, Some(to)) => (to, PathBuf::from(from), false),
        (None, None) => return Err("one of src or dest must be a remote file specification".into()),
    };
    let (container, retries) = (flags.some_text("container"), flags.number::<u32>("retries")?.unwrap_or(0));
    let preserve = !flags.is_on("no-preserve");
    let line = CopyLine { remote, local, download, container, retries, preserve };
    Ok(Box::new(Sessioned(Some(Session::Copy(line)))))
}

/// It has no requests of its own.
#[derive(Debug)]
struct Sessioned(Option<Session>);

impl Command for Sessioned {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn session(&mut self) -> Option<Session> {
        self.0.take()
    }

    fn next(&mut self, _: News, _: &mut Desk<'_>) -> Result<Next, Failure> {
        Err(Failure::text("sessions are carried out by the program, and not by an operation"))
    }
}
