//! `get`: the server's tables, objects, and their changes.

use crate::failure::is_not_found;
use std::collections::VecDeque;

use bytes::Bytes;
use kube_proto::api::ApiRequest;
use kube_proto::api::{FieldSelector, GetParams, IncludeObject, ListParams};
use kube_proto::internals::frame::{EventType, event};
use kube_proto::response::{Status, Table};
use serde_json::{Value, json};

use super::change::{ALL_NAMESPACES, FIELD_SELECTOR, SELECTOR};
use super::desk::{Command, Desk, News, Next};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::info::Raw;
use super::object;
use super::output::{Documents, Output};
use super::sort::SortBy;
use super::subject::{Selection, Subject, Words};
use super::table::{self, Printer, Style};
use super::write::{FILES, KUSTOMIZE, RECURSIVE};

pub(super) const GET: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    SELECTOR,
    FIELD_SELECTOR,
    ALL_NAMESPACES,
    Flag::value(
        "output",
        "''",
        "One of: json, yaml, name, wide, jsonpath=..., jsonpath-as-json=..., custom-columns=....",
    )
    .short('o'),
    Flag::switch(
        "allow-missing-template-keys",
        "Members of a template that do not exist are no failure; by default on.",
    ),
    Flag::value("sort-by", "''", "Sort by this field: .metadata.name."),
    Flag::switch("watch", "After listing or getting the objects, watch for changes.").short('w'),
    Flag::switch("watch-only", "Watch for changes, without listing first."),
    Flag::switch("output-watch-events", "Print the type of each event of a watch."),
    Flag::switch("ignore-not-found", "A missing object is no failure."),
    Flag::switch("show-managed-fields", "Keep managedFields when printing JSON or YAML."),
    Flag::value("chunk-size", "500", "The size of a list's pages; 0 is all at once."),
    Flag::value("raw", "''", "Print the server's answer for this path."),
];

pub(super) fn get(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    if let Some(path) = flags.some_text("raw") {
        if !words.is_empty() {
            return Err("arguments may not be passed when --raw is specified".into());
        }
        return Ok(Box::new(Raw::new(path)));
    }
    if words.is_empty() && !flags.has("filename") {
        return Err(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
                    supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" \
                    for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for \
                    help and examples"
                .into(),
        );
    }
    let selection = Selection::parse(words, flags)?;
    let formats = ["custom-columns", "json", "jsonpath", "jsonpath-as-json", "name", "wide", "yaml"];
    let output = Output::parse(flags, &formats)?;
    let sort = flags.some_text("sort-by").map(|field| SortBy::parse(&field)).transpose()?;
    let (watch, only) = (flags.is_on("watch") || flags.is_on("watch-only"), flags.is_on("watch-only"));
    let events = flags.is_on("output-watch-events");
    if events && !watch {
        return Err("--output-watch-events option can only be used with --watch or --watch-only".into());
    }
    for option in ["show-labels", "label-columns"] {
        if flags.has(option) && !matches!(output, Output::Text | Output::Wide) {
            let name = flags.text("output").unwrap_or_default();
            return Err(format!("--{option} option cannot be used with {name} printer"));
        }
    }
    if watch {
        match &selection.words {
            Words::Types { types, names } if types.len() == 1 && names.len() <= 1 => {}
            Words::Pairs(pairs) if pairs.len() == 1 => {}
            Words::Types { types, .. } if types.len() > 1 => {
                return Err("you may only specify a single resource type".into());
            }
            _ => {
                return Err("watch is only supported on individual resources and resource collections - more than 1 \
                            resource was found"
                    .into());
            }
        }
    }
    let selection = if sort.is_some() { selection.in_one_page() } else { selection };
    Ok(Box::new(Get {
        selection,
        sort,
        output,
        style: Style::parse(flags),
        watch: watch.then_some(Watch { only, events }),
        ignore_not_found: flags.is_on("ignore-not-found"),
        managed_fields: flags.is_on("show-managed-fields"),
        queue: None,
        asked: None,
        groups: Vec::new(),
        tables: Vec::new(),
        objects: Vec::new(),
        several: false,
        namespaced: false,
        answered: None,
        printed: Documents::default(),
        following: None,
    }))
}

#[derive(Clone, Copy, Debug)]
struct Watch {
    /// Do not print the existing objects.
    only: bool,
    /// Print the types of events.
    events: bool,
}

#[derive(Debug)]
struct Get {
    selection: Selection,
    sort: Option<SortBy>,
    output: Output,
    style: Style,
    watch: Option<Watch>,
    ignore_not_found: bool,
    managed_fields: bool,
    queue: Option<VecDeque<(Subject, Option<String>)>>,
    asked: Option<Subject>,
    /// Tables; consecutive ones of one resource are joined.
    groups: Vec<(Subject, Table)>,
    /// What several sorted tables are sorted by.
    tables: Vec<Value>,
    /// Objects, for JSON, YAML and names; each with its resource.
    objects: Vec<(Subject, Value)>,
    /// Several kinds: names need their kind.
    several: bool,
    /// All subjects are in the namespace of the command.
    namespaced: bool,
    /// The last subject and the version of its answer, from which a watch continues.
    answered: Option<(Subject, String)>,
    printed: Documents,
    following: Option<Following>,
}

/// The running watch.
#[derive(Debug)]
struct Following {
    subject: Subject,
    printer: Printer,
    /// The version of the printed object.
    known: Option<String>,
}

impl Command for Get {
    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        if self.following.is_some() {
            return self.follow(news, desk);
        }
        if let Some(subject) = self.asked.take() {
            match news {
                News::Answer(answer) => self.answered(subject, &answer.value)?,
                News::Failed(error) if is_not_found(&error) && self.ignore_not_found => {}
                News::Failed(error) => desk.fail(self.selection.failure(&error, &subject)),
                _ => {}
            }
        }
        if self.queue.is_none() {
            let subjects = self.selection.subjects(desk)?;
            let namespaced = subjects.iter().all(|subject| subject.namespace.is_some());
            self.namespaced = namespaced && !self.selection.all_namespaces();
            self.several = subjects.iter().any(|subject| subject.resource() != subjects[0].resource());
            self.queue = Some(subjects.into_iter().map(|subject| (subject, None)).collect());
        }
        if let Some((subject, token)) = self.queue.as_mut().and_then(VecDeque::pop_front) {
            let request = self.request(&subject, token.as_deref());
            self.asked = Some(subject);
            return Ok(Next::call(request));
        }
        match self.watch {
            Some(watch) if !*desk.failed => self.begin(watch, desk),
            _ => {
                self.print(desk)?;
                Ok(Next::Done)
            }
        }
    }
}

impl Get {
    fn is_table(&self) -> bool {
        matches!(self.output, Output::Text | Output::Wide)
    }

    fn request(&self, subject: &Subject, token: Option<&str>) -> ApiRequest {
        let request = match &subject.name {
            Some(name) => subject.target().get(name, &GetParams::default()),
            None => subject.target().list(&self.selection.list(token)),
        };
        match &self.sort {
            _ if !self.is_table() => request,
            Some(_) => request.as_table(IncludeObject::Object),
            None => request.as_table(IncludeObject::Metadata),
        }
    }

    fn answered(&mut self, subject: Subject, body: &Bytes) -> Result<(), Failure> {
        let mut document = object::decode(body)?;
        if let (Some(sort), true) = (&self.sort, self.is_table()) {
            sort_rows(sort, &mut document);
            self.tables.push(json!({"kind": document["kind"], "metadata": document["metadata"]}));
        }
        let text = |field: &str| document["metadata"][field].as_str().unwrap_or_default().to_owned();
        let (token, mut version) = (text("continue"), text("resourceVersion"));
        if self.is_table() {
            let table = to_table(document, subject.name.is_none())?;
            if let (Some(_), Some(own)) = (&subject.name, row_version(&table)) {
                version = own;
            }
            match self.groups.last_mut().filter(|(last, _)| last.resource() == subject.resource()) {
                Some((_, group)) => {
                    group.rows.extend(table.rows);
                    group.metadata = table.metadata;
                }
                None => self.groups.push((subject.clone(), table)),
            }
        } else if subject.name.is_some() {
            self.objects.push((subject.clone(), document));
        } else {
            for mut item in object::items(document) {
                object::adopt(&mut item, subject.resource());
                self.objects.push((subject.clone(), item));
            }
        }
        self.answered = Some((subject.clone(), version));
        if !token.is_empty() {
            self.queue.get_or_insert_default().push_front((subject, Some(token)));
        }
        Ok(())
    }

    fn print(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        if let (Some(sort), [_, _, ..]) = (&self.sort, self.tables.as_slice()) {
            // kubectl sorts several tables by a field of the tables, and not of their objects.
            sort.sort(&mut self.tables, |table| table)?;
        }
        let mut wrote = false;
        for (subject, table) in std::mem::take(&mut self.groups) {
            let style = Style { kinds: self.style.kinds || self.several, ..self.style.clone() };
            let text = Printer::new(style, subject.resource()).print(table, None);
            if text.is_empty() {
                continue;
            }
            if wrote && self.style.headings {
                desk.out("\n");
            }
            wrote = true;
            desk.out(text);
        }
        let mut objects = std::mem::take(&mut self.objects);
        if self.is_table() {
            if !wrote && !self.ignore_not_found && !*desk.failed {
                self.say_nothing(desk);
            }
            return Ok(());
        }
        let single = matches!(&self.selection.words, Words::Pairs(pairs) if pairs.len() == 1)
            || matches!(&self.selection.words, Words::Types { types, names } if types.len() == 1 && names.len() == 1)
            || (self.selection.words == Words::Files && objects.len() == 1);
        if let (Some(sort), false) = (&self.sort, single) {
            sort.sort(&mut objects, |(_, object)| object)?;
        }
        if self.output == Output::Name {
            return objects.into_iter().try_for_each(|(subject, object)| self.document(desk, &subject, object, None));
        }
        let mut objects = objects.into_iter();
        match (single, objects.next()) {
            (true, Some((subject, object))) => self.document(desk, &subject, object, None)?,
            (true, None) => {}
            (false, first) => {
                if *desk.failed && first.is_none() {
                    return Ok(());
                }
                let items = first.into_iter().chain(objects).map(|(_, object)| self.trimmed(object)).collect();
                desk.out(self.printed.print(&self.output, &object::list_of(items))?);
            }
        }
        Ok(())
    }

    fn say_nothing(&self, desk: &mut Desk<'_>) {
        let namespace = desk.namespace.to_owned();
        if self.namespaced {
            desk.err(&format!("No resources found in {namespace} namespace."));
        } else {
            desk.err("No resources found");
        }
    }

    fn trimmed(&self, mut object: Value) -> Value {
        if !self.managed_fields && self.output.is_document() {
            object::without_managed_fields(&mut object);
        }
        object
    }

    /// Prints one object as a document or a name, and in a watch possibly the type of its event.
    fn document(
        &mut self,
        desk: &mut Desk<'_>,
        subject: &Subject,
        object: Value,
        event: Option<&str>,
    ) -> Result<(), Failure> {
        if self.output == Output::Name {
            desk.out(format!("{}/{}\n", object::kind_name(subject.resource()), object::name(&object)));
            return Ok(());
        }
        let object = self.trimmed(object);
        desk.out(match event {
            Some(event) => self.printed.event(&self.output, event, &object)?,
            None => self.printed.print(&self.output, &object)?,
        });
        Ok(())
    }

    /// Prints the existing objects, and starts the watch.
    fn begin(&mut self, watch: Watch, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let added = watch.events.then_some("ADDED");
        let Some((subject, version)) = self.answered.take() else { return Ok(Next::Done) };
        let mut printer = Printer::new(self.style.clone(), subject.resource());
        for (_, table) in std::mem::take(&mut self.groups) {
            // The printer takes the columns even without the rows.
            let table = if watch.only { Table { rows: Vec::new(), ..table } } else { table };
            desk.out(printer.print(table, added));
        }
        for (subject, object) in std::mem::take(&mut self.objects) {
            if !watch.only {
                self.document(desk, &subject, object, added)?;
            }
        }
        // The version of a single object may be too old for a watch. `0` is about now, and sends the object once more.
        let named = subject.name.is_some();
        let from = if named { "0" } else { version.as_str() };
        let choice = match &subject.name {
            Some(name) => ListParams::default().field_selector(FieldSelector::name(name).to_string()),
            None => self.selection.list(None),
        };
        let mut params = choice.to_watch(from);
        params.allow_bookmarks = false;
        let request = subject.target().watch(&params);
        let request = if self.is_table() { request.as_table(IncludeObject::Metadata) } else { request };
        self.following = Some(Following { subject, printer, known: named.then_some(version) });
        Ok(Next::Events(Box::new(request)))
    }

    fn follow(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let document = match news {
            News::Event(document) => document,
            News::Failed(error) => return Err(error.into()),
            // Servers end every watch after a while.
            _ => return Ok(Next::Done),
        };
        let unknown = || Failure::text("a document of the watch is no event");
        let Some((kind, object)) = event(&document) else { return Err(unknown()) };
        let name = match kind {
            EventType::Added => "ADDED",
            EventType::Modified => "MODIFIED",
            EventType::Deleted => "DELETED",
            EventType::Bookmark => return Ok(Next::More),
            EventType::Error => {
                let status: Status = kube_proto::json::from_slice(object).map_err(|_| unknown())?;
                return Err(Failure(status.kubectl_message()));
            }
            EventType::Other(_) => return Err(unknown()),
        };
        let shown = self.watch.filter(|watch| watch.events).map(|_| name);
        let object: Value = kube_proto::json::from_slice(object).map_err(|_| unknown())?;
        let Some(mut following) = self.following.take() else { return Ok(Next::Done) };
        if self.is_table() {
            let table = to_table(object, false)?;
            if !following.is_known(row_version(&table).as_deref()) {
                desk.out(following.printer.print(table, shown));
            }
        } else if !following.is_known(object["metadata"]["resourceVersion"].as_str()) {
            self.document(desk, &following.subject.clone(), object, shown)?;
        }
        self.following = Some(following);
        Ok(Next::More)
    }
}

impl Following {
    /// Whether the event repeats the printed object, as the first event of a watch may.
    fn is_known(&mut self, version: Option<&str>) -> bool {
        let known = self.known.take();
        known.is_some() && known.as_deref() == version
    }
}

/// Sorts the rows of a table. Without the field in any object, kubectl finds nothing to print.
fn sort_rows(sort: &SortBy, table: &mut Value) {
    if let Some(Value::Array(rows)) = table.get_mut("rows")
        && rows.len() > 1
        && sort.sort(rows, |row| &row["object"]).is_err()
    {
        rows.clear();
    }
}

/// The version of the object of the first row.
fn row_version(table: &Table) -> Option<String> {
    table.rows.first()?.object.as_ref()?.metadata.resource_version.clone()
}

/// The server's table, or one made from its objects.
fn to_table(document: Value, list: bool) -> Result<Table, Failure> {
    if document["kind"] == "Table" {
        return object::typed(&document).map_err(|error| Failure::text(format!("no table: {error}")));
    }
    let metadata = object::typed(&document["metadata"]).unwrap_or_default();
    let objects = if list { object::items(document) } else { vec![document] };
    Ok(Table { metadata, ..table::of_objects(objects) })
}

/// The beginning of the error if no type is named; kubectl prints it without `error:`.
pub(super) const NO_TYPE: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a \
                                  complete list of supported resources.";
