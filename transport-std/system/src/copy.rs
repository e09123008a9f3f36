//! The files of an archive: made below one directory, and read from one path. All of this blocks.
//!
//! Below the caller's directory no link is followed: each component of a path is opened by itself, relative to the one before
//! (`openat` with `O_NOFOLLOW`). So a link that was there before, or that another program makes meanwhile, leads nowhere.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use kube_proto::driver::{Fault, FaultKind};
use kube_proto::tar::{FileAction, TarEntry};
use rustix::fs::{
    CWD, Dir, FileType, Mode, OFlags, RawMode, Stat, fstat, ftruncate, mkdirat, openat, readlinkat, statat,
};
use rustix::io::Errno;

/// Carries out the actions of an [`Extract`](kube_proto::tar::Extract) below a directory.
#[derive(Debug)]
pub struct Extraction {
    root: OwnedFd,
    /// The directory of the last action.
    last: Option<(Vec<u8>, OwnedFd)>,
    file: Option<File>,
}

impl Extraction {
    /// Below this directory, which must exist. It may be a link: it is the caller's.
    ///
    /// # Errors
    /// It cannot be opened as a directory.
    pub fn below(directory: &Path) -> Result<Self, Fault> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, directory, flags, Mode::empty()).map_err(|error| fault(directory, error))?;
        Ok(Self { root, last: None, file: None })
    }

    /// Carries out one action; blocks.
    ///
    /// # Errors
    /// A component of the path is a link, or no directory; the file is no ordinary file; or the system's error.
    pub fn apply(&mut self, action: &FileAction) -> Result<(), Fault> {
        match action {
            FileAction::MakeDirectory { path, mode } => self.enter(path, *mode).map(drop),
            FileAction::Create { path, mode } => {
                self.file = Some(self.create(path, *mode)?);
                Ok(())
            }
            FileAction::Append(bytes) => match &mut self.file {
                Some(file) => file.write_all(bytes).map_err(|error| Fault::local(&error)),
                None => Err(Fault::unsent(FaultKind::Io, "no file is open for the content of the archive")),
            },
            FileAction::Close => {
                self.file = None;
                Ok(())
            }
        }
    }

    fn create(&mut self, path: &[u8], mode: u32) -> Result<File, Fault> {
        let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (path.get(..slash).unwrap_or_default(), path.get(slash + 1..).unwrap_or_default()),
            None => (&[][..], path),
        };
        let shown = Path::new(OsStr::from_bytes(path));
        let folder = self.enter(parent, 0o755)?;
        // A pipe that stands there must not block.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(folder, c_name(name)?, flags, bits(mode)).map_err(|error| fault(shown, error))?;
        let stat = fstat(&file).map_err(|error| fault(shown, error))?;
        if kind(&stat) != FileType::RegularFile {
            return Err(Fault::unsent(
                FaultKind::Io,
                format!("{}: there is something that is no file", shown.display()),
            ));
        }
        ftruncate(&file, 0).map_err(|error| fault(shown, error))?;
        Ok(file.into())
    }

    /// Opens a directory, and makes what of it does not exist.
    fn enter(&mut self, path: &[u8], mode: u32) -> Result<&OwnedFd, Fault> {
        if path.is_empty() {
            return Ok(&self.root);
        }
        if self.last.as_ref().is_none_or(|(last, _)| last != path) {
            let mut folder = None::<OwnedFd>;
            let mut rest = path.split(|byte| *byte == b'/').peekable();
            while let Some(name) = rest.next() {
                let parent = folder.as_ref().unwrap_or(&self.root).as_fd();
                let name = c_name(name)?;
                let mode = if rest.peek().is_none() { mode } else { 0o755 };
                let shown = Path::new(OsStr::from_bytes(path));
                match mkdirat(parent, &name, bits(mode)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(fault(shown, error)),
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let next = openat(parent, &name, flags, Mode::empty()).map_err(|error| fault(shown, error))?;
                folder = Some(next);
            }
            let folder = folder.ok_or_else(|| Fault::unsent(FaultKind::Io, "an empty path"))?;
            self.last = Some((path.to_vec(), folder));
        }
        Ok(self.last.as_ref().map_or(&self.root, |(_, folder)| folder))
    }
}

/// Yields a file or directory, and what is below it, as entries of an archive, in the order of their names. Links are entries
/// and are not followed.
#[derive(Debug)]
pub struct Collection {
    begin: Option<(OwnedFd, CString, Vec<u8>)>,
    folders: Vec<Folder>,
}

#[derive(Debug)]
struct Folder {
    fd: OwnedFd,
    path: Vec<u8>,
    /// The names that are left, the next one last.
    names: Vec<CString>,
}

/// An item of a [`Collection`].
#[derive(Debug)]
pub enum Collected {
    /// An entry, and its content if it is a file.
    Entry(TarEntry, Option<File>),
    /// Neither a file nor a directory nor a link: left out.
    Special(Vec<u8>),
}

impl Collection {
    /// The file or directory of this path, which the archive calls `name`. A link at the path itself is followed.
    ///
    /// # Errors
    /// It does not exist, or cannot be looked up.
    pub fn of(path: &Path, name: &[u8]) -> Result<Self, Fault> {
        let path = std::fs::canonicalize(path).map_err(|error| named(path, &error))?;
        let parent = path.parent().unwrap_or(Path::new("/"));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(CWD, parent, flags, Mode::empty()).map_err(|error| fault(parent, error))?;
        let own = path.file_name().map_or(&b"."[..], OsStr::as_bytes);
        Ok(Self { begin: Some((fd, c_name(own)?, name.to_vec())), folders: Vec::new() })
    }

    /// The next entry; blocks.
    ///
    /// # Errors
    /// It cannot be read. What follows goes on with the next one.
    #[allow(clippy::should_implement_trait, reason = "an error is not the end")]
    pub fn next(&mut self) -> Option<Result<Collected, Fault>> {
        if let Some((fd, own, name)) = self.begin.take() {
            return Some(self.look(&fd, &own, name));
        }
        loop {
            let folder = self.folders.last_mut()?;
            let Some(name) = folder.names.pop() else {
                self.folders.pop();
                continue;
            };
            let path = [&folder.path, &b"/"[..], name.as_bytes()].concat();
            let fd = match folder.fd.try_clone() {
                Ok(fd) => fd,
                Err(error) => return Some(Err(Fault::local(&error))),
            };
            return Some(self.look(&fd, &name, path));
        }
    }

    #[allow(clippy::useless_conversion, reason = "the types differ between systems")]
    fn look(&mut self, parent: &OwnedFd, name: &CString, path: Vec<u8>) -> Result<Collected, Fault> {
        let shown = Path::new(OsStr::from_bytes(&path)).to_owned();
        let failed = |error| fault(&shown, error);
        let stat = statat(parent, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
        let (mode, modified) = (u32::from(Mode::from_raw_mode(stat.st_mode).bits()), i64::from(stat.st_mtime));
        let entry = match kind(&stat) {
            FileType::RegularFile => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
                let file = openat(parent, name, flags, Mode::empty()).map_err(failed)?;
                // It may be another file by now.
                let stat = fstat(&file).map_err(failed)?;
                if kind(&stat) != FileType::RegularFile {
                    return Ok(Collected::Special(path));
                }
                let size = u64::try_from(stat.st_size).unwrap_or(0);
                let entry = TarEntry::file(path, size).mode(mode).modified(modified);
                return Ok(Collected::Entry(entry, Some(file.into())));
            }
            FileType::Directory => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let fd = openat(parent, name, flags, Mode::empty()).map_err(failed)?;
                let mut names = Vec::new();
                for found in Dir::read_from(&fd).map_err(failed)? {
                    let found = found.map_err(failed)?;
                    if !matches!(found.file_name().to_bytes(), b"." | b"..") {
                        names.push(found.file_name().to_owned());
                    }
                }
                names.sort_unstable_by(|a, b| b.cmp(a));
                self.folders.push(Folder { fd, path: path.clone(), names });
                TarEntry::directory(path).mode(mode).modified(modified)
            }
            FileType::Symlink => {
                let target = readlinkat(parent, name, Vec::new()).map_err(failed)?;
                TarEntry::symlink(path, target.into_bytes()).modified(modified)
            }
            _ => return Ok(Collected::Special(path)),
        };
        Ok(Collected::Entry(entry, None))
    }
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

fn bits(mode: u32) -> Mode {
    Mode::from_raw_mode(RawMode::try_from(mode & 0o777).unwrap_or_default())
}

fn c_name(name: &[u8]) -> Result<CString, Fault> {
    CString::new(name).map_err(|_| Fault::unsent(FaultKind::Io, "a name with a NUL"))
}

fn fault(path: &Path, error: Errno) -> Fault {
    match error {
        // With O_NOFOLLOW, a link is ELOOP, or ENOTDIR where a directory is wanted.
        Errno::LOOP => {
            Fault::unsent(FaultKind::Io, format!("{}: there is a link, which is not followed", path.display()))
        }
        error => named(path, &error.into()),
    }
}

fn named(path: &Path, error: &std::io::Error) -> Fault {
    Fault { text: format!("{}: {error}", path.display()), ..Fault::local(error) }
}

/// A path of an archive as one of this system.
#[must_use]
pub fn local_path(path: &[u8]) -> std::path::PathBuf {
    std::ffi::OsString::from_vec(path.to_vec()).into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use bytes::Bytes;

    use super::*;

    /// An empty folder. Dropping it removes the folder.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kube-transport-system-copy-{}-{name}", std::process::id()));
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

    fn write(to: &mut Extraction, path: &str, content: &str) -> Result<(), Fault> {
        to.apply(&FileAction::Create { path: path.into(), mode: 0o640 })?;
        to.apply(&FileAction::Append(Bytes::copy_from_slice(content.as_bytes())))?;
        to.apply(&FileAction::Close)
    }

    #[test]
    fn files_and_directories_are_made() {
        let place = Place::new("made");
        let mut to = Extraction::below(&place.0).unwrap();
        to.apply(&FileAction::MakeDirectory { path: b"a/b".to_vec(), mode: 0o700 }).unwrap();
        write(&mut to, "a/b/c", "long text").unwrap();
        write(&mut to, "a/b/c", "text").unwrap();
        write(&mut to, "d/e/f", "more").unwrap();
        write(&mut to, "g", "").unwrap();
        assert_eq!(std::fs::read_to_string(place.0.join("a/b/c")).unwrap(), "text");
        assert_eq!(std::fs::read_to_string(place.0.join("d/e/f")).unwrap(), "more");
        let mode = |path: &str| std::fs::metadata(place.0.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("a/b"), mode("a/b/c") & 0o700), (0o700, 0o600));
    }

    #[test]
    fn links_are_not_followed() {
        let (place, other) = (Place::new("links"), Place::new("other"));
        std::fs::write(other.0.join("file"), "before").unwrap();
        symlink(&other.0, place.0.join("folder")).unwrap();
        symlink(other.0.join("file"), place.0.join("file")).unwrap();
        symlink(other.0.join("new"), place.0.join("dangling")).unwrap();
        let mut to = Extraction::below(&place.0).unwrap();
        for path in ["folder/file", "folder/new", "file", "dangling"] {
            assert!(write(&mut to, path, "after").is_err(), "{path}");
        }
        to.apply(&FileAction::MakeDirectory { path: b"folder/x".to_vec(), mode: 0o755 }).unwrap_err();
        assert_eq!(std::fs::read_to_string(other.0.join("file")).unwrap(), "before");
        assert_eq!(std::fs::read_dir(&other.0).unwrap().count(), 1);
    }

    /// A directory that becomes a link after it was opened: what follows goes to the directory, wherever it is now.
    #[test]
    fn a_directory_that_is_exchanged_leads_nowhere() {
        let (place, other) = (Place::new("race"), Place::new("race-other"));
        let mut to = Extraction::below(&place.0).unwrap();
        write(&mut to, "a/one", "1").unwrap();
        std::fs::rename(place.0.join("a"), place.0.join("was")).unwrap();
        symlink(&other.0, place.0.join("a")).unwrap();
        let _ = write(&mut to, "a/two", "2");
        let _ = write(&mut to, "a/b/three", "3");
        assert_eq!(std::fs::read_dir(&other.0).unwrap().count(), 0);
    }

    #[test]
    fn a_pipe_is_no_file() {
        let place = Place::new("pipe");
        rustix::fs::mknodat(CWD, place.0.join("p"), FileType::Fifo, bits(0o600), 0).unwrap();
        let mut to = Extraction::below(&place.0).unwrap();
        assert!(write(&mut to, "p", "x").is_err());
        write(&mut to, "file", "x").unwrap();
        assert!(write(&mut to, "file/below", "x").is_err());
    }

    #[test]
    fn a_tree_is_collected_in_order() {
        let place = Place::new("tree");
        std::fs::create_dir_all(place.0.join("t/b/c")).unwrap();
        std::fs::write(place.0.join("t/b/c/deep"), "deep").unwrap();
        std::fs::write(place.0.join("t/a"), "a").unwrap();
        symlink("../outside", place.0.join("t/l")).unwrap();
        rustix::fs::mknodat(CWD, place.0.join("t/p"), FileType::Fifo, bits(0o600), 0).unwrap();
        let mut tree = Collection::of(&place.0.join("t"), b"name").unwrap();
        let mut found = Vec::new();
        while let Some(item) = tree.next() {
            found.push(match item.unwrap() {
                Collected::Entry(entry, None) => format!("{} {:?}", String::from_utf8_lossy(&entry.path), entry.size),
                Collected::Entry(entry, Some(mut file)) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).unwrap();
                    assert_eq!(entry.size, text.len() as u64);
                    format!("{}={text}", String::from_utf8_lossy(&entry.path))
                }
                Collected::Special(path) => format!("-{}", String::from_utf8_lossy(&path)),
            });
        }
        let expected = ["name 0", "name/a=a", "name/b 0", "name/b/c 0", "name/b/c/deep=deep", "name/l 0", "-name/p"];
        assert_eq!(found, expected);
        assert!(Collection::of(&place.0.join("none"), b"x").is_err());
    }
}
