//! The output formats of objects: `-o json`, `yaml`, `name`, `wide`, `jsonpath=...`, `custom-columns=...`.

use std::sync::Arc;

use kube_proto::jsonpath::JsonPath;
use kube_proto::yaml;
use serde_json::{Value, json};

use super::failure::Failure;
use super::flags::Flags;
use super::object;
use super::table::Columns;

/// The output format of objects.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Output {
    /// A message about the action, or a table.
    Text,
    /// A table of all columns.
    Wide,
    /// `pod/web`.
    Name,
    Json,
    Yaml,
    /// `jsonpath=`, and `jsonpath-as-json=`.
    Path(Arc<Template>),
    /// `custom-columns=`: heading and path of each.
    Columns(Arc<Vec<(String, JsonPath)>>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Template {
    path: JsonPath,
    text: String,
    as_json: bool,
}

impl Output {
    /// The value of `-o`, which is one of `allowed`.
    pub(super) fn parse(flags: &Flags, allowed: &[&str]) -> Result<Self, String> {
        let text = flags.text("output").unwrap_or_default();
        let (format, template) = text.split_once('=').map_or((text, None), |(format, rest)| (format, Some(rest)));
        let is_template = matches!(format, "jsonpath" | "jsonpath-as-json" | "custom-columns");
        match format {
            "" if text.is_empty() => return Ok(Output::Text),
            format if !allowed.contains(&format) || (template.is_some() && !is_template) => {}
            "wide" => return Ok(Output::Wide),
            "name" => return Ok(Output::Name),
            "json" => return Ok(Output::Json),
            "yaml" => return Ok(Output::Yaml),
            "custom-columns" => return columns(template.unwrap_or_default(), flags),
            _ => return path(template.unwrap_or_default(), format == "jsonpath-as-json", flags),
        }
        Err(format!(
            "unable to match a printer suitable for the output format {text:?}, allowed formats are: {}",
            allowed.join(",")
        ))
    }

    /// `json` and `yaml` show objects as they are but for `managedFields`; templates see those too.
    pub(super) fn is_document(&self) -> bool {
        matches!(self, Output::Json | Output::Yaml)
    }
}

fn path(text: &str, as_json: bool, flags: &Flags) -> Result<Output, String> {
    if text.is_empty() {
        return Err("template format specified but no template given".into());
    }
    let path = JsonPath::parse(text).map_err(|error| format!("error parsing jsonpath {text}, {error}"))?;
    let path = if flags.switch("allow-missing-template-keys") == Some(false) { path.strict() } else { path };
    Ok(Output::Path(Arc::new(Template { path, text: text.to_owned(), as_json })))
}

fn columns(text: &str, flags: &Flags) -> Result<Output, String> {
    if text.is_empty() {
        return Err("custom-columns format specified but no custom columns given".into());
    }
    let column = |column: &str| {
        let Some((heading, path)) = column.split_once(':') else {
            return Err(format!("unexpected custom-columns spec: {column}, expected <header>:<json-path-expr>"));
        };
        let heading = if flags.is_on("no-headers") { "" } else { heading };
        Ok((heading.to_owned(), JsonPath::relaxed(path).map_err(|error| error.to_string())?))
    };
    Ok(Output::Columns(Arc::new(text.split(',').map(column).collect::<Result<_, String>>()?)))
}

/// Objects, one after the other, as documents of a format.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    count: usize,
    columns: Columns,
}

impl Documents {
    /// The text of one object, or of a list of objects.
    pub(super) fn print(&mut self, output: &Output, object: &Value) -> Result<String, Failure> {
        let first = self.count == 0;
        self.count += 1;
        Ok(match output {
            Output::Yaml if !first => format!("---\n{}", yaml::to_string(object)),
            Output::Yaml => yaml::to_string(object),
            Output::Path(template) => {
                let Template { path, text, as_json } = template.as_ref();
                let printed = if *as_json { path.print_json(object) } else { path.print(object) };
                // kubectl's error goes on with the whole object.
                printed.map_err(|error| {
                    let text = format!("error executing jsonpath {text:?}: Error executing template: {error}.");
                    Failure::text(text)
                })?
            }
            Output::Columns(columns) => self.rows(columns, object, first)?,
            Output::Text | Output::Wide | Output::Name | Output::Json => object::to_json(object),
        })
    }

    /// One event of a watch.
    pub(super) fn event(&mut self, output: &Output, name: &str, object: &Value) -> Result<String, Failure> {
        let event = json!({"type": name, "object": object});
        match output {
            // On one line.
            Output::Json => Ok(object::escaped(&event.to_string()) + "\n"),
            output => self.print(output, &event),
        }
    }

    fn rows(&mut self, columns: &[(String, JsonPath)], object: &Value, headed: bool) -> Result<String, Failure> {
        let mut lines = Vec::new();
        if headed && columns.iter().any(|(heading, _)| !heading.is_empty()) {
            lines.push(columns.iter().map(|(heading, _)| heading.clone()).collect());
        }
        let single = std::slice::from_ref(object);
        let objects = match &object["items"] {
            Value::Array(items) => items.as_slice(),
            _ => single,
        };
        for object in objects {
            let cell = |(_, path): &(String, JsonPath)| {
                let cell = path.cell(object).map_err(Failure::text)?;
                Ok(cell.replace('\u{1b}', "^[").replace('\r', "\\r"))
            };
            lines.push(columns.iter().map(cell).collect::<Result<_, Failure>>()?);
        }
        Ok(self.columns.lay_out(&lines))
    }
}
