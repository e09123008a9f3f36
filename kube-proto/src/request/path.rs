//! The path of a request: the resource, namespace and object (docs/wire.md §1.1).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::verb::Verb;
use crate::resource::{ApiResource, Scope};
use crate::secret::UrlText;

/// The path of a request, below the server's URL. `Debug` hides queries.
#[derive(Clone, PartialEq, Eq)]
pub enum Path {
    /// A collection, an object, or a subresource of one.
    Resource(Box<ResourcePath>),
    /// Any path; it begins with `/` and may have a query. The segments `.` and `..` are refused, also if they are
    /// escaped.
    Absolute(String),
}

/// The path of a collection, an object, or a subresource.
#[derive(Clone, PartialEq, Eq)]
pub struct ResourcePath {
    /// The resource.
    pub resource: ApiResource,
    /// The namespace.
    pub namespace: Namespace,
    /// The object's name; `None` for the collection.
    pub name: Option<String>,
    /// `status`, or several segments.
    pub subresource: Option<Cow<'static, str>>,
    /// The path after the subresource `proxy`, in URL form: `/metrics?x=y`. The segments `.` and `..` are refused.
    pub tail: Option<String>,
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Resource(path) => path.fmt(f),
            Path::Absolute(path) => UrlText::from(path.as_str()).fmt(f),
        }
    }
}

impl fmt::Debug for ResourcePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourcePath")
            .field("resource", &self.resource)
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("subresource", &self.subresource)
            .field("tail", &self.tail.as_deref().map(UrlText::from))
            .finish()
    }
}

/// The namespace of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// All namespaces, for lists and watches; none for cluster-scoped resources.
    #[default]
    All,
    /// This one.
    Named(String),
    /// The default namespace of the session's configuration.
    Default,
}

impl Namespace {
    /// This namespace.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self::Named(name.into())
    }
}

impl From<&str> for Namespace {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl From<String> for Namespace {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl Path {
    /// Resource, namespace and name, for messages.
    pub(super) fn describe(&self, default_namespace: &str) -> (String, Option<String>, Option<String>) {
        match self {
            Path::Absolute(path) => {
                let path = path.split(['?', '#']).next().unwrap_or_default();
                (path.to_owned(), None, None)
            }
            Path::Resource(path) => {
                let mut resource = path.resource.group_resource();
                if let Some(subresource) = &path.subresource {
                    let _ = write!(resource, "/{subresource}");
                }
                let namespace = match (&path.namespace, path.resource.scope) {
                    (Namespace::All, _) | (_, Scope::Cluster) => None,
                    (Namespace::Named(name), _) => Some(name.clone()),
                    (Namespace::Default, _) => Some(or_default(default_namespace).to_owned()),
                };
                (resource, namespace, path.name.clone())
            }
        }
    }

    /// The API group that answers; `None` for a path without a group, and where a kubelet, a pod or a service answers.
    pub(crate) fn answering_group(&self) -> Option<&str> {
        match self {
            Path::Resource(path) => {
                let elsewhere = path.subresource.as_deref().is_some_and(|name| ELSEWHERE.contains(&name));
                (!elsewhere).then_some(&*path.resource.group)
            }
            Path::Absolute(path) => {
                let mut segments = path.split(['?', '#']).next()?.split('/').filter(|segment| !segment.is_empty());
                let group = match segments.next()? {
                    "api" => "",
                    "apis" => segments.next()?,
                    _ => return None,
                };
                // The subresource is the last segment, or `proxy` with a path behind it.
                let mut rest = segments.peekable();
                while let Some(segment) = rest.next() {
                    if segment == "proxy" || (rest.peek().is_none() && ELSEWHERE.contains(&segment)) {
                        return None;
                    }
                }
                Some(group)
            }
        }
    }

    /// The path with placeholders for what a caller chooses freely, and without a query.
    pub(crate) fn template(&self) -> String {
        match self {
            Path::Absolute(path) => {
                let mut segments = path.split(['?', '#']).next().unwrap_or_default().split('/').skip(1);
                let first = segments.next().unwrap_or_default();
                format!("/{first}{}", if segments.next().is_some() { "/{path}" } else { "" })
            }
            Path::Resource(path) => path.template(),
        }
    }

    /// Appends the path (and an absolute path's own query) to a URL.
    pub(super) fn write(&self, verb: &Verb, default_namespace: &str, url: &mut String) -> Result<(), String> {
        match self {
            Path::Absolute(path) if path.starts_with('/') => encode_url(path, url),
            Path::Absolute(path) => Err(format!("the path {:?} does not begin with '/'", UrlText::from(path.as_str()))),
            Path::Resource(path) => path.write(verb, default_namespace, url),
        }
    }
}

impl ResourcePath {
    fn write(&self, verb: &Verb, default_namespace: &str, url: &mut String) -> Result<(), String> {
        let ApiResource { group, version, plural, .. } = &self.resource;
        if group.is_empty() {
            url.push_str("/api");
        } else {
            url.push_str("/apis");
            segment("API group", group, url)?;
        }
        segment("API version", version, url)?;
        if let Some(namespace) = self.namespace(verb, default_namespace)? {
            url.push_str("/namespaces");
            segment("namespace", namespace, url)?;
        }
        match plural.bytes().all(|byte| byte.is_ascii_lowercase()) {
            true => segment("resource", plural, url)?,
            false => segment("resource", &plural.to_lowercase(), url)?,
        }
        if let Some(name) = self.name(verb)? {
            segment("name", name, url)?;
        }
        for part in self.subresource.iter().flat_map(|subresource| subresource.split('/')) {
            segment("subresource", part, url)?;
        }
        if let Some(tail) = &self.tail {
            // A GET of exactly `/proxy` is only a redirect to `/proxy/`.
            if !tail.starts_with('/') {
                url.push('/');
            }
            encode_url(tail, url)?;
        }
        Ok(())
    }

    fn template(&self) -> String {
        let ApiResource { group, version, plural, scope, .. } = &self.resource;
        let mut template = String::with_capacity(96);
        let parts = if group.is_empty() { ["/api", "", ""] } else { ["/apis", "/", group] };
        parts.into_iter().chain(["/", version]).for_each(|part| template.push_str(part));
        if *scope == Scope::Namespaced && self.namespace != Namespace::All {
            template.push_str("/namespaces/{namespace}");
        }
        template.push('/');
        template.push_str(plural);
        if self.name.is_some() {
            template.push_str("/{name}");
        }
        if let Some(subresource) = &self.subresource {
            template.push('/');
            template.push_str(subresource);
        }
        if self.tail.is_some() {
            template.push_str("/{path}");
        }
        template
    }

    fn namespace<'a>(&'a self, verb: &Verb, default_namespace: &'a str) -> Result<Option<&'a str>, String> {
        let plural = &self.resource.plural;
        match (self.resource.scope, &self.namespace) {
            (Scope::Cluster, Namespace::Named(name)) => Err(format!(
                "{plural} are cluster scoped and in no namespace, so not in {name:?} either: use Api::all()"
            )),
            (Scope::Cluster, Namespace::All | Namespace::Default) => Ok(None),
            (Scope::Namespaced, Namespace::Named(name)) if name.is_empty() => {
                Err("the name of the namespace is empty: for all namespaces use Api::all()".into())
            }
            (Scope::Namespaced, Namespace::Named(name)) => Ok(Some(name)),
            (Scope::Namespaced, Namespace::Default) => Ok(Some(or_default(default_namespace))),
            (Scope::Namespaced, Namespace::All) => match verb {
                Verb::List | Verb::Watch if self.name.is_none() => Ok(None),
                _ => Err(format!(
                    "{plural} live in namespaces, and all namespaces together can only be listed and watched: \
                     name one with Api::namespaced(..), or use Api::default_namespace()"
                )),
            },
        }
    }

    fn name(&self, verb: &Verb) -> Result<Option<&str>, String> {
        match (&self.name, verb) {
            (Some(name), _) if name.is_empty() => Err(match verb {
                Verb::Get => "the object's name is empty: to read all of them use list".into(),
                Verb::Delete => "the object's name is empty: to delete all of them use delete_collection".into(),
                _ => "the object's name is empty".into(),
            }),
            (Some(name), _) => Ok(Some(name)),
            (None, _) if self.subresource.is_some() => {
                Err("a subresource belongs to one object, and no name was given".into())
            }
            (None, Verb::List | Verb::Watch | Verb::Create | Verb::DeleteCollection | Verb::Raw(_)) => Ok(None),
            (None, _) => Err("the object's name was not given".into()),
        }
    }
}

/// The path of the server's URL, without a final slash.
pub(super) fn prefix(prefix: &str) -> Result<String, String> {
    let trimmed = prefix.trim_end_matches('/');
    if !trimmed.is_empty() && !trimmed.starts_with('/') {
        return Err(format!("the path {prefix:?} of the server's URL does not begin with '/'"));
    }
    let mut url = String::with_capacity(128);
    encode_url(trimmed, &mut url)?;
    Ok(url)
}

fn or_default(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// Appends `/` and one segment. It refuses what client-go refuses, because no server would see it as one segment.
fn segment(what: &str, text: &str, url: &mut String) -> Result<(), String> {
    let fault = match text {
        "" => return Err(format!("the {what} is empty")),
        "." | ".." => "it would be taken for a step in the path",
        text if text.contains('/') => "it may not contain '/'",
        text if text.contains('%') => "it may not contain '%'",
        _ => {
            url.push('/');
            url.extend(utf8_percent_encode(text, SEGMENT));
            return Ok(());
        }
    };
    Err(format!("the {what} {text:?} cannot be a part of a URL: {fault}"))
}

/// Appends text that is already in URL form: it escapes only what no URL may hold, and `;`, because Go's query parser
/// drops the whole parameter.
///
/// It refuses the segments `.` and `..`, also where they or the slashes around them are escaped: a server or a proxy
/// would take them for a step in the path, and the request would reach another object than the one that was checked.
fn encode_url(text: &str, url: &mut String) -> Result<(), String> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    if let Some(step) = decoded.split(['/', '\\']).find(|segment| matches!(*segment, "." | "..")) {
        let path = UrlText::from(path);
        return Err(format!("the path {path:?} has the segment {step:?}, which would be taken for a step in the path"));
    }
    let mut rest = text.split('#').next().unwrap_or_default();
    while let Some(at) = rest.find('%') {
        let (before, after) = rest.split_at(at);
        url.extend(utf8_percent_encode(before, URL));
        let escaped = after.as_bytes().get(1..3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        url.push_str(if escaped { "%" } else { "%25" });
        rest = after.get(1..).unwrap_or_default();
    }
    url.extend(utf8_percent_encode(rest, URL));
    Ok(())
}

/// Subresources that another server than the API server answers.
const ELSEWHERE: [&str; 5] = ["log", "exec", "attach", "portforward", "proxy"];

/// All characters except RFC 3986's unreserved ones, and those of its `pchar` that names may hold and Go leaves
/// unescaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'=');

const URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b';');
