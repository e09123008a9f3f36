//! Webhooks: admission reviews and conversions as values, without sockets.
//!
//! An API server asks a webhook whether a request is admitted, or for objects in another version. [`Handlers`] are all the
//! webhooks of a program, by path: a function from an HTTP request to a response. The transports serve them
//! (`serve`); a test calls [`Handlers::handle`].
//!
//! | file | what it has |
//! |---|---|
//! | `document` | `AdmissionReview` on the wire (docs/wire.md §9) |
//! | `review` | [`Review`]: the request as a value, with typed or dynamic objects |
//! | `answer` | [`Answer`]: allow, deny, warn, annotate, change |
//! | `difference` | what has changed in an object, carried over to the object as it was received |
//! | `conversion` | [`Conversions`]: functions between versions, and a check that nothing is lost |
//! | `conditions` | match conditions, decided offline |
//! | `configuration` | the configurations that make an API server call webhooks |
//! | `policy` | admission policies as code, and validating ones judged offline |
//! | `handlers` | [`Handlers`]: paths, health, and what a driver does for a request |
//! | `time` | how long a handler may take |
//! | `visit`, `gate` | for drivers: a connection with its handlers; what the connections of an async server share |
//!
//! ```
//! use kube_proto::admission::{Answer, Handlers, Review, mutating, validating};
//! use kube_proto::resource::ObjectMeta;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Backup {
//!     metadata: ObjectMeta,
//!     spec: BackupSpec,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct BackupSpec {
//!     schedule: String,
//!     #[serde(default)]
//!     keep: u32,
//! }
//!
//! kube_proto::resource!(Backup { group: "example.com", version: "v1", kind: "Backup", plural: "backups", scope: Namespaced });
//!
//! let handlers = Handlers::new()
//!     .at("/default", mutating(|mut review: Review<Backup>| {
//!         if let Some(backup) = &mut review.object && backup.spec.keep == 0 {
//!             backup.spec.keep = 7;
//!         }
//!         // Only what has changed, in the object as it was received.
//!         review.changed()
//!     }))
//!     .at("/validate", validating(|review: Review<Backup>| match review.object {
//!         Some(backup) if backup.spec.schedule.split(' ').count() != 5 => {
//!             Answer::deny("the schedule is not valid").invalid("spec.schedule", "must have five fields")
//!         }
//!         _ => Answer::allow(),
//!     }));
//! assert_eq!(handlers.paths().collect::<Vec<_>>(), ["/default", "/validate"]);
//! ```

mod answer;
mod conditions;
mod configuration;
mod conversion;
mod difference;
mod document;
mod gate;
mod handlers;
mod policy;
mod review;
mod time;
mod visit;

pub use answer::{Answer, IntoAnswer};
pub use conditions::{MatchConditions, Matched};
pub use configuration::{Backend, Rule, Webhook, WebhookConfiguration};
pub use conversion::{ConversionError, Conversions};
pub use difference::{Difference, differences};
pub use document::{GroupVersionKind, GroupVersionResource, Operation};
pub use gate::{Gate, Guest, Wanted};
pub use handlers::{
    AsyncJob, Handler, Handlers, Job, Readiness, Work, converting, mutating, mutating_async, validating,
    validating_async,
};
pub use policy::{Policy, PolicyBinding};
pub use review::{NoReview, Review, Subject};
pub use visit::{ServeOptions, Visit, VisitStep};
