//! Archives of files: what `tar` reads and writes, as machines.
//!
//! [`TarReader`] takes the bytes of an archive as they come, and gives its entries. [`TarWriter`] gives the bytes of an archive.
//! [`Extract`] decides what an entry may do to the file system, and trusts no entry. None of them touches a file.
//!
//! ```
//! use bytes::Bytes;
//! use kube_proto::tar::{EntryKind, TarEntry, TarEvent, TarReader, TarWriter};
//!
//! let mut writer = TarWriter::new();
//! let mut archive = writer.entry(&TarEntry::file("hello.txt", 5))?.to_vec();
//! archive.extend_from_slice(b"hello");
//! archive.extend_from_slice(&writer.wrote(5)?);
//! archive.extend_from_slice(&writer.finish()?);
//!
//! let mut reader = TarReader::new();
//! reader.push(Bytes::from(archive));
//! let mut content = Vec::new();
//! while let Some(event) = reader.next() {
//!     match event? {
//!         TarEvent::Entry(entry) => assert_eq!((entry.path.as_slice(), entry.kind), (&b"hello.txt"[..], EntryKind::File)),
//!         TarEvent::Data(data) => content.extend_from_slice(&data),
//!         TarEvent::Close | TarEvent::End => {}
//!     }
//! }
//! assert_eq!(content, b"hello");
//! # Ok::<(), kube_proto::tar::TarError>(())
//! ```

mod entry;
mod extract;
mod header;
mod pax;
mod reader;
mod writer;

pub use entry::{EntryKind, TarEntry, TarError};
pub use extract::{Extract, Extracted, FileAction, Skipped};
pub use reader::{TarEvent, TarReader};
pub use writer::TarWriter;

/// The size of a block.
const BLOCK: usize = 512;

/// The most bytes of a record that names an entry: a long name, or a header of PAX.
pub const MOST_RECORD: u64 = 64 << 10;

#[cfg(test)]
mod tests;
