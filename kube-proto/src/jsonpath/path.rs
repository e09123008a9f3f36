//! A template that is read once and used on any number of objects.

use std::borrow::Cow;

use serde_json::Value;

use super::find::find;
use super::node::{Block, Item, JsonPathError};
use super::parse::parse;
use super::show::Text;

/// A template of client-go's JSONPath. The [module](super) says what it knows, and its limits.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    blocks: Vec<Block>,
    strict: bool,
}

impl JsonPath {
    /// Reads a template: `{.metadata.name}`.
    ///
    /// # Errors
    /// It is no template, or longer than [`TEMPLATE`](super::TEMPLATE) bytes. The texts are client-go's.
    pub fn parse(template: &str) -> Result<Self, JsonPathError> {
        Ok(Self { blocks: parse(template)?, strict: false })
    }

    /// Reads a path in any form that kubectl takes for columns and for sorting: `metadata.name`, `.metadata.name`,
    /// `{metadata.name}`, `{.metadata.name}`.
    ///
    /// ```
    /// use kube_proto::jsonpath::JsonPath;
    ///
    /// assert_eq!(JsonPath::relaxed("spec.replicas"), JsonPath::parse("{.spec.replicas}"));
    /// assert!(JsonPath::relaxed("{.a}{.b}").is_err());
    /// ```
    ///
    /// # Errors
    /// It is another form, or no path.
    pub fn relaxed(path: &str) -> Result<Self, JsonPathError> {
        if path.is_empty() {
            return Self::parse(path);
        }
        let bare = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
        let bare = match bare.strip_prefix('.') {
            Some(rest) if !rest.is_empty() => rest,
            _ => bare,
        };
        if bare.is_empty() || bare.contains(['{', '}']) {
            return Err(JsonPathError(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                 '{.name1.name2}'"
                    .into(),
            ));
        }
        Self::parse(&format!("{{.{bare}}}"))
    }

    /// A member that no value has is an error of the evaluation. By default it is no result.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// All values that the template finds, in order, with its texts and constants among them.
    ///
    /// ```
    /// use kube_proto::jsonpath::JsonPath;
    /// use serde_json::json;
    ///
    /// let ports = json!({"ports": [{"port": 80}, {"port": 443}]});
    /// let found = JsonPath::parse("{.ports[*].port}")?;
    /// assert_eq!(*found.find(&ports)?[1], 443);
    /// # Ok::<(), kube_proto::jsonpath::JsonPathError>(())
    /// ```
    ///
    /// # Errors
    /// The template does not fit the object: an index that is not there, items of what is no list, a comparison of different types; or
    /// a limit of the [module](super) is reached.
    pub fn find<'a>(&'a self, object: &'a Value) -> Result<Vec<Cow<'a, Value>>, JsonPathError> {
        let value = |item: Item<'a>| match item {
            Item::Json(value) => Cow::Borrowed(value),
            Item::Text(text) => Cow::Owned(text.into()),
            Item::Int(integer) => Cow::Owned(integer.into()),
            Item::Float(float) => Cow::Owned(float.into()),
            Item::Bool(bool) => Cow::Owned(bool.into()),
            Item::Byte(byte) => Cow::Owned(byte.into()),
            Item::Nothing => Cow::Owned(Value::Null),
        };
        Ok(find(&self.blocks, object, self.strict)?.into_iter().flatten().map(value).collect())
    }

    /// The output of `kubectl get -o jsonpath=`: the values of an action with a space between them, objects and lists as JSON.
    ///
    /// # Errors
    /// As [`JsonPath::find`].
    pub fn print(&self, object: &Value) -> Result<String, JsonPathError> {
        let mut text = Text::default();
        for items in find(&self.blocks, object, self.strict)? {
            for (at, item) in items.iter().enumerate() {
                text.push(if at > 0 { " " } else { "" })?;
                text.item(item)?;
            }
        }
        Ok(text.0)
    }

    /// The output of `kubectl get -o jsonpath-as-json=`: the values of each action as a JSON list, indented by four spaces.
    ///
    /// # Errors
    /// As [`JsonPath::find`].
    pub fn print_json(&self, object: &Value) -> Result<String, JsonPathError> {
        let mut text = Text::default();
        find(&self.blocks, object, self.strict)?.iter().try_for_each(|items| text.list(items))?;
        Ok(text.0)
    }

    /// The cell of `kubectl get -o custom-columns=`: all values with commas between them, `<none>` without a value, and `<nil>` for
    /// null.
    ///
    /// # Errors
    /// As [`JsonPath::find`].
    pub fn cell(&self, object: &Value) -> Result<String, JsonPathError> {
        let found = find(&self.blocks, object, self.strict)?;
        let mut text = Text::default();
        let mut first = true;
        // Even without a value in the first action, others may have some.
        if found.first().is_none_or(Vec::is_empty) {
            text.push("<none>")?;
            first = false;
        }
        for item in found.iter().flatten() {
            text.push(if std::mem::take(&mut first) { "" } else { "," })?;
            text.plain(item)?;
        }
        Ok(text.0)
    }
}
