//! The configurations that make an API server call webhooks, as code: `ValidatingWebhookConfiguration`,
//! `MutatingWebhookConfiguration`, and the `conversion` of a `CustomResourceDefinition`.
//!
//! | field | without a call |
//! |---|---|
//! | `failurePolicy` | `Fail`: without the webhook nothing that it checks is admitted |
//! | `sideEffects` | `None`: the webhook is also called for a dry run |
//! | `matchPolicy` | `Equivalent`, with the version of the rule |
//! | `timeoutSeconds` | 10 |
//! | `admissionReviewVersions` | `v1` |
//! | `namespaceSelector` | for a service: not its own namespace, where a webhook that is down would keep its own pods from starting |

use serde_json::{Map, Value, json};

use super::conditions::MatchConditions;
use super::document::Operation;
use super::handlers::{Handlers, Role};
use crate::request::{LabelSelector, LabelTest};
use crate::resource::{ApiResource, DynamicObject, Resource, Scope};
use crate::schema::cel::CelError;

/// Where an API server finds the webhooks of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    to: To,
    ca: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    Service { namespace: String, name: String, port: u16 },
    Url(String),
}

impl Backend {
    /// A service in the cluster, at port 443. Its certificate must be for `NAME.NAMESPACE.svc`.
    #[must_use]
    pub fn service(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { to: To::Service { namespace: namespace.into(), name: name.into(), port: 443 }, ca: None }
    }

    /// An address outside of the cluster, for a program that runs beside the API server: `https://127.0.0.1:9443`, without a
    /// path.
    #[must_use]
    pub fn url(url: impl Into<String>) -> Self {
        Self { to: To::Url(url.into().trim_end_matches('/').to_owned()), ca: None }
    }

    /// Sets the port of a service. It changes no URL.
    #[must_use]
    pub fn port(mut self, number: u16) -> Self {
        if let To::Service { port, .. } = &mut self.to {
            *port = number;
        }
        self
    }

    /// The certificates, PEM, that the webhook's certificate must chain to. Several may stand in it, while one replaces the
    /// other. Without it the API server trusts the authorities of its system; a tool that injects the bundle owns the field
    /// then.
    #[must_use]
    pub fn ca_bundle(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// `clientConfig` for a path.
    fn client_config(&self, path: &str) -> Value {
        use base64::Engine;
        let mut config = match &self.to {
            To::Service { namespace, name, port } => {
                json!({"service": {"namespace": namespace, "name": name, "port": port, "path": path}})
            }
            To::Url(url) => json!({"url": format!("{url}{path}")}),
        };
        if let Some(ca) = &self.ca {
            config["caBundle"] = base64::engine::general_purpose::STANDARD.encode(ca).into();
        }
        config
    }

    /// The `spec.conversion` of a definition whose versions the handler at `path` converts.
    #[must_use]
    pub fn conversion(&self, path: &str) -> Value {
        json!({
            "strategy": "Webhook",
            "webhook": {"clientConfig": self.client_config(path), "conversionReviewVersions": ["v1"]},
        })
    }
}

/// Which requests a webhook is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    operations: Vec<Operation>,
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    scope: Option<Scope>,
}

impl Rule {
    /// These operations on objects of this type, without its subresources.
    #[must_use]
    pub fn of<K: Resource>(operations: impl IntoIterator<Item = Operation>) -> Self {
        Self::on(&ApiResource::of::<K>(), operations)
    }

    /// These operations on objects of this resource, without its subresources.
    #[must_use]
    pub fn on(resource: &ApiResource, operations: impl IntoIterator<Item = Operation>) -> Self {
        Self {
            operations: operations.into_iter().collect(),
            groups: vec![resource.group.to_string()],
            versions: vec![resource.version.to_string()],
            resources: vec![resource.plural.to_string()],
            scope: Some(resource.scope),
        }
    }

    /// These subresources of the resource (`status`, `scale`, `exec`) instead of itself; `*` is all.
    #[must_use]
    pub fn subresources<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let plural = self.resources.first().cloned().unwrap_or_default();
        self.resources = names.into_iter().map(|name| format!("{plural}/{name}")).collect();
        self
    }

    /// These subresources of the resource beside itself.
    #[must_use]
    pub fn and_subresources<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let plural = self.resources.first().cloned().unwrap_or_default();
        self.resources.extend(names.into_iter().map(|name| format!("{plural}/{name}")));
        self
    }

    /// These versions of the group; `*` is all. Objects come in the first that fits.
    #[must_use]
    pub fn versions<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.versions = names.into_iter().map(str::to_owned).collect();
        self
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "operations": self.operations,
            "apiGroups": self.groups,
            "apiVersions": self.versions,
            "resources": self.resources,
            "scope": match self.scope {
                None => "*",
                Some(Scope::Namespaced) => "Namespaced",
                Some(Scope::Cluster) => "Cluster",
            },
        })
    }
}

/// One webhook of a [`WebhookConfiguration`].
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    name: String,
    path: String,
    rules: Vec<Rule>,
    ignores: bool,
    side_effects: bool,
    exact: bool,
    timeout: u8,
    reinvoked: bool,
    objects: Option<LabelSelector>,
    namespaces: Option<LabelSelector>,
    own_namespace: bool,
    conditions: Vec<(String, String)>,
}

impl Webhook {
    /// A webhook with this name, which is a DNS name of at least three parts (`schedule.backups.example.com`), at the path of a
    /// handler.
    #[must_use]
    pub fn new(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            rules: Vec::new(),
            ignores: false,
            side_effects: false,
            exact: false,
            timeout: 10,
            reinvoked: false,
            objects: None,
            namespaces: None,
            own_namespace: false,
            conditions: Vec::new(),
        }
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// `failurePolicy: Ignore`: requests are admitted while the webhook does not answer.
    #[must_use]
    pub fn ignore_failures(mut self) -> Self {
        self.ignores = true;
        self
    }

    /// `sideEffects: NoneOnDryRun`: the handler has effects beside its answer, but not for a review with `dry_run`.
    #[must_use]
    pub fn side_effects_but_on_dry_run(mut self) -> Self {
        self.side_effects = true;
        self
    }

    /// `matchPolicy: Exact`: only requests in the versions of the rules.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    /// How long the API server waits, in seconds: 1 to 30.
    #[must_use]
    pub fn timeout(mut self, seconds: u8) -> Self {
        self.timeout = seconds;
        self
    }

    /// `reinvocationPolicy: IfNeeded`: the webhook is called again if a later one has changed the object. Its changes must
    /// be the same the second time. For mutating webhooks.
    #[must_use]
    pub fn reinvoke(mut self) -> Self {
        self.reinvoked = true;
        self
    }

    /// Only objects with these labels. Users can remove labels, so this is not for security.
    #[must_use]
    pub fn objects(mut self, selector: LabelSelector) -> Self {
        self.objects = Some(selector);
        self
    }

    /// Only objects in namespaces with these labels.
    #[must_use]
    pub fn namespaces(mut self, selector: LabelSelector) -> Self {
        self.namespaces = Some(selector);
        self
    }

    /// Also objects in the namespace of the webhook's own service. While the webhook is down, its own pods are not admitted
    /// then, if it is called for pods.
    #[must_use]
    pub fn also_own_namespace(mut self) -> Self {
        self.own_namespace = true;
        self
    }

    /// Adds a condition in CEL, with a name; the API server calls the webhook only if all are true. The variables are
    /// `object`, `oldObject`, `request` and `authorizer`.
    #[must_use]
    pub fn condition(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.conditions.push((name.into(), expression.into()));
        self
    }

    fn value(&self, backend: &Backend, mutating: bool) -> Value {
        let mut value = json!({
            "name": self.name,
            "clientConfig": backend.client_config(&self.path),
            "rules": self.rules.iter().map(Rule::value).collect::<Vec<_>>(),
            "failurePolicy": if self.ignores { "Ignore" } else { "Fail" },
            "matchPolicy": if self.exact { "Exact" } else { "Equivalent" },
            "sideEffects": if self.side_effects { "NoneOnDryRun" } else { "None" },
            "timeoutSeconds": self.timeout,
            "admissionReviewVersions": ["v1"],
        });
        if mutating {
            value["reinvocationPolicy"] = if self.reinvoked { "IfNeeded" } else { "Never" }.into();
        }
        let selector = |selector: &Option<LabelSelector>| match selector {
            Some(selector) => selector_value(selector),
            None => json!({}),
        };
        value["objectSelector"] = selector(&self.objects);
        value["namespaceSelector"] = selector(&self.namespaces);
        if let (To::Service { namespace, .. }, false) = (&backend.to, self.own_namespace) {
            let own = json!({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [namespace]});
            let expressions = &mut value["namespaceSelector"]["matchExpressions"];
            match expressions.as_array_mut() {
                Some(expressions) => expressions.push(own),
                None => *expressions = json!([own]),
            }
        }
        if !self.conditions.is_empty() {
            let condition = |(name, expression): &(String, String)| json!({"name": name, "expression": expression});
            value["matchConditions"] = self.conditions.iter().map(condition).collect();
        }
        value
    }
}

/// A selector as the API's objects have it. Comparisons of numbers have no form there.
pub(super) fn selector_value(selector: &LabelSelector) -> Value {
    let expressions = selector.requirements().iter().map(|requirement| {
        let (operator, values) = match requirement.test() {
            LabelTest::Exists => ("Exists", None),
            LabelTest::DoesNotExist => ("DoesNotExist", None),
            LabelTest::Equals(value) => ("In", Some(json!([value]))),
            LabelTest::NotEquals(value) => ("NotIn", Some(json!([value]))),
            LabelTest::In(values) => ("In", Some(json!(values))),
            LabelTest::NotIn(values) => ("NotIn", Some(json!(values))),
            LabelTest::GreaterThan(_) | LabelTest::LessThan(_) => (UNKNOWN, None),
        };
        let mut expression = Map::new();
        expression.insert("key".into(), requirement.key().into());
        expression.insert("operator".into(), operator.into());
        expression.extend(values.map(|values| ("values".to_owned(), values)));
        Value::from(expression)
    });
    json!({"matchExpressions": expressions.collect::<Vec<_>>()})
}

/// An operator that no API server accepts.
const UNKNOWN: &str = "Compare";

/// A `ValidatingWebhookConfiguration` or `MutatingWebhookConfiguration` of `admissionregistration.k8s.io/v1`.
///
/// ```
/// use kube_proto::admission::{Backend, Operation, Rule, Webhook, WebhookConfiguration};
/// use kube_proto::resource::{ApiResource, Scope};
///
/// let backups = ApiResource::new("example.com/v1", "Backup", "backups", Scope::Namespaced);
/// let configuration = WebhookConfiguration::validating("backups.example.com", Backend::service("shop", "hook"))
///     .webhook(Webhook::new("schedule.backups.example.com", "/validate").rule(Rule::on(
///         &backups,
///         [Operation::Create, Operation::Update],
///     )));
/// assert_eq!(configuration.problems(None), [""; 0]);
/// // Apply it, or print it.
/// println!("{}", serde_json::to_string(&configuration.object())?);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookConfiguration {
    name: String,
    backend: Backend,
    mutating: bool,
    webhooks: Vec<Webhook>,
}

impl WebhookConfiguration {
    /// Webhooks that allow or deny.
    #[must_use]
    pub fn validating(name: impl Into<String>, backend: Backend) -> Self {
        Self { name: name.into(), backend, mutating: false, webhooks: Vec::new() }
    }

    /// Webhooks that may change objects. API servers call them before the validating ones.
    #[must_use]
    pub fn mutating(name: impl Into<String>, backend: Backend) -> Self {
        Self { mutating: true, ..Self::validating(name, backend) }
    }

    /// Adds a webhook.
    #[must_use]
    pub fn webhook(mut self, webhook: Webhook) -> Self {
        self.webhooks.push(webhook);
        self
    }

    /// The resource of the object.
    #[must_use]
    pub fn resource(&self) -> ApiResource {
        let (kind, plural) = if self.mutating {
            ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations")
        } else {
            ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations")
        };
        ApiResource::new("admissionregistration.k8s.io/v1", kind, plural, Scope::Cluster)
    }

    /// The object. Server-side apply is the best way to write it: fields of others, such as an injected `caBundle`, stay.
    #[must_use]
    pub fn object(&self) -> DynamicObject {
        let webhooks = self.webhooks.iter().map(|webhook| webhook.value(&self.backend, self.mutating));
        DynamicObject::new(&self.resource(), self.name.as_str()).with("webhooks", webhooks.collect::<Vec<_>>())
    }

    /// What is wrong with it: what an API server would refuse, and with `handlers`, paths that have no such handler.
    #[must_use]
    pub fn problems(&self, handlers: Option<&Handlers>) -> Vec<String> {
        let mut problems = Vec::new();
        let wanted = if self.mutating { Role::Mutating } else { Role::Validating };
        for (index, webhook) in self.webhooks.iter().enumerate() {
            let mut say = |text: &str| problems.push(format!("the webhook {:?} {text}", webhook.name));
            let parts: Vec<&str> = webhook.name.split('.').collect();
            let label = |part: &&str| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                    && !part.starts_with('-')
                    && !part.ends_with('-')
            };
            if parts.len() < 3 || !parts.iter().all(label) {
                say("has a name that is not a DNS name of three or more parts");
            }
            if self.webhooks.iter().take(index).any(|other| other.name == webhook.name) {
                say("has the name of another one");
            }
            if !(1..=30).contains(&webhook.timeout) {
                say("has a time-out that is not from 1 to 30 seconds");
            }
            if webhook.rules.is_empty() {
                say("has no rule, so it is never called");
            }
            if webhook.rules.iter().any(|rule| rule.operations.is_empty() || rule.resources.is_empty()) {
                say("has a rule without operations or resources");
            }
            if webhook.conditions.len() > 64 {
                say("has more than 64 conditions");
            }
            for (name, expression) in &webhook.conditions {
                // What is not known here may be known to the server.
                if let Err(error @ (CelError::Syntax { .. } | CelError::TooLarge)) =
                    MatchConditions::new([(name.as_str(), expression.as_str())])
                {
                    say(&format!("has a condition {name:?} that cannot be read: {error}"));
                }
            }
            let compares = |selector: &Option<LabelSelector>| {
                selector.as_ref().is_some_and(|selector| selector_value(selector).to_string().contains(UNKNOWN))
            };
            if compares(&webhook.objects) || compares(&webhook.namespaces) {
                say("has a selector that compares numbers, which the API has no form for");
            }
            if webhook.reinvoked && !self.mutating {
                say("is validating, and those are not called again");
            }
            match handlers.map(|handlers| handlers.role(&webhook.path)) {
                Some(None) => say("has a path without a handler"),
                Some(Some(role)) if role != wanted => say("has a path whose handler is for something else"),
                _ => {}
            }
        }
        if let (To::Url(url), false) = (&self.backend.to, self.webhooks.is_empty())
            && (!url.starts_with("https://") || url.contains(['?', '#', '@']))
        {
            problems.push(format!("the URL {url:?} is not https://HOST without a user, a query and a fragment"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Review, mutating, validating};
    use super::*;

    fn pods() -> ApiResource {
        ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)
    }

    #[test]
    fn the_defaults_are_safe() {
        let configuration = WebhookConfiguration::validating("a", Backend::service("shop", "hook").ca_bundle("PEM"))
            .webhook(
                Webhook::new("a.example.com", "/a").rule(Rule::on(&pods(), [Operation::Create, Operation::Update])),
            );
        let expected = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "a"},
            "webhooks": [{
                "name": "a.example.com",
                "clientConfig": {
                    "service": {"namespace": "shop", "name": "hook", "port": 443, "path": "/a"}, "caBundle": "UEVN",
                },
                "rules": [{
                    "operations": ["CREATE", "UPDATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
                    "scope": "Namespaced",
                }],
                "failurePolicy": "Fail", "matchPolicy": "Equivalent", "sideEffects": "None", "timeoutSeconds": 10,
                "admissionReviewVersions": ["v1"], "objectSelector": {},
                "namespaceSelector": {"matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["shop"]},
                ]},
            }],
        });
        assert_eq!(serde_json::to_value(configuration.object()).unwrap(), expected);
        assert!(configuration.problems(None).is_empty());
    }

    #[test]
    fn every_setting_has_its_field() {
        let selector: LabelSelector = "a=b,c!=d,e in (f),g notin (h),i,!j".parse().unwrap();
        let webhook = Webhook::new("a.example.com", "/a")
            .rule(Rule::on(&pods(), [Operation::Connect]).subresources(["exec", "attach"]))
            .rule(Rule::on(&pods(), [Operation::Delete]).and_subresources(["*"]).versions(["v1", "v2"]))
            .ignore_failures()
            .side_effects_but_on_dry_run()
            .exact()
            .timeout(3)
            .reinvoke()
            .objects(selector.clone())
            .namespaces("k".parse().unwrap())
            .condition("c", "true");
        let configuration =
            WebhookConfiguration::mutating("a", Backend::url("https://127.0.0.1:9443/")).webhook(webhook.clone());
        let webhook_value = serde_json::to_value(configuration.object()).unwrap()["webhooks"][0].take();
        assert_eq!(webhook_value["clientConfig"], json!({"url": "https://127.0.0.1:9443/a"}));
        assert_eq!(webhook_value["rules"][0]["resources"], json!(["pods/exec", "pods/attach"]));
        assert_eq!(webhook_value["rules"][1]["resources"], json!(["pods", "pods/*"]));
        assert_eq!(webhook_value["rules"][1]["apiVersions"], json!(["v1", "v2"]));
        for (field, value) in [
            ("failurePolicy", json!("Ignore")),
            ("sideEffects", json!("NoneOnDryRun")),
            ("matchPolicy", json!("Exact")),
            ("timeoutSeconds", json!(3)),
            ("reinvocationPolicy", json!("IfNeeded")),
            ("namespaceSelector", json!({"matchExpressions": [{"key": "k", "operator": "Exists"}]})),
            ("matchConditions", json!([{"name": "c", "expression": "true"}])),
        ] {
            assert_eq!(webhook_value[field], value, "{field}");
        }
        let operators: Vec<&str> = webhook_value["objectSelector"]["matchExpressions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|expression| expression["operator"].as_str().unwrap())
            .collect();
        assert_eq!(operators, ["In", "NotIn", "In", "NotIn", "Exists", "DoesNotExist"]);
        let own = WebhookConfiguration::mutating("a", Backend::service("s", "h")).webhook(webhook.also_own_namespace());
        let own = serde_json::to_value(own.object()).unwrap();
        assert_eq!(own["webhooks"][0]["namespaceSelector"]["matchExpressions"].as_array().unwrap().len(), 1);
        let conversion = Backend::service("shop", "hook").port(8443).conversion("/convert");
        assert_eq!(conversion["webhook"]["clientConfig"]["service"]["port"], 8443);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let handlers = Handlers::new()
            .at("/v", validating(|_: Review<DynamicObject>| Answer::allow()))
            .at("/m", mutating(|_: Review<DynamicObject>| Answer::allow()));
        let rule = || Rule::on(&pods(), [Operation::Create]);
        for (webhook, text) in [
            (Webhook::new("a.b", "/v").rule(rule()), "three or more parts"),
            (Webhook::new("A.b.c", "/v").rule(rule()), "three or more parts"),
            (Webhook::new("a.b.c", "/v"), "no rule"),
            (Webhook::new("a.b.c", "/v").rule(Rule::on(&pods(), [])), "without operations"),
            (Webhook::new("a.b.c", "/v").rule(rule()).timeout(0), "1 to 30"),
            (Webhook::new("a.b.c", "/v").rule(rule()).timeout(31), "1 to 30"),
            (Webhook::new("a.b.c", "/x").rule(rule()), "without a handler"),
            (Webhook::new("a.b.c", "/m").rule(rule()), "for something else"),
            (Webhook::new("a.b.c", "/v").rule(rule()).reinvoke(), "validating"),
            (Webhook::new("a.b.c", "/v").rule(rule()).condition("n", "object."), "cannot be read"),
            (Webhook::new("a.b.c", "/v").rule(rule()).objects("a>1".parse().unwrap()), "compares numbers"),
        ] {
            let configuration = WebhookConfiguration::validating("a", Backend::service("s", "h")).webhook(webhook);
            let problems = configuration.problems(Some(&handlers));
            assert!(problems.len() == 1 && problems[0].contains(text), "{text}: {problems:?}");
        }
        let good = Webhook::new("a.b.c", "/v").rule(rule());
        let twice = WebhookConfiguration::validating("a", Backend::service("s", "h"))
            .webhook(good.clone())
            .webhook(good.clone());
        assert!(twice.problems(Some(&handlers))[0].contains("another one"));
        for url in ["http://x", "https://u@x", "https://x?y"] {
            let configuration = WebhookConfiguration::validating("a", Backend::url(url)).webhook(good.clone());
            assert_eq!(configuration.problems(None).len(), 1, "{url}");
        }
    }
}
