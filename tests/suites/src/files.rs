//! Files that are replaced, as a list of tests that every transport runs.
//!
//! A transport names its [`Client`] in [`files!`](crate::files!).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends that way")]

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kube_proto::config::Config;
use kube_proto::kubeconfig::Rewrite;
use kube_proto::settings::Settings;

use crate::blocking::{Client, made};

/// The tests of this module, for one transport's [`Client`](crate::blocking::Client).
#[macro_export]
macro_rules! files {
    ($client:ty) => {
        $crate::tests_of!(
            files, $client:
            a_kubeconfig_is_never_handed_to_another_group,
        );
    };
}

/// The owner and the group of a file are kept, or else the file becomes its writer's alone.
///
/// Root may give files away, so each case is a process of another user. It runs a copy of this program, because that
/// user may not reach the folder of the build.
pub fn a_kubeconfig_is_never_handed_to_another_group<C: Client>() {
    if let Ok(file) = std::env::var(FILE) {
        return rewrite::<C>(Path::new(&file));
    }
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: only root can write as another user");
        return;
    }
    let folder = Folder::new();
    let program = folder.0.join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    // The user and the group of the writer; the owner, the group and the mode of the file; those that it has afterwards.
    let table = [
        // All is kept.
        ((1000, 100), (1000, 100, 0o640), (1000, 100, 0o640)),
        ((1000, 100), (1000, 100, 0o600), (1000, 100, 0o600)),
        ((0, 0), (1001, 1002, 0o660), (1001, 1002, 0o660)),
        // The group cannot be kept.
        ((1000, 100), (1000, 1002, 0o660), (1000, 100, 0o600)),
        ((1000, 100), (1000, 1002, 0o404), (1000, 100, 0o400)),
        // The owner cannot be kept.
        ((1000, 1002), (1001, 1002, 0o660), (1000, 1002, 0o600)),
        // Neither can be kept.
        ((1000, 100), (1001, 1002, 0o664), (1000, 100, 0o600)),
    ];
    for (case, (writer, before, after)) in table.into_iter().enumerate() {
        let own = folder.0.join(case.to_string());
        std::fs::create_dir(&own).unwrap();
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
        let file = own.join("config");
        std::fs::write(&file, "current-context: old\n").unwrap();
        chown(&file, Some(before.0), Some(before.1)).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(before.2)).unwrap();
        let run = || {
            Command::new(&program)
                .args(["a_kubeconfig_is_never_handed_to_another_group", "--exact", "--nocapture"])
                .env(FILE, &file)
                .current_dir(&own)
                .uid(writer.0)
                .gid(writer.1)
                .output()
        };
        let output = loop {
            match run() {
                // A child that another test began during the copy holds it open for writing until it runs its own program.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                output => break output.unwrap(),
            }
        };
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && text.contains("1 passed"), "{writer:?} {before:?}: {text}");
        let now = std::fs::metadata(&file).unwrap();
        assert_eq!((now.uid(), now.gid(), now.mode() & 0o777), after, "{writer:?} {before:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "current-context: new\n");
        assert_eq!(std::fs::read_dir(&own).unwrap().count(), 1, "something was left beside the file");
    }
}

fn rewrite<C: Client>(file: &Path) {
    let client: C = made(Config::new("http://127.0.0.1:1").unwrap(), Settings::default());
    let operation = Rewrite::new(file, |config| {
        config.current_context = Some("new".into());
        Ok(true)
    });
    assert!(client.call(operation).unwrap());
}

/// A folder that every user can search. Dropping it removes the folder.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kube-files-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const FILE: &str = "KUBE_TEST_REWRITES";
