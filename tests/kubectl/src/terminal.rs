//! The own terminal: raw while a process has it, and its size.

use std::fs::File;
use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// The terminal in raw mode. Dropping it restores the mode.
#[derive(Debug)]
pub struct Terminal(Termios);

impl Terminal {
    /// Whether standard input is a terminal.
    #[must_use]
    pub fn is_there() -> bool {
        std::io::stdin().is_terminal()
    }

    /// Sets the terminal of standard input to raw mode: each key goes to the process, Ctrl-C too.
    ///
    /// # Errors
    /// Standard input is no terminal.
    pub fn raw() -> std::io::Result<Self> {
        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&stdin, OptionalActions::Drain, &raw)?;
        Ok(Self(before))
    }

    /// Columns and rows.
    #[must_use]
    pub fn size() -> Option<(u16, u16)> {
        let size = tcgetwinsize(std::io::stdin()).ok()?;
        Some((size.ws_col, size.ws_row))
    }

    /// A copy of a standard stream, without the buffer of lines that the standard library's has.
    ///
    /// # Errors
    /// The system gives no more descriptors.
    pub fn output(stderr: bool) -> std::io::Result<File> {
        let stream = match stderr {
            true => std::io::stderr().as_fd().try_clone_to_owned()?,
            false => std::io::stdout().as_fd().try_clone_to_owned()?,
        };
        Ok(File::from(stream))
    }

    /// Standard input, without a buffer.
    ///
    /// # Errors
    /// The system gives no more descriptors.
    pub fn input() -> std::io::Result<File> {
        Ok(File::from(std::io::stdin().as_fd().try_clone_to_owned()?))
    }

    /// How often the size is looked at: 4 times in a second.
    pub const LOOK: std::time::Duration = std::time::Duration::from_millis(250);
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Drain, &self.0);
    }
}
