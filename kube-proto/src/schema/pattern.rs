//! Patterns of schemas: Go's RE2 syntax on the crate `regex-lite`, which takes linear time as Go does.
//!
//! | in Go's pattern | here |
//! |---|---|
//! | `\d \w \b` and their opposites | the same: both know only ASCII |
//! | `\s`, `\S` | without the vertical tab |
//! | `{` that begins no repetition, `[`, `&` and `~` in a class, `\<`, `\>` | the character itself |
//! | `\Q...\E`, `\123` | their characters |
//! | `\p{...}`, `\C`, other flags than `imsU`, a repetition beyond 1000 | not checked |
//! | a pattern of more than [`PATTERN_MAX`] bytes, or [`STATES_MAX`] states | not checked |
//!
//! After `(?i)`, ASCII letters have two cases, and as in Go `k` and `s` a third character each: U+212A and U+017F. Other
//! letters have one.

use regex_lite::{Regex, RegexBuilder};

/// The longest pattern that is checked, in bytes.
pub(crate) const PATTERN_MAX: usize = 16 << 10;

/// The most states of a pattern: its characters and classes, each as often as it is repeated.
pub(crate) const STATES_MAX: u64 = 20_000;

/// A pattern that can be matched.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    states: u64,
}

impl Pattern {
    /// Compiles a pattern; `None` if it cannot be checked.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        if pattern.len() > PATTERN_MAX {
            return None;
        }
        let mut translation = Translation {
            rest: pattern,
            out: String::with_capacity(pattern.len() + 16),
            levels: vec![Level::default()],
            folds: false,
        };
        translation.all()?;
        let states = translation.levels.first()?.sum();
        let regex = RegexBuilder::new(&translation.out).size_limit(8 << 20).build().ok()?;
        Some(Self { regex, states })
    }

    /// Whether the pattern is found in the text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first match from that byte on, and where it ends.
    pub(crate) fn find<'t>(&self, text: &'t str, from: usize) -> Option<(&'t str, usize)> {
        let found = self.regex.find_at(text, from)?;
        Some((found.as_str(), found.end()))
    }

    /// The steps that matching a text of that length may take, in the unit of [`Limits::steps`](super::Limits::steps).
    pub(crate) fn cost(&self, length: usize) -> u64 {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        1 + self.states.saturating_mul(length.saturating_add(1)) / 16
    }
}

/// The states of one group.
#[derive(Default)]
struct Level {
    before: u64,
    last: u64,
}

impl Level {
    fn sum(&self) -> u64 {
        self.before.saturating_add(self.last)
    }
}

struct Translation<'a> {
    rest: &'a str,
    out: String,
    levels: Vec<Level>,
    /// A flag `i` has been set.
    folds: bool,
}

impl Translation<'_> {
    fn all(&mut self) -> Option<()> {
        // 1 after a repetition, 2 after one with the mark that makes it lazy: Go takes no repetition of a repetition.
        let mut repeated = 0;
        while let Some(c) = self.next() {
            repeated = match (c, repeated) {
                ('*' | '+' | '?', 0) => 1,
                ('?', 1) => 2,
                ('*' | '+' | '?', _) => return None,
                _ => 0,
            };
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => {
                    let inner = self.levels.pop().filter(|_| !self.levels.is_empty())?;
                    self.out.push(')');
                    self.atom(inner.sum().max(1))?;
                }
                '{' => self.repetition()?,
                '*' | '+' | '?' | '|' | '^' | '$' | '.' => {
                    self.out.push(c);
                    if c == '.' {
                        self.atom(1)?;
                    }
                }
                _ => self.literal(c)?,
            }
        }
        (self.levels.len() == 1).then_some(())
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Counts an atom.
    fn atom(&mut self, states: u64) -> Option<()> {
        let level = self.levels.last_mut()?;
        level.before = level.sum();
        level.last = states;
        (level.sum() <= STATES_MAX).then_some(())
    }

    fn literal(&mut self, c: char) -> Option<()> {
        match c {
            'k' | 'K' | '\u{212a}' if self.folds => self.out.push_str("[k\u{212a}]"),
            's' | 'S' | '\u{17f}' if self.folds => self.out.push_str("[s\u{17f}]"),
            c => self.plain(c),
        }
        self.atom(1)
    }

    /// Writes a character that has no meaning of its own.
    fn plain(&mut self, c: char) {
        if c.is_ascii_punctuation() && c != '<' && c != '>' {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            c @ ('d' | 'D' | 'w' | 'W') => {
                self.out.extend(['\\', c]);
                self.atom(1)
            }
            's' => {
                self.out.push_str(r"[\t\n\f\r ]");
                self.atom(1)
            }
            'S' => {
                self.out.push_str(r"[^\t\n\f\r ]");
                self.atom(1)
            }
            c @ ('b' | 'B' | 'A' | 'z') => {
                self.out.extend(['\\', c]);
                // Go would repeat the empty text.
                (!self.rest.starts_with('{')).then_some(())
            }
            'Q' => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                quoted.chars().try_for_each(|c| self.literal(c))
            }
            c => {
                let c = self.character(c)?;
                self.literal(c)
            }
        }
    }

    /// The character that an escape stands for.
    fn character(&mut self, c: char) -> Option<char> {
        Some(match c {
            'a' => '\u{7}',
            'f' => '\u{c}',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\u{b}',
            'x' => {
                let (digits, rest) = match self.rest.strip_prefix('{') {
                    Some(rest) => rest.split_once('}')?,
                    None => self.rest.split_at_checked(2)?,
                };
                self.rest = rest;
                if digits.starts_with('+') {
                    return None;
                }
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            '0'..='7' => {
                // One digit alone would be a reference to a group, which Go does not have.
                let more = self.rest.bytes().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let (digits, rest) = self.rest.split_at_checked(more).filter(|_| more > 0 || c == '0')?;
                let code = u32::from_str_radix(&format!("{c}{digits}"), 8).ok()?;
                self.rest = rest;
                char::from_u32(code)?
            }
            c if c.is_ascii_punctuation() => c,
            _ => return None,
        })
    }

    /// A group; its parenthesis is read.
    fn open(&mut self) -> Option<()> {
        self.out.push('(');
        if self.take("?") {
            self.out.push('?');
            if self.take("P<") || self.take("<") {
                self.out.push_str("P<");
            } else {
                let end = self.rest.find([':', ')'])?;
                let (flags, rest) = self.rest.split_at_checked(end)?;
                if !flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U' | '-')) {
                    return None;
                }
                let set = flags.split('-').next().unwrap_or_default();
                // Where the flag ends does not matter: the third character alone counts a little longer.
                self.folds |= set.contains('i');
                self.out.push_str(flags);
                self.rest = rest;
                if self.take(")") {
                    self.out.push(')');
                    return Some(());
                }
                self.take(":");
                self.out.push(':');
            }
            // The name of the group.
            if self.out.ends_with('<') {
                let (name, rest) = self.rest.split_once('>')?;
                self.out.push_str(name);
                self.out.push('>');
                self.rest = rest;
            }
        }
        self.levels.push(Level::default());
        Some(())
    }

    /// `{2}`, `{2,}`, `{2,5}`; anything else after the brace is text.
    fn repetition(&mut self) -> Option<()> {
        let Some((least, most)) = self.rest.split_once('}').and_then(|(inside, _)| counts(inside)) else {
            return self.literal('{');
        };
        let (inside, rest) = self.rest.split_once('}')?;
        if least > 1000 || most.is_some_and(|most| most > 1000 || most < least) {
            return None;
        }
        self.out.extend(["{", inside, "}"]);
        self.rest = rest;
        let level = self.levels.last_mut()?;
        level.last = level.last.saturating_mul(most.unwrap_or(least).max(1));
        (level.sum() <= STATES_MAX).then_some(())
    }

    /// A class; its bracket is read.
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.take("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            if self.rest.starts_with("[:")
                && let Some((name, rest)) = self.rest.split_once(":]")
            {
                self.out.push_str(name);
                self.out.push_str(":]");
                self.rest = rest;
            } else {
                match self.next()? {
                    ']' if !first => break,
                    '\\' if self.rest.starts_with(['d', 'D', 'w', 'W', 'S']) => {
                        let class = self.next()?;
                        self.out.extend(['\\', class]);
                    }
                    '\\' if self.take("s") => self.out.push_str(r"\t\n\f\r "),
                    c => self.range(c)?,
                }
            }
            first = false;
        }
        self.out.push(']');
        self.atom(1)
    }

    /// A character of a class, or a range that it begins.
    fn range(&mut self, c: char) -> Option<()> {
        let from = self.member(c)?;
        let mut to = from;
        self.plain(from);
        if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.next();
            let c = self.next()?;
            to = self.member(c)?;
            self.out.push('-');
            self.plain(to);
        }
        for (letters, third) in [("kK", '\u{212a}'), ("sS", '\u{17f}')] {
            if self.folds && letters.chars().any(|letter| (from..=to).contains(&letter)) {
                self.out.push(third);
            }
        }
        Some(())
    }

    fn member(&mut self, c: char) -> Option<char> {
        if c != '\\' {
            return Some(c);
        }
        let c = self.next()?;
        self.character(c)
    }
}

fn counts(inside: &str) -> Option<(u64, Option<u64>)> {
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.len() < 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    match inside.split_once(',') {
        None => number(inside).map(|count| (count, Some(count))),
        Some((least, "")) => number(least).map(|least| (least, None)),
        Some((least, most)) => Some((number(least)?, Some(number(most)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Go's own results: `regexp.MatchString(pattern, text)`.
    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, text, found) in [
            ("b", "abc", true),
            ("^a$", "a\n", false),
            (r"^[\w\s:/.\\-]+$", r"a b:/.\-", true),
            (r"^\d+$", "٣", false),
            (r"^\w$", "é", false),
            (r"\s", "\u{b}", false),
            (r"^[\s]$", "\u{b}", false),
            (r"^[^\s]$", "\u{b}", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^a{2,3}$", "aa", true),
            (r"^a{2,3}$", "aaaa", false),
            (r"^{$", "{", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^[[a]+$", "[a", true),
            (r"^[a-z-9]+$", "b-9", true),
            (r"^[0-9a-zA-Z-.]+$", "a-.", true),
            (r"^[]a]+$", "]a", true),
            (r"^[^]]$", "]", false),
            (r"^[+.-]*$", "+-.", true),
            (r"^[!-~]+([\t ]?[!-~]+)*$", "a b", true),
            (r"^[[:alpha:]]+$", "ab", true),
            (r"^[[:^alpha:]]+$", "12", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"^\101\x42\x{43}$", "ABC", true),
            (r"^\<a\>$", "<a>", true),
            ("^(?i)(Trace|Debug)?$", "dEBUG", true),
            ("^(?i)(Disks|Strict)?$", "\u{17f}TRICT", true),
            ("^(?i)[a-k]$", "\u{212a}", true),
            ("^(?i)[^s]$", "\u{17f}", false),
            ("^S$", "\u{17f}", false),
            (r"^(?P<name>a)(?:b)$", "ab", true),
            (r"^(?<name>a)$", "a", true),
            (r"^(?s:.)$", "\n", true),
            (r"^.$", "\n", false),
            (
                r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)",
                "https://*",
                true,
            ),
            (r"^[A-Za-z0-9!#$%&'*+\-.^_\x60|~]+$", "`~&", true),
            (r"^a\b", "a b", true),
            ("", "x", true),
            ("^é+$", "éé", true),
        ] {
            let compiled = Pattern::new(pattern).unwrap_or_else(|| panic!("{pattern}"));
            assert_eq!(compiled.is_match(text), found, "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_cannot_be_checked() {
        for pattern in
            [r"\pL", r"\1", r"(?x)a", "a{1001}", "((((a{100}){100}){100}){100})", "(", ")", "a)", "[a", r"\y", r"\C"]
        {
            assert!(Pattern::new(pattern).is_none(), "{pattern}");
        }
        assert!(Pattern::new(&"a".repeat(PATTERN_MAX + 1)).is_none());
        assert_eq!(Pattern::new("(ab[cd]{3}){10}e").map(|pattern| pattern.states), Some(51));
    }
}
