//! The changes of `config`: their files and messages.
//!
//! [`Rewrite`] applies each change to the current content of the file.

use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kube_proto::config::{ConfigError, Secret, UrlText};
use kube_proto::kubeconfig::{AuthProvider, Context, ExecConfig, ExecEnv, Kubeconfig, Merged, Rewrite};

use super::config_property::{Property, Value};
use super::failure::Failure;
use super::flags::Flags;

/// A change to the kubeconfig.
#[derive(Debug)]
pub(super) enum Change {
    Use(String),
    /// `None` is the current context.
    SetContext(Option<String>),
    SetCluster(String),
    SetUser(String),
    RenameContext(String, String),
    DeleteContext(String),
    DeleteCluster(String),
    DeleteUser(String),
    /// A property by its path; without a value, it is unset.
    Property(String, Property, Option<Value>),
}

/// The input of a change.
pub(super) struct Ground<'a> {
    pub(super) merged: &'a Merged,
    pub(super) flags: &'a Flags,
    pub(super) cwd: Option<&'a Path>,
    /// The contents of the files to embed, by the flag that names each.
    pub(super) embedded: &'a [(&'static str, Bytes)],
}

/// The rewrites and messages of a change.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) rewrites: Vec<Rewrite>,
    /// Printed to standard error before the change.
    pub(super) warning: Option<&'static str>,
    /// Printed after the change.
    pub(super) message: String,
}

impl Change {
    /// The flags that name files to embed.
    pub(super) fn embeds(&self) -> &'static [&'static str] {
        match self {
            Self::SetCluster(_) => &["certificate-authority"],
            Self::SetUser(_) => &["client-certificate", "client-key"],
            _ => &[],
        }
    }

    pub(super) fn plan(&self, on: &Ground<'_>) -> Result<Plan, Failure> {
        let merged = on.merged;
        let default = || merged.file_for_new().unwrap_or(Path::new("")).display().to_string();
        let one = |path: Result<PathBuf, ConfigError>, message: String, change: Edit| {
            let path = path.map_err(|error| Failure::text(bare(&error)))?;
            Ok(Plan { rewrites: vec![rewrite(path, change)], warning: None, message })
        };
        match self {
            Self::Use(name) => {
                let path = merged.clone().use_context(name);
                let message = format!("Switched to context {name:?}.\n");
                let name = name.clone();
                one(
                    path,
                    message,
                    Box::new(move |config| {
                        config.current_context = Some(name.clone());
                        Ok(())
                    }),
                )
            }
            Self::SetContext(name) => {
                let current = || merged.current_context().map(|current| current.value.clone());
                let name = name.clone().or_else(current).ok_or_else(|| Failure::text("no current context is set"))?;
                let done = if merged.context(&name).is_some() { "modified" } else { "created" };
                let path = merged.clone().set_context(&name, Context::default());
                let (message, flags) = (format!("Context {name:?} {done}.\n"), on.flags.clone());
                one(
                    path,
                    message,
                    Box::new(move |config| {
                        let mut context = config.context(&name).cloned().unwrap_or_default();
                        let given = |flag: &str| flags.text(flag).map(str::to_owned);
                        context.cluster = given("cluster").unwrap_or(context.cluster);
                        context.user = given("user").unwrap_or(context.user);
                        set(&mut context.namespace, given("namespace"));
                        config.set_context(&name, context);
                        Ok(())
                    }),
                )
            }
            Self::SetCluster(name) => {
                let path = merged.clone().set_cluster(name, Default::default());
                let written = written(on.cwd, path.as_deref().unwrap_or(Path::new("")));
                let (name, message) = (name.clone(), format!("Cluster {name:?} set.\n"));
                let (flags, embedded) = (on.flags.clone(), on.embedded.to_vec());
                one(
                    path,
                    message,
                    Box::new(move |config| {
                        let mut cluster = config.cluster(&name).cloned().unwrap_or_default();
                        server(&mut cluster, &flags, &embedded, &written);
                        config.set_cluster(&name, cluster);
                        Ok(())
                    }),
                )
            }
            Self::SetUser(name) => {
                let path = merged.clone().set_credentials(name, Default::default());
                let written = written(on.cwd, path.as_deref().unwrap_or(Path::new("")));
                let (name, message) = (name.clone(), format!("User {name:?} set.\n"));
                let (flags, embedded) = (on.flags.clone(), on.embedded.to_vec());
                one(
                    path,
                    message,
                    Box::new(move |config| {
                        let mut user = config.user(&name).cloned().unwrap_or_default();
                        credentials(&mut user, &flags, &embedded, &written);
                        config.set_credentials(&name, user);
                        Ok(())
                    }),
                )
            }
            Self::RenameContext(old, new) => rename(merged, old, new, &default()),
            Self::DeleteContext(name) => {
                let current = merged.current_context().is_some_and(|current| current.value == name);
                let path = merged.clone().delete_context(name).map_err(|_| not_in("context", name, &default()))?;
                let (message, name) = (deleted("context", name, &default()), name.clone());
                let mut plan = one(
                    Ok(path),
                    message,
                    Box::new(move |config| {
                        config.delete_context(&name);
                        Ok(())
                    }),
                )?;
                plan.warning = current.then_some(
                    "warning: this removed your active context, use \"kubectl config use-context\" to select a \
                     different one",
                );
                Ok(plan)
            }
            Self::DeleteCluster(name) => {
                let path = merged.clone().delete_cluster(name).map_err(|_| not_in("cluster", name, &default()))?;
                let (message, name) = (deleted("cluster", name, &default()), name.clone());
                one(
                    Ok(path),
                    message,
                    Box::new(move |config| {
                        config.delete_cluster(&name);
                        Ok(())
                    }),
                )
            }
            Self::DeleteUser(name) => {
                let path = merged.clone().delete_user(name).map_err(|_| not_in("user", name, &default()))?;
                let (message, name) = (deleted("user", name, &default()), name.clone());
                one(
                    Ok(path),
                    message,
                    Box::new(move |config| {
                        config.delete_user(&name);
                        Ok(())
                    }),
                )
            }
            Self::Property(path, property, value) => {
                let rewrites = property.rewrites(merged, value.as_ref()).map_err(Failure::text)?;
                let done = if value.is_some() { "set" } else { "unset" };
                Ok(Plan { rewrites, warning: None, message: format!("Property {path:?} {done}.\n") })
            }
        }
    }
}

/// A change to one file.
pub(super) type Edit = Box<dyn FnMut(&mut Kubeconfig) -> Result<(), ConfigError> + Send>;

/// The operation for an edit, which writes nothing if nothing changes.
pub(super) fn rewrite(path: PathBuf, mut edit: Edit) -> Rewrite {
    Rewrite::new(path, move |config| {
        let before = config.clone();
        edit(config)?;
        Ok(*config != before)
    })
}

fn not_in(what: &str, name: &str, file: &str) -> Failure {
    Failure::text(format!("cannot delete {what} {name}, not in {file}"))
}

fn deleted(what: &str, name: &str, file: &str) -> String {
    format!("deleted {what} {name} from {file}\n")
}

/// Renames a context, and the current context, which may be in another file.
fn rename(merged: &Merged, old: &str, new: &str, file: &str) -> Result<Plan, Failure> {
    let cannot = |why: String| Failure::text(format!("cannot rename the context {old:?}, {why}"));
    let defined = merged.context(old).ok_or_else(|| cannot(format!("it's not in {file}")))?.file;
    if merged.context(new).is_some() {
        return Err(cannot(format!("the context {new:?} already exists in {file}")));
    }
    let paths = merged.clone().rename_context(old, new).map_err(|error| Failure::text(bare(&error)))?;
    let rewrites = paths.into_iter().map(|path| {
        let (old, new, here) = (old.to_owned(), new.to_owned(), path == defined);
        rewrite(
            path,
            Box::new(move |config| {
                if here {
                    return config.rename_context(&old, &new);
                }
                config.current_context = Some(new.clone());
                Ok(())
            }),
        )
    });
    let message = format!("Context {old:?} renamed to {new:?}.\n");
    Ok(Plan { rewrites: rewrites.collect(), warning: None, message })
}

/// Applies the flags of `set-cluster`.
fn server(
    cluster: &mut kube_proto::kubeconfig::Cluster,
    flags: &Flags,
    embedded: &[(&'static str, Bytes)],
    written: &impl Fn(&str) -> String,
) {
    let given = |flag: &str| flags.text(flag).map(str::to_owned);
    if let Some(server) = given("server") {
        cluster.server = UrlText::from(server);
        // The name belongs to the old server.
        cluster.tls_server_name = None;
    }
    set(&mut cluster.tls_server_name, given("tls-server-name"));
    if let Some(skip) = flags.switch("insecure-skip-tls-verify") {
        cluster.insecure_skip_tls_verify = skip;
        if skip {
            (cluster.certificate_authority, cluster.certificate_authority_data) = (None, None);
        }
    }
    if let Some(ca) = given("certificate-authority") {
        let embedded = of(embedded, "certificate-authority");
        cluster.insecure_skip_tls_verify &= ca.is_empty();
        cluster.certificate_authority = Some(written(&ca)).filter(|ca| !ca.is_empty() && embedded.is_none());
        cluster.certificate_authority_data = embedded;
    }
    if let Some(proxy) = given("proxy-url") {
        cluster.proxy_url = Some(proxy).filter(|proxy| !proxy.is_empty()).map(UrlText::from);
    }
}

/// Applies the flags of `set-credentials`.
fn credentials(
    user: &mut kube_proto::kubeconfig::User,
    flags: &Flags,
    embedded: &[(&'static str, Bytes)],
    written: &impl Fn(&str) -> String,
) {
    let given = |flag: &str| flags.text(flag).map(str::to_owned);
    let file = |path: &str, embedded: &Option<String>| {
        Some(written(path)).filter(|path| !path.is_empty() && embedded.is_none())
    };
    if let Some(path) = given("client-certificate") {
        let embedded = of(embedded, "client-certificate");
        user.client_certificate = file(&path, &embedded);
        user.client_certificate_data = embedded;
    }
    if let Some(path) = given("client-key") {
        let embedded = of(embedded, "client-key");
        user.client_key = file(&path, &embedded);
        user.client_key_data = embedded.map(Secret::from);
    }
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (token, basic) = (some(given("token")), some(given("username")).or_else(|| some(given("password"))));
    if let Some(given) = given("token") {
        user.token = some(Some(given)).map(Secret::from);
    }
    set(&mut user.username, given("username"));
    if let Some(given) = given("password") {
        user.password = some(Some(given)).map(Secret::from);
    }
    // A token replaces name and password, and the reverse.
    if token.is_some() {
        (user.username, user.password) = (None, None);
    } else if basic.is_some() {
        user.token = None;
    }
    if let Some(name) = given("auth-provider") {
        user.auth_provider = some(Some(name)).map(|name| match user.auth_provider.take() {
            Some(known) if known.name == name => known,
            _ => AuthProvider { name, ..AuthProvider::default() },
        });
    }
    if let Some(provider) = &mut user.auth_provider {
        for setting in flags.items("auth-provider-arg") {
            match setting.split_once('=') {
                Some((key, value)) => provider.config.insert(key.to_owned(), Secret::from(value)),
                None => provider.config.remove(setting.strip_suffix('-').unwrap_or(&setting)),
            };
        }
    }
    if let Some(command) = given("exec-command") {
        // A new command does not take the arguments of the old one.
        let known = user.exec.take().map(|known| ExecConfig { args: Vec::new(), ..known });
        user.exec = some(Some(command)).map(|command| ExecConfig { command, ..known.unwrap_or_default() });
    }
    if let Some(exec) = &mut user.exec {
        set(&mut exec.api_version, given("exec-api-version"));
        set(&mut exec.interactive_mode, given("exec-interactive-mode"));
        if let Some(tell) = flags.switch("exec-provide-cluster-info") {
            exec.provide_cluster_info = tell;
        }
        if flags.has("exec-arg") {
            exec.args = flags.items("exec-arg").into_iter().map(Secret::from).collect();
        }
        for variable in flags.texts("exec-env") {
            let (name, value) = match variable.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (variable.strip_suffix('-').unwrap_or(&variable), None),
            };
            let known = exec.env.iter_mut().find(|known| known.name == name);
            match (known, value) {
                (Some(known), Some(value)) => known.value = Secret::from(value),
                (None, Some(value)) => {
                    let value = Secret::from(value);
                    exec.env.push(ExecEnv { name: name.to_owned(), value, ..ExecEnv::default() });
                }
                (_, None) => exec.env.retain(|known| known.name != name),
            }
        }
    }
}

/// Applies a flag if it is given; an empty one clears the field.
fn set(field: &mut Option<String>, given: Option<String>) {
    if let Some(given) = given {
        *field = Some(given).filter(|given| !given.is_empty());
    }
}

fn of(embedded: &[(&'static str, Bytes)], flag: &str) -> Option<String> {
    embedded.iter().find(|(name, _)| *name == flag).map(|(_, content)| STANDARD.encode(content))
}

/// The core's first problem, without the context that the error adds.
pub(super) fn bare(error: &ConfigError) -> String {
    error.problems().first().map_or_else(|| error.to_string(), |problem| problem.text.clone())
}

/// Converts a path of the command line for a kubeconfig: relative if it is below the file's folder, else absolute.
fn written(cwd: Option<&Path>, file: &Path) -> impl Fn(&str) -> String + Send + 'static {
    let cwd = cwd.unwrap_or(Path::new("")).to_path_buf();
    let folder = clean(&cwd.join(file.parent().unwrap_or(Path::new(""))));
    move |path| {
        if path.is_empty() {
            return String::new();
        }
        let path = clean(&cwd.join(path));
        path.strip_prefix(&folder).unwrap_or(&path).display().to_string()
    }
}

pub(super) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
