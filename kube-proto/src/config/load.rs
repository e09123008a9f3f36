//! Loads a configuration without IO: the loader names each file that it needs, and a driver reads it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::build::Role;
use super::locate::Locate;
use super::overrides::Overrides;
use super::resolved::{Config, CredentialConfig};
use super::select::{Selected, choices, select};
use super::server::Server;
use super::{build, in_cluster, validate};
use crate::driver::fault::{Fault, FaultKind};
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::Kubeconfig;
use crate::kubeconfig::budget::FILE_LIMIT;
use crate::kubeconfig::document::too_large;
use crate::kubeconfig::merge::{KubeconfigFile, Merged};

/// The next step of a loader.
#[derive(Clone, Debug)]
pub enum Want<T> {
    /// Read the whole file at this path and [`give`](Loader::give) it. A file of more than `limit` bytes is an error.
    Read {
        /// The path.
        path: PathBuf,
        /// The most bytes that the file may have. A driver can stop reading after one byte more.
        limit: usize,
    },
    /// The loader is done: the result.
    Done(Result<T, ConfigError>),
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFailure {
    /// There is no such file. Every other failure, such as a missing permission, is an error for every kubeconfig file.
    pub not_found: bool,
    /// The reason in words.
    pub text: String,
}

impl From<Fault> for ReadFailure {
    fn from(fault: Fault) -> ReadFailure {
        ReadFailure { not_found: fault.kind == FaultKind::NotFound, text: fault.text }
    }
}

/// The result of a [`Loader`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The configuration to use.
    pub config: Config,
    /// The kubeconfig files, for their other contexts and for changes. In a pod there are usually none.
    pub kubeconfig: Merged,
    /// The context in use.
    pub context: Option<String>,
    /// Whether this is the configuration of a pod.
    pub in_cluster: bool,
    /// Problems that did not prevent loading, to show to the user of the program.
    pub warnings: Vec<String>,
}

/// Finds, reads, merges and checks a configuration.
///
/// A driver is a loop:
///
/// ```
/// use kube_proto::config::{Loader, Locate, Overrides, ReadFailure, Want};
///
/// # fn read(path: &std::path::Path) -> Result<Vec<u8>, std::io::Error> {
/// #     if path.ends_with(".kube/config") {
/// #         return Ok(br#"{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],
/// #             "clusters": [{"name": "c", "cluster": {"server": "https://h"}}]}"#.to_vec());
/// #     }
/// #     Err(std::io::ErrorKind::NotFound.into())
/// # }
/// let locate = Locate { home: Some("/home/u".into()), ..Locate::default() };
/// let mut loader = Loader::new(locate, Overrides::default());
/// let loaded = loop {
///     match loader.want() {
///         Want::Read { path, limit: _ } => {
///             let bytes = read(&path).map_err(|error| ReadFailure {
///                 not_found: error.kind() == std::io::ErrorKind::NotFound,
///                 text: error.to_string(),
///             });
///             loader.give(&path, bytes.map(Into::into));
///         }
///         Want::Done(result) => break result,
///     }
/// };
/// assert_eq!(loaded?.config.server.to_string(), "https://h");
/// # Ok::<(), kube_proto::config::ConfigError>(())
/// ```
///
/// The loader reads the file of the flag, or else the files of `KUBECONFIG`, or else `~/.kube/config`. If neither these
/// nor the overrides name a server, it uses the configuration of the pod, if the process runs in one. Then it reads the
/// files that the selected cluster and user name.
pub struct Loader {
    locate: Locate,
    overrides: Overrides,
    warnings: Vec<String>,
    stage: LoadState,
}

enum LoadState {
    Kubeconfig(KubeconfigLoader),
    Files(Box<Files>),
    Done(Box<Result<Loaded, ConfigError>>),
}

/// The files of a cluster and a user while the loader reads them.
struct Files {
    selected: Selected,
    server: Server,
    kubeconfig: Merged,
    in_cluster: bool,
    /// A missing service account token means 'not in a pod', and not an unreadable file.
    fall_back: bool,
    pending: VecDeque<(Role, PathBuf)>,
    contents: BTreeMap<Role, Bytes>,
    problems: Vec<Problem>,
}

impl Loader {
    /// Loads from kubeconfig files, or else from the pod.
    pub fn new(locate: Locate, overrides: Overrides) -> Loader {
        let stage = LoadState::Kubeconfig(KubeconfigLoader::new(&locate));
        Loader { locate, overrides: overrides.tidy(), warnings: Vec::new(), stage }
    }

    /// Loads the configuration of the pod, and reads no kubeconfig.
    pub fn in_cluster(locate: Locate, overrides: Overrides) -> Loader {
        let overrides = overrides.tidy();
        let mut loader =
            Loader { locate, overrides, warnings: Vec::new(), stage: LoadState::done(Err(ConfigError::misuse(""))) };
        loader.stage = match in_cluster::selected(&loader.locate, &loader.overrides) {
            Err(error) => LoadState::done(Err(error)),
            Ok(Some(selected)) => loader.files(selected, Merged::default(), true, false),
            Ok(None) => LoadState::done(Err(ConfigError::one(
                ConfigErrorKind::NotConfigured,
                Problem::new(
                    "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined",
                ),
            ))),
        };
        loader
    }

    /// The next step. Calls without a [`give`](Self::give) between them return the same step.
    pub fn want(&mut self) -> Want<Loaded> {
        match &mut self.stage {
            LoadState::Kubeconfig(loader) => match loader.want() {
                Want::Read { path, limit } => Want::Read { path, limit },
                Want::Done(result) => {
                    let tried = loader.tried.clone();
                    self.warnings.append(&mut loader.warnings);
                    self.stage = match result {
                        Ok(kubeconfig) => self.choose(kubeconfig, &tried),
                        Err(error) => LoadState::done(Err(error)),
                    };
                    self.want()
                }
            },
            LoadState::Files(files) => match files.pending.front() {
                Some((_, path)) => Want::Read { path: path.clone(), limit: FILE_LIMIT },
                None => {
                    self.stage = self.finish();
                    self.want()
                }
            },
            LoadState::Done(result) => Want::Done(result.as_ref().clone()),
        }
    }

    /// Hands over the file that [`want`](Self::want) named. The loader ignores every other file.
    pub fn give(&mut self, path: &Path, bytes: Result<Bytes, ReadFailure>) {
        match &mut self.stage {
            LoadState::Kubeconfig(loader) => loader.give(path, bytes),
            LoadState::Files(files) => {
                if let Some((role, path)) = files.pending.pop_front_if(|(_, wanted)| wanted == path) {
                    let failure = files.take(role, &path, bytes, &mut self.warnings);
                    if failure && files.fall_back {
                        let kubeconfig = std::mem::take(&mut files.kubeconfig);
                        self.stage = self.nothing(kubeconfig, &[], true);
                    }
                }
            }
            LoadState::Done(_) => {}
        }
    }

    /// Selects a cluster and a user from the kubeconfig, or else from the pod.
    fn choose(&mut self, kubeconfig: Merged, tried: &[PathBuf]) -> LoadState {
        let selected = match select(&kubeconfig, &self.overrides, self.locate.current_dir.as_deref()) {
            Ok(selected) => selected,
            Err(error) => return LoadState::done(Err(error)),
        };
        if let Some(selected) = selected {
            return self.files(selected, kubeconfig, false, false);
        }
        match in_cluster::selected(&self.locate, &self.overrides) {
            Err(error) => LoadState::done(Err(error)),
            Ok(Some(selected)) => self.files(selected, kubeconfig, true, true),
            Ok(None) => self.nothing(kubeconfig, tried, false),
        }
    }

    /// Neither the kubeconfig nor a pod names a server: uses `KUBERNETES_MASTER`, or fails.
    fn nothing(&mut self, kubeconfig: Merged, tried: &[PathBuf], pod: bool) -> LoadState {
        if let Some(server) = self.locate.kubernetes_master.clone() {
            let mut selected = Selected::default();
            selected.cluster.server = server;
            selected.sources.insert("server", MASTER);
            selected.finish(&self.overrides, self.locate.current_dir.as_deref());
            return self.files(selected, kubeconfig, false, false);
        }
        let contexts: Vec<&str> = kubeconfig.contexts().into_keys().collect();
        let mut help = if !contexts.is_empty() {
            format!("no context is chosen, {}", choices(contexts))
        } else if let Some(file) = kubeconfig.files().first() {
            format!("{} has no contexts", file.path.display())
        } else if tried.is_empty() {
            "there is no kubeconfig".to_owned()
        } else {
            let tried: Vec<String> = tried.iter().map(|path| path.display().to_string()).collect();
            format!("there is no kubeconfig at {}", tried.join(", "))
        };
        if pod {
            let folder = in_cluster::SERVICE_ACCOUNT;
            help += &format!("; KUBERNETES_SERVICE_HOST is set as in a pod, but there is no {folder}/token");
        }
        let problem =
            Problem::new("no configuration has been provided, try setting KUBERNETES_MASTER environment variable");
        LoadState::done(Err(ConfigError::one(ConfigErrorKind::NotConfigured, problem.help(help))))
    }

    /// Validates the selection, and lists its files.
    fn files(&mut self, mut selected: Selected, kubeconfig: Merged, in_cluster: bool, fall_back: bool) -> LoadState {
        if selected.cluster.server.is_empty()
            && let Some(server) = &self.locate.kubernetes_master
        {
            selected.cluster.server = server.clone();
            selected.sources.insert("server", MASTER);
        }
        let problems = validate::check(&selected);
        if !problems.is_empty() {
            return LoadState::done(Err(ConfigError::new(ConfigErrorKind::Invalid, problems)));
        }
        let server = match build::server(&selected) {
            Ok(server) => server,
            Err(error) => return LoadState::done(Err(error)),
        };
        let mut pending = VecDeque::from(build::files(&selected, &server, &self.overrides));
        if in_cluster {
            // The token comes first: if it is missing, this is no pod.
            pending.make_contiguous().sort_by_key(|(role, _)| *role != Role::Token);
            if selected.namespace.is_none() {
                pending.push_back((Role::Namespace, in_cluster::namespace_file()));
            }
        }
        let fall_back = fall_back && in_cluster::uses_token_file(&selected);
        let (contents, problems) = (BTreeMap::new(), Vec::new());
        LoadState::Files(Box::new(Files {
            selected,
            server,
            kubeconfig,
            in_cluster,
            fall_back,
            pending,
            contents,
            problems,
        }))
    }

    fn finish(&mut self) -> LoadState {
        let LoadState::Files(files) = &mut self.stage else {
            return LoadState::done(Err(ConfigError::misuse("nothing to finish")));
        };
        if !files.problems.is_empty() {
            let problems = std::mem::take(&mut files.problems);
            return LoadState::done(Err(ConfigError::new(ConfigErrorKind::Invalid, problems)));
        }
        if let Some(namespace) = files.contents.get(&Role::Namespace) {
            let text = String::from_utf8_lossy(namespace).trim().to_owned();
            files.selected.namespace = Some(text).filter(|text| !text.is_empty());
        }
        let warnings = &mut self.warnings;
        let config = build::config(&files.selected, files.server.clone(), &self.overrides, &files.contents, warnings)
            .and_then(|config| config.with_proxy_env(&self.locate.proxy));
        let folder = self.locate.current_dir.clone();
        LoadState::done(config.map(|mut config| {
            if let (CredentialConfig::AuthProvider { file: Some(file), .. }, Some(folder)) =
                (&mut config.credential, folder)
            {
                // The client writes to it later, and the working directory may have changed by then.
                *file = folder.join(&*file);
            }
            if files.in_cluster {
                "the cluster of this pod".clone_into(&mut config.origin);
            }
            warnings.append(&mut config.warnings());
            Loaded {
                config,
                kubeconfig: std::mem::take(&mut files.kubeconfig),
                context: files.selected.context.clone(),
                in_cluster: files.in_cluster,
                warnings: std::mem::take(warnings),
            }
        }))
    }
}

/// Where a server without a file comes from.
const MASTER: &str = "environment variable KUBERNETES_MASTER";

impl fmt::Debug for Loader {
    /// Omits the contents of files: they have keys and tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Loader");
        match &self.stage {
            LoadState::Kubeconfig(loader) => f.field("kubeconfig", loader),
            LoadState::Files(files) => f.field("pending", &files.pending),
            LoadState::Done(result) => f.field("done", result),
        };
        f.finish_non_exhaustive()
    }
}

impl LoadState {
    fn done(result: Result<Loaded, ConfigError>) -> LoadState {
        LoadState::Done(Box::new(result))
    }
}

impl Files {
    /// Takes one file. Returns whether its absence shows that this is no pod.
    fn take(&mut self, role: Role, path: &Path, bytes: Result<Bytes, ReadFailure>, warnings: &mut Vec<String>) -> bool {
        let bytes = bytes.and_then(|bytes| {
            let failure = |text: String| Err(ReadFailure { not_found: false, text });
            match role {
                _ if bytes.len() > FILE_LIMIT => failure(format!("the file is larger than {FILE_LIMIT} bytes")),
                // An empty CA must not count as no CA: the system's CAs would then be trusted.
                Role::Ca | Role::Certificate | Role::Key if bytes.trim_ascii().is_empty() => {
                    failure("the file is empty".to_owned())
                }
                _ => Ok(bytes),
            }
        });
        match bytes {
            Ok(bytes) => {
                self.contents.insert(role, bytes);
            }
            Err(failure) if role == Role::Token && failure.not_found && self.fall_back => return true,
            Err(_) if role == Role::Namespace => {}
            Err(failure) if role == Role::Ca && self.in_cluster && path.starts_with(in_cluster::SERVICE_ACCOUNT) => {
                // `kubectl` continues too: the server may have a certificate of a public CA.
                warnings.push(format!(
                    "Expected to load root CA config from {}, but got err: {}",
                    path.display(),
                    failure.text
                ));
                self.selected.certificate_authority = None;
            }
            Err(failure) => self.problems.push(build::unreadable(&self.selected, role, path, &failure.text)),
        }
        false
    }
}

/// Finds and reads only the kubeconfig files, for programs that list or change them. [`Loader`] uses it first.
#[derive(Debug)]
pub struct KubeconfigLoader {
    explicit: bool,
    warn_if_all_missing: bool,
    pending: VecDeque<PathBuf>,
    tried: Vec<PathBuf>,
    missing: Vec<String>,
    read: Vec<KubeconfigFile>,
    problems: Vec<ConfigError>,
    warnings: Vec<String>,
    done: Option<Result<Merged, ConfigError>>,
}

impl KubeconfigLoader {
    /// Starts with the files that `locate` names.
    pub fn new(locate: &Locate) -> KubeconfigLoader {
        let explicit = locate.kubeconfig.clone().filter(|path| !path.as_os_str().is_empty());
        let variable = locate.kubeconfig_env.as_ref().filter(|value| !value.is_empty());
        let mut paths: Vec<PathBuf> = Vec::new();
        let mut seen = BTreeSet::new();
        if let Some(path) = &explicit {
            paths.push(path.clone());
        } else if let Some(variable) = variable {
            for path in std::env::split_paths(variable).filter(|path| !path.as_os_str().is_empty()) {
                if seen.insert(path.clone()) {
                    paths.push(path);
                }
            }
        } else if let Some(home) = &locate.home {
            paths.push(home.join(".kube").join("config"));
        }
        KubeconfigLoader {
            explicit: explicit.is_some(),
            warn_if_all_missing: explicit.is_none() && variable.is_some(),
            tried: paths.clone(),
            pending: paths.into(),
            missing: Vec::new(),
            read: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            done: None,
        }
    }

    /// The next step. Calls without a [`give`](Self::give) between them return the same step.
    pub fn want(&mut self) -> Want<Merged> {
        if let Some(path) = self.pending.front() {
            return Want::Read { path: path.clone(), limit: FILE_LIMIT };
        }
        if let Some(result) = &self.done {
            return Want::Done(result.clone());
        }
        if self.warn_if_all_missing && !self.missing.is_empty() && self.read.is_empty() {
            self.warnings.push(format!("Config not found: {}", self.missing.join(", ")));
        }
        let result = match self.problems.first() {
            None => Ok(Merged::new(std::mem::take(&mut self.read), self.tried.last().cloned())),
            Some(first) => {
                let problems = self.problems.iter().flat_map(|error| error.problems().to_vec());
                Err(ConfigError::new(first.kind(), problems.collect()))
            }
        };
        self.done = Some(result.clone());
        Want::Done(result)
    }

    /// Hands over the file that [`want`](Self::want) named. The loader ignores every other file.
    pub fn give(&mut self, path: &Path, bytes: Result<Bytes, ReadFailure>) {
        let Some(path) = self.pending.pop_front_if(|wanted| wanted == path) else { return };
        let config = match bytes {
            Ok(bytes) if bytes.len() > FILE_LIMIT => Err(too_large(FILE_LIMIT)),
            Ok(bytes) => Kubeconfig::parse(&bytes),
            Err(failure) if failure.not_found && !self.explicit => {
                self.missing.push(path.display().to_string());
                return;
            }
            Err(failure) => Err(ConfigError::one(ConfigErrorKind::Read, Problem::new(failure.text))),
        };
        match config {
            Ok(config) => self.read.push(KubeconfigFile { path, config }),
            Err(error) => self.problems.push(error.in_file(&path)),
        }
    }

    /// Problems that did not prevent loading, to show to the user of the program.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
