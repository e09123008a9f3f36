//! Foreign text, made safe to show.
//!
//! The text of a server, a proxy, a plugin or a file may hold characters that move the cursor of a terminal, colour it,
//! or change the order in which the reader sees the other characters. `Display` of this crate's errors, statuses and
//! tables shows such a character as its number, `U+001B`. The fields hold the text as it came.

use std::borrow::Cow;
use std::fmt;

/// The text with every character that acts on a terminal or on the order of the text as its number: `U+001B`, `U+202E`.
/// Newlines and tabs stay, and the `\r` of a `\r\n` is left out.
///
/// Use it for text of a server that you show without the `Display` of this crate: names, labels, events.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    // Writing to a `String` does not fail.
    let _ = write(&mut out, text);
    Cow::Owned(out)
}

/// Whether the character acts and is not seen: control characters other than newline and tab, and the format characters
/// that are no part of a script's spelling (the joiners U+200C and U+200D are).
pub(crate) fn acts(c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        // Soft hyphen; marks, embeddings, overrides and isolates of direction; separators of lines; zero widths.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

/// A writer that makes visible what passes through it.
pub(crate) struct Visible<'a, 'b>(pub(crate) &'a mut fmt::Formatter<'b>);

impl fmt::Write for Visible<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(self.0, text)
    }
}

fn write(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(acts) {
        let (plain, from) = rest.split_at(at);
        out.write_str(plain)?;
        let mut chars = from.chars();
        match chars.next() {
            Some('\r') if chars.as_str().starts_with('\n') => {}
            Some(c) => write!(out, "U+{:04X}", u32::from(c))?,
            None => {}
        }
        rest = chars.as_str();
    }
    out.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_becomes_its_number() {
        for (text, shown) in [
            ("", ""),
            ("plain\n\ttext é 漢 🙂", "plain\n\ttext é 漢 🙂"),
            ("a\x1b[31mb\x1b", "aU+001B[31mbU+001B"),
            ("\x1b]8;;http://x\x07link", "U+001B]8;;http://xU+0007link"),
            ("\u{9b}31m \u{7f}\u{85}\0", "U+009B31m U+007FU+0085U+0000"),
            ("line\r\nover\rwritten\r", "line\noverU+000DwrittenU+000D"),
            ("a\u{202e}cba\u{202c}", "aU+202EcbaU+202C"),
            ("\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}", "U+2066U+2069U+200EU+200FU+061C"),
            ("\u{2028}\u{2029}\u{feff}\u{200b}\u{ad}", "U+2028U+2029U+FEFFU+200BU+00AD"),
            ("\u{e0041}", "U+E0041"),
            // Persian and Hindi need the joiners, and so do emojis.
            ("می\u{200c}خواهم 👩\u{200d}🚀", "می\u{200c}خواهم 👩\u{200d}🚀"),
        ] {
            assert_eq!(visible(text), shown, "{text:?}");
            assert_eq!(visible(shown), shown);
        }
    }
}
