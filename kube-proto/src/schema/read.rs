//! Reads schemas.
//!
//! Keywords that are not in [`Node`] are ignored. JSON Schema's forms are read too, as `schemars` writes them: a list of
//! types with `null`, `const`, exclusive bounds that are numbers, `true` for a schema that takes anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::format;
use super::node::{
    Additional, Bounds, Docs, Expressions, ListType, Logic, Node, Rule, SchemaError, SchemaType, Strategy,
};

/// The most levels of schemas in one another.
pub(crate) const LEVELS_MAX: usize = 128;

/// Reads a schema.
///
/// # Errors
/// A keyword has a value of another type, or schemas nest deeper than [`LEVELS_MAX`].
pub(crate) fn schema(value: &Value) -> Result<Node, SchemaError> {
    read(value, 0)
}

fn wrong(keyword: &str, problem: &'static str) -> SchemaError {
    SchemaError::new(keyword, problem)
}

fn text(map: &Map<String, Value>, key: &str) -> Result<Option<Box<str>>, SchemaError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str().into())),
        Some(_) => Err(wrong(key, "a string should stand here")),
    }
}

fn flag(map: &Map<String, Value>, key: &str) -> Result<bool, SchemaError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong(key, "true or false should stand here")),
    }
}

fn number(map: &Map<String, Value>, key: &str) -> Result<Option<f64>, SchemaError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| wrong(key, "a number should stand here")),
    }
}

fn count(map: &Map<String, Value>, key: &str) -> Result<Option<usize>, SchemaError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            // schemars writes counts as floats.
            let whole =
                value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0 && f.fract() == 0.0).map(|f| f as u64));
            let count = whole.and_then(|count| usize::try_from(count).ok());
            count.map(Some).ok_or_else(|| wrong(key, "a count should stand here"))
        }
    }
}

fn texts(map: &Map<String, Value>, key: &str) -> Result<Vec<Box<str>>, SchemaError> {
    let all = match map.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(all)) => all,
        Some(_) => return Err(wrong(key, "a list of strings should stand here")),
    };
    let texts = all.iter().map(|one| one.as_str().map(Box::from));
    texts.collect::<Option<_>>().ok_or_else(|| wrong(key, "a list of strings should stand here"))
}

fn inner(map: &Map<String, Value>, key: &str, level: usize) -> Result<Option<Arc<Node>>, SchemaError> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value, level + 1).map(|node| Some(Arc::new(node))).map_err(|error| error.within(key)),
    }
}

fn inners(map: &Map<String, Value>, key: &str, level: usize) -> Result<Vec<Arc<Node>>, SchemaError> {
    let all = match map.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(all)) => all,
        Some(_) => return Err(wrong(key, "a list of schemas should stand here")),
    };
    all.iter().map(|one| read(one, level + 1).map(Arc::new).map_err(|error| error.within(key))).collect()
}

fn read(value: &Value, level: usize) -> Result<Node, SchemaError> {
    if level >= LEVELS_MAX {
        return Err(SchemaError::new("", "it nests deeper than 128 schemas"));
    }
    let map = match value {
        Value::Object(map) => map,
        // JSON Schema's shortest schema.
        Value::Bool(true) => return Ok(Node { preserve_unknown: true, ..Node::default() }),
        _ => return Err(SchemaError::new("", "an object should stand here")),
    };
    let mut node = Node {
        reference: text(map, "$ref")?.map(|reference| definition(&reference)).transpose()?,
        format: text(map, "format")?.filter(|format| !format.is_empty()),
        nullable: flag(map, "nullable")?,
        description: text(map, "description")?,
        docs: map.get("externalDocs").and_then(docs),
        default: map.get("default").filter(|default| !default.is_null()).cloned(),
        required: texts(map, "required")?,
        items: inner(map, "items", level)?,
        preserve_unknown: flag(map, "x-kubernetes-preserve-unknown-fields")?,
        embedded: flag(map, "x-kubernetes-embedded-resource")?,
        int_or_string: flag(map, "x-kubernetes-int-or-string")?,
        list_keys: texts(map, "x-kubernetes-list-map-keys")?,
        strategy: strategy(map),
        rules: rules(map),
        bounds: bounds(map)?,
        ..Node::default()
    };
    node.atomic = map.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic");
    node.list_type = match map.get("x-kubernetes-list-type").and_then(Value::as_str) {
        Some("set") => ListType::Set,
        Some("map") => ListType::Map,
        _ => ListType::Atomic,
    };
    types(map, &mut node)?;
    let format = node.format.as_deref().unwrap_or_default();
    node.checks_format = match node.ty {
        None | Some(SchemaType::String) => format::is_known(format),
        Some(SchemaType::Integer) => matches!(format, "int32" | "int64"),
        Some(SchemaType::Number) => matches!(format, "float" | "double"),
        Some(_) => false,
    };
    match map.get("properties") {
        None | Some(Value::Null) => {}
        Some(Value::Object(all)) => {
            let mut properties = BTreeMap::new();
            for (key, value) in all {
                let inner = read(value, level + 1).map_err(|error| error.within(&format!("properties.{key}")))?;
                properties.insert(key.as_str().into(), Arc::new(inner));
            }
            node.properties = Some(properties);
        }
        Some(_) => return Err(wrong("properties", "an object should stand here")),
    }
    node.additional = match map.get("additionalProperties") {
        Some(Value::Bool(any)) => Additional::Any(*any),
        _ => inner(map, "additionalProperties", level)?.map_or(Additional::Unsaid, Additional::Of),
    };
    logic(map, level, &mut node)?;
    node.expressions = node.rules.iter().map(|_| Expressions::default()).collect();
    node.has_rules = !node.rules.is_empty() || below(&node).any(|inner| inner.has_rules);
    node.refers = node.reference.is_some() || below(&node).any(|inner| inner.refers);
    Ok(node)
}

/// The schemas in which rules are evaluated.
fn below(node: &Node) -> impl Iterator<Item = &Node> {
    let additional = match &node.additional {
        Additional::Of(inner) => Some(inner),
        _ => None,
    };
    let properties = node.properties.iter().flat_map(BTreeMap::values);
    let all_of = node.logic.iter().flat_map(|logic| &logic.all_of);
    properties.chain(additional).chain(&node.items).chain(all_of).map(|inner| &**inner)
}

/// The name of the definition of a `$ref`.
fn definition(reference: &str) -> Result<Box<str>, SchemaError> {
    ["#/components/schemas/", "#/definitions/", "#/$defs/"]
        .iter()
        .find_map(|prefix| reference.strip_prefix(prefix))
        .map(|name| name.replace("~1", "/").replace("~0", "~").into())
        .ok_or_else(|| wrong("$ref", "a reference to a definition of the same document should stand here"))
}

/// `string`, or JSON Schema's list of types.
fn types(map: &Map<String, Value>, node: &mut Node) -> Result<(), SchemaError> {
    let problem = || wrong("type", "one of string, integer, number, boolean, array and object should stand here");
    match map.get("type") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) if name.is_empty() => {}
        Some(Value::String(name)) => node.ty = Some(SchemaType::of(name).ok_or_else(problem)?),
        Some(Value::Array(names)) => {
            let mut types = Vec::new();
            for name in names {
                match name.as_str() {
                    Some("null") => node.nullable = true,
                    name => types.push(name.and_then(SchemaType::of).ok_or_else(problem)?),
                }
            }
            match types.as_slice() {
                [one] => node.ty = Some(*one),
                [SchemaType::Integer, SchemaType::String] | [SchemaType::String, SchemaType::Integer] => {
                    node.int_or_string = true;
                }
                // Several types: all values are taken.
                _ => node.preserve_unknown = true,
            }
        }
        Some(_) => return Err(problem()),
    }
    Ok(())
}

fn bounds(map: &Map<String, Value>) -> Result<Option<Box<Bounds>>, SchemaError> {
    const KEYWORDS: &[&str] = &[
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "pattern",
    ];
    if !map.keys().any(|key| KEYWORDS.contains(&key.as_str())) {
        return Ok(None);
    }
    let mut bounds = Bounds {
        minimum: number(map, "minimum")?,
        maximum: number(map, "maximum")?,
        multiple_of: number(map, "multipleOf")?,
        min_length: count(map, "minLength")?,
        max_length: count(map, "maxLength")?,
        min_items: count(map, "minItems")?,
        max_items: count(map, "maxItems")?,
        unique_items: flag(map, "uniqueItems")?,
        min_properties: count(map, "minProperties")?,
        max_properties: count(map, "maxProperties")?,
        pattern: text(map, "pattern")?.filter(|pattern| !pattern.is_empty()),
        ..Bounds::default()
    };
    match map.get("enum") {
        None | Some(Value::Null) => {}
        Some(Value::Array(all)) => bounds.allowed.clone_from(all),
        Some(_) => return Err(wrong("enum", "a list should stand here")),
    }
    if let Some(only) = map.get("const") {
        bounds.allowed = vec![only.clone()];
    }
    // A boolean in OpenAPI 3.0; the bound itself in JSON Schema.
    for (key, limit, exclusive) in [
        ("exclusiveMinimum", &mut bounds.minimum, &mut bounds.exclusive_minimum),
        ("exclusiveMaximum", &mut bounds.maximum, &mut bounds.exclusive_maximum),
    ] {
        match map.get(key) {
            Some(Value::Number(number)) => {
                *limit = number.as_f64();
                *exclusive = true;
            }
            _ => *exclusive = flag(map, key)?,
        }
    }
    Ok(Some(Box::new(bounds)))
}

fn logic(map: &Map<String, Value>, level: usize, node: &mut Node) -> Result<(), SchemaError> {
    let mut logic = Logic {
        all_of: inners(map, "allOf", level)?,
        any_of: inners(map, "anyOf", level)?,
        one_of: inners(map, "oneOf", level)?,
        not: inner(map, "not", level)?,
    };
    // OpenAPI ignores the siblings of a reference, so servers write `allOf` with the reference alone.
    let wraps = |node: &Node| node.ty.is_none() && node.is_open() && node.reference.is_none();
    if let [one] = logic.all_of.as_slice()
        && let Some(reference) = one.reference.clone().filter(|_| wraps(node))
    {
        node.reference = Some(reference);
        node.wrapped = true;
        logic.all_of.clear();
    }
    let Logic { all_of, any_of, one_of, not } = &logic;
    if !(all_of.is_empty() && any_of.is_empty() && one_of.is_empty() && not.is_none()) {
        node.logic = Some(Box::new(logic));
    }
    Ok(())
}

fn strategy(map: &Map<String, Value>) -> Option<Box<Strategy>> {
    let text = map.get("x-kubernetes-patch-strategy")?.as_str()?;
    let has = |name: &str| text.split(',').any(|one| one == name);
    let key = map.get("x-kubernetes-patch-merge-key").and_then(Value::as_str).map(Box::from);
    Some(Box::new(Strategy { merge: has("merge"), retain: has("retainKeys"), key }))
}

fn docs(value: &Value) -> Option<Box<Docs>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(Box::from);
    value.is_object().then(|| Box::new(Docs { description: text("description"), url: text("url") }))
}

fn rules(map: &Map<String, Value>) -> Vec<Rule> {
    let all = map.get("x-kubernetes-validations").and_then(Value::as_array);
    let rule = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Rule {
            rule: text("rule"),
            message: text("message"),
            message_expression: text("messageExpression"),
            reason: text("reason"),
            field_path: text("fieldPath"),
            optional_old_self: value.get("optionalOldSelf") == Some(&Value::Bool(true)),
        }
    };
    all.into_iter().flatten().map(rule).collect()
}
