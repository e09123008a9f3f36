//! Tables in kubectl's format: columns at least six wide with three spaces between, without padding after the last;
//! in a watch, widths only grow.

use kube_proto::error::visible;
use kube_proto::resource::{ApiResource, DynamicObject};
use kube_proto::response::{Column, Row, Table};
use serde_json::Value;

use super::flags::{Flag, Flags};
use super::object;

pub(super) const FLAGS: &[Flag] = &[
    Flag::switch("no-headers", "Print no headings."),
    Flag::switch("show-labels", "Print all labels as the last column."),
    Flag::switch("show-kind", "Print the resource's kind before each name."),
    Flag::value("label-columns", "[]", "Labels to print as columns, separated by commas.").short('L'),
];

/// The additions to the server's columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    pub(super) wide: bool,
    pub(super) headings: bool,
    pub(super) namespaces: bool,
    pub(super) kinds: bool,
    pub(super) all_labels: bool,
    pub(super) labels: Vec<String>,
}

impl Style {
    pub(super) fn parse(flags: &Flags) -> Self {
        Self {
            wide: flags.text("output") == Some("wide"),
            headings: !flags.is_on("no-headers"),
            namespaces: flags.is_on("all-namespaces"),
            kinds: flags.is_on("show-kind"),
            all_labels: flags.is_on("show-labels"),
            labels: flags.items("label-columns"),
        }
    }
}

/// Prints tables of one resource; later ones may omit the columns.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    style: Style,
    /// `deployment.apps`
    kind: String,
    namespaced: bool,
    columns: Vec<Column>,
    widths: Columns,
    headed: bool,
}

impl Printer {
    pub(super) fn new(style: Style, resource: &ApiResource) -> Self {
        Self {
            style,
            kind: object::kind_name(resource),
            namespaced: resource.scope == kube_proto::resource::Scope::Namespaced,
            columns: Vec::new(),
            widths: Columns::default(),
            headed: false,
        }
    }

    /// The rows as text, with headings before the first rows and after a change of columns. `event` is the type of a
    /// watch event, for its own column.
    pub(super) fn print(&mut self, table: Table, event: Option<&str>) -> String {
        if !table.column_definitions.is_empty() && table.column_definitions != self.columns {
            self.columns = table.column_definitions;
            self.headed = false;
        }
        if table.rows.is_empty() {
            return String::new();
        }
        let shown: Vec<usize> = (0..self.columns.len())
            .filter(|&at| self.style.wide || self.columns.get(at).is_some_and(|column| column.priority == 0))
            .collect();
        let mut lines = Vec::new();
        if self.style.headings && !std::mem::replace(&mut self.headed, true) {
            lines.push(self.heading(&shown, event.is_some()));
        }
        lines.extend(table.rows.iter().map(|row| self.cells(row, &shown, event)));
        self.widths.lay_out(&lines)
    }

    fn heading(&self, shown: &[usize], event: bool) -> Vec<String> {
        let mut cells = Vec::new();
        if event {
            cells.push("EVENT".to_owned());
        }
        if self.style.namespaces && self.namespaced {
            cells.push("NAMESPACE".to_owned());
        }
        cells.extend(shown.iter().filter_map(|&at| self.columns.get(at)).map(|column| column.name.to_uppercase()));
        // A heading is the last part of a label's key.
        cells.extend(self.style.labels.iter().map(|key| key.rsplit('/').next().unwrap_or(key).to_uppercase()));
        if self.style.all_labels {
            cells.push("LABELS".to_owned());
        }
        cells
    }

    fn cells(&self, row: &Row, shown: &[usize], event: Option<&str>) -> Vec<String> {
        let metadata = row.object.as_ref().map(|object| &object.metadata);
        let mut cells = Vec::new();
        cells.extend(event.map(str::to_owned));
        if self.style.namespaces && self.namespaced {
            cells.push(metadata.and_then(|metadata| metadata.namespace.clone()).unwrap_or_default());
        }
        for &at in shown {
            let mut text = row.cells.get(at).map(cell_text).unwrap_or_default();
            if self.style.kinds && self.columns.get(at).is_some_and(|column| column.format == "name") {
                text = format!("{}/{text}", self.kind);
            }
            cells.push(text);
        }
        let label = |key: &String| metadata.and_then(|metadata| metadata.labels.get(key).cloned());
        cells.extend(self.style.labels.iter().map(|key| label(key).unwrap_or_default()));
        if self.style.all_labels {
            let labels = metadata.map(|metadata| metadata.labels.iter());
            let pairs: Vec<String> =
                labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
            cells.push(if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") });
        }
        cells
    }
}

/// Columns that remember their widths.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns(Vec<usize>);

impl Columns {
    /// Lines of cells as text.
    pub(super) fn lay_out(&mut self, lines: &[Vec<String>]) -> String {
        let count = lines.iter().map(Vec::len).max().unwrap_or_default();
        self.0.resize(count.max(self.0.len()), MIN_WIDTH);
        for line in lines {
            // The last cell of a line has no width, because nothing follows it.
            for (width, cell) in self.0.iter_mut().zip(line.iter().take(line.len().saturating_sub(1))) {
                *width = (*width).max(cell.chars().count() + PADDING);
            }
        }
        let mut text = String::new();
        for line in lines {
            let last = line.len().saturating_sub(1);
            for (at, (cell, width)) in line.iter().zip(&self.0).enumerate() {
                text.push_str(cell);
                if at < last {
                    text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
                }
            }
            text.push('\n');
        }
        text
    }
}

/// Lines of cells as text.
pub(super) fn lay_out(lines: &[Vec<String>]) -> String {
    Columns::default().lay_out(lines)
}

/// A table of objects, for a server without tables.
pub(super) fn of_objects(objects: Vec<Value>) -> Table {
    let name = Column { name: "Name".into(), r#type: "string".into(), format: "name".into(), ..Column::default() };
    let row = |object: Value| Row {
        cells: vec![object::name(&object).into()],
        object: object::typed::<DynamicObject>(&object).ok(),
        ..Row::default()
    };
    Table { column_definitions: vec![name], rows: objects.into_iter().map(row).collect(), ..Table::default() }
}

/// A cell on one line, without control characters.
fn cell_text(cell: &Value) -> String {
    let text = match cell {
        Value::Null => return String::new(),
        Value::String(text) => text.as_str(),
        other => return visible(&other.to_string()).into_owned(),
    };
    let (line, more) = match text.find(['\n', '\r', '\u{c}']) {
        Some(at) => (text.get(..at).unwrap_or_default(), "..."),
        None => (text, ""),
    };
    let clean = line.replace('\u{1b}', "^[");
    visible(&clean.replace(char::is_control, " ")).into_owned() + more
}

const MIN_WIDTH: usize = 6;
const PADDING: usize = 3;

#[cfg(test)]
mod tests {
    use kube_proto::resource::Scope;
    use serde_json::json;

    use super::*;

    fn pods() -> Table {
        serde_json::from_value(json!({
            "kind": "Table",
            "columnDefinitions": [
                {"name": "Name", "type": "string", "format": "name", "priority": 0},
                {"name": "R", "type": "integer", "priority": 0},
                {"name": "Note", "type": "string", "priority": 0},
                {"name": "Node", "type": "string", "priority": 1}
            ],
            "rows": [
                {"cells": ["web-0", 0, "fine", "n1"],
                 "object": {"metadata": {"name": "web-0", "namespace": "shop", "labels": {"app": "web", "x.y/tier": "f"}}}},
                {"cells": ["a", 12, null, "n2"], "object": {"metadata": {"name": "a", "namespace": "default"}}}
            ]
        }))
        .unwrap()
    }

    fn print(change: impl Fn(&mut Style), tables: Vec<(Table, Option<&str>)>) -> String {
        let mut style = Style { headings: true, ..Style::default() };
        change(&mut style);
        let resource = ApiResource::new("apps/v1", "Deployment", "deployments", Scope::Namespaced);
        let mut printer = Printer::new(style, &resource);
        tables.into_iter().map(|(table, event)| printer.print(table, event)).collect()
    }

    #[test]
    fn columns() {
        // The empty cell at the end of a line leaves the padding of the one before it, as it does in kubectl.
        assert_eq!(print(|_| (), vec![(pods(), None)]), "NAME    R     NOTE\nweb-0   0     fine\na       12    \n");
        assert_eq!(print(|style| style.headings = false, vec![(pods(), None)]), "web-0   0     fine\na       12    \n");
        assert_eq!(
            print(|style| style.wide = true, vec![(pods(), None)]),
            "NAME    R     NOTE   NODE\nweb-0   0     fine   n1\na       12           n2\n"
        );
        assert_eq!(
            print(|style| style.namespaces = true, vec![(pods(), None)]),
            "NAMESPACE   NAME    R     NOTE\nshop        web-0   0     fine\ndefault     a       12    \n"
        );
        assert_eq!(
            print(|style| style.kinds = true, vec![(pods(), None)]).lines().nth(1),
            Some("deployment.apps/web-0   0     fine")
        );
        assert_eq!(
            print(
                |style| {
                    style.labels = vec!["x.y/tier".into()];
                    style.all_labels = true;
                },
                vec![(pods(), None)]
            ),
            "NAME    R     NOTE   TIER   LABELS\n\
             web-0   0     fine   f      app=web,x.y/tier=f\n\
             a       12                  <none>\n"
        );
    }

    #[test]
    fn a_table_without_rows_is_nothing() {
        assert_eq!(print(|_| (), vec![(Table { rows: Vec::new(), ..pods() }, None)]), "");
    }

    #[test]
    fn in_a_watch_headings_come_once_and_widths_only_grow() {
        let one = |name: &str| Table {
            column_definitions: Vec::new(),
            rows: vec![Row { cells: vec![name.into(), 1.into(), "x".into(), "n".into()], ..Row::default() }],
            ..Table::default()
        };
        assert_eq!(
            print(|_| (), vec![(pods(), None), (one("long-name"), None), (one("b"), None)]),
            "NAME    R     NOTE\nweb-0   0     fine\na       12    \nlong-name   1     x\nb           1     x\n"
        );
        assert_eq!(
            print(|_| (), vec![(pods(), Some("ADDED")), (one("b"), Some("DELETED"))]),
            "EVENT   NAME    R     NOTE\nADDED   web-0   0     fine\nADDED   a       12    \nDELETED   b       1     x\n"
        );
    }

    #[test]
    fn cells_stay_on_their_line() {
        for (cell, text) in [
            (json!("a\nb"), "a..."),
            (json!("a\u{1b}[31mb"), "a^[[31mb"),
            (json!("a\tb"), "a b"),
            (json!("a\u{9b}b\u{202e}c"), "a bU+202Ec"),
            (json!(true), "true"),
            (json!(1.5), "1.5"),
            (json!(null), ""),
        ] {
            assert_eq!(cell_text(&cell), text);
        }
    }

    #[test]
    fn plain_objects_have_at_least_a_name() {
        let table = of_objects(vec![json!({"metadata": {"name": "a", "namespace": "n"}})]);
        assert_eq!(print(|style| style.namespaces = true, vec![(table, None)]), "NAMESPACE   NAME\nn           a\n");
    }
}
