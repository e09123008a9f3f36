//! Masks the parts of answers that differ from run to run.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The parts of one server's answers to hide.
#[derive(Default)]
pub(super) struct Masks {
    /// Names of this run, and their masks.
    names: Vec<(String, String)>,
    /// The resource versions so far: they come again in messages.
    versions: BTreeSet<String>,
}

impl Masks {
    pub(super) fn name(&mut self, mask: &str, name: &str) {
        self.names.push((name.to_owned(), mask.to_owned()));
    }

    /// Records values that will come again in texts.
    pub(super) fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    match value {
                        Value::String(text) if key == "resourceVersion" && !text.is_empty() => {
                            self.versions.insert(text.clone());
                        }
                        value => self.learn(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    /// The value, with the values of this run masked.
    pub(super) fn masked(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) if object.get("kind").is_some_and(|kind| kind == "Status") => {
                let mut status = self.object(object);
                order_causes(&mut status);
                Value::Object(status)
            }
            Value::Object(object) => Value::Object(self.object(object)),
            Value::Array(items) => items.iter().map(|item| self.masked(item)).collect(),
            Value::String(text) => self.text(text).into(),
            other => other.clone(),
        }
    }

    fn object(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let generated = object.contains_key("generateName");
        let mut masked = Map::new();
        for (key, value) in object {
            let hidden = VOLATILE.contains(&key.as_str()) || (generated && key == "name");
            let value = match value {
                Value::String(text) if hidden && !text.is_empty() => format!("<{key}>").into(),
                // The description of a column is documentation, and cells may contain an age.
                Value::Array(columns) if key == "columnDefinitions" => columns.iter().map(described).collect(),
                Value::Array(cells) if key == "cells" => cells.iter().map(|cell| aged(self.masked(cell))).collect(),
                value => self.masked(value),
            };
            let value = if key == "managedFields" { in_order(value) } else { value };
            // Names occur in keys too: those of fields, and labels.
            masked.insert(self.text(key), value);
        }
        masked
    }

    /// A text with masks.
    pub(super) fn text(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        // In YAML.
        if let Some((before, after)) = masked.split_once("resourceVersion: \"") {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            masked = format!("{before}resourceVersion: \"<version>{after}");
        }
        for (name, mask) in &self.names {
            masked = masked.replace(name, mask);
        }
        masked = order_errors(&masked);
        if let Some(warning) = masked.strip_prefix("299 - ") {
            // The code of every warning can also be an early version.
            return format!("299 - {}", self.words(warning));
        }
        self.words(&masked)
    }

    fn words(&self, masked: &str) -> String {
        let words: Vec<String> = split(masked).into_iter().map(|word| self.word(word)).collect();
        words.concat()
    }

    fn word(&self, word: &str) -> String {
        if self.versions.contains(word) && word.len() > 2 {
            return "<version>".to_owned();
        }
        let uuid = word.len() == 36
            && word.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if uuid && !word.starts_with("00000000") { "<uuid>".to_owned() } else { word.to_owned() }
    }
}

/// A column's definition, without its description.
fn described(column: &Value) -> Value {
    let mut column = column.clone();
    if let Some(about) = column.get_mut("description") {
        *about = "<description>".into();
    }
    column
}

fn aged(cell: Value) -> Value {
    let is_age = cell.as_str().is_some_and(|text| {
        text.strip_suffix(['s', 'm']).is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if is_age { "<age>".into() } else { cell }
}

/// Entries of the same second are sorted by name: which second it was is chance.
fn in_order(entries: Value) -> Value {
    let Value::Array(mut entries) = entries else { return entries };
    let key = |entry: &Value| {
        ["manager", "operation", "subresource", "apiVersion"].map(|key| entry.get(key).map(Value::to_string))
    };
    entries.sort_by_key(key);
    entries.into()
}

/// Go lists the entries of a map in any order: this sorts the causes.
fn order_causes(status: &mut Map<String, Value>) {
    let Some(Value::Array(causes)) = status.get_mut("details").and_then(|details| details.get_mut("causes")) else {
        return;
    };
    let part = |cause: &Value, key: &str| cause.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let texts = |causes: &[Value]| -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for text in causes.iter().map(|cause| format!("{}: {}", part(cause, "field"), part(cause, "message"))) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    };
    let said = texts(causes).join(", ");
    causes.sort_by_key(|cause| (part(cause, "field"), part(cause, "message")));
    let sorted = texts(causes).join(", ");
    if let Some(Value::String(message)) = status.get_mut("message") {
        *message = message.replace(&said, &sorted);
    }
}

/// Server-side apply lists several errors in any order, one in each line.
fn order_errors(text: &str) -> String {
    let Some((before, after)) = text.split_once("errors:\n  ") else { return text.to_owned() };
    let mut errors: Vec<&str> = after.split("\n  ").collect();
    errors.sort_unstable();
    format!("{before}errors:\n  {}", errors.join("\n  "))
}

/// Words and the text between them.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let kind = is_word(first);
        let end = rest.find(|c: char| is_word(c) != kind).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

const VOLATILE: &[&str] = &[
    "clusterIP",
    "continue",
    "creationTimestamp",
    "deletionTimestamp",
    "expirationTimestamp",
    "lastTransitionTime",
    "resourceVersion",
    "serverAddress",
    "startTime",
    "storageVersionHash",
    "time",
    "token",
    "uid",
];
