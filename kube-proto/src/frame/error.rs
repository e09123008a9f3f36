use std::fmt;

/// A document passed its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// What it was: `an item of the list`.
    pub what: &'static str,
    /// The limit, in bytes.
    pub limit: usize,
}

/// Why bytes could not be cut into documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A part passed its limit.
    TooLarge(TooLarge),
    /// The bytes are not the JSON that they should be.
    Syntax {
        /// How many bytes stand before `found`.
        at: u64,
        /// What should have been there.
        expected: &'static str,
        /// What was there.
        found: u8,
    },
    /// The member `items` stands twice at the top level, so it is not clear which of them counts.
    ItemsTwice {
        /// How many bytes stand before the end of the second key.
        at: u64,
    },
    /// The bytes ended in the middle of the document.
    Truncated {
        /// How many bytes there were.
        at: u64,
    },
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is larger than the limit of {} bytes", self.what, self.limit)
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::TooLarge(what) => what.fmt(f),
            FrameError::Syntax { at, expected, found } => {
                write!(f, "the answer is not the JSON that was expected: {expected} should follow after {at} bytes, ")?;
                write!(f, "but '{}' does", found.escape_ascii())
            }
            FrameError::ItemsTwice { at } => {
                write!(f, "the list has the member \"items\" a second time, after {at} bytes")
            }
            FrameError::Truncated { at: 0 } => f.write_str("the answer is empty"),
            FrameError::Truncated { at } => write!(f, "the answer ends in the middle, after {at} bytes"),
        }
    }
}

impl std::error::Error for TooLarge {}

impl std::error::Error for FrameError {}

impl From<TooLarge> for FrameError {
    fn from(error: TooLarge) -> Self {
        FrameError::TooLarge(error)
    }
}
