//! What the system can only do by blocking, done by a thread of its own: name look-ups, files, programs.

use std::fmt;
use std::io::PipeReader;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use bytes::Bytes;
use kube_proto::config::{ConfigError, Loaded, Loader, Locate, Want};
use kube_proto::driver::local::{Said, find_program, read_all};
use kube_proto::driver::{Deadline, ExecSpec, Fault, FaultKind, FileWrite, Input, Output};
use rustix::process::{Pid, Signal};

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

/// A running program. Dropped, it is killed, with what it started; unless it has ended.
pub(crate) struct Process {
    child: Child,
    /// It and what it starts are a group of their own. One that talks with a person stays in the terminal's.
    group: bool,
    printed: Job<Result<Bytes, Fault>>,
    stdout: Option<Bytes>,
    said: Said,
    status: Option<i32>,
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
        let mut command = Command::new(file);
        let group = !spec.stdin;
        if group {
            command.process_group(0);
        }
        let mut child = command
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
        let said = Said::default();
        match listen(stdout, stderr, limit, &said) {
            Ok(printed) => Ok(Self { child, group, printed, stdout: None, said, status: None }),
            Err(error) => {
                kill(&mut child, group);
                let _ = child.wait();
                Err(Fault::local(&error))
            }
        }
    }

    /// Readable when the program has closed its output; it may live on for a moment.
    pub(crate) fn done(&self) -> Option<&PipeReader> {
        self.stdout.is_none().then_some(&self.printed.done)
    }

    /// Its output, once it has ended.
    pub(crate) fn take(&mut self, now: Deadline) -> Option<Input> {
        if self.stdout.is_none() {
            match self.printed.take()? {
                Ok(Ok(stdout)) => self.stdout = Some(stdout),
                Ok(Err(fault)) | Err(fault) => return Some(Input::Failed(Box::new(fault))),
            }
        }
        let status = match self.status {
            Some(status) => status,
            None => match self.child.try_wait() {
                Ok(None) => return None,
                Ok(Some(status)) => *self.status.insert(code(status)),
                Err(error) => return Some(Input::Failed(Box::new(Fault::local(&error)))),
            },
        };
        let stderr = self.said.finish(now)?;
        let stdout = self.stdout.take().unwrap_or_default();
        Some(Input::Output(Box::new(Output { status, stdout, stderr })))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Until it is waited for, its number is nobody else's, also if it has ended.
        if self.status.is_none() {
            kill(&mut self.child, self.group);
            let _ = self.child.wait();
        }
    }
}

/// A file that somebody may execute.
fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

/// Takes what a program prints, on a thread for each output.
fn listen(
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    limit: usize,
    said: &Said,
) -> std::io::Result<Job<Result<Bytes, Fault>>> {
    match stderr {
        Some(stderr) => {
            let said = said.clone();
            let hear = move || said.copy(stderr, std::io::stderr());
            std::thread::Builder::new().name("kube-plugin-says".to_owned()).spawn(hear)?;
        }
        None => said.end(),
    }
    Job::spawn("kube-plugin", move || {
        stdout.map_or_else(|| Ok(Bytes::new()), |stdout| read_all(stdout, limit, "the plugin's output"))
    })
}

/// Ends a program at once, and what it started as far as that is its group.
fn kill(child: &mut Child, group: bool) {
    if group {
        let _ = rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
