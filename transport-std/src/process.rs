//! Blocking system calls, on a thread of their own; and programs.

use std::io::PipeReader;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use bytes::Bytes;
use kube_proto::driver::{ExecSpec, Fault, FaultKind, Input, Moment};
use kube_transport_system::Program;

/// A job on a thread of its own, and a descriptor that becomes readable when it ends.
///
/// A dropped job continues and its result is lost: a look-up of the system's resolver cannot be interrupted.
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

    /// The result, once there is one; an error if the thread ended without one.
    pub(crate) fn take(&self) -> Option<Result<T, Fault>> {
        match self.result.try_recv() {
            Ok(result) => Some(Ok(result)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(Fault::unsent(FaultKind::Io, "the helper thread ended"))),
        }
    }
}

/// A running program. Dropping it kills the program and its children, unless it has ended.
#[derive(Debug)]
pub(crate) struct Process {
    program: Program,
    stdout: Job<Result<Bytes, Fault>>,
}

impl Process {
    pub(crate) fn start(spec: &ExecSpec) -> Result<Self, Fault> {
        let (program, stdout, stderr) = Program::start(spec)?;
        if let Some(stderr) = stderr {
            let thread = std::thread::Builder::new().name("kube-plugin-says".to_owned());
            thread.spawn(move || stderr.forward()).map_err(|error| Fault::local(&error))?;
        }
        let stdout = Job::spawn("kube-plugin", move || stdout.read()).map_err(|error| Fault::local(&error))?;
        Ok(Self { program, stdout })
    }

    /// Becomes readable when the program has closed its output. The program may still run for a moment.
    pub(crate) fn done(&self) -> Option<&PipeReader> {
        (!self.program.is_silent()).then_some(&self.stdout.done)
    }

    /// The output, once the program has ended.
    pub(crate) fn take(&mut self, now: Moment) -> Option<Input> {
        if !self.program.is_silent() {
            match self.stdout.take()? {
                Ok(Ok(stdout)) => self.program.printed(stdout),
                Ok(Err(fault)) | Err(fault) => return Some(Input::Failed(Box::new(fault))),
            }
        }
        Some(match self.program.finish(now)? {
            Ok(output) => Input::Output(Box::new(output)),
            Err(fault) => Input::Failed(Box::new(fault)),
        })
    }
}
