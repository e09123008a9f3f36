//! The verbs of the API.

use std::borrow::Cow;

use http::Method;

/// The verb of a request, as in RBAC roles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read a collection.
    List,
    /// Receive changes.
    Watch,
    /// Create an object, or a subresource of one.
    Create,
    /// Replace an object.
    Update,
    /// Change a part of an object.
    Patch,
    /// Delete an object.
    Delete,
    /// Delete all objects of a collection that match.
    DeleteCollection,
    /// Open a two-way session: exec, attach, portforward. It is a `GET` that switches protocols. Roles need `get` and,
    /// since 1.35, `create` (docs/wire.md §6.1).
    Connect,
    /// Any HTTP method, on the caller's own path.
    Raw(Method),
}

impl Verb {
    /// `get`, `deletecollection`; the HTTP method for [`Verb::Raw`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.fixed().unwrap_or_else(|method| method.as_str())
    }

    /// The verb of the API, or else the method of the caller.
    fn fixed(&self) -> Result<&'static str, &Method> {
        Ok(match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
            Verb::Connect => "connect",
            Verb::Raw(method) => return Err(method),
        })
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Verb::Get | Verb::List | Verb::Watch | Verb::Connect => Method::GET,
            Verb::Create => Method::POST,
            Verb::Update => Method::PUT,
            Verb::Patch => Method::PATCH,
            Verb::Delete | Verb::DeleteCollection => Method::DELETE,
            Verb::Raw(method) => method.clone(),
        }
    }

    /// Whether it may change something on the server.
    #[must_use]
    pub fn mutates(&self) -> bool {
        match self {
            Verb::Get | Verb::List | Verb::Watch => false,
            Verb::Create | Verb::Update | Verb::Patch | Verb::Delete | Verb::DeleteCollection | Verb::Connect => true,
            Verb::Raw(method) => !method.is_safe(),
        }
    }

    /// The verb as an owned or static text.
    pub(super) fn name(&self) -> Cow<'static, str> {
        self.fixed().map_or_else(|method| method.as_str().to_owned().into(), Into::into)
    }
}
