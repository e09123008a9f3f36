//! The names and values of a header block, uncompressed.

use bytes::{Buf, BufMut};

use super::error::SpdyError;
use super::limits::Limits;

/// The headers of a stream, in their order. Names are in lower case; several values are joined by a zero character.
pub type Headers = Vec<(String, String)>;

/// Writes a block.
pub(super) fn write(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        out.put_slice(text.as_bytes());
    };
    out.put_u32(u32::try_from(headers.len()).unwrap_or(u32::MAX));
    for (name, value) in headers {
        text(&mut out, &name.to_ascii_lowercase());
        text(&mut out, value);
    }
    out
}

/// Reads a block.
#[cfg_attr(not(feature = "gzip"), expect(dead_code, reason = "only the server's role reads headers"))]
pub(super) fn read(mut block: &[u8], limits: &Limits) -> Result<Headers, SpdyError> {
    let count = block.try_get_u32().map_err(|_| SpdyError::Headers)?;
    if usize::try_from(count).is_ok_and(|count| count > limits.headers) {
        return Err(SpdyError::HeadersTooLarge);
    }
    let mut headers = Headers::new();
    for _ in 0..count {
        let name = text(&mut block)?;
        let value = text(&mut block)?;
        if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(SpdyError::Headers);
        }
        headers.push((name, value));
    }
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match block.is_empty() && names.windows(2).all(|pair| pair.first() != pair.last()) {
        true => Ok(headers),
        false => Err(SpdyError::Headers),
    }
}

fn text(block: &mut &[u8]) -> Result<String, SpdyError> {
    let length = block.try_get_u32().map_err(|_| SpdyError::Headers)?;
    let length = usize::try_from(length).map_err(|_| SpdyError::Headers)?;
    let (text, rest) = block.split_at_checked(length).ok_or(SpdyError::Headers)?;
    *block = rest;
    String::from_utf8(text.to_vec()).map_err(|_| SpdyError::Headers)
}
