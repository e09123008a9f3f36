//! Files: read as a whole, replaced as a whole. All of this blocks.

use std::fs::{File, OpenOptions};
use std::io::Write;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kube_proto::config::{ConfigError, Loaded, Loader, Want};
use kube_proto::driver::local::read_all;
use kube_proto::driver::{Fault, FileWrite, Input};

/// Reads a whole file of at most `limit` bytes; blocks.
///
/// # Errors
/// The file does not exist, cannot be read, or is larger.
pub fn read_file(path: &Path, limit: usize) -> Result<Bytes, Fault> {
    let file = File::open(path).map_err(|error| Fault::local(&error))?;
    read_all(file, limit, "the file")
}

/// Replaces a file as a whole, in the order that [`FileWrite`] gives; blocks.
///
/// # Errors
/// The lock exists already, or the file cannot be written.
pub fn write_file(write: &FileWrite) -> Result<Input, Fault> {
    let _lock = Lock::take(write)?;
    // Writes to the file that a link leads to: the link stays.
    let path = std::fs::canonicalize(&write.path).unwrap_or_else(|_| write.path.clone());
    let old = File::open(&path).map_err(|error| Fault::local(&error));
    let now = old.as_ref().map_err(Clone::clone).and_then(|old| read_all(old, write.limit, "the file"));
    if let Some(answer) = write.compare(now) {
        return Ok(answer);
    }
    let beside = FileWrite::beside(&path);
    match replace(&write.content, &beside, &path, old.ok().as_ref()) {
        Ok(()) => Ok(Input::Written),
        Err(error) => {
            let _ = std::fs::remove_file(&beside);
            Err(Fault::local(&error))
        }
    }
}

/// Reads the files that a loader needs, until it has its configuration; blocks.
///
/// # Errors
/// The configuration cannot be used; the error names file, context and field.
pub fn load(mut loader: Loader) -> Result<Loaded, ConfigError> {
    loop {
        match loader.want() {
            Want::Read { path, limit } => loader.give(&path, read_file(&path, limit).map_err(Into::into)),
            Want::Done(result) => return result,
        }
    }
}

fn replace(content: &[u8], beside: &Path, path: &Path, old: Option<&File>) -> std::io::Result<()> {
    let _ = std::fs::remove_file(beside);
    let mut file = create(beside)?;
    if let Some(old) = old {
        inherit(&file, old)?;
    }
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

/// Gives an empty file that only its owner can access the owner, the group and the mode of the old file.
///
/// A process may have no right to give a file away, and some file systems ignore the attempt. The mode of the old file
/// would then give its group's rights to another group, so the group and all others get none. The same applies to an
/// access control list that cannot be kept: the group's bits of such a file are the most that the list gives to
/// anybody, and not the rights of its group.
#[cfg(unix)]
fn inherit(new: &File, old: &File) -> std::io::Result<()> {
    let was = old.metadata()?;
    // The comparison below shows whether that succeeded.
    let _ = fchown(new, Some(was.uid()), Some(was.gid()));
    let is = new.metadata()?;
    // The list comes first: the mode alone would open the file to its group.
    let kept = (is.uid(), is.gid()) == (was.uid(), was.gid()) && list::inherit(new, old);
    let mode = was.mode() & if kept { 0o777 } else { 0o700 };
    new.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn inherit(new: &File, old: &File) -> std::io::Result<()> {
    new.set_permissions(old.metadata()?.permissions())
}

/// The access control list of a file, in the form in which the system keeps it.
#[cfg(target_os = "linux")]
mod list {
    use std::fs::File;

    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};

    /// Gives the new file the old one's list, or none: the folder may have given it one. Returns whether that succeeded.
    pub(super) fn inherit(new: &File, old: &File) -> bool {
        match of(old) {
            Some(list) => set(new, &list),
            None => of(new).is_none() || fremovexattr(new, NAME).is_ok(),
        }
    }

    /// `None` if the file has no list.
    pub(super) fn of(file: &File) -> Option<Vec<u8>> {
        let mut list = vec![0; LIMIT];
        let length = fgetxattr(file, NAME, &mut list[..]).ok()?;
        list.truncate(length);
        Some(list)
    }

    pub(super) fn set(file: &File, list: &[u8]) -> bool {
        fsetxattr(file, NAME, list, XattrFlags::empty()).is_ok()
    }

    const NAME: &str = "system.posix_acl_access";
    /// The system permits no longer attribute.
    const LIMIT: usize = 65_536;
}

/// The other systems have no such lists, keep them apart from the mode, or have no safe call for them.
#[cfg(all(unix, not(target_os = "linux")))]
mod list {
    use std::fs::File;

    pub(super) fn inherit(_: &File, _: &File) -> bool {
        true
    }
}

/// Creates a file that only its owner can access. An existing file is an error.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    options.mode(0o600);
    options.write(true).create_new(true).open(path)
}

/// The lock file: while it exists, no process that respects it writes. Dropping it removes the file.
struct Lock(PathBuf);

impl Lock {
    fn take(write: &FileWrite) -> Result<Self, Fault> {
        let lock = write.lock();
        let folder = lock.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| create(&lock)).map_err(|error| write.unlocked(&error))?;
        Ok(Self(lock))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use kube_proto::driver::FaultKind;

    use super::*;

    /// An empty folder. Dropping it removes the folder.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kube-transport-system-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn write(path: PathBuf, replaces: Option<&'static str>) -> FileWrite {
        FileWrite { path, content: "new".into(), replaces: replaces.map(Bytes::from), limit: 100 }
    }

    #[test]
    fn a_link_and_the_mode_of_its_file_stay() {
        let folder = Folder::new("link");
        let (file, link) = (folder.0.join("file"), folder.0.join("link"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        assert!(matches!(write_file(&write(link.clone(), Some("old"))), Ok(Input::Written)));
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read_file(&file, 3).unwrap(), "new");
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert_eq!(folder.names(), ["file", "link"]);
    }

    fn rights(path: &Path) -> (u32, u32, u32) {
        let metadata = std::fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    }

    /// Another owner cannot be kept without the right to give files away: see `files!` of the shared tests.
    #[test]
    fn owner_group_and_mode_are_kept_where_that_is_possible() {
        let folder = Folder::new("owner");
        let file = folder.0.join("file");
        std::fs::write(&file, "old").unwrap();
        let (me, mine, _) = rights(&file);
        let own: &[_] = &[(me, mine, 0o600), (me, mine, 0o664), (me, mine, 0o400)];
        let others: &[_] = &[(1001, 1002, 0o660), (1001, 1002, 0o604), (me, 1002, 0o640)];
        if me != 0 {
            eprintln!("SKIPPED for files of others: only root can give files away");
        }
        for owned in [own, if me == 0 { others } else { &[] }].concat() {
            std::fs::write(&file, "old").unwrap();
            std::os::unix::fs::chown(&file, Some(owned.0), Some(owned.1)).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(owned.2)).unwrap();
            assert!(matches!(write_file(&write(file.clone(), Some("old"))), Ok(Input::Written)), "{owned:?}");
            assert_eq!(rights(&file), owned);
            std::fs::remove_file(&file).unwrap();
        }
        // A bit that runs a program as its owner is not kept.
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o6755)).unwrap();
        assert!(matches!(write_file(&write(file.clone(), Some("old"))), Ok(Input::Written)));
        assert_eq!(rights(&file), (me, mine, 0o755));
    }

    /// The mode of a file with a list shows the most that the list gives to anybody, in place of its group's rights.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_access_control_list_is_kept_and_gives_nothing_new() {
        use rustix::fs::{XattrFlags, setxattr};

        let folder = Folder::new("list");
        let file = folder.0.join("file");
        let entry = |tag: u16, rights: u16, id: u32| {
            [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        let any = u32::MAX;
        // The owner may read and write, user 1003 read; the group and all others nothing.
        let entries = [entry(1, 6, any), entry(2, 4, 1003), entry(4, 0, any), entry(16, 4, any), entry(32, 0, any)];
        let list = [2u32.to_le_bytes().to_vec(), entries.concat()].concat();

        std::fs::write(&file, "old").unwrap();
        if !list::set(&File::open(&file).unwrap(), &list) {
            eprintln!("SKIPPED: the file system has no access control lists");
            return;
        }
        assert_eq!(rights(&file).2, 0o640);
        assert!(matches!(write_file(&write(file.clone(), Some("old"))), Ok(Input::Written)));
        assert_eq!(list::of(&File::open(&file).unwrap()), Some(list.clone()));
        assert_eq!(rights(&file).2, 0o640);

        // The folder has a list for new files, and the old file has none.
        let plain = folder.0.join("plain");
        std::fs::write(&plain, "old").unwrap();
        std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o640)).unwrap();
        setxattr(&folder.0, "system.posix_acl_default", &list, XattrFlags::empty()).unwrap();
        assert!(matches!(write_file(&write(plain.clone(), Some("old"))), Ok(Input::Written)));
        assert_eq!(list::of(&File::open(&plain).unwrap()), None);
        assert_eq!(rights(&plain).2, 0o640);
    }

    #[test]
    fn a_new_file_is_for_its_owner() {
        let folder = Folder::new("new");
        let file = folder.0.join("below/file");
        assert!(matches!(write_file(&write(file.clone(), None)), Ok(Input::Written)));
        assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn another_content_or_a_lock_leaves_the_file_alone() {
        let folder = Folder::new("lock");
        let file = folder.0.join("file");
        std::fs::write(&file, "theirs").unwrap();
        let Ok(Input::File(now)) = write_file(&write(file.clone(), Some("old"))) else { panic!("it was written") };
        assert_eq!(now, "theirs");
        std::fs::write(folder.0.join("file.lock"), "").unwrap();
        assert_eq!(write_file(&write(file.clone(), Some("theirs"))).unwrap_err().kind, FaultKind::Locked);
        assert_eq!(read_file(&file, 100).unwrap(), "theirs");
        assert_eq!(folder.names(), ["file", "file.lock"]);
    }
}
