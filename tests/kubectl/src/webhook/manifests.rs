//! What a cluster needs: the definition and the configurations as code, and the manifests of a deployment.

use kube_proto::admission::{Backend, Operation, Rule, Webhook, WebhookConfiguration};
use kube_proto::resource::{ApiResource, DynamicObject, Scope};
use kube_proto::yaml;
use serde_json::{Value, json};

use super::backup::{Backup, GROUP};

/// The definition of backups. The stored version is v1, as it may be in a cluster that has them for long.
#[must_use]
pub fn definition(backend: &Backend) -> DynamicObject {
    let version = |name: &str, stored: bool, properties: Value| {
        let mut spec = json!({"type": "object", "required": ["schedule"], "properties": properties});
        spec["properties"]["schedule"] = json!({"type": "string"});
        json!({"name": name, "served": true, "storage": stored, "schema": {"openAPIV3Schema": {
            "type": "object", "required": ["spec"], "properties": {"spec": spec},
        }}})
    };
    let number = || json!({"type": "integer", "minimum": 0});
    let resource = ApiResource::new(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        Scope::Cluster,
    );
    DynamicObject::new(&resource, format!("backups.{GROUP}")).with(
        "spec",
        json!({
            "group": GROUP, "scope": "Namespaced",
            "names": {"kind": "Backup", "listKind": "BackupList", "plural": "backups", "singular": "backup"},
            "versions": [
                version("v1", true, json!({"keepDays": number()})),
                version("v2", false, json!({"keep": {"type": "object", "properties": {
                    "days": number(), "copies": number(),
                }}})),
            ],
            "conversion": backend.conversion("/convert"),
        }),
    )
}

/// The configurations of the mutating and of the validating webhook. Their rules name v2, so that objects come in that version
/// whichever one the user sends.
#[must_use]
pub fn configurations(backend: &Backend) -> [WebhookConfiguration; 2] {
    let rule = || Rule::of::<Backup>([Operation::Create, Operation::Update]);
    let webhook = |name: &str, path: &str| Webhook::new(format!("{name}.{GROUP}"), path).rule(rule()).timeout(5);
    [
        WebhookConfiguration::mutating(format!("default.{GROUP}"), backend.clone())
            .webhook(webhook("default", "/default").reinvoke()),
        WebhookConfiguration::validating(format!("validate.{GROUP}"), backend.clone())
            .webhook(webhook("validate", "/validate")),
    ]
}

/// All manifests of a deployment in the namespace `backup-system`. cert-manager makes the certificate, and injects its
/// authority.
#[must_use]
pub fn manifests() -> String {
    const NAMESPACE: &str = "backup-system";
    let labels = json!({"app": "backup-webhook"});
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}),
        json!({"apiVersion": "cert-manager.io/v1", "kind": "Issuer",
            "metadata": {"name": "self-signed", "namespace": NAMESPACE}, "spec": {"selfSigned": {}}}),
        json!({"apiVersion": "cert-manager.io/v1", "kind": "Certificate",
        "metadata": {"name": "backup-webhook", "namespace": NAMESPACE}, "spec": {
            "secretName": "backup-webhook", "dnsNames": [format!("backup-webhook.{NAMESPACE}.svc")],
            "issuerRef": {"name": "self-signed"},
        }}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "backup-webhook", "namespace": NAMESPACE},
            "spec": {"selector": labels, "ports": [{"port": 443, "targetPort": 9443}]}}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "backup-webhook", "namespace": NAMESPACE, "labels": labels},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {
                "containers": [{
                    "name": "webhook", "image": "registry.example/backup-webhook:1",
                    "ports": [{"containerPort": 9443}],
                    "readinessProbe": {"httpGet": {"path": "/readyz", "port": 9443, "scheme": "HTTPS"}},
                    "livenessProbe": {"httpGet": {"path": "/livez", "port": 9443, "scheme": "HTTPS"}},
                    "volumeMounts": [{"name": "tls", "mountPath": "/tls", "readOnly": true}],
                }],
                "volumes": [{"name": "tls", "secret": {"secretName": "backup-webhook"}}],
            },
        }}}),
    ];
    let backend = Backend::service(NAMESPACE, "backup-webhook");
    let [mutating, validating] = configurations(&backend);
    for object in [definition(&backend), mutating.object(), validating.object()] {
        let mut value = serde_json::to_value(&object).unwrap_or_default();
        let inject = format!("{NAMESPACE}/backup-webhook");
        value["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] = inject.into();
        objects.push(value);
    }
    objects.iter().map(yaml::to_string).collect::<Vec<_>>().join("---\n")
}
