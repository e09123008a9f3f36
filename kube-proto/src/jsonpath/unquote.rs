//! Texts in quotes, as Go reads them (`strconv.UnquoteChar`).

/// The text between the quotes; `None` if an escape is wrong. A byte that is no character becomes U+FFFD.
pub(super) fn unquote(inside: &str, quote: char) -> Option<String> {
    if !inside.contains(['\\', quote]) {
        return Some(inside.to_owned());
    }
    let mut bytes = Vec::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        if c == quote {
            return None;
        }
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        match chars.next()? {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            '\\' => bytes.push(b'\\'),
            escaped @ ('"' | '\'') if escaped == quote => bytes.push(u8::try_from(escaped).ok()?),
            'x' => bytes.push(u8::try_from(number(&mut chars, 0, 2, 16)?).ok()?),
            'u' => push(&mut bytes, number(&mut chars, 0, 4, 16)?)?,
            'U' => push(&mut bytes, number(&mut chars, 0, 8, 16)?)?,
            digit @ '0'..='7' => {
                let first = digit.to_digit(8)?;
                bytes.push(u8::try_from(number(&mut chars, first, 2, 8)?).ok()?);
            }
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(chars: &mut std::str::Chars<'_>, first: u32, digits: usize, radix: u32) -> Option<u32> {
    (0..digits).try_fold(first, |number, _| number.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?))
}

fn push(bytes: &mut Vec<u8>, code: u32) -> Option<()> {
    bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}
