//! The compression of header blocks: one zlib stream (RFC 1950) for each direction, with a preset dictionary, and
//! flushed at the end of each block.
//!
//! This side writes stored blocks, which every inflater reads: the headers of a port-forward have some 60 bytes. Only the
//! server's role inflates.

use bytes::BufMut;

#[cfg(feature = "gzip")]
pub(super) use inflate::Inflater;

/// The sending direction.
#[derive(Debug, Default)]
pub(super) struct Deflater {
    begun: bool,
}

impl Deflater {
    /// The next block.
    pub(super) fn block(&mut self, content: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(content.len() + 24);
        if !std::mem::replace(&mut self.begun, true) {
            out.put_u16(HEAD);
            out.put_u32(DICTIONARY_ID);
        }
        content.chunks(usize::from(u16::MAX)).for_each(|chunk| stored(&mut out, chunk));
        // The mark of a flush. Go's inflater keeps the content back until it reads it.
        stored(&mut out, &[]);
        out
    }
}

/// Writes a stored block (RFC 1951, 3.2.4) of at most 65,535 bytes.
fn stored(out: &mut Vec<u8>, content: &[u8]) {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    out.put_u8(0);
    out.put_u16_le(length);
    out.put_u16_le(!length);
    out.put_slice(content);
}

/// Deflate with a window of 32 KiB, a preset dictionary, and the check bits that make it a multiple of 31.
const HEAD: u16 = 0x7820;
/// The Adler-32 checksum of the dictionary.
const DICTIONARY_ID: u32 = 0xe3c6_a7c2;

#[cfg(feature = "gzip")]
mod inflate {
    //! The receiving direction.

    use bytes::{Buf, BufMut};
    use flate2::{Decompress, FlushDecompress, Status};

    use super::super::error::SpdyError;
    use super::{DICTIONARY_ID, stored};

    /// The receiving direction.
    pub(in super::super) struct Inflater {
        /// `None` until the stream's head has arrived.
        inflate: Option<Decompress>,
    }

    impl Inflater {
        pub(in super::super) fn new() -> Self {
            Self { inflate: None }
        }

        /// Inflates the next block, of at most `limit` bytes.
        pub(in super::super) fn block(&mut self, mut block: &[u8], limit: usize) -> Result<Vec<u8>, SpdyError> {
            let inflate = match &mut self.inflate {
                Some(inflate) => inflate,
                None => {
                    let head = block.try_get_u16().map_err(|_| SpdyError::Compression)?;
                    let [method, flags] = head.to_be_bytes();
                    if method & 0x0f != DEFLATE || method >> 4 > 7 || head % 31 != 0 {
                        return Err(SpdyError::Compression);
                    }
                    let mut inflate = Decompress::new(false);
                    if flags & PRESET != 0 {
                        if block.try_get_u32().map_err(|_| SpdyError::Compression)? != DICTIONARY_ID {
                            return Err(SpdyError::Compression);
                        }
                        prime(&mut inflate)?;
                    }
                    self.inflate.insert(inflate)
                }
            };
            let mut content = Vec::new();
            let mut room = vec![0; PIECE];
            loop {
                let (used, made) = step(inflate, block, &mut room)?;
                block = block.get(used..).unwrap_or_default();
                content.extend_from_slice(room.get(..made).unwrap_or_default());
                if content.len() > limit {
                    return Err(SpdyError::HeadersTooLarge);
                }
                match (block.is_empty(), used, made) {
                    (true, _, made) if made < PIECE => return Ok(content),
                    (_, 0, 0) => return Err(SpdyError::Compression),
                    _ => {}
                }
            }
        }
    }

    impl std::fmt::Debug for Inflater {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Inflater").finish_non_exhaustive()
        }
    }

    /// Makes the dictionary the content so far: a raw inflater cannot be given one, but it reads a stored block.
    fn prime(inflate: &mut Decompress) -> Result<(), SpdyError> {
        let dictionary = dictionary();
        let mut block = Vec::new();
        stored(&mut block, &dictionary);
        let mut room = vec![0; dictionary.len()];
        let mut rest = block.as_slice();
        let mut total = 0;
        while !rest.is_empty() {
            let (used, made) = step(inflate, rest, &mut room)?;
            if (used, made) == (0, 0) {
                break;
            }
            rest = rest.get(used..).unwrap_or_default();
            total += made;
        }
        if total == dictionary.len() && rest.is_empty() { Ok(()) } else { Err(SpdyError::Compression) }
    }

    /// The bytes consumed and produced.
    fn step(inflate: &mut Decompress, input: &[u8], room: &mut [u8]) -> Result<(usize, usize), SpdyError> {
        let before = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(input, room, FlushDecompress::None).map_err(|_| SpdyError::Compression)?;
        if status == Status::StreamEnd {
            // The stream lives as long as the connection.
            return Err(SpdyError::Compression);
        }
        // Neither number exceeds the buffer that it measures.
        let used = usize::try_from(inflate.total_in() - before.0).unwrap_or(input.len());
        let made = usize::try_from(inflate.total_out() - before.1).unwrap_or(room.len());
        Ok((used, made))
    }

    /// SPDY/3's dictionary: words with their lengths, then a text.
    pub(super) fn dictionary() -> Vec<u8> {
        let mut out = Vec::new();
        for word in WORDS.split(',') {
            out.put_u32(u32::try_from(word.len()).unwrap_or(0));
            out.put_slice(word.as_bytes());
        }
        out.put_slice(TEXT.as_bytes());
        out
    }

    const PIECE: usize = 4096;
    const DEFLATE: u8 = 8;
    const PRESET: u8 = 0x20;
    const WORDS: &str = "options,head,post,put,delete,trace,accept,accept-charset,accept-encoding,accept-language,\
        accept-ranges,age,allow,authorization,cache-control,connection,content-base,content-encoding,content-language,\
        content-length,content-location,content-md5,content-range,content-type,date,etag,expect,expires,from,host,\
        if-match,if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,location,max-forwards,pragma,\
        proxy-authenticate,proxy-authorization,range,referer,retry-after,server,te,trailer,transfer-encoding,upgrade,\
        user-agent,vary,via,warning,www-authenticate,method,get,status,200 OK,version,HTTP/1.1,url,public,set-cookie,\
        keep-alive,origin";
    const TEXT: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 \
        Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 \
        Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept \
        Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,\
        application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=\
        utf-8charset=iso-8859-1,utf-,*,enq=0.";

    #[cfg(test)]
    mod tests {
        /// The length and the Adler-32 checksum that the specification's dictionary has.
        #[test]
        fn the_dictionary_is_that_of_the_specification() {
            let dictionary = super::dictionary();
            let (mut a, mut b) = (1u32, 0u32);
            for byte in &dictionary {
                a = (a + u32::from(*byte)) % 65521;
                b = (b + a) % 65521;
            }
            assert_eq!((dictionary.len(), b << 16 | a), (1423, super::DICTIONARY_ID));
        }
    }
}
