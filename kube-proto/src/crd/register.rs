//! Creates or updates a definition, and waits until its resource is served.
//!
//! | stage | event | next |
//! |---|---|---|
//! | `Applying` | the stored definition | `Serving` |
//! | `Applying` | a failure | `Over` with the error |
//! | `Serving` | its resource is served | `Over`: yields the definition |
//! | `Serving` | a failure | `Over` with the error |
//! | `Over` | | `Over`; repeats the result |

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::definition::definitions;
use super::serving::{Served, served};
use crate::driver::input::Input;
use crate::driver::operation::{Cx, OneResult, Operation};
use crate::driver::step::Step;
use crate::error::Error;
use crate::op::unary::Unary;
use crate::op::{Inner, pass};
use crate::request::{Patch, PatchParams};
use crate::resource::DynamicObject;

/// Creates or updates a definition, waits until its resource is [`served`](super::served), and yields the definition.
///
/// It is a server-side apply by this field manager: what others have written into the definition stays, such as the certificate of a
/// conversion webhook. If another manager owns a field that this definition sets to another value, the operation fails with
/// [`Error::is_apply_conflict`](crate::Error::is_apply_conflict), unless [`Register::force`] takes such fields.
///
/// `definition` is anything that serializes to a CustomResourceDefinition of `apiextensions.k8s.io/v1`: a
/// [`DynamicObject`], a JSON value, the type of `k8s-openapi`.
///
/// ```
/// use kube_proto::client::AsyncClient;
/// use kube_proto::crd::register;
/// use kube_proto::Error;
/// use serde_json::json;
///
/// async fn start<C: AsyncClient>(client: &C) -> Result<(), Error> {
///     let definition = json!({
///         "metadata": {"name": "widgets.example.com"},
///         "spec": {
///             "group": "example.com", "scope": "Namespaced",
///             "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
///             "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
///                 "type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
///             }}}],
///         },
///     });
///     client.call(register(&definition, "my-operator").force()).await?;
///     // From here on, widgets can be created, listed and watched.
///     Ok(())
/// }
/// ```
pub fn register<T: Serialize + ?Sized>(definition: &T, manager: impl Into<String>) -> Register {
    let params = PatchParams::default().field_manager(manager.into());
    let (name, patch) = match serde_json::to_value(definition) {
        Ok(Value::Object(mut fields)) => {
            // A definition that was read from a server has fields that an apply does not take.
            fields.remove("status");
            if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
                for field in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"] {
                    metadata.remove(field);
                }
            }
            let name = fields.get("metadata").and_then(|metadata| metadata.get("name")?.as_str());
            (name.unwrap_or_default().to_owned(), Ok(Patch::apply(&fields)))
        }
        Ok(_) => (String::new(), Err("the definition is no object".to_owned())),
        Err(error) => (String::new(), Err(format!("the definition does not serialize: {error}"))),
    };
    let stage = match patch {
        Ok(patch) => Stage::Begin(patch),
        Err(text) => Stage::Over(Err(Error::misuse(text))),
    };
    Register { serving: Some(served(name.clone())), name, params, stage }
}

/// The operation of [`register`].
#[derive(Debug)]
#[must_use = "an operation does nothing until a driver carries it out"]
pub struct Register {
    name: String,
    params: PatchParams,
    /// Its settings, until it begins.
    serving: Option<Served>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin(Patch),
    Applying(Box<Unary<DynamicObject>>),
    Serving(Box<Served>),
    Over(Result<(), Error>),
}

impl Register {
    /// Takes the fields that other managers own.
    pub fn force(mut self) -> Self {
        self.params.force = true;
        self
    }

    /// How often in a row discovery and the lists have to succeed: 3 unless set, at least once.
    pub fn times(mut self, times: u32) -> Self {
        self.serving = self.serving.map(|serving| serving.times(times));
        self
    }

    /// The time limit for the wait; a minute unless set.
    pub fn timeout(mut self, within: Duration) -> Self {
        self.serving = self.serving.map(|serving| serving.timeout(within));
        self
    }

    /// Waits on the connections that are there. It is enough where there is one API server.
    pub fn on_any_connection(mut self) -> Self {
        self.serving = self.serving.map(Served::on_any_connection);
        self
    }

    fn over<T>(&mut self, result: Result<(), Error>) -> Step<T> {
        self.stage = Stage::Over(result.clone());
        Step::Done(result)
    }
}

impl OneResult for Register {}

impl Operation for Register {
    type Item = DynamicObject;

    fn resume(&mut self, mut input: Option<Input>, cx: &mut Cx<'_>) -> Step<DynamicObject> {
        loop {
            match &mut self.stage {
                Stage::Begin(patch) => {
                    let call = definitions().patch(&self.name, patch, &self.params);
                    self.stage = Stage::Applying(Box::new(call));
                }
                Stage::Applying(call) => match (pass!(call.resume(input.take(), cx)), self.serving.take()) {
                    // The conditions may be those of the definition before: it is read again.
                    (Inner::Yield(_), Some(serving)) => self.stage = Stage::Serving(Box::new(serving)),
                    (Inner::Yield(_), None) => return self.over(Ok(())),
                    (Inner::Done(result), _) => return self.over(result),
                },
                Stage::Serving(serving) => match pass!(serving.resume(input.take(), cx)) {
                    Inner::Yield(object) => {
                        self.stage = Stage::Over(Ok(()));
                        return Step::Yield(object);
                    }
                    Inner::Done(result) => return self.over(result),
                },
                Stage::Over(result) => return Step::Done(result.clone()),
            }
        }
    }
}
