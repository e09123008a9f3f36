//! `config`: the kubeconfig, shown and changed. No server is asked.
//!
//! | state | event | next |
//! |---|---|---|
//! | reading | a file, or that there is none | the next one; after the last: shown, or changing |
//! | embedding | a certificate or key | the next one; after the last: changing |
//! | changing | written | said |

use std::collections::VecDeque;
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kube_proto::config::{
    AuthProvider, ConfigError, Context, ExecConfig, ExecEnv, KubeconfigLoader, Locate, Merged, ReadFailure, Rewrite,
    Secret, UrlText, Want,
};
use kube_proto::{Effect, FaultKind, Input};

use super::config_view::{self, Show};
use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::yaml;

pub(super) const CONFIG: &[Flag] = &[
    Flag::value("output", "''", "view: yaml or json; get-contexts: name.").short('o'),
    Flag::switch("raw", "view: with all secrets."),
    Flag::switch("minify", "view: only what the current context uses."),
    Flag::switch("no-headers", "get-contexts: print no headings."),
    Flag::switch("current", "set-context: the current context."),
    Flag::switch(
        "embed-certs",
        "set-cluster, set-credentials: the certificates themselves in the place of their files' names.",
    ),
    Flag::value("proxy-url", "''", "set-cluster: the proxy on the way to it."),
    Flag::value("auth-provider", "''", "set-credentials: the auth provider."),
    Flag::value("auth-provider-arg", "[]", "set-credentials: a setting of it, key=value; may be said again."),
    Flag::value("exec-command", "''", "set-credentials: the credential plugin."),
    Flag::value("exec-api-version", "''", "set-credentials: the version that it speaks."),
    Flag::value("exec-arg", "[]", "set-credentials: an argument of it; may be said again."),
    Flag::value("exec-env", "[]", "set-credentials: a variable for it, key=value; may be said again."),
    Flag::value("exec-interactive-mode", "''", "set-credentials: whether it may ask a person."),
    Flag::switch("exec-provide-cluster-info", "set-credentials: tell it about the cluster."),
];

pub(super) fn config(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let Some((verb, words)) = words.split_first() else {
        return Err("name a subcommand: view, get-contexts, get-clusters, get-users, current-context, use-context, \
                    set-context, set-cluster, set-credentials"
            .into());
    };
    let unexpected = || format!("Unexpected args: [{}]", words.join(" "));
    let none = |what: What| if words.is_empty() { Ok(what) } else { Err(unexpected()) };
    let one = || match words {
        [name] => Ok(name.clone()),
        _ => Err(unexpected()),
    };
    let what = match verb.as_str() {
        "view" => {
            let json = output(flags, &["json", "yaml"])? == "json";
            none(What::View { json, show: if flags.is_on("raw") { Show::Raw } else { Show::Redacted } })?
        }
        "get-contexts" => {
            let names = output(flags, &["name"])? == "name";
            What::Contexts { only: words.to_vec(), names, headings: !flags.is_on("no-headers") }
        }
        "get-clusters" => none(What::Clusters)?,
        "get-users" => none(What::Users)?,
        "current-context" => none(What::Current)?,
        "use-context" | "use" => What::Use(one()?),
        "set-context" => match (words, flags.is_on("current")) {
            ([], true) => What::SetContext(None),
            ([name], false) if !name.is_empty() => What::SetContext(Some(name.clone())),
            ([_], true) => return Err("you cannot specify both a context name and --current".into()),
            ([] | [_], _) => return Err("you must specify a non-empty context name or --current".into()),
            _ => return Err(unexpected()),
        },
        "set-cluster" => What::SetCluster(one()?),
        "set-credentials" => What::SetUser(one().map_err(|text| text.replace("Unexpected", "unexpected"))?),
        other => return Err(format!("unknown command \"{other}\"\nSee 'kubectl config -h' for help and examples")),
    };
    match &what {
        What::SetCluster(_)
            if flags.is_on("insecure-skip-tls-verify") && flags.some_text("certificate-authority").is_some() =>
        {
            return Err("you cannot specify a certificate authority and insecure mode at the same time".into());
        }
        What::SetCluster(_) if flags.is_on("embed-certs") && flags.some_text("certificate-authority").is_none() => {
            return Err("you must specify a --certificate-authority to embed".into());
        }
        What::SetUser(_) => {
            let basic = flags.some_text("username").is_some() || flags.some_text("password").is_some();
            if flags.some_text("token").is_some() && basic {
                return Err("you cannot specify more than one authentication method at the same time: --token, \
                            --username/--password"
                    .into());
            }
        }
        _ => {}
    }
    let embeds = match &what {
        What::SetCluster(_) => &["certificate-authority"][..],
        What::SetUser(_) => &["client-certificate", "client-key"],
        _ => &[],
    };
    let embeds = embeds.iter().filter(|_| flags.is_on("embed-certs"));
    Ok(Box::new(Config {
        what,
        flags: flags.clone(),
        cwd: None,
        explicit: false,
        loader: None,
        wanted: None,
        embeds: embeds.filter_map(|name| Some((*name, PathBuf::from(flags.some_text(name)?)))).collect(),
        embedded: Vec::new(),
        merged: Merged::default(),
        said: String::new(),
    }))
}

fn output<'a>(flags: &'a Flags, known: &[&str]) -> Result<&'a str, String> {
    let output = flags.text("output").unwrap_or_default();
    if output.is_empty() || known.contains(&output) {
        return Ok(output);
    }
    let known = known.join(",");
    Err(format!("unable to match a printer suitable for the output format {output:?}, allowed formats are: {known}"))
}

#[derive(Debug)]
enum What {
    View {
        json: bool,
        show: Show,
    },
    Contexts {
        only: Vec<String>,
        names: bool,
        headings: bool,
    },
    Clusters,
    Users,
    Current,
    Use(String),
    /// `None` is the current one.
    SetContext(Option<String>),
    SetCluster(String),
    SetUser(String),
}

#[derive(Debug)]
struct Config {
    what: What,
    flags: Flags,
    cwd: Option<PathBuf>,
    /// There is one file, and it need not exist.
    explicit: bool,
    loader: Option<KubeconfigLoader>,
    /// The file that is being read.
    wanted: Option<PathBuf>,
    /// The files whose content goes into the kubeconfig, by the flag that names each.
    embeds: VecDeque<(&'static str, PathBuf)>,
    embedded: Vec<(&'static str, Bytes)>,
    merged: Merged,
    /// What is printed once it is written.
    said: String,
}

impl Command for Config {
    fn needs_discovery(&self) -> bool {
        false
    }

    fn is_local(&self) -> bool {
        true
    }

    fn locate(&mut self, locate: &Locate) {
        self.cwd.clone_from(&locate.current_dir);
        self.explicit = locate.kubeconfig.is_some();
        self.loader = Some(KubeconfigLoader::new(locate));
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        match news {
            News::Start => self.read(desk),
            News::Local(input) => {
                let path = self.wanted.take().unwrap_or_default();
                match &mut self.loader {
                    Some(loader) => {
                        loader.give(&path, content(input, self.explicit));
                        self.read(desk)
                    }
                    None => self.embed(&path, input, desk),
                }
            }
            News::Written => {
                desk.out(std::mem::take(&mut self.said));
                Ok(Next::Done)
            }
            News::Failed(error) => Err(error.into()),
            _ => Ok(Next::Done),
        }
    }
}

/// What a file holds; the one that was named is empty if it is not there.
fn content(input: Input, explicit: bool) -> Result<Bytes, ReadFailure> {
    match input {
        Input::File(content) => Ok(content),
        Input::Failed(fault) if explicit && fault.kind == FaultKind::NotFound => Ok(Bytes::new()),
        Input::Failed(fault) => Err((*fault).into()),
        _ => Err(ReadFailure { not_found: false, text: "the driver did not read it".to_owned() }),
    }
}

impl Config {
    fn read(&mut self, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let Some(loader) = &mut self.loader else { return Ok(Next::Done) };
        match loader.want() {
            Want::Read { path, limit } => {
                self.wanted = Some(path.clone());
                Ok(Next::Local(Effect::ReadFile { path, limit }))
            }
            Want::Done(merged) => {
                self.merged = merged.map_err(Failure::text)?;
                self.loader = None;
                self.go(desk)
            }
        }
    }

    fn embed(&mut self, path: &Path, input: Input, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let Some((flag, _)) = self.embeds.pop_front() else { return Ok(Next::Done) };
        match input {
            Input::File(content) => self.embedded.push((flag, content)),
            Input::Failed(fault) => {
                return Err(Failure::text(format!("could not read {flag} data from {}: {fault}", path.display())));
            }
            _ => {}
        }
        self.go(desk)
    }

    fn go(&mut self, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        if let Some((_, path)) = self.embeds.front() {
            let path = self.cwd.as_deref().unwrap_or(Path::new("")).join(path);
            self.wanted = Some(path.clone());
            return Ok(Next::Local(Effect::ReadFile { path, limit: kube_proto::config::FILE_LIMIT }));
        }
        match &self.what {
            What::View { json, show } => {
                let view = config_view::view(&self.shown()?, *show);
                desk.out(if *json { config_view::json(&view) } else { yaml::emit(&view.to_value()) });
            }
            What::Contexts { only, names, headings } => self.contexts(only, *names, *headings, desk),
            What::Clusters => desk.out(list(self.merged.clusters().into_keys())),
            What::Users => desk.out(list(self.merged.users().into_keys())),
            What::Current => match self.merged.current_context() {
                Some(current) => desk.out(format!("{}\n", current.value)),
                None => return Err(Failure::text("current-context is not set")),
            },
            What::Use(_) | What::SetContext(_) | What::SetCluster(_) | What::SetUser(_) => {
                return self.change().map(|rewrite| Next::Rewrite(Box::new(rewrite)));
            }
        }
        Ok(Next::Done)
    }

    /// What `view` shows.
    fn shown(&self) -> Result<kube_proto::config::Kubeconfig, Failure> {
        let mut all = self.merged.to_kubeconfig();
        if !self.flags.is_on("minify") {
            return Ok(all);
        }
        let name = self.flags.some_text("context").or_else(|| all.current_context.clone());
        let name = name.ok_or_else(|| Failure::text("current-context must exist in order to minify"))?;
        let cannot = |what: &str, name: &str| Failure::text(format!("cannot locate {what} {name}"));
        let context = all.context(&name).cloned().ok_or_else(|| cannot("context", &name))?;
        for (what, name, found) in [
            ("user", &context.user, all.user(&context.user).is_some()),
            ("cluster", &context.cluster, all.cluster(&context.cluster).is_some()),
        ]
        .into_iter()
        .rev()
        {
            if !name.is_empty() && !found {
                return Err(cannot(what, name));
            }
        }
        all.contexts.retain(|named| named.name == name);
        all.clusters.retain(|named| named.name == context.cluster);
        all.users.retain(|named| named.name == context.user);
        all.current_context = Some(name);
        Ok(all)
    }

    fn contexts(&self, only: &[String], names: bool, headings: bool, desk: &mut Desk<'_>) {
        let all = self.merged.contexts();
        for name in only.iter().filter(|name| !all.contains_key(name.as_str())) {
            desk.fail(Failure::text(format!("context {name} not found")));
        }
        let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
        let chosen = all.iter().filter(|(name, _)| wanted(name));
        if names {
            desk.out(chosen.map(|(name, _)| format!("{name}\n")).collect::<String>());
            return;
        }
        let current = self.merged.current_context().map(|current| current.value.as_str());
        let mut rows = Vec::new();
        if headings {
            rows.push(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned));
        }
        rows.extend(chosen.map(|(name, context)| {
            let mark = if current == Some(name) { "*" } else { "" };
            let Context { cluster, user, namespace, .. } = context.value;
            [mark, name, cluster, user, namespace.as_deref().unwrap_or_default()].map(str::to_owned)
        }));
        let longest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..4).map(|column| (longest(column) + 3).max(6)).collect();
        let line = |row: &[String; 5]| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("{}{}\n", cells.collect::<String>(), row[4])
        };
        desk.out(rows.iter().map(line).collect::<String>());
    }

    /// The change, to the file that it belongs to; what is said of it is kept for later.
    fn change(&mut self) -> Result<Rewrite, Failure> {
        let flags = self.flags.clone();
        let file = |path: Result<PathBuf, ConfigError>| path.map_err(|error| Failure::text(bare(&error)));
        match &self.what {
            What::Use(name) => {
                let path = file(self.merged.clone().use_context(name))?;
                self.said = format!("Switched to context {name:?}.\n");
                let name = name.clone();
                Ok(Rewrite::new(path, move |config| {
                    let other = config.current_context.as_ref() != Some(&name);
                    config.current_context = Some(name.clone());
                    Ok(other)
                }))
            }
            What::SetContext(name) => {
                let current = || self.merged.current_context().map(|current| current.value.clone());
                let name = name.clone().or_else(current).ok_or_else(|| Failure::text("no current context is set"))?;
                let done = if self.merged.context(&name).is_some() { "modified" } else { "created" };
                self.said = format!("Context {name:?} {done}.\n");
                let path = file(self.merged.clone().set_context(&name, Context::default()))?;
                Ok(Rewrite::new(path, move |config| {
                    let mut context = config.context(&name).cloned().unwrap_or_default();
                    let given = |flag: &str| flags.text(flag).map(str::to_owned);
                    context.cluster = given("cluster").unwrap_or(context.cluster);
                    context.user = given("user").unwrap_or(context.user);
                    set(&mut context.namespace, given("namespace"));
                    config.set_context(&name, context);
                    Ok(true)
                }))
            }
            What::SetCluster(name) => {
                let path = file(self.merged.clone().set_cluster(name, Default::default()))?;
                self.said = format!("Cluster {name:?} set.\n");
                let (name, embedded) = (name.clone(), self.embedded.clone());
                let written = written(self.cwd.as_deref(), &path);
                Ok(Rewrite::new(path, move |config| {
                    let mut cluster = config.cluster(&name).cloned().unwrap_or_default();
                    let given = |flag: &str| flags.text(flag).map(str::to_owned);
                    cluster.server = given("server").map_or(cluster.server, UrlText::from);
                    set(&mut cluster.tls_server_name, given("tls-server-name"));
                    if let Some(skip) = flags.switch("insecure-skip-tls-verify") {
                        cluster.insecure_skip_tls_verify = skip;
                        if skip {
                            (cluster.certificate_authority, cluster.certificate_authority_data) = (None, None);
                        }
                    }
                    if let Some(ca) = given("certificate-authority") {
                        let embedded = of(&embedded, "certificate-authority");
                        cluster.insecure_skip_tls_verify &= ca.is_empty();
                        cluster.certificate_authority =
                            Some(written(&ca)).filter(|ca| !ca.is_empty() && embedded.is_none());
                        cluster.certificate_authority_data = embedded;
                    }
                    if let Some(proxy) = given("proxy-url") {
                        cluster.proxy_url = Some(proxy).filter(|proxy| !proxy.is_empty()).map(UrlText::from);
                    }
                    config.set_cluster(&name, cluster);
                    Ok(true)
                }))
            }
            What::SetUser(name) => {
                let path = file(self.merged.clone().set_credentials(name, Default::default()))?;
                self.said = format!("User {name:?} set.\n");
                let (name, embedded) = (name.clone(), self.embedded.clone());
                let written = written(self.cwd.as_deref(), &path);
                Ok(Rewrite::new(path, move |config| {
                    let mut user = config.user(&name).cloned().unwrap_or_default();
                    credentials(&mut user, &flags, &embedded, &written)?;
                    config.set_credentials(&name, user);
                    Ok(true)
                }))
            }
            _ => Err(Failure::text("nothing to change")),
        }
    }
}

/// Sets what the flags of `set-credentials` say.
fn credentials(
    user: &mut kube_proto::config::User,
    flags: &Flags,
    embedded: &[(&'static str, Bytes)],
    written: &impl Fn(&str) -> String,
) -> Result<(), ConfigError> {
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
    // One way takes the place of the other.
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
        // The arguments of another command mean nothing to this one.
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
        for variable in flags.items("exec-env") {
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
    Ok(())
}

/// A flag that was given, also an empty one.
fn set(field: &mut Option<String>, given: Option<String>) {
    if let Some(given) = given {
        *field = Some(given).filter(|given| !given.is_empty());
    }
}

fn of(embedded: &[(&'static str, Bytes)], flag: &str) -> Option<String> {
    embedded.iter().find(|(name, _)| *name == flag).map(|(_, content)| STANDARD.encode(content))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    std::iter::once("NAME").chain(names).map(|name| format!("{name}\n")).collect()
}

/// An error of the core without what it adds for people.
fn bare(error: &ConfigError) -> String {
    error.problems().first().map_or_else(|| error.to_string(), |problem| problem.text.clone())
}

/// How a path of the command line stands in a kubeconfig: relative to its folder, if it lies below; or else absolute.
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

fn clean(path: &Path) -> PathBuf {
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
