//! Admission policies as code: rules in CEL that the API server evaluates itself, without a webhook.
//!
//! | kind | what it does |
//! |---|---|
//! | `ValidatingAdmissionPolicy` | [`Policy::validating`]: expressions that must be true |
//! | `MutatingAdmissionPolicy` | [`Policy::mutating`]: expressions whose value is a patch |
//! | their bindings | [`PolicyBinding`]: where a policy holds, with which parameters, and what a violation does |

use serde_json::{Map, Value, json};

use super::conditions::{MatchConditions, Matched};
use super::configuration::{Rule, selector_value};
use crate::request::LabelSelector;
use crate::resource::{ApiResource, DynamicObject, Resource, Scope};
use crate::schema::cel::{COST_MAX, CelError, Expression};

/// A `ValidatingAdmissionPolicy` or `MutatingAdmissionPolicy` of `admissionregistration.k8s.io/v1`.
///
/// ```
/// use kube_proto::admission::{Operation, Policy, PolicyBinding, Rule};
/// use kube_proto::resource::{ApiResource, Scope};
/// use serde_json::{Value, json};
///
/// let deployments = ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
/// let policy = Policy::validating("replicas.example.com")
///     .rule(Rule::on(&deployments, [Operation::Create, Operation::Update]))
///     .variable("wanted", "object.spec.replicas")
///     .validation("variables.wanted <= 5", "five replicas are enough");
/// let binding = PolicyBinding::of(&policy, "replicas.example.com").warn();
/// assert!(policy.problems().is_empty());
/// // Apply both, or try the policy first.
/// let large = json!({"spec": {"replicas": 9}});
/// let violations = policy.judge(&json!({"operation": "CREATE"}), &large, &Value::Null);
/// assert_eq!(violations, ["five replicas are enough"]);
/// # let _ = (policy.object(), binding.object());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    name: String,
    mutating: bool,
    ignores: bool,
    reinvoked: bool,
    parameters: Option<(String, String)>,
    constraints: Constraints,
    conditions: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    /// Validations, or mutations.
    expressions: Vec<Value>,
    audit: Vec<(String, String)>,
}

/// Which requests a policy is for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Constraints {
    rules: Vec<Rule>,
    excluded: Vec<Rule>,
    objects: Option<LabelSelector>,
    namespaces: Option<LabelSelector>,
}

impl Constraints {
    fn value(&self) -> Option<Value> {
        let rules = |rules: &[Rule]| rules.iter().map(Rule::value).collect::<Vec<_>>();
        let mut value = Map::new();
        let mut put = |key: &str, rules: Vec<Value>| {
            if !rules.is_empty() {
                value.insert(key.to_owned(), rules.into());
            }
        };
        put("resourceRules", rules(&self.rules));
        put("excludeResourceRules", rules(&self.excluded));
        for (key, selector) in [("objectSelector", &self.objects), ("namespaceSelector", &self.namespaces)] {
            value.extend(selector.as_ref().map(|selector| (key.to_owned(), selector_value(selector))));
        }
        (!value.is_empty()).then(|| value.into())
    }
}

impl Policy {
    /// A policy whose expressions must be true. Without a binding it has no effect.
    #[must_use]
    pub fn validating(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            mutating: false,
            ignores: false,
            reinvoked: false,
            parameters: None,
            constraints: Constraints::default(),
            conditions: Vec::new(),
            variables: Vec::new(),
            expressions: Vec::new(),
            audit: Vec::new(),
        }
    }

    /// A policy whose expressions make changes. Without a binding it has no effect.
    #[must_use]
    pub fn mutating(name: impl Into<String>) -> Self {
        Self { mutating: true, ..Self::validating(name) }
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.constraints.rules.push(rule);
        self
    }

    /// Adds a rule for requests that the policy is not for.
    #[must_use]
    pub fn except(mut self, rule: Rule) -> Self {
        self.constraints.excluded.push(rule);
        self
    }

    /// Only objects with these labels. Users can remove labels, so this is not for security.
    #[must_use]
    pub fn objects(mut self, selector: LabelSelector) -> Self {
        self.constraints.objects = Some(selector);
        self
    }

    /// Only objects in namespaces with these labels.
    #[must_use]
    pub fn namespaces(mut self, selector: LabelSelector) -> Self {
        self.constraints.namespaces = Some(selector);
        self
    }

    /// `failurePolicy: Ignore`: an expression that fails has no effect. Without this call the request is denied then.
    #[must_use]
    pub fn ignore_failures(mut self) -> Self {
        self.ignores = true;
        self
    }

    /// `reinvocationPolicy: IfNeeded`, for mutating policies.
    #[must_use]
    pub fn reinvoke(mut self) -> Self {
        self.reinvoked = true;
        self
    }

    /// The expressions have `params`, an object of this type, which the binding chooses.
    #[must_use]
    pub fn parameters<K: Resource>(mut self) -> Self {
        let resource = ApiResource::of::<K>();
        self.parameters = Some((resource.api_version().into_owned(), resource.kind.to_string()));
        self
    }

    /// Adds a condition: the policy is for a request only if all are true.
    #[must_use]
    pub fn condition(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.conditions.push((name.into(), expression.into()));
        self
    }

    /// Adds a variable, which later expressions have as `variables.NAME`.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.variables.push((name.into(), expression.into()));
        self
    }

    /// Adds an expression that must be true, and the message for the user if it is not. For validating policies.
    #[must_use]
    pub fn validation(mut self, expression: impl Into<String>, message: impl Into<String>) -> Self {
        self.expressions.push(json!({"expression": expression.into(), "message": message.into()}));
        self
    }

    /// The same, with the message that an expression gives.
    #[must_use]
    pub fn validation_with(mut self, expression: impl Into<String>, message: impl Into<String>) -> Self {
        self.expressions.push(json!({"expression": expression.into(), "messageExpression": message.into()}));
        self
    }

    /// Adds an expression whose value is an object to apply (`Object{spec: Object.spec{replicas: 1}}`). For mutating policies.
    #[must_use]
    pub fn apply(mut self, expression: impl Into<String>) -> Self {
        let expression = json!({"expression": expression.into()});
        self.expressions.push(json!({"patchType": "ApplyConfiguration", "applyConfiguration": expression}));
        self
    }

    /// Adds an expression whose value is a list of `JSONPatch{...}`. For mutating policies.
    #[must_use]
    pub fn json_patch(mut self, expression: impl Into<String>) -> Self {
        let expression = json!({"expression": expression.into()});
        self.expressions.push(json!({"patchType": "JSONPatch", "jsonPatch": expression}));
        self
    }

    /// Adds an annotation of the audit event, whose value an expression gives; null leaves it out. For validating policies.
    #[must_use]
    pub fn audit(mut self, key: impl Into<String>, expression: impl Into<String>) -> Self {
        self.audit.push((key.into(), expression.into()));
        self
    }

    /// The resource of the object.
    #[must_use]
    pub fn resource(&self) -> ApiResource {
        resource(self.mutating, "")
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> DynamicObject {
        let pairs = |key: &str, value: &str, pairs: &[(String, String)]| -> Vec<Value> {
            pairs.iter().map(|(name, expression)| json!({key: name, value: expression})).collect()
        };
        let mut spec = json!({"failurePolicy": if self.ignores { "Ignore" } else { "Fail" }});
        if let Some((version, kind)) = &self.parameters {
            spec["paramKind"] = json!({"apiVersion": version, "kind": kind});
        }
        if let Some(constraints) = self.constraints.value() {
            spec["matchConstraints"] = constraints;
        }
        let mut put = |key: &str, values: Vec<Value>| {
            if !values.is_empty() {
                spec[key] = values.into();
            }
        };
        put("matchConditions", pairs("name", "expression", &self.conditions));
        put("variables", pairs("name", "expression", &self.variables));
        put(if self.mutating { "mutations" } else { "validations" }, self.expressions.clone());
        put("auditAnnotations", pairs("key", "valueExpression", &self.audit));
        if self.mutating {
            spec["reinvocationPolicy"] = if self.reinvoked { "IfNeeded" } else { "Never" }.into();
        }
        DynamicObject::new(&self.resource(), self.name.as_str()).with("spec", spec)
    }

    /// What is wrong with it, as far as it can be seen here. The expressions of mutating policies are not read: they make
    /// objects with a type.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut read = |what: &str, expression: &str| {
            // What is not known here may be known to the server.
            if let Err(error @ (CelError::Syntax { .. } | CelError::TooLarge)) = Expression::parse(expression) {
                problems.push(format!("{what} cannot be read: {error}"));
            }
        };
        for (name, expression) in &self.conditions {
            read(&format!("the condition {name:?}"), expression);
        }
        for (name, expression) in &self.variables {
            read(&format!("the variable {name:?}"), expression);
        }
        for (key, expression) in &self.audit {
            read(&format!("the audit annotation {key:?}"), expression);
        }
        for (index, validation) in self.expressions.iter().enumerate().filter(|_| !self.mutating) {
            for key in ["expression", "messageExpression"] {
                if let Some(expression) = validation.get(key).and_then(Value::as_str) {
                    read(&format!("the {key} of validation {index}"), expression);
                }
            }
        }
        if self.constraints.rules.is_empty() {
            problems.push("the policy has no rule, so it is for no request".into());
        }
        if self.expressions.is_empty() && self.audit.is_empty() {
            problems.push("the policy has no expression".into());
        }
        problems
    }

    /// The messages of the validations that a request violates: `request` is that of an `AdmissionReview`; an object that is
    /// not there is null. Rules and selectors are not looked at, match conditions are. A policy with parameters, and a
    /// mutating one, cannot be judged here: its expressions fail.
    #[must_use]
    pub fn judge(&self, request: &Value, object: &Value, old: &Value) -> Vec<String> {
        let conditions = self.conditions.iter().map(|(name, expression)| (name.as_str(), expression.as_str()));
        match MatchConditions::new(conditions).map(|all| all.judge(request, object, old, self.ignores)) {
            Ok(Matched::Called) => {}
            Ok(Matched::Skipped(_)) => return Vec::new(),
            Ok(Matched::Refused(why)) => return vec![why],
            Err(error) => return vec![error.to_string()],
        }
        // The budget of all expressions of an object.
        let mut budget = 10 * COST_MAX;
        let mut known = Map::new();
        let mut value = |expression: &str, known: &Map<String, Value>| -> Result<Value, String> {
            let variables = Value::Object(known.clone());
            let all = [("object", object), ("oldObject", old), ("request", request), ("variables", &variables)];
            let parsed = Expression::parse(expression);
            parsed.and_then(|parsed| parsed.evaluate_within(&all, &mut budget)).map_err(|error| error.to_string())
        };
        for (name, expression) in &self.variables {
            // One that fails is missing: an expression that uses it fails.
            if let Ok(found) = value(expression, &known) {
                known.insert(name.clone(), found);
            }
        }
        let mut violations = Vec::new();
        for validation in &self.expressions {
            let text = |key: &str| validation.get(key).and_then(Value::as_str).unwrap_or_default();
            let expression = text("expression");
            match value(expression, &known) {
                Ok(Value::Bool(true)) => {}
                Ok(_) => {
                    let said = Some(text("messageExpression")).filter(|message| !message.is_empty());
                    let said = said.and_then(|message| value(message, &known).ok()?.as_str().map(str::to_owned));
                    let message = Some(text("message")).filter(|message| !message.is_empty()).map(str::to_owned);
                    violations.push(said.or(message).unwrap_or_else(|| format!("failed expression: {expression}")));
                }
                Err(_) if self.ignores => {}
                Err(why) => violations.push(format!("expression '{expression}' resulted in error: {why}")),
            }
        }
        violations
    }
}

/// Where a [`Policy`] holds: a `ValidatingAdmissionPolicyBinding` or `MutatingAdmissionPolicyBinding`.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyBinding {
    name: String,
    policy: String,
    mutating: bool,
    actions: Vec<&'static str>,
    parameters: Option<Value>,
    constraints: Constraints,
}

impl PolicyBinding {
    /// Binds a policy. A violation denies the request.
    #[must_use]
    pub fn of(policy: &Policy, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policy: policy.name.clone(),
            mutating: policy.mutating,
            actions: vec!["Deny"],
            parameters: None,
            constraints: Constraints::default(),
        }
    }

    /// A violation is a warning, and does not deny the request.
    #[must_use]
    pub fn warn(mut self) -> Self {
        self.actions = vec!["Warn"];
        self
    }

    /// A violation is also in the audit event.
    #[must_use]
    pub fn audit(mut self) -> Self {
        if !self.actions.contains(&"Audit") {
            self.actions.push("Audit");
        }
        self
    }

    /// The object that is `params`, by name; in this namespace, or in that of the request. Without it the request is denied.
    #[must_use]
    pub fn parameters(mut self, namespace: Option<&str>, name: impl Into<String>) -> Self {
        let mut parameters = json!({"name": name.into(), "parameterNotFoundAction": "Deny"});
        if let Some(namespace) = namespace {
            parameters["namespace"] = namespace.into();
        }
        self.parameters = Some(parameters);
        self
    }

    /// Only objects with these labels.
    #[must_use]
    pub fn objects(mut self, selector: LabelSelector) -> Self {
        self.constraints.objects = Some(selector);
        self
    }

    /// Only objects in namespaces with these labels.
    #[must_use]
    pub fn namespaces(mut self, selector: LabelSelector) -> Self {
        self.constraints.namespaces = Some(selector);
        self
    }

    /// The resource of the object.
    #[must_use]
    pub fn resource(&self) -> ApiResource {
        resource(self.mutating, "Binding")
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> DynamicObject {
        let mut spec = json!({"policyName": self.policy});
        if !self.mutating {
            spec["validationActions"] = json!(self.actions);
        }
        if let Some(parameters) = &self.parameters {
            spec["paramRef"] = parameters.clone();
        }
        if let Some(constraints) = self.constraints.value() {
            spec["matchResources"] = constraints;
        }
        DynamicObject::new(&self.resource(), self.name.as_str()).with("spec", spec)
    }
}

fn resource(mutating: bool, binding: &str) -> ApiResource {
    let kind = format!("{}AdmissionPolicy{binding}", if mutating { "Mutating" } else { "Validating" });
    let plural = match binding {
        "" => format!("{}ies", kind.to_lowercase().trim_end_matches('y')),
        _ => format!("{}s", kind.to_lowercase()),
    };
    ApiResource::new("admissionregistration.k8s.io/v1", kind, plural, Scope::Cluster)
}

#[cfg(test)]
mod tests {
    use super::super::Operation;
    use super::*;

    fn pods() -> Rule {
        Rule::on(&ApiResource::new("v1", "Pod", "pods", Scope::Namespaced), [Operation::Create])
    }

    #[test]
    fn every_setting_has_its_field() {
        let policy = Policy::validating("a")
            .rule(pods())
            .except(pods())
            .objects("a=b".parse().unwrap())
            .namespaces("c".parse().unwrap())
            .ignore_failures()
            .condition("c", "true")
            .variable("v", "1")
            .validation("true", "m")
            .validation_with("true", "'m'")
            .audit("k", "'v'");
        let object = serde_json::to_value(policy.object()).unwrap();
        let spec = &object["spec"];
        assert_eq!(
            (&object["kind"], &*policy.resource().plural),
            (&json!("ValidatingAdmissionPolicy"), "validatingadmissionpolicies")
        );
        for (pointer, value) in [
            ("/failurePolicy", json!("Ignore")),
            ("/matchConditions", json!([{"name": "c", "expression": "true"}])),
            ("/variables", json!([{"name": "v", "expression": "1"}])),
            (
                "/validations",
                json!([{"expression": "true", "message": "m"}, {"expression": "true", "messageExpression": "'m'"}]),
            ),
            ("/auditAnnotations", json!([{"key": "k", "valueExpression": "'v'"}])),
            ("/matchConstraints/resourceRules/0/resources", json!(["pods"])),
            ("/matchConstraints/excludeResourceRules/0/operations", json!(["CREATE"])),
            ("/matchConstraints/objectSelector/matchExpressions/0/key", json!("a")),
            ("/matchConstraints/namespaceSelector/matchExpressions/0/operator", json!("Exists")),
        ] {
            assert_eq!(spec.pointer(pointer), Some(&value), "{pointer}");
        }
        assert!(policy.problems().is_empty());
        let binding =
            PolicyBinding::of(&policy, "b").audit().parameters(Some("n"), "p").namespaces("c".parse().unwrap());
        let spec = serde_json::to_value(binding.object()).unwrap()["spec"].take();
        assert_eq!(spec["validationActions"], json!(["Deny", "Audit"]));
        assert_eq!(spec["paramRef"], json!({"name": "p", "namespace": "n", "parameterNotFoundAction": "Deny"}));
        assert_eq!(spec["policyName"], "a");
        assert_eq!(binding.resource().plural, "validatingadmissionpolicybindings");
        let mutating = Policy::mutating("m").rule(pods()).apply("Object{}").json_patch("[]").reinvoke();
        let spec = serde_json::to_value(mutating.object()).unwrap()["spec"].take();
        assert_eq!(spec["reinvocationPolicy"], "IfNeeded");
        assert_eq!(
            spec["mutations"][0],
            json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}})
        );
        assert_eq!(spec["mutations"][1], json!({"patchType": "JSONPatch", "jsonPatch": {"expression": "[]"}}));
        let spec = serde_json::to_value(PolicyBinding::of(&mutating, "b").object()).unwrap()["spec"].take();
        assert!(spec.get("validationActions").is_none());
    }

    #[test]
    fn a_policy_is_judged() {
        let policy = Policy::validating("a")
            .rule(pods())
            .condition("not-old", "!has(object.old)")
            .variable("n", "object.n")
            .variable("twice", "variables.n * 2")
            .validation("variables.twice < 10", "too many")
            .validation_with("object.n != 4", "'not ' + string(variables.n)");
        let judge = |policy: &Policy, object: Value| policy.judge(&json!({}), &object, &Value::Null);
        assert_eq!(judge(&policy, json!({"n": 1})), [""; 0]);
        assert_eq!(judge(&policy, json!({"n": 5})), ["too many"]);
        assert_eq!(judge(&policy, json!({"n": 4})), ["not 4"]);
        assert_eq!(judge(&policy, json!({"n": 9, "old": 1})), [""; 0]);
        assert!(judge(&policy, json!({}))[0].contains("resulted in error"));
        assert_eq!(judge(&policy.clone().ignore_failures(), json!({})), [""; 0]);
        let wrong = Policy::validating("a").variable("v", "object.").validation("(", "m");
        assert_eq!(wrong.problems().len(), 3);
        assert_eq!(Policy::mutating("a").problems().len(), 2);
    }
}
