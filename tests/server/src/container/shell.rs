//! `sh`: the part of a shell that tests use.
//!
//! It reads words with quotes, `$NAME`, `$?` and `$1`; commands joined by `;`, newlines, `&&`, `||` and `|`; the redirections
//! `>`, `>>`, `<`, `>&2`, `2>&1` (which puts both on standard output); `exit`, `NAME=value`. Without `-c` it runs the lines of
//! its standard input. It has no loops, functions, globs or substitutions.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::time::Duration;

use super::{File, Input, Invocation, Io, Next, Output, Program, Programs};

pub(super) fn sh(invocation: &Invocation, programs: &Programs) -> Box<dyn Program> {
    let args: Vec<String> = invocation.command.iter().skip(1).cloned().collect();
    let script = args.iter().position(|arg| arg.starts_with('-') && arg.ends_with('c'));
    let (script, args) = match script {
        Some(at) => (args.get(at + 1).cloned(), args.get(at + 2..).unwrap_or_default().to_vec()),
        None => (None, Vec::new()),
    };
    let mut shell = Shell {
        programs: programs.clone(),
        invocation: invocation.clone(),
        args,
        env: invocation.env.clone(),
        queue: VecDeque::new(),
        running: None,
        code: 0,
        lines: script.is_none(),
        prompted: false,
        pending: Vec::new(),
    };
    if let Some(script) = script {
        shell.queue = parse(&script);
    }
    Box::new(shell)
}

struct Shell {
    programs: Programs,
    invocation: Invocation,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    queue: VecDeque<(Join, Pipeline)>,
    running: Option<Pipe>,
    code: u8,
    /// The script is the standard input.
    lines: bool,
    prompted: bool,
    /// An error message that has not fitted.
    pending: Vec<u8>,
}

/// When a pipeline runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    Always,
    IfSucceeded,
    IfFailed,
}

type Pipeline = Vec<Vec<Word>>;

/// A word with its quotes.
type Word = Vec<Piece>;

#[derive(Clone)]
enum Piece {
    Text(String),
    Variable(String),
    /// `|`, `>` and the like, outside of quotes.
    Sign(&'static str),
}

/// A pipeline that runs.
struct Pipe {
    stages: Vec<Stage>,
}

struct Stage {
    program: Option<Box<dyn Program>>,
    stdin: Input,
    stdout: Output,
    code: u8,
    /// `< FILE`: `stdin` is not the shell's.
    from_file: bool,
    to_file: Option<String>,
    to_stderr: bool,
    errors_to_stdout: bool,
}

impl Program for Shell {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        loop {
            let written = io.stderr.write(&self.pending);
            self.pending.drain(..written);
            if let Some(pipe) = &mut self.running {
                match pipe.run(io) {
                    Next::Wait(until) => return Next::Wait(until),
                    Next::Exit(code) => {
                        self.code = code;
                        self.running = None;
                    }
                }
            }
            match self.queue.pop_front() {
                Some((Join::IfSucceeded, _)) if self.code != 0 => {}
                Some((Join::IfFailed, _)) if self.code == 0 => {}
                Some((_, pipeline)) => {
                    if let Some(code) = self.start(&pipeline) {
                        return Next::Exit(code);
                    }
                }
                None if !self.lines => return Next::Exit(self.code),
                None => match self.line(io) {
                    Some(line) => self.queue = parse(&line),
                    None if io.stdin.ended => return Next::Exit(self.code),
                    None => return Next::Wait(None),
                },
            }
        }
    }
}

impl Shell {
    /// The next line of a script on standard input.
    fn line(&mut self, io: &mut Io<'_>) -> Option<String> {
        if self.invocation.tty && !mem::replace(&mut self.prompted, true) {
            io.stdout.write(b"/ # ");
        }
        let end = io.stdin.bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let end = end.or((io.stdin.ended && !io.stdin.bytes.is_empty()).then_some(io.stdin.bytes.len()))?;
        self.prompted = false;
        Some(String::from_utf8_lossy(&io.stdin.bytes.drain(..end).collect::<Vec<_>>()).into_owned())
    }

    /// Starts a pipeline; the exit code if it is an `exit`.
    fn start(&mut self, pipeline: &Pipeline) -> Option<u8> {
        let mut stages = Vec::new();
        for words in pipeline {
            let mut stage = Stage {
                program: None,
                stdin: Input::default(),
                stdout: Output::default(),
                code: 0,
                from_file: false,
                to_file: None,
                to_stderr: false,
                errors_to_stdout: false,
            };
            let mut command = Vec::new();
            let mut words = words.iter();
            while let Some(word) = words.next() {
                match word.as_slice() {
                    [Piece::Sign(">&2")] => stage.to_stderr = true,
                    [Piece::Sign("2>&1")] => stage.errors_to_stdout = true,
                    [Piece::Sign(">")] => stage.to_file = words.next().map(|word| self.expand(word)),
                    [Piece::Sign("<")] => {
                        let file = words.next().map(|word| self.expand(word)).unwrap_or_default();
                        stage.from_file = true;
                        // `cat` says what is wrong with it, and reads it.
                        let cat = Invocation { command: vec!["cat".into(), file], ..Invocation::default() };
                        let mut feeder = Stage { from_file: true, ..Stage::idle() };
                        feeder.program = self.programs.start(&cat);
                        stages.push(feeder);
                    }
                    _ => command.push(self.expand(word)),
                }
            }
            match command.first().map(String::as_str) {
                None => {}
                Some("exit") if pipeline.len() == 1 => {
                    return Some(command.get(1).and_then(|code| code.parse().ok()).unwrap_or(self.code));
                }
                Some(word) if command.len() == 1 && word.contains('=') => {
                    if let Some((name, value)) = word.split_once('=') {
                        self.env.insert(name.to_owned(), value.to_owned());
                    }
                }
                Some(name) => {
                    let name = name.to_owned();
                    let invocation = Invocation { command, env: self.env.clone(), ..self.invocation.clone() };
                    stage.program = self.programs.start(&invocation);
                    if stage.program.is_none() {
                        self.pending.extend_from_slice(format!("sh: {name}: not found\n").as_bytes());
                        stage.code = 127;
                    }
                }
            }
            stages.push(stage);
        }
        self.running = Some(Pipe { stages });
        None
    }

    fn expand(&self, word: &Word) -> String {
        let mut text = String::new();
        for piece in word {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Sign(sign) => text.push_str(sign),
                Piece::Variable(name) => match name.as_str() {
                    "?" => text.push_str(&self.code.to_string()),
                    name => match name.parse::<usize>() {
                        Ok(number) => text.push_str(self.args.get(number).map_or("", String::as_str)),
                        Err(_) => text.push_str(self.env.get(name).map_or("", String::as_str)),
                    },
                },
            }
        }
        text
    }
}

impl Stage {
    fn idle() -> Self {
        Self {
            program: None,
            stdin: Input::default(),
            stdout: Output::default(),
            code: 0,
            from_file: false,
            to_file: None,
            to_stderr: false,
            errors_to_stdout: false,
        }
    }
}

impl Pipe {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        loop {
            let (mut moved, mut until) = (false, None::<Duration>);
            let last = self.stages.len().saturating_sub(1);
            for at in 0..self.stages.len() {
                let (before, rest) = self.stages.split_at_mut(at);
                let Some((stage, after)) = rest.split_first_mut() else { continue };
                // What the stage before has printed is the input.
                if let Some(source) = before.last_mut() {
                    let room = 64 * 1024_usize;
                    let length = source.stdout.bytes.len().min(room.saturating_sub(stage.stdin.bytes.len()));
                    moved |= length > 0;
                    stage.stdin.bytes.extend(source.stdout.bytes.drain(..length));
                    stage.stdin.ended = source.program.is_none() && source.stdout.bytes.is_empty();
                }
                if let Some(program) = &mut stage.program {
                    let own = at > 0 || stage.from_file;
                    let mut errors = Output::default();
                    let printed = stage.stdout.bytes.len();
                    let next = {
                        let stdin = if own { &mut stage.stdin } else { &mut *io.stdin };
                        let stderr = if stage.errors_to_stdout { &mut errors } else { &mut *io.stderr };
                        program.run(&mut Io {
                            stdin,
                            stdout: &mut stage.stdout,
                            stderr,
                            ..Io {
                                now: io.now,
                                size: io.size,
                                files: io.files,
                                stdin: &mut Input::default(),
                                stdout: &mut Output::default(),
                                stderr: &mut Output::default(),
                            }
                        })
                    };
                    stage.stdout.bytes.append(&mut errors.bytes);
                    moved |= stage.stdout.bytes.len() != printed;
                    match next {
                        Next::Exit(code) => {
                            stage.program = None;
                            stage.code = code;
                            moved = true;
                            if let Some(source) = before.last_mut() {
                                source.stdout.broken = true;
                                source.stdout.bytes.clear();
                            }
                        }
                        Next::Wait(at) => until = earliest(until, at),
                    }
                } else if let Some(source) = before.last_mut() {
                    moved |= !source.stdout.bytes.is_empty();
                    source.stdout.broken = true;
                    source.stdout.bytes.clear();
                }
                if let Some(file) = &stage.to_file {
                    let mut content = io.files.read(file).unwrap_or_default();
                    content.append(&mut stage.stdout.bytes);
                    io.files.put(file, File::Regular { mode: 0o644, content });
                } else if at == last {
                    let to = if stage.to_stderr { &mut *io.stderr } else { &mut *io.stdout };
                    stage.stdout.broken = to.broken;
                    let written = to.write(&stage.stdout.bytes);
                    stage.stdout.bytes.drain(..written);
                    moved |= written > 0;
                } else if stage.to_stderr {
                    let written = io.stderr.write(&stage.stdout.bytes);
                    stage.stdout.bytes.drain(..written);
                }
                let _ = after;
            }
            let done = self.stages.iter().all(|stage| stage.program.is_none());
            let drained = self.stages.last().is_none_or(|stage| stage.stdout.bytes.is_empty());
            match (done && drained, moved) {
                (true, _) => return Next::Exit(self.stages.last().map_or(0, |stage| stage.code)),
                (false, true) => {}
                (false, false) => return Next::Wait(until),
            }
        }
    }
}

fn earliest(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The pipelines of a script.
fn parse(script: &str) -> VecDeque<(Join, Pipeline)> {
    let (mut queue, mut join) = (VecDeque::new(), Join::Always);
    let mut pipeline: Pipeline = vec![Vec::new()];
    let mut end = |pipeline: &mut Pipeline, join| {
        let whole = mem::replace(pipeline, vec![Vec::new()]);
        if whole.iter().any(|words| !words.is_empty()) {
            queue.push_back((join, whole));
        }
    };
    for word in words(script) {
        match word.as_slice() {
            [Piece::Sign(";")] => {
                end(&mut pipeline, join);
                join = Join::Always;
            }
            [Piece::Sign("&&")] => {
                end(&mut pipeline, join);
                join = Join::IfSucceeded;
            }
            [Piece::Sign("||")] => {
                end(&mut pipeline, join);
                join = Join::IfFailed;
            }
            [Piece::Sign("|")] => pipeline.push(Vec::new()),
            _ => {
                if let Some(words) = pipeline.last_mut() {
                    words.push(word);
                }
            }
        }
    }
    end(&mut pipeline, join);
    queue
}

/// Signs outside of quotes, the longer ones first.
const SIGNS: &[&str] = &["2>&1", ">&2", "&&", "||", ">>", ">", "<", "|", ";", "\n"];

fn words(script: &str) -> Vec<Word> {
    let (mut words, mut word, mut rest) = (Vec::new(), Word::new(), script);
    let mut finish = |word: &mut Word| {
        if !word.is_empty() {
            words.push(mem::take(word));
        }
    };
    while let Some(first) = rest.chars().next() {
        let sign = SIGNS.iter().copied().find(|sign| rest.starts_with(sign));
        match (first, sign) {
            (_, Some(sign)) if sign != "2>&1" || word.is_empty() => {
                finish(&mut word);
                let meant = match sign {
                    "\n" => ";",
                    ">>" => ">",
                    sign => sign,
                };
                finish(&mut vec![Piece::Sign(meant)]);
                rest = &rest[sign.len()..];
            }
            (' ' | '\t' | '\r', _) => {
                finish(&mut word);
                rest = &rest[1..];
            }
            ('\'', _) => {
                let (quoted, after) = rest[1..].split_once('\'').unwrap_or((&rest[1..], ""));
                word.push(Piece::Text(quoted.to_owned()));
                rest = after;
            }
            ('"', _) => {
                rest = &rest[1..];
                word.push(Piece::Text(String::new()));
                while let Some(next) = rest.chars().next().filter(|next| *next != '"') {
                    rest = piece(next, rest, &mut word);
                }
                rest = rest.strip_prefix('"').unwrap_or(rest);
            }
            (first, _) => rest = piece(first, rest, &mut word),
        }
    }
    finish(&mut word);
    words
}

/// One character, or a variable.
fn piece<'a>(first: char, rest: &'a str, word: &mut Word) -> &'a str {
    let after = &rest[first.len_utf8()..];
    match first {
        '\\' => {
            let escaped = after.chars().next();
            word.extend(escaped.map(|escaped| Piece::Text(escaped.to_string())));
            &after[escaped.map_or(0, char::len_utf8)..]
        }
        '$' => {
            let (name, after) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
                None if after.starts_with(['?', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) => after.split_at(1),
                None => {
                    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                    after.split_at(end)
                }
            };
            word.push(if name.is_empty() { Piece::Text("$".into()) } else { Piece::Variable(name.to_owned()) });
            after
        }
        first => {
            word.push(Piece::Text(first.to_string()));
            after
        }
    }
}
