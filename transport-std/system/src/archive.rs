//! Archives of local files, for copies to a container; and the place of a copy from one. All of this blocks.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use kube_proto::copy::{Copied, CopyEvent};
use kube_proto::driver::{Fault, FaultKind};
use kube_proto::tar::{EntryKind, Skipped, TarEntry, TarWriter};

use crate::copy::{Collected, Collection, Extraction};

/// Yields an archive of a file or directory in pieces of at most 64 KiB of content each.
#[derive(Debug)]
pub struct Archive {
    tree: Collection,
    writer: TarWriter,
    /// The file under way, and the bytes that are left of it.
    file: Option<(Vec<u8>, File, u64)>,
    copied: Copied,
    finished: bool,
}

/// A piece of an [`Archive`]: bytes for the container, and what to report.
#[derive(Debug)]
pub struct Piece {
    /// The bytes; none if an entry was left out.
    pub bytes: Bytes,
    /// What to report.
    pub event: Option<CopyEvent>,
}

impl Archive {
    /// The file or directory of this path, which the archive calls `name`. A link at the path itself is followed.
    ///
    /// # Errors
    /// It does not exist, or cannot be looked up.
    pub fn of(path: &Path, name: &[u8]) -> Result<Self, Fault> {
        let tree = Collection::of(path, name)?;
        Ok(Self { tree, writer: TarWriter::new(), file: None, copied: Copied::default(), finished: false })
    }

    /// The last component of a path of this system, with links resolved if the path has none of its own, as `.`.
    ///
    /// # Errors
    /// The path does not exist, or is the root.
    pub fn name_of(path: &Path) -> Result<Vec<u8>, Fault> {
        std::fs::metadata(path).map_err(|error| named(path, &error))?;
        if let Some(name) = path.file_name() {
            return Ok(name.as_bytes().to_vec());
        }
        let whole = std::fs::canonicalize(path).map_err(|error| named(path, &error))?;
        let name = whole.file_name().map(|name| name.as_bytes().to_vec());
        name.ok_or_else(|| Fault::unsent(FaultKind::Io, format!("{} has no name", path.display())))
    }

    /// What was read so far.
    #[must_use]
    pub fn copied(&self) -> Copied {
        self.copied
    }

    /// Whether all that the archive has was given: what follows, if anything does, is only its end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.finished
    }

    /// The next piece; blocks. `None` after the end of the archive.
    ///
    /// # Errors
    /// A file cannot be read, or has fewer bytes than when it was opened: the archive cannot be completed then.
    #[allow(clippy::should_implement_trait, reason = "an error is the end")]
    pub fn next(&mut self) -> Option<Result<Piece, Fault>> {
        if self.finished {
            return None;
        }
        let piece = self.piece();
        self.finished |= piece.is_err();
        Some(piece)
    }

    fn piece(&mut self) -> Result<Piece, Fault> {
        if let Some((path, mut file, left)) = self.file.take() {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let mut bytes = BytesMut::zeroed(most);
            let count = read(&mut file, &mut bytes)?;
            if count == 0 {
                let path = String::from_utf8_lossy(&path).into_owned();
                return Err(Fault::unsent(FaultKind::Io, format!("{path} became shorter while it was read")));
            }
            bytes.truncate(count);
            bytes.extend_from_slice(&self.writer.wrote(count as u64).map_err(|error| tar(&path, &error))?);
            let left = left - count as u64;
            self.copied.bytes += count as u64;
            match left {
                0 => self.copied.files += 1,
                left => self.file = Some((path, file, left)),
            }
            return Ok(Piece { bytes: bytes.freeze(), event: Some(CopyEvent::Progress(self.copied)) });
        }
        let (entry, file) = match self.tree.next().transpose()? {
            Some(Collected::Entry(entry, file)) => (entry, file),
            Some(Collected::Special(path)) => {
                self.copied.skipped += 1;
                return Ok(Piece { bytes: Bytes::new(), event: Some(CopyEvent::Skipped(Skipped::Special(path))) });
            }
            None => {
                self.finished = true;
                let bytes = self.writer.finish().map_err(|error| tar(b"", &error))?;
                return Ok(Piece { bytes, event: None });
            }
        };
        let bytes = self.writer.entry(&entry).map_err(|error| tar(&entry.path, &error))?;
        let TarEntry { path, kind, size, .. } = entry;
        match (kind, file) {
            (EntryKind::Directory, _) => self.copied.directories += 1,
            (EntryKind::Symlink { .. }, _) => self.copied.links += 1,
            (_, Some(file)) if size > 0 => self.file = Some((path.clone(), file, size)),
            _ => self.copied.files += 1,
        }
        Ok(Piece { bytes, event: Some(CopyEvent::Entry(path)) })
    }
}

impl Extraction {
    /// The place of a copy: in a directory of this path, under the name that the source has; or the path itself. Returns the
    /// name there.
    ///
    /// # Errors
    /// The directory above the path does not exist; or the source has no name, and the path is a directory.
    pub fn at(path: &Path, source: &[u8]) -> Result<(Self, Vec<u8>), Fault> {
        let unnamed = || Fault::unsent(FaultKind::Io, format!("{}: the copy has no name there", path.display()));
        if path.is_dir() && !source.is_empty() {
            return Ok((Self::below(path)?, source.to_vec()));
        }
        // A source without a name, as the root, becomes the directory itself.
        let whole = if path.is_dir() { std::fs::canonicalize(path) } else { Ok(path.to_owned()) };
        let whole = whole.map_err(|error| named(path, &error))?;
        let name = whole.file_name().ok_or_else(unnamed)?.as_bytes().to_vec();
        let parent = match whole.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => return Err(unnamed()),
        };
        Ok((Self::below(parent)?, name))
    }
}

fn read(file: &mut File, into: &mut [u8]) -> Result<usize, Fault> {
    loop {
        match file.read(into) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            result => return result.map_err(|error| Fault::local(&error)),
        }
    }
}

fn tar(path: &[u8], error: &kube_proto::tar::TarError) -> Fault {
    Fault::unsent(FaultKind::Io, format!("{}: {error}", String::from_utf8_lossy(path)))
}

fn named(path: &Path, error: &std::io::Error) -> Fault {
    Fault { text: format!("{}: {error}", path.display()), ..Fault::local(error) }
}

/// The most bytes of content in a piece: 64 KiB.
const PIECE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use kube_proto::tar::{Extract, Extracted, TarReader};

    use super::*;

    struct Place(std::path::PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("kube-transport-system-archive-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// There, and back by the other half of this package.
    #[test]
    fn a_tree_becomes_an_archive_and_a_tree_again() {
        let place = Place::new("tree");
        let from = place.0.join("from");
        std::fs::create_dir_all(from.join("a/b")).unwrap();
        let long = "n".repeat(150);
        let big: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        for (name, content) in [("a/one", &b"1"[..]), ("a/b/empty", b""), (&long, b"long"), ("big", &big)] {
            std::fs::write(from.join(name), content).unwrap();
        }
        let mut archive = Archive::of(&from, b"to").unwrap();
        let (mut to, name) = Extraction::at(&place.0.join("to"), b"from").unwrap();
        assert_eq!(name, b"to");
        let mut extract = Extract::new(b"to", &name).unwrap();
        let mut reader = TarReader::new();
        while let Some(piece) = archive.next() {
            reader.push(piece.unwrap().bytes);
            while let Some(event) = reader.next() {
                if let Some(Extracted::Do(action)) = extract.take(event.unwrap()).unwrap() {
                    to.apply(&action).unwrap();
                }
            }
        }
        reader.finish().unwrap();
        let copied = archive.copied();
        assert_eq!((copied.files, copied.directories, copied.bytes), (4, 3, 200_005));
        assert_eq!(std::fs::read(place.0.join("to/big")).unwrap(), big);
        assert_eq!(std::fs::read(place.0.join("to").join(&long)).unwrap(), b"long");
        assert_eq!(std::fs::read(place.0.join("to/a/b/empty")).unwrap(), b"");
    }

    #[test]
    fn a_file_that_becomes_shorter_is_an_error() {
        let place = Place::new("shorter");
        let path = place.0.join("file");
        std::fs::write(&path, vec![b'x'; 200_000]).unwrap();
        let mut archive = Archive::of(&path, b"file").unwrap();
        for _ in 0..2 {
            archive.next().unwrap().unwrap();
        }
        std::fs::write(&path, "x").unwrap();
        let error = archive.next().unwrap().unwrap_err();
        assert!(error.text.contains("became shorter"), "{}", error.text);
        assert!(archive.next().is_none());
    }

    #[test]
    fn the_place_of_a_copy() {
        let place = Place::new("place");
        assert_eq!(Extraction::at(&place.0, b"src").unwrap().1, b"src");
        assert_eq!(Extraction::at(&place.0.join("new"), b"src").unwrap().1, b"new");
        assert!(Extraction::at(&place.0, b"").unwrap().1.starts_with(b"kube-transport-system-archive"));
        assert!(Extraction::at(&place.0.join("none/new"), b"src").is_err());
        std::fs::write(place.0.join("x"), "").unwrap();
        assert_eq!(Archive::name_of(&place.0.join("x")).unwrap(), b"x");
        assert!(Archive::name_of(&place.0.join("y")).is_err());
        assert!(Archive::name_of(Path::new("/")).is_err());
        assert!(!Archive::name_of(Path::new(".")).unwrap().is_empty());
    }
}
