//! A run: all objects, one after the other.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Begin` | | `Discovering`, with the cache |
//! | `Discovering` | the resources | `Parent` if there is an apply set that has not begun, else `Choosing` |
//! | `Discovering` | a failure, and nothing is known | `Over` with the error |
//! | `Discovering` | a failure, and resources were known | `Choosing`, with those |
//! | `Parent` | the parent is recorded | `Choosing` |
//! | `Parent` | a failure | `Over` with the error |
//! | `Choosing` | written definitions, and the next object is none | `Serving`: the first of them |
//! | `Choosing` | an object whose kind is known | `Object` |
//! | `Choosing` | its kind is unknown, and the server was not asked since the last definition | `Discovering`, anew |
//! | `Choosing` | its kind is unknown | `Choosing`: yields a report with the error |
//! | `Choosing` | none is left | `Pruning` if there is an apply set, else `Over` |
//! | `Object` | done, and it is a written definition | `Choosing`: its report waits |
//! | `Object` | done | `Choosing`: yields its report |
//! | `Serving` | it is served, or not in time | `Choosing`: yields its report |
//! | `Pruning` | a member was deleted, or a failure | `Pruning`: yields a report |
//! | `Pruning` | the end | `Over` |
//! | `Over` | | `Over`; repeats the result |

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::apply_set::ApplySet;
use super::object::{Action, One, Params};
use super::order::{self, Rank};
use super::prune::{Context, Prune, Pruning};
use super::report::{Change, Done, Report};
use super::value::Manifest;
use crate::crd::{Served, is_established, served};
use crate::discovery::{Discovered, Discovering, Discovery, DiscoveryCache, discover};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::{Inner, pass};
use crate::request::{DeleteParams, FieldValidation, Namespace, Target};
use crate::resource::{ApiResource, DynamicObject, Scope, split_api_version};

/// Creates each object. One that exists already is a failure of its own
/// ([`Error::is_already_exists`](crate::Error::is_already_exists)).
pub fn create(manifests: impl IntoIterator<Item = Manifest>) -> Run {
    Run::new(Action::Create, manifests)
}

/// Applies each object on the server: what this field manager wants of it. It is created if it does not exist. A field that another
/// manager owns with another value makes the object a failure
/// ([`Error::is_apply_conflict`](crate::Error::is_apply_conflict)), unless [`Run::force`] takes it.
pub fn apply(manifests: impl IntoIterator<Item = Manifest>, manager: impl Into<String>) -> Run {
    Run::new(Action::Apply, manifests).manager(manager)
}

/// Replaces each object, which must exist. Without a `resourceVersion` of its own it replaces the version that is there: it is read
/// before, and again after a conflict, at most three times.
pub fn replace(manifests: impl IntoIterator<Item = Manifest>) -> Run {
    Run::new(Action::Replace, manifests)
}

/// Deletes each object, the last one first.
pub fn delete(manifests: impl IntoIterator<Item = Manifest>) -> Run {
    Run::new(Action::Delete, manifests)
}

/// Reads each object.
pub fn get(manifests: impl IntoIterator<Item = Manifest>) -> Run {
    Run::new(Action::Get, manifests)
}

/// What [`apply`] would change: each report has the object before, and after. The server stores nothing, but it defaults, validates
/// and admits as for an apply.
///
/// Objects that others in the run would have to make possible first, in a new namespace or of a new kind, are failures.
pub fn diff(manifests: impl IntoIterator<Item = Manifest>, manager: impl Into<String>) -> Run {
    Run::new(Action::Diff, manifests).manager(manager)
}

/// The operation of [`apply`], [`create`], [`replace`], [`delete`], [`get`] and [`diff`]: yields a [`Report`] for each object, in
/// the order in which they were sent. See the [module](super).
///
/// It ends with an error only if discovery fails, or if an apply set cannot be used. It sends one request at a time; those of one run
/// depend on each other. Several runs can go side by side.
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Run {
    action: Action,
    params: Params,
    namespace: Namespace,
    cache: DiscoveryCache,
    in_order: bool,
    serving: Duration,
    prune: Option<Prune>,
    queue: VecDeque<(usize, Manifest)>,
    /// Written definitions whose resource may not be served yet.
    written: VecDeque<(Report, DynamicObject)>,
    discovery: Option<Arc<Discovered>>,
    /// The server was asked for its resources since the last definition.
    current: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Discovering(Box<Discovering>),
    Parent,
    Choosing,
    Object { one: Box<One>, report: Box<Report>, is_definition: bool },
    Serving { served: Box<Served>, report: Box<Report> },
    Pruning,
    Over(Result<(), Error>),
}

impl Run {
    fn new(action: Action, manifests: impl IntoIterator<Item = Manifest>) -> Self {
        Self {
            action,
            params: Params::default(),
            namespace: Namespace::Default,
            cache: DiscoveryCache::new(Duration::MAX),
            in_order: false,
            serving: SERVING,
            prune: None,
            queue: manifests.into_iter().enumerate().collect(),
            written: VecDeque::new(),
            discovery: None,
            current: false,
            stage: Stage::Begin,
        }
    }

    /// The namespace of objects that name none; the session's default namespace unless set. Cluster-scoped objects have none.
    pub fn within(mut self, namespace: impl Into<Namespace>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// The manager of the fields; for [`create`] and [`replace`] the beginning of the session's user agent unless set.
    pub fn manager(mut self, manager: impl Into<String>) -> Self {
        let manager = manager.into();
        self.params.write.field_manager = Some(manager.clone());
        self.params.patch.field_manager = Some(manager);
        self
    }

    /// An apply takes the fields that other managers own.
    pub fn force(mut self) -> Self {
        self.params.patch.force = true;
        self
    }

    /// The server does everything except storing. The reports say what would change.
    pub fn dry_run(mut self) -> Self {
        (self.params.write.dry_run, self.params.patch.dry_run, self.params.delete.dry_run) = (true, true, true);
        self
    }

    /// The treatment of fields that the server does not know.
    pub fn field_validation(mut self, validation: FieldValidation) -> Self {
        (self.params.write.field_validation, self.params.patch.field_validation) = (Some(validation), Some(validation));
        self
    }

    /// How to delete: grace period, propagation. It counts for pruned objects too.
    pub fn deletion(mut self, params: &DeleteParams) -> Self {
        self.params.delete = DeleteParams { dry_run: self.params.delete.dry_run || params.dry_run, ..params.clone() };
        self
    }

    /// Takes the resources from this cache, and stores new ones there. What it lacks is asked for once.
    pub fn cached(mut self, cache: &DiscoveryCache) -> Self {
        self.cache = cache.clone();
        self
    }

    /// Keeps the order of the manifests. Definitions are waited for all the same, before the next object that is none.
    pub fn as_they_come(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// How long to wait until the resource of a definition is served; a minute unless set. Zero does not wait.
    pub fn serving_timeout(mut self, within: Duration) -> Self {
        self.serving = within;
        self
    }

    /// After an apply without failures, deletes the members of this set that are not among the objects. Each object gets the label
    /// of the set.
    pub fn prune(mut self, set: ApplySet) -> Self {
        self.prune = (self.action == Action::Apply).then(|| Prune::new(set));
        if self.prune.is_none() {
            self.stage = Stage::Over(Err(Error::misuse("only an apply prunes")));
        }
        self
    }

    /// All reports at once, for a client's `call`.
    pub fn reports(self) -> AllReports {
        AllReports { run: self, reports: Vec::new(), over: false }
    }

    fn begin(&mut self) -> Stage {
        if !self.in_order {
            order::sort(self.queue.make_contiguous());
        }
        if self.action == Action::Delete {
            self.queue.make_contiguous().reverse();
        }
        Stage::Discovering(Box::new(discover().cached(&self.cache)))
    }

    fn discovered(&mut self, found: Result<Arc<Discovered>, Error>, asked: bool, cx: &Cx<'_>) -> Stage {
        self.current = asked;
        match (found, &self.discovery) {
            (Ok(found), _) => self.discovery = Some(found),
            // What was known is still there.
            (Err(_), Some(_)) => self.current = true,
            (Err(error), None) => return Stage::Over(Err(error)),
        }
        let Some(mut prune) = self.prune.take() else { return Stage::Choosing };
        if prune.has_begun() {
            self.prune = Some(prune);
            return Stage::Choosing;
        }
        for (_, manifest) in &self.queue {
            let (group, _) = split_api_version(manifest.api_version());
            let known =
                self.discovery.as_ref().and_then(|found| found.kind(manifest.api_version(), manifest.kind()).ok());
            // The scope of a kind that is still to be defined is unknown: a namespace too many does no harm.
            let scope = known.map_or(Scope::Namespaced, |known| known.resource.scope);
            prune.add(group, manifest.kind(), self.place(manifest, scope, cx).as_deref());
        }
        self.prune = Some(prune);
        Stage::Parent
    }

    /// The namespace of an object.
    fn place(&self, manifest: &Manifest, scope: Scope, cx: &Cx<'_>) -> Option<String> {
        match (scope, manifest.namespace(), &self.namespace) {
            (Scope::Cluster, ..) => None,
            (Scope::Namespaced, "", Namespace::Named(name)) => Some(name.clone()),
            (Scope::Namespaced, "", Namespace::All | Namespace::Default) => Some(match cx.session.namespace() {
                "" => "default".to_owned(),
                name => name.to_owned(),
            }),
            (Scope::Namespaced, own, _) => Some(own.to_owned()),
        }
    }

    /// The next object, definition to wait for, or the end. A report if an object fails before its first request.
    fn choose(&mut self, cx: &Cx<'_>) -> (Stage, Option<Report>) {
        let next_is_definition = self.queue.front().is_some_and(|(_, manifest)| Rank::of(manifest) == Rank::Definition);
        if !next_is_definition && let Some((report, object)) = self.written.pop_front() {
            let served = served(report.name.clone()).timeout(self.serving).seen(object);
            return (Stage::Serving { served: Box::new(served), report: Box::new(report) }, None);
        }
        let Some((index, manifest)) = self.queue.pop_front() else {
            let Some(prune) = &mut self.prune else { return (Stage::Over(Ok(())), None) };
            let nothing = Discovery::default();
            prune.sent(self.discovery.as_deref().map_or(&nothing, |found| &found.discovery));
            return (Stage::Pruning, None);
        };
        let found = self.discovery.as_ref().map(|found| found.kind(manifest.api_version(), manifest.kind()).cloned());
        match found.unwrap_or_else(|| Err(Error::misuse("nothing is known of the server"))) {
            Ok(found) => self.start(index, manifest, found.resource, cx),
            Err(_) if !self.current => {
                self.queue.push_front((index, manifest));
                (Stage::Discovering(Box::new(discover().cached(&self.cache).anew())), None)
            }
            Err(error) => (Stage::Choosing, Some(self.report(index, &manifest, None, None, Err(error)))),
        }
    }

    fn start(
        &mut self,
        index: usize,
        mut manifest: Manifest,
        resource: ApiResource,
        cx: &Cx<'_>,
    ) -> (Stage, Option<Report>) {
        let namespace = self.place(&manifest, resource.scope, cx);
        let is_definition = Rank::of(&manifest) == Rank::Definition;
        let unfinished = Err(Error::misuse("it was not finished"));
        let mut report = self.report(index, &manifest, namespace.clone(), Some(resource.clone()), unfinished);
        if let Some(prune) = &mut self.prune
            && let Err(text) = manifest.label(ApplySet::PART_OF, &prune.id())
        {
            prune.fail();
            report.result = Err(Error::misuse(text));
            return (Stage::Choosing, Some(report));
        }
        let target = Target::of(resource).within(namespace.map_or(Namespace::All, Namespace::Named));
        let one = Box::new(One::new(self.action, target, manifest));
        (Stage::Object { one, report: Box::new(report), is_definition }, None)
    }

    fn report(
        &mut self,
        index: usize,
        manifest: &Manifest,
        namespace: Option<String>,
        resource: Option<ApiResource>,
        result: Result<Done, Error>,
    ) -> Report {
        let name = match (manifest.name(), manifest.generate_name()) {
            ("", "") => String::new(),
            ("", prefix) => format!("{prefix}*"),
            (name, _) => name.to_owned(),
        };
        if let (Some(prune), None) = (&mut self.prune, &resource) {
            prune.fail();
        }
        Report {
            index: Some(index),
            api_version: manifest.api_version().to_owned(),
            kind: manifest.kind().to_owned(),
            namespace,
            name,
            resource,
            warnings: Vec::new(),
            result,
        }
    }

    /// An object is done. `None` if its report waits until a definition is served.
    fn done(&mut self, mut report: Report, is_definition: bool) -> Option<Report> {
        let object = report.result.as_ref().ok().and_then(|done| done.object.as_ref());
        if let Some(name) = object.and_then(|object| object.metadata.name.as_ref()) {
            report.name.clone_from(name);
        }
        if let Some(prune) = &mut self.prune {
            match &report.result {
                Ok(_) => prune.visit(object.and_then(|object| object.metadata.uid.as_deref())),
                Err(_) => prune.fail(),
            }
        }
        let writes = matches!(self.action, Action::Create | Action::Apply | Action::Replace);
        let stores = writes && !self.params.write.dry_run;
        if is_definition
            && stores
            && let Some(object) = object.cloned()
        {
            let changed = report.change() != Some(Change::Unchanged);
            self.current &= !changed;
            if !self.serving.is_zero() && (changed || !is_established(&object)) {
                // The conditions after a change may be those of before.
                let seen = if changed { DynamicObject::default() } else { object };
                self.written.push_back((report, seen));
                return None;
            }
        }
        Some(report)
    }

    fn advance(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Report> {
        loop {
            let (next, report) = match &mut self.stage {
                Stage::Begin => (self.begin(), None),
                Stage::Discovering(discovering) => {
                    let found = match pass!(discovering.resume(input.take(), cx)) {
                        Inner::Yield(found) => Ok(found),
                        Inner::Done(result) => Err(result.err().unwrap_or_else(|| Error::misuse("no response"))),
                    };
                    let asked = discovering.has_asked();
                    (self.discovered(found, asked, cx), None)
                }
                Stage::Parent | Stage::Pruning => match pass!(self.pruning(input.take(), cx)) {
                    Inner::Yield(Pruning::Ready) => (Stage::Choosing, None),
                    Inner::Yield(Pruning::Report(report)) => (Stage::Pruning, Some(*report)),
                    Inner::Yield(Pruning::Over) => (Stage::Over(Ok(())), None),
                    Inner::Done(result) => (Stage::Over(result), None),
                },
                Stage::Choosing => self.choose(cx),
                Stage::Object { one, report, is_definition } => {
                    let result = match pass!(one.resume(input.take(), &self.params, cx)) {
                        Inner::Yield(result) => result,
                        Inner::Done(result) => {
                            Err(result.err().unwrap_or_else(|| Error::misuse("the object has no result")))
                        }
                    };
                    let warnings = std::mem::take(&mut one.warnings);
                    let is_definition = *is_definition;
                    let report = report.with(warnings, result);
                    (Stage::Choosing, self.done(report, is_definition))
                }
                Stage::Serving { served, report } => {
                    let result = match pass!(served.resume(input.take(), cx)) {
                        Inner::Yield(object) => report.change().map(|change| Done::new(change, Some(object))),
                        Inner::Done(Ok(())) => None,
                        Inner::Done(Err(error)) => {
                            if let Some(prune) = &mut self.prune {
                                prune.fail();
                            }
                            let warnings = std::mem::take(&mut report.warnings);
                            let report = report.with(warnings, Err(error));
                            self.stage = Stage::Choosing;
                            return Step::Yield(report);
                        }
                    };
                    let warnings = std::mem::take(&mut report.warnings);
                    let result = result.ok_or_else(|| Error::misuse("the definition has no result"));
                    (Stage::Choosing, Some(report.with(warnings, result)))
                }
                Stage::Over(result) => return Step::Done(result.clone()),
            };
            self.stage = next;
            if let Some(report) = report {
                return Step::Yield(report);
            }
        }
    }

    fn pruning(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Pruning> {
        let Some(prune) = &mut self.prune else { return Step::Yield(Pruning::Over) };
        let context = Context { delete: &self.params.delete, dry_run: self.params.patch.dry_run };
        prune.resume(input, &context, cx)
    }
}

impl Operation for Run {
    type Item = Report;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Report> {
        self.advance(input, cx)
    }
}

/// A [`Run`] that yields all of its reports as one list, from [`Run::reports`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct AllReports {
    run: Run,
    reports: Vec<Report>,
    over: bool,
}

impl OneResult for AllReports {}

impl Operation for AllReports {
    type Item = Vec<Report>;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Vec<Report>> {
        loop {
            match pass!(self.run.resume(input.take(), cx)) {
                Inner::Yield(report) => self.reports.push(report),
                Inner::Done(Ok(())) if !self.over => {
                    self.over = true;
                    return Step::Yield(std::mem::take(&mut self.reports));
                }
                Inner::Done(result) => return Step::Done(result),
            }
        }
    }
}

/// How long to wait for a definition.
const SERVING: Duration = Duration::from_secs(60);
