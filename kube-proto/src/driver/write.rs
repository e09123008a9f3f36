//! Replacing a file as a whole.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::fault::{Fault, FaultKind};
use super::input::Input;

/// A file, such as a kubeconfig, to be replaced as a whole.
///
/// A driver takes these steps in this order, on a thread that may block, and does not stop before the end:
///
/// | step | if it fails |
/// |---|---|
/// | make the folder, if there is none, and [`lock`](Self::lock) in it; it must not exist (`O_EXCL`) | [`FaultKind::Locked`] where it exists |
/// | follow the links of `path`, read the file, and [`compare`](Self::compare) it | the result of `compare`; the lock is removed |
/// | make [`beside`](Self::beside) that file with mode 0600; if the file exists, give it that file's owner, group and mode | the fault; both are removed. An owner or group that cannot be given is no fault: the group and all others get no rights |
/// | write `content` to it | the same |
/// | flush it to the disk, and rename it over the file | the same |
/// | remove the lock | [`Input::Written`] all the same |
///
/// So a reader sees the old content or the new one and never a part, and of two programs that write at once neither
/// loses the other's change. `kubectl` uses the same lock.
#[derive(Clone)]
pub struct FileWrite {
    /// The file.
    pub path: PathBuf,
    /// The new content; it may be secret.
    pub content: Bytes,
    /// The content from which `content` was made; `None` if there was no such file.
    pub replaces: Option<Bytes>,
    /// The most bytes that the file may have now.
    pub limit: usize,
}

impl FileWrite {
    /// The lock file of a writer: `<path>.lock`.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        suffixed(&self.path, ".lock")
    }

    /// The file to which the new content of `file` is written first: in the same folder, so that it can be renamed.
    /// Remove what a program that died has left there.
    #[must_use]
    pub fn beside(file: &Path) -> PathBuf {
        suffixed(file, ".new")
    }

    /// Compares the file's present content, or the fault of reading it, with the content from which the new one was
    /// made. `None` means go on; otherwise this is the driver's answer.
    #[must_use]
    pub fn compare(&self, now: Result<Bytes, Fault>) -> Option<Input> {
        match (now, &self.replaces) {
            (Ok(now), Some(then)) if now == then => None,
            (Ok(now), _) => Some(Input::File(now)),
            (Err(fault), None) if fault.kind == FaultKind::NotFound => None,
            (Err(fault), _) => Some(Input::Failed(Box::new(fault))),
        }
    }

    /// The fault for an error with the lock.
    #[must_use]
    pub fn unlocked(&self, error: &std::io::Error) -> Fault {
        let lock = self.lock();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Fault::unsent(FaultKind::Locked, format!("{} exists: another program is writing", lock.display()));
        }
        Fault { text: format!("{}: {error}", lock.display()), ..Fault::local(error) }
    }
}

impl fmt::Debug for FileWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWrite").field("path", &self.path).finish_non_exhaustive()
    }
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_decides() {
        let write = |replaces: Option<&'static str>| FileWrite {
            path: "/k".into(),
            content: "new".into(),
            replaces: replaces.map(Bytes::from),
            limit: 10,
        };
        let gone = || Err(Fault::unsent(FaultKind::NotFound, "no such file"));
        assert!(write(Some("a")).compare(Ok("a".into())).is_none());
        assert!(write(None).compare(gone()).is_none());
        assert!(matches!(write(Some("a")).compare(Ok("b".into())), Some(Input::File(now)) if now == "b"));
        assert!(matches!(write(None).compare(Ok("".into())), Some(Input::File(_))));
        assert!(matches!(write(Some("a")).compare(gone()), Some(Input::Failed(_))));
        let denied = Err(Fault::unsent(FaultKind::Io, "permission denied"));
        assert!(matches!(write(None).compare(denied), Some(Input::Failed(_))));
        assert_eq!(write(None).lock(), Path::new("/k.lock"));
        assert_eq!(FileWrite::beside(Path::new("/k")), Path::new("/k.new"));
        assert!(!format!("{:?}", write(Some("old"))).contains("old"));
    }
}
