//! The writer of an archive, in the format that GNU's, BSD's and busybox' `tar` read: GNU's records for long names, and base
//! 256 for sizes of 8 GiB and more. (busybox does not read the records of PAX.)
//!
//! | state | call | next |
//! |---|---|---|
//! | `Between` | `entry` | `Within` |
//! | `Within` | `wrote`, before the last byte | `Within` |
//! | `Within` | `wrote`, with the last byte | `Between` |
//! | `Between` | `finish` | `Done` |

use bytes::Bytes;

use super::BLOCK;
use super::entry::{EntryKind, TarEntry, TarError};
use super::header::{NAME, NewHeader};
use super::reader::padding;

/// Writes an archive: the bytes between the contents, which the caller writes itself.
#[derive(Debug, Default)]
pub struct TarWriter {
    state: State,
    written: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    Within {
        left: u64,
        padding: u64,
    },
    Done,
}

/// Archives are a multiple of this: the record of a tape.
const RECORD: u64 = 20 * BLOCK as u64;

impl TarWriter {
    /// At the beginning of an archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes the archive has so far, contents included.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.written
    }

    /// The bytes before the content of an entry. Write the content after them, and say so with [`wrote`](Self::wrote).
    ///
    /// # Errors
    /// The path is empty, has a NUL or more than 4 KiB; the kind cannot be written; or the entry before is not complete.
    pub fn entry(&mut self, entry: &TarEntry) -> Result<Bytes, TarError> {
        if self.state != State::Between {
            return Err(TarError::Size);
        }
        let path = &entry.path;
        let (kind, target): (u8, &[u8]) = match &entry.kind {
            EntryKind::File => (b'0', &[]),
            EntryKind::Directory => (b'5', &[]),
            EntryKind::Symlink { target } => (b'2', target),
            EntryKind::HardLink { target } => (b'1', target),
            EntryKind::Sparse | EntryKind::Special(_) => return Err(TarError::Path),
        };
        let is_link = matches!(kind, b'1' | b'2');
        for name in [path.as_slice()].into_iter().chain(is_link.then_some(target)) {
            if name.is_empty() || name.contains(&0) || name.len() > MOST_PATH {
                return Err(TarError::Path);
            }
        }
        let size = if kind == b'0' { entry.size } else { 0 };
        let mut out = Vec::new();
        for (record, name) in [(b'K', target), (b'L', path.as_slice())] {
            if name.len() > NAME {
                let length = name.len() as u64 + 1;
                out.extend_from_slice(&NewHeader::new(b"././@LongLink", record, 0, length, 0).finish());
                out.extend_from_slice(name);
                out.resize(out.len() + 1 + usize::try_from(padding(length)).unwrap_or(0), 0);
            }
        }
        let header = NewHeader::new(path, kind, entry.mode & 0o7777, size, entry.modified).link(target);
        out.extend_from_slice(&header.finish());
        self.written += out.len() as u64;
        self.state = if size == 0 { State::Between } else { State::Within { left: size, padding: padding(size) } };
        Ok(out.into())
    }

    /// Notes that so many bytes of the content were written. The result follows them: padding, after the last byte.
    ///
    /// # Errors
    /// The entry has not so many bytes.
    pub fn wrote(&mut self, bytes: u64) -> Result<Bytes, TarError> {
        match self.state {
            State::Within { left, padding } if bytes < left => {
                self.state = State::Within { left: left - bytes, padding };
                self.written += bytes;
                Ok(Bytes::new())
            }
            State::Within { left, padding } if bytes == left => {
                self.state = State::Between;
                self.written += bytes + padding;
                Ok(zeros(padding))
            }
            _ if bytes == 0 => Ok(Bytes::new()),
            _ => Err(TarError::Size),
        }
    }

    /// The bytes that end the archive: two blocks of zeros, and more up to a multiple of 10,240.
    ///
    /// # Errors
    /// The last entry is not complete.
    pub fn finish(&mut self) -> Result<Bytes, TarError> {
        if self.state != State::Between {
            return Err(TarError::Size);
        }
        let end = (self.written + 2 * BLOCK as u64).next_multiple_of(RECORD);
        let bytes = zeros(end - self.written);
        (self.written, self.state) = (end, State::Done);
        Ok(bytes)
    }
}

/// Longer paths no file system takes.
const MOST_PATH: usize = 4096;

fn zeros(size: u64) -> Bytes {
    vec![0; usize::try_from(size).unwrap_or(0)].into()
}
