use std::fmt;

/// A document passed its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The part that passed it: `an item of the list`.
    pub what: &'static str,
    /// The limit, in bytes.
    pub limit: usize,
}

/// Why bytes could not be split into documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A part exceeded its limit.
    TooLarge(TooLarge),
    /// The bytes are not the expected JSON.
    Syntax {
        /// The number of bytes before `found`.
        at: u64,
        /// The expected token.
        expected: &'static str,
        /// The byte in its place.
        found: u8,
    },
    /// The bytes are not the expected protobuf.
    Records {
        /// The number of bytes before the record that is wrong.
        at: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The member `items` stands twice at the top level, so its value is ambiguous.
    ItemsTwice {
        /// The number of bytes before the end of the second key.
        at: u64,
    },
    /// The bytes ended in the middle of the document.
    Truncated {
        /// The number of bytes before the end.
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
            FrameError::Records { at, what } => {
                write!(f, "the answer is not the protobuf that was expected: after {at} bytes, {what}")
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
