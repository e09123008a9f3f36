//! The document that a request asks for, and whether a 2xx answer is that document.
//!
//! | asked for | answer | result |
//! |---|---|---|
//! | anything | a `Status` that is not `Success` | its error |
//! | a deletion, an eviction, a binding | empty | success, as a `Status` |
//! | a deletion, an eviction, a binding | a `Status` of success | success |
//! | an object or a list | empty | an error |
//! | an object or a list | a `Status` of success | an error |
//! | an object, also as a deletion's answer | no JSON object | an error |
//! | an object, also as a deletion's answer | an object of another kind or version | an error |
//! | a list, also as a deletion's answer | a list of another kind, or no list | an error |
//! | metadata only | the metadata, or the whole object or list | the answer |
//! | a table | the table, or the object or list | the answer |
//! | any | a document without `kind` | the answer, if it decodes |
//! | a subresource of unknown kind | any object but a `Status` | the answer |
//! | a watch | an event with an object of another kind or version | an undecodable object; the watch goes on |
//!
//! client-go accepts an empty answer in the same places, and is silent where this table has the last errors: its typed
//! clients return an empty object for an answer of another kind.
//!
//! A request by its path, [`ApiRequest::raw`], asks for no particular document.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::response::Parts;

use super::decode::explained;
use crate::encoding::{is_object, types};
use crate::error::failure::failure_in_success;
use crate::error::{Error, ErrorKind, excerpt};
use crate::frame::trim::Trim;
use crate::request::ApiRequest;
use crate::request::path::{Path, ResourcePath};
use crate::request::verb::Verb;

/// Reads the body of a successful response, without the parts that the caller does not need.
pub(crate) type Decode<T> = fn(&Parts, &Bytes, Option<&Trim>) -> Result<T, Error>;

/// Decodes a successful response: every operation with one document calls its decoder here.
pub(crate) struct Decoder<T> {
    read: Decode<T>,
    check: Check,
    trim: Option<Trim>,
}

/// What is checked before a body is read.
#[derive(Clone, Copy, Debug)]
enum Check {
    /// Nothing.
    Nothing,
    /// It is no `Status` of a failure.
    Failure,
    /// It is the document that the request asks for.
    Kind,
}

impl<T> Decoder<T> {
    /// A decoder that checks first that the body is the document that the request asks for.
    pub(crate) fn new(read: Decode<T>) -> Self {
        Self { read, check: Check::Kind, trim: None }
    }

    /// A decoder for any document but a `Status` of a failure.
    pub(super) fn of_any(read: Decode<T>) -> Self {
        Self { read, check: Check::Failure, trim: None }
    }

    /// A decoder without checks.
    pub(super) fn unchecked(read: Decode<T>) -> Self {
        Self { read, check: Check::Nothing, trim: None }
    }

    /// Leaves these parts out.
    pub(super) fn without(mut self, trim: Trim) -> Self {
        self.trim = Some(trim);
        self
    }

    pub(super) fn decode(&self, request: &ApiRequest, head: &Parts, body: &Bytes) -> Result<T, Error> {
        let trim = self.trim.as_ref();
        if matches!(self.check, Check::Nothing) {
            return (self.read)(head, body, trim);
        }
        let types = types(body);
        // Of what has another kind, only the first members are read.
        let is_another = matches!(&types, Some([_, Some(kind)]) if kind != "Status");
        if !is_another && let Some(api) = failure_in_success(head, body) {
            return Err(Error::new(ErrorKind::Api(Box::new(api))));
        }
        let read = |body| (self.read)(head, body, trim).map_err(|error| explained(head, error));
        let Some(expected) = Expected::of(request).filter(|_| matches!(self.check, Check::Kind)) else {
            return read(body);
        };
        if body.trim_ascii().is_empty() && expected.status {
            return read(&Bytes::from_static(SUCCESS));
        }
        match expected.mismatch(body, types) {
            None => read(body),
            // The decoder's own error says more, if it has one.
            Some(text) => read(body).and_then(|_| Err(explained(head, Error::decode(text, b"")))),
        }
    }
}

/// The documents that answer a request.
#[derive(Clone, Debug)]
pub(super) struct Expected<'a> {
    api_version: Cow<'a, str>,
    /// The kind of the objects; empty if it is not known.
    kind: Cow<'a, str>,
    list: bool,
    /// A `Status` of success, or an empty body, is an answer.
    status: bool,
    /// Other forms of the same document that the request accepts, each of `meta.k8s.io`.
    forms: &'static [&'static str],
}

impl<'a> Expected<'a> {
    /// `None` if the request is for no resource.
    pub(super) fn of(request: &'a ApiRequest) -> Option<Self> {
        let Path::Resource(path) = &request.path else { return None };
        let (api_version, kind) = kind_of(path)?;
        Some(Self {
            api_version,
            kind: kind.into(),
            list: matches!(request.verb, Verb::List | Verb::DeleteCollection),
            status: matches!(request.verb, Verb::Delete | Verb::DeleteCollection)
                || matches!(path.subresource.as_deref(), Some("eviction" | "binding")),
            forms: match &*request.accept {
                accept if accept.contains("as=PartialObjectMetadata") => {
                    &["PartialObjectMetadata", "PartialObjectMetadataList"]
                }
                accept if accept.contains("as=Table") => &["Table"],
                _ => &[],
            },
        })
    }

    /// What is wrong with a document of these types, if it is not the expected one.
    fn mismatch(&self, body: &[u8], types: Option<[Option<Cow<'_, str>>; 2]>) -> Option<String> {
        let Some(found) = types else {
            return (!is_object(body)).then(|| format!("the answer is no JSON object, but {self} was asked for"));
        };
        let [api_version, kind] = found.map(Option::unwrap_or_default);
        self.mismatched("the answer", &api_version, &kind)
    }

    /// What is wrong with `what`, a document of this type, if it is not the expected one. An empty type is unknown.
    pub(super) fn mismatched(&self, what: &str, api_version: &str, kind: &str) -> Option<String> {
        let (group, _) = crate::resource::split_api_version(api_version);
        let fits = match kind {
            "" => true,
            "Status" if matches!(group, "" | "meta.k8s.io") && self.kind != "Status" => self.status,
            kind if self.forms.contains(&kind) => true,
            _ if self.kind.is_empty() => true,
            kind if self.list => self.lists(api_version, kind),
            kind => kind == self.kind && (api_version.is_empty() || api_version == self.api_version),
        };
        let shown = |text: &str| excerpt(text.as_bytes());
        (!fits).then(|| format!("{what} is the {} of {}, but {self} was asked for", shown(kind), shown(api_version)))
    }

    /// How API servers begin an object of this type in JSON: built-in kinds, and custom resources.
    pub(super) fn beginnings(&self) -> [String; 2] {
        let [api_version, kind] = [&self.api_version, &self.kind].map(|text| serde_json::Value::from(&**text));
        [
            format!(r#"{{"kind":{kind},"apiVersion":{api_version},"#),
            format!(r#"{{"apiVersion":{api_version},"kind":{kind},"#),
        ]
    }

    /// Whether this may be the list of the objects. A custom resource chooses the kind of its list freely.
    fn lists(&self, api_version: &str, kind: &str) -> bool {
        if kind == "List" && api_version == "v1" {
            return true;
        }
        let same_version = api_version.is_empty() || api_version == self.api_version;
        let custom = self.api_version.split('/').next().is_some_and(|group| group.contains('.'));
        same_version && (custom || kind.strip_suffix("List") == Some(&self.kind))
    }
}

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.kind, self.list) {
            ("", _) => write!(f, "an object"),
            (kind, true) => write!(f, "the {kind}List of {}", self.api_version),
            (kind, false) => write!(f, "the {kind} of {}", self.api_version),
        }
    }
}

/// `apiVersion` and kind of what a path names; the kind is empty if it is not known. `None` for what is no object.
fn kind_of(path: &ResourcePath) -> Option<(Cow<'_, str>, &str)> {
    let own = (path.resource.api_version(), &*path.resource.kind);
    Some(match path.subresource.as_deref() {
        None | Some("status" | "ephemeralcontainers" | "resize" | "approval" | "finalize") => own,
        Some("scale") => ("autoscaling/v1".into(), "Scale"),
        Some("token") => ("authentication.k8s.io/v1".into(), "TokenRequest"),
        // The server answers with a `Status`, and may answer with what was sent.
        Some("eviction" | "binding") => ("".into(), ""),
        Some("log" | "proxy" | "exec" | "attach" | "portforward") => return None,
        Some(_) => ("".into(), ""),
    })
}

/// The document in place of an empty body.
const SUCCESS: &[u8] = br#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}"#;

impl<T> fmt::Debug for Decoder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("check", &self.check).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::decode;
    use crate::request::IncludeObject;
    use crate::request::delete::DeleteParams;
    use crate::request::params::{GetParams, ListParams};
    use crate::request::target::{Subresource, Target};
    use crate::resource::{ApiResource, DynamicObject, Part, Scope};

    fn target(api_version: &str, kind: &str) -> Target {
        Target::of(ApiResource::new(api_version, kind, "things", Scope::Namespaced)).within("shop")
    }

    fn pods() -> Target {
        target("v1", "Pod")
    }

    fn get(target: &Target) -> ApiRequest {
        target.get("a", &GetParams::default())
    }

    fn list(target: &Target) -> ApiRequest {
        target.list(&ListParams::default())
    }

    /// The error of a body, or nothing.
    fn read(request: &ApiRequest, body: &str) -> String {
        let (head, ()) = http::Response::new(()).into_parts();
        let decoder = Decoder::new(decode::bytes);
        let read = decoder.decode(request, &head, &Bytes::copy_from_slice(body.as_bytes()));
        read.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_answer_is_what_was_asked_for() {
        const OK: &str = "";
        let status = r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#;
        let failure = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no luck"}"#;
        let pod = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#;
        let podlist = r#"{"kind":"PodList","apiVersion":"v1","items":[]}"#;
        let delete = pods().delete("a", &DeleteParams::default());
        let delete_all = pods().delete_collection(&DeleteParams::default(), &ListParams::default());
        let evict = pods().evict("a", &DeleteParams::default());
        let (none, other) = ("no JSON object", "was asked for");
        for (request, body, expected) in [
            (get(&pods()), pod, OK),
            (get(&pods()), r#"{"metadata":{"name":"a"}}"#, OK),
            (get(&pods()), r#"{"kind":"Pod","metadata":{"name":"a"}}"#, OK),
            (get(&pods()), "", none),
            (get(&pods()), "null", none),
            (get(&pods()), " [1]", none),
            (get(&pods()), "<html>log in</html>", none),
            (get(&pods()), status, "the answer is the Status of v1, but the Pod of v1 was asked for"),
            (get(&pods()), failure, "no luck"),
            (get(&pods()), podlist, other),
            (get(&pods()), r#"{"metadata":{"name":"a"},"apiVersion":"v1","kind":"Node"}"#, other),
            (get(&pods()), r#"{"kind":"Pod","apiVersion":"v2"}"#, other),
            (get(&target("apps/v1", "Pod")), pod, other),
            (get(&target("v1", "")), pod, OK),
            (get(&target("v1", "")), status, other),
            // A kind of this name may exist.
            (get(&target("example.com/v1", "Status")), r#"{"kind":"Status","apiVersion":"example.com/v1"}"#, OK),
            (get(&pods().subresource(Subresource::STATUS)), pod, OK),
            (get(&pods().subresource(Subresource::SCALE)), pod, other),
            (get(&pods().subresource(Subresource::SCALE)), r#"{"kind":"Scale","apiVersion":"autoscaling/v1"}"#, OK),
            (get(&pods().subresource(Subresource::named("own"))), r#"{"kind":"X","apiVersion":"y/v1"}"#, OK),
            (get(&pods().subresource(Subresource::named("own"))), status, other),
            (
                get(&pods().part(Part::Metadata)),
                r#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1"}"#,
                OK,
            ),
            (get(&pods().part(Part::Metadata)), pod, OK),
            (get(&pods().part(Part::Metadata)), status, other),
            (get(&pods()), r#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1"}"#, other),
            (get(&pods()).as_table(IncludeObject::None), r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1"}"#, OK),
            (get(&pods()).as_table(IncludeObject::None), pod, OK),
            (get(&pods()).as_table(IncludeObject::None), "null", none),
            (list(&pods()).as_table(IncludeObject::None), status, other),
            (list(&pods()).as_table(IncludeObject::None), podlist, OK),
            (list(&pods()), podlist, OK),
            (list(&pods()), r#"{"kind":"List","apiVersion":"v1","items":[]}"#, OK),
            (list(&pods()), pod, other),
            (list(&pods()), r#"{"kind":"NodeList","apiVersion":"v1","items":[]}"#, other),
            (list(&target("example.com/v1", "X")), r#"{"kind":"Xs","apiVersion":"example.com/v1","items":[]}"#, OK),
            (list(&target("example.com/v1", "X")), podlist, other),
            (delete.clone(), "", OK),
            (delete.clone(), "\n", OK),
            (delete.clone(), status, OK),
            (delete.clone(), pod, OK),
            (delete.clone(), failure, "no luck"),
            (delete.clone(), "null", none),
            (delete.clone(), "<html>log in</html>", none),
            (delete, r#"{"kind":"Node","apiVersion":"v1"}"#, other),
            (delete_all.clone(), "", OK),
            (delete_all.clone(), podlist, OK),
            (delete_all, pod, other),
            (evict.clone(), "", OK),
            (evict.clone(), status, OK),
            (evict, "null", none),
            (ApiRequest::raw(http::Method::GET, "/version", ""), "null", OK),
        ] {
            let found = read(&request, body);
            assert_eq!(found.is_empty(), expected.is_empty(), "{request:?} {body}: {found}");
            assert!(found.contains(expected), "{request:?} {body}: {found}");
        }
    }

    #[test]
    fn an_error_of_the_decoder_says_more() {
        let (head, ()) = http::Response::new(()).into_parts();
        let decoder = Decoder::new(decode::json::<DynamicObject>);
        let error = decoder.decode(&get(&pods()), &head, &Bytes::from_static(b"<html>log in</html>")).unwrap_err();
        assert!(error.to_string().contains("<html>log in"), "{error}");
    }
}
