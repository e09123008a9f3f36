//! The JSONPath of printer columns: `.a.b`, `['a']`, `[0]`, `[*]`, `[?(@.x=="y")]`.

use serde_json::Value;

use crate::meta::Json;

/// The first value at a path.
pub(super) fn first(object: &Json, path: &str) -> Option<Value> {
    let mut found: Vec<Value> = vec![Value::Object(object.clone())];
    let mut rest = path.trim().trim_start_matches('{').trim_end_matches('}').trim_start_matches('$');
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('[') {
            let end = closing(tail)?;
            let (inside, after) = tail.split_at_checked(end)?;
            found = found.iter().flat_map(|value| subscript(value, inside.trim())).collect();
            rest = after.strip_prefix(']')?;
            continue;
        }
        let (name, after) = name(rest.strip_prefix('.').unwrap_or(rest));
        found = found.iter().filter_map(|value| value.get(&name).cloned()).collect();
        rest = after;
        if name.is_empty() {
            return None;
        }
    }
    found.into_iter().find(|v| !v.is_null())
}

/// A field's name (`\.` is a dot), and the text after it.
fn name(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' => return (name, text.get(at..).unwrap_or_default()),
            c => name.push(c),
        }
    }
    (name, "")
}

/// The position of the bracket that closes the one before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, ']') => return Some(at),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn subscript(value: &Value, inside: &str) -> Vec<Value> {
    let items = || value.as_array().cloned().unwrap_or_default();
    if inside == "*" {
        return match value {
            Value::Object(map) => map.values().cloned().collect(),
            _ => items(),
        };
    }
    if let Some(filter) = inside.strip_prefix("?(").and_then(|f| f.strip_suffix(')')) {
        return items().into_iter().filter(|item| matches(item, filter)).collect();
    }
    if let Some(quoted) = inside.strip_prefix(['\'', '"']) {
        return value.get(quoted.trim_end_matches(['\'', '"'])).cloned().into_iter().collect();
    }
    let list = items();
    let index = inside.parse::<i64>().ok().and_then(|i| {
        let length = i64::try_from(list.len()).ok()?;
        usize::try_from(if i < 0 { length + i } else { i }).ok()
    });
    index.and_then(|i| list.get(i).cloned()).into_iter().collect()
}

fn matches(item: &Value, filter: &str) -> bool {
    let (path, want, equal) = match filter.split_once("==") {
        Some((path, want)) => (path, want, true),
        None => match filter.split_once("!=") {
            Some((path, want)) => (path, want, false),
            None => return false,
        },
    };
    let Some(path) = path.trim().strip_prefix('@') else { return false };
    let Value::Object(map) = item else { return false };
    let got = match first(map, path) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => return false,
    };
    (got == want.trim().trim_matches(['\'', '"'])) == equal
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths() {
        let object = json!({
            "spec": {"color": "red", "list": [1, 2, 3], "a.b": 4},
            "status": {"conditions": [{"type": "A", "status": "False"}, {"type": "Ready", "status": "True"}]}
        });
        let object = object.as_object().unwrap();
        let table = [
            (".spec.color", Some(json!("red"))),
            (".spec.list[1]", Some(json!(2))),
            (".spec.list[-1]", Some(json!(3))),
            (".spec.list[*]", Some(json!(1))),
            (".spec.a\\.b", Some(json!(4))),
            (".spec['a.b']", Some(json!(4))),
            (r#".status.conditions[?(@.type=="Ready")].status"#, Some(json!("True"))),
            (".status.conditions[?(@.type=='Missing')].status", None),
            (".spec.none.deeper", None),
            (".spec.list[", None),
        ];
        for (path, want) in table {
            assert_eq!(first(object, path), want, "{path}");
        }
    }
}
