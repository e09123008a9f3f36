//! What `kubectl explain` prints of a resource and its fields (the template `plaintext` of kubectl).
//!
//! | part | content |
//! |---|---|
//! | head | `GROUP:` (not for the core group), `KIND:`, `VERSION:` |
//! | `FIELD:` | the last step of the path with its type; `ENUM:` |
//! | `DESCRIPTION:` | of the place, then of the types behind it, wrapped at 76 characters |
//! | `FIELDS:` | each with its type, `-required-`, `enum:`, and its description unless all levels are shown |
//!
//! Each step of a path leads to a property, or first through the items of a list, the values of a map, or `allOf`.

use std::fmt;

use super::definitions::Definitions;
use super::node::{Additional, GroupVersionKind, Node, SchemaType};
use super::openapi::OpenApi;

/// The longest text, in bytes: schemas that refer to each other can be very long with all levels.
const TEXT_MAX: usize = 16 << 20;
/// The most levels of fields and types.
const LEVELS_MAX: usize = 100;

/// Why there is no explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExplainError {
    /// The document has no path of the resource.
    Resource {
        /// The group; empty for the core group.
        group: String,
        /// The version.
        version: String,
        /// The plural name.
        resource: String,
    },
    /// The document has no schema for the kind.
    Kind(GroupVersionKind),
    /// There is no such field.
    Field {
        /// The last step of the whole path.
        name: String,
        /// The head of the explanation, which kubectl prints before the error.
        head: String,
    },
    /// The text is longer than 16 MiB.
    TooLong,
}

impl fmt::Display for ExplainError {
    /// As kubectl says it, without `error: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource { group, version, resource } => {
                write!(f, "GVR ({group}/{version}, Resource={resource}) not found in OpenAPI schema")
            }
            Self::Kind(kind) => write!(
                f,
                "GVK map[group:{} kind:{} version:{}] not found in OpenAPI schema",
                kind.group, kind.kind, kind.version
            ),
            Self::Field { name, .. } => write!(f, "field \"{name}\" does not exist"),
            Self::TooLong => f.write_str("the explanation is longer than 16 MiB"),
        }
    }
}

impl std::error::Error for ExplainError {}

impl OpenApi {
    /// Explains a resource, or the field at a path below it, as `kubectl explain` does. With `recursive`, the fields of
    /// all levels are listed, without descriptions.
    ///
    /// ```
    /// use kube_proto::schema::OpenApi;
    ///
    /// let document = OpenApi::from_slice(br##"{"components": {"schemas": {"com.example.v1.Order": {
    ///     "type": "object", "description": "An order.",
    ///     "properties": {"size": {"type": "integer", "description": "How large it is."}},
    ///     "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Order"}]
    /// }}}, "paths": {"/apis/example.com/v1/orders": {"get": {
    ///     "x-kubernetes-group-version-kind": {"group": "example.com", "version": "v1", "kind": "Order"}
    /// }}}}"##)?;
    /// let text = document.explain("example.com", "v1", "orders", &[], false).unwrap();
    /// assert!(text.starts_with("GROUP:      example.com\nKIND:       Order\nVERSION:    v1\n\nDESCRIPTION:\n    An order.\n"));
    /// assert!(document.explain("example.com", "v1", "orders", &["colour"], false).is_err());
    /// # Ok::<(), kube_proto::error::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// The resource or the field is not there, or the text is too long.
    pub fn explain(
        &self,
        group: &str,
        version: &str,
        resource: &str,
        path: &[&str],
        recursive: bool,
    ) -> Result<String, ExplainError> {
        let kind = self.kind_of_resource(group, version, resource).ok_or_else(|| ExplainError::Resource {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: resource.to_owned(),
        })?;
        let schema = self.kind(kind).ok_or_else(|| ExplainError::Kind(kind.clone()))?;
        let mut text = String::new();
        if !kind.group.is_empty() {
            text.push_str(&format!("GROUP:      {}\n", kind.group));
        }
        text.push_str(&format!("KIND:       {}\nVERSION:    {}\n\n", kind.kind, kind.version));
        let name = schema.name().unwrap_or_default();
        let head = text.len();
        let mut page = Page { definitions: &schema.definitions, recursive, text };
        let found = schema.definitions.get(name).is_some_and(|node| page.place(node, path, &mut Vec::new(), 0));
        if !found {
            return match path.last() {
                Some(last) => {
                    let mut head_text = page.text;
                    head_text.truncate(head);
                    Err(ExplainError::Field { name: (*last).to_owned(), head: head_text })
                }
                None => Err(ExplainError::Kind(kind.clone())),
            };
        }
        page.text.push('\n');
        if page.text.len() > TEXT_MAX { Err(ExplainError::TooLong) } else { Ok(page.text) }
    }
}

struct Page<'s> {
    definitions: &'s Definitions,
    recursive: bool,
    text: String,
}

impl<'s> Page<'s> {
    /// The schema that a reference stands for, with its name; the node itself otherwise.
    fn resolved(&self, node: &'s Node) -> (&'s Node, Option<&'s str>) {
        match node.reference.as_deref().filter(|_| !node.wrapped) {
            Some(name) => (self.definitions.get(name).map_or(node, |there| &**there), Some(name)),
            None => (node, None),
        }
    }

    /// The schemas of `allOf`: also the one that a node stands for as a whole.
    fn all_of(&self, node: &'s Node) -> Vec<&'s Node> {
        let wrapped = node.reference.as_deref().filter(|_| node.wrapped);
        let own = node.logic.iter().flat_map(|logic| logic.all_of.iter().map(|one| &**one));
        wrapped.and_then(|name| self.definitions.get(name).map(|node| &**node)).into_iter().chain(own).collect()
    }

    /// Goes along the path, and prints what is at its end. False if it leads nowhere.
    fn place(&mut self, node: &'s Node, path: &[&str], seen: &mut Vec<&'s str>, level: usize) -> bool {
        let (node, name) = self.resolved(node);
        let Some((first, rest)) = path.split_first() else {
            self.end(node);
            return true;
        };
        if level > LEVELS_MAX || name.is_some_and(|name| seen.contains(&name)) {
            return false;
        }
        if let Some(field) = node.property(first) {
            if rest.is_empty() {
                self.text.push_str(&format!("FIELD: {first} <{}>\n", self.type_of(field, 0)));
                if let Some(bounds) = field.bounds.as_deref().filter(|bounds| !bounds.allowed.is_empty()) {
                    self.text.push_str("ENUM:");
                    bounds.allowed.iter().for_each(|one| self.text.push_str(&format!("\n    {}", enum_text(one))));
                }
                self.text.push_str("\n\n");
            }
            return self.place(field, rest, &mut Vec::new(), level + 1);
        }
        seen.extend(name);
        let found = match (&node.items, &node.additional) {
            (Some(items), _) => self.place(items, path, seen, level + 1),
            (None, Additional::Of(values)) => self.place(values, path, seen, level + 1),
            _ => {
                let all = self.all_of(node);
                let wrapped = node.reference.as_deref().filter(|_| node.wrapped);
                if wrapped.is_some_and(|name| seen.contains(&name)) {
                    return false;
                }
                seen.extend(wrapped);
                all.into_iter().any(|one| self.place(one, path, seen, level + 1))
            }
        };
        if name.is_some() {
            seen.pop();
        }
        found
    }

    fn end(&mut self, node: &'s Node) {
        let mut description = String::new();
        self.description(node, &mut description, 0);
        let description = if description.is_empty() { "<empty>" } else { &description };
        self.text.push_str(&format!("DESCRIPTION:\n{}\n", indented(&wrapped(description, 76), 4)));
        if let Some(docs) = &node.docs {
            self.text.push_str("\nEXTERNAL DOCS:\n");
            self.docs(docs, 76, 4);
        }
        let mark = self.text.len();
        self.text.push_str("FIELDS:\n");
        let start = self.text.len();
        self.fields(node, 1, &mut Vec::new(), 0);
        if self.text.len() == start {
            self.text.truncate(mark);
        }
    }

    fn docs(&mut self, docs: &super::node::Docs, width: usize, indent: usize) {
        if let Some(text) = &docs.description {
            self.text.push_str(&format!("{}\n", indented(&wrapped(text, width), indent)));
        }
        if let Some(url) = &docs.url {
            self.text.push_str(&format!("{}\n", indented(&format!("URL: {url}"), indent)));
        }
    }

    fn description(&self, node: &'s Node, text: &mut String, level: usize) {
        if level > LEVELS_MAX || text.len() > TEXT_MAX {
            return;
        }
        let (node, _) = self.resolved(node);
        if let Some(own) = node.description.as_deref().filter(|own| !own.is_empty()) {
            text.push_str(own);
            text.push('\n');
        }
        self.all_of(node).into_iter().for_each(|one| self.description(one, text, level + 1));
        node.items.iter().for_each(|items| self.description(items, text, level + 1));
        if let Additional::Of(values) = &node.additional {
            self.description(values, text, level + 1);
        }
    }

    /// Lists the fields of a schema, and of its items, values and `allOf`.
    fn fields(&mut self, node: &'s Node, level: usize, seen: &mut Vec<&'s str>, depth: usize) {
        let (resolved, name) = self.resolved(node);
        if depth > LEVELS_MAX || self.text.len() > TEXT_MAX || name.is_some_and(|name| seen.contains(&name)) {
            return;
        }
        let mark = seen.len();
        seen.extend(name);
        for (key, field) in resolved.properties.iter().flatten() {
            let required = resolved.required.iter().any(|one| one == key);
            self.field(key, field, required, level);
            if self.recursive {
                self.fields(field, level + 1, seen, depth + 1);
            }
        }
        if let Some(name) = resolved.reference.as_deref().filter(|_| resolved.wrapped)
            && !seen.contains(&name)
            && let Some(there) = self.definitions.get(name)
        {
            seen.push(name);
            self.fields(there, level, seen, depth + 1);
            seen.pop();
        }
        for one in resolved.logic.iter().flat_map(|logic| &logic.all_of) {
            self.fields(one, level, seen, depth + 1);
        }
        if let Some(items) = &resolved.items {
            self.fields(items, level, seen, depth + 1);
        }
        if let Additional::Of(values) = &resolved.additional {
            self.fields(values, level, seen, depth + 1);
        }
        seen.truncate(mark);
    }

    fn field(&mut self, key: &str, node: &'s Node, required: bool, level: usize) {
        let indent = level * 2;
        let required = if required { " -required-" } else { "" };
        self.text.push_str(&format!("{}\t<{}>{required}", indented(key, indent), self.type_of(node, 0)));
        if let Some(bounds) = node.bounds.as_deref().filter(|bounds| !bounds.allowed.is_empty()) {
            let shown: Vec<String> = bounds.allowed.iter().take(4).map(enum_text).collect();
            let more = if bounds.allowed.len() > 4 { ", ...." } else { "" };
            self.text.push_str(&format!("\n{}enum: {}{more}", " ".repeat(indent), shown.join(", ")));
        }
        self.text.push('\n');
        if self.recursive {
            return;
        }
        let description = node.description.as_deref().filter(|text| !text.is_empty() && !self.is_bare(node));
        let description = wrapped(description.unwrap_or("<no description>"), 78usize.saturating_sub(indent));
        self.text.push_str(&format!("{}\n", indented(&description, indent + 2)));
        if let Some(docs) = &node.docs {
            self.text.push_str(&format!("\n{}\n", indented("EXTERNAL DOCS:", indent + 2)));
            self.docs(docs, 76usize.saturating_sub(indent), indent + 4);
        }
        self.text.push('\n');
    }

    /// Whether a node is only a reference.
    fn is_bare(&self, node: &Node) -> bool {
        node.reference.is_some() && !node.wrapped && node.description.is_none()
    }

    /// `string`, `[]Container`, `map[string]Quantity`, `Object`.
    fn type_of(&self, node: &'s Node, level: usize) -> String {
        if level > LEVELS_MAX {
            return "Object".to_owned();
        }
        if let Some(items) = &node.items {
            return format!("[]{}", self.type_of(items, level + 1));
        }
        if let Additional::Of(values) = &node.additional {
            return format!("map[string]{}", self.type_of(values, level + 1));
        }
        if let Some(name) = node.reference.as_deref() {
            let there = self.definitions.get(name);
            return match there.and_then(|there| there.ty) {
                None | Some(SchemaType::Object) => {
                    let last = name.rsplit('.').next().filter(|last| !last.is_empty());
                    last.unwrap_or("Object").to_owned()
                }
                Some(ty) => ty.name().to_owned(),
            };
        }
        if let (Some(logic), None) = (&node.logic, &node.properties)
            && let [one] = logic.all_of.as_slice()
        {
            return self.type_of(one, level + 1);
        }
        match node.ty {
            None | Some(SchemaType::Object) => "Object".to_owned(),
            Some(ty) => ty.name().to_owned(),
        }
    }
}

fn enum_text(value: &serde_json::Value) -> String {
    match value.as_str() {
        Some("") => "\"\"".to_owned(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn indented(text: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    format!("{pad}{}", text.replace('\n', &format!("\n{pad}")))
}

/// The text with lines of at most that many characters, where white space lets it. Words that are longer stay whole.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 64);
    // The characters of the line so far, and what comes after them: white space, then a word.
    let mut line = 0;
    let (mut space, mut space_len) = (String::new(), 0);
    let (mut word, mut word_len) = (String::new(), 0);
    for c in text.chars() {
        if c == '\n' {
            if word.is_empty() {
                if line + space_len <= width {
                    out.push_str(&space);
                }
            } else {
                out.push_str(&space);
                out.push_str(&word);
            }
            out.push('\n');
            space.clear();
            word.clear();
            (line, space_len, word_len) = (0, 0, 0);
        } else if c.is_whitespace() && c != '\u{a0}' {
            if space.is_empty() || !word.is_empty() {
                line += space_len + word_len;
                out.push_str(&space);
                out.push_str(&word);
                space.clear();
                word.clear();
                (space_len, word_len) = (0, 0);
            }
            space.push(c);
            space_len += 1;
        } else {
            word.push(c);
            word_len += 1;
            if line + space_len + word_len > width && word_len < width {
                out.push('\n');
                space.clear();
                (line, space_len) = (0, 0);
            }
        }
    }
    if !word.is_empty() {
        out.push_str(&space);
        out.push_str(&word);
    } else if line + space_len <= width {
        out.push_str(&space);
    }
    out
}
