//! Tables: objects as the server prints them (docs/wire.md §2.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resource::dynamic::DynamicObject;
use crate::resource::meta::ListMeta;
use crate::resource::{Meta, Object, null_as_default};
use crate::visible::acts;

/// A `meta.k8s.io/v1` Table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Table {
    /// The version of the list, and the token for the rest of it.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: ListMeta,
    /// The columns. In a watch only the first event has them.
    #[serde(deserialize_with = "null_as_default")]
    pub column_definitions: Vec<Column>,
    /// One row for each object.
    #[serde(deserialize_with = "null_as_default")]
    pub rows: Vec<Row>,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// The OpenAPI type of its cells: `string`, `integer`, `boolean`, ...
    pub r#type: String,
    /// The OpenAPI format of its cells; `name` for the column with the object's name.
    #[serde(deserialize_with = "null_as_default")]
    pub format: String,
    /// The description for people.
    #[serde(deserialize_with = "null_as_default")]
    pub description: String,
    /// 0 for columns that are always shown; others appear only in wide output.
    pub priority: i32,
}

/// A row of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Row {
    /// One cell for each column: a text, a number, a bool or `null`.
    #[serde(deserialize_with = "null_as_default")]
    pub cells: Vec<Value>,
    /// Remarks about the row.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<RowCondition>,
    /// The part of the object that [`IncludeObject`](crate::request::IncludeObject) asked for.
    pub object: Option<DynamicObject>,
}

/// A remark about a [`Row`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowCondition {
    /// `Completed`: the object has run to its end.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason for programs.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// The message for people.
    #[serde(deserialize_with = "null_as_default")]
    pub message: String,
}

impl Table {
    /// The table as text: headings in capitals, columns padded to their widest cell, three spaces apart. `wide` shows
    /// all columns.
    #[must_use]
    pub fn to_text(&self, wide: bool) -> String {
        let shown: Vec<usize> = (0..self.column_definitions.len())
            .filter(|&at| wide || self.column_definitions.get(at).is_some_and(|column| column.priority == 0))
            .collect();
        let heading = |at: &usize| {
            self.column_definitions.get(*at).map_or_else(String::new, |column| plain(&column.name.to_uppercase()))
        };
        let mut lines: Vec<Vec<String>> = vec![shown.iter().map(heading).collect()];
        for row in &self.rows {
            lines.push(shown.iter().map(|&at| row.cells.get(at).map_or_else(String::new, cell_text)).collect());
        }
        let mut widths = vec![0; shown.len()];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in &lines {
            let mut padded = String::new();
            for (cell, &width) in line.iter().zip(&widths) {
                padded.push_str(&format!("{cell:width$}   "));
            }
            text.push_str(padded.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A cell as text, on one line.
fn cell_text(cell: &Value) -> String {
    match cell {
        Value::Null => "<none>".into(),
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// The text on one line, without characters that act on a terminal.
fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() || acts(c), " ")
}

impl Object for Table {
    /// The metadata of the row's object if there is one row, as in watches; otherwise only the version of the list.
    fn meta(&self) -> Meta<'_> {
        let version = Some(self.metadata.resource_version.as_str()).filter(|version| !version.is_empty());
        match self.rows.as_slice() {
            [Row { object: Some(object), .. }] => {
                let meta = object.meta();
                Meta { resource_version: meta.resource_version.or(version), ..meta }
            }
            _ => Meta { resource_version: version, ..Meta::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PODS: &str = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7"},
        "columnDefinitions":[{"name":"Name","type":"string","format":"name","description":"d","priority":0},
            {"name":"Restarts","type":"integer","format":"","description":"","priority":0},
            {"name":"Node","type":"string","format":"","description":"","priority":1}],
        "rows":[{"cells":["web-0",0,"n1"],"conditions":[{"type":"Completed","status":"True"}],
            "object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"web-0","resourceVersion":"5"}}},
            {"cells":["a",12,null],"object":null}]}"#;

    #[test]
    fn text() {
        let mut table: Table = serde_json::from_str(PODS).unwrap();
        assert_eq!(table.to_text(false), "NAME    RESTARTS\nweb-0   0\na       12\n");
        assert_eq!(table.to_text(true), "NAME    RESTARTS   NODE\nweb-0   0          n1\na       12         <none>\n");
        assert_eq!(table.meta().resource_version, Some("7"));
        table.rows.pop();
        assert_eq!((table.meta().name, table.meta().resource_version), (Some("web-0"), Some("5")));
        assert_eq!(table.rows[0].conditions[0].r#type, "Completed");
    }

    #[test]
    fn later_events_have_no_columns() {
        let table: Table = serde_json::from_str(r#"{"columnDefinitions":null,"rows":[{"cells":["a"]}]}"#).unwrap();
        assert_eq!(table.rows[0].cells, ["a"]);
    }
}
