//! Configuration: kubeconfig files, the service account of a pod, and settings of the application.
//!
//! This module does no IO. A [`Loader`] takes the environment as a value, names each file that it needs, takes its
//! bytes, and returns a [`Config`], or a [`ConfigError`] that names the file, the context and the field.
//!
//! ```text
//! Locate ─▶ Loader ─▶ want: Read(path) ─▶ give: bytes ─▶ … ─▶ Loaded { config, kubeconfig, … }
//!             │
//!             ├─ kubeconfig/mod.rs    one file: every field; unknown fields are kept
//!             ├─ kubeconfig/merge.rs  several files: the first that defines a stanza wins
//!             ├─ select.rs            context, cluster and user, with the overrides applied
//!             ├─ in_cluster.rs        the same selection for a pod
//!             ├─ validate.rs          settings that are wrong or contradict each other
//!             ├─ build.rs             the server, its TLS settings, and the credential with the highest precedence
//!             └─ proxy.rs             the proxy to the server: from the file, or from the environment
//! ```
//!
//! Reading YAML needs the feature `kubeconfig`; reading JSON, and writing both
//! ([`Kubeconfig::to_yaml`](crate::kubeconfig::Kubeconfig::to_yaml)), need no feature. The rules are those of `kubectl`
//! (client-go 0.36), with these differences:
//!
//! - a context that names a cluster or a user that does not exist is an error;
//! - an invalid namespace is an error when the configuration is loaded;
//! - `--token` also takes precedence over a `tokenFile` ([`Overrides::token`]);
//! - an identity that a server would not take as it is cannot be impersonated ([`Impersonate`]), and `as: ""` is such an
//!   identity: kubectl takes it for a file without `as`, and uses the caller's own rights;
//! - the reader skips white space within base64;
//! - `*-data` that is not base64 is an error only in the stanza that is used.

pub(crate) mod base64;
mod build;
pub(crate) mod exec_info;
pub(crate) mod impersonate;
mod in_cluster;
mod load;
mod locate;
pub(crate) mod oidc;
pub(crate) mod overrides;
pub mod proxy;
pub(crate) mod resolved;
mod select;
pub(crate) mod server;
pub(crate) mod service_account;
#[cfg(all(test, unix))]
mod tests;
mod validate;

pub use exec_info::{
    EXEC_INFO, ExecApiVersion, ExecCluster, ExecPlugin, ExecStatus, InteractiveMode, exec_info, parse_exec_credential,
};
pub use impersonate::Impersonate;
pub use in_cluster::SERVICE_ACCOUNT;
pub use load::{KubeconfigLoader, Loaded, Loader, ReadFailure, Want};
pub use locate::Locate;
pub use oidc::{IssuerMetadata, OidcProvider, TokenError, TokenResponse, TokenTimes};
pub use overrides::{Overrides, parse_timeout};
pub use proxy::{ProxyEnv, proxy_for};
pub use resolved::{Config, CredentialConfig};
pub use server::Server;
pub use service_account::{BoundObject, ServiceAccountToken};

pub use crate::driver::endpoint::{TlsFiles, TlsSettings};
pub use crate::driver::proxy::{Proxy, ProxyScheme};
pub use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
pub use crate::secret::{Secret, UrlText};
