//! What the system can only do by blocking, done by a thread of its own: name look-ups, files, programs.

use std::fmt;
use std::io::PipeReader;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use bytes::Bytes;
use kube_proto::config::{ConfigError, Loaded, Loader, Locate, Want};
use kube_proto::local::{Tail, find_program, read_all};
use kube_proto::{ExecSpec, Fault, FaultKind, FileWrite, Input, Output};

/// A job on a thread of its own, and a descriptor that becomes readable when it is over.
///
/// Dropped, it is forgotten: nobody can interrupt a look-up in the system's resolver.
#[derive(Debug)]
pub(crate) struct Job<T> {
    result: Receiver<T>,
    pub(crate) done: PipeReader,
}

impl<T: Send + 'static> Job<T> {
    pub(crate) fn spawn(name: &str, work: impl FnOnce() -> T + Send + 'static) -> std::io::Result<Self> {
        let (done, held) = std::io::pipe()?;
        let (sender, result) = channel();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ = sender.send(work());
            drop(held);
        })?;
        Ok(Self { result, done })
    }

    /// The result, once it is there; an error where the thread is gone without one.
    pub(crate) fn take(&self) -> Option<Result<T, Fault>> {
        match self.result.try_recv() {
            Ok(result) => Some(Ok(result)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Fault::unsent(FaultKind::Io, "the helper thread ended"))),
        }
    }
}

/// Reads a whole file of at most `limit` bytes; blocks. For drivers of one's own.
///
/// # Errors
/// It does not exist, cannot be read, or is larger.
pub fn read_file(path: &Path, limit: usize) -> Result<Bytes, Fault> {
    let file = std::fs::File::open(path).map_err(|error| Fault::local(&error))?;
    read_all(file, limit, "the file")
}

/// Replaces a file as a whole, in the order that [`FileWrite`] gives; blocks. For drivers of one's own.
///
/// # Errors
/// The lock is there, or the file cannot be written.
pub fn write_file(write: &FileWrite) -> Result<Input, Fault> {
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
pub fn load(mut loader: Loader) -> Result<Loaded, ConfigError> {
    loop {
        match loader.want() {
            Want::Read { path, limit } => loader.give(&path, read_file(&path, limit).map_err(Into::into)),
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
    child: Child,
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
        let printed = Job::spawn("kube-plugin", move || {
            let said =
                std::thread::spawn(move || stderr.map(|said| Tail::copy(said, std::io::stderr())).unwrap_or_default());
            let stdout = stdout.map_or_else(|| Ok(Bytes::new()), |out| read_all(out, limit, "the plugin's output"))?;
            Ok((stdout, said.join().unwrap_or_default()))
        });
        match printed {
            Ok(printed) => Ok(Self { child, printed, captured: None }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(Fault::local(&error))
            }
        }
    }

    /// Readable when the program has closed its outputs; it may live on for a moment.
    pub(crate) fn done(&self) -> Option<&PipeReader> {
        self.captured.is_none().then_some(&self.printed.done)
    }

    /// Its output, once it has ended.
    pub(crate) fn take(&mut self) -> Option<Input> {
        if self.captured.is_none() {
            match self.printed.take()? {
                Ok(Ok(captured)) => self.captured = Some(captured),
                Ok(Err(fault)) | Err(fault) => return Some(Input::Failed(Box::new(fault))),
            }
        }
        match self.child.try_wait() {
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
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file that somebody may execute.
fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
