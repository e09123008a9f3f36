//! Parses bytes into one JSON value, with limits on size, nesting, the number of values, and copies by aliases.

use std::borrow::Cow;

use serde_json::Value;

use super::budget::FILE_LIMIT;
use crate::error::config::{ConfigError, ConfigErrorKind, Problem};
#[cfg(feature = "kubeconfig")]
use crate::yaml::documents;
use crate::yaml::{budget, json};

/// Parses one document: JSON, or with the feature `kubeconfig` also YAML. A document without content is `Null`.
///
/// Of several YAML documents it reads only the first, as `kubectl` does.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ConfigError> {
    if bytes.len() > FILE_LIMIT {
        return Err(too_large(FILE_LIMIT));
    }
    let text = text(bytes)?;
    if text.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    first(&text)
}

/// The text of a file or of a program's output: UTF-8, or UTF-16 with a byte order mark, which is what PowerShell writes.
/// The mark is no part of the text.
pub(crate) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, ConfigError> {
    let help = "save it as UTF-8 text";
    let unit = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
                let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                bad(Problem::new(format!("line {line}: not UTF-8")).help(help))
            });
        }
    };
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.iter().skip(1).map(|pair| unit(*pair));
    let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    let text = text.filter(|_| rest.is_empty()).map(Cow::Owned);
    text.ok_or_else(|| bad(Problem::new("not UTF-16, although it begins like it").help(help)))
}

pub(crate) fn too_large(limit: usize) -> ConfigError {
    let problem = Problem::new(format!("the file is larger than {limit} bytes")).help("name a smaller one");
    ConfigError::one(ConfigErrorKind::Read, problem)
}

/// Parses one JSON document from the network, with the same limits. `None` if it is invalid or exceeds a limit.
pub(crate) fn json(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= FILE_LIMIT)?;
    json::whole(text, &mut budget::Budget::new(VALUES)).ok()
}

fn bad(problem: Problem) -> ConfigError {
    ConfigError::one(ConfigErrorKind::Parse, problem)
}

#[cfg(feature = "kubeconfig")]
fn first(text: &str) -> Result<Value, ConfigError> {
    let first = documents(text).max_values(VALUES).ignore_rest().next().unwrap_or(Ok(Value::Null));
    first.map_err(|error| bad(Problem::new(error.to_string())))
}

#[cfg(not(feature = "kubeconfig"))]
fn first(text: &str) -> Result<Value, ConfigError> {
    if !text.trim_ascii_start().starts_with(['{', '[']) {
        let problem = Problem::new("not JSON, and this build reads no YAML");
        return Err(bad(problem.help("build with the feature `kubeconfig`")));
    }
    json::whole(text, &mut budget::Budget::new(VALUES)).map_err(|error| bad(Problem::new(error.to_string())))
}

/// The most values in one document, with copies by aliases. A cluster with its user and context usually has twenty, so
/// this allows five thousand of them. In the worst case (a list of empty users) the values take about 100 MB of memory.
const VALUES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_read_without_the_yaml_feature() {
        assert_eq!(parse(b"\xef\xbb\xbf {\"a\": [1, -2, 1.5, null, true, \"x\"]} \n").unwrap(), {
            json!({"a": [1, -2, 1.5, null, true, "x"]})
        });
        for empty in ["", " \n\t", "\u{feff}"] {
            assert_eq!(parse(empty.as_bytes()).unwrap(), Value::Null);
        }
    }

    #[test]
    fn utf_16_with_its_mark_is_read() {
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let document = wide("\u{feff}{\"a\": \"ä𝄞\"}\r\n", bytes);
            assert_eq!(parse(&document).unwrap(), json!({"a": "ä𝄞"}));
            assert_eq!(parse(&wide("\u{feff}", bytes)).unwrap(), Value::Null);
            let error = parse(&document[..document.len() - 1]).unwrap_err().to_string();
            assert!(error.starts_with("not UTF-16"), "{error}");
            let lone = [0xfeff, 0xd800, 0x20].map(bytes).concat();
            assert!(parse(&lone).unwrap_err().to_string().starts_with("not UTF-16"));
            // Without its mark it is no text.
            assert!(parse(&document[2..]).is_err());
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let error = parse(b"{}\n\xff").unwrap_err();
        assert!(error.to_string().starts_with("line 2: not UTF-8"), "{error}");
        let error = parse(&vec![b' '; FILE_LIMIT + 1]).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Read);
        assert_eq!(parse(&vec![b' '; FILE_LIMIT]).unwrap(), Value::Null);
        #[cfg(not(feature = "kubeconfig"))]
        assert!(parse(b"a: b").unwrap_err().to_string().contains("feature `kubeconfig`"));
    }

    #[test]
    fn hostile_json_is_bounded() {
        for hostile in ["[".repeat(200_000), "{\"a\":".repeat(200_000), format!("[{}1]", "1,".repeat(VALUES))] {
            let error = parse(hostile.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::Parse, "{error}");
        }
    }
}
