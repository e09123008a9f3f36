use std::io::{Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use proptest::prelude::*;

use crate::frame::gzip::*;
use crate::frame::testing::cut;

fn pack(content: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The content, and the result at the end.
fn unpack(chunks: impl IntoIterator<Item = Bytes>) -> (Vec<u8>, Result<(), GzipError>) {
    let (mut gunzip, mut content) = (Gunzip::new(), Vec::new());
    for chunk in chunks {
        gunzip.push(chunk);
        loop {
            match gunzip.next() {
                Ok(Some(piece)) => {
                    assert!(!piece.is_empty() && piece.len() <= PIECE);
                    content.extend_from_slice(&piece);
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!((gunzip.next(), gunzip.finish()), (Err(error), Err(error)), "said again");
                    return (content, Err(error));
                }
            }
        }
        assert_eq!(gunzip.next(), Ok(None));
    }
    let end = gunzip.finish();
    (content, end)
}

fn whole(bytes: &[u8]) -> (Vec<u8>, Result<(), GzipError>) {
    unpack([Bytes::copy_from_slice(bytes)])
}

fn by_flate2(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut content).ok().map(|_| content)
}

#[test]
fn every_field_of_a_head() {
    let pack = |builder: GzBuilder| {
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(b"content").unwrap();
        encoder.finish().unwrap()
    };
    for builder in [
        GzBuilder::new(),
        GzBuilder::new().filename("a name"),
        GzBuilder::new().comment("a comment"),
        GzBuilder::new().filename("").comment(""),
        GzBuilder::new().extra(vec![7; 300]),
        GzBuilder::new().extra(Vec::new()),
        GzBuilder::new().extra(vec![0; 3]).filename("n").comment("c").mtime(7).operating_system(3),
    ] {
        let packed = pack(builder);
        assert_eq!(whole(&packed), (b"content".to_vec(), Ok(())));
        // A checksum of the head, which `flate2` does not write.
        let mut with_sum = packed.clone();
        with_sum[3] |= SUM;
        let head = packed.len() - pack(GzBuilder::new()).len() + FIXED;
        let mut sum = Crc::new();
        sum.update(&with_sum[..head]);
        let sum = sum.sum().to_le_bytes();
        with_sum.splice(head..head, [sum[0], sum[1]]);
        assert_eq!(whole(&with_sum), (b"content".to_vec(), Ok(())));
        with_sum[head] ^= 1;
        assert_eq!(whole(&with_sum), (Vec::new(), Err(GzipError::Checksum)));
    }
}

#[test]
fn members_are_one_content() {
    let two = [pack(b"hello ", 1), pack(b"", 1), pack(b"world", 9)].concat();
    assert_eq!(whole(&two), (b"hello world".to_vec(), Ok(())));
    assert_eq!(whole(b""), (Vec::new(), Ok(())));
    assert_eq!(whole(&pack(b"", 1)), (Vec::new(), Ok(())));
}

#[test]
fn what_is_refused() {
    let good = pack(b"hello hello hello hello", 6);
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    for (bytes, error) in [
        (b"{\"kind\":\"Pod\"}".to_vec(), GzipError::NotGzip),
        (b"\x1f\x8c".to_vec(), GzipError::NotGzip),
        (b"\x1f\x8b\x07".to_vec(), GzipError::NotGzip),
        (b"\x1f\x8b\x08\x20".to_vec(), GzipError::NotGzip),
        (b"\x78\x9c\x03\0\0\0\0\x01".to_vec(), GzipError::NotGzip),
        (with(|bytes| bytes[10] = 0xff), GzipError::Corrupt),
        (with(|bytes| *bytes.iter_mut().rev().nth(7).unwrap() ^= 1), GzipError::Checksum),
        (with(|bytes| *bytes.last_mut().unwrap() ^= 1), GzipError::Checksum),
        (with(|bytes| bytes.extend(b"{}")), GzipError::Trailing),
        (with(|bytes| bytes.push(0)), GzipError::Trailing),
        (with(|bytes| bytes.push(0x1f)), GzipError::Truncated),
        (with(|bytes| bytes.truncate(1)), GzipError::Truncated),
    ] {
        assert_eq!(whole(&bytes).1, Err(error), "{bytes:x?}");
        let dripped = bytes.iter().map(|byte| Bytes::copy_from_slice(&[*byte]));
        assert_eq!(unpack(dripped).1, Err(error), "{bytes:x?}");
    }
    for end in 1..good.len() {
        assert_eq!(whole(&good[..end]).1, Err(GzipError::Truncated), "{end}");
    }
}

#[test]
fn a_bomb_goes_off_piece_by_piece() {
    let bomb = Bytes::from(pack(&vec![0; 64 << 20], 9));
    assert!(bomb.len() < 70_000);
    let mut gunzip = Gunzip::new();
    gunzip.push(bomb);
    for _ in 0..10 {
        assert_eq!(gunzip.next().unwrap().unwrap().len(), PIECE);
    }
    assert_eq!(gunzip.inflate.total_out(), 10 * PIECE as u64, "nothing beyond what was taken");
    let left = std::iter::from_fn(|| gunzip.next().unwrap()).map(|piece| piece.len()).sum::<usize>();
    assert_eq!(left, (64 << 20) - 10 * PIECE);
    assert_eq!(gunzip.finish(), Ok(()));
}

#[test]
fn bytes_without_content_have_an_end() {
    let head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    let empty = pack(b"", 1);
    // A name; members; stored blocks: each goes on for ever, without content.
    for (begin, again) in
        [(b"\x1f\x8b\x08\x08\0\0\0\0\0\xff".as_slice(), b"n".as_slice()), (b"", &empty), (head, b"\0\0\0\xff\xff")]
    {
        let mut gunzip = Gunzip::new();
        gunzip.push(Bytes::copy_from_slice(begin));
        let chunk = Bytes::from(again.repeat(60_000 / again.len()));
        let pushed = (1..=1000).find(|_| {
            gunzip.push(chunk.clone());
            gunzip.next().is_err()
        });
        assert_eq!(gunzip.finish(), Err(GzipError::Empty));
        assert!(pushed.is_some_and(|count| count <= IDLE / 50_000), "{pushed:?}");
    }
}

/// Content that compresses well, badly, and to something long.
fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2000),
        "[ab]{0,3000}".prop_map(String::into_bytes),
        (any::<u8>(), 0..300_000_usize).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

proptest! {
    #[test]
    fn however_it_is_cut(
        members in prop::collection::vec((content(), 0..=9_u32), 0..4),
        cuts in prop::collection::vec(0..5000_usize, 0..20),
    ) {
        let packed: Vec<u8> = members.iter().flat_map(|(content, level)| pack(content, *level)).collect();
        let content = members.into_iter().flat_map(|(content, _)| content).collect::<Vec<u8>>();
        let (found, end) = unpack(cut(&packed, &cuts));
        prop_assert!(found == content && end == Ok(()));
        if packed.len() < 3000 {
            let (found, end) = unpack(packed.iter().map(|byte| Bytes::copy_from_slice(&[*byte])));
            prop_assert!(found == content && end == Ok(()));
        }
    }

    /// The decoder accepts what `flate2` accepts as a whole, with the same content, and refuses what it refuses. The
    /// error is the same for every cutting.
    #[test]
    fn damaged(
        content in content(),
        level in 0..=9_u32,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        keep in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(0..200_usize, 0..20),
    ) {
        let mut packed = pack(&content, level);
        *at.get_mut(&mut packed) = byte;
        packed.truncate(keep.index(packed.len() * 2).max(1));
        let (one, ends) = whole(&packed);
        let (other, also) = unpack(cut(&packed, &cuts));
        prop_assert_eq!(ends, also);
        let same = if ends.is_ok() { one == other } else { one.starts_with(&other) || other.starts_with(&one) };
        prop_assert!(same);
        // `flate2` ignores the reserved flags of a head.
        let strict = matches!(at.index(packed.len().max(4)), 3) && byte & RESERVED != 0;
        match by_flate2(&packed) {
            Some(found) => prop_assert!(strict || ends == Ok(()) && found == one, "{:?}", ends),
            None => prop_assert!(ends.is_err()),
        }
    }

    #[test]
    fn garbage(bytes in prop::collection::vec(any::<u8>(), 0..3000), cuts in prop::collection::vec(0..200_usize, 0..20)) {
        let mut bytes = bytes;
        for prefix in [&b""[..], b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff"] {
            bytes.splice(0..0, prefix.iter().copied());
            let (one, ends) = whole(&bytes);
            let (other, also) = unpack(cut(&bytes, &cuts));
            prop_assert_eq!(ends, also);
            prop_assert!(one.starts_with(&other) || other.starts_with(&one));
        }
    }
}
