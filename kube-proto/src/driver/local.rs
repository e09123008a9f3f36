//! What drivers share for files and programs.
//!
//! The driver opens the file or starts the program, and passes it to these functions.

use std::ffi::OsStr;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;

use super::fault::{Fault, FaultKind};
use super::time::Moment;
use crate::lock::lock;

/// Reads at most `limit` bytes to the end: for a driver with blocking reads. `what` begins the text of a fault:
/// `the file`, `the plugin's output`.
///
/// # Errors
/// It cannot be read, or has more bytes than `limit` ([`FaultKind::TooLarge`]).
pub fn read_all(from: impl Read, limit: usize, what: &str) -> Result<Bytes, Fault> {
    let mut content = Vec::new();
    from.take((limit as u64).saturating_add(1)).read_to_end(&mut content).map_err(|error| Fault::local(&error))?;
    within(content, limit, what)
}

/// The same for a driver that reads by itself: `content` is what it read, up to `limit` + 1 bytes.
///
/// # Errors
/// `content` has more than `limit` bytes ([`FaultKind::TooLarge`]).
pub fn within(content: Vec<u8>, limit: usize, what: &str) -> Result<Bytes, Fault> {
    if content.len() > limit {
        let text = format!("{what} is larger than the limit of {limit} bytes");
        return Err(Fault::unsent(FaultKind::TooLarge, text));
    }
    Ok(content.into())
}

/// The file of a program: a path is that file; a bare name is searched for in the folders of `path`. That is the `PATH`
/// of this process, not the one that the program will get. As in client-go, relative folders are skipped: a program in
/// the current folder does not run by its bare name.
///
/// # Errors
/// There is no such program ([`FaultKind::NotFound`]).
pub fn find_program(
    program: &OsStr,
    path: Option<&OsStr>,
    is_executable: impl Fn(&Path) -> bool,
) -> Result<PathBuf, Fault> {
    if program.as_encoded_bytes().iter().any(|byte| std::path::is_separator(char::from(*byte))) {
        return Ok(PathBuf::from(program));
    }
    let folders = std::env::split_paths(path.unwrap_or_default()).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(program)).find(|file| is_executable(file)).ok_or_else(|| {
        Fault::unsent(FaultKind::NotFound, format!("there is no program {} in a folder of PATH", program.display()))
    })
}

/// The last 4 KiB of a program's standard error, for [`ProcessOutput::stderr`](crate::driver::ProcessOutput::stderr). The
/// reader of the pipe and the waiter for the exit share it. A clone is cheap.
///
/// A process that the program has started, such as an agent, may hold standard error open and live on. So the waiter
/// gives up [`LINGER`] after the program's end, and the reader goes on.
#[derive(Clone, Debug, Default)]
pub struct StderrTail(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    tail: Vec<u8>,
    over: bool,
    /// The end of the wait for more.
    until: Option<Moment>,
}

impl StderrTail {
    /// Adds bytes, and keeps the last 4 KiB.
    pub fn push(&self, bytes: &[u8]) {
        let tail = &mut self.heard().tail;
        tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default());
        let excess = tail.len().saturating_sub(TAIL);
        tail.drain(..excess);
    }

    /// Marks the end of standard error.
    pub fn end(&self) {
        self.heard().over = true;
    }

    /// The bytes that are kept so far.
    #[must_use]
    pub fn so_far(&self) -> Bytes {
        Bytes::copy_from_slice(&self.heard().tail)
    }

    /// The kept bytes, once standard error has ended or [`LINGER`] has passed since the first call; `None` before. Call
    /// it repeatedly after the program's end.
    #[must_use]
    pub fn finish(&self, now: Moment) -> Option<Bytes> {
        let mut heard = self.heard();
        let until = *heard.until.get_or_insert(now.after(LINGER));
        let over = heard.over || now >= until;
        drop(heard);
        over.then(|| self.so_far())
    }

    /// Copies standard error to `to` as it arrives, and keeps the end of it: for a driver with blocking reads.
    pub fn copy(&self, mut from: impl Read, mut to: impl Write) {
        let mut chunk = [0; 1024];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    let new = chunk.get(..count).unwrap_or_default();
                    // The driver's standard error may be closed.
                    let _ = to.write_all(new);
                    self.push(new);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.end();
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        lock(&self.0)
    }
}

impl fmt::Debug for Heard {
    /// Leaves out the output: it may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heard").field("over", &self.over).finish_non_exhaustive()
    }
}

/// How long a driver waits for standard error after a program's end.
pub const LINGER: Duration = Duration::from_millis(100);

const TAIL: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_too_many_is_too_large() {
        assert_eq!(read_all(&b"1234"[..], 4, "it").unwrap(), "1234");
        assert_eq!(read_all(&b"1234"[..], usize::MAX, "it").unwrap(), "1234");
        let fault = read_all(&b"12345"[..], 4, "the file").unwrap_err();
        assert_eq!(fault.kind, FaultKind::TooLarge);
        assert_eq!(fault.text, "the file is larger than the limit of 4 bytes");
    }

    #[cfg(unix)]
    #[test]
    fn where_programs_are() {
        let find = |program: &str, path: Option<&str>| {
            let known = ["/usr/bin/get", "/opt/get", "get", "./get", "bin/get"];
            let is_known = |file: &Path| known.iter().any(|known| Path::new(known) == file);
            find_program(program.as_ref(), path.map(str::as_ref), is_known).map_err(|fault| fault.kind)
        };
        for (program, path, file) in [
            ("get", Some("/bin:/opt:/usr/bin"), Ok("/opt/get")),
            ("get", Some("::.:bin:/usr/bin"), Ok("/usr/bin/get")),
            ("get", Some(".:bin:"), Err(FaultKind::NotFound)),
            ("get", None, Err(FaultKind::NotFound)),
            ("", Some("/bin"), Err(FaultKind::NotFound)),
            // A path is that file, even if it does not exist.
            ("./get", None, Ok("./get")),
            ("/no/get", Some("/opt"), Ok("/no/get")),
        ] {
            assert_eq!(find(program, path), file.map(PathBuf::from), "{program} {path:?}");
        }
    }

    #[test]
    fn the_end_is_kept_and_all_is_handed_on() {
        let said: Vec<u8> = (0..10_000u32).flat_map(u32::to_be_bytes).collect();
        let (kept, mut heard) = (StderrTail::default(), Vec::new());
        kept.copy(&said[..], &mut heard);
        assert_eq!((heard == said, kept.so_far()[..] == said[said.len() - TAIL..]), (true, true));
        let kept = StderrTail::default();
        kept.push(&said);
        kept.push(b"!");
        assert_eq!(kept.so_far(), [&said[said.len() - TAIL + 1..], b"!"].concat());
    }

    #[test]
    fn what_is_not_over_is_waited_for_a_little() {
        let (said, second) = (StderrTail::default(), Duration::from_secs(1));
        said.push(b"a");
        assert_eq!(said.finish(Moment::after_zero(second)), None);
        said.push(b"b");
        assert_eq!(said.finish(Moment::after_zero(second + LINGER - Duration::from_nanos(1))), None);
        assert_eq!(said.finish(Moment::after_zero(second + LINGER)).unwrap(), "ab");
        let said = StderrTail::default();
        said.end();
        assert_eq!(said.finish(Moment::after_zero(second)).unwrap(), "");
    }
}
