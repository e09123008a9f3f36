//! Bookmarks of a watch (docs/wire.md §4.1).

use serde::Deserialize;

use super::list::decode;
use crate::error::Error;
use crate::resource::meta::ObjectMeta;

/// The point that a watch has reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// The version to continue from.
    pub resource_version: String,
    /// The server has sent all objects that existed at the beginning.
    pub initial_events_end: bool,
}

impl Bookmark {
    /// Decodes the object of a bookmark, which has only a version and perhaps an annotation.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if there is no version.
    pub fn decode(object: &[u8]) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Document {
            metadata: ObjectMeta,
        }
        let Document { metadata } = decode("bookmark", object)?;
        let initial_events_end = metadata.annotations.get(INITIAL_EVENTS_END).is_some_and(|value| value == "true");
        match metadata.resource_version {
            Some(resource_version) => Ok(Self { resource_version, initial_events_end }),
            None => Err(Error::decode("a bookmark without a resourceVersion", object)),
        }
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
        for (object, version, ends) in [(go, "9", false), (end, "8", true)] {
            let bookmark = Bookmark::decode(object.as_bytes()).unwrap();
            assert_eq!((bookmark.resource_version.as_str(), bookmark.initial_events_end), (version, ends));
        }
        assert!(Bookmark::decode(br#"{"metadata":{}}"#).is_err());
    }
}
