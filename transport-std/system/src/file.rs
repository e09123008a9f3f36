//! Files: read as a whole, replaced as a whole. All of this blocks.

use std::fs::{File, OpenOptions};
use std::io::Write;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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
    if let Some(answer) = write.compare(read_file(&path, write.limit)) {
        return Ok(answer);
    }
    let beside = FileWrite::beside(&path);
    match replace(&write.content, &beside, &path) {
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

fn replace(content: &[u8], beside: &Path, path: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_file(beside);
    let mut file = create(beside)?;
    if let Ok(old) = std::fs::metadata(path) {
        // A process that may not give files away remains the owner of the file.
        #[cfg(unix)]
        let _ = std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(beside, path)
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
