//! `exec` and `attach`: programs of a simulated container.

use bytes::Bytes;
use http::{Response, StatusCode};
use kube_proto::driver::websocket;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::container;
use crate::Server;
use crate::container::session::{Session, Streams};
use crate::container::{Files, Invocation, Program};
use crate::context::{Cx, response};
use crate::kinds::Resource;
use crate::meta;
use crate::reply::{Reply, Upgrade};
use crate::status::{Failure, Outcome};
use crate::store::Object;

impl Server {
    /// Adds a program to all containers, or replaces a built-in one. `make` gets what `exec` asks for. A program named
    /// `attach` is the one that `attach` connects to; without it, that is a copy of input to output (a container with a
    /// standard input), or a program that prints nothing and goes on.
    ///
    /// ```
    /// use kube_test_server::container::{Invocation, Io, Next};
    /// use kube_test_server::{Options, Server};
    ///
    /// let mut server = Server::new(Options::default());
    /// server.set_program("greet", |run: &Invocation| {
    ///     let name = run.command.get(1).cloned().unwrap_or_default();
    ///     move |io: &mut Io<'_>| {
    ///         io.stdout.write(format!("hello, {name}\n").as_bytes());
    ///         Next::Exit(0)
    ///     }
    /// });
    /// ```
    pub fn set_program<P: Program + 'static>(
        &mut self,
        name: &str,
        make: impl Fn(&Invocation) -> P + Send + Sync + 'static,
    ) {
        self.programs.insert(name, Arc::new(move |invocation| Box::new(make(invocation))));
    }

    /// The files of a pod's container. They are there before the pod is, and stay when it is deleted.
    pub fn files(&mut self, namespace: &str, pod: &str, container: &str) -> Files {
        self.files.entry((namespace.to_owned(), pod.to_owned(), container.to_owned())).or_default().clone()
    }

    pub(super) fn exec(&mut self, cx: &mut Cx<'_>, resource: &Arc<Resource>, sub: &str) -> Outcome<Reply> {
        let pod = self.named(cx, resource)?;
        let name = container(cx, &pod)?;
        if meta::text(&pod.value, &["spec", "nodeName"]).is_empty() {
            return Err(Failure::bad_request(format!("pod {} does not have a host assigned", pod.name())));
        }
        let flag = |name: &str| cx.query.flag(name);
        let streams =
            Streams { stdin: flag("stdin"), stdout: flag("stdout"), stderr: flag("stderr"), tty: flag("tty") };
        if !cx.headers.contains_key(http::header::UPGRADE) {
            return Err(Failure::bad_request("Upgrade request required"));
        }
        if !(streams.stdin || streams.stdout || streams.stderr) {
            return Err(Failure::bad_request("you must specify at least 1 of stdin, stdout, stderr"));
        }
        let newer = self.options.stream_close;
        let accepted = websocket::accept(&http::Method::GET, cx.headers, |protocol| {
            protocol == "v4.channel.k8s.io" || (newer && protocol == "v5.channel.k8s.io")
        });
        let accepted = match accepted {
            Ok(accepted) => accepted,
            Err(refused) => {
                let mut answer = response(refused.status().as_u16(), "text/plain", "");
                answer.headers_mut().remove(http::header::CONTENT_TYPE);
                return Ok(Reply::Response(answer));
            }
        };
        let mut head = Response::new(());
        *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *head.headers_mut() = accepted.headers;
        let session = self.program(cx, &pod, &name, sub, streams, &accepted.protocol);
        Ok(Reply::Upgrade(Box::new(Upgrade { head, first: Bytes::new(), protocol: Box::new(session) })))
    }

    fn program(
        &mut self,
        cx: &Cx<'_>,
        pod: &Object,
        name: &str,
        sub: &str,
        streams: Streams,
        protocol: &str,
    ) -> Session {
        let mut command: Vec<String> = cx.query.all("command").map(str::to_owned).collect();
        let mut attached = None;
        if sub == "attach" {
            command = vec!["attach".to_owned()];
            attached = Some(if streams.stdin { "cat" } else { "sleep" });
        }
        let mut invocation =
            Invocation { command, env: environment(pod, name), tty: streams.tty, stdin: streams.stdin };
        let mut program = self.programs.start(&invocation);
        if let (None, Some(instead)) = (&program, attached) {
            invocation.command = vec![instead.to_owned(), "infinity".to_owned()];
            invocation.command.truncate(if instead == "cat" { 1 } else { 2 });
            program = self.programs.start(&invocation);
        }
        let files = self.files(pod.namespace(), pod.name(), name);
        match program {
            Some(program) => Session::new(program, files, streams, protocol),
            None => {
                let program = invocation.command.first().cloned().unwrap_or_default();
                let text = format!(
                    "Internal error occurred: error executing command in container: failed to exec in container: failed \
                     to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: \
                     \"{program}\": executable file not found in $PATH: unknown"
                );
                Session::failed(&text, streams, protocol)
            }
        }
    }
}

/// The environment of a container's programs: that of its specification, the host's name and a path.
fn environment(pod: &Object, container: &str) -> BTreeMap<String, String> {
    let mut env = BTreeMap::from([
        ("HOSTNAME".to_owned(), pod.name().to_owned()),
        ("HOME".to_owned(), "/root".to_owned()),
        ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
    ]);
    let own = meta::list(&pod.value, &["spec", "containers"]);
    for spec in own.iter().filter(|spec| spec["name"] == container) {
        for variable in spec["env"].as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (variable["name"].as_str(), variable["value"].as_str()) {
                env.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    env
}
