//! Changes a YAML text only where its value changes: comments, order and style stay everywhere else.
//!
//! | part of the document | change | edit of the text |
//! |---|---|---|
//! | a value on one line, plain or quoted | another value | replaces the value |
//! | a key | removed | deletes its lines |
//! | a key | added | adds lines at the end of the mapping |
//! | a list of named stanzas | items changed, removed or added | edits each stanza by these rules |
//! | anything else, or a value in flow style | another value | rewrites the smallest entry around it |
//!
//! Except for values on one line, an edit replaces whole lines. Lines between two entries belong to neither. The patch
//! may be wrong in rare cases (with anchors, for example): the caller parses the result, and writes the whole file anew
//! if the value is not the wanted one.

use std::ops::Range;

use granit_parser::{Event, Options, Parser};
use serde_json::{Map, Value};

use crate::yaml::budget::DEPTH;
use crate::yaml::emit;

/// Changes `text` from the value `before` to the value `after`. `None` if these rules cannot do that.
pub(super) fn patched(text: &str, before: &Value, after: &Value) -> Option<String> {
    if text.contains('\r') {
        return None;
    }
    let root = outline(text)?;
    let mut patch = Patch { text, starts: line_starts(text), edits: Vec::new() };
    patch.value(&root, before, after)?;
    patch.apply()
}

/// A part of a document and its place in the text.
#[derive(Debug)]
struct Node {
    /// The column of its start, and the lines of its first and its last token.
    column: usize,
    first: usize,
    last: usize,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    /// A scalar, an alias or a flow collection. A scalar on one line has its range in the text.
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

/// A collection whose end the parser has not reached yet.
enum Open {
    /// A mapping, and the name, column and line of the key whose value comes next.
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
        // The span of a text of several lines ends where the next token begins.
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
            // A flow collection is one leaf.
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
                // An empty value has no place of its own: it ends on the line of its key.
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

/// Collects edits of a text, to apply them all at the end.
struct Patch<'a> {
    text: &'a str,
    /// The offset of the start of each line. The numbers of lines begin at 1.
    starts: Vec<usize>,
    edits: Vec<(Range<usize>, String)>,
}

impl Patch<'_> {
    /// Edits one value. `None` if it cannot change in parts: the caller rewrites the entry around it.
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
            // The line of an item's first key also has the item's dash, which must stay.
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
                // A duplicate key: the last one applies, and a patch might change the wrong one.
                (Some(_), Some(_)) => return None,
            }
        }
        // Last, so that new lines within the last entry come before these.
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

    /// The text before a key on its line. `None` if it has more than spaces and dashes.
    fn before(&self, entry: &Entry) -> Option<&str> {
        let line = self.text.get(self.lines(entry.line, entry.line)?)?;
        let before = line.get(..entry.column)?;
        before.chars().all(|c| c == ' ' || c == '-').then_some(before)
    }

    /// The column of an item's dash, if the line begins with it.
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

    /// Inserts a text after this line.
    fn insert(&mut self, line: usize, text: String) -> Option<()> {
        let at = self.lines(line, line)?.end;
        self.edits.push((at..at, text));
        Some(())
    }

    fn apply(mut self) -> Option<String> {
        // The sort is stable, so insertions at one place keep their order.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, text) in &self.edits {
            out.push_str(self.text.get(at..range.start)?);
            // The last line of the file may lack its line feed.
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
