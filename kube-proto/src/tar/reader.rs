//! The reader of an archive.
//!
//! | state | bytes | next |
//! |---|---|---|
//! | `Header` | a header of a name or of records (`L`, `K`, `x`, `g`) | `Record` |
//! | `Header` | a header of an old sparse file with a longer map | `Map` |
//! | `Header` | any other header | `Content`; yields the entry |
//! | `Header` | zeros | `Zeros` |
//! | `Record` | its last byte, and padding | `Header` |
//! | `Map` | its last block | `Content`; yields the entry |
//! | `Content` | bytes of a file | `Content`; yields them |
//! | `Content` | its last byte | `Padding`; yields the end of the entry |
//! | `Padding` | its last byte | `Header` |
//! | `Zeros` | zeros | `End`; yields the end |
//! | `Zeros` | anything else | `Failed` |
//! | `End` | anything | `End`: what follows is not read |
//!
//! Names: GNU's long names, records of PAX, `ustar` prefixes. Sizes: octal, base 256, PAX. Content of anything but files and
//! unknown types is none, whatever the header says, as in Go's reader.

use bytes::{Buf, Bytes};

use super::entry::{EntryKind, TarEntry, TarError};
use super::header::{Flavour, Header};
use super::pax::Pax;
use super::{BLOCK, MOST_RECORD};
use crate::opaque::Opaque;

/// An event of [`TarReader`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TarEvent {
    /// An entry begins.
    Entry(TarEntry),
    /// Bytes of its content, never empty.
    Data(Bytes),
    /// The entry is complete.
    Close,
    /// The archive is complete. What follows is padding, and not read.
    End,
}

/// Reads an archive in chunks of any size. It holds one block or one record ([`MOST_RECORD`]) besides the last chunk.
#[derive(Debug, Default)]
pub struct TarReader {
    chunk: Opaque<Bytes>,
    state: State,
    /// A block or a record whose end has not arrived.
    partial: Opaque<Vec<u8>>,
    /// What was said of the next entry.
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pax: Option<Pax>,
    /// How many bytes were read.
    read: u64,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Header,
    Record {
        kind: u8,
        size: u64,
    },
    Map(Box<TarEntry>),
    Content {
        left: u64,
        padding: u64,
    },
    Padding(u64),
    Zeros,
    End {
        told: bool,
    },
    Failed(TarError),
}

impl TarReader {
    /// At the beginning of an archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes. Take all events before the next push.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk.into();
        } else {
            self.chunk = Bytes::from([&self.chunk[..], &chunk].concat()).into();
        }
    }

    /// How many bytes of the archive were read so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.read
    }

    /// The next event; `None` until more is pushed.
    ///
    /// # Errors
    /// The archive is damaged. The error repeats; nothing follows it.
    #[allow(clippy::should_implement_trait, reason = "None is not the end: there is more after the next push")]
    pub fn next(&mut self) -> Option<Result<TarEvent, TarError>> {
        loop {
            let step = match std::mem::take(&mut self.state) {
                State::Header => self.header(),
                State::Record { kind, size } => self.record(kind, size),
                State::Map(entry) => self.map(entry),
                State::Content { left, padding } => self.content(left, padding),
                State::Padding(left) => self.padding(left),
                State::Zeros => self.zeros(),
                State::End { told } => {
                    self.chunk.clear();
                    let end = (!told).then_some(Ok(TarEvent::End));
                    return self.enter(State::End { told: true }, end);
                }
                State::Failed(error) => Step::Fail(error),
            };
            match step {
                Step::Wait(state) => return self.enter(state, None),
                Step::Go(state) => self.state = state,
                Step::Say(state, event) => return self.enter(state, Some(Ok(event))),
                Step::Fail(error) => return self.enter(State::Failed(error.clone()), Some(Err(error))),
            }
        }
    }

    /// The end of the bytes, after the last event.
    ///
    /// # Errors
    /// The archive ends within an entry, or is damaged. An archive may end without its blocks of zeros.
    pub fn finish(&self) -> Result<(), TarError> {
        match &self.state {
            State::End { .. } | State::Zeros => Ok(()),
            State::Header if self.partial.is_empty() && self.name.is_none() && self.pax.is_none() => Ok(()),
            State::Failed(error) => Err(error.clone()),
            _ => Err(TarError::Truncated),
        }
    }

    fn enter<T>(&mut self, state: State, result: T) -> T {
        self.state = state;
        result
    }

    /// The next `size` bytes, once they are there.
    fn take(&mut self, size: usize) -> Option<Vec<u8>> {
        let missing = size.saturating_sub(self.partial.len()).min(self.chunk.len());
        self.partial.extend_from_slice(self.chunk.get(..missing).unwrap_or_default());
        self.skip(missing);
        (self.partial.len() >= size).then(|| std::mem::take(&mut *self.partial))
    }

    fn skip(&mut self, bytes: usize) {
        self.chunk.advance(bytes);
        self.read = self.read.saturating_add(bytes as u64);
    }

    fn block(&mut self) -> Option<[u8; BLOCK]> {
        self.take(BLOCK)?.try_into().ok()
    }

    fn header(&mut self) -> Step {
        let Some(block) = self.block() else { return Step::Wait(State::Header) };
        let header = Header(&block);
        if header.is_zero() {
            return Step::Go(State::Zeros);
        }
        self.entry(header).unwrap_or_else(Step::Fail)
    }

    fn entry(&mut self, header: Header<'_>) -> Result<Step, TarError> {
        header.check()?;
        let (kind, size) = (header.kind(), header.size()?);
        if matches!(kind, b'L' | b'K' | b'x' | b'g' | b'X') {
            if size > MOST_RECORD {
                return Err(TarError::Record("a name or record"));
            }
            return Ok(Step::Go(State::Record { kind, size }));
        }
        let pax = self.pax.take().unwrap_or_default();
        let path = pax.path.or(self.name.take()).unwrap_or_else(|| header.name());
        let target = pax.link.or(self.link.take()).unwrap_or_else(|| header.link());
        (self.name, self.link) = (None, None);
        let size = pax.size.unwrap_or(size);
        let (kind, size) = match kind {
            _ if pax.sparse => (EntryKind::Sparse, size),
            // The oldest archives mark a directory by its name alone.
            0 | b'0' | b'7' if path.ends_with(b"/") && header.flavour() == Flavour::V7 => (EntryKind::Directory, 0),
            0 | b'0' | b'7' => (EntryKind::File, size),
            b'1' => (EntryKind::HardLink { target }, 0),
            b'2' => (EntryKind::Symlink { target }, 0),
            b'5' => (EntryKind::Directory, 0),
            b'3' | b'4' | b'6' => (EntryKind::Special(kind), 0),
            b'S' => (EntryKind::Sparse, size),
            other => (EntryKind::Special(other), size),
        };
        let modified = pax.modified.unwrap_or_else(|| header.modified());
        let entry = TarEntry { path, kind, mode: header.mode()?, size, modified };
        if header.kind() == b'S' && header.map_goes_on() {
            return Ok(Step::Go(State::Map(Box::new(entry))));
        }
        Ok(begin(entry))
    }

    fn map(&mut self, entry: Box<TarEntry>) -> Step {
        let Some(block) = self.block() else { return Step::Wait(State::Map(entry)) };
        if block.get(504).is_some_and(|flag| *flag != 0) { Step::Go(State::Map(entry)) } else { begin(*entry) }
    }

    fn record(&mut self, kind: u8, size: u64) -> Step {
        let whole = usize::try_from(size + padding(size)).unwrap_or(usize::MAX);
        let Some(mut record) = self.take(whole) else { return Step::Wait(State::Record { kind, size }) };
        record.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let name = |record: &[u8]| record.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        match kind {
            b'L' => self.name = Some(name(&record)).filter(|name| !name.is_empty()),
            b'K' => self.link = Some(name(&record)).filter(|name| !name.is_empty()),
            _ => match Pax::read(&record) {
                Err(error) => return Step::Fail(error),
                Ok(pax) if kind == b'g' && pax.renames() => return Step::Fail(TarError::Global),
                Ok(_) if kind == b'g' => {}
                Ok(pax) => self.pax = Some(pax),
            },
        }
        Step::Go(State::Header)
    }

    fn content(&mut self, left: u64, padding: u64) -> Step {
        if left == 0 {
            return Step::Say(State::Padding(padding), TarEvent::Close);
        }
        if self.chunk.is_empty() {
            return Step::Wait(State::Content { left, padding });
        }
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(self.chunk.len());
        let data = self.chunk.slice(..size);
        self.skip(size);
        Step::Say(State::Content { left: left - size as u64, padding }, TarEvent::Data(data))
    }

    fn padding(&mut self, left: u64) -> Step {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(self.chunk.len());
        self.skip(size);
        match left - size as u64 {
            0 => Step::Go(State::Header),
            left => Step::Wait(State::Padding(left)),
        }
    }

    fn zeros(&mut self) -> Step {
        match self.block() {
            None => Step::Wait(State::Zeros),
            Some(block) if Header(&block).is_zero() => Step::Go(State::End { told: false }),
            Some(_) => Step::Fail(TarError::LoneZeros),
        }
    }
}

enum Step {
    Wait(State),
    Go(State),
    Say(State, TarEvent),
    Fail(TarError),
}

fn begin(entry: TarEntry) -> Step {
    let (left, padding) = (entry.size, padding(entry.size));
    Step::Say(State::Content { left, padding }, TarEvent::Entry(entry))
}

/// The bytes from the end of a content to the next block.
pub(super) fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}
