//! The configuration of a process in a pod: two environment variables and the files of its service account.

use std::path::PathBuf;

use super::locate::Locate;
use super::overrides::Overrides;
use super::select::Selected;
use crate::driver::proxy::authority;
use crate::kubeconfig::{Cluster, User};

/// The folder of the service account's files.
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The selection that a kubeconfig with the same content would give. `None` if a variable is missing.
pub(super) fn selected(locate: &Locate, overrides: &Overrides) -> Option<Selected> {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (host, port) = (text(&locate.kubernetes_service_host)?, text(&locate.kubernetes_service_port)?);
    // The URL parser rejects a port that is not a number.
    let server = format!("https://{}:{port}", authority(&host, None));
    let path = |file: &str| format!("{SERVICE_ACCOUNT}/{file}");
    let mut selected = Selected {
        cluster: Cluster { server: server.into(), certificate_authority: Some(path("ca.crt")), ..Cluster::default() },
        user: User { token_file: Some(path("token")), ..User::default() },
        namespace: text(&locate.pod_namespace),
        ..Selected::default()
    };
    selected.finish(overrides, None);
    Some(selected)
}

/// The file with the pod's namespace.
pub(super) fn namespace_file() -> PathBuf {
    PathBuf::from(format!("{SERVICE_ACCOUNT}/namespace"))
}

/// Whether the token comes from the service account's file, and not from an override.
pub(super) fn uses_token_file(selected: &Selected) -> bool {
    selected.token_file.as_ref().is_some_and(|path| path.starts_with(SERVICE_ACCOUNT))
}
