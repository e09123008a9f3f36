//! One mail address of RFC 5322, perhaps with a name, as Go's `mail.ParseAddress` reads it.

use core::net::IpAddr;

/// Whether a text is one address.
pub(super) fn is_address(text: &str) -> bool {
    let mut reader = Reader { rest: text };
    reader.single().is_some() && reader.comments().is_some() && reader.rest.is_empty()
}

struct Reader<'a> {
    rest: &'a str,
}

/// `None` where the text is not what the name of the method says.
impl<'a> Reader<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// A mailbox, or a group with one.
    fn single(&mut self) -> Option<()> {
        if self.mailbox()? {
            return Some(());
        }
        // `name: mailbox;`
        self.comments()?;
        if self.take(';') {
            return None;
        }
        self.space();
        let one = self.mailbox()?;
        self.comments()?;
        (one && self.take(';')).then_some(())
    }

    /// An address, or a name and an address in `<>`. `false` for the name of a group, up to its colon.
    fn mailbox(&mut self) -> Option<bool> {
        self.space();
        self.peek()?;
        let start = self.rest;
        if self.spec().is_some() {
            self.space();
            if self.rest.starts_with('(') {
                self.comments()?;
            }
            return Some(true);
        }
        self.rest = start;
        if self.peek() != Some('<') {
            self.phrase()?;
        }
        self.space();
        if self.take(':') {
            return Some(false);
        }
        (self.take('<') && self.spec().is_some() && self.take('>')).then_some(true)
    }

    /// `local@domain`.
    fn spec(&mut self) -> Option<()> {
        self.space();
        if self.peek()? == '"' {
            self.quoted().filter(|length| *length > 0)?;
        } else {
            self.atom(false)?;
        }
        if !self.take('@') {
            return None;
        }
        self.space();
        if self.take('[') {
            let (literal, rest) = self.rest.split_once(']')?;
            self.rest = rest;
            return literal.parse::<IpAddr>().is_ok().then_some(());
        }
        self.atom(false).map(|_| ())
    }

    /// Words. An error after the first one ends the phrase there.
    fn phrase(&mut self) -> Option<()> {
        let mut words = 0;
        loop {
            if words > 0 {
                self.comments()?;
            }
            self.space();
            let word = match self.peek() {
                None => return (words > 0).then_some(()),
                Some('"') => self.quoted().map(|_| ()),
                Some(_) => self.atom(true).filter(|atom| !has_unknown_charset(atom)).map(|_| ()),
            };
            match word {
                Some(()) => words += 1,
                None => return (words > 0).then_some(()),
            }
        }
    }

    /// A text in quotes; its length.
    fn quoted(&mut self) -> Option<usize> {
        let start = self.rest;
        let mut chars = self.rest.strip_prefix('"')?.chars();
        let mut length = 0;
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    self.rest = chars.as_str();
                    return Some(length);
                }
                '\\' if !chars.next().is_some_and(|c| is_visible(c) || matches!(c, ' ' | '\t')) => break,
                '\\' => {}
                c if is_visible(c) || matches!(c, ' ' | '\t') => {}
                _ => break,
            }
            length += 1;
        }
        self.rest = start;
        None
    }

    /// Atoms with dots between them; with `lax`, dots anywhere.
    fn atom(&mut self, lax: bool) -> Option<&'a str> {
        let end = self.rest.find(|c: char| "()<>[]:;@\\,\"".contains(c) || !is_visible(c)).unwrap_or(self.rest.len());
        let (atom, rest) = self.rest.split_at(end);
        let dots = atom.starts_with('.') || atom.ends_with('.') || atom.contains("..");
        if atom.is_empty() {
            return None;
        }
        // Go has taken the atom when it finds the dots.
        self.rest = rest;
        (lax || !dots).then_some(atom)
    }

    /// Spaces and comments.
    fn comments(&mut self) -> Option<()> {
        self.space();
        while self.take('(') {
            let mut depth = 1;
            let mut chars = self.rest.chars();
            while depth > 0 {
                match chars.next()? {
                    '\\' => {
                        chars.next();
                    }
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
            }
            self.rest = chars.as_str();
            self.space();
        }
        Some(())
    }
}

/// Whether a word is encoded (RFC 2047) in a character set that Go does not know.
fn has_unknown_charset(word: &str) -> bool {
    let encoded = word.strip_prefix("=?").and_then(|rest| rest.strip_suffix("?="));
    let parts: Vec<&str> = encoded.map(|encoded| encoded.split('?').collect()).unwrap_or_default();
    let known = |charset: &str| ["utf-8", "iso-8859-1", "us-ascii"].iter().any(|one| charset.eq_ignore_ascii_case(one));
    matches!(parts.as_slice(), [charset, "q" | "Q" | "b" | "B", _] if !known(charset))
}

fn is_visible(c: char) -> bool {
    ('!'..='~').contains(&c) || !c.is_ascii()
}
