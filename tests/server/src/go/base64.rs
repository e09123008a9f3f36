//! Base64 as Go's `StdEncoding` reads it: line breaks are skipped anywhere, and bits that the last digit has too many
//! are dropped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Decodes a text.
///
/// # Errors
/// Go's message, with the position that Go counts.
pub(crate) fn base64(text: &str) -> Result<Vec<u8>, String> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    loop {
        match reader.group(&mut bytes) {
            Ok(true) => {}
            Ok(false) => return Ok(bytes),
            Err(at) => return Err(format!("illegal base64 data at input byte {at}")),
        }
    }
}

/// The text that Go writes for these bytes.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn skip_breaks(&mut self) {
        while matches!(self.text.get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Reads up to four digits. `false` at the end of the text; the error is the position.
    fn group(&mut self, out: &mut Vec<u8>) -> Result<bool, usize> {
        let mut bits = 0_u32;
        for digits in 0..4 {
            self.skip_breaks();
            let Some(byte) = self.next() else {
                // Go counts back from the end, and counts line breaks within the group as digits.
                return if digits == 0 { Ok(false) } else { Err(self.at - digits) };
            };
            if let Some(digit) = digit(byte) {
                bits |= digit << (18 - 6 * digits);
                continue;
            }
            if byte != b'=' || digits < 2 {
                return Err(self.at - 1);
            }
            return self.padding(digits).map(|()| {
                let [_, first, second, _] = bits.to_be_bytes();
                out.push(first);
                if digits == 3 {
                    out.push(second);
                }
                // Only line breaks can follow.
                true
            });
        }
        let [_, first, second, third] = bits.to_be_bytes();
        out.extend([first, second, third]);
        Ok(true)
    }

    /// Reads the rest of the text after the first `=` that follows two or three digits.
    fn padding(&mut self, digits: usize) -> Result<(), usize> {
        if digits == 2 {
            self.skip_breaks();
            match self.text.get(self.at) {
                None => return Err(self.text.len()),
                Some(b'=') => self.at += 1,
                Some(_) => return Err(self.at - 1),
            }
        }
        self.skip_breaks();
        if self.at < self.text.len() { Err(self.at) } else { Ok(()) }
    }
}

fn digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(digit.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::corpus;

    #[test]
    fn texts_are_read_as_go_reads_them() {
        for row in corpus::read().base64 {
            let ours = base64(&row.text).map(|bytes| to_base64(&bytes));
            assert_eq!(ours, row.expected(), "{:?}", row.text);
        }
    }
}
