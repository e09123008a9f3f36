//! Objects of any kind, as manifests: read, and sent to a server with one operation.
//!
//! | to | use |
//! |---|---|
//! | read YAML or JSON, of many documents and lists | `read` (feature `yaml`) |
//! | make one from a value | [`Manifest::new`] |
//! | create, apply, replace, delete or get all of them | [`create`], [`apply`], [`replace`], [`delete`], [`get`], with a client's `stream` |
//! | know what an apply would change | [`diff`], or [`Run::dry_run`] |
//! | delete what is no longer among them | [`Run::prune`], with an [`ApplySet`] |
//!
//! A [`Run`] finds the resource of each kind by discovery, and yields a [`Report`] for each object. A failure is the result of its
//! object; the others follow all the same.
//!
#![cfg_attr(
    feature = "yaml",
    doc = r#"```
use kube_proto::client::{AsyncClient, AsyncStream};
use kube_proto::{Error, manifest};

async fn apply<C: AsyncClient>(client: &C, yaml: &str) -> Result<bool, Error> {
    let manifests: Vec<_> = manifest::read(yaml).filter_map(Result::ok).collect();
    let mut reports = client.stream(manifest::apply(manifests, "my-tool").within("shop"));
    let mut fine = true;
    while let Some(report) = reports.next().await {
        let report = report?;
        println!("{report}");
        fine &= report.result.is_ok();
    }
    Ok(fine)
}
```
"#
)]
//!
//! # Order
//!
//! Objects are sent in their order, except that what others need comes first and what may get in the way comes last:
//!
//! | rank | objects |
//! |---|---|
//! | 1 | namespaces |
//! | 2 | definitions of custom resources; then the run waits until each is [served](crate::crd::served) |
//! | 3 | what the admission of pods looks for: service accounts, priority classes, runtime classes, limit ranges, quotas |
//! | 4 | everything else |
//! | 5 | webhook configurations, and bindings of admission policies: they may refuse the others |
//! | 6 | API services: one without a backend breaks discovery and the deletion of namespaces |
//!
//! [`delete`] goes through them in reverse. [`Run::as_they_come`] keeps the order of the manifests.
//!
//! # Changes
//!
//! `Unchanged` means that the write stored nothing: the resource version is the one before; or, if a controller has written the status
//! meanwhile, the generation and the rest of the metadata are. So a run reads the metadata of an object before it applies or replaces
//! it. If the user may not read it, an object that existed counts as changed.

mod apply_set;
mod object;
mod order;
mod prune;
#[cfg(feature = "yaml")]
mod read;
mod report;
mod run;
mod value;

pub use apply_set::ApplySet;
#[cfg(feature = "yaml")]
pub use read::{ManifestError, Manifests, read};
pub use report::{Change, Done, Report};
pub use run::{AllReports, Run, apply, create, delete, diff, get, replace};
pub use value::Manifest;
