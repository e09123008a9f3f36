//! YAML events to one JSON value, as `kubectl` understands them.
//!
//! `kubectl` turns YAML 1.1 into JSON before it looks at any field, so that `yes` is a boolean and `0123` a number; a file
//! must mean the same here. The parser gives events and holds no tree, so that nesting, the number of values and
//! the copies made by aliases are counted while the tree grows, and nothing here recurses.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

use super::budget::Budget;

/// Reads the first document of `text`. The error says line and column, and nothing of the text.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut options = Options::default();
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut composer = Composer::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = error.marker();
                return Err(format!("line {}, column {}: {}", at.line(), at.col() + 1, error.info()));
            }
        };
        match composer.take(event) {
            Ok(None) => {}
            Ok(Some(value)) => return Ok(value),
            Err(text) => return Err(format!("line {}, column {}: {text}", span.start.line(), span.start.col() + 1)),
        }
    }
    Ok(Value::Null)
}

#[derive(Default)]
struct Composer {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Value, Size)>,
    budget: Budget,
    root: Option<Value>,
}

/// A collection that is not closed yet.
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

/// What a value costs when an alias copies it.
#[derive(Clone, Copy)]
struct Size {
    values: usize,
    bytes: usize,
    depth: usize,
}

const ONE: Size = Size { values: 1, bytes: 0, depth: 0 };

impl Composer {
    /// Takes one event; gives the document at its end.
    fn take(&mut self, event: Event<'_>) -> Result<Option<Value>, String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.spend(1)?;
                self.budget.spend_bytes(text.len())?;
                let size = Size { bytes: text.len(), ..ONE };
                let merge = &*text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                if merge && self.awaits_key() {
                    self.set_key(Key::Merge);
                    return Ok(None);
                }
                let value = scalar(&text, style, tag.as_deref())?;
                self.value(value, anchor, size)?;
            }
            Event::SequenceStart(_, anchor, _) => self.open(Kind::List(Vec::new()), anchor)?,
            Event::MappingStart(_, anchor, _) => self.open(Kind::Map { map: Map::new(), key: None }, anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { kind, anchor, size }) = self.open.pop() {
                    let value = match kind {
                        Kind::List(list) => Value::Array(list),
                        Kind::Map { map, .. } => Value::Object(map),
                    };
                    self.value(value, anchor, size)?;
                }
            }
            Event::Alias(id) => {
                let Some((value, size)) = self.anchors.get(&id) else {
                    return Err("an anchor contains itself".into());
                };
                let size = *size;
                if self.open.len() + size.depth > DEPTH {
                    return Err(TOO_DEEP.into());
                }
                // Before the copy is made: it is the copies that a bomb is made of.
                self.budget.spend(size.values)?;
                self.budget.spend_bytes(size.bytes)?;
                let value = value.clone();
                self.value(value, 0, size)?;
            }
            Event::DocumentEnd | Event::StreamEnd => return Ok(Some(self.root.take().unwrap_or(Value::Null))),
            _ => {}
        }
        Ok(None)
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

    fn set_key(&mut self, new: Key) {
        if let Some(Open { kind: Kind::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(new);
        }
    }

    /// A finished value: it becomes a key, an item, or the document.
    fn value(&mut self, value: Value, anchor: usize, size: Size) -> Result<(), String> {
        if anchor != 0 {
            self.budget.spend(size.values)?;
            self.budget.spend_bytes(size.bytes)?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        if self.awaits_key() {
            let name = key_text(value)?;
            self.set_key(Key::Name(name));
            return Ok(());
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

/// `<<`: what is merged takes the place of keys before it and gives way to keys after it; in a list the first wins.
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

fn key_text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        _ => Err("a key must be a string, a number or a boolean".into()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        return if style == ScalarStyle::Plain { plain(text) } else { Ok(text.into()) };
    };
    match tag.suffix_in_namespace(CORE).as_deref() {
        Some("null") => checked(plain(text)?, "!!null", Value::is_null),
        Some("bool") => checked(plain(text)?, "!!bool", Value::is_boolean),
        Some("int") => checked(plain(text)?, "!!int", |value| value.is_i64() || value.is_u64()),
        Some("float") => checked(plain(text)?, "!!float", Value::is_number),
        Some("binary") => {
            let bytes = crate::config::base64::base64(text).ok_or("a !!binary value that is not base64")?;
            String::from_utf8(bytes).map(Value::String).map_err(|_| "a !!binary value that is not text".into())
        }
        _ => Ok(text.into()),
    }
}

fn checked(value: Value, tag: &str, is: fn(&Value) -> bool) -> Result<Value, String> {
    if is(&value) { Ok(value) } else { Err(format!("a value that does not fit its tag {tag}")) }
}

/// The value of an unquoted scalar by the rules of YAML 1.1, as far as `kubectl` follows them.
pub(super) fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Ok(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(false.into());
        }
        ".nan" | ".NaN" | ".NAN" => return Err("not a number, and JSON has no such value".into()),
        _ => {}
    }
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF") {
        return Err("infinity, and JSON has no such value".into());
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(text.into());
    }
    let digits = text.replace('_', "");
    Ok(integer(&digits).or_else(|| float(&digits)).map_or_else(|| text.into(), Value::Number))
}

fn integer(text: &str) -> Option<Number> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match magnitude.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, magnitude.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, magnitude.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, magnitude.get(2..)?),
        [b'0', _, ..] => (8, magnitude.get(1..)?),
        _ => (10, magnitude),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative { 0_i64.checked_sub_unsigned(value).map(Number::from) } else { Some(value.into()) }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<Number> {
    let shape = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = if shape { text.parse().ok()? } else { return None };
    // The last step of `kubectl` is JSON, which writes a whole number without a point.
    let whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
    if whole { Some((value as i64).into()) } else { Number::from_f64(value) }
}

/// The namespace of `!!`.
const CORE: &str = "tag:yaml.org,2002:";
const TOO_DEEP: &str = "too deeply nested";
const MERGE: &str = "map merge requires map or sequence of maps as the value";
/// Collections within collections. A kubeconfig needs six; extensions may hold anything.
const DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_what_kubectl_makes_of_them() {
        // Taken from `kubectl config view --raw -o json` with each as the value of an extension.
        let table = [
            ("0123", json!(83)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("-0x10", json!(-16)),
            ("0b11", json!(3)),
            ("089", json!(89)),
            ("0x", json!("0x")),
            ("2001-01-01", json!("2001-01-01")),
            ("12:30:45", json!("12:30:45")),
            ("1.0", json!(1)),
            ("1.", json!(1)),
            (".5", json!(0.5)),
            ("1e3", json!(1000)),
            ("1_000", json!(1000)),
            ("+3", json!(3)),
            ("-5", json!(-5)),
            ("123456789012345678901234567890", json!(1.2345678901234568e29)),
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("y", json!(true)),
            ("~", json!(null)),
            ("\"\"", json!("")),
            ("'1'", json!("1")),
            ("!!str 12", json!("12")),
            ("!!int \"3\"", json!(3)),
            ("!!binary aGk=", json!("hi")),
            ("!foo 12", json!("12")),
            ("!foo [1]", json!([1])),
            ("\"\\u00e9\"", json!("é")),
        ];
        for (text, value) in table {
            assert_eq!(parse(&format!("a: {text}")), Ok(json!({ "a": value })), "{text}");
        }
        for text in [".inf", "-.INF", ".nan", "!!int x", "!!bool 3", "!!binary '*'"] {
            assert!(parse(&format!("a: {text}")).unwrap_err().starts_with("line 1, column"), "{text}");
        }
    }

    #[test]
    fn documents_keys_and_merges() {
        let table = [
            ("a: 1\n---\na: 2\n", json!({"a": 1})),
            ("a: 1\n--- @@bad\n{[\n", json!({"a": 1})),
            ("---\n---\na: 1\n", json!(null)),
            ("# nothing\n", json!(null)),
            ("hello", json!("hello")),
            ("a: 1\na: 2", json!({"a": 2})),
            ("{1: a, true: b, 1.5: d, !!str 12: e}", json!({"1": "a", "true": "b", "1.5": "d", "12": "e"})),
            ("x: &x {s: q}\na: {<<: *x, p: 1}", json!({"x": {"s": "q"}, "a": {"s": "q", "p": 1}})),
            ("x: &x {s: q}\na: {s: first, <<: *x}", json!({"x": {"s": "q"}, "a": {"s": "q"}})),
            ("x: &x {s: q}\na: {<<: *x, s: last}", json!({"x": {"s": "q"}, "a": {"s": "last"}})),
            ("x: &x {s: q}\na: {<<: [*x, {s: z, p: 1}]}", json!({"x": {"s": "q"}, "a": {"s": "q", "p": 1}})),
            ("a: &x hi\nb: *x\nc: &x ho\nd: *x", json!({"a": "hi", "b": "hi", "c": "ho", "d": "ho"})),
            ("&k a: 1\nb: *k", json!({"a": 1, "b": "a"})),
            ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", json!({"a": "x\ny\n", "b": "x y"})),
        ];
        for (text, value) in table {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        for text in
            ["{[a]: b}", "{null: c}", "a: *nope", "a: &a [*a]", "{<<: 1}", "{<<: [1]}", "a:\n\t- b", "a: [", "a: }"]
        {
            assert!(parse(text).unwrap_err().starts_with("line "), "{text}");
        }
    }

    #[test]
    fn hostile_yaml_is_bounded() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        let mut chain = String::from("c0: &c0 [x]\n");
        for level in 1..100 {
            let list = vec![format!("*a{}", level - 1); 9].join(",");
            bomb += &format!("a{level}: &a{level} [{list}]\n");
            chain += &format!("c{level}: &c{level} [[[[[[[[*c{}]]]]]]]]\n", level - 1);
        }
        let long = "x".repeat(1 << 20);
        let table = [
            (bomb, "too many values"),
            (chain, "nested"),
            (format!("a: &a {long}\nb: [{}]", "*a,".repeat(100)), "too much text"),
            ("[".repeat(200_000), ""),
            ("{a: ".repeat(200_000), ""),
            ("- ".repeat(200_000), ""),
            ("? ".repeat(200_000), ""),
            ("- &a [*a]\n".repeat(200_000), ""),
            ("- a\n".repeat(200_000), "too many values"),
            ("\"".to_owned() + &long, ""),
        ];
        for (text, part) in table {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(part), "{error}");
            assert!(error.len() < 200, "{error}");
        }
        // No error for this parser, but an end.
        assert_eq!(parse(&"&a ".repeat(200_000)), Ok(Value::Null));
        assert_eq!(parse(&format!("a: {long}")).unwrap()["a"].as_str().unwrap().len(), 1 << 20);
    }
}
