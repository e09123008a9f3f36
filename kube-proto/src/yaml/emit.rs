//! Writes JSON values as YAML: keys in order, lists at the indent of their key, strings in one of two styles.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::scalar::{Scalar, plain};
use crate::visible::acts;

/// Writes a value as one YAML document in the style of kubectl, with a newline at the end.
///
/// Keys keep their order, lists have the indent of their key, strings of several lines are literal blocks, and a string
/// that would be read as another type has quotes. Reading the document gives the same value, with whole numbers as
/// integers: here, in kubectl, and in readers of YAML 1.1 and YAML 1.2. The project's tests compare with PyYAML and
/// goccy/go-yaml. A few strings that kubectl writes plain have quotes for these (`=`, `._5`), and floats with an
/// exponent have a point and a sign (`1.0e+300`).
pub fn to_string(value: &Value) -> String {
    document(value, 0, Texts::Blocks)
}

/// Writes a value with every string on one line: in double quotes, unless it is certainly a string without them.
pub(crate) fn one_line(value: &Value) -> String {
    document(value, 0, Texts::OneLine)
}

/// Writes one entry of a map whose keys begin at this column. The first line begins with the key, without indent.
#[cfg(feature = "kubeconfig")]
pub(crate) fn entry(key: &str, value: &Value, column: usize) -> String {
    let entry = Map::from_iter([(key.to_owned(), value.clone())]);
    document(&Value::Object(entry), column, Texts::OneLine)
}

/// Writes one item of a list whose dashes are in this column. The first line begins with the dash, without indent.
#[cfg(feature = "kubeconfig")]
pub(crate) fn item(value: &Value, column: usize) -> String {
    document(&Value::Array(vec![value.clone()]), column, Texts::OneLine)
}

/// The style of strings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    /// The style of kubectl: plain where possible, literal blocks, folded lines.
    Blocks,
    /// One line each, so that a patch can replace a single line.
    OneLine,
}

fn document(value: &Value, indent: usize, texts: Texts) -> String {
    let mut out = Writer { out: String::new(), texts };
    match value {
        Value::Array(items) if !items.is_empty() => out.list(items, indent),
        Value::Object(members) if !members.is_empty() => out.map(members, indent),
        other => {
            // Readers want the lines of a block indented here, too.
            out.scalar(other, indent + 2);
            out.out.push('\n');
        }
    }
    out.out
}

struct Writer {
    out: String,
    texts: Texts,
}

impl Writer {
    /// Writes the members, each on its own line. The caller has written the indent of the first.
    fn map(&mut self, members: &Map<String, Value>, indent: usize) {
        for (at, (key, value)) in members.iter().enumerate() {
            if at > 0 {
                spaces(&mut self.out, indent);
            }
            self.text(key, None);
            self.out.push(':');
            match value {
                Value::Array(items) if !items.is_empty() => {
                    self.out.push('\n');
                    spaces(&mut self.out, indent);
                    self.list(items, indent);
                }
                Value::Object(members) if !members.is_empty() => {
                    self.out.push('\n');
                    spaces(&mut self.out, indent + 2);
                    self.map(members, indent + 2);
                }
                other => {
                    self.out.push(' ');
                    self.scalar(other, indent + 2);
                    self.out.push('\n');
                }
            }
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                spaces(&mut self.out, indent);
            }
            self.out.push_str("- ");
            match item {
                Value::Array(items) if !items.is_empty() => self.list(items, indent + 2),
                Value::Object(members) if !members.is_empty() => self.map(members, indent + 2),
                other => {
                    self.scalar(other, indent + 2);
                    self.out.push('\n');
                }
            }
        }
    }

    /// Writes a value of one line, or a block without its last newline.
    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(value) => self.text(value, Some(indent)),
            Value::Array(_) => self.out.push_str("[]"),
            Value::Object(_) => self.out.push_str("{}"),
            Value::Number(value) => self.out.push_str(&number(&value.to_string())),
            other => self.out.push_str(&other.to_string()),
        }
    }

    /// Writes a string. `block` is the indent of its further lines; `None` allows only one line.
    fn text(&mut self, text: &str, block: Option<usize>) {
        let out = &mut self.out;
        match block {
            _ if self.texts == Texts::OneLine => match is_plain_beyond_doubt(text) {
                true => out.push_str(text),
                false => double_quoted(out, text),
            },
            _ if is_another_type(text) => double_quoted(out, text),
            Some(indent) if text.contains('\n') && fits_a_block(text) => literal(out, text, indent),
            _ if text.contains(is_special) => double_quoted(out, text),
            _ if is_plain(text) => folded(out, text, block),
            _ => {
                out.push('\'');
                folded(out, &text.replace('\'', "''"), block);
                out.push('\'');
            }
        }
    }
}

/// Breaks the line at the first single space after [`WIDTH`]; a reader turns the line break into a space again.
fn folded(out: &mut String, text: &str, indent: Option<usize>) {
    let mut column = out.chars().rev().take_while(|c| *c != '\n').count();
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let single = c == ' ' && before != ' ' && chars.peek().is_some_and(|(_, next)| *next != ' ');
        match indent.filter(|_| single && column > WIDTH && at > 0) {
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
        // The reader cannot infer the indent from such a line.
        out.push('2');
    }
    // The reader keeps one newline at the end; with `-` it keeps none, with `+` all.
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

/// Writes a string in double quotes with the escapes of JSON, which YAML has too. It also escapes the special
/// characters that JSON does not escape.
fn double_quoted(out: &mut String, text: &str) {
    for c in Value::from(text).to_string().chars() {
        match u32::from(c) {
            _ if !is_special(c) => out.push(c),
            code @ ..=0xffff => out.push_str(&format!("\\u{code:04x}")),
            code => out.push_str(&format!("\\U{code:08x}")),
        }
    }
}

/// Whether the text fits a literal block, which has no escapes. kubectl writes no block with a space at the end of a
/// line. goccy/go-yaml reads none without text, and none that both begins with white space and ends with an empty line.
fn fits_a_block(text: &str) -> bool {
    let unread = text.starts_with([' ', '\n']) && text.ends_with("\n\n");
    let spaced = text.contains(" \n") || text.ends_with(' ');
    let blank = text.chars().all(|c| c == '\n');
    !(unread || spaced || blank || text.contains(|c| c != '\n' && is_special(c)))
}

/// Whether only double quotes can express this character, or it would act on the terminal of a reader.
fn is_special(c: char) -> bool {
    c.is_control() || acts(c) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A number that YAML 1.1 reads, too: its floats have a point, and a sign in the exponent.
fn number(json: &str) -> Cow<'_, str> {
    let Some((digits, exponent)) = json.split_once('e') else { return json.into() };
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{digits}{point}e{sign}{exponent}").into()
}

/// Whether some reader takes the text for something else than a string: kubectl, or one of those that read `.0_`, `0x_`
/// and `1.e+999` as numbers. `=` is a type of YAML 1.1.
fn is_another_type(text: &str) -> bool {
    plain(text) != Scalar::Text
        || is_number_elsewhere(text)
        || looks_like_a_date(text)
        || is_base_60(text)
        || text == "="
}

/// Whether another reader, which skips every `_` and has infinities, takes the text for a number.
fn is_number_elsewhere(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
        return false;
    }
    let digits = text.replace('_', "");
    let digits = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
    let skips = text.contains('_') && (matches!(digits, "0b" | "0x") || plain(digits) != Scalar::Text);
    skips || (digits.contains('.') && digits.parse().is_ok_and(f64::is_infinite))
}

/// Whether the text needs no quotes to be read as a string.
fn is_plain(text: &str) -> bool {
    let indicator = |c: char| "-?:,[]{}#&*!|>'\"%@`".contains(c);
    let dashed = |text: &str| text.starts_with(['-', '?', ':']) && text.len() > 1 && !text[1..].starts_with(' ');
    let first = !text.starts_with(indicator) || (dashed(text) && !text.starts_with(['?', ':']));
    first
        // goccy/go-yaml takes every key that ends so for a merge.
        && !text.ends_with("<<")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Whether the text is certainly a string without quotes. Any doubt gives `false`.
fn is_plain_beyond_doubt(text: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-@:+=,".contains(&byte);
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let reserved = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    starts
        && text.bytes().all(safe)
        && !text.ends_with(':')
        && !reserved.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether the text could be a timestamp of YAML 1.1; kubectl quotes these.
fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes.iter().take(4).all(u8::is_ascii_digit)
        && bytes.get(4) == Some(&b'-')
        && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:.TtZz +".contains(byte))
}

/// Whether the text could be a number to the base 60 of YAML 1.1, `12:30:45`; kubectl quotes these.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut places = whole.split(':');
    let first = places.next().unwrap_or_default();
    let place = |text: &str| match text.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..b'6').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    whole.contains(':')
        && first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && places.all(place)
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// The width after which a line is folded.
const WIDTH: usize = 80;

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The documents that the reader finds in a stream.
    fn documents(text: &str) -> Result<Vec<Value>, crate::yaml::Error> {
        crate::yaml::documents(text).collect()
    }

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
  eq: \"=\"
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
        assert_eq!(to_string(&value), expected.replace("ip: ::1", "ip: '::1'"));
        assert_eq!(documents(expected), Ok(vec![value]));
    }

    #[test]
    fn documents_that_are_no_maps() {
        for (value, text) in [
            (json!([]), "[]\n"),
            (json!({}), "{}\n"),
            (json!("a"), "a\n"),
            (json!("\n1"), "|2-\n\n  1\n"),
            (json!("a\nb\n"), "|\n  a\n  b\n"),
            (json!("\n"), "\"\\n\"\n"),
            (json!(1e300), "1.0e+300\n"),
            (json!(-1.5e-7), "-1.5e-7\n"),
            (json!(["a", {"b": 1, "c": 2}]), "- a\n- b: 1\n  c: 2\n"),
        ] {
            assert_eq!(to_string(&value), text);
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
            assert_eq!(documents(&to_string(&value)), Ok(vec![value]), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in json_value()) {
            let text = to_string(&value);
            prop_assert_eq!(documents(&text), Ok(vec![value]), "{}", text);
        }
    }

    #[test]
    fn block_style_with_texts_on_one_line() {
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
        assert_eq!(one_line(&value), text);
    }

    proptest! {
        #[test]
        fn what_is_written_on_one_line_is_read_back(value in values()) {
            let text = one_line(&value);
            prop_assert_eq!(documents(&text), Ok(vec![value]), "{}", text);
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[-a-z0-9:# ~!&*yn.\\[\\]{}'\"\t\n]{0,6}",
            "[\u{0}-\u{200}\u{2028}\u{202e}\u{feff}\u{e0041}]{0,4}"
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
