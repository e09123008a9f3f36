//! A question about access, and its answer.

use std::fmt;

use crate::resource::review::SubjectAccessReviewStatus;
use crate::resource::{ApiResource, NonResourceAttributes, ResourceAttributes};

/// Something that a user may be allowed to do. `*` as a verb, group or resource asks for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "mostly a resource")]
pub enum Action {
    /// On a resource.
    Resource(ResourceAttributes),
    /// On a path that is no resource.
    Path(NonResourceAttributes),
}

impl Action {
    /// A verb on a resource by its plural name: `pods`, `deployments.apps`, `pods/log`, `deployments.apps/scale`. In all namespaces
    /// until [`Action::within`] names one.
    #[must_use]
    pub fn new(verb: impl Into<String>, resource: &str) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
        Action::Resource(ResourceAttributes {
            verb: verb.into(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            ..ResourceAttributes::default()
        })
    }

    /// A verb on this resource.
    #[must_use]
    pub fn on(verb: impl Into<String>, resource: &ApiResource) -> Self {
        Action::Resource(ResourceAttributes {
            verb: verb.into(),
            group: resource.group.to_string(),
            version: resource.version.to_string(),
            resource: resource.plural.to_string(),
            ..ResourceAttributes::default()
        })
    }

    /// A method, in lower case, on a path: `get` on `/metrics`.
    #[must_use]
    pub fn path(method: impl Into<String>, path: impl Into<String>) -> Self {
        Action::Path(NonResourceAttributes { verb: method.into(), path: path.into() })
    }

    /// In this namespace. A path has none.
    #[must_use]
    pub fn within(self, namespace: impl Into<String>) -> Self {
        self.with(|attributes| attributes.namespace = namespace.into())
    }

    /// On the object of this name. A path has none.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.with(|attributes| attributes.name = name.into())
    }

    /// On this subresource. A path has none.
    #[must_use]
    pub fn subresource(self, subresource: impl Into<String>) -> Self {
        self.with(|attributes| attributes.subresource = subresource.into())
    }

    fn with(mut self, change: impl FnOnce(&mut ResourceAttributes)) -> Self {
        if let Action::Resource(attributes) = &mut self {
            change(attributes);
        }
        self
    }

    /// Both forms, of which one is set.
    pub(super) fn attributes(self) -> (Option<ResourceAttributes>, Option<NonResourceAttributes>) {
        match self {
            Action::Resource(resource) => (Some(resource), None),
            Action::Path(path) => (None, Some(path)),
        }
    }
}

impl From<ResourceAttributes> for Action {
    fn from(resource: ResourceAttributes) -> Self {
        Action::Resource(resource)
    }
}

impl From<NonResourceAttributes> for Action {
    fn from(path: NonResourceAttributes) -> Self {
        Action::Path(path)
    }
}

impl fmt::Display for Action {
    /// `patch deployments.apps/scale web in shop`, `get /metrics`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Path(NonResourceAttributes { path, verb }) => write!(f, "{verb} {path}"),
            Action::Resource(asked) => {
                write!(f, "{} {}", asked.verb, asked.resource)?;
                for (sign, part) in [(".", &asked.group), ("/", &asked.subresource), (" ", &asked.name)] {
                    if !part.is_empty() {
                        write!(f, "{sign}{part}")?;
                    }
                }
                if asked.namespace.is_empty() { Ok(()) } else { write!(f, " in {}", asked.namespace) }
            }
        }
    }
}

/// The answer about an [`Action`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The decision.
    pub decision: Decision,
    /// Why; may be empty.
    pub reason: String,
    /// What the server could not evaluate; empty if all went well. An error beside `NoOpinion` means that the answer may be another
    /// one soon.
    pub error: String,
}

/// Whether an action is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It is.
    Allowed,
    /// It is forbidden, whatever other authorizers say.
    Denied,
    /// No rule allows it, so it is refused.
    NoOpinion,
}

impl Access {
    /// Whether the action is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.decision == Decision::Allowed
    }

    /// Whether the refusal comes from an error, and not from the rules.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        !self.is_allowed() && !self.error.is_empty()
    }

    /// The answer of a review.
    #[must_use]
    pub fn of(status: SubjectAccessReviewStatus) -> Self {
        let decision = match (status.allowed, status.denied) {
            // A server never sets both.
            (_, true) => Decision::Denied,
            (true, false) => Decision::Allowed,
            (false, false) => Decision::NoOpinion,
        };
        Self { decision, reason: status.reason, error: status.evaluation_error }
    }
}

impl fmt::Display for Access {
    /// kubectl's words: `yes`, `no - why`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_allowed() {
            return f.write_str("yes");
        }
        f.write_str("no")?;
        for text in [&self.reason, &self.error] {
            if !text.is_empty() {
                write!(f, " - {text}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts() {
        for (action, text) in [
            (Action::new("get", "pods"), "get pods"),
            (Action::new("get", "pods/log").within("shop").named("a"), "get pods/log a in shop"),
            (Action::new("patch", "deployments.apps/scale"), "patch deployments.apps/scale"),
            (Action::new("get", "certificates.cert-manager.io"), "get certificates.cert-manager.io"),
            (Action::new("get", "pods").subresource("exec"), "get pods/exec"),
            (Action::path("get", "/metrics").within("x").named("y").subresource("z"), "get /metrics"),
        ] {
            assert_eq!(action.to_string(), text);
        }
        let Action::Resource(asked) = Action::new("get", "certificates.cert-manager.io") else { panic!("a resource") };
        assert_eq!((asked.resource.as_str(), asked.group.as_str()), ("certificates", "cert-manager.io"));
    }

    #[test]
    fn decisions() {
        let status = |allowed, denied, reason: &str, error: &str| SubjectAccessReviewStatus {
            allowed,
            denied,
            reason: reason.into(),
            evaluation_error: error.into(),
        };
        for (status, decision, uncertain, text) in [
            (status(true, false, "", ""), Decision::Allowed, false, "yes"),
            (status(true, false, "rule", "trouble"), Decision::Allowed, false, "yes"),
            (status(false, true, "policy", ""), Decision::Denied, false, "no - policy"),
            (status(true, true, "", ""), Decision::Denied, false, "no"),
            (status(false, false, "", ""), Decision::NoOpinion, false, "no"),
            (status(false, false, "why", "trouble"), Decision::NoOpinion, true, "no - why - trouble"),
        ] {
            let access = Access::of(status);
            assert_eq!(
                (access.decision, access.is_uncertain(), access.to_string().as_str()),
                (decision, uncertain, text)
            );
        }
    }
}
