//! A path of a container, and the two kinds of copies.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::exec::{self, Exec};
use crate::op::upgrade::Upgrade;
use crate::request::{ExecParams, Namespace, Target};
use crate::resource::{ApiResource, Scope};

/// A path of a container of a pod. Its text is that of `kubectl cp`: `[NAMESPACE/]POD:PATH`.
///
/// The path is cleaned as in kubectl: `.`, `..` and double slashes are resolved, without a look at the container. A relative
/// path is one of the container's working directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePath {
    namespace: Namespace,
    pod: String,
    container: Option<String>,
    path: String,
}

impl RemotePath {
    /// A path of the only container of this pod, in the client's namespace.
    pub fn new(pod: impl Into<String>, path: &str) -> Self {
        Self { namespace: Namespace::Default, pod: pod.into(), container: None, path: clean(path) }
    }

    /// The same in this namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<Namespace>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// The same in this container of the pod.
    #[must_use]
    pub fn container(mut self, name: impl Into<String>) -> Self {
        self.container = Some(name.into());
        self
    }

    /// The namespace of the pod.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The name of the pod.
    #[must_use]
    pub fn pod(&self) -> &str {
        &self.pod
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last component of the path; empty for the root and the working directory.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        match self.path.rsplit('/').next().unwrap_or_default() {
            "." | ".." => b"",
            name => name.as_bytes(),
        }
    }

    /// The path as an argument of a program, which must not take it for an option.
    pub(super) fn argument(&self) -> String {
        argument(&self.path)
    }

    /// The same pod and container, and another path.
    pub(super) fn at(&self, path: String) -> Self {
        Self { path, ..self.clone() }
    }

    /// Runs a command in the container.
    pub(super) fn run(&self, command: Vec<String>, stdin: bool) -> Upgrade<Exec> {
        let mut params = ExecParams::run(command);
        params.stdin = stdin;
        params.container.clone_from(&self.container);
        let pods = Target::of(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced));
        exec::open(pods.within(self.namespace.clone()).exec(&self.pod, &params), stdin, false)
    }
}

/// A copy from a container: the path, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyFrom {
    pub(super) path: RemotePath,
    pub(super) retries: u32,
}

impl CopyFrom {
    /// The path in the container.
    #[must_use]
    pub fn path(&self) -> &RemotePath {
        &self.path
    }

    /// How often a session that failed may be continued by another one: `--retries` of kubectl. 0 by default. The files must
    /// not change meanwhile, and the image needs `sh` and `tail`.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }
}

impl From<RemotePath> for CopyFrom {
    fn from(path: RemotePath) -> Self {
        Self { path, retries: 0 }
    }
}

/// A copy to a container: the path, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyTo {
    pub(super) path: RemotePath,
    pub(super) preserve: bool,
}

impl CopyTo {
    /// Whether the files keep the owner and the permissions of the archive, as far as the user in the container may set
    /// them: `--no-preserve` of kubectl is the opposite. `true` by default. `false` needs GNU's `tar`.
    #[must_use]
    pub fn preserve(mut self, preserve: bool) -> Self {
        self.preserve = preserve;
        self
    }
}

impl From<RemotePath> for CopyTo {
    fn from(path: RemotePath) -> Self {
        Self { path, preserve: true }
    }
}

pub(super) fn argument(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// As Go's `path.Clean`.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

impl FromStr for RemotePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::misuse(format!("{text:?} is no path of a pod: give [NAMESPACE/]POD:PATH"));
        let (pod, path) = text.split_once(':').ok_or_else(wrong)?;
        let (namespace, pod) = match pod.split_once('/') {
            Some((namespace, pod)) => (Some(namespace), pod),
            None => (None, pod),
        };
        if pod.is_empty() || pod.contains('/') || namespace == Some("") || path.is_empty() {
            return Err(wrong());
        }
        let remote = Self::new(pod, path);
        Ok(match namespace {
            Some(namespace) => remote.within(namespace),
            None => remote,
        })
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.pod, self.path)
    }
}
