//! Exec credential plugins: the document that a plugin receives, and the one that it prints.
//!
//! A plugin is a program. It receives an `ExecCredential` without a status in the environment variable [`EXEC_INFO`],
//! and prints one with a status. The driver runs the plugin; this module writes and reads the two documents.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
use crate::kubeconfig::document;
use crate::kubeconfig::stanza::{RawExtension, stanza};
use crate::opaque::Opaque;
use crate::rfc3339::since_1970;
use crate::secret::Secret;

/// The environment variable that holds the plugin's [`exec_info`].
pub const EXEC_INFO: &str = "KUBERNETES_EXEC_INFO";

/// A credential plugin that is ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecPlugin {
    /// The program: a path, or a name to look up in `PATH`.
    pub command: PathBuf,
    /// The program's arguments.
    pub args: Vec<Secret>,
    /// Variables to add to the environment of this process, besides [`EXEC_INFO`].
    pub env: Vec<(String, Secret)>,
    /// The version of the documents that the plugin receives and prints.
    pub api_version: ExecApiVersion,
    /// The help text if the program does not exist, without terminal escapes.
    pub install_hint: Option<String>,
    /// Whether the plugin gets standard input.
    pub interactive_mode: InteractiveMode,
    /// The cluster, if `provideClusterInfo` is set.
    pub cluster: Option<ExecCluster>,
}

impl ExecPlugin {
    /// The error for a plugin that does not exist.
    pub fn not_found(&self) -> ConfigError {
        let mut problem = Problem::new(format!("exec: executable {} not found", self.command.display()));
        let hint = self.install_hint.as_deref().unwrap_or("the user of this kubeconfig needs this credential plugin");
        problem.help = Some(format!("install it, or put it on the PATH; {hint}"));
        ConfigError::one(ConfigErrorKind::Exec, problem)
    }

    /// The error for a plugin that ended with this exit code, which is not 0.
    pub fn failed(&self, code: i32) -> ConfigError {
        ConfigError::exec(format!("exec: executable {} failed with exit code {code}", self.command.display()))
    }
}

/// The cluster information that a plugin receives if `provideClusterInfo` is set. `Debug` shows only the length of PEM.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExecCluster {
    /// The server's URL from the kubeconfig, without query and fragment.
    pub server: String,
    /// The name that the server's certificate must have, if it is not the host.
    pub tls_server_name: Option<String>,
    /// Whether the server's certificate is not verified.
    pub insecure_skip_tls_verify: bool,
    /// PEM certificates that verify the server, from the kubeconfig's data or file.
    pub certificate_authority: Option<Bytes>,
    /// The proxy's URL. It may hold a password.
    pub proxy_url: Option<Secret>,
    /// Whether the client asks the server not to compress its responses.
    pub disable_compression: bool,
    /// The extension `client.authentication.k8s.io/exec` of the cluster.
    pub config: Option<RawExtension>,
}

impl fmt::Debug for ExecCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecCluster")
            .field("server", &self.server)
            .field("tls_server_name", &self.tls_server_name)
            .field("insecure_skip_tls_verify", &self.insecure_skip_tls_verify)
            .field("certificate_authority", &self.certificate_authority.as_deref().map(Opaque))
            .field("proxy_url", &self.proxy_url)
            .field("disable_compression", &self.disable_compression)
            .field("config", &self.config)
            .finish()
    }
}

/// A version of the API group `client.authentication.k8s.io`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExecApiVersion {
    /// `client.authentication.k8s.io/v1`
    V1,
    /// `client.authentication.k8s.io/v1beta1`
    V1Beta1,
}

impl ExecApiVersion {
    /// Reads `group/version`.
    pub fn parse(text: &str) -> Option<ExecApiVersion> {
        [ExecApiVersion::V1, ExecApiVersion::V1Beta1].into_iter().find(|version| version.as_str() == text)
    }

    /// `group/version`
    pub fn as_str(self) -> &'static str {
        match self {
            ExecApiVersion::V1 => "client.authentication.k8s.io/v1",
            ExecApiVersion::V1Beta1 => "client.authentication.k8s.io/v1beta1",
        }
    }
}

/// Whether a plugin gets this process's standard input, for example to prompt for a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InteractiveMode {
    /// The plugin does not get standard input.
    Never,
    /// The plugin gets standard input if that is a terminal and nothing else reads it.
    IfAvailable,
    /// The plugin needs standard input. It does not run if that is no terminal or something else reads it.
    Always,
}

impl InteractiveMode {
    /// Reads `Never`, `IfAvailable` or `Always`.
    pub fn parse(text: &str) -> Option<InteractiveMode> {
        match text {
            "Never" => Some(InteractiveMode::Never),
            "IfAvailable" => Some(InteractiveMode::IfAvailable),
            "Always" => Some(InteractiveMode::Always),
            _ => None,
        }
    }

    /// Whether the plugin gets standard input. `terminal`: standard input is a terminal. `free`: nothing else reads it.
    ///
    /// # Errors
    /// The mode is `Always`, and standard input is no terminal or not free.
    pub fn interactive(self, terminal: bool, free: bool) -> Result<bool, ConfigError> {
        let refuse = |why: &str| {
            Err(ConfigError::exec(format!("exec plugin cannot support interactive mode: standard input is {why}")))
        };
        match (self, terminal, free) {
            (InteractiveMode::Never, _, _) => Ok(false),
            (InteractiveMode::IfAvailable, terminal, free) => Ok(terminal && free),
            (InteractiveMode::Always, false, _) => refuse("not a terminal"),
            (InteractiveMode::Always, true, false) => refuse("unavailable"),
            (InteractiveMode::Always, true, true) => Ok(true),
        }
    }
}

/// The value of [`EXEC_INFO`]: an `ExecCredential` that has only a `spec`.
pub fn exec_info(plugin: &ExecPlugin, interactive: bool) -> String {
    let encode = |bytes: &Bytes| base64::engine::general_purpose::STANDARD.encode(bytes);
    let cluster = plugin.cluster.as_ref().map(|cluster| InfoCluster {
        server: &cluster.server,
        tls_server_name: cluster.tls_server_name.as_deref(),
        insecure_skip_tls_verify: cluster.insecure_skip_tls_verify.then_some(true),
        certificate_authority_data: cluster.certificate_authority.as_ref().filter(|data| !data.is_empty()).map(encode),
        proxy_url: cluster.proxy_url.as_ref().map(Secret::expose),
        disable_compression: cluster.disable_compression.then_some(true),
        config: cluster.config.as_ref().map(|config| &config.0),
    });
    let info = Info { kind: KIND, api_version: plugin.api_version.as_str(), spec: InfoSpec { cluster, interactive } };
    // Strings, booleans and a JSON value always serialize.
    serde_json::to_string(&info).unwrap_or_default()
}

/// A credential that a plugin printed: a token, or a client certificate with its key, or all three. `Debug` shows only
/// the length of PEM.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExecStatus {
    /// The bearer token.
    pub token: Option<Secret>,
    /// The PEM client certificate. It never comes without `client_key`.
    pub client_certificate: Option<Bytes>,
    /// The PEM key of the client certificate.
    pub client_key: Option<Secret>,
    /// When the credential expires, as the time since the beginning of 1970. `None`: it does not expire while the
    /// process runs.
    pub expiration: Option<Duration>,
}

impl fmt::Debug for ExecStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecStatus")
            .field("token", &self.token)
            .field("client_certificate", &self.client_certificate.as_deref().map(Opaque))
            .field("client_key", &self.client_key)
            .field("expiration", &self.expiration)
            .finish()
    }
}

/// Reads a plugin's output: an `ExecCredential` of the expected version.
///
/// # Errors
/// The output is no such document, has no status, or its status has neither a token nor both a certificate and a key.
/// The error shows nothing of the output.
pub fn parse_exec_credential(stdout: &[u8], expected: ExecApiVersion) -> Result<ExecStatus, ConfigError> {
    let value = document::parse(stdout).map_err(|error| decoding(&error.to_string()))?;
    let credential: ExecCredential = crate::kubeconfig::stanza::Field::read(value).map_err(|bad| {
        let place = if bad.path.is_empty() { String::new() } else { format!("{}: ", bad.path) };
        decoding(&format!("{place}{}", bad.text))
    })?;
    // client-go fills in the kind, and not the version.
    let found = match (&*credential.kind, &*credential.api_version) {
        (KIND, _) => None,
        ("", "") => Some("no kind"),
        ("", _) => None,
        _ => Some("another kind"),
    };
    if let Some(found) = found {
        return Err(decoding(&format!("expected an {KIND}, found {found}")));
    }
    if credential.api_version != expected.as_str() {
        let returned = ExecApiVersion::parse(&credential.api_version).map_or("unknown", ExecApiVersion::as_str);
        return Err(ConfigError::exec(format!(
            "exec plugin is configured to use API version {}, plugin returned version {returned}",
            expected.as_str()
        )));
    }
    let status = credential.status.ok_or_else(|| ConfigError::exec("exec plugin didn't return a status field"))?;
    let (certificate, key) = (status.client_certificate_data, status.client_key_data);
    if status.token.is_none() && certificate.is_none() && key.is_none() {
        return Err(ConfigError::exec("exec plugin didn't return a token or cert/key pair"));
    }
    if certificate.is_some() != key.is_some() {
        return Err(ConfigError::exec("exec plugin returned only certificate or key, not both"));
    }
    let expiration = status.expiration_timestamp.map(|text| {
        let time = since_1970(&text).ok_or_else(|| decoding("status.expirationTimestamp is not RFC 3339"))?;
        // A time before 1970 becomes 1970: expired all the same.
        Ok(Duration::try_from(time).unwrap_or_default())
    });
    Ok(ExecStatus {
        token: status.token,
        client_certificate: certificate.map(Bytes::from),
        client_key: key,
        expiration: expiration.transpose()?,
    })
}

fn decoding(text: &str) -> ConfigError {
    ConfigError::exec(format!("decoding stdout: {text}"))
}

stanza! {
    /// The document that a plugin prints.
    struct ExecCredential {
        api_version: String = "apiVersion",
        kind: String = "kind",
        status: Option<Status> = "status",
    }
}

stanza! {
    /// The credential within that document.
    struct Status {
        token: Option<Secret> = "token",
        client_certificate_data: Option<String> = "clientCertificateData",
        client_key_data: Option<Secret> = "clientKeyData",
        expiration_timestamp: Option<String> = "expirationTimestamp",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    kind: &'a str,
    api_version: &'a str,
    spec: InfoSpec<'a>,
}

#[derive(Serialize)]
struct InfoSpec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<InfoCluster<'a>>,
    interactive: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct InfoCluster<'a> {
    server: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_server_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insecure_skip_tls_verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_authority_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_compression: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a Value>,
}

const KIND: &str = "ExecCredential";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plugin(cluster: Option<ExecCluster>) -> ExecPlugin {
        ExecPlugin {
            command: "aws".into(),
            args: vec!["arg-secret".into()],
            env: vec![("A".into(), "env-secret".into())],
            api_version: ExecApiVersion::V1,
            install_hint: None,
            interactive_mode: InteractiveMode::Never,
            cluster,
        }
    }

    #[test]
    fn what_a_plugin_is_told() {
        let mut it = plugin(None);
        let head = "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{";
        assert_eq!(exec_info(&it, false), format!("{head}\"interactive\":false}}}}"));
        it.cluster = Some(ExecCluster { server: "https://h".into(), ..ExecCluster::default() });
        assert_eq!(
            exec_info(&it, true),
            format!("{head}\"cluster\":{{\"server\":\"https://h\"}},\"interactive\":true}}}}")
        );
        it.cluster = Some(ExecCluster {
            server: "https://h".into(),
            tls_server_name: Some("n".into()),
            insecure_skip_tls_verify: true,
            certificate_authority: Some(Bytes::from_static(b"PEM")),
            proxy_url: Some("http://p".into()),
            disable_compression: true,
            config: Some(RawExtension(json!({"audience": "x-secret"}))),
        });
        assert_eq!(
            exec_info(&it, true),
            format!(
                "{head}\"cluster\":{{\"server\":\"https://h\",\"tls-server-name\":\"n\",\"insecure-skip-tls-verify\":true,\
                 \"certificate-authority-data\":\"UEVN\",\"proxy-url\":\"http://p\",\"disable-compression\":true,\
                 \"config\":{{\"audience\":\"x-secret\"}}}},\"interactive\":true}}}}"
            )
        );
        assert!(!format!("{it:?}").contains("secret"));
        it.api_version = ExecApiVersion::V1Beta1;
        assert!(exec_info(&it, false).contains("\"apiVersion\":\"client.authentication.k8s.io/v1beta1\""));
    }

    #[test]
    fn a_plugin_that_does_not_run() {
        let mut it = plugin(None);
        assert!(
            it.not_found()
                .to_string()
                .starts_with("exec: executable aws not found: install it, or put it on the PATH; ")
        );
        it.install_hint = Some("brew install aws".into());
        assert!(it.not_found().to_string().ends_with("; brew install aws"));
        assert_eq!(it.failed(3).to_string(), "exec: executable aws failed with exit code 3");
    }

    #[test]
    fn standard_input() {
        use InteractiveMode::{Always, IfAvailable, Never};
        let table = [
            (Never, true, true, Ok(false)),
            (IfAvailable, true, true, Ok(true)),
            (IfAvailable, true, false, Ok(false)),
            (IfAvailable, false, true, Ok(false)),
            (Always, true, true, Ok(true)),
            (Always, false, true, Err("exec plugin cannot support interactive mode: standard input is not a terminal")),
            (Always, true, false, Err("exec plugin cannot support interactive mode: standard input is unavailable")),
        ];
        for (mode, terminal, free, result) in table {
            let got = mode.interactive(terminal, free).map_err(|error| error.to_string());
            assert_eq!(got, result.map_err(str::to_owned), "{mode:?} {terminal} {free}");
        }
    }

    fn answer(status: &Value) -> Result<ExecStatus, String> {
        let version = "client.authentication.k8s.io/v1";
        let document = json!({"kind": "ExecCredential", "apiVersion": version, "status": status});
        parse_exec_credential(document.to_string().as_bytes(), ExecApiVersion::V1).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_plugin_answers() {
        let status = answer(&json!({
            "token": "t", "clientCertificateData": "CERT", "clientKeyData": "KEY", "expirationTimestamp": "2001-09-09T01:46:40Z", "x": 1,
        }));
        let status = status.unwrap();
        assert_eq!(status.token, Some("t".into()));
        assert_eq!(status.client_certificate.as_deref(), Some(&b"CERT"[..]));
        assert_eq!(status.client_key, Some("KEY".into()));
        assert_eq!(status.expiration, Some(Duration::from_secs(1_000_000_000)));
        let table = [
            ("2001-09-09T03:46:40.5+02:00", Some(Duration::from_millis(1_000_000_000_500))),
            ("1950-01-01T00:00:00Z", Some(Duration::ZERO)),
            ("9999-12-31T23:59:59Z", Some(Duration::from_secs(253_402_300_799))),
            ("2001-09-09T01:46:40.1234567891Z", Some(Duration::new(1_000_000_000, 123_456_789))),
            ("", None),
        ];
        for (time, result) in table {
            assert_eq!(
                answer(&json!({"token": "t", "expirationTimestamp": time})).unwrap().expiration,
                result,
                "{time}"
            );
        }
        assert_eq!(
            answer(&json!({"token": "t", "expirationTimestamp": null, "clientKeyData": ""})).unwrap().expiration,
            None
        );
    }

    #[test]
    fn what_a_plugin_may_leave_out_and_how_it_may_write() {
        let text = r#"{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":"tökén"}}"#;
        let kind = text.replacen('{', r#"{"kind":"ExecCredential","#, 1);
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
        };
        for stdout in [
            text.as_bytes().to_vec(),
            kind.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", kind.as_bytes()].concat(),
            wide(text, u16::to_le_bytes),
            wide(&kind, u16::to_be_bytes),
        ] {
            let status = parse_exec_credential(&stdout, ExecApiVersion::V1).unwrap();
            assert_eq!(status.token, Some("tökén".into()));
        }
    }

    #[test]
    fn what_is_no_credential() {
        let table = [
            (json!(null), "exec plugin didn't return a status field"),
            (json!({}), "exec plugin didn't return a token or cert/key pair"),
            (json!({"token": ""}), "exec plugin didn't return a token or cert/key pair"),
            (json!({"clientKeyData": "k"}), "exec plugin returned only certificate or key, not both"),
            (
                json!({"token": "t", "clientCertificateData": "c"}),
                "exec plugin returned only certificate or key, not both",
            ),
            (
                json!({"token": 4711}),
                "decoding stdout: status.token: expected a string, found a number: put the value in quotes",
            ),
            (
                json!({"token": "t", "expirationTimestamp": "soon-secret"}),
                "decoding stdout: status.expirationTimestamp is not RFC 3339",
            ),
        ];
        for (status, text) in table {
            assert_eq!(answer(&status).unwrap_err(), text);
        }
        for text in ["2001-09-09 01:46:40Z", "2001-09-09T01:46:40+02", "2001-09-09", "1000000000", "never"] {
            let error = answer(&json!({"token": "t", "expirationTimestamp": text})).unwrap_err();
            assert_eq!(error, "decoding stdout: status.expirationTimestamp is not RFC 3339", "{text}");
        }
        let v1 = "client.authentication.k8s.io/v1";
        let table = [
            ("", "decoding stdout: expected an ExecCredential, found no kind"),
            ("{", "decoding stdout: "),
            ("token-secret", "decoding stdout: "),
            ("[\"token-secret\"]", "decoding stdout: expected a mapping, found a list"),
            ("{\"kind\":\"Secret\"}", "decoding stdout: expected an ExecCredential, found another kind"),
            ("{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}", {
                "exec plugin is configured to use API version client.authentication.k8s.io/v1, plugin returned version \
                 client.authentication.k8s.io/v1beta1"
            }),
            ("{\"kind\":\"ExecCredential\"}", "exec plugin is configured to use API version"),
        ];
        for (stdout, text) in table {
            let error =
                parse_exec_credential(stdout.as_bytes(), ExecApiVersion::parse(v1).unwrap()).unwrap_err().to_string();
            assert!(error.starts_with(text), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_an_error(bytes: Vec<u8>) {
            proptest::prop_assert!(parse_exec_credential(&bytes, ExecApiVersion::V1).is_err());
        }
    }
}
