//! What a response says beside its body: status code, warnings, audit id.

use http::response::Parts;
use http::{HeaderMap, StatusCode, header};

/// The head of a response, as far as callers ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status code: 201 rather than 200 where something was created.
    pub code: StatusCode,
    /// Texts of the `Warning` headers with code 299, in order, each once (WIRE §2.5).
    pub warnings: Vec<String>,
    /// The `Audit-Id` header: names this request in the server's audit log.
    pub audit_id: Option<String>,
    /// All headers.
    pub headers: HeaderMap,
}

impl Answered {
    /// Reads a head.
    #[must_use]
    pub fn of(head: &Parts) -> Self {
        let audit_id = head.headers.get("audit-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        Self { code: head.status, warnings: warnings(&head.headers), audit_id, headers: head.headers.clone() }
    }

    /// The media type of the body, lower case, without parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        media_type(&self.headers)
    }
}

/// The media type of a body, lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The texts of all `Warning` headers: `code agent "text" ["date"]`, several to a header, separated by commas.
///
/// Only code 299 counts. A header that cannot be read yields what stands before the fault.
pub(crate) fn warnings(headers: &HeaderMap) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in headers.get_all(header::WARNING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let mut rest = text.as_ref();
        while let Some((code, warning, after)) = one_warning(rest) {
            if code == "299" && !warning.is_empty() && !found.contains(&warning) {
                found.push(warning);
            }
            rest = after;
        }
    }
    found
}

fn one_warning(text: &str) -> Option<(&str, String, &str)> {
    let (code, rest) = text.trim_start_matches([' ', ',']).split_once(' ')?;
    let (_agent, rest) = rest.split_once(' ')?;
    let (warning, rest) = quoted(rest)?;
    let after = rest.trim_start();
    // The date, where there is one, is quoted too.
    let after = if after.starts_with('"') { quoted(after)?.1 } else { after };
    Some((code, warning, after))
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.char_indices();
    let mut unquoted = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => unquoted.push(chars.next()?.1),
            '"' => return text.get(at + 2..).map(|rest| (unquoted, rest)),
            c => unquoted.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warning_headers() {
        let table: &[(&[&str], &[&str])] = &[
            (&[r#"299 - "a b""#], &["a b"]),
            (&[r#"299 - "say \"hi\" \\ there""#], &[r#"say "hi" \ there"#]),
            (&[r#"299 - "one", 299 agent "two""#, r#"299 - "three""#], &["one", "two", "three"]),
            (&[r#"299 - "dated" "Sat, 25 Aug 2012 23:34:45 GMT", 299 - "next""#], &["dated", "next"]),
            (&[r#"299 - "twice", 299 - "twice""#], &["twice"]),
            (&[r#"199 - "misc", 299 - """#], &[]),
            (&[r#"299 - "good", 299 - "cut"#, "nonsense"], &["good"]),
        ];
        for (lines, texts) in table {
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append(header::WARNING, line.parse().unwrap());
            }
            assert_eq!(&warnings(&headers), texts, "{lines:?}");
        }
    }
}
