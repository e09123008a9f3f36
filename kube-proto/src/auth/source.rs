//! Makes the source of the credential of a configuration.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue};

use super::exec::ExecSource;
use super::file::FileSource;
use super::headers::{bearer, headers, sensitive, user_agent};
use super::material::Material;
use super::oidc::{OidcHome, OidcSource};
use super::site::{FIRST_IDENTITY, Identities};
use super::sources::Credentials;
use super::token_request::TokenRequestSource;
use crate::config::oidc::OidcProvider;
use crate::config::resolved::{Config, CredentialConfig};
use crate::driver::endpoint::{Endpoint, Tls};
use crate::error::Error;
use crate::lease::clock::Clock;
use crate::settings::Settings;

/// The API server, as the configuration describes it.
pub(crate) fn endpoint(config: &Config) -> Endpoint {
    let server = &config.server;
    let tls = server.tls.then(|| Tls {
        id: FIRST_IDENTITY,
        server_name: config.tls.server_name.clone().unwrap_or_else(|| server.host.clone()),
        settings: Arc::new(config.tls.clone()),
        api_server: true,
    });
    Endpoint::with_proxy(&*server.host, server.port, tls, config.proxy.clone(), &config.tls)
}

/// The source of the credential, a credential that never changes, and the headers of every request.
pub(crate) struct Sourced {
    pub(crate) source: Credentials,
    pub(crate) fixed: Option<HeaderValue>,
    pub(crate) headers: HeaderMap,
}

/// The inputs for making a source.
pub(crate) struct Make<'a> {
    pub(crate) config: &'a Config,
    pub(crate) settings: &'a Settings,
    pub(crate) clock: &'a Arc<Clock>,
    pub(crate) material: &'a Arc<Material>,
    pub(crate) identities: &'a Identities,
    /// Standard input is a terminal that a credential plugin may use.
    pub(crate) terminal: bool,
}

impl Make<'_> {
    /// The source of this credential.
    ///
    /// # Errors
    /// The configuration holds a value that cannot be sent.
    pub(crate) fn source(&self, credential: &CredentialConfig) -> Result<Sourced, Error> {
        let Self { config, settings, .. } = *self;
        let (source, fixed) = match credential {
            CredentialConfig::None => (Credentials::Fixed, None),
            CredentialConfig::Bearer(token) => (Credentials::Fixed, Some(bearer(token)?)),
            CredentialConfig::Basic { username, password } => {
                let pair = BASE64_STANDARD.encode(format!("{username}:{}", password.expose()));
                (Credentials::Fixed, Some(sensitive(format!("Basic {pair}"), "the password")?))
            }
            CredentialConfig::TokenFile { path, fallback } => {
                (Credentials::File(FileSource::new(path.clone(), fallback.clone())), None)
            }
            CredentialConfig::Exec(exec) if !settings.plugins.allows(&exec.command) => {
                let command = exec.command.display();
                return Err(Error::credential(format!(
                    "exec: the settings of this program do not allow the plugin {command}: add it to Settings::plugins"
                )));
            }
            CredentialConfig::Exec(exec) => {
                (Credentials::Exec(Box::new(ExecSource::new((**exec).clone(), self.terminal))), None)
            }
            CredentialConfig::AuthProvider { name, config: of, user, file } => {
                let provider = OidcProvider::of(name, of)?;
                let home = file.clone().map(|file| OidcHome { file, user: user.clone() });
                let (proxies, agent) = (config.proxy_env.clone(), user_agent(settings)?);
                let source = OidcSource::new(provider, home, proxies, agent, self.identities.clone());
                (Credentials::Oidc(Box::new(source)), None)
            }
            CredentialConfig::ServiceAccount { token, base } => {
                let Sourced { source, fixed, headers: with_impersonation } = self.source(base)?;
                let source = TokenRequestSource::new(
                    token,
                    &config.default_namespace,
                    source.slot(fixed, self.clock),
                    with_impersonation,
                    &config.server.path_prefix,
                    Arc::clone(self.material),
                )?;
                // Impersonation applies only to the TokenRequest.
                let headers = headers(None, settings)?;
                return Ok(Sourced { source: Credentials::TokenRequest(Box::new(source)), fixed: None, headers });
            }
        };
        Ok(Sourced { source, fixed, headers: headers(config.impersonate.as_ref(), settings)? })
    }
}
