//! `config`: shows and changes the kubeconfig, without a server.
//!
//! | state | event | next |
//! |---|---|---|
//! | reading | a file, or a missing file | the next one; after the last: prints, or changing |
//! | embedding | a certificate or key | the next one; after the last: changing, or prints |
//! | changing | written | the next file; after the last: prints the message |

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kube_proto::config::{KubeconfigLoader, Locate, ReadFailure, Secret, Want};
use kube_proto::driver::{Effect, FaultKind, Input};
use kube_proto::kubeconfig::{Context, FILE_LIMIT, Kubeconfig, Merged, Rewrite};
use kube_proto::yaml;

use super::config_change::{Change, Ground, clean};
use super::config_property::{Property, Value};
use super::config_view::{self, Show};
use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};

pub(super) const CONFIG: &[Flag] = &[
    Flag::value("output", "''", "view: yaml or json; get-contexts: name.").short('o'),
    Flag::switch("raw", "view: with all secrets."),
    Flag::switch("minify", "view: only what the current context uses."),
    Flag::switch("flatten", "view: embed the certificates and keys instead of their paths."),
    Flag::perhaps("merge", "true", "view: all files as one; false needs --kubeconfig."),
    Flag::switch("set-raw-bytes", "set: the value of a field of bytes is not in base64."),
    Flag::switch("no-headers", "get-contexts: print no headings."),
    Flag::switch("current", "set-context: the current context."),
    Flag::switch("embed-certs", "set-cluster, set-credentials: embed the certificates instead of their paths."),
    Flag::value("proxy-url", "''", "set-cluster: the proxy to the cluster."),
    Flag::value("auth-provider", "''", "set-credentials: the auth provider."),
    Flag::value("auth-provider-arg", "[]", "set-credentials: a setting of the auth provider, key=value; repeatable."),
    Flag::value("exec-command", "''", "set-credentials: the credential plugin."),
    Flag::value("exec-api-version", "''", "set-credentials: the plugin's API version."),
    Flag::value("exec-arg", "[]", "set-credentials: an argument of the plugin; repeatable."),
    Flag::value("exec-env", "[]", "set-credentials: a variable of the plugin, key=value; repeatable."),
    Flag::value("exec-interactive-mode", "''", "set-credentials: whether the plugin may ask a person."),
    Flag::switch("exec-provide-cluster-info", "set-credentials: pass the cluster's settings to the plugin."),
];

pub(super) fn config(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let Some((verb, words)) = words.split_first() else {
        return Err("name a subcommand: view, get-contexts, get-clusters, get-users, current-context, use-context, \
                    rename-context, set-context, set-cluster, set-credentials, set, unset, delete-context, \
                    delete-cluster, delete-user"
            .into());
    };
    let unexpected = || format!("Unexpected args: [{}]", words.join(" "));
    let none = |what: What| if words.is_empty() { Ok(what) } else { Err(unexpected()) };
    let one = || match words {
        [name] => Ok(name.clone()),
        _ => Err(unexpected()),
    };
    let change = |change: Change| Ok::<_, String>(What::Change(change));
    let what = match verb.as_str() {
        "view" => {
            let json = output(flags, &["json", "yaml"])? == "json";
            if !words.is_empty() {
                return Err(unexpected().replace("Unexpected args", "unexpected arguments"));
            }
            let merge = flags.text("merge").unwrap_or("true") == "true";
            if !merge && flags.some_text("kubeconfig").is_none() {
                return Err("if merge==false a precise file must be specified".into());
            }
            let secrets = flags.is_on("raw") || flags.is_on("flatten");
            What::View { json, show: if secrets { Show::Raw } else { Show::Redacted } }
        }
        "get-contexts" => {
            let names = output(flags, &["name"])? == "name";
            What::Contexts { only: words.to_vec(), names, headings: !flags.is_on("no-headers") }
        }
        "get-clusters" => none(What::Clusters)?,
        "get-users" => none(What::Users)?,
        "current-context" => none(What::Current)?,
        "use-context" | "use" => match one()? {
            name if name.is_empty() => return Err("empty context names are not allowed".into()),
            name => change(Change::Use(name))?,
        },
        "rename-context" => match words {
            [_, new] if new.is_empty() => return Err("You must specify a new non-empty context name".into()),
            [old, new] => change(Change::RenameContext(old.clone(), new.clone()))?,
            _ => return Err(unexpected()),
        },
        "set-context" => match (words, flags.is_on("current")) {
            ([], true) => change(Change::SetContext(None))?,
            ([name], false) if !name.is_empty() => change(Change::SetContext(Some(name.clone())))?,
            ([_], true) => return Err("you cannot specify both a context name and --current".into()),
            ([] | [_], _) => return Err("you must specify a non-empty context name or --current".into()),
            _ => return Err(unexpected()),
        },
        "set-cluster" => change(Change::SetCluster(one()?))?,
        "set-credentials" => change(Change::SetUser(one().map_err(|text| text.replace("Unexpected", "unexpected"))?))?,
        "delete-context" => change(Change::DeleteContext(one()?))?,
        "delete-cluster" => change(Change::DeleteCluster(one()?))?,
        "delete-user" => match words {
            [name] => change(Change::DeleteUser(name.clone()))?,
            _ => {
                let see = "See 'kubectl config delete-user -h' for help and examples";
                return Err(format!("user to delete is required\n{see}"));
            }
        },
        "set" => match words {
            [_, value] if value.is_empty() => return Err("you cannot use set to unset a property".into()),
            [path, text] => {
                let value = Value { text: text.clone(), raw: flags.is_on("set-raw-bytes") };
                change(Change::Property(path.clone(), Property::parse(path)?, Some(value)))?
            }
            _ => return Err(unexpected()),
        },
        "unset" => {
            let path = one()?;
            let property = Property::parse(&path)?;
            change(Change::Property(path, property, None))?
        }
        other => return Err(format!("unknown command \"{other}\"\nSee 'kubectl config -h' for help and examples")),
    };
    if let What::Change(change) = &what {
        check(change, flags)?;
    }
    let embeds = match &what {
        What::Change(change) if flags.is_on("embed-certs") => change.embeds(),
        _ => &[],
    };
    let embeds = embeds.iter().filter_map(|name| Some((Target::Flag(name), PathBuf::from(flags.some_text(name)?))));
    Ok(Box::new(Config {
        what,
        flags: flags.clone(),
        cwd: None,
        explicit: false,
        loader: None,
        wanted: None,
        embeds: embeds.collect(),
        embedded: Vec::new(),
        merged: Merged::default(),
        shown: None,
        changes: VecDeque::new(),
        message: String::new(),
    }))
}

/// Checks that the flags are complete and do not contradict each other.
fn check(change: &Change, flags: &Flags) -> Result<(), String> {
    let given = |flag: &str| flags.some_text(flag).is_some();
    match change {
        Change::SetCluster(name) if name.is_empty() => Err("you must specify a non-empty cluster name".into()),
        Change::SetCluster(_) if flags.is_on("insecure-skip-tls-verify") && given("certificate-authority") => {
            Err("you cannot specify a certificate authority and insecure mode at the same time".into())
        }
        Change::SetCluster(_) if flags.is_on("embed-certs") && !given("certificate-authority") => {
            Err("you must specify a --certificate-authority to embed".into())
        }
        Change::SetUser(name) if name.is_empty() => Err("you must specify a non-empty user name".into()),
        Change::SetUser(_) if given("token") && (given("username") || given("password")) => {
            Err("you cannot specify more than one authentication method at the same time: --token, \
                 --username/--password"
                .into())
        }
        Change::SetUser(_) if flags.is_on("embed-certs") && !given("client-certificate") && !given("client-key") => {
            Err("you must specify a --client-certificate or --client-key to embed".into())
        }
        Change::SetUser(_) => {
            let mode = flags.text("exec-interactive-mode").unwrap_or("Never");
            if !["IfAvailable", "Never", "Always"].contains(&mode) {
                return Err("invalid interactive mode type, can be only IfAvailable, Never, Always".into());
            }
            pairs("auth-provider-arg", &flags.items("auth-provider-arg"))?;
            pairs("exec-env", &flags.texts("exec-env"))
        }
        _ => Ok(()),
    }
}

/// Checks the form of the pairs: `key=value` sets, `key-` removes.
fn pairs(flag: &str, all: &[String]) -> Result<(), String> {
    let is_pair = |pair: &&String| match pair.find('=') {
        Some(at) => at > 0,
        None => pair.ends_with('-') && pair.len() > 1,
    };
    let wrong: Vec<&str> = all.iter().filter(|pair| !is_pair(pair)).map(String::as_str).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("invalid {flag} format: {}", wrong.join(", "))) }
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
    View { json: bool, show: Show },
    Contexts { only: Vec<String>, names: bool, headings: bool },
    Clusters,
    Users,
    Current,
    Change(Change),
}

/// The destination of a file's content.
#[derive(Clone, Debug)]
enum Target {
    /// The stanza to set, instead of the path in the flag.
    Flag(&'static str),
    /// The shown cluster or user of this name.
    Authority(String),
    Certificate(String),
    Key(String),
}

#[derive(Debug)]
struct Config {
    what: What,
    flags: Flags,
    cwd: Option<PathBuf>,
    /// `--kubeconfig` names the only file, which need not exist.
    explicit: bool,
    loader: Option<KubeconfigLoader>,
    /// The file of the current read.
    wanted: Option<PathBuf>,
    /// The files to embed in the kubeconfig.
    embeds: VecDeque<(Target, PathBuf)>,
    embedded: Vec<(&'static str, Bytes)>,
    merged: Merged,
    /// The kubeconfig that `view` shows.
    shown: Option<Kubeconfig>,
    /// The remaining changes to files.
    changes: VecDeque<Rewrite>,
    /// The message after the last change.
    message: String,
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
            News::Written => Ok(self.change(desk)),
            News::Failed(error) => Err(error.into()),
            _ => Ok(Next::Done),
        }
    }
}

/// The content of a file; a missing file of `--kubeconfig` is empty.
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
        let Some((into, _)) = self.embeds.pop_front() else { return Ok(Next::Done) };
        let content = match input {
            Input::File(content) => content,
            Input::Failed(fault) => {
                let missing = fault.kind == FaultKind::NotFound;
                let why = if missing { "no such file or directory".to_owned() } else { fault.to_string() };
                let path = path.display();
                return Err(Failure::text(match into {
                    Target::Flag(flag) => {
                        let given = self.flags.text(flag).unwrap_or_default();
                        format!("could not stat {flag} file {given}: stat {given}: {why}")
                    }
                    _ => format!("open {path}: {why}"),
                }));
            }
            _ => return Err(Failure::text("the driver did not read it")),
        };
        match into {
            Target::Flag(flag) => self.embedded.push((flag, content)),
            into => {
                if let Some(shown) = &mut self.shown {
                    flatten(shown, &into, &content);
                }
            }
        }
        self.go(desk)
    }

    fn go(&mut self, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        if let (What::View { .. }, None) = (&self.what, &self.shown) {
            self.shown = Some(self.chosen()?);
            if self.flags.is_on("flatten") {
                self.embeds = self.files_of_the_shown()?;
            }
        }
        if let Some((_, path)) = self.embeds.front() {
            let path = self.cwd.as_deref().unwrap_or(Path::new("")).join(path);
            self.wanted = Some(path.clone());
            return Ok(Next::Local(Effect::ReadFile { path, limit: FILE_LIMIT }));
        }
        match &self.what {
            What::View { json, show } => {
                let view = config_view::view(self.shown.as_ref().unwrap_or(&Kubeconfig::default()), *show);
                desk.out(if *json { config_view::json(&view) } else { yaml::to_string(&view.to_value()) });
            }
            What::Contexts { only, names, headings } => self.contexts(only, *names, *headings, desk),
            What::Clusters => desk.out(list(self.merged.clusters().into_keys())),
            What::Users => desk.out(list(self.merged.users().into_keys())),
            What::Current => match self.merged.current_context() {
                Some(current) => desk.out(format!("{}\n", current.value)),
                None => return Err(Failure::text("current-context is not set")),
            },
            What::Change(change) => {
                let (cwd, embedded) = (self.cwd.as_deref(), &self.embedded);
                let plan = change.plan(&Ground { merged: &self.merged, flags: &self.flags, cwd, embedded })?;
                if let Some(warning) = plan.warning {
                    desk.err(warning);
                }
                (self.changes, self.message) = (plan.rewrites.into(), plan.message);
                return Ok(self.change(desk));
            }
        }
        Ok(Next::Done)
    }

    /// Changes the next file; after the last one, prints the message.
    fn change(&mut self, desk: &mut Desk<'_>) -> Next {
        match self.changes.pop_front() {
            Some(rewrite) => Next::Rewrite(Box::new(rewrite)),
            None => {
                desk.out(std::mem::take(&mut self.message));
                Next::Done
            }
        }
    }

    /// The kubeconfig that `view` shows, before it embeds files.
    fn chosen(&self) -> Result<Kubeconfig, Failure> {
        let mut all = self.merged.to_kubeconfig();
        if !self.flags.is_on("minify") {
            return Ok(all);
        }
        let name = self.flags.some_text("context").or_else(|| all.current_context.clone());
        let name = name.ok_or_else(|| Failure::text("current-context must exist in order to minify"))?;
        let cannot = |what: &str, name: &str| Failure::text(format!("cannot locate {what} {name}"));
        let context = all.context(&name).cloned().ok_or_else(|| cannot("context", &name))?;
        let (cluster, user) = (&context.cluster, &context.user);
        if !cluster.is_empty() && all.cluster(cluster).is_none() {
            return Err(cannot("cluster", cluster));
        }
        if !user.is_empty() && all.user(user).is_none() {
            return Err(cannot("user", user));
        }
        all.contexts.retain(|named| named.name == name);
        all.clusters.retain(|named| named.name == *cluster);
        all.users.retain(|named| named.name == *user);
        all.current_context = Some(name);
        Ok(all)
    }

    /// The certificate and key files, each path relative to its kubeconfig.
    fn files_of_the_shown(&self) -> Result<VecDeque<(Target, PathBuf)>, Failure> {
        let mut files = VecDeque::new();
        let mut add = |into: Target, path: &Option<String>, data: bool, by: Option<&Path>| match path.as_deref() {
            None | Some("") => Ok(()),
            Some(_) if data => Err(Failure::text("cannot have values for both path and contents")),
            Some(path) => {
                let folder = by.and_then(Path::parent).unwrap_or(Path::new(""));
                let folder = self.cwd.as_deref().unwrap_or(Path::new("")).join(folder);
                let path = Path::new(path);
                files.push_back((into, if path.is_absolute() { path.into() } else { clean(&folder.join(path)) }));
                Ok(())
            }
        };
        let Some(shown) = &self.shown else { return Ok(files) };
        for named in &shown.users {
            let (name, user) = (&named.name, &named.user);
            let by = self.merged.user(name).map(|defined| defined.file);
            let certificate = user.client_certificate_data.is_some();
            add(Target::Certificate(name.clone()), &user.client_certificate, certificate, by)?;
            add(Target::Key(name.clone()), &user.client_key, user.client_key_data.is_some(), by)?;
        }
        for named in &shown.clusters {
            let (name, cluster) = (&named.name, &named.cluster);
            let by = self.merged.cluster(name).map(|defined| defined.file);
            let data = cluster.certificate_authority_data.is_some();
            add(Target::Authority(name.clone()), &cluster.certificate_authority, data, by)?;
        }
        Ok(files)
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
}

/// Replaces a file's path by its content.
fn flatten(shown: &mut Kubeconfig, into: &Target, content: &[u8]) {
    let data = Some(STANDARD.encode(content)).filter(|data| !data.is_empty());
    let user = |shown: &mut Kubeconfig, name: &str| shown.user(name).cloned().unwrap_or_default();
    match into {
        Target::Flag(_) => {}
        Target::Authority(name) => {
            let mut cluster = shown.cluster(name).cloned().unwrap_or_default();
            (cluster.certificate_authority, cluster.certificate_authority_data) = (None, data);
            shown.set_cluster(name, cluster);
        }
        Target::Certificate(name) => {
            let mut user = user(shown, name);
            (user.client_certificate, user.client_certificate_data) = (None, data);
            shown.set_credentials(name, user);
        }
        Target::Key(name) => {
            let mut user = user(shown, name);
            (user.client_key, user.client_key_data) = (None, data.map(Secret::from));
            shown.set_credentials(name, user);
        }
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    std::iter::once("NAME").chain(names).map(|name| format!("{name}\n")).collect()
}
