//! Programs: credential plugins.

use std::fmt;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
#[cfg(unix)]
use std::os::unix::process::{CommandExt, ExitStatusExt};
#[cfg(unix)]
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

use bytes::Bytes;
#[cfg(unix)]
use kube_proto::driver::local::find_program;
use kube_proto::driver::local::{StderrTail, read_all};
use kube_proto::driver::{ExecSpec, Fault, Moment, ProcessOutput};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};

/// A running program. Dropping it kills the program and its group and waits for its end, unless it has ended.
///
/// A transport reads [`Stdout`] and [`Stderr`] on a thread each, passes standard output to [`Self::printed`], and then
/// calls [`Self::finish`] every few milliseconds until the program has ended.
pub struct Program {
    // Dropped first: kills the group before the child is waited for.
    group: Group,
    child: Child,
    stdout: Option<Bytes>,
    said: StderrTail,
    status: Option<i32>,
}

/// The standard output of a [`Program`].
#[derive(Debug)]
pub struct Stdout {
    from: Option<ChildStdout>,
    limit: usize,
}

/// The standard error of a [`Program`].
#[derive(Debug)]
pub struct Stderr {
    from: ChildStderr,
    said: StderrTail,
}

impl Program {
    /// Starts a program. One that talks with a person keeps the terminal, so it has no [`Stderr`] to read.
    ///
    /// # Errors
    /// The program does not exist or cannot be started.
    pub fn start(spec: &ExecSpec) -> Result<(Self, Stdout, Option<Stderr>), Fault> {
        let mut child = command(spec)?.spawn().map_err(|error| Fault::local(&error))?;
        let said = StderrTail::default();
        let stdout = Stdout { from: child.stdout.take(), limit: spec.limit };
        let stderr = child.stderr.take().map(|from| Stderr { from, said: said.clone() });
        if stderr.is_none() {
            said.end();
        }
        let group = Group::of(spec, Some(child.id()));
        Ok((Self { group, child, stdout: None, said, status: None }, stdout, stderr))
    }

    /// Takes what [`Stdout::read`] has read.
    pub fn printed(&mut self, stdout: Bytes) {
        self.stdout = Some(stdout);
    }

    /// Whether [`Self::printed`] was called: the program has closed its output. It may live on for a moment.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.stdout.is_some()
    }

    /// The program's output, once [`Self::printed`] was called, the program has ended and its standard error has too. (A
    /// process that it has started may keep standard error open: [`StderrTail::finish`] limits the wait.) Does not block.
    pub fn finish(&mut self, now: Moment) -> Option<Result<ProcessOutput, Fault>> {
        self.stdout.as_ref()?;
        let status = match self.status {
            Some(status) => status,
            None => match self.ended() {
                Ok(ended) => ended?,
                Err(error) => return Some(Err(Fault::local(&error))),
            },
        };
        let stderr = self.said.finish(now)?;
        let stdout = self.stdout.take().unwrap_or_default();
        Some(Ok(ProcessOutput { status, stdout, stderr }))
    }

    /// Kills the program and its group, if it has not ended. True if the system has confirmed the end: then dropping
    /// this does not block.
    pub fn kill(&mut self) -> bool {
        if self.status.is_none() {
            // The program's number stays its own until the system has reported its end, so no other program is hit.
            self.group.kill();
            let _ = self.child.kill();
        }
        self.status.is_some() || self.ended().is_ok_and(|ended| ended.is_some())
    }

    fn ended(&mut self) -> io::Result<Option<i32>> {
        let status = self.child.try_wait()?.map(exit_code);
        if status.is_some() {
            self.status = status;
            self.group.ended();
        }
        Ok(status)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.kill() {
            let _ = self.child.wait();
            self.group.ended();
        }
    }
}

impl fmt::Debug for Program {
    /// Omits what the program printed: a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("child", &self.child).finish_non_exhaustive()
    }
}

impl Stdout {
    /// Reads standard output to its end; blocks.
    ///
    /// # Errors
    /// Standard output cannot be read or exceeds [`ExecSpec::limit`].
    pub fn read(self) -> Result<Bytes, Fault> {
        match self.from {
            Some(from) => read_all(from, self.limit, "the plugin's output"),
            None => Ok(Bytes::new()),
        }
    }
}

impl Stderr {
    /// Copies standard error to the standard error of this process, to its end; blocks. The program keeps the last
    /// bytes for [`ProcessOutput::stderr`].
    pub fn forward(self) {
        self.said.copy(self.from, io::stderr());
    }
}

/// A command that starts this program: its file, arguments, variables, pipes and group. For runtimes that start
/// programs themselves: tokio, for example, waits for the end of a child without polling.
///
/// # Errors
/// The program does not exist ([`FaultKind::NotFound`](kube_proto::driver::FaultKind::NotFound)).
pub fn command(spec: &ExecSpec) -> Result<Command, Fault> {
    let own = |wanted: bool, other: fn() -> Stdio| if wanted { Stdio::inherit() } else { other() };
    let mut command = named(spec)?;
    command
        .args(&spec.args)
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .stdin(own(spec.stdin, Stdio::null))
        .stdout(Stdio::piped())
        // A program that talks with a person needs the terminal.
        .stderr(own(spec.stdin, Stdio::piped));
    Ok(command)
}

#[cfg(unix)]
fn named(spec: &ExecSpec) -> Result<Command, Fault> {
    let file = find_program(&spec.program, std::env::var_os("PATH").as_deref(), is_executable)?;
    let mut command = Command::new(file);
    command.arg0(&spec.program);
    if has_group(spec) {
        command.process_group(0);
    }
    Ok(command)
}

#[cfg(not(unix))]
fn named(spec: &ExecSpec) -> Result<Command, Fault> {
    Ok(Command::new(&spec.program))
}

/// A program and its children. Dropping it before [`Self::ended`] kills them.
#[derive(Debug)]
#[must_use = "dropping the group kills the program"]
pub struct Group(Option<u32>);

impl Group {
    /// The group of a program that was started by a [`command`] and has this process number. Empty if the program talks
    /// with a person: then it stays in the terminal's group.
    pub fn of(spec: &ExecSpec, id: Option<u32>) -> Self {
        Self(id.filter(|_| has_group(spec)))
    }

    /// Records that the system has reported the program's end: another program may get its number.
    pub fn ended(&mut self) {
        self.0 = None;
    }

    fn kill(&self) {
        #[cfg(unix)]
        if let Some(group) = self.0.and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The exit code of a program; 128 + the signal's number if a signal ended it.
#[must_use]
pub fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    let other = || 128 + status.signal().unwrap_or_default();
    #[cfg(not(unix))]
    let other = || -1;
    status.code().unwrap_or_else(other)
}

/// A program that talks with a person stays in the group of the terminal.
fn has_group(spec: &ExecSpec) -> bool {
    cfg!(unix) && !spec.stdin
}

/// A file that some user may execute.
#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Read;

    use super::*;

    fn shell(script: &str) -> (Program, Stdout, Stderr) {
        let spec = ExecSpec {
            program: "sh".into(),
            args: vec!["-c".into(), script.into()],
            env: Vec::new(),
            stdin: false,
            limit: 1000,
        };
        let (program, stdout, stderr) = Program::start(&spec).unwrap();
        (program, stdout, stderr.unwrap())
    }

    #[test]
    fn a_program_runs_to_its_end() {
        let (mut program, stdout, stderr) = shell("echo token; exit 3");
        assert!(program.finish(Moment::ZERO).is_none());
        program.printed(stdout.read().unwrap());
        assert!(program.is_silent());
        stderr.forward();
        let output = loop {
            match program.finish(Moment::ZERO) {
                Some(output) => break output.unwrap(),
                None => std::thread::yield_now(),
            }
        };
        assert_eq!((output.status, &output.stdout[..]), (3, &b"token\n"[..]));
        assert!(program.kill());
    }

    #[test]
    fn a_dropped_program_is_killed_with_its_children() {
        let (program, mut stdout, _stderr) = shell("sleep 1000 & echo up; sleep 1000");
        let mut from = stdout.from.take().unwrap();
        from.read_exact(&mut [0; 3]).unwrap();
        drop(program);
        // The pipe ends only when all processes that hold it have ended.
        assert_eq!(from.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}
