use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::frame::testing;

/// A row of the corpus (`corpus/main.go` writes it).
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    text: String,
    bytes: Option<String>,
    r#as: String,
    /// What sigs.k8s.io/json reads; nothing if it rejects the text.
    #[serde(default, deserialize_with = "present")]
    kube: Option<Value>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Object {
    name: String,
    count: i32,
    ratio: f64,
    on: bool,
    list: Vec<String>,
    map: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<Box<Object>>,
}

fn written<T: DeserializeOwned + Serialize>(document: &[u8]) -> Option<Value> {
    from_slice::<T>(document).ok().map(|value| serde_json::to_value(value).unwrap())
}

/// Go writes a float without a fraction as an integer, and no elements as null.
fn alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (Value::Array(a), Value::Null) => a.is_empty(),
        (Value::Object(a), Value::Null) => a.is_empty(),
        _ => ours == theirs,
    }
}

#[test]
fn corpus() {
    use base64::Engine as _;
    // Nothing else here reads the deepest rows.
    let rows: Vec<Row> = from_slice(include_bytes!("corpus/corpus.json")).unwrap();
    assert!(rows.len() > 1400);
    let mut differences = DIFFERENCES.to_vec();
    for Row { text, bytes, r#as, kube } in rows {
        let document = match &bytes {
            Some(bytes) => base64::engine::general_purpose::STANDARD.decode(bytes).unwrap(),
            None => text.into_bytes(),
        };
        let ours = match &*r#as {
            "any" => written::<Value>(&document),
            "string" => written::<String>(&document),
            "bool" => written::<bool>(&document),
            "i64" => written::<i64>(&document),
            "i32" => written::<i32>(&document),
            "u64" => written::<u64>(&document),
            "f64" => written::<f64>(&document),
            "list" => written::<Vec<String>>(&document),
            "ints" => written::<Vec<i64>>(&document),
            "map" => written::<BTreeMap<String, String>>(&document),
            "object" => written::<Object>(&document),
            other => panic!("the corpus has an unknown type {other}"),
        };
        let same = match (&ours, &kube) {
            (Some(ours), Some(kube)) => alike(ours, kube),
            (ours, kube) => ours.is_none() == kube.is_none(),
        };
        let text = String::from_utf8_lossy(&document);
        if !same {
            let known = differences.iter().position(|(known, known_as, _)| *known == text && *known_as == r#as);
            let known = known.unwrap_or_else(|| panic!("{text} as {as}: {ours:?}, Go: {kube:?}", r#as = r#as));
            differences.swap_remove(known);
        }
    }
    assert_eq!(differences, [], "these are no differences");
}

/// What this reader reads in another way than sigs.k8s.io/json: the text, the type, and the reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("-0", "u64", "0 without a sign is 0"),
    (r#"{"name":"a","name":null}"#, "object", TWICE),
    (r#"{"map":{"a":"1"},"map":{"b":"2"}}"#, "object", TWICE),
    (r#"{"inner":{"name":"a"},"inner":{"count":1}}"#, "object", TWICE),
    (r#"{"unknown":[1,],"name":"a"}"#, "object", SKIPPED),
    (r#"{"unknown":{"a"},"name":"a"}"#, "object", SKIPPED),
    (r#"{"unknown":["a":1],"name":"a"}"#, "object", SKIPPED),
];

const TWICE: &str = "the last one counts; Go merges a second object into the first, and null into anything";
const SKIPPED: &str = "in a value that is skipped only strings and brackets are looked at";

#[derive(Debug, PartialEq, Deserialize)]
struct Borrowing<'a> {
    name: &'a str,
}

#[test]
fn texts_without_escapes_are_lent() {
    assert_eq!(from_str::<Borrowing<'_>>(r#"{"name":"a"}"#).unwrap(), Borrowing { name: "a" });
    assert!(from_str::<Borrowing<'_>>(r#"{"name":"\u0061"}"#).is_err());
}

#[derive(Debug, PartialEq, Deserialize)]
enum Variant {
    Unit,
    New(u8),
    Tuple(u8, u8),
    Struct { a: u8 },
}

#[test]
fn enums_keys_and_raw_values() {
    let read = |text: &str| from_slice::<Variant>(text.as_bytes());
    assert_eq!(read(r#""Unit""#).unwrap(), Variant::Unit);
    assert_eq!(read(r#""\u0055nit""#).unwrap(), Variant::Unit);
    assert_eq!(read(r#"{"New":1}"#).unwrap(), Variant::New(1));
    assert_eq!(read(r#" { "Tuple" : [ 1 , 2 ] } "#).unwrap(), Variant::Tuple(1, 2));
    assert_eq!(read(r#"{"Struct":{"a":1}}"#).unwrap(), Variant::Struct { a: 1 });
    for wrong in ["null", "1", r#""Other""#, r#"{"New":1,"Tuple":[1,2]}"#, "{}", r#"{"New":"a"}"#] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    let keys: BTreeMap<i32, bool> = from_slice(br#"{"-1":true,"\u0032":null}"#).unwrap();
    assert_eq!(keys, BTreeMap::from([(-1, true), (2, false)]));
    assert!(from_slice::<BTreeMap<u8, u8>>(br#"{"a":1}"#).is_err());
    let raw: Vec<Box<serde_json::value::RawValue>> = from_slice(br#"[ {"a": [1]} , "\u0061", 1e3 ]"#).unwrap();
    assert_eq!(raw.iter().map(|raw| raw.get()).collect::<Vec<_>>(), [r#"{"a": [1]}"#, r#""\u0061""#, "1e3"]);
}

#[test]
fn errors_name_the_field_and_the_place() {
    for (document, text) in [
        ("{\n\"count\":\"hunter2\"}", "count: invalid type: string, expected i32 at line 2 column 17"),
        (
            r#"{"inner":{"list":["hunter2",{"a":1}]}}"#,
            "inner.list[1]: invalid type: map, expected a string at line 1 column 29",
        ),
        (r#"{"map":{"a.b/c":["hunter2"]}}"#, "map[…]: invalid type: sequence, expected a string at line 1 column 17"),
        (r#"{"m\u0061p":{"\u0061":1}}"#, "map[…]: invalid type: integer, expected a string at line 1 column 23"),
        (r#"{"count":hunter2}"#, "count: it is no JSON: a value should stand here at line 1 column 10"),
        (
            r#"{"count":1"#,
            "it ends in the middle: a value, a bracket or a quote is missing at the end at line 1 column 11",
        ),
        (r#"{"name":"hunter2"#, "name: it ends in the middle: a string has no end at line 1 column 17"),
        (r#"{"name":"\x"}"#, "name: it is no JSON: an unknown escape in a string at line 1 column 10"),
        (r#"{"count":1}x"#, "it is no JSON: something follows the end of the document at line 1 column 12"),
        (r#"{"count":1e999}"#, "count: it is no JSON: the number is out of range at line 1 column 10"),
        ("[]", "invalid type: sequence, expected struct Object at line 1 column 1"),
    ] {
        assert_eq!(from_slice::<Object>(document.as_bytes()).unwrap_err().to_string(), text, "{document}");
    }
}

#[test]
fn of_two_keys_the_last_counts_in_a_type_that_takes_no_second_one() {
    let text = r#"{"name":"a","inner":{"count":1,"count":2,"c\u006funt":3},"list":["x"],"name":"b"}"#;
    let found: Object = from_slice(text.as_bytes()).unwrap();
    assert_eq!((&*found.name, found.inner.unwrap().count, &*found.list), ("b", 3, &["x".to_owned()][..]));
    // The second of one key stands between the two of another, in any order.
    let members = [r#""name":"a""#, r#""list":["x"]"#, r#""inner":{"count":1}"#, r#""name":"b""#, r#""list":["y"]"#];
    for turn in 0..members.len() {
        for order in [[0, 1, 2, 3, 4], [0, 1, 4, 2, 3], [1, 0, 3, 2, 4], [2, 0, 1, 4, 3]] {
            let mut order = order.map(|at| members[at]);
            order.rotate_left(turn);
            let text = format!("{{{}}}", order.join(","));
            let last = |key: &str| order.iter().rev().find(|member| member.contains(key)).unwrap().to_string();
            let found: Object = from_slice(text.as_bytes()).unwrap();
            let (name, list) =
                (format!("\"name\":\"{}\"", found.name), format!("\"list\":[\"{}\"]", found.list.join("")));
            assert_eq!((name, list), (last("name"), last("list")), "{text}");
        }
    }
    assert!(from_slice::<Object>(br#"{"name":"a","name":"b",}"#).is_err());
}

#[test]
fn depth() {
    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }
    assert!(from_slice::<Value>(nested(DEPTH).as_bytes()).is_ok());
    let error = from_slice::<Value>(nested(DEPTH + 1).as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.path().len() > 250), (Kind::Depth, true));
    let skipped = format!(r#"{{"name":"a","unknown":{}}}"#, nested(10_000));
    assert_eq!(from_slice::<Object>(skipped.as_bytes()).unwrap().name, "a");
    assert!(from_slice::<serde::de::IgnoredAny>(nested(10_000).as_bytes()).is_ok());
}

/// The threads of tests have 2 MiB, and tests are not optimised.
#[test]
fn a_thread_of_two_mebibytes_holds_the_deepest_values() {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
    let arrays = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    let objects = r#"{"a":"#.repeat(DEPTH) + "1" + &"}".repeat(DEPTH);
    for text in [&arrays, &objects] {
        drop(from_slice::<Value>(text.as_bytes()).unwrap());
    }
    for (open, close) in [(r#"{"not":"#, "}"), (r#"{"allOf":["#, "]}"), (r#"{"properties":{"a":"#, "}}")] {
        let schema = |depth| open.repeat(depth) + "{}" + &close.repeat(depth);
        let fits = |depth: &usize| from_slice::<JSONSchemaProps>(schema(*depth).as_bytes()).is_ok();
        let deepest = (1..DEPTH).take_while(fits).last().unwrap();
        assert!((79..=91).contains(&deepest), "{deepest}");
    }
}

#[test]
fn unwanted_members_are_those_of_the_objects_own_metadata() {
    let annotations = ["a".into(), "b/c".into()];
    let unwanted = Unwanted { managed_fields: true, annotations: &annotations };
    for (document, left) in [
        (json!({"metadata": {"managedFields": [1], "name": "x"}}), json!({"metadata": {"name": "x"}})),
        (
            json!({"metadata": {"annotations": {"a": "1", "k": "2", "b/c": "3"}, "managedFields": {}, "z": {"managedFields": 1, "annotations": {"a": 1}}}}),
            json!({"metadata": {"annotations": {"k": "2"}, "z": {"managedFields": 1, "annotations": {"a": 1}}}}),
        ),
        (json!({"metadata": {"annotations": null, "managedFields": 1}}), json!({"metadata": {"annotations": null}})),
        (json!({"spec": {"metadata": {"managedFields": 1}}}), json!({"spec": {"metadata": {"managedFields": 1}}})),
        (
            json!({"metadata": [{"managedFields": 1}], "managedFields": 1}),
            json!({"metadata": [{"managedFields": 1}], "managedFields": 1}),
        ),
        (json!([{"metadata": {"managedFields": 1}}]), json!([{"metadata": {"managedFields": 1}}])),
        (
            json!({"metadata": "managedFields", "x": {"managedFields": 1}}),
            json!({"metadata": "managedFields", "x": {"managedFields": 1}}),
        ),
    ] {
        assert_eq!(without::<Value>(document.to_string().as_bytes(), unwanted).unwrap(), left, "{document}");
    }
    let escaped = br#"{"met\u0061data":{"m\u0061nagedFields":1,"n\u0061me":"x","annotations":{"\u0061":"1","k":"2"}}}"#;
    let left = json!({"metadata": {"name": "x", "annotations": {"k": "2"}}});
    assert_eq!(without::<Value>(escaped, unwanted).unwrap(), left);
    let only = Unwanted { managed_fields: true, annotations: &[] };
    assert_eq!(
        without::<Value>(br#"{"metadata":{"annotations":{"a":"1"},"managedFields":1}}"#, only).unwrap(),
        json!({"metadata": {"annotations": {"a": "1"}}})
    );
    let twice = br#"{"metadata":{"managedFields":1},"metadata":{"managedFields":1,"name":"x"}}"#;
    assert_eq!(without::<Value>(twice, unwanted).unwrap(), json!({"metadata": {"name": "x"}}));
}

proptest! {
    #[test]
    fn serde_json_reads_the_same(value in testing::json(), pretty in any::<bool>()) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        prop_assert_eq!(&from_slice::<Value>(text.as_bytes()).unwrap(), &value);
        for end in 0..text.len() {
            if serde_json::from_str::<Value>(text.get(..end).unwrap_or("")).is_err() {
                prop_assert!(from_slice::<Value>(&text.as_bytes()[..end]).is_err());
            }
        }
    }

    #[test]
    fn what_serde_json_takes_is_taken(text in "([\\[\\]{},:\" 1n\\\\-]|null|\"a\":|\"a\"){0,20}") {
        let theirs: Option<Value> = serde_json::from_str(&text).ok();
        let ours: Option<Value> = from_slice(text.as_bytes()).ok();
        prop_assert_eq!(ours, theirs, "{}", text);
    }

    /// A float is written as it was read, and so is an integer of 64 bits.
    #[test]
    fn numbers_come_back(bits in any::<u64>(), signed in any::<i64>()) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite());
        for text in [serde_json::to_string(&float).unwrap(), bits.to_string(), signed.to_string()] {
            prop_assert_eq!(from_slice::<Value>(text.as_bytes()).unwrap().to_string(), text);
        }
    }
}
