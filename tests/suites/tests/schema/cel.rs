//! Upstream's table of rules in CEL: `TestValidationExpressions` and `TestValidationExpressionsAtSchemaLevels` of
//! apiextensions-apiserver.
//!
//! `KUBE_TEST_CEL_TABLE` names a file that `tests/schema/cel-table` writes from the modules of Go. Each line is a row: `schema`, `obj`,
//! `old`, `valid` (rules that hold) and `errors` (rules with what their error says, or errors of rules that the schema has).
//! Without the variable the test says so and passes.
//!
//! The server checks the types of a rule before it evaluates it. The library does not: where the table has an error of that
//! check, the library may say that the rule was not checked, or evaluate it. It must not say that it fails in another way.

use kube_proto::schema::{Limits, Report, Schema, Why};
use serde_json::{Value, json};

/// What errors of the server's check of types and of its limits at compile time say.
const STATIC: [&str; 8] = [
    "compil",
    "undefined field",
    "no matching overload",
    "undeclared reference",
    "invalid argument",
    "invalid matches argument",
    "expected type",
    // The library finds these before it comes to rules.
    "invalid data",
];

#[derive(Default)]
struct Figures {
    held: usize,
    failed: usize,
    refused: usize,
    unchecked: Vec<String>,
    different: Vec<String>,
}

fn judge(schema: &Value, row: &Value, root: bool) -> Report {
    let schema = if root { Schema::of_resource(schema) } else { Schema::from_value(schema) };
    let old = row.get("old").filter(|old| !old.is_null());
    schema.unwrap().check(&row["obj"], old, Limits::default())
}

impl Figures {
    fn holds(&mut self, row: &Value, rule: &str) {
        let mut schema = row["schema"].clone();
        schema["x-kubernetes-validations"] = json!([{"rule": rule}]);
        let report = judge(&schema, row, row["root"] == json!(true));
        let unchecked = report.unchecked().iter().any(|one| matches!(one.why(), Why::Rule(_)));
        let failed = report.errors().iter().any(|error| error.body().contains(rule));
        match (failed, unchecked) {
            (true, _) => self.different.push(format!("{}: {rule}: {report}", row["name"])),
            (_, true) => self.unchecked.push(format!("{}: {rule}", row["name"])),
            _ => self.held += 1,
        }
    }

    fn fails(&mut self, row: &Value, rule: Option<&str>, said: &str) {
        let mut schema = row["schema"].clone();
        if let Some(rule) = rule {
            schema["x-kubernetes-validations"] = json!([{"rule": rule}]);
        }
        let report = judge(&schema, row, true);
        let unchecked = report.unchecked().iter().any(|one| matches!(one.why(), Why::Rule(_)));
        // The table's paths begin with a name for the root.
        let said = said.strip_prefix("root.").unwrap_or(said);
        if report.errors().iter().any(|error| error.to_string().contains(said)) {
            self.failed += 1;
        } else if unchecked || STATIC.iter().any(|word| said.contains(word)) {
            self.refused += 1;
        } else {
            self.different.push(format!("{}: {}: {said} and not {report}", row["name"], rule.unwrap_or_default()));
        }
    }
}

#[test]
fn upstreams_table_of_rules() {
    let Some(path) = std::env::var_os("KUBE_TEST_CEL_TABLE") else {
        return eprintln!("ignored: upstreams_table_of_rules: KUBE_TEST_CEL_TABLE names no file");
    };
    let text = std::fs::read_to_string(path).unwrap();
    let mut figures = Figures::default();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        for rule in row["valid"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !rule.contains("340282346638528859811704183484516925440") {
                figures.holds(&row, rule);
            }
        }
        for (rule, said) in row["errors"].as_object().into_iter().flatten() {
            figures.fails(&row, Some(rule), said.as_str().unwrap());
        }
        // Rules below `allOf` are lost when the table is written, and so is the precision of floats of 32 bits.
        if row.get("valid").is_none() && !row["schema"].to_string().contains("x-kubernetes-validations") {
            continue;
        }
        for said in row["errors"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            figures.fails(&row, None, said);
        }
    }
    let Figures { held, failed, refused, unchecked, different } = &figures;
    unchecked.iter().for_each(|row| println!("not checked: {row}"));
    different.iter().for_each(|row| println!("different: {row}"));
    println!(
        "{held} rules hold, {failed} fail in the same words, {refused} are refused before they are evaluated; {} rules that hold are \
         not checked, {} rows differ",
        unchecked.len(),
        different.len()
    );
    assert!(held + failed > 700, "the table is another one");
    assert_eq!(different.len(), 0);
}
