//! Copies of files and folders, from a container and to it, as `kubectl cp` makes them: `tar` in the container, and an
//! archive on its standard streams (docs/wire.md §20). The image needs `tar`, and for a copy to it `test` as well.
//!
//! Most programs use a transport's `Client::copy_from` and `Client::copy_to`. What is here is what all transports share:
//!
//! | item | what it is |
//! |---|---|
//! | [`RemotePath`] | a path of a container: `shop/web-0:/var/log` |
//! | [`CopyFrom`], [`CopyTo`] | a copy from such a path or to it |
//! | [`Download`] | from a container: the sessions to open, and what to do with the files |
//! | [`Upload`] | to a container: the sessions to open, and the name of what is sent |
//! | [`CopyEvent`], [`Copied`], [`SAID`] | progress, the result, and a limit |
//!
//! ```
//! use kube_proto::copy::RemotePath;
//!
//! let path: RemotePath = "shop/web-0:/var/log".parse()?;
//! assert_eq!(path.name(), b"log");
//! # Ok::<(), kube_proto::Error>(())
//! ```
//!
//! A copy writes nothing outside of its target, whatever the archive says: see [`Extract`](crate::tar::Extract). Links in
//! the container are left out, as in kubectl. Links on the local side are sent as links.

mod download;
mod remote;
mod upload;

pub use download::{Download, DownloadStep};
pub use remote::{CopyFrom, CopyTo, RemotePath};
pub use upload::Upload;

use crate::error::{ApiError, Error, ErrorKind};
use crate::exec::ExecResult;
use crate::tar::Skipped;
use crate::visible::visible;

/// What a copy has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// Files that were copied.
    pub files: u64,
    /// Directories that were made, or existed.
    pub directories: u64,
    /// Links that were sent. A copy from a container has none.
    pub links: u64,
    /// Bytes of the contents of files.
    pub bytes: u64,
    /// Entries that were left out: see [`CopyEvent::Skipped`].
    pub skipped: u64,
}

/// The progress of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyEvent {
    /// A file, directory or link begins: its path in the target.
    Entry(Vec<u8>),
    /// What was copied so far.
    Progress(Copied),
    /// An entry was left out.
    Skipped(Skipped),
    /// The session has failed, and another one continues after so many bytes of the archive.
    Resumed(u64),
}

/// The error of a process that ended with another code than 0, with what it said.
fn failure(what: &str, result: &ExecResult, stderr: &[u8]) -> Error {
    let mut status = result.status().clone();
    let said = String::from_utf8_lossy(stderr);
    let said = match said.trim() {
        "" => &*status.message,
        said => said,
    };
    status.message = format!("{what} failed: {}", visible(said));
    Error::new(ErrorKind::Api(Box::new(ApiError { status, ..ApiError::default() })))
}

/// The most bytes of what `tar` says that an error has: 4 KiB.
pub const SAID: usize = 4096;

#[cfg(test)]
mod tests;
