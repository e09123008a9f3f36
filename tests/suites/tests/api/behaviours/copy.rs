//! Copies of files and folders, both ways.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::api::core::v1::Pod;
use kube_proto::Api;
use kube_proto::api::ExecParams;
use kube_proto::copy::{CopyFrom, RemotePath};

use super::exec::pod;
use super::support::*;
use crate::context::Context;
use crate::rows::{Need, Row, row};
use crate::servers::Site;

const NODE: &[Need] = &[Need::Node];

pub(crate) const ROWS: &[Row] = &[
    row!(a_file_there_and_back).needs(NODE),
    row!(a_folder_there_and_back).needs(NODE),
    row!(names_of_the_target).needs(NODE),
    row!(a_large_file_there_and_back).needs(NODE),
    row!(what_fails_says_why).needs(NODE),
    row!(a_hostile_container_writes_nothing_outside).in_memory(),
    row!(to_a_server_that_cannot_be_told_the_end).in_memory().memory(|options| options.stream_close = false),
];

/// An empty folder. Dropping it removes the folder.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kube-tests-copy-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn remote(cx: &Context, path: &str) -> RemotePath {
    RemotePath::new("a", path).within(cx.namespace())
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

/// The content of a file in the container, by another way.
fn cat(cx: &Context, api: &Api<Pod>, path: &str) -> Vec<u8> {
    let output = cx.output(api.exec("a", &ExecParams::run(["cat", path])), 1 << 28).unwrap();
    assert!(output.result.success(), "{output:?}");
    output.stdout
}

fn a_file_there_and_back(cx: &Context) {
    let (api, place) = (pod(cx, false), Place::new());
    let sent = content(300_001);
    std::fs::write(place.at("file"), &sent).unwrap();
    let copied = cx.copy_to(&place.at("file"), remote(cx, "/there")).unwrap();
    assert_eq!((copied.files, copied.directories, copied.bytes), (1, 0, 300_001));
    assert!(cat(cx, &api, "/there") == sent, "another content arrived");
    let (copied, events) = cx.copy_from(remote(cx, "/there"), &place.at("back"));
    assert_eq!((copied.unwrap().files, events.is_empty()), (1, false));
    assert!(std::fs::read(place.at("back")).unwrap() == sent, "another content came back");
}

fn tree(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let (mut all, mut todo) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = std::fs::symlink_metadata(&path).unwrap();
            if kind.is_dir() {
                todo.push(path.clone());
            }
            all.insert(name, kind.is_file().then(|| std::fs::read(&path).unwrap()));
        }
    }
    all
}

fn a_folder_there_and_back(cx: &Context) {
    let (api, place) = (pod(cx, false), Place::new());
    let long = "n".repeat(160);
    std::fs::create_dir_all(place.at("from/a/b/c")).unwrap();
    std::fs::create_dir_all(place.at("from/empty")).unwrap();
    for (name, size) in
        [("a/one", 1), ("a/b/none", 0), ("a/b/c/block", 512), (&long, 600), ("-rf", 3), ("a b\u{e4}'", 4)]
    {
        std::fs::write(place.at("from").join(name), content(size)).unwrap();
    }
    let deep = format!("{}/x", [&*"d".repeat(60); 5].join("/"));
    std::fs::create_dir_all(place.at("from").join(&deep).parent().unwrap()).unwrap();
    std::fs::write(place.at("from").join(&deep), "deep").unwrap();
    let whole = tree(&place.at("from"));
    std::os::unix::fs::symlink("/etc/passwd", place.at("from/link")).unwrap();
    let copied = cx.copy_to(&place.at("from"), remote(cx, "/tree")).unwrap();
    assert_eq!((copied.files, copied.links), (7, 1));
    assert_eq!(cat(cx, &api, "/tree/a/one"), content(1));
    let (copied, events) = cx.copy_from(remote(cx, "/tree"), &place.at("to"));
    let copied = copied.unwrap();
    assert_eq!((copied.files, copied.skipped), (7, 1));
    assert!(events.iter().any(|event| event.contains("Skipped(Link")), "{events:?}");
    assert_eq!(tree(&place.at("to")), whole);
}

/// A target that is a directory gets the source under its own name; any other one is the name.
fn names_of_the_target(cx: &Context) {
    let (api, place) = (pod(cx, false), Place::new());
    std::fs::write(place.at("file"), "x").unwrap();
    cx.copy_to(&place.0, remote(cx, "/dir")).unwrap();
    cx.copy_to(&place.at("file"), remote(cx, "/dir/")).unwrap();
    cx.copy_to(&place.at("file"), remote(cx, "/dir/../dir/new")).unwrap();
    cx.copy_to(&place.at("file"), remote(cx, "/")).unwrap();
    for path in ["/dir/file", "/dir/new", "/file"] {
        assert_eq!(cat(cx, &api, path), b"x", "{path}");
    }
    let back = Place::new();
    cx.copy_from(remote(cx, "/dir/new"), &back.0).0.unwrap();
    cx.copy_from(remote(cx, "/dir"), &back.0).0.unwrap();
    cx.copy_from(remote(cx, "//dir//"), &back.at("other")).0.unwrap();
    for path in ["new", "dir/file", "dir/new", "other/file"] {
        assert_eq!(std::fs::read(back.at(path)).unwrap(), b"x", "{path}");
    }
}

fn a_large_file_there_and_back(cx: &Context) {
    let (api, place) = (pod(cx, false), Place::new());
    let sent = content(if cx.site.is_real() { 64 << 20 } else { 4 << 20 });
    std::fs::write(place.at("file"), &sent).unwrap();
    cx.copy_to(&place.at("file"), remote(cx, "/tmp-file")).unwrap();
    if cx.site.is_real() {
        let sum = |output: Vec<u8>| String::from_utf8(output).unwrap().split(' ').next().unwrap().to_owned();
        let there = cx.output(api.exec("a", &ExecParams::run(["sha256sum", "/tmp-file"])), 1000).unwrap();
        let here = std::process::Command::new("sha256sum").arg(place.at("file")).output().unwrap();
        assert_eq!(sum(there.stdout), sum(here.stdout));
    }
    let (copied, _) = cx.copy_from(CopyFrom::from(remote(cx, "/tmp-file")), &place.at("back"));
    assert_eq!(copied.unwrap().bytes, sent.len() as u64);
    assert!(std::fs::read(place.at("back")).unwrap() == sent, "another content came back");
}

fn what_fails_says_why(cx: &Context) {
    let (_api, place) = (pod(cx, false), Place::new());
    std::fs::write(place.at("file"), "x").unwrap();
    let error = cx.copy_from(remote(cx, "/none"), &place.at("back")).0.unwrap_err();
    says(&error, &["tar in the container failed", "/none", "No such file"]);
    let error = cx.copy_to(&place.at("file"), remote(cx, "/none/file")).unwrap_err();
    // A real server may lose the final status of a process that ends before its input.
    let lost = cx.site.is_real() && error.to_string().contains("before the final status of the process");
    if !lost {
        says(&error, &["tar in the container failed", "No such file"]);
    }
    let error = cx.copy_to(&place.at("none"), remote(cx, "/file")).unwrap_err();
    says(&error, &["none", "No such file"]);
    let error = cx.copy_from(remote(cx, "/etc"), &place.at("no/such/place")).0.unwrap_err();
    says(&error, &["No such file"]);
    let gone = RemotePath::new("none", "/x").within(cx.namespace());
    assert!(cx.copy_from(gone.clone(), &place.at("back")).0.unwrap_err().is_not_found());
    assert!(cx.copy_to(&place.at("file"), gone).unwrap_err().is_not_found());
    assert!(!place.at("back").exists());
}

fn a_hostile_container_writes_nothing_outside(cx: &Context) {
    use kube_proto::tar::{TarEntry, TarWriter};

    let (_api, place) = (pod(cx, false), Place::new());
    let Site::Memory(memory) = &cx.site else { return };
    let mut writer = TarWriter::new();
    let mut archive = Vec::new();
    let outside = place.at("outside");
    let link = TarEntry::symlink("x/l", outside.to_str().unwrap());
    for (entry, content) in [
        (TarEntry::directory("x"), ""),
        (link, ""),
        (TarEntry::file("x/l/evil", 4), "evil"),
        (TarEntry::file("x/../../evil", 4), "evil"),
        (TarEntry::file("x/good", 4), "good"),
    ] {
        archive.extend_from_slice(&writer.entry(&entry).unwrap());
        archive.extend_from_slice(content.as_bytes());
        archive.extend_from_slice(&writer.wrote(content.len() as u64).unwrap());
    }
    archive.extend_from_slice(&writer.finish().unwrap());
    memory.bound.with(|server| {
        server.set_program("tar", move |_: &kube_test_server::container::Invocation| {
            let archive = archive.clone();
            move |io: &mut kube_test_server::container::Io<'_>| {
                io.stdout.write(&archive);
                kube_test_server::container::Next::Exit(0)
            }
        });
    });
    std::fs::create_dir_all(place.at("to")).unwrap();
    let (copied, events) = cx.copy_from(remote(cx, "/x"), &place.at("to"));
    let copied = copied.unwrap();
    assert_eq!((copied.files, copied.skipped), (2, 2), "{events:?}");
    // What stands where the link would have been is a directory of our own.
    assert!(place.at("to/x/l").symlink_metadata().unwrap().is_dir());
    assert_eq!(std::fs::read(place.at("to/x/good")).unwrap(), b"good");
    assert!(!outside.exists() && !place.at("evil").exists());
    // Something else than what was asked for ends it.
    assert!(cx.copy_from(remote(cx, "/y"), &place.at("to")).0.is_err());
}

/// Without the end of the input, `tar` finds the end of the archive by itself.
fn to_a_server_that_cannot_be_told_the_end(cx: &Context) {
    let (api, place) = (pod(cx, false), Place::new());
    std::fs::write(place.at("file"), "x").unwrap();
    cx.copy_to(&place.at("file"), remote(cx, "/file")).unwrap();
    assert_eq!(cat(cx, &api, "/file"), b"x");
}
