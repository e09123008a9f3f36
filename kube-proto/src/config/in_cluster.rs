//! The configuration of a process in a pod: two environment variables and the files of its service account.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::locate::Locate;
use super::overrides::Overrides;
use super::select::Selected;
use crate::driver::proxy::authority;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::{Cluster, User};
use crate::secret::UrlText;

/// The folder of the service account's files.
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The selection that a kubeconfig with the same content would give. `None` if a variable is missing.
///
/// # Errors
/// A variable is neither an address, a DNS name nor a port. As a part of a URL it could lead elsewhere: `h@other`.
pub(super) fn selected(locate: &Locate, overrides: &Overrides) -> Result<Option<Selected>, ConfigError> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let host_and_port = text(&locate.kubernetes_service_host).zip(text(&locate.kubernetes_service_port));
    let Some((host, port)) = host_and_port else { return Ok(None) };
    if host.parse::<IpAddr>().is_err() && !is_dns_name(&host) {
        let host = UrlText::from(host).to_string();
        return Err(unusable("KUBERNETES_SERVICE_HOST", &host, "neither an IP address nor a DNS name"));
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(unusable("KUBERNETES_SERVICE_PORT", &port, "not the number of a port"));
    }
    let server = format!("https://{}:{port}", authority(&host, None));
    let path = |file: &str| format!("{SERVICE_ACCOUNT}/{file}");
    let mut selected = Selected {
        cluster: Cluster { server: server.into(), certificate_authority: Some(path("ca.crt")), ..Cluster::default() },
        user: User { token_file: Some(path("token")), ..User::default() },
        namespace: text(&locate.pod_namespace),
        sources: BTreeMap::from([
            ("namespace", "environment variable POD_NAMESPACE"),
            ("server", "environment variable KUBERNETES_SERVICE_HOST"),
            ("certificate-authority", "service account of this pod"),
            ("tokenFile", "service account of this pod"),
        ]),
        ..Selected::default()
    };
    selected.finish(overrides, None);
    Ok(Some(selected))
}

/// The file with the pod's namespace.
pub(super) fn namespace_file() -> PathBuf {
    PathBuf::from(format!("{SERVICE_ACCOUNT}/namespace"))
}

/// Whether the token comes from the service account's file, and not from an override.
pub(super) fn uses_token_file(selected: &Selected) -> bool {
    selected.token_file.as_ref().is_some_and(|path| path.starts_with(SERVICE_ACCOUNT))
}

fn unusable(variable: &str, text: &str, why: &str) -> ConfigError {
    let problem = Problem::new(format!("{variable} is {text:?}, {why}"))
        .help("Kubernetes sets it in every pod: correct what replaces it");
    ConfigError::one(ConfigErrorKind::Invalid, problem)
}

/// Whether this can be a name in DNS. Some clusters have names with underscores.
fn is_dns_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}
