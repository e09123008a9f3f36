//! Values that are not needed: skipped by their strings and brackets alone, at any depth, without recursion.

use super::block::{Block, Brackets, Carry};

/// The position after the bracket that closes the one at `at`; `None` if the text ends before.
///
/// Brackets of both kinds count alike.
pub(crate) fn brackets_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (blocks, last) = bytes.get(at..)?.as_chunks::<{ Block::LEN }>();
    let mut skip = Skip::default();
    for (n, block) in blocks.iter().enumerate() {
        if let Some(end) = skip.block(block) {
            return Some(at + n * Block::LEN + end);
        }
    }
    // White space does not change the result.
    let mut padded = [b' '; Block::LEN];
    padded.iter_mut().zip(last).for_each(|(to, from)| *to = *from);
    skip.block(&padded).map(|end| at + blocks.len() * Block::LEN + end)
}

#[derive(Default)]
struct Skip {
    carry: Carry,
    depth: usize,
}

impl Skip {
    /// The number of bytes of this block up to the closing bracket, if it is here.
    #[inline]
    fn block(&mut self, bytes: &[u8; Block::LEN]) -> Option<usize> {
        let Brackets { open, close } = Block::of(bytes).brackets(Block::LEN, &mut self.carry);
        if open | close == 0 {
            return None;
        }
        let closes = close.count_ones() as usize;
        if closes < self.depth {
            self.depth = self.depth + open.count_ones() as usize - closes;
            return None;
        }
        let mut brackets = open | close;
        while brackets != 0 {
            let bit = brackets & brackets.wrapping_neg();
            brackets ^= bit;
            if open & bit != 0 {
                self.depth += 1;
            } else if self.depth <= 1 {
                return Some(bit.trailing_zeros() as usize + 1);
            } else {
                self.depth -= 1;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The reference for the blocks.
    fn byte_by_byte(bytes: &[u8]) -> Option<usize> {
        let (mut depth, mut inside, mut escaped) = (0usize, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            let plain = !std::mem::replace(&mut escaped, false);
            match byte {
                b'\\' if plain => escaped = true,
                b'"' if plain => inside = !inside,
                b'{' | b'[' if !inside => depth += 1,
                b'}' | b']' if !inside => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    proptest! {
        #[test]
        fn blocks_find_what_a_look_at_each_byte_finds(
            before in "[a-z]{0,70}",
            text in "[\\[{]([\\[\\]{}\"\\\\ ,:1é]|\"[\\]}a]{0,90}\"|\\\\{0,9}\"|\\[\\]|\\{\\}){0,160}",
        ) {
            let end = byte_by_byte(text.as_bytes()).map(|end| end + before.len());
            prop_assert_eq!(brackets_end(format!("{before}{text}").as_bytes(), before.len()), end);
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let text = "[{\"a\":".repeat(100_000) + "1" + &"}]".repeat(100_000);
        assert_eq!(brackets_end(text.as_bytes(), 0), Some(text.len()));
        assert_eq!(brackets_end(&text.as_bytes()[..text.len() - 1], 0), None);
    }
}
