//! The items of a list, one by one, while the list is still arriving.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::error::{FrameError, TooLarge};
use super::scan::{Mismatch, ValueEnd, begins_value, is_space, text};
use crate::opaque::Opaque;

/// Splits a list document into its items as its bytes arrive:
/// `{"kind":"PodList","apiVersion":"v1","metadata":{...},"items":[{...},{...}]}`.
///
/// ```
/// use bytes::Bytes;
/// use kube_proto::internals::frame::ListItems;
///
/// let mut list = ListItems::new(1 << 20, 1 << 20);
/// let mut items = Vec::new();
/// for chunk in [r#"{"kind":"PodList","items":[{"a":1},{"#, r#""b":2}],"metadata":{}}"#] {
///     list.push(Bytes::from(chunk));
///     while let Some(item) = list.next()? {
///         items.push(item);
///     }
/// }
/// assert_eq!(items, [r#"{"a":1}"#, r#"{"b":2}"#]);
/// assert_eq!(list.finish()?, r#"{"kind":"PodList","items":[],"metadata":{}}"#);
/// # Ok::<(), kube_proto::internals::frame::FrameError>(())
/// ```
///
/// Only an `items` at the top level counts, however its key is escaped, and only if its value is an array. An `items`
/// that is null, or anything else, stays in the rest, and so does a document without one (a `Status`, a `Table`). The
/// members may come in any order.
///
/// An item is exactly the bytes of one value of the array. These are errors: brackets that do not match, a missing
/// comma or colon at the level of the document or of the array, anything after the document, a second `items`. The
/// decoder finds all other faults inside an item or the rest.
///
/// An item within one chunk is a slice of it, and keeps the whole chunk in memory as long as it lives. Apart from the
/// pushed chunks that are not scanned yet, the two limits (and an eighth of them, for the depth of nesting) bound the
/// memory.
#[derive(Debug)]
pub struct ListItems {
    item_limit: usize,
    rest_limit: usize,
    chunks: Opaque<VecDeque<Bytes>>,
    /// The number of scanned bytes, for error messages.
    at: u64,
    place: Place,
    /// The scanner of the current value, in the places `Key`, `Member` and `Item`.
    end: ValueEnd,
    /// The beginning of an item whose end has not arrived.
    item: Opaque<BytesMut>,
    /// The document without its items, and without white space between its tokens.
    rest: Opaque<BytesMut>,
    /// Where in `rest` the last key begins.
    key: usize,
    /// The last key is `items`.
    key_is_items: bool,
    /// The document has had such a key.
    items_seen: bool,
    error: Option<FrameError>,
}

/// The next token of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    FirstKey,
    NextKey,
    /// Inside a key.
    Key,
    Colon,
    Value,
    /// Inside the value of a member.
    Member,
    AfterMember,
    FirstItem,
    NextItem,
    /// Inside an item.
    Item,
    AfterItem,
    /// After the document.
    Over,
}

impl ListItems {
    /// `item_limit` is the most bytes of one item, `rest_limit` of everything around the items.
    #[must_use]
    pub fn new(item_limit: usize, rest_limit: usize) -> Self {
        Self {
            item_limit,
            rest_limit,
            chunks: Opaque::default(),
            at: 0,
            place: Place::Start,
            end: ValueEnd::default(),
            item: Opaque::default(),
            rest: Opaque::default(),
            key: 0,
            key_is_items: false,
            items_seen: false,
            error: None,
        }
    }

    /// Adds the next bytes of the document. Take the items that they complete before the next push: chunks are queued.
    pub fn push(&mut self, chunk: Bytes) {
        if self.error.is_none() && !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    /// The next item; `None` until more is pushed.
    ///
    /// # Errors
    /// The document is broken, or a part of it exceeds its limit. Every later call returns the error again.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        while let Some(mut chunk) = self.chunks.pop_front() {
            let item = self.scan(&mut chunk).inspect_err(|error| {
                self.error = Some(*error);
                self.chunks.clear();
                self.item = Opaque::default();
            })?;
            if !chunk.is_empty() {
                self.chunks.push_front(chunk);
            }
            if item.is_some() {
                return Ok(item);
            }
        }
        Ok(None)
    }

    /// The document with `"items":[]` in place of its items. Call it at the end of the input, after the last `None`.
    ///
    /// # Errors
    /// The document is not complete, or there was an error before.
    pub fn finish(mut self) -> Result<Bytes, FrameError> {
        // The items that the caller did not take are missing: the result would not be the list.
        if self.next()?.is_some() || self.place != Place::Over {
            return Err(FrameError::Truncated { at: self.at });
        }
        Ok(self.rest.0.freeze())
    }

    /// Scans until an item is complete or the chunk is used up.
    fn scan(&mut self, chunk: &mut Bytes) -> Result<Option<Bytes>, FrameError> {
        while !chunk.is_empty() {
            match self.place {
                Place::Key | Place::Member => {
                    let (part, ended) = self.part(chunk, self.rest.len(), self.rest_limit, REST)?;
                    self.rest.extend_from_slice(&part);
                    if ended && self.place == Place::Key {
                        self.key_is_complete()?;
                    } else if ended {
                        self.place = Place::AfterMember;
                    }
                }
                Place::Item => {
                    let (part, ended) = self.part(chunk, self.item.len(), self.item_limit, ITEM)?;
                    if !ended {
                        self.item.extend_from_slice(&part);
                        continue;
                    }
                    self.place = Place::AfterItem;
                    if self.item.is_empty() {
                        return Ok(Some(part));
                    }
                    self.item.extend_from_slice(&part);
                    return Ok(Some(std::mem::take(&mut *self.item).freeze()));
                }
                _ => self.token(chunk)?,
            }
        }
        Ok(None)
    }

    /// The bytes of the chunk that belong to the current value, and whether the value ends with them.
    ///
    /// At most one byte past the limit is scanned, so that the first error is the same for any cutting.
    fn part(
        &mut self,
        chunk: &mut Bytes,
        held: usize,
        limit: usize,
        what: &'static str,
    ) -> Result<(Bytes, bool), FrameError> {
        let allowed = limit.saturating_sub(held);
        let window = chunk.get(..allowed.saturating_add(1)).unwrap_or(chunk);
        let end = match self.end.scan(window) {
            Ok(end) => end,
            Err(Mismatch { at, found }) => {
                self.at += at as u64;
                return Err(self.unexpected("the closing bracket of the other kind", found));
            }
        };
        let length = end.unwrap_or(window.len());
        if length > allowed {
            return Err(TooLarge { what, limit }.into());
        }
        self.at += length as u64;
        Ok((chunk.split_to(length), end.is_some()))
    }

    /// Consumes white space and one byte of punctuation, or stops before the first byte of a value.
    fn token(&mut self, chunk: &mut Bytes) -> Result<(), FrameError> {
        let spaces = chunk.iter().take_while(|byte| is_space(**byte)).count();
        let _white_space = chunk.split_to(spaces);
        self.at += spaces as u64;
        let Some(byte) = chunk.first().copied() else { return Ok(()) };
        let (next, taken) = match (self.place, byte) {
            (Place::Start, b'{') => (Place::FirstKey, true),
            (Place::FirstKey | Place::NextKey, b'"') => (Place::Key, false),
            (Place::FirstKey | Place::AfterMember, b'}') => (Place::Over, true),
            (Place::Colon, b':') => (Place::Value, true),
            (Place::Value, b'[') if self.key_is_items => (Place::FirstItem, true),
            (Place::Value, byte) if begins_value(byte) => (Place::Member, false),
            (Place::AfterMember, b',') => (Place::NextKey, true),
            (Place::FirstItem | Place::AfterItem, b']') => (Place::AfterMember, true),
            (Place::FirstItem | Place::NextItem, byte) if begins_value(byte) => (Place::Item, false),
            (Place::AfterItem, b',') => (Place::NextItem, true),
            (place, byte) => return Err(self.unexpected(place.expected(), byte)),
        };
        if taken {
            // Commas between items are dropped with the items.
            if next != Place::NextItem {
                self.append(byte)?;
            }
            let _punctuation = chunk.split_to(1);
            self.at += 1;
        } else {
            self.end = ValueEnd::default();
            self.key = self.rest.len();
        }
        self.place = next;
        Ok(())
    }

    fn append(&mut self, byte: u8) -> Result<(), FrameError> {
        if self.rest.len() >= self.rest_limit {
            return Err(TooLarge { what: REST, limit: self.rest_limit }.into());
        }
        self.rest.extend_from_slice(&[byte]);
        Ok(())
    }

    fn key_is_complete(&mut self) -> Result<(), FrameError> {
        self.place = Place::Colon;
        let key = self.rest.get(self.key..).filter(|key| key.len() <= LONGEST_ITEMS_KEY);
        self.key_is_items = key.and_then(text).is_some_and(|key| key == "items");
        if self.key_is_items && std::mem::replace(&mut self.items_seen, true) {
            return Err(FrameError::ItemsTwice { at: self.at });
        }
        Ok(())
    }

    fn unexpected(&self, expected: &'static str, found: u8) -> FrameError {
        FrameError::Syntax { at: self.at, expected, found }
    }
}

impl Place {
    fn expected(self) -> &'static str {
        match self {
            Place::Start => "an object",
            Place::FirstKey => "a key or the end of the object",
            Place::NextKey | Place::Key => "a key",
            Place::Colon => "a colon",
            Place::Value | Place::Member => "a value",
            Place::AfterMember => "a comma or the end of the object",
            Place::FirstItem => "an item or the end of the list",
            Place::NextItem | Place::Item => "an item",
            Place::AfterItem => "a comma or the end of the list",
            Place::Over => "nothing",
        }
    }
}

/// `"items"` with every letter written as an escape of six bytes.
const LONGEST_ITEMS_KEY: usize = 5 * 6 + 2;
pub(crate) const ITEM: &str = "an item of the list";
pub(crate) const REST: &str = "the response without the items of its list";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::frame::testing;

    fn run(limits: (usize, usize), chunks: Vec<Bytes>) -> (Vec<Bytes>, Result<Bytes, FrameError>) {
        let mut list = ListItems::new(limits.0, limits.1);
        let mut found = Vec::new();
        for chunk in chunks {
            list.push(chunk);
            loop {
                match list.next() {
                    Ok(Some(item)) => found.push(item),
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(list.next(), Err(error), "an error is repeated");
                        assert_eq!(list.finish(), Err(error));
                        return (found, Err(error));
                    }
                }
            }
            assert!(list.item.len() <= limits.0 && list.rest.len() <= limits.1);
        }
        (found, list.finish())
    }

    fn whole(text: &str) -> (Vec<Bytes>, Result<Bytes, FrameError>) {
        run((1 << 20, 1 << 20), vec![Bytes::copy_from_slice(text.as_bytes())])
    }

    #[test]
    fn lists_and_what_are_none() {
        let table: &[(&str, &[&str], &str)] = &[
            (
                r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"a":1},{"b":[{}]}]}"#,
                &[r#"{"a":1}"#, r#"{"b":[{}]}"#],
                r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}"#,
            ),
            (
                " {\n \"items\" : [ { \"x\" : \"]}\" } , 1.5 , null,\"s\\\"\" , [ ] ] ,\t\"kind\" : \"L\" }\n ",
                &[r#"{ "x" : "]}" }"#, "1.5", "null", r#""s\"""#, "[ ]"],
                r#"{"items":[],"kind":"L"}"#,
            ),
            (r#"{"items":[]}"#, &[], r#"{"items":[]}"#),
            (r#"{"items":null,"kind":"L"}"#, &[], r#"{"items":null,"kind":"L"}"#),
            (r#"{"items":{"items":[1]}}"#, &[], r#"{"items":{"items":[1]}}"#),
            (r#"{"it\u0065ms":[7]}"#, &["7"], r#"{"it\u0065ms":[]}"#),
            (r#"{"\u0069\u0074\u0065\u006d\u0073":[7]}"#, &["7"], r#"{"\u0069\u0074\u0065\u006d\u0073":[]}"#),
            (r#"{"items\\":[7],"\"items":[8]}"#, &[], r#"{"items\\":[7],"\"items":[8]}"#),
            (r#"{"spec":{"items":[1,2]},"items":[3]}"#, &["3"], r#"{"spec":{"items":[1,2]},"items":[]}"#),
            (r#"{"kind":"Status","code":404}"#, &[], r#"{"kind":"Status","code":404}"#),
            (r#"{"kind":"Table","rows":[{"cells":["a"]}]}"#, &[], r#"{"kind":"Table","rows":[{"cells":["a"]}]}"#),
            ("{}", &[], "{}"),
        ];
        for (text, items, rest) in table {
            let (found, left) = whole(text);
            assert_eq!(found, *items, "{text}");
            assert_eq!(left.unwrap(), *rest, "{text}");
        }
    }

    #[test]
    fn broken_documents() {
        let syntax = |at, expected, found| FrameError::Syntax { at, expected, found };
        let table: &[(&str, usize, FrameError)] = &[
            ("", 0, FrameError::Truncated { at: 0 }),
            ("<html>", 0, syntax(0, "an object", b'<')),
            ("[1]", 0, syntax(0, "an object", b'[')),
            (r#"{"items":[{},"#, 1, FrameError::Truncated { at: 13 }),
            (r#"{"items":[{}]"#, 1, FrameError::Truncated { at: 13 }),
            (r#"{"items":[12"#, 0, FrameError::Truncated { at: 12 }),
            (r#"{"items":[{},]}"#, 1, syntax(13, "an item", b']')),
            (r#"{"items":[{}{}]}"#, 1, syntax(12, "a comma or the end of the list", b'{')),
            (r#"{"items":[{}:{}]}"#, 1, syntax(12, "a comma or the end of the list", b':')),
            (r#"{"items":[,{}]}"#, 0, syntax(10, "an item or the end of the list", b',')),
            (r#"{"items":[{}}}"#, 1, syntax(12, "a comma or the end of the list", b'}')),
            (r#"{"items":[{"a":[}]},{}]}"#, 0, syntax(16, "the closing bracket of the other kind", b'}')),
            (r#"{"a":[}}"#, 0, syntax(6, "the closing bracket of the other kind", b'}')),
            (r#"{"items":[]}x"#, 0, syntax(12, "nothing", b'x')),
            (r#"{"items":[]}{}"#, 0, syntax(12, "nothing", b'{')),
            (r#"{"items":[1],"items":[2]}"#, 1, FrameError::ItemsTwice { at: 20 }),
            (r#"{"items":null,"it\u0065ms":[2]}"#, 0, FrameError::ItemsTwice { at: 26 }),
            (r#"{"a":1,}"#, 0, syntax(7, "a key", b'}')),
            (r#"{"a" 1}"#, 0, syntax(5, "a colon", b'1')),
            (r#"{"a":}"#, 0, syntax(5, "a value", b'}')),
            (r#"{"a":1 "b":2}"#, 0, syntax(7, "a comma or the end of the object", b'"')),
            ("{a:1}", 0, syntax(1, "a key or the end of the object", b'a')),
        ];
        for (text, items, error) in table {
            let (found, left) = whole(text);
            assert_eq!((found.len(), left), (*items, Err(*error)), "{text}");
        }
    }

    #[test]
    fn messages_are_for_people() {
        let message = |text: &str| whole(text).1.unwrap_err().to_string();
        assert_eq!(
            message("{\"items\":[{}\u{7}"),
            "the answer is not the JSON that was expected: a comma or the end of the list should follow after 12 bytes, \
             but '\\x07' does"
        );
        assert_eq!(message(r#"{"items":["#), "the answer ends in the middle, after 10 bytes");
        assert_eq!(message(""), "the answer is empty");
    }

    #[test]
    fn limits_are_exact_and_told_apart() {
        let text = r#"{"a":1,"items":[{"b":2},{"b":33}],"c":3}"#;
        let (item, rest) = (r#"{"b":33}"#.len(), r#"{"a":1,"items":[],"c":3}"#.len());
        for cuts in [vec![], vec![1; 60], vec![7; 6]] {
            let run = |limits| run(limits, testing::cut(text.as_bytes(), &cuts));
            assert_eq!(run((item, rest)).1.unwrap(), r#"{"a":1,"items":[],"c":3}"#);
            let too_large = |what, limit| Err(FrameError::TooLarge(TooLarge { what, limit }));
            assert_eq!(run((item - 1, rest)), (vec![Bytes::from(r#"{"b":2}"#)], too_large(ITEM, item - 1)));
            assert_eq!(run((item, rest - 1)).1, too_large(REST, rest - 1));
            assert_eq!(run((item, 3)).1, too_large(REST, 3));
        }
    }

    #[test]
    fn an_item_that_lies_in_one_chunk_is_not_copied() {
        let chunk = Bytes::from(r#"{"items":[{"a":1},{"b""#);
        let mut list = ListItems::new(100, 100);
        list.push(chunk.clone());
        let item = list.next().unwrap().unwrap();
        assert_eq!(item.as_ptr(), chunk[10..].as_ptr());
        assert_eq!(list.next(), Ok(None));
        list.push(Bytes::from(":2}]}"));
        assert_eq!(list.next().unwrap().unwrap(), r#"{"b":2}"#);
    }

    #[test]
    fn items_that_were_not_taken_are_missing_at_the_end() {
        let mut list = ListItems::new(100, 100);
        list.push(Bytes::from(r#"{"items":[1]}"#));
        assert!(matches!(list.finish(), Err(FrameError::Truncated { .. })));
    }

    #[test]
    fn deep_nesting_is_scanned_without_recursion() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let (found, rest) = whole(&format!(r#"{{"items":[{deep}],"x":{deep}}}"#));
        assert_eq!(found, [deep]);
        assert!(rest.is_ok());
    }

    fn written(value: &Value, pretty: bool) -> String {
        if pretty { format!("{value:#}") } else { value.to_string() }
    }

    fn members(of: &BTreeMap<String, Value>, pretty: bool) -> impl Iterator<Item = String> {
        let others = of.iter().filter(|(key, _)| *key != "items");
        others.map(move |(key, value)| format!("{}:{}", json!(key), written(value, pretty)))
    }

    proptest! {
        #[test]
        fn any_list_comes_apart_and_cutting_changes_nothing(
            before in prop::collection::btree_map(testing::text(), testing::json(), 0..3),
            items in prop::collection::vec(testing::json(), 0..6),
            after in prop::collection::btree_map(testing::text(), testing::json(), 0..3),
            pretty in any::<bool>(),
            cuts in prop::collection::vec(0usize..50, 0..16),
        ) {
            let list = format!("\"items\":{}", written(&json!(items), pretty));
            let all: Vec<String> =
                members(&before, pretty).chain([list]).chain(members(&after, pretty)).collect();
            let text = format!("{{{}}}", all.join(","));
            let (found, rest) = run((1 << 16, 1 << 16), testing::cut(text.as_bytes(), &cuts));
            let found: Vec<Value> = found.iter().map(|item| serde_json::from_slice(item).unwrap()).collect();
            prop_assert_eq!(found, items);
            let mut oracle: Value = serde_json::from_str(&text).unwrap();
            oracle["items"] = json!([]);
            prop_assert_eq!(serde_json::from_slice::<Value>(&rest.unwrap()).unwrap(), oracle);
        }

        /// Near-JSON: every cutting yields the same items and the same error, and nothing that serde accepts is
        /// refused.
        #[test]
        fn garbage_is_the_same_garbage_for_any_cutting(
            text in "(\\{\"items\":\\[)?([\\[\\]{},:\" 1\\\\]|\"items\":|\"a\":|\\{\"a\":[1-9]\\}){0,24}",
            cuts in prop::collection::vec(0usize..9, 0..30),
            limits in (0usize..40, 0usize..40),
        ) {
            let at_once = run(limits, vec![Bytes::copy_from_slice(text.as_bytes())]);
            prop_assert_eq!(&run(limits, testing::cut(text.as_bytes(), &cuts)), &at_once);
            if let Ok(oracle) = serde_json::from_str::<Map<String, Value>>(&text) {
                let allowed = matches!(at_once.1, Ok(_) | Err(FrameError::TooLarge(_) | FrameError::ItemsTwice { .. }));
                prop_assert!(allowed, "{:?}", at_once.1);
                if let (Some(Value::Array(items)), Ok(_)) = (oracle.get("items"), &at_once.1) {
                    prop_assert_eq!(items.len(), at_once.0.len());
                }
            }
        }

        #[test]
        fn bytes_of_any_kind_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = run((50, 50), vec![Bytes::from(bytes)]);
        }
    }
}
