//! Errors about documents. Errors are logged, so they show no content of an object, which may be a Secret: only its
//! name, the place of the mistake, and what is expected there. The beginning of any other document is shown: a log-in
//! page, for example, shows which program has answered.

use std::fmt;

use memchr::memmem;
use serde_json::error::Category;

use super::{Error, ErrorKind, excerpt};
use crate::frame::identity;
use crate::frame::identity::Identity;

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

    /// The same for the beginning of a document. A JSON object is not shown, because its type may come later.
    pub(crate) fn decode_beginning(text: impl Into<String>, found: &[u8]) -> Self {
        Self::decode(text, if is_json_object(found) { &[] } else { found })
    }

    /// An object of the API that does not decode. The text begins with `what` and the name of the object.
    pub(crate) fn undecodable(what: &str, error: &serde_json::Error, object: &[u8]) -> Self {
        let name = identity(object)
            .map(|found| format!(" {}", ObjectName(&found)))
            .filter(|name| name != " ")
            .unwrap_or_default();
        Self::decode(format!("{what}{name} does not decode: {}", reason(error)), &[])
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
    if !is_json_object(document) || marks.iter().all(|mark| memmem::find(document, mark.as_bytes()).is_none()) {
        return Shown::Excerpt(excerpt(document));
    }
    let name = identity(document).map(|found| ObjectName(&found).to_string()).unwrap_or_default();
    Shown::Object(if name.is_empty() { "an object of the API".into() } else { format!("the object {name}") })
}

/// Whether the document begins like a JSON object.
fn is_json_object(document: &[u8]) -> bool {
    document.trim_ascii_start().first() == Some(&b'{')
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

/// The reason and the place of a decode error, without any value of the document.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let (text, place) = text.strip_suffix(&place).map_or((text.as_str(), ""), |text| (text, &place));
    match error.classify() {
        Category::Data => without_values(text) + place,
        // Texts of serde_json itself, without content of the document.
        Category::Syntax => format!("it is no JSON: {text}{place}"),
        Category::Eof | Category::Io => format!("it ends in the middle: {text}{place}"),
    }
}

/// A text of serde without the values that it quotes. Keeps the names of fields and variants of the type, and the
/// expected type.
///
/// A quoted value reaches from the first quotation mark to the last, because the value may contain some.
fn without_values(text: &str) -> String {
    let mut text = text.to_owned();
    for (before, after) in [
        ("integer `", &["`"][..]),
        ("floating point `", &["`"]),
        // The value may be any text, backquotes included.
        ("character `", &["`, expected ", "`"]),
        ("unknown variant `", &["`, expected ", "`, there are no variants"]),
        ("unknown field `", &["`, expected ", "`, there are no fields"]),
    ] {
        if let Some(from) = text.find(before).map(|at| at + before.len()) {
            let rest = text.get(from..).unwrap_or_default();
            let first = |end: &&str| if before.starts_with("unknown") { rest.rfind(*end) } else { rest.find(*end) };
            let to = after.iter().find_map(first).map_or(text.len(), |length| from + length);
            text.replace_range(from..to, HIDDEN);
        }
    }
    if let Some(from) = text.find('"').map(|at| at + 1) {
        let to = text.rfind('"').filter(|to| *to >= from).unwrap_or(text.len());
        text.replace_range(from..to, HIDDEN);
    }
    text
}

const HIDDEN: &str = "…";

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn texts_without_values() {
        for (text, shown) in [
            (r#"invalid type: string "hunter2", expected a map"#, r#"invalid type: string "…", expected a map"#),
            (
                r#"invalid type: string "a\"b\", expected c", expected a map"#,
                r#"invalid type: string "…", expected a map"#,
            ),
            (r#"invalid type: string "hunter2"#, r#"invalid type: string "…"#),
            (
                r#"invalid value: string "hunter2", expected RFC 3339"#,
                r#"invalid value: string "…", expected RFC 3339"#,
            ),
            ("invalid type: integer `1234`, expected a string", "invalid type: integer `…`, expected a string"),
            ("invalid value: integer `-7`, expected u8", "invalid value: integer `…`, expected u8"),
            ("invalid type: floating point `1.5`, expected u8", "invalid type: floating point `…`, expected u8"),
            ("invalid value: character ```, expected a digit", "invalid value: character `…`, expected a digit"),
            ("unknown variant `hunter2`, expected `A` or `B`", "unknown variant `…`, expected `A` or `B`"),
            ("unknown variant `a`, expected b`, expected `A`", "unknown variant `…`, expected `A`"),
            ("unknown variant `hunter2`, there are no variants", "unknown variant `…`, there are no variants"),
            ("unknown field `hunter2`, expected `a`", "unknown field `…`, expected `a`"),
            ("missing field `metadata`", "missing field `metadata`"),
            ("duplicate field `name`", "duplicate field `name`"),
            ("invalid type: null, expected a sequence", "invalid type: null, expected a sequence"),
            ("invalid type: map, expected a string", "invalid type: map, expected a string"),
            ("invalid length 3, expected a tuple of size 2", "invalid length 3, expected a tuple of size 2"),
            (r#"failed to parse "a "b" c" as a date"#, r#"failed to parse "…" as a date"#),
            ("data did not match any variant of untagged enum E", "data did not match any variant of untagged enum E"),
        ] {
            assert_eq!(without_values(text), shown);
        }
    }

    #[test]
    fn reasons() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "it is only read")]
        struct Of {
            a: u8,
        }
        for (document, shown) in [
            ("{\n\"a\":\"hunter2\"}", "invalid type: string \"…\", expected u8 at line 2 column 13"),
            (r#"{"a":1234}"#, "invalid value: integer `…`, expected u8 at line 1 column 9"),
            ("{}", "missing field `a` at line 1 column 2"),
            (r#"{"a":hunter2}"#, "it is no JSON: expected value at line 1 column 6"),
            (r#"{"a""#, "it ends in the middle: EOF while parsing an object at line 1 column 4"),
        ] {
            assert_eq!(reason(&serde_json::from_str::<Of>(document).unwrap_err()), shown);
        }
    }

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
