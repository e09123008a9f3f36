//! Parses command lines. Pure: it reads no files.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use kube_proto::config::{Locate, Overrides, Secret, UrlText};

use super::desk::Command;
use super::flags::{Flag, Flags};
use super::manifest::Source;
use super::port_forward::{self, Forwarding};
use super::remote::{self, Session};
use super::{apply, auth, can_i, change, config, delete, explain, get, info, logs, table, write};

/// A parsed command line.
#[derive(Debug)]
pub struct Invocation {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// The flags for server and user, which override the kubeconfig.
    pub overrides: Overrides,
    /// `--demo`: use the program's own server, without a cluster.
    pub demo: bool,
    /// The files and folders to read, in order. [`Invocation::read`] does; pass the contents to [`Kubectl::new`](super::Kubectl::new).
    pub sources: Vec<Source>,
    /// `-R`: also the folders in folders.
    pub(super) recursive: bool,
    pub(super) command: Box<dyn Command>,
}

impl Invocation {
    /// The ports to forward, once, if that is the command.
    pub fn forwarding(&mut self) -> Option<Forwarding> {
        self.command.forwarding()
    }

    /// The session with a container, once, if that is the command.
    pub fn session(&mut self) -> Option<Session> {
        self.command.session()
    }

    /// Passes the places of the kubeconfig to a command that works without a server. `false` for other commands.
    pub fn locate(&mut self, locate: &Locate) -> bool {
        let local = self.command.is_local();
        if local {
            self.command.locate(&Locate { kubeconfig: self.kubeconfig.clone(), ..locate.clone() });
        }
        local
    }
}

/// Why a command line has no command to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// The requested help: for standard output, with exit code 0.
    Help(String),
    /// The error of a wrong command line: for standard error, with exit code 1.
    Wrong(String),
}

impl Usage {
    /// 0 for help, 1 for a mistake.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Usage::Help(_) => 0,
            Usage::Wrong(_) => 1,
        }
    }
}

impl fmt::Display for Usage {
    /// Writes whole lines, with the last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Usage::Help(text) | Usage::Wrong(text) => writeln!(f, "{text}"),
        }
    }
}

/// Parses a command line without the program's name. `stdin` says whether `-f -` can read standard input.
///
/// # Errors
/// The command line asks for help, or is wrong.
pub fn parse(args: impl IntoIterator<Item = OsString>, stdin: bool) -> Result<Invocation, Usage> {
    let text = |arg: OsString| {
        arg.into_string().map_err(|arg| Usage::Wrong(format!("error: the argument {} is no text", arg.display())))
    };
    let args: Vec<String> = args.into_iter().map(text).collect::<Result<_, _>>()?;
    let verb = verb_of(&args);
    let Some((at, verb)) = verb else {
        let wrong = Flags::split(&[GLOBAL], &args).err();
        return Err(wrong.map_or_else(|| Usage::Help(help()), |text| Usage::Wrong(format!("error: {text}"))));
    };
    if verb == "help" {
        let about = args.get(at + 1).and_then(|name| VERBS.iter().find(|known| known.name == name.as_str()));
        return Err(Usage::Help(about.map_or_else(help, Verb::help)));
    }
    let Some(verb) = VERBS.iter().find(|known| known.name == verb) else {
        return Err(Usage::Wrong(format!("error: unknown command \"{verb}\" for \"kubectl\"")));
    };
    let mut rest = args;
    rest.remove(at);
    let wrong = |text: String| {
        let hint = if text.contains("\nSee ") {
            String::new()
        } else if text.starts_with("unknown") || text.starts_with("flag needs") {
            format!("\nSee 'kubectl {} --help' for usage.", verb.name)
        } else {
            String::new()
        };
        let prefix = if text.starts_with(get::NO_TYPE) { "" } else { "error: " };
        Usage::Wrong(format!("{prefix}{text}{hint}"))
    };
    let known: Vec<&[Flag]> = std::iter::once(GLOBAL).chain(verb.flags.iter().copied()).collect();
    let (flags, words) = Flags::split(&known, &rest).map_err(wrong)?;
    if flags.is_on("help") {
        return Err(Usage::Help(verb.help()));
    }
    invocation(verb, &words, &flags, stdin).map_err(wrong)
}

fn invocation(verb: &Verb, words: &[String], flags: &Flags, stdin: bool) -> Result<Invocation, String> {
    let sources: Vec<Source> = flags.items("filename").iter().map(|name| Source::of(name)).collect();
    match sources.iter().filter(|source| **source == Source::Stdin).count() {
        0 => {}
        1 if stdin => {}
        1 => return Err("there is no standard input to be read for -f -".into()),
        _ => return Err("standard input cannot be used for multiple arguments".into()),
    }
    if flags.has("kustomize") {
        return Err("-k is not served here: let kustomize build the folder, and give its output to -f -".into());
    }
    let command = (verb.parse)(words, flags)?;
    Ok(Invocation {
        recursive: flags.is_on("recursive"),
        kubeconfig: flags.some_text("kubeconfig").map(PathBuf::from),
        overrides: overrides(flags)?,
        demo: flags.is_on("demo"),
        sources,
        command,
    })
}

fn overrides(flags: &Flags) -> Result<Overrides, String> {
    let mut overrides = Overrides {
        context: flags.some_text("context"),
        cluster: flags.some_text("cluster"),
        user: flags.some_text("user"),
        namespace: flags.some_text("namespace"),
        server: flags.some_text("server").map(UrlText::from),
        tls_server_name: flags.some_text("tls-server-name"),
        insecure_skip_tls_verify: flags.is_on("insecure-skip-tls-verify"),
        certificate_authority: flags.some_text("certificate-authority"),
        client_certificate: flags.some_text("client-certificate"),
        client_key: flags.some_text("client-key"),
        token: flags.some_text("token").map(Secret::from),
        username: flags.some_text("username"),
        password: flags.some_text("password").map(Secret::from),
        // An empty user is an error and not the caller's own rights.
        impersonate: flags.text("as").map(str::to_owned),
        impersonate_uid: flags.some_text("as-uid"),
        impersonate_groups: flags.texts("as-group"),
        disable_compression: flags.is_on("disable-compression"),
        request_timeout: flags.duration("request-timeout")?,
        ..Overrides::default()
    };
    for extra in flags.texts("as-user-extra") {
        let (key, value) = extra.split_once('=').ok_or("--as-user-extra must be of the form key=value")?;
        overrides.impersonate_extra.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Ok(overrides)
}

/// The command's name: the first word that is not the value of a flag before it.
fn verb_of(args: &[String]) -> Option<(usize, &str)> {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        if arg == "--" {
            return None;
        }
        if !arg.starts_with('-') || arg == "-" {
            return Some((at, arg));
        }
        // A global flag may take the next argument as its value.
        let takes_next =
            |args: &[String]| Flags::split(&[GLOBAL], args).is_err_and(|text| text.starts_with("flag needs"));
        at += if takes_next(args.get(at..=at).unwrap_or_default()) { 2 } else { 1 };
    }
    None
}

type Parse = fn(&[String], &Flags) -> Result<Box<dyn Command>, String>;

/// A command, and how to read its words and flags.
struct Verb {
    name: &'static str,
    about: &'static str,
    usage: &'static str,
    flags: &'static [&'static [Flag]],
    parse: Parse,
}

impl Verb {
    fn help(&self) -> String {
        let options: String = self.flags.iter().flat_map(|flags| flags.iter()).map(Flag::usage).collect();
        let global: String = GLOBAL.iter().map(Flag::usage).collect();
        format!(
            "{}\n\nUsage:\n  kubectl {} {}\n\nOptions:\n{options}\nOptions of all commands:\n{global}",
            self.about, self.name, self.usage
        )
    }
}

fn help() -> String {
    let commands: String = VERBS.iter().map(|verb| format!("  {:15} {}\n", verb.name, verb.about)).collect();
    let global: String = GLOBAL.iter().map(Flag::usage).collect();
    format!(
        "A small kubectl, made of the library's operations.\n\nCommands:\n{commands}\nOptions of all commands:\n{global}"
    )
}

const VERBS: &[Verb] = &[
    Verb {
        name: "get",
        about: "Show objects and their changes.",
        usage: "(TYPE[,TYPE...] [NAME... | -l SELECTOR] | TYPE/NAME... | -f FILE | --raw PATH)",
        flags: &[get::GET, table::FLAGS],
        parse: get::get,
    },
    Verb {
        name: "create",
        about: "Create the objects of files.",
        usage: "-f FILE",
        flags: &[write::CREATE],
        parse: write::create,
    },
    Verb {
        name: "apply",
        about: "Apply the objects of files.",
        usage: "-f FILE",
        flags: &[apply::APPLY],
        parse: apply::apply,
    },
    Verb {
        name: "diff",
        about: "Show what an apply would change. The exit code is 1 if there is anything, and 2 after a failure.",
        usage: "-f FILE",
        flags: &[apply::DIFF],
        parse: apply::diff,
    },
    Verb {
        name: "replace",
        about: "Replace objects with those of files.",
        usage: "-f FILE",
        flags: &[write::REPLACE],
        parse: write::replace,
    },
    Verb {
        name: "patch",
        about: "Change a part of an object.",
        usage: "(TYPE NAME | TYPE/NAME | -f FILE) -p PATCH",
        flags: &[change::PATCH],
        parse: change::patch,
    },
    Verb {
        name: "delete",
        about: "Delete objects.",
        usage: "(TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | TYPE --all | -f FILE)",
        flags: &[delete::DELETE],
        parse: delete::delete,
    },
    Verb {
        name: "scale",
        about: "Set the number of replicas.",
        usage: "(TYPE NAME | TYPE/NAME | -f FILE) --replicas=COUNT",
        flags: &[change::SCALE],
        parse: change::scale,
    },
    Verb {
        name: "label",
        about: "Set and remove labels.",
        usage: "(TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | -f FILE) KEY=VALUE... KEY-...",
        flags: &[change::LABEL],
        parse: change::label,
    },
    Verb {
        name: "annotate",
        about: "Set and remove annotations.",
        usage: "(TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | -f FILE) KEY=VALUE... KEY-...",
        flags: &[change::LABEL],
        parse: change::annotate,
    },
    Verb {
        name: "logs",
        about: "Show what a container wrote.",
        usage: "(POD | TYPE/NAME | -l SELECTOR) [-c CONTAINER | --all-containers] [-f]",
        flags: &[logs::LOGS],
        parse: logs::logs,
    },
    Verb {
        name: "port-forward",
        about: "Forward local ports to a pod.",
        usage: "(POD | TYPE/NAME) [LOCAL:]REMOTE...",
        flags: &[port_forward::PORT_FORWARD],
        parse: port_forward::port_forward,
    },
    Verb {
        name: "exec",
        about: "Run a command in a container.",
        usage: "(POD | TYPE/NAME) [-c CONTAINER] [-i] [-t] -- COMMAND [ARGUMENT...]",
        flags: &[remote::EXEC],
        parse: remote::exec,
    },
    Verb {
        name: "attach",
        about: "Attach to the process of a container.",
        usage: "(POD | TYPE/NAME) [-c CONTAINER] [-i] [-t]",
        flags: &[remote::EXEC],
        parse: remote::attach,
    },
    Verb {
        name: "cp",
        about: "Copy files and folders from a container and to it.",
        usage: "[[NAMESPACE/]POD:]PATH [[NAMESPACE/]POD:]PATH",
        flags: &[remote::CP],
        parse: remote::cp,
    },
    Verb {
        name: "api-resources",
        about: "Show the server's resources.",
        usage: "",
        flags: &[info::API_RESOURCES],
        parse: info::api_resources,
    },
    Verb {
        name: "explain",
        about: "Explain a resource, or one of its fields.",
        usage: "RESOURCE[.FIELD...]",
        flags: &[explain::EXPLAIN],
        parse: explain::explain,
    },
    Verb {
        name: "api-versions",
        about: "Show the versions of the server's groups.",
        usage: "",
        flags: &[],
        parse: info::api_versions,
    },
    Verb {
        name: "auth",
        about: "Show the current user (auth whoami), or what it may do (auth can-i).",
        usage: "(whoami | can-i VERB [TYPE | TYPE/NAME | URL] | can-i --list)",
        flags: &[auth::AUTH, can_i::CAN_I],
        parse: auth::auth,
    },
    Verb {
        name: "config",
        about: "Show and change the kubeconfig.",
        usage: "(view | get-contexts [NAME...] | get-clusters | get-users | current-context | use-context NAME | \
                rename-context NAME NEW_NAME | set-context (NAME | --current) | set-cluster NAME | \
                set-credentials NAME | set PROPERTY VALUE | unset PROPERTY | delete-context NAME | \
                delete-cluster NAME | delete-user NAME)",
        flags: &[config::CONFIG],
        parse: config::config,
    },
    Verb { name: "version", about: "Show versions.", usage: "", flags: &[info::VERSION], parse: info::version },
];

const GLOBAL: &[Flag] = &[
    Flag::switch("help", "This help.").short('h'),
    Flag::switch("demo", "Use the program's own server, without a cluster."),
    Flag::value("kubeconfig", "''", "The kubeconfig file."),
    Flag::value("context", "''", "The context in it."),
    Flag::value("cluster", "''", "The cluster in it."),
    Flag::value("user", "''", "The user in it."),
    Flag::value("namespace", "''", "The namespace.").short('n'),
    Flag::value("server", "''", "The server's URL.").short('s'),
    Flag::value("token", "''", "A bearer token."),
    Flag::value("username", "''", "A user's name."),
    Flag::value("password", "''", "A user's password."),
    Flag::value("as", "''", "Act as this user."),
    Flag::value("as-group", "[]", "Act as a member of this group; repeatable."),
    Flag::value("as-uid", "''", "Act with this uid."),
    Flag::value("as-user-extra", "[]", "Act with this further attribute, key=value; repeatable."),
    Flag::value("certificate-authority", "''", "The file with the CA's certificate."),
    Flag::value("client-certificate", "''", "The file with the client's certificate."),
    Flag::value("client-key", "''", "The file with its key."),
    Flag::switch("insecure-skip-tls-verify", "Do not verify the server's certificate. Insecure."),
    Flag::value("tls-server-name", "''", "The name that the server's certificate must have."),
    Flag::value("request-timeout", "0", "The timeout of a request that is not a stream: 30s."),
    Flag::switch("disable-compression", "Do not ask for compressed answers."),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Invocation, Usage> {
        parse(line.split_whitespace().map(OsString::from), true)
    }

    #[test]
    fn server_and_user_flags() {
        let invocation =
            run("--context c -n shop get pods --server=https://k:6443 --token t --as me --as-group a --as-group=b \
             --as-uid 7 --as-user-extra x=1 --as-user-extra x=2 --request-timeout 90s --kubeconfig /k --demo \
             --insecure-skip-tls-verify --tls-server-name name --certificate-authority ca.pem")
            .unwrap();
        assert_eq!(invocation.kubeconfig, Some(PathBuf::from("/k")));
        assert!(invocation.demo);
        let overrides = invocation.overrides;
        assert_eq!(overrides.context.as_deref(), Some("c"));
        assert_eq!(overrides.namespace.as_deref(), Some("shop"));
        assert_eq!(overrides.server, Some("https://k:6443".into()));
        assert_eq!(overrides.token, Some("t".into()));
        assert_eq!(overrides.impersonate.as_deref(), Some("me"));
        assert_eq!(overrides.impersonate_groups, ["a", "b"]);
        assert_eq!(overrides.impersonate_uid.as_deref(), Some("7"));
        assert_eq!(overrides.impersonate_extra["x"], ["1", "2"]);
        assert_eq!(overrides.request_timeout, Some(std::time::Duration::from_secs(90)));
        assert!(overrides.insecure_skip_tls_verify);
        assert_eq!(overrides.tls_server_name.as_deref(), Some("name"));
        assert_eq!(overrides.certificate_authority.as_deref(), Some("ca.pem"));
        assert!(!format!("{:?}", run("get pods --token s3cret --password s3cret")).contains("s3cret"));
    }

    #[test]
    fn files_are_named_and_not_read() {
        let sources = run("apply --server-side -f a.yaml,b.yaml --filename=-").unwrap().sources;
        assert_eq!(sources.iter().map(Source::name).collect::<Vec<_>>(), ["a.yaml", "b.yaml", "STDIN"]);
        assert!(run("logs -f web").unwrap().sources.is_empty());
        let no_stdin = parse(["create", "-f", "-"].map(OsString::from), false).unwrap_err();
        assert_eq!(no_stdin.to_string(), "error: there is no standard input to be read for -f -\n");
    }

    #[test]
    fn help_is_no_mistake() {
        for line in ["", "--help", "-h", "help", "help get", "get --help", "-n x", "version -h"] {
            let usage = run(line).unwrap_err();
            assert!(matches!(usage, Usage::Help(_)) && usage.exit_code() == 0, "{line}: {usage}");
        }
        assert!(run("scale --help").unwrap_err().to_string().contains("--replicas=0"));
    }

    #[test]
    fn nothing_to_get() {
        let text = run("get").unwrap_err().to_string();
        assert!(
            text.starts_with("You must specify the type") && text.contains("\n\nerror: Required resource"),
            "{text}"
        );
    }

    #[test]
    fn mistakes() {
        for (line, text) in [
            ("fly", "unknown command \"fly\" for \"kubectl\""),
            ("--nope get pods", "unknown flag: --nope\nSee 'kubectl get --help' for usage."),
            ("get pods --replicas 3", "unknown flag: --replicas\nSee 'kubectl get --help' for usage."),
            ("get pods -n", "flag needs an argument: 'n' in -n\nSee 'kubectl get --help' for usage."),
            (
                "get pods -o xml",
                "unable to match a printer suitable for the output format \"xml\", allowed formats are: \
                 custom-columns,json,jsonpath,jsonpath-as-json,name,wide,yaml",
            ),
            ("get pods web -l a=b", "name cannot be provided when a selector is specified"),
            ("get pods web -A", "a resource cannot be retrieved by name across all namespaces"),
            ("get pod/a svc", "there is no need to specify a resource type as a separate argument"),
            ("get pod/a/b", "arguments in resource/name form may not have more than one slash"),
            ("get pod/ svc/a", "arguments in resource/name form must have a single resource and name"),
            ("get pods,svc -w", "you may only specify a single resource type"),
            ("get pods a b -w", "watch is only supported on individual resources and resource collections"),
            (
                "get pods --output-watch-events",
                "--output-watch-events option can only be used with --watch or --watch-only",
            ),
            ("get pods -o json --show-labels", "--show-labels option cannot be used with json printer"),
            ("get pods -o jsonpath={.a", "error parsing jsonpath {.a, unclosed action"),
            ("get pods -o jsonpath", "template format specified but no template given"),
            ("get pods -o custom-columns=", "custom-columns format specified but no custom columns given"),
            ("get pods -o custom-columns=A", "unexpected custom-columns spec: A, expected <header>:<json-path-expr>"),
            ("get pods -o json=x", "unable to match a printer suitable for the output format \"json=x\""),
            ("create -f a -o custom-columns=A:.a", "unable to match a printer suitable for the output format"),
            ("get pods --chunk-size=x", "invalid argument \"x\" for \"--chunk-size\" flag"),
            ("get pods --raw /version", "arguments may not be passed when --raw is specified"),
            ("get pods -f x.yaml", "when paths or stdin is provided as input"),
            ("apply -k dir", "-k is not served here: let kustomize build the folder, and give its output to -f -"),
            ("create", "must specify one of -f and -k"),
            ("create -f - -f -", "standard input cannot be used for multiple arguments"),
            ("patch pod a -p {} --dry-run=client", "--dry-run=client of a patch is not served here"),
            ("apply -f a --server-side --dry-run=client", "--dry-run=client doesn't work with --server-side"),
            ("apply -f a --prune", "all resources selected for prune without explicitly passing --all."),
            ("apply -f a --prune --all --prune-allowlist=x", "invalid GroupVersionKind format: x, please follow"),
            ("apply -f a --force-conflicts", "--force-conflicts only works with --server-side"),
            ("diff", "must specify one of -f and -k"),
            ("create -f a --dry-run", "Invalid dry-run value (unchanged)"),
            ("create -f a --validate=hard", "invalid - validate option \"hard\""),
            ("patch pod a", "must specify --patch or --patch-file containing the contents of the patch"),
            ("patch pod a -p {} --type=odd", "--type must be one of [json merge strategic], not \"odd\""),
            ("delete pods", "resource(s) were provided, but no name was specified"),
            ("delete pods --all -l a", "cannot set --all and --selector at the same time"),
            ("delete pod a --cascade=maybe", "invalid cascade value (maybe)"),
            (
                "delete pod a --force --grace-period=5",
                "--force and --grace-period greater than 0 cannot be specified together",
            ),
            ("delete pod a -o json", "unexpected -o output mode: json. We only support '-o name'"),
            ("scale deploy a", "The --replicas=COUNT flag is required"),
            ("label pod a", "at least one label update is required"),
            ("label pod a x=y z", "all resources must be specified before label changes: z"),
            ("label pod a x=y x-", "can not both modify and remove a label in the same command"),
            ("label x=y", "one or more resources must be specified as <resource> <name> or <resource>/<name>"),
            ("logs", "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'"),
            ("logs a -l b=c", "only a selector (-l) or a POD name is allowed"),
            ("logs a b -c c", "only one of -c or an inline [CONTAINER] arg is allowed"),
            ("logs a -c c --all-containers", "--all-containers=true should not be specified with container name c"),
            ("logs a --tail=-2", "--tail must be greater than or equal to -1"),
            ("logs a --since 1m --since-time 2024-01-01T00:00:00Z", "at most one of `sinceTime` or `sinceSeconds`"),
            ("port-forward a", "TYPE/NAME and list of ports are required for port-forward"),
            ("port-forward a 80:", "\"\" is no port: give a number from 1 to 65535, or a name"),
            ("port-forward node/a 80", "cannot forward ports of node"),
            ("port-forward a 80 --address here", "here is not a valid IP"),
            ("version extra", "extra arguments"),
            ("api-resources --sort-by age", "--sort-by accepts only name or kind"),
            ("get pods --as-user-extra x", "--as-user-extra must be of the form key=value"),
            ("get pods --request-timeout soon", "invalid argument \"soon\" for \"--request-timeout\" flag"),
        ] {
            let usage = run(line).unwrap_err();
            assert_eq!(usage.exit_code(), 1, "{line}");
            assert!(usage.to_string().starts_with(&format!("error: {text}")), "{line}: {usage}");
        }
    }
}
