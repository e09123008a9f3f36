//! The values of a template in an object.
//!
//! A range is a block that ends with the word `range`. What follows it is evaluated for each of its values, up to the block with its
//! `end`; evaluation goes on behind that. Without values it is evaluated once with nothing, to find the end. As in client-go, what
//! follows a range without an end is evaluated once more after it.

use serde_json::Value;

use super::compare::holds;
use super::node::{Block, Item, JsonPathError, Node, Slice};

/// The most values that one evaluation visits.
pub const STEPS: usize = 4_000_000;

/// The most ranges inside each other.
pub const RANGES: usize = 64;

/// The values of each block, in order.
pub(super) fn find<'a>(
    blocks: &'a [Block],
    value: &'a Value,
    strict: bool,
) -> Result<Vec<Vec<Item<'a>>>, JsonPathError> {
    let mut finder = Finder { blocks, strict, begun: 0, within: 0, ended: 0, last_end: None, steps: 0 };
    finder.blocks(0, entered(Item::Json(value))).map_err(|halt| halt.error)
}

/// A value that an evaluation starts from.
fn entered(item: Item<'_>) -> Item<'_> {
    if matches!(item, Item::Json(Value::Null)) { Item::Nothing } else { item }
}

/// Why an evaluation ends early.
struct Halt {
    error: JsonPathError,
    /// There were values before: for a filter, the member exists.
    exists: bool,
}

impl Halt {
    fn new<T>(text: impl Into<String>, exists: bool) -> Result<T, Self> {
        Err(Self { error: JsonPathError(text.into()), exists })
    }
}

type Found<'a> = Result<Vec<Item<'a>>, Halt>;

struct Finder<'a> {
    blocks: &'a [Block],
    strict: bool,
    /// Ranges that the last block has begun.
    begun: usize,
    /// Ranges that the evaluation is in.
    within: usize,
    /// Ranges that the last block has ended.
    ended: usize,
    /// The block of the last end.
    last_end: Option<usize>,
    steps: usize,
}

impl<'a> Finder<'a> {
    fn blocks(&mut self, from: usize, at: Item<'a>) -> Result<Vec<Vec<Item<'a>>>, Halt> {
        if self.within > RANGES {
            return Halt::new(format!("more than {RANGES} ranges stand inside each other"), false);
        }
        let blocks = self.blocks;
        let mut found = Vec::new();
        let mut index = from;
        while let Some(block) = blocks.get(index) {
            let items = match block {
                Block::Text(text) => {
                    self.step(1)?;
                    vec![Item::Text(text)]
                }
                Block::Action(nodes) => self.nodes(vec![at], nodes)?,
            };
            if self.ended > 0 && self.ended <= self.within {
                self.ended -= 1;
                self.last_end = Some(index);
                break;
            }
            if self.begun > 0 {
                self.begun -= 1;
                self.within += 1;
                for item in &items {
                    found.extend(self.blocks(index + 1, entered(*item))?);
                }
                if items.is_empty() {
                    self.blocks(index + 1, Item::Nothing)?;
                }
                self.within -= 1;
                if let Some(end) = self.last_end.filter(|end| *end > index) {
                    index = end;
                }
            } else {
                found.push(items);
            }
            index += 1;
        }
        Ok(found)
    }

    fn step(&mut self, count: usize) -> Result<(), Halt> {
        self.steps = self.steps.saturating_add(count);
        if self.steps > STEPS {
            Halt::new(format!("the template visits more than {STEPS} values"), false)
        } else {
            Ok(())
        }
    }

    fn nodes(&mut self, from: Vec<Item<'a>>, nodes: &'a [Node]) -> Found<'a> {
        nodes.iter().try_fold(from, |from, node| {
            self.step(from.len() + 1)?;
            self.node(from, node)
        })
    }

    fn node(&mut self, from: Vec<Item<'a>>, node: &'a Node) -> Found<'a> {
        Ok(match node {
            Node::Text(text) => vec![Item::Text(text)],
            Node::Int(integer) => vec![Item::Int(*integer); from.len()],
            Node::Float(float) => vec![Item::Float(*float); from.len()],
            Node::Bool(bool) => vec![Item::Bool(*bool); from.len()],
            Node::Field(name) => return self.field(&from, name),
            Node::Slice(slice) => return self.slice(&from, slice),
            Node::Wildcard => {
                let mut found = Vec::new();
                for item in from {
                    let children = children(item);
                    self.step(children.len())?;
                    found.extend(children);
                }
                found
            }
            Node::Recursive => return self.descend(from),
            Node::Union(parts) => {
                let mut found = Vec::new();
                for part in parts {
                    let some = self.nodes(from.clone(), part);
                    found.extend(some.map_err(|halt| Halt { exists: !from.is_empty(), ..halt })?);
                    self.step(from.len())?;
                }
                found
            }
            Node::Exists(test) => self.filter(&from, |finder, item| match finder.nodes(vec![item], test) {
                Ok(found) => Ok(!found.is_empty()),
                Err(_) if finder.steps > STEPS => Halt::new("the template visits too many values", false),
                Err(halt) => Ok(halt.exists),
            })?,
            Node::Filter { left, operator, right } => self.filter(&from, |finder, item| {
                let Some(left) = finder.side(item, left)? else { return Ok(false) };
                let Some(right) = finder.side(item, right)? else { return Ok(false) };
                holds(&left, operator, &right).map_err(|error| Halt { error, exists: true })
            })?,
            Node::Word(word) => match word.as_str() {
                "range" => {
                    self.begun += 1;
                    from
                }
                "end" if self.within > 0 => {
                    self.ended += 1;
                    Vec::new()
                }
                "end" => return Halt::new("not in range, nothing to end", false),
                word => return Halt::new(format!("unrecognized identifier {word}"), !from.is_empty()),
            },
        })
    }

    fn field(&self, from: &[Item<'a>], name: &str) -> Found<'a> {
        let mut found = Vec::new();
        let member = |item: &Item<'a>| match item {
            Item::Json(Value::Object(members)) => members.get(name).map(Item::Json),
            _ => None,
        };
        found.extend(from.iter().filter_map(member));
        if found.is_empty() && !from.is_empty() && self.strict {
            return Halt::new(format!("{name} is not found"), false);
        }
        Ok(found)
    }

    fn slice(&mut self, from: &[Item<'a>], slice: &Slice) -> Found<'a> {
        let mut found = Vec::new();
        let wrong = |text: String| Halt::new(text, true);
        for item in from {
            let items = match item {
                Item::Json(Value::Array(items)) => items,
                Item::Json(Value::Null) => continue,
                other => return wrong(format!("{} is not array or slice", type_name(other))),
            };
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let from = if slice.from < 0 { slice.from.wrapping_add(length) } else { slice.from };
            let to = match slice.to {
                None => length,
                Some(to) if to < 0 || (to == 0 && slice.single) => to.wrapping_add(length),
                Some(to) => to,
            };
            if from == to {
                return Ok(found);
            }
            if from >= length || from < 0 {
                return wrong(format!("array index out of bounds: index {from}, length {length}"));
            }
            if to > length || to < 0 {
                let last = to.wrapping_sub(1);
                return wrong(format!("array index out of bounds: index {last}, length {length}"));
            }
            if from > to {
                return wrong(format!("starting index {from} is greater than ending index {to}"));
            }
            let step = match slice.step {
                None => 1,
                Some(step) if step <= 0 => return wrong("step must be > 0".into()),
                Some(step) => usize::try_from(step).unwrap_or(usize::MAX),
            };
            let bound = |index: i64| usize::try_from(index).unwrap_or_default();
            let chosen = items.get(bound(from)..bound(to)).unwrap_or_default();
            self.step(chosen.len())?;
            found.extend(chosen.iter().step_by(step).map(Item::Json));
        }
        Ok(found)
    }

    /// Each value with something in it, before what is in it.
    fn descend(&mut self, from: Vec<Item<'a>>) -> Found<'a> {
        let (mut found, mut waiting) = (Vec::new(), from);
        waiting.reverse();
        while let Some(item) = waiting.pop() {
            let children = children(item);
            self.step(children.len() + 1)?;
            if !children.is_empty() {
                found.push(item);
                waiting.extend(children.into_iter().rev());
            }
        }
        Ok(found)
    }

    fn filter(
        &mut self,
        from: &[Item<'a>],
        mut keeps: impl FnMut(&mut Self, Item<'a>) -> Result<bool, Halt>,
    ) -> Found<'a> {
        let mut found = Vec::new();
        for item in from {
            let Item::Json(Value::Array(items)) = item else {
                let name = type_name(item);
                return Halt::new(format!("{name} is not array or slice and cannot be filtered"), true);
            };
            for item in items {
                self.step(1)?;
                if keeps(self, Item::Json(item))? {
                    found.push(Item::Json(item));
                }
            }
        }
        Ok(found)
    }

    /// The one value of a side of a comparison.
    fn side(&mut self, item: Item<'a>, nodes: &'a [Node]) -> Result<Option<Item<'a>>, Halt> {
        match self.nodes(vec![item], nodes)?.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Halt::new("can only compare one element at a time", true),
        }
    }
}

/// The members, the items or the bytes.
fn children(item: Item<'_>) -> Vec<Item<'_>> {
    match item {
        Item::Json(Value::Object(members)) => members.values().map(Item::Json).collect(),
        Item::Json(Value::Array(items)) => items.iter().map(Item::Json).collect(),
        Item::Json(Value::String(text)) => text.bytes().map(Item::Byte).collect(),
        Item::Text(text) => text.bytes().map(Item::Byte).collect(),
        _ => Vec::new(),
    }
}

/// The name of the type in Go.
fn type_name(item: &Item<'_>) -> &'static str {
    match item {
        Item::Json(Value::Null) | Item::Nothing => "nil",
        Item::Json(Value::Object(_)) => "map[string]interface {}",
        Item::Json(Value::Array(_)) => "[]interface {}",
        Item::Json(Value::String(_)) | Item::Text(_) => "string",
        Item::Json(Value::Bool(_)) | Item::Bool(_) => "bool",
        Item::Json(Value::Number(number)) if number.is_i64() => "int64",
        Item::Json(Value::Number(_)) | Item::Float(_) => "float64",
        Item::Int(_) => "int",
        Item::Byte(_) => "uint8",
    }
}
