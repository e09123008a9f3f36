//! Builds the [`Config`] from a selection and the contents of its files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;

use super::base64::base64;
use super::exec_info::{ExecApiVersion, ExecCluster, ExecPlugin, InteractiveMode};
use super::impersonate::Impersonate;
use super::overrides::Overrides;
use super::proxy::ProxyEnv;
use super::resolved::{Config, CredentialConfig, DEFAULT_NAMESPACE};
use super::select::Selected;
use super::server::Server;
use super::validate::{at_cluster, at_user, proxy};
use crate::driver::endpoint::{TlsFiles, TlsSettings};
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::ExecConfig;
use crate::secret::Secret;
use crate::visible::visible;

/// The purpose of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Ca,
    Certificate,
    Key,
    Token,
    Namespace,
}

/// The server that the cluster names.
pub(super) fn server(selected: &Selected) -> Result<Server, ConfigError> {
    let cluster = &selected.cluster;
    // A URL without a scheme is `https` if the stanza has a TLS setting, as in client-go.
    let default_tls = selected.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || has_certificate(selected)
        || cluster.insecure_skip_tls_verify;
    Server::parse(&cluster.server, default_tls).map_err(|text| {
        let problem = at_cluster(selected, "server", text).help("mend the URL");
        ConfigError::one(ConfigErrorKind::Invalid, problem)
    })
}

/// The files that this selection needs, each with its purpose.
pub(super) fn files(selected: &Selected, server: &Server, overrides: &Overrides) -> Vec<(Role, PathBuf)> {
    let mut files = Vec::new();
    let mut add = |role, path: &Option<PathBuf>| files.extend(path.clone().map(|path| (role, path)));
    add(Role::Ca, &selected.certificate_authority);
    if has_certificate(selected) {
        add(Role::Certificate, &selected.client_certificate);
        add(Role::Key, &selected.client_key);
    }
    if selected.user.token.is_none() && (server.tls || overrides.credentials_over_http) {
        add(Role::Token, &selected.token_file);
    }
    files
}

/// The problem with a file that could not be read, in the words of `kubectl`.
pub(super) fn unreadable(selected: &Selected, role: Role, path: &std::path::Path, why: &str) -> Problem {
    let path = path.display();
    let of = |name: &str| if name.is_empty() { String::new() } else { format!(" for {name}") };
    let (cluster, user) = (of(&selected.cluster_name), of(&selected.user_name));
    match role {
        Role::Ca => {
            let text = format!("unable to read certificate-authority {path}{cluster} due to {why}");
            at_cluster(selected, "certificate-authority", text)
        }
        Role::Certificate => {
            at_user(selected, "client-certificate", format!("unable to read client-cert {path}{user} due to {why}"))
        }
        Role::Key => at_user(selected, "client-key", format!("unable to read client-key {path}{user} due to {why}")),
        Role::Token => at_user(selected, "tokenFile", format!("unable to read tokenFile {path}{user} due to {why}")),
        Role::Namespace => Problem::new(format!("unable to read namespace {path} due to {why}")),
    }
}

/// Builds the configuration. Problems that do not prevent its use go to `warnings`.
pub(super) fn config(
    selected: &Selected,
    server: Server,
    overrides: &Overrides,
    contents: &BTreeMap<Role, Bytes>,
    warnings: &mut Vec<String>,
) -> Result<Config, ConfigError> {
    let (cluster, user) = (&selected.cluster, &selected.user);
    let mut tls = tls(selected, contents)?;
    let mut credential = credential(selected, contents, tls.ca.as_ref(), warnings);
    if !server.tls {
        let shows = credential != CredentialConfig::None || tls.client_certificate.is_some();
        tls = TlsSettings::default();
        if !overrides.credentials_over_http {
            credential = CredentialConfig::None;
            if shows {
                let user = &selected.user_name;
                warnings.push(format!("the credentials of user {user:?} are not used: {server} is not https"));
            }
        }
    }
    Ok(Config {
        tls,
        credential,
        impersonate: Impersonate::of(user),
        // `validate::check` has reported a bad URL already.
        proxy: proxy(cluster.proxy_url.as_ref()).unwrap_or_default(),
        // The loader sets it.
        proxy_env: ProxyEnv::default(),
        disable_compression: cluster.disable_compression,
        default_namespace: selected.namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()),
        request_timeout: overrides.request_timeout,
        origin: origin(selected, &server),
        server,
    })
}

fn tls(selected: &Selected, contents: &BTreeMap<Role, Bytes>) -> Result<TlsSettings, ConfigError> {
    let (cluster, user) = (&selected.cluster, &selected.user);
    let data = |text: Option<&str>| text.and_then(base64).map(Bytes::from);
    let content = |role| contents.get(&role).cloned();
    let ca = data(cluster.certificate_authority_data.as_deref()).or_else(|| content(Role::Ca));
    let mut tls = TlsSettings {
        ca,
        server_name: cluster.tls_server_name.clone(),
        insecure_skip_verify: cluster.insecure_skip_tls_verify,
        files: TlsFiles { ca: selected.certificate_authority.clone(), ..TlsFiles::default() },
        ..TlsSettings::default()
    };
    if has_certificate(selected) {
        tls.client_certificate = data(user.client_certificate_data.as_deref()).or_else(|| content(Role::Certificate));
        let key = data(user.client_key_data.as_ref().map(Secret::expose)).or_else(|| content(Role::Key));
        let key = key.as_deref().map(std::str::from_utf8).transpose().map_err(|_| {
            let field = if user.client_key_data.is_some() { "client-key-data" } else { "client-key" };
            let problem = at_user(selected, field, "the client key is not PEM text").help("convert it to PEM");
            ConfigError::one(ConfigErrorKind::Invalid, problem)
        })?;
        tls.client_key = key.map(Secret::from);
        tls.files.client_certificate.clone_from(&selected.client_certificate);
        tls.files.client_key.clone_from(&selected.client_key);
    }
    Ok(tls)
}

/// The order of precedence: a token, a user name with password, then a plugin or a provider. A client certificate
/// replaces the plugin, because the plugin may give nothing else.
fn credential(
    selected: &Selected,
    contents: &BTreeMap<Role, Bytes>,
    ca: Option<&Bytes>,
    warnings: &mut Vec<String>,
) -> CredentialConfig {
    let user = &selected.user;
    let name = &selected.user_name;
    if !has_certificate(selected) && (selected.client_key.is_some() || user.client_key_data.is_some()) {
        warnings.push(format!("the client key of user {name:?} is not used: there is no client certificate"));
    }
    if user.username.is_none() && user.password.is_some() {
        warnings.push(format!("the password of user {name:?} is not used: there is no username"));
    }
    if let Some(path) = &selected.token_file {
        let read = contents.get(&Role::Token).map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        let fallback = user.token.as_ref().map(trimmed).or(read.filter(|token| !token.is_empty()).map(Secret::from));
        return CredentialConfig::TokenFile { path: path.clone(), fallback };
    }
    if let Some(token) = &user.token {
        return CredentialConfig::Bearer(trimmed(token));
    }
    if let Some(username) = &user.username {
        let password = user.password.clone().unwrap_or_default();
        return CredentialConfig::Basic { username: username.clone(), password };
    }
    match (&user.exec, &user.auth_provider) {
        (Some(exec), _) if !has_certificate(selected) => plugin(selected, exec, ca),
        (None, Some(provider)) => CredentialConfig::AuthProvider {
            name: provider.name.clone(),
            config: provider.config.clone(),
            user: name.clone(),
            file: selected.user_file.clone(),
        },
        _ => CredentialConfig::None,
    }
}

/// The token without the line feed at the end of a YAML block: a header cannot hold it.
fn trimmed(token: &Secret) -> Secret {
    Secret::from(token.expose().trim())
}

fn plugin(selected: &Selected, exec: &ExecConfig, ca: Option<&Bytes>) -> CredentialConfig {
    let cluster = &selected.cluster;
    let info = || {
        let url = cluster.server.expose();
        let extension = cluster.extensions.iter().find(|named| named.name == EXEC_EXTENSION);
        ExecCluster {
            server: url.split(['?', '#']).next().unwrap_or(url).to_owned(),
            tls_server_name: cluster.tls_server_name.clone(),
            insecure_skip_tls_verify: cluster.insecure_skip_tls_verify,
            certificate_authority: ca.cloned(),
            proxy_url: cluster.proxy_url.as_ref().map(|url| Secret::from(url.expose())),
            disable_compression: cluster.disable_compression,
            config: extension.map(|named| named.extension.clone()),
        }
    };
    let api_version = exec.api_version.as_deref().and_then(ExecApiVersion::parse).unwrap_or(ExecApiVersion::V1);
    let interactive_mode = exec.interactive_mode.as_deref().and_then(InteractiveMode::parse);
    CredentialConfig::Exec(Box::new(ExecPlugin {
        command: selected.exec_command.clone(),
        args: exec.args.clone(),
        env: exec.env.iter().map(|variable| (variable.name.clone(), variable.value.clone())).collect(),
        api_version,
        install_hint: exec.install_hint.as_deref().map(|hint| visible(hint).into_owned()),
        // The default of `v1beta1`, the only version in which the field is optional.
        interactive_mode: interactive_mode.unwrap_or(InteractiveMode::IfAvailable),
        cluster: exec.provide_cluster_info.then(info),
    }))
}

fn has_certificate(selected: &Selected) -> bool {
    selected.client_certificate.is_some() || selected.user.client_certificate_data.is_some()
}

fn origin(selected: &Selected, server: &Server) -> String {
    match (&selected.context, &selected.context_file) {
        (Some(context), Some(file)) => format!("context {context:?} of {}", file.display()),
        _ => match &selected.cluster_file {
            Some(file) => format!("cluster {:?} of {}", selected.cluster_name, file.display()),
            None => format!("the server {server}"),
        },
    }
}

const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";
