//! The shared part of the examples' `main`: everything but the client.

use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;

use bytes::Bytes;
use kube_proto::Error;
use kube_proto::config::{Config, ConfigError, ConfigErrorKind, Loaded, Loader, Locate, Overrides, Want};
use kube_proto::error::visible;

use super::{Forwarding, Invocation, Kubectl, Printed, Session, message, parse};
use crate::demo::Demo;

/// A parsed command line with its configuration and files.
#[derive(Debug)]
pub struct Program {
    invocation: Option<Invocation>,
    contents: Vec<Bytes>,
    config: Config,
    /// The server of `--demo`, which ends with the program.
    _demo: Option<Demo>,
}

impl Program {
    /// Reads the command line of this process and its files. `load` is the transport's reader of files, `locate` the
    /// places of the kubeconfig.
    ///
    /// # Errors
    /// The exit code, after help or an error has been printed.
    pub fn start(locate: Locate, load: impl FnOnce(Loader) -> Result<Loaded, ConfigError>) -> Result<Self, ExitCode> {
        let mut invocation = parse(std::env::args_os().skip(1), !std::io::stdin().is_terminal()).map_err(|usage| {
            let code = usage.exit_code();
            if code == 0 {
                print!("{usage}");
            } else {
                eprint!("{usage}");
            }
            ExitCode::from(code)
        })?;
        let contents = invocation.read(|| {
            let mut content = Vec::new();
            std::io::stdin().read_to_end(&mut content)?;
            Ok(content.into())
        });
        let contents = contents.map_err(|error| failed(&format!("error: {error}")))?;
        let locate = Locate { kubeconfig: invocation.kubeconfig.clone(), ..locate };
        if invocation.locate(&locate) {
            // The command sends no requests: any server will do.
            let config = Config::new("http://localhost:8080").map_err(|error| failed(&message(&error.into())))?;
            return Ok(Self { invocation: Some(invocation), contents, config, _demo: None });
        }
        let (demo, loaded) = if invocation.demo {
            let demo = Demo::start().map_err(|error| failed(&format!("error: {error}")))?;
            let loaded = loaded_from(demo.kubeconfig(), invocation.overrides.clone());
            (Some(demo), loaded)
        } else {
            (None, load(Loader::new(locate, invocation.overrides.clone())))
        };
        let loaded = loaded.map_err(|error| failed(&unusable(error)))?;
        for warning in &loaded.warnings {
            eprintln!("Warning: {}", visible(warning));
        }
        Ok(Self { invocation: Some(invocation), contents, config: loaded.config, _demo: demo })
    }

    /// The cluster to talk to.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// The ports to forward, once, if that is the command: then there is no operation.
    pub fn forwarding(&mut self) -> Option<Forwarding> {
        self.invocation.as_mut()?.forwarding()
    }

    /// The session with a container, once, if that is the command: then there is no operation.
    pub fn session(&mut self) -> Option<Session> {
        self.invocation.as_mut()?.session()
    }

    /// The operation, once.
    ///
    /// # Errors
    /// The operation was already taken.
    pub fn operation(&mut self) -> Result<Kubectl, ExitCode> {
        let invocation = self.invocation.take().ok_or_else(|| failed("error: the command was carried out already"))?;
        Ok(Kubectl::new(invocation, &self.contents))
    }

    /// Prints one result; returns the exit code if it is the last.
    pub fn print(&self, result: Result<Printed, Error>) -> Option<ExitCode> {
        match result {
            Ok(printed) => match printed.write(&mut std::io::stdout(), &mut std::io::stderr()) {
                Ok(code) => code.map(ExitCode::from),
                // The reader has closed the pipe: `kubectl get pods | head -1`.
                Err(_) => Some(ExitCode::FAILURE),
            },
            Err(error) => Some(failed(&message(&error))),
        }
    }
}

/// The message for an unusable configuration, kubectl's where it has one.
fn unusable(error: ConfigError) -> String {
    match error.problems() {
        [problem] if error.kind() == ConfigErrorKind::Read && problem.text.contains("No such file") => {
            let file = problem.file.clone().unwrap_or_default();
            format!("error: stat {}: no such file or directory", file.display())
        }
        // kubectl looks up the context later than the others.
        [problem] if problem.text.starts_with("context ") && problem.text.ends_with("does not exist") => {
            let name =
                problem.text.trim_start_matches("context ").trim_end_matches(" does not exist").trim_matches('"');
            format!("Error in configuration: context was not found for specified context: {name}")
        }
        [problem] if problem.text.ends_with("does not exist") || problem.text.starts_with("requesting uid") => {
            format!("error: {}", problem.text)
        }
        _ => message(&error.into()),
    }
}

/// Prints an error; returns its exit code.
pub fn failed(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{}", visible(text));
    ExitCode::FAILURE
}

/// A configuration from the text of one kubeconfig.
///
/// # Errors
/// As [`Loader`]'s.
pub fn loaded_from(kubeconfig: &str, overrides: Overrides) -> Result<Loaded, ConfigError> {
    let locate = Locate { kubeconfig: Some("kubeconfig".into()), ..Locate::default() };
    let mut loader = Loader::new(locate, overrides);
    loop {
        match loader.want() {
            Want::Read { path, .. } => loader.give(&path, Ok(Bytes::copy_from_slice(kubeconfig.as_bytes()))),
            Want::Done(result) => return result,
        }
    }
}
