//! The body of a refusal, as far as it is kept.

use crate::encoding::is_protobuf;
use crate::frame::shorten::Shorten;
use crate::opaque::Opaque;

/// Collects the body of a response that is an error.
///
/// In a JSON document each text is cut after 64 KiB, so that what follows a long message stays: the reason, the causes,
/// the code. A document in protobuf is kept whole. Any other body is cut after 64 KiB itself.
#[derive(Debug, Default)]
pub(super) struct RefusalBody {
    bytes: Opaque<Vec<u8>>,
    shorten: Shorten,
}

/// The longest text of a `Status` or of another body, in bytes.
const TEXT: usize = 64 << 10;

impl RefusalBody {
    /// Adds the next bytes. False if they are more than the limit allows; the bytes within the limit are kept.
    pub(super) fn push(&mut self, piece: &[u8], limit: usize) -> bool {
        let json = self.bytes.trim_ascii_start().first().or(piece.trim_ascii_start().first()) == Some(&b'{');
        let shortened;
        let kept = if json {
            shortened = self.shorten.push(piece, TEXT);
            &shortened
        } else {
            piece
        };
        let whole = json || is_protobuf(&self.bytes) || is_protobuf(piece);
        let limit = if whole { limit } else { limit.min(TEXT) };
        let room = limit.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(kept.get(..room).unwrap_or(kept));
        kept.len() <= room
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
