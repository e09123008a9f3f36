//! Checks a cluster and a user for settings that are invalid or contradict each other.
//!
//! The check reports all problems, not only the first. The texts are those of `kubectl`, where it has one.

use super::base64::base64;
use super::exec_info::{ExecApiVersion, InteractiveMode};
use super::impersonate::Impersonate;
use super::oidc;
use super::select::Selected;
use crate::driver::proxy::Proxy;
use crate::error::config::Problem;
use crate::kubeconfig::ExecConfig;
use crate::secret::UrlText;

/// All problems of a selection that can be found without reading files.
pub(super) fn check(selected: &Selected) -> Vec<Problem> {
    let mut problems = Problems { selected, list: Vec::new() };
    problems.cluster();
    problems.user();
    problems.namespace();
    problems.list
}

/// Parses the URL of the proxy.
pub(super) fn proxy(url: Option<&UrlText>) -> Result<Option<Proxy>, String> {
    url.filter(|url| !url.is_empty()).map(|url| Proxy::parse(url, false)).transpose()
}

/// Whether the text is base64 of at least one byte.
fn is_base64(text: &str) -> bool {
    base64(text).is_some_and(|bytes| !bytes.is_empty())
}

struct Problems<'a> {
    selected: &'a Selected,
    list: Vec<Problem>,
}

impl Problems<'_> {
    fn cluster(&mut self) {
        let selected = self.selected;
        let (name, cluster) = (&selected.cluster_name, &selected.cluster);
        if cluster.server.is_empty() {
            let text = if name.is_empty() {
                "default cluster has no server defined".to_owned()
            } else {
                format!("no server found for cluster {name:?}")
            };
            self.at_cluster("server", text, "set the URL of the API server");
        }
        if let Err(error) = proxy(cluster.proxy_url.as_ref()) {
            let url = cluster.proxy_url.as_ref().map(UrlText::to_string).unwrap_or_default();
            self.at_cluster(
                "proxy-url",
                format!("invalid 'proxy-url' {url:?} for cluster {name:?}: {error}"),
                "mend the URL",
            );
        }
        let (file, data) = (selected.certificate_authority.is_some(), cluster.certificate_authority_data.is_some());
        if file && data {
            let text = format!(
                "certificate-authority-data and certificate-authority are both specified for {name}. \
                 certificate-authority-data will override."
            );
            self.at_cluster("certificate-authority", text, "remove one of the two");
        }
        if cluster.insecure_skip_tls_verify && (file || data) {
            let text = "specifying a root certificates file with the insecure flag is not allowed".to_owned();
            self.at_cluster("insecure-skip-tls-verify", text, "remove it, or the certificate authority");
        }
        if let Some(text) = &cluster.certificate_authority_data
            && !is_base64(text)
        {
            self.at_cluster(
                "certificate-authority-data",
                "illegal base64 data".to_owned(),
                "encode the PEM file again",
            );
        }
    }

    fn user(&mut self) {
        let selected = self.selected;
        let (name, user) = (&selected.user_name, &selected.user);
        let certificate = (selected.client_certificate.is_some(), user.client_certificate_data.is_some());
        let key = (selected.client_key.is_some(), user.client_key_data.is_some());
        if certificate != (false, false) {
            if certificate == (true, true) {
                let text = format!(
                    "client-cert-data and client-cert are both specified for {name}. client-cert-data will override."
                );
                self.at_user("client-certificate", text, "remove one of the two");
            }
            if key == (true, true) {
                let text = format!(
                    "client-key-data and client-key are both specified for {name}; client-key-data will override"
                );
                self.at_user("client-key", text, "remove one of the two");
            }
            if key == (false, false) {
                let text = format!(
                    "client-key-data or client-key must be specified for {name} to use the clientCert authentication method."
                );
                self.at_user("client-key", text, "add the key of the certificate");
            }
            if user.client_certificate_data.as_ref().is_some_and(|text| !is_base64(text)) {
                self.at_user("client-certificate-data", "illegal base64 data".to_owned(), "encode the PEM file again");
            }
            if user.client_key_data.as_ref().is_some_and(|text| !is_base64(text.expose())) {
                self.at_user("client-key-data", "illegal base64 data".to_owned(), "encode the PEM file again");
            }
        }
        let basic = user.username.is_some() || user.password.is_some();
        if user.token.is_some() && basic {
            let text = format!(
                "more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
            );
            self.at_user("token", text, "remove the token, or username and password");
        } else if selected.token_file.is_some() && user.username.is_some() {
            let text = "username/password or bearer token may be set, but not both".to_owned();
            self.at_user("tokenFile", text, "remove the file, or username and password");
        }
        if let Some(exec) = &user.exec {
            if user.auth_provider.is_some() {
                let text = format!("authProvider cannot be provided in combination with an exec plugin for {name}");
                self.at_user("auth-provider", text, "remove one of the two");
            }
            self.exec(exec);
        } else if let Some(provider) = &user.auth_provider
            && !(basic || user.token.is_some() || selected.token_file.is_some())
            && let Err(error) = oidc::check(provider)
        {
            let problem = error.problems().first().cloned().unwrap_or_default();
            let field = problem.field.as_deref().unwrap_or("auth-provider.name");
            let help = problem.help.as_deref().unwrap_or("set it, or log in again");
            self.at_user(field, problem.text.clone(), help);
        }
        let more =
            user.impersonate_uid.is_some() || !user.impersonate_groups.is_empty() || !user.impersonate_extra.is_empty();
        if more && user.impersonate.is_none() {
            let text = format!("requesting uid, groups or user-extra for {name} without impersonating a user");
            self.at_user("as", text, "name the user to impersonate");
        }
        for (part, text) in Impersonate::of(user).map(|identity| identity.faults()).unwrap_or_default() {
            self.at_user(part.field(), text, "correct the text, or remove all of the impersonation");
        }
    }

    fn exec(&mut self, exec: &ExecConfig) {
        let name = &self.selected.user_name;
        if exec.command.is_empty() {
            let text = format!("command must be specified for {name} to use exec authentication plugin");
            self.at_user("exec.command", text, "name the program");
        }
        let version = match exec.api_version.as_deref() {
            None => {
                let text = format!("apiVersion must be specified for {name} to use exec authentication plugin");
                self.at_user("exec.apiVersion", text, EXEC_VERSIONS);
                None
            }
            Some(text) => {
                let version = ExecApiVersion::parse(text);
                if version.is_none() {
                    self.at_user("exec.apiVersion", format!("exec plugin: invalid apiVersion {text:?}"), EXEC_VERSIONS);
                }
                version
            }
        };
        if exec.env.iter().any(|variable| variable.name.is_empty()) {
            let text = format!("env variable name must be specified for {name} to use exec authentication plugin");
            self.at_user("exec.env", text, "name every variable");
        }
        match exec.interactive_mode.as_deref() {
            // `v1beta1` has a default.
            None if version == Some(ExecApiVersion::V1Beta1) => {}
            None => {
                let text = format!("interactiveMode must be specified for {name} to use exec authentication plugin");
                self.at_user("exec.interactiveMode", text, EXEC_MODES);
            }
            Some(mode) if InteractiveMode::parse(mode).is_none() => {
                self.at_user(
                    "exec.interactiveMode",
                    format!("invalid interactiveMode for {name}: {mode:?}"),
                    EXEC_MODES,
                );
            }
            Some(_) => {}
        }
    }

    fn namespace(&mut self) {
        let Some(namespace) = &self.selected.namespace else { return };
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let label = namespace.len() <= 63
            && namespace.bytes().all(|byte| letter(byte) || byte == b'-')
            && namespace.bytes().next().is_some_and(letter)
            && namespace.bytes().next_back().is_some_and(letter);
        if !label {
            let help = "use lower case letters, digits and '-'";
            let rules = "does not conform to the kubernetes DNS_LABEL rules";
            if let Some(source) = self.selected.sources.get("namespace") {
                let text = format!("namespace {namespace:?} {rules}");
                return self.list.push(Problem::new(text).source(*source).help(help));
            }
            let context = self.selected.context.clone().unwrap_or_default();
            let problem = Problem::new(format!("namespace {namespace:?} for context {context:?} {rules}")).help(help);
            self.list.push(Problem {
                file: self.selected.context_file.clone(),
                context: self.selected.context.clone(),
                field: self.selected.context.as_ref().map(|context| format!("contexts[{context:?}].namespace")),
                ..problem
            });
        }
    }

    fn at_cluster(&mut self, field: &str, text: String, help: &str) {
        self.list.push(at_cluster(self.selected, field, text).help(help));
    }

    fn at_user(&mut self, field: &str, text: String, help: &str) {
        self.list.push(at_user(self.selected, field, text).help(help));
    }
}

/// A problem with a field of the cluster.
pub(super) fn at_cluster(selected: &Selected, field: &str, text: impl Into<String>) -> Problem {
    if let Some(source) = selected.sources.get(field) {
        return Problem::new(text).source(*source);
    }
    let mut problem = Problem::new(text).file(selected.cluster_file.as_deref());
    problem.field = Some(format!("clusters[{:?}].{field}", selected.cluster_name)).filter(|_| problem.file.is_some());
    problem.context.clone_from(&selected.context);
    problem
}

/// A problem with a field of the user.
pub(super) fn at_user(selected: &Selected, field: &str, text: impl Into<String>) -> Problem {
    if let Some(source) = selected.sources.get(field) {
        return Problem::new(text).source(*source);
    }
    let mut problem = Problem::new(text).file(selected.user_file.as_deref());
    problem.field = Some(format!("users[{:?}].{field}", selected.user_name)).filter(|_| problem.file.is_some());
    problem.context.clone_from(&selected.context);
    problem
}

const EXEC_VERSIONS: &str = "it is client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1";
const EXEC_MODES: &str = "it is Never, IfAvailable or Always";
