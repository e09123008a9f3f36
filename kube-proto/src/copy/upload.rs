//! A copy to a container.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Asking` | [`probe`](Upload::probe): `test -d`, with code 0 | `Sending`: into that directory, under the own name |
//! | `Asking` | any other code | `Sending`: to the path itself |
//! | `Sending` | `tar` ends with code 0, after the whole archive | complete |
//! | `Sending` | `tar` ends with another code | fails with what it said |
//! | `Sending` | a file cannot be read, or has changed its size | fails with that |
//! | `Sending` | the session fails | fails with that |
//!
//! A copy that fails leaves the files that arrived before. It does not resume: a container's `tar` has no way to say how far
//! it came.

use super::remote::{CopyTo, RemotePath, argument};
use super::{Copied, SAID, failure};
use crate::driver::fault::{Fault, FaultKind};
use crate::error::{Error, ErrorKind};
use crate::exec::{Exec, ExecOutput};
use crate::op::upgrade::Upgrade;

/// A copy to a container, as a machine: a driver opens its sessions, and sends the archive.
#[derive(Debug)]
pub struct Upload {
    to: RemotePath,
    state: State,
    preserve: bool,
}

#[derive(Debug)]
enum State {
    /// The name of the source.
    Asking(String),
    Sending {
        directory: String,
        name: String,
    },
}

impl Upload {
    /// A copy of the file or directory of this name, to this path.
    ///
    /// # Errors
    /// There is no name, or it has a slash, a NUL, or bytes that are no UTF-8: it becomes an argument of `tar`.
    pub fn new(name: &[u8], to: &CopyTo) -> Result<Self, Error> {
        let wrong = || Error::misuse("the source of the copy has no name that can be used in the container");
        let name = std::str::from_utf8(name).map_err(|_| wrong())?;
        if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
            return Err(wrong());
        }
        let CopyTo { path, preserve } = to.clone();
        Ok(Self { to: path, state: State::Asking(name.to_owned()), preserve })
    }

    /// Whether the path is a directory: the driver opens this, collects the output, and passes it to
    /// [`probed`](Self::probed).
    pub fn probe(&self) -> Upgrade<Exec> {
        self.to.run(["test", "-d", &self.to.argument()].map(str::to_owned).into(), false)
    }

    /// The answer to the probe.
    pub fn probed(&mut self, output: &ExecOutput) {
        let State::Asking(name) = &self.state else { return };
        let path = self.to.path();
        let directory = output.result.success();
        let target = match path {
            path if !directory => path.to_owned(),
            "." => name.clone(),
            "/" => format!("/{name}"),
            path => format!("{path}/{name}"),
        };
        let (directory, name) = match target.rsplit_once('/') {
            Some(("", name)) => ("/".to_owned(), name.to_owned()),
            Some((directory, name)) => (directory.to_owned(), name.to_owned()),
            None => (String::new(), target),
        };
        self.state = State::Sending { directory, name };
    }

    /// The name that the file or directory has in the archive.
    ///
    /// # Errors
    /// The path is the root or the working directory, and the container has no such directory; or the probe was not
    /// answered.
    pub fn name(&self) -> Result<&[u8], Error> {
        match &self.state {
            State::Sending { name, .. } if !matches!(&**name, "" | "." | "..") => Ok(name.as_bytes()),
            _ => Err(Error::misuse(format!("{} cannot be the target of a copy", self.to))),
        }
    }

    #[cfg(test)]
    pub(super) fn state_for_tests(&self) -> (&str, &str) {
        match &self.state {
            State::Sending { directory, name } => (directory, name),
            State::Asking(name) => ("", name),
        }
    }

    /// Opens the session that takes the archive on the standard input.
    pub fn open(&self) -> Upgrade<Exec> {
        let mut command = vec!["tar"];
        if !self.preserve {
            command.extend(["--no-same-permissions", "--no-same-owner"]);
        }
        command.extend(["-xmf", "-"]);
        let directory = match &self.state {
            State::Sending { directory, .. } => argument(directory),
            State::Asking(_) => String::new(),
        };
        if !directory.is_empty() {
            command.extend(["-C", &directory]);
        }
        self.to.at(directory.clone()).run(command.into_iter().map(str::to_owned).collect(), true)
    }

    /// The result. `sent`: what was sent, the whole archive; `None` if the session took not all of it; or why a local file
    /// could not be read. `output`: of the session.
    ///
    /// # Errors
    /// The copy is not complete: see the module.
    pub fn ended(
        &self,
        sent: Result<Option<Copied>, Error>,
        output: Result<ExecOutput, Error>,
    ) -> Result<Copied, Error> {
        let sent = sent?;
        let output = output?;
        let said = output.stderr.get(..SAID).unwrap_or(&output.stderr);
        if !output.result.success() {
            return Err(failure("tar in the container", &output.result, said));
        }
        sent.ok_or_else(|| {
            let text = "tar in the container ended with success before it had the whole archive";
            ErrorKind::Transport(Fault::answered(FaultKind::Protocol, text)).into()
        })
    }
}
