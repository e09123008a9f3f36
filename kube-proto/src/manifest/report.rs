//! The result for each object of a run.

use std::fmt;

use crate::error::Error;
use crate::resource::{ApiResource, DynamicObject, split_api_version};

/// The result for one object. `Display` is kubectl's line: `deployment.apps/web created`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The number of its manifest in the run, from 0; `None` for objects that the run pruned, and for the parent of an apply set.
    pub index: Option<usize>,
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// Its namespace; `None` if it is cluster scoped, or if its kind is unknown.
    pub namespace: Option<String>,
    /// Its name. For a `generateName` the name that the server chose, or the beginning and `*` after a failure.
    pub name: String,
    /// Its resource; `None` if the server does not have the kind.
    pub resource: Option<ApiResource>,
    /// The server's warnings, each once.
    pub warnings: Vec<String>,
    /// What was done.
    pub result: Result<Done, Error>,
}

/// What was done with an object. `Debug` hides the objects.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Done {
    /// The change.
    pub change: Change,
    /// The object before: of a [`diff`](super::diff), and of a dry run.
    pub before: Option<DynamicObject>,
    /// The object as the server answered it. `None` if it is gone, or was not there.
    pub object: Option<DynamicObject>,
}

/// What became of an object. In a dry run, what would have become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// It did not exist before.
    Created,
    /// It is another than before.
    Changed,
    /// The write stored nothing.
    Unchanged,
    /// It was deleted. It may stay until its grace period and its finalizers are over.
    Deleted,
    /// It was deleted because it is no longer among the manifests of its apply set.
    Pruned,
    /// It was read.
    Found,
    /// It does not exist: nothing was to be deleted or read.
    Missing,
}

impl Change {
    /// The word: `created`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Created => "created",
            Change::Changed => "changed",
            Change::Unchanged => "unchanged",
            Change::Deleted => "deleted",
            Change::Pruned => "pruned",
            Change::Found => "found",
            Change::Missing => "not found",
        }
    }
}

impl Report {
    /// The change, if the object did not fail.
    #[must_use]
    pub fn change(&self) -> Option<Change> {
        self.result.as_ref().ok().map(|done| done.change)
    }
}

impl Report {
    /// The same object with its result.
    pub(super) fn with(&mut self, warnings: Vec<String>, result: Result<Done, Error>) -> Self {
        Self {
            index: self.index,
            api_version: std::mem::take(&mut self.api_version),
            kind: std::mem::take(&mut self.kind),
            namespace: self.namespace.take(),
            name: std::mem::take(&mut self.name),
            resource: self.resource.take(),
            warnings,
            result,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind.to_lowercase())?;
        let (group, _) = split_api_version(&self.api_version);
        if !group.is_empty() {
            write!(f, ".{group}")?;
        }
        write!(f, "/{}", self.name)?;
        match &self.result {
            Ok(done) => write!(f, " {}", done.change.as_str()),
            Err(error) => write!(f, ": {error}"),
        }
    }
}

impl Done {
    pub(super) fn new(change: Change, object: Option<DynamicObject>) -> Self {
        Self { change, before: None, object }
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("change", &self.change).finish_non_exhaustive()
    }
}
