//! A document of a watch: the type of the event, and its object's own bytes.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::scan::{Cursor, ValueEnd, text};

/// The member `type` of a watch event (docs/wire.md §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventType<'a> {
    /// The object was created, began to match the selector, or existed when the watch began.
    Added,
    /// The object was changed.
    Modified,
    /// The object was deleted, or no longer matches the selector. The object is its last state.
    Deleted,
    /// Only the object's resource version counts: the server has sent everything up to it.
    Bookmark,
    /// The object is a `Status`, and the stream ends.
    Error,
    /// A type that this crate does not know.
    Other(Cow<'a, str>),
}

/// Splits one document of a watch, `{"type":"ADDED","object":{...}}`. The object is not decoded: it is exactly the bytes of
/// the value.
///
/// The members may have any order and any white space; other members are skipped, and of two with one name the last
/// counts. A bookmark may lack its object, which is then `null`. `None` if the document is no such event: it is not JSON,
/// `type` or `object` is missing, `type` is no string, or more follows the end.
#[must_use]
pub fn event(line: &[u8]) -> Option<(EventType<'_>, &[u8])> {
    as_servers_write(line).or_else(|| general(line))
}

/// The same for one line in the layout that API servers write, without scanning the object: if nothing follows the event
/// in the line, the result is the object. `None` means that the line has another layout, not that it is wrong.
///
/// A reader of the whole object finds what follows. Without one, ask whether the object [`may_hold_another`].
pub(crate) fn presumed_event(line: &[u8]) -> Option<(EventType<'static>, &[u8])> {
    let (kind, object) = up_to_object(line)?;
    let object = object.strip_suffix(b"}")?;
    object.ends_with(b"}").then_some((kind, object))
}

/// Whether a second event may follow in a presumed object.
///
/// This scan takes longer than all other work on an event whose object is not decoded.
pub(crate) fn may_hold_another(object: &[u8]) -> bool {
    SECOND.find(object).is_some()
}

/// The object of another event. No string contains it, because a quote in a string is escaped.
static SECOND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""object":{"#));

/// Splits the layout that API servers write; `None` means that the line has another layout.
fn as_servers_write(line: &[u8]) -> Option<(EventType<'static>, &[u8])> {
    let (kind, object) = up_to_object(line)?;
    // Only a scan of the whole object is certain: another member after it may end as the object does.
    let end = ValueEnd::default().scan(object).ok()??;
    let (object, rest) = object.split_at_checked(end)?;
    (rest == b"}").then_some((kind, object))
}

/// The type, and everything from the first brace of the object.
fn up_to_object(line: &[u8]) -> Option<(EventType<'static>, &[u8])> {
    let after = line.strip_prefix(br#"{"type":""#)?;
    let (kind, object) = KNOWN.iter().find_map(|(name, kind)| {
        after.strip_prefix(name.as_bytes())?.strip_prefix(br#"","object":"#).map(|object| (kind, object))
    })?;
    object.starts_with(b"{").then(|| (kind.clone(), object))
}

fn general(line: &[u8]) -> Option<(EventType<'_>, &[u8])> {
    let (mut kind, mut object) = (None, None);
    let mut cursor = Cursor::new(line);
    cursor.members(|key, cursor| {
        let value = cursor.value()?;
        match key {
            "type" => kind = Some(EventType::of(text(value)?)),
            "object" => object = Some(value),
            _ => {}
        }
        Some(ControlFlow::Continue(()))
    })?;
    if cursor.peek().is_some() {
        return None;
    }
    let kind = kind?;
    let object = object.or((kind == EventType::Bookmark).then_some(b"null"))?;
    Some((kind, object))
}

impl<'a> EventType<'a> {
    pub(crate) fn of(name: Cow<'a, str>) -> Self {
        match KNOWN.iter().find(|(known, _)| *known == name) {
            Some((_, kind)) => kind.clone(),
            None => EventType::Other(name),
        }
    }
}

const KNOWN: [(&str, EventType<'static>); 5] = [
    ("MODIFIED", EventType::Modified),
    ("ADDED", EventType::Added),
    ("DELETED", EventType::Deleted),
    ("BOOKMARK", EventType::Bookmark),
    ("ERROR", EventType::Error),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::frame::testing;

    #[test]
    fn events() {
        let table = [
            (r#"{"type":"ADDED","object":{"a":{}}}"#, EventType::Added, r#"{"a":{}}"#),
            (r#"{"type":"MODIFIED","object":{}}"#, EventType::Modified, "{}"),
            (r#"{"type":"DELETED","object":{}}"#, EventType::Deleted, "{}"),
            (r#"{"type":"BOOKMARK","object":{}}"#, EventType::Bookmark, "{}"),
            (r#"{"type":"ERROR","object":{}}"#, EventType::Error, "{}"),
            (r#"{"type":"SYNC","object":{}}"#, EventType::Other("SYNC".into()), "{}"),
            (r#"{"type":"added","object":{}}"#, EventType::Other("added".into()), "{}"),
            (r#"{"object":{"a":"}"},"type":"ADDED"}"#, EventType::Added, r#"{"a":"}"}"#),
            (" { \"type\" : \"ADDED\" , \"object\" : { } } \r", EventType::Added, "{ }"),
            (r#"{"typ\u0065":"\u0041DDED","object":{}}"#, EventType::Added, "{}"),
            (r#"{"type":"ADDED","object":{},"more":{}}"#, EventType::Added, "{}"),
            (r#"{"type":"ADDED","object":null}"#, EventType::Added, "null"),
            (r#"{"type":"BOOKMARK"}"#, EventType::Bookmark, "null"),
            (r#"{"type":"ADDED","object":{},"type":"DELETED"}"#, EventType::Deleted, "{}"),
            (r#"{"type":"ADDED","object":{},"object":{"a":1}}"#, EventType::Added, r#"{"a":1}"#),
        ];
        for (line, kind, object) in table {
            assert_eq!(event(line.as_bytes()), Some((kind, object.as_bytes())), "{line}");
        }
    }

    #[test]
    fn what_is_presumed() {
        let table = [
            (r#"{"type":"ADDED","object":{"a":{}}}"#, Some(r#"{"a":{}}"#)),
            (r#"{"type":"DELETED","object":{}}"#, Some("{}")),
            // This is wrong, and the reader of the object reports it.
            (r#"{"type":"ADDED","object":{},"more":{}}"#, Some(r#"{},"more":{}"#)),
            (r#"{"type":"ADDED","object":{]}}"#, Some("{]}")),
            (r#"{"type":"ADDED","object":{},"more":1}"#, None),
            // This is two events, and may hold another.
            (
                r#"{"type":"ADDED","object":{}}{"type":"DELETED","object":{}}"#,
                Some(r#"{}}{"type":"DELETED","object":{}"#),
            ),
            (r#"{"type":"ADDED","object":{"a":"\"object\":{"}}"#, Some(r#"{"a":"\"object\":{"}"#)),
            (r#"{"type":"ADDED","object":{}} "#, None),
            (r#"{"type":"ADDED","object":7}"#, None),
            (r#"{"type":"SYNC","object":{}}"#, None),
            (r#"{"object":{},"type":"ADDED"}"#, None),
            (r#"{"type":"ADDED","object":{"#, None),
        ];
        for (line, object) in table {
            assert_eq!(presumed_event(line.as_bytes()).map(|(_, object)| object), object.map(str::as_bytes), "{line}");
            let two = object.is_some_and(|object| may_hold_another(object.as_bytes()));
            assert_eq!(two, line.matches("\"type\"").count() == 2, "{line}");
        }
    }

    #[test]
    fn lines_that_are_no_events() {
        for line in [
            "",
            "{}",
            "null",
            r#"{"type":"ADDED"}"#,
            r#"{"object":{}}"#,
            r#"{"type":7,"object":{}}"#,
            r#"{"type":"ADDED","object":{}"#,
            r#"{"type":"ADDED","object":{}}}"#,
            r#"{"type":"ADDED","object":{]}}"#,
            r#"{"kind":"Status","apiVersion":"v1","status":"Failure","code":410}"#,
        ] {
            assert_eq!(event(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_see_the_same(
            kind in prop_oneof![Just("ADDED".to_owned()), Just("ERROR".to_owned()), testing::text()],
            object in testing::json(),
            more in prop::option::of(testing::json()),
        ) {
            let more = more.map(|more| format!(",\"more\":{more}")).unwrap_or_default();
            let line = format!("{{\"type\":{},\"object\":{object}{more}}}", json!(kind));
            let (found, bytes) = event(line.as_bytes()).unwrap();
            prop_assert_eq!(&found, &EventType::of(kind.into()));
            prop_assert_eq!(serde_json::from_slice::<Value>(bytes).unwrap(), object);
            prop_assert_eq!(general(line.as_bytes()).unwrap(), (found, bytes));
        }

        #[test]
        fn garbage_is_judged_alike(text in "(\\{\"type\":\"ADDED\",\"object\":)?([\\[\\]{},:\" 1\\\\]|\"object\":|\"type\":){0,20}") {
            prop_assert_eq!(event(text.as_bytes()), general(text.as_bytes()));
        }
    }
}
