//! Label selectors (docs/wire.md §1.4).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::error::Error;
use crate::resource::review::SelectorRequirement;

mod parse;

/// A label selector: an object must meet all of its requirements. Without any, it matches everything.
///
/// Each requirement is checked when it is added, so that its text cannot mean something else.
///
/// ```
/// use kube_proto::api::{LabelSelector, ListParams};
///
/// let selector = LabelSelector::new().equals("app", "web")?.is_in("tier", ["a", "b"])?.does_not_exist("old")?;
/// assert_eq!(selector.to_string(), "app=web,tier in (a,b),!old");
/// assert_eq!(selector, "app == web, tier in (b, a), !old".parse()?);
/// let params = ListParams::default().label_selector(selector);
/// # Ok::<(), kube_proto::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<LabelRequirement>,
}

/// One requirement of a [`LabelSelector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRequirement {
    key: String,
    test: LabelTest,
}

/// The condition of a [`LabelRequirement`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelTest {
    /// The label exists, with any value.
    Exists,
    /// The label does not exist.
    DoesNotExist,
    /// The label has this value.
    Equals(String),
    /// The label has another value, or does not exist.
    NotEquals(String),
    /// The label has one of these values.
    In(BTreeSet<String>),
    /// The label has none of these values, or does not exist.
    NotIn(BTreeSet<String>),
    /// The label is a number greater than this. The bound is not negative: servers accept only numbers that a label can
    /// have.
    GreaterThan(i64),
    /// The label is a number less than this. The bound is not negative.
    LessThan(i64),
}

impl LabelSelector {
    /// Matches everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The label exists.
    ///
    /// # Errors
    /// `key` is no valid label key; the other methods have this error too.
    pub fn exists(self, key: impl Into<String>) -> Result<Self, Error> {
        self.and(key, LabelTest::Exists)
    }

    /// The label does not exist.
    ///
    /// # Errors
    /// As [`LabelSelector::exists`].
    pub fn does_not_exist(self, key: impl Into<String>) -> Result<Self, Error> {
        self.and(key, LabelTest::DoesNotExist)
    }

    /// The label has this value.
    ///
    /// # Errors
    /// `key` or `value` is not valid for a label.
    pub fn equals(self, key: impl Into<String>, value: impl Into<String>) -> Result<Self, Error> {
        self.and(key, LabelTest::Equals(value.into()))
    }

    /// The label has another value, or does not exist.
    ///
    /// # Errors
    /// As [`LabelSelector::equals`].
    pub fn not_equals(self, key: impl Into<String>, value: impl Into<String>) -> Result<Self, Error> {
        self.and(key, LabelTest::NotEquals(value.into()))
    }

    /// The label has one of these values.
    ///
    /// # Errors
    /// As [`LabelSelector::equals`], and if there are no values.
    pub fn is_in<S: Into<String>>(
        self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, Error> {
        self.and(key, LabelTest::In(values.into_iter().map(Into::into).collect()))
    }

    /// The label has none of these values, or does not exist.
    ///
    /// # Errors
    /// As [`LabelSelector::is_in`].
    pub fn not_in<S: Into<String>>(
        self,
        key: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, Error> {
        self.and(key, LabelTest::NotIn(values.into_iter().map(Into::into).collect()))
    }

    /// Adds a requirement.
    ///
    /// # Errors
    /// The key or a value is not valid for a label, a bound is negative, or a needed value is missing.
    pub fn and(mut self, key: impl Into<String>, test: LabelTest) -> Result<Self, Error> {
        let key = key.into();
        check_key(&key)?;
        match &test {
            LabelTest::Equals(value) | LabelTest::NotEquals(value) => check_value(&key, value)?,
            LabelTest::In(values) | LabelTest::NotIn(values) if values.is_empty() => {
                return Err(Error::misuse(format!("the selector for the label {key:?} names no values")));
            }
            LabelTest::In(values) | LabelTest::NotIn(values) => {
                values.iter().try_for_each(|value| check_value(&key, value))?;
            }
            LabelTest::GreaterThan(bound) | LabelTest::LessThan(bound) => check_value(&key, &bound.to_string())?,
            LabelTest::Exists | LabelTest::DoesNotExist => {}
        }
        self.requirements.push(LabelRequirement { key, test });
        Ok(self)
    }

    /// The selector of a `meta/v1` LabelSelector, as in `spec.selector` of a Deployment.
    ///
    /// # Errors
    /// As [`LabelSelector::and`], and for an operator that is not `In`, `NotIn`, `Exists` or `DoesNotExist`, or has
    /// values but takes none.
    pub fn of(
        match_labels: &BTreeMap<String, String>,
        match_expressions: &[SelectorRequirement],
    ) -> Result<Self, Error> {
        let mut selector = Self::new();
        for (key, value) in match_labels {
            selector = selector.equals(key, value)?;
        }
        for SelectorRequirement { key, operator, values } in match_expressions {
            selector = match operator.as_str() {
                "In" => selector.is_in(key, values)?,
                "NotIn" => selector.not_in(key, values)?,
                "Exists" | "DoesNotExist" if !values.is_empty() => {
                    return Err(Error::misuse(format!("the selector for the label {key:?} has values for {operator}")));
                }
                "Exists" => selector.exists(key)?,
                "DoesNotExist" => selector.does_not_exist(key)?,
                other => return Err(Error::misuse(format!("a selector has no operator {other:?}"))),
            };
        }
        Ok(selector)
    }

    /// The requirements, in order.
    #[must_use]
    pub fn requirements(&self) -> &[LabelRequirement] {
        &self.requirements
    }

    /// Whether the selector matches an object with these labels.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels.get(&requirement.key)))
    }
}

impl LabelRequirement {
    /// The label's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The condition.
    #[must_use]
    pub fn test(&self) -> &LabelTest {
        &self.test
    }

    fn matches(&self, value: Option<&String>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            LabelTest::Exists => value.is_some(),
            LabelTest::DoesNotExist => value.is_none(),
            LabelTest::Equals(wanted) => value == Some(wanted),
            LabelTest::NotEquals(unwanted) => value != Some(unwanted),
            LabelTest::In(wanted) => value.is_some_and(|value| wanted.contains(value)),
            LabelTest::NotIn(unwanted) => value.is_none_or(|value| !unwanted.contains(value)),
            LabelTest::GreaterThan(limit) => number().is_some_and(|number| number > *limit),
            LabelTest::LessThan(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, requirement) in self.requirements.iter().enumerate() {
            f.write_str(if at > 0 { "," } else { "" })?;
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for LabelRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        let list = |values: &BTreeSet<String>| values.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        match &self.test {
            LabelTest::Exists => f.write_str(key),
            LabelTest::DoesNotExist => write!(f, "!{key}"),
            LabelTest::Equals(value) => write!(f, "{key}={value}"),
            LabelTest::NotEquals(value) => write!(f, "{key}!={value}"),
            LabelTest::In(values) => write!(f, "{key} in ({})", list(values)),
            LabelTest::NotIn(values) => write!(f, "{key} notin ({})", list(values)),
            LabelTest::GreaterThan(limit) => write!(f, "{key}>{limit}"),
            LabelTest::LessThan(limit) => write!(f, "{key}<{limit}"),
        }
    }
}

impl From<LabelSelector> for String {
    fn from(selector: LabelSelector) -> Self {
        selector.to_string()
    }
}

impl From<&LabelSelector> for String {
    fn from(selector: &LabelSelector) -> Self {
        selector.to_string()
    }
}

/// A label's key: `name` or `prefix/name`.
fn check_key(key: &str) -> Result<(), Error> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if !is_name(name) {
        return Err(Error::misuse(format!(
            "{key:?} cannot be the name of a label: it has 1 to 63 letters, digits, '-', '_' and '.', and begins and ends \
             with a letter or digit"
        )));
    }
    if prefix.is_some_and(|prefix| !is_subdomain(prefix)) {
        return Err(Error::misuse(format!(
            "{key:?} cannot be the name of a label: what stands before '/' is a DNS name in lower case"
        )));
    }
    Ok(())
}

fn check_value(key: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() || is_name(value) {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "{value:?} cannot be the value of the label {key:?}: it has at most 63 letters, digits, '-', '_' and '.', and \
         begins and ends with a letter or digit"
    )))
}

fn is_name(text: &str) -> bool {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let ends = [text.as_bytes().first(), text.as_bytes().last()];
    text.len() <= 63
        && text.as_bytes().iter().all(inner)
        && ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
}

fn is_subdomain(text: &str) -> bool {
    let lower = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.iter().all(|byte| lower(byte) || *byte == b'-')
            && [bytes.first(), bytes.last()].iter().all(|end| end.is_some_and(lower))
    };
    text.len() <= 253 && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_gets_in_that_would_end_a_requirement() {
        assert!(LabelSelector::new().equals("app", "web,x").is_err());
        assert!(LabelSelector::new().equals("app", "x".repeat(64)).is_err());
        assert!(LabelSelector::new().equals("x".repeat(64), "x").is_err());
        assert!(LabelSelector::new().is_in("app", [""; 0]).is_err());
        assert!(LabelSelector::new().and("n", LabelTest::LessThan(-1)).is_err());
    }

    #[test]
    fn matching() {
        let labels = BTreeMap::from([("app".to_owned(), "web".to_owned()), ("n".to_owned(), "5".to_owned())]);
        for (text, matched) in [
            ("", true),
            ("app", true),
            ("!app", false),
            ("x", false),
            ("!x", true),
            ("app=web", true),
            ("app=x", false),
            ("x=", false),
            ("app!=web", false),
            ("x!=web", true),
            ("app in (web,x)", true),
            ("x in (web)", false),
            ("app notin (web)", false),
            ("x notin (web)", true),
            ("n>4,n<6", true),
            ("n>5", false),
            ("app>1", false),
            ("x<1", false),
        ] {
            assert_eq!(text.parse::<LabelSelector>().unwrap().matches(&labels), matched, "{text:?}");
        }
    }

    #[test]
    fn the_selector_of_a_deployment() {
        let expression = |operator: &str, values: &[&str]| SelectorRequirement {
            key: "k".into(),
            operator: operator.into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let labels = BTreeMap::from([("app".to_owned(), "web".to_owned())]);
        let expressions = [
            expression("In", &["a"]),
            expression("NotIn", &["b"]),
            expression("Exists", &[]),
            expression("DoesNotExist", &[]),
        ];
        let selector = LabelSelector::of(&labels, &expressions).unwrap();
        assert_eq!(selector.to_string(), "app=web,k in (a),k notin (b),k,!k");
        for wrong in [
            expression("Like", &[]),
            expression("In", &[]),
            expression("NotIn", &[]),
            expression("Exists", &["a"]),
            expression("DoesNotExist", &["a"]),
            expression("In", &["-"]),
        ] {
            assert!(LabelSelector::of(&labels, std::slice::from_ref(&wrong)).is_err(), "{wrong:?}");
        }
    }

    fn test() -> impl Strategy<Value = LabelTest> {
        let value = || prop_oneof!["[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,5}[a-zA-Z0-9])?", Just(String::new())];
        let values = || prop::collection::btree_set(value(), 1..4);
        prop_oneof![
            Just(LabelTest::Exists),
            Just(LabelTest::DoesNotExist),
            value().prop_map(LabelTest::Equals),
            value().prop_map(LabelTest::NotEquals),
            values().prop_map(LabelTest::In),
            values().prop_map(LabelTest::NotIn),
            (0..i64::MAX).prop_map(LabelTest::GreaterThan),
            (0..i64::MAX).prop_map(LabelTest::LessThan),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tests in prop::collection::vec(("([a-z0-9]{1,4}/)?[a-zA-Z0-9]{1,5}", test()), 0..5)) {
            let mut selector = LabelSelector::new();
            for (key, test) in tests {
                selector = selector.and(key, test).unwrap();
            }
            prop_assert_eq!(selector.to_string().parse::<LabelSelector>().unwrap(), selector);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[ab1!=<>(), \tin/.-]{0,24}") {
            if let Ok(selector) = text.parse::<LabelSelector>() {
                prop_assert_eq!(selector.to_string().parse::<LabelSelector>().unwrap(), selector);
            }
        }
    }
}
