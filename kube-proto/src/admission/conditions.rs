//! Match conditions: whether a webhook is called for a request, decided offline.
//!
//! | conditions | failure policy | [`Matched`] |
//! |---|---|---|
//! | one is false, whatever the others are | any | `Skipped` |
//! | none is false, one fails | `Fail` | `Refused`: 403, and the webhook is not called |
//! | none is false, one fails | `Ignore` | `Skipped` |
//! | all are true | any | `Called` |

use serde_json::Value;

use crate::schema::cel::{CelError, Expression};

/// The units that all conditions of a webhook may cost for one request: the API server's limit.
const BUDGET: u64 = 2_500_000;

/// The `matchConditions` of a webhook or of an admission policy.
///
/// ```
/// use kube_proto::admission::{MatchConditions, Matched};
/// use serde_json::{Value, json};
///
/// let conditions = MatchConditions::new([
///     ("no-leases", "request.resource.resource != 'leases'"),
///     ("large", "object.spec.replicas > 5"),
/// ])?;
/// let request = json!({"resource": {"resource": "deployments"}});
/// let judge = |object: Value| conditions.judge(&request, &object, &Value::Null, false);
/// assert_eq!(judge(json!({"spec": {"replicas": 9}})), Matched::Called);
/// assert!(matches!(judge(json!({"spec": {"replicas": 1}})), Matched::Skipped(_)));
/// assert!(matches!(judge(json!({"spec": {}})), Matched::Refused(_)));
/// # Ok::<(), kube_proto::schema::cel::CelError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchConditions(Vec<(String, Expression)>);

/// Whether a webhook is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matched {
    /// All conditions are true.
    Called,
    /// The webhook is not called: this condition is false, or it failed and failures are ignored.
    Skipped(String),
    /// The request is refused with 403 and this text: a condition failed.
    Refused(String),
}

impl MatchConditions {
    /// Conditions by name.
    ///
    /// # Errors
    /// An expression is malformed, too large, or calls a function that is not known here.
    pub fn new<'a>(conditions: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, CelError> {
        let read = conditions.into_iter().map(|(name, text)| Ok((name.to_owned(), Expression::parse(text)?)));
        read.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the webhook is called: `request` is that of an `AdmissionReview`; an object that is not there is null;
    /// `ignores` is the failure policy `Ignore`.
    #[must_use]
    pub fn judge(&self, request: &Value, object: &Value, old: &Value, ignores: bool) -> Matched {
        let variables = [("object", object), ("oldObject", old), ("request", request)];
        let (mut budget, mut failed) = (BUDGET, Vec::new());
        for (name, expression) in &self.0 {
            let why = match expression.evaluate_within(&variables, &mut budget) {
                Ok(Value::Bool(true)) => continue,
                Ok(Value::Bool(false)) => return Matched::Skipped(name.clone()),
                Ok(_) => "the result is no bool".to_owned(),
                Err(error) => error.to_string(),
            };
            failed.push((name, format!("expression '{}' resulted in error: {why}", expression.text())));
        }
        let texts: Vec<&str> = failed.iter().map(|(_, text)| text.as_str()).collect();
        match (failed.first(), texts.as_slice()) {
            (None, _) => Matched::Called,
            (Some((name, _)), _) if ignores => Matched::Skipped((*name).clone()),
            (_, [one]) => Matched::Refused((*one).to_owned()),
            (_, many) => Matched::Refused(format!("[{}]", many.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_false_one_decides_and_a_failure_is_the_policys() {
        let (yes, no, fails) = (("yes", "true"), ("no", "object.a == 2"), ("fails", "object.b == 1"));
        let judge = |conditions: &[(&'static str, &'static str)], ignores| {
            let conditions = MatchConditions::new(conditions.iter().copied()).unwrap();
            conditions.judge(&json!({}), &json!({"a": 1}), &Value::Null, ignores)
        };
        let skipped = |name: &str| Matched::Skipped(name.to_owned());
        let text = "expression 'object.b == 1' resulted in error: no such key: b";
        for (conditions, ignores, wanted) in [
            (&[][..], false, Matched::Called),
            (&[yes], false, Matched::Called),
            (&[yes, no], true, skipped("no")),
            (&[fails, no], false, skipped("no")),
            (&[fails, yes], false, Matched::Refused(text.into())),
            (&[fails, fails], false, Matched::Refused(format!("[{text}, {text}]"))),
            (&[fails, yes], true, skipped("fails")),
            (&[("n", "1")], false, Matched::Refused("expression '1' resulted in error: the result is no bool".into())),
        ] {
            assert_eq!(judge(conditions, ignores), wanted, "{conditions:?}");
        }
        assert!(MatchConditions::new([("a", "object.")]).is_err());
        // The server knows the authorizer, and this evaluator does not.
        let asks = "authorizer.group('').resource('pods').check('get').allowed()";
        assert!(MatchConditions::new([("a", asks)]).is_err_and(|error| error.is_unchecked()));
    }
}
