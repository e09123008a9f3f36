//! Errors about documents. Errors are logged, so they show no content of an object, which may be a Secret: only its
//! name, the place of the mistake, and what is expected there. The beginning of any other document is shown: a log-in
//! page, for example, shows which program has answered.

use std::fmt;

use super::{Error, ErrorKind, excerpt};
use crate::encoding::{identity, is_object, is_protobuf};
use crate::frame::identity::Identity;
use crate::json::error::DecodeError;
use memchr::memmem;

impl Error {
    /// A document that is not the expected one. The error shows the beginning of `found`, or the name of an object.
    #[must_use]
    pub fn decode(text: impl Into<String>, found: &[u8]) -> Self {
        let text = text.into();
        let (text, excerpt) = match shown(found) {
            Shown::Excerpt(excerpt) => (text, excerpt),
            Shown::Object(name) => (format!("{text}: it is {name}"), String::new()),
        };
        Self::new(ErrorKind::Decode { text, excerpt })
    }

    /// The same for the beginning of a document. An object is not shown: in JSON its type may come later.
    pub(crate) fn decode_beginning(text: impl Into<String>, found: &[u8]) -> Self {
        Self::decode(text, if is_object(found) { &[] } else { found })
    }

    /// An object of the API that does not decode. The text begins with `what` and the name of the object.
    pub(crate) fn undecodable(what: &str, error: &DecodeError, object: &[u8]) -> Self {
        let name = identity(object)
            .map(|found| format!(" {}", ObjectName(&found)))
            .filter(|name| name != " ")
            .unwrap_or_default();
        Self::decode(format!("{what}{name} does not decode: {error}"), &[])
    }
}

/// The part of a document that an error shows.
pub(crate) enum Shown {
    /// Its beginning.
    Excerpt(String),
    /// Which object it is.
    Object(String),
}

/// Selects the part to show: the name of an object of the API, or the beginning of any other document.
pub(crate) fn shown(document: &[u8]) -> Shown {
    let marks = ["kind", "apiVersion", "metadata", "items"].map(|name| format!("\"{name}\""));
    if !is_protobuf(document)
        && (!is_object(document) || marks.iter().all(|mark| memmem::find(document, mark.as_bytes()).is_none()))
    {
        return Shown::Excerpt(excerpt(document));
    }
    let name = identity(document).map(|found| ObjectName(&found).to_string()).unwrap_or_default();
    Shown::Object(if name.is_empty() { "an object of the API".into() } else { format!("the object {name}") })
}

/// Shows the kind, the namespace and the name, if they are known.
struct ObjectName<'a>(&'a Identity<'a>);

impl fmt::Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Identity { kind, metadata, .. } = self.0;
        let kind = kind.as_deref().filter(|kind| kind.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        f.write_str(kind.unwrap_or_default())?;
        let Some(name) = metadata.name.as_deref() else { return Ok(()) };
        let space = if kind.is_some() { " " } else { "" };
        match metadata.namespace.as_deref() {
            Some(namespace) => write!(f, "{space}{:?}", format!("{namespace}/{name}")),
            None => write!(f, "{space}{name:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_in_errors() {
        for (document, text) in [
            ("<html>log in</html>", "no; it begins with: <html>log in</html>"),
            (r#"{"error":"log in"}"#, r#"no; it begins with: {"error":"log in"}"#),
            ("", "no"),
            (
                r#" {"kind":"Secret","metadata":{"name":"a","namespace":"n"},"data":7}"#,
                "no: it is the object Secret \"n/a\"",
            ),
            (r#"{"data":7,"metadata":{"name":"a\n"}}"#, "no: it is the object \"a\\n\""),
            (r#"{"kind":"a b","metadata":{}}"#, "no: it is an object of the API"),
            (r#"{"kind":"Secret","data":"#, "no: it is an object of the API"),
        ] {
            assert_eq!(Error::decode("no", document.as_bytes()).to_string(), text);
        }
        assert_eq!(Error::decode_beginning("no", br#"{"data":"#).to_string(), "no");
        assert_eq!(Error::decode_beginning("no", b"log in").to_string(), "no; it begins with: log in");
    }
}
