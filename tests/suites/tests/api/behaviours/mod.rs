//! The behaviours, one file per family.

use crate::rows::Row;

mod apply;
mod auth;
mod compression;
mod copy;
mod crud;
mod custom;
mod delete;
mod discovery;
mod disrupted;
mod dry_run;
mod errors;
mod exec;
mod informer;
mod kubeconfig;
mod logins;
mod manifests;
mod paging;
mod parts;
mod patch;
mod pods;
mod port_forward;
mod protobuf;
mod reviews;
mod selectors;
mod sharing;
mod subresources;
mod support;
mod upgrade;
mod watch;
mod webhooks;
mod workloads;

/// All families, with their rows.
pub(crate) const FAMILIES: &[(&str, &[Row])] = &[
    ("crud", crud::ROWS),
    ("custom", custom::ROWS),
    ("stateful_sets", workloads::stateful_sets::ROWS),
    ("stateful_sets", workloads::stateful_sets::OWN),
    ("daemon_sets", workloads::daemon_sets::ROWS),
    ("daemon_sets", workloads::daemon_sets::OWN),
    ("jobs", workloads::jobs::ROWS),
    ("jobs", workloads::jobs::OWN),
    ("cron_jobs", workloads::cron_jobs::ROWS),
    ("cron_jobs", workloads::cron_jobs::OWN),
    ("patch", patch::ROWS),
    ("apply", apply::ROWS),
    ("dry_run", dry_run::ROWS),
    ("paging", paging::ROWS),
    ("selectors", selectors::ROWS),
    ("delete", delete::ROWS),
    ("watch", watch::ROWS),
    ("informer", informer::ROWS),
    ("parts", parts::ROWS),
    ("protobuf", protobuf::ROWS),
    ("subresources", subresources::ROWS),
    ("pods", pods::ROWS),
    ("port_forward", port_forward::ROWS),
    ("compression", compression::ROWS),
    ("sharing", sharing::ROWS),
    ("errors", errors::ROWS),
    ("discovery", discovery::ROWS),
    ("manifests", manifests::ROWS),
    ("reviews", reviews::ROWS),
    ("auth", auth::ROWS),
    ("logins", logins::ROWS),
    ("kubeconfig", kubeconfig::ROWS),
    ("upgrade", upgrade::ROWS),
    ("exec", exec::ROWS),
    ("copy", copy::ROWS),
    ("disrupted", disrupted::ROWS),
    ("webhooks", webhooks::ROWS),
];
