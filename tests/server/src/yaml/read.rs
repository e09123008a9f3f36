//! YAML events to JSON values. Nothing recurses, and what aliases copy is counted.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// All documents of a text; empty ones are `null`. A JSON document is YAML too.
///
/// # Errors
/// It is not well-formed: says line and column.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    let mut options = Options::default();
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut reader = Reader::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, at) = match event {
            Ok((event, span)) => (event, span.start),
            Err(error) => {
                let at = error.marker();
                return Err(format!("yaml: line {}, column {}: {}", at.line(), at.col() + 1, error.info()));
            }
        };
        reader.take(event).map_err(|text| format!("yaml: line {}, column {}: {text}", at.line(), at.col() + 1))?;
    }
    Ok(reader.documents)
}

#[derive(Default)]
struct Reader {
    documents: Vec<Value>,
    root: Option<Value>,
    open: Vec<(Collection, usize)>,
    /// Anchored values, and how many values each of them has.
    anchors: BTreeMap<usize, (Value, usize)>,
    values: usize,
}

enum Collection {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<Key>),
}

enum Key {
    Name(String),
    Merge,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let bare = style == ScalarStyle::Plain && tag.is_none();
                if bare && text == "<<" && self.awaits_key() {
                    return self.key(Key::Merge);
                }
                let value = if bare { super::plain(&text) } else { None };
                self.spend(1)?;
                self.value(value.unwrap_or_else(|| text.as_ref().into()), anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Collection::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.begin(Collection::Map(Map::new(), None), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some((Collection::List(list), anchor)) => self.value(Value::Array(list), anchor),
                Some((Collection::Map(map, _), anchor)) => self.value(Value::Object(map), anchor),
                None => Ok(()),
            },
            Event::Alias(id) => {
                let (value, size) = self.anchors.get(&id).cloned().ok_or("an anchor contains itself")?;
                self.spend(size)?;
                self.value(value, 0)
            }
            Event::DocumentEnd => {
                self.documents.push(self.root.take().unwrap_or_default());
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Counts values, those that aliases copy too: a short text must not become a large one.
    fn spend(&mut self, values: usize) -> Result<(), String> {
        self.values = self.values.saturating_add(values);
        if self.values > VALUES { Err(format!("more than {VALUES} values")) } else { Ok(()) }
    }

    fn begin(&mut self, collection: Collection, anchor: usize) -> Result<(), String> {
        self.spend(1)?;
        if self.awaits_key() {
            return Err("a key must be a scalar".into());
        }
        if self.open.len() >= DEPTH {
            return Err("too deeply nested".into());
        }
        self.open.push((collection, anchor));
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some((Collection::Map(_, None), _)))
    }

    fn key(&mut self, new: Key) -> Result<(), String> {
        if let Some((Collection::Map(map, key), _)) = self.open.last_mut() {
            match &new {
                Key::Name(name) if map.contains_key(name) => return Err(format!("key {name:?} already set in map")),
                _ => *key = Some(new),
            }
        }
        Ok(())
    }

    /// A finished value: a key, an item, the value of a key, or the document.
    fn value(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        if anchor != 0 {
            let size = count(&value);
            self.spend(size)?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        if self.awaits_key() {
            return match value {
                Value::String(text) => self.key(Key::Name(text)),
                Value::Number(_) | Value::Bool(_) => self.key(Key::Name(value.to_string())),
                _ => Err("a key must be a text, a number or a boolean".into()),
            };
        }
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some((Collection::List(list), _)) => list.push(value),
            Some((Collection::Map(map, key), _)) => match (key.take(), value) {
                (Some(Key::Name(name)), value) => drop(map.insert(name, value)),
                (Some(Key::Merge), Value::Object(from)) => {
                    for (name, value) in from {
                        map.entry(name).or_insert(value);
                    }
                }
                (Some(Key::Merge), _) => return Err("only a map can be merged".into()),
                (None, _) => {}
            },
        }
        Ok(())
    }
}

/// How many values a value has: as deep as the reader lets it be, and no deeper.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// The deepest nesting of collections.
const DEPTH: usize = 64;
/// The most values of one file: 3 MiB, which is all that a server takes, have fewer.
const VALUES: usize = 2_000_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_of_a_file() {
        for (text, values) in [
            ("a: 1\n---\n# nothing\n---\nb: [x, 'y']\n", vec![json!({"a": 1}), json!(null), json!({"b": ["x", "y"]})]),
            ("{\"a\": \"b\"}\n", vec![json!({"a": "b"})]),
            ("", vec![]),
            (
                "a: yes\nb: 'yes'\nc: 0123\nd: 1.50\ne: 1e3\nf: 1.2.3\ng: ~\nh: -7\ni: 0x1F\nj: 12:30\nk: .\n",
                vec![
                    json!({"a": true, "b": "yes", "c": 83, "d": 1.5, "e": 1000, "f": "1.2.3", "g": null, "h": -7, "i": 31, "j": "12:30", "k": "."}),
                ],
            ),
            (
                "a: &a {x: 1}\nb: *a\nc: {<<: *a, z: 2}\nd: {x: 3, <<: *a}\n",
                vec![json!({"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "z": 2}, "d": {"x": 3}})],
            ),
            ("a: |\n  x\n  y\nb: >-\n  x\n  y\n1: z\n", vec![json!({"a": "x\ny\n", "b": "x y", "1": "z"})]),
        ] {
            assert_eq!(documents(text), Ok(values), "{text}");
        }
        for text in ["a: [", "a: 1\na: 2", "{[x]: y}", "a: *no", "<<: 1", "a:\n\t- b"] {
            assert!(documents(text).unwrap_err().starts_with("yaml: line "), "{text}");
        }
    }

    #[test]
    fn a_bomb_is_an_error() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..30 {
            let list = vec![format!("*a{}", level - 1); 9].join(",");
            bomb += &format!("a{level}: &a{level} [{list}]\n");
        }
        assert!(documents(&bomb).unwrap_err().contains("values"));
        assert!(documents(&"[".repeat(100_000)).is_err());
        assert!(documents(&"- ".repeat(100_000)).is_err());
    }
}
