//! A small kubectl as an operation, for the transports' examples.
//!
//! [`parse`] only parses a command line. `main` reads the configuration and the named files, makes a client, carries
//! out [`Kubectl`] in a [`Running`], and writes its outputs to their streams:
//!
//! ```text
//! let invocation = kubectl::parse(args, true)?;                     // Usage: print it, exit with its code
//! let contents = invocation.read(|| standard input)?;               // the named files, and those of folders
//! let client = ... invocation.kubeconfig, invocation.overrides      // or with --demo, a server of its own
//! let operation = Kubectl::new(invocation, &contents);
//! for printed in client.together(Running::new(operation)) {
//!     if let Some(code) = printed?.write(&mut stdout, &mut stderr)? { exit(code) }
//! }
//! ```
//!
//! | file | content |
//! |---|---|
//! | `flags`, `invocation` | the command line |
//! | `files`, `manifest` | reading files, and objects from them |
//! | `machine` | discovery, then the command: requests out, answers in |
//! | `subject`, `each` | the objects of a command line, and one action on each |
//! | `get`, `write`, `change`, `delete`, `logs`, `info`, `explain` | the commands |
//! | `apply`, `prune`, `unified` | `apply` and `diff`: three-way merges, what is no longer there, differences as text |
//! | `followed` | logs that are followed, all at once |
//! | `auth`, `can_i`, `config`, `config_change`, `config_property`, `config_view` | the current user, and the kubeconfig |
//! | `table`, `object`, `output`, `sort`, `failure` | output in the format of kubectl 1.36 |
//! | `port_forward` | local ports: what to forward, and the lines that the program prints |
//! | `remote`, `terminal` | processes and files of containers; the own terminal |
//! | `program`, [`demo`] | the shared part of the examples' `main`, and the cluster of `--demo` |

mod apply;
mod auth;
mod can_i;
mod change;
mod config;
mod config_change;
mod config_property;
mod config_view;
mod delete;
pub mod demo;
mod desk;
mod each;
mod explain;
mod failure;
mod files;
mod flags;
mod followed;
mod get;
mod info;
mod invocation;
mod logs;
mod machine;
mod manifest;
mod object;
mod output;
mod port_forward;
mod program;
mod prune;
mod remote;
mod sort;
mod subject;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod unified;
pub mod webhook;
mod write;

pub use desk::{Followed, Printed};
pub use failure::message;
pub use followed::{Part, PartItem, Running};
pub use invocation::{Invocation, Usage, parse};
pub use machine::Kubectl;
pub use manifest::Source;
pub use port_forward::Forwarding;
pub use program::{Program, failed, loaded_from};
pub use remote::{CopyLine, Copying, Opening, Remote, Session};
pub use terminal::Terminal;
