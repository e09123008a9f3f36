//! Writes all objects of a definition in its storage version.
//!
//! A definition's `status.storedVersions` names each version in which an object may still be stored. A version can be removed from
//! the definition only when it is no longer among them; the server adds to that list, and never removes from it.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Definition` | all objects are in the storage version | `Over`: yields the count, 0 |
//! | `Definition` | other versions are among the stored ones | `Listing`: 500 objects |
//! | `Listing` | a page | `Writing`: its first object, or `Listing`, or `Status` if that was the last |
//! | `Listing` | 410: the list has expired | `Listing`: from the same place, without consistency |
//! | `Writing` | an answer, or 404: the object is gone | `Writing`: the next object; after the page `Listing`; at the end `Status` |
//! | `Status` | the new status | `Over`: yields the count |
//! | `Status` | 409: the definition has changed meanwhile | `Definition`, at most three times |
//! | all | another failure | `Over` with the error |
//! | `Over` | | `Over`; repeats the result |

use std::collections::VecDeque;

use serde_json::json;

use super::definition::{Definition, definitions};
use crate::api::Api;
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::pages::ListAll;
use crate::op::unary::Unary;
use crate::op::{Inner, pass};
use crate::request::{ListParams, Namespace, Patch, PatchParams};
use crate::resource::{ApiResource, DynamicObject, PartialObject};

/// Writes all objects of this definition in its storage version, and then removes the other versions from its
/// `status.storedVersions`. After that they can be removed from the definition itself. Yields a [`Migrated`].
///
/// Each object gets an empty patch: the server writes it again if it is stored in another form, and changes nothing else. Only
/// metadata is read. It can be interrupted and called again at any time. The user needs `list` and `patch` for the resource, and
/// `patch` for `customresourcedefinitions/status`.
///
/// The operation fails if an object is refused, for example because it is not valid by the schema of today.
///
/// ```
/// use kube_proto::client::AsyncClient;
/// use kube_proto::crd::migrate;
/// use kube_proto::Error;
///
/// async fn drop_v1beta1<C: AsyncClient>(client: &C) -> Result<(), Error> {
///     let migrated = client.call(migrate("widgets.example.com")).await?;
///     println!("{} of {} objects were in an old version", migrated.written, migrated.objects);
///     // Now v1beta1 can be taken out of the definition.
///     Ok(())
/// }
/// ```
pub fn migrate(name: impl Into<String>) -> Migrate {
    Migrate {
        name: name.into(),
        tries: 0,
        api: None,
        version: String::new(),
        token: None,
        queue: VecDeque::new(),
        done: Migrated::default(),
        stage: Stage::Begin,
    }
}

/// The result of [`migrate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The objects that were looked at. If the definition changed meanwhile, an object counts each time.
    pub objects: usize,
    /// Those that the server wrote again.
    pub written: usize,
}

/// The operation of [`migrate`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Migrate {
    name: String,
    tries: u32,
    /// The objects, in the storage version.
    api: Option<Api<PartialObject>>,
    /// The definition's own version.
    version: String,
    /// The place of the next page; `None` after the last.
    token: Option<String>,
    /// The objects of the page that are left.
    queue: VecDeque<PartialObject>,
    done: Migrated,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Definition(Box<Unary<DynamicObject>>),
    Listing(Box<ListAll<PartialObject>>),
    Writing { before: String, call: Box<Unary<PartialObject>> },
    Status(Box<Unary<DynamicObject>>),
    Over(Result<(), Error>),
}

impl Migrate {
    fn take_definition(&mut self, object: &DynamicObject) -> Result<Stage, Error> {
        let storage = Definition::of(object)?.storage();
        let stored = object.data.get("status").and_then(|status| status.get("storedVersions")?.as_array());
        if stored.is_none_or(|stored| stored.iter().all(|version| *version == *storage.version)) {
            return Ok(Stage::Over(Ok(())));
        }
        self.version = object.metadata.resource_version.clone().unwrap_or_default();
        self.api = Some(objects(storage));
        self.token = Some(String::new());
        self.next()
    }

    /// The next object, page, or the status.
    fn next(&mut self) -> Result<Stage, Error> {
        let Some(api) = &self.api else { return Err(Error::misuse("there is no definition yet")) };
        if let Some(object) = self.queue.pop_front() {
            self.done.objects += 1;
            let namespace = object.metadata.namespace.map_or(Namespace::All, Namespace::Named);
            let api = api.clone().within(namespace);
            let name = object.metadata.name.unwrap_or_default();
            let call = api.patch(&name, &Patch::merge(&json!({})), &PatchParams::default());
            let before = object.metadata.resource_version.unwrap_or_default();
            return Ok(Stage::Writing { before, call: Box::new(call) });
        }
        if let Some(token) = self.token.take() {
            let mut params = ListParams::default().limit(PAGE);
            params.continue_token = Some(token).filter(|token| !token.is_empty());
            return Ok(Stage::Listing(Box::new(api.list(&params))));
        }
        let storage = &api.target().resource.version;
        let patch = json!({"metadata": {"resourceVersion": self.version}, "status": {"storedVersions": [storage]}});
        let call = definitions().status().patch(&self.name, &Patch::merge(&patch), &PatchParams::default());
        Ok(Stage::Status(Box::new(call)))
    }

    fn advance(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<Migrated> {
        loop {
            let next = match &mut self.stage {
                Stage::Begin => Ok(Stage::Definition(Box::new(definitions().get(&self.name)))),
                Stage::Definition(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(object) => self.take_definition(&object),
                    Inner::Done(result) => Ok(Stage::Over(result)),
                },
                Stage::Listing(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(list) => {
                        self.token = Some(list.metadata.continue_token).filter(|token| !token.is_empty());
                        self.queue = list.items.into();
                        self.next()
                    }
                    Inner::Done(Err(error)) if error.continue_token().is_some() => {
                        self.token = error.continue_token().map(str::to_owned);
                        self.next()
                    }
                    Inner::Done(result) => Ok(Stage::Over(result)),
                },
                Stage::Writing { before, call } => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(object) => {
                        let after = object.metadata.resource_version.unwrap_or_default();
                        self.done.written += usize::from(after != *before);
                        self.next()
                    }
                    Inner::Done(Err(error)) if error.is_not_found() => self.next(),
                    Inner::Done(result) => Ok(Stage::Over(result)),
                },
                Stage::Status(call) => match pass!(call.resume(input.take(), cx)) {
                    Inner::Yield(_) => Ok(Stage::Over(Ok(()))),
                    Inner::Done(Err(error)) if error.is_conflict() && self.tries < TRIES => {
                        self.tries += 1;
                        Ok(Stage::Begin)
                    }
                    Inner::Done(result) => Ok(Stage::Over(result)),
                },
                Stage::Over(result) => return Step::Done(result.clone()),
            };
            self.stage = next.unwrap_or_else(|error| Stage::Over(Err(error)));
            if let Stage::Over(Ok(())) = self.stage {
                return Step::Yield(self.done);
            }
        }
    }
}

impl OneResult for Migrate {}

impl Operation for Migrate {
    type Item = Migrated;

    fn resume(&mut self, input: Option<Input>, cx: &mut Cx<'_>) -> Step<Migrated> {
        self.advance(input, cx)
    }
}

fn objects(storage: ApiResource) -> Api<PartialObject> {
    Api::dynamic(storage).metadata()
}

/// Objects in a page.
const PAGE: u32 = 500;
/// How often the definition may change meanwhile.
const TRIES: u32 = 3;
