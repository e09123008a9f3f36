//! Events of a watch (WIRE §4.1).

use serde::Deserialize;

use super::Status;
use super::list::decode;
use crate::error::Error;
use crate::resource::{Object, ObjectMeta};

/// One event of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "moved once, and mostly an object")]
pub enum WatchEvent<K> {
    /// An object was created, or began to match.
    Added(K),
    /// An object was changed.
    Modified(K),
    /// An object was deleted, or ceased to match: its last state, with the version of the deletion.
    Deleted(K),
    /// No object changed up to this version.
    Bookmark(Bookmark),
    /// The watch failed, and ends with this.
    Error(Status),
}

/// How far a watch has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// Where to go on from.
    pub resource_version: String,
    /// All objects that there were in the beginning have been sent.
    pub initial_events_end: bool,
}

impl<K: Object> WatchEvent<K> {
    /// Reads an event from its `type` and its `object`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a type that is not known, or an object that is not one of
    /// these.
    pub fn decode(event_type: &str, object: &[u8]) -> Result<Self, Error> {
        match event_type {
            "ADDED" => decode("added object", object).map(WatchEvent::Added),
            "MODIFIED" => decode("modified object", object).map(WatchEvent::Modified),
            "DELETED" => decode("deleted object", object).map(WatchEvent::Deleted),
            "BOOKMARK" => Bookmark::decode(object).map(WatchEvent::Bookmark),
            "ERROR" => decode("error of the watch", object).map(WatchEvent::Error),
            other => Err(Error::decode(format!("a watch event of the unknown type {other:?}"), object)),
        }
    }

    /// Where to go on from after this event; `None` after an error, and where the object does not say.
    #[must_use]
    pub fn resource_version(&self) -> Option<&str> {
        match self {
            WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
                object.meta().resource_version
            }
            WatchEvent::Bookmark(bookmark) => Some(&bookmark.resource_version),
            WatchEvent::Error(_) => None,
        }
    }
}

impl Bookmark {
    /// Reads the object of a bookmark, which has nothing but a version and perhaps an annotation.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) where there is no version.
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
    use crate::resource::PartialObject;

    #[test]
    fn events() {
        let object = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7"}}"#;
        let bookmark = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"9","creationTimestamp":null},"spec":{"containers":null}}"#;
        let end = r#"{"metadata":{"resourceVersion":"8","annotations":{"k8s.io/initial-events-end":"true"}}}"#;
        let error = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired","code":410}"#;
        for (event_type, object, version) in [
            ("ADDED", object, Some("7")),
            ("MODIFIED", object, Some("7")),
            ("DELETED", object, Some("7")),
            ("BOOKMARK", bookmark, Some("9")),
            ("BOOKMARK", end, Some("8")),
            ("ERROR", error, None),
        ] {
            let event = WatchEvent::<PartialObject>::decode(event_type, object.as_bytes()).unwrap();
            assert_eq!(event.resource_version(), version);
            let ends = matches!(&event, WatchEvent::Bookmark(bookmark) if bookmark.initial_events_end);
            assert_eq!(ends, object == end);
            if let WatchEvent::Error(status) = event {
                assert!(status.is_expired());
            }
        }
        for (event_type, object) in [("RENAMED", object), ("ADDED", "[1]"), ("BOOKMARK", r#"{"metadata":{}}"#)] {
            assert!(WatchEvent::<PartialObject>::decode(event_type, object.as_bytes()).is_err());
        }
    }
}
