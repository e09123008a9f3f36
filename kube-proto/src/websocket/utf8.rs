//! UTF-8 in parts.

/// Checks a text that arrives in parts. A part may end in the middle of a character.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose end has not arrived.
    partial: [u8; 4],
    length: usize,
}

impl Utf8 {
    /// Whether the text is UTF-8 so far.
    pub(super) fn push(&mut self, mut part: &[u8]) -> bool {
        while self.length > 0 {
            let Some((&byte, rest)) = part.split_first() else { return true };
            part = rest;
            // Three bytes of four are the most that is kept.
            let Some(next) = self.partial.get_mut(self.length) else { return false };
            *next = byte;
            self.length += 1;
            match std::str::from_utf8(self.partial.get(..self.length).unwrap_or_default()) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        let Err(error) = std::str::from_utf8(part) else { return true };
        let rest = part.get(error.valid_up_to()..).unwrap_or_default();
        if error.error_len().is_some() {
            return false;
        }
        let Some(partial) = self.partial.get_mut(..rest.len()) else { return false };
        partial.copy_from_slice(rest);
        self.length = rest.len();
        true
    }

    /// Whether the text may end here.
    pub(super) fn is_complete(&self) -> bool {
        self.length == 0
    }
}
