//! Files that are replaced as a whole.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::fault::{Fault, FaultKind};
use super::input::Input;

/// A file to be replaced as a whole: a kubeconfig.
///
/// A driver keeps this order, on a thread that may block, and does not stop before its end:
///
/// | step | if it cannot be done |
/// |---|---|
/// | make the folder, if there is none, and [`lock`](Self::lock) in it; it must not exist (`O_EXCL`) | [`FaultKind::Locked`] where it exists |
/// | read the file that `path` leads to, links followed, and [`compare`](Self::compare) it | what that says; the lock is removed |
/// | write `content` to [`beside`](Self::beside) that file, with the mode and owner of the file, or mode 0600 | the fault; both are removed |
/// | make sure that it is on the disk, and rename it over the file | the same |
/// | remove the lock | [`Input::Written`] all the same |
///
/// So a reader sees the old content or the new one and never a part, and of two programs that change the file at once
/// neither loses what the other wrote. The lock is the one that `kubectl` keeps.
#[derive(Clone)]
pub struct FileWrite {
    /// The file.
    pub path: PathBuf,
    /// What is to stand in it. May be secret.
    pub content: Bytes,
    /// What stood in it when `content` was made; `None` if there was no such file.
    pub replaces: Option<Bytes>,
    /// The most bytes that may stand in it now.
    pub limit: usize,
}

impl FileWrite {
    /// The lock of a writer: `<path>.lock`.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        suffixed(&self.path, ".lock")
    }

    /// Where the new content of `file` is written first: in the same folder, so that it can be renamed. What is left there
    /// by a program that died is removed before.
    #[must_use]
    pub fn beside(file: &Path) -> PathBuf {
        suffixed(file, ".new")
    }

    /// Compares what stands in the file now, or the fault of reading it, with what the new content was made from: `None`
    /// is go on; or else this is the answer.
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
