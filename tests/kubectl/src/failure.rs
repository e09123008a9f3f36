//! Errors as kubectl prints them (docs/wire.md §5.3).

use kube_proto::driver::FaultKind;
use kube_proto::resource::ApiResource;
use kube_proto::{Error, ErrorKind};

/// The text of a failure: one or more lines, without the last newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    /// An error of kubectl itself.
    pub(super) fn text(text: impl std::fmt::Display) -> Self {
        Self(format!("error: {text}"))
    }

    /// The server's error, with the action and the file of the object.
    pub(super) fn about(error: &Error, verb: &str, source: &str) -> Self {
        if source.is_empty() {
            return Self(message(error));
        }
        match error.status() {
            Some(status) => {
                let mut status = status.clone();
                status.message = format!("error when {verb} {source:?}: {}", status.message);
                Self(status.kubectl_message())
            }
            None => Self::text(format!("error when {verb} {source:?}: {}", bare(error))),
        }
    }
}

impl Failure {
    /// The server's error about a list, with the list's resource and selectors.
    pub(super) fn listing(error: &Error, resource: &ApiResource, labels: &str, fields: &str) -> Self {
        let Some(status) = error
            .status()
            .filter(|status| status.is_bad_request() || status.is_not_found() || status.is_missing_resource())
        else {
            return Self(message(error));
        };
        let subject = format!("{}/{}, Resource={}", resource.group, resource.version, resource.plural);
        let mut status = status.clone();
        status.message = if labels.is_empty() && fields.is_empty() {
            format!("Unable to list {subject:?}: {}", status.message)
        } else {
            format!(
                "Unable to find {subject:?} that match label selector {labels:?}, field selector {fields:?}: {}",
                status.message
            )
        };
        Self(status.kubectl_message())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(message(&error))
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// An error as kubectl prints it, without a last newline. `main` also prints errors of the configuration with it.
#[must_use]
pub fn message(error: &Error) -> String {
    match error.kind() {
        // The body is not a Status and is not printed.
        ErrorKind::Api(api) if api.synthetic && api.status.code == 404 => {
            "Error from server (NotFound): the server could not find the requested resource".to_owned()
        }
        ErrorKind::Api(api) => api.status.kubectl_message(),
        ErrorKind::Transport(fault) if fault.kind == FaultKind::Refused => {
            let server = error.attempt().map_or("", |attempt| attempt.server.as_str());
            let host = server.split_once("://").map_or(server, |(_, host)| host);
            format!("The connection to the server {host} was refused - did you specify the right host or port?")
        }
        ErrorKind::Transport(fault) => format!("Unable to connect to the server: {fault}"),
        ErrorKind::Timeout { .. } => format!("Unable to connect to the server: {}", bare(error)),
        ErrorKind::Config(text) => format!("Error in configuration: {text}"),
        _ => {
            let text = bare(error);
            // kubectl does not repeat the group.
            let known = text.starts_with("the server doesn't have a resource type");
            let short = text.split_once(" in group ").filter(|_| known).map_or(text.as_str(), |(head, _)| head);
            format!("error: {short}")
        }
    }
}

/// The error without the attempted operation, which kubectl does not print.
fn bare(error: &Error) -> String {
    Error::new(error.kind().clone()).to_string()
}

/// 404 of any kind: kubectl does not tell a missing object from a missing resource.
pub(crate) fn is_not_found(error: &Error) -> bool {
    error.is_not_found() || error.is_missing_resource()
}

#[cfg(test)]
mod tests {
    use kube_proto::driver::Fault;
    use kube_proto::error::{ApiError, Attempt};
    use kube_proto::response::Status;

    use super::*;

    fn api(reason: &str, text: &str) -> Error {
        let status = Status { reason: reason.into(), message: text.into(), ..Status::default() };
        ErrorKind::Api(Box::new(ApiError { status, ..ApiError::default() })).into()
    }

    #[test]
    fn messages() {
        let attempt = Attempt { server: "https://k.example:6443".into(), verb: "get".into(), ..Attempt::default() };
        let refused = Error::from(ErrorKind::Transport(Fault::unsent(FaultKind::Refused, "no")));
        let reset = Error::from(ErrorKind::Transport(Fault::unknown(FaultKind::Closed, "connection reset")));
        for (error, text) in [
            (api("NotFound", "pods \"x\" not found"), "Error from server (NotFound): pods \"x\" not found"),
            (api("", "strange"), "Error from server: strange"),
            (api("Unauthorized", "Unauthorized"), "error: You must be logged in to the server (Unauthorized)"),
            (
                refused.during(&attempt),
                "The connection to the server k.example:6443 was refused - did you specify the right host or port?",
            ),
            (reset, "Unable to connect to the server: connection reset"),
            (Error::misuse("the name is empty").during(&attempt), "error: the name is empty"),
        ] {
            assert_eq!(message(&error), text);
        }
    }

    #[test]
    fn list_errors_name_resource_and_selectors() {
        let pods = ApiResource::new("v1", "Pod", "pods", kube_proto::resource::Scope::Namespaced);
        let bad = api("BadRequest", "field label not supported: x");
        assert_eq!(
            Failure::listing(&bad, &pods, "", "x=1").0,
            "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"\", field \
             selector \"x=1\": field label not supported: x"
        );
        assert_eq!(
            Failure::listing(&api("NotFound", "gone"), &pods, "", "").0,
            "Error from server (NotFound): Unable to list \"/v1, Resource=pods\": gone"
        );
        assert_eq!(Failure::listing(&api("Forbidden", "no"), &pods, "a", "").0, "Error from server (Forbidden): no");
    }

    #[test]
    fn errors_name_the_action_and_the_file() {
        let exists = api("AlreadyExists", "pods \"x\" already exists");
        assert_eq!(
            Failure::about(&exists, "creating", "pod.yaml").0,
            "Error from server (AlreadyExists): error when creating \"pod.yaml\": pods \"x\" already exists"
        );
        assert_eq!(Failure::about(&exists, "creating", "").0, message(&exists));
        let misuse = Error::misuse("no");
        assert_eq!(Failure::about(&misuse, "creating", "a").0, "error: error when creating \"a\": no");
    }
}
