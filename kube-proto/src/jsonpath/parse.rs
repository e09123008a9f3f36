//! From a template to its blocks, with client-go's errors.
//!
//! | at | next | then |
//! |---|---|---|
//! | text | `{` | in an action |
//! | text | the end | done |
//! | an action | `}` | in text |
//! | an action | `[?(` | a filter, up to `)]` |
//! | an action | `..` | the descent, and a field if a name follows |
//! | an action | `[` | a name, items or several of them, up to `]` |
//! | an action | a quote | a text, up to the same quote |
//! | an action | `.` | a field, up to a space or one of `.,[]$@{}` |
//! | an action | a sign or a digit | a number |
//! | an action | a letter | a word |
//! | an action | a space, `@`, `$` | the same action |
//! | an action | anything else | an error |

use super::node::{Block, JsonPathError, Node, Slice};
use super::unquote::unquote;

/// The most bytes of a template.
pub const TEMPLATE: usize = 64 << 10;

/// Actions inside of actions: the sides of a filter, the parts of a union, a name.
const DEPTH: u32 = 8;

pub(super) fn parse(text: &str) -> Result<Vec<Block>, JsonPathError> {
    if text.len() > TEMPLATE {
        return wrong(format!("the template is longer than {TEMPLATE} bytes"));
    }
    Parser { text, at: 0, depth: 0 }.blocks()
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
}

fn wrong<T>(text: impl Into<String>) -> Result<T, JsonPathError> {
    Err(JsonPathError(text.into()))
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn blocks(mut self) -> Result<Vec<Block>, JsonPathError> {
        let mut blocks = Vec::new();
        loop {
            let rest = self.rest();
            let text = rest.find('{').map_or(rest, |end| rest.get(..end).unwrap_or_default());
            if !text.is_empty() {
                blocks.push(Block::Text(text.to_owned()));
            }
            self.at += text.len();
            if self.next().is_none() {
                return Ok(blocks);
            }
            blocks.push(Block::Action(self.action()?));
        }
    }

    /// The nodes up to the closing brace.
    fn action(&mut self) -> Result<Vec<Node>, JsonPathError> {
        let mut nodes = Vec::new();
        loop {
            let (rest, start) = (self.rest(), self.at);
            if rest.starts_with("[?(") {
                self.at += 3;
                nodes.push(self.filter()?);
                continue;
            }
            if rest.starts_with("..") {
                if nodes.last() == Some(&Node::Recursive) {
                    return wrong("invalid multiple recursive descent");
                }
                self.at += 2;
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_alphanumeric) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.next() {
                None | Some('\r' | '\n') => return wrong("unclosed action"),
                Some('}') => return Ok(nodes),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(Node::Text(self.quoted(start, quote)?)),
                Some('.') => nodes.push(self.field()),
                Some(c) if c == '+' || c == '-' || c.is_numeric() => nodes.push(self.number(start)?),
                Some(c) if is_alphanumeric(c) => nodes.push(self.word(start)),
                Some(c) => {
                    let code = u32::from(c);
                    return wrong(format!("unrecognized character in action: U+{code:04X} '{c}'"));
                }
            }
        }
    }

    /// The nodes of an action with this text, which stands in another action.
    fn inner(&self, text: &str) -> Result<Vec<Node>, JsonPathError> {
        if self.depth >= DEPTH {
            return wrong("the actions nest too deep");
        }
        let text = format!("{{{text}}}");
        let inner = Parser { text: &text, at: 0, depth: self.depth + 1 };
        match inner.blocks()?.into_iter().next() {
            Some(Block::Action(nodes)) => Ok(nodes),
            _ => wrong("unclosed action"),
        }
    }

    fn field(&mut self) -> Node {
        let start = self.at;
        while let Some(c) = self.peek() {
            if is_terminator(c) {
                break;
            }
            self.at += c.len_utf8();
            if c == '\\' {
                self.next();
            }
        }
        match self.since(start) {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn word(&mut self, start: usize) -> Node {
        while self.peek().is_some_and(|c| !is_terminator(c)) {
            self.next();
        }
        match self.since(start) {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            word => Node::Word(word.to_owned()),
        }
    }

    /// A number; its first character is read.
    fn number(&mut self, start: usize) -> Result<Node, JsonPathError> {
        while self.peek().is_some_and(|c| c == '.' || c.is_numeric()) {
            self.next();
        }
        let text = self.since(start);
        if let Ok(integer) = text.parse() {
            return Ok(Node::Int(integer));
        }
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Node::Float(float)),
            _ => wrong(format!("cannot parse number {text}")),
        }
    }

    /// A text in quotes; the first quote is read.
    fn quoted(&mut self, start: usize, quote: char) -> Result<String, JsonPathError> {
        loop {
            let before = self.text.as_bytes().get(self.at.wrapping_sub(1)).copied();
            match self.next() {
                None | Some('\n') => return wrong("unterminated quoted string"),
                Some(c) if c == quote && before != Some(b'\\') => break,
                Some(_) => {}
            }
        }
        let text = self.since(start);
        let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        match unquote(inside, quote) {
            Some(text) => Ok(text),
            None => wrong(format!("unquote string {text} error invalid syntax")),
        }
    }

    /// What stands in brackets; the opening one is read.
    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), JsonPathError> {
        let rest = self.rest();
        let Some(end) = rest.find([']', '\n']).filter(|end| rest.get(*end..).is_some_and(|end| end.starts_with(']')))
        else {
            return wrong("unterminated array");
        };
        let text = rest.get(..end).unwrap_or_default();
        self.at += end + 1;
        let text = if text == "*" { ":" } else { text };
        if text.contains(',') {
            let part = |part: &str| self.inner(&format!("[{}]", part.trim_matches(' ')));
            nodes.push(Node::Union(text.split(',').map(part).collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).filter(|key| !key.contains('\''));
        if let Some(key) = key {
            nodes.extend(self.inner(&format!(".{key}"))?);
            return Ok(());
        }
        nodes.push(Node::Slice(slice(text)?));
        Ok(())
    }

    /// A filter; `[?(` is read.
    fn filter(&mut self) -> Result<Node, JsonPathError> {
        let start = self.at;
        // A side may be a text in quotes: the first quote opens it, and what follows may stand in more of them.
        let (mut open, mut closed) = (None, false);
        loop {
            let before = self.text.as_bytes().get(self.at.wrapping_sub(1)).copied();
            match self.next() {
                None | Some('\n') => return wrong("unterminated filter"),
                Some(quote @ ('"' | '\'')) => match open {
                    None => open = Some(quote),
                    Some(open) if open == quote && before != Some(b'\\') => closed = true,
                    Some(_) => {}
                },
                Some(')') if open.is_some() == closed => break,
                Some(_) => {}
            }
        }
        let text = self.since(start);
        let text = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
        if self.next() != Some(']') {
            return wrong("unclosed array expect ]");
        }
        match comparison(text) {
            None => Ok(Node::Exists(self.inner(text)?)),
            Some((left, operator, right)) => {
                let operator = operator.to_owned();
                Ok(Node::Filter { left: self.inner(left)?, operator, right: self.inner(right)? })
            }
        }
    }
}

/// The sides of the first operator; none if it stands first or last.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let operators = ['!', '<', '>', '='];
    let begin = text.find(operators).filter(|begin| *begin > 0)?;
    let (left, rest) = text.split_at_checked(begin)?;
    let length = rest.find(|c| !operators.contains(&c)).unwrap_or_else(|| rest.len().saturating_sub(1));
    let (operator, right) = rest.split_at_checked(length)?;
    (!operator.is_empty() && !right.is_empty()).then_some((left, operator, right))
}

/// `2`, `-1`, `1:3`, `:`, `0:5:2`.
fn slice(text: &str) -> Result<Slice, JsonPathError> {
    let is_index = |part: &str| part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(4, ':').collect();
    if parts.len() > 3 || !parts.iter().all(|part| is_index(part)) {
        return wrong(format!("invalid array index {text}"));
    }
    let index = |at: usize| match parts.get(at).filter(|part| !part.is_empty()) {
        None => Ok(None),
        Some(part) => match part.parse::<i64>() {
            Ok(index) => Ok(Some(index)),
            Err(_) => wrong(format!("array index {part} is not a number")),
        },
    };
    let from = index(0)?.unwrap_or_default();
    let single = parts.len() == 1;
    let to = if single { Some(from.wrapping_add(1)) } else { index(1)? };
    Ok(Slice { from, to, single, step: index(2)? })
}

fn is_terminator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
