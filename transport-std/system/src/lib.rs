//! System calls that the transports of [`kube_proto`] share.
//!
//! The core makes no system calls, and a transport has only those that its runtime does in its own way. This package
//! has the rest: calls that are the same on every runtime. It has no runtime, no thread and no clock. The documentation
//! names the calls that block: an async transport makes them on a thread that may block.
//!
//! | to | use |
//! |---|---|
//! | start a client | [`platform`], [`locate`] |
//! | read and replace files | `read_file`, `write_file`, `load` |
//! | make the files of an archive, or an archive of files | `Extraction`, `Archive`; `Collection` |
//! | run a credential plugin | `Program`; or `command`, `Group` and `exit_code` where the runtime starts programs |
//! | connect a socket | `look_up`, `connect`, `is_connected`, `keep_alive`, `is_quiet` |
//!
//! All but the first row needs the feature `io`. `connect`, `is_connected` and the files of archives are for Unix; elsewhere a program has no
//! group of its own and a new file has the permissions that the system gives it.

// Published documentation shows which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "io", unix))]
mod archive;
#[cfg(all(feature = "io", unix))]
mod copy;
#[cfg(feature = "io")]
mod file;
mod platform;
#[cfg(feature = "io")]
mod program;
#[cfg(feature = "io")]
mod socket;

#[cfg(all(feature = "io", unix))]
pub use archive::{Archive, Piece};
#[cfg(all(feature = "io", unix))]
pub use copy::{Collected, Collection, Extraction, local_path};
#[cfg(feature = "io")]
pub use file::{load, read_file, write_file};
pub use platform::{locate, platform};
#[cfg(feature = "io")]
pub use program::{Group, Program, Stderr, Stdout, command, exit_code};
#[cfg(all(feature = "io", unix))]
pub use socket::{connect, is_connected};
#[cfg(feature = "io")]
pub use socket::{is_quiet, keep_alive, look_up};
