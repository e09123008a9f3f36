//! The webhooks of the transports' examples: backups, of which a mutating webhook fills in defaults, a validating one
//! checks the schedule, and a third converts between the versions v1 and v2. The README in `tests/kubectl/webhook` says how
//! to run them.

mod backup;
mod manifests;
mod play;
#[cfg(test)]
mod tests;

pub use backup::{Backup, BackupV1, handlers};
pub use manifests::{configurations, definition, manifests};
pub use play::{Action, Local, Play, Step, cleanup, mounted};
