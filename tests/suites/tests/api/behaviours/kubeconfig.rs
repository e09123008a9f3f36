//! Writes to a kubeconfig: by one program, by many at once, and where that is impossible.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use kube_proto::kubeconfig::{Kubeconfig, Rewrite};

use super::support::*;
use crate::context::Context;
use crate::rows::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row!(a_change_leaves_all_else).in_memory(),
    row!(a_file_that_is_not_there).in_memory(),
    row!(many_at_once).in_memory(),
    row!(a_lock_that_stays).in_memory(),
    row!(what_is_no_kubeconfig).in_memory(),
];

/// A folder of this row. Dropping it removes it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(cx: &Context) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(cx.unique("folder"));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }

    fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn adds(path: &Path, name: String) -> Rewrite {
    Rewrite::new(path, move |config| {
        config.set_context(&name, Default::default());
        Ok(true)
    })
}

fn parsed(path: &Path) -> Kubeconfig {
    Kubeconfig::parse(&std::fs::read(path).unwrap()).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn a_change_leaves_all_else(cx: &Context) {
    let folder = Folder::new(cx);
    let file = folder.write("real", "apiVersion: v1\nkind: Config\nx-other: [1, {a: b}]\nusers: [{name: u, x: 1}]\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real", folder.file("link")).unwrap();
    // A program stopped here while it was writing.
    folder.write("real.new", "half of a kubecon");
    assert!(cx.call(adds(&folder.file("link"), "a".into())).unwrap());
    assert_eq!(folder.names(), ["link", "real"]);
    assert!(std::fs::symlink_metadata(folder.file("link")).unwrap().is_symlink());
    assert_eq!(mode(&file), 0o640);
    let config = parsed(&file);
    assert!(config.context("a").is_some());
    assert_eq!(config.other["x-other"].0, serde_json::json!([1, {"a": "b"}]));
    assert_eq!(config.users[0].other["x"].0, serde_json::json!(1));
    // A change without effect does not write.
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    assert!(!cx.call(Rewrite::new(&file, |_| Ok(false))).unwrap());
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before);
}

fn a_file_that_is_not_there(cx: &Context) {
    let folder = Folder::new(cx);
    let file = folder.file("home/.kube/config");
    assert!(cx.call(adds(&file, "a".into())).unwrap());
    assert!(parsed(&file).context("a").is_some());
    assert_eq!(mode(&file), 0o600);
}

fn many_at_once(cx: &Context) {
    let folder = Folder::new(cx);
    let file = folder.write("config", "{}");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (file, client) = (&file, cx.client(cx.site.admin()).unwrap());
            scope.spawn(move || {
                for n in 0..EACH {
                    // With so many writers the lock may be taken again and again: then try again.
                    while let Err(error) = client.call(adds(file, format!("c-{thread}-{n}"))) {
                        assert!(error.to_string().contains("the kubeconfig cannot be changed"), "{error}");
                    }
                    // Every reader sees one whole file.
                    parsed(file);
                }
            });
        }
    });
    assert_eq!(parsed(&file).contexts.len(), THREADS * EACH);
    assert_eq!(folder.names(), ["config"]);
}

fn a_lock_that_stays(cx: &Context) {
    let folder = Folder::new(cx);
    let file = folder.write("config", "{}");
    let lock = folder.write("config.lock", "");
    let error = cx.call(adds(&file, "a".into())).unwrap_err();
    says(&error, &["another program is writing", &format!("remove {}", lock.display())]);
    assert_eq!(folder.names(), ["config", "config.lock"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"{}");
}

fn what_is_no_kubeconfig(cx: &Context) {
    let folder = Folder::new(cx);
    let file = folder.write("config", "clusters: 7\n");
    let error = cx.call(adds(&file, "a".into())).unwrap_err();
    says(&error, &["error loading config file", "expected a list, found a number"]);
    let error = cx.call(adds(&folder.0, "a".into())).unwrap_err();
    says(&error, &["the kubeconfig cannot be changed", "directory"]);
    assert_eq!(folder.names(), ["config"]);
}

const THREADS: usize = 4;
const EACH: usize = 6;
