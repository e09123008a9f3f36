//! An exec plugin: a program that prints a credential (docs/wire.md §7.5).
//!
//! | result | what follows |
//! |---|---|
//! | an `ExecCredential` with a token | the token is used until its expiry |
//! | ... with a certificate and key | if they are new, a new TLS identity: new requests do not use the connections of the old one |
//! | ... without an expiry | used until the server refuses it |
//! | ... that expires within [`SHORT`](super::credential), or has expired | used until the server refuses it; the plugin runs again as soon as the pace allows |
//! | an exit code other than 0 | an error with an excerpt of the plugin's standard error |
//! | no such program | an error with the configuration's `installHint` |
//!
//! An interactive plugin runs when its credential has expired. Any other runs a little earlier, while the other calls
//! use the old credential. Unlike in client-go, a plugin that fails does not run again for every call (see
//! [`pace`](super::pace)), and a request that got a 401 is sent once more with the plugin's next credential.

use std::path::Display;
use std::sync::Arc;

use super::context::Context;
use super::credential::Credential;
use super::headers::bearer;
use super::site::{Certificate, Pair};
use super::slot::Fetched;
use crate::config::exec_info;
use crate::config::exec_info::{EXEC_INFO, ExecPlugin, parse_exec_credential};
use crate::driver::effect::{Effect, ExecSpec};
use crate::driver::fault::{Fault, FaultKind};
use crate::driver::input::{Input, ProcessOutput};
use crate::error::config::ConfigError;
use crate::error::{Error, excerpt};
use crate::observe::PluginOutcome;
use crate::settings::Settings;

/// A plugin and its settings.
#[derive(Debug)]
pub(crate) struct ExecSource {
    plugin: ExecPlugin,
    /// Standard input is a terminal that the plugin may use to prompt.
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
        let stdin = self.is_interactive(settings).map_err(|error| Error::credential(error.to_string()))?;
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

    /// Reads the plugin's output. `secure`: the server is reached over TLS.
    pub(crate) fn read(&self, input: Input, secure: bool, cx: &Context<'_>) -> Result<Fetched<Credential>, Error> {
        let outcome = match &input {
            Input::Output(output) if output.status != 0 => PluginOutcome::Failed(output.status),
            Input::Failed(fault) if fault.kind == FaultKind::NotFound => PluginOutcome::NotFound,
            _ => PluginOutcome::Unusable,
        };
        let fetched = self.fetched(input, secure, cx);
        let outcome = if fetched.is_ok() { PluginOutcome::Credential } else { outcome };
        let expires = fetched.as_ref().ok().and_then(|fetched| fetched.expires);
        cx.ran(|| self.program().to_string(), outcome, expires.map(|expires| expires.since(cx.now.mono)));
        fetched
    }

    fn fetched(&self, input: Input, secure: bool, cx: &Context<'_>) -> Result<Fetched<Credential>, Error> {
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
        let certificate = match (status.client_certificate, status.client_key) {
            (Some(certificate), Some(key)) if secure => Certificate::Own(Arc::new(Pair { certificate, key })),
            (Some(_), Some(_)) if status.token.is_none() => {
                let text = "it returned only a client certificate, but the server's URL is not https";
                return Err(Error::credential(format!("plugin {}: {text}", self.program())));
            }
            _ => Certificate::Configured,
        };
        let authorization = status.token.as_ref().map(bearer).transpose()?;
        let life = status.expiration.map(|at| at.saturating_sub(cx.now.unix));
        // An interactive plugin prompts only when that is necessary.
        let early = !self.is_interactive(cx.settings).unwrap_or_default();
        Ok(Credential { authorization, certificate }.lives(life, early, cx.now))
    }

    fn is_interactive(&self, settings: &Settings) -> Result<bool, ConfigError> {
        self.plugin.interactive_mode.interactive(self.terminal, settings.plugin_input)
    }

    fn failed(&self, output: &ProcessOutput) -> Error {
        let stderr = excerpt(&output.stderr);
        let stderr = if stderr.is_empty() { String::new() } else { format!(": {stderr}") };
        Error::credential(format!("{}{stderr}", self.plugin.failed(output.status)))
    }

    fn cannot_run(&self, fault: &Fault) -> Error {
        Error::credential(match fault.kind {
            FaultKind::NotFound => self.plugin.not_found().to_string(),
            _ => format!("exec: executable {} cannot be run: {fault}", self.program()),
        })
    }
}
