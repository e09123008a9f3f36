//! Copies, without a container.

use bytes::Bytes;

use super::*;
use crate::driver::fault::{Fault, FaultKind};
use crate::exec::{ExecEvent, ExecOutput};
use crate::response::Status;
use crate::tar::{FileAction, TarEntry, TarWriter};

#[test]
fn paths_as_kubectl_writes_them() {
    for (text, path, name) in [
        ("pod:/a/b", "/a/b", "b"),
        ("ns/pod:a", "a", "a"),
        ("pod:/a//./b/../c/", "/a/c", "c"),
        ("pod:/", "/", ""),
        ("pod:.", ".", ""),
        ("pod:../x", "../x", "x"),
        ("pod:/../x", "/x", "x"),
        ("pod:a/../..", "..", ""),
        ("pod:/a:b", "/a:b", "a:b"),
    ] {
        let remote: RemotePath = text.parse().unwrap();
        assert_eq!((remote.path(), remote.name()), (path, name.as_bytes()), "{text}");
    }
    for text in ["", "pod", "pod:", ":a", "a/b/c:d", "/pod:a"] {
        assert!(text.parse::<RemotePath>().is_err(), "{text}");
    }
    assert_eq!("pod:-rf".parse::<RemotePath>().unwrap().argument(), "./-rf");
}

fn archive(entries: &[(TarEntry, &[u8])]) -> Vec<u8> {
    let mut writer = TarWriter::new();
    let mut all = Vec::new();
    for (entry, content) in entries {
        all.extend_from_slice(&writer.entry(entry).unwrap());
        all.extend_from_slice(content);
        all.extend_from_slice(&writer.wrote(content.len() as u64).unwrap());
    }
    all.extend_from_slice(&writer.finish().unwrap());
    all
}

fn ended(code: u8) -> ExecEvent {
    ExecEvent::Ended(result(code))
}

fn result(code: u8) -> crate::exec::ExecResult {
    let text = match code {
        0 => r#"{"status":"Success"}"#.to_owned(),
        code => format!(
            r#"{{"status":"Failure","reason":"NonZeroExitCode","message":"exit","details":{{"causes":[{{"reason":"ExitCode","message":"{code}"}}]}}}}"#
        ),
    };
    crate::json::from_slice::<Status>(text.as_bytes()).unwrap().into()
}

/// The steps so far, as text.
fn steps(download: &mut Download) -> Vec<String> {
    std::iter::from_fn(|| download.next())
        .map_while(|step| match step {
            Ok(DownloadStep::Do(FileAction::MakeDirectory { path, .. })) => Some(format!("dir {}", text(&path))),
            Ok(DownloadStep::Do(FileAction::Create { path, .. })) => Some(format!("file {}", text(&path))),
            Ok(DownloadStep::Do(FileAction::Append(bytes))) => Some(format!("+{}", text(&bytes))),
            Ok(DownloadStep::Do(FileAction::Close)) => Some("close".to_owned()),
            Ok(DownloadStep::Report(CopyEvent::Skipped(skipped))) => Some(format!("skip {skipped}")),
            Ok(DownloadStep::Report(CopyEvent::Resumed(after))) => Some(format!("resumed {after}")),
            Ok(DownloadStep::Report(_)) => Some(String::new()),
            Ok(DownloadStep::Done(_)) | Err(_) => None,
        })
        .filter(|step| !step.is_empty())
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn entries() -> Vec<u8> {
    archive(&[
        (TarEntry::directory("var/log"), b""),
        (TarEntry::file("var/log/a", 5), b"hello"),
        (TarEntry::symlink("var/log/l", "/etc/passwd"), b""),
        (TarEntry::file("var/log/b", 0), b""),
    ])
}

#[test]
fn a_folder_is_copied() {
    let from = CopyFrom::from("web-0:/var/log".parse::<RemotePath>().unwrap());
    let mut download = Download::new(&from, b"to").unwrap();
    let _ = download.open();
    let all = entries();
    let mut found = Vec::new();
    for piece in all.chunks(100) {
        download.event(ExecEvent::Stdout(Bytes::copy_from_slice(piece)));
        found.extend(steps(&mut download));
    }
    let expected = ["dir to", "file to/a", "+hello", "close", "file to/b", "close"];
    let without_skipped: Vec<_> = found.iter().filter(|step| !step.starts_with("skip")).collect();
    assert_eq!(without_skipped, expected.iter().collect::<Vec<_>>());
    assert!(found.iter().any(|step| step.contains("is a link to")));
    download.event(ended(0));
    let Some(Ok(DownloadStep::Done(copied))) = download.next() else { panic!() };
    assert_eq!((copied.files, copied.directories, copied.bytes, copied.skipped), (2, 1, 5, 1));
    assert!(matches!(download.next(), Some(Ok(DownloadStep::Done(_)))), "the end is repeated");
}

#[test]
fn a_broken_copy_says_how_far_it_came_or_continues() {
    let fault = || Error::from(ErrorKind::Transport(Fault::answered(FaultKind::Closed, "the connection ended")));
    let from = CopyFrom::from("web-0:/var/log".parse::<RemotePath>().unwrap());
    let all = entries();
    for cut in 1..all.len() {
        let mut download = Download::new(&from.clone().retries(1), b"to").unwrap();
        let _ = download.open();
        download.event(ExecEvent::Stdout(Bytes::copy_from_slice(&all[..cut])));
        let mut found = steps(&mut download);
        download.broken(fault()).unwrap();
        let _ = download.open();
        assert_eq!(steps(&mut download), [format!("resumed {cut}")]);
        download.event(ExecEvent::Stdout(Bytes::copy_from_slice(&all[cut..])));
        found.extend(steps(&mut download));
        download.event(ended(0));
        assert!(matches!(download.next(), Some(Ok(DownloadStep::Done(copied))) if copied.files == 2), "{cut}");
        assert_eq!(
            found.iter().filter(|step| step.starts_with('+')).map(|step| &step[1..]).collect::<String>(),
            "hello"
        );
        // Without a retry.
        let mut download = Download::new(&from, b"to").unwrap();
        let _ = download.open();
        download.event(ExecEvent::Stdout(Bytes::copy_from_slice(&all[..cut])));
        let _ = steps(&mut download);
        let error = download.broken(fault()).unwrap_err().to_string();
        assert!(error.contains("the copy broke off") && error.contains("the connection ended"), "{error}");
        assert!(download.next().unwrap().is_err());
    }
}

#[test]
fn a_failure_of_tar_is_an_error_with_its_words() {
    let from = CopyFrom::from("web-0:none".parse::<RemotePath>().unwrap());
    let mut download = Download::new(&from, b"to").unwrap();
    let _ = download.open();
    download.event(ExecEvent::Stderr(Bytes::from_static(b"tar: none: No such file\n")));
    download.event(ended(1));
    let error = download.next().unwrap().unwrap_err();
    assert!(error.to_string().contains("tar: none: No such file"), "{error}");
    // Success, and half an archive.
    let mut download = Download::new(&from, b"to").unwrap();
    let _ = download.open();
    let all = archive(&[(TarEntry::file("none", 5), b"hello")]);
    download.event(ExecEvent::Stdout(Bytes::copy_from_slice(&all[..514])));
    download.event(ended(0));
    let _ = steps(&mut download);
    assert!(download.next().unwrap().is_err());
    assert!(Download::new(&from, b"..").is_err());
}

fn output(code: u8, stderr: &str) -> ExecOutput {
    let mut all = crate::exec::Collector::default();
    all.push(ExecEvent::Stderr(Bytes::copy_from_slice(stderr.as_bytes())), 1000).unwrap();
    all.push(ended(code), 1000).unwrap().unwrap()
}

#[test]
fn an_upload_goes_into_a_directory_or_to_the_path_itself() {
    for (path, directory, is, name) in [
        ("/tmp", true, "/tmp", "src"),
        ("/tmp/x", false, "/tmp", "x"),
        ("/x", false, "/", "x"),
        ("/", true, "/", "src"),
        ("x", false, "", "x"),
        ("x", true, "x", "src"),
        (".", true, "", "src"),
        ("-x", true, "-x", "src"),
    ] {
        let mut upload = Upload::new(b"src", &RemotePath::new("web-0", path).into()).unwrap();
        let _ = upload.probe();
        upload.probed(&output(u8::from(!directory), ""));
        assert_eq!(upload.name().unwrap(), name.as_bytes(), "{path}");
        assert!(upload.state_for_tests().0 == is, "{path}");
        let _ = upload.open();
    }
    let mut upload = Upload::new(b"src", &RemotePath::new("web-0", "..").into()).unwrap();
    upload.probed(&output(1, ""));
    assert!(upload.name().is_err());
    for name in [&b""[..], b"..", b"a/b", b"\xff"] {
        assert!(Upload::new(name, &RemotePath::new("web-0", "/").into()).is_err());
    }
}

#[test]
fn an_upload_is_complete_only_after_all_was_taken() {
    let upload = Upload::new(b"src", &RemotePath::new("web-0", "/tmp").into()).unwrap();
    let local = || Error::misuse("the file has changed");
    assert!(upload.ended(Ok(Some(Copied::default())), Ok(output(0, "a warning"))).is_ok());
    assert!(upload.ended(Ok(None), Ok(output(0, ""))).is_err());
    let error = upload.ended(Ok(None), Ok(output(2, "no space left"))).unwrap_err().to_string();
    assert!(error.contains("no space left"), "{error}");
    assert!(upload.ended(Err(local()), Err(local())).is_err());
}
