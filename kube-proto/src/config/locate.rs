//! The places where a loader looks for the configuration.

use std::ffi::OsString;
use std::path::PathBuf;

use super::proxy::ProxyEnv;
use crate::secret::UrlText;

/// The places where a loader looks for a configuration: flags and environment variables, as values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locate {
    /// `--kubeconfig`: the loader reads only this file, and it must exist.
    pub kubeconfig: Option<PathBuf>,
    /// The variable `KUBECONFIG`: paths separated by `:` (on Windows `;`). The loader skips paths that do not exist.
    pub kubeconfig_env: Option<OsString>,
    /// The home folder. The loader reads its `.kube/config` if neither of the above is set.
    pub home: Option<PathBuf>,
    /// The working directory. It makes relative paths absolute, so that they survive a change of directory.
    pub current_dir: Option<PathBuf>,
    /// The variable `KUBERNETES_SERVICE_HOST`: the API server's address in a pod.
    pub kubernetes_service_host: Option<String>,
    /// The variable `KUBERNETES_SERVICE_PORT`.
    pub kubernetes_service_port: Option<String>,
    /// The variable `POD_NAMESPACE`: takes precedence over the namespace of the service account.
    pub pod_namespace: Option<String>,
    /// The variable `KUBERNETES_MASTER`: the server, if nothing else names one.
    pub kubernetes_master: Option<UrlText>,
    /// The proxy variables. They apply if the cluster has no `proxy-url`.
    pub proxy: ProxyEnv,
}

impl Locate {
    /// Takes the values from environment variables, for example `Locate::from_env(|name| std::env::var_os(name))`. On
    /// Windows the home folder is `USERPROFILE` if `HOME` is not set. No variable has the working directory: set
    /// [`current_dir`](Locate::current_dir) afterwards.
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Locate {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).and_then(|value| value.into_string().ok());
        let profile = || if cfg!(windows) { set("USERPROFILE") } else { None };
        Locate {
            kubeconfig: None,
            kubeconfig_env: set("KUBECONFIG"),
            home: set("HOME").or_else(profile).map(PathBuf::from),
            current_dir: None,
            kubernetes_service_host: text("KUBERNETES_SERVICE_HOST"),
            kubernetes_service_port: text("KUBERNETES_SERVICE_PORT"),
            pod_namespace: text("POD_NAMESPACE"),
            kubernetes_master: text("KUBERNETES_MASTER").map(UrlText::from),
            proxy: ProxyEnv::from_env(&variable),
        }
    }
}
