//! Who may do what: asked of the server, kept for a while, or computed from roles.
//!
//! | to | use |
//! |---|---|
//! | know whether this client may do something | [`can_i`], with a client's `call`; for many questions with its `batch` |
//! | know whether another user may | [`can`], [`can_here`] |
//! | see all that this client may do in a namespace | [`rules`] |
//! | know who this client is to the server | [`who_am_i`] |
//! | know whose token a request has brought | [`whose_token`] |
//! | authorize the requests of others, as a webhook or an aggregated API server | an [`Authorizer`] |
//! | compute what roles and bindings allow, without a server | [`Rbac`] |
//!
//! ```
//! use kube_proto::Error;
//! use kube_proto::access::{Action, can_i};
//! use kube_proto::client::AsyncClient;
//!
//! /// What this program needs and may not do.
//! async fn missing<C: AsyncClient>(client: &C) -> Result<Vec<String>, Error> {
//!     let needs = [
//!         Action::new("list", "pods").within("shop"),
//!         Action::new("patch", "deployments.apps/scale").within("shop").named("web"),
//!         Action::path("get", "/metrics"),
//!     ];
//!     // At most eight questions at once.
//!     let answers = client.batch(needs.iter().cloned().map(can_i), 8).await;
//!     let mut missing = Vec::new();
//!     for (need, answer) in needs.iter().zip(answers) {
//!         let access = answer?;
//!         if !access.is_allowed() {
//!             missing.push(format!("{need}: {access}"));
//!         }
//!     }
//!     Ok(missing)
//! }
//! ```

mod action;
mod ask;
mod authorizer;
mod rbac;
mod rules;

pub use action::{Access, Action, Decision};
pub use ask::{Answer, Authenticated, can, can_here, can_i, rules, who_am_i, whose_token};
pub use authorizer::{AccessCache, Authorize, Authorizer};
pub use rbac::{Grant, Rbac, Subject};
pub use rules::{RuleRow, RuleTable};

pub use crate::resource::review::PolicyRule;
