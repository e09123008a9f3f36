//! Blocking system calls, on a thread of the `blocking` crate; and programs.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use blocking::unblock;
use bytes::Bytes;
use kube_proto::config::{ConfigError, Loaded, Loader};
use kube_proto::driver::{ExecSpec, Fault, Input, Moment};
use kube_transport_system::Program;

/// A job on a thread that may block.
///
/// A dropped job continues and its result is lost: a look-up of the system's resolver cannot be interrupted.
#[derive(Debug)]
pub(crate) struct Job<T>(blocking::Task<T>);

impl<T: Send + 'static> Job<T> {
    pub(crate) fn spawn(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(unblock(work))
    }

    /// The result, once the job has ended. Before that the job wakes the task when it ends.
    pub(crate) fn take(&mut self, cx: &mut Context<'_>) -> Option<T> {
        match Pin::new(&mut self.0).poll(cx) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

/// Reads the files that a loader needs, until it has its configuration.
///
/// # Errors
/// The configuration cannot be used; the error names file, context and field.
pub async fn load(loader: Loader) -> Result<Loaded, ConfigError> {
    unblock(move || kube_transport_system::load(loader)).await
}

/// A running program. Dropping it kills the program and its children, unless it has ended.
pub(crate) struct Process {
    /// `None` only while it is dropped.
    program: Option<Program>,
    stdout: Job<Result<Bytes, Fault>>,
}

impl fmt::Debug for Process {
    /// Omits what the program printed: a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Process {
    pub(crate) fn start(spec: &ExecSpec) -> Result<Self, Fault> {
        let (program, stdout, stderr) = Program::start(spec)?;
        if let Some(stderr) = stderr {
            unblock(move || stderr.forward()).detach();
        }
        Ok(Self { program: Some(program), stdout: Job::spawn(move || stdout.read()) })
    }

    /// The program has closed its output. It may still run for a moment.
    pub(crate) fn is_silent(&self) -> bool {
        self.program.as_ref().is_some_and(Program::is_silent)
    }

    /// The output, once the program has ended.
    pub(crate) fn take(&mut self, now: Moment, cx: &mut Context<'_>) -> Option<Input> {
        let program = self.program.as_mut()?;
        if !program.is_silent() {
            match self.stdout.take(cx)? {
                Ok(stdout) => program.printed(stdout),
                Err(fault) => return Some(Input::Failed(Box::new(fault))),
            }
        }
        Some(match program.finish(now)? {
            Ok(output) => Input::Output(Box::new(output)),
            Err(fault) => Input::Failed(Box::new(fault)),
        })
    }
}

impl Drop for Process {
    /// Kills the program at once. Another thread waits for its end.
    fn drop(&mut self) {
        if let Some(mut program) = self.program.take()
            && !program.kill()
        {
            unblock(move || drop(program)).detach();
        }
    }
}
