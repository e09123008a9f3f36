//! What the system can only do by blocking, done by another thread: name look-ups, files, programs.

use std::fmt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::task::{Context, Poll};

use blocking::unblock;
use bytes::Bytes;
use futures_lite::future::block_on;
use kube_proto::config::{ConfigError, Loaded, Loader, Locate, Want};
use kube_proto::local::{Tail, find_program, read_all};
use kube_proto::{ExecSpec, Fault, FileWrite, Input, Output};

/// A job on a thread for such jobs.
///
/// Dropped, it is forgotten: nobody can interrupt a look-up in the system's resolver.
#[derive(Debug)]
pub(crate) struct Job<T>(blocking::Task<T>);

impl<T: Send + 'static> Job<T> {
    pub(crate) fn spawn(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(unblock(work))
    }

    /// The result, once it is there; until then the task is woken when it is.
    pub(crate) fn take(&mut self, cx: &mut Context<'_>) -> Option<T> {
        match Pin::new(&mut self.0).poll(cx) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

/// Reads a whole file of at most `limit` bytes.
pub(crate) fn read_file(path: &Path, limit: usize) -> Result<Bytes, Fault> {
    let file = std::fs::File::open(path).map_err(|error| Fault::local(&error))?;
    read_all(file, limit, "the file")
}

/// Replaces a file as a whole, in the order that [`FileWrite`] gives.
pub(crate) fn write_file(write: &FileWrite) -> Result<Input, Fault> {
    let _lock = Lock::take(write)?;
    // Through a link to what it leads to: the link stays.
    let path = std::fs::canonicalize(&write.path).unwrap_or_else(|_| write.path.clone());
    if let Some(answer) = write.compare(read_file(&path, write.limit)) {
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
        let _ = std::os::unix::fs::fchown(&file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    std::io::Write::write_all(&mut file, content)?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

/// A file that did not exist, for its owner alone.
fn create(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
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

/// Reads the files that a loader wants, until it has its configuration.
///
/// # Errors
/// The configuration cannot be used; the error names file, context and field.
pub async fn load(mut loader: Loader) -> Result<Loaded, ConfigError> {
    loop {
        match loader.want() {
            Want::Read { path, limit } => {
                let of = path.clone();
                let content = unblock(move || read_file(&of, limit)).await;
                loader.give(&path, content.map_err(Into::into));
            }
            Want::Done(result) => return result,
        }
    }
}

/// Where this process may look for a configuration: its environment and its folder.
#[must_use]
pub fn locate() -> Locate {
    let current_dir = std::env::current_dir().ok();
    Locate { current_dir, ..Locate::from_env(|name| std::env::var_os(name)) }
}

/// A running program. Dropped, it is killed.
pub(crate) struct Process {
    child: Option<Child>,
    printed: Job<Result<(Bytes, Bytes), Fault>>,
    captured: Option<(Bytes, Bytes)>,
}

impl fmt::Debug for Process {
    /// Without what it printed: a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("child", &self.child).finish_non_exhaustive()
    }
}

impl Process {
    pub(crate) fn start(spec: &ExecSpec) -> Result<Self, Fault> {
        let own = |wanted: bool, other: fn() -> Stdio| if wanted { Stdio::inherit() } else { other() };
        let file = find_program(&spec.program, std::env::var_os("PATH").as_deref(), is_executable)?;
        let mut child = Command::new(file)
            .arg0(&spec.program)
            .args(&spec.args)
            .envs(spec.env.iter().map(|(name, value)| (name, value)))
            .stdin(own(spec.stdin, Stdio::null))
            .stdout(Stdio::piped())
            // Who talks with a person needs a terminal to talk to.
            .stderr(own(spec.stdin, Stdio::piped))
            .spawn()
            .map_err(|error| Fault::local(&error))?;
        let (stdout, stderr, limit) = (child.stdout.take(), child.stderr.take(), spec.limit);
        let said = unblock(move || stderr.map(|said| Tail::copy(said, std::io::stderr())).unwrap_or_default());
        let printed = Job::spawn(move || {
            let stdout = stdout.map_or_else(|| Ok(Bytes::new()), |out| read_all(out, limit, "the plugin's output"))?;
            Ok((stdout, block_on(said)))
        });
        Ok(Self { child: Some(child), printed, captured: None })
    }

    /// The program has closed its outputs; it may live on for a moment.
    pub(crate) fn is_silent(&self) -> bool {
        self.captured.is_some()
    }

    /// Its output, once it has ended.
    pub(crate) fn take(&mut self, cx: &mut Context<'_>) -> Option<Input> {
        if self.captured.is_none() {
            match self.printed.take(cx)? {
                Ok(captured) => self.captured = Some(captured),
                Err(fault) => return Some(Input::Failed(Box::new(fault))),
            }
        }
        match self.child.as_mut()?.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => {
                let (stdout, stderr) = self.captured.take().unwrap_or_default();
                Some(Input::Output(Box::new(Output { status: code(status), stdout, stderr })))
            }
            Err(error) => Some(Input::Failed(Box::new(Fault::local(&error)))),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A program that has ended is not there to be killed; the wait then only takes note of that.
        let Some(mut child) = self.child.take() else { return };
        let _ = child.kill();
        if !matches!(child.try_wait(), Ok(Some(_))) {
            unblock(move || child.wait()).detach();
        }
    }
}

/// A file that somebody may execute.
fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
