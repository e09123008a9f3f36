//! The in-memory API server as a program: `api-server [--port N] [--tls] [--demo] [--kubeconfig FILE] [--pods N]`.

use kube_test_server::serve::{Binding, Bound};
use kube_test_server::{Options, Server, demo};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const USAGE: &str = "usage: api-server [--port N] [--tls] [--demo] [--pods N] [--kubeconfig FILE]

  --port N           listen on this port of 127.0.0.1 (any free one if not given)
  --tls              serve TLS, with a new authority each time
  --demo             start with a small cluster instead of an empty one
  --pods N           add N pods in the namespace `load`
  --kubeconfig FILE  where to write the kubeconfig (a temporary file if not given)";

struct Arguments {
    port: u16,
    tls: bool,
    demo: bool,
    pods: usize,
    kubeconfig: Option<std::path::PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("api-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> std::io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let age = Duration::from_secs(10 * 86_400);
    let mut server = Server::new(Options { start: now.saturating_sub(age), ..Options::default() });
    if arguments.demo {
        demo::fill(&mut server, now);
    }
    if arguments.pods > 0 {
        demo::pods(&mut server, now, "load", arguments.pods);
    }
    let binding = if arguments.tls { Binding::tls() } else { Binding::plain().trusting("admin") };
    let bound = Bound::start(server, binding.port(arguments.port))?;
    let path = match &arguments.kubeconfig {
        Some(path) => path.clone(),
        None => std::env::temp_dir().join(format!("api-server-{}.kubeconfig", bound.address().port())),
    };
    std::fs::write(&path, bound.kubeconfig("admin")?)?;
    println!("serving {}", bound.url());
    println!("export KUBECONFIG={}", path.display());
    loop {
        std::thread::park();
    }
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Arguments { port: 0, tls: false, demo: false, pods: 0, kubeconfig: None };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--port" => arguments.port = value()?.parse().map_err(|e| format!("--port: {e}"))?,
                "--pods" => arguments.pods = value()?.parse().map_err(|e| format!("--pods: {e}"))?,
                "--kubeconfig" => arguments.kubeconfig = Some(value()?.into()),
                "--tls" => arguments.tls = true,
                "--demo" => arguments.demo = true,
                other => return Err(format!("unknown argument: {other}")),
            }
        }
        Ok(arguments)
    }
}
