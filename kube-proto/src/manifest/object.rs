//! One object of a run.
//!
//! | action | state | event | next |
//! |---|---|---|---|
//! | create | `Writing` | the object | `Over`: created |
//! | apply, replace | `Reading` | the metadata; for a dry run the object | `Writing`, for a replacement with its version |
//! | apply | `Reading` | 404, or 403 | `Writing` |
//! | replace | `Reading` | 404 | `Over` with the error |
//! | apply | `Writing` | the object | `Over`: created if the answer is a 201, else changed or unchanged |
//! | replace | `Writing` | 409, the version was read here, and it is one of the first three | `Reading` |
//! | delete | `Deleting` | an answer | `Over`: deleted |
//! | get | `Reading` | the object | `Over`: found |
//! | delete, get | `Deleting`, `Reading` | 404 | `Over`: missing |
//! | diff | `Reading` | the object, or 404 | `Writing`, as a dry run |
//! | all | any | another failure | `Over` with the error |

use std::fmt;

use http::StatusCode;
use serde_json::{Map, Value};

use super::report::{Change, Done};
use super::value::Manifest;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::decode;
use crate::op::unary::Unary;
use crate::op::with_info::WithInfo;
use crate::op::{Inner, pass};
use crate::request::{DeleteParams, GetParams, Patch, PatchParams, Target, WriteParams};
use crate::resource::{DynamicObject, ObjectMeta, Part};
use crate::response::list::Deleted;

/// What a run does with each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Apply,
    Replace,
    Delete,
    Get,
    Diff,
}

/// The parameters of the requests of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    pub(super) write: WriteParams,
    pub(super) patch: PatchParams,
    pub(super) delete: DeleteParams,
}

/// One object, from its first request to its result.
#[derive(Debug)]
pub(super) struct One {
    action: Action,
    target: Target,
    name: String,
    manifest: Manifest,
    before: Before,
    conflicts: u32,
    pub(super) warnings: Vec<String>,
    state: State,
}

/// What was found before the write.
#[derive(Default)]
struct Before {
    metadata: Option<Box<ObjectMeta>>,
    /// Only where the versions do not show whether something would change.
    object: Option<Box<DynamicObject>>,
}

impl fmt::Debug for Before {
    /// Leaves out the object: it may be a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Before").finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum State {
    Begin,
    Reading(Box<WithInfo<Unary<DynamicObject>>>),
    Writing(Box<WithInfo<Unary<DynamicObject>>>),
    Deleting(Box<WithInfo<Unary<Deleted<DynamicObject>>>>),
}

impl One {
    pub(super) fn new(action: Action, target: Target, manifest: Manifest) -> Self {
        let name = manifest.name().to_owned();
        let (before, warnings) = (Before::default(), Vec::new());
        Self { action, target, name, manifest, before, conflicts: 0, warnings, state: State::Begin }
    }

    /// The next step. It yields the result, and is not resumed after that.
    pub(super) fn resume(
        &mut self,
        mut input: Option<Input>,
        params: &Params,
        cx: &mut Cx<'_>,
    ) -> Step<Result<Done, Error>> {
        loop {
            match &mut self.state {
                State::Begin => {
                    if let Err(error) = self.begin(params) {
                        return Step::Yield(Err(error));
                    }
                }
                State::Reading(call) => {
                    let read = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(answer) => {
                            warn(&mut self.warnings, &answer.info.warnings);
                            Ok(answer.value)
                        }
                        Inner::Done(result) => Err(failure(result)),
                    };
                    if let Some(done) = self.read(read, params) {
                        return Step::Yield(done);
                    }
                }
                State::Writing(call) => {
                    let written = match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(answer) => {
                            warn(&mut self.warnings, &answer.info.warnings);
                            Ok((answer.info.code, answer.value))
                        }
                        Inner::Done(result) => Err(failure(result)),
                    };
                    if let Some(done) = self.written(written, params) {
                        return Step::Yield(done);
                    }
                }
                State::Deleting(call) => {
                    return Step::Yield(match pass!(call.resume(input.take(), cx)) {
                        Inner::Yield(answer) => {
                            warn(&mut self.warnings, &answer.info.warnings);
                            let object = match answer.value {
                                Deleted::Object(object) => Some(object),
                                Deleted::Status(_) => None,
                            };
                            Ok(Done::new(Change::Deleted, object))
                        }
                        Inner::Done(result) => match failure(result) {
                            error if error.is_not_found() => Ok(Done::new(Change::Missing, None)),
                            error => Err(error),
                        },
                    });
                }
            }
        }
    }

    fn begin(&mut self, params: &Params) -> Result<(), Error> {
        if self.name.is_empty() && self.action != Action::Create {
            return Err(Error::misuse(match self.manifest.generate_name() {
                "" => "the object has no name".to_owned(),
                prefix => format!(
                    "the object has no name but only generateName, {prefix:?}: each create makes another one, and nothing else can find it"
                ),
            }));
        }
        self.state = match self.action {
            Action::Create => self.write(params),
            Action::Delete => {
                let request = self.target.delete(&self.name, &params.delete);
                State::Deleting(Box::new(Unary::new(request, decode::deleted).with_info()))
            }
            // The versions show what changes, unless nothing is stored.
            Action::Apply if !params.patch.dry_run => self.read_part(Part::Metadata),
            Action::Replace if !params.write.dry_run => self.read_part(Part::Metadata),
            Action::Apply | Action::Replace | Action::Get | Action::Diff => self.read_part(Part::Whole),
        };
        Ok(())
    }

    fn read_part(&self, part: Part) -> State {
        let request = self.target.clone().part(part).get(&self.name, &GetParams::default()).in_json();
        State::Reading(Box::new(Unary::new(request, decode::json).with_info()))
    }

    fn read(&mut self, read: Result<DynamicObject, Error>, params: &Params) -> Option<Result<Done, Error>> {
        let dry = params.patch.dry_run || params.write.dry_run || self.action == Action::Diff;
        match (read, self.action) {
            (Ok(object), Action::Get) => return Some(Ok(Done::new(Change::Found, Some(object)))),
            (Ok(object), _) => {
                self.before.metadata = Some(Box::new(object.metadata.clone()));
                self.before.object = dry.then(|| Box::new(object));
            }
            (Err(error), Action::Get) if error.is_not_found() => return Some(Ok(Done::new(Change::Missing, None))),
            (Err(error), Action::Apply | Action::Diff) if error.is_not_found() => {}
            // The user may be allowed to write all the same.
            (Err(error), Action::Apply) if error.is_forbidden() && !dry => {}
            (Err(error), _) => return Some(Err(error)),
        }
        self.state = self.write(params);
        None
    }

    fn write(&mut self, params: &Params) -> State {
        let (target, name) = (&self.target, &self.name);
        let request = match self.action {
            Action::Create => target.create(self.manifest.object(), &params.write),
            Action::Replace => {
                let mut object = self.manifest.clone();
                let metadata = self.before.metadata.as_ref();
                if let (true, Some(version)) =
                    (self.takes_version(), metadata.and_then(|metadata| metadata.resource_version.as_ref()))
                {
                    object.set_meta("resourceVersion", version);
                }
                target.replace(name, object.object(), &params.write)
            }
            Action::Apply | Action::Delete | Action::Get => {
                target.patch(name, &Patch::apply(self.manifest.object()), &params.patch)
            }
            Action::Diff => {
                let params = PatchParams { dry_run: true, ..params.patch.clone() };
                target.patch(name, &Patch::apply(self.manifest.object()), &params)
            }
        };
        State::Writing(Box::new(Unary::new(request, decode::json).with_info()))
    }

    /// The replacement has the version that was read here, and not one of its own.
    fn takes_version(&self) -> bool {
        self.manifest.meta("resourceVersion").is_empty()
    }

    fn written(
        &mut self,
        written: Result<(StatusCode, DynamicObject), Error>,
        params: &Params,
    ) -> Option<Result<Done, Error>> {
        let (code, object) = match written {
            Ok(written) => written,
            Err(error)
                if self.action == Action::Replace
                    && error.is_conflict()
                    && self.takes_version()
                    && self.conflicts < CONFLICTS =>
            {
                self.conflicts += 1;
                self.before = Before::default();
                self.state = State::Begin;
                return self.begin(params).err().map(Err);
            }
            Err(error) => return Some(Err(error)),
        };
        let before = self.before.object.take().map(|before| *before);
        let same = match &before {
            Some(before) => same(before, &object),
            None => self.before.metadata.as_ref().is_some_and(|before| is_untouched(before, &object.metadata)),
        };
        let change = match self.action {
            _ if code == StatusCode::CREATED => Change::Created,
            Action::Create => Change::Created,
            _ if same => Change::Unchanged,
            _ => Change::Changed,
        };
        Some(Ok(Done { before, ..Done::new(change, Some(object)) }))
    }
}

fn failure(result: Result<(), Error>) -> Error {
    result.err().unwrap_or_else(|| Error::misuse("no response"))
}

fn warn(all: &mut Vec<String>, new: &[String]) {
    for warning in new {
        if !all.contains(warning) {
            all.push(warning.clone());
        }
    }
}

/// Whether a write changed nothing, by the metadata before and after. A controller may have written the status meanwhile: then the
/// version is another one, and the generation the same.
fn is_untouched(before: &ObjectMeta, after: &ObjectMeta) -> bool {
    let same_version = before.resource_version.is_some() && before.resource_version == after.resource_version;
    let same_generation = before.generation.is_some()
        && before.generation == after.generation
        && before.labels == after.labels
        && before.annotations == after.annotations
        && before.owner_references == after.owner_references
        && before.finalizers == after.finalizers;
    before.uid == after.uid && (same_version || same_generation)
}

/// Whether two states of an object differ only in what the server fills in at each write.
fn same(one: &DynamicObject, other: &DynamicObject) -> bool {
    let written = |object: &DynamicObject| -> (Option<Map<String, Value>>, Map<String, Value>) {
        let mut metadata = object.metadata.clone();
        (metadata.resource_version, metadata.generation) = (None, None);
        metadata.managed_fields.clear();
        let metadata = match serde_json::to_value(&metadata) {
            Ok(Value::Object(metadata)) => Some(metadata),
            _ => None,
        };
        (metadata, object.data.clone())
    };
    written(one) == written(other)
}

/// How often a replacement reads the object again after a conflict.
const CONFLICTS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_a_controller_wrote_is_no_change() {
        let meta = |version: &str, generation: Option<i64>, label: &str| ObjectMeta {
            resource_version: Some(version.into()),
            generation,
            labels: [("a".to_owned(), label.to_owned())].into(),
            ..ObjectMeta::default()
        };
        let before = meta("1", Some(1), "b");
        for (after, expected) in [
            (before.clone(), true),
            (meta("2", Some(1), "b"), true),
            (meta("2", Some(2), "b"), false),
            (meta("2", Some(1), "c"), false),
            (ObjectMeta { uid: Some("other".into()), ..before.clone() }, false),
        ] {
            assert_eq!(is_untouched(&before, &after), expected, "{after:?}");
        }
        assert!(!is_untouched(&meta("1", None, "b"), &meta("2", None, "b")));
    }

    #[test]
    fn what_the_server_fills_in_is_no_difference() {
        let object = |text: &str| serde_json::from_str::<DynamicObject>(text).unwrap();
        let base =
            r#"{"metadata":{"name":"a","resourceVersion":"1","generation":1,"managedFields":[]},"spec":{"a":1}}"#;
        for (other, expected) in [
            (base, true),
            (
                r#"{"metadata":{"name":"a","resourceVersion":"2","generation":2,"managedFields":[{"manager":"x"}]},"spec":{"a":1}}"#,
                true,
            ),
            (r#"{"metadata":{"name":"a","labels":{"x":"y"}},"spec":{"a":1}}"#, false),
            (r#"{"metadata":{"name":"a"},"spec":{"a":2}}"#, false),
            (r#"{"metadata":{"name":"a"}}"#, false),
        ] {
            assert_eq!(same(&object(base), &object(other)), expected, "{other}");
        }
    }
}
