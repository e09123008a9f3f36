//! Why a connection is closed (RFC 6455 §7.4).

use std::borrow::Cow;
use std::fmt;

/// The number in a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The peer goes away: a server shuts down.
    pub const AWAY: Self = Self(1001);
    /// The other side violated the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// The type of a message is not accepted.
    pub const UNSUPPORTED: Self = Self(1003);
    /// A text was not UTF-8.
    pub const INVALID: Self = Self(1007);
    /// A message was too large.
    pub const TOO_LARGE: Self = Self(1009);
    /// The server met a condition that it did not expect.
    pub const INTERNAL: Self = Self(1011);

    /// Whether it may stand in a frame: 1005, 1006 and 1015 may not, and others are not assigned.
    #[must_use]
    pub fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a close frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code.
    pub code: CloseCode,
    /// The reason, for people; often empty.
    pub reason: String,
}

impl CloseFrame {
    /// Reads the payload of a close frame. `None` if it says nothing.
    ///
    /// # Errors
    /// The code may not be sent, or the reason is not UTF-8.
    pub(super) fn read(payload: &[u8]) -> Result<Option<Self>, Violation> {
        let Some((code, reason)) = payload.split_first_chunk::<2>() else {
            return if payload.is_empty() { Ok(None) } else { Err(protocol("a close frame has half a code")) };
        };
        let code = CloseCode(u16::from_be_bytes(*code));
        if !code.is_sendable() {
            return Err(protocol("a close frame has a code that may not be sent"));
        }
        match std::str::from_utf8(reason) {
            Ok(reason) => Ok(Some(Self { code, reason: reason.to_owned() })),
            Err(_) => {
                Err(Violation { code: CloseCode::INVALID, text: "the reason of a close frame is not UTF-8".into() })
            }
        }
    }

    /// The payload of a close frame, with as much of the reason as fits into a control frame.
    pub(super) fn payload(&self) -> Vec<u8> {
        let mut end = self.reason.len().min(123);
        while !self.reason.is_char_boundary(end) {
            end -= 1;
        }
        [&self.code.0.to_be_bytes(), self.reason.as_bytes().get(..end).unwrap_or_default()].concat()
    }
}

/// What the peer did against the protocol or above a limit, and the code that says so to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The code of the close frame.
    pub code: CloseCode,
    /// What it did.
    pub text: Cow<'static, str>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Violation {}

/// What the protocol forbids.
pub(super) fn protocol(text: &'static str) -> Violation {
    Violation { code: CloseCode::PROTOCOL, text: text.into() }
}
