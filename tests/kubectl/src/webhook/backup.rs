//! The custom resource in two versions, and its handlers.

use kube_proto::admission::{Answer, Conversions, Handlers, Review, converting, mutating, validating};
use kube_proto::resource::ObjectMeta;
use serde::{Deserialize, Serialize};

/// The group of the custom resource.
pub(super) const GROUP: &str = "backups.example.com";

/// Where v1 keeps what it has no field for, so that a conversion there and back loses nothing.
const COPIES: &str = "backups.example.com/copies";

/// A backup in v2, which the handlers of admission work with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Backup {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What the user wants.
    pub spec: Spec,
}

/// The `spec` in v2.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Five fields, as cron has them.
    pub schedule: String,
    /// How much to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
}

/// How much to keep.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keep {
    /// For so many days.
    #[serde(default = "seven")]
    pub days: u32,
    /// In so many places.
    #[serde(default = "one")]
    pub copies: u32,
}

/// A backup in v1, which has one number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackupV1 {
    /// The metadata.
    pub metadata: ObjectMeta,
    /// What the user wants.
    pub spec: SpecV1,
}

/// The `spec` in v1.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpecV1 {
    /// Five fields, as cron has them.
    pub schedule: String,
    /// The days to keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
}

kube_proto::resource!(Backup { group: GROUP, version: "v2", kind: "Backup", plural: "backups", scope: Namespaced });
kube_proto::resource!(BackupV1 { group: GROUP, version: "v1", kind: "Backup", plural: "backups", scope: Namespaced });

fn seven() -> u32 {
    7
}

fn one() -> u32 {
    1
}

/// The webhooks, by path.
#[must_use]
pub fn handlers() -> Handlers {
    Handlers::new()
        .at("/default", mutating(default))
        .at("/validate", validating(validate))
        .at("/convert", converting(conversions()))
}

/// Fills in what the user has left out. It makes the same change the second time, so it may be called again.
fn default(mut review: Review<Backup>) -> Answer {
    if let Some(backup) = &mut review.object {
        backup.spec.keep.get_or_insert(Keep { days: seven(), copies: one() });
    }
    review.changed()
}

fn validate(review: Review<Backup>) -> Answer {
    let Some(backup) = review.object else { return Answer::allow() };
    if backup.spec.schedule.split_ascii_whitespace().count() != 5 {
        return Answer::deny("the schedule is not valid").invalid("spec.schedule", "must have five fields");
    }
    match backup.spec.keep {
        Some(keep) if keep.copies == 0 => {
            Answer::deny("there would be no backup").invalid("spec.keep.copies", "must be at least 1")
        }
        Some(keep) if keep.days > 365 => Answer::allow().warn("spec.keep.days is more than a year"),
        _ => Answer::allow(),
    }
}

pub(super) fn conversions() -> Conversions {
    Conversions::new(GROUP, "Backup").typed(up).typed(down)
}

fn up(old: BackupV1) -> Result<Backup, String> {
    let mut metadata = old.metadata;
    let copies = match metadata.annotations.remove(COPIES) {
        Some(text) => Some(text.parse::<u32>().map_err(|_| format!("the annotation {COPIES} is no number"))?),
        None => None,
    };
    let keep = match (old.spec.keep_days, copies) {
        (None, None) => None,
        (days, copies) => Some(Keep { days: days.unwrap_or_else(seven), copies: copies.unwrap_or_else(one) }),
    };
    Ok(Backup { metadata, spec: Spec { schedule: old.spec.schedule, keep } })
}

fn down(new: Backup) -> Result<BackupV1, String> {
    let mut metadata = new.metadata;
    if let Some(keep) = new.spec.keep.as_ref().filter(|keep| keep.copies != one()) {
        metadata.annotations.insert(COPIES.into(), keep.copies.to_string());
    }
    let spec = SpecV1 { schedule: new.spec.schedule, keep_days: new.spec.keep.map(|keep| keep.days) };
    Ok(BackupV1 { metadata, spec })
}
