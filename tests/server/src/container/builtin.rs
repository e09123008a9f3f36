//! The built-in programs.

use std::time::Duration;

use super::{File, Input, Invocation, Io, Next, Output, Program};

/// The program of this name.
pub(super) fn start(name: &str, invocation: &Invocation) -> Option<Box<dyn Program>> {
    let args: Vec<String> = invocation.command.iter().skip(1).cloned().collect();
    Some(match name {
        "true" | ":" => Box::new(|_: &mut Io<'_>| Next::Exit(0)),
        "false" => Box::new(|_: &mut Io<'_>| Next::Exit(1)),
        "echo" => {
            let (line, args) = match args.split_first() {
                Some((first, rest)) if first == "-n" => ("", rest.join(" ")),
                _ => ("\n", args.join(" ")),
            };
            Box::new(Print::ok(args + line))
        }
        "env" | "printenv" => {
            let lines = invocation.env.iter().map(|(name, value)| format!("{name}={value}\n"));
            Box::new(Print::ok(lines.collect::<String>()))
        }
        "cat" => Box::new(Cat { files: args, at: 0, printed: 0, code: 0 }),
        "sleep" => Box::new(Sleep { args, until: None }),
        "yes" => {
            let text = if args.is_empty() { "y".to_owned() } else { args.join(" ") } + "\n";
            Box::new(Yes { text: text.repeat((4096 / text.len()).max(1)), at: 0 })
        }
        "head" => Box::new(Head::new(&args)),
        "test" | "[" => Box::new(move |io: &mut Io<'_>| Next::Exit(u8::from(!holds(&args, io)))),
        "stty" => Box::new(|io: &mut Io<'_>| {
            let (columns, rows) = io.size.unwrap_or_default();
            io.stdout.write(format!("{rows} {columns}\n").as_bytes());
            Next::Exit(0)
        }),
        "tar" => super::tar::tar(&args),
        "tail" => super::tar::tail(&args),
        "wc" => Box::new(Count { bytes: 0, lines: 0, of_lines: args.iter().any(|arg| arg == "-l") }),
        "ls" => Box::new(move |io: &mut Io<'_>| list(args.last().map_or("/", String::as_str), io)),
        _ => return None,
    })
}

/// Prints a text, and ends.
pub(super) struct Print {
    text: Vec<u8>,
    at: usize,
    code: u8,
}

impl Print {
    fn ok(text: String) -> Self {
        Self { text: text.into_bytes(), at: 0, code: 0 }
    }
}

impl Program for Print {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match print(rest, io.stdout, &mut self.at) {
            true => Next::Exit(self.code),
            false => blocked(io.stdout),
        }
    }
}

/// Writes what fits; true once it was all.
fn print(rest: &[u8], output: &mut Output, at: &mut usize) -> bool {
    let written = output.write(rest);
    *at += written;
    written == rest.len()
}

/// What follows when an output has no room: nothing, or the end by SIGPIPE.
fn blocked(output: &Output) -> Next {
    if output.broken { Next::Exit(141) } else { Next::Wait(None) }
}

/// Copies what is there and fits. True once the input has ended and everything is copied.
fn copy(input: &mut Input, output: &mut Output, most: usize) -> (usize, bool) {
    let length = input.bytes.len().min(most);
    let written = output.write(input.bytes.get(..length).unwrap_or_default());
    input.bytes.drain(..written);
    (written, input.ended && input.bytes.is_empty())
}

struct Cat {
    files: Vec<String>,
    at: usize,
    printed: usize,
    code: u8,
}

impl Program for Cat {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        if io.stdout.broken {
            return Next::Exit(141);
        }
        if self.files.is_empty() {
            self.files.push("-".to_owned());
        }
        while let Some(file) = self.files.get(self.at) {
            if file == "-" {
                if !copy(io.stdin, io.stdout, usize::MAX).1 {
                    return blocked(io.stdout);
                }
            } else if let Some(content) = io.files.read(file) {
                let rest = content.get(self.printed..).unwrap_or_default();
                if !print(rest, io.stdout, &mut self.printed) {
                    return blocked(io.stdout);
                }
                self.printed = 0;
            } else {
                io.stderr.write(format!("cat: can't open '{file}': No such file or directory\n").as_bytes());
                self.code = 1;
            }
            self.at += 1;
        }
        Next::Exit(self.code)
    }
}

struct Sleep {
    args: Vec<String>,
    until: Option<Duration>,
}

impl Program for Sleep {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        if let Some(until) = self.until {
            return if io.now >= until { Next::Exit(0) } else { Next::Wait(Some(until)) };
        }
        match self.args.first().map(String::as_str) {
            Some("infinity" | "inf") => Next::Wait(None),
            Some(text) => match text.parse().ok().and_then(|span| Duration::try_from_secs_f64(span).ok()) {
                Some(span) => {
                    self.until = Some(io.now + span);
                    Next::Wait(self.until)
                }
                None => {
                    io.stderr.write(format!("sleep: invalid number '{text}'\n").as_bytes());
                    Next::Exit(1)
                }
            },
            None => Next::Exit(1),
        }
    }
}

struct Yes {
    text: String,
    at: usize,
}

impl Program for Yes {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        while io.stdout.room() > 0 && !io.stdout.broken {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at = (self.at + io.stdout.write(rest)) % self.text.len();
        }
        blocked(io.stdout)
    }
}

/// `head -c N [FILE]`: also of `/dev/zero`.
struct Head {
    left: usize,
    file: Option<String>,
    read: usize,
}

impl Head {
    fn new(args: &[String]) -> Self {
        let mut head = Self { left: 0, file: None, read: 0 };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.strip_prefix("-c") {
                Some("") => head.left = args.next().and_then(|n| n.parse().ok()).unwrap_or_default(),
                Some(n) => head.left = n.parse().unwrap_or_default(),
                None => head.file = Some(arg.clone()),
            }
        }
        head
    }
}

impl Program for Head {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        match self.file.as_deref() {
            None | Some("-") => {
                let (written, ended) = copy(io.stdin, io.stdout, self.left);
                self.left -= written;
                if ended {
                    self.left = 0;
                }
            }
            Some("/dev/zero") => {
                let length = self.left.min(io.stdout.room());
                self.left -= io.stdout.write(&vec![0; length]);
            }
            Some(file) => {
                let Some(content) = io.files.read(file) else {
                    io.stderr.write(format!("head: {file}: No such file or directory\n").as_bytes());
                    return Next::Exit(1);
                };
                let rest = content.get(self.read..).unwrap_or_default();
                let written = io.stdout.write(rest.get(..rest.len().min(self.left)).unwrap_or_default());
                self.read += written;
                self.left = (self.left - written).min(content.len() - self.read);
            }
        }
        if self.left == 0 { Next::Exit(0) } else { blocked(io.stdout) }
    }
}

struct Count {
    bytes: usize,
    lines: usize,
    of_lines: bool,
}

impl Program for Count {
    fn run(&mut self, io: &mut Io<'_>) -> Next {
        self.bytes += io.stdin.bytes.len();
        self.lines += io.stdin.bytes.iter().filter(|byte| **byte == b'\n').count();
        io.stdin.bytes.clear();
        if !io.stdin.ended {
            return Next::Wait(None);
        }
        let number = if self.of_lines { self.lines } else { self.bytes };
        io.stdout.write(format!("{number}\n").as_bytes());
        Next::Exit(0)
    }
}

fn holds(args: &[String], io: &Io<'_>) -> bool {
    let words: Vec<&str> = args.iter().map(String::as_str).filter(|word| *word != "]").collect();
    let file = |path: &str| io.files.get(path);
    match *words.as_slice() {
        ["!", ref rest @ ..] => !holds(&rest.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), io),
        ["-e", path] => file(path).is_some(),
        ["-d", path] => file(path) == Some(File::Folder),
        ["-f", path] => matches!(file(path), Some(File::Regular { .. })),
        ["-L" | "-h", path] => matches!(file(path), Some(File::Link { .. })),
        ["-n", text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        [one, "=" | "==", other] => one == other,
        [one, "!=", other] => one != other,
        [text] => !text.is_empty(),
        _ => false,
    }
}

fn list(path: &str, io: &mut Io<'_>) -> Next {
    match io.files.get(path) {
        Some(File::Folder) => {
            let names: String = io.files.list(path).iter().map(|name| format!("{name}\n")).collect();
            io.stdout.write(names.as_bytes());
            Next::Exit(0)
        }
        Some(_) => {
            io.stdout.write(format!("{path}\n").as_bytes());
            Next::Exit(0)
        }
        None => {
            io.stderr.write(format!("ls: {path}: No such file or directory\n").as_bytes());
            Next::Exit(1)
        }
    }
}
