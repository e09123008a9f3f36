//! Bookmarks of a watch (docs/wire.md §4.1).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::list::decode;
use crate::error::Error;

/// The point that a watch has reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// The version to continue from. Empty if the server gave none: then only `initial_events_end` counts.
    pub resource_version: String,
    /// The server has sent all objects that existed at the beginning.
    pub initial_events_end: bool,
}

impl Bookmark {
    /// Decodes the object of a bookmark, which has only a version and perhaps an annotation. What is missing, null or of
    /// another type counts as absent: other events follow the bookmark, and it must not hide them.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if it is neither an object nor null.
    pub fn decode(object: &[u8]) -> Result<Self, Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Document {
            metadata: Option<Lenient<Metadata>>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Metadata {
            #[serde(rename = "resourceVersion")]
            resource_version: Option<Lenient<String>>,
            annotations: Option<Lenient<BTreeMap<String, Option<Lenient<String>>>>>,
        }
        let metadata = decode::<Option<Document>>("bookmark", object)?.and_then(|document| expected(document.metadata));
        let Metadata { resource_version, annotations } = metadata.unwrap_or_default();
        let end = expected(annotations).and_then(|mut annotations| expected(annotations.remove(INITIAL_EVENTS_END)?));
        Ok(Self {
            resource_version: expected(resource_version).unwrap_or_default(),
            initial_events_end: end.is_some_and(|value| value == "true"),
        })
    }

    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.resource_version.is_empty() && !self.initial_events_end
    }
}

/// A value of the expected type, or any other.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Expected(T),
    Other(IgnoredAny),
}

fn expected<T>(value: Option<Lenient<T>>) -> Option<T> {
    match value {
        Some(Lenient::Expected(value)) => Some(value),
        Some(Lenient::Other(IgnoredAny)) | None => None,
    }
}

/// The annotation of the bookmark that ends the initial events.
pub const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks() {
        let go = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"9","creationTimestamp":null},"spec":{"containers":null}}"#;
        let end = r#"{"metadata":{"resourceVersion":"8","annotations":{"k8s.io/initial-events-end":"true"}}}"#;
        let table = [
            (go, "9", false),
            (end, "8", true),
            // What says nothing.
            (r#"{"metadata":{}}"#, "", false),
            (r#"{"metadata":null}"#, "", false),
            (r#"{"metadata":7}"#, "", false),
            ("{}", "", false),
            ("null", "", false),
            (r#"{"metadata":{"resourceVersion":null}}"#, "", false),
            (r#"{"metadata":{"resourceVersion":9}}"#, "", false),
            (r#"{"metadata":{"resourceVersion":{"a":[1]}}}"#, "", false),
            // Only a part says something.
            (r#"{"metadata":{"resourceVersion":"9","annotations":null}}"#, "9", false),
            (r#"{"metadata":{"resourceVersion":"9","annotations":{"a":null,"b":1,"c":[]}}}"#, "9", false),
            (r#"{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":true}}}"#, "9", false),
            (r#"{"metadata":{"resourceVersion":"9","annotations":7}}"#, "9", false),
            (r#"{"metadata":{"annotations":{"x":null,"k8s.io/initial-events-end":"true"}}}"#, "", true),
        ];
        for (object, version, ends) in table {
            let bookmark = Bookmark::decode(object.as_bytes()).unwrap();
            assert_eq!((bookmark.resource_version.as_str(), bookmark.initial_events_end), (version, ends), "{object}");
            assert_eq!(bookmark.is_empty(), version.is_empty() && !ends, "{object}");
        }
        assert!(Bookmark::decode(b"7").is_err());
    }
}
