//! Configuration: kubeconfig files, the service account of a pod, and what an application says itself.
//!
//! Nothing here reads anything. A [`Loader`] takes the environment as a value, says which file it wants, takes its bytes,
//! and ends with a [`Config`], or with a [`ConfigError`] that names file, context and field.
//!
//! ```text
//! Locate ─▶ Loader ─▶ want: Read(path) ─▶ give: bytes ─▶ … ─▶ Loaded { config, kubeconfig, … }
//!             │
//!             ├─ kubeconfig.rs  one file: every field, what is unknown kept
//!             ├─ merge.rs       several files: the first that defines a stanza wins
//!             ├─ select.rs      context, cluster, user, with the overrides over them
//!             ├─ in_cluster.rs  the same of a pod
//!             ├─ validate.rs    what contradicts itself
//!             ├─ build.rs       credentials in order, files read in
//!             └─ proxy.rs       the proxy on the way to the server: the file's, or the environment's
//! ```
//!
//! JSON is always read; YAML needs the feature `kubeconfig`. Both can always be written ([`Kubeconfig::to_yaml`](crate::kubeconfig::Kubeconfig::to_yaml)). Everything
//! follows `kubectl` (client-go 0.36), with these differences, all of them errors or warnings in the place of silence:
//!
//! - a context that names a cluster or a user that does not exist is an error;
//! - a namespace that can be none is an error already here;
//! - `--token` comes also before a `tokenFile` ([`Overrides::token`]);
//! - white space within base64 is skipped;
//! - `*-data` that is not base64 is an error only of the stanza that is used.

pub(crate) mod base64;
mod build;
pub(crate) mod exec_info;
mod in_cluster;
mod load;
mod locate;
pub(crate) mod oidc;
mod overrides;
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
pub use in_cluster::SERVICE_ACCOUNT;
pub use load::{KubeconfigLoader, Loaded, Loader, ReadFailure, Want};
pub use locate::Locate;
pub use oidc::{IssuerMetadata, OidcProvider, TokenError, TokenResponse, TokenTimes};
pub use overrides::{Overrides, parse_timeout};
pub use proxy::{ProxyEnv, proxy_for};
pub use resolved::{Config, CredentialConfig, Impersonate};
pub use server::Server;
pub use service_account::{BoundObject, ServiceAccountToken};

pub use crate::driver::endpoint::{TlsFiles, TlsSettings};
pub use crate::driver::proxy::{Proxy, ProxyScheme};
pub use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
pub use crate::secret::{Secret, UrlText};
