//! Blocking calls and programs, on tokio.

use bytes::Bytes;
use kube_proto::driver::local::{LINGER, StderrTail, within};
use kube_proto::driver::{ExecSpec, Fault, FaultKind, ProcessOutput};
use kube_transport_system::{Group, command, exit_code};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Makes a blocking call, on a thread that may block. Once begun, the call continues to its end, even if this future is
/// dropped.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let called = tokio::task::spawn_blocking(call).await;
    called.unwrap_or_else(|error| Err(Fault::unsent(FaultKind::Io, error.to_string())))
}

/// Runs a program to its end. Dropping the future kills the program and its children, unless it has ended.
///
/// It does not use [`Program`](kube_transport_system::Program): tokio reads the pipes without a thread, and waits for
/// the end without polling.
pub(crate) async fn run(spec: ExecSpec) -> Result<ProcessOutput, Fault> {
    let mut command = Command::from(command(&spec)?);
    let mut child = command.kill_on_drop(true).spawn().map_err(|error| Fault::local(&error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut group = Group::of(&spec, child.id());
    let said = StderrTail::default();
    let mut heard = tokio::spawn(forward(stderr, said.clone()));
    let stdout = match stdout {
        Some(stdout) => read_all(stdout, spec.limit, "the plugin's output").await?,
        None => Bytes::new(),
    };
    let status = child.wait().await.map_err(|error| Fault::local(&error))?;
    group.ended();
    // Its children may live on, and continue to write.
    let _ = tokio::time::timeout(LINGER, &mut heard).await;
    Ok(ProcessOutput { status: exit_code(status), stdout, stderr: said.so_far() })
}

async fn read_all(from: impl AsyncRead + Unpin, limit: usize, what: &str) -> Result<Bytes, Fault> {
    let mut content = Vec::new();
    from.take((limit as u64).saturating_add(1))
        .read_to_end(&mut content)
        .await
        .map_err(|error| Fault::local(&error))?;
    within(content, limit, what)
}

/// Copies a program's standard error to that of this process, and keeps the end of it.
async fn forward(from: Option<impl AsyncRead + Unpin>, said: StderrTail) {
    let Some(mut from) = from else { return };
    let mut chunk = [0; 1024];
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        let new = chunk.get(..n).unwrap_or_default();
        let _ = std::io::Write::write_all(&mut std::io::stderr(), new);
        said.push(new);
    }
}
