//! The tokens of a document: where the reader stands, and the steps from there.
//!
//! The steps of a document in the usual layout are compiled into the code of every type that is read: a call costs more than the
//! room, because its results go through memory. What is rare is compiled once, and not once for each type.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{DecodeError, Kind};
use super::number::{Number, number};
use super::options::{DEPTH, Unwanted};
use super::skip::brackets_end;
use super::text::{plain_end, unescape};

pub(super) type Result<T> = std::result::Result<T, DecodeError>;

/// Reads one document of UTF-8.
pub(crate) struct Reader<'de, 'o> {
    pub(super) text: &'de str,
    pub(super) at: usize,
    depth: usize,
    /// The text of the last string that had escapes.
    pub(super) scratch: String,
    pub(super) unwanted: Unwanted<'o>,
    /// What the next object is.
    pub(super) place: Place,
    /// Members that a later one of the same key replaces are left out.
    pub(super) last_counts: bool,
    /// The positions of their keys, of all objects so far.
    pub(super) replaced: BTreeSet<usize>,
}

/// Which object it is: members of some may be unwanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Any object.
    #[default]
    Other,
    /// The object of the document.
    Root,
    /// Its member `metadata`.
    Metadata,
    /// The member `annotations` of that.
    Annotations,
}

impl<'de, 'o> Reader<'de, 'o> {
    pub(super) fn new(text: &'de str, unwanted: Unwanted<'o>, last_counts: bool) -> Self {
        let (scratch, replaced) = (String::new(), BTreeSet::new());
        Self { text, at: 0, depth: 0, scratch, unwanted, place: Place::Root, last_counts, replaced }
    }

    /// The position where reading stopped.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes on at another position.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Only white space follows.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(syntax("something follows the end of the document")),
        }
    }

    /// The next byte that is no white space. It is not consumed.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        match self.text.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.peek_further(),
        }
    }

    #[inline(never)]
    fn peek_further(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    /// Takes a string, and stands after it. `None`: it had escapes, and its text is in `scratch`.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Result<Option<&'de str>> {
        let start = self.at + 1;
        let end = plain_end(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Some(self.text.get(start..end).unwrap_or_default()));
        }
        self.escaped(start, end)?;
        Ok(None)
    }

    #[cold]
    fn escaped(&mut self, start: usize, end: usize) -> Result<()> {
        match unescape(self.text, start, end, &mut self.scratch) {
            Ok(end) => {
                self.at = end;
                Ok(())
            }
            Err((at, error)) => {
                self.at = at;
                Err(error)
            }
        }
    }

    pub(super) fn word(&mut self, word: &'static str) -> Result<()> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(if word.as_bytes().starts_with(rest) { truncated() } else { syntax("a value should stand here") })
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<Number> {
        match number(self.text, self.at) {
            Ok((number, end)) => {
                self.at = end;
                Ok(number)
            }
            Err(at) => {
                self.at = at;
                Err(match self.text.as_bytes().get(at) {
                    None => truncated(),
                    Some(b'-' | b'0'..=b'9') => syntax("the number is out of range"),
                    Some(_) => syntax("a value should stand here"),
                })
            }
        }
    }

    /// Skips a value.
    pub(super) fn skip(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'{' | b'[') => match brackets_end(self.text.as_bytes(), self.at) {
                Some(end) => self.at = end,
                None => {
                    self.at = self.text.len();
                    return Err(truncated());
                }
            },
            Some(b'"') => _ = self.string()?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            Some(b'n') => self.word("null")?,
            None => return Err(truncated()),
            Some(_) => _ = self.number()?,
        }
        Ok(())
    }

    /// Goes into an object or an array that counts as so many levels.
    #[inline(always)]
    pub(super) fn enter(&mut self, levels: usize) -> Result<()> {
        self.depth += levels;
        if self.depth > DEPTH {
            return Err(too_deep());
        }
        self.at += 1;
        Ok(())
    }

    #[inline(always)]
    pub(super) fn leave(&mut self, levels: usize, bracket: u8) -> Result<()> {
        if self.peek() != Some(bracket) {
            return Err(self.missing("the type takes no more elements: a closing bracket should stand here"));
        }
        self.depth -= levels;
        self.at += 1;
        Ok(())
    }

    /// The error for a token that is not there.
    #[cold]
    pub(super) fn missing(&mut self, text: &'static str) -> DecodeError {
        if self.peek().is_none() { truncated() } else { syntax(text) }
    }

    /// The text of an ignored value, as it stands in the document.
    pub(super) fn raw(&mut self) -> Result<&'de str> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }
}

impl Reader<'_, '_> {
    /// Finds the members of the object here that a later one replaces.
    #[cold]
    pub(super) fn find_replaced(&mut self) {
        replaced_members(self.text, self.at, &mut self.replaced);
    }

    /// Goes to the key of the next member; false at the end of the object.
    #[inline]
    pub(super) fn next_member(&mut self, first: &mut bool) -> Result<bool> {
        let mut byte = self.peek();
        if byte == Some(b'}') {
            return Ok(false);
        }
        if !std::mem::take(first) {
            if byte != Some(b',') {
                return Err(self.missing("a comma or a closing brace should stand here"));
            }
            self.at += 1;
            byte = self.peek();
        }
        if byte != Some(b'"') {
            return Err(self.missing("a key should stand here"));
        }
        Ok(true)
    }

    #[inline]
    pub(super) fn colon(&mut self) -> Result<()> {
        if self.peek() != Some(b':') {
            return Err(self.missing("a colon should stand here"));
        }
        self.at += 1;
        Ok(())
    }
}

/// Collects the positions of the keys that stand again later in the object at `at`. Stops at the first fault: the reader
/// finds it.
fn replaced_members(text: &str, at: usize, replaced: &mut BTreeSet<usize>) {
    let mut reader = Reader::new(text, Unwanted::default(), false);
    reader.at = at;
    let mut last = BTreeMap::<String, usize>::new();
    let mut members = || {
        reader.enter(1)?;
        let mut first = true;
        while reader.next_member(&mut first)? {
            let position = reader.at;
            let key = match reader.string()? {
                Some(key) => key.to_owned(),
                None => reader.scratch.clone(),
            };
            replaced.extend(last.insert(key, position));
            reader.colon()?;
            reader.skip()?;
        }
        Ok::<_, DecodeError>(())
    };
    // The reader itself reports a fault.
    let _ = members();
}

#[cold]
fn syntax(text: &'static str) -> DecodeError {
    DecodeError::of(Kind::Syntax, text)
}

#[cold]
pub(super) fn truncated() -> DecodeError {
    DecodeError::of(Kind::Truncated, "a value, a bracket or a quote is missing at the end")
}

#[cold]
fn too_deep() -> DecodeError {
    DecodeError::of(Kind::Depth, format!("the document nests deeper than {DEPTH} levels"))
}
