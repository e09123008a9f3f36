//! What the library writes as YAML, other readers read as the same value: PyYAML (YAML 1.1) and goccy/go-yaml (YAML 1.2).
//!
//! The readers are the programs of `tests/yaml`. Where Python with PyYAML or Go is missing, their tests say so and pass;
//! with `KUBE_TEST_REQUIRE_READERS=1` they fail. `PROPTEST_CASES` sets the number of documents.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use kube_proto::yaml;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

#[test]
fn yaml_1_1_reads_what_is_written() {
    let mut python = Command::new("python3");
    python.arg(folder().join("read.py"));
    reads("PyYAML", python);
}

#[test]
fn yaml_1_2_reads_what_is_written() {
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("yamlreader");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(folder());
    let built = build.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success());
    if !built {
        return missing("goccy/go-yaml");
    }
    reads("goccy/go-yaml", Command::new(program));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../yaml")
}

fn missing(name: &str) {
    assert!(std::env::var_os("KUBE_TEST_REQUIRE_READERS").is_none(), "the reader {name} is missing");
    eprintln!("ignored: the reader {name} is missing");
}

/// Fails with the shortest document that the reader reads as another value.
fn reads(name: &str, program: Command) {
    let Some(mut reader) = Reader::start(program) else { return missing(name) };
    let mut wrong = Vec::new();
    for text in SCALARS {
        for value in [json!(text), json!({*text: "x"}), json!({"x": [text]}), json!({"x": {*text: text}})] {
            let text = yaml::to_string(&value);
            let read = reader.read(&text);
            if !read.as_ref().is_ok_and(|read| same(read, &value)) {
                wrong.push(format!("{text:?} as {read:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{name} reads\n{}", wrong.join("\n"));
    let reader = Mutex::new(reader);
    let result = TestRunner::new(Config { failure_persistence: None, ..Config::default() }).run(&values(), |value| {
        let text = yaml::to_string(&value);
        let read = reader.lock().unwrap_or_else(PoisonError::into_inner).read(&text);
        prop_assert!(read.as_ref().is_ok_and(|read| same(read, &value)), "{name} reads {text:?} as {read:?}");
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.err().map(|error| error.to_string()).unwrap_or_default());
}

/// A program that answers each document with its value.
struct Reader {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Reader {
    /// `None` if the program cannot be started or knows no YAML.
    fn start(mut program: Command) -> Option<Self> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let (to, from) = (child.stdin.take()?, child.stdout.take()?);
        let mut reader = Self { child, to, from: BufReader::new(from) };
        (reader.ask("a: 1\n") == Some(json!({"value": {"a": 1}}))).then_some(reader)
    }

    fn ask(&mut self, document: &str) -> Option<Value> {
        writeln!(self.to, "{}", json!(document)).ok()?;
        let mut line = String::new();
        self.from.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    fn read(&mut self, document: &str) -> Result<Value, String> {
        let answer = self.ask(document).ok_or("no answer")?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether what a reader read is the value. It may read a whole number as a float, whose digits it gives as a text.
fn same(left: &Value, right: &Value) -> bool {
    if let (Some(digits), Value::Number(right)) = (left.get("\0float").and_then(Value::as_str), right) {
        return digits.parse().ok() == right.as_f64();
    }
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let other = |(key, value): (&String, &Value)| right.get(key).is_some_and(|right| same(value, right));
            left.len() == right.len() && left.iter().all(other)
        }
        _ => left == right,
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((texts(), inner), 0..4).prop_map(|items| Value::Object(Map::from_iter(items))),
        ]
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(SCALARS).prop_map(str::to_owned),
        "[-?:,\\[\\]{}#&*!|>'\"%@`=~<. \na1\\\\]{0,8}",
        "[-+]?[0-9_.:]{1,6}([eExXoObB][-+]?[0-9_a-f]{0,3})?",
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9:.]{0,9}(Z| ?[-+][0-9]{1,2})?)?",
        "[ \n\ta\u{7f}\u{85}\u{a0}\u{2028}\u{feff}\u{e000}\u{1f600}é]{0,6}",
        "('|a: |#)?(word|x{30}|[a-z]{1,9}| )( [a-z]{1,20}| ){0,12}",
        "([a-z:#'\" -]{0,12}\n){0,4}[a-z ]{0,5}",
        any::<String>(),
    ]
}

/// Texts that some reader takes for another type, or for syntax.
const SCALARS: &[&str] = &[
    "",
    " ",
    "\n",
    "~",
    "null",
    "Null",
    "NULL",
    "nil",
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "n",
    "no",
    "on",
    "On",
    "off",
    "OFF",
    "true",
    "True",
    "TRUE",
    "false",
    "t",
    "f",
    "=",
    "<<",
    "<",
    ">",
    "|",
    "-",
    "--",
    "---",
    "...",
    "--- a",
    "?",
    ":",
    "? a",
    ": a",
    "- a",
    "!",
    "!a",
    "&a",
    "*a",
    "@a",
    "`a",
    "%a",
    "#a",
    "a #b",
    "a: b",
    "a:",
    ":a",
    "[a",
    "{a",
    "a]",
    "a, b",
    "'a",
    "\"a",
    "a'b",
    "a\"b",
    "0",
    "-0",
    "+1",
    "01",
    "08",
    "017",
    "0o17",
    "0o8",
    "0x1F",
    "0X1F",
    "0b11",
    "0B1",
    "1_000",
    "_1",
    "1_",
    "0_1",
    "1.",
    ".5",
    "-.5",
    "+.5",
    "1.5",
    "1e3",
    "1E3",
    "1e+3",
    "1.e3",
    "1.0e3",
    "1.0e+3",
    ".",
    "..",
    "._5",
    ".1_0",
    "1__0",
    "-_1",
    ".inf",
    ".Inf",
    "-.INF",
    "+.inf",
    ".nan",
    ".NaN",
    "inf",
    "nan",
    "NaN",
    "Infinity",
    "1:20",
    "12:30:45",
    "1:60",
    "-1:20",
    "1:2.5",
    "190:20:30.15",
    "01:02",
    "1:20:",
    "2001-01-01",
    "2001-1-1",
    "2001-13-45",
    "2001-01-01T01:02:03Z",
    "2001-01-01 01:02:03",
    "2001-01-01t01:02:03.5 +1",
    "2001-01-01 1:2:3",
    "2001-01",
    "20010101",
    "99999999999999999999",
    "18446744073709551616",
    "1e400",
    "1,000",
    "1 000",
    "0x",
    "0xg",
    "0b",
    "0b2",
    "a\tb",
    "\ta",
    "a\t",
    "a\n",
    "a\n\n",
    "\na",
    "a\n b",
    " a\nb",
    "a \nb",
    "a\r\nb",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{feff}a",
    "a\u{feff}",
    "\u{0}",
    "\u{7f}",
    "\u{e000}",
    "\u{fffe}",
    "é",
    "😀",
    "null\n",
    "yes\n",
    "# a\n",
    "---\n",
    "...\n",
    "a\n---\nb",
    "a: b\nc: d\n",
    "- a\n- b\n",
    "%YAML 1.2\n",
    "\t",
    "\t\n",
    "a\n\tb\n",
    "\\",
    "\\n",
    "a\\b",
];
