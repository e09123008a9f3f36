//! The query of a request (docs/wire.md §1.3).

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Parameters in the order of their addition; names may repeat.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(Cow<'static, str>, String)>);

impl fmt::Debug for Query {
    /// Shows the length of each value: the command of an exec is here, and so are the parameters of callers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.0.iter().map(|(name, value)| (name, format!("{} bytes", value.len())));
        f.debug_map().entries(lengths).finish()
    }
}

impl Query {
    /// Adds a parameter.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds a parameter, and removes all others of its name.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let name = name.into();
        self.remove(&name);
        self.push(name, value);
    }

    /// Removes all parameters of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| other != name);
    }

    /// The first value of this name, which servers use for parameters that are no lists.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// All parameters.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// Whether there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a parameter if it has a value.
    pub(super) fn text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Adds a number if there is one.
    pub(super) fn number(&mut self, name: &'static str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.push(name, value.to_string());
        }
    }

    /// Adds `true` if the flag is set.
    pub(super) fn flag(&mut self, name: &'static str, value: bool) {
        if value {
            self.push(name, "true");
        }
    }

    /// Appends the query to a URL, which may already have one.
    pub(super) fn write(&self, url: &mut String) {
        let mut separator = match (url.contains('?'), url.ends_with(['?', '&'])) {
            (false, _) => "?",
            (true, false) => "&",
            (true, true) => "",
        };
        for (name, value) in self.iter() {
            url.push_str(separator);
            url.extend(utf8_percent_encode(name, COMPONENT));
            url.push('=');
            url.extend(utf8_percent_encode(value, COMPONENT));
            separator = "&";
        }
    }
}

/// All characters except RFC 3986's unreserved ones and three that are harmless in a query, and common in selectors and
/// times.
const COMPONENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',').remove(b'/').remove(b':');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(&str, Pairs, &str)] = &[
            ("/x", &[], "/x"),
            ("/x", &[("a", "1"), ("b", ""), ("a", "2")], "/x?a=1&b=&a=2"),
            ("/x?v", &[("a", "1")], "/x?v&a=1"),
            ("/x?", &[("a", "1")], "/x?a=1"),
            ("/x?v&", &[("a", "1")], "/x?v&a=1"),
            // A raw `;` would lose the parameter; a raw `+` would become a space.
            ("/x", &[("command", "a;b+c d&e=f%#")], "/x?command=a%3Bb%2Bc%20d%26e%3Df%25%23"),
            ("/x", &[("labelSelector", "a in (b,c),!d")], "/x?labelSelector=a%20in%20%28b,c%29,%21d"),
            ("/x", &[("sinceTime", "2024-01-01T00:00:00Z")], "/x?sinceTime=2024-01-01T00:00:00Z"),
            ("/x", &[("name", "grün\r\n")], "/x?name=gr%C3%BCn%0D%0A"),
        ];
        for (before, pairs, after) in table {
            let mut query = Query::default();
            for (name, value) in *pairs {
                query.push(*name, *value);
            }
            let mut url = (*before).to_owned();
            query.write(&mut url);
            assert_eq!(&url, after);
        }
    }

    #[test]
    fn the_first_value_counts_and_set_replaces() {
        let mut query = Query::default();
        query.push("a", "1");
        query.push("a", "2");
        assert_eq!(query.value("a"), Some("1"));
        query.set("a", "3");
        assert_eq!(query.iter().collect::<Vec<_>>(), [("a", "3")]);
        query.remove("a");
        assert!(query.is_empty());
    }
}
