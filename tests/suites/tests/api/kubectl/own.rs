//! The kubectl of this project, on one of its transports: the `main` of the examples, in this process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::ControlFlow;

use bytes::Bytes;
use kube_kubectl_example::{Copying, Kubectl, Printed as Said, Remote, Session, message, parse};
use kube_proto::config::{Config, Locate};

use super::transcript::{Command, filled};
use super::{Context, Printed};
use crate::context::{Client, settings};

pub(super) fn run(cx: &Context, known: &BTreeMap<&str, String>, command: &Command) -> Printed {
    let words = command.words_within(known).into_iter().map(OsString::from);
    let mut printed = Printed::default();
    let mut invocation = match parse(words, true) {
        Ok(invocation) => invocation,
        Err(usage) => {
            let code = usage.exit_code();
            let text = usage.to_string();
            return match code {
                0 => Printed { out: text, code, ..printed },
                _ => Printed { err: text, code, ..printed },
            };
        }
    };
    let stdin = Bytes::from(filled(&command.stdin, known));
    let contents = match invocation.read(|| Ok(stdin.clone())) {
        Ok(contents) => contents,
        Err(error) => return Printed { err: format!("error: {error}\n"), code: 1, ..printed },
    };
    let failed =
        |error: &kube_proto::Error| Printed { err: format!("{}\n", message(error)), code: 1, ..Printed::default() };
    let locate = Locate { current_dir: std::env::current_dir().ok(), ..Locate::default() };
    let local = invocation.locate(&locate).then(|| Config::new("http://127.0.0.1:1").unwrap());
    let loaded = local.map(Ok).unwrap_or_else(|| {
        let loaded = cx.site.load_with("token", invocation.overrides.clone());
        loaded.map(|loaded| loaded.config)
    });
    let config = match loaded {
        Ok(config) => config,
        Err(text) => return Printed { err: format!("error: {text}\n"), code: 1, ..printed },
    };
    let client = match cx.client_with(config, settings()) {
        Ok(client) => client,
        Err(error) => return failed(&error),
    };
    if let Some(session) = invocation.session() {
        return carry(&client, session).unwrap_or_else(|text| Printed { err: text, code: 1, ..Printed::default() });
    }
    let operation = Kubectl::new(invocation, &contents);
    let mut followed = None;
    let mut ended = client.stream(operation, |said| {
        match said {
            Said::Out(bytes) => printed.out.push_str(&String::from_utf8_lossy(&bytes)),
            Said::Err(text) => printed.err.push_str(&text),
            Said::Follow(namespace, logs) => followed = Some((namespace, logs)),
            Said::Exit(code) => printed.code = code,
        }
        match command.stop_after {
            Some(lines) if printed.out.lines().count() >= lines => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    // One after the other: so the output has one order.
    for (log, namespace) in followed.iter().flat_map(|(namespace, logs)| logs.iter().map(move |log| (log, namespace))) {
        ended = ended.and_then(|()| {
            client.stream(log.log(namespace), |event| {
                match log.shown(&event) {
                    Some(Said::Out(bytes)) => printed.out.push_str(&String::from_utf8_lossy(&bytes)),
                    Some(Said::Err(text)) => printed.err.push_str(&text),
                    _ => {}
                }
                ControlFlow::Continue(())
            })
        });
    }
    match ended {
        Ok(()) => printed,
        Err(error) => failed(&error),
    }
}

/// Carries out `exec`, `attach` and `cp`, without standard input. An error is the text that is printed.
fn carry(client: &Client, session: Session) -> Result<Printed, String> {
    let failed = |error| format!("{}\n", message(&error));
    let remote = match session {
        Session::Process(remote) => remote,
        Session::Copy(line) => {
            let pod = line.pod().map(|pod| client.call(pod)).transpose().map_err(failed)?;
            match line.copying(pod.as_ref()).map_err(|text| format!("{text}\n"))? {
                Copying::Download(from, to) => client.copy_from(from, &to).map_err(failed)?,
                Copying::Upload(from, to) => client.copy_to(&from, to).map_err(failed)?,
            };
            return Ok(Printed::default());
        }
    };
    let found = remote.find().map(|find| client.call(find)).transpose().map_err(failed)?;
    let pod = client.call(remote.pod(found.map(|found| found.pod))).map_err(failed)?;
    let opening = remote.open(&pod, false).map_err(|text| format!("{text}\n"))?;
    let output = client.output(opening.exec, 1 << 20).map_err(|error| {
        let lines = opening.lines.clone();
        lines + &Remote::refused(&error) + "\n"
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (line, code) = Remote::ended(&Ok(output.result));
    Ok(Printed { out: text(&output.stdout), err: opening.lines + &text(&output.stderr) + &line, code })
}
