//! An entry of an archive.

use std::fmt;

use crate::visible::Visible;

/// An entry of an archive, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TarEntry {
    /// The path as the archive has it: any bytes but NUL. Do not use it for a file of your own: see
    /// [`Extract`](super::Extract).
    pub path: Vec<u8>,
    /// What the entry is.
    pub kind: EntryKind,
    /// The permission bits, with those for set-uid, set-gid and sticky (`0o7777`).
    pub mode: u32,
    /// The size of the content that follows, in bytes; 0 for all but files.
    pub size: u64,
    /// When the file was changed, in seconds since 1970.
    pub modified: i64,
}

/// The kind of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// The text of the link.
        target: Vec<u8>,
    },
    /// Another name of an earlier file.
    HardLink {
        /// The path of that file.
        target: Vec<u8>,
    },
    /// A file with holes. Its content is not read.
    Sparse,
    /// A device, a pipe, a part of a file, or a type that this version does not know.
    Special(u8),
}

impl TarEntry {
    /// A file with mode 0644.
    pub fn file(path: impl Into<Vec<u8>>, size: u64) -> Self {
        Self { path: path.into(), kind: EntryKind::File, mode: 0o644, size, modified: 0 }
    }

    /// A directory with mode 0755.
    pub fn directory(path: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), kind: EntryKind::Directory, mode: 0o755, size: 0, modified: 0 }
    }

    /// A symbolic link.
    pub fn symlink(path: impl Into<Vec<u8>>, target: impl Into<Vec<u8>>) -> Self {
        let kind = EntryKind::Symlink { target: target.into() };
        Self { path: path.into(), kind, mode: 0o777, size: 0, modified: 0 }
    }

    /// Sets the permission bits.
    #[must_use]
    pub fn mode(mut self, bits: u32) -> Self {
        self.mode = bits & 0o7777;
        self
    }

    /// Sets the time of the last change, in seconds since 1970.
    #[must_use]
    pub fn modified(mut self, seconds: i64) -> Self {
        self.modified = seconds;
        self
    }
}

/// Why an archive cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TarError {
    /// A block that is no header: its checksum is wrong.
    Checksum,
    /// A number of a header cannot be read.
    Number(&'static str),
    /// A record that names an entry is larger than [`MOST_RECORD`](super::MOST_RECORD), or has no end.
    Record(&'static str),
    /// A record that would rename all later entries.
    Global,
    /// The archive ends within an entry.
    Truncated,
    /// A block of zeros that is not followed by a second one.
    LoneZeros,
    /// An entry was not asked for.
    Foreign,
    /// The path of an entry to write is empty, has a NUL, or is too long.
    Path,
    /// More or fewer bytes were written than the entry has.
    Size,
}

impl fmt::Display for TarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write as _;
        let f = &mut Visible(f);
        match self {
            TarError::Checksum => f.write_str("the archive is damaged: a header has the wrong checksum"),
            TarError::Number(what) => write!(f, "the archive is damaged: a header's {what} is no number"),
            TarError::Record(what) => write!(f, "the archive has {what} that is too long or damaged"),
            TarError::Global => f.write_str("the archive has one name or size for all entries"),
            TarError::Truncated => f.write_str("the archive ends within an entry"),
            TarError::LoneZeros => f.write_str("the archive is damaged: zeros where a header must be"),
            TarError::Foreign => f.write_str("the archive has a file that was not asked for"),
            TarError::Path => f.write_str("the path cannot be written to an archive"),
            TarError::Size => f.write_str("the content has not the size that its header says"),
        }
    }
}

impl std::error::Error for TarError {}
