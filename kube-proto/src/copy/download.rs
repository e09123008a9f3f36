//! A copy from a container.
//!
//! | state | event | next |
//! |---|---|---|
//! | `Closed` | [`open`](Download::open) | `Receiving` |
//! | `Receiving` | bytes of the archive | `Receiving`: what to do with the files |
//! | `Receiving` | the session fails, and a retry is left | `Closed`: the next one continues after the bytes that arrived |
//! | `Receiving` | the session fails | `Over`, with an error that says how far it came |
//! | `Receiving` | `tar` ends with another code than 0 | `Over`, with what it said |
//! | `Receiving` | `tar` ends with code 0; the archive is complete or not | `Over` |
//! | `Receiving` | the archive has an entry that was not asked for, or is damaged | `Over`, with that error |
//!
//! A retry runs the same `tar` again, and `tail` skips what has arrived. If the files have changed meanwhile, the archive is
//! damaged, and the copy fails or the file under way has old and new parts: so there are no retries unless asked for.

use super::remote::{CopyFrom, RemotePath};
use super::{Copied, CopyEvent, SAID, failure};
use crate::driver::fault::{Fault, FaultKind};
use crate::error::{Error, ErrorKind};
use crate::exec::{Exec, ExecEvent, ExecResult};
use crate::op::upgrade::Upgrade;
use crate::tar::{Extract, Extracted, FileAction, TarError, TarReader};

/// A copy from a container, as a machine: a driver opens its sessions, passes their events on, and carries out its steps.
#[derive(Debug)]
pub struct Download {
    from: RemotePath,
    reader: TarReader,
    extract: Extract,
    state: State,
    /// The bytes of the archive that arrived.
    received: u64,
    stderr: Vec<u8>,
    retries: u32,
    copied: Copied,
    /// The file under way, for errors.
    within: Option<Vec<u8>>,
    /// An event that follows the last step.
    also: Option<CopyEvent>,
}

#[derive(Clone, Debug)]
enum State {
    Closed,
    Receiving,
    /// `tar` has ended, and some of its bytes may be unread.
    Ended(ExecResult),
    Over(Result<(), Error>),
}

/// What a driver does for a [`Download`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownloadStep {
    /// It carries this out, below the directory of the target.
    Do(FileAction),
    /// It reports this.
    Report(CopyEvent),
    /// The copy is complete.
    Done(Copied),
}

impl Download {
    /// A copy of this path. The target gets this name in its directory.
    ///
    /// # Errors
    /// The name is no name of a file.
    pub fn new(from: &CopyFrom, name: &[u8]) -> Result<Self, Error> {
        let CopyFrom { path, retries } = from.clone();
        let name = Extract::new(path.path().as_bytes(), name);
        let extract = name.map_err(|_| Error::misuse("the target of the copy has no name that a file can have"))?;
        Ok(Self {
            from: path,
            reader: TarReader::new(),
            extract,
            state: State::Closed,
            received: 0,
            stderr: Vec::new(),
            retries,
            copied: Copied::default(),
            within: None,
            also: None,
        })
    }

    /// Opens the next session.
    pub fn open(&mut self) -> Upgrade<Exec> {
        self.state = State::Receiving;
        self.stderr.clear();
        let path = self.from.argument();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match self.received {
            0 => self.from.run(texts(&["tar", "cf", "-", &path]), false),
            received => {
                let quoted = path.replace('\'', r"'\''");
                let script = format!("tar cf - '{quoted}' | tail -c+{}", received + 1);
                self.from.run(texts(&["sh", "-c", &script]), false)
            }
        }
    }

    /// An event of the session. The driver asks for [steps](Self::next) before the next one.
    pub fn event(&mut self, event: ExecEvent) {
        match event {
            ExecEvent::Stdout(bytes) => {
                self.received += bytes.len() as u64;
                self.reader.push(bytes);
            }
            ExecEvent::Stderr(bytes) => {
                let room = SAID.saturating_sub(self.stderr.len());
                self.stderr.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
            }
            ExecEvent::Ended(result) => self.state = State::Ended(result),
        }
    }

    /// The session could not be opened, or failed. After `Ok` the driver opens the next one.
    ///
    /// # Errors
    /// No retry is left, or another session would fail like this one.
    pub fn broken(&mut self, error: Error) -> Result<(), Error> {
        let again = matches!(error.kind(), ErrorKind::Transport(_) | ErrorKind::Timeout { .. });
        if again && self.retries > 0 {
            self.retries -= 1;
            self.state = State::Closed;
            self.also = Some(CopyEvent::Resumed(self.received));
            return Ok(());
        }
        self.state = State::Over(Err(error.clone()));
        if self.received == 0 {
            return Err(error);
        }
        let within = match &self.within {
            Some(path) => format!("in the middle of {:?}", String::from_utf8_lossy(path)),
            None => "between two files".to_owned(),
        };
        let text = format!(
            "the copy broke off {within}, after {} files and {} bytes: {error}",
            self.copied.files, self.copied.bytes
        );
        let kind = match error.kind() {
            ErrorKind::Transport(fault) => fault.kind,
            _ => FaultKind::Closed,
        };
        Err(ErrorKind::Transport(Fault::answered(kind, text)).into())
    }

    /// The next step; `None` until there are more events.
    ///
    /// # Errors
    /// The copy has failed, and is incomplete.
    #[allow(clippy::should_implement_trait, reason = "an error is not the end")]
    pub fn next(&mut self) -> Option<Result<DownloadStep, Error>> {
        if let Some(event) = self.also.take() {
            return Some(Ok(DownloadStep::Report(event)));
        }
        if let State::Over(result) = &self.state {
            return Some(result.clone().map(|()| DownloadStep::Done(self.copied)));
        }
        while let Some(event) = self.reader.next() {
            match event.and_then(|event| self.extract.take(event)) {
                Ok(None) => {}
                Ok(Some(Extracted::Do(action))) => return Some(Ok(self.action(action))),
                Ok(Some(Extracted::Skip(skipped))) => {
                    self.copied.skipped += 1;
                    return Some(Ok(DownloadStep::Report(CopyEvent::Skipped(skipped))));
                }
                Err(error) => return Some(self.over(Err(damaged(&error)))),
            }
        }
        match &self.state {
            State::Ended(result) if result.success() => {
                let complete = self.reader.finish().map_err(|error| damaged(&error));
                Some(self.over(complete))
            }
            State::Ended(result) => {
                let error = failure("tar in the container", result, &self.stderr);
                Some(self.over(Err(error)))
            }
            _ => None,
        }
    }

    fn action(&mut self, action: FileAction) -> DownloadStep {
        match &action {
            FileAction::MakeDirectory { path, .. } => {
                self.copied.directories += 1;
                self.also = Some(CopyEvent::Entry(path.clone()));
            }
            FileAction::Create { path, .. } => {
                self.within = Some(path.clone());
                self.also = Some(CopyEvent::Entry(path.clone()));
            }
            FileAction::Append(bytes) => {
                self.copied.bytes += bytes.len() as u64;
                self.also = Some(CopyEvent::Progress(self.copied));
            }
            FileAction::Close => {
                self.within = None;
                self.copied.files += 1;
            }
        }
        DownloadStep::Do(action)
    }

    fn over(&mut self, result: Result<(), Error>) -> Result<DownloadStep, Error> {
        self.state = State::Over(result.clone());
        result.map(|()| DownloadStep::Done(self.copied))
    }
}

fn damaged(error: &TarError) -> Error {
    ErrorKind::Transport(Fault::answered(FaultKind::Protocol, format!("the copy failed: {error}"))).into()
}
