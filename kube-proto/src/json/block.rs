//! Sixty-four bytes of JSON at a time: where its strings and brackets are.

/// What a block needs from the bytes before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    /// All ones inside a string.
    pub(crate) inside: u64,
    /// One if the last byte was a backslash that escapes the next.
    pub(crate) escaped: u64,
}

/// The positions of certain bytes among 64, a bit each: the first byte is the lowest bit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    quotes: u64,
    backslashes: u64,
    /// All brackets, and some bytes that stand only within strings.
    brackets: u64,
}

impl Block {
    pub(crate) const LEN: usize = 64;

    pub(crate) fn of(bytes: &[u8; Self::LEN]) -> Self {
        Self {
            quotes: bits(bytes, |byte| byte == b'"'),
            backslashes: bits(bytes, |byte| byte == b'\\'),
            // All four brackets match; so do `Y`, `_`, `y` and DEL.
            brackets: bits(bytes, |byte| byte & 0xd9 == 0x59),
        }
    }

    /// The brackets outside of strings among the first `length` bytes.
    ///
    /// A backslash escapes wherever it stands: JSON has none outside of strings.
    pub(crate) fn brackets(self, length: usize, carry: &mut Carry) -> u64 {
        let quotes = if self.backslashes | carry.escaped == 0 {
            self.quotes
        } else {
            let mut escaped = carry.escaped;
            let mut backslashes = self.backslashes & !escaped;
            while backslashes != 0 {
                // Every second backslash of a row is itself escaped.
                let first = backslashes & backslashes.wrapping_neg();
                escaped |= first << 1;
                backslashes &= !(first | first << 1);
            }
            let last = 1 << (length - 1);
            carry.escaped = u64::from(self.backslashes & !escaped & last != 0);
            self.quotes & !escaped
        };
        // A bit is set if the number of quotes up to it is odd.
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        inside ^= carry.inside;
        carry.inside = 0u64.wrapping_sub(inside >> (Self::LEN - 1));
        self.brackets & !inside
    }
}

/// The opening brackets among all brackets. It is wrong for any other byte.
pub(super) fn opening(bytes: &[u8; Block::LEN]) -> u64 {
    bits(bytes, |byte| byte & 2 != 0)
}

/// A bit for each `wanted` byte. The compiler turns the two loops into few instructions on many bytes.
fn bits(bytes: &[u8; Block::LEN], wanted: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0; Block::LEN];
    flags.iter_mut().zip(bytes).for_each(|(flag, byte)| *flag = u8::from(wanted(*byte)));
    let (words, _) = flags.as_chunks::<8>();
    // The product gathers the eight flags of a word in its highest byte.
    let gathered = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    words.iter().rev().fold(0, |bits, word| bits << 8 | gathered(word))
}
