//! Exec and attach: programs in containers.

use std::io::{Read, Write};

use k8s_openapi::api::core::v1::Pod;
use kube_proto::Api;
use kube_proto::api::{AttachParams, ExecParams};
use kube_proto::exec::ExecResult;
use serde_json::json;

use super::support::*;
use crate::context::Context;
use crate::drivers::Remote;
use crate::rows::{Need, Row, row};

const NODE: &[Need] = &[Need::Node];

pub(crate) const ROWS: &[Row] = &[
    row!(exit_codes).needs(NODE),
    row!(outputs_are_two).needs(NODE),
    row!(input_ends).needs(NODE),
    row!(output_after_the_end_of_the_input).needs(NODE),
    row!(binary_data_both_ways).needs(NODE),
    row!(an_output_without_its_reader_holds_up_nothing).needs(NODE),
    row!(a_terminal_and_its_size).needs(NODE),
    row!(a_process_that_ends_before_its_input).needs(NODE),
    row!(attached).needs(NODE),
    row!(many_at_once).needs(NODE),
    row!(refusals).needs(NODE),
    row!(the_older_protocol).needs(NODE).in_memory().memory(|options| options.stream_close = false),
];

/// A pod that runs.
pub(super) fn pod(cx: &Context, stdin: bool) -> Api<Pod> {
    let api = Api::<Pod>::namespaced(cx.namespace_for_pods());
    let command = if stdin { json!(["cat"]) } else { json!(["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]) };
    let container = json!({"name": "main", "image": IMAGE, "command": command, "stdin": stdin});
    let mut spec = json!({"containers": [container], "terminationGracePeriodSeconds": 0});
    if !cx.site.is_real() {
        spec["nodeName"] = "node".into();
    }
    create(cx, &api, json!({"metadata": {"name": "a"}, "spec": spec}));
    if cx.site.is_real() {
        cx.eventually("the pod runs", || {
            let pod = cx.call(api.get("a")).unwrap();
            pod.status.filter(|status| status.phase.as_deref() == Some("Running"))
        });
    }
    api
}

fn sh(script: &str) -> ExecParams {
    ExecParams::run(["sh", "-c", script])
}

fn run(cx: &Context, api: &Api<Pod>, script: &str) -> (String, String, ExecResult) {
    let output = cx.output(api.exec("a", &sh(script)), 1 << 20).unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.result)
}

pub(super) fn exit_codes(cx: &Context) {
    let api = pod(cx, false);
    for code in [0, 1, 2, 3, 42, 126, 127, 130, 137, 255] {
        let (stdout, _, result) = run(cx, &api, &format!("echo {code}; exit {code}"));
        assert_eq!((stdout, result.exit_code(), result.success()), (format!("{code}\n"), Some(code), code == 0));
    }
}

pub(super) fn outputs_are_two(cx: &Context) {
    let api = pod(cx, false);
    let (stdout, stderr, result) = run(cx, &api, "echo out; echo err >&2; echo more");
    assert_eq!((&*stdout, &*stderr, result.success()), ("out\nmore\n", "err\n", true));
    let only = cx.output(api.exec("a", &ExecParams::default().command(["echo", "a b"]).stdout()), 100).unwrap();
    assert_eq!((&*only.stdout, &*only.stderr), (&b"a b\n"[..], &b""[..]));
    // More than a buffer, and a limit.
    let (stdout, ..) = run(cx, &api, "yes | head -c 900000");
    assert_eq!(stdout.len(), 900_000);
    let error = cx.output(api.exec("a", &sh("yes | head -c 900000")), 1000).unwrap_err();
    says(&error, &["the output of the process is larger than the limit of 1000 bytes"]);
}

fn read_all(mut reader: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    reader.read_to_end(&mut all).unwrap();
    all
}

pub(super) fn input_ends(cx: &Context) {
    let api = pod(cx, false);
    let Remote { mut stdin, stdout, stderr, process } = cx.exec(api.exec("a", &sh("cat").stdin())).unwrap();
    stdin.write_all(b"one\n").unwrap();
    stdin.write_all(b"two\n").unwrap();
    stdin.finish().unwrap();
    assert_eq!(read_all(stdout), b"one\ntwo\n");
    assert!(read_all(stderr).is_empty());
    assert!(process.wait().unwrap().success());
    assert!(process.wait().unwrap().success(), "every time");
    assert!(stdin.write_all(b"more").is_err());
}

pub(super) fn output_after_the_end_of_the_input(cx: &Context) {
    let api = pod(cx, false);
    let script = "cat > /dev/null; sleep 1; echo late; echo later >&2; exit 7";
    let Remote { mut stdin, stdout, stderr, process } = cx.exec(api.exec("a", &sh(script).stdin())).unwrap();
    stdin.write_all(b"input").unwrap();
    stdin.finish().unwrap();
    drop(stdin);
    assert_eq!(process.wait().unwrap().exit_code(), Some(7));
    // It is there after the end as well.
    assert_eq!((read_all(stdout), read_all(stderr)), (b"late\n".to_vec(), b"later\n".to_vec()));
}

/// A pattern that differs everywhere.
fn pattern(at: usize) -> u8 {
    (at.wrapping_mul(0x9e37_79b9) >> 13) as u8
}

fn binary_data_both_ways(cx: &Context) {
    let api = pod(cx, false);
    let length = if cx.site.is_real() { 64 << 20 } else { 4 << 20 };
    let Remote { mut stdin, mut stdout, stderr, process } =
        cx.exec(api.exec("a", &ExecParams::run(["cat"]).stdin())).unwrap();
    let mut read = 0;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut chunk = vec![0; 100_000];
            let mut written = 0;
            while written < length {
                let size = chunk.len().min(length - written);
                chunk.iter_mut().enumerate().for_each(|(at, byte)| *byte = pattern(written + at));
                stdin.write_all(&chunk[..size]).unwrap();
                written += size;
            }
            stdin.finish().unwrap();
        });
        scope.spawn(|| assert!(read_all(stderr).is_empty()));
        let mut chunk = vec![0; 100_000];
        loop {
            match stdout.read(&mut chunk).unwrap() {
                0 => break,
                count => {
                    let same = chunk[..count].iter().enumerate().all(|(at, byte)| *byte == pattern(read + at));
                    assert!(same, "after {read} bytes");
                    read += count;
                }
            }
        }
    });
    assert_eq!(read, length);
    assert!(process.wait().unwrap().success());
}

fn an_output_without_its_reader_holds_up_nothing(cx: &Context) {
    let api = pod(cx, false);
    let script = "yes | head -c 3000000 >&2; echo done";
    let Remote { stdin: _stdin, stdout, stderr, process } = cx.exec(api.exec("a", &sh(script))).unwrap();
    drop(stderr);
    assert_eq!(read_all(stdout), b"done\n");
    assert!(process.wait().unwrap().success());
}

pub(super) fn a_terminal_and_its_size(cx: &Context) {
    let api = pod(cx, false);
    let params = sh("sleep 1; stty size; echo err >&2").stdin().tty();
    let Remote { stdin: _stdin, stdout, stderr, process } = cx.exec(api.exec("a", &params)).unwrap();
    process.resize(100, 40).unwrap();
    // A terminal has one output, and its lines end with both characters.
    assert_eq!(String::from_utf8(read_all(stdout)).unwrap(), "40 100\r\nerr\r\n");
    assert!(read_all(stderr).is_empty());
    assert!(process.wait().unwrap().success());
    let without = cx.exec(api.exec("a", &sh("true"))).unwrap();
    says(&without.process.resize(1, 1).unwrap_err(), &["no terminal"]);
}

fn a_process_that_ends_before_its_input(cx: &Context) {
    let api = pod(cx, false);
    let Remote { mut stdin, stdout, stderr: _stderr, process } =
        cx.exec(api.exec("a", &sh("head -c 5; exit 9").stdin())).unwrap();
    // The writer fails once the process is gone, and its result is not lost. A real server that cannot get rid of the input
    // does not notice the end of the process, with the stock kubectl neither (docs/wire.md §6.3).
    if cx.site.is_real() {
        // It fails if the end comes first.
        let _ = stdin.write_all(&[b'x'; 100_000]);
    } else {
        let failed = (0..10_000).find_map(|_| stdin.write_all(&[b'x'; 10_000]).err());
        assert!(failed.is_some());
    }
    assert_eq!(read_all(stdout), b"xxxxx");
    assert_eq!(process.wait().unwrap().exit_code(), Some(9));
}

pub(super) fn attached(cx: &Context) {
    let api = pod(cx, true);
    let params = AttachParams::output().stdin();
    let Remote { mut stdin, mut stdout, stderr: _stderr, process } = cx.exec(api.attach("a", &params)).unwrap();
    stdin.write_all(b"hello\n").unwrap();
    let mut line = [0; 6];
    stdout.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"hello\n");
    process.close();
    assert!(stdout.read(&mut line).is_err());
}

fn many_at_once(cx: &Context) {
    let api = pod(cx, false);
    // Each is a process of its own on a real node, which takes a CPU a while.
    let count = if cx.site.is_real() && std::env::var_os("KUBE_TEST_LONG").is_none() { 40 } else { 100 };
    // The context itself stays on its thread.
    let driver = cx.shared();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..count)
            .map(|number| {
                let exec = api.exec("a", &sh(&format!("echo {number}; exit {}", number % 7)));
                scope.spawn(move || driver.output(exec, 100).unwrap())
            })
            .collect();
        for (number, run) in runs.into_iter().enumerate() {
            let output = run.join().unwrap();
            assert_eq!(output.stdout, format!("{number}\n").into_bytes());
            assert_eq!(output.result.exit_code(), Some(i32::try_from(number % 7).unwrap()));
        }
    });
}

pub(super) fn refusals(cx: &Context) {
    let api = pod(cx, false);
    let refused = |name: &str, params: &ExecParams| cx.exec(api.exec(name, params)).err().unwrap();
    let error = refused("a", &sh("true").container("other"));
    assert!(error.is_bad_request(), "{error}");
    says(&error, &["connect pods/exec \"a\"", "container other is not valid for pod a"]);
    let error = refused("b", &sh("true"));
    assert!(error.is_not_found(), "{error}");
    // The program is looked for only after the upgrade.
    let output = cx.output(api.exec("a", &ExecParams::run(["no-such-program"])), 1000).unwrap();
    assert_eq!((output.result.success(), output.result.exit_code()), (false, None), "{:?}", output.result);
    let error = output.result.into_result().unwrap_err();
    says(&error, &["no-such-program", "executable file not found in $PATH"]);
}

pub(super) fn the_older_protocol(cx: &Context) {
    let api = pod(cx, false);
    assert_eq!(run(cx, &api, "echo a; exit 3").2.exit_code(), Some(3));
    let Remote { mut stdin, stdout, stderr: _stderr, process } =
        cx.exec(api.exec("a", &sh("head -c 4").stdin())).unwrap();
    stdin.write_all(b"123").unwrap();
    let error = stdin.finish().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported, "{error}");
    stdin.write_all(b"4").unwrap();
    assert_eq!(read_all(stdout), b"1234");
    assert!(process.wait().unwrap().success());
}
