//! The form of a script.
//!
//! ```text
//! # a remark; `cleanup` names an object to delete at the end
//! cleanup /api/v1/nodes/$unique
//!
//! === the title of the request
//! keep uid /metadata/uid               the answer's value there is `$uid` from then on
//! ignore /body/metadata/generation     this may differ
//! retry 404                            repeats the request as long as this is the answer; there may be several
//! POST /api/v1/namespaces/$ns/configmaps
//! Accept: application/json
//!
//! {"metadata": {"name": "a"}}
//! ```
//!
//! `$hook` and `$ca` are those of [`hook`](super::hook).
//! `$ns` is a namespace for this script, `$unique` a name for it, `$brackets` is `[` ten thousand times. Without a `Content-Type` a body is JSON.

use std::collections::BTreeMap;

use http::{HeaderName, Method};

/// A script.
pub(super) struct Script {
    pub(super) cleanup: Vec<String>,
    pub(super) plays: Vec<Play>,
}

/// A request, and what to do with its answer.
#[derive(Default)]
pub(super) struct Play {
    pub(super) title: String,
    pub(super) keep: Vec<(String, String)>,
    pub(super) ignore: Vec<String>,
    pub(super) retry: Vec<u16>,
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: String,
}

impl Script {
    pub(super) fn parse(text: &str) -> Self {
        let mut blocks = text.split("\n=== ");
        let first = blocks.next().unwrap_or_default();
        let cleanup = first.lines().filter_map(|line| line.strip_prefix("cleanup ")).map(str::to_owned).collect();
        Self { cleanup, plays: blocks.map(Play::parse).collect() }
    }
}

impl Play {
    fn parse(block: &str) -> Self {
        let (head, body) = block.split_once("\n\n").unwrap_or((block, ""));
        let mut lines = head.lines();
        let mut play =
            Play { title: lines.next().unwrap().to_owned(), body: body.trim_end().to_owned(), ..Play::default() };
        for line in lines {
            let wrong = || panic!("in a script: {line:?}");
            let (word, rest) = line.split_once(' ').unwrap_or_else(wrong);
            match word {
                "keep" => {
                    let (name, pointer) = rest.split_once(' ').unwrap_or_else(wrong);
                    play.keep.push((name.to_owned(), pointer.to_owned()));
                }
                "ignore" => play.ignore.push(rest.to_owned()),
                "retry" => play.retry.push(rest.parse().unwrap()),
                header if header.ends_with(':') => {
                    play.headers.push((header.trim_end_matches(':').parse().unwrap(), rest.to_owned()));
                }
                method => {
                    play.method = method.parse().unwrap();
                    rest.clone_into(&mut play.target);
                }
            }
        }
        assert!(play.target.starts_with('/'), "in a script: {:?} has no request", play.title);
        play
    }
}

/// A text with the known values in place of its `$names`.
pub(super) fn filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut filled = text.to_owned();
    // The longest first: `$uid` must not match in `$uid2`.
    let mut names: Vec<_> = known.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, value) in names {
        filled = filled.replace(&format!("${name}"), value);
    }
    filled
}
