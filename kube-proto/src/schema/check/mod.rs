//! Judges values by schemas, without a server.
//!
//! | value | rules |
//! |---|---|
//! | of a custom resource | those of its structural schema: [`structural`] |
//! | of a built-in kind, also the metadata of a custom resource | how Go decodes it: [`built_in`] |
//!
//! The order for a custom resource is the server's: unknown members go, then nulls that the schema does not take, then
//! defaults come. What is then there is checked: the values, the embedded resources, the types of lists.

mod built_in;
mod embedded;
mod lists;
mod report;
mod rules;
mod structural;
mod values;
mod walk;

use serde_json::Value;

pub use report::{Report, Unchecked, Why};

use super::definitions::At;
use super::limits::Limits;
use super::metadata::object_meta;
use super::place::Place;
use super::shape::{self, Filling, Lost};
use super::{DEPTH, FieldError};
use structural::Subject;
use walk::{Old, Walk};

/// What is judged, and how.
#[derive(Clone, Copy)]
pub(crate) struct Judgement<'s, 'v> {
    pub(crate) at: At<'s>,
    /// The value is a whole object, with its kind and metadata.
    pub(crate) resource: bool,
    /// Its status is the server's, and is not checked.
    pub(crate) status_apart: bool,
    /// The object of before an update.
    pub(crate) old: Option<&'v Value>,
    pub(crate) limits: Limits,
}

impl Judgement<'_, '_> {
    /// Makes of a value what the server makes of it, and judges the result.
    pub(crate) fn admit(self, value: &mut Value) -> Report {
        if !shape::is_within(value, DEPTH) {
            return too_deep();
        }
        let mut unknown = Lost::new(self.limits);
        shape::prune(value, Some(self.at), self.resource, &Place::Root, &mut unknown);
        shape::drop_nulls(value, self.at);
        if self.status_apart
            && let Some(map) = value.as_object_mut()
        {
            map.remove("status");
        }
        let mut filling = Filling { values: self.limits.defaults };
        let filled = filling.fill(value, self.at, 0);
        let mut walk = Walk::new(self.limits);
        unknown.paths.into_iter().for_each(|path| walk.error(FieldError::unknown(path)));
        if !filled {
            walk.unchecked(&Place::Root, Why::Steps);
        }
        self.look(&mut walk, value);
        walk.report
    }

    /// Judges a value as it is: unknown members of custom resources are not looked for, and no defaults are filled in.
    pub(crate) fn check(self, value: &Value) -> Report {
        if !shape::is_within(value, DEPTH) {
            return too_deep();
        }
        let mut walk = Walk::new(self.limits);
        self.look(&mut walk, value);
        walk.report
    }

    fn look(self, walk: &mut Walk, value: &Value) {
        let Self { at, resource, old, .. } = self;
        if at.built_in {
            return built_in::check(walk, value, at, &Place::Root, 0);
        }
        if resource && let Some(metadata) = value.get("metadata") {
            built_in::check(walk, metadata, object_meta(), &Place::Key(&Place::Root, "metadata"), 1);
        }
        let before = old.map(|value| Old { value, at });
        walk.structural(Subject { value, at, place: &Place::Root, level: 0, old: before, resource });
        embedded::check(walk, value, at, &Place::Root, 0);
        let was_clean = old.is_none_or(|old| {
            let mut walk = Walk::new(self.limits);
            lists::check(&mut walk, old, at, &Place::Root, 0);
            walk.report.is_valid()
        });
        if was_clean {
            lists::check(walk, value, at, &Place::Root, 0);
        }
        rules::check(walk, Subject { value, at, place: &Place::Root, level: 0, old: before, resource });
    }
}

fn too_deep() -> Report {
    let unchecked = vec![Unchecked { field: String::new(), why: Why::Depth }];
    Report { errors: Vec::new(), unchecked }
}
