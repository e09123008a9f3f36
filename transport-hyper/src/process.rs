//! Files and programs, on tokio.

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
#[cfg(unix)]
use kube_proto::driver::local::find_program;
use kube_proto::driver::local::{LINGER, Said, within};
use kube_proto::driver::{ExecSpec, Fault, FaultKind, FileWrite, Input, Output};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// Reads a whole file of at most `limit` bytes.
pub(crate) async fn read_file(path: PathBuf, limit: usize) -> Result<Bytes, Fault> {
    let file = tokio::fs::File::open(path).await.map_err(|error| Fault::local(&error))?;
    read_all(file, limit, "the file").await
}

/// Replaces a file as a whole, in the order that [`FileWrite`] gives, on a thread that may block. Once begun it is not
/// stopped, also if nobody waits for it any more.
pub(crate) async fn write_file(write: FileWrite) -> Result<Input, Fault> {
    let written = tokio::task::spawn_blocking(move || write_now(&write));
    written.await.unwrap_or_else(|error| Err(Fault::unsent(FaultKind::Io, error.to_string())))
}

fn write_now(write: &FileWrite) -> Result<Input, Fault> {
    let _lock = Lock::take(write)?;
    // Through a link to what it leads to: the link stays.
    let path = std::fs::canonicalize(&write.path).unwrap_or_else(|_| write.path.clone());
    if let Some(answer) = write.compare(read_now(&path, write.limit)) {
        return Ok(answer);
    }
    let beside = FileWrite::beside(&path);
    match replace(&write.content, &beside, &path) {
        Ok(()) => Ok(Input::Written),
        Err(error) => {
            let _ = std::fs::remove_file(&beside);
            Err(Fault::local(&error))
        }
    }
}

fn replace(content: &[u8], beside: &Path, path: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_file(beside);
    let mut file = create(beside)?;
    if let Ok(old) = std::fs::metadata(path) {
        // Who may not give files away keeps what he wrote.
        #[cfg(unix)]
        let _ = std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    std::io::Write::write_all(&mut file, content)?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

fn read_now(path: &Path, limit: usize) -> Result<Bytes, Fault> {
    let file = std::fs::File::open(path).map_err(|error| Fault::local(&error))?;
    kube_proto::driver::local::read_all(file, limit, "the file")
}

/// A file that did not exist, for its owner alone.
fn create(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}

/// The file that says that somebody is writing. Dropped, it is removed.
struct Lock(PathBuf);

impl Lock {
    fn take(write: &FileWrite) -> Result<Self, Fault> {
        let lock = write.lock();
        let folder = lock.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| create(&lock)).map_err(|error| write.unlocked(&error))?;
        Ok(Self(lock))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn read_all(from: impl AsyncRead + Unpin, limit: usize, what: &str) -> Result<Bytes, Fault> {
    let mut content = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut content).await.map_err(|error| Fault::local(&error))?;
    within(content, limit, what)
}

#[cfg(unix)]
fn command(spec: &ExecSpec) -> Result<Command, Fault> {
    let file = find_program(&spec.program, std::env::var_os("PATH").as_deref(), is_executable)?;
    let mut command = Command::new(file);
    command.arg0(&spec.program);
    Ok(command)
}

/// A file that somebody may execute.
#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn command(spec: &ExecSpec) -> Result<Command, Fault> {
    Ok(Command::new(&spec.program))
}

/// Runs a program to its end. Dropped, it is killed, with what it started; unless it has ended.
pub(crate) async fn run(spec: ExecSpec) -> Result<Output, Fault> {
    let own = |wanted: bool, other: fn() -> Stdio| if wanted { Stdio::inherit() } else { other() };
    let mut command = command(&spec)?;
    // It and what it starts are a group of their own. One that talks with a person stays in the terminal's.
    let group = cfg!(unix) && !spec.stdin;
    #[cfg(unix)]
    if group {
        command.process_group(0);
    }
    let mut child = command
        .args(&spec.args)
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .stdin(own(spec.stdin, Stdio::null))
        .stdout(Stdio::piped())
        // Who talks with a person needs a terminal to talk to.
        .stderr(own(spec.stdin, Stdio::piped))
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Fault::local(&error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut running = Group::of(&child, group);
    let said = Said::default();
    let mut heard = tokio::spawn(forward(stderr, said.clone()));
    let stdout = match stdout {
        Some(stdout) => read_all(stdout, spec.limit, "the plugin's output").await?,
        None => Bytes::new(),
    };
    let status = child.wait().await.map_err(|error| Fault::local(&error))?;
    running.end();
    // What it started may live on, and go on saying something.
    let _ = tokio::time::timeout(LINGER, &mut heard).await;
    Ok(Output { status: code(status), stdout, stderr: said.so_far() })
}

/// Hands a program's standard error on to our own as it comes, and keeps the end of it.
async fn forward(from: Option<impl AsyncRead + Unpin>, said: Said) {
    let Some(mut from) = from else { return };
    let mut chunk = [0; 1024];
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        let new = chunk.get(..n).unwrap_or_default();
        let _ = std::io::Write::write_all(&mut std::io::stderr(), new);
        said.push(new);
    }
}

/// A program's group. Dropped before its end, it is killed.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child, group: bool) -> Self {
        Self(child.id().filter(|_| group))
    }

    /// The program is gone, and its number may be another one's.
    fn end(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}
