//! Objects made of a schema: valid ones as far as a schema can say, and the same broken in one place.
//!
//! It reads schemas as they are written, and uses nothing of the library that is tested.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/// A step into a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// What was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    UnknownField,
    WrongType,
    Missing,
    OutOfBounds,
    DuplicateKey,
    DuplicateItem,
    /// Another value of the same schema, where the schema has rules in CEL.
    Rule,
}

pub(crate) const FAULTS: [Fault; 7] = [
    Fault::Rule,
    Fault::UnknownField,
    Fault::WrongType,
    Fault::Missing,
    Fault::OutOfBounds,
    Fault::DuplicateKey,
    Fault::DuplicateItem,
];

/// The schemas that references lead to.
pub(crate) struct Schemas<'a>(pub(crate) &'a Map<String, Value>);

pub(crate) struct Generator {
    runner: TestRunner,
    state: u64,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        Self { runner: TestRunner::new_with_rng(Config::default(), rng), state: seed }
    }

    /// A number below `most` (splitmix64).
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % most.max(1)
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    /// A value of a schema. `share` is the number of optional members of which one is there.
    pub(crate) fn value(&mut self, schema: &Value, schemas: &Schemas<'_>, share: usize, depth: usize) -> Value {
        let (schema, name) = schemas.resolve(schema);
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| schema.get(key).and_then(Value::as_f64);
        if name == Some(QUANTITY) {
            return self.pick(&[json!("1"), json!("500m"), json!("1Gi"), json!(2)]).clone();
        }
        if let Some(all) = schema.get("enum").and_then(Value::as_array) {
            let all: Vec<&Value> = all.iter().filter(|one| !one.is_null()).collect();
            return (*self.pick(&all)).clone();
        }
        if schema.get("x-kubernetes-int-or-string").is_some() || text("format") == "int-or-string" {
            return self
                .pattern(text("pattern"))
                .map_or_else(|| self.pick(&[json!(1), json!("1")]).clone(), Value::from);
        }
        match text("type") {
            "string" => self.text(schema),
            "integer" => {
                let least = number("minimum").unwrap_or(1.0).max(-2e9);
                let step = number("multipleOf").unwrap_or(1.0);
                let most = number("maximum").unwrap_or(least + 100.0 * step).min(2e9);
                let count = ((most - least) / step).max(0.0) as usize;
                let shift = if schema.get("exclusiveMinimum") == Some(&json!(true)) { 1.0 } else { 0.0 };
                json!((least + shift + self.below(count.min(100)) as f64 * step) as i64)
            }
            "number" => json!(number("minimum").unwrap_or(0.0) + 0.5),
            "boolean" => json!(self.below(2) == 0),
            "array" => self.array(schema, schemas, share, depth),
            "object" => self.object(schema, schemas, share, depth),
            _ if schema.get("properties").is_some() => self.object(schema, schemas, share, depth),
            _ => json!({"any": "thing"}),
        }
    }

    fn text(&mut self, schema: &Value) -> Value {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        let count = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (least, most) = (count("minLength").unwrap_or(0), count("maxLength").unwrap_or(usize::MAX));
        let fixed = match text("format") {
            "date-time" => "2020-01-02T03:04:05.000000Z",
            "date" => "2020-01-02",
            "duration" => "5m",
            "byte" => "aGk=",
            "ipv4" => "10.0.0.1",
            "ipv6" => "fd00::1",
            "uri" => "http://example.com/a",
            "email" => "a@example.com",
            "hostname" => "example.com",
            "cidr" => "10.0.0.0/8",
            "uuid" => "123e4567-e89b-12d3-a456-426614174000",
            "mac" => "00:00:5e:00:53:01",
            _ => "",
        };
        if !fixed.is_empty() {
            return fixed.into();
        }
        for _ in 0..20 {
            match self.pattern(text("pattern")) {
                Some(found) if (least..=most).contains(&found.chars().count()) => return found.into(),
                Some(_) => {}
                None => break,
            }
        }
        let name = ["abc", "example", "b-1", "http"][self.below(4)];
        let name: String = name.chars().cycle().take(name.len().max(least)).collect();
        name.chars().take(most).collect::<String>().into()
    }

    /// A text that a pattern matches.
    fn pattern(&mut self, pattern: &str) -> Option<String> {
        if pattern.is_empty() {
            return None;
        }
        let inner = pattern.strip_prefix('^').unwrap_or(pattern);
        let inner = if inner.ends_with("\\$") { inner } else { inner.strip_suffix('$').unwrap_or(inner) };
        // Alternatives with anchors of their own: proptest knows none, so the last one has to do.
        let inner = inner.split("$|^").last()?;
        let strategy = string_regex(inner).ok()?;
        Some(strategy.new_tree(&mut self.runner).ok()?.current())
    }

    fn array(&mut self, schema: &Value, schemas: &Schemas<'_>, share: usize, depth: usize) -> Value {
        let count = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let least = count("minItems").unwrap_or(usize::from(depth < 8));
        let most = count("maxItems").unwrap_or(least + 1).min(least + 1).max(least);
        let wanted = least + self.below(most - least + 1);
        let mut items: Vec<Value> = Vec::new();
        let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array).cloned();
        let set = schema.get("x-kubernetes-list-type").and_then(Value::as_str) == Some("set");
        for _ in 0..wanted * 20 {
            if items.len() >= wanted {
                break;
            }
            let item = self.value(schema.get("items").unwrap_or(&Value::Null), schemas, share, depth + 1);
            let same = |other: &Value| match &keys {
                Some(keys) => keys.iter().filter_map(Value::as_str).all(|key| other.get(key) == item.get(key)),
                None => set && *other == item,
            };
            if !items.iter().any(same) {
                items.push(item);
            }
        }
        items.into()
    }

    fn object(&mut self, schema: &Value, schemas: &Schemas<'_>, share: usize, depth: usize) -> Value {
        let mut map = Map::new();
        let required: Vec<&str> = texts(schema, "required");
        let keys = |of: &Value| -> Vec<String> {
            let all = of.get("properties").and_then(Value::as_object);
            all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
        };
        for key in keys(schema) {
            let inner = &schema["properties"][&key];
            let needed = required.contains(&key.as_str());
            // Deep down, only what must be there.
            let chance = if depth > 7 { usize::MAX } else { share + depth };
            if needed || depth < 20 && self.below(chance) == 0 {
                map.insert(key, self.value(inner, schemas, share, depth + 1));
            }
        }
        // One of the alternatives that need a member.
        for logic in ["oneOf", "anyOf"] {
            let all = schema.get(logic).and_then(Value::as_array).cloned().unwrap_or_default();
            let wanted: Vec<Vec<&str>> = all.iter().map(|one| texts(one, "required")).collect();
            if wanted.is_empty() || wanted.iter().all(Vec::is_empty) {
                continue;
            }
            let chosen = self.pick(&wanted).clone();
            if logic == "oneOf" {
                wanted.iter().flatten().filter(|key| !chosen.contains(key) && !required.contains(key)).for_each(
                    |key| {
                        map.remove(*key);
                    },
                );
            }
            for key in chosen {
                let inner = &schema["properties"][key];
                if !map.contains_key(key) && inner.is_object() {
                    map.insert(key.to_owned(), self.value(inner, schemas, share, depth + 1));
                }
            }
        }
        if let Some(inner) = schema.get("additionalProperties").filter(|inner| inner.is_object()) {
            let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0) as usize;
            for n in 0..least.max(self.below(3)) {
                map.insert(format!("k{n}"), self.value(inner, schemas, share, depth + 1));
            }
        }
        if schema.get("x-kubernetes-embedded-resource").is_some() {
            map.insert("apiVersion".into(), "v1".into());
            map.insert("kind".into(), "Thing".into());
            map.remove("metadata");
        }
        map.into()
    }

    /// Breaks a value in one place, and returns its text with the place. `None` if nothing there can be broken so.
    pub(crate) fn broken(
        &mut self,
        value: &Value,
        schema: &Value,
        schemas: &Schemas<'_>,
        fault: Fault,
    ) -> Option<(String, Vec<Step>)> {
        let mut places = Vec::new();
        collect(value, schema, schemas, &mut Vec::new(), fault, &mut places);
        // The kind and the metadata of the whole object are the server's own matter.
        places.retain(|(path, _)| !matches!(path.first(), Some(Step::Key(key)) if ["apiVersion", "kind", "metadata"].contains(&key.as_str())));
        if places.is_empty() {
            return None;
        }
        let (path, schema) = self.pick(&places).clone();
        let (schema, name) = schemas.resolve(schema);
        let mut value = value.clone();
        let here = at(&mut value, &path)?;
        let mut place = path.clone();
        match fault {
            Fault::UnknownField => {
                here.as_object_mut()?.insert("zzUnknown".into(), json!(1));
                place.push(Step::Key("zzUnknown".into()));
            }
            Fault::WrongType => {
                *here = match here {
                    Value::String(_) if name == Some(QUANTITY) => json!(true),
                    Value::String(_) => json!(7),
                    Value::Number(_) if schema.get("type") == Some(&json!("integer")) => json!("seven"),
                    Value::Number(_) => json!([]),
                    Value::Bool(_) => json!("yes"),
                    Value::Array(_) => json!({}),
                    Value::Object(_) => json!("x"),
                    Value::Null => return None,
                };
                if schema.get("x-kubernetes-int-or-string").is_some()
                    || schema.get("format") == Some(&json!("int-or-string"))
                {
                    *here = json!(true);
                }
            }
            Fault::Missing => {
                let map = here.as_object_mut()?;
                let root = path.is_empty();
                let there: Vec<&str> = texts(schema, "required")
                    .into_iter()
                    .filter(|key| map.contains_key(*key) && !(root && *key == "metadata"))
                    .collect();
                if there.is_empty() {
                    return None;
                }
                let key = (*self.pick(&there)).to_owned();
                map.remove(&key);
                place.push(Step::Key(key));
            }
            Fault::OutOfBounds => *here = out_of_bounds(here, schema)?,
            Fault::Rule => {
                let share = [1, 1, 2, 6][self.below(4)];
                *here = self.value(schema, schemas, share, path.len());
            }
            Fault::DuplicateItem => {
                let items = here.as_array_mut()?;
                let first = items.first()?.clone();
                items.push(first);
                place.push(Step::Item(items.len() - 1));
            }
            Fault::DuplicateKey => {
                let (key, _) = here.as_object()?.iter().next()?;
                place.push(Step::Key(key.clone()));
                let mut text = String::new();
                written(&value, &path, 0, true, &mut text);
                return Some((text, place));
            }
        }
        Some((value.to_string(), place))
    }
}

impl Schemas<'_> {
    /// The schema behind a reference, and its name.
    pub(crate) fn resolve<'s>(&'s self, schema: &'s Value) -> (&'s Value, Option<&'s str>) {
        let (mut schema, mut name) = (schema, None);
        for _ in 0..9 {
            let reference = schema.get("$ref").or_else(|| match schema.get("allOf")?.as_array()?.as_slice() {
                [one] if schema.get("type").is_none() => one.get("$ref"),
                _ => None,
            });
            let Some(target) = reference.and_then(Value::as_str).and_then(|one| one.rsplit('/').next()) else { break };
            name = self.0.get_key_value(target).map(|(key, _)| key.as_str());
            schema = self.0.get(target).unwrap_or(&Value::Null);
        }
        (schema, name)
    }
}

fn texts<'a>(schema: &'a Value, key: &str) -> Vec<&'a str> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The places that the fault can break.
fn collect<'s>(
    value: &Value,
    schema: &'s Value,
    schemas: &'s Schemas<'_>,
    path: &mut Vec<Step>,
    fault: Fault,
    places: &mut Vec<(Vec<Step>, &'s Value)>,
) {
    let (resolved, name) = schemas.resolve(schema);
    let has = |key: &str| resolved.get(key).is_some();
    let kept = has("x-kubernetes-preserve-unknown-fields");
    let typed = has("type") || has("x-kubernetes-int-or-string") || name == Some(QUANTITY) || has("format");
    let fits = match (fault, value) {
        (Fault::UnknownField, Value::Object(_)) => has("properties") && !has("additionalProperties") && !kept,
        (Fault::WrongType, _) => typed && !path.is_empty() && !value.is_null(),
        (Fault::Missing, Value::Object(map)) => texts(resolved, "required").iter().any(|key| map.contains_key(*key)),
        (Fault::Rule, _) => !path.is_empty() && has("x-kubernetes-validations"),
        (Fault::OutOfBounds, _) => !path.is_empty() && out_of_bounds(value, resolved).is_some(),
        (Fault::DuplicateKey, Value::Object(map)) => !map.is_empty() && !path.is_empty(),
        (Fault::DuplicateItem, Value::Array(items)) => {
            let kind = resolved.get("x-kubernetes-list-type").and_then(Value::as_str);
            !items.is_empty() && matches!(kind, Some("set" | "map"))
        }
        _ => false,
    };
    if fits {
        places.push((path.clone(), schema));
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let own = resolved.get("properties").and_then(|all| all.get(key));
                let own = own.or_else(|| resolved.get("additionalProperties").filter(|inner| inner.is_object()));
                if let Some(own) = own {
                    path.push(Step::Key(key.clone()));
                    collect(inner, own, schemas, path, fault, places);
                    path.pop();
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(own) = resolved.get("items") {
                    path.push(Step::Item(index));
                    collect(item, own, schemas, path, fault, places);
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

fn out_of_bounds(value: &Value, schema: &Value) -> Option<Value> {
    let count = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    match value {
        _ if schema.get("enum").is_some() && value.is_string() => Some(json!("NoSuchValue")),
        Value::Number(_) => match (number("minimum"), number("maximum")) {
            (Some(least), _) => Some(json!(least as i64 - 1)),
            (None, Some(most)) => Some(json!(most as i64 + 1)),
            _ => (schema.get("format") == Some(&json!("int32"))).then(|| json!(3_000_000_000_i64)),
        },
        Value::String(_) => match (count("minLength"), count("maxLength"), schema.get("pattern"), schema.get("format"))
        {
            (_, Some(most), ..) if most < 100_000 => Some("x".repeat(most + 1).into()),
            (Some(least), ..) if least > 0 => Some("".into()),
            (_, _, Some(_), _) => Some("\u{1} no \u{7f}".into()),
            (_, _, _, Some(format)) if format == "date-time" || format == "byte" => Some("!".into()),
            _ => None,
        },
        Value::Array(items) => match (count("minItems"), count("maxItems")) {
            (Some(least), _) if least > 0 => Some(json!([])),
            (_, Some(most)) if most < 1000 && !items.is_empty() => Some(vec![items[0].clone(); most + 1].into()),
            _ => None,
        },
        _ => None,
    }
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(index) => value.get_mut(index),
    })
}

/// Writes a value; the first member of the object at the path is there twice.
fn written(value: &Value, path: &[Step], depth: usize, on: bool, out: &mut String) {
    let here = on && depth == path.len();
    match value {
        Value::Object(map) => {
            out.push('{');
            for (index, (key, inner)) in map.iter().enumerate() {
                let on = on && path.get(depth) == Some(&Step::Key(key.clone()));
                for _ in 0..1 + usize::from(here && index == 0) {
                    if !out.ends_with('{') {
                        out.push(',');
                    }
                    out.push_str(&json!(key).to_string());
                    out.push(':');
                    written(inner, path, depth + 1, on, out);
                }
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, inner) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                written(inner, path, depth + 1, on && path.get(depth) == Some(&Step::Item(index)), out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// A path as the server writes it.
pub(crate) fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key]),
            Step::Item(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// Counts by name.
#[derive(Default)]
pub(crate) struct Tally(pub(crate) BTreeMap<String, usize>);

impl Tally {
    pub(crate) fn add(&mut self, name: impl Into<String>) {
        *self.0.entry(name.into()).or_default() += 1;
    }
}
