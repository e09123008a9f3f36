//! Long texts of a document, cut inside of their quotes.

/// Copies JSON and cuts each string after a number of bytes, so that the document keeps its structure whatever its
/// texts hold.
///
/// | in | byte | copied |
/// |---|---|---|
/// | no string | any | yes |
/// | a string | within the limit | yes |
/// | a string | past the limit | no; the last escape or character before it is whole |
/// | a string | the closing quote | yes |
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shorten {
    /// The number of bytes of the current string so far.
    string: Option<usize>,
    /// How many of the next bytes belong to the escape.
    escape: u8,
    /// The current string is cut.
    cut: bool,
}

impl Shorten {
    /// Adds the next bytes. Returns the part of them that is kept.
    pub(crate) fn push(&mut self, bytes: &[u8], limit: usize) -> Vec<u8> {
        let mut kept = Vec::with_capacity(bytes.len());
        kept.extend(bytes.iter().copied().filter(|byte| self.keeps(*byte, limit)));
        kept
    }

    fn keeps(&mut self, byte: u8, limit: usize) -> bool {
        let Some(length) = &mut self.string else {
            self.string = (byte == b'"').then_some(0);
            return true;
        };
        let whole = self.escape == 0;
        match (self.escape, byte) {
            (0, b'"') => {
                *self = Self::default();
                return true;
            }
            (0, b'\\') => self.escape = 1,
            (0, _) => {}
            (1, b'u') => self.escape = 4,
            (left, _) => self.escape = left - 1,
        }
        *length += 1;
        // A character or an escape is not cut in its middle.
        let begins = whole && byte & 0xc0 != 0x80;
        self.cut |= begins && *length > limit;
        !self.cut
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::testing::{cut, json};

    fn run(text: &str, limit: usize, cuts: &[usize]) -> String {
        let mut shorten = Shorten::default();
        let kept = cut(text.as_bytes(), cuts).iter().flat_map(|chunk| shorten.push(chunk, limit)).collect();
        String::from_utf8(kept).unwrap()
    }

    #[test]
    fn texts_are_cut_and_nothing_else() {
        for (text, kept) in [
            (r#"{"a":"1234","b":[12345678,"123"]}"#, r#"{"a":"123","b":[12345678,"123"]}"#),
            (r#"{"abcd":""}"#, r#"{"abc":""}"#),
            (r#"["12\"456","123\"5"]"#, r#"["12\"","123"]"#),
            (r#"["1\u00e9456","123\u00e9","\\\\\\\\"]"#, r#"["1\u00e9","123","\\\\"]"#),
            ("[\"12é4\",\"123é\"]", "[\"12é\",\"123\"]"),
        ] {
            for cuts in [&[][..], &[1; 40], &[5, 2, 9]] {
                assert_eq!(run(text, 3, cuts), kept, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_document_stays_one(value in json(), limit in 0usize..9, cuts in prop::collection::vec(0usize..30, 0..6)) {
            let kept = run(&value.to_string(), limit, &cuts);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&kept).is_ok(), "{kept}");
            prop_assert_eq!(run(&value.to_string(), usize::MAX, &cuts), value.to_string());
        }
    }
}
