//! JSON values as YAML, in the style that kubectl writes: keys in order, lists at their key's own indent, texts of
//! several lines as literal blocks.

use serde_json::Value;

/// Writes one document, which ends with a newline.
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Array(items) if !items.is_empty() => list(&mut out, items, 0),
        Value::Object(members) if !members.is_empty() => map(&mut out, members, 0),
        other => {
            scalar(&mut out, other, 0);
            out.push('\n');
        }
    }
    out
}

/// The members, each on its line; the first begins where `out` ends.
fn map(out: &mut String, members: &serde_json::Map<String, Value>, indent: usize) {
    for (at, (key, value)) in members.iter().enumerate() {
        if at > 0 {
            spaces(out, indent);
        }
        text(out, key, None);
        out.push(':');
        match value {
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                spaces(out, indent);
                list(out, items, indent);
            }
            Value::Object(members) if !members.is_empty() => {
                out.push('\n');
                spaces(out, indent + 2);
                map(out, members, indent + 2);
            }
            other => {
                out.push(' ');
                scalar(out, other, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn list(out: &mut String, items: &[Value], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            spaces(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Array(items) if !items.is_empty() => list(out, items, indent + 2),
            Value::Object(members) if !members.is_empty() => map(out, members, indent + 2),
            other => {
                scalar(out, other, indent + 2);
                out.push('\n');
            }
        }
    }
}

/// A value of one line, or a block without its last newline.
fn scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(value) => text(out, value, Some(indent)),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => out.push_str(&other.to_string()),
    }
}

/// A text; `block` is the indent of its further lines, where it may have several.
fn text(out: &mut String, text: &str, block: Option<usize>) {
    match block {
        _ if super::plain(text).is_some() || looks_like_a_date(text) => double_quoted(out, text),
        Some(indent) if text.contains('\n') && fits_a_block(text, indent) => literal(out, text, indent),
        _ if text.contains(is_special) => double_quoted(out, text),
        _ if is_plain(text) => folded(out, text, block),
        _ => {
            out.push('\'');
            folded(out, &text.replace('\'', "''"), block);
            out.push('\'');
        }
    }
}

/// Goes on in the next line at the first single space past [`WIDTH`]; to the reader that is a space again.
fn folded(out: &mut String, text: &str, indent: Option<usize>) {
    let mut column = out.chars().rev().take_while(|c| *c != '\n').count();
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let single = c == ' ' && before != ' ' && chars.peek().is_some_and(|(_, next)| *next != ' ');
        // Without an indent the next line might be one that ends the document.
        match indent.filter(|indent| *indent > 0 && single && column > WIDTH && at > 0) {
            Some(indent) => {
                out.push('\n');
                spaces(out, indent);
                column = indent;
            }
            None => {
                out.push(c);
                column += 1;
            }
        }
        before = c;
    }
}

fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        // The reader cannot tell the indent from such a line.
        out.push('2');
    }
    // What the reader does with the last newlines: one is kept; `-` takes it away, `+` keeps them all.
    match text.strip_suffix('\n') {
        None => out.push('-'),
        Some(rest) if rest.ends_with('\n') || rest.is_empty() => out.push('+'),
        Some(_) => {}
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            spaces(out, indent);
            out.push_str(line);
        }
    }
}

/// In double quotes, with the escapes of JSON: YAML has them all. What JSON leaves and YAML does not is escaped too.
fn double_quoted(out: &mut String, text: &str) {
    for c in Value::from(text).to_string().chars() {
        if is_special(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
}

/// A literal block says all characters as they are; kubectl writes none with a space at the end of a line.
fn fits_a_block(text: &str, indent: usize) -> bool {
    // Without an indent there is none to be told of, where the first line needs it, and lines may end the document.
    let marks = |line: &str| line.starts_with("---") || line.starts_with("...");
    (indent > 0 || !(text.starts_with([' ', '\n']) || text.lines().any(marks)))
        && !text.contains(" \n")
        && !text.ends_with(' ')
        && !text.contains(|c| c != '\n' && is_special(c))
}

/// Characters that only double quotes can say.
fn is_special(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The text can stand without quotes, and stays a text.
fn is_plain(text: &str) -> bool {
    let indicator = |c: char| "-?:,[]{}#&*!|>'\"%@`".contains(c);
    let dashed = |text: &str| text.starts_with(['-', '?', ':']) && text.len() > 1 && !text[1..].starts_with(' ');
    let first = !text.starts_with(indicator) || (dashed(text) && !text.starts_with(['?', ':']));
    first
        && text != "<<"
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// YAML 1.1 has timestamps, and kubectl quotes what could be one.
fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes.iter().take(4).all(u8::is_ascii_digit)
        && bytes.get(4) == Some(&b'-')
        && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:.TtZz +".contains(byte))
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// How long a line is before it is folded.
const WIDTH: usize = 80;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::documents;
    use super::*;

    #[test]
    fn a_document() {
        let value = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"creationTimestamp": "2024-01-02T03:04:05Z", "labels": {}, "name": "web", "finalizers": []},
            "spec": {"containers": [
                {"args": ["-c", "echo a\necho b\n"], "image": "busybox:1", "ports": [{"containerPort": 80}]},
                {"args": [], "command": [["x"]]}
            ]},
            "texts": {
                "b": "true", "bool": true, "colon": "a: b", "e": "", "hash": "a #b", "n": "12", "none": null, "o": "0123",
                "q": "it's", "quote": "'", "star": "*", "tab": "a\tb", "two": "a\nb", "v": "1.2.3", "at": "@x", "dash": "-",
                "eq": "=", "ip": "::1", "long": format!("{0} {0}  {0} it's", "x".repeat(50)), "lead": " x\n y\n", "many": "a\n\n", "space": " x", "yes": "yes", "url": "https://x/y?z#w"
            },
        });
        let expected = "\
apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: \"2024-01-02T03:04:05Z\"
  finalizers: []
  labels: {}
  name: web
spec:
  containers:
  - args:
    - -c
    - |
      echo a
      echo b
    image: busybox:1
    ports:
    - containerPort: 80
  - args: []
    command:
    - - x
texts:
  at: '@x'
  b: \"true\"
  bool: true
  colon: 'a: b'
  dash: '-'
  e: \"\"
  eq: =
  hash: 'a #b'
  ip: ::1
  lead: |2
     x
     y
  long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    it's
  many: |+
    a

  \"n\": \"12\"
  none: null
  o: \"0123\"
  q: it's
  quote: ''''
  space: ' x'
  star: '*'
  tab: \"a\\tb\"
  two: |-
    a
    b
  url: https://x/y?z#w
  v: 1.2.3
  \"yes\": \"yes\"
";
        assert_eq!(emit(&value), expected.replace("ip: ::1", "ip: '::1'"));
        assert_eq!(documents(expected), Ok(vec![value]));
    }

    #[test]
    fn documents_that_are_no_maps() {
        for (value, text) in [
            (json!([]), "[]\n"),
            (json!({}), "{}\n"),
            (json!("a"), "a\n"),
            (json!("\n1"), "\"\\n1\"\n"),
            (json!(["a", {"b": 1, "c": 2}]), "- a\n- b: 1\n  c: 2\n"),
        ] {
            assert_eq!(emit(&value), text);
        }
    }

    fn awkward() -> impl Strategy<Value = String> {
        prop_oneof![
            "[-?:,\\[\\]{}#&*!|>'\"%@`=~<. \na1\\\\]{0,8}",
            "[ \n\ta\u{85}\u{2028}\u{feff}é]{0,6}",
            "('|a: |#)?(word|x{30}|[a-z]{1,9}| )( [a-z]{1,20}| ){0,12}",
            "(yes|no|null|0x1|1e3|2001-01-01|---|\\.\\.\\.|<<|a)[: \n]{0,2}",
        ]
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            awkward().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(awkward(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_text_alone_does_not_end_its_document() {
        for text in
            ["---\n", "a\n---\nb\n", "...\n", &format!("{} --- b", "a".repeat(90)), &format!("{} ...", "é ".repeat(90))]
        {
            let value = Value::from(text);
            assert_eq!(documents(&emit(&value)), Ok(vec![value]), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in json_value()) {
            let text = emit(&value);
            prop_assert_eq!(documents(&text), Ok(vec![value]), "{}", text);
        }
    }
}
