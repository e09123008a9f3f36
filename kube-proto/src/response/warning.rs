//! `Warning` headers (RFC 7234 §5.5): `code agent "text"`, perhaps with a `"date"`; several to a header, separated by
//! commas, and several headers (docs/wire.md §2.5).
//!
//! The parser follows client-go's (`ParseWarningHeader` of `k8s.io/apimachinery/pkg/util/net`), with these differences:
//! it removes characters that act on a terminal or on the order of the text, it keeps a text that something unreadable
//! follows, and it cuts as the API server does (`WithWarningRecorder`), because other servers and proxies need not.
//!
//! A head may hold hundreds of KiB of warnings. Each of its bytes is looked at a limited number of times: an encoded
//! word has at most 75 characters (RFC 2047 §2), and a set finds the texts that came before.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

use crate::visible::acts;

/// The texts of all warnings with code 299, in order, each once. A header with a fault yields the warnings before the
/// fault. If the texts have more than [`TOTAL`] characters, each is cut to [`ITEM`], and those after [`TOTAL`] are lost.
pub(crate) fn warnings(headers: &HeaderMap) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for value in headers.get_all(header::WARNING) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let mut rest = text.trim();
        while let Some((code, warning, after)) = one(rest) {
            if code == "299" && !warning.is_empty() && seen.insert(warning.clone()) {
                found.push(warning);
            }
            rest = after;
        }
    }
    cut(&mut found);
    found
}

/// Cuts the texts as the API server does.
fn cut(texts: &mut Vec<String>) {
    let length = |text: &String| text.chars().count();
    if texts.iter().map(length).sum::<usize>() <= TOTAL {
        return;
    }
    let mut total = 0;
    texts.retain_mut(|text| {
        if total >= TOTAL {
            return false;
        }
        if let Some((end, _)) = text.char_indices().nth(ITEM) {
            text.truncate(end);
        }
        total += length(text);
        true
    });
}

/// The first warning of a header, and the rest after its comma.
fn one(text: &str) -> Option<(&str, String, &str)> {
    let (code, rest) = text.split_once(' ')?;
    let (agent, rest) = rest.split_once(' ')?;
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) || agent.is_empty() {
        return None;
    }
    let (warning, rest) = quoted(rest)?;
    // Servers that follow the older RFC 2616 encode other characters than ASCII.
    let warning = decoded(&warning).unwrap_or(warning).replace(|c: char| c.is_control() || acts(c), " ");
    let rest = rest.trim_start();
    // A date has no escapes.
    let after_date = rest.strip_prefix('"').map_or(Some(rest), |date| date.split_once('"').map(|(_, rest)| rest));
    let next = after_date.and_then(|rest| rest.trim_start().strip_prefix(','));
    Some((code, warning, next.unwrap_or_default().trim_start()))
}

/// A text in quotes, with `\` before a quote or backslash in it; and the rest.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut unquoted = String::new();
    loop {
        match chars.next()? {
            '\\' => unquoted.push(chars.next()?),
            '"' => return Some((unquoted, chars.as_str())),
            c => unquoted.push(c),
        }
    }
}

/// A text with encoded words (RFC 2047), decoded; `None` if there are none, or one has an unknown character set.
fn decoded(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut after_word = false;
    let mut any = false;
    while let Some((before, from)) = rest.split_once("=?") {
        let Some((word, after)) = word(from) else {
            // Only the beginning of a word.
            out.push_str(before);
            out.push_str("=?");
            (rest, after_word) = (from, false);
            continue;
        };
        // White space between two words is not part of the text.
        if !after_word || !before.trim().is_empty() {
            out.push_str(before);
        }
        out.push_str(&word?);
        (rest, after_word, any) = (after, true, true);
    }
    out.push_str(rest);
    any.then_some(out)
}

/// `charset?encoding?text?=`, and the rest; the inner `None` is an unknown character set.
fn word(text: &str) -> Option<(Option<String>, &str)> {
    // What is longer is no encoded word. Without this limit, each of many beginnings would search to the end.
    let near = text.get(..text.floor_char_boundary(WORD)).unwrap_or(text);
    let (charset, rest) = near.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (content, _) = rest.split_once("?=")?;
    let rest = text.get(charset.len() + encoding.len() + content.len() + "???=".len()..)?;
    if content.contains('?') || !content.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return None;
    }
    let bytes = match encoding {
        "b" | "B" => STANDARD.decode(content).ok()?,
        "q" | "Q" => {
            percent_encoding::percent_decode_str(&content.replace('%', "=25").replace('_', " ").replace('=', "%"))
                .collect()
        }
        _ => return None,
    };
    let text = match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => Some(String::from_utf8_lossy(&bytes).into_owned()),
        "iso-8859-1" => Some(bytes.iter().copied().map(char::from).collect()),
        _ => None,
    };
    Some((text, rest))
}

/// The most characters of an encoded word after its `=?`.
const WORD: usize = 75 - "=?".len();

/// The characters of all texts together from which on they are cut.
const TOTAL: usize = 4096;

/// The characters that are left of each text then.
const ITEM: usize = 256;

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers() {
        let table: &[(&[&str], &[&str])] = &[
            (&[r#"299 - "a b""#], &["a b"]),
            (&[r#"299 - "say \"hi\" \\ there, \you""#], &[r#"say "hi" \ there, you"#]),
            (&[r#"299 - "one", 299 agent "two""#, r#"299 - "three""#], &["one", "two", "three"]),
            (&[r#"299 - "one",299 - "two" , 299 - "three","#], &["one", "two", "three"]),
            (&[r#"299 - "dated" "Sat, 25 Aug 2012 23:34:45 GMT", 299 - "next""#], &["dated", "next"]),
            (&[r#"299 - "twice", 299 - "twice""#], &["twice"]),
            (&[r#"199 - "misc", 299 - """#], &[]),
            (&[r#"299 - "good", 299 - "cut"#, "nonsense"], &["good"]),
            (&[r#"299 - "good" "no end of a date, 299 - "lost""#], &["good"]),
            (&[r#"299 - "good" nonsense, 299 - "lost""#, r#"299 - "another header""#], &["good", "another header"]),
            // Three digits, an agent, and one space before each part.
            (&[r#"0299 - "a""#, r#"+99 - "a""#, r#"299  "a""#, r#"299 "a""#, r#"299 - a"#, "299", ""], &[]),
            (&[r#"299 - "ends in \"#], &[]),
            (&[r#"299 - "ümläut""#], &["ümläut"]),
            (&["299 - \"a\u{9b}b\tc\u{202e}d\""], &["a b c d"]),
        ];
        for (lines, texts) in table {
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append(header::WARNING, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            assert_eq!(&warnings(&headers), texts, "{lines:?}");
        }
    }

    #[test]
    fn encoded_words() {
        for (text, expected) in [
            ("plain", None),
            ("a =? b", None),
            ("=?utf-8?q?caf=C3=A9_100%?=", Some("café 100%")),
            ("=?UTF-8?B?Y2Fmw6k=?=", Some("café")),
            ("=?iso-8859-1?q?caf=E9?= is open", Some("café is open")),
            ("a =?utf-8?q?b?= =?utf-8?q?c?= d", Some("a bc d")),
            ("=?utf-8?q?a?= b =?utf-8?q?c?=", Some("a b c")),
            ("=? =?us-ascii?q?a?=", Some("=? a")),
            // Broken ones stay as they are.
            ("=?utf-8?x?a?=", None),
            ("=?utf-8?b?!?=", None),
            ("=?utf-8?q?a", None),
            ("=?utf-7?q?a?=", None),
            ("=?iso-8859-1?q?\u{fffd}?=", None),
            // 75 characters are a word, and 76 are none.
            (&format!("=?utf-8?q?{}?=", "a".repeat(63)), Some(&"a".repeat(63))),
            (&format!("=?utf-8?q?{}?=", "a".repeat(64)), None),
            (&format!("=?utf-8?q?{}ä?=", "a".repeat(62)), None),
        ] {
            assert_eq!(decoded(text).as_deref(), expected, "{text:?}");
        }
        let mut headers = HeaderMap::new();
        headers.append(header::WARNING, HeaderValue::from_static(r#"299 - "=?utf-8?q?=1B[31mred?=""#));
        assert_eq!(warnings(&headers), [" [31mred"], "nothing is sent to terminals");
    }

    /// The server cuts so: within 4096 characters nothing; beyond them each text, and the texts after 4096.
    #[test]
    fn many_and_long_texts_are_cut() {
        let numbered = |n: usize, length: usize| format!("{n:03}{}", "ä".repeat(length - 3));
        for (count, length, kept, cut) in [
            (16, 256, 16, 256),
            (1, 4096, 1, 4096),
            (1, 4097, 1, 256),
            (17, 256, 16, 256),
            (18, 250, 17, 250),
            (100, 1000, 16, 256),
        ] {
            let mut headers = HeaderMap::new();
            for n in 0..count {
                let line = format!("299 - \"{}\"", numbered(n, length));
                headers.append(header::WARNING, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            let expected: Vec<_> = (0..kept).map(|n| numbered(n, cut)).collect();
            assert_eq!(warnings(&headers), expected, "{count} texts of {length} characters");
        }
    }

    proptest! {
        #[test]
        fn what_a_server_writes_is_read(texts in prop::collection::btree_set("[a-zä\"\\\\ ,=?-]{1,12}", 1..4)) {
            prop_assume!(texts.iter().all(|text| decoded(text).is_none()));
            let written: Vec<_> = texts
                .iter()
                .map(|text| format!("299 - \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect();
            let mut headers = HeaderMap::new();
            headers.append(header::WARNING, HeaderValue::from_bytes(written.join(", ").as_bytes()).unwrap());
            prop_assert_eq!(warnings(&headers), texts.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn any_header_is_read(line in "[29 \"\\\\,=?qbuf8-]{0,24}") {
            let mut headers = HeaderMap::new();
            headers.append(header::WARNING, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            let found = warnings(&headers);
            prop_assert!(found.iter().all(|text| !text.is_empty() && !text.contains(char::is_control)));
        }
    }
}
