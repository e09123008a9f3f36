//! Changing a YAML text only where its value changes: comments, order and style stay everywhere else.
//!
//! | the value of | is | the text |
//! |---|---|---|
//! | a key, plain or quoted on one line | another one | the value is put in its place |
//! | a key | there no more | its lines go |
//! | a key | new | new lines at the end of the mapping |
//! | a list of named stanzas | changed by name, or at one place | the same, stanza by stanza |
//! | anything else, or what is written in flow style | another one | the smallest entry around it is written anew |
//!
//! Lines are what is cut and put in; what stands between two entries belongs to none. Nothing here has to be right in all
//! cases: the caller reads the result, and if it is not what was wanted (with anchors, say) the whole is
//! written anew.

use std::ops::Range;

use granit_parser::{Event, Options, Parser};
use serde_json::{Map, Value};

use crate::yaml::budget::DEPTH;
use crate::yaml::emit;

/// The text `text`, whose value is `before`, with the value `after`; `None` where that takes more than this can do.
pub(super) fn patched(text: &str, before: &Value, after: &Value) -> Option<String> {
    if text.contains('\r') {
        return None;
    }
    let root = outline(text)?;
    let mut patch = Patch { text, starts: line_starts(text), edits: Vec::new() };
    patch.value(&root, before, after)?;
    patch.apply()
}

/// Where the parts of a document stand.
#[derive(Debug)]
struct Node {
    /// The column at which it begins, and the lines of its first and its last token.
    column: usize,
    first: usize,
    last: usize,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    /// A scalar, or something that is not taken apart. Where it is on one line: its place in the text.
    Leaf(Option<Range<usize>>),
    Map(Vec<Entry>),
    List(Vec<Node>),
}

#[derive(Debug)]
struct Entry {
    key: String,
    column: usize,
    line: usize,
    value: Node,
}

impl Entry {
    fn last(&self) -> usize {
        self.value.last.max(self.line)
    }
}

/// What is open while the events come in.
enum Open {
    /// With the key that waits for its value.
    Map(Node, Option<(String, usize, usize)>),
    List(Node),
}

fn outline(text: &str) -> Option<Node> {
    let mut options = Options::default();
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let (first, column) = (span.start.line(), span.start.col());
        // The end of a text of several lines is where the next token begins.
        let token = span.slice(text).unwrap_or_default();
        let last = first + token.trim_end().matches('\n').count();
        let flow = token.starts_with(['[', '{']);
        let node = |shape| Node { column, first, last: first, shape };
        let done = match event {
            Event::SequenceStart(..) if !flow => {
                open.push(Open::List(node(Shape::List(Vec::new()))));
                continue;
            }
            Event::MappingStart(..) if !flow => {
                open.push(Open::Map(node(Shape::Map(Vec::new())), None));
                continue;
            }
            // In flow style: taken as one.
            Event::SequenceStart(..) => {
                open.push(Open::List(node(Shape::Leaf(None))));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(node(Shape::Leaf(None)), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::Map(node, _) | Open::List(node) => match node.shape {
                    Shape::Leaf(_) => Node { last, ..node },
                    _ => node,
                },
            },
            Event::Scalar(scalar, ..) => {
                if let Some(Open::Map(_, key @ None)) = open.last_mut() {
                    *key = Some((scalar.into_owned(), column, first));
                    continue;
                }
                let range = span.byte_range().filter(|range| !range.is_empty() && !token.contains('\n'));
                // Nothing has no place; it is where its key is.
                let at = open.last().and_then(|open| match open {
                    Open::Map(_, Some((_, _, line))) => Some(*line),
                    _ => None,
                });
                let last = if token.is_empty() { at.unwrap_or(first) } else { last };
                Node { column, first, last, shape: Shape::Leaf(range) }
            }
            Event::Alias(_) => Node { column, first, last, shape: Shape::Leaf(None) },
            Event::DocumentEnd | Event::StreamEnd => return None,
            _ => continue,
        };
        match open.last_mut() {
            None => return Some(done),
            Some(Open::Map(map, key)) => {
                let (key, column, line) = key.take()?;
                map.last = map.last.max(done.last).max(line);
                if let Shape::Map(entries) = &mut map.shape {
                    entries.push(Entry { key, column, line, value: done });
                }
            }
            Some(Open::List(list)) => {
                list.last = list.last.max(done.last);
                if let Shape::List(items) = &mut list.shape {
                    items.push(done);
                }
            }
        }
    }
    None
}

/// Changes to a text that are collected first.
struct Patch<'a> {
    text: &'a str,
    /// Where each line begins; lines are counted from 1.
    starts: Vec<usize>,
    edits: Vec<(Range<usize>, String)>,
}

impl Patch<'_> {
    /// `None` if this value cannot be changed in parts: its holder writes it anew.
    fn value(&mut self, node: &Node, before: &Value, after: &Value) -> Option<()> {
        if before == after {
            return Some(());
        }
        match (before, after, &node.shape) {
            (Value::Object(before), Value::Object(after), Shape::Map(entries)) => {
                self.map(node, entries, before, after)
            }
            (Value::Array(before), Value::Array(after), Shape::List(items)) if items.len() == before.len() => {
                self.list(node, items, before, after)
            }
            (_, Value::String(_) | Value::Bool(_) | Value::Number(_), Shape::Leaf(Some(place))) => {
                let line = emit::one_line(after);
                self.edits.push((place.clone(), line.trim_end_matches('\n').to_owned()));
                Some(())
            }
            _ => None,
        }
    }

    fn map(
        &mut self,
        node: &Node,
        entries: &[Entry],
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) -> Option<()> {
        if after.is_empty() || entries.is_empty() {
            return None;
        }
        let gone = |entry: &&Entry| before.contains_key(&entry.key) && !after.contains_key(&entry.key);
        for entry in entries.iter().filter(gone) {
            // The dash of an item stands before its first key.
            if self.before(entry)?.contains('-') {
                return None;
            }
            self.cut(entry.line, entry.last())?;
        }
        let mut new = Vec::new();
        for (key, value) in after {
            let old = before.get(key);
            if old == Some(value) {
                continue;
            }
            let mut places = entries.iter().filter(|entry| entry.key == *key);
            match (places.next(), places.next()) {
                (None, _) => new.push((key, value)),
                (Some(entry), None) => {
                    let edits = self.edits.len();
                    if self.value(&entry.value, old.unwrap_or(&Value::Null), value).is_none() {
                        self.edits.truncate(edits);
                        let before = self.before(entry)?.to_owned();
                        let lines = self.lines(entry.line, entry.last())?;
                        self.edits.push((lines, before + &emit::entry(key, value, entry.column)));
                    }
                }
                // The last one counts.
                (Some(_), Some(_)) => return None,
            }
        }
        // After what is new within the last entry.
        for (key, value) in new {
            let text = format!("{}{}", " ".repeat(node.column), emit::entry(key, value, node.column));
            self.insert(node.last, text)?;
        }
        Some(())
    }

    fn list(&mut self, node: &Node, items: &[Node], before: &[Value], after: &[Value]) -> Option<()> {
        let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
        if before.len() == after.len() {
            for ((item, old), new) in items.iter().zip(before).zip(after) {
                self.item(item, old, new)?;
            }
            return Some(());
        }
        let names = |values: &[Value]| values.iter().map(name).collect::<Option<Vec<_>>>();
        let (old_names, new_names) = (names(before)?, names(after)?);
        if after.is_empty() {
            return None;
        }
        for ((item, old), name) in items.iter().zip(before).zip(&old_names) {
            match new_names.iter().position(|new| new == name).and_then(|at| after.get(at)) {
                Some(new) => self.item(item, old, new)?,
                None => {
                    self.dash(item)?;
                    self.cut(item.first, item.last)?;
                }
            }
        }
        let column = self.dash(items.first()?)?;
        for (new, _) in after.iter().zip(&new_names).filter(|(_, name)| !old_names.contains(name)) {
            self.insert(node.last, format!("{}{}", " ".repeat(column), emit::item(new, column)))?;
        }
        Some(())
    }

    fn item(&mut self, item: &Node, old: &Value, new: &Value) -> Option<()> {
        let edits = self.edits.len();
        if self.value(item, old, new).is_none() {
            self.edits.truncate(edits);
            let column = self.dash(item)?;
            let lines = self.lines(item.first, item.last)?;
            self.edits.push((lines, format!("{}{}", " ".repeat(column), emit::item(new, column))));
        }
        Some(())
    }

    /// What stands before a key in its line.
    fn before(&self, entry: &Entry) -> Option<&str> {
        let line = self.text.get(self.lines(entry.line, entry.line)?)?;
        let before = line.get(..entry.column)?;
        before.chars().all(|c| c == ' ' || c == '-').then_some(before)
    }

    /// The column of the dash of an item, if that is the first in its line.
    fn dash(&self, item: &Node) -> Option<usize> {
        let line = self.text.get(self.lines(item.first, item.first)?)?;
        let rest = line.trim_start_matches(' ');
        rest.starts_with("- ").then(|| line.len() - rest.len())
    }

    fn lines(&self, first: usize, last: usize) -> Option<Range<usize>> {
        let end = self.starts.get(last).copied().unwrap_or(self.text.len());
        Some(*self.starts.get(first.checked_sub(1)?)?..end)
    }

    fn cut(&mut self, first: usize, last: usize) -> Option<()> {
        let lines = self.lines(first, last)?;
        self.edits.push((lines, String::new()));
        Some(())
    }

    /// After this line.
    fn insert(&mut self, line: usize, text: String) -> Option<()> {
        let at = self.lines(line, line)?.end;
        self.edits.push((at..at, text));
        Some(())
    }

    fn apply(mut self) -> Option<String> {
        // Stable: what is put in at one place stays in order.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, text) in &self.edits {
            out.push_str(self.text.get(at..range.start)?);
            // New lines, after a last one that does not end.
            if range.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(text);
            at = range.end;
        }
        out.push_str(self.text.get(at..)?);
        Some(out)
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

#[cfg(test)]
mod tests;
