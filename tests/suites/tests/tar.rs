//! Archives, read and written by Go's `archive/tar` as well: the program of `tests/tar`. Where Go is missing, the tests say so and
//! pass; with `KUBE_TEST_REQUIRE_READERS=1` they fail.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use bytes::Bytes;
use kube_proto::tar::{EntryKind, TarEntry, TarEvent, TarReader, TarWriter};
use serde_json::{Value, json};

/// The program, if there is Go.
fn other() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tarother");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tar");
        let mut build = Command::new("go");
        build.args(["build", "-o"]).arg(&program).arg(".").current_dir(folder).stdin(Stdio::null());
        build.output().is_ok_and(|output| output.status.success()).then_some(program)
    });
    if program.is_none() {
        assert!(std::env::var_os("KUBE_TEST_REQUIRE_READERS").is_none(), "archive/tar is missing");
        eprintln!("ignored: archive/tar is missing");
    }
    program.as_deref()
}

fn run(program: &Path, args: &[&str]) -> Vec<Value> {
    let output = Command::new(program).args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tar-{}-{name}", std::process::id()))
}

/// As Go prints an entry.
fn shown(entry: &TarEntry, content: &[u8]) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (kind, target) = match &entry.kind {
        EntryKind::File => ('0', String::new()),
        EntryKind::Directory => ('5', String::new()),
        EntryKind::Symlink { target } => ('2', text(target)),
        EntryKind::HardLink { target } => ('1', text(target)),
        EntryKind::Special(kind) => (char::from(*kind), String::new()),
        other => panic!("{other:?}"),
    };
    let sum = content.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    json!({"name": text(&entry.path), "kind": kind.to_string(), "target": target, "mode": entry.mode,
        "modified": entry.modified, "size": content.len(), "sum": sum})
}

fn read(archive: Vec<u8>) -> Vec<Value> {
    let mut reader = TarReader::new();
    let (mut found, mut last) = (Vec::new(), None::<(TarEntry, Vec<u8>)>);
    for piece in Bytes::from(archive).chunks(1000) {
        reader.push(Bytes::copy_from_slice(piece));
        while let Some(event) = reader.next() {
            match event.unwrap() {
                TarEvent::Entry(entry) => last = Some((entry, Vec::new())),
                TarEvent::Data(data) => last.as_mut().unwrap().1.extend_from_slice(&data),
                TarEvent::Close => found.extend(last.take().map(|(entry, content)| shown(&entry, &content))),
                TarEvent::End => {}
            }
        }
    }
    reader.finish().unwrap();
    found
}

#[test]
fn archives_of_go_are_read_in_each_format() {
    let Some(program) = other() else { return };
    for format in ["ustar", "pax", "gnu"] {
        let path = file(format);
        let expected = run(program, &["make", path.to_str().unwrap(), format]);
        let found = read(std::fs::read(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(expected.len() > 20, "{format}: {}", expected.len());
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(found, expected, "{format}");
        }
        assert_eq!(found.len(), expected.len(), "{format}");
    }
}

#[test]
fn go_reads_what_is_written() {
    let Some(program) = other() else { return };
    let names = [
        "a".to_owned(),
        "n".repeat(100),
        "n".repeat(101),
        format!("{}x", "d/".repeat(300)),
        "\u{e4}".repeat(120),
        "with space ".to_owned(),
        "a\nb".to_owned(),
    ];
    let mut entries = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let size = [0, 1, 511, 512, 513, 10_240][number % 6];
        let content = vec![u8::try_from(number).unwrap(); size];
        let modified = 1_700_000_000 + i64::try_from(number).unwrap();
        entries.push((TarEntry::file(name.as_str(), size as u64).mode(0o4755).modified(modified), content));
        entries.push((TarEntry::directory(format!("{name}/")).mode(0o700), Vec::new()));
        entries.push((TarEntry::symlink(format!("l{name}"), name.as_str()), Vec::new()));
    }
    let (mut writer, mut archive) = (TarWriter::new(), Vec::new());
    for (entry, content) in &entries {
        archive.extend_from_slice(&writer.entry(entry).unwrap());
        archive.extend_from_slice(content);
        archive.extend_from_slice(&writer.wrote(content.len() as u64).unwrap());
    }
    archive.extend_from_slice(&writer.finish().unwrap());
    let path = file("written");
    std::fs::write(&path, archive).unwrap();
    let found = run(program, &["list", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    let expected: Vec<Value> = entries.iter().map(|(entry, content)| shown(entry, content)).collect();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}
