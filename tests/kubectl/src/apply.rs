//! `apply` and `diff`: what objects of files change.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Finding` | an object, and the server merges, and it is no diff | `Writing`: an apply on the server |
//! | `Finding` | an object | `Reading`: asks for it |
//! | `Finding` | none is left, after failures | the end |
//! | `Finding` | none is left | `Pruning` with `--prune`, else the end |
//! | `Reading` | 404 | `Writing`: creates it; reported at once with `--dry-run=client` |
//! | `Reading` | the object, and the server merges | `Writing`: an apply on the server |
//! | `Reading` | the object | `Schema`: asks for the schemas of its group version, once for each |
//! | `Schema` | the schemas, or a failure | `Writing`: a patch; reported at once if it is empty, or with `--dry-run=client` |
//! | `Writing` | the object | reported; `Finding` |
//! | `Reading`, `Writing` | a failure | printed; `Finding` |
//! | `Pruning` | a list, or a deletion | the next one |
//! | `Pruning` | none is left | the end |
//!
//! The end prints the objects, or the differences.

use std::collections::{BTreeMap, BTreeSet};

use kube_proto::Error;
use kube_proto::api::{FieldValidation, GetParams, Patch, PatchParams, PatchType, WriteParams};
use kube_proto::jsonpath::JsonPath;
use kube_proto::schema::{GroupVersionKind, OpenApi, ThreeWay, open_api, three_way};
use serde_json::{Map, Value, json};

use super::change::{ALL, SELECTOR};
use super::desk::{Command, Desk, News, Next};
use super::failure::{Failure, is_not_found};
use super::flags::{Flag, Flags};
use super::manifest::LAST_APPLIED;
use super::object::{self, DryRun, Report};
use super::output::Output;
use super::prune::{ALLOWLIST, PRUNE, Prune, Pruned};
use super::subject::{Fetch, Finder, Found, Selection, Thing};
use super::unified::Differences;
use super::write::{DRY_RUN, FIELD_MANAGER, FILES, KUSTOMIZE, OUTPUT, RECURSIVE, VALIDATE, conflict};

pub(super) const APPLY: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    OUTPUT,
    DRY_RUN,
    FIELD_MANAGER,
    VALIDATE,
    SELECTOR,
    ALL,
    PRUNE,
    ALLOWLIST,
    SERVER_SIDE,
    FORCE_CONFLICTS,
];
pub(super) const DIFF: &[Flag] = &[
    FILES,
    RECURSIVE,
    KUSTOMIZE,
    FIELD_MANAGER,
    SELECTOR,
    PRUNE,
    ALLOWLIST,
    SERVER_SIDE,
    FORCE_CONFLICTS,
    Flag::switch("show-managed-fields", "Also the differences of managedFields."),
    Flag::switch("show-secrets", "Also the values of secrets."),
];
const SERVER_SIDE: Flag = Flag::switch("server-side", "The server merges.");
const FORCE_CONFLICTS: Flag = Flag::switch("force-conflicts", "Take fields away from other managers.");

pub(super) fn apply(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    let report = Report::parse(flags)?;
    if flags.is_on("force-conflicts") && !flags.is_on("server-side") {
        return Err("--force-conflicts only works with --server-side".into());
    }
    if report.dry_run == DryRun::Client && flags.is_on("server-side") {
        return Err("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)".into());
    }
    if flags.is_on("prune") && !flags.is_on("all") && !flags.has("selector") {
        return Err("all resources selected for prune without explicitly passing --all. To prune all resources, pass \
                    the --all flag. If you did not mean to prune all resources, specify a label selector"
            .into());
    }
    command("apply", words, flags, Goal::Apply, report)
}

pub(super) fn diff(words: &[String], flags: &Flags) -> Result<Box<dyn Command>, String> {
    if flags.is_on("force-conflicts") && !flags.is_on("server-side") {
        return Err("--force-conflicts only works with --server-side".into());
    }
    let differences = Differences::new(flags.is_on("show-managed-fields"), flags.is_on("show-secrets"));
    let mut report = Report::parse(flags)?;
    report.dry_run = DryRun::Server;
    command("diff", words, flags, Goal::Diff(differences), report)
}

fn command(
    verb: &str,
    words: &[String],
    flags: &Flags,
    goal: Goal,
    report: Report,
) -> Result<Box<dyn Command>, String> {
    if !flags.has("filename") {
        return Err("must specify one of -f and -k".into());
    }
    if !words.is_empty() {
        let words = words.join(" ");
        return Err(format!("Unexpected args: [{words}]\nSee 'kubectl {verb} -h' for help and examples"));
    }
    let server = flags.is_on("server-side");
    let manager = if server { "kubectl" } else { "kubectl-client-side-apply" };
    let selection = Selection::parse(words, flags)?;
    let prune = flags.is_on("prune").then(|| Prune::parse(flags)).transpose()?;
    Ok(Box::new(Apply {
        goal,
        server,
        force: flags.is_on("force-conflicts"),
        manager: flags.some_text("field-manager").unwrap_or_else(|| manager.to_owned()),
        validation: super::write::validation(flags)?,
        report,
        labels: selection.labels.clone(),
        finder: Finder::new(selection, Fetch::Nothing, false),
        own_namespace: flags.has("namespace"),
        prune,
        schemas: BTreeMap::new(),
        namespaces: BTreeSet::new(),
        uids: BTreeSet::new(),
        objects: Vec::new(),
        found: false,
        stage: Stage::Finding,
    }))
}

#[derive(Debug)]
enum Goal {
    Apply,
    Diff(Differences),
}

#[derive(Debug)]
struct Apply {
    goal: Goal,
    /// The server merges.
    server: bool,
    force: bool,
    manager: String,
    validation: FieldValidation,
    report: Report,
    /// Only objects of the files with these labels.
    labels: Option<String>,
    finder: Finder,
    /// The command line names the namespace.
    own_namespace: bool,
    prune: Option<Prune>,
    /// The schemas of group versions; `None` if the server has none.
    schemas: BTreeMap<(String, String), Option<OpenApi>>,
    namespaces: BTreeSet<String>,
    uids: BTreeSet<String>,
    /// What to print at the end.
    objects: Vec<Value>,
    found: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Finding,
    Reading(Box<Thing>),
    Schema(Box<Thing>, Live),
    Writing(Box<Thing>, Live, &'static str),
    Pruning,
}

/// The object before.
#[derive(Default)]
struct Live(Option<Value>);

impl std::fmt::Debug for Live {
    /// Leaves out the object: it may be a Secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Live").field(&self.0.is_some()).finish()
    }
}

impl Command for Apply {
    fn exit_code(&self) -> u8 {
        match self.goal {
            Goal::Apply => 1,
            Goal::Diff(_) => 2,
        }
    }

    fn next(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let step = match std::mem::replace(&mut self.stage, Stage::Finding) {
            Stage::Finding => {
                self.finder.take(news, desk)?;
                Ok(None)
            }
            Stage::Reading(thing) => self.read(thing, news, desk),
            Stage::Schema(thing, live) => {
                let key = version_of(&thing);
                self.schemas.insert(key, if let News::Schemas(schemas) = news { Some(schemas) } else { None });
                self.patch(thing, live, desk)
            }
            Stage::Writing(thing, live, done) => self.written(&thing, &live, done, news, desk).map(|()| None),
            Stage::Pruning => return self.prune(news, desk),
        };
        match step {
            Ok(Some(next)) => return Ok(next),
            Ok(None) => {}
            Err(failure) => desk.fail(failure),
        }
        loop {
            match self.finder.next(desk)? {
                Found::Ask(request) => return Ok(Next::Call(request)),
                Found::Thing(thing) if !self.is_chosen(&thing)? => {}
                Found::Thing(thing) => {
                    self.found = true;
                    match self.begin(thing, desk) {
                        Ok(Some(next)) => return Ok(next),
                        Ok(None) => {}
                        Err(failure) => desk.fail(failure),
                    }
                }
                Found::Nothing if *desk.failed => return Ok(Next::Done),
                Found::Nothing if !self.found && matches!(self.goal, Goal::Apply) => {
                    return Err(Failure::text("no objects passed to apply"));
                }
                Found::Nothing => return self.end(desk),
            }
        }
    }
}

impl Apply {
    /// Whether the labels of the file's object match.
    fn is_chosen(&self, thing: &Thing) -> Result<bool, Failure> {
        let Some(labels) = &self.labels else { return Ok(true) };
        let selector: kube_proto::api::LabelSelector = labels.parse().map_err(Failure::text)?;
        let own = thing.manifest.as_ref().and_then(|it| it.object.get("metadata")?.get("labels")?.as_object());
        let text = |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap_or_default().to_owned());
        Ok(selector.matches(&own.into_iter().flatten().map(text).collect()))
    }

    fn begin(&mut self, mut thing: Box<Thing>, _desk: &mut Desk<'_>) -> Result<Option<Next>, Failure> {
        self.namespaces.extend(thing.namespace.clone());
        let namespace = thing.namespace.clone();
        let Some(manifest) = &mut thing.manifest else { return Ok(None) };
        manifest.within(namespace.as_deref());
        if thing.name.is_empty() {
            return Err(match manifest.meta("generateName") {
                "" => Failure::text(format!(
                    "error when retrieving current configuration of {:?}: resource name may not be empty",
                    manifest.source
                )),
                prefix => Failure::text(format!("from {prefix}: cannot use generate name with apply")),
            });
        }
        if self.server && matches!(self.goal, Goal::Apply) {
            return Ok(Some(self.on_server(thing, Live(None))));
        }
        let request = thing.target().get(&thing.name, &GetParams::default());
        self.stage = Stage::Reading(thing);
        Ok(Some(Next::call(request)))
    }

    fn read(&mut self, thing: Box<Thing>, news: News, desk: &mut Desk<'_>) -> Result<Option<Next>, Failure> {
        let live = match news {
            News::Answer(answer) => object::decode(&answer.value)?,
            News::Failed(error) if is_not_found(&error) && self.server => {
                return Ok(Some(self.on_server(thing, Live(None))));
            }
            News::Failed(error) if is_not_found(&error) => return self.create(thing, desk),
            News::Failed(error) => {
                let verb = format!("retrieving current configuration of:\n{}\nfrom server for:", information(&thing));
                return Err(Failure::about(&error, &verb, thing.source()));
            }
            _ => return Ok(None),
        };
        if self.server {
            return Ok(Some(self.on_server(thing, Live(Some(live)))));
        }
        if matches!(self.goal, Goal::Apply) {
            self.uids.extend(live["metadata"]["uid"].as_str().map(str::to_owned));
            if live["metadata"]["annotations"].get(LAST_APPLIED).is_none() {
                let name = format!("{}/{}", thing.found.resource.plural, thing.name);
                desk.err(&format!(
                    "Warning: resource {name} is missing the {LAST_APPLIED} annotation which is required by kubectl \
                     apply. kubectl apply should only be used on resources created declaratively by either kubectl \
                     create --save-config or kubectl apply. The missing annotation will be patched automatically."
                ));
            }
        }
        let (group, version) = version_of(&thing);
        if self.schemas.contains_key(&(group.clone(), version.clone())) {
            return self.patch(thing, Live(Some(live)), desk);
        }
        self.stage = Stage::Schema(thing, Live(Some(live)));
        Ok(Some(Next::Schemas(Box::new(open_api(group, version)))))
    }

    /// An apply on the server.
    fn on_server(&mut self, thing: Box<Thing>, live: Live) -> Next {
        let mut params = PatchParams::default().field_manager(&self.manager);
        if matches!(self.goal, Goal::Apply) {
            params = params.field_validation(self.validation);
        }
        (params.force, params.dry_run) = (self.force, self.report.dry_run.is_server());
        let object = thing.manifest.as_ref().map(|manifest| &manifest.object);
        let request = thing.target().patch(&thing.name, &Patch::apply(&object), &params);
        self.stage = Stage::Writing(thing, live, "serverside-applied");
        Next::call(request)
    }

    fn create(&mut self, thing: Box<Thing>, desk: &mut Desk<'_>) -> Result<Option<Next>, Failure> {
        let object = thing.manifest.as_ref().map(|manifest| manifest.object.clone()).unwrap_or_default();
        let mut object = match self.goal {
            Goal::Apply => Value::Object(with_annotation(object, true)?),
            Goal::Diff(_) => Value::Object(object),
        };
        if matches!(self.goal, Goal::Apply) {
            without_nulls(&mut object);
            if self.report.dry_run == DryRun::Client {
                self.done(&thing, object, "created", desk);
                return Ok(None);
            }
        }
        let mut params = WriteParams::default().field_manager(&self.manager);
        if matches!(self.goal, Goal::Apply) {
            params = params.field_validation(self.validation);
        }
        params.dry_run = self.report.dry_run.is_server();
        let request = thing.target().create(&object, &params);
        self.stage = Stage::Writing(thing, Live(None), "created");
        Ok(Some(Next::call(request)))
    }

    /// The patch of a live object.
    fn patch(&mut self, thing: Box<Thing>, live: Live, desk: &mut Desk<'_>) -> Result<Option<Next>, Failure> {
        let Live(Some(now)) = &live else { return Ok(None) };
        let annotates = matches!(self.goal, Goal::Apply);
        let wanted = thing.manifest.as_ref().map(|manifest| manifest.object.clone()).unwrap_or_default();
        let wanted = Value::Object(with_annotation(wanted, annotates)?);
        let last = now["metadata"]["annotations"].get(LAST_APPLIED).and_then(Value::as_str).unwrap_or("{}");
        let last: Value = kube_proto::json::from_str(last).map_err(|error| {
            Failure::text(format!("the annotation {LAST_APPLIED} of {} is no JSON: {error}", thing.name))
        })?;
        let resource = &thing.found.resource;
        let kind = GroupVersionKind::new(&*resource.group, &*resource.version, &*resource.kind);
        let schemas = self.schemas.get(&version_of(&thing)).and_then(Option::as_ref);
        let schema = schemas.and_then(|schemas| schemas.kind(&kind));
        let change = three_way(schema.as_ref(), &last, &wanted, now);
        let is_diff = matches!(self.goal, Goal::Diff(_));
        if self.report.dry_run == DryRun::Client || (change.is_empty() && !is_diff) {
            let done = if change.is_empty() { "unchanged" } else { "configured" };
            self.done(&thing, change.merged, done, desk);
            return Ok(None);
        }
        if change.is_empty() {
            self.differs(&thing, Some(now), &now.clone());
            return Ok(None);
        }
        let ThreeWay { mut patch, is_strategic, .. } = change;
        let mut params = PatchParams::default().field_manager(&self.manager);
        if is_diff {
            // What is shown is what was compared.
            patch["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"].clone();
        } else {
            params = params.field_validation(self.validation);
        }
        params.dry_run = self.report.dry_run.is_server();
        let kind = if is_strategic { PatchType::Strategic } else { PatchType::Merge };
        let request = thing.target().patch(&thing.name, &Patch::new(kind, &patch), &params);
        self.stage = Stage::Writing(thing, live, "configured");
        Ok(Some(Next::call(request)))
    }

    fn written(
        &mut self,
        thing: &Thing,
        live: &Live,
        done: &'static str,
        news: News,
        desk: &mut Desk<'_>,
    ) -> Result<(), Failure> {
        match news {
            News::Answer(answer) => {
                let object = object::decode(&answer.value)?;
                match self.goal {
                    Goal::Apply => self.done(thing, object, done, desk),
                    Goal::Diff(_) => self.differs(thing, live.0.as_ref(), &object),
                }
                Ok(())
            }
            News::Failed(error) => Err(self.refused(thing, &error, done)),
            _ => Ok(()),
        }
    }

    fn refused(&self, thing: &Thing, error: &Error, done: &str) -> Failure {
        match (done, &self.goal) {
            ("serverside-applied", Goal::Apply) => conflict(error),
            (_, Goal::Diff(_)) => Failure::about(error, "", ""),
            ("created", _) => Failure::about(error, "creating", thing.source()),
            // kubectl shows the patch too.
            _ => Failure::about(error, "patching", thing.source()),
        }
    }

    fn done(&mut self, thing: &Thing, object: Value, done: &str, desk: &mut Desk<'_>) {
        self.uids.extend(object["metadata"]["uid"].as_str().map(str::to_owned));
        if !object["metadata"]["deletionTimestamp"].is_null() {
            let name = &thing.name;
            desk.err(&format!("Warning: Detected changes to resource {name} which is currently being deleted."));
        }
        match self.report.output {
            Output::Text | Output::Wide | Output::Name => {
                self.report.print(desk, &thing.found.resource, &object, done);
            }
            _ => self.objects.push(object),
        }
    }

    fn differs(&mut self, thing: &Thing, live: Option<&Value>, merged: &Value) {
        self.uids.extend(merged["metadata"]["uid"].as_str().map(str::to_owned));
        if let Goal::Diff(differences) = &mut self.goal {
            differences.add(&file_name(thing), live, Some(merged));
        }
    }

    /// Prints the objects, and prunes.
    fn end(&mut self, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        let mut objects = std::mem::take(&mut self.objects);
        match objects.len() {
            0 => {}
            1 => self.report.show(desk, &objects.remove(0)),
            _ => {
                let mut list = object::list_of(objects);
                list["metadata"] = json!({});
                self.report.show(desk, &list);
            }
        }
        if let Some(prune) = &mut self.prune {
            let mut namespaces = std::mem::take(&mut self.namespaces);
            if self.own_namespace {
                namespaces.insert(desk.namespace.to_owned());
            }
            prune.begin(desk, namespaces)?;
        }
        self.stage = Stage::Pruning;
        self.prune(News::Start, desk)
    }

    fn prune(&mut self, news: News, desk: &mut Desk<'_>) -> Result<Next, Failure> {
        self.stage = Stage::Pruning;
        let mut news = news;
        while let Some(prune) = &mut self.prune {
            // A diff deletes nothing.
            let deletes = matches!(self.goal, Goal::Apply).then_some(self.report.dry_run);
            match prune.next(std::mem::replace(&mut news, News::Start), &self.uids, deletes)? {
                Pruned::Call(request) => return Ok(Next::Call(request)),
                Pruned::Object(resource, object) => match &mut self.goal {
                    Goal::Apply => self.report.print(desk, &resource, &object, "pruned"),
                    Goal::Diff(differences) => {
                        let name = Prune::file_name(&resource, &object);
                        differences.add_pruned(&name, &object);
                    }
                },
                Pruned::Over => break,
            }
        }
        if let Goal::Diff(differences) = &mut self.goal
            && let Some(text) = differences.text().map_err(Failure::text)?
        {
            desk.out(text);
            return Ok(Next::Exit(1));
        }
        Ok(Next::Done)
    }
}

fn version_of(thing: &Thing) -> (String, String) {
    (thing.found.resource.group.to_string(), thing.found.resource.version.to_string())
}

/// `apps.v1.Deployment.shop.web`, the file of a difference.
fn file_name(thing: &Thing) -> String {
    let resource = &thing.found.resource;
    let group = if resource.group.is_empty() { String::new() } else { format!("{}.", resource.group) };
    let namespace = thing.namespace.as_deref().unwrap_or_default();
    format!("{group}{}.{}.{namespace}.{}", resource.version, resource.kind, thing.name)
}

/// An object as kubectl's errors name it.
fn information(thing: &Thing) -> String {
    let resource = &thing.found.resource;
    let (group, version) = (&resource.group, &resource.version);
    let namespace = thing.namespace.as_deref().unwrap_or_default();
    format!(
        "Resource: \"{group}/{version}, Resource={}\", GroupVersionKind: \"{group}/{version}, Kind={}\"\nName: {:?}, \
         Namespace: {namespace:?}",
        resource.plural, resource.kind, thing.name
    )
}

/// The object with its annotations, and in them, if it `annotates`, the object without that one.
fn with_annotation(mut object: Map<String, Value>, annotates: bool) -> Result<Map<String, Value>, Failure> {
    let no_object = || Failure::text("the metadata of an object or its annotations are no object");
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    let annotations = metadata.as_object_mut().ok_or_else(no_object)?.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    annotations.as_object_mut().ok_or_else(no_object)?.remove(LAST_APPLIED);
    if annotates {
        let object_text = Value::Object(object.clone());
        // Go's JSON: what kubectl has written is the same text.
        let text = JsonPath::parse("{@}{\"\\n\"}").and_then(|all| all.print(&object_text)).map_err(Failure::text)?;
        if let Some(annotations) = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) {
            annotations[LAST_APPLIED] = text.into();
        }
    }
    Ok(object)
}

/// Removes members that are null: an apply that changes an object does not have them either.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
