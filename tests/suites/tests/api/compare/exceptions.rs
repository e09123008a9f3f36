//! The known differences that stay: `tests/compare/exceptions.txt`.
//!
//! ```text
//! # a remark
//! SCRIPT | the request's title in the script | path of the difference | why it stays
//! ```
//!
//! An exception counts for everything below its path. One without a difference is a failure too: remove it.

use std::path::Path;

/// The exceptions of one script.
pub(super) struct Exceptions(Vec<Exception>);

struct Exception {
    title: String,
    path: String,
    used: bool,
}

impl Exceptions {
    pub(super) fn read(script: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compare/exceptions.txt");
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let parsed = lines.map(|line| {
            let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let [of, title, path, reason] = parts.as_slice() else { panic!("exceptions.txt: {line:?}") };
            assert!(!reason.is_empty(), "exceptions.txt: no reason in {line:?}");
            (of.to_string(), Exception { title: title.to_string(), path: path.to_string(), used: false })
        });
        Self(parsed.filter(|(of, _)| of == script).map(|(_, exception)| exception).collect())
    }

    /// Whether this difference is known.
    pub(super) fn excuse(&mut self, title: &str, path: &str) -> bool {
        let mut known = false;
        for one in self.0.iter_mut().filter(|one| one.title == title && path.starts_with(&one.path)) {
            one.used = true;
            known = true;
        }
        known
    }

    /// The exceptions without a difference: title and path.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|one| !one.used).map(|one| (one.title.as_str(), one.path.as_str()))
    }
}
