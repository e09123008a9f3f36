//! Values as Go prints them.

use serde_json::{Number, Value};

use super::node::{Item, JsonPathError};
use crate::schema::internals::{float_text, number_text};

/// The most bytes that one evaluation prints.
pub const OUTPUT: usize = 256 << 20;

/// A text that has a limit.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

impl Text {
    pub(super) fn push(&mut self, text: &str) -> Result<(), JsonPathError> {
        if self.0.len().saturating_add(text.len()) > OUTPUT {
            return Err(JsonPathError(format!("the template prints more than {OUTPUT} bytes")));
        }
        self.0.push_str(text);
        Ok(())
    }

    /// An item as `jsonpath` prints it.
    pub(super) fn item(&mut self, item: &Item<'_>) -> Result<(), JsonPathError> {
        match item {
            Item::Json(value @ (Value::Object(_) | Value::Array(_))) => self.json(value, None),
            Item::Json(Value::Null) => self.push("null"),
            Item::Nothing => self.push("<no value>"),
            other => self.plain(other),
        }
    }

    /// An item as `%v` writes it.
    pub(super) fn plain(&mut self, item: &Item<'_>) -> Result<(), JsonPathError> {
        match item {
            Item::Json(value) => self.value(value),
            Item::Text(text) => self.push(text),
            Item::Int(integer) => self.push(&integer.to_string()),
            Item::Float(float) => self.push(&float_text(*float)),
            Item::Bool(bool) => self.push(if *bool { "true" } else { "false" }),
            Item::Byte(byte) => self.push(&byte.to_string()),
            Item::Nothing => self.push("<nil>"),
        }
    }

    /// `map[a:1 b:[x y]]`.
    fn value(&mut self, value: &Value) -> Result<(), JsonPathError> {
        match value {
            Value::Null => self.push("<nil>"),
            Value::Bool(bool) => self.push(if *bool { "true" } else { "false" }),
            Value::Number(number) => self.push(&number_text(number)),
            Value::String(text) => self.push(text),
            Value::Array(items) => {
                self.push("[")?;
                for (at, item) in items.iter().enumerate() {
                    self.push(if at > 0 { " " } else { "" })?;
                    self.value(item)?;
                }
                self.push("]")
            }
            Value::Object(members) => {
                self.push("map[")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    self.push(if at > 0 { " " } else { "" })?;
                    self.push(name)?;
                    self.push(":")?;
                    self.value(value)?;
                }
                self.push("]")
            }
        }
    }

    /// The items as an indented list.
    pub(super) fn list(&mut self, items: &[Item<'_>]) -> Result<(), JsonPathError> {
        let value = |item: &Item<'_>| match item {
            Item::Json(value) => (*value).clone(),
            Item::Text(text) => (*text).into(),
            Item::Int(integer) => (*integer).into(),
            Item::Float(float) => (*float).into(),
            Item::Bool(bool) => (*bool).into(),
            Item::Byte(byte) => (*byte).into(),
            Item::Nothing => Value::Null,
        };
        self.json(&Value::Array(items.iter().map(value).collect()), Some(0))?;
        self.push("\n")
    }

    /// JSON as Go writes it: on one line, or indented by four spaces for each level.
    pub(super) fn json(&mut self, value: &Value, level: Option<usize>) -> Result<(), JsonPathError> {
        let inner = level.map(|level| level + 1);
        match value {
            Value::Null => self.push("null"),
            Value::Bool(bool) => self.push(if *bool { "true" } else { "false" }),
            Value::Number(number) => self.push(&json_number(number)),
            Value::String(text) => self.quoted(text),
            Value::Array(items) if items.is_empty() => self.push("[]"),
            Value::Object(members) if members.is_empty() => self.push("{}"),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.push(if at > 0 { "," } else { "[" })?;
                    self.line(inner)?;
                    self.json(item, inner)?;
                }
                self.line(level)?;
                self.push("]")
            }
            Value::Object(members) => {
                for (at, (name, value)) in members.iter().enumerate() {
                    self.push(if at > 0 { "," } else { "{" })?;
                    self.line(inner)?;
                    self.quoted(name)?;
                    self.push(if level.is_some() { ": " } else { ":" })?;
                    self.json(value, inner)?;
                }
                self.line(level)?;
                self.push("}")
            }
        }
    }

    fn line(&mut self, level: Option<usize>) -> Result<(), JsonPathError> {
        let Some(level) = level else { return Ok(()) };
        self.push("\n")?;
        (0..level).try_for_each(|_| self.push("    "))
    }

    fn quoted(&mut self, text: &str) -> Result<(), JsonPathError> {
        self.push("\"")?;
        let mut rest = text;
        let is_special = |c: char| c < ' ' || matches!(c, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        while let Some(at) = rest.find(is_special) {
            let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.push(plain)?;
            let mut chars = special.chars();
            match chars.next() {
                None => {}
                Some('"') => self.push("\\\"")?,
                Some('\\') => self.push("\\\\")?,
                Some('\n') => self.push("\\n")?,
                Some('\r') => self.push("\\r")?,
                Some('\t') => self.push("\\t")?,
                Some('\u{8}') => self.push("\\b")?,
                Some('\u{c}') => self.push("\\f")?,
                Some(c) => self.push(&format!("\\u{:04x}", u32::from(c)))?,
            }
            rest = chars.as_str();
        }
        self.push(rest)?;
        self.push("\"")
    }
}

/// A number as Go's JSON has it: an exponent only below 10^-6 and from 10^21 on.
fn json_number(number: &Number) -> String {
    let (None, Some(float)) = (number.as_i64(), number.as_f64()) else { return number.to_string() };
    if float == 0.0 || (1e-6..1e21).contains(&float.abs()) {
        return float.to_string();
    }
    let text = format!("{float:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}
