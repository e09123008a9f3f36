//! The real server: its dry runs as verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use http::Method;
use kube_proto::Error;
use kube_proto::api::ApiRequest;
use kube_proto::config::{Loader, Locate, Overrides, ReadFailure, Want};
use kube_proto::schema::OpenApi;
use kube_transport_std::Client;
use serde_json::{Value, json};

pub(crate) struct Cluster {
    client: Client,
}

/// What the server says of an object.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) accepted: bool,
    /// It could not be decoded, or has fields that are unknown or there twice.
    pub(crate) undecoded: bool,
    /// The fields that are wrong. One that the server does not name is the text in which it stands.
    pub(crate) fields: BTreeSet<String>,
    /// The fields of errors that no schema has in its words: those of rules in CEL.
    pub(crate) ruled: BTreeSet<String>,
    pub(crate) message: String,
}

impl Verdict {
    /// Whether the server refused the object before it validated it, in admission for example.
    pub(crate) fn is_silent(&self) -> bool {
        !self.accepted && !self.undecoded && self.fields.is_empty() && self.ruled.is_empty()
    }
}

/// What errors say that come from a schema.
const SCHEMA_WORDS: [&str; 9] = [
    " in body ",
    "Required value",
    "Unsupported value",
    "Too long",
    "Too many",
    "Duplicate value",
    "must validate",
    "must not validate",
    "value must be of type",
];

impl Cluster {
    /// The cluster that `tests/cluster/up` has started, or that of `KUBE_TEST_KUBECONFIG`.
    pub(crate) fn find() -> Result<Self, String> {
        let given = std::env::var_os("KUBE_TEST_KUBECONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let state = match std::env::var_os("KUBE_TEST_STATE") {
            Some(state) => PathBuf::from(state),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cluster/state"),
        };
        let started = || {
            let facts = std::fs::read_to_string(state.join("env")).ok()?;
            facts.lines().find_map(|line| line.strip_prefix("KUBECONFIG=")).map(PathBuf::from)
        };
        let path = given.or_else(started).ok_or("no cluster: tests/cluster/up starts one")?;
        let locate = Locate { kubeconfig: Some(path), ..Locate::default() };
        let mut loader = Loader::new(locate, Overrides::default());
        let config = loop {
            match loader.want() {
                Want::Read { path, limit: _ } => {
                    let bytes =
                        std::fs::read(&path).map_err(|error| ReadFailure { not_found: false, text: error.to_string() });
                    loader.give(&path, bytes.map(Into::into));
                }
                Want::Done(result) => break result.map_err(|error| error.to_string())?.config,
            }
        };
        let client = Client::builder(config).build().map_err(|error| error.to_string())?;
        let cluster = Self { client };
        cluster.get("/readyz").map_err(|error| format!("the cluster does not answer: {error}"))?;
        Ok(cluster)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.client.call(ApiRequest::raw(Method::GET, path, "").bytes()).map(|bytes| bytes.to_vec())
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Result<Vec<u8>, Error> {
        self.client.call(ApiRequest::raw(Method::POST, path, body.to_owned()).bytes()).map(|bytes| bytes.to_vec())
    }

    /// The document of each group version: as the library reads it, and as it is.
    pub(crate) fn openapi(&self) -> BTreeMap<String, (OpenApi, Value)> {
        let index: Value = serde_json::from_slice(&self.get("/openapi/v3").unwrap()).unwrap();
        let paths = index["paths"].as_object().unwrap();
        let versions = paths.iter().filter(|(path, _)| path.starts_with("api/") || path.matches('/').count() == 2);
        versions
            .map(|(path, entry)| {
                let document = self.get(entry["serverRelativeURL"].as_str().unwrap()).unwrap();
                let read = OpenApi::from_slice(&document).unwrap();
                (path.clone(), (read, serde_json::from_slice(&document).unwrap()))
            })
            .collect()
    }

    /// Creates the definitions, and waits until their resources are served. Returns those that the server refuses.
    pub(crate) fn define(&self, definitions: &[Value]) -> Vec<String> {
        let mut refused = Vec::new();
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        for definition in definitions {
            match self.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition.to_string()) {
                Err(error) if error.status().is_none_or(|status| status.reason != "AlreadyExists") => {
                    refused.push(format!("{}: {error}", definition["metadata"]["name"]));
                }
                _ => wanted.extend(super::served(definition).into_iter().map(|(_, path)| path)),
            }
        }
        let until = Instant::now() + Duration::from_secs(120);
        while !wanted.is_empty() && Instant::now() < until {
            wanted.retain(|path| self.get(&format!("{path}?limit=1")).is_err());
            std::thread::sleep(Duration::from_millis(200));
        }
        refused.extend(wanted.into_iter().map(|path| format!("{path} is not served")));
        refused
    }

    /// Creates an object in a dry run that refuses unknown fields.
    pub(crate) fn judge(&self, path: &str, object: &str) -> Verdict {
        let path = format!("{path}?dryRun=All&fieldValidation=Strict");
        let error = match self.post(&path, object) {
            Ok(_) => return Verdict { accepted: true, ..Verdict::default() },
            Err(error) => error,
        };
        let Some(status) = error.status() else { return Verdict { message: error.to_string(), ..Verdict::default() } };
        let message = status.message.clone();
        let (mut fields, mut ruled) = (BTreeSet::new(), BTreeSet::new());
        let causes = status.details.iter().flat_map(|details| &details.causes);
        for cause in causes {
            let is_schemas = SCHEMA_WORDS.iter().any(|words| cause.message.contains(words));
            let into = if is_schemas { &mut fields } else { &mut ruled };
            match cause.field.as_str() {
                _ if cause.message.contains("some validation rules were not checked") => false,
                "<nil>" => into.insert(cause.message.clone()),
                field => into.insert(field.to_owned()),
            };
        }
        let undecoded = status.code == 400 && message.contains("cannot be handled as a");
        if undecoded {
            for kind in ["unknown field \"", "duplicate field \""] {
                fields.extend(message.split(kind).skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
            }
            if let Some(rest) = message.split("Go struct field ").nth(1) {
                // Without indexes, and after the name of the struct.
                let field = rest.split(" of type").next().and_then(|field| field.split_once('.'));
                fields.extend(field.map(|(_, path)| path.to_owned()));
            }
        }
        Verdict { accepted: false, undecoded, fields, ruled, message }
    }
}

/// The definitions of the manifests, and the files that are there.
pub(crate) fn manifests(folder: &Path) -> Result<Vec<Value>, String> {
    let files = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".yaml.xz"));
    files.sort();
    let mut definitions = Vec::new();
    for path in files {
        let output = std::process::Command::new("xz").arg("-dc").arg(&path).output();
        let output = output.map_err(|error| format!("xz: {error}"))?;
        let text = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
        for document in kube_proto::yaml::documents(&text).max_values(usize::MAX) {
            let document = document.map_err(|error| format!("{}: {error}", path.display()))?;
            let items = match document.get("items") {
                Some(Value::Array(items)) => items.clone(),
                _ => vec![document],
            };
            definitions.extend(items.into_iter().filter(|item| item["kind"] == json!("CustomResourceDefinition")));
        }
    }
    if definitions.is_empty() { Err("no definitions".to_owned()) } else { Ok(definitions) }
}
