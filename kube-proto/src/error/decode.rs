//! Errors about documents. What an error says is logged, so it holds nothing of an object, which may be a Secret: which
//! object it is, where in it something is wrong, and what should be there. What is no object of the API is shown in part:
//! a log-in page says the most about who answers.

use std::fmt;

use memchr::memmem;
use serde_json::error::Category;

use super::{Error, ErrorKind, excerpt};
use crate::frame::identity;
use crate::frame::identity::Identity;

impl Error {
    /// A document that is not what it should be. `found` is shown in part, unless it is an object of the API: then which one.
    #[must_use]
    pub fn decode(text: impl Into<String>, found: &[u8]) -> Self {
        let text = text.into();
        let (text, excerpt) = match shown(found) {
            Shown::Excerpt(excerpt) => (text, excerpt),
            Shown::Object(who) => (format!("{text}: it is {who}"), String::new()),
        };
        Self::new(ErrorKind::Decode { text, excerpt })
    }

    /// The same for the beginning of a document. A JSON object, of which there is not enough to see what it is, is not shown.
    pub(crate) fn decode_beginning(text: impl Into<String>, found: &[u8]) -> Self {
        Self::decode(text, if is_json_object(found) { &[] } else { found })
    }

    /// An object of the API, or what should be one, that does not decode; `what` comes before which one it is.
    pub(crate) fn undecodable(what: &str, error: &serde_json::Error, object: &[u8]) -> Self {
        let who =
            identity(object).map(|found| format!(" {}", Who(&found))).filter(|who| who != " ").unwrap_or_default();
        Self::decode(format!("{what}{who} does not decode: {}", reason(error)), &[])
    }
}

/// What is shown of a document.
pub(crate) enum Shown {
    /// Its beginning.
    Excerpt(String),
    /// Which object it is.
    Object(String),
}

/// Decides it.
pub(crate) fn shown(document: &[u8]) -> Shown {
    let marks = ["kind", "apiVersion", "metadata", "items"].map(|name| format!("\"{name}\""));
    if !is_json_object(document) || marks.iter().all(|mark| memmem::find(document, mark.as_bytes()).is_none()) {
        return Shown::Excerpt(excerpt(document));
    }
    let who = identity(document).map(|found| Who(&found).to_string()).unwrap_or_default();
    Shown::Object(if who.is_empty() { "an object of the API".into() } else { format!("the object {who}") })
}

/// It begins like one, at least.
fn is_json_object(document: &[u8]) -> bool {
    document.trim_ascii_start().first() == Some(&b'{')
}

/// Kind, namespace and name, as far as they are known.
struct Who<'a>(&'a Identity<'a>);

impl fmt::Display for Who<'_> {
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

/// What is wrong with a document, and where in it, without any value of it.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let (text, place) = text.strip_suffix(&place).map_or((text.as_str(), ""), |text| (text, &place));
    match error.classify() {
        Category::Data => without_values(text) + place,
        // Texts of serde_json itself, which hold nothing of the document.
        Category::Syntax => format!("it is no JSON: {text}{place}"),
        Category::Eof | Category::Io => format!("it ends in the middle: {text}{place}"),
    }
}

/// A text of serde without the values that it quotes. Names of members and variants that the type knows stay, and so does
/// what was expected.
///
/// What stands in quotation marks is a value, from the first of them to the last: inside of a value there may be some, too.
fn without_values(text: &str) -> String {
    let mut text = text.to_owned();
    for (before, after) in [
        ("integer `", &["`"][..]),
        ("floating point `", &["`"]),
        // It is any text, backquotes included.
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
    fn what_is_shown() {
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
