//! The files of a container.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One file of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// A folder.
    Folder,
    /// A regular file: its permissions and its content.
    Regular {
        /// The permissions, such as `0o644`.
        mode: u32,
        /// The content.
        content: Vec<u8>,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as it was written.
        target: String,
    },
}

/// The files of a container, by absolute path. A clone is cheap and shares them.
///
/// ```
/// use kube_test_server::container::{File, Files};
///
/// let files = Files::default();
/// files.write("/etc/motd", "hello");
/// assert_eq!(files.read("/etc/../etc/motd").as_deref(), Some(&b"hello"[..]));
/// assert_eq!(files.get("/etc"), Some(File::Folder));
/// assert_eq!(files.list("/etc"), ["motd"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Files(Arc<Mutex<BTreeMap<String, File>>>);

impl Files {
    /// The file at a path; the last link of the path is not followed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<File> {
        let path = absolute(path);
        if path == "/" {
            return Some(File::Folder);
        }
        let all = self.lock();
        let below = || all.keys().any(|key| key.starts_with(&format!("{path}/")));
        all.get(&path).cloned().or_else(|| below().then_some(File::Folder))
    }

    /// The content of the regular file at a path; links are followed.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let mut path = absolute(path);
        for _ in 0..40 {
            match self.get(&path)? {
                File::Regular { content, .. } => return Some(content),
                File::Link { target } if target.starts_with('/') => path = absolute(&target),
                File::Link { target } => path = absolute(&format!("{path}/../{target}")),
                File::Folder => return None,
            }
        }
        None
    }

    /// Writes a regular file with the permissions `0o644`.
    pub fn write(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.put(path, File::Regular { mode: 0o644, content: content.into() });
    }

    /// Puts a file at a path, in place of what is there. The folders above need not exist.
    pub fn put(&self, path: &str, file: File) {
        self.lock().insert(absolute(path), file);
    }

    /// Removes what is at a path, and below.
    pub fn remove(&self, path: &str) {
        let path = absolute(path);
        let below = format!("{path}/");
        self.lock().retain(|key, _| *key != path && !key.starts_with(&below));
    }

    /// The names in a folder, sorted.
    #[must_use]
    pub fn list(&self, folder: &str) -> Vec<String> {
        let folder = absolute(folder);
        let prefix = if folder == "/" { folder } else { format!("{folder}/") };
        let all = self.lock();
        let names = all.keys().filter_map(|key| key.strip_prefix(&prefix)?.split('/').next());
        let mut names: Vec<_> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        // `a b` stands between `a` and `a/b`.
        names.sort_unstable();
        names.dedup();
        names
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path without `.`, `..` and double slashes; a relative one is below `/`.
fn absolute(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
