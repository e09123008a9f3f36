//! The lines of a recording: written, and read again.

use std::fmt::{self, Write as _};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, Uri, header};

use super::mask::{Mask, mask_text};
use crate::driver::effect::{Effect, ExchangeKind};
use crate::driver::fault::{Fault, FaultKind, Reach};
use crate::driver::input::{Input, ProcessOutput};
use crate::driver::step::Step;
use crate::driver::time::{Moment, Now};
use crate::error::ErrorKind;

/// The first line of a file.
pub(super) const FORMAT: &str = "kube-flight 1";
/// The first line of the file of a session.
pub(super) const SESSION_FORMAT: &str = "kube-flight-session 1";

/// How a body is masked.
#[derive(Debug, Default)]
pub(super) enum Body {
    /// It is left out.
    #[default]
    Opaque,
    Text,
    Json(Box<Mask>),
}

impl Body {
    /// The line of an input.
    pub(super) fn input(&mut self, input: Option<&Input>) -> String {
        match input {
            None => "none".to_owned(),
            Some(Input::Head(head)) => {
                let value = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
                let (kind, plain) =
                    (value(header::CONTENT_TYPE), matches!(value(header::CONTENT_ENCODING), "" | "identity"));
                *self = match plain {
                    true if kind.starts_with("application/json") => Body::Json(Box::default()),
                    true if kind.starts_with("text/") => Body::Text,
                    _ => Body::Opaque,
                };
                let mut line = format!("head {}", head.status.as_u16());
                for (name, value) in &head.headers {
                    let mut value = value.as_bytes().to_vec();
                    if !HEADERS.contains(&name.as_str()) {
                        mask_text(&mut value);
                    }
                    let _ = write!(line, " {name}={}", quoted(&value));
                }
                line
            }
            Some(Input::Data(data)) => {
                let mut data = data.to_vec();
                match self {
                    Body::Json(mask) => mask.apply(&mut data),
                    Body::Text => mask_text(&mut data),
                    Body::Opaque => return format!("opaque {}", data.len()),
                }
                format!("data {}", quoted(&data))
            }
            Some(Input::End) => "end".to_owned(),
            Some(Input::Output(output)) => format!("output {} {}", output.status, quoted(&secret(&output.stdout))),
            Some(Input::File(content)) => format!("file {}", quoted(&secret(content))),
            Some(Input::Written) => "written".to_owned(),
            Some(Input::Failed(fault)) => format!("failed {:?} {:?} {}", fault.kind, fault.reach, fault.stale),
        }
    }
}

/// A document with secrets, or one secret: nothing but the shape.
fn secret(content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    match content.trim_ascii_start().first() {
        Some(b'{') => Mask::default().apply(&mut content),
        _ => mask_text(&mut content),
    }
    content
}

/// The line of a step, without secrets. Moments are nanoseconds since `first`, the time of the first turn.
pub fn describe<T>(step: &Step<T>, first: Moment) -> String {
    match step {
        Step::Do(Effect::Exchange(exchange)) => {
            let request = &exchange.request;
            let fresh = if exchange.fresh { " fresh" } else { "" };
            let kind = match exchange.kind {
                ExchangeKind::Call => "call",
                ExchangeKind::Stream => "stream",
                ExchangeKind::Upgrade => "upgrade",
            };
            let (method, target, length) = (request.method(), target(request.uri()), request.body().len());
            format!("do {kind} {method} {target} {length}{fresh}")
        }
        Step::Do(Effect::Run(_)) => "do run".to_owned(),
        Step::Do(Effect::ReadFile { .. }) => "do read".to_owned(),
        Step::Do(Effect::WriteFile(_)) => "do write".to_owned(),
        Step::Do(Effect::Abort) => "do abort".to_owned(),
        Step::Yield(_) => "yield".to_owned(),
        Step::Wait(None) => "wait".to_owned(),
        Step::Wait(Some(until)) => format!("wait {}", until.since(first).as_nanos()),
        Step::Done(Ok(())) => "done".to_owned(),
        Step::Done(Err(error)) => match error.kind() {
            ErrorKind::Api(api) => format!("failed {}", api.status.code),
            ErrorKind::Transport(fault) => format!("failed {:?} {:?}", fault.kind, fault.reach),
            ErrorKind::Timeout { stage, .. } => format!("failed Timeout {stage:?}"),
            other => {
                let name = format!("{other:?}");
                format!("failed {}", name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default())
            }
        },
    }
}

/// The path, and the query: values of the protocol's own parameters stay.
fn target(uri: &Uri) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !PARAMETERS.contains(&name) => {
            let mut value = value.as_bytes().to_vec();
            mask_text(&mut value);
            format!("{name}={}", String::from_utf8_lossy(&value))
        }
        _ => pair.to_owned(),
    });
    format!("{}?{}", uri.path(), pairs.collect::<Vec<_>>().join("&"))
}

/// A recording that was read from its file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flight {
    /// The version of the library that recorded it.
    pub library: String,
    /// The type of the operation.
    pub operation: String,
    /// The seed of the session.
    pub seed: u64,
    /// How many generators the session had given before.
    pub generators: u64,
    /// Turns that were too old for the file.
    pub dropped: u64,
    /// The turns.
    pub turns: Vec<Turn>,
}

/// The recording of a session that was read from its file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionFlight {
    /// The ids of the operations and their types, in the order of their first turns.
    pub operations: Vec<(u64, String)>,
    /// The id of the operation of each turn.
    pub ids: Vec<u64>,
    /// The rest: its turns are those of all operations, and its `operation` is empty.
    pub flight: Flight,
}

impl SessionFlight {
    /// Reads a file. What it holds is at most twice as large as the file.
    ///
    /// # Errors
    /// It is no recording of a session, of version 1.
    pub fn parse(file: &str) -> Result<Self, Malformed> {
        let (mut operations, mut ids) = (Vec::new(), Vec::new());
        // The file of one operation, and the numbers of its lines in the file.
        let (mut plain, mut numbers) = (String::with_capacity(file.len()), Vec::new());
        for (number, line) in file.lines().enumerate().map(|(number, line)| (number + 1, line)) {
            let bad = |reason| Malformed { line: number, reason };
            let with_id = |rest: &str| {
                let (id, rest) = rest.split_once(' ')?;
                Some((id.parse::<u64>().ok()?, rest.to_owned()))
            };
            let line = match line {
                SESSION_FORMAT if number == 1 => FORMAT.to_owned(),
                _ if number == 1 => return Err(bad("it does not begin with `kube-flight-session 1`")),
                line => match (line.strip_prefix("operation #"), line.strip_prefix("> #")) {
                    (Some(rest), _) => {
                        operations.push(with_id(rest).ok_or(bad("no id"))?);
                        continue;
                    }
                    (_, Some(rest)) => {
                        let (id, rest) = with_id(rest).ok_or(bad("no id"))?;
                        ids.push(id);
                        format!("> {rest}")
                    }
                    _ if line.starts_with('>') => return Err(bad("a turn without an id")),
                    _ => line.to_owned(),
                },
            };
            plain.push_str(&line);
            plain.push('\n');
            numbers.push(number);
        }
        let flight = Flight::parse(&plain).map_err(|malformed| {
            let line = numbers.get(malformed.line.saturating_sub(1)).copied().unwrap_or(1);
            Malformed { line, ..malformed }
        })?;
        Ok(Self { operations, ids, flight })
    }
}

/// A turn of an operation.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// The time: `mono` since the first turn.
    pub now: Now,
    /// The step that followed, as [`describe`] says it.
    pub step: String,
    input: Line,
}

/// The input of a turn.
#[derive(Clone, PartialEq, Eq)]
enum Line {
    None,
    Head(u16, Vec<(String, Vec<u8>)>),
    Data(Bytes),
    /// A body that was left out, and its length.
    Opaque(usize),
    End,
    Output(i32, Bytes),
    File(Bytes),
    Written,
    Failed(FaultKind, Reach, bool),
}

/// A file that is no recording, or of a version that this library does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl std::error::Error for Malformed {}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the recording: {}", self.line, self.reason)
    }
}

impl Flight {
    /// Reads a file. What it holds is at most as large as the file.
    ///
    /// # Errors
    /// It is no recording of version 1.
    pub fn parse(file: &str) -> Result<Self, Malformed> {
        let mut lines = file.lines().enumerate().map(|(number, line)| (number + 1, line)).peekable();
        let bad = |line, reason| Malformed { line, reason };
        if lines.next().map(|(_, line)| line) != Some(FORMAT) {
            return Err(bad(1, "it does not begin with `kube-flight 1`"));
        }
        let mut flight = Self {
            library: String::new(),
            operation: String::new(),
            seed: 0,
            generators: 0,
            dropped: 0,
            turns: Vec::new(),
        };
        while let Some((number, line)) = lines.next_if(|(_, line)| !line.starts_with('>')) {
            match line.split_once(' ') {
                Some(("library", rest)) => rest.clone_into(&mut flight.library),
                Some(("operation", rest)) => rest.clone_into(&mut flight.operation),
                Some(("dropped", rest)) => flight.dropped = rest.parse().map_err(|_| bad(number, "no number"))?,
                Some(("seed", rest)) => {
                    let numbers =
                        rest.split_once(' ').and_then(|(seed, of)| Some((seed.parse().ok()?, of.parse().ok()?)));
                    (flight.seed, flight.generators) = numbers.ok_or(bad(number, "no seed"))?;
                }
                _ => return Err(bad(number, "an unknown line")),
            }
        }
        while let Some((number, line)) = lines.next() {
            let turn = line.strip_prefix("> ").ok_or(bad(number, "no turn"))?;
            let mut words = turn.splitn(3, ' ');
            let mut nanos = || words.next().and_then(|word| word.parse().ok()).map(Duration::from_nanos);
            let (mono, unix) = nanos().zip(nanos()).ok_or(bad(number, "no time"))?;
            let input = words.next().and_then(Line::parse).ok_or(bad(number, "no input"))?;
            let (number, step) = lines.next().ok_or(bad(number, "it has no step"))?;
            let step = step.strip_prefix("< ").ok_or(bad(number, "no step"))?.to_owned();
            flight.turns.push(Turn { now: Now { mono: Moment::after_zero(mono), unix }, step, input });
        }
        Ok(flight)
    }
}

impl Turn {
    /// The input of this turn: `Ok(None)` if there was none.
    ///
    /// # Errors
    /// It is a body that could not be masked and was left out. Its length is the error.
    pub fn input(&self) -> Result<Option<Input>, usize> {
        Ok(Some(match &self.input {
            Line::None => return Ok(None),
            Line::Opaque(length) => return Err(*length),
            Line::Head(code, headers) => {
                let mut response = Response::builder().status(*code);
                for (name, value) in headers {
                    response = response.header(name, &value[..]);
                }
                match response.body(()) {
                    Ok(response) => Input::Head(Box::new(response.into_parts().0)),
                    // Such a head does not come from a recorder.
                    Err(_) => return Err(0),
                }
            }
            Line::Data(data) => Input::Data(data.clone()),
            Line::End => Input::End,
            Line::Output(status, stdout) => {
                Input::Output(Box::new(ProcessOutput { status: *status, stdout: stdout.clone(), stderr: Bytes::new() }))
            }
            Line::File(content) => Input::File(content.clone()),
            Line::Written => Input::Written,
            Line::Failed(kind, reach, stale) => {
                Input::Failed(Box::new(Fault { kind: *kind, reach: *reach, stale: *stale, text: "recorded".into() }))
            }
        }))
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("now", &self.now).field("step", &self.step).finish_non_exhaustive()
    }
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        Some(match word {
            "none" => Line::None,
            "end" => Line::End,
            "written" => Line::Written,
            "data" => Line::Data(unquoted(rest)?.into()),
            "opaque" => Line::Opaque(rest.parse().ok()?),
            "file" => Line::File(unquoted(rest)?.into()),
            "output" => {
                let (status, stdout) = rest.split_once(' ')?;
                Line::Output(status.parse().ok()?, unquoted(stdout)?.into())
            }
            "head" => {
                let mut words = rest.split(' ');
                let code = words.next()?.parse().ok()?;
                let header = |word: &str| {
                    let (name, value) = word.split_once('=')?;
                    Some((name.to_owned(), unquoted(value)?))
                };
                Line::Head(code, words.map(header).collect::<Option<_>>()?)
            }
            "failed" => {
                let mut words = rest.split(' ');
                let (kind, reach, stale) = (words.next()?, words.next()?, words.next()?);
                let kind = KINDS.into_iter().find(|known| format!("{known:?}") == kind)?;
                let reach = REACHES.into_iter().find(|known| format!("{known:?}") == reach)?;
                Line::Failed(kind, reach, stale.parse().ok()?)
            }
            _ => return None,
        })
    }
}

/// Bytes without spaces and line breaks.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' ' => text.push_str("\\s"),
            _ => text.extend(byte.escape_ascii().map(char::from)),
        }
    }
    text
}

fn unquoted(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut from) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = from.next() {
        bytes.push(match byte {
            b'\\' => match from.next()? {
                b's' => b' ',
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                b'x' => {
                    let mut digit = || char::from(from.next()?).to_digit(16);
                    u8::try_from(digit()? * 16 + digit()?).ok()?
                }
                other @ (b'\\' | b'\'' | b'"') => other,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(bytes)
}

/// The headers whose values the library decides by.
const HEADERS: [&str; 7] =
    ["connection", "content-encoding", "content-length", "content-type", "retry-after", "transfer-encoding", "upgrade"];

/// The parameters of the protocol, whose values are no secrets.
const PARAMETERS: [&str; 17] = [
    "allowWatchBookmarks",
    "continue",
    "dryRun",
    "fieldManager",
    "fieldValidation",
    "follow",
    "force",
    "limit",
    "limitBytes",
    "pretty",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "tailLines",
    "timeoutSeconds",
    "timestamps",
    "watch",
];

const REACHES: [Reach; 3] = [Reach::NotSent, Reach::Unknown, Reach::Answered];

const KINDS: [FaultKind; 14] = [
    FaultKind::Resolve,
    FaultKind::Refused,
    FaultKind::Connect,
    FaultKind::ConnectTimeout,
    FaultKind::Tls,
    FaultKind::TlsSettings,
    FaultKind::Proxy,
    FaultKind::Closed,
    FaultKind::Protocol,
    FaultKind::NotFound,
    FaultKind::TooLarge,
    FaultKind::Locked,
    FaultKind::Io,
    FaultKind::Unsupported,
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_recording() {
        let begin = "kube-flight 1\nlibrary 1\noperation o\nseed 1 2\n";
        for (file, line) in [
            ("", 1),
            ("kube-flight 2\n", 1),
            (&format!("{begin}what 1\n"), 5),
            (&format!("{begin}dropped many\n"), 5),
            (&format!("{begin}> 1 2\n< wait\n"), 5),
            (&format!("{begin}> 1 2 none\n"), 5),
            (&format!("{begin}> 1 2 none\n> 1 2 none\n"), 6),
            (&format!("{begin}> 1 2 data \\q\n< wait\n"), 5),
            (&format!("{begin}> 1 2 data \\xG0\n< wait\n"), 5),
            (&format!("{begin}> 1 2 failed Bored Unknown true\n< wait\n"), 5),
            (&format!("{begin}> 1 2 head 200 a\n< wait\n"), 5),
        ] {
            assert_eq!(Flight::parse(file).unwrap_err().line, line, "{file}");
        }
        assert_eq!(Flight::parse(begin).unwrap().generators, 2);
        // A head that HTTP cannot have is no panic.
        let turn = Flight::parse(&format!("{begin}> 1 2 head 7 \\n=x\n< wait\n")).unwrap().turns.remove(0);
        assert_eq!(turn.input().unwrap_err(), 0);
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes: Vec<u8>) {
            let text = quoted(&bytes);
            prop_assert!(!text.contains([' ', '\n', '\r']));
            prop_assert_eq!(unquoted(&text).unwrap(), bytes);
        }

        #[test]
        fn garbage_is_an_error_or_a_recording(text in "(> 1 2 [a-z]{3,6} [\\\\a-z =0-9]{0,20}\n< [a-z ]{0,9}\n){0,3}") {
            let _ = Flight::parse(&format!("kube-flight 1\nseed 1 2\n{text}"));
        }
    }
}
