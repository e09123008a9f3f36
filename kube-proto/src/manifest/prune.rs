//! The apply set of a run: its parent before the objects, and the pruning after them.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Parent` | the parent, or 404 | `Superset`: records what was in the set and what is now |
//! | `Parent` | it belongs to another tool, or cannot be read | ends the run with the error |
//! | `Superset` | stored | `Ready`: the run sends the objects |
//! | `Superset` | another manager has the annotations | `Superset`, with force |
//! | `Ready` | an object failed | `Over`: nothing is pruned, and the parent still records all |
//! | `Ready` | all objects are stored | `Listing`: the members of each recorded kind in each recorded namespace |
//! | `Listing` | a page | `Listing`: the next page, kind or namespace |
//! | `Listing` | the last of them | `Deleting`: a member that was not among the objects |
//! | `Deleting` | an answer | `Deleting`: the next one |
//! | `Listing`, `Deleting` | a failure | a report of it; the parent is not changed |
//! | `Deleting` | the last of them | `Latest`: records what is in the set now |
//! | `Latest` | stored | `Over` |
//! | `Latest` | another manager has the annotations | `Latest`, with force |
//! | `Superset` | a failure | ends the run with the error |
//! | `Latest` | a failure | `Over`, with a report of it |
//!
//! A deletion names the uid that was listed: an object of the same name that another program made meanwhile stays.

use std::collections::{BTreeSet, VecDeque};

use super::apply_set::{ApplySet, Contents};
use super::report::{Change, Done, Report};
use crate::api::Api;
use crate::discovery::Discovery;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::pages::ListAll;
use crate::op::unary::Unary;
use crate::op::{Inner, pass};
use crate::request::{DeleteParams, ListParams, Namespace, Patch, PatchParams};
use crate::resource::{ApiResource, PartialObject, Scope, split_api_version};
use crate::response::list::Deleted;

/// An apply set in a run.
#[derive(Debug)]
pub(super) struct Prune {
    set: ApplySet,
    before: Contents,
    now: Contents,
    /// The objects of the run that are stored.
    visited: BTreeSet<String>,
    lists: VecDeque<(ApiResource, Namespace)>,
    members: VecDeque<(ApiResource, PartialObject)>,
    /// Recorded kinds whose server does not answer.
    unknown: VecDeque<Report>,
    failed: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Parent(Box<Unary<PartialObject>>),
    Superset { call: Box<Unary<PartialObject>>, force: bool },
    Ready,
    Listing { resource: ApiResource, namespace: Namespace, call: Box<ListAll<PartialObject>> },
    Next,
    Deleting { resource: ApiResource, object: Box<PartialObject>, call: Box<Unary<Deleted<PartialObject>>> },
    Latest { call: Box<Unary<PartialObject>>, force: bool },
    Over,
}

/// An item of [`Prune::resume`].
pub(super) enum Pruning {
    /// The objects can be sent.
    Ready,
    /// A member was deleted, or something failed.
    Report(Box<Report>),
    /// All is done.
    Over,
}

/// What the requests need.
pub(super) struct Context<'a> {
    pub(super) delete: &'a DeleteParams,
    pub(super) dry_run: bool,
}

impl Prune {
    pub(super) fn new(set: ApplySet) -> Self {
        Self {
            set,
            before: Contents::default(),
            now: Contents::default(),
            visited: BTreeSet::new(),
            lists: VecDeque::new(),
            members: VecDeque::new(),
            unknown: VecDeque::new(),
            failed: false,
            stage: Stage::Begin,
        }
    }

    /// The label of the members.
    pub(super) fn id(&self) -> String {
        self.set.id()
    }

    /// Whether the parent was asked for.
    pub(super) fn has_begun(&self) -> bool {
        !matches!(self.stage, Stage::Begin)
    }

    /// Counts an object of the run among the members, before [`Pruning::Ready`].
    pub(super) fn add(&mut self, group: &str, kind: &str, namespace: Option<&str>) {
        self.now.add(group, kind, namespace);
    }

    /// An object of the run is stored.
    pub(super) fn visit(&mut self, uid: Option<&str>) {
        self.visited.extend(uid.map(str::to_owned));
    }

    /// An object of the run failed.
    pub(super) fn fail(&mut self) {
        self.failed = true;
    }

    /// All objects were sent.
    pub(super) fn sent(&mut self, discovery: &Discovery) {
        if self.failed {
            self.stage = Stage::Over;
            return;
        }
        let mut left = self.before.kinds.clone();
        for found in discovery.preferred() {
            let resource = &found.resource;
            let mut kind = Contents::default();
            kind.add(&resource.group, &resource.kind, None);
            if kind.kinds.is_disjoint(&self.before.kinds) {
                continue;
            }
            left.retain(|one| !kind.kinds.contains(one));
            match resource.scope {
                Scope::Cluster => self.lists.push_back((resource.clone(), Namespace::All)),
                Scope::Namespaced => {
                    let namespaces = self.before.namespaces.iter();
                    self.lists
                        .extend(namespaces.map(|namespace| (resource.clone(), Namespace::Named(namespace.clone()))));
                }
            }
        }
        // The objects of a kind that is gone are gone too, unless its server does not answer.
        for kind in &left {
            let (kind, group) = kind.split_once('.').unwrap_or((kind, ""));
            let failed = discovery.failures.iter().find(|failure| split_api_version(&failure.group_version).0 == group);
            if let Some(failure) = failed {
                let text = format!("its objects cannot be listed: {} did not answer", failure.group_version);
                let resource = ApiResource::new(&failure.group_version, kind, "", Scope::Namespaced);
                let mut report = report(&resource, &PartialObject::default(), Err(Error::misuse(text)));
                report.resource = None;
                self.unknown.push_back(report);
                self.failed = true;
            }
        }
        self.stage = Stage::Next;
    }

    /// The next step. It fails only before [`Pruning::Ready`].
    pub(super) fn resume(&mut self, mut input: Option<Input>, context: &Context<'_>, cx: &mut Cx<'_>) -> Step<Pruning> {
        loop {
            match &mut self.stage {
                Stage::Begin => self.stage = Stage::Parent(Box::new(self.parent().get(&self.set.name))),
                Stage::Parent(call) => {
                    let parent = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(parent) => Ok(Some(parent)),
                        Inner::Done(Err(error)) if error.is_not_found() => Ok(None),
                        Inner::Done(result) => Err(failure(result)),
                    };
                    match parent.and_then(|parent| self.set.contents(parent.as_ref())) {
                        Ok(contents) => self.before = contents,
                        Err(error) => return Step::Done(Err(error)),
                    }
                    let call = self.record(&self.before.with(&self.now), false, context);
                    self.stage = Stage::Superset { call, force: false };
                }
                Stage::Superset { call, force } => {
                    let force = *force;
                    match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(_) => {
                            self.stage = Stage::Ready;
                            return Step::Yield(Pruning::Ready);
                        }
                        Inner::Done(Err(error)) if error.is_conflict() && !force => {
                            let call = self.record(&self.before.with(&self.now), true, context);
                            self.stage = Stage::Superset { call, force: true };
                        }
                        Inner::Done(result) => return Step::Done(Err(failure(result))),
                    }
                }
                Stage::Ready => return Step::Yield(Pruning::Ready),
                Stage::Listing { resource, namespace, call } => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(list) => {
                        let (resource, namespace) = (resource.clone(), namespace.clone());
                        self.stage = if list.metadata.continue_token.is_empty() {
                            Stage::Next
                        } else {
                            let call = self.members(&resource, &namespace, list.metadata.continue_token);
                            Stage::Listing { resource: resource.clone(), namespace, call }
                        };
                        let new = list.items.into_iter().filter(|item| {
                            let uid = item.metadata.uid.as_deref().unwrap_or_default();
                            !uid.is_empty() && !self.visited.contains(uid)
                        });
                        self.members.extend(new.map(|item| (resource.clone(), item)));
                    }
                    Inner::Done(result) => {
                        let error = failure(result);
                        let report = report(resource, &PartialObject::default(), Err(error));
                        self.failed = true;
                        self.stage = Stage::Next;
                        return Step::Yield(Pruning::Report(Box::new(report)));
                    }
                },
                Stage::Next => match self.unknown.pop_front() {
                    Some(report) => return Step::Yield(Pruning::Report(Box::new(report))),
                    None => self.stage = self.next(context),
                },
                Stage::Deleting { resource, object, call } => {
                    let result = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(_) => Ok(Done::new(Change::Pruned, None)),
                        Inner::Done(Err(error)) if error.is_not_found() => Ok(Done::new(Change::Missing, None)),
                        Inner::Done(result) => Err(failure(result)),
                    };
                    self.failed |= result.is_err();
                    let report = report(resource, object, result);
                    self.stage = Stage::Next;
                    return Step::Yield(Pruning::Report(Box::new(report)));
                }
                Stage::Latest { call, force } => {
                    let force = *force;
                    match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(_) => self.stage = Stage::Over,
                        Inner::Done(Err(error)) if error.is_conflict() && !force => {
                            let call = self.record(&self.now, true, context);
                            self.stage = Stage::Latest { call, force: true };
                        }
                        Inner::Done(result) => {
                            let mut parent = PartialObject::default();
                            parent.metadata.name = Some(self.set.name.clone());
                            parent.metadata.namespace.clone_from(&self.set.namespace);
                            let report = report(&self.set.parent, &parent, Err(failure(result)));
                            self.stage = Stage::Over;
                            return Step::Yield(Pruning::Report(Box::new(report)));
                        }
                    }
                }
                Stage::Over => return Step::Yield(Pruning::Over),
            }
        }
    }

    /// The next list, deletion, or the end.
    fn next(&mut self, context: &Context<'_>) -> Stage {
        if let Some((resource, namespace)) = self.lists.pop_front() {
            let call = self.members(&resource, &namespace, String::new());
            return Stage::Listing { resource, namespace, call };
        }
        if let Some((resource, object)) = self.members.pop_front() {
            let namespace = object.metadata.namespace.clone().map_or(Namespace::All, Namespace::Named);
            let mut params = context.delete.clone();
            params.uid.clone_from(&object.metadata.uid);
            params.dry_run |= context.dry_run;
            let name = object.metadata.name.as_deref().unwrap_or_default();
            let call = Api::<PartialObject>::of(resource.clone()).within(namespace).delete(name, &params);
            return Stage::Deleting { resource, object: Box::new(object), call: Box::new(call) };
        }
        if self.failed {
            return Stage::Over;
        }
        Stage::Latest { call: self.record(&self.now, false, context), force: false }
    }

    fn parent(&self) -> Api<PartialObject> {
        let namespace = self.set.namespace.clone().map_or(Namespace::All, Namespace::Named);
        Api::of(self.set.parent.clone()).within(namespace)
    }

    fn record(&self, contents: &Contents, force: bool, context: &Context<'_>) -> Box<Unary<PartialObject>> {
        let mut params = PatchParams::default().field_manager(self.set.manager());
        (params.force, params.dry_run) = (force, context.dry_run);
        Box::new(self.parent().patch(&self.set.name, &Patch::apply(&self.set.patch(contents)), &params))
    }

    fn members(&self, resource: &ApiResource, namespace: &Namespace, token: String) -> Box<ListAll<PartialObject>> {
        let mut params = ListParams::default().limit(PAGE);
        params.label_selector = Some(format!("{}={}", ApplySet::PART_OF, self.set.id()));
        params.continue_token = Some(token).filter(|token| !token.is_empty());
        Box::new(Api::of(resource.clone()).within(namespace.clone()).list(&params))
    }
}

fn failure(result: Result<(), Error>) -> Error {
    result.err().unwrap_or_else(|| Error::misuse("no response"))
}

fn report(resource: &ApiResource, object: &PartialObject, result: Result<Done, Error>) -> Report {
    Report {
        index: None,
        api_version: resource.api_version().into_owned(),
        kind: resource.kind.to_string(),
        namespace: object.metadata.namespace.clone(),
        name: object.metadata.name.clone().unwrap_or_default(),
        resource: Some(resource.clone()),
        warnings: Vec::new(),
        result,
    }
}

/// Members in a page.
const PAGE: u32 = 500;
