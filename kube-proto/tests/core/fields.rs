//! The table of kubeconfig fields is complete, and names tests that exist.

#![allow(clippy::disallowed_methods, reason = "the test compares files of the repository")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Stanza and field, as the parser's source declares them.
fn known() -> BTreeSet<(String, String)> {
    let source = read(&top().join("kube-proto/src/kubeconfig/mod.rs"));
    let (mut stanza, mut all) = (String::new(), BTreeSet::new());
    for line in source.lines() {
        if let Some(name) = line.trim().strip_prefix("pub struct ").and_then(|line| line.strip_suffix(" {")) {
            name.clone_into(&mut stanza);
        }
        let field = line.strip_suffix(',').and_then(|line| line.split_once(" = \"")?.1.split_once('"'));
        if let Some((name, "" | " by take_even_empty")) = field {
            all.insert((stanza.clone(), name.to_owned()));
        }
    }
    all
}

/// The rows of the table: stanza, field, test.
fn rows() -> Vec<[String; 3]> {
    let table = read(&top().join("kube-proto/src/kubeconfig/FIELDS.md"));
    let cells = |line: &str| line.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`']).to_owned()).collect();
    let rows = table.lines().filter(|line| line.starts_with("| `")).map(cells);
    let row = |cells: Vec<String>| match <[String; 4]>::try_from(cells) {
        Ok([stanza, field, _, test]) => [stanza, field, test],
        Err(cells) => panic!("a row of {} cells: {cells:?}", cells.len()),
    };
    rows.map(row).collect()
}

fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&read(&path));
        }
    }
}

#[test]
fn the_table_has_every_field_once() {
    let known = known();
    assert!(known.len() > 50, "{known:?}");
    let rows = rows();
    let listed: BTreeSet<_> = rows.iter().map(|[stanza, field, _]| (stanza.clone(), field.clone())).collect();
    assert_eq!(listed, known);
    assert_eq!(rows.len(), known.len());
}

#[test]
fn every_test_that_the_table_names_exists() {
    let mut all = String::new();
    for folder in ["kube-proto/src/config", "kube-proto/src/kubeconfig", "kube-proto/tests", "tests/suites"] {
        sources(&top().join(folder), &mut all);
    }
    for [stanza, field, test] in rows() {
        // A test for every transport has a parameter for it.
        let there = ["(", "<C: Client>("].iter().any(|sign| all.contains(&format!("fn {test}{sign}")));
        assert!(there, "{stanza} {field}: there is no test {test}");
    }
}
