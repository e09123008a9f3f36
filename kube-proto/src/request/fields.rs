//! Field selectors (docs/wire.md §1.4).

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A field selector: an object must meet all of its requirements. Without any, it matches everything.
///
/// Every kind supports `metadata.name` and, if it is namespaced, `metadata.namespace`. The kind decides about all
/// others, and the server refuses (400) those that it does not support.
///
/// ```
/// use kube_proto::api::{FieldSelector, ListParams};
///
/// let selector = FieldSelector::new().equals("spec.nodeName", "n1")?.not_equals("status.phase", "Running")?;
/// assert_eq!(selector.to_string(), "spec.nodeName=n1,status.phase!=Running");
/// let params = ListParams::default().field_selector(selector);
/// # Ok::<(), kube_proto::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    requirements: Vec<FieldRequirement>,
}

/// One requirement of a [`FieldSelector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRequirement {
    /// The field's path, `spec.nodeName`.
    pub path: String,
    /// `true` if the field must have the value, `false` if it must not.
    pub equal: bool,
    /// The value; may be empty.
    pub value: String,
}

impl FieldSelector {
    /// Matches everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The one object of this name.
    #[must_use]
    pub fn name(name: impl Into<String>) -> Self {
        Self { requirements: vec![FieldRequirement { path: "metadata.name".into(), equal: true, value: name.into() }] }
    }

    /// The field has this value.
    ///
    /// # Errors
    /// `path` is empty, or has a character that would end it: `,`, `=`, `!` or a backslash.
    pub fn equals(self, path: impl Into<String>, value: impl Into<String>) -> Result<Self, Error> {
        self.and(FieldRequirement { path: path.into(), equal: true, value: value.into() })
    }

    /// The field has another value.
    ///
    /// # Errors
    /// As [`FieldSelector::equals`].
    pub fn not_equals(self, path: impl Into<String>, value: impl Into<String>) -> Result<Self, Error> {
        self.and(FieldRequirement { path: path.into(), equal: false, value: value.into() })
    }

    /// The requirements, in order.
    #[must_use]
    pub fn requirements(&self) -> &[FieldRequirement] {
        &self.requirements
    }

    fn and(mut self, requirement: FieldRequirement) -> Result<Self, Error> {
        let path = &requirement.path;
        if path.is_empty() || path.contains([',', '=', '!', '\\']) {
            return Err(Error::misuse(format!("{path:?} cannot be the path of a field in a selector")));
        }
        self.requirements.push(requirement);
        Ok(self)
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, FieldRequirement { path, equal, value }) in self.requirements.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{path}{}", if *equal { "=" } else { "!=" })?;
            for c in value.chars() {
                if ESCAPED.contains(&c) {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

impl From<FieldSelector> for String {
    fn from(selector: FieldSelector) -> Self {
        selector.to_string()
    }
}

impl From<&FieldSelector> for String {
    fn from(selector: &FieldSelector) -> Self {
        selector.to_string()
    }
}

impl FromStr for FieldSelector {
    type Err = Error;

    /// Parses the servers' syntax: `path=value`, `path==value`, `path!=value`, separated by commas. In values, `\`
    /// escapes `\`, `,` and `=`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let fault = |why: &str| Error::misuse(format!("the field selector {text:?} cannot be read: {why}"));
        let mut selector = Self::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(',') {
                rest = after;
                continue;
            }
            let operator = rest.find(['=', '!', ',', '\\']).unwrap_or(rest.len());
            let (path, after) = rest.split_at(operator);
            let (equal, after) = match (after.strip_prefix("!="), after.strip_prefix('=')) {
                (Some(after), _) => (false, after),
                (None, Some(after)) => (true, after.strip_prefix('=').unwrap_or(after)),
                (None, None) => return Err(fault("each part of it is path=value or path!=value")),
            };
            let (value, after) = value(after).map_err(fault)?;
            selector = selector.and(FieldRequirement { path: path.to_owned(), equal, value })?;
            rest = after;
        }
        Ok(selector)
    }
}

/// The unescaped value, and the rest after its comma.
fn value(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next() {
            None | Some(',') => return Ok((value, chars.as_str())),
            Some('=') => return Err("'=' in a value is written \\="),
            Some('\\') => match chars.next() {
                Some(c) if ESCAPED.contains(&c) => value.push(c),
                _ => return Err("after a backslash stands one of \\ , ="),
            },
            Some(c) => value.push(c),
        }
    }
}

const ESCAPED: [char; 3] = ['\\', ',', '='];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts() {
        for (text, normal) in [
            ("", ""),
            (",", ""),
            ("a=b", "a=b"),
            ("a==b", "a=b"),
            ("a!=b,", "a!=b"),
            ("a=", "a="),
            ("a=,b=c", "a=,b=c"),
            (r"a=b\,c\=d\\e", r"a=b\,c\=d\\e"),
            ("metadata.name=x,spec.nodeName!=y", "metadata.name=x,spec.nodeName!=y"),
            ("a=b!c", "a=b!c"),
        ] {
            assert_eq!(text.parse::<FieldSelector>().unwrap().to_string(), normal, "{text:?}");
        }
        for text in ["a", "=b", "a!b", "a=b=c", r"a=\x", r"a=b\", "a===b", r"a\=b"] {
            assert!(text.parse::<FieldSelector>().is_err(), "{text:?}");
        }
        assert_eq!(FieldSelector::name("a,b").to_string(), r"metadata.name=a\,b");
        assert!(FieldSelector::new().equals("", "x").is_err());
        assert!(FieldSelector::new().equals("a=b,c", "x").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(parts in prop::collection::vec(("[a-z.]{1,8}", any::<bool>(), ".{0,8}"), 0..4)) {
            let mut selector = FieldSelector::new();
            for (path, equal, value) in parts {
                selector = if equal { selector.equals(path, value) } else { selector.not_equals(path, value) }.unwrap();
            }
            prop_assert_eq!(selector.to_string().parse::<FieldSelector>().unwrap(), selector);
        }

        #[test]
        fn any_text_is_read_or_refused(text in r"[ab!=,\\.]{0,16}") {
            if let Ok(selector) = text.parse::<FieldSelector>() {
                prop_assert_eq!(selector.to_string().parse::<FieldSelector>().unwrap(), selector);
            }
        }
    }
}
