//! Against client-go (`corpus/main.go`), and what has limits.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{JsonPath, OUTPUT, RANGES, STEPS, TEMPLATE};

#[derive(Deserialize)]
struct Corpus {
    objects: Vec<Value>,
    rows: Vec<Row>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
struct Row {
    template: String,
    object: usize,
    strict: bool,
    error: String,
    text: String,
    json: String,
    cell: String,
}

#[test]
fn client_go_s_results() {
    let Corpus { objects, rows } = serde_json::from_str(include_str!("corpus/corpus.json")).unwrap();
    let (mut wrong, mut errors) = (Vec::new(), 0);
    for row in &rows {
        let object = &objects[row.object];
        let mut ours = Row { template: row.template.clone(), object: row.object, strict: row.strict, ..Row::default() };
        let path = JsonPath::parse(&row.template).map(|path| if row.strict { path.strict() } else { path });
        match path.and_then(|path| Ok((path.print(object)?, path.print_json(object)?, path.cell(object)?))) {
            Ok((text, json, cell)) => (ours.text, ours.json, ours.cell) = (text, json, cell),
            Err(error) => ours.error = error.to_string(),
        }
        errors += usize::from(!row.error.is_empty());
        // client-go shows the value that is no list.
        let shown = ["is not array or slice and cannot be filtered", "is not array or slice"];
        let same_error = shown.iter().any(|end| row.error.ends_with(end) && ours.error.ends_with(end));
        if ours != *row && !same_error {
            wrong.push(format!("wanted {row:?}\n   got {ours:?}"));
        }
    }
    assert!(rows.len() > 1000 && errors > 300 && errors < rows.len() - 500, "{} {errors}", rows.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn relaxed_paths() {
    for path in ["a.b", ".a.b", "{a.b}", "{.a.b}"] {
        assert_eq!(JsonPath::relaxed(path), JsonPath::parse("{.a.b}"), "{path}");
    }
    assert_eq!(JsonPath::relaxed("."), JsonPath::parse("{..}"));
    for path in ["{", "{}", "{.a}{.b}", "a}b"] {
        assert!(JsonPath::relaxed(path).unwrap_err().to_string().starts_with("unexpected path string"), "{path}");
    }
}

#[test]
fn limits() {
    let error = |template: &str, object: &Value| {
        JsonPath::parse(template).and_then(|path| path.print(object)).unwrap_err().to_string()
    };
    assert!(error(&"x".repeat(TEMPLATE + 1), &Value::Null).contains("is longer than"));
    let ranges = |count: usize| "{range @}".repeat(count) + "{.a}";
    let found = |template: String| JsonPath::parse(&template).unwrap().find(&json!({"a": 1})).unwrap().len();
    // What follows a range without an end counts twice.
    assert_eq!((found(ranges(3) + "{end}"), found(ranges(3))), (1, 8));
    assert!(error(&ranges(RANGES + 1), &json!({"a": 1})).contains("ranges stand inside each other"));
    // Each union has ten times the values of the one before.
    let union = format!("{{@{}}}", "['a','a','a','a','a','a','a','a','a','a']".repeat(8));
    let nested = (0..9).fold(json!(1), |inner, _| json!({"a": inner}));
    assert!(error(&union, &nested).contains(&format!("more than {STEPS} values")));
    // Few values of much text.
    let long = json!({"a": "x".repeat(OUTPUT / 4)});
    assert!(error(&"{.a}".repeat(5), &long).contains("prints more than"));
    assert!(error("{.items[?(@.a['b'][?(@.c=='d')])]}", &Value::Null).contains("unterminated filter"));
}
