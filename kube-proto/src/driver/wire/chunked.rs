//! The chunked transfer coding, RFC 9112 §7.1.
//!
//! | state | byte | next |
//! |---|---|---|
//! | size | hex digit | size, 16 times as much |
//! | size, after a digit | space, tab | only `;` may follow |
//! | size, after a digit | `;` | extensions, which are skipped |
//! | size, after a digit; extensions | CR LF | data; or trailers after a size of 0 |
//! | data | any, so many | data |
//! | data, all of it | CR LF | size |
//! | trailers | anything but CR and controls, CR LF | trailers, which are dropped |
//! | trailers, at a line's beginning | CR LF | end |
//!
//! Everything else is refused: a bare LF or CR, a sign or `0x` or space before a size, no size, one above 2⁶⁴ - 1.

use bytes::{Buf, Bytes, BytesMut};

use super::fields::Refused;
use super::{HttpLimits, READ};

/// Parses a chunked body. It reads each byte once.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    /// Bytes of this chunk's line so far.
    line: usize,
    /// Bytes of the trailers so far, with the empty line after them.
    trailers: usize,
}

/// The next part of the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Data(Bytes),
    NeedMore,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size { value: u64, any: bool },
    Space { value: u64 },
    Extension { value: u64 },
    SizeLf { value: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self { state: State::LINE, line: 0, trailers: 0 }
    }

    /// Takes the next piece from the front of `buf`.
    pub(super) fn next(&mut self, buf: &mut BytesMut, limits: &HttpLimits) -> Result<Piece, Refused> {
        self.between(buf, limits)?;
        match self.state {
            State::Data { left } if !buf.is_empty() => {
                let take = buf.len().min(READ).min(usize::try_from(left).unwrap_or(usize::MAX));
                let left = left - take as u64;
                self.line = 0;
                self.state = if left == 0 { State::DataCr } else { State::Data { left } };
                Ok(Piece::Data(buf.split_to(take).freeze()))
            }
            State::End => Ok(Piece::End),
            _ => Ok(Piece::NeedMore),
        }
    }

    /// Consumes the bytes before the next data, or up to the end.
    fn between(&mut self, buf: &mut BytesMut, limits: &HttpLimits) -> Result<(), Refused> {
        let mut used = 0;
        for &byte in buf.iter() {
            let (count, limit, what) = match self.state {
                State::Data { .. } | State::End => break,
                State::TrailerStart | State::Trailer | State::TrailerLf | State::EndLf => {
                    (&mut self.trailers, limits.trailers, "the trailers are")
                }
                _ => (&mut self.line, limits.chunk_line, "a chunk's line is"),
            };
            self.state = self.state.after(byte)?;
            used += 1;
            *count += 1;
            if *count > limit {
                return Err(format!("{what} longer than the limit of {limit} bytes").into());
            }
            if self.state == State::LINE {
                self.line = 0;
            }
        }
        buf.advance(used);
        Ok(())
    }
}

impl State {
    /// The beginning of a chunk's line.
    const LINE: Self = State::Size { value: 0, any: false };

    /// The table, for all bytes except data.
    fn after(self, byte: u8) -> Result<Self, Refused> {
        use State::{DataCr, DataLf, End, EndLf, Extension, Size, SizeLf, Space, Trailer, TrailerLf, TrailerStart};
        Ok(match (self, byte) {
            (Size { value, .. }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let value = value.checked_mul(16).ok_or("the size of a chunk is too large")? + u64::from(digit);
                Size { value, any: true }
            }
            (Size { value, any: true } | Space { value }, b' ' | b'\t') => Space { value },
            (Size { value, any: true } | Space { value }, b';') => Extension { value },
            (Size { value, any: true } | Extension { value }, b'\r') => SizeLf { value },
            (Extension { value }, b'\t' | b' '..=b'~' | 0x80..) => Extension { value },
            (SizeLf { value: 0 }, b'\n') => TrailerStart,
            (SizeLf { value }, b'\n') => State::Data { left: value },
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => State::LINE,
            (TrailerStart, b'\r') => EndLf,
            (Trailer, b'\r') => TrailerLf,
            (TrailerStart | Trailer, b'\t' | b' '..=b'~' | 0x80..) => Trailer,
            (TrailerLf, b'\n') => TrailerStart,
            (EndLf, b'\n') => End,
            (Size { .. } | Space { .. }, _) => return Err("the size of a chunk is not a hexadecimal number".into()),
            (Extension { .. } | SizeLf { .. }, _) => return Err("a chunk's line does not end with CRLF".into()),
            (DataCr | DataLf, _) => return Err("a chunk is longer than its size".into()),
            _ => return Err("the trailers are not lines that end with CRLF".into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The data, and the bytes after it.
    type Whole = Option<(Vec<u8>, Vec<u8>)>;

    /// All data and the rest, or the reason for the refusal; `Ok(None)` is an incomplete body.
    fn read(pieces: &[&[u8]], limits: &HttpLimits) -> Result<Whole, Refused> {
        let (mut chunked, mut buf, mut data) = (Chunked::new(), BytesMut::new(), Vec::new());
        for piece in pieces {
            buf.extend_from_slice(piece);
            loop {
                match chunked.next(&mut buf, limits)? {
                    Piece::Data(bytes) => {
                        assert!(!bytes.is_empty() && bytes.len() <= READ);
                        data.extend_from_slice(&bytes);
                    }
                    Piece::NeedMore => break,
                    Piece::End => {
                        let mut rest = buf.to_vec();
                        rest.extend(
                            pieces.iter().skip_while(|other| !std::ptr::eq(**other, *piece)).skip(1).copied().flatten(),
                        );
                        return Ok(Some((data, rest)));
                    }
                }
            }
            assert!(buf.is_empty(), "every byte is consumed at once");
        }
        Ok(None)
    }

    fn whole(body: &str) -> Result<Whole, Refused> {
        read(&[body.as_bytes()], &HttpLimits::default())
    }

    #[test]
    fn bodies_that_are_read() {
        for (body, data, rest) in [
            ("0\r\n\r\n", "", ""),
            ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!", ""),
            ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
            ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
            ("00000000000000000005\r\nhello\r\n000\r\n\r\n", "hello", ""),
            ("5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello", ""),
            ("5 ; a=\"b c\"\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("5;\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", ""),
            ("0\r\nA: b\r\nC: d\r\n\r\n", "", ""),
            ("1\r\nx\r\n0\r\n\r\nHTTP/1.1", "x", "HTTP/1.1"),
        ] {
            assert_eq!(whole(body), Ok(Some((data.into(), rest.into()))), "{body:?}");
        }
    }

    #[test]
    fn bodies_that_are_refused() {
        for body in [
            "\r\n",
            "\n",
            ";a\r\n",
            " 5\r\nhello\r\n",
            "5 \r\nhello\r\n",
            "5 5\r\n",
            "+5\r\n",
            "-5\r\n",
            "0x5\r\n",
            "5h\r\n",
            "g\r\n",
            "5\nhello\r\n",
            "5\rhello",
            "5;a\nhello",
            "5;a\rb\r\nhello",
            "5;\0\r\nhello",
            "5\r\nhello0\r\n",
            "5\r\nhello\n0\r\n",
            "5\r\nhello\r0",
            "5\r\nhello\r\n\r\n",
            "10000000000000000\r\n",
            "ffffffffffffffff0\r\n",
            "0\r\n\n",
            "0\r\n\rx",
            "0\r\nA: b\n\r\n",
            "0\r\nA: b\rc",
            "0\r\nA: \0",
        ] {
            assert!(whole(body).is_err(), "{body:?} was accepted");
        }
    }

    #[test]
    fn the_largest_size_is_only_a_number() {
        assert_eq!(whole("ffffffffffffffff\r\nx"), Ok(None));
    }

    #[test]
    fn lines_and_trailers_are_bounded() {
        let limits = HttpLimits { chunk_line: 10, trailers: 20, ..HttpLimits::default() };
        let body = |line: &str, trailers: &str| format!("1\r\nx\r\n{line}\r\n{trailers}\r\n");
        for (line, trailers, good) in [
            ("00000000", "", true),
            ("000000000", "", false),
            ("0;aaaaaa", "", true),
            ("0;aaaaaaa", "", false),
            ("0", "A: 3456\r\nB: 3456\r\n", true),
            ("0", "A: 3456\r\nB: 34567\r\n", false),
            ("0", "A: 34567890123456789", false),
        ] {
            let body = body(line, trailers);
            let bytes: Vec<&[u8]> = body.as_bytes().chunks(1).collect();
            assert_eq!(read(&bytes, &limits).is_ok(), good, "{body:?}");
            assert_eq!(read(&[body.as_bytes()], &limits).is_ok(), good, "{body:?}");
        }
    }

    #[test]
    fn each_chunk_s_line_is_counted_for_itself() {
        let limits = HttpLimits { chunk_line: 5, ..HttpLimits::default() };
        let body = "2;a\r\nxx\r\n".repeat(100) + "0\r\n\r\n";
        assert_eq!(read(&[body.as_bytes()], &limits), Ok(Some((vec![b'x'; 200], Vec::new()))));
    }

    proptest! {
        #[test]
        fn any_cutting_gives_the_same(
            body in proptest::collection::vec(proptest::sample::select(&b"05aF;x\r\r\n\n \t0"[..]), 0..40),
            good in any::<bool>(),
            cuts in proptest::collection::vec(0_usize..60, 0..8),
        ) {
            let mut stream = if good { b"5;e\r\nhello\r\n0\r\n".to_vec() } else { Vec::new() };
            stream.extend(body);
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).filter(|one| !one.is_empty()).collect();
            let limits = HttpLimits { chunk_line: 8, trailers: 8, ..HttpLimits::default() };
            prop_assert_eq!(read(&pieces, &limits), read(&[&stream], &limits));
        }
    }
}
