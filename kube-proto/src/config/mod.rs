//! Configuration: kubeconfig files, the service account of a pod, and what an application says itself.
//!
//! Nothing here reads anything. A [`Loader`] is told the environment as a value, says which file it wants, is given the bytes,
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
//! JSON is always read; YAML needs the feature `kubeconfig`. Both can always be written ([`Kubeconfig::to_yaml`]). Everything
//! follows `kubectl` (client-go 0.36), with these differences, all of them errors or warnings in the place of silence:
//!
//! - a context that names a cluster or a user that does not exist is an error;
//! - a namespace that can be none is an error already here;
//! - `--token` comes also before a `tokenFile` ([`Overrides::token`]);
//! - white space within base64 is skipped;
//! - `*-data` that is not base64 is an error only of the stanza that is used.

mod build;
mod document;
mod edit;
mod emit;
mod error;
mod exec_info;
mod in_cluster;
mod kubeconfig;
mod load;
mod merge;
mod oidc;
mod overrides;
#[cfg(feature = "kubeconfig")]
mod patch;
pub mod proxy;
mod resolved;
mod rewrite;
mod secret;
mod select;
mod server;
mod service_account;
mod stanza;
#[cfg(all(test, unix))]
mod tests;
mod validate;
#[cfg(feature = "kubeconfig")]
mod yaml;

pub use document::FILE_LIMIT;
pub use error::{ConfigError, ConfigErrorKind, Problem};
pub use exec_info::{
    EXEC_INFO, ExecApiVersion, ExecCluster, ExecPlugin, ExecStatus, InteractiveMode, exec_info, parse_exec_credential,
};
pub use in_cluster::SERVICE_ACCOUNT;
pub use kubeconfig::{
    AuthProvider, Cluster, Context, ExecConfig, ExecEnv, Kubeconfig, NamedCluster, NamedContext, NamedExtension,
    NamedUser, Preferences, User,
};
pub use load::{KubeconfigLoader, Loaded, Loader, Locate, ReadFailure, Want};
pub use merge::{Defined, KubeconfigFile, Merged};
pub(crate) use oidc::{ID_TOKEN, REFRESH_TOKEN};
pub use oidc::{IssuerMetadata, OidcProvider, TokenError, TokenResponse, TokenTimes};
pub use overrides::{Overrides, parse_timeout};
pub use proxy::{ProxyEnv, proxy_for};
pub use resolved::{Config, CredentialConfig, Impersonate, TlsFiles, TlsSettings};
pub use rewrite::Rewrite;
pub use secret::{Secret, UrlText};
pub(crate) use server::authority;
pub use server::{Proxy, ProxyScheme, Server};
pub use service_account::{BoundObject, ServiceAccountToken};
pub use stanza::Opaque;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 as Go reads it (bits that are left over are ignored), and with white space skipped: a text folded by YAML has spaces.
fn base64(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    GeneralPurpose::new(&STANDARD, CONFIG).decode(text).ok()
}
