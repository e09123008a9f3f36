//! Command lines, and the output of two programs on two servers: the stock kubectl and the example of this project, on
//! the in-memory server and on a real one. All must print the text of the transcript, which was recorded from the stock
//! kubectl on a real server (see [`transcript`] for its form).
//!
//! `KUBE_TEST_RECORD=1` records the transcripts again, from the stock kubectl and the real server.

mod mask;
mod own;
mod stock;
mod transcript;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Method;
use kube_proto::api::ApiRequest;
use libtest_mimic::Trial;
use serde_json::json;

use crate::compare::like_a_cluster;
use crate::context::Context;
use crate::drivers::{self, Transport};
use crate::panics;
use crate::servers::{Cluster, Site};
use mask::Mask;
use stock::Stock;
use transcript::{Programs, Transcript};

/// The output of a program.
#[derive(Debug, Default, PartialEq, Eq)]
struct Printed {
    out: String,
    err: String,
    code: u8,
}

/// The program that runs a transcript.
#[derive(Clone)]
enum Program {
    Stock(Arc<Stock>),
    Own(&'static Transport),
}

/// A row for each transcript, program and server.
pub(crate) fn trials(cluster: &Result<Arc<Cluster>, String>, strict: &str) -> Vec<Trial> {
    let stock = Stock::find(cluster.as_ref().ok().map(Arc::as_ref)).map(Arc::new);
    let mut trials = Vec::new();
    for path in transcripts() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut programs = vec![("stock", stock.clone().map(Program::Stock))];
        for transport in drivers::TRANSPORTS {
            programs.push((transport.name, Ok(Program::Own(transport))));
        }
        for (program_name, program) in programs {
            let site = || Site::memory(like_a_cluster);
            let memory = format!("kubectl::{program_name}::memory::{name}");
            trials.push(trial(memory, &path, program.clone(), Ok(site), strict));
            let site = cluster.clone().map(|cluster| move || Site::Real(Arc::clone(&cluster)));
            trials.push(trial(format!("kubectl::{program_name}::real::{name}"), &path, program, site, strict));
        }
    }
    trials
}

fn trial<S>(name: String, path: &Path, program: Result<Program, String>, site: Result<S, String>, strict: &str) -> Trial
where
    S: FnOnce() -> Site + Send + 'static,
{
    let path = path.to_owned();
    let program = match Transcript::parse(&std::fs::read_to_string(&path).unwrap()) {
        transcript if transcript.is_recorded() || recording() => program,
        _ => return Trial::test(name, || Ok(())).with_kind("not recorded yet").with_ignored_flag(true),
    };
    match (program, site) {
        (Ok(program), Ok(site)) => Trial::test(name.clone(), move || {
            let site = site();
            let cluster = site.cluster();
            let _calm = cluster.as_ref().map(|cluster| cluster.calm.read());
            panics::caught(&name, || {
                play(&path, &program, site);
            })
        }),
        (Err(reason), _) | (_, Err(reason)) if !strict.is_empty() => Trial::test(name, move || Err(reason.into())),
        (Err(reason), _) | (_, Err(reason)) => Trial::test(name, || Ok(())).with_kind(reason).with_ignored_flag(true),
    }
}

fn transcripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compare/kubectl");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths
}

/// Runs every command in a namespace for this run, and fails with each different output.
fn play(path: &Path, program: &Program, site: Site) {
    let record = recording() && site.is_real() && matches!(program, Program::Stock(_));
    let transport = match program {
        Program::Stock(_) => &drivers::TRANSPORTS[0],
        Program::Own(transport) => transport,
    };
    let cx = Context::new(transport, site, "kubectl");
    let mut transcript = Transcript::parse(&std::fs::read_to_string(path).unwrap());
    // Names of the same length everywhere, because columns are as wide as their content.
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let suffix = format!("{:010x}", (nanos / 1000) % (1 << 40));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("file-{suffix}"));
    let known = BTreeMap::from([
        ("file", file.display().to_string()),
        ("ns", format!("ns-{suffix}")),
        ("unique", format!("un-{suffix}")),
    ]);
    make_namespace(&cx, &known["ns"]);
    for left in &transcript.cleanup {
        cx.remove_later(transcript::filled(left, &known));
    }
    let mut mask = Mask::new(&known);
    let mut report = String::new();
    for command in &mut transcript.commands {
        let printed = match (program, command.programs) {
            (_, Programs::Write) => {
                let path = PathBuf::from(transcript::filled(&command.line, &known));
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, transcript::filled(&command.stdin, &known)).unwrap();
                continue;
            }
            (Program::Stock(_), Programs::Own) | (Program::Own(_), Programs::Stock) => continue,
            (Program::Stock(stock), _) => stock.run(&cx, &known, command),
            (Program::Own(_), _) => own::run(&cx, &known, command),
        };
        let printed = mask.masked(&printed);
        if record {
            command.wanted = printed;
        } else if printed != command.wanted {
            let _ = write!(report, "\n$ {}\n--- wanted\n{}--- got\n{}", command.line, command.wanted, printed);
        }
    }
    let _ = std::fs::remove_file(&file).or_else(|_| std::fs::remove_dir_all(&file));
    if record {
        std::fs::write(path, transcript.to_string()).unwrap();
    }
    assert!(report.is_empty(), "printed otherwise:\n{report}");
}

fn recording() -> bool {
    std::env::var_os("KUBE_TEST_RECORD").is_some()
}

fn make_namespace(cx: &Context, name: &str) {
    let body = json!({"metadata": {"name": name}}).to_string();
    let create = ApiRequest::raw(Method::POST, "/api/v1/namespaces", Bytes::from(body));
    cx.call(create.bytes()).unwrap();
    cx.remove_later(format!("/api/v1/namespaces/{name}"));
    if cx.site.is_real() {
        // Pods need it, and a controller creates it.
        let path = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
        cx.eventually("the default service account", || cx.call(ApiRequest::raw(Method::GET, &path, "").bytes()).ok());
    }
}
