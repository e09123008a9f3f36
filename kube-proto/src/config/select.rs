//! Selects the cluster, the user and the namespace: from the overrides, or else from the context.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::overrides::Overrides;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::merge::{Defined, Merged, resolve, resolve_command};
use crate::kubeconfig::{Cluster, Context, User};

/// A cluster and a user, with overrides applied and paths resolved. Their fields are not validated yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Selected {
    pub(super) context: Option<String>,
    pub(super) context_file: Option<PathBuf>,
    /// Empty if the cluster has no name.
    pub(super) cluster_name: String,
    pub(super) cluster_file: Option<PathBuf>,
    pub(super) cluster: Cluster,
    /// Empty if the user has no name.
    pub(super) user_name: String,
    pub(super) user_file: Option<PathBuf>,
    pub(super) user: User,
    pub(super) namespace: Option<String>,
    pub(super) certificate_authority: Option<PathBuf>,
    pub(super) client_certificate: Option<PathBuf>,
    pub(super) client_key: Option<PathBuf>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) exec_command: PathBuf,
    /// Fields whose values are from no file, and where they are from.
    pub(super) sources: BTreeMap<&'static str, &'static str>,
}

/// Selects the cluster and the user. `None` without a context and without an override of the cluster.
///
/// A name without a stanza is an error. `kubectl` continues in some of these cases with an empty cluster (and then
/// reports that there is no configuration) or without a user.
pub(super) fn select(
    all: &Merged,
    overrides: &Overrides,
    current_dir: Option<&Path>,
) -> Result<Option<Selected>, ConfigError> {
    let (name, context) = chosen_context(all, overrides)?;
    let mut selected = Selected::default();
    if let Some(context) = context {
        selected.context_file = Some(context.file.to_path_buf());
        selected.namespace.clone_from(&context.value.namespace);
    }
    selected.context.clone_from(&name);

    let reference = Reference { name: name.as_deref(), context };
    let by_context = context.map(|context| context.value.cluster.as_str());
    let wanted = wanted(overrides.cluster.as_deref(), by_context);
    if let Some((name, by_override)) = wanted {
        let cluster = all.cluster(name).ok_or_else(|| {
            let names = all.clusters().into_keys().collect();
            if by_override {
                no_such("cluster", name, names, "flag --cluster")
            } else {
                reference.dangles("cluster", name, names)
            }
        })?;
        selected.cluster_name = name.to_owned();
        selected.cluster_file = Some(cluster.file.to_path_buf());
        selected.cluster = cluster.value.clone();
    } else if !overrides.names_a_cluster() {
        if context.is_none() {
            return Ok(None);
        }
        return Err(reference.lacks("cluster"));
    }

    let by_context = context.map(|context| context.value.user.as_str());
    if let Some((name, by_override)) = self::wanted(overrides.user.as_deref(), by_context) {
        let user = all.user(name).ok_or_else(|| {
            let names = all.users().into_keys().collect();
            if by_override {
                no_such("auth info", name, names, "flag --user")
            } else {
                reference.dangles("user", name, names)
            }
        })?;
        selected.user_name = name.to_owned();
        selected.user_file = Some(user.file.to_path_buf());
        selected.user = user.value.clone();
    }

    selected.finish(overrides, current_dir);
    Ok(Some(selected))
}

impl Selected {
    /// Applies the overrides and resolves the paths. A path of a stanza is relative to the folder of its file, a path
    /// of an override is relative to the working directory.
    pub(super) fn finish(&mut self, overrides: &Overrides, current_dir: Option<&Path>) {
        self.sources.extend(overrides.flags());
        overrides.apply_to_cluster(&mut self.cluster);
        overrides.apply_to_user(&mut self.user);
        if let Some(namespace) = overrides.namespace() {
            self.namespace = Some(namespace.to_owned());
        }
        let path = |text: &Option<String>, new: &Option<String>, file: &Option<PathBuf>| {
            let text = text.as_ref()?;
            // An empty file name makes the path relative to the working directory.
            let file = file.as_deref().filter(|_| new.is_none()).unwrap_or(Path::new(""));
            Some(resolve(text, file, current_dir))
        };
        let (cluster, user) = (&self.cluster, &self.user);
        self.certificate_authority =
            path(&cluster.certificate_authority, &overrides.certificate_authority, &self.cluster_file);
        self.client_certificate = path(&user.client_certificate, &overrides.client_certificate, &self.user_file);
        self.client_key = path(&user.client_key, &overrides.client_key, &self.user_file);
        self.token_file = path(&user.token_file, &None, &self.user_file);
        if let Some(exec) = &user.exec {
            self.exec_command = resolve_command(&exec.command, self.user_file.as_deref(), current_dir);
        }
    }
}

type Chosen<'a> = (Option<String>, Option<Defined<'a, Context>>);

fn chosen_context<'a>(all: &'a Merged, overrides: &Overrides) -> Result<Chosen<'a>, ConfigError> {
    let names = || all.contexts().into_keys().collect();
    if let Some(name) = overrides.context.as_ref() {
        let context = all.context(name).ok_or_else(|| no_such("context", name, names(), "flag --context"))?;
        return Ok((Some(name.clone()), Some(context)));
    }
    let Some(current) = all.current_context() else { return Ok((None, None)) };
    let context = all.context(current.value).ok_or_else(|| {
        let problem = Problem::new(format!("context was not found for specified context: {}", current.value))
            .file(Some(current.file))
            .field("current-context")
            .help(choices(names()));
        ConfigError::one(ConfigErrorKind::Invalid, problem)
    })?;
    Ok((Some(current.value.clone()), Some(context)))
}

/// The name to look up, and whether it comes from an override.
fn wanted<'a>(by_override: Option<&'a str>, by_context: Option<&'a str>) -> Option<(&'a str, bool)> {
    let by_override = by_override.map(|name| (name, true));
    by_override.or_else(|| by_context.filter(|name| !name.is_empty()).map(|name| (name, false)))
}

fn no_such(what: &str, name: &str, names: Vec<&str>, source: &str) -> ConfigError {
    let problem = Problem::new(format!("{what} {name:?} does not exist")).source(source).help(choices(names));
    ConfigError::one(ConfigErrorKind::Invalid, problem)
}

struct Reference<'a> {
    name: Option<&'a str>,
    context: Option<Defined<'a, Context>>,
}

impl Reference<'_> {
    fn dangles(&self, what: &str, name: &str, names: Vec<&str>) -> ConfigError {
        let context = self.name.unwrap_or_default();
        self.error(what, format!("{what} {name:?} was not found for context {context:?}"), choices(names))
    }

    fn lacks(&self, what: &str) -> ConfigError {
        let context = self.name.unwrap_or_default();
        self.error(what, format!("{what} was not specified for context {context:?}"), "name one".to_owned())
    }

    fn error(&self, what: &str, text: String, help: String) -> ConfigError {
        let context = self.name.unwrap_or_default();
        let mut problem = Problem::new(text)
            .file(self.context.map(|context| context.file))
            .field(format!("contexts[{context:?}].{what}"))
            .help(help);
        problem.context = self.name.map(str::to_owned);
        ConfigError::one(ConfigErrorKind::Invalid, problem)
    }
}

/// Help for an error: the first few of the names that exist.
pub(super) fn choices(names: Vec<&str>) -> String {
    if names.is_empty() {
        return "there are none".to_owned();
    }
    let more = if names.len() > CHOICES { ", …" } else { "" };
    let names: Vec<String> = names.into_iter().take(CHOICES).map(|name| format!("{name:?}")).collect();
    format!("there are {}{more}", names.join(", "))
}

const CHOICES: usize = 10;
