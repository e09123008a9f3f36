//! Tests of the reader: the results of kubectl's reader for the same texts, streams, and limits.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{documents, to_string};

/// The first document, read with the options for a kubeconfig.
fn parse(text: &str) -> Result<Value, String> {
    documents(text).ignore_rest().next().unwrap_or(Ok(Value::Null)).map_err(|error| error.to_string())
}

fn all(stream: &(impl AsRef<[u8]> + ?Sized)) -> Vec<Result<Value, String>> {
    documents(stream).map(|document| document.map_err(|error| error.to_string())).collect()
}

#[derive(Deserialize)]
struct Corpus {
    read: Vec<Read>,
    written: Vec<Written>,
}

/// A text and its first document. `None` if kubectl's reader rejects it.
#[derive(Deserialize)]
struct Read {
    text: String,
    #[serde(default, deserialize_with = "some")]
    json: Option<Value>,
}

/// A string, and kubectl's YAML of a map with this value.
#[derive(Deserialize)]
struct Written {
    value: String,
    yaml: String,
}

/// Reads a JSON `null` as a value, not as `None`.
fn some<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

#[test]
fn texts_are_read_as_kubectl_reads_them() {
    let corpus: Corpus = serde_json::from_str(include_str!("corpus/corpus.json")).unwrap();
    let mut different = Vec::new();
    for Read { text, json } in corpus.read {
        let ours = parse(&text).ok();
        if ours != json {
            different.push((text, ours.map(|value| value.to_string())));
        }
    }
    let different: Vec<_> = different.iter().map(|(text, ours)| (text.as_str(), ours.as_deref())).collect();
    let expected: Vec<_> = READ.iter().map(|(text, ours, _)| (*text, *ours)).collect();
    assert_eq!(different, expected);
}

#[test]
fn texts_are_written_as_kubectl_writes_them() {
    let corpus: Corpus = serde_json::from_str(include_str!("corpus/corpus.json")).unwrap();
    let mut different = Vec::new();
    for Written { value, yaml } in corpus.written {
        let ours = to_string(&json!({ "a": value }));
        assert_eq!(parse(&ours), Ok(json!({ "a": value })), "{ours:?}");
        if ours != yaml && !different.contains(&(value.clone(), ours.clone())) {
            different.push((value, ours));
        }
    }
    let different: Vec<_> = different.iter().map(|(value, ours)| (value.as_str(), ours.as_str())).collect();
    let expected: Vec<_> = WRITTEN.iter().map(|(value, ours, _)| (*value, *ours)).collect();
    assert_eq!(different, expected);
}

#[test]
fn scalars_are_what_kubectl_makes_of_them() {
    // The results are from `kubectl config view --raw -o json`, with each text as the value of an extension.
    let table = [
        ("0123", json!(83)),
        ("0o17", json!(15)),
        ("0x1F", json!(31)),
        ("-0x10", json!(-16)),
        ("0b11", json!(3)),
        ("089", json!(89)),
        ("0x", json!("0x")),
        ("2001-01-01", json!("2001-01-01")),
        ("12:30:45", json!("12:30:45")),
        ("1.0", json!(1)),
        ("1.", json!(1)),
        (".5", json!(0.5)),
        ("1e3", json!(1000)),
        ("1_000", json!(1000)),
        ("+3", json!(3)),
        ("-5", json!(-5)),
        ("123456789012345678901234567890", json!(1.2345678901234568e29)),
        ("yes", json!(true)),
        ("Off", json!(false)),
        ("y", json!(true)),
        ("~", json!(null)),
        ("\"\"", json!("")),
        ("'1'", json!("1")),
        ("!!str 12", json!("12")),
        ("!!int \"3\"", json!(3)),
        ("!!binary aGk=", json!("hi")),
        ("!foo 12", json!("12")),
        ("!foo [1]", json!([1])),
        ("\"\\u00e9\"", json!("é")),
    ];
    for (text, value) in table {
        assert_eq!(parse(&format!("a: {text}")), Ok(json!({ "a": value })), "{text}");
    }
    for text in [".inf", "-.INF", ".nan", "!!int x", "!!bool 3", "!!binary '*'"] {
        assert!(parse(&format!("a: {text}")).unwrap_err().starts_with("line 1, column"), "{text}");
    }
}

#[test]
fn documents_keys_and_merges() {
    let table = [
        ("a: 1\n---\na: 2\n", json!({"a": 1})),
        ("a: 1\n--- @@bad\n{[\n", json!({"a": 1})),
        ("---\n---\na: 1\n", json!(null)),
        ("# nothing\n", json!(null)),
        ("hello", json!("hello")),
        ("a: 1\na: 2", json!({"a": 2})),
        ("{1: a, true: b, 1.5: d, !!str 12: e}", json!({"1": "a", "true": "b", "1.5": "d", "12": "e"})),
        ("x: &x {s: q}\na: {<<: *x, p: 1}", json!({"x": {"s": "q"}, "a": {"s": "q", "p": 1}})),
        ("x: &x {s: q}\na: {s: first, <<: *x}", json!({"x": {"s": "q"}, "a": {"s": "q"}})),
        ("x: &x {s: q}\na: {<<: *x, s: last}", json!({"x": {"s": "q"}, "a": {"s": "last"}})),
        ("x: &x {s: q}\na: {<<: [*x, {s: z, p: 1}]}", json!({"x": {"s": "q"}, "a": {"s": "q", "p": 1}})),
        ("a: &x hi\nb: *x\nc: &x ho\nd: *x", json!({"a": "hi", "b": "hi", "c": "ho", "d": "ho"})),
        ("&k a: 1\nb: *k", json!({"a": 1, "b": "a"})),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", json!({"a": "x\ny\n", "b": "x y"})),
    ];
    for (text, value) in table {
        assert_eq!(parse(text), Ok(value), "{text}");
    }
    for text in ["{[a]: b}", "{null: c}", "a: *nope", "a: &a [*a]", "{<<: 1}", "{<<: [1]}", "a:\n\t- b", "a: [", "a: }"]
    {
        assert!(parse(text).unwrap_err().starts_with("line "), "{text}");
    }
}

#[test]
fn hostile_yaml_is_bounded() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    let mut chain = String::from("c0: &c0 [x]\n");
    for level in 1..100 {
        let list = vec![format!("*a{}", level - 1); 9].join(",");
        bomb += &format!("a{level}: &a{level} [{list}]\n");
        chain += &format!("c{level}: &c{level} [[[[[[[[*c{}]]]]]]]]\n", level - 1);
    }
    let long = "x".repeat(1 << 20);
    let table = [
        (bomb, "too many values"),
        (chain, "nested"),
        (format!("a: &a {long}\nb: [{}]", "*a,".repeat(100)), "too much text"),
        ("[".repeat(200_000), ""),
        ("{a: ".repeat(200_000), ""),
        ("- ".repeat(200_000), ""),
        ("? ".repeat(200_000), ""),
        ("- &a [*a]\n".repeat(200_000), ""),
        ("- a\n".repeat(200_000), "too many values"),
        ("\"".to_owned() + &long, ""),
    ];
    for (text, part) in table {
        let error = documents(&text).max_values(100_000).ignore_rest().next().unwrap().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(error.len() < 200, "{error}");
    }
    // This parser accepts the text, and ends.
    assert_eq!(parse(&"&a ".repeat(200_000)), Ok(Value::Null));
    assert_eq!(parse(&format!("a: {long}")).unwrap()["a"].as_str().unwrap().len(), 1 << 20);
}

#[test]
fn documents_of_a_stream() {
    for (text, values) in [
        ("a: 1\n---\n# nothing\n---\nb: [x, 'y']\n", vec![json!({"a": 1}), json!(null), json!({"b": ["x", "y"]})]),
        ("{\"a\": \"b\"}\n", vec![json!({"a": "b"})]),
        ("", vec![]),
        (
            "a: yes\nb: 'yes'\nc: 0123\nd: 1.50\ne: 1e3\nf: 1.2.3\ng: ~\nh: -7\ni: 0x1F\nj: 12:30\nk: .\n",
            vec![
                json!({"a": true, "b": "yes", "c": 83, "d": 1.5, "e": 1000, "f": "1.2.3", "g": null, "h": -7, "i": 31, "j": "12:30", "k": "."}),
            ],
        ),
        // In kubectl, merged entries replace keys before the `<<`.
        (
            "a: &a {x: 1}\nb: *a\nc: {<<: *a, z: 2}\nd: {x: 3, <<: *a}\n",
            vec![json!({"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "z": 2}, "d": {"x": 1}})],
        ),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n1: z\n", vec![json!({"a": "x\ny\n", "b": "x y", "1": "z"})]),
        ("# nothing\n", vec![]),
        ("\u{feff}# c\n---\n\u{feff}a: 1\n---\n# c\n\u{feff}b: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
        ("{\"a\":1}{\"b\":1.0} [2]\n---\nc: 3\n", vec![json!({"a": 1}), json!({"b": 1}), json!([2]), json!({"c": 3})]),
        ("--- {\"a\": 1}\n--- # c\n\n[1,\n2]\n", vec![json!({"a": 1}), json!([1, 2])]),
        ("{\"a\": 1}: 2\n", vec![]),
        ("a: \"x\n---\n y\"\n", vec![]),
    ] {
        let read: Result<Vec<Value>, _> = documents(text).collect();
        match read {
            Ok(read) => assert_eq!(read, values, "{text}"),
            Err(error) => assert!(values.is_empty(), "{text}: {error}"),
        }
    }
    for text in ["a: [", "a: 1\na: 2", "{[x]: y}", "a: *no", "<<: 1", "a:\n\t- b"] {
        let error = documents(text).unique_keys().next().unwrap().unwrap_err();
        assert!(format!("yaml: {error}").starts_with("yaml: line "), "{text}");
    }
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let stream =
        b"a: [\n---\nb: 1\n---\nc: \xff\n---\n{\"d\": 1} {\"e\": ]} {\"f\": 1}\n---\n[g] h\n---\n\n i: *i\n---\n- j\n";
    let expected = [
        Err("line 1, column 4: unclosed bracket '['"),
        Ok(json!({"b": 1})),
        Err("document 3, line 5, column 4: not UTF-8"),
        Ok(json!({"d": 1})),
        Err("document 5, e: it is no JSON: a value should stand here at line 7 column 16"),
        Err("document 6, line 9, column 5: did not find expected <document start>"),
        Err("document 7, line 12, column 5: while parsing node, found unknown anchor"),
        Ok(json!(["j"])),
    ];
    let expected: Vec<_> = expected.into_iter().map(|it| it.map_err(str::to_owned)).collect();
    assert_eq!(all(stream), expected);
    let error = documents(stream).filter_map(Result::err).nth(1).unwrap();
    assert_eq!((error.document(), error.line(), error.column(), error.text()), (3, 5, 4, "not UTF-8"));
}

#[test]
fn errors_of_json_and_of_yaml() {
    for (text, error, json, eof) in [
        ("{\"a\": ]}", "a: it is no JSON: a value should stand here at line 1 column 7", true, false),
        (
            "{\"a\":",
            "a: it ends in the middle: a value, a bracket or a quote is missing at the end at line 1 column 6",
            true,
            true,
        ),
        (
            "[1, 2",
            "it ends in the middle: a value, a bracket or a quote is missing at the end at line 1 column 6",
            true,
            true,
        ),
        ("{a: b, c: ]}", "line 1, column 1: mismatched bracket '{' closed by ']'", false, false),
        ("{a: [1}", "line 1, column 5: mismatched bracket '[' closed by '}'", false, false),
    ] {
        let found = documents(text).next().unwrap().unwrap_err();
        assert_eq!((found.to_string().as_str(), found.is_json(), found.is_eof()), (error, json, eof), "{text}");
    }
}

#[test]
fn what_begins_as_json_can_be_required_to_be_json() {
    for (text, strict) in [
        ("{\"k\":NaN}", false),
        ("{\"k\":01}", false),
        ("{ \"k\": 1 } # c", false),
        ("{k: NaN}", true),
        ("{\"k\":1}", true),
    ] {
        assert!(documents(text).next().unwrap().is_ok(), "{text}");
        assert_eq!(documents(text).strict_json().next().unwrap().is_ok(), strict, "{text}");
    }
}

#[test]
fn a_key_that_a_map_has_twice_can_be_refused() {
    for (text, key) in [
        ("a: 1\nb: {c: 1, c: 2}", Some("c")),
        ("{\"a\": 1, \"a\": 2}", Some("a")),
        ("1: a\n\"1\": b", Some("1")),
        ("{<<: {b: 1}, b: 2}", Some("b")),
        ("[{a: 1}, {a: 1}]", None),
        ("{a: {a: 1}}", None),
    ] {
        assert!(documents(text).next().unwrap().is_ok());
        let strict = documents(text).unique_keys().next().unwrap();
        assert_eq!(strict.as_ref().err().and_then(|error| error.duplicate_key()), key, "{text}: {strict:?}");
        assert_eq!(strict.is_err(), key.is_some(), "{text}");
    }
}

#[test]
fn nesting_and_values_have_bounds() {
    let nested: [fn(usize) -> String; 5] = [
        |depth| "[".repeat(depth) + &"]".repeat(depth),
        |depth| "{a: ".repeat(depth) + "1" + &"}".repeat(depth),
        |depth| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth),
        |depth| "- ".repeat(depth) + "a",
        |depth| (0..depth).fold(String::new(), |text, level| text + &" ".repeat(level) + "a:\n"),
    ];
    for text in nested {
        // The thread of a test has 2 MiB.
        for depth in [80, 127, crate::json::DEPTH] {
            let value = documents(&text(depth)).next().unwrap().unwrap();
            let again: Value = crate::json::from_str(&value.to_string()).unwrap();
            assert_eq!(documents(&to_string(&value)).next().unwrap(), Ok(value.clone()));
            assert_eq!(value, again);
        }
        assert!(documents(&text(crate::json::DEPTH + 1)).next().unwrap().is_err());
    }
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..30 {
        let list = vec![format!("*a{}", level - 1); 9].join(",");
        bomb += &format!("a{level}: &a{level} [{list}]\n");
    }
    assert!(all(&bomb)[0].as_ref().unwrap_err().contains("values"));
    for text in ["[".repeat(100_000), "- ".repeat(100_000), "{}".repeat(10) + &"[".repeat(100_000)] {
        assert!(documents(&text).last().unwrap().is_err());
    }
    let limited = documents("[1, 2]\n---\n- 1\n- 2\n---\n[1]\n").max_values(2);
    assert_eq!(limited.map(|document| document.is_ok()).collect::<Vec<_>>(), [false, false, true]);
}

proptest! {
    #[test]
    fn nothing_panics(text in "[-?:,\\[\\]{}#&*!|>'\"%@`<. \n\r\ta1\\\\\u{feff}\u{85}é]{0,40}", at in 0_usize..40) {
        let mut bytes = text.into_bytes();
        for value in documents(&bytes).flatten() {
            prop_assert_eq!(documents(&to_string(&value)).next(), Some(Ok(value)));
        }
        if let Some(byte) = bytes.get_mut(at) {
            *byte = 0xff;
        }
        prop_assert!(documents(&bytes).count() <= bytes.len() + 1);
    }

    #[test]
    fn numbers_are_exact(bits in any::<u64>(), integer in any::<i64>()) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite() && (float.fract() != 0.0 || float.abs() >= 1e21));
        for value in [json!(float), json!(bits), json!(integer)] {
            prop_assert_eq!(documents(&to_string(&json!([value]))).next(), Some(Ok(json!([value]))));
        }
    }
}

/// Texts of the corpus that this reader reads in another way than kubectl: the text, the result, and the reason.
const READ: &[(&str, Option<&str>, &str)] = &[
    ("...\n", Some("null"), "an end without a document is none"),
    ("%YAML 1.2\n---\na: yes\n", Some(r#"{"a":true}"#), "the version is not looked at"),
    ("%FOO bar\n---\na: 1\n", Some(r#"{"a":1}"#), "YAML says to ignore it"),
    ("---\n\u{feff}a: 1\n", Some(r#"{"a":1}"#), BOM),
    ("# c\n\u{feff}a: 1\n", Some(r#"{"a":1}"#), BOM),
    ("a: 1\n\u{feff}b: 2\n", None, BOM),
    ("[a]]", None, "kubectl stops reading at the end of a document"),
    ("a: &é b\nc: *é\n", Some(r#"{"a":"b","c":"b"}"#), "YAML allows it"),
    ("a: |#c\n  x\n", None, "YAML forbids it"),
    (
        r#"a: "x\ny\t\u00e9\x41\U0001F600\/\"\\\e\0\_\N\L\P""#,
        Some("{\"a\":\"x\\ny\\té\u{41}😀/\\\"\\\\\\u001b\\u0000\u{a0}\u{85}\u{2028}\u{2029}\"}"),
        "YAML has the escape of a slash since 1.2",
    ),
    (r#"a: "\ud83d\ude00""#, Some(r#"{"a":"😀"}"#), "JSON has surrogate pairs"),
    ("\ta: 1", Some(r#"{"a":1}"#), TAB),
    ("- \ta", Some(r#"["a"]"#), TAB),
    ("a:\n  b: 1\n\t\n", Some(r#"{"a":{"b":1}}"#), TAB),
    ("a: 1\n\t# c\n", Some(r#"{"a":1}"#), TAB),
    ("[-]", None, FLOW),
    ("[?]", Some(r#"["?"]"#), FLOW),
    ("[?a]", Some(r#"["?a"]"#), FLOW),
    ("[a?]", Some(r#"["a?"]"#), FLOW),
    ("a: x\u{85}y", Some("{\"a\":\"x\u{85}y\"}"), BREAK),
    ("a: x\u{2028}y", Some("{\"a\":\"x\u{2028}y\"}"), BREAK),
    ("a: \u{2028}", Some("{\"a\":\"\u{2028}\"}"), BREAK),
    ("a: \"x\u{85}y\"", Some("{\"a\":\"x\u{85}y\"}"), BREAK),
    ("{a: -, b: 1}", None, FLOW),
    ("{a: ?a, b: 1}", Some(r#"{"a":"?a","b":1}"#), FLOW),
    ("{a: :a, b: 1}", Some(r#"{"a":":a","b":1}"#), FLOW),
    ("a: !!binary null", None, BINARY),
    ("a: !!binary 0x10", None, BINARY),
    ("a: !!binary 18446744073709551615", None, BINARY),
    ("a: !!binary /w==", None, BINARY),
];
const BOM: &str = "a byte order mark is no part of a key";
const TAB: &str = "YAML allows a tab where it is no indent";
const FLOW: &str = "YAML 1.2 treats `-`, `?` and `:` in flow style otherwise";
const BREAK: &str = "YAML 1.2 has fewer line breaks than 1.1";
const BINARY: &str = "kubectl replaces bytes that are not UTF-8";

/// Strings of the corpus that this writer writes in another way than kubectl: the string, the result, and the reason.
const WRITTEN: &[(&str, &str, &str)] = &[
    ("\n", "a: \"\\n\"\n", QUOTES),
    (":x", "a: ':x'\n", QUOTES),
    ("?x", "a: '?x'\n", QUOTES),
    ("<<", "a: '<<'\n", QUOTES),
    ("2001-13-01", "a: \"2001-13-01\"\n", QUOTES),
    ("x\u{85}y", "a: \"x\\u0085y\"\n", "kubectl's text is read as another one"),
    ("x\u{2028}y", "a: \"x\\u2028y\"\n", "YAML 1.2 reads kubectl's text as another one"),
    ("\u{feff}x", "a: \"\\ufeffx\"\n", "the same in fewer escapes"),
    ("\0", "a: \"\\u0000\"\n", "the same in another escape"),
    ("😀", "a: 😀\n", "needs no escape"),
    ("._5", "a: \"._5\"\n", QUOTES),
    (".1e400", "a: \".1e400\"\n", QUOTES),
    ("=", "a: \"=\"\n", QUOTES),
    ("?a", "a: '?a'\n", QUOTES),
    (":a", "a: ':a'\n", QUOTES),
];
const QUOTES: &str = "quotes do no harm, and some readers need them";

/// A fuzz target found column 0, where JSON ends at the beginning of a line.
#[test]
fn places_begin_with_one() {
    let errors = documents("[\n---\n{\n").filter_map(Result::err);
    let places: Vec<_> = errors.map(|error| (error.document(), error.line(), error.column())).collect();
    assert_eq!(places, [(1, 2, 1), (2, 4, 1)]);
}
