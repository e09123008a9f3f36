//! The client of a simulated day: how its session is configured for each kind of credential.

use kube_proto::config::{Config, CredentialConfig, Loader, Locate, Overrides, Secret, ServiceAccountToken, Want};
use kube_proto::driver::{Fault, FaultKind, Session};
use serde_json::{Value, json};

use super::sources::{CA, CERTIFICATE, HOME, KEY, TOKEN};
use super::world::{Login, World};
use crate::script::{secs, session_with};

/// The limit of concurrent calls in sessions that have one.
const PERMITS: usize = 40;

impl World {
    pub fn session(&self) -> Session {
        session_with(
            |config| self.configure(config),
            |settings| {
                settings.plugin = secs(30);
                settings.concurrent = self.crowded.then_some(PERMITS);
            },
        )
    }

    fn configure(&self, config: &mut Config) {
        match self.login {
            Login::Exec | Login::ExecCertificate | Login::Minted | Login::MintedByCertificate => {
                crate::credentials::plugin(config);
            }
            Login::File => config.credential = CredentialConfig::TokenFile { path: TOKEN.into(), fallback: None },
            Login::Authority | Login::Pair | Login::MintedByPair => {
                config.tls.ca = self.files.get(CA).cloned();
                config.tls.files.ca = Some(CA.into());
            }
            Login::InCluster | Login::MintedInCluster => *config = self.in_cluster(),
            Login::Oidc => {
                let settings = kubeconfig("refresh-s3cr3t-0")["users"][0]["user"]["auth-provider"]["config"].take();
                let Value::Object(settings) = settings else { panic!() };
                let secret = |value: Value| Secret::from(value.as_str().unwrap());
                config.credential = CredentialConfig::AuthProvider {
                    name: "oidc".into(),
                    config: settings.into_iter().map(|(key, value)| (key, secret(value))).collect(),
                    user: "u".into(),
                    file: Some(HOME.into()),
                };
            }
        }
        if self.login.has_pair() {
            config.tls.files.client_certificate = Some(CERTIFICATE.into());
            config.tls.files.client_key = Some(KEY.into());
        }
        if self.login.is_minted() {
            let account = ServiceAccountToken::new("builder").namespace("ci");
            *config = config.clone().with_service_account_token(account);
        }
    }

    /// The configuration of a process in a pod.
    fn in_cluster(&self) -> Config {
        let locate = Locate {
            kubernetes_service_host: Some("k.test".into()),
            kubernetes_service_port: Some("6443".into()),
            ..Locate::default()
        };
        let mut loader = Loader::in_cluster(locate, Overrides::default());
        loop {
            match loader.want() {
                Want::Read { path, .. } => {
                    let content = self.files.get(path.to_str().unwrap()).cloned();
                    loader.give(&path, content.ok_or_else(|| Fault::unsent(FaultKind::NotFound, "none").into()));
                }
                Want::Done(loaded) => return loaded.unwrap().config,
            }
        }
    }
}

pub fn kubeconfig(refresh: &str) -> Value {
    json!({"users": [{"name": "u", "user": {"auth-provider": {"name": "oidc", "config": {
        "idp-issuer-url": "https://issuer.test", "client-id": "kubectl", "refresh-token": refresh,
    }}}}]})
}
