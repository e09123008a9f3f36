//! Requests as values: an [`Api`] names the objects, and an [`ApiRequest`] has everything that one exchange needs,
//! except the server and the credential.
//!
//! ```
//! use kube_proto::api::{GetParams, ListParams, Target};
//! use kube_proto::resource::{ApiResource, Scope};
//!
//! let pods = Target::of(ApiResource::new("v1", "Pod", "pods", Scope::Namespaced)).within("shop");
//!
//! let request = pods.get("web-0", &GetParams::default());
//! assert_eq!(request.build("", "default")?.uri(), "/api/v1/namespaces/shop/pods/web-0");
//!
//! let request = pods.list(&ListParams::default().label_selector("app=web").limit(500));
//! // A server URL may have a path of its own: it goes before every other.
//! assert_eq!(
//!     request.build("/clusters/7", "default")?.uri(),
//!     "/clusters/7/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&limit=500"
//! );
//! # Ok::<(), kube_proto::Error>(())
//! ```
//!
//! Nothing here fails before [`ApiRequest::build`]: the request keeps a mistake (an empty name, a body that does not
//! serialize), and `build` reports it, together with the attempted action.

mod accept;
mod body;
pub(crate) mod delete;
pub(crate) mod fields;
pub(crate) mod labels;
pub(crate) mod params;
pub(crate) mod patch;
pub(crate) mod path;
mod query;
pub(crate) mod streaming;
pub(crate) mod target;
#[cfg(test)]
mod tests;
pub(crate) mod verb;

pub(crate) use accept::Accepts;
pub use accept::JSON;
pub use delete::{DeleteParams, PropagationPolicy};
pub use fields::{FieldRequirement, FieldSelector};
pub use labels::{LabelRequirement, LabelSelector, LabelTest};
pub use params::{FieldValidation, GetParams, ListParams, PatchParams, VersionMatch, WatchParams, WriteParams};
pub use patch::{JsonPatch, Patch, PatchType, pointer};
pub use path::{Namespace, Path, ResourcePath};
pub use query::Query;
pub use streaming::{AttachParams, ExecParams, LogParams, LogStream, PortForwardParams, ProxyTarget};
pub use target::{Subresource, Target};
pub use verb::Verb;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};

use accept::{METADATA, METADATA_LIST, TABLE, WITHOUT_MANAGED_FIELDS};

use crate::error::{Attempt, Error};
use crate::frame::trim::Trim;
use crate::resource::Part;
use crate::settings::ContentType;

/// Everything that one exchange needs, as a value.
///
/// The operation that sends it adds credentials, `User-Agent`, impersonation and `Accept-Encoding`. Headers of the
/// request's own take their place: its `Authorization`, `User-Agent` and `Accept-Encoding` replace the session's, and one
/// header `Impersonate-User` replaces the session's whole impersonated identity.
#[derive(Clone)]
pub struct ApiRequest {
    /// The verb.
    pub verb: Verb,
    /// The object or collection.
    pub path: Path,
    /// The parameters. They follow a query that is already part of an absolute path.
    pub query: Query,
    /// The value of `Accept`. A read of an [`Api`](crate::Api) that asks for protobuf puts that before it when it is sent.
    pub accept: Cow<'static, str>,
    /// The value of `Content-Type`, if there is a body.
    pub content_type: Option<Cow<'static, str>>,
    /// The body.
    pub body: Bytes,
    /// Further headers.
    pub headers: HeaderMap,
    /// Whether the request may change something on the server: `false` for dry runs and for reviews, whatever their
    /// verb.
    pub mutates: bool,
    /// The encodings of the answer.
    accepts: Accepts,
    /// The name of the object in the body, for messages, if the path has none.
    subject: Option<String>,
    /// The first mistake in building the request.
    misuse: Option<String>,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ApiRequest {
    /// A request without parameters and body, which accepts JSON.
    #[must_use]
    pub fn new(verb: Verb, path: Path) -> Self {
        Self {
            mutates: verb.mutates(),
            verb,
            path,
            query: Query::default(),
            accept: Cow::Borrowed(JSON),
            content_type: None,
            body: Bytes::new(),
            headers: HeaderMap::new(),
            accepts: Accepts::AS_IT_IS,
            subject: None,
            misuse: None,
        }
    }

    /// A request of any method to any path: `/livez?verbose`, `/openapi/v3`, `/apis/example.com/v1/...`.
    ///
    /// `path_and_query` begins with `/`. It is sent as it is, but characters that no URL may hold are escaped, and the
    /// path of the server's URL goes before it. A path with the segment `.` or `..`, also if it is escaped, is an error:
    /// a server or a proxy would take it for a step to another path. The request accepts any media type. Its body is sent as JSON unless
    /// [`ApiRequest::content_type`] is changed.
    #[must_use]
    pub fn raw(method: Method, path_and_query: impl Into<String>, body: impl Into<Bytes>) -> Self {
        let mut request = Self::new(Verb::Raw(method), Path::Absolute(path_and_query.into()));
        request.accept = Cow::Borrowed("application/json, */*");
        request.body = body.into();
        request.content_type = (!request.body.is_empty()).then_some(Cow::Borrowed(JSON));
        request
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push(name, value);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Replaces `Accept`.
    #[must_use]
    pub fn accept(mut self, accept: impl Into<Cow<'static, str>>) -> Self {
        self.accept = accept.into();
        self.accepts = Accepts::AS_IT_IS;
        self
    }

    /// Asks for a table as kubectl prints it; each row has the metadata of its object, the whole object, or nothing of
    /// it. A server without tables answers with the objects.
    #[must_use]
    pub fn as_table(mut self, include: IncludeObject) -> Self {
        self.accept = Cow::Borrowed(TABLE);
        self.accepts = Accepts::AS_IT_IS;
        match include {
            IncludeObject::Metadata => self.query.remove("includeObject"),
            IncludeObject::None => self.query.set("includeObject", "None"),
            IncludeObject::Object => self.query.set("includeObject", "Object"),
        }
        self
    }

    /// Asks the server to leave out parts that the caller does not read. Servers before 1.38 send them all the same.
    pub(crate) fn leave_out(&mut self, trim: &Trim) {
        if !trim.unwanted().managed_fields {
            return;
        }
        if self.accept == JSON {
            self.accept = Cow::Borrowed(WITHOUT_MANAGED_FIELDS);
        }
    }

    /// Does not ask for protobuf.
    pub(crate) fn in_json(mut self) -> Self {
        self.accepts = Accepts::AS_IT_IS;
        self
    }

    /// Asks for protobuf only if the API of the request does so itself.
    pub(crate) fn undecoded(mut self) -> Self {
        self.accepts = self.accepts.of_bytes();
        self
    }

    /// Asks for this part of each object.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.accept = Cow::Borrowed(match (part, &self.verb) {
            (Part::Whole, _) => JSON,
            (Part::Metadata, Verb::List | Verb::DeleteCollection) => METADATA_LIST,
            (Part::Metadata, _) => METADATA,
        });
        self
    }

    /// Records a mistake for [`ApiRequest::build`] to report; the first one counts.
    #[must_use]
    pub fn refuse(mut self, text: impl Into<String>) -> Self {
        self.misuse.get_or_insert_with(|| text.into());
        self
    }

    /// Sends this body.
    pub(crate) fn with_body(mut self, content_type: &'static str, body: Bytes) -> Self {
        self.content_type = Some(Cow::Borrowed(content_type));
        self.body = body;
        self
    }

    /// Names the object in the body, for messages.
    pub(crate) fn about(mut self, subject: Option<String>) -> Self {
        self.subject = subject;
        self
    }

    /// The attempted action, for messages; `server` is empty.
    #[must_use]
    pub fn attempt(&self, default_namespace: &str) -> Attempt {
        let (resource, namespace, name) = self.path.describe(default_namespace);
        Attempt {
            verb: self.verb.name(),
            resource,
            namespace,
            name: name.or_else(|| self.subject.clone()),
            server: String::new(),
            mutates: self.mutates,
            request_id: None,
        }
    }

    /// The HTTP request. Its URI is in origin form (`/api/v1/pods?limit=5`), after `prefix`, the path of the server's
    /// URL. [`Namespace::Default`] becomes `default_namespace`, or `default` if that is empty. It asks for the encoding that
    /// a session with default settings asks for.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if the parts make no valid request.
    pub fn build(&self, prefix: &str, default_namespace: &str) -> Result<Request<Bytes>, Error> {
        self.build_for(prefix, default_namespace, ContentType::Auto)
    }

    /// The same for a session with this setting.
    pub(crate) fn build_for(
        &self,
        prefix: &str,
        default_namespace: &str,
        content_type: ContentType,
    ) -> Result<Request<Bytes>, Error> {
        self.assemble(prefix, default_namespace, content_type)
            .map_err(|text| Error::misuse(text).during(&self.attempt(default_namespace)))
    }

    fn assemble(
        &self,
        prefix: &str,
        default_namespace: &str,
        content_type: ContentType,
    ) -> Result<Request<Bytes>, String> {
        if let Some(misuse) = &self.misuse {
            return Err(misuse.clone());
        }
        let mut uri = path::prefix(prefix)?;
        self.path.write(&self.verb, default_namespace, &mut uri)?;
        self.query.write(&mut uri);
        let length = uri.len();
        let uri = http::uri::PathAndQuery::try_from(uri)
            .map_err(|error| format!("the request's URL of {length} bytes cannot be sent: {error}"))?;
        let mut headers = self.headers.clone();
        headers.insert(header::ACCEPT, value("Accept", &self.accepts.header(&self.accept, content_type))?);
        if let Some(content_type) = &self.content_type {
            headers.insert(header::CONTENT_TYPE, value("Content-Type", content_type)?);
        }
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.verb.method();
        *request.uri_mut() = uri.into();
        *request.headers_mut() = headers;
        Ok(request)
    }
}

impl fmt::Debug for ApiRequest {
    /// Leaves out headers and body: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("verb", &self.verb)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("accept", &self.accept)
            .field("misuse", &self.misuse)
            .finish_non_exhaustive()
    }
}

/// The part of its object that a row of a table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IncludeObject {
    /// The metadata.
    #[default]
    Metadata,
    /// Nothing.
    None,
    /// All of it.
    Object,
}

fn value(header: &str, text: &str) -> Result<HeaderValue, String> {
    if text == JSON {
        return Ok(HeaderValue::from_static(JSON));
    }
    HeaderValue::from_str(text).map_err(|_| format!("{text:?} cannot be the value of the header {header}"))
}
