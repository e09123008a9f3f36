//! Real programs and files as credentials, as a list of tests that every transport runs.
//!
//! A transport names its [`Client`] in [`plugins!`](crate::plugins!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::fs::File;
use std::io::{BufRead, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use kube_proto::config::{Config, CredentialConfig, ExecApiVersion, ExecPlugin, InteractiveMode};
use kube_proto::settings::Settings;
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::blocking::{Client, made};
use crate::scripted::{Server, pods};

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! plugins {
    ($client:ty) => {
        $crate::tests_of!(
            plugins, $client:
            a_plugin_runs_once_however_many_calls_wait,
            a_plugin_that_fails_is_quoted,
            a_plugin_that_does_not_exist_says_how_to_get_it,
            a_plugin_that_prints_without_end_is_stopped,
            a_plugin_that_sleeps_is_ended_in_time,
            what_a_plugin_leaves_running_is_not_waited_for,
            what_a_plugin_started_is_ended_with_it,
            a_token_file_is_read,
            a_program_is_looked_up_where_this_process_looks,
            a_plugin_asks_at_a_terminal,
        );
    };
}

/// Answers every request with an object, and sends the `Authorization` header to the test.
pub fn server() -> (u16, Receiver<Option<String>>) {
    let (seen, saw) = channel();
    let server = Server::each(move |mut peer| {
        let mut authorization = None;
        let mut line = String::new();
        while peer.reader.read_line(&mut line).is_ok_and(|length| length > 0) {
            if let Some(value) = line.trim_end().strip_prefix("authorization: ") {
                authorization = Some(value.to_owned());
            }
            if line == "\r\n" {
                let _ = seen.send(authorization.take());
                peer.answer(200, "{}");
            }
            line.clear();
        }
    });
    (server.port, saw)
}

fn client<C: Client>(port: u16, credential: CredentialConfig) -> C {
    let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
    config.credential = credential;
    made(config, Settings::default())
}

/// A plugin that runs this script.
#[must_use]
pub fn shell(script: &str) -> CredentialConfig {
    CredentialConfig::Exec(Box::new(ExecPlugin {
        command: "sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("WHO".into(), "me".into())],
        api_version: ExecApiVersion::V1,
        install_hint: Some("get a shell".into()),
        interactive_mode: InteractiveMode::Never,
        cluster: None,
    }))
}

const PRINTS: &str = r#"
printf x >> "$COUNT"
case "$KUBERNETES_EXEC_INFO" in *client.authentication.k8s.io/v1*) ;; *) exit 9;; esac
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s-token"}}' "$WHO"
"#;

/// The plugin also gets its `KUBERNETES_EXEC_INFO`.
pub fn a_plugin_runs_once_however_many_calls_wait<C: Client>() {
    let (port, saw) = server();
    let count = std::env::temp_dir().join(format!("kube-plugin-{}-{port}", std::process::id()));
    let client: C = client::<C>(port, shell(&PRINTS.replace("$COUNT", count.to_str().unwrap())));
    for result in client.batch((0..16).map(|_| pods().get("a")).collect(), 8) {
        result.unwrap();
    }
    for _ in 0..16 {
        assert_eq!(saw.recv().unwrap().as_deref(), Some("Bearer me-token"));
    }
    let runs = std::fs::read(&count).unwrap();
    std::fs::remove_file(&count).unwrap();
    assert_eq!(runs, b"x");
}

/// The error contains its standard error.
pub fn a_plugin_that_fails_is_quoted<C: Client>() {
    let (port, _) = server();
    let error =
        client::<C>(port, shell("echo please log in >&2; exit 3")).call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("exit code 3: please log in"), "{error}");
}

/// The error contains the hint of the configuration.
pub fn a_plugin_that_does_not_exist_says_how_to_get_it<C: Client>() {
    let (port, _) = server();
    let CredentialConfig::Exec(mut plugin) = shell("") else { panic!() };
    plugin.command = "no-such-program-at-all".into();
    let error = client::<C>(port, CredentialConfig::Exec(plugin)).call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("not found") && error.contains("get a shell"), "{error}");
}

/// At the limit of its output.
pub fn a_plugin_that_prints_without_end_is_stopped<C: Client>() {
    let (port, _) = server();
    let error = client::<C>(port, shell("yes")).call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("larger than the limit"), "{error}");
}

/// The setting has the time.
pub fn a_plugin_that_sleeps_is_ended_in_time<C: Client>() {
    let (port, _) = server();
    let mut config = Config::new(&format!("http://127.0.0.1:{port}")).unwrap();
    config.credential = shell("sleep 1000");
    let mut settings = Settings::default();
    settings.plugin = Duration::from_millis(50);
    let client: C = made(config, settings);
    let error = client.call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("took longer than 50ms"), "{error}");
}

/// Its child may keep standard error open, and lives on.
pub fn what_a_plugin_leaves_running_is_not_waited_for<C: Client>() {
    let (port, saw) = server();
    let agent = Agent::of(port);
    let client: C = client::<C>(port, shell(&agent.then(&PRINTS.replace("\"$COUNT\"", "/dev/null"))));
    client.call(pods().get("a")).unwrap();
    assert_eq!(saw.recv().unwrap().as_deref(), Some("Bearer me-token"));
    drop(client);
    assert!(agent.lives());
    rustix::process::kill_process(agent.pid(), Signal::KILL).unwrap();
    let (port, _) = server();
    let agent = Agent::of(port);
    let failing = made_shell::<C>(port, &agent.then("echo please log in >&2; exit 3"));
    let error = failing.call(pods().get("a")).unwrap_err().to_string();
    assert!(error.contains("exit code 3: please log in"), "{error}");
    rustix::process::kill_process(agent.pid(), Signal::KILL).unwrap();
}

/// If it does not end by itself.
pub fn what_a_plugin_started_is_ended_with_it<C: Client>() {
    let (port, _) = server();
    let agent = Agent::of(port);
    made_shell::<C>(port, &agent.then("yes")).call(pods().get("a")).unwrap_err();
    for _ in 0..10_000 {
        if !agent.lives() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it lives");
}

fn made_shell<C: Client>(port: u16, script: &str) -> C {
    client(port, shell(script))
}

/// A process that a plugin starts and leaves running.
struct Agent(std::path::PathBuf);

impl Agent {
    fn of(port: u16) -> Self {
        Self(std::env::temp_dir().join(format!("kube-agent-{}-{port}", std::process::id())))
    }

    /// A script that starts the process with its standard error, and continues.
    fn then(&self, script: &str) -> String {
        format!("sleep 1000 >/dev/null & echo $! > {}\n{script}", self.0.display())
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(std::fs::read_to_string(&self.0).unwrap().trim().parse().unwrap()).unwrap()
    }

    fn lives(&self) -> bool {
        // An ended process exists until its parent has collected its exit status.
        std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero()))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The token is the content without the newline at its end.
pub fn a_token_file_is_read<C: Client>() {
    let (port, saw) = server();
    let path = std::env::temp_dir().join(format!("kube-token-{}-{port}", std::process::id()));
    std::fs::write(&path, "from-a-file\n").unwrap();
    client::<C>(port, CredentialConfig::TokenFile { path: path.clone(), fallback: None })
        .call(pods().get("a"))
        .unwrap();
    assert_eq!(saw.recv().unwrap().as_deref(), Some("Bearer from-a-file"));
    std::fs::remove_file(&path).unwrap();
    let error =
        client::<C>(port, CredentialConfig::TokenFile { path, fallback: None }).call(pods().get("a")).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
}

/// The `PATH` of this process counts, and not one in the plugin's variables; the program's own name for itself is the
/// configured one.
pub fn a_program_is_looked_up_where_this_process_looks<C: Client>() {
    let (port, saw) = server();
    let CredentialConfig::Exec(mut plugin) = shell(&prints("$0")) else { panic!() };
    plugin.env = vec![("PATH".into(), "/nowhere".into())];
    client::<C>(port, CredentialConfig::Exec(plugin)).call(pods().get("a")).unwrap();
    assert_eq!(saw.recv().unwrap().as_deref(), Some("Bearer sh"));
}

/// The end of a script, which prints this as the token.
fn prints(token: &str) -> String {
    let credential =
        r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}"#;
    format!("printf '{credential}' \"{token}\"")
}

/// Without a terminal it is not asked. Each case is a process of its own, since a process has one standard input.
pub fn a_plugin_asks_at_a_terminal<C: Client>() {
    if let Ok(there) = std::env::var(TERMINAL) {
        return asked::<C>(there == "there");
    }
    let (mut master, slave) = terminal();
    for (there, stdin) in [("there", slave.into()), ("missing", Stdio::null()), ("missing", Stdio::piped())] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["a_plugin_asks_at_a_terminal", "--exact", "--nocapture"])
            .env(TERMINAL, there)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if there == "there" {
            master.write_all(b"jane\njoan\n").unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(output.status.success() && text.contains("1 passed"), "{there}: {text}");
    }
}

fn asked<C: Client>(terminal: bool) {
    let says = |mode: InteractiveMode| {
        let (port, saw) = server();
        let told = "case $KUBERNETES_EXEC_INFO in *'\"interactive\":true'*) told=yes;; *) told=no;; esac;";
        let asks = "if [ -t 0 ]; then read who; else who=none; fi;";
        let CredentialConfig::Exec(mut plugin) = shell(&format!("{told} {asks} {}", prints("$told-$who"))) else {
            panic!()
        };
        plugin.interactive_mode = mode;
        let client: C = client(port, CredentialConfig::Exec(plugin));
        client.call(pods().get("a")).map(|_| saw.recv().unwrap().unwrap()).map_err(|error| error.to_string())
    };
    assert_eq!(says(InteractiveMode::Never).unwrap(), "Bearer no-none");
    if terminal {
        assert_eq!(says(InteractiveMode::IfAvailable).unwrap(), "Bearer yes-jane");
        assert_eq!(says(InteractiveMode::Always).unwrap(), "Bearer yes-joan");
    } else {
        assert_eq!(says(InteractiveMode::IfAvailable).unwrap(), "Bearer no-none");
        let error = says(InteractiveMode::Always).unwrap_err();
        assert!(error.contains("standard input is not a terminal"), "{error}");
    }
}

/// Both ends of a terminal: the person's, and the program's.
fn terminal() -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    // It must not become the terminal of this process.
    let flags = OpenptFlags::NOCTTY.bits().cast_signed();
    let slave = File::options().read(true).write(true).custom_flags(flags).open(name).unwrap();
    (master.into(), slave)
}

const TERMINAL: &str = "KUBE_TEST_TERMINAL";
