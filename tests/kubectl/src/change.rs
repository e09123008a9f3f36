//! `patch`, `label`, `annotate` and `scale`: a part of an object.

use std::collections::BTreeMap;

use bytes::Bytes;
use kube_proto::api::ApiRequest;
use kube_proto::api::{GetParams, Patch, PatchParams, PatchType, Subresource};
use kube_proto::yaml;
use serde_json::{Map, Value, json};

use super::desk::{Command, Desk};
use super::each::{Action, Each};
use super::failure::Failure;
use super::flags::{Flag, Flags};
use super::object::{self, DryRun, Report};
use super::subject::{Fetch, Finder, Selection, Thing};
use super::write::{DRY_RUN, FIELD_MANAGER, FILES, KUSTOMIZE, OUTPUT, RECURSIVE};

pub(super) const PATCH: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    OUTPUT,
    DRY_RUN,
    FIELD_MANAGER,
    Flag::value("patch", "''", "The patch, JSON or YAML.").short('p'),
    Flag::value("type", "strategic", "The type of the patch: strategic, merge or json."),
    Flag::value("subresource", "''", "Patch this subresource: status, scale, resize."),
];
pub(super) const LABEL: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    OUTPUT,
    DRY_RUN,
    FIELD_MANAGER,
    SELECTOR,
    FIELD_SELECTOR,
    ALL,
    ALL_NAMESPACES,
    Flag::switch("overwrite", "Change existing values."),
    Flag::value("resource-version", "''", "Only if the object has this version."),
];
pub(super) const SCALE: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    OUTPUT,
    DRY_RUN,
    SELECTOR,
    ALL,
    Flag::value("replicas", "0", "The new number of replicas."),
    Flag::value("current-replicas", "-1", "Only if this is the current number."),
    Flag::value("resource-version", "''", "Only if the object has this version."),
];
pub(super) const SELECTOR: Flag = Flag::value("selector", "''", "Only objects with matching labels.").short('l');
pub(super) const FIELD_SELECTOR: Flag = Flag::value("field-selector", "''", "Only objects with matching fields.");
pub(super) const ALL: Flag = Flag::switch("all", "All objects of the types, in the namespace.");
pub(super) const ALL_NAMESPACES: Flag = Flag::switch("all-namespaces", "In all namespaces.").short('A');

fn finder(words: &[String], flags: &Flags) -> Result<Finder, String> {
    let selection = Selection::parse(words, flags)?;
    if !selection.is_explicit() {
        return Err("resource(s) were provided, but no name was specified".into());
    }
    Ok(Finder::new(selection, Fetch::Whole, false))
}

pub(super) fn patch(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let text = flags.text("patch").filter(|text| !text.is_empty());
    let text = text.ok_or("must specify --patch or --patch-file containing the contents of the patch")?;
    let kind = match flags.text("type").unwrap_or("strategic").to_lowercase().as_str() {
        "strategic" => PatchType::Strategic,
        "merge" => PatchType::Merge,
        "json" => PatchType::Json,
        other => return Err(format!("--type must be one of [json merge strategic], not {other:?}")),
    };
    // Text that looks like JSON is sent unchanged, and the server reports its errors.
    let patch = if text.trim_start().starts_with('{') {
        Patch::text(kind, text.to_owned())
    } else {
        let first = yaml::documents(text).next().unwrap_or(Ok(Value::Null));
        Patch::new(kind, &first.map_err(|error| format!("unable to parse {text:?}: yaml: {error}"))?)
    };
    if Report::parse(flags)?.dry_run == DryRun::Client {
        return Err(
            "--dry-run=client of a patch is not served here: use --dry-run=server, which asks the server".into()
        );
    }
    let manager = flags.some_text("field-manager").unwrap_or_else(|| "kubectl-patch".into());
    let action =
        PatchAction { patch, manager, subresource: flags.some_text("subresource"), report: Report::parse(flags)? };
    Ok(Box::new(Each::new(finder(words, flags)?, action)))
}

#[derive(Debug)]
struct PatchAction {
    patch: Patch,
    manager: String,
    subresource: Option<String>,
    report: Report,
}

impl Action for PatchAction {
    fn request(&mut self, thing: &mut Thing, _desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure> {
        let mut target = thing.target();
        target.subresource = self.subresource.clone().map(Subresource::named);
        let mut params = PatchParams::default().field_manager(&self.manager);
        params.dry_run = self.report.dry_run.is_server();
        Ok(Some(target.patch(&thing.name, &self.patch, &params)))
    }

    fn answered(
        &mut self,
        thing: &mut Thing,
        answer: &Bytes,
        desk: &mut Desk<'_>,
    ) -> Result<Option<ApiRequest>, Failure> {
        let object = object::decode(answer)?;
        let done = if object == thing.object { "patched (no change)" } else { "patched" };
        self.report.print(desk, &thing.found.resource, &object, done);
        Ok(None)
    }

    fn nothing(&mut self, _desk: &mut Desk<'_>) -> Result<(), Failure> {
        Err(Failure::text("no objects passed to patch"))
    }
}

pub(super) fn label(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    pairs(
        &Pairs { field: "labels", one: "label", done: ["labeled", "unlabeled", "modified", "not labeled"] },
        words,
        flags,
    )
}

pub(super) fn annotate(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let done = ["annotated", "annotated", "annotated", "annotated"];
    pairs(&Pairs { field: "annotations", one: "annotation", done }, words, flags)
}

/// Labels or annotations.
#[derive(Clone, Copy, Debug)]
struct Pairs {
    field: &'static str,
    one: &'static str,
    /// The messages after adding, removing, both, or none.
    done: [&'static str; 4],
}

fn pairs(kind: &Pairs, words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    // `key=value` sets, `key-` removes; they follow the resources.
    let is_pair =
        |word: &String| (word.contains('=') && !word.starts_with('=')) || (word.ends_with('-') && word != "-");
    let at = words.iter().position(is_pair).unwrap_or(words.len());
    let (resources, changes) = words.split_at(at);
    if let Some(late) = changes.iter().find(|word| !is_pair(word)) {
        return Err(format!("all resources must be specified before {} changes: {late}", kind.one));
    }
    if changes.is_empty() {
        return Err(format!("at least one {} update is required", kind.one));
    }
    if resources.is_empty() && !flags.has("filename") {
        return Err("one or more resources must be specified as <resource> <name> or <resource>/<name>".into());
    }
    let mut wanted = BTreeMap::new();
    for change in changes {
        let (key, value) = match change.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (change.strip_suffix('-').unwrap_or(change), None),
        };
        let complaints = match &value {
            Some(value) if kind.field == "labels" => kube_test_server::label_value(value),
            _ => Vec::new(),
        };
        if !complaints.is_empty() {
            return Err(format!("invalid label value: {change:?}: {}", complaints.join(";")));
        }
        if wanted.insert(key.to_owned(), value.clone()).is_some_and(|before| before.is_some() != value.is_some()) {
            return Err(format!("can not both modify and remove a {} in the same command", kind.one));
        }
    }
    let manager = if kind.field == "labels" { "kubectl-label" } else { "kubectl-annotate" };
    let action = PairsAction {
        kind: *kind,
        wanted,
        overwrite: flags.is_on("overwrite"),
        resource_version: flags.some_text("resource-version"),
        manager: flags.some_text("field-manager").unwrap_or_else(|| manager.into()),
        done: "",
        report: Report::parse(flags)?,
    };
    Ok(Box::new(Each::new(finder(resources, flags)?, action)))
}

#[derive(Debug)]
struct PairsAction {
    kind: Pairs,
    /// Values to set; `None` for keys to remove.
    wanted: BTreeMap<String, Option<String>>,
    overwrite: bool,
    resource_version: Option<String>,
    manager: String,
    done: &'static str,
    report: Report,
}

impl Action for PairsAction {
    fn request(&mut self, thing: &mut Thing, desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure> {
        let Pairs { field, one, done: [added_text, removed_text, both_text, none_text] } = self.kind;
        let present = |key: &String| thing.object["metadata"][field].get(key).and_then(Value::as_str);
        let mut changes = Map::new();
        let (mut added, mut removed) = (false, false);
        for (key, wanted) in &self.wanted {
            match (present(key), wanted) {
                (Some(now), Some(value)) if now == value => {}
                (Some(now), Some(_)) if !self.overwrite => {
                    return Err(Failure::text(format!(
                        "'{key}' already has a value ({now}), and --overwrite is false"
                    )));
                }
                (_, Some(value)) => {
                    added = true;
                    changes.insert(key.clone(), value.as_str().into());
                }
                (Some(_), None) => {
                    removed = true;
                    changes.insert(key.clone(), Value::Null);
                }
                (None, None) => desk.out(format!("{one} {key:?} not found.\n")),
            }
        }
        self.done = match (added, removed) {
            (true, true) => both_text,
            (true, false) => added_text,
            (false, true) => removed_text,
            (false, false) => {
                self.report.print(desk, &thing.found.resource, &thing.object, none_text);
                return Ok(None);
            }
        };
        if self.report.dry_run == DryRun::Client {
            let mut object = thing.object.clone();
            for (key, value) in changes {
                match (value, &mut object["metadata"][field]) {
                    (Value::Null, Value::Object(now)) => drop(now.remove(&key)),
                    (value, now) => now[key] = value,
                }
            }
            self.report.print(desk, &thing.found.resource, &object, self.done);
            return Ok(None);
        }
        let mut patch = json!({"metadata": {field: changes}});
        if let Some(version) = &self.resource_version {
            patch["metadata"]["resourceVersion"] = version.as_str().into();
        }
        let mut params = PatchParams::default().field_manager(&self.manager);
        params.dry_run = self.report.dry_run.is_server();
        Ok(Some(thing.target().patch(&thing.name, &Patch::merge(&patch), &params)))
    }

    fn answered(
        &mut self,
        thing: &mut Thing,
        answer: &Bytes,
        desk: &mut Desk<'_>,
    ) -> Result<Option<ApiRequest>, Failure> {
        let object = object::decode(answer)?;
        self.report.print(desk, &thing.found.resource, &object, self.done);
        Ok(None)
    }

    fn nothing(&mut self, desk: &mut Desk<'_>) -> Result<(), Failure> {
        desk.err("No resources found");
        Ok(())
    }
}

pub(super) fn scale(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let replicas = flags
        .number::<i32>("replicas")?
        .filter(|replicas| *replicas >= 0)
        .ok_or("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")?;
    let current = flags.number::<i32>("current-replicas")?.unwrap_or(-1);
    if current < -1 {
        return Err("The --current-replicas must specify an integer of -1 or greater".into());
    }
    let action = ScaleAction {
        replicas,
        current: (current >= 0).then_some(current),
        resource_version: flags.some_text("resource-version"),
        checking: false,
        report: Report::parse(flags)?,
    };
    Ok(Box::new(Each::new(finder(words, flags)?, action)))
}

#[derive(Debug)]
struct ScaleAction {
    replicas: i32,
    current: Option<i32>,
    resource_version: Option<String>,
    /// The current request reads the scale, for the preconditions.
    checking: bool,
    report: Report,
}

impl ScaleAction {
    fn patch(&self, thing: &Thing, version: Option<&str>) -> ApiRequest {
        let mut patch = json!({"spec": {"replicas": self.replicas}});
        if let Some(version) = version {
            patch["metadata"] = json!({"resourceVersion": version});
        }
        let mut params = PatchParams::default();
        params.dry_run = self.report.dry_run.is_server();
        thing.target().subresource(Subresource::SCALE).patch(&thing.name, &Patch::merge(&patch), &params)
    }
}

impl Action for ScaleAction {
    fn request(&mut self, thing: &mut Thing, desk: &mut Desk<'_>) -> Result<Option<ApiRequest>, Failure> {
        if self.report.dry_run == DryRun::Client {
            self.report.print(desk, &thing.found.resource, &thing.object, "scaled");
            return Ok(None);
        }
        self.checking = self.current.is_some() || self.resource_version.is_some();
        Ok(Some(if self.checking {
            thing.target().subresource(Subresource::SCALE).get(&thing.name, &GetParams::default())
        } else {
            self.patch(thing, None)
        }))
    }

    fn answered(
        &mut self,
        thing: &mut Thing,
        answer: &Bytes,
        desk: &mut Desk<'_>,
    ) -> Result<Option<ApiRequest>, Failure> {
        let scale = object::decode(answer)?;
        if std::mem::take(&mut self.checking) {
            let replicas = scale["spec"]["replicas"].as_i64().unwrap_or_default();
            let version = scale["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            let differs = |what: &str, expected: &dyn std::fmt::Display, actual: &dyn std::fmt::Display| {
                Err(Failure::text(format!("Expected {what} to be {expected}, was {actual}")))
            };
            return match (self.current, &self.resource_version) {
                (Some(current), _) if i64::from(current) != replicas => differs("replicas", &current, &replicas),
                (_, Some(expected)) if expected != version => differs("resource version", expected, &version),
                _ => Ok(Some(self.patch(thing, Some(version)))),
            };
        }
        // Prints the object and not its Scale. Only in these groups the path of the replicas is known.
        let mut object = thing.object.clone();
        if ["", "apps"].contains(&thing.found.resource.group.as_ref())
            && let Some(spec) = object.get_mut("spec")
        {
            spec["replicas"] = scale["spec"]["replicas"].clone();
        }
        self.report.print(desk, &thing.found.resource, &object, "scaled");
        Ok(None)
    }

    fn nothing(&mut self, _desk: &mut Desk<'_>) -> Result<(), Failure> {
        Err(Failure::text("no objects passed to scale"))
    }
}
