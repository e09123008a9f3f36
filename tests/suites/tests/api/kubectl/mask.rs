//! Masks the parts of printed text that differ from run to run; columns keep their widths if possible.

use std::collections::BTreeMap;

use super::Printed;

/// The values to hide.
pub(super) struct Mask {
    names: Vec<(String, String)>,
}

impl Mask {
    pub(super) fn new(known: &BTreeMap<&str, String>) -> Self {
        let hidden = |(name, value): (&&str, &String)| match *name {
            // Folders have names of any length, and do not occur in columns.
            "file" => (value.clone(), "$file".to_owned()),
            name => (value.clone(), format!("{:_<width$}", format!("${name}"), width = value.len())),
        };
        Self { names: known.iter().map(hidden).collect() }
    }

    pub(super) fn masked(&mut self, printed: &Printed) -> Printed {
        Printed { out: self.text(&printed.out), err: self.text(&printed.err), code: printed.code }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, mask) in &self.names {
            text = text.replace(name, mask);
        }
        let mut masked = String::new();
        for line in text.split_inclusive('\n') {
            let heading = !line.starts_with(' ') && line.split_whitespace().any(|word| word == "AGE");
            let line = words(&without_folders(line));
            // With masked ages the column has lost its width.
            masked.push_str(&if heading || line.contains("<age>") { narrowed(&line) } else { line });
        }
        masked
    }
}

/// The heads of a difference without their folders and times: `--- LIVE/v1.ConfigMap.shop.a`.
fn without_folders(line: &str) -> String {
    if !["diff -u -N ", "--- ", "+++ "].iter().any(|start| line.starts_with(start)) {
        return line.to_owned();
    }
    let bare = line.split('\t').next().unwrap_or_default().trim_end();
    let word = |word: &str| {
        let found = ["LIVE-", "MERGED-"].iter().find_map(|name| Some((name, word.split_once(*name)?.1)));
        match found.and_then(|(name, rest)| Some((name, rest.split_once('/')?.1))) {
            Some((name, rest)) => format!("{}/{rest}", name.trim_end_matches('-')),
            None => word.to_owned(),
        }
    };
    bare.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n"
}

/// A line with masks in place of words that differ from run to run.
fn words(line: &str) -> String {
    let mut masked = String::new();
    let mut rest = line;
    let mut before = String::new();
    while let Some(first) = rest.chars().next() {
        let part_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '_' | '/');
        let kind = part_of_word(first);
        let end = rest.find(|c: char| part_of_word(c) != kind).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        if !kind {
            masked.push_str(part);
            continue;
        }
        let hidden = hidden(part, &before, masked.ends_with("  "));
        masked.push_str(hidden.as_deref().unwrap_or(part));
        match part.trim_end_matches(':') {
            "" => {}
            word => before = word.to_owned(),
        }
    }
    masked
}

/// The mask for a word, after the word before it; ages have columns of their own.
fn hidden(word: &str, before: &str, column: bool) -> Option<String> {
    let bare = word.trim_end_matches(['.', ':']);
    let end = word.get(bare.len()..).unwrap_or_default();
    let number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    let mask = if is_uuid(bare) {
        "<uid>"
    } else if is_time(bare) {
        "<time>"
    } else if number && matches!(before, "resourceVersion" | "Version") {
        "<version>"
    } else if bare.starts_with("https://127.0.0.1:") {
        "<server>"
    } else if column && is_age(bare) {
        "<age>"
    } else if bare.starts_with("10.96.") {
        "<address>"
    } else {
        return None;
    };
    Some(format!("{mask}{end}"))
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2026-01-02T03:04:05Z`, with or without a fraction.
fn is_time(word: &str) -> bool {
    word.len() >= 20 && word.ends_with('Z') && word.get(4..5) == Some("-") && word.get(10..11) == Some("T")
}

/// `3s`, `2m5s`, `4d`.
fn is_age(word: &str) -> bool {
    let digits = word.starts_with(|c: char| c.is_ascii_digit());
    digits && word.ends_with(['s', 'm', 'h', 'd']) && word.chars().all(|c| c.is_ascii_digit() || "smhd".contains(c))
}

/// A line with three spaces between columns.
fn narrowed(line: &str) -> String {
    let mut narrow = String::new();
    let mut spaces = 0;
    for c in line.chars() {
        match c {
            ' ' => spaces += 1,
            '\n' => narrow.push('\n'),
            c => {
                narrow.push_str(if spaces > 1 {
                    "   "
                } else if spaces == 1 {
                    " "
                } else {
                    ""
                });
                spaces = 0;
                narrow.push(c);
            }
        }
    }
    narrow
}
