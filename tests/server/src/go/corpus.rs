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
