use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use super::exec_info::ExecPlugin;
use super::impersonate::Impersonate;
use super::proxy::{ProxyEnv, proxy_for};
use super::server::Server;
use super::service_account::ServiceAccountToken;
use crate::driver::endpoint::TlsSettings;
use crate::driver::proxy::Proxy;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::secret::{Secret, UrlText};

/// The server, how to verify it, the credential, and the defaults of calls.
///
/// A [`Loader`](super::load::Loader) returns it, or a program builds it:
///
/// ```
/// use kube_proto::config::{Config, CredentialConfig};
///
/// let config = Config::new("https://10.0.0.1:6443")?.with_ca("-----BEGIN CERTIFICATE-----…").with_token("s3cr3t");
/// assert_eq!(config.server.to_string(), "https://10.0.0.1:6443");
/// assert!(!format!("{config:?}").contains("s3cr3t"));
/// # Ok::<(), kube_proto::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The API server.
    pub server: Server,
    /// How to verify the server, and the client certificate.
    pub tls: TlsSettings,
    /// The source of the header `Authorization`. A client certificate is in `tls`, and combines with each of these.
    ///
    /// A loader leaves this and the client certificate empty if the server is not `https`, because any host on the way
    /// could read them. See [`Overrides::credentials_over_http`](super::overrides::Overrides::credentials_over_http).
    pub credential: CredentialConfig,
    /// The user to impersonate.
    pub impersonate: Option<Impersonate>,
    /// The proxy to the server; `None` is a direct connection. A loader takes it from `proxy-url` or the environment;
    /// [`Config::with_proxy_env`] does so for a configuration built by hand.
    pub proxy: Option<Proxy>,
    /// The proxy variables of the environment. They also apply to an OIDC issuer, for which `proxy` is not meant.
    pub proxy_env: ProxyEnv,
    /// Whether the client asks the server not to compress its responses.
    pub disable_compression: bool,
    /// The namespace of calls that need a namespace and name none.
    pub default_namespace: String,
    /// The time limit of one request that is not a stream; `None` is no limit.
    pub request_timeout: Option<Duration>,
    /// The origin of this configuration, for messages: a context of a file, the cluster of this pod, or the server.
    pub origin: String,
}

/// The source of the header `Authorization`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialConfig {
    /// No header.
    #[default]
    None,
    /// A token that does not change.
    Bearer(Secret),
    /// A token in a file. The client reads the file again about every 50 s.
    TokenFile {
        /// The file. White space around the token is ignored.
        path: PathBuf,
        /// The token to use if the file cannot be read at first. Once the file was read, its last token stays in use
        /// while reading fails.
        fallback: Option<Secret>,
    },
    /// HTTP basic authentication.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A program that prints tokens or certificates.
    Exec(Box<ExecPlugin>),
    /// A built-in auth provider, `oidc`.
    AuthProvider {
        /// The provider's name.
        name: String,
        /// The provider's settings.
        config: BTreeMap<String, Secret>,
        /// The user of the kubeconfig to which the client writes new tokens back.
        user: String,
        /// The file that defines the user.
        file: Option<PathBuf>,
    },
    /// A service account's tokens, which the client requests from the API server.
    ServiceAccount {
        /// The parameters of the token.
        token: ServiceAccountToken,
        /// The credential of the token requests. The client certificate and [`Config::impersonate`] apply only to these
        /// requests; calls run as the service account itself.
        base: Box<CredentialConfig>,
    },
}

impl Config {
    /// A configuration without any file. It verifies the server with the system's certificates, and sends no
    /// credential.
    ///
    /// # Errors
    /// The text is no URL of scheme `http` or `https`, or the URL holds a user.
    pub fn new(server: &str) -> Result<Config, ConfigError> {
        let url = UrlText::from(server);
        let parsed = if server.contains("://") {
            Server::parse(&url, true)
        } else {
            Err(format!("no scheme in {:?}, must be http or https", url.to_string()))
        };
        let server =
            parsed.map_err(|text| ConfigError::one(ConfigErrorKind::Invalid, Problem::new(text).field("server")))?;
        Ok(Config {
            origin: format!("the server {server}"),
            server,
            tls: TlsSettings::default(),
            credential: CredentialConfig::None,
            impersonate: None,
            proxy: None,
            proxy_env: ProxyEnv::default(),
            disable_compression: false,
            default_namespace: DEFAULT_NAMESPACE.to_owned(),
            request_timeout: None,
        })
    }

    /// Warnings to show to the user of the program, one line each: the server is not verified; a credential is sent, or
    /// a client certificate is not used, because the server is not `https`. A loader adds them to
    /// [`Loaded::warnings`](super::load::Loaded::warnings).
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let Config { server, tls, credential, .. } = self;
        let unverified = (server.tls && tls.insecure_skip_verify).then(|| {
            format!("the server {server} is not verified: any host on the way to it can read and change everything")
        });
        let readable = (!server.tls && *credential != CredentialConfig::None)
            .then(|| format!("{server} is not https: any host on the way to it can read the credential and use it"));
        let unused = (!server.tls && tls.client_certificate.is_some())
            .then(|| format!("the client certificate is not used: {server} is not https"));
        [unverified, readable, unused].into_iter().flatten().collect()
    }

    /// Verifies the server with these PEM certificates.
    #[must_use]
    pub fn with_ca(mut self, pem: impl Into<Bytes>) -> Config {
        self.tls.ca = Some(pem.into());
        self.tls.insecure_skip_verify = false;
        self
    }

    /// Presents this client certificate to the server; both are PEM.
    #[must_use]
    pub fn with_client_certificate(mut self, certificate: impl Into<Bytes>, key: impl Into<Secret>) -> Config {
        self.tls.client_certificate = Some(certificate.into());
        self.tls.client_key = Some(key.into());
        self
    }

    /// Expects this name in the server's certificate, and sends it as SNI.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<String>) -> Config {
        self.tls.server_name = Some(name.into());
        self
    }

    /// Does not verify the server: any host on the way can then read and change everything.
    #[must_use]
    pub fn with_insecure_skip_verify(mut self) -> Config {
        self.tls.insecure_skip_verify = true;
        self.tls.ca = None;
        self
    }

    /// Sends this bearer token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<Secret>) -> Config {
        self.credential = CredentialConfig::Bearer(token.into());
        self
    }

    /// Sends the bearer token in this file.
    #[must_use]
    pub fn with_token_file(mut self, path: impl Into<PathBuf>) -> Config {
        self.credential = CredentialConfig::TokenFile { path: path.into(), fallback: None };
        self
    }

    /// Sends this user name and password.
    #[must_use]
    pub fn with_basic(mut self, username: impl Into<String>, password: impl Into<Secret>) -> Config {
        self.credential = CredentialConfig::Basic { username: username.into(), password: password.into() };
        self
    }

    /// Gets credentials from this plugin.
    #[must_use]
    pub fn with_exec(mut self, plugin: ExecPlugin) -> Config {
        self.credential = CredentialConfig::Exec(Box::new(plugin));
        self
    }

    /// Runs calls as this service account. The credential that was set before only requests its tokens.
    #[must_use]
    pub fn with_service_account_token(mut self, token: ServiceAccountToken) -> Config {
        let base = Box::new(std::mem::take(&mut self.credential));
        self.credential = CredentialConfig::ServiceAccount { token, base };
        self
    }

    /// Impersonates this user. [`Session::new`](crate::driver::Session::new) refuses an identity that a server would not
    /// take as it is, see [`Impersonate`].
    #[must_use]
    pub fn with_impersonate(mut self, impersonate: Impersonate) -> Config {
        self.impersonate = Some(impersonate);
        self
    }

    /// Connects through this proxy.
    ///
    /// # Errors
    /// The text is no URL of scheme `http`, `https`, `socks5` or `socks5h`.
    pub fn with_proxy(mut self, url: &str) -> Result<Config, ConfigError> {
        let url = UrlText::from(url);
        let proxy = Proxy::parse(&url, true).map_err(|error| {
            let problem =
                Problem::new(format!("invalid 'proxy-url' {:?}: {error}", url.to_string())).field("proxy-url");
            ConfigError::one(ConfigErrorKind::Invalid, problem)
        })?;
        self.proxy = Some(proxy);
        Ok(self)
    }

    /// Connects through the proxy that the environment names for this server, unless a proxy is set already. A
    /// connection to an OIDC issuer uses the proxy that the environment names for the issuer. See [`proxy_for`].
    ///
    /// # Errors
    /// The proxy for this server is invalid. The proxy for an issuer is checked when it is needed.
    pub fn with_proxy_env(mut self, env: &ProxyEnv) -> Result<Config, ConfigError> {
        self.proxy = proxy_for(&self.server, self.proxy.as_ref(), env)?;
        self.proxy_env.clone_from(env);
        Ok(self)
    }

    /// Asks the server not to compress its responses.
    #[must_use]
    pub fn with_compression_disabled(mut self) -> Config {
        self.disable_compression = true;
        self
    }

    /// Uses this namespace for calls that need a namespace and name none.
    #[must_use]
    pub fn with_default_namespace(mut self, namespace: impl Into<String>) -> Config {
        self.default_namespace = namespace.into();
        self
    }

    /// Limits the time of each request that is not a stream.
    #[must_use]
    pub fn with_request_timeout(mut self, timeout: Duration) -> Config {
        self.request_timeout = Some(timeout);
        self
    }
}

pub(super) const DEFAULT_NAMESPACE: &str = "default";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::exec_info::{ExecApiVersion, InteractiveMode};

    #[test]
    fn each_setter_sets_its_own_field_and_no_other() {
        let plain = || Config::new("https://h").unwrap();
        let user = || Impersonate { user: "i".into(), ..Impersonate::default() };
        let plugin = || ExecPlugin {
            command: "p".into(),
            args: Vec::new(),
            env: Vec::new(),
            api_version: ExecApiVersion::V1,
            install_hint: None,
            interactive_mode: InteractiveMode::Never,
            cluster: None,
        };
        let token = || ServiceAccountToken::new("a").namespace("n");
        let env = || ProxyEnv { https_proxy: Some("http://e:1".into()), ..ProxyEnv::default() };
        let proxy = |url: &str| Some(Proxy::parse(&UrlText::from(url), true).unwrap());
        type Change<'a> = &'a dyn Fn(&mut Config);
        let rows: [(Config, Change<'_>); 16] = [
            (plain().with_ca("CA"), &|it| it.tls.ca = Some("CA".into())),
            (plain().with_client_certificate("C", "K"), &|it| {
                it.tls.client_certificate = Some("C".into());
                it.tls.client_key = Some("K".into());
            }),
            (plain().with_server_name("n"), &|it| it.tls.server_name = Some("n".into())),
            (plain().with_insecure_skip_verify(), &|it| it.tls.insecure_skip_verify = true),
            (plain().with_token("t"), &|it| it.credential = CredentialConfig::Bearer("t".into())),
            (plain().with_token_file("/t"), &|it| {
                it.credential = CredentialConfig::TokenFile { path: "/t".into(), fallback: None };
            }),
            (plain().with_basic("u", "p"), &|it| {
                it.credential = CredentialConfig::Basic { username: "u".into(), password: "p".into() };
            }),
            (plain().with_exec(plugin()), &|it| {
                it.credential = CredentialConfig::Exec(Box::new(plugin()));
            }),
            (plain().with_token("t").with_service_account_token(token()), &|it| {
                let base = Box::new(CredentialConfig::Bearer("t".into()));
                it.credential = CredentialConfig::ServiceAccount { token: token(), base };
            }),
            (plain().with_impersonate(user()), &|it| it.impersonate = Some(user())),
            (plain().with_proxy("http://p:1").unwrap(), &|it| it.proxy = proxy("http://p:1")),
            (plain().with_proxy_env(&env()).unwrap(), &|it| (it.proxy, it.proxy_env) = (proxy("http://e:1"), env())),
            (plain().with_proxy("http://p:1").unwrap().with_proxy_env(&env()).unwrap(), &|it| {
                (it.proxy, it.proxy_env) = (proxy("http://p:1"), env());
            }),
            (plain().with_compression_disabled(), &|it| it.disable_compression = true),
            (plain().with_default_namespace("n"), &|it| it.default_namespace = "n".into()),
            (plain().with_request_timeout(Duration::from_secs(3)), &|it| {
                it.request_timeout = Some(Duration::from_secs(3));
            }),
        ];
        for (row, (set, change)) in rows.into_iter().enumerate() {
            let mut expected = plain();
            change(&mut expected);
            assert_eq!(set, expected, "row {row}");
        }
    }

    #[test]
    fn a_config_by_hand() {
        let config = Config::new("https://h/p").unwrap();
        assert_eq!((config.server.host.as_str(), config.server.path_prefix.as_str()), ("h", "/p"));
        assert_eq!((config.default_namespace.as_str(), &config.credential), ("default", &CredentialConfig::None));
        let config = config
            .with_ca("CA")
            .with_client_certificate("CERT", "KEY-secret")
            .with_server_name("n")
            .with_basic("u", "p-secret")
            .with_impersonate(Impersonate { user: "i".into(), ..Impersonate::default() })
            .with_compression_disabled()
            .with_default_namespace("ns")
            .with_request_timeout(Duration::from_secs(1))
            .with_proxy("http://u:p-secret@p")
            .unwrap();
        assert!(!format!("{config:#?}").contains("secret"));
        assert_eq!(config.tls.ca.as_deref(), Some(&b"CA"[..]));
        assert_eq!(config.tls.client_key, Some("KEY-secret".into()));
        assert_eq!(config.proxy.as_ref().unwrap().port, 80);
        let config = config.with_insecure_skip_verify();
        assert_eq!((config.tls.ca.clone(), config.tls.insecure_skip_verify), (None, true));
        assert_eq!(config.clone().with_token("t").credential, CredentialConfig::Bearer("t".into()));
        assert!(!config.with_ca("CA").tls.insecure_skip_verify);
        let over_http = |config: fn(Config) -> Config| config(Config::new("http://h").unwrap()).warnings();
        let readable = "http://h is not https: any host on the way to it can read the credential and use it";
        assert_eq!(over_http(|it| it), [""; 0]);
        assert_eq!(over_http(|it| it.with_token("secret")), [readable]);
        assert_eq!(over_http(|it| it.with_token_file("/t")), [readable]);
        assert_eq!(over_http(|it| it.with_basic("u", "secret")), [readable]);
        assert_eq!(over_http(|it| it.with_service_account_token(ServiceAccountToken::new("a"))), [readable]);
        assert_eq!(
            over_http(|it| it.with_client_certificate("CERT", "secret")),
            ["the client certificate is not used: http://h is not https",]
        );
        for bad in ["h:6443", "ftp://h", "https://u:secret@h", ""] {
            let error = Config::new(bad).unwrap_err().to_string();
            assert!(error.starts_with("invalid configuration: ") && !error.contains("secret"), "{error}");
        }
    }
}
