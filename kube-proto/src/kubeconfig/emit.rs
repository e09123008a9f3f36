//! A JSON value as YAML text, in the plain block style that `kubectl config` writes: keys sorted, lists not indented.
//!
//! Texts that could be read as something else stand in double quotes, with the escapes of JSON, which YAML shares.

use serde_json::Value;

/// Writes `value` as one YAML document, which ends in a line feed.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    block(&mut out, value, 0);
    out
}

/// One entry of a mapping whose keys begin at this column; the first line without what stands before the key.
#[cfg(feature = "kubeconfig")]
pub(super) fn entry(key: &str, value: &Value, column: usize) -> String {
    let mut out = String::new();
    let map = serde_json::Map::from_iter([(key.to_owned(), value.clone())]);
    block(&mut out, &Value::Object(map), column);
    out
}

/// One item of a list whose dashes stand in this column; the first line without what stands before the dash.
#[cfg(feature = "kubeconfig")]
pub(super) fn item(value: &Value, column: usize) -> String {
    let mut out = String::new();
    block(&mut out, &Value::Array(vec![value.clone()]), column);
    out
}

/// Writes a value at the start of a line; a collection fills as many as it needs.
fn block(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    pad(out, indent);
                }
                text(out, key);
                out.push(':');
                match item {
                    Value::Object(map) if !map.is_empty() => next_line(out, item, indent + 2),
                    Value::Array(list) if !list.is_empty() => next_line(out, item, indent),
                    _ => {
                        out.push(' ');
                        block(out, item, indent);
                    }
                }
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    pad(out, indent);
                }
                out.push_str("- ");
                block(out, item, indent + 2);
            }
        }
        Value::String(string) => {
            text(out, string);
            out.push('\n');
        }
        // Empty collections, numbers, booleans and null are written as in JSON.
        other => {
            out.push_str(&other.to_string());
            out.push('\n');
        }
    }
}

fn next_line(out: &mut String, value: &Value, indent: usize) {
    out.push('\n');
    pad(out, indent);
    block(out, value, indent);
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn text(out: &mut String, text: &str) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    // JSON leaves these as they are, but for YAML some end a line and others may not stand in a text.
    for c in Value::String(text.to_owned()).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
}

/// Whether a text means itself without quotes. When in doubt it does not.
fn is_plain(text: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-@:+=,".contains(&byte);
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let reserved = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    starts
        && text.bytes().all(safe)
        && !text.ends_with(':')
        && !reserved.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn block_style() {
        let value = json!({
            "a": [{"b": "x y", "c": {"d": 1}}, [[], [1, [2]]], {}, "s"],
            "e": {"f": []}, "g": "https://h:1/p", "h": "yes", "i": "", "j": "a\nb", "k:": "-x", "l": null, "m": "a:",
        });
        let text = "\
a:
- b: \"x y\"
  c:
    d: 1
- - []
  - - 1
    - - 2
- {}
- s
e:
  f: []
g: https://h:1/p
h: \"yes\"
i: \"\"
j: \"a\\nb\"
\"k:\": \"-x\"
l: null
m: \"a:\"
";
        assert_eq!(yaml(&value), text);
    }

    #[cfg(feature = "kubeconfig")]
    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(value in values()) {
            let text = yaml(&value);
            proptest::prop_assert_eq!(super::super::yaml::parse(&text), Ok(value), "{}", text);
        }
    }

    #[cfg(feature = "kubeconfig")]
    fn values() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let text = prop_oneof![
            any::<String>(),
            "[-a-z0-9:# ~!&*yn.\\[\\]{}'\"\t\n]{0,6}",
            "[\u{0}-\u{200}\u{2028}\u{feff}]{0,4}"
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(text.clone(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
