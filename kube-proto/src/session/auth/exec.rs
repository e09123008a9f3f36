//! A program that prints a credential: an exec plugin (WIRE §7.5).
//!
//! | what comes back | what follows |
//! |---|---|
//! | an `ExecCredential` with a token | that token until shortly before its expiry |
//! | ... with a certificate and key | a new TLS identity: connections made with the old one are not used again |
//! | ... without an expiry | used until the server refuses it |
//! | ... already expired | used for the calls that waited for it |
//! | an exit code other than 0 | an error with the end of what it said on standard error |
//! | no such program | an error with the configuration's `installHint` |

use std::path::Display;
use std::sync::Arc;
use std::time::Duration;

use super::Fetched;
use crate::config::{EXEC_INFO, ExecPlugin, TlsSettings, exec_info, parse_exec_credential};
use crate::effect::{Effect, Endpoint, ExecSpec, Fault, FaultKind, Input, Output, Tls};
use crate::error::{Error, excerpt};
use crate::operation::Cx;
use crate::session::{Settings, bearer};

/// A plugin, and how to run it.
#[derive(Debug)]
pub(crate) struct ExecSource {
    plugin: ExecPlugin,
    /// Standard input is a terminal that the plugin may use to ask a person.
    terminal: bool,
}

impl ExecSource {
    pub(crate) fn new(plugin: ExecPlugin, terminal: bool) -> Self {
        Self { plugin, terminal }
    }

    pub(crate) fn program(&self) -> Display<'_> {
        self.plugin.command.display()
    }

    pub(crate) fn effect(&self, settings: &Settings) -> Result<Effect, Error> {
        let stdin = self.plugin.interactive_mode.interactive(self.terminal, true);
        let stdin = stdin.map_err(|error| Error::credential(error.to_string()))?;
        let own = self.plugin.env.iter().map(|(name, value)| (name.into(), value.expose().into()));
        let info = (EXEC_INFO.into(), exec_info(&self.plugin, stdin).into());
        Ok(Effect::Run(Box::new(ExecSpec {
            program: self.plugin.command.clone().into(),
            args: self.plugin.args.iter().map(|arg| arg.expose().into()).collect(),
            env: own.chain([info]).collect(),
            stdin,
            limit: settings.limits.plugin,
        })))
    }

    pub(crate) fn read(&self, input: Input, base: &Endpoint, cx: &Cx<'_>) -> Result<Fetched, Error> {
        let output = match input {
            Input::Output(output) => *output,
            Input::Failed(fault) => return Err(self.cannot_run(&fault)),
            _ => return Err(Error::credential(format!("the driver did not run {}", self.program()))),
        };
        if output.status != 0 {
            return Err(self.failed(&output));
        }
        let status = parse_exec_credential(&output.stdout, self.plugin.api_version)
            .map_err(|error| Error::credential(format!("plugin {}: {error}", self.program())))?;
        let endpoint = match (status.client_certificate, status.client_key) {
            (Some(certificate), Some(key)) => Some(with_certificate(base, cx, |tls| {
                tls.client_certificate = Some(certificate);
                tls.client_key = Some(key);
            })?),
            _ => None,
        };
        // What is expired at birth serves those who waited for it, and nobody later.
        let life = status.expiration.map(|at| at.saturating_sub(cx.now.unix).max(MIN_LIFE));
        Ok(Fetched {
            authorization: status.token.as_ref().map(bearer).transpose()?,
            endpoint,
            refresh: life.map(|life| cx.now.mono.saturating_add(life.saturating_sub(margin(life)))),
            expires: life.map(|life| cx.now.mono.saturating_add(life)),
        })
    }

    fn failed(&self, output: &Output) -> Error {
        let said = excerpt(&output.stderr);
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        Error::credential(format!("exec: executable {} failed with exit code {}{said}", self.program(), output.status))
    }

    fn cannot_run(&self, fault: &Fault) -> Error {
        if fault.kind != FaultKind::NotFound {
            return Error::credential(format!("exec: executable {} cannot be run: {fault}", self.program()));
        }
        let hint = self.plugin.install_hint.as_deref().unwrap_or("is it installed, and on PATH?");
        Error::credential(format!("exec: executable {} not found\n\n{hint}", self.program()))
    }
}

/// The base endpoint with another client certificate, under a new identity.
fn with_certificate(base: &Endpoint, cx: &Cx<'_>, change: impl FnOnce(&mut TlsSettings)) -> Result<Endpoint, Error> {
    let tls = base
        .tls()
        .ok_or_else(|| Error::credential("the plugin gave a client certificate, but the server's URL is not https"))?;
    let mut settings = TlsSettings::clone(&tls.settings);
    change(&mut settings);
    let tls =
        Tls { id: cx.session.next_identity(), server_name: tls.server_name.clone(), settings: Arc::new(settings) };
    Ok(Endpoint::new(base.host(), base.port(), Some(tls), base.proxy().cloned()))
}

/// How long before its expiry a credential is renewed: a tenth of its life, at most a minute.
fn margin(life: Duration) -> Duration {
    (life / 10).min(Duration::from_secs(60))
}

/// How long what is expired at birth is good for.
const MIN_LIFE: Duration = Duration::from_secs(1);
