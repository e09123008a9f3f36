//! `config` and `auth`: the output is that of kubectl 1.36.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::task::Waker;

use bytes::Bytes;
use kube_proto::config::{Config, Locate};
use kube_proto::driver::{Effect, Fault, FaultKind, Input, Now, Step, Task};
use kube_proto::driver::{Session, SessionOptions};
use kube_proto::settings::Settings;

use super::super::{Kubectl, Printed, parse};
use super::{Outcome, World, done, failed};

/// Files of a disk; the current folder is `/home`.
#[derive(Default)]
pub(super) struct Disk {
    pub(super) files: BTreeMap<PathBuf, Bytes>,
    /// The variable `KUBECONFIG`.
    pub(super) paths: &'static str,
}

impl Disk {
    pub(super) fn new(content: &str) -> Self {
        let content = Bytes::copy_from_slice(content.as_bytes());
        Self { files: [(PathBuf::from("/home/c"), content)].into(), paths: "/home/c" }
    }

    pub(super) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[&PathBuf::from(path)]).unwrap()
    }

    pub(super) fn run(&mut self, line: &str) -> Outcome {
        let mut invocation = match parse(line.split_whitespace().map(OsString::from), false) {
            Ok(invocation) => invocation,
            Err(usage) => return failed(&usage.to_string()),
        };
        let kubeconfig_env = Some(self.paths.into());
        let locate = Locate { kubeconfig_env, current_dir: Some("/home".into()), ..Locate::default() };
        assert!(invocation.locate(&locate), "{line}");
        let config = Config::new("http://localhost:8080").unwrap();
        let session = Session::new(&config, SessionOptions::new(Settings::default(), 7)).unwrap();
        let mut task = Task::new(Kubectl::new(invocation, &[]), session);
        let (mut ready, mut out, mut err, mut code) = (None, Vec::new(), Vec::new(), None);
        for _turn in 0..100 {
            match task.turn(Now::default(), Waker::noop(), || ready.take()) {
                Step::Yield(printed) => {
                    code = printed.write(&mut out, &mut err).unwrap();
                    assert_eq!(code.is_some(), matches!(printed, Printed::Exit(_)));
                }
                Step::Do(effect) => ready = Some(self.carry_out(effect)),
                Step::Done(result) => {
                    result.unwrap();
                    let text = |bytes| String::from_utf8(bytes).unwrap();
                    return Outcome { out: text(out), err: text(err), code };
                }
                Step::Wait(_) => panic!("{line}: it waits without a request"),
            }
        }
        panic!("{line}: no end");
    }

    fn carry_out(&mut self, effect: Effect) -> Input {
        let missing = || Fault::unsent(FaultKind::NotFound, "no such file or directory");
        match effect {
            Effect::ReadFile { path, .. } => {
                let content = self.files.get(&path).cloned();
                content.map_or_else(|| Input::Failed(Box::new(missing())), Input::File)
            }
            Effect::WriteFile(write) => {
                let now = self.files.get(&write.path).cloned().ok_or_else(missing);
                write.compare(now).unwrap_or_else(|| {
                    self.files.insert(write.path, write.content);
                    Input::Written
                })
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(super) const FILE: &str = "\
x-unknown: kept
current-context: dev
clusters:
- name: dev
  cluster:
    server: https://127.0.0.1:6443
    certificate-authority-data: Y2E=
    extensions: [{name: client.authentication.k8s.io/exec, extension: {a: 1}}]
- name: other
  cluster: {server: https://other.example, certificate-authority: ca.crt, insecure-skip-tls-verify: false}
users:
- {name: tok, user: {token: abc}}
- {name: cert, user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}}
- {name: basic, user: {username: u, password: p, x-unknown: kept}}
- {name: ex, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./p.sh}}}
contexts:
- {name: oth, context: {cluster: other, user: tok}}
- {name: dev, context: {cluster: dev, user: cert, namespace: shop}}
- {name: dangling, context: {cluster: none, user: absent}}
";

const VIEW: &str = "\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: DATA+OMITTED
    extensions:
    - extension:
        a: 1
      name: client.authentication.k8s.io/exec
    server: https://127.0.0.1:6443
  name: dev
- cluster:
    certificate-authority: ca.crt
    server: https://other.example
  name: other
contexts:
- context:
    cluster: none
    user: absent
  name: dangling
- context:
    cluster: dev
    namespace: shop
    user: cert
  name: dev
- context:
    cluster: other
    user: tok
  name: oth
current-context: dev
kind: Config
users:
- name: basic
  user:
    password: REDACTED
    username: u
- name: cert
  user:
    client-certificate-data: DATA+OMITTED
    client-key-data: DATA+OMITTED
- name: ex
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args: null
      command: ./p.sh
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
- name: tok
  user:
    token: REDACTED
";

#[test]
fn what_is_shown() {
    let mut disk = Disk::new(FILE);
    assert_eq!(disk.run("config view"), done(VIEW));
    let raw = VIEW
        .replace("certificate-authority-data: DATA+OMITTED", "certificate-authority-data: Y2E=")
        .replace("client-certificate-data: DATA+OMITTED", "client-certificate-data: Y2VydA==")
        .replace("client-key-data: DATA+OMITTED", "client-key-data: a2V5")
        .replace("token: REDACTED", "token: abc")
        .replace("password: REDACTED", "password: p");
    assert_eq!(disk.run("config view --raw"), done(&raw));
    let json = disk.run("config view --minify --context oth -o json");
    assert_eq!(
        json,
        done(
            "{\n    \"kind\": \"Config\",\n    \"apiVersion\": \"v1\",\n    \"clusters\": [\n        {\n            \"name\": \
             \"other\",\n            \"cluster\": {\n                \"server\": \"https://other.example\",\n                \
             \"certificate-authority\": \"ca.crt\"\n            }\n        }\n    ],\n    \"users\": [\n        {\n            \
             \"name\": \"tok\",\n            \"user\": {\n                \"token\": \"REDACTED\"\n            }\n        }\n    \
             ],\n    \"contexts\": [\n        {\n            \"name\": \"oth\",\n            \"context\": {\n                \
             \"cluster\": \"other\",\n                \"user\": \"tok\"\n            }\n        }\n    ],\n    \
             \"current-context\": \"oth\"\n}\n"
        )
    );
    assert_eq!(disk.run("config view --minify --context nope"), failed("error: cannot locate context nope\n"));
    assert_eq!(disk.run("config view --minify --context dangling"), failed("error: cannot locate cluster none\n"));
    let empty = "apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: \"\"\nkind: Config\nusers: null\n";
    assert_eq!(disk.run("config view --kubeconfig /nope"), done(empty));
    let none = "error: current-context must exist in order to minify\n";
    assert_eq!(disk.run("config view --kubeconfig /nope --minify"), failed(none));
}

#[test]
fn lists() {
    let mut disk = Disk::new(FILE);
    let table = "\
CURRENT   NAME       CLUSTER   AUTHINFO   NAMESPACE
          dangling   none      absent     
*         dev        dev       cert       shop
          oth        other     tok        
";
    assert_eq!(disk.run("config get-contexts"), done(table));
    let one = "CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE\n          oth    other     tok        \n";
    assert_eq!(disk.run("config get-contexts oth"), done(one));
    let outcome = disk.run("config get-contexts nope oth");
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), (one, "error: context nope not found\n"));
    assert_eq!(outcome.code, Some(1));
    assert_eq!(disk.run("config get-contexts -o name"), done("dangling\ndev\noth\n"));
    let bare = "      dangling   none    absent   \n*     dev        dev     cert     shop\n      oth        other   tok      \n";
    assert_eq!(disk.run("config get-contexts --no-headers"), done(bare));
    assert_eq!(disk.run("config get-clusters"), done("NAME\ndev\nother\n"));
    assert_eq!(disk.run("config get-users"), done("NAME\nbasic\ncert\nex\ntok\n"));
    assert_eq!(disk.run("config current-context"), done("dev\n"));
    assert_eq!(disk.run("config current-context --kubeconfig /no"), failed("error: current-context is not set\n"));
}

#[test]
fn changes() {
    let mut disk = Disk::new(FILE);
    let runs = [
        ("config use-context nope", failed("error: no context exists with the name: \"nope\"\n")),
        ("config use-context oth", done("Switched to context \"oth\".\n")),
        ("config set-context dev --namespace=x", done("Context \"dev\" modified.\n")),
        ("config set-context --current --user=basic", done("Context \"oth\" modified.\n")),
        ("config set-context new --cluster=dev --user=tok", done("Context \"new\" created.\n")),
        ("config set-context", failed("error: you must specify a non-empty context name or --current\n")),
        ("config set-context --current a", failed("error: you cannot specify both a context name and --current\n")),
        ("config set-context a b", failed("error: Unexpected args: [a b]\n")),
        ("config set-credentials tok --username=a --password=b", done("User \"tok\" set.\n")),
        (
            "config set-credentials tok --token=a --username=b",
            failed(
                "error: you cannot specify more than one authentication method at the same time: --token, \
                 --username/--password\n",
            ),
        ),
        ("config set-credentials nu --client-certificate=c.crt --client-key=/etc/c.key", done("User \"nu\" set.\n")),
        ("config set-credentials ex --exec-command=q --exec-arg=1 --exec-env=A=b", done("User \"ex\" set.\n")),
        ("config set-cluster dev --server=https://new --tls-server-name=n", done("Cluster \"dev\" set.\n")),
        ("config set-cluster other --insecure-skip-tls-verify=true", done("Cluster \"other\" set.\n")),
        (
            "config set-cluster other --insecure-skip-tls-verify=true --certificate-authority=ca.crt",
            failed("error: you cannot specify a certificate authority and insecure mode at the same time\n"),
        ),
        (
            "config set-cluster n2 --embed-certs=true",
            failed("error: you must specify a --certificate-authority to embed\n"),
        ),
        ("config foo", failed("error: unknown command \"foo\"\nSee 'kubectl config -h' for help and examples\n")),
    ];
    for (line, outcome) in runs {
        assert_eq!(disk.run(line), outcome, "{line}");
    }
    let text = disk.text("/home/c");
    for (is, there) in [
        ("x-unknown: kept\n", true),
        ("current-context: oth\n", true),
        ("namespace: x\n", true),
        ("namespace: shop\n", false),
        ("token: abc", false),
        ("client-certificate: c.crt\n", true),
        ("client-key: /etc/c.key\n", true),
        ("command: q\n", true),
        ("server: https://new\n", true),
        ("insecure-skip-tls-verify: true\n", true),
        ("certificate-authority: ca.crt\n", false),
        ("certificate-authority-data: Y2E=\n", true),
    ] {
        assert_eq!(text.contains(is), there, "{is}{text}");
    }
    // Unknown fields stay, also in a user's stanza.
    assert_eq!(text.matches("x-unknown: kept").count(), 2);
}

#[test]
fn certificates_within_the_file() {
    let mut disk = Disk::new("");
    disk.files.insert("/home/c.crt".into(), "CERT".into());
    let line = "config set-credentials u --embed-certs --client-certificate=c.crt";
    assert_eq!(disk.run(line), done("User \"u\" set.\n"));
    assert!(
        disk.text("/home/c").contains("client-certificate-data: \"Q0VSVA==\"\n")
            || disk.text("/home/c").contains("client-certificate-data: Q0VSVA==\n")
    );
    let line = "config set-credentials u --embed-certs --client-key=c.key";
    let missing = "error: could not stat client-key file c.key: stat c.key: no such file or directory\n";
    assert_eq!(disk.run(line), failed(missing));
    let line = "config set-credentials u --embed-certs";
    let none = "error: you must specify a --client-certificate or --client-key to embed\n";
    assert_eq!(disk.run(line), failed(none));
}

#[test]
fn several_files() {
    let mut disk = Disk { paths: "/home/a:/home/b", ..Disk::default() };
    // If no file exists, the last one is created; of existing files, the first gets new entries.
    assert_eq!(disk.run("config set-context x --cluster=1"), done("Context \"x\" created.\n"));
    assert_eq!(disk.files.keys().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(), ["/home/b"]);
    disk.files.insert("/home/a".into(), "contexts: [{name: z}]".into());
    assert_eq!(disk.run("config set-context x --user=2"), done("Context \"x\" modified.\n"));
    assert_eq!(disk.run("config use-context x"), done("Switched to context \"x\".\n"));
    assert!(disk.text("/home/b").contains("user: \"2\"") && !disk.text("/home/a").contains("user: \"2\""));
    assert!(disk.text("/home/a").contains("current-context: x"));
    assert_eq!(disk.run("config get-contexts -o name"), done("x\nz\n"));
}

#[test]
fn whoami() {
    let mut world = World::new();
    let table = "ATTRIBUTE   VALUE\nUsername    admin\nGroups      [system:masters system:authenticated]\n";
    assert_eq!(world.run("auth whoami"), done(table));
    let json = world.run("auth whoami -o json").out;
    assert!(
        json.starts_with(
            "{\n    \"kind\": \"SelfSubjectReview\",\n    \"apiVersion\": \"authentication.k8s.io/v1\",\n"
        )
    );
    assert!(json.find("\"username\"").unwrap() < json.find("\"groups\"").unwrap());
    assert!(world.run("auth whoami -o yaml").out.contains("    username: admin\n"));
}
