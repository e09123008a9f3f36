//! HTTP/1.1 for a server: reads requests from a stream, and writes responses to it.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, Version, header};
use std::io::{self, Read, Write};
use std::time::Duration;

use crate::meta;

/// The largest head of a request, as Go's default.
const HEAD_LIMIT: usize = 1024 * 1024;
/// Go sends `Content-Length` only for bodies that fit into its first buffer.
pub(super) const COUNTED: usize = 2048;
const PIECE: usize = 16 * 1024;

/// Reads requests; keeps bytes of the next one.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: BytesMut,
}

/// A request without its body.
#[derive(Debug)]
pub(super) struct Head {
    request: Request<()>,
    length: Length,
    keep_alive: bool,
    pub(super) expects_continue: bool,
}

/// A request.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) request: Request<Bytes>,
    pub(super) keep_alive: bool,
    /// Whether the body was read to its end.
    pub(super) whole: bool,
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Counted(u64),
    Chunked,
}

impl Reader {
    /// The next head: `None` at the end of the stream, the bytes of a response if it is malformed.
    pub(super) fn head(&mut self, stream: &mut impl Read) -> io::Result<Option<Result<Head, Vec<u8>>>> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 128];
            let mut parsed = httparse::Request::new(&mut headers);
            match parsed.parse(&self.buffer) {
                Ok(httparse::Status::Complete(size)) => {
                    let head = build(&parsed);
                    self.buffer.advance(size);
                    return Ok(Some(head.ok_or_else(|| refusal("400 Bad Request"))));
                }
                Ok(httparse::Status::Partial) if self.buffer.len() > HEAD_LIMIT => {
                    return Ok(Some(Err(refusal("431 Request Header Fields Too Large"))));
                }
                Ok(httparse::Status::Partial) => {}
                Err(_) => return Ok(Some(Err(refusal("400 Bad Request")))),
            }
            if !self.fill(stream)? {
                return Ok(None);
            }
        }
    }

    /// The body of `head`, up to one byte more than `limit`; `None` if it is malformed or incomplete.
    pub(super) fn body(&mut self, stream: &mut impl Read, head: Head, limit: usize) -> io::Result<Option<Incoming>> {
        let (body, whole) = match head.length {
            Length::Counted(length) => {
                let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
                let take = usize::try_from(length.min(most)).unwrap_or(usize::MAX);
                while self.buffer.len() < take {
                    if !self.fill(stream)? {
                        return Ok(None);
                    }
                }
                (self.buffer.split_to(take).freeze(), length <= most)
            }
            Length::Chunked => match self.chunked(stream, limit)? {
                Some(read) => read,
                None => return Ok(None),
            },
        };
        let request = head.request.map(|()| body);
        Ok(Some(Incoming { request, keep_alive: head.keep_alive, whole }))
    }

    /// The bytes after the last request.
    pub(super) fn rest(&mut self) -> Bytes {
        self.buffer.split().freeze()
    }

    fn chunked(&mut self, stream: &mut impl Read, limit: usize) -> io::Result<Option<(Bytes, bool)>> {
        let mut body = BytesMut::new();
        loop {
            let (start, size) = match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete(parsed)) => parsed,
                Ok(httparse::Status::Partial) if self.buffer.len() < 4096 => {
                    if self.fill(stream)? {
                        continue;
                    }
                    return Ok(None);
                }
                _ => return Ok(None),
            };
            self.buffer.advance(start);
            if size == 0 {
                return Ok(self.trailers(stream)?.then(|| (body.freeze(), true)));
            }
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if body.len().saturating_add(size) > limit {
                // One byte more than allowed shows the server that the body is too large.
                body.resize(limit + 1, b' ');
                return Ok(Some((body.freeze(), false)));
            }
            while self.buffer.len() < size.saturating_add(2) {
                if !self.fill(stream)? {
                    return Ok(None);
                }
            }
            body.extend_from_slice(&self.buffer.split_to(size));
            if self.buffer.split_to(2) != b"\r\n"[..] {
                return Ok(None);
            }
        }
    }

    fn trailers(&mut self, stream: &mut impl Read) -> io::Result<bool> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                self.buffer.advance(end + 2);
                if end == 0 {
                    return Ok(true);
                }
                continue;
            }
            if self.buffer.len() > 64 * 1024 || !self.fill(stream)? {
                return Ok(false);
            }
        }
    }

    fn fill(&mut self, stream: &mut impl Read) -> io::Result<bool> {
        let mut buffer = [0; PIECE];
        loop {
            match stream.read(&mut buffer) {
                Ok(n) => {
                    self.buffer.extend_from_slice(buffer.get(..n).unwrap_or_default());
                    return Ok(n > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn build(parsed: &httparse::Request<'_, '_>) -> Option<Head> {
    let mut request = Request::new(());
    *request.method_mut() = parsed.method?.parse().ok()?;
    *request.uri_mut() = parsed.path?.parse().ok()?;
    let newer = parsed.version? == 1;
    *request.version_mut() = if newer { Version::HTTP_11 } else { Version::HTTP_10 };
    for header in parsed.headers.iter() {
        let name: HeaderName = header.name.parse().ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if newer && !headers.contains_key(header::HOST) {
        return None;
    }
    let encoding = text(header::TRANSFER_ENCODING);
    let length = if encoding.is_empty() {
        match headers.get(header::CONTENT_LENGTH) {
            Some(value) => Length::Counted(value.to_str().ok()?.trim().parse().ok()?),
            None => Length::Counted(0),
        }
    } else if encoding.eq_ignore_ascii_case("chunked") {
        Length::Chunked
    } else {
        return None;
    };
    let connection = text(header::CONNECTION).to_ascii_lowercase();
    let says = |token: &str| connection.split(',').any(|t| t.trim() == token);
    let keep_alive = if newer { !says("close") } else { says("keep-alive") };
    let expects_continue = text(header::EXPECT).eq_ignore_ascii_case("100-continue");
    Some(Head { request, length, keep_alive, expects_continue })
}

fn refusal(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{status}")
        .into_bytes()
}

pub(super) fn write_continue(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    stream.flush()
}

/// The head of a response, without `Content-Length` or `Transfer-Encoding`, ended.
pub(super) fn head_bytes<T>(out: &mut Vec<u8>, response: &Response<T>, now: Duration) {
    start(out, response, now);
    out.extend_from_slice(b"\r\n");
}

fn start<T>(out: &mut Vec<u8>, response: &Response<T>, now: Duration) {
    let status = response.status();
    out.extend_from_slice(
        format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or("status code")).as_bytes(),
    );
    for (name, value) in response.headers() {
        out.extend_from_slice(canonical(name).as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if status.as_u16() != 101 {
        out.extend_from_slice(format!("Date: {}\r\n", http_date(now)).as_bytes());
    }
}

/// The head of a chunked response.
pub(super) fn write_head(
    stream: &mut impl Write,
    response: &Response<()>,
    now: Duration,
    keep_alive: bool,
) -> io::Result<()> {
    let mut out = Vec::new();
    start(&mut out, response, now);
    if !keep_alive {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    stream.write_all(&out)
}

/// A complete response: small bodies with a length, large ones chunked, as Go's server does.
pub(super) fn write_body(
    stream: &mut impl Write,
    response: &Response<Bytes>,
    now: Duration,
    keep_alive: bool,
    head_only: bool,
) -> io::Result<()> {
    let mut out = Vec::new();
    start(&mut out, response, now);
    if !keep_alive {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    let body = response.body();
    let bodiless = matches!(response.status().as_u16(), 204 | 304);
    let chunked = body.len() > COUNTED;
    if bodiless {
        out.extend_from_slice(b"\r\n");
    } else if chunked {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
    } else {
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    }
    if !head_only && !bodiless {
        if chunked {
            for piece in body.chunks(PIECE) {
                chunk(&mut out, piece);
                if out.len() > 4 * PIECE {
                    stream.write_all(&out)?;
                    out.clear();
                }
            }
            out.extend_from_slice(b"0\r\n\r\n");
        } else {
            out.extend_from_slice(body);
        }
    }
    stream.write_all(&out)?;
    stream.flush()
}

fn chunk(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// One chunk of a growing body.
pub(super) fn write_chunk(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    chunk(&mut out, bytes);
    stream.write_all(&out)
}

/// The end of a chunked body.
pub(super) fn write_end(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(b"0\r\n\r\n")
}

/// `Content-Type` for `content-type`: Go writes names like this, and some clients compare them with case.
fn canonical(name: &HeaderName) -> String {
    let mut upper = true;
    name.as_str()
        .chars()
        .map(|c| {
            let out = if upper { c.to_ascii_uppercase() } else { c };
            upper = c == '-';
            out
        })
        .collect()
}

/// RFC 9110's date.
pub(super) fn http_date(now: Duration) -> String {
    let seconds = i64::try_from(now.as_secs()).unwrap_or(0);
    match jiff::Timestamp::from_second(seconds) {
        Ok(stamp) => stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        Err(_) => meta::time(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns one byte at a time: the result must not depend on how the bytes arrive.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buf[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn read_all(bytes: &[u8], limit: usize) -> Vec<(String, usize, bool)> {
        let mut out = Vec::new();
        let (mut reader, mut stream) = (Reader::default(), Slow(bytes));
        while let Some(head) = reader.head(&mut stream).unwrap() {
            let Ok(head) = head else {
                out.push(("refused".into(), 0, false));
                break;
            };
            match reader.body(&mut stream, head, limit).unwrap() {
                Some(incoming) => {
                    let line = format!("{} {}", incoming.request.method(), incoming.request.uri());
                    out.push((line, incoming.request.body().len(), incoming.keep_alive && incoming.whole));
                }
                None => out.push(("malformed".into(), 0, false)),
            }
        }
        out
    }

    #[test]
    fn requests_follow_each_other() {
        let bytes = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\
            PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nT: 1\r\n\r\n\
            GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let want = [("GET /a", 0, true), ("POST /b", 3, true), ("PUT /c", 5, true), ("GET /d", 0, false)];
        let got = read_all(bytes, 100);
        assert_eq!(got, want.map(|(a, b, c)| (a.to_owned(), b, c)));
    }

    #[test]
    fn too_much_is_cut_and_nonsense_refused() {
        let long = b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n012345678901234567890123456789";
        assert_eq!(read_all(long, 9)[0], ("POST /b".into(), 10, false));
        let chunked = b"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n012345678901234567890123456789\r\n0\r\n\r\n";
        assert_eq!(read_all(chunked, 9)[0], ("POST /b".into(), 10, false));
        for bad in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"what is this\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        ] {
            assert_eq!(read_all(bad, 9)[0].0, "refused");
        }
        assert_eq!(
            read_all(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 9)[0].0,
            "malformed"
        );
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(Duration::from_secs(1_767_225_600)), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}
