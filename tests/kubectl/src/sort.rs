//! `--sort-by`: objects in the order of one of their fields, as kubectl compares them.

use std::cmp::Ordering;

use kube_proto::jsonpath::JsonPath;
use kube_proto::schema::internals::exact;
use serde_json::Value;

use super::failure::Failure;

/// A field to sort by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortBy {
    path: JsonPath,
    /// As the error names it: `{.spec.replicas}`.
    text: String,
}

impl SortBy {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        let bare = bare.strip_prefix('.').unwrap_or(bare);
        let path = JsonPath::relaxed(text).or_else(|_| JsonPath::parse(text));
        let path = path.map_err(|error| format!("sorting error: {error}"))?;
        Ok(Self { path, text: format!("{{.{bare}}}") })
    }

    /// Sorts values, each with the object whose field counts.
    pub(super) fn sort<T>(&self, values: &mut Vec<T>, object: impl Fn(&T) -> &Value) -> Result<(), Failure> {
        let mut keyed = Vec::new();
        for value in values.drain(..) {
            let found = self.path.find(object(&value)).map_err(Failure::text)?;
            let key = found.into_iter().next().map(std::borrow::Cow::into_owned);
            keyed.push((key, value));
        }
        if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
            let text = format!("couldn't find any field with path {:?} in the list of objects", self.text);
            return Err(Failure::text(text));
        }
        let of_type = |key: &Value| std::mem::discriminant(key);
        let mut types = keyed.iter().filter_map(|(key, _)| key.as_ref().filter(|key| !key.is_null()));
        if let Some(first) = types.next()
            && (!(first.is_string() || first.is_number()) || types.any(|key| of_type(key) != of_type(first)))
        {
            return Err(Failure::text(format!("Field {} is an unsortable type", self.text)));
        }
        if keyed.len() <= FEW {
            // As Go sorts a few: with its comparison, those without the field come in reverse.
            for end in 1..keyed.len() {
                for at in (1..=end).rev() {
                    let [.., before, one] = keyed.get(..=at).unwrap_or_default() else { break };
                    if !(one.0.is_none() || compare(one.0.as_ref(), before.0.as_ref()).is_lt()) {
                        break;
                    }
                    keyed.swap(at, at - 1);
                }
            }
        } else {
            keyed.sort_by(|(one, _), (other, _)| compare(one.as_ref(), other.as_ref()));
        }
        values.extend(keyed.into_iter().map(|(_, value)| value));
        Ok(())
    }
}

/// Numbers by value, texts as quantities if both are some, otherwise by their bytes; what is not there comes first.
fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let (Some(one), Some(other)) = (one, other) else { return one.is_some().cmp(&other.is_some()) };
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(a), Value::String(b)) => match (exact(one), exact(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => a.cmp(b),
        },
        _ => (!one.is_null()).cmp(&!other.is_null()),
    }
}

/// Go sorts up to this many by insertion.
const FEW: usize = 12;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(by: &str, mut objects: Vec<Value>) -> Result<Vec<Value>, String> {
        let by = SortBy::parse(by)?;
        by.sort(&mut objects, |object| object).map_err(|failure| failure.0)?;
        Ok(objects.into_iter().map(|object| object["a"].clone()).collect())
    }

    #[test]
    fn orders() {
        let objects = |values: &[Value]| values.iter().map(|value| json!({"a": value})).collect::<Vec<_>>();
        for (given, wanted) in [
            (json!([3, 1, 2]), json!([1, 2, 3])),
            (json!(["b", "a", "c"]), json!(["a", "b", "c"])),
            (json!(["1Gi", "500M", "2Ki"]), json!(["2Ki", "500M", "1Gi"])),
            (json!(["10", "9", "x"]), json!(["9", "10", "x"])),
            (json!([1, null, 0]), json!([null, 0, 1])),
            (json!((0..30).rev().collect::<Vec<_>>()), json!((0..30).collect::<Vec<_>>())),
        ] {
            let given = objects(given.as_array().unwrap());
            assert_eq!(sorted(".a", given).map(Value::from), Ok(wanted));
        }
        assert_eq!(sorted("a", vec![json!({"a": 1}), json!({}), json!({})]).unwrap().last(), Some(&json!(1)));
        let missing = sorted("a.b", vec![json!({"a": 1})]).unwrap_err();
        assert_eq!(missing, "error: couldn't find any field with path \"{.a.b}\" in the list of objects");
        assert!(sorted("a", vec![json!({"a": 1}), json!({"a": "x"})]).unwrap_err().contains("unsortable"));
        assert!(sorted("{.a[", vec![json!({"a": 1})]).unwrap_err().contains("sorting error: "));
        assert_eq!(sorted("a", Vec::new()), Ok(Vec::new()));
    }
}
