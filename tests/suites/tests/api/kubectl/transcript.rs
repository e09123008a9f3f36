//! The form of a transcript.
//!
//! ```text
//! # a remark, kept where it stands
//! cleanup /api/v1/nodes/$unique         the object to delete at the end
//!
//! $ get pods -o name                    a command for both programs; `stock$` or `own$` is for one
//! write$ $file/a.yaml                   no command: writes a file with the lines of its standard input
//! < apiVersion: v1                      a line of its standard input
//! | pod/web                             a line of its output
//! ! Warning: odd                        a line of its standard error
//! \                                     the line before has no newline
//! = 1                                   the exit code, if it is not 0
//! ~ 2                                   it never ends: stop it after this many lines
//! ```
//!
//! `$ns` is a namespace for this transcript and the default of every command, `$unique` a name for it, `$file` the path
//! of a file for it, which does not exist yet.

use std::collections::BTreeMap;
use std::fmt;

use super::Printed;

/// Commands, and their expected output.
pub(super) struct Transcript {
    pub(super) cleanup: Vec<String>,
    pub(super) commands: Vec<Command>,
    /// The remarks at the end.
    rest: Vec<String>,
}

/// The programs that run a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Programs {
    Both,
    Stock,
    Own,
    /// No program: its line is a file to write.
    Write,
}

/// One command.
pub(super) struct Command {
    before: Vec<String>,
    pub(super) programs: Programs,
    pub(super) line: String,
    pub(super) stdin: String,
    pub(super) stop_after: Option<usize>,
    pub(super) wanted: Printed,
}

impl Transcript {
    pub(super) fn parse(text: &str) -> Self {
        let mut transcript = Self { cleanup: Vec::new(), commands: Vec::new(), rest: Vec::new() };
        for line in text.lines() {
            let start = [
                ("$ ", Programs::Both),
                ("stock$ ", Programs::Stock),
                ("own$ ", Programs::Own),
                ("write$ ", Programs::Write),
            ]
            .iter()
            .find_map(|(mark, programs)| Some((line.strip_prefix(mark)?, *programs)));
            if let Some((line, programs)) = start {
                transcript.commands.push(Command {
                    before: std::mem::take(&mut transcript.rest),
                    programs,
                    line: line.to_owned(),
                    stdin: String::new(),
                    stop_after: None,
                    wanted: Printed::default(),
                });
            } else if line.is_empty() || line.starts_with('#') {
                transcript.rest.push(line.to_owned());
            } else if let Some(path) = line.strip_prefix("cleanup ") {
                transcript.cleanup.push(path.to_owned());
                transcript.rest.push(line.to_owned());
            } else {
                let command = transcript.commands.last_mut().unwrap_or_else(|| panic!("no command before {line:?}"));
                command.take(line);
            }
        }
        transcript
    }
}

impl Transcript {
    /// Whether it has an expected output.
    pub(super) fn is_recorded(&self) -> bool {
        self.commands.iter().any(|command| command.wanted != Printed::default())
    }
}

impl Command {
    fn take(&mut self, line: &str) {
        let (mark, rest) = line.split_at(1);
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let number = || rest.parse().unwrap_or_else(|_| panic!("no number: {line:?}"));
        let whole = format!("{rest}\n");
        match mark {
            "<" => self.stdin.push_str(&whole),
            "|" => self.wanted.out.push_str(&whole),
            "!" => self.wanted.err.push_str(&whole),
            "\\" => {
                self.wanted.out.pop();
            }
            "=" => self.wanted.code = u8::try_from(number()).unwrap(),
            "~" => self.stop_after = Some(number()),
            _ => panic!("in a transcript: {line:?}"),
        }
    }

    /// The words with the namespace of the run behind them, so that it is the one that counts; the words after `--` are for a
    /// container.
    pub(super) fn words_within(&self, known: &BTreeMap<&str, String>) -> Vec<String> {
        let mut words = self.words(known);
        let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
        words.splice(end..end, ["--namespace".to_owned(), known["ns"].clone()]);
        words
    }

    /// The words of the line, as a shell splits them.
    pub(super) fn words(&self, known: &BTreeMap<&str, String>) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for c in filled(&self.line, known).chars() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (None, ' ') => words.extend(word.take()),
                (_, c) => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        words
    }
}

/// A text with names in the place of variables.
pub(super) fn filled(text: &str, known: &BTreeMap<&str, String>) -> String {
    known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for command in &self.commands {
            for line in &command.before {
                writeln!(f, "{line}")?;
            }
            let mark = match command.programs {
                Programs::Both => "$",
                Programs::Stock => "stock$",
                Programs::Own => "own$",
                Programs::Write => "write$",
            };
            writeln!(f, "{mark} {}", command.line)?;
            for line in command.stdin.lines() {
                writeln!(f, "{}", format!("< {line}").trim_end())?;
            }
            if let Some(lines) = command.stop_after {
                writeln!(f, "~ {lines}")?;
            }
            write!(f, "{}", command.wanted)?;
        }
        self.rest.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.out.lines() {
            // A space at the end of a line is part of the output.
            writeln!(f, "| {line}")?;
        }
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            writeln!(f, "\\")?;
        }
        for line in self.err.lines() {
            writeln!(f, "! {line}")?;
        }
        match self.code {
            0 => Ok(()),
            code => writeln!(f, "= {code}"),
        }
    }
}
