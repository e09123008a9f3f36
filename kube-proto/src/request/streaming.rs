//! Parameters of the subresources that stream: `log`, `exec`, `attach`, `portforward`, `proxy` (docs/wire.md §1.5, §8.5).

use std::fmt;

use super::params::params;
use super::query::Query;

params! {
    /// Parameters of a pod's `log`.
    pub struct LogParams {
        /// The container; absent if the pod has only one.
        container: text,
        /// Goes on with later lines as they are written. The server sets no time limit for this.
        follow: flag,
        /// The log of the container's previous run instead of the current one.
        previous: flag,
        /// Only lines of the last so many seconds, at least 1; not together with `since_time`.
        since_seconds: value(u32),
        /// Only from this time on, RFC 3339.
        since_time: text,
        /// Each line begins with its time, RFC 3339 with nanoseconds, and a space.
        timestamps: flag,
        /// Only this many lines, from the end.
        tail_lines: value(u64),
        /// Only this many bytes from the beginning, at least 1. The last line may be cut.
        limit_bytes: value(u64),
        /// The server does not verify the certificate of the node's kubelet: the log may be forged.
        insecure_skip_tls_verify_backend: flag,
        /// Only this stream (alpha, off by default: a server without it answers 422).
        stream: value(LogStream),
    }
}

/// The streams of a container that a log shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStream {
    /// Both.
    All,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

params! {
    /// Parameters of a pod's `exec`.
    pub struct ExecParams {
        /// The program and its arguments, each by itself: no shell reads them.
        command: texts,
        /// The container; absent if the pod has only one.
        container: text,
        /// Sends standard input to the program.
        stdin: flag,
        /// Receives its standard output.
        stdout: flag,
        /// Receives its standard error. A terminal has no separate one: with `tty` this is not sent.
        stderr: flag,
        /// Gives it a terminal.
        tty: flag,
    }
}

params! {
    /// Parameters of a pod's `attach`.
    pub struct AttachParams {
        /// The container; absent if the pod has only one.
        container: text,
        /// Sends it standard input; the container must have been created with one.
        stdin: flag,
        /// Receives its standard output.
        stdout: flag,
        /// Receives its standard error. A terminal has no separate one: with `tty` this is not sent.
        stderr: flag,
        /// The container has a terminal.
        tty: flag,
    }
}

/// Parameters of a pod's `portforward`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortForwardParams {
    /// Ports of the pod. The plain WebSocket protocol needs them here; SPDY in a tunnel names them later.
    pub ports: Vec<u16>,
}

impl LogParams {
    pub(super) fn query(&self, query: &mut Query) -> Result<(), String> {
        if self.since_seconds.is_some() && self.since_time.is_some() {
            return Err("since_seconds and since_time are two ways to say one thing: set one".into());
        }
        query.text("container", self.container.as_deref());
        query.flag("follow", self.follow);
        query.flag("previous", self.previous);
        query.number("sinceSeconds", self.since_seconds);
        query.text("sinceTime", self.since_time.as_deref());
        query.flag("timestamps", self.timestamps);
        query.number("tailLines", self.tail_lines);
        query.number("limitBytes", self.limit_bytes);
        query.flag("insecureSkipTLSVerifyBackend", self.insecure_skip_tls_verify_backend);
        query.text(
            "stream",
            self.stream.map(|stream| match stream {
                LogStream::All => "All",
                LogStream::Stdout => "Stdout",
                LogStream::Stderr => "Stderr",
            }),
        );
        Ok(())
    }
}

impl ExecParams {
    /// This program, with its standard output and error, without input and without a terminal.
    pub fn run<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Self {
        Self::default().command(command).stdout().stderr()
    }

    pub(super) fn query(&self, query: &mut Query) -> Result<(), String> {
        if self.command.first().is_none_or(String::is_empty) {
            return Err("exec needs a command: the program, then its arguments".into());
        }
        for argument in &self.command {
            query.push("command", argument);
        }
        streams(query, self.container.as_deref(), [self.stdin, self.stdout, self.stderr], self.tty)
    }
}

impl AttachParams {
    /// The standard output and error of the running program, without input.
    #[must_use]
    pub fn output() -> Self {
        Self::default().stdout().stderr()
    }

    pub(super) fn query(&self, query: &mut Query) -> Result<(), String> {
        streams(query, self.container.as_deref(), [self.stdin, self.stdout, self.stderr], self.tty)
    }
}

fn streams(
    query: &mut Query,
    container: Option<&str>,
    [stdin, stdout, stderr]: [bool; 3],
    tty: bool,
) -> Result<(), String> {
    let stderr = stderr && !tty;
    if !(stdin || stdout || stderr) {
        return Err(
            "at least one of stdin, stdout and stderr must be asked for (with a terminal, stderr does not count)"
                .into(),
        );
    }
    query.text("container", container);
    query.flag("stdin", stdin);
    query.flag("stdout", stdout);
    query.flag("stderr", stderr);
    query.flag("tty", tty);
    Ok(())
}

impl PortForwardParams {
    /// These ports.
    pub fn ports(ports: impl IntoIterator<Item = u16>) -> Self {
        Self { ports: ports.into_iter().collect() }
    }

    pub(super) fn query(&self, query: &mut Query) {
        if !self.ports.is_empty() {
            query.push("ports", self.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(","));
        }
    }
}

/// The target of the subresource `proxy` of pods, services and nodes: `name`, `name:port` or `scheme:name:port`
/// (docs/wire.md §1.2).
///
/// ```
/// use kube_proto::api::ProxyTarget;
/// assert_eq!(ProxyTarget::new("web").to_string(), "web");
/// assert_eq!(ProxyTarget::new("web").port("metrics").to_string(), "web:metrics");
/// assert_eq!(ProxyTarget::new("web").https().port(8443).to_string(), "https:web:8443");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProxyTarget {
    /// The object's name.
    pub name: String,
    /// The port's number, or for services its name; absent for the only or first port.
    pub port: Option<String>,
    /// TLS to the backend: `Some(true)` for `https`, `Some(false)` for `http`. Absent for `http`, unless the port
    /// decides.
    pub tls: Option<bool>,
}

impl ProxyTarget {
    /// The object of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Its port, by number or name.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts are written where they are used")]
    pub fn port(mut self, port: impl ToString) -> Self {
        self.port = Some(port.to_string());
        self
    }

    /// Uses TLS between the server and the backend.
    #[must_use]
    pub fn https(mut self) -> Self {
        self.tls = Some(true);
        self
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let parts = [Some(&self.name), self.port.as_ref()];
        match parts.into_iter().flatten().find(|part| part.contains(':')) {
            Some(part) => {
                Err(format!("{part:?} cannot be the name or port of a proxied object: it may not contain ':'"))
            }
            None if self.name.is_empty() => Err("the name of the proxied object is empty".into()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ProxyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port.as_deref().unwrap_or_default();
        match (self.tls, &self.port) {
            (Some(tls), _) => write!(f, "{}:{}:{port}", if tls { "https" } else { "http" }, self.name),
            (None, Some(port)) => write!(f, "{}:{port}", self.name),
            (None, None) => f.write_str(&self.name),
        }
    }
}

impl From<&str> for ProxyTarget {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}
