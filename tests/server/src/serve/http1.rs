//! HTTP/1.1 on a blocking stream, by the machine of the core: reads requests, and writes responses.

use bytes::{Bytes, BytesMut};
use http::{Request, Response, header, request};
use kube_proto::driver::wire::{Http1Server, Http1ServerEvent, HttpLimits};
use std::io::{self, Read, Write};
use std::time::Duration;

use crate::meta;

/// The largest head of a request, as Go's default.
const HEAD_LIMIT: usize = 1024 * 1024;
/// Go sends `Content-Length` only for bodies that fit into its first buffer.
pub(super) const COUNTED: usize = 2048;
const PIECE: usize = 16 * 1024;

/// The requests of one connection, and the responses to them.
#[derive(Debug)]
pub(super) struct Http {
    machine: Http1Server,
    buffer: BytesMut,
}

/// A request.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) request: Request<Bytes>,
    /// Whether the body was read to its end.
    pub(super) whole: bool,
}

impl Default for Http {
    fn default() -> Self {
        let mut limits = HttpLimits::default();
        limits.head = HEAD_LIMIT;
        Http { machine: Http1Server::new(limits), buffer: BytesMut::new() }
    }
}

impl Http {
    /// The next request, with up to one byte more of its body than `limit`: `None` at the end of the stream, the bytes of a
    /// response if it is malformed.
    pub(super) fn request(
        &mut self,
        stream: &mut (impl Read + Write),
        limit: usize,
    ) -> io::Result<Option<Result<Incoming, Vec<u8>>>> {
        let (mut head, mut body, mut ended) = (None::<Box<request::Parts>>, BytesMut::new(), false);
        loop {
            let whole = match self.machine.next(&mut self.buffer, ended) {
                Http1ServerEvent::Head(parts) => {
                    head = Some(parts);
                    let mut out = Vec::new();
                    self.machine.proceed(&mut out);
                    send(stream, &out)?;
                    continue;
                }
                Http1ServerEvent::Data(data) => {
                    body.extend_from_slice(&data);
                    if body.len() <= limit {
                        continue;
                    }
                    // One byte more than allowed shows the server that the body is too large.
                    body.truncate(limit + 1);
                    false
                }
                Http1ServerEvent::End => true,
                Http1ServerEvent::Refused(refused) => return Ok(Some(Err(refusal(refused.status)))),
                // Go answers a body that breaks off.
                Http1ServerEvent::Closed => {
                    return Ok(head.map(|_| Err(refusal(http::StatusCode::BAD_REQUEST))));
                }
                Http1ServerEvent::NeedMore if ended || self.machine.is_ended() => return Ok(None),
                Http1ServerEvent::NeedMore => {
                    ended = !self.fill(stream)?;
                    continue;
                }
            };
            let Some(head) = head.take() else { return Ok(None) };
            let request = Request::from_parts(*head, body.freeze());
            return Ok(Some(Ok(Incoming { request, whole })));
        }
    }

    /// The connection closes after the response to this request.
    pub(super) fn close(&mut self) {
        self.machine.close();
    }

    /// The connection takes no more requests.
    pub(super) fn is_ended(&self) -> bool {
        self.machine.is_ended()
    }

    /// The bytes after the last request.
    pub(super) fn rest(&mut self) -> Bytes {
        self.buffer.split().freeze()
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

    /// The head of a response: of one that has chunks, or of a switch of protocols.
    pub(super) fn head(&mut self, response: &Response<()>, now: Duration) -> Vec<u8> {
        let mut out = Vec::new();
        self.machine.answer(&dated(response, now), None, &mut out);
        out.concat()
    }

    /// One chunk of a growing body.
    pub(super) fn chunk(&mut self, stream: &mut impl Write, bytes: Bytes) -> io::Result<()> {
        let mut out = Vec::new();
        self.machine.data(bytes, &mut out);
        send(stream, &out)
    }

    /// The end of a chunked body.
    pub(super) fn end(&mut self, stream: &mut impl Write) -> io::Result<()> {
        let mut out = Vec::new();
        self.machine.finish(&mut out);
        send(stream, &out)
    }

    /// A complete response: small bodies with a length, large ones chunked, as Go's server does.
    pub(super) fn respond(
        &mut self,
        stream: &mut impl Write,
        response: &Response<Bytes>,
        now: Duration,
    ) -> io::Result<()> {
        let mut out = Vec::new();
        let mut body = response.body().clone();
        let length = (body.len() <= COUNTED).then_some(body.len() as u64);
        self.machine.answer(&dated(response, now), length, &mut out);
        while !body.is_empty() {
            let piece = body.split_to(body.len().min(PIECE));
            self.machine.data(piece, &mut out);
            if out.len() > 12 {
                send(stream, &out)?;
                out.clear();
            }
        }
        self.machine.finish(&mut out);
        send(stream, &out)
    }
}

fn send(stream: &mut impl Write, out: &[Bytes]) -> io::Result<()> {
    if out.is_empty() {
        return Ok(());
    }
    stream.write_all(&out.concat())?;
    stream.flush()
}

/// The head with the date that Go's server adds, but for a switch of protocols.
fn dated<T>(response: &Response<T>, now: Duration) -> http::response::Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = response.status();
    parts.headers.clone_from(response.headers());
    if parts.status != http::StatusCode::SWITCHING_PROTOCOLS
        && let Ok(date) = http_date(now).parse()
    {
        parts.headers.insert(header::DATE, date);
    }
    parts
}

/// What Go's server says to a request that it cannot read.
fn refusal(status: http::StatusCode) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{status}")
        .into_bytes()
}

/// RFC 9110's date.
pub(super) fn http_date(now: Duration) -> String {
    let date = kube_proto::driver::wire::http_date(now);
    date.and_then(|date| Some(date.to_str().ok()?.to_owned())).unwrap_or_else(|| meta::time(now))
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

    impl Write for Slow<'_> {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            Ok(buf.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn read_all(bytes: &[u8], limit: usize) -> Vec<(String, usize, bool)> {
        let mut out = Vec::new();
        let (mut http, mut stream) = (Http::default(), Slow(bytes));
        while let Some(incoming) = http.request(&mut stream, limit).unwrap() {
            let Ok(incoming) = incoming else {
                out.push(("refused".into(), 0, false));
                break;
            };
            let line = format!("{} {}", incoming.request.method(), incoming.request.uri());
            http.respond(&mut stream, &Response::new(Bytes::new()), Duration::ZERO).unwrap();
            out.push((line, incoming.request.body().len(), !http.is_ended()));
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
        assert_eq!(got[..4], want.map(|(a, b, c)| (a.to_owned(), b, c)));
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
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
        ] {
            assert_eq!(read_all(bad, 9)[0].0, "refused");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(Duration::from_secs(1_767_225_600)), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}
