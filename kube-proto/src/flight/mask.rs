//! Placeholders for what a document says, of the same length and type: a replay takes the same steps.
//!
//! A string keeps its text only if the library decides by it: `kind`, `resourceVersion`, `uid` and the like, in the envelope of an
//! object, a list, an event or a `Status`. Every other string gets `A` for each letter and `1` for each digit, so that a date
//! remains a date; in `data` all become `A`, which is base64. Keys, numbers and punctuation stay.
//!
//! | state | byte | next |
//! |---|---|---|
//! | `Between` | `{`, `[` | `Between`, one level deeper |
//! | `Between` | `}`, `]` | `Between`, one level up |
//! | `Between` | `"` where a key may be | `Key` |
//! | `Between` | `"` elsewhere | `Value` |
//! | `Key`, `Value` | `"` | `Between` |
//! | `Key`, `Value` | `\` | `Escaped`, and after the escape back |
//!
//! Chunks may end anywhere. Below [`DEPTH`] levels every string is replaced.

/// Replaces the strings of a stream of JSON documents, chunk by chunk.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    frames: Vec<Frame>,
    /// Levels below the last frame that is kept.
    deeper: usize,
    key: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    object: bool,
    /// A key comes next, if this is an object.
    at_key: bool,
    kind: Kind,
}

/// What the strings of a level are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The envelope: some keys keep their text.
    Envelope,
    /// Annotations: one of them is the server's mark for the end of a list.
    Annotations,
    Masked,
    /// Base64, perhaps.
    Binary,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Between,
    Key {
        escape: u8,
    },
    Value {
        keep: bool,
        binary: bool,
        escape: u8,
    },
}

impl Mask {
    /// Replaces what this chunk says.
    pub(crate) fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            match &mut self.state {
                State::Between => self.between(*byte),
                State::Key { escape } => match (*escape, *byte) {
                    (0, b'"') => {
                        self.state = State::Between;
                        if let Some(frame) = self.frames.last_mut() {
                            frame.at_key = false;
                        }
                    }
                    (0, b'\\') => *escape = ESCAPE,
                    (ESCAPE, b'u') => *escape = 4,
                    (left, _) => {
                        *escape = if left == ESCAPE { 0 } else { left.saturating_sub(1) };
                        if self.key.len() < KEY {
                            self.key.push(*byte);
                        }
                    }
                },
                State::Value { keep, binary, escape } => match (*escape, *byte) {
                    (0, b'"') => self.state = State::Between,
                    (0, b'\\') => *escape = ESCAPE,
                    (ESCAPE, b'u') => *escape = 4,
                    (ESCAPE, _) => *escape = 0,
                    (0, _) if *keep => {}
                    (0, _) => *byte = placeholder(*byte, *binary),
                    (left, _) => {
                        // `\u0041` is an A, whatever it was.
                        if !*keep {
                            *byte = match left {
                                4 | 3 => b'0',
                                2 => b'4',
                                _ => b'1',
                            };
                        }
                        *escape = left - 1;
                    }
                },
            }
        }
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => self.open(byte == b'{'),
            b'}' | b']' if self.deeper > 0 => self.deeper -= 1,
            b'}' | b']' => _ = self.frames.pop(),
            b',' => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.at_key = frame.object;
                }
            }
            b'"' => {
                let frame = self.frames.last().copied();
                self.state = match frame {
                    Some(frame) if frame.at_key && self.deeper == 0 => {
                        self.key.clear();
                        State::Key { escape: 0 }
                    }
                    _ => {
                        let kind = frame.map_or(Kind::Masked, |frame| frame.kind);
                        let keep = self.deeper == 0 && kind.keeps(&self.key) && frame.is_some_and(|frame| frame.object);
                        State::Value { keep, binary: kind == Kind::Binary, escape: 0 }
                    }
                };
            }
            _ => {}
        }
    }

    fn open(&mut self, object: bool) {
        if self.deeper > 0 || self.frames.len() >= DEPTH {
            self.deeper += 1;
            return;
        }
        let kind = match self.frames.last() {
            None => Kind::Envelope,
            Some(Frame { object: false, kind, .. }) => *kind,
            Some(Frame { kind: Kind::Envelope, .. }) => match &self.key[..] {
                b"metadata" | b"object" | b"items" | b"details" => Kind::Envelope,
                b"annotations" => Kind::Annotations,
                b"data" | b"binaryData" => Kind::Binary,
                _ => Kind::Masked,
            },
            Some(Frame { kind: Kind::Binary, .. }) => Kind::Binary,
            Some(_) => Kind::Masked,
        };
        self.frames.push(Frame { object, at_key: object, kind });
    }
}

impl Kind {
    /// Whether the string of this key keeps its text.
    fn keeps(self, key: &[u8]) -> bool {
        match self {
            Kind::Envelope => KEPT.iter().any(|kept| kept.as_bytes() == key),
            Kind::Annotations => key == b"k8s.io/initial-events-end",
            Kind::Masked | Kind::Binary => false,
        }
    }
}

/// Replaces the letters and digits of a text.
pub(crate) fn mask_text(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = placeholder(*byte, false);
    }
}

fn placeholder(byte: u8, binary: bool) -> u8 {
    match byte {
        b'T' | b'Z' if !binary => byte,
        b'0'..=b'9' if !binary => b'1',
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => b'A',
        _ => byte,
    }
}

/// The keys of an envelope whose strings keep their texts.
const KEPT: [&str; 13] = [
    "apiVersion",
    "continue",
    "creationTimestamp",
    "deletionTimestamp",
    "group",
    "kind",
    "name",
    "namespace",
    "reason",
    "resourceVersion",
    "status",
    "type",
    "uid",
];
/// The levels whose kinds are kept.
const DEPTH: usize = 64;
/// The longest key that is compared.
const KEY: usize = 64;
/// A backslash was the last byte.
const ESCAPE: u8 = 9;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        Mask::default().apply(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_stays_and_what_goes() {
        for (text, expected) in [
            (
                r#"{"kind":"Secret","metadata":{"name":"db","labels":{"name":"hush"}},"data":{"name":"aHVzaA==","password":"czNjcjN0"}}"#,
                r#"{"kind":"Secret","metadata":{"name":"db","labels":{"name":"AAAA"}},"data":{"name":"AAAAAA==","password":"AAAAAAAA"}}"#,
            ),
            (
                r#"{"type":"ADDED","object":{"spec":{"name":"hush","n":5,"at":"2026-11-30T08:00:01Z"},"status":{"reason":"hush"}}}"#,
                r#"{"type":"ADDED","object":{"spec":{"name":"AAAA","n":5,"at":"1111-11-11T11:11:11Z"},"status":{"reason":"AAAA"}}}"#,
            ),
            (
                r#"{"items":[{"metadata":{"uid":"u-1","annotations":{"k8s.io/initial-events-end":"true","uid":"hush"}}},"hush"]}"#,
                r#"{"items":[{"metadata":{"uid":"u-1","annotations":{"k8s.io/initial-events-end":"true","uid":"AAAA"}}},"AAAA"]}"#,
            ),
            (
                r#"{"status":"Failure","reason":"Expired","message":"hush\n\"hush\" \u0068ush"}"#,
                r#"{"status":"Failure","reason":"Expired","message":"AAAA\n\"AAAA\" \u0041AAA"}"#,
            ),
            ("\"hush\" [\"hush\",{\"a\":\"hush\"}]", "\"AAAA\" [\"AAAA\",{\"a\":\"AAAA\"}]"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    /// A key that is written with escapes is none of the known ones.
    #[test]
    fn an_escaped_key_keeps_nothing() {
        let text = masked("{\"na\\u006de\":\"hush\",\"\\\"name\":\"hush\",\"a\":{\"\\\\\":\"hush\"},\"kind\":\"K\"}");
        assert!(!text.contains("hush") && text.ends_with("\"kind\":\"K\"}"), "{text}");
    }

    #[test]
    fn deep_documents_are_masked_to_the_end() {
        let deep =
            format!("{}{{\"name\":\"hush\"}}{}{{\"name\":\"kept\"}}", "{\"metadata\":".repeat(100), "}".repeat(100));
        let text = masked(&deep);
        assert!(!text.contains("hush") && text.ends_with("\"kept\"}"), "{text}");
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let key =
            prop::sample::select(vec!["kind", "name", "metadata", "data", "items", "spec", "annotations", "a\"b", "ü"]);
        let leaf = prop_oneof![
            "canary[a-z0-9ü\"\\\\\n]{0,8}".prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            Just(serde_json::Value::Null)
        ];
        leaf.prop_recursive(6, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The shape: what is no string, and the lengths of strings in bytes.
    fn shape(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::String(text) => format!("string of {}", text.len()),
            serde_json::Value::Array(all) => format!("{:?}", all.iter().map(shape).collect::<Vec<_>>()),
            serde_json::Value::Object(all) => {
                format!("{:?}", all.iter().map(|(key, value)| format!("{key}: {}", shape(value))).collect::<Vec<_>>())
            }
            other => other.to_string(),
        }
    }

    proptest! {
        /// Of any document: the same length, the same shape, and the same however it is cut.
        #[test]
        fn length_and_type_stay(value in json(), cut in any::<prop::sample::Index>()) {
            let text = value.to_string();
            let whole = masked(&text);
            prop_assert_eq!(whole.len(), text.len());
            let read: serde_json::Value = serde_json::from_str(&whole).unwrap();
            prop_assert_eq!(shape(&read), shape(&value));
            let (mut bytes, mut mask) = (text.clone().into_bytes(), Mask::default());
            let (first, second) = bytes.split_at_mut(cut.index(text.len()));
            mask.apply(first);
            mask.apply(second);
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), whole);
        }
    }
}
