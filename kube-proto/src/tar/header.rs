//! The header of an entry: one block.

use super::BLOCK;
use super::entry::TarError;

/// A header's block. Its offsets are those of POSIX `ustar`.
#[derive(Clone, Copy)]
pub(super) struct Header<'a>(pub(super) &'a [u8; BLOCK]);

pub(super) const NAME: usize = 100;
const MAGIC: usize = 257;
const PREFIX: (usize, usize) = (345, 155);

/// The flavour of a header, by its magic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Without one: the oldest.
    V7,
    /// POSIX: the name may have a prefix.
    Ustar,
    /// GNU: other fields stand in the prefix's place.
    Gnu,
}

impl<'a> Header<'a> {
    pub(super) fn is_zero(self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    fn field(self, at: usize, length: usize) -> &'a [u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    /// A field up to its NUL.
    fn text(self, at: usize, length: usize) -> &'a [u8] {
        let field = self.field(at, length);
        field.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    pub(super) fn check(self) -> Result<(), TarError> {
        let said = number(self.field(148, 8)).ok_or(TarError::Checksum)?;
        let (unsigned, signed) = sums(self.0);
        // Some old writers added signed bytes.
        if u64::from(unsigned) == said || u64::try_from(signed).is_ok_and(|signed| signed == said) {
            return Ok(());
        }
        Err(TarError::Checksum)
    }

    pub(super) fn flavour(self) -> Flavour {
        match self.field(MAGIC, 8) {
            b"ustar  \0" => Flavour::Gnu,
            magic if magic.starts_with(b"ustar\0") => Flavour::Ustar,
            _ => Flavour::V7,
        }
    }

    /// The name, with its prefix.
    pub(super) fn name(self) -> Vec<u8> {
        let name = self.text(0, NAME);
        let prefix = if self.flavour() == Flavour::Ustar { self.text(PREFIX.0, PREFIX.1) } else { &[] };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    pub(super) fn link(self) -> Vec<u8> {
        self.text(157, NAME).to_vec()
    }

    pub(super) fn kind(self) -> u8 {
        self.0.get(156).copied().unwrap_or(0)
    }

    pub(super) fn size(self) -> Result<u64, TarError> {
        number(self.field(124, 12)).filter(|size| *size <= i64::MAX as u64).ok_or(TarError::Number("size"))
    }

    pub(super) fn mode(self) -> Result<u32, TarError> {
        let mode = number(self.field(100, 8)).ok_or(TarError::Number("mode"))?;
        u32::try_from(mode & 0o7777).map_err(|_| TarError::Number("mode"))
    }

    /// A time that cannot be read counts as none: nothing depends on it.
    pub(super) fn modified(self) -> i64 {
        number(self.field(136, 12)).and_then(|time| i64::try_from(time).ok()).unwrap_or(0)
    }

    /// Of an old sparse file of GNU: whether another block of its map follows.
    pub(super) fn map_goes_on(self) -> bool {
        self.0.get(482).is_some_and(|flag| *flag != 0)
    }
}

/// A number: octal digits between blanks and NULs, or in base 256 after a first byte of 0x80. `None` if it is neither, is
/// negative, or does not fit.
fn number(field: &[u8]) -> Option<u64> {
    match field {
        [0x80, rest @ ..] => {
            rest.iter().try_fold(0u64, |sum, byte| sum.checked_mul(256).map(|sum| sum | u64::from(*byte)))
        }
        [first, ..] if *first >= 0x80 => None,
        _ => {
            let blank = |byte: &u8| matches!(byte, b' ' | 0);
            let start = field.iter().position(|byte| !blank(byte)).unwrap_or(field.len());
            let digits = field.get(start..).unwrap_or_default();
            let end = digits.iter().position(blank).unwrap_or(digits.len());
            digits.get(..end).unwrap_or_default().iter().try_fold(0u64, |sum, byte| match byte {
                b'0'..=b'7' => sum.checked_mul(8).map(|sum| sum | u64::from(byte - b'0')),
                _ => None,
            })
        }
    }
}

/// The sums of all bytes, with blanks in the place of the checksum: of unsigned and of signed bytes.
fn sums(block: &[u8; BLOCK]) -> (u32, i64) {
    let byte = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { *byte };
    let all = || block.iter().enumerate().map(byte);
    (all().map(u32::from).sum(), all().map(|byte| i64::from(byte.cast_signed())).sum())
}

/// A header in GNU's format.
pub(super) struct NewHeader([u8; BLOCK]);

impl NewHeader {
    pub(super) fn new(name: &[u8], kind: u8, mode: u32, size: u64, modified: i64) -> Self {
        let mut header = Self([0; BLOCK]);
        header.put(0, name.get(..name.len().min(NAME)).unwrap_or_default());
        header.octal(100, 8, u64::from(mode));
        // Owner and group are root: who extracts it decides.
        header.octal(108, 8, 0);
        header.octal(116, 8, 0);
        header.octal(124, 12, size);
        header.octal(136, 12, u64::try_from(modified).unwrap_or(0));
        header.put(156, &[kind]);
        header.put(MAGIC, b"ustar  \0");
        header
    }

    pub(super) fn link(mut self, target: &[u8]) -> Self {
        self.put(157, target.get(..target.len().min(NAME)).unwrap_or_default());
        self
    }

    pub(super) fn finish(mut self) -> [u8; BLOCK] {
        let (sum, _) = sums(&self.0);
        self.put(148, format!("{sum:06o}\0 ").as_bytes());
        self.0
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(field) = self.0.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    }

    /// Octal digits and a NUL, or base 256 where they have no room.
    fn octal(&mut self, at: usize, length: usize, value: u64) {
        let digits = length - 1;
        let text = format!("{value:0digits$o}\0");
        if text.len() == length {
            self.put(at, text.as_bytes());
        } else {
            self.put(at, &[0x80]);
            self.put(at + length - 8, &value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"  644 \0\0", Some(0o644)),
            (b"00000000000\0", Some(0)),
            (b"77777777777 ", Some((8 << 30) - 1)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b"", Some(0)),
            (b"0000648\0", None),
            (b"-1\0\0\0\0\0\0", None),
            (b"0x10\0\0\0\0", None),
            (b"\x80\0\0\0\0\0\0\0\0\0\x01\0", Some(256)),
            (b"\x80\0\0\0\x02\0\0\0\0\0\0\0", Some(8 << 30 << 24)),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ] {
            assert_eq!(number(field), value, "{field:?}");
        }
    }
}
