//! What drivers share of the effects that are not exchanges: files that are read, programs that are run.
//!
//! Opening and starting are the driver's; these take what it opened.

use std::io::{ErrorKind, Read, Write};

use bytes::Bytes;

use crate::effect::{Fault, FaultKind};

/// Reads to its end what may have at most `limit` bytes: for a driver whose reads block. `what` is for the message, as
/// the beginning of a sentence.
///
/// # Errors
/// It cannot be read, or there is more ([`FaultKind::TooLarge`]).
pub fn read_all(from: impl Read, limit: usize, what: &str) -> Result<Bytes, Fault> {
    let mut content = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut content).map_err(|error| Fault::local(&error))?;
    within(content, limit, what)
}

/// The same for a driver that has read `limit` + 1 bytes, if there were as many.
///
/// # Errors
/// There are more than `limit` ([`FaultKind::TooLarge`]).
pub fn within(content: Vec<u8>, limit: usize, what: &str) -> Result<Bytes, Fault> {
    if content.len() > limit {
        let text = format!("{what} is larger than the limit of {limit} bytes");
        return Err(Fault::unsent(FaultKind::TooLarge, text));
    }
    Ok(content.into())
}

/// The end of what a program says on its standard error: [`Output::stderr`](crate::Output::stderr). The last 4 KiB.
#[derive(Debug, Default)]
pub struct Tail(Vec<u8>);

impl Tail {
    /// More of it.
    pub fn push(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default();
        self.0.extend_from_slice(bytes);
        let excess = self.0.len().saturating_sub(TAIL);
        self.0.drain(..excess);
    }

    /// All that was kept.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.0.into()
    }

    /// Hands on what a program says as it comes, and keeps the end of it: for a driver whose reads block.
    pub fn copy(mut from: impl Read, mut to: impl Write) -> Bytes {
        let (mut tail, mut chunk) = (Self::default(), [0; 1024]);
        loop {
            match from.read(&mut chunk) {
                Ok(0) => return tail.finish(),
                Ok(count) => {
                    let new = chunk.get(..count).unwrap_or_default();
                    // Nobody may be there to read it.
                    let _ = to.write_all(new);
                    tail.push(new);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return tail.finish(),
            }
        }
    }
}

const TAIL: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_too_many_is_too_large() {
        assert_eq!(read_all(&b"1234"[..], 4, "it").unwrap(), "1234");
        let fault = read_all(&b"12345"[..], 4, "the file").unwrap_err();
        assert_eq!(fault.kind, FaultKind::TooLarge);
        assert_eq!(fault.text, "the file is larger than the limit of 4 bytes");
    }

    #[test]
    fn the_end_is_kept_and_all_is_handed_on() {
        let said: Vec<u8> = (0..10_000u32).flat_map(u32::to_be_bytes).collect();
        let mut heard = Vec::new();
        let kept = Tail::copy(&said[..], &mut heard);
        assert_eq!((heard == said, kept[..] == said[said.len() - TAIL..]), (true, true));
        let mut tail = Tail::default();
        tail.push(&said);
        tail.push(b"!");
        assert_eq!(tail.finish(), [&said[said.len() - TAIL + 1..], b"!"].concat());
    }
}
