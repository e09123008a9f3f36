//! What the examples do in a cluster: apply the definition and the configurations, and try them.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use kube_proto::admission::Backend;
use kube_proto::api::{Api, DeleteParams, Patch, PatchParams, Unary, WriteParams};
use kube_proto::config::Secret;
use kube_proto::driver::wire::tls::{ServerIdentity, ServerTls, provider};
use kube_proto::error::Error;
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::response::Deleted;
use kube_test_server::serve::Authority;
use serde_json::{Value, json};

use super::backup::GROUP;
use super::manifests::{configurations, definition};

/// A webhook server on this machine: for an API server that runs here, too.
pub struct Local {
    /// The listener on a free port of 127.0.0.1.
    pub listener: TcpListener,
    /// A certificate for it.
    pub tls: ServerTls,
    /// What the configurations name.
    pub backend: Backend,
}

impl Local {
    /// Takes a port, and makes an authority and a certificate.
    ///
    /// # Errors
    /// There is no port, or making the certificate failed.
    pub fn new() -> io::Result<Self> {
        let authority = Authority::new("backup-webhook")?;
        let issued = authority.server(&["127.0.0.1".to_owned()])?;
        let key = Secret::new(issued.key.as_str());
        let provider = provider().map_err(io::Error::other)?;
        let identity = ServerIdentity::new(issued.certificate.as_bytes(), &key, provider).map_err(io::Error::other)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("https://{}", listener.local_addr()?);
        Ok(Self { listener, tls: ServerTls::new(identity), backend: Backend::url(url).ca_bundle(authority.pem()) })
    }
}

/// A certificate and its key in the files `tls.crt` and `tls.key` of a folder, which are read again when they change.
///
/// # Errors
/// The files cannot be read, or do not fit together.
pub fn mounted(folder: &str) -> io::Result<ServerTls> {
    let (certificate, key) = (format!("{folder}/tls.crt"), format!("{folder}/tls.key"));
    let provider = provider().map_err(io::Error::other)?;
    let secret = Secret::new(std::fs::read_to_string(&key)?);
    let identity = ServerIdentity::new(&std::fs::read(&certificate)?, &secret, provider).map_err(io::Error::other)?;
    Ok(ServerTls::new(identity).files(&certificate, &key))
}

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Server-side apply.
    Apply(ApiResource, DynamicObject),
    /// Create.
    Create(ApiResource, DynamicObject),
    /// Read.
    Get(ApiResource, String),
}

/// A step: what to do, and what must come of it.
#[derive(Debug)]
pub struct Step {
    action: Action,
    expects: Expected,
    begins: String,
}

#[derive(Debug)]
enum Expected {
    Any,
    /// `spec` is this.
    Spec(Value),
    /// The request is refused with this text.
    Refused(&'static str),
}

/// All steps.
#[derive(Debug)]
pub struct Play {
    steps: std::vec::IntoIter<Step>,
}

impl Play {
    /// The pause between tries of a step: an API server needs a moment until a configuration has an effect.
    pub const PAUSE: Duration = Duration::from_millis(200);
    /// The most tries of a step.
    pub const TRIES: usize = 150;

    /// The steps with webhooks at this place, in the namespace `default`.
    #[must_use]
    pub fn new(backend: &Backend) -> Self {
        let version =
            |version: &str| ApiResource::new(&format!("{GROUP}/{version}"), "Backup", "backups", Scope::Namespaced);
        let (v1, v2) = (version("v1"), version("v2"));
        let backup =
            |resource: &ApiResource, name: &str, spec: Value| DynamicObject::new(resource, name).with("spec", spec);
        let mut steps = Vec::new();
        let mut step = |begins: &str, action: Action, expects: Expected| {
            steps.push(Step { action, expects, begins: begins.to_owned() });
        };
        let definition = definition(backend);
        let definitions = ApiResource::new(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            Scope::Cluster,
        );
        step("the definition of backups", Action::Apply(definitions, definition), Expected::Any);
        for configuration in configurations(backend) {
            let object = configuration.object();
            step("a webhook configuration", Action::Apply(configuration.resource(), object), Expected::Any);
        }
        step(
            "a schedule of two fields is refused",
            Action::Create(v2.clone(), backup(&v2, "wrong", json!({"schedule": "0 0"}))),
            Expected::Refused("the schedule is not valid"),
        );
        step(
            "a backup gets its defaults",
            Action::Apply(v2.clone(), backup(&v2, "nightly", json!({"schedule": "0 3 * * *"}))),
            Expected::Spec(json!({"schedule": "0 3 * * *", "keep": {"days": 7, "copies": 1}})),
        );
        step(
            "v1 shows it in its own fields",
            Action::Get(v1.clone(), "nightly".into()),
            Expected::Spec(json!({"schedule": "0 3 * * *", "keepDays": 7})),
        );
        step(
            "a backup in v1",
            Action::Apply(v1.clone(), backup(&v1, "weekly", json!({"schedule": "0 3 * * 0", "keepDays": 30}))),
            Expected::Spec(json!({"schedule": "0 3 * * 0", "keepDays": 30})),
        );
        step(
            "v2 shows it in its own fields",
            Action::Get(v2.clone(), "weekly".into()),
            Expected::Spec(json!({"schedule": "0 3 * * 0", "keep": {"days": 30, "copies": 1}})),
        );
        Self { steps: steps.into_iter() }
    }
}

/// Deletes what the steps have made: first the configurations, then the definition with all backups.
pub fn cleanup(backend: &Backend) -> Vec<Unary<Deleted<DynamicObject>>> {
    let gone = |resource: ApiResource, name: String| {
        Api::<DynamicObject>::dynamic(resource).delete(&name, &DeleteParams::default())
    };
    let mut all: Vec<_> = configurations(backend)
        .iter()
        .map(|configuration| gone(configuration.resource(), configuration.object().metadata.name.unwrap_or_default()))
        .collect();
    let definitions = ApiResource::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    );
    all.push(gone(definitions, format!("backups.{GROUP}")));
    all
}

impl Iterator for Play {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.steps.next()
    }
}

impl Step {
    /// What is done.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The operation of one try.
    pub fn operation(&self) -> Unary<DynamicObject> {
        let api = |resource: &ApiResource| {
            let api = Api::<DynamicObject>::dynamic(resource.clone());
            if resource.scope == Scope::Namespaced { api.within("default") } else { api }
        };
        let name = |object: &DynamicObject| object.metadata.name.clone().unwrap_or_default();
        match &self.action {
            Action::Apply(resource, object) => {
                let manager = PatchParams::default().field_manager("webhook-example").force();
                api(resource).patch(&name(object), &Patch::apply(object), &manager)
            }
            Action::Create(resource, object) => api(resource).create(object, &WriteParams::default()),
            Action::Get(resource, name) => api(resource).get(name),
        }
    }

    /// Whether the result is as expected: the line to print. The error is what to say after the last try.
    ///
    /// # Errors
    /// It is not as expected, perhaps not yet.
    pub fn judge(&self, result: Result<DynamicObject, Error>) -> Result<String, String> {
        match (&self.expects, result) {
            (Expected::Any, Ok(_)) => Ok(self.begins.clone()),
            (Expected::Spec(spec), Ok(object)) if object.data.get("spec") == Some(spec) => {
                Ok(format!("{}: {spec}", self.begins))
            }
            (Expected::Refused(text), Err(error)) if error.to_string().contains(text) => {
                Ok(format!("{}: {error}", self.begins))
            }
            (_, Ok(object)) => {
                let spec = object.data.get("spec").cloned().unwrap_or_default();
                Err(format!("{}: unexpected: {spec}", self.begins))
            }
            (_, Err(error)) => Err(format!("{}: {error}", self.begins)),
        }
    }
}
