//! The JSONPath of printer columns.

use kube_proto::jsonpath::JsonPath;
use serde_json::Value;

use crate::meta::Json;

/// The first value at a path, as the server takes it for a column.
pub(super) fn first(object: &Json, path: &str) -> Option<Value> {
    let path = JsonPath::parse(&format!("{{{path}}}")).ok()?;
    let object = Value::Object(object.clone());
    let found = path.find(&object).ok()?.into_iter().next()?.into_owned();
    (!found.is_null()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths() {
        let object = json!({
            "spec": {"color": "red", "list": [1, 2, 3], "a.b": 4, "none": null},
            "status": {"conditions": [{"type": "A", "status": "False"}, {"type": "Ready", "status": "True"}]}
        });
        let object = object.as_object().unwrap();
        let table = [
            (".spec.color", Some(json!("red"))),
            (".spec.list[1]", Some(json!(2))),
            (".spec.list[-1]", Some(json!(3))),
            (".spec.list[9]", None),
            (".spec.list[*]", Some(json!(1))),
            (".spec.a\\.b", Some(json!(4))),
            (".spec['a\\.b']", Some(json!(4))),
            (r#".status.conditions[?(@.type=="Ready")].status"#, Some(json!("True"))),
            (".status.conditions[?(@.type=='Missing')].status", None),
            (".spec.none", None),
            (".spec.none.deeper", None),
            (".spec.list[", None),
        ];
        for (path, want) in table {
            assert_eq!(first(object, path), want, "{path}");
        }
    }
}
