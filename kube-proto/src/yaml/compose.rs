//! Builds one JSON value from the parser's events of one YAML document. The parser keeps no tree, so this module checks
//! the limits on nesting, values and copies while the value grows. Nothing here recurses.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::budget::{Budget, DEPTH};
use super::json::Keys;
use super::scalar::{self, Scalar};

/// The error of a document, with the line and the column in it, from 1.
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) text: String,
    pub(super) duplicate: Option<String>,
}

/// Reads the single document of `text`. Text after its end is an error; with `ignore_rest` it is ignored.
pub(super) fn compose(text: &str, budget: Budget, unique_keys: bool, ignore_rest: bool) -> Result<Value, Fault> {
    let mut options = Options::default();
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    // The behaviour of libyaml, on which kubectl's reader is based.
    options.block_scalar_eof_without_line_feed = true;
    let mut composer = Composer {
        open: Vec::new(),
        anchors: BTreeMap::new(),
        budget,
        keys: Keys { unique: unique_keys, duplicate: None },
        root: None,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            Fault { line: at.line(), column: at.col() + 1, text: error.info().to_owned(), duplicate: None }
        })?;
        if ignore_rest && matches!(event, Event::DocumentEnd) {
            break;
        }
        if let Err(text) = composer.take(event) {
            let at = span.start;
            return Err(Fault { line: at.line(), column: at.col() + 1, text, duplicate: composer.keys.duplicate });
        }
    }
    Ok(composer.root.unwrap_or(Value::Null))
}

struct Composer {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Value, Size)>,
    budget: Budget,
    keys: Keys,
    root: Option<Value>,
}

/// A collection whose end has not come yet.
struct Open {
    kind: Kind,
    anchor: usize,
    size: Size,
}

enum Kind {
    List(Vec<Value>),
    Map { map: Map<String, Value>, key: Option<Key> },
}

enum Key {
    Name(String),
    /// `<<`
    Merge,
}

/// The cost of a copy of a value.
#[derive(Clone, Copy)]
struct Size {
    values: usize,
    bytes: usize,
    depth: usize,
}

const ONE: Size = Size { values: 1, bytes: 0, depth: 0 };

impl Composer {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref()),
            Event::SequenceStart(_, anchor, _) => self.open(Kind::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.open(Kind::Map { map: Map::new(), key: None }, anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { kind: Kind::List(list), anchor, size }) => self.value(Value::Array(list), anchor, size),
                Some(Open { kind: Kind::Map { map, .. }, anchor, size }) => {
                    self.value(Value::Object(map), anchor, size)
                }
                None => Ok(()),
            },
            Event::Alias(id) => self.alias(id),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>) -> Result<(), String> {
        self.budget.spend(1)?;
        self.budget.spend_bytes(text.len())?;
        let size = Size { bytes: text.len(), ..ONE };
        let tag = tag.map(|tag| tag.suffix_in_namespace(CORE).unwrap_or_default());
        let merge = match tag.as_deref() {
            None => style == ScalarStyle::Plain,
            Some(tag) => tag == "merge",
        };
        if merge && text == "<<" && self.awaits_key() {
            self.set_key(Key::Merge);
            return Ok(());
        }
        let (scalar, text) = match tag {
            None if style == ScalarStyle::Plain => (scalar::plain(text), text.to_owned()),
            None => (Scalar::Text, text.to_owned()),
            Some(tag) => tagged(&tag, text)?,
        };
        if self.awaits_key() {
            let name = scalar.key(&text)?;
            if anchor != 0 {
                self.anchor(anchor, &scalar.value(&text)?, size)?;
            }
            return self.name(name);
        }
        let value = scalar.value(&text)?;
        self.value(value, anchor, size)
    }

    fn alias(&mut self, id: usize) -> Result<(), String> {
        let Some((value, size)) = self.anchors.get(&id) else {
            return Err("an anchor contains itself".into());
        };
        let size = *size;
        if self.open.len() + size.depth > DEPTH {
            return Err(TOO_DEEP.into());
        }
        if self.awaits_value_of_merge() && !value.is_object() {
            return Err(MERGE.into());
        }
        // Count before the copy: a few nested aliases can ask for billions of values.
        self.budget.spend_copy(size.values, size.bytes)?;
        let value = value.clone();
        if self.awaits_key() {
            let name = key_text(value)?;
            return self.name(name);
        }
        self.value(value, 0, size)
    }

    fn open(&mut self, kind: Kind, anchor: usize) -> Result<(), String> {
        self.budget.spend(1)?;
        if self.open.len() >= DEPTH {
            return Err(TOO_DEEP.into());
        }
        if self.awaits_key() {
            return Err("a key must be a scalar".into());
        }
        self.open.push(Open { kind, anchor, size: ONE });
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Map { key: None, .. }, .. }))
    }

    fn awaits_value_of_merge(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Map { key: Some(Key::Merge), .. }, .. }))
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Open { kind: Kind::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(new);
        }
    }

    fn name(&mut self, name: String) -> Result<(), String> {
        if let Some(Open { kind: Kind::Map { map, .. }, .. }) = self.open.last() {
            self.keys.check(map, &name)?;
        }
        self.set_key(Key::Name(name));
        Ok(())
    }

    fn anchor(&mut self, anchor: usize, value: &Value, size: Size) -> Result<(), String> {
        self.budget.spend_copy(size.values, size.bytes)?;
        self.anchors.insert(anchor, (value.clone(), size));
        Ok(())
    }

    /// Adds a complete value to the open collection. Without one it is the document.
    fn value(&mut self, value: Value, anchor: usize, size: Size) -> Result<(), String> {
        if anchor != 0 {
            self.anchor(anchor, &value, size)?;
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        parent.size.values += size.values;
        parent.size.bytes += size.bytes;
        parent.size.depth = parent.size.depth.max(size.depth + 1);
        match &mut parent.kind {
            Kind::List(list) => list.push(value),
            Kind::Map { map, key } => match key.take() {
                Some(Key::Name(name)) => {
                    parent.size.bytes += name.len();
                    map.insert(name, value);
                }
                Some(Key::Merge) => merge(map, value)?,
                None => {}
            },
        }
        Ok(())
    }
}

/// `<<`: merged entries replace keys before it, and keys after it replace them. In a list the first map wins.
fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    match value {
        Value::Object(from) => map.extend(from),
        Value::Array(list) => {
            for item in list.into_iter().rev() {
                let Value::Object(from) = item else { return Err(MERGE.into()) };
                map.extend(from);
            }
        }
        _ => return Err(MERGE.into()),
    }
    Ok(())
}

/// The text of a key that is an alias.
fn key_text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => match (number.is_f64(), number.as_f64()) {
            (true, Some(float)) => Ok(scalar::float_key(float)),
            _ => Ok(number.to_string()),
        },
        Value::Bool(yes) => Ok(yes.to_string()),
        _ => Err(scalar::KEY.into()),
    }
}

/// A scalar with one of YAML's own tags, or with another tag (`""`), which makes it a string.
fn tagged(tag: &str, text: &str) -> Result<(Scalar, String), String> {
    let scalar = match (tag, scalar::plain(text)) {
        ("null", scalar @ Scalar::Null)
        | ("bool", scalar @ Scalar::Bool(_))
        | ("int", scalar @ (Scalar::Int(_) | Scalar::Uint(_)))
        | ("float", scalar @ Scalar::Float(_)) => scalar,
        #[allow(clippy::cast_precision_loss, reason = "the tag asks for a float")]
        ("float", Scalar::Int(value)) => Scalar::Float(value as f64),
        ("timestamp", Scalar::Text) if looks_like_a_date(text) => Scalar::Text,
        ("null" | "bool" | "int" | "float" | "timestamp", _) => {
            return Err(format!("a value that does not fit its tag !!{tag}"));
        }
        ("binary", _) => {
            let bytes = crate::config::base64::base64(text).filter(|_| !text.contains([' ', '\t']));
            let bytes = bytes.ok_or("a !!binary value that is not base64")?;
            let text = String::from_utf8(bytes).map_err(|_| "a !!binary value that is not text")?;
            return Ok((Scalar::Text, text));
        }
        _ => Scalar::Text,
    };
    Ok((scalar, text.to_owned()))
}

/// Whether the text begins with a date: `2001-01-01`, perhaps with a time.
fn looks_like_a_date(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let mut parts = date.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit())));
    parts.next() == Some((4, true))
        && parts.next().is_some_and(|(length, digits)| digits && (1..3).contains(&length))
        && parts.next().is_some_and(|(length, digits)| digits && (1..3).contains(&length))
        && parts.next().is_none()
}

/// The namespace of `!!`.
const CORE: &str = "tag:yaml.org,2002:";
const TOO_DEEP: &str = "too deeply nested";
const MERGE: &str = "map merge requires map or sequence of maps as the value";
