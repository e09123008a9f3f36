//! What Go makes of texts: the file `corpus/corpus.json`, which `corpus/main.go` writes.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Corpus {
    pub(crate) base64: Vec<Row>,
    pub(crate) seconds: Vec<Row>,
    pub(crate) micros: Vec<Row>,
    /// Texts for the formats of custom resources.
    pub(crate) texts: Vec<String>,
    /// For each format the numbers of the texts that have it.
    pub(crate) formats: BTreeMap<String, Vec<usize>>,
}

/// A text, and its value as Go writes it again, or Go's error.
#[derive(Deserialize)]
pub(crate) struct Row {
    pub(crate) text: String,
    value: Option<String>,
    #[serde(default)]
    error: String,
}

impl Row {
    pub(crate) fn expected(&self) -> Result<String, String> {
        self.value.clone().ok_or_else(|| self.error.clone())
    }
}

pub(crate) fn read() -> Corpus {
    serde_json::from_str(include_str!("corpus/corpus.json")).unwrap()
}

#[test]
fn times_are_read_as_go_reads_them() {
    use kube_proto::schema::internals::{Layout, time};
    let corpus = read();
    for (layout, rows) in [(Layout::Seconds, corpus.seconds), (Layout::Micros, corpus.micros)] {
        for row in rows {
            let ours = time(&row.text, layout).map(Option::unwrap_or_default);
            assert_eq!(ours, row.expected(), "{:?}", row.text);
        }
    }
}

#[test]
fn texts_have_the_formats_that_go_sees() {
    use kube_proto::schema::internals::{fits, is_known};
    let corpus = read();
    let mut different = Vec::new();
    for (format, valid) in &corpus.formats {
        assert!(is_known(format), "{format}");
        for (at, text) in corpus.texts.iter().enumerate() {
            if fits(format, text) != valid.contains(&at) {
                different.push((format, text));
            }
        }
    }
    assert!(different.is_empty(), "{different:?}");
    assert!(!is_known("odd") && fits("odd", "x"));
}
