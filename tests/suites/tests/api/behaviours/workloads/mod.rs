//! Typed workloads: `StatefulSet`, `DaemonSet`, `Job` and `CronJob`. What they have in common is written once, for any
//! kind of the [table](kinds). The other files hold what one kind alone has.

pub(crate) mod cron_jobs;
pub(crate) mod daemon_sets;
mod deletions;
pub(crate) mod jobs;
mod kinds;
mod objects;
mod shared;
pub(crate) mod stateful_sets;

use crate::rows::{Row, row};
use kinds::Workload;

/// The rows that each kind has.
const fn rows<K: Workload>() -> [Row; 13] {
    use deletions::*;
    use shared::*;
    [
        row!(create_and_get::<K>),
        row!(list::<K>),
        row!(replace::<K>),
        row!(replace_of_a_stale_version_conflicts::<K>),
        row!(patch::<K>),
        row!(apply::<K>),
        row!(status::<K>),
        row!(status_of_an_apply::<K>),
        row!(fields_that_never_change::<K>),
        row!(background_deletes_what_is_owned::<K>),
        row!(foreground_waits_for_what_is_owned::<K>),
        row!(a_deletion_without_a_policy::<K>),
        row!(orphans_stay::<K>),
    ]
}
