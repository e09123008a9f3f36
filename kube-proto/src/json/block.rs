//! Sixty-four bytes of JSON at a time: where its strings and brackets are.

/// What a block needs from the bytes before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    /// All ones inside a string.
    inside: u64,
    /// One if the last byte was a backslash that escapes the next.
    pub(crate) escaped: u64,
}

/// The positions of certain bytes among 64, a bit each: the first byte is the lowest bit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    quotes: u64,
    backslashes: u64,
    open: u64,
    close: u64,
}

/// The brackets of both kinds outside of strings, a bit each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brackets {
    pub(crate) open: u64,
    pub(crate) close: u64,
}

impl Block {
    pub(crate) const LEN: usize = 64;

    #[inline]
    pub(crate) fn of(bytes: &[u8; Self::LEN]) -> Self {
        masks::block(bytes)
    }

    /// The brackets outside of strings among the first `length` bytes.
    ///
    /// A backslash escapes wherever it stands: JSON has none outside of strings.
    #[inline]
    pub(crate) fn brackets(self, length: usize, carry: &mut Carry) -> Brackets {
        let quotes = if self.backslashes | carry.escaped == 0 { self.quotes } else { self.plain_quotes(length, carry) };
        // A bit is set if the number of quotes up to it is odd.
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        inside ^= carry.inside;
        carry.inside = 0u64.wrapping_sub(inside >> (Self::LEN - 1));
        Brackets { open: self.open & !inside, close: self.close & !inside }
    }

    /// The quotes that no backslash escapes.
    fn plain_quotes(self, length: usize, carry: &mut Carry) -> u64 {
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
    }
}

/// With the instructions that every processor of x86-64 and ARM has for sixteen bytes.
#[cfg(feature = "simd")]
mod masks {
    use wide::u8x16;

    use super::Block;

    #[inline]
    pub(super) fn block(bytes: &[u8; Block::LEN]) -> Block {
        let mut block = Block { quotes: 0, backslashes: 0, open: 0, close: 0 };
        let (parts, _) = bytes.as_chunks::<16>();
        let mut any = u8x16::splat(0);
        for (n, part) in parts.iter().enumerate() {
            let bytes = u8x16::from(*part);
            // The brackets of one kind differ from those of the other in this bit.
            let braces = bytes | u8x16::splat(0x20);
            let bits =
                |bytes: u8x16, wanted: u8| u64::from(bytes.simd_eq(u8x16::splat(wanted)).to_bitmask()) << (16 * n);
            block.quotes |= bits(bytes, b'"');
            any |= bytes.simd_eq(u8x16::splat(b'\\'));
            block.open |= bits(braces, b'{');
            block.close |= bits(braces, b'}');
        }
        // Most blocks have none.
        if any.to_bitmask() != 0 {
            block.backslashes = backslashes(bytes);
        }
        block
    }

    #[inline(never)]
    fn backslashes(bytes: &[u8; Block::LEN]) -> u64 {
        let (parts, _) = bytes.as_chunks::<16>();
        let bits = |part: &[u8; 16]| u64::from(u8x16::from(*part).simd_eq(u8x16::splat(b'\\')).to_bitmask());
        parts.iter().rev().fold(0, |all, part| all << 16 | bits(part))
    }
}

/// With the instructions for eight bytes in one word.
#[cfg(not(feature = "simd"))]
mod masks {
    use super::Block;

    #[inline]
    pub(super) fn block(bytes: &[u8; Block::LEN]) -> Block {
        Block {
            quotes: bits(bytes, |byte| byte == b'"'),
            backslashes: if bytes.contains(&b'\\') { bits(bytes, |byte| byte == b'\\') } else { 0 },
            // The brackets of one kind differ from those of the other in this bit.
            open: bits(bytes, |byte| byte | 0x20 == b'{'),
            close: bits(bytes, |byte| byte | 0x20 == b'}'),
        }
    }

    /// A bit for each `wanted` byte. The compiler turns the two loops into few instructions on many bytes.
    #[inline]
    fn bits(bytes: &[u8; Block::LEN], wanted: impl Fn(u8) -> bool) -> u64 {
        let mut flags = [0; Block::LEN];
        flags.iter_mut().zip(bytes).for_each(|(flag, byte)| *flag = u8::from(wanted(*byte)));
        let (words, _) = flags.as_chunks::<8>();
        // The product gathers the eight flags of a word in its highest byte.
        let gathered = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        words.iter().rev().fold(0, |bits, word| bits << 8 | gathered(word))
    }
}
